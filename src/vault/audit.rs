//! The record of what was done: who asked for what, when, and how it ended. Never a secret.
//!
//! Each event carries an HMAC over itself and the one before, under a key derived from the master key; the ends of the
//! chain are kept with a tag of their own. Whoever has no key can neither edit, remove, add nor reorder an event without
//! [`Vault::verify_audit`] noticing. What that cannot notice is a store that was put back, record and all.
//!
//! Uses come from the file of uses: the next process that writes an event takes them into the chain before its own.

use std::time::Instant;

use hmac::{Hmac, KeyInit, Mac};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Transaction};
use sha2::Sha256;

use super::seal::framed;
use super::uses::{Use, Uses};
use super::{Error, Seal, Vault};
use crate::model::{Caller, Credential, Timestamp};

/// So many events are kept, and no more than a tenth above.
const KEPT: i64 = 100_000;
/// So long an event is kept, in seconds: 400 days, more than a year to look back on.
const KEPT_FOR: i64 = 400 * 86_400;
/// The start of a chain that has no event before it.
const NOTHING: &[u8] = b"oauth audit";

/// The event that tells of a chain found broken, and the one by which a person says that they know.
const BROKEN: &str = "audit_broken";
const ACCEPTED: &str = "audit_accepted";

/// Every kind of event there is.
pub(crate) const KINDS: [&str; 22] = [
    "created",
    "authorized",
    "used",
    "refreshed",
    "held",
    "replaced",
    "refresh_failed",
    "refused",
    "rejected",
    "revoked",
    "forgotten",
    "missing",
    "missing_scope",
    "hosts",
    "renamed",
    "exported",
    "imported",
    "key_replaced",
    "key_moved",
    "key_exported",
    BROKEN,
    ACCEPTED,
];

type Key = Hmac<Sha256>;

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Counts up; it, and not the time, tells the order. `None` for a use that is not yet in the chain.
    pub(crate) sequence: Option<i64>,
    pub(crate) at: Timestamp,
    /// One of [`KINDS`].
    pub(crate) kind: String,
    /// The credential's id; empty when the event is not about one.
    pub(crate) credential: String,
    pub(crate) tenant: String,
    pub(crate) provider: String,
    pub(crate) account: String,
    /// The program that called this one.
    pub(crate) caller: Caller,
    /// `ok`, or an error code.
    pub(crate) outcome: String,
    pub(crate) detail: Option<String>,
}

/// An event that is to be recorded.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) event: &'a str,
    pub(crate) of: Option<&'a Credential>,
    pub(crate) at: Timestamp,
    pub(crate) outcome: &'a str,
    /// Never a secret.
    pub(crate) detail: Option<&'a str>,
}

/// What a look at the whole chain has shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Events in the chain.
    pub(crate) events: usize,
    /// Events from before there was a chain, which nothing vouches for.
    pub(crate) older: usize,
    /// Uses that are noted, and join the chain when something is written next.
    pub(crate) pending: usize,
}

impl<'a> Entry<'a> {
    pub(crate) fn ok(event: &'a str, of: &'a Credential, at: Timestamp) -> Self {
        Self { event, of: Some(of), at, outcome: "ok", detail: None }
    }

    fn event(&self, caller: &Caller) -> Event {
        debug_assert!(KINDS.contains(&self.event), "{} is no kind of event", self.event);
        let text = |of: fn(&Credential) -> &String| self.of.map(of).cloned().unwrap_or_default();
        Event {
            sequence: None,
            at: self.at,
            kind: self.event.to_owned(),
            credential: text(|own| &own.id.0),
            tenant: text(|own| &own.tenant),
            provider: text(|own| &own.provider),
            account: text(|own| &own.account),
            caller: caller.clone(),
            outcome: self.outcome.to_owned(),
            detail: self.detail.map(str::to_owned),
        }
    }
}

impl Vault {
    /// Runs `work` in one transaction, and records in it what `work` says was done, after the uses until then.
    pub(super) fn write_recorded<'e, T>(
        &self,
        seal: &Seal,
        work: impl FnOnce(&Transaction<'_>) -> Result<(T, Vec<Entry<'e>>), Error>,
    ) -> Result<T, Error> {
        let uses = Uses::at(&self.home.uses);
        let mut taken = None;
        let done = self.store.write(|transaction| {
            let (done, entries) = work(transaction)?;
            // Under a key that was replaced, the chain would look like one that was altered.
            self.require_key(seal)?;
            // Rotated tokens must be committed even when the file of uses cannot be read.
            taken = uses.take().ok().flatten();
            let used = taken.iter().flat_map(|taken| &taken.uses);
            self.chain(transaction, seal, used, &entries).map_err(self.store.failed())?;
            Ok(done)
        })?;
        if let Some(taken) = taken {
            // They are in the rows now; should the file keep them, they are told twice, which is better than never.
            let _ = taken.clear();
        }
        Ok(done)
    }

    /// Records something that changes nothing else.
    pub(crate) fn record(&self, seal: &Seal, entry: Entry<'_>) -> Result<(), Error> {
        self.write_recorded(seal, |_| Ok(((), vec![entry])))
    }

    /// Takes the uses until now into the rows, unless the master key is being replaced.
    pub(super) fn fold_uses(&self, seal: &Seal, now: Timestamp) -> Result<(), Error> {
        let _held = self.keep_key(seal, Instant::now())?;
        self.write_recorded(seal, |_| Ok(((), vec![])))?;
        self.store.write(|transaction| {
            let pruned = Chain::of(transaction, seal).and_then(|mut chain| {
                chain.prune(now)?;
                chain.close()
            });
            pruned.map_err(self.store.failed())
        })
    }

    fn chain<'u>(
        &self,
        transaction: &Transaction<'_>,
        seal: &Seal,
        used: impl Iterator<Item = &'u Use>,
        entries: &[Entry<'_>],
    ) -> rusqlite::Result<()> {
        let mut chain = Chain::of(transaction, seal)?;
        for one in used {
            chain.add_use(one)?;
        }
        for entry in entries {
            chain.add(&entry.event(&self.caller))?;
        }
        if let Some(last) = entries.last() {
            chain.prune(last.at)?;
        }
        chain.close()
    }

    /// The events after number `after`, the oldest first, then the uses that are not yet among them.
    pub(crate) fn events(&self, after: i64) -> Result<Vec<Event>, Error> {
        let failed = self.store.failed();
        let sql = format!("select {COLUMNS} from events where sequence > ?1 order by sequence");
        let mut statement = self.store.connection()?.prepare(&sql).map_err(&failed)?;
        let found = statement.query_map([after], read).and_then(Iterator::collect);
        let mut events: Vec<Event> = found.map_err(&failed)?;
        for one in Uses::at(&self.home.uses).pending()? {
            events.push(as_event(self.store.connection()?, &one).map_err(&failed)?);
        }
        Ok(events)
    }

    /// Looks at the whole chain, as it stands at one time.
    pub(crate) fn verify_audit(&self, seal: &Seal) -> Result<Verified, Error> {
        let pending = self.events(i64::MAX)?.len();
        let reading = self.store.connection()?.unchecked_transaction().map_err(self.store.failed())?;
        self.require_key(seal)?;
        let connection = &*reading;
        let looked = Ends::read(connection).and_then(|ends| {
            let older = "select count(*) from events where sequence <= ?1";
            let anchor = ends.as_ref().map_or(i64::MAX, |ends| ends.anchor_sequence);
            let older = connection.query_row(older, [anchor], |row| row.get::<_, i64>(0))?;
            let older = usize::try_from(older).unwrap_or_default();
            let Some(ends) = ends else { return Ok(Err((0, GONE))) };
            Ok(ends.verify(connection, seal)?.map(|events| Verified { events, older, pending }))
        });
        looked.map_err(self.store.failed())?.map_err(|(sequence, what)| Error::AuditBroken { sequence, what })
    }

    /// Takes the record as it stands now, whatever was done to it. That it was broken, and where, stays in it.
    pub(crate) fn accept_audit(&self, seal: &Seal, now: Timestamp) -> Result<(), Error> {
        let entry = Entry { event: ACCEPTED, of: None, at: now, outcome: "ok", detail: None };
        self.write_recorded(seal, |transaction| {
            self.chain_anew(transaction, seal, seal)?;
            Ok(((), vec![entry]))
        })
    }

    /// Makes every MAC anew, for another key.
    pub(super) fn chain_anew(&self, transaction: &Transaction<'_>, old: &Seal, new: &Seal) -> Result<(), Error> {
        let failed = self.store.failed();
        let Some(mut ends) = Ends::read(transaction).map_err(&failed)? else { return Ok(()) };
        // A chain that is broken must not look whole afterwards.
        let whole = ends.verify(transaction, old).map_err(&failed)?;
        let mut again = || {
            let key = key(new);
            let (mut last, mut count) = (ends.anchor.clone(), ends.anchor_sequence);
            for (event, _) in chained(transaction, ends.anchor_sequence)? {
                last = mac(&key, &last, &event);
                count = event.sequence.unwrap_or_default();
                transaction.execute("update events set mac = ?1 where sequence = ?2", (&last, count))?;
            }
            (ends.head_sequence, ends.head) = (count, last);
            ends.write(transaction, new)?;
            if let Err((sequence, what)) = whole {
                let mut chain = Chain::of(transaction, new)?;
                chain.add(&broken(sequence, what))?;
                chain.close()?;
            }
            Ok(())
        };
        again().map_err(&failed)
    }
}

/// Nothing says where the chain begins and ends.
const GONE: &str = "the record of where it begins and ends is gone";

/// Both ends of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ends {
    anchor_sequence: i64,
    anchor: Vec<u8>,
    head_sequence: i64,
    head: Vec<u8>,
    tag: Vec<u8>,
}

/// Where the chain is broken, and what is wrong there.
type Break = (i64, &'static str);

impl Ends {
    fn read(connection: &Connection) -> rusqlite::Result<Option<Self>> {
        let sql = "select anchor_sequence, anchor, head_sequence, head, tag from audit";
        let read = |row: &SqlRow<'_>| {
            Ok(Self {
                anchor_sequence: row.get(0)?,
                anchor: row.get(1)?,
                head_sequence: row.get(2)?,
                head: row.get(3)?,
                tag: row.get(4)?,
            })
        };
        connection.query_row(sql, [], read).optional()
    }

    /// A chain that begins after the events that are there.
    fn new(connection: &Connection) -> rusqlite::Result<Self> {
        let last: Option<i64> = connection.query_row("select max(sequence) from events", [], |row| row.get(0))?;
        let (sequence, nothing) = (last.unwrap_or_default(), NOTHING.to_vec());
        let (anchor_sequence, head_sequence) = (sequence, sequence);
        Ok(Self { anchor_sequence, anchor: nothing.clone(), head_sequence, head: nothing, tag: vec![] })
    }

    fn write(&mut self, transaction: &Transaction<'_>, seal: &Seal) -> rusqlite::Result<()> {
        self.tag = self.own_tag(seal).finalize().into_bytes().to_vec();
        let sql = "insert or replace into audit (singleton, anchor_sequence, anchor, head_sequence, head, tag)
                   values (1, ?1, ?2, ?3, ?4, ?5)";
        let values = (self.anchor_sequence, &self.anchor, self.head_sequence, &self.head, &self.tag);
        transaction.execute(sql, values).map(|_| ())
    }

    fn own_tag(&self, seal: &Seal) -> Key {
        let numbers = [self.anchor_sequence.to_string(), self.head_sequence.to_string()];
        let parts = [b"ends", numbers[0].as_bytes(), &self.anchor, numbers[1].as_bytes(), &self.head];
        key(seal).chain_update(framed(parts))
    }

    fn is_ours(&self, seal: &Seal) -> bool {
        self.own_tag(seal).verify_slice(&self.tag).is_ok()
    }

    /// How many events the chain has, or where it is broken.
    fn verify(&self, connection: &Connection, seal: &Seal) -> rusqlite::Result<Result<usize, Break>> {
        if !self.is_ours(seal) {
            return Ok(Err((self.head_sequence, "the record of where it ends was altered")));
        }
        let (key, mut last, mut at, mut count) = (key(seal), self.anchor.clone(), self.anchor_sequence, 0);
        let mut noticed = None;
        for (event, found) in chained(connection, self.anchor_sequence)? {
            at = event.sequence.unwrap_or_default();
            last = mac(&key, &last, &event);
            if found.as_deref() != Some(&last) {
                return Ok(Err((at, "this event, or the one before, was altered, added, removed or moved")));
            }
            match event.kind.as_str() {
                BROKEN => noticed = noticed.or(Some(at)),
                ACCEPTED => noticed = None,
                _ => {}
            }
            count += 1;
        }
        if let Some(at) = noticed {
            return Ok(Err((at, "it had been changed before this event, and nobody has accepted that")));
        }
        let whole = (at, &last) == (self.head_sequence, &self.head);
        Ok(if whole { Ok(count) } else { Err((at, "the events after this one were removed")) })
    }
}

/// Begins the chain of a store that gets its first key. From then on there is one: a store with a key and without a chain
/// has lost it.
pub(super) fn begin(transaction: &Transaction<'_>, seal: &Seal) -> rusqlite::Result<()> {
    Ends::new(transaction)?.write(transaction, seal)
}

/// The chain while events are added to it.
struct Chain<'a> {
    transaction: &'a Transaction<'a>,
    seal: &'a Seal,
    key: Key,
    ends: Ends,
}

impl<'a> Chain<'a> {
    fn of(transaction: &'a Transaction<'a>, seal: &'a Seal) -> rusqlite::Result<Self> {
        let found = Ends::read(transaction)?;
        let wrong = match &found {
            None => Some(GONE),
            Some(ends) => (!ends.is_ours(seal)).then_some("the record of where it ends was altered"),
        };
        let ends = found.map_or_else(|| Ends::new(transaction), Ok)?;
        let sequence = ends.head_sequence;
        let mut chain = Self { transaction, seal, key: key(seal), ends };
        if let Some(what) = wrong {
            // What goes on must not hide it.
            chain.add(&broken(sequence, what))?;
        }
        Ok(chain)
    }

    fn add(&mut self, event: &Event) -> rusqlite::Result<()> {
        let sql = "insert into events (at, event, credential, tenant, provider, account, program, outcome, detail, pid)
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let Event { at, kind, credential, tenant, provider, account, caller, outcome, detail, .. } = event;
        let values = (at.0, kind, credential, tenant, provider, account, &caller.program, outcome, detail, caller.pid);
        self.transaction.execute(sql, values)?;
        let sequence = self.transaction.last_insert_rowid();
        let event = Event { sequence: Some(sequence), ..event.clone() };
        self.ends.head = mac(&self.key, &self.ends.head, &event);
        self.ends.head_sequence = sequence;
        let sql = "update events set mac = ?1 where sequence = ?2";
        self.transaction.execute(sql, (&self.ends.head, sequence)).map(|_| ())
    }

    fn add_use(&mut self, one: &Use) -> rusqlite::Result<()> {
        let sql = "update credentials set last_used_at = max(coalesce(last_used_at, 0), ?1) where id = ?2";
        self.transaction.execute(sql, (one.at, &one.credential))?;
        self.add(&as_event(self.transaction, one)?)
    }

    /// Forgets what is older or more than is kept. The last forgotten event's MAC becomes the start of the chain.
    fn prune(&mut self, now: Timestamp) -> rusqlite::Result<()> {
        let first: Option<(i64, i64)> = self
            .transaction
            .query_row("select sequence, at from events order by sequence limit 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((first, at)) = first else { return Ok(()) };
        let too_old = now.0 - KEPT_FOR;
        let count = self.ends.head_sequence - first;
        if count < KEPT + KEPT / 10 && at >= too_old {
            return Ok(());
        }
        let young = "select min(sequence) from events where at >= ?1";
        let young: Option<i64> = self.transaction.query_row(young, [too_old], |row| row.get(0))?;
        // The newest one stays, whatever its time.
        let keep_from = young.unwrap_or(self.ends.head_sequence).max(self.ends.head_sequence - KEPT);
        let last = "select sequence, mac from events where sequence < ?1 order by sequence desc limit 1";
        let last: Option<(i64, Option<Vec<u8>>)> =
            self.transaction.query_row(last, [keep_from], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((sequence, mac)) = last else { return Ok(()) };
        self.transaction.execute("delete from events where sequence <= ?1", [sequence])?;
        if let Some(mac) = mac.filter(|_| sequence > self.ends.anchor_sequence) {
            (self.ends.anchor_sequence, self.ends.anchor) = (sequence, mac);
        }
        Ok(())
    }

    fn close(mut self) -> rusqlite::Result<()> {
        self.ends.write(self.transaction, self.seal)
    }
}

fn key(seal: &Seal) -> Key {
    Key::new_from_slice(seal.audit_key().as_ref()).expect("HMAC takes a key of any length")
}

fn broken(sequence: i64, what: &str) -> Event {
    Event {
        sequence: None,
        at: Timestamp::now(),
        kind: BROKEN.into(),
        credential: String::new(),
        tenant: String::new(),
        provider: String::new(),
        account: String::new(),
        caller: Caller::default(),
        outcome: "tampered".into(),
        detail: Some(format!("at event {sequence}: {what}")),
    }
}

fn mac(key: &Key, before: &[u8], event: &Event) -> Vec<u8> {
    let number = |number: i64| number.to_string();
    let (sequence, at, pid) =
        (number(event.sequence.unwrap_or_default()), number(event.at.0), number(event.caller.pid.into()));
    let parts = [
        before,
        sequence.as_bytes(),
        at.as_bytes(),
        event.kind.as_bytes(),
        event.credential.as_bytes(),
        event.tenant.as_bytes(),
        event.provider.as_bytes(),
        event.account.as_bytes(),
        event.caller.program.as_bytes(),
        pid.as_bytes(),
        event.outcome.as_bytes(),
        event.detail.as_deref().unwrap_or("\0").as_bytes(),
    ];
    key.clone().chain_update(framed(parts)).finalize().into_bytes().to_vec()
}

const COLUMNS: &str = "sequence, at, event, credential, tenant, provider, account, program, pid, outcome, detail, mac";

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        sequence: row.get("sequence")?,
        at: Timestamp(row.get("at")?),
        kind: row.get("event")?,
        credential: row.get("credential")?,
        tenant: row.get("tenant")?,
        provider: row.get("provider")?,
        account: row.get("account")?,
        caller: Caller { program: row.get("program")?, pid: row.get::<_, Option<u32>>("pid")?.unwrap_or_default() },
        outcome: row.get("outcome")?,
        detail: row.get("detail")?,
    })
}

/// The events of the chain with their MACs, the oldest first.
fn chained(connection: &Connection, anchor: i64) -> rusqlite::Result<Vec<(Event, Option<Vec<u8>>)>> {
    let sql = format!("select {COLUMNS} from events where sequence > ?1 order by sequence");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([anchor], |row| Ok((read(row)?, row.get("mac")?)))?.collect()
}

fn as_event(connection: &Connection, one: &Use) -> rusqlite::Result<Event> {
    let sql = "select tenant, provider, account from credentials where id = ?1";
    let names = |row: &SqlRow<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?]);
    let found: Option<[String; 3]> = connection.query_row(sql, [&one.credential], names).optional()?;
    let missing = one.missing.clone().unwrap_or_default();
    let [tenant, provider, account] = found.unwrap_or([missing.tenant, missing.provider, missing.account]);
    let (kind, outcome) = if one.missing.is_some() { ("missing", "not_connected") } else { ("used", "ok") };
    Ok(Event {
        sequence: None,
        at: Timestamp(one.at),
        kind: kind.into(),
        credential: one.credential.clone(),
        tenant,
        provider,
        account,
        caller: one.caller.clone(),
        outcome: outcome.into(),
        detail: None,
    })
}

//! The right of one process to refresh, replace or revoke one credential.
//!
//! A lease is a lock file, so it ends with its holder. The row is read again after the lock was taken: what another
//! process did in the meantime is seen before anything is spent.

use super::lock::Held;
use super::marks::{Mark, Marks};
use super::rows::Attempt;
use super::{
    Authorization, Entry, Error, Habits, Registration, Row, Seal, Secrets, Subject, Vault, backup, binding, habits,
    landing, open, rows, sealed,
};
use crate::model::{
    AccessToken, Client, Credential, CredentialId, ProofKey, RefreshToken, Secret, Server, Timestamp, TokenResponse,
};

/// A held lease. Dropping it ends it.
pub(crate) struct Lease<'a> {
    vault: &'a Vault,
    seal: &'a Seal,
    row: Row,
    /// `None` under a rotation of the master key, which keeps everybody out.
    held: Option<Locks>,
    /// Where the answer to a refresh that was begun will land.
    ready: Option<landing::Ready>,
    /// This lease has marked the refresh token as spent.
    is_marked: bool,
}

/// What a lease holds while it lasts.
pub(super) struct Locks {
    /// `None` when another process took it, and this one holds it with it.
    pub(super) row: Option<Held>,
    /// Keeps the master key from being replaced.
    pub(super) _key: Held,
}

/// What goes with a row's next generation.
#[derive(Clone, Copy)]
struct Change<'c> {
    /// What is recorded of it, and more on that.
    event: &'c str,
    detail: Option<&'c str>,
    /// A client registration that is kept for the next connection.
    keep: Option<&'c Client>,
    /// Why the refresh token is held back.
    held: Option<&'c str>,
}

impl<'c> Change<'c> {
    fn of(event: &'c str) -> Self {
        Self { event, detail: None, keep: None, held: None }
    }
}

impl<'a> Lease<'a> {
    /// Reads the row under the lock, and finishes first what an earlier process could not: an answer that landed and
    /// was not committed.
    pub(super) fn over(
        vault: &'a Vault,
        seal: &'a Seal,
        held: Option<Locks>,
        id: &CredentialId,
    ) -> Result<Self, Error> {
        let mut lease = Self { vault, seal, row: vault.reread(id)?, held, ready: None, is_marked: false };
        if lease.row.attempt.is_some() {
            lease.finish_landed()?;
        }
        Ok(lease)
    }

    fn finish_landed(&mut self) -> Result<(), Error> {
        let landing = self.vault.landing(&self.row.credential.id);
        let Some(sealed) = landing.read()? else { return Ok(()) };
        // A record of another generation was committed already, and opens nowhere.
        let Ok(Some(text)) = open(&self.row, self.seal, "landing", Some(&sealed)) else { return Ok(()) };
        let Some(landing::Landed { response, sent_at, held }) = landing::decode(&text) else { return Ok(()) };
        match (held, response.refresh_token) {
            (Some(why), Some(token)) => self.hold(token, &why, sent_at),
            (Some(_), None) => Ok(()),
            (None, refresh_token) => self.commit(TokenResponse { refresh_token, ..response }, sent_at, sent_at),
        }
    }

    /// Shares the lock with a child, which holds it as an open file.
    pub(crate) fn share_lock(&self) -> std::io::Result<std::fs::File> {
        let row = self.held.as_ref().and_then(|held| held.row.as_ref());
        row.ok_or(std::io::ErrorKind::NotFound)?.share()
    }

    /// Reads the row again, after a child that shares the lock has worked on it.
    pub(crate) fn reload(&mut self) -> Result<(), Error> {
        self.row = self.vault.reread(&self.row.credential.id)?;
        Ok(())
    }

    /// The row as it stood when the lease was taken, or as this lease wrote it.
    pub(crate) fn row(&self) -> &Row {
        &self.row
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.row.credential
    }

    pub(crate) fn client_secret(&self) -> Result<Option<Secret>, Error> {
        Vault::client_secret(&self.row, self.seal)
    }

    /// The key that the tokens are bound to (RFC 9449).
    pub(crate) fn proof_key(&self) -> Result<Option<ProofKey>, Error> {
        Vault::proof_key(&self.row, self.seal)
    }

    /// A refresh of the present refresh token that was begun and whose end nobody recorded: its answer may be lost.
    pub(crate) fn lost_attempt(&self) -> Option<Attempt> {
        self.row.open_attempt()
    }

    /// Writes down that the refresh token is about to be sent, makes sure that its answer can land, and gives it out.
    /// Only what is durable first is sent.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Result<RefreshToken, Error> {
        let marks = Marks::of(&self.vault.home);
        let known = marks.known_of(&self.row.credential.id)?;
        if let Some(reason) = self.vault.staleness(&self.row, &known)? {
            return Err(Error::Stale { label: self.row.credential.label(), reason });
        }
        self.ready = Some(self.vault.landing(&self.row.credential.id).prepare()?);
        let token = self.refresh_token()?.ok_or_else(|| self.damaged("refresh_token"))?;
        let in_doubt = self.row.open_attempt().is_some();
        let attempt = Attempt { generation: self.row.credential.generation, begun_at: now.0 };
        // In this order: a mark without its attempt would be taken for a restored store.
        self.note(Some(serde_json::to_string(&attempt).expect("an attempt is JSON")))?;
        let (id, spent) = (&self.row.credential.id, self.row.mark());
        // A row that went back in time is sent all the same where the server leaves its tokens as they are.
        let mark = if known.is_beyond(id, spent) == Some(true) { Marks::set } else { Marks::raise };
        if let Err(error) = mark(&marks, id, spent) {
            // Nothing was sent now. It is not known whether the mark was written all the same; if it cannot be taken
            // back, or the token was sent before, the attempt stays with it. The failure that counts is the first.
            if !in_doubt {
                let _ = self.withdraw();
            }
            return Err(error.into());
        }
        self.is_marked = true;
        Ok(RefreshToken(token))
    }

    /// Why the refresh token must not be sent: this row is an old copy.
    pub(crate) fn staleness(&self) -> Result<Option<String>, Error> {
        self.vault.staleness(&self.row, &Marks::of(&self.vault.home).known_of(&self.row.credential.id)?)
    }

    /// Whether nothing outside the database tells how far this row has got, so that an old copy would not be noticed.
    pub(crate) fn is_unmarked(&self) -> Result<bool, Error> {
        self.vault.is_unmarked(&self.row, &Marks::of(&self.vault.home).known_of(&self.row.credential.id)?)
    }

    /// Erases the attempt: the token was certainly not spent.
    pub(crate) fn withdraw(&mut self) -> Result<(), Error> {
        self.unmark()?;
        self.note(None)
    }

    /// Takes the mark back before the attempt is erased: a mark without its attempt would be taken for a restored store.
    fn unmark(&self) -> Result<(), Error> {
        let reached = Mark::Reached(self.row.credential.generation);
        Ok(Marks::of(&self.vault.home).set(&self.row.credential.id, reached)?)
    }

    /// Writes down that the provider does not want to be asked before `at`.
    pub(crate) fn hold_off(&mut self, at: Timestamp) -> Result<(), Error> {
        let own = &mut self.row.credential;
        own.retry_at = Some(at);
        let sql = "update credentials set retry_at = ?1 where id = ?2";
        self.vault.store.write(|transaction| {
            transaction.execute(sql, (at.0, &own.id.0)).map(|_| ()).map_err(self.vault.store.failed())
        })
    }

    /// Writes down what was learnt of the server, where it was not known.
    pub(crate) fn learn(&self, habits: Habits, now: Timestamp) -> Result<(), Error> {
        let known = self.habits()?;
        let learnt = known.with(habits);
        if learnt == known {
            return Ok(());
        }
        self.vault.store.write(|transaction| {
            habits::write(transaction, &self.row.credential, learnt, now).map_err(self.vault.store.failed())
        })
    }

    /// What earlier refreshes have shown of the server.
    pub(crate) fn habits(&self) -> Result<Habits, Error> {
        self.vault.habits(&self.row.credential)
    }

    /// Makes sure that the store takes writing, before something is asked for that could not be kept.
    pub(crate) fn try_writing(&mut self) -> Result<(), Error> {
        self.note(self.row.attempt.clone())
    }

    fn note(&mut self, attempt: Option<String>) -> Result<(), Error> {
        let own = &self.row.credential;
        let written = self.vault.store.write(|transaction| {
            let sql = "update credentials set attempt = ?1 where id = ?2 and generation = ?3";
            transaction.execute(sql, (&attempt, &own.id.0, own.generation)).map_err(self.vault.store.failed())
        })?;
        self.row.attempt = attempt;
        self.check(written)
    }

    /// Puts the answer on disk, sealed. From here on it cannot be lost any more.
    pub(crate) fn land(&mut self, response: &TokenResponse, sent_at: Timestamp) -> Result<(), Error> {
        self.put(response, sent_at, None)
    }

    fn put(&mut self, response: &TokenResponse, sent_at: Timestamp, held: Option<&str>) -> Result<(), Error> {
        let binding = binding(&self.row.credential, &self.row.server, "landing");
        let sealed = self.seal.close(&landing::encode(response, sent_at, held), &binding);
        let ready = self.ready.take().map_or_else(|| self.vault.landing(&self.row.credential.id).prepare(), Ok)?;
        Ok(ready.write(&sealed)?)
    }

    /// Commits what a refresh brought: the new tokens under the next generation, before anyone sees them. The refresh
    /// token stays where the answer has none (RFC 6749 §6).
    pub(crate) fn commit(&mut self, response: TokenResponse, sent_at: Timestamp, now: Timestamp) -> Result<(), Error> {
        let mut next = self.next();
        next.issued_at = sent_at;
        next.expires_at = response.expires_in.map(|seconds| sent_at.plus(seconds));
        if let Some(seconds) = response.refresh_expires_in {
            next.refresh_expires_at = Some(sent_at.plus(seconds));
        }
        if let Some(scope) = response.scope {
            next.scopes = scope;
        }
        next.token_type = response.token_type;
        next.last_refreshed_at = Some(now);
        next.updated_at = now;
        next.reauth = None;
        next.retry_at = None;
        let old = self.refresh_token()?;
        let refresh = response.refresh_token.map(|new| new.0);
        // Where no refresh token was sent, nothing is shown of what becomes of one.
        let rotates = old.as_ref().map(|old| refresh.as_ref().is_some_and(|new| new.expose() != old.expose()));
        let secrets = Secrets {
            access: Some(response.access_token.0),
            refresh: refresh.or(old),
            client: self.client_secret()?,
            proof: self.proof_key()?.map(|key| key.0),
        };
        self.replace(next, &secrets, Change::of("refreshed"))?;
        // The tokens are stored; what is only useful to know is no reason to withhold them.
        let _ = self.learn(Habits { rotates, takes_again: None }, now);
        // It opens nowhere any more; a record that cannot be wiped is no reason to withhold a token.
        let _ = self.vault.landing(&self.row.credential.id).clear();
        Ok(())
    }

    /// Keeps the refresh token of an answer that cannot be right, because the server may have ended the one before, and
    /// holds it back for `why` until a person decides. The access token stays the one that was there: the new one is
    /// never handed out.
    pub(crate) fn set_aside(
        &mut self,
        response: TokenResponse,
        why: &str,
        sent_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let old = self.refresh_token()?;
        let is_new = |new: &RefreshToken| old.as_ref().is_none_or(|old| old.expose() != new.0.expose());
        if !response.refresh_token.as_ref().is_some_and(is_new) {
            return Ok(());
        }
        let _landed = self.put(&response, sent_at, Some(why));
        response.refresh_token.map_or(Ok(()), |token| self.hold(token, why, now))
    }

    /// Takes the refresh token of an answer whose access token is none. The one before may be spent.
    pub(crate) fn replace_refresh_token(&mut self, token: RefreshToken, now: Timestamp) -> Result<(), Error> {
        if self.refresh_token()?.is_some_and(|old| old.expose() == token.0.expose()) {
            return Ok(());
        }
        self.with_refresh_token(token, "replaced", None, now)
    }

    fn hold(&mut self, token: RefreshToken, why: &str, now: Timestamp) -> Result<(), Error> {
        self.with_refresh_token(token, "held", Some(why), now)
    }

    fn with_refresh_token(
        &mut self,
        token: RefreshToken,
        event: &str,
        held: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut next = self.next();
        next.updated_at = now;
        let access = Vault::access_token(&self.row, self.seal)?.map(|token| token.0);
        let proof = self.proof_key()?.map(|key| key.0);
        let secrets = Secrets { access, refresh: Some(token.0), client: self.client_secret()?, proof };
        self.replace(next, &secrets, Change { held, ..Change::of(event) })?;
        let _ = self.learn(Habits { rotates: Some(true), takes_again: None }, now);
        let _ = self.vault.landing(&self.row.credential.id).clear();
        Ok(())
    }

    /// Replaces the authorization after a person connected the same account again.
    pub(crate) fn reauthorize(&mut self, new: Authorization) -> Result<(), Error> {
        let old = &self.row.credential;
        let mut next = new.credential;
        next.id = old.id.clone();
        next.generation = old.generation.saturating_add(1);
        next.created_at = old.created_at;
        next.default = old.default;
        next.last_used_at = old.last_used_at;
        let (refresh, held) = match new.refresh_token {
            Some(new) => (Some(new.0), None),
            // Some providers give a refresh token at the first consent only; the old one belongs to the same grant
            // as long as client and subject are the same. What was in doubt of it, still is.
            None if new.proof_key.is_none()
                && next.client_id == old.client_id
                && next.subject.is_some()
                && next.subject == old.subject =>
            {
                (self.refresh_token()?, self.staleness()?)
            }
            None => (None, None),
        };
        let keep = new.keep_client.then(|| new.client.clone());
        let access = Some(new.access_token.0).filter(|token| !token.expose().is_empty());
        let proof = new.proof_key.map(|key| key.0);
        let secrets = Secrets { access, refresh, client: new.client.secret, proof };
        backup::check(&next, &secrets)?;
        let (keep, held) = (keep.as_ref(), held.as_deref());
        self.replace(next, &secrets, Change { keep, held, ..Change::of("authorized") })?;
        let own = &self.row.credential;
        let others = self.vault.of_provider(&own.tenant, &own.provider)?.into_iter().map(|row| row.credential);
        if others.filter(|other| other.id != own.id).all(|other| other.revoked_at.is_some()) {
            self.vault.make_default(own)?;
        }
        Ok(())
    }

    /// Seals the tokens anew for another record of the server: a user has changed where they may go.
    pub(crate) fn repin(&mut self, server: Server, now: Timestamp) -> Result<(), Error> {
        // The new row would be taken for one that this copy has made.
        if let Some(reason) = self.staleness()? {
            return Err(Error::Stale { label: self.row.credential.label(), reason });
        }
        let mut next = self.next();
        (next.server, next.updated_at) = (server.into(), now);
        self.replace(next, &self.secrets()?, Change::of("hosts"))
    }

    /// Notes that the access token is not taken any more, although its end has not come: it is due now.
    pub(crate) fn reject(&mut self, now: Timestamp) -> Result<(), Error> {
        let own = &mut self.row.credential;
        (own.expires_at, own.updated_at) = (Some(own.expires_at.map_or(now, |end| end.min(now))), now);
        let own = &self.row.credential;
        let written = self.vault.write_recorded(self.seal, |transaction| {
            let sql = "update credentials set expires_at = ?1, updated_at = ?2 where id = ?3 and generation = ?4";
            let values = (own.expires_at.map(|end| end.0), now.0, &own.id.0, own.generation);
            let written = transaction.execute(sql, values).map_err(self.vault.store.failed())?;
            Ok((written, if_written(written, Entry::ok("rejected", own, now))))
        })?;
        self.check(written)
    }

    /// Notes that a human is needed. The tokens stay: a refusal may be wrong, or explain something.
    pub(crate) fn require_authorization(&mut self, reason: &str, code: &str, now: Timestamp) -> Result<(), Error> {
        self.unmark()?;
        let own = &mut self.row.credential;
        (own.reauth, own.updated_at) = (Some(reason.to_owned()), now);
        let own = &self.row.credential;
        let entry = Entry { event: "refused", of: Some(own), at: now, outcome: code, detail: Some(reason) };
        let written = self.vault.write_recorded(self.seal, |transaction| {
            let sql =
                "update credentials set reauth = ?1, updated_at = ?2, attempt = null where id = ?3 and generation = ?4";
            let values = (reason, now.0, &own.id.0, own.generation);
            let written = transaction.execute(sql, values).map_err(self.vault.store.failed())?;
            Ok((written, if_written(written, entry)))
        })?;
        self.row.attempt = None;
        self.check(written)
    }

    /// Records that a refresh failed for a reason that may pass.
    pub(crate) fn record_failure(&self, code: &str, now: Timestamp) -> Result<(), Error> {
        let of = Some(&self.row.credential);
        self.vault.record(self.seal, Entry { event: "refresh_failed", of, at: now, outcome: code, detail: None })
    }

    /// Everything that is sealed in the row.
    pub(super) fn secrets(&self) -> Result<Secrets, Error> {
        let (access, refresh) = self.tokens()?;
        let (access, refresh) = (access.map(|token| token.0), refresh.map(|token| token.0));
        let proof = self.proof_key()?.map(|key| key.0);
        Ok(Secrets { access, refresh, client: self.client_secret()?, proof })
    }

    /// Both tokens, for what spends neither.
    pub(crate) fn tokens(&self) -> Result<(Option<AccessToken>, Option<RefreshToken>), Error> {
        Vault::tokens_to_revoke(&self.row, self.seal)
    }

    /// Wipes every secret of the row, which stays as `revoked`. `left` is recorded: what may live on at the provider.
    pub(crate) fn wipe(&mut self, now: Timestamp, left: Option<&str>) -> Result<(), Error> {
        let mut next = self.next();
        (next.revoked_at, next.updated_at, next.reauth) = (Some(now), now, None);
        let nothing = Secrets { access: None, refresh: None, client: None, proof: None };
        self.replace(next, &nothing, Change { detail: left, ..Change::of("revoked") })?;
        self.vault.store.write(|transaction| {
            let sql = "update credentials set is_default = 0 where id = ?1";
            transaction.execute(sql, [&self.row.credential.id.0]).map_err(self.vault.store.failed())
        })?;
        self.vault.store.sweep()
    }

    fn replace(&mut self, next: Credential, secrets: &Secrets, change: Change<'_>) -> Result<(), Error> {
        let Change { event, detail, keep, held } = change;
        let expected = self.row.credential.generation;
        let row = Row { held: held.map(str::to_owned), ..sealed(next, secrets, self.seal) };
        let written = self.vault.write_recorded(self.seal, |transaction| {
            let written = rows::write(transaction, &row, Some(expected)).map_err(self.vault.store.failed())?;
            if let Some(client) = keep.filter(|_| written == 1) {
                self.vault.keep_client(transaction, &Registration::of(&row.credential, client), self.seal)?;
            }
            let entry = Entry { detail, ..Entry::ok(event, &row.credential, row.credential.updated_at) };
            Ok((written, if_written(written, entry)))
        })?;
        self.check(written)?;
        self.row = row;
        // A token that was sent is marked as spent already, and that tells enough: the disk is not waited for.
        let mark = if std::mem::take(&mut self.is_marked) { Marks::note } else { Marks::set };
        let _ = mark(&Marks::of(&self.vault.home), &self.row.credential.id, self.row.mark());
        Ok(())
    }

    /// The credential as it is, for the generation that follows.
    fn next(&self) -> Credential {
        let own = &self.row.credential;
        Credential { generation: own.generation.saturating_add(1), ..own.clone() }
    }

    fn refresh_token(&self) -> Result<Option<Secret>, Error> {
        open(&self.row, self.seal, "refresh_token", self.row.refresh_token.as_deref())
    }

    fn check(&self, written: usize) -> Result<(), Error> {
        if written == 1 { Ok(()) } else { Err(Error::Conflict { label: self.row.credential.label() }) }
    }

    fn damaged(&self, field: &'static str) -> Error {
        Error::Damaged { of: Subject::of(&self.row.credential), field }
    }
}

/// What is recorded: nothing of a row that was not written.
fn if_written(written: usize, entry: Entry<'_>) -> Vec<Entry<'_>> {
    if written == 1 { vec![entry] } else { vec![] }
}

#[cfg(test)]
mod tests;

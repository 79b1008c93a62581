//! `audit`: what the record of events tells.

use std::collections::{BTreeMap, BTreeSet};

use super::{App, Error};
use crate::model::Timestamp;
use crate::vault::{Event, Vault, Verified};

/// A program that was first seen within this time is told of, in seconds: 7 days.
const LATELY: i64 = 7 * 86_400;
/// So many uses must be known before anything counts as unusual.
const ENOUGH: usize = 20;
/// So many uses within a minute are a burst.
const BURST: usize = 60;
/// What makes a credential answer that was missing before, or lacked a scope.
const CONNECTS: [&str; 4] = ["created", "authorized", "imported", "renamed"];

/// Which events are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct AuditFilter {
    pub(crate) since: Option<Timestamp>,
    pub(crate) provider: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) all_tenants: bool,
}

/// The record in short.
#[derive(Debug, Default)]
pub(crate) struct AuditSummary {
    pub(crate) credentials: Vec<CredentialSummary>,
    /// What was asked for and was not connected since, and how often.
    pub(crate) missing: Vec<(Whose, usize)>,
    /// Scopes that a credential lacked since its last login, and how often.
    pub(crate) missing_scopes: Vec<(Whose, String, usize)>,
    pub(crate) unusual: Vec<Unusual>,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whose {
    /// `provider account`, or the provider alone.
    pub(crate) label: String,
    pub(crate) tenant: String,
}

impl Whose {
    fn of(event: &Event) -> Self {
        let label = format!("{} {}", event.provider, event.account).trim_end().to_owned();
        Self { label, tenant: event.tenant.clone() }
    }

    /// The default account of the same provider.
    fn default_of(event: &Event) -> Self {
        Self { label: event.provider.clone(), tenant: event.tenant.clone() }
    }
}

/// What became of one credential.
#[derive(Debug)]
pub(crate) struct CredentialSummary {
    pub(crate) whose: Whose,
    pub(crate) uses: usize,
    pub(crate) failures: usize,
    pub(crate) last_error: Option<(Timestamp, String)>,
}

/// Something that is worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusual {
    /// A program that had never asked before.
    NewProgram { whose: Whose, program: String, at: Timestamp },
    /// Very many uses within one minute: the minute with the most, and how many minutes were like it.
    Burst { whose: Whose, uses: usize, at: Timestamp, minutes: usize },
    /// A use at an hour of the day (UTC) at which it was never used before.
    OddHour { whose: Whose, program: String, at: Timestamp },
}

impl AuditFilter {
    fn fits(&self, event: &Event, tenant: &str) -> bool {
        self.since.is_none_or(|since| event.at >= since)
            && self.provider.as_ref().is_none_or(|provider| *provider == event.provider)
            && self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            && (self.all_tenants || event.tenant.is_empty() || event.tenant == tenant)
    }
}

impl App {
    /// The events after number `after`, the oldest first. No key is needed.
    pub(crate) fn audit(&self, filter: &AuditFilter, after: i64) -> Result<Vec<Event>, Error> {
        let Some(vault) = self.vault()? else { return Ok(vec![]) };
        let mut events = vault.events(after)?;
        events.retain(|event| filter.fits(event, &self.tenant));
        Ok(events)
    }

    /// Looks whether anybody without the key has changed the record. `None` where there is no record yet.
    pub(crate) fn verify_audit(&self) -> Result<Option<Verified>, Error> {
        let Some(vault) = self.vault()?.filter(Vault::has_key) else { return Ok(None) };
        let seal = self.unlock(&vault)?;
        self.whatever_the_key(&vault, &seal, |seal, _| Ok(Some(vault.verify_audit(seal)?)))
    }

    /// Takes the record as it stands, after a person has looked at what was changed.
    pub(crate) fn accept_audit(&self) -> Result<(), Error> {
        let Some(vault) = self.vault()?.filter(Vault::has_key) else { return Ok(()) };
        let seal = self.unlock(&vault)?;
        self.whatever_the_key(&vault, &seal, |seal, _| Ok(vault.accept_audit(seal, (self.clock)())?))
    }

    pub(crate) fn audit_summary(&self, filter: &AuditFilter) -> Result<AuditSummary, Error> {
        let events = self.audit(&AuditFilter { since: None, ..filter.clone() }, 0)?;
        Ok(summary(&events, filter.since, (self.clock)()))
    }
}

/// What is usual is told by all events, what is counted by those since `since`.
fn summary(events: &[Event], since: Option<Timestamp>, now: Timestamp) -> AuditSummary {
    let counted = || events.iter().filter(|event| since.is_none_or(|since| event.at >= since));
    let mut credentials = BTreeMap::new();
    let (mut missing, mut scopes) = (BTreeMap::new(), BTreeMap::<_, usize>::new());
    for event in counted() {
        let whose = Whose::of(event);
        if event.kind == "missing" {
            *missing.entry(whose).or_default() += 1;
            continue;
        }
        if event.credential.is_empty() {
            continue;
        }
        if CONNECTS.contains(&event.kind.as_str()) {
            missing.remove(&Whose::default_of(event));
            missing.remove(&whose);
            scopes.retain(|(lacks, _), _| *lacks != whose);
        }
        if let Some(lacking) = event.detail.as_ref().filter(|_| event.kind == "missing_scope") {
            *scopes.entry((whose.clone(), lacking.clone())).or_default() += 1;
        }
        let own = credentials.entry(&event.credential).or_insert_with(|| CredentialSummary {
            whose: whose.clone(),
            uses: 0,
            failures: 0,
            last_error: None,
        });
        own.whose = whose;
        own.uses += usize::from(event.kind == "used");
        if event.outcome != "ok" {
            own.failures += 1;
            own.last_error = Some((event.at, event.outcome.clone()));
        }
    }
    let lately = since.unwrap_or(Timestamp(now.0 - LATELY));
    let mut credentials: Vec<_> = credentials.into_values().collect();
    credentials.sort_by(|one, other| (other.uses, &one.whose).cmp(&(one.uses, &other.whose)));
    AuditSummary {
        credentials,
        missing: missing.into_iter().collect(),
        missing_scopes: scopes.into_iter().map(|((whose, scopes), count)| (whose, scopes, count)).collect(),
        unusual: unusual(events, lately),
    }
}

/// Looks at the uses of each credential since `lately` in the light of those before.
fn unusual(events: &[Event], lately: Timestamp) -> Vec<Unusual> {
    let mut uses: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|event| event.kind == "used") {
        uses.entry(&event.credential).or_default().push(event);
    }
    uses.values().flat_map(|uses| unusual_uses(uses, lately)).collect()
}

fn unusual_uses(uses: &[&Event], lately: Timestamp) -> Vec<Unusual> {
    let (before, new): (Vec<&Event>, Vec<&Event>) = uses.iter().partition(|event| event.at < lately);
    let mut found: Vec<_> = burst(&new).into_iter().collect();
    if before.len() < ENOUGH {
        return found;
    }
    let hour = |event: &Event| event.at.0.rem_euclid(86_400) / 3600;
    let mut programs: BTreeSet<&str> = before.iter().map(|event| event.caller.program.as_str()).collect();
    let mut hours: BTreeSet<i64> = before.iter().map(|event| hour(event)).collect();
    for event in new {
        let (whose, program, at) = (Whose::of(event), event.caller.program.clone(), event.at);
        if programs.insert(&event.caller.program) {
            found.push(Unusual::NewProgram { whose, program, at });
        } else if hours.insert(hour(event)) {
            found.push(Unusual::OddHour { whose, program, at });
        }
    }
    found
}

fn burst(uses: &[&Event]) -> Option<Unusual> {
    let mut minutes: BTreeMap<i64, Vec<&Event>> = BTreeMap::new();
    for event in uses {
        minutes.entry(event.at.0 / 60).or_default().push(event);
    }
    minutes.retain(|_, uses| uses.len() >= BURST);
    let most = minutes.values().max_by_key(|uses| uses.len())?;
    Some(Unusual::Burst { whose: Whose::of(most[0]), uses: most.len(), at: most[0].at, minutes: minutes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Caller;

    fn used(at: i64, program: &str) -> Event {
        Event {
            sequence: None,
            at: Timestamp(at),
            kind: "used".into(),
            credential: "id".into(),
            tenant: "default".into(),
            provider: "demo".into(),
            account: "alice".into(),
            caller: Caller { pid: 1, program: program.into() },
            outcome: "ok".into(),
            detail: None,
        }
    }

    #[test]
    fn a_new_program_an_odd_hour_and_a_burst_are_told_of_once() {
        let day = 86_400;
        let mut events: Vec<_> = (0..30).map(|n| used(n * day, "/bin/make")).collect();
        let lately = 30 * day;
        events.push(used(lately + 10, "/bin/make"));
        assert_eq!(summary(&events, Some(Timestamp(lately)), Timestamp(lately + 100)).unusual, []);
        events.extend([used(lately + 20, "/tmp/x"), used(lately + 30, "/tmp/x"), used(lately + 3 * 3600, "/bin/make")]);
        events.extend((0..80).map(|_| used(lately + 40, "/bin/make")));
        events.extend((0..70).map(|_| used(lately + 100, "/bin/make")));
        let found = summary(&events, Some(Timestamp(lately)), Timestamp(lately + 100)).unusual;
        let whose = Whose { label: "demo alice".into(), tenant: "default".into() };
        assert!(found.contains(&Unusual::NewProgram {
            whose: whose.clone(),
            program: "/tmp/x".into(),
            at: Timestamp(lately + 20)
        }));
        assert!(found.contains(&Unusual::OddHour {
            whose,
            program: "/bin/make".into(),
            at: Timestamp(lately + 3 * 3600)
        }));
        assert!(found.iter().any(|one| matches!(one, Unusual::Burst { uses: 83, minutes: 2, .. })), "{found:?}");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn uses_failures_and_what_is_missing_are_counted() {
        let failed = Event { kind: "refresh_failed".into(), outcome: "unreachable".into(), ..used(7, "x") };
        let missing =
            Event { kind: "missing".into(), credential: String::new(), account: String::new(), ..used(8, "x") };
        let told = summary(&[used(1, "x"), used(5, "x"), failed, missing], Some(Timestamp(2)), Timestamp(9));
        let own = &told.credentials[0];
        let whose = Whose { label: "demo".into(), tenant: "default".into() };
        assert_eq!((own.uses, own.failures, told.missing), (1, 1, vec![(whose, 1)]));
        assert_eq!(own.last_error, Some((Timestamp(7), "unreachable".to_owned())));
    }

    #[test]
    fn what_was_connected_since_is_missing_no_more() {
        let event = |kind: &str, account: &str, tenant: &str| {
            let credential = if kind == "missing" { String::new() } else { "id".into() };
            Event { kind: kind.into(), credential, account: account.into(), tenant: tenant.into(), ..used(1, "x") }
        };
        let lacks = Event { detail: Some("mail".into()), ..event("missing_scope", "alice", "default") };
        let before =
            [event("missing", "", "default"), event("missing", "alice", "default"), event("missing", "bob", "default")];
        let mut events = [&before[..], &[event("missing", "alice", "other"), lacks.clone()]].concat();
        let told = |events: &[Event]| {
            let told = summary(events, None, Timestamp(9));
            let missing = told.missing.into_iter().map(|(whose, _)| format!("{} {}", whose.tenant, whose.label));
            (missing.collect::<Vec<_>>(), told.missing_scopes.len())
        };
        assert_eq!(told(&events).1, 1);
        assert_eq!(told(&events).0.len(), 4);
        events.push(event("authorized", "alice", "default"));
        assert_eq!(told(&events), (vec!["other demo alice".to_owned(), "default demo bob".to_owned()], 0));
        events.push(lacks);
        assert_eq!(told(&events).1, 1);
    }
}

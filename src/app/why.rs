//! Why a login has ended: the likeliest cause, from what this machine has seen of it and what its provider is known to
//! do. It is a guess, and told as one; what is certain stands in the credential's own reason.

use super::revoke::HERE_ONLY;
use super::{App, Error};
use crate::model::credential::{CLOCK_SKEW, LOST_ANSWER};
use crate::model::{Credential, Kind, Timestamp};
use crate::provider::LoginEnds;
use crate::vault::{Event, Vault};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// A provider's days are not counted to the minute, in seconds.
const SLACK: i64 = 3600;

/// A likely cause, and what to do so that it does not happen again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    /// A part of a sentence, to be read after "likely".
    pub(crate) cause: String,
    pub(crate) next: Option<Next>,
}

/// The next step besides a new login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// What the provider's entry says.
    Advice(String),
    /// Where a person sees what is connected.
    See(String),
    /// A timer keeps the login in use.
    Schedule,
    SetClock,
}

impl App {
    /// Why a human is needed for this credential; `None` where its own reason says all that can be said.
    pub(super) fn why(&self, vault: &Vault, own: &Credential) -> Option<Why> {
        own.reauth.as_ref()?;
        let entry = self.registry.find(&own.provider).ok().map(|provider| provider.entry);
        let ends = entry.as_ref().map(|entry| entry.login_ends.clone()).unwrap_or_default();
        let known =
            lost(own).or_else(|| taken_over(vault, own)).or_else(|| too_old(own, &ends)).or_else(|| unused(own, &ends));
        known
            .or_else(|| {
                // A record that cannot be read leaves the guess poorer; that it cannot is for `audit` and `doctor` to tell.
                let events = vault.events(0).unwrap_or_default();
                let seen = clock(own, &events).or_else(|| sibling(own, &events));
                seen.or_else(|| pushed_out(own, &ends, &events)).or_else(|| exported(vault, own, &events))
            })
            .or_else(|| Some(revoked(own, &ends, entry.and_then(|entry| entry.applications_url))))
    }

    /// The same error, with the likely cause where it says that a human is needed.
    pub(super) fn explained(&self, mut error: Error, vault: &Vault, own: &Credential) -> Error {
        if let Error::ReauthorizationRequired { why: why @ None, .. } = &mut error {
            *why = self.why(vault, own).map(Box::new);
        }
        error
    }
}

/// When the provider gave the credential something for the last time.
fn last_success(own: &Credential) -> Timestamp {
    own.last_refreshed_at.map_or(own.authorized_at, |at| at.max(own.authorized_at))
}

/// When the provider said no: nothing else changes a row that waits for a person.
fn refused_at(own: &Credential) -> Timestamp {
    own.updated_at
}

fn days(seconds: i64) -> String {
    match seconds / DAY {
        1 => "1 day".into(),
        days => format!("{days} days"),
    }
}

fn lost(own: &Credential) -> Option<Why> {
    own.reauth.as_ref().filter(|reason| reason.contains(LOST_ANSWER))?;
    let strict = own.server.refresh_grace == Some(0);
    let cause = if strict {
        "the lost answer: the provider had replaced the token, and ends a login whose old token comes again"
    } else {
        "the lost answer: the provider had replaced the token, and takes the old one no more"
    };
    Some(Why { cause: cause.into(), next: None })
}

/// A person has taken an old copy into use, and nothing succeeded after that.
fn taken_over(vault: &Vault, own: &Credential) -> Option<Why> {
    // A row that is gone has nothing to explain.
    let row = vault.reread(&own.id).ok()?;
    let doubt = row.taken_over()?;
    Some(Why { cause: format!("its take-over by `oauth doctor --take-over`: {doubt}"), next: None })
}

/// It ended when it came of age, and nothing succeeded after that.
fn too_old(own: &Credential, ends: &LoginEnds) -> Option<Why> {
    let limit = i64::from(ends.after_days?) * DAY;
    let age = refused_at(own).since(own.authorized_at);
    if age < limit - SLACK || last_success(own).since(own.authorized_at) > limit + SLACK {
        return None;
    }
    let condition = ends.when.as_ref().map(|when| format!(" if {when}")).unwrap_or_default();
    let cause = format!("its age of {}: {} ends a login after {}{condition}", days(age), own.provider, days(limit));
    Some(Why { cause, next: ends.next.clone().map(Next::Advice) })
}

fn unused(own: &Credential, ends: &LoginEnds) -> Option<Why> {
    let limit = i64::from(ends.unused_days?) * DAY;
    // What is handed out from the store is no use that the provider sees, unless the token itself is all there is.
    let used = own.last_used_at.filter(|at| !own.refreshable && *at < refused_at(own));
    let last = last_success(own).max(used.unwrap_or(own.authorized_at));
    let idle = refused_at(own).since(last);
    if idle < limit - SLACK {
        return None;
    }
    let (word, verb) = if own.refreshable { ("refreshed", "a refresh") } else { ("used", "use") };
    let cause = format!(
        "it was not {word} for {}: {} ends a login after {} without {verb}",
        days(idle),
        own.provider,
        days(limit)
    );
    Some(Why { cause, next: Some(Next::Schedule) })
}

/// The clock of this machine was put back between the last success and the refusal.
fn clock(own: &Credential, events: &[Event]) -> Option<Why> {
    // The order is that of the chain, whatever the clock said.
    let chained: Vec<_> = events.iter().filter(|event| event.sequence.is_some()).collect();
    let good = |event: &&&Event| {
        event.credential == own.id.0 && ["created", "authorized", "refreshed"].contains(&event.kind.as_str())
    };
    let from = chained.iter().rposition(|event| good(&event))?;
    let steps = chained[from..].windows(2).map(|pair| (pair[0].at.since(pair[1].at), pair[1].at));
    let (back, at) = steps.rev().find(|(back, _)| *back > CLOCK_SKEW)?;
    let cause = format!(
        "the clock of this machine: it was put back by {} s, at what is now {}, and providers refuse what is signed or \
         issued at a wrong time",
        back,
        at.rfc3339()
    );
    Some(Why { cause, next: Some(Next::SetClock) })
}

/// Another credential of the same account was revoked here, at a provider that ends all of them then.
fn sibling(own: &Credential, events: &[Event]) -> Option<Why> {
    if !own.server.revocation_ends_grant {
        return None;
    }
    let theirs = |event: &&Event| {
        event.kind == "revoked"
            && event.provider == own.provider
            && event.account.eq_ignore_ascii_case(&own.account)
            && event.credential != own.id.0
            && !event.detail.as_ref().is_some_and(|detail| detail.starts_with(HERE_ONLY))
            && event.at >= last_success(own)
    };
    let event = events.iter().rev().find(theirs)?;
    let cause = format!(
        "`oauth revoke {} {}` in tenant {} at {}: {} ends every login of an account at once",
        own.provider,
        event.account,
        event.tenant,
        event.at.rfc3339(),
        own.provider
    );
    Some(Why { cause, next: None })
}

/// So many logins of the account came after it that its provider has let go of it. Those made elsewhere are not seen.
fn pushed_out(own: &Credential, ends: &LoginEnds, events: &[Event]) -> Option<Why> {
    let limit = ends.logins?;
    let is_login = |event: &&Event| {
        ["created", "authorized"].contains(&event.kind.as_str())
            && event.provider == own.provider
            && event.account.eq_ignore_ascii_case(&own.account)
            && event.at >= own.authorized_at
            && event.at <= refused_at(own)
    };
    let logins = events.iter().filter(is_login).filter(|event| event.credential != own.id.0).count();
    (logins >= usize::try_from(limit).ok()?).then(|| Why {
        cause: format!(
            "{logins} later logins of the same account: {} lets {limit} live at once, and ends the oldest",
            own.provider
        ),
        next: None,
    })
}

/// A copy of it was given out since its login. Whether anybody has refreshed with that is not seen here.
fn exported(vault: &Vault, own: &Credential, events: &[Event]) -> Option<Why> {
    let may_rotate = vault.habits(own).map_or(true, |known| known.rotates != Some(false));
    let is_copy =
        |event: &&Event| event.kind == "exported" && event.credential == own.id.0 && event.at >= own.authorized_at;
    let event = events.iter().rev().find(is_copy).filter(|_| own.refreshable && may_rotate)?;
    let at = event.at.rfc3339();
    let cause =
        format!("another copy of it: it was exported at {at}, and another machine may have refreshed with that");
    Some(Why { cause, next: None })
}

/// What is left when nothing here explains it.
fn revoked(own: &Credential, ends: &LoginEnds, place: Option<String>) -> Why {
    let begins = |scope: &str| ends.password_change_scopes.iter().any(|start| scope.starts_with(start.as_str()));
    let password = ends.password_change && (ends.password_change_scopes.is_empty() || own.scopes.iter().any(begins));
    let cause = match (own.kind, password) {
        (Kind::Imported, _) => "it was revoked or has expired at the provider",
        (_, true) => "it was revoked at the provider, or the account's password was changed, which ends a login there",
        (_, false) => "it was revoked at the provider, by you, by an administrator or by the app's owner",
    };
    Why { cause: cause.into(), next: place.map(Next::See) }
}

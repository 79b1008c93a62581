//! Refreshing: what is asked before a refresh token is sent, how often it is sent, and what an answer means for the
//! credential. The sending is done in a process of its own (`worker.rs`).

mod worker;

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{App, Error};
use crate::files;
use crate::http::Http;
use crate::model::credential::{LOST_ANSWER, OTHERS_ANSWER};
use crate::model::{Client, Clock, Credential, Kind, RefreshToken, Timestamp, TokenResponse, text};
use crate::protocol::{self, Channel, ErrorResponse, NoToken, SignedIn};
use crate::vault::{Habits, Lease, Seal};
use worker::Report;

pub(crate) use worker::{WORKER, work};

/// How long a worker waits for an answer. Nobody waits for the worker that long; it is there so that a late answer is
/// not lost.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// How long a token that was replaced is taken for, by a server of which nothing is known.
const USUAL_GRACE: Duration = Duration::from_secs(5);
/// The longest time to wait before a token is sent again: the command waits too.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// For so many seconds at most a provider's wish not to be asked is obeyed.
const LONGEST_HOLD: u64 = 300;

/// Why a refresh brought no token, on this side of the pipe.
enum Trouble {
    Protocol(protocol::Error),
    Vault(crate::vault::Error),
}

impl App {
    /// Refreshes under the lease by a worker, and reads the row again.
    pub(super) fn renew(&self, lease: &mut Lease<'_>, seal: &Seal) -> Result<(), Error> {
        let own = lease.credential().clone();
        if own.kind == Kind::Machine {
            self.may_be_asked(&own)?;
            return self.mint_again(lease);
        }
        // What does not open here would not open there, and is to be told as what it is.
        lease.tokens()?;
        lease.client_secret()?;
        if let Some(reason) = lease.staleness()? {
            return Err(Error::stale(&own, reason));
        }
        // Should the store be an old copy, then sending costs the access token too. One that is dead is no loss.
        if !own.is_expired((self.clock)()) && lease.is_unmarked()? {
            return Err(Error::Unmarked { label: own.label() });
        }
        self.may_be_asked(&own)?;
        let report = self.send_worker(lease, seal)?;
        lease.reload()?;
        match report {
            Report::Done => Ok(()),
            Report::Refused(response) => Err(refused(lease.credential(), &response)),
            Report::Failed(source) => Err(Error::NotRefreshed { label: own.label(), source }),
            Report::Broken { cause, busy: true } => Err(Error::RefreshHindered { label: own.label(), cause }),
            Report::Broken { cause, busy: false } => {
                let full = Some(self.home.database.clone()).filter(|path| files::is_full(path));
                Err(Error::RefreshBroken { label: own.label(), cause, full })
            }
        }
    }

    /// Whether the provider has not asked for patience. A time further away than any that is written down was noted by a
    /// clock that went wrong, and holds nothing.
    fn may_be_asked(&self, own: &Credential) -> Result<(), Error> {
        let left = own.retry_at.map(|at| at.since((self.clock)()));
        match left.filter(|left| (1..=LONGEST_HOLD.cast_signed()).contains(left)) {
            Some(seconds) => Err(Error::HeldOff { label: own.label(), seconds }),
            None => Ok(()),
        }
    }
}

impl From<crate::vault::Error> for Trouble {
    fn from(error: crate::vault::Error) -> Self {
        Self::Vault(error)
    }
}

/// Note the attempt → take the refresh token out of the lease → send → land → commit. When no answer came, the same
/// token is sent again as often as the server's ways allow.
fn refresh(lease: &mut Lease<'_>, http: &Http, clock: Clock) -> Result<(), Trouble> {
    let own = lease.credential().clone();
    let client = Client { id: own.client_id.clone(), secret: lease.client_secret()? };
    let (begun, mut lost) = (Instant::now(), lease.lost_attempt().map(|attempt| attempt.begun_at));
    let mut pauses = pauses(own.server.refresh_grace, lease.habits()?, own.is_expired(clock())).into_iter();
    let mut repeated = false;
    loop {
        let token = lease.begin(clock())?;
        let failure = match send(lease, http, clock, &client, token) {
            Err(Trouble::Protocol(failure)) => failure,
            Err(trouble) => return Err(trouble),
            Ok(()) if repeated => {
                return Ok(lease.learn(Habits { takes_again: Some(true), rotates: None }, clock())?);
            }
            Ok(()) => return Ok(()),
        };
        let again = pauses.next().filter(|pause| failure.may_have_been_lost() && begun.elapsed() < pause.within);
        let Some(pause) = again else {
            return give_up(lease, failure, lost, repeated, clock);
        };
        // A refusal of the same token would follow from the answer that was lost.
        lost = lost.or(Some(clock().0));
        repeated = true;
        sleep(pause.length);
    }
}

fn give_up(
    lease: &mut Lease<'_>,
    failure: protocol::Error,
    lost: Option<i64>,
    repeated: bool,
    clock: Clock,
) -> Result<(), Trouble> {
    if failure.ends_grant() {
        // Believed only of the token that is stored now: where locks are not shared, another process may have been
        // faster.
        let sent = lease.credential().generation;
        lease.reload()?;
        if lease.credential().generation != sent {
            return Ok(());
        }
        if repeated {
            lease.learn(Habits { takes_again: Some(false), rotates: None }, clock())?;
        }
    }
    settle(lease, &failure, lost, clock)?;
    if !failure.ends_grant() {
        // The record is no reason to hide the failure itself.
        let _ = lease.record_failure(failure.code(), clock());
    }
    Err(Trouble::Protocol(failure))
}

fn send(lease: &mut Lease<'_>, http: &Http, clock: Clock, client: &Client, token: RefreshToken) -> Result<(), Trouble> {
    let sent_at = clock();
    let server = lease.credential().server.clone();
    let proof = lease.proof_key()?;
    let channel = Channel { http, clock, server: &server, client, proof: proof.as_ref() };
    let response = match protocol::refresh(&channel, token) {
        Ok(response) => response,
        Err(NoToken { error, refresh_token }) => {
            if let Some(new) = refresh_token {
                lease.replace_refresh_token(new, clock())?;
            }
            return Err(Trouble::Protocol(error));
        }
    };
    if let Err(stranger) = is_ours(lease.credential(), &response) {
        let why = format!("{OTHERS_ANSWER}: {stranger}");
        lease.set_aside(response, &why, sent_at, clock())?;
        return Err(Trouble::Protocol(stranger));
    }
    // Either is enough: what cannot land can still be committed, and what landed is committed by the next process.
    let _landed = lease.land(&response, sent_at);
    Ok(lease.commit(response, sent_at, clock())?)
}

/// Whether an ID token that came along speaks of the account that was connected.
fn is_ours(own: &Credential, response: &TokenResponse) -> Result<(), protocol::Error> {
    match (&response.id_token, &own.server.id_token_issuer, &own.subject) {
        (Some(token), Some(issuer), Some(subject)) => {
            SignedIn { issuer, subject, client_id: &own.client_id }.compare(token)
        }
        _ => Ok(()),
    }
}

/// The pause before a refresh token is sent once more, when the answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pause {
    length: Duration,
    /// Only when no more than this has passed since the token was sent first.
    within: Duration,
}

/// How often a refresh token may be sent again whose answer was lost, and when. `grace` is what the entry says of the
/// server, in seconds; `habits` what was learnt of it.
///
/// A server that leaves its refresh tokens as they are can be asked again. One that replaces them usually takes the old
/// one for some seconds. Where it ends the whole login instead, asking again costs nothing only when the access token
/// is dead already; while it lives, it is served.
fn pauses(grace: Option<u64>, habits: Habits, expired: bool) -> Vec<Pause> {
    let pause = |length, within| Pause { length, within };
    if habits.rotates == Some(false) {
        return [0, 1].map(|length| pause(Duration::from_secs(length), PATIENCE)).to_vec();
    }
    let at_once = |within| pause(Duration::ZERO, within);
    match grace {
        Some(0) => expired.then_some(at_once(PATIENCE)).into_iter().collect(),
        None if habits.takes_again == Some(false) => expired.then_some(at_once(PATIENCE)).into_iter().collect(),
        None => vec![at_once(USUAL_GRACE)],
        Some(seconds) => {
            let grace = Duration::from_secs(seconds);
            let half = (grace / 2).min(LONGEST_PAUSE);
            vec![at_once(grace), pause(half, grace / 2)]
        }
    }
}

/// Writes down what a failure means for the credential. Only a definite answer about the grant ends it.
fn settle(
    lease: &mut Lease<'_>,
    failure: &protocol::Error,
    lost: Option<i64>,
    clock: Clock,
) -> Result<(), crate::vault::Error> {
    match failure {
        protocol::Error::Refused { response, .. } if failure.ends_grant() => {
            let code = text::shown(&response.code);
            let reason = match lost {
                Some(begun_at) => format!(
                    "the provider refused the refresh token ({code}); {LOST_ANSWER} {} was lost, and \
                     the provider may have replaced the token then",
                    Timestamp(begun_at).rfc3339()
                ),
                None => format!("the provider refused the refresh token ({code})"),
            };
            lease.require_authorization(&reason, "reauthorization_required", clock())
        }
        _ => {
            // The attempt of an earlier process stays in doubt until somebody hears of its token.
            if !failure.leaves_doubt() && lost.is_none() {
                lease.withdraw()?;
            }
            match failure {
                protocol::Error::Trouble { retry_after: Some(seconds), .. } => hold_off(lease, *seconds, clock),
                _ => Ok(()),
            }
        }
    }
}

/// Obeys a wish not to be asked for so many seconds, within reason.
pub(super) fn hold_off(lease: &mut Lease<'_>, seconds: u64, clock: Clock) -> Result<(), crate::vault::Error> {
    lease.hold_off(clock().plus(seconds.min(LONGEST_HOLD)))
}

fn refused(own: &Credential, response: &ErrorResponse) -> Error {
    if let Some(reason) = &own.reauth {
        return Error::reauthorization(own, reason);
    }
    if response.blames_client() {
        return Error::ClientRefused { provider: own.provider.clone(), response: response.clone() };
    }
    Error::RequestRefused {
        provider: own.provider.clone(),
        account: Some(own.account.clone()),
        response: response.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_whose_answer_was_lost_is_sent_again_as_often_as_the_server_takes_it() {
        let habits = |rotates, takes_again| Habits { rotates, takes_again };
        let unknown = habits(None, None);
        // Pauses, each with the time within which it is worth it, in seconds.
        let of = |grace, habits, expired| {
            let found = pauses(grace, habits, expired).into_iter();
            found.map(|pause| (pause.length.as_secs_f64(), pause.within.as_secs_f64())).collect::<Vec<_>>()
        };
        for expired in [false, true] {
            let again = [(0.0, 120.0), (1.0, 120.0)];
            assert_eq!(of(None, habits(Some(false), None), expired), again, "it leaves its tokens as they are");
            assert_eq!(of(Some(0), habits(Some(false), None), expired), again, "that was seen, whatever was written");
            assert_eq!(of(None, unknown, expired), [(0.0, 5.0)], "nothing is known");
            assert_eq!(of(None, habits(Some(true), Some(true)), expired), [(0.0, 5.0)]);
            assert_eq!(of(Some(5), habits(Some(true), None), expired), [(0.0, 5.0), (2.5, 2.5)]);
            assert_eq!(of(Some(60), unknown, expired), [(0.0, 60.0), (10.0, 30.0)], "a command waits too");
        }
        for strict in [(Some(0), unknown), (None, habits(Some(true), Some(false)))] {
            assert!(of(strict.0, strict.1, false).is_empty(), "the access token still lives, and is served");
            assert_eq!(of(strict.0, strict.1, true), [(0.0, 120.0)], "there is nothing to lose any more");
        }
    }
}

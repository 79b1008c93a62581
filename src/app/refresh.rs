//! Refreshing, in a process of its own.
//!
//! From the moment the request is sent until the answer is stored, a rotated refresh token exists only in the memory of
//! the process that sent it. That process must therefore not die with the command that wanted the token: by Ctrl-C, by
//! a closed terminal, by a time limit of a script. The command takes the lease, and a worker does the rest: it has a
//! session of its own, shares the lock as an open file (its standard output), and is told what to do, with the key of
//! this one store, through a pipe. When the command dies the worker goes on, and the next command finds its work done.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{App, Error};
use crate::http::Http;
use crate::model::{Client, Clock, Credential, CredentialId, RefreshToken, Secret, Timestamp, text};
use crate::protocol::{self, ErrorResponse};
use crate::vault::{Home, Lease, Seal, Vault};

/// The argument that makes this program a worker. No person types it.
pub(crate) const WORKER: &str = "__refresh";
/// How long a worker waits for an answer. Nobody waits for the worker that long; it is there so that a late answer is
/// not lost.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a command waits for its worker.
const WAIT: Duration = Duration::from_secs(35);
/// More than this is no report, in bytes.
const LONGEST: u64 = 64 << 10;

/// What a worker is told. The seal follows on a line of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    id: CredentialId,
    database: PathBuf,
    locks: PathBuf,
    landing: PathBuf,
    uses: PathBuf,
}

/// How a worker's refresh ended.
#[derive(Debug, Serialize, Deserialize)]
enum Report {
    Done,
    /// The provider says no. Whether that ends the credential stands in the row.
    Refused(ErrorResponse),
    Failed(protocol::Error),
    /// The store, or something else on this machine.
    Broken(String),
}

/// Why a refresh brought no token, on this side of the pipe.
enum Trouble {
    Protocol(protocol::Error),
    Vault(crate::vault::Error),
}

impl App {
    /// Refreshes under the lease by a worker, and reads the row again.
    pub(super) fn renew(&self, lease: &mut Lease<'_>, seal: &Seal) -> Result<(), Error> {
        let own = lease.credential().clone();
        // What does not open here would not open there, and is to be told as what it is.
        lease.tokens()?;
        lease.client_secret()?;
        let report = self.send_worker(lease, seal)?;
        lease.reload()?;
        match report {
            Report::Done => Ok(()),
            Report::Refused(response) => Err(refused(lease.credential(), &response)),
            Report::Failed(source) => Err(Error::Protocol { doing: format!("cannot refresh {}", own.label()), source }),
            Report::Broken(cause) => Err(Error::RefreshBroken { label: own.label(), cause }),
        }
    }

    fn send_worker(&self, lease: &Lease<'_>, seal: &Seal) -> Result<Report, Error> {
        let label = lease.credential().label();
        let broken = |what: &'static str| {
            let label = label.clone();
            move |error: std::io::Error| Error::RefreshBroken { label, cause: format!("{what}: {error}") }
        };
        let mut worker = Command::new(program())
            .arg(WORKER)
            .stdin(Stdio::piped())
            .stdout(lease.share_lock().map_err(broken("the lock cannot be shared"))?)
            .stderr(Stdio::piped())
            .spawn()
            .map_err(broken("a worker cannot be started"))?;
        let told =
            worker.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(self.task(lease, seal).expose().as_bytes()));
        told.map_err(broken("the worker cannot be told its task"))?;
        let (sender, report) = mpsc::channel();
        let pipe = worker.stderr.take();
        std::thread::spawn(move || {
            let mut text = String::new();
            let read = pipe.map(|pipe| pipe.take(LONGEST).read_to_string(&mut text));
            let _ = worker.wait(); // it has closed its pipe, so it is at its end
            let _ = sender.send(read.and_then(Result::ok).and_then(|_| serde_json::from_str(&text).ok()));
        });
        match report.recv_timeout(WAIT) {
            Ok(Some(report)) => Ok(report),
            Ok(None) => Err(Error::RefreshBroken { label, cause: "the worker ended without a report".into() }),
            Err(_) => Err(Error::StillRefreshing { label }),
        }
    }

    fn task(&self, lease: &Lease<'_>, seal: &Seal) -> Secret {
        let Home { database, locks, landing, uses } = self.home.clone();
        let task = Task { id: lease.credential().id.clone(), database, locks, landing, uses };
        let task = serde_json::to_string(&task).expect("a task is JSON");
        Secret::new(format!("{task}\n{}\n", seal.hand_over().expose()))
    }
}

/// This program as a worker: does the task that it is told, and reports.
pub(crate) fn work(task: impl Read, mut report: impl Write, clock: Clock) {
    #[cfg(unix)]
    // Fails for a process that leads its group, which a worker never is.
    let _ = rustix::process::setsid();
    let told = do_task(task, clock);
    // When nobody listens any more, the row tells.
    let _ = report.write_all(serde_json::to_string(&told).unwrap_or_default().as_bytes());
}

fn do_task(task: impl Read, clock: Clock) -> Report {
    let broken = |what: &str| Report::Broken(what.to_owned());
    let mut lines = BufReader::new(task.take(LONGEST)).lines();
    let (Some(Ok(task)), Some(Ok(seal))) = (lines.next(), lines.next()) else {
        return broken("it was not told what to do");
    };
    let (Ok(task), Some(seal)) = (serde_json::from_str::<Task>(&task), Seal::taken_over(&Secret::new(seal))) else {
        return broken("it does not understand what to do");
    };
    let Task { id, database, locks, landing, uses } = task;
    let vault = match Vault::open(&Home { database, locks, landing, uses }) {
        Ok(Some(vault)) => vault,
        Ok(None) => return broken("the store is gone"),
        Err(error) => return Report::Broken(error.to_string()),
    };
    let done = vault.inherited_lease(&id, &seal).map_err(Trouble::Vault);
    match done.and_then(|mut lease| refresh(&mut lease, &Http::new(PATIENCE), clock)) {
        Ok(()) => Report::Done,
        Err(Trouble::Protocol(protocol::Error::Refused { response, .. })) => Report::Refused(response),
        Err(Trouble::Protocol(error)) => Report::Failed(error),
        Err(Trouble::Vault(error)) => Report::Broken(error.to_string()),
    }
}

impl From<crate::vault::Error> for Trouble {
    fn from(error: crate::vault::Error) -> Self {
        Self::Vault(error)
    }
}

/// Note the attempt → take the refresh token out of the lease → send → land → commit.
fn refresh(lease: &mut Lease<'_>, http: &Http, clock: Clock) -> Result<(), Trouble> {
    let own = lease.credential().clone();
    let client = Client { id: own.client_id.clone(), secret: lease.client_secret()? };
    let lost = lease.lost_attempt();
    let token = lease.begin(clock())?;
    let failure = match send(lease, http, clock, &client, token) {
        Err(Trouble::Protocol(failure)) if may_repeat(&failure, &own, clock()) => {
            let token = lease.begin(clock())?;
            match send(lease, http, clock, &client, token) {
                // The second refusal follows from the first answer, which was lost.
                Err(Trouble::Protocol(second)) => (second, lost.map(|attempt| attempt.begun_at).or(Some(clock().0))),
                done => return done,
            }
        }
        Err(Trouble::Protocol(failure)) => (failure, lost.map(|attempt| attempt.begun_at)),
        done => return done,
    };
    let (failure, lost) = failure;
    settle(lease, &failure, lost, clock)?;
    Err(Trouble::Protocol(failure))
}

fn send(lease: &mut Lease<'_>, http: &Http, clock: Clock, client: &Client, token: RefreshToken) -> Result<(), Trouble> {
    let sent_at = clock();
    let server = lease.credential().server.clone();
    let response = protocol::refresh(http, clock, &server, client, token).map_err(Trouble::Protocol)?;
    lease.land(&response, sent_at)?;
    Ok(lease.commit(response, sent_at, clock())?)
}

/// When a connection broke after the request was sent, the same token is sent once more, at once: many servers take a
/// token they have just replaced for some seconds. Where a server ends the whole login instead, that costs nothing only
/// when the access token is dead already; while it lives, it is served.
fn may_repeat(failure: &protocol::Error, own: &Credential, now: Timestamp) -> bool {
    failure.is_cut_off() && (own.server.refresh_grace.unwrap_or(1) > 0 || own.is_expired(now))
}

/// Writes down what a failure means for the credential. Only a definite answer about the grant ends it.
fn settle(
    lease: &mut Lease<'_>,
    failure: &protocol::Error,
    lost: Option<i64>,
    clock: Clock,
) -> Result<(), crate::vault::Error> {
    match failure {
        protocol::Error::Refused { response, .. } if response.ends_grant() => {
            let code = text::shown(&response.code);
            let reason = match lost {
                Some(begun_at) => format!(
                    "the provider refused the refresh token ({code}); the answer to a refresh begun at {} was lost, and \
                     the provider may have replaced the token then",
                    Timestamp(begun_at).rfc3339()
                ),
                None => format!("the provider refused the refresh token ({code})"),
            };
            lease.require_authorization(&reason, "reauthorization_required", clock())
        }
        // The attempt of an earlier process stays in doubt until somebody hears of its token.
        failure if failure.leaves_doubt() || lost.is_some() => Ok(()),
        _ => lease.withdraw(),
    }
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

/// This very program, also when its file was replaced meanwhile.
fn program() -> PathBuf {
    if cfg!(target_os = "linux") {
        return "/proc/self/exe".into();
    }
    std::env::current_exe().unwrap_or_else(|_| "oauth".into())
}

//! Refreshing, in a process of its own.
//!
//! From the moment the request is sent until the answer is stored, a rotated refresh token exists only in the memory of
//! the process that sent it. That process must therefore not die with the command that wanted the token: by Ctrl-C, by
//! a closed terminal, by a time limit of a script. The command takes the lease, and a worker does the rest: it has a
//! session of its own, shares the lock as an open file (its standard output), and is told what to do, with the key of
//! this one store, through a pipe. When the command dies the worker goes on, and the next command finds its work done.

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::{App, Error};
use super::{PATIENCE, Trouble, refresh};
use crate::http::Http;
use crate::model::{Caller, Clock, CredentialId, Secret, text};
use crate::protocol::{self, ErrorResponse};
use crate::vault::{Home, Lease, Seal, Vault};

/// The argument that makes this program a worker. No person types it.
pub(crate) const WORKER: &str = "__refresh";
/// How long a command waits for its worker.
const WAIT: Duration = Duration::from_secs(35);
/// More than this is no report, in bytes.
const LONGEST: u64 = 64 << 10;

/// What a worker is told. The seal follows on a line of its own.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    id: CredentialId,
    home: Home,
    /// Who asked the command whose worker this is.
    caller: Caller,
}

/// How a worker's refresh ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    Done,
    /// The provider says no. Whether that ends the credential stands in the row.
    Refused(ErrorResponse),
    Failed(protocol::Error),
    /// The store, or something else on this machine. `busy`: another program holds the store.
    Broken {
        cause: String,
        busy: bool,
    },
}

impl App {
    pub(super) fn send_worker(&self, lease: &Lease<'_>, seal: &Seal) -> Result<Report, Error> {
        let label = lease.credential().label();
        let broken = |what: &'static str| {
            let label = label.clone();
            move |error: std::io::Error| Error::RefreshBroken { label, cause: format!("{what}: {error}"), full: None }
        };
        let (hand_over, worker) = mpsc::channel();
        let (sender, report) = mpsc::channel();
        // Before the worker: where no thread can be had, nothing is sent.
        let listen = move || worker.recv().is_ok_and(|worker| sender.send(hear(worker)).is_ok());
        thread::Builder::new().spawn(listen).map_err(broken("a worker cannot be started"))?;
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
        let _ = hand_over.send(worker); // it is waited for
        match report.recv_timeout(WAIT) {
            Ok(Some(report)) => Ok(report),
            Ok(None) => {
                Err(Error::RefreshBroken { label, cause: "the worker ended without a report".into(), full: None })
            }
            Err(_) => Err(Error::StillRefreshing { label }),
        }
    }

    fn task(&self, lease: &Lease<'_>, seal: &Seal) -> Secret {
        let task = Task { id: lease.credential().id.clone(), home: self.home.clone(), caller: self.caller.clone() };
        let task = serde_json::to_string(&task).expect("a task is JSON");
        Secret::new(format!("{task}\n{}\n", seal.hand_over().expose()))
    }
}

/// What a worker reports by its end.
fn hear(mut worker: Child) -> Option<Report> {
    let mut heard = vec![];
    let read = worker.stderr.take().map(|pipe| pipe.take(LONGEST).read_to_end(&mut heard));
    let _ = worker.wait(); // it has closed its pipe, so it is at its end
    read.and_then(Result::ok).and_then(|_| Report::among(&heard))
}

/// This program as a worker: does the task that it is told, and reports.
pub(crate) fn work(task: impl Read, mut report: impl Write, clock: Clock) {
    #[cfg(unix)]
    // Fails for a process that leads its group, which a worker never is.
    let _ = rustix::process::setsid();
    let told = do_task(task, clock);
    // When nobody listens any more, the row tells.
    let _ = report.write_all(format!("\n{}\n", serde_json::to_string(&told).unwrap_or_default()).as_bytes());
}

fn do_task(task: impl Read, clock: Clock) -> Report {
    let broken = |what: &str| Report::Broken { cause: what.to_owned(), busy: false };
    let mut lines = BufReader::new(task.take(LONGEST)).lines();
    let (Some(Ok(task)), Some(Ok(seal))) = (lines.next(), lines.next()) else {
        return broken("it was not told what to do");
    };
    let (Ok(task), Some(seal)) = (serde_json::from_str::<Task>(&task), Seal::taken_over(&Secret::new(seal))) else {
        return broken("it does not understand what to do");
    };
    let Task { id, home, caller } = task;
    let vault = match Vault::open(&home, &caller) {
        Ok(Some(vault)) => vault,
        Ok(None) => return broken("the store is gone"),
        Err(error) => return Report::of(&error),
    };
    let done = vault.inherited_lease(&id, &seal).map_err(Trouble::Vault);
    match done.and_then(|mut lease| refresh(&mut lease, &Http::new(PATIENCE), clock)) {
        Ok(()) => Report::Done,
        Err(Trouble::Protocol(protocol::Error::Refused { response, .. })) => Report::Refused(response),
        Err(Trouble::Protocol(error)) => Report::Failed(error),
        Err(Trouble::Vault(error)) => Report::of(&error),
    }
}

impl Report {
    /// The report in what a worker has said. It has a line of its own: what loads the program and what runs in it may speak
    /// there too, such as the dynamic linker of a library in `LD_PRELOAD` that is not there.
    fn among(heard: &[u8]) -> Option<Self> {
        heard.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice(line).ok())
    }

    fn of(error: &crate::vault::Error) -> Self {
        // What it comes from says why, and would not get through the pipe by itself.
        let (what, why) = (error.to_string(), text::innermost(error));
        let cause = if why == what { what } else { format!("{what}: {why}") };
        Self::Broken { cause, busy: error.is_busy() }
    }
}

/// This very program, also when its file was replaced meanwhile; by the name that it was started by where there is no
/// `/proc`.
#[cfg(target_os = "linux")]
fn program() -> PathBuf {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() {
        return own;
    }
    let name = OsStr::from_bytes(rustix::param::linux_execfn().to_bytes());
    // Never one that is looked for in PATH.
    std::path::absolute(name).unwrap_or(own)
}

/// This very program.
#[cfg(not(target_os = "linux"))]
fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "oauth".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use crate::model::Timestamp;

    #[test]
    fn a_report_is_heard_whatever_else_is_said() {
        let among = |heard: &[u8]| Report::among(heard).map(|report| serde_json::to_string(&report).unwrap());
        let done = Some("\"Done\"".to_owned());
        for heard in ["\n\"Done\"\n", "ld.so: no such library\n\n\"Done\"\n", "\n\"Done\"\nheap: 1.0 GiB\n\t{}\n"] {
            assert_eq!(among(heard.as_bytes()), done, "{heard}");
        }
        assert_eq!(among(b"\xff\xfe\n\"Done\"\n\xff"), done, "also beside what is no text");
        for heard in ["", "\n\n", "thread 'main' panicked\n\"Don"] {
            assert_eq!(among(heard.as_bytes()), None, "{heard}");
        }
    }

    #[test]
    fn what_broke_is_told_with_its_cause() {
        let failed = files::Error::io("write", std::path::Path::new("/landing"));
        let Report::Broken { cause, .. } = Report::of(&failed(std::io::Error::other("a bad sector")).into()) else {
            panic!("it broke")
        };
        assert_eq!(cause, "cannot write /landing: a bad sector");
        let Report::Broken { cause, .. } = Report::of(&crate::vault::Error::KeyReplaced) else { panic!("it broke") };
        assert_eq!(cause, "the master key was replaced in the meantime");
    }

    #[test]
    fn a_task_that_is_not_whole_is_none() {
        for told in ["", "\n", "{}\nx\n", "{}"] {
            assert!(matches!(do_task(told.as_bytes(), || Timestamp(0)), Report::Broken { .. }), "{told:?}");
        }
    }
}

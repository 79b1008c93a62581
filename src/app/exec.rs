//! `exec`: a command with tokens in its environment, and with files of tokens that are kept fresh while it runs.

use std::ffi::OsString;
use std::fs;
#[cfg(unix)]
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(unix)]
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use tokio::process::Child;
#[cfg(unix)]
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Access, App, Demand, Error};
use crate::files;
use crate::model::text::shown;
use crate::model::{CredentialId, Secret};
use crate::vault::{Seal, Vault, random_id};

/// How often a credential is looked at: another process may have refreshed it, and some providers end the old token then.
const LOOK: Duration = Duration::from_secs(2);
/// How long after a failed refresh the next one is tried.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// A command, and what it gets of ours.
pub(crate) struct Task {
    /// The program and its arguments; never empty.
    pub(crate) words: Vec<OsString>,
    pub(crate) variables: Vec<(String, Secret)>,
    pub(crate) files: Vec<TokenFile>,
}

/// A file that holds a token and nothing else, mode 0600. It goes with its value.
pub(crate) struct TokenFile {
    path: PathBuf,
    /// None for a static token of the environment, which never changes.
    of: Option<(CredentialId, i64)>,
}

/// Why a command did not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRun {
    #[error("there is no command `{0}`")]
    NotFound(String),
    #[error("`{0}` cannot be run")]
    NotExecutable(String, #[source] io::Error),
    #[error("`{0}` cannot be waited for")]
    Supervision(String, #[source] io::Error),
}

impl TokenFile {
    /// Makes the file, which may not be there yet; without a path, one of our own.
    pub(crate) fn create(app: &App, path: Option<PathBuf>, access: &Access) -> Result<Self, Error> {
        let path = if let Some(path) = path {
            std::path::absolute(&path).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?
        } else {
            files::private_dir(&app.run_dir)?;
            // Named as what a process leaves behind that is killed, so that it is found.
            files::aside(&app.run_dir.join(format!("token-{}", random_id())))
        };
        if fs::symlink_metadata(&path).is_ok() {
            return Err(Error::Usage(format!(
                "{} is there already; it would be overwritten, and deleted in the end",
                path.display()
            )));
        }
        let of = access.credential.as_ref().map(|own| (own.id.clone(), own.generation));
        // What somebody else has made in the meantime is not ours to delete.
        drop(files::create_new(&path)?);
        let file = Self { path, of };
        file.write(&access.token.0)?;
        Ok(file)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn write(&self, token: &Secret) -> Result<(), files::Error> {
        files::replace(&self.path, token.expose())
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        // Whoever removed it before has done our work.
        let _ = fs::remove_file(&self.path);
    }
}

impl App {
    /// Runs a command to its end, passes on to it the signals that reach us, and gives its exit code, 128+n for an end
    /// by signal n. `trouble` is told when a file of tokens cannot be kept fresh.
    pub(crate) fn run(self, task: Task, trouble: &dyn Fn(&Error)) -> Result<u8, NotRun> {
        let Task { words, variables, files } = task;
        let (tell, mut troubles) = unbounded_channel();
        let files = Arc::new(Files { held: Mutex::new(files), bell: Condvar::new() });
        if files.lock().iter().any(|file| file.of.is_some()) {
            let files = Arc::clone(&files);
            // Nobody waits for it: what it may be asking a provider for at the end of the command goes on without us.
            let fresh = thread::Builder::new().spawn(move || self.keep_fresh(&files, &tell));
            fresh.map_err(|error| NotRun::Supervision(words[0].to_string_lossy().into_owned(), error))?;
        }
        let ended = supervise(&words, variables, &mut troubles, trouble);
        files.end();
        ended
    }

    fn keep_fresh(&self, files: &Files, trouble: &UnboundedSender<Error>) {
        // With nobody to hear it, the command has ended.
        let tell = |error| _ = trouble.send(error);
        let opened = self.vault().and_then(|vault| vault.ok_or(Error::NothingConnected));
        let opened = opened.and_then(|vault| self.unlock(&vault).map(|seal| (vault, seal)));
        let (vault, seal) = match opened {
            Ok(opened) => opened,
            Err(error) => return tell(error),
        };
        let mut rest_until = Instant::now();
        while !files.end_within(LOOK) {
            if Instant::now() < rest_until {
                continue;
            }
            let written: Vec<_> = files.lock().iter().filter_map(|file| file.of.clone()).collect();
            for (id, generation) in written {
                if let Err(error) = self.renew_files(&vault, &seal, files, &id, generation) {
                    tell(error);
                    rest_until = Instant::now() + AFTER_FAILURE;
                }
            }
        }
    }

    /// Brings the files of a credential up to date, which hold the token of this generation.
    fn renew_files(
        &self,
        vault: &Vault,
        seal: &Seal,
        files: &Files,
        id: &CredentialId,
        generation: i64,
    ) -> Result<(), Error> {
        let row = vault.reread(id)?;
        if row.credential.generation == generation && !row.credential.is_due((self.clock)()) {
            return Ok(());
        }
        // A command may run for days, and the master key be replaced meanwhile.
        let access = self.access_whatever_the_key(vault, seal, row, Demand::default())?;
        let Some(own) = access.credential.filter(|own| own.generation != generation) else { return Ok(()) };
        for file in files.lock().iter_mut() {
            if file.of.as_ref().is_some_and(|(of, _)| of == id) {
                file.write(&access.token.0)?;
                file.of = Some((id.clone(), own.generation));
            }
        }
        Ok(())
    }
}

/// The files of tokens while the command runs. From its end on there are none, so that a token that comes late makes no
/// file anew.
struct Files {
    held: Mutex<Vec<TokenFile>>,
    bell: Condvar,
}

impl Files {
    fn lock(&self) -> MutexGuard<'_, Vec<TokenFile>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.lock().clear();
        self.bell.notify_all();
    }

    /// Whether the end came within this time.
    fn end_within(&self, limit: Duration) -> bool {
        let waited = self.bell.wait_timeout_while(self.lock(), limit, |held| !held.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_empty()
    }
}

/// Starts the command and waits for it, in a runtime that hears signals, troubles and its end at once.
fn supervise(
    words: &[OsString],
    variables: Vec<(String, Secret)>,
    troubles: &mut UnboundedReceiver<Error>,
    trouble: &dyn Fn(&Error),
) -> Result<u8, NotRun> {
    let name = words[0].to_string_lossy().into_owned();
    let failed = |error| NotRun::Supervision(shown(&name), error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let mut command = tokio::process::Command::new(&words[0]);
        command.args(&words[1..]);
        for (name, token) in &variables {
            command.env(name, token.expose());
        }
        let mut signals = Signals::listen().map_err(failed)?;
        let mut child = command.spawn().map_err(|error| not_run(&name, error))?;
        drop((command, variables));
        loop {
            tokio::select! {
                status = child.wait() => return status.map(code).map_err(failed),
                signal = signals.next() => pass_on(&child, signal),
                Some(error) = troubles.recv() => trouble(&error),
            }
        }
    })
}

fn not_run(name: &str, error: io::Error) -> NotRun {
    let name = shown(name);
    if error.kind() == io::ErrorKind::NotFound { NotRun::NotFound(name) } else { NotRun::NotExecutable(name, error) }
}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(u8::MAX)
}

/// The signals that are passed on. One that was ignored before us (`nohup`) is left alone, and so stays ignored in the
/// child, too.
#[cfg(unix)]
struct Signals(Vec<(SignalKind, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        let all = [
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::quit(),
            SignalKind::terminate(),
            SignalKind::user_defined1(),
            SignalKind::user_defined2(),
        ];
        let ignored = ignored();
        let heard = all.into_iter().filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0);
        heard.map(|kind| Ok((kind, tokio::signal::unix::signal(kind)?))).collect::<io::Result<_>>().map(Self)
    }

    async fn next(&mut self) -> SignalKind {
        poll_fn(|context| {
            let arrived =
                self.0.iter_mut().find_map(|(kind, signal)| signal.poll_recv(context).is_ready().then_some(*kind));
            arrived.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// The signals that this process ignores, as a mask. Where the system does not tell, none.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// What the terminal's keys send has reached the child already: it is in the same group.
#[cfg(unix)]
fn pass_on(child: &Child, kind: SignalKind) {
    use rustix::process::{Pid, Signal, getpgrp, kill_process};
    use rustix::termios::tcgetpgrp;
    let groups = [tcgetpgrp(io::stdin()), tcgetpgrp(io::stdout()), tcgetpgrp(io::stderr())];
    let in_front = groups.into_iter().flatten().any(|group| group == getpgrp());
    if in_front && [SignalKind::interrupt(), SignalKind::quit()].contains(&kind) {
        return;
    }
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    if let (Some(pid), Some(signal)) = (pid, Signal::from_named_raw(kind.as_raw_value())) {
        // It may have ended by itself just now.
        let _ = kill_process(pid, signal);
    }
}

/// The console sends Ctrl-C to every process in it; ours shall outlive the command.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

#[cfg(windows)]
fn pass_on(_: &Child, (): ()) {}

//! Hooks: what is done when a credential needs a person, or could not be refreshed, so that nobody finds out at night.
//!
//! The use cases raise alarms; the command runs the hooks when its own work is done, and does not wait for them. The same
//! alarm about the same credential is told once an hour, however many processes meet it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{App, Error};
use crate::files;
use crate::model::text::shown;
use crate::model::{Credential, CredentialId, Timestamp};

/// Seconds for which the same alarm is not told again.
const QUIET: i64 = 3600;
/// More than this is not read of the record of alarms, in bytes.
const LARGEST: u64 = 1 << 20;
/// How long another process may take to note what it tells.
const PATIENCE: Duration = Duration::from_secs(2);

/// What has happened to a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A person has to authorize it.
    Reauth,
    /// It could not be refreshed, for a reason that may pass.
    RefreshError,
}

/// An event, whom it concerns, and why.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    event: Event,
    credential: Credential,
    reason: String,
}

/// The alarms that were raised and not yet told, shared by all that work on one command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms(Arc<Mutex<Vec<Alarm>>>);

/// What to do about alarms.
#[derive(Clone, Debug)]
pub(crate) struct Hooks {
    /// A line for the shell.
    pub(crate) on_reauth: Option<String>,
    /// A line for the shell.
    pub(crate) on_refresh_error: Option<String>,
    pub(crate) desktop: bool,
    /// The file that says what was told when.
    pub(crate) record: PathBuf,
}

impl Event {
    /// The word in the hook's environment.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reauth => "reauth",
            Self::RefreshError => "refresh_error",
        }
    }
}

impl Alarms {
    fn raise(&self, alarm: Alarm) {
        let mut raised = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |own: &Alarm| own.event == alarm.event && own.credential.id == alarm.credential.id;
        if !raised.iter().any(same) {
            raised.push(alarm);
        }
    }

    /// All that were raised, which are forgotten.
    pub(crate) fn take(&self) -> Vec<Alarm> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    /// Raises the alarm that a failure is worth, if it is worth one.
    pub(super) fn alarm(&self, own: &Credential, failure: &Error) {
        let (event, reason) = match failure {
            Error::ReauthorizationRequired { reason, .. } | Error::Stale { reason, .. } => {
                (Event::Reauth, reason.clone())
            }
            Error::Protocol { source, .. } | Error::NotRefreshed { source, .. } => {
                (Event::RefreshError, source.to_string())
            }
            Error::ClientRefused { response, .. } | Error::RequestRefused { response, .. } => {
                (Event::RefreshError, format!("the provider answered {response}"))
            }
            Error::RefreshBroken { cause, .. } | Error::RefreshHindered { cause, .. } => {
                (Event::RefreshError, cause.clone())
            }
            Error::TokenRejected { .. } => (Event::RefreshError, failure.to_string()),
            _ => return,
        };
        // A credential that a person has ended needs nobody.
        if own.revoked_at.is_none() {
            self.alarms.raise(Alarm { event, credential: own.clone(), reason });
        }
    }
}

impl Hooks {
    /// Tells each alarm that was not told within the last hour. `command` gives the command that connects a credential
    /// again. What could not be started is given back, in words.
    pub(crate) fn tell(
        &self,
        alarms: Vec<Alarm>,
        now: Timestamp,
        command: impl Fn(&Credential) -> String,
    ) -> Vec<String> {
        let mut failures = vec![];
        for alarm in alarms.into_iter().filter(|alarm| self.is_wanted(alarm.event)) {
            match self.is_new(&alarm, now) {
                Ok(true) => failures.extend(self.start(&alarm, &command(&alarm.credential))),
                Ok(false) => {}
                Err(error) => failures.push(with_cause(&error)),
            }
        }
        failures
    }

    fn is_wanted(&self, event: Event) -> bool {
        self.line(event).is_some() || self.desktop && event == Event::Reauth
    }

    fn line(&self, event: Event) -> Option<&String> {
        match event {
            Event::Reauth => self.on_reauth.as_ref(),
            Event::RefreshError => self.on_refresh_error.as_ref(),
        }
    }

    fn start(&self, alarm: &Alarm, command: &str) -> Vec<String> {
        let mut failures = vec![];
        if let Some(line) = self.line(alarm.event) {
            let mut hook = shell(line);
            let own = &alarm.credential;
            hook.env("OAUTH_EVENT", alarm.event.as_str())
                .env("OAUTH_PROVIDER", &own.provider)
                .env("OAUTH_ACCOUNT", shown(&own.account))
                .env("OAUTH_TENANT", &own.tenant)
                .env("OAUTH_REASON", shown(&alarm.reason))
                .env("OAUTH_ACTION", command);
            if let Err(error) = spawn(hook) {
                failures.push(format!("the hook on_{} cannot be started: {error}", alarm.event.as_str()));
            }
        }
        if self.desktop && alarm.event == Event::Reauth {
            // A machine without a desktop has no such program, and nobody looking.
            let _ = spawn(notification(&format!("{} needs a new login", shown(&alarm.credential.label())), command));
        }
        failures
    }

    /// Whether this was not told within the last hour; it counts as told from now on.
    fn is_new(&self, alarm: &Alarm, now: Timestamp) -> Result<bool, files::Error> {
        let failed = |what| files::Error::io(what, &self.record);
        files::private_dir(self.record.parent().unwrap_or(Path::new("/")))?;
        let file = files::private_options().read(true).write(true).create(true).truncate(false).open(&self.record);
        let mut file = file.map_err(failed("open"))?;
        files::lock_within(&file, File::try_lock, PATIENCE).map_err(failed("lock"))?;
        let told = read(&file).map_err(failed("read"))?;
        let mut recent: Vec<_> = told.into_iter().filter(|(at, ..)| (0..QUIET).contains(&now.since(*at))).collect();
        let (event, id) = (alarm.event.as_str(), &alarm.credential.id);
        if recent.iter().any(|(_, own, of)| own == event && of == id) {
            return Ok(false);
        }
        recent.push((now, event.to_owned(), id.clone()));
        let lines: Vec<_> = recent.iter().map(|(at, event, id)| format!("{} {event} {}\n", at.0, id.0)).collect();
        let text = lines.concat();
        let rewritten = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
        rewritten.map_err(failed("write"))?;
        Ok(true)
    }
}

/// What was told: when, which event, about whom. A line that is cut off counts for nothing.
fn read(file: &File) -> io::Result<Vec<(Timestamp, String, CredentialId)>> {
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let line = |line: &str| {
        let mut words = line.split(' ');
        let (at, event, id) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
        Some((Timestamp(at), event.to_owned(), CredentialId(id.to_owned())))
    };
    Ok(text.lines().filter_map(line).collect())
}

fn with_cause(error: &files::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn shell(line: &str) -> Command {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut command = Command::new(shell);
    command.arg(option).arg(line);
    command
}

/// A notification of the desktop. Texts are arguments of their own, and no part of a script.
fn notification(title: &str, body: &str) -> Command {
    if cfg!(target_os = "macos") {
        let mut command = Command::new("osascript");
        let script = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];
        command.args(script.iter().flat_map(|line| ["-e", line])).args([title, body]);
        return command;
    }
    let mut command = Command::new("notify-send");
    command.args(["--app-name=oauth", "--", title, body]);
    command
}

/// Starts a program that nobody waits for: it holds nothing of ours open, and does not end with us.
fn spawn(mut command: Command) -> io::Result<()> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(|_| ())
}

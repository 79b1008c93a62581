//! A key command: a line for the shell, as the user would type it, that prints the master key.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

use super::{KeyError, LONGEST};
use crate::model::Secret;

/// What runs, and may have started more.
struct Running {
    child: Child,
    /// It has a process group of its own, which ends as a whole.
    apart: bool,
}

/// Runs the line, and takes what it prints within `limit`.
pub(super) fn run(line: &OsStr, limit: Duration) -> Result<Secret, KeyError> {
    // Another group than that of the terminal could not ask there for a passphrase.
    let apart = cfg!(unix) && std::fs::File::open("/dev/tty").is_err();
    printed_by(line, limit, apart)
}

fn printed_by(line: &OsStr, limit: Duration, apart: bool) -> Result<Secret, KeyError> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut command = Command::new(shell);
    command.arg(option).arg(line).stdin(Stdio::null()).stdout(Stdio::piped());
    #[cfg(unix)]
    if apart {
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    let mut child = command.spawn().map_err(|error| KeyError::Command(format!("cannot be started: {error}")))?;
    let Some(output) = child.stdout.take() else { return Err(KeyError::Command("has no output".into())) };
    let mut running = Running { child, apart };
    let (sender, printed) = mpsc::channel();
    let read = move || {
        let mut text = String::new();
        // Nobody waits for it any more, where it cannot be sent.
        let _ = sender.send(output.take(LONGEST).read_to_string(&mut text).map(|_| Secret::new(text)));
    };
    Builder::new().spawn(read).map_err(|error| KeyError::Command(format!("cannot be read: {error}")))?;
    let end = Instant::now() + limit;
    let status = running.wait(end, limit)?;
    if !status.success() {
        return Err(KeyError::Command(format!("failed ({status})")));
    }
    let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
    let read = printed.recv_timeout(left).map_err(|_| {
        running.end();
        KeyError::Command(format!("left a program behind that held its output for {} s", limit.as_secs()))
    })?;
    read.map_err(|_| KeyError::Command("printed what is no text".into()))
}

impl Running {
    fn wait(&mut self, end: Instant, limit: Duration) -> Result<ExitStatus, KeyError> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < end => sleep(Duration::from_millis(2)),
                Ok(None) => {
                    self.end();
                    return Err(KeyError::Command(format!("did not end within {} s", limit.as_secs())));
                }
                Err(error) => return Err(KeyError::Command(format!("cannot be waited for: {error}"))),
            }
        }
    }

    /// Ends what still runs: all of its group, or at least the shell. It may have ended just now.
    fn end(&mut self) {
        if !(self.apart && end_group(&self.child)) {
            let _ = self.child.kill();
        }
    }
}

#[cfg(unix)]
fn end_group(child: &Child) -> bool {
    use rustix::process::{Pid, Signal, kill_process_group};
    kill_process_group(Pid::from_child(child), Signal::KILL).is_ok()
}

#[cfg(not(unix))]
fn end_group(_: &Child) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Whether the process that wrote its number there ends. Not everywhere somebody takes note of it.
    fn ends(file: &std::path::Path) -> bool {
        let number = std::fs::read_to_string(file).expect("a number");
        let stat = format!("/proc/{}/stat", number.trim());
        (0..500).any(|_| {
            sleep(Duration::from_millis(10));
            std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
        })
    }

    #[test]
    fn a_command_that_does_not_end_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("number");
        // A shell that waits, and one that has ended and left something that holds its output.
        for last in ["wait", "true"] {
            let line = format!("sleep 600 & echo $! > {}; {last}", file.display());
            let error = printed_by(line.as_ref(), Duration::from_millis(500), true).expect_err("it hangs");
            assert!(matches!(error, KeyError::Command(_)), "{error}");
            assert!(ends(&file), "{last}");
        }
    }
}

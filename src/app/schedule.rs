//! A timer of the operating system that looks ahead: the units that systemd and launchd take, as text, and where they go.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Error;
use crate::files;
use crate::model::text::{markup, shown};

/// Who keeps the timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    Systemd,
    Launchd,
}

/// What is to be run, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) keeper: Keeper,
    /// Names the units.
    pub(crate) name: String,
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// No secrets: they would lie in a file that is not sealed.
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) every: Duration,
    /// The user's directory of units.
    pub(crate) directory: PathBuf,
}

impl Schedule {
    /// The files, each with its text.
    pub(crate) fn files(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        let program = self.program.to_str().ok_or_else(|| unwritable(&self.program.display().to_string()))?;
        let values = self.environment.iter().map(|(_, value)| value.as_str());
        let words = self.arguments.iter().map(String::as_str);
        if let Some(bad) = values.chain(words).chain([program]).find(|text| text.chars().any(char::is_control)) {
            return Err(unwritable(bad));
        }
        let at = |end: &str| self.directory.join(format!("{}.{end}", self.name));
        Ok(match self.keeper {
            Keeper::Systemd => {
                vec![(at("service"), self.service(program)), (at("timer"), self.timer())]
            }
            Keeper::Launchd => vec![(at("plist"), self.plist(program))],
        })
    }

    fn service(&self, program: &str) -> String {
        let words: Vec<_> = self.arguments.iter().map(|word| format!(" {}", command_word(word))).collect();
        let environment = self.environment.iter();
        let environment: Vec<_> =
            environment.map(|(name, value)| format!("Environment={}\n", quoted(&format!("{name}={value}")))).collect();
        format!(
            "[Unit]\nDescription=Tests and refreshes the credentials of oauth\n\n[Service]\nType=oneshot\nExecStart={}{}\n{}",
            quoted(program),
            words.concat(),
            environment.concat()
        )
    }

    fn timer(&self) -> String {
        let seconds = self.every.as_secs();
        format!(
            "[Unit]\nDescription=Tests and refreshes the credentials of oauth\n\n[Timer]\nOnActiveSec=5min\n\
             OnUnitActiveSec={seconds}s\nRandomizedDelaySec=5min\n\n[Install]\nWantedBy=timers.target\n"
        )
    }

    /// The same as a line of a crontab, in which `%` has a meaning of its own. `word` makes a word for the shell.
    pub(crate) fn cron_line(&self, word: &dyn Fn(&str) -> String) -> String {
        let minutes = self.every.as_secs() / 60;
        let when = match (minutes, minutes / 60) {
            (1..60, _) => format!("*/{minutes} * * * *"),
            (_, hours @ 0..24) => format!("0 */{} * * *", hours.max(1)),
            _ => "0 0 * * *".into(),
        };
        let environment = self.environment.iter().map(|(name, value)| format!("{name}={}", word(value)));
        let program = word(&self.program.display().to_string());
        let words = self.arguments.iter().map(|argument| word(argument));
        let command: Vec<_> = environment.chain([program]).chain(words).collect();
        format!("{when} {}", command.join(" ").replace('%', "\\%"))
    }

    fn plist(&self, program: &str) -> String {
        let words = [program].into_iter().chain(self.arguments.iter().map(String::as_str));
        let words: Vec<_> = words.map(|word| format!("    <string>{}</string>\n", markup(word))).collect();
        let environment = self.environment.iter();
        let environment: Vec<_> = environment
            .map(|(name, value)| format!("    <key>{}</key>\n    <string>{}</string>\n", markup(name), markup(value)))
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
             \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  \
             <string>{}</string>\n  <key>ProgramArguments</key>\n  <array>\n{}  </array>\n  \
             <key>EnvironmentVariables</key>\n  <dict>\n{}  </dict>\n  <key>StartInterval</key>\n  \
             <integer>{}</integer>\n  <key>RunAtLoad</key>\n  <true/>\n</dict>\n</plist>\n",
            markup(&self.name),
            words.concat(),
            environment.concat(),
            self.every.as_secs()
        )
    }

    /// Writes the files and starts the timer. Gives what the keeper said against it.
    pub(crate) fn install(&self) -> Result<Option<String>, Error> {
        fs::create_dir_all(&self.directory).map_err(files::Error::io("make the directory", &self.directory))?;
        for (path, text) in self.files()? {
            files::replace(&path, &text)?;
        }
        let timer = format!("{}.timer", self.name);
        Ok(match self.keeper {
            Keeper::Systemd => run("systemctl", &["--user", "daemon-reload"])
                .or_else(|| run("systemctl", &["--user", "enable", "--now", &timer])),
            Keeper::Launchd => {
                let plist = self.plist_path();
                let _ = run("launchctl", &["unload", &plist]); // there may be none yet
                run("launchctl", &["load", "-w", &plist])
            }
        })
    }

    /// Stops the timer and removes its files. Tells whether there were any.
    pub(crate) fn remove(&self) -> Result<bool, Error> {
        let timer = format!("{}.timer", self.name);
        // What does not run need not be stopped.
        let _ = match self.keeper {
            Keeper::Systemd => run("systemctl", &["--user", "disable", "--now", &timer]),
            Keeper::Launchd => run("launchctl", &["unload", "-w", &self.plist_path()]),
        };
        let mut found = false;
        for (path, _) in self.files()? {
            match fs::remove_file(&path) {
                Ok(()) => found = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(files::Error::io("delete", &path)(error).into()),
            }
        }
        if found && self.keeper == Keeper::Systemd {
            let _ = run("systemctl", &["--user", "daemon-reload"]); // it forgets them at the next one all the same
        }
        Ok(found)
    }

    fn plist_path(&self) -> String {
        self.directory.join(format!("{}.plist", self.name)).display().to_string()
    }
}

fn unwritable(text: &str) -> Error {
    Error::Usage(format!("`{}` cannot be written into a unit", shown(text)))
}

/// Runs a program of the system. `None` when all went well, else what it said.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => None,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let line = said.lines().next().unwrap_or_default();
            Some(format!("{program} {}: {line} ({})", arguments.join(" "), output.status))
        }
        Err(error) => Some(format!("{program}: {error}")),
    }
}

/// A value as systemd reads it (systemd.syntax): `%` is written twice.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
}

/// The same for a word of a command line, where `$` is written twice, too.
fn command_word(text: &str) -> String {
    quoted(text).replace('$', "$$")
}

/// A tenant as part of a unit's name.
pub(crate) fn unit_part(tenant: &str) -> String {
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || c == '-' { c.to_string() } else { format!("_{:x}", u32::from(c)) };
    tenant.chars().map(plain).collect()
}

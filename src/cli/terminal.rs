//! The terminal. stdout is data and nothing else; talk, progress, questions and errors go to stderr.
//!
//! Words to a person start in lower case after a label (`error:`, `warning:`) and end without a period; commands in
//! them can be pasted.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

use super::failure::Failure;
use super::{ColorChoice, Global};
use crate::model::Secret;
use crate::paths::Environment;

/// The longest line that is read as a secret or an answer, in bytes.
const LONGEST: u64 = 64 << 10;
/// The width of a terminal that does not tell it.
const USUAL_WIDTH: u16 = 80;

pub(super) struct Terminal {
    pub(super) json: bool,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
    input: bool,
    color_out: bool,
    color_err: bool,
    /// The terminal can go back in its line.
    moves: bool,
}

/// What a piece of text says by its colour, besides in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warning,
    Bad,
    Faint,
    Strong,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "31;1",
            Self::Faint => "2",
            Self::Strong => "1",
        }
    }
}

impl Terminal {
    pub(super) fn new(environment: &Environment, global: &Global) -> Self {
        let plain = environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb");
        let color = |terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !plain,
        };
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose > 0,
            input: !global.no_input,
            color_out: color(io::stdout().is_terminal()),
            color_err: color(io::stderr().is_terminal()),
            moves: environment.get("TERM") != Some("dumb"),
        }
    }

    /// Writes data to stdout.
    pub(super) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written.map_err(|error| Failure::of_output(&error))
    }

    pub(super) fn data_line(&self, text: &str) -> Result<(), Failure> {
        self.data(&format!("{text}\n"))
    }

    pub(super) fn data_json(&self, value: &serde_json::Value) -> Result<(), Failure> {
        self.data(&format!("{value:#}\n"))
    }

    /// Says something to the person, unless they want quiet, or a program reads along.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet && !self.json {
            self.write_err(&format!("{text}\n"));
        }
    }

    /// Says what the data alone do not tell.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.write_err(&format!("{text}\n"));
        }
    }

    /// Says what has to be said even to one who wants quiet, because nothing goes on without it.
    pub(super) fn insist(&self, text: &str) {
        self.write_err(&format!("{text}\n"));
    }

    pub(super) fn warn(&self, text: &str) {
        let label = self.tint_err("warning:", Tone::Warning);
        self.note(&format!("{label} {text}"));
    }

    /// Replaces the last line of the terminal, to show that something goes on. Shows nothing elsewhere.
    pub(super) fn progress(&self, text: &str) {
        if self.shows_progress() {
            self.write_err(&format!("\r\x1b[2K{}", self.tint_err(text, Tone::Faint)));
        }
    }

    pub(super) fn end_progress(&self) {
        if self.shows_progress() {
            self.write_err("\r\x1b[2K");
        }
    }

    pub(super) fn shows_progress(&self) -> bool {
        !self.quiet && !self.json && self.moves && io::stderr().is_terminal()
    }

    /// Whether somebody is there to answer a question.
    pub(super) fn can_ask(&self) -> bool {
        self.input && !self.quiet && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for a line. `None` when nobody can be asked, or nothing was typed.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        self.write_err(&format!("{} ", self.tint_err(question, Tone::Strong)));
        let mut line = String::new();
        io::stdin().lock().take(LONGEST).read_line(&mut line).ok()?;
        Some(line.trim().to_owned()).filter(|line| !line.is_empty())
    }

    /// Asks for a secret, which is not shown while it is typed.
    pub(super) fn ask_secret(&self, question: &str) -> Option<Secret> {
        if !self.can_ask() {
            return None;
        }
        let typed = rpassword::prompt_password(format!("{} ", self.tint_err(question, Tone::Strong))).ok()?;
        Some(Secret::new(typed.trim())).filter(|secret| !secret.expose().is_empty())
    }

    /// Reads a secret from standard input: its first line.
    pub(super) fn read_secret(&self) -> Result<Secret, Failure> {
        let mut text = String::new();
        let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        read.map_err(|error| Failure::usage(format!("cannot read the secret from standard input: {error}")))?;
        let secret = Secret::new(text.lines().next().unwrap_or_default().trim());
        if secret.expose().is_empty() {
            return Err(Failure::usage("there is no secret on standard input".into()));
        }
        Ok(secret)
    }

    /// Columns of the terminal that data is shown on; `None` when it goes elsewhere.
    pub(super) fn width(&self) -> Option<u16> {
        if !io::stdout().is_terminal() {
            return None;
        }
        Some(terminal_width().filter(|width| *width > 0).unwrap_or(USUAL_WIDTH))
    }

    pub(super) fn tint_out(&self, text: &str, tone: Tone) -> String {
        tinted(text, tone, self.color_out)
    }

    pub(super) fn tint_err(&self, text: &str, tone: Tone) -> String {
        tinted(text, tone, self.color_err)
    }

    /// Tells an error the way the user wants it, and gives its exit code.
    pub(super) fn report(&self, failure: &Failure) -> ExitCode {
        if failure.is_silent() {
            return ExitCode::from(failure.exit);
        }
        if self.json {
            self.write_err(&format!("{}\n", failure.json()));
        } else {
            let label = self.tint_err("error:", Tone::Bad);
            let mut text = format!("{label} {}\n", failure.message);
            for cause in &failure.causes {
                text.push_str(&format!("  {} {cause}\n", self.tint_err("cause:", Tone::Faint)));
            }
            for hint in &failure.hints {
                text.push_str(&format!("  {} {hint}\n", self.tint_err("hint:", Tone::Good)));
            }
            self.write_err(&text);
        }
        ExitCode::from(failure.exit)
    }

    fn write_err(&self, text: &str) {
        // When stderr is gone there is nobody left to tell.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

fn tinted(text: &str, tone: Tone, color: bool) -> String {
    if color { format!("\x1b[{}m{text}\x1b[0m", tone.code()) } else { text.to_owned() }
}

#[cfg(unix)]
fn terminal_width() -> Option<u16> {
    rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col)
}

#[cfg(not(unix))]
fn terminal_width() -> Option<u16> {
    None
}

//! The terminal. stdout is data and nothing else; talk, progress, questions and errors go to stderr.
//!
//! Words to a person start in lower case after a label (`error:`, `warning:`) and end without a period; commands in
//! them can be pasted.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
use rustix::termios::{OptionalActions, Termios};
use serde::Serializer;
use serde_json::Value;

use super::columns::{broken, wrapped};
use super::failure::Failure;
use super::{ColorChoice, Global, hidden};
use crate::model::Secret;
use crate::model::text::shown;
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
    /// The terminal writes more than ASCII.
    unicode: bool,
    /// How the terminal takes lines, before that was changed.
    #[cfg(unix)]
    lines: Mutex<Option<Termios>>,
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
            unicode: environment.is_unicode(),
            #[cfg(unix)]
            lines: Mutex::new(None),
        }
    }

    /// Writes data to stdout.
    pub(super) fn data(&self, text: &str) -> Result<(), Failure> {
        self.data_bytes(text.as_bytes())
    }

    /// Writes data that need not be text, at once.
    pub(super) fn data_bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let written = out.write_all(bytes).and_then(|()| out.flush());
        written.map_err(|error| Failure::of_output(&error))
    }

    pub(super) fn data_line(&self, text: &str) -> Result<(), Failure> {
        self.data(&format!("{text}\n"))
    }

    pub(super) fn data_json(&self, value: &Value) -> Result<(), Failure> {
        self.data(&(escaped(&format!("{value:#}")) + "\n"))
    }

    /// An array whose values are made one after the other: there may be thousands.
    pub(super) fn data_json_array(&self, values: impl IntoIterator<Item = Value>) -> Result<(), Failure> {
        let mut text = Vec::new();
        serde_json::Serializer::pretty(&mut text).collect_seq(values).expect("values are JSON");
        self.data(&(escaped(&String::from_utf8_lossy(&text)) + "\n"))
    }

    /// One of many values, on a line of its own.
    pub(super) fn data_json_line(&self, value: &Value) -> Result<(), Failure> {
        self.data(&format!("{}\n", escaped(&value.to_string())))
    }

    /// Says something to the person, unless they want quiet, or a program reads along.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet && !self.json {
            self.write_err(&format!("{}\n", wrapped(text, width_of_talk())));
        }
    }

    /// Says what to do, each thing once and in a line of its own, however long: it is there to be pasted.
    pub(super) fn hint<'t>(&self, hints: impl IntoIterator<Item = &'t String>) {
        if self.quiet || self.json {
            return;
        }
        let mut said = BTreeSet::new();
        for hint in hints.into_iter().filter(|hint| said.insert(*hint)) {
            self.write_err(&format!("  {} {hint}\n", self.tint_err("hint:", Tone::Good)));
        }
    }

    /// Says what the data alone do not tell.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.write_err(&format!("{}\n", wrapped(text, width_of_talk())));
        }
    }

    /// Says what has to be said even to one who wants quiet, because nothing goes on without it.
    pub(super) fn insist(&self, text: &str) {
        self.write_err(&format!("{text}\n"));
    }

    /// The same for a program that reads along: one line.
    pub(super) fn insist_json(&self, value: &Value) {
        self.write_err(&format!("{}\n", escaped(&value.to_string())));
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

    /// Columns and rows of a terminal that shows block characters.
    pub(super) fn blocks(&self) -> Option<(usize, usize)> {
        (self.unicode && self.shows_progress()).then(talk_size)?
    }

    pub(super) fn has_color(&self) -> bool {
        self.color_err
    }

    /// Whether what is typed comes to this program, and not to the shell that has put it into the background: reading
    /// would stop it there.
    pub(super) fn is_in_front(&self) -> bool {
        is_in_front()
    }

    /// Lets a line be longer than the 4096 bytes that a terminal takes by itself, as the address of a browser may be.
    pub(super) fn leave_lines_whole(&self) {
        #[cfg(unix)]
        if let Ok(usual) = rustix::termios::tcgetattr(io::stdin()) {
            let mut whole = usual.clone();
            whole.local_modes.remove(rustix::termios::LocalModes::ICANON);
            // A terminal that does not change takes most addresses all the same.
            let _ = rustix::termios::tcsetattr(io::stdin(), OptionalActions::Now, &whole);
            *self.lines.lock().unwrap_or_else(PoisonError::into_inner) = Some(usual);
        }
    }

    /// Undoes [`Self::leave_lines_whole`].
    pub(super) fn restore_lines(&self) {
        #[cfg(unix)]
        if let Some(usual) = self.lines.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = rustix::termios::tcsetattr(io::stdin(), OptionalActions::Now, &usual);
        }
    }

    /// Whether somebody is there to answer a question.
    pub(super) fn can_ask(&self) -> bool {
        self.input && !self.quiet && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Shows what is asked for, to whoever can answer.
    pub(super) fn prompt(&self, question: &str) {
        if self.can_ask() {
            self.write_err(&format!("{} ", self.tint_err(question, Tone::Strong)));
        }
    }

    /// Whether nobody will ever see standard output: it is the null device, which also stands in for one that is closed.
    pub(super) fn output_is_lost() -> bool {
        #[cfg(unix)]
        {
            let null = std::fs::metadata("/dev/null").map(|null| std::os::unix::fs::MetadataExt::rdev(&null));
            let is_null = |own: rustix::fs::Stat| null.is_ok_and(|null| own.st_rdev == null);
            rustix::fs::fstat(io::stdout()).is_ok_and(is_null)
        }
        #[cfg(not(unix))]
        false
    }

    /// Asks for a line. `None` when nobody can be asked, or nothing was typed.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        self.prompt(question);
        let mut line = String::new();
        io::stdin().lock().take(LONGEST).read_line(&mut line).ok()?;
        Some(line.trim().to_owned()).filter(|line| !line.is_empty())
    }

    /// Asks whether something shall be done. Without a plain yes, and where nobody can be asked, it shall not.
    pub(super) fn agrees(&self, question: &str) -> bool {
        let answer = self.ask(&format!("{question} [y/N]"));
        answer.is_some_and(|word| ["y", "yes"].iter().any(|yes| word.eq_ignore_ascii_case(yes)))
    }

    /// Asks before something that cannot be undone. Where nobody can be asked, the command is word enough: what has to
    /// end in a hurry must not wait for an option.
    pub(super) fn confirm(&self, question: &str) -> Result<(), Failure> {
        if self.can_ask() && !self.agrees(question) {
            return Err(Failure::usage("nothing was done".into()));
        }
        Ok(())
    }

    /// Asks for a secret, which is not shown while it is typed. `None` when nobody can be asked, or nothing was typed.
    pub(super) fn ask_secret(&self, question: &str) -> Result<Option<Secret>, Failure> {
        if self.can_ask() { self.typed(question) } else { Ok(None) }
    }

    /// Who asks for the passphrase of a master key: the terminal of this process, wherever stdin and stdout go.
    pub(super) fn passphrase_asker(&self) -> fn(&str) -> Option<Secret> {
        let asks = self.input && io::stderr().is_terminal();
        if !asks {
            return |_| None;
        }
        |question| hidden::ask(question).ok()
    }

    /// Reads a secret from standard input, where it is alone: of several lines nobody knows which is meant. Where that is
    /// a terminal, it is asked for, and not shown.
    pub(super) fn read_secret(&self, question: &str) -> Result<Secret, Failure> {
        if io::stdin().is_terminal() {
            return self.type_secret(question);
        }
        let text = self.read_all()?;
        let mut lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty());
        match (lines.next(), lines.next()) {
            (Some(only), None) => Ok(Secret::new(only)),
            (None, _) => Err(Failure::no_secret()),
            (Some(_), Some(_)) => Err(Failure::usage("there is more than one line on standard input".into())
                .because("the secret stands there alone; nothing was taken")),
        }
    }

    /// Reads a secret from standard input: its first line.
    pub(super) fn read_first_line(&self) -> Result<Secret, Failure> {
        let text = self.read_all()?;
        let secret = Secret::new(text.expose().lines().next().unwrap_or_default().trim());
        if secret.expose().is_empty() { Err(Failure::no_secret()) } else { Ok(secret) }
    }

    fn read_all(&self) -> Result<Secret, Failure> {
        let mut text = String::new();
        let read = io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text);
        let read = read.map_err(|error| Failure::usage(format!("cannot read the secret from standard input: {error}")));
        if read? as u64 > LONGEST {
            return Err(Failure::usage(format!("there is more than {} KiB on standard input", LONGEST >> 10)));
        }
        Ok(Secret::new(text))
    }

    fn type_secret(&self, question: &str) -> Result<Secret, Failure> {
        if !self.input {
            return Err(Failure::usage("standard input is a terminal, where --no-input lets nobody be asked".into()));
        }
        self.typed(question)?.ok_or_else(|| Failure::usage("nothing was typed".into()))
    }

    fn typed(&self, question: &str) -> Result<Option<Secret>, Failure> {
        let typed = match hidden::ask(&self.tint_err(question, Tone::Strong)) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            typed => typed,
        };
        let typed =
            typed.map_err(|error| Failure::usage(format!("cannot read the secret from the terminal: {error}")))?;
        Ok(Some(Secret::new(typed.expose().trim())).filter(|secret| !secret.expose().is_empty()))
    }

    /// Columns of the terminal that data is shown on; `None` when it goes elsewhere.
    pub(super) fn width(&self) -> Option<u16> {
        if !io::stdout().is_terminal() {
            return None;
        }
        Some(terminal_width().filter(|width| *width > 0).unwrap_or(USUAL_WIDTH))
    }

    /// A line of data, broken between words where the terminal is narrower; what follows begins at the column `margin`.
    pub(super) fn fitted(&self, line: &str, margin: usize) -> String {
        self.width().map_or_else(|| line.to_owned(), |width| broken(line, width.into(), margin))
    }

    /// Whether data are coloured at all.
    pub(super) fn tints_out(&self) -> bool {
        self.color_out
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
            self.write_err(&format!("{}\n", escaped(&failure.json().to_string())));
        } else {
            let label = self.tint_err("error:", Tone::Bad);
            // Hints are left whole: they are there to be pasted.
            let width = width_of_talk();
            let mut text = format!("{}\n", wrapped(&format!("{label} {}", failure.message), width));
            for cause in &failure.causes {
                let line = format!("  {} {cause}", self.tint_err("cause:", Tone::Faint));
                text.push_str(&format!("{}\n", wrapped(&line, width)));
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

/// JSON in which characters that a terminal acts on, and JSON allows as they are, are written as escapes.
fn escaped(json: &str) -> Cow<'_, str> {
    if json.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return json.into();
    }
    let acts = |c: char| !matches!(c, '\n' | ' '..='~') && shown(c.encode_utf8(&mut [0; 4])).starts_with('\\');
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if acts(c) { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
    }
    text.into()
}

/// Columns of the terminal that talk is shown on; `None` when it goes elsewhere.
fn width_of_talk() -> Option<usize> {
    if !io::stderr().is_terminal() {
        return None;
    }
    talk_columns().filter(|width| *width >= 20).or(Some(USUAL_WIDTH)).map(usize::from)
}

#[cfg(unix)]
fn talk_columns() -> Option<u16> {
    rustix::termios::tcgetwinsize(io::stderr()).ok().map(|size| size.ws_col)
}

#[cfg(unix)]
fn talk_size() -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    // A terminal that does not tell its size has the usual one.
    if size.ws_col == 0 { Some((USUAL_WIDTH.into(), 24)) } else { Some((size.ws_col.into(), size.ws_row.into())) }
}

#[cfg(unix)]
fn is_in_front() -> bool {
    match rustix::termios::tcgetpgrp(io::stdin()) {
        Ok(front) => front == rustix::process::getpgrp(),
        // A terminal that is not the one this process was started at stops nobody who reads.
        Err(error) => error == rustix::io::Errno::NOTTY,
    }
}

#[cfg(not(unix))]
fn is_in_front() -> bool {
    true
}

#[cfg(not(unix))]
fn talk_columns() -> Option<u16> {
    None
}

#[cfg(not(unix))]
fn talk_size() -> Option<(usize, usize)> {
    None
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

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn json_holds_nothing_that_a_terminal_acts_on() {
        let value = serde_json::json!({"scope": "a\u{9b}\u{202e}\u{7f}é\\n\u{1b}"});
        let json = value.to_string();
        let text = escaped(&json);
        assert_eq!(text, r#"{"scope":"a\u009b\u202e\u007fé\\n\u001b"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}

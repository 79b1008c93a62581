//! The program in a home of its own: nothing of the user's is seen by it, and nothing of theirs is touched.
//!
//! A command runs in an empty environment, apart from `PATH`, the directories of its home and what the test sets. It
//! leads a process group, so that whatever it starts ends with a test that fails half-way. Unix only.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Display};
use std::fs::DirBuilder;
use std::io::{Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process, kill_process_group};
use tempfile::TempDir;

use super::wait_for;

/// The master key commands get unless they run `without_key`: 32 bytes in base64.
pub(crate) const MASTER_KEY: &str = "6NTnNUGsRNJBdhF64KoNwrwDC8QPRwH9GguU7k8PbyQ=";

/// The directories of one user, gone when this is dropped.
pub(crate) struct Home {
    root: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let root = TempDir::with_prefix("oauth-test-").expect("a temporary directory");
        let home = Self { root };
        for (_, directory) in home.directories() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory).expect("a directory of the home");
        }
        home
    }

    /// Where everything of this user lies, for files of the test's own too.
    pub(crate) fn path(&self) -> &Path {
        self.root.path()
    }

    /// `OAUTH_HOME`. It is for the program to make it.
    pub(crate) fn oauth_home(&self) -> PathBuf {
        self.path().join("oauth")
    }

    fn directories(&self) -> [(&'static str, PathBuf); 7] {
        let at = |name: &str| self.path().join(name);
        [
            ("HOME", at("home")),
            ("XDG_CONFIG_HOME", at("xdg/config")),
            ("XDG_DATA_HOME", at("xdg/data")),
            ("XDG_STATE_HOME", at("xdg/state")),
            ("XDG_CACHE_HOME", at("xdg/cache")),
            ("XDG_RUNTIME_DIR", at("xdg/run")),
            ("TMPDIR", at("tmp")),
        ]
    }

    /// `oauth ARGS…`, not yet started.
    pub(crate) fn oauth<A: Into<OsString>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.command(env!("CARGO_BIN_EXE_oauth")).args(args)
    }

    /// Any other program in the same environment, such as a script that calls `oauth`.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Run {
        let mut environment = BTreeMap::new();
        environment.extend(std::env::var_os("PATH").map(|path| ("PATH".into(), path)));
        environment.extend(self.directories().map(|(name, directory)| (name.into(), directory.into())));
        environment.insert("OAUTH_HOME".into(), self.oauth_home().into());
        environment.insert("OAUTH_MASTER_KEY".into(), MASTER_KEY.into());
        // The kernel's keyring belongs to the user, not to the home.
        environment.insert("OAUTH_KEY_CACHE".into(), "off".into());
        Run { words: vec![program.into()], environment, stdin: Input::Nothing, directory: self.path().to_owned() }
    }
}

/// A command that has not been started.
#[must_use]
pub(crate) struct Run {
    words: Vec<OsString>,
    environment: BTreeMap<OsString, OsString>,
    stdin: Input,
    directory: PathBuf,
}

enum Input {
    Nothing,
    Text(String),
    Open,
}

impl Run {
    /// More arguments.
    pub(crate) fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.words.extend(args.into_iter().map(Into::into));
        self
    }

    /// The same command as the last words of another one: `.through([keyring_session(), "locked".into()])`.
    pub(crate) fn through<A: Into<OsString>>(mut self, outer: impl IntoIterator<Item = A>) -> Self {
        self.words.splice(0..0, outer.into_iter().map(Into::into));
        self
    }

    /// The same for somebody who has only the rights that files give, also where root runs the tests.
    pub(crate) fn unprivileged(self) -> Self {
        let without = ["--bounding-set=-dac_override", "--inh-caps=-dac_override"];
        self.through(["unshare", "--map-root-user", "setpriv"].into_iter().chain(without))
    }

    /// The same while `directory` cannot be written, by root neither.
    pub(crate) fn read_only(self, directory: &Path) -> Self {
        const MOUNT: &str = r#"mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; exec "$@""#;
        let outer = ["unshare", "--map-root-user", "--mount", "sh", "-euc", MOUNT].map(OsString::from);
        self.through(outer.into_iter().chain([directory.into()]))
    }

    /// The same where these directories are empty; one that this machine does not have is none there either.
    pub(crate) fn without_directories(self, directories: &[&str]) -> Self {
        const EMPTY: &str = r#"for one in $0; do ! test -d "$one" || mount -t tmpfs none "$one"; done; exec "$@""#;
        let outer = ["unshare", "--map-root-user", "--mount", "sh", "-euc", EMPTY].map(OsString::from);
        self.through(outer.into_iter().chain([directories.join(" ").into()]))
    }

    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub(crate) fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.remove(name.as_ref());
        self
    }

    pub(crate) fn without_key(self) -> Self {
        self.without_env("OAUTH_MASTER_KEY")
    }

    /// What the command reads, and then the end. Without it, stdin is empty.
    pub(crate) fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = Input::Text(text.into());
        self
    }

    /// Stdin stays open, for [`Background::write`].
    pub(crate) fn stdin_open(mut self) -> Self {
        self.stdin = Input::Open;
        self
    }

    /// The working directory. Without it, the root of the home.
    pub(crate) fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Output {
        self.spawn().finish()
    }

    /// Starts it. It is killed, with all of its process group, when the result is dropped before it has ended.
    #[track_caller]
    pub(crate) fn spawn(self) -> Background {
        let words: Vec<_> = self.words.iter().map(|word| word.to_string_lossy()).collect();
        let words = words.join(" ");
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).env_clear().envs(&self.environment).current_dir(&self.directory);
        command.stdin(if matches!(self.stdin, Input::Nothing) { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{words}: {error}"));
        let mut stdin = child.stdin.take();
        if let Input::Text(text) = self.stdin {
            let mut stdin = stdin.take().expect("stdin was asked for");
            // A command that ends without having read everything is no failure of the test.
            thread::spawn(move || stdin.write_all(text.as_bytes()));
        }
        let stdout = Captured::new(child.stdout.take().expect("stdout was asked for"));
        let stderr = Captured::new(child.stderr.take().expect("stderr was asked for"));
        Background { words, child, status: None, stdin, stdout, stderr }
    }
}

/// What a thread has read of a stream so far.
struct Captured(Arc<Mutex<Stream>>);

#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    ended: bool,
}

impl Captured {
    fn new(mut from: impl Read + Send + 'static) -> Self {
        let stream = Arc::new(Mutex::new(Stream::default()));
        let captured = Self(Arc::clone(&stream));
        thread::spawn(move || {
            let into = Self(stream);
            let mut part = [0; 4096];
            loop {
                match from.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => into.lock().bytes.extend_from_slice(&part[..length]),
                }
            }
            into.lock().ended = true;
        });
        captured
    }

    fn lock(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }
}

/// A command that is running.
pub(crate) struct Background {
    words: String,
    child: Child,
    status: Option<ExitStatus>,
    stdin: Option<ChildStdin>,
    stdout: Captured,
    stderr: Captured,
}

impl Background {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits until stdout has `text` somewhere, and gives all of it so far.
    #[track_caller]
    pub(crate) fn wait_for_stdout(&mut self, text: &str) -> String {
        self.wait_for_text(text, "stdout", |this| &this.stdout)
    }

    /// Waits until stderr has `text` somewhere, and gives all of it so far.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&mut self, text: &str) -> String {
        self.wait_for_text(text, "stderr", |this| &this.stderr)
    }

    /// The same; none when the command ended without it.
    pub(crate) fn hear(&mut self, text: &str) -> Option<String> {
        wait_for(&format!("{text:?} on stderr of {}", self.words), || {
            let ended = self.stderr.lock().ended;
            let so_far = self.stderr.so_far();
            let heard = so_far.contains(text);
            (heard || ended).then(|| heard.then_some(so_far))
        })
    }

    #[track_caller]
    fn wait_for_text(&mut self, text: &str, name: &str, stream: fn(&Self) -> &Captured) -> String {
        wait_for(&format!("{text:?} on {name} of {}", self.words), || {
            let ended = stream(self).lock().ended;
            let so_far = stream(self).so_far();
            assert!(
                so_far.contains(text) || !ended,
                "{} ended without {text:?} on {name}\n{}",
                self.words,
                self.said()
            );
            so_far.contains(text).then_some(so_far)
        })
    }

    /// Writes to a stdin that was left open.
    #[track_caller]
    pub(crate) fn write(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("stdin_open() was asked for");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("the command reads its stdin");
    }

    /// The end of a stdin that was left open.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// A signal to the command alone.
    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap_or_else(|error| panic!("{}: {error}", self.words));
    }

    /// A signal to the command and all that it started, apart from what has left its process group.
    #[track_caller]
    pub(crate) fn signal_group(&self, signal: Signal) {
        kill_process_group(self.pid(), signal).unwrap_or_else(|error| panic!("{}: {error}", self.words));
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("our own child can be waited for");
        }
        self.status
    }

    /// Waits until the command has ended, and until nobody holds its stdout and stderr any more: a process left behind
    /// that keeps them open would make `$(oauth …)` wait for it.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Output {
        self.stdin = None;
        let words = self.words.clone();
        let status = wait_for(&format!("the end of {words}"), || self.ended());
        wait_for(&format!("those who hold stdout or stderr of {words}"), || {
            (self.stdout.lock().ended && self.stderr.lock().ended).then_some(())
        });
        let text = |stream: &Captured| {
            String::from_utf8(stream.lock().bytes.clone()).unwrap_or_else(|error| panic!("{words}: {error}"))
        };
        Output {
            code: status.code(),
            signal: status.signal(),
            stdout: text(&self.stdout),
            stderr: text(&self.stderr),
            words: words.clone(),
        }
    }

    fn said(&self) -> String {
        format!("--- stdout\n{}\n--- stderr\n{}", self.stdout.so_far(), self.stderr.so_far())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // A command that has ended is left alone: what it has started may go on, a browser for one.
        if self.is_running() {
            let _ = kill_process_group(self.pid(), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// How a command ended and what it said. The checks can be strung together, and show all of it when they
/// fail.
#[must_use]
pub(crate) struct Output {
    /// None when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    words: String,
}

impl Output {
    #[track_caller]
    pub(crate) fn success(&self) -> &Self {
        self.fails(0)
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32) -> &Self {
        self.check(self.code == Some(code), format_args!("exit code {code}"))
    }

    #[track_caller]
    pub(crate) fn killed_by(&self, signal: Signal) -> &Self {
        self.check(self.signal == Some(signal.as_raw()), format_args!("an end by {signal:?}"))
    }

    /// Exactly this, the end of line included.
    #[track_caller]
    pub(crate) fn stdout_is(&self, text: &str) -> &Self {
        self.check(self.stdout == text, format_args!("stdout {text:?}"))
    }

    #[track_caller]
    pub(crate) fn stdout_has(&self, text: &str) -> &Self {
        self.check(self.stdout.contains(text), format_args!("stdout with {text:?}"))
    }

    /// Exactly this, the end of line included.
    #[track_caller]
    pub(crate) fn stderr_is(&self, text: &str) -> &Self {
        self.check(self.stderr == text, format_args!("stderr {text:?}"))
    }

    #[track_caller]
    pub(crate) fn stderr_has(&self, text: &str) -> &Self {
        self.check(self.stderr.contains(text), format_args!("stderr with {text:?}"))
    }

    /// Neither stdout nor stderr has this.
    #[track_caller]
    pub(crate) fn says_nothing_of(&self, text: &str) -> &Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        self.check(!said && !text.is_empty(), format_args!("nothing of {text:?}"))
    }

    /// The error that a command with `--json` told on stderr, last.
    #[track_caller]
    pub(crate) fn error(&self) -> serde_json::Value {
        super::json(self.stderr.lines().last().unwrap_or_default())["error"].clone()
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        super::json(&self.stdout)
    }

    #[track_caller]
    fn check(&self, holds: bool, wanted: fmt::Arguments) -> &Self {
        assert!(holds, "wanted {wanted}\n{self}");
        self
    }
}

impl Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { code, signal, stdout, stderr, words } = self;
        write!(f, "{words}\n--- code {code:?}, signal {signal:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---")
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sh(home: &Home, script: &str) -> Run {
        home.command("sh").args(["-c", script])
    }

    #[test]
    fn a_command_sees_its_home_and_nothing_of_the_user() {
        let home = Home::new();
        let output = home.command("env").env("EXTRA", "x").run();
        output.success();
        let names: Vec<_> =
            output.stdout.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
        let wanted = "EXTRA HOME OAUTH_HOME OAUTH_KEY_CACHE OAUTH_MASTER_KEY PATH TMPDIR \
                      XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR XDG_STATE_HOME";
        assert_eq!(names.join(" "), wanted);
        for line in output.stdout.lines().filter(|line| line.contains("HOME=") || line.contains("DIR=")) {
            assert!(line.contains(home.path().to_str().expect("UTF-8")), "{line}");
        }
        home.command("env")
            .without_key()
            .run()
            .success()
            .says_nothing_of("OAUTH_MASTER_KEY")
            .says_nothing_of(MASTER_KEY);
        assert!(!home.oauth_home().exists());
    }

    #[test]
    fn output_is_what_the_command_said_and_how_it_ended() {
        let home = Home::new();
        let output = sh(&home, "cat; echo problem >&2; exit 5").stdin("words\n").run();
        output.fails(5).stdout_is("words\n").stderr_is("problem\n").stderr_has("prob");
        sh(&home, "kill -TERM $$").run().killed_by(Signal::TERM);
    }

    #[test]
    #[should_panic(expected = "wanted exit code 0\nsh -c echo out; echo err >&2; exit 3\n--- code Some(3)")]
    fn a_failure_shows_everything() {
        sh(&Home::new(), "echo out; echo err >&2; exit 3").run().success();
    }

    #[test]
    #[should_panic(expected = "wanted stdout \"a\"")]
    fn stdout_is_compared_to_the_last_byte() {
        sh(&Home::new(), "echo a").run().stdout_is("a");
    }

    #[test]
    fn a_command_in_the_background_can_be_talked_to() {
        let home = Home::new();
        let mut command = sh(&home, "echo ready >&2; read -r line; echo \"got $line\"; cat").stdin_open().spawn();
        command.wait_for_stderr("ready\n");
        assert!(command.is_running());
        command.write("this\n");
        command.wait_for_stdout("got this\n");
        command.finish().success().stdout_is("got this\n");
    }

    #[test]
    fn dropping_a_command_ends_all_it_started() {
        let home = Home::new();
        let mut command = sh(&home, "sleep 600 & echo $!; wait").spawn();
        let started = command.wait_for_stdout("\n");
        drop(command);
        let status = PathBuf::from(format!("/proc/{}/status", started.trim()));
        // One that has ended may be listed until its new parent has taken note.
        wait_for("the end of what the command started", || {
            let status = fs::read_to_string(&status).unwrap_or_default();
            (status.is_empty() || status.contains("State:\tZ")).then_some(())
        });
    }
}

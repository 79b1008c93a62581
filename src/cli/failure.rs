//! The failure table: what every error is called, which exit code it has, and what can be done about it.
//!
//! Only here are hints written, because only this room knows commands. A hint is something that can be pasted.

mod answer;
mod commands;
mod login;
mod names;
mod server;
mod store;

use std::error::Error as StdError;
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use serde_json::{Value, json};

use super::when;
use crate::app::{Error, KeySource, Next};
use crate::model::text::{innermost, shown, whole};
use crate::{config, paths, provider};
pub(super) use answer::{AnswerFacts, broken_off, of_answer};
pub(super) use commands::{
    add_command, init_command, init_labelled, init_labelled_in, know_command, know_providers, know_tenants, named,
    oauth, oauth_in, option_value, usual_tenant,
};
use commands::{asked_in, import_again, init_again, whose, with_entry};
use login::{client_elsewhere, denied, no_such_client, request_refused, timed_out};
use names::{elsewhere, no_such_tenant, not_connected};
pub(super) use server::AUTHORITIES;
use server::{not_refreshed, of_callback, of_protocol, of_provider, request_in_doubt};
pub(super) use store::{anew, reading, room_command};
use store::{damaged, no_room, of_backup, of_files, of_vault};

/// An error on its way to the user.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) causes: Vec<String>,
    pub(super) hints: Vec<String>,
    /// The command to run, when one command helps.
    pub(super) action: Option<String>,
    pub(super) exit: u8,
}

impl Failure {
    fn new(code: &'static str, exit: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: vec![], hints: vec![], action: None, exit }
    }

    pub(super) fn usage(message: String) -> Self {
        Self::new("usage", 2, message)
    }

    /// The key lived where only its owner can put it.
    pub(super) fn key_is_yours(place: &str) -> Self {
        Self::usage(format!("the key of this store was given by {place}, and only you can give it there"))
            .hint("keep it in a file from now on: oauth key recovery --restore --to file")
            .hint("or: --to keyring, --to passphrase")
    }

    /// The key is where nothing can take it from that runs by itself.
    pub(super) fn key_beyond_timers(place: &KeySource) -> Self {
        let failure = match place {
            KeySource::Passphrase => {
                Self::usage("the master key lies under a passphrase, which nobody types for a timer".into())
            }
            place => Self::usage(format!("the master key comes from {}, which a timer does not have", place.words())),
        };
        failure.hint("give it in OAUTH_MASTER_KEY_FILE; or move it, and try again: oauth key move --to file")
    }

    pub(super) fn no_secret() -> Self {
        Self::usage("there is no secret on standard input".into())
    }

    /// Where a token was to go is no variable for one.
    pub(super) fn no_variable(name: &str) -> Self {
        Self::usage(format!("a token does not go into the variable `{}`, which this credential names", shown(name)))
            .hint(format!("connect it again, or name another variable: {}", oauth("exec --env NAME")))
    }

    /// The environment or a file says what cannot be.
    pub(super) fn set_up(message: String) -> Self {
        Self::new("bad_config", 2, message)
    }

    /// A command that is about one account was given none; which there are to choose from.
    pub(super) fn account_wanted(choice: Result<(String, Vec<String>), Error>) -> Self {
        let failure = Self::usage("name the account that shall be the default".into());
        let (provider, accounts) = match choice {
            Ok(choice) => choice,
            Err(error) => {
                let why = Self::from(error);
                return why.hints.iter().fold(failure.because(why.summary()), Self::hint);
            }
        };
        let list: Vec<_> = accounts.iter().map(|account| shown(account)).collect();
        let failure = failure.because(format!("connected are: {}", list.join(", ")));
        accounts
            .first()
            .into_iter()
            .fold(failure, |failure, first| failure.hint(oauth(format_args!("default {}", named(&provider, first)))))
    }

    /// Nothing is in the tenant, and something in others.
    pub(super) fn empty_tenant(name: &str, known: Vec<String>) -> Self {
        Self::from(Error::EmptyTenant { name: name.to_owned(), known })
    }

    pub(super) fn internal(message: String) -> Self {
        Self::new("internal", 1, message)
    }

    /// stdout does not take data. A reader that has gone away ends the program quietly, like the signal would.
    pub(super) fn of_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new("broken_pipe", 141, "");
        }
        Self::new("output", 1, format!("cannot write to standard output: {error}"))
    }

    pub(super) fn is_silent(&self) -> bool {
        self.message.is_empty()
    }

    pub(super) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// The same as the cause of what it keeps from being done.
    pub(super) fn keeps(mut self, message: &str) -> Self {
        let cause = std::mem::replace(&mut self.message, message.to_owned());
        self.causes.insert(0, cause);
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// A hint that is one command.
    fn action(mut self, command: impl Into<String>) -> Self {
        let command = command.into();
        self.hints.push(command.clone());
        self.action = Some(command);
        self
    }

    /// The same without the hint at the command that tells it.
    pub(super) fn without_hint(mut self, command: &str) -> Self {
        self.hints.retain(|hint| !hint.contains(command));
        self
    }

    /// For a home that lies among what is temporary, which `OAUTH_HOME` does not move.
    pub(super) fn of_temporary_home(mut self) -> Self {
        for hint in self.hints.iter_mut().filter(|hint| hint.contains("OAUTH_HOME")) {
            let name = if cfg!(windows) { "TEMP" } else { "TMPDIR" };
            *hint = format!("name a directory for what is temporary: export {name}=/PATH/TO/DIRECTORY");
        }
        self
    }

    /// For a command that ends things: a login is no help where nothing is connected, and what is may be looked up.
    pub(super) fn no_login(mut self) -> Self {
        if self.code != "not_connected" || !self.action.as_ref().is_some_and(|action| action.contains(" init ")) {
            return self;
        }
        let login = self.action.take();
        self.hints.retain(|hint| Some(hint) != login.as_ref());
        self.action(oauth("list"))
    }

    /// What could not be reached was tried without the proxy that this variable was meant to name.
    pub(super) fn without_proxy(self, variable: &str) -> Self {
        if self.code != "unreachable" {
            return self;
        }
        self.because(format!("{variable} is no URL of a proxy, and is passed over"))
            .hint(format!("export {variable}=http://HOST:PORT; or: unset {variable}"))
    }

    /// The whole error in one line.
    pub(super) fn summary(&self) -> String {
        self.causes.iter().fold(self.message.clone(), |line, cause| format!("{line}: {cause}"))
    }

    pub(super) fn json(&self) -> Value {
        let hint = (!self.hints.is_empty()).then(|| self.hints.join("\n"));
        let inner = json!({"code": self.code, "message": self.summary(), "hint": hint, "action": self.action, "exit": self.exit});
        json!({"error": inner})
    }

    pub(super) fn from_error(error: &Error) -> Self {
        match error {
            Error::NotConnected { provider, account, known, tenants, holder } => {
                let account = account.as_deref();
                elsewhere(not_connected(error, provider, account, known, holder.as_deref()), tenants)
            }
            Error::Ambiguous { .. } | Error::NothingForGit { .. } => names::none_meant(error),
            Error::ReauthorizationRequired { .. }
            | Error::Stale { .. }
            | Error::CopyNotRevoked { .. }
            | Error::StaticToken { .. }
            | Error::Unmarked { .. } => login::again(error),
            Error::NoEntry { provider, server } => Self::new("unknown_provider", 3, error.to_string())
                .because("an account of it is here, but its entry is not")
                .action(add_command(provider, server)),
            Error::NothingConnected => Self::new("not_connected", 3, error.to_string()).action(oauth("init PROVIDER")),
            Error::EmptyTenant { name, known } => names::empty_tenant(error, name, known),
            Error::Denied { response, .. } => denied(error, response),
            Error::LoginTimedOut { redirect_uri, register, strangers, .. } => {
                timed_out(error, redirect_uri, register, *strangers)
            }
            Error::Interrupted(signal) => {
                let exit = u8::try_from(128 + signal).unwrap_or(1);
                Self::new("interrupted", exit, "interrupted; nothing was stored")
            }
            Error::BrokenDown { .. } => Self::internal(shown(&error.to_string())),
            Error::DeviceTimedOut { .. }
            | Error::NoPkce { .. }
            | Error::ForeignHosts { .. }
            | Error::ConfusedDeputy { .. }
            | Error::RegistrationRefused { .. }
            | Error::UnusableKey { .. }
            | Error::UnusableCertificate { .. }
            | Error::JobToken { .. }
            | Error::NoJobToken
            | Error::NoInstallation { .. }
            | Error::WrongAccount { .. }
            | Error::ForeignToken { .. } => login::failure(error),
            Error::NameRequired { provider } => Self::usage(error.to_string())
                .hint(format!("give it one: {}", oauth(format_args!("init {} NAME", word(provider))))),
            Error::ClientRequired { need, .. } => {
                let secret = if need.secret { " --client-secret-stdin" } else { "" };
                let id = need.id.as_deref().map_or("ID".into(), word);
                let init = oauth(format_args!("init {} --client-id {id}{secret}", word(&need.provider)));
                Self::client_required(error, need, &init)
            }
            Error::NoSuchClient { provider, name, known } => no_such_client(error, provider, name, known),
            Error::ClientElsewhere { provider, registered_at, .. } => client_elsewhere(error, provider, registered_at),
            Error::ClientRefused { provider, response } => Self::new("invalid_client", 2, error.to_string())
                .because(format!("the provider answered {response}; the tokens are kept"))
                .hint(format!(
                    "check client id and secret, then: {}",
                    oauth(format_args!("init {} --client-id ID --client-secret-stdin", word(provider)))
                )),
            Error::RequestRefused { provider, account, response } => {
                request_refused(error, provider, account.as_deref(), response)
            }
            Error::Offline { .. }
            | Error::HeldOff { .. }
            | Error::RefreshBroken { .. }
            | Error::RefreshHindered { .. }
            | Error::StillRefreshing { .. }
            | Error::TokenRejected { .. } => of_refresh(error),
            Error::StoreDamaged { path, line } => damaged(error, path, line),
            Error::WrongHost { .. }
            | Error::RedirectRefused { .. }
            | Error::SharedHost { .. }
            | Error::SharedByAccounts { .. }
            | Error::UnknownHost { .. }
            | Error::ImportNeedsName { .. }
            | Error::ConnectedAlready { .. }
            | Error::TokenInUse { .. }
            | Error::Helper(_) => answer::of_use(error),
            Error::Backup(error) => of_backup(error),
            Error::NoSuchTenant { known, .. } => no_such_tenant(error, known),
            Error::Usage(_) => Self::usage(error.to_string()),
            Error::Protocol { doing, source } => of_protocol(doing, source),
            Error::NotRefreshed { source, .. } => not_refreshed(&error.to_string(), source),
            Error::RequestInDoubt { cause, again, .. } => request_in_doubt(error, cause, *again),
            Error::RevocationFailed { source, .. } => {
                of_protocol(&error.to_string(), source).hint("to wipe it here only, without the provider: add --local")
            }
            Error::UnregistrationFailed { source, .. } => of_protocol(&shown_long(&error.to_string()), source)
                .hint("to delete it here only, without the server: add --local"),
            Error::Provider(error) => of_provider(error),
            Error::Vault(error) => of_vault(error),
            Error::Callback(error) => of_callback(error),
            Error::Sandbox(error) => Self::internal(error.to_string()).because(root(error)),
            Error::Files(error) => of_files(error),
        }
    }

    /// The exit code and error code of the arguments' parser, which words its errors itself.
    fn of_clap(error: &clap::Error) -> Self {
        let text = error.to_string();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (tips, words): (Vec<_>, Vec<_>) = lines
            .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
            .partition(|line| line.starts_with("tip:"));
        let failure = Self::usage(words.join(" ").trim_start_matches("error: ").to_owned());
        tips.iter().fold(failure, |failure, tip| failure.hint(tip.trim_start_matches("tip: "))).hint("oauth --help")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from_error(&error)
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        match error {
            config::Error::Files(error) => of_files(&error),
            config::Error::Invalid { .. } => Self::set_up(shown_long(&error.to_string()))
                .hint("mend that line; the keys are described under Configuration in: oauth --help"),
        }
    }
}

impl From<paths::Error> for Failure {
    fn from(error: paths::Error) -> Self {
        let failure = Self::set_up(error.to_string());
        match error {
            paths::Error::Both(_, other) => failure.hint(format!("keep one, such as by: unset {other}")),
            paths::Error::NoHome => {
                failure.hint("name a directory for everything: export OAUTH_HOME=/PATH/TO/DIRECTORY")
            }
            paths::Error::SharedStore => failure.hint("for the store of this machine: unset OAUTH_STORE"),
            _ => failure,
        }
    }
}

impl From<provider::Error> for Failure {
    fn from(error: provider::Error) -> Self {
        of_provider(&error)
    }
}

/// What the parser cannot know: what somebody is likely to have meant.
pub(super) fn with_tip(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let words: Vec<_> = arguments.iter().skip(1).filter_map(|word| word.to_str()).collect();
    let tenant = words.iter().position(|word| *word == "--tenant").and_then(|at| words.get(at + 1));
    let mut plain = words.iter().filter(|word| !word.starts_with('-') && Some(*word) != tenant);
    let command = plain.next().copied().unwrap_or_default();
    let tip = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(given)))
            if command == "list" && !given.starts_with('-') =>
        {
            let list = format_args!("list --provider {}", word(given));
            format!("for one provider: {}", tenant.map_or_else(|| oauth(list), |tenant| oauth_in(tenant, list)))
        }
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing)))
            if command == "exec"
                && words.contains(&"--token-file")
                && missing.iter().any(|one| one.contains("PROVIDER")) =>
        {
            "--token-file takes the word after it for its path; without a path, write it last: \
             oauth exec PROVIDER --token-file -- COMMAND"
                .to_owned()
        }
        _ => return error,
    };
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    error
}

/// Help and version go to stdout; everything else is wrong usage.
pub(super) fn of_arguments(error: &clap::Error, json: bool) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let written = error.print().and_then(|()| io::Write::flush(&mut io::stdout()));
            match written {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => complain(&Failure::of_output(&error), json),
                // A reader that has gone away has read enough.
                _ => ExitCode::SUCCESS,
            }
        }
        _ if json => complain(&Failure::of_clap(error), json),
        _ => {
            // When stderr is gone there is nobody left to tell.
            let _ = error.print();
            ExitCode::from(2)
        }
    }
}

/// Tells an error before there is a terminal to tell it with.
fn complain(failure: &Failure, json: bool) -> ExitCode {
    let text = if json { failure.json().to_string() } else { format!("error: {}", failure.summary()) };
    let _ = io::Write::write_all(&mut io::stderr(), format!("{text}\n").as_bytes());
    ExitCode::from(failure.exit)
}

/// The exit code that counts over several.
pub(super) fn gravest(exits: &[u8]) -> u8 {
    const ORDER: [u8; 8] = [7, 6, 4, 3, 2, 1, 5, 0];
    exits.iter().copied().min_by_key(|exit| ORDER.iter().position(|own| own == exit).unwrap_or(5)).unwrap_or(0)
}

/// A token that could not be had now, and may be had later.
fn of_refresh(error: &Error) -> Failure {
    match error {
        Error::Offline { .. } => Failure::new("offline", 5, error.to_string()).hint("run it again without --offline"),
        Error::HeldOff { seconds, .. } => Failure::new("rate_limited", 5, error.to_string())
            .because("the provider has asked not to be asked again so soon; nothing was sent")
            .hint(format!("try again in {}", when::length(u64::try_from(*seconds).unwrap_or(0)))),
        Error::RefreshBroken { cause, full, .. } => {
            let failure = Failure::new("store_unavailable", 6, error.to_string()).because(shown_long(cause));
            full.iter().fold(failure, |failure, path| no_room(failure, path))
        }
        Error::RefreshHindered { cause, .. } => store::busy(error.to_string()).because(shown_long(cause)),
        Error::StillRefreshing { .. } => Failure::new("unreachable", 5, error.to_string())
            .because("the provider has not answered yet; its answer is stored when it comes")
            .hint("try again in a minute"),
        Error::TokenRejected { label } => Failure::new("token_rejected", 5, error.to_string())
            .because("it answers 401, although the token can be refreshed; nothing is changed here")
            .hint(format!("try again later; if it goes on, connect the account again: {}", init_labelled(label))),
        _ => Failure::internal(error.to_string()),
    }
}

/// A word as a shell takes it, made harmless first; whole, as it is there to be pasted.
pub(super) fn word(text: &str) -> String {
    let text = whole(text);
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_+:/,=".contains(c));
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A reason of our own, in which foreign text was made harmless already.
pub(super) fn shown_long(text: &str) -> String {
    whole(text)
}

/// What to do, besides a new login, so that a login of this tenant does not end like this again.
pub(super) fn next_step(tenant: &str, next: &Next) -> String {
    match next {
        Next::Advice(words) => shown_long(words),
        Next::See(page) => format!("see there what is connected: {}", shown(page)),
        Next::Schedule => format!("keep it in use with a timer: {}", oauth_in(tenant, "schedule")),
        Next::SetClock => SET_CLOCK.into(),
    }
}

/// What to do where the clock of this machine is wrong.
pub(super) const SET_CLOCK: &str = "let the clock be set by the network: timedatectl set-ntp true";

/// The innermost cause.
fn root(error: &(dyn StdError + 'static)) -> String {
    shown_long(&innermost(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_exit_code_counts() {
        assert_eq!(gravest(&[]), 0);
        assert_eq!(gravest(&[0, 5, 0]), 5);
        assert_eq!(gravest(&[5, 1]), 1);
        assert_eq!(gravest(&[4, 3, 6, 5]), 6);
        assert_eq!(gravest(&[6, 7, 4]), 7);
    }

    #[test]
    fn a_hostile_account_cannot_leave_its_quotes() {
        assert_eq!(word("alice@example.com"), "alice@example.com");
        assert_eq!(word("it's; rm -rf /"), r"'it'\''s; rm -rf /'");
        assert_eq!(word("a\x1b[2J"), r"'a\x1b[2J'");
        assert_eq!(word(&"x".repeat(999)), "x".repeat(999), "half a word is another one");
    }

    #[test]
    fn a_long_reason_turns_no_line_around() {
        assert_eq!(shown_long("a\u{202e}b\u{2066}\x1b[2J"), r"a\u{202e}b\u{2066}\x1b[2J");
    }
}

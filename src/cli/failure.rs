//! The failure table: what every error is called, which exit code it has, and what can be done about it.
//!
//! Only here are hints written, because only this room knows commands. A hint is something that can be pasted.

mod answer;
mod flows;

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use serde_json::{Value, json};

use super::when;
use crate::app::{BackupError, ClientNeed, Error, Next};
use crate::model::text::{shown, variable_part};
use crate::model::{Credential, near};
use crate::vault::{KeyError, KeyringError};
use crate::{age, callback, config, files, http, protocol, provider, vault};
pub(super) use answer::{AnswerFacts, broken_off, of_answer};

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

/// Ways to give a master key where there is no keyring.
const KEY_WITHOUT_KEYRING: [&str; 2] = [
    "keep the key in a file: (umask 077; oauth key generate > ~/.oauth-master-key); export OAUTH_MASTER_KEY_FILE=~/.oauth-master-key",
    "or set OAUTH_MASTER_KEY from a CI secret, or OAUTH_MASTER_KEY_COMMAND to a command that prints the key",
];

/// The way to a key that is lost from its place.
const FROM_CODE: &str = "or bring it back from its recovery code: oauth key recovery --restore --to file";

impl Failure {
    fn new(code: &'static str, exit: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), causes: vec![], hints: vec![], action: None, exit }
    }

    pub(super) fn usage(message: String) -> Self {
        Self::new("usage", 2, message)
    }

    /// Something that cannot be undone, and nobody there to say that it is meant.
    pub(super) fn not_confirmed(command: &str) -> Self {
        Self::usage("nothing was done: this cannot be undone, and nobody can be asked here".into()).action(command)
    }

    /// The key lived where only its owner can put it.
    pub(super) fn key_is_yours(place: &str) -> Self {
        Self::usage(format!("the key of this store was given by {place}, and only you can give it there"))
            .hint("keep it in a file from now on: oauth key recovery --restore --to file")
            .hint("or: --to keyring, --to passphrase")
    }

    pub(super) fn no_secret() -> Self {
        Self::usage("there is no secret on standard input".into())
    }

    /// The environment or a file says what cannot be.
    pub(super) fn set_up(message: String) -> Self {
        Self::new("bad_config", 2, message)
    }

    /// A command that is about one account was given none.
    pub(super) fn account_wanted(provider: &str, accounts: &[String]) -> Self {
        let failure = Self::usage("name the account that shall be the default".into());
        let list: Vec<_> = accounts.iter().map(|account| shown(account)).collect();
        let failure = failure.because(format!("connected are: {}", list.join(", ")));
        accounts
            .first()
            .into_iter()
            .fold(failure, |failure, first| failure.hint(format!("oauth default {}", named(provider, first))))
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
            Error::NotConnected { provider, account, known } => {
                not_connected(error, provider, account.as_deref(), known)
            }
            Error::Ambiguous { provider, accounts } => {
                let list: Vec<_> = accounts.iter().map(|account| shown(account)).collect();
                Self::new("ambiguous_account", 3, error.to_string())
                    .because(format!("connected are: {}", list.join(", ")))
                    .hint(format!("name one, or choose a default: oauth default {provider} {}", word(&accounts[0])))
            }
            Error::NothingConnected => Self::new("not_connected", 3, error.to_string()).action("oauth init PROVIDER"),
            Error::NothingForGit { connected } => {
                let names: Vec<_> = connected.iter().map(|provider| shown(provider)).collect();
                Self::new("not_connected", 3, error.to_string())
                    .because(format!("connected are: {}", names.join(", ")))
                    .hint("connect a provider with one, such as: oauth init github")
                    .hint("a host of your own is named in the provider's entry: git_hosts = [\"git.example.com\"]")
            }
            Error::ReauthorizationRequired { provider, account, is_default, reason, why } => {
                let command = init_again(provider, account, *is_default);
                let failure = Self::new("reauthorization_required", 4, error.to_string()).because(shown_long(reason));
                why.iter().fold(failure.action(command), |failure, why| {
                    let failure = failure.because(shown_long(&format!("likely {}", why.cause)));
                    why.next.iter().fold(failure, |failure, next| failure.hint(next_step(next)))
                })
            }
            Error::Stale { provider, account, is_default, reason } => {
                Self::new("reauthorization_required", 4, shown_long(&error.to_string()))
                    .because(shown_long(reason))
                    .action(init_again(provider, account, *is_default))
                    .hint("or, where no other copy is in use any more: oauth doctor --take-over")
            }
            Error::StaticToken { provider } => Self::new("reauthorization_required", 4, shown_long(&error.to_string()))
                .hint(format!("give OAUTH_TOKEN_{} a new one, or connect an account:", variable_part(provider)))
                .action(format!("oauth init {}", word(provider))),
            Error::Unmarked { .. } => unmarked(error),
            Error::Denied { response, .. } => denied(error, response),
            Error::LoginTimedOut { redirect_uri, register, strangers, .. } => {
                timed_out(error, redirect_uri, register, *strangers)
            }
            Error::Interrupted(signal) => {
                let exit = u8::try_from(128 + signal).unwrap_or(1);
                Self::new("interrupted", exit, "interrupted; nothing was stored")
            }
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
            | Error::ForeignToken { .. } => flows::failure(error),
            Error::NameRequired { provider } => {
                Self::usage(error.to_string()).hint(format!("give it one: oauth init {provider} NAME"))
            }
            Error::ClientRequired { need, .. } => client_required(error, need),
            Error::NoSuchClient { provider, name, known } => no_such_client(error, provider, name, known),
            Error::ClientElsewhere { provider, registered_at, .. } => client_elsewhere(error, provider, registered_at),
            Error::ClientRefused { provider, response } => Self::new("invalid_client", 2, error.to_string())
                .because(format!("the provider answered {response}; the tokens are kept"))
                .hint(format!(
                    "check client id and secret, then: oauth init {provider} --client-id ID --client-secret-stdin"
                )),
            Error::RequestRefused { provider, account, response } => {
                request_refused(error, provider, account.as_deref(), response)
            }
            Error::Offline { .. } => Self::new("offline", 5, error.to_string()).hint("run it again without --offline"),
            Error::HeldOff { seconds, .. } => Self::new("rate_limited", 5, error.to_string())
                .because("the provider has asked not to be asked again so soon; nothing was sent")
                .hint(format!("try again in {}", when::length(u64::try_from(*seconds).unwrap_or(0)))),
            Error::RefreshBroken { cause, .. } => {
                Self::new("store_unavailable", 6, error.to_string()).because(shown_long(cause))
            }
            Error::StillRefreshing { .. } => Self::new("unreachable", 5, error.to_string())
                .because("the provider has not answered yet; its answer is stored when it comes")
                .hint("try again in a minute"),
            Error::TokenRejected { .. } => Self::new("token_rejected", 5, error.to_string())
                .because("it answers 401, although the token can be refreshed; nothing is changed here")
                .hint("try again later; if it goes on, connect the account again with: oauth init"),
            Error::StoreDamaged { path, line } => damaged(error, path, line),
            Error::WrongHost { .. }
            | Error::RedirectRefused { .. }
            | Error::SharedHost { .. }
            | Error::UnknownHost { .. }
            | Error::ImportNeedsName { .. }
            | Error::ConnectedAlready { .. }
            | Error::TokenInUse { .. }
            | Error::Helper(_) => answer::of_use(error),
            Error::Backup(error) => of_backup(error),
            Error::NoSuchTenant { known, .. } => no_such_tenant(error, known),
            Error::Usage(_) => Self::usage(error.to_string()),
            Error::Protocol { doing, source } => of_protocol(doing, source),
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
        let (tips, words): (Vec<_>, Vec<_>) =
            lines.take_while(|line| !line.starts_with("Usage:")).partition(|line| line.starts_with("tip:"));
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

impl From<provider::Error> for Failure {
    fn from(error: provider::Error) -> Self {
        of_provider(&error)
    }
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

/// The command that connects a credential again.
pub(super) fn init_command(own: &Credential) -> String {
    init_again(&own.provider, &own.account, own.default && own.subject.is_some())
}

fn init_again(provider: &str, account: &str, is_default: bool) -> String {
    if is_default { format!("oauth init {provider}") } else { format!("oauth init {}", named(provider, account)) }
}

/// Provider and account as two words, or as one where the account could be taken for an option.
pub(super) fn named(provider: &str, account: &str) -> String {
    if account.starts_with('-') {
        word(&format!("{provider}@{account}"))
    } else {
        format!("{provider} {}", word(account))
    }
}

/// A word as a shell takes it, made harmless first.
pub(super) fn word(text: &str) -> String {
    let text = shown(text);
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_+:/,=".contains(c));
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A reason of our own, in which foreign text was made harmless already.
pub(super) fn shown_long(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn not_connected(error: &Error, provider: &str, account: Option<&str>, all: &[String]) -> Failure {
    let failure = Failure::new("not_connected", 3, shown_long(&error.to_string()));
    let known: Vec<_> = all.iter().map(|account| shown(account)).collect();
    let failure =
        if known.is_empty() { failure } else { failure.because(format!("connected are: {}", known.join(", "))) };
    let near = account.map(|asked| near_accounts(asked, all)).filter(|near| !near.is_empty());
    let failure = match near {
        Some(near) => failure.hint(format!("did you mean: {}", near.join(", "))),
        None => failure,
    };
    let whose = account.map_or_else(|| provider.to_owned(), |account| named(provider, account));
    failure.action(format!("oauth init {whose}"))
}

/// Connected accounts that somebody may have meant.
fn near_accounts(asked: &str, all: &[String]) -> Vec<String> {
    let lower: Vec<_> = all.iter().map(|own| own.to_ascii_lowercase()).collect();
    let near = near::nearest(&asked.to_ascii_lowercase(), &lower);
    near.iter().filter_map(|name| lower.iter().position(|own| own == name)).map(|at| shown(&all[at])).collect()
}

fn denied(error: &Error, response: &protocol::ErrorResponse) -> Failure {
    let cause = format!("the provider answered {response}");
    match response.code.as_str() {
        "server_error" | "temporarily_unavailable" => {
            Failure::new("provider_error", 5, error.to_string()).because(cause)
        }
        "unauthorized_client" | "unsupported_response_type" | "invalid_client" => {
            Failure::new("invalid_client", 2, error.to_string())
                .because(cause)
                .hint("check how the client is registered at the provider")
        }
        "invalid_scope" => Failure::usage(error.to_string()).because(cause).hint("ask for other scopes with --scope"),
        "invalid_request" => Failure::new("request_refused", 1, error.to_string()).because(cause),
        _ => Failure::new("access_denied", 4, error.to_string())
            .because(cause)
            .hint("try again, and agree in the browser"),
    }
}

fn timed_out(error: &Error, redirect_uri: &str, register: &str, strangers: u64) -> Failure {
    let stopped = "most often a page of the provider that stopped in the browser";
    let failure = Failure::new("authorization_timeout", 4, error.to_string());
    let failure = match register {
        "" => failure.because(stopped),
        _ => failure.because(format!("{stopped}, because {redirect_uri} is not registered there")),
    };
    let failure = match strangers {
        0 => failure,
        count => failure.because(format!("{count} answers came that were not for this login")),
    };
    let any = if redirect_uri == register { "" } else { " (any port is taken then)" };
    let failure = match register {
        "" => failure.hint("see what the page says, and try again"),
        _ => failure
            .hint(format!("see what the page says; if that is the cause, register {register}{any} and try again")),
    };
    failure.hint("a login that takes longer: --timeout 15m")
}

fn client_required(error: &Error, need: &ClientNeed) -> Failure {
    let mut failure = Failure::new("client_required", 2, error.to_string());
    let what = match (need.id, need.secret) {
        (true, true) => "there is no client id and no client secret",
        (true, false) => "there is no client id",
        _ => "there is no client secret",
    };
    failure = failure.because(what);
    failure = failure.because(format!("{} wants every program to be registered by its user, once", shown(&need.name)));
    for (at, step) in need.setup.iter().enumerate() {
        failure = failure.hint(format!("{}. {step}", at + 1));
    }
    if !need.redirect_uri.is_empty() {
        failure = failure.hint(format!("the redirect URI is {}", need.redirect_uri));
    }
    if let Some(url) = &need.console_url {
        failure = failure.hint(format!("register at {url}"));
    }
    let secret = if need.secret { " --client-secret-stdin" } else { "" };
    failure.action(format!("oauth init {} --client-id ID{secret}", need.provider))
}

/// What helps against a trouble of the provider's.
const LATER: &str = "try again later; nothing is changed here";

fn of_protocol(doing: &str, error: &protocol::Error) -> Failure {
    use protocol::Error as E;
    let failure = |code, exit| Failure::new(code, exit, doing).because(shown_long(&error.to_string()));
    match error {
        E::Http(http::Error::Refused(_)) => failure("wrong_host", 7),
        E::Http(http::Error::Unreadable { .. }) => failure("provider_error", 5).hint(LATER),
        E::Http(http::Error::InDoubt { .. }) => failure("unreachable", 5)
            .hint("check the network, and try again; nothing is changed here")
            .hint("should the provider have answered, and its answer be lost, it may want a new login"),
        E::Http(_) => failure("unreachable", 5).hint("check the network, and try again; nothing is changed here"),
        E::Trouble { retry_after: Some(seconds), .. } if *seconds > 0 => {
            failure("rate_limited", 5).hint(format!("try again in {}", when::length(*seconds)))
        }
        E::Trouble { retry_after: Some(_), .. } => failure("rate_limited", 5).hint("try again later"),
        E::Trouble { .. } => failure("provider_error", 5).hint(LATER),
        E::NotOauth { .. } => failure("provider_error", 5)
            .hint("a network that asks for a sign-in of its own can answer like this; try again later"),
        E::Malformed { .. } => failure("provider_error", 5).hint(LATER),
        E::UnsafeAddress { .. } => failure("wrong_host", 7).hint("nothing was sent there, and nothing is stored"),
        E::Redirected { .. } => failure("wrong_host", 7)
            .hint("the endpoint may have moved: see `oauth provider show`, or the provider's documents"),
        E::IssuerMismatch { expected, found } if expected.trim_end_matches('/') == found.trim_end_matches('/') => {
            failure("issuer_mismatch", 7)
                .hint(format!("an issuer is compared as it stands; this one calls itself {found}"))
        }
        E::IssuerMismatch { .. } => {
            failure("issuer_mismatch", 7).hint("nothing was stored; check whom the address belongs to")
        }
        E::ResourceMismatch { found, .. } => failure("resource_mismatch", 7).hint(format!(
            "nothing was stored; if you trust that one, connect it by its own name: oauth init {}",
            word(found)
        )),
        E::IdToken(_) => failure("id_token_rejected", 7),
        E::OtherAccount { .. } => failure("wrong_account", 7)
            .hint("its tokens are not served; connect the account again, or see: oauth doctor"),
        E::Refused { .. } => failure("request_refused", 1),
        E::Request(_) => failure("bad_config", 2),
    }
}

fn of_provider(error: &provider::Error) -> Failure {
    use provider::Error as E;
    let text = error.to_string();
    match error {
        E::Unknown { similar, .. } => {
            let failure = Failure::new("unknown_provider", 3, text);
            match similar.first() {
                Some(first) => {
                    let names = similar.join(", ");
                    Failure { action: Some(format!("oauth provider show {first}")), ..failure }
                        .hint(format!("did you mean: {names}"))
                }
                None => failure
                    .hint("see them all: oauth provider list; add your own: oauth provider add NAME --issuer URL"),
            }
        }
        E::BadName(_) => {
            Failure::usage(text).hint("a name is made of a-z, 0-9, `.`, `_` and `-`, and begins with a letter or digit")
        }
        E::BuiltIn(_) => Failure::usage(text).hint("choose another name for your own"),
        E::Exists(name) => Failure::usage(text).hint(format!("oauth provider remove {name}")),
        E::Invalid { mistakes, .. } => {
            mistakes.iter().fold(Failure::set_up(text), |failure, mistake| failure.because(shown_long(mistake)))
        }
        E::Broken { name, path, mistakes } => {
            let failure =
                mistakes.iter().fold(Failure::set_up(text), |failure, what| failure.because(shown_long(what)));
            failure
                .action(format!("oauth provider check {}", word(&path.display().to_string())))
                .hint(format!("mend what it tells; or do without the entry: oauth provider remove {name}"))
        }
        E::VariableMissing { variable, .. } => Failure::usage(text).hint(format!("add --set {variable}=VALUE")),
        E::VariableUnknown { known, .. } if known.is_empty() => Failure::usage(text).because("it has no variables"),
        E::VariableUnknown { known, .. } => Failure::usage(text).because(format!("it has: {}", known.join(", "))),
        E::VariableValue { .. } => Failure::usage(text).because("a value is a host name or a word"),
        E::Files(error) => of_files(error),
    }
}

fn no_such_client(error: &Error, provider: &str, name: &str, known: &[String]) -> Failure {
    let failure = Failure::new("unknown_client", 3, error.to_string());
    let failure = if name.is_empty() {
        Failure::new("ambiguous_client", 3, format!("{provider} has several client registrations"))
    } else {
        failure
    };
    let names: Vec<_> = known.iter().map(|name| shown(name)).collect();
    if names.is_empty() {
        failure.hint(format!("oauth client set {provider} --client-id ID"))
    } else {
        failure.because(format!("there are: {}", names.join(", ")))
    }
}

fn no_such_tenant(error: &Error, known: &[String]) -> Failure {
    let failure = Failure::new("no_such_tenant", 3, error.to_string());
    let names: Vec<_> = known.iter().map(|name| shown(name)).collect();
    if names.is_empty() { failure } else { failure.because(format!("there are: {}", names.join(", "))) }
}

fn of_backup(error: &BackupError) -> Failure {
    match error {
        BackupError::Unopened(error) => of_age(error),
        BackupError::Malformed(_) => Failure::new("bad_backup", 2, error.to_string()).because("nothing was brought in"),
        BackupError::OtherTenants { others, .. } => {
            let names: Vec<_> = others.iter().map(|name| word(name)).collect();
            Failure::new("not_connected", 3, error.to_string())
                .because(format!("it holds the tenants: {}", names.join(", ")))
                .hint("add --tenant NAME for one of them, or --all-tenants")
        }
        BackupError::OutputExists { .. } => {
            Failure::usage(error.to_string()).hint("choose another name, or add --force")
        }
    }
}

fn of_age(error: &age::Error) -> Failure {
    use age::Error as E;
    let failure = |code, exit| Failure::new(code, exit, "the backup cannot be opened").because(error.to_string());
    match error {
        E::NotAge => failure("bad_backup", 2),
        E::WrongPassphrase => failure("wrong_passphrase", 6),
        E::NoMatch => failure("wrong_passphrase", 6).hint("name the file with its private key: --identity FILE"),
        E::WantsPassphrase => failure("usage", 2).hint("leave --identity out"),
        E::WantsIdentity => failure("usage", 2).hint("add --identity FILE"),
        E::Armor | E::Header | E::Payload => failure("tampered", 7).because("nothing was brought in"),
        E::TooCostly(_) => failure("refused", 7),
    }
}

fn of_files(error: &files::Error) -> Failure {
    match error {
        files::Error::Insecure { mend, .. } => {
            let failure = Failure::new("insecure_permissions", 7, error.to_string());
            mend.iter().fold(failure, |failure, mend| failure.action(mend.clone()))
        }
        files::Error::Io { source, .. } => {
            Failure::new("store_unavailable", 6, error.to_string()).because(source.to_string())
        }
    }
}

fn request_refused(
    error: &Error,
    provider: &str,
    account: Option<&str>,
    response: &protocol::ErrorResponse,
) -> Failure {
    let whose = account.map_or_else(|| provider.to_owned(), |account| named(provider, account));
    Failure::new("request_refused", 4, error.to_string())
        .because(format!("the provider answered {response}; the tokens are kept"))
        .action(format!("oauth init {whose}"))
}

fn unmarked(error: &Error) -> Failure {
    Failure::new("reauthorization_required", 4, shown_long(&error.to_string()))
        .because("it is lost how far it had got, and an older copy of the store would not be noticed")
        .action("oauth doctor --take-over")
        .hint("or wait until the access token has ended")
}

fn of_vault(error: &vault::Error) -> Failure {
    use vault::Error as E;
    let text = shown_long(&error.to_string());
    match error {
        E::Files(error) => of_files(error),
        E::Unreadable { label, source } => {
            let (provider, account) = label.split_once(' ').unwrap_or((label, ""));
            let failure = Failure::new("store_unavailable", 6, text).because(root(source));
            failure.hint(format!("connect it again: {}", init_again(provider, account, false)))
        }
        E::Database { source, .. } if is_busy(source) => Failure::new("busy", 5, text)
            .because("another program holds it, and has not let go within 10 s")
            .hint("try again"),
        E::Database { path, source } if is_damage(source) => {
            aside(Failure::new("store_unavailable", 6, text).because(root(source)), path)
        }
        E::Database { source, .. } => Failure::new("store_unavailable", 6, text).because(root(source)),
        E::NotAStore { path } => {
            let failure = Failure::new("store_unavailable", 6, text);
            aside(failure.because("it is empty, damaged or of another program; it is left as it is"), path)
        }
        E::NewerSchema { .. } => {
            Failure::new("store_unavailable", 6, text).hint("use the newer version of this program")
        }
        E::Damaged { label, .. } | E::Tampered { label, .. } => {
            let (provider, account) = label.split_once(' ').unwrap_or((label, ""));
            Failure::new("tampered", 7, text)
                .because(
                    "a sealed value opens only in the row, and for the endpoints, it was made for; nothing was sent",
                )
                .hint(format!(
                    "if you changed it yourself, connect again: oauth init {} {}",
                    word(provider),
                    word(account)
                ))
        }
        E::WrongKey { .. } => {
            Failure::new("wrong_master_key", 6, text).hint("see where its own key lives: oauth key status")
        }
        E::AuditBroken { .. } => Failure::new("tampered", 7, text)
            .because("every event carries a code over itself and the one before, which only the master key can make")
            .hint("look at what is told around it: oauth audit; and go on from there: oauth audit verify --accept"),
        E::NoKey(source) => of_key(source),
        E::KeyReplaced => Failure::new("conflict", 5, text).hint("try again"),
        E::OtherSource { .. } => Failure::set_up(text)
            .hint("unset OAUTH_MASTER_KEY, OAUTH_MASTER_KEY_FILE and OAUTH_MASTER_KEY_COMMAND for this command"),
        E::NothingGiven => Failure::set_up(text)
            .hint("set OAUTH_MASTER_KEY_COMMAND (or OAUTH_MASTER_KEY) to what gives this store's key, and try again")
            .hint("the key as text, to put it there: oauth key recovery --raw"),
        E::NotTaken => Failure::internal(text),
        E::Stale { label, reason } => {
            let (provider, account) = label.split_once(' ').unwrap_or((label, ""));
            let action = init_again(provider, account, false);
            Failure::new("reauthorization_required", 4, text).because(shown_long(reason)).action(action)
        }
        E::Leased { .. } => Failure::new("busy", 5, text).hint("try again"),
        E::Conflict { .. } => Failure::new("conflict", 5, text).hint("try again"),
        E::Gone(_) => Failure::new("not_connected", 3, "the credential is no longer there"),
    }
}

fn of_key(error: &KeyError) -> Failure {
    let cause = shown_long(&error.to_string());
    let failure = |code| Failure::new(code, 6, "the master key is not available").because(cause.clone());
    match error {
        KeyError::Keyring(KeyringError::Locked)
        | KeyError::NoPlace(KeyringError::Locked)
        | KeyError::Refused(KeyringError::Locked) => failure("keyring_locked")
            .hint("unlock the keyring (log in to the desktop, or open it with its own program), and try again"),
        KeyError::NoPlace(_) => {
            KEY_WITHOUT_KEYRING.iter().fold(failure("keyring_unavailable"), |all, hint| all.hint(*hint))
        }
        KeyError::Refused(_) => {
            failure("keyring_unavailable").hint("choose another place for it: --to file, or --to passphrase")
        }
        KeyError::Keyring(_) => failure("keyring_unavailable")
            .hint("the key of this store lives in the keyring: run it where that is, such as in your desktop's session")
            .hint(FROM_CODE),
        KeyError::Lost => failure("keyring_unavailable")
            .hint("bring the item back from a backup of the keyring; without its key a store cannot be opened")
            .hint(FROM_CODE)
            .hint("to begin again: put credentials.db aside and connect the accounts anew"),
        KeyError::NotGiven(variable) => {
            failure("keyring_unavailable").hint(format!("set {variable} to the key this store was made with"))
        }
        KeyError::NoFile { .. } => failure("keyring_unavailable")
            .hint("let OAUTH_MASTER_KEY_FILE name the file with the key, or unset it")
            .hint(FROM_CODE),
        KeyError::Malformed { .. } if cause.starts_with("OAUTH_MASTER_KEY") => {
            Failure::new("bad_config", 2, cause.clone()).action("oauth key generate")
        }
        KeyError::Malformed { .. } => failure("wrong_master_key"),
        KeyError::PassphraseWanted => failure("passphrase_required")
            .hint("run it in a terminal once: the kernel keeps the key for a while then; see OAUTH_KEY_CACHE")
            .hint("for jobs without a person: oauth key move --to file"),
        KeyError::WrongPassphrase => failure("wrong_master_key"),
        KeyError::Files(error) => of_files(error),
        KeyError::Command(_) => failure("keyring_unavailable"),
    }
}

fn of_callback(error: &callback::Error) -> Failure {
    match error {
        callback::Error::PortBusy { port } => Failure::new("port_busy", 7, error.to_string())
            .because("another program listens there, and would get the answer of this login")
            .hint(format!(
                "see which one: ss -ltnp 'sport = :{port}'; or choose another with --port, if the provider allows it"
            )),
        other => Failure::internal(other.to_string()).because(root(other)),
    }
}

fn client_elsewhere(error: &Error, provider: &str, registered_at: &str) -> Failure {
    Failure::new("issuer_mismatch", 7, error.to_string())
        .because(format!("it was made for {}; nothing was sent", shown(registered_at)))
        .hint(format!("oauth client list {provider}"))
}

fn damaged(error: &Error, path: &Path, line: &str) -> Failure {
    aside(Failure::new("store_unavailable", 6, error.to_string()).because(shown_long(line)), path)
}

/// What to do with a store that cannot be read any more. What SQLite keeps beside it goes with it: a log that is left
/// would be taken for that of the next store.
fn aside(failure: Failure, path: &Path) -> Failure {
    let dir = word(&path.with_file_name("damaged").display().to_string());
    let path = word(&path.display().to_string());
    failure
        .hint(format!("put it aside: mkdir -m 700 {dir} && mv {path}* {dir}"))
        .hint("then bring back a backup (oauth import FILE), or connect the accounts again (oauth init PROVIDER)")
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked))
}

/// What to do, besides a new login, so that a login does not end like this again.
pub(super) fn next_step(next: &Next) -> String {
    match next {
        Next::Advice(words) => shown_long(words),
        Next::See(page) => format!("see there what is connected: {}", shown(page)),
        Next::Schedule => "keep it in use with a timer: oauth schedule".into(),
        Next::SetClock => "let the clock be set by the network: timedatectl set-ntp true".into(),
    }
}

/// The innermost cause.
fn root(error: &(dyn StdError + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    shown_long(&inner.to_string())
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
        assert_eq!(named("x", "--port=1"), "x@--port=1");
        assert_eq!(word("alice@example.com"), "alice@example.com");
        assert_eq!(word("it's; rm -rf /"), r"'it'\''s; rm -rf /'");
        assert_eq!(word("a\x1b[2J"), r"'a\x1b[2J'");
    }
}

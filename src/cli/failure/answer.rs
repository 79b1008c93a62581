//! What the answer to a user's own request means, and where a token is not sent.

use super::server::LATER;
use super::{Failure, import_again, init_command, named, oauth, shown_long, when, whose, word};
use crate::app::{Error, NotRun, Verdict};
use crate::model::server::Service;
use crate::model::text::shown;
use crate::model::{Credential, Kind, Scopes};

/// An answer as far as its failure is told.
pub(in crate::cli) struct AnswerFacts<'a> {
    /// `api.example.com`
    pub(in crate::cli) host: &'a str,
    /// `404 Not Found`
    pub(in crate::cli) status: &'a str,
    pub(in crate::cli) verdict: &'a Verdict,
    pub(in crate::cli) provider: &'a str,
    /// None: the token came from the environment.
    pub(in crate::cli) credential: Option<&'a Credential>,
    /// The body could not be sent a second time, with the new token.
    pub(in crate::cli) body_spent: bool,
}

/// The failure of an answer, unless it is fine.
pub(in crate::cli) fn of_answer(facts: &AnswerFacts<'_>) -> Option<Failure> {
    let answered = format!("{} answered {}", facts.host, facts.status);
    match facts.verdict {
        Verdict::Fine => None,
        Verdict::Failed => Some(Failure::new("http_error", 1, answered)),
        Verdict::Unauthorized => Some(unauthorized(facts)),
        Verdict::MissingScope(scopes) => Some(missing_scope(facts, scopes)),
        Verdict::Trouble(None) => {
            Some(Failure::new("provider_error", 5, answered).hint("try again later; or let it try again: --retry"))
        }
        Verdict::Trouble(Some(seconds)) => {
            let wait = when::length(*seconds);
            Some(
                Failure::new("rate_limited", 5, answered).hint(format!("try again in {wait}; or let it wait: --retry")),
            )
        }
    }
}

/// The answer did not come to its end.
pub(in crate::cli) fn broken_off(host: &str, error: &std::io::Error) -> Failure {
    Failure::new("unreachable", 5, format!("the answer of {host} broke off")).because(error.to_string()).hint(LATER)
}

impl Failure {
    pub(in crate::cli) fn host_needs_person() -> Self {
        Self::new("wrong_host", 7, "a host is allowed by a person at a terminal only")
    }

    pub(in crate::cli) fn host_not_allowed(host: &str) -> Self {
        Self::new("wrong_host", 7, format!("{} was not allowed", shown(host)))
    }

    /// A user's command was not run.
    pub(in crate::cli) fn of_command(error: &NotRun, code: &'static str, exit: u8) -> Self {
        let failure = Self::new(code, exit, error.to_string());
        std::error::Error::source(error).map(ToString::to_string).into_iter().fold(failure, Self::because)
    }

    /// A tool holds nothing that could be brought in.
    pub(in crate::cli) fn nothing_found(tool: &str, encrypted: bool) -> Self {
        let failure = Self::new("not_found", 3, format!("nothing of {tool}'s was found"));
        if encrypted {
            return failure.because("its files are encrypted").hint(format!(
                "for each account: oidc-gen --print=NAME | {}",
                oauth("import --from oidc-agent --file -")
            ));
        }
        if tool == "env" {
            return failure
                .because("none of the variables is set that the providers' entries name, such as GITHUB_TOKEN")
                .hint("see which ones a provider's entry names (token_env): oauth provider show PROVIDER --json");
        }
        failure.hint(format!("if it lies elsewhere: {}", oauth(format_args!("import --from {tool} --file FILE"))))
    }

    /// What a tool holds is brought in after a word, and nobody can give it.
    pub(in crate::cli) fn unasked() -> Self {
        Self::usage("nothing was brought in: nobody can be asked here whether it shall be".into())
            .hint("to bring it in without a question: add --yes; to see what it is: add --dry-run")
    }

    /// The file that the answer goes to does not take it.
    pub(in crate::cli) fn of_file(error: &std::io::Error) -> Self {
        Self::new("output", 1, format!("cannot write the answer: {error}"))
    }
}

fn unauthorized(facts: &AnswerFacts<'_>) -> Failure {
    let whose = facts.credential.map_or_else(|| facts.provider.to_owned(), Credential::label);
    let failure =
        Failure::new("unauthorized", 4, format!("{} does not take the token of {}", facts.host, shown(&whose)))
            .because(format!("it answers {}", facts.status));
    match facts.credential {
        _ if facts.body_spent => {
            failure.because("the token was refreshed, and the body cannot be read a second time").hint("run it again")
        }
        Some(own) => again(failure, own),
        None => failure.hint("the token comes from the environment; see that it is valid there"),
    }
}

/// The command that gets a new token of the same kind.
fn again(failure: Failure, own: &Credential) -> Failure {
    let command = init_command(own);
    if own.kind == Kind::Imported {
        let import = import_again(&own.tenant, &own.provider, &own.account);
        return failure.hint(format!("bring in a new one: {import}; or connect instead: {command}"));
    }
    failure.action(command)
}

fn missing_scope(facts: &AnswerFacts<'_>, scopes: &Scopes) -> Failure {
    let whose = facts.credential.map_or_else(|| facts.provider.to_owned(), Credential::label);
    let failure = Failure::new("insufficient_scope", 4, format!("the token of {} lacks a scope", shown(&whose)));
    if scopes.is_empty() {
        return failure
            .because(format!("{} answered {}, and does not say which", facts.host, facts.status))
            .hint(format!("oauth provider show {}", word(facts.provider)));
    }
    let failure = failure.because(format!("{} wants: {}", facts.host, shown(&scopes.to_string())));
    match facts.credential {
        Some(own) => {
            let list: Vec<_> = scopes.iter().collect();
            failure.action(format!("{} --add-scope {}", init_command(own), word(&list.join(","))))
        }
        None => failure.hint("the token comes from the environment; give it more scope there"),
    }
}

/// Failures of tokens at work: places they may not go to, tools that ask wrongly, things that cannot be brought in.
pub(super) fn of_use(error: &Error) -> Failure {
    let text = error.to_string();
    match error {
        Error::WrongHost { service, provider, account, host, known, serving } => match serving.first() {
            None => wrong_host(&text, *service, provider, account.as_deref(), host, known),
            Some(first) => {
                let accounts: Vec<_> = serving.iter().map(|account| shown(account)).collect();
                let hint = match service {
                    Service::Api => {
                        let named = named(provider, first);
                        format!("name that one, as in: {}", oauth(format_args!("request {named} METHOD URL")))
                    }
                    Service::Git | Service::Registry => "ask with that user name, or with none".into(),
                };
                Failure::new("wrong_host", 7, text)
                    .because(format!("that host is of another account: {}", accounts.join(", ")))
                    .hint(hint)
            }
        },
        Error::SharedByAccounts { provider, accounts, .. } => {
            let list: Vec<_> = accounts.iter().map(|account| shown(account)).collect();
            Failure::new("ambiguous_account", 3, text).because(format!("they are: {}", list.join(", "))).hint(format!(
                "name one, or choose a default: {}",
                oauth(format_args!("default {}", named(provider, &accounts[0])))
            ))
        }
        Error::RedirectRefused { cause, .. } => Failure::new("wrong_host", 7, text).because(cause.clone()),
        Error::SharedHost { service, providers, .. } => shared_host(text, *service, providers),
        Error::UnknownHost { .. } => Failure::new("unknown_provider", 3, text).hint(format!(
            "name the provider: {}; see them all: oauth provider list",
            oauth("request PROVIDER METHOD URL")
        )),
        Error::ImportNeedsName { provider } => Failure::usage(text)
            .hint(format!("give it one: {}", import(&format!("{} NAME", word(provider)), "--token-stdin"))),
        Error::TokenInUse { provider, account } => Failure::usage(shown_long(&text))
            .hint(format!("to replace it: {}", import(&named(provider, account), "--token-stdin --force")))
            .hint(format!(
                "or give the new one a name of its own: {}",
                import(&format!("{} NAME", word(provider)), "--token-stdin")
            )),
        Error::ConnectedAlready { provider, account } => {
            let revoke = oauth(format_args!("revoke {}", named(provider, account)));
            Failure::usage(text).hint(format!("give the token another name, or end the login: {revoke}"))
        }
        // Its file is encrypted; nothing else of it is refused.
        Error::Helper(refused) if refused.tool == "rclone" => Failure::new("bad_request", 1, text)
            .hint(format!("let rclone open it: rclone config show | {}", oauth("import --from rclone --file -"))),
        _ => Failure::new("bad_request", 1, text),
    }
}

/// A request can name its provider. Other tools ask about a host alone, and get what the tenant has for it.
fn shared_host(text: String, service: Service, providers: &[String]) -> Failure {
    let failure = Failure::new("ambiguous_provider", 3, text).because(format!("they are: {}", providers.join(", ")));
    let first = word(&providers[0]);
    match service {
        Service::Api => failure.hint(format!("name one, as in: {}", oauth(format_args!("request {first} METHOD URL")))),
        Service::Git | Service::Registry => failure
            .hint(format!("keep one of them in this tenant, as by: {}", oauth(format_args!("revoke {first}"))))
            .hint(format!("the other has a place in a tenant of its own: oauth --tenant NAME init {first}")),
    }
}

fn import(whose: &str, how: &str) -> String {
    oauth(format_args!("import {whose} {how}"))
}

fn wrong_host(
    text: &str,
    service: Service,
    provider: &str,
    account: Option<&str>,
    host: &str,
    known: &[String],
) -> Failure {
    let whose = whose(provider, account);
    let known: Vec<_> = known.iter().map(|host| shown(host)).collect();
    let cause = if known.is_empty() {
        format!("no host of {provider} is known")
    } else {
        format!("it goes to: {}", known.join(", "))
    };
    let failure = Failure::new("wrong_host", 7, shown_long(text)).because(cause);
    match service {
        Service::Api => failure.hint(format!(
            "if the host is {provider}'s, add it at a terminal: {}",
            oauth(format_args!("request --allow-host {} {whose} METHOD URL", word(host)))
        )),
        // The entry names the host, or nobody would have looked here: the login is older.
        Service::Git | Service::Registry => failure.hint(format!(
            "connect it again, with the hosts that its entry has by now: {}",
            oauth(format_args!("init {whose}"))
        )),
    }
}

//! What keeps a login from its end, and what wants a new one.

use std::path::Path;

use super::{
    Failure, import_again, init_again, named, next_step, oauth, oauth_in, shown_long, whose, with_entry, word,
};
use crate::app::{ClientNeed, Error, KeyError};
use crate::model::Kind;
use crate::model::credential::may_be_taken_over;
use crate::model::text::{shown, variable_part};
use crate::protocol::ErrorResponse;

const TAKE_OVER: &str =
    "or, where no other copy is in use any more, for all that is held back: oauth doctor --take-over";
const LONGER: &str = "a login that takes longer: --timeout 15m";

pub(super) fn failure(error: &Error) -> Failure {
    match error {
        Error::ForeignToken { asked, found, .. } => Failure::new("wrong_account", 7, shown_long(&error.to_string()))
            .because(format!("`{}` was connected, and the provider says `{}`", shown(asked), shown(found)))
            .hint("do not use it; revoke it, and connect the account again"),
        Error::WrongAccount { provider, asked, found, taken } => {
            let (asked, found) = (shown(asked), shown(found));
            let what = if *taken { "is the name of another account that is connected" } else { "was asked for" };
            let failure = Failure::new("wrong_account", 7, error.to_string())
                .because(format!("`{asked}` {what}, and `{found}` signed in; no credential was stored"))
                .hint("sign out in the browser, or choose the right account there, and try again");
            if !taken {
                return failure;
            }
            let again = oauth(format_args!("init {} NAME", word(provider)));
            failure.hint(format!("or connect `{found}` under a name that is free: {again}"))
        }
        Error::DeviceTimedOut { limit: None, .. } => Failure::new("authorization_timeout", 4, error.to_string())
            .because("the code is over, and no credential was stored")
            .hint("start again for a new code"),
        Error::DeviceTimedOut { limit: Some(limit), .. } => Failure::new("authorization_timeout", 4, error.to_string())
            .because(format!("--timeout has ended this login after {} s, and no credential was stored", limit.as_secs()))
            .hint(LONGER),
        Error::NoPkce { .. } => Failure::new("pkce_unsupported", 7, shown_long(&error.to_string()))
            .because("nothing was sent; its operator can announce it (code_challenge_methods_supported)")
            .hint("if you know that it does take PKCE, describe it yourself: oauth provider add NAME --issuer URL"),
        Error::ForeignHosts { hosts, .. } => Failure::new("wrong_host", 7, shown_long(&error.to_string()))
            .because(format!("codes and tokens would go to: {}", shown_long(&hosts.join(", "))))
            .hint("if they belong together, agree at a terminal, or describe it yourself: oauth provider add NAME --issuer URL"),
        Error::ConfusedDeputy { issuer, resource, provider } => {
            Failure::new("consent_required", 7, shown_long(&error.to_string()))
                .because(format!(
                    "a token from {} made with the client of {} would go to {}; nothing was sent",
                    shown_long(issuer), shown_long(provider), shown_long(resource)
                ))
                .hint("agree at a terminal, or give it a client of its own: add --client-id ID")
        }
        Error::RegistrationRefused { provider, redirect_uri, response } => {
            Failure::new("client_required", 2, shown_long(&error.to_string()))
                .because(format!("it answered {response}"))
                .hint(format!("register a client there by hand; the redirect URI is {redirect_uri}"))
                .action(oauth(format_args!("init {} --client-id ID", word(provider))))
        }
        Error::UnusableKey { path, error: cause } => unusable_key(error, path, *cause),
        Error::UnusableCertificate { error: cause, .. } => {
            Failure::new("bad_config", 2, shown_long(&error.to_string())).because(cause.to_string())
        }
        Error::JobToken { what } => Failure::new("no_job_token", 2, error.to_string()).because(shown_long(what)),
        Error::NoJobToken => Failure::usage(error.to_string())
            .hint("say where it is: --subject-token env:NAME, file:PATH or github-actions")
            .hint("in GitHub Actions the workflow needs `permissions: id-token: write`"),
        Error::NoInstallation { accounts, .. } => no_installation(error, accounts),
        other => Failure::internal(other.to_string()),
    }
}

impl Failure {
    /// There is no client, or it lacks its secret; `again` is the command with one.
    pub(in crate::cli) fn client_required(error: &Error, need: &ClientNeed, again: &str) -> Self {
        let mut failure = Self::new("client_required", 2, error.to_string());
        let secret = if need.signs { "private key" } else { "client secret" };
        let what = match (&need.id, need.secret) {
            (None, true) => format!("there is no client id and no {secret}"),
            (None, false) => "there is no client id".to_owned(),
            (Some(id), _) => format!("there is no {secret} for the client id {}", shown(id)),
        };
        failure = failure.because(what);
        failure =
            failure.because(format!("{} wants every program to be registered by its user, once", shown(&need.name)));
        for (at, step) in need.setup.iter().enumerate() {
            failure = failure.hint(format!("{}. {step}", at + 1));
        }
        if !need.redirect_uri.is_empty() {
            failure = failure.hint(format!("the redirect URI is {}", need.redirect_uri));
        }
        if let Some(url) = &need.console_url {
            failure = failure.hint(format!("register at {url}"));
        }
        failure.action(again)
    }

    /// The provider takes no login of this client; `again` is the command with another one.
    pub(in crate::cli) fn client_refused(error: &Error, answer: &str, again: &str) -> Self {
        Self::new("invalid_client", 2, error.to_string())
            .because(format!("the provider answered {answer}; nothing is changed here"))
            .hint(format!("check how the client is registered, then: {again}"))
    }
}

fn unusable_key(error: &Error, path: &Path, cause: KeyError) -> Failure {
    use KeyError as E;
    let failure = Failure::new("bad_config", 2, shown_long(&error.to_string())).because(cause.to_string());
    let file = word(&path.display().to_string());
    match cause {
        E::Sec1 | E::Encrypted => {
            failure.hint(format!("bring it into the form PKCS#8: openssl pkcs8 -topk8 -nodes -in {file} -out key.pem"))
        }
        E::NoPem | E::Unknown => failure,
    }
}

fn no_installation(error: &Error, accounts: &[String]) -> Failure {
    let failure = Failure::new("ambiguous_account", 3, error.to_string());
    if accounts.is_empty() {
        return failure.because("it is installed nowhere").hint("install it on its page at GitHub, and try again");
    }
    let list: Vec<_> = accounts.iter().map(|account| shown(account)).collect();
    failure.because(format!("it is installed for: {}", list.join(", "))).hint("name one of them as ACCOUNT")
}

pub(super) fn denied(error: &Error, response: &ErrorResponse) -> Failure {
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
        // GitHub's documents on authorizing OAuth apps, under "Error codes for the device flow".
        "device_flow_disabled" => Failure::new("invalid_client", 2, error.to_string())
            .because(cause)
            .hint("enable the device flow where the client is registered, and try again; or: --flow paste"),
        "invalid_scope" => Failure::usage(error.to_string()).because(cause).hint("ask for other scopes with --scope"),
        "invalid_request" => Failure::new("request_refused", 1, error.to_string()).because(cause),
        _ => Failure::new("access_denied", 4, error.to_string())
            .because(cause)
            .hint("try again, and agree in the browser"),
    }
}

pub(super) fn timed_out(error: &Error, redirect_uri: &str, register: &str, strangers: u64) -> Failure {
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
    failure.hint(LONGER)
}

pub(super) fn request_refused(
    error: &Error,
    provider: &str,
    account: Option<&str>,
    response: &ErrorResponse,
) -> Failure {
    let whose = whose(provider, account);
    Failure::new("request_refused", 4, error.to_string())
        .because(format!("the provider answered {response}; the tokens are kept"))
        .action(oauth(format_args!("init {whose}")))
}

pub(super) fn no_such_client(error: &Error, provider: &str, name: &str, known: &[String]) -> Failure {
    let failure = Failure::new("unknown_client", 3, error.to_string());
    let names: Vec<_> = known.iter().map(|name| shown(name)).collect();
    let there_are = format!("there are: {}", names.join(", "));
    match known {
        [] => failure.hint(oauth(format_args!("client set {} --client-id ID", named(provider, name)))),
        // Of several, one has to be named where it is to be removed.
        [.., last] if name.is_empty() => {
            let remove = oauth(format_args!("client remove {} {}", word(provider), word(last)));
            Failure::new("ambiguous_client", 3, format!("{provider} has several client registrations"))
                .because(there_are)
                .hint(format!("name one, as in: {remove}"))
        }
        _ => failure.because(there_are).action(oauth(format_args!("client list {}", word(provider)))),
    }
}

pub(super) fn client_elsewhere(error: &Error, provider: &str, registered_at: &str) -> Failure {
    Failure::new("issuer_mismatch", 7, error.to_string())
        .because(format!("it was made for {}; nothing was sent", shown(registered_at)))
        .hint(oauth(format_args!("client list {}", word(provider))))
}

/// Only a person goes on from here.
pub(super) fn again(error: &Error) -> Failure {
    match error {
        Error::ReauthorizationRequired { tenant, provider, account, kind, is_default, reason, why, server } => {
            let command = with_entry(provider, server, init_again(tenant, provider, account, *is_default));
            let failure = Failure::new("reauthorization_required", 4, error.to_string()).because(shown_long(reason));
            let mut failure = failure.action(command);
            if *kind == Kind::Imported {
                let import = import_again(tenant, provider, account);
                failure = failure.hint(format!("or bring in another token: {import}"));
            }
            why.iter().fold(failure, |failure, why| {
                let failure = failure.because(shown_long(&format!("likely {}", why.cause)));
                why.next.iter().fold(failure, |failure, next| failure.hint(next_step(tenant, next)))
            })
        }
        Error::Stale { tenant, provider, account, is_default, reason, server } => {
            let failure = Failure::new("reauthorization_required", 4, shown_long(&error.to_string()))
                .because(shown_long(reason))
                .action(with_entry(provider, server, init_again(tenant, provider, account, *is_default)));
            if may_be_taken_over(reason) { failure.hint(TAKE_OVER) } else { failure }
        }
        Error::CopyNotRevoked { tenant, provider, account, reason } => {
            let command = oauth_in(tenant, format_args!("revoke {} --local", named(provider, account)));
            let failure = Failure::new("reauthorization_required", 4, shown_long(&error.to_string()))
                .because(shown_long(reason))
                .because("it would end the login of the other copy")
                .hint("to wipe it here only:")
                .action(command);
            if may_be_taken_over(reason) { failure.hint(TAKE_OVER) } else { failure }
        }
        Error::StaticToken { provider } => Failure::new("reauthorization_required", 4, shown_long(&error.to_string()))
            .hint(format!("give OAUTH_TOKEN_{} a new one, or connect an account:", variable_part(provider)))
            .action(oauth(format_args!("init {}", word(provider)))),
        Error::Unmarked { .. } => Failure::new("reauthorization_required", 4, shown_long(&error.to_string()))
            .because("the record of its last refresh is lost, and an older copy of the store would go unnoticed")
            .action("oauth doctor --take-over")
            .hint("or wait until the access token has ended"),
        other => Failure::internal(other.to_string()),
    }
}

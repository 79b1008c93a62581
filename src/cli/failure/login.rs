//! What keeps a login from its end that does not go through a browser on this machine.

use std::path::Path;

use super::{Failure, shown_long, word};
use crate::app::{Error, KeyError};
use crate::model::text::shown;

pub(super) fn failure(error: &Error) -> Failure {
    match error {
        Error::ForeignToken { asked, found, .. } => Failure::new("wrong_account", 7, shown_long(&error.to_string()))
            .because(format!("`{}` was connected, and the provider says `{}`", shown(asked), shown(found)))
            .hint("do not use it; revoke it, and connect the account again"),
        Error::WrongAccount { provider, asked, found, taken } => {
            let (asked, found) = (shown(asked), shown(found));
            let what = if *taken { "is the name of another account that is connected" } else { "was asked for" };
            let failure = Failure::new("wrong_account", 7, error.to_string())
                .because(format!("`{asked}` {what}, and `{found}` signed in; nothing was stored"))
                .hint("sign out in the browser, or choose the right account there, and try again");
            if !taken {
                return failure;
            }
            failure.hint(format!("or connect `{found}` under a name that is free: oauth init {} NAME", word(provider)))
        }
        Error::DeviceTimedOut { .. } => Failure::new("authorization_timeout", 4, error.to_string())
            .because("the code is over, and nothing was stored")
            .hint("start again for a new code"),
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
                .action(format!("oauth init {} --client-id ID", word(provider)))
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

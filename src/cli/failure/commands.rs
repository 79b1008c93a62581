//! Commands as hints give them: pasted into the shell that this program was started in, they do what the hint says.
//!
//! Hints are made out of errors, which know nothing of the shell; which tenant it takes is told here once. Every command of
//! a hint that works in a tenant is made by [`oauth`] or [`oauth_in`].

use std::fmt::Display;
use std::sync::OnceLock;

use super::word;
use crate::model::{Credential, Server};

/// Unset until a configuration was read: what fails before that concerns no tenant.
static TENANTS: OnceLock<Tenants> = OnceLock::new();

/// Whether a provider has no entry on this machine. Unset as long as no command works with providers.
static LACKS_ENTRY: OnceLock<Box<LacksEntry>> = OnceLock::new();

type LacksEntry = dyn Fn(&str) -> bool + Send + Sync;

/// The command of this run, where a provider and an account are all it needs. Unset for any other.
static COMMAND: OnceLock<&'static str> = OnceLock::new();

struct Tenants {
    /// That of a command that names none.
    usual: String,
    /// That of this one.
    current: String,
}

/// Tells which tenant a command takes that names none, and in which one this command works.
pub(in crate::cli) fn know_tenants(usual: &str, current: &str) {
    // It is the same each time: neither changes while a command runs.
    let _ = TENANTS.set(Tenants { usual: usual.to_owned(), current: current.to_owned() });
}

/// Tells how to know whether a provider has no entry on this machine.
pub(in crate::cli) fn know_providers(lacks_entry: impl Fn(&str) -> bool + Send + Sync + 'static) {
    // It is the same each time.
    let _ = LACKS_ENTRY.set(Box::new(lacks_entry));
}

/// Tells which command this is, where hints may give it as it is.
pub(in crate::cli) fn know_command(name: &'static str) {
    // It is the same each time.
    let _ = COMMAND.set(name);
}

/// `oauth …` in the tenant that this command works in.
pub(in crate::cli) fn oauth(words: impl Display) -> String {
    match TENANTS.get() {
        Some(tenants) => within(&tenants.usual, &tenants.current, words),
        None => format!("oauth {words}"),
    }
}

/// The tenant that this command works in.
pub(super) fn current_tenant() -> Option<&'static str> {
    TENANTS.get().map(|tenants| tenants.current.as_str())
}

/// The tenant of a command that names none.
pub(in crate::cli) fn usual_tenant() -> &'static str {
    TENANTS.get().map_or("default", |tenants| &tenants.usual)
}

/// `oauth …` in another tenant.
pub(in crate::cli) fn oauth_in(tenant: &str, words: impl Display) -> String {
    within(usual_tenant(), tenant, words)
}

/// This command about the same credential in another tenant; where it needs more words, what there is in that tenant.
pub(super) fn asked_in(tenant: &str, whose: &str) -> String {
    match COMMAND.get() {
        Some(command) => oauth_in(tenant, format_args!("{command} {whose}")),
        None => oauth_in(tenant, "list"),
    }
}

fn within(usual: &str, tenant: &str, words: impl Display) -> String {
    if tenant == usual { format!("oauth {words}") } else { format!("oauth --tenant{} {words}", option_value(tenant)) }
}

/// What follows an option, which takes no word that looks like an option itself.
pub(in crate::cli) fn option_value(text: &str) -> String {
    format!("{}{}", if text.starts_with('-') { '=' } else { ' ' }, word(text))
}

/// The command that connects a credential again.
pub(in crate::cli) fn init_command(own: &Credential) -> String {
    let again = init_again(&own.tenant, &own.provider, &own.account, own.default && own.subject.is_some());
    with_entry(&own.provider, &own.server, again)
}

/// A command that needs the provider's entry; where this machine has none, such as after a restore, it is made first.
pub(super) fn with_entry(provider: &str, server: &Server, command: String) -> String {
    let lacks_entry = LACKS_ENTRY.get().is_some_and(|lacks_entry| lacks_entry(provider));
    if lacks_entry { format!("{} && {command}", add_command(provider, server)) } else { command }
}

/// The command that makes an entry for a provider, from what a credential knows of its server.
pub(in crate::cli) fn add_command(provider: &str, server: &Server) -> String {
    let name = word(provider);
    match &server.issuer {
        Some(issuer) => format!("oauth provider add {name} --issuer {}", word(issuer)),
        None => format!(
            "oauth provider add {name} --authorization-endpoint {} --token-endpoint {}",
            word(&server.authorization_endpoint),
            word(&server.token_endpoint)
        ),
    }
}

/// The same; of a default account that the provider names itself, the name need not be said.
pub(super) fn init_again(tenant: &str, provider: &str, account: &str, is_default: bool) -> String {
    let whose = if is_default { word(provider) } else { named(provider, account) };
    oauth_in(tenant, format_args!("init {whose}"))
}

/// The command that brings in another token in the place of one that was brought in.
pub(super) fn import_again(tenant: &str, provider: &str, account: &str) -> String {
    oauth_in(tenant, format_args!("import {} --token-stdin --force", named(provider, account)))
}

/// The command that connects what a label of this tenant names: a provider, and its account where it has a name.
pub(in crate::cli) fn init_labelled(label: &str) -> String {
    oauth(format_args!("init {}", labelled(label)))
}

/// The same in another tenant.
pub(in crate::cli) fn init_labelled_in(tenant: &str, label: &str) -> String {
    oauth_in(tenant, format_args!("init {}", labelled(label)))
}

fn labelled(label: &str) -> String {
    let (provider, account) = label.split_once(' ').unwrap_or((label, ""));
    whose(provider, Some(account).filter(|account| !account.is_empty()))
}

/// A provider, with its account where one was named.
pub(super) fn whose(provider: &str, account: Option<&str>) -> String {
    account.map_or_else(|| word(provider), |account| named(provider, account))
}

/// Provider and account as two words, or as one where the account could be taken for an option.
pub(in crate::cli) fn named(provider: &str, account: &str) -> String {
    if account.starts_with('-') {
        word(&format!("{provider}@{account}"))
    } else {
        format!("{} {}", word(provider), word(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_tenant_that_the_shell_does_not_take() {
        assert_eq!(within("default", "default", "init work"), "oauth init work");
        assert_eq!(within("default", "acme", "init work"), "oauth --tenant acme init work");
        assert_eq!(within("acme", "default", "init work"), "oauth --tenant default init work");
        assert_eq!(within("default", "a b", "init work"), "oauth --tenant 'a b' init work");
        assert_eq!(within("default", "-a", "init work"), "oauth --tenant=-a init work");
    }

    #[test]
    fn an_account_that_looks_like_an_option_is_none() {
        assert_eq!(named("x", "--port=1"), "x@--port=1");
        assert_eq!(named("x", "a b"), "x 'a b'");
    }
}

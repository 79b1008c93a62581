//! What is not there under the name it was asked for by.

use super::commands::current_tenant;
use super::{Failure, asked_in, named, oauth, shown_long, whose};
use crate::app::Error;
use crate::model::near;
use crate::model::text::shown;

pub(super) fn not_connected(
    error: &Error,
    provider: &str,
    account: Option<&str>,
    all: &[String],
    holder: Option<&str>,
) -> Failure {
    let failure = Failure::new("not_connected", 3, shown_long(&error.to_string()));
    let known: Vec<_> = all.iter().map(|account| shown(account)).collect();
    let failure =
        if known.is_empty() { failure } else { failure.because(format!("connected are: {}", known.join(", "))) };
    let near = account.map(|asked| near_accounts(asked, all)).filter(|near| !near.is_empty());
    let failure = match near {
        Some(near) => failure.hint(format!("did you mean: {}", near.join(", "))),
        None => failure,
    };
    let whose = whose(provider, account);
    failure.action(match holder {
        Some(tenant) => asked_in(tenant, &whose),
        None => oauth(format_args!("init {whose}")),
    })
}

/// Connected accounts that somebody may have meant.
fn near_accounts(asked: &str, all: &[String]) -> Vec<String> {
    let lower: Vec<_> = all.iter().map(|own| own.to_ascii_lowercase()).collect();
    let near = near::nearest(&asked.to_ascii_lowercase(), &lower);
    near.iter().filter_map(|name| lower.iter().position(|own| own == name)).map(|at| shown(&all[at])).collect()
}

/// Where nothing is in the tenant, its name may be a mistake.
pub(super) fn elsewhere(failure: Failure, tenants: &[String]) -> Failure {
    match current_tenant() {
        Some(name) if !tenants.is_empty() => {
            let failure = failure.because(format!("nothing is connected in the tenant `{}`", shown(name)));
            near_tenants(failure, name, tenants)
        }
        _ => failure,
    }
}

/// The same, where nobody in particular was asked for.
pub(super) fn empty_tenant(error: &Error, name: &str, tenants: &[String]) -> Failure {
    let failure = Failure::new("not_connected", 3, error.to_string());
    near_tenants(failure, name, tenants).action(oauth("init PROVIDER"))
}

/// Tells of the tenants there are, one of which may have been meant.
fn near_tenants(failure: Failure, name: &str, tenants: &[String]) -> Failure {
    let list: Vec<_> = tenants.iter().map(|own| shown(own)).collect();
    let mut failure = failure.because(format!("the tenants are: {}", list.join(", ")));
    let near: Vec<_> = near::nearest(name, tenants).iter().map(|own| shown(own)).collect();
    if !near.is_empty() {
        // Before the hint that would make a tenant of a mistake.
        failure.hints.insert(0, format!("did you mean the tenant: {}", near.join(", ")));
    }
    failure
}

pub(super) fn no_such_tenant(error: &Error, known: &[String]) -> Failure {
    let failure = Failure::new("no_such_tenant", 3, error.to_string());
    let names: Vec<_> = known.iter().map(|name| shown(name)).collect();
    if names.is_empty() { failure } else { failure.because(format!("there are: {}", names.join(", "))) }
}

/// Several could be meant, or none of those there are.
pub(super) fn none_meant(error: &Error) -> Failure {
    match error {
        Error::Ambiguous { provider, accounts } => {
            let list: Vec<_> = accounts.iter().map(|account| shown(account)).collect();
            Failure::new("ambiguous_account", 3, error.to_string())
                .because(format!("connected are: {}", list.join(", ")))
                .hint(format!(
                    "name one, or choose a default: {}",
                    oauth(format_args!("default {}", named(provider, &accounts[0])))
                ))
        }
        Error::NothingForGit { connected } => {
            let names: Vec<_> = connected.iter().map(|provider| shown(provider)).collect();
            Failure::new("not_connected", 3, error.to_string())
                .because(format!("connected are: {}", names.join(", ")))
                .hint(format!("connect a provider with one, such as: {}", oauth("init github")))
                .hint("a host of your own is named in the provider's entry: git_hosts = [\"git.example.com\"]")
        }
        other => Failure::internal(other.to_string()),
    }
}

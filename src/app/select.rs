//! From `PROVIDER [ACCOUNT]` to one credential.

use super::discover::is_address;
use super::error::label;
use super::{App, Error};
use crate::model::text::shown;
use crate::model::{Credential, rules};
use crate::provider;
use crate::vault::{Row, Vault};

/// A credential as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) provider: String,
    pub(crate) account: Option<String>,
}

impl Selector {
    /// One or two words: `google`, `google alice@example.com`, `google@alice@example.com`, split at the first `@`. A
    /// URL as provider is never split.
    pub(crate) fn parse(provider: &str, account: Option<&str>) -> Result<Self, Error> {
        let (provider, account) = match (provider.split_once('@'), account) {
            (Some((name, part)), None) if !provider.contains("://") => (name, Some(part)),
            (Some(_), Some(account)) if !provider.contains("://") => {
                return Err(Error::Usage(format!(
                    "`{}` and `{}` both name an account",
                    shown(provider),
                    shown(account)
                )));
            }
            (_, account) => (provider, account),
        };
        if let Some(account) = account {
            check_account(account)?;
        }
        Ok(Self { provider: provider.to_owned(), account: account.map(str::to_owned) })
    }
}

impl Selector {
    /// The words that name this credential.
    pub(super) fn of(own: &Credential) -> Self {
        Self { provider: own.provider.clone(), account: Some(own.account.clone()) }
    }

    /// The same in one text, as errors name it.
    pub(crate) fn label(&self) -> String {
        label(&self.provider, self.account.as_deref())
    }
}

/// An account is any printable text.
pub(super) fn check_account(account: &str) -> Result<(), Error> {
    let wrong = || Error::Usage(format!("`{}` cannot be the name of an account", shown(account)));
    if rules::is_name(account) { Ok(()) } else { Err(wrong()) }
}

impl App {
    /// The one credential that is meant. A revoked one is found by its name only.
    pub(crate) fn select(&self, vault: &Vault, selector: &Selector) -> Result<Row, Error> {
        if let Some(row) = self.look_up(vault, &selector.provider, selector.account.as_deref())? {
            return Ok(row);
        }
        // Not under this word: it may be an alias, or a typing error.
        let provider = match self.registry.find(&selector.provider) {
            Ok(provider) => provider.id,
            Err(_) if is_address(&selector.provider) => selector.provider.clone(),
            Err(unknown @ provider::Error::Unknown { .. }) if !self.has_rows(vault, &selector.provider)? => {
                return Err(unknown.into());
            }
            Err(provider::Error::Unknown { name, .. }) => name,
            Err(other) => return Err(other.into()),
        };
        if provider != selector.provider
            && let Some(row) = self.look_up(vault, &provider, selector.account.as_deref())?
        {
            return Ok(row);
        }
        let accounts = self.live_accounts(vault, &provider)?;
        match &selector.account {
            None if !accounts.is_empty() => Err(Error::Ambiguous { provider, accounts }),
            account => {
                let (account, tenants) = (account.clone(), self.tenants_besides(vault)?);
                let holder = only_holder(vault, &tenants, &provider, account.as_deref())?;
                Err(Error::NotConnected { provider, account, known: accounts, tenants, holder })
            }
        }
    }

    /// The accounts of a provider that are not revoked.
    pub(super) fn live_accounts(&self, vault: &Vault, provider: &str) -> Result<Vec<String>, Error> {
        let rows = vault.of_provider(&self.tenant, provider)?.into_iter().map(|row| row.credential);
        Ok(rows.filter(|own| own.revoked_at.is_none()).map(|own| own.account).collect())
    }

    /// The credential that is meant, where it can be seen without opening the vault.
    pub(super) fn glance(&self, selector: &Selector) -> Option<(Vault, Row)> {
        let which = (self.tenant.as_str(), selector.provider.as_str(), selector.account.as_deref());
        Vault::glance(&self.home, &self.caller, which)
    }

    fn look_up(&self, vault: &Vault, provider: &str, account: Option<&str>) -> Result<Option<Row>, Error> {
        if let Some(account) = account {
            return Ok(vault.account(&self.tenant, provider, account)?);
        }
        if let Some(row) = vault.default_of(&self.tenant, provider)? {
            return Ok(Some(row));
        }
        let mut rows = vault.of_provider(&self.tenant, provider)?;
        rows.retain(|row| row.credential.revoked_at.is_none());
        Ok(if rows.len() == 1 { rows.pop() } else { None })
    }

    fn has_rows(&self, vault: &Vault, provider: &str) -> Result<bool, Error> {
        Ok(!vault.of_provider(&self.tenant, provider)?.is_empty())
    }

    /// The error for a store that does not exist yet: an unknown provider is told first.
    pub(super) fn nothing_connected(&self, selector: &Selector) -> Error {
        let account = selector.account.clone();
        let provider = match self.registry.find(&selector.provider) {
            Ok(provider) => provider.id,
            Err(_) if is_address(&selector.provider) => selector.provider.clone(),
            Err(error) => return error.into(),
        };
        Error::NotConnected { provider, account, known: vec![], tenants: vec![], holder: None }
    }
}

/// The one of these tenants in which it is connected; none where it is in several.
fn only_holder(
    vault: &Vault,
    tenants: &[String],
    provider: &str,
    account: Option<&str>,
) -> Result<Option<String>, Error> {
    let mut holders = vec![];
    for tenant in tenants {
        let rows = match account {
            Some(account) => vault.account(tenant, provider, account)?.into_iter().collect(),
            None => vault.of_provider(tenant, provider)?,
        };
        if rows.iter().any(|row| row.credential.revoked_at.is_none()) {
            holders.push(tenant.clone());
        }
    }
    Ok(if holders.len() == 1 { holders.pop() } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_or_two_name_a_credential() {
        let parse = |provider, account| Selector::parse(provider, account).map(|s| (s.provider, s.account)).ok();
        let named = |provider: &str, account: &str| Some((provider.to_owned(), Some(account.to_owned())));
        assert_eq!(parse("google", None), Some(("google".into(), None)));
        assert_eq!(parse("google", Some("alice@example.com")), named("google", "alice@example.com"));
        assert_eq!(parse("google@alice@example.com", None), named("google", "alice@example.com"));
        assert_eq!(parse("https://user@host/mcp", None), Some(("https://user@host/mcp".into(), None)));
        assert_eq!(parse("https://host/mcp", Some("work")), named("https://host/mcp", "work"));
        for (provider, account) in
            [("google@", None), ("google@a", Some("b")), ("google", Some("")), ("google", Some("a\nb"))]
        {
            assert!(parse(provider, account).is_none(), "{provider} {account:?}");
        }
    }
}

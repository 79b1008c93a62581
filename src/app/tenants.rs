//! Tenants: what there is, another name for one, and its end.

use super::revoke::RevokedOne;
use super::{App, Error};
use crate::model::rules;
use crate::model::text::shown;
use crate::vault::{Tenant, Vault};

impl App {
    /// Every tenant in which there is something.
    pub(crate) fn tenants(&self) -> Result<Vec<Tenant>, Error> {
        Ok(self.vault()?.map(|vault| vault.tenants()).transpose()?.unwrap_or_default())
    }

    /// The tenants there are, where this one is none of them: its name, or that it was left out, may be a mistake.
    pub(crate) fn other_tenants(&self) -> Result<Vec<String>, Error> {
        self.vault()?.map_or_else(|| Ok(vec![]), |vault| self.tenants_besides(&vault))
    }

    pub(super) fn tenants_besides(&self, vault: &Vault) -> Result<Vec<String>, Error> {
        let names: Vec<_> = vault.tenants()?.into_iter().map(|tenant| tenant.name).collect();
        Ok(if names.contains(&self.tenant) { vec![] } else { names })
    }

    /// Gives a tenant another name. Gives the number of its credentials.
    pub(crate) fn rename_tenant(&self, from: &str, to: &str) -> Result<usize, Error> {
        check_tenant(to)?;
        let vault = self.vault()?.ok_or_else(|| no_such_tenant(from, vec![]))?;
        let deadline = Self::lease_deadline();
        // No login and no other renaming comes between this look and the end.
        let _held = vault.hold_connections(deadline)?;
        let known = vault.tenants()?;
        if !known.iter().any(|tenant| tenant.name == from) {
            return Err(no_such_tenant(from, known));
        }
        if known.iter().any(|tenant| tenant.name == to) {
            return Err(Error::Usage(format!("there is something in the tenant `{}` already", shown(to))));
        }
        let seal = self.unlock(&vault)?;
        self.whatever_the_key(&vault, &seal, |seal, _| {
            Ok(vault.rename_tenant(seal, from, to, (self.clock)(), deadline)?)
        })
    }

    /// Ends every credential of this tenant, as `revoke` does, and deletes its rows. When each could be ended, its client
    /// registrations go too, and nothing is left of it.
    pub(crate) fn remove_tenant(&self, local: bool) -> Result<Vec<RevokedOne>, Error> {
        let known = self.tenants()?;
        let own = known.iter().find(|tenant| tenant.name == self.tenant);
        let Some(own) = own else { return Err(no_such_tenant(&self.tenant, known)) };
        let ended = if own.live + own.revoked > 0 { self.revoke_all(local, true)? } else { vec![] };
        if ended.iter().all(|(result, _)| result.is_ok()) {
            let vault = self.vault()?.ok_or(Error::NothingConnected)?;
            vault.remove_clients(&self.tenant)?;
        }
        Ok(ended)
    }
}

fn no_such_tenant(name: &str, known: Vec<Tenant>) -> Error {
    Error::NoSuchTenant { name: name.to_owned(), known: known.into_iter().map(|tenant| tenant.name).collect() }
}

/// A tenant's name is printable text that no command line takes for an option.
pub(crate) fn check_tenant(name: &str) -> Result<(), Error> {
    let wrong = || Error::Usage(format!("`{}` cannot be a tenant's name", shown(name)));
    if rules::is_tenant(name) { Ok(()) } else { Err(wrong()) }
}

//! Tenants: name spaces of credentials and client registrations. One exists as long as something is in it.

use std::time::Instant;

use super::{Entry, Error, Seal, Vault, rows, sealed};
use crate::model::{Credential, Timestamp};

/// A tenant, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    /// Credentials that are not revoked.
    pub(crate) live: u32,
    /// Credentials that are.
    pub(crate) revoked: u32,
    /// Client registrations.
    pub(crate) clients: u32,
}

impl Vault {
    /// Every tenant, in the order of their names.
    pub(crate) fn tenants(&self) -> Result<Vec<Tenant>, Error> {
        let failed = self.store.failed();
        let sql = "select tenant, sum(live), sum(revoked), sum(clients) from (
                       select tenant, revoked_at is null as live, revoked_at is not null as revoked, 0 as clients
                       from credentials
                       union all select tenant, 0, 0, 1 from clients
                   ) group by tenant order by tenant";
        let mut statement = self.store.connection()?.prepare(sql).map_err(&failed)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Tenant { name: row.get(0)?, live: row.get(1)?, revoked: row.get(2)?, clients: row.get(3)? })
        };
        let found = statement.query_map([], read).map_err(&failed)?;
        found.collect::<Result<_, _>>().map_err(&failed)
    }
}

impl Vault {
    /// Gives a tenant another name, which nothing may bear yet. Every secret is sealed anew for its new place, all in one
    /// transaction. Gives the number of credentials. The caller has held connections since it looked whether the new name
    /// is free ([`Self::hold_connections`]).
    pub(crate) fn rename_tenant(
        &self,
        seal: &Seal,
        from: &str,
        to: &str,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<usize, Error> {
        let _key = self.keep_key(seal, deadline)?;
        let rows = self.of_tenant(from)?;
        // A lease on each: no refresh goes on, and what has landed under the old name is finished.
        let leases: Vec<_> =
            rows.iter().map(|row| self.lease(&row.credential.id, seal, deadline)).collect::<Result<_, _>>()?;
        let mut renamed = vec![];
        for lease in &leases {
            let row = lease.row();
            let credential = Credential { tenant: to.to_owned(), ..row.credential.clone() };
            let mut next = sealed(credential, &lease.secrets()?, seal);
            (next.attempt, next.held) = (row.attempt.clone(), row.held.clone());
            renamed.push(next);
        }
        let detail = format!("tenant {from} is now {to}");
        self.write_recorded(seal, |transaction| {
            for row in &renamed {
                let generation = row.credential.generation;
                if rows::write(transaction, row, Some(generation)).map_err(self.store.failed())? != 1 {
                    return Err(Error::Conflict { label: row.credential.label() });
                }
            }
            self.move_clients(transaction, seal, from, to)?;
            let entry = |of| Entry { event: "renamed", of: Some(of), at: now, outcome: "ok", detail: Some(&detail) };
            Ok(((), renamed.iter().map(|row| entry(&row.credential)).collect()))
        })?;
        Ok(leases.len())
    }

    /// Deletes the client registrations of a tenant. Gives their number.
    pub(crate) fn remove_clients(&self, tenant: &str) -> Result<usize, Error> {
        let count = self.store.write(|transaction| {
            transaction.execute("delete from clients where tenant = ?1", [tenant]).map_err(self.store.failed())
        })?;
        self.store.sweep()?;
        Ok(count)
    }
}

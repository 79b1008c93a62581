//! Tenants: name spaces of credentials and client registrations. One exists as long as something is in it.

use super::{Error, Vault};

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
        let mut statement = self.store.connection().prepare(sql).map_err(&failed)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Tenant { name: row.get(0)?, live: row.get(1)?, revoked: row.get(2)?, clients: row.get(3)? })
        };
        let found = statement.query_map([], read).map_err(&failed)?;
        found.collect::<Result<_, _>>().map_err(&failed)
    }
}

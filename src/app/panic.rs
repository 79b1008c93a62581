//! `panic`: revoke everything everywhere, as fast as the network allows, then wipe it here, whatever became of it there.
//! What cannot be wiped here, or is in somebody else's hands, is revoked all the same.

use super::revoke::{left_there, lives_on, untold};
use super::{App, Error, Fate, pool};
use crate::model::Credential;
use crate::protocol::TokenKind;
use crate::vault::{Row, Seal, StoredClient, Vault};

/// How many are revoked at once.
const AT_ONCE: usize = 32;

/// What became of one credential.
pub(crate) struct Ended {
    pub(crate) credential: Credential,
    pub(crate) refresh: Result<Fate, Error>,
    pub(crate) access: Result<Fate, Error>,
    /// Its tokens are gone from here.
    pub(crate) wiped: Result<(), Error>,
}

/// All that was done.
pub(crate) struct Panicked {
    pub(crate) credentials: Vec<Ended>,
    /// Client registrations that had a secret: provider and client id.
    pub(crate) clients: Vec<(String, String)>,
    /// How many client registrations are gone from here.
    pub(crate) clients_wiped: Result<usize, Error>,
    /// Rows that cannot be read: nothing of them was revoked, or wiped.
    pub(crate) unreadable: Vec<Error>,
}

/// What the provider of one credential was told, and said.
struct Told {
    /// That of the tokens.
    generation: i64,
    refresh: Result<Fate, Error>,
    access: Result<Fate, Error>,
}

impl Ended {
    /// Whether something may still work at the provider: only a person can end it there.
    pub(crate) fn lives_on(&self) -> bool {
        lives_on(&self.refresh, &self.access)
    }

    /// Why the provider was not told all of it.
    pub(crate) fn untold(&self) -> Option<&Error> {
        untold(&self.refresh, &self.access)
    }
}

impl App {
    /// Ends every credential of every tenant, and deletes every client registration. Reports `(done, all)` as it goes.
    /// Once something was revoked, whatever fails is part of what is told.
    pub(crate) fn panic(&self, progress: &mut dyn FnMut(usize, usize)) -> Result<Panicked, Error> {
        // A store that never had a key holds nothing that it could open.
        let vault = self.vault()?.filter(Vault::has_key).ok_or(Error::NothingConnected)?;
        let (rows, damaged) = vault.readable()?;
        let live: Vec<_> = rows.into_iter().filter(|row| row.credential.revoked_at.is_none()).collect();
        let seal = self.unlock(&vault)?;
        let start = || {
            let (mut own, seal) = (None, &seal);
            move |row: &Row| self.end(self.own_vault(&mut own), seal, row)
        };
        let lost = |row: &Row| {
            let why = || Error::broken_down(&row.credential);
            Ended { credential: row.credential.clone(), refresh: Err(why()), access: Err(why()), wiped: Err(why()) }
        };
        let credentials = pool::each(live, AT_ONCE, start, lost, progress);
        let mut clients = vec![];
        let clients_wiped = Self::end_clients(&vault, &mut clients);
        let unreadable = damaged.into_iter().map(Error::from).collect();
        Ok(Panicked { credentials, clients, clients_wiped, unreadable })
    }

    /// Deletes every client registration, and tells which had a secret, also where it stays.
    fn end_clients(vault: &Vault, told: &mut Vec<(String, String)>) -> Result<usize, Error> {
        let mut tenants = vault.tenants()?;
        tenants.retain(|tenant| tenant.clients > 0);
        for tenant in &tenants {
            let kept = vault.clients(&tenant.name, None)?.into_iter().filter(StoredClient::has_secret);
            told.extend(kept.map(|client| (client.provider, client.client_id)));
        }
        let mut count = 0;
        for tenant in tenants {
            count += vault.remove_clients(&tenant.name)?;
        }
        Ok(count)
    }

    /// The provider is told first: whoever holds the lease may take long, and what cannot be written here ends there.
    fn end(&self, vault: Result<&Vault, Error>, seal: &Seal, row: &Row) -> Ended {
        let mut told = self.tell(row, seal);
        let own = &row.credential;
        let (wiped, credential) = match vault {
            Ok(vault) => {
                let wiped = self.whatever_the_key(vault, seal, |seal, _| self.wipe(vault, seal, row, &mut told));
                (wiped, vault.as_it_stands(&own.id).ok())
            }
            Err(error) => (Err(error), None),
        };
        let credential = credential.unwrap_or_else(|| own.clone());
        Ended { credential, refresh: told.refresh, access: told.access, wiped }
    }

    /// Under the lease: what the provider was not told of is told now, once.
    fn wipe(&self, vault: &Vault, seal: &Seal, row: &Row, told: &mut Told) -> Result<(), Error> {
        let mut lease = vault.lease(&row.credential.id, seal, Self::lease_deadline())?;
        let row = lease.row();
        if row.credential.generation != told.generation {
            *told = self.tell(row, seal); // a refresh has come between
        }
        for (kind, fate) in [(TokenKind::Refresh, &mut told.refresh), (TokenKind::Access, &mut told.access)] {
            if fate.is_err() {
                *fate = self.revoke_kind(row, seal, kind);
            }
        }
        let left = left_there(lease.credential(), &told.refresh, &told.access);
        Ok(lease.wipe((self.clock)(), left.as_deref())?)
    }

    fn tell(&self, row: &Row, seal: &Seal) -> Told {
        let revoke = |kind| self.revoke_kind(row, seal, kind);
        let (refresh, access) = (revoke(TokenKind::Refresh), revoke(TokenKind::Access));
        Told { generation: row.credential.generation, refresh, access }
    }
}

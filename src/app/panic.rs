//! `panic`: revoke everything everywhere, as fast as the network allows, then wipe it here, whatever became of it there.

use super::{App, Error, Fate, pool};
use crate::model::Credential;
use crate::protocol::TokenKind;
use crate::vault::{Seal, StoredClient, Vault};

/// How many are revoked at once.
const AT_ONCE: usize = 32;
/// A failure that may pass is tried so often in all; afterwards there is nothing left to try it with.
const TRIES: usize = 2;

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
    /// Client registrations that had a secret, and were deleted: provider and client id.
    pub(crate) clients: Vec<(String, String)>,
    /// Rows that cannot be read: nothing of them was revoked, or wiped.
    pub(crate) unreadable: Vec<Error>,
}

impl Ended {
    /// Whether something may still work at the provider: only a person can end it there.
    pub(crate) fn lives_on(&self) -> bool {
        let lives = |fate: &Result<Fate, Error>| !matches!(fate, Ok(Fate::Revoked | Fate::Skipped));
        // Where the refresh token is revoked, the access token ends with it or within its short life.
        match &self.refresh {
            Ok(Fate::Revoked) => self.access.is_err(),
            _ => lives(&self.refresh) || lives(&self.access),
        }
    }
}

impl App {
    /// Ends every credential of every tenant, and deletes every client registration. Reports `(done, all)` as it goes.
    pub(crate) fn panic(&self, progress: &mut dyn FnMut(usize, usize)) -> Result<Panicked, Error> {
        // A store that never had a key holds nothing that it could open.
        let vault = self.vault()?.filter(Vault::has_key).ok_or(Error::NothingConnected)?;
        let (rows, damaged) = vault.readable()?;
        let live = rows.into_iter().filter(|row| row.credential.revoked_at.is_none());
        let live: Vec<_> = live.map(|row| row.credential).collect();
        let seal = self.unlock(&vault)?;
        let start = || {
            // Each thread has a connection of its own to the store.
            let vault = self.vault();
            let seal = &seal;
            move |own: &Credential| match &vault {
                Ok(Some(vault)) => self.end(vault, seal, own.clone()),
                Ok(None) | Err(_) => failed(own.clone(), || Error::NothingConnected),
            }
        };
        let lost = |own: &Credential| failed(own.clone(), || Error::broken_down(own));
        let credentials = pool::each(live, AT_ONCE, start, lost, progress);
        let mut clients = vec![];
        for tenant in vault.tenants()? {
            let kept = vault.clients(&tenant.name, None)?.into_iter().filter(StoredClient::has_secret);
            clients.extend(kept.map(|client| (client.provider, client.client_id)));
            vault.remove_clients(&tenant.name)?;
        }
        let unreadable = damaged.into_iter().map(Error::from).collect();
        Ok(Panicked { credentials, clients, unreadable })
    }

    fn end(&self, vault: &Vault, seal: &Seal, own: Credential) -> Ended {
        let leased = self.whatever_the_key(vault, seal, |seal, _| self.end_leased(vault, seal, &own));
        leased.unwrap_or_else(|error| {
            let text = error.to_string();
            Ended { wiped: Err(error), ..failed(own, || Error::Usage(text.clone())) }
        })
    }

    /// An error is that of the lease alone.
    fn end_leased(&self, vault: &Vault, seal: &Seal, own: &Credential) -> Result<Ended, Error> {
        let mut lease = vault.lease(&own.id, seal, Self::lease_deadline())?;
        let revoke = |kind| {
            let first = self.revoke_kind(&lease, kind);
            (1..TRIES).fold(first, |fate, _| fate.or_else(|_| self.revoke_kind(&lease, kind)))
        };
        let (refresh, access) = (revoke(TokenKind::Refresh), revoke(TokenKind::Access));
        let wiped = lease.wipe((self.clock)()).map_err(Error::from);
        let credential = vault.as_it_stands(&own.id).unwrap_or_else(|_| own.clone());
        Ok(Ended { credential, refresh, access, wiped })
    }
}

/// Nothing could be done with it.
fn failed(credential: Credential, why: impl Fn() -> Error) -> Ended {
    Ended { credential, refresh: Err(why()), access: Err(why()), wiped: Err(why()) }
}

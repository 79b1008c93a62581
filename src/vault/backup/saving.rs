//! The way out of a store: what goes into a backup, and what may be kept so that it can.

use std::time::Instant;

use super::document::{Backup, SavedClient, SavedCredential, Unfit};
use crate::model::{Credential, CredentialId, Secret, Timestamp};
use crate::vault::clients::StoredClient;
use crate::vault::{Entry, Error, Lease, Seal, Secrets, Subject, Vault};

/// Whose client registrations go into a backup: a tenant's, or those of one of its providers.
#[derive(Clone, Debug)]
pub(crate) struct ClientsOf {
    pub(crate) tenant: String,
    pub(crate) provider: Option<String>,
}

/// What was saved, and what was left out of it because it would not come back.
pub(crate) struct Saved {
    pub(crate) backup: Backup,
    pub(crate) left_out: Vec<(Subject, Unfit)>,
}

impl Vault {
    /// The credentials with these ids and the registrations of these tenants, with their secrets open. Each credential
    /// is read under its lease, so that no refresh is going on; what was begun and landed is finished first.
    pub(crate) fn save(
        &self,
        seal: &Seal,
        ids: &[CredentialId],
        clients_of: &[ClientsOf],
        made_by: &str,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Saved, Error> {
        let (mut credentials, mut exported, mut left_out) = (vec![], vec![], vec![]);
        for id in ids {
            let lease = self.lease(id, seal, deadline)?;
            let (own, saved) = (lease.credential(), self.saved(&lease)?);
            if let Err(unfit) = saved.check() {
                left_out.push((Subject::of(own), unfit));
                continue;
            }
            credentials.push(saved);
            exported.push(own.clone());
        }
        let mut clients = vec![];
        for (of, saved) in self.saved_clients(seal, clients_of)? {
            match saved.check() {
                Err(unfit) => left_out.push((of, unfit)),
                Ok(()) => clients.push(saved),
            }
        }
        // Written down before anything leaves: an export that is not on record must not exist.
        let entries = exported.iter().map(|own| Entry::ok("exported", own, now)).collect();
        self.write_recorded(seal, |_| Ok(((), entries)))?;
        let backup = Backup::new(self.description.id.clone(), made_by.to_owned(), now, credentials, clients);
        Ok(Saved { backup, left_out })
    }

    fn saved(&self, lease: &Lease<'_>) -> Result<SavedCredential, Error> {
        let own = lease.credential();
        Ok(SavedCredential::of(own, lease.secrets()?, self.habits(own)?.rotates))
    }

    fn saved_clients(&self, seal: &Seal, of: &[ClientsOf]) -> Result<Vec<(Subject, SavedClient)>, Error> {
        let mut found = vec![];
        for ClientsOf { tenant, provider } in of {
            for stored in self.clients(tenant, provider.as_deref())? {
                let (secret, token) = (stored.open_secret(seal)?, stored.registration_access_token(seal)?);
                found.push((stored.subject(), SavedClient::of(&stored, secret, token)?.tidied()));
            }
        }
        Ok(found)
    }
}

/// Whether a credential with these secrets may be kept.
pub(in crate::vault) fn check(own: &Credential, secrets: &Secrets) -> Result<(), Error> {
    SavedCredential::of(own, secrets.clone(), None).check().map_err(Error::Unfit)
}

/// The same of a registration.
pub(in crate::vault) fn check_client(stored: &StoredClient, secret: Option<&Secret>) -> Result<(), Error> {
    SavedClient::of(stored, secret.cloned(), None)?.check().map_err(Error::Unfit)
}

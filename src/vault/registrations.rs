//! What an authorization server said when this program registered itself there (RFC 7591).

use std::time::Instant;

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use super::clients::{REGISTRATION_TOKEN, Registration, StoredClient};
use super::{Error, PATIENCE, Seal, Vault};
use crate::model::{Secret, Timestamp};

/// A registration that was made by the program itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SelfRegistration {
    /// The redirect URI that was registered, with its port.
    pub(crate) redirect_uri: String,
    /// Seconds of the Unix epoch at which the client's secret ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret_expires_at: Option<i64>,
    /// Where it is changed or deleted (RFC 7592).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_uri: Option<String>,
}

impl SelfRegistration {
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.secret_expires_at.is_some_and(|end| end <= now.0)
    }
}

impl StoredClient {
    /// What the server said; `None` for a client that a person registered.
    pub(crate) fn self_registration(&self) -> Option<SelfRegistration> {
        serde_json::from_str(self.registration.as_deref()?).ok()
    }
}

impl Vault {
    /// The registration that is used when none is given: the tenant's default for this provider.
    pub(crate) fn default_client(&self, tenant: &str, provider: &str) -> Result<Option<StoredClient>, Error> {
        Ok(self.clients(tenant, Some(provider))?.into_iter().find(|client| client.default))
    }

    /// Keeps a registration that the program made itself, with the token that changes or deletes it.
    pub(crate) fn keep_self_registration(
        &self,
        registration: &Registration<'_>,
        own: &SelfRegistration,
        token: Option<&Secret>,
        seal: &Seal,
    ) -> Result<(), Error> {
        let _held = self.keep_key(seal, Instant::now() + PATIENCE)?;
        self.store.write(|transaction| self.keep_self_client(transaction, registration, own, token, seal))
    }

    pub(super) fn keep_self_client(
        &self,
        transaction: &Transaction<'_>,
        registration: &Registration<'_>,
        own: &SelfRegistration,
        token: Option<&Secret>,
        seal: &Seal,
    ) -> Result<(), Error> {
        let (tenant, provider) = (registration.tenant, registration.provider);
        let json = serde_json::to_string(own).expect("a registration is JSON");
        self.keep_client(transaction, registration, seal)?;
        let all = self.clients(tenant, Some(provider))?;
        let stored = all.iter().find(|stored| stored.client_id == registration.client.id);
        let sealed = token.zip(stored).map(|(token, stored)| stored.close(REGISTRATION_TOKEN, token, seal));
        let sql = "update clients set registration = ?1, registration_access_token = ?2, key_id = ?3
                   where tenant = ?4 and provider = ?5 and client_id = ?6";
        let values = (&json, &sealed, seal.key_id(), tenant, provider, &registration.client.id);
        transaction.execute(sql, values).map(|_| ()).map_err(self.store.failed())
    }

    /// The names of the providers under which this tenant holds a client at an issuer.
    pub(crate) fn clients_at(&self, tenant: &str, issuer: &str) -> Result<Vec<String>, Error> {
        let all = self.clients(tenant, None)?.into_iter();
        let at = |client: &StoredClient| client.server().is_ok_and(|server| server.issuer.as_deref() == Some(issuer));
        Ok(all.filter(at).map(|client| client.provider).collect())
    }
}

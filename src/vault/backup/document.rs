//! The document of a backup: JSON, with a version. What is not known is refused, not dropped.

mod check;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::model::{Credential, CredentialId, Kind, Scopes, Secret, Server, Timestamp};
use crate::vault::{Error, Secrets, SelfRegistration, StoredClient};

const FORMAT: &str = "oauth-backup";
/// Raised by every change that a program of today would read wrongly.
const VERSION: u32 = 1;

/// A whole backup, with every secret in the open.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Backup {
    format: String,
    version: u32,
    /// The store it was made from.
    store: String,
    pub(crate) made_by: String,
    pub(crate) made_at: Timestamp,
    pub(super) credentials: Vec<SavedCredential>,
    pub(super) clients: Vec<SavedClient>,
}

/// A document that is no backup of ours, or none that this program can take.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it holds no backup of this program ({0})")]
    NotABackup(String),
    #[error("the backup was made by a newer version of this program (format {0}, this one knows {VERSION})")]
    Newer(u32),
    #[error("the backup holds {0} twice")]
    Twice(String),
    #[error("what the backup holds cannot be right: {0}")]
    Unfit(#[from] Unfit),
}

/// What no store takes, from whichever side it comes.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("`{0}` cannot be the name of a tenant, a provider, an account or a registration")]
    Name(String),
    #[error("`{member}` of {of}: {what}")]
    Member { of: String, member: String, what: String },
    #[error("a token or a client secret of {0} cannot be one")]
    Secret(String),
}

/// A secret in the open: written, and read, as it is.
#[derive(Clone, Debug)]
pub(super) struct Plain(pub(super) Secret);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedCredential {
    pub(super) tenant: String,
    pub(super) provider: String,
    pub(super) account: String,
    kind: Kind,
    pub(super) server: Server,
    pub(super) subject: Option<String>,
    pub(super) client_id: String,
    client_secret: Option<Plain>,
    requested: Scopes,
    scopes: Scopes,
    token_type: String,
    access_token: Option<Plain>,
    pub(super) refresh_token: Option<Plain>,
    /// The private key that the tokens are bound to (RFC 9449).
    proof_key: Option<Plain>,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    refresh_expires_at: Option<Timestamp>,
    default: bool,
    parameters: BTreeMap<String, String>,
    variables: BTreeMap<String, String>,
    metadata: Map<String, Value>,
    reauth: Option<String>,
    created_by: String,
    pub(super) authorized_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
    pub(super) last_refreshed_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    pub(super) generation: i64,
    /// Whether the server was seen to replace refresh tokens.
    pub(super) rotates: Option<bool>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SavedClient {
    pub(super) tenant: String,
    pub(super) provider: String,
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<Plain>,
    /// What the server said, when the program registered itself there.
    pub(super) registration: Option<SelfRegistration>,
    pub(super) registration_access_token: Option<Plain>,
    pub(super) server: Server,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) default: bool,
    pub(super) updated_at: Timestamp,
}

impl Backup {
    pub(super) fn new(
        store: String,
        made_by: String,
        made_at: Timestamp,
        credentials: Vec<SavedCredential>,
        clients: Vec<SavedClient>,
    ) -> Self {
        Self { format: FORMAT.into(), version: VERSION, store, made_by, made_at, credentials, clients }
    }

    /// The document as text.
    pub(crate) fn to_json(&self) -> Secret {
        Secret::new(serde_json::to_string_pretty(self).expect("a backup is JSON"))
    }

    /// Reads a document, and holds it to its form: nothing of it is stored before all of it is right.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Malformed> {
        // The values of a document stay out of the error: they may be secrets.
        let not_one = |error: serde_json::Error| {
            Malformed::NotABackup(format!("line {}, column {}", error.line(), error.column()))
        };
        let head: Head = serde_json::from_slice(text).map_err(not_one)?;
        if head.format != FORMAT {
            return Err(Malformed::NotABackup("another format".into()));
        }
        if head.version > VERSION {
            return Err(Malformed::Newer(head.version));
        }
        let backup: Self = serde_json::from_slice(text).map_err(not_one)?;
        backup.held_to_its_form()
    }

    /// Every tenant of which there is something, in order.
    pub(crate) fn tenants(&self) -> Vec<&str> {
        let credentials = self.credentials.iter().map(|own| own.tenant.as_str());
        let all: BTreeSet<_> = credentials.chain(self.clients.iter().map(|own| own.tenant.as_str())).collect();
        all.into_iter().collect()
    }

    /// How many credentials and how many client registrations there are.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.credentials.len(), self.clients.len())
    }

    /// The credentials whose refresh token is worth nothing any more once another copy of it was sent, as far as it is
    /// known.
    pub(crate) fn shared(&self) -> Vec<String> {
        let shared = self.credentials.iter().filter(|own| own.can_refresh() && own.rotates != Some(false));
        shared.map(|own| format!("{} {}", own.provider, own.account)).collect()
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl SavedCredential {
    pub(super) fn of(own: &Credential, secrets: Secrets, rotates: Option<bool>) -> Self {
        let own = own.clone();
        Self {
            tenant: own.tenant,
            provider: own.provider,
            account: own.account,
            kind: own.kind,
            server: Arc::unwrap_or_clone(own.server),
            subject: own.subject,
            client_id: own.client_id,
            client_secret: secrets.client.map(Plain),
            requested: own.requested,
            scopes: own.scopes,
            token_type: own.token_type,
            access_token: secrets.access.map(Plain),
            refresh_token: secrets.refresh.map(Plain),
            proof_key: secrets.proof.map(Plain),
            issued_at: own.issued_at,
            expires_at: own.expires_at,
            refresh_expires_at: own.refresh_expires_at,
            default: own.default,
            parameters: own.parameters,
            variables: own.variables,
            metadata: own.metadata,
            reauth: own.reauth,
            created_by: own.created_by,
            authorized_at: own.authorized_at,
            created_at: own.created_at,
            updated_at: own.updated_at,
            last_refreshed_at: own.last_refreshed_at,
            last_used_at: own.last_used_at,
            generation: own.generation,
            rotates,
        }
    }

    /// Whether it has a refresh token that another copy could spend. What the provider has refused waits for a person,
    /// whatever another copy does.
    pub(super) fn can_refresh(&self) -> bool {
        self.refresh_token.is_some() && self.kind != Kind::Machine && self.reauth.is_none()
    }

    /// The credential, but for its id, and its secrets.
    pub(super) fn open(self) -> (Credential, Secrets) {
        let secrets = Secrets {
            access: self.access_token.map(|token| token.0),
            refresh: self.refresh_token.map(|token| token.0),
            client: self.client_secret.map(|secret| secret.0),
            proof: self.proof_key.map(|key| key.0),
        };
        let credential = Credential {
            id: CredentialId(String::new()),
            tenant: self.tenant,
            provider: self.provider,
            account: self.account,
            kind: self.kind,
            server: self.server.into(),
            subject: self.subject,
            client_id: self.client_id,
            requested: self.requested,
            scopes: self.scopes,
            token_type: self.token_type,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            refresh_expires_at: self.refresh_expires_at,
            refreshable: secrets.refresh.is_some() || self.kind == Kind::Machine,
            default: self.default,
            parameters: self.parameters,
            variables: self.variables,
            metadata: self.metadata,
            reauth: self.reauth,
            created_by: self.created_by,
            authorized_at: self.authorized_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_refreshed_at: self.last_refreshed_at,
            last_used_at: self.last_used_at,
            revoked_at: None,
            generation: self.generation,
            retry_at: None,
            stale: None,
        };
        (credential, secrets)
    }
}

impl SavedClient {
    pub(super) fn of(stored: &StoredClient, secret: Option<Secret>, token: Option<Secret>) -> Result<Self, Error> {
        Ok(Self {
            tenant: stored.tenant.clone(),
            provider: stored.provider.clone(),
            name: stored.name.clone(),
            client_id: stored.client_id.clone(),
            client_secret: secret.map(Plain),
            registration: stored.self_registration(),
            registration_access_token: token.map(Plain),
            server: stored.server()?,
            variables: stored.variables()?,
            default: stored.default,
            updated_at: stored.updated_at,
        })
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

#[cfg(test)]
mod tests;

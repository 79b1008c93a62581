//! A credential: one authorization of one account at one provider, as it is named, listed, tested and revoked.
//!
//! It holds no secret; tokens stay sealed in the vault.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Scopes, Server, Timestamp};

/// Less than this many seconds before a human is needed, a credential is `expiring`: 3 days.
const EXPIRING: i64 = 3 * 86_400;
/// The longest time ahead of its end that a token is refreshed, in seconds: 5 minutes.
const REFRESH_AHEAD: i64 = 300;
/// So many seconds a clock may be put back without a doubt about the tokens.
pub(crate) const CLOCK_SKEW: i64 = 300;

/// How the reason of a credential tells that the answer to a refresh never came, before the provider refused.
pub(crate) const LOST_ANSWER: &str = "the answer to a refresh begun at";

/// The key in a credential's metadata under which the tool stands that a login was brought in from. Until that tool is
/// given up, it may refresh the login itself.
pub(crate) const IMPORTED_FROM: &str = "imported_from";

/// The random name of a row, 128 bits in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct CredentialId(pub(crate) String);

/// Where a credential's tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A person authorized it.
    Oauth,
    /// Minted anew whenever it is needed, without a person.
    Machine,
    /// A static token or key brought in from elsewhere.
    Imported,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Machine => "machine",
            Self::Imported => "imported",
        }
    }
}

/// What a person should know of a credential at a given time. The first that fits, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Revoked,
    /// A copied or restored refresh token, which is not sent.
    Stale,
    /// A human is needed now.
    Reauth,
    /// A human will be needed within three days.
    Expiring,
    /// Refreshes by itself at the next use.
    Due,
    Valid,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Stale => "stale",
            Self::Reauth => "reauth",
            Self::Expiring => "expiring",
            Self::Due => "due",
            Self::Valid => "valid",
        }
    }
}

/// How the reason of a credential begins whose refresh token came with tokens of somebody else.
pub(crate) const OTHERS_ANSWER: &str = "the provider's last answer was not for this login";

/// Whether a refresh token that is held back for this reason came with tokens of somebody else.
pub(crate) fn is_anothers(reason: &str) -> bool {
    reason.starts_with(OTHERS_ANSWER)
}

/// The reason of a credential whose refresh token is known to have been replaced by a later one, which is not here.
pub(crate) const SPENT_SINCE: &str = "the store was restored from an older copy, and the refresh token was spent since";

/// How the reason ends of a refresh token that another program holds too. It begins with the program's name.
pub(crate) const SHARED: &str = ", which it was brought in from, may spend the refresh token, too";

/// How the reason ends of a refresh token out of a backup that the home which takes it has spent itself.
pub(crate) const SPENT_HERE: &str = "and was spent here since";

/// Whether a refresh token that is held back for this reason may be good when no other copy is in use. Otherwise only a
/// login helps.
pub(crate) fn may_be_taken_over(reason: &str) -> bool {
    !is_anothers(reason) && reason != SPENT_SINCE && !reason.ends_with(SPENT_HERE)
}

/// A row of the store, without its secrets.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    pub(crate) id: CredentialId,
    pub(crate) tenant: String,
    pub(crate) provider: String,
    /// The human label; compared without ASCII case.
    pub(crate) account: String,
    pub(crate) kind: Kind,
    /// Shared by the credentials of one login server, which may be thousands.
    pub(crate) server: Arc<Server>,
    pub(crate) subject: Option<String>,
    pub(crate) client_id: String,
    /// What was asked for.
    pub(crate) requested: Scopes,
    /// What was granted.
    pub(crate) scopes: Scopes,
    pub(crate) token_type: String,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) refresh_expires_at: Option<Timestamp>,
    pub(crate) refreshable: bool,
    pub(crate) default: bool,
    /// Extra parameters of the authorization request (`--param`).
    pub(crate) parameters: BTreeMap<String, String>,
    /// Template variables of the provider entry (`--set`).
    pub(crate) variables: BTreeMap<String, String>,
    /// Facts learnt from the provider that are no secrets.
    pub(crate) metadata: Map<String, Value>,
    /// Why a human is needed, once the provider has said so.
    pub(crate) reauth: Option<String>,
    pub(crate) created_by: String,
    pub(crate) authorized_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) last_refreshed_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    /// Grows by one with every commit of new tokens.
    pub(crate) generation: i64,
    /// Before this time the provider does not want to be asked for a refresh (`Retry-After`).
    pub(crate) retry_at: Option<Timestamp>,
    /// Why the refresh token is not sent: this is an old copy of it. Found out when it is needed, not stored.
    pub(crate) stale: Option<String>,
}

impl Credential {
    /// One that begins now, with nothing known of it besides; the store gives it its id.
    pub(crate) fn new(
        tenant: String,
        provider: String,
        account: String,
        kind: Kind,
        server: Server,
        now: Timestamp,
    ) -> Self {
        Self {
            id: CredentialId(String::new()),
            tenant,
            provider,
            account,
            kind,
            server: Arc::new(server),
            subject: None,
            client_id: String::new(),
            requested: Scopes::default(),
            scopes: Scopes::default(),
            token_type: "Bearer".into(),
            issued_at: now,
            expires_at: None,
            refresh_expires_at: None,
            refreshable: false,
            default: false,
            parameters: BTreeMap::new(),
            variables: BTreeMap::new(),
            metadata: Map::new(),
            reauth: None,
            created_by: String::new(),
            authorized_at: now,
            created_at: now,
            updated_at: now,
            last_refreshed_at: None,
            last_used_at: None,
            revoked_at: None,
            generation: 0,
            retry_at: None,
            stale: None,
        }
    }

    /// The tool that this login was brought in from.
    pub(crate) fn imported_from(&self) -> Option<&str> {
        self.metadata.get(IMPORTED_FROM)?.as_str()
    }

    /// `provider account`, the way both are written on the command line.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.provider, self.account)
    }

    /// The same for one who is in `tenant`; of another one, with its name.
    pub(crate) fn label_from(&self, tenant: &str) -> String {
        let label = self.label();
        if self.tenant == tenant { label } else { format!("{label} in the tenant {}", self.tenant) }
    }

    /// Whether its token goes with a proof of possession (RFC 9449).
    pub(crate) fn is_bound(&self) -> bool {
        self.token_type.eq_ignore_ascii_case("dpop")
    }

    pub(crate) fn status(&self, now: Timestamp) -> Status {
        if self.revoked_at.is_some() {
            return Status::Revoked;
        }
        if self.stale.is_some() {
            return Status::Stale;
        }
        match self.human_needed_at() {
            _ if self.reauth.is_some() => Status::Reauth,
            Some(at) if at <= now => Status::Reauth,
            Some(at) if at.since(now) <= EXPIRING => Status::Expiring,
            _ if self.is_due(now) => Status::Due,
            _ => Status::Valid,
        }
    }

    /// When a human will be needed, as far as it is known: never is `None`.
    pub(crate) fn human_needed_at(&self) -> Option<Timestamp> {
        if self.reauth.is_some() {
            return Some(self.updated_at);
        }
        if !self.refreshable || self.stale.is_some() {
            return self.expires_at;
        }
        // A refresh token that has ended still leaves the access token, while that lives.
        self.refresh_expires_at.map(|end| end.max(self.expires_at.unwrap_or(end)))
    }

    /// Why the status is what it is, where that needs words.
    pub(crate) fn reason(&self, now: Timestamp) -> Option<String> {
        match self.status(now) {
            Status::Stale => self.stale.clone(),
            Status::Reauth if self.reauth.is_some() => self.reauth.clone(),
            Status::Reauth if self.refreshable => Some("the refresh token has expired".into()),
            Status::Reauth => Some("the access token has expired and there is no refresh token".into()),
            Status::Expiring if self.refreshable => Some("the refresh token expires soon".into()),
            Status::Expiring => Some("the access token expires soon and there is no refresh token".into()),
            _ => None,
        }
    }

    /// Why the access token is good for nothing before its end: the provider has refused it, and there is nothing to get
    /// another one with.
    pub(crate) fn spent(&self) -> Option<&str> {
        self.reauth.as_deref().filter(|_| !self.refreshable)
    }

    /// Whether the access token is past its end. One with an unknown end never is.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the token should be refreshed before it is handed out: less than `min(5 minutes, half its lifetime)` is
    /// left, or it has ended where the provider forbids an early refresh.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let Some(end) = self.expires_at else { return false };
        if !self.refreshable {
            return false;
        }
        let ahead = if self.server.early_refresh { REFRESH_AHEAD.min(end.since(self.issued_at) / 2) } else { 0 };
        let left = end.since(now);
        // A token from the future: the clock was put back, and by how much it lives too long is not known.
        let unborn = self.issued_at.since(now) > CLOCK_SKEW;
        left < ahead || left <= 0 || unborn
    }

    /// Seconds the access token still lives; `None` when its end is unknown.
    pub(crate) fn seconds_left(&self, now: Timestamp) -> Option<i64> {
        self.expires_at.map(|end| end.since(now))
    }
}

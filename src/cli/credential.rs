//! A credential as JSON: the one object that `init`, `list`, `test` and `token` share.

use serde_json::{Value, json};

use crate::model::{Credential, Timestamp};

type Member = fn(&Credential, Timestamp) -> Value;

const MEMBERS: [(&str, Member); 24] = [
    ("id", |own, _| json!(own.id)),
    ("provider", |own, _| json!(own.provider)),
    ("account", |own, _| json!(own.account)),
    ("tenant", |own, _| json!(own.tenant)),
    ("kind", |own, _| json!(own.kind)),
    ("status", |own, now| json!(own.status(now))),
    ("reason", |own, now| json!(own.reason(now))),
    ("issuer", |own, _| json!(own.server.issuer)),
    ("subject", |own, _| json!(own.subject)),
    ("scopes", |own, _| json!(own.scopes)),
    ("token_type", |own, _| json!(own.token_type)),
    ("expires_at", |own, _| json!(own.expires_at)),
    ("refresh_expires_at", |own, _| json!(own.refresh_expires_at)),
    ("refreshable", |own, _| json!(own.refreshable)),
    ("default", |own, _| json!(own.default)),
    // A static token was made by no client.
    ("client_id", |own, _| json!(Some(&own.client_id).filter(|id| !id.is_empty()))),
    ("created_by", |own, _| json!(own.created_by)),
    ("authorized_at", |own, _| json!(own.authorized_at)),
    ("created_at", |own, _| json!(own.created_at)),
    ("updated_at", |own, _| json!(own.updated_at)),
    ("last_refreshed_at", |own, _| json!(own.last_refreshed_at)),
    ("last_used_at", |own, _| json!(own.last_used_at)),
    ("revoked_at", |own, _| json!(own.revoked_at)),
    ("metadata", |own, _| json!(own.metadata)),
];

pub(super) fn json(own: &Credential, now: Timestamp) -> Value {
    MEMBERS.iter().map(|(name, value)| ((*name).to_owned(), value(own, now))).collect()
}

/// The same members for a token that belongs to no credential: null, or empty, all of them but the provider.
pub(super) fn none(provider: &str) -> Value {
    let mut object: Value = MEMBERS.iter().map(|(name, _)| ((*name).to_owned(), Value::Null)).collect();
    object["provider"] = provider.into();
    (object["scopes"], object["metadata"]) = (json!([]), json!({}));
    object
}

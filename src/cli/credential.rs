//! A credential as JSON: the one object that `init`, `list`, `test` and `token` share.

use serde_json::{Map, Value, json};

use crate::model::{Credential, Timestamp};

pub(super) fn json(own: &Credential, now: Timestamp) -> Value {
    json!({
        "id": own.id,
        "provider": own.provider,
        "account": own.account,
        "tenant": own.tenant,
        "kind": own.kind,
        "status": own.status(now),
        "reason": own.reason(now),
        "issuer": own.server.issuer,
        "subject": own.subject,
        "scopes": own.scopes,
        "token_type": own.token_type,
        "expires_at": own.expires_at,
        "refresh_expires_at": own.refresh_expires_at,
        "refreshable": own.refreshable,
        "default": own.default,
        "client_id": own.client_id,
        "created_by": own.created_by,
        "authorized_at": own.authorized_at,
        "created_at": own.created_at,
        "updated_at": own.updated_at,
        "last_refreshed_at": own.last_refreshed_at,
        "last_used_at": own.last_used_at,
        "revoked_at": own.revoked_at,
        "metadata": own.metadata,
    })
}

/// The same members for a token that belongs to no credential, all of them null but the provider.
pub(super) fn none(provider: &str) -> Value {
    const MEMBERS: [&str; 24] = [
        "id",
        "provider",
        "account",
        "tenant",
        "kind",
        "status",
        "reason",
        "issuer",
        "subject",
        "scopes",
        "token_type",
        "expires_at",
        "refresh_expires_at",
        "refreshable",
        "default",
        "client_id",
        "created_by",
        "authorized_at",
        "created_at",
        "updated_at",
        "last_refreshed_at",
        "last_used_at",
        "revoked_at",
        "metadata",
    ];
    let mut object: Map<String, Value> = MEMBERS.map(|name| (name.to_owned(), Value::Null)).into_iter().collect();
    object.insert("provider".into(), provider.into());
    Value::Object(object)
}

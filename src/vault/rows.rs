//! Rows of the table `credentials`: what stands in them, and the one statement that writes them.

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row as SqlRow, params_from_iter};
use serde::de::DeserializeOwned;

use super::lease::Attempt;
use super::marks::Mark;
use crate::model::{Credential, CredentialId, Kind, Scopes, Timestamp};

/// A credential as it lies in the store, its secrets sealed.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) credential: Credential,
    /// `credential.server` exactly as it is stored; the seal is bound to this text.
    pub(super) server: String,
    pub(super) access_token: Option<Vec<u8>>,
    pub(super) refresh_token: Option<Vec<u8>>,
    pub(super) client_secret: Option<Vec<u8>>,
    pub(super) proof_key: Option<Vec<u8>>,
    pub(super) key_id: String,
    /// A refresh that was begun, and of which no end was recorded.
    pub(super) attempt: Option<String>,
    /// Why the refresh token is not sent: it came out of a backup.
    pub(super) held: Option<String>,
}

impl Row {
    /// Whether a refresh was begun whose end is not recorded.
    pub(crate) fn has_attempt(&self) -> bool {
        self.attempt.is_some()
    }

    /// The refresh of the present refresh token that was begun, and of which no end was recorded.
    pub(super) fn open_attempt(&self) -> Option<Attempt> {
        let attempt: Attempt = serde_json::from_str(self.attempt.as_deref()?).ok()?;
        (attempt.generation == self.credential.generation).then_some(attempt)
    }

    /// Whether its refresh token is held back until a person decides.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// Whether it belongs to this tenant and provider.
    pub(super) fn is_beside(&self, tenant: &str, provider: &str) -> bool {
        (self.credential.tenant.as_str(), self.credential.provider.as_str()) == (tenant, provider)
    }

    /// How far the row has got, by what stands in it.
    pub(super) fn mark(&self) -> Mark {
        let generation = self.credential.generation;
        if self.open_attempt().is_some() { Mark::Spent(generation) } else { Mark::Reached(generation) }
    }
}

/// Columns in the order in which [`read`] and [`values`] name them.
const COLUMNS: &[&str] = &[
    "id",
    "tenant",
    "provider",
    "account",
    "kind",
    "server",
    "subject",
    "client_id",
    "requested",
    "scope",
    "token_type",
    "issued_at",
    "expires_at",
    "refresh_expires_at",
    "is_default",
    "parameters",
    "variables",
    "metadata",
    "reauth",
    "attempt",
    "generation",
    "key_id",
    "created_by",
    "authorized_at",
    "created_at",
    "updated_at",
    "last_refreshed_at",
    "last_used_at",
    "revoked_at",
    "access_token",
    "refresh_token",
    "client_secret",
    "retry_at",
    "proof_key",
    "held",
];

/// Columns that change without a new generation and have statements of their own; a commit of tokens must not undo
/// what another process wrote there in the meantime.
const APART: &[&str] = &["is_default", "last_used_at"];

/// Which rows to read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    All,
    Tenant(&'a str),
    Provider { tenant: &'a str, provider: &'a str },
    Account { tenant: &'a str, provider: &'a str, account: &'a str },
    Default { tenant: &'a str, provider: &'a str },
    Id(&'a str),
}

/// A row that this program cannot have written.
#[derive(Debug)]
pub(super) struct Damage {
    /// `provider account`, as far as they can be read.
    pub(super) label: String,
    pub(super) source: rusqlite::Error,
}

/// The rows, all of which must be readable.
pub(super) fn select(connection: &Connection, which: Which<'_>) -> rusqlite::Result<Vec<Row>> {
    select_each(connection, which)?.into_iter().map(|row| row.map_err(|damage| damage.source)).collect()
}

/// The rows, each readable or not.
pub(super) fn select_each(connection: &Connection, which: Which<'_>) -> rusqlite::Result<Vec<Result<Row, Damage>>> {
    let (condition, values): (&str, Vec<&str>) = match which {
        Which::All => ("1", vec![]),
        Which::Tenant(tenant) => ("tenant = ?1", vec![tenant]),
        Which::Provider { tenant, provider } => ("tenant = ?1 and provider = ?2", vec![tenant, provider]),
        Which::Account { tenant, provider, account } => {
            ("tenant = ?1 and provider = ?2 and account = ?3", vec![tenant, provider, account])
        }
        Which::Default { tenant, provider } => {
            ("tenant = ?1 and provider = ?2 and is_default = 1", vec![tenant, provider])
        }
        Which::Id(id) => ("id = ?1", vec![id]),
    };
    let columns = COLUMNS.join(",");
    let sql = format!("select {columns} from credentials where {condition} order by tenant, provider, account");
    let mut statement = connection.prepare(&sql)?;
    let each = |row: &SqlRow<'_>| Ok(read(row).map_err(|source| Damage { label: label(row), source }));
    statement.query_map(params_from_iter(values), each)?.collect()
}

fn label(row: &SqlRow<'_>) -> String {
    let part = |column| row.get::<_, String>(column).unwrap_or_else(|_| "?".into());
    format!("{} {}", part("provider"), part("account"))
}

/// Writes every column of a row: a new one, or the one that stands at generation `expected`. Says how many rows were
/// written: none when the row is no longer at that generation.
pub(super) fn write(connection: &Connection, row: &Row, expected: Option<i64>) -> rusqlite::Result<usize> {
    let mut values = values(row);
    let Some(expected) = expected else {
        let names = COLUMNS.join(",");
        let places = vec!["?"; COLUMNS.len()].join(",");
        let sql = format!("insert into credentials ({names}) values ({places})");
        return connection.execute(&sql, params_from_iter(values));
    };
    values.push(Sql::Integer(expected));
    let last = values.len();
    let kept = COLUMNS.iter().enumerate().filter(|(_, name)| !APART.contains(name));
    let pairs = kept.map(|(at, name)| format!("{name} = ?{}", at + 1)).collect::<Vec<_>>().join(",");
    let sql = format!("update credentials set {pairs} where id = ?1 and generation = ?{last}");
    connection.execute(&sql, params_from_iter(values))
}

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    let time = |column: &str| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    let server: String = row.get("server")?;
    let refresh_token: Option<Vec<u8>> = row.get("refresh_token")?;
    let kind = kind(row)?;
    let id: String = row.get("id")?;
    // It names files: nothing but what we made may stand here.
    if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(unreadable("id", "not an id".into()));
    }
    let credential = Credential {
        id: CredentialId(id),
        tenant: row.get("tenant")?,
        provider: row.get("provider")?,
        account: row.get("account")?,
        kind,
        server: from_json(row, "server")?,
        subject: row.get("subject")?,
        client_id: row.get("client_id")?,
        requested: Scopes::parse(&row.get::<_, String>("requested")?),
        scopes: Scopes::parse(&row.get::<_, String>("scope")?),
        token_type: row.get("token_type")?,
        issued_at: Timestamp(row.get("issued_at")?),
        expires_at: time("expires_at")?,
        refresh_expires_at: time("refresh_expires_at")?,
        refreshable: refresh_token.is_some() || kind == Kind::Machine,
        default: row.get("is_default")?,
        parameters: from_json(row, "parameters")?,
        variables: from_json(row, "variables")?,
        metadata: from_json(row, "metadata")?,
        reauth: row.get("reauth")?,
        created_by: row.get("created_by")?,
        authorized_at: Timestamp(row.get("authorized_at")?),
        created_at: Timestamp(row.get("created_at")?),
        updated_at: Timestamp(row.get("updated_at")?),
        last_refreshed_at: time("last_refreshed_at")?,
        last_used_at: time("last_used_at")?,
        revoked_at: time("revoked_at")?,
        generation: row.get("generation")?,
        retry_at: time("retry_at")?,
        stale: None,
    };
    Ok(Row {
        credential,
        server,
        access_token: row.get("access_token")?,
        refresh_token,
        client_secret: row.get("client_secret")?,
        proof_key: row.get("proof_key")?,
        key_id: row.get("key_id")?,
        attempt: row.get("attempt")?,
        held: row.get("held")?,
    })
}

fn values(row: &Row) -> Vec<Sql> {
    let own = &row.credential;
    let text = |text: &str| Sql::Text(text.to_owned());
    let maybe = |text: &Option<String>| text.clone().map_or(Sql::Null, Sql::Text);
    let blob = |blob: &Option<Vec<u8>>| blob.clone().map_or(Sql::Null, Sql::Blob);
    let time = |time: Option<Timestamp>| time.map_or(Sql::Null, |time| Sql::Integer(time.0));
    let json = |value: serde_json::Result<String>| Sql::Text(value.expect("maps with text keys are JSON"));
    vec![
        text(&own.id.0),
        text(&own.tenant),
        text(&own.provider),
        text(&own.account),
        text(own.kind.as_str()),
        text(&row.server),
        maybe(&own.subject),
        text(&own.client_id),
        text(&own.requested.to_string()),
        text(&own.scopes.to_string()),
        text(&own.token_type),
        Sql::Integer(own.issued_at.0),
        time(own.expires_at),
        time(own.refresh_expires_at),
        Sql::Integer(own.default.into()),
        json(serde_json::to_string(&own.parameters)),
        json(serde_json::to_string(&own.variables)),
        json(serde_json::to_string(&own.metadata)),
        maybe(&own.reauth),
        maybe(&row.attempt),
        Sql::Integer(own.generation),
        text(&row.key_id),
        text(&own.created_by),
        Sql::Integer(own.authorized_at.0),
        Sql::Integer(own.created_at.0),
        Sql::Integer(own.updated_at.0),
        time(own.last_refreshed_at),
        time(own.last_used_at),
        time(own.revoked_at),
        blob(&row.access_token),
        blob(&row.refresh_token),
        blob(&row.client_secret),
        time(own.retry_at),
        blob(&row.proof_key),
        maybe(&row.held),
    ]
}

fn kind(row: &SqlRow<'_>) -> rusqlite::Result<Kind> {
    match row.get::<_, String>("kind")?.as_str() {
        "oauth" => Ok(Kind::Oauth),
        "machine" => Ok(Kind::Machine),
        "imported" => Ok(Kind::Imported),
        other => Err(unreadable("kind", format!("unknown kind {other}").into())),
    }
}

fn from_json<T: DeserializeOwned>(row: &SqlRow<'_>, column: &'static str) -> rusqlite::Result<T> {
    serde_json::from_str(&row.get::<_, String>(column)?).map_err(|source| unreadable(column, source.into()))
}

fn unreadable(column: &'static str, source: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    let index = COLUMNS.iter().position(|name| *name == column).unwrap_or_default();
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, source)
}

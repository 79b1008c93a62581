//! Rows of the table `credentials`: what stands in them, and the one statement that writes them.

use std::sync::Arc;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row as SqlRow, params_from_iter};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Subject;
use super::marks::Mark;
use crate::model::credential::may_be_taken_over;
use crate::model::{Credential, CredentialId, Kind, Scopes, Server, Timestamp};

/// A credential as it lies in the store, its secrets sealed.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) credential: Credential,
    /// `credential.server` exactly as it is stored; the seal is bound to this text.
    pub(super) server: Arc<str>,
    pub(super) access_token: Option<Vec<u8>>,
    pub(super) refresh_token: Option<Vec<u8>>,
    pub(super) client_secret: Option<Vec<u8>>,
    pub(super) proof_key: Option<Vec<u8>>,
    pub(super) key_id: String,
    /// A refresh that was begun, and of which no end was recorded.
    pub(super) attempt: Option<String>,
    /// Why the refresh token is not sent: it came out of a backup, or with tokens of somebody else. Begins with
    /// [`TAKEN_OVER`] where it is sent in spite of that.
    pub(super) held: Option<String>,
}

/// How the column `held` begins once a person has taken the credential over; what was in doubt of it follows.
pub(super) const TAKEN_OVER: &str = "taken over: ";

/// A refresh that was begun: written down before the request leaves, and erased with its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// The generation whose refresh token was sent.
    pub(crate) generation: i64,
    /// Seconds of the Unix epoch.
    pub(crate) begun_at: i64,
}

impl Row {
    /// Why the refresh token is held back, where that stands in the row.
    pub(super) fn doubt(&self) -> Option<&str> {
        self.held.as_deref().filter(|held| !held.starts_with(TAKEN_OVER))
    }

    /// What was in doubt of the refresh token when a person took it over; nothing has come of it yet.
    pub(crate) fn taken_over(&self) -> Option<&str> {
        self.held.as_deref()?.strip_prefix(TAKEN_OVER)
    }

    /// Whether a refresh was begun whose end is not recorded.
    pub(crate) fn has_attempt(&self) -> bool {
        self.attempt.is_some()
    }

    /// Whether there is anything that its provider could be told to end.
    pub(crate) fn has_tokens(&self) -> bool {
        self.access_token.is_some() || self.refresh_token.is_some()
    }

    /// The refresh of the present refresh token that was begun, and of which no end was recorded.
    pub(super) fn open_attempt(&self) -> Option<Attempt> {
        let attempt: Attempt = serde_json::from_str(self.attempt.as_deref()?).ok()?;
        (attempt.generation == self.credential.generation).then_some(attempt)
    }

    /// Whether its refresh token is held back until a person decides.
    pub(crate) fn is_held(&self) -> bool {
        self.doubt().is_some()
    }

    /// Whether its refresh token is held back for good.
    pub(super) fn is_held_for_good(&self) -> bool {
        self.held.as_deref().is_some_and(|reason| !may_be_taken_over(reason))
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

/// The place of a column in [`COLUMNS`]. It is looked up when the program is built: SQLite compares names for every value.
const fn at(column: &str) -> usize {
    let mut place = 0;
    while !is_same(COLUMNS[place].as_bytes(), column.as_bytes()) {
        place += 1;
    }
    place
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
}

/// Columns that change without a new generation and have statements of their own; a commit of tokens must not undo
/// what another process wrote there in the meantime.
const APART: &[&str] = &["is_default", "last_used_at"];

/// What is sealed. Nobody needs it to see what there is.
const SEALED: &[&str] = &["access_token", "refresh_token", "client_secret", "proof_key"];

/// How much of each row to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    /// Of what is sealed only whether there is a refresh token.
    Open,
}

impl Part {
    fn columns(self) -> String {
        let column = |name: &&'static str| match *name {
            "refresh_token" => "iif(refresh_token is null, null, x'')",
            name if SEALED.contains(&name) => "null",
            name => name,
        };
        match self {
            Self::Whole => COLUMNS.join(","),
            Self::Open => COLUMNS.iter().map(column).collect::<Vec<_>>().join(","),
        }
    }
}

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

impl Which<'_> {
    /// Whether the store's own indices keep it from being more than one row.
    fn is_one(self) -> bool {
        matches!(self, Self::Account { .. } | Self::Default { .. } | Self::Id(_))
    }
}

/// A row that this program cannot have written.
#[derive(Debug)]
pub(super) struct Damage {
    /// As far as it can be read.
    pub(super) of: Subject,
    pub(super) source: rusqlite::Error,
}

/// The rows, all of which must be readable.
pub(super) fn select(connection: &Connection, which: Which<'_>) -> rusqlite::Result<Vec<Row>> {
    let mut all = vec![];
    select_each(connection, which, Part::Whole, |row| all.push(row.map_err(|damage| damage.source)))?;
    all.into_iter().collect()
}

/// The rows one by one, each readable or not.
pub(super) fn select_each(
    connection: &Connection,
    which: Which<'_>,
    part: Part,
    mut take: impl FnMut(Result<Row, Damage>),
) -> rusqlite::Result<()> {
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
    let columns = part.columns();
    let order = if which.is_one() { "" } else { " order by tenant, provider, account" };
    let sql = format!("select {columns} from credentials where {condition}{order}");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut before = Before::default();
    while let Some(row) = rows.next()? {
        take(read(row, &mut before).map_err(|source| Damage { of: subject(row), source }));
    }
    Ok(())
}

fn subject(row: &SqlRow<'_>) -> Subject {
    let part = |column| row.get::<_, String>(column).unwrap_or_else(|_| "?".into());
    Subject::Credential { tenant: part("tenant"), provider: part("provider"), account: part("account") }
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

/// What stood in the row before, as it is stored and as it is understood: the accounts of one provider come one after the
/// other, nearly all with the same server and scopes.
#[derive(Default)]
struct Before {
    server: Option<(Arc<str>, Arc<Server>)>,
    requested: Option<(Arc<str>, Scopes)>,
    granted: Option<(Arc<str>, Scopes)>,
}

/// The text of a column and what it means, which is found out only where it is not the text of the row before.
fn shared<T: Clone>(
    row: &SqlRow<'_>,
    column: usize,
    before: &mut Option<(Arc<str>, T)>,
    meaning: impl FnOnce(&str) -> rusqlite::Result<T>,
) -> rusqlite::Result<(Arc<str>, T)> {
    let text = row.get_ref(column)?.as_str()?;
    match before {
        Some(same) if *same.0 == *text => Ok(same.clone()),
        before => Ok(before.insert((text.into(), meaning(text)?)).clone()),
    }
}

fn read(row: &SqlRow<'_>, before: &mut Before) -> rusqlite::Result<Row> {
    let time = |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
    let understood = |text: &str| parsed(const { at("server") }, text).map(Arc::new);
    let (text, server) = shared(row, const { at("server") }, &mut before.server, understood)?;
    let scopes = |column, before| shared(row, column, before, |text| Ok(Scopes::parse(text))).map(|(_, scopes)| scopes);
    let refresh_token: Option<Vec<u8>> = row.get(const { at("refresh_token") })?;
    let kind = kind(row)?;
    let id: String = row.get(const { at("id") })?;
    // It names files: nothing but what we made may stand here.
    if id.len() != 32 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(unreadable(const { at("id") }, "not an id".into()));
    }
    let credential = Credential {
        id: CredentialId(id),
        tenant: row.get(const { at("tenant") })?,
        provider: row.get(const { at("provider") })?,
        account: row.get(const { at("account") })?,
        kind,
        server,
        subject: row.get(const { at("subject") })?,
        client_id: row.get(const { at("client_id") })?,
        requested: scopes(const { at("requested") }, &mut before.requested)?,
        scopes: scopes(const { at("scope") }, &mut before.granted)?,
        token_type: row.get(const { at("token_type") })?,
        issued_at: Timestamp(row.get(const { at("issued_at") })?),
        expires_at: time(const { at("expires_at") })?,
        refresh_expires_at: time(const { at("refresh_expires_at") })?,
        refreshable: refresh_token.is_some() || kind == Kind::Machine,
        default: row.get(const { at("is_default") })?,
        parameters: from_json(row, const { at("parameters") })?,
        variables: from_json(row, const { at("variables") })?,
        metadata: from_json(row, const { at("metadata") })?,
        reauth: row.get(const { at("reauth") })?,
        created_by: row.get(const { at("created_by") })?,
        authorized_at: Timestamp(row.get(const { at("authorized_at") })?),
        created_at: Timestamp(row.get(const { at("created_at") })?),
        updated_at: Timestamp(row.get(const { at("updated_at") })?),
        last_refreshed_at: time(const { at("last_refreshed_at") })?,
        last_used_at: time(const { at("last_used_at") })?,
        revoked_at: time(const { at("revoked_at") })?,
        generation: row.get(const { at("generation") })?,
        retry_at: time(const { at("retry_at") })?,
        stale: None,
    };
    Ok(Row {
        credential,
        server: text,
        access_token: row.get(const { at("access_token") })?,
        refresh_token,
        client_secret: row.get(const { at("client_secret") })?,
        proof_key: row.get(const { at("proof_key") })?,
        key_id: row.get(const { at("key_id") })?,
        attempt: row.get(const { at("attempt") })?,
        held: row.get(const { at("held") })?,
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
    match row.get_ref(const { at("kind") })?.as_str()? {
        "oauth" => Ok(Kind::Oauth),
        "machine" => Ok(Kind::Machine),
        "imported" => Ok(Kind::Imported),
        other => Err(unreadable(const { at("kind") }, format!("unknown kind {other}").into())),
    }
}

fn from_json<T: DeserializeOwned>(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(column, row.get_ref(column)?.as_str()?)
}

/// The text of a column.
fn parsed<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|source| unreadable(column, source.into()))
}

fn unreadable(column: usize, source: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, source)
}

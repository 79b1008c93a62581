//! Client registrations of a tenant, kept for the next connection. A secret is sealed and bound, like a token, to the
//! authorization server it was registered with.

use std::collections::BTreeMap;
use std::iter;
use std::time::Instant;

use rusqlite::{Transaction, params};
use serde::de::DeserializeOwned;

use super::master_key::random_id;
use super::seal::Binding;
use super::{Error, PATIENCE, Seal, Subject, Vault, backup, plain};
use crate::model::{Client, Credential, Secret, Server, Timestamp, rules};

/// The name of a registration that was given none.
const UNNAMED: &str = "default";

/// A registration as it is kept. It holds no secret that is open.
#[derive(Clone, Debug)]
pub(crate) struct StoredClient {
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) default: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    row: String,
    pub(super) tenant: String,
    server: String,
    variables: String,
    secret: Option<Vec<u8>>,
    generation: i64,
    key_id: Option<String>,
    /// What the server said, when the program registered itself (JSON), and the sealed token for that registration.
    pub(super) registration: Option<String>,
    registration_access_token: Option<Vec<u8>>,
}

impl StoredClient {
    pub(crate) fn has_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// The authorization server it was registered with.
    pub(crate) fn server(&self) -> Result<Server, Error> {
        self.parsed("server", &self.server)
    }

    /// The template variables it was made for.
    pub(crate) fn variables(&self) -> Result<BTreeMap<String, String>, Error> {
        self.parsed("variables", &self.variables)
    }

    fn parsed<T: DeserializeOwned>(&self, field: &'static str, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|_| Error::Damaged { of: self.subject(), field })
    }

    pub(super) fn subject(&self) -> Subject {
        let Self { tenant, provider, client_id, .. } = self.clone();
        Subject::Client { tenant, provider, client_id }
    }

    pub(super) fn open_secret(&self, seal: &Seal) -> Result<Option<Secret>, Error> {
        self.open(SECRET, self.secret.as_deref(), seal)
    }

    /// The token that changes or deletes a registration of ours (RFC 7592).
    pub(crate) fn registration_access_token(&self, seal: &Seal) -> Result<Option<Secret>, Error> {
        self.open(REGISTRATION_TOKEN, self.registration_access_token.as_deref(), seal)
    }

    /// A secret of this registration, sealed for its row.
    pub(super) fn close(&self, field: &str, secret: &Secret, seal: &Seal) -> Vec<u8> {
        seal.close(secret, &binding(self, field))
    }

    /// Client secret and registration access token, sealed anew for the row as it is to be.
    fn sealed_for(&self, next: &Self, old: &Seal, new: &Seal) -> Result<[Option<Vec<u8>>; 2], Error> {
        let secret = self.open_secret(old)?.map(|secret| next.close(SECRET, &secret, new));
        let token = self.registration_access_token(old)?;
        Ok([secret, token.map(|token| next.close(REGISTRATION_TOKEN, &token, new))])
    }

    fn open(&self, field: &'static str, blob: Option<&[u8]>, seal: &Seal) -> Result<Option<Secret>, Error> {
        let Some(blob) = blob else { return Ok(None) };
        if self.key_id.as_deref() != Some(seal.key_id()) {
            let wanted = self.key_id.clone().unwrap_or_default();
            return Err(Error::WrongKey { given: seal.key_id().to_owned(), wanted });
        }
        let opened = seal.open(blob, &binding(self, field));
        opened.map(Some).map_err(|_| Error::Tampered { of: self.subject(), field: plain(field) })
    }
}

/// The sealed fields.
const SECRET: &str = "client_secret";
pub(super) const REGISTRATION_TOKEN: &str = "registration_access_token";

/// What [`read`] takes, in its order.
const COLUMNS: &str = "id, provider, name, client_id, server, variables, client_secret, is_default, generation, key_id,
                       created_at, updated_at, registration, registration_access_token, tenant";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredClient> {
    Ok(StoredClient {
        row: row.get(0)?,
        provider: row.get(1)?,
        name: row.get(2)?,
        client_id: row.get(3)?,
        server: row.get(4)?,
        variables: row.get(5)?,
        secret: row.get(6)?,
        default: row.get(7)?,
        generation: row.get(8)?,
        key_id: row.get(9)?,
        created_at: Timestamp(row.get(10)?),
        updated_at: Timestamp(row.get(11)?),
        registration: row.get(12)?,
        registration_access_token: row.get(13)?,
        tenant: row.get(14)?,
    })
}

/// A registration that is to be kept, and whose.
pub(crate) struct Registration<'a> {
    pub(crate) client: &'a Client,
    /// Without one, it keeps the name it has.
    pub(crate) name: Option<&'a str>,
    /// Whether it is taken where none is named; the first of a provider always is.
    pub(crate) default: bool,
    pub(crate) tenant: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) server: &'a Server,
    pub(crate) variables: &'a BTreeMap<String, String>,
    pub(crate) at: Timestamp,
}

impl<'a> Registration<'a> {
    /// The registration that a credential was authorized with.
    pub(super) fn of(credential: &'a Credential, client: &'a Client) -> Self {
        let Credential { tenant, provider, server, variables, updated_at, .. } = credential;
        Self { client, name: None, default: true, tenant, provider, server, variables, at: *updated_at }
    }
}

impl Vault {
    /// The registrations of a tenant, or of one provider, the default of each first.
    pub(crate) fn clients(&self, tenant: &str, provider: Option<&str>) -> Result<Vec<StoredClient>, Error> {
        let sql = format!(
            "select {COLUMNS} from clients where tenant = ?1 and (?2 is null or provider = ?2)
             order by provider, is_default desc, name"
        );
        let found = self.store.connection()?.prepare(&sql).and_then(|mut statement| {
            let rows = statement.query_map((tenant, provider), read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        found.map_err(self.store.failed())
    }

    /// Deletes a registration. What was connected with it has a copy of its own.
    pub(crate) fn remove_client(&self, tenant: &str, client: &StoredClient) -> Result<(), Error> {
        self.store.write(|transaction| {
            transaction.execute("delete from clients where id = ?1", [&client.row]).map_err(self.store.failed())?;
            let next = "update clients set is_default = 1 where id = (select id from clients where tenant = ?1 and
                        provider = ?2 order by is_default desc, updated_at desc limit 1)";
            transaction.execute(next, (tenant, &client.provider)).map_err(self.store.failed())?;
            Ok(())
        })?;
        self.store.sweep()
    }

    /// Opens the secret of a kept registration, for use at `server`. A registration belongs to the issuer and token
    /// endpoint it was made for: elsewhere it is none of ours, and `None` is returned.
    pub(crate) fn open_client(
        &self,
        stored: &StoredClient,
        server: &Server,
        seal: &Seal,
    ) -> Result<Option<Client>, Error> {
        let own = stored.server()?;
        if (&own.issuer, &own.token_endpoint) != (&server.issuer, &server.token_endpoint) {
            return Ok(None);
        }
        let secret = stored.open_secret(seal)?;
        Ok(Some(Client { id: stored.client_id.clone(), secret }))
    }

    /// Keeps a registration without a login, or one whose login did not come to its end, so that it need not be typed
    /// again. Tells the name that it had before, where that was another.
    pub(crate) fn keep_registration(
        &self,
        registration: &Registration<'_>,
        seal: &Seal,
    ) -> Result<Option<String>, Error> {
        let _held = self.keep_key(seal, Instant::now() + PATIENCE)?;
        self.store.write(|transaction| self.keep_client(transaction, registration, seal))
    }

    /// Seals the secrets of all registrations under another key.
    pub(super) fn seal_clients_anew(&self, transaction: &Transaction<'_>, old: &Seal, new: &Seal) -> Result<(), Error> {
        let failed = self.store.failed();
        let sql = format!("select {COLUMNS} from clients where key_id is not null");
        let mut statement = transaction.prepare(&sql).map_err(&failed)?;
        let found = statement.query_map([], read).and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>);
        for stored in found.map_err(&failed)? {
            let [secret, token] = stored.sealed_for(&stored, old, new)?;
            let sql =
                "update clients set client_secret = ?1, registration_access_token = ?2, key_id = ?3 where id = ?4";
            transaction.execute(sql, (secret, token, new.key_id(), &stored.row)).map_err(&failed)?;
        }
        Ok(())
    }

    /// Moves all registrations of a tenant to another name.
    pub(super) fn move_clients(
        &self,
        transaction: &Transaction<'_>,
        seal: &Seal,
        from: &str,
        to: &str,
    ) -> Result<(), Error> {
        for stored in self.clients(from, None)? {
            let moved = StoredClient { tenant: to.to_owned(), ..stored.clone() };
            let [secret, token] = stored.sealed_for(&moved, seal, seal)?;
            let sql =
                "update clients set tenant = ?1, client_secret = ?2, registration_access_token = ?3 where id = ?4";
            transaction.execute(sql, (to, secret, token, &stored.row)).map_err(self.store.failed())?;
        }
        Ok(())
    }

    /// Stores a registration in the place of the one with its name or its client id. Tells the name that it had before,
    /// where that was another.
    pub(super) fn keep_client(
        &self,
        transaction: &Transaction<'_>,
        registration: &Registration<'_>,
        seal: &Seal,
    ) -> Result<Option<String>, Error> {
        let Registration { client, tenant, provider, at: now, .. } = *registration;
        let others = self.clients(tenant, Some(provider))?;
        let same = others.iter().find(|other| other.client_id == client.id);
        let name = registration.name.or(same.map(|same| same.name.as_str())).map(str::to_owned);
        let name = name.unwrap_or_else(|| name_among(&others, &client.id));
        let replaced = |other: &&StoredClient| other.name == name || other.client_id == client.id;
        let was_default = others.iter().filter(replaced).any(|other| other.default);
        let mut new = StoredClient {
            provider: provider.to_owned(),
            name: name.clone(),
            client_id: client.id.clone(),
            default: registration.default || was_default || others.is_empty(),
            created_at: same.map_or(now, |same| same.created_at),
            updated_at: now,
            row: random_id(),
            tenant: tenant.to_owned(),
            server: serde_json::to_string(registration.server).expect("a server is JSON"),
            variables: serde_json::to_string(registration.variables).expect("a map of texts is JSON"),
            secret: None,
            registration: None,
            registration_access_token: None,
            generation: now.0,
            key_id: None,
        };
        backup::check_client(&new, client.secret.as_ref())?;
        if let Some(secret) = &client.secret {
            new.secret = Some(new.close(SECRET, secret, seal));
            new.key_id = Some(seal.key_id().to_owned());
        }
        let failed = self.store.failed();
        if new.default {
            let cleared = "update clients set is_default = 0 where tenant = ?1 and provider = ?2";
            transaction.execute(cleared, (tenant, provider)).map_err(&failed)?;
        }
        for other in others.iter().filter(replaced) {
            transaction.execute("delete from clients where id = ?1", [&other.row]).map_err(&failed)?;
        }
        write(transaction, &new).map_err(&failed)?;
        Ok(same.map(|same| &same.name).filter(|name| **name != new.name).cloned())
    }
}

/// A name that no other registration of the provider has: its client id, where that can be one.
fn name_among(others: &[StoredClient], client_id: &str) -> String {
    let is_free = |name: &String| others.iter().all(|other| other.name != *name);
    let id = Some(client_id.to_owned()).filter(|id| rules::is_name(id));
    let numbered = (2..).map(|number: usize| format!("{UNNAMED}-{number}"));
    let mut names = iter::once(UNNAMED.to_owned()).chain(id).chain(numbered);
    names.find(is_free).expect("numbers do not end")
}

fn write(transaction: &Transaction<'_>, new: &StoredClient) -> rusqlite::Result<()> {
    let sql = "insert into clients (id, tenant, provider, name, client_id, server, variables, client_secret, is_default,
               generation, key_id, created_at, updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    transaction.execute(
        sql,
        params![
            new.row,
            new.tenant,
            new.provider,
            new.name,
            new.client_id,
            new.server,
            new.variables,
            new.secret,
            new.default,
            new.generation,
            new.key_id,
            new.created_at.0,
            new.updated_at.0
        ],
    )?;
    Ok(())
}

fn binding<'a>(client: &'a StoredClient, field: &'a str) -> Binding<'a> {
    Binding {
        table: "clients",
        row: &client.row,
        field,
        tenant: &client.tenant,
        provider: &client.provider,
        account: "",
        server: &client.server,
        client_id: &client.client_id,
        generation: client.generation,
    }
}

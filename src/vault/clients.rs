//! Client registrations of a tenant, kept for the next connection. A secret is sealed and bound, like a token, to the
//! authorization server it was registered with.

use std::time::Instant;

use rusqlite::{OptionalExtension, Transaction};

use super::master_key::random_id;
use super::seal::Binding;
use super::{Error, PATIENCE, Seal, Vault};
use crate::model::{Client, Credential, Secret, Server, Timestamp};

/// A registration as it is kept.
pub(crate) struct StoredClient {
    pub(crate) client_id: String,
    row: String,
    server: String,
    secret: Option<Vec<u8>>,
    generation: i64,
    key_id: Option<String>,
}

/// A registration that is to be kept, and whose.
pub(crate) struct Registration<'a> {
    pub(crate) client: &'a Client,
    pub(crate) tenant: &'a str,
    pub(crate) provider: &'a str,
    pub(crate) server: &'a Server,
    pub(crate) at: Timestamp,
}

impl<'a> Registration<'a> {
    /// The registration that a credential was authorized with.
    pub(super) fn of(credential: &'a Credential, client: &'a Client) -> Self {
        let Credential { tenant, provider, server, updated_at, .. } = credential;
        Self { client, tenant, provider, server, at: *updated_at }
    }
}

impl Vault {
    /// The registration that is used when none is given: the tenant's default for this provider.
    pub(crate) fn default_client(&self, tenant: &str, provider: &str) -> Result<Option<StoredClient>, Error> {
        let sql = "select id, client_id, server, client_secret, generation, key_id from clients
                   where tenant = ?1 and provider = ?2 order by is_default desc, updated_at desc limit 1";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(StoredClient {
                row: row.get(0)?,
                client_id: row.get(1)?,
                server: row.get(2)?,
                secret: row.get(3)?,
                generation: row.get(4)?,
                key_id: row.get(5)?,
            })
        };
        self.store.connection().query_row(sql, (tenant, provider), read).optional().map_err(self.store.failed())
    }

    /// Opens the secret of a kept registration, for use at `server`. A registration belongs to the issuer and token
    /// endpoint it was made for: elsewhere it is none of ours, and `None` is returned.
    pub(crate) fn open_client(
        &self,
        stored: &StoredClient,
        tenant: &str,
        provider: &str,
        server: &Server,
        seal: &Seal,
    ) -> Result<Option<Client>, Error> {
        let damaged = |_| Error::Damaged { label: label(provider), field: "server" };
        let own: Server = serde_json::from_str(&stored.server).map_err(damaged)?;
        if (&own.issuer, &own.token_endpoint) != (&server.issuer, &server.token_endpoint) {
            return Ok(None);
        }
        let secret = stored.open_secret(tenant, provider, seal)?;
        Ok(Some(Client { id: stored.client_id.clone(), secret }))
    }

    /// Keeps a registration whose login did not come to its end, so that it need not be typed again.
    pub(crate) fn keep_registration(&self, registration: &Registration<'_>, seal: &Seal) -> Result<(), Error> {
        let _held = self.keep_key(seal, Instant::now() + PATIENCE)?;
        self.store.write(|transaction| self.keep_client(transaction, registration, seal))
    }

    /// Seals the secrets of all registrations under another key.
    pub(super) fn seal_clients_anew(&self, transaction: &Transaction<'_>, old: &Seal, new: &Seal) -> Result<(), Error> {
        let failed = self.store.failed();
        let sql = "select tenant, provider, id, client_id, server, client_secret, generation, key_id from clients
                   where client_secret is not null";
        let mut statement = transaction.prepare(sql).map_err(&failed)?;
        let read = |row: &rusqlite::Row<'_>| {
            let stored = StoredClient {
                row: row.get(2)?,
                client_id: row.get(3)?,
                server: row.get(4)?,
                secret: row.get(5)?,
                generation: row.get(6)?,
                key_id: row.get(7)?,
            };
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, stored))
        };
        let found = statement.query_map([], read).and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>);
        for (tenant, provider, stored) in found.map_err(&failed)? {
            let Some(secret) = stored.open_secret(&tenant, &provider, old)? else { continue };
            let blob = new.close(&secret, &binding(&stored, &tenant, &provider));
            let sql = "update clients set client_secret = ?1, key_id = ?2 where id = ?3";
            transaction.execute(sql, (blob, new.key_id(), &stored.row)).map_err(&failed)?;
        }
        Ok(())
    }

    /// Makes a registration the tenant's default for its provider.
    pub(super) fn keep_client(
        &self,
        transaction: &Transaction<'_>,
        registration: &Registration<'_>,
        seal: &Seal,
    ) -> Result<(), Error> {
        let Registration { client, server, at: now, .. } = *registration;
        let place = (registration.tenant, registration.provider);
        let mut new = StoredClient {
            client_id: client.id.clone(),
            row: random_id(),
            server: serde_json::to_string(server).expect("a server is JSON"),
            secret: None,
            generation: now.0,
            key_id: None,
        };
        if let Some(secret) = &client.secret {
            new.secret = Some(seal.close(secret, &binding(&new, place.0, place.1)));
            new.key_id = Some(seal.key_id().to_owned());
        }
        let cleared = "update clients set is_default = 0 where tenant = ?1 and provider = ?2";
        transaction.execute(cleared, place).map_err(self.store.failed())?;
        let replaced = "delete from clients where tenant = ?1 and provider = ?2 and client_id = ?3";
        transaction.execute(replaced, (place.0, place.1, &new.client_id)).map_err(self.store.failed())?;
        let sql = "insert into clients (id, tenant, provider, client_id, server, client_secret, is_default, generation,
                   key_id, created_at, updated_at) values (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9, ?9)";
        let StoredClient { row, client_id, server, secret, generation, key_id } = &new;
        let values = (row, place.0, place.1, client_id, server, secret, generation, key_id, now.0);
        transaction.execute(sql, values).map_err(self.store.failed())?;
        Ok(())
    }
}

impl StoredClient {
    fn open_secret(&self, tenant: &str, provider: &str, seal: &Seal) -> Result<Option<Secret>, Error> {
        let Some(blob) = &self.secret else { return Ok(None) };
        if self.key_id.as_deref() != Some(seal.key_id()) {
            let wanted = self.key_id.clone().unwrap_or_default();
            return Err(Error::WrongKey { given: seal.key_id().to_owned(), wanted });
        }
        let opened = seal.open(blob, &binding(self, tenant, provider));
        opened.map(Some).map_err(|_| Error::Tampered { label: label(provider), field: "client secret" })
    }
}

fn label(provider: &str) -> String {
    format!("the client registered for {provider}")
}

fn binding<'a>(client: &'a StoredClient, tenant: &'a str, provider: &'a str) -> Binding<'a> {
    Binding {
        table: "clients",
        row: &client.row,
        field: "client_secret",
        tenant,
        provider,
        account: "",
        server: &client.server,
        client_id: &client.client_id,
        generation: client.generation,
    }
}

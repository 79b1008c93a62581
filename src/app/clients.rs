//! `client`: the registrations a tenant holds, made before or besides a login.

use std::collections::BTreeMap;
use std::time::Instant;

use super::authorize::check_client;
use super::discover::is_address;
use super::{App, Error, GivenClient, LEASE_WAIT};
use crate::model::text::shown;
use crate::model::{Client, Timestamp, rules};
use crate::protocol;
use crate::vault::{Registration, Seal, SelfRegistration, Source, StoredClient, Vault};

/// A registration to keep.
#[derive(Debug)]
pub(crate) struct NewClient {
    pub(crate) provider: String,
    pub(crate) name: Option<String>,
    pub(crate) client: GivenClient,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) make_default: bool,
}

/// A registration without its secret.
pub(crate) struct ClientInfo {
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) has_secret: bool,
    pub(crate) issuer: Option<String>,
    pub(crate) token_endpoint: String,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) default: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What became of a registration at its server, when it was deleted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AtServer {
    /// A person made it there, or the server gave no way to delete it.
    NotOurs,
    /// It is deleted there too (RFC 7592 §2.3).
    Deleted,
    /// It stays there: a login made with it lives, and would end with it.
    InUse(String),
    /// The server was not to be asked.
    NotAsked,
}

impl App {
    /// Keeps a registration, its secret sealed for the server it was made at.
    ///
    /// The name it had comes with it, where it was kept already under another.
    pub(crate) fn set_client(
        &self,
        new: NewClient,
        chosen: &mut dyn FnMut(&Source),
    ) -> Result<(ClientInfo, Option<String>), Error> {
        let provider = self.registry.find(&new.provider)?;
        let provider = self.completed(provider, &new.variables)?;
        if let Some(name) = new.name.as_deref().filter(|name| !rules::is_name(name)) {
            return Err(Error::Usage(format!("`{}` cannot be the name of a registration", shown(name))));
        }
        check_client(&new.client)?;
        let Some(id) = new.client.id else {
            return Err(Error::Usage("a client registration has an id: --client-id or --client-file".into()));
        };
        let resolved = provider.resolve(&new.variables, &id)?;
        let deadline = Instant::now() + LEASE_WAIT;
        let mut vault = Vault::open_or_create(&self.home, &self.caller, (self.clock)(), deadline)?;
        let (seal, source) = vault.unlock_or_choose(&self.keys, deadline)?;
        source.iter().for_each(chosen);
        let client = Client { id, secret: new.client.secret };
        let registration = Registration {
            client: &client,
            name: new.name.as_deref(),
            default: new.make_default,
            tenant: &self.tenant,
            provider: &provider.id,
            server: &resolved.server,
            variables: &new.variables,
            at: (self.clock)(),
        };
        let former = vault.keep_registration(&registration, &seal)?;
        let kept =
            vault.clients(&self.tenant, Some(&provider.id))?.into_iter().find(|kept| kept.client_id == client.id);
        let kept = kept.ok_or_else(|| self.no_client(&provider.id, &client.id, &[]))?;
        Ok((info(&kept)?, former))
    }

    /// The registrations of the tenant; no key is needed.
    pub(crate) fn clients(&self, provider: Option<&str>) -> Result<Vec<ClientInfo>, Error> {
        let id = provider.map(|name| self.known_as(name)).transpose()?;
        let Some(vault) = self.vault()? else { return Ok(vec![]) };
        vault.clients(&self.tenant, id.as_deref())?.iter().map(info).collect()
    }

    /// Deletes a registration. What was connected with it goes on. One that the program made itself is deleted at its
    /// server first, unless only this side is meant.
    pub(crate) fn remove_client(
        &self,
        provider: &str,
        name: Option<&str>,
        local: bool,
    ) -> Result<(ClientInfo, AtServer), Error> {
        let id = self.known_as(provider)?;
        let wanted = name.unwrap_or("default");
        let Some(vault) = self.vault()? else { return Err(self.no_client(&id, wanted, &[])) };
        let all = vault.clients(&self.tenant, Some(&id))?;
        let found = match name {
            Some(name) => all.iter().find(|client| is_called(client, name)),
            None if all.len() > 1 => return Err(self.no_client(&id, "", &all)),
            None => all.first(),
        };
        let found = found.ok_or_else(|| self.no_client(&id, wanted, &all))?;
        let at_server = match found.self_registration() {
            Some(_) if local => AtServer::NotAsked,
            Some(own) => self.unregister(&vault, &self.unlock(&vault)?, found, &own)?,
            None => AtServer::NotOurs,
        };
        vault.remove_client(&self.tenant, found)?;
        Ok((info(found)?, at_server))
    }

    /// Deletes a registration of ours at its server (RFC 7592 §2.3), unless a login made with it lives.
    pub(super) fn unregister(
        &self,
        vault: &Vault,
        seal: &Seal,
        stored: &StoredClient,
        own: &SelfRegistration,
    ) -> Result<AtServer, Error> {
        let token = stored.registration_access_token(seal)?;
        let (Some(uri), Some(token)) = (&own.client_uri, token) else { return Ok(AtServer::NotOurs) };
        let issuer = stored.server()?.issuer;
        let all = vault.all()?.into_iter().map(|row| row.credential);
        let mut live = all.filter(|own| own.revoked_at.is_none());
        if let Some(user) = live.find(|own| own.client_id == stored.client_id && own.server.issuer == issuer) {
            return Ok(AtServer::InUse(user.label()));
        }
        let failed = |source| Error::UnregistrationFailed { provider: stored.provider.clone(), source };
        protocol::unregister(&self.http, self.clock, uri, &token).map_err(failed)?;
        Ok(AtServer::Deleted)
    }

    /// A registration by its name or its client id; without one, the tenant's default.
    pub(super) fn stored_client(
        &self,
        vault: &Vault,
        provider: &str,
        name: Option<&str>,
    ) -> Result<Option<StoredClient>, Error> {
        let all = vault.clients(&self.tenant, Some(provider))?;
        match name {
            None => Ok(all.into_iter().next()),
            Some(name) => match all.iter().find(|client| is_called(client, name)) {
                Some(found) => Ok(Some(found.clone())),
                None => Err(self.no_client(provider, name, &all)),
            },
        }
    }

    /// The provider's own name. One that was removed may still have registrations; an address is its own name.
    fn known_as(&self, name: &str) -> Result<String, Error> {
        if is_address(name) {
            return Ok(name.to_owned());
        }
        match self.registry.find(name) {
            Ok(provider) => Ok(provider.id),
            Err(unknown @ crate::provider::Error::Unknown { .. }) => {
                let kept = self.vault()?.map(|vault| vault.clients(&self.tenant, Some(name))).transpose()?;
                if kept.is_some_and(|kept| !kept.is_empty()) { Ok(name.to_owned()) } else { Err(unknown.into()) }
            }
            Err(other) => Err(other.into()),
        }
    }

    pub(super) fn no_client(&self, provider: &str, name: &str, all: &[StoredClient]) -> Error {
        let known = all.iter().map(|client| client.name.clone()).collect();
        Error::NoSuchClient { provider: provider.to_owned(), name: name.to_owned(), known }
    }
}

fn is_called(client: &StoredClient, name: &str) -> bool {
    client.name == name || client.client_id == name
}

fn info(stored: &StoredClient) -> Result<ClientInfo, Error> {
    let server = stored.server()?;
    Ok(ClientInfo {
        provider: stored.provider.clone(),
        name: stored.name.clone(),
        client_id: stored.client_id.clone(),
        has_secret: stored.has_secret(),
        issuer: server.issuer,
        token_endpoint: server.token_endpoint,
        variables: stored.variables()?,
        default: stored.default,
        created_at: stored.created_at,
        updated_at: stored.updated_at,
    })
}

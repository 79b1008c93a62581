//! The client registration of a login, and the vault it is sealed in.
//!
//! Given now → the credential's own → the tenant's default → asked for. Nothing is made before the registration is whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use super::super::{App, Error, LEASE_WAIT};
use super::redirect::registration;
use super::{ClientNeed, GivenClient, Person};
use crate::callback::Address;
use crate::files;
use crate::model::text::shown;
use crate::model::{Client, Credential, Secret};
use crate::provider::{Provider, Resolved};
use crate::vault::{Seal, Vault};

impl GivenClient {
    /// Reads the file that Google and others let one download: `client_id` and `client_secret`, at the top or one level
    /// down.
    pub(crate) fn from_file(path: &Path) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Usage(format!("{}: {what}", path.display()));
        let file = File::open(path).map_err(|error| wrong(&error.to_string()))?;
        files::check_secret(&file, path)?;
        let content: Value = serde_json::from_reader(file.take(LARGEST)).map_err(|_| wrong("it is no JSON"))?;
        let inner = content.as_object().and_then(|all| all.values().find(|value| value.get("client_id").is_some()));
        let found = inner.unwrap_or(&content);
        let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("client_id").ok_or_else(|| wrong("it has no client_id"))?;
        Ok(Self { id: Some(id), secret: text("client_secret").map(Secret::new), keep: true })
    }
}

/// What a registration is needed for.
pub(super) struct Request<'a> {
    pub(super) provider: &'a Provider,
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) address: &'a Address,
}

/// An open vault and a whole registration.
pub(super) struct Prepared {
    pub(super) vault: Vault,
    pub(super) seal: Seal,
    pub(super) client: Client,
    /// The registration is new, and kept for the next connection.
    pub(super) keep: bool,
}

/// More than this is no registration, in bytes.
const LARGEST: u64 = 64 << 10;

/// A registration as far as it is known, and whether it is to be kept.
type Found = (Option<Client>, bool);

impl App {
    pub(super) fn prepare(
        &self,
        request: &Request<'_>,
        given: &GivenClient,
        previous: Option<&Credential>,
        person: &mut dyn Person,
    ) -> Result<Prepared, Error> {
        let provider = request.provider;
        let resolved = provider.resolve(request.variables, given.id.as_deref().unwrap_or("client"))?;
        let opened = self.open_existing()?;
        if opened.is_none() {
            // Nobody shall type a secret that cannot be kept then.
            self.keys.probe()?;
        }
        let (found, keep) = match &opened {
            Some((vault, seal)) => self.known_client(vault, seal, provider, &resolved, given, previous)?,
            None => (given.id.clone().map(|id| Client { id, secret: given.secret.clone() }), given.keep),
        };
        let (client, keep) = match found.filter(|client| client.secret.is_some() || provider.entry.public_client) {
            Some(whole) => (whole, keep),
            None => (ask(request, &resolved, given, person)?, true),
        };
        let (vault, seal) = match opened {
            Some(opened) => opened,
            None => self.open_or_create(person)?,
        };
        Ok(Prepared { vault, seal, client, keep })
    }

    /// The vault, when it is there and has a key.
    fn open_existing(&self) -> Result<Option<(Vault, Seal)>, Error> {
        match self.vault()?.filter(Vault::has_key) {
            Some(vault) => self.unlock(&vault).map(|seal| Some((vault, seal))),
            None => Ok(None),
        }
    }

    fn open_or_create(&self, person: &mut dyn Person) -> Result<(Vault, Seal), Error> {
        let deadline = Instant::now() + LEASE_WAIT;
        let mut vault = Vault::open_or_create(&self.home, &self.caller, (self.clock)(), deadline)?;
        let (seal, chosen) = vault.unlock_or_choose(&self.keys, deadline)?;
        if let Some(source) = chosen {
            person.key_was_chosen(&source);
        }
        Ok((vault, seal))
    }

    /// A given id without a secret takes the secret that is kept for it.
    fn known_client(
        &self,
        vault: &Vault,
        seal: &Seal,
        provider: &Provider,
        resolved: &Resolved,
        given: &GivenClient,
        previous: Option<&Credential>,
    ) -> Result<Found, Error> {
        let same_server = |own: &&Credential| own.server.token_endpoint == resolved.server.token_endpoint;
        let own = match previous.filter(same_server).filter(|own| own.revoked_at.is_none()) {
            Some(own) => {
                let secret = Vault::client_secret(&vault.reread(&own.id)?, seal)?;
                Some(Client { id: own.client_id.clone(), secret })
            }
            None => None,
        };
        let stored = match vault.default_client(&self.tenant, &provider.id)? {
            Some(stored) => vault.open_client(&stored, &self.tenant, &provider.id, &resolved.server, seal)?,
            None => None,
        };
        let Some(id) = &given.id else {
            let found = own.or(stored);
            let with_secret = |secret| found.clone().map(|client| Client { secret: Some(secret), ..client });
            let client = given.secret.clone().map_or_else(|| found.clone(), with_secret);
            return Ok((client, given.keep));
        };
        let kept = [own, stored].into_iter().flatten().find(|client| client.id == *id).and_then(|client| client.secret);
        Ok((Some(Client { id: id.clone(), secret: given.secret.clone().or(kept) }), given.keep))
    }
}

fn ask(
    request: &Request<'_>,
    resolved: &Resolved,
    given: &GivenClient,
    person: &mut dyn Person,
) -> Result<Client, Error> {
    let provider = request.provider;
    let need = ClientNeed {
        provider: provider.id.clone(),
        id: given.id.is_none(),
        secret: given.secret.is_none() && !provider.entry.public_client,
        name: provider.entry.name.clone(),
        setup: provider.entry.setup.iter().map(|step| shown(step)).collect(),
        console_url: filled_console(provider, resolved).map(|url| shown(&url)),
        redirect_uri: registration(request.address),
    };
    let typed = person.client(&need);
    let id = typed.as_ref().and_then(|typed| typed.id.clone()).or_else(|| given.id.clone());
    let (Some(typed), Some(id)) = (typed, id) else {
        return Err(Error::ClientRequired { provider: provider.entry.name.clone(), need: Box::new(need) });
    };
    Ok(Client { id, secret: typed.secret.or_else(|| given.secret.clone()) })
}

fn filled_console(provider: &Provider, resolved: &Resolved) -> Option<String> {
    let url = provider.entry.console_url.clone()?;
    Some(resolved.variables.iter().fold(url, |url, (name, value)| url.replace(&format!("{{{name}}}"), value)))
}

//! The client registration of a login, and the vault it is sealed in.
//!
//! Given now → the credential's own → the tenant's default → asked for. Nothing is made before the registration is whole.
//! One that was given is kept with what is connected, or when the login failed for another reason.

use std::collections::BTreeMap;
use std::time::Instant;

use super::super::{App, Error, LEASE_WAIT};
use super::redirect::Arrival;
use super::{ClientNeed, GivenClient, Person, Plan};
use crate::model::text::shown;
use crate::model::{Client, Credential, Server};
use crate::protocol;
use crate::provider::{Provider, Resolved, filled};
use crate::vault::{Registration, Seal, Source, StoredClient, Vault};

/// What a registration is needed for.
pub(super) struct Request<'a> {
    pub(super) provider: &'a Provider,
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) arrival: &'a Arrival,
    /// A public client will not do.
    pub(super) needs_secret: bool,
    /// The secret has to be a private key.
    pub(super) signs: bool,
}

impl Request<'_> {
    fn takes_public_client(&self) -> bool {
        self.provider.entry.public_client && !self.needs_secret
    }
}

/// An open vault and a whole registration.
pub(super) struct Prepared {
    pub(super) vault: Vault,
    pub(super) seal: Seal,
    pub(super) client: Client,
    /// The registration is new, and kept for the next connection.
    pub(super) keep: bool,
}

/// A registration that was given for this login, should it fail for another reason.
pub(super) struct NewRegistration {
    client: Client,
    provider: String,
    server: Server,
    variables: BTreeMap<String, String>,
    seal: Seal,
}

impl NewRegistration {
    /// `None` where it is not to be kept.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        plan.keep_client.then(|| Self {
            client: plan.client.clone(),
            provider: plan.provider.clone(),
            server: plan.resolved.server.clone(),
            variables: plan.resolved.variables.clone(),
            seal: plan.seal.clone(),
        })
    }
}

/// Whether a login failed although its client may be right. Whoever interrupts it may have mistyped it, and an answer that
/// is none may be one to a client that is not known there.
pub(super) fn spares_client(error: &Error) -> bool {
    match error {
        Error::LoginTimedOut { .. }
        | Error::DeviceTimedOut { .. }
        | Error::WrongAccount { .. }
        | Error::NameRequired { .. } => true,
        Error::Denied { response, .. } => !response.blames_client(),
        Error::Protocol { source, .. } => {
            matches!(source, protocol::Error::Http(_) | protocol::Error::Trouble { .. } | protocol::Error::IdToken(_))
        }
        _ => false,
    }
}

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
        let open = provider.entry.open_client_id.clone().map(|id| Client { id, secret: None });
        let found = found.or(open);
        let (client, keep) = match found {
            Some(client) if client.secret.is_some() || request.takes_public_client() => (client, keep),
            found => (ask(request, &resolved, found.map(|client| client.id), given, person)?, true),
        };
        let (vault, seal) = match opened {
            Some(opened) => opened,
            None => self.open_or_create(person)?,
        };
        Ok(Prepared { vault, seal, client, keep })
    }

    /// Keeps what was given, so that nobody types it again. Where a registration is kept already, that one is known to be
    /// good, and stays alone. False when there was nothing to keep.
    pub(super) fn keep_new(&self, new: &NewRegistration) -> Result<bool, Error> {
        let Some(vault) = self.vault()? else { return Ok(false) };
        if !vault.clients(&self.tenant, Some(&new.provider))?.is_empty() {
            return Ok(false);
        }
        let registration = Registration {
            client: &new.client,
            name: None,
            default: true,
            tenant: &self.tenant,
            provider: &new.provider,
            server: &new.server,
            variables: &new.variables,
            at: (self.clock)(),
        };
        // The login took minutes, in which the master key may have been replaced.
        let (seal, _kept) = vault.unlock_to_write(&new.seal, &self.keys)?;
        vault.keep_registration(&registration, &seal)?;
        Ok(true)
    }

    /// The vault, when it is there and has a key.
    fn open_existing(&self) -> Result<Option<(Vault, Seal)>, Error> {
        match self.vault()?.filter(Vault::has_key) {
            Some(vault) => self.unlock(&vault).map(|seal| Some((vault, seal))),
            None => Ok(None),
        }
    }

    pub(super) fn open_or_create(&self, person: &mut dyn Person) -> Result<(Vault, Seal), Error> {
        let deadline = Instant::now() + LEASE_WAIT;
        let mut vault = Vault::open_or_create(&self.home, &self.caller, (self.clock)(), deadline)?;
        let (seal, chosen) = vault.unlock_or_choose(&self.keys, deadline)?;
        if let Some(source) = chosen {
            let kept = self.keys.cache.keeps().filter(|_| source == Source::Keyring);
            person.key_was_chosen(&source, kept);
        }
        Ok((vault, seal))
    }

    /// The template variables of the credential that is renewed, else of the registration that will be used.
    pub(super) fn remembered_variables(
        &self,
        provider: &Provider,
        given: &GivenClient,
        previous: Option<&Credential>,
    ) -> Result<BTreeMap<String, String>, Error> {
        if let (Some(own), None) = (previous, &given.name) {
            return Ok(own.variables.clone());
        }
        let Some(vault) = self.vault()? else {
            let named = given.name.as_ref();
            return named.map_or(Ok(BTreeMap::new()), |name| Err(self.no_client(&provider.id, name, &[])));
        };
        let stored = self.stored_client(&vault, &provider.id, given.name.as_deref())?;
        let variables = stored.map(|stored| stored.variables()).transpose()?.unwrap_or_default();
        Ok(variables.into_iter().filter(|(name, _)| provider.entry.variables.contains_key(name)).collect())
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
        // A static token has no client.
        let previous = previous.filter(same_server).filter(|own| !own.client_id.is_empty());
        let own = match previous.filter(|own| own.revoked_at.is_none()) {
            Some(own) => {
                let secret = Vault::client_secret(&vault.reread(&own.id)?, seal)?;
                Some(Client { id: own.client_id.clone(), secret })
            }
            None => None,
        };
        let named = given.name.as_deref();
        let stored = match self.stored_client(vault, &provider.id, named)? {
            Some(stored) => match (vault.open_client(&stored, &resolved.server, seal)?, named) {
                (None, Some(_)) => return Err(elsewhere(&stored)?),
                (Some(client), Some(_)) => return Ok((Some(client), false)),
                (opened, None) => opened,
            },
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

/// A registration belongs to the server it was made at.
fn elsewhere(stored: &StoredClient) -> Result<Error, Error> {
    let server = stored.server()?;
    let registered_at = server.issuer.unwrap_or(server.token_endpoint);
    Ok(Error::ClientElsewhere { provider: stored.provider.clone(), name: stored.name.clone(), registered_at })
}

/// Asks for what is missing: the id too, unless it is known.
fn ask(
    request: &Request<'_>,
    resolved: &Resolved,
    id: Option<String>,
    given: &GivenClient,
    person: &mut dyn Person,
) -> Result<Client, Error> {
    let provider = request.provider;
    let need = ClientNeed {
        provider: provider.id.clone(),
        id: id.clone(),
        secret: given.secret.is_none() && !request.takes_public_client(),
        signs: request.signs,
        name: provider.entry.name.clone(),
        setup: provider.entry.setup.iter().map(|step| shown(&filled(step, &resolved.variables))).collect(),
        console_url: provider.entry.console_url.as_ref().map(|url| shown(&filled(url, &resolved.variables))),
        redirect_uri: request.arrival.registration_at(provider),
    };
    let typed = person.client(&need);
    let id = id.or_else(|| typed.as_ref()?.id.clone());
    let (Some(typed), Some(id)) = (typed, id) else {
        return Err(Error::ClientRequired { provider: provider.entry.name.clone(), need: Box::new(need) });
    };
    Ok(Client { id, secret: typed.secret.or_else(|| given.secret.clone()) })
}

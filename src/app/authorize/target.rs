//! Whom a login goes to: a provider of the registry, or an address that is asked for its authorization server.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

use super::super::discover::{Discovered, is_address};
use super::super::{App, Error, LEASE_WAIT};
use super::client::{Prepared, Request};
use super::redirect::Arrival;
use super::{Agreement, GivenClient, Login, Person};
use crate::callback::{Address, Host, Port};
use crate::model::text::shown;
use crate::model::{Client, Credential, Scopes, endpoint, rules};
use crate::protocol::{self, RegistrationRequest};
use crate::provider::{self, Provider};
use crate::vault::{Registration, Seal, SelfRegistration, Vault};

/// Whom to log in at.
pub(super) struct Target {
    pub(super) provider: Provider,
    /// What was found out just now, for an address.
    pub(super) found: Option<Discovered>,
}

impl Target {
    /// What is asked for when nobody says: what the resource's challenge wants.
    pub(super) fn scopes(&self) -> Scopes {
        self.found.as_ref().map(|found| found.scopes.clone()).unwrap_or_default()
    }
}

impl App {
    pub(super) fn target(&self, login: &Login, person: &mut dyn Person) -> Result<Target, Error> {
        if !is_address(&login.provider) {
            let known = self.registry.find(&login.provider);
            return Ok(Target { provider: known.map_err(|error| self.no_entry(error))?, found: None });
        }
        // It names what is connected, too, and is compared as it stands.
        if endpoint::check(&login.provider).is_ok() && !rules::is_provider_or_address(&login.provider) {
            let (word, why) = (shown(&login.provider), endpoint::Refused::Misread);
            return Err(Error::Usage(format!("`{word}` cannot be an address: {why}")));
        }
        let found = self.discover(&login.provider)?.usable()?;
        let strange = found.foreign_hosts();
        if !strange.is_empty()
            && person.agree(&Agreement::Hosts { issuer: &found.metadata.issuer, hosts: &strange }) != Some(true)
        {
            return Err(Error::ForeignHosts { issuer: found.metadata.issuer, hosts: strange });
        }
        let entry = found.entry();
        Ok(Target { provider: Provider { id: login.provider.clone(), entry, built_in: false }, found: Some(found) })
    }

    /// What is connected tells how an entry that is not here is made anew, as after a restore.
    fn no_entry(&self, error: provider::Error) -> Error {
        let provider::Error::Unknown { name, .. } = &error else { return error.into() };
        // A store that cannot be read is told by a command that needs it.
        let rows = self.vault().ok().flatten().and_then(|vault| vault.of_provider(&self.tenant, name).ok());
        match rows.unwrap_or_default().into_iter().next() {
            Some(row) => Error::NoEntry { provider: name.clone(), server: row.credential.server },
            None => error.into(),
        }
    }

    /// The target with its template variables, and what its entry leaves to the server's metadata.
    pub(super) fn completed_target(
        &self,
        target: Target,
        login: &Login,
        previous: Option<&Credential>,
    ) -> Result<(Target, BTreeMap<String, String>), Error> {
        let remembered = self.remembered_variables(&target.provider, &login.client, previous)?;
        let variables = super::merged(Some(&remembered), &login.variables);
        let provider = self.completed(target.provider, &variables)?;
        Ok((Target { provider, ..target }, variables))
    }

    /// The client registration of this login, and where its answer arrives. At an address: a client that is given or
    /// held for it, one that is held for its issuer, a metadata document, a registration of our own, or one to be typed.
    pub(super) fn registered(
        &self,
        target: &Target,
        login: &Login,
        variables: &BTreeMap<String, String>,
        arrival: Arrival,
        previous: Option<&Credential>,
        person: &mut dyn Person,
    ) -> Result<(Prepared, Arrival), Error> {
        let mut given = GivenClient {
            id: login.client.id.clone(),
            secret: login.machine.key.clone().or_else(|| login.client.secret.clone()),
            name: login.client.name.clone(),
            keep: login.client.keep,
        };
        let mut arrival = arrival;
        if let Some(found) = target.found.as_ref().filter(|_| given.id.is_none() && given.name.is_none()) {
            let (vault, seal) = self.open_or_create(person)?;
            if let Some(held) = self.held(&vault, &seal, target, found, previous, person)? {
                given = held;
            } else if let Some(url) = self.client_metadata_url.as_ref().filter(|_| found.metadata.takes_client_urls) {
                given = GivenClient { id: Some(url.clone()), keep: true, ..GivenClient::default() };
            } else if let Some(endpoint) = &found.metadata.registration_endpoint {
                self.register(&vault, &seal, target, found, endpoint, login, &mut arrival)?;
            }
        }
        let request =
            Request { provider: &target.provider, variables, arrival: &arrival, needs_secret: false, signs: false };
        let prepared = self.prepare(&request, &given, previous, person)?;
        Ok((prepared, arrival))
    }

    /// A client that is held for this very issuer under another name. It serves a resource only after the person has
    /// agreed to both names: a resource could name somebody else's server to get at a token made for another purpose.
    fn held(
        &self,
        vault: &Vault,
        seal: &Seal,
        target: &Target,
        found: &Discovered,
        previous: Option<&Credential>,
        person: &mut dyn Person,
    ) -> Result<Option<GivenClient>, Error> {
        let (id, issuer) = (&target.provider.id, &found.metadata.issuer);
        let own = vault.default_client(&self.tenant, id)?;
        if own.is_some() || previous.is_some_and(|own| own.server.issuer.as_ref() == Some(issuer)) {
            return Ok(None);
        }
        let names = vault.clients_at(&self.tenant, issuer)?;
        let Some(name) = names.into_iter().find(|name| name != id) else { return Ok(None) };
        if found.resource.is_some() {
            let agreement = Agreement::Client { resource: id, issuer, provider: &name };
            if person.agree(&agreement) != Some(true) {
                return Err(Error::ConfusedDeputy { resource: id.clone(), issuer: issuer.clone(), provider: name });
            }
        }
        let Some(stored) = vault.default_client(&self.tenant, &name)? else { return Ok(None) };
        let server = target.provider.resolve(&BTreeMap::new(), &stored.client_id)?.server;
        let client = vault.open_client(&stored, &server, seal)?;
        Ok(client.map(|Client { id, secret }| GivenClient { id: Some(id), secret, name: None, keep: true }))
    }

    /// Registers this program, unless its registration is there and still good. The port of the redirect URI is chosen
    /// once, for servers that compare it.
    #[expect(clippy::too_many_arguments, reason = "each is another part of the login")]
    fn register(
        &self,
        vault: &Vault,
        seal: &Seal,
        target: &Target,
        found: &Discovered,
        endpoint: &str,
        login: &Login,
        arrival: &mut Arrival,
    ) -> Result<(), Error> {
        let id = &target.provider.id;
        let Arrival::Listen(address) = arrival else { return Ok(()) };
        if let Some(stored) = vault.default_client(&self.tenant, id)? {
            let server = target.provider.resolve(&BTreeMap::new(), &stored.client_id)?.server;
            let ours = vault.open_client(&stored, &server, seal)?.is_some();
            match stored.self_registration() {
                None if ours => return Ok(()),
                Some(own) if ours && !own.has_ended((self.clock)()) && takes(&own, address) => {
                    address.port = port_of(&own).map_or(Port::Any, Port::Exact);
                    return Ok(());
                }
                // It only tidies up: the login goes on when the server does not do it.
                Some(own) => drop(self.unregister(vault, seal, &stored, &own)),
                None => {}
            }
        }
        if address.port == Port::Any {
            address.port = free_port().map_or(Port::Any, Port::Exact);
        }
        let redirect_uri = arrival.registration();
        let portless = Arrival::Listen(Address { port: Port::Any, ..arrival_address(arrival) }).registration();
        let mut redirect_uris = vec![redirect_uri.clone(), portless];
        redirect_uris.dedup();
        let request = RegistrationRequest {
            endpoint,
            redirect_uris,
            public: found.metadata.takes_public_clients,
            device: found.metadata.device_authorization_endpoint.is_some(),
        };
        let made = protocol::register(&self.http, self.clock, &request);
        let made = made.map_err(|error| match error {
            protocol::Error::Refused { response, .. } => {
                Error::RegistrationRefused { provider: id.clone(), redirect_uri: redirect_uri.clone(), response }
            }
            source => Error::Protocol { doing: format!("cannot register at {}", found.metadata.issuer), source },
        })?;
        let mut server = target.provider.resolve(&login.variables, &made.client.id)?.server;
        server.token_endpoint_auth_method = made.authentication;
        let registration = Registration {
            client: &made.client,
            name: None,
            default: true,
            variables: &login.variables,
            tenant: &self.tenant,
            provider: id,
            server: &server,
            at: (self.clock)(),
        };
        let own = SelfRegistration {
            redirect_uri,
            secret_expires_at: made.secret_expires_at.map(|end| end.0),
            client_uri: made.client_uri,
        };
        let _held = vault.hold_connections(Instant::now() + LEASE_WAIT)?;
        Ok(vault.keep_self_registration(&registration, &own, made.access_token.as_ref(), seal)?)
    }
}

fn arrival_address(arrival: &Arrival) -> Address {
    match arrival {
        Arrival::Listen(address) => address.clone(),
        Arrival::Page { .. } => Address { host: Host::Ipv4, port: Port::Any, path: "/".into() },
    }
}

/// Whether a login may go on with a registration: its port is free, or another one was not asked for.
fn takes(own: &SelfRegistration, address: &Address) -> bool {
    let Some(port) = port_of(own) else { return true };
    let wanted = match address.port {
        Port::Any => true,
        Port::Exact(wanted) => wanted == port,
        Port::Range(first, last) => (first..=last).contains(&port),
    };
    wanted && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn port_of(own: &SelfRegistration) -> Option<u16> {
    url::Url::parse(&own.redirect_uri).ok()?.port()
}

/// A port that nobody has now. The listener takes it a moment later, or says that somebody was quicker.
fn free_port() -> Option<u16> {
    Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?.local_addr().ok()?.port())
}

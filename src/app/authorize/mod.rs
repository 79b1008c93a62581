//! `init`: connect an account.
//!
//! Find the provider → find the client → unlock the vault, before the browser → bind → open the URL → wait for the code
//! → redeem → identify → one transaction. The device flow and the flows of machines ([`machine`]) leave out the browser.

mod browser;
mod client;
mod device;
mod facts;
mod finish;
mod flow;
mod machine;
mod parameters;
mod redirect;
mod target;

use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) use device::DevicePrompt;
pub(crate) use flow::Flow;
pub(crate) use machine::{Machine, ServiceAccount};
pub(super) use parameters::{check_client, check_scopes};
pub(super) use redirect::FIXED_PORT;

use super::{App, Error, Selector};
use crate::callback::Typist;
use crate::http::ClientCertificate;
use crate::model::text::shown;
use crate::model::{ClientAuthentication, Credential, Kind, Scopes, Secret, Server};
use crate::protocol;
use crate::provider::{Provider, Resolved};
use crate::vault::Source;
use client::{NewRegistration, Prepared, spares_client};
use finish::Plan;
use parameters::check_parameters;
use redirect::Arrival;
use target::Target;

/// What the user asked for.
#[derive(Debug, Default)]
pub(crate) struct Login {
    pub(crate) provider: String,
    pub(crate) account: Option<String>,
    pub(crate) client: GivenClient,
    /// Replaces what was asked for before.
    pub(crate) scopes: Option<Scopes>,
    /// Is added to what was granted before.
    pub(crate) add_scopes: Scopes,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) redirect: RedirectChoice,
    /// How long to wait for a person; the flow's own limit where it is not said.
    pub(crate) limit: Option<Duration>,
    pub(crate) make_default: bool,
    /// A browser is opened, and not only spoken of.
    pub(crate) browser: bool,
    /// There is no browser in front of the user, and none was spoken of: a flow without one is better.
    pub(crate) headless: bool,
    pub(crate) flow: Option<Flow>,
    /// What the tokens shall be for (RFC 8707).
    pub(crate) resources: Vec<String>,
    /// The tokens shall be bound to a key (RFC 9449).
    pub(crate) dpop: bool,
    pub(crate) machine: Machine,
}

impl Login {
    /// The e-mail address that shall sign in, where the account is named by one.
    fn email(&self) -> Option<&str> {
        self.account.as_deref().filter(|account| account.contains('@'))
    }
}

/// A client registration from the command line or the environment.
#[derive(Debug, Default)]
pub(crate) struct GivenClient {
    pub(crate) id: Option<String>,
    pub(crate) secret: Option<Secret>,
    /// Instead of an id: the name of a registration that is kept.
    pub(crate) name: Option<String>,
    /// It came from the command line, so it is kept for the next connection.
    pub(crate) keep: bool,
}

/// Where the redirect shall arrive, when the provider's rule is not to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum RedirectChoice {
    #[default]
    Usual,
    Ports(u16, u16),
    Uri(String),
}

/// What is missing of a client registration, and how to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientNeed {
    pub(crate) provider: String,
    pub(crate) name: String,
    /// The client id, where only the secret is missing.
    pub(crate) id: Option<String>,
    pub(crate) secret: bool,
    /// The secret is a private key, which nobody types.
    pub(crate) signs: bool,
    pub(crate) setup: Vec<String>,
    pub(crate) console_url: Option<String>,
    /// What has to be registered as redirect URI.
    pub(crate) redirect_uri: String,
}

/// A page to be visited, and what to say of it.
pub(crate) struct Visit<'a> {
    pub(crate) name: &'a str,
    pub(crate) url: &'a str,
    pub(crate) browser: bool,
    /// What was visited is to be pasted, and why that is necessary.
    pub(crate) paste: Paste,
    /// The port that waits for the browser.
    pub(crate) port: Option<u16>,
    pub(crate) limit: Duration,
    /// Scopes with their meaning, where the entry knows it.
    pub(crate) scopes: Vec<(&'a str, Option<&'a str>)>,
}

/// What a person is asked to agree to, before anything is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Agreement<'a> {
    /// The client that is held for a provider shall get a token for a resource that names the same issuer.
    Client { resource: &'a str, issuer: &'a str, provider: &'a str },
    /// The issuer's endpoints are at other sites than its own.
    Hosts { issuer: &'a str, hosts: &'a [String] },
}

/// What can be pasted at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paste {
    /// The address the browser ends at, if it cannot reach this machine.
    Address,
    /// The code that the provider's page shows.
    Code,
}

/// The person who connects an account.
pub(crate) trait Person {
    /// Asks for what is missing of a client registration. `None` when nobody can be asked.
    fn client(&mut self, need: &ClientNeed) -> Option<GivenClient>;
    /// The store got its first key just now. Once its keyring has given it, it is kept elsewhere for so long.
    fn key_was_chosen(&mut self, source: &Source, kept: Option<Duration>);
    /// A page has to be visited. What is typed meanwhile goes to `typist`, if somebody can type.
    fn visit(&mut self, visit: &Visit<'_>, typist: Typist);
    /// Asks for a decision. `None` when nobody can be asked.
    fn agree(&mut self, agreement: &Agreement<'_>) -> Option<bool>;
    /// What was typed is not the answer, for this reason.
    fn not_the_answer(&mut self, why: &str);
    /// A code has to be typed elsewhere.
    fn device(&mut self, prompt: &DevicePrompt<'_>);
    /// The login failed, and not for its client: what was given of it is kept for the next try.
    fn client_was_kept(&mut self);
    /// The provider of this name has no code for this client; it goes on through a browser.
    fn no_device(&mut self, name: &str);
    /// About once a second while the browser is waited for, with the time that is left.
    fn waiting(&mut self, left: Duration);
}

/// An account that was connected.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) credential: Credential,
    /// It was there before and was renewed; under this name, if that was another one.
    pub(crate) renewed: bool,
    pub(crate) renamed_from: Option<String>,
    /// Asked for and not granted.
    pub(crate) missing: Scopes,
    /// Granted and not asked for.
    pub(crate) unasked: Scopes,
    /// Facts that the entry promises and that the provider did not tell.
    pub(crate) unlearnt: Vec<String>,
    /// What to know of such a login, from the entry.
    pub(crate) advice: Vec<String>,
}

impl App {
    pub(crate) fn authorize(&self, login: &Login, person: &mut dyn Person) -> Result<Connected, Error> {
        check_parameters(login)?;
        let target = self.target(login, person)?;
        let provider = &target.provider;
        let previous = self.previous(&provider.id, login.account.as_deref())?;
        let flow = Flow::choose(login, provider, previous.as_ref())?;
        let mut connected = if flow.is_for_machines() {
            self.connect_machine(provider, login, flow, previous.as_ref(), person)?
        } else {
            self.connect_person(target, login, flow, previous.as_ref(), person)?
        };
        if login.make_default {
            connected.credential = self.make_default(&Selector::of(&connected.credential))?;
        }
        Ok(connected)
    }

    fn connect_person(
        &self,
        target: Target,
        login: &Login,
        flow: Flow,
        previous: Option<&Credential>,
        person: &mut dyn Person,
    ) -> Result<Connected, Error> {
        let (target, variables) = self.completed_target(target, login, previous)?;
        let provider = &target.provider;
        let arrival = Arrival::of(provider, login, flow)?;
        let (prepared, arrival) = self.registered(&target, login, &variables, arrival, previous, person)?;
        let mut plan = self.plan(provider, login, prepared, &variables, previous)?;
        if login.scopes.is_none() {
            plan.scopes = plan.scopes.union(&target.scopes());
        }
        let new_client = NewRegistration::of(&plan);
        let done = self.agreed(provider, login, flow, &arrival, plan, person);
        if let (Err(error), Some(new)) = (&done, new_client)
            && spares_client(error)
            // That it cannot be kept is no reason to hide why the login failed.
            && self.keep_new(&new).unwrap_or(false)
        {
            person.client_was_kept();
        }
        done
    }

    /// Lets the person agree, and finishes.
    fn agreed(
        &self,
        provider: &Provider,
        login: &Login,
        flow: Flow,
        arrival: &Arrival,
        plan: Plan,
        person: &mut dyn Person,
    ) -> Result<Connected, Error> {
        plan.check()?;
        self.needs_name_now(provider, login, &plan)?;
        plan.vault.require_writable()?;
        if flow == Flow::Device {
            match plan.device_code(login)? {
                Some(code) => return plan.by_device(code, login, person),
                None => person.no_device(&provider.entry.name),
            }
        }
        self.by_browser(provider, login, flow, arrival, plan, person)
    }

    /// Everything that is settled before anyone is asked to agree.
    fn plan(
        &self,
        provider: &Provider,
        login: &Login,
        prepared: Prepared,
        variables: &BTreeMap<String, String>,
        previous: Option<&Credential>,
    ) -> Result<Plan, Error> {
        let Prepared { vault, seal, client, keep } = prepared;
        let mut resolved = provider.resolve(variables, &client.id)?;
        let scopes = scopes(provider, &resolved, login, previous);
        let server = &mut resolved.server;
        authenticate(server, client.secret.as_ref())?;
        if server.token_endpoint_auth_method == ClientAuthentication::PrivateKeyJwt {
            server.client_key_id =
                login.machine.key_id.clone().or_else(|| previous.and_then(|own| own.server.client_key_id.clone()));
        }
        if !login.resources.is_empty() {
            server.resource.clone_from(&login.resources);
        } else if let Some(own) = previous.filter(|_| server.resource.is_empty()) {
            server.resource.clone_from(&own.server.resource);
        }
        server.dpop |= login.dpop || previous.is_some_and(|own| own.server.dpop);
        let proof = server.dpop.then(protocol::new_proof_key);
        Ok(Plan {
            vault,
            seal,
            keys: self.keys.clone(),
            http: self.http,
            clock: self.clock,
            tenant: self.tenant.clone(),
            person: self.person.clone(),
            provider: provider.id.clone(),
            account: login.account.clone(),
            client,
            keep_client: keep,
            scopes,
            parameters: merged(previous.map(|own| &own.parameters), &login.parameters),
            resolved,
            started: (self.clock)(),
            proof,
            kind: Kind::Oauth,
        })
    }

    /// The credential whose client, scopes, parameters and variables are used again: the one that is named, or the one
    /// that would be taken without a name.
    fn previous(&self, provider: &str, account: Option<&str>) -> Result<Option<Credential>, Error> {
        let Some(vault) = self.vault()? else { return Ok(None) };
        if let Some(account) = account {
            return Ok(vault.account(&self.tenant, provider, account)?.map(|row| row.credential));
        }
        let rows = vault.of_provider(&self.tenant, provider)?.into_iter().map(|row| row.credential);
        let (live, revoked): (Vec<_>, Vec<_>) = rows.partition(|own| own.revoked_at.is_none());
        let chosen = live.iter().find(|own| own.default).cloned();
        let only = |mut rows: Vec<Credential>| if rows.len() == 1 { rows.pop() } else { None };
        Ok(chosen.or_else(|| if live.is_empty() { only(revoked) } else { only(live) }))
    }

    /// When it is known beforehand that the account cannot be named, that is said before the browser opens.
    fn needs_name_now(&self, provider: &Provider, login: &Login, plan: &Plan) -> Result<(), Error> {
        let nameless = plan.resolved.server.userinfo_endpoint.is_none() && !plan.scopes.contains("openid");
        if login.account.is_some() || !nameless || plan.vault.of_provider(&self.tenant, &provider.id)?.is_empty() {
            return Ok(());
        }
        Err(Error::NameRequired { provider: provider.id.clone() })
    }
}

/// How the client authenticates: by what its secret is, and else as the server's entry says.
fn authenticate(server: &mut Server, secret: Option<&Secret>) -> Result<(), Error> {
    let by_certificate = server.token_endpoint_auth_method.is_mutual_tls();
    match secret {
        None if server.quirks.basic_without_secret => {}
        None => server.token_endpoint_auth_method = ClientAuthentication::None,
        Some(secret) if ClientCertificate::is_in(secret) => {
            if !by_certificate {
                server.token_endpoint_auth_method = ClientAuthentication::TlsClientAuth;
            }
            return Ok(());
        }
        Some(secret) if protocol::is_private_key(secret) => {
            server.token_endpoint_auth_method = ClientAuthentication::PrivateKeyJwt;
        }
        Some(_) if by_certificate => {
            let name = shown(&server.name);
            let needed = "a client authenticates by its certificate: give --client-cert FILE and --key-file FILE";
            return Err(Error::Usage(format!("at {name}, {needed}")));
        }
        Some(_) => {}
    }
    server.mtls_endpoint_aliases.clear();
    Ok(())
}

/// What is asked for: the entry's own scopes always; then what is given now, or what was asked for before.
/// A scope may be given by a short name of the entry's.
fn scopes(provider: &Provider, resolved: &Resolved, login: &Login, previous: Option<&Credential>) -> Scopes {
    let whole = |given: &Scopes| given.iter().map(|scope| provider.entry.whole_scope(scope)).collect::<Scopes>();
    let before = previous.map(|own| own.requested.clone()).unwrap_or_default();
    // A server that grants more than it was asked for does not widen the next request.
    let granted = before.common(&previous.map(|own| own.scopes.clone()).unwrap_or_default());
    let asked = match &login.scopes {
        Some(given) => whole(given),
        None if !login.add_scopes.is_empty() && !granted.is_empty() => granted,
        None => before,
    };
    resolved.base_scopes.union(&asked).union(&whole(&login.add_scopes))
}

/// The same where no person takes part: the entry's own scopes name one, or keep a login alive.
fn machine_scopes(login: &Login, previous: Option<&Credential>) -> Scopes {
    let before = || previous.map(|own| own.requested.clone()).unwrap_or_default();
    login.scopes.clone().unwrap_or_else(before).union(&login.add_scopes)
}

/// The later values over the earlier ones.
fn merged(earlier: Option<&BTreeMap<String, String>>, later: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = earlier.cloned().unwrap_or_default();
    all.extend(later.clone());
    all
}

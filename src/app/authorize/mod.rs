//! `init`: connect an account.
//!
//! Find the provider → find the client → unlock the vault, before the browser → bind → open the URL → wait for the code
//! → redeem → identify → one transaction.

mod client;
mod facts;
mod finish;
mod redirect;

use std::collections::BTreeMap;
use std::time::Duration;

use super::{App, Error, Selector};
use crate::callback::{self, Listener, Page, Verdict};
use crate::files;
use crate::model::text::shown;
use crate::model::{ClientAuthentication, Credential, Scopes, Secret};
use crate::protocol::{self, AuthorizationRequest, AuthorizationResponse, Pending, Watch};
use crate::provider::{Provider, Resolved};
use crate::vault::{Registration, Source, Vault};
use client::Prepared;
use finish::Plan;

/// Parameters that belong to the protocol and can never be set by hand.
const PROTOCOL_PARAMETERS: [&str; 14] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "grant_type",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

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
    pub(crate) limit: Duration,
    pub(crate) make_default: bool,
    pub(crate) browser: bool,
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
    pub(crate) id: bool,
    pub(crate) secret: bool,
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
    pub(crate) limit: Duration,
    /// Scopes with their meaning, where the entry knows it.
    pub(crate) scopes: Vec<(&'a str, Option<&'a str>)>,
}

/// The person who connects an account.
pub(crate) trait Person {
    /// Asks for what is missing of a client registration. `None` when nobody can be asked.
    fn client(&mut self, need: &ClientNeed) -> Option<GivenClient>;
    /// The store got its first key just now. Once its keyring has given it, it is kept elsewhere for so long.
    fn key_was_chosen(&mut self, source: &Source, kept: Option<Duration>);
    /// A page has to be visited.
    fn visit(&mut self, visit: &Visit<'_>);
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
    /// Facts that the entry promises and that the provider did not tell.
    pub(crate) unlearnt: Vec<String>,
    /// What to know of such a login, from the entry.
    pub(crate) advice: Vec<String>,
}

impl App {
    pub(crate) fn authorize(&self, login: Login, person: &mut dyn Person) -> Result<Connected, Error> {
        let provider = self.registry.find(&login.provider)?;
        check_parameters(&login)?;
        let now = (self.clock)();
        let previous = self.previous(&provider.id, login.account.as_deref())?;
        let remembered = self.remembered_variables(&provider, &login.client, previous.as_ref())?;
        let variables = merged(Some(&remembered), &login.variables);
        let provider = self.completed(provider, &variables)?;
        let address = redirect::address(&provider, &login.redirect)?;
        let request = client::Request { provider: &provider, variables: &variables, address: &address };
        let Prepared { vault, seal, client, keep } =
            self.prepare(&request, &login.client, previous.as_ref(), person)?;
        let mut resolved = provider.resolve(&variables, &client.id)?;
        let scopes = scopes(&provider, &resolved, &login, previous.as_ref());
        self.needs_name_now(&vault, &provider, &resolved, &login, &scopes)?;

        files::private_dir(&self.run_dir)?;
        let listener = Listener::bind(&address, &self.run_dir).map_err(Error::Callback)?;
        let redirect_uri = listener.redirect_uri().to_owned();
        if client.secret.is_none() && !resolved.server.quirks.basic_without_secret {
            resolved.server.token_endpoint_auth_method = ClientAuthentication::None;
        }
        if provider.entry.refresh_redirect_uri {
            resolved.server.refresh_redirect_uri = Some(redirect_uri.clone());
        }
        let own_parameters = merged(previous.as_ref().map(|own| &own.parameters), &login.parameters);
        let mut parameters = merged(Some(&provider.entry.authorization_parameters), &own_parameters);
        if let Some(email) = login.account.as_ref().filter(|account| account.contains('@')) {
            parameters.entry("login_hint".into()).or_insert_with(|| email.clone());
        }
        let request = AuthorizationRequest {
            server: &resolved.server,
            client: &client,
            redirect_uri: &redirect_uri,
            scopes: &scopes,
            parameters: &parameters,
            iss_promised: resolved.iss_promised,
        };
        let (url, watch, pending) =
            request.begin().map_err(Error::protocol("cannot make the authorization request"))?;
        let known = |scope| provider.entry.scopes.get(scope).map(String::as_str);
        person.visit(&Visit {
            name: &provider.entry.name,
            url: &url,
            browser: login.browser,
            limit: login.limit,
            scopes: scopes.iter().map(|scope| (scope, known(scope))).collect(),
        });
        let typed = keep.then(|| (client.clone(), resolved.server.clone(), seal.clone()));
        let plan = Plan {
            vault,
            seal,
            http: self.http,
            clock: self.clock,
            tenant: self.tenant.clone(),
            person: self.person.clone(),
            provider: provider.id.clone(),
            account: login.account,
            client,
            keep_client: keep,
            scopes,
            parameters: own_parameters,
            resolved,
            started: now,
        };
        let mut connected = match wait(listener, &watch, pending, plan, login.limit, person) {
            Err(Error::LoginTimedOut { provider, limit, redirect_uri, strangers, .. }) => {
                if let Some((client, server, seal)) = typed {
                    let registration = Registration {
                        client: &client,
                        name: None,
                        default: true,
                        tenant: &self.tenant,
                        provider: &provider,
                        server: &server,
                        variables: &variables,
                        at: (self.clock)(),
                    };
                    self.vault()?.ok_or(Error::NothingConnected)?.keep_registration(&registration, &seal)?;
                }
                let register = redirect::registration(&address);
                return Err(Error::LoginTimedOut { provider, limit, redirect_uri, register, strangers });
            }
            connected => connected?,
        };
        if login.make_default {
            connected.credential = self.make_default(&Selector::of(&connected.credential))?;
        }
        Ok(connected)
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
    fn needs_name_now(
        &self,
        vault: &Vault,
        provider: &Provider,
        resolved: &Resolved,
        login: &Login,
        scopes: &Scopes,
    ) -> Result<(), Error> {
        let nameless = resolved.server.userinfo_endpoint.is_none() && !scopes.contains("openid");
        if login.account.is_some() || !nameless || vault.of_provider(&self.tenant, &provider.id)?.is_empty() {
            return Ok(());
        }
        Err(Error::NameRequired { provider: provider.id.clone() })
    }
}

/// Waits for the browser, and finishes while its page waits to tell the truth.
fn wait(
    listener: Listener,
    watch: &Watch,
    pending: Pending,
    plan: Plan,
    limit: Duration,
    person: &mut dyn Person,
) -> Result<Connected, Error> {
    let provider = plan.provider.clone();
    let redirect_uri = listener.redirect_uri().to_owned();
    let mut strangers = 0;
    let judge = |query: &callback::Query| {
        let response = watch.judge(|name| query.get(name));
        strangers += u64::from(response.is_none());
        response.map_or(Verdict::Stranger, Verdict::Ours)
    };
    let work = move |response| match response {
        AuthorizationResponse::Code(code) => plan.finish(pending, &code),
        AuthorizationResponse::Denied(response) => Err(Error::Denied { provider: plan.provider.clone(), response }),
        AuthorizationResponse::WrongIssuer { expected, found } => Err(wrong_issuer(expected, found)),
    };
    let page = |done: &Result<Connected, Error>| match done {
        Ok(_) => Page::Connected,
        Err(Error::Denied { .. }) => Page::Refused,
        Err(_) => Page::Failed,
    };
    let served = listener.serve(limit, &mut |left| person.waiting(left), judge, work, page);
    match served {
        Ok(done) => done,
        Err(callback::Error::TimedOut { .. }) => {
            Err(Error::LoginTimedOut { provider, limit, redirect_uri, register: String::new(), strangers })
        }
        Err(callback::Error::Interrupted { signal }) => Err(Error::Interrupted(signal)),
        Err(error) => Err(Error::Callback(error)),
    }
}

fn wrong_issuer(expected: String, found: Option<String>) -> Error {
    let found = found.map_or_else(|| "not told".into(), |found| shown(&found));
    let doing = "the answer in the browser came from another issuer".into();
    Error::Protocol { doing, source: protocol::Error::IssuerMismatch { expected, found } }
}

fn check_parameters(login: &Login) -> Result<(), Error> {
    if let Some(name) = login.parameters.keys().find(|name| PROTOCOL_PARAMETERS.contains(&name.as_str())) {
        return Err(Error::Usage(format!("--param cannot set `{name}`, which belongs to the protocol")));
    }
    let scopes = login.scopes.iter().chain([&login.add_scopes]);
    if let Some(scope) = scopes.into_iter().find_map(Scopes::malformed) {
        return Err(Error::Usage(format!("`{}` cannot be a scope", shown(scope))));
    }
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

/// The later values over the earlier ones.
fn merged(earlier: Option<&BTreeMap<String, String>>, later: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = earlier.cloned().unwrap_or_default();
    all.extend(later.clone());
    all
}

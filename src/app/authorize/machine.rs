//! Flows without a person: the first token is minted at once, and how it was minted is kept for the next.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::super::select::check_account;
use super::super::{App, Error};
use super::client::{Prepared, Request};
use super::facts::Facts;
use super::redirect::Arrival;
use super::{Connected, Flow, GivenClient, Login, Person, Plan};
use crate::files;
use crate::http::ClientCertificate;
use crate::model::{Client, Credential, Kind, Mint, Secret, TokenSource};
use crate::protocol::{self, Identity};
use crate::provider::Provider;

/// More than this is no key, in bytes.
const LARGEST: u64 = 64 << 10;

/// What a machine brings along.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    /// A private key in PEM form.
    pub(crate) key: Option<Secret>,
    /// Its name at the server (`kid`).
    pub(crate) key_id: Option<String>,
    /// Whom an assertion speaks for, where that is not its issuer.
    pub(crate) subject: Option<String>,
    /// Whom an assertion or an exchanged token is for.
    pub(crate) audience: Option<String>,
    /// Where the job's own token is found.
    pub(crate) subject_token: Option<TokenSource>,
}

/// The key file of a Google service account.
pub(crate) struct ServiceAccount {
    pub(crate) email: String,
    pub(crate) key: Secret,
    pub(crate) key_id: Option<String>,
    pub(crate) token_uri: Option<String>,
}

impl Machine {
    /// Reads a private key, and makes sure that it can be used.
    pub(crate) fn read_key(path: &Path) -> Result<Secret, Error> {
        let text = read(path)?;
        match protocol::SigningKey::from_pem(&text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Error::UnusableKey { path: path.to_owned(), error }),
        }
    }
}

impl Machine {
    /// Reads a client certificate, with the chain above it, and its private key: together they are the client's secret.
    pub(crate) fn read_certificate(certificate: &Path, key: &Path) -> Result<Secret, Error> {
        let unusable = |error| Error::UnusableCertificate { path: certificate.to_owned(), error };
        let wrong = |error: std::io::Error| Error::Usage(format!("{}: {error}", certificate.display()));
        let mut chain = String::new();
        File::open(certificate).map_err(wrong)?.take(LARGEST).read_to_string(&mut chain).map_err(wrong)?;
        // Whoever keeps both in one file names it twice.
        let both =
            if certificate == key { read(key)? } else { Secret::new(format!("{}\n{chain}", read(key)?.expose())) };
        ClientCertificate::from_pem(&both).map_err(unusable)?;
        Ok(both)
    }
}

impl ServiceAccount {
    /// Reads the file; `None` when it is the file of something else.
    pub(crate) fn from_file(path: &Path) -> Result<Option<Self>, Error> {
        let content: Value = serde_json::from_str(read(path)?.expose()).unwrap_or_default();
        if content["type"] != "service_account" {
            return Ok(None);
        }
        let word = |name: &str| content[name].as_str().filter(|word| !word.is_empty()).map(str::to_owned);
        let (Some(email), Some(key)) = (word("client_email"), word("private_key")) else {
            return Err(Error::Usage(format!("{}: it has no client_email or no private_key", path.display())));
        };
        let key = Secret::new(key);
        protocol::SigningKey::from_pem(&key).map_err(|error| Error::UnusableKey { path: path.to_owned(), error })?;
        Ok(Some(Self { email, key, key_id: word("private_key_id"), token_uri: word("token_uri") }))
    }
}

fn read(path: &Path) -> Result<Secret, Error> {
    let wrong = |error: std::io::Error| Error::Usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(wrong)?;
    files::check_secret(&file, path)?;
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).map_err(wrong)?;
    Ok(Secret::new(text))
}

impl App {
    pub(super) fn connect_machine(
        &self,
        provider: &Provider,
        login: &Login,
        flow: Flow,
        previous: Option<&Credential>,
        person: &mut dyn Person,
    ) -> Result<Connected, Error> {
        // Another client is another machine, unless the credential is named.
        let same = |own: &&Credential| {
            login.account.is_some() || login.client.id.as_ref().is_none_or(|id| *id == own.client_id)
        };
        let previous = previous.filter(|own| own.kind == Kind::Machine).filter(same);
        let remembered = self.remembered_variables(provider, &login.client, previous)?;
        let variables = super::merged(Some(&remembered), &login.variables);
        let provider = &self.completed(provider.clone(), &variables)?;
        let prepared = self.machine_client(provider, login, flow, &variables, previous, person)?;
        let mut plan = self.plan(provider, login, prepared, &variables, previous)?;
        let before = previous.and_then(|own| own.server.mint.clone());
        let (mint, name) = self.mint_of(provider, login, flow, before, &plan)?;
        plan.kind = Kind::Machine;
        plan.keep_client = false;
        // The scopes that name a person or keep a login alive mean nothing without one.
        plan.scopes = super::machine_scopes(login, previous);
        plan.resolved.server.mint = Some(mint);
        let account = login.account.clone().or(previous.map(|own| own.account.clone())).unwrap_or(name);
        check_account(&account).map_err(|_| Error::NameRequired { provider: provider.id.clone() })?;
        plan.account = Some(account);
        plan.check()?;
        let sent_at = (self.clock)();
        let response = self.mint(&plan.channel(), &plan.scopes, &plan.parameters).map_err(|error| match error {
            Error::Protocol { source, .. } => plan.refused(source),
            other => other,
        })?;
        let facts = Facts::of_answer(&plan.resolved.server, &response.learnt);
        plan.keep(response, Identity::default(), facts, sent_at)
    }

    fn machine_client(
        &self,
        provider: &Provider,
        login: &Login,
        flow: Flow,
        variables: &std::collections::BTreeMap<String, String>,
        previous: Option<&Credential>,
        person: &mut dyn Person,
    ) -> Result<Prepared, Error> {
        let id = login.client.id.clone().or_else(|| previous.map(|own| own.client_id.clone()));
        let nobody = flow == Flow::TokenExchange && id.is_none();
        if nobody {
            let (vault, seal) = self.open_or_create(person)?;
            return Ok(Prepared { vault, seal, client: Client { id: String::new(), secret: None }, keep: false });
        }
        let secret = login.machine.key.clone().or_else(|| login.client.secret.clone());
        let given = GivenClient { id, secret, name: login.client.name.clone(), keep: false };
        let arrival = Arrival::Page { redirect_uri: String::new(), shows_code: false };
        let needs_secret = flow != Flow::TokenExchange;
        let request = Request { provider, variables, arrival: &arrival, needs_secret, signs: flow.signs() };
        self.prepare(&request, &given, previous, person)
    }

    /// How tokens will be minted, and what the credential is called when nobody says.
    fn mint_of(
        &self,
        provider: &Provider,
        login: &Login,
        flow: Flow,
        before: Option<Mint>,
        plan: &Plan,
    ) -> Result<(Mint, String), Error> {
        let machine = &login.machine;
        let client = plan.client.id.clone();
        Ok(match (flow, before) {
            (Flow::JwtBearer, before) => {
                let (subject, audience, key_id) = match before {
                    Some(Mint::JwtBearer { subject, audience, key_id, .. }) => (subject, Some(audience), key_id),
                    _ => (None, None, None),
                };
                let usual = || plan.resolved.server.token_endpoint.clone();
                let audience = machine.audience.clone().or(audience).unwrap_or_else(usual);
                let key_id = machine.key_id.clone().or(key_id);
                let subject = machine.subject.clone().or(subject);
                let name = subject.clone().unwrap_or_else(|| client.clone());
                (Mint::JwtBearer { issuer: client, subject, audience, key_id }, name)
            }
            (Flow::TokenExchange, before) => {
                let (source, audience) = match before {
                    Some(Mint::TokenExchange { subject_token, audience }) => (Some(subject_token), audience),
                    _ => (None, None),
                };
                let source = machine.subject_token.clone().or(source).or_else(|| self.job_token_source());
                let subject_token = source.ok_or(Error::NoJobToken)?;
                let audience = machine.audience.clone().or(audience);
                (Mint::TokenExchange { subject_token, audience }, "workload".to_owned())
            }
            (Flow::Installation, Some(before)) if login.flow.is_none() => {
                (before, plan.account.clone().unwrap_or_default())
            }
            (Flow::Installation, _) => self.installation(provider, login, plan)?,
            _ => (Mint::ClientCredentials, client),
        })
    }

    /// The installation of a GitHub App whose account is named, or the only one.
    fn installation(&self, provider: &Provider, login: &Login, plan: &Plan) -> Result<(Mint, String), Error> {
        let missing = || super::flow::no_installations(&provider.entry);
        let api_base = plan.resolved.server.api_base.as_deref().ok_or_else(missing)?;
        let mut all = protocol::installations(&plan.channel(), api_base).map_err(|error| plan.refused(error))?;
        let accounts: Vec<_> = all.iter().map(|one| one.account.clone()).collect();
        if let Some(named) = &login.account {
            all.retain(|one| one.account.eq_ignore_ascii_case(named));
        }
        match (all.pop(), all.is_empty()) {
            (Some(only), true) => Ok((Mint::Installation { access_tokens_url: only.access_tokens_url }, only.account)),
            _ => Err(Error::NoInstallation { named: login.account.clone(), accounts }),
        }
    }
}

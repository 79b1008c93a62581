//! The authorization code flow: open the URL, wait for what the browser brings or a person pastes, redeem.

use std::time::Duration;

use super::super::{App, Error};
use super::redirect::Arrival;
use super::{Connected, Flow, Login, Paste, Person, Plan, Visit};
use crate::callback::{self, Event, Listener, Page, Verdict};
use crate::files;
use crate::model::text::shown;
use crate::protocol::{self, AuthorizationRequest, AuthorizationResponse, Pending, Watch};
use crate::provider::Provider;

/// How long a browser is waited for when nothing is said.
const PATIENCE: Duration = Duration::from_secs(300);

impl App {
    pub(super) fn by_browser(
        &self,
        provider: &Provider,
        login: &Login,
        flow: Flow,
        arrival: &Arrival,
        mut plan: Plan,
        person: &mut dyn Person,
    ) -> Result<Connected, Error> {
        files::private_dir(&self.run_dir)?;
        let waiting = arrival.open(&self.run_dir)?;
        let redirect_uri = waiting.redirect_uri().to_owned();
        if provider.entry.refresh_redirect_uri {
            plan.resolved.server.refresh_redirect_uri = Some(redirect_uri.clone());
        }
        let mut parameters = provider.entry.authorization_parameters.clone();
        parameters.extend(plan.parameters.clone());
        if let Some(email) = login.email() {
            // What an earlier login was given with --param may name somebody else.
            parameters.insert("login_hint".into(), email.to_owned());
        }
        let request = AuthorizationRequest {
            server: &plan.resolved.server,
            client: &plan.client,
            redirect_uri: &redirect_uri,
            scopes: &plan.scopes,
            parameters: &parameters,
            iss_promised: plan.resolved.iss_promised,
            proof: plan.proof.as_ref(),
        };
        let begun = request.begin(&self.http, self.clock);
        let (url, watch, pending) = begun.map_err(|error| plan.refused(error))?;
        let known = |scope| provider.entry.scopes.get(scope).map(String::as_str);
        let limit = login.limit.unwrap_or(PATIENCE);
        let (typist, typed) = callback::typing();
        let visit = Visit {
            name: &provider.entry.name,
            url: &url,
            browser: login.browser && flow == Flow::Browser,
            paste: if arrival.shows_code() { Paste::Code } else { Paste::Address },
            port: waiting.port(),
            limit,
            scopes: plan.scopes.iter().map(|scope| (scope, known(scope))).collect(),
        };
        person.visit(&visit, typist);
        match wait(waiting, typed, &watch, pending, plan, limit, person) {
            Err(Error::LoginTimedOut { provider: id, limit, redirect_uri, strangers, .. }) => {
                let register = arrival.registration_at(provider);
                Err(Error::LoginTimedOut { provider: id, limit, redirect_uri, register, strangers })
            }
            ended => ended,
        }
    }
}

/// Waits for the answer, and finishes while the browser's page waits to tell the truth.
fn wait(
    waiting: Listener,
    typed: callback::Typed,
    watch: &Watch,
    pending: Pending,
    plan: Plan,
    limit: Duration,
    person: &mut dyn Person,
) -> Result<Connected, Error> {
    let provider = plan.provider.clone();
    let redirect_uri = waiting.redirect_uri().to_owned();
    let mut strangers = 0;
    let judge = |query: &callback::Query| {
        let response = match query.bare_code() {
            Some(code) => Some(AuthorizationResponse::Code(code.clone())),
            None => watch.judge(|name| query.get(name)),
        };
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
    let mut told = |event: Event| match event {
        Event::Left(left) => person.waiting(left),
        Event::NotTheAnswer(why) => person.not_the_answer(why),
    };
    match waiting.serve(typed, limit, &mut told, judge, work, page) {
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

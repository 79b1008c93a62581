//! `request`: an HTTP request with a token that is put in here and goes to the provider's own hosts only.

mod hop;
mod outgoing;

use std::time::Duration;

use url::Url;

use super::access::Fallback;
use super::place::{Placed, admit};
use super::{Access, App, Demand, Error, Selector, Tokens};
use crate::http::{self, Download, HeaderMap, Method, Request, Response};
use crate::model::server::Service;
use crate::model::text::shown;
use crate::model::{Credential, Scopes, Server, endpoint};
use crate::protocol;
use crate::vault::{Entry, Seal};
use hop::{Hop, redirect_target};
pub(crate) use outgoing::{Body, Outgoing};
use outgoing::{headers, parse};

/// How many redirects are followed.
const HOPS: usize = 10;
/// How often one place may ask for another nonce: of the token as it was, and of a newer one.
const NONCES: u8 = 2;
/// The longest wait that a server may ask for, in seconds; more is for the user to wait.
const LONGEST_WAIT: u64 = 300;
/// What an answer means for the credential and for the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Below 400.
    Fine,
    /// 401: the token is not taken.
    Unauthorized,
    /// 403 for want of these scopes, as far as the server tells them.
    MissingScope(Scopes),
    /// 429 or 5xx: it may pass, after so many seconds where the server tells.
    Trouble(Option<u64>),
    /// Anything else from 400 on.
    Failed,
}

/// An answer, its body not yet read.
pub(crate) struct Answer {
    pub(crate) url: Url,
    pub(crate) response: Response<Download>,
    pub(crate) verdict: Verdict,
    /// The request could not be sent once more, since its body is gone; the token is new.
    pub(crate) body_spent: bool,
}

impl Answer {
    /// Where a redirect that was not followed leads.
    pub(crate) fn location(&self) -> Option<Url> {
        redirect_target(&self.url, &self.response)
    }
}

/// A request that may be sent, with the token that goes with it.
pub(crate) struct Exchange<'a> {
    app: &'a App,
    placed: Placed,
    provider: String,
    method: Method,
    headers: HeaderMap,
    body: Body,
    url: Url,
    follow: bool,
    retries: u32,
    /// The nonce that the server wants in the proofs of a bound token (RFC 9449 §9).
    nonce: Option<String>,
}

impl App {
    /// The provider that a URL without one means.
    pub(crate) fn provider_of_url(&self, target: &str, tokens: Tokens<'_>) -> Result<String, Error> {
        let url = parse(target)?;
        self.provider_at(Service::Api, &url, tokens)?
            .ok_or_else(|| Error::UnknownHost { host: shown(&endpoint::authority(&url)) })
    }

    /// Looks at everything that can be wrong before anything is sent, and gets the token.
    pub(crate) fn exchange(
        &self,
        selector: &Selector,
        outgoing: Outgoing,
        fallback: Option<Fallback>,
    ) -> Result<Exchange<'_>, Error> {
        let method = Method::from_bytes(outgoing.method.as_bytes())
            .ok()
            .filter(|method| *method != Method::CONNECT)
            .ok_or_else(|| Error::Usage(format!("`{}` is no method", shown(&outgoing.method))))?;
        let headers = headers(&outgoing.headers)?;
        let url = self.url(selector, &outgoing.target, fallback.is_some())?;
        let selector = match &selector.account {
            // A path is on the default account's own host.
            None if !outgoing.target.starts_with('/') => &self.account_at(Service::Api, &url, &selector.provider)?,
            _ => selector,
        };
        let placed = self.token_at(Service::Api, &url, selector, Demand::default(), fallback)?;
        Ok(Exchange {
            app: self,
            placed,
            provider: selector.provider.clone(),
            method,
            headers,
            body: outgoing.body,
            url,
            follow: outgoing.follow,
            retries: outgoing.retries,
            nonce: None,
        })
    }

    /// The whole URL of a target: a path is taken on the API base, and stays there.
    fn url(&self, selector: &Selector, target: &str, fallback: bool) -> Result<Url, Error> {
        if !target.starts_with('/') {
            return parse(target);
        }
        url_at(&selector.provider, &*self.server_of(selector, fallback)?, target)
    }
}

/// The same for a server that is known.
pub(super) fn url_at(provider: &str, server: &Server, target: &str) -> Result<Url, Error> {
    if !target.starts_with('/') {
        return parse(target);
    }
    let base = match (server.api_base.clone(), server.hosts(Service::Api).as_slice()) {
        (Some(base), _) => base,
        (None, [only]) if !only.contains('*') => {
            let https = format!("https://{only}");
            let here = Url::parse(&https).is_ok_and(|url| endpoint::is_loopback(&url));
            if here { format!("http://{only}") } else { https }
        }
        _ => {
            let name = shown(provider);
            return Err(Error::Usage(format!("the API base of {name} is not known; give the whole URL")));
        }
    };
    parse(&format!("{}{target}", base.trim_end_matches('/')))
}

impl Exchange<'_> {
    /// Whose token it is; none for one of the environment.
    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.placed.access.credential.as_ref()
    }

    pub(crate) fn access(&self) -> &Access {
        &self.placed.access
    }

    /// Sends the request, and again after a refresh, a wait or a redirect where that is wanted. `waiting` is told before
    /// each wait, with the status that asks for it and the seconds it takes.
    pub(crate) fn send(&mut self, waiting: &mut dyn FnMut(u16, u64)) -> Result<Answer, Error> {
        let (mut hops, mut tries, mut nonces, mut refreshed) = (0, 0, 0, false);
        let mut hop = Hop { url: self.url.clone(), method: self.method.clone(), ours: true };
        loop {
            let response = self.send_once(&hop)?;
            let status = response.status().as_u16();
            let again = self.body.can_be_sent();
            if status == 401 && hop.ours && again && nonces < NONCES && self.takes_nonce(&response) {
                nonces += 1;
                continue;
            }
            if status == 401 && hop.ours && !refreshed && self.may_refresh() {
                let own = self.credential().cloned().ok_or(Error::NothingConnected)?;
                self.placed.access = self.app.token_instead(&own)?;
                refreshed = true;
                if again {
                    continue;
                }
            }
            if let Some(seconds) = self.patience(&response, &hop, tries).filter(|_| again) {
                tries += 1;
                waiting(status, seconds);
                std::thread::sleep(Duration::from_secs(seconds));
                continue;
            }
            if let Some(target) = redirect_target(&hop.url, &response).filter(|_| self.follow) {
                let next = hop.next(target, status, &self.body)?;
                if hops == HOPS {
                    return Err(next.refused("there are too many redirects"));
                }
                if again || !next.carries_body(&self.method) {
                    (hop, hops, nonces) = (next, hops + 1, 0);
                    continue;
                }
            }
            let verdict = self.verdict(&response, &hop);
            if let Verdict::MissingScope(scopes) = &verdict {
                self.note_missing_scope(scopes);
            }
            return Ok(Answer { url: hop.url, response, verdict, body_spent: refreshed && !again });
        }
    }

    /// Turns to the next page of an answer, where it tells one. A page elsewhere is refused.
    pub(crate) fn turn(&mut self, answer: &Answer) -> Result<bool, Error> {
        let Some(url) = protocol::next_page(&answer.url, answer.response.headers()) else { return Ok(false) };
        let url = parse(url.as_str())?;
        let account = self.placed.access.credential.as_ref().map(|own| own.account.as_str());
        admit(&self.provider, account, &self.placed.server, Service::Api, &url)?;
        self.url = url;
        Ok(true)
    }

    fn send_once(&mut self, hop: &Hop) -> Result<Response<Download>, Error> {
        let doing = format!("cannot ask {}", endpoint::authority(&hop.url));
        let bad = |_| Error::Usage(format!("{doing}: the request cannot be written"));
        let mut request = Request::builder().method(hop.method.clone()).uri(hop.url.as_str()).body(()).map_err(bad)?;
        if hop.ours {
            self.authorize(&mut request).map_err(Error::protocol(doing.clone()))?;
        }
        let upload = if hop.carries_body(&self.method) { self.body.upload()? } else { None };
        let secret = self.placed.access.certificate.as_ref().filter(|_| hop.ours);
        let certificate = protocol::certificate(&self.placed.server, secret).map_err(Error::protocol(doing.clone()))?;
        let answer = self.app.http.stream(certificate.as_ref(), request, upload);
        answer.map_err(|source| match source {
            http::Error::InDoubt { .. } => {
                Error::RequestInDoubt { doing, cause: source.to_string(), again: hop.method.is_idempotent() }
            }
            source => Error::Protocol { doing, source: protocol::Error::Http(source) },
        })
    }

    /// Puts the token in where the provider wants it, and the headers that it wants besides; the user's own go before
    /// those.
    fn authorize(&self, request: &mut Request<()>) -> Result<(), protocol::Error> {
        let (server, access) = (&self.placed.server, &self.placed.access);
        protocol::add_headers(server, request)?;
        for name in self.headers.keys() {
            request.headers_mut().remove(name);
        }
        request.headers_mut().extend(self.headers.clone());
        if access.proof.is_none() {
            return protocol::add_token(server, request, access.token.0.expose());
        }
        let (method, url) = (request.method().to_string(), request.uri().to_string());
        for (name, value) in access.headers(&method, &url, self.nonce.as_deref(), (self.app.clock)()) {
            protocol::add_secret(request, &name, &value)?;
        }
        Ok(())
    }

    /// Whether the server wants another nonce in the proof than it got (RFC 9449 §9). It is used from now on.
    fn takes_nonce(&mut self, response: &Response<Download>) -> bool {
        let told = protocol::nonce_of_challenge(response.headers());
        if self.placed.access.proof.is_none() || told.is_none() || told == self.nonce {
            return false;
        }
        self.nonce = told;
        true
    }

    fn may_refresh(&self) -> bool {
        self.credential().is_some_and(|own| own.refreshable && own.reauth.is_none())
    }

    /// Seconds to wait before the next try, when there shall be one.
    fn patience(&self, response: &Response<Download>, hop: &Hop, tries: u32) -> Option<u64> {
        if tries >= self.retries {
            return None;
        }
        let told = protocol::retry_after(response, (self.app.clock)());
        let idempotent = hop.method.is_idempotent();
        let seconds = match response.status().as_u16() {
            // The server says that it did nothing yet.
            429 => told.unwrap_or(1 << tries.min(6)),
            503 if told.is_some() || idempotent => told.unwrap_or(1 << tries.min(6)),
            500 | 502 | 504 if idempotent => told.unwrap_or(1 << tries.min(6)),
            _ => return None,
        };
        (seconds <= LONGEST_WAIT).then_some(seconds)
    }

    fn verdict(&self, response: &Response<Download>, hop: &Hop) -> Verdict {
        match response.status().as_u16() {
            ..=399 => Verdict::Fine,
            // What another origin says is not about our token.
            401 if hop.ours => Verdict::Unauthorized,
            403 if hop.ours => self.missing(response.headers()).map_or(Verdict::Failed, Verdict::MissingScope),
            429 | 500.. => Verdict::Trouble(protocol::retry_after(response, (self.app.clock)())),
            _ => Verdict::Failed,
        }
    }

    /// A scope that is asked for in vain is worth to be known; what counts for the user is the answer.
    fn note_missing_scope(&self, scopes: &Scopes) {
        let (Some(own), Ok(Some(vault))) = (self.credential(), self.app.vault()) else { return };
        let (detail, at) = (shown(&scopes.to_string()), (self.app.clock)());
        let entry =
            Entry { event: "missing_scope", of: Some(own), at, outcome: "insufficient_scope", detail: Some(&detail) };
        let record = |seal: &Seal, _| Ok(vault.record(seal, entry)?);
        let _ = self.app.unlock(&vault).and_then(|seal| self.app.whatever_the_key(&vault, &seal, record));
    }

    /// What a 403 says that the token lacks.
    fn missing(&self, headers: &HeaderMap) -> Option<Scopes> {
        let granted = self.credential().map(|own| own.scopes.clone()).unwrap_or_default();
        protocol::missing_scope(headers, &granted)
    }
}

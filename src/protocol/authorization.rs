//! The authorization request (RFC 6749 §4.1.1) and what comes back through the browser (§4.1.2).
//!
//! What knows the answer ([`Watch`]) and what redeems it ([`Pending`]) are two: the one looks at everything that comes to
//! the port, the other holds the PKCE verifier and is consumed with the code.

use std::collections::BTreeMap;

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, Scope};
use sha2::{Digest, Sha256};
use url::Url;

use super::channel::Channel;
use super::client::{redeem, wire_client};
use super::dpop::Prover;
use super::{Error, ErrorResponse, pushed, quirks};
use crate::http::Http;
use crate::model::{Client, Clock, Pkce, ProofKey, Scopes, Secret, Server, TokenResponse};

/// Random bytes in `state` and nonce: 256 bits.
const RANDOM: u32 = 32;

/// Everything that an authorization request says.
pub(crate) struct AuthorizationRequest<'a> {
    pub(crate) server: &'a Server,
    pub(crate) client: &'a Client,
    pub(crate) redirect_uri: &'a str,
    pub(crate) scopes: &'a Scopes,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    /// The server always sends `iss` (RFC 9207 §3).
    pub(crate) iss_promised: bool,
    /// The key that the code and its tokens are bound to (RFC 9449 §10).
    pub(crate) proof: Option<&'a ProofKey>,
}

/// How to know the answer to a request that is out.
pub(crate) struct Watch {
    state: CsrfToken,
    issuer: Option<String>,
    iss_promised: bool,
}

/// What a request that is out needs to redeem its code.
pub(crate) struct Pending {
    verifier: PkceCodeVerifier,
    nonce: Option<String>,
    redirect_uri: String,
}

/// The answer to a request (RFC 6749 §4.1.2), for better or worse.
#[derive(Debug)]
pub(crate) enum AuthorizationResponse {
    Code(Secret),
    /// The server says no, on behalf of the user or of itself.
    Denied(ErrorResponse),
    /// The answer comes from another issuer than was asked (RFC 9207 §2.4). Nothing of it may be used.
    WrongIssuer {
        expected: String,
        found: Option<String>,
    },
}

impl AuthorizationRequest<'_> {
    /// The URL to open, and what to keep until the answer comes. Where the server takes a pushed request, it is pushed.
    pub(crate) fn begin(&self, http: &Http, clock: Clock) -> Result<(String, Watch, Pending), Error> {
        let (url, watch, pending) = self.compose()?;
        let Self { server, client, proof, .. } = *self;
        let url = pushed::push(&Channel { http, clock, server, client, proof }, url)?;
        Ok((url.into(), watch, pending))
    }

    fn compose(&self) -> Result<(Url, Watch, Pending), Error> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let wire = wire_client(self.server, self.client, Some(self.redirect_uri))?;
        let nonce = self.scopes.contains("openid").then(|| CsrfToken::new_random_len(RANDOM).into_secret());
        let mut request = wire
            .authorize_url(|| CsrfToken::new_random_len(RANDOM))
            .add_scopes(self.scopes.iter().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge);
        for (name, value) in self.parameters {
            request = request.add_extra_param(name, value);
        }
        if let Some(nonce) = &nonce {
            request = request.add_extra_param("nonce", nonce);
        }
        for resource in &self.server.resource {
            request = request.add_extra_param("resource", resource);
        }
        if let Some(prover) = self.proof.and_then(Prover::new) {
            request = request.add_extra_param("dpop_jkt", prover.thumbprint());
        }
        let (mut url, state) = request.url();
        challenge_as(self.server.pkce, &mut url, verifier.secret());
        quirks::authorization_url(&mut url, &self.server.quirks);
        let watch = Watch { state, issuer: self.server.issuer.clone(), iss_promised: self.iss_promised };
        let pending = Pending { verifier, nonce, redirect_uri: self.redirect_uri.to_owned() };
        Ok((url, watch, pending))
    }
}

impl Watch {
    /// Judges the parameters of a callback, each given once at most. `state` comes before everything else, also before
    /// an error: what does not know it says nothing about this login.
    pub(crate) fn judge<'q>(&self, get: impl Fn(&str) -> Option<&'q str>) -> Option<AuthorizationResponse> {
        if !get("state").is_some_and(|state| same(state, self.state.secret())) {
            return None;
        }
        let response = match (get("code"), get("error")) {
            (Some(code), None) if !code.is_empty() => AuthorizationResponse::Code(Secret::new(code)),
            (None, Some(error)) if !error.is_empty() => AuthorizationResponse::Denied(ErrorResponse {
                code: error.to_owned(),
                description: get("error_description").map(str::to_owned),
            }),
            _ => return None,
        };
        Some(self.wrong_issuer(get("iss")).unwrap_or(response))
    }

    /// RFC 9207 §2.4, by simple comparison of the strings.
    fn wrong_issuer(&self, found: Option<&str>) -> Option<AuthorizationResponse> {
        let expected = self.issuer.as_ref()?;
        let fits = found.map_or(!self.iss_promised, |iss| iss == expected);
        (!fits)
            .then(|| AuthorizationResponse::WrongIssuer { expected: expected.clone(), found: found.map(str::to_owned) })
    }
}

impl Pending {
    /// The nonce that an ID token of this request must hold.
    pub(crate) fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Redeems the code, and ends this request with it.
    pub(crate) fn redeem(self, channel: &Channel<'_>, code: &Secret) -> Result<TokenResponse, Error> {
        redeem(channel, &self.redirect_uri, code, self.verifier)
    }
}

/// Rewrites the code challenge of an address the way the provider wants it made.
fn challenge_as(pkce: Pkce, url: &mut Url, verifier: &str) {
    let (challenge, method) = match pkce {
        Pkce::S256 => return,
        Pkce::Plain => (verifier.to_owned(), "plain"),
        Pkce::S256Hex => (hexadecimal(&Sha256::digest(verifier)), "S256"),
    };
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let changed = pairs.iter().map(|(name, value)| match name.as_str() {
        "code_challenge" => (name, challenge.as_str()),
        "code_challenge_method" => (name, method),
        _ => (name, value.as_str()),
    });
    url.query_pairs_mut().clear().extend_pairs(changed);
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Compares in a time that does not depend on where two texts differ.
fn same(a: &str, b: &str) -> bool {
    Sha256::digest(a) == Sha256::digest(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(issuer: Option<&str>) -> Server {
        let issuer = issuer.map_or(String::new(), |issuer| format!(r#""issuer":"{issuer}","#));
        serde_json::from_str(&format!(
            r#"{{"name":"X",{issuer}"authorization_endpoint":"https://as.example/authorize?tenant=1",
                "token_endpoint":"https://as.example/token","token_endpoint_auth_method":"none"}}"#
        ))
        .unwrap()
    }

    fn begin(issuer: Option<&str>, iss_promised: bool, scopes: &str) -> (String, Watch, Pending) {
        let request = AuthorizationRequest {
            server: &server(issuer),
            client: &Client { id: "me".into(), secret: None },
            redirect_uri: "http://127.0.0.1:5/callback",
            scopes: &Scopes::parse(scopes),
            parameters: &BTreeMap::from([("prompt".into(), "consent".into())]),
            iss_promised,
            proof: None,
        };
        let (url, watch, pending) = request.compose().unwrap();
        (url.into(), watch, pending)
    }

    fn judge(watch: &Watch, pairs: &[(&str, &str)]) -> Option<AuthorizationResponse> {
        watch.judge(|name| pairs.iter().find(|(own, _)| *own == name).map(|(_, value)| *value))
    }

    #[test]
    fn the_request_says_everything_once() {
        let (url, watch, pending) = begin(None, false, "openid email");
        let url = url::Url::parse(&url).unwrap();
        let get = |name: &str| {
            let found: Vec<_> = url.query_pairs().filter(|(own, _)| own == name).map(|(_, v)| v.into_owned()).collect();
            assert_eq!(found.len(), 1, "{name}");
            found[0].clone()
        };
        assert_eq!(get("response_type"), "code");
        assert_eq!(get("client_id"), "me");
        assert_eq!(get("redirect_uri"), "http://127.0.0.1:5/callback");
        assert_eq!(get("scope"), "openid email");
        assert_eq!(get("code_challenge_method"), "S256");
        assert_eq!(get("tenant"), "1");
        assert_eq!(get("prompt"), "consent");
        assert_eq!(get("state"), *watch.state.secret());
        assert_eq!(get("nonce"), pending.nonce().unwrap());
        assert!(get("state").len() >= 43, "256 bits");
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&pending.verifier);
        assert_eq!(get("code_challenge"), challenge.as_str());
        assert!(begin(None, false, "email").2.nonce().is_none());
    }

    #[test]
    fn the_state_comes_first() {
        let (_, watch, _) = begin(None, false, "x");
        let state = watch.state.secret().clone();
        let wrong = [&state[1..], &state.to_ascii_lowercase(), &format!("{state} "), "", "x"];
        for wrong in wrong {
            assert!(judge(&watch, &[("state", wrong), ("code", "c")]).is_none());
            assert!(judge(&watch, &[("state", wrong), ("error", "access_denied")]).is_none());
        }
        assert!(judge(&watch, &[("code", "c")]).is_none());
        let right = ("state", state.as_str());
        assert!(judge(&watch, &[right]).is_none());
        assert!(judge(&watch, &[right, ("code", "")]).is_none());
        assert!(judge(&watch, &[right, ("error", "")]).is_none());
        assert!(judge(&watch, &[right, ("code", "c"), ("error", "e")]).is_none());
        let Some(AuthorizationResponse::Code(code)) = judge(&watch, &[right, ("code", "c/+=")]) else { panic!() };
        assert_eq!(code.expose(), "c/+=");
        let Some(AuthorizationResponse::Denied(error)) = judge(&watch, &[right, ("error", "access_denied")]) else {
            panic!()
        };
        assert_eq!(error.code, "access_denied");
    }

    #[test]
    fn the_issuer_is_compared_as_it_stands() {
        let (_, watch, _) = begin(Some("https://as.example"), true, "x");
        let state = watch.state.secret().clone();
        let with = |iss: Option<&str>| {
            let mut pairs = vec![("state", state.as_str()), ("code", "c")];
            pairs.extend(iss.map(|iss| ("iss", iss)));
            judge(&watch, &pairs)
        };
        assert!(matches!(with(Some("https://as.example")), Some(AuthorizationResponse::Code(_))));
        for iss in [None, Some("https://as.example/"), Some("https://AS.example"), Some("https://as.example:443")] {
            assert!(matches!(with(iss), Some(AuthorizationResponse::WrongIssuer { .. })), "{iss:?}");
        }
        let error = [("state", state.as_str()), ("error", "access_denied"), ("iss", "https://evil.example")];
        assert!(matches!(judge(&watch, &error), Some(AuthorizationResponse::WrongIssuer { .. })));
        let (_, relaxed, _) = begin(Some("https://as.example"), false, "x");
        let state = relaxed.state.secret().clone();
        assert!(matches!(judge(&relaxed, &[("state", &state), ("code", "c")]), Some(AuthorizationResponse::Code(_))));
    }

    #[test]
    fn the_challenge_is_made_as_the_provider_wants_it() {
        let challenge = |pkce| {
            let request = AuthorizationRequest {
                server: &Server { pkce, ..server(None) },
                client: &Client { id: "me".into(), secret: None },
                redirect_uri: "http://127.0.0.1:5/callback",
                scopes: &Scopes::parse("x"),
                parameters: &BTreeMap::new(),
                iss_promised: false,
                proof: None,
            };
            let (url, _, pending) = request.compose().unwrap();
            let get = |name| url.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned();
            (get("code_challenge_method"), get("code_challenge"), pending.verifier.secret().clone())
        };
        let (method, plain, verifier) = challenge(Pkce::Plain);
        assert_eq!((method.as_str(), plain), ("plain", verifier));
        let (method, hex, verifier) = challenge(Pkce::S256Hex);
        assert_eq!((method.as_str(), hex), ("S256", hexadecimal(&Sha256::digest(verifier))));
        assert_eq!(hexadecimal(&[0x0a, 0xff]), "0aff");
    }
}

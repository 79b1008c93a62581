//! Who speaks to which server, and how a request gets there.

use url::Url;

use super::Error;
use super::dpop::{self, Proven, Prover};
use super::jwt::SigningKey;
use crate::http::{ClientCertificate, Http, Request, Response};
use crate::model::{Client, Clock, ProofKey, Secret, Server};

/// Who speaks to which server, and what the tokens are bound to.
#[derive(Clone, Copy)]
pub(crate) struct Channel<'a> {
    pub(crate) http: &'a Http,
    pub(crate) clock: Clock,
    pub(crate) server: &'a Server,
    pub(crate) client: &'a Client,
    /// The key that the tokens are bound to, where they are (RFC 9449).
    pub(crate) proof: Option<&'a ProofKey>,
}

impl Channel<'_> {
    /// Sends a request with a proof of possession, where the tokens are bound: once more with the nonce that the server
    /// wants, should it want one (RFC 9449 §8). `token` is the access token that is sent along.
    pub(super) fn send(&self, request: &Request<Vec<u8>>, token: Option<&Secret>) -> Result<Response<Vec<u8>>, Error> {
        let certificate = certificate(self.server, self.client.secret.as_ref())?;
        let certificate = certificate.as_ref();
        let mut request = request.clone();
        if certificate.is_some() {
            self.take_alias(&mut request)?;
        }
        let Some(key) = self.proof else { return Ok(self.http.send_as(certificate, request)?) };
        let prover = Prover::new(key).ok_or_else(|| Error::Request("the proof key is damaged".into()))?;
        let (method, url) = (request.method().to_string(), request.uri().to_string());
        let send = |nonce: Option<&str>| {
            let proof = prover.prove(Proven { method: &method, url: &url, nonce, token }, (self.clock)());
            let mut proven = request.clone();
            let value = proof.parse().map_err(|_| Error::Request("the proof is no header".into()))?;
            proven.headers_mut().insert(dpop::PROOF, value);
            Ok::<_, Error>(self.http.send_as(certificate, proven)?)
        };
        let first = send(None)?;
        match dpop::nonce_wanted(&first) {
            Some(nonce) => send(Some(&nonce)),
            None => Ok(first),
        }
    }

    /// Sends a request that takes no proof of possession.
    pub(super) fn send_unproven(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
        Self { proof: None, ..*self }.send(request, None)
    }

    /// A request to an endpoint that has another address for clients with a certificate goes there (RFC 8705 §5).
    fn take_alias(&self, request: &mut Request<Vec<u8>>) -> Result<(), Error> {
        let endpoint = Url::parse(&request.uri().to_string()).ok();
        if let Some(alias) = endpoint.and_then(|endpoint| self.server.mtls_alias(&endpoint)) {
            let bad = |_| Error::Request(format!("an alias of an endpoint of {} is no URL", self.server.name));
            *request.uri_mut() = alias.parse().map_err(bad)?;
        }
        Ok(())
    }

    /// The client's private key.
    pub(super) fn private_key(&self) -> Result<SigningKey, Error> {
        let text = self.client.secret.as_ref().ok_or_else(|| Error::Request("there is no private key".into()))?;
        SigningKey::from_pem(text).map_err(|error| Error::Request(format!("the private key cannot be used: {error}")))
    }
}

/// What a client proves itself with in the TLS handshake; `None` for one that authenticates in another way.
pub(crate) fn certificate(server: &Server, secret: Option<&Secret>) -> Result<Option<ClientCertificate>, Error> {
    let secret = secret.filter(|_| server.token_endpoint_auth_method.is_mutual_tls());
    let read = secret.map(ClientCertificate::from_pem).transpose();
    read.map_err(|error| Error::Request(format!("the client certificate cannot be used: {error}")))
}

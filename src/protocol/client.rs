//! The `oauth2` crate, and the one way in which it reaches the network.
//!
//! Its client type stays inside this module: a registry of providers is data, and gains nothing from endpoints that
//! are types. Its error type holds raw bodies, in which a token may stand, and never leaves this module either.

use std::cell::RefCell;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken as WireRefreshToken, RequestTokenError,
    StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::channel::Channel;
use super::error::host_of;
use super::{Error, ErrorResponse, answer, dpop, form, quirks};
use crate::http::{Response, header};
use crate::model::{AccessToken, Client, ClientAuthentication, RefreshToken, Scopes, Secret, Server, TokenResponse};

/// Members of a token answer that RFC 6749 does not have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Extra {
    id_token: Option<String>,
    refresh_expires_in: Option<u64>,
    learnt: Option<Map<String, Value>>,
}

impl ExtraTokenFields for Extra {}

type WireResponse = StandardTokenResponse<Extra, BasicTokenType>;

/// The crate's client with an authorization and a token endpoint.
pub(super) type WireClient = oauth2::Client<
    BasicErrorResponse,
    WireResponse,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The crate's client for one server and one registration.
pub(super) fn wire_client(server: &Server, client: &Client, redirect_uri: Option<&str>) -> Result<WireClient, Error> {
    let bad = |what: &str| Error::Request(format!("the {what} of {} is no URL", server.name));
    let mut wire = oauth2::Client::new(ClientId::new(client.id.clone()))
        .set_auth_uri(AuthUrl::new(server.authorization_endpoint.clone()).map_err(|_| bad("authorization endpoint"))?)
        .set_token_uri(TokenUrl::new(server.token_endpoint.clone()).map_err(|_| bad("token endpoint"))?)
        .set_auth_type(match server.token_endpoint_auth_method {
            ClientAuthentication::ClientSecretBasic => AuthType::BasicAuth,
            _ => AuthType::RequestBody,
        });
    let basic = server.token_endpoint_auth_method == ClientAuthentication::ClientSecretBasic;
    let empty = (basic && server.quirks.basic_without_secret).then(|| Secret::new(""));
    let sent = client.secret.as_ref().filter(|_| server.token_endpoint_auth_method.sends_secret());
    if let Some(secret) = sent.or(empty.as_ref()) {
        wire = wire.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
    }
    // Some providers show the code on a page of their own when none is named.
    if let Some(uri) = redirect_uri.filter(|uri| !uri.is_empty()) {
        wire = wire.set_redirect_uri(RedirectUrl::new(uri.to_owned()).map_err(|_| bad("redirect URI"))?);
    }
    Ok(wire)
}

/// Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(super) fn redeem(
    channel: &Channel<'_>,
    redirect_uri: &str,
    code: &Secret,
    verifier: PkceCodeVerifier,
) -> Result<TokenResponse, Error> {
    let wire = wire_client(channel.server, channel.client, Some(redirect_uri))?;
    let mut request = wire.exchange_code(AuthorizationCode::new(code.expose().to_owned())).set_pkce_verifier(verifier);
    for (name, value) in channel.token_parameters()? {
        request = request.add_extra_param(name, value.expose().to_owned());
    }
    let secrets = [Some(code), channel.client.secret.as_ref()];
    channel.read(request.request(&|request| channel.send_of_crate(&request, &secrets)))
}

/// No access token, and yet perhaps a refresh token: a server that answers oddly may have replaced the one before.
#[derive(Debug)]
pub(crate) struct NoToken {
    pub(crate) error: Error,
    pub(crate) refresh_token: Option<RefreshToken>,
}

impl From<Error> for NoToken {
    fn from(error: Error) -> Self {
        Self { error, refresh_token: None }
    }
}

/// Refreshes (RFC 6749 §6). The refresh token is moved in: whoever sends it cannot send it again.
#[expect(clippy::needless_pass_by_value, reason = "the token is spent")]
pub(crate) fn refresh(channel: &Channel<'_>, token: RefreshToken) -> Result<TokenResponse, NoToken> {
    let endpoint = channel.server.refresh_endpoint.as_ref().unwrap_or(&channel.server.token_endpoint);
    let mut server = Server { token_endpoint: endpoint.clone(), ..channel.server.clone() };
    if server.refresh_endpoint.is_some() {
        server.mtls_endpoint_aliases.remove("token_endpoint");
    }
    server.token_parameters.extend(channel.server.refresh_parameters.clone());
    let channel = &Channel { server: &server, ..*channel };
    let wire = wire_client(channel.server, channel.client, None)?;
    let spent = WireRefreshToken::new(token.0.expose().to_owned());
    let mut request = wire.exchange_refresh_token(&spent);
    for (name, value) in channel.token_parameters()? {
        request = request.add_extra_param(name, value.expose().to_owned());
    }
    if let Some(uri) = &channel.server.refresh_redirect_uri {
        request = request.add_extra_param("redirect_uri", uri);
    }
    let secrets = [Some(&token.0), channel.client.secret.as_ref()];
    let answered = RefCell::new(None);
    let exchange = |request: HttpRequest| {
        let response = channel.send(&quirks::client_request(channel.server, request)?, None)?;
        *answered.borrow_mut() = answer::refresh_token(channel.server, &response);
        channel.clean(&response, &secrets)
    };
    let read = channel.read(request.request(&exchange));
    read.map_err(|error| NoToken { error, refresh_token: answered.into_inner() })
}

/// A token request of any other grant: `pairs` besides what every request to this server says. `client` authenticates, if
/// it is given.
pub(super) fn grant(
    channel: &Channel<'_>,
    client: Option<&Client>,
    pairs: &[(&str, &str)],
    secrets: &[&Secret],
) -> Result<TokenResponse, Error> {
    let resources = channel.server.resource.iter().map(|resource| ("resource", resource.as_str()));
    let extra = channel.server.token_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let pairs: Vec<_> = pairs.iter().copied().chain(resources).chain(extra).collect();
    let request = form::post(channel, client, &channel.server.token_endpoint, &pairs)?;
    let secrets: Vec<_> = secrets.iter().map(|secret| Some(*secret)).chain([channel.client.secret.as_ref()]).collect();
    let answer = channel.send_of_crate(&request, &secrets)?;
    let host = host_of(&channel.server.token_endpoint);
    let malformed = || Error::Malformed { host: host.clone(), what: "its members do not form a token answer".into() };
    if answer.status() == 200 {
        let wire: WireResponse = serde_json::from_slice(answer.body()).map_err(|_| malformed())?;
        return channel.read(Ok(wire));
    }
    let refusal: BasicErrorResponse = serde_json::from_slice(answer.body()).map_err(|_| malformed())?;
    channel.read(Err(RequestTokenError::ServerResponse(refusal)))
}

impl Channel<'_> {
    /// What a token request says besides what its grant needs: the provider's own parameters, the resources
    /// (RFC 8707 §2.2), and the client's assertion (RFC 7523 §2.2).
    fn token_parameters(&self) -> Result<Vec<(String, Secret)>, Error> {
        let server = self.server;
        let own = server.token_parameters.iter().map(|(name, value)| (name.clone(), Secret::new(value.as_str())));
        let resources = server.resource.iter().map(|resource| ("resource".to_owned(), Secret::new(resource.as_str())));
        let mut all: Vec<_> = own.chain(resources).collect();
        if let Some(assertion) = form::client_assertion(server, self.client, (self.clock)())? {
            all.push(("client_assertion_type".into(), Secret::new(form::JWT_BEARER)));
            all.push(("client_assertion".into(), assertion));
        }
        Ok(all)
    }

    /// Sends a request to the token endpoint and turns the answer into the form the crate reads. Should the answer's
    /// words repeat one of the secrets, it does not get any further.
    fn send_of_crate(&self, request: &HttpRequest, secrets: &[Option<&Secret>]) -> Result<HttpResponse, Error> {
        let response = self.send(&quirks::client_request(self.server, request.clone())?, None)?;
        self.clean(&response, secrets)
    }

    /// What the crate is given to read of an answer.
    fn clean(&self, response: &Response<Vec<u8>>, secrets: &[Option<&Secret>]) -> Result<HttpResponse, Error> {
        let secrets: Vec<&Secret> = secrets.iter().copied().flatten().collect();
        let answered = answer::token(self.server, response, (self.clock)());
        let (status, body) = match answered.map_err(|error| error.without(&secrets)) {
            Ok(members) => (200, Value::Object(members)),
            Err(Error::Refused { response, .. }) => {
                (400, json!({"error": response.code, "error_description": response.description}))
            }
            Err(other) => return Err(other),
        };
        let clean = oauth2::http::Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
        clean.body(body.to_string().into_bytes()).map_err(|error| Error::Request(error.to_string()))
    }

    fn read(
        &self,
        answered: Result<WireResponse, RequestTokenError<Error, BasicErrorResponse>>,
    ) -> Result<TokenResponse, Error> {
        let host = host_of(&self.server.token_endpoint);
        let malformed = |what: &str| Error::Malformed { host: host.clone(), what: what.into() };
        let wire = answered.map_err(|error| match error {
            RequestTokenError::ServerResponse(response) => {
                let description = response.error_description().cloned();
                Error::Refused {
                    host: host.clone(),
                    response: ErrorResponse { code: response.error().to_string(), description },
                }
            }
            RequestTokenError::Request(error) => error,
            // Both may hold the raw body: only their kind is told.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                malformed("its members do not form a token answer")
            }
        })?;
        let bound =
            matches!(wire.token_type(), BasicTokenType::Extension(kind) if kind.eq_ignore_ascii_case(dpop::PROOF));
        if bound && self.proof.is_none() {
            return Err(malformed("token_type: the token is bound to a key, and none was shown"));
        }
        Ok(TokenResponse {
            access_token: AccessToken(Secret::new(wire.access_token().secret().as_str())),
            token_type: if bound { dpop::PROOF.into() } else { "Bearer".into() },
            expires_in: wire.expires_in().map(|lifetime| lifetime.as_secs()),
            refresh_token: wire.refresh_token().map(|token| RefreshToken(Secret::new(token.secret().as_str()))),
            refresh_expires_in: wire.extra_fields().refresh_expires_in,
            scope: wire.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Scopes>()),
            id_token: wire.extra_fields().id_token.clone().map(Secret::new),
            learnt: wire.extra_fields().learnt.clone().unwrap_or_default(),
        })
    }
}

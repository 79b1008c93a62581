//! The `oauth2` crate, and the one way in which it reaches the network.
//!
//! Its client type stays inside this module: a registry of providers is data, and gains nothing from endpoints that
//! are types. Its error type holds raw bodies, in which a token may stand, and never leaves this module either.

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
use url::Url;

use super::{Error, ErrorResponse, answer, quirks};
use crate::http::{Http, header};
use crate::model::endpoint;
use crate::model::{
    AccessToken, Client, ClientAuthentication, Clock, RefreshToken, Scopes, Secret, Server, TokenResponse,
};

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
            ClientAuthentication::ClientSecretPost | ClientAuthentication::None => AuthType::RequestBody,
        });
    let basic = server.token_endpoint_auth_method == ClientAuthentication::ClientSecretBasic;
    let empty = (basic && server.quirks.basic_without_secret).then(|| Secret::new(""));
    if let Some(secret) = client.secret.as_ref().or(empty.as_ref()) {
        wire = wire.set_client_secret(ClientSecret::new(secret.expose().to_owned()));
    }
    if let Some(uri) = redirect_uri {
        wire = wire.set_redirect_uri(RedirectUrl::new(uri.to_owned()).map_err(|_| bad("redirect URI"))?);
    }
    Ok(wire)
}

/// Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(super) fn redeem(
    http: &Http,
    clock: Clock,
    server: &Server,
    client: &Client,
    redirect_uri: &str,
    code: &Secret,
    verifier: PkceCodeVerifier,
) -> Result<TokenResponse, Error> {
    let wire = wire_client(server, client, Some(redirect_uri))?;
    let mut request = wire.exchange_code(AuthorizationCode::new(code.expose().to_owned())).set_pkce_verifier(verifier);
    for (name, value) in &server.token_parameters {
        request = request.add_extra_param(name, value);
    }
    let secrets = [Some(code), client.secret.as_ref()];
    read(server, request.request(&|request| send(http, clock, server, request, &secrets)))
}

/// Refreshes (RFC 6749 §6). The refresh token is moved in: whoever sends it cannot send it again.
#[expect(clippy::needless_pass_by_value, reason = "the token is spent")]
pub(crate) fn refresh(
    http: &Http,
    clock: Clock,
    server: &Server,
    client: &Client,
    token: RefreshToken,
) -> Result<TokenResponse, Error> {
    let endpoint = server.refresh_endpoint.as_ref().unwrap_or(&server.token_endpoint);
    let server = &Server { token_endpoint: endpoint.clone(), ..server.clone() };
    let wire = wire_client(server, client, None)?;
    let spent = WireRefreshToken::new(token.0.expose().to_owned());
    let mut request = wire.exchange_refresh_token(&spent);
    let mut parameters = server.token_parameters.clone();
    parameters.extend(server.refresh_parameters.clone());
    for (name, value) in &parameters {
        request = request.add_extra_param(name, value);
    }
    if let Some(uri) = &server.refresh_redirect_uri {
        request = request.add_extra_param("redirect_uri", uri);
    }
    let secrets = [Some(&token.0), client.secret.as_ref()];
    read(server, request.request(&|request| send(http, clock, server, request, &secrets)))
}

/// Sends a request of the crate and turns the answer into the form the crate reads. Should the answer's words repeat one
/// of the secrets, it does not get any further.
fn send(
    http: &Http,
    clock: Clock,
    server: &Server,
    request: HttpRequest,
    secrets: &[Option<&Secret>],
) -> Result<HttpResponse, Error> {
    let secrets: Vec<&Secret> = secrets.iter().copied().flatten().collect();
    let response = http.send(quirks::client_request(server, request)?)?;
    let answered = answer::token(server, &response, clock());
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
    server: &Server,
    answered: Result<WireResponse, RequestTokenError<Error, BasicErrorResponse>>,
) -> Result<TokenResponse, Error> {
    let host = host_of(&server.token_endpoint);
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
            Error::Malformed { host: host.clone(), what: "its members do not form a token answer".into() }
        }
    })?;
    Ok(TokenResponse {
        access_token: AccessToken(Secret::new(wire.access_token().secret().as_str())),
        token_type: "Bearer".into(),
        expires_in: wire.expires_in().map(|lifetime| lifetime.as_secs()),
        refresh_token: wire.refresh_token().map(|token| RefreshToken(Secret::new(token.secret().as_str()))),
        refresh_expires_in: wire.extra_fields().refresh_expires_in,
        scope: wire.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Scopes>()),
        id_token: wire.extra_fields().id_token.clone().map(Secret::new),
        learnt: wire.extra_fields().learnt.clone().unwrap_or_default(),
    })
}

/// Host and port of a URL, for messages.
pub(super) fn host_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "the server".into(), |url| endpoint::authority(&url))
}

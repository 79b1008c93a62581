//! Dynamic client registration (RFC 7591), and its end (RFC 7592).

use serde_json::{Value, json};

use super::error::host_of;
use super::{Error, answer};
use crate::http::{Http, Request, header};
use crate::model::{Client, ClientAuthentication, Clock, Quirks, Secret, Timestamp, endpoint, rules};

/// The longest client id that is taken, in bytes.
const LONGEST: usize = 4096;

/// What we say of ourselves.
pub(crate) struct RegistrationRequest<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) redirect_uris: Vec<String>,
    /// A client without a secret; else one with a secret is asked for.
    pub(crate) public: bool,
    pub(crate) device: bool,
}

/// What the server made of it.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) client: Client,
    pub(crate) authentication: ClientAuthentication,
    /// When the secret ends, where it does.
    pub(crate) secret_expires_at: Option<Timestamp>,
    /// Where the registration is changed or deleted, and the token for that (RFC 7592 §2).
    pub(crate) client_uri: Option<String>,
    pub(crate) access_token: Option<Secret>,
}

/// Registers this program (RFC 7591 §3.1).
pub(crate) fn register(http: &Http, clock: Clock, request: &RegistrationRequest<'_>) -> Result<Registered, Error> {
    let mut grants = vec!["authorization_code", "refresh_token"];
    grants.extend(request.device.then_some("urn:ietf:params:oauth:grant-type:device_code"));
    let body = json!({
        "client_name": "oauth-cli",
        "application_type": "native",
        "redirect_uris": request.redirect_uris,
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": if request.public { "none" } else { "client_secret_basic" },
    });
    let sent = Request::post(request.endpoint)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|_| Error::Request("the registration endpoint is no URL".into()))?;
    let host = host_of(request.endpoint);
    let members = answer::object(&host, &http.send(sent)?, clock(), &Quirks::default())?;
    let malformed = |what: &str| Error::Malformed { host: host.clone(), what: what.to_owned() };
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = text("client_id").filter(|id| id.len() <= LONGEST && !id.contains(char::is_control));
    let secret = text("client_secret");
    if secret.is_some_and(|secret| !rules::is_client_secret(secret)) {
        return Err(malformed("client_secret"));
    }
    let secret = secret.map(Secret::new);
    // A registration for other places than ours would send the code there.
    if let Some(Value::Array(kept)) = members.get("redirect_uris")
        && !request.redirect_uris.iter().all(|uri| kept.iter().any(|own| own == uri))
    {
        let what = "the redirect URIs that it registered are others than were asked for".into();
        return Err(Error::UnsafeAddress { host, what });
    }
    let authentication = match text("token_endpoint_auth_method") {
        _ if secret.is_none() => ClientAuthentication::None,
        Some("client_secret_post") => ClientAuthentication::ClientSecretPost,
        Some("none") => ClientAuthentication::None,
        _ => ClientAuthentication::ClientSecretBasic,
    };
    // Both are for tidying up only: a client is as good without them.
    let client_uri = text("registration_client_uri")
        .filter(|uri| endpoint::check_written(uri).is_ok() && endpoint::same_site(uri, request.endpoint));
    let access_token = text("registration_access_token").filter(|token| rules::is_token(token));
    Ok(Registered {
        client: Client { id: id.ok_or_else(|| malformed("client_id"))?.to_owned(), secret },
        authentication,
        secret_expires_at: members
            .get("client_secret_expires_at")
            .and_then(Value::as_i64)
            .filter(|end| *end > 0)
            .map(Timestamp),
        client_uri: client_uri.map(str::to_owned),
        access_token: access_token.map(Secret::new),
    })
}

/// Deletes a registration (RFC 7592 §2.3). One that is not there any more is deleted.
pub(crate) fn unregister(http: &Http, clock: Clock, client_uri: &str, token: &Secret) -> Result<(), Error> {
    let request = Request::delete(client_uri)
        .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
        .body(vec![])
        .map_err(|_| Error::Request("the registration's address is no URL".into()))?;
    let response = http.send(request)?;
    match response.status().as_u16() {
        200 | 204 | 401 | 404 => Ok(()),
        _ => answer::object(&host_of(client_uri), &response, clock(), &Quirks::default())
            .map(|_| ())
            .map_err(|error| error.without(&[token])),
    }
}

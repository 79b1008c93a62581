//! Form requests with client authentication (RFC 6749 §2.3), for the endpoints that are ours to speak to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Error;
use super::channel::Channel;
use super::jwt::{Assertion, SigningKey};
use crate::http::{Request, header};
use crate::model::{Client, ClientAuthentication, Secret, Server, Timestamp};

/// The type of a JWT as client assertion (RFC 7523 §2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A POST of `pairs` to `endpoint`; `client` authenticates the way the server wants it, or not at all.
pub(super) fn post(
    channel: &Channel<'_>,
    client: Option<&Client>,
    endpoint: &str,
    pairs: &[(&str, &str)],
) -> Result<Request<Vec<u8>>, Error> {
    let server = channel.server;
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(pairs);
    let mut request = Request::post(endpoint)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    match client.map(|client| (client, &client.secret, server.token_endpoint_auth_method)) {
        None => {}
        Some((client, Some(secret), ClientAuthentication::ClientSecretBasic)) => {
            request = request.header(header::AUTHORIZATION, basic(&client.id, secret));
        }
        Some((client, secret, method)) => {
            body.append_pair("client_id", &client.id);
            if let Some(assertion) = client_assertion(server, client, (channel.clock)())? {
                body.append_pair("client_assertion_type", JWT_BEARER);
                body.append_pair("client_assertion", assertion.expose());
            }
            let secret = secret.iter().filter(|_| method.sends_secret());
            body.extend_pairs(secret.map(|secret| ("client_secret", secret.expose())));
        }
    }
    request
        .body(body.finish().into_bytes())
        .map_err(|_| Error::Request(format!("an endpoint of {} is no URL", server.name)))
}

/// The assertion with which a client authenticates by its private key (`private_key_jwt`); `None` for one that does not.
pub(super) fn client_assertion(server: &Server, client: &Client, now: Timestamp) -> Result<Option<Secret>, Error> {
    let (ClientAuthentication::PrivateKeyJwt, Some(key)) = (server.token_endpoint_auth_method, &client.secret) else {
        return Ok(None);
    };
    let key =
        SigningKey::from_pem(key).map_err(|error| Error::Request(format!("the client's private key: {error}")))?;
    let audience = server.issuer.as_deref().unwrap_or(&server.token_endpoint);
    let key_id = server.client_key_id.as_deref();
    let assertion = Assertion { issuer: &client.id, subject: &client.id, audience, key_id, scope: None };
    Ok(Some(assertion.sign(&key, now)))
}

/// HTTP Basic with both halves form-encoded first (RFC 6749 §2.3.1).
pub(super) fn basic(id: &str, secret: &Secret) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret.expose()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_basic_are_form_encoded() {
        assert_eq!(basic("a b", &Secret::new("c:d&é")), format!("Basic {}", STANDARD.encode("a+b:c%3Ad%26%C3%A9")));
    }
}

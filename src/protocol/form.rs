//! Form requests with client authentication (RFC 6749 §2.3), for the endpoints that are ours to speak to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Error;
use crate::http::{Request, header};
use crate::model::{Client, ClientAuthentication, Secret, Server};

/// A POST of `pairs` to `endpoint`; `client` authenticates the way the server wants it, or not at all.
pub(super) fn post(
    server: &Server,
    client: Option<&Client>,
    endpoint: &str,
    pairs: &[(&str, &str)],
) -> Result<Request<Vec<u8>>, Error> {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(pairs);
    let mut request = Request::post(endpoint)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    match client.map(|client| (client, &client.secret)) {
        None => {}
        Some((client, Some(secret)))
            if server.token_endpoint_auth_method == ClientAuthentication::ClientSecretBasic =>
        {
            request = request.header(header::AUTHORIZATION, basic(&client.id, secret));
        }
        Some((client, secret)) => {
            body.append_pair("client_id", &client.id);
            body.extend_pairs(secret.iter().map(|secret| ("client_secret", secret.expose())));
        }
    }
    request
        .body(body.finish().into_bytes())
        .map_err(|_| Error::Request(format!("an endpoint of {} is no URL", server.name)))
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

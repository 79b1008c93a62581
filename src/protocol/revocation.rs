//! Token revocation (RFC 7009), and the provider's own way where it has another one.
//!
//! Written here and not taken from the `oauth2` crate, which refuses every endpoint that is not https: a server on
//! this machine's loopback address is one that a test or a developer talks to.

use serde_json::json;

use super::channel::Channel;
use super::error::host_of;
use super::{Error, answer, form, quirks};
use crate::http::{Method, Request, Response, header};
use crate::model::server::RevocationStyle;
use crate::model::{Client, Clock, Secret, Server};

/// Which token is revoked; its name is the RFC's `token_type_hint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Access,
    Refresh,
}

/// What the server says to a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    Revoked,
    /// The server has no way to revoke a token of this kind.
    Unsupported,
}

/// Revokes one token. A token that the server does not know is revoked (RFC 7009 §2.2). The words of an error may repeat
/// what was sent: the channel takes its secrets out of them.
pub(crate) fn revoke(channel: &Channel<'_>, token: &Secret, kind: TokenKind) -> Result<Revocation, Error> {
    let (server, client) = (channel.server, channel.client);
    let Some(endpoint) = &server.revocation_endpoint else { return Ok(Revocation::Unsupported) };
    let hint = if kind == TokenKind::Access { "access_token" } else { "refresh_token" };
    let pairs = [("token", token.expose()), ("token_type_hint", hint)];
    let request = match server.revocation {
        RevocationStyle::Rfc7009 => form::post(channel, Some(client), endpoint, &pairs),
        RevocationStyle::Json => form::post(channel, Some(client), endpoint, &pairs).and_then(quirks::as_json),
        RevocationStyle::RefreshOnly if kind == TokenKind::Access => return Ok(Revocation::Unsupported),
        RevocationStyle::RefreshOnly => form::post(channel, Some(client), endpoint, &pairs),
        // It ends with the access token.
        RevocationStyle::BearerPost | RevocationStyle::BearerDelete if kind == TokenKind::Refresh => {
            return Ok(Revocation::Unsupported);
        }
        RevocationStyle::BearerPost => with_token(server, Method::POST, endpoint, token),
        RevocationStyle::BearerDelete => with_token(server, Method::DELETE, endpoint, token),
        RevocationStyle::TokenOnly => form::post(channel, None, endpoint, &pairs[..1]),
        // GitHub's refresh tokens end with the access token; there is no call for them.
        RevocationStyle::GithubDelete if kind == TokenKind::Refresh => return Ok(Revocation::Unsupported),
        RevocationStyle::GithubDelete => github(client, endpoint, token),
    };
    let mut request = request?;
    quirks::add_headers(server, &mut request)?;
    judge(server, &host_of(endpoint), &channel.send_unproven(&request)?, channel.clock)
}

fn judge(server: &Server, host: &str, response: &Response<Vec<u8>>, clock: Clock) -> Result<Revocation, Error> {
    let style = server.revocation;
    let status = response.status().as_u16();
    let body = response.body().trim_ascii();
    // RFC 7009 §2.2 promises nothing of the body; one that states an error, or is a web page, is no promise kept.
    let plain = !body.starts_with(b"{") && !body.starts_with(b"<");
    if matches!(status, 200 | 204) && plain || style == RevocationStyle::GithubDelete && status == 404 {
        return Ok(Revocation::Revoked);
    }
    match answer::object(host, response, clock(), &server.quirks) {
        Err(Error::Refused { response, .. }) if response.code == "unsupported_token_type" => {
            Ok(Revocation::Unsupported)
        }
        // Google says this of a token that has ended or was revoked before.
        Err(Error::Refused { response, .. }) if response.code == "invalid_token" => Ok(Revocation::Revoked),
        Err(error) => Err(error),
        Ok(_) => Ok(Revocation::Revoked),
    }
}

/// The access token is the leave to revoke itself.
fn with_token(server: &Server, method: Method, endpoint: &str, token: &Secret) -> Result<Request<Vec<u8>>, Error> {
    let request = Request::builder().method(method).uri(endpoint).header(header::ACCEPT, "application/json");
    let mut request = request.body(vec![]).map_err(|_| Error::Request("the revocation endpoint is no URL".into()))?;
    quirks::add_token(server, &mut request, token.expose())?;
    Ok(request)
}

/// <https://docs.github.com/rest/apps/oauth-applications>, "Delete an app token".
fn github(client: &Client, endpoint: &str, token: &Secret) -> Result<Request<Vec<u8>>, Error> {
    let none = Secret::new("");
    let secret = client.secret.as_ref().unwrap_or(&none);
    Request::builder()
        .method(Method::DELETE)
        .uri(endpoint)
        .header(header::AUTHORIZATION, form::basic(&client.id, secret))
        .header(header::ACCEPT, "application/vnd.github+json")
        .header(header::CONTENT_TYPE, "application/json")
        .body(json!({"access_token": token.expose()}).to_string().into_bytes())
        .map_err(|_| Error::Request("GitHub's revocation endpoint is no URL".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn answered(status: u16, body: &str, style: RevocationStyle) -> Result<Revocation, Error> {
        let response = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
        let mut server: Server = serde_json::from_value(json!({
            "name": "X", "authorization_endpoint": "", "token_endpoint": "", "token_endpoint_auth_method": "none"
        }))
        .unwrap();
        server.revocation = style;
        judge(&server, "as.example", &response, || Timestamp(0))
    }

    #[test]
    fn answers_are_read_as_the_rfc_and_the_providers_mean_them() {
        use RevocationStyle::{GithubDelete, Rfc7009};
        assert_eq!(answered(200, "", Rfc7009).unwrap(), Revocation::Revoked);
        assert_eq!(answered(204, "", GithubDelete).unwrap(), Revocation::Revoked);
        assert_eq!(answered(404, "{}", GithubDelete).unwrap(), Revocation::Revoked);
        let unsupported = answered(400, r#"{"error":"unsupported_token_type"}"#, Rfc7009);
        assert_eq!(unsupported.unwrap(), Revocation::Unsupported);
        assert_eq!(answered(400, r#"{"error":"invalid_token"}"#, Rfc7009).unwrap(), Revocation::Revoked);
        assert!(matches!(answered(401, r#"{"error":"invalid_client"}"#, Rfc7009), Err(Error::Refused { .. })));
        assert!(answered(200, "<html>", Rfc7009).is_err());
        assert!(answered(200, r#"{"error":"server_error"}"#, Rfc7009).is_err());
        assert_eq!(answered(200, "{}", Rfc7009).unwrap(), Revocation::Revoked);
        assert!(matches!(answered(503, "", Rfc7009), Err(Error::Trouble { .. })));
        assert!(matches!(answered(404, "<html>", Rfc7009), Err(Error::NotOauth { .. })));
    }
}

//! What a token may do, told by the answer to a harmless request.

use serde_json::Value;

use super::{Challenge, Channel, Error, ErrorResponse, answer, identity};
use crate::http::{HeaderMap, Method, Request, Response};
use crate::model::{AccessToken, Quirks, Scopes};

/// How a request with a token was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    Allowed,
    /// The token lacks one of these scopes; none where the server does not say which.
    MissingScope(Scopes),
    /// The token is good, and this is not for it: another reason than scope, in the server's words where it has any.
    Forbidden(Option<ErrorResponse>),
    /// The token is not taken here.
    Unauthorized,
    /// Nothing is there, or it is hidden from this token.
    NotFound,
    /// Anything else; it says nothing of the token.
    Unclear,
}

/// Sends one request with the token. Gives the status, and what it means; no redirect is followed.
pub(crate) fn permission(
    channel: &Channel<'_>,
    method: &str,
    url: &str,
    token: &AccessToken,
    granted: &Scopes,
) -> Result<(u16, Permission), Error> {
    let bad = || Error::Request(format!("a capability of {} is no request", channel.server.name));
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad())?;
    let request = Request::builder().method(method).uri(url).body(vec![]).map_err(|_| bad())?;
    let response = identity::send(channel, request, token)?;
    Ok((response.status().as_u16(), judge(&response, &channel.server.quirks, granted, token)))
}

fn judge(response: &Response<Vec<u8>>, quirks: &Quirks, granted: &Scopes, token: &AccessToken) -> Permission {
    let missing = missing_scope(response.headers(), granted);
    match (response.status().as_u16(), missing) {
        (401, _) => Permission::Unauthorized,
        (403 | 404, Some(scopes)) => Permission::MissingScope(scopes),
        (404, None) => Permission::NotFound,
        (403, None) => stated(response, quirks, token).unwrap_or(Permission::Forbidden(None)),
        // Some APIs answer 200 to everything, and state errors in the body (Slack).
        (200..=299, _) => stated(response, quirks, token).unwrap_or(Permission::Allowed),
        _ => Permission::Unclear,
    }
}

/// What the body says. The scope stands in `scope` (GitLab) or in `needed` (Slack's documents: scopes of which one would
/// do), or nowhere (Google's `ErrorInfo`).
fn stated(response: &Response<Vec<u8>>, quirks: &Quirks, token: &AccessToken) -> Option<Permission> {
    let error = answer::stated_error(response, quirks)?;
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let details = body.pointer("/error/details").and_then(Value::as_array);
    let reasons = details.into_iter().flatten().filter_map(|detail| detail.get("reason"));
    if reasons.into_iter().any(|reason| reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT") {
        return Some(Permission::MissingScope(Scopes::default()));
    }
    Some(match error.code.as_str() {
        "invalid_token" => Permission::Unauthorized,
        "insufficient_scope" => Permission::MissingScope(Scopes::parse(text("scope"))),
        "missing_scope" => Permission::MissingScope(Scopes::parse(text("needed"))),
        _ => Permission::Forbidden(Some(error.without(&[&token.0]))),
    })
}

/// What a refusal says that the token lacks: by RFC 6750 §3.1, or by GitHub's `X-Accepted-OAuth-Scopes` ("Scopes for OAuth
/// apps"), which lists scopes of which any one would do, beside `X-OAuth-Scopes`, those that the token has.
pub(crate) fn missing_scope(headers: &HeaderMap, granted: &Scopes) -> Option<Scopes> {
    let challenge = Challenge::of(headers);
    if challenge.is_insufficient_scope() {
        return Some(challenge.scope.without(granted));
    }
    let list = |name: &str| Some(Scopes::parse(headers.get(name)?.to_str().ok()?));
    let accepted = list("x-accepted-oauth-scopes")?;
    let has = list("x-oauth-scopes").unwrap_or_else(|| granted.clone());
    let lacks = !accepted.is_empty() && accepted.common(&has).is_empty();
    lacks.then(|| accepted.iter().take(1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::header::WWW_AUTHENTICATE;
    use crate::model::Secret;

    fn missing(fields: &[(&'static str, &str)], granted: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        missing_scope(&headers, &Scopes::parse(granted)).map(|scopes| scopes.to_string())
    }

    #[test]
    fn the_server_says_which_scope_is_missing() {
        let challenge = (WWW_AUTHENTICATE.as_str(), r#"Bearer error="insufficient_scope", scope="a b""#);
        assert_eq!(missing(&[challenge], "a").as_deref(), Some("b"));
        assert_eq!(missing(&[], "a"), None);
    }

    #[test]
    fn scopes_that_the_token_has_count_more_than_what_was_granted_once() {
        let accepted = ("x-accepted-oauth-scopes", "repo, public_repo");
        assert_eq!(missing(&[accepted], "gist").as_deref(), Some("repo"));
        assert_eq!(missing(&[accepted, ("x-oauth-scopes", "public_repo")], "gist"), None);
        assert_eq!(missing(&[accepted, ("x-oauth-scopes", "")], "repo").as_deref(), Some("repo"));
        assert_eq!(missing(&[("x-accepted-oauth-scopes", "")], ""), None);
    }

    fn judged(status: u16, body: &str) -> Permission {
        let response = Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap();
        judge(&response, &Quirks::default(), &Scopes::default(), &AccessToken(Secret::new("at-secret")))
    }

    #[test]
    fn an_answer_is_judged_by_status_and_by_what_its_body_states() {
        let missing = |scopes: &str| Permission::MissingScope(Scopes::parse(scopes));
        let google = r#"{"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}}"#;
        for (status, body, wanted) in [
            (200, "[]", Permission::Allowed),
            (204, "", Permission::Allowed),
            (200, r#"{"ok":true}"#, Permission::Allowed),
            (200, r#"{"ok":false,"error":"missing_scope","needed":"channels:read"}"#, missing("channels:read")),
            (403, r#"{"error":"insufficient_scope","scope":"api read_api"}"#, missing("api read_api")),
            (403, google, missing("")),
            (403, "<html>", Permission::Forbidden(None)),
            (401, "", Permission::Unauthorized),
            (404, "", Permission::NotFound),
            (302, "", Permission::Unclear),
            (503, "", Permission::Unclear),
        ] {
            assert_eq!(judged(status, body), wanted, "{status} {body}");
        }
    }

    #[test]
    fn what_a_server_says_besides_is_kept_without_the_token() {
        let Permission::Forbidden(Some(said)) =
            judged(403, r#"{"error":"no","error_description":"at-secret may not"}"#)
        else {
            panic!()
        };
        assert_eq!(said.to_string(), "no ([secret] may not)");
    }
}

//! What must hold of any answer of a server.

use serde_json::{Map, Value};

use super::metadata::Metadata;
use super::{answer, challenge, discovery, protected_resource};
use crate::http::{HeaderMap, HeaderValue, Response, header};
use crate::model::{Quirks, Server, Timestamp, endpoint};

const STATUSES: [u16; 8] = [200, 201, 302, 400, 401, 403, 429, 503];
const KINDS: [&str; 4] = ["application/json", "application/x-www-form-urlencoded", "text/html", "text/plain"];

/// A server without any quirk.
fn server() -> Server {
    let text = r#"{"name":"x","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t",
        "token_endpoint_auth_method":"none"}"#;
    serde_json::from_str(text).expect("a server")
}

/// A token that is taken stands on one line of a header; everything else is an error.
pub(crate) fn token_answer(data: &[u8]) {
    let (first, body) = data.split_first().unwrap_or((&0, &[]));
    let (status, kind) = (STATUSES[usize::from(first & 7)], KINDS[usize::from(first >> 3 & 3)]);
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind).body(body.to_vec());
    let Ok(members) = answer::token(&server(), &response.expect("a response"), Timestamp(0)) else { return };
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let access = text("access_token").expect("an answer has its token");
    for token in [Some(access), text("refresh_token")].into_iter().flatten() {
        assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    // Whether a proof was asked for is judged by who asked.
    assert!(matches!(text("token_type"), Some("Bearer" | "DPoP")));
}

/// A document that is taken is the issuer's own, and every endpoint in it one that a secret may be sent to.
pub(crate) fn metadata(data: &[u8]) {
    const ISSUER: &str = "https://as.example";
    let response = Response::builder().status(200).header(header::CONTENT_TYPE, "application/json");
    let response = response.body(data.to_vec()).expect("a response");
    let document: Result<Map<String, Value>, _> =
        answer::object("as.example", &response, Timestamp(0), &Quirks::default());
    let Ok(document) = document.and_then(|document| discovery::check_issuer(ISSUER, document)) else { return };
    let Ok(found) = Metadata::read(ISSUER, &document) else { return };
    assert_eq!(found.issuer, ISSUER);
    let others = [
        found.userinfo_endpoint,
        found.revocation_endpoint,
        found.introspection_endpoint,
        found.pushed_authorization_request_endpoint,
        found.registration_endpoint,
    ];
    let device = found.device_authorization_endpoint;
    let needed = [found.authorization_endpoint, found.token_endpoint];
    for url in needed.into_iter().chain(others.into_iter().flatten()).chain(device) {
        assert!(endpoint::check(&url).is_ok(), "{url}");
    }
}

/// What is taken out of a challenge stood in it, and is found again when it is quoted anew.
pub(crate) fn www_authenticate(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(line) else { continue };
        if let Some(url) = value.to_str().ok().and_then(|text| protected_resource::parameter(text, "resource_metadata"))
        {
            assert!(url.len() <= line.len());
        }
        headers.append(header::WWW_AUTHENTICATE, value);
    }
    let found = challenge::Challenge::of(&headers);
    let Some(error) = &found.error else { return };
    let quoted = error.replace('\\', "\\\\").replace('"', "\\\"");
    let scope = found.scope.to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let again = format!("Basic realm=\"x, y\", Bearer error=\"{quoted}\", scope=\"{scope}\"");
    let again = HeaderMap::from_iter([(header::WWW_AUTHENTICATE, again.parse().expect("it came from such a header"))]);
    assert_eq!(challenge::Challenge::of(&again), found);
}

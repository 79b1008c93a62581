//! The right server behind the gate: routes, metadata and the workers. Nothing here waits.

use std::io::Cursor;

use serde_json::json;

use super::message::{Answer, Request};
use super::shared::{Shared, date};
use super::{authorize, control, discovery, grants, machines, pages, resource};

/// Answers requests until it is unblocked after the stop; those that came in before are still answered.
pub(super) fn work(inner: &tiny_http::Server, shared: &Shared) {
    loop {
        let mut incoming = match inner.recv() {
            Ok(incoming) => incoming,
            Err(_) if shared.stop.is_set() => return,
            Err(_) => continue,
        };
        let Some(request) = Request::read(&mut incoming) else {
            continue;
        };
        let answer = route(shared, &request);
        let date = date(shared.state().knobs.clock_offset).map(|date| ("Date", date));
        let headers = answer.headers.into_iter().chain(date);
        let headers = headers.filter_map(|(name, value)| tiny_http::Header::from_bytes(name, value).ok()).collect();
        let (length, body) = (answer.body.len(), Cursor::new(answer.body));
        let response = tiny_http::Response::new(answer.status.into(), headers, body, Some(length), None);
        // A client that went away is its own business.
        let _ = incoming.respond(response.with_chunked_threshold(usize::MAX));
    }
}

fn route(shared: &Shared, request: &Request) -> Answer {
    let host = shared.issuer.trim_start_matches("http://");
    let port = host.trim_start_matches("127.0.0.1");
    // A page of another site that had its name resolved to this machine speaks with its own name.
    let named = request.header("Host").unwrap_or_default();
    if named != host && named.strip_prefix("localhost") != Some(port) {
        return Answer::json(421, &json!({"error": "this server is 127.0.0.1 only"}));
    }
    match (request.method.as_str(), request.path.as_str()) {
        (_, path) if path.starts_with("/sandbox/") => control::route(shared, request),
        ("GET", "/.well-known/oauth-authorization-server" | "/.well-known/openid-configuration") => {
            discovery::metadata(shared)
        }
        ("GET", "/.well-known/oauth-protected-resource/mcp") => discovery::protected_resource(shared),
        ("POST", "/register") => discovery::register(shared, request),
        ("DELETE", "/register/demo") => discovery::unregister(shared, request),
        (_, "/mcp") => discovery::mcp(shared, request),
        ("GET", "/authorize") => authorize::page(shared, request),
        ("POST", "/authorize/decision") => authorize::decision(shared, request),
        ("POST", "/token") => grants::token(shared, request),
        ("POST", "/revoke") => grants::revoke(shared, request),
        ("POST", "/introspect") => grants::introspect(shared, request),
        ("POST", "/device_authorization") => grants::device_authorization(shared, request),
        ("GET", "/device") => Answer::html(200, pages::device(request.query.get("user_code").unwrap_or_default())),
        ("POST", "/device/decision") => authorize::device_decision(shared, request),
        ("GET", "/device/done") => Answer::html(200, pages::message("Done", "You may close this page.")),
        ("GET" | "POST", "/userinfo") => resource::userinfo(shared, request),
        ("GET", "/job/token") => machines::job_token(shared, request),
        (_, path) if path.starts_with("/app/installations") => machines::installations(shared, request),
        (_, "/api/echo") => resource::echo(shared, request),
        ("GET", "/") => {
            Answer::html(200, pages::message("Demo server", "Its metadata is at /.well-known/openid-configuration."))
        }
        (
            _,
            "/token" | "/revoke" | "/introspect" | "/device_authorization" | "/authorize/decision" | "/device/decision",
        ) => Answer::json(405, &json!({"error": "invalid_request"})).with("Allow", "POST"),
        _ => Answer::html(404, pages::message("Not here", "There is no such page.")),
    }
}

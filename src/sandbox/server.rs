//! The right server behind the gate: routes, metadata and the workers. Nothing here waits.

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::json;

use super::gate::{Places, Stop};
use super::message::{Answer, Request};
use super::state::State;
use super::{Settings, authorize, control, discovery, grants, machines, pages, resource};

/// What workers and connections share.
pub(super) struct Shared {
    pub(super) issuer: String,
    pub(super) settings: Settings,
    /// Where `tiny_http` listens.
    pub(super) inner: SocketAddr,
    /// Bounds the connections to `inner`: its accept loop ends for good when descriptors run out.
    pub(super) exchanges: Places,
    pub(super) stop: Stop,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(port: u16, inner: SocketAddr, settings: Settings, state: State) -> Self {
        let issuer = format!("http://127.0.0.1:{port}");
        let (exchanges, stop) = (Places::new(32), Stop::default());
        Self { issuer, settings, inner, exchanges, stop, state: Mutex::new(state) }
    }

    /// Held for the length of one request's effect, never while anything waits.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds of the Unix epoch: the only place where the room reads the clock.
#[allow(clippy::disallowed_methods, reason = "a server has a clock of its own")]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The time in the form of RFC 9110 §5.6.7, by the server's clock.
pub(super) fn date(clock_offset: i64) -> Option<String> {
    let seconds = i64::try_from(now() / 1000).ok()?.checked_add(clock_offset)?;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&jiff::Timestamp::from_second(seconds).ok()?).ok()
}

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

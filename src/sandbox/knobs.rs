//! What the server does wrong, and when. Every knob is off until a test turns it.
//!
//! A knob either shapes what a grant answers (lifetimes, rotation, members), or describes weather on the wire
//! (latency, faults). The gate applies the weather, so that the server behind it stays right at all times.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Settings;
use super::assertion::Keys;

/// Seconds a device code lives.
pub(super) const DEVICE_LIFE: u64 = 300;

/// The endpoints that knobs and counters tell apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Endpoint {
    Metadata,
    Authorize,
    Decision,
    Token,
    Revoke,
    Introspect,
    Userinfo,
    DeviceAuthorization,
    Register,
    Device,
    Echo,
}

impl Endpoint {
    /// The endpoint at `path`; none for the pages besides and for `/sandbox/…`, which never misbehave.
    pub(super) fn of(path: &str) -> Option<Self> {
        Some(match path {
            _ if path.starts_with("/.well-known/") => Self::Metadata,
            "/authorize" => Self::Authorize,
            "/authorize/decision" => Self::Decision,
            "/token" => Self::Token,
            "/revoke" => Self::Revoke,
            "/introspect" => Self::Introspect,
            "/userinfo" => Self::Userinfo,
            "/device_authorization" => Self::DeviceAuthorization,
            "/register" | "/register/demo" => Self::Register,
            "/device" | "/device/decision" => Self::Device,
            "/api/echo" => Self::Echo,
            _ => return None,
        })
    }
}

/// The settings of `/sandbox/behaviour`, by their JSON names.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Knobs {
    /// Milliseconds each answer of an endpoint takes.
    pub(super) latency_ms: BTreeMap<Endpoint, u64>,
    /// Whether a request takes effect before its latency has passed, or after.
    pub(super) rotate_at: RotateAt,
    /// The first fault that fits a request is applied to it.
    pub(super) faults: Vec<Fault>,
    /// Seconds; null leaves `expires_in` out, and the token lives on.
    pub(super) access_ttl: Option<u64>,
    /// Seconds, told as `refresh_expires_in`; null leaves that out, and the token lives on.
    pub(super) refresh_ttl: Option<u64>,
    /// False: a refresh gives the same refresh token back.
    pub(super) rotate: bool,
    /// How long a spent refresh token is still taken.
    pub(super) grace_ms: u64,
    pub(super) reuse: Reuse,
    /// Refresh answers name no refresh token, and the old one stays good.
    pub(super) omit_refresh_token: bool,
    /// Granted instead of what was asked for.
    pub(super) scope: Option<String>,
    /// Members of token answers: raw JSON text to set or add, null to leave one out.
    pub(super) members: BTreeMap<String, Option<String>>,
    /// Seconds the server's clock is ahead, in `Date` and ID tokens.
    pub(super) clock_offset: i64,
    /// From a refresh on, the tokens are this account's.
    pub(super) refresh_account: Option<String>,
    /// Sent as `iss` in the redirect; empty leaves it out.
    pub(super) redirect_iss: Option<String>,
    /// Seconds between two polls of the device grant (RFC 8628 §3.2).
    pub(super) device_interval: u64,
    /// Seconds a device code lives.
    pub(super) device_ttl: u64,
    /// Members of the device answer: a value to set or add, null to leave one out.
    pub(super) device_members: BTreeMap<String, Value>,
    /// Polls that are answered with `slow_down` although they came in time.
    pub(super) device_slow_downs: u64,
    /// Members of the server's metadata: a value to set or add, null to leave one out.
    pub(super) metadata: BTreeMap<String, Value>,
    /// The same for the metadata of the protected resource `/mcp`.
    pub(super) protected_resource: BTreeMap<String, Value>,
    /// Who may sign assertions, and the public key each signs with (RFC 7517).
    pub(super) keys: Keys,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RotateAt {
    Arrival,
    Answer,
}

/// What follows when a spent refresh token comes back after the grace time.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reuse {
    /// The whole family is revoked (RFC 9700 §4.14.2).
    Revoke,
    Refuse,
    Accept,
}

/// Something that goes wrong with some requests to one endpoint; with all of them unless `next` or `every` is given.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    endpoint: Endpoint,
    /// How many requests more it hits.
    next: Option<u64>,
    /// It hits each k-th request.
    every: Option<u64>,
    #[serde(default)]
    seen: u64,
    #[serde(rename = "do")]
    act: Act,
}

impl Fault {
    fn hits(&mut self) -> bool {
        self.seen += 1;
        let due = self.every.is_none_or(|k| self.seen.is_multiple_of(k));
        due && self.next.as_mut().is_none_or(|left| {
            let any = *left > 0;
            *left = left.saturating_sub(1);
            any
        })
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// Another answer than the right one.
    Answer(Canned),
    /// The connection ends before the request takes effect.
    Drop,
    /// The request takes effect, and the connection ends without an answer.
    Lose,
    /// The right answer, byte by byte.
    Drip { pause_ms: u64 },
    /// The right answer up to this byte, the head included; up to its middle where none is given.
    Cut { at: Option<usize> },
}

impl Act {
    /// Whether the request reaches the server behind the gate.
    pub(super) fn takes_effect(&self) -> bool {
        match self {
            Self::Answer(canned) => canned.handled,
            Self::Drop => false,
            Self::Lose | Self::Drip { .. } | Self::Cut { .. } => true,
        }
    }
}

/// An answer written by the test.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Canned {
    /// The request takes effect before.
    handled: bool,
    pub(super) status: u16,
    /// Empty: no such header.
    pub(super) content_type: String,
    pub(super) headers: BTreeMap<String, String>,
    body: String,
    /// A body that is no text; wins over `body`.
    body_base64: Option<Base64>,
    /// How often the body stands in the answer.
    repeat: usize,
}

impl Default for Canned {
    fn default() -> Self {
        Self {
            handled: false,
            status: 500,
            content_type: "application/json".into(),
            headers: BTreeMap::new(),
            body: String::new(),
            body_base64: None,
            repeat: 1,
        }
    }
}

impl Canned {
    /// Nothing but a status.
    pub(super) fn of(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        let coded = self.body_base64.as_ref().map(|Base64(bytes)| bytes.clone());
        coded.unwrap_or_else(|| self.body.clone().into_bytes()).repeat(self.repeat)
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Base64(Vec<u8>);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        STANDARD.decode(text).map(Self)
    }
}

impl From<Base64> for String {
    fn from(bytes: Base64) -> Self {
        STANDARD.encode(bytes.0)
    }
}

/// What the gate does with one request.
#[derive(Default)]
pub(super) struct Plan {
    /// Milliseconds before the request takes effect.
    pub(super) before: u64,
    /// Milliseconds between its effect and its answer.
    pub(super) after: u64,
    pub(super) act: Option<Act>,
}

impl Knobs {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            latency_ms: BTreeMap::new(),
            rotate_at: RotateAt::Arrival,
            faults: Vec::new(),
            access_ttl: Some(settings.access_ttl),
            refresh_ttl: settings.refresh_ttl,
            rotate: settings.rotate,
            grace_ms: settings.grace_ms,
            reuse: Reuse::Revoke,
            omit_refresh_token: false,
            scope: None,
            members: BTreeMap::new(),
            clock_offset: 0,
            refresh_account: None,
            redirect_iss: None,
            device_interval: 1,
            device_ttl: DEVICE_LIFE,
            device_members: BTreeMap::new(),
            device_slow_downs: 0,
            metadata: BTreeMap::new(),
            protected_resource: BTreeMap::new(),
            keys: Keys::new(),
        }
    }

    /// Turns the knobs named in `changes` and leaves the others where they are.
    pub(super) fn turn(&mut self, changes: &[u8]) -> Result<(), serde_json::Error> {
        let changes: serde_json::Map<String, Value> = serde_json::from_slice(changes)?;
        let mut all = serde_json::to_value(&*self)?;
        for (name, value) in changes {
            all[name] = value;
        }
        *self = serde_json::from_value(all)?;
        Ok(())
    }

    /// The weather for the next request to `endpoint`. Counts towards the faults' `next` and `every`.
    pub(super) fn plan(&mut self, endpoint: Endpoint) -> Plan {
        let latency = self.latency_ms.get(&endpoint).copied().unwrap_or(0);
        let (before, after) = match self.rotate_at {
            RotateAt::Arrival => (0, latency),
            RotateAt::Answer => (latency, 0),
        };
        let mut fitting = self.faults.iter_mut().filter(|fault| fault.endpoint == endpoint);
        let act = fitting.find_map(|fault| fault.hits().then(|| fault.act.clone()));
        Plan { before, after, act }
    }
}

//! A request and an answer as the endpoints see them, between `tiny_http` and the protocol.

use std::io::Read as _;

use serde_json::{Value, json};

use super::form::Form;
use crate::model::Scopes;

/// No request to this server needs a longer body.
const BODY: u64 = 1 << 20;

pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Form,
    pub(super) body: Vec<u8>,
    headers: Vec<tiny_http::Header>,
}

impl Request {
    /// Reads the body too. None when it does not arrive.
    pub(super) fn read(from: &mut tiny_http::Request) -> Option<Self> {
        let mut body = Vec::new();
        from.as_reader().take(BODY).read_to_end(&mut body).ok()?;
        let (path, query) = from.url().split_once('?').unwrap_or((from.url(), ""));
        Some(Self {
            method: from.method().to_string(),
            path: path.to_owned(),
            query: Form::parse(query),
            headers: from.headers().to_vec(),
            body,
        })
    }

    pub(super) fn header(&self, name: &'static str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.field.equiv(name))?;
        Some(header.value.as_str())
    }

    /// The body as a form. Empty when it is said to be something else.
    pub(super) fn form(&self) -> Form {
        let kind = self.header("Content-Type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Form::parse("");
        }
        Form::parse(&String::from_utf8_lossy(&self.body))
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1).
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("Authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    }
}

/// An error response: the code and its description (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str, pub(super) &'static str);

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    /// A status and no body. Nobody may keep it, as nothing this server says (RFC 6749 §5.1).
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: vec![("Cache-Control", "no-store".into())], body: String::new() }
    }

    pub(super) fn raw_json(status: u16, body: String) -> Self {
        Self { body, ..Self::empty(status) }.with("Content-Type", "application/json")
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::raw_json(status, body.to_string())
    }

    /// An error response with the status its code calls for.
    pub(super) fn refused(Refusal(error, description): Refusal) -> Self {
        let status = if error == "invalid_client" { 401 } else { 400 };
        Self::json(status, &json!({"error": error, "error_description": description}))
    }

    /// A page without script. No `form-action`: browsers apply it to the redirect that follows a form, and the
    /// redirect URI is another origin.
    pub(super) fn html(status: u16, body: String) -> Self {
        let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
        Self { body, ..Self::empty(status) }
            .with("Content-Type", "text/html; charset=utf-8")
            .with("Content-Security-Policy", policy)
            .with("Referrer-Policy", "no-referrer")
            .with("X-Content-Type-Options", "nosniff")
    }

    pub(super) fn see_other(location: String) -> Self {
        Self::html(303, String::new()).with("Location", location)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The scope asked for, if any, in the form of RFC 6749 §3.3.
pub(super) fn scope(form: &Form) -> Result<Option<Scopes>, Refusal> {
    let Some(text) = form.get("scope") else {
        return Ok(None);
    };
    let scopes: Scopes = text.split(' ').filter(|token| !token.is_empty()).collect();
    if scopes.malformed().is_some() {
        return Err(Refusal("invalid_scope", "the scope is malformed"));
    }
    Ok(Some(scopes))
}

//! What the server tells of the requests it saw: names, never a token.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::mint::fingerprint;

/// Parameters whose values are no secret.
const SHOWN: [&str; 17] = [
    "client_id",
    "subject_token_type",
    "audience",
    "requested_token_type",
    "grant_type",
    "response_type",
    "redirect_uri",
    "scope",
    "code_challenge_method",
    "login_hint",
    "prompt",
    "resource",
    "token_type_hint",
    "access_type",
    "decision",
    "account",
    "response_mode",
];

/// A log entry for a request at `now`: its parameters (the value only where it is no secret), and fingerprints of the
/// refresh token in it.
pub(super) fn entry(path: &str, form: &Form, now: u64) -> Value {
    let shown = |name: &str, value: &str| if SHOWN.contains(&name) { json!(value) } else { Value::Null };
    let parameters: Map<_, _> = form.iter().map(|(name, value)| (name.to_owned(), shown(name, value))).collect();
    let token = form.get("refresh_token").or_else(|| form.get("token").filter(|text| text.starts_with("demo_rt_")));
    json!({
        "at": now,
        "path": path,
        "grant_type": form.get("grant_type"),
        "parameters": parameters,
        "refresh_token": token.map(fingerprint),
    })
}

//! Departures from the RFCs, as few named mechanisms: each is one key of an entry's `[quirks]` table.
//!
//! They are copied into every credential with its endpoints, so that a refresh needs no registry. `protocol` undoes them
//! at the edge: what it hands on is RFC 6749, and one parser reads it. What is harmless for everybody needs no key and is
//! always undone: errors with status 200, answers in form encoding, lists as arrays or with commas, numbers as text, a
//! missing `token_type`, an absolute `expires_at`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rules::{Mistake, is_header, is_header_name};

/// Codes that an error can be turned into (RFC 6749 §5.2, RFC 6750 §3.1).
const ERROR_CODES: [&str; 9] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "temporarily_unavailable",
    "server_error",
    "invalid_token",
];

/// What a provider does or wants otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Quirks {
    /// What stands between the scopes of an authorization request, instead of a blank (RFC 6749 §3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope_separator: Option<String>,
    /// The name of the `scope` parameter of an authorization request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope_parameter: Option<String>,
    /// The name of the `client_id` parameter, in every request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id_parameter: Option<String>,
    /// How requests to the token endpoint are encoded.
    #[serde(skip_serializing_if = "Encoding::is_form")]
    pub(crate) request_encoding: Encoding,
    /// A client without a secret authenticates by HTTP Basic too, with an empty password.
    #[serde(skip_serializing_if = "is_no")]
    pub(crate) basic_without_secret: bool,
    /// Headers of every request to the provider. `{client_id}` stands for the client identifier.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,

    /// JSON pointer to the object in which the members of a token answer stand; where it leads nowhere, they stand at
    /// the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer_at: Option<String>,
    /// JSON pointers, by the RFC's name of the member; for members that stand under another name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) answer_members: BTreeMap<String, String>,
    /// JSON pointer to the error code: text, or a number that is 0 where nothing is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_at: Option<String>,
    /// The RFC's error codes, by the provider's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) error_codes: BTreeMap<String, String>,
    /// Values of `token_type` that mean `Bearer`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) bearer_names: Vec<String>,
    /// Scopes as they are asked for, by the names under which they come back.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) scope_names: BTreeMap<String, String>,
    /// `expires_in` 0 means: never.
    #[serde(skip_serializing_if = "is_no")]
    pub(crate) zero_is_forever: bool,

    /// The header that carries an access token, with `{token}` in its place: `X-Token: {token}`. Without it:
    /// `Authorization: Bearer {token}` (RFC 6750 §2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_header: Option<String>,
    /// The identity is asked by POST, with this body: empty, or JSON (a GraphQL query).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_post: Option<String>,
}

/// How a request's parameters are encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    /// `application/x-www-form-urlencoded` (RFC 6749 §4.1.3).
    #[default]
    Form,
    Json,
}

/// How the code challenge is made (RFC 7636 §4.2). PKCE is always sent: a server that does not know it must ignore it
/// (RFC 6749 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Pkce {
    #[default]
    S256,
    /// The server takes `plain` only.
    Plain,
    /// The digest in hexadecimal instead of base64url.
    S256Hex,
}

impl Quirks {
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// The same with `{client_id}` filled in.
    pub(crate) fn filled(&self, client_id: &str) -> Self {
        let fill = |(name, value): (&String, &String)| (name.clone(), value.replace("{client_id}", client_id));
        Self { headers: self.headers.iter().map(fill).collect(), ..self.clone() }
    }

    /// What is wrong, by the key of the entry.
    pub(crate) fn mistakes(&self) -> Vec<Mistake> {
        let mut found = vec![];
        let headers = self.headers.iter().filter(|(name, value)| !is_header(name, value));
        found.extend(headers.map(|(name, _)| (format!("quirks.headers.{name}"), "this header cannot be set".into())));
        if let Some(line) = &self.token_header {
            let (name, value) = line.split_once(": ").unwrap_or_default();
            if !is_header_name(name) || !value.contains("{token}") {
                found.push(("quirks.token_header".into(), "it is a header line with `{token}` in it".into()));
            }
        }
        for (code, meaning) in &self.error_codes {
            if !ERROR_CODES.contains(&meaning.as_str()) {
                found
                    .push((format!("quirks.error_codes.{code}"), "it is an error code of RFC 6749 or RFC 6750".into()));
            }
        }
        let pointers = self.answer_members.iter().map(|(name, pointer)| (format!("answer_members.{name}"), pointer));
        let single = [("answer_at", &self.answer_at), ("error_at", &self.error_at)];
        let single = single.into_iter().filter_map(|(key, pointer)| Some((key.to_owned(), pointer.as_ref()?)));
        for (key, pointer) in pointers.chain(single) {
            if !pointer.starts_with('/') {
                found.push((format!("quirks.{key}"), "it is a JSON pointer, which begins with `/`".into()));
            }
        }
        found
    }

    /// Name and value of the header that carries an access token.
    pub(crate) fn token_header(&self, token: &str) -> (String, String) {
        let line = self.token_header.as_deref().unwrap_or("Authorization: Bearer {token}");
        let (name, value) = line.split_once(": ").unwrap_or(("Authorization", line));
        (name.to_owned(), value.replace("{token}", token))
    }
}

impl Encoding {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
    fn is_form(&self) -> bool {
        *self == Self::Form
    }
}

impl Pkce {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::S256
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn is_no(value: &bool) -> bool {
    !*value
}

//! cargo's credential providers (The Cargo Book, "Credential Provider Protocol"): one JSON value a line, both ways.

use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::host_url;
use crate::model::{Secret, Timestamp};

/// The first line, which tells cargo that the protocol is spoken, and in which versions.
pub(crate) const HELLO: &str = "{\"v\":[1]}\n";

/// What cargo asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    v: u32,
    kind: String,
    registry: RegistryInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RegistryInfo {
    index_url: String,
}

/// What a request wants of us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A token for this place.
    Get(Url),
    /// Something about a place that gets no token.
    ElsewhereUrl,
    /// To keep or forget a token, or something newer than this.
    Unsupported,
}

impl Request {
    /// `None` for a line that is no request.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().filter(|request: &Self| request.v == 1)
    }

    pub(crate) fn wish(&self) -> Wish {
        if self.kind != "get" {
            return Wish::Unsupported;
        }
        let url = self.registry.index_url.strip_prefix("sparse+").unwrap_or(&self.registry.index_url);
        let place = url.split_once("://").and_then(|(scheme, rest)| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            host_url(scheme, host)
        });
        place.map_or(Wish::ElsewhereUrl, Wish::Get)
    }
}

/// The answer to `get`. cargo sends `authorization` as the whole header of that name.
pub(crate) fn answer(authorization: &str, expires_at: Option<Timestamp>) -> Secret {
    let mut answer = json!({"kind": "get", "token": authorization, "operation_independent": true, "cache": "session"});
    if let Some(end) = expires_at {
        answer["cache"] = "expires".into();
        answer["expiration"] = end.0.into();
    }
    Secret::new(format!("{}\n", json!({"Ok": answer})))
}

/// Another provider of cargo's may have what this one has not.
pub(crate) fn not_ours() -> String {
    format!("{}\n", json!({"Err": {"kind": "url-not-supported"}}))
}

pub(crate) fn not_found() -> String {
    format!("{}\n", json!({"Err": {"kind": "not-found"}}))
}

pub(crate) fn unsupported() -> String {
    format!("{}\n", json!({"Err": {"kind": "operation-not-supported"}}))
}

pub(crate) fn failed(message: &str) -> String {
    format!("{}\n", json!({"Err": {"kind": "other", "message": message, "caused-by": []}}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(kind: &str, index: &str) -> Wish {
        let line = json!({"v": 1, "kind": kind, "operation": "read", "registry": {"index-url": index, "name": "x"}, "args": []});
        Request::parse(&line.to_string()).unwrap().wish()
    }

    #[test]
    fn a_token_is_for_the_host_of_the_index() {
        let place = |url: &str| Wish::Get(url.parse().unwrap());
        assert_eq!(wish("get", "sparse+https://cargo.example/index/"), place("https://cargo.example/"));
        assert_eq!(wish("get", "https://cargo.example:8443/x.git"), place("https://cargo.example:8443/"));
        for other in
            ["sparse+http://cargo.example/", "https://u@cargo.example/", "ssh://cargo.example/", "file:///x", ""]
        {
            assert_eq!(wish("get", other), Wish::ElsewhereUrl, "{other}");
        }
        assert_eq!(wish("login", "sparse+https://cargo.example/"), Wish::Unsupported);
        assert!(Request::parse("{}").is_none() && Request::parse("{\"v\":2}").is_none());
    }

    #[test]
    fn the_answer_is_what_cargo_reads() {
        let told = answer("Bearer tok", Some(Timestamp(7)));
        let wanted = r#"{"Ok":{"cache":"expires","expiration":7,"kind":"get","operation_independent":true,"token":"Bearer tok"}}"#;
        assert_eq!(told.expose(), format!("{wanted}\n"));
        assert_eq!(not_ours(), "{\"Err\":{\"kind\":\"url-not-supported\"}}\n");
        assert_eq!(not_found(), "{\"Err\":{\"kind\":\"not-found\"}}\n");
        assert_eq!(unsupported(), "{\"Err\":{\"kind\":\"operation-not-supported\"}}\n");
        assert_eq!(failed("x"), "{\"Err\":{\"caused-by\":[],\"kind\":\"other\",\"message\":\"x\"}}\n");
    }
}

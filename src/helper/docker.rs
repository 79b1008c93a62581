//! The protocol of docker's credential helpers (docker-credential-helpers, README, "Development"): the name of a
//! registry comes in, JSON goes out, and errors are told on standard output.

use std::collections::BTreeMap;

use serde_json::json;
use url::Url;

use super::{Malformed, host_url};
use crate::model::Secret;

/// More than this is no request, in bytes.
const LONGEST: u64 = 8 << 10;
/// What docker takes as: ask for nothing, go on without.
pub(crate) const NOT_FOUND: &str = "credentials not found in native keychain";

/// A registry as docker names it: its first line, and nothing after it.
pub(crate) struct Registry {
    /// As it came; the answer repeats it.
    pub(crate) name: String,
    /// `None` for a place that gets no token.
    pub(crate) url: Option<Url>,
}

impl Registry {
    pub(crate) fn parse(input: &[u8]) -> Result<Self, Malformed> {
        let bad = |what| Malformed { tool: "docker", what };
        let text = std::str::from_utf8(input).map_err(|_| bad("it is no UTF-8 text"))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains(|c: char| c.is_control()) {
            return Err(bad("it is more than one line"));
        }
        if u64::try_from(input.len()).is_ok_and(|length| length >= LONGEST) {
            return Err(bad("it is too long"));
        }
        Ok(Self { name: line.to_owned(), url: place(line) })
    }
}

fn place(name: &str) -> Option<Url> {
    let (scheme, rest) = name.split_once("://").unwrap_or(("https", name));
    let host = ["/v1/", "/v2/", "/"].iter().find_map(|path| rest.strip_suffix(path)).unwrap_or(rest);
    host_url(scheme, host)
}

/// The answer to `get`.
pub(crate) fn answer(registry: &Registry, username: &str, token: &Secret) -> Secret {
    let object = json!({"ServerURL": registry.name, "Username": username, "Secret": token.expose()});
    Secret::new(format!("{object}\n"))
}

/// The answer to `list`: registries and whose account is there.
pub(crate) fn list(entries: &BTreeMap<String, String>) -> String {
    format!("{}\n", json!(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(input: &str) -> Option<String> {
        Registry::parse(input.as_bytes()).unwrap().url.map(Into::into)
    }

    #[test]
    fn a_registry_is_found_however_docker_writes_it() {
        for input in ["ghcr.io", "ghcr.io\n", "https://ghcr.io", "ghcr.io/", "https://ghcr.io/v2/\r\n", "GHCR.io:443"] {
            assert_eq!(url(input).as_deref(), Some("https://ghcr.io/"), "{input:?}");
        }
        for input in ["", "http://ghcr.io", "ghcr.io/evil", "https://u@ghcr.io", "ghcr.io.", "<token>", "https://"] {
            assert_eq!(url(input), None, "{input:?}");
        }
    }

    #[test]
    fn more_than_a_name_is_refused() {
        let long = "a".repeat(1 << 20);
        for input in ["ghcr.io\nevil.example\n", "ghcr.io\n\n", "gh\rcr.io", "ghcr.io\0", &long] {
            assert!(Registry::parse(input.as_bytes()).is_err(), "{:?}", input.get(..20));
        }
    }

    #[test]
    fn the_answer_is_what_docker_reads() {
        let registry = Registry::parse(b"ghcr.io\n").unwrap();
        let told = answer(&registry, "a\"b", &Secret::new("tok"));
        assert_eq!(told.expose(), "{\"Secret\":\"tok\",\"ServerURL\":\"ghcr.io\",\"Username\":\"a\\\"b\"}\n");
        assert_eq!(list(&BTreeMap::from([("https://ghcr.io".into(), "a".into())])), "{\"https://ghcr.io\":\"a\"}\n");
    }
}

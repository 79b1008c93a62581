//! Protected resources that name their authorization server (RFC 9728), MCP servers among them.

use serde_json::{Map, Value, json};

use super::Error;
use super::discovery::{Findings, fetch, split};
use super::error::host_of;
use crate::http::{Http, Request, Response, header};
use crate::model::{Clock, Scopes, endpoint, text};

/// More authorization servers than this are not listed for one resource.
const MOST: usize = 16;

/// What a resource says of itself, and of the token it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtectedResource {
    /// Its identifier, to the letter as it was received: the value of `resource` in every request.
    pub(crate) resource: String,
    pub(crate) authorization_servers: Vec<String>,
    /// What its challenge asks for; else everything it knows; else nothing.
    pub(crate) scopes: Scopes,
}

/// What a 401 says (RFC 6750 §3, RFC 9728 §5.1).
#[derive(Default)]
struct Challenge {
    metadata: Option<String>,
    scope: Option<Scopes>,
}

/// Asks a URL whether it is a protected resource. `None`: it says nothing of that kind.
pub(crate) fn protected_resource(
    http: &Http,
    clock: Clock,
    url: &str,
    findings: &mut Findings,
) -> Result<Option<ProtectedResource>, Error> {
    endpoint::check(url).map_err(crate::http::Error::from)?;
    let challenge = challenge(http, url, findings)?;
    let (origin, path) = split(url);
    let mut places = vec![format!("{origin}/.well-known/oauth-protected-resource{path}")];
    if let Some(named) = &challenge.metadata {
        places = vec![named.clone()];
    } else if !path.is_empty() {
        places.push(format!("{origin}/.well-known/oauth-protected-resource"));
    }
    for place in &places {
        endpoint::check_found(place, url).map_err(|refused| {
            findings.broken("RFC 9728 7.7", format!("{}: {refused}", text::shown(place)));
            crate::http::Error::from(refused)
        })?;
        match fetch(http, clock, place) {
            // A server that gives its own document at every such place says nothing of a resource.
            Ok(document) if challenge.metadata.is_none() && !document.contains_key("resource") => {
                findings.absent("RFC 9728 3.1", format!("{place} names no resource"));
            }
            Ok(document) => return read(url, place, &document, challenge.scope, findings).map(Some),
            Err(error) if challenge.metadata.is_some() => {
                findings.broken("RFC 9728 5.1", format!("{}: {error}", text::shown(place)));
                return Err(error);
            }
            Err(error) => findings.absent("RFC 9728 3.1", format!("{place}: {error}")),
        }
    }
    Ok(None)
}

/// Asks without a token, and reads the refusal. Some servers answer to `POST` only, as MCP does.
fn challenge(http: &Http, url: &str, findings: &mut Findings) -> Result<Challenge, Error> {
    let bad = |_| Error::Request("the address is no URL".into());
    let accept = "application/json, text/event-stream";
    let get = Request::get(url).header(header::ACCEPT, accept).body(vec![]).map_err(bad)?;
    let mut answer = http.send(get)?;
    if matches!(answer.status().as_u16(), 404 | 405) {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2026-07-28", "capabilities": {},
            "clientInfo": {"name": "oauth-cli", "version": env!("CARGO_PKG_VERSION")},
        }});
        let post = Request::post(url)
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/json")
            .body(hello.to_string().into_bytes())
            .map_err(bad)?;
        answer = http.send(post)?;
    }
    if answer.status().as_u16() != 401 {
        findings.absent("RFC 9728 5.1", format!("no challenge: {url} answered {}", answer.status()));
        return Ok(Challenge::default());
    }
    let found = read_challenge(&answer);
    match &found.metadata {
        Some(place) => findings.kept("RFC 9728 5.1", format!("the challenge names {}", text::shown(place))),
        None => findings.absent("RFC 9728 5.1", "the challenge names no metadata (resource_metadata)"),
    }
    Ok(found)
}

fn read_challenge(answer: &Response<Vec<u8>>) -> Challenge {
    let mut found = Challenge::default();
    for value in answer.headers().get_all(header::WWW_AUTHENTICATE) {
        let Ok(value) = value.to_str() else { continue };
        found.metadata = found.metadata.or_else(|| parameter(value, "resource_metadata"));
        found.scope = found.scope.or_else(|| parameter(value, "scope").map(|scope| Scopes::parse(&scope)));
    }
    found.scope = found.scope.filter(|scope| scope.malformed().is_none());
    found
}

/// A parameter of a challenge (RFC 9110 §11.2): a token, or a quoted string.
pub(crate) fn parameter(challenge: &str, wanted: &str) -> Option<String> {
    let mut rest = challenge;
    while let Some((before, after)) = rest.split_once('=') {
        let name = before.rsplit([' ', ',', '\t']).next().unwrap_or_default();
        let end = after.find([',', ' ']).unwrap_or(after.len());
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => (after[..end].to_owned(), &after[end..]),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value).filter(|value| !value.is_empty());
        }
        rest = left;
    }
    None
}

/// The text up to the closing quote, without its escapes, and what follows.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, &text[at + 1..])),
            _ => value.push(c),
        }
    }
    None
}

fn read(
    url: &str,
    place: &str,
    document: &Map<String, Value>,
    challenged: Option<Scopes>,
    findings: &mut Findings,
) -> Result<ProtectedResource, Error> {
    let malformed = |what: &str| Error::Malformed { host: host_of(place), what: what.to_owned() };
    let resource = document.get("resource").and_then(Value::as_str).filter(|resource| !resource.is_empty());
    let resource = resource.ok_or_else(|| {
        findings.broken("RFC 9728 2", format!("{} names no resource", text::shown(place)));
        malformed("resource is missing")
    })?;
    let (origin, path) = split(url);
    // The one equivalence there is: an empty path, with or without its slash. At the root, the whole host may be meant.
    let same = resource == url
        || path.is_empty() && resource.trim_end_matches('/') == origin
        || resource.trim_end_matches('/') == origin && place.ends_with("/.well-known/oauth-protected-resource");
    if !same {
        let found = text::shown(resource);
        findings.broken("RFC 9728 3.3", format!("{place} is about `{found}`, and {url} was asked"));
        return Err(Error::ResourceMismatch { expected: url.to_owned(), found });
    }
    findings.kept("RFC 9728 3.3", format!("{place}, and its resource is the one that was asked"));
    let words = |name: &str| {
        let list = document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).take(MOST * MOST).collect::<Vec<_>>()
    };
    let mut servers = words("authorization_servers");
    servers.truncate(MOST);
    if servers.is_empty() {
        findings.broken("RFC 9728 2", "it names no authorization server");
        return Err(malformed("authorization_servers names nobody"));
    }
    for server in &servers {
        endpoint::check_found(server, url).map_err(|refused| {
            findings.broken("RFC 9728 7.7", format!("{}: {refused}", text::shown(server)));
            crate::http::Error::from(refused)
        })?;
    }
    let wanted = challenged.unwrap_or_else(|| words("scopes_supported").iter().collect());
    let scopes = wanted.iter().filter(|scope| Scopes::parse(scope).malformed().is_none()).collect();
    findings.kept("RFC 9728 2", format!("its authorization server is {}", text::shown(&servers[0])));
    Ok(ProtectedResource { resource: resource.to_owned(), authorization_servers: servers, scopes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_challenge_are_read_whatever_stands_around_them() {
        let challenge = r#"Bearer error="invalid_token", error_description="a \"b\", scope=x", scope="mcp:read a", resource_metadata=https://h.example/m"#;
        assert_eq!(parameter(challenge, "scope").as_deref(), Some("mcp:read a"));
        assert_eq!(parameter(challenge, "resource_metadata").as_deref(), Some("https://h.example/m"));
        assert_eq!(parameter(challenge, "error_description").as_deref(), Some(r#"a "b", scope=x"#));
        assert_eq!(parameter(challenge, "realm"), None);
        assert_eq!(parameter(r#"Bearer scope="open"#, "scope"), None);
        assert_eq!(parameter("Basic", "scope"), None);
    }

    fn judge(url: &str, place: &str, resource: &str) -> Result<ProtectedResource, Error> {
        let document =
            json!({"resource": resource, "authorization_servers": ["https://as.example"], "scopes_supported": ["a"]});
        read(url, place, document.as_object().unwrap(), None, &mut Findings::default())
    }

    #[test]
    fn metadata_about_another_resource_is_refused() {
        let place = "https://h.example/.well-known/oauth-protected-resource/mcp";
        let url = "https://h.example/mcp";
        assert_eq!(judge(url, place, url).unwrap().scopes.to_string(), "a");
        for other in
            ["https://h.example/mcp/", "https://H.example/mcp", "https://evil.example/mcp", "https://h.example"]
        {
            assert!(matches!(judge(url, place, other), Err(Error::ResourceMismatch { .. })), "{other}");
        }
        assert!(matches!(judge(url, place, ""), Err(Error::Malformed { .. })), "nobody is named by nothing");
        let root = "https://h.example/.well-known/oauth-protected-resource";
        assert!(judge(url, root, "https://h.example").is_ok());
        assert!(judge("https://h.example", root, "https://h.example/").is_ok());
    }

    #[test]
    fn an_authorization_server_inside_a_private_network_is_refused() {
        let document = json!({"resource": "https://h.example/mcp", "authorization_servers": ["https://10.0.0.1"]});
        let found = read("https://h.example/mcp", "x", document.as_object().unwrap(), None, &mut Findings::default());
        assert!(matches!(found, Err(Error::Http(crate::http::Error::Refused(_)))));
    }
}

//! From an address to an authorization server: RFC 9728, RFC 8414, OpenID Connect Discovery.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::host_of;
use super::metadata::Metadata;
use super::{Error, answer};
use crate::http::{Http, Request, header};
use crate::model::{Clock, Quirks, endpoint, text};

/// The largest document that is read, in bytes.
const LARGEST: usize = 256 << 10;

/// What was seen on the way, by the clause that it is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// RFC and section.
    pub(crate) clause: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) what: String,
}

/// How a server stands to a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Kept,
    /// Not said or not there, where it could be.
    Absent,
    Broken,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    pub(super) fn note(&mut self, clause: &'static str, verdict: Verdict, what: impl Into<String>) {
        self.0.push(Finding { clause, verdict, what: what.into() });
    }

    pub(super) fn kept(&mut self, clause: &'static str, what: impl Into<String>) {
        self.note(clause, Verdict::Kept, what);
    }

    pub(super) fn absent(&mut self, clause: &'static str, what: impl Into<String>) {
        self.note(clause, Verdict::Absent, what);
    }

    pub(super) fn broken(&mut self, clause: &'static str, what: impl Into<String>) {
        self.note(clause, Verdict::Broken, what);
    }
}

/// Reads the metadata of an issuer. Where both documents exist they are merged and the first wins.
pub(crate) fn discover(http: &Http, clock: Clock, issuer: &str) -> Result<Metadata, Error> {
    survey(http, clock, issuer, &mut Findings::default())
}

/// The same, with what was seen on the way.
pub(crate) fn survey(http: &Http, clock: Clock, issuer: &str, findings: &mut Findings) -> Result<Metadata, Error> {
    endpoint::check(issuer).map_err(crate::http::Error::from)?;
    let (mut merged, mut trouble) = (Map::new(), None);
    for (clause, url) in well_known(issuer) {
        match fetch(http, clock, &url).and_then(|document| check_issuer(issuer, document)) {
            Ok(document) => {
                findings.kept(clause, format!("{url}, and its issuer is the one that was asked"));
                document.into_iter().for_each(|(name, value)| {
                    merged.entry(name).or_insert(value);
                });
            }
            Err(wrong @ Error::IssuerMismatch { .. }) => {
                findings.broken("RFC 8414 3.3", format!("{url}: {wrong}"));
                return Err(wrong);
            }
            Err(error) => {
                findings.absent(clause, format!("{url}: {error}"));
                trouble = trouble.or(Some(error));
            }
        }
    }
    if merged.is_empty() {
        return Err(match trouble {
            Some(Error::NotOauth { host, what }) => Error::NoMetadata { host, what },
            Some(trouble) => trouble,
            None => Error::Request(format!("{issuer} has no metadata")),
        });
    }
    let read = Metadata::read(issuer, &merged).and_then(|metadata| outside(metadata, findings));
    match &read {
        Ok(metadata) => judge(metadata, findings),
        Err(error) => findings.broken("RFC 8414 2", error.to_string()),
    }
    read
}

/// Holds the endpoints to what a stranger may name: nothing inside a private network, unless the issuer is there itself.
fn outside(metadata: Metadata, findings: &mut Findings) -> Result<Metadata, Error> {
    let mut hosts = BTreeSet::new();
    for (name, url) in metadata.endpoints().filter(|(_, url)| hosts.insert(host_of(url))) {
        if let Err(refused) = endpoint::check_found(url, &metadata.issuer) {
            findings.broken("RFC 9728 7.7", format!("{}: {refused}", text::shown(name)));
            let what = format!("{name}: {refused}");
            return Err(Error::InsideNetwork {
                host: host_of(&metadata.issuer),
                what,
                endpoints: metadata.endpoints().map(|(name, url)| (name.to_owned(), url.to_owned())).collect(),
                issuer: metadata.issuer.clone(),
            });
        }
    }
    Ok(metadata)
}

/// What the metadata promises.
fn judge(metadata: &Metadata, findings: &mut Findings) {
    let pkce = "RFC 7636 4.2";
    match &metadata.code_challenge_methods {
        Some(_) if metadata.has_pkce() => findings.kept(pkce, "PKCE with S256 is announced"),
        Some(_) => findings.broken(pkce, "PKCE is announced without S256"),
        None => findings.broken(pkce, "PKCE is not announced (code_challenge_methods_supported)"),
    }
    let mut either = |holds: bool, clause: &'static str, what: &str| {
        if holds { findings.kept(clause, what) } else { findings.absent(clause, what) }
    };
    either(metadata.iss_promised, "RFC 9207 3", "the redirect always names its issuer (iss)");
    let has = Option::is_some;
    either(has(&metadata.registration_endpoint), "RFC 7591 3", "clients can register themselves");
    either(metadata.takes_client_urls, "CIMD 6", "a URL can be the client id");
    either(has(&metadata.device_authorization_endpoint), "RFC 8628 4", "there is a device flow");
    either(has(&metadata.pushed_authorization_request_endpoint), "RFC 9126 5", "requests can be pushed");
    either(has(&metadata.revocation_endpoint), "RFC 7009 2", "tokens can be revoked");
    either(has(&metadata.introspection_endpoint), "RFC 7662 2", "tokens can be introspected");
    for (name, url) in metadata.endpoints() {
        if !endpoint::same_site(url, &metadata.issuer) {
            findings.absent("RFC 9700 4.4", format!("{name} is at another site: {}", text::shown(url)));
        }
    }
}

/// The places of the documents, in the order in which they are asked (RFC 8414 §3.1 inserts the path, OpenID Connect
/// Discovery §4 appends to it).
fn well_known(issuer: &str) -> Vec<(&'static str, String)> {
    let (origin, path) = split(issuer);
    let mut places = vec![("RFC 8414 3.1", format!("{origin}/.well-known/oauth-authorization-server{path}"))];
    if !path.is_empty() {
        places.push(("RFC 8414 5", format!("{origin}/.well-known/openid-configuration{path}")));
    }
    places.push(("OIDC Discovery 4", format!("{origin}{path}/.well-known/openid-configuration")));
    places
}

/// Origin and path of a URL, as text: nothing is normalised. A slash at the end belongs to neither.
pub(super) fn split(url: &str) -> (&str, &str) {
    let trimmed = url.trim_end_matches('/');
    let path_at = trimmed.find("://").map_or(0, |at| at + 3);
    let path_at = trimmed[path_at..].find('/').map_or(trimmed.len(), |at| path_at + at);
    trimmed.split_at(path_at)
}

pub(super) fn fetch(http: &Http, clock: Clock, url: &str) -> Result<Map<String, Value>, Error> {
    let request = Request::get(url).header(header::ACCEPT, "application/json").body(vec![]);
    let response = http.send(request.map_err(|_| Error::Request("the issuer is no URL".into()))?)?;
    if response.body().len() > LARGEST {
        return Err(Error::Malformed { host: host_of(url), what: "the metadata is larger than 256 KiB".into() });
    }
    answer::object(&host_of(url), &response, clock(), &Quirks::default())
}

/// RFC 8414 §3.3: the issuer in the document is the one that was asked, by simple comparison.
pub(super) fn check_issuer(asked: &str, document: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let found = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if found == asked {
        return Ok(document);
    }
    Err(Error::IssuerMismatch { expected: asked.to_owned(), found: text::shown(found) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_asked_in_the_specified_order() {
        let well_known = |issuer| well_known(issuer).into_iter().map(|(_, url)| url).collect::<Vec<_>>();
        assert_eq!(
            well_known("https://as.example"),
            [
                "https://as.example/.well-known/oauth-authorization-server",
                "https://as.example/.well-known/openid-configuration"
            ]
        );
        assert_eq!(
            well_known("https://as.example/t/1/"),
            [
                "https://as.example/.well-known/oauth-authorization-server/t/1",
                "https://as.example/.well-known/openid-configuration/t/1",
                "https://as.example/t/1/.well-known/openid-configuration"
            ]
        );
    }

    fn document(change: impl FnOnce(&mut Value)) -> Map<String, Value> {
        let mut document = json!({
            "issuer": "https://as.example",
            "authorization_endpoint": "https://as.example/a",
            "token_endpoint": "https://as.example/t",
            "token_endpoint_auth_methods_supported": ["client_secret_post"]
        });
        change(&mut document);
        document.as_object().unwrap().clone()
    }

    #[test]
    fn endpoints_inside_a_private_network_are_refused_unless_the_issuer_is_there() {
        let judge = |issuer: &str, change: &[(&str, Value)]| {
            let document = document(|document| {
                for (name, value) in change {
                    document[*name] = value.clone();
                }
            });
            let mut findings = Findings::default();
            let found = outside(Metadata::read(issuer, &document).unwrap(), &mut findings);
            (found.is_ok(), findings.0.len())
        };
        for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "registration_endpoint"] {
            for url in ["https://10.0.0.1/x", "https://192.168.1.1/x", "https://[fd00::1]/x", "http://127.0.0.1:1/x"] {
                assert_eq!(judge("https://as.example", &[(name, json!(url))]), (false, 1), "{name} {url}");
            }
        }
        let aliases = json!({"token_endpoint": "https://10.0.0.1/x"});
        assert_eq!(judge("https://as.example", &[("mtls_endpoint_aliases", aliases)]), (false, 1));
        let (one, other) = (json!("http://127.0.0.1:2/a"), json!("http://127.0.0.1:3/t"));
        let own = [("authorization_endpoint", one), ("token_endpoint", other)];
        assert_eq!(judge("http://127.0.0.1:1", &own), (true, 0));
        assert_eq!(judge("http://127.0.0.2:1", &own), (false, 1));
    }

    #[test]
    fn the_issuer_must_be_the_one_that_was_asked() {
        for issuer in
            ["https://as.example/", "https://AS.example", "https://as.example:443", "https://evil.example", ""]
        {
            let wrong = document(|document| document["issuer"] = json!(issuer));
            assert!(matches!(check_issuer("https://as.example", wrong), Err(Error::IssuerMismatch { .. })), "{issuer}");
        }
        assert!(check_issuer("https://as.example", document(|_| {})).is_ok());
    }
}

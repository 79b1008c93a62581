//! Authorization server metadata: RFC 8414 and OpenID Connect Discovery.

use serde_json::{Map, Value};

use super::client::host_of;
use super::{Error, answer};
use crate::http::{Http, Request, header};
use crate::model::{ClientAuthentication, Clock, Quirks, endpoint, text};

/// The largest document that is read, in bytes.
const LARGEST: usize = 256 << 10;

/// What a server says of itself, as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) device_authorization_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) introspection_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) token_endpoint_auth_method: Option<ClientAuthentication>,
    /// RFC 9207 §3.
    pub(crate) iss_promised: bool,
}

/// Reads the metadata of an issuer. Where both documents exist they are merged and the first wins.
pub(crate) fn discover(http: &Http, clock: Clock, issuer: &str) -> Result<Metadata, Error> {
    endpoint::check(issuer).map_err(crate::http::Error::from)?;
    let (mut merged, mut trouble) = (Map::new(), None);
    for url in well_known(issuer) {
        match fetch(http, clock, &url).and_then(|document| check_issuer(issuer, document)) {
            Ok(document) => document.into_iter().for_each(|(name, value)| {
                merged.entry(name).or_insert(value);
            }),
            Err(wrong @ Error::IssuerMismatch { .. }) => return Err(wrong),
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    if merged.is_empty() {
        return Err(trouble.unwrap_or_else(|| Error::Request(format!("{issuer} has no metadata"))));
    }
    read(issuer, &merged)
}

/// The places of the two documents, in the order in which they are asked (RFC 8414 §3.1 inserts the path, OpenID
/// Connect Discovery §4 appends to it).
fn well_known(issuer: &str) -> Vec<String> {
    let trimmed = issuer.trim_end_matches('/');
    let path_at = trimmed.find("://").map_or(0, |at| at + 3);
    let path_at = trimmed[path_at..].find('/').map_or(trimmed.len(), |at| path_at + at);
    let (origin, path) = trimmed.split_at(path_at);
    let mut places = vec![format!("{origin}/.well-known/oauth-authorization-server{path}")];
    if !path.is_empty() {
        places.push(format!("{origin}/.well-known/openid-configuration{path}"));
    }
    places.push(format!("{origin}{path}/.well-known/openid-configuration"));
    places
}

fn fetch(http: &Http, clock: Clock, url: &str) -> Result<Map<String, Value>, Error> {
    let request = Request::get(url).header(header::ACCEPT, "application/json").body(vec![]);
    let response = http.send(request.map_err(|_| Error::Request("the issuer is no URL".into()))?)?;
    if response.body().len() > LARGEST {
        return Err(Error::Malformed { host: host_of(url), what: "the metadata is larger than 256 KiB".into() });
    }
    answer::object(&host_of(url), &response, clock(), &Quirks::default())
}

/// RFC 8414 §3.3: the issuer in the document is the one that was asked, by simple comparison.
fn check_issuer(asked: &str, document: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let found = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if found == asked {
        return Ok(document);
    }
    Err(Error::IssuerMismatch { expected: asked.to_owned(), found: text::shown(found) })
}

fn read(issuer: &str, document: &Map<String, Value>) -> Result<Metadata, Error> {
    let malformed = |what: String| Error::Malformed { host: host_of(issuer), what };
    let url = |name: &str| match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(url)) => {
            endpoint::check(url).map_err(|refused| malformed(format!("{name}: {refused}")))?;
            Ok(Some(url.clone()))
        }
        Some(_) => Err(malformed(format!("{name} is no text"))),
    };
    let needed = |name: &str| url(name)?.ok_or_else(|| malformed(format!("{name} is missing")));
    Ok(Metadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: needed("authorization_endpoint")?,
        token_endpoint: needed("token_endpoint")?,
        device_authorization_endpoint: url("device_authorization_endpoint")?,
        revocation_endpoint: url("revocation_endpoint")?,
        introspection_endpoint: url("introspection_endpoint")?,
        userinfo_endpoint: url("userinfo_endpoint")?,
        token_endpoint_auth_method: method(document.get("token_endpoint_auth_methods_supported")),
        iss_promised: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
    })
}

/// The method for a client that has a secret: Basic unless the server takes it in the body only. Absent means Basic
/// (RFC 8414 §2).
fn method(supported: Option<&Value>) -> Option<ClientAuthentication> {
    let supported = supported?.as_array()?;
    let has = |name: &str| supported.iter().any(|method| method == name);
    (!has("client_secret_basic") && has("client_secret_post")).then_some(ClientAuthentication::ClientSecretPost)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_asked_in_the_specified_order() {
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
    fn the_issuer_must_be_the_one_that_was_asked() {
        for issuer in
            ["https://as.example/", "https://AS.example", "https://as.example:443", "https://evil.example", ""]
        {
            let wrong = document(|document| document["issuer"] = json!(issuer));
            assert!(matches!(check_issuer("https://as.example", wrong), Err(Error::IssuerMismatch { .. })), "{issuer}");
        }
        assert!(check_issuer("https://as.example", document(|_| {})).is_ok());
    }

    #[test]
    fn endpoints_that_cannot_be_trusted_make_the_document_malformed() {
        let read = |change: fn(&mut Value)| read("https://as.example", &document(change));
        let good = read(|_| {}).unwrap();
        assert_eq!(good.token_endpoint_auth_method, Some(ClientAuthentication::ClientSecretPost));
        assert!(!good.iss_promised);
        assert!(read(|document| document["token_endpoint"] = json!("http://as.example/t")).is_err());
        assert!(read(|document| document["authorization_endpoint"] = json!("javascript:alert(1)")).is_err());
        assert!(read(|document| document["token_endpoint"] = json!(null)).is_err());
        assert!(read(|document| document["userinfo_endpoint"] = json!(7)).is_err());
    }
}

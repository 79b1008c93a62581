//! What an authorization server says of itself (RFC 8414 §2, OpenID Connect Discovery §3).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Error;
use super::error::host_of;
use crate::model::text::shown;
use crate::model::{ClientAuthentication, Scopes, endpoint};

/// What a server says of itself, as far as it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) device_authorization_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) introspection_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) pushed_authorization_request_endpoint: Option<String>,
    pub(crate) registration_endpoint: Option<String>,
    /// Where a client with a certificate finds the endpoints, by their names (RFC 8705 §5).
    pub(crate) mtls_endpoint_aliases: BTreeMap<String, String>,
    /// For a client with a secret, where Basic is not taken; a certificate's, where no other secret is.
    pub(crate) token_endpoint_auth_method: Option<ClientAuthentication>,
    /// A client without a secret is announced.
    pub(crate) takes_public_clients: bool,
    /// The methods of PKCE (RFC 7636) that are announced; `None` when nothing is said.
    pub(crate) code_challenge_methods: Option<Vec<String>>,
    pub(crate) scopes: Scopes,
    /// A URL may be the client id (Client ID Metadata Documents).
    pub(crate) takes_client_urls: bool,
    /// RFC 9207 §3.
    pub(crate) iss_promised: bool,
}

impl Metadata {
    pub(super) fn read(issuer: &str, document: &Map<String, Value>) -> Result<Self, Error> {
        let malformed = |what: String| Error::Malformed { host: host_of(issuer), what };
        let url = |name: &str| match document.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(url)) => {
                let unsafe_address =
                    |what| Error::UnsafeAddress { host: host_of(issuer), what: format!("{name}: {what}") };
                Ok(Some(endpoint::check_named(name, url).map_err(unsafe_address)?.into()))
            }
            Some(_) => Err(malformed(format!("{name} is no text"))),
        };
        let needed = |name: &str| url(name)?.ok_or_else(|| malformed(format!("{name} is missing")));
        let list = |name: &str| {
            let words = document.get(name)?.as_array()?.iter().filter_map(Value::as_str);
            Some(words.map(str::to_owned).collect::<Vec<_>>())
        };
        let yes = |name: &str| document.get(name) == Some(&Value::Bool(true));
        let methods = list("token_endpoint_auth_methods_supported");
        let takes = |name: &str| methods.as_ref().is_some_and(|all| all.iter().any(|method| method == name));
        // Basic is what the absence of the member means (RFC 8414 §2).
        let others = [
            ClientAuthentication::ClientSecretPost,
            ClientAuthentication::TlsClientAuth,
            ClientAuthentication::SelfSignedTlsClientAuth,
        ];
        let other = others.into_iter().find(|method| takes(method.as_str()));
        let scopes = list("scopes_supported").unwrap_or_default();
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: needed("authorization_endpoint")?,
            token_endpoint: needed("token_endpoint")?,
            device_authorization_endpoint: url("device_authorization_endpoint")?,
            revocation_endpoint: url("revocation_endpoint")?,
            introspection_endpoint: url("introspection_endpoint")?,
            userinfo_endpoint: url("userinfo_endpoint")?,
            pushed_authorization_request_endpoint: url("pushed_authorization_request_endpoint")?,
            registration_endpoint: url("registration_endpoint")?,
            mtls_endpoint_aliases: aliases(document).map_err(malformed)?,
            token_endpoint_auth_method: other.filter(|_| !takes("client_secret_basic")),
            takes_public_clients: takes("none"),
            code_challenge_methods: list("code_challenge_methods_supported"),
            scopes: scopes.iter().filter(|scope| Scopes::parse(scope).malformed().is_none()).collect(),
            takes_client_urls: yes("client_id_metadata_document_supported"),
            iss_promised: yes("authorization_response_iss_parameter_supported"),
        })
    }

    /// Whether S256 is announced.
    pub(crate) fn has_pkce(&self) -> bool {
        self.code_challenge_methods.as_ref().is_some_and(|methods| methods.iter().any(|method| method == "S256"))
    }

    /// Every endpoint, by its name.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("introspection_endpoint", self.introspection_endpoint.as_ref()),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            ("pushed_authorization_request_endpoint", self.pushed_authorization_request_endpoint.as_ref()),
            ("registration_endpoint", self.registration_endpoint.as_ref()),
        ];
        let aliases = self.mtls_endpoint_aliases.iter().map(|(name, url)| (name.as_str(), url.as_str()));
        all.into_iter().filter_map(|(name, url)| Some((name, url?.as_str()))).chain(aliases)
    }
}

/// The aliases of the document (RFC 8705 §5), each a URL that a secret may go to.
fn aliases(document: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let Some(told) = document.get("mtls_endpoint_aliases").filter(|told| !told.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let told = told.as_object().ok_or("mtls_endpoint_aliases is no object")?;
    let endpoints = told.iter().filter(|(name, _)| name.ends_with("_endpoint"));
    let checked = endpoints.map(|(name, url)| {
        let url = url.as_str().ok_or_else(|| format!("mtls_endpoint_aliases: {} is no text", shown(name)))?;
        let url = endpoint::check_named(name, url)
            .map_err(|refused| format!("mtls_endpoint_aliases: {}: {refused}", shown(name)))?;
        Ok((name.clone(), url.into()))
    });
    checked.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(change: impl FnOnce(&mut Value)) -> Result<Metadata, Error> {
        let mut document = json!({
            "issuer": "https://as.example",
            "authorization_endpoint": "https://as.example/a",
            "token_endpoint": "https://as.example/t",
            "token_endpoint_auth_methods_supported": ["client_secret_post"]
        });
        change(&mut document);
        Metadata::read("https://as.example", document.as_object().unwrap())
    }

    #[test]
    fn endpoints_that_cannot_be_trusted_make_the_document_malformed() {
        let good = read(|_| {}).unwrap();
        assert_eq!(good.token_endpoint_auth_method, Some(ClientAuthentication::ClientSecretPost));
        assert!(!good.iss_promised && !good.has_pkce() && !good.takes_public_clients);
        assert!(read(|document| document["token_endpoint"] = json!("http://as.example/t")).is_err());
        assert!(read(|document| document["authorization_endpoint"] = json!("javascript:alert(1)")).is_err());
        assert!(read(|document| document["registration_endpoint"] = json!("file:///x")).is_err());
        assert!(read(|document| document["token_endpoint"] = json!(null)).is_err());
        assert!(read(|document| document["userinfo_endpoint"] = json!(7)).is_err());
    }

    #[test]
    fn aliases_for_certificates_are_held_to_what_endpoints_are() {
        let aliases = |told: Value| read(|document| document["mtls_endpoint_aliases"] = told);
        let found = aliases(json!({"token_endpoint": "https://mtls.as.example/t", "x": "y"})).unwrap();
        assert_eq!(found.mtls_endpoint_aliases.keys().collect::<Vec<_>>(), ["token_endpoint"]);
        assert!(found.endpoints().any(|(_, url)| url == "https://mtls.as.example/t"), "its host is looked at too");
        assert!(aliases(json!(null)).unwrap().mtls_endpoint_aliases.is_empty());
        for told in [json!([]), json!({"token_endpoint": 7}), json!({"token_endpoint": "http://mtls.as.example/t"})] {
            assert!(aliases(told.clone()).is_err(), "{told}");
        }
    }

    #[test]
    fn a_certificate_is_the_way_where_no_other_secret_is_taken() {
        let method = |methods: Value| {
            let read = read(|document| document["token_endpoint_auth_methods_supported"] = methods);
            read.unwrap().token_endpoint_auth_method
        };
        assert_eq!(method(json!(["client_secret_basic", "tls_client_auth"])), None);
        assert_eq!(method(json!(["tls_client_auth"])), Some(ClientAuthentication::TlsClientAuth));
        let own = Some(ClientAuthentication::SelfSignedTlsClientAuth);
        assert_eq!(method(json!(["none", "self_signed_tls_client_auth"])), own);
    }

    #[test]
    fn pkce_is_what_is_announced_and_nothing_less() {
        let has = |methods: Value| {
            read(|document| document["code_challenge_methods_supported"] = methods).unwrap().has_pkce()
        };
        assert!(has(json!(["plain", "S256"])));
        for methods in [json!(null), json!([]), json!(["plain"]), json!("S256"), json!(["s256"])] {
            assert!(!has(methods.clone()), "{methods}");
        }
    }
}

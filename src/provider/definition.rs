//! The form of a provider entry, and its way from TOML text to endpoints that can be used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Error, Redirect};
use crate::model::server::RevocationStyle;
use crate::model::{ClientAuthentication, Scopes, Server, endpoint, text};

/// A provider entry: endpoints in the names of RFC 8414, and what departs from the RFCs or is not in them.
///
/// `{variable}` in a URL or host stands for a template variable; `{client_id}` for the client identifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The name as a person writes it.
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<String>,
    /// How sure the facts are: `high`, `medium` or `low`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confidence: Option<String>,
    /// Where the facts are from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sources: Vec<String>,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// The issuer of ID tokens where it departs from `issuer`; `{claim:NAME}` stands for a claim of the token itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id_token_issuer: Option<String>,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_authorization_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revocation_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) introspection_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_endpoint: Option<String>,
    /// How a client that has a secret authenticates; one without is a public client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_endpoint_auth_method: Option<ClientAuthentication>,
    /// RFC 9207: the redirect always carries `iss`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) authorization_response_iss_parameter_supported: bool,

    #[serde(default)]
    pub(crate) revocation: RevocationStyle,
    /// Revoking one token ends every other one of the same account and client too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) revocation_ends_grant: bool,
    /// A client can do without a secret.
    #[serde(default = "yes")]
    pub(crate) public_client: bool,
    /// The scopes without which the account cannot be named; always asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) identity_scopes: Vec<String>,
    /// The scopes without which there is no refresh token; always asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) offline_scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account_field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject_field: Option<String>,
    #[serde(default = "yes")]
    pub(crate) early_refresh: bool,
    /// Seconds for which a refresh token is still taken after it was replaced; 0 where taking it again ends the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_grace: Option<u64>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) refresh_redirect_uri: bool,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_base: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) api_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) git_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) registry_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) applications_url: Option<String>,

    /// Where a client is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) console_url: Option<String>,
    /// How a client is registered, in short steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) setup: Vec<String>,
    /// What is unusual and a user should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,

    #[serde(default, skip_serializing_if = "Redirect::is_usual")]
    pub(crate) redirect: Redirect,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) authorization_parameters: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) token_parameters: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Scopes and what each one allows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) scopes: BTreeMap<String, String>,
}

/// A template variable of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    pub(crate) about: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) example: Option<String>,
}

/// An entry with every variable filled in.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) server: Server,
    pub(crate) id_token_issuer: Option<String>,
    /// RFC 9207: the redirect always carries `iss`.
    pub(crate) iss_promised: bool,
    /// Scopes that are asked for whatever else is.
    pub(crate) base_scopes: Scopes,
    /// The variables' values, defaults included.
    pub(crate) variables: BTreeMap<String, String>,
}

impl Entry {
    /// An entry with nothing but the two endpoints every code flow needs.
    pub(crate) fn minimal(name: &str, authorization_endpoint: &str, token_endpoint: &str) -> Self {
        let text = toml::toml! { name = "" authorization_endpoint = "" token_endpoint = "" };
        let entry: Self = text.try_into().expect("the three members that have no default are there");
        Self {
            name: name.to_owned(),
            authorization_endpoint: authorization_endpoint.to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            ..entry
        }
    }

    /// Reads an entry; a mistake is named with its line and key. `origin` is the name or path it is known by.
    pub(crate) fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            Error::Invalid { origin: format!("{origin}:{line}"), what: error.message().to_owned() }
        })
    }

    /// Holds the entry to what a parser cannot see: URLs, the redirect, hosts, names.
    pub(crate) fn check(&self, origin: &str) -> Result<(), Error> {
        let invalid = |what: String| Err(Error::Invalid { origin: origin.to_owned(), what });
        for (key, url) in self.urls() {
            if let Err(refused) = endpoint::check(&without_templates(url)) {
                return invalid(format!("`{key}`: {refused}"));
            }
        }
        if let Some((key, what)) = self.redirect.mistakes().into_iter().next() {
            return invalid(format!("`{key}`: {what}"));
        }
        let hosts = [&self.api_hosts, &self.git_hosts, &self.registry_hosts].into_iter().flatten();
        for host in hosts {
            if without_templates(host).trim_start_matches("*.").contains(['/', '*', '@', ' ']) {
                return invalid(format!("`{}` is no host", text::shown(host)));
            }
        }
        let scopes: Scopes = self.identity_scopes.iter().chain(&self.offline_scopes).collect();
        if let Some(scope) = scopes.malformed() {
            return invalid(format!("`{}` is no scope", text::shown(scope)));
        }
        if let Some(name) = &self.token_env
            && !is_variable(name)
        {
            return invalid("`token_env` is no variable name".into());
        }
        Ok(())
    }

    fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let always = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("issuer", self.issuer.as_ref()),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("introspection_endpoint", self.introspection_endpoint.as_ref()),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            ("api_base", self.api_base.as_ref()),
        ];
        always.into_iter().filter_map(|(key, url)| Some((key, url?.as_str())))
    }

    pub(super) fn resolve(
        &self,
        provider: &str,
        given: &BTreeMap<String, String>,
        client_id: &str,
    ) -> Result<Resolved, Error> {
        let mut variables = self.values(provider, given)?;
        let kept = variables.clone();
        variables.insert("client_id".into(), percent_encoded(client_id));
        let fill = |text: &String| filled(text, &variables);
        let maybe = |text: &Option<String>| text.as_ref().map(fill);
        let server = Server {
            name: self.name.clone(),
            issuer: maybe(&self.issuer),
            authorization_endpoint: fill(&self.authorization_endpoint),
            token_endpoint: fill(&self.token_endpoint),
            device_authorization_endpoint: maybe(&self.device_authorization_endpoint),
            revocation_endpoint: maybe(&self.revocation_endpoint),
            revocation: self.revocation,
            revocation_ends_grant: self.revocation_ends_grant,
            introspection_endpoint: maybe(&self.introspection_endpoint),
            userinfo_endpoint: maybe(&self.userinfo_endpoint),
            token_endpoint_auth_method: self
                .token_endpoint_auth_method
                .unwrap_or(ClientAuthentication::ClientSecretBasic),
            token_parameters: self.token_parameters.clone(),
            refresh_redirect_uri: None,
            early_refresh: self.early_refresh,
            refresh_grace: self.refresh_grace,
            account_field: self.account_field.clone(),
            subject_field: self.subject_field.clone(),
            identity_scopes: self.identity_scopes.clone(),
            api_base: maybe(&self.api_base),
            api_hosts: self.api_hosts.iter().map(fill).collect(),
            git_hosts: self.git_hosts.iter().map(fill).collect(),
            registry_hosts: self.registry_hosts.iter().map(fill).collect(),
            token_env: self.token_env.clone(),
            applications_url: maybe(&self.applications_url),
        };
        for (key, url) in
            [("authorization_endpoint", &server.authorization_endpoint), ("token_endpoint", &server.token_endpoint)]
        {
            endpoint::check(url).map_err(|refused| Error::Invalid {
                origin: provider.to_owned(),
                what: format!("`{key}`: {refused}"),
            })?;
        }
        Ok(Resolved {
            id_token_issuer: maybe(&self.id_token_issuer),
            iss_promised: self.authorization_response_iss_parameter_supported,
            base_scopes: self.identity_scopes.iter().chain(&self.offline_scopes).collect(),
            variables: kept,
            server,
        })
    }

    fn values(&self, provider: &str, given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error> {
        if let Some(variable) = given.keys().find(|name| !self.variables.contains_key(*name)) {
            let known = self.variables.keys().cloned().collect();
            return Err(Error::VariableUnknown {
                provider: provider.to_owned(),
                variable: text::shown(variable),
                known,
            });
        }
        let mut values = BTreeMap::new();
        for (name, variable) in &self.variables {
            let value = given.get(name).or(variable.default.as_ref()).ok_or_else(|| Error::VariableMissing {
                provider: provider.to_owned(),
                variable: name.clone(),
                about: variable.about.clone(),
            })?;
            // A value fills a place in a host or a path; it may not make another host or path of it.
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
            if value.is_empty() || !value.bytes().all(fits) {
                return Err(Error::VariableValue { variable: name.clone(), value: text::shown(value) });
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(values)
    }
}

/// A variable that a token may be put into, and that no program loader or shell acts on.
fn is_variable(name: &str) -> bool {
    let fits = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let acted_on = name.starts_with("LD_") || ["PATH", "IFS", "ENV", "BASH_ENV", "HOME", "SHELL"].contains(&name);
    fits && !acted_on && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
}

fn filled(text: &str, variables: &BTreeMap<String, String>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// The text with a harmless word in every template's place, so that it can be held to the rules for URLs.
fn without_templates(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        plain.push('x');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
name = "X"
authorization_endpoint = "https://{domain}/authorize"
token_endpoint = "https://{domain}/token"
revocation_endpoint = "https://{domain}/apps/{client_id}"
[variables.domain]
about = "your domain"
"#;

    fn entry() -> Entry {
        Entry::parse(TEXT, "x").unwrap()
    }

    fn set(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("domain".to_owned(), value.to_owned())])
    }

    #[test]
    fn variables_fill_every_place() {
        let resolved = entry().resolve("x", &set("a.example"), "my id").unwrap();
        assert_eq!(resolved.server.token_endpoint, "https://a.example/token");
        assert_eq!(resolved.server.revocation_endpoint.unwrap(), "https://a.example/apps/my+id");
        assert_eq!(resolved.variables, set("a.example"));
    }

    #[test]
    fn a_missing_unknown_or_hostile_variable_is_named() {
        assert!(matches!(entry().resolve("x", &BTreeMap::new(), ""), Err(Error::VariableMissing { .. })));
        let unknown = BTreeMap::from([("tenant".to_owned(), "x".to_owned())]);
        assert!(matches!(entry().resolve("x", &unknown, ""), Err(Error::VariableUnknown { .. })));
        for value in ["", "evil.example/x", "a@evil", "a?b", "a#b", "a b", "{domain}", "ä"] {
            assert!(matches!(entry().resolve("x", &set(value), ""), Err(Error::VariableValue { .. })), "{value}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let Err(Error::Invalid { origin, what }) = Entry::parse("name = \"X\"\ntoken_end = 1\n", "mine") else {
            panic!()
        };
        assert_eq!(origin, "mine:2");
        assert!(what.contains("token_end"), "{what}");
    }

    #[test]
    fn an_entry_that_would_send_secrets_astray_is_refused() {
        for (key, value) in [
            ("token_endpoint", "http://a.example/token"),
            ("token_endpoint", "https://u:p@a.example/token"),
            ("userinfo_endpoint", "ftp://a.example/"),
            ("authorization_endpoint", "javascript:alert(1)"),
        ] {
            let mut table: toml::Table = TEXT.parse().unwrap();
            table.insert(key.into(), value.into());
            let entry: Entry = table.try_into().unwrap();
            assert!(entry.check("x").is_err(), "{key} {value}");
        }
        let mut wide = entry();
        wide.api_hosts = vec!["*".into()];
        assert!(wide.check("x").is_err());
    }
}

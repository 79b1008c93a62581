//! The way from an entry to endpoints that can be used: template variables are filled in.

use std::collections::BTreeMap;

use super::Error;
use super::definition::{Entry, RefreshPolicy, Variable};
use crate::model::{ClientAuthentication, Scopes, Server, endpoint, text};

/// An entry with every variable filled in.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) server: Server,
    pub(crate) id_token_issuer: Option<String>,
    /// Whoever is granted `openid` here gets an ID token from the token endpoint.
    pub(crate) gives_id_tokens: bool,
    /// RFC 9207: the redirect always carries `iss`.
    pub(crate) iss_promised: bool,
    /// Scopes that are asked for whatever else is.
    pub(crate) base_scopes: Scopes,
    /// The scopes without which there is no refresh token.
    pub(crate) offline_scopes: Scopes,
    /// The provider gives no refresh tokens at all.
    pub(crate) never_refreshable: bool,
    /// Where a person ends a token that they made themselves, where that is another page.
    pub(crate) tokens_url: Option<String>,
    /// What to know once an account is connected.
    pub(crate) advice: Vec<String>,
    /// The variables' values, defaults included.
    pub(crate) variables: BTreeMap<String, String>,
}

/// Scopes of OpenID Connect Core §5.4 and §11, which are never a part of another one.
const STANDARD_SCOPES: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

impl Entry {
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
        let place = |text: &String| endpoint::normal(&fill(text));
        let maybe_place = |text: &Option<String>| text.as_ref().map(place);
        // A variable may hold a path too, which is no part of a host.
        let host = |text: &String| fill(text).split('/').next().unwrap_or_default().to_owned();
        let server = Server {
            name: self.name.clone(),
            issuer: maybe(&self.issuer),
            id_token_issuer: None,
            authorization_endpoint: place(&self.authorization_endpoint),
            token_endpoint: place(&self.token_endpoint),
            device_authorization_endpoint: maybe_place(&self.device_authorization_endpoint),
            revocation_endpoint: maybe_place(&self.revocation_endpoint),
            revocation: self.revocation,
            revocation_ends_grant: self.revocation_ends_grant,
            introspection_endpoint: maybe_place(&self.introspection_endpoint),
            userinfo_endpoint: maybe_place(&self.userinfo_endpoint),
            token_endpoint_auth_method: self
                .token_endpoint_auth_method
                .unwrap_or(ClientAuthentication::ClientSecretBasic),
            client_key_id: None,
            mtls_endpoint_aliases: self
                .mtls_endpoint_aliases
                .iter()
                .map(|(name, url)| (name.clone(), place(url)))
                .collect(),
            pushed_authorization_request_endpoint: maybe_place(&self.pushed_authorization_request_endpoint),
            resource: self.resource.clone(),
            dpop: self.dpop,
            mint: None,
            refresh_endpoint: maybe_place(&self.refresh_endpoint),
            token_parameters: self.token_parameters.clone(),
            refresh_parameters: self.refresh_parameters.clone(),
            pkce: self.pkce,
            quirks: self.quirks.filled(client_id),
            metadata: self.metadata.clone(),
            resources_endpoint: maybe_place(&self.resources_endpoint),
            refresh_redirect_uri: None,
            early_refresh: self.early_refresh,
            refresh_grace: self.refresh_grace.or((self.refresh_policy == Some(RefreshPolicy::Strict)).then_some(0)),
            account_field: self.account_field.clone(),
            subject_field: self.subject_field.clone(),
            identity_scopes: self.identity_scopes.clone(),
            api_base: maybe(&self.api_base),
            api_hosts: self.api_hosts.iter().map(host).collect(),
            git_hosts: self.git_hosts.iter().map(host).collect(),
            registry_hosts: self.registry_hosts.iter().map(host).collect(),
            git_username: self.git_username.clone(),
            registry_username: self.registry_username.clone(),
            token_env: self.token_env.clone(),
            applications_url: maybe(&self.applications_url),
        };
        for (key, url) in
            [("authorization_endpoint", &server.authorization_endpoint), ("token_endpoint", &server.token_endpoint)]
        {
            if url.is_empty() && self.discovery {
                continue;
            }
            endpoint::check_named(key, url).map_err(|refused| Error::Invalid {
                origin: provider.to_owned(),
                mistakes: vec![format!("`{key}`: {refused}")],
            })?;
        }
        Ok(Resolved {
            id_token_issuer: maybe(&self.id_token_issuer),
            gives_id_tokens: !self.id_token_optional && self.is_openid_provider(),
            iss_promised: self.authorization_response_iss_parameter_supported,
            base_scopes: self.identity_scopes.iter().chain(&self.offline_scopes).collect(),
            offline_scopes: self.offline_scopes.iter().collect(),
            never_refreshable: self.refresh_policy == Some(RefreshPolicy::None),
            tokens_url: maybe(&self.tokens_url),
            advice: self.advice.clone(),
            variables: kept,
            server,
        })
    }

    /// Whether the entry describes an OpenID provider. One that merely takes the scope, or merely has an issuer (RFC
    /// 8414), is none.
    fn is_openid_provider(&self) -> bool {
        let by_scope = self.identity_scopes.iter().any(|scope| scope == "openid");
        self.issuer.is_some() && (by_scope || self.userinfo_endpoint.is_some())
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
            if !variable.takes(value) {
                return Err(Error::VariableValue { variable: name.clone(), value: text::shown(value) });
            }
            values.insert(name.clone(), value.clone());
        }
        Ok(values)
    }
}

impl Entry {
    /// The scope that a person means: as it stands, or by the last word of a long one.
    pub(crate) fn whole_scope(&self, typed: &str) -> String {
        let known = || self.scopes.keys().chain(&self.identity_scopes).chain(&self.offline_scopes);
        if known().any(|scope| scope == typed) || STANDARD_SCOPES.contains(&typed) {
            return typed.to_owned();
        }
        let mut ends: Vec<_> =
            known().filter(|scope| scope.strip_suffix(typed).is_some_and(|rest| rest.ends_with('/'))).collect();
        ends.dedup();
        match (ends.as_slice(), &self.scope_prefix) {
            ([one], _) => (*one).clone(),
            (_, Some(prefix)) if !typed.contains([':', '/']) => format!("{prefix}{typed}"),
            _ => typed.to_owned(),
        }
    }
}

impl Variable {
    /// A value fills a place in a host or a path; it may not make another host or path of it.
    fn takes(&self, value: &str) -> bool {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._:".contains(&b);
        let word = |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(fits);
        if self.path { value.split('/').all(word) } else { word(value) }
    }
}

/// `text` with the variables that are known; others stay.
pub(crate) fn filled(text: &str, variables: &BTreeMap<String, String>) -> String {
    variables.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
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
        for value in ["", "evil.example/x", "a@evil", "a?b", "a#b", "a b", "{domain}", "ä", ".."] {
            assert!(matches!(entry().resolve("x", &set(value), ""), Err(Error::VariableValue { .. })), "{value}");
        }
    }

    #[test]
    fn a_scope_can_be_named_by_its_last_word() {
        let mut entry = entry();
        entry.scopes =
            ["https://x.example/auth/drive", "https://x.example/auth/drive.readonly", "https://y.example/auth/mail"]
                .map(|scope| (scope.to_owned(), String::new()))
                .into();
        let cases = [
            ("drive", "https://x.example/auth/drive"),
            ("drive.readonly", "https://x.example/auth/drive.readonly"),
            ("mail", "https://y.example/auth/mail"),
            ("email", "email"),
            ("tasks", "tasks"),
            ("https://x.example/auth/drive", "https://x.example/auth/drive"),
        ];
        for (typed, whole) in cases {
            assert_eq!(entry.whole_scope(typed), whole);
        }
        entry.scope_prefix = Some("https://x.example/auth/".into());
        assert_eq!(entry.whole_scope("tasks"), "https://x.example/auth/tasks");
        assert_eq!(entry.whole_scope("a:b"), "a:b");
    }

    #[test]
    fn a_value_may_be_a_path_where_the_entry_says_so() {
        let variable = |path| Variable { about: String::new(), default: None, example: None, path };
        assert!(variable(true).takes("sso.example/realms/acme"));
        for value in ["sso.example/../x", "/x", "x/", "a//b", "x?y"] {
            assert!(!variable(true).takes(value), "{value}");
        }
        assert!(!variable(false).takes("sso.example/realms"));
    }
}

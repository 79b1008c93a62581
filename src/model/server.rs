//! An authorization server as one credential knows it.
//!
//! The record is copied from the provider entry when an account is connected, stored with the credential, and sealed
//! in with its tokens. A later change of the entry, or of the stored row, can therefore never send a secret elsewhere.

mod check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ClientAuthentication, Mint, Pkce, Quirks, TokenSource, endpoint, host};

/// Endpoints, hosts and habits of an authorization server, with all template variables filled in (names of RFC 8414
/// where it has them).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// The provider's name as a person writes it.
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// Who issued the ID token that came with the login; there was none otherwise. One that comes with a refresh must
    /// name the same issuer and subject (OpenID Connect Core §12.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id_token_issuer: Option<String>,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    /// Where refresh tokens are sent, when that is not the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device_authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revocation_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "RevocationStyle::is_standard")]
    pub(crate) revocation: RevocationStyle,
    /// Revoking one token ends every other one of the same account and client too.
    #[serde(default, skip_serializing_if = "is_no")]
    pub(crate) revocation_ends_grant: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) introspection_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) token_endpoint_auth_method: ClientAuthentication,
    /// The name of the client's private key at the server (`kid`), for a client that authenticates with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_key_id: Option<String>,
    /// Where a client with a certificate finds the endpoints, by their names (RFC 8705 §5).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) mtls_endpoint_aliases: BTreeMap<String, String>,
    /// Where an authorization request is pushed before the browser opens (RFC 9126).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pushed_authorization_request_endpoint: Option<String>,
    /// What the tokens are for (RFC 8707), as it was received or typed; said in every request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource: Vec<String>,
    /// Tokens are bound to a key of the credential (RFC 9449).
    #[serde(default, skip_serializing_if = "is_no")]
    pub(crate) dpop: bool,
    /// Tokens are minted anew, without a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mint: Option<Mint>,
    /// Parameters the provider wants in every token request besides the RFC's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) token_parameters: BTreeMap<String, String>,
    /// Parameters of a refresh request, over those of every token request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) refresh_parameters: BTreeMap<String, String>,
    /// The refresh request repeats the redirect URI (GitLab's documents ask for it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_redirect_uri: Option<String>,
    /// Whether a token may be refreshed before it has ended. False where a refresh kills the token others still hold.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub(crate) early_refresh: bool,
    /// Seconds for which a refresh token is still taken after it was replaced; 0 where taking it again ends the login.
    /// Not known for most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_grace: Option<u64>,
    #[serde(default, skip_serializing_if = "Pkce::is_usual")]
    pub(crate) pkce: Pkce,
    #[serde(default, skip_serializing_if = "Quirks::are_none")]
    pub(crate) quirks: Quirks,
    /// Where facts stand that a user of the API needs, by the name they are kept under: a JSON pointer (RFC 6901) after
    /// `token:`, `userinfo:` or `resources:`, which say whose answer it leads into.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
    /// Asked once after a login for what the token reaches, such as sites or organizations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resources_endpoint: Option<String>,
    /// JSON pointer to the account's label in the userinfo answer; after `token:`, in the token answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_field: Option<String>,
    /// The same for the account's unchanging identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject_field: Option<String>,
    /// The scopes that let userinfo be asked; empty when any token may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) identity_scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_base: Option<String>,
    /// Hosts an access token may be sent to; a leading `*.` stands for one or more labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) api_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) git_hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) registry_hosts: Vec<String>,
    /// The user name that git is given beside the token, where it is not `oauth2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) git_username: Option<String>,
    /// The same for a registry, where it is not the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) registry_username: Option<String>,
    /// The environment variable in which other tools look for this provider's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_env: Option<String>,
    /// The page on which a person sees and ends the applications that have access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) applications_url: Option<String>,
}

/// Says that the password is an OAuth token: GitLab and Gitea ask for it ("Access a Git repository with an OAuth token"),
/// and GitHub takes any name.
const ANY_USER: &str = "oauth2";

/// What of a provider's a host serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Api,
    Git,
    /// Container images and packages.
    Registry,
}

impl Server {
    /// What of the machine it runs on is read for every new token, and the addresses it may be sent to.
    pub(crate) fn reads(&self) -> Option<(&TokenSource, Vec<&str>)> {
        let Some(Mint::TokenExchange { subject_token, .. }) = &self.mint else { return None };
        let alias = self.mtls_endpoint_aliases.get("token_endpoint");
        Some((subject_token, alias.into_iter().chain([&self.token_endpoint]).map(String::as_str).collect()))
    }

    /// The address in place of an endpoint's own, for a client with a certificate.
    pub(crate) fn mtls_alias(&self, endpoint: &Url) -> Option<&str> {
        let own = |name: &str| match name {
            "token_endpoint" => Some(&self.token_endpoint),
            "device_authorization_endpoint" => self.device_authorization_endpoint.as_ref(),
            "revocation_endpoint" => self.revocation_endpoint.as_ref(),
            "introspection_endpoint" => self.introspection_endpoint.as_ref(),
            "userinfo_endpoint" => self.userinfo_endpoint.as_ref(),
            "pushed_authorization_request_endpoint" => self.pushed_authorization_request_endpoint.as_ref(),
            _ => None,
        };
        let is_it = |url: &String| Url::parse(url).is_ok_and(|url| url == *endpoint);
        let mut aliases = self.mtls_endpoint_aliases.iter();
        aliases.find(|(name, _)| own(name).is_some_and(is_it)).map(|(_, alias)| alias.as_str())
    }

    /// The hosts an access token may be sent to for a service. The places the program itself asks with a token belong
    /// to the API, named or not.
    pub(crate) fn hosts(&self, service: Service) -> Vec<String> {
        match service {
            Service::Git => self.git_hosts.clone(),
            Service::Registry => self.registry_hosts.clone(),
            Service::Api => {
                let urls = self.api_base.iter().chain(&self.userinfo_endpoint).filter_map(|url| Url::parse(url).ok());
                let mut hosts = self.api_hosts.clone();
                for own in urls.map(|url| endpoint::authority(&url)) {
                    if !hosts.contains(&own) {
                        hosts.push(own);
                    }
                }
                hosts
            }
        }
    }

    /// The user name beside a token that stands as password, for git.
    pub(crate) fn git_user(&self) -> &str {
        self.git_username.as_deref().unwrap_or(ANY_USER)
    }

    /// The same for a registry; most take any name, some want the account's.
    pub(crate) fn registry_user<'a>(&'a self, account: Option<&'a str>) -> &'a str {
        self.registry_username.as_deref().or(account).unwrap_or(ANY_USER)
    }

    /// Whether an access token may be sent there for a service.
    pub(crate) fn serves(&self, service: Service, url: &Url) -> bool {
        self.hosts(service).iter().any(|pattern| host::names(pattern, url))
    }
}

/// How a provider takes back a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RevocationStyle {
    /// RFC 7009.
    #[default]
    Rfc7009,
    /// RFC 7009 without client authentication, the token alone (Google's documents).
    TokenOnly,
    /// `DELETE` with the client as Basic user and the access token as JSON (GitHub's REST documents, "Apps").
    GithubDelete,
    /// RFC 7009, its parameters as JSON.
    Json,
    /// RFC 7009, for refresh tokens alone: the access token ends with them, or by itself.
    RefreshOnly,
    /// `POST` with the access token where an API takes it, and no body. It ends both tokens.
    BearerPost,
    /// `DELETE` in the same way.
    BearerDelete,
}

impl RevocationStyle {
    /// Whether the access token itself is the leave to revoke, so that one that has ended cannot.
    pub(crate) fn needs_live_token(self) -> bool {
        matches!(self, Self::BearerPost | Self::BearerDelete)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
    fn is_standard(&self) -> bool {
        *self == Self::Rfc7009
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn is_no(value: &bool) -> bool {
    !*value
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn is_yes(value: &bool) -> bool {
    *value
}

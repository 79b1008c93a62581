//! An authorization server as one credential knows it.
//!
//! The record is copied from the provider entry when an account is connected, stored with the credential, and sealed
//! in with its tokens. A later change of the entry, or of the stored row, can therefore never send a secret elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ClientAuthentication;

/// Endpoints, hosts and habits of an authorization server, with all template variables filled in (names of RFC 8414
/// where it has them).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// The provider's name as a person writes it.
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
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
    /// Parameters the provider wants in every token request besides the RFC's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) token_parameters: BTreeMap<String, String>,
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
    /// JSON pointer (RFC 6901) to the account's label in the userinfo answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_field: Option<String>,
    /// JSON pointer to the account's unchanging identifier in the userinfo answer.
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
    /// The environment variable in which other tools look for this provider's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_env: Option<String>,
    /// The page on which a person sees and ends the applications that have access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) applications_url: Option<String>,
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
}

impl RevocationStyle {
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

//! The form of a provider entry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::capability::Capabilities;
use super::{Error, LoginEnds, Redirect};
use crate::model::near;
use crate::model::server::RevocationStyle;
use crate::model::{ClientAuthentication, Pkce, Quirks};

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
    /// A login that was granted `openid` may bring no ID token, although OpenID Connect Core §3.1.3.3 wants one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) id_token_optional: bool,
    /// The two endpoints may be left out with `discovery`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) authorization_endpoint: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) token_endpoint: String,
    /// Endpoints that the entry leaves out are read from the issuer's metadata when an account is connected.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) discovery: bool,
    /// Where refresh tokens are sent, when that is not the token endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_authorization_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revocation_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) introspection_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_endpoint: Option<String>,
    /// Where a client with a certificate finds the endpoints, by their names (RFC 8705 §5).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) mtls_endpoint_aliases: BTreeMap<String, String>,
    /// Where an authorization request is pushed first (RFC 9126).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pushed_authorization_request_endpoint: Option<String>,
    /// Where a client registers itself (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) registration_endpoint: Option<String>,
    /// What the tokens are for (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) resource: Vec<String>,
    /// Tokens are always bound to a key (RFC 9449).
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) dpop: bool,
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
    /// A client id that the provider takes from anybody: nothing has to be registered there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open_client_id: Option<String>,
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
    /// What a refresh does to the refresh token it spends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_policy: Option<RefreshPolicy>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) refresh_redirect_uri: bool,
    /// Asked once after a login for what the token reaches; `metadata` says what is kept of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resources_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Pkce::is_usual")]
    pub(crate) pkce: Pkce,

    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_base: Option<String>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_env: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) applications_url: Option<String>,
    /// Where a person ends a token that they made themselves, where that is another page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_url: Option<String>,

    /// Where a client is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) console_url: Option<String>,
    /// How a client is registered, in short steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) setup: Vec<String>,
    /// What is unusual and a user should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,

    /// What to know once an account is connected: what ends the login before its time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) advice: Vec<String>,
    /// What a scope begins with that is named by one short word: `drive.readonly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope_prefix: Option<String>,

    /// What ends a login, for the words about one that has ended.
    #[serde(default, skip_serializing_if = "LoginEnds::is_unknown")]
    pub(crate) login_ends: LoginEnds,
    #[serde(default, skip_serializing_if = "Redirect::is_usual")]
    pub(crate) redirect: Redirect,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) authorization_parameters: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) token_parameters: BTreeMap<String, String>,
    /// Parameters of a refresh request, over `token_parameters`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) refresh_parameters: BTreeMap<String, String>,
    /// Facts that are kept with the credential, by name: a JSON pointer after `token:`, `userinfo:` or `resources:`.
    /// `{name}` in `api_base`, `userinfo_endpoint` and `resources_endpoint` stands for one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
    /// What is not as the RFCs have it.
    #[serde(default, skip_serializing_if = "Quirks::are_none")]
    pub(crate) quirks: Quirks,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Harmless requests that tell what a token may do: words = `GET /path`, or a URL on a host that the token may go to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) capabilities: Capabilities,
    /// Scopes and what each one allows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) scopes: BTreeMap<String, String>,
}

/// What a refresh does to the refresh token it spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RefreshPolicy {
    /// There are no refresh tokens.
    None,
    /// The refresh token stays the same.
    Stable,
    /// A new one comes each time, and the old one stays good.
    Lenient,
    /// A new one comes each time, and the old one is taken for `refresh_grace` seconds.
    Window,
    /// A new one comes each time; how long the old one is taken is not known.
    Rotating,
    /// A new one comes each time, and using the old one again ends the whole login.
    Strict,
}

impl RefreshPolicy {
    /// What a person should know of it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Stable => "stays the same",
            Self::Lenient => "replaced at each refresh; the old one stays good",
            Self::Window => "replaced at each refresh; the old one is taken for a while",
            Self::Rotating => "replaced at each refresh",
            Self::Strict => "replaced at each refresh; using an old one ends the login",
        }
    }
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
    /// The value may hold `/`: it is a part of a URL's path too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) path: bool,
}

impl Entry {
    /// An entry with nothing but the two endpoints every code flow needs.
    pub(crate) fn minimal(name: &str, authorization_endpoint: &str, token_endpoint: &str) -> Self {
        Self {
            name: name.to_owned(),
            authorization_endpoint: authorization_endpoint.to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            ..toml::from_str("name = ''").expect("all but the name have a default")
        }
    }

    /// Reads an entry; what is no TOML, or no entry, is named with its line. `origin` is the name or path it is known by.
    pub(crate) fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let what = shortened(&error.message().lines().collect::<Vec<_>>().join(" "));
            Error::Invalid { origin: origin.to_owned(), mistakes: vec![format!("{origin}:{line}: {what}")] }
        })
    }
}

/// A parser's complaint about an unknown key, with those that are near instead of all that there are.
fn shortened(message: &str) -> String {
    let Some((complaint, known)) = message.split_once(", expected one of ") else { return message.to_owned() };
    let names = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let near = names(complaint).first().map(|key| near::nearest(key, &names(known))).unwrap_or_default();
    if near.is_empty() { complaint.to_owned() } else { format!("{complaint}; did you mean `{}`?", near.join("`, `")) }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

//! How tokens are minted anew where no person takes part.

use serde::{Deserialize, Serialize};

use super::rules;

/// The grant that gives a machine its tokens. It stands in the sealed record of the server: an edited audience, file or
/// installation opens no key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "grant", rename_all = "kebab-case")]
pub(crate) enum Mint {
    /// The client acts for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// An assertion that we sign (RFC 7523 §2.1): the client's secret is the private key.
    JwtBearer {
        issuer: String,
        subject: Option<String>,
        audience: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        key_id: Option<String>,
    },
    /// A token of the job this runs in is exchanged (RFC 8693).
    TokenExchange {
        subject_token: TokenSource,
        #[serde(skip_serializing_if = "Option::is_none")]
        audience: Option<String>,
    },
    /// A GitHub App acts as one of its installations: the client id is the App's, its secret the App's private key.
    Installation { access_tokens_url: String },
}

/// Where a job finds a token about itself, read anew every time and never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokenSource {
    /// A variable of the environment (GitLab's `id_tokens`).
    Environment(String),
    /// A projected file (Kubernetes, Azure workload identity).
    File(String),
    /// GitHub's token service, asked for a token with this audience; with its usual one where there is none.
    GithubActions(Option<String>),
}

impl TokenSource {
    /// What is wrong with it. A secret of this program's own is no token of a job, and goes to no server.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        match self {
            Self::Environment(name) if rules::OWN_SECRETS.iter().any(|start| name.starts_with(start)) => {
                Some("that variable holds a secret of this program's own")
            }
            Self::Environment(name) if name.is_empty() => Some("it names no variable"),
            Self::File(path) if !path.starts_with('/') => Some("the path of file: is absolute"),
            _ => None,
        }
    }

    /// The same in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Environment(name) => format!("the variable {name}"),
            Self::File(path) => format!("the file {path}"),
            Self::GithubActions(_) => "the token of a job at GitHub".into(),
        }
    }
}

impl std::fmt::Display for TokenSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::GithubActions(None) => f.write_str("github-actions"),
            Self::GithubActions(Some(audience)) => write!(f, "github-actions:{audience}"),
        }
    }
}

impl std::str::FromStr for TokenSource {
    type Err = String;

    /// `env:NAME`, `file:PATH`, `github-actions` or `github-actions:AUDIENCE`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let source = match text.split_once(':') {
            Some(("env", name)) => Self::Environment(name.to_owned()),
            Some(("file", path)) => Self::File(path.to_owned()),
            Some(("github-actions", audience)) if !audience.is_empty() => {
                Self::GithubActions(Some(audience.to_owned()))
            }
            None if text == "github-actions" => Self::GithubActions(None),
            _ => return Err("write it as env:NAME, file:PATH or github-actions[:AUDIENCE]".into()),
        };
        source.mistake().map_or(Ok(source), |what| Err(what.into()))
    }
}

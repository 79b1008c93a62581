//! Client registrations (RFC 6749 §2).

use serde::{Deserialize, Serialize};

use super::Secret;

/// How a client authenticates at the token endpoint, in the names of RFC 7591 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClientAuthentication {
    /// A public client: the client id alone, in the body.
    None,
    /// Id and secret in an HTTP Basic header, both form-encoded first (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// Id and secret in the body.
    ClientSecretPost,
    /// A signed assertion (RFC 7523 §2.2); the secret is the private key, and never sent.
    PrivateKeyJwt,
}

impl ClientAuthentication {
    /// Whether the client's secret itself goes to the server.
    pub(crate) fn sends_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// A client registered at an authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<Secret>,
}

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
    /// A certificate that an authority vouches for (RFC 8705 §2.1); the secret is the certificate with its private key,
    /// and only the certificate is sent.
    TlsClientAuth,
    /// The same with a certificate that the server knows itself (§2.2).
    SelfSignedTlsClientAuth,
}

impl ClientAuthentication {
    /// The name as RFC 7591 and RFC 8705 write it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// Whether the client's secret itself goes to the server.
    pub(crate) fn sends_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }

    /// Whether the client proves itself in the TLS handshake (RFC 8705).
    pub(crate) fn is_mutual_tls(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }
}

/// A client registered at an authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Option<Secret>,
}

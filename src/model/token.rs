//! Tokens (RFC 6749 §1.4, §1.5) and what a token endpoint answers (§5.1).

use serde_json::{Map, Value};

use super::{Scopes, Secret};

/// An access token. What may leave the program, when it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken(pub(crate) Secret);

/// A refresh token. Not `Clone`: it is moved into the one request that spends it, and it never leaves the program.
#[derive(Debug)]
pub(crate) struct RefreshToken(pub(crate) Secret);

/// The private key that the tokens of one credential are bound to (RFC 9449), as PKCS#8 in base64.
#[derive(Clone, Debug)]
pub(crate) struct ProofKey(pub(crate) Secret);

/// A successful token response (RFC 6749 §5.1), as the one parser in `protocol` read it.
#[derive(Debug)]
pub(crate) struct TokenResponse {
    pub(crate) access_token: AccessToken,
    /// As sent; compared without case. `Bearer` where the server left it out.
    pub(crate) token_type: String,
    /// Seconds the access token lives, counted from when the request was sent; unknown when the server does not say.
    pub(crate) expires_in: Option<u64>,
    pub(crate) refresh_token: Option<RefreshToken>,
    /// Seconds the refresh token lives, where the server says so (Google, GitHub Apps, Keycloak; not in the RFC).
    pub(crate) refresh_expires_in: Option<u64>,
    /// The scope granted; absent means: what was asked for (§5.1).
    pub(crate) scope: Option<Scopes>,
    /// OpenID Connect Core §3.1.3.3.
    pub(crate) id_token: Option<Secret>,
    /// Facts of the answer that the provider's entry asks for, by their JSON pointer. None of them is a secret.
    pub(crate) learnt: Map<String, Value>,
}

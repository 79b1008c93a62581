//! What an authorization server's answer can mean when it is not the one hoped for.
//!
//! The line that matters most in this program runs here: only [`Error::Refused`] is a definite answer about the grant.
//! Everything else may pass, and ends nothing.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::http;
use crate::model::{Secret, endpoint, text};

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum Error {
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The server understood, and says no (RFC 6749 §5.2).
    #[error("{host} answered {response}")]
    Refused { host: String, response: ErrorResponse },
    /// The server is in trouble, or asks for patience: for so many seconds, where it says so. `in_doubt`: it may have acted
    /// on the request all the same.
    #[error("{host} answered {what}")]
    Trouble { host: String, what: String, retry_after: Option<u64>, in_doubt: bool },
    /// The answer is not one of an authorization server: a portal's page, a proxy's error.
    #[error("the answer of {host} is no OAuth answer ({what})")]
    NotOauth { host: String, what: String },
    /// No place where an issuer's metadata lies has any: the address may be none of an issuer.
    #[error("the answer of {host} is no OAuth answer ({what})")]
    NoMetadata { host: String, what: String },
    /// An OAuth answer with members that cannot be right.
    #[error("the answer of {host} is malformed: {what}")]
    Malformed { host: String, what: String },
    /// An address that leads where no secret and no browser may go.
    #[error("{host} names an address that is refused: {what}")]
    UnsafeAddress { host: String, what: String },
    /// The metadata of an issuer names an endpoint inside a private network, and nobody here has. Its endpoints, by name.
    #[error("{host} names an address that is refused: {what}")]
    InsideNetwork { host: String, what: String, issuer: String, endpoints: Vec<(String, String)> },
    /// The server sends the request elsewhere, where no secret may follow.
    #[error("{host} redirects the request elsewhere, which is never followed")]
    Redirected { host: String },
    /// The server's own word about who it is does not fit.
    #[error("the issuer is `{found}`, and `{expected}` was asked")]
    IssuerMismatch { expected: String, found: String },
    /// The metadata speaks of another resource than was asked (RFC 9728 §3.3).
    #[error("the metadata is about `{found}`, and `{expected}` was asked")]
    ResourceMismatch { expected: String, found: String },
    /// The ID token does not fit the request (OpenID Connect Core §3.1.3.7).
    #[error("the ID token is not for this login: {0}")]
    IdToken(String),
    /// A refresh brought the tokens of somebody else (OpenID Connect Core §12.2).
    #[error("the answer of the provider is about another account: {found}")]
    OtherAccount { found: String },
    /// A request that cannot be made because the entry has no such endpoint, or the values do not form one.
    #[error("{0}")]
    Request(String),
}

/// An error answer (RFC 6749 §4.1.2.1, §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErrorResponse {
    /// `error`: a code of the RFC or of the provider.
    pub(crate) code: String,
    /// `error_description`, as foreign text.
    pub(crate) description: Option<String>,
}

impl std::fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::shown(&self.code))?;
        self.description.as_ref().map_or(Ok(()), |words| write!(f, " ({})", text::shown(words)))
    }
}

impl ErrorResponse {
    /// The grant is at an end: `invalid_grant`, or a provider's own word for it.
    pub(crate) fn ends_grant(&self) -> bool {
        // GitHub Apps, Slack: see their documents on refreshing tokens.
        ["invalid_grant", "bad_refresh_token", "invalid_refresh_token", "token_revoked"].contains(&self.code.as_str())
    }

    /// The client registration is wrong, not the grant.
    pub(crate) fn blames_client(&self) -> bool {
        let codes = ["invalid_client", "unauthorized_client", "incorrect_client_credentials", "bad_client_secret"];
        codes.contains(&self.code.as_str())
    }

    /// The server itself calls the error a passing one.
    pub(crate) fn may_pass(&self) -> bool {
        // `use_dpop_nonce` gets here from a server that has been given the nonce it wanted, and wants another.
        let codes = ["temporarily_unavailable", "server_error", "slow_down", "internal_failure", "use_dpop_nonce"];
        codes.contains(&self.code.as_str())
    }

    /// The server asks for patience (RFC 8628 §3.5).
    pub(crate) fn asks_for_patience(&self) -> bool {
        self.code == "slow_down"
    }

    /// The same without what must not be shown, should the server repeat it.
    pub(crate) fn without(self, secrets: &[&Secret]) -> Self {
        let clean = |text: String| {
            let long = secrets.iter().map(|secret| secret.expose()).filter(|secret| secret.len() >= 4);
            long.fold(text, |text, secret| text.replace(secret, "[secret]"))
        };
        Self { code: clean(self.code), description: self.description.map(clean) }
    }
}

impl Error {
    /// The same without secrets that were sent, should the server's words repeat one.
    pub(crate) fn without(self, secrets: &[&Secret]) -> Self {
        match self {
            Self::Refused { host, response } => Self::Refused { host, response: response.without(secrets) },
            Self::Trouble { host, what, retry_after, in_doubt } => {
                let what = ErrorResponse { code: what, description: None }.without(secrets).code;
                Self::Trouble { host, what, retry_after, in_doubt }
            }
            other => other,
        }
    }

    /// What kind of failure it is, in one word of the error codes.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Http(http::Error::Refused(_))
            | Self::Redirected { .. }
            | Self::UnsafeAddress { .. }
            | Self::InsideNetwork { .. } => "wrong_host",
            Self::Http(http::Error::Unreadable { .. })
            | Self::NotOauth { .. }
            | Self::NoMetadata { .. }
            | Self::Malformed { .. } => "provider_error",
            Self::Http(_) => "unreachable",
            Self::Trouble { in_doubt: false, .. } => "rate_limited",
            Self::Trouble { .. } => "provider_error",
            Self::Refused { response, .. } if response.blames_client() => "invalid_client",
            Self::Refused { .. } => "request_refused",
            Self::IssuerMismatch { .. } => "issuer_mismatch",
            Self::ResourceMismatch { .. } => "resource_mismatch",
            Self::IdToken(_) => "id_token_rejected",
            Self::OtherAccount { .. } => "wrong_account",
            Self::Request(_) => "bad_config",
        }
    }

    /// Whether the server says that the grant is at an end.
    pub(crate) fn ends_grant(&self) -> bool {
        matches!(self, Self::Refused { response, .. } if response.ends_grant())
    }

    /// Whether the server's answer may be lost: the connection broke after the request was sent, or something between
    /// failed in the server's place, and nobody asked for patience.
    pub(crate) fn may_have_been_lost(&self) -> bool {
        match self {
            Self::Http(error) => matches!(error, http::Error::InDoubt { .. }),
            Self::Trouble { retry_after, in_doubt, .. } => *in_doubt && retry_after.is_none(),
            _ => false,
        }
    }

    /// Whether the server may have acted on the request although no usable answer came.
    pub(crate) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Http(http::Error::InDoubt { .. } | http::Error::Unreadable { .. })
            | Self::NotOauth { .. }
            | Self::Malformed { .. } => true,
            Self::Trouble { in_doubt, .. } => *in_doubt,
            _ => false,
        }
    }
}

/// Host and port of a URL, as an error names who answered.
pub(super) fn host_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "the server".into(), |url| endpoint::authority(&url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::endpoint::Refused;

    fn refused(code: &str) -> Error {
        let response = ErrorResponse { code: code.into(), description: None };
        Error::Refused { host: "h".into(), response }
    }

    fn trouble(retry_after: Option<u64>, in_doubt: bool) -> Error {
        Error::Trouble { host: "h".into(), what: "503".into(), retry_after, in_doubt }
    }

    #[test]
    fn only_a_definite_answer_ends_a_grant_and_every_doubt_is_kept() {
        let (host, cause, what) = (|| "h".to_owned(), || "c".to_owned(), || "w".to_owned());
        // The code; whether the grant is at an end, the answer may have been lost, the server may have acted.
        let cases = [
            (Error::Http(http::Error::Refused(Refused::NotAUrl)), "wrong_host", [false, false, false]),
            (Error::Http(http::Error::Unsent { host: host(), cause: cause() }), "unreachable", [false, false, false]),
            (Error::Http(http::Error::NoAuthorities { host: host() }), "unreachable", [false, false, false]),
            (Error::Http(http::Error::InDoubt { host: host(), cause: cause() }), "unreachable", [false, true, true]),
            (
                Error::Http(http::Error::Unreadable { host: host(), cause: cause() }),
                "provider_error",
                [false, false, true],
            ),
            (trouble(None, true), "provider_error", [false, true, true]),
            (trouble(Some(1), true), "provider_error", [false, false, true]),
            (trouble(Some(1), false), "rate_limited", [false, false, false]),
            (trouble(None, false), "rate_limited", [false, false, false]),
            (Error::NotOauth { host: host(), what: what() }, "provider_error", [false, false, true]),
            (Error::Malformed { host: host(), what: what() }, "provider_error", [false, false, true]),
            (Error::UnsafeAddress { host: host(), what: what() }, "wrong_host", [false, false, false]),
            (
                Error::InsideNetwork { host: host(), what: what(), issuer: host(), endpoints: vec![] },
                "wrong_host",
                [false, false, false],
            ),
            (Error::Redirected { host: host() }, "wrong_host", [false, false, false]),
            (
                Error::IssuerMismatch { expected: "a".into(), found: "b".into() },
                "issuer_mismatch",
                [false, false, false],
            ),
            (
                Error::ResourceMismatch { expected: "a".into(), found: "b".into() },
                "resource_mismatch",
                [false, false, false],
            ),
            (Error::IdToken(what()), "id_token_rejected", [false, false, false]),
            (Error::Request(what()), "bad_config", [false, false, false]),
            (refused("invalid_client"), "invalid_client", [false, false, false]),
            (refused("invalid_scope"), "request_refused", [false, false, false]),
            (refused("Invalid_Grant"), "request_refused", [false, false, false]),
            (refused("invalid_grant"), "request_refused", [true, false, false]),
            (refused("bad_refresh_token"), "request_refused", [true, false, false]),
        ];
        for (error, code, says) in cases {
            let found = [error.ends_grant(), error.may_have_been_lost(), error.leaves_doubt()];
            assert_eq!((error.code(), found), (code, says), "{error}");
        }
    }

    #[test]
    fn the_words_of_an_error_answer_are_told_apart() {
        let says = |code: &str| {
            let response = ErrorResponse { code: code.into(), description: None };
            (response.ends_grant(), response.blames_client(), response.may_pass(), response.asks_for_patience())
        };
        assert_eq!(says("invalid_grant"), (true, false, false, false));
        assert_eq!(says("unauthorized_client"), (false, true, false, false));
        assert_eq!(says("temporarily_unavailable"), (false, false, true, false));
        assert_eq!(says("slow_down"), (false, false, true, true));
        assert_eq!(says("invalid_scope"), (false, false, false, false));
    }

    #[test]
    fn what_a_server_repeats_of_a_secret_is_taken_out_and_its_words_cannot_act() {
        let response = ErrorResponse { code: "tokn x".into(), description: Some("abc tokn\u{1b}[2J".into()) };
        assert_eq!(response.to_string(), "tokn x (abc tokn\\x1b[2J)");
        let clean = response.without(&[&Secret::new("tokn"), &Secret::new("abc")]);
        assert_eq!((clean.code.as_str(), clean.description.as_deref()), ("[secret] x", Some("abc [secret]\u{1b}[2J")));
        let Error::Trouble { what, .. } =
            (Error::Trouble { host: "h".into(), what: "no tokn".into(), retry_after: None, in_doubt: true })
                .without(&[&Secret::new("tokn")])
        else {
            panic!()
        };
        assert_eq!(what, "no [secret]");
    }
}

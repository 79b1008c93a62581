//! What other tools keep of tokens, read out of the text of their files.

mod gcloud;
mod gh;
mod git;
mod netrc;
mod oidc_agent;
mod pizauth;
mod rclone;

pub(crate) use gcloud::{of_account as gcloud_account, of_defaults as gcloud_defaults};
pub(crate) use gh::read as gh;
pub(crate) use git::read as git;
pub(crate) use netrc::read as netrc;
pub(crate) use oidc_agent::read as oidc_agent;
pub(crate) use pizauth::read as pizauth;
pub(crate) use rclone::read as rclone;

use crate::model::{Scopes, Secret, Timestamp};

/// How a tool says whose a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// The host it is used at, with its port where that is not the usual one.
    Host(String),
    TokenEndpoint(String),
    Issuer(String),
    /// A name of ours.
    Provider(String),
    /// A name of the tool's that we have none for.
    Unknown(String),
}

/// One thing that a tool keeps.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) whose: Whose,
    /// As the tool names it.
    pub(crate) account: Option<String>,
    pub(crate) access_token: Option<Secret>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) scopes: Scopes,
}

impl Found {
    fn of(whose: Whose) -> Self {
        Self {
            whose,
            account: None,
            access_token: None,
            expires_at: None,
            refresh_token: None,
            client_id: None,
            client_secret: None,
            scopes: Scopes::default(),
        }
    }

    /// A static token.
    pub(crate) fn token(whose: Whose, account: Option<String>, token: Secret) -> Self {
        Self { account, access_token: Some(token), ..Self::of(whose) }
    }
}

/// A time as tools write it (RFC 3339).
fn time(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|time| Timestamp(time.as_second()))
}

fn not_empty(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn secret(text: Option<&str>) -> Option<Secret> {
    not_empty(text).map(Secret::new)
}

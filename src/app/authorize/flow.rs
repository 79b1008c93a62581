//! Which way a login goes.

use super::super::Error;
use super::Login;
use crate::model::text::shown;
use crate::model::{Credential, Kind};
use crate::provider::{Entry, Provider, RedirectRule};

/// A way to be authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Authorization code through a browser on this machine (RFC 8252).
    Browser,
    /// Authorization code through a browser anywhere: its last address is pasted here, or still arrives by itself.
    Paste,
    /// A code that is typed on another device (RFC 8628).
    Device,
    /// The client for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A signed assertion (RFC 7523 §2.1).
    JwtBearer,
    /// A token of the job (RFC 8693).
    TokenExchange,
    /// A GitHub App as one of its installations.
    Installation,
}

impl Flow {
    /// Whether it needs no person.
    pub(super) fn is_for_machines(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::JwtBearer | Self::TokenExchange | Self::Installation)
    }

    /// Whether the client has a private key for its secret, and no other.
    pub(super) fn signs(self) -> bool {
        matches!(self, Self::JwtBearer | Self::Installation)
    }

    /// What was asked for; else what the credential was connected with, when that was for machines, and it is named or lives;
    /// else the device flow where there is no browser and the provider has it; else what the provider's redirect rule allows.
    pub(super) fn choose(login: &Login, provider: &Provider, previous: Option<&Credential>) -> Result<Self, Error> {
        let entry = &provider.entry;
        let has_device = entry.device_authorization_endpoint.is_some();
        if let Some(flow) = login.flow {
            return match flow {
                Self::Device if !has_device => Err(Error::Usage(format!("{} has no device flow", shown(&entry.name)))),
                Self::Installation if entry.api_base.is_none() => Err(no_installations(entry)),
                _ => Ok(flow),
            };
        }
        let again = |own: &&Credential| own.revoked_at.is_none() || login.account.is_some();
        if let Some(own) = previous.filter(|own| own.kind == Kind::Machine).filter(again)
            && let Some(mint) = &own.server.mint
        {
            return Ok(Self::of_mint(mint));
        }
        let listens = entry.redirect.rule == RedirectRule::Loopback;
        Ok(match (listens, login.headless) {
            (true, false) => Self::Browser,
            _ if has_device => Self::Device,
            _ => Self::Paste,
        })
    }

    fn of_mint(mint: &crate::model::Mint) -> Self {
        use crate::model::Mint;
        match mint {
            Mint::ClientCredentials => Self::ClientCredentials,
            Mint::JwtBearer { .. } => Self::JwtBearer,
            Mint::TokenExchange { .. } => Self::TokenExchange,
            Mint::Installation { .. } => Self::Installation,
        }
    }
}

/// There is no API of GitHub's to ask for them.
pub(super) fn no_installations(entry: &Entry) -> Error {
    Error::Usage(format!("{} has no App installations", shown(&entry.name)))
}

//! The nouns of the program, in the words of the RFCs. This room imports no other.

pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod credential;
pub(crate) mod endpoint;
pub(crate) mod host;
pub(crate) mod mint;
pub(crate) mod near;
pub(crate) mod quirks;
pub(crate) mod rules;
pub(crate) mod scope;
pub(crate) mod secret;
pub(crate) mod server;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod token;

pub(crate) use caller::Caller;
pub(crate) use client::{Client, ClientAuthentication};
pub(crate) use credential::{Credential, CredentialId, Kind, Status};
pub(crate) use mint::{Mint, TokenSource};
pub(crate) use quirks::{Encoding, Pkce, Quirks};
pub(crate) use scope::Scopes;
pub(crate) use secret::Secret;
pub(crate) use server::Server;
pub(crate) use time::{Clock, Timestamp};
pub(crate) use token::{AccessToken, ProofKey, RefreshToken, TokenResponse};

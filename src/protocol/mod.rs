//! The wire. The `oauth2` crate builds and reads what it knows; what it lacks is written here, over the same transport.
//!
//! Every provider's answer is first turned into the form of RFC 6749 ([`answer`]), so that one parser reads them all.

mod answer;
mod authorization;
mod client;
mod discovery;
mod error;
mod form;
mod id_token;
mod identity;
mod introspection;
mod quirks;
mod revocation;

pub(crate) use authorization::{AuthorizationRequest, AuthorizationResponse, Pending, Watch};
pub(crate) use client::refresh;
pub(crate) use discovery::{Metadata, discover};
pub(crate) use error::{Error, ErrorResponse};
pub(crate) use id_token::{Claims, Expected};
pub(crate) use identity::{Identity, Userinfo, resources, userinfo};
pub(crate) use introspection::introspect;
pub(crate) use revocation::{Revocation, TokenKind, revoke};

//! The wire. The `oauth2` crate builds and reads what it knows; what it lacks is written here, over the same transport.
//!
//! Every provider's answer is first turned into the form of RFC 6749 ([`answer`]), so that one parser reads them all.

mod answer;
mod authorization;
mod challenge;
mod channel;
mod client;
mod device;
mod discovery;
mod dpop;
mod error;
mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod id_token;
mod identity;
mod installation;
mod introspection;
mod job;
mod jwt;
mod link;
mod metadata;
mod mint;
mod permission;
mod protected_resource;
mod pushed;
mod quirks;
mod registration;
mod revocation;

pub(crate) use answer::retry_after;
pub(crate) use authorization::{AuthorizationRequest, AuthorizationResponse, Pending, Watch};
pub(crate) use challenge::Challenge;
pub(crate) use channel::{Channel, certificate};
pub(crate) use client::{NoToken, refresh};
pub(crate) use device::{DeviceAuthorization, Poll, authorize_device};
pub(crate) use discovery::{Finding, Findings, Verdict, discover, survey};
pub(crate) use dpop::{Proven, Prover, new_proof_key, nonce_of_challenge};
pub(crate) use error::{Error, ErrorResponse};
pub(crate) use id_token::{Claims, Expected, SignedIn};
pub(crate) use identity::{Identity, Userinfo, resources, userinfo};
pub(crate) use installation::installations;
pub(crate) use introspection::introspect;
pub(crate) use job::github_actions_token;
pub(crate) use jwt::{KeyError, SigningKey, is_private_key};
pub(crate) use link::next_page;
pub(crate) use metadata::Metadata;
pub(crate) use mint::{Order, mint};
pub(crate) use permission::{Permission, missing_scope, permission};
pub(crate) use protected_resource::{ProtectedResource, protected_resource};
pub(crate) use quirks::{add_headers, add_secret, add_token};
pub(crate) use registration::{RegistrationRequest, register, unregister};
pub(crate) use revocation::{Revocation, TokenKind, revoke};

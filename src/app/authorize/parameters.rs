//! What may be asked for with a login, and what belongs to the protocol.

use url::Url;

use super::super::Error;
use super::{GivenClient, Login};
use crate::model::text::shown;
use crate::model::{Scopes, rules};

/// Parameters that belong to the protocol and can never be set by hand.
const PROTOCOL_PARAMETERS: [&str; 29] = [
    "actor_token",
    "actor_token_type",
    "assertion",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "device_code",
    "dpop_jkt",
    "grant_type",
    "iss",
    "nonce",
    "password",
    "redirect_uri",
    "refresh_token",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "resource",
    "scope",
    "state",
    "subject_token",
    "subject_token_type",
    "username",
];

/// Nothing that was asked for takes the place of what the protocol says.
pub(super) fn check_parameters(login: &Login) -> Result<(), Error> {
    if let Some(name) = login.parameters.keys().find(|name| PROTOCOL_PARAMETERS.contains(&name.as_str())) {
        return Err(Error::Usage(format!("--param cannot set `{name}`, which belongs to the protocol")));
    }
    if let (Some(email), Some(hint)) = (login.email(), login.parameters.get("login_hint"))
        && email != hint
    {
        let (email, hint) = (shown(email), shown(hint));
        return Err(Error::Usage(format!("`{email}` is to sign in, and --param login_hint says `{hint}`")));
    }
    if let Some(resource) = login.resources.iter().find(|resource| !is_resource(resource)) {
        let wanted = "a resource is an absolute URI without a fragment (RFC 8707)";
        return Err(Error::Usage(format!("`{}` cannot be a resource: {wanted}", shown(resource))));
    }
    if let Some((of, what)) = rules::added_parameter_mistake("param", &login.parameters) {
        return Err(Error::Usage(format!("--{of}: {what}")));
    }
    check_client(&login.client)?;
    check_scopes(login.scopes.iter().chain([&login.add_scopes]))
}

/// What is asked for has the form of RFC 6749.
pub(in crate::app) fn check_scopes<'a>(scopes: impl IntoIterator<Item = &'a Scopes>) -> Result<(), Error> {
    let wrong = scopes.into_iter().find_map(Scopes::malformed);
    wrong.map_or(Ok(()), |scope| Err(Error::Usage(format!("`{}` cannot be a scope", shown(scope)))))
}

/// A client registration, as far as it is given.
pub(in crate::app) fn check_client(given: &GivenClient) -> Result<(), Error> {
    if given.id.as_ref().is_some_and(|id| id.contains(char::is_control)) {
        return Err(Error::Usage("a client id holds no control characters".into()));
    }
    if given.secret.as_ref().is_some_and(|secret| !rules::is_client_secret(secret.expose())) {
        return Err(Error::Usage("a client secret is not empty, and holds no control characters".into()));
    }
    Ok(())
}

/// An absolute URI, without a fragment (RFC 8707 §2), as it stands: a parser of URLs passes over blanks.
fn is_resource(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_graphic());
    plain && Url::parse(text).is_ok_and(|url| url.fragment().is_none())
}

//! Token introspection (RFC 7662), as a way to ask whether a token still lives.

use serde_json::Value;

use super::channel::Channel;
use super::error::host_of;
use super::{Error, answer, form};
use crate::model::{AccessToken, Secret};

/// Whether the server calls the token active. `None` where the provider has no such endpoint.
pub(crate) fn introspect(channel: &Channel<'_>, token: &AccessToken) -> Result<Option<bool>, Error> {
    let Some(endpoint) = &channel.server.introspection_endpoint else { return Ok(None) };
    let pairs = [("token", token.0.expose()), ("token_type_hint", "access_token")];
    let request = form::post(channel, Some(channel.client), endpoint, &pairs)?;
    let secrets: Vec<&Secret> = channel.client.secret.iter().chain([&token.0]).collect();
    let members = answer::object(
        &host_of(endpoint),
        &channel.send_unproven(&request)?,
        (channel.clock)(),
        &channel.server.quirks,
    );
    let members = members.map_err(|error| error.without(&secrets))?;
    Ok(members.get("active").and_then(Value::as_bool))
}

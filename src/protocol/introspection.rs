//! Token introspection (RFC 7662), as a way to ask whether a token still lives.

use serde_json::Value;

use super::client::host_of;
use super::{Error, answer, form};
use crate::http::Http;
use crate::model::{AccessToken, Client, Clock, Secret, Server};

/// Whether the server calls the token active. `None` where the provider has no such endpoint.
pub(crate) fn introspect(
    http: &Http,
    clock: Clock,
    server: &Server,
    client: &Client,
    token: &AccessToken,
) -> Result<Option<bool>, Error> {
    let Some(endpoint) = &server.introspection_endpoint else { return Ok(None) };
    let pairs = [("token", token.0.expose()), ("token_type_hint", "access_token")];
    let request = form::post(server, Some(client), endpoint, &pairs)?;
    let secrets: Vec<&Secret> = client.secret.iter().chain([&token.0]).collect();
    let members = answer::object(&host_of(endpoint), &http.send(request)?, clock(), &server.quirks);
    let members = members.map_err(|error| error.without(&secrets))?;
    Ok(members.get("active").and_then(Value::as_bool))
}

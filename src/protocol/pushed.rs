//! Pushed authorization requests (RFC 9126): the request goes to the server itself, and the browser carries its name only.

use serde_json::Value;
use url::Url;

use super::channel::Channel;
use super::error::host_of;
use super::{Error, answer, form};
use crate::model::Secret;

/// Pushes what an authorization URL says, where the server takes that, and gives the URL to open instead.
pub(super) fn push(channel: &Channel<'_>, url: Url) -> Result<Url, Error> {
    let Some(endpoint) = &channel.server.pushed_authorization_request_endpoint else { return Ok(url) };
    let own = Url::parse(&channel.server.authorization_endpoint)
        .map_err(|_| Error::Request("the authorization endpoint is no URL".into()))?;
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    // What stands in the endpoint's own query is no part of the request; the client is named by its authentication.
    let endpoints: Vec<_> = own.query_pairs().into_owned().collect();
    let pushed = pairs.iter().filter(|pair| !endpoints.contains(pair) && pair.0 != "client_id");
    let pushed: Vec<_> = pushed.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // With Basic the client id is not in the body, where RFC 9126 §2.1 has it as any authorization request does.
    let request = form::post(channel, Some(channel.client), endpoint, &pushed)?;
    let secrets: Vec<&Secret> = channel.client.secret.iter().collect();
    let host = host_of(endpoint);
    let answer = answer::object(&host, &channel.send(&request, None)?, (channel.clock)(), &channel.server.quirks);
    let members = answer.map_err(|error| error.without(&secrets))?;
    let name = members.get("request_uri").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Error::Malformed { host, what: "request_uri".into() })?;
    let mut short = own;
    short.query_pairs_mut().append_pair("client_id", &channel.client.id).append_pair("request_uri", name);
    Ok(short)
}

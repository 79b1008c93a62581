//! The token that GitHub gives a job about itself.
//!
//! <https://docs.github.com/actions/reference/security/oidc>, "Methods for requesting the OIDC token".

use serde_json::Value;
use url::Url;

use super::error::host_of;
use super::{Error, answer};
use crate::http::{Http, Request, header};
use crate::model::{Clock, Quirks, Secret, endpoint};

/// Asks the job's token service for a token with this audience.
pub(crate) fn github_actions_token(
    http: &Http,
    clock: Clock,
    url: &str,
    token: &Secret,
    audience: Option<&str>,
) -> Result<Secret, Error> {
    let mut url: Url = endpoint::check(url).map_err(crate::http::Error::from)?;
    if let Some(audience) = audience {
        url.query_pairs_mut().append_pair("audience", audience);
    }
    let request = Request::get(url.as_str())
        .header(header::AUTHORIZATION, format!("bearer {}", token.expose()))
        .header(header::ACCEPT, "application/json")
        .body(vec![])
        .map_err(|_| Error::Request("the address of the job's token service is no URL".into()))?;
    let host = host_of(url.as_str());
    let members = answer::object(&host, &http.send(request)?, clock(), &Quirks::default())
        .map_err(|error| error.without(&[token]))?;
    let value = members.get("value").and_then(Value::as_str).filter(|value| !value.is_empty());
    value.map(Secret::new).ok_or_else(|| Error::Malformed { host, what: "it has no value".into() })
}

//! A GitHub App that acts as one of its installations.
//!
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>: a JWT signed with the App's key
//! finds the installation, and gets a token that lives an hour.

use serde_json::{Value, json};

use super::channel::Channel;
use super::error::host_of;
use super::jwt::{SigningKey, object};
use super::{Error, answer};
use crate::http::{Method, Request, Response, header};
use crate::model::{AccessToken, Scopes, Secret, TokenResponse, endpoint, rules, text};

/// Installations a page has, and pages that are read.
const PAGE: usize = 100;
const PAGES: usize = 20;

/// An account that has installed the App.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) account: String,
    pub(crate) access_tokens_url: String,
}

/// Everybody who has installed the App.
pub(crate) fn installations(channel: &Channel<'_>, api_base: &str) -> Result<Vec<Installation>, Error> {
    let key = channel.private_key()?;
    let mut all = Vec::new();
    for page in 1..=PAGES {
        let url = format!("{}/app/installations?per_page={PAGE}&page={page}", api_base.trim_end_matches('/'));
        let response = send(channel, &key, Method::GET, &url)?;
        let host = host_of(&url);
        let list = match serde_json::from_slice(response.body()) {
            Ok(Value::Array(list)) if response.status().is_success() => list,
            _ => {
                answer::object(&host, &response, (channel.clock)(), &channel.server.quirks)
                    .map_err(|error| refused(error, &response, &host))?;
                return Err(Error::Malformed { host, what: "its installations are no list".into() });
            }
        };
        let last = list.len() < PAGE;
        all.extend(list.iter().filter_map(|item| read(item, api_base)));
        if last {
            break;
        }
    }
    Ok(all)
}

/// The token endpoint is made of the number, not taken from the answer: nothing that is answered says where a key goes.
fn read(item: &Value, api_base: &str) -> Option<Installation> {
    let (account, id) = (item.pointer("/account/login")?.as_str()?, item.get("id")?.as_u64()?);
    let base = api_base.trim_end_matches('/');
    Some(Installation {
        account: text::shown(account),
        access_tokens_url: format!("{base}/app/installations/{id}/access_tokens"),
    })
}

/// A token of one installation.
pub(super) fn mint(channel: &Channel<'_>, key: &SigningKey, url: &str) -> Result<TokenResponse, Error> {
    let response = send(channel, key, Method::POST, url)?;
    let host = host_of(url);
    let malformed = |what: &str| Error::Malformed { host: host.clone(), what: what.to_owned() };
    let members = answer::object(&host, &response, (channel.clock)(), &channel.server.quirks);
    let members = members.map_err(|error| refused(error, &response, &host))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let token = text("token").filter(|token| rules::is_token(token));
    let end = text("expires_at").and_then(|end| end.parse::<jiff::Timestamp>().ok());
    let left = end.map(|end| end.as_second() - (channel.clock)().0);
    let permissions = members.get("permissions").and_then(Value::as_object);
    let scope = permissions.map(|all| {
        let each = all.iter().filter_map(|(name, level)| Some(format!("{name}:{}", level.as_str()?)));
        Scopes::parse(&each.collect::<Vec<_>>().join(" "))
    });
    Ok(TokenResponse {
        access_token: AccessToken(Secret::new(token.ok_or_else(|| malformed("token"))?)),
        token_type: "Bearer".into(),
        expires_in: left.map(|left| u64::try_from(left).unwrap_or(0)),
        refresh_token: None,
        refresh_expires_in: None,
        scope,
        id_token: None,
        learnt: serde_json::Map::new(),
    })
}

/// GitHub's refusals have a message and no error code.
fn refused(error: Error, response: &Response<Vec<u8>>, host: &str) -> Error {
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let code = match response.status().as_u16() {
        401 => "invalid_client",
        403 | 404 => "access_denied",
        _ => return error,
    };
    let description = body.get("message").and_then(Value::as_str).map(text::shown);
    Error::Refused { host: host.to_owned(), response: super::ErrorResponse { code: code.into(), description } }
}

fn send(channel: &Channel<'_>, key: &SigningKey, method: Method, url: &str) -> Result<Response<Vec<u8>>, Error> {
    endpoint::check(url).map_err(crate::http::Error::from)?;
    let now = (channel.clock)();
    // At most ten minutes, and a minute back for clocks that differ (GitHub's document).
    let claims = json!({"iat": now.0 - 60, "exp": now.0 + 540, "iss": channel.client.id});
    let jwt = key.sign(object(json!({"typ": "JWT"})), &object(claims));
    // A POST says how long it is, also when it has nothing to say.
    let body = if method == Method::POST { b"{}".to_vec() } else { vec![] };
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {}", jwt.expose()))
        .header(header::ACCEPT, "application/vnd.github+json")
        .body(body)
        .map_err(|_| Error::Request("the API's address is no URL".into()))?;
    Ok(channel.http.send(request)?)
}

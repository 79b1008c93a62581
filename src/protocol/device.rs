//! The device authorization grant (RFC 8628): a person types a code on whatever device has a browser.

use serde_json::{Map, Value};

use super::channel::Channel;
use super::client::grant;
use super::error::host_of;
use super::{Error, answer, form};
use crate::http;
use crate::model::{Scopes, Secret, TokenResponse, endpoint, text};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Seconds between two polls where the server does not say, or says what cannot be (§3.2).
const USUAL_INTERVAL: u64 = 5;
/// The longest time between two polls, in seconds.
const LONGEST_INTERVAL: u64 = 60;
/// What `slow_down` adds to it (§3.5).
const SLOWER: u64 = 5;
/// Seconds a code lives when the server does not say, and at most.
const USUAL_LIFE: u64 = 900;
const LONGEST_LIFE: u64 = 3600;
/// The longest code a person is asked to type.
const LONGEST_CODE: usize = 64;

/// What a person needs to know, and what is polled with.
#[derive(Debug)]
pub(crate) struct DeviceAuthorization {
    device_code: Secret,
    /// Made harmless to show.
    pub(crate) user_code: String,
    pub(crate) verification_uri: String,
    /// The same with the code in it, for a QR code.
    pub(crate) verification_uri_complete: Option<String>,
    /// Seconds the code lives.
    pub(crate) expires_in: u64,
    /// Seconds to wait before each poll.
    pub(crate) interval: u64,
}

/// What a poll gave.
pub(crate) enum Poll {
    Granted(Box<TokenResponse>),
    /// Nobody has decided yet.
    Pending,
    /// The same, and the server wants to be asked less often. So does one that is in trouble.
    SlowDown,
}

/// Asks for a code (§3.1). `parameters` are the user's own.
pub(crate) fn authorize_device<'a>(
    channel: &Channel<'a>,
    scopes: &Scopes,
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<DeviceAuthorization, Error> {
    let missing = || Error::Request(format!("{} has no device authorization endpoint", channel.server.name));
    let endpoint = channel.server.device_authorization_endpoint.as_ref().ok_or_else(missing)?;
    let scope = scopes.to_string();
    let resources = channel.server.resource.iter().map(|resource| ("resource", resource.as_str()));
    let mut pairs: Vec<_> = parameters.chain(resources).collect();
    pairs.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
    let request = form::post(channel, Some(channel.client), endpoint, &pairs)?;
    let host = host_of(endpoint);
    let secrets: Vec<&Secret> = channel.client.secret.iter().collect();
    let members = answer::object(&host, &channel.send_unproven(&request)?, (channel.clock)(), &channel.server.quirks);
    read(&host, &members.map_err(|error| error.without(&secrets))?)
}

fn read(host: &str, members: &Map<String, Value>) -> Result<DeviceAuthorization, Error> {
    let malformed = |what: &str| Error::Malformed { host: host.to_owned(), what: what.to_owned() };
    let word =
        |names: &[&str]| names.iter().find_map(|name| members.get(*name)?.as_str()).filter(|word| !word.is_empty());
    let user_code = word(&["user_code"]).filter(|code| code.chars().count() <= LONGEST_CODE);
    // Google's document and its answers have the older name.
    let page = word(&["verification_uri", "verification_url"]).ok_or_else(|| malformed("verification_uri"))?;
    let unsafe_page =
        |refused| Error::UnsafeAddress { host: host.to_owned(), what: format!("verification_uri: {refused}") };
    let page = endpoint::check_written(page).map_err(unsafe_page)?;
    let complete = word(&["verification_uri_complete", "verification_url_complete"]);
    let seconds = |name: &str| match members.get(name) {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let interval = seconds("interval").filter(|seconds| *seconds > 0).unwrap_or(USUAL_INTERVAL);
    Ok(DeviceAuthorization {
        device_code: Secret::new(word(&["device_code"]).ok_or_else(|| malformed("device_code"))?),
        user_code: text::shown(user_code.ok_or_else(|| malformed("user_code"))?),
        verification_uri: page.into(),
        // It only spares typing: one that is not to be opened is left out.
        verification_uri_complete: complete.and_then(|url| endpoint::check_written(url).ok()).map(Into::into),
        expires_in: seconds("expires_in").filter(|life| *life > 0).unwrap_or(USUAL_LIFE).min(LONGEST_LIFE),
        interval: interval.min(LONGEST_INTERVAL),
    })
}

impl DeviceAuthorization {
    /// Asks whether somebody has decided (§3.4). An error is final.
    pub(crate) fn poll(&self, channel: &Channel<'_>) -> Result<Poll, Error> {
        let pairs = [("grant_type", GRANT), ("device_code", self.device_code.expose())];
        match grant(channel, Some(channel.client), &pairs, &[&self.device_code]) {
            Ok(response) => Ok(Poll::Granted(Box::new(response))),
            Err(Error::Refused { response, .. }) if response.code == "authorization_pending" => Ok(Poll::Pending),
            // `slow_down` and 429 ask for patience; a connection that breaks is tried again, less often (§3.5).
            Err(error @ Error::Http(http::Error::Refused(_))) => Err(error),
            Err(Error::Trouble { .. } | Error::NotOauth { .. } | Error::Http(_)) => Ok(Poll::SlowDown),
            Err(error) => Err(error),
        }
    }

    /// The server wants to be asked less often.
    pub(crate) fn slow_down(&mut self) {
        self.interval = (self.interval + SLOWER).min(LONGEST_INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(change: impl FnOnce(&mut Value)) -> Result<DeviceAuthorization, Error> {
        let mut members =
            json!({"device_code": "d", "user_code": "AB-CD", "verification_uri": "https://as.example/device"});
        change(&mut members);
        read("as.example", members.as_object().unwrap())
    }

    #[test]
    fn patience_is_kept_within_reason() {
        for (told, interval) in [
            (json!(null), 5),
            (json!(0), 5),
            (json!(-1), 5),
            (json!("soon"), 5),
            (json!(1), 1),
            (json!(7), 7),
            (json!("7"), 7),
            (json!(99_999), 60),
        ] {
            let mut found = answer(|members| members["interval"] = told.clone()).unwrap();
            assert_eq!(found.interval, interval, "{told}");
            found.slow_down();
            assert_eq!(found.interval, (interval + 5).min(60), "{told}");
        }
        for (told, life) in [(json!(null), 900), (json!(0), 900), (json!(60), 60), (json!(1_000_000), 3600)] {
            assert_eq!(answer(|members| members["expires_in"] = told.clone()).unwrap().expires_in, life, "{told}");
        }
    }

    #[test]
    fn a_page_that_is_not_to_be_opened_is_not_shown() {
        for url in ["javascript:alert(1)", "http://as.example/device", "file:///x", "https://u@as.example/", ""] {
            assert!(answer(|members| members["verification_uri"] = json!(url)).is_err(), "{url}");
            let found = answer(|members| members["verification_uri_complete"] = json!(url)).unwrap();
            assert_eq!(found.verification_uri_complete, None, "{url}");
        }
    }

    #[test]
    fn a_hostile_code_is_made_harmless_or_refused() {
        assert_eq!(answer(|members| members["user_code"] = json!("A\u{1b}[2J")).unwrap().user_code, "A\\x1b[2J");
        assert!(answer(|members| members["user_code"] = json!("X".repeat(65))).is_err());
        assert!(answer(|members| members["device_code"] = json!("")).is_err());
    }
}

//! From a provider's answer to the answer RFC 6749 §5 describes.
//!
//! Providers answer in form encoding, say errors with status 200, write numbers as text and lists as arrays. Each such
//! habit is undone here, before the one parser reads the answer. What cannot be told safely is an error, never a guess.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::{Error, ErrorResponse};
use crate::http::{Response, header};
use crate::model::{Scopes, Timestamp, text};

/// A longer lifetime than this is not believed: 400 days, in seconds.
const LONGEST: f64 = 400.0 * 86_400.0;
/// An error's words are cut at this many characters.
const LONGEST_TEXT: usize = 1000;
/// A scope list is cut at this many bytes.
const LONGEST_SCOPE: usize = 16 << 10;
/// A longer token than this is not taken, in bytes.
const LARGEST_TOKEN: usize = 65_536;

/// A token answer: an object whose members have the types of RFC 6749 §5.1, and no others.
pub(super) fn token(host: &str, response: &Response<Vec<u8>>, now: Timestamp) -> Result<Map<String, Value>, Error> {
    let members = object(host, response, now)?;
    let malformed = |what: &str| Error::Malformed { host: host.to_owned(), what: what.to_owned() };
    let mut clean = Map::new();
    clean.insert(
        "access_token".into(),
        token_text(members.get("access_token")).ok_or_else(|| malformed("access_token"))?,
    );
    clean.insert("token_type".into(), token_type(&members).ok_or_else(|| malformed("token_type"))?);
    for (name, member) in [("refresh_token", &["refresh_token"][..]), ("id_token", &["id_token"])] {
        // An empty or null refresh token means none (§6: the old one stays).
        let value = first(&members, member).filter(|value| !value.is_null() && *value != "");
        if let Some(value) = value {
            clean.insert(name.into(), token_text(Some(value)).ok_or_else(|| malformed(name))?);
        }
    }
    if let Some(seconds) = lifetime(first(&members, &["expires_in"])) {
        clean.insert("expires_in".into(), seconds.into());
    }
    // Google; Keycloak; GitHub Apps.
    let names = ["refresh_token_expires_in", "refresh_expires_in"];
    if let Some(seconds) = lifetime(first(&members, &names)).filter(|seconds| *seconds > 0) {
        clean.insert("refresh_expires_in".into(), seconds.into());
    }
    if let Some(scope) = scope(members.get("scope")) {
        clean.insert("scope".into(), scope.into());
    }
    Ok(clean)
}

/// Any other JSON answer of an OAuth endpoint: an object, or the error it states.
pub(super) fn object(host: &str, response: &Response<Vec<u8>>, now: Timestamp) -> Result<Map<String, Value>, Error> {
    let status = response.status();
    let host = host.to_owned();
    if status.is_redirection() {
        return Err(Error::Redirected { host });
    }
    let members = members(response);
    if status.as_u16() == 429 {
        let retry_after = Some(retry_after(response, now).unwrap_or(0));
        return Err(Error::Trouble { host, what: "429 (too many requests)".into(), retry_after });
    }
    if status.is_server_error() {
        let said = members.ok().and_then(|members| error_of(&members)).map(|error| format!(": {error}"));
        return Err(Error::Trouble { host, what: format!("{status}{}", said.unwrap_or_default()), retry_after: None });
    }
    match (members, status.is_success()) {
        (Ok(members), success) => match error_of(&members) {
            Some(response) if response.may_pass() => {
                let retry_after = response.asks_for_patience().then_some(0);
                Err(Error::Trouble { host, what: response.to_string(), retry_after })
            }
            Some(response) => Err(Error::Refused { host, response }),
            None if success => Ok(members),
            None => Err(Error::NotOauth { host, what: format!("{status} without an error code") }),
        },
        (Err(Unread::Twice(name)), true) => {
            Err(Error::Malformed { host, what: format!("{} is there twice", text::shown(&name)) })
        }
        (Err(Unread::Twice(_) | Unread::Foreign), _) => Err(Error::NotOauth { host, what: describe(response) }),
    }
}

/// Seconds to wait (RFC 9110 §10.2.3), given as a number or as a date.
fn retry_after(response: &Response<Vec<u8>>, now: Timestamp) -> Option<u64> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second();
    u64::try_from(date - now.0).ok()
}

/// Why a body is not read as an object.
enum Unread {
    Foreign,
    /// A member stands there twice: two readers could see two answers.
    Twice(String),
}

fn members(response: &Response<Vec<u8>>) -> Result<Map<String, Value>, Unread> {
    let text = std::str::from_utf8(response.body()).map_err(|_| Unread::Foreign)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        return json_members(text);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = kind.starts_with("application/x-www-form-urlencoded") || kind.starts_with("text/plain");
    if form && (text.contains("access_token=") || text.contains("error=")) {
        return form_members(text);
    }
    Err(Unread::Foreign)
}

fn json_members(text: &str) -> Result<Map<String, Value>, Unread> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Result<Map<String, Value>, String>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let (mut map, mut twice) = (Map::new(), None);
            while let Some((name, value)) = access.next_entry::<String, Value>()? {
                if map.insert(name.clone(), value).is_some() {
                    twice = Some(name);
                }
            }
            Ok(twice.map_or(Ok(map), Err))
        }
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = parser.deserialize_map(Members).and_then(|read| parser.end().map(|()| read));
    read.map_err(|_| Unread::Foreign)?.map_err(Unread::Twice)
}

fn form_members(text: &str) -> Result<Map<String, Value>, Unread> {
    let mut map = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        if map.insert(name.clone().into_owned(), value.into_owned().into()).is_some() {
            return Err(Unread::Twice(name.into_owned()));
        }
    }
    Ok(map)
}

/// The error an answer states: `error` as a code, as a list with a code, or as an object (Facebook); `ok: false` (Slack).
/// An answer that holds an access token is none.
fn error_of(members: &Map<String, Value>) -> Option<ErrorResponse> {
    if members.get("access_token").is_some_and(|token| !token.is_null() && token != "") {
        return None;
    }
    // More than a line or two of it is never shown.
    let text = |value: &Value| value.as_str().map(|words| words.chars().take(LONGEST_TEXT).collect::<String>());
    let description = members.get("error_description").or(members.get("message")).and_then(text);
    match members.get("error").filter(|error| !error.is_null()) {
        Some(code @ Value::String(_)) => Some(ErrorResponse { code: text(code).unwrap_or_default(), description }),
        Some(Value::Array(codes)) => {
            let code = codes.first().and_then(text).unwrap_or_else(|| "error".into());
            Some(ErrorResponse { code, description })
        }
        Some(Value::Object(error)) => {
            let code = ["code", "type", "status"].iter().find_map(|name| error.get(*name).and_then(text));
            let description = error.get("message").and_then(text).or(description);
            Some(ErrorResponse { code: code.unwrap_or_else(|| "error".into()), description })
        }
        Some(_) => Some(ErrorResponse { code: "error".into(), description }),
        None if members.get("ok") == Some(&json!(false)) => Some(ErrorResponse { code: "error".into(), description }),
        None => None,
    }
}

fn first<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| members.get(*name))
}

/// A token: visible ASCII (RFC 6749 Appendix A.12 without the blank), so that it can stand in a header and in a line.
fn token_text(value: Option<&Value>) -> Option<Value> {
    let text = value?.as_str()?;
    let fits = !text.is_empty() && text.len() <= LARGEST_TOKEN && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.into())
}

/// `Bearer`, whatever its case (RFC 6749 §5.1), also where it is missing. Another type was not asked for.
fn token_type(members: &Map<String, Value>) -> Option<Value> {
    match members.get("token_type") {
        None | Some(Value::Null) => Some("Bearer".into()),
        Some(Value::String(kind)) if kind.is_empty() || kind.eq_ignore_ascii_case("bearer") => Some("Bearer".into()),
        Some(_) => None,
    }
}

/// Seconds, from a number or from text with one; zero for what has ended already, nothing for what is not believable.
fn lifetime(value: Option<&Value>) -> Option<u64> {
    let seconds = match value? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    if !seconds.is_finite() || seconds > LONGEST {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 400 days")]
    Some(seconds.max(0.0) as u64)
}

/// A scope list as text with blanks or commas, or as an array.
fn scope(value: Option<&Value>) -> Option<String> {
    let words = match value? {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        _ => return None,
    };
    // What is no scope is not kept, nor more than anybody ever grants.
    let fits = |token: &&str| Scopes::parse(token).malformed().is_none();
    let mut length = 0;
    let kept = words.split([' ', ',', '\t', '\n', '\r']).filter(fits).take_while(|token| {
        length += token.len() + 1;
        length <= LONGEST_SCOPE
    });
    Some(kept.collect::<Vec<_>>().join(" ").trim().to_owned())
}

fn describe(response: &Response<Vec<u8>>) -> String {
    let start: Vec<u8> = response.body().iter().take(64).map(u8::to_ascii_lowercase).collect();
    let kind = if start.windows(5).any(|w| w == b"<html" || w == b"<!doc") { "a web page" } else { "not JSON" };
    format!("{}, {kind}", response.status())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &str, body: &str) -> Response<Vec<u8>> {
        Response::builder().status(status).header("content-type", kind).body(body.as_bytes().to_vec()).unwrap()
    }

    fn read(status: u16, kind: &str, body: &str) -> Result<Map<String, Value>, Error> {
        token("as.example", &answer(status, kind, body), Timestamp(0))
    }

    fn json(body: &str) -> Result<Map<String, Value>, Error> {
        read(200, "application/json", body)
    }

    #[test]
    fn habits_of_providers_are_undone() {
        let plain = |body| Value::Object(json(body).unwrap());
        assert_eq!(plain(r#"{"access_token":"t"}"#), json!({"access_token":"t","token_type":"Bearer"}));
        assert_eq!(
            plain(
                "\u{feff} {\"access_token\":\"t\",\"token_type\":\"bEaReR\",\"expires_in\":\"3600\",\"scope\":[\"a\",\"b\"]}"
            ),
            json!({"access_token":"t","token_type":"Bearer","expires_in":3600,"scope":"a b"})
        );
        assert_eq!(
            plain(
                r#"{"access_token":"t","refresh_token":"","id_token":null,"scope":"a,b","refresh_token_expires_in":60}"#
            ),
            json!({"access_token":"t","token_type":"Bearer","scope":"a b","refresh_expires_in":60})
        );
        let form = read(200, "application/x-www-form-urlencoded", "access_token=a%2Bb&scope=repo%2Cgist&expires_in=5");
        assert_eq!(form.unwrap().get("access_token").unwrap(), "a+b");
        assert!(read(201, "text/javascript", r#"{"access_token":"t"}"#).is_ok());
    }

    #[test]
    fn lifetimes_are_believed_within_reason() {
        let cases = [
            ("3600", Some(3600)),
            ("3600.0", Some(3600)),
            ("3.6e3", Some(3600)),
            ("\"60\"", Some(60)),
            ("0", Some(0)),
            ("-1", Some(0)),
            ("\"never\"", None),
            ("\"NaN\"", None),
            ("1e300", None),
            ("9223372036854775808", None),
            ("null", None),
            ("[1]", None),
        ];
        for (value, seconds) in cases {
            let clean = json(&format!(r#"{{"access_token":"t","expires_in":{value}}}"#)).unwrap();
            assert_eq!(clean.get("expires_in").and_then(Value::as_u64), seconds, "{value}");
        }
    }

    #[test]
    fn tokens_that_could_break_a_line_or_a_header_are_malformed() {
        let long = "x".repeat(LARGEST_TOKEN + 1);
        for value in
            ["\"\"", "null", "7", "\"a b\"", "\"a\\nb\"", "\"a\\r\"", "\"a\\u0000\"", "\"ä\"", &format!("\"{long}\"")]
        {
            let got = json(&format!(r#"{{"access_token":{value}}}"#));
            assert!(matches!(got, Err(Error::Malformed { .. })), "{value:.20}");
        }
        assert!(json(&format!(r#"{{"access_token":"{}"}}"#, "x".repeat(LARGEST_TOKEN))).is_ok());
        assert!(matches!(json(r#"{"access_token":"a","access_token":"b"}"#), Err(Error::Malformed { .. })));
        assert!(matches!(json(r#"{"access_token":"a","token_type":"mac"}"#), Err(Error::Malformed { .. })));
    }

    #[test]
    fn an_error_is_an_error_whatever_its_status_and_form() {
        let cases = [
            (200, r#"{"error":"bad_refresh_token"}"#, "bad_refresh_token"),
            (200, r#"{"error":["bad_refresh_token"]}"#, "bad_refresh_token"),
            (200, r#"{"ok":false,"error":"invalid_refresh_token"}"#, "invalid_refresh_token"),
            (200, r#"{"ok":false}"#, "error"),
            (400, r#"{"error":{"message":"no","type":"OAuthException"}}"#, "OAuthException"),
            (401, r#"{"error":"invalid_client"}"#, "invalid_client"),
            (400, r#"{"error":"invalid_grant","error_description":"gone"}"#, "invalid_grant"),
        ];
        for (status, body, code) in cases {
            let Err(Error::Refused { response, .. }) = read(status, "application/json", body) else { panic!("{body}") };
            assert_eq!(response.code, code);
        }
        let form = read(200, "application/x-www-form-urlencoded", "error=bad_verification_code");
        assert!(matches!(form, Err(Error::Refused { .. })));
    }

    #[test]
    fn what_may_pass_is_never_a_refusal() {
        let html = "<!DOCTYPE html><title>Sign in to Wi-Fi</title>";
        assert!(matches!(read(200, "text/html", html), Err(Error::NotOauth { .. })));
        assert!(matches!(read(403, "text/html", html), Err(Error::NotOauth { .. })));
        assert!(matches!(read(200, "application/json", "{"), Err(Error::NotOauth { .. })));
        assert!(matches!(read(404, "application/json", "{}"), Err(Error::NotOauth { .. })));
        assert!(matches!(read(502, "text/html", html), Err(Error::Trouble { retry_after: None, .. })));
        assert!(matches!(read(500, "application/json", r#"{"error":"invalid_grant"}"#), Err(Error::Trouble { .. })));
        assert!(matches!(read(400, "application/json", r#"{"error":"slow_down"}"#), Err(Error::Trouble { .. })));
        assert!(matches!(read(302, "text/html", ""), Err(Error::Redirected { .. })));
    }

    #[test]
    fn patience_asked_for_is_understood() {
        let wait = |value: &str| {
            let response = Response::builder().status(429).header("retry-after", value).body(vec![]).unwrap();
            let Err(Error::Trouble { retry_after, .. }) = token("as.example", &response, Timestamp(784_111_770)) else {
                panic!()
            };
            retry_after.unwrap()
        };
        assert_eq!(wait("120"), 120);
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), 7);
        assert_eq!((wait("-5"), wait("soon"), wait("Sun, 06 Nov 1990 08:49:37 GMT")), (0, 0, 0));
    }
}

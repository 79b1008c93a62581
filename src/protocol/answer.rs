//! From a provider's answer to the answer RFC 6749 §5 describes.
//!
//! Providers answer in form encoding, say errors with status 200, write numbers as text and lists as arrays. Each such
//! habit is undone here, before the one parser reads the answer. What cannot be told safely is an error, never a guess.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::error::host_of;
use super::{Error, ErrorResponse};
use crate::http::{Response, header};
use crate::model::{Quirks, RefreshToken, Scopes, Secret, Server, Timestamp, rules, text};

/// A longer lifetime than this is not believed: 400 days, in seconds.
const LONGEST: f64 = 400.0 * 86_400.0;
/// An error's words are cut at this many characters.
const LONGEST_TEXT: usize = 1000;
/// A scope list is cut at this many bytes.
const LONGEST_SCOPE: usize = 16 << 10;
/// A longer token than this is not taken, in bytes.
const LARGEST_TOKEN: usize = 65_536;

/// A token answer: an object whose members have the types of RFC 6749 §5.1, and no others, but for `learnt`: what the
/// server's entry wants to know of the answer besides.
pub(super) fn token(
    server: &Server,
    response: &Response<Vec<u8>>,
    now: Timestamp,
) -> Result<Map<String, Value>, Error> {
    let (quirks, host) = (&server.quirks, host_of(&server.token_endpoint));
    let all = object(&host, response, now, quirks)?;
    let members = found(&all, quirks);
    let malformed = |what: &str| Error::Malformed { host: host.clone(), what: what.to_owned() };
    let mut clean = Map::new();
    clean.insert(
        "access_token".into(),
        token_text(members.get("access_token")).ok_or_else(|| malformed("access_token"))?,
    );
    clean.insert("token_type".into(), token_type(&members, quirks).ok_or_else(|| malformed("token_type"))?);
    for (name, member) in [("refresh_token", &["refresh_token"][..]), ("id_token", &["id_token"])] {
        // An empty or null refresh token means none (§6: the old one stays).
        let value = first(&members, member).filter(|value| !value.is_null() && *value != "");
        if let Some(value) = value {
            clean.insert(name.into(), token_text(Some(value)).ok_or_else(|| malformed(name))?);
        }
    }
    if let Some(seconds) = expiry(&members, quirks, now) {
        clean.insert("expires_in".into(), seconds.into());
    }
    // Google; Keycloak; GitHub Apps.
    let names = ["refresh_token_expires_in", "refresh_expires_in"];
    if let Some(seconds) = lifetime(first(&members, &names)).filter(|seconds| *seconds > 0) {
        clean.insert("refresh_expires_in".into(), seconds.into());
    }
    if let Some(scope) = scope(members.get("scope"), quirks) {
        clean.insert("scope".into(), scope.into());
    }
    let learnt = learnt(server, all, &clean);
    if !learnt.is_empty() {
        clean.insert("learnt".into(), learnt.into());
    }
    Ok(clean)
}

/// The refresh token of an answer that means success, whatever else stands in it.
pub(super) fn refresh_token(server: &Server, response: &Response<Vec<u8>>) -> Option<RefreshToken> {
    let members = members(response).ok().filter(|_| response.status().is_success())?;
    match token_text(found(&members, &server.quirks).get("refresh_token"))? {
        Value::String(text) => Some(RefreshToken(Secret::new(text))),
        _ => None,
    }
}

/// The members of a token answer under the RFC's names, wherever the provider puts them.
fn found(all: &Map<String, Value>, quirks: &Quirks) -> Map<String, Value> {
    let whole = Value::Object(all.clone());
    let inner = quirks.answer_at.as_ref().and_then(|pointer| whole.pointer(pointer)).filter(|inner| inner.is_object());
    let place = inner.unwrap_or(&whole);
    let mut members = place.as_object().cloned().unwrap_or_default();
    for (name, pointer) in &quirks.answer_members {
        if let Some(value) = place.pointer(pointer) {
            members.insert(name.clone(), value.clone());
        }
    }
    members
}

/// What the entry wants to know of the answer, by JSON pointer. A token is never among it.
fn learnt(server: &Server, all: Map<String, Value>, clean: &Map<String, Value>) -> Map<String, Value> {
    let wanted = server.metadata.values().chain(&server.account_field).chain(&server.subject_field);
    let pointers = wanted.filter_map(|source| source.strip_prefix("token:"));
    let secrets: Vec<&Value> =
        ["access_token", "refresh_token", "id_token"].iter().filter_map(|name| clean.get(*name)).collect();
    let all = Value::Object(all);
    let known = pointers.filter_map(|pointer| Some((pointer, all.pointer(pointer)?)));
    let fits = |value: &Value| matches!(value, Value::String(_) | Value::Number(_)) && !secrets.contains(&value);
    known.filter(|(_, value)| fits(value)).map(|(pointer, value)| (pointer.to_owned(), value.clone())).collect()
}

/// Any other JSON answer of an OAuth endpoint: an object, or the error it states. A list is an object whose members are
/// its numbers, so that a JSON pointer leads to the same place.
pub(super) fn object(
    host: &str,
    response: &Response<Vec<u8>>,
    now: Timestamp,
    quirks: &Quirks,
) -> Result<Map<String, Value>, Error> {
    let status = response.status();
    let host = host.to_owned();
    if status.is_redirection() {
        return Err(Error::Redirected { host });
    }
    let members = members(response);
    let retry_after = retry_after(response, now).filter(|seconds| *seconds > 0);
    if status.as_u16() == 429 {
        return Err(Error::Trouble { host, what: "429 (too many requests)".into(), retry_after, in_doubt: false });
    }
    if status.is_server_error() {
        let said = members.ok().and_then(|members| error_of(&members, quirks)).map(|error| format!(": {error}"));
        let what = format!("{status}{}", said.unwrap_or_default());
        return Err(Error::Trouble { host, what, retry_after, in_doubt: true });
    }
    match (members, status.is_success()) {
        (Ok(members), success) => match error_of(&members, quirks) {
            Some(response) if response.may_pass() => {
                let in_doubt = !response.asks_for_patience();
                Err(Error::Trouble { host, what: response.to_string(), retry_after, in_doubt })
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
pub(crate) fn retry_after<B>(response: &Response<B>, now: Timestamp) -> Option<u64> {
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
    if text.starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(text).map_err(|_| Unread::Foreign)?;
        return Ok(list.into_iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect());
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

/// The error that any JSON answer states, if it is an object and states one.
pub(super) fn stated_error(response: &Response<Vec<u8>>, quirks: &Quirks) -> Option<ErrorResponse> {
    members(response).ok().and_then(|members| error_of(&members, quirks))
}

/// The error an answer states: `error` as a code, as a list with a code, or as an object (Facebook); `errors` as a list
/// of objects (Fitbit); `ok: false` (Slack); or what stands where the entry says. An answer that holds an access token is
/// none.
fn error_of(members: &Map<String, Value>, quirks: &Quirks) -> Option<ErrorResponse> {
    if found(members, quirks).get("access_token").is_some_and(|token| !token.is_null() && token != "") {
        return None;
    }
    // More than a line or two of it is never shown.
    let text = |value: &Value| value.as_str().map(|words| words.chars().take(LONGEST_TEXT).collect::<String>());
    let within = |error: &Map<String, Value>| {
        let code = ["code", "errorType", "type", "status"].iter().find_map(|name| error.get(*name).and_then(text));
        (code, error.get("message").and_then(text))
    };
    let (code, description) = match (members.get("error"), members.get("errors")) {
        // Where the entry says where the code stands, `error` is words.
        (words, _) if own_code(members, quirks).is_some() => (own_code(members, quirks), words.and_then(text)),
        (Some(Value::Null) | None, Some(Value::Array(errors))) if !errors.is_empty() => {
            errors[0].as_object().map(within).unwrap_or_default()
        }
        (Some(Value::Null) | None, _) if members.get("ok") == Some(&json!(false)) => (None, None),
        (Some(Value::Null) | None, _) => return None,
        (Some(Value::Array(codes)), _) => (codes.first().and_then(text), None),
        (Some(Value::Object(error)), _) => within(error),
        (Some(code), _) => (text(code), None),
    };
    let code = code.unwrap_or_else(|| "error".into());
    // TikTok says so of every answer.
    if code == "ok" {
        return None;
    }
    let words = ["error_description", "message"].iter().find_map(|name| members.get(*name).and_then(text));
    Some(ErrorResponse {
        code: quirks.error_codes.get(&code).cloned().unwrap_or(code),
        description: description.or(words),
    })
}

/// The error code at the place that the entry names: text, or a number that is not 0.
fn own_code(members: &Map<String, Value>, quirks: &Quirks) -> Option<String> {
    let pointer = quirks.error_at.as_ref()?;
    match Value::Object(members.clone()).pointer(pointer)? {
        Value::Number(number) if number.as_i64() != Some(0) => Some(number.to_string()),
        Value::String(code) if !code.is_empty() => Some(code.chars().take(LONGEST_TEXT).collect()),
        _ => None,
    }
}

fn first<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| members.get(*name))
}

/// A token (RFC 6749 Appendix A.12 without the blank), so that it can stand in a header and in a line.
fn token_text(value: Option<&Value>) -> Option<Value> {
    let text = value?.as_str()?;
    (text.len() <= LARGEST_TOKEN && rules::is_token(text)).then(|| text.into())
}

/// `Bearer`, whatever its case (RFC 6749 §5.1), also where it is missing or has a name of the provider's own; or `DPoP`
/// (RFC 9449 §5). Another type is not asked for.
fn token_type(members: &Map<String, Value>, quirks: &Quirks) -> Option<Value> {
    let usual =
        |kind: &String| kind.is_empty() || kind.eq_ignore_ascii_case("bearer") || quirks.bearer_names.contains(kind);
    match members.get("token_type") {
        None | Some(Value::Null) => Some("Bearer".into()),
        Some(Value::String(kind)) if usual(kind) => Some("Bearer".into()),
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("dpop") => Some("DPoP".into()),
        Some(_) => None,
    }
}

/// Seconds until the access token ends: from `expires_in`, or from an absolute `expires_at` where that is all there is.
fn expiry(members: &Map<String, Value>, quirks: &Quirks, now: Timestamp) -> Option<u64> {
    let given = members.get("expires_in").filter(|value| !value.is_null());
    let seconds = match given {
        Some(given) => lifetime(Some(given)),
        None => members.get("expires_at").and_then(|at| until(at, now)),
    };
    seconds.filter(|seconds| *seconds > 0 || !quirks.zero_is_forever)
}

/// Seconds from now until a time in RFC 3339, or in seconds or milliseconds of the Unix epoch.
fn until(at: &Value, now: Timestamp) -> Option<u64> {
    /// Later than this are no seconds: the year 5138.
    const MILLISECONDS: i64 = 100_000_000_000;
    let end = match at {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.trim().parse() {
            Ok(number) => number,
            Err(_) => text.trim().parse::<jiff::Timestamp>().ok()?.as_second(),
        },
        _ => return None,
    };
    let end = if end > MILLISECONDS { end / 1000 } else { end };
    let left = Timestamp(end).since(now).max(0);
    lifetime(Some(&left.into()))
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
fn scope(value: Option<&Value>, quirks: &Quirks) -> Option<String> {
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
    let named = kept.map(|token| quirks.scope_names.get(token).map_or(token, String::as_str));
    Some(named.collect::<Vec<_>>().join(" ").trim().to_owned())
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
        with("", status, kind, body)
    }

    /// Reads an answer of a server with these members in its entry.
    fn with(entry: &str, status: u16, kind: &str, body: &str) -> Result<Map<String, Value>, Error> {
        let server = serde_json::from_str(&format!(
            r#"{{"name":"X","authorization_endpoint":"","token_endpoint":"https://as.example/token",
                "token_endpoint_auth_method":"none"{entry}}}"#
        ));
        token(&server.unwrap(), &answer(status, kind, body), Timestamp(1_000))
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
    fn a_page_is_no_answer_whatever_words_are_in_it() {
        for (kind, body) in [("text/html", "error=invalid_grant"), ("text/plain", "hello"), ("image/png", "error=x")] {
            assert!(matches!(read(400, kind, body), Err(Error::NotOauth { .. })), "{kind} {body}");
        }
        let told = |body: &str| read(400, "text/html", body).unwrap_err().to_string();
        assert!(told("<!DOCTYPE html>").contains("400 Bad Request, a web page"));
        assert!(told("  <HTML>").contains("400 Bad Request, a web page"));
        assert!(told("hello").contains("400 Bad Request, not JSON"));
    }

    #[test]
    fn an_error_beside_an_empty_token_is_an_error_and_an_empty_list_of_errors_is_none() {
        for token in ["null", r#""""#] {
            let got = json(&format!(r#"{{"access_token":{token},"error":"invalid_grant"}}"#));
            assert!(matches!(got, Err(Error::Refused { response, .. }) if response.ends_grant()), "{token}");
        }
        assert!(json(r#"{"access_token":"t","error":"invalid_grant"}"#).is_ok());
        assert!(json(r#"{"access_token":"t","errors":[]}"#).is_ok());
        let empty = answer(200, "application/json", r#"{"errors":[]}"#);
        assert!(object("h", &empty, Timestamp(0), &Quirks::default()).is_ok());
        let of_its_own = |code: &str| {
            let quirks = Quirks { error_at: Some("/status".into()), ..Quirks::default() };
            let said = answer(200, "application/json", &format!(r#"{{"status":{code},"body":{{}}}}"#));
            object("h", &said, Timestamp(0), &quirks).is_ok()
        };
        assert!(of_its_own("0") && of_its_own(r#""""#) && !of_its_own("503") && !of_its_own(r#""bad""#));
    }

    #[test]
    fn what_is_on_the_border_of_belief_is_on_one_side_of_it() {
        let of = |members: &str| json(&format!(r#"{{"access_token":"t",{members}}}"#)).unwrap();
        assert_eq!(of(r#""refresh_expires_in":0"#).get("refresh_expires_in"), None);
        assert_eq!(of(r#""refresh_expires_in":1"#)["refresh_expires_in"], 1);
        assert_eq!(of(r#""token_type":"dpop""#)["token_type"], "DPoP");
        assert_eq!(of(&format!(r#""expires_in":{LONGEST}"#))["expires_in"].as_f64(), Some(LONGEST));
        assert_eq!(of(&format!(r#""expires_in":{}"#, LONGEST + 1.0)).get("expires_in"), None);
        let forever = with(
            r#","quirks":{"zero_is_forever":true}"#,
            200,
            "application/json",
            r#"{"access_token":"t","expires_in":60}"#,
        );
        assert_eq!(forever.unwrap()["expires_in"], 60);
        let word = "s".repeat(1023);
        let most = LONGEST_SCOPE / (word.len() + 1);
        let scope = |count: usize| {
            of(&format!(r#""scope":"{}""#, vec![&*word; count].join(" ")))["scope"].as_str().unwrap().len()
        };
        assert_eq!((scope(most), scope(most + 1)), (most * 1024 - 1, most * 1024 - 1));
    }

    #[test]
    fn a_time_is_in_milliseconds_where_it_cannot_be_in_seconds() {
        assert_eq!(until(&json!(1_700_000_060_000_i64), Timestamp(1_700_000_000)), Some(60));
        assert_eq!(until(&json!(100_000_000_001_i64), Timestamp(99_999_990)), Some(10));
        assert_eq!(until(&json!(100_000_000_000_i64), Timestamp(99_999_990)), None);
    }

    #[test]
    fn the_blanks_between_scopes_count_too() {
        let kept = scope(Some(&json!(vec!["s"; LONGEST_SCOPE].join(" "))), &Quirks::default()).unwrap();
        assert_eq!(kept.len(), LONGEST_SCOPE - 1);
    }

    #[test]
    fn patience_asked_for_is_understood() {
        let asked = |status: u16, value: &str| {
            let response = Response::builder().status(status).header("retry-after", value).body(vec![]).unwrap();
            let Err(Error::Trouble { retry_after, in_doubt, .. }) =
                object("as.example", &response, Timestamp(784_111_770), &Quirks::default())
            else {
                panic!()
            };
            assert_eq!(in_doubt, status == 503, "only who is asked too often says that nothing was done");
            retry_after
        };
        for status in [429, 503] {
            let wait = |value| asked(status, value);
            assert_eq!(wait("120"), Some(120));
            assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(7));
            for none in ["0", "-5", "soon", "Sun, 06 Nov 1990 08:49:37 GMT"] {
                assert_eq!(wait(none), None, "{none}");
            }
        }
    }

    #[test]
    fn a_nested_token_is_taken_with_its_own_members() {
        let slack = r#","quirks":{"answer_at":"/authed_user","bearer_names":["user","bot"]},
            "metadata":{"team_id":"token:/team/id"}"#;
        let body = r#"{"ok":true,"access_token":"xoxb-bot","token_type":"bot","scope":"commands","team":{"id":"T1"},
            "authed_user":{"id":"U1","scope":"chat:write,users:read","access_token":"xoxe.xoxp-1","token_type":"user",
            "expires_in":43200,"refresh_token":"xoxe-1"}}"#;
        assert_eq!(
            Value::Object(with(slack, 200, "application/json", body).unwrap()),
            json!({"access_token":"xoxe.xoxp-1","token_type":"Bearer","refresh_token":"xoxe-1","expires_in":43200,
                "scope":"chat:write users:read","learnt":{"/team/id":"T1"}})
        );
        let refreshed = r#"{"ok":true,"access_token":"xoxe.xoxp-2","token_type":"user","refresh_token":"xoxe-2"}"#;
        assert_eq!(with(slack, 200, "application/json", refreshed).unwrap()["access_token"], "xoxe.xoxp-2");
        let error = with(slack, 200, "application/json", r#"{"ok":false,"error":"invalid_refresh_token"}"#);
        assert!(matches!(error, Err(Error::Refused { response, .. }) if response.ends_grant()));
    }

    #[test]
    fn members_stand_under_the_names_the_entry_gives() {
        let entry = r#","quirks":{"answer_members":{"expires_in":"/expires","refresh_expires_in":"/x_refresh_token_expires_in","scope":"/scopes"}}"#;
        let clean = with(entry, 200, "text/plain", "access_token=t&expires=60").unwrap();
        assert_eq!(clean["expires_in"], 60);
        let google = r#","quirks":{"scope_names":{"https://x.example/userinfo.email":"email"}}"#;
        let body = r#"{"access_token":"t","scope":"https://x.example/userinfo.email openid"}"#;
        assert_eq!(with(google, 200, "application/json", body).unwrap()["scope"], "email openid");
        let body = r#"{"access_token":"t","x_refresh_token_expires_in":8726400,"scopes":"a b"}"#;
        let clean = with(entry, 200, "application/json", body).unwrap();
        assert_eq!((&clean["refresh_expires_in"], &clean["scope"]), (&json!(8_726_400), &json!("a b")));
    }

    #[test]
    fn an_absolute_end_counts_where_there_is_no_other() {
        let seconds = |members: &str| {
            let clean = json(&format!(r#"{{"access_token":"t",{members}}}"#)).unwrap();
            clean.get("expires_in").and_then(Value::as_u64)
        };
        assert_eq!(seconds(r#""expires_at":"1970-01-01T01:00:00Z""#), Some(2600));
        assert_eq!(seconds(r#""expires_at":3600"#), Some(2600));
        assert_eq!(seconds(r#""expires_at":"3600""#), Some(2600));
        assert_eq!(seconds(r#""expires_at":5,"expires_in":9"#), Some(9));
        assert_eq!(seconds(r#""expires_at":5"#), Some(0));
        assert_eq!(seconds(r#""expires_at":"soon""#), None);
        let milliseconds = with("", 200, "application/json", r#"{"access_token":"t","expires_at":100000000000001}"#);
        assert_eq!(milliseconds.unwrap().get("expires_in"), None, "in the year 5138, which is not believed");
    }

    #[test]
    fn zero_can_mean_for_ever() {
        let body = r#"{"access_token":"t","expires_in":0,"scope":null}"#;
        let entry = r#","quirks":{"zero_is_forever":true}"#;
        assert_eq!(with(entry, 200, "application/json", body).unwrap().get("expires_in"), None);
        assert_eq!(json(body).unwrap()["expires_in"], 0);
    }

    #[test]
    fn errors_of_the_providers_own_become_the_rfcs() {
        let withings = r#","quirks":{"answer_at":"/body","error_at":"/status","error_codes":{"401":"invalid_grant"}}"#;
        let hubspot = r#","quirks":{"error_at":"/status","error_codes":{"BAD_REFRESH_TOKEN":"invalid_grant"}}"#;
        let cases = [
            (withings, 200, r#"{"status":401,"body":{},"error":null}"#, "invalid_grant"),
            (withings, 200, r#"{"status":503,"error":"Invalid Params"}"#, "503"),
            (hubspot, 400, r#"{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid"}"#, "invalid_grant"),
            ("", 400, r#"{"errors":[{"errorType":"invalid_grant","message":"no"}],"success":false}"#, "invalid_grant"),
        ];
        for (entry, status, body, code) in cases {
            let Err(Error::Refused { response, .. }) = with(entry, status, "application/json", body) else {
                panic!("{body}")
            };
            assert_eq!(response.code, code, "{body}");
        }
        let good = r#"{"status":0,"body":{"userid":"7","access_token":"t","expires_in":10800}}"#;
        assert_eq!(with(withings, 200, "application/json", good).unwrap()["expires_in"], 10800);
    }

    #[test]
    fn nothing_secret_is_learnt() {
        let entry = r#","metadata":{"a":"token:/copy","b":"token:/host","c":"token:/deep"}"#;
        let body = r#"{"access_token":"secret-1","copy":"secret-1","host":"www.example","deep":{"x":1}}"#;
        let clean = with(entry, 200, "application/json", body).unwrap();
        assert_eq!(clean["learnt"], json!({"/host":"www.example"}));
    }
}

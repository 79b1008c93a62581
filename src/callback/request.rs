//! From a request to the answer it carries: the checks that come before anybody looks at `state`.
//!
//! The order is part of the protection (a check may rely on those above it): method, form of the target, path, Host,
//! Fetch Metadata, decoding, duplicates. A request that fails one is answered and forgotten; it never ends the login.

use std::fmt;

use tiny_http::{Method, Request};

use super::page::Answer;
use crate::model::Secret;

/// Parameters that may come once only (RFC 6749 §3.1, RFC 9207 §2).
const SINGLE: [&str; 4] = ["state", "code", "iss", "error"];

/// What the listener stands for in the address bar.
pub(super) struct Site {
    /// The one right value of `Host`: that of the redirect URI.
    pub(super) authority: String,
    /// The path of the redirect URI.
    pub(super) path: String,
}

impl Site {
    /// Where the browser is sent once the callback was taken. It carries nothing.
    pub(super) fn done(&self) -> &'static str {
        if self.path == "/done" { "/finished" } else { "/done" }
    }
}

/// A request that passed every check.
pub(super) enum Wanted {
    /// The redirect of an authorization server, ours or not.
    Callback(Query),
    /// The last page.
    Done,
}

/// Puts a request through the checks; an error is the answer to a failed one.
pub(super) fn examine(site: &Site, request: &Request) -> Result<Wanted, Answer> {
    if *request.method() != Method::Get {
        return Err(Answer::MethodNotAllowed);
    }
    let target = request.url();
    if !target.starts_with('/') {
        return Err(Answer::Unexpected);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let done = target == site.done();
    if path != site.path && !done {
        return Err(Answer::NotFound);
    }
    check_host(site, request)?;
    check_fetch_metadata(request)?;
    if done {
        return Ok(Wanted::Done);
    }
    Query::parse(query).map(Wanted::Callback).ok_or(Answer::Unexpected)
}

fn values<'a>(request: &'a Request, name: &'static str) -> impl Iterator<Item = &'a str> {
    request.headers().iter().filter(move |header| header.field.equiv(name)).map(|header| header.value.as_str())
}

/// Another name for this address means that a page got here by DNS rebinding.
fn check_host(site: &Site, request: &Request) -> Result<(), Answer> {
    let mut hosts = values(request, "Host");
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host == site.authority => Ok(()),
        (Some(_), None) => Err(Answer::WrongHost),
        _ => Err(Answer::Unexpected),
    }
}

/// Only a navigation of the whole tab is a redirect; browsers that do not tell (no `Sec-Fetch-*`) pass. A prefetch is
/// told to come again, since it would spend the code without anybody there.
fn check_fetch_metadata(request: &Request) -> Result<(), Answer> {
    let navigates = values(request, "Sec-Fetch-Mode").all(|mode| mode == "navigate")
        && values(request, "Sec-Fetch-Dest").all(|dest| dest == "document");
    if !navigates {
        return Err(Answer::Unexpected);
    }
    let mut purposes = ["Sec-Purpose", "Purpose", "X-Moz"].into_iter().flat_map(|name| values(request, name));
    if purposes.any(|purpose| purpose.to_ascii_lowercase().contains("prefetch")) {
        return Err(Answer::NotNow);
    }
    Ok(())
}

/// The parameters of an authorization response, decoded (RFC 6749 §4.1.2). `state`, `code`, `iss` and `error` come at
/// most once. Values may be secret, so they are never shown.
pub(crate) struct Query {
    pairs: Vec<(String, Secret)>,
    /// A code that came without anything else.
    bare: Option<Secret>,
}

impl Query {
    /// The value of the first parameter of this name. One sent without a value counts as omitted (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(have, _)| have == name)?;
        Some(value.expose()).filter(|value| !value.is_empty())
    }

    /// The code that a page of the provider shows, without the `state` of its login.
    pub(crate) fn bare_code(&self) -> Option<&Secret> {
        self.bare.as_ref()
    }

    pub(super) fn bare(code: &str) -> Self {
        Self { pairs: vec![], bare: Some(Secret::new(code)) }
    }

    pub(super) fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect();
        Self { pairs, bare: None }
    }

    /// Decodes the text behind the `?`. `None`: a bad percent sign, bytes that are not UTF-8, a NUL, a duplicate, or a code
    /// that can be none (RFC 6749 appendix A.11).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((decode(name)?, Secret::new(decode(value)?)));
        }
        let single = |name: &&str| pairs.iter().filter(|(have, _)| have == name).count() <= 1;
        let codes = pairs.iter().filter(|(name, _)| name == "code").all(|(_, code)| is_code(code.expose()));
        (codes && SINGLE.iter().all(single)).then_some(Self { pairs, bare: None })
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").finish_non_exhaustive()
    }
}

/// Whether every character may stand in a code (RFC 6749 appendix A.11): those of ASCII that can be seen, and the blank.
pub(super) fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// application/x-www-form-urlencoded (RFC 6749 appendix B), once and strictly.
fn decode(text: &str) -> Option<String> {
    // Decoded text is never longer, so the buffer does not move and leaves no copies of a secret.
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok().filter(|text| !text.contains('\0'))
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn a_value_is_decoded_exactly_once() {
        let long = "0.AX/".repeat(1600);
        for (text, value) in [
            ("code=a+b%2Bc%2F%3D", "a b+c/="),
            ("code=%2541", "%41"),
            ("c%6Fde=x", "x"),
            ("code=a=b", "a=b"),
            ("code=%20%7E", " ~"),
            (&format!("code={long}"), &long),
        ] {
            assert_eq!(Query::parse(text).unwrap().get("code"), Some(value), "{text}");
        }
        for (text, value) in [("&&x=%C3%A9&", "é"), ("x=%0a%1b", "\n\u{1b}")] {
            assert_eq!(Query::parse(text).unwrap().get("x"), Some(value), "{text}");
        }
    }

    #[test]
    fn a_code_that_can_be_none_makes_no_query() {
        for code in ["a%0d%0a", "%09", "%1f", "%7f", "%C3%A9", "a%e2%80%ae", "\u{e9}"] {
            assert!(Query::parse(&format!("state=s&code={code}")).is_none(), "{code}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_no_query() {
        for text in ["code=%zz", "code=%2", "code=%", "code=%ff", "code=%C3", "code=%00", "%00=x", "x=%zz", "code=%+1"]
        {
            assert!(Query::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_must_come_once_may_not_come_twice() {
        for name in ["state", "code", "iss", "error"] {
            for text in [
                format!("{name}=a&{name}=b"),
                format!("{name}=a&{name}=a"),
                format!("{name}=&{name}=a"),
                format!("{name}&%{:x}{}=a", name.as_bytes()[0], &name[1..]),
            ] {
                assert!(Query::parse(&text).is_none(), "{text}");
            }
        }
        assert_eq!(Query::parse("scope=a&scope=b&State=x&state=y").unwrap().get("state"), Some("y"));
    }

    #[test]
    fn a_parameter_without_a_value_counts_as_omitted() {
        let query = Query::parse("code=&state&error").unwrap();
        assert_eq!(
            (query.get("code"), query.get("state"), query.get("error"), query.get("iss")),
            (None, None, None, None)
        );
    }

    #[test]
    fn debug_output_shows_nothing_of_the_query() {
        let shown = format!("{:?}", Query::parse("canary=canary&code=canary").unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }
}

//! ID tokens (OpenID Connect Core §2).
//!
//! One that came straight from the token endpoint is vouched for by TLS; its signature need not be checked
//! (§3.1.3.7, 6). Everything else of that section is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Error;
use crate::model::{Secret, Timestamp, text};

/// How far two clocks may be apart, in seconds.
const SKEW: u64 = 300;

/// The claims of an ID token.
#[derive(Clone, Debug)]
pub(crate) struct Claims(pub(crate) Map<String, Value>);

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a> {
    /// The issuer; `{claim:NAME}` in it stands for a claim of the token. Not known: not compared.
    pub(crate) issuer: Option<&'a str>,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// What an ID token that comes with a refresh must repeat of the login's (OpenID Connect Core §12.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) client_id: &'a str,
}

impl SignedIn<'_> {
    /// Holds the ID token of a refresh to the login's. Its end does not count: some servers repeat the login's own.
    pub(crate) fn compare(&self, token: &Secret) -> Result<(), Error> {
        let claims = Claims(payload(token).ok_or_else(|| refused("it cannot be read"))?);
        claims.check_issuer(Some(self.issuer))?;
        claims.check_audience(self.client_id)?;
        match claims.text("sub") {
            Some(subject) if subject == self.subject => Ok(()),
            _ => {
                let name = ["email", "preferred_username", "sub"].into_iter().find_map(|name| claims.text(name));
                Err(Error::OtherAccount { found: text::shown(name.unwrap_or("somebody without a name")) })
            }
        }
    }
}

impl Claims {
    /// Reads an ID token and holds it to what is expected.
    pub(crate) fn read(token: &Secret, expected: &Expected<'_>) -> Result<Self, Error> {
        let claims = Self(payload(token).ok_or_else(|| refused("it cannot be read"))?);
        claims.check_issuer(expected.issuer)?;
        claims.check_audience(expected.client_id)?;
        let end = claims.0.get("exp").and_then(Value::as_f64).ok_or_else(|| refused("it has no end (exp)"))?;
        #[expect(clippy::cast_possible_truncation, reason = "a time far away is held at the end of the range")]
        if Timestamp(end as i64).plus(SKEW) <= expected.now {
            return Err(refused("it has expired, or this machine's clock is wrong"));
        }
        match expected.nonce {
            Some(nonce) if claims.text("nonce") != Some(nonce) => Err(refused("its nonce is another one")),
            _ => Ok(claims),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn check_issuer(&self, expected: Option<&str>) -> Result<(), Error> {
        let Some(expected) = expected else { return Ok(()) };
        let mut expected = expected.to_owned();
        for (name, value) in &self.0 {
            expected = expected.replace(&format!("{{claim:{name}}}"), value.as_str().unwrap_or_default());
        }
        let found = self.text("iss").unwrap_or_default();
        if found == expected { Ok(()) } else { Err(Error::IssuerMismatch { expected, found: text::shown(found) }) }
    }

    fn check_audience(&self, client_id: &str) -> Result<(), Error> {
        let ours = match self.0.get("aud") {
            Some(Value::String(audience)) => audience == client_id,
            Some(Value::Array(list)) => list.iter().any(|audience| audience == client_id),
            _ => false,
        };
        let authorized = self.text("azp").is_none_or(|party| party == client_id);
        if ours && authorized { Ok(()) } else { Err(refused("it was made for another client")) }
    }
}

fn payload(token: &Secret) -> Option<Map<String, Value>> {
    let mut parts = token.expose().split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}

fn refused(why: &str) -> Error {
    Error::IdToken(why.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXPECTED: Expected<'_> =
        Expected { issuer: Some("https://as.example"), client_id: "me", nonce: Some("n"), now: Timestamp(1000) };

    fn token(change: impl FnOnce(&mut Value)) -> Secret {
        let mut claims = json!({"iss": "https://as.example", "sub": "7", "aud": "me", "exp": 2000, "nonce": "n"});
        change(&mut claims);
        Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())))
    }

    #[test]
    fn a_token_for_this_login_is_read() {
        assert_eq!(Claims::read(&token(|_| {}), &EXPECTED).unwrap().text("sub"), Some("7"));
        let listed = token(|claims| claims["aud"] = json!(["other", "me"]));
        assert!(Claims::read(&listed, &EXPECTED).is_ok());
        let authorized = token(|claims| claims["azp"] = json!("me"));
        assert!(Claims::read(&authorized, &EXPECTED).is_ok());
        let tenant = token(|claims| {
            claims["iss"] = json!("https://as.example/t1");
            claims["tid"] = json!("t1");
        });
        let expected = Expected { issuer: Some("https://as.example/{claim:tid}"), ..EXPECTED };
        assert!(Claims::read(&tenant, &expected).is_ok());
    }

    #[test]
    fn a_token_that_comes_with_a_refresh_speaks_of_the_same_person() {
        let login = SignedIn { issuer: "https://as.example", subject: "7", client_id: "me" };
        assert!(login.compare(&token(|claims| claims["exp"] = json!(1))).is_ok());
        assert!(login.compare(&token(|claims| claims["nonce"] = json!(null))).is_ok());
        let other = login.compare(&token(|claims| claims["sub"] = json!("8")));
        assert!(matches!(other, Err(Error::OtherAccount { found }) if found == "8"));
        assert!(login.compare(&token(|claims| claims["sub"] = json!(null))).is_err());
        let issuer = login.compare(&token(|claims| claims["iss"] = json!("https://as.example/x")));
        assert!(matches!(issuer, Err(Error::IssuerMismatch { .. })));
        assert!(login.compare(&token(|claims| claims["aud"] = json!("other"))).is_err());
        assert!(login.compare(&Secret::new("a.b.c")).is_err());
    }

    #[test]
    fn a_token_for_anything_else_is_refused() {
        type Change = (&'static str, fn(&mut Value));
        let changes: [Change; 8] = [
            ("iss", |claims| claims["iss"] = json!("https://as.example/")),
            ("aud", |claims| claims["aud"] = json!("other")),
            ("others", |claims| claims["aud"] = json!(["other", "another"])),
            ("azp", |claims| claims["azp"] = json!("other")),
            ("exp", |claims| claims["exp"] = json!(600)),
            ("no exp", |claims| claims["exp"] = json!(null)),
            ("nonce", |claims| claims["nonce"] = json!("m")),
            ("no nonce", |claims| claims["nonce"] = json!(null)),
        ];
        for (what, change) in changes {
            assert!(Claims::read(&token(change), &EXPECTED).is_err(), "{what}");
        }
        for text in ["", "a.b", "a.!.c", "e30.e30.e30"] {
            assert!(Claims::read(&Secret::new(text), &EXPECTED).is_err(), "{text}");
        }
    }
}

//! Signed assertions: who vouches for a request without a person, and the checks that a strict server makes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Seconds an assertion may be good for, and clocks may differ.
const LONGEST: i64 = 600;
const SKEW: i64 = 60;

/// The public key of whoever signs, as a JWK (RFC 7517).
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub(super) enum PublicKey {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { x: String, y: String },
}

/// Keys by the name of who signs with them.
pub(super) type Keys = BTreeMap<String, PublicKey>;

/// The claims of a JWT whose signature is right. What they say is for the caller to judge.
pub(super) struct Claims(pub(super) Value);

impl Claims {
    /// Reads a JWT that `iss` has signed with its registered key.
    pub(super) fn read(jwt: &str, keys: &Keys) -> Result<Self, &'static str> {
        let (signed, signature) = jwt.rsplit_once('.').ok_or("the assertion is no JWT")?;
        let (head, claims) = signed.split_once('.').ok_or("the assertion is no JWT")?;
        let (head, claims) = (json(head)?, json(claims)?);
        let key = claims["iss"].as_str().and_then(|issuer| keys.get(issuer)).ok_or("its issuer is not known")?;
        let signature = decode(signature)?;
        let right = match (key, head["alg"].as_str()) {
            (PublicKey::Rsa { n, e }, Some("RS256")) => {
                let key = RsaPublicKeyComponents { n: decode(n)?, e: decode(e)? };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
            }
            (PublicKey::Ec { x, y }, Some("ES256")) => {
                let point = [vec![4], decode(x)?, decode(y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &signature).is_ok()
            }
            _ => return Err("its algorithm does not fit the key"),
        };
        if right { Ok(Self(claims)) } else { Err("its signature is wrong") }
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_default()
    }

    /// RFC 7523 §3: for us, begun, not over, and not good for long.
    pub(super) fn judge(&self, audiences: &[&str], now: u64) -> Result<(), &'static str> {
        let now = i64::try_from(now / 1000).unwrap_or(i64::MAX);
        if !audiences.contains(&self.text("aud")) {
            return Err("its audience is another one");
        }
        self.judge_time(now)
    }

    pub(super) fn judge_time(&self, now: i64) -> Result<(), &'static str> {
        let end = self.0["exp"].as_i64().ok_or("it has no end")?;
        let begin = self.0["iat"].as_i64().ok_or("it has no beginning")?;
        match () {
            () if end <= now => Err("it is over"),
            () if begin > now + SKEW => Err("it is from the future"),
            () if end - now > LONGEST => Err("it is good for too long"),
            () => Ok(()),
        }
    }
}

fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| "a part is no base64url")
}

fn json(part: &str) -> Result<Value, &'static str> {
    serde_json::from_slice(&decode(part)?).map_err(|_| "a part is no JSON")
}

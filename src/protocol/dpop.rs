//! Proof of possession (RFC 9449): a key of the credential's own, and a proof for each request.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Error;
use super::challenge::challenges;
use super::jwt::{SigningKey, identifier, object};
use crate::http::{HeaderMap, Request, Response, header};
use crate::model::{ProofKey, Secret, Timestamp};

/// The header that carries a proof, and the one that carries a nonce (RFC 9449 §4.1, §8).
pub(crate) const PROOF: &str = "DPoP";
const NONCE: &str = "DPoP-Nonce";
/// The error that asks for one (§8, §9).
const DEMAND: &str = "use_dpop_nonce";
/// The longest nonce that is sent back.
const LONGEST: usize = 1024;

/// A proof key at work.
pub(crate) struct Prover {
    key: SigningKey,
    jwk: Value,
}

/// What a proof is for.
#[derive(Clone, Copy)]
pub(crate) struct Proven<'a> {
    pub(crate) method: &'a str,
    /// As it is asked; query and fragment are no part of the proof (§4.2).
    pub(crate) url: &'a str,
    pub(crate) nonce: Option<&'a str>,
    /// The access token that is sent along.
    pub(crate) token: Option<&'a Secret>,
}

/// A new key for one credential: P-256, as PKCS#8 in base64.
pub(crate) fn new_proof_key() -> ProofKey {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
        .expect("the operating system gives random bytes");
    ProofKey(Secret::new(STANDARD.encode(pkcs8.as_ref())))
}

impl Prover {
    /// `None` for a text that is no key of ours, which a seal rules out.
    pub(crate) fn new(key: &ProofKey) -> Option<Self> {
        let der = zeroize::Zeroizing::new(STANDARD.decode(key.0.expose()).ok()?);
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new()).ok()?;
        let key = SigningKey::Ec { pair, algorithm: "ES256" };
        let (x, y) = key.point()?.strip_prefix(&[4])?.split_at_checked(32)?;
        let jwk = json!({
            "crv": "P-256",
            "kty": "EC",
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
        });
        Some(Self { key, jwk })
    }

    /// The key's thumbprint (RFC 7638), for `dpop_jkt` (RFC 9449 §10).
    pub(crate) fn thumbprint(&self) -> String {
        // Members in the order of the alphabet, without blanks: how serde_json writes the map it keeps sorted.
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.jwk.to_string()))
    }

    /// A proof for one request (§4.2).
    pub(crate) fn prove(&self, of: Proven<'_>, now: Timestamp) -> String {
        let url = of.url.split(['?', '#']).next().unwrap_or_default();
        let mut claims = json!({"jti": identifier(), "htm": of.method, "htu": url, "iat": now.0});
        if let Some(nonce) = of.nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = of.token {
            claims["ath"] = URL_SAFE_NO_PAD.encode(Sha256::digest(token.expose())).into();
        }
        let header: Map<String, Value> = object(json!({"typ": "dpop+jwt", "jwk": self.jwk}));
        self.key.sign(header, &object(claims)).expose().to_owned()
    }
}

/// The access token in a request that a proof goes with (RFC 9449 §7.1).
pub(super) fn add_token(request: &mut Request<Vec<u8>>, token: &Secret) -> Result<(), Error> {
    let value = header::HeaderValue::from_str(&format!("{PROOF} {}", token.expose()));
    let mut value = value.map_err(|_| Error::Request("the token does not fit into a header".into()))?;
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
    Ok(())
}

/// The nonce that a server wants in the next proof, when its answer is a demand for one: an authorization server's (§8),
/// which says so in its body, or a resource's.
pub(crate) fn nonce_wanted(response: &Response<Vec<u8>>) -> Option<String> {
    let told = || serde_json::from_slice::<Value>(response.body()).is_ok_and(|body| body["error"] == DEMAND);
    let demands = match response.status().as_u16() {
        400 => told(),
        401 => challenged(response.headers()) || told(),
        _ => false,
    };
    nonce(response.headers()).filter(|_| demands)
}

/// The nonce that a resource server wants, whose answer of 401 has these headers (§9). Any other answer may bring a nonce
/// too, and asks for nothing.
pub(crate) fn nonce_of_challenge(headers: &HeaderMap) -> Option<String> {
    nonce(headers).filter(|_| challenged(headers))
}

fn challenged(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    fields.flat_map(challenges).any(|(scheme, parameters)| {
        scheme.eq_ignore_ascii_case(PROOF) && parameters.get("error").is_some_and(|error| error == DEMAND)
    })
}

fn nonce(headers: &HeaderMap) -> Option<String> {
    let nonce = headers.get(NONCE)?.to_str().ok()?;
    (!nonce.is_empty() && nonce.len() <= LONGEST).then(|| nonce.to_owned())
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_proof_speaks_of_one_request_and_is_signed_with_the_key_it_shows() {
        let prover = Prover::new(&new_proof_key()).unwrap();
        let token = Secret::new("t");
        let of = Proven { method: "GET", url: "https://a.example/x?y#z", nonce: Some("n"), token: Some(&token) };
        let proof = prover.prove(of, Timestamp(7));
        let (signed, signature) = proof.rsplit_once('.').unwrap();
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let (head, claims) = signed.split_once('.').unwrap();
        let (head, claims): (Value, Value) =
            (serde_json::from_slice(&decode(head)).unwrap(), serde_json::from_slice(&decode(claims)).unwrap());
        assert_eq!((&head["typ"], &head["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        let point =
            [&[4], &decode(head["jwk"]["x"].as_str().unwrap())[..], &decode(head["jwk"]["y"].as_str().unwrap())]
                .concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.verify(signed.as_bytes(), &decode(signature)).unwrap();
        assert_eq!(claims["htu"], "https://a.example/x");
        assert_eq!((&claims["htm"], &claims["iat"], &claims["nonce"]), (&json!("GET"), &json!(7), &json!("n")));
        assert_eq!(claims["ath"], URL_SAFE_NO_PAD.encode(Sha256::digest("t")));
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_7638() {
        // The key of RFC 9449 §4.1, and the thumbprint its §6.1 gives.
        let jwk = json!({
            "kty": "EC", "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        let key = SigningKey::Ec {
            pair: EcdsaKeyPair::from_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &STANDARD.decode(new_proof_key().0.expose()).unwrap(),
                &SystemRandom::new(),
            )
            .unwrap(),
            algorithm: "ES256",
        };
        assert_eq!(Prover { key, jwk }.thumbprint(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn a_nonce_is_taken_from_a_demand_for_one_only() {
        let answer = |status: u16, body: &str| {
            Response::builder().status(status).header(NONCE, "n").body(body.as_bytes().to_vec()).unwrap()
        };
        assert_eq!(nonce_wanted(&answer(400, r#"{"error":"use_dpop_nonce"}"#)).as_deref(), Some("n"));
        assert_eq!(nonce_wanted(&answer(400, r#"{"error":"invalid_grant"}"#)), None);
        assert_eq!(nonce_wanted(&answer(200, r#"{"access_token":"t"}"#)), None);
        let challenge = Response::builder().status(401).header(NONCE, "n");
        let challenge = challenge.header(header::WWW_AUTHENTICATE, r#"DPoP error="use_dpop_nonce""#).body(vec![]);
        assert_eq!(nonce_wanted(&challenge.unwrap()).as_deref(), Some("n"));
    }

    #[test]
    fn a_challenge_asks_for_a_nonce_by_its_error_alone() {
        let wanted = |challenge: &str, nonce: &str| {
            let mut headers = HeaderMap::new();
            headers.append(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
            headers.append(NONCE, nonce.parse().unwrap());
            nonce_of_challenge(&headers)
        };
        for challenge in [r#"DPoP error="use_dpop_nonce""#, r#"Bearer, dpop algs="ES256", error=use_dpop_nonce"#] {
            assert_eq!(wanted(challenge, "n").as_deref(), Some("n"), "{challenge}");
            assert_eq!(wanted(challenge, ""), None);
            assert_eq!(wanted(challenge, &"n".repeat(LONGEST + 1)), None);
        }
        for challenge in [
            "DPoP",
            r#"DPoP error="invalid_token""#,
            r#"Bearer error="use_dpop_nonce""#,
            r#"DPoP error="invalid_token", error_description="use_dpop_nonce""#,
        ] {
            assert_eq!(wanted(challenge, "n"), None, "{challenge}");
        }
    }
}

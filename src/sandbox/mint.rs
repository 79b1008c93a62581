//! Tokens, and the HS256 signature of ID tokens.
//!
//! Every token is a MAC over a counter under a key drawn at the start: unguessable, never twice the same, and no
//! request can fail for want of random bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Consonants only, so that a user code spells no word (RFC 8628 §6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

#[derive(Clone)]
pub(super) struct Mint {
    key: [u8; 32],
    count: u64,
}

impl Mint {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key, count: 0 }
    }

    fn draw(&mut self) -> [u8; 32] {
        self.count += 1;
        hmac(&self.key, &self.count.to_be_bytes())
    }

    /// A token that can be recognised by its `prefix`.
    pub(super) fn token(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(self.draw()))
    }

    /// A user code such as `WDJB-MJHT`.
    pub(super) fn user_code(&mut self) -> String {
        let bytes = self.draw();
        let letter = |byte: &u8| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
        let half = |bytes: &[u8]| bytes.iter().map(letter).collect::<String>();
        format!("{}-{}", half(&bytes[..4]), half(&bytes[4..8]))
    }

    /// `claims` as a JWT signed with HS256 under the client's secret, or under a key of our own for a client that has
    /// none (RFC 7515; OIDC Core §2).
    pub(super) fn id_token(&self, claims: &Value, secret: Option<&str>) -> String {
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let head = encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", encode(claims.to_string().as_bytes()));
        let key = secret.map_or(&self.key[..], str::as_bytes);
        let signature = encode(&hmac(key, signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

impl Mint {
    /// The claims of a JWT that [`Self::id_token`] has made under the key of our own.
    pub(super) fn verified(&self, jwt: &str) -> Option<Value> {
        let (signed, signature) = jwt.rsplit_once('.')?;
        let right = URL_SAFE_NO_PAD.encode(hmac(&self.key, signed.as_bytes())) == signature;
        let (_, claims) = signed.split_once('.').filter(|_| right)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length (RFC 2104 §2); the error belongs to other MACs.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("every key length fits HMAC");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// BASE64URL(SHA256(text)): the S256 challenge of a verifier (RFC 7636 §4.2).
pub(super) fn s256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// Sixteen characters that tell values apart without giving them away.
pub(super) fn fingerprint(text: &str) -> String {
    s256(text).chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let challenge = s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn id_tokens_are_signed_with_hs256() {
        // Made with another implementation: Python's hmac and hashlib.
        let token = Mint::new([7; 32]).id_token(&serde_json::json!({"sub": "alice"}), Some("secret"));
        let signature = token.rsplit('.').next().unwrap();
        assert_eq!(signature, "c3brGQkxoiCgrl5LGiV0go9qgN0MtrdnDBCCfJ45f_Q");
    }

    #[test]
    fn no_token_comes_twice() {
        let mut mint = Mint::new([7; 32]);
        let (first, second) = (mint.token("demo_at_"), mint.token("demo_at_"));
        assert_ne!(first, second);
        assert!(first.starts_with("demo_at_") && first.len() == 8 + 43);
        assert_eq!(mint.user_code().len(), 9);
    }
}

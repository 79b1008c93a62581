//! Private keys, and what is signed with them (RFC 7515, RFC 7519): assertions and proofs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::model::{Secret, Timestamp};

/// Seconds an assertion is good for. It is used at once.
const LIFE: u64 = 300;
/// Seconds it is dated back, for a server whose clock is behind.
const BACK: i64 = 5;

/// A private key that signs.
pub(crate) enum SigningKey {
    Rsa(Box<RsaKeyPair>),
    Ec { pair: EcdsaKeyPair, algorithm: &'static str },
    Ed25519(Ed25519KeyPair),
}

/// Why a text is not taken as a private key. Nothing of the text is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("it holds no private key in PEM form")]
    NoPem,
    #[error("its key is encrypted")]
    Encrypted,
    #[error("its key is in the older form of EC keys (SEC 1)")]
    Sec1,
    #[error("its key is not one of RSA (2048 bits or more), P-256, P-384 or Ed25519")]
    Unknown,
}

/// Whether a client's secret is a private key, which then proves who the client is and is never sent.
pub(crate) fn is_private_key(secret: &Secret) -> bool {
    pem(secret.expose()).is_some()
}

impl SigningKey {
    /// Reads a key in PEM form: PKCS#8, or PKCS#1 for RSA.
    pub(crate) fn from_pem(text: &Secret) -> Result<Self, KeyError> {
        let (kind, der) = pem(text.expose()).ok_or(KeyError::NoPem)?;
        match kind {
            "PRIVATE KEY" => Self::from_pkcs8(&der),
            "RSA PRIVATE KEY" if text.expose().contains("ENCRYPTED") => Err(KeyError::Encrypted),
            "RSA PRIVATE KEY" => {
                RsaKeyPair::from_der(&der).map(|pair| Self::Rsa(Box::new(pair))).map_err(|_| KeyError::Unknown)
            }
            "EC PRIVATE KEY" => Err(KeyError::Sec1),
            "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
            _ => Err(KeyError::NoPem),
        }
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Ok(Self::Rsa(Box::new(pair)));
        }
        let random = SystemRandom::new();
        for (curve, algorithm) in
            [(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256"), (&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384")]
        {
            if let Ok(pair) = EcdsaKeyPair::from_pkcs8(curve, der, &random) {
                return Ok(Self::Ec { pair, algorithm });
            }
        }
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Self::Ed25519).map_err(|_| KeyError::Unknown)
    }

    /// The `alg` of what it signs (RFC 7518 §3.1).
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec { algorithm, .. } => algorithm,
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// A signed JWT. `header` is what it has besides `alg`.
    pub(crate) fn sign(&self, header: Map<String, Value>, claims: &Map<String, Value>) -> Secret {
        let mut whole = json!({"alg": self.algorithm()});
        whole.as_object_mut().expect("it is an object").extend(header);
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&whole), encode(&Value::Object(claims.clone())));
        let signature = URL_SAFE_NO_PAD.encode(self.signature(signed.as_bytes()));
        Secret::new(format!("{signed}.{signature}"))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        const REASON: &str = "the operating system gives random bytes";
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect(REASON);
                signature
            }
            Self::Ec { pair, .. } => pair.sign(&random, message).expect(REASON).as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// The point of an EC key, uncompressed (SEC 1 §2.3.3).
    pub(super) fn point(&self) -> Option<&[u8]> {
        match self {
            Self::Ec { pair, .. } => Some(pair.public_key().as_ref()),
            _ => None,
        }
    }
}

/// What an assertion says (RFC 7523 §3).
pub(crate) struct Assertion<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) key_id: Option<&'a str>,
    /// Google reads the scope out of the assertion.
    pub(crate) scope: Option<&'a str>,
}

impl Assertion<'_> {
    pub(crate) fn sign(&self, key: &SigningKey, now: Timestamp) -> Secret {
        let mut claims = json!({
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.audience,
            "iat": now.0 - BACK,
            "exp": now.plus(LIFE).0,
            "jti": identifier(),
        });
        if let Some(scope) = self.scope {
            claims["scope"] = scope.into();
        }
        let mut header = json!({"typ": "JWT"});
        if let Some(id) = self.key_id {
            header["kid"] = id.into();
        }
        key.sign(object(header), &object(claims))
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// 128 random bits as text (RFC 7519 §4.1.7).
pub(super) fn identifier() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The first block of a PEM text that is a private key, with its label (RFC 7468).
fn pem(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once("-----END ")?;
        if label.ends_with("PRIVATE KEY") {
            // Headers of the older form stand in front of the base64, and have a colon.
            let lines = body.lines().map(str::trim).filter(|line| !line.contains(':'));
            let coded = Zeroizing::new(lines.collect::<String>());
            let der = STANDARD.decode(coded.as_str()).map(Zeroizing::new);
            return Some((label, der.unwrap_or_default()));
        }
        rest = after;
    }
}

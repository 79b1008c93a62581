//! The master key: 32 random bytes, and the name by which a store knows which key it was sealed with.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::model::Secret;

/// The length of a master key, in bytes.
const LENGTH: usize = 32;

/// A master key. It lives in a keyring, a file or the environment, never in the store.
#[derive(Clone)]
pub(crate) struct MasterKey {
    bytes: Zeroizing<[u8; LENGTH]>,
    id: String,
}

/// The text is not a master key. Says nothing of the text itself.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a master key is 32 bytes in base64, 44 characters")]
pub(crate) struct NotAKey;

impl MasterKey {
    /// A new key from the operating system's random source.
    pub(crate) fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::fill(bytes.as_mut()).expect("the operating system gives random bytes");
        Self::from_bytes(*bytes)
    }

    /// Reads a key from base64 (RFC 4648 §4), with or without white space around it.
    pub(crate) fn parse(text: &Secret) -> Result<Self, NotAKey> {
        let decoded = Zeroizing::new(STANDARD.decode(text.expose().trim()).map_err(|_| NotAKey)?);
        let bytes = <[u8; LENGTH]>::try_from(decoded.as_slice()).map_err(|_| NotAKey)?;
        Ok(Self::from_bytes(bytes))
    }

    /// The key in base64, the form in which it is kept.
    pub(crate) fn encode(&self) -> Secret {
        Secret::new(STANDARD.encode(self.bytes.as_ref()))
    }

    /// A name for the key that does not help to find it: another key has another name.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    pub(super) fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        let mut id = [0; 8];
        Hkdf::<Sha256>::new(None, &bytes)
            .expand(b"oauth/v1/key-id", &mut id)
            .expect("8 bytes are a valid length for HKDF-SHA-256");
        Self { bytes: Zeroizing::new(bytes), id: hex(&id) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A random name of 128 bits, in hexadecimal.
pub(crate) fn random_id() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    hex(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_written_form() {
        let key = MasterKey::generate();
        let again = MasterKey::parse(&Secret::new(format!("  {}\n", key.encode().expose()))).unwrap();
        assert_eq!((key.bytes(), key.id()), (again.bytes(), again.id()));
        assert_ne!(key.id(), MasterKey::generate().id());
    }

    #[test]
    fn what_is_not_32_bytes_in_base64_is_no_key() {
        let short = STANDARD.encode([0; 31]);
        let long = STANDARD.encode([0; 33]);
        for text in ["", "secret", &short, &long, "*****", "AAAA\nAAAA"] {
            assert_eq!(MasterKey::parse(&Secret::new(text)).unwrap_err(), NotAKey, "{text:?}");
        }
    }

    #[test]
    fn a_random_name_is_128_bits_in_hexadecimal() {
        let (one, two) = (random_id(), random_id());
        assert!(one.len() == 32 && one.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{one}");
        assert_ne!(one, two);
    }

    #[test]
    fn debug_output_names_the_key_only() {
        let key = MasterKey::from_bytes([7; 32]);
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
    }
}

//! Sealing: XChaCha20-Poly1305 with a random 24-byte nonce, under a sub-key of the master key.
//!
//! The associated data names everything that decides where a secret may go. A sealed blob that was moved to another
//! row, field or store, or whose row was edited to point at another endpoint, does not open.
//!
//! A blob is `version (1) | nonce (24) | ciphertext and tag`. The plain text is padded to steps of 256 bytes, so that
//! the length of a blob says little about the token in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::MasterKey;
use crate::model::Secret;

/// The format of blob and associated data; both change together.
const VERSION: u8 = 1;
const NONCE: usize = 24;
const STEP: usize = 256;
/// The length of the text stands in front of it, in this many bytes.
const LENGTH: usize = 4;

/// What a sealed blob is bound to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding<'a> {
    /// `credentials` or `clients`.
    pub(super) table: &'a str,
    pub(super) row: &'a str,
    pub(super) field: &'a str,
    pub(super) tenant: &'a str,
    pub(super) provider: &'a str,
    pub(super) account: &'a str,
    /// The row's copy of issuer, endpoints and hosts: the JSON text exactly as it is stored.
    pub(super) server: &'a str,
    pub(super) client_id: &'a str,
    pub(super) generation: i64,
}

/// A master key at work in one store.
#[derive(Clone)]
pub(crate) struct Seal {
    cipher: XChaCha20Poly1305,
    sub_key: Zeroizing<[u8; 32]>,
    store_id: String,
    key_id: String,
}

/// A blob that does not open: cut, altered, moved, or sealed for another row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl Seal {
    pub(super) fn new(key: &MasterKey, store_id: &str) -> Self {
        let mut sub_key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(store_id.as_bytes()), key.bytes())
            .expand(b"oauth/v1/seal", sub_key.as_mut())
            .expect("32 bytes are a valid length for HKDF-SHA-256");
        Self::over(sub_key, store_id, key.id())
    }

    fn over(sub_key: Zeroizing<[u8; 32]>, store_id: &str, key_id: &str) -> Self {
        let cipher = XChaCha20Poly1305::new(&Key::from(*sub_key));
        Self { cipher, sub_key, store_id: store_id.to_owned(), key_id: key_id.to_owned() }
    }

    /// The seal as one line of text, for a process of ours that works on this store. It opens this store only.
    pub(crate) fn hand_over(&self) -> Secret {
        Secret::new(format!("{} {} {}", self.store_id, self.key_id, STANDARD.encode(self.sub_key.as_ref())))
    }

    /// The seal that another process of ours handed over.
    pub(crate) fn taken_over(text: &Secret) -> Option<Self> {
        let mut parts = text.expose().split(' ');
        let (store_id, key_id, sub_key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = Zeroizing::new(STANDARD.decode(sub_key).ok()?);
        Some(Self::over(Zeroizing::new(bytes.as_slice().try_into().ok()?), store_id, key_id))
    }

    /// The key of the record of events.
    pub(super) fn audit_key(&self) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.sub_key.as_ref())
            .expand(b"oauth/v1/audit", key.as_mut())
            .expect("32 bytes are a valid length for HKDF-SHA-256");
        key
    }

    /// Names the master key that this seal was made with.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn close(&self, secret: &Secret, binding: &Binding<'_>) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
        let payload = Payload { msg: &padded(secret.expose()), aad: &self.associated_data(binding) };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).expect("a token is shorter than 256 GiB");
        [&[VERSION][..], &nonce, &sealed].concat()
    }

    pub(super) fn open(&self, blob: &[u8], binding: &Binding<'_>) -> Result<Secret, Broken> {
        let (&VERSION, rest) = blob.split_first().ok_or(Broken)? else { return Err(Broken) };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Broken)?;
        let payload = Payload { msg: sealed, aad: &self.associated_data(binding) };
        let plain = Zeroizing::new(self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| Broken)?);
        unpadded(&plain).map(Secret::new).ok_or(Broken)
    }

    fn associated_data(&self, binding: &Binding<'_>) -> Vec<u8> {
        let generation = binding.generation.to_string();
        let parts: [&str; 12] = [
            "oauth/seal/1",
            &self.store_id,
            binding.table,
            binding.row,
            binding.field,
            binding.tenant,
            binding.provider,
            binding.account,
            binding.server,
            binding.client_id,
            &generation,
            &self.key_id,
        ];
        framed(parts.map(str::as_bytes))
    }
}

/// Every part with its length in front, so that no two lists ever give the same bytes.
pub(super) fn framed<const COUNT: usize>(parts: [&[u8]; COUNT]) -> Vec<u8> {
    let mut data = Vec::new();
    for part in parts {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}

fn padded(text: &str) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(text.len()).expect("a token is shorter than 4 GiB");
    let mut plain = Zeroizing::new(Vec::with_capacity((LENGTH + text.len()).next_multiple_of(STEP)));
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(text.as_bytes());
    plain.resize((LENGTH + text.len()).next_multiple_of(STEP), 0);
    plain
}

fn unpadded(plain: &[u8]) -> Option<&str> {
    let (length, rest) = plain.split_first_chunk::<LENGTH>()?;
    let text = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        Seal::new(&MasterKey::from_bytes([7; 32]), "store")
    }

    const HOME: Binding<'_> = Binding {
        table: "credentials",
        row: "r1",
        field: "refresh_token",
        tenant: "default",
        provider: "google",
        account: "alice",
        server: r#"{"token_endpoint":"https://a/token"}"#,
        client_id: "client",
        generation: 3,
    };

    const GOLDEN_EMPTY: &str = include_str!("../../tests/golden/seal-1/empty.b64");
    const GOLDEN_TOKEN: &str = include_str!("../../tests/golden/seal-1/token.b64");
    const GOLDEN_LONG: &str = include_str!("../../tests/golden/seal-1/long.b64");

    #[test]
    fn what_was_sealed_opens_again() {
        for text in ["", "t", &"x".repeat(252), &"y".repeat(253), &"z".repeat(65_536)] {
            let blob = seal().close(&Secret::new(text), &HOME);
            assert_eq!(seal().open(&blob, &HOME).unwrap().expose(), text);
            assert_eq!((blob.len() - 1 - NONCE - 16) % STEP, 0);
        }
    }

    #[test]
    fn a_seal_that_was_handed_over_opens_the_same() {
        let blob = seal().close(&Secret::new("canary"), &HOME);
        let other = Seal::taken_over(&seal().hand_over()).unwrap();
        assert_eq!(other.open(&blob, &HOME).unwrap().expose(), "canary");
        assert_eq!(other.key_id(), seal().key_id());
        for text in ["", "store", "store key", "store key !", "store key AAAA"] {
            assert!(Seal::taken_over(&Secret::new(text)).is_none(), "{text:?}");
        }
    }

    /// Both last as long as a store: another value would make every record of events, and every store, look foreign.
    #[test]
    fn the_key_of_the_record_and_the_name_of_the_key_never_change() {
        let key = MasterKey::from_bytes([7; 32]);
        assert_eq!(seal().key_id(), key.id());
        assert_eq!(STANDARD.encode(seal().audit_key().as_ref()), "redGWS5E9stZar+kLEi/s4ozL4GQWSwK95F8bed/sCs=");
        assert_ne!(*Seal::new(&key, "other").audit_key(), *seal().audit_key());
        assert_ne!(*seal().audit_key(), *seal().sub_key);
    }

    #[test]
    fn a_blob_opens_in_its_own_place_only() {
        let blob = seal().close(&Secret::new("canary"), &HOME);
        let elsewhere = [
            Binding { table: "clients", ..HOME },
            Binding { row: "r2", ..HOME },
            Binding { field: "access_token", ..HOME },
            Binding { tenant: "work", ..HOME },
            Binding { provider: "github", ..HOME },
            Binding { account: "bob", ..HOME },
            Binding { server: r#"{"token_endpoint":"https://evil/token"}"#, ..HOME },
            Binding { client_id: "other", ..HOME },
            Binding { generation: 2, ..HOME },
            // The same characters with another border between two parts.
            Binding { row: "r1r", field: "efresh_token", ..HOME },
        ];
        for binding in &elsewhere {
            assert_eq!(seal().open(&blob, binding).unwrap_err(), Broken, "{binding:?}");
        }
        let other_store = Seal::new(&MasterKey::from_bytes([7; 32]), "other");
        assert_eq!(other_store.open(&blob, &HOME).unwrap_err(), Broken);
        let other_key = Seal::new(&MasterKey::from_bytes([8; 32]), "store");
        assert_eq!(other_key.open(&blob, &HOME).unwrap_err(), Broken);
    }

    #[test]
    fn every_altered_or_missing_byte_is_noticed() {
        let blob = seal().close(&Secret::new("canary"), &HOME);
        for at in 0..blob.len() {
            let mut altered = blob.clone();
            altered[at] ^= 1;
            assert!(seal().open(&altered, &HOME).is_err(), "byte {at} altered");
            assert!(seal().open(&blob[..at], &HOME).is_err(), "cut at {at}");
        }
    }

    /// Sealed once and for all: what was stored by an earlier version opens in every later one.
    #[test]
    fn blobs_of_the_first_version_open() {
        for (text, blob) in [("", GOLDEN_EMPTY), ("golden-token", GOLDEN_TOKEN)] {
            let blob = STANDARD.decode(blob.trim_end()).unwrap();
            assert_eq!(seal().open(&blob, &HOME).unwrap().expose(), text);
            assert!(seal().open(&blob, &Binding { generation: 4, ..HOME }).is_err());
        }
        let long = STANDARD.decode(GOLDEN_LONG.trim_end()).unwrap();
        assert_eq!(seal().open(&long, &HOME).unwrap().expose(), "0123456789".repeat(30));
    }

    /// Project Wycheproof's vectors, those of plain ChaCha20-Poly1305 too, on which the longer nonce stands.
    #[test]
    fn the_cipher_agrees_with_the_vectors_of_wycheproof() {
        use wycheproof::aead::{TestName, TestSet};
        let checked = |name, nonce| {
            let set = TestSet::load(name).unwrap();
            let groups = set.test_groups.into_iter().flat_map(|group| group.tests);
            let (mut good, mut bad) = (0, 0);
            for test in groups {
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                let payload = Payload { msg: &sealed, aad: &test.aad };
                let key: [u8; 32] = test.key[..].try_into().unwrap();
                let opened = if test.nonce.len() != nonce {
                    None
                } else if nonce == NONCE {
                    let nonce: [u8; NONCE] = test.nonce[..].try_into().unwrap();
                    XChaCha20Poly1305::new(&key.into()).decrypt(&nonce.into(), payload).ok()
                } else {
                    let nonce: [u8; 12] = test.nonce[..].try_into().unwrap();
                    chacha20poly1305::ChaCha20Poly1305::new(&key.into()).decrypt(&nonce.into(), payload).ok()
                };
                if test.result == wycheproof::TestResult::Invalid {
                    bad += 1;
                    assert!(opened.is_none(), "{name:?} {}: {}", test.tc_id, test.comment);
                } else {
                    good += 1;
                    assert_eq!(opened.as_deref(), Some(&test.pt[..]), "{name:?} {}: {}", test.tc_id, test.comment);
                }
            }
            (good, bad)
        };
        assert_eq!(checked(TestName::XChaCha20Poly1305, NONCE), (246, 69));
        assert_eq!(checked(TestName::ChaCha20Poly1305, 12), (256, 69));
    }

    #[test]
    fn no_nonce_comes_twice() {
        let nonces = (0..4096).map(|_| seal().close(&Secret::new("x"), &HOME)[1..=NONCE].to_vec());
        assert_eq!(nonces.collect::<std::collections::BTreeSet<_>>().len(), 4096);
    }

    #[test]
    fn the_plain_text_and_a_repeated_nonce_are_nowhere() {
        let one = seal().close(&Secret::new("canary-canary"), &HOME);
        let two = seal().close(&Secret::new("canary-canary"), &HOME);
        assert!(!one.windows(6).any(|bytes| bytes == b"canary"));
        assert_ne!(one[1..=NONCE], two[1..=NONCE]);
    }
}

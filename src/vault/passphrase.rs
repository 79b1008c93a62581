//! A master key wrapped under a passphrase: the key lies in the store, and only the passphrase opens it.
//!
//! Argon2id (RFC 9106) makes 64 bytes of the passphrase and a random salt: one half seals the key with
//! XChaCha20-Poly1305, the other is the key of an HMAC over all of it, which is looked at first. A Poly1305 tag alone
//! fits more than one key, and would let somebody who can offer wrapped keys try many passphrases at once.
//!
//! `version (1) | memory in KiB (4) | passes (4) | lanes (4) | salt (16) | nonce (24) | sealed key (48) | HMAC (32)`

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::MasterKey;
use crate::model::Secret;

const VERSION: u8 = 1;
/// What new keys are wrapped with: 64 MiB, three passes, four lanes (RFC 9106 §4, the second recommended choice).
const COST: Cost = Cost { memory: 64 << 10, passes: 3, lanes: 4 };
/// A wrapped key that asks for more than this is not opened: 1 GiB, and as many passes and lanes.
const DEAREST: Cost = Cost { memory: 1 << 20, passes: 16, lanes: 16 };
const SALT: usize = 16;
const NONCE: usize = 24;
const TAG: usize = 32;
/// The length of all of it.
const LENGTH: usize = 1 + 12 + SALT + NONCE + 32 + 16 + TAG;

/// What it costs to try one passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// It is no wrapped key, or the passphrase is another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

/// Wraps a key under a passphrase.
pub(super) fn wrap(key: &MasterKey, passphrase: &Secret) -> Vec<u8> {
    wrap_at(COST, key, passphrase)
}

fn wrap_at(cost: Cost, key: &MasterKey, passphrase: &Secret) -> Vec<u8> {
    let mut random = [0; SALT + NONCE];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    let (salt, nonce) = random.split_at(SALT);
    let keys = keys(cost, passphrase, salt).expect("our own cost is a valid one");
    let nonce: [u8; NONCE] = nonce.try_into().expect("the rest of it");
    let sealed = keys.cipher().encrypt(&XNonce::from(nonce), key.bytes()).expect("32 bytes can be sealed");
    let mut wrapped = vec![VERSION];
    for number in [cost.memory, cost.passes, cost.lanes] {
        wrapped.extend(number.to_be_bytes());
    }
    wrapped.extend([salt, &nonce, &sealed].concat());
    let tag = keys.mac().chain_update(&wrapped).finalize().into_bytes();
    wrapped.extend(tag);
    wrapped
}

/// Opens a wrapped key.
pub(super) fn unwrap(wrapped: &[u8], passphrase: &Secret) -> Result<MasterKey, Refused> {
    if wrapped.len() != LENGTH || wrapped[0] != VERSION {
        return Err(Refused);
    }
    let number = |at: usize| u32::from_be_bytes([wrapped[at], wrapped[at + 1], wrapped[at + 2], wrapped[at + 3]]);
    let cost = Cost { memory: number(1), passes: number(5), lanes: number(9) };
    if cost.memory > DEAREST.memory || cost.passes > DEAREST.passes || cost.lanes > DEAREST.lanes {
        return Err(Refused);
    }
    let (body, tag) = wrapped.split_at(LENGTH - TAG);
    let (salt, rest) = body[13..].split_at(SALT);
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Refused)?;
    let keys = keys(cost, passphrase, salt).ok_or(Refused)?;
    keys.mac().chain_update(body).verify_slice(tag).map_err(|_| Refused)?;
    let key = Zeroizing::new(keys.cipher().decrypt(&XNonce::from(*nonce), sealed).map_err(|_| Refused)?);
    Ok(MasterKey::from_bytes(key.as_slice().try_into().map_err(|_| Refused)?))
}

/// What is made of a passphrase.
struct Keys(Zeroizing<[u8; 64]>);

impl Keys {
    fn cipher(&self) -> XChaCha20Poly1305 {
        let half: [u8; 32] = self.0[..32].try_into().expect("the first half");
        XChaCha20Poly1305::new(&Key::from(half))
    }

    fn mac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0[32..]).expect("HMAC takes a key of any length")
    }
}

fn keys(cost: Cost, passphrase: &Secret, salt: &[u8]) -> Option<Keys> {
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(64)).ok()?;
    let mut keys = Zeroizing::new([0; 64]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(passphrase.expose().as_bytes(), salt, keys.as_mut()).ok()?;
    Some(Keys(keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };

    #[test]
    fn a_wrapped_key_opens_with_its_passphrase_and_no_other() {
        let (key, passphrase) = (MasterKey::generate(), Secret::new("correct horse"));
        let wrapped = wrap_at(CHEAP, &key, &passphrase);
        assert_eq!(unwrap(&wrapped, &passphrase).unwrap().id(), key.id());
        for other in ["", "correct hors", "Correct horse"] {
            assert_eq!(unwrap(&wrapped, &Secret::new(other)).unwrap_err(), Refused);
        }
        assert_ne!(wrapped, wrap_at(CHEAP, &key, &passphrase));
    }

    #[test]
    fn every_altered_or_missing_byte_is_noticed() {
        let (key, passphrase) = (MasterKey::generate(), Secret::new("x"));
        let wrapped = wrap_at(CHEAP, &key, &passphrase);
        for at in 0..wrapped.len() {
            // A cost that was made dear is refused before it is paid; the bytes of a cheap one are looked at here.
            if (1..13).contains(&at) {
                continue;
            }
            let mut altered = wrapped.clone();
            altered[at] ^= 1;
            assert!(unwrap(&altered, &passphrase).is_err(), "byte {at} altered");
        }
        for at in 0..wrapped.len() {
            assert!(unwrap(&wrapped[..at], &passphrase).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_that_would_cost_the_whole_machine_is_refused_at_once() {
        let passphrase = Secret::new("x");
        let wrapped = wrap_at(CHEAP, &MasterKey::generate(), &passphrase);
        for at in [1, 5, 9] {
            let mut dear = wrapped.clone();
            dear[at] = 0xff;
            assert!(unwrap(&dear, &passphrase).is_err());
        }
    }
}

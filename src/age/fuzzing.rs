//! What must hold of any file that is given to be opened.

use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroizing;

use super::{Identity, Lock, Opener, Recipient, decrypt, encrypt};
use crate::model::Secret;

const PRIVATE: [u8; 32] = [9; 32];

/// What opens is shorter than its file, and a file that differs from a good one by these bytes does not open. A
/// passphrase is left out: to try one costs a second.
pub(crate) fn file(data: &[u8]) {
    let opener = Opener::Identities(vec![Identity(Zeroizing::new(PRIVATE))]);
    if let Ok(plain) = decrypt(data, &opener) {
        assert!(plain.len() < data.len());
    }
    if let Ok(keys) = std::str::from_utf8(data).map(|text| Identity::parse_file(&Secret::new(text))) {
        assert!(!keys.is_ok_and(|keys| keys.is_empty()), "no key is no key file");
    }
    let recipient = Recipient(x25519(PRIVATE, X25519_BASEPOINT_BYTES));
    let good = encrypt(b"canary", &Lock::Recipients(vec![recipient]));
    let changed: Vec<u8> =
        good.iter().zip(data.iter().chain(std::iter::repeat(&0))).map(|(own, change)| own ^ change).collect();
    let opened = decrypt(&changed, &opener);
    assert_eq!(opened.is_ok(), changed == good, "a change went unnoticed");
}

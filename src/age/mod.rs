//! Files in the format of age (age-encryption.org/v1, C2SP's `age.md`), for backups: whole, in memory.
//!
//! A file is made for X25519 recipients or for one passphrase, and is opened by any program that knows the format.
//! Nothing of a file is given out before all of it was found to be genuine.

mod armor;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod header;
mod stream;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};
use zeroize::Zeroizing;

pub(crate) use armor::armored;

use crate::model::Secret;
use header::{Header, Stanza, unpadded_base64};

/// The cost of a passphrase, as a power of two: about a second. It is what age itself takes.
const WORK_FACTOR: u8 = 18;
/// A file that wants more than this is refused: it would cost minutes and gigabytes, and may be made to.
const HIGHEST_WORK_FACTOR: u8 = 22;
const FILE_KEY: usize = 16;
/// A file key sealed in a stanza.
const WRAPPED: usize = FILE_KEY + 16;
const SCRYPT: &str = "scrypt";
const X25519: &str = "X25519";

/// A public key that a file can be made for: `age1…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient([u8; 32]);

/// A private key: `AGE-SECRET-KEY-1…`.
#[derive(Clone)]
pub(crate) struct Identity(Zeroizing<[u8; 32]>);

/// Whom a file is made for.
pub(crate) enum Lock {
    Recipients(Vec<Recipient>),
    Passphrase(Secret),
}

/// What a file is opened with.
pub(crate) enum Opener {
    Identities(Vec<Identity>),
    Passphrase(Secret),
}

/// Why a file is not opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("it is no age file")]
    NotAge,
    /// A file in letters that are not in their form, or with something around it.
    #[error("its letters are damaged, or cut off")]
    Armor,
    /// The header is not as the format wants it, or was altered.
    #[error("its header is damaged")]
    Header,
    /// Cut off, altered, or with something after its end.
    #[error("it is damaged, or cut off")]
    Payload,
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    #[error("it was made for other recipients")]
    NoMatch,
    #[error("it opens with a passphrase")]
    WantsPassphrase,
    #[error("it opens with the private key of a recipient")]
    WantsIdentity,
    #[error("its passphrase costs too much to try (2^{0} where 2^{HIGHEST_WORK_FACTOR} is the most)")]
    TooCostly(u8),
}

/// A text that is no key of its kind.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not {0}")]
pub(crate) struct NotAKey(&'static str);

impl Recipient {
    pub(crate) fn parse(text: &str) -> Result<Self, NotAKey> {
        key_bytes(text, "age").map(Self).ok_or(NotAKey("an age recipient (age1…, as age-keygen prints it)"))
    }

    fn wrap(&self, file_key: &[u8; FILE_KEY]) -> Stanza {
        let ephemeral = Zeroizing::new(random::<32>());
        let share = x25519(*ephemeral, X25519_BASEPOINT_BYTES);
        let key = x25519_wrap_key(&x25519(*ephemeral, self.0), &share, &self.0);
        Stanza { words: vec![X25519.into(), unpadded_base64(&share)], body: seal(&key, file_key) }
    }
}

impl Identity {
    /// The identities of a key file, as age-keygen writes it: a line each, with comments between them.
    pub(crate) fn parse_file(text: &Secret) -> Result<Vec<Self>, NotAKey> {
        let lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let found: Option<Vec<_>> =
            lines.map(|line| key_bytes(line, "age-secret-key-").map(Zeroizing::new).map(Self)).collect();
        found.filter(|found| !found.is_empty()).ok_or(NotAKey("an age identity (AGE-SECRET-KEY-1…)"))
    }

    /// The file key, when this stanza was made for this identity.
    fn unwrap(&self, stanza: &Stanza) -> Result<Option<FileKey>, Error> {
        let [_, share] = stanza.words.as_slice() else { return Err(Error::Header) };
        let share: [u8; 32] =
            header::base64_bytes(share).and_then(|bytes| bytes.try_into().ok()).ok_or(Error::Header)?;
        if stanza.body.len() != WRAPPED {
            return Err(Error::Header);
        }
        let shared = Zeroizing::new(x25519(*self.0, share));
        if shared.iter().all(|byte| *byte == 0) {
            return Err(Error::Header); // a point of low order: whoever made it knows the key
        }
        let own = x25519(*self.0, X25519_BASEPOINT_BYTES);
        Ok(open(&x25519_wrap_key(&shared, &share, &own), &stanza.body))
    }
}

type FileKey = Zeroizing<[u8; FILE_KEY]>;

/// Makes a file.
pub(crate) fn encrypt(plain: &[u8], lock: &Lock) -> Vec<u8> {
    encrypt_at(plain, lock, WORK_FACTOR)
}

fn encrypt_at(plain: &[u8], lock: &Lock, work_factor: u8) -> Vec<u8> {
    let file_key = Zeroizing::new(random::<FILE_KEY>());
    let stanzas = match lock {
        Lock::Recipients(recipients) => recipients.iter().map(|one| one.wrap(&file_key)).collect(),
        Lock::Passphrase(passphrase) => {
            let salt = random::<16>();
            let key = scrypt_wrap_key(passphrase, &salt, work_factor);
            let words = vec![SCRYPT.into(), unpadded_base64(&salt), work_factor.to_string()];
            vec![Stanza { words, body: seal(&key, &file_key) }]
        }
    };
    let mut file = header::write(&stanzas, &*file_key);
    file.extend(stream::encrypt(plain, &*file_key));
    file
}

/// Whether it is a file of this format that opens with private keys, or else with a passphrase, as far as can be seen
/// without them: nobody is asked for what would not help.
pub(crate) fn check(file: &[u8], by_identities: bool) -> Result<(), Error> {
    let unarmored = armor::unarmored(file).transpose()?;
    let (header, _) = Header::read(unarmored.as_deref().unwrap_or(file))?;
    if by_identities { of_recipients(&header) } else { of_passphrase(&header) }
}

/// Opens a file, all of it, in letters or not.
pub(crate) fn decrypt(file: &[u8], opener: &Opener) -> Result<Zeroizing<Vec<u8>>, Error> {
    let unarmored = armor::unarmored(file).transpose()?;
    let (header, payload) = Header::read(unarmored.as_deref().unwrap_or(file))?;
    let file_key = match opener {
        Opener::Passphrase(passphrase) => with_passphrase(&header, passphrase)?,
        Opener::Identities(identities) => with_identities(&header, identities)?,
    };
    header.check(&*file_key)?;
    stream::decrypt(payload, &*file_key)
}

fn of_passphrase(header: &Header<'_>) -> Result<(), Error> {
    if has_passphrase(header) { Ok(()) } else { Err(Error::WantsIdentity) }
}

fn of_recipients(header: &Header<'_>) -> Result<(), Error> {
    match header.stanzas.len() {
        _ if !has_passphrase(header) => Ok(()),
        1 => Err(Error::WantsPassphrase),
        _ => Err(Error::Header),
    }
}

fn has_passphrase(header: &Header<'_>) -> bool {
    header.stanzas.iter().any(|stanza| stanza.words[0] == SCRYPT)
}

fn with_passphrase(header: &Header<'_>, passphrase: &Secret) -> Result<FileKey, Error> {
    of_passphrase(header)?;
    // A passphrase stands alone, so that only who knows it can have made the file.
    let [stanza] = header.stanzas.as_slice() else { return Err(Error::Header) };
    let [_, salt, work_factor] = stanza.words.as_slice() else { return Err(Error::Header) };
    let salt: [u8; 16] = header::base64_bytes(salt).and_then(|bytes| bytes.try_into().ok()).ok_or(Error::Header)?;
    if stanza.body.len() != WRAPPED {
        return Err(Error::Header);
    }
    let work_factor = bearable(work_factor)?;
    open(&scrypt_wrap_key(passphrase, &salt, work_factor), &stanza.body).ok_or(Error::WrongPassphrase)
}

/// The cost that a header asks for, where this program pays it.
fn bearable(work_factor: &str) -> Result<u8, Error> {
    let plain = work_factor.bytes().all(|byte| byte.is_ascii_digit()) && !work_factor.starts_with('0');
    let work_factor = work_factor.parse().ok().filter(|_| plain).ok_or(Error::Header)?;
    if work_factor > HIGHEST_WORK_FACTOR { Err(Error::TooCostly(work_factor)) } else { Ok(work_factor) }
}

fn with_identities(header: &Header<'_>, identities: &[Identity]) -> Result<FileKey, Error> {
    of_recipients(header)?;
    for stanza in header.stanzas.iter().filter(|stanza| stanza.words[0] == X25519) {
        for identity in identities {
            if let Some(key) = identity.unwrap(stanza)? {
                return Ok(key);
            }
        }
    }
    Err(Error::NoMatch)
}

fn x25519_wrap_key(shared: &[u8; 32], share: &[u8; 32], recipient: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    derived(shared, &[&share[..], recipient].concat(), b"age-encryption.org/v1/X25519")
}

fn scrypt_wrap_key(passphrase: &Secret, salt: &[u8; 16], work_factor: u8) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let salt = [&b"age-encryption.org/v1/scrypt"[..], salt].concat();
    let cost = scrypt::Params::new(work_factor, 8, 1).expect("a work factor of 1 to 22 is one");
    scrypt::scrypt(passphrase.expose().as_bytes(), &salt, &cost, key.as_mut()).expect("32 bytes are a valid length");
    key
}

/// HKDF-SHA-256, 32 bytes.
fn derived(secret: &[u8], salt: &[u8], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret).expand(label, key.as_mut()).expect("32 bytes are a valid length");
    key
}

/// A wrapping key is used once, so its nonce is zero.
fn seal(key: &[u8; 32], file_key: &[u8; FILE_KEY]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(&Key::from(*key));
    cipher.encrypt(&Nonce::default(), file_key.as_slice()).expect("16 bytes are short")
}

fn open(key: &[u8; 32], body: &[u8]) -> Option<FileKey> {
    let cipher = ChaCha20Poly1305::new(&Key::from(*key));
    let plain = Zeroizing::new(cipher.decrypt(&Nonce::default(), body).ok()?);
    plain.as_slice().try_into().ok().map(Zeroizing::new)
}

fn key_bytes(text: &str, prefix: &str) -> Option<[u8; 32]> {
    let parsed = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let expected = Hrp::parse(prefix).ok()?;
    // Upper and lower case are the same prefix to Bech32; age writes private keys in upper case.
    (parsed.hrp() == expected).then(|| parsed.byte_iter().collect::<Vec<_>>().try_into().ok())?
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests;

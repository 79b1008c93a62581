//! The payload: chunks of 64 KiB, each sealed with its number and with whether it is the last (STREAM).

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use zeroize::Zeroizing;

use super::{Error, derived, random};

const CHUNK: usize = 64 << 10;
const TAG: usize = 16;
const NONCE: usize = 16;

pub(super) fn encrypt(plain: &[u8], file_key: &[u8]) -> Vec<u8> {
    let nonce = random::<NONCE>();
    let cipher = cipher(file_key, &nonce);
    let mut chunks: Vec<_> = plain.chunks(CHUNK).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let last = chunks.len() - 1;
    let mut payload = nonce.to_vec();
    for (number, chunk) in chunks.into_iter().enumerate() {
        payload.extend(cipher.encrypt(&place(number, number == last), chunk).expect("a chunk is 64 KiB at most"));
    }
    payload
}

pub(super) fn decrypt(payload: &[u8], file_key: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (nonce, sealed) = payload.split_first_chunk::<NONCE>().ok_or(Error::Payload)?;
    let cipher = cipher(file_key, nonce);
    let last = sealed.len().div_ceil(CHUNK + TAG).checked_sub(1).ok_or(Error::Payload)?;
    // As large as it can get, so that nothing of it is left behind where it grew.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    for (number, chunk) in sealed.chunks(CHUNK + TAG).enumerate() {
        let opened = cipher.decrypt(&place(number, number == last), chunk).map_err(|_| Error::Payload)?;
        let opened = Zeroizing::new(opened);
        if opened.is_empty() && number > 0 {
            return Err(Error::Payload); // only an empty file has an empty chunk
        }
        plain.extend_from_slice(&opened);
    }
    Ok(plain)
}

fn cipher(file_key: &[u8], nonce: &[u8; NONCE]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&Key::from(*derived(file_key, nonce, b"payload")))
}

/// The nonce of a chunk: its number in 11 bytes, and 1 for the last.
fn place(number: usize, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&(number as u64).to_be_bytes());
    nonce[11] = last.into();
    Nonce::from(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_file_ends_with_an_empty_chunk() {
        let (key, nonce) = ([5; 16], [6; NONCE]);
        let sealed = |number, last, text: &[u8]| cipher(&key, &nonce).encrypt(&place(number, last), text).unwrap();
        let full = vec![b'x'; CHUNK];
        let whole = [&nonce[..], &sealed(0, true, &full)].concat();
        assert_eq!(*decrypt(&whole, &key).unwrap(), full);
        let longer = [&nonce[..], &sealed(0, false, &full), &sealed(1, true, b"")].concat();
        assert_eq!(decrypt(&longer, &key).unwrap_err(), Error::Payload);
        assert!(decrypt(&[&nonce[..], &sealed(0, true, b"")].concat(), &key).unwrap().is_empty());
    }
}

//! The header: a version line, a stanza for everyone who can open the file, and a MAC over all of it. One form only is
//! taken: what another program would read differently is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Error, derived};

const VERSION: &[u8] = b"age-encryption.org/v1\n";
/// Columns of a stanza's body. Its last line is shorter, or empty.
const COLUMNS: usize = 64;
/// More stanzas than this have no honest file.
const MOST_STANZAS: usize = 1000;

/// One way to the file key.
#[derive(Debug)]
pub(super) struct Stanza {
    /// The kind, and what belongs to it.
    pub(super) words: Vec<String>,
    pub(super) body: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) stanzas: Vec<Stanza>,
    /// What the MAC was made over.
    text: &'a [u8],
    mac: Vec<u8>,
}

impl<'a> Header<'a> {
    /// The header of a file, and what follows it.
    pub(super) fn read(file: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        let mut rest = file.strip_prefix(VERSION).ok_or(Error::NotAge)?;
        let mut stanzas = vec![];
        loop {
            let before = rest;
            let line = take_line(&mut rest)?;
            if let Some(words) = line.strip_prefix("-> ") {
                stanzas.push(Stanza { words: words_of(words)?, body: take_body(&mut rest)? });
            } else {
                let mac = line.strip_prefix("--- ").and_then(base64_bytes).ok_or(Error::Header)?;
                let text = &file[..file.len() - before.len() + "---".len()];
                return Ok((Self { stanzas, text, mac }, rest));
            }
            if stanzas.len() > MOST_STANZAS {
                return Err(Error::Header);
            }
        }
    }

    /// Whether the header is as it was when the file was made.
    pub(super) fn check(&self, file_key: &[u8]) -> Result<(), Error> {
        mac(self.text, file_key).verify_slice(&self.mac).map_err(|_| Error::Header)
    }
}

/// The header of a new file.
pub(super) fn write(stanzas: &[Stanza], file_key: &[u8]) -> Vec<u8> {
    let mut text = VERSION.to_vec();
    for stanza in stanzas {
        text.extend_from_slice(format!("-> {}\n", stanza.words.join(" ")).as_bytes());
        let body = unpadded_base64(&stanza.body);
        let mut lines: Vec<_> = body.as_bytes().chunks(COLUMNS).collect();
        if body.len().is_multiple_of(COLUMNS) {
            lines.push(b"");
        }
        for line in lines {
            text.extend_from_slice(line);
            text.push(b'\n');
        }
    }
    text.extend_from_slice(b"---");
    let mac = mac(&text, file_key).finalize().into_bytes();
    text.extend_from_slice(format!(" {}\n", unpadded_base64(&mac)).as_bytes());
    text
}

fn mac(text: &[u8], file_key: &[u8]) -> Hmac<Sha256> {
    let key = derived(file_key, b"", b"header");
    Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length").chain_update(text)
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Result<&'a str, Error> {
    let end = rest.iter().position(|byte| *byte == b'\n').ok_or(Error::Header)?;
    let (line, after) = rest.split_at(end);
    *rest = &after[1..];
    std::str::from_utf8(line).map_err(|_| Error::Header)
}

fn words_of(line: &str) -> Result<Vec<String>, Error> {
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let visible = |word: &String| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    if words.iter().all(visible) { Ok(words) } else { Err(Error::Header) }
}

fn take_body(rest: &mut &[u8]) -> Result<Vec<u8>, Error> {
    let mut body = vec![];
    loop {
        let line = take_line(rest)?;
        if line.len() > COLUMNS {
            return Err(Error::Header);
        }
        body.extend(base64_bytes(line).ok_or(Error::Header)?);
        if line.len() < COLUMNS {
            return Ok(body);
        }
    }
}

pub(super) fn unpadded_base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

/// Base64 in its one form: no padding, no stray bits at the end.
pub(super) fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}

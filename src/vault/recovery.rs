//! A master key as a code that can be written on paper: groups of four signs, the last of which checks the others.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::MasterKey;
use crate::model::Secret;

/// Without signs that are taken for another (Crockford's base 32).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// So many bytes of a hash of the key stand behind it.
const CHECK: usize = 3;
const BYTES: usize = 32 + CHECK;

/// What was typed is no recovery code. Says nothing of the text itself.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is no recovery code, or a character of it is wrong: it has 14 groups of four")]
pub(crate) struct NotACode;

impl MasterKey {
    /// The key as a recovery code.
    pub(crate) fn recovery_code(&self) -> Secret {
        let bytes = Zeroizing::new([self.bytes(), &check(self.bytes())].concat());
        let mut text = Zeroizing::new(String::with_capacity(70));
        for (at, sign) in signs(&bytes).enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(sign));
        }
        Secret::new(text.as_str())
    }

    /// The key of a recovery code, in small or capital letters, with or without what stands between the groups.
    pub(crate) fn from_recovery_code(code: &Secret) -> Result<Self, NotACode> {
        let mut bytes = Zeroizing::new(vec![]);
        let (mut bits, mut count) = (0_u16, 0);
        for sign in code.expose().chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let value = value(sign).ok_or(NotACode)?;
            bits = bits << 5 | value;
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count).to_be_bytes()[1]);
                bits &= (1 << count) - 1;
            }
        }
        if bytes.len() != BYTES || count != 0 {
            return Err(NotACode);
        }
        let (key, found) = bytes.split_at(32);
        if found != check(key) {
            return Err(NotACode);
        }
        Ok(Self::from_bytes(key.try_into().map_err(|_| NotACode)?))
    }
}

fn signs(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    // 35 bytes are 56 signs, without a rest.
    bytes.chunks(5).flat_map(|five| {
        let number = five.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (0..8).rev().map(move |at| SIGNS[usize::try_from(number >> (5 * at) & 31).expect("below 32")])
    })
}

/// Signs that look alike count as the one that exists.
fn value(sign: char) -> Option<u16> {
    let sign = match sign.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        sign => sign,
    };
    let at = SIGNS.iter().position(|own| char::from(*own) == sign)?;
    u16::try_from(at).ok()
}

fn check(key: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new().chain_update(b"oauth/v1/recovery").chain_update(key).finalize();
    [digest[0], digest[1], digest[2]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_brings_its_key_back_however_it_was_copied() {
        let key = MasterKey::generate();
        let code = key.recovery_code().expose().to_owned();
        assert_eq!((code.len(), code.split('-').count()), (14 * 5 - 1, 14), "{code}");
        for text in
            [code.clone(), code.to_lowercase(), code.replace('-', " "), code.replace('0', "o").replace('1', "l")]
        {
            assert_eq!(MasterKey::from_recovery_code(&Secret::new(text)).unwrap().id(), key.id());
        }
    }

    #[test]
    fn a_wrong_sign_is_noticed() {
        let code = MasterKey::from_bytes([7; 32]).recovery_code().expose().to_owned();
        for at in (0..code.len()).filter(|at| code.as_bytes()[*at] != b'-') {
            let other = if &code[at..=at] == "Z" { "Y" } else { "Z" };
            let wrong = format!("{}{other}{}", &code[..at], &code[at + 1..]);
            assert!(MasterKey::from_recovery_code(&Secret::new(wrong)).is_err(), "sign {at}");
        }
        for text in ["", "0000", &code[1..], &format!("{code}0"), &format!("{code}0000"), "not a code"] {
            assert!(MasterKey::from_recovery_code(&Secret::new(text)).is_err());
        }
    }
}

use super::*;

/// Of a key pair that age-keygen made.
const PUBLIC: &str = "age1a056mrtf7hj8gqfwexc57yacxwqx9a70vhfdc7q6dxy6wml6d57sxy9nq3";
const PRIVATE: &str = "AGE-SECRET-KEY-1YEVED63AKVCMEY9MFXC2UF9QTMAXEVKSK7XXD90PP86796A94N0STAW8JU";

fn passphrase(text: &str) -> Opener {
    Opener::Passphrase(Secret::new(text))
}

fn identity(text: &str) -> Opener {
    Opener::Identities(Identity::parse_file(&Secret::new(text)).unwrap())
}

fn for_recipient(plain: &[u8]) -> Vec<u8> {
    encrypt(plain, &Lock::Recipients(vec![Recipient::parse(PUBLIC).unwrap()]))
}

fn for_passphrase(plain: &[u8]) -> Vec<u8> {
    encrypt_at(plain, &Lock::Passphrase(Secret::new("correct horse")), 4)
}

#[test]
fn a_file_opens_again_whatever_its_length() {
    for length in [0, 1, (64 << 10) - 1, 64 << 10, (64 << 10) + 1, 130_000, 128 << 10] {
        let plain = vec![b'x'; length];
        assert_eq!(*decrypt(&for_recipient(&plain), &identity(PRIVATE)).unwrap(), plain, "{length}");
        assert_eq!(*decrypt(&for_passphrase(&plain), &passphrase("correct horse")).unwrap(), plain, "{length}");
    }
}

#[test]
fn each_of_several_recipients_opens_it_and_nobody_else() {
    let other = Identity(Zeroizing::new([9; 32]));
    let second = Recipient(x25519([9; 32], X25519_BASEPOINT_BYTES));
    let file = encrypt(b"it", &Lock::Recipients(vec![Recipient::parse(PUBLIC).unwrap(), second]));
    let stranger = Identity(Zeroizing::new([8; 32]));
    assert_eq!(**decrypt(&file, &identity(PRIVATE)).unwrap(), *b"it");
    assert_eq!(**decrypt(&file, &Opener::Identities(vec![stranger.clone(), other])).unwrap(), *b"it");
    assert_eq!(decrypt(&file, &Opener::Identities(vec![stranger])).unwrap_err(), Error::NoMatch);
}

#[test]
fn the_wrong_key_is_told_from_the_wrong_kind_of_key() {
    assert_eq!(decrypt(&for_passphrase(b"it"), &passphrase("wrong")).unwrap_err(), Error::WrongPassphrase);
    assert_eq!(decrypt(&for_passphrase(b"it"), &identity(PRIVATE)).unwrap_err(), Error::WantsPassphrase);
    assert_eq!(decrypt(&for_recipient(b"it"), &passphrase("x")).unwrap_err(), Error::WantsIdentity);
}

#[test]
fn every_altered_missing_or_added_byte_is_noticed() {
    let file = for_recipient(b"some text");
    let opener = identity(PRIVATE);
    for at in 0..file.len() {
        let mut altered = file.clone();
        altered[at] ^= 1;
        assert!(decrypt(&altered, &opener).is_err(), "byte {at} altered");
        assert!(decrypt(&file[..at], &opener).is_err(), "cut at {at}");
    }
    assert_eq!(decrypt(&[&file[..], b"x"].concat(), &opener).unwrap_err(), Error::Payload);
}

#[test]
fn chunks_neither_change_places_nor_go_missing() {
    let file = for_recipient(&vec![b'x'; 200_000]);
    let start = file.len() - (200_000 + 4 * 16);
    let (one, two) = (start + (64 << 10) + 16, start + 2 * ((64 << 10) + 16));
    let swapped = [&file[..start], &file[one..two], &file[start..one], &file[two..]].concat();
    for wrong in [swapped, file[..two].to_vec(), [&file[..start], &file[one..]].concat()] {
        assert_eq!(decrypt(&wrong, &identity(PRIVATE)).unwrap_err(), Error::Payload);
    }
}

#[test]
fn the_cost_of_a_passphrase_is_bounded_before_it_is_paid() {
    let file = String::from_utf8_lossy(&for_passphrase(b"it")).into_owned();
    let with = |factor: &str| file.replacen(" 4\n", &format!(" {factor}\n"), 1).into_bytes();
    assert_eq!(decrypt(&with("30"), &passphrase("x")).unwrap_err(), Error::TooCostly(30));
    assert_eq!((bearable("22"), bearable("23")), (Ok(22), Err(Error::TooCostly(23))));
    for odd in ["04", "+4", "0", "-1", "0x4", "4.", "256", "99999999999999999999", ""] {
        assert_eq!(decrypt(&with(odd), &passphrase("x")).unwrap_err(), Error::Header, "{odd:?}");
    }
}

#[test]
fn what_is_no_age_file_is_told_so() {
    for other in [&b""[..], b"PK\x03\x04", b"age-encryption.org/v2\n", b"age-encryption.org/v1\r\n"] {
        assert_eq!(decrypt(other, &passphrase("x")).unwrap_err(), Error::NotAge);
    }
    let armored = b"-----BEGIN AGE ENCRYPTED FILE-----\n";
    assert_eq!(decrypt(armored, &passphrase("x")).unwrap_err(), Error::Armor);
}

#[test]
fn a_passphrase_beside_recipients_and_a_point_of_low_order_are_refused() {
    let key = [5; FILE_KEY];
    let scrypt = Stanza { words: vec![SCRYPT.into(), unpadded_base64(&[1; 16]), "4".into()], body: vec![0; WRAPPED] };
    let recipient = Recipient::parse(PUBLIC).unwrap().wrap(&key);
    let both = header::write(&[scrypt, recipient], &key);
    assert_eq!(decrypt(&both, &passphrase("x")).unwrap_err(), Error::Header);
    assert_eq!(decrypt(&both, &identity(PRIVATE)).unwrap_err(), Error::Header);
    let low = Stanza { words: vec![X25519.into(), unpadded_base64(&[0; 32])], body: vec![0; WRAPPED] };
    assert_eq!(decrypt(&header::write(&[low], &key), &identity(PRIVATE)).unwrap_err(), Error::Header);
}

#[test]
fn keys_are_read_as_age_keygen_writes_them() {
    assert_eq!(
        Recipient::parse(PUBLIC).unwrap().0,
        x25519(key_bytes(PRIVATE, "age-secret-key-").unwrap(), X25519_BASEPOINT_BYTES)
    );
    let file = format!("# created: today\n# public key: {PUBLIC}\n{PRIVATE}\n\n");
    assert_eq!(Identity::parse_file(&Secret::new(file)).unwrap().len(), 1);
    for wrong in ["", PRIVATE, &PUBLIC[..PUBLIC.len() - 1], "age1pq1abc", "ssh-ed25519 AAAA"] {
        assert!(Recipient::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "# nothing", PUBLIC, "AGE-SECRET-KEY-1"] {
        assert!(Identity::parse_file(&Secret::new(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn stanzas_for_others_are_passed_over_in_their_one_form() {
    let key = [5; FILE_KEY];
    let with = |words: &str, length: usize| {
        let other = Stanza { words: words.split('|').map(str::to_owned).collect(), body: vec![7; length] };
        let mine = Recipient::parse(PUBLIC).unwrap().wrap(&key);
        let file = [header::write(&[other, mine], &key), stream::encrypt(b"it", &key)].concat();
        decrypt(&file, &identity(PRIVATE)).map(|plain| plain.to_vec())
    };
    // 48 bytes fill a line.
    for length in [0, 1, 47, 48, 49, 96, 500] {
        assert_eq!(with("grease|arg", length).unwrap(), b"it", "{length}");
    }
    for words in ["grease|", "grease||x", "gr\u{1}ease", "gr\u{e4}se"] {
        assert_eq!(with(words, 1), Err(Error::Header), "{words:?}");
    }
    let file = String::from_utf8_lossy(&for_recipient(b"it")).into_owned();
    let long = file.replacen("\n-> ", &format!("\n-> grease\n{}\n\n-> ", "A".repeat(65)), 1);
    assert_eq!(decrypt(long.as_bytes(), &identity(PRIVATE)).unwrap_err(), Error::Header);
}

#[test]
fn a_header_has_so_many_stanzas_and_no_more() {
    let key = [5; FILE_KEY];
    let of = |count: usize| {
        let stanzas: Vec<_> = (0..count).map(|_| Stanza { words: vec!["grease".into()], body: vec![] }).collect();
        decrypt(&header::write(&stanzas, &key), &identity(PRIVATE)).unwrap_err()
    };
    assert_eq!((of(999), of(1000), of(1001)), (Error::NoMatch, Error::NoMatch, Error::Header));
}

#[test]
fn no_two_files_are_alike() {
    let (one, two) = (for_recipient(b"it"), for_recipient(b"it"));
    assert_ne!(one[..one.len() - 18], two[..two.len() - 18]);
    assert_ne!(one[one.len() - 34..one.len() - 18], two[two.len() - 34..two.len() - 18], "the payload's nonce");
}

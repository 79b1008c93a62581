//! An age file in letters (C2SP's `age.md`, "ASCII armor"): strict PEM (RFC 7468), lines of 64 characters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Error;

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const LINE: usize = 64;

/// The file in letters, with the end of its last line.
pub(crate) fn armored(file: &[u8]) -> Vec<u8> {
    let mut text = format!("{BEGIN}\n").into_bytes();
    for line in STANDARD.encode(file).as_bytes().chunks(LINE) {
        text.extend(line);
        text.push(b'\n');
    }
    text.extend(format!("{END}\n").into_bytes());
    text
}

/// The file that stands in letters; `None` where it is none of that kind. Blanks and ends of lines may stand around it,
/// and nothing else.
pub(super) fn unarmored(text: &[u8]) -> Option<Result<Vec<u8>, Error>> {
    let text = text.trim_ascii();
    text.starts_with(BEGIN.as_bytes()).then(|| inside(text).ok_or(Error::Armor))
}

fn inside(text: &[u8]) -> Option<Vec<u8>> {
    let lines = std::str::from_utf8(text).ok()?.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines: Vec<_> = lines.collect();
    let [BEGIN, body @ .., last, END] = lines.as_slice() else { return None };
    let whole = body.iter().all(|line| line.len() == LINE) && (1..=LINE).contains(&last.len());
    if !whole {
        return None;
    }
    STANDARD.decode(body.concat() + last).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_give_the_file_back_whatever_its_length() {
        for length in [1, 47, 48, 49, 96, 1000] {
            let file: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let text = armored(&file);
            assert_eq!(unarmored(&text), Some(Ok(file.clone())), "{length}");
            let text = String::from_utf8(text).unwrap();
            assert!(text.lines().all(|line| line.len() <= 64), "{text}");
            // By way of a mail program.
            let mailed = format!("\r\n{}\r\n \r\n", text.replace('\n', "\r\n"));
            assert_eq!(unarmored(mailed.as_bytes()), Some(Ok(file)));
        }
    }

    #[test]
    fn what_is_not_exactly_in_the_form_is_refused() {
        assert_eq!(unarmored(b"age-encryption.org/v1\n"), None);
        assert_eq!(unarmored(b""), None);
        let good = String::from_utf8(armored(&[7; 100])).unwrap();
        let body: Vec<&str> = good.lines().collect();
        for text in [
            good.replace(END, ""),
            good.replace(END, "-----END AGE FILE-----"),
            format!("{good}more"),
            good.replace(body[1], &format!(" {}", body[1])),
            good.replace(body[1], &body[1][1..]),
            good.replace(body[1], &format!("{}\n", body[1])),
            good.replace('=', ""),
            good.replace(body[1], &body[1].replace('B', "*")),
            format!("{BEGIN}\n{END}"),
            BEGIN.to_owned(),
        ] {
            assert_eq!(unarmored(text.as_bytes()), Some(Err(Error::Armor)), "{text}");
        }
    }
}

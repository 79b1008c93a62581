//! `.netrc` (GNU inetutils, "The .netrc file"; curl, "The .netrc File Format"): words, of which `machine` begins an entry.

use zeroize::Zeroizing;

use super::{Found, Whose};
use crate::model::Secret;

pub(crate) fn read(text: &str) -> Vec<Found> {
    let text: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let text = text.join("\n");
    let mut rest = text.as_str();
    let (mut host, mut login, mut found) = (None, None, Vec::new());
    while let Some(word) = next(&mut rest) {
        match word.as_str() {
            "machine" => (host, login) = (next(&mut rest), None),
            "default" => (host, login) = (None, None),
            "login" => login = next(&mut rest),
            "account" => _ = next(&mut rest),
            "password" => {
                if let (Some(host), Some(password)) = (&host, next(&mut rest)) {
                    let account = login.as_deref().cloned();
                    found.push(Found::token(
                        Whose::Host(host.as_str().to_owned()),
                        account,
                        Secret::new(password.as_str()),
                    ));
                }
            }
            // A macro goes on to an empty line, and nothing that matters to us comes after one.
            "macdef" => break,
            _ => {}
        }
    }
    found
}

/// The next word of what is left: up to a blank, or what stands in quotes, with the escapes that curl knows. Nothing is
/// read after a quote that does not end in its line.
fn next(rest: &mut &str) -> Option<Zeroizing<String>> {
    let text = std::mem::take(rest).trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, left) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        *rest = left;
        return (!word.is_empty()).then(|| Zeroizing::new(word.to_owned()));
    };
    // What is unquoted is never longer, so the buffer does not move and leaves no copies of a secret.
    let mut word = Zeroizing::new(String::with_capacity(quoted.len()));
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => {
                *rest = &quoted[at + 1..];
                return Some(word);
            }
            '\n' => return None,
            '\\' => word.push(match letters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            }),
            other => word.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_have_passwords() {
        let found = read(
            "# c\nmachine api.github.com login mona\n  password tok\nmachine x login y\ndefault login a password b\nmacdef z\nmachine q password w",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].whose.clone(), found[0].account.as_deref()),
            (Whose::Host("api.github.com".into()), Some("mona"))
        );
        assert_eq!(found[0].access_token.as_ref().unwrap().expose(), "tok");
    }

    #[test]
    fn a_word_in_quotes_is_what_stands_in_them() {
        let read = |text: &str| -> Vec<_> {
            let found = read(text).into_iter();
            found.map(|own| (own.account, own.access_token.unwrap().expose().to_owned())).collect()
        };
        let pair = |login: &str, password: &str| (Some(login.to_owned()), password.to_owned());
        assert_eq!(read(r#"machine h login "x y" password "a b""#), [pair("x y", "a b")]);
        assert_eq!(read(r#"machine "h" login "machine" password "a\"\\\tb""#), [pair("machine", "a\"\\\tb")]);
        assert_eq!(read(r#"machine h login a"b password c"d"#), [pair("a\"b", "c\"d")]);
        assert_eq!(
            read("machine a login b password c\nmachine h login \"x password y\nmachine i password z"),
            [pair("b", "c")]
        );
        assert_eq!(read(r#"machine h password "open"#), []);
        assert_eq!(read(r#"machine h password "open\"#), []);
    }
}

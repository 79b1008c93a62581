//! `.netrc` (GNU inetutils, "The .netrc file"): words, of which `machine` begins an entry.

use super::{Found, Whose};
use crate::model::Secret;

pub(crate) fn read(text: &str) -> Vec<Found> {
    let text: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let text = text.join("\n");
    let mut words = text.split_whitespace();
    let (mut host, mut login, mut found) = (None, None, Vec::new());
    while let Some(word) = words.next() {
        match word {
            "machine" => (host, login) = (words.next().map(str::to_owned), None),
            "default" => (host, login) = (None, None),
            "login" => login = words.next().map(str::to_owned),
            "account" => _ = words.next(),
            "password" => {
                if let (Some(host), Some(password)) = (&host, words.next()) {
                    found.push(Found::token(Whose::Host(host.clone()), login.clone(), Secret::new(password)));
                }
            }
            // A macro goes on to an empty line, and nothing that matters to us comes after one.
            "macdef" => break,
            _ => {}
        }
    }
    found
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
}

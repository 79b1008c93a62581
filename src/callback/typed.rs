//! What a person types at the terminal while the browser is waited for: the address the browser ended at.
//!
//! It is the same answer as one that comes to the port, and is held to the same checks: the address must be our own
//! redirect URI to the letter, its parameters come once, and `state` is for the judge.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Query;
use super::request::is_code;
use crate::model::Secret;

/// A longer line is no address of a browser.
const LONGEST: usize = 32 << 10;

pub(super) const OTHER_LOGIN: &str = "it is not the answer to this login";

/// Where typed lines go in.
pub(crate) struct Typist(UnboundedSender<Secret>);

/// Where they come out.
pub(crate) struct Typed(UnboundedReceiver<Secret>);

/// A way for typed lines from whoever reads them to the listener.
pub(crate) fn typing() -> (Typist, Typed) {
    let (sender, receiver) = unbounded_channel();
    (Typist(sender), Typed(receiver))
}

impl Typist {
    /// Hands a line on. False when nobody waits any more.
    pub(crate) fn enter(&self, line: &str) -> bool {
        self.0.send(Secret::new(line)).is_ok()
    }
}

impl Typed {
    pub(super) async fn next(&mut self) -> Option<Secret> {
        self.0.recv().await
    }
}

/// What a typed line is held against.
pub(super) struct Slip {
    pub(super) redirect_uri: String,
    /// The provider's page shows a code, which stands for the whole answer.
    pub(super) shows_code: bool,
}

impl Slip {
    /// The answer in a line, or why there is none.
    pub(super) fn read(&self, line: &Secret) -> Result<Query, &'static str> {
        let text = line.expose().trim().trim_matches(['"', '\'', '<', '>']);
        if text.is_empty() || text.len() > LONGEST {
            return Err("it is no address");
        }
        if !text.contains("://") {
            return self.code(text);
        }
        let query = text.strip_prefix(self.redirect_uri.as_str()).and_then(|rest| rest.strip_prefix('?'));
        let query = query.filter(|_| !self.redirect_uri.is_empty());
        let query = query.ok_or("the answer is the address the browser ends at, and this is another one")?;
        Query::parse(query.split('#').next().unwrap_or_default()).ok_or("the address is damaged")
    }

    /// A bare code says nothing of the login it belongs to, so it is taken only where the provider shows nothing else.
    fn code(&self, text: &str) -> Result<Query, &'static str> {
        if !self.shows_code {
            return Err("a code alone is not taken: paste the whole address, from http on");
        }
        if text.contains(' ') || !is_code(text) {
            return Err("a code has no blanks in it, and no letters but those of ASCII");
        }
        Ok(match text.split_once('#') {
            Some((code, state)) => Query::of([("code", code), ("state", state)]),
            None => Query::bare(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(shows_code: bool, line: &str) -> Result<Vec<(String, String)>, &'static str> {
        let slip = Slip { redirect_uri: "http://127.0.0.1:5/callback".into(), shows_code };
        let names = ["code", "state", "iss", "error"];
        let query = slip.read(&Secret::new(line))?;
        let found = names.iter().filter_map(|name| Some(((*name).to_owned(), query.get(name)?.to_owned())));
        Ok(found.chain(query.bare_code().map(|code| ("bare".into(), code.expose().to_owned()))).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn the_address_of_this_login_is_read() {
        let whole = pairs(&[("code", "a+b"), ("state", "s")]);
        for line in [
            "http://127.0.0.1:5/callback?code=a%2Bb&state=s",
            " http://127.0.0.1:5/callback?code=a%2Bb&state=s\r\n",
            "<http://127.0.0.1:5/callback?code=a%2Bb&state=s#_=_>",
        ] {
            assert_eq!(read(false, line).unwrap(), whole, "{line}");
        }
    }

    #[test]
    fn a_line_is_read_up_to_its_longest_and_no_further() {
        let line = |length: usize| {
            let start = "http://127.0.0.1:5/callback?state=s&code=";
            format!("{start}{}", "c".repeat(length - start.len()))
        };
        assert!(read(false, &line(LONGEST)).is_ok());
        assert!(read(false, &line(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_line_reaches_who_waits_and_whoever_types_hears_when_nobody_does() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (typist, mut typed) = typing();
        assert!(typist.enter("http://a"));
        assert_eq!(runtime.block_on(typed.next()).unwrap().expose(), "http://a");
        drop(typed);
        assert!(!typist.enter("http://b"));
    }

    #[test]
    fn any_other_address_is_refused() {
        for line in [
            "",
            "http://127.0.0.1:6/callback?code=c&state=s",
            "http://localhost:5/callback?code=c&state=s",
            "https://127.0.0.1:5/callback?code=c&state=s",
            "http://evil.example/callback?code=c&state=s",
            "http://127.0.0.1:5@evil.example/callback?code=c",
            "http://127.0.0.1:5/callbackx?code=c",
            "http://127.0.0.1:5/callback",
            "http://127.0.0.1:5/callback?code=c&code=d&state=s",
            "http://127.0.0.1:5/callback?code=%zz",
        ] {
            assert!(read(true, line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_bare_code_is_taken_only_where_the_provider_shows_one() {
        assert!(read(false, "4/abc").is_err());
        assert_eq!(read(true, "4/abc").unwrap(), pairs(&[("bare", "4/abc")]));
        assert_eq!(read(true, "abc#xyz").unwrap(), pairs(&[("code", "abc"), ("state", "xyz")]));
        assert!(read(true, "a b").is_err() && read(true, "a\tb").is_err() && read(true, "\u{e9}").is_err());
    }
}

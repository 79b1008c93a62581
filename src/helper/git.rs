//! git's credential helpers (git-credential(1), "INPUT/OUTPUT FORMAT", and gitcredentials(7)).
//!
//! Lines of `key=value` that end with LF and nothing else. A carriage return or a NUL anywhere, or a key that stands
//! twice, is refused: programs that took one for the end of a line have sent one host's password to another. So is a
//! question that is cut off, since what was cut may be the end of the host's name.

use url::Url;

use super::{LONGEST, Malformed, fits_a_line, host_url};
use crate::model::{Secret, Timestamp};

/// User names that git hosts tell one to write beside a token, and that are nobody's; none at all is as good.
pub(crate) const ANY_USER: [&str; 5] = ["", "git", "oauth2", "x-access-token", "x-token-auth"];

/// What git asks about.
#[derive(Debug, Default)]
pub(crate) struct Request {
    protocol: Option<String>,
    host: Option<String>,
    /// The same place once more, in one text. git tells helpers the parts; others may tell both.
    whole: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Secret>,
}

impl Request {
    pub(crate) fn parse(input: &[u8]) -> Result<Self, Malformed> {
        let bad = |what| Malformed { tool: "git", what };
        if input.len() > LONGEST {
            return Err(bad("it is too long"));
        }
        let text = std::str::from_utf8(input).map_err(|_| bad("it is no UTF-8 text"))?;
        if text.contains(['\r', '\0']) {
            return Err(bad("it holds a carriage return or a NUL"));
        }
        if !text.is_empty() && !text.ends_with('\n') && !text.contains("\n\n") {
            return Err(bad("it ends within a line"));
        }
        let mut request = Self::default();
        for line in text.split('\n').take_while(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=').ok_or_else(|| bad("a line has no `=`"))?;
            let place = match key {
                "protocol" => &mut request.protocol,
                "host" => &mut request.host,
                "url" => &mut request.whole,
                "username" => &mut request.username,
                "password" => {
                    if request.password.replace(Secret::new(value)).is_some() {
                        return Err(bad("it has two passwords"));
                    }
                    continue;
                }
                // What a server says of itself (`wwwauth[]`) is no reason to give it anything.
                _ => continue,
            };
            if place.replace(value.to_owned()).is_some() {
                return Err(bad("a key stands there twice"));
            }
        }
        if request.contradicts_itself() {
            return Err(bad("its url is another place than its host"));
        }
        Ok(request)
    }

    /// Whether `url` speaks of another place than `protocol` and `host` do.
    fn contradicts_itself(&self) -> bool {
        let Some(whole) = &self.whole else { return false };
        let (protocol, rest) = whole.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A user name before it is no part of the place.
        let host = authority.split_once('@').map_or(authority, |(_, host)| host);
        let differs = |told: &Option<String>, own: &str| told.as_ref().is_some_and(|told| told != own);
        if differs(&self.protocol, protocol) {
            return true;
        }
        self.host.as_ref().is_some_and(|told| host_url(protocol, told) != host_url(protocol, host))
    }

    /// The place that is asked about, when it is one that a token may go to.
    pub(crate) fn url(&self) -> Option<Url> {
        host_url(self.protocol.as_deref()?, self.host.as_deref()?)
    }
}

/// The answer to `get`. `None` when a value cannot stand in a line.
pub(crate) fn answer(username: &str, token: &Secret, expires_at: Option<Timestamp>) -> Option<Secret> {
    let token = token.expose();
    if !fits_a_line(username) || !fits_a_line(token) {
        return None;
    }
    let end = expires_at.map(|end| format!("password_expiry_utc={}\n", end.0)).unwrap_or_default();
    Some(Secret::new(format!("username={username}\npassword={token}\n{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(input: &str) -> Result<Option<String>, Malformed> {
        Request::parse(input.as_bytes()).map(|request| request.url().map(Into::into))
    }

    #[test]
    fn a_request_ends_at_an_empty_line_or_with_the_input() {
        let asked = Ok(Some("https://github.com/".to_owned()));
        assert_eq!(url("protocol=https\nhost=github.com\n\nhost=evil.example\n"), asked);
        assert_eq!(url("capability[]=authtype\ncapability[]=state\nhost=github.com\nprotocol=https\n"), asked);
        assert_eq!(url("protocol=https\nhost=github.com\n\nrest"), asked);
        assert_eq!(url("protocol=https\nhost=github.com\npath=a=b\nwwwauth[]=Basic realm=\"x\"\nwwwauth[]=y\n"), asked);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for input in [
            "protocol=https\nhost=github.com\rhost=evil.example\n",
            "protocol=https\r\nhost=github.com\r\n",
            "protocol=https\nhost=github.com\0\n",
            "protocol=https\nhost=github.com\nhost=evil.example\n",
            "protocol=https\nprotocol=http\nhost=github.com\n",
            "username=a\nusername=b\n",
            "password=a\npassword=b\n",
            "protocol=https\nnonsense\n",
        ] {
            assert!(url(input).is_err(), "{input:?}");
        }
        assert!(Request::parse(b"host=\xff\n").is_err());
    }

    #[test]
    fn a_question_that_is_cut_off_is_refused_wherever_it_was_cut() {
        let whole = "protocol=https\nhost=github.com.evil.example\n";
        for end in 1..whole.len() {
            let cut = url(&whole[..end]);
            assert_eq!(cut.is_ok(), whole[..end].ends_with('\n'), "{end}");
            assert!(!cut.is_ok_and(|place| place.is_some()), "{end}");
        }
        let of_length = |length: usize| {
            let rest = "protocol=https\nhost=github.com\npath=\n";
            url(&rest.replace("path=", &format!("path={}", "a".repeat(length - rest.len()))))
        };
        assert_eq!(of_length(LONGEST), Ok(Some("https://github.com/".to_owned())));
        assert!(of_length(LONGEST + 1).is_err());
    }

    #[test]
    fn a_url_says_what_the_host_says_or_the_question_is_refused() {
        let asked = |url_: &str| url(&format!("url={url_}\nprotocol=https\nhost=github.com\n"));
        for same in ["https://github.com", "https://me@GitHub.com:443/x?y", "https://github.com?x"] {
            assert_eq!(asked(same), Ok(Some("https://github.com/".to_owned())), "{same}");
        }
        for other in [
            "https://github.com.evil.example/",
            "https://github.com@evil.example/",
            "https://a@b@github.com/",
            "https://github.com:8443/",
            "http://github.com/",
            "github.com",
            "",
        ] {
            assert!(asked(other).is_err(), "{other}");
        }
        assert!(url("url=https://a.example\nurl=https://a.example\n").is_err());
        assert_eq!(url("url=https://github.com/\n"), Ok(None), "git tells a helper the parts");
    }

    #[test]
    fn without_a_whole_place_there_is_none() {
        for input in [
            "",
            "\n",
            "host=github.com\n",
            "protocol=https\n",
            "protocol=https\nhost=\n",
            "protocol=\nhost=github.com\n",
        ] {
            assert_eq!(url(input), Ok(None), "{input:?}");
        }
        for protocol in ["http", "ssh", "ftp", "HTTPS ", "https ", "HTTPS", "file", "https:", ""] {
            assert_eq!(url(&format!("protocol={protocol}\nhost=github.com\n")), Ok(None), "{protocol:?}");
        }
    }

    #[test]
    fn nothing_that_breaks_a_line_goes_out() {
        let told = answer("oauth2", &Secret::new("tok"), Some(Timestamp(7))).unwrap();
        assert_eq!(told.expose(), "username=oauth2\npassword=tok\npassword_expiry_utc=7\n");
        assert!(answer("oauth2", &Secret::new("t\nhost=x"), None).is_none());
        assert!(answer("a\rb", &Secret::new("t"), None).is_none());
    }
}

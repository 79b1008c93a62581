//! Other tools' formats for credentials, as text in and text out: nothing here reads a file, asks a host or holds a store.

pub(crate) mod cargo;
pub(crate) mod docker;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub(crate) mod git;
pub(crate) mod kubectl;
pub(crate) mod store;

use url::Url;

use crate::model::endpoint;

/// More than this is no question of any tool's, in bytes. Whoever reads one reads one byte more, so that it shows.
pub(crate) const LONGEST: usize = 64 << 10;

/// A tool asks for something in a way that is not its protocol's, or that is there to deceive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no request of {tool}'s: {what}")]
pub(crate) struct Malformed {
    pub(crate) tool: &'static str,
    pub(crate) what: &'static str,
}

/// The URL of a host as a tool names it, `example.com` or `example.com:8443`, where it is written as a host is and may
/// get a secret. Nothing is taken out of it and nothing is made of it: what a URL parser would turn into another host is
/// none.
fn host_url(scheme: &str, host: &str) -> Option<Url> {
    if !["https", "http"].contains(&scheme) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    let url = endpoint::check(&format!("{scheme}://{host}/")).ok()?;
    let usual = url.port_or_known_default().map(|port| format!("{}:{port}", url.host_str().unwrap_or_default()));
    let written = endpoint::authority(&url) == host || usual.is_some_and(|usual| usual == host);
    (written && !host.ends_with('.') && url.path() == "/" && url.query().is_none()).then_some(url)
}

/// A value that ends with its line or its string; nothing of ours has such a character.
fn fits_a_line(value: &str) -> bool {
    !value.contains(['\n', '\r', '\0'])
}

#[cfg(test)]
mod tests {
    use super::host_url;

    #[test]
    fn a_host_is_taken_as_it_is_written_or_not_at_all() {
        let taken = |scheme, host| host_url(scheme, host).map(String::from);
        assert_eq!(taken("https", "GitHub.com").as_deref(), Some("https://github.com/"));
        assert_eq!(taken("https", "github.com:443").as_deref(), Some("https://github.com/"));
        assert_eq!(taken("https", "[::1]:8443").as_deref(), Some("https://[::1]:8443/"));
        assert_eq!(taken("http", "127.0.0.1:80").as_deref(), Some("http://127.0.0.1/"));
        for host in [
            "",
            " ",
            ".",
            "github.com.",
            "user@github.com",
            "github.com/x",
            "github.com?x",
            "github.com#x",
            "github.com\\x",
            "git\thub.com",
            "github.com\n",
            "github%2ecom",
            "gіthub.com",
            "0x7f.1",
            "2130706433",
            "github.com:",
            "github.com:x",
            "github.com:99999",
            "[::1",
            "a b",
        ] {
            assert_eq!(taken("https", host), None, "{host:?}");
        }
        assert_eq!(taken("http", "github.com"), None);
        assert_eq!(taken("ssh", "github.com"), None);
    }
}

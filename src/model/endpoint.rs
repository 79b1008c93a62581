//! Which URLs a secret may be sent to, and a browser may be opened with.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// Why a URL is refused. Names no more of it than its scheme and host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum Refused {
    #[error("it is no absolute URL")]
    NotAUrl,
    #[error("its scheme is `{0}`, and only https is taken (http on this machine's loopback address)")]
    Scheme(String),
    #[error("http is taken on this machine's loopback address only, not on {0}")]
    PlainHttp(String),
    #[error("it holds a user name or password")]
    UserInfo,
    #[error("it has a fragment (#…), which an endpoint may not have")]
    Fragment,
    #[error("{0} is an address of the local link, not of a provider")]
    LinkLocal(String),
}

/// Checks the URL of an endpoint: `https`, or `http` on a loopback literal or `localhost`; no user information, no
/// fragment (RFC 6749 §3.1, §3.2), no link-local address.
pub(crate) fn check(text: &str) -> Result<Url, Refused> {
    let url = Url::parse(text).map_err(|_| Refused::NotAUrl)?;
    let host = url.host_str().unwrap_or_default().to_owned();
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(Refused::PlainHttp(host)),
        other => return Err(Refused::Scheme(other.to_owned())),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(Refused::Fragment);
    }
    if is_link_local(&url) {
        return Err(Refused::LinkLocal(host));
    }
    Ok(url)
}

/// Whether a URL leads to this machine: `127.0.0.0/8`, `::1` or the name `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Host, and port where it is not the usual one, for messages.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a host of an entry's lists stands for this URL's: the same, port included, or under it where it begins with
/// `*.`.
pub(crate) fn covers(host: &str, url: &Url) -> bool {
    match host.strip_prefix("*.") {
        Some(parent) => url
            .host_str()
            .and_then(|name| name.strip_suffix(parent))
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => host == authority(url),
    }
}

fn is_link_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_unicast_link_local(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_plain_http_on_loopback_are_taken() {
        for text in [
            "https://accounts.example/token?tenant=1",
            "http://127.0.0.1:9410/token",
            "http://[::1]:1/token",
            "http://localhost:1/token",
            "https://10.0.0.7/token",
        ] {
            assert!(check(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let cases = [
            ("", Refused::NotAUrl),
            ("token", Refused::NotAUrl),
            ("javascript:alert(1)", Refused::Scheme("javascript".into())),
            ("file:///etc/passwd", Refused::Scheme("file".into())),
            ("ms-settings:x", Refused::Scheme("ms-settings".into())),
            ("http://accounts.example/token", Refused::PlainHttp("accounts.example".into())),
            ("http://localhost.evil.example/", Refused::PlainHttp("localhost.evil.example".into())),
            ("http://10.0.0.7/", Refused::PlainHttp("10.0.0.7".into())),
            ("https://user@accounts.example/", Refused::UserInfo),
            ("https://accounts.example/#x", Refused::Fragment),
            ("https://169.254.169.254/", Refused::LinkLocal("169.254.169.254".into())),
            ("https://[fe80::1]/", Refused::LinkLocal("[fe80::1]".into())),
        ];
        for (text, refused) in cases {
            assert_eq!(check(text), Err(refused), "{text}");
        }
    }
}

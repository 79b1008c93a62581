//! Which URLs a secret may be sent to, and a browser may be opened with.

use std::net::{IpAddr, ToSocketAddrs};

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
    #[error("{0} is inside a private network, and it was not you who named it")]
    Inside(String),
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

/// The same for a URL that a stranger named: an address inside a private network, or of this machine, is refused unless
/// it is at the host the user typed.
pub(crate) fn check_found(text: &str, typed: &str) -> Result<Url, Refused> {
    let url = check(text)?;
    if Url::parse(typed).ok().is_some_and(|typed| typed.host() == url.host()) {
        return Ok(url);
    }
    let inside = match url.host() {
        Some(Host::Ipv4(address)) => is_inside(address.into()),
        Some(Host::Ipv6(address)) => is_inside(address.into()),
        Some(Host::Domain(name)) => {
            let port = url.port_or_known_default().unwrap_or(443);
            // A name that is not found now will not be found by the request either, or a proxy finds it.
            let found = (name, port).to_socket_addrs();
            found.is_ok_and(|mut all| all.any(|address| is_inside(address.ip())))
        }
        None => false,
    };
    if inside { Err(Refused::Inside(authority(&url))) } else { Ok(url) }
}

/// Addresses that do not lead to the internet: loopback, private networks (RFC 1918, RFC 4193), shared address space
/// (RFC 6598), the local link, and none at all.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || a == 100 && b & 0xc0 == 64
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_inside(v4.into()),
            None => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified(),
        },
    }
}

/// Whether two URLs are of one site: the same host, or names with the same last two labels, three under a country's
/// second level (`co.uk`). It is a guess without the list of public suffixes, made to notice the unusual.
pub(crate) fn same_site(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Url::parse(one), Url::parse(other)) else { return false };
    match (one.host(), other.host()) {
        (Some(Host::Domain(one)), Some(Host::Domain(other))) => one == other || site(one) == site(other),
        (one, other) => one == other,
    }
}

fn site(name: &str) -> Vec<&str> {
    let labels: Vec<_> = name.split('.').collect();
    let second = labels.iter().rev().nth(1).map_or(0, |label| label.len());
    let top = labels.last().map_or(0, |label| label.len());
    let wanted = if top == 2 && second <= 3 { 3 } else { 2 };
    labels[labels.len().saturating_sub(wanted)..].to_vec()
}

/// Host, and port where it is not the usual one, for messages.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
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
    fn a_stranger_cannot_lead_into_a_private_network() {
        let typed = "https://mcp.example/mcp";
        for url in [
            "https://10.0.0.7/x",
            "https://192.168.1.1/",
            "https://100.64.0.1/",
            "http://127.0.0.1:80/",
            "http://localhost/",
            "https://[fd00::1]/",
            "https://[::ffff:10.0.0.1]/",
            "http://[::1]/",
        ] {
            assert!(matches!(check_found(url, typed), Err(Refused::Inside(_))), "{url}");
        }
        assert!(check_found("https://93.184.216.34/x", typed).is_ok());
        assert!(check_found("http://127.0.0.1:2/", "http://127.0.0.1:1/mcp").is_ok());
        assert!(check_found("https://10.0.0.7/a", "https://10.0.0.7/mcp").is_ok());
        assert!(check_found("https://10.0.0.8/a", "https://10.0.0.7/mcp").is_err());
    }

    #[test]
    fn every_kind_of_inner_address_is_known_and_its_neighbours_are_not() {
        let inside = ["127.255.0.1", "10.1.2.3", "169.254.1.1", "0.0.0.0", "100.64.0.0", "100.127.255.255"];
        let inside_v6 = ["::1", "fd00::1", "fe80::1", "::", "::ffff:192.168.0.1"];
        for address in inside.iter().chain(&inside_v6) {
            assert!(is_inside(address.parse().unwrap()), "{address}");
        }
        for address in ["100.63.0.1", "100.128.0.1", "101.64.0.1", "8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8"] {
            assert!(!is_inside(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_site_is_what_one_owner_has() {
        for (one, other, same) in [
            ("https://accounts.example.com/", "https://api.example.com/t", true),
            ("https://example.com/", "https://example.com:8443/", true),
            ("https://a.example.co.uk/", "https://b.example.co.uk/", true),
            ("https://a.co.uk/", "https://b.co.uk/", false),
            ("https://a.abc.com/", "https://b.abc.com/", true),
            ("https://a.example.de/", "https://b.example.de/", true),
            ("https://example.com/", "https://example.org/", false),
            ("https://evil-example.com/", "https://example.com/", false),
            ("http://127.0.0.1:1/", "http://127.0.0.1:2/", true),
            ("http://127.0.0.1:1/", "http://127.0.0.2:1/", false),
        ] {
            assert_eq!(same_site(one, other), same, "{one} {other}");
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

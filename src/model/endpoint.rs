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
    #[error("it is not written as a URL is, and could be read as another one")]
    Misread,
    #[error("its own query has `{0}`, which belongs to the protocol")]
    Parameter(String),
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

/// The same for an address that is kept and shown: nothing in it may be read in two ways. A host in other letters is taken,
/// and its URL has it in the form that is looked up (`xn--…`).
pub(crate) fn check_written(text: &str) -> Result<Url, Refused> {
    let url = check(text)?;
    let (scheme, rest) = text.split_once("://").ok_or(Refused::Misread)?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = rest.split('?').next().unwrap_or_default();
    let usual = if url.scheme() == "https" { ":443" } else { ":80" };
    let host = authority.strip_suffix(usual).unwrap_or(authority);
    let plain = scheme.eq_ignore_ascii_case(url.scheme())
        && is_name_of(host, &self::authority(&url))
        && (path == url.path() || path.is_empty() && url.path() == "/")
        && !text.ends_with(' ')
        && !text.contains(char::is_control);
    if plain { Ok(url) } else { Err(Refused::Misread) }
}

/// The address as its URL writes it, when it is one that [`check_written`] takes; else as it is.
pub(crate) fn normal(text: &str) -> String {
    check_written(text).map_or_else(|_| text.to_owned(), String::from)
}

/// Whether a host is written as the URL has it, but for capitals, and for labels in other letters.
fn is_name_of(written: &str, host: &str) -> bool {
    let same = |(written, label): (&str, &str)| {
        written.eq_ignore_ascii_case(label) || !written.is_ascii() && label.starts_with("xn--")
    };
    written.split('.').count() == host.split('.').count() && written.split('.').zip(host.split('.')).all(same)
}

/// What is set in every authorization request, or stands for all of it (RFC 9101, RFC 9126): none comes twice.
const REQUEST_PARAMETERS: [&str; 12] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "dpop_jkt",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// The same for the endpoint of this name. The query of an authorization endpoint's own is kept in every request (RFC 6749
/// §3.1), and must not decide what the request is.
pub(crate) fn check_named(name: &str, text: &str) -> Result<Url, Refused> {
    let url = check_written(text)?;
    if name != "authorization_endpoint" {
        return Ok(url);
    }
    let own = url.query_pairs().find(|(name, _)| REQUEST_PARAMETERS.contains(&name.as_ref()));
    let found = own.map(|(name, _)| name.into_owned());
    found.map_or(Ok(url), |name| Err(Refused::Parameter(name)))
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
    let url = check_written(text)?;
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
    fn what_could_be_read_as_another_address_is_refused() {
        for text in [
            "https:evil.example/t",
            "https:/evil.example/t",
            "https:///evil.example/t",
            "https:\\\\evil.example\\t",
            "https://evil.example\\t",
            "http://127.0.0.1:8801\\@127.0.0.1:8802/t",
            " https://as.example/t",
            "https://as.example/t ",
            "\thttps://as.example/t",
            "https://as.exa\nmple/t",
            "https://as.example/t?x=\ty",
            "https://@as.example/t",
            "https://as.example:/t",
            "https://g%69thub.com/t",
            "https://ｇithub.com/t",
            "https://git\u{ad}hub.com/t",
            "https://as。example/t",
            "https://2130706433/t",
            "https://0x5d.0xb8.0xd8.0x22/t",
            "https://as.example/..",
            "https://as.example/a/../t",
            "https://as.example/a/%2e%2e/t",
            "https://as.example/a b",
        ] {
            assert_eq!(check_written(text), Err(Refused::Misread), "{text:?}");
            assert_eq!(normal(text), text);
        }
        for (text, written) in [
            ("https://as.example", "https://as.example/"),
            ("HTTPS://AS.example:443/T?x=Y", "https://as.example/T?x=Y"),
            ("https://as.example?x", "https://as.example/?x"),
            ("http://[::1]:80/t", "http://[::1]/t"),
            ("https://as.example/t?a='b' c", "https://as.example/t?a=%27b%27%20c"),
            ("https://g\u{456}thub.com/t", "https://xn--gthub-n2e.com/t"),
            ("https://\u{444}.\u{440}\u{444}:8443/t", "https://xn--t1a.xn--p1ai:8443/t"),
        ] {
            assert_eq!(check_written(text).map(String::from).as_deref(), Ok(written), "{text}");
            assert_eq!(normal(text), written);
        }
    }

    #[test]
    fn an_authorization_endpoint_has_no_parameter_of_the_protocol() {
        let check = |name: &str, query: &str| check_named(name, &format!("https://as.example/a?{query}"));
        assert!(check("authorization_endpoint", "tenant=1&prompt=x&clientid=y").is_ok());
        for (query, name) in
            [("client_id=x", "client_id"), ("a=b&redirect%5Furi=https://e.example", "redirect_uri"), ("state", "state")]
        {
            assert!(check("token_endpoint", query).is_ok());
            assert_eq!(check("authorization_endpoint", query), Err(Refused::Parameter(name.into())), "{query}");
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
            "https://[::ffff:a00:1]/",
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

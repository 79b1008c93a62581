//! Hosts that a secret may be sent to, as an entry names them: `api.example.com`, `example.com:8443`, or `*.example.com`
//! for one or more labels before it.

use url::Url;

/// Whether `pattern` names the host and port of `url`. Nothing but ASCII case is forgiven: no trailing dot, no other
/// port than the usual one of the scheme unless it is written.
pub(crate) fn names(pattern: &str, url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let (name, port) = split_port(pattern);
    let port = match port.map(str::parse::<u16>) {
        None => url.port().is_none(),
        Some(port) => port.is_ok_and(|port| url.port_or_known_default() == Some(port)),
    };
    port && match name.strip_prefix("*.") {
        Some(end) => before_dot(host, end).is_some_and(|labels| !labels.is_empty()),
        None => host.eq_ignore_ascii_case(name),
    }
}

/// What stands before `.end` in a host.
fn before_dot<'a>(host: &'a str, end: &str) -> Option<&'a str> {
    let at = host.len().checked_sub(end.len())?;
    let (labels, rest) = host.split_at_checked(at)?;
    if rest.eq_ignore_ascii_case(end) { labels.strip_suffix('.') } else { None }
}

/// An address in brackets holds colons that divide no port off.
fn split_port(pattern: &str) -> (&str, Option<&str>) {
    match pattern.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (pattern, None),
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    fn fits(pattern: &str, url: &str) -> bool {
        names(pattern, &url.parse().unwrap())
    }

    #[test]
    fn a_host_is_compared_whole_and_with_its_port() {
        assert!(fits("github.com", "https://GITHUB.com/x"));
        assert!(fits("github.com", "https://github.com:443/"));
        assert!(fits("github.com:443", "https://github.com/"));
        assert!(fits("127.0.0.1:8080", "http://127.0.0.1:8080/"));
        assert!(fits("[::1]:1", "http://[::1]:1/") && fits("[::1]", "http://[::1]/"));
        for other in [
            "https://github.com.evil.com/",
            "https://evilgithub.com/",
            "https://github.com:8443/",
            "https://github.com./",
            "https://api.github.com/",
            "https://xn--gthub-cua.com/",
            "https://[::1]/",
        ] {
            assert!(!fits("github.com", other), "{other}");
        }
    }

    #[test]
    fn a_star_stands_for_labels_and_nothing_less() {
        assert!(fits("*.pkg.dev", "https://europe-docker.pkg.dev/"));
        assert!(fits("*.pkg.dev", "https://a.b.pkg.dev/"));
        for other in ["https://pkg.dev/", "https://evilpkg.dev/", "https://a.pkg.dev.evil.com/", "https://a.pkg.dev:1/"]
        {
            assert!(!fits("*.pkg.dev", other), "{other}");
        }
    }
}

//! Where the redirect arrives: what is listened on, and what has to be registered.

use url::Url;

use super::super::Error;
use super::RedirectChoice;
use crate::callback::{Address, Host, Port};
use crate::model::endpoint;
use crate::model::text::shown;
use crate::provider::{PortRule, Provider, RedirectRule};

/// The port of a provider that compares it, so that one redirect URI can be registered for good.
const FIXED_PORT: u16 = 17171;

/// What is registered at the provider for this address: without a port where any port is taken.
pub(super) fn registration(address: &Address) -> String {
    let host = match address.host {
        Host::Ipv4 => "127.0.0.1",
        Host::Ipv6 => "[::1]",
        Host::Localhost => "localhost",
    };
    let port = match address.port {
        Port::Any => String::new(),
        Port::Exact(port) | Port::Range(port, _) => format!(":{port}"),
    };
    format!("http://{host}{port}{}", address.path)
}

/// Where to listen: the user's choice, else the provider's rule.
pub(super) fn address(provider: &Provider, choice: &RedirectChoice) -> Result<Address, Error> {
    let rule = &provider.entry.redirect;
    let host = match rule.host.as_str() {
        "localhost" => Host::Localhost,
        "[::1]" => Host::Ipv6,
        _ => Host::Ipv4,
    };
    let port = match (choice, rule.port) {
        (RedirectChoice::Uri(uri), _) => return from_uri(uri),
        _ if rule.rule != RedirectRule::Loopback => return Err(no_loopback(provider)),
        (RedirectChoice::Ports(first, last), _) if first == last => Port::Exact(*first),
        (RedirectChoice::Ports(first, last), _) => Port::Range(*first, *last),
        (RedirectChoice::Usual, PortRule::Exact) => Port::Exact(FIXED_PORT),
        (RedirectChoice::Usual, PortRule::Any) => Port::Any,
    };
    Ok(Address { host, port, path: rule.path.clone() })
}

fn no_loopback(provider: &Provider) -> Error {
    Error::Usage(format!("{} takes no redirect to this machine", shown(&provider.entry.name)))
}

fn from_uri(text: &str) -> Result<Address, Error> {
    let wrong = |why: &str| Error::Usage(format!("--redirect-uri: {why}"));
    let url = Url::parse(text).map_err(|_| wrong("it is no URL"))?;
    if url.scheme() != "http" || !endpoint::is_loopback(&url) || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "only http://127.0.0.1, http://[::1] and http://localhost, with port and path, can be listened on",
        ));
    }
    let host = match url.host_str() {
        Some("localhost") => Host::Localhost,
        Some("127.0.0.1") => Host::Ipv4,
        Some("[::1]") => Host::Ipv6,
        _ => return Err(wrong("the host is 127.0.0.1, [::1] or localhost")),
    };
    let port = url.port().map_or(Port::Any, Port::Exact);
    Ok(Address { host, port, path: url.path().to_owned() })
}

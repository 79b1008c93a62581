//! Where the redirect arrives: what is listened on, and what has to be registered.

use std::path::Path;

use url::Url;

use super::super::Error;
use super::{Flow, Login, RedirectChoice};
use crate::callback::{Address, Host, Listener, Port};
use crate::model::endpoint;
use crate::model::text::shown;
use crate::provider::{PortRule, Provider, RedirectRule};

/// The port of a provider that compares it, so that one redirect URI can be registered for good.
pub(in crate::app) const FIXED_PORT: u16 = 17171;

/// Where the answer of an authorization request arrives.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    /// At a port of this machine.
    Listen(Address),
    /// At a page elsewhere: its address, or the code that it shows, is pasted.
    Page { redirect_uri: String, shows_code: bool },
}

impl Arrival {
    /// The user's choice, else the provider's rule.
    pub(super) fn of(provider: &Provider, login: &Login, flow: Flow) -> Result<Self, Error> {
        let rule = &provider.entry.redirect;
        match (&login.redirect, rule.rule, &rule.paste) {
            (RedirectChoice::Uri(uri), ..) if uri.starts_with("https://") => {
                let url = endpoint::check_written(uri)
                    .map_err(|refused| Error::Usage(format!("--redirect-uri: {refused}")))?;
                if endpoint::is_loopback(&url) {
                    return Err(Error::Usage("--redirect-uri: this machine is listened on with http only".into()));
                }
                Ok(Self::Page { redirect_uri: uri.clone(), shows_code: false })
            }
            (RedirectChoice::Uri(uri), ..) => from_uri(uri).map(Self::Listen),
            (choice, RedirectRule::Loopback, _) => Ok(Self::Listen(loopback(provider, choice))),
            (_, _, Some(page)) => Ok(Self::Page { redirect_uri: page.clone(), shows_code: true }),
            _ if flow == Flow::Device => Ok(Self::Page { redirect_uri: String::new(), shows_code: false }),
            _ => Err(Error::Usage(format!(
                "{} takes no redirect to this machine; give an https address of yours that is registered there with \
                 --redirect-uri",
                shown(&provider.entry.name)
            ))),
        }
    }

    /// Opens the port, where there is one to open.
    pub(super) fn open(&self, run_dir: &Path) -> Result<Listener, Error> {
        match self {
            Self::Listen(address) => Listener::bind(address, run_dir),
            Self::Page { redirect_uri, shows_code } => Listener::elsewhere(redirect_uri, *shows_code, run_dir),
        }
        .map_err(Error::Callback)
    }

    pub(super) fn shows_code(&self) -> bool {
        matches!(self, Self::Page { shows_code: true, .. })
    }

    /// What is registered at the provider for it: without a port where any port is taken.
    pub(super) fn registration(&self) -> String {
        let address = match self {
            Self::Listen(address) => address,
            Self::Page { redirect_uri, .. } => return redirect_uri.clone(),
        };
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

    /// The same where the provider wants it registered, and else nothing.
    pub(super) fn registration_at(&self, provider: &Provider) -> String {
        if provider.entry.redirect.register { self.registration() } else { String::new() }
    }
}

fn loopback(provider: &Provider, choice: &RedirectChoice) -> Address {
    let rule = &provider.entry.redirect;
    let host = match rule.host.as_str() {
        "localhost" => Host::Localhost,
        "[::1]" => Host::Ipv6,
        _ => Host::Ipv4,
    };
    let port = match (choice, rule.port) {
        (RedirectChoice::Ports(first, last), _) if first == last => Port::Exact(*first),
        (RedirectChoice::Ports(first, last), _) => Port::Range(*first, *last),
        (_, PortRule::Exact) => Port::Exact(FIXED_PORT),
        (_, PortRule::Any) => Port::Any,
    };
    Address { host, port, path: rule.path.clone() }
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

//! The HTTP client: one place where time-outs, redirects, body sizes and proxies are decided.
//!
//! No redirect is ever followed, no connection is used twice (a reset on an old connection would leave it open whether
//! a refresh token was spent), and nothing is retried. What the program itself asks ([`Http::send`]) has a limit in time
//! and size, and no encoded body is taken; what a user asks ([`Http::stream`]) passes through as it comes, for as long
//! as something comes.

mod certificate;
mod connection;

use std::io::Read;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::config::{AutoHeaderValue, Config, ConfigBuilder};
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::{Agent, SendBody};
use url::Url;

pub(crate) use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};

pub(crate) use certificate::{CertificateError, ClientCertificate};

use connection::Made;

use crate::model::endpoint;

/// The largest answer that is read: 1 MiB.
const LARGEST: u64 = 1 << 20;
/// Room for the head of an answer (at most 64 KiB; with more room, a larger one is seen to be too large), and for what is
/// sent at a time. ureq's own 128 KiB each are for downloads: of many requests at once they would be most of the memory.
const ROOM: (usize, usize) = (80 << 10, 16 << 10);
/// How long looking up a name may take: the system asks one server after another, for five seconds each.
const LOOK_UP: Duration = Duration::from_secs(20);
/// How long connection and TLS may take together.
const CONNECT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("oauth-cli/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer. `host` is all that is ever said of the URL, with the proxy on the way, where there is one.
#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum Error {
    /// The URL is not one a request may go to.
    #[error("a request to this address is refused: {0}")]
    Refused(#[from] endpoint::Refused),
    /// The request certainly did not reach the server.
    #[error("cannot reach {host}: {cause}")]
    Unsent { host: String, cause: String },
    /// Nothing was sent: no certificate is there to know a server by.
    #[error("cannot reach {host}: this system has no certificates of authorities to know it by")]
    NoAuthorities { host: String },
    /// The request was sent, at least in part, and no whole answer came: the server may have acted on it.
    #[error("no answer from {host}: {cause}")]
    InDoubt { host: String, cause: String },
    /// An answer came that is not read: too large, or encoded.
    #[error("the answer of {host} is not taken: {cause}")]
    Unreadable { host: String, cause: String },
}

/// A body on its way out.
pub(crate) struct Upload {
    /// Bytes, where they are known beforehand.
    pub(crate) length: Option<u64>,
    pub(crate) reader: Box<dyn Read>,
}

/// A body on its way in. What goes wrong with it is an [`std::io::Error`].
pub(crate) type Download = Box<dyn Read>;

/// A client with a time limit for each whole request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Http {
    limit: Duration,
}

impl Http {
    pub(crate) fn new(limit: Duration) -> Self {
        // A time far away overflows the clock.
        Self { limit: limit.min(Duration::from_secs(86_400)) }
    }

    /// Sends a request and reads its whole answer, whatever the status.
    pub(crate) fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> {
        self.send_as(None, request)
    }

    /// The same, with a certificate for a server that asks for one.
    pub(crate) fn send_as(
        &self,
        certificate: Option<&ClientCertificate>,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Error> {
        let url = endpoint::check(&request.uri().to_string())?;
        let config = self.config(endpoint::is_loopback(&url), certificate).timeout_global(Some(self.limit));
        let (agent, made) = connection::agent(config.input_buffer_size(ROOM.0).output_buffer_size(ROOM.1).build());
        let host = destination(&url, agent.config(), request.uri());
        let sent = if request.body().is_empty() { agent.run(request.map(|_| ())) } else { agent.run(request) };
        let (parts, mut body) = sent.map_err(|error| failed(&host, &made, &error))?.into_parts();
        if let Some(encoding) = parts.headers.get(header::CONTENT_ENCODING).filter(|value| *value != "identity") {
            let cause = format!("it is encoded ({})", encoding.to_str().unwrap_or("?"));
            return Err(Error::Unreadable { host, cause });
        }
        let body = body.with_config().limit(LARGEST).read_to_vec().map_err(|error| failed(&host, &made, &error))?;
        Ok(Response::from_parts(parts, body))
    }

    /// Sends a request whose body is read from `upload` as it leaves, and gives the answer as soon as its head is there.
    /// Without an upload, no body is sent. The time limit holds for each wait, not for the whole. A certificate is for
    /// a server that asks for one.
    pub(crate) fn stream(
        &self,
        certificate: Option<&ClientCertificate>,
        request: Request<()>,
        upload: Option<Upload>,
    ) -> Result<Response<Download>, Error> {
        let url = endpoint::check(&request.uri().to_string())?;
        let (mut parts, ()) = request.into_parts();
        let body = match upload {
            None => SendBody::none(),
            Some(Upload { length, reader }) => {
                if let Some(length) = length {
                    parts.headers.insert(header::CONTENT_LENGTH, length.into());
                }
                SendBody::from_owned_reader(reader)
            }
        };
        let config = self.config(endpoint::is_loopback(&url), certificate).allow_non_standard_methods(true);
        let (agent, made) = connection::agent(config.timeout_per_read(Some(self.limit)).build());
        let host = destination(&url, agent.config(), &parts.uri);
        let sent = agent.run(Request::from_parts(parts, body));
        let (parts, body) = sent.map_err(|error| failed(&host, &made, &error))?.into_parts();
        Ok(Response::from_parts(parts, Box::new(body.into_with_config().limit(u64::MAX).reader())))
    }

    fn config(&self, loopback: bool, certificate: Option<&ClientCertificate>) -> ConfigBuilder<AgentScope> {
        let own = certificate.map(ClientCertificate::for_handshake);
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).client_cert(own).build();
        let config = Agent::config_builder()
            .timeout_resolve(Some(LOOK_UP.min(self.limit)))
            .timeout_connect(Some(CONNECT.min(self.limit)))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .user_agent(USER_AGENT)
            .accept_encoding(AutoHeaderValue::None)
            .tls_config(tls);
        // A proxy of the network has no way to this machine's own loopback.
        if loopback { config.proxy(None) } else { config }
    }
}

/// The host of a URL, and the proxy through which it is reached, without what that is told of the user.
fn destination(url: &Url, config: &Config, uri: &Uri) -> String {
    let host = endpoint::authority(url);
    match config.proxy().filter(|proxy| !proxy.is_no_proxy(uri)) {
        Some(proxy) => format!("{host} through the proxy {}:{}", proxy.host(), proxy.port()),
        None => host,
    }
}

/// Host and port of a proxy, if a text names one in a form that is understood.
pub(crate) fn proxy_address(text: &str) -> Option<(String, u16)> {
    let proxy = ureq::Proxy::new(text).ok()?;
    Some((proxy.host().to_owned(), proxy.port()))
}

/// Whether this system has certificates to know servers by.
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) fn has_authorities() -> bool {
    !rustls_native_certs::load_native_certs().certs.is_empty()
}

/// The system itself knows servers there.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub(crate) fn has_authorities() -> bool {
    true
}

/// Whether anything takes a connection there.
pub(crate) fn answers(host: &str, port: u16) -> bool {
    let found = (host, port).to_socket_addrs().into_iter().flatten();
    found.into_iter().any(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
}

fn failed(host: &str, made: &Made, error: &ureq::Error) -> Error {
    use ureq::Error as E;
    let (host, cause) = (host.to_owned(), cause(error));
    match error {
        // Raised by the verifier, before there is a connection.
        _ if cause.contains("No CA certificates were loaded") => Error::NoAuthorities { host },
        _ if !made.get() => Error::Unsent { host, cause },
        // A server reads nothing of a request before it has taken the client's certificate (RFC 8446 §4.4.2.4).
        _ if certificate::is_refused(&cause) => {
            Error::Unsent { host, cause: "it does not take the client certificate".into() }
        }
        E::BodyExceedsLimit(_) | E::LargeResponseHeader(..) => Error::Unreadable { host, cause },
        _ => Error::InDoubt { host, cause },
    }
}

/// The cause in a person's words, without anything of the request.
fn cause(error: &ureq::Error) -> String {
    use ureq::Error as E;
    match error {
        E::HostNotFound => "its name was not found".into(),
        E::ConnectionFailed => "the connection failed".into(),
        E::Timeout(ureq::Timeout::Resolve) => "its name was not looked up in time".into(),
        E::Timeout(_) => "it took too long".into(),
        E::BodyExceedsLimit(_) => format!("it is larger than {} KiB", LARGEST >> 10),
        E::LargeResponseHeader(_, limit) => format!("its head is larger than {} KiB", limit >> 10),
        E::InvalidProxyUrl => "the proxy's URL is not valid".into(),
        E::Protocol(_) | E::Http(_) | E::BadUri(_) => "it is not a valid HTTP answer".into(),
        E::Io(io) => io.to_string(),
        other => other.to_string(),
    }
}

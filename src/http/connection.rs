//! How a connection comes about: names are looked up with a limit in time, and it is known afterwards whether there was one.
//!
//! Until a connection stands, with its proxy and its TLS, nothing of a request has left. That is what tells a server that
//! was not reached from one that may have acted on what it was sent.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::{io, thread};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};
use ureq::{Agent, Error};

/// Whether the one connection of an agent was made.
#[derive(Clone, Debug, Default)]
pub(super) struct Made(Arc<AtomicBool>);

impl Made {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// An agent for one request, and what tells whether its connection was made.
pub(super) fn agent(config: Config) -> (Agent, Made) {
    let made = Made::default();
    let connector = Watched { inner: DefaultConnector::new(), made: made.clone() };
    (Agent::with_parts(config, connector, Names), made)
}

#[derive(Debug)]
struct Watched {
    inner: DefaultConnector,
    made: Made,
}

impl Connector for Watched {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        let connection = self.inner.connect(details, chained);
        // The way to a proxy is made within this, and undone here where the proxy then makes none to the server.
        self.made.0.store(connection.is_ok(), Ordering::Relaxed);
        connection
    }
}

/// Looks up names in a thread, which may hang longer than anyone waits. The client's own way would panic where no thread can
/// be started.
#[derive(Debug)]
struct Names;

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, _: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let authority = uri.scheme().zip(uri.authority());
        let address = authority.and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority));
        let address = address.ok_or(Error::HostNotFound)?;
        let found = match address.parse::<SocketAddr>() {
            Ok(known) => vec![known],
            Err(_) => look_up(address, timeout)?,
        };
        let mut addresses = self.empty();
        // There is room for more than anyone tries.
        found.into_iter().take_while(|address| addresses.try_push(*address).is_ok()).for_each(drop);
        if addresses.is_empty() { Err(Error::HostNotFound) } else { Ok(addresses) }
    }
}

fn look_up(address: String, timeout: NextTimeout) -> Result<Vec<SocketAddr>, Error> {
    let (sender, found) = mpsc::channel();
    let looking = thread::Builder::new().spawn(move || sender.send(address.to_socket_addrs().map(Vec::from_iter)));
    looking.map_err(|error| io::Error::new(error.kind(), format!("its name cannot be looked up: {error}")))?;
    Ok(found.recv_timeout(*timeout.after).map_err(|_| Error::Timeout(timeout.reason))??)
}

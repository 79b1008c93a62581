//! The built-in authorization server: plain HTTP on 127.0.0.1, for the demo, for people's scripts, and for the tests.
//!
//! It is strict where a real server may be strict (PKCE, exact redirects, one use of a code, rotation with reuse
//! detection), and wrong only where a test asked for it. `tiny_http` serves a server that is always right; a gate in
//! front of it owns the connections and does everything that waits or goes wrong on the wire. Nothing here is secret:
//! its accounts are made up and its tokens open nothing.

mod assertion;
mod authorize;
mod browser;
mod control;
mod discovery;
mod form;
mod gate;
mod grants;
mod knobs;
mod log;
mod machines;
mod message;
mod mint;
mod pages;
mod resource;
mod server;
mod shared;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

pub(crate) use browser::{sign_in, visit};
use knobs::Knobs;
use mint::Mint;
use shared::Shared;
use state::State;

/// The client without a secret.
pub(crate) const PUBLIC_CLIENT: &str = "demo";
/// The client with [`CONFIDENTIAL_SECRET`].
pub(crate) const CONFIDENTIAL_CLIENT: &str = "demo-confidential";
/// Has characters that HTTP Basic must carry form-encoded (RFC 6749 §2.3.1), so that who forgets it is refused.
pub(crate) const CONFIDENTIAL_SECRET: &str = "demo+secret/100%";

/// The client that authenticates with a private key (RFC 7523 §2.2).
const KEY_CLIENT: &str = "demo-key";

/// `tiny_http` hands requests to this many threads. None of them ever waits.
const WORKERS: usize = 4;

/// How the server is born. Everything here can be changed later through `/sandbox/behaviour`, where `control` is on.
#[derive(Clone)]
pub(crate) struct Settings {
    /// 0 takes any free one.
    pub(crate) port: u16,
    /// Seconds an access token lives.
    pub(crate) access_ttl: u64,
    /// Seconds a refresh token lives; without limit where there is none.
    pub(crate) refresh_ttl: Option<u64>,
    /// Whether each refresh gives a new refresh token and spends the old one.
    pub(crate) rotate: bool,
    /// Milliseconds for which a spent refresh token is still taken.
    pub(crate) grace_ms: u64,
    /// Whether `/sandbox/…` is open.
    pub(crate) control: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the demo server cannot listen on 127.0.0.1:{port}")]
    Bind { port: u16, source: io::Error },
    #[error("the demo server cannot start its threads")]
    Thread(#[source] io::Error),
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
    /// The address is left out: it may carry a code.
    #[error("the address is not one of this machine")]
    NotLoopback,
    #[error("no answer from {origin}")]
    Unreachable { origin: String, source: io::Error },
    #[error("{origin} answered with status {status} where a redirect was due")]
    NoRedirect { origin: String, status: u16 },
}

/// A running server. Dropping it ends its connections and joins its threads.
pub(crate) struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    inner: Arc<tiny_http::Server>,
    gate: Option<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

impl Sandbox {
    pub(crate) fn start(settings: Settings) -> Result<Self, Error> {
        let bind = |port| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
            let named = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
            named.map_err(|source| Error::Bind { port, source })
        };
        let (address, listener) = bind(settings.port)?;
        let (inside, behind) = bind(0)?;
        let server = tiny_http::Server::from_listener(behind, None);
        let inner = Arc::new(server.map_err(|error| Error::Thread(io::Error::other(error)))?);
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(Error::Random)?;
        let state = State::new(Knobs::new(&settings), Mint::new(key));
        let shared = Arc::new(Shared::new(address.port(), inside, settings, state));
        let mut sandbox = Self { address, shared, inner, gate: None, workers: Vec::new() };
        for _ in 0..WORKERS {
            let (inner, shared) = (Arc::clone(&sandbox.inner), Arc::clone(&sandbox.shared));
            sandbox.workers.push(spawn(move || server::work(&inner, &shared))?);
        }
        let shared = Arc::clone(&sandbox.shared);
        sandbox.gate = Some(spawn(move || gate::run(&listener, &shared))?);
        Ok(sandbox)
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn issuer(&self) -> &str {
        &self.shared.issuer
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new().name("sandbox".into()).spawn(run).map_err(Error::Thread)
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stop.set();
        // Wakes the gate out of `accept`. Without it the gate would wait for the next client.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(gate) = self.gate.take().filter(|_| woken) {
            // A thread that panicked has ended too.
            let _ = gate.join();
        }
        self.workers.iter().for_each(|_| self.inner.unblock());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

//! The loopback listener that receives the redirect of an authorization server (RFC 8252 §7.3).
//!
//! A browser's request passes the [`gate`] (bounds), then `tiny_http` (reading, writing), then the checks of
//! [`request`], and last the caller's judge, who knows `state` and `iss`. Invariants:
//! - exactly one callback is taken, atomically; whatever else comes is answered with a fixed page and never ends the
//!   login;
//! - nothing of a request is ever echoed, stored or logged;
//! - the port is open from [`Listener::bind`] to the end of [`Listener::serve`], and not a moment longer.

mod address;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod gate;
mod head;
mod page;
mod request;
mod serve;
mod server;
mod signals;
#[cfg(test)]
mod tests;
mod typed;

use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tiny_http::Request;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::UnboundedReceiver;

pub(crate) use self::address::{Address, Host, Port};
pub(crate) use self::page::Page;
pub(crate) use self::request::Query;
pub(crate) use self::signals::Signals;
pub(crate) use self::typed::{Typed, Typist, typing};

use self::gate::{Gate, Limits};
use self::request::Site;
use self::serve::{Course, Desk};
use self::server::Server;
use self::typed::Slip;

/// How long the last page is kept for a browser that does not fetch it. One that does waits for it already.
const FAREWELL: Duration = Duration::from_secs(1);

/// What ends a login in this room.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The wanted port belongs to another program, on one of the loopback families at least.
    #[error("port {port} is in use by another program")]
    PortBusy { port: u16 },
    /// Every port of the range is in use, or the range is empty.
    #[error("no port from {first} to {last} is free")]
    RangeBusy { first: u16, last: u16 },
    /// `localhost` stands for two addresses, and no port was free on both.
    #[error("no port is free on both 127.0.0.1 and [::1]")]
    NoCommonPort,
    /// There is no such loopback address, or the port is not allowed to us.
    #[error("the loopback address {address} cannot be bound")]
    Bind { address: SocketAddr, source: io::Error },
    /// A path that no browser would send back as it stands.
    #[error("`{}` cannot be the path of a redirect URI", path.escape_debug())]
    Path { path: String },
    /// Others could reach the socket in it.
    #[cfg(unix)]
    #[error("the directory {} is open to other users", path.display())]
    OpenDirectory { path: PathBuf },
    /// The socket between gate and server.
    #[error("no private socket can be opened in {}", path.display())]
    PrivateSocket { path: PathBuf, source: io::Error },
    /// A thread, the runtime or the signal handlers.
    #[error("the listener cannot be started")]
    Start(#[source] io::Error),
    /// The right callback did not come in time.
    #[error("no answer from the browser within {} seconds", limit.as_secs())]
    TimedOut { limit: Duration },
    /// A signal came; its number.
    #[error("interrupted by signal {signal}")]
    Interrupted { signal: i32 },
}

/// What the waiting tells while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// About once a second: how much time is left.
    Left(Duration),
    /// Something was pasted that is not the answer, for this reason.
    NotTheAnswer(&'static str),
}

/// Whose callback it is.
pub(crate) enum Verdict<A> {
    /// Ours: this much was learned from it. Said once, the login goes on to the work.
    Ours(A),
    /// Not ours. It is sent away, and the login keeps waiting.
    Stranger,
}

/// An open port, waiting to be served. Dropped: closed.
pub(crate) struct Listener {
    listeners: Vec<TcpListener>,
    server: Server,
    requests: UnboundedReceiver<Request>,
    site: Site,
    redirect_uri: String,
    port: Option<u16>,
    /// A page of the provider shows the code by itself.
    shows_code: bool,
    limits: Limits,
    farewell: Duration,
    /// Heard from the opening on: whoever is shown the address may stop at once.
    signals: Signals,
    /// Last, so that the sockets above are closed while it still stands.
    runtime: Runtime,
}

impl Listener {
    /// Opens the port. From now on browsers may connect; they are answered by [`serve`](Self::serve).
    ///
    /// `private_dir` is a directory that only this user can enter; a socket lives in it as long as the listener does.
    /// Errors: the port is not to be had, or the path cannot be one, or the directory is open to others.
    pub(crate) fn bind(address: &Address, private_dir: &Path) -> Result<Self, Error> {
        address.check_path()?;
        check_private(private_dir)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
        let inside = runtime.enter();
        let bound = address::bind(address.host, address.port)?;
        let signals = Signals::listen().map_err(Error::Start)?;
        drop(inside);
        let family = if bound.local.is_ipv4() { 4 } else { 6 };
        let name = format!("callback{family}-{}", bound.local.port());
        let (server, requests) = Server::start(private_dir, &name)
            .map_err(|source| Error::PrivateSocket { path: private_dir.to_owned(), source })?;
        let redirect_uri = format!("http://{}{}", bound.authority, address.path);
        let site = Site { authority: bound.authority, path: address.path.clone() };
        let (limits, farewell) = (Limits::default(), FAREWELL);
        Ok(Self {
            listeners: bound.listeners,
            server,
            requests,
            site,
            redirect_uri,
            port: Some(bound.local.port()),
            shows_code: false,
            limits,
            farewell,
            signals,
            runtime,
        })
    }

    /// Opens no port: the browser ends at a page elsewhere, and what it shows there is typed in. `shows_code`: that page
    /// shows the code alone.
    pub(crate) fn elsewhere(redirect_uri: &str, shows_code: bool, private_dir: &Path) -> Result<Self, Error> {
        check_private(private_dir)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
        let inside = runtime.enter();
        let signals = Signals::listen().map_err(Error::Start)?;
        drop(inside);
        let name = format!("typed-{}", std::process::id());
        let (server, requests) = Server::start(private_dir, &name)
            .map_err(|source| Error::PrivateSocket { path: private_dir.to_owned(), source })?;
        Ok(Self {
            listeners: vec![],
            server,
            requests,
            site: Site { authority: String::new(), path: String::new() },
            redirect_uri: redirect_uri.to_owned(),
            port: None,
            shows_code,
            limits: Limits::default(),
            farewell: Duration::ZERO,
            signals,
            runtime,
        })
    }

    /// The redirect URI (RFC 6749 §3.1.2), the same in every request of this login. Port 80 is left out, as browsers
    /// do.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The port that waits, if one does.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Waits for the right callback, does `work` with what was learned from it on a thread of its own, and gives its
    /// result.
    ///
    /// The browser is sent on to a page that appears when the work has ended and says what `page` makes of its result.
    /// The port is closed when the browser has that page, a second after the work at the latest.
    ///
    /// `typed` is what a person types meanwhile: an address the browser ended at is held to the same judge.
    ///
    /// `limit` is for the waiting alone; `tell` hears about once a second how much of it is left. `judge` sees every
    /// callback that is well-formed until it says [`Verdict::Ours`]. A panic in `work` goes on here, after its page.
    /// Errors: [`Error::TimedOut`]; [`Error::Interrupted`] at once by SIGINT, SIGTERM or SIGHUP, also while the work
    /// still runs (its result is then lost); [`Error::Start`].
    ///
    /// Not to be called inside an async runtime. Signal handlers stay installed afterwards: those three signals no
    /// longer end the program by themselves.
    pub(crate) fn serve<A, R>(
        self,
        typed: Typed,
        limit: Duration,
        tell: &mut dyn FnMut(Event),
        mut judge: impl FnMut(&Query) -> Verdict<A>,
        work: impl FnOnce(A) -> R + Send + 'static,
        page: impl Fn(&R) -> Page,
    ) -> Result<R, Error>
    where
        A: Send + 'static,
        R: Send + 'static,
    {
        let Self { listeners, server, requests, site, limits, farewell, signals, runtime, .. } = self;
        let slip = Slip { redirect_uri: self.redirect_uri, shows_code: self.shows_code };
        runtime.block_on(async {
            let gate = Gate::open(listeners, server, limits);
            let mut course = Course { gate, requests, signals, desk: Desk::new(site), typed, slip };
            let ours = course.wait(limit, tell, &mut judge).await?;
            let result = course.work(move || work(ours)).await?;
            course.show(result.as_ref().map_or(Page::Failed, page), farewell).await;
            result.map_or_else(|panic| resume_unwind(panic), Ok)
        })
    }
}

#[cfg(unix)]
fn check_private(directory: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS: u32 = 0o077;
    let metadata =
        directory.metadata().map_err(|source| Error::PrivateSocket { path: directory.to_owned(), source })?;
    if metadata.permissions().mode() & OTHERS == 0 {
        return Ok(());
    }
    Err(Error::OpenDirectory { path: directory.to_owned() })
}

/// On Windows nothing is put into the directory.
#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<(), Error> {
    Ok(())
}

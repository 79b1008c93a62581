//! What every part of the server has in hand: its state, its clock, and the bounds of its work.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::fmt::rfc2822::DateTimePrinter;

use super::Settings;
use super::state::State;

/// What workers and connections share.
pub(super) struct Shared {
    pub(super) issuer: String,
    pub(super) settings: Settings,
    /// Where `tiny_http` listens.
    pub(super) inner: SocketAddr,
    /// Bounds the connections to `inner`: its accept loop ends for good when descriptors run out.
    pub(super) exchanges: Places,
    pub(super) stop: Stop,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(port: u16, inner: SocketAddr, settings: Settings, state: State) -> Self {
        let issuer = format!("http://127.0.0.1:{port}");
        let (exchanges, stop) = (Places::new(32), Stop::default());
        Self { issuer, settings, inner, exchanges, stop, state: Mutex::new(state) }
    }

    /// Held for the length of one request's effect, never while anything waits.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds of the Unix epoch: the only place where the room reads the clock.
#[allow(clippy::disallowed_methods, reason = "a server has a clock of its own")]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The time in the form of RFC 9110 §5.6.7, by the server's clock.
pub(super) fn date(clock_offset: i64) -> Option<String> {
    let seconds = i64::try_from(now() / 1000).ok()?.checked_add(clock_offset)?;
    DateTimePrinter::new().timestamp_to_rfc9110_string(&jiff::Timestamp::from_second(seconds).ok()?).ok()
}

/// The end of the sandbox, which every wait listens for.
#[derive(Default)]
pub(super) struct Stop {
    set: Mutex<bool>,
    bell: Condvar,
}

impl Stop {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self) {
        *self.lock() = true;
        self.bell.notify_all();
    }

    pub(super) fn is_set(&self) -> bool {
        *self.lock()
    }

    /// Waits; an error when the sandbox stops meanwhile.
    pub(super) fn pause(&self, milliseconds: u64) -> io::Result<()> {
        let wait = Duration::from_millis(milliseconds);
        let ended = self.bell.wait_timeout_while(self.lock(), wait, |set| !*set);
        let (set, _) = ended.unwrap_or_else(PoisonError::into_inner);
        if *set { Err(ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

/// A number of places; who finds none waits for one.
pub(super) struct Places {
    free: Mutex<usize>,
    bell: Condvar,
}

/// Gives its place back when dropped.
pub(super) struct Place<'a>(&'a Places);

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Mutex::new(count), bell: Condvar::new() }
    }

    pub(super) fn take(&self) -> Place<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.bell.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.bell.notify_one();
    }
}

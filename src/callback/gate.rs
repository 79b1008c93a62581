//! The bounded gate on the public port: only whole, small, well-formed request heads get past it.
//!
//! Invariants: at most [`Limits::connections`] clients are inside, and a newcomer turns out the oldest that has not
//! sent its whole head; a head has [`Limits::head_time`] in all and 16 KiB; one request a connection; no error of
//! `accept` ends the loop. So whatever is thrown at the port, memory and descriptors stay bounded and a browser gets
//! its turn.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{self, AbortHandle};
use tokio::time::{Instant, sleep, timeout};

use super::head::HeadReader;
use super::page::{Answer, closing};
use super::server::Server;

/// The bounds of one gate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Clients inside at once.
    pub(super) connections: usize,
    /// For the whole head, from the first moment on.
    pub(super) head_time: Duration,
    /// For a client to hang up after its answer. Hanging up on one that still sends would cost it the answer.
    pub(super) linger_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, head_time: Duration::from_secs(5), linger_time: Duration::from_millis(500) }
    }
}

/// Nobody is turned out sooner: time for a browser on a busy machine to write after it connected.
const GRACE: Duration = Duration::from_millis(50);

/// For a client to take its answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Read and thrown away behind a head.
const LINGER_LIMIT: u64 = 256 * 1024;

/// Between two tries at something that failed for want of descriptors, and how many tries.
const PAUSE: Duration = Duration::from_millis(50);
const TRIES: usize = 100;

/// Descriptors given back when they have run out, and the clients served even then.
const GIVEN_BACK: usize = 8;
const FEWEST: usize = 4;

/// The clients inside, and what serves them.
pub(super) struct Gate {
    limits: Limits,
    server: Server,
    inside: Mutex<Inside>,
    changed: Notify,
}

struct Inside {
    clients: BTreeMap<u64, Client>,
    next: u64,
    capacity: usize,
}

struct Client {
    task: AbortHandle,
    since: Instant,
    /// Its head is whole and its answer not yet written.
    waits: bool,
}

impl Gate {
    /// Opens the gate on these listeners; it works in tasks of the current runtime and ends with that.
    pub(super) fn open(listeners: Vec<TcpListener>, server: Server, limits: Limits) -> Arc<Self> {
        let inside = Inside { clients: BTreeMap::new(), next: 0, capacity: limits.connections };
        let gate = Arc::new(Self { limits, server, inside: Mutex::new(inside), changed: Notify::new() });
        for listener in listeners {
            task::spawn(Arc::clone(&gate).accept(listener));
        }
        gate
    }

    /// Ends when no client is waiting for its answer.
    pub(super) async fn all_answered(&self) {
        loop {
            let changed = self.changed.notified();
            if !self.inside().clients.values().any(|client| client.waits) {
                return;
            }
            changed.await;
        }
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.admit(stream).await,
                Err(error) if is_of_the_client(&error) => {}
                Err(_) => {
                    self.give_back();
                    sleep(PAUSE).await;
                }
            }
            // The newcomer is read before the next one can turn it out.
            task::yield_now().await;
        }
    }

    async fn admit(self: &Arc<Self>, mut stream: TcpStream) {
        loop {
            let changed = self.changed.notified();
            let Some(back) = self.seat(stream) else { return };
            stream = back;
            let _ = timeout(GRACE, changed).await;
        }
    }

    /// Gives the client a place, if need be that of the oldest; gives it back when nobody may be turned out yet.
    fn seat(self: &Arc<Self>, stream: TcpStream) -> Option<TcpStream> {
        let mut inside = self.inside();
        if inside.clients.len() >= inside.capacity && !inside.turn_out(GRACE) {
            return Some(stream);
        }
        let id = inside.next;
        inside.next += 1;
        let task = task::spawn(attend(stream, Seat { gate: Arc::clone(self), id })).abort_handle();
        inside.clients.insert(id, Client { task, since: Instant::now(), waits: false });
        None
    }

    /// Descriptors have run out: lowers the capacity, so that `tiny_http` and the rest of the program find some.
    fn give_back(&self) {
        let mut inside = self.inside();
        let capacity = inside.capacity.min(inside.clients.len()).saturating_sub(GIVEN_BACK).max(FEWEST);
        inside.capacity = capacity.min(inside.capacity);
        while inside.clients.len() > inside.capacity && inside.turn_out(Duration::ZERO) {}
    }

    /// Hands a whole head on, until it is answered.
    async fn hand_on(&self, head: &[u8]) -> Vec<u8> {
        for _ in 0..TRIES {
            if let Ok(answer) = self.server.ask(head).await {
                return closing(answer);
            }
            self.give_back();
            sleep(PAUSE).await;
        }
        Answer::NotNow.bytes()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Turns out the oldest client that may go and has been here for `grace`.
    fn turn_out(&mut self, grace: Duration) -> bool {
        let oldest = self.clients.iter().find(|(_, client)| !client.waits);
        let Some(id) = oldest.filter(|(_, client)| client.since.elapsed() >= grace).map(|(id, _)| *id) else {
            return false;
        };
        if let Some(client) = self.clients.remove(&id) {
            client.task.abort();
        }
        true
    }
}

/// A client's place inside. Dropped: it is free.
struct Seat {
    gate: Arc<Gate>,
    id: u64,
}

impl Seat {
    fn set_waits(&self, waits: bool) {
        if let Some(client) = self.gate.inside().clients.get_mut(&self.id) {
            client.waits = waits;
        }
        self.gate.changed.notify_waiters();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.gate.inside().clients.remove(&self.id);
        self.gate.changed.notify_waiters();
    }
}

/// Serves one client from its first byte to its end.
async fn attend(mut stream: TcpStream, seat: Seat) {
    let Ok(Ok(head)) = timeout(seat.gate.limits.head_time, read_head(&mut stream)).await else {
        return;
    };
    seat.set_waits(true);
    let answer = match head {
        Ok(head) => seat.gate.hand_on(&head).await,
        Err(refusal) => refusal.bytes(),
    };
    // Whether it arrives is the client's affair: what the request meant has happened.
    let _ = timeout(ANSWER_TIME, send(&mut stream, &answer)).await;
    seat.set_waits(false);
    let linger_time = seat.gate.limits.linger_time;
    let _ = timeout(linger_time, tokio::io::copy(&mut stream.take(LINGER_LIMIT), &mut tokio::io::sink())).await;
}

/// A whole head, or the answer to what is none.
async fn read_head(stream: &mut TcpStream) -> io::Result<Result<Vec<u8>, Answer>> {
    let mut reader = HeadReader::default();
    let mut chunk = [0; 1024];
    loop {
        let length = stream.read(&mut chunk).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(outcome) = reader.add(&chunk[..length]).transpose() {
            return Ok(outcome);
        }
    }
}

async fn send(stream: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    stream.write_all(answer).await?;
    stream.shutdown().await
}

/// The client went away while it was being accepted; everything else is a want of ours.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

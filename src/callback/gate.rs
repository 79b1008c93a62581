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
pub(super) const LINGER_LIMIT: u64 = 256 * 1024;

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
                Err(error) => self.bear(&error).await,
            }
            // The newcomer is read before the next one can turn it out.
            task::yield_now().await;
        }
    }

    /// After an error of `accept`: a client that went away is none of ours, everything else is a want of descriptors.
    async fn bear(&self, error: &io::Error) {
        if !is_of_the_client(error) {
            self.give_back();
            sleep(PAUSE).await;
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

/// The client went away while it was being accepted.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::net::Ipv4Addr;

    use tempfile::TempDir;

    use super::*;

    /// Far longer than anything here takes.
    const FOREVER: Duration = Duration::from_secs(20);

    /// A gate and the clients inside, which have sent nothing.
    struct Crowd {
        gate: Arc<Gate>,
        clients: Vec<TcpStream>,
        _directory: TempDir,
    }

    impl Crowd {
        async fn of(count: usize) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let (server, _requests) = Server::start(directory.path(), "gate").unwrap();
            let gate = Gate::open(vec![], server, Limits { head_time: FOREVER, ..Limits::default() });
            let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let mut clients = vec![];
            for _ in 0..count {
                clients.push(TcpStream::connect(door.local_addr().unwrap()).await.unwrap());
                assert!(gate.seat(door.accept().await.unwrap().0).is_none(), "there is room");
            }
            Self { gate, clients, _directory: directory }
        }

        fn inside(&self) -> Vec<u64> {
            self.gate.inside().clients.keys().copied().collect()
        }
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    #[test]
    fn when_descriptors_have_run_out_the_oldest_go_and_a_few_are_served_even_then() {
        run(async {
            let crowd = Crowd::of(20).await;
            for kind in [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::Interrupted] {
                crowd.gate.bear(&kind.into()).await;
            }
            assert_eq!(crowd.inside().len(), 20, "who goes away by itself costs the others nothing");
            crowd.gate.bear(&io::Error::other("too many open files")).await;
            assert_eq!(crowd.inside(), (8..20).collect::<Vec<_>>());
            crowd.gate.give_back();
            assert_eq!(crowd.inside(), (16..20).collect::<Vec<_>>());
            crowd.gate.give_back();
            assert_eq!((crowd.inside(), crowd.gate.inside().capacity), ((16..20).collect::<Vec<_>>(), FEWEST));
        });
    }

    #[test]
    fn nobody_is_turned_out_before_its_time_or_while_it_waits_for_its_answer() {
        run(async {
            let crowd = Crowd::of(2).await;
            let turn_out = |grace| crowd.gate.inside().turn_out(grace);
            assert!(!turn_out(FOREVER));
            crowd.gate.inside().clients.get_mut(&0).unwrap().waits = true;
            assert!(turn_out(Duration::ZERO));
            assert_eq!(crowd.inside(), [0]);
            assert!(!turn_out(Duration::ZERO));
        });
    }

    #[test]
    fn who_has_gone_leaves_its_place() {
        run(async {
            let mut crowd = Crowd::of(2).await;
            crowd.clients.remove(0);
            let gone = async {
                while crowd.inside() != [1] {
                    task::yield_now().await;
                }
            };
            timeout(FOREVER, gone).await.expect("its place is free");
        });
    }
}

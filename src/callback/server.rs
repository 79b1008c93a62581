//! The HTTP server behind the gate: `tiny_http` on a socket that only this user can reach.
//!
//! `tiny_http` waits for its clients without end and stops for good when descriptors run out. The gate spares it the
//! first; for the second it is started anew when it is found dead, so a request that was handed on is always answered.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tiny_http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// No answer of ours comes near this.
const ANSWER_LIMIT: u64 = 64 * 1024;

/// The server, to whoever has a head to be answered.
pub(super) struct Server {
    door: Door,
    requests: UnboundedSender<Request>,
    running: Mutex<Running>,
}

impl Server {
    /// Starts the server; `directory` must be private, `name` unlike that of any other live listener. The requests it
    /// read come out of the receiver, never more than the gate handed on.
    pub(super) fn start(directory: &Path, name: &str) -> io::Result<(Self, UnboundedReceiver<Request>)> {
        #[cfg(unix)]
        sweep(directory);
        let door = Door { directory: directory.to_owned(), name: name.to_owned() };
        let (requests, receiver) = mpsc::unbounded_channel();
        let running = Mutex::new(Running::start(&door, 0, requests.clone())?);
        Ok((Self { door, requests, running }, receiver))
    }

    /// Has one head answered. An error: the server could not be reached, or died over it; the next try finds it started
    /// anew.
    pub(super) async fn ask(&self, head: &[u8]) -> io::Result<Vec<u8>> {
        let (generation, place) = self.place();
        let mut stream = match connect(&place).await {
            Ok(stream) => stream,
            Err(error) => {
                if is_dead(&error) {
                    self.restart(generation)?;
                }
                return Err(error);
            }
        };
        stream.write_all(head).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_LIMIT).read_to_end(&mut answer).await?;
        if answer.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
    }

    fn place(&self) -> (u32, Place) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        (running.generation, running.place.clone())
    }

    /// Replaces the server of this generation, if nobody else has done so meanwhile.
    fn restart(&self, generation: u32) -> io::Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.generation == generation {
            *running = Running::start(&self.door, generation + 1, self.requests.clone())?;
        }
        Ok(())
    }
}

/// Where the servers of one listener stand, one after the other.
#[cfg_attr(not(unix), allow(dead_code, reason = "they stand at a port there"))]
struct Door {
    directory: PathBuf,
    name: String,
}

/// A `tiny_http` with the thread that takes its requests out. Dropped: closed, its socket file removed.
struct Running {
    generation: u32,
    place: Place,
    http: Option<Arc<tiny_http::Server>>,
    taker: Option<JoinHandle<()>>,
}

impl Running {
    fn start(door: &Door, generation: u32, requests: UnboundedSender<Request>) -> io::Result<Self> {
        let (http, place) = open(door, generation)?;
        let http = Arc::new(http);
        let source = Arc::clone(&http);
        let taker = thread::Builder::new().name("callback-requests".to_owned()).spawn(move || {
            // The end comes as an error too: told to stop, or dead.
            while let Ok(request) = source.recv() {
                if requests.send(request).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { generation, place, http: Some(http), taker: Some(taker) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(http) = self.http.take() {
            http.unblock();
        }
        // Its half of the server goes with the thread; only then is the socket closed. It has no way to panic.
        if let Some(taker) = self.taker.take() {
            let _ = taker.join();
        }
    }
}

#[cfg(unix)]
type Place = PathBuf;
#[cfg(unix)]
type Stream = tokio::net::UnixStream;

/// The directory by a name that leaves room for a socket's: a socket address holds 108 bytes, and a home may be deep.
#[cfg(target_os = "linux")]
fn short(directory: &Path) -> PathBuf {
    use std::os::unix::io::IntoRawFd;
    if directory.as_os_str().len() < 70 {
        return directory.to_owned();
    }
    // The descriptor stays open as long as the program: its number is the name.
    let opened = std::fs::File::open(directory).map(IntoRawFd::into_raw_fd);
    opened.map_or_else(|_| directory.to_owned(), |number| format!("/proc/self/fd/{number}").into())
}

#[cfg(all(unix, not(target_os = "linux")))]
fn short(directory: &Path) -> PathBuf {
    directory.to_owned()
}

/// Removes the sockets of programs that were killed: nobody listens there any more. One that is just being opened can
/// look the same; its server is then found dead, and started anew.
#[cfg(unix)]
fn sweep(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(short(directory)) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "sock"))
    {
        let refused = std::os::unix::net::UnixStream::connect(&path);
        if refused.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            // What cannot be removed is in nobody's way.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn open(door: &Door, generation: u32) -> io::Result<(tiny_http::Server, Place)> {
    let path = short(&door.directory).join(format!("{}-{generation}.sock", door.name));
    // Left by a killed program. It cannot be in use: the name holds the port, and the port is ours. What cannot be
    // removed is in the way of the socket, which then says so.
    let _ = std::fs::remove_file(&path);
    let http = tiny_http::Server::http_unix(&path).map_err(io::Error::other)?;
    Ok((http, path))
}

#[cfg(windows)]
type Place = std::net::SocketAddr;
#[cfg(windows)]
type Stream = tokio::net::TcpStream;

/// A second loopback port. Whoever finds it meets the same checks behind it, only not the gate's bounds.
#[cfg(windows)]
fn open(_: &Door, _: u32) -> io::Result<(tiny_http::Server, Place)> {
    let http = tiny_http::Server::http((std::net::Ipv4Addr::LOCALHOST, 0)).map_err(io::Error::other)?;
    let place = http.server_addr().to_ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
    Ok((http, place))
}

async fn connect(place: &Place) -> io::Result<Stream> {
    Stream::connect(place).await
}

fn is_dead(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_deep_directory_gets_a_short_name_and_any_other_keeps_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let of_length = |length: usize| {
            let left = length - directory.path().as_os_str().len() - 1;
            let deep = directory.path().join("d".repeat(left));
            std::fs::create_dir(&deep).unwrap();
            deep
        };
        let usual = of_length(69);
        assert_eq!(short(&usual), usual);
        let deep = of_length(70);
        std::fs::write(deep.join("x"), "").unwrap();
        assert!(short(&deep).starts_with("/proc/self/fd") && short(&deep).join("x").exists());
    }

    #[test]
    fn a_server_is_started_anew_only_where_none_is() {
        let dead = |kind: io::ErrorKind| is_dead(&kind.into());
        assert!(dead(io::ErrorKind::ConnectionRefused) && dead(io::ErrorKind::NotFound));
        assert!(!dead(io::ErrorKind::WouldBlock) && !dead(io::ErrorKind::PermissionDenied));
        assert!(!is_dead(&io::Error::from_raw_os_error(24)), "no descriptors are left");
    }
}

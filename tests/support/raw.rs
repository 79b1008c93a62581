//! A server that says whatever a test wants, HTTP or not, in place of one endpoint of another server.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::PATIENCE;

/// What every connection meets.
#[derive(Clone)]
pub(crate) enum Says {
    /// The other server, `HOST:PORT`.
    Forward(String),
    /// These bytes, and then the end.
    Bytes(Vec<u8>),
    /// These bytes, and then those, until the client has had enough.
    Endless(Vec<u8>, Vec<u8>),
}

/// A listener on loopback. It lives as long as the test run.
pub(crate) struct Raw {
    says: Arc<Mutex<Says>>,
    requests: Arc<Mutex<u64>>,
    authority: String,
}

impl Raw {
    pub(crate) fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let authority = listener.local_addr().expect("an address").to_string();
        let raw = Self { says: Arc::new(Mutex::new(says)), requests: Arc::default(), authority };
        let (says, requests) = (Arc::clone(&raw.says), Arc::clone(&raw.requests));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let says = says.lock().unwrap_or_else(PoisonError::into_inner).clone();
                *requests.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                // A client that goes away has heard enough.
                thread::spawn(move || answer(client, &says));
            }
        });
        raw
    }

    pub(crate) fn say(&self, says: Says) {
        *self.says.lock().unwrap_or_else(PoisonError::into_inner) = says;
    }

    /// Connections so far.
    pub(crate) fn requests(&self) -> u64 {
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.authority)
    }
}

fn answer(mut client: TcpStream, says: &Says) -> std::io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let request = read_request(&mut client)?;
    match says {
        Says::Forward(to) => {
            let mut server = TcpStream::connect(to)?;
            server.write_all(&addressed(&request, to))?;
            std::io::copy(&mut server, &mut client)?;
        }
        Says::Bytes(bytes) => client.write_all(bytes)?,
        Says::Endless(head, rest) => {
            client.write_all(head)?;
            loop {
                client.write_all(rest)?;
            }
        }
    }
    client.shutdown(std::net::Shutdown::Write)?;
    // Hanging up on what is still being sent would reset the connection.
    client.read_to_end(&mut Vec::new()).map(drop)
}

/// The request as the other server wants it: under its own name.
fn addressed(request: &[u8], to: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    let lines = text.split("\r\n").map(|line| {
        let host = line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("host:"));
        if host { format!("Host: {to}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\r\n").into_bytes()
}

/// A head, and a body of the length it gives; told to hang up after the answer.
fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned));
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Ok(format!("{head}\r\nConnection: close\r\n\r\n{body}").into_bytes());
            }
        }
        match client.read(&mut part)? {
            0 => return Ok(request),
            read => request.extend_from_slice(&part[..read]),
        }
    }
}

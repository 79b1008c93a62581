//! An HTTP server of the test's own on 127.0.0.1: it answers what the test says, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Seen {
    /// The header of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A running server. It goes on until the test ends, as its threads wait for nothing of the test's.
pub(crate) struct Origin {
    authority: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Origin {
    /// `answer` gives the whole answer to a request, as it stands on the wire; see [`answer`].
    pub(crate) fn start(answer: impl Fn(&Seen) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let authority = listener.local_addr().expect("an address").to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || {
                    let request = read(&stream);
                    // Whoever speaks TLS is told that this is HTTP.
                    let text = request.as_ref().map_or_else(|| self::answer(400, &[], ""), |request| answer(request));
                    kept.lock().unwrap_or_else(PoisonError::into_inner).extend(request);
                    let mut stream = stream;
                    // A client that went away is its own business.
                    let _ = stream.write_all(text.as_bytes());
                });
            }
        });
        Self { authority, seen }
    }

    /// One that says 200 and `text` to everything.
    pub(crate) fn saying(text: &'static str) -> Self {
        Self::start(move |_| answer(200, &[], text))
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    /// What was asked so far, the oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An answer with its length, after which the connection ends.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut seen = Seen { method: words.next()?.into(), path: words.next()?.into(), ..Seen::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        seen.headers.push((name.into(), value.trim().into()));
    }
    let length = seen.header("content-length").and_then(|text| text.parse::<u64>().ok());
    if seen.header("transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size).ok()?;
            let size = u64::from_str_radix(size.trim(), 16).ok()?;
            reader.by_ref().take(size).read_to_string(&mut seen.body).ok()?;
            reader.read_line(&mut String::new()).ok()?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = length {
        reader.take(length).read_to_string(&mut seen.body).ok()?;
    }
    Some(seen)
}

//! The public socket: reads whole requests, hands them to `tiny_http`, and makes the weather.
//!
//! Every connection has a thread of its own and carries one request. What waits (latency, a dripping answer, a client
//! that sends slowly) waits here, so the few workers behind never do. `tiny_http` cannot close a connection without an
//! answer and has no limits; this can and has.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::form::Form;
use super::knobs::{Act, Canned, Endpoint, Plan};
use super::log;
use super::shared::{Places, Shared, date, now};

/// Bytes of a request line with its headers.
const HEAD: usize = 32 * 1024;
/// Bytes of a request's body, and of what is read from one that was refused.
const BODY: usize = 1024 * 1024;
/// Milliseconds within which a request must have arrived.
const ARRIVAL: u64 = 10_000;
/// How long a blocked read or write keeps a connection from noticing the stop.
const SLICE: Duration = Duration::from_millis(200);
const STACK: usize = 256 * 1024;

/// How many connections may be open at once. Raises the process's limit of descriptors as far as it may, since the
/// usual 1,024 would not do for a thousand clients.
#[cfg(unix)]
pub(super) fn connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    let descriptors = current.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    // 32 exchanges hold three descriptors each; the rest is for the program around.
    descriptors.saturating_sub(256).clamp(16, 8000)
}

#[cfg(not(unix))]
pub(super) fn connections() -> usize {
    8000
}

/// Lengthens the queue of connections not yet taken. The library's 128 overflow when a thousand processes call at once,
/// and each that is turned away tries again only after a second.
fn lengthen(listener: &TcpListener) {
    // With the short queue all still works, only slower.
    #[cfg(unix)]
    let _ = rustix::net::listen(listener, 4096);
    #[cfg(not(unix))]
    let _ = listener;
}

/// Takes connections until the sandbox stops, then waits for those under way.
pub(super) fn run(listener: &TcpListener, shared: &Shared) {
    let places = Places::new(connections());
    lengthen(listener);
    thread::scope(|scope| {
        while !shared.stop.is_set() {
            let place = places.take();
            let Ok((stream, _)) = listener.accept() else {
                // Out of descriptors, most likely: some come back as connections end.
                let _ = shared.stop.pause(10);
                continue;
            };
            let serve = move || {
                let _place = place;
                // A connection that breaks has no one left to tell.
                let _ = serve(stream, shared);
            };
            // Where no thread can be had the connection is dropped with the closure.
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, serve);
        }
    });
}

/// A request that arrived whole.
struct Arrival {
    path: String,
    /// Request line and headers, without those that belong to this connection alone.
    head: String,
    body: Vec<u8>,
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_write_timeout(Some(Duration::from_millis(ARRIVAL)))?;
    let received = receive(&mut stream, shared)?;
    let answer = match &received {
        Ok(arrival) => answer(&mut stream, arrival, shared)?,
        Err(status) => written(&Canned::of(*status), 0),
    };
    stream.write_all(&answer)?;
    stream.shutdown(Shutdown::Write)?;
    if received.is_err() {
        // A socket closed with bytes unread is reset, and the refusal would be lost with it.
        io::copy(&mut stream.take(BODY as u64), &mut io::sink())?;
    }
    Ok(())
}

/// Reads one request; the inner error is the status to refuse it with.
fn receive(stream: &mut TcpStream, shared: &Shared) -> io::Result<Result<Arrival, u16>> {
    let (mut bytes, deadline) = (Vec::new(), now() + ARRIVAL);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > HEAD {
            return Ok(Err(431));
        }
        read_more(stream, &mut bytes, deadline, shared)?;
    };
    let Some((arrival, length)) = str::from_utf8(&bytes[..end]).ok().and_then(parse) else {
        return Ok(Err(400));
    };
    if length > BODY {
        return Ok(Err(413));
    }
    while bytes.len() < end + 4 + length {
        read_more(stream, &mut bytes, deadline, shared)?;
    }
    let body = bytes[end + 4..end + 4 + length].to_vec();
    Ok(Ok(Arrival { body, ..arrival }))
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>, deadline: u64, shared: &Shared) -> io::Result<()> {
    if now() > deadline {
        return Err(ErrorKind::TimedOut.into());
    }
    let mut part = [0; 4096];
    match stream.read(&mut part) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => {
            bytes.extend_from_slice(&part[..count]);
            Ok(())
        }
        Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(error),
        Err(_) => shared.stop.pause(0),
    }
}

/// The request without its body, and the body's length. None for what is no request, or one sent in chunks.
fn parse(head: &str) -> Option<(Arrival, usize)> {
    let mut lines = head.split("\r\n");
    let line = lines.next()?;
    let (_method, rest) = line.split_once(' ')?;
    let (target, _version) = rest.split_once(' ')?;
    let (mut kept, mut length) = (format!("{line}\r\n"), 0);
    for header in lines {
        let (name, value) = header.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "transfer-encoding" => return None,
            "connection" | "keep-alive" | "expect" => continue,
            "content-length" => length = value.trim().parse().ok()?,
            _ => {}
        }
        kept.push_str(header);
        kept.push_str("\r\n");
    }
    kept.push_str("Connection: close\r\n\r\n");
    let path = target.split('?').next()?.to_owned();
    Some((Arrival { path, head: kept, body: Vec::new() }, length))
}

/// The bytes to send, which may be none.
fn answer(stream: &mut TcpStream, arrival: &Arrival, shared: &Shared) -> io::Result<Vec<u8>> {
    let Plan { before, after, act } = plan(arrival, shared);
    shared.stop.pause(before)?;
    let right = if act.as_ref().is_none_or(Act::takes_effect) { exchange(arrival, shared)? } else { Vec::new() };
    shared.stop.pause(after)?;
    let offset = shared.state().knobs.clock_offset;
    match act {
        None => Ok(right),
        Some(Act::Answer(canned)) => Ok(written(&canned, offset)),
        Some(Act::Drop | Act::Lose) => Ok(Vec::new()),
        Some(Act::Cut { at }) => Ok(right[..at.unwrap_or(right.len() / 2).min(right.len())].to_vec()),
        Some(Act::Drip { pause_ms }) => {
            for byte in right {
                stream.write_all(&[byte])?;
                shared.stop.pause(pause_ms)?;
            }
            Ok(Vec::new())
        }
    }
}

/// Counts the request and asks the knobs what becomes of it. One that goes no further is logged here.
fn plan(arrival: &Arrival, shared: &Shared) -> Plan {
    let Some(endpoint) = Endpoint::of(&arrival.path) else {
        return Plan::default();
    };
    let form = Form::parse(&String::from_utf8_lossy(&arrival.body));
    let mut state = shared.state();
    *state.counters.requests.entry(endpoint).or_default() += 1;
    if let Some(grant) = form.get("grant_type").filter(|_| endpoint == Endpoint::Token) {
        *state.counters.grants.entry(grant.to_owned()).or_default() += 1;
    }
    let plan = state.knobs.plan(endpoint);
    state.counters.faults += u64::from(plan.act.is_some());
    if plan.act.as_ref().is_some_and(|act| !act.takes_effect()) {
        let mut entry = log::entry(&arrival.path, &form, now());
        entry["outcome"] = json!("fault");
        state.record(entry);
    }
    plan
}

/// What the server behind answers.
fn exchange(arrival: &Arrival, shared: &Shared) -> io::Result<Vec<u8>> {
    let _place = shared.exchanges.take();
    let mut inner = TcpStream::connect(shared.inner)?;
    inner.set_read_timeout(Some(Duration::from_millis(ARRIVAL)))?;
    inner.write_all(&[arrival.head.as_bytes(), &arrival.body].concat())?;
    let mut answer = Vec::new();
    inner.read_to_end(&mut answer)?;
    // `tiny_http` drops a `Connection` header it is given.
    let Some(line) = answer.windows(2).position(|two| two == b"\r\n") else {
        return Err(ErrorKind::UnexpectedEof.into());
    };
    answer.splice(line..line, *b"\r\nConnection: close");
    Ok(answer)
}

/// A canned answer on the wire.
fn written(canned: &Canned, clock_offset: i64) -> Vec<u8> {
    let body = canned.body();
    let mut head =
        format!("HTTP/1.1 {} Fault\r\nConnection: close\r\nContent-Length: {}\r\n", canned.status, body.len());
    let kind = Some(("Content-Type", canned.content_type.clone())).filter(|(_, kind)| !kind.is_empty());
    let date = date(clock_offset).map(|date| ("Date", date));
    let given = canned.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in kind.into_iter().chain(date).chain(given) {
        head.extend([name, ": ", &value, "\r\n"]);
    }
    [head.as_bytes(), b"\r\n", &body].concat()
}

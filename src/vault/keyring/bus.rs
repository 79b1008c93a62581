//! A connection to the session bus: connecting, SASL, and calls that wait for their answers (D-Bus Specification,
//! "Authentication Protocol" and "Message Bus").
//!
//! Nothing here waits beyond the deadline, not even connecting. A library would do if it kept that promise: what there
//! is either starts threads or waits for the authentication without limit.
//!
//! A connection begins with a call that is waited for, and there is no way around it. A session that is opened by the
//! first call of a client can abort gnome-keyring, which registers its clients a moment after they appear.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::io::{Errno, retry_on_intr};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use zeroize::Zeroizing;

use super::Error;
use super::wire::{Call, HEAD, MAX_MESSAGE, Message, Writer, size};

/// Authentication by the identity of the connecting process. The bus answers with two lines, `DATA` and `OK`; `BEGIN`
/// need not wait for them, and counts for nothing where they are others.
const SASL: &[u8] = b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
/// The longest line taken from the bus before the first message.
const MAX_LINE: usize = 1024;
/// How much is read at once. An answer about a key is smaller, so that the buffer need not grow.
const CHUNK: usize = 1024;

/// One time limit over many waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { started: Instant::now(), limit }
    }

    /// The time that is left; never zero, which the system would take for "without limit".
    fn left(self) -> Result<Duration, Error> {
        let left = self.limit.checked_sub(self.started.elapsed());
        left.filter(|left| !left.is_zero()).ok_or(Error::TimedOut)
    }
}

/// A connection that the bus has accepted.
pub(super) struct Connection {
    stream: UnixStream,
    deadline: Deadline,
    /// The serial of the last call.
    serial: u32,
    /// What has arrived and is not yet read.
    received: Zeroizing<Vec<u8>>,
}

impl Connection {
    /// Connects to the first of `addresses` (separated by `;`) that can be reached, and waits for the answer to `first`.
    pub(super) fn open(addresses: &str, deadline: Deadline, first: &Call<'_>) -> Result<(Self, Message), Error> {
        let mut connection = Self {
            stream: reach(addresses, deadline)?,
            deadline,
            serial: 0,
            received: Zeroizing::new(Vec::with_capacity(2 * CHUNK)),
        };
        let answer = connection.introduce(first).map_err(|error| match error {
            Error::Failed { what: cause } => Error::NoBus { cause },
            other => other,
        })?;
        Ok((connection, answer))
    }

    fn introduce(&mut self, first: &Call<'_>) -> Result<Message, Error> {
        self.send(SASL, &[&hello(), first])?;
        self.expect_line(b"DATA")?;
        self.expect_line(b"OK ")?;
        let [welcome, answer] = self.answers(1)?;
        match welcome.error() {
            Some(name) => Err(Error::Failed { what: format!("it refused the connection with {name}") }),
            None => Ok(answer),
        }
    }

    /// Makes the calls at once, and waits for the answer to each.
    pub(super) fn call<const N: usize>(&mut self, calls: [&Call<'_>; N]) -> Result<[Message; N], Error> {
        let first = self.serial + 1;
        self.send(&[], &calls)?;
        self.answers(first)
    }

    /// Sends everything in one write, whose buffer is wiped.
    fn send(&mut self, before: &[u8], calls: &[&Call<'_>]) -> Result<(), Error> {
        let mut messages = Vec::with_capacity(calls.len());
        for call in calls {
            self.serial += 1;
            messages.push(call.marshal(self.serial));
        }
        let length = messages.iter().map(|message| message.len()).sum::<usize>();
        let mut buffer = Zeroizing::new(Vec::with_capacity(before.len() + length));
        buffer.extend_from_slice(before);
        for message in &messages {
            buffer.extend_from_slice(message);
        }
        self.write(&buffer)
    }

    fn write(&mut self, mut rest: &[u8]) -> Result<(), Error> {
        while !rest.is_empty() {
            self.stream.set_write_timeout(Some(self.deadline.left()?)).map_err(|error| broken(&error))?;
            match self.stream.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(&error)),
            }
        }
        Ok(())
    }

    /// The answers to `N` calls, of which `first` is the first serial. Signals and other answers are passed over.
    fn answers<const N: usize>(&mut self, first: u32) -> Result<[Message; N], Error> {
        let mut answers = [const { None }; N];
        while answers.iter().any(Option::is_none) {
            let message = self.receive()?;
            let position = message.answers().and_then(|serial| usize::try_from(serial.checked_sub(first)?).ok());
            if let Some(answer) = position.and_then(|position| answers.get_mut(position)) {
                *answer = Some(message);
            }
        }
        Ok(answers.map(|answer| answer.expect("the loop ends when all are there")))
    }

    fn receive(&mut self) -> Result<Message, Error> {
        let head = loop {
            match self.received.first_chunk::<HEAD>() {
                Some(head) => break head,
                None => self.read()?,
            }
        };
        let size = size(head)?;
        if size > MAX_MESSAGE {
            return Err(Error::Garbage);
        }
        while self.received.len() < size {
            self.read()?;
        }
        let message = Message::parse(&self.received[..size])?;
        self.received.drain(..size);
        Ok(message)
    }

    fn expect_line(&mut self, start: &[u8]) -> Result<(), Error> {
        let end = loop {
            match self.received.windows(2).position(|pair| pair == b"\r\n") {
                Some(end) => break end,
                None if self.received.len() > MAX_LINE => return Err(not_accepted()),
                None => self.read()?,
            }
        };
        let as_expected = self.received.starts_with(start);
        self.received.drain(..end + 2);
        if as_expected { Ok(()) } else { Err(not_accepted()) }
    }

    /// Reads what is there, or waits for some.
    fn read(&mut self) -> Result<(), Error> {
        self.stream.set_read_timeout(Some(self.deadline.left()?)).map_err(|error| broken(&error))?;
        let filled = self.received.len();
        self.received.resize(filled + CHUNK, 0);
        let read = self.stream.read(&mut self.received[filled..]);
        self.received.truncate(filled + read.as_ref().map_or(0, |&count| count));
        match read {
            Ok(0) => Err(broken(&ErrorKind::UnexpectedEof.into())),
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(broken(&error)),
            _ => Ok(()),
        }
    }
}

/// The call by which the bus takes note of a client. It must be the first.
fn hello() -> Call<'static> {
    Call {
        destination: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member: "Hello",
        signature: "",
        body: Writer::new(),
    }
}

fn reach(addresses: &str, deadline: Deadline) -> Result<UnixStream, Error> {
    let mut cause = "its address is empty".to_owned();
    for address in addresses.split(';').filter(|address| !address.is_empty()) {
        let Some(socket) = socket_address(address) else {
            cause = format!("`{address}` is not the address of a socket");
            continue;
        };
        match dial(&socket, deadline)? {
            Ok(stream) => return Ok(stream),
            Err(error) => cause = format!("`{address}`: {}", io::Error::from(error)),
        }
    }
    Err(Error::NoBus { cause })
}

/// Connects within the time limit, which also bounds the wait for a bus that has stopped to accept.
fn dial(address: &SocketAddrUnix, deadline: Deadline) -> Result<Result<UnixStream, Errno>, Error> {
    let left = deadline.left()?;
    let dialled = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).and_then(|socket| {
        set_socket_timeout(&socket, Timeout::Send, Some(left))?;
        retry_on_intr(|| connect(&socket, address))?;
        Ok(UnixStream::from(socket))
    });
    if dialled.as_ref().is_err_and(|&error| error == Errno::AGAIN) { Err(Error::TimedOut) } else { Ok(dialled) }
}

/// The socket of `unix:path=…` or `unix:abstract=…`; none of another transport or of a path that is too long.
fn socket_address(address: &str) -> Option<SocketAddrUnix> {
    let pairs = address.strip_prefix("unix:")?.split(',');
    pairs.filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| match key {
        "path" => SocketAddrUnix::new(unescape(value)?).ok(),
        #[cfg(target_os = "linux")]
        "abstract" => SocketAddrUnix::new_abstract_name(&unescape(value)?).ok(),
        _ => None,
    })
}

/// Undoes the `%41` of an address (D-Bus Specification, "Server Addresses").
fn unescape(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    Some(bytes)
}

fn not_accepted() -> Error {
    Error::Failed { what: "it did not accept this process".to_owned() }
}

fn broken(error: &io::Error) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::TimedOut,
        _ => Error::Failed { what: format!("the connection broke: {error}") },
    }
}

/// A bus that does what a test wants of it.
#[cfg(test)]
pub(super) mod fake {
    use std::io::{Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::thread;

    /// Listens on a new socket, serves one connection after the other, and gives the address. The socket lives as long
    /// as the directory.
    pub(in crate::vault::keyring) fn bus(serve: impl Fn(UnixStream) + Send + 'static) -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bus");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
        (directory, format!("unix:path={}", path.display()))
    }

    /// Reads to the end of the client's part of the authentication.
    pub(in crate::vault::keyring) fn authenticate(stream: &mut UnixStream) {
        let mut line = [0; super::SASL.len()];
        stream.read_exact(&mut line).unwrap();
        assert_eq!(line, super::SASL);
        stream.write_all(b"DATA\r\nOK 0123456789abcdef\r\n").unwrap();
    }
}

#[cfg(test)]
mod tests {
    use rustix::net::{bind, listen};

    use super::*;
    use crate::vault::keyring::wire::forged;

    const SOON: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(600);

    fn open(addresses: &str, limit: Duration) -> Result<Message, Error> {
        Connection::open(addresses, Deadline::after(limit), &hello()).map(|(_, answer)| answer)
    }

    /// What comes of a bus that says `said`, and no more.
    fn told(said: &'static [u8], hangs_up: bool) -> Error {
        let (_socket, address) = fake::bus(move |mut stream| {
            stream.read_exact(&mut [0; SASL.len()]).unwrap();
            stream.write_all(said).unwrap();
            if hangs_up {
                stream.shutdown(std::net::Shutdown::Write).unwrap();
            }
            let _ = stream.read_to_end(&mut Vec::new());
        });
        open(&address, LONG).err().unwrap()
    }

    #[test]
    fn an_address_names_a_socket() {
        let path = |path: &str| SocketAddrUnix::new(path).ok();
        assert_eq!(socket_address("unix:path=/run/bus"), path("/run/bus"));
        assert_eq!(socket_address("unix:guid=00,path=/a%20b%2C,x=y"), path("/a b,"));
        let name = SocketAddrUnix::new_abstract_name(b"/tmp/x").ok();
        assert_eq!(socket_address("unix:abstract=/tmp/x,guid=00"), name);
        let long = format!("unix:path=/{}", "x".repeat(200));
        for address in
            ["", "unix:", "unix:path", "unix:path=/%4", "unix:path=/%zz", "tcp:path=/x", "autolaunch:", &long]
        {
            assert_eq!(socket_address(address), None, "{address}");
        }
    }

    #[test]
    fn every_address_is_tried() {
        let (_socket, address) = fake::bus(|mut stream| {
            fake::authenticate(&mut stream);
            stream.write_all(&forged::answer(1, "s", |body| body.text(":1.1"))).unwrap();
            stream.write_all(&forged::signal()).unwrap();
            stream.write_all(&forged::answer(2, "s", |body| body.text(":1.1"))).unwrap();
        });
        let answer = open(&format!("tcp:host=x;unix:path=/nowhere;;{address}"), LONG).unwrap();
        assert_eq!(answer.answers(), Some(2));
        for addresses in ["", ";", "tcp:host=x", "unix:path=/nowhere"] {
            assert!(matches!(open(addresses, LONG), Err(Error::NoBus { .. })), "{addresses}");
        }
    }

    #[test]
    fn answers_are_told_apart_by_their_serials() {
        let (_socket, address) = fake::bus(|mut stream| {
            fake::authenticate(&mut stream);
            for serial in [2, 9, 0, u32::MAX, 1] {
                stream.write_all(&forged::answer(serial, "s", |body| body.text(&serial.to_string()))).unwrap();
            }
        });
        let answer = open(&address, LONG).unwrap();
        assert_eq!(answer.body("s").unwrap().text(), Ok("2"));
    }

    #[test]
    fn a_bus_that_lets_nobody_in_is_no_bus() {
        let endless: &[u8] = &[b'x'; 3 * MAX_LINE];
        for said in [b"REJECTED EXTERNAL\r\n", &b"DATA\r\nREJECTED\r\n"[..], b"\xff\xfe\r\n\r\n", endless] {
            let error = told(said, false);
            assert!(matches!(&error, Error::NoBus { cause } if cause.contains("did not accept")), "{error:?}");
        }
    }

    #[test]
    fn a_bus_that_hangs_up_or_speaks_nonsense_is_no_bus() {
        for said in [b"", &b"DATA\r\n"[..], b"DATA\r\nOK 00\r\n", b"DATA\r\nOK 00\r\nl\x02\x01\x01"] {
            let error = told(said, true);
            assert!(matches!(error, Error::NoBus { .. }), "{error:?}");
        }
        let error = told(b"DATA\r\nOK 00\r\nHTTP/1.1 400 Bad Request\r\n\r\n", false);
        assert!(matches!(error, Error::NoBus { .. }), "{error:?}");
    }

    #[test]
    fn an_answer_that_claims_to_be_huge_is_not_awaited() {
        for claim in [0x0001_0001_u32, 0x0800_0000, 0xffff_ff00] {
            let (_socket, address) = fake::bus(move |mut stream| {
                fake::authenticate(&mut stream);
                stream.write_all(&[&b"l\x02\x01\x01"[..], &claim.to_le_bytes(), &[1; 4], &[0; 4]].concat()).unwrap();
                let _ = stream.read_to_end(&mut Vec::new());
            });
            let error = open(&address, LONG).err().unwrap();
            assert!(matches!(error, Error::Garbage), "{error:?}");
        }
    }

    #[test]
    fn a_bus_that_says_nothing_is_not_awaited_for_ever() {
        let (_socket, address) = fake::bus(|mut stream| {
            let _ = stream.read_to_end(&mut Vec::new());
        });
        assert!(matches!(open(&address, SOON), Err(Error::TimedOut)));
    }

    #[test]
    fn a_bus_that_never_comes_to_the_point_is_not_listened_to_for_ever() {
        let (_socket, address) = fake::bus(|mut stream| {
            fake::authenticate(&mut stream);
            while stream.write_all(&forged::signal()).is_ok() {}
        });
        assert!(matches!(open(&address, SOON), Err(Error::TimedOut)));
    }

    #[test]
    fn a_bus_that_accepts_nobody_is_not_awaited_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bus");
        let address = SocketAddrUnix::new(&path).unwrap();
        let socket = |flags| socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        let listener = socket(SocketFlags::CLOEXEC);
        bind(&listener, &address).unwrap();
        listen(&listener, 0).unwrap();
        let mut waiting = Vec::new();
        loop {
            let client = socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK);
            if connect(&client, &address).is_err() {
                break;
            }
            waiting.push(client);
        }
        let address = format!("unix:path={}", path.display());
        assert!(matches!(open(&address, SOON), Err(Error::TimedOut)));
    }

    #[test]
    fn a_limit_of_nothing_is_not_taken_for_no_limit() {
        assert!(matches!(Deadline::after(Duration::ZERO).left(), Err(Error::TimedOut)));
        assert!(Deadline::after(Duration::MAX).left().is_ok());
    }
}

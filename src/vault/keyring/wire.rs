//! The D-Bus message format, as much of it as the Secret Service needs (D-Bus Specification, "Type System" and "Message
//! Protocol").
//!
//! What is read here was written by another process and is held to be hostile: a length is compared with the bytes that
//! are there before it is believed, nothing is allocated from a length alone, and what has not the expected type is an
//! error. What is read or written may be the master key, so every buffer is wiped.

use zeroize::Zeroizing;

use super::Error;

/// The first bytes of a message, from which its size can be told.
pub(super) const HEAD: usize = 16;
/// The largest message taken. An answer about one key is a few hundred bytes; the specification allows 128 MiB.
pub(super) const MAX_MESSAGE: usize = 64 * 1024;
/// Room for most of what is sent.
const ROOM: usize = 256;

const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// The header fields, by their codes.
mod field {
    pub(super) const PATH: u8 = 1;
    pub(super) const INTERFACE: u8 = 2;
    pub(super) const MEMBER: u8 = 3;
    pub(super) const ERROR_NAME: u8 = 4;
    pub(super) const REPLY_SERIAL: u8 = 5;
    pub(super) const DESTINATION: u8 = 6;
    pub(super) const SIGNATURE: u8 = 8;
}

/// Bytes that are no message, or not the message that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl From<Malformed> for Error {
    fn from(Malformed: Malformed) -> Self {
        Self::Failed { what: "it gave an answer that cannot be read".to_owned() }
    }
}

/// Writes values in little-endian order, each at its alignment.
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(ROOM)))
    }

    /// Makes room for a secret and a little more, before it is written: a buffer that grows leaves a copy behind that
    /// nobody wipes.
    pub(super) fn make_room(&mut self, secret: usize) {
        self.0.reserve_exact(secret + ROOM);
    }

    pub(super) fn align(&mut self, to: usize) {
        let length = self.0.len().next_multiple_of(to);
        self.0.resize(length, 0);
    }

    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, number: u32) {
        self.align(4);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.number(value.into());
    }

    /// A string or an object path; they are written alike.
    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.byte(0);
    }

    /// The type of what follows in a variant; at most 255 characters.
    pub(super) fn signature(&mut self, signature: &str) {
        self.byte(u8::try_from(signature.len()).expect("our signatures are a few characters"));
        self.0.extend_from_slice(signature.as_bytes());
        self.byte(0);
    }

    /// An array of bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(length(bytes.len()));
        self.0.extend_from_slice(bytes);
    }

    /// An array whose elements stand at multiples of `alignment`. Its length does not count the padding before the first.
    pub(super) fn array(&mut self, alignment: usize, elements: impl FnOnce(&mut Self)) {
        self.number(0);
        let length_at = self.0.len() - 4;
        self.align(alignment);
        let start = self.0.len();
        elements(self);
        let written = length(self.0.len() - start).to_le_bytes();
        self.0[length_at..length_at + 4].copy_from_slice(&written);
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("what we send is far below 4 GiB")
}

/// A method call. An empty signature goes with an empty body.
pub(super) struct Call<'a> {
    pub(super) destination: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
    pub(super) member: &'a str,
    pub(super) signature: &'static str,
    pub(super) body: Writer,
}

impl Call<'_> {
    /// The whole message. `serial` is what the answer will name, and is not 0.
    pub(super) fn marshal(&self, serial: u32) -> Zeroizing<Vec<u8>> {
        let mut message = Writer::new();
        for byte in [b'l', METHOD_CALL, 0, 1] {
            message.byte(byte);
        }
        message.number(length(self.body.0.len()));
        message.number(serial);
        message.array(8, |fields| {
            text_field(fields, field::PATH, "o", self.path);
            text_field(fields, field::INTERFACE, "s", self.interface);
            text_field(fields, field::MEMBER, "s", self.member);
            text_field(fields, field::DESTINATION, "s", self.destination);
            if !self.signature.is_empty() {
                fields.align(8);
                fields.byte(field::SIGNATURE);
                fields.signature("g");
                fields.signature(self.signature);
            }
        });
        message.align(8);
        message.make_room(self.body.0.len());
        message.0.extend_from_slice(&self.body.0);
        message.0
    }
}

fn text_field(fields: &mut Writer, code: u8, signature: &str, text: &str) {
    fields.align(8);
    fields.byte(code);
    fields.signature(signature);
    fields.text(text);
}

/// Reads values in either byte order, each at its alignment.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    big_endian: bool,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let big_endian = match bytes.first() {
            Some(b'l') => false,
            Some(b'B') => true,
            _ => return Err(Malformed),
        };
        Ok(Self { bytes, at: 0, big_endian })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(count).ok_or(Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(Malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn align(&mut self, to: usize) -> Result<(), Malformed> {
        let padding = self.at.next_multiple_of(to) - self.at;
        self.take(padding).map(drop)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Result<u32, Malformed> {
        self.align(4)?;
        let bytes = self.take(4)?.try_into().map_err(|_| Malformed)?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.number()?).map_err(|_| Malformed)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = self.length()?;
        self.terminated(length)
    }

    /// An object path: `/`, or names of letters, digits and `_` with a `/` before each. It is safe to show.
    pub(super) fn path(&mut self) -> Result<&'a str, Malformed> {
        let path = self.text()?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/');
        if path.starts_with('/') && path.bytes().all(allowed) { Ok(path) } else { Err(Malformed) }
    }

    pub(super) fn signature(&mut self) -> Result<&'a str, Malformed> {
        let length = usize::from(self.byte()?);
        self.terminated(length)
    }

    fn terminated(&mut self, length: usize) -> Result<&'a str, Malformed> {
        let text = str::from_utf8(self.take(length)?).map_err(|_| Malformed)?;
        if self.byte()? == 0 { Ok(text) } else { Err(Malformed) }
    }

    /// An array of bytes.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        self.take(length)
    }

    /// A structure begins at a multiple of 8.
    pub(super) fn structure(&mut self) -> Result<(), Malformed> {
        self.align(8)
    }

    /// An array of object paths.
    pub(super) fn paths(&mut self) -> Result<Vec<String>, Malformed> {
        let mut elements = self.array(4)?;
        let mut paths = Vec::new();
        while !elements.is_empty() {
            paths.push(elements.path()?.to_owned());
        }
        Ok(paths)
    }

    /// A reader of the elements of an array, and of nothing behind them.
    fn array(&mut self, alignment: usize) -> Result<Self, Malformed> {
        let length = self.length()?;
        self.align(alignment)?;
        let at = self.at;
        self.take(length)?;
        Ok(Self { bytes: &self.bytes[..self.at], at, big_endian: self.big_endian })
    }

    fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }
}

/// The size of the message that begins with `head`: header, padding and body.
pub(super) fn size(head: &[u8; HEAD]) -> Result<usize, Malformed> {
    let mut reader = Reader::new(head)?;
    reader.take(4)?;
    let body = reader.length()?;
    reader.take(4)?;
    let fields = reader.length()?;
    let header = fields.checked_add(HEAD).and_then(|end| end.checked_next_multiple_of(8)).ok_or(Malformed)?;
    header.checked_add(body).ok_or(Malformed)
}

/// A message that was received.
pub(super) struct Message {
    kind: u8,
    reply_serial: Option<u32>,
    error_name: String,
    signature: String,
    big_endian: bool,
    body: Zeroizing<Vec<u8>>,
}

impl Message {
    /// Reads a message that is exactly `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes)?;
        let big_endian = reader.big_endian;
        reader.byte()?;
        let kind = reader.byte()?;
        reader.byte()?;
        if reader.byte()? != 1 {
            return Err(Malformed);
        }
        let body_length = reader.length()?;
        reader.number()?;
        let mut message = Self {
            kind,
            reply_serial: None,
            error_name: String::new(),
            signature: String::new(),
            big_endian,
            body: Zeroizing::default(),
        };
        let mut fields = reader.array(8)?;
        while !fields.is_empty() {
            message.read_field(&mut fields)?;
        }
        reader.align(8)?;
        *message.body = reader.take(body_length)?.to_vec();
        if reader.is_empty() { Ok(message) } else { Err(Malformed) }
    }

    fn read_field(&mut self, fields: &mut Reader<'_>) -> Result<(), Malformed> {
        fields.align(8)?;
        match (fields.byte()?, fields.signature()?) {
            (field::ERROR_NAME, "s") => fields.text()?.clone_into(&mut self.error_name),
            (field::REPLY_SERIAL, "u") => self.reply_serial = Some(fields.number()?),
            (field::SIGNATURE, "g") => fields.signature()?.clone_into(&mut self.signature),
            (field::ERROR_NAME | field::REPLY_SERIAL | field::SIGNATURE, _) => return Err(Malformed),
            (_, "s" | "o") => drop(fields.text()?),
            (_, "u") => drop(fields.number()?),
            _ => return Err(Malformed),
        }
        Ok(())
    }

    /// The serial of the call that this message answers.
    pub(super) fn answers(&self) -> Option<u32> {
        self.reply_serial.filter(|_| matches!(self.kind, METHOD_RETURN | ERROR))
    }

    /// The name of the error, when the call failed. Anything that is not a name of letters, digits, `_`, `-` and `.` was
    /// left out, so that it is safe to show.
    pub(super) fn error(&self) -> Option<String> {
        let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        (self.kind == ERROR).then(|| self.error_name.chars().filter(allowed).take(255).collect())
    }

    /// The body, when its type is `signature`.
    pub(super) fn body(&self, signature: &str) -> Result<Reader<'_>, Malformed> {
        if self.signature != signature {
            return Err(Malformed);
        }
        Ok(Reader { bytes: &self.body, at: 0, big_endian: self.big_endian })
    }
}

/// Answers as a bus would send them.
#[cfg(test)]
pub(super) mod forged {
    use super::{ERROR, METHOD_RETURN, Writer, field};

    pub(in crate::vault::keyring) fn answer(serial: u32, signature: &str, body: impl FnOnce(&mut Writer)) -> Vec<u8> {
        message(METHOD_RETURN, serial, "", signature, body)
    }

    pub(in crate::vault::keyring) fn error(serial: u32, name: &str) -> Vec<u8> {
        message(ERROR, serial, name, "", |_| {})
    }

    pub(in crate::vault::keyring) fn signal() -> Vec<u8> {
        message(4, 0, "", "s", |body| body.text(":1.1"))
    }

    fn message(kind: u8, serial: u32, error: &str, signature: &str, fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut body = Writer::new();
        fill(&mut body);
        let mut message = Writer::new();
        for byte in [b'l', kind, 1, 1] {
            message.byte(byte);
        }
        message.number(u32::try_from(body.0.len()).unwrap());
        message.number(77);
        message.array(8, |fields| {
            super::text_field(fields, 7, "s", "org.freedesktop.secrets");
            if !error.is_empty() {
                super::text_field(fields, field::ERROR_NAME, "s", error);
            }
            fields.align(8);
            fields.byte(field::REPLY_SERIAL);
            fields.signature("u");
            fields.number(serial);
            fields.align(8);
            fields.byte(field::SIGNATURE);
            fields.signature("g");
            fields.signature(signature);
        });
        message.align(8);
        message.0.extend_from_slice(&body.0);
        message.0.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer to `GetSecret`, which holds every type there is to read.
    fn secret() -> Vec<u8> {
        forged::answer(5, "(oayays)", |body| {
            body.align(8);
            body.text("/session/s1");
            body.bytes(&[]);
            body.bytes(b"the secret");
            body.text("text/plain");
        })
    }

    fn read_secret(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
        let message = Message::parse(bytes)?;
        let mut body = message.body("(oayays)")?;
        body.structure()?;
        body.path()?;
        body.bytes()?;
        let secret = body.bytes()?.to_vec();
        body.text()?;
        Ok(secret)
    }

    fn head(bytes: &[u8]) -> Result<usize, Malformed> {
        size(bytes.first_chunk().unwrap())
    }

    #[test]
    fn a_call_is_marshalled_as_the_specification_says() {
        let mut body = Writer::new();
        body.text("hi");
        let call = Call { destination: "d.e", path: "/p", interface: "i.f", member: "Me", signature: "s", body };
        let expected = [
            &b"l\x01\0\x01\x07\0\0\0\x09\0\0\0\x47\0\0\0"[..],
            b"\x01\x01o\0\x02\0\0\0/p\0\0\0\0\0\0",
            b"\x02\x01s\0\x03\0\0\0i.f\0\0\0\0\0",
            b"\x03\x01s\0\x02\0\0\0Me\0\0\0\0\0\0",
            b"\x06\x01s\0\x03\0\0\0d.e\0\0\0\0\0",
            b"\x08\x01g\0\x01s\0\0",
            b"\x02\0\0\0hi\0",
        ];
        let message = call.marshal(9);
        assert_eq!(*message, expected.concat());
        assert_eq!(head(&message), Ok(message.len()));
    }

    #[test]
    fn the_length_of_an_array_leaves_out_the_padding_before_its_first_element() {
        let mut writer = Writer::new();
        writer.array(8, |elements| elements.text("x"));
        assert_eq!(*writer.0, b"\x06\0\0\0\0\0\0\0\x01\0\0\0x\0");
    }

    #[test]
    fn an_answer_is_read_in_either_byte_order() {
        assert_eq!(read_secret(&secret()), Ok(b"the secret".to_vec()));
        let big = [
            &b"B\x02\x01\x01\0\0\0\x04\0\0\0\x01\0\0\0\x0f"[..],
            b"\x05\x01u\0\0\0\0\x07",
            b"\x08\x01g\0\x01b\0\0",
            b"\0\0\0\x01",
        ]
        .concat();
        assert_eq!(head(&big), Ok(big.len()));
        let message = Message::parse(&big).unwrap();
        assert_eq!(message.answers(), Some(7));
        assert_eq!(message.body("b").unwrap().boolean(), Ok(true));
    }

    #[test]
    fn an_answer_of_another_type_is_refused() {
        let message = Message::parse(&forged::answer(1, "ao", |body| body.array(4, |_| {}))).unwrap();
        assert!(message.body("o").is_err());
        assert!(message.body("ao").is_ok());
    }

    #[test]
    fn only_answers_answer() {
        assert_eq!(Message::parse(&forged::signal()).unwrap().answers(), None);
        assert_eq!(Message::parse(&forged::error(3, "a.b")).unwrap().answers(), Some(3));
    }

    #[test]
    fn the_name_of_an_error_can_be_shown() {
        let message = Message::parse(&forged::error(3, "a.b\u{1b}[31m\u{202e}c\n")).unwrap();
        assert_eq!(message.error().unwrap(), "a.b31mc");
    }

    #[test]
    fn an_answer_that_is_cut_is_refused_wherever_it_is_cut() {
        let whole = secret();
        for end in 0..whole.len() {
            assert_eq!(read_secret(&whole[..end]), Err(Malformed), "{end}");
        }
        let too_long = [&whole[..], b"\0"].concat();
        assert_eq!(read_secret(&too_long), Err(Malformed));
    }

    #[test]
    fn a_length_is_not_believed() {
        let whole = secret();
        for at in (4..whole.len() - 4).step_by(4) {
            for claim in [u32::MAX, u32::MAX - 7, 0x8000_0000, 0x0400_0000, 0x0001_0000] {
                let mut bytes = whole.clone();
                bytes[at..at + 4].copy_from_slice(&claim.to_le_bytes());
                if let Ok(secret) = read_secret(&bytes) {
                    assert!(secret.len() < whole.len());
                }
            }
        }
        for (at, claim) in [(4, u32::MAX), (12, u32::MAX), (12, u32::MAX - 15)] {
            let mut bytes = whole.clone();
            bytes[at..at + 4].copy_from_slice(&claim.to_le_bytes());
            assert!(head(&bytes).is_ok_and(|size| size > MAX_MESSAGE) || head(&bytes).is_err());
        }
    }

    #[test]
    fn no_byte_can_make_the_reader_panic_or_read_beyond_the_message() {
        let whole = secret();
        for at in 0..whole.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = whole.clone();
                bytes[at] = byte;
                let _ = head(&bytes);
                if let Ok(secret) = read_secret(&bytes) {
                    assert!(secret.len() < whole.len());
                }
            }
        }
    }

    #[test]
    fn what_is_no_text_or_no_path_is_refused() {
        let read = |text: &[u8]| {
            let bytes = forged::answer(1, "o", |body| {
                body.bytes(text);
                body.byte(0);
            });
            Message::parse(&bytes).unwrap().body("o").unwrap().path().map(str::to_owned)
        };
        let unterminated = forged::answer(1, "o", |body| {
            body.number(2);
            b"/ab".iter().for_each(|&byte| body.byte(byte));
        });
        assert!(Message::parse(&unterminated).unwrap().body("o").unwrap().path().is_err());
        assert_eq!(read(b"/"), Ok("/".to_owned()));
        assert_eq!(read(b"/a_1/B"), Ok("/a_1/B".to_owned()));
        for text in [&b""[..], b"a", b"/a b", b"/a\x1b[0m", b"/\xff", b"/\0", b"/a\n"] {
            assert_eq!(read(text), Err(Malformed), "{text:?}");
        }
    }
}

//! Reads one request head off the wire, strictly and within bounds, and writes the part of it that matters anew.
//!
//! Invariants: never more than [`HEAD_LIMIT`] bytes are kept, whatever is sent; a byte that no head may hold ends the
//! reading at once; what is handed on is written by us from parsed parts, so `tiny_http`, which reads leniently, can
//! see nothing that this parser has not understood. Only the headers in [`KEPT`] go on: cookies of other programs on
//! this host stay behind.

use super::page::Answer;

/// Bytes of a whole head, request line and the empty line at its end included.
pub(super) const HEAD_LIMIT: usize = 16 * 1024;

/// Header fields of one head. Browsers send about 20.
pub(super) const FIELDS_LIMIT: usize = 100;

/// What ends each head that is handed on.
pub(super) const OWN_FIELD: &str = "Connection: close\r\n";

/// The header fields the listener looks at, in lower case.
const KEPT: [&str; 6] = ["host", "sec-fetch-mode", "sec-fetch-dest", "sec-purpose", "purpose", "x-moz"];

/// Takes bytes as they come until the head is whole.
#[derive(Default)]
pub(super) struct HeadReader {
    bytes: Vec<u8>,
    line_seen: bool,
}

impl HeadReader {
    /// Adds what was read. `Some`: the head is whole, and this is what to hand on. Bytes behind it are ignored: one
    /// request a connection. An error is the answer to send away with.
    pub(super) fn add(&mut self, chunk: &[u8]) -> Result<Option<Vec<u8>>, Answer> {
        for &byte in chunk {
            if self.add_byte(byte)? {
                return rewrite(&self.bytes).map(Some);
            }
        }
        Ok(None)
    }

    fn add_byte(&mut self, byte: u8) -> Result<bool, Answer> {
        if self.bytes.len() == HEAD_LIMIT {
            return Err(Answer::TooLarge);
        }
        if !may_follow(self.bytes.last().copied(), byte) {
            return Err(Answer::Unexpected);
        }
        self.bytes.push(byte);
        if byte != b'\n' {
            return Ok(false);
        }
        if !self.line_seen {
            // Told at once: who speaks HTTP/0.9 or something else would wait for ever behind a first line.
            self.line_seen = true;
            RequestLine::parse(self.bytes.strip_suffix(b"\r\n").unwrap_or_default())?;
        }
        Ok(self.bytes.ends_with(b"\r\n\r\n"))
    }
}

/// CR and LF come as a pair only (RFC 9112 §2.2); of the other controls only the tab may stand in a head.
fn may_follow(previous: Option<u8>, byte: u8) -> bool {
    match (previous, byte) {
        (Some(b'\r'), _) => byte == b'\n',
        (_, b'\r' | b'\t') => true,
        (_, 0..b' ' | 0x7f) => false,
        _ => true,
    }
}

/// The request line (RFC 9112 §3) of a request in HTTP/1.0 or 1.1.
struct RequestLine<'a> {
    method: &'a str,
    target: &'a str,
}

impl<'a> RequestLine<'a> {
    fn parse(line: &'a [u8]) -> Result<Self, Answer> {
        let line = str::from_utf8(line).map_err(|_| Answer::Unexpected)?;
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Answer::Unexpected);
        };
        // A fragment never travels in a request.
        let visible = !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !is_token(method) || !visible {
            return Err(Answer::Unexpected);
        }
        Ok(Self { method, target })
    }
}

/// Writes the head anew for `tiny_http`, or refuses it: bad grammar, too many fields, or a body announced.
fn rewrite(bytes: &[u8]) -> Result<Vec<u8>, Answer> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let RequestLine { method, target } = RequestLine::parse(lines.next().unwrap_or_default())?;
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for (count, line) in lines.take_while(|line| !line.is_empty()).enumerate() {
        if count == FIELDS_LIMIT {
            return Err(Answer::TooLarge);
        }
        let (name, value) = field(line)?;
        if announces_body(&name, value) {
            return Err(if method == "GET" { Answer::Unexpected } else { Answer::MethodNotAllowed });
        }
        if KEPT.contains(&name.as_str()) {
            let value = str::from_utf8(value).ok().filter(|value| value.is_ascii()).ok_or(Answer::Unexpected)?;
            head.extend([&name, ": ", value, "\r\n"]);
        }
    }
    head.extend([OWN_FIELD, "\r\n"]);
    Ok(head.into_bytes())
}

/// A header field: its name in lower case, its value without the blanks around it. A folded line (RFC 9112 §5.2) and a
/// blank before the colon (§5.1) have no valid name.
fn field(line: &[u8]) -> Result<(String, &[u8]), Answer> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(Answer::Unexpected)?;
    let name = str::from_utf8(&line[..colon]).ok().filter(|name| is_token(name)).ok_or(Answer::Unexpected)?;
    Ok((name.to_ascii_lowercase(), line[colon + 1..].trim_ascii()))
}

fn announces_body(name: &str, value: &[u8]) -> bool {
    match name {
        "transfer-encoding" => true,
        "content-length" => value != b"0",
        _ => false,
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{Answer, HEAD_LIMIT, HeadReader};

    fn read(bytes: impl AsRef<[u8]>) -> Result<Option<String>, Answer> {
        let head = HeadReader::default().add(bytes.as_ref())?;
        Ok(head.map(|head| String::from_utf8(head).unwrap()))
    }

    #[test]
    fn a_head_is_written_anew_with_the_fields_that_matter_only() {
        let head = "GET /callback?code=a+b%2Bc&state=x HTTP/1.1\r\nhOsT:127.0.0.1:80 \r\nCookie: \u{e9}=1\r\nTE: chunked\r\n\
                    Expect: nonsense\r\nContent-Length: 0\r\nConnection: upgrade\r\nSEC-FETCH-MODE:\tnavigate\r\n\r\nrest";
        let expected = "GET /callback?code=a+b%2Bc&state=x HTTP/1.1\r\nhost: 127.0.0.1:80\r\nsec-fetch-mode: navigate\r\n\
                        Connection: close\r\n\r\n";
        assert_eq!(read(head), Ok(Some(expected.to_owned())));
    }

    #[test]
    fn the_bytes_may_come_one_at_a_time() {
        let head = b"GET / HTTP/1.0\r\nHost: h\r\n\r\n";
        let mut reader = HeadReader::default();
        for byte in &head[..head.len() - 1] {
            assert_eq!(reader.add(&[*byte]), Ok(None));
        }
        assert_eq!(reader.add(b"\n"), Ok(Some(b"GET / HTTP/1.1\r\nhost: h\r\nConnection: close\r\n\r\n".to_vec())));
    }

    #[test]
    fn what_is_not_a_head_is_refused_as_soon_as_it_shows() {
        for bytes in [
            &b"GET /\r\n"[..],
            b"GET / HTTP/1.1\n",
            b"GET / HTTP/1.1\r\nHost: h\n",
            b"GET / HTTP/1.1\r\nHost: h\rx",
            b"GET / HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
            b"GET / HTTP/1.1\r\nnothing\r\n\r\n",
            b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
            b"GET  / HTTP/1.1\r\n",
            b"GET / HTTP/1.1 \r\n",
            b"GET /#fragment HTTP/1.1\r\n",
            b"GET /\xc3\xa9 HTTP/1.1\r\n",
            b"G(T / HTTP/1.1\r\n",
            b"GET / HTTP/2.0\r\n",
            b"GET / http/1.1\r\n",
            b"PRI * HTTP/2.0\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"\0",
            b"\r\n",
            b"\n",
            b"GET / HTTP/1.1\r\nA: \x1b[2J\r\n",
            b"GET / HTTP/1.1\r\nA: \x7f\r\n",
        ] {
            assert_eq!(read(bytes), Err(Answer::Unexpected), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_body_is_refused_by_the_method() {
        for (request, answer) in [
            ("GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", Answer::Unexpected),
            ("GET / HTTP/1.1\r\nContent-Length: 0, 5\r\n\r\n", Answer::Unexpected),
            ("GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\nContent-Length: 0\r\n\r\n", Answer::Unexpected),
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nstate", Answer::MethodNotAllowed),
            ("PUT / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", Answer::MethodNotAllowed),
        ] {
            assert_eq!(read(request), Err(answer), "{request}");
        }
    }

    #[test]
    fn the_limit_binds_in_the_middle_of_a_line() {
        let start = "GET / HTTP/1.1\r\nX: ";
        let fitting = format!("{start}{}\r\n\r\n", "x".repeat(HEAD_LIMIT - start.len() - 4));
        assert!(matches!(read(&fitting), Ok(Some(_))));
        let over = format!("{start}{}\r\n\r\n", "x".repeat(HEAD_LIMIT - start.len() - 3));
        assert_eq!(read(&over), Err(Answer::TooLarge));
        assert_eq!(read(vec![b'G'; HEAD_LIMIT]), Ok(None));
        assert_eq!(read(vec![b'G'; HEAD_LIMIT + 1]), Err(Answer::TooLarge));

        let mut reader = HeadReader::default();
        for _ in 0..HEAD_LIMIT {
            assert_eq!(reader.add(b"x"), Ok(None));
        }
        assert_eq!(reader.add(b"x"), Err(Answer::TooLarge));
        assert_eq!(reader.bytes.len(), HEAD_LIMIT);
    }

    #[test]
    fn a_thousand_fields_are_too_many() {
        let head = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1000));
        assert!(head.len() < HEAD_LIMIT);
        assert_eq!(read(&head), Err(Answer::TooLarge));
        assert!(matches!(read(head.replacen("a: b\r\n", "", 900)), Ok(Some(_))));
    }

    /// What is handed on is always one head with one end, whatever came in.
    #[test]
    fn no_noise_gets_through_unparsed() {
        let pieces: [&[u8]; 16] = [
            b"GET ",
            b"/callback",
            b" HTTP/1.1",
            b"\r\n",
            b"\r",
            b"\n",
            b"Host:",
            b" ",
            b"\t",
            b"x",
            b":",
            b"?a=b",
            b"\0",
            b"\xff",
            b"Purpose: y",
            b"POST ",
        ];
        let mut whole = 0;
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..200_000 {
            let mut bytes = b"GET / HTTP/1.1\r\n".to_vec();
            for _ in 0..8 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                bytes.extend_from_slice(pieces[(random >> 32) as usize % pieces.len()]);
            }
            if let Ok(Some(head)) = read(&bytes) {
                whole += 1;
                assert!(head.is_ascii() && head.ends_with("\r\nConnection: close\r\n\r\n"), "{head:?}");
                assert_eq!(head.matches("\r\n\r\n").count(), 1, "{head:?}");
                assert_eq!(head.matches('\n').count(), head.matches("\r\n").count(), "{head:?}");
            }
        }
        assert!(whole > 100, "only {whole} whole heads were tried");
    }
}

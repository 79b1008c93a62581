//! Plain HTTP/1.1 to a loopback server, one connection a request. No redirects, no cookies, no TLS.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::PATIENCE;

/// An answer, its body without transfer coding.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// In the order in which they came, names as they were sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// The first header of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let (first, rest) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = first.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
        let headers: Option<Vec<_>> = rest.lines().map(|line| line.split_once(':')).collect();
        let headers = headers?.into_iter().map(|(name, value)| (name.into(), value.trim().into())).collect();
        let mut response = Self { status, headers, body: String::new() };
        let body = &bytes[end + 4..];
        let chunked = response.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        let body = if chunked { unchunk(body)? } else { body.to_vec() };
        response.body = String::from_utf8(body).ok()?;
        Some(response)
    }
}

/// RFC 9112 section 7.1.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(line + 2..line + 2 + size)?);
        rest = rest.get(line + 2 + size + 2..)?;
    }
}

/// A GET of `http://HOST:PORT/…`.
#[track_caller]
pub(crate) fn get(url: &str) -> Response {
    send("GET", url, &[], "")
}

/// A POST of `body` as it is; its type is for the caller to say, in `headers`.
#[track_caller]
pub(crate) fn post(url: &str, headers: &[(&str, &str)], body: &str) -> Response {
    send("POST", url, headers, body)
}

/// One request with `headers` besides `Host`, `Connection` and `Content-Length`, which are sent unless they are given.
#[track_caller]
pub(crate) fn send(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let (authority, path) = split(url);
    let length = body.len().to_string();
    let ours = [("Host", authority), ("Connection", "close"), ("Content-Length", &length)];
    let given = |name: &str| headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut request = vec![format!("{method} {path} HTTP/1.1")];
    let lines = ours.iter().filter(|(name, _)| !given(name)).chain(headers);
    request.extend(lines.map(|(name, value)| format!("{name}: {value}")));
    let answer = exchange(authority, format!("{}\r\n\r\n{body}", request.join("\r\n")).as_bytes());
    match Response::parse(&answer) {
        Some(response) => response,
        None => panic!("{method} {url}: not an HTTP answer: {:?}", String::from_utf8_lossy(&answer)),
    }
}

/// Sends these bytes to `HOST:PORT` and gives what comes back until the server closes: for requests no client would make.
#[track_caller]
pub(crate) fn exchange(authority: &str, request: &[u8]) -> Vec<u8> {
    let talk = || {
        let mut stream = TcpStream::connect(authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    talk().unwrap_or_else(|error| panic!("{authority}: {error}"))
}

#[track_caller]
fn split(url: &str) -> (&str, &str) {
    let Some(rest) = url.strip_prefix("http://") else { panic!("not a plain http URL: {url}") };
    match rest.find(['/', '?']) {
        Some(at) if rest[at..].starts_with('/') => rest.split_at(at),
        Some(_) => panic!("a query needs a path before it: {url}"),
        None => (rest, "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_answer_is_put_together() {
        let answer = b"HTTP/1.1 200 OK\r\nX-A: b: c \r\ntransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;x=y\r\npedia\n\r\n0\r\n\r\n";
        let response = Response::parse(answer).expect("an answer");
        assert_eq!((response.status, response.body.as_str()), (200, "Wikipedia\n"));
        assert_eq!(response.header("x-a"), Some("b: c"));
    }

    #[test]
    fn half_an_answer_is_none() {
        assert!(Response::parse(b"HTTP/1.1 200 OK\r\n").is_none());
        assert!(Response::parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWi").is_none());
        assert!(Response::parse(b"SSH-2.0-x\r\n\r\n").is_none());
    }
}

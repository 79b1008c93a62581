//! A person with a browser, played by the program: fetches the sign-in page, fills it in, follows nothing by itself.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use url::Url;

use super::Error;
use super::form::encode;

/// A server that says nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Redirects within one origin that a visit follows.
const REDIRECTS: usize = 5;

struct Reply {
    status: u16,
    location: Option<String>,
    body: String,
}

/// Signs `account` in at an authorization page or a device page of the sandbox, and agrees or refuses. Returns the
/// address the server redirects to, which is not called.
pub(crate) fn sign_in(authorization_url: &str, account: &str, allow: bool) -> Result<String, Error> {
    let url = loopback(authorization_url)?;
    let page = exchange(&url, None)?;
    if let Some(location) = page.location {
        return Ok(location);
    }
    let unexpected = |status| Error::NoRedirect { origin: origin(&url), status };
    let action = attribute(&page.body, "<form", "action").ok_or(unexpected(page.status))?;
    let target = url.join(&action).map_err(|_| unexpected(page.status))?;
    let mut fields: Vec<(String, String)> = page.body.split("<input").skip(1).filter_map(carried).collect();
    fields.push(("account".into(), account.into()));
    fields.push(("decision".into(), if allow { "allow" } else { "deny" }.into()));
    let form = encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let answer = exchange(&target, Some(&form))?;
    answer.location.ok_or(unexpected(answer.status))
}

/// Fetches a loopback address as the browser does after a redirect, and follows 303 within its origin. The status of
/// the last answer.
pub(crate) fn visit(url: &str) -> Result<u16, Error> {
    let mut url = loopback(url)?;
    for _ in 0..REDIRECTS {
        let reply = exchange(&url, None)?;
        let next = reply.location.filter(|_| reply.status == 303).and_then(|place| url.join(&place).ok());
        match next.filter(|next| next.origin() == url.origin()) {
            Some(next) => url = next,
            None => return Ok(reply.status),
        }
    }
    Ok(303)
}

/// Only this machine is ever called: a page that leads elsewhere is an error.
fn loopback(url: &str) -> Result<Url, Error> {
    let local =
        |url: &Url| matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")) && url.scheme() == "http";
    Url::parse(url).ok().filter(local).ok_or(Error::NotLoopback)
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// One request on a connection of its own: POST where there is a form, else GET.
fn exchange(url: &Url, form: Option<&str>) -> Result<Reply, Error> {
    let failed = |source| Error::Unreachable { origin: origin(url), source };
    let authority = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    let method = if form.is_some() { "POST" } else { "GET" };
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let body = form.unwrap_or_default();
    let head = format!(
        "{method} {}{query} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: text/html\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        url.path(),
        body.len(),
    );
    let mut stream = TcpStream::connect(&authority).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.write_all(format!("{head}{body}").as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    // A listener that ends right after its answer may reset the connection; the answer counts all the same.
    let ended = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(failed(ended.err().unwrap_or_else(|| ErrorKind::UnexpectedEof.into())));
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| failed(ErrorKind::InvalidData.into()))?;
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let location =
        headers.find(|(name, _)| name.eq_ignore_ascii_case("location")).map(|(_, place)| place.trim().to_owned());
    Ok(Reply { status, location, body: body.to_owned() })
}

/// Name and value of an input that a person leaves as it is.
fn carried(input: &str) -> Option<(String, String)> {
    let tag = &input[..input.find('>')?];
    let name = attribute(tag, "", "name")?;
    let own = tag.contains(r#"type="hidden""#) || name == "user_code";
    Some((name, attribute(tag, "", "value")?)).filter(|_| own)
}

/// The value of `name="…"` after `start`, as our own pages write it.
fn attribute(html: &str, start: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(start)?;
    let (_, rest) = rest.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Some(entities.iter().fold(value.to_owned(), |text, (entity, plain)| text.replace(entity, plain)))
}

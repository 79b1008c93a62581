//! A stand-in for a provider: answers each of its addresses with what the provider is documented to say, and remembers
//! what it was asked. The entry of `providers/` is used as it is, but for its hosts: `https://HOST/PATH` is found at
//! `http://127.0.0.1:PORT/HOST/PATH`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    /// A parameter of a body in form encoding.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }

    /// A member of a body in JSON.
    pub(crate) fn json(&self, name: &str) -> Option<String> {
        let body: Value = serde_json::from_str(&self.body).ok()?;
        body.get(name)?.as_str().map(str::to_owned)
    }
}

/// What is said to one address.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A running stand-in. Its thread ends with the test's process.
pub(crate) struct Double {
    origin: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<BTreeMap<String, Vec<Answer>>>>,
}

impl Double {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let double = Self { origin, asked: Arc::default(), answers: Arc::default() };
        let (asked, answers) = (Arc::clone(&double.asked), Arc::clone(&double.answers));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(request) = read(&stream) else { continue };
                let answer = {
                    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                    let queue = answers.get_mut(&request.path);
                    // The last answer of an address is given for ever.
                    queue.map(|queue| if queue.len() > 1 { queue.remove(0) } else { queue[0].clone() })
                };
                asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let answer = answer.unwrap_or(Answer { status: 404, body: String::new() });
                write(stream, &answer);
            }
        });
        double
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The address says these, one after another. `{origin}` in a body stands for this server.
    pub(crate) fn answers(&self, address: &str, answers: &[(u16, &str)]) {
        let whole =
            |(status, body): &(u16, &str)| Answer { status: *status, body: body.replace("{origin}", &self.origin) };
        let path = address.trim_start_matches("https:/");
        let path = path.split('?').next().unwrap_or_default().to_owned();
        let list = answers.iter().map(whole).collect();
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(path, list);
    }

    /// Writes `text` in the place of `name` into every answer that is still to be given.
    pub(crate) fn fill(&self, name: &str, text: &str) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        for answer in answers.values_mut().flatten() {
            answer.body = answer.body.replace(name, text);
        }
    }

    /// Everything that was asked so far, and forgets it.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes a built-in entry with its hosts here, under another name, and gives the file and the entry as it was.
    pub(crate) fn entry(&self, provider: &str, into: &Path) -> (PathBuf, toml::Table) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("providers/{provider}.toml"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let original: toml::Table = text.parse().expect("a built-in entry is TOML");
        let mut entry = original.clone();
        entry.remove("aliases");
        // They name hosts of the provider's own.
        entry.remove("capabilities");
        let authority = self.origin.trim_start_matches("http://").to_owned();
        for (key, value) in &mut entry {
            let moved = key.ends_with("_endpoint") || ["issuer", "id_token_issuer", "api_base"].contains(&key.as_str());
            if let (true, toml::Value::String(url)) = (moved, &mut *value) {
                *url = url.replace("https://", &format!("{}/", self.origin));
            }
            if key == "api_hosts" {
                *value = vec![authority.clone()].into();
            }
        }
        let path = into.join(format!("{provider}-double.toml"));
        std::fs::write(&path, entry.to_string()).expect("a file");
        (path, original)
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Asked { method, path: path.into(), query: query.into(), headers, body: String::from_utf8(body).ok()? })
}

fn write(mut stream: TcpStream, answer: &Answer) {
    let kind =
        if answer.body.starts_with(['{', '[']) { "application/json" } else { "application/x-www-form-urlencoded" };
    let Answer { status, body } = answer;
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // Whoever has gone away does not want it.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

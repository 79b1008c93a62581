//! The files in which providers let one download a client registration.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};
use url::Url;

use super::{App, Error, GivenClient};
use crate::files;
use crate::model::Secret;

/// More than this is no registration, in bytes.
const LARGEST: u64 = 64 << 10;
/// How the two values are called.
const IDS: [&str; 4] = ["client_id", "clientId", "clientID", "appId"];
const SECRETS: [&str; 3] = ["client_secret", "clientSecret", "appSecret"];
/// How deep they may stand: Google's `installed` and `web`, Box's `boxAppSettings`.
const DEEPEST: usize = 3;

/// A client registration as a file holds it.
pub(crate) struct ClientFile {
    pub(crate) client: GivenClient,
    /// It was made for a web server (Google's `web`): redirect URIs are compared whole.
    pub(crate) web: bool,
    /// The token endpoint that the file itself names.
    token_uri: Option<String>,
}

impl ClientFile {
    /// Reads Google's file, an answer of RFC 7591, or any JSON with a client id in it.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |what: &str| Error::Usage(format!("{}: {what}", path.display()));
        let file = File::open(path).map_err(|error| wrong(&error.to_string()))?;
        files::check_secret(&file, path)?;
        let content: Value = serde_json::from_reader(file.take(LARGEST)).map_err(|_| wrong("it is no JSON"))?;
        if content.get("type").and_then(Value::as_str) == Some("service_account") {
            return Err(wrong("it is the key of a service account, which is no client registration"));
        }
        let found = registration(&content, DEEPEST).ok_or_else(|| wrong("it has no client_id"))?;
        let text = |names: &[&str]| names.iter().find_map(|name| found.get(*name)?.as_str()).map(str::to_owned);
        let client = GivenClient { id: text(&IDS), secret: text(&SECRETS).map(Secret::new), name: None, keep: true };
        Ok(Self { client, web: content.get("web").is_some(), token_uri: text(&["token_uri"]) })
    }
}

impl App {
    /// The registration of a file, when it was made for this provider.
    pub(crate) fn client_of_file(&self, provider: &str, file: ClientFile) -> Result<GivenClient, Error> {
        let entry = self.registry.find(provider)?.entry;
        let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(site));
        if let Some(theirs) = file.token_uri.as_deref().and_then(host)
            && let Some(ours) = host(&entry.token_endpoint)
            && ours != theirs
        {
            let name = &entry.name;
            return Err(Error::Usage(format!("the file holds a client of {theirs}, and {name} is at {ours}")));
        }
        Ok(file.client)
    }
}

/// The last two labels of a host, by which the old and the new endpoints of one provider are known.
fn site(host: &str) -> String {
    let labels: Vec<_> = host.rsplit('.').take(2).collect();
    labels.into_iter().rev().collect::<Vec<_>>().join(".")
}

/// The first object with a client id, from the top down.
fn registration(value: &Value, depth: usize) -> Option<&Map<String, Value>> {
    let object = value.as_object()?;
    if IDS.iter().any(|name| object.get(*name).is_some_and(Value::is_string)) {
        return Some(object);
    }
    if depth == 0 { None } else { object.values().find_map(|inner| registration(inner, depth - 1)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(content: &Value) -> Result<ClientFile, Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("client.json");
        files::replace(&path, &content.to_string()).unwrap();
        ClientFile::read(&path)
    }

    #[test]
    fn the_files_of_providers_are_read() {
        let uri = "https://oauth2.googleapis.com/token";
        for content in [
            json!({"installed": {"client_id": "me", "client_secret": "s", "token_uri": uri}}),
            json!({"web": {"client_id": "me", "client_secret": "s"}}),
            json!({"client_id": "me", "client_secret": "s", "client_secret_expires_at": 0}),
            json!({"boxAppSettings": {"clientID": "me", "clientSecret": "s"}, "enterpriseID": "7"}),
        ] {
            let file = read(&content).unwrap();
            assert_eq!(file.client.id.as_deref(), Some("me"));
            assert_eq!(file.client.secret.unwrap().expose(), "s");
            assert_eq!(file.web, content.get("web").is_some());
        }
        for content in [json!({}), json!({"type": "service_account", "client_id": "7"}), json!(["client_id"])] {
            assert!(matches!(read(&content), Err(Error::Usage(_))), "{content}");
        }
    }
}

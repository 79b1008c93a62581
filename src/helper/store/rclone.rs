//! `rclone.conf`: a section a remote, in the form of INI files; the tokens are JSON in one line.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Found, Whose, not_empty, secret, time};
use crate::helper::Malformed;

/// Kinds of remotes, and the provider whose tokens they hold.
const PROVIDERS: [(&str, &str); 9] = [
    ("box", "box"),
    ("drive", "google"),
    ("dropbox", "dropbox"),
    ("google cloud storage", "google"),
    ("google photos", "google"),
    ("onedrive", "microsoft"),
    ("pcloud", "pcloud"),
    ("yandex", "yandex"),
    ("zoho", "zoho"),
];

/// Remotes without a client of the user's own have no `client_id`: rclone's own is not ours to use.
pub(crate) fn read(text: &str) -> Result<Vec<Found>, Malformed> {
    if text.lines().any(|line| line.starts_with("RCLONE_ENCRYPT_")) {
        return Err(Malformed { tool: "rclone", what: "the file is encrypted" });
    }
    let mut all = Vec::new();
    for (name, values) in sections(text) {
        let get = |key: &str| values.get(key).map(String::as_str);
        let Some(token) = get("token").and_then(|text| serde_json::from_str::<Value>(text).ok()) else { continue };
        let kind = get("type").unwrap_or_default();
        let known = PROVIDERS.iter().find(|(own, _)| *own == kind);
        let whose = known.map_or_else(
            || Whose::Unknown(format!("rclone's {kind}")),
            |(_, provider)| Whose::Provider((*provider).to_owned()),
        );
        all.push(Found {
            account: Some(name),
            access_token: secret(token["access_token"].as_str()),
            expires_at: token["expiry"].as_str().and_then(time),
            refresh_token: secret(token["refresh_token"].as_str()),
            client_id: not_empty(get("client_id")),
            client_secret: secret(get("client_secret")),
            ..Found::of(whose)
        });
    }
    Ok(all)
}

fn sections(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut all: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            all.push((name.to_owned(), BTreeMap::new()));
        } else if let (Some((key, value)), Some((_, values))) = (line.split_once('='), all.last_mut()) {
            values.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_with_tokens_are_found() {
        let text = "# c\n[gd]\ntype = drive\nclient_id = i\nclient_secret = s\n\
            token = {\"access_token\":\"a\",\"refresh_token\":\"r\",\"expiry\":\"2023-11-14T22:13:20.5+01:00\"}\n\
            [local]\ntype = local\n[odd]\ntype = mega\ntoken = {}\n";
        let found = read(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].whose.clone(), found[0].account.as_deref()),
            (Whose::Provider("google".into()), Some("gd"))
        );
        assert_eq!(found[0].expires_at.unwrap().0, 1_699_996_400);
        assert_eq!(found[1].whose, Whose::Unknown("rclone's mega".into()));
        assert!(read("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nx\n").is_err());
    }
}

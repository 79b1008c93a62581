//! What must hold of any bytes in the store.

use super::backup::Backup;
use super::landing;
use super::master_key::MasterKey;
use super::seal::{Binding, Seal};
use crate::model::Secret;

const BINDING: Binding<'_> = Binding {
    table: "credentials",
    row: "row",
    field: "access_token",
    tenant: "default",
    provider: "demo",
    account: "alice",
    server: "{}",
    client_id: "client",
    generation: 1,
};

/// Nothing that we have not sealed opens, however near it is to something that we have.
pub(crate) fn sealed_blob(data: &[u8]) {
    let seal = Seal::new(&MasterKey::from_bytes([7; 32]), "store");
    assert!(seal.open(data, &BINDING).is_err(), "something strange opens");
    let good = seal.close(&Secret::new("canary"), &BINDING);
    let changed: Vec<u8> =
        good.iter().zip(data.iter().chain(std::iter::repeat(&0))).map(|(own, change)| own ^ change).collect();
    let opened = seal.open(&changed, &BINDING);
    assert_eq!(opened.is_ok(), changed == good, "a change went unnoticed");
}

/// A record that is read can be written, and is the same when it is read again.
pub(crate) fn landing_record(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(one) = landing::decode(&Secret::new(text)) else { return };
    let written = landing::encode(&one.response, one.sent_at, one.held.as_deref());
    let again = landing::decode(&written).expect("what was written can be read");
    assert_eq!((again.sent_at, &again.held), (one.sent_at, &one.held));
    assert_eq!(again.response.access_token.0.expose(), one.response.access_token.0.expose());
    assert_eq!(again.response.expires_in, one.response.expires_in);
}

/// A backup that is taken can be written, and is the same when it is read again.
pub(crate) fn backup_document(data: &[u8]) {
    let Ok(backup) = Backup::parse(data) else { return };
    let written = backup.to_json();
    let again = Backup::parse(written.expose().as_bytes()).expect("what was written can be read");
    assert_eq!(again.to_json().expose(), written.expose());
}

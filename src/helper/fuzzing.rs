//! What must hold of anything that a tool, or what pretends to be one, asks.

use url::Url;

use super::{cargo, docker, git, kubectl};
use crate::model::{Secret, endpoint};

/// Whoever asks, a token goes to a host that stands in the question as it is, and the answer says nothing but what was
/// put into it.
pub(crate) fn question(data: &[u8]) {
    git_asks(data);
    docker_asks(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(cargo::Wish::Get(url)) = cargo::Request::parse(text).map(|request| request.wish()) {
        named(&url, data);
    }
    if let Ok(version) = kubectl::version(Some(text)) {
        assert!(text.contains(version), "another version than the one that is wanted");
    }
}

fn git_asks(data: &[u8]) {
    let Ok(request) = git::Request::parse(data) else { return };
    if let Some(url) = request.url() {
        named(&url, data);
    }
    let Some(username) = &request.username else { return };
    let told = git::answer(username, &Secret::new("canary"), None).expect("a value of one line stands in a line");
    let again = git::Request::parse(told.expose().as_bytes()).expect("what we answer is git's own format");
    assert_eq!(again.username.as_ref(), Some(username));
    assert_eq!(again.password.expect("the answer has a password").expose(), "canary");
}

fn docker_asks(data: &[u8]) {
    let Ok(registry) = docker::Registry::parse(data) else { return };
    assert!(!registry.name.contains(char::is_control));
    if let Some(url) = &registry.url {
        named(url, data);
    }
}

/// The host, written as a URL has it, is a part of what was asked.
fn named(url: &Url, data: &[u8]) {
    assert!(endpoint::check(url.as_str()).is_ok(), "{url}");
    let host = url.host_str().expect("a place has a host");
    assert!(data.to_ascii_lowercase().windows(host.len()).any(|part| part == host.as_bytes()), "{url}");
}

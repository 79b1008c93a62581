//! What the tests stand on: the program in a home of its own, real servers to run it against, plain HTTP to ask them.
//!
//! Nothing here decides by the clock. `PATIENCE` ends a wait that would never end by itself, and failing then is not
//! about being slow.

#![allow(dead_code, reason = "a vocabulary that the tests share: each takes the words it needs")]

pub(crate) mod clock;
pub(crate) mod demo;
pub(crate) mod disk;
pub(crate) mod double;
pub(crate) mod entry;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod length;
pub(crate) mod origin;
pub(crate) mod raw;
pub(crate) mod real;
pub(crate) mod sandbox;
pub(crate) mod terminal;

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// After this long, what is waited for never comes. Many times what a slow machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// `text` as JSON; the test fails with the text itself when it is none.
#[track_caller]
pub(crate) fn json(text: &str) -> serde_json::Value {
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => panic!("not JSON ({error}):\n{text}"),
    }
}

/// Waits until `probe` gives something, and gives that.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(5));
    }
}

/// Waits until there is a file at `path`, and reads it. For files that are put in place whole, as the login scripts do.
#[track_caller]
pub(crate) fn wait_for_file(path: &Path) -> String {
    wait_for(&path.display().to_string(), || std::fs::read_to_string(path).ok())
}

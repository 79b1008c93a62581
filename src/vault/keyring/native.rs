//! The keyrings of macOS and Windows, through the stores of the keyring project.
//!
//! These stores know no time limit, and may ask the user. So the work is done in a thread, which is left to itself when
//! the time is over.

#[cfg(any(target_os = "macos", windows))]
use keyring_core::{Entry, api::CredentialStoreApi};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Error;
#[cfg(any(target_os = "macos", windows))]
use super::{APPLICATION, Keyring, Place};

#[cfg(target_os = "macos")]
pub(super) fn entry(_: &Keyring, place: &Place<'_>) -> Result<Entry, Error> {
    let store = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store.build(APPLICATION, &place.user(), None)?)
}

/// The key stays on this machine: by default it would roam with the user's profile.
#[cfg(windows)]
pub(super) fn entry(_: &Keyring, place: &Place<'_>) -> Result<Entry, Error> {
    let store = windows_native_keyring_store::Store::new()?;
    let here = std::collections::HashMap::from([("persistence", "Local")]);
    Ok(store.build(APPLICATION, &place.user(), Some(&here))?)
}

/// Does the work, or gives up waiting for it after `limit`.
pub(super) fn in_time<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .spawn(move || sender.send(work()))
        .map_err(|error| Error::Failed { what: error.to_string() })?;
    receiver.recv_timeout(limit).map_err(|_| Error::TimedOut)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_with_its_result_or_at_the_limit() {
        let done = in_time(Duration::from_secs(600), || Ok(7));
        assert_eq!(done.unwrap(), 7);
        let (_open, never) = mpsc::channel::<()>();
        let hanging = in_time(Duration::from_millis(1), move || Ok(never.recv()));
        assert!(matches!(hanging, Err(Error::TimedOut)));
    }
}

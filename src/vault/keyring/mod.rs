//! The operating system's keyring, as a place for one master key.
//!
//! The key is kept as text, for not every keyring can hold bytes. Its item bears the id of the store and the id of the
//! key, so that no store touches another's. A key that cannot be had is an error that says why; only an item that is
//! certainly not there is none. Nothing waits beyond the time limit.
//!
//! On macOS and Windows the stores of the keyring project are used. Elsewhere it is the Secret Service, by a store of our
//! own: those of the keyring project can wait without limit, begin with a call that can abort gnome-keyring, and insist
//! on a key exchange that takes longer than all the rest.

#[cfg(not(any(target_os = "macos", windows)))]
mod bus;
#[cfg_attr(not(target_os = "linux"), path = "no_cache.rs")]
mod cache;
#[cfg(any(target_os = "macos", windows, test))]
mod native;
#[cfg(not(any(target_os = "macos", windows)))]
mod secret_service;
#[cfg(not(any(target_os = "macos", windows)))]
mod wire;

use std::time::Duration;

pub(crate) use cache::KeyCache;
use keyring_core::{Entry, Error as CoreError};
use zeroize::Zeroizing;

#[cfg(any(target_os = "macos", windows))]
use native::{entry, in_time};
#[cfg(not(any(target_os = "macos", windows)))]
use secret_service::{entry, in_time};

use super::MasterKey;
use crate::model::Secret;

/// Whose items these are, as the keyring's own program shows it.
const APPLICATION: &str = "oauth-cli";

/// The keyring of the user who runs this program, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Keyring {
    #[cfg_attr(any(target_os = "macos", windows), allow(dead_code, reason = "these keyrings are not on a bus"))]
    bus: Option<String>,
    limit: Duration,
}

/// Which key: the id of a store, and the id of a key that seals it. Neither holds a `/`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) store_id: &'a str,
    pub(crate) key_id: &'a str,
}

/// Why a key could not be read from the keyring, written to it or deleted from it.
#[cfg_attr(any(target_os = "macos", windows), allow(dead_code, reason = "these keyrings tell less of why"))]
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no session bus to reach a keyring by.
    #[error("the keyring cannot be reached over the session bus: {cause}")]
    NoBus { cause: String },
    /// There is a session bus, and nothing on it keeps secrets.
    #[error("no keyring is running on the session bus")]
    NoService,
    /// The keyring was never set up, or has no place of its own for new items.
    #[error("the keyring has no default collection")]
    NoCollection,
    /// The key may be there, but the keyring has to be unlocked first.
    #[error("the keyring is locked")]
    Locked,
    /// The keyring did not answer within the time limit.
    #[error("the keyring did not answer in time")]
    TimedOut,
    /// The keyring, or a person whom it asked, said no.
    #[error("the keyring refused access to the master key")]
    Denied,
    /// Several items claim to be the key; these are their paths.
    #[error("the keyring holds the master key more than once: {}", items.join(", "))]
    Ambiguous { items: Vec<String> },
    /// There is an item, and it is no master key.
    #[error("what the keyring holds is not a master key")]
    Garbage,
    /// What was written is not what can be read.
    #[error("the keyring did not keep the master key that was written to it")]
    NotKept,
    /// The keyring failed otherwise.
    #[error("the keyring failed: {what}")]
    Failed { what: String },
}

impl Keyring {
    /// `bus` is where the session bus listens, on Linux: addresses as in `DBUS_SESSION_BUS_ADDRESS`. `limit` is the time
    /// for a whole read, write or deletion.
    pub(crate) fn new(bus: Option<String>, limit: Duration) -> Self {
        Self { bus, limit }
    }

    /// The key at `place`; none only when it is certain that there is none.
    pub(crate) fn read(&self, place: &Place<'_>) -> Result<Option<Secret>, Error> {
        let entry = entry(self, place)?;
        in_time(self.limit, move || read(&entry))
    }

    /// Writes the key to `place`, and makes sure that it can be read from there.
    pub(crate) fn write(&self, place: &Place<'_>, key: &Secret) -> Result<(), Error> {
        let (entry, key) = (entry(self, place)?, key.clone());
        in_time(self.limit, move || {
            entry.set_password(key.expose())?;
            let kept = read(&entry)?.is_some_and(|kept| kept.expose() == key.expose());
            if kept { Ok(()) } else { Err(Error::NotKept) }
        })
    }

    /// Deletes the key at `place`. It is no error that there is none.
    pub(crate) fn delete(&self, place: &Place<'_>) -> Result<(), Error> {
        let entry = entry(self, place)?;
        in_time(self.limit, move || match entry.delete_credential() {
            Ok(()) | Err(CoreError::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        })
    }
}

impl Place<'_> {
    fn user(&self) -> String {
        format!("{}/{}", self.store_id, self.key_id)
    }
}

/// Reads the key, and refuses what is none.
fn read(entry: &Entry) -> Result<Option<Secret>, Error> {
    let text = match entry.get_password() {
        Ok(text) => Secret::new(text),
        Err(CoreError::NoEntry) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    MasterKey::parse(&text).map_err(|_| Error::Garbage)?;
    Ok(Some(text))
}

/// Some errors of keyring-core hold the secret: those are taken apart here, and are never shown.
impl From<CoreError> for Error {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::BadEncoding(bytes) | CoreError::BadDataFormat(bytes, _) => {
                drop(Zeroizing::new(bytes));
                Self::Garbage
            }
            CoreError::PlatformFailure(cause) | CoreError::NoStorageAccess(cause) => match cause.downcast() {
                Ok(own) => *own,
                Err(cause) => Self::Failed { what: cause.to_string() },
            },
            other => Self::Failed { what: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(message: &str) -> Box<dyn std::error::Error + Send + Sync> {
        message.into()
    }

    #[test]
    fn errors_never_hold_what_the_keyring_holds() {
        let canary = || b"canary".to_vec();
        for error in [CoreError::BadEncoding(canary()), CoreError::BadDataFormat(canary(), platform("cut"))] {
            let error = Error::from(error);
            assert!(matches!(error, Error::Garbage), "{error:?}");
        }
    }

    #[cfg(not(any(target_os = "macos", windows)))]
    #[test]
    fn our_own_errors_pass_through_keyring_core() {
        for error in [Error::Locked, Error::Denied, Error::TimedOut, Error::NoService, Error::NoCollection] {
            let told = error.to_string();
            assert_eq!(Error::from(CoreError::from(error)).to_string(), told);
        }
        let error = Error::from(CoreError::NoStorageAccess(platform("the session is gone")));
        assert_eq!(error.to_string(), "the keyring failed: the session is gone");
    }

    #[cfg(not(any(target_os = "macos", windows)))]
    #[test]
    fn without_a_bus_there_is_no_keyring() {
        let place = Place { store_id: "store", key_id: "key" };
        let key = MasterKey::generate().encode();
        let keyring = Keyring::new(None, Duration::from_secs(5));
        assert!(matches!(keyring.read(&place), Err(Error::NoBus { .. })));
        assert!(matches!(keyring.write(&place, &key), Err(Error::NoBus { .. })));
        assert!(matches!(keyring.delete(&place), Err(Error::NoBus { .. })));
    }
}

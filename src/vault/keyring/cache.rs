//! The kernel's keyring as a short memory: a master key that the operating system's keyring or a passphrase gave is kept
//! there for some minutes, so that not every command has to ask over the bus, or the person. The time is counted from when
//! the key was given, and is not made longer by use.
//!
//! What lies there can be read by every process of the same user, like the keyring itself once it is unlocked. Whatever
//! fails here means that there is nothing; the keyring is asked then.

use std::time::Duration;

use linux_keyutils::{Key, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use zeroize::Zeroizing;

use super::Place;
use crate::model::Secret;

/// More than a key in base64 is none of ours, in bytes.
const LONGEST: usize = 64;

/// Where a key is kept for a while; nowhere without a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyCache {
    keep: Option<Duration>,
}

impl KeyCache {
    /// A cache that keeps a key so long; `None` keeps nothing, and finds nothing.
    pub(crate) fn new(keep: Option<Duration>) -> Self {
        Self { keep: keep.filter(|keep| !keep.is_zero()) }
    }

    pub(crate) fn keeps(&self) -> Option<Duration> {
        self.keep
    }

    pub(in crate::vault) fn get(&self, place: &Place<'_>) -> Option<Secret> {
        self.keep?;
        let mut buffer = Zeroizing::new([0; LONGEST]);
        let length = find(place)?.read(&mut *buffer).ok()?;
        let text = std::str::from_utf8(buffer.get(..length)?).ok()?;
        Some(Secret::new(text))
    }

    pub(in crate::vault) fn put(&self, place: &Place<'_>, key: &Secret) {
        let Some(keep) = self.keep else { return };
        // It gets its end and its permissions in a keyring that dies with this process, and is shown to others whole.
        // What cannot be kept is asked for again.
        let _ = KeyRing::from_special_id(KeyRingIdentifier::Process, true).and_then(|own| {
            let added = own.add_key(&name(place), key.expose().as_bytes())?;
            added
                .set_perms(KeyPermissionsBuilder::builder().posessor(Permission::ALL).user(Permission::ALL).build())?;
            added.set_timeout(usize::try_from(keep.as_secs()).unwrap_or(usize::MAX))?;
            KeyRing::from_special_id(KeyRingIdentifier::User, false)?.link_key(added)
        });
    }

    /// Drops a key, also when this process would not keep one. Says whether there was one.
    pub(in crate::vault) fn forget(place: &Place<'_>) -> bool {
        find(place).is_some_and(|key| key.invalidate().is_ok())
    }
}

fn find(place: &Place<'_>) -> Option<Key> {
    KeyRing::from_special_id(KeyRingIdentifier::User, false).ok()?.search(&name(place)).ok()
}

fn name(place: &Place<'_>) -> String {
    format!("{}:{}", super::APPLICATION, place.user())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not every machine lets its processes have keys: a container may forbid it.
    fn works() -> bool {
        KeyRing::from_special_id(KeyRingIdentifier::User, false).is_ok()
    }

    #[test]
    fn a_key_is_found_where_it_was_put_until_it_is_forgotten() {
        let store = crate::vault::master_key::random_id();
        let place = Place { store_id: &store, key_id: "key" };
        let (cache, key) = (KeyCache::new(Some(Duration::from_secs(60))), Secret::new("c2VjcmV0"));
        assert!(cache.get(&place).is_none());
        cache.put(&place, &key);
        if works() {
            assert_eq!(cache.get(&place).unwrap().expose(), key.expose());
            assert!(cache.get(&Place { store_id: &store, key_id: "other" }).is_none());
            assert!(KeyCache::new(None).get(&place).is_none(), "one that keeps nothing finds nothing");
            assert!(KeyCache::forget(&place));
        }
        assert!(cache.get(&place).is_none());
        assert!(!KeyCache::forget(&place));
    }

    #[test]
    fn without_a_time_nothing_is_kept() {
        let store = crate::vault::master_key::random_id();
        let place = Place { store_id: &store, key_id: "key" };
        for keep in [None, Some(Duration::ZERO)] {
            KeyCache::new(keep).put(&place, &Secret::new("c2VjcmV0"));
            assert!(KeyCache::new(Some(Duration::from_secs(60))).get(&place).is_none());
        }
    }
}

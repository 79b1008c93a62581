//! Another place for the same master key: it is put there and read again before the store is told, and taken from the
//! old place afterwards. Interrupted at any point, the place that the store names has the key.

use std::path::PathBuf;
use std::time::Instant;

use super::key::{Given, Source};
use super::keyring::Place;
use super::{Entry, Error, KeyAccess, KeyCache, KeyError, MasterKey, Vault, passphrase};
use crate::files;
use crate::model::{Secret, Timestamp};

/// Where a key is to go.
pub(crate) enum Target {
    Keyring,
    /// A file that does not exist yet, or has this very key.
    File(PathBuf),
    /// The command of this run, which must print this very key.
    Command,
    /// The variable of this run, which must hold this very key.
    Environment,
    /// The store itself, under this passphrase.
    Passphrase(Secret),
}

/// What was done.
pub(crate) struct Moved {
    pub(crate) from: Source,
    pub(crate) to: Source,
    /// The old place still has the key, and the person may want to remove it there.
    pub(crate) leftover: Option<Source>,
}

impl Vault {
    /// Moves the key to another place.
    pub(crate) fn move_key(
        &mut self,
        access: &KeyAccess,
        target: Target,
        deadline: Instant,
        now: Timestamp,
    ) -> Result<Moved, Error> {
        let _held = self.hold_key(deadline)?;
        self.description = self.store.describe()?;
        let (from, key) = (self.description.source(), self.master_key(&self.description, access)?);
        let seal = self.seal_with(&key, &self.description)?;
        let (to, wrapped) = self.put(&key, target, access)?;
        self.store.write(|transaction| {
            let sql = "update store set key_source = ?1, wrapped_key = ?2";
            transaction.execute(sql, (to.encode(), wrapped)).map(|_| ()).map_err(self.store.failed())
        })?;
        let entry = Entry { event: "key_moved", of: None, at: now, outcome: "ok", detail: Some(&to.words()) };
        // It is moved; that it was is no reason to say that it was not.
        let _ = self.record(&seal, entry);
        let leftover = self.leave(&from, &to, &key, access);
        self.description = self.store.describe()?;
        Ok(Moved { from, to, leftover })
    }

    /// The key as a code for paper. That it was given out is recorded.
    pub(crate) fn recovery_code(&self, access: &KeyAccess, now: Timestamp) -> Result<Secret, Error> {
        let key = self.master_key(&self.description, access)?;
        let seal = self.seal_with(&key, &self.description)?;
        self.record(&seal, Entry { event: "key_exported", of: None, at: now, outcome: "ok", detail: None })?;
        Ok(key.recovery_code())
    }

    /// Puts the key where it is to be, and makes sure that it can be had there.
    fn put(&self, key: &MasterKey, target: Target, access: &KeyAccess) -> Result<(Source, Option<Vec<u8>>), Error> {
        match target {
            Target::Keyring => {
                let place = Place { store_id: &self.description.id, key_id: key.id() };
                access.keyring.write(&place, &key.encode()).map_err(|error| Error::NoKey(KeyError::Refused(error)))?;
                Ok((Source::Keyring, None))
            }
            Target::File(path) => {
                let path = std::path::absolute(&path).unwrap_or(path);
                if !path.exists() {
                    let line = Secret::new(format!("{}\n", key.encode().expose()));
                    files::create_whole(&path, line.expose().as_bytes())?;
                }
                let found = Given::File(path.clone()).read()?;
                if found.id() != key.id() {
                    return Err(Error::OtherKeyThere { path, found: found.id().to_owned() });
                }
                Ok((Source::File(path), None))
            }
            Target::Command | Target::Environment => {
                let wanted = if matches!(target, Target::Command) { Source::Command } else { Source::Environment };
                let Some(given) = access.given.as_ref().filter(|given| given.source() == wanted) else {
                    let given = access.given.as_ref().map(Given::variable);
                    return Err(Error::NothingGiven { wanted, given });
                };
                self.expect(key, &given.read()?)?;
                Ok((wanted, None))
            }
            Target::Passphrase(text) => Ok((Source::Passphrase, Some(passphrase::wrap(key, &text)))),
        }
    }

    fn expect(&self, key: &MasterKey, found: &MasterKey) -> Result<(), Error> {
        if key.id() == found.id() {
            return Ok(());
        }
        Err(Error::WrongKey { given: found.id().to_owned(), wanted: key.id().to_owned() })
    }

    /// Removes the key from the keyring, if that was its place, and what was kept of it for a while. A file, a variable
    /// or a command is the person's own.
    fn leave(&self, from: &Source, to: &Source, key: &MasterKey, access: &KeyAccess) -> Option<Source> {
        if from == to {
            return None;
        }
        let place = Place { store_id: &self.description.id, key_id: key.id() };
        KeyCache::forget(&place);
        match from {
            Source::Passphrase => None,
            Source::Keyring => access.keyring.delete(&place).is_err().then(|| from.clone()),
            Source::File(_) | Source::Environment | Source::Command => Some(from.clone()),
        }
    }
}

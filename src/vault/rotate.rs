//! A new master key: every sealed value is sealed anew, in one transaction.
//!
//! Before that transaction the old key opens everything, after it the new one does, and at every moment the key that
//! opens the store lies in its place. What an interruption leaves behind is a key too many: in the keyring it was noted
//! beforehand and is removed by the next rotation, and beside a key file it is `FILE.new`, which is read when `FILE`
//! does not fit any more.
//!
//! Whoever may write a sealed value holds the lock `seal` together with others; a rotation holds it alone.

use std::fs;
use std::path::Path;
use std::time::Instant;

use rusqlite::Transaction;

use super::key::{Source, beside, next_key};
use super::keyring::Place;
use super::lock::{Held, LockFile};
use super::rows::Which;
use super::{
    Entry, Error, KeyAccess, KeyCache, Lease, MasterKey, Seal, Secrets, Vault, open, passphrase, rows, sealed,
};
use crate::files;
use crate::model::{Secret, Timestamp};

/// What a rotation has done.
pub(crate) struct Rotated {
    pub(crate) source: Source,
    pub(crate) key_id: String,
    pub(crate) former_key_id: String,
    /// How many credentials were sealed anew.
    pub(crate) credentials: usize,
    /// A recovery code of the former key was given out.
    pub(crate) voids_code: bool,
    /// The former key could not be removed from its place, and why. It opens nothing any more.
    pub(crate) leftover: Option<Error>,
}

impl Vault {
    /// Keeps the master key from being replaced while sealed values are written with `seal`, and makes sure that it was
    /// not replaced already.
    pub(super) fn keep_key(&self, seal: &Seal, deadline: Instant) -> Result<Held, Error> {
        let held = self.hold_seal(deadline)?;
        self.require_key(seal).map(|()| held)
    }

    /// Fails where the master key is another one than that of `seal`: it was replaced meanwhile.
    pub(super) fn require_key(&self, seal: &Seal) -> Result<(), Error> {
        let current = self.store.describe()?.key_id;
        if current.as_deref() == Some(seal.key_id()) { Ok(()) } else { Err(Error::KeyReplaced) }
    }

    /// Keeps the master key from being replaced, together with others who do.
    pub(super) fn hold_seal(&self, deadline: Instant) -> Result<Held, Error> {
        let held = self.seal_lock()?.share_by(deadline)?;
        held.ok_or_else(|| Error::Leased { label: "the master key".into() })
    }

    fn seal_lock(&self) -> Result<LockFile, files::Error> {
        LockFile::new(&self.home.locks, "seal")
    }

    /// Replaces the master key. `hand_out` is given the new key where it is the caller who keeps it, before anything
    /// depends on it, and says whether it was taken.
    pub(crate) fn rotate_key(
        &mut self,
        access: &KeyAccess,
        deadline: Instant,
        now: Timestamp,
        hand_out: impl FnOnce(&Secret) -> bool,
    ) -> Result<Rotated, Error> {
        let _held = self.hold_key(deadline)?;
        self.description = self.store.describe()?;
        let source = self.rotatable_source(access)?;
        let old = self.unlock(access)?;
        self.remove_spare_keys(access)?;
        let voids_code = self.code_is_out()?;
        let key = MasterKey::generate();
        let place = KeyPlace { vault: self, access, source: &source };
        let wrapped = place.put(&key, now)?;
        if place.is_kept_by_caller() {
            // A key that is handed out and sealed with nothing would be kept in place of the one that counts.
            self.store.try_writing()?;
            if !hand_out(&key.encode()) {
                return Err(Error::NotTaken);
            }
        }
        let credentials = match self.seal_anew(&old, &Seal::new(&key, &self.description.id), wrapped, now) {
            Ok(count) => count,
            Err(error) => {
                place.take_back(&key);
                return Err(error);
            }
        };
        let leftover = place.settle(old.key_id()).err();
        let entry = Entry { event: "key_replaced", of: None, at: now, outcome: "ok", detail: Some(key.id()) };
        // The key is replaced; that it was is no reason to say that it was not.
        let _ = self.record(&Seal::new(&key, &self.description.id), entry);
        let (key_id, former_key_id) = (key.id().to_owned(), old.key_id().to_owned());
        self.description = self.store.describe()?;
        Ok(Rotated { source, key_id, former_key_id, credentials, voids_code, leftover })
    }

    /// Whether a recovery code of the present key was given out, as far back as the record goes.
    fn code_is_out(&self) -> Result<bool, Error> {
        let events = self.events(0)?;
        let last = events.iter().rev().find(|event| matches!(event.kind.as_str(), "key_exported" | "key_replaced"));
        Ok(last.is_some_and(|event| event.kind == "key_exported"))
    }

    /// Both locks: nobody chooses a key, and nobody writes with one.
    pub(super) fn hold_key(&self, deadline: Instant) -> Result<(Held, Held), Error> {
        let busy = || Error::Leased { label: "a credential, or replacing the master key".into() };
        let choice = LockFile::new(&self.home.locks, "key")?.take_by(deadline)?.ok_or_else(busy)?;
        let seal = self.seal_lock()?.take_by(deadline)?.ok_or_else(busy)?;
        Ok((choice, seal))
    }

    /// Where the new key goes: the place where the old one lives. A key that was given for this run only does not say
    /// where to put another.
    fn rotatable_source(&self, access: &KeyAccess) -> Result<Source, Error> {
        let recorded = self.description.source();
        let Some(given) = &access.given else { return Ok(recorded) };
        let given = given.source();
        let is_there = match (&given, &recorded) {
            (Source::File(given), Source::File(recorded)) => is_one_file(given, recorded),
            (given, recorded) => given == recorded,
        };
        if is_there { Ok(recorded) } else { Err(Error::OtherSource { recorded, given }) }
    }

    /// Seals everything under another key, in one transaction. One value that does not open stops it.
    fn seal_anew(&self, old: &Seal, new: &Seal, wrapped: Option<Vec<u8>>, now: Timestamp) -> Result<usize, Error> {
        // An answer that has landed is sealed with the old key, and would open nowhere.
        for row in self.all()?.iter().filter(|row| row.has_attempt()) {
            Lease::over(self, old, None, &row.credential.id)?;
        }
        self.store.write(|transaction| {
            let rows = rows::select(transaction, Which::All).map_err(self.store.failed())?;
            for row in &rows {
                let field = |name, blob: &Option<Vec<u8>>| open(row, old, name, blob.as_deref());
                let secrets = Secrets {
                    access: field("access_token", &row.access_token)?,
                    refresh: field("refresh_token", &row.refresh_token)?,
                    client: field("client_secret", &row.client_secret)?,
                    proof: field("proof_key", &row.proof_key)?,
                };
                let mut next = sealed(row.credential.clone(), &secrets, new);
                next.attempt.clone_from(&row.attempt);
                next.held.clone_from(&row.held);
                rows::write(transaction, &next, Some(row.credential.generation)).map_err(self.store.failed())?;
            }
            self.seal_clients_anew(transaction, old, new)?;
            self.chain_anew(transaction, old, new)?;
            let failed = self.store.failed();
            let sql = "update store set key_id = ?1, wrapped_key = ?2";
            transaction.execute(sql, (new.key_id(), wrapped)).map_err(&failed)?;
            note_spare(transaction, old.key_id(), now).map_err(&failed)?;
            transaction.execute("delete from spare_keys where key_id = ?1", [new.key_id()]).map_err(&failed)?;
            Ok(rows.iter().filter(|row| row.has_tokens()).count())
        })
    }

    /// Keys that lie in the keyring and seal nothing here.
    pub(crate) fn spare_keys(&self) -> Result<Vec<String>, Error> {
        let failed = self.store.failed();
        let mut statement =
            self.store.connection()?.prepare("select key_id from spare_keys order by noted_at").map_err(&failed)?;
        let found = statement.query_map([], |row| row.get(0)).map_err(&failed)?;
        found.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Removes from the keyring what an interrupted rotation left there, and from the kernel's what is kept of it.
    pub(crate) fn remove_spare_keys(&self, access: &KeyAccess) -> Result<usize, Error> {
        let spare = self.spare_keys()?;
        for key_id in &spare {
            self.remove_spare_key(key_id, access)?;
        }
        Ok(spare.len())
    }

    fn remove_spare_key(&self, key_id: &str, access: &KeyAccess) -> Result<(), Error> {
        let place = Place { store_id: &self.description.id, key_id };
        KeyCache::forget(&place);
        if self.description.source() == Source::Keyring {
            access.keyring.delete(&place).map_err(|error| Error::NoKey(error.into()))?;
        }
        self.store.write(|transaction| {
            let sql = "delete from spare_keys where key_id = ?1";
            transaction.execute(sql, [key_id]).map(|_| ()).map_err(self.store.failed())
        })
    }

    fn note_spare_key(&self, key_id: &str, now: Timestamp) -> Result<(), Error> {
        self.store.write(|transaction| note_spare(transaction, key_id, now).map_err(self.store.failed()))
    }
}

/// Whether both names lead to one file.
fn is_one_file(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn note_spare(transaction: &Transaction<'_>, key_id: &str, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "insert or replace into spare_keys (key_id, noted_at) values (?1, ?2)";
    transaction.execute(sql, (key_id, now.0)).map(|_| ())
}

/// The place of a store's key during a rotation.
struct KeyPlace<'a> {
    vault: &'a Vault,
    access: &'a KeyAccess,
    source: &'a Source,
}

impl KeyPlace<'_> {
    fn is_kept_by_caller(&self) -> bool {
        matches!(self.source, Source::Environment | Source::Command)
    }

    /// Puts the new key beside the old one, or gives it wrapped under the passphrase of the old one.
    fn put(&self, key: &MasterKey, now: Timestamp) -> Result<Option<Vec<u8>>, Error> {
        match self.source {
            Source::Keyring => {
                self.vault.note_spare_key(key.id(), now)?;
                let written = self.access.keyring.write(&self.at(key.id()), &key.encode());
                written.map(|()| None).map_err(|error| Error::NoKey(error.into()))
            }
            Source::File(path) => {
                // An interrupted rotation may have left the key that counts beside the file.
                if let Some(next) = next_key(path, self.vault.description.key_id.as_deref().unwrap_or_default()) {
                    files::replace(path, &format!("{}\n", next.encode().expose()))?;
                }
                files::replace(&beside(path), &format!("{}\n", key.encode().expose()))?;
                Ok(None)
            }
            Source::Passphrase => {
                let passphrase = Vault::passphrase(self.access)?;
                self.vault.open_wrapped(&self.vault.description, &passphrase)?;
                Ok(Some(passphrase::wrap(key, &passphrase)))
            }
            Source::Environment | Source::Command => Ok(None),
        }
    }

    /// Removes the new key again. It seals nothing, and was noted: what stays is removed by the next rotation.
    fn take_back(&self, key: &MasterKey) {
        let _ = match self.source {
            Source::Keyring => self.vault.remove_spare_key(key.id(), self.access),
            Source::File(path) => fs::remove_file(beside(path)).map_err(|e| files::Error::io("delete", path)(e).into()),
            Source::Environment | Source::Command | Source::Passphrase => Ok(()),
        };
    }

    /// The new key takes the old one's place.
    fn settle(&self, former: &str) -> Result<(), Error> {
        if let Source::File(path) = self.source {
            files::rename(&beside(path), path).map_err(files::Error::io("replace", path))?;
        }
        self.vault.remove_spare_key(former, self.access)
    }

    fn at<'b>(&'b self, key_id: &'b str) -> Place<'b> {
        Place { store_id: &self.vault.description.id, key_id }
    }
}

//! Where the master key comes from: the environment of this run, or the place that was recorded when the store got its
//! first key. The place never changes by itself, and nothing here ever slides to another one.

mod command;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::Builder;
use std::time::{Duration, Instant};

use super::keyring::Place;
use super::lock::LockFile;
use super::store::Description;
use super::{Error, KeyCache, KeyError, Keyring, MasterKey, PATIENCE, Seal, Vault, audit, passphrase};
use crate::files;
use crate::model::Secret;

/// How long a key command may take, with a person perhaps typing a passphrase into it, and whoever writes into a pipe.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// More than this is no key.
const LONGEST: u64 = 4096;

/// A key source given for this run; it overrides the recorded one.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// `OAUTH_MASTER_KEY`.
    Value(Secret),
    /// `OAUTH_MASTER_KEY_FILE`.
    File(PathBuf),
    /// `OAUTH_MASTER_KEY_COMMAND`: a line for the shell that prints the key.
    Command(OsString),
}

/// Everything through which a master key can be had.
#[derive(Clone, Debug)]
pub(crate) struct KeyAccess {
    pub(crate) given: Option<Given>,
    pub(crate) keyring: Keyring,
    /// Where a key that the keyring or a passphrase gave is kept for a while.
    pub(crate) cache: KeyCache,
    /// Asks the person for a passphrase, which is not shown; `None` when nobody can be asked.
    pub(crate) ask: fn(&str) -> Option<Secret>,
}

/// Where the key of a store lives, as it was chosen when the first account was connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Keyring,
    Environment,
    File(PathBuf),
    Command,
    /// The store itself, under a passphrase.
    Passphrase,
}

/// What can be said of a store's key without opening anything with it.
#[derive(Debug)]
pub(crate) struct KeyStatus {
    pub(crate) key_id: Option<String>,
    pub(crate) source: Option<Source>,
    pub(crate) sealed_rows: i64,
}

impl Source {
    pub(super) fn encode(&self) -> String {
        match self {
            Self::Keyring => "keyring".into(),
            Self::Environment => "environment".into(),
            Self::File(path) => format!("file:{}", path.display()),
            Self::Command => "command".into(),
            Self::Passphrase => "passphrase".into(),
        }
    }

    /// The place as a person knows it.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Keyring => "the operating system's keyring".into(),
            Self::Environment => "OAUTH_MASTER_KEY".into(),
            Self::File(path) => format!("the file {}", path.display()),
            Self::Command => "OAUTH_MASTER_KEY_COMMAND".into(),
            Self::Passphrase => "the store, under a passphrase".into(),
        }
    }

    fn decode(text: &str) -> Option<Self> {
        match text {
            "keyring" => Some(Self::Keyring),
            "environment" => Some(Self::Environment),
            "command" => Some(Self::Command),
            "passphrase" => Some(Self::Passphrase),
            other => other.strip_prefix("file:").map(|path| Self::File(path.into())),
        }
    }
}

impl Description {
    /// The place that was chosen for the key.
    pub(super) fn source(&self) -> Source {
        self.key_source.as_deref().and_then(Source::decode).unwrap_or(Source::Keyring)
    }
}

impl KeyAccess {
    /// Where the first key of a store would come from, after a look at whether it could be had there. Nothing is made.
    pub(crate) fn probe(&self) -> Result<Source, Error> {
        let Some(given) = &self.given else {
            let nowhere = Place { store_id: "none", key_id: "none" };
            let probed = self.keyring.read(&nowhere).map(|_| Source::Keyring);
            return probed.map_err(|error| Error::NoKey(KeyError::NoPlace(error)));
        };
        given.read_from_environment().map(|_| given.source())
    }
}

impl Vault {
    /// The seal itself, or a new one where the master key was replaced since it was made.
    pub(crate) fn unlock_again(&self, seal: &Seal, access: &KeyAccess) -> Result<Seal, Error> {
        let current = self.store.describe()?;
        if current.key_id.as_deref() == Some(seal.key_id()) {
            return Ok(seal.clone());
        }
        self.unlock_as(current, access)
    }

    /// The same for what is about to be written, and what keeps the key from being replaced until it is. A rotation that
    /// is under way is waited for.
    pub(crate) fn unlock_to_write(&self, seal: &Seal, access: &KeyAccess) -> Result<(Seal, impl Sized + use<>), Error> {
        let held = self.hold_seal(Instant::now() + PATIENCE)?;
        Ok((self.unlock_again(seal, access)?, held))
    }

    /// The seal over this store's rows.
    pub(crate) fn unlock(&self, access: &KeyAccess) -> Result<Seal, Error> {
        self.unlock_as(self.description.clone(), access)
    }

    fn unlock_as(&self, mut description: Description, access: &KeyAccess) -> Result<Seal, Error> {
        loop {
            let sealed = self.master_key(&description, access).and_then(|key| self.seal_with(&key, &description));
            let Err(failure) = sealed else { return sealed };
            // The key may have been replaced or moved since.
            let current = self.store.describe()?;
            if current == description {
                return Err(failure);
            }
            description = current;
        }
    }

    /// The same for a store that may have no key yet: then the key is chosen, once and for good. Tells the place when
    /// it was chosen just now.
    pub(crate) fn unlock_or_choose(
        &mut self,
        access: &KeyAccess,
        deadline: Instant,
    ) -> Result<(Seal, Option<Source>), Error> {
        if self.description.key_id.is_some() {
            return Ok((self.unlock(access)?, None));
        }
        let choice = LockFile::new(&self.home.locks, "key")?;
        let _held = choice.take_by(deadline)?.ok_or_else(|| Error::Leased { label: "the new master key".into() })?;
        self.description = self.store.describe()?;
        if self.description.key_id.is_some() {
            return Ok((self.unlock(access)?, None));
        }
        let (key, source) = self.choose(access)?;
        let chosen = Description { key_id: Some(key.id().to_owned()), ..self.description.clone() };
        let seal = self.seal_with(&key, &chosen)?;
        let recorded = self.store.write(|transaction| {
            let sql = "update store set key_id = ?1, key_source = ?2";
            let recorded = transaction.execute(sql, (key.id(), source.encode()));
            recorded.and_then(|_| audit::begin(transaction, &seal)).map_err(self.store.failed())
        });
        if let (Err(_), Source::Keyring) = (&recorded, &source) {
            let place = Place { store_id: &self.description.id, key_id: key.id() };
            // A key that no store knows is of no use; the failure that counts is the store's.
            let _ = access.keyring.delete(&place);
        }
        recorded?;
        self.description = self.store.describe()?;
        Ok((seal, Some(source)))
    }

    /// Drops the key that is kept for a while. Says whether one was.
    pub(crate) fn forget_key(&self) -> bool {
        let key_id = self.description.key_id.as_deref();
        key_id.is_some_and(|key_id| KeyCache::forget(&Place { store_id: &self.description.id, key_id }))
    }

    pub(crate) fn key_status(&self) -> Result<KeyStatus, Error> {
        let sql = "select count(*) from credentials where access_token is not null or refresh_token is not null";
        let sealed_rows = self.store.connection()?.query_row(sql, [], |row| row.get(0)).map_err(self.store.failed())?;
        let Description { key_id, key_source, .. } = self.description.clone();
        Ok(KeyStatus { key_id, source: key_source.as_deref().and_then(Source::decode), sealed_rows })
    }

    pub(super) fn seal_with(&self, key: &MasterKey, description: &Description) -> Result<Seal, Error> {
        if description.key_id.as_deref() != Some(key.id()) {
            let wanted = description.key_id.clone().unwrap_or_else(|| "not chosen".into());
            return Err(Error::WrongKey { given: key.id().to_owned(), wanted });
        }
        Ok(Seal::new(key, &self.description.id))
    }

    fn choose(&self, access: &KeyAccess) -> Result<(MasterKey, Source), Error> {
        if let Some(given) = &access.given {
            return Ok((given.read_from_environment()?, given.source()));
        }
        let key = MasterKey::generate();
        let place = Place { store_id: &self.description.id, key_id: key.id() };
        access.keyring.write(&place, &key.encode()).map_err(|error| Error::NoKey(KeyError::NoPlace(error)))?;
        Ok((key, Source::Keyring))
    }

    pub(super) fn master_key(&self, description: &Description, access: &KeyAccess) -> Result<MasterKey, Error> {
        if let Some(given) = &access.given {
            return of_file(given, description).map_err(|error| given.named_by_variable(error));
        }
        let not_given = |variable| {
            let key_id = description.key_id.clone().unwrap_or_default();
            Err(Error::NoKey(KeyError::NotGiven { variable, key_id }))
        };
        match description.source() {
            Source::Keyring => self.keyring_key(description, access),
            Source::File(path) => {
                of_file(&Given::File(path.clone()), description).map_err(|error| self.moved_along(path, error))
            }
            Source::Environment => not_given("OAUTH_MASTER_KEY"),
            Source::Command => not_given("OAUTH_MASTER_KEY_COMMAND"),
            Source::Passphrase => self.wrapped_key(description, access),
        }
    }

    /// A key file that went along with a home that was moved is at another place than was recorded.
    fn moved_along(&self, recorded: PathBuf, error: Error) -> Error {
        let beside = self.home.database.parent().zip(recorded.file_name()).map(|(dir, name)| dir.join(name));
        match (&error, beside.filter(|path| path.exists())) {
            (Error::NoKey(KeyError::Files(files::Error::Io { source, .. })), Some(found))
                if source.kind() == io::ErrorKind::NotFound =>
            {
                Error::NoKey(KeyError::Elsewhere { recorded, found })
            }
            _ => error,
        }
    }

    fn wrapped_key(&self, description: &Description, access: &KeyAccess) -> Result<MasterKey, Error> {
        let key_id = description.key_id.as_deref().ok_or(Error::NoKey(KeyError::Lost))?;
        let place = Place { store_id: &description.id, key_id };
        if let Some(kept) = kept(&place, access) {
            return Ok(kept);
        }
        let key = self.open_wrapped(description, &Self::passphrase(access)?)?;
        access.cache.put(&place, &key.encode());
        Ok(key)
    }

    pub(super) fn passphrase(access: &KeyAccess) -> Result<Secret, Error> {
        (access.ask)("Passphrase of the master key:").ok_or(Error::NoKey(KeyError::PassphraseWanted))
    }

    pub(super) fn open_wrapped(&self, description: &Description, passphrase: &Secret) -> Result<MasterKey, Error> {
        let wrapped = description.wrapped_key.as_deref().ok_or(Error::NoKey(KeyError::Lost))?;
        passphrase::unwrap(wrapped, passphrase).map_err(|_| Error::NoKey(KeyError::WrongPassphrase))
    }

    fn keyring_key(&self, description: &Description, access: &KeyAccess) -> Result<MasterKey, Error> {
        let key_id = description.key_id.as_deref().ok_or(Error::NoKey(KeyError::Lost))?;
        let place = Place { store_id: &description.id, key_id };
        if let Some(kept) = kept(&place, access) {
            return Ok(kept);
        }
        let found = access.keyring.read(&place).map_err(|error| Error::NoKey(error.into()))?;
        let text = found.ok_or(Error::NoKey(KeyError::Lost))?;
        let key = parse(&text, "the keyring item")?;
        access.cache.put(&place, &text);
        Ok(key)
    }
}

/// The key that is kept for a while.
fn kept(place: &Place<'_>, access: &KeyAccess) -> Option<MasterKey> {
    let text = access.cache.get(place)?;
    MasterKey::parse(&text).ok().filter(|key| key.id() == place.key_id)
}

/// The key that is given. Beside a key file there may be the next one, left by a rotation that was interrupted after
/// everything had been sealed with it.
fn of_file(given: &Given, description: &Description) -> Result<MasterKey, Error> {
    let key = given.read()?;
    let (Given::File(path), Some(wanted)) = (given, &description.key_id) else { return Ok(key) };
    if key.id() == wanted {
        return Ok(key);
    }
    // Another process may just have put the next one in place.
    next_key(path, wanted).map_or_else(|| given.read(), Ok)
}

/// Where the next key of a key file is put.
pub(super) fn beside(path: &Path) -> PathBuf {
    files::with_end(path, ".new")
}

/// The key beside a key file, if it is the one with this name.
pub(super) fn next_key(path: &Path, key_id: &str) -> Option<MasterKey> {
    let next = beside(path);
    let text = next.exists().then(|| read_file(&next))?.ok()?;
    MasterKey::parse(&text).ok().filter(|key| key.id() == key_id)
}

impl Given {
    /// The place it stands for.
    pub(crate) fn source(&self) -> Source {
        match self {
            Self::Value(_) => Source::Environment,
            Self::File(path) => Source::File(std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            Self::Command(_) => Source::Command,
        }
    }

    /// The variable that gives it.
    pub(super) fn variable(&self) -> &'static str {
        match self {
            Self::Value(_) => "OAUTH_MASTER_KEY",
            Self::File(_) => "OAUTH_MASTER_KEY_FILE",
            Self::Command(_) => "OAUTH_MASTER_KEY_COMMAND",
        }
    }

    fn read_from_environment(&self) -> Result<MasterKey, Error> {
        self.read().map_err(|error| self.named_by_variable(error))
    }

    /// A file that is not there is the variable's mistake.
    fn named_by_variable(&self, error: Error) -> Error {
        match (self, error) {
            (Self::File(path), Error::NoKey(KeyError::Files(files::Error::Io { source, .. }))) => {
                Error::NoKey(KeyError::NoFile { path: path.clone(), source })
            }
            (_, error) => error,
        }
    }

    pub(super) fn read(&self) -> Result<MasterKey, Error> {
        match self {
            Self::Value(text) => parse(text, "OAUTH_MASTER_KEY"),
            Self::File(path) => parse(&read_file(path)?, &path.display().to_string()),
            Self::Command(line) => {
                parse(&command::run(line, COMMAND_LIMIT).map_err(Error::NoKey)?, "the key command's answer")
            }
        }
    }
}

fn parse(text: &Secret, variable: &str) -> Result<MasterKey, Error> {
    let malformed = |source| Error::NoKey(KeyError::Malformed { variable: variable.to_owned(), source });
    MasterKey::parse(text).map_err(malformed)
}

pub(super) fn read_file(path: &Path) -> Result<Secret, Error> {
    // What is not there is told by opening it.
    let is_plain = std::fs::metadata(path).map_or(true, |found| found.is_file());
    if is_plain { read_now(path) } else { read_pipe(path, COMMAND_LIMIT) }
}

fn read_now(path: &Path) -> Result<Secret, Error> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    files::check_secret(&file, path)?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| unreadable(path, error))?;
    Ok(Secret::new(text))
}

/// A pipe, such as a shell's `<(command)`: nobody may ever write into it.
fn read_pipe(path: &Path, limit: Duration) -> Result<Secret, Error> {
    let (sender, read) = mpsc::channel();
    let own = path.to_owned();
    // Nobody waits for it any more, where it cannot be sent.
    Builder::new().spawn(move || sender.send(read_now(&own))).map_err(|error| unreadable(path, error))?;
    read.recv_timeout(limit).unwrap_or_else(|_| {
        let what = format!("nothing was written into it within {} s", limit.as_secs());
        Err(unreadable(path, io::Error::new(io::ErrorKind::TimedOut, what)))
    })
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::NoKey(KeyError::Files(files::Error::io("read the key file", path)(error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Caller, Timestamp};
    use crate::vault::{Entry, Home, Target};

    #[test]
    fn a_source_survives_its_written_form() {
        for source in [
            Source::Keyring,
            Source::Environment,
            Source::Command,
            Source::Passphrase,
            Source::File("/run/key:1".into()),
        ] {
            assert_eq!(Source::decode(&source.encode()), Some(source));
        }
        assert_eq!(Source::decode("cloud"), None);
    }

    const NOW: Timestamp = Timestamp(1_000_000);

    /// A store whose key is under a passphrase, and what opens it.
    fn under_a_passphrase(dir: &Path) -> (Home, KeyAccess) {
        let at = |name: &str| dir.join(name);
        let (database, locks, landing) = (at("db"), at("locks"), at("landing"));
        let home = Home { database, locks, landing, uses: at("uses"), marks: at("state/marks") };
        let given = Some(Given::Value(MasterKey::generate().encode()));
        let keyring = Keyring::new(None, Duration::ZERO);
        let ask = |_: &str| Some(Secret::new("passphrase"));
        let mut access = KeyAccess { given, keyring, cache: KeyCache::new(None), ask };
        let mut vault = Vault::open_or_create(&home, &Caller::default(), NOW, soon()).unwrap();
        vault.unlock_or_choose(&access, soon()).unwrap();
        vault.move_key(&access, Target::Passphrase(Secret::new("passphrase")), soon(), NOW).unwrap();
        access.given = None;
        (home, access)
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn a_key_that_was_replaced_or_moved_since_the_store_was_opened_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let (home, access) = under_a_passphrase(dir.path());
        let open = || Vault::open(&home, &Caller::default()).unwrap().unwrap();
        let (early, mut other) = (open(), open());
        let seal = early.unlock(&access).unwrap();
        let key_id = other.rotate_key(&access, soon(), NOW, |_| true).unwrap().key_id;
        let seal = early.unlock_again(&seal, &access).unwrap();
        assert_eq!(seal.key_id(), key_id, "the former key opens what was known of the store, and nothing else");

        let early = open();
        other.move_key(&access, Target::File(dir.path().join("key")), soon(), NOW).unwrap();
        let nobody = KeyAccess { ask: |_| None, ..access };
        assert_eq!(early.unlock(&nobody).unwrap().key_id(), key_id);
    }

    #[test]
    fn under_a_key_that_was_replaced_the_record_is_neither_written_nor_said_to_be_altered() {
        let dir = tempfile::tempdir().unwrap();
        let (home, access) = under_a_passphrase(dir.path());
        let open = || Vault::open(&home, &Caller::default()).unwrap().unwrap();
        let (early, mut other) = (open(), open());
        let old = early.unlock(&access).unwrap();
        other.rotate_key(&access, soon(), NOW, |_| true).unwrap();
        let entry = Entry { event: "exported", of: None, at: NOW, outcome: "ok", detail: None };
        assert!(matches!(early.record(&old, entry), Err(Error::KeyReplaced)));
        assert!(matches!(early.accept_audit(&old, NOW), Err(Error::KeyReplaced)));
        assert!(matches!(early.verify_audit(&old), Err(Error::KeyReplaced)));
        let new = early.unlock_again(&old, &access).unwrap();
        let before = early.verify_audit(&new).unwrap().events;
        early.record(&new, entry).unwrap();
        assert_eq!(early.verify_audit(&new).unwrap().events, before + 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_read_when_somebody_writes_into_it_and_not_waited_for_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name| {
            let path = dir.path().join(name);
            assert!(std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&path).status().unwrap().success());
            path
        };
        let silent = read_pipe(&made("silent"), Duration::ZERO).unwrap_err();
        assert!(matches!(&silent, Error::NoKey(KeyError::Files(_))), "{silent}");
        let (path, key) = (made("pipe"), MasterKey::generate());
        let own = path.clone();
        let text = key.encode().expose().to_owned();
        let writer = std::thread::spawn(move || std::fs::write(own, text));
        assert_eq!(Given::File(path).read().unwrap().id(), key.id());
        writer.join().unwrap().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_key_command_prints_the_key_or_is_named_as_the_cause() {
        let key = MasterKey::generate();
        let line = format!("printf '%s\\n' {}", key.encode().expose());
        assert_eq!(Given::Command(line.into()).read().unwrap().id(), key.id());
        for line in ["exit 3", "printf nonsense", "printf '\\377'", "/nonexistent"] {
            assert!(matches!(Given::Command(line.into()).read(), Err(Error::NoKey(_))), "{line}");
        }
    }
}

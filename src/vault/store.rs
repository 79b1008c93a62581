//! The SQLite file: how it is born, opened, migrated, and the few rows that describe it.
//!
//! It is in WAL mode with `synchronous=FULL`: a commit that was acknowledged survives a power loss, and readers never
//! wait for a writer. Every write is a short `IMMEDIATE` transaction; none spans a network call, a prompt or a keyring.
//!
//! Where nothing can be written, the file is read as it lies there.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::Error;
use super::glance::{Connected, Quiet};
use super::master_key::random_id;
use crate::files::{self, Guard};
use crate::model::Timestamp;

/// Numbered migrations. One is never changed once it was released; a new one is added.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_habits_and_copies.sql"),
    include_str!("migrations/0003_audit.sql"),
    include_str!("migrations/0004_clients.sql"),
    include_str!("migrations/0005_proof_keys.sql"),
    include_str!("migrations/0006_wrapped_key.sql"),
    include_str!("migrations/0007_held_back.sql"),
];
/// `PRAGMA application_id`: "oaut" in ASCII. Tells our files from any other SQLite file.
const APPLICATION_ID: i64 = 0x6f61_7574;
/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(10);

/// A store. It knows rows and sealed blobs, and no secret.
pub(super) struct Store {
    /// Not yet there where a glance was enough so far.
    connection: OnceCell<(Connection, Option<Connected>)>,
    path: PathBuf,
    /// Its schema is older than this program's, and has to be migrated before anything is done with it.
    pub(super) is_old: bool,
}

/// The row that describes the store itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) id: String,
    pub(super) key_id: Option<String>,
    pub(super) key_source: Option<String>,
    /// The key under a passphrase, where that is its place.
    pub(super) wrapped_key: Option<Vec<u8>>,
    /// Whether the file is the one that the store was made in, and no copy of it.
    pub(super) is_original: bool,
}

impl Store {
    /// Opens the store, or says that there is none. Checks its permissions first.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Error> {
        if fs::symlink_metadata(path).is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
            return Ok(None);
        }
        Self::check(path)?;
        let mut store = Self::connect(path)?;
        // Until it is known to be ours to write, not even its write-ahead log is moved into it.
        store.checkpoint_at_the_end(false)?;
        let found = match store.version() {
            // A log that holds nothing keeps nothing from us, and nobody else can write either.
            Err(Error::Database { .. }) if files::is_full(path) && !has_log(path) => {
                store = Self::over(open_as_it_lies(path).map_err(store.failed())?, None, path);
                store.version()?
            }
            found => found?,
        };
        if found > latest() {
            return Err(Error::NewerSchema { path: store.path, found, known: latest() });
        }
        if found < 1 {
            return Err(Error::NotAStore { path: store.path });
        }
        store.is_old = found < latest();
        store.checkpoint_at_the_end(true)?;
        Ok(Some(store))
    }

    /// Looks something up without opening the store, where it is of this program's schema and nobody is writing it. The
    /// store that comes with the answer opens when it is asked for more.
    pub(super) fn glance<T>(path: &Path, look: impl FnOnce(&Self) -> Option<T>) -> Option<(Self, T)> {
        Self::check(path).ok()?;
        let quiet = Quiet::begin(path)?;
        let store = Self::over(open_as_it_lies(path).ok()?, None, path);
        let is_known = store.version().is_ok_and(|version| version == latest());
        let found = if is_known { look(&store) } else { None };
        let found = found.filter(|_| quiet.lasts());
        found.map(|found| (Self { connection: OnceCell::new(), path: path.to_owned(), is_old: false }, found))
    }

    /// What is open to others is not read.
    fn check(path: &Path) -> Result<(), Error> {
        files::check_dir(path.parent().unwrap_or(Path::new("/")))?;
        Ok(files::check_file(path, Guard::Secret)?)
    }

    fn checkpoint_at_the_end(&self, yes: bool) -> Result<(), Error> {
        let set = self.connection()?.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !yes);
        set.map(|_| ()).map_err(self.failed())
    }

    /// Brings an older store to this program's schema, in one transaction; a copy of the old one stays beside it. The
    /// caller holds the lock on the store's birth. Tells which schema it had.
    pub(super) fn migrate(&self) -> Result<i64, Error> {
        let found = self.version()?;
        if found >= latest() {
            return Ok(found); // another process was faster
        }
        self.keep_copy(found)?;
        let place = self.identity()?;
        self.write(|transaction| {
            let migrated = Self::apply(transaction, found).and_then(|()| {
                transaction.execute("update store set place = ?1 where place is null", [place])?;
                transaction.pragma_update(None, "user_version", latest())
            });
            migrated.map_err(self.failed())
        })?;
        Ok(found)
    }

    /// Applies the migrations after number `found`.
    fn apply(connection: &Connection, found: i64) -> rusqlite::Result<()> {
        let done = usize::try_from(found).unwrap_or_default();
        MIGRATIONS.iter().skip(done).try_for_each(|migration| connection.execute_batch(migration))
    }

    fn keep_copy(&self, version: i64) -> Result<(), Error> {
        let kept = files::with_end(&self.path, &format!(".bak-v{version}"));
        let aside = files::with_end(&kept, ".new");
        let _ = fs::remove_file(&aside); // left by a process that died here
        let file = files::create_new(&aside)?;
        self.connection()?.execute("vacuum into ?1", [aside.to_string_lossy()]).map_err(self.failed())?;
        let kept = file.sync_all().and_then(|()| files::rename(&aside, &kept));
        Ok(kept.map_err(files::Error::io("keep a copy of the store in", &aside))?)
    }

    fn identity(&self) -> Result<String, Error> {
        Ok(files::identity_at(&self.path).map_err(files::Error::io("read", &self.path))?)
    }

    /// Makes a store where there is none. It is built aside and named when it is whole, so that no half-made one can
    /// ever be found. The caller holds the lock on the store's birth.
    pub(super) fn create(path: &Path, now: Timestamp) -> Result<Self, Error> {
        let dir = path.parent().unwrap_or(Path::new("/"));
        files::private_dir(dir)?;
        let aside = files::with_end(path, ".new");
        let _ = fs::remove_file(&aside); // left by a process that died while making one
        drop(files::create_new(&aside)?);
        let store = Self::connect(&aside)?;
        Self::build(store.connection()?, now, &store.identity()?).map_err(store.failed())?;
        // All of it into the file that is named: the log would be left behind, and closing tells of no failure.
        store.sweep()?;
        if let Some((connection, _)) = store.connection.into_inner() {
            connection.close().map_err(|(_, source)| Error::Database { path: aside.clone(), source })?;
        }
        Self::put_orphans_aside(path)?;
        files::rename(&aside, path).map_err(files::Error::io("create the store", path))?;
        Self::connect(path)
    }

    /// A log that is left of a store which is gone would be taken for the new one's, and its pages written into it. It is
    /// kept under another name, in case the store that it belongs to comes back.
    fn put_orphans_aside(path: &Path) -> Result<(), Error> {
        for kind in ["wal", "shm"] {
            let orphan = files::with_end(path, &format!("-{kind}"));
            match files::rename(&orphan, &files::with_end(path, &format!(".lost-{kind}"))) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(files::Error::io("put aside", &orphan)(error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn build(connection: &Connection, now: Timestamp, place: &str) -> rusqlite::Result<()> {
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.execute_batch("begin immediate")?;
        Self::apply(connection, 0)?;
        let sql = "insert into store (singleton, id, created_at, place) values (1, ?1, ?2, ?3)";
        connection.execute(sql, (random_id(), now.0, place))?;
        connection.pragma_update(None, "user_version", latest())?;
        connection.execute_batch("commit")
    }

    fn connect(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Database { path: path.to_owned(), source };
        let dir = path.parent().unwrap_or(Path::new("/"));
        // SQLITE_OPEN_NOFOLLOW refuses a link anywhere in the path; only the last part is ours to judge.
        let real = dir.canonicalize().ok().zip(path.file_name()).map(|(dir, name)| dir.join(name));
        let real = real.as_deref().unwrap_or(path);
        let counted = Connected::count();
        let connection = if files::can_be_written(dir) {
            open_to_write(real)
        } else if has_log(real) {
            // What was written last, such as a revocation, stands there.
            open_to_read(real)
        } else {
            open_as_it_lies(real)
        };
        let connection = connection.map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        Ok(Self::over(connection, Some(counted), path))
    }

    fn over(connection: Connection, counted: Option<Connected>, path: &Path) -> Self {
        connection.set_prepared_statement_cache_capacity(0);
        Self { connection: OnceCell::from((connection, counted)), path: path.to_owned(), is_old: false }
    }

    /// The schema number; an empty or foreign file is told apart from a store.
    fn version(&self) -> Result<i64, Error> {
        let connection = self.connection()?;
        let read = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let no_store = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Error::NotAStore { path: self.path.clone() },
            _ => self.failed()(error),
        };
        let (application, version) =
            (read("application_id").map_err(no_store)?, read("user_version").map_err(no_store)?);
        if application == APPLICATION_ID { Ok(version) } else { Err(Error::NotAStore { path: self.path.clone() }) }
    }

    pub(super) fn describe(&self) -> Result<Description, Error> {
        let own = self.identity()?;
        let read = |row: &rusqlite::Row<'_>| {
            let is_original = row.get::<_, Option<String>>(3)?.is_none_or(|place| place == own);
            Ok(Description {
                id: row.get(0)?,
                key_id: row.get(1)?,
                key_source: row.get(2)?,
                wrapped_key: row.get(4)?,
                is_original,
            })
        };
        let found = self
            .connection()?
            .query_row("select id, key_id, key_source, place, wrapped_key from store", [], read)
            .optional();
        found.map_err(self.failed())?.ok_or_else(|| Error::NotAStore { path: self.path.clone() })
    }

    /// From here on this file is the store, and no copy of another one.
    pub(super) fn settle_here(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        let place = self.identity()?;
        transaction.execute("update store set place = ?1", [place]).map(|_| ()).map_err(self.failed())
    }

    /// For reading. Opens the store, where a glance was enough so far.
    pub(super) fn connection(&self) -> Result<&Connection, Error> {
        if let Some((connection, _)) = self.connection.get() {
            return Ok(connection);
        }
        let gone = || Error::NotAStore { path: self.path.clone() };
        let opened = Self::open(&self.path)?.and_then(|store| store.connection.into_inner()).ok_or_else(gone)?;
        Ok(&self.connection.get_or_init(|| opened).0)
    }

    /// Runs `work` in one `IMMEDIATE` transaction: all of it is stored, or nothing.
    pub(super) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        // Values that were wiped shall not stay readable in free pages.
        let connection = self.connection()?;
        connection.pragma_update(None, "secure_delete", "on").map_err(self.failed())?;
        let transaction =
            Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(self.failed())?;
        let done = work(&transaction)?;
        transaction.commit().map_err(self.failed())?;
        Ok(done)
    }

    /// Makes sure that the store takes writing, by writing what is there.
    pub(super) fn try_writing(&self) -> Result<(), Error> {
        self.write(|transaction| transaction.execute("update store set id = id", []).map(drop).map_err(self.failed()))
    }

    /// Fails as [`Store::write`] would, and writes nothing. To begin is not enough: a transaction over what can only be read
    /// begins like any other.
    pub(super) fn require_writable(&self) -> Result<(), Error> {
        let begun = Transaction::new_unchecked(self.connection()?, TransactionBehavior::Immediate);
        let written = begun.and_then(|transaction| transaction.execute("update store set id = id", []));
        written.map(drop).map_err(self.failed())
    }

    /// Moves everything into the main file and empties the write-ahead log, where wiped values would stay readable.
    pub(super) fn sweep(&self) -> Result<(), Error> {
        self.sweep_within(BUSY)
    }

    /// SQLite waits for those who read, and not for another one who sweeps.
    fn sweep_within(&self, limit: Duration) -> Result<(), Error> {
        let end = Instant::now() + limit;
        let sql = "pragma wal_checkpoint(truncate)";
        while self.connection()?.query_row(sql, [], |row| row.get::<_, bool>(0)).map_err(self.failed())? {
            if Instant::now() >= end {
                return Err(Error::Unswept { path: self.path.clone() });
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Names the store in an error of SQLite.
    pub(super) fn failed(&self) -> impl Fn(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone();
        move |source| Error::Database { path: path.clone(), source }
    }
}

fn open_to_write(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    Connection::open_with_flags(path, flags)
}

fn has_log(path: &Path) -> bool {
    fs::metadata(files::with_end(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX).union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// With the log and its index, which have to be there.
fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, READ_ONLY)
}

/// Without a log there is nothing but the file. SQLite would want to make others beside it.
fn open_as_it_lies(path: &Path) -> rusqlite::Result<Connection> {
    let flags = READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let mut uri = url::Url::from_file_path(path).map_err(|()| rusqlite::Error::InvalidPath(path.to_owned()))?;
    uri.set_query(Some("immutable=1"));
    Connection::open_with_flags(uri.as_str(), flags)
}

fn latest() -> i64 {
    i64::try_from(MIGRATIONS.len()).expect("migrations are few")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(dir: &tempfile::TempDir) -> PathBuf {
        dir.path().join("credentials.db")
    }

    #[test]
    fn the_bundled_sqlite_has_the_fix_for_the_wal_reset_race() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }

    #[test]
    fn a_store_is_born_whole_and_durable() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Store::open(&at(&dir)).unwrap().is_none());
        let id = Store::create(&at(&dir), Timestamp(5)).unwrap().describe().unwrap().id;
        let store = Store::open(&at(&dir)).unwrap().unwrap();
        assert_eq!(store.describe().unwrap().id, id);
        let connection = store.connection().unwrap();
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(pragma("journal_mode"), "wal");
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2, "FULL");
    }

    #[test]
    fn what_stands_in_the_log_is_read_where_nothing_can_be_written_and_told_where_it_cannot_be_swept() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&at(&dir), Timestamp(5)).unwrap();
        let reader = open_to_read(&at(&dir)).unwrap();
        let created = |connection: &Connection| {
            connection.query_row("select created_at from store", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        let reading = reader.unchecked_transaction().unwrap();
        assert_eq!(created(&reading), 5);
        store.write(|write| Ok(write.execute("update store set created_at = 6", []).unwrap())).unwrap();
        assert!(has_log(&at(&dir)));
        assert_eq!(created(&open_as_it_lies(&at(&dir)).unwrap()), 5, "the file alone is behind");
        assert_eq!(created(&open_to_read(&at(&dir)).unwrap()), 6);
        store.connection().unwrap().busy_timeout(Duration::ZERO).unwrap();
        assert!(matches!(store.sweep_within(Duration::ZERO), Err(Error::Unswept { .. })));
        drop(reading);
        store.sweep().unwrap();
        assert!(!has_log(&at(&dir)));
        assert_eq!(created(&open_as_it_lies(&at(&dir)).unwrap()), 6);
    }

    #[test]
    fn one_that_sweeps_waits_for_another_that_does() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&at(&dir), Timestamp(5)).unwrap();
        let reader = open_to_read(&at(&dir)).unwrap();
        let reading = reader.unchecked_transaction().unwrap();
        reading.query_row("select id from store", [], |_| Ok(())).unwrap();
        store.write(|write| Ok(write.execute("update store set created_at = 6", []).unwrap())).unwrap();
        let (sender, swept) = std::sync::mpsc::channel();
        for _ in 0..2 {
            let (path, sender) = (at(&dir), sender.clone());
            std::thread::spawn(move || sender.send(Store::open(&path).unwrap().unwrap().sweep()));
        }
        // While somebody reads, neither is done, and neither gives up.
        assert!(swept.recv_timeout(Duration::from_millis(300)).is_err());
        drop(reading);
        for _ in 0..2 {
            swept.recv().unwrap().unwrap();
        }
    }

    #[test]
    fn a_newer_schema_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&at(&dir), Timestamp(5)).unwrap();
        store.connection().unwrap().pragma_update(None, "user_version", 99).unwrap();
        drop(store);
        let before = fs::read(at(&dir)).unwrap();
        assert!(matches!(Store::open(&at(&dir)), Err(Error::NewerSchema { found: 99, .. })));
        assert_eq!(fs::read(at(&dir)).unwrap(), before);
    }

    #[test]
    fn what_is_no_store_is_not_taken_for_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        for content in ["", "x", &"not a database ".repeat(200)] {
            let _ = fs::remove_file(at(&dir));
            std::io::Write::write_all(&mut files::create_new(&at(&dir)).unwrap(), content.as_bytes()).unwrap();
            assert!(matches!(Store::open(&at(&dir)), Err(Error::NotAStore { .. })), "{content:.20}");
            assert_eq!(fs::read_to_string(at(&dir)).unwrap(), content);
        }
    }

    #[test]
    fn a_transaction_that_fails_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create(&at(&dir), Timestamp(5)).unwrap();
        let failed: Result<(), Error> = store.write(|transaction| {
            transaction.execute("update store set key_id = 'half'", []).unwrap();
            Err(Error::NotTaken)
        });
        assert!(failed.is_err());
        assert_eq!(store.describe().unwrap().key_id, None);
    }
}

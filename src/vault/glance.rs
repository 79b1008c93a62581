//! Reading the store without joining those who write it: nothing is made beside it, and nothing is written.
//!
//! A connection to a file in WAL mode makes, maps and deletes two files beside it, which takes longer than the reading.
//! Where nobody has the store open there are no such files, and the main file is all there is. It stays as it is while we
//! look: whoever writes makes the log first, and to delete it again takes the main file's lock for himself alone, which our
//! shared one keeps from him (<https://sqlite.org/wal.html>, part 6; it is the same lock that the last connection needs to
//! clean up). So what was read counts if there was no log once the lock was taken, and there still is none at the end.
//! Otherwise nothing was read, and the store is opened as usual.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::files;

/// How many connections this process has. A glance waits for none: these locks belong to the process, and closing any file
/// of ours on the store would end those of a connection that is open.
static CONNECTIONS: Mutex<usize> = Mutex::new(0);

/// That there is a connection.
pub(super) struct Connected(&'static Mutex<usize>);

impl Connected {
    pub(super) fn count() -> Self {
        Self::among(&CONNECTIONS)
    }

    fn among(connections: &'static Mutex<usize>) -> Self {
        *locked(connections) += 1;
        Self(connections)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        *locked(self.0) -= 1;
    }
}

fn locked(connections: &'static Mutex<usize>) -> MutexGuard<'static, usize> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A store that nobody was writing when this began. The files that are opened on it meanwhile are closed before this ends,
/// and not before [`Quiet::lasts`] was asked: closing one ends the lock.
pub(super) struct Quiet<'a> {
    store: &'a Path,
    _lock: File,
    _none: MutexGuard<'static, usize>,
}

impl<'a> Quiet<'a> {
    /// None where somebody may be writing, or where it cannot be told.
    pub(super) fn begin(store: &'a Path) -> Option<Self> {
        Self::among(&CONNECTIONS, store)
    }

    fn among(connections: &'static Mutex<usize>, store: &'a Path) -> Option<Self> {
        let none = locked(connections);
        if *none > 0 {
            return None;
        }
        let file = files::private_options().read(true).open(store).ok()?;
        lock(&file).ok()?;
        let quiet = Self { store, _lock: file, _none: none };
        quiet.lasts().then_some(quiet)
    }

    /// Whether nobody has begun to write: no log lies beside the store, neither of this journal mode nor of the other.
    pub(super) fn lasts(&self) -> bool {
        let missing = |end| {
            let found = fs::symlink_metadata(files::with_end(self.store, end));
            found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        missing("-wal") && missing("-journal")
    }
}

/// The lock of SQLite's readers, and some more: shared, on the whole file.
#[cfg(unix)]
fn lock(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fcntl_lock(file, rustix::fs::FlockOperation::NonBlockingLockShared)?)
}

/// SQLite has other locks there.
#[cfg(not(unix))]
fn lock(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_glance_begins_where_this_process_has_no_connection_and_nobody_a_log() {
        static CONNECTIONS: Mutex<usize> = Mutex::new(0);
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("store");
        let begins = || Quiet::among(&CONNECTIONS, &store).is_some();
        assert!(!begins(), "there is no store");
        fs::write(&store, "").unwrap();
        assert!(begins());
        let connected = Connected::among(&CONNECTIONS);
        assert!(!begins());
        drop(connected);
        for end in ["-wal", "-journal"] {
            let quiet = Quiet::among(&CONNECTIONS, &store).unwrap();
            assert!(quiet.lasts());
            let log = files::with_end(&store, end);
            fs::write(&log, "").unwrap();
            assert!(!quiet.lasts(), "{end}");
            drop(quiet);
            assert!(!begins(), "{end}");
            fs::remove_file(&log).unwrap();
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn whoever_glances_holds_a_shared_lock_on_the_whole_file() {
        use std::os::unix::fs::MetadataExt;

        static CONNECTIONS: Mutex<usize> = Mutex::new(0);
        let store = tempfile::NamedTempFile::new().unwrap();
        let inode = store.path().metadata().unwrap().ino();
        let quiet = Quiet::among(&CONNECTIONS, store.path()).unwrap();
        let locks = fs::read_to_string("/proc/locks").unwrap();
        let ours = locks.lines().find(|line| line.ends_with(&format!(":{inode} 0 EOF"))).unwrap();
        assert!(ours.contains("POSIX") && ours.contains("READ"), "{ours}");
        drop(quiet);
    }
}

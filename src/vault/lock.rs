//! Locks between processes: one file each, locked with `flock`, so that the kernel frees it when its holder dies.
//!
//! A lock file is never deleted by us. When something else deletes one while it is held, the holder of the deleted
//! file and a newcomer would not see each other; therefore the file is compared with its name after every locking.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::files::{self, Guard};

/// The longest pause between two looks at a lock. Waiters look often at first, then at this pace.
const PACE: Duration = Duration::from_millis(40);

/// A file in the lock directory, and what was asked of it.
pub(super) struct LockFile {
    path: PathBuf,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Held(File);

impl Held {
    /// The same lock for a child: it is held until both have let go of it, or died.
    pub(super) fn share(&self) -> std::io::Result<File> {
        self.0.try_clone()
    }
}

impl LockFile {
    /// `name` is a row's id or a fixed word, never text from outside.
    pub(super) fn new(dir: &Path, name: &str) -> Result<Self, files::Error> {
        files::private_dir(dir)?;
        Ok(Self { path: dir.join(name) })
    }

    /// Takes the lock if nobody holds it.
    pub(super) fn take(&self) -> Result<Option<Held>, files::Error> {
        self.attempt(File::try_lock)
    }

    /// Takes the lock, waiting for its holder until `deadline`; `None` when time ran out.
    pub(super) fn take_by(&self, deadline: Instant) -> Result<Option<Held>, files::Error> {
        self.poll(deadline, || self.take())
    }

    /// Holds the lock together with others who share it, once nobody has it alone; `None` when time ran out.
    pub(super) fn share_by(&self, deadline: Instant) -> Result<Option<Held>, files::Error> {
        self.poll(deadline, || self.attempt(File::try_lock_shared))
    }

    /// Waits until nobody holds the lock, together with all others who wait. False when time ran out.
    pub(super) fn wait_by(&self, deadline: Instant) -> Result<bool, files::Error> {
        Ok(self.share_by(deadline)?.is_some())
    }

    fn poll(
        &self,
        deadline: Instant,
        mut look: impl FnMut() -> Result<Option<Held>, files::Error>,
    ) -> Result<Option<Held>, files::Error> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(held) = look()? {
                return Ok(Some(held));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            sleep(pause.min(left));
            pause = (pause * 2).min(PACE);
        }
    }

    fn attempt(&self, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Option<Held>, files::Error> {
        loop {
            let file = self.open()?;
            match lock(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => return Err(files::Error::io("lock", &self.path)(source)),
            }
            if files::same_file(&file, &self.path).unwrap_or(false) {
                return Ok(Some(Held(file)));
            }
        }
    }

    fn open(&self) -> Result<File, files::Error> {
        let file = files::private_options().read(true).write(true).create(true).truncate(false).open(&self.path);
        let file = file.map_err(files::Error::io("open the lock", &self.path))?;
        match files::check_file(&self.path, Guard::Trusted) {
            Err(files::Error::Io { .. }) => Ok(file), // deleted just now: the comparison after locking notices
            Err(insecure) => Err(insecure),
            Ok(()) => Ok(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(30)
    }

    #[test]
    fn a_lock_has_one_holder_and_ends_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let lock = LockFile::new(dir.path(), "row").unwrap();
        let held = lock.take().unwrap().unwrap();
        assert!(lock.take().unwrap().is_none());
        assert!(lock.take_by(soon()).unwrap().is_none());
        assert!(!lock.wait_by(soon()).unwrap());
        drop(held);
        assert!(lock.wait_by(soon()).unwrap());
        assert!(lock.take().unwrap().is_some());
    }

    #[test]
    fn one_who_waits_looks_ever_more_seldom() {
        let dir = tempfile::tempdir().unwrap();
        let mut looks = 0;
        let look = || {
            looks += 1;
            Ok(None)
        };
        assert!(LockFile::new(dir.path(), "row").unwrap().poll(soon(), look).unwrap().is_none());
        assert!(looks < 12, "{looks} looks in 30 ms");
    }

    #[test]
    fn a_lock_file_that_was_deleted_while_held_is_not_taken_for_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let lock = LockFile::new(dir.path(), "row").unwrap();
        let orphan = lock.take().unwrap().unwrap();
        std::fs::remove_file(dir.path().join("row")).unwrap();
        let held = lock.take().unwrap().unwrap();
        drop(orphan);
        assert!(lock.take().unwrap().is_none(), "the new file is the lock");
        drop(held);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_plain_file_of_ours_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let lock = LockFile::new(dir.path(), "row").unwrap();
        std::os::unix::fs::symlink("/dev/null", dir.path().join("row")).unwrap();
        assert!(lock.take().is_err());
        std::fs::remove_file(dir.path().join("row")).unwrap();
        std::fs::create_dir(dir.path().join("row")).unwrap();
        assert!(lock.take().is_err());
    }
}

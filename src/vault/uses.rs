//! The record of uses: one short line is appended for every token that is handed out.
//!
//! Handing out a fresh token must not cost a database transaction. The next process that writes to the store anyway
//! folds the lines into the rows and empties the file. Appending takes a shared lock and folding an exclusive one, so
//! that no line is written between the reading and the emptying.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use rusqlite::Transaction;

use crate::files;
use crate::model::{CredentialId, Timestamp};

/// A file with more than this is folded only in part of its value: the rest is dropped. 16 MiB, some 300,000 uses.
const READ_AT_MOST: u64 = 16 << 20;

/// How often a busy lock is tried, and how long between: a quarter of a second in all.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Uses<'a> {
    path: &'a Path,
}

#[derive(Debug)]
/// Folding failed at the file or at the database.
pub(super) enum FoldError {
    File(#[expect(dead_code, reason = "kept for Debug output")] files::Error),
    Database(rusqlite::Error),
}

impl<'a> Uses<'a> {
    pub(super) fn at(path: &'a Path) -> Self {
        Self { path }
    }

    pub(super) fn append(&self, id: &CredentialId, now: Timestamp) -> Result<(), files::Error> {
        let line = format!("{} {} {}\n", now.0, id.0, std::process::id());
        let mut file = match files::private_options().append(true).create(true).open(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                files::private_dir(self.path.parent().unwrap_or(Path::new("/")))?;
                files::private_options().append(true).create(true).open(self.path).map_err(self.failed("open"))?
            }
            opened => opened.map_err(self.failed("open"))?,
        };
        self.locked(&file, File::try_lock_shared)?;
        file.write_all(line.as_bytes()).map_err(self.failed("append to"))
    }

    /// The latest use of each credential that is not yet in the rows.
    pub(super) fn latest(&self) -> Result<BTreeMap<String, Timestamp>, files::Error> {
        match files::private_options().read(true).open(self.path) {
            Ok(file) => Ok(parse(&self.read(&file)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(self.failed("open")(error)),
        }
    }

    /// Moves what the file holds into the rows. Should the transaction fail afterwards, uses are lost and nothing else.
    pub(super) fn fold(&self, transaction: &Transaction<'_>) -> Result<(), FoldError> {
        let file = match files::private_options().read(true).write(true).open(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(self.failed("open")).map_err(FoldError::File)?,
        };
        self.locked(&file, File::try_lock).map_err(FoldError::File)?;
        for (id, at) in parse(&self.read(&file).map_err(FoldError::File)?) {
            let sql = "update credentials set last_used_at = max(coalesce(last_used_at, 0), ?1) where id = ?2";
            transaction.execute(sql, (at.0, id)).map_err(FoldError::Database)?;
        }
        file.set_len(0).map_err(self.failed("empty")).map_err(FoldError::File)
    }

    /// Nobody holds this lock for longer than a short read and write. Who does is not waited for: a record of uses is
    /// not worth a token.
    fn locked(&self, file: &File, lock: fn(&File) -> Result<(), TryLockError>) -> Result<(), files::Error> {
        for _ in 0..TRIES {
            match lock(file) {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => sleep(PAUSE),
                Err(TryLockError::Error(source)) => return Err(self.failed("lock")(source)),
            }
        }
        Err(self.failed("lock")(io::ErrorKind::WouldBlock.into()))
    }

    fn read(&self, file: &File) -> Result<String, files::Error> {
        let mut text = Vec::new();
        file.take(READ_AT_MOST).read_to_end(&mut text).map_err(self.failed("read"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> files::Error {
        files::Error::io(what, self.path)
    }
}

/// A line that was cut off by a crash is passed over.
fn parse(text: &str) -> BTreeMap<String, Timestamp> {
    let mut latest = BTreeMap::new();
    for line in text.lines() {
        let mut parts = line.split(' ');
        let (Some(at), Some(id)) = (parts.next().and_then(|at| at.parse().ok()).map(Timestamp), parts.next()) else {
            continue;
        };
        let known = latest.entry(id.to_owned()).or_insert(at);
        *known = at.max(*known);
    }
    latest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_use_counts_and_broken_lines_do_not() {
        let uses = parse("5 a 1\n9 b 1\n7 a 2\nx a 1\n\n99");
        assert_eq!(uses.get("a"), Some(&Timestamp(7)));
        assert_eq!(uses.get("b"), Some(&Timestamp(9)));
        assert_eq!(uses.len(), 2);
    }

    #[test]
    fn whoever_holds_the_file_for_ever_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("uses");
        let uses = Uses::at(&path);
        uses.append(&CredentialId("a".into()), Timestamp(3)).unwrap();
        let held = File::open(&path).unwrap();
        held.lock().unwrap();
        assert!(uses.append(&CredentialId("a".into()), Timestamp(4)).is_err());
    }

    #[test]
    fn appended_uses_are_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/uses");
        let uses = Uses::at(&path);
        assert!(uses.latest().unwrap().is_empty());
        uses.append(&CredentialId("a".into()), Timestamp(3)).unwrap();
        uses.append(&CredentialId("a".into()), Timestamp(4)).unwrap();
        assert_eq!(uses.latest().unwrap().get("a"), Some(&Timestamp(4)));
    }
}

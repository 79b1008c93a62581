//! The record of uses: one short line is appended for every token that is handed out.
//!
//! Handing out a fresh token must not cost a database transaction. The next process that writes to the store anyway
//! folds the lines into the rows and empties the file; where nothing else is ever written, one that has made the file long
//! does. Appending takes a shared lock and folding an exclusive one, so that no line is written between the reading and the
//! emptying.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::model::{Caller, Timestamp};

/// Each time the file has grown by so much, in bytes, it is time to fold it: some 2,000 uses.
const LONG: u64 = 256 << 10;
/// More than this is not read, in bytes: the newest count. A file can grow so long only where it could not be folded again
/// and again; what it holds beyond this is dropped when it is emptied.
const READ_AT_MOST: u64 = 4 << 20;

/// Whoever folds holds the lock for as long as a commit takes, and in a herd one does after the other. It is not waited for
/// without end: a record of uses is not worth a token.
const PATIENCE: Duration = Duration::from_secs(1);

/// The file of uses.
pub(super) struct Uses<'a> {
    path: &'a Path,
}

/// A token that was handed out, or could not be because nothing was connected. One line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Use {
    /// Seconds of the Unix epoch.
    pub(super) at: i64,
    /// The credential's id; empty when there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) credential: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<Missing>,
    pub(super) caller: Caller,
}

/// What was asked for and is not connected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Missing {
    pub(super) tenant: String,
    pub(super) provider: String,
    #[serde(default)]
    pub(super) account: String,
}

/// The uses until now, held back from others until they are cleared.
pub(super) struct Taken<'a> {
    pub(super) uses: Vec<Use>,
    file: File,
    from: &'a Uses<'a>,
}

impl Taken<'_> {
    /// Empties the file, once what it held is stored.
    pub(super) fn clear(self) -> Result<(), files::Error> {
        self.file.set_len(0).map_err(self.from.failed("empty"))
    }
}

impl<'a> Uses<'a> {
    pub(super) fn at(path: &'a Path) -> Self {
        Self { path }
    }

    /// Says whether the file has become long by it.
    pub(super) fn append(&self, one: &Use) -> Result<bool, files::Error> {
        let line = format!("{}\n", serde_json::to_string(one).expect("texts and numbers are JSON"));
        let mut file = match files::private_options().append(true).create(true).open(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                files::private_dir(self.path.parent().unwrap_or(Path::new("/")))?;
                files::private_options().append(true).create(true).open(self.path).map_err(self.failed("open"))?
            }
            opened => opened.map_err(self.failed("open"))?,
        };
        self.locked(&file, File::try_lock_shared)?;
        file.write_all(line.as_bytes()).map_err(self.failed("append to"))?;
        let length = file.metadata().map_err(self.failed("read"))?.len();
        Ok(length / LONG > length.saturating_sub(line.len() as u64) / LONG)
    }

    /// The latest use of each credential that is not yet in the rows.
    pub(super) fn latest(&self) -> Result<BTreeMap<String, Timestamp>, files::Error> {
        let mut latest = BTreeMap::new();
        for one in self.pending()? {
            let known = latest.entry(one.credential).or_insert(Timestamp(one.at));
            *known = Timestamp(one.at).max(*known);
        }
        Ok(latest)
    }

    /// What is not yet in the store.
    pub(super) fn pending(&self) -> Result<Vec<Use>, files::Error> {
        match files::private_options().read(true).open(self.path) {
            Ok(file) => Ok(parse(&self.read(&file)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            Err(error) => Err(self.failed("open")(error)),
        }
    }

    /// Reads what is there, and keeps others from adding until that is stored and cleared.
    pub(super) fn take(&'a self) -> Result<Option<Taken<'a>>, files::Error> {
        let file = match files::private_options().read(true).write(true).open(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(self.failed("open"))?,
        };
        self.locked(&file, File::try_lock)?;
        let uses = parse(&self.read(&file)?);
        Ok(Some(Taken { uses, file, from: self }))
    }

    fn locked(&self, file: &File, how: fn(&File) -> Result<(), TryLockError>) -> Result<(), files::Error> {
        files::lock_within(file, how, PATIENCE).map_err(self.failed("lock"))
    }

    fn read(&self, mut file: &File) -> Result<String, files::Error> {
        let length = file.metadata().map_err(self.failed("read"))?.len();
        // The line that is cut is none, and passed over.
        file.seek(SeekFrom::Start(length.saturating_sub(READ_AT_MOST))).map_err(self.failed("read"))?;
        let mut text = Vec::new();
        file.take(READ_AT_MOST).read_to_end(&mut text).map_err(self.failed("read"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> files::Error {
        files::Error::io(what, self.path)
    }
}

/// A line that was cut off by a crash is passed over.
fn parse(text: &str) -> Vec<Use> {
    let uses = text.lines().filter_map(|line| serde_json::from_str::<Use>(line).ok());
    // A use after the end of the calendar was not noted by us.
    uses.filter(|one| (0..=Timestamp::END.0).contains(&one.at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(id: &str, at: i64) -> Use {
        Use { at, credential: id.into(), missing: None, caller: Caller::default() }
    }

    #[test]
    fn a_use_at_no_time_counts_for_nothing() {
        let noted = [-1, 0, Timestamp::END.0, Timestamp::END.0 + 1, 1 << 62]
            .map(|at| serde_json::to_string(&used("a", at)).unwrap());
        assert_eq!(parse(&noted.join("\n")), [used("a", 0), used("a", Timestamp::END.0)]);
    }

    #[test]
    fn the_latest_use_counts_and_broken_lines_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/uses");
        let uses = Uses::at(&path);
        assert!(uses.latest().unwrap().is_empty());
        for (id, at) in [("a", 5), ("b", 9), ("a", 7)] {
            uses.append(&used(id, at)).unwrap();
        }
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"at\":99,\"credential\":\"a\",\"cal\n").unwrap();
        uses.append(&used("a", 6)).unwrap();
        let latest = uses.latest().unwrap();
        assert_eq!((latest.get("a"), latest.get("b")), (Some(&Timestamp(7)), Some(&Timestamp(9))));
        assert_eq!(uses.pending().unwrap().len(), 4);
    }

    #[test]
    fn of_a_file_that_is_too_long_the_newest_uses_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("uses");
        let uses = Uses::at(&path);
        let line = format!("{}\n", serde_json::to_string(&used("a", 1)).unwrap());
        let many = usize::try_from(READ_AT_MOST).unwrap() / line.len();
        std::fs::write(&path, line.repeat(many + 3)).unwrap();
        uses.append(&used("a", 9)).unwrap();
        assert_eq!(uses.latest().unwrap().get("a"), Some(&Timestamp(9)));
        assert!(uses.take().unwrap().unwrap().uses.contains(&used("a", 9)));
    }

    #[test]
    fn what_is_taken_is_held_back_until_it_is_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("uses");
        let uses = Uses::at(&path);
        assert!(uses.take().unwrap().is_none());
        uses.append(&used("a", 3)).unwrap();
        let taken = uses.take().unwrap().unwrap();
        assert_eq!(taken.uses, [used("a", 3)]);
        // Who cannot add is not kept waiting for ever.
        uses.append(&used("a", 4)).unwrap_err();
        taken.clear().unwrap();
        uses.append(&used("a", 5)).unwrap();
        assert_eq!(uses.pending().unwrap(), [used("a", 5)]);
    }
}

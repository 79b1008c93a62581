//! High-water marks: how far each credential has got, written down outside the database.
//!
//! A database that was restored from an older copy holds refresh tokens that were spent since, and many servers end the
//! whole login when one of those is sent again. The marks lie in a file of their own, so that a restored database does
//! not fit them. And they name the file they were written into ([`files::identity`]), so that marks which were copied
//! along are not believed: then the database's own word about which file it is decides.
//!
//! The file is appended to, one short record at a time, and the last record of a credential counts. Whoever writes one
//! holds the credential's lease.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::Home;
use super::lock::LockFile;
use crate::files;
use crate::model::CredentialId;

/// A longer file is written anew with the last record of each credential only, in bytes.
const LONG: u64 = 1 << 20;
/// More than this is not read.
const READ_AT_MOST: u64 = 64 << 20;

/// How far a credential has got. They follow each other in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The tokens of this generation are stored.
    Reached(i64),
    /// The refresh token of this generation was sent, or is about to be.
    Spent(i64),
}

/// The file of marks.
pub(super) struct Marks<'a> {
    path: &'a Path,
    locks: &'a Path,
}

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<String, i64>);

impl Mark {
    /// Marks as one row of numbers: a generation is reached, then spent, then the next one is reached.
    fn height(self) -> i64 {
        match self {
            Self::Reached(generation) => generation.saturating_mul(2),
            Self::Spent(generation) => generation.saturating_mul(2).saturating_add(1),
        }
    }
}

impl Known {
    /// Whether something is known of this credential that a row at `mark` has not lived through; `None` when nothing
    /// is known of it.
    pub(super) fn is_beyond(&self, id: &CredentialId, mark: Mark) -> Option<bool> {
        self.0.get(&id.0).map(|height| *height > mark.height())
    }
}

impl<'a> Marks<'a> {
    pub(super) fn of(home: &'a Home) -> Self {
        Self { path: &home.marks, locks: &home.locks }
    }

    /// What is written in the file, if it is the one it was written into.
    pub(super) fn known(&self) -> Result<Known, files::Error> {
        let Some(file) = self.open()? else { return Ok(Known::default()) };
        self.read(&file)
    }

    /// Writes a mark down, and waits until it is durable.
    pub(super) fn set(&self, id: &CredentialId, mark: Mark) -> Result<(), files::Error> {
        loop {
            let file = self.genuine()?;
            file.lock_shared().map_err(self.failed("lock"))?;
            // Written anew by another process in the meantime: what is appended here would be lost.
            if !files::same_file(&file, self.path).unwrap_or(false) {
                continue;
            }
            append(&file, &id.0, mark.height()).map_err(self.failed("append to"))?;
            let length = file.metadata().map_err(self.failed("read"))?.len();
            drop(file);
            return if length > LONG { self.shorten() } else { Ok(()) };
        }
    }

    /// The file, which is made first where there is none, or one that was copied from elsewhere.
    fn genuine(&self) -> Result<File, files::Error> {
        if let Some(file) = self.open_genuine()? {
            return Ok(file);
        }
        let _held = self.lock()?;
        loop {
            if let Some(made_meanwhile) = self.open_genuine()? {
                return Ok(made_meanwhile);
            }
            self.rewrite(&Known::default())?;
        }
    }

    fn open_genuine(&self) -> Result<Option<File>, files::Error> {
        let Some(file) = self.open()? else { return Ok(None) };
        let genuine = self.first_line(&file)? == identity(&file).map_err(self.failed("read"))?;
        Ok(genuine.then_some(file))
    }

    fn shorten(&self) -> Result<(), files::Error> {
        let _held = self.lock()?;
        let Some(file) = self.open()? else { return Ok(()) };
        if file.metadata().map_err(self.failed("read"))?.len() <= LONG {
            return Ok(()); // another process was faster
        }
        file.lock().map_err(self.failed("lock"))?; // until those who append have done so
        self.rewrite(&self.read(&file)?)
    }

    /// One process at a time makes the file anew. It holds this for as long as a few writes take.
    fn lock(&self) -> Result<impl Sized + use<>, files::Error> {
        let deadline = Instant::now() + Duration::from_secs(10);
        let held = LockFile::new(self.locks, "marks")?.take_by(deadline)?;
        held.ok_or_else(|| self.failed("lock")(io::ErrorKind::WouldBlock.into()))
    }

    /// Builds the file aside, and names it when it is whole.
    fn rewrite(&self, known: &Known) -> Result<(), files::Error> {
        files::private_dir(self.path.parent().unwrap_or(Path::new("/")))?;
        let aside = self.path.with_extension(format!("{}.new", std::process::id()));
        let _ = fs::remove_file(&aside); // left by an earlier process with our number
        let mut file = files::create_new(&aside)?;
        let mut text = format!("{}\n", identity(&file).map_err(self.failed("read"))?);
        text.extend(known.0.iter().map(|(id, height)| record(id, *height)));
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.and_then(|()| fs::rename(&aside, self.path)).map_err(|error| {
            let _ = fs::remove_file(&aside); // the failure that counts is the one above
            self.failed("write")(error)
        })
    }

    fn read(&self, mut file: &File) -> Result<Known, files::Error> {
        let mut text = Vec::new();
        io::Seek::rewind(&mut file).map_err(self.failed("read"))?;
        file.take(READ_AT_MOST).read_to_end(&mut text).map_err(self.failed("read"))?;
        let text = String::from_utf8_lossy(&text);
        let (first, records) = text.split_once('\n').unwrap_or_default();
        if first != identity(file).map_err(self.failed("read"))? {
            return Ok(Known::default());
        }
        Ok(Known(parse(records)))
    }

    fn first_line(&self, mut file: &File) -> Result<String, files::Error> {
        let mut start = [0; 128];
        let count = file.read(&mut start).map_err(self.failed("read"))?;
        let text = String::from_utf8_lossy(&start[..count]).into_owned();
        Ok(text.split('\n').next().unwrap_or_default().to_owned())
    }

    fn open(&self) -> Result<Option<File>, files::Error> {
        match files::private_options().read(true).append(true).open(self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            // On a file system that takes no writing there is still something to be read.
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                let file = files::private_options().read(true).open(self.path);
                file.map(Some).map_err(self.failed("open"))
            }
            opened => opened.map(Some).map_err(self.failed("open")),
        }
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> files::Error {
        files::Error::io(what, self.path)
    }
}

fn identity(file: &File) -> io::Result<String> {
    files::identity(file)
}

fn append(mut file: &File, id: &str, height: i64) -> io::Result<()> {
    file.write_all(record(id, height).as_bytes())?;
    file.sync_data()
}

/// It begins and ends with a sign of its own, so that one which was cut off spoils neither itself nor the next.
fn record(id: &str, height: i64) -> String {
    format!("\n{id} {height};")
}

fn parse(records: &str) -> BTreeMap<String, i64> {
    let whole = records.lines().filter_map(|line| line.strip_suffix(';')?.split_once(' '));
    whole.filter_map(|(id, height)| Some((id.to_owned(), height.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CredentialId {
        CredentialId(text.into())
    }

    fn home(dir: &Path) -> Home {
        let at = |name: &str| dir.join(name);
        let (database, locks, landing) = (at("db"), at("locks"), at("landing"));
        Home { database, locks, landing, uses: at("uses"), marks: at("state/marks") }
    }

    #[test]
    fn the_last_mark_counts_and_nothing_is_known_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        let marks = Marks::of(&home);
        assert_eq!(marks.known().unwrap().is_beyond(&id("a"), Mark::Reached(1)), None);
        for mark in [Mark::Reached(1), Mark::Spent(1), Mark::Reached(2), Mark::Spent(2), Mark::Reached(2)] {
            marks.set(&id("a"), mark).unwrap();
        }
        let known = marks.known().unwrap();
        assert_eq!(known.is_beyond(&id("a"), Mark::Spent(1)), Some(true));
        assert_eq!(known.is_beyond(&id("a"), Mark::Reached(2)), Some(false));
        assert_eq!(known.is_beyond(&id("b"), Mark::Reached(1)), None);
    }

    #[test]
    fn copied_marks_are_not_believed_and_are_replaced_by_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        let (here, there) = (home(&dir.path().join("here")), home(&dir.path().join("there")));
        Marks::of(&here).set(&id("a"), Mark::Reached(5)).unwrap();
        files::private_dir(there.marks.parent().unwrap()).unwrap();
        fs::copy(&here.marks, &there.marks).unwrap();
        assert_eq!(Marks::of(&there).known().unwrap().is_beyond(&id("a"), Mark::Reached(1)), None);
        Marks::of(&there).set(&id("b"), Mark::Reached(5)).unwrap();
        let known = Marks::of(&there).known().unwrap();
        assert_eq!(known.is_beyond(&id("a"), Mark::Reached(1)), None);
        assert_eq!(known.is_beyond(&id("b"), Mark::Reached(1)), Some(true));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        files::private_dir(&home.marks).unwrap();
        assert!(Marks::of(&home).known().is_err());
    }

    #[test]
    fn who_makes_the_file_waits_for_another_that_does() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        let held = Marks::of(&home).lock().unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| Marks::of(&home).set(&id("a"), Mark::Reached(1)));
            std::thread::sleep(Duration::from_millis(30)); // in which the other one tries, or does not
            drop(held);
            other.join().unwrap().unwrap();
        });
        assert_eq!(Marks::of(&home).known().unwrap().is_beyond(&id("a"), Mark::Reached(1)), Some(false));
    }

    #[test]
    fn a_record_that_was_cut_off_spoils_no_other() {
        assert_eq!(parse("\na 4;\nb 6\na 7\nc\na 8;\n\nb 2;"), BTreeMap::from([("a".into(), 8), ("b".into(), 2)]));
    }

    #[test]
    fn a_long_file_is_shortened_to_what_counts() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        let marks = Marks::of(&home);
        marks.set(&id("a"), Mark::Reached(1)).unwrap();
        let mut file = fs::OpenOptions::new().append(true).open(&home.marks).unwrap();
        let count = i64::try_from(LONG / 4).unwrap();
        file.write_all((0..count).map(|height| record("a", height)).collect::<String>().as_bytes()).unwrap();
        marks.set(&id("b"), Mark::Reached(3)).unwrap();
        assert!(fs::metadata(&home.marks).unwrap().len() < 200);
        let known = marks.known().unwrap();
        assert_eq!(known.is_beyond(&id("a"), Mark::Reached(1)), Some(true));
        assert_eq!(known.is_beyond(&id("b"), Mark::Reached(3)), Some(false));
    }
}

//! One file of marks.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Known;
use crate::files::{self, Guard};
use crate::model::CredentialId;
use crate::vault::lock::LockFile;

/// Each time a file has grown by so much, in bytes, it is written anew with the last record of each credential only.
const LONG: u64 = 1 << 20;
/// How long another process may take to write.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than this is not read.
const READ_AT_MOST: u64 = 64 << 20;

/// A file of marks, which names itself in its first line: a copy of it is not believed.
pub(super) struct Witness<'a> {
    pub(super) path: PathBuf,
    pub(super) locks: &'a Path,
}

/// A record that was written, and may not have reached the disk.
pub(super) struct Appended {
    file: File,
    is_long: bool,
}

impl Witness<'_> {
    /// What is written in the file, of all credentials or of one; `None` where there is none, or one that was written
    /// elsewhere.
    pub(super) fn known(&self, only: Option<&CredentialId>) -> Result<Option<Known>, files::Error> {
        // Where nothing can be written there is still something to be read.
        let Some(file) = self.open_with(files::private_options().read(true))? else { return Ok(None) };
        self.read(&file, only)
    }

    /// Keeps the file from being written anew, for as long as it is open. False where that has happened already: what is
    /// appended to it would be lost.
    pub(super) fn keep(&self, file: &File) -> Result<bool, files::Error> {
        files::lock_within(file, File::try_lock_shared, PATIENCE).map_err(self.failed("lock"))?;
        Ok(files::same_file(file, &self.path).unwrap_or(false))
    }

    /// Writes a record down in a file that is [kept](Self::keep).
    pub(super) fn append(&self, file: &File, id: &CredentialId, height: i64) -> Result<bool, files::Error> {
        let mut file = file;
        let before = file.metadata().map_err(self.failed("read"))?.len();
        file.write_all(record(&id.0, height).as_bytes()).map_err(self.failed("append to"))?;
        let length = file.metadata().map_err(self.failed("read"))?.len();
        Ok(length / LONG > before / LONG)
    }

    /// Gives a file that was kept free: whoever writes it anew from here on takes along what was appended.
    pub(super) fn release(&self, file: File, is_long: bool) -> Result<Appended, files::Error> {
        file.unlock().map_err(self.failed("unlock"))?;
        Ok(Appended { file, is_long })
    }

    /// The file, where there is one, as long as nobody else writes into it.
    pub(super) fn still(&self) -> Result<Option<File>, files::Error> {
        let Some(file) = self.open()? else { return Ok(None) };
        self.wait_for_writers(&file)?;
        Ok(Some(file))
    }

    /// Waits until what was appended is durable.
    pub(super) fn settle(&self, appended: &Appended) -> Result<(), files::Error> {
        appended.file.sync_data().map_err(self.failed("append to"))
    }

    /// Makes the file anew when it has become long.
    pub(super) fn tidy(&self, appended: &Appended) -> Result<(), files::Error> {
        if appended.is_long { self.shorten() } else { Ok(()) }
    }

    /// The file, which is made first where there is none, or one that was copied from elsewhere.
    pub(super) fn genuine(&self, others: impl Fn() -> Result<Known, files::Error>) -> Result<File, files::Error> {
        if let Some(file) = self.open_genuine()? {
            return Ok(file);
        }
        let others = others()?;
        let _held = self.lock()?;
        if let Some(made_meanwhile) = self.open_genuine()? {
            return Ok(made_meanwhile);
        }
        self.rewrite(&others)?;
        // Where a file's number does not last, no file can vouch that it is no copy.
        self.open_genuine()?.ok_or_else(|| self.failed("recognise")(io::ErrorKind::Unsupported.into()))
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
        self.wait_for_writers(&file)?;
        self.rewrite(&self.read(&file, None)?.unwrap_or_default())
    }

    fn wait_for_writers(&self, file: &File) -> Result<(), files::Error> {
        files::lock_within(file, File::try_lock, PATIENCE).map_err(self.failed("lock"))
    }

    /// One process at a time makes the file anew. It holds this for as long as a few writes take.
    pub(super) fn lock(&self) -> Result<impl Sized + use<>, files::Error> {
        let deadline = Instant::now() + PATIENCE;
        let held = LockFile::new(self.locks, "marks")?.take_by(deadline)?;
        held.ok_or_else(|| self.failed("lock")(io::ErrorKind::WouldBlock.into()))
    }

    /// Builds the file aside, and names it when it is whole.
    pub(super) fn rewrite(&self, known: &Known) -> Result<(), files::Error> {
        files::private_dir(self.path.parent().unwrap_or(Path::new("/")))?;
        let aside = files::aside(&self.path);
        let _ = fs::remove_file(&aside); // left by an earlier process with our number
        let mut file = files::create_new(&aside)?;
        let mut text = format!("{}\n", identity(&file).map_err(self.failed("read"))?);
        text.extend(known.0.iter().map(|(id, height)| record(id, *height)));
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.and_then(|()| files::rename(&aside, &self.path)).map_err(|error| {
            let _ = fs::remove_file(&aside); // the failure that counts is the one above
            self.failed("write")(error)
        })
    }

    fn read(&self, mut file: &File, only: Option<&CredentialId>) -> Result<Option<Known>, files::Error> {
        io::Seek::rewind(&mut file).map_err(self.failed("read"))?;
        let length = file.metadata().map_err(self.failed("read"))?.len().min(READ_AT_MOST);
        let mut text = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(READ_AT_MOST).read_to_end(&mut text).map_err(self.failed("read"))?;
        let mut lines = text.splitn(2, |byte| *byte == b'\n');
        let (first, records) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if first != identity(file).map_err(self.failed("read"))?.as_bytes() {
            return Ok(None);
        }
        Ok(Some(Known(only.map_or_else(|| every(records), |id| last_of(id, records).into_iter().collect()))))
    }

    fn first_line(&self, mut file: &File) -> Result<String, files::Error> {
        let mut start = [0; 128];
        let count = file.read(&mut start).map_err(self.failed("read"))?;
        let text = String::from_utf8_lossy(&start[..count]).into_owned();
        Ok(text.split('\n').next().unwrap_or_default().to_owned())
    }

    fn open(&self) -> Result<Option<File>, files::Error> {
        self.open_with(files::private_options().read(true).append(true))
    }

    fn open_with(&self, options: &OpenOptions) -> Result<Option<File>, files::Error> {
        let opened = options.open(&self.path);
        if opened.is_ok() {
            files::check_file(&self.path, Guard::Trusted).or_else(gone_meanwhile)?;
        }
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some).map_err(self.failed("open")),
        }
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> files::Error {
        files::Error::io(what, &self.path)
    }
}

/// Replaced by another process while it was looked at: that is seen when it is appended to.
fn gone_meanwhile(error: files::Error) -> Result<(), files::Error> {
    match error {
        files::Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Ok(()),
        error => Err(error),
    }
}

fn identity(file: &File) -> io::Result<String> {
    files::identity(file)
}

/// It begins and ends with a sign of its own, so that one which was cut off spoils neither itself nor the next.
fn record(id: &str, height: i64) -> String {
    format!("\n{id} {height};")
}

fn every(records: &[u8]) -> BTreeMap<String, i64> {
    records.split(|byte| *byte == b'\n').filter_map(parse).collect()
}

/// The record of one credential that counts, looked for from the end: there may be a thousand times more before it.
fn last_of(id: &CredentialId, records: &[u8]) -> Option<(String, i64)> {
    let lines = records.rsplit(|byte| *byte == b'\n');
    lines.filter(|line| line.starts_with(id.0.as_bytes())).filter_map(parse).find(|(found, _)| *found == id.0)
}

fn parse(line: &[u8]) -> Option<(String, i64)> {
    let (id, height) = std::str::from_utf8(line).ok()?.strip_suffix(';')?.split_once(' ')?;
    Some((id.to_owned(), height.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CredentialId {
        CredentialId(text.into())
    }

    fn append(witness: &Witness<'_>, id: &CredentialId, height: i64) -> Result<Appended, files::Error> {
        let file = witness.genuine(|| Ok(Known::default()))?;
        assert!(witness.keep(&file)?);
        let is_long = witness.append(&file, id, height)?;
        witness.release(file, is_long)
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        let witness = Witness { path: dir.path().join("marks"), locks: dir.path() };
        files::private_dir(&witness.path).unwrap();
        assert!(witness.known(None).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_that_may_only_be_read_is_read_and_takes_no_mark() {
        // A program that runs is not opened for writing.
        let path = std::env::current_exe().unwrap();
        let witness = Witness { path: path.clone(), locks: &path };
        assert_eq!(witness.known(None).unwrap(), None);
        assert!(append(&witness, &id("a"), 2).is_err());
    }

    #[test]
    fn only_a_file_that_was_replaced_meanwhile_is_let_pass() {
        let error = |kind: io::ErrorKind| files::Error::io("open", Path::new("marks"))(kind.into());
        assert!(gone_meanwhile(error(io::ErrorKind::NotFound)).is_ok());
        assert!(gone_meanwhile(error(io::ErrorKind::PermissionDenied)).is_err());
    }

    #[test]
    fn who_makes_the_file_waits_for_another_that_does() {
        let dir = tempfile::tempdir().unwrap();
        let locks = dir.path().join("locks");
        let witness = Witness { path: dir.path().join("marks"), locks: &locks };
        let held = witness.lock().unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| append(&witness, &id("a"), 2));
            std::thread::sleep(Duration::from_millis(30)); // in which the other one tries, or does not
            assert!(!witness.path.exists());
            drop(held);
            other.join().unwrap().unwrap();
        });
        assert_eq!(witness.known(None).unwrap().unwrap().0, BTreeMap::from([("a".into(), 2)]));
    }

    #[test]
    fn who_makes_the_file_anew_waits_for_those_who_append() {
        let dir = tempfile::tempdir().unwrap();
        let locks = dir.path().join("locks");
        let witness = Witness { path: dir.path().join("marks"), locks: &locks };
        let id = id("a");
        append(&witness, &id, 2).unwrap();
        let file = witness.open().unwrap().unwrap();
        file.lock_shared().unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let _still = witness.still().unwrap();
                witness.rewrite(&witness.known(None).unwrap().unwrap())
            });
            std::thread::sleep(Duration::from_millis(30)); // in which the other one waits, or does not
            (&file).write_all(record(&id.0, 8).as_bytes()).unwrap();
            drop(file);
            other.join().unwrap().unwrap();
        });
        assert_eq!(witness.known(None).unwrap().unwrap().0, BTreeMap::from([("a".into(), 8)]));
    }

    #[test]
    fn it_is_written_where_it_is_found_should_this_process_die() {
        let dir = tempfile::tempdir().unwrap();
        let locks = dir.path().join("locks");
        let witness = Witness { path: dir.path().join("marks"), locks: &locks };
        fs::create_dir(files::aside(&witness.path)).unwrap();
        assert!(witness.rewrite(&Known::default()).is_err(), "its place is taken");
    }

    #[test]
    fn a_record_that_was_cut_off_spoils_no_other() {
        let records = b"\na 4;\nb 6\na 7\nc\na 8;\n\nb 2;\n\0\0\xff\nab 3;";
        let whole = [("a", 8), ("ab", 3), ("b", 2)].map(|(name, height)| (name.to_owned(), height));
        assert_eq!(every(records), BTreeMap::from(whole.clone()));
        assert_eq!(whole.clone().map(|(name, _)| last_of(&id(&name), records)), whole.map(Some));
        assert_eq!(["c", "7", ""].map(|name| last_of(&id(name), records)), [None, None, None]);
        assert_eq!(last_of(&id("a"), b"\na 4;\na 6"), Some(("a".into(), 4)), "the last whole one");
    }

    #[test]
    fn a_file_is_shortened_to_what_counts_each_time_it_has_grown_by_so_much() {
        let dir = tempfile::tempdir().unwrap();
        let locks = dir.path().join("locks");
        let witness = Witness { path: dir.path().join("marks"), locks: &locks };
        let append = |name: &str, height| witness.tidy(&append(&witness, &id(name), height).unwrap()).unwrap();
        let length = || fs::metadata(&witness.path).unwrap().len();
        append("a", 2);
        let grow = |to: u64| {
            let mut file = fs::OpenOptions::new().append(true).open(&witness.path).unwrap();
            let line = record("a", 3);
            let room = usize::try_from(to - length()).unwrap() - 1;
            file.write_all(line.repeat(room / line.len()).as_bytes()).unwrap();
        };
        grow(LONG);
        assert!(length() < LONG);
        append("b", 6);
        assert!(length() < 200);
        // What is longer by nature is not written anew with every record.
        grow(LONG + LONG / 2);
        append("b", 8);
        assert!(length() > LONG);
        let known = witness.known(None).unwrap().unwrap();
        assert_eq!(known.0, BTreeMap::from([("a".into(), 3), ("b".into(), 8)]));
    }
}

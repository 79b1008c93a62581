//! High-water marks: how far each credential has got, written down outside the database.
//!
//! A database that was restored from an older copy holds refresh tokens that were spent since, and many servers end the
//! whole login when one of those is sent again. The marks lie in files of their own, so that a restored database does
//! not fit them. And they name the file they were written into ([`files::identity`]), so that marks which were copied
//! along are not believed: then the database's own word about which file it is decides.
//!
//! There are two such files with the same marks, among what the program notes and beside the database: whoever cleans
//! up one place leaves the other. What one of them knows counts; one that is gone or spoilt is made anew from the other.
//! Every credential is marked at its birth, so that one without any mark shows that both were lost.
//!
//! A file is appended to, one short record at a time, and the last record of a credential counts. Whoever writes one
//! holds the credential's lease.

mod witness;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::Home;
use crate::files;
use crate::model::CredentialId;
use witness::{Appended, Witness};

/// How far a credential has got. They follow each other in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The tokens of this generation are stored.
    Reached(i64),
    /// The refresh token of this generation was sent, or is about to be.
    Spent(i64),
}

/// The files of marks.
pub(super) struct Marks<'a>([Witness<'a>; 2]);

/// What is written down: a height for each credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(BTreeMap<String, i64>);

impl Mark {
    /// Marks as one row of numbers: a generation is reached, then spent, then the next one is reached.
    fn height(self) -> i64 {
        match self {
            Self::Reached(generation) => generation.saturating_mul(2),
            Self::Spent(generation) => generation.saturating_mul(2).saturating_add(1),
        }
    }

    pub(super) fn is_beyond(self, other: Self) -> bool {
        self.height() > other.height()
    }
}

impl Known {
    /// Whether something is known of this credential that a row at `mark` has not lived through; `None` when nothing
    /// is known of it.
    pub(super) fn is_beyond(&self, id: &CredentialId, mark: Mark) -> Option<bool> {
        self.0.get(&id.0).map(|height| *height > mark.height())
    }

    /// Whether tokens of a later generation than this one are known to have been stored.
    pub(super) fn is_replaced(&self, id: &CredentialId, generation: i64) -> bool {
        let next = Mark::Reached(generation.saturating_add(1)).height();
        self.0.get(&id.0).is_some_and(|height| *height >= next)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This and what another file knows: of each credential the higher mark.
    fn and(mut self, other: &Self) -> Self {
        for (id, height) in &other.0 {
            let own = self.0.entry(id.clone()).or_insert(*height);
            *own = (*own).max(*height);
        }
        self
    }
}

impl<'a> Marks<'a> {
    pub(super) fn of(home: &'a Home) -> Self {
        let witness = |path| Witness { path, locks: &home.locks };
        Self([witness(home.marks.clone()), witness(beside(&home.database))])
    }

    /// What is written down, as far as it was written here.
    pub(super) fn known(&self) -> Result<Known, files::Error> {
        self.of_both(None)
    }

    /// What is written down of one credential.
    pub(super) fn known_of(&self, id: &CredentialId) -> Result<Known, files::Error> {
        self.of_both(Some(id))
    }

    fn of_both(&self, only: Option<&CredentialId>) -> Result<Known, files::Error> {
        let mut all = Known::default();
        for witness in &self.0 {
            all = all.and(&witness.known(only)?.unwrap_or_default());
        }
        Ok(all)
    }

    /// Writes a mark down, higher or lower than what is known, and waits until it is durable in both files.
    pub(super) fn set(&self, id: &CredentialId, mark: Mark) -> Result<(), files::Error> {
        let appended = self.append(id, mark)?;
        // Both are written before either is waited for: a file system takes them to the disk together.
        self.each(&appended, Witness::settle)?;
        self.each(&appended, Witness::tidy)
    }

    /// Writes down a mark that is higher than any that is known, and waits until it is durable in one of the files: the
    /// higher one counts, so that is enough. The other file follows in the system's own time.
    pub(super) fn raise(&self, id: &CredentialId, mark: Mark) -> Result<(), files::Error> {
        let appended = self.append(id, mark)?;
        let ([one, _], [of_one, _]) = (&self.0, &appended);
        one.settle(of_one)?;
        self.each(&appended, Witness::tidy)
    }

    /// Writes down a mark that is higher than any that is known, and may be lost with the power: the one before is durable,
    /// and tells enough.
    pub(super) fn note(&self, id: &CredentialId, mark: Mark) -> Result<(), files::Error> {
        self.each(&self.append(id, mark)?, Witness::tidy)
    }

    /// Writes a mark into both files, with nobody in between who makes one of them anew: what is lower in the one and
    /// higher in the other would be taken for the higher.
    fn append(&self, id: &CredentialId, mark: Mark) -> Result<[Appended; 2], files::Error> {
        let [one, other] = &self.0;
        loop {
            let (own, others) = (one.genuine(|| self.known())?, other.genuine(|| self.known())?);
            if one.keep(&own)? && other.keep(&others)? {
                let height = mark.height();
                let long = (one.append(&own, id, height)?, other.append(&others, id, height)?);
                return Ok([one.release(own, long.0)?, other.release(others, long.1)?]);
            }
        }
    }

    fn each(
        &self,
        appended: &[Appended; 2],
        act: impl Fn(&Witness<'a>, &Appended) -> Result<(), files::Error>,
    ) -> Result<(), files::Error> {
        self.0.iter().zip(appended).try_for_each(|(witness, appended)| act(witness, appended))
    }

    /// The files that are gone, were written elsewhere, or lack something that is known.
    pub(super) fn spoilt(&self) -> Result<Vec<&Path>, files::Error> {
        // What somebody writes just now is in one of them first. Where nothing can be written, nobody does.
        let _still = self.still().ok();
        let known = self.known()?;
        let mut spoilt = vec![];
        for witness in &self.0 {
            if witness.known(None)?.is_none_or(|own| own != known) {
                spoilt.push(witness.path.as_path());
            }
        }
        Ok(spoilt)
    }

    /// Writes into each file what the other one knows.
    pub(super) fn mend(&self) -> Result<(), files::Error> {
        let [one, _] = &self.0;
        let _held = one.lock()?;
        let _still = self.still()?;
        let known = self.known()?;
        self.0.iter().try_for_each(|witness| witness.rewrite(&known))
    }

    /// Both files, as long as nobody writes into them.
    fn still(&self) -> Result<[Option<File>; 2], files::Error> {
        let [one, other] = &self.0;
        Ok([one.still()?, other.still()?])
    }
}

/// Where the second file lies.
pub(super) fn beside(database: &Path) -> PathBuf {
    files::with_end(database, ".marks")
}

#[cfg(test)]
mod tests {
    use std::fs;

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
    fn a_token_that_was_sent_is_not_known_to_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        let marks = Marks::of(&home);
        for (mark, replaced) in [(Mark::Reached(1), false), (Mark::Spent(1), false), (Mark::Reached(2), true)] {
            marks.set(&id("a"), mark).unwrap();
            assert_eq!(marks.known().unwrap().is_replaced(&id("a"), 1), replaced, "{mark:?}");
        }
        assert!(!marks.known().unwrap().is_replaced(&id("b"), 1));
    }

    #[test]
    fn copied_marks_are_not_believed_and_are_replaced_by_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        let (here, there) = (home(&dir.path().join("here")), home(&dir.path().join("there")));
        Marks::of(&here).set(&id("a"), Mark::Reached(5)).unwrap();
        files::private_dir(there.marks.parent().unwrap()).unwrap();
        fs::copy(&here.marks, &there.marks).unwrap();
        fs::copy(beside(&here.database), beside(&there.database)).unwrap();
        assert_eq!(Marks::of(&there).known().unwrap().is_beyond(&id("a"), Mark::Reached(1)), None);
        Marks::of(&there).set(&id("b"), Mark::Reached(5)).unwrap();
        let known = Marks::of(&there).known().unwrap();
        assert_eq!(known.is_beyond(&id("a"), Mark::Reached(1)), None);
        assert_eq!(known.is_beyond(&id("b"), Mark::Reached(1)), Some(true));
    }

    #[test]
    fn nobody_mends_between_the_writing_of_a_mark_in_the_one_file_and_in_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let home = home(dir.path());
        let marks = Marks::of(&home);
        marks.set(&id("a"), Mark::Spent(4)).unwrap();
        // A mark that is taken back.
        let files = marks.0.each_ref().map(|witness| witness.genuine(|| marks.known()).unwrap());
        let height = Mark::Reached(4).height();
        for (witness, file) in marks.0.iter().zip(&files) {
            assert!(witness.keep(file).unwrap());
        }
        marks.0[0].append(&files[0], &id("a"), height).unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| Marks::of(&home).mend());
            std::thread::sleep(std::time::Duration::from_millis(30)); // in which it waits, or does not
            marks.0[1].append(&files[1], &id("a"), height).unwrap();
            drop(files);
            other.join().unwrap().unwrap();
        });
        assert_eq!(marks.known().unwrap().is_beyond(&id("a"), Mark::Reached(4)), Some(false));
    }

    #[test]
    fn one_file_tells_what_the_other_has_lost_and_is_made_anew_from_it() {
        let spoil: [fn(&Path); 4] = [
            |path| fs::remove_file(path).unwrap(),
            |path| fs::write(path, "").unwrap(),
            |path| fs::write(path, [0xff; 300]).unwrap(),
            |path| {
                let text = fs::read_to_string(path).unwrap();
                fs::write(path, text.split_inclusive('\n').next().unwrap()).unwrap();
            },
        ];
        for (spoil, which) in spoil.into_iter().flat_map(|spoil| [(spoil, 0), (spoil, 1)]) {
            let dir = tempfile::tempdir().unwrap();
            let home = home(dir.path());
            let marks = Marks::of(&home);
            marks.set(&id("a"), Mark::Spent(4)).unwrap();
            marks.set(&id("b"), Mark::Reached(2)).unwrap();
            assert_eq!(marks.spoilt().unwrap(), Vec::<&Path>::new());
            spoil(&marks.0[which].path);
            assert_eq!(marks.known().unwrap().is_beyond(&id("a"), Mark::Reached(4)), Some(true));
            assert_eq!(marks.spoilt().unwrap(), [marks.0[which].path.as_path()]);
            marks.mend().unwrap();
            assert_eq!(marks.spoilt().unwrap(), Vec::<&Path>::new());
            let told = marks.0[which].known(None).unwrap().unwrap();
            assert_eq!(told.is_beyond(&id("a"), Mark::Reached(4)), Some(true));
        }
    }
}

//! Looking for what is wrong, without changing anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::marks::{self, Marks};
use super::rows::{Damage, Part, Which};
use super::{Error, Row, Seal, Vault, open, rows};
use crate::files::{self, Guard};
use crate::model::Credential;

impl Vault {
    /// Every row, and an error for each that cannot be read.
    pub(crate) fn readable(&self) -> Result<(Vec<Row>, Vec<Error>), Error> {
        self.readable_as(Which::All, Part::Whole, Ok)
    }

    /// Every credential of one tenant or of all, with its uses, and an error for each row that cannot be read. There may be
    /// thousands, so no more is kept of each than is shown.
    pub(crate) fn credentials(&self, tenant: Option<&str>) -> Result<(Vec<Credential>, Vec<Error>), Error> {
        let which = tenant.map_or(Which::All, Which::Tenant);
        let beside = self.beside()?;
        self.readable_as(which, Part::Open, |row| beside.filled_in(row).map(|row| row.credential))
    }

    fn readable_as<T>(
        &self,
        which: Which<'_>,
        part: Part,
        kept: impl Fn(Row) -> Result<T, Error>,
    ) -> Result<(Vec<T>, Vec<Error>), Error> {
        let (mut readable, mut damaged) = (vec![], vec![]);
        let take = |row| match row {
            Ok(row) => readable.push(kept(row)),
            Err(Damage { of, source }) => damaged.push(Error::Unreadable { of, source }),
        };
        rows::select_each(self.store.connection()?, which, part, take).map_err(self.store.failed())?;
        Ok((readable.into_iter().collect::<Result<_, _>>()?, damaged))
    }

    /// Wipes what was deleted from the log, too.
    pub(crate) fn sweep(&self) -> Result<(), Error> {
        self.store.sweep()
    }

    /// What SQLite finds wrong in its file, a line each.
    pub(crate) fn integrity(&self) -> Result<Vec<String>, Error> {
        let failed = self.store.failed();
        let mut statement = self.store.connection()?.prepare("pragma integrity_check").map_err(&failed)?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0)).map_err(&failed)?;
        let lines: Vec<_> = lines.collect::<Result<_, _>>().map_err(&failed)?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Opens every sealed value of a row, and forgets it at once.
    pub(crate) fn try_seal(row: &Row, seal: &Seal) -> Result<(), Error> {
        for (field, blob) in [
            ("access_token", &row.access_token),
            ("refresh_token", &row.refresh_token),
            ("client_secret", &row.client_secret),
            ("proof_key", &row.proof_key),
        ] {
            open(row, seal, field, blob.as_deref())?;
        }
        Ok(())
    }

    /// Files that nothing needs any more: landing records of credentials that are gone. One whose row cannot be read is
    /// not gone.
    pub(crate) fn leftovers(&self) -> Result<Vec<PathBuf>, Error> {
        let entries = match fs::read_dir(&self.home.landing) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(files::Error::io("read the directory", &self.home.landing)(error).into()),
        };
        let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        // Asked after the files, for a row is there before its file is.
        let known = self.ids()?;
        paths.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| !known.contains(name)));
        Ok(paths)
    }

    fn ids(&self) -> Result<BTreeSet<String>, Error> {
        let read = self.store.connection()?.prepare("select id from credentials").and_then(|mut statement| {
            let ids = statement.query_map([], |row| row.get(0))?;
            ids.collect()
        });
        read.map_err(self.store.failed())
    }

    /// Files of marks that are gone, or lack what the other one knows.
    pub(crate) fn spoilt_marks(&self) -> Result<Vec<PathBuf>, Error> {
        Ok(Marks::of(&self.home).spoilt()?.into_iter().map(Path::to_owned).collect())
    }

    /// Makes them anew from what is known.
    pub(crate) fn mend_marks(&self) -> Result<(), Error> {
        Ok(Marks::of(&self.home).mend()?)
    }

    /// Credentials of which a refresh was begun and its end not recorded.
    pub(crate) fn unfinished(rows: &[Row]) -> Vec<&Credential> {
        rows.iter().filter(|row| row.open_attempt().is_some()).map(|row| &row.credential).collect()
    }
}

/// Whether a store was here, as the marks beside it tell.
pub(crate) fn had_store(home: &super::Home) -> Result<bool, Error> {
    Ok(!Marks::of(home).known()?.is_empty())
}

/// Everything of a vault that lies in files, each with what others may not do with it; directories have no guard.
pub(crate) fn places(home: &super::Home) -> Vec<(PathBuf, Option<Guard>)> {
    let beside = |end| files::with_end(&home.database, end);
    let mut places = vec![
        (home.database.parent().unwrap_or(&home.database).to_owned(), None),
        (home.locks.clone(), None),
        (home.landing.clone(), None),
        (home.database.clone(), Some(Guard::Secret)),
        (beside("-wal"), Some(Guard::Secret)),
        (beside("-shm"), Some(Guard::Secret)),
        (home.uses.clone(), Some(Guard::Trusted)),
        (home.marks.clone(), Some(Guard::Trusted)),
        (marks::beside(&home.database), Some(Guard::Trusted)),
    ];
    for dir in [&home.locks, &home.landing] {
        let inside = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
        places.extend(inside.map(|entry| (entry.path(), Some(Guard::Secret))));
    }
    places.retain(|(path, _)| fs::symlink_metadata(path).is_ok());
    places
}

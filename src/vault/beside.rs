//! What is told of credentials elsewhere than in their rows: the latest uses, and how far each has got, by which an old copy
//! is known.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::marks::{Known, Marks};
use super::rows::Which;
use super::uses::Uses;
use super::{Error, Row, Vault};
use crate::model::credential::{SHARED, SPENT_SINCE};
use crate::model::{Credential, CredentialId, Kind, Timestamp};

/// The reason of a credential whose refresh token was sent after the copy was made; what came of it is not known.
const SENT_SINCE: &str = "the store was restored from an older copy, and the refresh token was sent since";

/// To be read before the rows: what it tells of one that was refreshed in between is too little, and does no harm; the other
/// way round it would be too much, and the row be taken for an old copy.
pub(crate) struct Beside<'a> {
    vault: &'a Vault,
    latest: BTreeMap<String, Timestamp>,
    marks: Known,
    /// The marks as they were when a row looked like an old copy for the first time.
    again: OnceCell<Known>,
}

impl Beside<'_> {
    /// A row with its latest use, and why it is an old copy, where it is one.
    pub(super) fn filled_in(&self, mut row: Row) -> Result<Row, Error> {
        let mut marks = &self.marks;
        if marks.is_beyond(&row.credential.id, row.mark()) == Some(true) {
            // A refresh that was taken back in between has left a mark that is not true any more.
            marks = self.marks_again()?;
            row = self.vault.select(Which::Id(&row.credential.id.0))?.pop().unwrap_or(row);
        }
        let used = self.latest.get(&row.credential.id.0).copied();
        row.credential.last_used_at = row.credential.last_used_at.max(used);
        // What the provider has refused waits for a person, whatever another copy did.
        let refused = row.credential.reauth.is_some();
        row.credential.stale = if refused { None } else { self.vault.staleness(&row, marks)? };
        Ok(row)
    }

    fn marks_again(&self) -> Result<&Known, Error> {
        if let Some(marks) = self.again.get() {
            return Ok(marks);
        }
        let marks = Marks::of(&self.vault.home).known()?;
        Ok(self.again.get_or_init(|| marks))
    }

    pub(crate) fn all_filled_in(&self, rows: Vec<Row>) -> Result<Vec<Row>, Error> {
        rows.into_iter().map(|row| self.filled_in(row)).collect()
    }
}

impl Vault {
    /// What is told of credentials elsewhere than in their rows.
    pub(crate) fn beside(&self) -> Result<Beside<'_>, Error> {
        self.beside_with(Marks::of(&self.home).known()?)
    }

    fn beside_with(&self, marks: Known) -> Result<Beside<'_>, Error> {
        Ok(Beside { vault: self, latest: Uses::at(&self.home.uses).latest()?, marks, again: OnceCell::new() })
    }

    /// The credential as it stands now, with its uses.
    pub(crate) fn as_it_stands(&self, id: &CredentialId) -> Result<Credential, Error> {
        let beside = self.beside_with(Marks::of(&self.home).known_of(id)?)?;
        beside.filled_in(self.reread(id)?).map(|row| row.credential)
    }

    /// Why the refresh token of a row is not sent: it was copied, or restored after it had been spent. A server that is
    /// known to leave its refresh tokens as they are can be asked from as many copies as there are.
    pub(super) fn staleness(&self, row: &Row, marks: &Known) -> Result<Option<String>, Error> {
        let own = &row.credential;
        // What is minted anew spends nothing that another copy could have spent.
        if !own.refreshable || own.revoked_at.is_some() || own.kind == Kind::Machine {
            return Ok(None);
        }
        let reason = match (row.doubt(), marks.is_beyond(&own.id, row.mark())) {
            (Some(doubt), _) => doubt,
            (None, Some(false)) => return Ok(None),
            (None, Some(true)) if marks.is_replaced(&own.id, own.generation) => SPENT_SINCE,
            (None, Some(true)) => SENT_SINCE,
            // It was never marked, as nothing was spent here: that other program goes on with it.
            (None, None) if own.imported_from().is_some() => {
                let tool = own.imported_from().unwrap_or_default();
                return Ok(Some(format!("{tool}{SHARED}")));
            }
            (None, None) if self.description.is_original => return Ok(None),
            (None, None) => "the store was copied or restored, and the other copy may have spent the refresh token",
        };
        let reason = match self.habits(own)?.rotates {
            Some(false) => None,
            Some(true) if reason == SENT_SINCE => Some(SPENT_SINCE),
            _ => Some(reason),
        };
        Ok(reason.map(str::to_owned))
    }

    /// Whether nothing outside the database tells how far a row has got. Every row is marked at its birth: the marks are
    /// lost, and if the database was restored from an older copy, nobody would notice.
    pub(super) fn is_unmarked(&self, row: &Row, marks: &Known) -> Result<bool, Error> {
        let own = &row.credential;
        let guarded = own.refreshable && own.revoked_at.is_none() && own.kind != Kind::Machine;
        if !guarded || marks.is_beyond(&own.id, row.mark()).is_some() {
            return Ok(false);
        }
        let may_rotate = self.habits(own)?.rotates != Some(false);
        Ok(may_rotate && self.staleness(row, marks)?.is_none())
    }

    /// The credentials of which no mark is left.
    pub(crate) fn unmarked(&self, rows: &[Row]) -> Result<Vec<CredentialId>, Error> {
        let marks = Marks::of(&self.home).known()?;
        let mut unmarked = vec![];
        for row in rows {
            if self.is_unmarked(row, &marks)? {
                unmarked.push(row.credential.id.clone());
            }
        }
        Ok(unmarked)
    }
}

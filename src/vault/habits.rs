//! What refreshes have shown of a server: whether it replaces refresh tokens, and whether it takes one again whose
//! answer was lost. Kept for one client at one token endpoint, because servers treat clients differently.

use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::model::{Credential, Timestamp};

/// What is known; all of it may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Habits {
    /// A refresh brings another refresh token, and the old one may be dead then.
    pub(crate) rotates: Option<bool>,
    /// A token that was sent again after its answer was lost was taken.
    pub(crate) takes_again: Option<bool>,
}

/// The habits of the server of `own`, towards its client.
pub(super) fn of(connection: &Connection, own: &Credential) -> rusqlite::Result<Habits> {
    let sql = "select rotates, replay from habits where token_endpoint = ?1 and client_id = ?2";
    let read = |row: &rusqlite::Row<'_>| {
        let replay: Option<String> = row.get(1)?;
        Ok(Habits { rotates: row.get(0)?, takes_again: replay.map(|found| found == "taken") })
    };
    let found = connection.query_row(sql, (&own.server.token_endpoint, &own.client_id), read).optional();
    found.map(Option::unwrap_or_default)
}

impl Habits {
    /// This and what was learnt besides. A server that was seen to rotate once is not taken for one that does not.
    pub(super) fn with(self, new: Self) -> Self {
        let rotates = if self.rotates == Some(true) { self.rotates } else { new.rotates.or(self.rotates) };
        Self { rotates, takes_again: new.takes_again.or(self.takes_again) }
    }
}

pub(super) fn write(
    transaction: &Transaction<'_>,
    own: &Credential,
    habits: Habits,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "insert or replace into habits (token_endpoint, client_id, rotates, replay, learnt_at)
               values (?1, ?2, ?3, ?4, ?5)";
    let replay = habits.takes_again.map(|taken| if taken { "taken" } else { "refused" });
    transaction.execute(sql, (&own.server.token_endpoint, &own.client_id, habits.rotates, replay, now.0))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_once_stays_known() {
        let unknown = Habits::default();
        let (rotating, stable) =
            (Habits { rotates: Some(true), ..unknown }, Habits { rotates: Some(false), ..unknown });
        assert_eq!(unknown.with(stable), stable);
        assert_eq!(stable.with(rotating), rotating);
        assert_eq!(rotating.with(stable), rotating);
        let taken = Habits { takes_again: Some(true), ..unknown };
        assert_eq!(rotating.with(taken), Habits { rotates: Some(true), takes_again: Some(true) });
    }
}

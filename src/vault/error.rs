//! What can go wrong in the vault, by what is to be done about it.

use std::path::PathBuf;

use super::{Source, Unfit, keyring};
use crate::files;
use crate::model::{Credential, CredentialId};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of ours cannot be reached, or is open to others.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// SQLite cannot do what was asked.
    #[error("the store {} cannot be used", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    /// The file is there and is not a store: empty, cut off, or something else.
    #[error("{} is not a credential store", path.display())]
    NotAStore { path: PathBuf },
    /// What was to be wiped cannot be: somebody reads the state before. It is done; only the old values still lie there.
    #[error("what was wiped still lies sealed in {}", path.display())]
    Unswept { path: PathBuf },
    /// Written by a later version of this program.
    #[error("the store {} was made by a newer version of this program (schema {found}, this one knows {known})", path.display())]
    NewerSchema { path: PathBuf, found: i64, known: i64 },
    /// Nothing is kept that no backup could bring back.
    #[error("this cannot be kept: {0}")]
    Unfit(Unfit),
    /// A row that this program cannot have written.
    #[error("the row of {of} is damaged ({field})")]
    Damaged { of: Subject, field: &'static str },
    /// The same, as SQLite tells it.
    #[error("the row of {of} cannot be read")]
    Unreadable { of: Subject, source: rusqlite::Error },
    /// A sealed value that does not open in its place, under the right key.
    #[error("the {field} of {of} was altered, or moved from elsewhere")]
    Tampered { of: Subject, field: &'static str },
    /// The master key given is another one than the store was sealed with.
    #[error("this is not the master key of this store (it is key {given}, and the store's is {wanted})")]
    WrongKey { given: String, wanted: String },
    /// Where the key was to go, there is another one already.
    #[error("{} holds another master key ({found}), and is left as it is", path.display())]
    OtherKeyThere { path: PathBuf, found: String },
    /// The recovery code is of another key than the store was sealed with.
    #[error("this recovery code is of another master key (it is of key {given}, and the store's is {wanted})")]
    WrongCode { given: String, wanted: String },
    /// The rows were sealed under another key while this process had the one before.
    #[error("the master key was replaced in the meantime")]
    KeyReplaced,
    /// The key cannot be replaced where this run takes it from.
    #[error("the master key of this store comes from {}, and this run takes it from {}", .recorded.words(), .given.words())]
    OtherSource { recorded: Source, given: Source },
    /// The key was to live where this run does not take it from. `given`: the variable that it takes it from instead.
    #[error("the key is to live in {}, which is not set", .wanted.words())]
    NothingGiven { wanted: Source, given: Option<&'static str> },
    /// A new key was made, and the caller who was to keep it did not take it. Nothing is changed.
    #[error("the new master key was not taken, and is not used")]
    NotTaken,
    /// The record of events was changed by somebody without the key.
    #[error("the record was changed at event {sequence}: {what}")]
    AuditBroken { sequence: i64, what: &'static str },
    /// The key is needed and its place does not give it.
    #[error("the master key is not available")]
    NoKey(#[source] KeyError),
    /// A copied or restored refresh token, which may have been spent elsewhere.
    #[error("the refresh token of {label} is an old copy")]
    Stale { label: String, reason: String },
    /// Another process holds the lease and did not end in time.
    #[error("another process is refreshing {label} and has not ended")]
    Leased { label: String },
    /// The row is no longer what it was when it was read.
    #[error("{label} was changed by another process in the meantime")]
    Conflict { label: String },
    /// The credential is gone.
    #[error("the credential {0:?} is no longer there")]
    Gone(CredentialId),
}

impl Error {
    /// Another program holds the store, and will let go of it.
    pub(crate) fn is_busy(&self) -> bool {
        use rusqlite::ErrorCode as C;
        let code = if let Self::Database { source, .. } = self { source.sqlite_error_code() } else { None };
        matches!(code, Some(C::DatabaseBusy | C::DatabaseLocked))
    }
}

/// What a row holds.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    Credential { tenant: String, provider: String, account: String },
    Client { tenant: String, provider: String, client_id: String },
}

impl Subject {
    pub(super) fn of(own: &Credential) -> Self {
        let Credential { tenant, provider, account, .. } = own.clone();
        Self::Credential { tenant, provider, account }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Credential { provider, account, .. } => write!(f, "{provider} {account}"),
            Self::Client { provider, .. } => write!(f, "the client registered for {provider}"),
        }
    }
}

/// Why a master key cannot be had from its place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The keyring in which the store's key lives does not give it.
    #[error(transparent)]
    Keyring(#[from] keyring::Error),
    /// There is no keyring for the first key of a store.
    #[error(transparent)]
    NoPlace(keyring::Error),
    /// The keyring does not take a key that is to move there.
    #[error(transparent)]
    Refused(keyring::Error),
    /// The keyring answers, and has no such item, though rows are sealed with it.
    #[error("the keyring has no master key for this store")]
    Lost,
    /// The store's key is given by the environment, which does not give it.
    #[error("this store's key comes from {variable}, which is not set")]
    NotGiven { variable: &'static str, key_id: String },
    #[error("{variable}: {source}")]
    Malformed { variable: String, source: super::NotAKey },
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The key file is not where it was recorded, and beside the store lies one of that name.
    #[error("there is no key file {} any more", recorded.display())]
    Elsewhere { recorded: PathBuf, found: PathBuf },
    /// The file that `OAUTH_MASTER_KEY_FILE` names cannot be read.
    #[error("OAUTH_MASTER_KEY_FILE names {}, which cannot be read: {source}", path.display())]
    NoFile { path: PathBuf, source: std::io::Error },
    /// The key is wrapped under a passphrase, and nobody can be asked for it.
    #[error("it is wrapped under a passphrase, and nobody can be asked for it here")]
    PassphraseWanted,
    #[error("the passphrase is another one, or the wrapped key was altered")]
    WrongPassphrase,
    #[error("the key command {0}")]
    Command(String),
}

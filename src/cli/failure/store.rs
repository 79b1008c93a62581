//! The store, its key, backups and private files.

use std::io;
use std::path::Path;

use super::{Failure, init_again, init_labelled, oauth, oauth_in, root, shown_long, word};
use crate::app::{BackupError, Error};
use crate::model::Credential;
use crate::model::text::{shown, whole};
use crate::vault::{KeyError, KeyringError, Source, Subject};
use crate::{age, files, vault};

/// Ways to give a master key where there is no keyring.
const KEY_WITHOUT_KEYRING: [&str; 2] = [
    "keep the key in a file: (umask 077; set -C; oauth key generate > ~/.oauth-master-key); export OAUTH_MASTER_KEY_FILE=~/.oauth-master-key",
    "or set OAUTH_MASTER_KEY from a CI secret, or OAUTH_MASTER_KEY_COMMAND to a command that prints the key",
];

/// The way to a key that is lost from its place.
const FROM_CODE: &str = "or bring it back from its recovery code: oauth key recovery --restore --to file";

pub(super) fn of_vault(error: &vault::Error) -> Failure {
    use vault::Error as E;
    let text = shown_long(&error.to_string());
    match error {
        E::Files(error) => of_files(error),
        E::Unreadable { of, source } => {
            let failure = Failure::new("store_unavailable", 6, text).because(root(source));
            failure.hint(anew(of))
        }
        E::Database { .. } if error.is_busy() => busy(text),
        E::Database { path, source } if is_damage(source) => {
            aside(Failure::new("store_unavailable", 6, text).because(root(source)), path)
        }
        E::Database { path, source } if is_full(source, path) => no_room(Failure::new("store_unavailable", 6, text), path),
        E::Database { source, .. } => Failure::new("store_unavailable", 6, text).because(root(source)),
        E::Unswept { .. } => Failure::new("busy", 5, text)
            .because("another program reads the store as it was before, and has not ended within 10 s")
            .hint("what was asked for is done; the same command once more wipes the rest, and so does the next change"),
        E::NotAStore { path } => {
            let failure = Failure::new("store_unavailable", 6, text);
            aside(failure.because("it is empty, damaged or of another program; it is left as it is"), path)
        }
        E::NewerSchema { .. } => {
            Failure::new("store_unavailable", 6, text).hint("use the newer version of this program")
        }
        E::Damaged { of, .. } | E::Tampered { of, .. } => {
            Failure::new("tampered", 7, text)
                .because(
                    "a sealed value opens only in the row, and for the endpoints, it was made for; nothing was sent",
                )
                .hint(format!("if you changed it yourself, {}", anew(of)))
        }
        E::Unfit(_) => Failure::usage(text),
        E::WrongKey { .. } => {
            Failure::new("wrong_master_key", 6, text)
                .hint("where its own lives: oauth key status")
                .hint("a variable that gives another one (OAUTH_MASTER_KEY, OAUTH_MASTER_KEY_FILE, OAUTH_MASTER_KEY_COMMAND) is to give that, or to be unset")
                .hint(FROM_CODE)
        }
        E::OtherKeyThere { path, .. } => Failure::new("wrong_master_key", 6, text)
            .because("nothing is changed")
            .hint("name another file: add --path FILE")
            .hint(format!("or, where no store needs that key any more: rm {}", word(&path.display().to_string()))),
        E::WrongCode { .. } => Failure::new("wrong_master_key", 6, text)
            .because("it may be of an older one: `oauth key rotate` makes another key, which has another code")
            .hint("type the code that was printed for the present key; an older one opens nothing any more"),
        E::AuditBroken { .. } => Failure::new("tampered", 7, text)
            .because("every event carries a code over itself and the one before, which only the master key can make")
            .hint("look at what is told around it: oauth audit --all-tenants; and go on from there: oauth audit verify --accept"),
        E::NoKey(source) => of_key(source),
        E::KeyReplaced => Failure::new("conflict", 5, text).hint("try again"),
        E::OtherSource { given, .. } => {
            let failure = Failure::set_up(text)
                .hint("unset OAUTH_MASTER_KEY, OAUTH_MASTER_KEY_FILE and OAUTH_MASTER_KEY_COMMAND for this command");
            let Source::File(path) = given else { return failure };
            let record = format!("oauth key move --to file --path {}", word(&path.display().to_string()));
            failure.hint(format!("or let it live in that file from now on: {record}"))
        }
        E::NothingGiven { wanted, given } => {
            let what = if *wanted == Source::Command { "a command that prints this store's key" } else { "this store's key" };
            // One of them may be set at a time.
            let unset = given.map_or_else(String::new, |variable| format!(", unset {variable}"));
            Failure::set_up(text)
                .hint("the key as text, to put it there: oauth key recovery --raw")
                .hint(format!("set {} to {what}{unset}, and try again", wanted.words()))
        }
        E::NotTaken => Failure::internal(text),
        E::Stale { label, reason } => {
            Failure::new("reauthorization_required", 4, text).because(shown_long(reason)).action(init_labelled(label))
        }
        E::Leased { .. } => Failure::new("busy", 5, text).hint("try again"),
        E::Conflict { .. } => Failure::new("conflict", 5, text).hint("try again"),
        E::Gone(_) => Failure::new("not_connected", 3, "the credential is no longer there"),
    }
}

/// What makes anew what a row holds.
pub(in crate::cli) fn anew(of: &Subject) -> String {
    let what = match of {
        Subject::Credential { .. } => "connect it again",
        Subject::Client { .. } => "register it again",
    };
    format!("{what}: {}", make_anew(of))
}

/// The command that makes what a row holds anew.
fn make_anew(of: &Subject) -> String {
    match of {
        Subject::Credential { tenant, provider, account } => init_again(tenant, provider, account, false),
        Subject::Client { tenant, provider, client_id } => {
            let client = word(client_id);
            let set = format_args!("client set {} --client-id {client} --client-secret-stdin", word(provider));
            oauth_in(tenant, set)
        }
    }
}

/// Another program holds the store.
pub(super) fn busy(what: String) -> Failure {
    let failure = Failure::new("busy", 5, what);
    failure.because("another program holds the store, and has not let go within 10 s").hint("try again")
}

fn of_key(error: &KeyError) -> Failure {
    let cause = shown_long(&error.to_string());
    let failure = |code| Failure::new(code, 6, "the master key is not available").because(cause.clone());
    match error {
        KeyError::Keyring(KeyringError::Locked)
        | KeyError::NoPlace(KeyringError::Locked)
        | KeyError::Refused(KeyringError::Locked) => failure("keyring_locked")
            .hint("unlock the keyring (log in to the desktop, or open it with its own program), and try again"),
        KeyError::NoPlace(_) => {
            KEY_WITHOUT_KEYRING.iter().fold(failure("keyring_unavailable"), |all, hint| all.hint(*hint))
        }
        KeyError::Refused(_) => {
            failure("keyring_unavailable").hint("choose another place for it: --to file, or --to passphrase")
        }
        KeyError::Keyring(_) => failure("keyring_unavailable")
            .hint("the key of this store lives in the keyring: run it where that is, such as in your desktop's session")
            .hint(FROM_CODE),
        KeyError::Lost => failure("keyring_unavailable")
            .hint("bring the item back from a backup of the keyring; without its key a store cannot be opened")
            .hint(FROM_CODE)
            .hint("to begin again: put credentials.db aside and connect the accounts anew"),
        KeyError::NotGiven { variable, key_id } => {
            let what = if *variable == "OAUTH_MASTER_KEY" { "to" } else { "to a command that prints" };
            failure("keyring_unavailable").hint(format!("set {variable} {what} this store's key (ID {key_id})"))
        }
        KeyError::Elsewhere { found, .. } => {
            let path = word(&found.display().to_string());
            failure("keyring_unavailable")
                .because(format!("beside the store lies {}, which may be it", shown(&found.display().to_string())))
                .hint(format!(
                    "record where it is now: OAUTH_MASTER_KEY_FILE={path} oauth key move --to file --path {path}"
                ))
                .hint(format!("or only for now: export OAUTH_MASTER_KEY_FILE={path}"))
        }
        KeyError::NoFile { .. } => failure("keyring_unavailable")
            .hint("let OAUTH_MASTER_KEY_FILE name the file with the key, or unset it")
            .hint(FROM_CODE),
        KeyError::Malformed { .. } if cause.starts_with("OAUTH_MASTER_KEY") => {
            Failure::new("bad_config", 2, cause.clone())
                .hint("a store that has a key needs that very one; for a new store:")
                .action("oauth key generate")
        }
        KeyError::Malformed { .. } => {
            failure("wrong_master_key").hint("put the store's key there as it was, out of a backup").hint(FROM_CODE)
        }
        KeyError::PassphraseWanted => failure("passphrase_required")
            .hint("run it in a terminal once: the kernel keeps the key for a while then; see OAUTH_KEY_CACHE")
            .hint("for jobs without a person: oauth key move --to file"),
        KeyError::WrongPassphrase => failure("wrong_master_key").hint("type it again").hint(FROM_CODE),
        KeyError::Files(error @ files::Error::Io { .. }) => {
            of_files(error).hint("bring the key file back to where it was, such as out of a backup").hint(FROM_CODE)
        }
        KeyError::Files(error) => of_files(error),
        KeyError::Command(_) => failure("keyring_unavailable")
            .hint("run the command in OAUTH_MASTER_KEY_COMMAND by itself, and see that it prints the key"),
    }
}

pub(super) fn of_files(error: &files::Error) -> Failure {
    match error {
        files::Error::Insecure { mend, .. } => {
            let failure = Failure::new("insecure_permissions", 7, error.to_string());
            mend.iter().fold(failure, |failure, mend| failure.action(mend.clone()))
        }
        files::Error::Io { path, source, .. } if source.kind() == io::ErrorKind::StorageFull => {
            no_room(Failure::new("store_unavailable", 6, error.to_string()), path)
        }
        files::Error::Io { what, source, .. } => {
            let failure = Failure::new("store_unavailable", 6, error.to_string()).because(source.to_string());
            if *what != files::CREATE_DIR {
                return failure;
            }
            failure.hint("name a directory for everything that you can write: export OAUTH_HOME=/PATH/TO/DIRECTORY")
        }
    }
}

pub(super) fn of_backup(error: &BackupError) -> Failure {
    match error {
        BackupError::Unopened(error) => of_age(error),
        BackupError::Malformed(_) => Failure::new("bad_backup", 2, error.to_string()).because("nothing was brought in"),
        BackupError::OtherTenants { others, .. } => {
            let names: Vec<_> = others.iter().map(|name| word(name)).collect();
            Failure::new("not_connected", 3, error.to_string())
                .because(format!("it holds the tenants: {}", names.join(", ")))
                .hint("add --tenant NAME for one of them, or --all-tenants")
        }
        BackupError::Reads(credentials) => {
            let failure = Failure::new("consent_required", 7, error.to_string());
            let causes = credentials.iter().filter_map(reading);
            causes
                .fold(failure, Failure::because)
                .because("nothing was brought in")
                .hint("if you made it yourself: add --yes")
        }
        BackupError::OutputExists { .. } => {
            Failure::usage(error.to_string()).hint("choose another name, or add --force")
        }
    }
}

/// What a credential reads on this machine for its tokens, and where that goes.
pub(in crate::cli) fn reading(own: &Credential) -> Option<String> {
    let (source, addresses) = own.server.reads()?;
    let to: Vec<_> = addresses.into_iter().map(whole).collect();
    Some(format!("{} sends {} to {}", shown(&own.label()), whole(&source.words()), to.join(" or ")))
}

fn of_age(error: &age::Error) -> Failure {
    use age::Error as E;
    let failure = |code, exit| Failure::new(code, exit, "the backup cannot be opened").because(error.to_string());
    match error {
        E::NotAge => failure("bad_backup", 2),
        E::WrongPassphrase => failure("wrong_passphrase", 6),
        E::NoMatch => failure("wrong_passphrase", 6).hint("name the file with its private key: --identity FILE"),
        E::WantsPassphrase => failure("usage", 2).hint("leave --identity out"),
        E::WantsIdentity => failure("usage", 2).hint("add --identity FILE"),
        E::Armor | E::Header | E::Payload => failure("tampered", 7).because("nothing was brought in"),
        E::TooCostly(_) => failure("refused", 7),
    }
}

pub(super) fn damaged(error: &Error, path: &Path, line: &str) -> Failure {
    aside(Failure::new("store_unavailable", 6, error.to_string()).because(shown_long(line)), path)
}

/// What to do with a store that cannot be read any more. What SQLite keeps beside it goes with it: a log that is left
/// would be taken for that of the next store.
fn aside(failure: Failure, path: &Path) -> Failure {
    let dir = word(&path.with_file_name("damaged").display().to_string());
    let path = word(&path.display().to_string());
    failure.hint(format!("put it aside: mkdir -m 700 {dir} && mv {path}* {dir}")).hint(format!(
        "then bring back a backup ({}), or connect the accounts again ({})",
        oauth("import FILE"),
        oauth("init PROVIDER")
    ))
}

/// Where the store lies on a full disk, SQLite seldom says so itself: it tells which file it could not make larger.
fn is_full(error: &rusqlite::Error, path: &Path) -> bool {
    use rusqlite::ErrorCode as C;
    let could_be = matches!(error.sqlite_error_code(), Some(C::SystemIoFailure | C::CannotOpen | C::ReadOnly));
    error.sqlite_error_code() == Some(C::DiskFull) || could_be && files::is_full(path)
}

/// What to do about a disk that is full.
pub(super) fn no_room(failure: Failure, path: &Path) -> Failure {
    let dir = path.parent().unwrap_or(Path::new("/"));
    failure
        .because(format!("the disk is full on which {} lies", shown(&dir.display().to_string())))
        .hint(room_command(dir))
}

/// The command that shows how full a disk is.
pub(in crate::cli) fn room_command(dir: &Path) -> String {
    format!("delete what is not needed there; see how much is left: df -h {}", word(&dir.display().to_string()))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase))
}

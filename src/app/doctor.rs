//! `doctor`: what is wrong, and what mends it. Nothing is sent and nothing is changed unless it was asked for.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::{App, Error, Why};
use crate::files;
use crate::model::credential::may_be_taken_over;
use crate::model::{Credential, Status, text};
use crate::vault::{self, Row, Vault};

/// What was found at one place.
pub(crate) struct Finding {
    /// `files`, `store`, `key`, `seal`, `audit`, `copies`, `refreshes`, `leftovers`, `credentials`, `providers`, and what
    /// stands in `surroundings.rs`.
    pub(crate) check: &'static str,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    /// All is well, in a few words.
    Fine(String),
    /// It was wrong, and is mended.
    Mended(String),
    /// Worth to be known.
    Notice(String, Mend),
    /// A person has to authorize this credential, now or soon.
    NeedsPerson(Box<Credential>, Option<Why>),
    Wrong(Error),
}

/// How far to look.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looking {
    /// What can be mended without loss is mended.
    pub(crate) fix: bool,
    /// A server is asked for its time.
    pub(crate) online: bool,
    /// A browser can be expected to open.
    pub(crate) display: bool,
}

/// What helps against a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mend {
    /// `doctor --fix`.
    Fix,
    /// `doctor --take-over`.
    TakeOver,
    /// A new login of what a label names.
    Login {
        tenant: String,
        label: String,
    },
    /// A backup, or new logins.
    Backup,
    /// The next use does it.
    NextUse,
    /// The variable with this name.
    Proxy(&'static str),
    /// The same.
    Certificates(&'static str),
    /// The system has none.
    Authorities,
    Browser,
    Clock,
    Port(u16),
    /// The provider's file whose name is none.
    Rename(PathBuf),
    /// The place that has to be writable.
    Writable(PathBuf),
    /// The place on the disk that is full.
    Room(PathBuf),
    /// The client id lacks a secret.
    Secret {
        tenant: String,
        provider: String,
        client: String,
    },
}

/// Findings as they come up.
pub(super) struct Findings {
    all: Vec<Finding>,
    fix: bool,
}

impl Findings {
    pub(super) fn add(&mut self, check: &'static str, outcome: Outcome) {
        self.all.push(Finding { check, outcome });
    }

    /// Tells that all is well, unless something else was told of the same check.
    pub(super) fn fine(&mut self, check: &'static str, words: impl Into<String>) {
        if self.all.iter().all(|finding| finding.check != check) {
            self.add(check, Outcome::Fine(words.into()));
        }
    }

    /// What can be mended safely is mended, when that was asked for.
    fn mendable(&mut self, check: &'static str, what: String, mend: impl FnOnce() -> Result<(), Error>) {
        let outcome = if self.fix {
            mend().map_or_else(Outcome::Wrong, |()| Outcome::Mended(what))
        } else {
            Outcome::Notice(what, Mend::Fix)
        };
        self.add(check, outcome);
    }
}

impl App {
    /// Looks at everything of this user's, all tenants included.
    pub(crate) fn doctor(&self, looking: Looking) -> Vec<Finding> {
        let mut found = Findings { all: vec![], fix: looking.fix };
        self.look_around(looking, &mut found);
        self.look_at_files(&mut found);
        self.look_at_providers(&mut found);
        self.look_for_room(&mut found);
        match self.vault() {
            Err(error) => found.add("store", Outcome::Wrong(error)),
            Ok(None) => {
                match vault::had_store(&self.home) {
                    Ok(true) => {
                        let what = format!("{} is gone: there was one", self.home.database.display());
                        found.add("store", Outcome::Notice(what, Mend::Backup));
                    }
                    // Marks that cannot be read are told among the files.
                    Ok(false) | Err(_) => found.fine("store", "there is none yet; the first `oauth init` makes it"),
                }
                if let Err(error) = self.look_at_keyring(None, &mut found) {
                    found.add("keyring", Outcome::Wrong(error));
                }
            }
            Ok(Some(vault)) => {
                if let Err(error) = self.look_into(&vault, looking, &mut found) {
                    found.add("store", Outcome::Wrong(error));
                }
            }
        }
        found.all
    }

    /// This copy of the store is the one that goes on: its refresh tokens are sent again. Tells whose were held back.
    pub(crate) fn take_over(&self) -> Result<Vec<Credential>, Error> {
        Ok(self.vault()?.ok_or(Error::NothingConnected)?.take_over()?)
    }

    fn look_at_files(&self, found: &mut Findings) {
        let places = vault::places(&self.home);
        for (path, guard) in &places {
            let check = || guard.map_or_else(|| files::check_dir(path), |guard| files::check_file(path, guard));
            let Err(error) = check() else { continue };
            let mendable = match &error {
                // Gone since it was listed.
                files::Error::Io { source, .. } if source.kind() == ErrorKind::NotFound => continue,
                files::Error::Insecure { mend, .. } => mend.is_some(),
                files::Error::Io { .. } => false,
            };
            // Modes are ours to mend; an owner or a second name is not.
            let mended = found.fix && mendable && files::tighten(path).is_ok() && check().is_ok();
            let what = error.to_string();
            found.add("files", if mended { Outcome::Mended(what) } else { Outcome::Wrong(error.into()) });
        }
        let all = match places.len() {
            0 => return found.fine("files", "there are none yet"),
            1 => "the one file or directory is".into(),
            count => format!("{count} files and directories are"),
        };
        found.fine("files", format!("{all} closed to others"));
    }

    fn look_at_providers(&self, found: &mut Findings) {
        let (all, broken) = match self.registry.readable() {
            Ok(read) => read,
            Err(error) => return found.add("providers", Outcome::Wrong(error.into())),
        };
        for error in broken {
            found.add("providers", Outcome::Wrong(error.into()));
        }
        match self.registry.unread() {
            Ok(unread) => {
                for (path, why) in unread {
                    let what = format!("{} is not read: {why}", path.display());
                    found.add("providers", Outcome::Notice(what, Mend::Rename(path)));
                }
            }
            Err(error) => found.add("providers", Outcome::Wrong(error.into())),
        }
        let own = all.iter().filter(|provider| !provider.built_in).count();
        found.fine("providers", format!("{} known, {own} of your own", all.len()));
    }

    fn look_into(&self, vault: &Vault, looking: Looking, found: &mut Findings) -> Result<(), Error> {
        for line in vault.integrity()? {
            found.add("store", Outcome::Wrong(Error::StoreDamaged { path: self.home.database.clone(), line }));
        }
        // Should this fail, what is damaged is told before.
        let beside = vault.beside();
        let (rows, damaged) = vault.readable()?;
        for error in damaged {
            found.add("store", Outcome::Wrong(error.into()));
        }
        found.fine("store", format!("{} in {}", text::counted(rows.len(), "credential"), self.home.database.display()));
        let rows = beside?.all_filled_in(rows)?;
        self.look_at_keyring(Some(vault), found)?;
        self.look_at_seal(vault, &rows, found)?;
        self.look_at_clients(vault, &rows, found)?;
        self.look_at_port(&rows, found);
        if looking.online {
            self.look_at_clock(&rows, found);
        }
        self.look_for_copies(vault, &rows, found)?;
        self.look_for_leftovers(vault, found)?;
        let now = (self.clock)();
        for row in &rows {
            if matches!(row.credential.status(now), Status::Reauth | Status::Expiring) {
                let own = Box::new(row.credential.clone());
                let why = self.why(vault, &own);
                found.add("credentials", Outcome::NeedsPerson(own, why));
            }
        }
        let held = rows.iter().any(|row| row.credential.status(now) == Status::Stale);
        let besides = if held { "besides what is told of copies, " } else { "" };
        found.fine("credentials", format!("{besides}none needs a person within three days"));
        Ok(())
    }

    fn look_at_seal(&self, vault: &Vault, rows: &[Row], found: &mut Findings) -> Result<(), Error> {
        if !vault.has_key() {
            found.fine("key", "none yet; it is chosen when the first account is connected");
            return Ok(());
        }
        let seal = match self.unlock(vault).or_else(|error| self.unlock_tightened(vault, error, found)) {
            Ok(seal) => seal,
            Err(error) => {
                found.add("key", Outcome::Wrong(error));
                return Ok(());
            }
        };
        let source = self.given_place().or(vault.key_status()?.source);
        let source = source.map_or_else(|| "its place".into(), |source| source.words());
        found.fine("key", format!("from {source}, and it opens the store"));
        for row in rows {
            if let Err(error) = Vault::try_seal(row, &seal) {
                found.add("seal", Outcome::Wrong(error.into()));
            }
        }
        found.fine("seal", "every sealed value opens in its place");
        match self.whatever_the_key(vault, &seal, |seal, _| Ok(vault.verify_audit(seal)?)) {
            Ok(verified) => {
                let pending = match verified.pending {
                    0 => String::new(),
                    count => format!("; {} not sealed yet", text::counted(count, "use")),
                };
                let events = text::counted(verified.events, "event");
                found.fine("audit", format!("{events} in the sealed chain, none changed{pending}"));
            }
            Err(error) => found.add("audit", Outcome::Wrong(error)),
        }
        for own in Vault::unfinished(rows) {
            self.look_at_refresh(vault, own, &seal, found)?;
        }
        found.fine("refreshes", "none was interrupted");
        Ok(())
    }

    /// A key file that others could read is closed to them, where that may be mended.
    fn unlock_tightened(&self, vault: &Vault, error: Error, found: &mut Findings) -> Result<vault::Seal, Error> {
        let Error::Vault(vault::Error::Files(open)) = &error else { return Err(error) };
        let files::Error::Insecure { path, mend: Some(_), .. } = open else { return Err(error) };
        if !found.fix || files::tighten(path).is_err() {
            return Err(error);
        }
        let seal = self.unlock(vault)?;
        found.add("files", Outcome::Mended(open.to_string()));
        Ok(seal)
    }

    /// A refresh that has not ended: another process may be at it, its answer may lie there, or it is lost.
    fn look_at_refresh(
        &self,
        vault: &Vault,
        own: &Credential,
        seal: &vault::Seal,
        found: &mut Findings,
    ) -> Result<(), Error> {
        // Where the lock cannot be looked at, nobody can be at work either.
        if vault.is_leased(&own.id).unwrap_or(false) {
            found.add("refreshes", Outcome::Fine(format!("one of {} is under way", text::shown(&own.label()))));
            return Ok(());
        }
        let what = format!("a refresh of {} was interrupted", own.label());
        if !found.fix {
            found.add("refreshes", Outcome::Notice(what, Mend::NextUse));
            return Ok(());
        }
        // Taking the lease finishes what has landed.
        let ended = vault.try_lease(&own.id, seal)?.is_none_or(|lease| lease.lost_attempt().is_none());
        let outcome = if ended { Outcome::Mended(what) } else { Outcome::Notice(what, Mend::NextUse) };
        found.add("refreshes", outcome);
        Ok(())
    }

    fn look_for_copies(&self, vault: &Vault, rows: &[Row], found: &mut Findings) -> Result<(), Error> {
        let stale = rows.iter().filter_map(|row| Some((&row.credential, row.credential.stale.as_ref()?)));
        for (own, reason) in stale {
            let login = || Mend::Login { tenant: own.tenant.clone(), label: own.label() };
            let mend = if may_be_taken_over(reason) { Mend::TakeOver } else { login() };
            found.add("copies", Outcome::Notice(format!("{}: {reason}", own.label_from(&self.tenant)), mend));
        }
        let unmarked = vault.unmarked(rows)?.len();
        if unmarked > 0 {
            let who = text::counted(unmarked, "credential");
            let what = format!("the record of the last refresh is lost for {who}; an older store would go unnoticed");
            found.add("copies", Outcome::Notice(what, Mend::TakeOver));
        } else if !rows.is_empty() {
            for path in vault.spoilt_marks()? {
                let what = format!("{} is gone or spoilt; another file tells the same", path.display());
                found.mendable("copies", what, || Ok(vault.mend_marks()?));
            }
        }
        let words = if vault.is_copy() { "the store is a copy, and no token of it can clash" } else { "none" };
        found.fine("copies", words);
        Ok(())
    }

    fn look_for_leftovers(&self, vault: &Vault, found: &mut Findings) -> Result<(), Error> {
        for key in vault.spare_keys()? {
            let what = format!("the former master key {key} may still lie in the keyring");
            found.mendable("leftovers", what, || Ok(vault.remove_spare_keys(&self.keys).map(|_| ())?));
        }
        let landed = vault.leftovers()?.into_iter().map(|path| (path, "belongs to no credential"));
        let (data, state) = (self.home.database.parent(), self.home.marks.parent());
        let others = [&*self.home.landing, self.registry.dir(), &*self.run_dir].map(Some);
        let dirs: BTreeSet<_> = [data, state].into_iter().chain(others).collect();
        let broken_off = dirs.into_iter().flatten().flat_map(files::abandoned);
        for (path, why) in landed.chain(broken_off.map(|path| (path, "was left by a process that died"))) {
            let what = format!("{} {why}", path.display());
            let delete = || Ok(fs::remove_file(&path).map_err(files::Error::io("delete", &path))?);
            found.mendable("leftovers", what, delete);
        }
        found.fine("leftovers", "none");
        Ok(())
    }
}

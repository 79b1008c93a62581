//! The use cases, and the one room that introduces the others to each other.
//!
//! Nothing here prints, and nothing reads the arguments, the environment or the clock: all of that is given.

mod access;
mod audit;
mod authorize;
mod backup;
mod capabilities;
mod check;
mod client_file;
mod clients;
mod demo;
mod discover;
mod doctor;
mod error;
mod exec;
mod helper;
mod hooks;
mod import;
mod migrate;
mod mint;
mod panic;
mod place;
mod pool;
mod providers;
mod refresh;
mod request;
mod revoke;
mod schedule;
mod select;
mod surroundings;
mod tenants;
mod why;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(crate) use access::{Access, Demand, Warning};
pub(crate) use audit::{AuditFilter, AuditSummary, Unusual, Whose};
pub(crate) use authorize::{
    Agreement, ClientNeed, Connected, DevicePrompt, Flow, GivenClient, Login, Machine, Paste, Person, RedirectChoice,
    ServiceAccount, Visit,
};
pub(crate) use backup::{BackupError, BroughtIn, Contents, Exported, Import, Output};
pub(crate) use capabilities::Tried;
pub(crate) use check::{CheckOutcome, CheckResult, Checking};
pub(crate) use client_file::ClientFile;
pub(crate) use clients::{AtServer, ClientInfo, NewClient};
pub(crate) use demo::{Demo, DemoServer, DemoSettings};
pub(crate) use discover::{Discovered, Discovery};
pub(crate) use doctor::{Finding, Looking, Mend, Outcome};
pub(crate) use error::Error;
pub(crate) use exec::{NotRun, Task, TokenFile};
pub(crate) use helper::{DockerAnswer, Installed, LONGEST_QUESTION, Tokens};
pub(crate) use hooks::{Alarms, Hooks};
pub(crate) use import::{Imported, StaticToken};
pub(crate) use migrate::{Candidate, LARGEST as LARGEST_TOOL_FILE, Source, Tool, What};
pub(crate) use panic::{Ended, Panicked};
pub(crate) use providers::NewProvider;
pub(crate) use refresh::{WORKER, work};
pub(crate) use request::{Answer, Body, Outgoing, Verdict};
pub(crate) use revoke::{Fate, Revoked, RevokedOne, no_way};
pub(crate) use schedule::{Keeper, Schedule, unit_part};
pub(crate) use select::Selector;
pub(crate) use surroundings::{PROXIES, unusable_proxy};
pub(crate) use tenants::check_tenant;
pub(crate) use why::{Next, Why};

// What the commands may know of the rooms below.
pub(crate) use crate::age::{Identity, Lock, Opener, Recipient};
pub(crate) use crate::callback::Typist;
pub(crate) use crate::protocol::{KeyError, Permission, Verdict as ClauseVerdict};
pub(crate) use crate::provider::{Added, PortRule, Provider, RedirectRule};
pub(crate) use crate::vault::{
    Event as AuditEvent, KINDS as AUDIT_KINDS, MasterKey, Moved, Rotated, Source as KeySource, Target as KeyTarget,
    Verdict as ImportVerdict,
};

use crate::http::Http;
use crate::model::{Caller, Clock, Credential, Secret};
use crate::provider::Registry;
use crate::vault::{Given, Home, KeyAccess, KeyStatus, Seal, Vault};

/// How long one process waits for another one's lease: a refresh with its time limit, and some.
const LEASE_WAIT: Duration = Duration::from_secs(40);

/// A variable of the environment by its name.
pub(crate) type Variables = Box<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// The master key, and whether it opens the store.
pub(crate) struct KeyState {
    pub(crate) status: KeyStatus,
    /// The place that this run takes the key from, whatever the store says.
    pub(crate) given: Option<KeySource>,
    /// The key that this run takes, where it is not that of the store.
    pub(crate) other_key: Option<String>,
    pub(crate) opens: Result<(), Error>,
}

/// Everything the use cases work with.
pub(crate) struct App {
    pub(crate) home: Home,
    /// For sockets that live as long as one command.
    pub(crate) run_dir: PathBuf,
    pub(crate) registry: Registry,
    pub(crate) keys: KeyAccess,
    pub(crate) tenant: String,
    pub(crate) clock: Clock,
    pub(crate) http: Http,
    /// Who runs the program, as `user@host`.
    pub(crate) person: String,
    /// The program that asks.
    pub(crate) caller: Caller,
    /// The environment, for what a job is told about itself there.
    pub(crate) variables: Variables,
    /// The URL of a document about this client that servers may read (`client_id_metadata_document` in config.toml).
    pub(crate) client_metadata_url: Option<String>,
    /// What the hooks have to tell when the work is done.
    pub(crate) alarms: Alarms,
}

impl App {
    /// The credentials of the tenant, or of all, and an error for each that cannot be read; no key is needed.
    pub(crate) fn list(&self, all_tenants: bool) -> Result<(Vec<Credential>, Vec<Error>), Error> {
        let Some(vault) = self.vault()? else { return Ok((vec![], vec![])) };
        let (all, damaged) = vault.credentials((!all_tenants).then_some(&self.tenant))?;
        Ok((all, damaged.into_iter().map(Error::from).collect()))
    }

    /// The accounts that one can choose from, and the provider's own name.
    pub(crate) fn accounts(&self, selector: &Selector) -> Result<(String, Vec<String>), Error> {
        let vault = self.vault()?.ok_or_else(|| self.nothing_connected(selector))?;
        let provider = match self.select(&vault, selector) {
            Ok(row) => row.credential.provider,
            Err(Error::Ambiguous { provider, .. }) => provider,
            Err(error) => return Err(error),
        };
        let live = self.live_accounts(&vault, &provider)?;
        Ok((provider, live))
    }

    /// Makes an account the one that is taken when none is named.
    pub(crate) fn make_default(&self, selector: &Selector) -> Result<Credential, Error> {
        let vault = self.vault()?.ok_or_else(|| self.nothing_connected(selector))?;
        let row = self.select(&vault, selector)?;
        if row.credential.revoked_at.is_some() {
            return Err(Error::reauthorization(&row.credential, "it was revoked"));
        }
        vault.make_default(&row.credential)?;
        Ok(vault.reread(&row.credential.id)?.credential)
    }

    /// What is known of the master key; whether it opens the store is told when `open` is asked for.
    pub(crate) fn key_status(&self) -> Result<Option<KeyState>, Error> {
        let Some(vault) = self.vault()? else { return Ok(None) };
        let opens = vault.unlock(&self.keys).map(|_| ()).map_err(Error::from);
        let other_key = match &opens {
            Err(Error::Vault(crate::vault::Error::WrongKey { given, .. })) => Some(given.clone()),
            _ => None,
        };
        Ok(Some(KeyState { status: vault.key_status()?, given: self.given_place(), other_key, opens }))
    }

    /// Replaces the master key; every credential is sealed anew. `hand_out` is given the new key where it lives with the
    /// caller and nowhere else, before anything is sealed with it, and says whether it was taken.
    pub(crate) fn rotate_key(&self, hand_out: impl FnOnce(&Secret) -> bool) -> Result<Rotated, Error> {
        let found = self.vault()?.filter(Vault::has_key);
        let mut vault =
            found.ok_or_else(|| Error::Usage("there is no master key yet that could be replaced".into()))?;
        Ok(vault.rotate_key(&self.keys, Self::lease_deadline(), (self.clock)(), hand_out)?)
    }

    /// Puts the same master key into another place. `code` is a recovery code, where the key is nowhere else any more.
    pub(crate) fn move_key(&mut self, target: KeyTarget, code: Option<&Secret>) -> Result<Moved, Error> {
        if let Some(code) = code {
            let key = MasterKey::from_recovery_code(code).map_err(|error| Error::Usage(error.to_string()))?;
            let wanted = self.vault()?.map(|vault| vault.key_status()).transpose()?.and_then(|status| status.key_id);
            if let Some(wanted) = wanted.filter(|wanted| wanted != key.id()) {
                return Err(crate::vault::Error::WrongCode { given: key.id().to_owned(), wanted }.into());
            }
            self.keys.given = Some(Given::Value(key.encode()));
        }
        let found = self.vault()?.filter(Vault::has_key);
        let mut vault = found.ok_or_else(|| Error::Usage("there is no master key yet that could be moved".into()))?;
        Ok(vault.move_key(&self.keys, target, Self::lease_deadline(), (self.clock)())?)
    }

    /// Where the master key of this store lives, or lived; `None` while there is none.
    pub(crate) fn key_place(&self) -> Result<Option<KeySource>, Error> {
        Ok(self.vault()?.map(|vault| vault.key_status()).transpose()?.and_then(|status| status.source))
    }

    /// Where this run takes the master key from, if it is told.
    pub(crate) fn given_place(&self) -> Option<KeySource> {
        self.keys.given.as_ref().map(Given::source)
    }

    /// The master key as a code for paper.
    pub(crate) fn recovery_code(&self) -> Result<Secret, Error> {
        let found = self.vault()?.filter(Vault::has_key);
        let vault = found.ok_or_else(|| Error::Usage("there is no master key yet".into()))?;
        Ok(vault.recovery_code(&self.keys, (self.clock)())?)
    }

    /// Drops the copy of the master key that is kept for a while. Says whether there was one.
    pub(crate) fn forget_key(&self) -> Result<bool, Error> {
        Ok(self.vault()?.is_some_and(|vault| vault.forget_key()))
    }

    /// Where the first key would come from, when it can be had there.
    pub(crate) fn probe_key(&self) -> Result<KeySource, Error> {
        Ok(self.keys.probe()?)
    }

    fn vault(&self) -> Result<Option<Vault>, Error> {
        Ok(Vault::open(&self.home, &self.caller)?)
    }

    /// The connection to the store that a thread has for itself. What kept it from one may have passed the next time.
    fn own_vault<'v>(&self, own: &'v mut Option<Vault>) -> Result<&'v Vault, Error> {
        if own.is_none() {
            *own = self.vault()?;
        }
        own.as_ref().ok_or(Error::NothingConnected)
    }

    fn unlock(&self, vault: &Vault) -> Result<Seal, Error> {
        Ok(vault.unlock(&self.keys)?)
    }

    fn lease_deadline() -> Instant {
        Instant::now() + LEASE_WAIT
    }
}

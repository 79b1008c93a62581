//! `export` and `import`: an encrypted copy of credentials and client registrations, and the way back.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::discover::is_address;
use super::{App, Error, LEASE_WAIT, Selector};
use crate::age::{self, Lock, Opener};
use crate::files;
use crate::model::{Credential, Secret};
use crate::provider;
use crate::vault::{
    Backup, ClientsOf, Malformed, Restoration, Restoring, Row, Saved, Seal, Source, Subject, Unfit, Vault,
};

/// More than this is no backup of ours, in bytes.
const LARGEST: u64 = 64 << 20;
/// More than this is no key file and no passphrase, in bytes.
const LARGEST_KEY: u64 = 64 << 10;

/// Why a backup is not made, or not brought in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("the backup cannot be opened")]
    Unopened(#[from] age::Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the backup holds nothing of the tenant `{tenant}`")]
    OtherTenants { tenant: String, others: Vec<String> },
    #[error("{} exists", path.display())]
    OutputExists { path: PathBuf },
    /// Nobody has agreed that what these read is sent where the backup says.
    #[error("the backup wants to read what is on this machine, and to send it")]
    Reads(Vec<Credential>),
}

/// What to put into a backup.
#[derive(Clone, Debug)]
pub(crate) enum Contents {
    /// All accounts of a provider.
    Provider(String),
    /// One credential.
    One(Selector),
    Tenant,
    AllTenants,
}

/// A backup that was made.
pub(crate) struct Exported {
    /// The age file, when it was written nowhere.
    pub(crate) file: Option<Vec<u8>>,
    pub(crate) credentials: usize,
    pub(crate) clients: usize,
    /// Credentials whose refresh token must be used from one of the copies only.
    pub(crate) shared: Vec<String>,
    /// What is not in it, because no store would take it, and why.
    pub(crate) left_out: Vec<(Subject, Unfit)>,
}

/// Where a backup is written.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) path: PathBuf,
    /// A file that is there is replaced.
    pub(crate) force: bool,
}

/// How to bring a backup in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Import {
    pub(crate) all_tenants: bool,
    /// Also what is newer here is replaced.
    pub(crate) force: bool,
    /// This store is the only one from now on that uses the refresh tokens.
    pub(crate) take_over: bool,
    /// Only what would become of it is told.
    pub(crate) dry_run: bool,
}

/// Whether what these credentials read on this machine may be sent where the backup says.
pub(crate) type Agrees<'a> = &'a dyn Fn(&[Credential]) -> bool;

/// What was brought in, or would be.
pub(crate) struct BroughtIn {
    pub(crate) done: Restoration,
    /// Where the master key of a new store lives, when this made one.
    pub(crate) chosen: Option<Source>,
    /// Providers without an entry here, which their next login wants, each by a credential of it.
    pub(crate) unknown: Vec<Credential>,
}

impl App {
    /// Makes a backup, in letters where that is wanted. Without an output the file is handed back.
    pub(crate) fn export(
        &self,
        what: &Contents,
        lock: &Lock,
        armor: bool,
        output: Option<&Output>,
    ) -> Result<Exported, Error> {
        let vault = self.vault()?.ok_or(Error::NothingConnected)?;
        // What is not there is told before anybody is asked for a key.
        self.contents(&vault, what)?;
        let Saved { backup, left_out } = self.saved(&vault, &self.unlock(&vault)?, what)?;
        let (credentials, clients) = backup.size();
        let shared = backup.shared();
        let file = age::encrypt(backup.to_json().expose().as_bytes(), lock);
        let file = if armor { age::armored(&file) } else { file };
        let file = match output {
            Some(output) => {
                write(output, &file)?;
                None
            }
            None => Some(file),
        };
        Ok(Exported { file, credentials, clients, shared, left_out })
    }

    /// What is meant, as it stands at one time: no tenant gets another name, and no account comes in, between the reading of
    /// credentials and that of registrations.
    fn saved(&self, vault: &Vault, seal: &Seal, what: &Contents) -> Result<Saved, Error> {
        let _held = vault.hold_connections(Self::lease_deadline())?;
        let (rows, clients_of) = self.contents(vault, what)?;
        let ids: Vec<_> = rows.into_iter().map(|row| row.credential.id).collect();
        self.whatever_the_key(vault, seal, |seal, _| {
            Ok(vault.save(seal, &ids, &clients_of, &self.person, (self.clock)(), Self::lease_deadline())?)
        })
    }

    /// The rows that are meant, and whose client registrations go with them. What was revoked holds nothing.
    fn contents(&self, vault: &Vault, what: &Contents) -> Result<(Vec<Row>, Vec<ClientsOf>), Error> {
        let tenant = self.tenant.clone();
        let (mut rows, clients_of) = match what {
            Contents::One(selector) => {
                let row = self.select(vault, selector)?;
                if row.credential.revoked_at.is_some() {
                    return Err(Error::reauthorization(&row.credential, "it was revoked"));
                }
                let provider = row.credential.provider.clone();
                (vec![row], vec![ClientsOf { tenant, provider: Some(provider) }])
            }
            Contents::Provider(name) => {
                let id = self.registry.find(name).map_or_else(|_| name.clone(), |provider| provider.id);
                let rows = vault.of_provider(&tenant, &id)?;
                if rows.iter().all(|row| row.credential.revoked_at.is_some()) {
                    return Err(self.nothing_connected(&Selector { provider: name.clone(), account: None }));
                }
                (rows, vec![ClientsOf { tenant, provider: Some(id) }])
            }
            Contents::Tenant => (vault.of_tenant(&tenant)?, vec![ClientsOf { tenant, provider: None }]),
            Contents::AllTenants => {
                let tenants = vault.tenants()?;
                (
                    vault.all()?,
                    tenants.into_iter().map(|tenant| ClientsOf { tenant: tenant.name, provider: None }).collect(),
                )
            }
        };
        rows.retain(|row| row.credential.revoked_at.is_none());
        if rows.is_empty() { Err(Error::NothingConnected) } else { Ok((rows, clients_of)) }
    }

    /// Brings a backup in. Nothing is stored unless all of the file is genuine and in its form.
    pub(crate) fn import_backup(
        &self,
        file: &[u8],
        opener: &Opener,
        how: Import,
        agrees: Agrees<'_>,
    ) -> Result<BroughtIn, Error> {
        let document = age::decrypt(file, opener).map_err(BackupError::Unopened)?;
        let backup = Backup::parse(&document).map_err(BackupError::Malformed)?;
        let tenant = (!how.all_tenants).then(|| self.tenant.clone());
        if let Some(tenant) = &tenant
            && !backup.tenants().contains(&tenant.as_str())
        {
            let others = backup.tenants().into_iter().map(str::to_owned).collect();
            return Err(BackupError::OtherTenants { tenant: tenant.clone(), others }.into());
        }
        let restoring = Restoring { tenant, force: how.force, take_over: how.take_over, now: (self.clock)() };
        let foreseen = Vault::foresee(self.vault()?.as_ref(), backup.clone(), &restoring)?;
        if how.dry_run {
            return Ok(self.brought_in(foreseen, None));
        }
        let taken = foreseen.credentials.into_iter().filter(|one| one.verdict.is_taken()).map(|one| one.credential);
        let reading: Vec<_> = taken.filter(|own| own.server.reads().is_some()).collect();
        if !reading.is_empty() && !agrees(&reading) {
            return Err(BackupError::Reads(reading).into());
        }
        let deadline = Instant::now() + LEASE_WAIT;
        let mut vault = Vault::open_or_create(&self.home, &self.caller, (self.clock)(), deadline)?;
        let (seal, chosen) = vault.unlock_or_choose(&self.keys, deadline)?;
        Ok(self.brought_in(vault.restore(&seal, backup, &restoring, deadline)?, chosen))
    }

    fn brought_in(&self, done: Restoration, chosen: Option<Source>) -> BroughtIn {
        let mut unknown: Vec<Credential> = vec![];
        for own in done.credentials.iter().filter(|one| one.verdict.is_taken()).map(|one| &one.credential) {
            let told = is_address(&own.provider) || unknown.iter().any(|other| other.provider == own.provider);
            if !told && matches!(self.registry.find(&own.provider), Err(provider::Error::Unknown { .. })) {
                unknown.push(own.clone());
            }
        }
        BroughtIn { done, chosen, unknown }
    }

    /// Reads a whole file that is no secret in itself: it is encrypted. What is no age file, or opens in the other way, is
    /// refused before anybody is asked for what opens it.
    pub(crate) fn read_backup(&self, path: Option<&Path>, by_identities: bool) -> Result<Vec<u8>, Error> {
        let name = path.map_or_else(|| "standard input".into(), |path| path.display().to_string());
        let failed = |error: io::Error| Error::Usage(format!("cannot read {name}: {error}"));
        let from: Box<dyn Read> = match path {
            Some(path) => Box::new(File::open(path).map_err(failed)?),
            None => Box::new(io::stdin().lock()),
        };
        let mut bytes = vec![];
        from.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LARGEST {
            return Err(Error::Usage(format!("{name} is larger than any backup is")));
        }
        age::check(&bytes, by_identities).map_err(BackupError::Unopened)?;
        Ok(bytes)
    }

    /// Reads a file with a passphrase or private keys in it, which others must not be able to read.
    pub(crate) fn read_secret_file(&self, path: &Path) -> Result<Secret, Error> {
        let failed = |error: io::Error| Error::Usage(format!("cannot read {}: {error}", path.display()));
        let file = File::open(path).map_err(failed)?;
        files::check_secret(&file, path)?;
        let mut text = String::new();
        file.take(LARGEST_KEY).read_to_string(&mut text).map_err(failed)?;
        Ok(Secret::new(text))
    }
}

fn write(output: &Output, bytes: &[u8]) -> Result<(), Error> {
    let path = &output.path;
    let written = if output.force { files::replace_whole(path, bytes) } else { files::create_whole(path, bytes) };
    written.map_err(|error| match error {
        files::Error::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
            BackupError::OutputExists { path: path.clone() }.into()
        }
        files::Error::Io { source, .. } => Error::Usage(format!("cannot write {}: {source}", path.display())),
        insecure @ files::Error::Insecure { .. } => insecure.into(),
    })
}

//! Sealed tokens at rest. [`Vault`] is the only door: what it gives out without a [`Seal`] holds no secret.
//!
//! Invariants:
//! - A refresh token comes out of a [`Lease`] only, so that no two processes can ever spend the same one. To be revoked,
//!   which spends nothing, it comes without one too.
//! - Tokens are committed under a generation check before anyone sees them; nothing here deletes a refresh token
//!   because of an error.
//! - The master key never lies in the store. The store knows its name ([`MasterKey::id`]) and the place it lives in.

mod audit;
mod backup;
mod beside;
mod clients;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod glance;
mod habits;
mod inspect;
mod key;
mod keyring;
mod landing;
mod lease;
mod lock;
mod marks;
mod master_key;
mod passphrase;
mod recovery;
mod registrations;
mod relocate;
mod rotate;
mod rows;
mod seal;
mod store;
mod tenants;
mod uses;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

pub(crate) use audit::{Entry, Event, KINDS, Verified};
pub(crate) use backup::{Backup, ClientsOf, Malformed, Restoration, Restoring, Saved, Unfit, Verdict};
pub(crate) use clients::{Registration, StoredClient};
pub(crate) use error::{Error, KeyError, Subject};
pub(crate) use habits::Habits;
pub(crate) use inspect::{had_store, places};
pub(crate) use key::{Given, KeyAccess, KeyStatus, Source};
pub(crate) use keyring::{Error as KeyringError, KeyCache, Keyring};
pub(crate) use lease::Lease;
use lease::Locks;
pub(crate) use master_key::{MasterKey, NotAKey, random_id};
pub(crate) use registrations::SelfRegistration;
pub(crate) use relocate::{Moved, Target};
pub(crate) use rotate::Rotated;
pub(crate) use rows::Row;
pub(crate) use seal::Seal;
pub(crate) use tenants::Tenant;

use crate::files;
use crate::model::credential::{OTHERS_ANSWER, SPENT_HERE};
use crate::model::{
    AccessToken, Caller, Client, Credential, CredentialId, Kind, ProofKey, RefreshToken, Secret, Timestamp,
};
use landing::Landing;
use lock::LockFile;
use marks::Marks;
use rows::{TAKEN_OVER, Which};
use seal::Binding;
use store::{Description, Store};
use uses::{Missing, Use, Uses};

/// Where a vault lies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Home {
    pub(crate) database: PathBuf,
    /// The directory of lock files.
    pub(crate) locks: PathBuf,
    /// The directory of landing records.
    pub(crate) landing: PathBuf,
    /// The file to which every use of a token is appended.
    pub(crate) uses: PathBuf,
    /// The file that says how far each credential has got.
    pub(crate) marks: PathBuf,
}

/// How long another process's migration, or its change of the master key, is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A store of an earlier schema has no marks.
const FIRST_WITH_MARKS: i64 = 2;

/// An open vault.
pub(crate) struct Vault {
    store: Store,
    home: Home,
    description: Description,
    caller: Caller,
}

/// What is stored when an account was connected.
pub(crate) struct Authorization {
    /// Complete but for `id`, `generation`, `created_at` and `default`, which a row that is there keeps.
    pub(crate) credential: Credential,
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    /// The key that the tokens are bound to, where they are.
    pub(crate) proof_key: Option<ProofKey>,
    /// The registration it was authorized with.
    pub(crate) client: Client,
    /// Whether the registration is kept for the next connection too.
    pub(crate) keep_client: bool,
}

impl Vault {
    /// Opens the vault, or says that there is none yet.
    pub(crate) fn open(home: &Home, caller: &Caller) -> Result<Option<Self>, Error> {
        let Some(store) = Store::open(&home.database)? else { return Ok(None) };
        if !store.is_old {
            return Self::over(store, home, caller).map(Some);
        }
        let _held = Self::birth(home, Instant::now() + PATIENCE)?;
        let found = store.migrate()?;
        let vault = Self::over(store, home, caller)?;
        if found < FIRST_WITH_MARKS {
            vault.mark_unmarked()?;
        }
        Ok(Some(vault))
    }

    /// The credential with this account, or the default one, read without opening the vault; that happens when the vault
    /// is asked for more. None where it has to be opened to tell.
    pub(crate) fn glance(
        home: &Home,
        caller: &Caller,
        (tenant, provider, account): (&str, &str, Option<&str>),
    ) -> Option<(Self, Row)> {
        let which = match account {
            Some(account) => Which::Account { tenant, provider, account },
            None => Which::Default { tenant, provider },
        };
        let (store, (description, row)) = Store::glance(&home.database, |store| {
            let row = rows::select(store.connection().ok()?, which).ok()?.pop()?;
            Some((store.describe().ok()?, row))
        })?;
        Some((Self { store, home: home.clone(), description, caller: caller.clone() }, row))
    }

    /// Opens the vault, and makes it first where there is none.
    pub(crate) fn open_or_create(
        home: &Home,
        caller: &Caller,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Self, Error> {
        if let Some(vault) = Self::open(home, caller)? {
            return Ok(vault);
        }
        let _held = Self::birth(home, deadline)?;
        match Store::open(&home.database)? {
            Some(made_meanwhile) => Self::over(made_meanwhile, home, caller),
            None => Self::over(Store::create(&home.database, now)?, home, caller),
        }
    }

    /// Makes and migrates one process at a time.
    fn birth(home: &Home, deadline: Instant) -> Result<impl Sized + use<>, Error> {
        let held = LockFile::new(&home.locks, "store")?.take_by(deadline)?;
        held.ok_or_else(|| Error::Leased { label: "the new store".into() })
    }

    fn over(store: Store, home: &Home, caller: &Caller) -> Result<Self, Error> {
        let description = store.describe()?;
        Ok(Self { store, home: home.clone(), description, caller: caller.clone() })
    }

    /// Whether a master key was chosen for it.
    pub(crate) fn has_key(&self) -> bool {
        self.description.key_id.is_some()
    }

    /// Fails where nothing that is learnt from here on could be kept.
    pub(crate) fn require_writable(&self) -> Result<(), Error> {
        self.store.require_writable()
    }

    /// Every credential of every tenant.
    pub(crate) fn all(&self) -> Result<Vec<Row>, Error> {
        self.select(Which::All)
    }

    pub(crate) fn of_tenant(&self, tenant: &str) -> Result<Vec<Row>, Error> {
        self.select(Which::Tenant(tenant))
    }

    /// Every credential of one provider, whatever its status.
    pub(crate) fn of_provider(&self, tenant: &str, provider: &str) -> Result<Vec<Row>, Error> {
        self.select(Which::Provider { tenant, provider })
    }

    /// The credential with this account, compared without ASCII case.
    pub(crate) fn account(&self, tenant: &str, provider: &str, account: &str) -> Result<Option<Row>, Error> {
        Ok(self.select(Which::Account { tenant, provider, account })?.pop())
    }

    /// The credential that is taken when no account is named.
    pub(crate) fn default_of(&self, tenant: &str, provider: &str) -> Result<Option<Row>, Error> {
        Ok(self.select(Which::Default { tenant, provider })?.pop())
    }

    /// The row as it stands now.
    pub(crate) fn reread(&self, id: &CredentialId) -> Result<Row, Error> {
        self.select(Which::Id(&id.0))?.pop().ok_or_else(|| Error::Gone(id.clone()))
    }

    fn select(&self, which: Which<'_>) -> Result<Vec<Row>, Error> {
        rows::select(self.store.connection()?, which).map_err(self.store.failed())
    }

    fn mark_unmarked(&self) -> Result<(), Error> {
        let rows = self.all()?;
        let unmarked = self.unmarked(&rows)?;
        rows.iter().filter(|row| unmarked.contains(&row.credential.id)).try_for_each(|row| self.mark(row))
    }

    /// What refreshes have shown of a credential's server.
    pub(crate) fn habits(&self, own: &Credential) -> Result<Habits, Error> {
        habits::of(self.store.connection()?, own).map_err(self.store.failed())
    }

    /// Whether the file is a copy of the one that the store was made in.
    pub(crate) fn is_copy(&self) -> bool {
        !self.description.is_original
    }

    /// From here on this copy of the store is the one whose refresh tokens are sent. Tells whose were held back, and why.
    /// One that came with somebody else's tokens stays held: what it brings next might not even say whose it is.
    pub(crate) fn take_over(&mut self) -> Result<Vec<Credential>, Error> {
        let mut rows = self.beside()?.all_filled_in(self.all()?)?;
        let unmarked = self.unmarked(&rows)?;
        rows.retain(|row| !row.is_held_for_good());
        rows.retain(|row| row.credential.stale.is_some() || unmarked.contains(&row.credential.id));
        rows.iter().try_for_each(|row| self.mark(row))?;
        self.store.write(|transaction| {
            let release = "update credentials set held = null where held not like ?1 || '%' and held not like ?2 || '%'
                           and held not like '%' || ?3";
            transaction.execute(release, [OTHERS_ANSWER, TAKEN_OVER, SPENT_HERE]).map_err(self.store.failed())?;
            // What was in doubt stays with the row, to explain a refusal. The next refresh that succeeds clears it.
            let release = "update credentials set held = ?1 where id = ?2";
            for own in rows.iter().map(|row| &row.credential) {
                let doubt = own.stale.as_ref().map(|doubt| format!("{TAKEN_OVER}{doubt}"));
                transaction.execute(release, (doubt, &own.id.0)).map_err(self.store.failed())?;
            }
            self.store.settle_here(transaction)
        })?;
        self.description = self.store.describe()?;
        Ok(rows.into_iter().map(|row| row.credential).collect())
    }

    /// Notes that a token of `id` was handed out: one short append, no transaction but once in some thousand times.
    pub(crate) fn note_use(&self, id: &CredentialId, seal: &Seal, now: Timestamp) -> Result<(), Error> {
        let (credential, caller) = (id.0.clone(), self.caller.clone());
        if Uses::at(&self.home.uses).append(&Use { at: now.0, credential, missing: None, caller })? {
            // Where it cannot be done now, it is done next time.
            let _ = self.fold_uses(seal, now);
        }
        Ok(())
    }

    /// Notes that a token was asked for which nobody has connected.
    pub(crate) fn note_missing(
        &self,
        tenant: &str,
        provider: &str,
        account: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let account = account.unwrap_or_default().to_owned();
        let missing = Missing { tenant: tenant.to_owned(), provider: provider.to_owned(), account };
        let (credential, caller) = (String::new(), self.caller.clone());
        Uses::at(&self.home.uses).append(&Use { at: now.0, credential, missing: Some(missing), caller })?;
        Ok(())
    }

    /// The access token of a row, as long as it has one.
    pub(crate) fn access_token(row: &Row, seal: &Seal) -> Result<Option<AccessToken>, Error> {
        Ok(open(row, seal, "access_token", row.access_token.as_deref())?.map(AccessToken))
    }

    /// Both tokens of a row, for revocation and nothing else: that spends neither, so it needs no lease.
    pub(crate) fn tokens_to_revoke(
        row: &Row,
        seal: &Seal,
    ) -> Result<(Option<AccessToken>, Option<RefreshToken>), Error> {
        Ok((Self::access_token(row, seal)?, Self::refresh_token_to_revoke(row, seal)?))
    }

    /// The same of the refresh token alone, also where the other one does not open.
    pub(crate) fn refresh_token_to_revoke(row: &Row, seal: &Seal) -> Result<Option<RefreshToken>, Error> {
        Ok(open(row, seal, "refresh_token", row.refresh_token.as_deref())?.map(RefreshToken))
    }

    /// The secret of the client that a row was authorized with.
    pub(crate) fn client_secret(row: &Row, seal: &Seal) -> Result<Option<Secret>, Error> {
        open(row, seal, "client_secret", row.client_secret.as_deref())
    }

    /// The key that the tokens of a row are bound to (RFC 9449).
    pub(crate) fn proof_key(row: &Row, seal: &Seal) -> Result<Option<ProofKey>, Error> {
        Ok(open(row, seal, "proof_key", row.proof_key.as_deref())?.map(ProofKey))
    }

    /// Takes the right to refresh, replace or revoke a credential, waiting for its holder until `deadline`.
    pub(crate) fn lease<'a>(
        &'a self,
        id: &CredentialId,
        seal: &'a Seal,
        deadline: Instant,
    ) -> Result<Lease<'a>, Error> {
        let key = self.keep_key(seal, deadline)?;
        let held = self.row_lock(id)?.take_by(deadline)?;
        let held = held.ok_or_else(|| self.leased(id))?;
        Lease::over(self, seal, Some(Locks { row: Some(held), _key: key }), id)
    }

    /// The same without waiting: `None` when another process holds it.
    pub(crate) fn try_lease<'a>(&'a self, id: &CredentialId, seal: &'a Seal) -> Result<Option<Lease<'a>>, Error> {
        let Some(held) = self.row_lock(id)?.take()? else { return Ok(None) };
        let key = self.keep_key(seal, Instant::now() + PATIENCE)?;
        Lease::over(self, seal, Some(Locks { row: Some(held), _key: key }), id).map(Some)
    }

    /// The lease of a credential whose lock another process took for us and shares with us.
    pub(crate) fn inherited_lease<'a>(&'a self, id: &CredentialId, seal: &'a Seal) -> Result<Lease<'a>, Error> {
        let key = self.keep_key(seal, Instant::now() + PATIENCE)?;
        Lease::over(self, seal, Some(Locks { row: None, _key: key }), id)
    }

    /// Waits until nobody holds the lease of a credential.
    pub(crate) fn wait_for_lease(&self, id: &CredentialId, deadline: Instant) -> Result<(), Error> {
        if self.row_lock(id)?.wait_by(deadline)? { Ok(()) } else { Err(self.leased(id)) }
    }

    /// Whether a process works on a credential now.
    pub(crate) fn is_leased(&self, id: &CredentialId) -> Result<bool, Error> {
        Ok(!self.row_lock(id)?.wait_by(Instant::now())?)
    }

    /// Keeps other processes from storing a newly connected account while this one looks whether it is there.
    pub(crate) fn hold_connections(&self, deadline: Instant) -> Result<impl Sized + use<>, Error> {
        let held = LockFile::new(&self.home.locks, "connect")?.take_by(deadline)?;
        held.ok_or_else(|| Error::Leased { label: "a newly connected account".into() })
    }

    fn row_lock(&self, id: &CredentialId) -> Result<LockFile, files::Error> {
        LockFile::new(&self.home.locks, &id.0)
    }

    fn leased(&self, id: &CredentialId) -> Error {
        Error::Leased { label: self.reread(id).map_or_else(|_| id.0.clone(), |row| row.credential.label()) }
    }

    /// Whether what a login brings can be kept, as far as that is known before it: the credential as it is to be, but for
    /// what the provider says.
    pub(crate) fn check(own: &Credential, client: &Client) -> Result<(), Error> {
        backup::check(own, &Secrets { access: None, refresh: None, client: client.secret.clone(), proof: None })
    }

    /// Stores a newly connected account in one transaction. The only live account of a provider becomes its default.
    pub(crate) fn insert(&self, seal: &Seal, new: Authorization) -> Result<Row, Error> {
        self.add(seal, new, None)
    }

    /// The same in place of a row, which is deleted, and whose default it stays.
    pub(crate) fn insert_instead(&self, old: &Credential, seal: &Seal, new: Authorization) -> Result<Row, Error> {
        let row = self.add(seal, new, Some(old))?;
        self.clear_away(old)?;
        Ok(row)
    }

    fn add(&self, seal: &Seal, new: Authorization, instead: Option<&Credential>) -> Result<Row, Error> {
        let _held = self.keep_key(seal, Instant::now() + PATIENCE)?;
        let mut credential = new.credential;
        credential.id = CredentialId(random_id());
        credential.generation = 1;
        let secrets = Secrets {
            access: Some(new.access_token.0).filter(|token| !token.expose().is_empty()),
            refresh: new.refresh_token.map(|token| token.0),
            client: new.client.secret.clone(),
            proof: new.proof_key.map(|key| key.0),
        };
        backup::check(&credential, &secrets)?;
        let mut row = sealed(credential, &secrets, seal);
        if row.credential.imported_from().is_none() {
            self.mark(&row)?;
        }
        self.write_recorded(seal, |transaction| {
            let own = &mut row.credential;
            let (mut entries, mut inherits) = (vec![], false);
            let which = Which::Provider { tenant: &own.tenant, provider: &own.provider };
            let mut others = rows::select(transaction, which).map_err(self.store.failed())?;
            if let Some(old) = instead {
                inherits = others.iter().any(|row| row.credential.id == old.id && row.credential.default);
                others.retain(|row| row.credential.id != old.id);
                self.delete(transaction, old)?;
                entries.push(Entry::ok("forgotten", old, own.updated_at));
            }
            own.default = inherits || others.iter().all(|row| row.credential.revoked_at.is_some());
            rows::write(transaction, &row, None).map_err(self.store.failed())?;
            if new.keep_client {
                self.keep_client(transaction, &Registration::of(&row.credential, &new.client), seal)?;
            }
            entries.push(Entry::ok("created", &row.credential, row.credential.updated_at));
            Ok(((), entries))
        })?;
        Ok(row)
    }

    /// Makes a credential the one that is taken when no account of its provider is named.
    pub(crate) fn make_default(&self, credential: &Credential) -> Result<(), Error> {
        self.store.write(|transaction| {
            let place = (&credential.tenant, &credential.provider);
            let cleared = "update credentials set is_default = 0 where tenant = ?1 and provider = ?2";
            transaction.execute(cleared, place).map_err(self.store.failed())?;
            let set = "update credentials set is_default = 1 where id = ?1";
            transaction.execute(set, [&credential.id.0]).map_err(self.store.failed())?;
            Ok(())
        })
    }

    /// Deletes a row. Its tokens are gone for good.
    pub(crate) fn forget(&self, credential: &Credential, seal: &Seal, now: Timestamp) -> Result<(), Error> {
        self.write_recorded(seal, |transaction| {
            self.delete(transaction, credential)?;
            Ok(((), vec![Entry::ok("forgotten", credential, now)]))
        })?;
        self.clear_away(credential)
    }

    fn delete(&self, transaction: &Transaction<'_>, credential: &Credential) -> Result<(), Error> {
        let delete = "delete from credentials where id = ?1";
        transaction.execute(delete, [&credential.id.0]).map(|_| ()).map_err(self.store.failed())
    }

    /// What a row that was deleted leaves behind.
    fn clear_away(&self, credential: &Credential) -> Result<(), Error> {
        self.landing(&credential.id).remove()?;
        self.store.sweep()
    }

    /// Writes down how far a row has got.
    fn mark(&self, row: &Row) -> Result<(), Error> {
        Ok(Marks::of(&self.home).set(&row.credential.id, row.mark())?)
    }

    fn landing(&self, id: &CredentialId) -> Landing {
        Landing::new(&self.home.landing, &id.0)
    }
}

/// The secrets of a row, open.
#[derive(Clone)]
struct Secrets {
    access: Option<Secret>,
    refresh: Option<Secret>,
    client: Option<Secret>,
    proof: Option<Secret>,
}

/// A row with its secrets sealed for exactly this place and generation.
fn sealed(mut credential: Credential, secrets: &Secrets, seal: &Seal) -> Row {
    let server: Arc<str> = serde_json::to_string(&*credential.server).expect("a server is JSON").into();
    credential.refreshable = secrets.refresh.is_some() || credential.kind == Kind::Machine;
    let close = |field, secret: &Option<Secret>| {
        secret.as_ref().map(|secret| seal.close(secret, &binding(&credential, &server, field)))
    };
    Row {
        access_token: close("access_token", &secrets.access),
        refresh_token: close("refresh_token", &secrets.refresh),
        client_secret: close("client_secret", &secrets.client),
        proof_key: close("proof_key", &secrets.proof),
        key_id: seal.key_id().to_owned(),
        attempt: None,
        held: None,
        server,
        credential,
    }
}

fn open(row: &Row, seal: &Seal, field: &'static str, blob: Option<&[u8]>) -> Result<Option<Secret>, Error> {
    let Some(blob) = blob else { return Ok(None) };
    if row.key_id != seal.key_id() {
        return Err(Error::WrongKey { given: seal.key_id().to_owned(), wanted: row.key_id.clone() });
    }
    let opened = seal.open(blob, &binding(&row.credential, &row.server, field));
    opened.map(Some).map_err(|_| Error::Tampered { of: Subject::of(&row.credential), field: plain(field) })
}

fn binding<'a>(credential: &'a Credential, server: &'a str, field: &'a str) -> Binding<'a> {
    Binding {
        table: "credentials",
        row: &credential.id.0,
        field,
        tenant: &credential.tenant,
        provider: &credential.provider,
        account: &credential.account,
        server,
        client_id: &credential.client_id,
        generation: credential.generation,
    }
}

/// The name of a field as a person reads it.
fn plain(field: &'static str) -> &'static str {
    match field {
        "access_token" => "access token",
        "refresh_token" => "refresh token",
        "proof_key" => "proof key",
        "registration_access_token" => "token of the registration",
        "landing" => "answer of the last refresh",
        _ => "client secret",
    }
}

//! What a backup holds, and how it goes out of a store and into one. docs/backup.md describes the document for others.
//!
//! A document holds every secret in the open: it exists in memory only, until it is encrypted.

mod document;
mod saving;

use std::time::Instant;

use rusqlite::Transaction;

use super::clients::{Registration, StoredClient};
use super::marks::Mark;
use super::rows;
use super::{CredentialId, Entry, Error, Habits, Lease, Marks, Row, Seal, Vault};
use super::{habits, random_id, sealed};
use crate::model::credential::SPENT_HERE;
use crate::model::{Client, Credential, Kind, Secret, Server, Timestamp};
pub(crate) use document::{Backup, Malformed, Unfit};
use document::{Plain, SavedClient, SavedCredential};
pub(crate) use saving::{ClientsOf, Saved};
pub(super) use saving::{check, check_client};

/// How to bring a backup in.
#[derive(Clone, Debug)]
pub(crate) struct Restoring {
    /// Only what belongs to this tenant; `None` brings in all.
    pub(crate) tenant: Option<String>,
    /// Also what is newer here is replaced.
    pub(crate) force: bool,
    /// This store is the only one from now on that uses the refresh tokens.
    pub(crate) take_over: bool,
    pub(crate) now: Timestamp,
}

/// What became of one credential of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Added,
    /// The one that was here was older.
    Replaced,
    /// It is here just so.
    Same,
    /// The one that is here is newer, and was kept.
    Newer,
    /// The name belongs to another identity here, which was kept.
    OtherIdentity,
}

/// A credential of a backup, as it stands afterwards where it was taken, and what became of it.
pub(crate) struct Restored {
    pub(crate) credential: Credential,
    pub(crate) verdict: Verdict,
    /// Its refresh token was spent here since the backup was made, and is held back for good.
    pub(crate) spent: bool,
}

/// All that was done.
pub(crate) struct Restoration {
    pub(crate) credentials: Vec<Restored>,
    /// Client registrations that were added, or replaced.
    pub(crate) clients: usize,
    /// Those that are other ones here, which were kept.
    pub(crate) kept_clients: Vec<KeptClient>,
    /// Tenants of the backup that were left out.
    pub(crate) other_tenants: Vec<String>,
}

/// A client registration of a backup that is another one here: another secret, another server, other variables.
#[derive(Clone, Debug)]
pub(crate) struct KeptClient {
    pub(crate) tenant: String,
    pub(crate) provider: String,
    pub(crate) client_id: String,
}

/// What of a backup is to be brought in.
struct Wanted {
    credentials: Vec<SavedCredential>,
    clients: Vec<SavedClient>,
    other_tenants: Vec<String>,
    doubts: Doubts,
}

/// Why refresh tokens of a backup are held back.
struct Doubts {
    /// All of them, unless they are taken over.
    usual: Option<String>,
    /// One that was spent here.
    spent: String,
}

/// What is to be done with one credential of a backup.
struct Planned<'a> {
    /// The row as it is to stand, or as it stays.
    row: Row,
    /// What the backup knows of its server.
    learnt: Habits,
    /// The right to replace the row that is here.
    here: Option<Lease<'a>>,
    verdict: Verdict,
    spent: bool,
}

impl Vault {
    /// Brings a backup in: all of what is wanted in one transaction, or nothing.
    pub(crate) fn restore(
        &self,
        seal: &Seal,
        backup: Backup,
        how: &Restoring,
        deadline: Instant,
    ) -> Result<Restoration, Error> {
        let _connecting = self.hold_connections(deadline)?;
        let _key = self.keep_key(seal, deadline)?;
        let Wanted { credentials, clients, other_tenants, doubts } = Wanted::of(backup, how);
        let planned = self.plan(seal, credentials, &doubts, how, deadline)?;
        let taken: Vec<_> = planned.iter().filter(|planned| planned.verdict.is_taken()).collect();
        let (clients, kept_clients) = self.write_recorded(seal, |transaction| {
            for planned in &taken {
                self.bring_in(transaction, planned, how.now)?;
            }
            let clients = self.bring_in_clients(transaction, seal, clients, how.force)?;
            let imported = taken.iter().map(|planned| Entry::ok("imported", &planned.row.credential, how.now));
            Ok((clients, imported.collect()))
        })?;
        let marks = Marks::of(&self.home);
        for planned in &taken {
            marks.set(&planned.row.credential.id, planned.row.mark())?;
        }
        let beside = self.beside()?;
        let restored = planned.into_iter().map(|Planned { row, verdict, spent, .. }| {
            let credential = beside.filled_in(row)?.credential;
            Ok(Restored { credential, verdict, spent })
        });
        let credentials = restored.collect::<Result<_, Error>>()?;
        Ok(Restoration { credentials, clients, kept_clients, other_tenants })
    }

    /// What `restore` would do to this store, or to a new one: nothing is written, and no key is needed.
    pub(crate) fn foresee(vault: Option<&Self>, backup: Backup, how: &Restoring) -> Result<Restoration, Error> {
        let Wanted { credentials: wanted, clients: wanted_clients, other_tenants, doubts } = Wanted::of(backup, how);
        let mut credentials: Vec<Restored> = vec![];
        for saved in wanted {
            let (tenant, provider) = (&saved.tenant, &saved.provider);
            let here = vault.map(|vault| vault.account(tenant, provider, &saved.account)).transpose()?.flatten();
            let verdict = verdict(here.as_ref(), &saved, how);
            // Without the key two tokens of one time are taken for one.
            let is_same_token = |here: &Row| here.credential.last_refreshed_at == saved.last_refreshed_at;
            let spent = match vault.zip(here.as_ref()).filter(|_| verdict.is_taken()) {
                Some((vault, here)) => vault.has_spent(here, &saved, is_same_token(here))?,
                None => false,
            };
            let here = here.map(|row| row.credential);
            let credential = match here {
                Some(here) if !verdict.is_taken() => here,
                here => {
                    let default = vault.map(|vault| vault.default_of(tenant, provider)).transpose()?.flatten();
                    let before = credentials.iter().map(|one| &one.credential);
                    let has_default = default.is_some() || saved.finds_default_in(before);
                    let (can_refresh, learnt) = (saved.can_refresh(), saved.habits());
                    let (mut own, _) = saved.open();
                    let known = vault.map(|vault| vault.habits(&own)).transpose()?.unwrap_or_default();
                    let is_held = can_refresh && known.with(learnt).rotates != Some(false);
                    own.stale = doubts.of(spent).filter(|_| is_held).cloned();
                    place(&mut own, here.as_ref(), has_default, how.now);
                    own
                }
            };
            credentials.push(Restored { credential, verdict, spent });
        }
        let (mut clients, mut kept_clients) = (0, vec![]);
        for saved in &wanted_clients {
            let others = vault.map(|vault| vault.clients(&saved.tenant, Some(&saved.provider))).transpose()?;
            match saved.same_in(&others.unwrap_or_default()) {
                None => clients += 1,
                // Without the key two secrets of one time are taken for one.
                Some(same) if saved.looks_like(same)? && saved.may_share_secrets(same) => {}
                Some(_) if how.force => clients += 1,
                Some(_) => kept_clients.push(saved.kept()),
            }
        }
        Ok(Restoration { credentials, clients, kept_clients, other_tenants })
    }

    /// What is to become of each credential. A lease is taken on each row that is here: no refresh goes on, and what has
    /// landed is finished.
    fn plan<'a>(
        &'a self,
        seal: &'a Seal,
        wanted: Vec<SavedCredential>,
        doubts: &Doubts,
        how: &Restoring,
        deadline: Instant,
    ) -> Result<Vec<Planned<'a>>, Error> {
        let mut planned: Vec<Planned<'a>> = vec![];
        for saved in wanted {
            let here = self.account(&saved.tenant, &saved.provider, &saved.account)?;
            let here = here.map(|row| self.lease(&row.credential.id, seal, deadline)).transpose()?;
            let verdict = verdict(here.as_ref().map(Lease::row), &saved, how);
            let learnt = saved.habits();
            let spent = match here.as_ref().filter(|_| verdict.is_taken()) {
                Some(here) => self.has_spent(here.row(), &saved, saved.has_token_of(here))?,
                None => false,
            };
            let row = match &here {
                Some(here) if !verdict.is_taken() => here.row().clone(),
                _ => {
                    let default = self.default_of(&saved.tenant, &saved.provider)?;
                    let before = planned.iter().map(|one| &one.row.credential);
                    let has_default = default.is_some() || saved.finds_default_in(before);
                    let (mut own, secrets) = saved.open();
                    place(&mut own, here.as_ref().map(Lease::credential), has_default, how.now);
                    let mut row = sealed(own, &secrets, seal);
                    row.held = doubts.of(spent).filter(|_| row.refresh_token.is_some()).cloned();
                    row
                }
            };
            // What stays as it is may be refreshed meanwhile.
            let here = here.filter(|_| verdict.is_taken());
            planned.push(Planned { row, learnt, here, verdict, spent });
        }
        Ok(planned)
    }

    /// Whether this home has spent the refresh token of a backup itself: of the same login, it has got further than the
    /// generation that bears the token. By now that is the one that is here, where the tokens are the same.
    fn has_spent(&self, here: &Row, saved: &SavedCredential, is_same_token: bool) -> Result<bool, Error> {
        let own = &here.credential;
        if saved.refresh_token.is_none() || own.authorized_at != saved.authorized_at || is_another(own, saved) {
            return Ok(false);
        }
        if is_same_token && here.is_held_for_good() {
            return Ok(true);
        }
        let known = Marks::of(&self.home).known_of(&own.id)?;
        let is_restored = known.is_beyond(&own.id, here.mark()) == Some(true);
        // Bringing a backup in and revoking count generations too, and spend nothing.
        let refreshed_since = own.last_refreshed_at.cmp(&saved.last_refreshed_at);
        if !is_restored && (refreshed_since.is_lt() || own.revoked_at.is_some() && refreshed_since.is_eq()) {
            return Ok(false);
        }
        let bearer = Mark::Reached(if is_same_token { own.generation } else { saved.generation });
        Ok(known.is_beyond(&own.id, bearer).unwrap_or_else(|| here.mark().is_beyond(bearer)))
    }

    fn bring_in(&self, transaction: &Transaction<'_>, planned: &Planned<'_>, now: Timestamp) -> Result<(), Error> {
        let failed = self.store.failed();
        let own = &planned.row.credential;
        let expected = planned.here.as_ref().map(|lease| lease.credential().generation);
        if rows::write(transaction, &planned.row, expected).map_err(&failed)? != 1 {
            return Err(Error::Conflict { label: own.label() });
        }
        let known = habits::of(transaction, own).map_err(&failed)?;
        habits::write(transaction, own, known.with(planned.learnt), now).map_err(&failed)
    }

    /// Adds registrations that are not here; one that is another here is replaced by force only, whichever is newer: who made
    /// the backup says when. Which one is the default here stays as it is.
    fn bring_in_clients(
        &self,
        transaction: &Transaction<'_>,
        seal: &Seal,
        clients: Vec<SavedClient>,
        force: bool,
    ) -> Result<(usize, Vec<KeptClient>), Error> {
        let (mut count, mut kept) = (0, vec![]);
        for saved in clients {
            let others = self.clients(&saved.tenant, Some(&saved.provider))?;
            if let Some(same) = saved.same_in(&others) {
                if saved.is_as(same, seal)? {
                    continue;
                }
                if !force {
                    kept.push(saved.kept());
                    continue;
                }
            }
            let taken = others.iter().any(|other| other.name == saved.name && other.client_id != saved.client_id);
            let client = Client { id: saved.client_id, secret: saved.client_secret.map(|secret| secret.0) };
            let registration = Registration {
                client: &client,
                name: (!taken).then_some(saved.name.as_str()),
                default: saved.default && others.is_empty(),
                tenant: &saved.tenant,
                provider: &saved.provider,
                server: &saved.server,
                variables: &saved.variables,
                at: saved.updated_at,
            };
            let token = saved.registration_access_token.as_ref().map(|token| &token.0);
            match &saved.registration {
                Some(own) => self.keep_self_client(transaction, &registration, own, token, seal)?,
                None => drop(self.keep_client(transaction, &registration, seal)?),
            }
            count += 1;
        }
        Ok((count, kept))
    }
}

impl Wanted {
    fn of(backup: Backup, how: &Restoring) -> Self {
        let wanted = |tenant: &str| how.tenant.as_deref().is_none_or(|own| own == tenant);
        let mut other_tenants: Vec<_> =
            backup.tenants().into_iter().filter(|tenant| !wanted(tenant)).map(str::to_owned).collect();
        other_tenants.dedup();
        let (made_by, made_at) = (&backup.made_by, backup.made_at.rfc3339());
        let origin = format!("it was imported from a backup of {made_by} ({made_at})");
        let doubts = Doubts {
            usual: (!how.take_over).then(|| format!("{origin}, which may have spent it")),
            spent: format!("{origin}, {SPENT_HERE}"),
        };
        Self {
            doubts,
            credentials: backup.credentials.into_iter().filter(|saved| wanted(&saved.tenant)).collect(),
            clients: backup.clients.into_iter().filter(|client| wanted(&client.tenant)).collect(),
            other_tenants,
        }
    }
}

impl Doubts {
    fn of(&self, spent: bool) -> Option<&String> {
        if spent { Some(&self.spent) } else { self.usual.as_ref() }
    }
}

impl SavedCredential {
    fn habits(&self) -> Habits {
        Habits { rotates: self.rotates, takes_again: None }
    }

    /// Whether its refresh token is the one that is here. One that cannot be opened is another.
    fn has_token_of(&self, here: &Lease<'_>) -> bool {
        let own = here.tokens().ok().and_then(|(_, refresh)| refresh);
        own.as_ref().map(|own| own.0.expose()) == self.refresh_token.as_ref().map(|saved| saved.0.expose())
    }

    /// Whether another account of its provider is the default among these.
    fn finds_default_in<'a>(&self, mut others: impl Iterator<Item = &'a Credential>) -> bool {
        others.any(|own| own.default && own.tenant == self.tenant && own.provider == self.provider)
    }
}

impl SavedClient {
    /// The one with the same client id.
    fn same_in<'a>(&self, others: &'a [StoredClient]) -> Option<&'a StoredClient> {
        others.iter().find(|other| other.client_id == self.client_id)
    }

    /// Whether it is the registration that is here, in all that is no secret.
    fn looks_like(&self, here: &StoredClient) -> Result<bool, Error> {
        let own = (&self.server, &self.variables, &self.registration, self.client_secret.is_some());
        Ok(own == (&here.server()?, &here.variables()?, &here.self_registration(), here.has_secret()))
    }

    fn may_share_secrets(&self, here: &StoredClient) -> bool {
        let has_secrets = self.client_secret.is_some() || self.registration_access_token.is_some();
        !has_secrets || self.updated_at == here.updated_at
    }

    /// The same, secrets and all.
    fn is_as(&self, here: &StoredClient, seal: &Seal) -> Result<bool, Error> {
        let equal = |own: &Option<Plain>, here: Option<Secret>| {
            own.as_ref().map(|own| own.0.expose()) == here.as_ref().map(Secret::expose)
        };
        Ok(self.looks_like(here)?
            && equal(&self.client_secret, here.open_secret(seal)?)
            && equal(&self.registration_access_token, here.registration_access_token(seal)?))
    }

    fn kept(&self) -> KeptClient {
        let Self { tenant, provider, client_id, .. } = self;
        KeptClient { tenant: tenant.clone(), provider: provider.clone(), client_id: client_id.clone() }
    }
}

impl Verdict {
    /// Whether the backup's credential was written.
    pub(crate) fn is_taken(self) -> bool {
        matches!(self, Self::Added | Self::Replaced)
    }
}

/// Gives a credential its place in this store: that of the row that is here, or a new one. `has_default` when another
/// account is the default already.
fn place(own: &mut Credential, here: Option<&Credential>, has_default: bool, now: Timestamp) {
    own.updated_at = now;
    if let Some(here) = here {
        (own.id, own.default) = (here.id.clone(), here.default);
        own.generation = own.generation.max(here.generation.saturating_add(1));
    } else {
        (own.id, own.default) = (CredentialId(random_id()), own.default && !has_default);
    }
}

/// Who is newer: the later authorization, or revocation; of the same authorization, the one with more refreshes. What is
/// here just so, and held back, is written again when it is taken over.
fn verdict(here: Option<&Row>, saved: &SavedCredential, how: &Restoring) -> Verdict {
    let Some(row @ Row { credential: here, .. }) = here else { return Verdict::Added };
    if how.force {
        return Verdict::Replaced;
    }
    if is_another(here, saved) {
        return Verdict::OtherIdentity;
    }
    let last_word = here.revoked_at.map_or(here.authorized_at, |at| at.max(here.authorized_at));
    if saved.authorized_at != last_word {
        return if saved.authorized_at > last_word { Verdict::Replaced } else { Verdict::Newer };
    }
    match saved.generation.cmp(&here.generation) {
        std::cmp::Ordering::Greater => Verdict::Replaced,
        std::cmp::Ordering::Equal if how.take_over && row.is_held() => Verdict::Replaced,
        std::cmp::Ordering::Equal => Verdict::Same,
        std::cmp::Ordering::Less => Verdict::Newer,
    }
}

/// Whether the backup's credential is not shown to be the one that is here: another server, another subject, or none
/// where this one has one. Of a machine the client is the subject.
fn is_another(here: &Credential, saved: &SavedCredential) -> bool {
    let server = |server: &Server| (server.issuer.clone(), server.token_endpoint.clone());
    let other_client = here.kind == Kind::Machine && here.client_id != saved.client_id;
    server(&here.server) != server(&saved.server)
        || here.subject.is_some() && here.subject != saved.subject
        || other_client
}

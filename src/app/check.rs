//! `test`: is each credential usable? Each is looked at for itself; one failure never hides another.

use std::time::Duration;

use super::{Access, App, Demand, Error, Selector, Tried, pool};
use crate::model::credential::CredentialId;
use crate::model::{Client, Credential, Status};
use crate::protocol::{self, Channel, Identity, Userinfo};
use crate::vault::{Row, Seal, Vault};

/// What to look at, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checking {
    /// `None`: every credential of the tenant that is not revoked.
    pub(crate) selector: Option<Selector>,
    pub(crate) no_refresh: bool,
    pub(crate) offline: bool,
    /// No human shall be needed before this has passed.
    pub(crate) min_valid: Option<Duration>,
    /// What the token may do is tried.
    pub(crate) capabilities: bool,
    /// How many are looked at at once.
    pub(crate) jobs: usize,
}

/// How one look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckResult {
    Passed,
    Failed,
    Skipped,
}

/// One look at one credential.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// `token`, `userinfo`, `introspection` or `min-valid`.
    pub(crate) name: &'static str,
    pub(crate) result: CheckResult,
    pub(crate) detail: String,
}

/// All looks at one credential.
pub(crate) struct CheckOutcome {
    /// As it stands afterwards.
    pub(crate) credential: Credential,
    pub(crate) checks: Vec<Check>,
    /// What was tried with the token; `None` where it was not asked for, or there is no token to try it with.
    pub(crate) capabilities: Option<Vec<Tried>>,
    pub(crate) error: Option<Error>,
}

impl App {
    /// Looks at the credentials, several at once, and reports `(done, all)` as it goes. The outcomes stand in the order
    /// of the list.
    pub(crate) fn check(
        &self,
        checking: &Checking,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<CheckOutcome>, Error> {
        let vault = self.vault()?.ok_or_else(|| match &checking.selector {
            Some(selector) => self.nothing_connected(selector),
            None => Error::NothingConnected,
        })?;
        let rows = match &checking.selector {
            Some(selector) => vec![self.select(&vault, selector)?],
            None => {
                vault.of_tenant(&self.tenant)?.into_iter().filter(|row| row.credential.revoked_at.is_none()).collect()
            }
        };
        if rows.is_empty() {
            let known = self.tenants_besides(&vault)?;
            let name = self.tenant.clone();
            return Err(if known.is_empty() { Error::NothingConnected } else { Error::EmptyTenant { name, known } });
        }
        let seal = self.unlock(&vault)?;
        Ok(self.check_rows(rows, &seal, checking, progress))
    }

    fn check_rows(
        &self,
        rows: Vec<Row>,
        seal: &Seal,
        checking: &Checking,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Vec<CheckOutcome> {
        let start = || {
            let mut own = None;
            move |row: &Row| match self.own_vault(&mut own) {
                Ok(vault) => self.check_one(vault, seal, row, checking),
                Err(error) => not_looked_at(row, error),
            }
        };
        let lost = |row: &Row| not_looked_at(row, Error::broken_down(&row.credential));
        pool::each(rows, checking.jobs, start, lost, progress)
    }

    fn check_one(&self, vault: &Vault, seal: &Seal, row: &Row, checking: &Checking) -> CheckOutcome {
        let id = row.credential.id.clone();
        let mut checks = Vec::new();
        let before = row.credential.clone();
        let mut newer = None;
        let looked = self.whatever_the_key(vault, seal, |seal, replaced| {
            if replaced {
                newer = Some(vault.reread(&id)?);
            }
            checks.clear();
            self.look(vault, seal, newer.as_ref().unwrap_or(row), checking, &mut checks)?;
            if checking.capabilities { self.capabilities_of(vault, seal, &id) } else { Ok(None) }
        });
        let (capabilities, error) = looked.map_or_else(|error| (None, Some(error)), |tried| (tried, None));
        if let Some(error) = &error {
            self.alarm(&before, error);
        }
        let credential = vault.as_it_stands(&id).unwrap_or(before);
        let error = error.map(|error| self.explained(error, vault, &credential));
        CheckOutcome { credential, checks, capabilities, error }
    }

    /// What the token that is stored now may do. There is none where a refresh was due and not allowed.
    fn capabilities_of(&self, vault: &Vault, seal: &Seal, id: &CredentialId) -> Result<Option<Vec<Tried>>, Error> {
        let row = vault.reread(id)?;
        match self.access(vault, seal, &row, Demand { offline: true, ..Demand::default() }) {
            Err(Error::Offline { .. }) => Ok(None),
            access => {
                let token = access?.token;
                self.with_channel(seal, &row, |channel| self.try_capabilities(channel, &row.credential, &token))
                    .map(Some)
            }
        }
    }

    /// Does something as the credential's client.
    fn with_channel<R>(
        &self,
        seal: &Seal,
        row: &Row,
        work: impl FnOnce(&Channel<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let own = &row.credential;
        let client = Client { id: own.client_id.clone(), secret: Vault::client_secret(row, seal)? };
        let proof = Vault::proof_key(row, seal)?.filter(|_| own.is_bound());
        let (http, clock, server) = (&self.http, self.clock, &own.server);
        work(&Channel { http, clock, server, client: &client, proof: proof.as_ref() })
    }

    fn look(
        &self,
        vault: &Vault,
        seal: &Seal,
        row: &Row,
        checking: &Checking,
        checks: &mut Vec<Check>,
    ) -> Result<(), Error> {
        let demand = Demand { offline: checking.offline || checking.no_refresh, ..Demand::default() };
        let access = match self.access(vault, seal, row, demand) {
            // Without leave to refresh, a token that is due and gone is no failure: it refreshes at its next use.
            Err(Error::Offline { .. }) => {
                checks.push(skipped("token", "expired, and refreshes at its next use"));
                return self.min_valid(&row.credential, checking, checks);
            }
            access => noted(checks, "token", access, describe)?,
        };
        if !checking.offline {
            self.ask_provider(vault, seal, row, &access, checking, checks)?;
        }
        let own = vault.reread(&row.credential.id)?.credential;
        if let Some(reason) = &own.reauth {
            return Err(Error::reauthorization(&own, reason));
        }
        self.min_valid(&own, checking, checks)
    }

    /// Asks the provider, and once more with a new token when it does not take the old one.
    fn ask_provider(
        &self,
        vault: &Vault,
        seal: &Seal,
        row: &Row,
        access: &Access,
        checking: &Checking,
        checks: &mut Vec<Check>,
    ) -> Result<(), Error> {
        let mut answer = self.probe(seal, row, access)?;
        let may_refresh = row.credential.refreshable && !checking.no_refresh;
        if answer.result == CheckResult::Failed && may_refresh {
            let fresh = Demand { refresh: true, ..Demand::default() };
            let access = noted(
                checks,
                "refresh",
                self.access(vault, seal, &vault.reread(&row.credential.id)?, fresh),
                describe,
            )?;
            answer = self.probe(seal, row, &access)?;
        }
        let rejected = answer.result == CheckResult::Failed;
        checks.push(answer);
        if !rejected {
            return Ok(());
        }
        if row.credential.refreshable {
            return Err(rejected_now(&vault.as_it_stands(&row.credential.id)?));
        }
        // There is no other token to try: a human is needed.
        let reason = "the provider no longer takes the access token, and there is no refresh token";
        let mut lease = vault.lease(&row.credential.id, seal, Self::lease_deadline())?;
        if lease.credential().generation == row.credential.generation {
            lease.require_authorization(reason, "reauthorization_required", (self.clock)())?;
        }
        Err(Error::reauthorization(&row.credential, reason))
    }

    fn probe(&self, seal: &Seal, row: &Row, access: &Access) -> Result<Check, Error> {
        self.with_channel(seal, row, |channel| probe(channel, &row.credential, access))
    }

    fn min_valid(&self, own: &Credential, checking: &Checking, checks: &mut Vec<Check>) -> Result<(), Error> {
        let Some(wanted) = checking.min_valid else { return Ok(()) };
        let now = (self.clock)();
        let until = now.plus(wanted.as_secs());
        let needed = own.human_needed_at().filter(|at| *at < until || own.status(now) == Status::Reauth);
        let Some(at) = needed else {
            checks.push(passed("min-valid", "no human is needed before then"));
            return Ok(());
        };
        let detail = format!("a human is needed at {}", at.rfc3339());
        checks.push(failed_check("min-valid", &detail));
        Err(Error::reauthorization(own, &detail))
    }
}

/// The token that is there is refused, and no other one was asked for: a later one may be taken, if one can be had.
fn rejected_now(own: &Credential) -> Error {
    match (&own.reauth, &own.stale) {
        (Some(reason), _) => Error::reauthorization(own, reason),
        (None, Some(reason)) => Error::stale(own, reason.clone()),
        (None, None) => Error::TokenRejected { label: own.label() },
    }
}

fn not_looked_at(row: &Row, error: Error) -> CheckOutcome {
    CheckOutcome { credential: row.credential.clone(), checks: vec![], capabilities: None, error: Some(error) }
}

/// Asks the provider about the token, where it lets itself be asked.
fn probe(channel: &Channel<'_>, own: &Credential, access: &Access) -> Result<Check, Error> {
    let failed =
        |source| Error::Protocol { doing: format!("cannot ask {} about {}", own.provider, own.label()), source };
    let granted = own.server.identity_scopes.iter().all(|scope| own.scopes.is_empty() || own.scopes.contains(scope));
    if granted && let Some(answer) = protocol::userinfo(channel, &access.token).map_err(failed)? {
        return Ok(match answer {
            Userinfo::Known(members) => {
                same_account(own, &members)?;
                passed("userinfo", "the provider knows the token")
            }
            Userinfo::Forbidden => passed("userinfo", "the provider knows the token, which may not ask for userinfo"),
            Userinfo::Unauthorized => failed_check("userinfo", "the provider does not take the token"),
        });
    }
    match protocol::introspect(channel, &access.token) {
        Ok(Some(true)) => Ok(passed("introspection", "the provider calls the token active")),
        Ok(Some(false)) => Ok(failed_check("introspection", "the provider calls the token inactive")),
        Ok(None) => Ok(skipped("userinfo", "the provider has nothing that this token may ask")),
        // Not every client may introspect; that says nothing of the token.
        Err(protocol::Error::Refused { .. } | protocol::Error::NotOauth { .. }) => {
            Ok(skipped("introspection", "this client may not introspect tokens"))
        }
        Err(source) => Err(failed(source)),
    }
}

fn describe(access: &Access) -> String {
    match access.warnings.first() {
        Some(super::Warning::NotRefreshed(error)) => format!("valid, and could not be refreshed: {error}"),
        Some(super::Warning::OtherScopes { .. }) => "valid, and refreshed with other scopes than before".into(),
        Some(_) => "valid for a shorter time than asked".into(),
        None => "valid".into(),
    }
}

fn noted(
    checks: &mut Vec<Check>,
    name: &'static str,
    access: Result<Access, Error>,
    detail: impl Fn(&Access) -> String,
) -> Result<Access, Error> {
    match access {
        Ok(access) => {
            checks.push(Check { name, result: CheckResult::Passed, detail: detail(&access) });
            Ok(access)
        }
        Err(error) => {
            checks.push(failed_check(name, &error.to_string()));
            Err(error)
        }
    }
}

/// Whether userinfo speaks of the account that was connected, as far as it can be told by the same fields.
fn same_account(own: &Credential, members: &serde_json::Map<String, serde_json::Value>) -> Result<(), Error> {
    // Where an ID token named the account, userinfo without `sub` is another API with other numbers.
    if own.scopes.contains("openid") && !members.contains_key("sub") {
        return Ok(());
    }
    let found = Identity::of(&own.server, None, Some(members), &serde_json::Map::new());
    let Some(found) = found.ok().filter(|found| found.subject.is_some() && own.subject.is_some()) else {
        return Ok(());
    };
    if found.subject == own.subject {
        return Ok(());
    }
    let name = found.label.or(found.subject).unwrap_or_default();
    Err(Error::ForeignToken { label: own.label(), asked: own.account.clone(), found: name })
}

fn passed(name: &'static str, detail: &str) -> Check {
    Check { name, result: CheckResult::Passed, detail: detail.to_owned() }
}

fn skipped(name: &'static str, detail: &str) -> Check {
    Check { name, result: CheckResult::Skipped, detail: detail.to_owned() }
}

fn failed_check(name: &'static str, detail: &str) -> Check {
    Check { name, result: CheckResult::Failed, detail: detail.to_owned() }
}

//! `token`: an access token that is valid now, refreshed at most once however many ask.

use std::borrow::Cow;
use std::time::Duration;

use super::import::check_token;
use super::{App, Error, Selector};
use crate::model::{AccessToken, Credential, ProofKey, Scopes, Secret, Timestamp};
use crate::protocol::{Proven, Prover};
use crate::vault::{self, Lease, Row, Seal, Vault};

/// So often the master key may be replaced while something is done with one row.
const KEYS_REPLACED: u32 = 3;

/// What a token must be good for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// It shall live at least this long.
    pub(crate) min_ttl: Duration,
    /// It shall be newer than the one that is stored now.
    pub(crate) refresh: bool,
    /// Nothing may be sent.
    pub(crate) offline: bool,
}

/// A static token from the environment, after the name of its variable.
pub(crate) type Fallback = (String, Secret);

/// A token, and whose it is.
pub(crate) struct Access {
    pub(crate) token: AccessToken,
    /// The key that the token is bound to, where it is (RFC 9449).
    pub(crate) proof: Option<ProofKey>,
    /// The certificate with its key that a server of the API may ask for, where the client has one (RFC 8705 §3).
    pub(crate) certificate: Option<Secret>,
    /// `None` for a token that came from the environment.
    pub(crate) credential: Option<Credential>,
    /// The variable that gave such a token.
    pub(crate) variable: Option<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// What went wrong although there is a token.
#[derive(Debug)]
pub(crate) enum Warning {
    /// The token could not be refreshed, and still lives.
    NotRefreshed(Error),
    /// The provider gives no tokens that live as long as was asked for.
    ShortLived { seconds: i64 },
    /// The provider grants less with this refresh than it did until now, or more.
    OtherScopes { taken: Scopes, added: Scopes },
    /// The use could not be recorded.
    NotRecorded(vault::Error),
}

impl Warning {
    fn of_scopes(before: &Scopes, after: &Scopes) -> Option<Self> {
        let (taken, added) = (before.without(after), after.without(before));
        (!taken.is_empty() || !added.is_empty()).then_some(Self::OtherScopes { taken, added })
    }
}

impl App {
    /// A valid token of the credential that is meant. `fallback` is a static token from the environment, taken only
    /// when no account is named and the provider has no row of any status.
    pub(crate) fn token(
        &self,
        selector: &Selector,
        demand: Demand,
        fallback: Option<Fallback>,
    ) -> Result<Access, Error> {
        let fallback = fallback.filter(|_| selector.account.is_none());
        fallback.as_ref().map_or(Ok(()), check_fallback)?;
        let static_token = |(variable, token)| {
            if demand.refresh {
                return Err(Error::StaticToken { provider: selector.provider.clone() });
            }
            let token = AccessToken(token);
            Ok(Access {
                token,
                proof: None,
                certificate: None,
                credential: None,
                variable: Some(variable),
                warnings: vec![],
            })
        };
        if let Some((vault, row)) = self.glance(selector) {
            return self.hand_out(&vault, row, demand);
        }
        let Some(vault) = self.vault()? else {
            return fallback.map_or_else(|| Err(self.nothing_connected(selector)), static_token);
        };
        let row = match (self.select(&vault, selector), fallback) {
            (Err(Error::NotConnected { provider, .. }), Some(token))
                if vault.of_provider(&self.tenant, &provider)?.is_empty() =>
            {
                return static_token(token);
            }
            (Err(Error::Provider(crate::provider::Error::Unknown { .. })), Some(token)) => {
                return static_token(token);
            }
            (Err(error), _) => {
                self.note_missing(&vault, &error);
                return Err(error);
            }
            (Ok(row), _) => row,
        };
        self.hand_out(&vault, row, demand)
    }

    /// A valid token of this row, and the note that it was used.
    fn hand_out(&self, vault: &Vault, row: Row, demand: Demand) -> Result<Access, Error> {
        let seal = self.unlock(vault)?;
        let mut access = self.access_whatever_the_key(vault, &seal, row, demand)?;
        if let Some(credential) = &access.credential
            && let Err(error) = vault.note_use(&credential.id, &seal, (self.clock)())
        {
            access.warnings.push(Warning::NotRecorded(error));
        }
        if let Some(credential) = &mut access.credential {
            credential.last_used_at = Some((self.clock)());
        }
        Ok(access)
    }

    /// Does something with a row. The master key may be replaced after the key was read, and before the row was, or before
    /// its lease is taken: then the key is read again, and `work` told to read the row again too.
    pub(super) fn whatever_the_key<T>(
        &self,
        vault: &Vault,
        seal: &Seal,
        mut work: impl FnMut(&Seal, bool) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut seal = Cow::Borrowed(seal);
        let mut done = work(&seal, false);
        for _ in 0..KEYS_REPLACED {
            match done {
                Err(Error::Vault(vault::Error::KeyReplaced | vault::Error::WrongKey { .. })) => {}
                done => return done,
            }
            seal = Cow::Owned(vault.unlock_again(&seal, &self.keys)?);
            done = work(&seal, true);
        }
        done
    }

    /// The token of this row, also where the master key is replaced meanwhile.
    pub(super) fn access_whatever_the_key(
        &self,
        vault: &Vault,
        seal: &Seal,
        mut row: Row,
        demand: Demand,
    ) -> Result<Access, Error> {
        self.whatever_the_key(vault, seal, |seal, replaced| {
            if replaced {
                row = vault.reread(&row.credential.id)?;
            }
            self.access(vault, seal, &row, demand)
        })
    }

    /// What was asked for and nobody has connected is worth to be known; the error that counts is that it is missing.
    pub(super) fn note_missing(&self, vault: &Vault, error: &Error) {
        if let Error::NotConnected { provider, account, .. } = error {
            let _ = vault.note_missing(&self.tenant, provider, account.as_deref(), (self.clock)());
        }
    }

    /// A valid token of this row: the stored one, another process's, or a new one.
    pub(super) fn access(&self, vault: &Vault, seal: &Seal, row: &Row, demand: Demand) -> Result<Access, Error> {
        if let Some(reason) = row.credential.spent().filter(|_| row.credential.revoked_at.is_none()) {
            return Err(Error::reauthorization(&row.credential, reason));
        }
        let wanted = Wanted { demand, seen: row.credential.generation };
        let now = (self.clock)();
        if wanted.fits(row, now) {
            let unfinished = row.has_attempt() && !demand.offline;
            return if unfinished { self.after_attempt(vault, seal, row, wanted) } else { give(row, seal, vec![]) };
        }
        let failure = match self.renewed(vault, seal, row, wanted) {
            Ok(access) => return Ok(access),
            Err(failure) => failure,
        };
        self.alarm(&row.credential, &failure);
        // The old token serves as long as it lives, unless a new one was asked for. To fail may have taken long.
        let now = (self.clock)();
        let row = vault.reread(&row.credential.id)?;
        let failure = self.explained(failure, vault, &row.credential);
        let lives = row.access_token_lives(now) && wanted.lasts(&row.credential, now) && !demand.refresh;
        if !lives || !failure.may_be_passed_over() {
            return Err(failure);
        }
        let quiet = demand.offline && !row.credential.is_expired(now);
        give(&row, seal, if quiet { vec![] } else { vec![Warning::NotRefreshed(failure)] })
    }

    /// A refresh of this row was begun and has not ended: its answer may lie there, unfinished. Whoever works on it now
    /// is not waited for, and where the store cannot take it yet, the token that is here serves as long as it lives.
    fn after_attempt(&self, vault: &Vault, seal: &Seal, row: &Row, wanted: Wanted) -> Result<Access, Error> {
        let lease = match vault.try_lease(&row.credential.id, seal).map_err(Error::from) {
            Err(failure) if failure.may_be_passed_over() => {
                return give(row, seal, vec![Warning::NotRefreshed(failure)]);
            }
            lease => lease?,
        };
        let finished = lease.map(|lease| lease.row().clone());
        let row = finished.filter(|row| wanted.fits(row, (self.clock)())).unwrap_or_else(|| row.clone());
        give(&row, seal, vec![])
    }

    fn renewed(&self, vault: &Vault, seal: &Seal, row: &Row, wanted: Wanted) -> Result<Access, Error> {
        let own = &row.credential;
        if own.revoked_at.is_some() {
            return Err(Error::reauthorization(own, "it was revoked"));
        }
        if !own.refreshable {
            let ended = if own.is_expired((self.clock)()) {
                "the access token has expired"
            } else {
                "a new token was asked for"
            };
            return Err(Error::reauthorization(own, &format!("{ended}, and there is no refresh token")));
        }
        if let Some(reason) = &own.reauth {
            return Err(Error::reauthorization(own, reason));
        }
        if wanted.demand.offline {
            return Err(Error::Offline { label: own.label() });
        }
        let deadline = Self::lease_deadline();
        loop {
            if let Some(mut lease) = vault.try_lease(&own.id, seal)? {
                return self.under_lease(&mut lease, seal, wanted);
            }
            vault.wait_for_lease(&own.id, deadline)?;
            let row = vault.reread(&own.id)?;
            if wanted.fits(&row, (self.clock)()) {
                return give(&row, seal, vec![]);
            }
        }
    }

    /// The row was read again under the lease: another process may have done the work.
    fn under_lease(&self, lease: &mut Lease<'_>, seal: &Seal, wanted: Wanted) -> Result<Access, Error> {
        let now = (self.clock)();
        if wanted.fits(lease.row(), now) {
            return give(lease.row(), seal, vec![]);
        }
        let own = lease.credential();
        if let Some(reason) = &own.reauth {
            return Err(Error::reauthorization(own, reason));
        }
        if own.revoked_at.is_some() || !own.refreshable {
            return Err(Error::reauthorization(own, "it was revoked"));
        }
        let before = own.scopes.clone();
        self.renew(lease, seal)?;
        let row = lease.row();
        let left = row.credential.seconds_left((self.clock)());
        let short = left.filter(|left| *left < seconds(wanted.demand.min_ttl));
        let short = short.map(|seconds| Warning::ShortLived { seconds });
        give(row, seal, short.into_iter().chain(Warning::of_scopes(&before, &row.credential.scopes)).collect())
    }
}

fn check_fallback((variable, token): &Fallback) -> Result<(), Error> {
    check_token(token).map_err(|error| Error::Usage(format!("{variable}: {error}")))
}

fn give(row: &Row, seal: &Seal, mut warnings: Vec<Warning>) -> Result<Access, Error> {
    if let Some(reason) = row.credential.reauth.as_ref().filter(|_| warnings.is_empty()) {
        warnings.push(Warning::NotRefreshed(Error::reauthorization(&row.credential, reason)));
    }
    let token = Vault::access_token(row, seal)?;
    let token = token.ok_or_else(|| Error::reauthorization(&row.credential, "it has no access token"))?;
    let proof = if row.credential.is_bound() { Vault::proof_key(row, seal)? } else { None };
    let by_certificate = row.credential.server.token_endpoint_auth_method.is_mutual_tls();
    let certificate = if by_certificate { Vault::client_secret(row, seal)? } else { None };
    Ok(Access { token, proof, certificate, credential: Some(row.credential.clone()), variable: None, warnings })
}

impl Access {
    /// The headers that this token goes with in one request: its own, and a proof where it needs one. `nonce` is one that
    /// the server has asked for.
    pub(crate) fn headers(
        &self,
        method: &str,
        url: &str,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Vec<(String, String)> {
        let token = self.token.0.expose();
        if let Some(prover) = self.proof.as_ref().and_then(Prover::new) {
            let of = Proven { method, url, nonce, token: Some(&self.token.0) };
            return vec![("Authorization".into(), format!("DPoP {token}")), ("DPoP".into(), prover.prove(of, now))];
        }
        let quirks = self.credential.as_ref().map(|own| own.server.quirks.clone()).unwrap_or_default();
        vec![quirks.token_header(token)]
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

/// A demand, and the generation that was seen when it was made.
#[derive(Clone, Copy)]
struct Wanted {
    demand: Demand,
    seen: i64,
}

impl Wanted {
    /// Whether the stored token can be handed out as it is. One that another process got while we waited is the best
    /// there is to be had, also when it is due again already.
    fn fits(&self, row: &Row, now: Timestamp) -> bool {
        let own = &row.credential;
        let usable = own.revoked_at.is_none() && !own.is_expired(now);
        let new = own.generation > self.seen && !row.is_held();
        usable && (new || !self.demand.refresh && !own.is_due(now) && self.lasts(own, now))
    }

    fn lasts(&self, own: &Credential, now: Timestamp) -> bool {
        own.seconds_left(now).is_none_or(|left| left >= seconds(self.demand.min_ttl))
    }
}

impl Row {
    fn access_token_lives(&self, now: Timestamp) -> bool {
        self.credential.revoked_at.is_none() && !self.credential.is_expired(now)
    }
}

impl Error {
    /// Whether a token that still lives may be handed out in spite of this failure. What speaks of tampering, of a
    /// wrong key or of a broken store may not.
    fn may_be_passed_over(&self) -> bool {
        match self {
            Self::Vault(error) => !matches!(
                error,
                vault::Error::Tampered { .. }
                    | vault::Error::WrongKey { .. }
                    | vault::Error::KeyReplaced
                    | vault::Error::NoKey(_)
                    | vault::Error::Damaged { .. }
            ),
            _ => true,
        }
    }
}

//! `revoke`: end a credential at the provider, then wipe it here.

use super::{App, Error, Selector, pool};
use crate::model::text::shown;
use crate::model::{Client, Credential, CredentialId, Kind, Secret};
use crate::protocol::{self, Channel, Revocation, TokenKind};
use crate::vault::{Row, Seal, Vault};

/// What became of one token at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Revoked,
    /// There is no way to revoke it: see [`no_way`].
    Unsupported,
    /// Nothing was sent: there was no such token, it was revoked before, or only the local copy was to go.
    Skipped,
}

/// What was done.
pub(crate) struct Revoked {
    pub(crate) credential: Credential,
    pub(crate) access: Fate,
    pub(crate) refresh: Fate,
    /// Only the local copy was to go, and there was something that the provider could have been told of.
    pub(crate) unasked: bool,
    /// It had been revoked before.
    pub(crate) already: bool,
    /// The row is gone too.
    pub(crate) forgotten: bool,
    /// Accounts of the same client whose tokens the provider ends along with these.
    pub(crate) siblings: Vec<String>,
    /// Where it was the default: the accounts of its provider that live on.
    pub(crate) heirs: Vec<String>,
}

/// What became of one of several, and which it was.
pub(crate) type RevokedOne = (Result<Revoked, Error>, Credential);

/// How the record begins on a credential of which nothing was ended at the provider.
pub(super) const HERE_ONLY: &str = "wiped here only";

/// Whether something may still work at the provider: only a person can end it there.
pub(super) fn lives_on(refresh: &Result<Fate, Error>, access: &Result<Fate, Error>) -> bool {
    let lives = |fate: &Result<Fate, Error>| !matches!(fate, Ok(Fate::Revoked | Fate::Skipped));
    // Where the refresh token is revoked, the access token ends with it or within its short life.
    match refresh {
        Ok(Fate::Revoked) => access.is_err(),
        _ => lives(refresh) || lives(access),
    }
}

/// Why the provider was not told of one of both, the one that lives before the other.
pub(super) fn untold<'e>(refresh: &'e Result<Fate, Error>, access: &'e Result<Fate, Error>) -> Option<&'e Error> {
    refresh.as_ref().err().or(access.as_ref().err())
}

/// Why there is no way to revoke what this credential holds.
pub(crate) fn no_way(own: &Credential) -> &'static str {
    match own.kind {
        Kind::Imported => "no client can revoke a static token",
        Kind::Oauth | Kind::Machine => "the provider has no way to revoke it",
    }
}

/// What is recorded of what may live on at the provider.
pub(super) fn left_there(
    own: &Credential,
    refresh: &Result<Fate, Error>,
    access: &Result<Fate, Error>,
) -> Option<String> {
    if !lives_on(refresh, access) {
        return None;
    }
    let why = untold(refresh, access).map_or_else(|| no_way(own).into(), why);
    Some(match (refresh, access) {
        (Ok(Fate::Revoked), _) => format!("the access token may live on: {why}"),
        (_, Ok(Fate::Revoked)) => format!("the refresh token may live on: {why}"),
        _ => format!("{HERE_ONLY}: {why}"),
    })
}

/// Why the provider was not told, in words of our own but for its code.
fn why(error: &Error) -> String {
    let Error::RevocationFailed { source, .. } = error else { return "revoking it failed here".into() };
    match source {
        protocol::Error::Refused { response, .. } => format!("the provider refused ({})", shown(&response.code)),
        protocol::Error::Trouble { .. } => "the provider was in trouble".into(),
        source if source.code() == "unreachable" => "the provider could not be reached".into(),
        source => format!("revoking it failed ({})", source.code()),
    }
}

/// How far to go.
#[derive(Clone, Copy, Debug)]
struct Reach {
    local: bool,
    forget: bool,
}

impl App {
    /// Revokes one credential. When the provider fails or refuses, nothing is changed here.
    pub(crate) fn revoke(&self, selector: &Selector, local: bool, forget: bool) -> Result<Revoked, Error> {
        let vault = self.vault()?.ok_or_else(|| self.nothing_connected(selector))?;
        let own = self.select_any(&vault, selector, forget)?;
        let seal = self.unlock(&vault)?;
        let reach = Reach { local, forget };
        self.whatever_the_key(&vault, &seal, |seal, _| self.revoke_one(&vault, seal, &own.id, reach))
    }

    /// Revokes every credential of the tenant, each for itself.
    pub(crate) fn revoke_all(&self, local: bool, forget: bool) -> Result<Vec<RevokedOne>, Error> {
        let Some(vault) = self.vault()? else { return Err(Error::NothingConnected) };
        let mut rows = vault.of_tenant(&self.tenant)?;
        rows.retain(|row| forget || row.credential.revoked_at.is_none());
        if rows.is_empty() {
            return Ok(vec![]);
        }
        let seal = self.unlock(&vault)?;
        let reach = Reach { local, forget };
        let one = |own: Credential| {
            let revoke = |seal: &Seal, _| self.revoke_one(&vault, seal, &own.id, reach);
            let revoked = pool::guarded(|| self.whatever_the_key(&vault, &seal, revoke));
            (revoked.unwrap_or_else(|| Err(Error::broken_down(&own))), own)
        };
        Ok(rows.into_iter().map(|row| one(row.credential)).collect())
    }

    /// Revoking again is no error, so where all accounts of a provider are revoked, the last one is found without its name.
    /// What is deleted has to be the only one.
    fn select_any(&self, vault: &Vault, selector: &Selector, forget: bool) -> Result<Credential, Error> {
        match self.select(vault, selector) {
            Err(missing @ Error::NotConnected { .. }) if selector.account.is_none() => {
                let Error::NotConnected { provider, .. } = &missing else { return Err(missing) };
                let rows = vault.of_provider(&self.tenant, provider)?;
                let clear = !forget || rows.len() == 1;
                let last = rows.into_iter().map(|row| row.credential).max_by_key(|own| own.revoked_at);
                last.filter(|_| clear).ok_or(missing)
            }
            found => Ok(found?.credential),
        }
    }

    fn revoke_one(&self, vault: &Vault, seal: &Seal, id: &CredentialId, reach: Reach) -> Result<Revoked, Error> {
        let mut lease = vault.lease(id, seal, Self::lease_deadline())?;
        let own = lease.credential().clone();
        let already = own.revoked_at.is_some();
        let stale = if reach.local || already { None } else { lease.staleness()? };
        if let Some(reason) = stale {
            return Err(Error::copy_not_revoked(&own, reason));
        }
        let asks = !reach.local && !already && own.server.revocation.needs_live_token();
        if asks && own.refreshable && own.is_expired((self.clock)()) {
            self.renew(&mut lease, seal)?;
        }
        let (refresh, access) = if reach.local || already {
            (Fate::Skipped, Fate::Skipped)
        } else {
            // What is ended there and cannot be wiped here would be handed out on.
            lease.try_writing()?;
            self.revoke_tokens(lease.row(), seal)?
        };
        let unasked = reach.local && !already && lease.row().has_tokens();
        if already {
            vault.sweep()?; // the time before, somebody may have been reading
        } else {
            let not_asked = unasked.then(|| format!("{HERE_ONLY}: the provider was not asked (--local)"));
            let left = not_asked.or_else(|| left_there(&own, &Ok(refresh), &Ok(access)));
            lease.wipe((self.clock)(), left.as_deref())?;
        }
        let credential = vault.as_it_stands(id)?;
        if reach.forget {
            vault.forget(&credential, seal, (self.clock)())?;
        }
        let siblings =
            if refresh == Fate::Revoked || access == Fate::Revoked { self.siblings(vault, &own)? } else { vec![] };
        let heirs = if own.default && !already { self.live_accounts(vault, &own.provider)? } else { vec![] };
        Ok(Revoked { credential, access, refresh, unasked, already, forgotten: reach.forget, siblings, heirs })
    }

    /// The refresh token first: it is the one that lives. Where one of the two does not open, none is sent.
    fn revoke_tokens(&self, row: &Row, seal: &Seal) -> Result<(Fate, Fate), Error> {
        Vault::tokens_to_revoke(row, seal)?;
        let refresh = self.revoke_kind(row, seal, TokenKind::Refresh)?;
        Ok((refresh, self.revoke_kind(row, seal, TokenKind::Access)?))
    }

    /// Revokes one of the two tokens, whether the other one opens or not.
    pub(super) fn revoke_kind(&self, row: &Row, seal: &Seal, kind: TokenKind) -> Result<Fate, Error> {
        let own = &row.credential;
        let client = Client { id: own.client_id.clone(), secret: Vault::client_secret(row, seal)? };
        let access = Vault::access_token(row, seal).map(|token| token.map(|token| token.0));
        let refresh = Vault::refresh_token_to_revoke(row, seal).map(|token| token.map(|token| token.0));
        let (token, other) = if kind == TokenKind::Refresh { (refresh, access) } else { (access, refresh) };
        let (Some(token), other) = (&token?, other.ok().flatten()) else { return Ok(Fate::Skipped) };
        let secrets: Vec<&Secret> = [token].into_iter().chain(&other).chain(&client.secret).collect();
        let revoked = self.revoke_token(own, &client, token, kind);
        revoked.map_err(|error| Error::RevocationFailed { label: own.label(), source: error.without(&secrets) })
    }

    fn revoke_token(
        &self,
        own: &Credential,
        client: &Client,
        token: &Secret,
        kind: TokenKind,
    ) -> Result<Fate, protocol::Error> {
        let channel = Channel { http: &self.http, clock: self.clock, server: &own.server, client, proof: None };
        let revoked = protocol::revoke(&channel, token, kind)?;
        Ok(if revoked == Revocation::Revoked { Fate::Revoked } else { Fate::Unsupported })
    }

    /// Other accounts here that the provider ends along with this one: same client, same subject.
    fn siblings(&self, vault: &Vault, own: &Credential) -> Result<Vec<String>, Error> {
        if !own.server.revocation_ends_grant {
            return Ok(vec![]);
        }
        let rows = vault.all()?.into_iter().map(|row| row.credential);
        let same = rows.filter(|other| {
            other.id != own.id
                && other.revoked_at.is_none()
                && (&other.provider, &other.client_id) == (&own.provider, &own.client_id)
                && other.subject.is_some()
                && other.subject == own.subject
        });
        Ok(same.map(|other| format!("{} (tenant {})", other.label(), other.tenant)).collect())
    }
}

//! `import`: static tokens and keys under the same roof: sealed, listed and used like any other, and never refreshed.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Map;

use super::authorize::check_scopes;
use super::select::check_account;
use super::{App, Error, KeySource, LEASE_WAIT};
use crate::model::credential::IMPORTED_FROM;
use crate::model::text::shown;
use crate::model::{
    AccessToken, Client, ClientAuthentication, Credential, Kind, RefreshToken, Scopes, Secret, Timestamp, rules,
};
use crate::provider::Resolved;
use crate::vault::{Authorization, Row, Seal, Vault};

/// The name of an account that nobody named.
const UNNAMED: &str = "default";
/// The longest token that is taken, in bytes.
const LONGEST: usize = 16 << 10;

/// A token as its owner gives it.
pub(crate) struct StaticToken {
    pub(crate) provider: String,
    pub(crate) account: Option<String>,
    pub(crate) token: Secret,
    pub(crate) variables: BTreeMap<String, String>,
    /// What the owner says that it may do.
    pub(crate) scopes: Scopes,
    pub(crate) expires_at: Option<Timestamp>,
    /// A token that is in use is replaced.
    pub(crate) force: bool,
}

/// A token that was brought in.
pub(crate) struct Imported {
    pub(crate) credential: Credential,
    /// One of the same name was there before.
    pub(crate) replaced: bool,
    /// The store is new, and its key lives here.
    pub(crate) chosen: Option<KeySource>,
}

/// A token, or a login, on its way in.
pub(super) struct Incoming {
    pub(super) provider: String,
    pub(super) account: Option<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) scopes: Scopes,
    pub(super) access_token: Option<Secret>,
    pub(super) expires_at: Option<Timestamp>,
    /// Both for a login, none for a static token.
    pub(super) login: Option<(RefreshToken, Client)>,
    /// The tool that it comes from, and that may use it still.
    pub(super) from: Option<String>,
    /// A tool holds it, so that nobody has said which account it is, unless the tool does.
    pub(super) by_tool: bool,
    /// A person has put it where it was found, and may have made it at the page for personal tokens.
    pub(super) by_person: bool,
    /// A token that is in use is replaced.
    pub(super) force: bool,
}

impl Incoming {
    fn of(new: StaticToken) -> Self {
        Self {
            provider: new.provider,
            account: new.account,
            variables: new.variables,
            scopes: new.scopes,
            access_token: Some(new.token),
            expires_at: new.expires_at,
            login: None,
            from: None,
            by_tool: false,
            by_person: true,
            force: new.force,
        }
    }
}

impl App {
    /// Keeps a static token. Nothing is sent: whether it is good is for `test`.
    pub(crate) fn import(&self, new: StaticToken) -> Result<Imported, Error> {
        self.bring_in(Incoming::of(new))
    }

    /// What `import` would do. Nothing is stored, and no store and no key is made.
    pub(crate) fn foresee_import(&self, new: StaticToken) -> Result<Imported, Error> {
        let new = Incoming::of(new);
        let (provider, resolved) = self.checked(&new)?;
        let Some(vault) = self.vault()?.filter(Vault::has_key) else {
            let account = new.account.clone().unwrap_or_else(|| UNNAMED.into());
            let own = self.incoming_credential(&new, provider, account, resolved);
            return Ok(Imported { credential: Credential { default: true, ..own }, replaced: false, chosen: None });
        };
        let (account, row) = self.place_of_import(&vault, &provider, new.account.clone(), new.by_tool)?;
        if let Some(row) = row.as_ref().filter(|_| !new.force) {
            self.spare(row, &self.unlock(&vault)?, new.access_token.as_ref())?;
        }
        let default = match &row {
            Some(row) => row.credential.default,
            None => vault.of_provider(&self.tenant, &provider)?.iter().all(|row| row.credential.revoked_at.is_some()),
        };
        let own = self.incoming_credential(&new, provider, account, resolved);
        Ok(Imported { credential: Credential { default, ..own }, replaced: row.is_some(), chosen: None })
    }

    /// What can be said of it without a store: the name of its provider, and the server as it will be sealed.
    fn checked(&self, new: &Incoming) -> Result<(String, Resolved), Error> {
        let provider = self.registry.find(&new.provider)?;
        if let Some(account) = &new.account {
            check_account(account)?;
        }
        check_scopes([&new.scopes])?;
        let refresh_token = new.login.as_ref().map(|(token, _)| &token.0);
        new.access_token.iter().chain(refresh_token).try_for_each(check_token)?;
        let client_id = new.login.as_ref().map_or("", |(_, client)| &client.id);
        let mut resolved = provider.resolve(&new.variables, client_id)?;
        match &new.login {
            // It was given to no client, so that no client can take it back.
            None => {
                resolved.server.revocation_endpoint = None;
                // What a tool holds may be of its own making.
                let page = resolved.tokens_url.take().filter(|_| new.by_person);
                resolved.server.applications_url = page.or(resolved.server.applications_url);
            }
            Some((_, client)) if client.secret.is_none() => {
                resolved.server.token_endpoint_auth_method = ClientAuthentication::None;
            }
            Some(_) => {}
        }
        Ok((provider.id, resolved))
    }

    pub(super) fn bring_in(&self, new: Incoming) -> Result<Imported, Error> {
        let (provider, resolved) = self.checked(&new)?;
        let (vault, seal, chosen) = self.open_for_import()?;
        let _held = vault.hold_connections(Instant::now() + LEASE_WAIT)?;
        let (account, row) = self.place_of_import(&vault, &provider, new.account.clone(), new.by_tool)?;
        if let Some(row) = row.as_ref().filter(|_| !new.force) {
            self.spare(row, &seal, new.access_token.as_ref())?;
        }
        let credential = self.incoming_credential(&new, provider, account, resolved);
        let (refresh_token, client) = match new.login {
            Some((token, client)) => (Some(token), client),
            None => (None, Client { id: String::new(), secret: None }),
        };
        // Without one, it has ended: the refresh token gets the first.
        let access_token = AccessToken(new.access_token.unwrap_or_else(|| Secret::new("")));
        let authorization =
            Authorization { credential, access_token, refresh_token, client, keep_client: false, proof_key: None };
        let replaced = row.is_some();
        let credential = match row {
            None => vault.insert(&seal, authorization)?.credential,
            // A login is begun anew, so that nothing is known of it that is not of this one.
            Some(row) if authorization.refresh_token.is_some() => {
                vault.insert_instead(&row.credential, &seal, authorization)?.credential
            }
            Some(row) => {
                let mut lease = vault.lease(&row.credential.id, &seal, Instant::now() + LEASE_WAIT)?;
                lease.reauthorize(authorization)?;
                vault.reread(&row.credential.id)?.credential
            }
        };
        let credential = vault.as_it_stands(&credential.id)?;
        Ok(Imported { credential, replaced, chosen })
    }

    fn incoming_credential(&self, new: &Incoming, provider: String, account: String, resolved: Resolved) -> Credential {
        let now = (self.clock)();
        let mut metadata = Map::new();
        if let Some(tool) = new.from.as_ref().filter(|_| new.login.is_some()) {
            metadata.insert(IMPORTED_FROM.into(), tool.as_str().into());
        }
        let kind = if new.login.is_some() { Kind::Oauth } else { Kind::Imported };
        Credential {
            client_id: new.login.as_ref().map_or_else(String::new, |(_, client)| client.id.clone()),
            requested: new.scopes.clone(),
            scopes: new.scopes.clone(),
            expires_at: if new.access_token.is_some() { new.expires_at } else { Some(now) },
            refreshable: new.login.is_some(),
            variables: resolved.variables,
            metadata,
            created_by: self.person.clone(),
            ..Credential::new(self.tenant.clone(), provider, account, kind, resolved.server, now)
        }
    }

    pub(super) fn open_for_import(&self) -> Result<(Vault, Seal, Option<KeySource>), Error> {
        let deadline = Instant::now() + LEASE_WAIT;
        let mut vault = if let Some(vault) = self.vault()?.filter(Vault::has_key) {
            vault
        } else {
            // No store is made that has no key to be sealed with.
            self.keys.probe()?;
            Vault::open_or_create(&self.home, &self.caller, (self.clock)(), deadline)?
        };
        let (seal, chosen) = vault.unlock_or_choose(&self.keys, deadline)?;
        Ok((vault, seal, chosen))
    }

    /// Refuses to replace a token that is in use, unless it is by itself.
    fn spare(&self, row: &Row, seal: &Seal, token: Option<&Secret>) -> Result<(), Error> {
        let own = &row.credential;
        let in_use = own.revoked_at.is_none() && own.reauth.is_none() && !own.is_expired((self.clock)());
        let kept = Vault::access_token(row, seal)?.filter(|_| in_use);
        if kept.is_none_or(|kept| token.is_some_and(|token| token.expose() == kept.0.expose())) {
            return Ok(());
        }
        Err(Error::TokenInUse { provider: own.provider.clone(), account: own.account.clone() })
    }

    /// The name it will bear, and the row it replaces: an earlier static token, never a login. One that nobody named is the
    /// only one's; from a tool, nobody's but that of another one without a name.
    fn place_of_import(
        &self,
        vault: &Vault,
        provider: &str,
        account: Option<String>,
        by_tool: bool,
    ) -> Result<(String, Option<Row>), Error> {
        let mut rows = vault.of_provider(&self.tenant, provider)?;
        let Some(account) = account else {
            rows.retain(|row| row.credential.revoked_at.is_none());
            return match rows.as_slice() {
                [] => Ok((UNNAMED.into(), vault.account(&self.tenant, provider, UNNAMED)?)),
                [only]
                    if only.credential.kind == Kind::Imported && (!by_tool || only.credential.account == UNNAMED) =>
                {
                    Ok((only.credential.account.clone(), Some(only.clone())))
                }
                _ => Err(Error::ImportNeedsName { provider: provider.to_owned() }),
            };
        };
        match rows.into_iter().find(|row| row.credential.account.eq_ignore_ascii_case(&account)) {
            Some(row) if row.credential.kind != Kind::Imported && row.credential.revoked_at.is_none() => {
                Err(Error::ConnectedAlready { provider: provider.to_owned(), account: shown(&account) })
            }
            Some(row) => Ok((row.credential.account.clone(), Some(row))),
            None => Ok((account, None)),
        }
    }
}

/// What is no token is nothing to keep.
pub(super) fn check_token(token: &Secret) -> Result<(), Error> {
    let text = token.expose();
    if text.len() > LONGEST {
        return Err(Error::Usage(format!("a token longer than {} KiB is not taken", LONGEST >> 10)));
    }
    let wrong = || Error::Usage("a token is one word of visible ASCII characters".into());
    if rules::is_token(text) { Ok(()) } else { Err(wrong()) }
}

//! From the code to the stored credential: redeem → identify → one transaction.

use std::collections::BTreeMap;
use std::time::Instant;

use super::super::refresh::PATIENCE;
use super::super::select::check_account;
use super::super::{Error, LEASE_WAIT};
use super::Connected;
use super::facts::Facts;
use crate::http::Http;
use crate::model::{Client, Clock, Credential, Kind, ProofKey, Scopes, Secret, Timestamp, TokenResponse};
use crate::protocol::{self, Channel, Claims, Expected, Identity, Pending, Userinfo};
use crate::provider::Resolved;
use crate::vault::{Authorization, KeyAccess, Row, Seal, Vault};

/// The name of an account whose provider does not say whose it is.
const UNNAMED: &str = "default";

/// Everything that is needed once the code is there. It is owned, because it works on a thread of its own.
pub(super) struct Plan {
    pub(super) vault: Vault,
    pub(super) seal: Seal,
    pub(super) keys: KeyAccess,
    pub(super) http: Http,
    pub(super) clock: Clock,
    pub(super) tenant: String,
    pub(super) person: String,
    pub(super) provider: String,
    pub(super) account: Option<String>,
    pub(super) client: Client,
    pub(super) keep_client: bool,
    pub(super) scopes: Scopes,
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) resolved: Resolved,
    pub(super) started: Timestamp,
    /// The key that the tokens are bound to, where they are to be (RFC 9449).
    pub(super) proof: Option<ProofKey>,
    pub(super) kind: Kind,
}

/// Where a connected account goes.
struct Place {
    account: String,
    /// The row that is renewed.
    row: Option<Row>,
}

impl Plan {
    pub(super) fn channel(&self) -> Channel<'_> {
        let server = &self.resolved.server;
        Channel { http: &self.http, clock: self.clock, server, client: &self.client, proof: self.proof.as_ref() }
    }

    /// Nobody agrees to what could not be kept then.
    pub(super) fn check(&self) -> Result<(), Error> {
        let account = self.account.clone().unwrap_or_else(|| UNNAMED.into());
        let (tenant, provider, server) = (self.tenant.clone(), self.provider.clone(), self.resolved.server.clone());
        let credential = Credential {
            client_id: self.client.id.clone(),
            requested: self.scopes.clone(),
            parameters: self.parameters.clone(),
            variables: self.resolved.variables.clone(),
            generation: 1,
            ..Credential::new(tenant, provider, account, self.kind, server, self.started)
        };
        Ok(Vault::check(&credential, &self.client)?)
    }

    pub(super) fn finish(&self, pending: Pending, code: &Secret) -> Result<Connected, Error> {
        let nonce = pending.nonce().map(str::to_owned);
        let sent_at = (self.clock)();
        let response = pending.redeem(&self.channel(), code).map_err(|error| self.refused(error))?;
        self.connect(response, nonce.as_deref(), sent_at)
    }

    /// Finds out whose tokens these are, and stores them.
    pub(super) fn connect(
        &self,
        response: TokenResponse,
        nonce: Option<&str>,
        sent_at: Timestamp,
    ) -> Result<Connected, Error> {
        let mut facts = Facts::of_answer(&self.resolved.server, &response.learnt);
        let identity = self.identify(&response, nonce, &mut facts)?;
        self.keep(response, identity, facts, sent_at)
    }

    pub(super) fn keep(
        &self,
        response: TokenResponse,
        identity: Identity,
        facts: Facts,
        sent_at: Timestamp,
    ) -> Result<Connected, Error> {
        let _held = self.vault.hold_connections(Self::long_after())?;
        let place = self.place(&identity)?;
        self.store(response, identity, place, facts, sent_at)
    }

    /// By when a refresh that is under way has ended, whatever becomes of it: what a person has agreed to is not given up
    /// before.
    fn long_after() -> Instant {
        Instant::now() + PATIENCE + LEASE_WAIT
    }

    pub(super) fn refused(&self, error: protocol::Error) -> Error {
        match error {
            protocol::Error::Refused { response, .. } if response.blames_client() => {
                Error::ClientRefused { provider: self.provider.clone(), response }
            }
            protocol::Error::Refused { response, .. } => Error::Denied { provider: self.provider.clone(), response },
            source => {
                Error::Protocol { doing: format!("{} did not give a token for the login", self.provider), source }
            }
        }
    }

    fn identify(&self, response: &TokenResponse, nonce: Option<&str>, facts: &mut Facts) -> Result<Identity, Error> {
        let server = &facts.server.clone();
        let bound = response.token_type == "DPoP";
        let channel = Channel { proof: self.proof.as_ref().filter(|_| bound), server, ..self.channel() };
        let expected = Expected {
            issuer: self.resolved.id_token_issuer.as_deref().or(server.issuer.as_deref()),
            client_id: &self.client.id,
            nonce,
            now: (self.clock)(),
        };
        let wrong = |error| Error::protocol("the identity cannot be trusted")(error);
        let claims = match &response.id_token {
            Some(token) if self.scopes.contains("openid") => Some(Claims::read(token, &expected).map_err(wrong)?),
            None if nonce.is_some() && self.owes_id_token(response) => {
                let why = "there is none, although `openid` was granted";
                return Err(wrong(protocol::Error::IdToken(why.into())));
            }
            _ => None,
        };
        facts.server.id_token_issuer = claims.as_ref().and_then(|claims| claims.text("iss")).map(str::to_owned);
        let userinfo = match protocol::userinfo(&channel, &response.access_token) {
            Ok(Some(Userinfo::Known(members))) => Some(members),
            // The tokens are good; who they belong to is then told by the ID token, or by the user.
            Ok(_) | Err(protocol::Error::Refused { .. }) => None,
            Err(_) if claims.is_some() => None,
            Err(source) => {
                return Err(Error::Protocol { doing: format!("cannot ask {} who signed in", self.provider), source });
            }
        };
        facts.of_userinfo(userinfo.as_ref());
        facts.of_resources(&channel, &response.access_token);
        Identity::of(server, claims.as_ref(), userinfo.as_ref(), &response.learnt).map_err(wrong)
    }

    /// Whether an OpenID provider's answer lacks what makes it one (OpenID Connect Core §3.1.3.3).
    fn owes_id_token(&self, response: &TokenResponse) -> bool {
        // An answer that names no scope grants what was asked for.
        let granted = response.scope.as_ref().is_none_or(|granted| granted.contains("openid"));
        granted && self.resolved.gives_id_tokens
    }

    /// Finds the row and the name: the same identity renews its credential, another one never replaces it.
    fn place(&self, identity: &Identity) -> Result<Place, Error> {
        let wrong = |asked: &str, taken| {
            let found = identity.label.clone().unwrap_or_else(|| "an account without a name".into());
            Error::WrongAccount { provider: self.provider.clone(), asked: asked.to_owned(), found, taken }
        };
        if let Some(asked) = self.account.as_ref().filter(|asked| asked.contains('@')) {
            let known: Vec<_> =
                identity.emails.iter().chain(identity.label.iter().filter(|label| label.contains('@'))).collect();
            if !known.is_empty() && !known.iter().any(|email| email.eq_ignore_ascii_case(asked)) {
                return Err(wrong(asked, false));
            }
        }
        let rows = self.vault.of_provider(&self.tenant, &self.provider)?;
        let same = rows.iter().find(|row| self.is_same(&row.credential, identity));
        let Some(name) = self.account.clone() else { return self.unnamed(identity, same, &rows) };
        let named = rows.iter().find(|row| row.credential.account.eq_ignore_ascii_case(&name));
        match (named, same) {
            (Some(row), _) if self.is_other(&row.credential, identity) => Err(wrong(&row.credential.account, true)),
            (Some(row), _) => Ok(Place { account: row.credential.account.clone(), row: Some(row.clone()) }),
            (None, same) => Ok(Place { account: name, row: same.cloned() }),
        }
    }

    fn unnamed(&self, identity: &Identity, same: Option<&Row>, rows: &[Row]) -> Result<Place, Error> {
        if let Some(row) = same {
            return Ok(Place { account: row.credential.account.clone(), row: Some(row.clone()) });
        }
        let name_required = || Error::NameRequired { provider: self.provider.clone() };
        let replaced = rows.iter().find(|row| self.gives_way(&row.credential));
        let Some(label) = &identity.label else {
            return match replaced {
                Some(row) => Ok(Place { account: row.credential.account.clone(), row: Some(row.clone()) }),
                None if rows.is_empty() => Ok(Place { account: UNNAMED.into(), row: None }),
                None => Err(name_required()),
            };
        };
        check_account(label).map_err(|_| name_required())?;
        match rows.iter().find(|row| row.credential.account.eq_ignore_ascii_case(label)) {
            Some(row) if self.is_other(&row.credential, identity) => Err(name_required()),
            row => Ok(Place { account: label.clone(), row: row.or(replaced).cloned() }),
        }
    }

    /// A static token that would be taken when no account is named: a login that names none takes its place.
    fn gives_way(&self, own: &Credential) -> bool {
        own.kind == Kind::Imported && own.default && own.subject.is_none() && own.revoked_at.is_none()
    }

    /// Identity is issuer and subject.
    fn is_same(&self, own: &Credential, identity: &Identity) -> bool {
        own.subject.is_some() && own.subject == identity.subject && self.same_server(own)
    }

    fn is_other(&self, own: &Credential, identity: &Identity) -> bool {
        // Whoever signed in without saying who they are is not taken for somebody who is known.
        own.subject.is_some() && !self.is_same(own, identity)
    }

    fn same_server(&self, own: &Credential) -> bool {
        let server = &self.resolved.server;
        match (&own.server.issuer, &server.issuer) {
            (Some(own), Some(new)) => own == new,
            _ => own.server.token_endpoint == server.token_endpoint,
        }
    }

    /// What the entry says of such a login, after why there is no refresh token.
    fn advice(&self, response: &TokenResponse, granted: &Scopes) -> Vec<String> {
        let (name, lacking) = (&self.resolved.server.name, self.resolved.offline_scopes.without(granted));
        let reason = match response.refresh_token {
            Some(_) => None,
            None if self.resolved.never_refreshable => Some(format!("{name} gives no refresh tokens")),
            None if !lacking.is_empty() => {
                Some(format!("there is no refresh token, because {lacking} was not granted"))
            }
            None => None,
        };
        let refreshable = response.refresh_token.is_some();
        reason.into_iter().chain(self.resolved.advice.iter().filter(|_| refreshable).cloned()).collect()
    }

    /// What was asked for and not granted. Some scopes are never named in an answer.
    fn missing(&self, granted: &Scopes) -> Scopes {
        self.scopes.without(granted).without(&Scopes::parse("offline_access openid"))
    }

    /// What was granted and not asked for, where anything was.
    fn unasked(&self, granted: &Scopes) -> Scopes {
        if self.scopes.is_empty() { Scopes::default() } else { granted.without(&self.scopes) }
    }

    fn store(
        &self,
        response: TokenResponse,
        identity: Identity,
        place: Place,
        facts: Facts,
        sent_at: Timestamp,
    ) -> Result<Connected, Error> {
        let now = (self.clock)();
        let granted = response.scope.clone().unwrap_or_else(|| self.scopes.clone());
        let (missing, unasked) = (self.missing(&granted), self.unasked(&granted));
        let unlearnt = facts.unlearnt();
        let advice = self.advice(&response, &granted);
        let (tenant, provider) = (self.tenant.clone(), self.provider.clone());
        let credential = Credential {
            subject: identity.subject,
            client_id: self.client.id.clone(),
            requested: self.scopes.clone(),
            scopes: granted,
            token_type: response.token_type,
            issued_at: sent_at,
            expires_at: response.expires_in.map(|seconds| sent_at.plus(seconds)),
            refresh_expires_at: response.refresh_expires_in.map(|seconds| sent_at.plus(seconds)),
            refreshable: response.refresh_token.is_some() || self.kind == Kind::Machine,
            parameters: self.parameters.clone(),
            variables: self.resolved.variables.clone(),
            metadata: facts.metadata,
            created_by: self.person.clone(),
            authorized_at: now.max(self.started),
            ..Credential::new(tenant, provider, place.account, self.kind, facts.server, now)
        };
        let new = Authorization {
            credential,
            access_token: response.access_token,
            refresh_token: response.refresh_token,
            proof_key: self.proof.clone(),
            client: self.client.clone(),
            keep_client: self.keep_client,
        };
        // A person may have taken minutes, in which the master key was replaced.
        let (seal, _kept) = self.vault.unlock_to_write(&self.seal, &self.keys)?;
        let Some(row) = place.row else {
            let credential = self.vault.insert(&seal, new)?.credential;
            return Ok(Connected {
                credential,
                renewed: false,
                renamed_from: None,
                missing,
                unasked,
                unlearnt,
                advice,
            });
        };
        let before = row.credential;
        let mut lease = self.vault.lease(&before.id, &seal, Self::long_after())?;
        lease.reauthorize(new)?;
        let credential = self.vault.reread(&before.id)?.credential;
        let renamed_from = (before.account != credential.account).then_some(before.account);
        Ok(Connected { credential, renewed: true, renamed_from, missing, unasked, unlearnt, advice })
    }
}

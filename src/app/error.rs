//! What can keep a use case from its end, by what the user can do about it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::http::CertificateError;
use crate::model::credential::{SHARED, is_anothers};
use crate::model::server::Service;
use crate::model::{Credential, Kind, Server};
use crate::protocol::{self, ErrorResponse};
use crate::{callback, files, helper, provider, sandbox, vault};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// `known`: the accounts that are. `tenants`: see [`super::App::other_tenants`]. `holder`: the only one of these in
    /// which it is connected.
    #[error("{} is not connected", label(provider, account.as_deref()))]
    NotConnected {
        provider: String,
        account: Option<String>,
        known: Vec<String>,
        tenants: Vec<String>,
        holder: Option<String>,
    },
    #[error("{provider} has several accounts and no default")]
    Ambiguous { provider: String, accounts: Vec<String> },
    /// Of a provider that is not known here, or no more, there is a credential.
    #[error("there is no provider named `{provider}`")]
    NoEntry { provider: String, server: Arc<Server> },
    #[error("nothing is connected yet")]
    NothingConnected,
    #[error("nothing is connected in the tenant `{}`", crate::model::text::shown(name))]
    EmptyTenant { name: String, known: Vec<String> },
    #[error("of what is connected, nothing is known to have a git host")]
    NothingForGit { connected: BTreeSet<String> },
    #[error("{provider} needs to be authorized again")]
    ReauthorizationRequired {
        tenant: String,
        provider: String,
        account: String,
        kind: Kind,
        is_default: bool,
        reason: String,
        why: Option<Box<super::Why>>,
        server: Arc<Server>,
    },
    #[error("the token of {provider} comes from the environment, and cannot be refreshed")]
    StaticToken { provider: String },
    #[error("the refresh token of {} is {}, and is not sent", label(provider, Some(account)), kind_of_stale(reason))]
    Stale { tenant: String, provider: String, account: String, is_default: bool, reason: String, server: Arc<Server> },
    #[error(
        "the refresh token of {} is {}, and is not revoked from here",
        label(provider, Some(account)),
        kind_of_stale(reason)
    )]
    CopyNotRevoked { tenant: String, provider: String, account: String, reason: String },
    #[error("the refresh token of {label} is not sent while its access token lives")]
    Unmarked { label: String },
    #[error("the login at {provider} was refused")]
    Denied { provider: String, response: ErrorResponse },
    #[error("no answer came from the browser within {} s", limit.as_secs())]
    LoginTimedOut { provider: String, limit: Duration, redirect_uri: String, register: String, strangers: u64 },
    #[error("nobody has agreed on another device in time")]
    DeviceTimedOut {
        provider: String,
        /// The limit of this login, where that has ended it, and not the code's life.
        limit: Option<Duration>,
    },
    #[error("{issuer} does not announce PKCE with S256, without which a code can be stolen")]
    NoPkce { issuer: String },
    #[error("{issuer} has endpoints at other sites")]
    ForeignHosts { issuer: String, hosts: Vec<String> },
    #[error("{resource} names an authorization server that is already in use for {provider}")]
    ConfusedDeputy { resource: String, issuer: String, provider: String },
    #[error("{provider} does not let this program register itself")]
    RegistrationRefused { provider: String, redirect_uri: String, response: ErrorResponse },
    #[error("the private key in {} cannot be used", path.display())]
    UnusableKey { path: std::path::PathBuf, error: protocol::KeyError },
    #[error("the client certificate in {} cannot be used", path.display())]
    UnusableCertificate { path: std::path::PathBuf, error: CertificateError },
    #[error("the job's own token is not there")]
    JobToken { what: String },
    #[error("nothing here says where the job's own token is")]
    NoJobToken,
    #[error("{}", no_installation(named.as_deref()))]
    NoInstallation { named: Option<String>, accounts: Vec<String> },
    #[error("interrupted")]
    Interrupted(i32),
    #[error("the work on {label} has broken down; that is a defect of this program")]
    BrokenDown { label: String },
    /// `taken`: what was asked for is the name of another account that is connected.
    #[error("another account signed in than the one asked for")]
    WrongAccount { provider: String, asked: String, found: String, taken: bool },
    #[error("{provider} does not say whose account this is, so it needs a name")]
    NameRequired { provider: String },
    #[error("{provider} has other accounts, so a token of it needs a name")]
    ImportNeedsName { provider: String },
    #[error("{provider} {account} is connected by a login already")]
    ConnectedAlready { provider: String, account: String },
    #[error("{provider} {account} holds another token, which is in use")]
    TokenInUse { provider: String, account: String },
    #[error("{provider} needs a client registration")]
    ClientRequired { provider: String, need: Box<super::ClientNeed> },
    #[error("{provider} has no client registration named `{name}`")]
    NoSuchClient { provider: String, name: String, known: Vec<String> },
    #[error("the client registration `{name}` is not for this server")]
    ClientElsewhere { provider: String, name: String, registered_at: String },
    #[error("{provider} refuses the client registration")]
    ClientRefused { provider: String, response: ErrorResponse },
    #[error("{provider} refuses the request")]
    RequestRefused { provider: String, account: Option<String>, response: ErrorResponse },
    /// A request to an API may have been acted on; `again`: it may be made again all the same.
    #[error("{doing}")]
    RequestInDoubt { doing: String, cause: String, again: bool },
    #[error("{label} needs a refresh, and nothing may be sent (--offline)")]
    Offline { label: String },
    #[error("cannot refresh {label}")]
    HeldOff { label: String, seconds: i64 },
    /// `full`: the store, where the disk is full on which it lies.
    #[error("cannot refresh {label}")]
    RefreshBroken { label: String, cause: String, full: Option<std::path::PathBuf> },
    /// Another program holds the store.
    #[error("cannot refresh {label}")]
    RefreshHindered { label: String, cause: String },
    #[error("the refresh of {label} takes long, and goes on")]
    StillRefreshing { label: String },
    #[error("the provider does not accept the token of {label}")]
    TokenRejected { label: String },
    #[error("cannot revoke {label}")]
    RevocationFailed { label: String, source: protocol::Error },
    #[error("the registration at {provider} could not be deleted there")]
    UnregistrationFailed { provider: String, source: protocol::Error },
    #[error("the store {} is damaged", path.display())]
    StoreDamaged { path: std::path::PathBuf, line: String },
    /// `account`: the one that was named. `serving`: other accounts of the provider, whose tokens do go there.
    #[error("the token of {} is not sent to {host}", label(provider, account.as_deref()))]
    WrongHost {
        service: Service,
        provider: String,
        account: Option<String>,
        host: String,
        known: Vec<String>,
        serving: Vec<String>,
    },
    #[error("a redirect to {host} is not followed")]
    RedirectRefused { host: String, cause: String },
    #[error("several providers serve {host}")]
    SharedHost { service: Service, host: String, providers: Vec<String> },
    #[error("several accounts of {provider} serve {host}, and none of them is its default")]
    SharedByAccounts { host: String, provider: String, accounts: Vec<String> },
    #[error("no provider is known for {host}")]
    UnknownHost { host: String },
    #[error(transparent)]
    Backup(#[from] super::BackupError),
    #[error("there is no tenant `{}`", crate::model::text::shown(name))]
    NoSuchTenant { name: String, known: Vec<String> },
    #[error("the token of {label} is another account's")]
    ForeignToken { label: String, asked: String, found: String },
    #[error("{0}")]
    Usage(String),
    #[error("{doing}")]
    Protocol { doing: String, source: protocol::Error },
    /// A refresh token was sent, or was to be, and brought no token; the provider has not refused it.
    #[error("cannot refresh {label}")]
    NotRefreshed { label: String, source: protocol::Error },
    #[error(transparent)]
    Helper(#[from] helper::Malformed),
    #[error(transparent)]
    Provider(#[from] provider::Error),
    #[error(transparent)]
    Vault(#[from] vault::Error),
    #[error(transparent)]
    Callback(callback::Error),
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    #[error(transparent)]
    Files(#[from] files::Error),
}

fn kind_of_stale(reason: &str) -> &'static str {
    match reason {
        _ if is_anothers(reason) => "in doubt",
        _ if reason.ends_with(SHARED) => "another program's too",
        _ => "an old copy",
    }
}

impl Error {
    /// The work on this credential panicked. Others are not touched by it.
    pub(super) fn broken_down(credential: &Credential) -> Self {
        Self::BrokenDown { label: credential.label() }
    }

    /// A person has to authorize this credential again.
    pub(crate) fn reauthorization(credential: &Credential, reason: &str) -> Self {
        Self::ReauthorizationRequired {
            tenant: credential.tenant.clone(),
            provider: credential.provider.clone(),
            account: credential.account.clone(),
            kind: credential.kind,
            // Without a subject the same account cannot be recognised, and has to be named.
            is_default: credential.default && credential.subject.is_some(),
            reason: reason.to_owned(),
            why: None,
            server: credential.server.clone(),
        }
    }

    /// The refresh token of this credential is an old copy.
    pub(crate) fn stale(credential: &Credential, reason: String) -> Self {
        let is_default = credential.default && credential.subject.is_some();
        let Credential { tenant, provider, account, server, .. } = credential.clone();
        Self::Stale { tenant, provider, account, is_default, reason, server }
    }

    /// Sent from here, a copy's token would end the login of the one it was copied from.
    pub(super) fn copy_not_revoked(credential: &Credential, reason: String) -> Self {
        let Credential { tenant, provider, account, .. } = credential.clone();
        Self::CopyNotRevoked { tenant, provider, account, reason }
    }

    pub(crate) fn protocol(doing: impl Into<String>) -> impl FnOnce(protocol::Error) -> Self {
        move |source| Self::Protocol { doing: doing.into(), source }
    }
}

fn no_installation(named: Option<&str>) -> String {
    named.map_or_else(
        || "the App has no single installation, so one has to be named".to_owned(),
        |account| format!("the App is not installed for {}", crate::model::text::shown(account)),
    )
}

pub(super) fn label(provider: &str, account: Option<&str>) -> String {
    account.map_or_else(|| provider.to_owned(), |account| format!("{provider} {account}"))
}

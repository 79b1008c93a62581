//! What every command starts from: the environment and the global options, turned into values once.

use std::sync::OnceLock;
use std::time::Duration;

use super::failure::{Failure, know_providers, know_tenants};
use super::{Global, Terminal};
use crate::app::{Alarms, App, Hooks, check_tenant};
use crate::config::{self, Config};
use crate::http::Http;
use crate::model::text::{shown, variable_part};
use crate::model::{Secret, Timestamp};
use crate::paths::{self, Environment, MasterKeySource, Paths};
use crate::provider::{self, Registry};
use crate::vault::{Given, Home, KeyAccess, KeyCache, Keyring};

/// How long a keyring may take to answer. It never asks anybody within this time: a locked one says so at once.
const KEYRING_LIMIT: Duration = Duration::from_secs(5);
/// How long a master key is kept in the kernel's keyring, unless the environment says otherwise.
const KEY_CACHE: Duration = Duration::from_secs(900);
/// How long one request to a provider may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Context {
    pub(super) environment: Environment,
    pub(super) terminal: Terminal,
    /// What this command's work has to tell through hooks.
    pub(super) alarms: Alarms,
    /// As it was said with `--tenant`.
    tenant: Option<String>,
    /// The size of core dumps before we forbade them, in bytes; `None` is without limit.
    #[cfg_attr(not(unix), allow(dead_code, reason = "there is no such limit"))]
    core_limit: Option<u64>,
    config: OnceLock<Config>,
}

impl Context {
    pub(super) fn new(environment: Environment, global: &Global, core_limit: Option<u64>) -> Self {
        Self {
            terminal: Terminal::new(&environment, global),
            environment,
            alarms: Alarms::default(),
            tenant: global.tenant.clone(),
            core_limit,
            config: OnceLock::new(),
        }
    }

    /// Gives back the limit on core dumps that was there before, for a child that inherits it. We ourselves write none all
    /// the same: we are not dumpable.
    pub(super) fn allow_core_dumps(&self) {
        #[cfg(unix)]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
            // A limit that cannot be given back is a child without core dumps, and no more.
            let _ = setrlimit(Resource::Core, Rlimit { current: self.core_limit, ..getrlimit(Resource::Core) });
        }
    }

    pub(super) fn paths(&self) -> Result<Paths, Failure> {
        Ok(self.environment.paths()?)
    }

    pub(super) fn registry(&self) -> Result<Registry, Failure> {
        Ok(Registry::new(&self.paths()?.providers))
    }

    /// The name by which a provider goes, for one that is known, or was: `was_known` says whether anything here has that
    /// name. Any other name is a mistake.
    pub(super) fn provider_id(
        &self,
        name: &str,
        was_known: impl FnOnce(&str) -> Result<bool, Failure>,
    ) -> Result<String, Failure> {
        match self.registry()?.find(name) {
            Ok(provider) => Ok(provider.id),
            Err(_) if was_known(name)? => Ok(name.to_owned()),
            Err(error) => Err(error.into()),
        }
    }

    /// The use cases over this environment.
    pub(super) fn app(&self) -> Result<App, Failure> {
        self.app_with_limit(REQUEST_LIMIT)
    }

    pub(super) fn app_with_limit(&self, limit: Duration) -> Result<App, Failure> {
        let places = self.paths()?;
        let given = self.environment.master_key()?;
        let given = given.map(|source| match source {
            MasterKeySource::Value(key) => Given::Value(key),
            MasterKeySource::File(path) => Given::File(path),
            MasterKeySource::Command(line) => Given::Command(line),
        });
        let Paths { providers, database, locks, landing, uses, marks, run, .. } = places;
        let registry = Registry::new(&providers);
        let known = registry.clone();
        know_providers(move |name| matches!(known.find(name), Err(provider::Error::Unknown { .. })));
        Ok(App {
            home: Home { database, locks, landing, uses, marks },
            run_dir: run,
            registry,
            keys: KeyAccess {
                ask: self.terminal.passphrase_asker(),
                given,
                cache: KeyCache::new(self.key_cache()?),
                keyring: Keyring::new(self.environment.session_bus(), KEYRING_LIMIT),
            },
            tenant: self.tenant()?,
            clock: Timestamp::now,
            http: Http::new(limit),
            person: self.environment.person(),
            caller: paths::caller(),
            variables: Box::new(self.environment.lookup()),
            client_metadata_url: self.config()?.client_id_metadata_document.clone(),
            alarms: self.alarms.clone(),
        })
    }

    /// `OAUTH_…_<PROVIDER>`, with the name of the variable. An alias is typed as often as the name itself, which is looked up only when any such
    /// variable is set at all.
    pub(super) fn of_provider(&self, what: &str, provider: &str) -> Option<(String, Secret)> {
        if !self.environment.has_any(&format!("OAUTH_{what}_")) {
            return None;
        }
        let id = self.registry().ok().and_then(|registry| Some(registry.find(provider).ok()?.id));
        let names = [Some(provider.to_owned()), id];
        names.iter().flatten().find_map(|name| {
            let variable = format!("OAUTH_{what}_{}", variable_part(name));
            self.environment.secret(&variable).cloned().map(|value| (variable, value))
        })
    }

    /// `OAUTH_KEY_CACHE`: how long a master key may be kept in the kernel's keyring.
    fn key_cache(&self) -> Result<Option<Duration>, Failure> {
        match self.environment.get("OAUTH_KEY_CACHE") {
            None => Ok(Some(KEY_CACHE)),
            Some("off") => Ok(None),
            Some(text) => text.parse().map(|seconds| Some(Duration::from_secs(seconds))).map_err(|_| {
                Failure::set_up(format!("OAUTH_KEY_CACHE is `off` or a number of seconds, and not `{}`", shown(text)))
            }),
        }
    }

    /// What `config.toml` says. It is read once, when it is first asked for.
    fn config(&self) -> Result<&Config, Failure> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::read(&self.paths()?.config)?;
        Ok(self.config.get_or_init(|| config))
    }

    /// What is wrong with `config.toml`; from here on it is as if there were none.
    pub(super) fn pass_over_config(&self) -> Option<Failure> {
        let failure = self.config().err()?;
        self.config.get_or_init(Config::default);
        Some(failure)
    }

    pub(super) fn hooks(&self) -> Result<Hooks, Failure> {
        let config::Hooks { on_reauth, on_refresh_error, desktop } = self.config()?.hooks.clone();
        Ok(Hooks { on_reauth, on_refresh_error, desktop, record: self.paths()?.hooks })
    }

    /// The tenant of a command that names none.
    pub(super) fn usual_tenant(&self) -> Result<&str, Failure> {
        let config = self.config()?;
        Ok(self.environment.get("OAUTH_TENANT").or(config.tenant.as_deref()).unwrap_or("default"))
    }

    /// The tenant that this command works in.
    pub(super) fn tenant(&self) -> Result<String, Failure> {
        let usual = self.usual_tenant()?;
        let name = self.tenant.as_deref().unwrap_or(usual);
        check_tenant(name)?;
        know_tenants(usual, name);
        Ok(name.to_owned())
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

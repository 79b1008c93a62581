//! Tokens for places: whose a host is, and whether a token may go there.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::access::Fallback;
use super::{Access, App, Demand, Error, Selector, Tokens};
use crate::model::server::Service;
use crate::model::text::shown;
use crate::model::{Credential, Server, endpoint, host};
use crate::provider::{Provider, Registry};

/// A token, and where it may go.
pub(crate) struct Placed {
    pub(crate) access: Access,
    pub(crate) server: Arc<Server>,
}

/// Whose a host is, for as many hosts as are asked for.
pub(super) struct Places<'a> {
    registry: &'a Registry,
    connected: Vec<Named>,
    /// What the registry knows, read when it is needed.
    known: OnceCell<Known>,
}

/// A provider's name, and what it serves.
type Named = (String, Arc<Server>);

struct Known {
    all: Vec<Named>,
    /// Something of the user's own cannot be read.
    some_broken: bool,
}

impl Places<'_> {
    /// The provider that serves this URL. Of those that are connected there may be one; else it is one that the
    /// environment gives a token for, or the first that is known. One that names the host wins over one that covers it
    /// with a star.
    pub(super) fn provider_at(&self, service: Service, url: &Url, tokens: Tokens<'_>) -> Result<Option<String>, Error> {
        let mut connected = serving(service, url, &self.connected);
        match connected.len() {
            0 => {}
            1 => return Ok(connected.pop()),
            _ => return Err(Error::SharedHost { service, host: endpoint::authority(url), providers: connected }),
        }
        let Known { all, some_broken } = self.known()?;
        let known = serving(service, url, all);
        // One of the user's own that cannot be read may be the one.
        if known.is_empty() && *some_broken {
            self.registry.all()?;
        }
        let given = known.iter().find(|provider| tokens(provider).is_some());
        Ok(given.or(known.first()).cloned())
    }

    /// An entry with variables that have no default covers no host before they are set.
    fn known(&self) -> Result<&Known, Error> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let (all, broken) = self.registry.readable()?;
        let all = all.into_iter().filter_map(|provider| Some((provider.id.clone(), unset(&provider)?))).collect();
        Ok(self.known.get_or_init(|| Known { all, some_broken: !broken.is_empty() }))
    }
}

impl App {
    /// The provider that serves this URL, as [`Places::provider_at`] finds it.
    pub(crate) fn provider_at(&self, service: Service, url: &Url, tokens: Tokens<'_>) -> Result<Option<String>, Error> {
        self.places()?.provider_at(service, url, tokens)
    }

    pub(super) fn places(&self) -> Result<Places<'_>, Error> {
        let connected = self.list(false)?.0.into_iter().filter(|own| own.revoked_at.is_none());
        let connected = connected.map(|own| (own.provider, own.server)).collect();
        Ok(Places { registry: &self.registry, connected, known: OnceCell::new() })
    }

    /// Which account of a provider serves this URL, where none is named: the default one if it does, else the only one
    /// that does. One that nobody's record covers is left to the default account.
    pub(super) fn account_at(&self, service: Service, url: &Url, provider: &str) -> Result<Selector, Error> {
        let mut serving = self.accounts_at(service, url, provider)?;
        let account = match serving.as_slice() {
            own if own.iter().any(|own| own.default) => None,
            [] | [_] => serving.pop().map(|own| own.account),
            _ => {
                let accounts = serving.into_iter().map(|own| own.account).collect();
                let host = shown(&endpoint::authority(url));
                return Err(Error::SharedByAccounts { host, provider: provider.to_owned(), accounts });
            }
        };
        Ok(Selector { provider: provider.to_owned(), account })
    }

    /// The accounts of a provider whose tokens may be sent to this URL.
    fn accounts_at(&self, service: Service, url: &Url, provider: &str) -> Result<Vec<Credential>, Error> {
        let Some(vault) = self.vault()? else { return Ok(vec![]) };
        let mut rows = vault.of_provider(&self.tenant, provider)?;
        if rows.is_empty()
            && let Ok(known) = self.registry.find(provider)
        {
            rows = vault.of_provider(&self.tenant, &known.id)?;
        }
        let live = rows.into_iter().map(|row| row.credential).filter(|own| own.revoked_at.is_none());
        Ok(live.filter(|own| own.server.serves(service, url)).collect())
    }

    /// A token that may be sent to this URL. Whether it may is looked at first: nothing is spent for a wrong place.
    pub(crate) fn token_at(
        &self,
        service: Service,
        url: &Url,
        selector: &Selector,
        demand: Demand,
        fallback: Option<Fallback>,
    ) -> Result<Placed, Error> {
        let server = self.server_of(selector, fallback.is_some())?;
        if let Err(refusal) = admit(&selector.provider, selector.account.as_deref(), &server, service, url) {
            return Err(self.with_others(refusal, service, url)?);
        }
        let access = self.token(selector, demand, fallback)?;
        let server = access.credential.as_ref().map_or(server, |own| own.server.clone());
        admit(&selector.provider, selector.account.as_deref(), &server, service, url)?;
        Ok(Placed { access, server })
    }

    /// A refusal that knows the provider's other accounts, which the place is one of.
    fn with_others(&self, refusal: Error, service: Service, url: &Url) -> Result<Error, Error> {
        let Error::WrongHost { provider, account, host, known, .. } = refusal else { return Ok(refusal) };
        let serving = self.accounts_at(service, url, &provider)?.into_iter().map(|own| own.account).collect();
        Ok(Error::WrongHost { service, provider, account, host, known, serving })
    }

    /// Puts a host on the list of places that one credential's tokens may be sent to.
    pub(crate) fn allow_host(&self, selector: &Selector, host: &str) -> Result<Credential, Error> {
        let plain = Url::parse(&format!("https://{host}/")).is_ok_and(|url| endpoint::authority(&url) == host);
        if !plain {
            return Err(Error::Usage(format!("`{}` is no host", shown(host))));
        }
        let vault = self.vault()?.ok_or_else(|| self.nothing_connected(selector))?;
        let row = self.select(&vault, selector)?;
        let seal = self.unlock(&vault)?;
        let mut lease = vault.lease(&row.credential.id, &seal, Self::lease_deadline())?;
        let mut server = Server::clone(&lease.credential().server);
        if !server.api_hosts.iter().any(|own| own == host) {
            server.api_hosts.push(host.to_owned());
            lease.repin(server, (self.clock)())?;
        }
        Ok(lease.credential().clone())
    }

    /// A newer token than one that was not taken: another process's, or a new one.
    pub(crate) fn token_instead(&self, rejected: &Credential) -> Result<Access, Error> {
        let vault = self.vault()?.ok_or(Error::NothingConnected)?;
        let seal = self.unlock(&vault)?;
        self.whatever_the_key(&vault, &seal, |seal, _| {
            let row = vault.reread(&rejected.id)?;
            let refresh = row.credential.generation <= rejected.generation;
            self.access(&vault, seal, &row, Demand { refresh, ..Demand::default() })
        })
    }

    /// What the credential knows of its server; for a static token of the environment, what the entry does.
    pub(crate) fn server_of(&self, selector: &Selector, fallback: bool) -> Result<Arc<Server>, Error> {
        let vault = self.vault()?;
        let row = match &vault {
            Some(vault) => self.select(vault, selector),
            None => Err(self.nothing_connected(selector)),
        };
        match row {
            Ok(row) => Ok(row.credential.server),
            Err(Error::NotConnected { provider, .. }) if fallback => {
                let provider = self.registry.find(&provider)?;
                Ok(provider.resolve(&BTreeMap::new(), "")?.server.into())
            }
            Err(error) => {
                if let Some(vault) = &vault {
                    self.note_missing(vault, &error);
                }
                Err(error)
            }
        }
    }
}

fn unset(provider: &Provider) -> Option<Arc<Server>> {
    provider.resolve(&BTreeMap::new(), "").ok().map(|resolved| resolved.server.into())
}

/// The providers among `servers` that serve the URL, by name.
fn serving(service: Service, url: &Url, servers: &[Named]) -> Vec<String> {
    let mut fitting: Vec<_> = servers.iter().filter(|(_, server)| server.serves(service, url)).collect();
    let exact = |server: &Server| server.hosts(service).iter().any(|own| !own.contains('*') && host::names(own, url));
    if fitting.iter().any(|(_, server)| exact(server)) {
        fitting.retain(|(_, server)| exact(server));
    }
    let mut names: Vec<_> = fitting.into_iter().map(|(provider, _)| provider.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Refuses a place that is not on the list a token was sealed with.
pub(super) fn admit(
    provider: &str,
    account: Option<&str>,
    server: &Server,
    service: Service,
    url: &Url,
) -> Result<(), Error> {
    if server.serves(service, url) {
        return Ok(());
    }
    Err(Error::WrongHost {
        service,
        provider: shown(provider),
        account: account.map(str::to_owned),
        host: shown(&endpoint::authority(url)),
        known: server.hosts(service),
        serving: vec![],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(hosts: &[&str]) -> Server {
        let hosts = serde_json::json!(hosts);
        serde_json::from_value(serde_json::json!({"name": "X", "authorization_endpoint": "", "token_endpoint": "",
            "token_endpoint_auth_method": "none", "api_hosts": hosts, "git_hosts": ["git.example"]}))
        .unwrap()
    }

    #[test]
    fn who_names_a_host_serves_it_before_those_that_cover_it_with_a_star() {
        let of = |url: &str| {
            let servers =
                [("star", "*.example"), ("named", "api.example"), ("also", "api.example"), ("also", "*.example")];
            let servers = servers.map(|(name, host)| (name.to_owned(), server(&[host]).into()));
            serving(Service::Api, &url.parse().unwrap(), &servers)
        };
        assert_eq!(of("https://api.example/x"), ["also", "named"]);
        assert_eq!(of("https://other.example/x"), ["also", "star"]);
        assert!(of("https://example/x").is_empty());
    }

    #[test]
    fn a_token_is_admitted_to_the_hosts_of_its_service_and_to_no_other() {
        let admitted = |service, url: &str| admit("x", None, &server(&["api.example"]), service, &url.parse().unwrap());
        assert!(admitted(Service::Api, "https://api.example/x").is_ok());
        assert!(admitted(Service::Git, "https://git.example/x").is_ok());
        for (service, url) in [
            (Service::Git, "https://api.example/"),
            (Service::Api, "https://git.example/"),
            (Service::Registry, "https://api.example/"),
            (Service::Api, "https://api.example:8443/"),
            (Service::Api, "https://api.example.evil.example/"),
        ] {
            assert!(matches!(admitted(service, url), Err(Error::WrongHost { .. })), "{url}");
        }
    }
}

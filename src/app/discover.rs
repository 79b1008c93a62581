//! From an address to everything that a login there needs.

use super::{App, Error};
use crate::model::{Scopes, endpoint};
use crate::protocol::{self, Finding, Findings, Metadata, ProtectedResource};
use crate::provider::{Added, Entry};

/// What was found out about an address, good or bad.
pub(crate) struct Discovery {
    pub(crate) url: String,
    pub(crate) findings: Vec<Finding>,
    pub(crate) found: Result<Discovered, Error>,
}

/// An address and its authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Discovered {
    pub(crate) url: String,
    /// What the tokens are for, where the address is a protected resource.
    pub(crate) resource: Option<String>,
    pub(crate) metadata: Metadata,
    /// What the resource asks for.
    pub(crate) scopes: Scopes,
}

/// Whether a word in a provider's place is an address.
pub(crate) fn is_address(word: &str) -> bool {
    word.contains("://")
}

impl App {
    /// Walks from an address to its authorization server's metadata: RFC 9728, RFC 8414, OpenID Connect Discovery.
    pub(crate) fn discover(&self, url: &str) -> Result<Discovery, Error> {
        if let Err(endpoint::Refused::NotAUrl) = endpoint::check(url) {
            let url = crate::model::text::shown(url);
            return Err(Error::Usage(format!("`{url}` is no address; write it whole, as in https://{url}")));
        }
        let mut findings = Findings::default();
        let found = self.walk(url, &mut findings);
        Ok(Discovery { url: url.to_owned(), findings: findings.0, found })
    }

    fn walk(&self, url: &str, findings: &mut Findings) -> Result<Discovered, Error> {
        let failed =
            |source| Error::Protocol { doing: format!("cannot find the authorization server of {url}"), source };
        let resource = protocol::protected_resource(&self.http, self.clock, url, findings).map_err(failed)?;
        let issuer = match &resource {
            Some(resource) => self.issuer_of(resource)?,
            None => url.to_owned(),
        };
        let metadata = protocol::survey(&self.http, self.clock, &issuer, findings).map_err(failed)?;
        let (resource, scopes) = resource.map(|found| (found.resource, found.scopes)).unzip();
        Ok(Discovered { url: url.to_owned(), resource, metadata, scopes: scopes.unwrap_or_default() })
    }

    /// Of several authorization servers, one that we hold a client for; else the first (RFC 9728 §7.6).
    fn issuer_of(&self, resource: &ProtectedResource) -> Result<String, Error> {
        let vault = self.vault()?;
        for issuer in &resource.authorization_servers {
            let held = vault.as_ref().map(|vault| vault.clients_at(&self.tenant, issuer)).transpose()?;
            if held.is_some_and(|held| !held.is_empty()) {
                return Ok(issuer.clone());
            }
        }
        Ok(resource.authorization_servers[0].clone())
    }

    /// Writes an entry of the user's own from what was found.
    pub(crate) fn write_discovered(&self, name: &str, found: &Discovered) -> Result<Added, Error> {
        Ok(self.registry.add(name, &found.entry())?)
    }
}

impl Discovery {
    /// Of a server that gave no answer there is nothing to tell but that.
    pub(crate) fn answered(self) -> Result<Self, Error> {
        match self.found {
            Err(error @ Error::Protocol { source: protocol::Error::Http(_), .. }) => Err(error),
            _ => Ok(self),
        }
    }

    /// What a login can be made with. PKCE must be announced (OAuth 2.1 §7.6.1; the MCP specification demands it).
    pub(crate) fn usable(self) -> Result<Discovered, Error> {
        let found = self.found?;
        if found.metadata.has_pkce() { Ok(found) } else { Err(Error::NoPkce { issuer: found.metadata.issuer }) }
    }
}

impl Discovered {
    /// Hosts of endpoints that are at another site than the issuer.
    pub(crate) fn foreign_hosts(&self) -> Vec<String> {
        let strange = self.metadata.endpoints().filter(|(_, url)| !endpoint::same_site(url, &self.metadata.issuer));
        let mut hosts: Vec<_> =
            strange.filter_map(|(_, url)| Some(endpoint::authority(&url::Url::parse(url).ok()?))).collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// A provider entry that says the same.
    pub(crate) fn entry(&self) -> Entry {
        let host = |url: &str| url::Url::parse(url).map(|url| endpoint::authority(&url)).unwrap_or_default();
        let found = &self.metadata;
        let mut entry = Entry::minimal(&host(&self.url), &found.authorization_endpoint, &found.token_endpoint);
        entry.issuer = Some(found.issuer.clone());
        entry.userinfo_endpoint.clone_from(&found.userinfo_endpoint);
        entry.revocation_endpoint.clone_from(&found.revocation_endpoint);
        entry.introspection_endpoint.clone_from(&found.introspection_endpoint);
        entry.device_authorization_endpoint.clone_from(&found.device_authorization_endpoint);
        entry.pushed_authorization_request_endpoint.clone_from(&found.pushed_authorization_request_endpoint);
        entry.registration_endpoint.clone_from(&found.registration_endpoint);
        entry.mtls_endpoint_aliases.clone_from(&found.mtls_endpoint_aliases);
        entry.token_endpoint_auth_method = found.token_endpoint_auth_method;
        entry.authorization_response_iss_parameter_supported = found.iss_promised;
        let announced = |names: &[&str]| {
            names.iter().filter(|name| found.scopes.contains(name)).map(|name| (*name).to_owned()).collect()
        };
        match &self.resource {
            Some(resource) => {
                entry.resource = vec![resource.clone()];
                entry.api_base = Some(self.url.clone());
                entry.api_hosts = vec![host(&self.url)];
                // Userinfo belongs to the authorization server, and a token for the resource is none for it.
                entry.userinfo_endpoint = None;
            }
            None => entry.identity_scopes = announced(&["openid", "email"]),
        }
        entry.offline_scopes = announced(&["offline_access"]);
        entry
    }
}

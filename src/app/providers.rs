//! The user's own provider entries.

use std::collections::BTreeMap;

use super::{App, Error};
use crate::model::endpoint::{self, Refused};
use crate::model::{ClientAuthentication, Scopes};
use crate::protocol::{self, Metadata};
use crate::provider::{self, Added, Entry, Provider};

/// A provider as the user describes it: an issuer to ask, or endpoints.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewProvider {
    pub(crate) name: String,
    pub(crate) issuer: Option<String>,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) revocation_endpoint: Option<String>,
    pub(crate) device_authorization_endpoint: Option<String>,
    pub(crate) introspection_endpoint: Option<String>,
    pub(crate) token_endpoint_auth_method: Option<ClientAuthentication>,
    pub(crate) identity_scopes: Scopes,
    pub(crate) api_hosts: Vec<String>,
    /// Harmless requests that tell what a token may do, by name.
    pub(crate) capabilities: BTreeMap<String, String>,
}

/// A key of an entry, its value, and the server's.
pub(crate) type Difference = (&'static str, String, String);

impl App {
    /// Writes an entry. With an issuer and no endpoints, the server is asked for its metadata; what is given wins.
    pub(crate) fn add_provider(&self, new: &NewProvider) -> Result<(Entry, Added), Error> {
        provider::check_own(&new.name)?;
        let entry = self.describe(new.clone())?;
        let added = self.registry.add(&new.name, &entry)?;
        Ok((entry, added))
    }

    /// The provider with the endpoints that its entry leaves to the issuer's metadata.
    pub(super) fn completed(
        &self,
        mut provider: Provider,
        variables: &BTreeMap<String, String>,
    ) -> Result<Provider, Error> {
        if !provider.entry.discovery {
            return Ok(provider);
        }
        let Some(issuer) = provider.resolve(variables, "")?.server.issuer else { return Ok(provider) };
        let doing = format!("cannot read the metadata of {issuer}");
        let found = protocol::discover(&self.http, self.clock, &issuer).map_err(Error::protocol(doing))?;
        fill(&mut provider.entry, found);
        Ok(provider)
    }

    /// Where an entry is not what the issuer's metadata says: key, the entry's value, the server's.
    pub(crate) fn compare_provider(
        &self,
        provider: &Provider,
        variables: &BTreeMap<String, String>,
    ) -> Result<Vec<Difference>, Error> {
        let server = provider.resolve(variables, "CLIENT_ID")?.server;
        let Some(issuer) = &server.issuer else {
            return Err(Error::Usage(format!(
                "{} names no issuer, so it has no metadata to be compared with",
                provider.id
            )));
        };
        let doing = format!("cannot read the metadata of {issuer}");
        let found = protocol::discover(&self.http, self.clock, issuer).map_err(Error::protocol(doing))?;
        let pairs = [
            ("authorization_endpoint", Some(server.authorization_endpoint), Some(found.authorization_endpoint)),
            ("token_endpoint", Some(server.token_endpoint), Some(found.token_endpoint)),
            (
                "device_authorization_endpoint",
                server.device_authorization_endpoint,
                found.device_authorization_endpoint,
            ),
            ("revocation_endpoint", server.revocation_endpoint, found.revocation_endpoint),
            ("introspection_endpoint", server.introspection_endpoint, found.introspection_endpoint),
        ];
        // What the entry leaves out, or the server, is no contradiction. Who signed in may be asked elsewhere on purpose.
        let both =
            pairs.into_iter().filter_map(|(key, own, found)| Some((key, own.filter(|own| !own.is_empty())?, found?)));
        Ok(both.filter(|(_, own, found)| own != found).collect())
    }

    fn describe(&self, new: NewProvider) -> Result<Entry, Error> {
        if let Some(Err(refused @ Refused::NotAUrl)) = new.issuer.as_deref().map(endpoint::check) {
            return Err(Error::Usage(format!("--issuer: {refused}; write it with its https://")));
        }
        let found = match (&new.issuer, &new.authorization_endpoint, &new.token_endpoint) {
            (Some(issuer), None, _) | (Some(issuer), _, None) => {
                let doing = format!("cannot read the metadata of {issuer}");
                Some(protocol::discover(&self.http, self.clock, issuer).map_err(Error::protocol(doing))?)
            }
            (_, Some(_), Some(_)) => None,
            _ => {
                let needed = "give --issuer, or both --authorization-endpoint and --token-endpoint";
                return Err(Error::Usage(needed.into()));
            }
        };
        let mut entry = Entry::minimal(&new.name, "", "");
        if let Some(found) = found {
            fill(&mut entry, found);
        }
        let normal = |given: Option<String>| given.map(|url| endpoint::normal(&url));
        let set = |place: &mut Option<String>, given: Option<String>| *place = normal(given).or(place.take());
        entry.authorization_endpoint = normal(new.authorization_endpoint).unwrap_or(entry.authorization_endpoint);
        entry.token_endpoint = normal(new.token_endpoint).unwrap_or(entry.token_endpoint);
        set(&mut entry.userinfo_endpoint, new.userinfo_endpoint);
        set(&mut entry.revocation_endpoint, new.revocation_endpoint);
        set(&mut entry.device_authorization_endpoint, new.device_authorization_endpoint);
        set(&mut entry.introspection_endpoint, new.introspection_endpoint);
        entry.token_endpoint_auth_method = new.token_endpoint_auth_method.or(entry.token_endpoint_auth_method);
        entry.issuer = new.issuer;
        entry.identity_scopes = new.identity_scopes.iter().map(str::to_owned).collect();
        entry.api_hosts = new.api_hosts;
        entry.capabilities = new.capabilities;
        Ok(entry)
    }
}

/// Fills in what an entry leaves open.
fn fill(entry: &mut Entry, found: Metadata) {
    let set = |place: &mut Option<String>, found: Option<String>| *place = place.take().or(found);
    if entry.authorization_endpoint.is_empty() {
        entry.authorization_endpoint = found.authorization_endpoint;
    }
    if entry.token_endpoint.is_empty() {
        entry.token_endpoint = found.token_endpoint;
    }
    set(&mut entry.userinfo_endpoint, found.userinfo_endpoint);
    set(&mut entry.revocation_endpoint, found.revocation_endpoint);
    set(&mut entry.device_authorization_endpoint, found.device_authorization_endpoint);
    set(&mut entry.introspection_endpoint, found.introspection_endpoint);
    set(&mut entry.pushed_authorization_request_endpoint, found.pushed_authorization_request_endpoint);
    set(&mut entry.registration_endpoint, found.registration_endpoint);
    if entry.mtls_endpoint_aliases.is_empty() {
        entry.mtls_endpoint_aliases = found.mtls_endpoint_aliases;
    }
    entry.token_endpoint_auth_method = found.token_endpoint_auth_method.or(entry.token_endpoint_auth_method);
    entry.authorization_response_iss_parameter_supported |= found.iss_promised;
}

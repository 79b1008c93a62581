//! `test --capabilities`: the harmless requests that a provider's entry lists, and which of them the token is allowed.

use super::place::admit;
use super::request::url_at;
use super::{App, Error};
use crate::model::server::Service;
use crate::model::{AccessToken, Credential};
use crate::protocol::{self, Channel, Permission};
use crate::provider::{self, Capability};

/// One request, and how it was answered.
pub(crate) struct Tried {
    pub(crate) capability: Capability,
    /// Status and meaning of the answer; an error where there is none.
    pub(crate) answer: Result<(u16, Permission), Error>,
}

impl App {
    /// Tries what the entry of the credential's provider lists. Where the token may go is the credential's own list, as it
    /// was sealed, and not what the entry says now.
    pub(super) fn try_capabilities(
        &self,
        channel: &Channel<'_>,
        own: &Credential,
        token: &AccessToken,
    ) -> Result<Vec<Tried>, Error> {
        let listed = match self.registry.find(&own.provider) {
            Ok(provider) => provider.entry.capabilities(),
            Err(provider::Error::Unknown { .. }) => vec![],
            Err(error) => return Err(error.into()),
        };
        let tried = listed.into_iter().map(|capability| {
            let answer = ask(channel, own, token, &capability);
            Tried { capability, answer }
        });
        Ok(tried.collect())
    }
}

fn ask(
    channel: &Channel<'_>,
    own: &Credential,
    token: &AccessToken,
    capability: &Capability,
) -> Result<(u16, Permission), Error> {
    let url = url_at(&own.provider, &own.server, &capability.target)?;
    admit(&own.provider, Some(&own.account), &own.server, Service::Api, &url)?;
    protocol::permission(channel, &capability.method, url.as_str(), token, &own.scopes)
        .map_err(Error::protocol(format!("cannot try `{}`", capability.name)))
}

//! Grants without a person: client credentials (RFC 6749 §4.4), JWT bearer (RFC 7523 §2.1), token exchange (RFC 8693).

use std::collections::BTreeMap;

use super::channel::Channel;
use super::client::grant;
use super::jwt::Assertion;
use super::{Error, installation};
use crate::model::{Mint, Scopes, Secret, TokenResponse};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What a mint is told.
pub(crate) struct Order<'a> {
    pub(crate) mint: &'a Mint,
    pub(crate) scopes: &'a Scopes,
    /// The user's own parameters of the token request.
    pub(crate) parameters: &'a BTreeMap<String, String>,
    /// The job's own token, where the grant exchanges one.
    pub(crate) subject_token: Option<&'a Secret>,
}

/// A new token.
pub(crate) fn mint(channel: &Channel<'_>, order: &Order<'_>) -> Result<TokenResponse, Error> {
    let scope = order.scopes.to_string();
    let own = order.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let asked = (!scope.is_empty()).then_some(("scope", scope.as_str()));
    let mut pairs: Vec<(&str, &str)> = own.chain(asked).collect();
    match order.mint {
        Mint::ClientCredentials => {
            pairs.push(("grant_type", "client_credentials"));
            grant(channel, Some(channel.client), &pairs, &[])
        }
        Mint::JwtBearer { issuer, subject, audience, key_id } => {
            let subject = subject.as_deref().unwrap_or(issuer);
            let scope = asked.map(|(_, scope)| scope);
            let assertion = Assertion { issuer, subject, audience, key_id: key_id.as_deref(), scope };
            let assertion = assertion.sign(&channel.private_key()?, (channel.clock)());
            pairs.extend([("grant_type", JWT_BEARER), ("assertion", assertion.expose())]);
            // The key signs the assertion, which is all the authentication there is.
            grant(channel, None, &pairs, &[&assertion])
        }
        Mint::TokenExchange { audience, .. } => {
            let token = order.subject_token.ok_or_else(|| Error::Request("there is no token to exchange".into()))?;
            pairs.extend([("grant_type", TOKEN_EXCHANGE), ("subject_token", token.expose())]);
            for (name, usual) in [("subject_token_type", JWT), ("requested_token_type", ACCESS_TOKEN)] {
                if !order.parameters.contains_key(name) {
                    pairs.push((name, usual));
                }
            }
            pairs.extend(audience.iter().map(|audience| ("audience", audience.as_str())));
            grant(channel, Some(channel.client).filter(|client| !client.id.is_empty()), &pairs, &[token])
        }
        Mint::Installation { access_tokens_url } => {
            installation::mint(channel, &channel.private_key()?, access_tokens_url)
        }
    }
}

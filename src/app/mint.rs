//! New tokens without a person: nothing is spent, so nothing can be lost, and no worker is needed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::refresh::hold_off;
use super::{App, Error};
use crate::model::{Client, Mint, Scopes, Secret, TokenResponse, TokenSource, rules};
use crate::protocol::{self, Channel, Order};
use crate::vault::Lease;

/// More than this is no token, in bytes.
const LARGEST: u64 = 64 << 10;
/// Where Kubernetes puts the token of a pod's service account.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

impl App {
    /// Mints anew under the lease, and commits.
    pub(super) fn mint_again(&self, lease: &mut Lease<'_>) -> Result<(), Error> {
        let own = lease.credential().clone();
        let client = Client { id: own.client_id.clone(), secret: lease.client_secret()? };
        let proof = lease.proof_key()?;
        // A token that cannot be kept would be asked for again and again.
        lease.try_writing()?;
        let channel = Channel {
            http: &self.http,
            clock: self.clock,
            server: &own.server,
            client: &client,
            proof: proof.as_ref(),
        };
        let sent_at = (self.clock)();
        let minted = self.mint(&channel, &own.requested, &own.parameters);
        if let Err(Error::Protocol { source: protocol::Error::Trouble { retry_after: Some(seconds), .. }, .. }) =
            &minted
        {
            // The record is no reason to hide the failure itself.
            let _ = hold_off(lease, *seconds, self.clock);
        }
        let response = minted.map_err(|error| match error {
            Error::Protocol { source: protocol::Error::Refused { response, .. }, .. } if response.blames_client() => {
                Error::ClientRefused { provider: own.provider.clone(), response }
            }
            Error::Protocol { source: protocol::Error::Refused { response, .. }, .. } => {
                let account = Some(own.account.clone());
                Error::RequestRefused { provider: own.provider.clone(), account, response }
            }
            Error::Protocol { source, .. } => {
                Error::Protocol { doing: format!("cannot get a new token for {}", own.label()), source }
            }
            other => other,
        })?;
        Ok(lease.commit(response, sent_at, (self.clock)())?)
    }

    /// One token, the way the server's record says.
    pub(super) fn mint(
        &self,
        channel: &Channel<'_>,
        scopes: &Scopes,
        parameters: &BTreeMap<String, String>,
    ) -> Result<TokenResponse, Error> {
        let damaged = || Error::Usage("this credential does not say how its tokens are minted".into());
        let mint = channel.server.mint.as_ref().ok_or_else(damaged)?;
        let subject_token = match mint {
            Mint::TokenExchange { subject_token, audience } => {
                Some(self.job_token(subject_token, audience.as_deref())?)
            }
            _ => None,
        };
        let order = Order { mint, scopes, parameters, subject_token: subject_token.as_ref() };
        protocol::mint(channel, &order).map_err(Error::protocol("there is no new token"))
    }

    /// Where the job this runs in finds its own token, as far as its surroundings say so by themselves.
    pub(super) fn job_token_source(&self) -> Option<TokenSource> {
        let file = |name: &str| (self.variables)(name).map(|path| TokenSource::File(path.expose().to_owned()));
        let pod = || {
            (self.variables)("KUBERNETES_SERVICE_HOST").filter(|_| Path::new(SERVICE_ACCOUNT).exists())?;
            Some(TokenSource::File(SERVICE_ACCOUNT.into()))
        };
        let github = (self.variables)("ACTIONS_ID_TOKEN_REQUEST_URL").map(|_| TokenSource::GithubActions(None));
        let gitlab =
            (self.variables)("GITLAB_OIDC_TOKEN").map(|_| TokenSource::Environment("GITLAB_OIDC_TOKEN".into()));
        github
            .or(gitlab)
            .or_else(|| file("AZURE_FEDERATED_TOKEN_FILE"))
            .or_else(|| file("AWS_WEB_IDENTITY_TOKEN_FILE"))
            .or_else(pod)
    }

    /// The job's own token, read anew.
    fn job_token(&self, source: &TokenSource, audience: Option<&str>) -> Result<Secret, Error> {
        let missing = |what: String| Error::JobToken { what };
        let text = match source {
            TokenSource::Environment(name) => {
                (self.variables)(name).ok_or_else(|| missing(format!("the variable {name} is not set")))?
            }
            TokenSource::File(path) => {
                let mut text = String::new();
                let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
                read.map_err(|error| missing(format!("{path}: {error}")))?;
                Secret::new(text)
            }
            TokenSource::GithubActions(own) => {
                let get = |name: &str| {
                    (self.variables)(name).ok_or_else(|| {
                        missing(format!("{name} is not set: the workflow needs `permissions: id-token: write`"))
                    })
                };
                let (url, token) = (get("ACTIONS_ID_TOKEN_REQUEST_URL")?, get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?);
                let audience = own.as_deref().or(audience);
                return protocol::github_actions_token(&self.http, self.clock, url.expose(), &token, audience)
                    .map_err(Error::protocol("GitHub gives the job no token"));
            }
        };
        let token = text.expose().trim();
        if !rules::is_token(token) {
            return Err(missing("what is there is no token".into()));
        }
        Ok(Secret::new(token))
    }
}

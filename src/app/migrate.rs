//! `import --from`: what other tools hold. First it is looked at, then brought in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::{Connection, OpenFlags};
use url::Url;

use super::import::{Incoming, check_token};
use super::place::Places;
use super::{App, Error, Imported};
use crate::helper::store::{self, Found, Whose};
use crate::model::server::Service;
use crate::model::text::shown;
use crate::model::{Client, RefreshToken, Secret};
use crate::provider::Entry;
use crate::vault::Registration;

/// More than this is no file of any of these tools, in bytes. Whoever reads one reads one byte more, so that it shows:
/// what was cut off might be the end of a token.
pub(crate) const LARGEST: u64 = 4 << 20;

/// A tool that holds tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Gh,
    Gcloud,
    Rclone,
    Pizauth,
    OidcAgent,
    Git,
    Netrc,
    Env,
}

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gh => "gh",
            Self::Gcloud => "gcloud",
            Self::Rclone => "rclone",
            Self::Pizauth => "pizauth",
            Self::OidcAgent => "oidc-agent",
            Self::Git => "git",
            Self::Netrc => "netrc",
            Self::Env => "env",
        }
    }
}

/// Where a tool's tokens are looked for.
pub(crate) enum Source {
    /// A file that need not be there.
    File(PathBuf),
    Text(String),
    /// The value of a variable, and the provider it is of.
    Variable {
        provider: String,
        value: Secret,
    },
}

/// One thing that was found, and what can be done with it.
pub(crate) struct Candidate {
    /// Of ours where it is known, else the tool's word.
    pub(crate) provider: String,
    pub(crate) account: Option<String>,
    pub(crate) what: What,
    found: Found,
}

/// What a candidate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A static token.
    Token,
    /// A refresh token with its client.
    Login,
    /// A client registration alone; the login has to be made here.
    Client,
    /// A login of the tool's own client, which is not ours to use; the login has to be made here.
    Foreign,
    /// Nothing that can be brought in, and why.
    Nothing(String),
}

impl App {
    /// The variables in which tools look for tokens, each with its provider.
    pub(crate) fn token_variables(&self) -> Result<Vec<(String, String)>, Error> {
        let mut seen = BTreeSet::new();
        let all = self.registry.all()?.into_iter();
        let all = all.filter_map(|provider| Some((provider.id, provider.entry.token_env?)));
        // Of those that share a variable, the first is the plain one: `github` before `github-app`.
        Ok(all.filter(|(_, variable)| seen.insert(variable.clone())).collect())
    }

    /// What a tool holds. Nothing is changed, there or here, and nothing is sent.
    pub(crate) fn survey(&self, tool: Tool, sources: Vec<Source>) -> Result<Vec<Candidate>, Error> {
        let mut found = Vec::new();
        for source in sources {
            match source {
                Source::Text(text) => found.extend(read(tool, &text)?),
                Source::Variable { provider, value } => {
                    found.push(Found::token(Whose::Provider(provider), None, value));
                }
                Source::File(path) if path.extension().is_some_and(|end| end == "db") => {
                    found.extend(gcloud_database(&path)?);
                }
                Source::File(path) => {
                    if let Some(text) = text_of(&path)? {
                        found.extend(read(tool, &text)?);
                    }
                }
            }
        }
        let places = self.places()?;
        found.into_iter().map(|found| self.judge(tool, found, &places)).collect()
    }

    fn judge(&self, tool: Tool, mut found: Found, places: &Places<'_>) -> Result<Candidate, Error> {
        let account = found.account.clone();
        let (word, provider) = self.whose(&found.whose, places)?;
        if tool == Tool::Gh && found.access_token.is_none() && provider.is_some() {
            found.access_token = ask_gh(&found);
        }
        let what = match &provider {
            None => What::Nothing(format!("no provider is known for {}", shown(&word))),
            Some(_) if found.refresh_token.is_some() && found.client_id.is_some() => What::Login,
            Some(_) if found.refresh_token.is_some() => What::Foreign,
            Some(_) if found.access_token.is_some() => What::Token,
            Some(_) if found.client_id.is_some() => What::Client,
            Some(_) => What::Nothing("the token is kept elsewhere, and is not given".into()),
        };
        Ok(Candidate { provider: provider.unwrap_or(word), account, what, found })
    }

    /// The tool's word, and the provider that it means.
    fn whose(&self, whose: &Whose, places: &Places<'_>) -> Result<(String, Option<String>), Error> {
        let provider = match whose {
            Whose::Unknown(_) => None,
            Whose::Provider(id) => self.registry.find(id).ok().map(|provider| provider.id),
            Whose::Host(host) => match Url::parse(&format!("https://{host}/")) {
                Ok(url) => match places.provider_at(Service::Git, &url, &|_| None)? {
                    Some(provider) => Some(provider),
                    None => places.provider_at(Service::Api, &url, &|_| None)?,
                },
                Err(_) => None,
            },
            Whose::TokenEndpoint(url) => self.by_url(url, |entry| Some(&entry.token_endpoint))?,
            Whose::Issuer(url) => self.by_url(url, |entry| entry.issuer.as_ref())?,
        };
        let word = match whose {
            Whose::Host(word) | Whose::TokenEndpoint(word) | Whose::Issuer(word) => word,
            Whose::Provider(word) | Whose::Unknown(word) => word,
        };
        Ok((word.clone(), provider))
    }

    fn by_url(&self, url: &str, of: impl Fn(&Entry) -> Option<&String>) -> Result<Option<String>, Error> {
        let same = |own: &String| own.trim_end_matches('/') == url.trim_end_matches('/');
        let found = self.registry.all()?.into_iter().find(|provider| of(&provider.entry).is_some_and(same));
        Ok(found.map(|provider| provider.id))
    }

    /// Brings a candidate in. A login stays `stale` unless it is taken over, since a refresh here may end the tool's.
    /// `None` for a client, of which there is no credential yet.
    pub(crate) fn bring_in_from(
        &self,
        tool: Tool,
        candidate: Candidate,
        take_over: bool,
        force: bool,
    ) -> Result<Option<Imported>, Error> {
        let Candidate { provider, account, what, found } = candidate;
        // Of many, which one it is.
        let named = |error: Error| {
            let whose = account.as_deref().map_or_else(|| provider.clone(), |own| format!("{provider} {}", shown(own)));
            Error::Usage(format!("what {} holds for {whose} is not taken: {error}", tool.name()))
        };
        found.access_token.iter().chain(&found.refresh_token).try_for_each(check_token).map_err(named)?;
        let client = found.client_id.map(|id| Client { id, secret: found.client_secret });
        let login = match what {
            What::Foreign => return Err(Error::Usage(format!("it belongs to {}'s own client", tool.name()))),
            What::Nothing(why) => return Err(Error::Usage(why)),
            What::Client => return self.keep_client_of(&provider, client).map(|()| None),
            What::Token => None,
            What::Login => found.refresh_token.map(RefreshToken).zip(client),
        };
        let incoming = Incoming {
            provider,
            account,
            variables: BTreeMap::new(),
            scopes: found.scopes,
            access_token: found.access_token,
            expires_at: found.expires_at,
            login,
            from: (!take_over).then(|| tool.name().to_owned()),
            by_tool: true,
            by_person: matches!(tool, Tool::Netrc | Tool::Env),
            force,
        };
        self.bring_in(incoming).map(Some)
    }

    fn keep_client_of(&self, provider: &str, client: Option<Client>) -> Result<(), Error> {
        let Some(client) = client else { return Ok(()) };
        let resolved = self.registry.find(provider)?.resolve(&BTreeMap::new(), &client.id)?;
        let (vault, seal, _) = self.open_for_import()?;
        let registration = Registration {
            client: &client,
            name: None,
            default: true,
            tenant: &self.tenant,
            provider,
            server: &resolved.server,
            variables: &resolved.variables,
            at: (self.clock)(),
        };
        vault.keep_registration(&registration, &seal)?;
        Ok(())
    }
}

fn read(tool: Tool, text: &str) -> Result<Vec<Found>, Error> {
    if u64::try_from(text.len()).is_ok_and(|length| length > LARGEST) {
        let what = format!("more than {} MiB is no file of {}'s", LARGEST >> 20, tool.name());
        return Err(Error::Usage(what));
    }
    Ok(match tool {
        Tool::Gh => store::gh(text),
        Tool::Gcloud => store::gcloud_defaults(text).into_iter().collect(),
        Tool::Rclone => store::rclone(text)?,
        Tool::Pizauth => store::pizauth(text),
        Tool::OidcAgent => store::oidc_agent(text).into_iter().collect(),
        Tool::Git => store::git(text),
        Tool::Netrc => store::netrc(text),
        Tool::Env => vec![],
    })
}

/// The text of a file; `None` where there is none.
fn text_of(path: &Path) -> Result<Option<String>, Error> {
    let failed = |error: std::io::Error| Error::Usage(format!("{}: {error}", path.display()));
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

/// gcloud's accounts: a table of names and JSON values. It is opened for reading only.
fn gcloud_database(path: &Path) -> Result<Vec<Found>, Error> {
    if !path.exists() {
        return Ok(vec![]);
    }
    let rows = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut statement = connection.prepare("select account_id, value from credentials")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        rows.collect::<Result<Vec<_>, rusqlite::Error>>()
    };
    let rows = rows().map_err(|error| Error::Usage(format!("{}: {error}", path.display())))?;
    Ok(rows.into_iter().filter_map(|(account, value)| store::gcloud_account(&account, &value)).collect())
}

/// A token that gh keeps in the keyring, which it alone is asked for.
fn ask_gh(found: &Found) -> Option<Secret> {
    let Whose::Host(host) = &found.whose else { return None };
    let mut command = Command::new("gh");
    command.args(["auth", "token", "--hostname", host]);
    if let Some(user) = &found.account {
        command.args(["--user", user]);
    }
    let told = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let token = String::from_utf8(told.stdout).ok().filter(|_| told.status.success())?;
    Some(Secret::new(token.trim())).filter(|token| !token.expose().is_empty())
}

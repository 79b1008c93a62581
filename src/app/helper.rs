//! `helper`: tokens for other tools, in their own words, for the places they ask about and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use url::Url;

use super::access::Fallback;
use super::place::Placed;
use super::{App, Demand, Error, Selector};
pub(crate) use crate::helper::LONGEST as LONGEST_QUESTION;
use crate::helper::{cargo, docker, git, kubectl};
use crate::model::server::Service;
use crate::model::text::shown;
use crate::model::{Kind, Secret, endpoint};
use crate::vault::Vault;

/// The static token that the environment gives for a provider, if it gives one.
pub(crate) type Tokens<'a> = &'a dyn Fn(&str) -> Option<Fallback>;

/// What docker is told.
pub(crate) enum DockerAnswer {
    Found(Secret),
    /// To be told on standard output, with exit code 1.
    NotFound(&'static str),
}

/// A word to cargo, and what went wrong besides.
pub(crate) struct CargoTalk {
    pub(crate) line: Secret,
    pub(crate) error: Option<Error>,
}

impl App {
    /// git's `get`. `None` for a place that is none of ours.
    pub(crate) fn git_get(&self, input: &[u8], tokens: Tokens<'_>) -> Result<Option<Secret>, Error> {
        let request = git::Request::parse(input)?;
        let Some(url) = request.url() else { return Ok(None) };
        let Some(placed) = self.placed(Service::Git, &url, request.username.as_deref(), tokens)? else {
            return Ok(None);
        };
        let expires_at = placed.access.credential.as_ref().and_then(|own| own.expires_at);
        let answer = git::answer(placed.server.git_user(), &placed.access.token.0, expires_at);
        answer.map(Some).ok_or_else(|| Error::Usage("this token cannot stand in a line".into()))
    }

    /// git's `erase`: the token was not taken. It is refreshed at its next use; nothing is deleted.
    pub(crate) fn git_erase(&self, input: &[u8]) -> Result<(), Error> {
        let request = git::Request::parse(input)?;
        let (Some(url), Some(password)) = (request.url(), &request.password) else { return Ok(()) };
        let Some(provider) = self.provider_at(Service::Git, &url, &|_| None)? else { return Ok(()) };
        let Some(vault) = self.vault()?.filter(Vault::has_key) else { return Ok(()) };
        let seal = self.unlock(&vault)?;
        for row in vault.of_provider(&self.tenant, &provider)? {
            let held = if row.credential.refreshable { Vault::access_token(&row, &seal)? } else { None };
            if held.is_some_and(|token| token.0.expose() == password.expose()) {
                let mut lease = vault.lease(&row.credential.id, &seal, Self::lease_deadline())?;
                if lease.credential().generation == row.credential.generation {
                    lease.reject((self.clock)())?;
                }
            }
        }
        Ok(())
    }

    /// Tells git to ask this program, by these words, about the hosts of what is connected. `home` is `OAUTH_HOME`, which
    /// git may not have when it asks.
    pub(crate) fn git_install(&self, program: &Path, home: Option<&str>, words: &str) -> Result<Vec<Installed>, Error> {
        let live: Vec<_> = self.list(false)?.0.into_iter().filter(|own| own.revoked_at.is_none()).collect();
        if live.is_empty() {
            return Err(Error::NothingConnected);
        }
        let hosts: BTreeSet<_> = live.iter().flat_map(|own| own.server.hosts(Service::Git)).collect();
        if hosts.iter().all(|host| host.contains('*')) {
            return Err(Error::NothingForGit { connected: live.into_iter().map(|own| own.provider).collect() });
        }
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let home = home.map(|home| format!("OAUTH_HOME={} ", quoted(home))).unwrap_or_default();
        let line = format!("!{home}{} {words}", quoted(&program.display().to_string()));
        let told = told_to_git()?;
        let install = |host: &String| {
            let url = url_of(host);
            let key = format!("credential.{url}.helper");
            let before =
                entries(&told).filter(|(other, _)| *other == key).find_map(|(_, helper)| installed_words(helper));
            let instead_of = before.filter(|before| *before != words).map(str::to_owned);
            // An empty helper ends the list of those before it: no other one gets to keep the token.
            configure(&["--replace-all", &key, ""])?;
            configure(&["--add", &key, &line])?;
            Ok(Installed { url, instead_of })
        };
        hosts.iter().filter(|host| !host.contains('*')).map(install).collect()
    }

    /// Undoes [`Self::git_install`], for whichever copy of this program it was done: git asks those whom it asks elsewhere.
    /// Gives the addresses.
    pub(crate) fn git_uninstall() -> Result<Vec<String>, Error> {
        let told = told_to_git()?;
        let mut helpers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, helper) in entries(&told) {
            helpers.entry(key).or_default().push(helper);
        }
        let mut urls = vec![];
        for (key, all) in helpers.iter().filter(|(_, all)| all.iter().any(|helper| is_installed(helper))) {
            if all.iter().all(|helper| helper.is_empty() || is_installed(helper)) {
                configure(&["--unset-all", key])?;
            } else {
                // Somebody has added another one, after our empty line.
                let ours = r"^!(OAUTH_HOME='.*' )?'.*oauth(\.exe)?' (--tenant.* )?helper git$";
                configure(&["--unset-all", key, ours])?;
            }
            urls.extend(key.strip_prefix("credential.").and_then(|key| key.strip_suffix(".helper")).map(str::to_owned));
        }
        Ok(urls)
    }

    /// Whether git asks this program by these words, as [`Self::git_install`] tells it to.
    pub(crate) fn git_asks(words: &str) -> bool {
        // Where git does not run, it asks nobody.
        let told = told_to_git().unwrap_or_default();
        entries(&told).any(|(_, helper)| installed_words(helper) == Some(words))
    }

    /// docker's `get`.
    pub(crate) fn docker_get(&self, input: &[u8], tokens: Tokens<'_>) -> Result<DockerAnswer, Error> {
        let registry = docker::Registry::parse(input)?;
        let none = DockerAnswer::NotFound(docker::NOT_FOUND);
        let Some(url) = &registry.url else { return Ok(none) };
        let placed = match self.placed(Service::Registry, url, None, tokens) {
            Ok(None) | Err(Error::NotConnected { .. }) => return Ok(none),
            placed => placed?,
        };
        let Some(Placed { access, server }) = placed else { return Ok(none) };
        let account = access.credential.as_ref().map(|own| own.account.as_str());
        Ok(DockerAnswer::Found(docker::answer(&registry, server.registry_user(account), &access.token.0)))
    }

    /// docker's `list`: registries, and the user name at each.
    pub(crate) fn docker_list(&self) -> Result<String, Error> {
        let mut entries = BTreeMap::new();
        for own in self.list(false)?.0.iter().filter(|own| own.revoked_at.is_none()) {
            for host in own.server.hosts(Service::Registry).iter().filter(|host| !host.contains('*')) {
                let user = own.server.registry_user(Some(&own.account)).to_owned();
                if own.default || !entries.contains_key(host) {
                    entries.insert(host.clone(), user);
                }
            }
        }
        Ok(docker::list(&entries))
    }

    /// kubectl's `ExecCredential` for a credential that is named: where it goes stands in the kubeconfig. `info` is what
    /// kubectl says of itself.
    pub(crate) fn kubectl(&self, selector: &Selector, info: Option<&str>, tokens: Tokens<'_>) -> Result<Secret, Error> {
        let version = kubectl::version(info)?;
        let access = self.token(selector, Demand::default(), tokens(&selector.provider))?;
        let expires_at = access.credential.as_ref().and_then(|own| own.expires_at);
        Ok(kubectl::answer(version, &access.token.0, expires_at))
    }

    /// The answer to one line of cargo's.
    pub(crate) fn cargo(&self, line: &str, tokens: Tokens<'_>) -> CargoTalk {
        let said = |line: String| CargoTalk { line: Secret::new(line), error: None };
        let Some(request) = cargo::Request::parse(line) else { return said(cargo::unsupported()) };
        let url = match request.wish() {
            cargo::Wish::Get(url) => url,
            cargo::Wish::ElsewhereUrl => return said(cargo::not_ours()),
            cargo::Wish::Unsupported => return said(cargo::unsupported()),
        };
        match self.placed(Service::Registry, &url, None, tokens) {
            Ok(None) => said(cargo::not_ours()),
            Ok(Some(Placed { access, .. })) => {
                let own = access.credential.as_ref();
                // A static token is told as it was given: registries of their own making take it without a scheme.
                let is_static = own.is_none_or(|own| own.kind == Kind::Imported);
                let token = access.token.0.expose();
                let header = Secret::new(if is_static { token.to_owned() } else { format!("Bearer {token}") });
                let line = cargo::answer(header.expose(), own.and_then(|own| own.expires_at));
                CargoTalk { line, error: None }
            }
            Err(error @ Error::NotConnected { .. }) => {
                CargoTalk { line: Secret::new(cargo::not_found()), error: Some(error) }
            }
            Err(error) => CargoTalk { line: Secret::new(cargo::failed(&error.to_string())), error: Some(error) },
        }
    }

    /// cargo's first line, before it says anything.
    pub(crate) fn cargo_hello() -> &'static str {
        cargo::HELLO
    }

    /// A token for a place; `None` when no provider serves it. A user name means the account of that name and no other,
    /// unless it is one that stands beside every token there.
    fn placed(
        &self,
        service: Service,
        url: &Url,
        user: Option<&str>,
        tokens: Tokens<'_>,
    ) -> Result<Option<Placed>, Error> {
        let Some(provider) = self.provider_at(service, url, tokens)? else { return Ok(None) };
        let own: Vec<_> = self.list(false)?.0.into_iter().filter(|own| own.provider == provider).collect();
        let is_account = |user: &str| own.iter().any(|own| own.account.eq_ignore_ascii_case(user));
        let names_nobody =
            |user: &str| git::ANY_USER.contains(&user) || own.iter().any(|own| own.server.git_user() == user);
        let account = user.filter(|user| is_account(user) || !names_nobody(user)).map(str::to_owned);
        let fallback = tokens(&provider);
        let selector = match account {
            Some(_) => Selector { provider, account },
            None => self.account_at(service, url, &provider)?,
        };
        self.token_at(service, url, &selector, Demand::default(), fallback).map(Some)
    }
}

/// A host that git asks about from now on.
pub(crate) struct Installed {
    pub(crate) url: String,
    /// The words by which git has asked until now, where they were others: those of another tenant.
    pub(crate) instead_of: Option<String>,
}

/// Whether git's helper is a line of [`App::git_install`].
fn is_installed(helper: &str) -> bool {
    installed_words(helper)
        .is_some_and(|words| words == "helper git" || (words.starts_with("--tenant") && words.ends_with(" helper git")))
}

/// By which words git's helper asks a program of our name.
fn installed_words(helper: &str) -> Option<&str> {
    let line = helper.strip_prefix('!')?;
    let line = match line.strip_prefix("OAUTH_HOME=") {
        Some(rest) => split_quoted(rest)?.1,
        None => line,
    };
    let (program, words) = split_quoted(line)?;
    ["oauth", "oauth.exe"].into_iter().any(|name| program.ends_with(name)).then_some(words)
}

/// What stands between the single quotes of a shell, still written for it, and what follows them and a space.
fn split_quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('\'')?;
    // A quote within it is written as `'\''`.
    let end = text.match_indices("' ").map(|(at, _)| at).find(|at| !text[..*at].ends_with(r"'\'"))?;
    Some((&text[..end], &text[end + 2..]))
}

fn url_of(host: &str) -> String {
    let https = format!("https://{host}");
    let here = Url::parse(&https).is_ok_and(|url| endpoint::is_loopback(&url));
    if here { format!("http://{host}") } else { https }
}

/// Every helper that git has been told of for some place.
fn told_to_git() -> Result<String, Error> {
    Ok(configuration(&["-z", "--get-regexp", r"^credential\..*\.helper$"])?.unwrap_or_default())
}

/// Keys with their values.
fn entries(told: &str) -> impl Iterator<Item = (&str, &str)> {
    told.split_terminator('\0').filter_map(|entry| entry.split_once('\n'))
}

fn configure(words: &[&str]) -> Result<(), Error> {
    configuration(words).map(drop)
}

/// What git's configuration of this user says; `None` where it has no such thing.
fn configuration(words: &[&str]) -> Result<Option<String>, Error> {
    let done = Command::new("git").args(["config", "--global"]).args(words).output();
    match done {
        Ok(output) if output.status.success() => Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned())),
        Ok(output) if output.status.code() == Some(1) && output.stderr.is_empty() => Ok(None),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Error::Usage(format!("git config refuses: {}", shown(said.trim()))))
        }
        Err(error) => Err(Error::Usage(format!("git cannot be run: {error}"))),
    }
}

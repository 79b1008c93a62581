//! Harmless requests that tell what a token may do.

use std::collections::BTreeMap;

use url::Url;

use super::definition::Entry;
use crate::model::{endpoint, host, text};

/// So many requests an entry may list: they are all sent at one word of the user's.
const MOST: usize = 24;
/// The longest name, in characters: it stands in a column.
const LONGEST: usize = 32;

/// One line of `[capabilities]`: `"read repositories" = "GET /user/repos"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Capability {
    /// What the request tries, in a few words.
    pub(crate) name: String,
    /// `GET` or `HEAD`.
    pub(crate) method: String,
    /// A path on the API base, or a whole URL.
    pub(crate) target: String,
}

impl Entry {
    /// The requests that tell what a token may do, by name.
    pub(crate) fn capabilities(&self) -> Vec<Capability> {
        self.capabilities.iter().filter_map(|(name, line)| Capability::parse(name, line)).collect()
    }

    /// What is wrong with `[capabilities]`: the key, and why. They send a token, so that nothing but harmless methods and
    /// hosts of this entry are taken; where a request really goes is held to the credential's own list once more.
    pub(super) fn capability_mistakes(&self) -> Vec<(String, String)> {
        let mut found = vec![];
        if self.capabilities.len() > MOST {
            found.push(("capabilities".into(), format!("there are more than {MOST}")));
        }
        for (name, line) in &self.capabilities {
            let key = || format!("capabilities.{name}");
            if name.trim().is_empty() || name.chars().count() > LONGEST {
                found.push((key(), format!("its name has 1 to {LONGEST} characters")));
            }
            match Capability::parse(name, line) {
                None => found.push((key(), "it is `GET` or `HEAD`, and a path or URL, divided by a blank".into())),
                Some(Capability { target, .. }) => found.extend(self.misled(&target).map(|what| (key(), what))),
            }
        }
        found
    }

    /// Why a token would not be sent to this place.
    fn misled(&self, target: &str) -> Option<String> {
        if target.contains(['{', '}', '#']) || !target.bytes().all(|b| b.is_ascii_graphic()) {
            return Some("it holds a variable, a fragment or characters that no URL has".into());
        }
        if target.starts_with('/') {
            let base = self.api_base.is_some() || self.userinfo_endpoint.is_some() || self.discovery;
            return (!base && self.api_hosts.len() != 1).then(|| "a path needs `api_base`".into());
        }
        let url = match endpoint::check(target) {
            Ok(url) => url,
            Err(refused) => return Some(refused.to_string()),
        };
        let bases = self.api_base.iter().chain(&self.userinfo_endpoint).filter_map(|base| Url::parse(base).ok());
        let hosts: Vec<_> =
            self.api_hosts.iter().cloned().chain(bases.map(|base| endpoint::authority(&base))).collect();
        let named = hosts.iter().any(|pattern| host::names(pattern, &url));
        (!named).then(|| format!("`{}` is none of `api_hosts`", text::shown(&endpoint::authority(&url))))
    }
}

impl Capability {
    fn parse(name: &str, line: &str) -> Option<Self> {
        let (method, target) = line.split_once(' ')?;
        let harmless = ["GET", "HEAD"].contains(&method);
        let fits = harmless && (target.starts_with('/') || target.contains("://"));
        fits.then(|| Self { name: name.to_owned(), method: method.to_owned(), target: target.to_owned() })
    }
}

/// The form of the table in an entry.
pub(super) type Capabilities = BTreeMap<String, String>;

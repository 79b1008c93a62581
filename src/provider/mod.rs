//! The registry: what is known of authorization servers before anyone connects to them.
//!
//! Each provider is one TOML entry (see [`Entry`]); the built-in ones are part of the program and are parsed only when
//! they are asked for, the user's own lie in `providers.d`. Both have the same form, and none shadows another.

mod builtin;
mod capability;
mod check;
mod definition;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod login_ends;
mod redirect;
mod resolve;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

pub(crate) use capability::Capability;
pub(crate) use definition::Entry;
pub(crate) use login_ends::LoginEnds;
pub(crate) use redirect::{PortRule, Redirect, RedirectRule};
pub(crate) use resolve::{Resolved, filled};

use crate::files::{self, Guard};
use crate::model::near;

/// The largest entry that is read, in bytes.
const LARGEST: u64 = 256 << 10;

/// Why there is no entry to work with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no provider named `{name}`")]
    Unknown { name: String, similar: Vec<String> },
    #[error("`{0}` cannot be a provider's name")]
    BadName(String),
    #[error("a provider named `{0}` is built in")]
    BuiltIn(String),
    #[error("`{0}` is built in, and cannot be removed")]
    NotYours(String),
    #[error("there is a provider named `{0}` already")]
    Exists(String),
    /// The entry's text is wrong; each mistake is named with its line and key.
    #[error("the provider entry {origin} is not valid")]
    Invalid { origin: String, mistakes: Vec<String> },
    /// The same of an entry of the user's own, where it lies.
    #[error("your provider entry {} is not valid", path.display())]
    Broken { name: String, path: PathBuf, mistakes: Vec<String> },
    #[error("{provider} needs a value for `{variable}`: {about}")]
    VariableMissing { provider: String, variable: String, about: String },
    #[error("{provider} has no variable `{variable}`")]
    VariableUnknown { provider: String, variable: String, known: Vec<String> },
    #[error("`{value}` cannot be the value of `{variable}`")]
    VariableValue { variable: String, value: String },
    #[error(transparent)]
    Files(#[from] files::Error),
}

/// A provider with its name and where its entry comes from.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// The name on the command line: lower case, `[a-z0-9][a-z0-9._-]*`.
    pub(crate) id: String,
    pub(crate) entry: Entry,
    pub(crate) built_in: bool,
}

/// An entry of the user's own, once it was added.
#[derive(Clone, Debug)]
pub(crate) struct Added {
    pub(crate) path: PathBuf,
    /// It was not there before.
    pub(crate) is_new: bool,
}

/// All entries, built in and the user's own.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    own: PathBuf,
}

impl Registry {
    /// `own` is the directory of the user's entries; it need not exist.
    pub(crate) fn new(own: &Path) -> Self {
        Self { own: own.to_owned() }
    }

    /// The provider with this name or alias. Names are compared without case. Neither a file nor an alias of the user's
    /// own stands in front of what is built in.
    pub(crate) fn find(&self, name: &str) -> Result<Provider, Error> {
        let id = check_name(&name.to_ascii_lowercase())?;
        if let Some((id, text)) = builtin::find(&id) {
            return built_in(id, text);
        }
        if let Some(own) = self.read_own(&id)? {
            return Ok(own);
        }
        let mut names: Vec<String> = builtin::names().map(str::to_owned).collect();
        let mut broken = None;
        for own in self.own_names()? {
            match self.read_own(&own) {
                Ok(Some(provider)) if provider.entry.aliases.contains(&id) => return Ok(provider),
                Ok(Some(provider)) => {
                    names.extend(provider.entry.aliases);
                    names.push(provider.id);
                }
                Ok(None) => {}
                Err(error) => broken = broken.or(Some(error)),
            }
        }
        // The name may be an alias in a file that cannot be read.
        Err(broken.unwrap_or_else(|| Error::Unknown { similar: near::nearest(&id, &names), name: id }))
    }

    /// Every provider, by name; one that is broken keeps them all back.
    pub(crate) fn all(&self) -> Result<Vec<Provider>, Error> {
        let (all, broken) = self.readable()?;
        broken.into_iter().next().map_or(Ok(all), Err)
    }

    /// Every provider that can be read, by name, and an error for each of the user's own that cannot.
    pub(crate) fn readable(&self) -> Result<(Vec<Provider>, Vec<Error>), Error> {
        let mut all: Vec<_> = builtin::all().map(|(id, text)| built_in(id, text)).collect::<Result<_, _>>()?;
        let mut broken = vec![];
        for id in self.own_names()?.iter().filter(|id| builtin::find(id).is_none()) {
            match self.read_own(id) {
                Ok(own) => all.extend(own),
                Err(error) => broken.push(error),
            }
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok((all, broken))
    }

    /// Where the user's own entries lie.
    pub(crate) fn dir(&self) -> &Path {
        &self.own
    }

    /// Files of the user's own that are not read because of their names, and what is wrong with those.
    pub(crate) fn unread(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        let wrong = self.files()?.into_iter().filter_map(|file| Some((self.own.join(&file), wrong_with(&file)?)));
        Ok(wrong.collect())
    }

    /// Writes an entry of the user's own. A built-in one cannot be shadowed.
    pub(crate) fn add(&self, name: &str, entry: &Entry) -> Result<Added, Error> {
        let id = check_own(name)?;
        entry.check(&id, None)?;
        let text = toml::to_string(entry)
            .map_err(|error| Error::Invalid { origin: id.clone(), mistakes: vec![error.to_string()] })?;
        self.keep(&id, entry, &text)
    }

    /// Takes a file as an entry of the user's own, as it stands.
    pub(crate) fn add_file(&self, name: &str, file: &Path) -> Result<(Entry, Added), Error> {
        let id = check_own(name)?;
        let (entry, text) = self.read(&id, file)?;
        let added = self.keep(&id, &entry, &text)?;
        Ok((entry, added))
    }

    /// Keeps the text of an entry. One that says the same is left as it is, one that says anything else is in its way.
    fn keep(&self, id: &str, entry: &Entry, text: &str) -> Result<Added, Error> {
        let path = self.path(id);
        if path.exists() {
            let own = self.read_own(id)?;
            let is_same = own.is_some_and(|own| own.entry == *entry);
            return if is_same { Ok(Added { path, is_new: false }) } else { Err(Error::Exists(id.to_owned())) };
        }
        files::private_dir(&self.own)?;
        files::replace(&path, text)?;
        Ok(Added { path, is_new: true })
    }

    /// A file as a provider, wherever it lies; it bears the file's name.
    pub(crate) fn read_file(&self, file: &Path) -> Result<Provider, Error> {
        let id = check_name(file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default())?;
        let (entry, _) = self.read(&id, file)?;
        Ok(Provider { id, entry, built_in: false })
    }

    /// Every name, without aliases.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<_> = builtin::all().map(|(id, _)| id.to_owned()).chain(self.own_names()?).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Deletes an entry of the user's own, broken or not.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let id = check_name(name)?;
        if builtin::all().any(|(other, _)| other == id) {
            return Err(Error::NotYours(id));
        }
        if !self.path(&id).exists() {
            return Err(Error::Unknown { similar: near::nearest(&id, &self.own_names()?), name: id });
        }
        Ok(fs::remove_file(self.path(&id)).map_err(files::Error::io("delete", &self.path(&id)))?)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.own.join(format!("{id}.toml"))
    }

    fn read_own(&self, id: &str) -> Result<Option<Provider>, Error> {
        let path = self.path(id);
        if !path.exists() {
            return Ok(None);
        }
        files::check_dir(&self.own)?;
        files::check_file(&path, Guard::Trusted)?;
        let (entry, _) = self.read(id, &path).map_err(|error| match error {
            Error::Invalid { mistakes, .. } => Error::Broken { name: id.to_owned(), path: path.clone(), mistakes },
            other => other,
        })?;
        Ok(Some(Provider { id: id.to_owned(), entry, built_in: false }))
    }

    /// Reads a file and holds it to the form. An alias that is taken would never be heard.
    fn read(&self, id: &str, path: &Path) -> Result<(Entry, String), Error> {
        let origin = path.display().to_string();
        let wrong =
            |what: String| Error::Invalid { origin: origin.clone(), mistakes: vec![format!("{origin}: {what}")] };
        let mut bytes = Vec::new();
        // What is no regular file does not tell its length.
        let file = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
        if u64::try_from(file.map_err(files::Error::io("read", path))?).is_ok_and(|length| length > LARGEST) {
            return Err(wrong(format!("it is larger than {} KiB", LARGEST >> 10)));
        }
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is no UTF-8".into()))?;
        let entry = Entry::parse(&text, &origin)?;
        entry.check(&origin, Some(&text))?;
        if let Some((alias, (owner, _))) = entry
            .aliases
            .iter()
            .find_map(|alias| Some((alias, builtin::find(alias).filter(|(owner, _)| *owner != id)?)))
        {
            return Err(wrong(format!("`aliases`: `{alias}` is built in, as a name of {owner}")));
        }
        Ok((entry, text))
    }

    /// The names of the user's entries; a file with another kind of name is none.
    fn own_names(&self) -> Result<Vec<String>, Error> {
        Ok(self.files()?.iter().filter_map(|file| name_of(file)).map(str::to_owned).collect())
    }

    /// What lies where the user's entries do, by name.
    fn files(&self) -> Result<Vec<OsString>, Error> {
        let listing = match fs::read_dir(&self.own) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
            listing => listing.map_err(files::Error::io("read", &self.own))?,
        };
        files::check_dir(&self.own)?;
        let files = listing.map(|item| Ok(item.map_err(files::Error::io("read", &self.own))?.file_name()));
        let mut files: Vec<_> = files.collect::<Result<_, Error>>()?;
        files.sort();
        Ok(files)
    }
}

impl Provider {
    /// Fills the template variables in: the user's values over the entry's defaults.
    pub(crate) fn resolve(&self, values: &BTreeMap<String, String>, client_id: &str) -> Result<Resolved, Error> {
        self.entry.resolve(&self.id, values, client_id)
    }
}

fn built_in(id: &str, text: &str) -> Result<Provider, Error> {
    Ok(Provider { id: id.to_owned(), entry: Entry::parse(text, id)?, built_in: true })
}

/// The provider whose entry a file of this name is.
fn name_of(file: &OsStr) -> Option<&str> {
    file.to_str()?.strip_suffix(".toml").filter(|id| check_name(id).is_ok())
}

/// Why a file is not read that was meant for an entry, by its name. Hidden ones are no entries: editors leave them.
fn wrong_with(file: &OsStr) -> Option<String> {
    if let Some(id) = name_of(file) {
        return builtin::find(id).map(|_| "a provider of that name is built in".into());
    }
    let name = file.to_string_lossy();
    let (stem, ending) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty() && !stem.starts_with('.'))?;
    match ending {
        "toml" => check_name(stem).err().map(|error| error.to_string()),
        _ if ending.eq_ignore_ascii_case("toml") => Some("its name does not end in `.toml`".into()),
        _ => None,
    }
}

/// A provider's name: ASCII, so that no look-alike passes for another, and safe as a file name everywhere.
fn check_name(name: &str) -> Result<String, Error> {
    if crate::model::rules::is_provider(name) {
        return Ok(name.to_owned());
    }
    Err(Error::BadName(crate::model::text::shown(name)))
}

/// The same for a name that an entry of the user's own can bear.
pub(crate) fn check_own(name: &str) -> Result<String, Error> {
    let id = check_name(name)?;
    if builtin::find(&id).is_some() { Err(Error::BuiltIn(id)) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_entry_is_valid_and_names_are_unique() {
        let registry = Registry::new(Path::new("/nonexistent"));
        let mut names = std::collections::BTreeSet::new();
        let mut wrong = Vec::new();
        for provider in registry.all().unwrap() {
            let text = builtin::find(&provider.id).unwrap().1;
            if let Err(Error::Invalid { mistakes, .. }) = provider.entry.check(&provider.id, Some(text)) {
                wrong.extend(mistakes);
            }
            provider.resolve(&examples(&provider), "client").unwrap_or_else(|error| panic!("{}: {error}", provider.id));
            assert!(!provider.entry.sources.is_empty(), "{} has no source", provider.id);
            for name in provider.entry.aliases.iter().chain([&provider.id]) {
                assert!(names.insert(name.clone()), "{name} is there twice");
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(registry.all().unwrap().len() >= 150);
    }

    /// A value for every variable that has no default.
    fn examples(provider: &Provider) -> BTreeMap<String, String> {
        let variables = provider.entry.variables.iter().filter(|(_, variable)| variable.default.is_none());
        variables.map(|(name, variable)| (name.clone(), variable.example.clone().unwrap_or_default())).collect()
    }

    #[test]
    fn a_provider_is_found_by_name_and_alias_whatever_the_case() {
        let registry = Registry::new(Path::new("/nonexistent"));
        assert_eq!(registry.find("GitHub").unwrap().id, "github");
        assert_eq!(registry.find("gmail").unwrap().id, "google");
        let Err(Error::Unknown { similar, .. }) = registry.find("gogle") else { panic!() };
        assert_eq!(similar[0], "google");
    }

    #[test]
    fn nothing_of_the_users_own_stands_in_front_of_what_is_built_in() {
        let dir = tempfile::tempdir().unwrap();
        let mut entry = Entry::minimal("mine", "https://a.example/authorize", "https://a.example/token");
        entry.aliases = vec!["my-alias".into()];
        for name in ["gmail", "aaa", "google"] {
            files::replace(&dir.path().join(format!("{name}.toml")), &toml::to_string(&entry).unwrap()).unwrap();
        }
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let registry = Registry::new(dir.path());
        assert_eq!(registry.find("gmail").unwrap().id, "google");
        assert_eq!(registry.find("gh").unwrap().id, "github");
        assert!(registry.find("google").unwrap().built_in);
    }

    #[test]
    fn names_that_could_leave_the_directory_or_deceive_are_refused() {
        for name in
            ["", ".", "..", "../x", "a/b", "a\\b", "-x", "gіthub", "a b", "x\0", "nul", "con.x", "a.", &"x".repeat(65)]
        {
            assert!(matches!(check_name(name), Err(Error::BadName(_))), "{name:?}");
        }
        assert!(check_name("my-server.v2_x").is_ok());
    }

    #[test]
    fn an_entry_of_the_user_is_kept_found_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::new(&dir.path().join("providers.d"));
        let entry = Entry::minimal("mine", "https://a.example/authorize", "https://a.example/token");
        registry.add("mine", &entry).unwrap();
        assert_eq!(registry.find("mine").unwrap().entry.token_endpoint, "https://a.example/token");
        assert!(!registry.add("mine", &entry).unwrap().is_new);
        let other = Entry::minimal("mine", "https://a.example/authorize", "https://other.example/token");
        assert!(matches!(registry.add("mine", &other), Err(Error::Exists(_))));
        assert_eq!(registry.find("mine").unwrap().entry, entry);
        for taken in ["google", "gmail"] {
            assert!(matches!(registry.add(taken, &entry), Err(Error::BuiltIn(_))), "{taken}");
        }
        registry.remove("mine").unwrap();
        assert!(matches!(registry.find("mine"), Err(Error::Unknown { .. })));
        assert!(matches!(registry.remove("google"), Err(Error::NotYours(_))));
    }
}

//! `config.toml`: what a person sets once. It is strict: what is not known is an error that names file and line, and a
//! file that others can write is refused, because it names commands that run.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::files::{self, Guard};
use crate::model::text::shown;

/// More than this is no configuration, in bytes.
const LARGEST: u64 = 64 << 10;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The tenant when neither `--tenant` nor `OAUTH_TENANT` names one.
    pub(crate) tenant: Option<String>,
    /// The URL of a document about this client, which servers read that take such a URL for a client id.
    pub(crate) client_id_metadata_document: Option<String>,
    #[serde(default)]
    pub(crate) hooks: Hooks,
}

/// What is to be done when something happens to a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hooks {
    /// A line for the shell, run when a person has to authorize.
    pub(crate) on_reauth: Option<String>,
    /// A line for the shell, run when a refresh failed for a reason that may pass.
    pub(crate) on_refresh_error: Option<String>,
    /// Whether the desktop shows a notification when a person has to authorize.
    #[serde(default)]
    pub(crate) desktop: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}:{line}: {what}", path.display())]
    Invalid { path: PathBuf, line: usize, what: String },
    #[error(transparent)]
    Files(#[from] files::Error),
}

impl Config {
    /// Reads the file; where there is none, everything is as usual.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            found => found.map_err(files::Error::io("read", path))?,
        };
        files::check_file(path, Guard::Trusted)?;
        files::check_dir(path.parent().unwrap_or(Path::new("/")))?;
        if found.len() > LARGEST {
            return Err(Error::Invalid { path: path.to_owned(), line: 1, what: "the file is too large".into() });
        }
        let bytes = fs::read(path).map_err(files::Error::io("read", path))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.split(|byte| *byte == b'\n').count();
            Error::Invalid { path: path.to_owned(), line, what: "it is no UTF-8 text".into() }
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let config: Self = toml::from_str(text).map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.get(..start).unwrap_or_default().split('\n').count();
            Error::Invalid { path: path.to_owned(), line, what: error.message().replace('\n', " ") }
        })?;
        if let Some(url) = config.client_id_metadata_document.as_ref().filter(|url| !url.starts_with("https://")) {
            let at = text.lines().position(|line| line.trim_start().starts_with("client_id_metadata_document"));
            let what = format!("client_id_metadata_document: `{}` is no https address", shown(url));
            return Err(Error::Invalid { path: path.to_owned(), line: at.unwrap_or_default() + 1, what });
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("config.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_set_is_read_and_the_rest_is_as_usual() {
        let config = parse("tenant = 'work'\n[hooks]\non_reauth = 'notify'\ndesktop = true\n").unwrap();
        let hooks = Hooks { on_reauth: Some("notify".into()), on_refresh_error: None, desktop: true };
        assert_eq!(config, Config { tenant: Some("work".into()), client_id_metadata_document: None, hooks });
        assert_eq!(parse(""), Ok(Config::default()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, start) in [
            ("tennant = 'x'", "config.toml:1: unknown field `tennant`"),
            ("tenant = 'x'\n\n[hooks]\non_reaut = 'x'", "config.toml:4: unknown field `on_reaut`"),
            ("tenant = 5", "config.toml:1: invalid type"),
            ("tenant = 'x'\ntenant = 'y'", "config.toml:2: duplicate key"),
            ("tenant = 'x'\nclient_id_metadata_document = 'http://x/'", "config.toml:2: client_id_metadata"),
            ("\n\n=", "config.toml:3: "),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(start) && !error.contains('\n'), "{error:?}");
        }
    }
}

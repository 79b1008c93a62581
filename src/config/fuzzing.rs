//! What must hold of any text in `config.toml`.

use std::path::Path;

use super::{Config, Error};

/// What is wrong is told on one line, and is in a line that the file has.
pub(crate) fn file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::parse(text, Path::new("config.toml")) {
        Ok(config) => {
            let url = config.client_id_metadata_document;
            assert!(url.is_none_or(|url| url.starts_with("https://")));
        }
        Err(Error::Invalid { line, what, .. }) => {
            assert!((1..=text.split('\n').count()).contains(&line), "line {line}");
            assert!(!what.contains('\n'), "{what:?}");
        }
        Err(Error::Files(error)) => panic!("no file was read: {error}"),
    }
}

//! A request as a user describes it, held to what may be sent.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use url::Url;

use super::super::Error;
use crate::http::{self, HeaderMap, HeaderName, HeaderValue, Upload};
use crate::model::endpoint;
use crate::model::text::shown;
use crate::protocol;

/// Headers that are ours to set: they say whose the request is, where it goes, and where it ends.
const OURS: [&str; 10] = [
    "authorization",
    "connection",
    "content-length",
    "dpop",
    "expect",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// A request as the user describes it.
pub(crate) struct Outgoing {
    /// In upper case, as it is sent.
    pub(crate) method: String,
    /// A URL, or a path on the provider's API base.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
    pub(crate) follow: bool,
    /// How often it is sent again when the server asks for patience.
    pub(crate) retries: u32,
}

/// What is sent.
pub(crate) enum Body {
    None,
    Bytes(Vec<u8>),
    /// Read as it is sent, and once more should it be sent again.
    File(PathBuf),
    /// Read as it is sent, and then gone.
    Stream(Option<Box<dyn Read>>),
}

impl Body {
    pub(super) fn can_be_sent(&self) -> bool {
        match self {
            Self::None | Self::Bytes(_) => true,
            Self::File(path) => fs::metadata(path).is_ok_and(|found| found.is_file()),
            Self::Stream(reader) => reader.is_some(),
        }
    }

    pub(super) fn upload(&mut self) -> Result<Option<Upload>, Error> {
        let reader: Box<dyn Read> = match self {
            Self::None => return Ok(None),
            Self::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
            Self::Stream(reader) => reader.take().unwrap_or_else(|| Box::new(std::io::empty())),
            Self::File(path) => {
                let failed = |error: std::io::Error| Error::Usage(format!("{}: {error}", path.display()));
                let file = File::open(&*path).map_err(failed)?;
                let found = file.metadata().map_err(failed)?;
                if found.is_dir() {
                    return Err(Error::Usage(format!("{} is a directory", path.display())));
                }
                let length = found.is_file().then_some(found.len());
                return Ok(Some(Upload { length, reader: Box::new(file) }));
            }
        };
        let length = if let Self::Bytes(bytes) = self { u64::try_from(bytes.len()).ok() } else { None };
        Ok(Some(Upload { length, reader }))
    }
}

/// A URL as a user types it. What a parser would pass over in silence is refused: it is there to deceive.
pub(super) fn parse(text: &str) -> Result<Url, Error> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(Error::Usage(format!(
            "`{}` is no URL: it holds a blank, a backslash or a control character",
            shown(text)
        )));
    }
    if !text.contains("://") {
        return Err(Error::Usage(format!("`{}` is no URL; write it with its https://, or as a path", shown(text))));
    }
    endpoint::check(text).map_err(|refused| {
        let host = Url::parse(text).map(|url| endpoint::authority(&url)).unwrap_or_default();
        match refused {
            endpoint::Refused::NotAUrl => Error::Usage(format!("`{}` is no URL", shown(text))),
            refused => Error::Protocol {
                doing: format!("cannot ask {}", shown(&host)),
                source: protocol::Error::Http(http::Error::Refused(refused)),
            },
        }
    })
}

/// The headers of a user's, without those that are ours.
pub(super) fn headers(given: &[(String, String)]) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let shown_name = shown(name);
        let bad = |what: &str| Error::Usage(format!("the header `{shown_name}` {what}"));
        let lower = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("has no valid name"))?;
        if OURS.contains(&lower.as_str()) {
            return Err(bad("is set by the program, and cannot be given"));
        }
        headers.append(
            lower,
            HeaderValue::from_str(value).map_err(|_| bad("has a value with a line end or a control character"))?,
        );
    }
    Ok(headers)
}

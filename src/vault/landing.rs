//! Landing records: the answer of a refresh, sealed and on disk before it is committed.
//!
//! When the server has replaced a refresh token, its answer is the only copy of the new one. It is therefore written
//! into a file that was made and synchronised before the request was sent, so that no lack of space and no failing
//! database can lose it. The next process that takes the lease finds it and finishes the work.
//!
//! The record is bound to the generation whose token was spent. After the commit it opens nowhere, and is wiped.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Map;
use zeroize::Zeroizing;

use crate::files::{self, Guard};
use crate::model::{AccessToken, RefreshToken, Scopes, Secret, Timestamp, TokenResponse};

/// Space that is there before the request leaves: enough for two tokens of 6 KiB. A longer answer makes the file grow.
const RESERVED: usize = 16 << 10;
/// A longer record is none of ours.
const LONGEST: usize = 1 << 20;
const LENGTH: usize = 4;

/// The landing record of one credential.
pub(super) struct Landing {
    path: PathBuf,
}

/// An answer as it is written down.
#[derive(Serialize, Deserialize)]
struct Record {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    refresh_expires_in: Option<u64>,
    scope: Option<String>,
    sent_at: i64,
    /// Why only the refresh token counts, and is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<String>,
}

/// An answer that has landed.
pub(super) struct Landed {
    pub(super) response: TokenResponse,
    pub(super) sent_at: Timestamp,
    pub(super) held: Option<String>,
}

/// A place where the answer can land. From the moment it has come, one call writes it down.
pub(super) struct Ready {
    file: File,
    path: PathBuf,
}

impl Ready {
    /// Writes a sealed record and waits until it is durable.
    pub(super) fn write(mut self, sealed: &[u8]) -> Result<(), files::Error> {
        let length = u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes();
        let bytes = [&length[..], sealed].concat();
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&bytes));
        written.and_then(|()| self.file.sync_data()).map_err(files::Error::io("write", &self.path))
    }
}

impl Landing {
    pub(super) fn new(dir: &Path, row: &str) -> Self {
        Self { path: dir.join(row) }
    }

    /// Makes sure that a record can be written: the file is open, and the space taken and synchronised.
    pub(super) fn prepare(&self) -> Result<Ready, files::Error> {
        files::private_dir(self.path.parent().unwrap_or(Path::new("/")))?;
        let mut file = self.open(true)?.ok_or_else(|| self.failed("open")(io::ErrorKind::NotFound.into()))?;
        let length = file.metadata().map_err(self.failed("read"))?.len();
        if length < RESERVED as u64 {
            let written = file.write_all(&[0; RESERVED]).and_then(|()| file.sync_all());
            written.map_err(self.failed("reserve space in"))?;
        }
        Ok(Ready { file, path: self.path.clone() })
    }

    /// The sealed record, when one was written.
    pub(super) fn read(&self) -> Result<Option<Vec<u8>>, files::Error> {
        let Some(file) = self.open(false)? else { return Ok(None) };
        record(file).map_err(self.failed("read"))
    }

    /// Wipes the record. It opens nowhere any more, so nothing waits for this to be durable.
    pub(super) fn clear(&self) -> Result<(), files::Error> {
        let Some(mut file) = self.open(false)? else { return Ok(()) };
        let length = file.metadata().map_err(self.failed("read"))?.len();
        let zeros = vec![0; usize::try_from(length).unwrap_or(LONGEST).min(LONGEST)];
        file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&zeros)).map_err(self.failed("wipe"))
    }

    /// Deletes the file, when its credential goes.
    pub(super) fn remove(&self) -> Result<(), files::Error> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("delete")(error)),
            _ => Ok(()),
        }
    }

    fn open(&self, create: bool) -> Result<Option<File>, files::Error> {
        let file = match files::private_options().read(true).write(true).create(create).open(&self.path) {
            Err(error) if !create && error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(self.failed("open"))?,
        };
        files::check_file(&self.path, Guard::Secret)?;
        Ok(Some(file))
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> files::Error {
        files::Error::io(what, &self.path)
    }
}

/// The record in a file. One that was cut off by a crash in the middle of the writing did not land.
fn record(mut file: impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut whole = |bytes: &mut [u8]| match file.read_exact(bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        read => read.map(|()| true),
    };
    let mut length = [0; LENGTH];
    if !whole(&mut length)? {
        return Ok(None);
    }
    let length = u32::from_be_bytes(length) as usize;
    if length == 0 || length > LONGEST {
        return Ok(None);
    }
    let mut sealed = vec![0; length];
    Ok(whole(&mut sealed)?.then_some(sealed))
}

/// An answer as text to be sealed.
pub(super) fn encode(response: &TokenResponse, sent_at: Timestamp, held: Option<&str>) -> Secret {
    let record = Record {
        access_token: response.access_token.0.expose().to_owned(),
        token_type: response.token_type.clone(),
        expires_in: response.expires_in,
        refresh_token: response.refresh_token.as_ref().map(|token| token.0.expose().to_owned()),
        refresh_expires_in: response.refresh_expires_in,
        scope: response.scope.as_ref().map(ToString::to_string),
        sent_at: sent_at.0,
        held: held.map(str::to_owned),
    };
    let text = Secret::new(serde_json::to_string(&record).expect("texts and numbers are JSON"));
    // The copies in the record are wiped like the answer's own.
    drop((Zeroizing::new(record.access_token), record.refresh_token.map(Zeroizing::new)));
    text
}

/// The answer that a record holds.
pub(super) fn decode(text: &Secret) -> Option<Landed> {
    let record: Record = serde_json::from_str(text.expose()).ok()?;
    let response = TokenResponse {
        access_token: AccessToken(Secret::new(record.access_token)),
        token_type: record.token_type,
        expires_in: record.expires_in,
        refresh_token: record.refresh_token.map(|token| RefreshToken(Secret::new(token))),
        refresh_expires_in: record.refresh_expires_in,
        scope: record.scope.map(|scope| Scopes::parse(&scope)),
        id_token: None,
        learnt: Map::new(),
    };
    Some(Landed { response, sent_at: Timestamp(record.sent_at), held: record.held })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> TokenResponse {
        TokenResponse {
            access_token: AccessToken(Secret::new("at")),
            token_type: "Bearer".into(),
            expires_in: Some(60),
            refresh_token: Some(RefreshToken(Secret::new("rt"))),
            refresh_expires_in: None,
            scope: Some(Scopes::parse("a b")),
            id_token: None,
            learnt: Map::new(),
        }
    }

    #[test]
    fn an_answer_survives_its_written_form() {
        let Landed { response, sent_at, held } = decode(&encode(&answer(), Timestamp(7), Some("why"))).unwrap();
        assert_eq!(response.access_token.0.expose(), "at");
        assert_eq!(response.refresh_token.unwrap().0.expose(), "rt");
        assert_eq!((response.expires_in, sent_at), (Some(60), Timestamp(7)));
        assert_eq!((response.scope.unwrap().to_string(), held), ("a b".into(), Some("why".into())));
    }

    #[test]
    fn a_record_is_there_from_its_writing_until_it_is_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let landing = Landing::new(&dir.path().join("landing"), "row");
        assert!(landing.read().unwrap().is_none(), "no file");
        landing.prepare().unwrap();
        assert!(landing.read().unwrap().is_none(), "only space");
        for length in [10, RESERVED + 5] {
            landing.prepare().unwrap().write(&vec![7; length]).unwrap();
            assert_eq!(landing.read().unwrap().unwrap(), vec![7; length]);
            landing.clear().unwrap();
            assert!(landing.read().unwrap().is_none(), "cleared");
            assert!(fs::read(dir.path().join("landing/row")).unwrap().iter().all(|byte| *byte == 0));
        }
        landing.remove().unwrap();
        assert!(!dir.path().join("landing/row").exists());
        landing.remove().unwrap();
    }

    #[test]
    fn space_is_taken_before_a_record_is_there_and_never_from_one_that_landed() {
        let dir = tempfile::tempdir().unwrap();
        let landing = Landing::new(dir.path(), "row");
        let ready = landing.prepare().unwrap();
        assert_eq!(fs::metadata(dir.path().join("row")).unwrap().len(), 16_384);
        ready.write(b"sealed").unwrap();
        landing.prepare().unwrap();
        assert_eq!(landing.read().unwrap().unwrap(), b"sealed");
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_taken_for_none() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("a bad sector"))
            }
        }
        assert!(record(Failing).is_err());
        assert!(record(io::Cursor::new([0, 0, 0, 7]).chain(Failing)).is_err());
        // A directory stands where the file should.
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("row")).unwrap();
        let landing = Landing::new(dir.path(), "row");
        assert!(landing.read().is_err() && landing.remove().is_err());
    }

    #[test]
    fn a_record_is_as_long_as_an_answer_can_be_and_no_longer() {
        let of = |length: usize| {
            let head = u32::try_from(length).unwrap().to_be_bytes();
            record(io::Cursor::new(head).chain(io::repeat(7))).unwrap().map(|sealed| sealed.len())
        };
        assert_eq!((of(0), of(1), of(LONGEST), of(LONGEST + 1)), (None, Some(1), Some(LONGEST), None));
    }

    #[test]
    fn half_a_record_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let landing = Landing::new(dir.path(), "row");
        landing.prepare().unwrap().write(&vec![7; RESERVED]).unwrap();
        let file = fs::OpenOptions::new().write(true).open(dir.path().join("row")).unwrap();
        for cut in [0, 2, 4, 1000] {
            file.set_len(cut).unwrap();
            assert!(landing.read().unwrap().is_none(), "cut at {cut}");
        }
    }
}

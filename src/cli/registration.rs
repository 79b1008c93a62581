//! A client registration as options give it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::app::{ClientFile, GivenClient};
use crate::model::Secret;

#[derive(Debug, Args)]
#[allow(clippy::struct_field_names, reason = "they are the names of the options")]
pub(super) struct RegistrationArgs {
    /// The client id of your registration at the provider
    #[arg(long, value_name = "ID")]
    pub(super) client_id: Option<String>,
    /// The client secret; other users can read it in the process list, so prefer --client-secret-stdin
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["client_secret_stdin", "client_file"])]
    client_secret: Option<String>,
    /// Read the client secret from standard input; at a terminal it is asked for, and not shown
    #[arg(long, conflicts_with = "client_file")]
    client_secret_stdin: bool,
    /// Read both from the JSON file the provider lets one download; `init` takes that of a service account, too
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    pub(super) client_file: Option<PathBuf>,
}

impl RegistrationArgs {
    pub(super) fn secret(&self, context: &Context) -> Result<Option<Secret>, Failure> {
        let terminal = &context.terminal;
        if let Some(secret) = &self.client_secret {
            terminal.warn("other users can read --client-secret in the process list; use --client-secret-stdin");
            return Ok(Some(Secret::new(secret.as_str())));
        }
        self.client_secret_stdin.then(|| terminal.read_secret("Client secret (not shown):")).transpose()
    }
}

/// The registration of a downloaded file.
pub(super) fn of_file(path: &Path, provider: &str, context: &Context) -> Result<GivenClient, Failure> {
    let file = ClientFile::read(path)?;
    if file.web {
        context.terminal.note(
            "note: this client was made for a web server; the redirect URI has to be registered whole, so choose a port \
             with --port, or make a client of type Desktop app",
        );
    }
    Ok(context.app()?.client_of_file(provider, file)?)
}

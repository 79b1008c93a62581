use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use crate::app::{KeySource, KeyState, MasterKey};

/// The master key: make one, see where it lives
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth key status
  (umask 077; oauth key generate > ~/.oauth-master-key)
  export OAUTH_MASTER_KEY_FILE=~/.oauth-master-key")]
pub(super) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Print a new master key: 32 random bytes in base64
    ///
    /// Nothing is stored. Give it back in OAUTH_MASTER_KEY, or in a file named by OAUTH_MASTER_KEY_FILE.
    Generate,
    /// Tell where the key of this store lives, and whether it opens the store
    Status,
}

pub(super) fn run(args: &KeyArgs, context: &Context) -> Result<u8, Failure> {
    match args.command {
        KeyCommand::Generate => generate(context),
        KeyCommand::Status => status(context),
    }
}

fn generate(context: &Context) -> Result<u8, Failure> {
    let key = MasterKey::generate();
    if context.terminal.json {
        context.terminal.data_json(&json!({"key": key.encode().expose(), "key_id": key.id()}))?;
    } else {
        context.terminal.data_line(key.encode().expose())?;
    }
    Ok(0)
}

fn status(context: &Context) -> Result<u8, Failure> {
    let state = context.app()?.key_status()?.filter(|state| state.status.key_id.is_some());
    let Some(KeyState { status, opens }) = state else { return first_key(context) };
    let source = status.source.as_ref().map(words);
    if context.terminal.json {
        let object =
            json!({"source": source, "key_id": status.key_id, "sealed": status.sealed_rows, "opens": opens.is_ok()});
        context.terminal.data_json(&object)?;
    } else {
        let opened = if opens.is_ok() { "yes" } else { "no" };
        let lines = [
            ("source", source.unwrap_or_else(|| "not chosen yet".into())),
            ("key id", status.key_id.unwrap_or_else(|| "-".into())),
            ("sealed credentials", status.sealed_rows.to_string()),
            ("opens the store", opened.into()),
        ];
        let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:<20}{value}\n")).collect();
        context.terminal.data(&lines.concat())?;
    }
    opens.map(|()| 0).map_err(Failure::from)
}

/// There is no key yet: where the first one would come from.
fn first_key(context: &Context) -> Result<u8, Failure> {
    let source = words(&context.app()?.probe_key()?);
    if context.terminal.json {
        context
            .terminal
            .data_json(&json!({"source": null, "first_source": source, "key_id": null, "sealed": 0, "opens": null}))?;
    } else {
        context.terminal.data_line(&format!("no key yet: the first `oauth init` will take {source}"))?;
    }
    Ok(0)
}

pub(super) fn words(source: &KeySource) -> String {
    match source {
        KeySource::Keyring => "the operating system's keyring".into(),
        KeySource::Environment => "OAUTH_MASTER_KEY".into(),
        KeySource::File(path) => format!("the file {}", path.display()),
        KeySource::Command => "OAUTH_MASTER_KEY_COMMAND".into(),
    }
}

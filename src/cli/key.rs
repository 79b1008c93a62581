use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use crate::app::{Error, KeySource, KeyState, MasterKey, Rotated};
use crate::model::Secret;

/// The master key: make one, see where it lives, replace it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth key status
  oauth key rotate
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
    /// Replace the master key: everything is sealed anew under a new one
    ///
    /// The new key goes where the old one lives: into the keyring, or into the key file. Where a variable or a command
    /// of yours gives the key, the new one is printed, before it is used: keep it. An interrupted rotation loses nothing
    /// and is simply run again.
    Rotate,
    /// Drop the copy of the key that the kernel's keyring keeps for a while
    ///
    /// After the keyring has given the key, it is kept in the kernel's keyring for 15 minutes, where programs of yours
    /// could read it as they could ask the keyring. OAUTH_KEY_CACHE sets the seconds, or `off`.
    Forget,
}

pub(super) fn run(args: &KeyArgs, context: &Context) -> Result<u8, Failure> {
    match args.command {
        KeyCommand::Generate => generate(context),
        KeyCommand::Status => status(context),
        KeyCommand::Rotate => rotate(context),
        KeyCommand::Forget => forget(context),
    }
}

fn rotate(context: &Context) -> Result<u8, Failure> {
    let mut unprinted = None;
    let hand_out = |key: &Secret| {
        let printed = if context.terminal.json {
            context.terminal.data_json(&json!({"key": key.expose()}))
        } else {
            context.terminal.data_line(key.expose())
        };
        unprinted = printed.err();
        unprinted.is_none()
    };
    let rotated = context.app()?.rotate_key(hand_out);
    if let Some(failure) = unprinted {
        return Err(failure);
    }
    let Rotated { source, key_id, former_key_id, credentials, leftover } = rotated?;
    let printed = matches!(source, KeySource::Environment | KeySource::Command);
    if context.terminal.json && !printed {
        let source = source.words();
        let object = json!({"source": source, "key_id": key_id, "former_key_id": former_key_id, "sealed": credentials});
        context.terminal.data_json(&object)?;
    }
    context.terminal.note(&format!("the master key is replaced: {credentials} credentials are sealed under {key_id}"));
    if printed {
        context.terminal.note("the old key opens nothing any more; keep the new one where the old one was");
    }
    if let Some(error) = leftover {
        let cause = Failure::from(Error::from(error)).summary();
        context.terminal.warn(&format!("the old key could not be removed from its place ({cause})"));
    }
    Ok(0)
}

fn forget(context: &Context) -> Result<u8, Failure> {
    let forgotten = context.app()?.forget_key()?;
    if context.terminal.json {
        context.terminal.data_json(&json!({"forgotten": forgotten}))?;
    } else {
        context.terminal.say(if forgotten { "the kept key is dropped" } else { "no key was kept" });
    }
    Ok(0)
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
    let source = status.source.as_ref().map(KeySource::words);
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
    let source = context.app()?.probe_key()?.words();
    if context.terminal.json {
        context
            .terminal
            .data_json(&json!({"source": null, "first_source": source, "key_id": null, "sealed": 0, "opens": null}))?;
    } else {
        context.terminal.data_line(&format!("no key yet: the first `oauth init` will take {source}"))?;
    }
    Ok(0)
}

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use crate::app::{Error, KeySource, KeyState, KeyTarget, MasterKey, Moved, Rotated};
use crate::model::Secret;
use crate::model::text::counted;

/// The master key: make one, see where it lives, replace it, move it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth key status
  oauth key rotate
  oauth key move --to passphrase
  oauth key recovery > /dev/lp0
  (umask 077; set -C; oauth key generate > ~/.oauth-master-key)
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
    /// and is simply run again. A recovery code of the old key opens nothing any more: print a new one.
    Rotate,
    /// Drop the copy of the key that the kernel's keyring keeps for a while
    ///
    /// After the keyring has given the key, or a passphrase has opened it, it is kept in the kernel's keyring for 15
    /// minutes, where programs of yours could read it as they could ask the keyring. OAUTH_KEY_CACHE sets the seconds, or
    /// `off`.
    Forget,
    /// Put the same key into another place
    ///
    /// The key is put there and read again before the store is told, and taken out of the keyring afterwards. Nothing is
    /// sealed anew. A key that a passphrase opened is kept by the Linux kernel for 15 minutes, in which nobody is asked:
    /// OAUTH_KEY_CACHE sets the seconds, or `off`.
    Move(MoveArgs),
    /// Print the key as a code for paper, or put it back from one
    ///
    /// A code is good for as long as the key is: `key rotate` makes another key, which needs another code.
    Recovery(RecoveryArgs),
}

pub(super) fn run(args: KeyArgs, context: &Context) -> Result<u8, Failure> {
    match args.command {
        KeyCommand::Generate => generate(context),
        KeyCommand::Status => status(context),
        KeyCommand::Rotate => rotate(context),
        KeyCommand::Forget => forget(context),
        KeyCommand::Move(args) => move_key(args, context),
        KeyCommand::Recovery(args) => recovery(args, context),
    }
}

fn rotate(context: &Context) -> Result<u8, Failure> {
    let mut unprinted = None;
    let mut hand_out = |key: &Secret| {
        if super::terminal::Terminal::output_is_lost() {
            let what = "the new key is printed, and standard output is closed or goes to nowhere".into();
            unprinted =
                Some(Failure::usage(what).because("nothing is changed; let it go to where the old key is kept"));
            return false;
        }
        let printed = if context.terminal.json {
            context.terminal.data_json(&json!({"key": key.expose()}))
        } else {
            context.terminal.data_line(key.expose())
        };
        unprinted = printed.err();
        unprinted.is_none()
    };
    let mut handed_out = false;
    let rotated = context.app()?.rotate_key(|key| {
        handed_out = hand_out(key);
        handed_out
    });
    if let Some(failure) = unprinted {
        return Err(failure);
    }
    let rotated = rotated.map_err(|error| match Failure::from(error) {
        failure if handed_out => failure.because("the key that was printed opens nothing; keep the one that you have"),
        failure => failure,
    });
    let Rotated { source, key_id, former_key_id, credentials, voids_code, leftover } = rotated?;
    let printed = matches!(source, KeySource::Environment | KeySource::Command);
    if context.terminal.json && !printed {
        let source = source.words();
        let object = json!({
            "source": source, "key_id": key_id, "former_key_id": former_key_id, "sealed": credentials,
            "recovery_code_void": voids_code,
        });
        context.terminal.data_json(&object)?;
    }
    context
        .terminal
        .note(&format!("the master key is replaced; sealed under {key_id}: {}", counted(credentials, "credential")));
    if printed {
        context.terminal.note("the old key opens nothing any more; keep the new one where the old one was");
    }
    if voids_code {
        context.terminal.warn("the recovery code that was printed before opens nothing from now on");
        context.terminal.note("  print a new one: oauth key recovery");
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
    let Some(KeyState { status, given, other_key, opens }) = state else { return first_key(context) };
    let source = status.source.as_ref().map(KeySource::words);
    let given = given.filter(|given| status.source.as_ref() != Some(given)).map(|given| given.words());
    if context.terminal.json {
        let object = json!({
            "source": source, "given": given, "given_key_id": other_key, "key_id": status.key_id, "sealed": status.sealed_rows,
            "opens": opens.is_ok(),
        });
        context.terminal.data_json(&object)?;
    } else {
        let opened = if opens.is_ok() { "yes" } else { "no" };
        let source = source.unwrap_or_else(|| "not chosen yet".into());
        let source = match given {
            // The variable that was set when the store was made may not be there any more.
            Some(given) => format!("{given}, for this command (the store was told {source})"),
            None => source,
        };
        let key_id = status.key_id.unwrap_or_else(|| "-".into());
        let mut lines = vec![("source", source)];
        match other_key {
            Some(other) => lines.extend([("its key id", other), ("the store's key id", key_id)]),
            None => lines.push(("key id", key_id)),
        }
        lines.extend([("sealed credentials", status.sealed_rows.to_string()), ("opens the store", opened.into())]);
        let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:<20}{value}\n")).collect();
        context.terminal.data(&lines.concat())?;
    }
    // Where the key lives is told just now.
    opens.map(|()| 0).map_err(|error| Failure::from(error).without_hint("oauth key status"))
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    /// The keyring of the operating system
    Keyring,
    /// A private file: --path, or `master-key` beside the configuration
    File,
    /// A command of yours, in OAUTH_MASTER_KEY_COMMAND, that prints this very key
    Command,
    /// A variable, OAUTH_MASTER_KEY, that holds this very key
    Environment,
    /// The store itself, under a passphrase that you type
    Passphrase,
}

#[derive(Debug, Args)]
struct MoveArgs {
    /// Where the key is to live from now on
    #[arg(long)]
    to: Place,
    /// The file, for `--to file`
    #[arg(long, value_name = "FILE")]
    path: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct RecoveryArgs {
    /// Put the key of a recovery code back, which is asked for, or read from standard input
    #[arg(long)]
    restore: bool,
    /// Where it is to live then [default: where it lived]
    #[arg(long, requires = "restore")]
    to: Option<Place>,
    /// The file, for `--to file`
    #[arg(long, value_name = "FILE", requires = "to")]
    path: Option<PathBuf>,
    /// Print the key as it stands in a key file, for a password manager, instead of a code for paper
    #[arg(long, conflicts_with = "restore")]
    raw: bool,
}

fn move_key(args: MoveArgs, context: &Context) -> Result<u8, Failure> {
    let target = target(args.to, args.path, context)?;
    let moved = context.app()?.move_key(target, None)?;
    told_moved(&moved, context)
}

fn told_moved(moved: &Moved, context: &Context) -> Result<u8, Failure> {
    let (from, to) = (moved.from.words(), moved.to.words());
    let leftover = moved.leftover.as_ref().filter(|place| is_there(place, context));
    if context.terminal.json {
        let leftover = leftover.map(KeySource::words);
        context.terminal.data_json(&json!({"from": from, "to": to, "leftover": leftover}))?;
    }
    context.terminal.note(&format!("the master key lives in {to} now"));
    if let Some(left) = leftover {
        let is_given = context.environment.get("OAUTH_MASTER_KEY_FILE").is_some();
        let given = matches!(left, KeySource::File(_)) && is_given;
        let unset = if given { ", and unset OAUTH_MASTER_KEY_FILE" } else { "" };
        context.terminal.warn(&format!("it is still in {} too: remove it there{unset}", left.words()));
    } else if context.environment.get("OAUTH_MASTER_KEY_FILE").is_some_and(|path| !is_file(&moved.to, path)) {
        context
            .terminal
            .warn("OAUTH_MASTER_KEY_FILE names another place, and goes before this one: unset OAUTH_MASTER_KEY_FILE");
    }
    Ok(0)
}

fn is_file(place: &KeySource, path: &str) -> bool {
    matches!(place, KeySource::File(own) if own == Path::new(path))
}

/// Whether a place of the key can be seen from here at all: what is put back from a code was lost there.
fn is_there(place: &KeySource, context: &Context) -> bool {
    match place {
        KeySource::Environment => context.environment.secret("OAUTH_MASTER_KEY").is_some(),
        KeySource::Command => context.environment.get("OAUTH_MASTER_KEY_COMMAND").is_some(),
        KeySource::File(path) => path.exists(),
        _ => true,
    }
}

fn target(place: Place, path: Option<PathBuf>, context: &Context) -> Result<KeyTarget, Failure> {
    if path.is_some() && place != Place::File {
        return Err(Failure::usage("--path is for --to file".into()));
    }
    Ok(match place {
        Place::Keyring => KeyTarget::Keyring,
        Place::File => KeyTarget::File(path.map_or_else(|| Ok(context.paths()?.key_file), Ok::<_, Failure>)?),
        Place::Command => KeyTarget::Command,
        Place::Environment => KeyTarget::Environment,
        Place::Passphrase => KeyTarget::Passphrase(new_passphrase(context)?),
    })
}

/// Asks twice: what was typed wrongly could never be typed again.
fn new_passphrase(context: &Context) -> Result<Secret, Failure> {
    let terminal = &context.terminal;
    let untyped = || {
        Failure::usage(if terminal.can_ask() {
            "a passphrase that is empty protects nothing; nothing is changed".into()
        } else {
            "a passphrase is typed in a terminal, and nobody can be asked here".into()
        })
    };
    let first = terminal.ask_secret("New passphrase (not shown):")?.ok_or_else(untyped)?;
    let second = terminal.ask_secret("Once more:")?.ok_or_else(untyped)?;
    if first.expose() == second.expose() {
        return Ok(first);
    }
    Err(Failure::usage("the two passphrases differ; nothing is changed".into()))
}

/// Where the key lived, when that is a place that this program can put it into.
fn former_place(context: &Context) -> Result<KeySource, Failure> {
    match context.app()?.key_place()? {
        None => Ok(KeySource::Keyring),
        Some(place @ (KeySource::Environment | KeySource::Command)) => Err(Failure::key_is_yours(&place.words())),
        Some(place) => Ok(place),
    }
}

fn recovery(args: RecoveryArgs, context: &Context) -> Result<u8, Failure> {
    if args.restore {
        let place = match args.to {
            Some(to) => Err(to),
            None => Ok(former_place(context)?),
        };
        let code = context.terminal.read_secret("Recovery code (not shown):")?;
        let target = match place {
            Ok(KeySource::File(path)) => KeyTarget::File(path),
            Ok(KeySource::Passphrase) => KeyTarget::Passphrase(new_passphrase(context)?),
            Ok(_) => KeyTarget::Keyring,
            Err(to) => target(to, args.path, context)?,
        };
        return told_moved(&context.app()?.move_key(target, Some(&code))?, context);
    }
    let code = context.app()?.recovery_code()?;
    let code =
        if args.raw { MasterKey::from_recovery_code(&code).map(|key| key.encode()).unwrap_or(code) } else { code };
    if context.terminal.json {
        context.terminal.data_json(&json!({"code": code.expose()}))?;
    } else {
        context.terminal.data_line(code.expose())?;
    }
    if !args.raw {
        context
            .terminal
            .say("Keep it on paper, away from this machine: with it and the store, everything can be opened.");
        context.terminal.say("To put the key back: oauth key recovery --restore");
    }
    Ok(0)
}

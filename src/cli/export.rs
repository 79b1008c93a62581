use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::{self, Failure};
use super::terminal::Terminal;
use crate::app::{App, BackupError, Contents, Error, Exported, Lock, Output, Recipient, Selector};
use crate::model::Secret;
use crate::model::text::{counted, shown};

/// Make an encrypted backup: an age file
///
/// Tokens and client registrations, for a passphrase or for the holders of private keys (<https://age-encryption.org>). The
/// program `age` opens it too. A refresh token that the provider replaces at every use must be used from one copy only:
/// where a backup is brought in, it is held back until you say which copy goes on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth export --output backup.age            the tenant; asks for a passphrase
  oauth export --all-tenants -r age1… -r age1… -o all.age
                                              for the holders of these keys
  oauth export github work --armor -r age1…   in letters, to paste
  oauth export github work --passphrase-file pass.txt |
    ssh host oauth import - --passphrase-file pass.txt")]
pub(super) struct ExportArgs {
    /// Only this provider, or PROVIDER@ACCOUNT
    provider: Option<String>,
    /// Only this account
    account: Option<String>,
    /// Every tenant, not only one
    #[arg(long, conflicts_with = "provider")]
    all_tenants: bool,
    /// Whoever holds the private key of this public key (age1…) can open it (repeatable)
    #[arg(long, short, value_name = "KEY", conflicts_with_all = ["passphrase", "passphrase_file"])]
    recipient: Vec<String>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// In letters, which mail and text fields leave whole; a terminal shows them, too
    #[arg(long, short)]
    armor: bool,
    /// Where to write it; without it, to standard output, unless that is a terminal
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file, if there is one
    #[arg(long, short, requires = "output")]
    force: bool,
}

/// Where a passphrase comes from. Never from the arguments, which other users can read.
#[derive(Debug, Args)]
pub(super) struct PassphraseArgs {
    /// With a passphrase (the default): you are asked for it, or it is the first line of standard input
    #[arg(long, short, conflicts_with = "passphrase_file")]
    pub(super) passphrase: bool,
    /// With the passphrase that is the first line of a file
    #[arg(long, value_name = "FILE")]
    pub(super) passphrase_file: Option<PathBuf>,
}

pub(super) fn run(args: &ExportArgs, context: &Context) -> Result<u8, Failure> {
    let output = args.output.clone().filter(|path| path.as_os_str() != "-");
    let output = output.map(|path| Output { path, force: args.force });
    match &output {
        None if io::stdout().is_terminal() && !args.armor => {
            return Err(Failure::usage(
                "a backup is not shown on a terminal; say where it goes: --output FILE, or add --armor".into(),
            ));
        }
        None if Terminal::output_is_lost() => {
            return Err(Failure::usage(
                "standard output is closed or goes to nowhere; --output FILE writes a file".into(),
            ));
        }
        None if context.terminal.json => {
            return Err(Failure::usage("with --json the backup has to go to a file: --output FILE".into()));
        }
        Some(output) if !output.force && output.path.symlink_metadata().is_ok() => {
            return Err(Error::from(BackupError::OutputExists { path: output.path.clone() }).into());
        }
        _ => {}
    }
    let app = context.app()?;
    let exported = app.export(&contents(args)?, &lock(args, &app, context)?, args.armor, output.as_ref())?;
    if let Some(file) = &exported.file {
        context.terminal.data_bytes(file)?;
    }
    tell(&exported, output.as_ref(), context)
}

fn contents(args: &ExportArgs) -> Result<Contents, Failure> {
    let Some(provider) = &args.provider else {
        return Ok(if args.all_tenants { Contents::AllTenants } else { Contents::Tenant });
    };
    let selector = Selector::parse(provider, args.account.as_deref())?;
    Ok(match selector.account {
        Some(_) => Contents::One(selector),
        None => Contents::Provider(selector.provider),
    })
}

fn lock(args: &ExportArgs, app: &App, context: &Context) -> Result<Lock, Failure> {
    if args.recipient.is_empty() {
        return args.passphrase.get(true, app, context).map(Lock::Passphrase);
    }
    let keys = args.recipient.iter().map(|text| {
        Recipient::parse(text.trim()).map_err(|error| Failure::usage(format!("`{}`: {error}", shown(text))))
    });
    Ok(Lock::Recipients(keys.collect::<Result<_, _>>()?))
}

impl PassphraseArgs {
    /// The passphrase, from where it is said to come; a `new` one is asked for twice.
    pub(super) fn get(&self, new: bool, app: &App, context: &Context) -> Result<Secret, Failure> {
        let terminal = &context.terminal;
        if let Some(path) = &self.passphrase_file {
            let text = app.read_secret_file(path)?;
            let line = Secret::new(text.expose().lines().next().unwrap_or_default());
            let empty = || Failure::usage(format!("{} holds no passphrase in its first line", path.display()));
            return Some(line).filter(|line| !line.expose().is_empty()).ok_or_else(empty);
        }
        if !terminal.can_ask() {
            if self.passphrase && !io::stdin().is_terminal() {
                return terminal.read_first_line();
            }
            return Err(Failure::usage(
                "a passphrase is needed: --passphrase-file FILE, or --passphrase with it on standard input".into(),
            ));
        }
        let none = || Failure::usage("there is no passphrase".into());
        let first = terminal.ask_secret("Passphrase (not shown):")?.ok_or_else(none)?;
        if new && terminal.ask_secret("Once more:")?.is_none_or(|second| second.expose() != first.expose()) {
            return Err(Failure::usage("the two passphrases are not the same".into()));
        }
        Ok(first)
    }
}

fn tell(exported: &Exported, output: Option<&Output>, context: &Context) -> Result<u8, Failure> {
    let Exported { credentials, clients, shared, left_out, .. } = exported;
    let terminal = &context.terminal;
    let path = output.map(|output| output.path.display().to_string());
    let place = path.as_deref().map_or_else(String::new, |path| format!(" to {}", shown(path)));
    terminal.say(&format!(
        "wrote {} and {}{place}",
        counted(*credentials, "credential"),
        counted(*clients, "client registration")
    ));
    if !shared.is_empty() {
        let names: Vec<_> = shared.iter().map(|label| shown(label)).collect();
        terminal.warn(&format!(
            "where another copy is used, this one ends with it: {} (the provider may replace refresh tokens)",
            names.join(", ")
        ));
    }
    for (of, why) in left_out {
        terminal.warn(&format!("left out, as no store would take it again: {}", shown(&why.to_string())));
        terminal.hint([&failure::anew(of)]);
    }
    if terminal.json {
        let left_out = left_out.iter();
        let left_out =
            left_out.map(|(of, why)| json!({"of": of.to_string(), "why": why.to_string(), "hint": failure::anew(of)}));
        let object = json!({"file": path, "credentials": credentials, "clients": clients, "shared": shared,
            "left_out": left_out.collect::<Vec<_>>()});
        terminal.data_json(&object)?;
    }
    Ok(u8::from(!left_out.is_empty()))
}

//! `oauth import FILE`: a backup is brought in.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::credential;
use super::export::PassphraseArgs;
use super::failure::{self, Failure, add_command};
use crate::app::{App, BroughtIn, Identity, Import, ImportVerdict as Verdict, Opener};
use crate::model::Credential;
use crate::model::text::{counted, shown};

/// Options that belong to a backup.
#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// Open a backup with the private keys in this file (AGE-SECRET-KEY-1…)
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["passphrase", "passphrase_file"])]
    identity: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// What is in the backup of every tenant, not only of one
    #[arg(long)]
    all_tenants: bool,
    /// Replace also what is newer here, or another identity's, or a token that is in use
    #[arg(long, short)]
    pub(super) force: bool,
}

impl RestoreArgs {
    /// Whether anything was said that concerns a backup alone.
    pub(super) fn is_given(&self) -> bool {
        let passphrase = self.passphrase.passphrase || self.passphrase.passphrase_file.is_some();
        passphrase || self.identity.is_some() || self.all_tenants
    }
}

/// Whether a word on the command line means a backup file, and no provider.
pub(super) fn is_file(word: &str, context: &Context) -> Result<bool, Failure> {
    let path = Path::new(word);
    let named = word.contains(['/', '\\']) && !word.contains("://") || path.extension().is_some_and(|end| end == "age");
    Ok(word == "-" || named || path.is_file() && context.registry()?.find(word).is_err())
}

/// The last word of a dry run.
pub(super) const NOTHING_DONE: &str = "nothing was brought in (--dry-run)";

pub(super) fn run(
    file: &str,
    args: &RestoreArgs,
    (take_over, dry_run, yes): (bool, bool, bool),
    context: &Context,
) -> Result<u8, Failure> {
    let app = context.app()?;
    let from_stdin = file == "-";
    let bytes = app.read_backup((!from_stdin).then_some(Path::new(file)), args.identity.is_some())?;
    let opener = opener(args, &app, context)?;
    let how = Import { all_tenants: args.all_tenants, force: args.force, take_over, dry_run };
    let brought = app.import_backup(&bytes, &opener, how, &|reading| agreed(reading, yes, context))?;
    tell(&brought, &app.tenant, dry_run, context)
}

fn agreed(reading: &[Credential], yes: bool, context: &Context) -> bool {
    let terminal = &context.terminal;
    if yes || terminal.can_ask() {
        tell_reading(reading, context);
    }
    yes || terminal.agrees("Shall it be sent there?")
}

fn tell_reading<'a>(own: impl IntoIterator<Item = &'a Credential>, context: &Context) {
    let lines = own.into_iter().filter_map(failure::reading);
    lines.for_each(|line| context.terminal.warn(&format!("for each of its tokens {line}")));
}

fn opener(args: &RestoreArgs, app: &App, context: &Context) -> Result<Opener, Failure> {
    let Some(path) = &args.identity else {
        return args.passphrase.get(false, app, context).map(Opener::Passphrase);
    };
    let keys = Identity::parse_file(&app.read_secret_file(path)?);
    keys.map(Opener::Identities).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Added => "added",
        Verdict::Replaced => "replaced",
        Verdict::Same => "same",
        Verdict::Newer => "kept_newer",
        Verdict::OtherIdentity => "kept_other_identity",
    }
}

fn tell(brought: &BroughtIn, tenant: &str, dry_run: bool, context: &Context) -> Result<u8, Failure> {
    let (terminal, done) = (&context.terminal, &brought.done);
    let (is, are) = if dry_run { ("would be", "would be") } else { ("is", "are") };
    if let Some(source) = &brought.chosen {
        terminal.say(&format!("The master key of your new store lives in {}.", source.words()));
    }
    for one in &done.credentials {
        let name = shown(&one.credential.label_from(tenant));
        match one.verdict {
            Verdict::Added => terminal.say(&format!("{name} {is} brought in")),
            Verdict::Replaced => terminal.say(&format!("{name} {is} replaced")),
            Verdict::Same => terminal.say(&format!("{name} is here already, the same")),
            Verdict::Newer => terminal.warn(&format!("{name} is newer here, and {is} kept (--force replaces it)")),
            Verdict::OtherIdentity => {
                terminal.warn(&format!("{name} is another identity here, and {is} kept (--force replaces it)"));
            }
        }
    }
    if done.clients > 0 {
        let verb = if done.clients == 1 { is } else { are };
        terminal.say(&format!("{} {verb} brought in", counted(done.clients, "client registration")));
    }
    for client in &done.kept_clients {
        let (id, provider) = (shown(&client.client_id), shown(&client.provider));
        let what = format!("the client registration {id} of {provider} is another one here, and {is} kept");
        terminal.warn(&format!("{what} (--force replaces it)"));
    }
    let held = done.credentials.iter().filter(|one| one.verdict.is_taken() && one.credential.stale.is_some());
    let (spent, held): (Vec<_>, Vec<_>) = held.partition(|one| one.spent);
    for own in spent.iter().map(|one| &one.credential) {
        let name = shown(&own.label_from(tenant));
        terminal
            .warn(&format!("the refresh token of {name} was spent here since the backup was made, and {is} not sent"));
        terminal.hint([&failure::init_command(own)]);
    }
    if !held.is_empty() {
        let names: Vec<_> = held.iter().map(|one| shown(&one.credential.label_from(tenant))).collect();
        terminal.warn(&format!(
            "the refresh tokens of these {are} held back, because another copy may use them: {}",
            names.join(", ")
        ));
        terminal.note("  when no other copy is in use any more: oauth doctor --take-over");
    }
    if !done.other_tenants.is_empty() {
        let names: Vec<_> = done.other_tenants.iter().map(|name| shown(name)).collect();
        terminal.note(&format!("left out, of other tenants: {} (--all-tenants)", names.join(", ")));
    }
    for own in &brought.unknown {
        let command = add_command(&own.provider, &own.server);
        terminal.note(&format!("{} has no entry here, which a new login needs: {command}", shown(&own.provider)));
    }
    if dry_run {
        let taken = done.credentials.iter().filter(|one| one.verdict.is_taken());
        tell_reading(taken.map(|one| &one.credential), context);
        terminal.say(NOTHING_DONE);
    }
    if terminal.json {
        let now = context.now();
        let all = done.credentials.iter().map(|one| {
            let mut object = json!({"credential": credential::json(&one.credential, now), "result": word(one.verdict)});
            if let Some((source, sent_to)) = one.credential.server.reads() {
                object["reads"] = json!({"source": source.to_string(), "sent_to": sent_to});
            }
            object
        });
        let unknown = brought
            .unknown
            .iter()
            .map(|own| json!({"provider": own.provider, "action": add_command(&own.provider, &own.server)}));
        let kept = done.kept_clients.iter();
        let kept = kept.map(|own| json!({"tenant": own.tenant, "provider": own.provider, "client_id": own.client_id}));
        let mut object = json!({"credentials": all.collect::<Vec<_>>(), "clients": done.clients,
            "kept_clients": kept.collect::<Vec<_>>(),
            "left_out_tenants": done.other_tenants, "unknown_providers": unknown.collect::<Vec<_>>()});
        if dry_run {
            object["dry_run"] = true.into();
        }
        terminal.data_json(&object)?;
    }
    Ok(0)
}

mod from;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::context::Context;
use super::failure::{Failure, named, oauth_in, word};
use super::restore::{self, RestoreArgs};
use super::terminal::Tone;
use super::{credential, when};
use crate::app::{Imported, Selector, StaticToken};
use crate::model::text::shown;
use crate::model::time::parse_duration;
use crate::model::{Kind, Scopes, Status, Timestamp};

/// Bring in a personal token or an API key, a backup, or what another tool holds
///
/// A static token is sealed, listed and used like every other credential, and never refreshed. Nothing is sent: `oauth
/// test` asks the provider whether it is good. One that is in use is replaced with --force only. To go from a static token to
/// a login, connect with `oauth init`: it takes its place. With --from, what was found is shown first, and brought in after a
/// word at the terminal, or with --yes. A login that another tool may go on using stays `stale`: its refresh token is not
/// spent here until --take-over; so does one of a backup that `oauth export` made. What is newer here is kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth import github --token-stdin < token.txt
  pass show linear | oauth import linear work --token-stdin --expires-in 90d
  oauth import gitlab --token-stdin --set host=gitlab.example.org
  oauth import backup.age --all-tenants --take-over
                                  go on here with what another machine had
  oauth import --from gh          show what gh holds, and ask
  oauth import --from rclone --take-over --yes
                                  rclone's logins, which it shall use no more
  oidc-gen --print=NAME | oauth import --from oidc-agent --file -")]
pub(super) struct ImportArgs {
    /// The provider, or PROVIDER@ACCOUNT; or a backup: a path, a name that ends in .age, or - for standard input
    #[arg(required_unless_present = "from")]
    provider: Option<String>,
    /// Bring in what this tool holds
    #[arg(long, value_name = "TOOL", conflicts_with_all = ["provider", "token_stdin", "scope", "expires_in", "set"])]
    from: Option<ToolName>,
    /// Read this file, or - for standard input, instead of the tool's own
    #[arg(long, value_name = "FILE", requires = "from", conflicts_with = "provider")]
    file: Option<PathBuf>,
    /// Show what would be brought in, and store nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Bring it in without asking; of a backup, also what reads files or variables of this machine for its tokens
    #[arg(long, short)]
    yes: bool,
    /// The tool, or the other copy, is given up: its logins are refreshed here from now on
    #[arg(long)]
    take_over: bool,
    /// The name the credential will bear
    account: Option<String>,
    /// Read the token from standard input; without it you are asked for it
    #[arg(long)]
    token_stdin: bool,
    /// What the token may do, as far as you know (repeatable; comma or space separated)
    #[arg(long = "scope", short = 's', visible_alias = "scopes", value_name = "SCOPES")]
    scope: Vec<String>,
    /// When it ends, from now (12h, 90d)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expires_in: Option<Duration>,
    /// A template variable of the provider, such as `host` (repeatable)
    #[arg(long, value_name = "VAR=VALUE", value_parser = super::parse_pair)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    restore: RestoreArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ToolName {
    /// GitHub's command line
    Gh,
    /// Google's command line: its accounts and the application default
    Gcloud,
    /// Remotes with a client of your own
    Rclone,
    /// The clients of its accounts; its tokens are in its memory only
    Pizauth,
    /// What `oidc-gen --print` shows
    OidcAgent,
    /// The file of git credential-store
    Git,
    Netrc,
    /// Variables such as `GITHUB_TOKEN`
    Env,
}

pub(super) fn run(args: ImportArgs, context: &Context) -> Result<u8, Failure> {
    let Some(provider) = &args.provider else { return from::run(&args, context) };
    if restore::is_file(provider, context)? {
        if let Some(account) = &args.account {
            let word = shown(account);
            return Err(Failure::usage(format!("a backup takes no account: `{word}` is one word too many")));
        }
        if args.token_stdin {
            return Err(Failure::usage("a backup is no provider, which --token-stdin is for".into()));
        }
        return restore::run(provider, &args.restore, (args.take_over, args.dry_run, args.yes), context);
    }
    if args.take_over || args.yes || args.restore.is_given() {
        return Err(Failure::usage(format!(
            "`{}` is no backup file; a path has a / in it, or ends in .age",
            shown(provider)
        )));
    }
    let selector = Selector::parse(provider, args.account.as_deref())?;
    let expires_at = args.expires_in.map(|life| context.now().plus(life.as_secs()));
    if expires_at > Some(Timestamp::END) {
        return Err(Failure::usage(
            "--expires-in: that is after the year 9999; leave it out for a token without end".into(),
        ));
    }
    // Nobody types a secret for what is not there.
    context.registry()?.find(&selector.provider)?;
    let token = if args.token_stdin {
        context.terminal.read_secret("Token (not shown):")?
    } else {
        let asked = context.terminal.ask_secret("Token (not shown):")?;
        asked.ok_or_else(|| Failure::usage("give the token on standard input, with --token-stdin".into()))?
    };
    let new = StaticToken {
        provider: selector.provider,
        account: selector.account,
        token,
        variables: super::pairs(args.set)?,
        scopes: Scopes::parse(&args.scope.join(" ")),
        force: args.restore.force,
        expires_at,
    };
    let app = context.app()?;
    if args.dry_run {
        return foretell(&app.foresee_import(new)?, context);
    }
    let imported = app.import(new)?;
    tell(&imported, context);
    if context.terminal.json {
        context.terminal.data_json(&credential::json(&imported.credential, context.now()))?;
    }
    Ok(0)
}

/// What `tell` would tell, had it been done.
fn foretell(imported: &Imported, context: &Context) -> Result<u8, Failure> {
    let (own, terminal) = (&imported.credential, &context.terminal);
    let (verb, result) = if imported.replaced { ("replaced", "replaced") } else { ("brought in", "added") };
    terminal.say(&format!("{} would be {verb}, a static token", shown(&own.label())));
    terminal.say(restore::NOTHING_DONE);
    if terminal.json {
        let object = json!({"credential": credential::json(own, context.now()), "result": result, "dry_run": true});
        terminal.data_json(&object)?;
    }
    Ok(0)
}

fn tell(imported: &Imported, context: &Context) {
    let (own, terminal, now) = (&imported.credential, &context.terminal, context.now());
    if let Some(source) = &imported.chosen {
        terminal.say(&format!("The master key of your new store lives in {}.", source.words()));
    }
    let verb = if imported.replaced { "Replaced" } else { "Brought in" };
    let name = terminal.tint_err(&shown(&own.label()), Tone::Strong);
    let what = if own.kind == Kind::Imported { "a static token" } else { "a login" };
    terminal.say(&format!("{} {verb} {name}, {what}", terminal.tint_err("✓", Tone::Good)));
    match own.status(now) {
        Status::Stale => {
            terminal.say(&format!("  held back: {}", shown(&own.reason(now).unwrap_or_default())));
            terminal.say("  when that tool is given up: oauth doctor --take-over");
            return;
        }
        _ if own.is_expired(now) => {}
        _ => {
            if let Some(end) = own.expires_at {
                terminal.say(&format!("  valid until {} ({})", when::local(end, now), when::relative(end, now)));
            }
        }
    }
    let whose = if own.default { word(&own.provider) } else { named(&own.provider, &own.account) };
    let test = oauth_in(&own.tenant, format_args!("test {whose}"));
    terminal.say(&format!("  see whether the provider takes it: {test}"));
}

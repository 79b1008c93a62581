use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::credential;
use super::failure::{self, Failure, gravest, oauth};
use crate::app::{App, Fate, Revoked, RevokedOne, Selector, no_way};
use crate::model::Kind;
use crate::model::text::{counted, shown};

/// End a credential: at the provider, then here
///
/// Both tokens are revoked (RFC 7009) and then wiped. The row stays as `revoked` until --forget. When the provider
/// fails or refuses, nothing is changed here.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth revoke google alice@example.com
  oauth revoke github --local --forget   delete it here only
  oauth revoke --all                     every credential of the tenant")]
pub(super) struct RevokeArgs {
    /// The provider, or PROVIDER@ACCOUNT
    #[arg(required_unless_present = "all")]
    provider: Option<String>,
    /// The account [default: the provider's default account]
    account: Option<String>,
    /// Every credential of the tenant
    #[arg(long, conflicts_with = "provider")]
    all: bool,
    /// Do not ask the provider
    #[arg(long)]
    local: bool,
    /// Delete the row, too
    #[arg(long)]
    forget: bool,
    /// With --all: do not ask at a terminal; where there is none, nobody is asked
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &RevokeArgs, context: &Context) -> Result<u8, Failure> {
    let app = context.app()?;
    let Some(provider) = &args.provider else { return all(args, &app, context) };
    let selector = Selector::parse(provider, args.account.as_deref())?;
    let done = app.revoke(&selector, args.local, args.forget).map_err(|error| Failure::from(error).no_login())?;
    tell(&done, context);
    tell_heirs(&done, context);
    if context.terminal.json {
        context.terminal.data_json(&describe(&done, context))?;
    }
    Ok(0)
}

fn all(args: &RevokeArgs, app: &App, context: &Context) -> Result<u8, Failure> {
    if !args.yes {
        let (all, _) = app.list(false)?;
        let count = all.iter().filter(|own| args.forget || own.revoked_at.is_none()).count();
        if count > 0 {
            context.terminal.confirm(&format!("Revoke {}?", counted(count, "credential")))?;
        }
    }
    let ended = app.revoke_all(args.local, args.forget).map_err(|error| Failure::from(error).no_login())?;
    if ended.is_empty() {
        let there_is_none = app.list(false)?.0.is_empty();
        context.terminal.say(if there_is_none {
            "the tenant has no credential"
        } else {
            "every credential of the tenant had been revoked before"
        });
    }
    tell_all(ended, context)
}

/// Tells how each of several ended, and gives the gravest exit code.
pub(super) fn tell_all(ended: Vec<RevokedOne>, context: &Context) -> Result<u8, Failure> {
    let mut objects = Vec::new();
    let mut exits = Vec::new();
    for (result, own) in ended {
        match result {
            Ok(done) => {
                tell(&done, context);
                objects.push(describe(&done, context));
            }
            Err(error) => {
                let failure = Failure::from(error);
                let failed = json!({"credential": credential::json(&own, context.now()), "access": "failed",
                    "refresh": "failed", "local": "kept", "error": failure.json()["error"]});
                objects.push(failed);
                exits.push(failure.exit);
                if !context.terminal.json {
                    context.terminal.report(&failure);
                }
            }
        }
    }
    if context.terminal.json {
        context.terminal.data_json_array(objects)?;
    }
    Ok(gravest(&exits))
}

fn describe(done: &Revoked, context: &Context) -> Value {
    json!({
        "credential": credential::json(&done.credential, context.now()),
        "access": word(done.access),
        "refresh": word(done.refresh),
        "local": if done.forgotten { "forgotten" } else { "wiped" },
    })
}

pub(super) fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Revoked => "revoked",
        Fate::Unsupported => "unsupported",
        Fate::Skipped => "skipped",
    }
}

/// What was done, in a sentence.
pub(super) fn sentence(done: &Revoked) -> String {
    let own = &done.credential;
    let name = shown(&own.label());
    if done.already {
        let forgotten = if done.forgotten { "; its row is deleted now" } else { "" };
        return format!("{name} had been revoked before{forgotten}");
    }
    let revoked = kinds(done, Fate::Revoked);
    if revoked.is_empty() {
        return format!("{name} is wiped here");
    }
    format!("{name} is revoked at {} ({}) and wiped here", shown(&own.server.name), revoked.join(" and "))
}

fn tell(done: &Revoked, context: &Context) {
    let terminal = &context.terminal;
    let own = &done.credential;
    let at = shown(&own.server.name);
    terminal.say(&sentence(done));
    let page = own.server.applications_url.as_deref();
    let page = page.map_or_else(String::new, |url| format!("; end it at {}", shown(url)));
    let unsupported = kinds(done, Fate::Unsupported);
    if !unsupported.is_empty() && done.refresh != Fate::Revoked {
        terminal.warn(&match own.kind {
            Kind::Imported => format!("{at} was not asked: {}{page}", no_way(own)),
            _ => format!("{at} has no way to revoke the {}{page}", unsupported.join(" and the ")),
        });
    }
    if done.unasked {
        terminal.warn(&format!("{at} was not asked, and what it gave may work there until it expires{page}"));
    }
    for sibling in &done.siblings {
        terminal.warn(&format!("{at} ends {} along with it", shown(sibling)));
    }
}

/// Whom the provider's name alone means from now on.
fn tell_heirs(done: &Revoked, context: &Context) {
    let (terminal, provider) = (&context.terminal, &done.credential.provider);
    match done.heirs.as_slice() {
        [] => {}
        [one] => terminal.say(&format!("{} alone means {} from now on", shown(provider), shown(one))),
        _ => {
            terminal.say(&format!("no account of {} is its default any more", shown(provider)));
            terminal.hint(&[oauth(format_args!("default {} ACCOUNT", failure::word(provider)))]);
        }
    }
}

/// The kinds of token that met this fate.
fn kinds(done: &Revoked, fate: Fate) -> Vec<&'static str> {
    let fates = [("refresh token", done.refresh), ("access token", done.access)];
    fates.into_iter().filter(|(_, own)| *own == fate).map(|(what, _)| what).collect()
}

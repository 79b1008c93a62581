use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::{Failure, gravest};
use super::terminal::Terminal;
use super::{credential, revoke};
use crate::app::{Ended, Error, Fate, Panicked, no_way};
use crate::model::text::{counted, shown};

/// Revoke everything, in every tenant, then wipe it here
///
/// For the day when this machine is not to be trusted any more. All credentials are revoked at once; then all tokens and
/// client registrations are wiped here, also those that the provider could not be told of: these are listed with the page
/// where you end them by hand.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth panic
  oauth panic --yes --json > what-is-left.json      no question at a terminal

Exit codes: 0 when nothing that was ended now lives on at a provider; else what the gravest failure says, or 1 \
when a provider has no way to be told.")]
pub(super) struct PanicArgs {
    /// Do not ask at a terminal; where there is none, nobody is asked
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &PanicArgs, context: &Context) -> Result<u8, Failure> {
    let app = context.app()?;
    if !args.yes {
        let something = app.tenants()?.iter().any(|tenant| tenant.live + tenant.clients > 0);
        if something {
            context.terminal.confirm("Revoke and wipe every credential of every tenant?")?;
        }
    }
    let mut progress = |done, all| context.terminal.progress(&format!("{done} of {all} done"));
    let panicked = app.panic(&mut progress);
    context.terminal.end_progress();
    let panicked = panicked.map_err(|error| Failure::from(error).no_login())?;
    tell(&panicked, &app.tenant, context)?;
    let unreadable = panicked.unreadable.iter().map(Failure::from_error);
    let clients = panicked.clients_wiped.as_ref().err();
    let clients = clients.map(|error| Failure::from_error(error).keeps("the client registrations are not wiped here"));
    let besides = unreadable.chain(clients).map(|failure| {
        context.terminal.report(&failure);
        failure.exit
    });
    let exits: Vec<_> = panicked.credentials.iter().map(exit).chain(besides).collect();
    Ok(gravest(&exits))
}

fn exit(ended: &Ended) -> u8 {
    let code = |error: &Error| Failure::from_error(error).exit;
    let failures = [ended.wiped.as_ref().err(), ended.refresh.as_ref().err(), ended.access.as_ref().err()];
    let failures: Vec<_> = failures.into_iter().flatten().map(code).collect();
    if failures.is_empty() { u8::from(ended.lives_on()) } else { gravest(&failures) }
}

fn tell(panicked: &Panicked, tenant: &str, context: &Context) -> Result<(), Failure> {
    let Panicked { credentials, clients, .. } = panicked;
    let terminal = &context.terminal;
    let left: Vec<_> = credentials.iter().filter(|ended| ended.lives_on()).collect();
    say_how_many(panicked, left.len(), terminal);
    if terminal.json {
        let all: Vec<_> = credentials.iter().map(|ended| describe(ended, context)).collect();
        let clients: Vec<_> =
            clients.iter().map(|(provider, id)| json!({"provider": provider, "client_id": id})).collect();
        return terminal.data_json(&json!({"credentials": all, "clients": clients}));
    }
    if !left.is_empty() {
        terminal.say("These may still work at the provider; end them there by hand:");
        // A page stands on a line of its own, whole: it is to be visited.
        let text: String = left.iter().map(|ended| left_over(ended, tenant, terminal)).collect();
        terminal.data(&text)?;
    }
    for (ended, error) in credentials.iter().filter_map(|ended| Some((ended, ended.wiped.as_ref().err()?))) {
        terminal.report(&Failure::from_error(error).keeps(&kept(ended, tenant)));
    }
    for (provider, id) in clients {
        terminal.say(&format!(
            "the secret of the client {} at {} should be replaced there",
            shown(id),
            shown(provider)
        ));
    }
    Ok(())
}

/// What is ended at the providers, and what is gone from here: of each its own number.
fn say_how_many(panicked: &Panicked, left: usize, terminal: &Terminal) {
    let Panicked { credentials, clients_wiped, unreadable, .. } = panicked;
    let (all, deleted) = (credentials.len(), clients_wiped.as_ref().copied());
    let are = |count| if count == 1 { "is" } else { "are" };
    if all == 0 {
        let nothing = unreadable.is_empty() && matches!(deleted, Ok(0));
        let what = if nothing { "nothing" } else { "no credential" };
        terminal.say(&format!("{what} is left here to end; what may live on at a provider stands in:"));
        terminal.say("  oauth audit --event revoked --all-tenants");
    } else {
        let (of, are) = (counted(all, "credential"), are(all));
        let (there, here) = (all - left, credentials.iter().filter(|ended| ended.wiped.is_ok()).count());
        terminal.say(&if there == all && here == all {
            format!("{all} of {of} {are} ended, at the provider and here")
        } else {
            format!("{there} of {of} {are} ended at the provider; {here} of {all} {are} wiped here")
        });
    }
    if let Some(count) = deleted.ok().filter(|count| *count > 0) {
        terminal.say(&format!("{} {} deleted here", counted(count, "client registration"), are(count)));
    }
}

fn left_over(ended: &Ended, tenant: &str, terminal: &Terminal) -> String {
    let line = terminal.fitted(&format!("{}: {}", shown(&ended.credential.label_from(tenant)), why(ended)), 2);
    format!("{line}\n  {}\n", by_hand(ended))
}

/// What is to be said of one that could not be wiped.
fn kept(ended: &Ended, tenant: &str) -> String {
    let label = shown(&ended.credential.label_from(tenant));
    if ended.lives_on() {
        format!("{label} is not wiped here")
    } else {
        format!("{label} is ended at the provider, and not wiped here")
    }
}

fn describe(ended: &Ended, context: &Context) -> serde_json::Value {
    let word = |fate: &Result<Fate, Error>| fate.as_ref().map_or("failed", |fate| revoke::word(*fate));
    json!({
        "credential": credential::json(&ended.credential, context.now()),
        "access": word(&ended.access),
        "refresh": word(&ended.refresh),
        "local": if ended.wiped.is_ok() { "wiped" } else { "kept" },
        "by_hand": ended.lives_on().then(|| by_hand(ended)),
        "error": first_error(ended).map(|error| Failure::from_error(error).json()["error"].clone()),
    })
}

fn first_error(ended: &Ended) -> Option<&Error> {
    ended.wiped.as_ref().err().or(ended.untold())
}

/// The page where a person ends it, or whose page to look for.
fn by_hand(ended: &Ended) -> String {
    let server = &ended.credential.server;
    let page = server.applications_url.as_deref().map(shown);
    page.unwrap_or_else(|| format!("the account's security page at {}", shown(&server.name)))
}

fn why(ended: &Ended) -> String {
    let none = || no_way(&ended.credential).to_owned();
    ended.untold().map_or_else(none, |error| Failure::from_error(error).summary())
}

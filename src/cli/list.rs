use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::failure::{Failure, gravest, init_command, oauth};
use super::terminal::{Terminal, Tone};
use super::{credential, table, when};
use crate::app::App;
use crate::model::credential::may_be_taken_over;
use crate::model::text::{counted, shown};
use crate::model::time::parse_with_unit;
use crate::model::{Credential, Kind, Status, Timestamp};

/// Show every credential: its status, when it expires, when it was last used
///
/// The master key is not needed for this. A status is `valid`; `due` (refreshes by itself at the next use); `expiring` (a
/// human will be needed within 3 days); `reauth` (a human is needed now); `stale` (a copy that is not used); `revoked`.
/// The account marked with * is the one that is taken when none is named. Static tokens of providers that
/// offer a login are pointed out once, with the command that replaces the first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  oauth list\n  oauth list --status reauth --json\n  oauth list --forecast 7d")]
pub(super) struct ListArgs {
    /// Only this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only this status
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusFilter>,
    /// Only what will need a human within this time (24h, 7d), the earliest first, as far as the providers tell
    #[arg(long, value_name = "DURATION", value_parser = parse_with_unit, conflicts_with = "status")]
    forecast: Option<Duration>,
    /// Every tenant, not only one
    #[arg(long)]
    all_tenants: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFilter {
    Revoked,
    Stale,
    Reauth,
    Expiring,
    Due,
    Valid,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<u8, Failure> {
    let now = context.now();
    let app = context.app()?;
    let (mut all, damaged) = app.list(args.all_tenants)?;
    let empty = all.is_empty() && damaged.is_empty();
    let failures: Vec<_> = damaged.iter().map(Failure::from_error).collect();
    for failure in &failures {
        context.terminal.warn(&failure.summary());
    }
    let exit = gravest(&failures.iter().map(|failure| failure.exit).collect::<Vec<_>>());
    if let Some(name) = &args.provider {
        let id = context.provider_id(name, |id| Ok(all.iter().any(|own| own.provider == id)))?;
        all.retain(|own| own.provider == id);
    }
    if let Some(status) = args.status {
        all.retain(|own| wanted(status, own.status(now)));
    }
    if let Some(ahead) = args.forecast {
        return forecast(all, ahead, args.all_tenants, context).map(|()| exit);
    }
    if context.terminal.json {
        let objects = all.iter().map(|own| credential::json(own, now));
        return context.terminal.data_json_array(objects).map(|()| exit);
    }
    if all.is_empty() {
        if empty {
            tell_empty(&app, args.all_tenants, context)?;
        } else {
            context.terminal.say("no credential fits");
        }
        return Ok(exit);
    }
    context.terminal.data(&rendered(&all, args.all_tenants, now, &context.terminal))?;
    for own in all.iter().filter(|own| own.status(now) == Status::Reauth) {
        needs_login(own, context);
    }
    held_back(&all, context);
    point_out(&replaceable(&all, context)?, context);
    Ok(exit)
}

/// Says that there is nothing, or that the tenant's name may be mistaken.
fn tell_empty(app: &App, all_tenants: bool, context: &Context) -> Result<(), Failure> {
    let known = if all_tenants { vec![] } else { app.other_tenants()? };
    if known.is_empty() {
        context.terminal.say(&format!("nothing is connected yet; start with: {}", oauth("init PROVIDER")));
        return Ok(());
    }
    let failure = Failure::empty_tenant(&app.tenant, known);
    context.terminal.say(&failure.summary());
    context.terminal.hint(&failure.hints);
    Ok(())
}

/// Why a credential needs a new login, and how that is begun.
fn needs_login(own: &Credential, context: &Context) {
    let reason = own.reason(context.now()).unwrap_or_default();
    context.terminal.say(&format!("{}: {}", shown(&own.label()), shown(&reason)));
    context.terminal.hint(&[init_command(own)]);
}

/// Why refresh tokens are held back. A store that was copied has the same to say of all that is in it.
fn held_back(all: &[Credential], context: &Context) {
    let mut by_reason = BTreeMap::<String, Vec<&Credential>>::new();
    for own in all.iter().filter(|own| own.status(context.now()) == Status::Stale) {
        by_reason.entry(own.reason(context.now()).unwrap_or_default()).or_default().push(own);
    }
    for (reason, held) in &by_reason {
        match held.as_slice() {
            many if many.len() > 1 && may_be_taken_over(reason) => {
                let count = counted(many.len(), "credential");
                context.terminal.say(&format!("{count} are stale, each because {}", shown(reason)));
            }
            few => few.iter().for_each(|own| needs_login(own, context)),
        }
    }
    if by_reason.keys().any(|reason| may_be_taken_over(reason)) {
        context.terminal.say("a copy that is the only one in use is taken into use again by: oauth doctor --take-over");
    }
}

/// What a login could replace, once for all of it: whoever keeps many static tokens mostly means to.
fn point_out(tokens: &[&Credential], context: &Context) {
    let Some(first) = tokens.first() else { return };
    let words = match tokens.len() {
        1 => format!("{}: a static token, which a login replaces by one", shown(&first.label())),
        count => {
            let providers: BTreeSet<_> = tokens.iter().map(|own| shown(&own.provider)).collect();
            let providers = providers.into_iter().collect::<Vec<_>>().join(", ");
            format!("{count} static tokens ({providers}): a login replaces each by one")
        }
    };
    context.terminal.say(&format!("{words} that renews or can be revoked"));
    context.terminal.hint(&[init_command(first)]);
}

/// Static tokens in use of providers that offer a login.
fn replaceable<'a>(all: &'a [Credential], context: &Context) -> Result<Vec<&'a Credential>, Failure> {
    let registry = context.registry()?;
    // What has an entry has a login. One that is at its end is told of as such.
    let offers = |own: &&Credential| registry.find(&own.provider).is_ok();
    let living = |own: &&Credential| !matches!(own.status(context.now()), Status::Revoked | Status::Reauth);
    Ok(all.iter().filter(|own| own.kind == Kind::Imported).filter(living).filter(offers).collect())
}

/// What needs a human within `ahead`, the earliest first. In JSON each has `human_needed_at` besides.
fn forecast(all: Vec<Credential>, ahead: Duration, tenants: bool, context: &Context) -> Result<(), Failure> {
    let (now, terminal) = (context.now(), &context.terminal);
    let until = now.plus(ahead.as_secs());
    let mut needed: Vec<_> = all
        .into_iter()
        .filter(|own| own.revoked_at.is_none())
        .filter_map(|own| needed_at(&own, now).filter(|at| *at <= until).map(|at| (at, own)))
        .collect();
    needed.sort_by_key(|(at, _)| *at);
    if terminal.json {
        let objects = needed.iter().map(|(at, own)| {
            let mut object = credential::json(own, now);
            object["human_needed_at"] = serde_json::json!(at);
            object["reason"] = why(own, now).into();
            object
        });
        return terminal.data_json_array(objects);
    }
    if needed.is_empty() {
        terminal.say(&format!("no credential needs a human within {}", when::length(ahead.as_secs())));
        return Ok(());
    }
    let mut header = vec!["NEEDED", "PROVIDER", "ACCOUNT", "WHY"];
    if tenants {
        header.insert(1, "TENANT");
    }
    let rows = needed.iter().map(|(at, own)| {
        let time = if *at <= now { "now".into() } else { when::relative(*at, now) };
        let mut row = vec![time, own.provider.clone(), shown(&own.account), shown(&why(own, now))];
        if tenants {
            row.insert(1, shown(&own.tenant));
        }
        row
    });
    terminal.data(&table::titled(&header, rows, terminal))?;
    terminal.hint(&needed.iter().map(|(_, own)| init_command(own)).collect::<Vec<_>>());
    Ok(())
}

/// When a human is needed: at once, where a decision is due already.
fn needed_at(own: &Credential, now: Timestamp) -> Option<Timestamp> {
    if own.stale.is_some() { Some(now) } else { own.human_needed_at() }
}

fn why(own: &Credential, now: Timestamp) -> String {
    let ends = if own.refreshable { "the refresh token ends" } else { "the token ends, and cannot be refreshed" };
    own.reason(now).unwrap_or_else(|| ends.into())
}

fn wanted(filter: StatusFilter, status: Status) -> bool {
    let name = filter.to_possible_value();
    name.is_some_and(|name| name.get_name() == status.as_str())
}

/// The table as text.
pub(super) fn rendered(all: &[Credential], tenants: bool, now: Timestamp, terminal: &Terminal) -> String {
    let mut header = vec!["PROVIDER", "ACCOUNT", "STATUS", "EXPIRES", "LAST USED"];
    if tenants {
        header.insert(0, "TENANT");
    }
    let rows = all.iter().map(|own| {
        let mut row = vec![
            own.provider.clone(),
            format!("{}{}", shown(&own.account), if own.default { " *" } else { "" }),
            own.status(now).as_str().to_owned(),
            expires(own, now),
            own.last_used_at.map_or_else(|| "never".into(), |at| when::relative(at, now)),
        ];
        if tenants {
            row.insert(0, shown(&own.tenant));
        }
        row
    });
    let mut text = String::new();
    for (at, line) in table::lines(Some(&header), rows, terminal.width()).iter().enumerate() {
        let tinted = if at == 0 { terminal.tint_out(line, Tone::Faint) } else { tint_status(line, terminal) };
        text.push_str(&tinted);
        text.push('\n');
    }
    text
}

/// When the token ends; a credential that renews itself needs nobody then.
fn expires(own: &Credential, now: Timestamp) -> String {
    // What is held back, or refused, does not.
    let renews = own.refreshable && own.reauth.is_none() && own.stale.is_none();
    match own.expires_at {
        _ if own.revoked_at.is_some() => "-".into(),
        None => "not told".into(),
        Some(at) if renews && at <= now => "renews at next use".into(),
        Some(at) if renews => format!("{}, renews", when::relative(at, now)),
        Some(at) => when::relative(at, now),
    }
}

/// Colours the status word of a line. Where colour is off, the word alone says it.
fn tint_status(line: &str, terminal: &Terminal) -> String {
    if !terminal.tints_out() {
        return line.to_owned();
    }
    let tones = [
        ("revoked", Tone::Faint),
        ("stale", Tone::Bad),
        ("reauth", Tone::Bad),
        ("expiring", Tone::Warning),
        ("due", Tone::Good),
        ("valid", Tone::Good),
    ];
    for (word, tone) in tones {
        if let Some(at) = line.rfind(&format!(" {word} ")) {
            let (before, rest) = line.split_at(at + 1);
            return format!("{before}{}{}", terminal.tint_out(word, tone), &rest[word.len()..]);
        }
    }
    line.to_owned()
}

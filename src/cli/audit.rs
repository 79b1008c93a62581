mod events;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Failure, init_labelled_in, word};
use super::{table, when};
use crate::app::{AUDIT_KINDS, App, AuditEvent, AuditFilter, AuditSummary, Unusual, Whose};
use crate::model::Timestamp;
use crate::model::text::{counted, shown};
use events::Events;

/// Who asked for what, when, and how it ended; never a secret
///
/// Every creation, refresh, use, failure, revocation and key change is recorded with the program that called. The events
/// are chained with codes that only the master key can make. Reading needs no key; `audit verify` does. A terminal shows an
/// event in one line, and leaves out what there is no room for, unless --verbose is given.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  oauth audit --since 1d
  oauth audit --provider github --event refresh_failed
  oauth audit --summary
  oauth audit --follow
  oauth audit verify"
)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Only events since then: a length of time (36h, 7d), a day (2026-11-20) or a time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only events of this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only this kind of event
    #[arg(long, value_name = "NAME", value_parser = AUDIT_KINDS)]
    event: Option<String>,
    /// Go on, and print what happens as it happens; with --json, one object a line
    #[arg(long, short)]
    follow: bool,
    /// Uses and failures of each credential, what was asked for and is not connected, and what is unusual
    #[arg(long, conflicts_with = "follow")]
    summary: bool,
    /// Events of all tenants
    #[arg(long)]
    all_tenants: bool,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Look whether anybody without the master key has changed the record
    Verify {
        /// Take the record as it stands now; that it was changed, and where, stays in it
        #[arg(long)]
        accept: bool,
    },
}

/// How often a follower looks.
const PACE: Duration = Duration::from_millis(300);

pub(super) fn run(args: AuditArgs, context: &Context) -> Result<u8, Failure> {
    if let Some(AuditCommand::Verify { accept }) = args.command {
        if accept {
            context.app()?.accept_audit()?;
        }
        return verify(context);
    }
    let since = args.since.as_deref().map(|text| when::since(text, context.now())).transpose();
    let since = since.map_err(Failure::usage)?;
    let app = context.app()?;
    let mut filter = AuditFilter { since, provider: None, kind: args.event, all_tenants: args.all_tenants };
    if let Some(name) = &args.provider {
        let all = || app.audit(&AuditFilter { all_tenants: true, ..AuditFilter::default() }, 0);
        let known = |id: &str| Ok(all()?.iter().any(|event| event.provider == id));
        filter.provider = Some(context.provider_id(name, known)?);
    }
    if args.summary {
        return summary(&app.audit_summary(&filter)?, filter.all_tenants, context);
    }
    if args.follow {
        return follow(&app, &filter, context);
    }
    let events = app.audit(&filter, 0)?;
    if context.terminal.json {
        return context.terminal.data_json(&events.iter().map(object).collect()).map(|()| 0);
    }
    if events.is_empty() {
        context.terminal.say("nothing is recorded that fits");
        return Ok(0);
    }
    context.terminal.data(&Events::new(filter.all_tenants).titled(&events, context))?;
    Ok(0)
}

fn verify(context: &Context) -> Result<u8, Failure> {
    let Some(verified) = context.app()?.verify_audit()? else {
        if context.terminal.json {
            context.terminal.data_json(&json!({"ok": true, "events": 0, "older": 0, "pending": 0}))?;
        }
        context.terminal.say("there is no record yet");
        return Ok(0);
    };
    if context.terminal.json {
        let object =
            json!({"ok": true, "events": verified.events, "older": verified.older, "pending": verified.pending});
        return context.terminal.data_json(&object).map(|()| 0);
    }
    context
        .terminal
        .data_line(&format!("{}, none altered, removed, added or moved", counted(verified.events, "event")))?;
    if verified.pending > 0 {
        let uses = counted(verified.pending, "noted use");
        context.terminal.say(&format!("{uses} not counted; the next change takes what is noted into the chain"));
    }
    if verified.older > 0 {
        context.terminal.say(&format!("{} older ones are from before there was a chain", verified.older));
    }
    Ok(0)
}

/// Prints what is there, and then what comes, until it is interrupted. A use is told when it is noted, and not again
/// when it is taken into the chain.
fn follow(app: &App, filter: &AuditFilter, context: &Context) -> Result<u8, Failure> {
    let (mut after, mut pending) = (0, BTreeMap::<String, usize>::new());
    let mut table = Events::new(filter.all_tenants);
    loop {
        let (mut new, mut still_pending) = (vec![], BTreeMap::new());
        for event in app.audit(filter, after)? {
            let key = object(&AuditEvent { sequence: None, ..event.clone() }).to_string();
            after = event.sequence.map_or(after, |sequence| after.max(sequence));
            let told = pending.get_mut(&key).filter(|count| **count > 0);
            if event.sequence.is_none() {
                *still_pending.entry(key.clone()).or_default() += 1;
            }
            match told {
                Some(count) => *count -= 1,
                None => new.push(event),
            }
        }
        pending = still_pending;
        if context.terminal.json {
            for event in &new {
                context.terminal.data_json_line(&object(event))?;
            }
        } else if !new.is_empty() {
            context.terminal.data(&table.next(&new, context))?;
        }
        sleep(PACE);
    }
}

fn object(event: &AuditEvent) -> Value {
    json!({
        "sequence": event.sequence,
        "at": event.at,
        "event": event.kind,
        "credential": (!event.credential.is_empty()).then_some(&event.credential),
        "tenant": event.tenant,
        "provider": event.provider,
        "account": event.account,
        "program": event.caller.program,
        "pid": event.caller.pid,
        "outcome": event.outcome,
        "detail": event.detail,
    })
}

/// With `tenants`, what is told of names its tenant.
fn summary(summary: &AuditSummary, tenants: bool, context: &Context) -> Result<u8, Failure> {
    if context.terminal.json {
        return context.terminal.data_json(&summary_object(summary, tenants)).map(|()| 0);
    }
    if summary.credentials.is_empty() && summary.missing.is_empty() {
        context.terminal.say("nothing has been recorded");
        return Ok(0);
    }
    let now = context.now();
    let rows = summary.credentials.iter().map(|own| {
        let error = own.last_error.as_ref();
        let error = error.map_or_else(|| "-".into(), |(at, code)| format!("{code}, {}", when::relative(*at, now)));
        let mut row = vec![shown(&own.whose.label), own.uses.to_string(), own.failures.to_string(), error];
        if tenants {
            row.insert(0, shown(&own.whose.tenant));
        }
        row
    });
    let mut header = vec!["CREDENTIAL", "USES", "FAILURES", "LAST ERROR"];
    if tenants {
        header.insert(0, "TENANT");
    }
    let mut text = table::titled(&header, rows, &context.terminal);
    let mut line = |words: String| text += &format!("{}\n", context.terminal.fitted(&words, 2));
    for (whose, count) in &summary.missing {
        let command = init_labelled_in(&whose.tenant, &whose.label);
        line(format!("not connected, asked for {}: {} ({command})", times(*count), name(whose, tenants)));
    }
    for (whose, scopes, count) in &summary.missing_scopes {
        let scopes = word(&scopes.replace(' ', ","));
        let command = format!("{} --add-scope {scopes}", init_labelled_in(&whose.tenant, &whose.label));
        line(format!("lacked a scope {}: {} ({command})", times(*count), name(whose, tenants)));
    }
    for one in &summary.unusual {
        let (_, whose, at, words) = told(one);
        line(format!("unusual, {}: {}: {}", when::local(at, now), name(whose, tenants), shown(&words)));
    }
    context.terminal.data(&text)?;
    Ok(0)
}

fn summary_object(summary: &AuditSummary, tenants: bool) -> Value {
    let of = |whose: &Whose, mut object: Value| {
        if tenants {
            object["tenant"] = whose.tenant.clone().into();
        }
        object
    };
    let credentials = summary.credentials.iter().map(|own| {
        let error = own.last_error.as_ref().map(|(at, code)| json!({"at": at, "code": code}));
        let (label, uses, failures) = (&own.whose.label, own.uses, own.failures);
        of(&own.whose, json!({"credential": label, "uses": uses, "failures": failures, "last_error": error}))
    });
    let missing = summary.missing.iter();
    let missing = missing.map(|(whose, count)| of(whose, json!({"asked_for": whose.label, "times": count})));
    let scopes = summary
        .missing_scopes
        .iter()
        .map(|(whose, scopes, count)| of(whose, json!({"credential": whose.label, "scopes": scopes, "times": count})));
    let unusual = summary.unusual.iter().map(|one| {
        let (kind, whose, at, words) = told(one);
        of(whose, json!({"kind": kind, "credential": whose.label, "at": at, "detail": words}))
    });
    json!({
        "credentials": credentials.collect::<Vec<_>>(),
        "missing": missing.collect::<Vec<_>>(),
        "missing_scopes": scopes.collect::<Vec<_>>(),
        "unusual": unusual.collect::<Vec<_>>(),
    })
}

fn name(whose: &Whose, tenants: bool) -> String {
    let label = shown(&whose.label);
    if tenants { format!("{label} in the tenant {}", shown(&whose.tenant)) } else { label }
}

fn times(count: usize) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

/// The kind, the credential, the time and the words of something unusual.
fn told(one: &Unusual) -> (&'static str, &Whose, Timestamp, String) {
    match one {
        Unusual::NewProgram { whose, program, at } => {
            ("new_program", whose, *at, format!("{program} had never asked before"))
        }
        Unusual::Burst { whose, uses, at, minutes } => {
            let alike = if *minutes > 1 { format!(", the most of {minutes} minutes like it") } else { String::new() };
            ("burst", whose, *at, format!("{uses} uses within a minute{alike}"))
        }
        Unusual::OddHour { whose, program, at } => {
            ("odd_hour", whose, *at, format!("used by {program} at an hour at which it never was before"))
        }
    }
}

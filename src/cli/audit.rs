use std::collections::BTreeMap;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Failure, init_labelled, word};
use super::terminal::Terminal;
use super::{table, when};
use crate::app::{AUDIT_KINDS, App, AuditEvent, AuditFilter, AuditSummary, Unusual};
use crate::model::Timestamp;
use crate::model::text::{counted, shown};

/// Who asked for what, when, and how it ended; never a secret
///
/// Every creation, refresh, use, failure, revocation and key change is recorded with the program that called. The events
/// are chained with codes that only the master key can make. Reading needs no key; `audit verify` does. A terminal shows a
/// program without its directory, and a reason without its code, unless --verbose is given.
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
const HEADER: [&str; 5] = ["WHEN", "EVENT", "CREDENTIAL", "PROGRAM", "OUTCOME"];
/// So many characters are left of what came of an event, however wide the other columns are.
const LEAST_OUTCOME: usize = 12;
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
        return summary(&app.audit_summary(&filter)?, context);
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
    context.terminal.data(&lines(&events, true, context))?;
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
            context.terminal.data(&lines(&new, false, context))?;
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

fn lines(events: &[AuditEvent], header: bool, context: &Context) -> String {
    let now = context.now();
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            let outcome = match &event.detail {
                // There is room for one of both.
                Some(detail) if event.outcome != "ok" && is_short(&context.terminal) => detail.clone(),
                Some(detail) if event.outcome != "ok" => format!("{}: {detail}", event.outcome),
                _ => event.outcome.clone(),
            };
            vec![
                when::local(event.at, now),
                event.kind.clone(),
                shown(format!("{} {}", event.provider, event.account).trim()),
                program(event, &context.terminal),
                shown(&outcome),
            ]
        })
        .collect();
    let rows = with_room(rows, &context.terminal);
    if header {
        return table::titled(&HEADER, rows, &context.terminal);
    }
    table::lines(None, rows, context.terminal.width()).into_iter().map(|line| line + "\n").collect()
}

/// Cuts what came of it to the room that the other columns leave: most rows would have a second line for it.
fn with_room(mut rows: Vec<Vec<String>>, terminal: &Terminal) -> Vec<Vec<String>> {
    let Some(width) = terminal.width().filter(|_| is_short(terminal)) else { return rows };
    let widest =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(HEADER[column].len());
    // Two columns lie empty behind each.
    let room = usize::from(width).saturating_sub((0..4).map(widest).sum::<usize>() + 10).max(LEAST_OUTCOME);
    for outcome in rows.iter_mut().filter_map(|row| row.last_mut()) {
        if outcome.chars().count() > room {
            *outcome = outcome.chars().take(room - 1).chain(['…']).collect();
        }
    }
    rows
}

/// A terminal has little room for each event.
fn is_short(terminal: &Terminal) -> bool {
    terminal.width().is_some() && !terminal.verbose
}

/// The program that asked, and its process.
fn program(event: &AuditEvent, terminal: &Terminal) -> String {
    let path = Path::new(&event.caller.program);
    let name = path.file_name().filter(|_| is_short(terminal));
    let name = name.map_or(path.to_string_lossy(), |name| name.to_string_lossy());
    match event.caller.pid {
        0 if name.is_empty() => "unknown".into(),
        pid => shown(format!("{name} [{pid}]").trim_start()),
    }
}

fn summary(summary: &AuditSummary, context: &Context) -> Result<u8, Failure> {
    let now = context.now();
    if context.terminal.json {
        let credentials = summary.credentials.iter().map(|own| {
            let error = own.last_error.as_ref().map(|(at, code)| json!({"at": at, "code": code}));
            json!({"credential": own.label, "uses": own.uses, "failures": own.failures, "last_error": error})
        });
        let missing = summary.missing.iter().map(|(label, count)| json!({"asked_for": label, "times": count}));
        let scopes = summary.missing_scopes.iter();
        let scopes =
            scopes.map(|(label, scopes, count)| json!({"credential": label, "scopes": scopes, "times": count}));
        let unusual = summary.unusual.iter().map(|one| {
            let (kind, label, at, words) = told(one);
            json!({"kind": kind, "credential": label, "at": at, "detail": words})
        });
        let object = json!({
            "credentials": credentials.collect::<Vec<_>>(),
            "missing": missing.collect::<Vec<_>>(),
            "missing_scopes": scopes.collect::<Vec<_>>(),
            "unusual": unusual.collect::<Vec<_>>(),
        });
        return context.terminal.data_json(&object).map(|()| 0);
    }
    if summary.credentials.is_empty() && summary.missing.is_empty() {
        context.terminal.say("nothing has been recorded");
        return Ok(0);
    }
    let rows = summary.credentials.iter().map(|own| {
        let error = own.last_error.as_ref();
        let error = error.map_or_else(|| "-".into(), |(at, code)| format!("{code}, {}", when::relative(*at, now)));
        vec![shown(&own.label), own.uses.to_string(), own.failures.to_string(), error]
    });
    let mut text = table::titled(&["CREDENTIAL", "USES", "FAILURES", "LAST ERROR"], rows, &context.terminal);
    let mut line = |words: String| text += &format!("{}\n", context.terminal.fitted(&words, 2));
    for (label, count) in &summary.missing {
        line(format!("not connected, asked for {}: {} ({})", times(*count), shown(label), init_labelled(label)));
    }
    for (label, scopes, count) in &summary.missing_scopes {
        let command = format!("{} --add-scope {}", init_labelled(label), word(&scopes.replace(' ', ",")));
        line(format!("lacked a scope {}: {} ({command})", times(*count), shown(label)));
    }
    for one in &summary.unusual {
        let (_, label, at, words) = told(one);
        line(format!("unusual, {}: {}: {}", when::local(at, now), shown(label), shown(&words)));
    }
    context.terminal.data(&text)?;
    Ok(0)
}

fn times(count: usize) -> String {
    if count == 1 { "once".into() } else { format!("{count} times") }
}

/// The kind, the credential, the time and the words of something unusual.
fn told(one: &Unusual) -> (&'static str, &str, Timestamp, String) {
    match one {
        Unusual::NewProgram { label, program, at } => {
            ("new_program", label, *at, format!("{program} had never asked before"))
        }
        Unusual::Burst { label, uses, at } => ("burst", label, *at, format!("{uses} uses within a minute")),
        Unusual::OddHour { label, program, at } => {
            ("odd_hour", label, *at, format!("used by {program} at an hour at which it never was before"))
        }
    }
}

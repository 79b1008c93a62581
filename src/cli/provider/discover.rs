//! `provider discover`: how a server stands to the standards, clause by clause.

use clap::Args;
use serde_json::{Value, json};

use super::told;
use crate::app::{ClauseVerdict, Discovered, Discovery};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, oauth, word};
use crate::cli::terminal::{Terminal, Tone};
use crate::model::text::shown;

/// Find the authorization server of an address, and see how it stands to the standards
///
/// The address is that of a protected resource, such as an MCP server, or of an issuer. RFC 9728, RFC 8414 and OpenID
/// Connect Discovery are asked in this order.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth provider discover https://mcp.example.com/mcp
  oauth provider discover https://login.example.com --write work")]
pub(super) struct DiscoverArgs {
    /// The address
    url: String,
    /// Keep what was found as a provider of this name
    #[arg(long, value_name = "NAME")]
    write: Option<String>,
}

pub(super) fn run(args: &DiscoverArgs, context: &Context) -> Result<u8, Failure> {
    let app = context.app()?;
    let discovery = app.discover(&args.url)?.answered()?;
    if context.terminal.json {
        context.terminal.data_json(&describe(&discovery))?;
    } else {
        context.terminal.data(&report(&discovery, context))?;
    }
    let found = discovery.usable()?;
    if let Some(name) = &args.write {
        let added = app.write_discovered(name, &found)?;
        context.terminal.say(&told(name, &added));
    } else {
        context.terminal.say(&format!("connect it: {}", oauth(format_args!("init {}", word(&found.url)))));
    }
    Ok(0)
}

fn report(discovery: &Discovery, context: &Context) -> String {
    let terminal = &context.terminal;
    let mut text = format!("{}\n", terminal.tint_out(&shown(&discovery.url), Tone::Strong));
    if let Ok(found) = &discovery.found {
        let facts = [
            ("resource", found.resource.as_deref()),
            ("issuer", Some(found.metadata.issuer.as_str())),
            ("authorization", Some(found.metadata.authorization_endpoint.as_str())),
            ("token", Some(found.metadata.token_endpoint.as_str())),
        ];
        for (name, value) in facts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            text.push_str(&format!("  {name:<15}{}\n", shown(value)));
        }
        if !found.scopes.is_empty() {
            let line = format!("  {:<15}{}", "scopes", shown(&found.scopes.to_string()));
            text.push_str(&format!("{}\n", terminal.fitted(&line, 17)));
        }
    }
    text.push('\n');
    for finding in &discovery.findings {
        let mark = match finding.verdict {
            ClauseVerdict::Kept => terminal.tint_out("yes", Tone::Good),
            ClauseVerdict::Absent => terminal.tint_out("-  ", Tone::Faint),
            ClauseVerdict::Broken => terminal.tint_out("NO ", Tone::Bad),
        };
        text.push_str(&format!("  {mark}  {}\n", clause(finding.clause, &finding.what, terminal).trim_start()));
    }
    text
}

/// A clause and what was seen beside it; below it, where an address is too long for that.
fn clause(clause: &str, what: &str, terminal: &Terminal) -> String {
    let beside = terminal.fitted(&format!("       {clause:<17} {what}"), 25);
    let mut rest = beside.lines().skip(1);
    if rest.all(|line| line.starts_with(&" ".repeat(25))) {
        return beside;
    }
    format!("       {clause}\n{}", terminal.fitted(&format!("       {what}"), 7))
}

fn describe(discovery: &Discovery) -> Value {
    let findings: Vec<_> = discovery
        .findings
        .iter()
        .map(|finding| {
            let verdict = match finding.verdict {
                ClauseVerdict::Kept => "kept",
                ClauseVerdict::Absent => "absent",
                ClauseVerdict::Broken => "broken",
            };
            json!({"clause": finding.clause, "verdict": verdict, "what": finding.what})
        })
        .collect();
    let found = discovery.found.as_ref().ok();
    json!({
        "url": discovery.url,
        "resource": found.and_then(|found| found.resource.clone()),
        "issuer": found.map(|found| found.metadata.issuer.clone()),
        "scopes": found.map(|found| found.scopes.iter().map(str::to_owned).collect::<Vec<_>>()),
        "findings": findings,
        "entry": found.map(Discovered::entry),
    })
}

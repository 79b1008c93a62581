//! `provider check`: hold entries to their form, and to what the server says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use serde_json::json;

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::{pairs, parse_pair};
use crate::model::text::shown;

/// Hold an entry to its form, or to the server's own metadata
///
/// Every mistake is named with its file, line and key.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Names or files [default: all of your own, and all that are built in]
    #[arg(value_name = "NAME|FILE")]
    what: Vec<String>,
    /// Compare the endpoints with those that the issuer's metadata names
    #[arg(long, requires = "what")]
    live: bool,
    /// A template variable of the provider, for --live (repeatable)
    #[arg(long, value_name = "VAR=VALUE", value_parser = parse_pair, requires = "live")]
    set: Vec<(String, String)>,
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> Result<u8, Failure> {
    let variables = pairs(args.set.clone())?;
    let what = if args.what.is_empty() { context.registry()?.names()? } else { args.what.clone() };
    let mut exit = 0;
    let mut found = Vec::new();
    for name in &what {
        let checked = check(name, args.live, &variables, context);
        if let ([_], Err(_)) = (args.what.as_slice(), &checked) {
            return checked.map(|()| 0);
        }
        let mistakes = checked.err().map(|failure| {
            exit = exit.max(failure.exit);
            if failure.causes.is_empty() { vec![failure.message] } else { failure.causes }
        });
        found.push((name, mistakes.unwrap_or_default()));
    }
    if context.terminal.json {
        let object = |(name, mistakes): &(&String, Vec<String>)| json!({"provider": name, "ok": mistakes.is_empty(), "mistakes": mistakes});
        return context.terminal.data_json_array(found.iter().map(object)).map(|()| exit);
    }
    for (name, mistakes) in &found {
        if mistakes.is_empty() {
            context.terminal.data_line(&format!("{}  ok", shown(name)))?;
        }
        for mistake in mistakes {
            context.terminal.data_line(mistake)?;
        }
    }
    Ok(exit)
}

fn check(name: &str, live: bool, variables: &BTreeMap<String, String>, context: &Context) -> Result<(), Failure> {
    let registry = context.registry()?;
    let file = name.contains(['/', '\\']) || Path::new(name).extension().is_some_and(|kind| kind == "toml");
    if file && matches!(Path::new(name).try_exists(), Ok(false)) {
        return Err(Failure::usage(format!("{}: there is no such file", shown(name))));
    }
    let provider = if file { registry.read_file(Path::new(name))? } else { registry.find(name)? };
    if live {
        let differences = context.app()?.compare_provider(&provider, variables)?;
        if !differences.is_empty() {
            let lines = differences.iter().map(|(key, own, server)| {
                format!("`{key}`: the entry has {}, the server says {}", shown(own), shown(server))
            });
            let failure = Failure::set_up(format!("{} is not what its server says", provider.id));
            return Err(lines.fold(failure, Failure::because));
        }
    }
    Ok(())
}

//! Which names a line could go on with: what is connected, and where something new is begun, what is known.
//!
//! The command tree itself says what stands at the cursor. No key is needed.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Arg, ArgMatches, Command};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::tree;
use crate::app::App;
use crate::model::Credential;

/// Commands that take any provider that is known, and not only one that is connected.
const BEGINS: [&str; 6] = ["init", "import", "client set", "provider show", "provider check", "provider remove"];

/// The names that the last of these words could become.
pub(super) fn names(words: &[OsString], context: &Context) -> Result<Vec<String>, Failure> {
    let Some((current, before)) = words.split_last() else { return Ok(vec![]) };
    let current = current.to_string_lossy();
    if current.starts_with('-') || before.iter().any(|word| word == "--") {
        return Ok(vec![]);
    }
    let mut root = tree().ignore_errors(true).disable_help_flag(true).disable_version_flag(true);
    root.build();
    let line = std::iter::once("oauth".into()).chain(before.iter().cloned());
    let Ok(found) = root.clone().try_get_matches_from(line) else { return Ok(vec![]) };
    let (path, command, given) = innermost(&root, &found);
    let last = before.last().map(|word| word.to_string_lossy()).unwrap_or_default();
    let Some(wanted) = option_before(command, &last).or_else(|| next_positional(command, given)) else {
        return Ok(vec![]);
    };
    let mut app = context.app()?;
    if let Ok(Some(tenant)) = given.try_get_one::<String>("tenant") {
        app.tenant.clone_from(tenant);
    }
    let kind = kind_of(&path, wanted.get_id().as_str(), given);
    let all = of(&kind, given, &current, &app, context)?;
    Ok(all.into_iter().filter(|name| name.starts_with(&*current) && !name.contains(char::is_control)).collect())
}

/// The command that the line has come to, by its words, and what it was given.
fn innermost<'a>(root: &'a Command, found: &'a ArgMatches) -> (String, &'a Command, &'a ArgMatches) {
    let (mut path, mut command, mut given) = (vec![], root, found);
    while let Some((name, inner)) = given.subcommand() {
        let Some(next) = command.find_subcommand(name) else { break };
        path.push(name);
        (command, given) = (next, inner);
    }
    (path.join(" "), command, given)
}

/// What a name is one of.
enum Named {
    Connected,
    Known,
    WithClient,
    Account,
    Tenant,
    Nothing,
}

/// Of an argument of a command.
fn kind_of(path: &str, argument: &str, given: &ArgMatches) -> Named {
    match argument {
        "tenant" => Named::Tenant,
        "name" | "from" if path.starts_with("tenant ") => Named::Tenant,
        "provider" | "name" if BEGINS.contains(&path) => Named::Known,
        "provider" if path.starts_with("client ") => Named::WithClient,
        "provider" | "providers" => Named::Connected,
        "words" if path == "request" && !is_given(given, "words") => Named::Connected,
        "account" => Named::Account,
        _ => Named::Nothing,
    }
}

/// The option whose value is typed.
fn option_before<'a>(command: &'a Command, last: &str) -> Option<&'a Arg> {
    let name = last.strip_prefix("--")?;
    let is_called = |own: &&Arg| {
        own.get_long() == Some(name) || own.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    };
    command.get_arguments().find(is_called).filter(|own| own.get_action().takes_values())
}

/// The first argument that was not given yet.
fn next_positional<'a>(command: &'a Command, given: &ArgMatches) -> Option<&'a Arg> {
    let is_open = |own: &&Arg| {
        let many = own.get_num_args().is_some_and(|range| range.max_values() > 1);
        many || !is_given(given, own.get_id().as_str())
    };
    command.get_positionals().find(is_open)
}

fn is_given(given: &ArgMatches, argument: &str) -> bool {
    given.try_contains_id(argument).unwrap_or(false)
}

fn of(
    kind: &Named,
    given: &ArgMatches,
    current: &str,
    app: &App,
    context: &Context,
) -> Result<BTreeSet<String>, Failure> {
    let connected = || app.list(false).map(|(all, _)| all);
    let whole = |own: Credential| format!("{}@{}", own.provider, own.account);
    Ok(match kind {
        Named::Connected | Named::Known if current.contains('@') => connected()?.into_iter().map(whole).collect(),
        Named::Connected => connected()?.into_iter().map(|own| own.provider).collect(),
        Named::Known => {
            let own = connected()?.into_iter().map(|own| own.provider);
            context.registry()?.names()?.into_iter().chain(own).collect()
        }
        Named::WithClient => app.clients(None)?.into_iter().map(|client| client.provider).collect(),
        Named::Account => {
            let Ok(Some(provider)) = given.try_get_one::<String>("provider") else { return Ok(BTreeSet::new()) };
            let of_it = |own: &Credential| own.provider.eq_ignore_ascii_case(provider);
            connected()?.into_iter().filter(of_it).map(|own| own.account).collect()
        }
        Named::Tenant => app.tenants()?.into_iter().map(|tenant| tenant.name).collect(),
        Named::Nothing => BTreeSet::new(),
    })
}

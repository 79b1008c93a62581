mod check;
mod discover;
mod markdown;
mod show;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::columns;
use super::context::Context;
use super::failure::{Failure, gravest, oauth};
use super::terminal::Tone;
use super::{pairs, parse_pair};
use crate::app::{Added, NewProvider, Provider};
use crate::model::text::shown;
use crate::model::{ClientAuthentication, Scopes};

/// The providers that are known, and your own
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth provider list
  oauth provider list mail
  oauth provider show google
  oauth provider add work --issuer https://as.example.com --scope openid,email
  oauth provider check work.toml
  oauth provider check work --live")]
pub(in crate::cli) struct ProviderArgs {
    #[command(subcommand)]
    command: ProviderCommand,
}

#[derive(Debug, Subcommand)]
enum ProviderCommand {
    /// Show every provider, or those that some words are about
    List {
        /// Words to look for in names, aliases and categories
        words: Vec<String>,
        /// Print the page that `docs/providers.md` holds
        #[arg(long, hide = true)]
        markdown: bool,
    },
    /// Show one: endpoints, scopes, how to register, what is unusual
    Show {
        /// Its name or alias
        name: String,
    },
    Add(Box<AddArgs>),
    Check(check::CheckArgs),
    Discover(discover::DiscoverArgs),
    /// Delete one of your own
    Remove {
        /// Its name
        name: String,
    },
}

/// Add a provider of your own, by its issuer or by its endpoints
#[derive(Debug, Args)]
struct AddArgs {
    /// The name to give it: a-z, 0-9, `.`, `_`, `-`
    name: String,
    /// Take the entry from this file (the form stands in docs/adding-a-provider.md)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["issuer", "authorization_endpoint", "token_endpoint"])]
    file: Option<PathBuf>,
    /// Read the endpoints from the metadata of this issuer (RFC 8414, OpenID Connect Discovery)
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Where the browser is sent
    #[arg(long, value_name = "URL")]
    authorization_endpoint: Option<String>,
    /// Where codes and refresh tokens are exchanged
    #[arg(long, value_name = "URL")]
    token_endpoint: Option<String>,
    /// Where the account's name is asked, and a token is tested
    #[arg(long, value_name = "URL")]
    userinfo_endpoint: Option<String>,
    /// Where tokens are revoked (RFC 7009)
    #[arg(long, value_name = "URL")]
    revocation_endpoint: Option<String>,
    /// Where a device flow begins (RFC 8628)
    #[arg(long, value_name = "URL")]
    device_authorization_endpoint: Option<String>,
    /// Where a token is tested when there is no userinfo endpoint (RFC 7662)
    #[arg(long, value_name = "URL")]
    introspection_endpoint: Option<String>,
    /// How a client with a secret authenticates
    #[arg(long, value_name = "METHOD")]
    token_endpoint_auth_method: Option<AuthMethod>,
    /// Scopes that every login asks for, such as those that name the account
    #[arg(long, short, visible_alias = "scopes", visible_alias = "identity-scope", value_name = "SCOPES")]
    scope: Vec<String>,
    /// A host that tokens may be sent to (repeatable)
    #[arg(long, value_name = "HOST")]
    api_host: Vec<String>,
    /// A harmless request for `test --capabilities`, such as 'list repositories=GET /user/repos' (repeatable)
    #[arg(long, value_name = "NAME=REQUEST", value_parser = parse_pair)]
    capability: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    TlsClientAuth,
    SelfSignedTlsClientAuth,
}

pub(in crate::cli) fn run(args: ProviderArgs, context: &Context) -> Result<u8, Failure> {
    match args.command {
        ProviderCommand::List { words, markdown } => list(&words, markdown, context),
        ProviderCommand::Show { name } => show::run(&context.registry()?.find(&name)?, context),
        ProviderCommand::Add(args) => add(*args, context),
        ProviderCommand::Discover(args) => discover::run(&args, context),
        ProviderCommand::Remove { name } => {
            context.registry()?.remove(&name)?;
            context.terminal.say(&format!("removed {name}; what is connected there stays connected"));
            if context.terminal.json {
                context.terminal.data_json(&json!({"id": name, "removed": true}))?;
            }
            Ok(0)
        }
        ProviderCommand::Check(args) => check::run(&args, context),
    }
}

fn list(words: &[String], markdown: bool, context: &Context) -> Result<u8, Failure> {
    let registry = context.registry()?;
    let (mut all, broken) = registry.readable()?;
    let broken: Vec<_> = broken.into_iter().map(Failure::from).collect();
    for failure in &broken {
        context.terminal.warn(&failure.summary());
    }
    let exit = gravest(&broken.iter().map(|failure| failure.exit).collect::<Vec<_>>());
    all.retain(|provider| words.iter().all(|word| is_about(provider, &word.to_lowercase())));
    for (path, why) in registry.unread()? {
        context.terminal.warn(&format!("{} is not read: {why}", shown(&path.display().to_string())));
    }
    if markdown {
        return context.terminal.data(&markdown::page(&all)).map(|()| exit);
    }
    if context.terminal.json {
        return context.terminal.data_json_array(all.iter().map(describe)).map(|()| exit);
    }
    if all.is_empty() {
        context
            .terminal
            .note("no provider has such a name; add a server of your own: oauth provider add NAME --issuer URL");
    }
    let widest = all.iter().map(|provider| provider.id.len()).max().unwrap_or(0);
    for (category, providers) in by_category(&all) {
        context.terminal.data_line(&context.terminal.tint_out(&shown(category), Tone::Strong))?;
        for provider in providers {
            context.terminal.data_line(line(provider, widest, context).trim_end())?;
        }
    }
    Ok(exit)
}

fn line(provider: &Provider, widest: usize, context: &Context) -> String {
    let whose = if provider.built_in { "" } else { "  (yours)" };
    let line = format!("  {:<widest$}  {}{whose}", provider.id, shown(&provider.entry.name));
    let room = context.terminal.width().map_or(usize::MAX, usize::from);
    let mut aliases = String::new();
    // As many as there is room for; `provider show` has them all.
    for alias in provider.entry.aliases.iter().take(3) {
        let next = format!("{}{alias}", if aliases.is_empty() { "  also " } else { ", " });
        if columns::width(&line) + columns::width(&aliases) + columns::width(&next) > room {
            break;
        }
        aliases += &next;
    }
    if aliases.is_empty() { line } else { line + &context.terminal.tint_out(&aliases, Tone::Faint) }
}

/// Whether a word stands in its name, an alias, its category or a scope's meaning.
fn is_about(provider: &Provider, word: &str) -> bool {
    let entry = &provider.entry;
    let mut places = entry.aliases.iter().chain(&entry.category).chain([&provider.id, &entry.name]);
    places.any(|place| place.to_lowercase().contains(word))
}

/// The providers of each category, both in the order of the alphabet.
fn by_category(all: &[Provider]) -> BTreeMap<&str, Vec<&Provider>> {
    let mut groups: BTreeMap<&str, Vec<&Provider>> = BTreeMap::new();
    for provider in all {
        groups.entry(provider.entry.category.as_deref().unwrap_or("other")).or_default().push(provider);
    }
    groups
}

fn describe(provider: &Provider) -> Value {
    let mut object = serde_json::to_value(&provider.entry).unwrap_or_else(|_| json!({}));
    object["id"] = provider.id.clone().into();
    object["built_in"] = provider.built_in.into();
    object
}

fn add(args: AddArgs, context: &Context) -> Result<u8, Failure> {
    let new = NewProvider {
        name: args.name.clone(),
        issuer: args.issuer,
        authorization_endpoint: args.authorization_endpoint,
        token_endpoint: args.token_endpoint,
        userinfo_endpoint: args.userinfo_endpoint,
        revocation_endpoint: args.revocation_endpoint,
        device_authorization_endpoint: args.device_authorization_endpoint,
        introspection_endpoint: args.introspection_endpoint,
        token_endpoint_auth_method: args.token_endpoint_auth_method.map(|method| match method {
            AuthMethod::ClientSecretBasic => ClientAuthentication::ClientSecretBasic,
            AuthMethod::ClientSecretPost => ClientAuthentication::ClientSecretPost,
            AuthMethod::TlsClientAuth => ClientAuthentication::TlsClientAuth,
            AuthMethod::SelfSignedTlsClientAuth => ClientAuthentication::SelfSignedTlsClientAuth,
        }),
        identity_scopes: Scopes::parse(&args.scope.join(" ")),
        api_hosts: args.api_host,
        capabilities: pairs(args.capability)?,
    };
    let (entry, added) = match &args.file {
        Some(file) => context.registry()?.add_file(&args.name, file)?,
        None => context.app()?.add_provider(&new)?,
    };
    let name = args.name;
    context.terminal.say(&told(&name, &added));
    context.terminal.say(&format!("  authorization  {}", shown(&entry.authorization_endpoint)));
    context.terminal.say(&format!("  token          {}", shown(&entry.token_endpoint)));
    context.terminal.say(&format!("connect an account: {}", oauth(format_args!("init {name} --client-id ID"))));
    if context.terminal.json {
        let mut object = describe(&Provider { id: name, entry, built_in: false });
        if !added.is_new {
            object["unchanged"] = true.into();
        }
        context.terminal.data_json(&object)?;
    }
    Ok(0)
}

/// What came of adding an entry.
fn told(name: &str, added: &Added) -> String {
    let path = added.path.display();
    if added.is_new {
        format!("added {name} in {path}")
    } else {
        format!("{name} is in {path} already, the same; nothing is changed")
    }
}

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::terminal::Tone;
use crate::app::{NewProvider, PortRule, Provider};
use crate::model::text::shown;
use crate::model::{ClientAuthentication, Scopes};

/// The providers that are known, and your own
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth provider list
  oauth provider show google
  oauth provider add work --issuer https://login.example.com --scope openid,email")]
pub(super) struct ProviderArgs {
    #[command(subcommand)]
    command: ProviderCommand,
}

#[derive(Debug, Subcommand)]
enum ProviderCommand {
    /// Show every provider
    List,
    /// Show one: endpoints, scopes, how to register, what is unusual
    Show {
        /// Its name or alias
        name: String,
    },
    Add(Box<AddArgs>),
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum AuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
}

pub(super) fn run(args: ProviderArgs, context: &Context) -> Result<u8, Failure> {
    match args.command {
        ProviderCommand::List => list(context),
        ProviderCommand::Show { name } => show(&context.registry()?.find(&name)?, context),
        ProviderCommand::Add(args) => add(*args, context),
        ProviderCommand::Remove { name } => {
            context.registry()?.remove(&name)?;
            context.terminal.say(&format!("removed {name}; what is connected there stays connected"));
            Ok(0)
        }
    }
}

fn list(context: &Context) -> Result<u8, Failure> {
    let all = context.registry()?.all()?;
    if context.terminal.json {
        return context.terminal.data_json(&Value::Array(all.iter().map(describe).collect())).map(|()| 0);
    }
    let widest = all.iter().map(|provider| provider.id.len()).max().unwrap_or(0);
    for provider in &all {
        let whose = if provider.built_in { "" } else { "  (yours)" };
        let aliases = provider.entry.aliases.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let aliases = if aliases.is_empty() {
            aliases
        } else {
            context.terminal.tint_out(&format!("  also {aliases}"), Tone::Faint)
        };
        let line = format!("{:<widest$}  {}{whose}{aliases}", provider.id, shown(&provider.entry.name));
        context.terminal.data_line(line.trim_end())?;
    }
    Ok(0)
}

fn show(provider: &Provider, context: &Context) -> Result<u8, Failure> {
    if context.terminal.json {
        return context.terminal.data_json(&describe(provider)).map(|()| 0);
    }
    let entry = &provider.entry;
    let terminal = &context.terminal;
    let mut text = format!("{} ({})\n", terminal.tint_out(&shown(&entry.name), Tone::Strong), provider.id);
    let facts = [
        ("issuer", entry.issuer.as_deref()),
        ("authorization", Some(entry.authorization_endpoint.as_str())),
        ("token", Some(entry.token_endpoint.as_str())),
        ("device", entry.device_authorization_endpoint.as_deref()),
        ("userinfo", entry.userinfo_endpoint.as_deref()),
        ("introspection", entry.introspection_endpoint.as_deref()),
        ("revocation", entry.revocation_endpoint.as_deref()),
    ];
    for (name, value) in facts {
        text.push_str(&format!("  {name:<15}{}\n", value.map_or_else(|| "-".into(), shown)));
    }
    text.push_str(&format!("  {:<15}{}\n", "redirect URI", redirect(provider)));
    let scopes = entry.identity_scopes.iter().chain(&entry.offline_scopes).collect::<Scopes>();
    text.push_str(&format!(
        "  {:<15}{}\n",
        "always asked",
        if scopes.is_empty() { "-".into() } else { shown(&scopes.to_string()) }
    ));
    for (name, variable) in &entry.variables {
        let default = variable.default.as_ref().map_or(String::new(), |value| format!(" [default: {}]", shown(value)));
        text.push_str(&format!("  --set {name}=…  {}{default}\n", shown(&variable.about)));
    }
    if let Some(confidence) = entry.confidence.as_ref().filter(|sure| *sure != "high") {
        text.push_str(&format!(
            "  {} its facts are of {} confidence\n",
            terminal.tint_out("note:", Tone::Warning),
            shown(confidence)
        ));
    }
    section(
        &mut text,
        "How to register a client",
        entry.setup.iter().enumerate().map(|(at, step)| format!("{}. {}", at + 1, shown(step))),
    );
    section(&mut text, "", entry.console_url.iter().map(|url| shown(url)));
    section(&mut text, "What is unusual", entry.notes.iter().map(|note| format!("- {}", shown(note))));
    let widest = entry.scopes.keys().map(String::len).max().unwrap_or(0).min(60);
    section(
        &mut text,
        "Scopes",
        entry.scopes.iter().map(|(scope, words)| format!("{:<widest$}  {}", shown(scope), shown(words))),
    );
    section(&mut text, "Sources", entry.sources.iter().map(|source| shown(source)));
    terminal.data(&text)?;
    Ok(0)
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.map(|line| format!("  {line}\n")).collect();
    if lines.is_empty() {
        return;
    }
    if !title.is_empty() {
        text.push_str(&format!("\n{title}\n"));
    }
    text.push_str(&lines.concat());
}

fn redirect(provider: &Provider) -> String {
    let rule = &provider.entry.redirect;
    let port = if rule.port == PortRule::Exact { ":17171" } else { "" };
    let note = if rule.port == PortRule::Exact { "" } else { "  (any port)" };
    format!("http://{}{port}{}{note}", rule.host, rule.path)
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
        }),
        identity_scopes: Scopes::parse(&args.scope.join(" ")),
        api_hosts: args.api_host,
    };
    let (entry, path) = context.app()?.add_provider(&new)?;
    let name = args.name;
    context.terminal.say(&format!("added {name} in {}", path.display()));
    context.terminal.say(&format!("  authorization  {}", shown(&entry.authorization_endpoint)));
    context.terminal.say(&format!("  token          {}", shown(&entry.token_endpoint)));
    context.terminal.say(&format!("connect an account: oauth init {name} --client-id ID"));
    if context.terminal.json {
        context.terminal.data_json(&describe(&Provider { id: name, entry, built_in: false }))?;
    }
    Ok(0)
}

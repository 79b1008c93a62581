use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Failure, oauth};
use super::registration::{self, RegistrationArgs};
use super::{pairs, parse_pair, table};
use crate::app::{AtServer, ClientInfo, GivenClient, NewClient};
use crate::model::text::shown;

/// The client registrations that logins use
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth client set google --client-file client_secret.json
  oauth client set github work --client-id ID --client-secret-stdin < secret.txt
  oauth init github --client work")]
pub(super) struct ClientArgs {
    #[command(subcommand)]
    command: ClientCommand,
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    Set(SetArgs),
    /// Show every registration of the tenant, without secrets
    ///
    /// The one marked with * is the one that is taken when none is named.
    List {
        /// Of this provider only
        provider: Option<String>,
    },
    /// Delete a registration; what is connected with it stays connected
    ///
    /// One that this program made itself is deleted at its server too (RFC 7592), unless a login made with it lives.
    Remove {
        /// The provider
        provider: String,
        /// Its name or client id, where there are several
        name: Option<String>,
        /// Do not ask the server to delete it
        #[arg(long)]
        local: bool,
    },
}

/// Keep a registration, its secret sealed
///
/// It belongs to the server it was made at, and is never sent to another one.
#[derive(Debug, Args)]
struct SetArgs {
    /// The provider
    provider: String,
    /// A name, to tell several of one provider apart
    name: Option<String>,
    #[command(flatten)]
    registration: RegistrationArgs,
    /// A template variable of the provider, such as `host` or `tenant` (repeatable)
    #[arg(long, value_name = "VAR=VALUE", value_parser = parse_pair)]
    set: Vec<(String, String)>,
    /// Take it where no registration is named
    #[arg(long)]
    default: bool,
}

pub(super) fn run(args: ClientArgs, context: &Context) -> Result<u8, Failure> {
    match args.command {
        ClientCommand::Set(args) => set(args, context),
        ClientCommand::List { provider } => list(provider.as_deref(), context),
        ClientCommand::Remove { provider, name, local } => remove(&provider, name.as_deref(), local, context),
    }
}

fn remove(provider: &str, name: Option<&str>, local: bool, context: &Context) -> Result<u8, Failure> {
    let (removed, at_server) = context.app()?.remove_client(provider, name, local)?;
    let terminal = &context.terminal;
    let there = if at_server == AtServer::Deleted { ", here and at its server" } else { "" };
    terminal.say(&format!("removed {} {}{there}", removed.provider, shown(&removed.name)));
    match &at_server {
        AtServer::InUse(user) => terminal.warn(&format!(
            "it stays registered at its server: {} was connected with it, and would end with it",
            shown(user)
        )),
        AtServer::NotAsked => terminal.warn("it stays registered at its server"),
        AtServer::NotOurs | AtServer::Deleted => {}
    }
    if terminal.json {
        let mut object = object(&removed);
        object["unregistered"] = (at_server == AtServer::Deleted).into();
        terminal.data_json(&object)?;
    }
    Ok(0)
}

fn set(args: SetArgs, context: &Context) -> Result<u8, Failure> {
    let given = &args.registration;
    let client = match &given.client_file {
        Some(path) => registration::of_file(path, &args.provider, context)?,
        None => GivenClient { id: given.client_id.clone(), secret: given.secret(context)?, ..GivenClient::default() },
    };
    let new = NewClient {
        provider: args.provider,
        name: args.name,
        client,
        variables: pairs(args.set)?,
        make_default: args.default,
    };
    let app = context.app()?;
    let (kept, former) = app.set_client(new, &mut |source| {
        context.terminal.say(&format!("The master key of your new store lives in {}.", source.words()));
    })?;
    let mark = if kept.default { ", and is the default" } else { "" };
    context.terminal.say(&format!("{} {} is kept{mark}", kept.provider, shown(&kept.name)));
    if let Some(former) = former {
        context.terminal.say(&format!("It was called {} until now.", shown(&former)));
    }
    if context.terminal.json {
        context.terminal.data_json(&object(&kept))?;
    }
    Ok(0)
}

fn list(provider: Option<&str>, context: &Context) -> Result<u8, Failure> {
    let all = context.app()?.clients(provider)?;
    if context.terminal.json {
        return context.terminal.data_json_array(all.iter().map(object)).map(|()| 0);
    }
    if all.is_empty() {
        let set = oauth("client set PROVIDER --client-id ID");
        context.terminal.note(&format!("no registration is kept; to keep one: {set}"));
        return Ok(0);
    }
    let rows = all.iter().map(|client| {
        let variables: Vec<_> = client.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let secret = if client.has_secret { "sealed" } else { "none" };
        let name = format!("{}{}", client.name, if client.default { " *" } else { "" });
        [&client.provider, &name, &client.client_id, secret, &variables.join(" ")].map(shown).to_vec()
    });
    let header = ["PROVIDER", "NAME", "CLIENT ID", "SECRET", "SET"];
    context.terminal.data(&table::titled(&header, rows, &context.terminal)).map(|()| 0)
}

fn object(client: &ClientInfo) -> Value {
    json!({
        "provider": client.provider,
        "name": client.name,
        "client_id": client.client_id,
        "has_secret": client.has_secret,
        "issuer": client.issuer,
        "token_endpoint": client.token_endpoint,
        "variables": client.variables,
        "default": client.default,
        "created_at": client.created_at,
        "updated_at": client.updated_at,
    })
}

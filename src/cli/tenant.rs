use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::{Failure, oauth, oauth_in, option_value};
use super::{helper, revoke, schedule, table};
use crate::model::text::{counted, shown};

/// Name spaces of credentials: list, rename, remove
///
/// A tenant comes into being with its first credential or client registration: `oauth init --tenant NAME …`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth tenant list
  oauth tenant rename default home
  oauth tenant remove customer-a
  oauth tenant remove customer-a --local        here only")]
pub(super) struct TenantArgs {
    #[command(subcommand)]
    command: TenantCommand,
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Show every tenant, and how much is in it
    List,
    /// Give a tenant another name; everything in it is sealed anew
    Rename {
        /// The name it has
        from: String,
        /// The name it gets, which no tenant may have yet
        to: String,
    },
    /// Revoke every credential of a tenant, and delete it with its client registrations
    ///
    /// Each is ended as by `oauth revoke`. Where a provider fails or refuses, that credential stays, and the tenant with it;
    /// where a provider has no way to revoke, the credential is deleted here, and the page is named where you end it.
    Remove {
        /// The tenant
        name: String,
        /// Do not ask the providers: delete here only
        #[arg(long)]
        local: bool,
        /// Do not ask at a terminal; where there is none, nobody is asked
        #[arg(long, short)]
        yes: bool,
    },
}

pub(super) fn run(args: &TenantArgs, context: &Context) -> Result<u8, Failure> {
    match &args.command {
        TenantCommand::List => list(context),
        TenantCommand::Rename { from, to } => rename(from, to, context),
        TenantCommand::Remove { name, local, yes } => remove(name, *local, *yes, context),
    }
}

fn list(context: &Context) -> Result<u8, Failure> {
    let (all, own) = (context.app()?.tenants()?, context.tenant()?);
    if context.terminal.json {
        let objects = all.iter().map(|tenant| {
            json!({"tenant": tenant.name, "credentials": tenant.live, "revoked": tenant.revoked,
                "clients": tenant.clients, "current": tenant.name == own})
        });
        return context.terminal.data_json_array(objects).map(|()| 0);
    }
    if all.is_empty() {
        context.terminal.say(&format!("there is no tenant yet; the first comes with: {}", oauth("init PROVIDER")));
        return Ok(0);
    }
    let rows = all.iter().map(|tenant| {
        let mark = if tenant.name == own { " *" } else { "" };
        let counts = [tenant.live, tenant.revoked, tenant.clients].map(|count| count.to_string());
        [vec![format!("{}{mark}", shown(&tenant.name))], counts.to_vec()].concat()
    });
    let header = ["TENANT", "CREDENTIALS", "REVOKED", "CLIENTS"];
    context.terminal.data(&table::titled(&header, rows, &context.terminal)).map(|()| 0)
}

fn rename(from: &str, to: &str, context: &Context) -> Result<u8, Failure> {
    let credentials = context.app()?.rename_tenant(from, to)?;
    if context.terminal.json {
        context.terminal.data_json(&json!({"from": from, "to": to, "credentials": credentials}))?;
    }
    context.terminal.say(&format!(
        "the tenant {} is {} now, with {}",
        shown(from),
        shown(to),
        counted(credentials, "credential")
    ));
    if from == context.usual_tenant()? {
        context.terminal.say(&format!(
            "commands do not take it by themselves any more: add --tenant{}, or set OAUTH_TENANT, or `tenant` in {}",
            option_value(to),
            shown(&context.paths()?.config.display().to_string())
        ));
    }
    context.terminal.hint(&left_behind(from, to, context));
    Ok(0)
}

/// How what was set up for the old name goes on with the new one.
fn left_behind(from: &str, to: &str, context: &Context) -> Vec<String> {
    let old = shown(from);
    let git = helper::serves_git(from).then(|| {
        let install = oauth_in(to, "helper git --install");
        format!("git still asks in the tenant `{old}`: {install}")
    });
    let timer = schedule::is_scheduled(from, context).then(|| {
        let (remove, again) = (oauth_in(from, "schedule --remove"), oauth_in(to, "schedule"));
        format!(
            "a timer still tests the tenant `{old}`; with --every and --min-valid as they were: {remove} && {again}"
        )
    });
    git.into_iter().chain(timer).collect()
}

fn remove(name: &str, local: bool, yes: bool, context: &Context) -> Result<u8, Failure> {
    let mut app = context.app()?;
    name.clone_into(&mut app.tenant);
    let tenants = app.tenants()?;
    // One that is not there is told of as such.
    if let Some(tenant) = tenants.iter().find(|tenant| !yes && tenant.name == name) {
        let count = counted(usize::try_from(tenant.live).unwrap_or(usize::MAX), "credential");
        context.terminal.confirm(&format!("End {count}, and delete the tenant {}?", shown(name)))?;
    }
    let exit = revoke::tell_all(app.remove_tenant(local)?, context)?;
    if exit == 0 {
        context.terminal.say(&format!("the tenant {} is gone", shown(name)));
    }
    Ok(exit)
}

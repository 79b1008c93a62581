use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::context::Context;
use super::failure::{Failure, oauth, oauth_in, word};
use crate::app::{App, Error, Keeper, KeySource, PROXIES, Schedule, unit_part};
use crate::model::text::shown;
use crate::model::time::parse_with_unit;
use crate::paths::{self, Environment};

/// A timer that refreshes and tests what is connected, and tells in time when a person will be needed
///
/// It runs `oauth test --min-valid` for the tenant, as a timer of systemd or an agent of launchd; each tenant has a timer of
/// its own. The hooks of config.toml and the desktop are told what it finds (`on_reauth`). No secret is written: the master
/// key has to come from the keyring or a file.
///
/// Timers of a user run while that user is logged in. On a machine where nobody is: loginctl enable-linger
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth schedule                       every 6 hours, looking 3 days ahead
  oauth schedule --every 1h --min-valid 7d
  oauth schedule --print               show what would be written
  oauth schedule --remove")]
pub(super) struct ScheduleArgs {
    /// How often
    #[arg(long, value_name = "DURATION", value_parser = parse_with_unit, default_value = "6h")]
    every: Duration,
    /// How far to look ahead
    #[arg(long, value_name = "DURATION", default_value = "3d", value_parser = checked_duration)]
    min_valid: String,
    /// Print the units instead of installing them
    #[arg(long, conflicts_with = "remove")]
    print: bool,
    /// Stop the timer and remove its units
    #[arg(long)]
    remove: bool,
    /// Whose units [default: this system's]
    #[arg(long, value_name = "KEEPER")]
    keeper: Option<KeeperChoice>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeeperChoice {
    Systemd,
    Launchd,
}

/// A duration that is handed on as it was typed.
fn checked_duration(text: &str) -> Result<String, String> {
    parse_with_unit(text).map(|_| text.to_owned())
}

pub(super) fn run(args: &ScheduleArgs, context: &Context) -> Result<u8, Failure> {
    if args.every < Duration::from_secs(60) {
        return Err(Failure::usage("a minute is the shortest time between two looks".into()));
    }
    let schedule = schedule(args, context)?;
    if args.remove {
        return remove(&schedule, context);
    }
    let files = schedule.files()?;
    if args.print {
        return print(&files, context);
    }
    let refused = schedule.install()?;
    for (path, _) in &files {
        context.terminal.say(&format!("wrote {}", shown(&path.display().to_string())));
    }
    match &refused {
        None => tell_reach(&schedule, context)?,
        Some(words) => {
            context.terminal.warn(&format!("the timer is written and was not started: {}", shown(words)));
            context.terminal.hint(&instead(&schedule));
        }
    }
    if context.terminal.json {
        let paths: Vec<_> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        context.terminal.data_json(&json!({"files": paths, "started": refused.is_none()}))?;
    }
    Ok(u8::from(refused.is_some()))
}

/// What may run it where the timer's keeper does not.
fn instead(schedule: &Schedule) -> Vec<String> {
    if schedule.keeper != Keeper::Systemd {
        return vec![];
    }
    let line = schedule.cron_line(&|text| word(text));
    vec![
        format!("where cron runs instead: (crontab -l; printf '%s\\n' {}) | crontab -", word(&line)),
        format!("to take the units away again: {}", oauth("schedule --remove")),
    ]
}

/// What a timer does not look at, and when it does not run.
fn tell_reach(schedule: &Schedule, context: &Context) -> Result<(), Failure> {
    let app = context.app()?;
    let others: Vec<_> =
        app.tenants()?.into_iter().map(|tenant| tenant.name).filter(|name| *name != app.tenant).collect();
    context.terminal.say(&format!("it tests what is connected in the tenant `{}`", shown(&app.tenant)));
    if let Some(other) = others.first() {
        let command = oauth_in(other, "schedule");
        context.terminal.say(&format!("  another tenant has a timer of its own: {command}"));
    }
    if schedule.keeper == Keeper::Systemd {
        context.terminal.say("  it runs while you are logged in; on a machine where nobody is: loginctl enable-linger");
    }
    Ok(())
}

/// The place of the master key, where a timer cannot take it from: what is set in a shell only, or typed by a person.
fn out_of_reach(app: &App) -> Result<Option<KeySource>, Failure> {
    let place = match app.given_place() {
        // The timer is given the file's name. A pipe of the shell's ends with this command.
        Some(KeySource::File(path)) => {
            let is_pipe = path.metadata().is_ok_and(|found| !found.is_file());
            return Ok(is_pipe.then_some(KeySource::File(path)));
        }
        given => app.key_place()?.or(given),
    };
    Ok(place.filter(|place| !matches!(place, KeySource::Keyring | KeySource::File(_))))
}

fn print(files: &[(PathBuf, String)], context: &Context) -> Result<u8, Failure> {
    if context.terminal.json {
        let all = files.iter().map(|(path, text)| json!({"file": path.display().to_string(), "text": text}));
        return context.terminal.data_json_array(all).map(|()| 0);
    }
    for (path, text) in files {
        context.terminal.data(&format!("# {}\n{text}\n", path.display()))?;
    }
    Ok(0)
}

fn remove(schedule: &Schedule, context: &Context) -> Result<u8, Failure> {
    let found = schedule.remove()?;
    context.terminal.say(if found { "the timer is gone" } else { "there was no timer" });
    if context.terminal.json {
        context.terminal.data_json(&json!({"removed": found}))?;
    }
    Ok(0)
}

/// Whether there is a timer of this system's for a tenant.
pub(super) fn is_scheduled(tenant: &str, context: &Context) -> bool {
    let Some(keeper) = usual_keeper() else { return false };
    let end = if keeper == Keeper::Launchd { "plist" } else { "timer" };
    let timer = format!("{}.{end}", units_name(keeper, tenant));
    directory(keeper, &context.environment).is_some_and(|directory| directory.join(timer).exists())
}

/// Who keeps timers on this system.
fn usual_keeper() -> Option<Keeper> {
    let keeper = if cfg!(target_os = "macos") { Keeper::Launchd } else { Keeper::Systemd };
    (!cfg!(windows)).then_some(keeper)
}

fn units_name(keeper: Keeper, tenant: &str) -> String {
    let name = if keeper == Keeper::Launchd { "org.oauth-cli.test" } else { "oauth-test" };
    if tenant == "default" { name.to_owned() } else { format!("{name}-{}", unit_part(tenant)) }
}

/// Where this user's units lie.
fn directory(keeper: Keeper, environment: &Environment) -> Option<PathBuf> {
    match keeper {
        Keeper::Systemd => environment.in_config("systemd/user"),
        Keeper::Launchd => environment.in_home("Library/LaunchAgents"),
    }
}

fn schedule(args: &ScheduleArgs, context: &Context) -> Result<Schedule, Failure> {
    let keeper = match args.keeper {
        Some(KeeperChoice::Systemd) => Some(Keeper::Systemd),
        Some(KeeperChoice::Launchd) => Some(Keeper::Launchd),
        None => usual_keeper(),
    };
    let keeper = keeper.ok_or_else(|| Failure::usage("there is no timer for this system; see --print".into()))?;
    if !args.remove
        && let Some(place) = out_of_reach(&context.app()?)?
    {
        return Err(Failure::key_beyond_timers(&place));
    }
    let environment = &context.environment;
    // A proxy's user name and password stand before an `@`, and a unit is no place for them.
    let is_secret = |name: &&str| environment.get(name).is_some_and(|proxy| proxy.contains('@'));
    if let Some(name) = PROXIES.into_iter().find(is_secret).filter(|_| !args.remove) {
        return Err(Failure::usage(format!(
            "{name} holds a user name or password, which would stand in the unit; set it up where your timers get their \
             environment, and run: env -u {name} {}",
            oauth("schedule")
        )));
    }
    let directory =
        directory(keeper, environment).ok_or_else(|| Failure::set_up("the home directory is not known".into()))?;
    let tenant = context.tenant()?;
    let own = |name: &str| environment.get(name).map(|value| (name.to_owned(), value.to_owned()));
    // A timer runs in another directory.
    let file = |name: &str| {
        let path = std::path::absolute(environment.get(name)?).ok()?;
        Some((name.to_owned(), path.display().to_string()))
    };
    let home = own("OAUTH_HOME");
    // Without it, the store lies where these say.
    let places = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"].into_iter().filter(|_| home.is_none());
    let proxies = PROXIES.into_iter().chain(["NO_PROXY", "no_proxy"]);
    Ok(Schedule {
        keeper,
        name: units_name(keeper, &tenant),
        program: paths::program()
            .map_err(|error| Error::Usage(format!("this program does not find itself: {error}")))?,
        arguments: ["test", "--all", "--quiet", "--no-input", "--tenant", &tenant, "--min-valid", &args.min_valid]
            .map(str::to_owned)
            .to_vec(),
        environment: places
            .chain(proxies)
            .map(own)
            .chain([home.clone(), file("OAUTH_MASTER_KEY_FILE"), file("SSL_CERT_FILE")])
            .flatten()
            .collect(),
        every: args.every,
        directory,
    })
}

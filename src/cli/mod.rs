//! Words and pictures: one file a command. The only room that prints, and the only one that knows commands.

mod audit;
mod capabilities;
mod client;
mod columns;
mod completions;
mod context;
mod credential;
mod default;
mod demo;
mod doctor;
mod exec;
mod export;
mod failure;
mod helper;
mod hidden;
mod hooks;
mod import;
mod init;
mod key;
mod large;
mod list;
mod man;
mod panic;
mod person;
mod provider;
mod registration;
mod request;
mod restore;
mod revoke;
mod schedule;
mod table;
mod tenant;
mod terminal;
mod test;
mod token;
mod when;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::app::{self, WORKER};
use crate::model::Timestamp;
use crate::model::text::shown;
use crate::paths::Environment;
use context::Context;
use failure::{Failure, know_command};
use terminal::Terminal;

/// Connect an account once in your browser; every script on this machine then gets a token that is valid now.
///
/// Tokens lie in a local database, each sealed under a master key that lives in the operating system's keyring. There
/// is no daemon, no cloud service and no plain-text fallback.
#[derive(Debug, Parser)]
#[command(name = "oauth", version, max_term_width = 100, arg_required_else_help = true, after_help = EXAMPLES, after_long_help = LONG)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What `-h` ends with; `--help` and the manual page say more.
const EXAMPLES: &str = concat!("Examples:\n", include_str!("help/examples.txt"));
const LONG: &str = concat!(
    "Examples:\n",
    include_str!("help/examples.txt"),
    "\nExit codes:\n",
    include_str!("help/exit-codes.txt"),
    "\nEnvironment:\n",
    include_str!("help/environment.txt"),
    "\nConfiguration:\n",
    include_str!("help/configuration.txt")
);

/// Options of every command.
#[derive(Debug, Default, Args)]
struct Global {
    /// Print data and errors as JSON
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
    /// The name space of credentials to work in [default: default, or OAUTH_TENANT]
    #[arg(long, global = true, value_name = "NAME", visible_alias = "tenant-id", help_heading = "Global options")]
    tenant: Option<String>,
    /// Say nothing but errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Say more
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = "Global options")]
    verbose: u8,
    /// When to use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    color: ColorChoice,
    /// Never ask a question
    #[arg(long, global = true, help_heading = "Global options")]
    no_input: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(Box<init::InitArgs>),
    List(list::ListArgs),
    Default(default::DefaultArgs),
    Token(token::TokenArgs),
    Test(test::TestArgs),
    Revoke(revoke::RevokeArgs),
    Request(Box<request::RequestArgs>),
    Exec(exec::ExecArgs),
    Helper(helper::HelperArgs),
    Import(import::ImportArgs),
    Provider(provider::ProviderArgs),
    Audit(audit::AuditArgs),
    Client(client::ClientArgs),
    Key(key::KeyArgs),
    Tenant(tenant::TenantArgs),
    Doctor(doctor::DoctorArgs),
    Panic(panic::PanicArgs),
    Schedule(schedule::ScheduleArgs),
    Export(export::ExportArgs),
    Demo(demo::DemoArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// `oauth token …` alone. It stands in other people's loops, and the tree of all commands costs more than the token.
#[derive(Debug, Parser)]
struct TokenLine {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    args: token::TokenArgs,
}

/// The arguments as a line that asks for a token. What is not understood is left to the whole tree, which words errors
/// and help.
fn token_line(arguments: &[OsString]) -> Option<Cli> {
    let line = arguments.get(1..).filter(|words| words.first().is_some_and(|word| word == "token"))?;
    let TokenLine { global, args } = plain_token_line(line).or_else(|| TokenLine::try_parse_from(line).ok())?;
    Some(Cli { global, command: Command::Token(args) })
}

/// The same for a line without options. Most are, and need no parser, which costs a tenth of the whole.
fn plain_token_line(line: &[OsString]) -> Option<TokenLine> {
    let plain = |word: &OsString| word.to_str().filter(|word| !word.starts_with('-')).map(str::to_owned);
    let mut words: Vec<_> = line.iter().skip(1).map(plain).collect::<Option<_>>()?;
    let account = if words.len() == 2 { words.pop() } else { None };
    let provider = words.pop().filter(|_| words.is_empty())?;
    Some(TokenLine { global: Global::default(), args: token::TokenArgs::plain(provider, account) })
}

/// Runs the program with these arguments, the first of which is its own name.
///
/// To be called once, at the start of `main`, before any other thread exists: it takes secrets out of the process's
/// environment.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let core_limit = keep_out_of_core_dumps();
    let environment = Environment::take();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|word| word == WORKER) {
        app::work(std::io::stdin(), std::io::stderr(), Timestamp::now);
        return ExitCode::SUCCESS;
    }
    let arguments = as_helper(arguments);
    let cli = match token_line(&arguments).map_or_else(|| Cli::try_parse_from(&arguments), Ok) {
        Ok(cli) => cli,
        Err(error) => {
            return failure::of_arguments(
                &failure::with_tip(error, &arguments),
                arguments.iter().any(|argument| argument == "--json"),
            );
        }
    };
    let context = Context::new(environment, &cli.global, core_limit);
    let code = match dispatch(cli.command, &context) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let odd = app::unusable_proxy(|name| context.environment.secret(name).cloned());
            context.terminal.report(&odd.into_iter().fold(failure, Failure::without_proxy))
        }
    };
    hooks::run(&context);
    code
}

/// The arguments of `oauth helper TOOL …` when the program is run under a helper's name.
fn as_helper(arguments: Vec<OsString>) -> Vec<OsString> {
    let program = arguments.first().map(Path::new).and_then(Path::file_stem).and_then(OsStr::to_str);
    let first = arguments.get(1).and_then(|word| word.to_str());
    let Some(tool) = helper::by_name(program.unwrap_or_default(), first) else { return arguments };
    let rest = arguments.into_iter().skip(1).filter(|word| word != helper::CARGO_MARK);
    ["oauth", "helper", tool].into_iter().map(OsString::from).chain(rest).collect()
}

/// Keys and tokens in memory shall not be written to a core file, nor be read by a debugger of the same user. Gives the
/// limit that was there before, for commands that are not ours.
fn keep_out_of_core_dumps() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Best effort, as below: what fails here leaves the machine's own rules in place.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let before = getrlimit(Resource::Core);
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..before });
        before.current
    }
    #[cfg(not(unix))]
    None
}

fn dispatch(command: Command, context: &Context) -> Result<u8, Failure> {
    match &command {
        Command::Token(_) => know_command("token"),
        Command::Test(_) => know_command("test"),
        _ => {}
    }
    match command {
        Command::Init(args) => init::run(*args, context),
        Command::List(args) => list::run(&args, context),
        Command::Default(args) => default::run(&args, context),
        Command::Token(args) => token::run(&args, context),
        Command::Test(args) => test::run(&args, context),
        Command::Revoke(args) => revoke::run(&args, context),
        Command::Exec(args) => exec::run(args, context),
        Command::Helper(args) => helper::run(&args, context),
        Command::Import(args) => import::run(args, context),
        Command::Request(args) => request::run(*args, context),
        Command::Provider(args) => provider::run(args, context),
        Command::Audit(args) => audit::run(args, context),
        Command::Client(args) => client::run(args, context),
        Command::Key(args) => key::run(args, context),
        Command::Tenant(args) => tenant::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::Schedule(args) => schedule::run(&args, context),
        Command::Panic(args) => panic::run(&args, context),
        Command::Export(args) => export::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
    }
}

/// `NAME=VALUE` options as a map; a name that is given twice is a mistake.
fn pairs(list: Vec<(String, String)>) -> Result<BTreeMap<String, String>, Failure> {
    let mut map = BTreeMap::new();
    for (name, value) in list {
        if map.insert(name.clone(), value).is_some() {
            return Err(Failure::usage(format!("`{}` is given twice", shown(&name))));
        }
    }
    Ok(map)
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() { Err("write it as NAME=VALUE".into()) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// The whole command tree, for completions and man pages.
fn tree() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_line_is_read_like_by_the_whole_tree() {
        for line in [
            "token github",
            "token github me@example.com",
            "token github me@example.com --format json --min-ttl 5m -q",
            "token github --json --tenant work --offline -vv --color never --no-input",
            "token github --refresh --login --user me --method POST --url https://x.example --nonce -n",
        ] {
            let words: Vec<_> = format!("oauth {line}").split(' ').map(OsString::from).collect();
            let whole = Cli::try_parse_from(&words).unwrap();
            assert_eq!(format!("{:?}", token_line(&words).unwrap()), format!("{whole:?}"), "{line}");
        }
        for line in [
            "token",
            "token --help",
            "token a -h",
            "token a b c",
            "token x --offline --refresh",
            "list",
            "--json token x",
        ] {
            let words: Vec<_> = format!("oauth {line}").split(' ').map(OsString::from).collect();
            assert!(token_line(&words).is_none(), "{line}");
        }
    }

    #[test]
    fn the_command_tree_is_consistent() {
        super::tree().debug_assert();
    }
}

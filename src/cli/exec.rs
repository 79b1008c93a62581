use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::token;
use crate::app::{App, Demand, NotRun, Selector, Task, TokenFile};
use crate::model::text::shown;
use crate::model::time::parse_duration;
use crate::model::{Secret, rules};

/// Run a command with tokens in its environment
///
/// Each token stands in the variable that the provider's tools look for, such as `GITHUB_TOKEN`, and nowhere else. The exit
/// code is the command's, 128+n when signal n ended it; 125 when it was not started, 126 when it cannot be run, 127 when
/// it is not there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth exec github -- gh pr list
  oauth exec github@work gitlab -- ./sync.sh
  oauth exec google --env TOKEN -- \\
    sh -c 'curl -H \"Authorization: Bearer $TOKEN\" https://…'
  oauth exec google --token-file -- ./long-job   $GOOGLE_TOKEN_FILE names a file
                                                 that is kept fresh")]
pub(super) struct ExecArgs {
    /// Whose tokens: PROVIDER or PROVIDER@ACCOUNT
    #[arg(required = true, value_name = "PROVIDER[@ACCOUNT]")]
    providers: Vec<String>,
    /// The variable for the token; for several providers once each, in their order
    #[arg(long, value_name = "NAME", value_parser = parse_variable)]
    env: Vec<String>,
    /// The token also in a file, mode 0600, which is kept fresh while the command runs and removed with it;
    /// the variable `…_FILE` tells where
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = "")]
    token_file: Option<OsString>,
    /// The tokens shall live at least this long at the start (30s, 10m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s", hide_default_value = true)]
    min_ttl: Duration,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) fn run(args: ExecArgs, context: &Context) -> Result<u8, Failure> {
    // The command has exit codes of its own, which ours must not be taken for.
    let not_started = |failure: Failure| Failure { exit: 125, ..failure };
    let app = context.app().map_err(not_started)?;
    let task = task(args, &app, context).map_err(not_started)?;
    context.allow_core_dumps();
    let trouble = |error: &crate::app::Error| {
        let failure = Failure::from_error(error);
        context.terminal.warn(&format!("the token file is not kept fresh: {}", failure.summary()));
    };
    app.run(task, &trouble).map_err(|error| match error {
        NotRun::NotFound(_) => Failure::of_command(&error, "command_not_found", 127),
        NotRun::NotExecutable(..) => Failure::of_command(&error, "not_executable", 126),
        NotRun::Supervision(..) => Failure::of_command(&error, "internal", 125),
    })
}

fn task(args: ExecArgs, app: &App, context: &Context) -> Result<Task, Failure> {
    if !args.env.is_empty() && args.env.len() != args.providers.len() {
        return Err(Failure::usage("give --env once for each provider, in their order".into()));
    }
    if args.providers.len() > 1 && args.token_file.as_ref().is_some_and(|path| !path.is_empty()) {
        return Err(Failure::usage(
            "with several providers, --token-file takes no path: each gets a file of its own".into(),
        ));
    }
    let path = args.token_file.as_ref().map(|path| (!path.is_empty()).then(|| PathBuf::from(path)));
    let mut task = Task { words: args.command, variables: vec![], files: vec![] };
    let (mut names, mut held) = (BTreeSet::new(), vec![]);
    for (at, word) in args.providers.iter().enumerate() {
        let selector = Selector::parse(word, None)?;
        let fallback = context.of_provider("TOKEN", &selector.provider);
        let access = app.token(&selector, Demand { min_ttl: args.min_ttl, ..Demand::default() }, fallback)?;
        token::tell(&access, &selector.provider, context);
        let usual = || token::variable(&selector.provider, access.credential.as_ref());
        let name = args.env.get(at).cloned().map_or_else(usual, Ok)?;
        if !names.insert(name.clone()) {
            return Err(Failure::usage(format!("two tokens would stand in {name}; tell them apart with --env")));
        }
        held.push((name, access));
    }
    let of_token = |name: &&String| name.strip_suffix("_FILE").is_some_and(|start| names.contains(start));
    if let Some(name) = names.iter().find(of_token).filter(|_| path.is_some()) {
        return Err(Failure::usage(format!("a token and the path of a file would both stand in {name}")));
    }
    // Whoever loses patience with a provider that is slow to give its token leaves no other one's in a file.
    for (name, access) in held {
        if let Some(path) = &path {
            let file = TokenFile::create(app, path.clone(), &access)?;
            task.variables.push((format!("{name}_FILE"), Secret::new(file.path().to_string_lossy())));
            task.files.push(file);
        }
        task.variables.push((name, access.token.0));
    }
    Ok(task)
}

fn parse_variable(name: &str) -> Result<String, String> {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !start || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(format!("`{}` is no name of a variable", shown(name)));
    }
    if rules::is_acted_on(name) {
        return Err(format!("a token does not go into {name}, on which programs act"));
    }
    Ok(name.to_owned())
}

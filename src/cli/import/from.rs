//! `import --from`: where each tool keeps its tokens, and the table of what was found.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::credential;
use super::super::failure::{Failure, gravest, oauth, shown_long, word};
use super::super::restore::NOTHING_DONE;
use super::super::table;
use super::{ImportArgs, ToolName};
use crate::app::{App, Candidate, LARGEST_TOOL_FILE, Source, Tool, What};
use crate::model::text::shown;

pub(super) fn run(args: &ImportArgs, context: &Context) -> Result<u8, Failure> {
    let tool = tool(args.from);
    let app = context.app()?;
    let sources = match &args.file {
        Some(path) => vec![given(path)?],
        None => usual(tool, &app, context)?,
    };
    let candidates = app.survey(tool, sources)?;
    if candidates.is_empty() {
        return Err(Failure::nothing_found(tool.name(), tool == Tool::OidcAgent));
    }
    let wanted = candidates.iter().filter(|candidate| reason(candidate, tool).is_none()).count();
    let asks = !args.dry_run && !args.yes && wanted > 0;
    if asks && !context.terminal.can_ask() {
        return Err(Failure::unasked());
    }
    let said = !context.terminal.json;
    if said {
        show(&candidates, tool, context)?;
    }
    if args.dry_run || wanted == 0 {
        if !said {
            context.terminal.data_json_array(candidates.iter().map(|candidate| described(candidate, tool)))?;
        }
        context.terminal.say(if wanted == 0 { "there is nothing to bring in" } else { NOTHING_DONE });
        return Ok(0);
    }
    if asks {
        context.terminal.confirm(&format!("Bring in {wanted}?"))?;
    }
    bring_in(tool, candidates, (args.take_over, args.restore.force), &app, context)
}

fn tool(name: Option<ToolName>) -> Tool {
    match name {
        Some(ToolName::Gh) => Tool::Gh,
        Some(ToolName::Gcloud) => Tool::Gcloud,
        Some(ToolName::Rclone) => Tool::Rclone,
        Some(ToolName::Pizauth) => Tool::Pizauth,
        Some(ToolName::OidcAgent) => Tool::OidcAgent,
        Some(ToolName::Git) => Tool::Git,
        Some(ToolName::Netrc) => Tool::Netrc,
        Some(ToolName::Env) | None => Tool::Env,
    }
}

fn given(path: &Path) -> Result<Source, Failure> {
    if path.as_os_str() != "-" {
        let there = path.try_exists().unwrap_or(false);
        let missing = || Failure::usage(format!("{}: there is no such file", path.display()));
        return there.then(|| Source::File(path.to_owned())).ok_or_else(missing);
    }
    let mut text = String::new();
    let read = std::io::stdin().take(LARGEST_TOOL_FILE + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    Ok(Source::Text(text))
}

/// Where the tools keep them, as their own documents say.
fn usual(tool: Tool, app: &App, context: &Context) -> Result<Vec<Source>, Failure> {
    let own = &context.environment;
    let named = |variable: &str| own.get(variable).map(PathBuf::from);
    let directory = |variable: &str, usual: &str| named(variable).or_else(|| own.in_config(usual));
    let paths = match tool {
        Tool::Gh => vec![directory("GH_CONFIG_DIR", "gh").map(|dir| dir.join("hosts.yml"))],
        Tool::Gcloud => {
            let dir = directory("CLOUDSDK_CONFIG", "gcloud");
            let defaults = dir.as_ref().map(|dir| dir.join("application_default_credentials.json"));
            vec![dir.map(|dir| dir.join("credentials.db")), defaults]
        }
        Tool::Rclone => vec![named("RCLONE_CONFIG").or_else(|| own.in_config("rclone/rclone.conf"))],
        Tool::Pizauth => vec![own.in_config("pizauth.conf")],
        Tool::Git => vec![own.in_home(".git-credentials"), own.in_config("git/credentials")],
        Tool::Netrc => vec![named("NETRC").or_else(|| own.in_home(".netrc"))],
        // Its files are encrypted, and it shows them to a person only.
        Tool::OidcAgent => vec![],
        Tool::Env => {
            let variables = app.token_variables()?.into_iter();
            let value = |(provider, name): (String, String)| {
                own.secret(&name).map(|value| Source::Variable { provider, value: value.clone() })
            };
            return Ok(variables.filter_map(value).collect());
        }
    };
    Ok(paths.into_iter().flatten().map(Source::File).collect())
}

fn show(candidates: &[Candidate], tool: Tool, context: &Context) -> Result<(), Failure> {
    let row = |candidate: &Candidate| {
        let account = candidate.account.as_deref().map_or_else(|| "-".into(), shown);
        vec![shown(&candidate.provider), account, words(candidate, tool)]
    };
    let header = ["PROVIDER", "ACCOUNT", "WHAT"];
    context.terminal.data(&table::titled(&header, candidates.iter().map(row), &context.terminal))
}

fn words(candidate: &Candidate, tool: Tool) -> String {
    match &candidate.what {
        What::Token => "static token".into(),
        What::Login => "login".into(),
        What::Client => "client registration".into(),
        What::Foreign | What::Nothing(_) => {
            format!("not taken: {}", shown_long(&reason(candidate, tool).unwrap_or_default()))
        }
    }
}

/// Why one is not brought in.
fn reason(candidate: &Candidate, tool: Tool) -> Option<String> {
    match &candidate.what {
        What::Foreign => {
            let init = oauth(format_args!("init {}", word(&candidate.provider)));
            Some(format!("it belongs to {}'s own client; connect instead: {init}", tool.name()))
        }
        What::Nothing(why) => Some(why.clone()),
        What::Token | What::Login | What::Client => None,
    }
}

fn described(candidate: &Candidate, tool: Tool) -> Value {
    let kind = match &candidate.what {
        What::Token => Some("token"),
        What::Login => Some("login"),
        What::Client => Some("client"),
        What::Foreign | What::Nothing(_) => None,
    };
    let reason = reason(candidate, tool);
    json!({"provider": candidate.provider, "account": candidate.account, "kind": kind, "reason": reason})
}

/// Each for itself: one failure never hides another.
fn bring_in(
    tool: Tool,
    candidates: Vec<Candidate>,
    (take_over, force): (bool, bool),
    app: &App,
    context: &Context,
) -> Result<u8, Failure> {
    let (mut objects, mut exits) = (Vec::new(), Vec::new());
    for candidate in candidates.into_iter().filter(|candidate| reason(candidate, tool).is_none()) {
        let provider = candidate.provider.clone();
        match app.bring_in_from(tool, candidate, take_over, force) {
            Ok(Some(imported)) => {
                super::tell(&imported, context);
                objects.push(credential::json(&imported.credential, context.now()));
            }
            Ok(None) => {
                let init = oauth(format_args!("init {}", word(&provider)));
                context.terminal.say(&format!("the client of {provider} is kept; connect with: {init}"));
            }
            Err(error) => {
                let failure = Failure::from(error);
                exits.push(failure.exit);
                context.terminal.report(&failure);
            }
        }
    }
    if context.terminal.json {
        context.terminal.data_json_array(objects)?;
    }
    Ok(gravest(&exits))
}

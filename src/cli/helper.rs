use std::io::{self, BufRead, Read};

use clap::{Args, Subcommand};

use super::context::Context;
use super::failure::{Failure, oauth, option_value, usual_tenant};
use crate::app::{App, DockerAnswer, Error, Installed, LONGEST_QUESTION, Selector, Tokens};
use crate::model::text::shown;

/// Give other tools their tokens, in their own protocols
///
/// Each tool asks about a host, and gets the token of the credential that serves it; other hosts get nothing. A refresh
/// token is never given. Run under the names git-credential-oauth-cli, docker-credential-oauth or cargo-credential-oauth
/// (a symbolic link will do), the program is that helper at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth helper git --install      to undo it: --uninstall
  ln -s \"$(command -v oauth)\" ~/.local/bin/docker-credential-oauth
                                  then, in ~/.docker/config.json:
                                  {\"credHelpers\": {\"ghcr.io\": \"oauth\"}}
  kubectl config set-credentials me --exec-command=oauth \\
    --exec-arg=helper --exec-arg=kubectl --exec-arg=google \\
    --exec-api-version=client.authentication.k8s.io/v1 \\
    --exec-interactive-mode=Never")]
pub(super) struct HelperArgs {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// A credential helper of git's (gitcredentials(7))
    Git {
        /// Tell git to use it for the hosts of what is connected
        #[arg(long, conflicts_with = "operation")]
        install: bool,
        /// Undo that: git asks oauth no more
        #[arg(long, conflicts_with_all = ["operation", "install"])]
        uninstall: bool,
        /// What git asks for: get, store, erase; anything else is passed over
        #[arg(required_unless_present_any = ["install", "uninstall"])]
        operation: Option<String>,
    },
    /// A credential helper of docker's: get, list, store, erase
    Docker {
        /// What docker asks for
        operation: DockerOperation,
    },
    /// A credential plugin of kubectl's (`ExecCredential`)
    Kubectl {
        /// The provider, or PROVIDER@ACCOUNT
        provider: String,
        /// The account [default: the provider's default account]
        account: Option<String>,
    },
    /// A credential provider of cargo's
    Cargo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DockerOperation {
    Get,
    List,
    Store,
    Erase,
}

/// What the program is run as when its name, or cargo's mark, says that it is a helper: `helper git` and the rest.
pub(super) fn by_name(program: &str, first: Option<&str>) -> Option<&'static str> {
    match program {
        "git-credential-oauth-cli" => Some("git"),
        "docker-credential-oauth" => Some("docker"),
        "cargo-credential-oauth" => Some("cargo"),
        _ if first == Some(CARGO_MARK) => Some("cargo"),
        _ => None,
    }
}

/// The words by which git asks, behind those that choose a tenant.
const ASKS_GIT: &str = "helper git";

/// cargo runs its providers with this argument alone.
pub(super) const CARGO_MARK: &str = "--cargo-plugin";

pub(super) fn run(args: &HelperArgs, context: &Context) -> Result<u8, Failure> {
    let app = context.app()?;
    let tokens = |provider: &str| context.of_provider("TOKEN", provider);
    match &args.tool {
        Tool::Git { install: true, .. } => install_git(&app, context),
        Tool::Git { uninstall: true, .. } => uninstall_git(context),
        Tool::Git { operation, .. } => git(operation.as_deref().unwrap_or_default(), &app, &tokens, context),
        Tool::Docker { operation } => docker(*operation, &app, &tokens, context),
        Tool::Kubectl { provider, account } => {
            let selector = Selector::parse(provider, account.as_deref())?;
            let info = context.environment.get("KUBERNETES_EXEC_INFO");
            context.terminal.data(app.kubectl(&selector, info, &tokens)?.expose()).map(|()| 0)
        }
        Tool::Cargo => cargo(&app, &tokens, context),
    }
}

fn git(operation: &str, app: &App, tokens: Tokens<'_>, context: &Context) -> Result<u8, Failure> {
    match operation {
        "get" => match app.git_get(&input()?, tokens) {
            Ok(Some(answer)) => context.terminal.data(answer.expose()).map(|()| 0),
            Ok(None) => Ok(0),
            // git goes on to its next helper, or asks the person.
            Err(error @ Error::NotConnected { .. }) => {
                context.terminal.note(&format!("note: {}", Failure::from(error).summary()));
                Ok(0)
            }
            Err(error) => Err(error.into()),
        },
        "erase" => Ok(app.git_erase(&input()?).map(|()| 0)?),
        // What git would keep is somebody's password; an operation of the future is passed over as git asks.
        _ => input().map(|_| 0),
    }
}

fn install_git(app: &App, context: &Context) -> Result<u8, Failure> {
    let program =
        std::env::current_exe().map_err(|error| Failure::internal(format!("this program has no path: {error}")))?;
    // git asks in the home and in the tenant that it was installed for.
    let home = context.environment.get("OAUTH_HOME");
    for Installed { url, instead_of } in app.git_install(&program, home, &git_words(&app.tenant))? {
        let instead = instead_of.map_or_else(String::new, |words| format!(" instead of `oauth {}`", shown(&words)));
        context.terminal.say(&format!(
            "git asks oauth about {url} from now on{instead}, and no other helper (git config --global)"
        ));
    }
    Ok(0)
}

/// The words by which git asks in a tenant, also where another one is the usual tenant of whoever runs git.
fn git_words(tenant: &str) -> String {
    if tenant == "default" && usual_tenant() == "default" {
        return ASKS_GIT.to_owned();
    }
    format!("--tenant{} {ASKS_GIT}", option_value(tenant))
}

/// Whether git was told to ask in this tenant.
pub(super) fn serves_git(tenant: &str) -> bool {
    App::git_asks(&git_words(tenant)) || tenant == "default" && App::git_asks(ASKS_GIT)
}

fn uninstall_git(context: &Context) -> Result<u8, Failure> {
    let urls = App::git_uninstall()?;
    for url in &urls {
        context.terminal.say(&format!("git asks oauth no more about {url} (git config --global)"));
    }
    if urls.is_empty() {
        context.terminal.say("git did not ask oauth (git config --global)");
    }
    Ok(0)
}

fn docker(operation: DockerOperation, app: &App, tokens: Tokens<'_>, context: &Context) -> Result<u8, Failure> {
    match operation {
        DockerOperation::List => context.terminal.data(&app.docker_list()?).map(|()| 0),
        DockerOperation::Get => match app.docker_get(&input()?, tokens) {
            Ok(DockerAnswer::Found(answer)) => context.terminal.data(answer.expose()).map(|()| 0),
            Ok(DockerAnswer::NotFound(words)) => context.terminal.data_line(words).map(|()| 1),
            Err(error) => {
                // docker shows what stands on standard output.
                let failure = Failure::from(error);
                context.terminal.data_line(&failure.summary())?;
                Err(failure)
            }
        },
        DockerOperation::Store => {
            let init = oauth("init PROVIDER");
            let words = format!("oauth keeps no passwords for docker; connect the account with: {init}");
            context.terminal.data_line(&words).map(|()| 1)
        }
        // `docker logout` ends nothing here.
        DockerOperation::Erase => input().map(|_| 0),
    }
}

/// Answers line by line until cargo closes the pipe.
fn cargo(app: &App, tokens: Tokens<'_>, context: &Context) -> Result<u8, Failure> {
    context.terminal.data(App::cargo_hello())?;
    let mut input = io::stdin().lock();
    loop {
        let mut line = String::new();
        let read = one_too_many(&mut input).read_line(&mut line).map_err(|error| unreadable(&error))?;
        if read == 0 {
            return Ok(0);
        }
        if read > LONGEST_QUESTION {
            return Err(Failure::usage("a line of cargo's has no end".into()));
        }
        let talk = app.cargo(&line, tokens);
        context.terminal.data(talk.line.expose())?;
        if let Some(error) = talk.error {
            context.terminal.note(&format!("note: {}", Failure::from(error).summary()));
        }
    }
}

fn input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    one_too_many(io::stdin().lock()).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

/// As much as a question may have, and one byte: a question that was cut here would be believed as it then stands.
fn one_too_many<T: Read>(input: T) -> io::Take<T> {
    input.take(u64::try_from(LONGEST_QUESTION).unwrap_or(u64::MAX).saturating_add(1))
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::usage(format!("standard input cannot be read: {error}"))
}

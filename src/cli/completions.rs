mod names;

use std::ffi::OsString;

use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use super::failure::Failure;
use super::tree;

/// Print the completion script of a shell
///
/// In bash, zsh and fish the script asks this program for the names of what is connected, which needs no key.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  oauth completions bash > ~/.local/share/bash-completion/completions/oauth\n  oauth completions fish > ~/.config/fish/completions/oauth.fish"
)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(required_unless_present = "line")]
    shell: Option<Shell>,
    /// The words of a line after `oauth`, up to the cursor: which names could the last one become?
    #[arg(last = true, hide = true, value_name = "WORD")]
    line: Vec<OsString>,
}

pub(super) fn run(args: &CompletionsArgs, context: &Context) -> Result<u8, Failure> {
    let Some(shell) = args.shell else {
        let names: Vec<_> = names::names(&args.line, context)?.into_iter().map(|name| name + "\n").collect();
        return context.terminal.data(&names.concat()).map(|()| 0);
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree(), "oauth", &mut script);
    let script = String::from_utf8_lossy(&script);
    context.terminal.data(&with_names(&script, shell))?;
    Ok(0)
}

/// The script of the command tree with the part that asks for names; in the other shells it knows words of the tree only.
fn with_names(script: &str, shell: Shell) -> String {
    match shell {
        Shell::Bash => script.replace("complete -F _oauth ", "complete -F _oauth_named ").replacen(
            "_oauth() {",
            &format!("{}\n_oauth() {{", include_str!("completions/names.bash")),
            1,
        ),
        Shell::Zsh => script
            .lines()
            .map(|line| if is_named(line) { line.replace(":_default'", ":_oauth_named'") } else { line.to_owned() } + "\n")
            .collect::<String>()
            .replacen("_oauth() {", &format!("{}\n_oauth() {{", include_str!("completions/names.zsh")), 1),
        Shell::Fish => format!("{script}\n{}", include_str!("completions/names.fish")),
        _ => script.to_owned(),
    }
}

/// Whether a line of zsh's script is about an argument that [`names`] knows.
fn is_named(line: &str) -> bool {
    let words = line.trim_start_matches(['\'', '*', ':', '(', ')']);
    let names = ["provider", "providers", "account", "name", "from", "words"];
    names.iter().any(|name| words.strip_prefix(name).is_some_and(|rest| rest.starts_with(" -- ")))
        || ["--provider=", "--tenant=", "--tenant-id="].iter().any(|option| words.starts_with(option))
}

use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use super::failure::Failure;
use super::tree;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  oauth completions bash > ~/.local/share/bash-completion/completions/oauth\n  oauth completions fish > ~/.config/fish/completions/oauth.fish"
)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, context: &Context) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut tree(), "oauth", &mut script);
    context.terminal.data(&String::from_utf8_lossy(&script))?;
    Ok(0)
}

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::tree;

/// Print the manual page, or write all of them into a directory
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  oauth man | man -l -\n  oauth man --dir ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// Write oauth.1 and a page for each command into this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs, context: &Context) -> Result<u8, Failure> {
    let Some(dir) = &args.dir else {
        context.terminal.data(&page(&tree().disable_help_subcommand(true))?)?;
        return Ok(0);
    };
    std::fs::create_dir_all(dir)
        .map_err(|error| Failure::internal(format!("cannot create {}: {error}", dir.display())))?;
    for (name, text) in pages()? {
        let path = dir.join(name);
        std::fs::write(&path, text)
            .map_err(|error| Failure::internal(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(0)
}

/// Every page with its file name: the program's own, and one for each command and sub-command.
fn pages() -> Result<Vec<(String, String)>, Failure> {
    let mut all = Vec::new();
    let mut tree = tree().disable_help_subcommand(true);
    tree.build();
    collect(&tree, "oauth", &mut all)?;
    Ok(all)
}

fn collect(command: &clap::Command, name: &str, all: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let named = command.clone().name(name.to_owned()).bin_name(name.replace('-', " "));
    all.push((format!("{name}.1"), page(&named)?));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        collect(sub, &format!("{name}-{}", sub.get_name()), all)?;
    }
    Ok(())
}

fn page(command: &clap::Command) -> Result<String, Failure> {
    // What is said after the options is set out in lines and columns, and has headings of its own.
    let after = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
    let plain = command.clone().after_help(None::<&str>).after_long_help(None::<&str>);
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(plain).render(&mut text);
    rendered.map_err(|error| Failure::internal(format!("cannot write the manual page: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned() + &sections(&after.unwrap_or_default()))
}

/// A section for each line that ends with a colon and is not set in, its lines as they are. Other lines are filled.
fn sections(after: &str) -> String {
    let mut text = String::new();
    let mut lines = after.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(heading) = line.strip_suffix(':').filter(|heading| !heading.starts_with(' ')) else {
            text.push_str(&if line.is_empty() { ".PP\n".to_owned() } else { verbatim(line) + "\n" });
            continue;
        };
        text.push_str(&format!(".SH \"{}\"\n.nf\n", verbatim(&heading.to_uppercase())));
        while let Some(line) = lines.next_if(|line| line.starts_with(' ') || line.is_empty()) {
            text.push_str(&(verbatim(line.strip_prefix("  ").unwrap_or(line)) + "\n"));
        }
        text.push_str(".fi\n");
    }
    text
}

/// A line that roff prints as it is.
fn verbatim(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

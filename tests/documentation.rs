//! What is written is true: manual pages and completions are those of the command tree, the README's commands exist.

use std::fs;
use std::path::Path;

use crate::support::demo::{ALICE, DemoServer};
use crate::support::sandbox::Home;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_completions_are_current() {
    let files = [
        ("bash", "oauth.bash"),
        ("zsh", "_oauth"),
        ("fish", "oauth.fish"),
        ("powershell", "_oauth.ps1"),
        ("elvish", "oauth.elv"),
    ];
    for (shell, file) in files {
        let generated = Home::new().oauth(["completions", shell]).run().success().stdout.clone();
        let name = format!("completions/{file}");
        assert!(generated == read(&name), "{name} is out of date: oauth completions {shell} > {name}");
    }
    assert_eq!(fs::read_dir(root().join("completions")).unwrap().count(), files.len());
}

#[test]
fn the_manual_pages_are_current() {
    let home = Home::new();
    let dir = home.path().join("man");
    home.oauth(["man".into(), "--dir".into(), dir.clone().into_os_string()]).run().success();
    let names = |dir: &Path| {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&dir), names(&root().join("man")), "oauth man --dir man");
    for name in names(&dir) {
        let same = fs::read(dir.join(&name)).unwrap() == fs::read(root().join("man").join(&name)).unwrap();
        assert!(same, "man/{} is out of date: oauth man --dir man", name.display());
    }
}

/// In the help these lines are set in by two columns. What is wider is broken there, commands too.
#[test]
fn no_example_is_wider_than_a_terminal_of_80_columns() {
    let mut examples = 0;
    for entry in fs::read_dir(root().join("man")).unwrap() {
        let name = format!("man/{}", entry.unwrap().file_name().to_str().unwrap());
        let page = read(&name);
        for section in page.split("\n.nf\n").skip(1) {
            for line in section.split("\n.fi").next().unwrap_or_default().lines() {
                let shown = line.replace("\\-", "-").replace("\\e", "\\");
                assert!(shown.chars().count() <= 78, "{name}: {shown}");
                examples += 1;
            }
        }
    }
    assert!(examples > 100, "{examples}");
}

/// Lines of the README's code blocks.
fn code_lines() -> Vec<String> {
    let readme = read("README.md");
    let blocks = readme.split("```").skip(1).step_by(2);
    blocks.flat_map(|block| block.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Every call of `oauth` in a line: at its start, after a pipe, or inside `$(…)`.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("oauth ") {
        let starts = at == 0 || line[..at].ends_with("$(") || line[..at].ends_with("| ") || line[..at].ends_with("; ");
        if starts {
            let rest = &line[at + "oauth ".len()..];
            let rest = rest.split([')', '|', '<', '>', '#', '&']).next().unwrap_or_default();
            found.push(rest.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect());
        }
    }
    found
}

#[test]
fn every_command_of_the_readme_exists() {
    let all: Vec<_> = code_lines().iter().flat_map(|line| calls(line)).collect();
    assert!(all.len() >= 8, "the README shows how the program is used: {all:?}");
    for mut words in all {
        // What stands after `--` is another program's.
        words.truncate(words.iter().position(|word| word == "--").unwrap_or(words.len()));
        words.push("--help".into());
        Home::new().oauth(words).run().success();
    }
}

#[test]
fn the_first_minute_of_the_readme_needs_nothing() {
    let lines = code_lines();
    let start = lines.iter().position(|line| line.starts_with("oauth demo --serve")).expect("a server to try");
    let block: Vec<_> = lines[start..].iter().take_while(|line| !line.starts_with("kill")).collect();
    let (server, home) = (DemoServer::start(["--expire", "60"]), Home::new());
    let issuer = block.iter().find_map(|line| Some(line.split_once("--issuer ")?.1.split(' ').next()?.to_owned()));
    let issuer = issuer.expect("the server's address");
    assert!(block[0].contains(issuer.rsplit(':').next().unwrap()), "the port of {issuer}");
    let calls = block[1..].iter().filter(|line| line.starts_with("oauth ")).flat_map(|line| calls(line));
    let mut done = vec![];
    for words in calls {
        let run = home.oauth(words.iter().map(|word| word.replace(&issuer, server.issuer())));
        done.push(words[0].clone());
        let output = if words[0] == "init" { server.sign_in(run, ALICE) } else { run.run() };
        output.success();
    }
    assert_eq!(done, ["provider", "init", "token", "list"]);
}

#[test]
fn the_two_commands_of_the_readme_are_the_ones_that_exist() {
    let lines = code_lines();
    for command in ["cargo run --release -- demo", "tests/run"] {
        assert!(lines.iter().any(|line| line.trim() == command), "{command}");
    }
    assert!(root().join("tests/run").exists());
    assert!(read(".ci/run").contains("tests/run"));
}

#[test]
fn the_changelog_knows_this_version() {
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").lines().any(|line| line.starts_with(&heading)), "{heading}");
}

#[test]
fn exit_codes_stand_in_the_help_the_manual_and_the_readme() {
    let help = Home::new().oauth(["--help"]).run().success().stdout.clone();
    let readme = read("README.md");
    let words = [
        "done",
        "failed",
        "wrong usage",
        "no such",
        "human must authorize",
        "may pass",
        "not available",
        "refused for safety",
    ];
    for (code, word) in words.iter().enumerate() {
        let said = |text: &str| text.lines().any(|line| line.contains(&code.to_string()) && line.contains(word));
        assert!(said(&help), "help: {code} {word}");
        assert!(said(&readme), "README: {code} {word}");
        assert!(said(&read("man/oauth.1")), "man page: {code} {word}");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/recipes.md"] {
        let text = read(name);
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default().split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(root().join(target).exists(), "{name} links to {target}");
            }
        }
    }
}

#[test]
fn the_page_of_providers_is_current() {
    let generated = Home::new().oauth(["provider", "list", "--markdown"]).run().success().stdout.clone();
    assert!(generated == read("docs/providers.md"), "oauth provider list --markdown > docs/providers.md");
    let count = generated.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| name |")).count();
    for name in ["README.md", "CHANGELOG.md"] {
        assert!(read(name).contains(&format!("{count} providers")), "{name}: there are {count} providers");
    }
}

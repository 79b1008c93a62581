//! What the shells offer while a line is typed: the names that stand in the store, asked of the program without its key.

use std::fs;
use std::path::PathBuf;

use crate::support::demo::{ALICE, CLIENT, DemoServer};
use crate::support::sandbox::Home;

const BOB: &str = "bob@example.test";

/// Two accounts here, one in another tenant, and a static token with a blank in its name.
fn connected() -> (DemoServer, Home) {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    server
        .sign_in(home.oauth(["init", "demo", "--tenant", "acme", "--client-id", CLIENT]), "eve@example.test")
        .success();
    home.oauth(["import", "github", "my own", "--token-stdin"]).stdin("canary").run().success();
    (server, home)
}

/// What the program says of a line, whose last word is at the cursor.
#[track_caller]
fn names(home: &Home, line: &[&str]) -> Vec<String> {
    let output = home.oauth(["completions", "--"]).args(line.iter().copied()).without_key().run();
    output.success().stderr_is("");
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn the_names_that_a_line_could_go_on_with_are_told_without_the_key() {
    let (_server, home) = connected();
    let told = |line: &[&str]| names(&home, line);
    assert_eq!(told(&["token", ""]), ["demo", "github"]);
    assert_eq!(told(&["token", "g"]), ["github"]);
    assert_eq!(told(&["token", "--json", "--min-ttl", "5m", "demo", ""]), [ALICE, BOB]);
    assert_eq!(told(&["--tenant", "acme", "token", "demo", ""]), ["eve@example.test"]);
    assert_eq!(told(&["exec", "github", ""]), ["demo", "github"]);
    assert_eq!(told(&["exec", "github", "demo@a"]), [format!("demo@{ALICE}")]);
    assert_eq!(told(&["list", "--provider", ""]), ["demo", "github"]);
    assert_eq!(told(&["request", "d"]), ["demo"]);
    assert_eq!(told(&["tenant", "remove", ""]), ["acme", "default"]);
    assert_eq!(told(&["list", "--tenant", "a"]), ["acme"]);
    assert_eq!(told(&["client", "remove", ""]), ["demo"]);
    assert_eq!(told(&["init", "gitl"]), ["gitlab"], "what is not connected yet");
    for nothing in [
        &["token", "--format", ""][..],
        &["token", "-"],
        &["token", "demo", ALICE, ""],
        &["exec", "demo", "--", ""],
        &["request", "demo", ""],
        &["key", ""],
        &["nosuch", ""],
        &[""],
    ] {
        assert_eq!(told(nothing), [""; 0], "{nothing:?}");
    }
}

#[test]
fn where_nothing_is_connected_nothing_is_offered_and_nothing_made() {
    let home = Home::new();
    assert_eq!(names(&home, &["token", ""]), [""; 0]);
    assert!(!home.oauth_home().exists());
}

/// A script of ours, and the program on the path under its name.
fn script(home: &Home, shell: &str) -> (String, String) {
    let file = home.path().join(shell);
    fs::write(&file, &home.oauth(["completions", shell]).run().success().stdout).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_oauth"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    (file.display().to_string(), path)
}

#[test]
fn bash_offers_names_options_and_commands_each_where_it_belongs() {
    let (_server, home) = connected();
    let (file, path) = script(&home, "bash");
    // As readline does it: the word at the cursor begins behind the last `@`.
    let offered = |line: &str| {
        let ask = r#". "$1"; COMP_LINE=$2; COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<<"$COMP_LINE"
            [[ $COMP_LINE == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            word=${COMP_WORDS[COMP_CWORD]}; function=$(complete -p oauth); function=${function#*-F }
            ${function%% *} oauth "${word##*@}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}""#;
        let run = home.command("bash").args(["--norc", "-c", ask, "bash", &file, line]);
        let output = run.env("PATH", &path).without_key().run();
        output.success().stderr_is("");
        output.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(offered("oauth token "), ["demo", "github"]);
    assert_eq!(offered("oauth token demo al"), [ALICE]);
    assert_eq!(offered("oauth token demo alice@ex"), ["example.test"], "behind the break");
    assert_eq!(offered("oauth token github "), [r"my\ own"], "as it has to be typed");
    assert_eq!(offered("oauth tok"), ["token"]);
    assert_eq!(offered("oauth token --format x"), ["xoauth2"]);
    assert!(offered("oauth token --").contains(&"--min-ttl".into()));
    assert!(offered("oauth token demo alice@example.test ").iter().all(|word| !word.starts_with(['<', '['])));
}

#[test]
fn fish_offers_names_and_leaves_files_where_there_are_none() {
    let (_server, home) = connected();
    let (file, path) = script(&home, "fish");
    fs::write(home.path().join("a-file"), "").unwrap();
    let offered = |line: &str| {
        let run =
            home.command("fish").args(["--no-config", "-c", "source $argv[1]; complete -C $argv[2]", &file, line]);
        let output = run.env("PATH", &path).without_key().run();
        output.success().stderr_is("");
        output.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(offered("oauth token "), ["demo", "github"]);
    assert_eq!(offered("oauth token demo b"), [BOB]);
    assert_eq!(offered("oauth exec demo -- a-f"), ["a-file"]);
}

#[test]
fn zsh_offers_names_and_leaves_files_where_there_are_none() {
    let (_server, home) = connected();
    let (file, path) = script(&home, "zsh");
    // What would go to the line editor is printed instead.
    let offered = |line: &str| {
        let ask = r#"compdef() { }; . "$1"; compadd() { print -rl -- $names }; _default() { print files }
            LBUFFER=$2; _oauth_named"#;
        let run = home.command("zsh").args(["-f", "-c", ask, "zsh", &file, line]);
        let output = run.env("PATH", &path).without_key().run();
        output.success().stderr_is("");
        output.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(offered("oauth token "), ["demo", "github"]);
    assert_eq!(offered("true && oauth --tenant acme token demo "), ["eve@example.test"]);
    assert_eq!(offered("oauth import ./x"), ["files"]);
    let whole = fs::read_to_string(&file).unwrap();
    let asks =
        |start: &str| whole.lines().filter(|line| line.starts_with(start)).all(|line| line.contains(":_oauth_named'"));
    assert!(asks("':provider -- ") && asks("'::account -- ") && asks("'*::providers -- "), "{file}");
}

//! `oauth exec`: the command gets the token and nothing else of ours, and is itself in everything else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::support::demo::{ALICE, DemoServer, age, store};
use crate::support::sandbox::{Background, Home, MASTER_KEY, Output, Run, Signal};
use crate::support::{wait_for, wait_for_file};

fn exec(home: &Home, providers: &[&str], script: &str) -> Run {
    home.oauth(["exec"]).args(providers.iter().copied()).args(["--", "sh", "-c", script])
}

/// A command that does nothing, and has begun to.
fn asleep(home: &Home, providers: &[&str]) -> Background {
    let ready = home.path().join("tmp/ready");
    let running = exec(home, providers, &format!("touch {}; exec sleep 600", ready.display())).spawn();
    wait_for_file(&ready);
    running
}

fn token(home: &Home) -> String {
    home.oauth(["token", "demo"]).run().success().stdout.trim_end().to_owned()
}

/// The variables of a command's environment.
fn names(output: &Output) -> Vec<String> {
    output.stdout.lines().filter_map(|line| Some(line.split_once('=')?.0.to_owned())).collect()
}

#[test]
fn the_command_has_the_token_and_what_was_there_before_without_our_secrets() {
    let (_server, home) = DemoServer::connected();
    let plain = home.command("env").without_key().run();
    let output = home
        .oauth(["exec", "demo", "--", "env"])
        .env("OAUTH_CLIENT_SECRET_X", "canary")
        .env("OAUTH_TOKEN_X", "canary")
        .run();
    output.success().says_nothing_of(MASTER_KEY).says_nothing_of("canary");
    assert!(output.stdout.contains(&format!("DEMO_TOKEN={}\n", token(&home))), "{output}");
    let mut wanted = [names(&plain), vec!["DEMO_TOKEN".into()]].concat();
    let mut found = names(&output);
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
}

#[test]
fn the_variable_is_the_entry_s_or_the_one_that_is_asked_for() {
    let (server, home) = DemoServer::connected();
    server.add(&home, "other");
    server.login(&home, "other", ALICE);
    exec(&home, &["demo", "--env", "MINE"], "echo \"${MINE:+mine}${DEMO_TOKEN:+demo}\"")
        .run()
        .success()
        .stdout_is("mine\n");
    let script = "test \"$DEMO_TOKEN\" != \"$OTHER_TOKEN\" && echo two";
    exec(&home, &[&format!("demo@{ALICE}"), "other"], script).run().success().stdout_is("two\n");
    let swapped = "test -n \"$A\" -a -n \"$B\" && echo two";
    exec(&home, &["demo", "other", "--env", "A", "--env", "B"], swapped).run().success().stdout_is("two\n");
    exec(&home, &["demo", "other", "--env", "A"], "true").run().fails(125);
    exec(&home, &["demo", "demo"], "true").run().fails(125).stderr_has("two tokens");
    for name in ["A B", "LD_PRELOAD", "PATH", "OAUTH_MASTER_KEY"] {
        exec(&home, &["demo", "--env", name], "true").run().fails(2).says_nothing_of("demo_at_");
    }
    let clash = ["demo", "other", "--env", "A", "--env", "A_FILE"];
    exec(&home, &clash, "true").run().success();
    exec(&home, &[&clash[..], &["--token-file"]].concat(), "true").run().fails(125).stderr_has("stand in A_FILE");
}

#[test]
fn exit_codes_and_ends_by_signals_pass_through() {
    let (_server, home) = DemoServer::connected();
    exec(&home, &["demo"], "exit 0").run().success();
    exec(&home, &["demo"], "exit 42").run().fails(42);
    exec(&home, &["demo"], "kill -TERM $$").run().fails(143);
    exec(&home, &["demo"], "kill -KILL $$").run().fails(137);
    home.oauth(["exec", "demo", "--", "no-such-command-here"]).run().fails(127).stderr_has("there is no command");
    let file = home.path().join("plain");
    fs::write(&file, "").unwrap();
    home.oauth(["exec", "demo", "--", file.to_str().unwrap()]).run().fails(126);
    home.oauth(["exec", "demo", "--", "/"]).run().fails(126);
    home.oauth(["exec", "nobody", "--", "true"]).run().fails(125).stderr_has("nobody");
    home.oauth(["exec", "demo", "--"]).run().fails(2);
}

#[test]
fn signals_reach_the_command() {
    let (_server, home) = DemoServer::connected();
    for (signal, name, code) in
        [(Signal::TERM, "TERM", 11), (Signal::HUP, "HUP", 12), (Signal::INT, "INT", 13), (Signal::USR1, "USR1", 14)]
    {
        let script = format!("trap 'echo got {name}; exit {code}' {name}; echo ready; while :; do sleep 0.05; done");
        // A test that runs in the background may have been told to ignore some, which the script then could not trap.
        let mut running = exec(&home, &["demo"], &script).through(["env", "--default-signal"]).spawn();
        running.wait_for_stdout("ready");
        running.signal(signal);
        running.finish().fails(code).stdout_is(&format!("ready\ngot {name}\n"));
    }
}

#[test]
fn a_signal_that_was_ignored_before_stays_ignored() {
    let (_server, home) = DemoServer::connected();
    let line = format!("trap '' HUP; exec {} exec demo -- grep SigIgn /proc/self/status", env!("CARGO_BIN_EXE_oauth"));
    let output = home.command("sh").args(["-c", &line]).run();
    output.success();
    let mask = u64::from_str_radix(output.stdout.split_whitespace().last().unwrap(), 16).unwrap();
    assert_eq!(mask & 1, 1, "{output}");
}

#[test]
fn nothing_that_is_open_here_is_open_there() {
    let (_server, home) = DemoServer::connected();
    let open = |run: Run| run.run().success().stdout.clone();
    let list = ["ls", "/proc/self/fd"];
    let plain = open(home.command("ls").args(["/proc/self/fd"]));
    assert_eq!(open(home.oauth(["exec", "demo", "--"]).args(list)), plain);
    assert_eq!(open(home.oauth(["exec", "demo", "--token-file", "--"]).args(list)), plain);
}

#[test]
fn standard_streams_are_the_command_s_own() {
    let (_server, home) = DemoServer::connected();
    let output = exec(&home, &["demo"], "cat; echo talk >&2").stdin("through\n").run();
    output.success().stdout_is("through\n").stderr_is("talk\n");
}

#[test]
fn limits_of_the_command_are_those_from_before() {
    let (_server, home) = DemoServer::connected();
    let plain = home.command("sh").args(["-c", "ulimit -Sc; ulimit -Hc"]).run();
    exec(&home, &["demo"], "ulimit -Sc; ulimit -Hc").run().success().stdout_is(&plain.stdout);
}

#[test]
fn a_token_file_is_private_fresh_and_gone_in_the_end() {
    let (server, home) = DemoServer::connected();
    let oauth = env!("CARGO_BIN_EXE_oauth");
    let file = home.path().join("tmp/token");
    // The command sees another process refresh, and waits until the file has the new token.
    let script = format!(
        "stat -c %a \"$DEMO_TOKEN_FILE\"\n\
         test \"$(cat \"$DEMO_TOKEN_FILE\")\" = \"$DEMO_TOKEN\" && echo same\n\
         new=$(OAUTH_MASTER_KEY={MASTER_KEY} {oauth} token demo --refresh)\n\
         until test \"$(cat \"$DEMO_TOKEN_FILE\")\" = \"$new\"; do sleep 0.05; done; echo fresh"
    );
    for more in [vec!["--token-file"], vec!["--token-file", file.to_str().unwrap()]] {
        let providers = [vec!["demo"], more.clone()].concat();
        let output = exec(&home, &providers, &format!("echo \"$DEMO_TOKEN_FILE\" >&2; {script}")).run();
        output.success().stdout_is("600\nsame\nfresh\n");
        let path = output.stderr.trim();
        assert!(!Path::new(path).exists(), "{path} is left");
        assert_eq!(more.len() == 2, path == file.to_str().unwrap());
    }
    assert_eq!(server.count("grants/refresh_token"), 2);
}

#[test]
fn a_token_file_goes_with_a_command_that_is_killed_and_replaces_nothing() {
    let (_server, home) = DemoServer::connected();
    let file = home.path().join("tmp/token");
    let path = file.to_str().unwrap();
    let running = asleep(&home, &["demo", "--token-file", path]);
    assert_eq!(fs::read_to_string(&file).unwrap(), token(&home));
    running.signal(Signal::TERM);
    running.finish().fails(143);
    assert!(!file.exists());

    fs::write(&file, "mine").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    exec(&home, &["demo", "--token-file", path], "true").run().fails(125).stderr_has("is there already");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    exec(&home, &["demo", "--token-file", "/nonexistent/x"], "true").run().fails(125);
}

/// Waits until a refresh of this provider's credential is under way.
fn wait_for_refresh(home: &Home, provider: &str) {
    let sql = "select attempt is not null from credentials where provider = ?1";
    wait_for("a refresh", || store(home).query_row(sql, [provider], |row| row.get(0)).unwrap_or(false).then_some(()));
}

fn token_files(home: &Home) -> usize {
    fs::read_dir(home.oauth_home().join("run")).map_or(0, Iterator::count)
}

#[test]
fn no_refresh_for_a_token_file_holds_up_the_end_of_the_command() {
    let (server, home) = DemoServer::connected();
    let running = asleep(&home, &["demo", "--token-file"]);
    server.behave(&json!({"latency_ms": {"token": 600_000}}));
    age(&home, 5);
    wait_for_refresh(&home, "demo");
    running.signal(Signal::TERM);
    // The refresh would be told as one that failed, had its end been waited for.
    running.finish().fails(143).stderr_is("");
    assert_eq!(token_files(&home), 0);
}

#[test]
fn whoever_loses_patience_before_the_command_begins_leaves_no_token_in_a_file() {
    let (server, home) = DemoServer::connected();
    server.add(&home, "other");
    server.login(&home, "other", ALICE);
    age(&home, 100);
    home.oauth(["token", "demo", "--refresh"]).run().success();
    server.behave(&json!({"latency_ms": {"token": 600_000}}));
    let running = exec(&home, &["demo", "other", "--token-file"], "true").spawn();
    wait_for_refresh(&home, "other");
    running.signal(Signal::TERM);
    running.finish().killed_by(Signal::TERM);
    assert_eq!(token_files(&home), 0);
}

#[test]
fn a_token_file_that_a_kill_leaves_is_found_and_removed() {
    let (_server, home) = DemoServer::connected();
    let running = asleep(&home, &["demo", "--token-file"]);
    home.oauth(["doctor"]).run().success().stdout_has("ok  leftovers     none");
    running.signal_group(Signal::KILL);
    running.finish().killed_by(Signal::KILL);
    assert_eq!(token_files(&home), 1);
    home.oauth(["doctor"]).run().success().stdout_has("was left by a process that died");
    home.oauth(["doctor", "--fix"]).run().success();
    assert_eq!(token_files(&home), 0);
}

#[test]
fn no_process_is_left_behind() {
    let (_server, home) = DemoServer::connected();
    let output = exec(&home, &["demo", "--token-file"], "echo $PPID $$").run();
    output.success();
    for pid in output.stdout.split_whitespace() {
        wait_for("the end of both", || (!Path::new(&format!("/proc/{pid}")).exists()).then_some(()));
    }
}

#[test]
fn a_token_of_the_environment_serves_where_nothing_is_connected() {
    let home = Home::new();
    let run = home.oauth(["exec", "github", "--", "env"]).env("OAUTH_TOKEN_GITHUB", "static-canary").without_key();
    let output = run.run();
    output.success().stderr_has("OAUTH_TOKEN_GITHUB").stdout_has("GITHUB_TOKEN=static-canary\n");
    assert!(!output.stdout.contains("OAUTH_TOKEN_"));
    home.oauth(["exec", "github", "--", "env"]).run().fails(125).stderr_has("oauth init github");
}

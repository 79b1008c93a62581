//! `config.toml`: strict, trusted, and the hooks it names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::support::demo::{ALICE, CLIENT, DemoServer, age, store};
use crate::support::files::{assert_private, private};
use crate::support::sandbox::{Home, Output, Run};
use crate::support::{wait_for, wait_for_file};

fn configure(home: &Home, text: &str) -> PathBuf {
    private(&home.oauth_home(), "config.toml", text)
}

/// A hook that writes down every call: its environment into a file of its own, put in place whole.
fn hook(home: &Home, name: &str) -> String {
    let path = home.path().join(name);
    let (dir, aside) = (path.display(), home.path().join(format!("{name}.aside")));
    fs::create_dir(&path).expect("a directory");
    format!("env > {0}.$$ && mv {0}.$$ {dir}/$$", aside.display())
}

/// The environments that a hook was called with.
fn calls(home: &Home, name: &str) -> Vec<String> {
    let entries = fs::read_dir(home.path().join(name)).expect("a directory");
    entries.map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a file")).collect()
}

fn one_call(home: &Home, name: &str) -> String {
    wait_for("the hook", || calls(home, name).pop())
}

#[track_caller]
fn refresh(home: &Home) -> Output {
    home.oauth(["token", "demo", "--refresh"]).run()
}

#[test]
fn an_unknown_key_is_an_error_with_file_and_line_before_anything_is_done() {
    let (server, home) = DemoServer::connected();
    let path = configure(&home, "tenant = \"default\"\n\n[hooks]\non_reath = \"true\"\n");
    let before = server.requests();
    for words in [&["token", "demo"][..], &["list"], &["test"], &["revoke", "demo"]] {
        let output = home.oauth(words.iter().copied()).args(["--json"]).run();
        output.fails(2);
        let error = output.error();
        assert_eq!(error["code"], "bad_config");
        let start = format!("{}:4: unknown field `on_reath`", path.display());
        assert!(error["message"].as_str().expect("a message").starts_with(&start), "{error}");
    }
    assert_eq!(server.requests(), before);
    // What needs no configuration still serves.
    home.oauth(["completions", "bash"]).run().success();
}

#[test]
fn a_configuration_that_is_no_text_is_an_error_in_it_and_none_of_the_disk() {
    let home = Home::new();
    let path = configure(&home, "");
    fs::write(&path, b"tenant = \"x\"\n# \xff\n").expect("a file");
    let output = home.oauth(["list", "--json"]).run();
    output.fails(2);
    assert_eq!(output.error()["message"], format!("{}:2: it is no UTF-8 text", path.display()));
}

#[test]
fn a_configuration_that_others_can_write_is_refused_with_the_mending_command() {
    let (_server, home) = DemoServer::connected();
    let path = configure(&home, "");
    for (mode, code) in [(0o600, 0), (0o644, 0), (0o620, 7), (0o602, 7)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        home.oauth(["list"]).run().fails(code);
    }
    home.oauth(["list"]).run().fails(7).stderr_has(&format!("chmod 600 {}", path.display()));
}

#[test]
fn the_tenant_of_the_configuration_is_taken_when_nothing_else_names_one() {
    let (server, home) = DemoServer::connected();
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant", "work"]);
    server.sign_in(init, "bob@example.test").success();
    configure(&home, "tenant = \"work\"\n");
    let account = |run: Run| run.run().success().json()[0]["account"].clone();
    let list = || home.oauth(["list", "--json"]);
    assert_eq!(account(list()), "bob@example.test");
    assert_eq!(account(list().env("OAUTH_TENANT", "default")), ALICE);
    assert_eq!(account(list().args(["--tenant", "default"])), ALICE);
}

#[test]
fn when_a_person_is_needed_the_hook_is_told_the_facts_and_no_secret() {
    let (server, home) = DemoServer::connected();
    configure(&home, &format!("[hooks]\non_reauth = '{}'\n", hook(&home, "calls")));
    server.revoke_all();
    refresh(&home).fails(4);
    let facts = one_call(&home, "calls");
    for fact in [
        "OAUTH_EVENT=reauth",
        "OAUTH_PROVIDER=demo",
        "OAUTH_ACCOUNT=alice@example.test",
        "OAUTH_TENANT=default",
        "OAUTH_REASON=the provider refused the refresh token (invalid_grant)",
        "OAUTH_ACTION=oauth init demo",
    ] {
        assert!(facts.lines().any(|line| line == fact), "{fact}:\n{facts}");
    }
    for secret in ["OAUTH_MASTER_KEY", "demo_at_", "demo_rt_"] {
        assert!(!facts.contains(secret), "{facts}");
    }
    assert_private(&home.oauth_home());
}

#[test]
fn the_command_that_a_hook_is_told_connects_in_the_tenant_of_the_credential() {
    let (server, home) = DemoServer::connected();
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant", "work"]);
    server.sign_in(init, "bob@example.test").success();
    configure(&home, &format!("[hooks]\non_reauth = '{}'\n", hook(&home, "calls")));
    server.revoke_all();
    home.oauth(["token", "demo", "--refresh", "--tenant", "work"]).run().fails(4);
    let facts = one_call(&home, "calls");
    assert!(facts.lines().any(|line| line == "OAUTH_ACTION=oauth --tenant work init demo"), "{facts}");
}

#[test]
fn the_same_event_is_told_once_an_hour_however_many_meet_it() {
    let (server, home) = DemoServer::connected();
    let (reauth, trouble) = (hook(&home, "reauth"), hook(&home, "trouble"));
    configure(&home, &format!("[hooks]\non_reauth = '{reauth}'\non_refresh_error = '{trouble}'\n"));
    age(&home, 0);
    server.break_token_endpoint(&json!({"answer": {"status": 502}}));
    let running: Vec<_> = (0..8).map(|_| home.oauth(["token", "demo"]).spawn()).collect();
    for process in running {
        process.finish().fails(5);
    }
    assert!(one_call(&home, "trouble").contains("OAUTH_EVENT=refresh_error"));
    // Another event of the same credential is told at once. When it is, what came before would have been told, too.
    server.mend();
    server.revoke_all();
    refresh(&home).fails(4);
    one_call(&home, "reauth");
    home.oauth(["test"]).run().fails(4);
    assert_eq!((calls(&home, "trouble").len(), calls(&home, "reauth").len()), (1, 1));
    // An hour later it is told again.
    let record = home.oauth_home().join("hooks");
    let text = fs::read_to_string(&record).expect("a record");
    let earlier = |line: &str| {
        let (at, rest) = line.split_once(' ').expect("a time");
        format!("{} {rest}\n", at.parse::<i64>().expect("a time") - 3600)
    };
    fs::write(&record, text.lines().map(earlier).collect::<String>()).expect("a record");
    refresh(&home).fails(4);
    wait_for("the second call", || (calls(&home, "reauth").len() == 2).then_some(()));
}

#[test]
fn a_token_that_still_lives_is_given_and_the_trouble_is_told_all_the_same() {
    let (server, home) = DemoServer::connected();
    configure(&home, &format!("[hooks]\non_refresh_error = '{}'\n", hook(&home, "calls")));
    age(&home, 200);
    server.break_token_endpoint(&json!({"answer": {"status": 502}}));
    home.oauth(["token", "demo"]).run().success();
    assert!(one_call(&home, "calls").contains("OAUTH_EVENT=refresh_error"));
}

#[test]
fn a_record_of_hooks_that_is_a_link_is_told_and_not_followed() {
    let (server, home) = DemoServer::connected();
    configure(&home, "[hooks]\non_reauth = 'true'\n");
    let (record, elsewhere) = (home.oauth_home().join("hooks"), home.path().join("elsewhere"));
    std::os::unix::fs::symlink(&elsewhere, &record).expect("a link");
    server.revoke_all();
    let output = home.oauth(["token", "demo", "--refresh"]).run();
    output.fails(4).stderr_has(&format!("warning: {} is a symbolic link\n", record.display()));
    assert!(!elsewhere.exists());
}

#[test]
fn a_slow_or_missing_hook_keeps_nobody_waiting() {
    let (server, home) = DemoServer::connected();
    configure(&home, "[hooks]\non_reauth = 'sleep 600'\non_refresh_error = '/nowhere/hook'\n");
    server.break_token_endpoint(&json!({"answer": {"status": 502}}));
    refresh(&home).fails(5);
    server.mend();
    server.revoke_all();
    // `finish` waits for whoever holds stdout or stderr.
    refresh(&home).fails(4);
}

#[test]
fn a_test_that_looks_ahead_tells_that_a_person_will_be_needed() {
    let (server, home) = DemoServer::connected();
    configure(&home, &format!("[hooks]\non_reauth = '{}'\n", hook(&home, "calls")));
    home.oauth(["test", "--min-valid", "24h"]).run().success();
    store(&home).execute_batch("update credentials set refresh_expires_at = unixepoch() + 7200").expect("a row");
    home.oauth(["test", "--min-valid", "24h"]).run().fails(4);
    assert!(one_call(&home, "calls").contains("OAUTH_REASON=a human is needed at "));
    drop(server);
}

#[test]
fn the_desktop_is_told_where_it_is_wished() {
    let (server, home) = DemoServer::connected();
    let bin = home.path().join("bin");
    fs::create_dir(&bin).expect("a directory");
    let program = bin.join("notify-send");
    let said = home.path().join("said");
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {0}.new && mv {0}.new {0}\n", said.display());
    fs::write(&program, script).expect("a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    configure(&home, "[hooks]\ndesktop = true\n");
    server.revoke_all();
    home.oauth(["token", "demo", "--refresh"]).env("PATH", path).run().fails(4);
    assert_eq!(
        wait_for_file(&said),
        "--app-name=oauth\n--\ndemo alice@example.test needs a new login\noauth init demo\n"
    );
}

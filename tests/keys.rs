//! The master key replaced: everything opens under the new one, at every moment under one of the two.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::support::demo::{ALICE, DemoServer, store};
use crate::support::sandbox::{Home, MASTER_KEY, Output, Run};

const BOB: &str = "bob@example.test";

/// A home whose key lies in a file, with two accounts.
fn with_key_file() -> (DemoServer, Home, PathBuf) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let file = home.path().join("key");
    fs::write(&file, format!("{MASTER_KEY}\n")).expect("a key file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a private file");
    for account in [ALICE, BOB] {
        let init = filed(&home, &file, &["init", "demo", "--client-id", "demo"]);
        server.sign_in(init, account).success();
    }
    (server, home, file)
}

fn filed(home: &Home, file: &PathBuf, args: &[&str]) -> Run {
    home.oauth(args.iter().copied()).without_key().env("OAUTH_MASTER_KEY_FILE", file)
}

#[track_caller]
fn tokens(run: impl Fn(&[&str]) -> Run) -> [String; 2] {
    [ALICE, BOB].map(|account| run(&["token", "demo", account]).run().success().stdout.clone())
}

#[test]
fn a_key_file_gets_the_new_key_and_the_old_one_opens_nothing_any_more() {
    let (server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let status = run(&["key", "status", "--json"]).run().success().json();
    let rotated = run(&["key", "rotate", "--json"]).run();
    let told = rotated.success().json();
    assert_eq!((&told["former_key_id"], &told["sealed"]), (&status["key_id"], &json!(2)));
    assert!(fs::read_to_string(&file).expect("the key file").trim() != MASTER_KEY);
    assert_eq!(fs::metadata(&file).expect("the key file").permissions().mode() & 0o777, 0o600);
    assert!(!home.path().join("key.new").exists());
    assert_eq!(run(&["key", "status", "--json"]).run().success().json()["key_id"], told["key_id"]);

    assert_eq!(tokens(run), before);
    for account in [ALICE, BOB] {
        run(&["token", "demo", account, "--refresh"]).run().success();
    }
    let old = home.oauth(["token", "demo", "--json"]).run();
    assert_eq!(old.fails(6).error()["code"], "wrong_master_key");
    // The secret of the registration was sealed anew too: a new login needs nothing that was given before.
    server.sign_in(run(&["init", "demo", "carol"]), "carol@example.test").success();
}

#[test]
fn a_key_that_lives_with_the_caller_is_printed_before_it_is_used() {
    let (_server, home) = DemoServer::connected();
    let token = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let new = home.oauth(["key", "rotate"]).run().success().stdout.trim_end().to_owned();
    assert_eq!(home.oauth(["token", "demo"]).run().code, Some(6));
    home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY", &new).run().success().stdout_is(&token);
    // One that cannot be printed is not used.
    let full = home.command("sh").args(["-c", "exec \"$0\" key rotate > /dev/full", env!("CARGO_BIN_EXE_oauth")]);
    full.env("OAUTH_MASTER_KEY", &new).run().fails(1);
    home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY", &new).run().success().stdout_is(&token);
}

#[test]
fn a_rotation_that_ended_half_way_is_finished_by_the_next_one() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let (old, aside) = (fs::read(&file).expect("the key file"), home.path().join("key.new"));
    run(&["key", "rotate"]).run().success();
    // As if it had died before the new file took the place of the old one.
    fs::rename(&file, &aside).expect("one file system");
    fs::write(&file, &old).expect("the key file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a private file");
    assert_eq!(tokens(run), before);
    run(&["key", "rotate"]).run().success();
    assert_eq!(tokens(run), before);
    assert!(!aside.exists());

    // As if it had died before anything was sealed.
    let unused = home.oauth(["key", "generate"]).run().success().stdout.clone();
    fs::write(&aside, unused).expect("a key beside");
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).expect("a private file");
    assert_eq!(tokens(run), before);
    run(&["key", "rotate"]).run().success();
    assert_eq!(tokens(run), before);
}

#[test]
fn a_row_that_does_not_open_stops_the_rotation_and_is_named() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = run(&["token", "demo", ALICE]).run().success().stdout.clone();
    let sql = format!("update credentials set refresh_token = access_token where account = '{BOB}'");
    store(&home).execute(&sql, []).expect("a change of the store");
    let stopped = run(&["key", "rotate", "--json"]).run();
    let error = &stopped.fails(7).error();
    assert!(error["code"] == "tampered" && error["message"].to_string().contains(BOB), "{stopped}");
    assert_eq!(fs::read_to_string(&file).expect("the key file").trim(), MASTER_KEY);
    assert!(!home.path().join("key.new").exists());
    run(&["token", "demo", ALICE]).run().success().stdout_is(&before);
}

#[test]
fn a_key_is_replaced_where_it_lives_and_nowhere_else() {
    let (_server, home, _) = with_key_file();
    let elsewhere = home.oauth(["key", "rotate", "--json"]).run();
    assert_eq!(elsewhere.fails(2).error()["code"], "bad_config");
    let empty = Home::new();
    assert_eq!(empty.oauth(["key", "rotate", "--json"]).run().fails(2).error()["code"], "usage");
}

/// Tokens are asked for, and refreshed, while the key is replaced again and again.
#[test]
fn nothing_is_lost_when_keys_are_replaced_while_tokens_are_refreshed() {
    let (server, home, file) = with_key_file();
    let rotations: Vec<_> = (0..3).map(|_| filed(&home, &file, &["key", "rotate"]).spawn()).collect();
    let refreshes: Vec<_> =
        (0..12).map(|at| filed(&home, &file, &["token", "demo", [ALICE, BOB][at % 2], "--refresh"]).spawn()).collect();
    let outputs: Vec<Output> = rotations.into_iter().chain(refreshes).map(|process| process.finish()).collect();
    for output in &outputs {
        output.success();
    }
    assert_eq!(server.count("reuse_detections"), 0);
    for account in [ALICE, BOB] {
        filed(&home, &file, &["token", "demo", account, "--refresh"]).run().success();
    }
    assert_eq!(server.count("reuse_detections"), 0);
}

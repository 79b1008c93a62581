//! `doctor`: each trouble is found, and what it says mends it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::clock::later;
use crate::support::demo::{ALICE, DemoServer, age, store};
use crate::support::sandbox::{Home, Output};
use crate::support::wait_for;

#[track_caller]
fn findings(home: &Home, args: &[&str], exit: i32) -> Vec<Value> {
    let output = home.oauth(["doctor", "--json"]).args(args.iter().copied()).run();
    if exit == 0 {
        output.success()
    } else {
        output.fails(exit)
    };
    output.json().as_array().expect("a list").clone()
}

/// What was found at one place, as `(result, detail)`.
fn of(findings: &[Value], check: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = findings.iter().filter(|finding| finding["check"] == check);
    own.map(|finding| (text(&finding["result"]), text(&finding["detail"]))).collect()
}

#[test]
fn a_healthy_home_is_told_so_and_nothing_is_sent() {
    let (server, home) = DemoServer::connected();
    let before = server.requests();
    let found = findings(&home, &[], 0);
    assert!(found.iter().all(|finding| finding["result"] == "ok"), "{found:#?}");
    assert_eq!(server.requests(), before);
    let text = home.oauth(["doctor"]).run();
    assert!(text.success().stdout.lines().all(|line| line.starts_with("ok  ")), "{text}");
    findings(&Home::new(), &[], 0);
}

#[test]
fn what_others_can_read_is_found_and_closed() {
    let (_server, home) = DemoServer::connected();
    let database = home.oauth_home().join("credentials.db");
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).expect("a mode");
    let found = findings(&home, &[], 7);
    assert_eq!(of(&found, "files")[0].0, "wrong");
    let mended = findings(&home, &["--fix"], 0);
    assert_eq!(of(&mended, "files")[0].0, "mended");
    assert!(findings(&home, &[], 0).iter().all(|finding| finding["result"] == "ok"));
}

#[test]
fn a_value_that_does_not_open_is_named_and_the_others_are_looked_at_all_the_same() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    let sql = format!("update credentials set refresh_token = access_token where account = '{ALICE}'");
    store(&home).execute(&sql, []).expect("a change of the store");
    let seal = of(&findings(&home, &[], 7), "seal");
    assert!(seal.len() == 1 && seal[0].1.contains(ALICE), "{seal:?}");
}

#[test]
fn a_row_that_cannot_be_read_hides_no_other() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    let sql = format!("update credentials set server = '{{' where account = '{ALICE}'");
    store(&home).execute(&sql, []).expect("a change of the store");
    let listed = home.oauth(["list", "--json"]).run();
    listed.fails(6).stderr_has(ALICE);
    assert_eq!(listed.json().as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(of(&findings(&home, &[], 6), "store")[0].0, "wrong");
    home.oauth(["token", "demo", "bob@example.test"]).run().success();
}

#[test]
fn what_a_process_that_died_has_left_among_what_is_noted_is_found() {
    let home = Home::new();
    let oauth = |args: &[&str]| home.oauth(args.iter().copied()).without_env("OAUTH_HOME");
    oauth(&["import", "github", "--token-stdin"]).stdin("token").run().success();
    let state = home.path().join("xdg/state/oauth-cli");
    let left = state.join("marks.4194303.tmp");
    fs::write(&left, "").expect("a leftover");
    let found = oauth(&["doctor", "--fix", "--json"]).run().success().json();
    assert_eq!(of(found.as_array().expect("a list"), "leftovers")[0].0, "mended", "{found:#}");
    assert!(!left.exists());
}

#[test]
fn a_refresh_that_is_under_way_is_not_said_to_be_interrupted() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"latency_ms": {"token": 3_600_000}}));
    let before = server.count("grants/refresh_token");
    let asking = home.oauth(["token", "demo", "--refresh"]).spawn();
    wait_for("the refresh", || (server.count("grants/refresh_token") > before).then_some(()));
    for args in [&[][..], &["--fix"]] {
        let found = of(&findings(&home, args, 0), "refreshes");
        assert!(found.len() == 1 && found[0].0 == "ok" && found[0].1.contains("is under way"), "{found:?}");
    }
    drop((asking, server));
}

#[test]
fn the_record_says_what_it_counts() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["token", "demo"]).run().success();
    let told = of(&findings(&home, &[], 0), "audit");
    assert_eq!(told[0].1, "1 event in the sealed chain, none changed; 1 use not sealed yet");
    assert_eq!(home.oauth(["audit", "--json"]).run().success().json().as_array().map(Vec::len), Some(2));
}

#[test]
fn marks_that_nothing_was_connected_for_are_not_missed() {
    let home = Home::new();
    home.oauth(["client", "set", "github", "--client-id", "x"]).run().success();
    assert_eq!(of(&findings(&home, &[], 0), "copies")[0].0, "ok");
}

#[test]
fn what_landed_for_a_row_that_cannot_be_read_is_no_leftover() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["token", "demo", "--refresh"]).run().success();
    let mut landed = fs::read_dir(home.oauth_home().join("landing")).expect("a directory");
    let landed = landed.next().expect("a record").expect("a record").path();
    store(&home).execute("update credentials set server = '{'", []).expect("a change of the store");
    let found = findings(&home, &["--fix"], 6);
    assert_eq!(of(&found, "leftovers")[0].0, "ok", "{found:#?}");
    assert!(landed.exists());
}

#[test]
fn a_lost_answer_a_person_who_is_needed_and_leftovers_are_told() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!("lose"));
    home.oauth(["token", "demo", "--refresh"]).run().fails(5);
    let leftover = home.oauth_home().join("landing/0123456789abcdef0123456789abcdef");
    fs::write(&leftover, "").expect("a leftover");
    fs::set_permissions(&leftover, fs::Permissions::from_mode(0o600)).expect("a mode");
    let found = findings(&home, &[], 0);
    for check in ["leftovers", "refreshes"] {
        assert_eq!(of(&found, check)[0].0, "notice", "{found:#?}");
    }
    assert_eq!(of(&findings(&home, &["--fix"], 0), "leftovers")[0].0, "mended");
    assert_eq!(of(&findings(&home, &[], 0), "leftovers")[0].0, "ok");

    server.mend();
    age(&home, 0);
    home.oauth(["token", "demo"]).run().fails(4);
    let found = findings(&home, &[], 0);
    let needed = found.iter().find(|finding| finding["check"] == "credentials").expect("a finding");
    assert_eq!((&needed["result"], &needed["hint"]), (&json!("notice"), &json!("oauth init demo")), "{found:#?}");
}

#[test]
fn a_store_that_is_gone_is_not_taken_for_one_that_never_was() {
    let (_server, home) = DemoServer::connected();
    fs::remove_file(home.oauth_home().join("credentials.db")).expect("the store");
    let (result, words) = only(&home.oauth(["doctor", "--json"]).run(), "store");
    assert_eq!(result, "notice", "{words}");
    assert!(words.contains("credentials.db is gone") && words.contains("oauth import FILE"), "{words}");
}

#[test]
fn without_its_key_the_store_is_looked_at_all_the_same() {
    let (_server, home) = DemoServer::connected();
    let output = home.oauth(["doctor", "--json"]).without_key().run();
    let found = output.fails(6).json();
    let key = found.as_array().and_then(|all| all.iter().find(|finding| finding["check"] == "key"));
    assert_eq!(key.expect("a finding")["error"]["code"], "keyring_unavailable");
    assert!(found.as_array().is_some_and(|all| all.iter().any(|finding| finding["check"] == "credentials")));
}

/// The one finding of this check: its result, and what it says and hints together.
#[track_caller]
fn only(output: &Output, check: &str) -> (String, String) {
    let all = output.json();
    let own: Vec<_> = all.as_array().expect("a list").iter().filter(|finding| finding["check"] == check).collect();
    assert_eq!(own.len(), 1, "{check}: {output}");
    let text = |key: &str| own[0][key].as_str().unwrap_or_default().to_owned();
    (text("result"), format!("{} {}", text("detail"), text("hint")))
}

#[track_caller]
fn is_noticed(output: &Output, check: &str, part: &str) {
    let (result, words) = only(output, check);
    assert!(result == "notice" && words.contains(part), "{check}: {result} {words}");
}

#[test]
fn a_keyring_is_asked_only_where_the_key_is_in_it() {
    let home = Home::new();
    let output = home.oauth(["doctor", "--json"]).run();
    assert!(only(output.success(), "keyring").1.contains("not needed"), "{output}");
    let output = home.oauth(["doctor", "--json"]).without_key().run();
    assert_eq!(only(output.fails(6), "keyring").0, "wrong");
}

#[test]
fn the_clock_is_compared_with_a_server_only_when_it_may_be_asked() {
    let (server, home) = DemoServer::connected();
    let before = server.requests();
    let output = home.oauth(["doctor", "--json"]).run();
    assert!(
        of(output.json().as_array().expect("a list"), "clock").is_empty() && server.requests() == before,
        "{output}"
    );
    let output = home.oauth(["doctor", "--json", "--online"]).run();
    assert!(only(output.success(), "clock").1.contains("right, by the server of demo"), "{output}");
    let output = later(home.oauth(["doctor", "--json", "--online"]), 600).run();
    is_noticed(output.success(), "clock", "s ahead of the server of demo");
    drop(server);
    let output = home.oauth(["doctor", "--json", "--online"]).run();
    assert!(only(output.success(), "clock").1.contains("no server told"), "{output}");
}

#[test]
fn a_key_file_that_others_can_read_is_closed_to_them() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["key", "move", "--to", "file"]).run().success();
    let file = home.oauth_home().join("master-key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    let doctor = |args: &[&str]| home.oauth(["doctor"]).args(args.iter().copied()).without_key().run();
    doctor(&[]).fails(7).stderr_has("chmod 600");
    doctor(&["--fix"]).success().stdout_has("mended");
    assert_eq!(fs::metadata(&file).expect("the key file").permissions().mode() & 0o777, 0o600);
    doctor(&[]).success().says_nothing_of("chmod");
}

#[test]
fn a_store_whose_keyring_is_out_of_reach_is_not_advised_to_take_another_key() {
    let (_server, home) = DemoServer::connected();
    store(&home).execute("update store set key_source = 'keyring'", []).expect("a change of the store");
    let output = home.oauth(["doctor"]).without_key().run();
    output.fails(6).stdout_has("wrong  keyring").says_nothing_of("key generate");
    output.stderr_has("lives in the keyring").stderr_has("oauth key recovery --restore");
    // Where there is no store yet, a new key is what is needed.
    Home::new().oauth(["doctor"]).without_key().run().fails(6).stderr_has("oauth key generate");
}

#[test]
fn a_home_that_cannot_be_written_is_told_before_there_is_a_store_too() {
    let home = Home::new();
    fs::create_dir(home.oauth_home()).expect("a directory");
    fs::set_permissions(home.oauth_home(), fs::Permissions::from_mode(0o700)).expect("a mode");
    let output = home.oauth(["doctor"]).read_only(&home.oauth_home()).run();
    output.success().stdout_has("cannot be written").stderr_has("writable");
}

//! The master key in a real keyring, gnome-keyring, and every way in which it cannot be had there.
//!
//! A keyring lives in a session with a bus of its own. Its files are kept in the home between sessions, so that a key
//! that one daemon has stored is found by the next one.

use serde_json::{Value, json};

use crate::real_server::{NATIVE, connected, error, home_at, init, list, owner, shared};
use crate::support::files::{assert_no_canary, assert_private};
use crate::support::real::keyring_session;
use crate::support::sandbox::{Home, MASTER_KEY, Output, Run};

const KEYRING: &str = "the operating system's keyring";

/// A command without a master key in its environment, and the home's keyring in this situation.
fn with_keyring(home: &Home, situation: &str, run: Run) -> Run {
    let through = run.through([keyring_session().into_os_string(), situation.into()]);
    through.env("KEYRING_DIR", home.path().join("keyring")).without_key()
}

/// `oauth ARGS…` in such a session.
fn oauth(home: &Home, situation: &str, args: &[&str]) -> Output {
    with_keyring(home, situation, home.oauth(args)).run()
}

/// A home with alice connected, its master key in the keyring.
#[track_caller]
fn connected_with_keyring() -> Home {
    let home = home_at(shared());
    let output = with_keyring(&home, "unlocked", init(&home, &NATIVE)).run();
    output.success().stdout_is("").stderr_has(&format!("The master key of your new store lives in {KEYRING}.\n"));
    home
}

/// What a keyring program prints that is no part of the project.
#[track_caller]
fn secret_tool(home: &Home, args: &[&str]) -> String {
    let run = home.command("secret-tool").args(args).args(["application", "oauth-cli"]);
    let output = with_keyring(home, "unlocked", run).run();
    output.success().stdout.clone()
}

/// A situation in which the key of a store cannot be had: nothing is told, nothing is changed, and what needs no key works.
#[track_caller]
fn refused(home: &Home, situation: &str, code: &str) -> Value {
    let before = list(home);
    let refused = error(&oauth(home, situation, &["token", "op", "--json"]), 6, code);
    let listed = oauth(home, situation, &["list", "--json"]);
    assert_eq!(listed.success().json(), before);
    refused
}

#[test]
fn the_key_is_kept_in_the_keyring_and_found_by_later_sessions() {
    let home = connected_with_keyring();
    let token = oauth(&home, "unlocked", &["token", "op"]);
    let token = token.success().stderr_is("").stdout.trim_end();
    assert_eq!(owner(shared(), token).as_deref(), Some("alice"));
    let status = oauth(&home, "unlocked", &["key", "status", "--json"]).success().json();
    assert_eq!((&status["source"], &status["opens"], &status["sealed"]), (&json!(KEYRING), &json!(true), &json!(1)));

    let key = secret_tool(&home, &["lookup"]);
    assert!(key.len() == 44 && key.ends_with('='), "not 32 bytes in base64: {} characters", key.len());
    assert_private(&home.oauth_home());
    assert_no_canary(&home.oauth_home(), &[key.as_str(), token]);
    // The same key from the environment opens the store, and no keyring is asked for it.
    let run = home.oauth(["token", "op"]).env("OAUTH_MASTER_KEY", &key);
    run.run().success().stdout_is(&format!("{token}\n")).stderr_is("");
}

#[test]
fn a_replaced_key_is_the_only_one_that_stays_in_the_keyring() {
    let home = connected_with_keyring();
    let (old, token) = (secret_tool(&home, &["lookup"]), oauth(&home, "unlocked", &["token", "op"]).stdout.clone());
    let rotated = oauth(&home, "unlocked", &["key", "rotate", "--json"]);
    let told = rotated.success().json();
    assert_eq!((&told["source"], &told["sealed"]), (&json!(KEYRING), &json!(1)));
    let new = secret_tool(&home, &["lookup"]);
    assert_ne!(new, old);
    let items = secret_tool(&home, &["search", "--all"]);
    assert_eq!(items.matches("secret = ").count(), 1, "{items}");
    oauth(&home, "unlocked", &["token", "op"]).success().stdout_is(&token);
    let status = oauth(&home, "unlocked", &["key", "status", "--json"]).success().json();
    assert_eq!((&status["key_id"], &status["opens"]), (&told["key_id"], &json!(true)));
    // Where the keyring is locked nothing is replaced.
    refused(&home, "locked", "keyring_locked");
    assert_eq!(oauth(&home, "locked", &["key", "rotate", "--json"]).fails(6).error()["code"], "keyring_locked");
    assert_eq!(secret_tool(&home, &["lookup"]), new);
}

#[test]
fn a_key_that_the_keyring_gave_is_kept_for_a_while_and_can_be_dropped() {
    let home = connected_with_keyring();
    let cached = |situation: &str, args: &[&str], keep: &str| {
        with_keyring(&home, situation, home.oauth(args)).env("OAUTH_KEY_CACHE", keep).run()
    };
    let locked = |keep: &str| cached("locked", &["token", "op", "--json"], keep);
    let token = cached("unlocked", &["token", "op"], "off").success().stdout.clone();
    assert_eq!(locked("900").fails(6).error()["code"], "keyring_locked", "`off` keeps nothing");

    cached("unlocked", &["token", "op"], "900").success().stdout_is(&token);
    // Also where there is no bus at all, as in a cron job.
    for situation in ["locked", "no-bus"] {
        cached(situation, &["token", "op"], "900").success().stdout_is(&token);
        assert_eq!(cached(situation, &["token", "op"], "off").fails(6).stdout, "");
    }
    let forgotten = cached("locked", &["key", "forget", "--json"], "900");
    assert_eq!(forgotten.success().json(), json!({"forgotten": true}));
    assert_eq!(locked("900").fails(6).error()["code"], "keyring_locked");
    assert_eq!(cached("locked", &["key", "forget", "--json"], "900").success().json(), json!({"forgotten": false}));

    // Its time runs from when the keyring gave it.
    cached("unlocked", &["token", "op"], "1").success();
    crate::support::wait_for("the end of the key's time", || (locked("1").code == Some(6)).then_some(()));
    assert_eq!(cached("unlocked", &["token", "op", "--json"], "soon").fails(2).error()["code"], "bad_config");

    // A key that was replaced is not kept either.
    cached("unlocked", &["token", "op"], "900").success();
    cached("unlocked", &["key", "rotate"], "900").success();
    assert_eq!(cached("no-bus", &["token", "op"], "900").fails(6).stdout, "");
    cached("unlocked", &["token", "op"], "900").success().stdout_is(&token);
}

/// `token op` a thousand times, eight at a time, as a shell's words. They all print the same, or nothing.
const THOUSAND: &str = "seq 1000 | xargs -P 8 -I{} \"$OAUTH\" token op | sort | uniq -c";
/// The process that has the Secret Service.
const DAEMON: &str = "dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
    org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets";

#[test]
fn a_thousand_lookups_eight_at_a_time_leave_the_keyring_alive_and_with_the_cache_untouched() {
    let home = connected_with_keyring();
    let script = format!(
        "set -e
         before=$({DAEMON})
         {THOUSAND}
         test \"$before\" = \"$({DAEMON})\"
         OAUTH_KEY_CACHE=900 \"$OAUTH\" token op >/dev/null
         # From here on it answers nobody.
         kill -STOP ${{before##* }}
         OAUTH_KEY_CACHE=900; export OAUTH_KEY_CACHE
         {THOUSAND}
         kill -CONT ${{before##* }}"
    );
    let run = home.command("bash").args(["-c", &script]).env("OAUTH", env!("CARGO_BIN_EXE_oauth"));
    let output = with_keyring(&home, "unlocked", run).run();
    let counts: Vec<_> = output.success().stdout.lines().map(str::trim_start).collect();
    assert!(counts.len() == 2 && counts[0] == counts[1] && counts[0].starts_with("1000 "), "{counts:?}");
}

#[test]
fn a_second_account_needs_no_other_key() {
    let home = connected_with_keyring();
    let key = secret_tool(&home, &["lookup"]);
    let output = with_keyring(&home, "unlocked", init(&home, &[]).env("LOGIN_USER", "bob")).run();
    output.success().says_nothing_of("master key");
    assert_eq!(secret_tool(&home, &["lookup"]), key);
    let status = oauth(&home, "unlocked", &["key", "status", "--json"]).success().json();
    assert_eq!(status["sealed"], 2);
}

#[test]
fn every_store_has_a_key_of_its_own_in_the_keyring() {
    let (one, other) = (connected_with_keyring(), home_at(shared()));
    let keyring = one.path().join("keyring");
    let in_one_keyring = |run: Run| with_keyring(&other, "unlocked", run).env("KEYRING_DIR", &keyring).run();
    in_one_keyring(init(&other, &NATIVE)).success();
    for home in [&one, &other] {
        in_one_keyring(home.oauth(["token", "op"])).success();
    }
    // Half of what this program prints goes to stderr.
    let search = one.command("secret-tool").args(["search", "--all", "application", "oauth-cli"]);
    let found = with_keyring(&one, "unlocked", search).run();
    let said = format!("{}{}", found.stdout, found.stderr);
    let mut stores: Vec<_> = said.lines().filter(|line| line.starts_with("attribute.store = ")).collect();
    stores.sort_unstable();
    stores.dedup();
    assert_eq!(stores.len(), 2, "{found}");
}

#[test]
fn a_locked_keyring_is_told_and_opens_nothing() {
    let home = connected_with_keyring();
    let locked = refused(&home, "locked", "keyring_locked");
    assert!(locked["hint"].as_str().is_some_and(|hint| hint.contains("unlock")), "{locked}");
    error(&oauth(&home, "locked", &["test", "--json"]), 6, "keyring_locked");
    let found = oauth(&home, "locked", &["doctor", "--json"]).fails(6).json();
    let keyring = found.as_array().and_then(|all| all.iter().find(|finding| finding["check"] == "keyring"));
    let keyring = keyring.expect("a finding");
    assert_eq!(keyring["error"]["code"], "keyring_locked");
    assert!(keyring["hint"].as_str().is_some_and(|hint| hint.starts_with("unlock the keyring")), "{keyring}");
    error(&oauth(&home, "locked", &["revoke", "op", "--json"]), 6, "keyring_locked");
    let status = oauth(&home, "locked", &["key", "status"]);
    status.fails(6).stdout_has(KEYRING);
    let before = list(&home);
    error(&with_keyring(&home, "locked", init(&home, &["--json"])).run(), 6, "keyring_locked");
    assert_eq!(list(&home), before);
    oauth(&home, "unlocked", &["token", "op"]).success().stderr_is("");
}

#[test]
fn a_keyring_that_is_not_there_is_told() {
    let home = connected_with_keyring();
    for situation in ["no-bus", "dead-bus", "no-service"] {
        refused(&home, situation, "keyring_unavailable");
    }
    oauth(&home, "unlocked", &["token", "op"]).success();
}

#[test]
fn a_key_that_is_gone_is_never_replaced_by_a_new_one() {
    let home = connected_with_keyring();
    secret_tool(&home, &["clear"]);
    refused(&home, "unlocked", "keyring_unavailable");
    error(&with_keyring(&home, "unlocked", init(&home, &["--json"])).run(), 6, "keyring_unavailable");
    let lookup = home.command("secret-tool").args(["lookup", "application", "oauth-cli"]);
    with_keyring(&home, "unlocked", lookup).run().fails(1).stdout_is("");
}

#[test]
fn another_key_in_the_environment_does_not_open_the_store() {
    let home = connected_with_keyring();
    let before = list(&home);
    let with_other = |args: &[&str]| home.oauth(args).env("OAUTH_MASTER_KEY", MASTER_KEY).run();
    error(&with_other(&["token", "op", "--json"]), 6, "wrong_master_key");
    error(&with_other(&["test", "--json"]), 6, "wrong_master_key");
    error(&with_other(&["revoke", "op", "--json"]), 6, "wrong_master_key");
    error(&init(&home, &["--json"]).run(), 6, "wrong_master_key");
    assert_eq!(list(&home), before);
    oauth(&home, "unlocked", &["token", "op"]).success();
}

/// The first login of a home fails before the browser is opened, and leaves nothing that is in the way of another key.
#[track_caller]
fn no_first_login(situation: &str, code: &str) -> Value {
    let home = home_at(shared());
    let page = home.path().join("page");
    let run = init(&home, &NATIVE).args(["--json"]).env("LOGIN_PAGE", &page);
    let output = with_keyring(&home, situation, run).run();
    let refused = error(&output, 6, code);
    output.says_nothing_of("/auth?");
    assert!(!page.exists(), "{situation}: a browser was opened");
    assert_eq!(list(&home), json!([]), "{situation}");
    init(&home, &NATIVE).run().success().stderr_has("lives in OAUTH_MASTER_KEY.\n");
    home.oauth(["token", "op"]).run().success();
    assert_eq!(home.oauth(["key", "status", "--json"]).run().success().json()["source"], "OAUTH_MASTER_KEY");
    refused
}

#[test]
fn the_first_login_without_a_keyring_tells_the_ways_out() {
    for situation in ["no-bus", "dead-bus", "no-service", "fresh"] {
        let refused = no_first_login(situation, "keyring_unavailable");
        let hint = refused["hint"].as_str().expect("a hint");
        for way in ["OAUTH_MASTER_KEY_FILE", "OAUTH_MASTER_KEY from", "OAUTH_MASTER_KEY_COMMAND", "oauth key generate"]
        {
            assert!(hint.contains(way), "{situation}: {hint}");
        }
    }
}

#[test]
fn the_first_login_with_a_locked_keyring_is_told() {
    no_first_login("locked", "keyring_locked");
}

#[test]
fn nobody_waits_for_a_prompt_that_is_never_answered() {
    no_first_login("hanging-prompt", "keyring_locked");
    refused(&connected_with_keyring(), "hanging-prompt", "keyring_locked");
}

#[test]
fn a_keyring_that_does_not_answer_is_not_waited_for_without_end() {
    no_first_login("stopped", "keyring_unavailable");
}

#[test]
fn a_stored_key_is_not_waited_for_without_end() {
    refused(&connected_with_keyring(), "stopped", "keyring_unavailable");
}

#[test]
fn a_key_from_the_environment_is_not_put_into_a_keyring() {
    let home = home_at(shared());
    let output = with_keyring(&home, "unlocked", init(&home, &NATIVE)).env("OAUTH_MASTER_KEY", MASTER_KEY).run();
    output.success().stderr_has("lives in OAUTH_MASTER_KEY.\n");
    let lookup = home.command("secret-tool").args(["lookup", "application", "oauth-cli"]);
    with_keyring(&home, "unlocked", lookup).run().fails(1).stdout_is("");
}

#[test]
fn a_key_from_the_environment_needs_no_keyring() {
    let home = connected(shared());
    let run = home.oauth(["token", "op"]).through([keyring_session().into_os_string(), "stopped".into()]);
    run.run().success().stderr_is("");
    let without = home.oauth(["token", "op", "--json"]).without_key().run();
    let refused = error(&without, 6, "keyring_unavailable");
    let hint = refused["hint"].as_str().expect("a hint");
    assert!(hint.starts_with("set OAUTH_MASTER_KEY to this store's key (ID "), "{hint}");
}

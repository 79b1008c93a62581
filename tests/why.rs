//! Why a login has ended: the likely cause is told beside what is certain, by every command that meets it.

use std::fs;

use serde_json::{Value, json};

use crate::backup::{export, import, token};
use crate::support::clock::later;
use crate::support::demo::{ALICE, CLIENT, DemoServer, age, store};
use crate::support::sandbox::{Home, Output};

/// A home whose provider is known to end logins like this, and what is done to the row before it ends.
fn ended(login_ends: &str, history: &str) -> (DemoServer, Home) {
    let (server, home) = DemoServer::connected();
    let entry = home.oauth_home().join("providers.d/demo.toml");
    let text = fs::read_to_string(&entry).expect("the entry");
    fs::write(&entry, format!("{text}\n[login_ends]\n{login_ends}\n")).expect("an entry that can be written");
    age(&home, 0);
    if !history.is_empty() {
        store(&home).execute(&format!("update credentials set {history}"), []).expect("the rows can be written");
    }
    server.revoke_all();
    (server, home)
}

/// What `token`, `test` and `doctor` say of it: all of them say the same.
#[track_caller]
fn told(home: &Home, cause: &str, next: &str) -> Output {
    let output = home.oauth(["token", "demo"]).run();
    output.fails(4).stderr_has("cause: the provider refused the refresh token (invalid_grant)");
    output.stderr_has(&format!("cause: likely {cause}")).stderr_has("hint: oauth init demo").stderr_has(next);
    let tested = home.oauth(["test", "demo", "--json"]).run();
    let error = tested.fails(4).json()[0]["error"].clone();
    assert_eq!(error["action"], "oauth init demo", "{error:#}");
    let (message, hint) = (error["message"].to_string(), error["hint"].to_string());
    assert!(message.contains(cause) && hint.contains(next), "{error:#}");
    let found = home.oauth(["doctor", "--json"]).run().success().json();
    let all = found.as_array().expect("a list");
    let own: &Value = all.iter().find(|finding| finding["check"] == "credentials").expect("a finding");
    assert!(own["detail"].to_string().contains(cause) && own["hint"].to_string().contains(next), "{own:#}");
    output
}

#[test]
fn a_login_that_came_of_age_names_the_rule_and_what_helps_against_it() {
    let rule = "after_days = 7\nwhen = 'it is a trial'\nnext = 'end the trial'\nunused_days = 180";
    let (_server, home) = ended(rule, "authorized_at = unixepoch() - 7 * 86400, last_refreshed_at = null");
    _ = told(&home, "its age of 7 days: demo ends a login after 7 days if it is a trial", "end the trial");
}

#[test]
fn a_login_that_was_refreshed_after_that_age_did_not_end_of_it() {
    let rule = "after_days = 7\nwhen = 'it is a trial'";
    let times = "authorized_at = unixepoch() - 40 * 86400, last_refreshed_at = unixepoch() - 86400";
    let (_server, home) = ended(rule, times);
    _ = told(&home, "it was revoked at the provider, by you", "oauth init").says_nothing_of("trial");
}

#[test]
fn a_login_that_nobody_used_says_for_how_long_and_how_it_is_kept_in_use() {
    let times = "authorized_at = unixepoch() - 400 * 86400, last_refreshed_at = unixepoch() - 200 * 86400";
    let (_server, home) = ended("unused_days = 180", times);
    _ = told(&home, "it was not refreshed for 200 days: demo ends a login after 180 days", "oauth schedule");
    // A timer looks at one tenant.
    home.oauth(["tenant", "rename", "default", "my team"]).run().success();
    let timer = "keep it in use with a timer: oauth --tenant 'my team' schedule\n";
    home.oauth(["--tenant", "my team", "token", "demo"]).run().fails(4).stderr_has(timer);
    home.oauth(["doctor"]).run().success().stderr_has(timer);
}

#[test]
fn a_password_change_is_thought_of_where_the_granted_scopes_make_it_matter() {
    for (scopes, thought_of) in [("['ema']", true), ("['https://mail.']", false), ("[]", true)] {
        let rule = format!("password_change = true\npassword_change_scopes = {scopes}");
        let (_server, home) = ended(&rule, "");
        let output = told(&home, "it was revoked at the provider", "oauth init");
        assert_eq!(output.stderr.contains("password"), thought_of, "{scopes}: {output}");
    }
}

#[test]
fn a_clock_that_was_put_back_since_the_last_success_is_pointed_out() {
    let (server, home) = DemoServer::connected();
    // The clock was a day ahead when it was refreshed.
    later(home.oauth(["token", "demo", "--refresh"]), 86_400).run().success();
    server.revoke_all();
    age(&home, 0);
    _ = told(&home, "the clock of this machine: it was put back by 86", "timedatectl set-ntp true");
}

/// ALICE in two tenants, at a provider that is known to end logins like this.
fn twice(entry: &str) -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let path = home.oauth_home().join("providers.d/demo.toml");
    let text = fs::read_to_string(&path).expect("the entry");
    fs::write(&path, format!("{entry}\n{text}")).expect("an entry that can be written");
    server.login(&home, "demo", ALICE);
    again(&server, &home);
    (server, home)
}

/// ALICE once more, in another tenant.
fn again(server: &DemoServer, home: &Home) {
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant", "work"]);
    server.sign_in(init, ALICE).success();
}

#[test]
fn a_login_that_another_ones_revocation_has_ended_names_the_command_that_did_it() {
    let (server, home) = twice("revocation_ends_grant = true");
    let revoked = home.oauth(["revoke", "demo", "--tenant", "work"]).run();
    revoked.success();
    // The server does what such a provider does.
    server.revoke_all();
    age(&home, 0);
    let cause = "`oauth revoke demo alice@example.test` in tenant work at ";
    _ = told(&home, cause, "oauth init demo");

    // Where a provider ends the one login alone, the other's end has another cause.
    let (server, home) = twice("");
    home.oauth(["revoke", "demo", "--tenant", "work"]).run().success();
    server.revoke_all();
    age(&home, 0);
    _ = told(&home, "it was revoked at the provider", "oauth init demo").says_nothing_of("in tenant work");
}

#[test]
fn a_login_that_later_ones_have_pushed_out_says_how_many_may_live_at_once() {
    for (limit, likely) in [(2, "2 later logins of the same account: demo lets 2 live"), (3, "it was revoked")] {
        let (server, home) = twice("");
        again(&server, &home);
        let path = home.oauth_home().join("providers.d/demo.toml");
        let text = fs::read_to_string(&path).expect("the entry");
        fs::write(&path, format!("{text}\n[login_ends]\nlogins = {limit}\n")).expect("an entry that can be written");
        server.revoke_all();
        age(&home, 0);
        _ = told(&home, likely, "oauth init demo");
    }
}

#[test]
fn a_login_of_which_a_copy_was_exported_names_the_export() {
    let (_server, home) = DemoServer::connected();
    let (made, there) = (export(&home, &[]), Home::new());
    import(&there, &made, &["--take-over"]).success();
    token(&there, &["--refresh"]);
    age(&home, 0);
    let cause = "another copy of it: it was exported at 20";
    _ = told(&home, cause, "oauth init").says_nothing_of("revoked at the provider");

    // A copy of the login before, or of a refresh token that stays as it is, ends nothing.
    let (server, home) = DemoServer::connected();
    export(&home, &[]);
    store(&home).execute("update credentials set authorized_at = unixepoch() + 60", []).expect("a change");
    server.revoke_all();
    age(&home, 0);
    _ = told(&home, "it was revoked at the provider", "oauth init").says_nothing_of("exported");
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    token(&home, &["--refresh"]);
    export(&home, &[]);
    server.revoke_all();
    age(&home, 0);
    _ = told(&home, "it was revoked at the provider", "oauth init").says_nothing_of("exported");
}

#[test]
fn a_login_without_a_refresh_token_ends_of_not_being_used() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let path = home.oauth_home().join("providers.d/demo.toml");
    let text = fs::read_to_string(&path).expect("the entry");
    fs::write(&path, format!("{text}\n[login_ends]\nunused_days = 365\n")).expect("an entry that can be written");
    let token = home.oauth(["import", "demo", "work", "--token-stdin"]).stdin("not-a-token-of-the-server");
    token.run().success();
    let times = "authorized_at = unixepoch() - 800 * 86400, last_used_at = unixepoch() - 400 * 86400";
    store(&home).execute(&format!("update credentials set {times}"), []).expect("the rows can be written");
    let output = home.oauth(["test", "demo", "--json"]).run();
    let error = output.fails(4).json()[0]["error"].clone();
    let cause = "it was not used for 400 days: demo ends a login after 365 days without use";
    assert!(error["message"].as_str().is_some_and(|words| words.contains(cause)), "{error:#}");
}

#[test]
fn a_refusal_after_a_lost_answer_is_laid_to_it() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!("lose"));
    home.oauth(["token", "demo", "--refresh"]).run().fails(5);
    server.mend();
    age(&home, 0);
    _ = told(
        &home,
        "the lost answer: the provider had replaced the token, and takes the old one no more",
        "oauth init",
    );
}

#[test]
fn a_provider_that_ends_the_whole_login_over_a_spent_token_is_said_to_do_so() {
    let (server, home) = twice("refresh_policy = 'strict'");
    server.break_token_endpoint(&json!("lose"));
    home.oauth(["token", "demo", "--refresh"]).run().fails(5);
    server.mend();
    age(&home, 0);
    _ = told(
        &home,
        "the lost answer: the provider had replaced the token, and ends a login whose old token",
        "oauth init",
    );
}

#[test]
fn a_credential_that_can_still_be_used_has_no_cause_of_death() {
    let (_server, home) = DemoServer::connected();
    age(&home, 0);
    let output = home.oauth(["test", "demo", "--min-valid", "1h"]).run();
    output.success().says_nothing_of("likely");
    home.oauth(["revoke", "demo", "--local"]).run().success();
    home.oauth(["token", "demo", ALICE]).run().fails(4).says_nothing_of("likely");
}

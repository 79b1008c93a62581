//! Why a login has ended: the likely cause is told beside what is certain, by every command that meets it.

use std::fs;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, DemoServer, age, store};
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
    let (_server, home) = ended("", "");
    // Two failures: the clock was a day ahead at the first one.
    let sql = "insert into events (at, event, credential, tenant, provider, account, program, outcome)
               select unixepoch() + 86400, 'refresh_failed', id, tenant, provider, account, '', 'unreachable'
               from credentials";
    store(&home).execute(sql, []).expect("an event");
    told_without_doctor(&home, "the clock of this machine: it was put back by", "timedatectl set-ntp true");
}

/// The record of this one was forged, which `doctor` says with an exit code of its own.
#[track_caller]
fn told_without_doctor(home: &Home, cause: &str, next: &str) {
    let output = home.oauth(["token", "demo"]).run();
    output.fails(4).stderr_has(&format!("cause: likely {cause}")).stderr_has(next);
}

#[test]
fn a_refusal_after_a_lost_answer_is_laid_to_it() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!("lose"));
    home.oauth(["token", "demo", "--refresh"]).run().fails(5);
    server.mend();
    age(&home, 0);
    _ = told(&home, "the lost answer: the provider had replaced the token", "oauth init");
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

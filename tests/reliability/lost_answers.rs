//! The server has replaced the refresh token, and its answer is lost on the way.

use serde_json::json;

use super::{assert_orderly, assert_whole, connected, living_token};
use crate::support::demo::{ALICE, age, store};
use crate::support::length::{Length, figures};
use crate::support::sandbox::Home;

/// Every second answer is lost.
fn lose_every_second() -> serde_json::Value {
    json!({"faults": [{"endpoint": "token", "every": 2, "do": "lose"}]})
}

/// What is written down of whether the server takes a token again.
fn learnt(home: &Home) -> Option<String> {
    store(home).query_row("select replay from habits", [], |row| row.get(0)).expect("a server that was met")
}

#[test]
fn where_the_server_forgives_for_five_seconds_nothing_is_lost() {
    let refreshes = Length::of(10, 300);
    let (server, home) = connected(5000);
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(learnt(&home), None, "nothing was lost, nothing is known");
    server.behave(&lose_every_second());
    let (mut lost, mut most) = (0, 0);
    for _ in 0..refreshes {
        let before = server.count("grants/refresh_token");
        if living_token(&server, &home, &["--refresh"]).is_none() {
            lost += 1;
            server.mend();
            server.login(&home, "demo", ALICE);
            server.behave(&lose_every_second());
        }
        most = most.max(server.count("grants/refresh_token") - before);
    }
    let again = server.count("spent_accepted");
    figures(
        &format!("{refreshes} refreshes, 1 of 2 answers lost, 5 s grace"),
        &[("lost", &lost), ("asked again", &again), ("requests a refresh, at most", &most)],
    );
    assert_eq!(lost, 0);
    assert!(again > 0 && most <= 2, "{again} asked again, {most} requests for one refresh");
    assert_eq!(learnt(&home).as_deref(), Some("taken"));
    assert_whole(&home);
}

/// A strict server has ended the login: what is left is to say so, and to serve what still lives.
#[test]
fn where_the_server_forgives_nothing_the_cause_is_told_after_two_requests() {
    let refreshes = Length::of(5, 100);
    let (server, home) = connected(0);
    let (mut told, mut most) = (0, 0);
    for _ in 0..refreshes {
        server.behave(&json!({"faults": [{"endpoint": "token", "next": 1, "do": "lose"}]}));
        let before = server.count("grants/refresh_token");
        age(&home, 0);
        let output = home.oauth(["token", "demo"]).run();
        assert_orderly(&output);
        output.fails(4).stderr_has("was lost, and the provider may have replaced the token then");
        told += 1;
        // Asking again asks nobody.
        home.oauth(["token", "demo"]).run().fails(4).stderr_has("was lost");
        most = most.max(server.count("grants/refresh_token") - before);
        server.login(&home, "demo", ALICE);
    }
    figures(
        &format!("{refreshes} refreshes, the answer lost, no grace"),
        &[("cause told", &told), ("requests a refresh, at most", &most)],
    );
    assert!(most <= 2, "{most} requests for one refresh");
    assert_eq!(learnt(&home).as_deref(), Some("refused"));
    assert_whole(&home);
}

/// The access token that still lives is served while the refresh is in doubt.
#[test]
fn a_token_that_still_lives_is_served_whatever_became_of_the_refresh() {
    let refreshes = Length::of(5, 100);
    let (server, home) = connected(0);
    let (mut served, mut requests) = (0, 0);
    for _ in 0..refreshes {
        let old = home.oauth(["token", "demo"]).run().success().stdout.clone();
        age(&home, 200);
        server.behave(&json!({"faults": [{"endpoint": "token", "next": 1, "do": "drop"}]}));
        let before = server.count("grants/refresh_token");
        server.break_token_endpoint(&json!("drop"));
        let output = home.oauth(["token", "demo"]).run();
        output.success().stdout_is(&old).stderr_has("warning: ");
        served += 1;
        requests = requests.max(server.count("grants/refresh_token") - before);
        server.mend();
        living_token(&server, &home, &["--refresh"]).expect("nothing was lost");
    }
    figures(
        &format!("{refreshes} refreshes cut off, the token still lives"),
        &[("served", &served), ("requests, at most", &requests), ("lost", &0)],
    );
    assert_eq!(server.count("reuse_detections"), 0);
}

/// An answer that cannot be read may have been the one with the new token; a refusal of the request cannot.
#[test]
fn what_was_in_doubt_is_told_by_the_refusal_that_follows_and_nothing_else_is() {
    let page = json!({"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Welcome</html>"});
    let no = json!({"status": 400, "body": r#"{"error":"invalid_scope"}"#});
    for (first, exit, doubtful) in [(page, 5, true), (no, 4, false)] {
        let (server, home) = connected(0);
        age(&home, 0);
        server.break_token_endpoint(&json!({"answer": first}));
        home.oauth(["token", "demo"]).run().fails(exit);
        server.break_token_endpoint(&json!({"answer": {"status": 400, "body": r#"{"error":"invalid_grant"}"#}}));
        let output = home.oauth(["token", "demo"]).run();
        assert_eq!(output.fails(4).stderr.contains("was lost"), doubtful, "{}", output.stderr);
    }
}

/// Whoever was told to wait is not asked again before, and is asked then.
#[test]
fn a_wish_not_to_be_asked_is_obeyed_and_ends() {
    let (server, home) = connected(0);
    for (wait, asked_again) in [("300", false), ("0", true)] {
        age(&home, 0);
        server.break_token_endpoint(&json!({"answer": {"status": 429, "headers": {"Retry-After": wait}}}));
        home.oauth(["token", "demo"]).run().fails(5);
        let before = server.count("grants/refresh_token");
        server.mend();
        let again = home.oauth(["token", "demo"]).run();
        assert_eq!((again.code == Some(0), server.count("grants/refresh_token") > before), (asked_again, asked_again));
        server.login(&home, "demo", ALICE);
    }
}

/// That an earlier answer is in doubt is no reason to ask sooner.
#[test]
fn a_wish_not_to_be_asked_is_obeyed_while_an_earlier_answer_is_in_doubt_too() {
    let (server, home) = connected(0);
    age(&home, 0);
    let page = json!({"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Welcome</html>"});
    server.break_token_endpoint(&json!({"answer": page}));
    home.oauth(["token", "demo"]).run().fails(5);
    server.break_token_endpoint(&json!({"answer": {"status": 429, "headers": {"Retry-After": "300"}}}));
    home.oauth(["token", "demo"]).run().fails(5);
    let before = server.count("requests/token");
    home.oauth(["token", "demo"]).run().fails(5);
    assert_eq!(server.count("requests/token"), before, "nothing was sent");
}

/// A refresh may take longer than the token lives which would be served instead.
#[test]
fn a_token_that_dies_while_its_refresh_fails_is_not_served() {
    let (server, home) = connected(0);
    age(&home, 2);
    server.behave(&json!({"latency_ms": {"token": 3000}}));
    server.break_token_endpoint(&json!({"answer": {"status": 503}}));
    home.oauth(["token", "demo"]).run().fails(5).stdout_is("");
}

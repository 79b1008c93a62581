//! However many ask at once, a refresh token is sent once.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::json;

use crate::support::demo::{ALICE, DemoServer, age};
use crate::support::length::{Length, figures};
use crate::support::sandbox::{Background, Home, Output, Run};

/// How long the server takes for an answer, so that all have asked before it is there. It decides nothing.
const LATENCY: u64 = 1500;

/// Starts all of them, then waits for all. Gives what they printed, and the seconds from the first start to the last
/// end.
#[track_caller]
fn herd(runs: impl Iterator<Item = Run>) -> (Vec<Output>, f64) {
    let start = Instant::now();
    let running: Vec<_> = runs.map(Run::spawn).collect();
    let outputs: Vec<_> = running.into_iter().map(Background::finish).collect();
    let took = start.elapsed().as_secs_f64();
    for output in &outputs {
        output.success().stderr_is("");
    }
    (outputs, took)
}

fn different(outputs: &[Output]) -> usize {
    outputs.iter().map(|output| output.stdout.as_str()).collect::<BTreeSet<_>>().len()
}

#[test]
fn one_expired_token_is_refreshed_once_for_all() {
    let processes = Length::of(100, 1000);
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    server.behave(&json!({"latency_ms": {"token": LATENCY}}));
    let (outputs, took) = herd((0..processes).map(|_| home.oauth(["token", "demo"])));
    let (requests, tokens) = (server.count("grants/refresh_token"), different(&outputs));
    figures(
        &format!("{processes} processes, one expired token"),
        &[("requests", &requests), ("different tokens", &tokens), ("errors", &0), ("seconds", &format!("{took:.1}"))],
    );
    assert_eq!((requests, tokens, server.count("reuse_detections")), (1, 1, 0));
}

#[test]
fn every_one_of_many_credentials_is_refreshed_once() {
    let (credentials, askers) = (Length::of(10, 50), 20);
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let accounts: Vec<_> = (0..credentials).map(|at| format!("account{at}@example.test")).collect();
    for account in &accounts {
        server.login(&home, "demo", account);
    }
    age(&home, 0);
    server.behave(&json!({"latency_ms": {"token": LATENCY}}));
    let asking = accounts.iter().cycle().take(credentials * askers);
    let (outputs, took) = herd(asking.map(|account| home.oauth(["token", "demo", account])));
    let (requests, tokens) = (server.count("grants/refresh_token"), different(&outputs));
    figures(
        &format!("{credentials} expired credentials × {askers} processes"),
        &[("requests", &requests), ("different tokens", &tokens), ("errors", &0), ("seconds", &format!("{took:.1}"))],
    );
    assert_eq!((requests, tokens, server.count("reuse_detections")), (credentials as u64, credentials, 0));
}

/// A forced refresh must give a token that is newer than the one its asker saw. Those who ask while one is under way
/// share it.
#[test]
fn those_who_force_a_refresh_at_once_share_what_is_newer() {
    let processes = Length::of(40, 400);
    let (server, home) = DemoServer::connected();
    let old = home.oauth(["token", "demo", ALICE]).run().success().stdout.clone();
    server.behave(&json!({"latency_ms": {"token": LATENCY}}));
    let (outputs, took) = herd((0..processes).map(|_| home.oauth(["token", "demo", "--refresh"])));
    let (requests, tokens) = (server.count("grants/refresh_token"), different(&outputs));
    figures(
        &format!("{processes} processes, each forces a refresh"),
        &[("requests", &requests), ("different tokens", &tokens), ("errors", &0), ("seconds", &format!("{took:.1}"))],
    );
    assert!(outputs.iter().all(|output| output.stdout != old), "somebody got the old token");
    assert!(requests < processes as u64 && tokens as u64 <= requests, "{requests} requests, {tokens} tokens");
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (requests, 0));
}

//! What was given of a client, and a login that fails: nobody types it twice, and nothing wrong is kept.

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer};
use crate::support::sandbox::{Home, Output, Run, Signal};

const BOB: &str = "bob@example.test";
const SAID: &str = "What was given of the client is kept; to give another one: --client-id ID";

fn known() -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    (server, home)
}

/// A first login, with a secret.
fn init(home: &Home, args: &[&str]) -> Run {
    let run = home.oauth(["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]).args(args);
    run.stdin(CONFIDENTIAL_SECRET)
}

fn clients(home: &Home) -> Value {
    home.oauth(["client", "list", "--json"]).run().success().json()
}

#[track_caller]
fn is_kept(server: &DemoServer, home: &Home, failed: &Output) {
    failed.stderr_has(SAID);
    let kept = clients(home);
    assert_eq!(
        (&kept[0]["client_id"], &kept[0]["has_secret"], &kept[0]["default"]),
        (&json!(CONFIDENTIAL_CLIENT), &json!(true), &json!(true)),
        "{failed}"
    );
    server.mend();
    server.sign_in(home.oauth(["init", "demo"]), ALICE).success();
    assert_eq!(clients(home).as_array().map(Vec::len), Some(1));
}

#[track_caller]
fn is_not_kept(home: &Home, failed: &Output) {
    failed.says_nothing_of("is kept");
    assert_eq!(clients(home), json!([]), "{failed}");
}

#[test]
fn a_client_is_kept_when_a_login_fails_for_another_reason() {
    let refused = |server: &DemoServer, home: &Home| {
        let failed = server.refuse(init(home, &[]));
        failed.fails(4);
        failed
    };
    let in_time = |_: &DemoServer, home: &Home| {
        let failed = init(home, &["--no-browser", "--timeout", "1s"]).run();
        failed.fails(4);
        failed
    };
    let code_over = |_: &DemoServer, home: &Home| {
        let failed = init(home, &["--flow", "device", "--timeout", "1s"]).run();
        failed.fails(4);
        failed
    };
    let somebody_else = |server: &DemoServer, home: &Home| {
        let failed = server.sign_in(init(home, &[ALICE]), BOB);
        failed.fails(7);
        failed
    };
    let trouble = |server: &DemoServer, home: &Home| {
        server.break_token_endpoint(&json!({"answer": {"status": 502}}));
        let failed = server.sign_in(init(home, &[]), ALICE);
        failed.fails(5);
        failed
    };
    let ways: [fn(&DemoServer, &Home) -> Output; 5] = [refused, in_time, code_over, somebody_else, trouble];
    for way in ways {
        let (server, home) = known();
        let failed = way(&server, &home);
        is_kept(&server, &home, &failed);
    }
}

#[test]
fn a_client_that_is_refused_or_mistyped_is_not_kept() {
    let (server, home) = known();
    let wrong = home.oauth(["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    let failed = server.sign_in(wrong.stdin("canary-mistyped"), ALICE);
    is_not_kept(&home, failed.fails(2));
    // An answer that is none, as from a server that does not know the client.
    let page = json!({"status": 404, "content_type": "text/html", "body": "<p>Not found</p>"});
    server.behave(&json!({"faults": [{"endpoint": "device_authorization", "do": {"answer": page}}]}));
    let failed = init(&home, &["--flow", "device"]).run();
    is_not_kept(&home, failed.fails(5));
    server.mend();
    let mut running = init(&home, &["--no-browser"]).spawn();
    running.wait_for_stderr("Ctrl-C stops.");
    running.signal(Signal::INT);
    let interrupted = running.finish();
    is_not_kept(&home, interrupted.fails(130).stderr_has("nothing was stored"));
}

#[test]
fn a_login_that_fails_leaves_the_client_that_is_kept_alone() {
    let (server, home) = DemoServer::connected();
    let before = clients(&home);
    let failed = server.refuse(init(&home, &[]));
    failed.fails(4).says_nothing_of("is kept");
    assert_eq!(clients(&home), before);
    assert_eq!(before[0]["client_id"], CLIENT);
}

#[test]
fn a_client_without_the_device_flow_is_told_where_to_allow_it() {
    let (server, home) = known();
    let refusal = json!({"status": 400, "body": r#"{"error":"device_flow_disabled"}"#});
    server.behave(&json!({"faults": [{"endpoint": "device_authorization", "do": {"answer": refusal}}]}));
    let failed = init(&home, &["--flow", "device"]).run();
    failed.fails(2).stderr_has("hint: enable the device flow where the client is registered, and try again");
    is_kept(&server, &home, &failed);
    for provider in ["github", "github-app", "github-enterprise"] {
        let shown = home.oauth(["provider", "show", provider]).run();
        shown.success().stdout_has("For a login without a browser: tick Enable Device Flow");
    }
}

//! The harder ways in, against the certified server: device flow, pushed requests, proofs of possession, registration.

use serde_json::{Value, json};

use crate::real_server::{home_at, init, owner, token};
use crate::support::http;
use crate::support::json as parse;
use crate::support::real::{Server, login};
use crate::support::sandbox::{Background, Home};

const MACHINE: &str = "machine-secret-6a1f0c9d3e7b";

fn with(features: &str) -> Server {
    Server::start_with([("OIDC_FEATURES", features)])
}

/// Lets the access token of every credential of the home pass away.
fn expire(home: &Home) {
    crate::support::demo::age(home, 0);
}

/// A device flow that waits, and the page at which it is agreed to.
fn device_flow(home: &Home) -> (Background, String) {
    let words = ["init", "op", "--flow", "device", "--json", "--client-id", "cli-native"];
    let mut running = home.oauth(words).spawn();
    let said = running.wait_for_stderr("}}\n");
    let told = parse(said.lines().find(|line| line.contains("verification_uri_complete")).expect("a line"));
    let page = told["device"]["verification_uri_complete"].as_str().expect("a page").to_owned();
    (running, page)
}

#[test]
fn a_code_typed_at_the_server_connects_an_account() {
    let server = with("device");
    let home = home_at(&server);
    let (running, page) = device_flow(&home);
    home.command(login()).args([&page]).run().success();
    let own = running.finish().success().json();
    assert_eq!(own["account"], "alice@example.test");
    expire(&home);
    assert_eq!(owner(&server, &token(&home, &[])).as_deref(), Some("alice"));
}

#[test]
fn a_person_who_refuses_the_code_connects_nothing() {
    let server = with("device");
    let home = home_at(&server);
    let (running, page) = device_flow(&home);
    // The page a refusal ends at has no redirect to follow, which is no success for the script.
    let _ = home.command(login()).args([&page]).env("LOGIN_DENY", "1").run();
    let output = running.finish();
    output.fails(4).stderr_has("access_denied");
}

#[test]
fn a_request_is_pushed_where_the_server_takes_that() {
    let server = with("par");
    let home = home_at(&server);
    let output = init(&home, &["--client-id", "cli-par"]).run();
    output.success().stderr_has("request_uri=urn").says_nothing_of("code_challenge");
    assert_eq!(server.count("requests/pushed_authorization_request"), 1);
    expire(&home);
    assert_eq!(owner(&server, &token(&home, &[])).as_deref(), Some("alice"));
}

/// What `token --format header` says for a GET of `url`.
fn headers(home: &Home, url: &str, nonce: &[&str]) -> Vec<(String, String)> {
    let output = home.oauth(["token", "op", "--format", "header", "--url", url]).args(nonce.iter().copied()).run();
    let lines = output.success().stdout.lines();
    lines.map(|line| line.split_once(": ").expect("a header")).map(|(a, b)| (a.into(), b.into())).collect()
}

fn ask(url: &str, headers: &[(String, String)]) -> http::Response {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    http::send("GET", url, &headers, "")
}

#[test]
fn tokens_are_bound_to_a_key_and_go_with_a_proof() {
    let server = with("dpop,nonce");
    let home = home_at(&server);
    let own = init(&home, &["--client-id", "cli-dpop", "--dpop", "--json"]).run().success().json();
    assert_eq!((&own["token_type"], &own["account"]), (&json!("DPoP"), &json!("alice@example.test")));
    expire(&home);
    home.oauth(["token", "op", "--format", "header"]).run().fails(2).stderr_has("--url");
    let me = format!("{}/me", server.issuer());
    let first = ask(&me, &headers(&home, &me, &[]));
    assert_eq!(first.status, 401, "a nonce is wanted");
    let nonce = first.header("dpop-nonce").expect("a nonce").to_owned();
    let good = headers(&home, &me, &["--nonce", &nonce]);
    assert!(good[0].1.starts_with("DPoP "), "{}", good[0].0);
    let answer = ask(&me, &good);
    assert_eq!((answer.status, &parse(&answer.body)["sub"]), (200, &json!("alice")));
    let stolen = [(good[0].0.clone(), good[0].1.replace("DPoP ", "Bearer "))];
    assert_eq!(ask(&me, &stolen).status, 401, "the token alone opens nothing");
    home.oauth(["test", "op"]).run().success().stdout_has("the provider knows the token");
    home.oauth(["revoke", "op"]).run().success();
}

#[test]
fn a_program_registers_itself_and_is_known_from_then_on() {
    let server = with("registration,device,par");
    let home = Home::new();
    let connect = || home.oauth(["init", server.issuer(), "--json"]).env("BROWSER", login()).run();
    let own: Value = connect().success().json();
    assert_eq!(own["account"], "alice@example.test");
    let id = own["client_id"].clone();
    expire(&home);
    let output = home.oauth(["token", server.issuer()]).run();
    assert_eq!(owner(&server, output.success().stdout.trim()).as_deref(), Some("alice"));
    assert_eq!(connect().success().json()["client_id"], id);
    assert_eq!(server.count("requests/registration"), 1);
}

#[test]
fn a_machine_needs_no_browser_at_all() {
    let server = with("credentials");
    let home = home_at(&server);
    let words = ["init", "op", "--flow", "client-credentials", "--client-id", "svc", "--client-secret-stdin", "--json"];
    let own = home.oauth(words).stdin(MACHINE).run().success().json();
    assert_eq!((&own["kind"], &own["account"]), (&json!("machine"), &json!("svc")));
    let first = token(&home, &[]);
    expire(&home);
    assert_ne!(token(&home, &[]), first);
    assert_eq!(server.count("token_successes/client_credentials"), 2);
}

// --- A server made with the official SDK of MCP -----------------------------------------------------------------------

/// Calls the guarded address with a token.
fn call(url: &str, token: &str) -> http::Response {
    let bearer = format!("Bearer {}", token.trim());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    http::post(url, &headers, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
}

#[test]
fn an_mcp_server_is_connected_by_its_address() {
    let server = Server::start_mcp();
    let (url, home) = (server.issuer(), Home::new());
    let counters = || {
        let origin = url.trim_end_matches("/mcp");
        parse(&http::get(&format!("{origin}/counters")).body)
    };
    let report = home.oauth(["provider", "discover", url]).run();
    report.success().stdout_has("the challenge names").stdout_has("RFC 9728 3.3");
    let connect = |more: &[&str]| {
        let init = home.oauth(["init", url, "--json"]).args(more.iter().copied());
        init.env("BROWSER", login()).run().success().json()
    };
    let own = connect(&[]);
    assert_eq!((&own["provider"], &own["scopes"]), (&json!(url), &json!(["mcp:read"])));
    let first = home.oauth(["token", url]).run().success().stdout.clone();
    assert_eq!(call(url, &first).status, 200);
    expire(&home);
    let second = home.oauth(["token", url]).run().success().stdout.clone();
    assert_ne!(first, second);
    assert_eq!(call(url, &second).status, 200, "it is for this resource still");
    let wider = connect(&["default", "--add-scope", "mcp:write"]);
    assert_eq!(wider["scopes"], json!(["mcp:read", "mcp:write"]), "what was granted and what is added");
    let told = counters();
    assert_eq!((&told["registrations"], &told["codes"], &told["refreshes"]), (&json!(1), &json!(2), &json!(1)));
    let last = home.oauth(["token", url]).run().success().stdout.clone();
    home.oauth(["revoke", url]).run().success();
    assert_eq!(call(url, &last).status, 401);
}

//! A: what else can come to the listener of a login, seen from outside. Its single requests are tested where it is built.

use super::*;
use crate::support::demo::{parameter, visit};
use crate::support::http;

/// A login that waits, the address its person is sent to, and what the server would send the browser to.
fn waiting(server: &DemoServer, home: &Home) -> (crate::support::sandbox::Background, String) {
    let mut running = init(home).args(["--no-browser"]).spawn();
    let url = server.authorization_url(&mut running);
    let redirect = server.redirect(&url, ALICE, true);
    (running, redirect)
}

/// A9, A10: the words of a refusal come from a stranger.
#[test]
fn words_of_a_refusal_cannot_act_on_the_terminal_and_open_nothing() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let words = "%1b[2J%1b]52;c;AAAA%07%1b]8;;http://evil%07x%0d%0a%c2%9b31m%e2%80%ae";
    let long = format!("{words}{}", "y".repeat(8000));
    for json in [false, true] {
        let run = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]);
        let mut running = if json { run.args(["--json"]) } else { run }.spawn();
        let url = server.authorization_url(&mut running);
        let (to, state) = (parameter(&url, "redirect_uri"), parameter(&url, "state"));
        let (to, state) = (to.expect("a redirect URI"), state.expect("a state"));
        let issuer = server.issuer().replace(':', "%3A").replace('/', "%2F");
        let more = "error_uri=javascript:alert(1)";
        let query = format!("error=access_denied&error_description={long}&{more}&state={state}&iss={issuer}");
        let page = visit(&format!("{to}?{query}"));
        assert!(!page.body.contains("yyy") && !page.body.contains("javascript"), "{page:?}");
        let output = running.finish();
        output.fails(4).stdout_is("").says_nothing_of("javascript");
        let told = output.stderr.rsplit_once("Ctrl-C stops.\n").map_or(output.stderr.as_str(), |(_, told)| told);
        assert!(!acts(told) && told.len() < 1200, "{told:?}");
    }
    nothing_connected(&home);
}

/// A25, A26: the right answer counts once, however often it comes.
#[test]
fn an_answer_that_comes_often_is_redeemed_once() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let (running, redirect) = waiting(&server, &home);
    let visits: Vec<_> = (0..8)
        .map(|_| {
            let redirect = redirect.clone();
            // The last ones may find the listener gone.
            std::thread::spawn(move || std::panic::catch_unwind(|| http::get(&redirect).status).unwrap_or(410))
        })
        .collect();
    let mut statuses: Vec<_> = visits.into_iter().map(|visit| visit.join().expect("a status")).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (303, &[410; 7][..]));
    running.finish().success();
    assert_eq!(server.count("grants/authorization_code"), 1);
}

/// A33: long codes and odd characters arrive as they were sent.
#[test]
fn a_state_of_another_login_does_not_fit_and_harms_neither() {
    let server = DemoServer::start(["--expire", "3600"]);
    let (one, other) = (acquainted(&server), acquainted(&server));
    let ((first, to_first), (second, to_second)) = (waiting(&server, &one), waiting(&server, &other));
    let query = |url: &str| url.split_once('?').map(|(_, query)| query.to_owned()).expect("a query");
    let base = |url: &str| url.split_once('?').map(|(base, _)| base.to_owned()).expect("an address");
    let crossed = [(&to_first, &to_second), (&to_second, &to_first)];
    for (to, from) in crossed {
        assert_eq!(http::get(&format!("{}?{}", base(to), query(from))).status, 400);
    }
    visit(&to_second);
    second.finish().success();
    visit(&to_first);
    first.finish().success();
    assert_eq!(server.count("grants/authorization_code"), 2);
}

/// A40: a code that somebody else has seen is worth nothing without what was never sent to the browser.
#[test]
fn a_stolen_code_cannot_be_redeemed() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let (running, redirect) = waiting(&server, &home);
    let code = parameter(&redirect, "code").expect("a code");
    let to = redirect.split_once('?').expect("a query").0.replace(':', "%3A").replace('/', "%2F");
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for verifier in ["", "&code_verifier=", &format!("&code_verifier={}", "x".repeat(43))] {
        let body = format!("grant_type=authorization_code&client_id={CLIENT}&code={code}&redirect_uri={to}{verifier}");
        let answer = http::post(&format!("{}/token", server.issuer()), &form, &body);
        assert!(answer.status == 400 && !answer.body.contains("access_token"), "{answer:?}");
    }
    drop(running);
    nothing_connected(&home);
}

/// A42: PKCE is S256, whatever the metadata says.
#[test]
fn a_server_that_knows_less_of_pkce_gets_s256_all_the_same() {
    let server = DemoServer::start(["--expire", "3600"]);
    for methods in [json!(["plain"]), json!([]), Value::Null, json!("S256")] {
        let at = |path: &str| format!("{}{path}", server.issuer());
        let document = json!({
            "issuer": server.issuer(), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
            "code_challenge_methods_supported": methods,
        });
        let canned = json!({"answer": {"status": 200, "body": document.to_string()}});
        server.behave(&json!({"faults": [{"endpoint": "metadata", "do": canned}]}));
        let home = acquainted(&server);
        let mut running = init(&home).args(["--no-browser"]).spawn();
        let url = server.authorization_url(&mut running);
        assert_eq!(parameter(&url, "code_challenge_method").as_deref(), Some("S256"));
        assert_eq!(parameter(&url, "code_challenge").map(|challenge| challenge.len()), Some(43));
    }
}

/// A43: a browser that cannot be started leaves the address, on a line of its own.
#[test]
fn without_a_browser_that_starts_the_address_is_there_to_be_visited() {
    let server = DemoServer::start(["--expire", "3600"]);
    for browser in ["/nonexistent/browser", "/bin/false", "/"] {
        let home = acquainted(&server);
        let mut running = init(&home).env("BROWSER", browser).env("PATH", "/nonexistent").spawn();
        let url = server.authorization_url(&mut running);
        visit(&server.redirect(&url, ALICE, true));
        let output = running.finish();
        output.success();
        assert!(output.stderr.lines().any(|line| line == url), "{output}");
    }
}

//! `test --capabilities`: what a token may do is tried, and told beside the scopes it has.

use std::fs;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, DemoServer, age};
use crate::support::origin::{Origin, answer};
use crate::support::sandbox::Home;

/// ALICE at `demo`, whose entry lists these requests, and whose API is the server itself and the hosts besides.
fn connected(capabilities: &[&str], hosts: &[&str]) -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let mut add = home.oauth(["provider", "add", "demo", "--issuer", server.issuer(), "--scope", "openid,email"]);
    for line in capabilities {
        add = add.args(["--capability", line]);
    }
    for host in hosts {
        add = add.args(["--api-host", host]);
    }
    add.run().success();
    server.login(&home, "demo", ALICE);
    (server, home)
}

/// The JSON object of the only credential.
#[track_caller]
fn tried(home: &Home, exit: i32) -> Value {
    let output = home.oauth(["test", "demo", "--capabilities", "--json"]).run();
    output.fails(exit).json()[0].clone()
}

/// `(name, status, result)` of each request.
fn results(tested: &Value) -> Vec<(String, Option<u64>, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = tested["capabilities"].as_array().expect("a list");
    all.iter().map(|one| (text(&one["name"]), one["status"].as_u64(), text(&one["result"]))).collect()
}

#[test]
fn what_is_allowed_and_which_scope_is_missing_stands_beside_the_scopes_that_were_granted_and_asked_for() {
    let (_server, home) = connected(
        &[
            "echo=GET /api/echo",
            "mail=GET /api/echo?need=email",
            "write=HEAD /api/echo?need=write",
            "nothing=GET /nothing",
        ],
        &[],
    );
    let tested = tried(&home, 0);
    let wanted = [
        ("echo", 200, "allowed"),
        ("mail", 200, "allowed"),
        ("nothing", 404, "not_found"),
        ("write", 403, "missing_scope"),
    ];
    let wanted = wanted.map(|(name, status, result)| (name.to_owned(), Some(status), result.to_owned()));
    assert_eq!(results(&tested), wanted);
    assert_eq!(tested["capabilities"][3]["missing_scopes"], json!(["write"]));
    assert_eq!(tested["scopes"], json!({"granted": ["openid", "email"], "asked": ["openid", "email"]}));
    assert_eq!(tested["ok"], true, "what a token may not do does not make it unusable");

    let output = home.oauth(["test", "demo", "--capabilities"]).run();
    output.success().stdout_has("  granted  openid email\n").stdout_has("  no   write    403  wants write\n");
    output.stdout_has("  yes  echo     200\n").stdout_has("  ?    nothing  404  not there, or hidden");
    output.stderr_has("hint: oauth init demo --add-scope write");
}

#[test]
fn without_the_option_and_without_a_list_nothing_is_tried() {
    let (server, home) = connected(&["echo=GET /api/echo"], &[]);
    let tested = home.oauth(["test", "demo", "--json"]).run().success().json();
    assert!(tested[0].get("capabilities").is_none() && server.count("requests/echo") == 0, "{tested:#}");
    home.oauth(["test", "demo", "--capabilities", "--offline"]).run().fails(2);
    let (_server, home) = connected(&[], &[]);
    assert_eq!(tried(&home, 0)["capabilities"], json!([]));
    home.oauth(["test", "--capabilities"]).run().success().stdout_has("lists nothing to try");
}

#[test]
fn a_token_goes_only_to_the_hosts_it_was_sealed_for_and_follows_no_redirect() {
    let elsewhere = Origin::saying("mine now");
    let away = elsewhere.url("/caught");
    let api = Origin::start(move |_| answer(302, &[("Location", &away)], ""));
    let (_server, home) = connected(&[&format!("redirect=GET {}", api.url("/x"))], &[api.authority()]);
    assert_eq!(results(&tried(&home, 0)), [("redirect".into(), Some(302), "unclear".into())]);
    assert!(api.seen()[0].header("authorization").is_some());

    // The entry is changed after the login: what the tokens were sealed with counts.
    let entry = home.oauth_home().join("providers.d/demo.toml");
    let text = fs::read_to_string(&entry).expect("the entry").replace(api.authority(), elsewhere.authority());
    fs::write(&entry, text).expect("an entry");
    let tested = tried(&home, 7);
    assert_eq!(results(&tested), [("redirect".into(), None, "failed".into())]);
    assert_eq!(tested["capabilities"][0]["error"]["code"], "wrong_host");
    assert!(elsewhere.seen().is_empty(), "{:?}", elsewhere.seen());
}

#[test]
fn an_answer_without_end_and_a_server_that_is_gone_are_told_and_hide_nothing() {
    let (server, home) = connected(&["big=GET /api/echo?big", "echo=GET /userinfo"], &[]);
    let act = json!({"answer": {"status": 200, "body": "0123456789abcdef", "repeat": 200_000}});
    server.behave(&json!({"faults": [{"endpoint": "echo", "do": act}]}));
    let tested = tried(&home, 5);
    let wanted = [("big".into(), None, "failed".into()), ("echo".into(), Some(200), "allowed".into())];
    assert_eq!(results(&tested), wanted);
    let output = home.oauth(["test", "demo", "--capabilities"]).run();
    output.fails(5).stdout_has("?    big   cannot try `big`").stdout_has("larger than 1024 KiB");
}

#[test]
fn what_a_server_says_is_shown_harmless_and_without_the_token() {
    let api = Origin::start(|seen| {
        let token = seen.header("authorization").unwrap_or_default().replace("Bearer ", "");
        answer(403, &[], &format!(r#"{{"error":"no","error_description":"\u001b[2J {token}"}}"#))
    });
    let (_server, home) = connected(&[&format!("x=GET {}", api.url("/x"))], &[api.authority()]);
    let token = home.oauth(["token", "demo"]).run().success().stdout.trim().to_owned();
    let output = home.oauth(["test", "demo", "--capabilities"]).run();
    output.success().says_nothing_of(&token).says_nothing_of("\u{1b}").stdout_has("403  no (");
    let output = home.oauth(["test", "demo", "--capabilities", "--json"]).run();
    output.success().says_nothing_of(&token);
}

#[test]
fn a_token_that_was_due_is_refreshed_first_and_only_where_that_is_allowed() {
    let (server, home) = connected(&["echo=GET /api/echo"], &[]);
    age(&home, 0);
    let output = home.oauth(["test", "demo", "--capabilities", "--no-refresh", "--json"]).run();
    assert!(output.success().json()[0].get("capabilities").is_none(), "{output}");
    assert_eq!(server.count("requests/echo"), 0);
    assert_eq!(results(&tried(&home, 0)), [("echo".into(), Some(200), "allowed".into())]);
    assert_eq!(server.count("grants/refresh_token"), 1);
}

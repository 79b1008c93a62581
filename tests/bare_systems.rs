//! Systems that lack what a program is used to: containers, jails, limits that are low.

use serde_json::json;

use crate::support::demo::{DemoServer, age};
use crate::support::sandbox::{Home, MASTER_KEY, Run};

/// The same command with so many files open at once, and no more.
fn with_open_files(run: Run, most: u32) -> Run {
    run.through(["sh".into(), "-c".into(), format!("ulimit -n {most}; exec \"$@\""), "sh".into()])
}

#[test]
fn a_token_is_refreshed_where_there_is_no_proc() {
    let (server, home) = DemoServer::connected();
    let before = home.oauth(["token", "demo"]).run().success().stdout.clone();
    age(&home, 0);
    let after = home.oauth(["token", "demo"]).without_directories(&["/proc"]).run();
    assert_ne!(after.success().stdout, before);
    assert_eq!(server.count("refreshes"), 1);
    home.oauth(["token", "demo", "--refresh"]).without_directories(&["/proc"]).current_dir("/").run().success();
    assert_eq!(server.count("refreshes"), 2);
}

#[test]
fn without_certificates_nothing_is_sent_and_what_helps_is_said() {
    let (_server, home) = DemoServer::connected();
    let places = ["/etc/ssl", "/etc/pki", "/etc/security"];
    // Whoever is there is not asked.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("https://{}", listener.local_addr().expect("a port"));
    let output = home.oauth(["provider", "add", "far", "--issuer", &issuer]).without_directories(&places).run();
    output.fails(5).stderr_has("no certificates").stderr_has("export SSL_CERT_FILE=").stderr_has("ca-certificates");
    output.says_nothing_of("no answer");
    let looked = home.oauth(["doctor", "--json"]).without_directories(&places).run();
    let looked = looked.success().json();
    let found = looked.as_array().expect("findings").iter().find(|finding| finding["check"] == "certificates");
    let found = found.expect("it is looked at");
    assert_eq!(found["result"], "notice", "{found}");
    assert!(found["hint"].as_str().is_some_and(|hint| hint.contains("export SSL_CERT_FILE=")), "{found}");
}

/// Runs a command with ever more files that may be open. It never says this; some runs meet the limit, and end with `exit`.
#[track_caller]
fn with_too_few_files(home: &Home, words: &[&str], never: &str, exit: i32) {
    let mut met = 0;
    for most in 4..=16 {
        let output = with_open_files(home.oauth(words), most).run();
        output.says_nothing_of(never);
        met += usize::from(output.code == Some(exit));
    }
    assert!(met > 0, "the limit was never met");
}

#[test]
fn a_store_that_cannot_be_opened_again_is_never_told_as_empty() {
    let (_server, home) = DemoServer::connected();
    with_too_few_files(&home, &["test", "--offline"], "nothing is connected", 6);
}

#[test]
fn what_could_not_be_asked_for_want_of_a_file_is_in_no_doubt() {
    let (_server, home) = DemoServer::connected();
    with_too_few_files(&home, &["test"], "no answer", 5);
}

#[test]
fn where_no_thread_can_be_had_nothing_panics_and_nothing_is_sent_in_vain() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    // A stack as large as all there is.
    let starved = |args: &[&str]| home.oauth(args).env("RUST_MIN_STACK", (1_u64 << 47).to_string());
    let refused = starved(&["token", "demo", "--refresh"]).run();
    assert_eq!((refused.code, &*refused.stdout), (Some(6), ""), "{refused}");
    assert!(refused.stderr.contains("a worker cannot be started"), "{refused}");
    assert_eq!(server.count("grants/refresh_token"), 0);
    let tested = starved(&["test", "--offline", "--jobs", "8", "--json"]).run();
    let ok: Vec<_> =
        tested.success().json().as_array().expect("outcomes").iter().map(|one| one["ok"].clone()).collect();
    assert_eq!(ok, [json!(true), json!(true)]);
    tested.says_nothing_of("panicked");
    starved(&["test"]).run().success();
    starved(&["exec", "demo", "--token-file", "--", "true"]).run().stderr_has("cannot be waited for");
    let key = format!("echo {MASTER_KEY}");
    let asked = starved(&["token", "demo"]).without_key().env("OAUTH_MASTER_KEY_COMMAND", key).run();
    assert_eq!((asked.code, &*asked.stdout), (Some(6), ""), "{asked}");
    let named = starved(&["provider", "discover", "https://localhost:1"]).run();
    named.stderr_has("cannot reach localhost:1: its name cannot be looked up");
    starved(&["panic", "--yes"]).run().success();
    assert_ne!(server.count("revocations"), 0);
}

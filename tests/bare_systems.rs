//! Systems that lack what a program is used to: containers, jails, limits that are low.

use serde_json::json;

use crate::support::demo::{DemoServer, age};
use crate::support::sandbox::Run;

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

#[test]
fn a_store_that_cannot_be_opened_again_is_never_told_as_empty() {
    let (_server, home) = DemoServer::connected();
    let mut failed = 0;
    for most in 4..=16 {
        let output = with_open_files(home.oauth(["test", "--offline"]), most).run();
        output.says_nothing_of("nothing is connected");
        failed += usize::from(output.code == Some(6));
    }
    assert!(failed > 0, "the limit was never met");
}

#[test]
fn what_could_not_be_asked_for_want_of_a_file_is_in_no_doubt() {
    let (_server, home) = DemoServer::connected();
    let mut unreachable = 0;
    for most in 4..=16 {
        let output = with_open_files(home.oauth(["test"]), most).run();
        output.says_nothing_of("no answer");
        unreachable += usize::from(output.code == Some(5));
    }
    assert!(unreachable > 0, "the limit was never met");
}

#[test]
fn where_no_thread_can_be_had_the_work_is_done_all_the_same() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    // A stack that no machine has room for.
    let run = |args: &[&str]| home.oauth(args).env("RUST_MIN_STACK", (1_u64 << 50).to_string()).run();
    let tested = run(&["test", "--offline", "--jobs", "8", "--json"]);
    let ok: Vec<_> =
        tested.success().json().as_array().expect("outcomes").iter().map(|one| one["ok"].clone()).collect();
    assert_eq!(ok, [json!(true), json!(true)]);
    tested.says_nothing_of("panicked");
}

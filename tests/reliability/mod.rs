//! Nothing is lost: figures for what other programs of the kind lose credentials by.
//!
//! Each test prints a line of the table in `docs/reliability.md`, with the seed that repeats it. By default they take
//! seconds; the full numbers take minutes:
//!
//! ```sh
//! OAUTH_TEST_LENGTH=full cargo test --test main reliability -- --nocapture --test-threads=1
//! ```
//!
//! The server is strict: a refresh token is good once, and one that comes a second time ends the whole login.

mod herds;
mod kills;
mod lost_answers;
mod power;
mod soak;
mod storage;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::demo::{ALICE, DemoServer, store};
use crate::support::files::assert_private;
use crate::support::http;
use crate::support::sandbox::{Home, Output};

/// A server that takes a spent refresh token for so many milliseconds, and ALICE connected to it.
fn connected(grace: u64) -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600", "--grace", &grace.to_string()]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    (server, home)
}

/// Asks for a token and shows it to the server. None: the credential is lost.
#[track_caller]
fn living_token(server: &DemoServer, home: &Home, args: &[&str]) -> Option<String> {
    let output = home.oauth(["token", "demo"]).args(args.iter().copied()).run();
    assert_orderly(&output);
    if output.code == Some(4) {
        return None;
    }
    output.success();
    is_taken(server, &output.stdout).then(|| output.stdout.clone())
}

/// Whether the server takes this token, as it was printed.
fn is_taken(server: &DemoServer, printed: &str) -> bool {
    let bearer = format!("Bearer {}", printed.trim_end());
    http::send("GET", &format!("{}/userinfo", server.issuer()), &[("Authorization", &bearer)], "").status == 200
}

/// It ended as a command of this program may end: no panic, and nothing on stdout unless it succeeded.
#[track_caller]
fn assert_orderly(output: &Output) {
    assert!(output.signal.is_some() || output.code.is_some_and(|code| (0..=7).contains(&code)), "{output}");
    assert!(output.code == Some(0) || output.stdout.is_empty(), "{output}");
    assert!(!output.stderr.contains("panicked"), "{output}");
}

/// The store is whole, and the user's alone.
#[track_caller]
fn assert_whole(home: &Home) {
    let check = store(home).query_row("pragma integrity_check", [], |row| row.get::<_, String>(0));
    assert_eq!(check.expect("a check"), "ok");
    assert_private(&home.oauth_home());
}

/// The only row's member of this name.
#[track_caller]
fn member(home: &Home, name: &str) -> Value {
    let list = home.oauth(["list", "--json"]).run();
    list.success();
    list.json()[0][name].clone()
}

/// Visits an address whose listener may be gone, or go meanwhile.
fn go_to(url: &str) {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let (authority, target) = rest.split_at(rest.find('/').expect("a path"));
    for target in [target, "/done"] {
        let Ok(mut stream) = TcpStream::connect(authority) else { return };
        let request = format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut Vec::new()));
    }
}

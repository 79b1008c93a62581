//! Secrets stay where they belong: sealed in the store, on stdout where they were asked for, and nowhere else.
//!
//! The server's tokens and codes can be told by their first letters, so that every one of them is looked for, those
//! that no test ever sees among them.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rustix::process::kill_process;
use serde_json::json;

use crate::support::demo::{
    ALICE, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, age, parameter, store, visit, worker_of,
};
use crate::support::files::{assert_no_canary, assert_private};
use crate::support::sandbox::{Background, Home, MASTER_KEY, Output, Run, Signal};
use crate::support::{wait_for, wait_for_file};

const ACCESS_TOKEN: &str = "demo_at_";
const REFRESH_TOKEN: &str = "demo_rt_";
const CODE: &str = "demo_code_";
/// How every ID token of the server begins: its header.
const ID_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// A static token in the environment, which nobody asks for.
const STATIC_TOKEN: &str = "static-token-canary";

/// Everything that must not be seen, as text and as bytes.
fn canaries() -> Vec<Vec<u8>> {
    let key = STANDARD.decode(MASTER_KEY).expect("base64");
    let hex = key.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let basic = STANDARD.encode(format!("{CONFIDENTIAL_CLIENT}:"));
    let texts = [ACCESS_TOKEN, REFRESH_TOKEN, CODE, ID_TOKEN, STATIC_TOKEN, CONFIDENTIAL_SECRET, MASTER_KEY, &hex];
    let encoded = "demo%2Bsecret%2F100%25";
    let texts = texts.into_iter().chain([encoded, &basic[..16]]).map(|text| text.as_bytes().to_vec());
    texts.chain([key]).collect()
}

fn holds(text: &[u8], canary: &[u8]) -> bool {
    text.windows(canary.len()).any(|window| window == canary)
}

#[track_caller]
fn assert_clean(what: &str, text: &[u8]) {
    for canary in canaries() {
        let seen = String::from_utf8_lossy(&canary).into_owned();
        assert!(!holds(text, &canary), "{what} has {seen:?}:\n{}", String::from_utf8_lossy(text));
    }
}

/// A command with everything around it that could make it talk: words, logs, secrets in the environment.
fn oauth(home: &Home, args: &[&str]) -> Run {
    let run = home.oauth(args.iter().copied()).env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    run.env("OAUTH_CLIENT_SECRET_OTHER", CONFIDENTIAL_SECRET).env("OAUTH_TOKEN_OTHER", STATIC_TOKEN)
}

/// The end of a command that has no secret to print.
#[track_caller]
fn clean(output: &Output) -> &Output {
    assert_clean("stdout", output.stdout.as_bytes());
    assert_clean("stderr", output.stderr.as_bytes());
    output
}

/// The end of a command whose data is an access token.
#[track_caller]
fn prints_token(output: &Output) -> &Output {
    output.success();
    assert_clean("stderr", output.stderr.as_bytes());
    assert_eq!(output.stdout.matches(ACCESS_TOKEN).count(), 1, "{output}");
    assert_clean("stdout", output.stdout.replace(ACCESS_TOKEN, "").as_bytes());
    output
}

/// An executable file.
fn script(path: &Path, text: &str) {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o700).open(path);
    file.expect("a new file").write_all(text.as_bytes()).expect("a script");
}

/// A program that writes its environment and its arguments to `dump`, and then does `more`.
fn telling_script(home: &Home, name: &str, more: &str) -> (PathBuf, PathBuf) {
    let (path, dump) = (home.path().join(name), home.path().join(format!("{name}.dump")));
    let aside = dump.with_extension("part");
    let tell = format!("cat /proc/$$/environ /proc/$$/cmdline >{0} && mv {0} {1}", aside.display(), dump.display());
    script(&path, &format!("#!/bin/sh\n{tell}\n{more}\n"));
    (path, dump)
}

/// The address that the browser was started with, from its dump.
fn url(dump: &str) -> String {
    dump.split('\0').find(|word| word.starts_with("http://")).expect("an address").to_owned()
}

/// Lets the person who sits at the browser of a running `init` agree. Gives what the browser was told.
#[track_caller]
fn agree(server: &DemoServer, init: Background, dump: &Path) -> (Output, String) {
    let told = wait_for_file(dump);
    fs::remove_file(dump).expect("the dump can be removed");
    let page = visit(&server.redirect(&url(&told), ALICE, true));
    assert_eq!(page.status, 200, "{page:?}");
    assert_clean("the page in the browser", page.body.as_bytes());
    (init.finish(), told)
}

#[test]
fn a_whole_life_shows_no_secret_but_the_token_that_is_asked_for() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let (browser, dump) = telling_script(&home, "browser", "");
    let run = |args: &[&str]| oauth(&home, args).run();
    let nothing_lies_about = || {
        assert_no_canary(home.path(), &canaries());
        assert_private(&home.oauth_home());
    };
    clean(run(&["provider", "add", "demo", "--issuer", server.issuer(), "--scope", "openid,email", "-v"]).success());

    let init = oauth(&home, &["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin", "-v"]);
    let init = init.stdin(format!("{CONFIDENTIAL_SECRET}\n")).env("BROWSER", &browser).spawn();
    let (output, told) = agree(&server, init, &dump);
    clean(output.success());
    assert!(told.contains("OAUTH_HOME=") && told.contains("RUST_LOG=trace"), "the rest of it is inherited");
    assert!(!told.contains("OAUTH_MASTER_KEY") && !told.contains("OAUTH_CLIENT_SECRET"), "{told:?}");
    assert!(!told.contains("OAUTH_TOKEN"), "{told:?}");
    assert_clean("the browser", told.as_bytes());
    nothing_lies_about();

    // The secret is kept, and is not needed again.
    let renewed = oauth(&home, &["init", "demo", "--json", "-v"]).env("BROWSER", &browser).spawn();
    clean(agree(&server, renewed, &dump).0.success());
    for command in [&["list"][..], &["list", "--json"], &["key", "status"], &["provider", "show", "demo", "--json"]] {
        clean(run(command).success());
    }
    let mut tokens = vec![];
    for command in [&["token", "demo"][..], &["token", "demo", "--refresh", "-v"], &["token", "demo", "--json"]] {
        let output = run(command);
        let word = |at: usize| output.stdout[at..].split(|c: char| !c.is_ascii_graphic() || c == '"').next();
        tokens.extend(output.stdout.find(ACCESS_TOKEN).and_then(word).map(str::to_owned));
        prints_token(&output);
    }
    for format in ["header", "env"] {
        prints_token(&run(&["token", "demo", "--format", format]));
    }
    for format in ["table", "json", "junit"] {
        clean(run(&["test", "--verbose", "--format", format]).success());
    }
    clean(run(&["default", "demo", ALICE]).success());
    clean(run(&["man"]).success());
    nothing_lies_about();
    assert_eq!(tokens.len(), 3, "{tokens:?}");
    let forms = tokens.iter().flat_map(|token| [STANDARD_NO_PAD.encode(token), URL_SAFE_NO_PAD.encode(token)]);
    assert_no_canary(home.path(), &forms.collect::<Vec<_>>());

    let refused = json!({"answer": {"status": 400, "body": r#"{"error":"invalid_scope"}"#}});
    for fault in [json!("drop"), json!({"answer": {"status": 502}}), json!({"cut": {}}), refused] {
        server.behave(&json!({"grace_ms": 3_600_000, "faults": [{"endpoint": "token", "do": fault}]}));
        let output = run(&["token", "demo", "--refresh", "-v"]);
        assert_ne!(output.code, Some(0), "{output}");
        clean(&output);
        age(&home, 100);
        prints_token(&run(&["token", "demo", "-v"]));
        clean(&run(&["test", "--json"]));
        nothing_lies_about();
    }
    server.mend();
    server.revoke_all();
    clean(run(&["token", "demo", "--refresh", "-v"]).fails(4));
    clean(run(&["list", "-v"]).success());
    clean(run(&["revoke", "demo", "-v", "--json"]).success());
    clean(run(&["token", "demo", "-v"]).fails(3));
    clean(run(&["revoke", "demo", "--forget"]).success());
    nothing_lies_about();
}

#[test]
fn a_secret_in_a_malformed_answer_is_not_repeated() {
    let (server, home) = DemoServer::connected();
    for body in [
        r#"{"access_token":"demo_at_canary canary","refresh_token":"demo_rt_canary"}"#,
        r#"{"access_token":"demo_at_canary","refresh_token":7}"#,
        r#"{"access_token":"demo_at_canary","access_token":"demo_at_other"}"#,
        r#"{"access_token":"demo_at_canary","#,
        r#"["demo_at_canary"]"#,
        "demo_rt_canary",
    ] {
        for status in [200, 400, 500] {
            server.break_token_endpoint(&json!({"answer": {"status": status, "body": body}}));
            for form in [&["-v"][..], &["--json"]] {
                let output = oauth(&home, &["token", "demo", "--refresh"]).args(form.iter().copied()).run();
                if output.code != Some(0) {
                    clean(&output);
                }
            }
        }
    }
    assert_no_canary(home.path(), &canaries());
}

#[test]
fn a_provider_that_repeats_the_secret_in_its_error_does_not_make_us_print_it() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let canary = "canary-refresh-token";
    server.add(&home, "demo");
    server.behave(&json!({"members": {"refresh_token": json!(canary).to_string()}}));
    server.login(&home, "demo", ALICE);
    for code in ["invalid_request", "invalid_grant"] {
        let body = json!({"error": code, "error_description": format!("the token {canary} is no good")}).to_string();
        server.break_token_endpoint(&json!({"answer": {"status": 400, "body": body}}));
        for form in [&["-v"][..], &["--json"]] {
            let output = oauth(&home, &["token", "demo", "--refresh"]).args(form.iter().copied()).run();
            output.fails(4).says_nothing_of(canary);
        }
    }
    assert_no_canary(home.path(), &[canary]);
}

#[test]
fn a_secret_that_any_endpoint_repeats_is_not_printed() {
    let (server, home) = DemoServer::connected();
    let token = home.oauth(["token", "demo"]).run().stdout.trim_end().to_owned();
    let repeat = |endpoint: &str, status: u16, secret: &str| {
        let words = format!("what is {secret}?");
        let body = json!({"error": "invalid_request", "error_description": words, "message": words}).to_string();
        let act = json!({"answer": {"status": status, "body": body}});
        server.behave(&json!({"faults": [{"endpoint": endpoint, "do": act}]}));
    };
    for (endpoint, command) in [("userinfo", "test"), ("revoke", "revoke")] {
        for status in [400, 500] {
            repeat(endpoint, status, &token);
            for form in [&["-v"][..], &["--json"]] {
                let output = oauth(&home, &[command, "demo"]).args(form.iter().copied()).run();
                assert_ne!(output.code, Some(0), "{endpoint} {status}\n{output}");
                clean(&output);
            }
        }
    }
    // The code of a login, which its redirect tells.
    let mut init = oauth(&home, &["init", "demo", "--no-browser", "-v"]).spawn();
    let url = server.authorization_url(&mut init);
    let redirect = server.redirect(&url, ALICE, true);
    repeat("token", 400, &parameter(&redirect, "code").expect("a code"));
    let page = visit(&redirect);
    assert_clean("the page in the browser", page.body.as_bytes());
    let output = init.finish();
    assert_ne!(output.code, Some(0), "{output}");
    clean(&output);
    assert_no_canary(home.path(), &canaries());
}

#[test]
fn a_key_command_and_a_browser_see_no_secret_of_ours() {
    let (server, home, outside) = (DemoServer::start(["--expire", "3600"]), Home::new(), Home::new());
    server.add(&home, "demo");
    let file = outside.path().join("key");
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(&file);
    made.expect("a new file").write_all(MASTER_KEY.as_bytes()).expect("a key file");
    let (command, told) = telling_script(&home, "key-command", &format!("cat {}", file.display()));
    let (browser, dump) = telling_script(&home, "browser", "");
    let with_key = |args: &[&str]| {
        let run =
            oauth(&home, args).without_key().env("OAUTH_MASTER_KEY_COMMAND", format!("{} word", command.display()));
        run.env("OAUTH_CLIENT_SECRET_DEMO", CONFIDENTIAL_SECRET).env("OAUTH_CLIENT_ID_DEMO", CONFIDENTIAL_CLIENT)
    };
    let init = with_key(&["init", "demo"]).env("BROWSER", &browser).spawn();
    let (output, by_browser) = agree(&server, init, &dump);
    clean(output.success());
    prints_token(&with_key(&["token", "demo"]).run());
    let by_command = wait_for_file(&told);
    assert!(by_command.ends_with("key-command\0word\0"), "{by_command:?}");
    for told in [&by_browser, &by_command] {
        assert!(told.contains("OAUTH_CLIENT_ID_DEMO="), "the rest of it is inherited: {told:?}");
        for name in ["OAUTH_MASTER_KEY", "OAUTH_CLIENT_SECRET", "OAUTH_TOKEN"] {
            assert!(!told.contains(name), "{told:?}");
        }
        assert_clean("a child", told.as_bytes());
    }
    // A registration from the environment is not kept in the open either.
    assert_no_canary(home.path(), &canaries());
}

#[test]
fn a_secret_from_the_command_line_or_a_file_is_sealed_too() {
    let (server, home, outside) = (DemoServer::start(["--expire", "3600"]), Home::new(), Home::new());
    server.add(&home, "demo");
    let sign_in = |args: &[&str]| {
        let run = oauth(&home, &["init", "demo", "-v"]).args(args.iter().copied());
        let output = server.sign_in(run, ALICE);
        assert_clean("stderr", output.stderr.as_bytes());
        output
    };
    let argv = sign_in(&["--client-id", CONFIDENTIAL_CLIENT, "--client-secret", CONFIDENTIAL_SECRET]);
    argv.success().stderr_has("warning: other users can read --client-secret in the process list");
    clean(oauth(&home, &["revoke", "demo", "--forget"]).run().success());
    let file = outside.path().join("client.json");
    let content = json!({"installed": {"client_id": CONFIDENTIAL_CLIENT, "client_secret": CONFIDENTIAL_SECRET}});
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    made.expect("a new file").write_all(content.to_string().as_bytes()).expect("a file");
    sign_in(&["--client-file", file.to_str().expect("UTF-8")]).success();
    assert_no_canary(home.path(), &canaries());
    let wrong = ["init", "demo", "--client-secret", CONFIDENTIAL_SECRET, "--nope"];
    clean(oauth(&home, &wrong).run().fails(2));
    clean(oauth(&home, &wrong).args(["--json"]).run().fails(2));
    let stdin = oauth(&home, &["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    let wrong_secret = stdin.stdin("wrong-secret-canary\n");
    let output = server.sign_in(wrong_secret, ALICE);
    output.fails(2).says_nothing_of("wrong-secret-canary");
    assert_no_canary(home.path(), &["wrong-secret-canary"]);
}

#[test]
fn revoking_leaves_not_even_the_sealed_values() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    // So long that it lies on pages of its own, which are free then.
    let long = json!("x".repeat(20_000)).to_string();
    server.behave(&json!({"members": {"access_token": long}}));
    server.sign_in(home.oauth(["init", "demo", ALICE, "--client-id", "demo"]), ALICE).success();
    let sql = "select access_token, refresh_token from credentials";
    let read = |row: &rusqlite::Row<'_>| Ok([row.get::<_, Vec<u8>>(0)?, row.get(1)?]);
    let sealed = store(&home).query_row(sql, [], read).expect("sealed values");
    let seen = |blob: &Vec<u8>| {
        let inside = ["", "landing", "locks", "run"].map(|name| fs::read_dir(home.oauth_home().join(name)));
        let files = inside.into_iter().flatten().flatten().map(|file| file.expect("a file").path());
        let texts: Vec<_> = files.filter(|path| path.is_file()).map(|path| fs::read(path).expect("a file")).collect();
        let mut parts = blob.chunks_exact(64);
        parts.any(|part| texts.iter().any(|text| holds(text, part)))
    };
    assert!(sealed.iter().all(seen), "they lie there as long as they live");
    // Another program has the store open meanwhile, which keeps its write-ahead log in place. It is opened last, because
    // a process that closes a file loses its locks on it.
    let reader = store(&home);
    reader.query_row(sql, [], read).expect("sealed values");
    home.oauth(["revoke", "demo"]).run().success();
    assert!(!sealed.iter().any(seen));
}

#[test]
fn the_worker_of_a_refresh_has_no_secret_in_its_environment_or_arguments() {
    let (server, home) = (DemoServer::start(["--expire", "3600", "--grace", "3600000"]), Home::new());
    server.add(&home, "demo");
    let init = ["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"];
    server.sign_in(oauth(&home, &init).stdin(CONFIDENTIAL_SECRET), ALICE).success();
    server.behave(&json!({"latency_ms": {"token": 3_600_000}}));
    let refresh = oauth(&home, &["token", "demo", "--refresh"]).env("OAUTH_CLIENT_SECRET_DEMO", CONFIDENTIAL_SECRET);
    let refresh = refresh.spawn();
    wait_for("the refresh", || (server.count("grants/refresh_token") == 1).then_some(()));
    let worker = worker_of(refresh.id());
    for (what, inherited) in [("environ", "RUST_LOG=trace"), ("cmdline", "refresh")] {
        let text = fs::read(format!("/proc/{}/{what}", worker.as_raw_nonzero())).expect("the worker is there");
        assert!(holds(&text, inherited.as_bytes()), "{what}: {}", String::from_utf8_lossy(&text));
        assert!(!holds(&text, b"OAUTH_MASTER_KEY="), "{what}");
        assert_clean(what, &text);
    }
    assert_no_canary(home.path(), &canaries());
    kill_process(worker, Signal::KILL).expect("the worker is there");
    clean(&refresh.finish());
    server.behave(&json!({"latency_ms": {}}));
    prints_token(&oauth(&home, &["token", "demo", "--refresh"]).run());
    assert_no_canary(home.path(), &canaries());
    // What landed is wiped.
    let records: Vec<_> = fs::read_dir(home.oauth_home().join("landing")).expect("the records").collect();
    assert_eq!(records.len(), 1);
    let record = fs::read(records[0].as_ref().expect("a record").path()).expect("a record");
    assert!(!record.is_empty() && record.iter().all(|byte| *byte == 0));
}

#[test]
fn files_are_private_from_birth_whatever_the_umask() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let open = |run: Run| run.through(["sh", "-c", "umask 000; exec \"$@\"", "sh"]);
    let add = ["provider", "add", "demo", "--issuer", server.issuer(), "--scope", "openid,email"];
    open(home.oauth(add)).run().success();
    assert_private(&home.oauth_home());
    let mut init = open(home.oauth(["init", "demo", "--client-id", "demo", "--no-browser"])).spawn();
    let url = server.authorization_url(&mut init);
    // The socket of the listener, the lock files, the write-ahead log: while they are there.
    let socket = wait_for("the listener", || fs::read_dir(home.oauth_home().join("run")).ok()?.next());
    let socket = socket.expect("a socket").path();
    assert_private_while_it_runs(&home, &socket);
    visit(&server.redirect(&url, ALICE, true));
    init.finish().success();
    assert_private(&home.oauth_home());
    server.behave(&json!({"latency_ms": {"token": 3_600_000}}));
    let refresh = open(home.oauth(["token", "demo", "--refresh"])).spawn();
    wait_for("the refresh", || (server.count("grants/refresh_token") == 1).then_some(()));
    assert!(home.oauth_home().join("credentials.db-wal").exists(), "the write-ahead log is there");
    assert_private(&home.oauth_home());
    kill_process(worker_of(refresh.id()), Signal::KILL).expect("the worker is there");
    assert_ne!(refresh.finish().code, Some(0));
    open(home.oauth(["test"])).run().success();
    open(home.oauth(["revoke", "demo", "--forget"])).run().success();
    assert_private(&home.oauth_home());
    for directory in ["tmp", "home", "xdg/config", "xdg/data", "xdg/state", "xdg/cache", "xdg/run"] {
        let mut left = fs::read_dir(home.path().join(directory)).expect("a directory of the home");
        assert!(left.next().is_none(), "something lies in {directory}");
    }
}

/// A socket has no content, and its mode counts on some systems only; the directory keeps others out.
#[track_caller]
fn assert_private_while_it_runs(home: &Home, socket: &Path) {
    use std::os::unix::fs::MetadataExt;
    let directory = socket.parent().expect("the directory of the socket");
    for path in [directory, &home.oauth_home(), &home.oauth_home().join("locks")] {
        assert_eq!(fs::metadata(path).expect("a directory").mode() & 0o7777, 0o700, "{}", path.display());
    }
    let database = fs::metadata(home.oauth_home().join("credentials.db")).expect("the store");
    assert_eq!(database.mode() & 0o7777, 0o600);
}

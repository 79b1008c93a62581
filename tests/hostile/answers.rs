//! C: answers of a token endpoint that are none, and answers that are too much.

use std::process::Command;

use super::*;
use crate::support::demo::age;
use crate::support::raw::{Raw, Says};

/// More private memory than this and the command is ended: 64 MiB, its stacks among them.
const MEMORY: [&str; 4] = ["sh", "-c", "ulimit -d 65536 && exec \"$@\"", "sh"];

/// A credential whose token endpoint is `raw`, which forwards to the server until told otherwise.
fn behind_raw() -> (DemoServer, Home, Raw, Says) {
    let server = DemoServer::start(["--expire", "3600", "--grace", "3600000"]);
    let forward = Says::Forward(server.issuer().trim_start_matches("http://").to_owned());
    let raw = Raw::start(forward.clone());
    let home = Home::new();
    let (authorization, endpoint) = (format!("{}/authorize", server.issuer()), format!("{}/token", raw.origin()));
    let endpoints = ["--authorization-endpoint", &authorization, "--token-endpoint", &endpoint];
    home.oauth(["provider", "add", "demo"]).args(endpoints).run().success();
    server.sign_in(home.oauth(["init", "demo", "me", "--client-id", CLIENT]), ALICE).success();
    (server, home, raw, forward)
}

/// C7, C21, C28: what is not HTTP, or contradicts itself, or never ends. The next refresh works.
#[test]
fn bytes_that_are_no_answer_are_survived_in_little_memory() {
    let (_server, home, raw, forward) = behind_raw();
    let bytes = |text: &str| Says::Bytes(text.as_bytes().to_vec());
    let body = r#"{"access_token":"canary","token_type":"Bearer"}"#;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    let endless = |start: &str, rest: &str| Says::Endless(start.as_bytes().to_vec(), rest.repeat(4096).into_bytes());
    for (what, says) in [
        ("nothing", bytes("")),
        ("no HTTP", bytes("SSH-2.0-OpenSSH_9.9\r\n")),
        ("HTTP/0.9", bytes(body)),
        ("a TLS alert", Says::Bytes(vec![0x15, 0x03, 0x01, 0, 2, 2, 80])),
        ("zeros", Says::Bytes(vec![0; 100_000])),
        ("a status that is none", bytes("HTTP/1.1 9999 OK\r\n\r\n")),
        ("a head that is cut", bytes("HTTP/1.1 200 OK\r\nContent-Ty")),
        ("a body shorter than told", bytes(&format!("{head}Content-Length: 1000000000\r\n\r\n{body}"))),
        ("a length below nought", bytes(&format!("{head}Content-Length: -1\r\n\r\n{body}"))),
        ("two lengths", bytes(&format!("{head}Content-Length: 1\r\nContent-Length: 47\r\n\r\n{body}"))),
        ("a chunk that lies", bytes(&format!("{head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{body}"))),
        ("a name that is no header", bytes(&format!("HTTP/1.1 200 OK\r\n\u{1}: x\r\n\r\n{body}"))),
        ("a head without end", endless("HTTP/1.1 200 OK\r\n", "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaa\r\n")),
        ("a line without end", endless("HTTP/1.1 200 OK\r\nX: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
        ("a body without end", endless(&format!("{head}\r\n"), "                ")),
        ("chunks without end", endless(&format!("{head}Transfer-Encoding: chunked\r\n\r\n"), "8\r\n        \r\n")),
        ("JSON without bottom", bytes(&format!("{head}\r\n{}", "[".repeat(1_000_000)))),
    ] {
        raw.say(says);
        let output = home.oauth(["token", "demo", "--refresh", "--json"]).through(MEMORY).run();
        refused(what, &output, 5, &["unreachable", "provider_error"]);
        output.says_nothing_of("canary");
        raw.say(forward.clone());
        home.oauth(["token", "demo", "--refresh"]).run().success();
    }
}

/// C23: an answer that comes byte by byte is an answer.
#[test]
fn a_slow_answer_is_waited_for() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!({"drip": {"pause_ms": 2}}));
    home.oauth(["token", "demo", "--refresh"]).run().success().stderr_is("");
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
}

/// C17, C18, C19: what was granted is stored as it was granted, and shown so that it does not act.
#[test]
fn scopes_that_are_granted_otherwise_are_stored_as_granted_and_shown_harmless() {
    let (server, home) = DemoServer::connected();
    for (raw, wanted) in [
        (r#""openid""#, json!(["openid"])),
        (r#""openid email admin""#, json!(["admin", "email", "openid"])),
        (r#""repo,gist""#, json!(["gist", "repo"])),
        (r#"["openid","email"]"#, json!(["email", "openid"])),
    ] {
        server.behave(&json!({"members": {"scope": raw}}));
        home.oauth(["token", "demo", "--refresh"]).run().success();
        let mut scopes = credential(&home)["scopes"].as_array().expect("scopes").clone();
        scopes.sort_by_key(ToString::to_string);
        assert_eq!(Value::Array(scopes), wanted, "{raw}");
    }
    server.behave(&json!({"members": {"scope": r#""a\u001b[2J b\u202e\nc""#}}));
    home.oauth(["token", "demo", "--refresh"]).run().success();
    for args in [&["list"][..], &["list", "--json"], &["test", "--offline"], &["token", "demo", "--json"]] {
        let output = home.oauth(args.iter().copied()).run();
        assert!(!acts(&output.stdout) && !acts(&output.stderr), "{output:?}");
    }
}

/// C32: a time to wait that nobody could wait is told, and waited by nobody.
#[test]
fn an_absurd_time_to_wait_is_told_and_not_waited() {
    let date = "Fri, 31 Dec 9999 23:59:59 GMT";
    for value in ["999999999", "99999999999999999999", date, "Thu, 01 Jan 1970 00:00:00 GMT", "1e9", "\u{1}"] {
        let (server, home) = DemoServer::connected();
        let headers = json!({"Retry-After": value});
        server.break_token_endpoint(&json!({"answer": {"status": 429, "headers": headers}}));
        let output = home.oauth(["token", "demo", "--refresh", "--json"]).run();
        refused(value, &output, 5, &["rate_limited", "unreachable", "provider_error"]);
        server.mend();
        let asked = server.count("grants/refresh_token");
        let next = home.oauth(["token", "demo", "--refresh"]).run();
        if next.code != Some(0) {
            next.fails(5).stderr_has("nothing was sent").stderr_has("hint: try again in ");
            assert_eq!(server.count("grants/refresh_token"), asked, "{value}");
            // The time has come.
            let sql = "update credentials set retry_at = null";
            crate::support::demo::store(&home).execute(sql, []).expect("the rows can be written");
            home.oauth(["token", "demo", "--refresh"]).run().success();
        }
    }
}

/// C25: certificates that are not to be trusted end a request before anything of it is sent.
#[test]
fn a_certificate_that_cannot_be_trusted_is_unreachable_and_told() {
    const SERVE: &str = "import socket, ssl, sys\n\
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
        context.load_cert_chain(sys.argv[1], sys.argv[2])\n\
        listener = socket.create_server(('127.0.0.1', 0))\n\
        print(listener.getsockname()[1], flush=True)\n\
        while True:\n\
        \x20   client, _ = listener.accept()\n\
        \x20   client.settimeout(5)\n\
        \x20   try:\n\
        \x20       got = context.wrap_socket(client, server_side=True).recv(100)\n\
        \x20       print('got', got, flush=True)\n\
        \x20   except OSError: client.close()\n";
    let home = Home::new();
    let place = home.path();
    let make = |name: &str, days: &str, alt: &str| {
        let (key, certificate) = (place.join(format!("{name}.key")), place.join(format!("{name}.pem")));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        openssl.args(["-subj", "/CN=test", "-days", days, "-addext", &format!("subjectAltName={alt}"), "-keyout"]);
        let made = openssl.arg(&key).arg("-out").arg(&certificate).output().expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        (key, certificate)
    };
    let cases =
        [("nobody vouches for it", "10", "IP:127.0.0.1", false), ("another name", "10", "DNS:evil.example", true)];
    for (at, (what, days, alt, trusted)) in cases.into_iter().enumerate() {
        let (key, certificate) = make(&at.to_string(), days, alt);
        let serve = home.command("python3").args([
            "-u".into(),
            "-c".into(),
            SERVE.into(),
            certificate.clone().into_os_string(),
            key.into_os_string(),
        ]);
        let mut serving = serve.spawn();
        let port = serving.wait_for_stdout("\n");
        let issuer = format!("https://127.0.0.1:{}", port.trim());
        let add = home.oauth(["provider", "add", "tls", "--issuer", &issuer, "--json"]);
        let add = if trusted { add.env("SSL_CERT_FILE", &certificate) } else { add };
        let output = add.run();
        refused(what, &output, 5, &["unreachable"]);
        output.stderr_has("certificate");
        serving.signal(crate::support::sandbox::Signal::KILL);
        let _ = serving.finish().says_nothing_of("got");
    }
    assert!(!home.oauth_home().join("providers.d/tls.toml").exists());
}

/// C38: a clock that jumps makes one refresh, and no more.
#[test]
fn a_clock_that_jumps_makes_one_refresh_and_no_more() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    home.oauth(["token", "demo"]).run().success();
    assert_eq!(server.count("refreshes"), 1);
    for _ in 0..3 {
        home.oauth(["token", "demo"]).run().success();
    }
    assert_eq!(server.count("refreshes"), 1);
    // Issued in the future: the clock went back since. A lifetime longer than was ever given is not believed.
    let sql = "update credentials set issued_at = unixepoch() + 31536000, expires_at = unixepoch() + 31539600";
    crate::support::demo::store(&home).execute(sql, []).expect("the rows can be written");
    home.oauth(["token", "demo"]).run().success();
    home.oauth(["token", "demo"]).run().success();
    assert_eq!(server.count("refreshes"), 2, "one refresh sets it right");
}

//! B: metadata and endpoints of a malicious server, and the way from a URL to a browser.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::support::wait_for_file;

/// Every request for metadata gets this body.
fn metadata(server: &DemoServer, body: &[u8]) {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(body);
    let canned = json!({"answer": {"status": 200, "body_base64": body}});
    server.behave(&json!({"faults": [{"endpoint": "metadata", "do": canned}]}));
}

fn document(server: &DemoServer, change: &[(&str, Value)]) -> Value {
    let at = |path: &str| format!("{}{path}", server.issuer());
    let mut document = json!({
        "issuer": server.issuer(), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
    });
    for (name, value) in change {
        document[*name] = value.clone();
    }
    document
}

#[track_caller]
fn add(what: &str, server: &DemoServer, exit: i32, codes: &[&str]) {
    let home = Home::new();
    let output = home.oauth(["provider", "add", "demo", "--issuer", server.issuer(), "--json"]).run();
    refused(what, &output, exit, codes);
    assert!(!acts(&output.stderr), "{output:?}");
    assert!(!home.oauth_home().join("providers.d/demo.toml").exists(), "{what}");
}

/// B1, B7: only https, or http to this machine, is ever opened or sent to.
#[test]
fn endpoints_of_another_kind_are_refused_wherever_they_come_from() {
    let server = DemoServer::start(["--expire", "3600"]);
    for url in [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "ms-settings:privacy",
        "vscode://x/y",
        "a:$(calc)",
        "-a",
        "--version",
        "//evil.example/x",
        "http://evil.example/authorize",
        "http://169.254.169.254/latest",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/x",
        "http://10.0.0.1/x",
        "http://192.168.1.1/x",
        "http://printer.local/x",
        "http://localhost.evil.example/x",
        "http://127.0.0.1.evil.example/x",
        "http://0.0.0.0:1/x",
        "https://user:pass@evil.example/x",
        "https://accounts.google.com@evil.example/x",
        "https://as.example/x#fragment",
        "",
    ] {
        for endpoint in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"] {
            metadata(&server, document(&server, &[(endpoint, json!(url))]).to_string().as_bytes());
            add(&format!("B1 {endpoint} {url}"), &server, 7, &["wrong_host"]);
        }
        let home = Home::new();
        let token = format!("{}/token", server.issuer());
        let args = ["provider", "add", "demo", "--json", "--authorization-endpoint", url, "--token-endpoint", &token];
        refused(&format!("B1 given by hand: {url}"), &home.oauth(args).run(), 2, &["bad_config", "usage"]);
        // An entry written by hand is held to the same.
        server.mend();
        server.add(&home, "demo");
        let entry = home.oauth_home().join("providers.d/demo.toml");
        let text = fs::read_to_string(&entry).expect("an entry");
        let own = format!("{}/authorize", server.issuer());
        fs::write(&entry, text.replace(&own, &url.replace('"', "'"))).expect("an entry");
        let output = init(&home).run();
        refused(&format!("B1 in a file: {url}"), &output, 2, &["bad_config"]);
    }
    assert_eq!(server.requests() - server.count("requests/metadata"), 0, "nothing else was asked");
}

/// B14: whoever typed an issuer did not type the addresses that it names.
#[test]
fn metadata_leads_into_no_private_network() {
    let server = DemoServer::start(["--expire", "3600"]);
    for url in ["https://10.0.0.1/x", "https://192.168.1.1/x", "https://[fd00::1]/x", "http://127.0.0.2:1/x"] {
        for endpoint in ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "registration_endpoint"] {
            let change = [(endpoint, json!(url)), ("code_challenge_methods_supported", json!(["S256"]))];
            metadata(&server, document(&server, &change).to_string().as_bytes());
            add(&format!("B14 {endpoint} {url}"), &server, 7, &["wrong_host"]);
            let home = Home::new();
            let output = home.oauth(["init", server.issuer(), "--client-id", CLIENT, "--no-browser", "--json"]).run();
            refused(&format!("B14 init {endpoint} {url}"), &output, 7, &["wrong_host"]);
            nothing_connected(&home);
        }
        let own = format!("{}/authorize", server.issuer());
        let home = Home::new();
        let by_hand = ["provider", "add", "demo", "--authorization-endpoint", &own, "--token-endpoint", url];
        home.oauth(by_hand).run().success();
    }
    assert_eq!(server.count("requests/token"), 0);
}

/// A network of one's own: an issuer with a public name, whose endpoints only those inside reach.
#[test]
fn a_private_network_is_entered_by_the_command_that_the_refusal_tells() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let inside = server.issuer().replace("127.0.0.1", "localhost");
    server.behave(&json!({"metadata": {"token_endpoint": format!("{inside}/token")}}));
    let refused = home.oauth(["init", server.issuer(), "--client-id", CLIENT, "--json"]).run().fails(7).error();
    assert_eq!(refused["code"], "wrong_host");
    let hint = refused["hint"].as_str().expect("a hint");
    let (_, command) =
        hint.split_once("if that network is yours, name its endpoints yourself: oauth ").expect("a command");
    assert!(command.contains(&format!(" --token-endpoint {inside}/token")), "{command}");
    let command = format!("{} --scope openid,email", command.replace("NAME", "demo"));
    home.oauth(command.split(' ')).run().success();
    server.login(&home, "demo", ALICE);
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

/// B15: what one program reads as one address and the next as another is none; a host in other letters shows what it is.
#[test]
fn an_address_that_could_be_read_as_another_is_not_taken_and_letters_that_look_alike_show() {
    let server = DemoServer::start(["--expire", "3600"]);
    let own = |path: &str| format!("{}{path}", server.issuer());
    let odd = format!("{}\\@127.0.0.1:1/t", server.issuer());
    let asks = own("/authorize?client_id=x&redirect_uri=https://evil.example/");
    for (endpoint, url) in [
        ("token_endpoint", "https:evil.example/t"),
        ("token_endpoint", r"https:\\evil.example\t"),
        ("token_endpoint", "  https://evil.example/t"),
        ("token_endpoint", &odd),
        ("authorization_endpoint", &asks),
    ] {
        metadata(&server, document(&server, &[(endpoint, json!(url))]).to_string().as_bytes());
        add(&format!("B15 {endpoint} {url}"), &server, 7, &["wrong_host"]);
        let mut both = [own("/authorize"), own("/token")];
        both[usize::from(endpoint == "token_endpoint")] = url.to_owned();
        let home = Home::new();
        let args = ["--json", "--authorization-endpoint", &both[0], "--token-endpoint", &both[1]];
        let output = home.oauth(["provider", "add", "demo"]).args(args).run();
        refused(&format!("B15 given by hand: {url}"), &output, 2, &["bad_config"]);
    }
    let alike = "https://g\u{456}thub.com/login/oauth/access_token";
    let home = Home::new();
    let by_hand = ["provider", "add", "demo", "--authorization-endpoint", &own("/a"), "--token-endpoint", alike];
    home.oauth(by_hand).run().success().says_nothing_of("\u{456}").stderr_has("https://xn--gthub-n2e.com/login");
    home.oauth(["provider", "show", "demo"]).run().success().stdout_has("https://xn--gthub-n2e.com/login");
    metadata(&server, document(&server, &[("token_endpoint", json!(alike))]).to_string().as_bytes());
    let home = Home::new();
    let added = home.oauth(["provider", "add", "demo", "--issuer", server.issuer()]).run();
    added.success().says_nothing_of("\u{456}").stderr_has("https://xn--gthub-n2e.com/login");
}

/// B9: documents that are too large, too deep, or not what they say they are.
#[test]
fn metadata_that_is_no_plain_document_is_malformed() {
    let server = DemoServer::start(["--expire", "3600"]);
    let whole = document(&server, &[]).to_string();
    let open = whole.trim_end_matches('}');
    let duplicate = format!("{open},\"token_endpoint\":\"https://evil.example/t\"}}");
    let deep = format!("{open},\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let wide: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let larger = format!("{open},\"x\":\"{}\"}}", "y".repeat(300 << 10));
    for (what, body) in [
        ("B9 300 KiB", larger.as_bytes()),
        ("B9 10,000 levels", deep.as_bytes()),
        ("B9 a key twice", duplicate.as_bytes()),
        ("B9 UTF-16", &wide),
        ("B9 a text", b"\"issuer\""),
        ("B9 nothing", b""),
        ("B9 not UTF-8", b"{\"issuer\":\"\xff\"}"),
        ("B9 NaN", b"{\"issuer\":NaN}"),
    ] {
        metadata(&server, body);
        add(what, &server, 5, &["provider_error"]);
    }
    metadata(&server, b"[]");
    add("B9 an array", &server, 7, &["issuer_mismatch"]);
    let large = json!({"answer": {"status": 200, "body": whole, "repeat": 100_000}});
    server.behave(&json!({"faults": [{"endpoint": "metadata", "do": large}]}));
    add("B9 some 20 MB", &server, 5, &["provider_error"]);
    for (name, value) in [
        ("authorization_endpoint", Value::Null),
        ("token_endpoint", Value::Null),
        ("token_endpoint", json!(7)),
        ("token_endpoint", json!(["https://as.example/t"])),
        ("userinfo_endpoint", json!({})),
    ] {
        metadata(&server, document(&server, &[(name, value.clone())]).to_string().as_bytes());
        add(&format!("B9 {name} is {value}"), &server, 5, &["provider_error"]);
    }
}

/// B5, B10: an issuer that is not the one asked, with words that would act on a terminal.
#[test]
fn an_issuer_of_another_name_is_refused_and_shown_harmless() {
    let server = DemoServer::start(["--expire", "3600"]);
    let own = server.issuer();
    for issuer in [
        json!(format!("{own}/")),
        json!(own.to_uppercase()),
        json!(format!("{own}/tenant")),
        json!("https://evil.example"),
        json!("\u{1b}[2J\u{1b}]8;;https://evil.example\u{7}x\u{202e}\r\n"),
        json!("x".repeat(100_000)),
        json!(""),
        json!(null),
        json!([own]),
    ] {
        metadata(&server, document(&server, &[("issuer", issuer.clone())]).to_string().as_bytes());
        add(&format!("B5 {issuer:.60}"), &server, 7, &["issuer_mismatch"]);
    }
}

/// B8: discovery follows no redirect.
#[test]
fn metadata_that_is_elsewhere_is_not_fetched_there() {
    let server = DemoServer::start(["--expire", "3600"]);
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a listener that does not wait");
    let target = format!("http://{}/", elsewhere.local_addr().expect("an address"));
    for status in [301, 302, 303, 307, 308] {
        let canned = json!({"answer": {"status": status, "headers": {"Location": target}}});
        server.behave(&json!({"faults": [{"endpoint": "metadata", "do": canned}]}));
        add(&format!("B8 {status}"), &server, 7, &["wrong_host"]);
    }
    assert!(elsewhere.accept().is_err(), "nobody comes there");
}

/// B13: a credential goes on with the endpoints it was made with, whatever the entry says since.
#[test]
fn an_entry_that_changed_moves_no_credential() {
    let (server, home) = DemoServer::connected();
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a listener that does not wait");
    let evil = format!("http://{}", elsewhere.local_addr().expect("an address"));
    let entry = home.oauth_home().join("providers.d/demo.toml");
    let text = fs::read_to_string(&entry).expect("an entry");
    fs::write(&entry, text.replace(server.issuer(), &evil)).expect("an entry");
    home.oauth(["token", "demo", "--refresh"]).run().success();
    home.oauth(["test", "demo"]).run().success();
    home.oauth(["revoke", "demo"]).run().success();
    assert!(elsewhere.accept().is_err(), "nobody comes there");
    assert_eq!(server.count("refreshes"), 1);
}

/// A program that writes the words it was started with, a line each.
fn browser(home: &Home) -> (String, std::path::PathBuf) {
    let (path, dump) = (home.path().join("browser"), home.path().join("dump"));
    let tell = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >{0}.part && mv {0}.part {0}\n", dump.display());
    fs::write(&path, tell).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a mode");
    (path.to_string_lossy().into_owned(), dump)
}

/// B2, B3: whatever stands in a URL, it is one word to the browser, and no shell ever sees it.
#[test]
fn a_url_is_one_word_to_the_browser_whatever_stands_in_it() {
    let server = DemoServer::start(["--expire", "3600"]);
    let pwned = |home: &Home| home.path().join("pwned").exists();
    for (number, query) in [
        "a=$(touch pwned)",
        "a=`touch pwned`",
        "a='b'&c=\"d\"",
        "a=x&calc^%COMSPEC%",
        "a=;touch pwned;",
        "a= b\\n|touch pwned",
    ]
    .iter()
    .enumerate()
    {
        let home = acquainted(&server);
        let entry = home.oauth_home().join("providers.d/demo.toml");
        let text = fs::read_to_string(&entry).expect("an entry");
        let own = format!("authorization_endpoint = \"{}/authorize", server.issuer());
        let query = query.replace('\\', "\\\\").replace('"', "\\\"");
        fs::write(&entry, text.replace(&own, &format!("{own}?{query}"))).expect("an entry");
        let (path, dump) = browser(&home);
        let template = if number % 2 == 0 { path } else { format!("{path} --before %s --after") };
        let running = init(&home).env("BROWSER", &template).spawn();
        let words = wait_for_file(&dump);
        drop(running);
        let words: Vec<_> = words.lines().collect();
        let url = if number % 2 == 0 { &words[..] } else { &words[1..words.len() - 1] };
        assert_eq!(url.len(), 1, "{template}: {words:?}");
        assert!(url[0].starts_with(server.issuer()) && !url[0].contains([' ', '"']), "{words:?}");
        assert!(!pwned(&home), "{query}");
    }
}

/// B4: a program in the working directory is not the one that is meant.
#[test]
fn a_program_in_the_working_directory_is_not_run() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let (cwd, dump) = (home.path().join("repository"), home.path().join("dump"));
    fs::create_dir(&cwd).expect("a directory");
    for name in ["xdg-open", "firefox", "chromium", "www-browser", "gio", "gnome-open", "sh", "dbus-launch"] {
        let path = cwd.join(name);
        fs::write(&path, format!("#!/bin/sh\ntouch {}\n", dump.display())).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a mode");
    }
    let init =
        init(&home).args(["--timeout", "1s"]).env("DISPLAY", ":99").env("PATH", "/nonexistent").current_dir(&cwd);
    let output = init.run();
    output.fails(4);
    assert!(!dump.exists(), "a program of the repository was run");
    let (_server, connected) = DemoServer::connected();
    connected.oauth(["token", "demo", "--refresh"]).env("PATH", "/nonexistent").current_dir(&cwd).run().success();
    assert!(!dump.exists(), "a program of the repository was run");
}

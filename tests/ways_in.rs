//! Whatever the program takes in comes back out of a backup: odd input is refused where it comes in, or it is kept and
//! travels.

use serde_json::{Value, json};

use crate::backup::{export, import};
use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, store, visit};
use crate::support::entry;
use crate::support::sandbox::{Home, Output, Run};

/// A home that knows the server as `demo`, and in which there is something to save.
fn home(server: &DemoServer) -> Home {
    let home = Home::new();
    server.add(&home, "demo");
    home.oauth(["import", "demo", "static", "--token-stdin"]).stdin("a-static-token").run().success();
    home
}

/// Runs a command to its end; where it asks somebody to sign in, somebody does.
#[track_caller]
fn run(server: &DemoServer, command: Run) -> Output {
    let mut running = command.spawn();
    if let Some(url) = server.authorization_url_if_asked(&mut running) {
        let _ = visit(&server.redirect(&url, ALICE, true));
    }
    running.finish()
}

/// Everything that is in the home is in another one afterwards.
#[track_caller]
fn comes_back(home: &Home, case: &str) {
    let there = Home::new();
    let brought = import(&there, &export(home, &["--all-tenants"]), &["--all-tenants", "--yes", "--force"]);
    assert_eq!(brought.code, Some(0), "{case}: {brought}");
    let names = |home: &Home, what: &str, member: &str| -> Vec<Value> {
        let list = home.oauth(what.split(' ')).run().success().json();
        list.as_array().expect("a list").iter().map(|one| json!([one["provider"], one[member]])).collect()
    };
    for (what, member) in [("list --json", "account"), ("client list --json", "client_id")] {
        assert_eq!(names(&there, what, member), names(home, what, member), "{case}");
    }
}

/// Words, what is read from standard input, and the exit code.
type Case<'a> = (Vec<&'a str>, &'a str, i32);

#[track_caller]
fn refused_or_kept(server: &DemoServer, cases: &[Case<'_>]) {
    for (words, stdin, code) in cases {
        let home = home(server);
        let done = run(server, home.oauth(words.iter().copied()).stdin(*stdin));
        let case = format!("{words:?} {stdin:?}");
        assert_eq!(done.code, Some(*code), "{case}: {done}");
        done.says_nothing_of("\u{1b}").says_nothing_of("\u{202e}");
        comes_back(&home, &case);
    }
}

#[test]
fn an_odd_client_registration_is_refused_or_comes_back_out_of_a_backup() {
    let server = DemoServer::start(["--expire", "3600"]);
    let set = |words: &[&'static str]| [&["client", "set", "demo"], words].concat();
    refused_or_kept(
        &server,
        &[
            (set(&[" work", "--client-id", "X"]), "", 2),
            (set(&["w\u{202e}", "--client-id", "X"]), "", 2),
            (set(&["--client-id", "X\ty"]), "", 2),
            (set(&["--client-id", "X\u{9b}"]), "", 2),
            (set(&["--client-id", " X y"]), "", 0),
            (set(&["--client-id", "X", "--client-secret-stdin"]), "a\u{7}b", 2),
            (set(&["--client-id", "X", "--client-secret-stdin"]), "a\u{9b}b", 2),
            (set(&["--client-id", "X", "--client-secret", ""]), "", 2),
            (set(&["--client-id", "X", "--client-secret-stdin"]), "zoë's\tsecret", 0),
        ],
    );
}

#[test]
fn a_registration_without_a_name_gets_one_that_comes_back_out_of_a_backup() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = home(&server);
    let long = "x".repeat(300);
    for id in ["first", " second", &long, "fourth"] {
        home.oauth(["client", "set", "demo", "--client-id", id]).run().success();
    }
    let list = home.oauth(["client", "list", "--json"]).run().success().json();
    let mut names: Vec<_> = list.as_array().expect("a list").iter().map(|own| own["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, [Some("default"), Some("default-2"), Some("default-3"), Some("fourth")]);
    comes_back(&home, "names");
}

#[test]
fn an_odd_word_of_a_login_is_refused_or_comes_back_out_of_a_backup() {
    let server = DemoServer::start(["--expire", "3600"]);
    let init = |words: &[&'static str]| [&["init", "demo", "--no-browser", "--client-id", CLIENT], words].concat();
    refused_or_kept(
        &server,
        &[
            (init(&["--param", "claims={\n\t\"a\": 1}"]), "", 0),
            (init(&["--param", "ui=a\u{202e}b"]), "", 0),
            (init(&["--param", "x=a\u{1b}b"]), "", 2),
            (init(&["--param", "x\u{1b}=a"]), "", 2),
            (init(&["--param", "x\u{202e}=a"]), "", 2),
            (init(&["--scope", "a\u{202e}"]), "", 2),
            (init(&[" alice"]), "", 2),
            (vec!["init", "demo", "--no-browser", "--client-id", "demo\u{9b}"], "", 2),
            (vec!["init", "demo", "--no-browser", "--client-id", "demo", "--client-secret", ""], "", 2),
            (vec!["import", "demo", "s", "--token-stdin", "--scope", "a\u{202e}"], "a-token", 2),
            (vec!["import", "demo", "s", "--token-stdin", "--scope", "a:b/c"], "a-token", 0),
        ],
    );
}

#[test]
fn an_odd_word_of_a_machine_is_refused_or_comes_back_out_of_a_backup() {
    let server = DemoServer::start(["--expire", "3600"]);
    let machine = |words: &[&'static str]| [&["init", "demo", "--flow"], words].concat();
    let own = ["client-credentials", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"];
    let exchange = |words: &[&'static str]| [&machine(&["token-exchange"])[..], words].concat();
    refused_or_kept(
        &server,
        &[
            (machine(&own), CONFIDENTIAL_SECRET, 0),
            (machine(&[&own[..], &["--param", "x={\n}"]].concat()), CONFIDENTIAL_SECRET, 0),
            (exchange(&["--subject-token", "env:OAUTH_TOKEN_DEMO"]), "", 2),
            (exchange(&["--subject-token", "env:OAUTH_MASTER_KEY"]), "", 2),
            (exchange(&["--subject-token", "file:/etc/a\nb"]), "", 2),
            (exchange(&["--subject-token", "file:/etc/hostname", "--audience", "a\tb"]), "", 2),
            (machine(&["client-credentials", "--client-id", " x", "--client-secret", "x"]), "", 2),
        ],
    );
}

#[test]
fn an_address_that_could_be_read_in_two_ways_is_no_name_of_a_login() {
    let server = DemoServer::start(["--expire", "3600"]);
    let issuer = server.issuer();
    let addresses: Vec<_> = ["/a b", "/ä", "/x/../y", "/ ", "/\u{202e}"].map(|end| format!("{issuer}{end}")).into();
    let cases: Vec<Case<'_>> = addresses.iter().map(|url| (vec!["init", url, "--no-browser"], "", 2)).collect();
    refused_or_kept(&server, &cases);
}

#[test]
fn an_entry_whose_grace_is_longer_than_a_year_is_none() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = Home::new();
    entry::write(&home, "demo", &server, "refresh_grace = 99999999");
    let refused = home.oauth(["init", "demo", "--client-id", CLIENT]).run();
    refused.fails(2).stderr_has("demo.toml:8").stderr_has("refresh_grace");
    home.oauth(["provider", "check", "demo"]).run().fails(2).stderr_has("refresh_grace");
}

/// What a server answers to a registration, with these members besides.
fn registers(server: &DemoServer, members: &Value) {
    let mut answer = json!({"client_id": CLIENT, "token_endpoint_auth_method": "none"});
    answer.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
    let body = answer.to_string();
    let canned = json!({"status": 201, "content_type": "application/json", "body": body});
    server.behave(&json!({"faults": [{"endpoint": "register", "do": {"answer": canned}}]}));
}

#[test]
fn whatever_a_server_says_of_a_registration_that_is_taken_comes_back_out_of_a_backup() {
    let server = DemoServer::start(["--expire", "3600"]);
    let uri = |end: &str| json!({"registration_client_uri": format!("{}{end}", server.issuer())});
    let odd = ["/r/a b", "/r/ä", "/r/a|b{c}", "/r/x/../y", "/r/x ", "/r/\u{7}x"];
    let mut answers: Vec<_> = odd.iter().map(|end| uri(end)).collect();
    answers.extend(["a\0b", "a b\u{9b}", "a b", "zoë"].map(|token| json!({"registration_access_token": token})));
    answers
        .push(json!({"registration_client_uri": format!("{}/r/x", server.issuer()), "registration_access_token": "t"}));
    for answer in answers {
        registers(&server, &answer);
        let home = home(&server);
        run(&server, home.oauth(["init", server.issuer(), "--no-browser"])).success();
        comes_back(&home, &answer.to_string());
    }
}

#[test]
fn a_registration_that_cannot_be_kept_is_an_error_of_the_server() {
    let server = DemoServer::start(["--expire", "3600"]);
    let wrong = [("client_id", "demo\u{9b}"), ("client_secret", "a\0b"), ("client_secret", "a b\u{9b}")];
    for (member, value) in wrong {
        registers(&server, &json!({member: value}));
        let home = home(&server);
        let refused = home.oauth(["init", server.issuer(), "--no-browser"]).run();
        refused.fails(5).stderr_has(member).says_nothing_of("\u{9b}");
        comes_back(&home, member);
    }
}

#[test]
fn what_no_store_would_take_again_is_left_out_of_a_backup_and_named() {
    let (server, home) = DemoServer::connected();
    for id in ["good", "bad"] {
        home.oauth(["client", "set", "demo", id, "--client-id", id]).run().success();
    }
    home.oauth(["import", "demo", "static", "--token-stdin"]).stdin("a-static-token").run().success();
    // What only an earlier program has kept.
    let store = store(&home);
    store.execute("update clients set client_id = 'X' || char(9) || 'y' where client_id = 'bad'", []).expect("a row");
    store
        .execute("update credentials set parameters = '{\"a\":\"\\u001b\"}' where account = 'static'", [])
        .expect("a row");
    drop(store);
    let output = home.path().join("left.age");
    let export = || {
        let (_, public) = crate::backup::key_pair(&home);
        home.oauth(["export", "--recipient", &public, "--force", "--json", "--output"]).args([&output]).run()
    };
    let told = export();
    told.fails(1).stderr_has("`parameters.a` of demo static");
    told.stderr_has("`client_id` of the client registered for demo");
    let left_out = &told.json()["left_out"];
    assert_eq!(left_out.as_array().map(Vec::len), Some(2), "{told}");
    for (at, again) in ["oauth init demo static", "oauth client set demo"].iter().enumerate() {
        assert!(left_out[at]["hint"].as_str().is_some_and(|hint| hint.contains(again)), "{told}");
    }
    assert_eq!((&told.json()["credentials"], &told.json()["clients"]), (&json!(1), &json!(2)));
    let there = Home::new();
    let key = home.path().join("key.txt");
    there.oauth(["import"]).args([&output]).args(["--identity".into(), key]).run().success();
    assert_eq!(server.count("reuse_detections"), 0);
}

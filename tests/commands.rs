//! What a user sees of each command: exact output, exit code, and what the server was asked for it.

use std::collections::BTreeSet;
use std::fs;
use std::iter;
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, DemoServer, age, parameter, store};
use crate::support::sandbox::{Home, Output, Signal};
use crate::support::terminal::on_terminal;

const BOB: &str = "bob@example.test";

/// The members of a credential, which `init`, `list`, `test`, `revoke` and `token` share.
const MEMBERS: [&str; 24] = [
    "id",
    "provider",
    "account",
    "tenant",
    "kind",
    "status",
    "reason",
    "issuer",
    "subject",
    "scopes",
    "token_type",
    "expires_at",
    "refresh_expires_at",
    "refreshable",
    "default",
    "client_id",
    "created_by",
    "authorized_at",
    "created_at",
    "updated_at",
    "last_refreshed_at",
    "last_used_at",
    "revoked_at",
    "metadata",
];

#[track_caller]
fn assert_members(object: &Value, members: &[&str]) {
    let found: BTreeSet<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    let wanted: BTreeSet<_> = members.iter().copied().collect();
    assert_eq!(found, wanted);
}

/// `oauth ARGS…`, which must succeed.
#[track_caller]
fn oauth(home: &Home, args: &[&str]) -> Output {
    let output = home.oauth(args.iter().copied()).run();
    output.success();
    output
}

/// What it prints, without the end of the line.
#[track_caller]
fn printed(home: &Home, args: &[&str]) -> String {
    let output = oauth(home, args);
    output.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("no whole line\n{output}")).to_owned()
}

#[track_caller]
fn list(home: &Home, args: &[&str]) -> Vec<Value> {
    let all: Vec<_> = ["list", "--json"].iter().chain(args).copied().collect();
    oauth(home, &all).json().as_array().expect("an array").clone()
}

#[track_caller]
fn accounts(home: &Home, args: &[&str]) -> Vec<String> {
    list(home, args).iter().map(|own| own["account"].as_str().expect("a name").to_owned()).collect()
}

/// The row of an account of `demo`.
#[track_caller]
fn row(home: &Home, account: &str) -> Value {
    let rows = list(home, &["--provider", "demo"]);
    rows.into_iter().find(|own| own["account"] == account).unwrap_or_else(|| panic!("no row of {account}"))
}

/// An entry of the user's own with nothing but the two endpoints that a login needs, and lines of TOML besides.
#[track_caller]
fn entry(home: &Home, server: &DemoServer, name: &str, more: &str) {
    let (authorization, token) = (format!("{}/authorize", server.issuer()), format!("{}/token", server.issuer()));
    let endpoints = ["--authorization-endpoint", &authorization, "--token-endpoint", &token];
    home.oauth(["provider", "add", name, "--issuer", server.issuer()]).args(endpoints).run().success();
    let path = home.oauth_home().join(format!("providers.d/{name}.toml"));
    let text = fs::read_to_string(&path).expect("an entry");
    fs::write(&path, format!("{more}\n{text}")).expect("an entry");
}

/// A port on which nobody listens. It is not one of those that the system gives to connections, so that it stays free.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).expect("less than 10,000");
    let mut ports = iter::repeat_with(|| 20_000 + (start + NEXT.fetch_add(30, Ordering::Relaxed)) % 10_000);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("some port is free")
}

/// The authorization URL of an `init`, which is interrupted then.
#[track_caller]
fn authorization_url(server: &DemoServer, home: &Home, args: &[&str]) -> String {
    let run = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]);
    let mut running = run.args(args.iter().copied()).spawn();
    server.authorization_url(&mut running)
}

fn words(text: Option<&str>) -> BTreeSet<&str> {
    text.unwrap_or_default().split_whitespace().collect()
}

// --- token ------------------------------------------------------------------------------------------------------------

#[test]
fn a_token_is_printed_in_every_format() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let issuer = server.issuer().to_owned();
    let add = ["provider", "add", "demo", "--issuer", &issuer, "--scope", "openid,email", "--api-host"];
    home.oauth(add).args(["api.example.test"]).run().success();
    server.login(&home, "demo", ALICE);
    let token = printed(&home, &["token", "demo"]);
    assert!(token.starts_with("demo_at_") && !token.contains(char::is_whitespace), "{token:?}");
    let format = |format: &str| oauth(&home, &["token", "demo", "--format", format]).stdout.clone();
    assert_eq!(format("token"), format!("{token}\n"));
    assert_eq!(format("header"), format!("Authorization: Bearer {token}\n"));
    assert_eq!(format("env"), format!("export DEMO_TOKEN='{token}'\n"));
    assert_eq!(format("netrc"), format!("machine api.example.test login {ALICE} password {token}\n"));
    let sasl = |text: &str| String::from_utf8(STANDARD.decode(text.trim_end()).expect("base64")).expect("UTF-8");
    assert_eq!(sasl(&format("xoauth2")), format!("user={ALICE}\u{1}auth=Bearer {token}\u{1}\u{1}"));
    let other = oauth(&home, &["token", "demo", "--format", "xoauth2", "--user", "other"]);
    assert_eq!(sasl(&other.stdout), format!("user=other\u{1}auth=Bearer {token}\u{1}\u{1}"));
    oauth(&home, &["token", "demo", "--format", "netrc", "--user", "x"]).stdout_has(" login x password ");
    home.oauth(["token", "demo", "--format", "netrc", "--user", "a b"]).run().fails(2).stdout_is("");
    for (account, token) in [("a", "\"canary"), ("b", "can\\ary"), ("c", "#canary")] {
        home.oauth(["import", "demo", account, "--token-stdin"]).stdin(token).run().success();
        let output = home.oauth(["token", "demo", account, "--format", "netrc"]).run();
        output.fails(2).stdout_is("").says_nothing_of(token);
    }
    for account in ["a", "b", "c"] {
        home.oauth(["revoke", "demo", account, "--forget"]).run().success();
    }

    let own = &list(&home, &[])[0];
    for form in [&["--json"][..], &["--format", "json"]] {
        let output = home.oauth(["token", "demo"]).args(form.iter().copied()).run();
        output.success().stderr_is("");
        let mut object = output.json();
        assert_members(&object, &[&MEMBERS[..], &["access_token", "source"]].concat());
        assert_eq!((&object["access_token"], &object["source"]), (&json!(token), &json!("store")));
        let told = object.as_object_mut().expect("an object");
        told.retain(|name, _| !["access_token", "source", "last_used_at"].contains(&name.as_str()));
        assert!(told.iter().all(|(name, value)| own[name] == *value), "{told:?} is not {own:#}");
    }
    assert_eq!(server.count("refreshes"), 0);
}

#[test]
fn a_line_for_the_shell_is_safe_whatever_the_token_is() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let evil = r#"a'b"c$(id)`id`\z;#&|'"#;
    server.behave(&json!({"members": {"access_token": json!(evil).to_string()}}));
    entry(&home, &server, "my-server.v2", "");
    entry(&home, &server, "named", "token_env = \"OTHER_NAME\"");
    for (provider, variable) in [("my-server.v2", "MY_SERVER_V2_TOKEN"), ("named", "OTHER_NAME")] {
        server.sign_in(home.oauth(["init", provider, "--client-id", CLIENT]), ALICE).success();
        let line = printed(&home, &["token", provider, "--format", "env"]);
        assert!(line.starts_with(&format!("export {variable}='")), "{line}");
        let script = format!("{line}\nprintf %s \"${variable}\"");
        home.command("sh").args(["-c", &script]).run().success().stdout_is(evil);
    }
}

#[test]
fn a_line_for_the_shell_is_valid_for_a_provider_whose_name_begins_with_a_digit() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "4ever");
    server.login(&home, "4ever", ALICE);
    let token = printed(&home, &["token", "4ever"]);
    let line = printed(&home, &["token", "4ever", "--format", "env"]);
    home.command("sh").args(["-c", &format!("{line}\nenv")]).run().success().stdout_has(&format!("={token}\n"));
}

#[test]
fn a_token_lives_as_long_as_was_asked_for_where_the_provider_has_such() {
    let (server, home) = DemoServer::connected();
    let first = printed(&home, &["token", "demo", "--min-ttl", "50m"]);
    assert_eq!(server.count("refreshes"), 0);
    age(&home, 1000);
    assert_eq!(printed(&home, &["token", "demo", "--min-ttl", "10m"]), first);
    let second = oauth(&home, &["token", "demo", "--min-ttl", "30m"]);
    second.stderr_is("");
    assert_ne!(second.stdout.trim_end(), first);
    assert_eq!(server.count("refreshes"), 1);
    let third = oauth(&home, &["token", "demo", "--min-ttl", "2h"]);
    third.stderr_has("warning: ").stderr_has("--min-ttl");
    assert_ne!(third.stdout, second.stdout);
    assert_eq!(server.count("refreshes"), 2);
}

#[test]
fn a_token_is_refreshed_ahead_of_its_end_and_not_before() {
    let (server, home) = DemoServer::connected();
    age(&home, 360);
    let old = printed(&home, &["token", "demo"]);
    assert_eq!(server.count("refreshes"), 0);
    age(&home, 299);
    assert_ne!(printed(&home, &["token", "demo"]), old);
    assert_eq!(server.count("refreshes"), 1);
    // One that lives for 400 seconds only is due when half of that is left.
    let short = |left: i64| {
        let sql = "update credentials set issued_at = unixepoch() + ?1 - 400, expires_at = unixepoch() + ?1";
        store(&home).execute(sql, [left]).expect("the row can be written");
        printed(&home, &["token", "demo"]);
        server.count("refreshes")
    };
    assert_eq!(short(260), 1);
    assert_eq!(short(199), 2);
}

#[test]
fn refresh_gets_a_newer_token_and_offline_sends_nothing() {
    let (server, home) = DemoServer::connected();
    let first = printed(&home, &["token", "demo"]);
    let second = printed(&home, &["token", "demo", "--refresh"]);
    assert_ne!(first, second);
    assert_eq!(server.count("refreshes"), 1);
    let (requests, log) = (server.requests(), server.log());
    assert_eq!(printed(&home, &["token", "demo", "--offline"]), second);
    age(&home, 100);
    assert_eq!(printed(&home, &["token", "demo", "--offline"]), second, "due, and alive");
    home.oauth(["token", "demo", "--offline", "--min-ttl", "10m"]).run().fails(5).stdout_is("");
    age(&home, 0);
    home.oauth(["token", "demo", "--offline"]).run().fails(5).stdout_is("");
    assert_eq!((server.requests(), server.log()), (requests, log));
}

#[test]
fn a_static_token_serves_where_nothing_was_ever_connected() {
    let home = Home::new();
    let with = |args: &[&str]| {
        let run = home.oauth(["token"]).args(args.iter().copied()).without_key();
        run.env("OAUTH_TOKEN_GITHUB", "static-canary").run()
    };
    let note = "note: the token comes from OAUTH_TOKEN_GITHUB; nothing is connected for github\n";
    with(&["github"]).success().stdout_is("static-canary\n").stderr_is(note);
    with(&["github", "--quiet"]).success().stdout_is("static-canary\n").stderr_is("");
    with(&["github", "--offline"]).success().stdout_is("static-canary\n");
    with(&["gh"]).success().stdout_is("static-canary\n").stderr_has("OAUTH_TOKEN_GITHUB");
    with(&["GitHub"]).success().stdout_is("static-canary\n");
    let object = with(&["github", "--json"]);
    object.success();
    let object = object.json();
    let told = ["provider", "access_token", "source", "status"].map(|name| object[name].clone());
    assert_eq!(told, [json!("github"), json!("static-canary"), json!("env"), Value::Null]);
    assert_members(&object, &[&MEMBERS[..], &["access_token", "source"]].concat());
    assert_eq!((&object["scopes"], &object["metadata"]), (&json!([]), &json!({})));
    with(&["github", "--format", "header"]).success().stdout_is("Authorization: Bearer static-canary\n");
    with(&["github", "--format", "env"]).success().stdout_is("export GITHUB_TOKEN='static-canary'\n");
    with(&["github", "--format", "xoauth2"]).fails(2).stdout_is("").says_nothing_of("static-canary");
    with(&["github", "--format", "xoauth2", "--user", "x"]).success();

    for named in [&["github", "work"][..], &["github@work"], &["gitlab"]] {
        with(named).fails(3).stdout_is("").says_nothing_of("static-canary");
    }
    // What is no token is told with the variable that holds it, whichever name was typed.
    for words in [&["token", "gh"][..], &["exec", "gh", "--", "true"], &["request", "gh", "GET", "/user"]] {
        let wrong = home.oauth(words.iter().copied()).env("OAUTH_TOKEN_GITHUB", "two canaries").run();
        wrong.stderr_has("error: OAUTH_TOKEN_GITHUB: a token is one word").says_nothing_of("canaries");
    }
    let empty = home.oauth(["token", "github"]).env("OAUTH_TOKEN_GITHUB", "").run();
    empty.fails(3).stdout_is("");
    assert!(!home.oauth_home().exists(), "no store is made");
}

#[test]
fn a_static_token_never_stands_in_for_a_row_of_any_status() {
    let (server, home) = DemoServer::connected();
    server.add(&home, "my-other.one");
    let with = |provider: &str| {
        let variable = format!("OAUTH_TOKEN_{}", provider.to_uppercase().replace(['-', '.'], "_"));
        home.oauth(["token", provider]).env(variable, "static-canary").run()
    };
    with("my-other.one").success().stdout_is("static-canary\n").stderr_has("OAUTH_TOKEN_MY_OTHER_ONE");
    let own = printed(&home, &["token", "demo"]);
    with("demo").success().stdout_is(&format!("{own}\n")).stderr_is("");
    server.revoke_all();
    age(&home, 0);
    with("demo").fails(4).says_nothing_of("static-canary");
    with("demo").fails(4).says_nothing_of("static-canary");
    oauth(&home, &["revoke", "demo"]).success();
    with("demo").fails(3).says_nothing_of("static-canary");
    oauth(&home, &["revoke", "demo", "--forget"]).success();
    with("demo").success().stdout_is("static-canary\n");
}

// --- list, default, selection -----------------------------------------------------------------------------------------

#[test]
fn a_list_is_an_array_of_credentials_and_needs_no_key() {
    let (_server, home) = DemoServer::connected();
    let (with, without) = (["list", "--json"], home.oauth(["list", "--json"]).without_key().run());
    without.success().stderr_is("").stdout_is(&oauth(&home, &with).stdout);
    without.says_nothing_of("demo_at_").says_nothing_of("demo_rt_");
    let all = without.json();
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    let own = &all[0];
    assert_members(own, &MEMBERS);
    let facts = json!({
        "provider": "demo", "account": ALICE, "tenant": "default", "kind": "oauth", "status": "valid", "reason": null,
        "scopes": ["openid", "email"], "token_type": "Bearer", "refresh_expires_at": null, "refreshable": true,
        "default": true, "client_id": CLIENT, "last_refreshed_at": null, "last_used_at": null, "revoked_at": null,
        "metadata": {},
    });
    for (name, value) in facts.as_object().expect("an object") {
        assert_eq!(&own[name], value, "{name}");
    }
    for name in ["expires_at", "authorized_at", "created_at", "updated_at"] {
        let time = own[name].as_str().unwrap_or_default();
        assert!(time.len() == 20 && time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok(), "{name}: {time}");
    }
    printed(&home, &["token", "demo"]);
    assert!(list(&home, &[])[0]["last_used_at"].is_string());
    let text = home.oauth(["list"]).without_key().run();
    text.success().stderr_is("").stdout_has("PROVIDER  ACCOUNT").stdout_has(&format!("demo      {ALICE} *  valid"));
    assert_eq!(text.stdout.lines().count(), 2);
}

#[test]
fn an_empty_list_is_an_empty_array() {
    let home = Home::new();
    home.oauth(["list", "--json"]).without_key().run().success().stdout_is("[]\n").stderr_is("");
    let text = home.oauth(["list"]).without_key().run();
    text.success().stdout_is("").stderr_is("nothing is connected yet; start with: oauth init PROVIDER\n");
    assert!(!home.oauth_home().exists(), "looking makes no store");
}

#[test]
fn a_list_can_be_narrowed() {
    let (server, home) = DemoServer::connected();
    server.add(&home, "other");
    server.login(&home, "other", ALICE);
    for account in [BOB, "carol@example.test", "dave@example.test"] {
        server.login(&home, "demo", account);
    }
    let set = |account: &str, change: &str| {
        let sql = format!("update credentials set {change} where account = ?1 and provider = 'demo'");
        assert_eq!(store(&home).execute(&sql, [account]).expect("the row can be written"), 1);
    };
    set(BOB, "issued_at = unixepoch() - 3500, expires_at = unixepoch() + 100");
    set("carol@example.test", "reauth = 'a reason'");
    set("dave@example.test", "refresh_token = null, expires_at = unixepoch() + 86400");
    oauth(&home, &["revoke", "other"]).success();
    assert_eq!(accounts(&home, &["--provider", "other"]), [ALICE]);
    assert_eq!(accounts(&home, &["--provider", "demo"]).len(), 4);
    for (status, wanted) in [
        ("valid", ALICE),
        ("due", BOB),
        ("reauth", "carol@example.test"),
        ("expiring", "dave@example.test"),
        ("revoked", ALICE),
    ] {
        let found = list(&home, &["--status", status]);
        assert_eq!(found.len(), 1, "{status}");
        assert_eq!((&found[0]["account"], &found[0]["status"]), (&json!(wanted), &json!(status)));
        let lines = oauth(&home, &["list", "--status", status]);
        lines.stdout_has(wanted).stdout_has(status);
    }
    assert_eq!(list(&home, &["--status", "reauth"])[0]["reason"], "a reason");
    assert!(list(&home, &["--status", "valid", "--provider", "other"]).is_empty());
    oauth(&home, &["list", "--provider", "github"]).stdout_is("").stderr_is("no credential fits\n");
    oauth(&home, &["list", "--provider", "github", "--json"]).stdout_is("[]\n");
}

#[test]
fn a_hint_is_told_once_and_in_one_line_however_long() {
    let (server, home) = DemoServer::connected();
    let long = format!("{}@example.test", "long.name.".repeat(9));
    for account in [BOB, &long] {
        server.login(&home, "demo", account);
    }
    server.behave(&json!({"faults": [{"endpoint": "userinfo", "do": {"answer": {"status": 503}}}]}));
    let output = on_terminal(home.oauth(["test", "--color", "never"]), "out,err").run();
    assert_eq!(output.fails(5).stderr.matches("hint: try again later").count(), 1, "{output}");
    server.behave(&json!({"faults": []}));
    age(&home, 0);
    server.revoke_all();
    home.oauth(["test"]).run().fails(4);
    for command in ["test", "list", "doctor"] {
        let output = on_terminal(home.oauth([command, "--color", "never"]), "out,err").run();
        let hint = format!("  hint: oauth init demo {long}\n");
        assert_eq!(output.stderr.matches(&hint).count(), 1, "{output}");
    }
}

#[test]
fn a_table_fits_the_terminal_and_hides_nothing() {
    let (server, home) = DemoServer::connected();
    let long = format!("{}@example.test", "long.name.".repeat(9));
    server.login(&home, "demo", &long);
    let run = |args: &[&str]| on_terminal(home.oauth(args.iter().copied()), "out").run();
    let table = run(&["list", "--color", "never"]);
    table.success();
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 80), "{table}");
    let cell = |line: &str| line.chars().skip(10).take_while(|c| *c != ' ').collect::<String>();
    let column: String = table.stdout.lines().skip(1).map(cell).collect();
    assert!(column.contains(&long) && column.contains(ALICE), "{column:?}\n{table}");
    assert!(!table.stdout.contains('\u{1b}'), "{table}");
    assert!(run(&["list"]).stdout.contains("\u{1b}["), "a terminal has colours");
    let plain = on_terminal(home.oauth(["list"]).env("NO_COLOR", "1"), "out").run();
    assert!(!plain.stdout.contains('\u{1b}'), "{plain}");
    // Elsewhere a row is one line.
    assert_eq!(oauth(&home, &["list"]).stdout.lines().count(), 3);
}

#[test]
fn the_default_account_can_be_chosen() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let own = |account: &str| printed(&home, &["token", "demo", account]);
    assert_eq!(printed(&home, &["token", "demo"]), own(ALICE));
    let chosen = oauth(&home, &["default", "demo", "BOB@EXAMPLE.TEST", "--json"]).json();
    assert_members(&chosen, &MEMBERS);
    assert_eq!((&chosen["account"], &chosen["default"]), (&json!(BOB), &json!(true)));
    assert_eq!(printed(&home, &["token", "demo"]), own(BOB));
    assert_eq!(row(&home, ALICE)["default"], false);
    oauth(&home, &["default", &format!("demo@{ALICE}")]).stdout_is("");
    assert_eq!(printed(&home, &["token", "demo"]), own(ALICE));
    home.oauth(["default", "demo", "nobody"]).run().fails(3);
    assert_eq!(row(&home, ALICE)["default"], true);
    let carol = home.oauth(["init", "demo", "carol", "--client-id", CLIENT, "--default"]);
    server.sign_in(carol, "carol@example.test").success();
    let defaults: Vec<_> = list(&home, &[]).into_iter().filter(|own| own["default"] == true).collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["account"], "carol");
    // Whom the name alone means without it is said.
    let ended = oauth(&home, &["revoke", "demo"]);
    ended.stderr_has("no account of demo is its default any more\n  hint: oauth default demo ACCOUNT\n");
    oauth(&home, &["revoke", "demo", BOB]).says_nothing_of("from now on").says_nothing_of("any more");
    server.login(&home, "demo", BOB);
    home.oauth(["default", "demo", BOB]).run().success();
    oauth(&home, &["revoke", "demo"]).stderr_has(&format!("demo alone means {ALICE} from now on\n"));
    assert_eq!(printed(&home, &["token", "demo"]), own(ALICE));
}

#[test]
fn an_account_is_named_in_one_word_or_two_in_any_case() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let bob = printed(&home, &["token", "demo", BOB]);
    assert_ne!(printed(&home, &["token", "demo"]), bob);
    assert_eq!(printed(&home, &["token", &format!("demo@{BOB}")]), bob);
    assert_eq!(printed(&home, &["token", "Demo", "BOB@example.TEST"]), bob);
}

#[test]
fn the_same_identity_again_renews_its_credential_and_another_never_replaces_it() {
    let (server, home) = DemoServer::connected();
    let first = row(&home, ALICE);
    let token = printed(&home, &["token", "demo"]);
    let again = server.login(&home, "demo", ALICE);
    assert_eq!((&again["id"], &again["created_at"]), (&first["id"], &first["created_at"]));
    assert_ne!(printed(&home, &["token", "demo"]), token);
    let named = server.sign_in(home.oauth(["init", "demo", "work"]), ALICE);
    named.success().stderr_has(ALICE);
    assert_eq!(accounts(&home, &[]), ["work"]);
    assert_eq!(row(&home, "work")["id"], first["id"]);

    let bob = server.login(&home, "demo", BOB);
    assert_ne!(bob["id"], first["id"]);
    assert_eq!(accounts(&home, &[]), [BOB, "work"]);
    // A name that another identity bears.
    let taken = server.sign_in(home.oauth(["init", "demo", "work"]), BOB);
    taken.fails(7).stdout_is("");
    assert_eq!(row(&home, "work")["subject"], first["subject"]);
    assert_eq!(row(&home, BOB)["id"], bob["id"]);
}

#[test]
fn tenants_do_not_see_each_other() {
    let (server, home) = DemoServer::connected();
    home.oauth(["token", "demo", "--tenant", "work"]).run().fails(3);
    home.oauth(["token", "demo"]).env("OAUTH_TENANT", "work").run().fails(3);
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant-id", "work"]);
    server.sign_in(init, ALICE).success();
    let own = |args: &[&str]| printed(&home, &[&["token", "demo"], args].concat());
    assert_ne!(own(&["--tenant", "work"]), own(&[]));
    assert_eq!(list(&home, &[])[0]["tenant"], "default");
    assert_eq!(list(&home, &["--tenant", "work"])[0]["tenant"], "work");
    let tenants: Vec<_> = list(&home, &["--all-tenants"]).iter().map(|own| own["tenant"].clone()).collect();
    assert_eq!(tenants, ["default", "work"]);
    oauth(&home, &["list", "--all-tenants"]).stdout_has("TENANT");
    oauth(&home, &["revoke", "--all", "--yes", "--tenant", "work"]).success();
    own(&[]);
    for name in ["", " ", "a\nb"] {
        home.oauth(["list", "--tenant", name]).run().fails(2).stdout_is("");
    }
}

// --- revoke -----------------------------------------------------------------------------------------------------------

#[test]
fn revoking_ends_both_tokens_there_and_then_here() {
    let (server, home) = DemoServer::connected();
    let done = oauth(&home, &["revoke", "demo", "--json"]).json();
    assert_members(&done, &["credential", "access", "refresh", "local"]);
    assert_members(&done["credential"], &MEMBERS);
    let told = |done: &Value| json!([done["access"], done["refresh"], done["local"], done["credential"]["status"]]);
    assert_eq!(told(&done), json!(["revoked", "revoked", "wiped", "revoked"]));
    assert_eq!(server.count("revocations"), 2);
    let kinds: Vec<_> = server.log().into_iter().filter(|entry| entry["path"] == "/revoke").collect();
    let kinds: Vec<_> = kinds.iter().map(|entry| entry["parameters"]["token_type_hint"].clone()).collect();
    assert_eq!(kinds, ["refresh_token", "access_token"], "the one that lives goes first");

    let sql = "select count(*) from credentials where access_token is null and refresh_token is null";
    let wiped: i64 = store(&home).query_row(sql, [], |row| row.get(0)).expect("a count");
    assert_eq!(wiped, 1);
    let kept = row(&home, ALICE);
    assert_eq!((&kept["status"], &kept["default"]), (&json!("revoked"), &json!(false)));
    assert!(kept["revoked_at"].is_string());

    let requests = server.requests();
    let again = oauth(&home, &["revoke", "demo", "--json"]).json();
    assert_eq!(told(&again), json!(["skipped", "skipped", "wiped", "revoked"]));
    oauth(&home, &["revoke", "demo", ALICE]).stdout_is("").stderr_has("had been revoked before");
    let forgotten = oauth(&home, &["revoke", "demo", "--forget", "--json"]).json();
    assert_eq!(forgotten["local"], "forgotten");
    assert!(list(&home, &[]).is_empty());
    home.oauth(["revoke", "demo"]).run().fails(3);
    assert_eq!(server.requests(), requests, "nothing was sent again");
}

#[test]
fn revoking_again_is_no_error_where_several_accounts_were_revoked() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    for account in [BOB, ALICE] {
        oauth(&home, &["revoke", "demo", account]).success();
    }
    let requests = server.requests();
    let again = oauth(&home, &["revoke", "demo", "--json"]).json();
    assert_eq!((&again["refresh"], &again["credential"]["status"]), (&json!("skipped"), &json!("revoked")));
    home.oauth(["revoke", "demo", "--forget"]).run().fails(3);
    assert_eq!((list(&home, &[]).len(), server.requests()), (2, requests));
}

#[test]
fn revoking_locally_asks_nobody_and_revoking_all_takes_the_whole_tenant() {
    let (server, home) = DemoServer::connected();
    for account in [BOB, "carol@example.test"] {
        server.login(&home, "demo", account);
    }
    let requests = server.requests();
    let done = oauth(&home, &["revoke", "demo", BOB, "--local", "--json"]).json();
    let told = json!([done["access"], done["refresh"], done["local"]]);
    assert_eq!(told, json!(["skipped", "skipped", "wiped"]));
    assert_eq!(server.requests(), requests);
    let all = oauth(&home, &["revoke", "--all", "--yes", "--json"]).json();
    let named: Vec<_> = all.as_array().expect("an array").iter().map(|one| &one["credential"]["account"]).collect();
    assert_eq!(named, [ALICE, "carol@example.test"]);
    assert!(all.as_array().expect("an array").iter().all(|one| one["refresh"] == "revoked"));
    assert_eq!(list(&home, &["--status", "revoked"]).len(), 3);
    home.oauth(["revoke", "--all", "--yes"]).run().success();
}

#[test]
fn one_of_several_that_cannot_be_revoked_does_not_keep_the_others() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let act = json!({"answer": {"status": 503}});
    server.behave(&json!({"faults": [{"endpoint": "revoke", "next": 1, "do": act}]}));
    let output = home.oauth(["revoke", "--all", "--yes", "--json"]).run();
    output.fails(5);
    let all = output.json();
    assert_eq!((&all[0]["refresh"], &all[0]["error"]["code"]), (&json!("failed"), &json!("provider_error")));
    assert_eq!((&all[1]["refresh"], &all[1]["local"]), (&json!("revoked"), &json!("wiped")));
    assert_eq!((&row(&home, ALICE)["status"], &row(&home, BOB)["status"]), (&json!("valid"), &json!("revoked")));
    printed(&home, &["token", "demo", ALICE]);
}

#[test]
fn a_provider_without_revocation_is_wiped_here_and_warned_of() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    entry(&home, &server, "plain", "applications_url = \"https://plain.example/apps\"");
    let init = |name: &str| server.sign_in(home.oauth(["init", name, ALICE, "--client-id", CLIENT]), ALICE);
    init("plain").success();
    let output = home.oauth(["revoke", "plain", "--json"]).run();
    output.success().stderr_has("warning: ").stderr_has("https://plain.example/apps");
    let done = output.json();
    let told = json!([done["access"], done["refresh"], done["local"], done["credential"]["status"]]);
    assert_eq!(told, json!(["unsupported", "unsupported", "wiped", "revoked"]));
    assert_eq!(server.count("requests/revoke"), 0);

    server.add(&home, "demo");
    init("demo").success();
    let act = json!({"answer": {"status": 400, "body": r#"{"error":"unsupported_token_type"}"#}});
    server.behave(&json!({"faults": [{"endpoint": "revoke", "next": 1, "do": act}]}));
    let done = oauth(&home, &["revoke", "demo", "--json"]).json();
    assert_eq!(json!([done["refresh"], done["access"]]), json!(["unsupported", "revoked"]));
}

// --- test -------------------------------------------------------------------------------------------------------------

#[track_caller]
fn checks(outcome: &Value) -> Vec<(&str, &str)> {
    let text = |check: &'_ Value, name: &str| check[name].as_str().expect("text").to_owned();
    let all = outcome["checks"].as_array().expect("an array");
    assert!(all.iter().all(|check| !text(check, "detail").is_empty()), "{outcome:#}");
    all.iter().map(|check| (check["name"].as_str().expect("text"), check["result"].as_str().expect("text"))).collect()
}

#[test]
fn a_usable_credential_passes_in_every_form() {
    let (server, home) = DemoServer::connected();
    let output = oauth(&home, &["test", "--json"]);
    let all = output.json();
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    assert_members(&all[0], &["credential", "ok", "checks", "error"]);
    assert_members(&all[0]["credential"], &MEMBERS);
    assert_eq!((&all[0]["ok"], &all[0]["error"]), (&json!(true), &Value::Null));
    assert_eq!(checks(&all[0]), [("token", "passed"), ("userinfo", "passed")]);
    assert_eq!(server.count("requests/userinfo"), 2, "once for the login, once for the test");
    let table = oauth(&home, &["test", "demo", ALICE]);
    table.stdout_is(&format!("ok  demo {ALICE}  the provider knows the token\n")).stderr_is("1 of 1 usable\n");
    oauth(&home, &["test", "--all", "--jobs", "1", "--quiet"]).stderr_is("");
    oauth(&home, &["test", "--verbose"]).stderr_has("token passed").stderr_has("userinfo passed");
    for format in ["json", "junit"] {
        oauth(&home, &["test", "--format", format]).stderr_is("").says_nothing_of("demo_at_");
    }
    assert_eq!(server.count("refreshes"), 0);
}

#[test]
fn the_gravest_of_several_decides_and_none_hides_another() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let (gone, odd) = (DemoServer::start(["--expire", "3600"]), "it's <odd> & \"so\"");
    gone.add(&home, "gone");
    gone.login(&home, "gone", ALICE);
    let codes = |output: &Output| -> Vec<Value> {
        output.json().as_array().expect("an array").iter().map(|one| one["error"]["code"].clone()).collect()
    };
    let test = || home.oauth(["test", "--json"]).run();
    test().success();
    drop(gone);
    test().fails(5);
    assert_eq!(codes(&test()), [Value::Null, Value::Null, json!("unreachable")]);
    let set = |change: &str| store(&home).execute(change, []).expect("the row can be written");
    set(
        "update credentials set reauth = 'no & <no>', expires_at = 1, account = account where account = 'bob@example.test'",
    );
    test().fails(4);
    assert_eq!(codes(&test()), [Value::Null, json!("reauthorization_required"), json!("unreachable")]);

    let output = home.oauth(["test", "--format", "junit"]).run();
    output.fails(4);
    let script = "import sys, xml.etree.ElementTree as tree\n\
        suites = tree.fromstring(sys.stdin.buffer.read())\n\
        [suite] = suites\n\
        assert suites.tag == 'testsuites' and suite.tag == 'testsuite', suites.tag\n\
        assert suites.get('tests') == suite.get('tests') and suites.get('failures') == suite.get('failures')\n\
        print(suite.get('tests'), suite.get('failures'))\n\
        for case in suite:\n    \
            print(case.tag, case.get('classname'), case.get('name'), *(x.tag + ':' + x.get('type') for x in case))\n\
        print(suite.findall('testcase/failure')[0].get('message'))";
    let read = home.command("python3").args(["-c", script]).stdin(output.stdout.clone()).run();
    let lines: Vec<_> = read.success().stdout.lines().collect();
    let wanted = [
        "3 2",
        "testcase demo alice@example.test",
        "testcase demo bob@example.test failure:reauthorization_required",
        "testcase gone alice@example.test failure:unreachable",
        "demo needs to be authorized again: no & <no>: likely it was revoked at the provider, by you, by an administrator \
         or by the app's owner",
    ];
    assert_eq!(lines, wanted);

    set("update credentials set access_token = x'00' where account = 'alice@example.test' and provider = 'demo'");
    test().fails(7);
    assert_eq!(codes(&test()), ["tampered", "reauthorization_required", "unreachable"]);
    let table = home.oauth(["test"]).run();
    table.fails(7).stderr_has("0 of 3 usable").stderr_has("oauth init demo bob@example.test");
    assert_eq!(table.stdout.matches("FAILED").count(), 3, "{table}");
    // An account may be called anything, also in XML.
    server.sign_in(home.oauth(["init", "demo", odd]), odd).success();
    let output = home.oauth(["test", "demo", odd, "--format", "junit"]).run();
    let name = "import sys, xml.etree.ElementTree as tree; print(tree.fromstring(sys.stdin.read())[0][0].get('name'))";
    let read = home.command("python3").args(["-c", name]).stdin(output.success().stdout.clone()).run();
    read.success().stdout_is(&format!("{odd}\n"));
}

#[test]
fn what_is_due_is_refreshed_by_the_test_unless_it_may_not() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    let requests = server.requests();
    let outcome = oauth(&home, &["test", "--offline", "--json"]).json();
    assert_eq!(checks(&outcome[0]), [("token", "skipped")]);
    assert_eq!(outcome[0]["credential"]["status"], "due");
    assert_eq!(server.requests(), requests);
    let outcome = oauth(&home, &["test", "--no-refresh", "--json"]).json();
    assert_eq!(checks(&outcome[0]), [("token", "skipped")]);
    assert_eq!(server.count("grants/refresh_token"), 0);
    let outcome = oauth(&home, &["test", "--json"]).json();
    assert_eq!(checks(&outcome[0]), [("token", "passed"), ("userinfo", "passed")]);
    assert_eq!(outcome[0]["credential"]["status"], "valid", "as it stands afterwards");
    assert_eq!(server.count("refreshes"), 1);
}

#[test]
fn offline_sends_and_spends_nothing() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let (requests, log) = (server.requests(), server.log());
    let outcome = oauth(&home, &["test", "--offline", "--json"]).json();
    for one in outcome.as_array().expect("an array") {
        assert_eq!(checks(one), [("token", "passed")]);
    }
    oauth(&home, &["test", "--offline", "--min-valid", "30d"]).success();
    assert_eq!((server.requests(), server.log()), (requests, log));
}

#[test]
fn a_401_alone_ends_nothing_that_can_be_refreshed() {
    let (server, home) = DemoServer::connected();
    server.expire();
    let output = home.oauth(["test", "--no-refresh", "--json"]).run();
    output.fails(5);
    assert_eq!(output.json()[0]["error"]["code"], "token_rejected");
    assert_eq!(checks(&output.json()[0]), [("token", "passed"), ("userinfo", "failed")]);
    assert_eq!(server.count("grants/refresh_token"), 0);
    let outcome = oauth(&home, &["test", "--json"]).json();
    assert_eq!(checks(&outcome[0]), [("token", "passed"), ("refresh", "passed"), ("userinfo", "passed")]);
    assert_eq!(server.count("refreshes"), 1);

    let unauthorized = json!({"faults": [{"endpoint": "userinfo", "do": {"answer": {"status": 401}}}]});
    server.behave(&unauthorized);
    let output = home.oauth(["test", "--json"]).run();
    output.fails(5);
    assert_eq!(output.json()[0]["error"]["code"], "token_rejected");
    assert_eq!(server.count("refreshes"), 2, "one try, no loop");
    assert_eq!((&row(&home, ALICE)["status"], &row(&home, ALICE)["reason"]), (&json!("valid"), &Value::Null));
}

#[test]
fn a_401_for_a_login_that_has_ended_is_no_trouble_that_may_pass() {
    let (server, home) = DemoServer::connected();
    server.revoke_all();
    home.oauth(["test", "demo"]).run().fails(4);
    let output = home.oauth(["test", "demo", "--no-refresh", "--json"]).run();
    let own = output.fails(4).json()[0].clone();
    assert_eq!(checks(&own).last(), Some(&("userinfo", "failed")));
    assert_eq!((&own["credential"]["status"], &own["error"]["action"]), (&json!("reauth"), &json!("oauth init demo")));
    let message = own["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("the provider refused the refresh token (invalid_grant)"), "{own:#}");
}

#[test]
fn a_401_ends_what_cannot_be_refreshed_and_a_403_ends_nothing() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.behave(&json!({"members": {"refresh_token": null}}));
    server.login(&home, "demo", ALICE);
    let answer = |status: u16| {
        server.behave(&json!({"faults": [{"endpoint": "userinfo", "do": {"answer": {"status": status}}}]}));
    };
    answer(403);
    let outcome = oauth(&home, &["test", "--json"]).json();
    assert_eq!(checks(&outcome[0]), [("token", "passed"), ("userinfo", "passed")]);
    for status in [500, 429, 404] {
        answer(status);
        home.oauth(["test"]).run().fails(5);
    }
    assert_eq!(row(&home, ALICE)["reason"], "the access token expires soon and there is no refresh token");
    answer(401);
    let output = home.oauth(["test", "--json"]).run();
    output.fails(4);
    assert_eq!(output.json()[0]["error"]["code"], "reauthorization_required");
    assert_eq!(output.json()[0]["error"]["action"], "oauth init demo");
    assert_eq!(row(&home, ALICE)["status"], "reauth");
}

#[test]
fn the_test_says_when_a_human_will_be_needed() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    let outcome = oauth(&home, &["test", "--min-valid", "9999d", "--json"]).json();
    assert_eq!(checks(&outcome[0]).last(), Some(&("min-valid", "passed")), "it renews itself for ever");
    // A refresh token with an end.
    server.behave(&json!({"refresh_ttl": 7200}));
    server.login(&home, "demo", ALICE);
    assert_eq!(row(&home, ALICE)["status"], "expiring");
    let outcome = oauth(&home, &["test", "--min-valid", "90m", "--json"]).json();
    assert_eq!(checks(&outcome[0]).last(), Some(&("min-valid", "passed")));
    let output = home.oauth(["test", "--min-valid", "3h", "--json"]).run();
    output.fails(4);
    assert_eq!(checks(&output.json()[0]).last(), Some(&("min-valid", "failed")));
    assert_eq!(output.json()[0]["error"]["code"], "reauthorization_required");
    home.oauth(["test", "--min-valid", "3h", "--offline"]).run().fails(4);
    oauth(&home, &["test"]).success();
}

#[test]
fn where_userinfo_may_not_be_asked_introspection_is() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let introspection = format!("introspection_endpoint = \"{}/introspect\"", server.issuer());
    entry(&home, &server, "asking", &introspection);
    entry(&home, &server, "mute", "");
    for name in ["asking", "mute"] {
        server.sign_in(home.oauth(["init", name, "--client-id", CLIENT]), ALICE).success();
    }
    let test = |name: &str| home.oauth(["test", name, "--json"]).run();
    assert_eq!(checks(&test("asking").json()[0]), [("token", "passed"), ("introspection", "passed")]);
    let output = test("mute");
    output.success();
    let output = output.json();
    let found = checks(&output[0]);
    assert_eq!((found.len(), found[1].1), (2, "skipped"));
    server.expire();
    let outcome = test("asking");
    outcome.success();
    let outcome = outcome.json();
    assert_eq!(checks(&outcome[0]), [("token", "passed"), ("refresh", "passed"), ("introspection", "passed")]);
    assert_eq!(server.count("requests/userinfo"), 0);
}

#[test]
fn nothing_to_test_is_exit_3_and_a_slow_provider_is_given_up() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"latency_ms": {"userinfo": 60_000}}));
    let output = home.oauth(["test", "--timeout", "1s", "--json"]).run();
    output.fails(5);
    assert_eq!(output.json()[0]["error"]["code"], "unreachable");
    oauth(&home, &["revoke", "--all", "--yes", "--local"]).success();
    home.oauth(["test"]).run().fails(3).stdout_is("");
    home.oauth(["test", "demo"]).run().fails(3).stdout_is("");
}

// --- init -------------------------------------------------------------------------------------------------------------

/// The scopes that the server was asked for last.
#[track_caller]
fn asked(server: &DemoServer) -> BTreeSet<String> {
    let log = server.log();
    let entry = log.iter().rfind(|entry| entry["path"] == "/authorize/decision").expect("a login");
    words(entry["parameters"]["scope"].as_str()).into_iter().map(str::to_owned).collect()
}

#[test]
fn scopes_are_replaced_added_and_remembered_and_the_identity_is_always_asked_for() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = |args: &[&str]| {
        let run = home.oauth(["init", "demo", "--client-id", CLIENT]).args(args.iter().copied());
        let output = server.sign_in(run, ALICE);
        output.success();
        output
    };
    let wanted = |scopes: &str| words(Some(scopes)).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    init(&[]).success();
    assert_eq!(asked(&server), wanted("openid email"));
    init(&["--scope", "read,write", "-s", "a b", "--scopes", "c"]).success();
    assert_eq!(asked(&server), wanted("openid email read write a b c"));
    init(&[]).success();
    assert_eq!(asked(&server), wanted("openid email read write a b c"), "as before");
    init(&["--scope", "read"]).success();
    assert_eq!(asked(&server), wanted("openid email read"), "instead");
    init(&["--add-scope", "more", "--add-scope", "even,more"]).success();
    assert_eq!(asked(&server), wanted("openid email read more even"));

    server.behave(&json!({"scope": "openid email read"}));
    let narrowed = init(&["--scope", "read,admin"]);
    narrowed.stderr_has("warning: asked for and not granted: admin").stderr_has("scopes: openid email read");
    assert_eq!(row(&home, ALICE)["scopes"], json!(["openid", "email", "read"]));
    init(&["--add-scope", "write"]).success();
    assert_eq!(asked(&server), wanted("openid email read write"), "what is granted, plus this");
    for wrong in ["a\"b", "a\\b", "ä", "a\u{1}b"] {
        home.oauth(["init", "demo", "--scope", wrong]).run().fails(2).stderr_has("cannot be a scope");
    }
}

#[test]
fn parameters_reach_the_authorization_request_and_are_remembered() {
    let (server, home) = DemoServer::connected();
    let url = authorization_url(&server, &home, &["--param", "prompt=consent", "--param", "x=a b&c=d"]);
    assert_eq!(parameter(&url, "prompt").as_deref(), Some("consent"));
    assert_eq!(parameter(&url, "x").as_deref(), Some("a b&c=d"));
    let init = home.oauth(["init", "demo", "--param", "prompt=consent", "--param", "access_type=offline"]);
    server.sign_in(init, ALICE).success();
    server.sign_in(home.oauth(["init", "demo", "--param", "prompt=login"]), ALICE).success();
    let log = server.log();
    let asked = &log.iter().rfind(|entry| entry["path"] == "/authorize/decision").expect("a login")["parameters"];
    assert_eq!((&asked["prompt"], &asked["access_type"]), (&json!("login"), &json!("offline")));
}

#[test]
fn what_belongs_to_the_protocol_cannot_be_set_by_hand() {
    let (server, home) = DemoServer::connected();
    let logins = server.log().len();
    for name in [
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "grant_type",
        "nonce",
        "redirect_uri",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
    ] {
        let output = home.oauth(["init", "demo", "--no-browser", "--param", &format!("{name}=x")]).run();
        output.fails(2).stdout_is("").says_nothing_of("/authorize?");
        output.stderr_has(&format!("--param cannot set `{name}`, which belongs to the protocol"));
    }
    home.oauth(["init", "demo", "--param", "a=1", "--param", "a=2"]).run().fails(2).stderr_has("given twice");
    assert_eq!(server.log().len(), logins);
}

#[test]
fn the_request_has_what_the_standards_ask_for() {
    let (server, home) = DemoServer::connected();
    let urls = [authorization_url(&server, &home, &[]), authorization_url(&server, &home, &[])];
    for url in &urls {
        let get = |name: &str| parameter(url, name).unwrap_or_else(|| panic!("no {name} in {url}"));
        assert_eq!((get("response_type").as_str(), get("client_id").as_str()), ("code", CLIENT));
        assert_eq!((get("code_challenge_method").as_str(), get("code_challenge").len()), ("S256", 43));
        assert!(get("state").len() >= 22 && get("nonce").len() >= 22, "128 bits at least: {url}");
        assert_eq!(get("scope"), "openid email");
        let redirect = get("redirect_uri");
        let port = redirect.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/callback"));
        assert!(port.is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port >= 1024)), "{redirect}");
    }
    for random in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&urls[0], random), parameter(&urls[1], random), "{random}");
    }
}

#[test]
fn an_address_is_a_hint_for_the_provider_and_a_name_is_none() {
    let (server, home) = DemoServer::connected();
    let hint = |args: &[&str]| parameter(&authorization_url(&server, &home, args), "login_hint");
    assert_eq!(hint(&[BOB]).as_deref(), Some(BOB));
    assert_eq!(hint(&["work"]), None);
    assert_eq!(hint(&[]), None);
}

#[test]
fn the_redirect_uri_is_the_one_that_was_asked_for() {
    let (server, home) = DemoServer::connected();
    let redirect = |args: &[&str]| parameter(&authorization_url(&server, &home, args), "redirect_uri");
    let port = free_port();
    let own = format!("http://127.0.0.1:{port}/callback");
    assert_eq!(redirect(&["--port", &port.to_string()]), Some(own));
    let first = free_port();
    let _taken = TcpListener::bind(("127.0.0.1", first)).expect("a port");
    let found = redirect(&["--port", &format!("{first}-{}", first + 20)]).expect("a redirect URI");
    let found = found.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/callback"));
    let found: u16 = found.expect("the usual form").parse().expect("a port");
    assert!((first + 1..=first + 20).contains(&found), "{found} from {first}");
    for uri in [
        format!("http://127.0.0.1:{port}/other/path"),
        format!("http://[::1]:{port}/callback"),
        format!("http://localhost:{port}/"),
    ] {
        assert_eq!(redirect(&["--redirect-uri", &uri]).as_deref(), Some(uri.as_str()));
    }
    for wrong in [
        "https://127.0.0.1/callback",
        "http://192.0.2.1/callback",
        "http://example.test/callback",
        "http://127.0.0.1/callback?x=y",
        "http://127.0.0.1/callback#x",
        "http://127.0.0.2/callback",
        "http://127.0.0.1.example.test/callback",
        "nonsense",
    ] {
        let output = home.oauth(["init", "demo", "--no-browser", "--redirect-uri", wrong]).run();
        output.fails(2).stdout_is("").stderr_has("--redirect-uri").says_nothing_of("/authorize?");
    }
    let exact = home.oauth(["init", "demo", "--port", &port.to_string()]);
    server.sign_in(exact, ALICE).success();
}

#[test]
fn a_quiet_login_says_nothing_but_the_address() {
    let (server, home) = DemoServer::connected();
    let output = server.sign_in(home.oauth(["init", "demo", "--quiet"]), ALICE);
    output.success().stdout_is("");
    let lines: Vec<_> = output.stderr.lines().collect();
    assert!(lines.len() == 1 && lines[0].starts_with(server.issuer()), "{output}");
}

#[test]
fn the_address_stands_on_a_line_of_its_own_and_no_browser_is_opened() {
    let (server, home) = DemoServer::connected();
    let opened = home.path().join("opened");
    let browser = format!("touch {}", opened.display());
    let output = server.sign_in(home.oauth(["init", "demo"]).env("BROWSER", &browser), ALICE);
    output.success();
    assert_eq!(output.stderr.lines().filter(|line| line.starts_with(server.issuer())).count(), 1, "{output}");
    assert!(!opened.exists());
}

#[test]
fn a_login_on_demand_brings_the_token() {
    let (server, home) = DemoServer::connected();
    server.revoke_all();
    age(&home, 0);
    // Without a browser a code is shown; the token is all there is on stdout.
    let mut running = home.oauth(["token", "demo", "--login"]).spawn();
    let code = server.user_code(&mut running);
    server.decide_device(&code, ALICE, true);
    let output = running.finish();
    output.success();
    assert!(output.stdout.starts_with("demo_at_") && output.stdout.lines().count() == 1, "{output}");
    assert_eq!(row(&home, ALICE)["status"], "valid");
}

// --- Everything else --------------------------------------------------------------------------------------------------

#[test]
fn there_are_completions_for_every_shell_and_manual_pages() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = oauth(&home, &["completions", shell]);
        script.stderr_is("").stdout_has("oauth").stdout_has("min-ttl").stdout_has("revoke");
    }
    let bash = oauth(&home, &["completions", "bash"]).stdout.clone();
    home.command("bash").args(["-n"]).stdin(bash).run().success().stderr_is("");
    let page = oauth(&home, &["man"]);
    page.stdout_has(".TH oauth 1")
        .stdout_has(".SH NAME")
        .stdout_has(".SH \"EXIT CODES\"")
        .stdout_has("config.toml lies in")
        .stderr_is("");
    let directory = home.path().join("man1");
    oauth(&home, &["man", "--dir", directory.to_str().expect("UTF-8")]).stdout_is("");
    let pages: BTreeSet<_> =
        fs::read_dir(&directory).expect("the pages").map(|page| page.expect("a page").file_name()).collect();
    for command in ["init", "list", "default", "token", "test", "revoke", "provider", "provider-add", "key", "demo"] {
        let name = format!("oauth-{command}.1");
        let text = fs::read_to_string(directory.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(text.contains(&format!(".TH oauth-{command} 1")), "{name}");
    }
    assert!(pages.contains(std::ffi::OsStr::new("oauth.1")));
}

#[test]
fn version_and_help_go_to_stdout() {
    let home = Home::new();
    let version = format!("oauth {}\n", env!("CARGO_PKG_VERSION"));
    oauth(&home, &["--version"]).stdout_is(&version).stderr_is("");
    oauth(&home, &["--help"]).stdout_has("Exit codes:").stdout_has("config.toml lies in").stderr_is("");
    oauth(&home, &["token", "--help"]).stdout_has("--min-ttl").stderr_is("");
    assert!(!home.oauth_home().exists());
}

#[test]
fn a_provider_of_ones_own_is_added_shown_and_removed() {
    let (server, home) = (DemoServer::start(["--expire", "60"]), Home::new());
    let built_in = oauth(&home, &["provider", "list", "--json"]).json();
    let ids = |list: &Value| -> BTreeSet<String> {
        list.as_array().expect("an array").iter().map(|one| one["id"].as_str().expect("a name").to_owned()).collect()
    };
    assert!(ids(&built_in).is_superset(&["github", "google", "microsoft"].map(str::to_owned).into()));
    assert!(built_in.as_array().expect("an array").iter().all(|one| one["built_in"] == true));
    oauth(&home, &["provider", "list"]).stdout_has("github").stderr_is("");

    let issuer = server.issuer();
    let added = oauth(&home, &["provider", "add", "mine", "--issuer", issuer, "--scope", "openid", "--json"]).json();
    assert_eq!((&added["id"], &added["built_in"]), (&json!("mine"), &json!(false)));
    let shown = oauth(&home, &["provider", "show", "MINE", "--json"]).json();
    assert_eq!(shown, added);
    for endpoint in ["token", "revocation", "userinfo", "introspection", "authorization"] {
        let url = shown[format!("{endpoint}_endpoint")].as_str().unwrap_or_default();
        assert!(url.starts_with(issuer), "{endpoint}: {url}");
        oauth(&home, &["provider", "show", "mine"]).stdout_has(url);
    }
    assert_eq!(shown["identity_scopes"], json!(["openid"]));
    let all = oauth(&home, &["provider", "list", "--json"]).json();
    assert_eq!(ids(&all).difference(&ids(&built_in)).collect::<Vec<_>>(), ["mine"]);
    oauth(&home, &["provider", "list"]).stdout_has("(yours)");

    // The same again changes nothing; anything else is in the way of what is there.
    let again = ["provider", "add", "mine", "--issuer", issuer, "--scope", "openid"];
    oauth(&home, &again).stdout_is("").stderr_has("already, the same; nothing is changed");
    let again = home.oauth(again).args(["--json"]).run().success().json();
    assert_eq!((&again["id"], &again["unchanged"]), (&json!("mine"), &json!(true)));
    assert_eq!(oauth(&home, &["provider", "show", "mine", "--json"]).json(), added);
    for (name, hint) in [("mine", "oauth provider remove mine"), ("github", "another name"), ("gmail", "another name")]
    {
        home.oauth(["provider", "add", name, "--issuer", issuer]).run().fails(2).stdout_is("").stderr_has(hint);
    }
    home.oauth(["provider", "remove", "github"]).run().fails(2);
    oauth(&home, &["provider", "remove", "mine"]).stdout_is("");
    oauth(&home, &["provider", "add", "mine", "--issuer", issuer]).success();
    let removed = oauth(&home, &["provider", "remove", "mine", "--json"]).json();
    assert_eq!(removed, json!({"id": "mine", "removed": true}));
    home.oauth(["provider", "show", "mine"]).run().fails(3);
    home.oauth(["provider", "remove", "mine"]).run().fails(3);
    assert_eq!(oauth(&home, &["provider", "list", "--json"]).json(), built_in);
    oauth(&home, &["provider", "show", "github"]).stdout_has("https://github.com/login/oauth/access_token");
    assert_eq!(oauth(&home, &["provider", "show", "gh", "--json"]).json()["id"], "github");
}

#[test]
fn a_provider_is_added_by_its_endpoints_without_asking_anybody() {
    let (server, home) = (DemoServer::start(["--expire", "60"]), Home::new());
    let at = |path: &str| format!("{}{path}", server.issuer());
    let add = |authorization: &str, token: &str| {
        let run = home.oauth(["provider", "add", "mine", "--authorization-endpoint", authorization]);
        run.args(["--token-endpoint", token]).run()
    };
    for wrong in ["http://as.example/token", "ftp://as.example/", "javascript:alert(1)", "https://u:p@as.example/", "x"]
    {
        add(&at("/authorize"), wrong).fails(2).stdout_is("");
        assert!(!home.oauth_home().join("providers.d/mine.toml").exists(), "{wrong}");
    }
    home.oauth(["provider", "add", "mine"]).run().fails(2).stderr_has("--issuer");
    add(&at("/authorize"), &at("/token")).success();
    assert_eq!(server.requests(), 0);
    server.sign_in(home.oauth(["init", "mine", "me", "--client-id", CLIENT]), ALICE).success();
    assert_eq!(accounts(&home, &[]), ["me"]);
}

#[test]
fn the_key_is_made_and_described() {
    let (_server, home) = DemoServer::connected();
    let keys: BTreeSet<_> = (0..4).map(|_| printed(&home, &["key", "generate"])).collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| STANDARD.decode(key).is_ok_and(|key| key.len() == 32)), "{keys:?}");
    let status = oauth(&home, &["key", "status", "--json"]).json();
    assert_eq!(status["source"], "OAUTH_MASTER_KEY");
    assert_eq!((&status["sealed"], &status["opens"]), (&json!(1), &json!(true)));
    oauth(&home, &["key", "status"])
        .stdout_has("OAUTH_MASTER_KEY")
        .says_nothing_of(crate::support::sandbox::MASTER_KEY);
    let other = keys.iter().next().expect("a key");
    home.oauth(["key", "status"]).env("OAUTH_MASTER_KEY", other).run().fails(6).says_nothing_of(other);
}

#[test]
fn the_demo_runs_to_its_end_and_leaves_nothing_behind() {
    let home = Home::new();
    // Both at once: most of the time they wait for a token to be due.
    let (text, object) =
        (home.oauth(["demo"]).without_key().spawn(), home.oauth(["demo", "--json"]).without_key().spawn());
    let (text, object) = (text.finish(), object.finish());
    text.success().stderr_is("").stdout_has("20 asked, 1 refresh, 1 token for all").stdout_has("$ oauth revoke demo");
    object.success().stderr_is("");
    let story = object.json();
    assert_eq!(story["ok"], true);
    let steps = story["steps"].as_array().expect("steps");
    let names: Vec<_> = steps.iter().map(|step| step["step"].as_str().expect("a name")).collect();
    assert_eq!(names, ["connected", "refreshed", "herd", "tested", "revoked", "refused"]);
    let facts = |name: &str| &steps.iter().find(|step| step["step"] == name).expect("a step")["facts"];
    assert_members(facts("connected"), &MEMBERS);
    assert_eq!(facts("refreshed"), &json!({"new_token": true}));
    assert_eq!(facts("herd"), &json!({"asked": 20, "refreshes": 1, "tokens": 1}));
    assert_eq!(facts("tested")["ok"], true);
    assert_eq!(facts("revoked"), &json!({"status": "revoked"}));
    assert_eq!(facts("refused")["code"], "not_connected");
    assert_untouched(&home);
}

#[test]
fn a_demo_without_a_place_for_its_home_says_how_it_gets_one() {
    let home = Home::new();
    let output = home.oauth(["demo"]).env("TMPDIR", home.path().join("nowhere")).run();
    output.fails(6).stderr_has("export TMPDIR=").says_nothing_of("OAUTH_HOME");
}

#[test]
fn a_demo_that_is_interrupted_leaves_nothing_behind() {
    let home = Home::new();
    let mut demo = home.oauth(["demo"]).spawn();
    demo.wait_for_stdout("Connected demo");
    demo.signal(Signal::INT);
    let ended = demo.finish();
    assert!(ended.code == Some(130) || ended.signal == Some(Signal::INT.as_raw()), "{ended}");
    assert_untouched(&home);
}

/// Nothing was made in the home's directories.
#[track_caller]
fn assert_untouched(home: &Home) {
    assert!(!home.oauth_home().exists());
    for directory in ["tmp", "home", "xdg/config", "xdg/data", "xdg/state", "xdg/cache", "xdg/run"] {
        let left: Vec<_> = fs::read_dir(home.path().join(directory)).expect("a directory of the home").collect();
        assert!(left.is_empty(), "{directory}: {left:?}");
    }
}

#[test]
fn what_only_reads_needs_no_right_to_write() {
    let (_server, home) = DemoServer::connected();
    let mode = |change: &str| {
        let changed = Command::new("chmod").args(["-R", change]).arg(home.oauth_home()).status();
        assert!(changed.expect("chmod runs").success());
    };
    mode("a-w");
    for words in [
        &["list"][..],
        &["token", "demo"],
        &["exec", "demo", "--", "true"],
        &["test", "--offline"],
        &["doctor"],
        &["audit"],
        &["key", "status"],
        &["client", "list"],
    ] {
        home.oauth(words).unprivileged().run().success();
    }
    mode("u+w");
}

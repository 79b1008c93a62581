//! Commands in hints: pasted, they do what the hint says.

use std::path::Path;

use serde_json::json;

use crate::support::demo::{ALICE, CLIENT, DemoServer, store};
use crate::support::sandbox::{Home, Run};

const AGAIN: &str = "oauth --tenant acme init demo";

/// A server, and a home in which ALICE is connected in the tenant `acme`, and in no other.
fn connected_in_acme() -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.sign_in(home.oauth(["--tenant", "acme", "init", "demo", "--client-id", CLIENT]), ALICE).success();
    (server, home)
}

/// A command as it stands in a hint, run by a shell that knows the program by its name.
fn pasted(home: &Home, command: &str) -> Run {
    let bin = Path::new(env!("CARGO_BIN_EXE_oauth")).parent().expect("a directory");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    home.command("sh").args(["-c", &format!("{command} \"$@\""), "sh"]).env("PATH", path)
}

#[test]
fn what_a_hint_connects_is_in_the_tenant_that_it_is_about() {
    let (server, home) = connected_in_acme();
    server.revoke_all();
    let refresh = ["--tenant", "acme", "token", "demo", "--refresh"];
    let error = home.oauth(refresh).args(["--json"]).run().fails(4).error();
    assert_eq!(error["action"], AGAIN, "{error}");
    for (args, exit) in [
        (&refresh[..], 4),
        (&["--tenant", "acme", "list"], 0),
        (&["--tenant", "acme", "test"], 4),
        (&["list", "--all-tenants"], 0),
        (&["list", "--all-tenants", "--forecast", "1d"], 0),
        (&["doctor"], 0),
    ] {
        home.oauth(args.iter().copied()).run().fails(exit).stderr_has(&format!("hint: {AGAIN}\n"));
    }
    // A shell that takes this tenant by itself need not be told.
    let taken = home.oauth(["token", "demo", "--refresh", "--json"]).env("OAUTH_TENANT", "acme").run().fails(4).error();
    assert_eq!(taken["action"], "oauth init demo");
    server.sign_in(pasted(&home, AGAIN), ALICE).success();
    home.oauth(refresh).run().success();
    assert_eq!(home.oauth(["list", "--json"]).run().success().json(), json!([]), "nothing is in the usual tenant");
}

#[test]
fn a_hint_where_nothing_is_yet_leads_into_its_own_tenant() {
    let home = Home::new();
    let within = |args: &[&str]| home.oauth(["--tenant", "my team"]).args(args.iter().copied()).run();
    within(&["client", "list"]).success().stderr_has("oauth --tenant 'my team' client set PROVIDER --client-id ID\n");
    within(&["tenant", "list"]).success().stderr_has("oauth --tenant 'my team' init PROVIDER\n");
    within(&["helper", "docker", "store"]).fails(1).stdout_has("oauth --tenant 'my team' init PROVIDER\n");
}

#[test]
fn two_tenants_with_one_account_have_two_commands() {
    let (server, home) = connected_in_acme();
    server.sign_in(home.oauth(["init", "demo", "--client-id", CLIENT]), ALICE).success();
    server.revoke_all();
    for tenant in ["default", "acme"] {
        home.oauth(["--tenant", tenant, "token", "demo", "--refresh"]).run().fails(4);
    }
    home.oauth(["list", "--all-tenants", "--forecast", "1d"])
        .run()
        .success()
        .stderr_has(&format!("hint: {AGAIN}\n"))
        .stderr_has("hint: oauth init demo\n");
}

#[test]
fn a_tenant_in_which_nothing_is_may_be_a_mistake() {
    let (_server, home) = connected_in_acme();
    for args in [&["token", "demo"][..], &["test"], &["list"]] {
        let output = home.oauth(["--tenant", "acmee"]).args(args.iter().copied()).run();
        output.fails(if args[0] == "list" { 0 } else { 3 });
        output.stderr_has("`acmee`").stderr_has("the tenants are: acme").stderr_has("did you mean the tenant: acme");
    }
    // Where there is nothing yet, any name may be meant.
    let fresh = Home::new();
    let output = fresh.oauth(["--tenant", "acmee", "test"]).run();
    output.fails(3).stderr_has("hint: oauth --tenant acmee init PROVIDER");
}

#[test]
fn commands_that_make_one_entry_first_can_all_be_pasted() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    let there = Home::new();
    let with = |run: Run| run.args(["--passphrase"]).stdin("correct horse\n").run();
    let backup = home.path().join("all.age").display().to_string();
    with(home.oauth(["export", "--output", &backup])).success();
    with(there.oauth(["import", &backup])).success();
    server.revoke_all();
    let told = there.oauth(["test"]).run();
    let add = format!("oauth provider add demo --issuer {} && ", server.issuer());
    for (command, account) in [("oauth init demo", ALICE), ("oauth init demo bob@example.test", "bob@example.test")] {
        let command = format!("{add}{command}");
        told.stderr_has(&format!("hint: {command}\n"));
        server.sign_in(pasted(&there, &command), account).success();
    }
    there.oauth(["test"]).run().success();
}

#[test]
fn a_client_that_is_missing_is_given_with_all_that_was_typed() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let typed = ["init", "demo", "bot", "--flow", "client-credentials", "--scope", "a,b", "--tenant", "acme"];
    let error = home.oauth(typed).args(["--json", "--no-input"]).run().fails(2).error();
    assert_eq!(error["code"], "client_required");
    let again = "oauth --tenant acme init demo bot --flow client-credentials --scope a,b --client-id ID";
    assert_eq!(error["action"], format!("{again} --client-secret-stdin"), "{error}");
    let added = ["init", "demo", "--add-scope", "email", "--port", "8000-8009"];
    let error = home.oauth(added).args(["--json", "--no-input"]).run().fails(2).error();
    let action = error["action"].as_str().expect("a command");
    assert!(action.starts_with("oauth init demo --add-scope email --port 8000-8009 --client-id ID"), "{action}");
}

#[test]
fn a_token_that_is_not_taken_is_hinted_at_with_its_name() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"faults": [{"endpoint": "userinfo", "do": {"answer": {"status": 401}}}]}));
    let output = home.oauth(["test", "demo"]).run();
    output.fails(5).stderr_has("connect the account again: oauth init demo alice@example.test");
}

#[test]
fn no_word_of_a_hint_is_more_than_a_word_to_a_shell() {
    let (server, home) = DemoServer::connected();
    let hostile = "https://a.example/;id$(touch$IFS`id`)";
    for args in [&["token", hostile][..], &["client", "set", hostile, "--client-id", "x"], &["revoke", hostile]] {
        let output = home.oauth(args.iter().copied()).run();
        assert_ne!(output.code, Some(0), "{output}");
        let bare = output.stderr.lines().filter(|line| line.contains("hint:")).find(|line| {
            let outside = line.split('\'').step_by(2).collect::<String>();
            outside.contains("$(")
        });
        assert_eq!(bare, None, "{output}");
    }
    let error = home.oauth(["token", hostile, "--json"]).run().fails(3).error();
    assert_eq!(error["action"], format!("oauth init '{hostile}'"));
    server.sign_in(home.oauth(["init", "demo@--yes", "--client-id", CLIENT]), "bob@example.test").success();
    home.oauth(["default", "demo@--yes"]).run().success();
    let error = home.oauth(["token", "demo", "--no-such", "--json"]).run().fails(2).error();
    assert_eq!(error["code"], "usage");
    home.oauth(["revoke", "demo@--yes"]).run().success();
    let action = home.oauth(["token", "demo@--yes", "--json"]).run().fails(4).error()["action"].clone();
    server.sign_in(pasted(&home, action.as_str().expect("a command")), "bob@example.test").success();
}

#[test]
fn what_was_typed_is_whole_in_the_command_however_long_it_is() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let scopes = (0..99).map(|at| format!("scope{at:02}")).collect::<Vec<_>>().join(",");
    let typed = ["init", "demo", "--scope", &scopes, "--json", "--no-input"];
    let action = home.oauth(typed).run().fails(2).error()["action"].clone();
    assert!(action.as_str().is_some_and(|action| action.contains(&scopes)), "{action}");
}

#[test]
fn a_tenant_has_no_name_that_is_taken_for_an_option() {
    let home = Home::new();
    let refused = home.oauth(["--tenant=--yes", "list"]).run();
    refused.fails(2).stderr_has("`--yes` cannot be a tenant's name");
    home.oauth(["list"]).env("OAUTH_TENANT", "-x").run().fails(2);
}

#[test]
fn what_is_damaged_is_made_anew_in_its_own_tenant() {
    let (server, home) = connected_in_acme();
    server.login(&home, "demo", "bob@example.test");
    store(&home).execute("update credentials set kind = 'x' where tenant = 'acme'", []).expect("a change");
    home.oauth(["doctor"]).run().fails(6).stderr_has(&format!("hint: connect it again: {AGAIN} {ALICE}\n"));
    store(&home).execute("update credentials set kind = 'oauth'", []).expect("a change");
    let set = ["--tenant", "acme", "client", "set", "demo", "--client-id", "sealed", "--client-secret-stdin"];
    home.oauth(set).stdin("secret").run().success();
    store(&home).execute("update clients set client_id = 'x' where client_id = 'sealed'", []).expect("a change");
    let hint = home.oauth(["key", "rotate", "--json"]).run().fails(7).error()["hint"].clone();
    let again = "register it again: oauth --tenant acme client set demo --client-id x --client-secret-stdin";
    assert!(hint.as_str().is_some_and(|hint| hint.contains(again)), "{hint}");
    // What a registration was made for is not taken to be nothing because it cannot be read.
    store(&home).execute("update clients set variables = '{' where client_id = 'x'", []).expect("a change");
    let list = ["--tenant", "acme", "client", "list"];
    home.oauth(list).run().fails(7).stdout_is("").stderr_has("variables").stderr_has(again);
    home.oauth(["--tenant", "acme", "client", "set", "demo", "--client-id", "x", "--client-secret-stdin"])
        .stdin("secret")
        .run()
        .success();
    home.oauth(list).run().success().stdout_has(" x ");
}

#[test]
fn a_hint_for_a_client_repeats_what_was_given_of_it_and_never_the_secret() {
    let home = Home::new();
    let again = "hint: oauth init google --client-id ID --client-secret-stdin\n";
    let told = home.oauth(["init", "google", "--client-secret-stdin"]).stdin("canary-1").run();
    told.fails(2).stderr_has(again).says_nothing_of("canary-1");
    let told = home.oauth(["init", "google", "--client-secret", "canary-2"]).run();
    told.fails(2).stderr_has(again).says_nothing_of("canary-2");
    // The environment gives its own again.
    let told = home.oauth(["init", "google"]).env("OAUTH_CLIENT_SECRET_GOOGLE", "canary-3").run();
    told.fails(2).stderr_has("hint: oauth init google --client-id ID\n");
}

#[test]
fn a_flow_that_a_provider_lacks_is_told_before_a_client_is_asked_for_and_one_that_signs_wants_a_key() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let told = home.oauth(["init", "demo", "--flow", "installation"]).run();
    told.fails(2).stderr_has("demo has no App installations").says_nothing_of("--client-id");
    let told = home.oauth(["init", "demo", "--flow", "jwt-bearer"]).run();
    told.fails(2).stderr_has("there is no client id and no private key");
    told.stderr_has("hint: oauth init demo --flow jwt-bearer --client-id ID --key-file FILE\n");
}

#[test]
fn what_is_kept_of_a_login_that_fails_is_not_denied_in_the_same_breath() {
    let home = Home::new();
    let proxy = format!("http://user:hush@{}", nowhere());
    let init = home.oauth(["init", "google", "--client-id", "x", "--client-secret", "y", "--flow", "device"]);
    let told = init.env("HTTPS_PROXY", &proxy).run();
    told.fails(5).stderr_has("What was given of the client is kept").says_nothing_of("nothing is changed");
}

/// An address at which nothing listens.
fn nowhere() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a port")
}

#[test]
fn an_error_names_the_proxy_on_the_way_and_one_that_is_passed_over() {
    let (proxy, home) = (nowhere(), Home::new());
    let words = ["provider", "add", "work", "--issuer", "https://login.example.invalid"];
    let told = home.oauth(words).env("HTTPS_PROXY", format!("http://user:hush@{proxy}")).run();
    told.fails(5).says_nothing_of("hush");
    told.stderr_has(&format!("cannot reach login.example.invalid through the proxy {proxy}: "));
    let told = home.oauth(words).env("HTTPS_PROXY", "gopher://user:hush@x").run();
    told.fails(5).stderr_has("HTTPS_PROXY is no URL of a proxy").stderr_has("unset HTTPS_PROXY");
    told.says_nothing_of("hush").says_nothing_of("through the proxy");
    // Where no proxy is used, none is named.
    let excepted = home.oauth(words).env("HTTPS_PROXY", format!("http://{proxy}")).env("NO_PROXY", ".invalid");
    excepted.run().fails(5).stderr_has("cannot reach login.example.invalid: ");
}

#[test]
fn an_address_without_metadata_may_be_a_wrong_one_and_one_that_does_not_answer_reports_nothing() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let nothere = format!("{}/nothere", server.issuer());
    let told = home.oauth(["provider", "add", "work", "--issuer", &nothere]).run();
    told.fails(5).stderr_has("hint: check the address");
    let told = home.oauth(["provider", "discover", &nothere]).run();
    told.fails(5).stdout_has("RFC 8414");
    home.oauth(["provider", "discover", &format!("http://{}", nowhere())]).run().fails(5).stdout_is("");
}

#[test]
fn where_no_directory_can_be_made_another_one_can_be_named() {
    let home = Home::new();
    let import = home.oauth(["import", "github", "me", "--token-stdin"]).stdin("canary");
    // Not even root makes a directory there.
    let told = import.env("OAUTH_HOME", "/proc/oauth").run();
    told.fails(6).stderr_has("cannot create the directory").stderr_has("export OAUTH_HOME=");
}

#[test]
fn variables_lie_in_no_file() {
    let told = Home::new().oauth(["import", "--from", "env"]).run();
    told.fails(3).stderr_has("none of the variables is set").says_nothing_of("--file");
}

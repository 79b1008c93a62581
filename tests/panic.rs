//! `oauth panic` and `oauth revoke --all`: everything is ended, whatever some providers say.

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, store};
use crate::support::files::assert_no_canary;
use crate::support::sandbox::Home;
use crate::support::terminal::on_terminal;

const BOB: &str = "bob@example.test";
/// What is said where all was ended before.
const AGAIN: &str = "nothing is left here to end; what may live on at a provider stands in:
  oauth audit --event revoked --all-tenants
";

fn statuses(home: &Home) -> Vec<Value> {
    let list = home.oauth(["list", "--all-tenants", "--json"]).run();
    list.success().json().as_array().expect("a list").iter().map(|own| own["status"].clone()).collect()
}

/// Secrets in the open of what is sealed in a home.
fn sealed_rows(home: &Home) -> i64 {
    let sql = "select (select count(*) from credentials where access_token is not null or refresh_token is not null
               or client_secret is not null) + (select count(*) from clients)";
    store(home).query_row(sql, [], |row| row.get(0)).expect("a count")
}

#[test]
fn everything_in_every_tenant_is_revoked_and_wiped() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let init = home.oauth(["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    server.sign_in(init.stdin(CONFIDENTIAL_SECRET).args(["--tenant", "work"]), ALICE).success();
    let output = home.oauth(["panic", "--yes"]).run();
    output.success().stdout_is("").stderr_has("3 of 3 credentials are ended");
    output.stderr_has("the secret of the client demo-confidential at demo should be replaced there");
    assert_eq!(server.count("revocations"), 6);
    assert_eq!((statuses(&home), sealed_rows(&home)), (vec![json!("revoked"); 3], 0));
    assert_no_canary(&home.oauth_home(), &[CONFIDENTIAL_SECRET]);
    // Doing it again finds nothing to do.
    home.oauth(["panic", "--yes"]).run().success().stderr_is(AGAIN);
}

#[test]
fn client_registrations_without_a_credential_are_told_to_be_deleted() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    home.oauth(["client", "set", "demo", "--client-id", CLIENT]).run().success();
    let output = home.oauth(["panic", "--yes"]).run();
    output
        .success()
        .stderr_has("no credential is left here to end")
        .stderr_has("1 client registration is deleted here");
    assert_eq!(sealed_rows(&home), 0);
    home.oauth(["panic", "--yes"]).run().success().stderr_is(AGAIN);
}

#[test]
fn of_one_credential_is_spoken_as_of_one() {
    let home = Home::new();
    home.oauth(["import", "github", "--token-stdin"]).stdin("x").run().success();
    home.oauth(["panic", "--yes"]).run().stderr_has("of 1 credential is ended");
}

#[test]
fn what_a_provider_in_trouble_was_not_told_is_wiped_and_listed_with_where_to_end_it() {
    let (fine, home) = DemoServer::connected();
    let broken = DemoServer::start(["--expire", "3600"]);
    broken.add(&home, "broken");
    broken.login(&home, "broken", BOB);
    broken.behave(&json!({"faults": [{"endpoint": "revoke", "do": {"answer": {"status": 503}}}]}));
    let output = home.oauth(["panic", "--yes"]).run();
    output.fails(5).stderr_has("1 of 2 credentials are ended at the provider; 2 of 2 are wiped here");
    output.stdout_has("broken bob@example.test").stdout_has("security page at broken");
    assert!(!output.stdout.contains(ALICE), "{output}");
    assert_eq!((fine.count("revocations"), broken.count("revocations")), (2, 0));
    assert_eq!((statuses(&home), sealed_rows(&home)), (vec![json!("revoked"); 2], 0));
}

#[test]
fn the_record_says_what_may_live_on_at_the_provider() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let gone = DemoServer::start(["--expire", "3600"]);
    gone.add(&home, "gone");
    gone.login(&home, "gone", ALICE);
    home.oauth(["import", "github", "--token-stdin"]).stdin("x").run().success();
    let local = home.oauth(["revoke", "demo", BOB, "--local"]).run();
    local.success().stderr_has("warning: demo was not asked, and what it gave may work there until it expires");
    home.oauth(["revoke", "demo", BOB, "--local"]).run().success().says_nothing_of("warning");
    let by_hand = "warning: GitHub was not asked: no client can revoke a static token; \
                   end it at https://github.com/settings/tokens";
    home.oauth(["revoke", "github"]).run().success().stderr_has(by_hand);
    drop(gone);
    home.oauth(["panic", "--yes"]).run().fails(5);
    let audit = ["audit", "--event", "revoked"];
    let events = home.oauth(audit).args(["--json"]).run().json();
    let told: Vec<_> = events.as_array().expect("a list").iter().map(|event| &event["detail"]).collect();
    let here_only = |why: &str| json!(format!("wiped here only: {why}"));
    let not_asked = here_only("the provider was not asked (--local)");
    let (no_way, gone) =
        (here_only("no client can revoke a static token"), here_only("the provider could not be reached"));
    assert_eq!(told[..2], [&not_asked, &no_way]);
    assert!(told[2..].len() == 2 && told[2..].contains(&&json!(null)) && told[2..].contains(&&gone), "{events:#}");
    home.oauth(audit).run().success().stdout_has("ok: wiped here only: the provider could not be reached");
    home.oauth(["audit", "verify"]).run().success();
}

#[test]
fn a_static_token_is_not_said_to_be_beyond_a_provider_that_does_revoke() {
    let (server, home) = DemoServer::connected();
    home.oauth(["import", "demo", "static", "--token-stdin"]).stdin("x").run().success();
    let output = home.oauth(["revoke", "demo", "static"]).run();
    output.success().stderr_has("warning: demo was not asked: no client can revoke a static token");
    output.says_nothing_of("has no way to revoke");
    assert_eq!(server.count("requests/revoke"), 0);
}

#[test]
fn where_nothing_can_be_written_all_is_revoked_and_told() {
    let (server, home) = DemoServer::connected();
    let static_token = home.oauth(["import", "github", "--token-stdin"]).stdin("x").run();
    static_token.success();
    let output = home.oauth(["panic", "--yes", "--json"]).read_only(&home.oauth_home()).run();
    output.fails(6);
    let all = output.json()["credentials"].as_array().expect("a list").clone();
    let told: Vec<_> = all.iter().map(|own| (&own["access"], &own["refresh"], &own["local"])).collect();
    let [revoked, unsupported, skipped, kept] = ["revoked", "unsupported", "skipped", "kept"].map(|word| json!(word));
    assert_eq!(told, [(&revoked, &revoked, &kept), (&unsupported, &skipped, &kept)]);
    assert!(all.iter().all(|own| own["error"]["code"] == "store_unavailable"), "{output}");
    assert_eq!(server.count("revocations"), 2);
    let again = home.oauth(["panic", "--yes"]).read_only(&home.oauth_home()).run();
    again
        .fails(6)
        .stderr_has("1 of 2 credentials are ended at the provider; 0 of 2 are wiped here")
        .stderr_has("error: demo alice@example.test is ended at the provider, and not wiped here");
    again.stdout_has("github default: no client can revoke a static token");
    again.stderr_has("error: github default is not wiped here").stderr_has("Read-only file system");
    assert_eq!(statuses(&home), vec![json!("valid"); 2]);
}

#[test]
fn trouble_that_passes_at_once_is_no_trouble() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"faults": [{"endpoint": "revoke", "next": 1, "do": {"answer": {"status": 503}}}]}));
    home.oauth(["panic", "--yes"]).run().success();
    assert_eq!(server.count("revocations"), 2);
}

#[test]
fn one_provider_that_is_gone_keeps_no_other_from_being_told() {
    let (fine, home) = DemoServer::connected();
    let gone = DemoServer::start(["--expire", "3600"]);
    gone.add(&home, "gone");
    for account in [ALICE, BOB, "carol@example.test"] {
        gone.login(&home, "gone", account);
    }
    drop(gone);
    let output = home.oauth(["panic", "--yes", "--json"]).run();
    output.fails(5);
    let all = output.json()["credentials"].as_array().expect("a list").clone();
    let told: Vec<_> = all.iter().map(|own| (&own["refresh"], &own["local"], own["by_hand"].is_string())).collect();
    let (failed, revoked, wiped) = (json!("failed"), json!("revoked"), json!("wiped"));
    assert_eq!(told[0], (&revoked, &wiped, false));
    assert!(told[1..].iter().all(|own| *own == (&failed, &wiped, true)), "{told:?}");
    assert_eq!(all[1]["error"]["code"], "unreachable");
    assert_eq!((fine.count("revocations"), sealed_rows(&home)), (2, 0));
}

#[test]
fn a_provider_without_revocation_is_told_of_by_the_exit_code() {
    let (server, home) = DemoServer::connected();
    let at = |path: &str| format!("{}{path}", server.issuer());
    let (authorize, token) = (at("/authorize"), at("/token"));
    let add = ["provider", "add", "plain", "--authorization-endpoint", &authorize, "--token-endpoint", &token];
    home.oauth(add).run().success();
    server.sign_in(home.oauth(["init", "plain", "work", "--client-id", CLIENT]), ALICE).success();
    let output = home.oauth(["panic", "--yes"]).run();
    output.fails(1).stdout_has("plain work").stdout_has("no way to revoke it");
    assert_eq!((statuses(&home), sealed_rows(&home)), (vec![json!("revoked"); 2], 0));
}

#[test]
fn without_the_key_nothing_is_wiped_that_could_still_be_revoked() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["panic", "--yes"]).without_key().run().fails(6);
    assert_eq!(statuses(&home), [json!("valid")]);
}

#[test]
fn where_nobody_can_be_asked_the_command_is_word_enough() {
    for command in [&["panic"][..], &["panic", "--no-input"], &["revoke", "--all"], &["tenant", "remove", "default"]] {
        let (server, home) = DemoServer::connected();
        home.oauth(command.iter().copied()).run().success();
        assert!(server.count("revocations") > 0, "{command:?}");
        // Where there is nothing to end there is nothing to ask.
        home.oauth(["revoke", "--all", "--tenant", "empty"]).run().success();
        home.oauth(["tenant", "remove", "empty"]).run().fails(3);
    }
}

#[test]
fn a_person_at_a_terminal_is_asked_first() {
    let (server, home) = DemoServer::connected();
    let oauth = env!("CARGO_BIN_EXE_oauth");
    for command in ["panic", "revoke --all", "tenant remove default"] {
        let script = home.command("script").args(["-qec", &format!("{oauth} {command}"), "/dev/null"]);
        script.stdin("n\n").run().fails(2).stdout_has("[y/N]").stdout_has("nothing was done");
        assert_eq!(statuses(&home), [json!("valid")], "{command}");
    }
    assert_eq!(server.count("revocations"), 0);
    let script = home.command("script").args(["-qec", &format!("{oauth} revoke --all --yes"), "/dev/null"]);
    script.run().success();
    assert_eq!(statuses(&home), [json!("revoked")]);
}

#[test]
fn a_row_that_cannot_be_read_is_told_beside_what_was_ended() {
    let (server, home) = DemoServer::connected();
    server.sign_in(home.oauth(["init", "demo", "--client-id", CLIENT]), "bob@example.test").success();
    let damage = "update credentials set kind = 'x' where account = 'bob@example.test'";
    assert_eq!(store(&home).execute(damage, []).expect("a change"), 1);
    let output = home.oauth(["panic", "--yes"]).run();
    output
        .fails(6)
        .stderr_has("1 of 1 credential is ended")
        .stderr_has("the row of demo bob@example.test cannot be read");
}

#[test]
fn a_token_that_does_not_open_keeps_the_other_one_from_nothing() {
    for field in ["access_token", "refresh_token"] {
        let (server, home) = DemoServer::connected();
        let damage = format!("update credentials set {field} = x'00112233'");
        assert_eq!(store(&home).execute(&damage, []).expect("a change"), 1);
        home.oauth(["revoke", "demo"]).run().fails(7);
        assert_eq!(server.count("requests/revoke"), 0, "a revocation ends both or none");
        let output = home.oauth(["panic", "--yes"]).run();
        output
            .fails(7)
            .stderr_has("0 of 1 credential is ended at the provider; 1 of 1 is wiped here")
            .stdout_has("was altered");
        assert_eq!(server.count("revocations"), 1, "the other token than {field}");
        assert_eq!((statuses(&home), sealed_rows(&home)), (vec![json!("revoked")], 0));
    }
}

#[test]
fn the_page_where_something_is_ended_by_hand_is_shown_whole_and_a_second_time_says_so() {
    let home = Home::new();
    for command in [&["panic", "--yes"][..], &["revoke", "--all", "--yes"]] {
        let nothing = home.oauth(command.iter().copied()).run();
        nothing.fails(3).stderr_has("nothing is connected yet").says_nothing_of("oauth init");
    }
    home.oauth(["import", "github", "work", "--token-stdin"]).stdin("canary").run().success();
    let told = on_terminal(home.oauth(["panic", "--yes"]), "out").run();
    told.fails(1).stdout_is("github work: no client can revoke a static token\n  https://github.com/settings/tokens\n");
    home.oauth(["panic", "--yes"]).run().success().stderr_is(AGAIN);
    // Whoever sets a variable has made the token by hand, too.
    let set = Home::new();
    set.oauth(["import", "--from", "env", "--yes"]).env("GITHUB_TOKEN", "canary").run().success();
    set.oauth(["panic", "--yes"]).run().fails(1).stdout_has("https://github.com/settings/tokens\n");
    let again = home.oauth(["revoke", "--all", "--yes"]).run();
    again.success().stderr_is("every credential of the tenant had been revoked before\n");
    let elsewhere = home.oauth(["revoke", "--all", "--yes", "--tenant", "empty"]).run();
    elsewhere.success().stderr_is("the tenant has no credential\n");
}

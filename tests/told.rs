//! What a person is told, before something goes wrong and when it has: names that are taken or mistyped, values that
//! cannot be, and screens that fit a terminal.

use crate::support::demo::{ALICE, CLIENT, DemoServer, parameter};
use crate::support::sandbox::Home;

const BOB: &str = "bob@example.test";

#[test]
fn a_login_that_gives_a_connected_account_another_name_says_so_even_to_a_program() {
    let (server, home) = DemoServer::connected();
    let renamed = server.sign_in(home.oauth(["init", "demo", "work", "--json"]), ALICE);
    renamed.success().stderr_has("warning: it is the account that was named `alice@example.test`, and is `work` now");
    let again = server.sign_in(home.oauth(["init", "demo", "work"]), ALICE);
    again.success().says_nothing_of("warning:");
}

#[test]
fn a_name_that_another_account_bears_in_whatever_case_is_told_as_such() {
    let (server, home) = DemoServer::connected();
    server.sign_in(home.oauth(["init", "demo", "Work"]), ALICE).success();
    let taken = server.sign_in(home.oauth(["init", "demo", "wORK"]), BOB);
    taken
        .fails(7)
        .stderr_has("`Work` is the name of another account that is connected, and `bob@example.test` signed in");
    taken.stderr_has("under a name that is free: oauth init demo NAME");
}

#[test]
fn nobody_else_is_hinted_at_than_the_account_that_is_named() {
    let (server, home) = DemoServer::connected();
    let run = home.oauth(["init", "demo", ALICE, "--no-browser", "--param", &format!("login_hint={BOB}")]);
    run.run().fails(2).stderr_has("`alice@example.test` is to sign in, and --param login_hint says `bob@example.test`");
    let hint = |args: &[&str], account: &str| {
        let mut running = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]).args(args).spawn();
        let url = server.authorization_url(&mut running);
        let _ = crate::support::demo::visit(&server.redirect(&url, account, true));
        running.finish().success();
        parameter(&url, "login_hint")
    };
    assert_eq!(hint(&["me", "--param", &format!("login_hint={BOB}")], BOB).as_deref(), Some(BOB));
    // What was given for an account that bears another name is used again, and gives way to an address.
    assert_eq!(hint(&["me"], BOB).as_deref(), Some(BOB));
    assert_eq!(hint(&[ALICE], ALICE).as_deref(), Some(ALICE));
}

#[test]
fn what_tokens_are_for_is_an_absolute_address_without_a_fragment() {
    let (server, home) = DemoServer::connected();
    let logged = server.log().len();
    for resource in
        ["", "api", "/api", "https://api.example/#part", "https://api.example/#", "https://a b.example/", " urn:x"]
    {
        let refused = home.oauth(["init", "demo", "--no-browser", "--resource", resource]).run();
        refused.fails(2).stderr_has("a resource is an absolute URI without a fragment (RFC 8707)");
    }
    assert_eq!(server.log().len(), logged);
    let url = "urn:example:api";
    server.sign_in(home.oauth(["init", "demo", "--resource", url]), ALICE).success();
}

#[test]
fn a_mistyped_account_is_answered_with_the_one_that_is_near() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    for command in ["token", "test", "revoke", "default"] {
        let near = home.oauth([command, "demo", "Bob@exampel.test"]).run();
        near.fails(3).stderr_has("hint: did you mean: bob@example.test\n  hint: oauth init demo");
        home.oauth([command, "demo", "ali"]).run().fails(3).stderr_has("did you mean: alice@example.test\n");
        home.oauth([command, "dmeo", "x"]).run().fails(3).stderr_has("hint: did you mean: demo\n");
        home.oauth([command, "demo", "carol"]).run().fails(3).says_nothing_of("did you mean");
    }
}

#[test]
fn a_default_without_an_account_is_answered_with_those_there_are() {
    let (_server, home) = DemoServer::connected();
    let refused = home.oauth(["default", "demo"]).run();
    refused
        .fails(2)
        .stderr_has("connected are: alice@example.test")
        .stderr_has("oauth default demo alice@example.test");
    home.oauth(["default", "github"]).run().fails(3).stderr_has("hint: oauth init github");
    home.oauth(["default", "dmeo"]).run().fails(3).stderr_has("did you mean: demo");
}

#[test]
fn a_user_name_in_another_protocols_words_ends_no_field_of_it() {
    let (_server, home) = DemoServer::connected();
    for format in ["xoauth2", "netrc"] {
        for user in ["me\u{1}auth=Bearer x", "me\u{7f}", "a\nb", ""] {
            let refused = home.oauth(["token", "demo", "--format", format, "--user", user]).run();
            refused.fails(2).stdout_is("").stderr_has("cannot be the user name");
        }
    }
}

#[test]
fn two_ways_to_say_what_to_print_are_one_too_many() {
    let (_server, home) = DemoServer::connected();
    for format in ["token", "header", "env", "netrc", "xoauth2"] {
        home.oauth(["token", "demo", "--json", "--format", format]).run().fails(2).stdout_is("");
    }
    home.oauth(["token", "demo", "--json", "--format", "json"]).run().success();
}

#[test]
fn a_newer_token_than_that_of_the_environment_is_not_pretended() {
    let home = Home::new();
    let run = home.oauth(["token", "github", "--refresh"]).env("OAUTH_TOKEN_GITHUB", "canary").run();
    run.fails(4).stdout_is("").says_nothing_of("canary").stderr_has("cannot be refreshed");
    run.stderr_has("OAUTH_TOKEN_GITHUB").stderr_has("hint: oauth init github");
}

#[test]
fn git_is_not_set_up_for_providers_without_a_git_host_and_they_are_named() {
    let (_server, home) = DemoServer::connected();
    let refused = home.oauth(["helper", "git", "--install"]).run();
    refused.fails(3).stderr_has("nothing is known to have a git host").stderr_has("connected are: demo");
}

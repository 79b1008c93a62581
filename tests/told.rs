//! What a person is told, before something goes wrong and when it has: names that are taken or mistyped, values that
//! cannot be, and screens that fit a terminal.

use crate::support::demo::{ALICE, CLIENT, DemoServer, parameter};
use crate::support::sandbox::Home;
use crate::support::terminal::{on_terminal, too_wide, typing, typing_from_elsewhere};

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
    for (command, mend) in [("token", "init demo"), ("test", "init demo"), ("revoke", "list"), ("default", "init demo")]
    {
        let near = home.oauth([command, "demo", "Bob@exampel.test"]).run();
        near.fails(3).stderr_has(&format!("hint: did you mean: bob@example.test\n  hint: oauth {mend}"));
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
    home.oauth(["default", "github"]).run().fails(2).stderr_has("hint: oauth init github");
    home.oauth(["default", "dmeo"]).run().fails(2).stderr_has("did you mean: demo");
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

#[test]
fn a_secret_that_is_typed_is_asked_for_and_not_shown() {
    let home = Home::new();
    let set = |words: &[&str]| {
        let run = home.oauth(["client", "set", "github", "--client-id", "ID", "--client-secret-stdin"]).args(words);
        typing(run, "in,err", "Client secret (not shown):", "canary-typed\n").run()
    };
    set(&[]).success().stderr_has("Client secret (not shown):").says_nothing_of("canary-typed");
    set(&["--quiet"]).success().says_nothing_of("canary-typed");
    let listed = home.oauth(["client", "list", "--json"]).run();
    assert_eq!(listed.success().json()[0]["has_secret"], true, "{listed}");
    set(&["--no-input"]).fails(2).stderr_has("--no-input");
}

#[test]
fn a_server_that_binds_no_tokens_is_told_of_where_that_was_asked_for() {
    let (server, home) = DemoServer::connected();
    let init = |words: &[&str]| server.sign_in(home.oauth(["init", "demo", ALICE]).args(words), ALICE);
    init(&["--dpop"]).success().stderr_has("the server binds no tokens to a key");
    init(&[]).success().says_nothing_of("binds no tokens");
}

#[test]
fn who_interrupts_a_prompt_gets_the_terminal_back_as_it_was() {
    let home = Home::new();
    let typed = |keys: &str| {
        let run = home.oauth(["import", "github", "me"]);
        typing(run, "in,err", "Token (not shown):", keys).run()
    };
    typed("secret\u{3}").fails(130).says_nothing_of("secret");
    typed("\u{4}").fails(2);
    assert_eq!(home.oauth(["list", "--json"]).run().success().json(), serde_json::json!([]));
    let long = "x".repeat(5000);
    typed(&format!("{long}y\u{7f}\n")).success();
    assert_eq!(home.oauth(["token", "github"]).run().success().stdout.trim(), long);
}

#[test]
fn help_that_cannot_be_written_is_an_error_and_a_reader_that_has_gone_is_none() {
    let home = Home::new();
    for words in ["--help", "-h", "--version", "help token", "token --help", "man", "completions fish"] {
        let into = |place: &str| {
            let script = format!("{} {words} {place}", env!("CARGO_BIN_EXE_oauth"));
            home.command("bash").args(["-o", "pipefail", "-c", &script]).run()
        };
        into("> /dev/full").fails(1).stdout_is("").stderr_has("error: cannot write to standard output");
        into("2>&1 | true").stderr_is("").stdout_is("");
    }
    let full = format!("{} --help --json > /dev/full", env!("CARGO_BIN_EXE_oauth"));
    home.command("sh").args(["-c", &full]).run().fails(1).stderr_has("\"code\":\"output\"");
}

/// What a terminal shows of it: without what only moves or colours.
fn seen(text: &str) -> Vec<String> {
    let plain = text.split('\u{1b}').enumerate().map(|(at, part)| {
        if at == 0 { part } else { part.split_once(['m', 'K']).expect("an escape sequence with an end").1 }
    });
    plain.collect::<String>().lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn the_screen_of_a_device_flow_fits_a_terminal_and_can_be_scanned_or_read_aloud() {
    let (_server, home) = DemoServer::connected();
    let shown = |more: &[(&str, &str)]| {
        let init = home.oauth(["init", "demo", "--flow", "device"]).env("LANG", "C.UTF-8");
        let init = more.iter().fold(init, |init, (name, value)| init.env(*name, *value));
        let said = on_terminal(init, "in,err").spawn().wait_for_stderr("Ctrl-C stops.\n");
        // What comes behind it counts down.
        said[..said.find("stops.\n").expect("the last words") + "stops.\n".len()].to_owned()
    };
    let picture = shown(&[]);
    let lines = seen(&picture);
    assert!(lines.len() < 24 && lines.iter().all(|line| line.chars().count() <= 80), "{picture}");
    assert!(picture.contains("\u{1b}[30;107m") && lines.iter().any(|line| line.starts_with("  █▀▀▀▀▀█")), "{picture}");
    let letters = shown(&[("NO_COLOR", "1")]);
    assert!(letters.contains("▀") && seen(&letters).len() < 24, "{letters}");
    for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let said = shown(&[plain]);
        assert!(!said.contains("\u{1b}[") && !said.contains('\r'), "{plain:?}: {said}");
    }
    let mut elsewhere = home.oauth(["init", "demo", "--flow", "device"]).env("LANG", "C.UTF-8").spawn();
    let said = elsewhere.wait_for_stderr("Ctrl-C stops.\n");
    assert!(!said.contains(['\u{1b}', '\r', '▀']), "{said}");
}

#[test]
fn where_an_answer_is_pasted_it_is_asked_for_and_nothing_writes_over_it() {
    let (_server, home) = DemoServer::connected();
    for at in [typing, typing_from_elsewhere] {
        let init = home.oauth(["init", "demo", "--flow", "paste"]).env("NO_COLOR", "1");
        let mut asked = at(init, "in,err", "Address:", "nonsense\n").spawn();
        let said = asked.wait_for_stderr("that was not taken");
        // It is asked for again.
        asked.wait_for_stderr("\nAddress:");
        assert!(said.contains("Ctrl-C stops.\n") && !said.contains(" left"), "{said}");
    }
}

#[test]
fn the_browser_is_said_to_be_on_this_machine_only_where_nothing_can_be_pasted() {
    let (_server, home) = DemoServer::connected();
    let init = |more: &[&str]| home.oauth(["init", "demo", "--no-browser"]).args(more.iter().copied());
    let mut asked = on_terminal(init(&[]), "in,err").spawn();
    let said = asked.wait_for_stderr("Ctrl-C stops.\n");
    assert!(said.contains("Visit this address in a browser:") && said.contains("on another machine"), "{said}");
    let said = init(&["--flow", "paste"]).stdin_open().spawn().wait_for_stderr("Ctrl-C stops.\n");
    assert!(said.contains("Visit this address in a browser:") && !said.contains("on this machine"), "{said}");
    let said = init(&[]).spawn().wait_for_stderr("Ctrl-C stops.\n");
    assert!(said.contains("Visit this address in a browser on this machine:"), "{said}");
}

#[test]
fn what_is_known_of_a_server_fits_a_terminal() {
    let (server, home) = DemoServer::connected();
    for words in [
        &["provider", "show", "google"][..],
        &["provider", "show", "entra"],
        &["provider", "discover", server.issuer()],
    ] {
        let whole = home.oauth(words).run().success().stdout.clone();
        let shown = on_terminal(home.oauth(words), "out").run().success().stdout.clone();
        let long = |line: &&String| line.chars().count() > 80 && line.trim().contains(' ');
        assert_eq!(seen(&shown).iter().find(long), None, "{shown}");
        let all = |text: &str| seen(text).join(" ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(all(&shown), all(&whole), "nothing is lost");
    }
}

#[test]
fn what_was_seen_of_a_server_lines_up_however_long_its_addresses_are() {
    let server = DemoServer::start([] as [&str; 0]);
    let url = format!("{}/mcp", server.issuer());
    let shown = on_terminal(Home::new().oauth(["provider", "discover", &url]), "out").run();
    let shown = &shown.success().stdout;
    let (_, findings) = shown.split_once("\n\n").expect("facts, and then findings");
    assert!(findings.contains("/.well-known/"), "{shown}");
    for line in findings.lines() {
        let start = line.len() - line.trim_start().len();
        // A mark, the clause, or what is beside a clause.
        assert!([2, 7, 25].contains(&start), "{line:?}\n{shown}");
    }
}

#[test]
fn the_demo_fits_a_terminal_and_so_does_what_its_server_says_first() {
    let home = Home::new();
    let told = on_terminal(home.oauth(["demo", "--no-browser"]), "out").run();
    assert_eq!(too_wide(&told.success().stdout), [""; 0], "{told}");
    let mut server = home.oauth(["demo", "--serve"]).spawn();
    let said = server.wait_for_stdout("Ctrl-C stops.\n");
    assert_eq!(too_wide(&said), [""; 0], "{said}");
}

#[test]
fn whoever_has_no_client_yet_is_told_how_to_get_one_step_by_step() {
    let home = Home::new();
    let google = home.oauth(["init", "google"]).run();
    let steps =
        google.fails(2).stderr.lines().filter_map(|line| line.trim().strip_prefix("hint: ")).collect::<Vec<_>>();
    assert!(steps[0].starts_with("1. ") && steps[3].starts_with("4. "), "{steps:#?}");
    let last = [
        "register at https://console.cloud.google.com/apis/credentials",
        "oauth init google --client-id ID --client-secret-stdin",
    ];
    assert_eq!(steps[4..], last, "no redirect URI has to be registered there");
    home.oauth(["init", "gitlab"])
        .run()
        .fails(2)
        .stderr_has("hint: the redirect URI is http://127.0.0.1:17171/callback\n");
}

#[test]
fn where_nothing_has_to_be_registered_nothing_is_asked_for() {
    let home = Home::new();
    let mut running = home.oauth(["init", "lichess", "--no-browser"]).spawn();
    let said = running.wait_for_stderr("Ctrl-C stops.");
    assert!(said.contains("https://lichess.org/oauth?") && said.contains("client_id=oauth-cli&"), "{said}");
}

#[test]
fn no_table_is_wider_than_the_terminal_however_long_and_wide_names_are() {
    let (server, home) = DemoServer::connected();
    let long = "a.name-that-is-far-longer-than-usual-or-necessary@mail.example.test";
    let wide = "日本語のとても長いアカウントの名前と会社の名前とその他@例え.jp";
    let tenant = "a-tenant-whose-name-is-as-long-as-a-name-of-a-tenant-may-well-be";
    for account in [long, wide, "e\u{301}a\u{308} combining"] {
        server.sign_in(home.oauth(["init", "demo"]), account).success();
    }
    server.sign_in(home.oauth(["init", "demo", "--tenant", tenant, "--client-id", CLIENT]), wide).success();
    home.oauth(["import", "github", wide, "--token-stdin", "--expires-in", "1h"]).stdin("canary").run().success();
    home.oauth(["client", "set", "demo", wide, "--client-id", long]).run().success();
    server.revoke_all();
    home.oauth(["token", "demo", wide, "--refresh"]).run().fails(4);
    for command in [
        &["list"][..],
        &["list", "--all-tenants"],
        &["list", "--forecast", "7d"],
        &["list", "--forecast", "7d", "--all-tenants"],
        &["audit"],
        &["audit", "--verbose"],
        &["audit", "--all-tenants"],
        &["audit", "--summary"],
        &["audit", "--summary", "--all-tenants"],
        &["test", "demo", wide],
        &["test", "demo", wide, "--capabilities"],
        &["doctor"],
        &["key", "status"],
        &["tenant", "list"],
        &["client", "list"],
        &["provider", "list", "demo"],
    ] {
        let told = on_terminal(home.oauth(command.iter().copied()), "out").run();
        assert_eq!(too_wide(&told.stdout), [""; 0], "{told}");
        assert!(!told.stdout.is_empty(), "{told}");
        // Commands to be pasted are whole, and alone on their lines.
        let said = on_terminal(home.oauth(command.iter().copied()), "err").run();
        let said: Vec<_> = too_wide(&said.stderr).into_iter().filter(|line| !line.contains("hint:")).collect();
        assert_eq!(said, [""; 0], "{command:?}");
    }
}

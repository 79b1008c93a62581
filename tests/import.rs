//! `oauth import`: static tokens under the same roof, and the way from them to a login.

use crate::support::demo::{ALICE, CLIENT, DemoServer, store};
use crate::support::entry;
use crate::support::files::{assert_no_canary, assert_private};
use crate::support::origin::{Origin, answer};
use crate::support::sandbox::{Home, Output};
use crate::support::terminal::typing;

const TOKEN: &str = "ghp_canary0123456789";

fn import(home: &Home, words: &[&str], token: &str) -> Output {
    home.oauth(["import"]).args(words.iter().copied()).args(["--token-stdin"]).stdin(token).run()
}

#[test]
fn a_static_token_is_sealed_listed_and_used_like_any_other() {
    let home = Home::new();
    let output = import(&home, &["github"], &format!("{TOKEN}\n"));
    output.success().stdout_is("").says_nothing_of(TOKEN);
    let list = home.oauth(["list", "--json"]).run();
    let own = &list.json()[0];
    assert_eq!((own["kind"].as_str(), own["status"].as_str()), (Some("imported"), Some("valid")));
    assert_eq!((own["account"].as_str(), own["default"].as_bool()), (Some("default"), Some(true)));
    assert_eq!((own["refreshable"].as_bool(), &own["expires_at"]), (Some(false), &serde_json::Value::Null));
    assert_eq!(own["client_id"], serde_json::Value::Null);
    home.oauth(["token", "github"]).run().success().stdout_is(&format!("{TOKEN}\n"));
    home.oauth(["exec", "github", "--", "printenv", "GITHUB_TOKEN"]).run().success().stdout_is(&format!("{TOKEN}\n"));
    let fill = home.oauth(["helper", "git", "get"]).stdin("protocol=https\nhost=github.com\n").run();
    fill.success().stdout_is(&format!("username=oauth2\npassword={TOKEN}\n"));
    home.oauth(["token", "github", "--refresh"]).run().fails(4);
    assert_private(&home.oauth_home());
    assert_no_canary(&home.oauth_home(), &[TOKEN]);
}

#[test]
fn who_made_a_credential_is_told_where_the_environment_names_nobody_too() {
    let made_by = |user: Option<&str>| {
        let home = Home::new();
        let import = home.oauth(["import", "github", "--token-stdin"]).stdin(TOKEN);
        let import = import.without_env("USER");
        user.into_iter().fold(import, |import, user| import.env("USER", user)).run().success();
        let list = home.oauth(["list", "--json"]).run().json();
        list[0]["created_by"].as_str().unwrap().split('@').next().unwrap().to_owned()
    };
    assert_eq!(made_by(Some("ada")), "ada");
    let number = rustix::process::geteuid().as_raw();
    assert_eq!(made_by(None), if number == 0 { "root".to_owned() } else { format!("uid-{number}") });
}

#[test]
fn a_token_that_ends_after_the_calendar_is_refused_and_one_that_is_kept_so_is_told_as_a_time() {
    let home = Home::new();
    for life in ["9999999d", "18446744073709551615"] {
        import(&home, &["github", "--expires-in", life], TOKEN).fails(2).stderr_has("--expires-in");
    }
    assert!(!home.oauth_home().join("credentials.db").exists(), "nothing was kept");
    import(&home, &["github", "--expires-in", "90d"], TOKEN).success();
    // What only an earlier program has kept.
    store(&home).execute("update credentials set expires_at = 865795231230", []).expect("a row");
    let told = home.oauth(["list", "--json"]).run().success().json();
    assert_eq!(told[0]["expires_at"], "9999-12-30T22:00:00Z");
    home.oauth(["list"]).run().success().says_nothing_of("865795231230");
}

#[test]
fn a_name_scopes_and_an_end_can_be_given() {
    let home = Home::new();
    import(&home, &["github@work", "--scope", "repo,gist", "--expires-in", "90d", "--json"], TOKEN).success();
    let told = home.oauth(["token", "github", "work", "--json"]).run().success().json();
    assert_eq!(told["account"], "work");
    assert_eq!(told["scopes"], serde_json::json!(["repo", "gist"]));
    assert!(told["expires_at"].is_string());
    import(&home, &["github", "short", "--expires-in", "0s"], TOKEN).success();
    home.oauth(["token", "github", "short"]).run().fails(4);
    import(&home, &["gitlab", "--set", "host=gitlab.example.org"], TOKEN).success();
    let output = home.oauth(["helper", "git", "get"]).stdin("protocol=https\nhost=gitlab.example.org\n").run();
    output.success().stdout_has(TOKEN);
}

#[test]
fn a_static_token_of_a_provider_that_offers_a_login_is_pointed_out_with_the_command_that_replaces_it() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    import(&home, &["demo", ALICE], TOKEN).success();
    let told = format!("demo {ALICE}: a static token, which a login replaces");
    let command = format!("oauth init demo {ALICE}");
    let list = || home.oauth(["list"]).run();
    list().success().stderr_has(&told).stderr_has(&command);
    assert!(home.oauth(["list", "--json"]).run().success().stderr.is_empty());
    let words: Vec<_> = command.split(' ').skip(1).chain(["--client-id", CLIENT]).collect();
    server.sign_in(home.oauth(words), ALICE).success();
    list().success().says_nothing_of("static token");
    // One that is at its end needs a login anyway, and is told of once.
    import(&home, &["github", "--force", "--expires-in", "0s"], TOKEN).success();
    list().success().stderr_has("oauth init github").says_nothing_of("static token");
}

#[test]
fn many_static_tokens_are_pointed_out_in_one_line_with_one_command() {
    let home = Home::new();
    for (provider, account) in [("gitlab", "work"), ("github", "one"), ("github", "two"), ("notion", "team")] {
        home.oauth(["import", provider, account, "--token-stdin"]).stdin("canary").run().success();
    }
    let listed = home.oauth(["list"]).run();
    listed.success().stderr_is(
        "4 static tokens (github, gitlab, notion): a login replaces each by one that renews or can be revoked\n  \
         hint: oauth init github one\n",
    );
    let json = home.oauth(["list", "--json"]).run();
    json.success().stderr_is("");
}

#[test]
fn a_static_token_that_is_in_use_is_replaced_only_by_force() {
    let home = Home::new();
    let force = |words: &[&str], token: &str| import(&home, &[words, &["--force"]].concat(), token);
    import(&home, &["github"], "first").success();
    // The same one is no other.
    import(&home, &["github"], "first").success();
    let refused = import(&home, &["github", "--json"], "second");
    let error = refused.fails(2).says_nothing_of("second").error();
    assert!(
        error["message"].as_str().is_some_and(|words| words.contains("github default holds another token")),
        "{error}"
    );
    assert!(
        error["hint"].as_str().is_some_and(|hint| hint.contains("github default --token-stdin --force")),
        "{error}"
    );
    home.oauth(["token", "github"]).run().success().stdout_is("first\n");
    force(&["github"], "second").success().stderr_has("Replaced");
    home.oauth(["token", "github"]).run().success().stdout_is("second\n");
    import(&home, &["github", "work"], "third").success();
    import(&home, &["github"], "fourth").fails(2).stderr_has("needs a name");
    import(&home, &["github", "DEFAULT"], "fifth").fails(2).stderr_has("in use");
    force(&["github", "DEFAULT"], "fifth").success();
    home.oauth(["token", "github"]).run().success().stdout_is("fifth\n");
    home.oauth(["token", "github", "work"]).run().success().stdout_is("third\n");
    // One that has ended, or was revoked, is nobody's any more.
    for end in [
        &["import", "github", "work", "--token-stdin", "--force", "--expires-in", "0s"][..],
        &["revoke", "github", "work"],
    ] {
        home.oauth(end.iter().copied()).stdin("ended").run().success();
        import(&home, &["github", "work"], "next").success();
        home.oauth(["token", "github", "work"]).run().success().stdout_is("next\n");
    }
}

#[test]
fn a_dry_run_stores_no_token_and_makes_no_store() {
    let home = Home::new();
    let told = import(&home, &["github", "work", "--dry-run"], TOKEN);
    told.success().stderr_has("github work would be brought in").stderr_has("nothing was brought in");
    assert!(!home.oauth_home().join("credentials.db").exists());
    import(&home, &["github"], "first").success();
    let told = import(&home, &["github", "--dry-run", "--force", "--json"], "second").success().json();
    assert_eq!((&told["result"], &told["dry_run"]), (&"replaced".into(), &true.into()));
    import(&home, &["github", "--dry-run"], "second").fails(2).stderr_has("holds another token");
    home.oauth(["token", "github"]).run().success().stdout_is("first\n");
    // What belongs to --from alone is not passed over in silence.
    import(&home, &["github", "--file", "hosts.yml"], "x").fails(2);
}

#[test]
fn what_can_be_refused_is_refused_before_anybody_types_a_secret() {
    let home = Home::new();
    // Without a terminal a secret that is asked for would be the error.
    home.oauth(["import", "nope"]).run().fails(3).stderr_has("there is no provider named `nope`");
    for (name, text) in [("empty.age", ""), ("passwd.age", "root:x:0:0:root:/root:/bin/sh\n")] {
        std::fs::write(home.path().join(name), text).unwrap();
        home.oauth(["import", name]).run().fails(2).stderr_has("the backup cannot be opened");
    }
    home.oauth(["import", "all.age", "work", "--passphrase-file", "pw"])
        .run()
        .fails(2)
        .stderr_has("a backup takes no account: `work` is one word too many");
}

#[test]
fn the_command_that_tests_a_new_token_names_its_account() {
    let home = Home::new();
    import(&home, &["gitlab", "main"], TOKEN).success().stderr_has("oauth test gitlab\n");
    import(&home, &["gitlab", "me"], TOKEN).success().stderr_has("oauth test gitlab me\n");
}

#[test]
fn of_two_lines_none_is_taken_for_the_secret() {
    let home = Home::new();
    for text in ["one\ntwo", "one\ntwo\n", "one\r\n\r\ntwo\r\n"] {
        import(&home, &["github"], text).fails(2).stderr_has("more than one line").says_nothing_of("two");
        let client = ["client", "set", "github", "--client-id", "x", "--client-secret-stdin"];
        home.oauth(client).stdin(text).run().fails(2).stderr_has("more than one line");
    }
    assert!(!home.oauth_home().join("credentials.db").exists(), "nothing was stored");
    import(&home, &["github"], "\n  one \r\n\n").success();
    home.oauth(["token", "github"]).run().success().stdout_is("one\n");
}

#[test]
fn what_a_tool_holds_without_a_name_overwrites_no_name() {
    let home = Home::new();
    let env = |token: &str, more: &[&str]| {
        let run = home.oauth(["import", "--from", "env", "--yes"]).args(more.iter().copied());
        run.env("GITHUB_TOKEN", token).run()
    };
    import(&home, &["github", "work"], "mine").success();
    env("other", &[]).fails(2).stderr_has("needs a name").says_nothing_of("Replaced");
    env("other", &["--force"]).fails(2);
    home.oauth(["token", "github", "work"]).run().success().stdout_is("mine\n");

    home.oauth(["revoke", "github", "work", "--forget"]).run().success();
    env("first", &[]).success();
    env("first", &[]).success();
    env("second", &[]).fails(2).stderr_has("in use").says_nothing_of("Replaced");
    home.oauth(["token", "github"]).run().success().stdout_is("first\n");
    env("second", &["--force"]).success().stderr_has("Replaced");
    home.oauth(["token", "github"]).run().success().stdout_is("second\n");
}

#[test]
fn every_provider_of_the_help_s_examples_is_known() {
    let home = Home::new();
    let help = home.oauth(["import", "--help"]).run().success().stdout.clone();
    let examples = help.split_once("Examples:").expect("examples").1;
    let named = examples.split("oauth import ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    for name in named.filter(|name| !name.starts_with('-') && !name.contains('.')) {
        home.oauth(["provider", "show", name]).run().success();
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let home = Home::new();
    for token in ["", "\n", " \n", "two words", "zoë", "a\x1b[2Jb", &"x".repeat(20_000)] {
        import(&home, &["github"], token).fails(2).stdout_is("");
    }
    import(&home, &["nobody"], TOKEN).fails(3);
    import(&home, &["github", "a\nb"], TOKEN).fails(2);
    home.oauth(["import", "github"]).run().fails(2).stderr_has("--token-stdin");
    let sh = |redirection: &str| {
        let line = format!("{} import github --token-stdin {redirection}", env!("CARGO_BIN_EXE_oauth"));
        home.command("sh").args(["-c", &line]).run()
    };
    for redirection in ["</dev/null", "<&-", "</"] {
        sh(redirection).fails(2);
    }
    sh("</dev/zero").fails(2);
    assert!(!home.oauth_home().join("credentials.db").exists(), "nothing was stored");
}

#[test]
fn without_a_key_nothing_is_stored() {
    let home = Home::new();
    let run = home.oauth(["import", "github", "--token-stdin"]).stdin(TOKEN).without_key();
    run.run().fails(6);
    assert!(!home.oauth_home().join("credentials.db").exists());
}

#[test]
fn a_login_takes_the_place_of_a_static_token() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    import(&home, &["demo"], TOKEN).success();
    let id = home.oauth(["list", "--json"]).run().json()[0]["id"].clone();
    let init = home.oauth(["init", "demo", "--json"]).run();
    init.fails(2).stderr_has("client id");
    let told = server.login(&home, "demo", ALICE);
    assert_eq!((&told["id"], told["account"].as_str(), told["kind"].as_str()), (&id, Some(ALICE), Some("oauth")));
    let list = home.oauth(["list", "--json"]).run().json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    assert_eq!(list[0]["default"], true);
    assert_ne!(home.oauth(["token", "demo"]).run().stdout.trim(), TOKEN);
    import(&home, &["demo", ALICE], TOKEN).fails(2).stderr_has("by a login already");

    // One that is named is replaced by a login of that name, and left alone by others.
    import(&home, &["demo", "key"], TOKEN).success();
    server.sign_in(home.oauth(["init", "demo", "bob", "--client-id", CLIENT]), "bob@example.test").success();
    home.oauth(["token", "demo", "key"]).run().success().stdout_is(&format!("{TOKEN}\n"));
    server.sign_in(home.oauth(["init", "demo", "key", "--client-id", CLIENT]), "carol@example.test").success();
    assert_ne!(home.oauth(["token", "demo", "key"]).run().stdout.trim(), TOKEN);
}

#[test]
fn a_static_token_that_is_not_taken_says_how_to_bring_in_another() {
    let api = Origin::start(|_| answer(401, &[], ""));
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    entry::write(&home, "demo", &server, &format!("api_hosts = [\"{}\"]", api.authority()));
    import(&home, &["demo"], TOKEN).success();
    let output = home.oauth(["request", "demo", &api.url("/")]).run();
    output.fails(4).stderr_has("oauth import demo default --token-stdin").stderr_has("oauth init demo");
    assert_eq!(api.seen().len(), 1);
    home.oauth(["test", "demo"]).run().fails(4);
}

#[test]
fn a_static_token_that_the_provider_has_refused_is_not_handed_out_again() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    import(&home, &["demo"], TOKEN).success();
    home.oauth(["token", "demo"]).run().success();
    home.oauth(["test", "demo"]).run().fails(4);
    let words = [&["token", "demo"][..], &["token", "demo", "--format", "header"], &["exec", "demo", "--", "true"]];
    for (words, exit) in words.into_iter().zip([4, 4, 125]) {
        let refused = home.oauth(words.iter().copied()).run();
        assert_eq!(refused.fails(exit).stdout, "");
        refused.stderr_has("no longer takes the access token").stderr_has("oauth import demo default --token-stdin");
    }
    import(&home, &["demo", "--force"], "another").success();
    home.oauth(["token", "demo"]).run().success().stdout_is("another\n");
}

#[test]
fn a_static_token_is_ended_here_where_no_provider_can() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    import(&home, &["demo"], TOKEN).success();
    let output = home.oauth(["revoke", "demo", "--json"]).run();
    output.success();
    assert_eq!(output.json()["access"], "unsupported");
    assert_eq!(server.count("requests/revoke"), 0);
    home.oauth(["token", "demo"]).run().fails(3);
    import(&home, &["demo"], "again").success();
    home.oauth(["token", "demo"]).run().success().stdout_is("again\n");
}

/// A file of another tool's in this home.
fn write(home: &Home, path: &str, text: &str) -> String {
    let path = home.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn from(home: &Home, tool: &str, more: &[&str]) -> Output {
    home.oauth(["import", "--from", tool]).args(more.iter().copied()).run()
}

#[test]
fn what_gh_holds_is_shown_first_and_brought_in_when_that_is_wanted() {
    let home = Home::new();
    let hosts = format!(
        "github.com:\n    users:\n        mona:\n            oauth_token: {TOKEN}\n        hidden:\n    user: mona\n\
         unknown.example:\n    user: me\n    oauth_token: gho_other\n"
    );
    write(&home, "xdg/config/gh/hosts.yml", &hosts);
    let output = from(&home, "gh", &["--dry-run"]);
    output.success().says_nothing_of(TOKEN).stdout_has("mona").stdout_has("static token");
    output.stdout_has("no provider is known for unknown.example").stdout_has("kept elsewhere");
    // A script sees that nothing came of it; a person who does not want it is told so.
    for more in [&[][..], &["--json"]] {
        from(&home, "gh", more).fails(2).stdout_is("").stderr_has("nobody can be asked").stderr_has("add --yes");
    }
    let import = home.oauth(["import", "--from", "gh"]);
    let refused = typing(import, "in,err,out", "[y/N]", "n\n").run();
    refused.fails(2).stderr_has("mona").stderr_has("Bring in 1? [y/N]").stderr_has("nothing was done");
    assert!(!home.oauth_home().join("credentials.db").exists(), "only shown");
    let told = from(&home, "gh", &["--dry-run", "--json"]).success().json();
    assert_eq!(told[1]["kind"], "token");
    from(&home, "gh", &["--yes"]).success().says_nothing_of(TOKEN);
    home.oauth(["token", "github", "mona"]).run().success().stdout_is(&format!("{TOKEN}\n"));
    let list = home.oauth(["list", "--json"]).run().json();
    assert_eq!((list.as_array().unwrap().len(), list[0]["kind"].as_str()), (1, Some("imported")));
    assert_no_canary(&home.oauth_home(), &[TOKEN]);
}

#[test]
fn gh_itself_wrote_what_is_read() {
    // `gh` looks at a token before it keeps it; its own file, written by hand here, is read back by it.
    let home = Home::new();
    write(
        &home,
        "xdg/config/gh/hosts.yml",
        &format!(
            "github.com:\n    users:\n        mona:\n            oauth_token: {TOKEN}\n    user: mona\n    oauth_token: {TOKEN}\n"
        ),
    );
    let told = home.command("gh").args(["auth", "token", "--hostname", "github.com"]).run();
    told.success().stdout_is(&format!("{TOKEN}\n"));
    from(&home, "gh", &["--yes"]).success();
    home.oauth(["token", "github"]).run().success().stdout_is(&told.stdout);
}

#[test]
fn passwords_of_git_and_netrc_and_variables_are_brought_in() {
    let home = Home::new();
    write(&home, "home/.git-credentials", "https://mona:git%2Dcanary@github.com\nhttps://x:y@unknown.example\n");
    from(&home, "git", &["--yes"]).success();
    home.oauth(["token", "github", "mona"]).run().success().stdout_is("git-canary\n");
    write(&home, "home/.netrc", "machine api.github.com login other password netrc-canary\n");
    from(&home, "netrc", &["--yes"]).success();
    home.oauth(["token", "github", "other"]).run().success().stdout_is("netrc-canary\n");
    let home = Home::new();
    let env = home.oauth(["import", "--from", "env", "--yes"]).env("GITHUB_TOKEN", "env-canary").run();
    env.success().says_nothing_of("env-canary");
    home.oauth(["token", "github"]).run().success().stdout_is("env-canary\n");
    // One failure never hides another.
    write(&home, "home/.git-credentials", "https://a%0Ab:tok@github.com\nhttps://fine:tok@github.com\n");
    from(&home, "git", &["--yes"]).fails(2);
    home.oauth(["token", "github", "fine"]).run().success();
    write(&home, "home/.git-credentials", "https://a:t%0Ak@github.com\nhttps://b:tok@github.com\n");
    from(&home, "git", &["--yes"]).fails(2).stderr_has("what git holds for github a is not taken");
    home.oauth(["token", "github", "b"]).run().success();
}

/// What was cut off might be the end of a token.
#[test]
fn no_part_of_a_file_or_of_standard_input_is_taken_for_the_whole() {
    let home = Home::new();
    let long = format!("machine api.github.com login me password tok\n{}", " ".repeat(4 << 20));
    write(&home, "home/.netrc", &long);
    from(&home, "netrc", &["--yes"]).fails(2).stderr_has("more than 4 MiB");
    let piped = home.oauth(["import", "--from", "netrc", "--file", "-", "--yes"]).stdin(long).run();
    piped.fails(2).stderr_has("more than 4 MiB");
}

#[test]
fn where_nothing_is_there_is_nothing_to_do() {
    let home = Home::new();
    for tool in ["gh", "gcloud", "rclone", "pizauth", "oidc-agent", "git", "netrc", "env"] {
        from(&home, tool, &[]).fails(3).stderr_has("nothing of");
    }
    from(&home, "gh", &["--file", "/nonexistent"]).fails(2);
    from(&home, "unknown", &[]).fails(2);
}

/// The file of an account with a login at the demo server, as `oidc-gen --print` shows one.
fn login_of(server: &DemoServer, home: &Home) -> String {
    // By the device flow, which needs no redirect.
    let answer = crate::support::http::post(
        &format!("{}/device_authorization", server.issuer()),
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &format!("client_id={CLIENT}&scope=openid+email+offline_access"),
    );
    let device = crate::support::json(&answer.body);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let approve = format!("user_code={}&account={}&decision=allow", device["user_code"].as_str().unwrap(), ALICE);
    let decided = crate::support::http::post(&format!("{}/device/decision", server.issuer()), &form, &approve);
    assert!(decided.status < 400, "{decided:?}");
    let redeem = format!(
        "grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id={CLIENT}&device_code={}",
        device["device_code"].as_str().unwrap()
    );
    let token = crate::support::http::post(&format!("{}/token", server.issuer()), &form, &redeem);
    assert_eq!(token.status, 200, "{token:?}");
    let tokens = crate::support::json(&token.body);
    let account = serde_json::json!({"name": "mine", "issuer_url": server.issuer(), "client_id": CLIENT,
        "refresh_token": tokens["refresh_token"], "scope": "openid email"});
    write(home, "account.json", &account.to_string())
}

#[test]
fn a_login_that_another_tool_goes_on_with_is_not_spent_here_before_it_is_taken_over() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let file = login_of(&server, &home);
    let before = server.count("grants/refresh_token");
    from(&home, "oidc-agent", &["--file", &file, "--yes"]).success();
    let list = home.oauth(["list", "--json"]).run().json();
    assert_eq!((list[0]["status"].as_str(), list[0]["account"].as_str()), (Some("stale"), Some("mine")));
    home.oauth(["token", "demo"]).run().fails(4).stderr_has("oidc-agent");
    home.oauth(["token", "demo", "--refresh"]).run().fails(4);
    assert_eq!(server.count("grants/refresh_token"), before, "nothing was sent");

    home.oauth(["doctor", "--take-over"]).run().success();
    home.oauth(["token", "demo"]).run().success();
    assert_eq!(server.count("grants/refresh_token"), before + 1);
    let list = home.oauth(["list", "--json"]).run().json();
    assert_eq!(list[0]["status"], "valid");
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

#[test]
fn a_login_can_be_taken_over_at_once() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let file = login_of(&server, &home);
    let text = std::fs::read_to_string(file).unwrap();
    let run = home.oauth(["import", "--from", "oidc-agent", "--file", "-", "--take-over", "--yes"]).stdin(text.clone());
    run.run().success();
    home.oauth(["token", "demo"]).run().success();
    let again = home.oauth(["import", "--from", "oidc-agent", "--file", "-", "--yes"]).stdin(text).run();
    again.fails(2).stderr_has("by a login already");
}

#[test]
fn a_login_that_takes_the_place_of_the_default_is_the_default() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    for account in ["mine", "other"] {
        import(&home, &["demo", account], TOKEN).success();
    }
    let file = login_of(&server, &home);
    from(&home, "oidc-agent", &["--file", &file, "--force", "--yes"]).success();
    let list = home.oauth(["list", "--json"]).run().success().json();
    let mine = list.as_array().expect("a list").iter().find(|own| own["account"] == "mine").expect("the login");
    assert_eq!((&mine["kind"], &mine["default"]), (&serde_json::json!("oauth"), &serde_json::json!(true)), "{list:#}");
}

#[test]
fn logins_of_gcloud_and_rclone_need_a_client_that_is_the_user_s() {
    let home = Home::new();
    let defaults = r#"{"client_id":"i","client_secret":"s","refresh_token":"1//r","type":"authorized_user"}"#;
    write(&home, "xdg/config/gcloud/application_default_credentials.json", defaults);
    let database = rusqlite::Connection::open(home.path().join("xdg/config/gcloud/credentials.db")).unwrap();
    database.execute_batch("create table credentials (account_id text primary key, value blob)").unwrap();
    database.execute("insert into credentials values ('a@example.com', ?1)", [defaults]).unwrap();
    drop(database);
    from(&home, "gcloud", &["--dry-run"]).success().stdout_has("a@example.com").stdout_has("login");
    from(&home, "gcloud", &["--yes"]).success();
    let list = home.oauth(["list", "--json"]).run().json();
    assert_eq!(list.as_array().unwrap().iter().filter(|own| own["status"] == "stale").count(), 2);

    let token = r#"{"access_token":"a","refresh_token":"r","expiry":"2023-11-14T22:13:20Z"}"#;
    let text = format!(
        "[own]\ntype = drive\nclient_id = i\ntoken = {token}\n[theirs]\ntype = drive\ntoken = {token}\n[odd]\ntype = mega\ntoken = {token}\n"
    );
    write(&home, "xdg/config/rclone/rclone.conf", &text);
    let told = from(&home, "rclone", &["--dry-run", "--json"]).success().json();
    assert_eq!(
        (told[0]["kind"].as_str(), told[1]["kind"].as_str(), told[2]["kind"].as_str()),
        (Some("login"), None, None)
    );
    let reason = told[1]["reason"].as_str().unwrap();
    assert_eq!(reason, "it belongs to rclone's own client; connect instead: oauth init google");
    let within = ["--tenant", "my team", "--dry-run"];
    from(&home, "rclone", &within).success().stdout_has("connect instead: oauth --tenant 'my team' init google\n");
    write(&home, "xdg/config/rclone/rclone.conf", "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nx\n");
    let refused = from(&home, "rclone", &within).fails(1).stderr_has("encrypted").stderr.clone();
    let hint = "rclone config show | oauth --tenant 'my team' import --from rclone --file -\n";
    assert!(refused.contains(hint), "{refused}");
}

#[test]
fn a_client_of_pizauth_is_kept_for_the_login() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let account = format!(
        "account \"work\" {{\n  auth_uri = \"{0}/authorize\";\n  token_uri = \"{0}/token\";\n  client_id = \"{CLIENT}\";\n}}\n",
        server.issuer()
    );
    write(&home, "xdg/config/pizauth.conf", &account);
    from(&home, "pizauth", &["--yes"]).success().stderr_has("oauth init demo");
    server.sign_in(home.oauth(["init", "demo"]), ALICE).success();
}

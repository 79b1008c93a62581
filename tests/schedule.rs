//! Looking ahead: what will need a human, and the timer that asks.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, DemoServer, store};
use crate::support::files::private;
use crate::support::sandbox::{Home, MASTER_KEY, Run};

fn set(home: &Home, sql: &str) {
    store(home).execute_batch(sql).expect("a row");
}

#[track_caller]
fn forecast(home: &Home, ahead: &str) -> Vec<Value> {
    let list = home.oauth(["list", "--forecast", ahead, "--json"]).run();
    list.success().json().as_array().expect("a list").clone()
}

#[test]
fn the_forecast_names_what_needs_a_human_by_then_the_earliest_first() {
    let (server, home) = DemoServer::connected();
    for account in ["bob@example.test", "carol@example.test", "dave@example.test"] {
        server.login(&home, "demo", account);
    }
    let ends = |account: &str, hours: i64| {
        format!(
            "update credentials set refresh_expires_at = unixepoch() + {hours} * 3600 where account like '{account}%';"
        )
    };
    set(&home, &(ends("bob", 6 * 24) + &ends("carol", 2) + &ends("dave", 30 * 24)));
    let accounts = |ahead: &str| forecast(&home, ahead).iter().map(|own| own["account"].clone()).collect::<Vec<_>>();
    assert_eq!(accounts("1h"), Vec::<Value>::new());
    assert_eq!(accounts("1d"), [json!("carol@example.test")]);
    assert_eq!(accounts("7d"), [json!("carol@example.test"), json!("bob@example.test")]);
    // The access token outlives the refresh token of nobody here; ALICE's login has no end that is known.
    assert_eq!(accounts("365d").len(), 3);
    let bob = &forecast(&home, "7d")[1];
    assert_eq!(
        (&bob["human_needed_at"], &bob["reason"]),
        (&bob["refresh_expires_at"], &json!("the refresh token ends"))
    );
    let table = home.oauth(["list", "--forecast", "7d"]).run();
    table
        .success()
        .stdout_has("NEEDED")
        .stdout_has("carol@example.test")
        .stderr_has("oauth init demo bob@example.test");
    assert!(!table.stdout.contains("dave") && !table.stdout.contains(ALICE), "{table}");
}

#[test]
fn what_needs_a_human_now_is_in_every_forecast_and_what_was_revoked_in_none() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    server.revoke_all();
    home.oauth(["token", "demo", ALICE, "--refresh"]).run().fails(4);
    home.oauth(["revoke", "demo", "bob@example.test", "--local"]).run().success();
    let all = forecast(&home, "1s");
    assert_eq!((all.len(), &all[0]["account"], &all[0]["status"]), (1, &json!(ALICE), &json!("reauth")));
    home.oauth(["list", "--forecast", "soon"]).run().fails(2);
    Home::new()
        .oauth(["list", "--forecast", "7d"])
        .run()
        .success()
        .stdout_is("")
        .stderr_has("no credential needs a human");
}

#[test]
fn a_test_that_looks_ahead_fails_with_what_the_forecast_names() {
    let (_server, home) = DemoServer::connected();
    set(&home, "update credentials set refresh_expires_at = unixepoch() + 7200");
    home.oauth(["test", "--min-valid", "1h"]).run().success();
    let output = home.oauth(["test", "--min-valid", "24h", "--json"]).run();
    output.fails(4);
    let checks = output.json()[0]["checks"].clone();
    let last = checks.as_array().and_then(|checks| checks.last()).expect("a check");
    assert_eq!((&last["name"], &last["result"]), (&json!("min-valid"), &json!("failed")));
}

/// A command whose key lies in a file, with programs of the test's own before those of the system.
fn scheduled(home: &Home, args: &[&str]) -> Run {
    let key = private(&home.path().join("a 100% $HOME \"quoted\" place"), "key", &format!("{MASTER_KEY}\n"));
    let bin = home.path().join("bin");
    if !bin.exists() {
        fs::create_dir(&bin).expect("a directory");
        let systemctl = bin.join("systemctl");
        fs::write(&systemctl, format!("#!/bin/sh\necho \"$@\" >> {}\n", home.path().join("told").display()))
            .expect("a file");
        fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    home.oauth(["schedule"])
        .args(args.iter().copied())
        .without_key()
        .env("OAUTH_MASTER_KEY_FILE", key)
        .env("PATH", path)
}

fn units(home: &Home) -> PathBuf {
    home.path().join("xdg/config/systemd/user")
}

#[test]
fn systemd_takes_the_units_as_they_are_written() {
    let home = Home::new();
    scheduled(&home, &["--keeper", "systemd", "--every", "1h", "--min-valid", "7d"]).run().success();
    let [service, timer] = ["oauth-test.service", "oauth-test.timer"].map(|name| units(&home).join(name));
    let verify = home.command("systemd-analyze").args(["--user", "verify"]).args([&service, &timer]);
    verify.run().success().stderr_is("");
    let text = fs::read_to_string(&service).expect("a unit");
    let program = env!("CARGO_BIN_EXE_oauth");
    let words = "\"test\" \"--all\" \"--quiet\" \"--no-input\" \"--tenant\" \"default\" \"--min-valid\" \"7d\"";
    assert!(text.contains(&format!("ExecStart=\"{program}\" {words}\n")), "{text}");
    assert!(text.contains("/a 100%% $HOME \\\"quoted\\\" place/key\"\n"), "{text}");
    assert!(!text.contains(MASTER_KEY));
    assert!(fs::read_to_string(&timer).expect("a unit").contains("OnUnitActiveSec=3600s\n"));
    let told = fs::read_to_string(home.path().join("told")).expect("what systemctl was told");
    assert_eq!(told, "--user daemon-reload\n--user enable --now oauth-test.timer\n");
}

#[test]
fn printing_installs_nothing_and_removing_leaves_nothing() {
    let home = Home::new();
    let printed = scheduled(&home, &["--keeper", "systemd", "--print"]).run();
    printed.success().stdout_has("[Timer]").stdout_has("oauth-test.service");
    assert!(!units(&home).exists() && !home.path().join("told").exists());
    scheduled(&home, &["--keeper", "systemd", "--tenant", "cust a/b"]).run().success();
    let names: Vec<_> =
        fs::read_dir(units(&home)).expect("units").map(|entry| entry.expect("a unit").file_name()).collect();
    assert!(names.iter().any(|name| name == "oauth-test-cust_20a_2fb.timer"), "{names:?}");
    scheduled(&home, &["--keeper", "systemd", "--tenant", "cust a/b", "--remove"]).run().success();
    assert_eq!(fs::read_dir(units(&home)).expect("units").count(), 0);
    let told = fs::read_to_string(home.path().join("told")).expect("what systemctl was told");
    assert!(told.contains("--user disable --now oauth-test-cust_20a_2fb.timer\n"), "{told}");
    scheduled(&home, &["--keeper", "systemd", "--remove"]).run().success().stderr_has("there was no timer");
}

#[test]
fn a_timer_that_cannot_be_started_is_said_so() {
    let home = Home::new();
    let run = scheduled(&home, &["--keeper", "systemd"]);
    fs::write(home.path().join("bin/systemctl"), "#!/bin/sh\necho no bus >&2\nexit 1\n").expect("a file");
    let told = run.run();
    told.fails(1).stderr_has("was not started").stderr_has("no bus").says_nothing_of("it runs while");
    // What cron takes instead does the same, and can be pasted.
    let bin = home.path().join("bin");
    fs::write(bin.join("crontab"), "#!/bin/sh\n[ \"$1\" = -l ] || cat > crontab.txt\n").expect("a file");
    fs::set_permissions(bin.join("crontab"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let hint = told.stderr.lines().find_map(|line| line.split_once("where cron runs instead: ")).expect("a hint").1;
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
    home.command("sh").args(["-c", hint]).env("PATH", path).current_dir(home.path()).run().success();
    let line = fs::read_to_string(home.path().join("crontab.txt")).expect("a crontab");
    let command = line.strip_prefix("0 */6 * * * ").expect("every six hours").replace("\\%", "%");
    assert!(command.contains(" test --all --quiet --no-input --tenant default --min-valid 3d\n"), "{line}");
    home.command("sh").args(["-c", &command]).without_key().run().fails(3).stderr_has("nothing is connected yet");
}

#[test]
fn launchd_gets_a_property_list() {
    let home = Home::new();
    let output = scheduled(&home, &["--keeper", "launchd", "--print", "--json"]).run();
    output.success();
    let file = &output.json()[0];
    assert!(file["file"].as_str().expect("a path").ends_with("/Library/LaunchAgents/org.oauth-cli.test.plist"));
    let list = private(home.path(), "agent.plist", file["text"].as_str().expect("text"));
    let read = "import plistlib, sys, json; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let list = home.command("python3").args(["-c", read]).args([list]).run().success().json();
    assert_eq!((&list["StartInterval"], &list["ProgramArguments"][1]), (&json!(21600), &json!("test")));
    let key = list["EnvironmentVariables"]["OAUTH_MASTER_KEY_FILE"].as_str().expect("a path").to_owned();
    assert!(key.ends_with("/a 100% $HOME \"quoted\" place/key"), "{key}");
}

#[test]
fn a_proxy_with_a_password_is_refused_and_never_written() {
    let home = Home::new();
    for proxy in
        ["http://joe:canary-1@proxy.example:3128", "joe:canary-1@proxy.example:3128", "http://canary-1@p.example"]
    {
        for keeper in ["systemd", "launchd"] {
            for more in [&[][..], &["--print"], &["--json"]] {
                let run = scheduled(&home, &["--keeper", keeper]).args(more.iter().copied()).env("HTTPS_PROXY", proxy);
                run.run().fails(2).stdout_is("").stderr_has("HTTPS_PROXY").says_nothing_of("canary-1");
                let run = scheduled(&home, &["--keeper", keeper]).args(more.iter().copied()).env("all_proxy", proxy);
                run.run().fails(2).stdout_is("").stderr_has("env -u all_proxy").says_nothing_of("canary-1");
            }
        }
        assert!(!units(&home).exists());
    }
    let plain = scheduled(&home, &["--keeper", "systemd", "--print"]).env("HTTPS_PROXY", "http://proxy.example:3128");
    plain.run().success().stdout_has("HTTPS_PROXY=http://proxy.example:3128");
    let removed = scheduled(&home, &["--keeper", "systemd", "--remove"]).env("HTTPS_PROXY", "http://j:p@proxy.example");
    removed.run().success();
}

#[test]
fn a_timer_finds_the_store_and_the_way_out_that_the_shell_has() {
    let home = Home::new();
    let print = ["--keeper", "systemd", "--print"];
    let run = scheduled(&home, &print).env("https_proxy", "http://proxy.example:1").env("NO_PROXY", "a.example");
    let output = run.without_env("OAUTH_HOME").run();
    let line = |name: &str, path: &str| format!("Environment=\"{name}={}\"", home.path().join(path).display());
    output.success().stdout_has("Environment=\"https_proxy=http://proxy.example:1\"");
    output.stdout_has("Environment=\"NO_PROXY=a.example\"").stdout_has(&line("XDG_DATA_HOME", "xdg/data"));
    output.stdout_has(&line("XDG_STATE_HOME", "xdg/state")).stdout_has(&line("XDG_CONFIG_HOME", "xdg/config"));
    // With a home of its own, these say nothing of where the store lies.
    let plain = scheduled(&home, &print).run();
    assert!(plain.success().stdout.contains("OAUTH_HOME=") && !plain.stdout.contains("XDG_"), "{plain}");
}

#[test]
fn a_key_that_a_timer_would_not_have_is_refused_and_never_written() {
    let home = Home::new();
    let output = home.oauth(["schedule", "--keeper", "systemd", "--print"]).run();
    output.fails(2).stderr_has("OAUTH_MASTER_KEY_FILE").says_nothing_of(MASTER_KEY);
    scheduled(&home, &["--keeper", "systemd", "--every", "5s"]).run().fails(2);
    scheduled(&home, &["--keeper", "systemd", "--every", "6"]).run().fails(2).stderr_has("6h for hours");
    assert!(!units(&home).exists());
}

#[test]
fn a_key_that_is_not_set_just_now_is_not_taken_for_one_that_a_timer_has() {
    let (_server, home) = DemoServer::connected();
    let without = |args: &[&str]| home.oauth(args.iter().copied()).without_key();
    let print = ["schedule", "--keeper", "systemd", "--print"];
    without(&print).run().fails(2).stdout_is("").stderr_has("OAUTH_MASTER_KEY").stderr_has("oauth key move --to file");
    home.oauth(["key", "move", "--to", "file"]).run().success();
    without(&print).run().success().stdout_has("[Timer]");
}

#[test]
fn a_timer_says_whom_it_looks_at_and_when_it_runs() {
    let (server, home) = DemoServer::connected();
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant", "acme"]);
    server.sign_in(init, ALICE).success();
    let output = scheduled(&home, &["--keeper", "systemd"]).run();
    output.success().stderr_has("the tenant `default`").stderr_has("oauth --tenant acme schedule");
    output.stderr_has("loginctl enable-linger");
}

#[test]
fn a_tenant_that_is_renamed_leaves_no_timer_and_no_helper_of_gits_behind_unsaid() {
    let (_server, home) = DemoServer::connected();
    let rename = |from: &str, to: &str| home.oauth(["tenant", "rename", from, to]).run();
    rename("default", "my team").success().says_nothing_of("hint:");
    scheduled(&home, &["--keeper", "systemd", "--tenant", "my team"]).run().success();
    let git = |words: &[&str]| {
        home.command("git").args(["config", "--global"]).args(words.iter().copied()).run().success();
    };
    let key = "credential.https://github.example.helper";
    git(&[key, "!OAUTH_HOME='/home/me/oauth' '/usr/local/bin/oauth' --tenant 'my team' helper git"]);
    let renamed = rename("my team", "acme");
    renamed
        .success()
        .stderr_has("hint: git still asks in the tenant `my team`: oauth --tenant acme helper git --install\n");
    renamed.stderr_has(": oauth --tenant 'my team' schedule --remove && oauth --tenant acme schedule\n");
    // What is set up for another tenant is none of its business.
    rename("acme", "other").success().says_nothing_of("hint:");
    git(&[key, "!'/usr/local/bin/oauth' helper git"]);
    rename("other", "default").success().says_nothing_of("hint:");
    let hint = "hint: git still asks in the tenant `default`: oauth --tenant home helper git --install\n";
    rename("default", "home").success().stderr_has(hint).says_nothing_of("a timer");
}

#[test]
fn a_timer_finds_the_key_from_whichever_directory_it_runs_in_and_is_given_no_pipe() {
    let home = Home::new();
    let key = private(home.path(), "key", &format!("{MASTER_KEY}\n"));
    let print = ["schedule", "--keeper", "systemd", "--print"];
    let with = |path: &str| {
        let run = home.oauth(print).without_key().current_dir(home.path()).env("OAUTH_MASTER_KEY_FILE", path);
        run.env("SSL_CERT_FILE", "certificates").run()
    };
    with("key").success().stdout_has(&format!("\"OAUTH_MASTER_KEY_FILE={}\"", key.display()));
    with("key").stdout_has(&format!("\"SSL_CERT_FILE={}/certificates\"", home.path().display()));
    home.command("mkfifo").args([home.path().join("pipe")]).run().success();
    with("pipe").fails(2).stdout_is("").stderr_has("which a timer does not have");
}

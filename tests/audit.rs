//! The record of what was done: complete, told without the key, and not to be rewritten without it.

use std::fs;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, DemoServer, store};
use crate::support::sandbox::{Home, Output};
use crate::support::terminal::{on_terminal, too_wide};

#[track_caller]
fn audit(home: &Home, args: &[&str]) -> Vec<Value> {
    let output = home.oauth(["audit", "--json"]).args(args.iter().copied()).without_key().run();
    output.success().json().as_array().expect("a list").clone()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap_or_default()).collect()
}

#[track_caller]
fn run(home: &Home, args: &[&str]) -> Output {
    home.oauth(args.iter().copied()).run()
}

/// A home with some history: a login, a use, a refresh, one that failed, something missing, a revocation.
fn lived() -> (DemoServer, Home) {
    let (server, home) = DemoServer::connected();
    run(&home, &["token", "demo"]).success();
    run(&home, &["token", "demo", "--refresh"]).success();
    server.break_token_endpoint(&json!({"answer": {"status": 429, "headers": {"Retry-After": "0"}}}));
    run(&home, &["token", "demo", "--refresh"]).fails(5);
    server.mend();
    run(&home, &["token", "demo", "nobody"]).fails(3);
    run(&home, &["revoke", "demo"]).success();
    (server, home)
}

#[test]
fn everything_that_was_done_is_told_with_the_program_that_asked() {
    let (_server, home) = lived();
    let events = audit(&home, &[]);
    assert_eq!(
        kinds(&events),
        ["created", "used", "refreshed", "used", "refresh_failed", "missing", "revoked"],
        "{events:#?}"
    );
    let id = run(&home, &["list", "--json"]).json()[0]["id"].clone();
    let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_i64()).collect();
    assert!(sequences.is_sorted() && sequences.iter().all(Option::is_some), "{sequences:?}");
    let own = std::env::current_exe().expect("this program");
    for event in &events {
        assert_eq!(event["program"], json!(own), "{event:#}");
        assert_eq!(event["pid"], json!(std::process::id()), "{event:#}");
        if event["event"] != "missing" {
            assert_eq!((&event["credential"], &event["account"]), (&id, &json!(ALICE)), "{event:#}");
        }
    }
    assert_eq!(events[4]["outcome"], "rate_limited");
    assert_eq!((&events[5]["account"], &events[5]["outcome"]), (&json!("nobody"), &json!("not_connected")));
    let verified = run(&home, &["audit", "verify", "--json"]);
    assert_eq!(verified.success().json(), json!({"ok": true, "events": 7, "older": 0, "pending": 0}));
}

#[test]
fn a_use_is_told_before_it_is_in_the_chain_and_not_twice() {
    let (_server, home) = DemoServer::connected();
    for _ in 0..3 {
        run(&home, &["token", "demo"]).success();
    }
    let events = audit(&home, &[]);
    assert_eq!(kinds(&events), ["created", "used", "used", "used"]);
    assert!(events[1..].iter().all(|event| event["sequence"].is_null()));
    let verified = run(&home, &["audit", "verify"]);
    verified
        .success()
        .stdout_is("1 event, none altered, removed, added or moved\n")
        .stderr_has("3 noted uses not counted");
    run(&home, &["token", "demo", "--refresh"]).success();
    assert_eq!(kinds(&audit(&home, &[])), ["created", "used", "used", "used", "refreshed", "used"]);
}

#[test]
fn events_can_be_asked_for_by_provider_kind_and_time() {
    let (_server, home) = lived();
    assert_eq!(kinds(&audit(&home, &["--event", "used"])), ["used", "used"]);
    assert_eq!(audit(&home, &["--provider", "demo"]).len(), 7);
    assert_eq!(audit(&home, &["--provider", "github"]).len(), 0);
    assert_eq!(audit(&home, &["--since", "1h"]).len(), 7);
    store(&home).execute("update events set at = at - 7200 where event = 'created'", []).expect("a change");
    assert_eq!(audit(&home, &["--since", "1h"]).len(), 6);
    assert_eq!(audit(&home, &["--tenant", "other"]).len(), 0);
    assert_eq!(audit(&home, &["--tenant", "other", "--all-tenants"]).len(), 7);
    run(&home, &["audit", "--since", "yesterday"]).fails(2).stderr_has("is no time");
}

#[test]
fn whoever_has_no_key_cannot_rewrite_the_record() {
    for (what, sql) in [
        ("edited", "update events set account = 'mallory' where sequence = 3"),
        ("edited in its program", "update events set program = '/bin/true' where sequence = 2"),
        ("removed", "delete from events where sequence = 3"),
        ("removed at the end", "delete from events where sequence = (select max(sequence) from events)"),
        ("removed at the start", "delete from events where sequence = (select min(sequence) from events)"),
        (
            "added",
            "insert into events (at, event, credential, tenant, provider, account, program, outcome, mac)
                   select at, event, credential, tenant, provider, account, program, outcome, mac from events limit 1",
        ),
        (
            "reordered",
            "update events set sequence = -1 where sequence = 2;
                       update events set sequence = 2 where sequence = 3;
                       update events set sequence = 3 where sequence = -1",
        ),
        (
            "cut short with its end",
            "delete from events where sequence > 4;
                       update audit set head_sequence = 4, head = (select mac from events where sequence = 4)",
        ),
        (
            "moved its start",
            "delete from events where sequence < 4;
                       update audit set anchor_sequence = 3",
        ),
        ("taken for one from before there was a chain", "delete from audit; update events set mac = null"),
        ("removed as a whole", "delete from audit; delete from events; delete from sqlite_sequence"),
    ] {
        let (_server, home) = lived();
        store(&home).execute_batch(sql).expect(what);
        let verified = run(&home, &["audit", "verify", "--json"]);
        assert_eq!(verified.fails(7).stdout_is("").error()["code"], "tampered", "{what}: {verified}");
        // What is recorded afterwards does not hide it.
        run(&home, &["revoke", "demo", "--forget"]).success();
        run(&home, &["audit", "verify"]).fails(7);
        let found = run(&home, &["doctor", "--json"]).fails(7).json();
        let of_audit = found.as_array().expect("a list").iter().find(|finding| finding["check"] == "audit");
        assert_eq!(of_audit.expect("a finding")["result"], "wrong", "{what}");
        // A person who has looked at it says so, and that stays in it.
        run(&home, &["audit", "verify", "--accept"]).success();
        run(&home, &["audit", "verify"]).success();
        assert!(kinds(&audit(&home, &[])).contains(&"audit_broken"), "{what}");
    }
}

#[test]
fn a_replaced_key_vouches_for_what_the_old_one_vouched_for() {
    let (_server, home) = lived();
    let rotate = |home: &Home, key: Option<&str>| {
        let run = home.oauth(["key", "rotate"]);
        let run = key.map_or_else(|| home.oauth(["key", "rotate"]), |key| run.env("OAUTH_MASTER_KEY", key));
        run.run().success().stdout.trim_end().to_owned()
    };
    let key = rotate(&home, None);
    let verify = home.oauth(["audit", "verify", "--json"]).env("OAUTH_MASTER_KEY", &key);
    assert_eq!(verify.run().success().json()["events"], 8);
    assert_eq!(kinds(&audit(&home, &[])).last(), Some(&"key_replaced"));
    // What was broken stays broken.
    store(&home).execute("update events set account = 'mallory' where sequence = 3", []).expect("a change");
    let key = rotate(&home, Some(&key));
    assert!(kinds(&audit(&home, &[])).contains(&"audit_broken"));
    home.oauth(["audit", "verify"]).env("OAUTH_MASTER_KEY", &key).run().fails(7);
}

#[test]
fn the_summary_counts_uses_and_failures_and_names_what_is_missing() {
    let (_server, home) = lived();
    let told = run(&home, &["audit", "--summary", "--json"]).success().json();
    let own = &told["credentials"][0];
    assert_eq!((&own["uses"], &own["failures"]), (&json!(2), &json!(1)), "{told:#}");
    assert_eq!(own["last_error"]["code"], "rate_limited");
    assert_eq!(told["missing"], json!([{"asked_for": "demo nobody", "times": 1}]));
    run(&home, &["audit", "--summary"])
        .success()
        .stderr_is("")
        .stdout_has("not connected, asked for once: demo nobody");
}

#[test]
fn a_follower_sees_each_event_once_as_it_happens() {
    let (_server, home) = DemoServer::connected();
    let mut follower = home.oauth(["audit", "--follow", "--json", "--event", "used"]).spawn();
    for count in 1..=3 {
        run(&home, &["token", "demo"]).success();
        crate::support::wait_for("the use", || {
            let seen = follower.wait_for_stdout("\n");
            (seen.matches("\"event\":\"used\"").count() == count).then_some(())
        });
    }
    run(&home, &["token", "demo", "--refresh"]).success();
    crate::support::wait_for("the use", || {
        (follower.wait_for_stdout("\n").matches("\"event\":\"used\"").count() >= 4).then_some(())
    });
    std::thread::sleep(std::time::Duration::from_millis(700));
    assert_eq!(follower.wait_for_stdout("\n").matches("\"event\":\"used\"").count(), 4);
    follower.signal(crate::support::sandbox::Signal::INT);
    let _ = follower.finish();
}

#[test]
fn the_record_is_pruned_without_breaking_the_chain() {
    let (_server, home) = lived();
    let old = "update events set at = at - 86400 * 500 where sequence <= 3";
    store(&home).execute_batch(old).expect("a change");
    // Time cannot be let pass without the key, so the record is taken as it stands.
    run(&home, &["audit", "verify", "--accept"]).success();
    let kept = audit(&home, &[]);
    assert_eq!(kinds(&kept), ["used", "refresh_failed", "missing", "revoked", "audit_broken", "audit_accepted"]);
    run(&home, &["revoke", "demo", "--forget"]).success();
    run(&home, &["audit", "verify"]).success();
}

#[test]
fn a_filter_with_a_name_that_nothing_has_is_a_mistake_and_not_an_empty_answer() {
    let (_server, home) = DemoServer::connected();
    for command in [&["list"][..], &["audit"], &["audit", "--summary"]] {
        let asked = |name: &str| home.oauth(command.iter().copied()).args(["--provider", name, "--json"]).run();
        let error = asked("githb").fails(3).error();
        assert_eq!(error["code"], "unknown_provider");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("did you mean: github")), "{error}");
        // Known, and nothing of it here: an empty answer.
        asked("github").success().says_nothing_of(ALICE);
        asked("demo").success().stdout_has(ALICE);
    }
    let output = home.oauth(["audit", "--event", "refreshd", "--json"]).run();
    let error = output.fails(2).stdout_is("").error();
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("'refreshed'")), "{error}");
    home.oauth(["audit", "--event", "created"]).run().success().stdout_has(ALICE);
    // A provider that is no more has left its rows.
    home.oauth(["provider", "remove", "demo"]).run().success();
    for command in ["list", "audit"] {
        home.oauth([command, "--provider", "demo"]).run().success().stdout_has(ALICE);
    }
}

#[test]
fn on_a_terminal_an_event_takes_one_line_and_no_line_is_wider() {
    let (server, home) = DemoServer::connected();
    // A program with a name of the usual length asks.
    let ask = |args: &[&str]| home.oauth(args.iter().copied()).through(["sh", "-c", "\"$@\"; exit $?", "sh"]).run();
    ask(&["token", "demo", "--refresh"]).success();
    server.revoke_all();
    ask(&["token", "demo", "--refresh"]).fails(4);
    ask(&["token", "demo", "somebody.with.a.long.name@example.test"]).fails(3);
    let narrow = |args: &[&str]| on_terminal(home.oauth(args.iter().copied()), "out").run().success().stdout.clone();
    let audit = narrow(&["audit", "--color", "never", "--event", "refused"]);
    assert_eq!(audit.lines().count(), 2, "a header and one event:\n{audit}");
    assert!(audit.trim_end().ends_with('…'), "{audit}");
    for args in [&["audit"][..], &["audit", "--summary"], &["provider", "list"]] {
        let text = narrow(&[args, &["--color", "never"]].concat());
        assert_eq!(too_wide(&text), [""; 0], "{text}");
    }
    let whole = narrow(&["audit", "--color", "never", "--verbose", "--event", "refused"]);
    assert!(!whole.contains('…'), "nothing is cut where all is asked for:\n{whole}");
}

#[test]
fn on_a_terminal_long_names_take_no_line_of_others_and_old_events_tell_their_day() {
    let (server, home) = DemoServer::connected();
    let long = "a.name-that-is-far-longer-than-usual-or-necessary@mail.example.test";
    for account in [long, "日本語のとても長いアカウントの名前と会社の名前@例え.jp"] {
        server.sign_in(home.oauth(["init", "demo"]), account).success();
    }
    let program = home.path().join("a-program-whose-name-is-far-longer-than-usual").display().to_string();
    std::fs::copy("/bin/sh", &program).unwrap();
    home.oauth(["token", "demo", ALICE]).through([program.as_str(), "-c", "\"$@\"; exit $?", "sh"]).run().success();
    store(&home).execute("update events set at = at - 259200 where event = 'created'", []).unwrap();
    let shown = |args: &[&str]| {
        let run = home.oauth(["audit", "--color", "never"]).args(args);
        on_terminal(run, "out").run().success().stdout.clone()
    };
    for args in [&[][..], &["--all-tenants"]] {
        let (text, events) = (shown(args), audit(&home, args).len());
        assert_eq!(text.lines().count(), events + 1, "a header, and a line for each event:\n{text}");
        assert_eq!(too_wide(&text), [""; 0], "{text}");
        let old: Vec<_> = text.lines().filter(|line| line.contains(" created ")).collect();
        assert!(old.len() == 3 && old.iter().all(|line| line.as_bytes()[3] == b' '), "a month and a day:\n{text}");
        assert!(text.contains("demo a") && text.contains(".test  "), "both ends of a name are left:\n{text}");
        assert!(!text.contains(long) && !text.contains("longer-than-usual"), "{text}");
    }
    let whole = shown(&["--verbose"]);
    assert!(!whole.contains('…') && too_wide(&whole).is_empty(), "{whole}");
}

#[test]
fn a_follower_on_a_terminal_sees_what_comes_below_what_came() {
    let (_server, home) = DemoServer::connected();
    let mut follower = on_terminal(home.oauth(["audit", "--follow", "--color", "never"]), "out").spawn();
    let before = follower.wait_for_stdout("created");
    home.oauth(["token", "demo"]).run().success();
    let after = follower.wait_for_stdout("used");
    let at = |text: &str, line: &str| {
        let line = text.lines().rfind(|own| own.contains(line)).unwrap_or_else(|| panic!("{line} in {text}"));
        line.find("demo").unwrap_or_else(|| panic!("{line}"))
    };
    assert_eq!(at(&before, "created"), at(&after, "used"), "{after}");
}

#[test]
fn a_summary_of_all_tenants_says_whose_each_is_and_how_what_is_missing_there_is_connected() {
    let (server, home) = DemoServer::connected();
    server.sign_in(home.oauth(["init", "demo", "--tenant", "acme", "--client-id", CLIENT]), ALICE).success();
    home.oauth(["token", "slack", "--tenant", "acme"]).run().fails(3);
    let own = home.oauth(["audit", "--summary"]).run();
    own.success().says_nothing_of("acme").says_nothing_of("slack");
    let all = home.oauth(["audit", "--summary", "--all-tenants"]).run();
    all.success().stdout_has("TENANT").stdout_has("acme     demo alice@example.test");
    all.stdout_has("asked for once: slack in the tenant acme (oauth --tenant acme init slack)");
    let told = run(&home, &["audit", "--summary", "--all-tenants", "--json"]).json();
    assert_eq!(told["missing"], json!([{"asked_for": "slack", "times": 1, "tenant": "acme"}]));
}

#[test]
fn what_was_connected_since_it_was_asked_for_is_missing_no_more() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    home.oauth(["token", "demo", "bob@example.test"]).run().fails(3);
    let missing = || run(&home, &["audit", "--summary", "--json"]).json()["missing"].clone();
    assert_eq!(missing(), json!([{"asked_for": "demo bob@example.test", "times": 1}]));
    server.login(&home, "demo", "bob@example.test");
    assert_eq!(missing(), json!([]));
}

#[test]
fn where_tokens_are_only_handed_out_every_use_is_kept_all_the_same() {
    let (_server, home) = DemoServer::connected();
    run(&home, &["token", "demo"]).success();
    let file = home.oauth_home().join("uses");
    let line = fs::read_to_string(&file).expect("a use");
    let many = (256 << 10) / line.len();
    fs::write(&file, line.repeat(many)).expect("many uses");
    run(&home, &["token", "demo"]).success();
    assert_eq!(fs::read_to_string(&file).expect("the uses"), "", "they are in the store");
    run(&home, &["token", "demo"]).success();
    let used = kinds(&audit(&home, &[])).into_iter().filter(|kind| *kind == "used").count();
    assert_eq!(used, many + 2);
    run(&home, &["audit", "verify"]).success();
}

/// The file of a time zone that is so many seconds ahead of UTC, always (RFC 9636).
fn zone(ahead: i32, rule: &str) -> Vec<u8> {
    // No transitions, one kind of local time, and its name.
    let counts = [0_u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
    let part = [b"TZif2".as_slice(), &[0; 15], &counts, &ahead.to_be_bytes(), &[0, 0], b"XST\0"].concat();
    [&part, part.as_slice(), b"\n", rule.as_bytes(), b"\n"].concat()
}

#[test]
fn times_are_those_of_the_zone_that_tz_names() {
    let (_server, home) = DemoServer::connected();
    let zones = home.path().join("zones/Test");
    std::fs::create_dir_all(&zones).expect("a directory");
    std::fs::write(zones.join("Half"), zone(19_800, "XST-5:30")).expect("a zone");
    let audit = |more: &[&str]| {
        let run = home.oauth(["audit"]).args(more.iter().copied());
        run.env("TZDIR", home.path().join("zones")).env("TZ", "Test/Half").run()
    };
    let events = audit(&["--json"]).success().json();
    let at = events[0]["at"].as_str().expect("a time");
    let minutes: u32 = at[11..13].parse::<u32>().expect("hours") * 60 + at[14..16].parse::<u32>().expect("minutes");
    let here = (minutes + 330) % 1440;
    let told = audit(&[]);
    let line = told.success().stdout.lines().nth(1).expect("an event");
    assert!(line.starts_with(&format!("{:02}:{:02} ", here / 60, here % 60)), "{at} is told as {line}");
}

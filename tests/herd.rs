//! Many processes at once. However many ask, each refresh token is spent once, and nobody gets an error for it.
//!
//! The server is strict unless a test says otherwise: a refresh token that comes a second time ends its whole family.
//! Its answers are slow, so that all ask while the first one waits; how slow does not decide anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rustix::process::kill_process;
use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, DemoServer, age, store, visit, worker_of};
use crate::support::sandbox::{Background, Home, MASTER_KEY, Output, Signal};
use crate::support::wait_for;

/// Another key than [`MASTER_KEY`].
const OTHER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// How many processes are a herd.
fn herd() -> usize {
    let wanted = std::env::var("OAUTH_TEST_HERD").ok();
    wanted.map_or(200, |wanted| wanted.parse().expect("OAUTH_TEST_HERD is a number"))
}

/// From now on the token endpoint takes this long. What is asked of it takes effect at once.
fn slow_down(server: &DemoServer, milliseconds: u64) {
    server.behave(&json!({"latency_ms": {"token": milliseconds}}));
}

/// Starts all of them before it waits for any.
fn at_once(runs: impl Iterator<Item = Background>) -> Vec<Output> {
    let running: Vec<_> = runs.collect();
    running.into_iter().map(Background::finish).collect()
}

/// What they printed, each of them a token without a word besides.
#[track_caller]
fn tokens(outputs: &[Output]) -> BTreeSet<&str> {
    for output in outputs {
        output.success().stderr_is("");
        assert!(output.stdout.starts_with("demo_at_") && output.stdout.lines().count() == 1, "{output}");
    }
    outputs.iter().map(|output| output.stdout.as_str()).collect()
}

#[track_caller]
fn rows(home: &Home) -> Vec<Value> {
    let list = home.oauth(["list", "--json"]).run();
    list.success();
    list.json().as_array().expect("an array").clone()
}

#[test]
fn a_herd_that_wants_one_expired_token_makes_one_refresh() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    slow_down(&server, 1000);
    let outputs = at_once((0..herd()).map(|_| home.oauth(["token", "demo"]).spawn()));
    assert_eq!(outputs.len(), herd());
    assert_eq!(tokens(&outputs).len(), 1);
    assert_eq!(server.count("grants/refresh_token"), 1);
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn ten_credentials_are_refreshed_ten_times_whoever_asks() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let accounts: Vec<_> = (0..10).map(|at| format!("account{at}@example.test")).collect();
    for account in &accounts {
        server.login(&home, "demo", account);
    }
    age(&home, 0);
    slow_down(&server, 500);
    let asking = accounts.iter().cycle().take(herd().max(accounts.len()));
    let outputs = at_once(asking.map(|account| home.oauth(["token", "demo", account]).spawn()));
    assert_eq!(tokens(&outputs).len(), accounts.len());
    for at in 0..accounts.len() {
        let same: Vec<_> = outputs.iter().skip(at).step_by(accounts.len()).map(|output| &output.stdout).collect();
        assert!(same.iter().all(|token| *token == same[0]), "{} has several tokens", accounts[at]);
    }
    assert_eq!(server.count("grants/refresh_token"), 10);
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (10, 0));
}

#[test]
fn a_herd_that_forces_a_refresh_shares_newer_tokens_and_spends_none_twice() {
    let (server, home) = DemoServer::connected();
    let old = home.oauth(["token", "demo"]).run();
    server.behave(&json!({"latency_ms": {"token": 500}}));
    let outputs = at_once((0..20).map(|_| home.oauth(["token", "demo", "--refresh"]).spawn()));
    let new = tokens(&outputs);
    assert!(!new.contains(old.success().stdout.as_str()));
    let refreshes = server.count("refreshes");
    // Newer than the one that each has seen, which most have in common. Were it one each, nobody had shared any.
    assert!((1..20).contains(&refreshes) && new.len() as u64 <= refreshes, "{refreshes} for {}", new.len());
    assert_eq!((server.count("grants/refresh_token"), server.count("reuse_detections")), (refreshes, 0));
}

#[test]
fn a_herd_of_tests_makes_one_refresh() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    slow_down(&server, 500);
    for output in at_once((0..20).map(|_| home.oauth(["test", "--json"]).spawn())) {
        output.success();
        assert_eq!(output.json()[0]["ok"], true);
    }
    assert_eq!((server.count("grants/refresh_token"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn a_failure_is_told_to_all_and_ends_nothing() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    server.behave(&json!({"latency_ms": {"token": 20}}));
    server.break_token_endpoint(&json!({"answer": {"status": 503}}));
    for output in at_once((0..20).map(|_| home.oauth(["token", "demo", "--json"]).spawn())) {
        output.fails(5).stdout_is("").stderr_has("\"code\":\"provider_error\"");
    }
    server.mend();
    let outputs = at_once((0..20).map(|_| home.oauth(["token", "demo"]).spawn()));
    assert_eq!(tokens(&outputs).len(), 1);
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn a_refusal_is_asked_for_once() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    server.revoke_all();
    slow_down(&server, 500);
    for output in at_once((0..20).map(|_| home.oauth(["token", "demo", "--json"]).spawn())) {
        output.fails(4).stdout_is("").stderr_has("\"code\":\"reauthorization_required\"");
    }
    assert_eq!(server.count("grants/refresh_token"), 1);
}

/// Lets the token expire and starts a refresh. It has reached the server then, which takes this many milliseconds.
#[track_caller]
fn refreshing(server: &DemoServer, home: &Home, milliseconds: u64) -> Background {
    age(home, 0);
    slow_down(server, milliseconds);
    let before = server.count("grants/refresh_token");
    let asking = home.oauth(["token", "demo"]).spawn();
    wait_for("the refresh", || (server.count("grants/refresh_token") > before).then_some(()));
    asking
}

/// Longer than any test.
const FOR_EVER: u64 = 3_600_000;

/// Starts a refresh and ends its command, with all that belongs to its group, before it has its answer. Gives how often
/// the server was asked for that: more than once where an answer was quicker than the signal.
#[track_caller]
fn interrupted(server: &DemoServer, home: &Home, signal: Signal) -> u64 {
    let before = server.count("grants/refresh_token");
    for _ in 0..100 {
        let command = refreshing(server, home, 300);
        command.signal_group(signal);
        // Nothing that goes on holds what the dead one printed to.
        let output = command.finish();
        if output.code != Some(0) {
            output.killed_by(signal).stdout_is("");
            return server.count("grants/refresh_token") - before;
        }
    }
    panic!("{signal:?} ends no command; is it ignored where the tests were started?");
}

#[test]
fn when_the_one_that_asks_is_killed_its_refresh_goes_on_for_those_that_wait() {
    let (server, home) = DemoServer::connected();
    let asked = interrupted(&server, &home, Signal::KILL);
    let outputs = at_once((0..20).map(|_| home.oauth(["token", "demo"]).spawn()));
    assert_eq!(tokens(&outputs).len(), 1);
    assert_eq!((server.count("grants/refresh_token"), server.count("reuse_detections")), (asked, 0));
}

#[test]
fn whatever_ends_a_command_its_refresh_is_not_lost() {
    let (server, home) = DemoServer::connected();
    let mut asked = 0;
    let mut old = home.oauth(["token", "demo"]).run().stdout.clone();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::KILL] {
        asked += interrupted(&server, &home, signal);
        let next = home.oauth(["token", "demo"]).run();
        next.success().stderr_is("");
        assert_ne!(next.stdout, old, "{signal:?}");
        old = next.stdout.clone();
        assert_eq!(server.count("grants/refresh_token"), asked, "{signal:?}");
    }
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn when_the_worker_is_killed_the_next_one_takes_over() {
    // The answer is lost with the process. This server forgives the second use of a refresh token.
    let (server, home) = (DemoServer::start(["--expire", "3600", "--grace", "3600000"]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    let command = refreshing(&server, &home, FOR_EVER);
    slow_down(&server, 0);
    let waiting: Vec<_> = (0..20).map(|_| home.oauth(["token", "demo"]).spawn()).collect();
    kill_process(worker_of(command.id()), Signal::KILL).expect("the worker is there");
    let told = command.finish();
    assert!(told.code.is_some_and(|code| code != 0) && told.stderr.starts_with("error: "), "{told}");
    told.stdout_is("");
    let outputs = at_once(waiting.into_iter());
    assert_eq!(tokens(&outputs).len(), 1);
    assert_eq!((server.count("grants/refresh_token"), server.count("spent_accepted")), (2, 1));
    assert_eq!(rows(&home)[0]["status"], "valid");
}

#[test]
fn a_refresh_that_was_killed_is_remembered_where_the_server_forgives_nothing() {
    let (server, home) = DemoServer::connected();
    let command = refreshing(&server, &home, FOR_EVER);
    slow_down(&server, 0);
    kill_process(worker_of(command.id()), Signal::KILL).expect("the worker is there");
    assert_ne!(command.finish().code, Some(0));
    let next = home.oauth(["token", "demo"]).run();
    next.fails(4).stdout_is("").stderr_has("the answer to a refresh begun at ").stderr_has("hint: oauth init demo");
    server.login(&home, "demo", ALICE);
    home.oauth(["token", "demo"]).run().success().stderr_is("");
}

#[test]
fn what_a_killed_refresh_left_in_doubt_is_told_also_when_the_server_was_busy_meanwhile() {
    let (server, home) = DemoServer::connected();
    let command = refreshing(&server, &home, FOR_EVER);
    slow_down(&server, 0);
    kill_process(worker_of(command.id()), Signal::KILL).expect("the worker is there");
    assert_ne!(command.finish().code, Some(0));
    server.break_token_endpoint(&json!({"answer": {"status": 429, "body": "", "headers": {"Retry-After": "0"}}}));
    home.oauth(["token", "demo"]).run().fails(5).stdout_is("");
    server.mend();
    let next = home.oauth(["token", "demo"]).run();
    next.fails(4).stdout_is("").stderr_has("the answer to a refresh begun at ");
}

/// Begins a refresh, and kills all that has to do with it when its answer has landed and before it is committed.
#[track_caller]
fn land_an_answer(server: &DemoServer, home: &Home) {
    let id = rows(home)[0]["id"].as_str().expect("an id").to_owned();
    let store = store(home);
    let generation = || {
        let number = store.query_row("select generation from credentials", [], |row| row.get::<_, i64>(0));
        number.expect("a generation")
    };
    let (command, worker) = loop {
        let before = generation();
        let command = refreshing(server, home, 500);
        let worker = worker_of(command.id());
        // Another program holds the store, so that the answer cannot be committed.
        store.execute_batch("begin immediate").expect("the store can be locked");
        if generation() == before {
            break (command, worker);
        }
        // The answer was quicker. Once more.
        store.execute_batch("rollback").expect("the store can be unlocked");
        command.finish().success();
    };
    let landed = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes.iter().take(4).any(|byte| *byte != 0));
    wait_for("the answer", || landed(&home.oauth_home().join("landing").join(&id)).then_some(()));
    kill_process(worker, Signal::KILL).expect("the worker is there");
    command.signal(Signal::KILL);
    assert_ne!(command.finish().code, Some(0));
    store.execute_batch("rollback").expect("the store can be unlocked");
}

#[test]
fn an_answer_that_landed_is_found_although_it_was_never_committed() {
    let (server, home) = DemoServer::connected();
    let old = home.oauth(["token", "demo"]).run().stdout.clone();
    land_an_answer(&server, &home);
    let asked = server.count("grants/refresh_token");
    let next = home.oauth(["token", "demo"]).run();
    next.success().stderr_is("");
    assert_ne!(next.stdout, old);
    assert_eq!(server.count("grants/refresh_token"), asked, "nothing had to be sent");
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (asked + 1, 0));
}

#[test]
fn a_refresh_that_hangs_holds_off_no_panic() {
    let (server, home) = DemoServer::connected();
    let command = refreshing(&server, &home, FOR_EVER);
    let panic = home.oauth(["panic", "--yes"]).spawn();
    wait_for("both revocations", || (server.count("revocations") == 2).then_some(()));
    kill_process(worker_of(command.id()), Signal::KILL).expect("the worker is there");
    assert_ne!(command.finish().code, Some(0));
    panic.finish().success().stderr_has("1 of 1 credential is ended, at the provider and here");
    assert_eq!(rows(&home)[0]["status"], "revoked");
}

#[test]
fn what_a_refresh_brings_while_all_is_ended_is_ended_too() {
    let (server, home) = DemoServer::connected();
    land_an_answer(&server, &home);
    home.oauth(["panic", "--yes"]).run().success();
    assert_eq!(server.count("revocations"), 4, "the old tokens, and the new ones");
    assert_eq!(rows(&home)[0]["status"], "revoked");
}

#[test]
fn one_that_waits_can_be_killed_without_harm() {
    let (server, home) = DemoServer::connected();
    let first = refreshing(&server, &home, 1000);
    let waiting: Vec<_> = (0..5).map(|_| home.oauth(["token", "demo"]).spawn()).collect();
    for (at, signal) in [Signal::INT, Signal::TERM, Signal::KILL].into_iter().enumerate() {
        waiting[at].signal(signal);
    }
    let outputs: Vec<_> = waiting.into_iter().map(Background::finish).collect();
    let mut served = vec![first.finish()];
    for (at, output) in outputs.into_iter().enumerate() {
        // One that the signal met too late was served.
        if at < 3 && output.code != Some(0) {
            output.stdout_is("");
        } else {
            served.push(output);
        }
    }
    assert_eq!(tokens(&served).len(), 1);
    assert_eq!((server.count("grants/refresh_token"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn a_revocation_waits_for_a_refresh_and_nothing_rises_again() {
    let (server, home) = DemoServer::connected();
    let refresh = refreshing(&server, &home, 500);
    home.oauth(["revoke", "demo", ALICE]).run().success();
    refresh.finish().success();
    assert_eq!(rows(&home)[0]["status"], "revoked");
    home.oauth(["token", "demo", ALICE]).run().fails(4).stdout_is("");
    // Both of the new tokens, and no family but this one.
    assert_eq!((server.count("revocations"), server.count("families_revoked")), (2, 1));
    let log = server.log();
    let new =
        &log.iter().find(|entry| entry["grant_type"] == "refresh_token").expect("a refresh")["issued_refresh_token"];
    assert!(log.iter().any(|entry| entry["path"] == "/revoke" && entry["refresh_token"] == *new), "{log:#?}");
}

/// Starts these logins before any of them is answered, then answers all.
fn logins(server: &DemoServer, inits: Vec<(Background, &str)>) -> Vec<Output> {
    let answered: Vec<_> = inits
        .into_iter()
        .map(|(mut init, account)| {
            let url = server.authorization_url(&mut init);
            (init, server.redirect(&url, account, true))
        })
        .collect();
    let visits: Vec<_> = answered.iter().map(|(_, redirect)| redirect.clone()).collect();
    let visits: Vec<_> = visits.into_iter().map(|redirect| std::thread::spawn(move || visit(&redirect))).collect();
    for visit in visits {
        visit.join().expect("the page answers");
    }
    answered.into_iter().map(|(init, _)| init.finish()).collect()
}

#[test]
fn accounts_that_are_connected_at_once_into_an_empty_home_are_all_there() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    assert!(!home.oauth_home().join("credentials.db").exists());
    let accounts = ["a@example.test", "b@example.test", "c@example.test", "d@example.test"];
    let init = || home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]).spawn();
    let inits: Vec<_> = accounts.iter().map(|account| (init(), *account)).collect();
    let outputs = logins(&server, inits);
    let chosen = outputs.iter().filter(|output| output.stderr.contains("The master key of your new store")).count();
    for output in &outputs {
        output.success();
    }
    assert_eq!(chosen, 1, "the key is chosen once");
    let rows = rows(&home);
    assert_eq!(rows.iter().map(|row| row["account"].as_str().expect("a name")).collect::<Vec<_>>(), accounts);
    assert_eq!(rows.iter().filter(|row| row["default"] == true).count(), 1);
    for account in accounts {
        home.oauth(["token", "demo", account, "--refresh"]).run().success();
    }
    let status = home.oauth(["key", "status", "--json"]).run();
    assert_eq!((&status.success().json()["sealed"], &status.json()["opens"]), (&json!(4), &json!(true)));
}

#[test]
fn of_two_master_keys_at_once_one_is_the_stores() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let keys = [MASTER_KEY, OTHER_KEY];
    let init = |key: &str| {
        let run = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser", "--timeout", "1s"]);
        run.env("OAUTH_MASTER_KEY", key).spawn()
    };
    let outputs = at_once(keys.iter().cycle().take(8).map(|key| init(key)));
    // Those with the key that came first wait for a person in vain; the others are told that it is not theirs.
    let codes: BTreeSet<_> = outputs.iter().map(|output| output.code).collect();
    assert_eq!(codes, [Some(4), Some(6)].into());
    let of_key = |at: usize| outputs.iter().skip(at).step_by(2).map(|output| output.code).collect::<BTreeSet<_>>();
    assert_eq!((of_key(0).len(), of_key(1).len()), (1, 1), "one key is right for all, the other for none");
    let ours = keys[usize::from(of_key(0) != [Some(4)].into())];
    let init = home.oauth(["init", "demo", "--client-id", CLIENT]).env("OAUTH_MASTER_KEY", ours);
    server.sign_in(init, ALICE).success();
    home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY", ours).run().success();
}

#[test]
fn one_account_that_is_connected_several_times_at_once_is_one_row() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = || home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]).spawn();
    let inits: Vec<_> = (0..6).map(|_| (init(), ALICE)).collect();
    for output in logins(&server, inits) {
        output.success();
    }
    assert_eq!(rows(&home).len(), 1);
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(server.count("reuse_detections"), 0);
}

//! SIGKILL at any moment of any command: what was there before is there, or what the command was about to make.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, kill_process};
use serde_json::json;

use super::{assert_whole, connected, go_to, living_token, member};
use crate::support::demo::{ALICE, CLIENT, DemoServer, age};
use crate::support::files::private_file;
use crate::support::length::{Chance, Length, figures};
use crate::support::sandbox::{Background, Home, Run, Signal};

/// How long the server takes for a refresh, in milliseconds: long enough for a kill to meet it often.
const LATENCY: u64 = 15;

/// Who is killed.
#[derive(Clone, Copy)]
enum Target {
    Process,
    Group,
}

/// What was counted.
#[derive(Default)]
struct Tally {
    /// Kills that met a living command.
    hits: usize,
    lost: usize,
}

/// Kills a command after a random part of the time it takes. True when it was still alive then.
#[track_caller]
fn kill_somewhere(command: Background, target: Target, within: Duration, chance: &mut Chance) -> bool {
    let micros = u64::try_from(within.as_micros()).expect("not long").max(1);
    sleep(Duration::from_micros(chance.within(0..micros)));
    match target {
        Target::Process => command.signal(Signal::KILL),
        Target::Group => command.signal_group(Signal::KILL),
    }
    command.finish().signal.is_some()
}

/// How long a command takes when nobody kills it, and a little more.
fn time_of(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed().mul_f64(1.1)
}

/// Kills commands that refresh, one after the other, at a strict server.
#[track_caller]
fn kill_refreshes(args: &[&str], target: Target, kills: usize) -> (Tally, u64) {
    let mut chance = Chance::new();
    let (server, home) = connected(0);
    server.behave(&json!({"latency_ms": {"token": LATENCY}}));
    let run = || {
        age(&home, 0);
        home.oauth(args.iter().copied())
    };
    let within = time_of(|| drop(run().run()));
    let mut tally = Tally::default();
    for _ in 0..kills {
        tally.hits += usize::from(kill_somewhere(run().spawn(), target, within, &mut chance));
        if living_token(&server, &home, &[]).is_none() {
            println!("lost: {}", member(&home, "reason"));
            tally.lost += 1;
            server.login(&home, "demo", ALICE);
        }
    }
    assert_whole(&home);
    living_token(&server, &home, &["--refresh"]).expect("the last refresh token is good");
    figures(
        &format!("{kills} × SIGKILL of `{}`, {}", args.join(" "), target.name()),
        &[
            ("met alive", &tally.hits),
            ("refreshes", &server.count("refreshes")),
            ("spent twice", &server.count("reuse_detections")),
            ("lost", &tally.lost),
            ("seed", &chance.seed()),
        ],
    );
    (tally, server.count("reuse_detections"))
}

impl Target {
    fn name(self) -> &'static str {
        match self {
            Self::Process => "the process",
            Self::Group => "its group",
        }
    }
}

#[test]
fn a_killed_token_command_loses_nothing() {
    for target in [Target::Process, Target::Group] {
        let (tally, twice) = kill_refreshes(&["token", "demo"], target, Length::of(25, 3000));
        assert_eq!((tally.lost, twice), (0, 0));
    }
}

#[test]
fn a_killed_forced_refresh_loses_nothing() {
    let (tally, twice) = kill_refreshes(&["token", "demo", "--refresh"], Target::Group, Length::of(15, 1000));
    assert_eq!((tally.lost, twice), (0, 0));
}

#[test]
fn a_killed_test_loses_nothing() {
    let (tally, twice) = kill_refreshes(&["test", "demo"], Target::Group, Length::of(15, 1000));
    assert_eq!((tally.lost, twice), (0, 0));
}

/// Starts a login whose person answers as soon as they are asked, on a thread of their own.
fn login_answered(server: &DemoServer, home: &Home) -> Background {
    let mut init = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]).spawn();
    let url = server.authorization_url(&mut init);
    let redirect = server.redirect(&url, ALICE, true);
    std::thread::spawn(move || go_to(&redirect));
    init
}

/// Renewing a credential that is there already: the old login is good until the new one is stored.
#[test]
fn a_killed_login_leaves_the_old_one_or_the_new_one() {
    let kills = Length::of(15, 1000);
    let mut chance = Chance::new();
    let (server, home) = connected(0);
    server.behave(&json!({"latency_ms": {"token": LATENCY}}));
    let within = time_of(|| drop(login_answered(&server, &home).finish()));
    let mut tally = Tally::default();
    for _ in 0..kills {
        let init = login_answered(&server, &home);
        tally.hits += usize::from(kill_somewhere(init, Target::Group, within, &mut chance));
        if living_token(&server, &home, &["--refresh"]).is_none() {
            tally.lost += 1;
            server.login(&home, "demo", ALICE);
        }
        let rows = home.oauth(["list", "--json"]).run();
        assert_eq!(rows.success().json().as_array().map(Vec::len), Some(1), "{rows}");
    }
    // A login that comes to its end sweeps up behind those that did not.
    server.login(&home, "demo", ALICE);
    assert_whole(&home);
    figures(
        &format!("{kills} × SIGKILL of `init demo`, its group"),
        &[
            ("met alive", &tally.hits),
            ("spent twice", &server.count("reuse_detections")),
            ("lost", &tally.lost),
            ("seed", &chance.seed()),
        ],
    );
    assert_eq!((tally.lost, server.count("reuse_detections")), (0, 0));
}

/// The first login makes the store and chooses its key. Whatever it leaves, the next one works.
#[test]
fn a_killed_first_login_is_in_nobodys_way() {
    let kills = Length::of(10, 500);
    let mut chance = Chance::new();
    let server = DemoServer::start(["--expire", "3600"]);
    let fresh = || {
        let home = Home::new();
        server.add(&home, "demo");
        home
    };
    let first = |home: &Home| home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]).spawn();
    let within = time_of(|| {
        let home = fresh();
        let mut init = first(&home);
        server.authorization_url(&mut init);
    });
    let (mut hits, mut stuck) = (0, 0);
    for _ in 0..kills {
        let home = fresh();
        hits += usize::from(kill_somewhere(first(&home), Target::Group, within, &mut chance));
        server.login(&home, "demo", ALICE);
        stuck += usize::from(living_token(&server, &home, &["--refresh"]).is_none());
        assert_whole(&home);
    }
    figures(
        &format!("{kills} × SIGKILL of the first `init`, its group"),
        &[("met alive", &hits), ("in the way", &stuck), ("seed", &chance.seed())],
    );
    assert_eq!(stuck, 0);
}

/// It may have been revoked at the provider, or not; doing it again ends it for good.
#[test]
fn a_killed_revocation_can_be_done_again() {
    let kills = Length::of(15, 1000);
    let mut chance = Chance::new();
    let (server, home) = connected(0);
    server.behave(&json!({"latency_ms": {"revoke": LATENCY}}));
    let within = time_of(|| drop(home.oauth(["revoke", "demo", ALICE]).run()));
    let mut hits = 0;
    for _ in 0..kills {
        server.login(&home, "demo", ALICE);
        let revoke = home.oauth(["revoke", "demo", ALICE]).spawn();
        hits += usize::from(kill_somewhere(revoke, Target::Group, within, &mut chance));
        home.oauth(["revoke", "demo", ALICE]).run().success();
        assert_eq!(member(&home, "status"), "revoked");
    }
    assert_whole(&home);
    figures(
        &format!("{kills} × SIGKILL of `revoke demo`, its group"),
        &[("met alive", &hits), ("not revoked in the end", &0), ("seed", &chance.seed())],
    );
}

/// A home whose master key lies in a file, and what runs there.
pub(super) fn with_key_file(server: &DemoServer) -> (Home, impl Fn(&Home, &[&str]) -> Run) {
    let home = Home::new();
    server.add(&home, "demo");
    let file = home.path().join("master-key");
    let key = home.oauth(["key", "generate"]).run().success().stdout.clone();
    private_file(&file, &key);
    let filed = move |home: &Home, words: &[&str]| {
        home.oauth(words.iter().copied()).without_key().env("OAUTH_MASTER_KEY_FILE", &file)
    };
    (home, filed)
}

/// The key that opens the store lies in its place at every moment.
#[test]
fn a_killed_rotation_of_the_master_key_leaves_a_key_that_opens() {
    let kills = Length::of(15, 1000);
    let mut chance = Chance::new();
    let server = DemoServer::start(["--expire", "3600"]);
    let (home, filed) = with_key_file(&server);
    server.sign_in(filed(&home, &["init", "demo", "--client-id", CLIENT]), ALICE).success();
    let right = filed(&home, &["token", "demo"]).run().success().stdout.clone();
    let within = time_of(|| drop(filed(&home, &["key", "rotate"]).run()));
    let (mut hits, mut unreadable) = (0, 0);
    for _ in 0..kills {
        let rotation = filed(&home, &["key", "rotate"]).spawn();
        hits += usize::from(kill_somewhere(rotation, Target::Group, within, &mut chance));
        let output = filed(&home, &["token", "demo"]).run();
        unreadable += usize::from(output.code != Some(0) || output.stdout != right);
    }
    filed(&home, &["key", "rotate"]).run().success();
    filed(&home, &["token", "demo", "--refresh"]).run().success();
    assert_whole(&home);
    figures(
        &format!("{kills} × SIGKILL of `key rotate`, its group"),
        &[("met alive", &hits), ("unreadable afterwards", &unreadable), ("seed", &chance.seed())],
    );
    assert_eq!(unreadable, 0);
}

/// The processes that a command has started and that live, its worker among them.
fn children(command: u32) -> Vec<Pid> {
    let listed = std::fs::read_to_string(format!("/proc/{command}/task/{command}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Kills the command and its worker, wherever they are.
fn kill_workers(grace: u64, kills: usize) -> Tally {
    let mut chance = Chance::new();
    let (server, home) = connected(grace);
    server.behave(&json!({"latency_ms": {"token": LATENCY}}));
    let run = || home.oauth(["token", "demo", "--refresh"]);
    let within = time_of(|| drop(run().run()));
    let mut tally = Tally::default();
    for _ in 0..kills {
        let command = run().spawn();
        let micros = u64::try_from(within.as_micros()).expect("not long");
        sleep(Duration::from_micros(chance.within(0..micros)));
        let workers = children(command.id());
        command.signal(Signal::KILL);
        for worker in &workers {
            // One that has ended meanwhile has done its work.
            let _ = kill_process(*worker, Signal::KILL);
        }
        tally.hits += usize::from(!workers.is_empty());
        drop(command.finish());
        if living_token(&server, &home, &["--refresh"]).is_none() {
            assert!(member(&home, "reason").as_str().is_some_and(|why| why.contains("was lost")), "the cause is told");
            tally.lost += 1;
            server.login(&home, "demo", ALICE);
        }
    }
    assert_whole(&home);
    figures(
        &format!("{kills} × SIGKILL of command and worker, {} s grace", grace / 1000),
        &[("workers met", &tally.hits), ("lost, cause told", &tally.lost), ("seed", &chance.seed())],
    );
    tally
}

/// What no client can do: the answer was nowhere but in the process that was killed. A server with some grace hands it
/// out again; at a strict one a person has to log in, and is told why.
#[test]
fn a_killed_worker_costs_a_login_only_where_the_server_forgives_nothing() {
    assert_eq!(kill_workers(5000, Length::of(15, 1000)).lost, 0);
    kill_workers(0, Length::of(15, 1000));
}

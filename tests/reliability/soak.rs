//! Everything at once, for as long as one likes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::kills::with_key_file;
use super::{assert_whole, is_taken};
use crate::support::demo::DemoServer;
use crate::support::length::{Length, figures};
use crate::support::sandbox::Run;

const ACCOUNTS: usize = 5;
/// Who asks for tokens at the same time.
const ASKERS: usize = 4;

/// What goes on beside those who ask for tokens, and the milliseconds after which it is done again.
const BESIDE: [(&[&str], u64); 8] = [
    (&["token", "demo@account0@example.test", "--refresh"], 2000),
    (&["test"], 1000),
    (&["list", "--json"], 1000),
    (&["audit", "verify"], 5000),
    (&["audit", "--summary"], 5000),
    (&["key", "rotate"], 2000),
    (&["doctor", "--json"], 5000),
    (&["export", "--output", "backup.age", "--force", "--recipient", RECIPIENT], 3000),
];

/// Nobody has the key to it.
const RECIPIENT: &str = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z";

/// Tokens are asked for, forced and tested, the master key replaced and the record read, all at the same time. Each command
/// succeeds, and each token is taken.
#[test]
fn programs_that_do_everything_at_once_do_not_get_in_each_others_way() {
    let tokens = Length::of(40, 200_000);
    let server = DemoServer::start(["--expire", "30"]);
    let (home, filed) = with_key_file(&server);
    for at in 0..ACCOUNTS {
        let account = format!("account{at}@example.test");
        server.sign_in(filed(&home, &["init", "demo", "--client-id", "demo"]), &account).success();
    }
    let (asked, done, over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for (words, pause) in BESIDE {
            let (home, filed, done, over) = (&home, &filed, &done, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    orderly(filed(home, words).current_dir(home.path()));
                    done.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(pause));
                }
            });
        }
        let ask = || {
            loop {
                let at = asked.fetch_add(1, Ordering::Relaxed);
                if at >= tokens {
                    return;
                }
                let account = format!("demo@account{}@example.test", at % ACCOUNTS);
                let token = orderly(filed(&home, &["token", &account]));
                // It may have been the last second of this one.
                let taken = is_taken(&server, &token)
                    || is_taken(&server, &orderly(filed(&home, &["token", &account, "--refresh"])));
                assert!(taken, "the login of {account} is lost");
            }
        };
        let askers: Vec<_> = (0..ASKERS).map(|_| scope.spawn(ask)).collect();
        let ended: Vec<_> = askers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });
    orderly(filed(&home, &["audit", "verify"]));
    assert_whole(&home);
    let (refreshes, reuse) = (server.count("grants/refresh_token"), server.count("reuse_detections"));
    figures(
        &format!("{tokens} tokens, all else beside"),
        &[("other commands", &done.load(Ordering::Relaxed)), ("refreshes", &refreshes), ("spent twice", &reuse)],
    );
    assert_eq!(reuse, 0);
}

/// What it prints; it has to succeed.
#[track_caller]
fn orderly(run: Run) -> String {
    run.run().success().stdout.clone()
}

//! What a fresh token costs: it is read where it lies, without anything that it does not need. Instructions are counted,
//! as they repeat; time is measured by `benches/`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Seek};
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::PATIENCE;
use crate::support::demo::{ALICE, DemoServer, store};
use crate::support::length::Length;
use crate::support::sandbox::Home;

/// The instructions of `oauth token demo`, by valgrind.
#[track_caller]
fn instructions(home: &Home, options: &[&str], code: i32) -> u64 {
    let words = ["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_oauth"), "token", "demo"];
    let counted = home.command("valgrind").args(words).args(options).run();
    assert_eq!(counted.code, Some(code), "{}", counted.stderr);
    let line = counted.stderr.lines().find(|line| line.contains("Collected")).expect("valgrind tells the count");
    line.rsplit(' ').next().expect("a word").parse().expect("a number")
}

/// What an unoptimised program needs on x86-64, and a fifth more. Raised for a good reason only.
const LIMIT: u64 = 4_700_000;

/// Copies of the only row, whose tokens open nowhere.
fn fill(home: &Home, rows: u32) {
    let store = store(home);
    let sql = "select group_concat(name) from pragma_table_info('credentials') where name not in ('id', 'account', 'is_default')";
    let columns: String = store.query_row(sql, [], |row| row.get(0)).unwrap();
    let sql = format!(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
         insert into credentials (id, account, is_default, {columns})
         select printf('%032x', i), 'other-' || i, 0, {columns} from credentials, n where is_default = 1"
    );
    assert_eq!(store.execute(&sql, []).unwrap(), usize::try_from(rows).unwrap());
}

#[test]
fn a_fresh_token_takes_no_more_instructions_than_it_did_however_many_rows_there_are() {
    let (_server, home) = DemoServer::connected();
    let one = instructions(&home, &[], 0);
    println!("{one} instructions");
    assert!(one < LIMIT, "{one} instructions");
    fill(&home, 5000);
    let many = instructions(&home, &[], 0);
    assert!(many < one + one / 20, "{one} with one row, {many} with many");
}

/// Each refresh leaves a mark, and each credential has one.
#[test]
fn what_was_refreshed_before_makes_no_refresh_slower() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["token", "demo", "--refresh"]).run().success();
    // It ends where a worker would be started, which valgrind cannot follow.
    let wait = "update credentials set retry_at = unixepoch() + 200";
    store(&home).execute(wait, []).unwrap();
    let refresh = || instructions(&home, &["--refresh"], 5);
    let first = refresh();
    for name in ["marks", "credentials.db.marks"] {
        let path = home.oauth_home().join(name);
        let mut marks = fs::read_to_string(&path).unwrap();
        let last = marks.rsplit('\n').next().unwrap().to_owned();
        marks.extend((0..10_000).map(|other| format!("\n{other:032x} 2;")));
        marks.extend(["\n", &last]);
        fs::write(&path, marks).unwrap();
    }
    let later = refresh();
    assert!(later < first + first / 20, "{first} at first, {later} later");
}

#[test]
fn a_store_that_nobody_writes_is_read_without_opening_its_log() {
    let (_server, home) = DemoServer::connected();
    let token = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let (log, index) = (home.oauth_home().join("credentials.db-wal"), home.oauth_home().join("credentials.db-shm"));
    // In the place of the log's index nothing can be made.
    symlink("nowhere", &index).unwrap();
    home.oauth(["token", "demo"]).run().success().stdout_is(&token);
    home.oauth(["token", "demo", ALICE]).run().success().stdout_is(&token);
    // What somebody may be writing is opened as ever, and that fails here.
    fs::write(&log, "").unwrap();
    home.oauth(["token", "demo", "--json"]).run().fails(6);
    fs::remove_file(&log).unwrap();
    fs::remove_file(&index).unwrap();
    home.oauth(["token", "demo"]).run().success().stdout_is(&token);
    assert!(!log.exists() && !index.exists());
}

#[test]
fn what_lies_in_the_log_only_is_seen() {
    let (_server, home) = DemoServer::connected();
    let writer = store(&home);
    writer.execute("update credentials set reauth = 'because of a test'", []).unwrap();
    assert!(home.oauth_home().join("credentials.db-wal").metadata().unwrap().len() > 0);
    home.oauth(["token", "demo"]).run().success().stderr_has("because of a test");
    drop(writer);
    home.oauth(["token", "demo"]).run().success().stderr_has("because of a test");
}

/// What a glance stands on: here this test is the one who looks, and the program the one who writes meanwhile.
#[test]
fn a_writer_leaves_the_store_as_it_is_and_its_log_in_place_while_somebody_looks() {
    let (_server, home) = DemoServer::connected();
    let (path, log) = (home.oauth_home().join("credentials.db"), home.oauth_home().join("credentials.db-wal"));
    // One file only: to close another one would end the lock.
    let looking = fs::File::open(&path).unwrap();
    rustix::fs::fcntl_lock(&looking, rustix::fs::FlockOperation::NonBlockingLockShared).unwrap();
    let content = || {
        let mut bytes = vec![];
        (&looking).rewind().and_then(|()| (&looking).read_to_end(&mut bytes)).unwrap();
        bytes
    };
    let before = content();
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert!(log.metadata().is_ok_and(|log| log.len() > 0));
    assert!(content() == before);
    drop(looking);
    home.oauth(["list"]).run().success();
    assert!(!log.exists());
}

/// Writers come and go, each with a value of many pages that is the same throughout; the log comes and goes with them.
#[test]
fn what_is_read_is_whole_and_no_older_than_what_was_committed_before() {
    let (_server, home) = DemoServer::connected();
    let committed = AtomicUsize::new(0);
    let write = |number: usize| {
        let metadata = json!({"n": format!("{number},").repeat(3000)}).to_string();
        let writer = store(&home);
        writer.busy_timeout(PATIENCE).unwrap();
        writer.execute("update credentials set metadata = ?1", [metadata]).unwrap();
        drop(writer);
        committed.store(number, Ordering::SeqCst);
    };
    write(1);
    let reads = Length::of(60, 2000);
    let (reading, read) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // Dropped also when a read fails: then the writer ends.
        let _reading = reading;
        let write = &write;
        scope.spawn(move || {
            for number in (2..).take_while(|_| read.try_recv() == Err(TryRecvError::Empty)) {
                write(number);
                thread::sleep(Duration::from_millis(u64::try_from(number % 8).unwrap()));
            }
        });
        for _ in 0..reads {
            let before = committed.load(Ordering::SeqCst);
            let token = home.oauth(["token", "demo", "--format", "json"]).run();
            let text = token.success().json()["metadata"]["n"].as_str().unwrap().to_owned();
            let numbers: BTreeSet<usize> = text.split_terminator(',').map(|number| number.parse().unwrap()).collect();
            assert!(numbers.len() == 1 && numbers.first() >= Some(&before), "{numbers:?} after {before}");
        }
    });
}

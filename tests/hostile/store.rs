//! E: the store in the hands of somebody else: altered, cut, mixed up, held.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;
use crate::support::demo::store;
use crate::support::length::{Chance, Length};

fn path(home: &Home) -> PathBuf {
    home.oauth_home().join("credentials.db")
}

/// E7: bits that fall over, anywhere, any number of them: the right token or none, and never a panic.
#[test]
fn a_store_with_wrong_bits_gives_the_right_token_or_none() {
    let mut chance = Chance::new();
    let (server, home) = DemoServer::connected();
    let right = token(&home);
    let whole = fs::read(path(&home)).expect("a store");
    let before = server.requests();
    let (mut served, rounds) = (0, Length::of(150, 10_000));
    for _ in 0..rounds {
        let mut bytes = whole.clone();
        for _ in 0..chance.within(1..8) {
            let at = usize::try_from(chance.within(0..bytes.len() as u64)).expect("an index");
            bytes[at] ^= 1 << chance.within(0..8);
        }
        fs::write(path(&home), &bytes).expect("the store can be written");
        for side in ["-wal", "-shm"] {
            let _ = fs::remove_file(path(&home).with_file_name(format!("credentials.db{side}")));
        }
        let words: &[&str] =
            if chance.within(0..3) == 0 { &["list", "--json"] } else { &["token", "demo", "--offline"] };
        let output = home.oauth(words.iter().copied()).run();
        assert!(output.code.is_some_and(|code| (0..=7).contains(&code)), "{output}");
        assert!(!output.stderr.contains("panicked"), "{output}");
        if words[0] == "token" {
            assert!(output.stdout.is_empty() || output.stdout == right, "another token was printed");
            served += usize::from(output.code == Some(0));
        }
    }
    println!("{served} tokens served in {rounds} rounds");
    assert_eq!(server.requests(), before, "nothing was sent");
    fs::write(path(&home), &whole).expect("the store can be written");
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

/// E8: a log of another store is nobody's.
#[test]
fn a_write_ahead_log_of_another_store_changes_nothing() {
    let ((_one, home), (_two, other)) = (DemoServer::connected(), DemoServer::connected());
    let right = token(&home);
    // A reader keeps the log from being folded away.
    let reader = store(&other);
    reader.query_row("select count(*) from credentials", [], |_| Ok(())).expect("a store");
    other.oauth(["token", "demo", "--refresh"]).run().success();
    let log = fs::read(path(&other).with_file_name("credentials.db-wal")).expect("a log");
    assert!(log.len() > 4096, "the log holds something");
    fs::write(path(&home).with_file_name("credentials.db-wal"), log).expect("a log");
    fs::set_permissions(path(&home).with_file_name("credentials.db-wal"), private()).expect("a mode");
    let output = home.oauth(["token", "demo"]).run();
    assert!(matches!(output.code, Some(0 | 6 | 7)), "{output}");
    assert!(output.stdout.is_empty() || output.stdout == right, "{output}");
}

fn private() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o600)
}

/// E9, D6: pipes and devices in the places of files are not opened, and not waited for.
#[test]
fn a_pipe_in_the_place_of_a_file_is_refused() {
    let (server, home) = DemoServer::connected();
    let id = credential(&home)["id"].as_str().expect("an id").to_owned();
    home.oauth(["token", "demo", "--refresh"]).run().success();
    let before = server.count("grants/refresh_token");
    for place in [
        path(&home),
        home.oauth_home().join("locks").join(&id),
        home.oauth_home().join("landing").join(&id),
        home.oauth_home().join("providers.d/demo.toml"),
    ] {
        let aside = home.path().join("aside");
        fs::rename(&place, &aside).expect("the file can be moved");
        assert!(home.command("mkfifo").args(["-m", "600"]).args([&place]).run().code == Some(0));
        let words: &[&str] =
            if place.ends_with("demo.toml") { &["provider", "show", "demo"] } else { &["token", "demo", "--refresh"] };
        let output = home.oauth(words.iter().copied()).args(["--json"]).run();
        // The worker finds the one where its answer is to land, and tells of it as of a store.
        let exit = if place.starts_with(home.oauth_home().join("landing")) { 6 } else { 7 };
        refused(&place.display().to_string(), &output, exit, &["insecure_permissions", "store_unavailable"]);
        fs::remove_file(&place).expect("the pipe can be removed");
        symlink("/dev/zero", &place).expect("a link");
        let output = home.oauth(words.iter().copied()).args(["--json"]).run();
        refused(&place.display().to_string(), &output, exit, &["insecure_permissions", "store_unavailable"]);
        fs::remove_file(&place).expect("the link can be removed");
        fs::rename(&aside, &place).expect("the file can be moved back");
    }
    assert_eq!(server.count("grants/refresh_token"), before, "nothing was sent");
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

/// E27: who holds the store is not in the way of a token that is fresh, and ends no refresh.
#[test]
fn a_store_that_another_program_holds_still_gives_its_token() {
    let (server, home) = DemoServer::connected();
    let right = token(&home);
    let other = store(&home);
    other.execute_batch("begin immediate").expect("the store can be held");
    home.oauth(["token", "demo"]).run().success().stdout_is(&right);
    home.oauth(["list"]).run().success();
    let hindered = home.oauth(["token", "demo", "--refresh", "--json"]).run().fails(5).error();
    assert_eq!(hindered["code"], "busy", "{hindered}");
    assert_eq!(server.count("grants/refresh_token"), 0, "nothing was sent");
    other.execute_batch("rollback").expect("the store can be let go");
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(server.count("reuse_detections"), 0);
}

//! Stores of other versions: an older one is brought up, with a copy kept; a newer one is left alone to the last byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::support::demo::{DemoServer, store};
use crate::support::files::assert_private;
use crate::support::sandbox::Home;

/// Turns the store into one of the first schema.
#[track_caller]
pub(crate) fn make_old(home: &Home) {
    let sql = "alter table store drop column place;
               alter table store drop column wrapped_key;
               alter table credentials drop column retry_at;
               alter table credentials drop column held;
               drop table habits;
               drop table spare_keys;
               drop table audit;
               drop index events_credential;
               alter table events drop column pid;
               alter table events drop column mac;
               drop index clients_name;
               alter table clients drop column name;
               alter table clients drop column variables;
               alter table clients drop column registration;
               alter table clients drop column registration_access_token;
               alter table credentials drop column proof_key;
               pragma user_version = 1;";
    store(home).execute_batch(sql).expect("an older schema");
}

fn version(home: &Home) -> i64 {
    store(home).pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version")
}

fn files(home: &Home) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(home.oauth_home()).expect("a home").map(|entry| entry.expect("an entry").path());
    let ours = entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("cred")));
    ours.map(|path| (path.clone(), fs::read(&path).expect("a file"))).collect()
}

#[test]
fn an_older_store_is_brought_up_once_however_many_open_it_and_a_copy_is_kept() {
    let (server, home) = DemoServer::connected();
    let token = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let newest = version(&home);
    make_old(&home);
    let running: Vec<_> = (0..20).map(|_| home.oauth(["token", "demo"]).spawn()).collect();
    for process in running {
        process.finish().success().stdout_is(&token);
    }
    assert_eq!(version(&home), newest);
    assert_private(&home.oauth_home());
    let clients = home.oauth(["client", "list", "--json"]).run().success().json();
    assert_eq!((&clients[0]["name"], &clients[0]["default"]), (&"default".into(), &true.into()));
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(server.count("reuse_detections"), 0);
    // The copy is a store of the old version, and opens as one.
    let kept = home.oauth_home().join("credentials.db.bak-v1");
    let copy = rusqlite::Connection::open(kept).expect("the copy");
    assert_eq!(copy.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).expect("a version"), 1);
}

#[test]
fn a_newer_store_is_refused_by_every_command_and_left_as_it_is_to_the_last_byte() {
    let (_server, home) = DemoServer::connected();
    let mut writer = store(&home);
    // A newer program is at work: its last change still lies in the write-ahead log.
    let transaction = writer.transaction().expect("a transaction");
    transaction.pragma_update(None, "user_version", 99).expect("a version");
    transaction.commit().expect("a commit");
    let aside = home.path().join("aside");
    home.command("cp").args(["-a".into(), home.oauth_home().into_os_string(), aside.clone().into()]).run().success();
    drop(writer);
    fs::remove_dir_all(home.oauth_home()).expect("the home");
    fs::rename(aside, home.oauth_home()).expect("one file system");
    fs::remove_file(home.oauth_home().join("credentials.db-shm")).expect("the index of the log");
    let before = files(&home);
    for args in [
        &["token", "demo"][..],
        &["list"],
        &["test"],
        &["revoke", "demo"],
        &["doctor"],
        &["key", "status"],
        &["key", "rotate"],
        &["init", "demo", "--client-id", "demo", "--no-browser", "--no-input"],
    ] {
        home.oauth(args.iter().copied()).run().fails(6).says_nothing_of("panicked");
        let mut after = files(&home);
        after.retain(|path, _| before.contains_key(path));
        assert!(after == before, "{args:?} has changed the store");
    }
}

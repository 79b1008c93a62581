//! A store that was copied or restored: its refresh tokens may have been spent elsewhere, and are not sent.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, DemoServer, age};
use crate::support::sandbox::{Home, Output};

/// What the shell says of a whole command, which must succeed.
#[track_caller]
fn cp(home: &Home, from: &Path, to: &Path) {
    home.command("cp").args([OsStr::new("-a"), from.as_os_str(), to.as_os_str()]).run().success();
}

/// Everything of `home`, copied to another one.
#[track_caller]
fn copied(home: &Home) -> Home {
    let copy = Home::new();
    cp(&copy, &home.oauth_home(), &copy.oauth_home());
    copy
}

#[track_caller]
fn token(home: &Home, args: &[&str]) -> String {
    home.oauth(["token", "demo"]).args(args.iter().copied()).run().success().stdout.clone()
}

#[track_caller]
fn credential(home: &Home) -> Value {
    home.oauth(["list", "--json"]).run().success().json()[0].clone()
}

/// The refusal to send an old copy's token. Nothing was sent.
#[track_caller]
fn refused(server: &DemoServer, home: &Home, args: &[&str]) -> Output {
    let before = server.requests();
    let output = home.oauth(["token", "demo", "--json"]).args(args.iter().copied()).run();
    output.fails(4).stdout_is("");
    let error = &output.error();
    assert_eq!((&error["code"], &error["action"]), (&json!("reauthorization_required"), &json!("oauth init demo")));
    assert_eq!(server.requests(), before, "{output}");
    output
}

/// The database alone, as a backup program keeps it: whole, without the files beside it.
#[track_caller]
fn back_up(home: &Home) -> std::path::PathBuf {
    let backup = home.path().join("backup.db");
    let into = format!("vacuum into '{}'", backup.display());
    crate::support::demo::store(home).execute_batch(&into).expect("a backup");
    backup
}

/// Writes a backup over the store, into the same file or in place of it.
#[track_caller]
fn restore(home: &Home, backup: &Path, in_place: bool) {
    let database = home.oauth_home().join("credentials.db");
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(database.with_file_name(format!("credentials.db{end}")));
    }
    if in_place {
        fs::write(&database, fs::read(backup).expect("a backup")).expect("the store can be written");
    } else {
        fs::remove_file(&database).expect("the store can be deleted");
        cp(home, backup, &database);
        home.command("chmod").args(["600".into(), database.into_os_string()]).run().success();
    }
}

#[test]
fn a_restored_database_does_not_send_a_refresh_token_that_was_spent_since() {
    for in_place in [true, false] {
        let (server, home) = DemoServer::connected();
        let backup = back_up(&home);
        token(&home, &["--refresh"]);
        restore(&home, &backup, in_place);
        let own = credential(&home);
        assert_eq!(own["status"], "stale");
        assert_eq!(own["reason"], "the store was restored from an older copy, and the refresh token was spent since");
        // No other copy can hold what is lost here.
        refused(&server, &home, &["--refresh"]).says_nothing_of("--take-over");
        let list = home.oauth(["list"]).run();
        list.success().stderr_has("hint: oauth init demo").says_nothing_of("--take-over").says_nothing_of("renews");
        let doctor = home.oauth(["doctor"]).run();
        doctor.success().stderr_has(&format!("hint: oauth init demo {ALICE}")).says_nothing_of("--take-over");
        assert!(!doctor.stdout.contains("  none needs a person"), "{doctor}");
        // What still lives is served, due or not.
        let old = token(&home, &[]);
        age(&home, 200);
        assert_eq!(token(&home, &[]), old);
        age(&home, 0);
        refused(&server, &home, &[]).says_nothing_of("panicked");
        home.oauth(["test", "--json"]).run().fails(4);
        assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
        // A new login is the way out, and is no copy any more.
        server.login(&home, "demo", ALICE);
        assert_eq!(credential(&home)["status"], "valid");
        token(&home, &["--refresh"]);
    }
}

#[test]
fn a_spent_refresh_token_that_is_taken_over_all_the_same_is_what_a_refusal_is_laid_to() {
    let (_server, home) = DemoServer::connected();
    let backup = back_up(&home);
    token(&home, &["--refresh"]);
    restore(&home, &backup, false);
    let told = home.oauth(["doctor", "--take-over"]).run();
    told.success().stderr_has("was spent since").stderr_has("hint: oauth init demo");
    let refused = home.oauth(["token", "demo", "--refresh"]).run();
    refused.fails(4).stderr_has("likely its take-over").says_nothing_of("revoked");
    // What comes of a refresh that succeeds is in no doubt.
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    let backup = back_up(&home);
    token(&home, &["--refresh"]);
    restore(&home, &backup, false);
    home.oauth(["doctor", "--take-over"]).run().success();
    token(&home, &["--refresh"]);
    server.revoke_all();
    let refused = home.oauth(["token", "demo", "--refresh"]).run();
    refused.fails(4).stderr_has("likely it was revoked at the provider");
}

#[test]
fn what_a_provider_has_refused_needs_a_login_in_a_copy_too() {
    let (server, home) = DemoServer::connected();
    server.revoke_all();
    home.oauth(["token", "demo", "--refresh"]).run().fails(4);
    let copy = copied(&home);
    assert_eq!(credential(&copy)["status"], "reauth");
    assert_eq!(credential(&copy)["reason"], credential(&home)["reason"]);
    copy.oauth(["list"]).run().success().stderr_has("hint: oauth init demo").says_nothing_of("--take-over");
    let found = copy.oauth(["doctor"]).run();
    found.success().says_nothing_of("--take-over");
    assert!(found.stdout.contains("needs") || found.stdout.contains("refused"), "{found}");
    let told = copy.oauth(["doctor", "--take-over", "--json"]).run();
    assert_eq!(told.success().json(), json!({"taken_over": []}));
    assert_eq!(credential(&copy)["status"], "reauth");
}

#[test]
fn a_database_restored_as_it_was_goes_on() {
    let (_server, home) = DemoServer::connected();
    token(&home, &["--refresh"]);
    let backup = back_up(&home);
    restore(&home, &backup, false);
    assert_eq!(credential(&home)["status"], "valid");
    token(&home, &["--refresh"]);
}

#[test]
fn a_copied_home_holds_its_refresh_tokens_back_until_it_is_the_only_one() {
    let (server, home) = DemoServer::connected();
    let copy = copied(&home);
    refused(&server, &copy, &["--refresh"]).stderr_has("is an old copy");
    assert_eq!(
        credential(&copy)["reason"],
        "the store was copied or restored, and the other copy may have spent the refresh token"
    );
    // The first one is not concerned.
    assert_eq!(credential(&home)["status"], "valid");
    token(&home, &["--refresh"]);
    drop(home);

    // Both copies at once must not be taken over; this server would end the login.
    let (server, home) = DemoServer::connected();
    let moved = copied(&home);
    let told = moved.oauth(["doctor", "--take-over", "--json"]).run();
    assert_eq!(told.success().json(), json!({"taken_over": [{"provider": "demo", "account": ALICE}]}));
    assert_eq!(credential(&moved)["status"], "valid");
    token(&moved, &["--refresh"]);
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn what_holds_for_all_of_a_copy_is_told_once() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    let told = copied(&home).oauth(["list"]).run();
    told.success()
        .stderr_has("2 credentials are stale, each because the store was copied or restored")
        .says_nothing_of("oauth init");
    assert_eq!(told.stderr.lines().count(), 2, "{told}");
}

#[test]
fn a_home_that_is_moved_in_its_file_system_is_no_copy() {
    let (_server, home) = DemoServer::connected();
    let moved = Home::new();
    fs::rename(home.oauth_home(), moved.oauth_home()).expect("one file system");
    assert_eq!(credential(&moved)["status"], "valid");
    token(&moved, &["--refresh"]);
}

#[test]
fn a_server_that_does_not_rotate_can_be_asked_from_every_copy() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    // What it does is known from the first refresh on.
    token(&home, &["--refresh"]);
    let copy = copied(&home);
    assert_eq!(credential(&copy)["status"], "valid");
    token(&copy, &["--refresh"]);
    token(&home, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

/// The two files of marks.
fn marks(home: &Home) -> [std::path::PathBuf; 2] {
    ["marks", "credentials.db.marks"].map(|name| home.oauth_home().join(name))
}

/// A way in which a file is spoilt.
type Spoil = (&'static str, fn(&Path));

const SPOILT: [Spoil; 5] = [
    ("deleted", |path| fs::remove_file(path).expect("marks")),
    ("emptied", |path| fs::write(path, "").expect("marks")),
    ("garbage", |path| fs::write(path, [0xa5; 4000]).expect("marks")),
    ("cut after its first line", |path| {
        let text = fs::read_to_string(path).expect("marks");
        fs::write(path, text.lines().next().expect("a line")).expect("marks");
    }),
    ("cut in its last record", |path| {
        let text = fs::read(path).expect("marks");
        fs::write(path, &text[..text.len() - 3]).expect("marks");
    }),
];

/// What `doctor` finds of copies, as `(result, detail, hint)`.
#[track_caller]
fn copies(home: &Home, args: &[&str]) -> (String, String, String) {
    let found = home.oauth(["doctor", "--json"]).args(args.iter().copied()).run().success().json();
    let found =
        found.as_array().expect("findings").iter().find(|one| one["check"] == "copies").expect("copies").clone();
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (text("result"), text("detail"), text("hint"))
}

#[test]
fn one_file_of_marks_that_is_spoilt_ends_no_login_and_hides_no_restored_store() {
    for ((how, spoil), which) in SPOILT.into_iter().flat_map(|way| [(way, 0), (way, 1)]) {
        let (server, home) = DemoServer::connected();
        let backup = back_up(&home);
        token(&home, &["--refresh"]);
        spoil(&marks(&home)[which]);
        assert_eq!(credential(&home)["status"], "valid", "{how}");
        let (result, detail, hint) = copies(&home, &[]);
        assert_eq!((&*result, &*hint), ("notice", "oauth doctor --fix"), "{how}: {detail}");
        assert!(detail.contains(&*marks(&home)[which].to_string_lossy()), "{how}: {detail}");
        restore(&home, &backup, true);
        refused(&server, &home, &["--refresh"]).stderr_has("was spent since");
        assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0), "{how}");
    }
}

#[test]
fn a_spoilt_file_of_marks_is_made_anew_by_doctor_and_by_the_next_refresh() {
    for (way, by_doctor) in [(0, true), (1, true), (0, false), (1, false)] {
        let (server, home) = DemoServer::connected();
        fs::remove_file(&marks(&home)[way]).expect("marks");
        if by_doctor {
            assert_eq!(copies(&home, &["--fix"]).0, "mended");
        } else {
            token(&home, &["--refresh"]);
        }
        assert_eq!(copies(&home, &[]).0, "ok");
        fs::remove_file(&marks(&home)[1 - way]).expect("marks");
        token(&home, &["--refresh"]);
        assert_eq!(server.count("reuse_detections"), 0);
    }
}

#[test]
fn when_all_marks_are_lost_a_refresh_waits_for_the_end_of_the_access_token_and_is_made_then() {
    for (how, spoil) in &SPOILT[..4] {
        let (server, home) = DemoServer::connected();
        let first = token(&home, &[]);
        marks(&home).iter().for_each(|path| spoil(path));
        assert_eq!(credential(&home)["status"], "valid", "{how}");
        let (result, detail, hint) = copies(&home, &[]);
        assert!(result == "notice" && hint.contains("oauth doctor --take-over"), "{how}: {detail}; {hint}");
        // Due, and served as it is: nothing that lives is put at risk.
        age(&home, 100);
        let served = home.oauth(["token", "demo"]).run();
        served.success().stdout_is(&first).stderr_has("not sent while its access token lives");
        let forced = home.oauth(["token", "demo", "--refresh", "--json"]).run();
        forced.fails(4).stdout_is("");
        assert_eq!(forced.error()["action"], "oauth doctor --take-over");
        assert_eq!(server.count("refreshes"), 0);
        // Nobody is logged out.
        age(&home, 0);
        assert_ne!(token(&home, &[]), first);
        assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
        assert_eq!(copies(&home, &[]).0, "ok", "{how}");
    }
}

#[test]
fn when_all_marks_are_lost_a_person_can_say_that_the_store_is_the_present_one() {
    let (server, home) = DemoServer::connected();
    marks(&home).iter().for_each(|path| fs::remove_file(path).expect("marks"));
    let told = home.oauth(["doctor", "--take-over", "--json"]).run();
    assert_eq!(told.success().json(), json!({"taken_over": [{"provider": "demo", "account": ALICE}]}));
    token(&home, &["--refresh"]);
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn a_server_that_does_not_rotate_is_asked_without_any_marks() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    token(&home, &["--refresh"]);
    marks(&home).iter().for_each(|path| fs::remove_file(path).expect("marks"));
    token(&home, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn a_file_of_marks_that_others_may_write_or_that_is_none_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let spoil: [fn(&Path); 3] = [
        |path| fs::set_permissions(path, fs::Permissions::from_mode(0o666)).expect("a mode"),
        |path| fs::create_dir(path).expect("a directory"),
        |path| symlink("/dev/null", path).expect("a link"),
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let (server, home) = DemoServer::connected();
        for path in marks(&home) {
            if number > 0 {
                fs::remove_file(&path).expect("marks");
            }
            spoil(&path);
        }
        home.oauth(["token", "demo", "--refresh"]).run().fails(7).stdout_is("");
        home.oauth(["token", "demo"]).run().success();
        assert_eq!(server.count("refreshes"), 0);
    }
}

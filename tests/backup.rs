//! `oauth export` and `oauth import`: the way out of a store and into another one, with age's own program as witness.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, store};
use crate::support::files::{assert_no_canary, assert_private};
use crate::support::sandbox::{Home, MASTER_KEY, Output, Signal};
use crate::support::terminal::on_terminal;

const PASSPHRASE: &str = "correct horse battery";

/// A file of this home with a passphrase in it.
fn passphrase_file(home: &Home, text: &str) -> PathBuf {
    secret_file(home, "passphrase", &format!("{text}\n"))
}

fn secret_file(home: &Home, name: &str, text: &str) -> PathBuf {
    let path = home.path().join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    path
}

/// A key pair of `age-keygen`: the file with the private key, and the public key.
pub(crate) fn key_pair(home: &Home) -> (PathBuf, String) {
    let made = home.command("age-keygen").run();
    made.success();
    let public = made.stdout.lines().find_map(|line| line.strip_prefix("# public key: ")).expect("a public key");
    (secret_file(home, "key.txt", &made.stdout), public.to_owned())
}

/// A backup of the tenant, for the holder of a fresh key pair.
pub(crate) struct Made {
    file: PathBuf,
    key: PathBuf,
    public: String,
}

#[track_caller]
pub(crate) fn export(home: &Home, args: &[&str]) -> Made {
    let (key, public) = key_pair(home);
    let file = home.path().join("backup.age");
    let output = home.oauth(["export", "--recipient", &public, "--force", "--output"]);
    output.args([file.as_os_str()]).args(args.iter().copied()).run().success();
    Made { file, key, public }
}

#[track_caller]
pub(crate) fn import(home: &Home, made: &Made, args: &[&str]) -> Output {
    home.oauth(["import"])
        .args([&made.file])
        .args(["--identity".into(), made.key.clone()])
        .args(args.iter().copied())
        .run()
}

/// What age itself reads in a backup.
#[track_caller]
fn opened_by_age(home: &Home, made: &Made) -> Value {
    let words = ["--decrypt".as_ref(), "--identity".as_ref(), made.key.as_os_str(), made.file.as_os_str()];
    home.command("age").args(words).run().success().json()
}

#[track_caller]
pub(crate) fn credentials(home: &Home, args: &[&str]) -> Vec<Value> {
    let list = home.oauth(["list", "--json"]).args(args.iter().copied()).run();
    list.success().json().as_array().expect("a list").clone()
}

#[track_caller]
pub(crate) fn token(home: &Home, args: &[&str]) -> String {
    home.oauth(["token", "demo"]).args(args.iter().copied()).run().success().stdout.clone()
}

/// The document of a backup, changed, and encrypted again by age.
#[track_caller]
pub(crate) fn forged(home: &Home, made: &Made, change: impl FnOnce(&mut Value)) -> Made {
    let mut document = opened_by_age(home, made);
    change(&mut document);
    let file = home.path().join("forged.age");
    let age = home.command("age").args(["--encrypt", "--recipient", &made.public, "--output"]).args([&file]);
    age.stdin(document.to_string()).run().success();
    Made { file, key: made.key.clone(), public: made.public.clone() }
}

#[test]
fn age_itself_opens_a_backup_for_a_recipient() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    assert_private(&made.file);
    let document = opened_by_age(&home, &made);
    assert_eq!((&document["format"], &document["version"]), (&json!("oauth-backup"), &json!(1)));
    let own = &document["credentials"][0];
    assert_eq!((&own["account"], &own["tenant"]), (&json!(ALICE), &json!("default")));
    assert_eq!(own["access_token"].as_str().map(|token| format!("{token}\n")), Some(token(&home, &[])));
    assert_eq!(document["clients"][0]["client_id"], CLIENT);
    let secrets: Vec<_> = ["access_token", "refresh_token"].iter().filter_map(|name| own[name].as_str()).collect();
    assert_no_canary(&made.file, &secrets);
    assert_no_canary(&home.oauth_home(), &secrets);
}

#[test]
fn a_backup_in_letters_is_opened_by_age_and_by_import_and_no_letter_of_it_may_change() {
    let (_server, home) = DemoServer::connected();
    let (key, public) = key_pair(&home);
    let output = home.oauth(["export", "--armor", "--recipient", &public]).run();
    let letters = output.success().stdout.clone();
    assert!(
        letters.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n") && letters.lines().all(|line| line.len() <= 64)
    );
    let nowhere = format!("exec {} export --recipient {public} >&-", env!("CARGO_BIN_EXE_oauth"));
    home.command("sh").args(["-c", &nowhere]).run().fails(2).stderr_has("--output FILE");
    let made = Made { file: home.path().join("letters.age"), key, public };
    fs::write(&made.file, &letters).expect("a file");
    assert_eq!(opened_by_age(&home, &made)["credentials"][0]["account"], ALICE);

    let other = Home::new();
    let piped = other.oauth(["import", "-", "--identity"]).args([&made.key]).stdin(letters.replace('\n', "\r\n")).run();
    piped.success().stderr_has("is brought in");
    // What age makes is read, too.
    let document = opened_by_age(&home, &made).to_string();
    let age = home.command("age").args(["--encrypt", "--armor", "--recipient", &made.public]).stdin(document).run();
    fs::write(&made.file, &age.success().stdout).expect("a file");
    import(&Home::new(), &made, &[]).success();

    let (at, half) = (letters.len() / 2, letters.len() / 2 + 1);
    let altered =
        format!("{}{}{}", &letters[..at], if &letters[at..half] == "A" { "B" } else { "A" }, &letters[half..]);
    for broken in [altered, letters[..at].to_owned(), format!("{letters}more")] {
        let third = Home::new();
        let output = third.oauth(["import", "-", "--json", "--identity"]).args([&made.key]).stdin(broken).run();
        assert_eq!(output.fails(7).error()["code"], "tampered");
        assert!(!third.oauth_home().join("credentials.db").exists());
    }
    // A terminal is shown letters, and nothing else.
    let script = |words: &str| {
        let line = format!("{} export {words} --recipient {}", env!("CARGO_BIN_EXE_oauth"), made.public);
        home.command("script").args(["-qec", &line, "/dev/null"]).run()
    };
    script("--armor").success().stdout_has("-----END AGE ENCRYPTED FILE-----");
    script("").fails(2).stdout_has("add --armor");
}

#[test]
fn a_passphrase_opens_a_backup_and_another_one_does_not() {
    let (_server, home) = DemoServer::connected();
    let file = passphrase_file(&home, PASSPHRASE);
    let output = home.oauth(["export", "--passphrase-file"]).args([&file]).args(["--output", "backup.age"]).run();
    output.success().stdout_is("").says_nothing_of(PASSPHRASE);
    let there = Home::new();
    let backup = home.path().join("backup.age");
    let wrong = there.oauth(["import", "--passphrase", "--json"]).args([&backup]).stdin("wrong\n").run();
    wrong.fails(6);
    assert_eq!(wrong.error()["code"], "wrong_passphrase");
    assert!(!there.oauth_home().join("credentials.db").exists(), "nothing is made for a backup that does not open");
    there.oauth(["import", "--passphrase"]).args([&backup]).stdin(format!("{PASSPHRASE}\n")).run().success();
    assert_eq!(token(&there, &[]), token(&home, &[]));
    assert_private(&there.oauth_home());
}

#[test]
fn nobody_is_asked_for_what_would_not_open_the_backup() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    // Without a terminal, and at one.
    there.oauth(["import"]).args([&made.file]).run().fails(2).stderr_has("hint: add --identity FILE");
    let asked = on_terminal(there.oauth(["import"]).args([&made.file]), "in,err").run();
    asked.fails(2).stderr_has("add --identity FILE").says_nothing_of("Passphrase");
    let words = passphrase_file(&home, PASSPHRASE);
    home.oauth(["export", "--output", "words.age", "--passphrase-file"]).args([&words]).run().success();
    let backup = home.path().join("words.age");
    let keys = there.oauth(["import", "--identity"]).args([&made.key, &backup]).run();
    keys.fails(2).stderr_has("hint: leave --identity out");
}

#[test]
fn a_file_that_age_made_is_brought_in_like_our_own() {
    let (_server, home) = DemoServer::connected();
    let made = forged(&home, &export(&home, &[]), |_| ());
    let there = Home::new();
    import(&there, &made, &[]).success();
    assert_eq!(credentials(&there, &[])[0]["account"], ALICE);
}

#[test]
fn a_dry_run_tells_what_would_be_brought_in_and_brings_in_nothing() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    let told = import(&there, &made, &["--dry-run"]);
    told.success().stderr_has(&format!("demo {ALICE} would be brought in"));
    told.stderr_has("1 client registration would be brought in").stderr_has("nothing was brought in (--dry-run)");
    assert!(!there.oauth_home().join("credentials.db").exists(), "no store is made");
    let told = import(&there, &made, &["--dry-run", "--json"]).success().json();
    assert_eq!((&told["dry_run"], &told["credentials"][0]["result"]), (&json!(true), &json!("added")));
    assert_eq!(told["credentials"][0]["credential"]["status"], "stale");
    // A store that is there stays as it is, and says what is in it already.
    import(&there, &made, &[]).success();
    let before = credentials(&there, &[]);
    let result = |args: &[&str]| {
        let told = import(&there, &made, &[&["--dry-run", "--json"], args].concat()).success().json();
        told["credentials"][0]["result"].clone()
    };
    assert_eq!((result(&[]), result(&["--force"])), (json!("same"), json!("replaced")));
    import(&there, &made, &["--dry-run", "--force", "--take-over"]).success().stderr_has("would be replaced");
    assert_eq!(credentials(&there, &[]), before);
}

#[test]
fn a_provider_without_an_entry_is_told_with_the_command_that_makes_one() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    let command = format!("oauth provider add demo --issuer {}", server.issuer());
    import(&there, &made, &[])
        .success()
        .stderr_has(&format!("demo has no entry here, which a new login needs: {command}"));
    let told = import(&there, &made, &["--force", "--json"]).success().json();
    assert_eq!(told["unknown_providers"], json!([{"provider": "demo", "action": command}]));
    // Until then every hint that leads to a login leads there first.
    let first = format!("hint: {command} && oauth init demo\n");
    there.oauth(["token", "demo", "--refresh"]).run().fails(4).stderr_has(&first);
    there.oauth(["list"]).run().success().stderr_has(&first);
    let refused = there.oauth(["init", "demo", "--json"]).run().fails(3).error();
    assert_eq!((&refused["code"], &refused["action"]), (&json!("unknown_provider"), &json!(command)));
    there.oauth(command.split(' ').skip(1)).run().success();
    there.oauth(["token", "demo", "--refresh"]).run().fails(4).stderr_has("hint: oauth init demo\n");
    import(&there, &made, &["--force"]).success().says_nothing_of("has no entry");
    assert_eq!(import(&there, &made, &["--force", "--json"]).success().json()["unknown_providers"], json!([]));
}

#[test]
fn a_401_for_what_is_held_back_is_no_trouble_that_may_pass() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &[]).success();
    server.revoke_all();
    there.oauth(["test", "--no-refresh"]).run().fails(4).stdout_has("is an old copy, and is not sent");
}

/// However many are ended at once: sent from the copy, a token would end the login here.
#[test]
fn what_was_brought_in_ends_nothing_where_it_came_from() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &[]).success();
    let before = server.requests();
    for words in [&["revoke", "demo"][..], &["revoke", "--all", "--yes"], &["tenant", "remove", "default", "--yes"]] {
        let refused = there.oauth(words.iter().copied()).run();
        refused.fails(4).stderr_has("is not revoked from here");
        refused.stderr_has("hint: oauth revoke demo alice@example.test --local\n").stderr_has("doctor --take-over");
    }
    assert_eq!(server.requests(), before);
    assert_eq!(credentials(&there, &[])[0]["status"], "stale");
    token(&home, &["--refresh"]);
    there.oauth(["revoke", "--all", "--yes", "--local"]).run().success();
    assert_eq!((credentials(&there, &[])[0]["status"].clone(), server.requests()), (json!("revoked"), before + 1));
}

#[test]
fn a_rotating_refresh_token_is_held_back_where_it_is_brought_in_until_it_is_taken_over() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &[]).success().stderr_has("held back").stderr_has("oauth doctor --take-over");
    let own = &credentials(&there, &[])[0];
    assert_eq!(own["status"], "stale");
    assert!(own["reason"].as_str().expect("a reason").starts_with("it was imported from a backup"), "{own}");
    // What still lives is served; nothing is sent.
    let before = server.requests();
    assert_eq!(token(&there, &[]), token(&home, &[]));
    there.oauth(["token", "demo", "--refresh"]).run().fails(4);
    assert_eq!(server.requests(), before);
    there.oauth(["doctor", "--take-over"]).run().success();
    assert_eq!(credentials(&there, &[])[0]["status"], "valid");
    token(&there, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn who_takes_over_at_once_refreshes_at_once() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &["--take-over"]).success();
    assert_eq!(credentials(&there, &[])[0]["status"], "valid");
    token(&there, &["--refresh"]);
}

#[test]
fn who_takes_over_what_was_brought_in_before_refreshes_from_then_on() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &[]).success();
    assert_eq!(credentials(&there, &[])[0]["status"], "stale");
    import(&there, &made, &["--take-over"]).success().stderr_has("is replaced");
    assert_eq!(credentials(&there, &[])[0]["status"], "valid");
    token(&there, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn a_refresh_token_that_stays_as_it_is_may_be_used_from_both() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    token(&home, &["--refresh"]);
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &[]).success();
    assert_eq!(credentials(&there, &[])[0]["status"], "valid");
    token(&there, &["--refresh"]);
    token(&home, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn an_export_says_which_refresh_tokens_must_not_be_shared() {
    let (server, home) = DemoServer::connected();
    let (_, public) = key_pair(&home);
    let export = || home.oauth(["export", "-r", &public, "-f", "-o", "backup.age", "--json"]).run();
    assert_eq!(export().success().json()["shared"], json!([format!("demo {ALICE}")]));
    export().stderr_has("where another copy is used, this one ends with it: demo alice@example.test");
    server.behave(&json!({"rotate": false}));
    token(&home, &["--refresh"]);
    assert_eq!(export().success().json()["shared"], json!([]));
}

#[test]
fn what_an_export_a_dry_run_and_an_import_say_of_held_tokens_agrees() {
    let (server, home) = DemoServer::connected();
    server.revoke_all();
    home.oauth(["test"]).run().fails(4);
    server.login(&home, "demo", "bob@example.test");
    let statuses = |made: &Made, there: &Home, args: &[&str]| {
        let told = import(there, made, args).success().json()["credentials"].clone();
        let all = told.as_array().expect("a list").iter().map(|one| one["credential"]["status"].clone());
        all.collect::<Vec<_>>()
    };
    let (made, there) = (export(&home, &[]), Home::new());
    let told = home.oauth(["export", "-r", &made.public, "-f", "-o", "backup.age", "--json"]).run();
    assert_eq!(told.success().json()["shared"], json!(["demo bob@example.test"]));
    assert_eq!(statuses(&made, &there, &["--dry-run", "--json"]), ["reauth", "stale"]);
    assert_eq!(statuses(&made, &there, &["--json"]), ["reauth", "stale"]);
    // Where a server leaves its refresh tokens as they are, none is held back.
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    token(&home, &["--refresh"]);
    let (made, there) = (export(&home, &[]), Home::new());
    assert_eq!(statuses(&made, &there, &["--dry-run", "--json"]), ["valid"]);
    assert_eq!(statuses(&made, &there, &["--json"]), ["valid"]);
}

#[test]
fn what_is_newer_here_is_kept_unless_forced() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    import(&home, &made, &[]).success().stderr_has("here already, the same");
    let newer = token(&home, &["--refresh"]);
    let output = import(&home, &made, &["--json"]);
    assert_eq!(output.success().json()["credentials"][0]["result"], "kept_newer");
    assert_eq!((token(&home, &[]), &credentials(&home, &[])[0]["status"]), (newer.clone(), &json!("valid")));
    import(&home, &made, &["--force"]).success().stderr_has("is replaced");
    assert_ne!(token(&home, &[]), newer);
    assert_eq!(credentials(&home, &[])[0]["status"], "stale");
}

#[test]
fn a_refresh_token_that_was_spent_here_is_not_sent_again_whoever_takes_it_over() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    token(&home, &["--refresh"]);
    let told = import(&home, &made, &["--force", "--take-over", "--dry-run"]);
    told.success().stderr_has("was spent here since the backup was made");
    // However often, and after a person has decided, too.
    for _ in 0..2 {
        let told = import(&home, &made, &["--force", "--take-over"]);
        told.success().stderr_has("was spent here since the backup was made").stderr_has("oauth init demo");
        told.says_nothing_of("oauth doctor");
        home.oauth(["doctor", "--take-over"]).run().success();
        let own = &credentials(&home, &[])[0];
        assert_eq!(own["status"], "stale");
        assert!(own["reason"].as_str().expect("a reason").ends_with("was spent here since"), "{own}");
        home.oauth(["token", "demo", "--refresh"]).run().fails(4).says_nothing_of("oauth doctor");
    }
    assert_eq!(server.count("reuse_detections"), 0);
    server.login(&home, "demo", ALICE);
    token(&home, &["--refresh"]);
}

#[test]
fn a_backup_of_what_was_refreshed_elsewhere_is_taken_over_however_often_it_is_brought_in() {
    let (server, home) = DemoServer::connected();
    let there = Home::new();
    let first = export(&home, &[]);
    for _ in 0..3 {
        import(&there, &first, &["--force"]).success();
    }
    token(&home, &["--refresh"]);
    let second = export(&home, &[]);
    for _ in 0..2 {
        import(&there, &second, &["--force", "--take-over"]).success().says_nothing_of("was spent");
    }
    token(&there, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn a_login_whose_revocation_is_undone_by_its_backup_is_taken_over() {
    let (server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    home.oauth(["revoke", "demo", "--local"]).run().success();
    import(&home, &made, &["--force", "--take-over"]).success().says_nothing_of("was spent");
    token(&home, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn what_is_newer_in_the_backup_replaces_what_is_here() {
    let (server, home) = DemoServer::connected();
    let there = Home::new();
    import(&there, &export(&home, &[]), &[]).success();
    token(&home, &["--refresh"]);
    import(&there, &export(&home, &[]), &["--take-over"]).success().stderr_has("is replaced");
    assert_eq!(token(&there, &[]), token(&home, &[]));
    token(&there, &["--refresh"]);
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn what_was_revoked_here_stays_so() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    home.oauth(["revoke", "demo"]).run().success();
    import(&home, &made, &[]).success().stderr_has("newer here");
    assert_eq!(credentials(&home, &[])[0]["status"], "revoked");
}

#[test]
fn another_identity_under_the_same_name_is_kept() {
    let (_server, home) = DemoServer::connected();
    let made = forged(&home, &export(&home, &[]), |document| {
        document["credentials"][0]["subject"] = "someone-else".into();
        document["credentials"][0]["generation"] = 99.into();
    });
    let before = token(&home, &[]);
    import(&home, &made, &[]).success().stderr_has("another identity");
    assert_eq!(token(&home, &[]), before);
}

#[test]
fn client_registrations_go_along_with_their_secrets() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = home.oauth(["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    server.sign_in(init.stdin(CONFIDENTIAL_SECRET), ALICE).success();
    let made = export(&home, &[]);
    assert_no_canary(&made.file, &[CONFIDENTIAL_SECRET]);
    let there = Home::new();
    server.add(&there, "demo");
    import(&there, &made, &["--take-over"]).success();
    assert_no_canary(&there.oauth_home(), &[CONFIDENTIAL_SECRET]);
    token(&there, &["--refresh"]);
    // The registration serves another account, too.
    server.sign_in(there.oauth(["init", "demo"]), "bob@example.test").success();
}

#[test]
fn one_account_one_provider_one_tenant_or_all_go_into_a_backup() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    server.add(&home, "second");
    server.login(&home, "second", ALICE);
    let init = home.oauth(["init", "demo", "--client-id", CLIENT, "--tenant", "work"]);
    server.sign_in(init, ALICE).success();
    let held = |args: &[&str]| {
        let document = opened_by_age(&home, &export(&home, args));
        let all = document["credentials"].as_array().expect("a list").iter();
        let name = |own: &Value, what: &str| own[what].as_str().expect("text").to_owned();
        let mut all: Vec<_> = all
            .map(|own| [name(own, "tenant"), name(own, "provider"), name(own, "account").replace("@example.test", "")])
            .map(|parts| parts.join(" "))
            .collect();
        all.sort();
        (all.join(", "), document["clients"].as_array().expect("a list").len())
    };
    assert_eq!(held(&["demo", "bob@example.test"]), ("default demo bob".into(), 1));
    assert_eq!(held(&["demo"]), ("default demo alice, default demo bob".into(), 1));
    assert_eq!(held(&[]), ("default demo alice, default demo bob, default second alice".into(), 2));
    assert_eq!(held(&["--tenant", "work"]), ("work demo alice".into(), 1));
    let all = "default demo alice, default demo bob, default second alice, work demo alice";
    assert_eq!(held(&["--all-tenants"]), (all.into(), 3));

    let made = export(&home, &["--all-tenants"]);
    let there = Home::new();
    import(&there, &made, &["--tenant", "work"]).success().stderr_has("left out, of other tenants: default");
    assert_eq!(credentials(&there, &["--all-tenants"]).len(), 1);
    import(&there, &made, &["--all-tenants"]).success();
    assert_eq!(credentials(&there, &["--all-tenants"]).len(), 4);
    let nothing = import(&there, &made, &["--tenant", "other", "--json"]);
    nothing.fails(3).stderr_has("--all-tenants");
    let unknown = home.oauth(["export", "demo", "carol", "-r", &made.public, "-o", "x.age"]).run();
    unknown.fails(3);
    assert!(!home.path().join("x.age").exists());
}

#[test]
fn a_tenant_that_gets_another_name_during_an_export_is_in_it_with_its_registrations() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let work = |words: &[&str]| home.oauth(words.iter().copied()).env("OAUTH_TENANT", "work");
    server.sign_in(work(&["init", "demo", "--client-id", CLIENT]), ALICE).success();
    // The export has looked at the store when it asks for the key; just then the tenant is renamed.
    let script = format!(
        "OAUTH_MASTER_KEY={MASTER_KEY} OAUTH_MASTER_KEY_COMMAND= {} tenant rename work customer >&2; echo {MASTER_KEY}",
        env!("CARGO_BIN_EXE_oauth")
    );
    let (_, public) = key_pair(&home);
    let export = home.oauth(["export", "--all-tenants", "--recipient", &public, "--output", "all.age", "--json"]);
    let told = export.without_key().env("OAUTH_MASTER_KEY_COMMAND", script).run();
    assert_eq!((&told.success().json()["credentials"], &told.json()["clients"]), (&json!(1), &json!(1)), "{told}");
    let made = Made { file: home.path().join("all.age"), key: home.path().join("key.txt"), public };
    let document = opened_by_age(&home, &made);
    assert_eq!(
        (&document["credentials"][0]["tenant"], &document["clients"][0]["tenant"]),
        (&json!("customer"), &json!("customer"))
    );
}

#[test]
fn a_file_that_is_there_is_kept_unless_forced_and_a_new_one_is_private() {
    let (_server, home) = DemoServer::connected();
    let (_, public) = key_pair(&home);
    let path = home.path().join("backup.age");
    fs::write(&path, "precious").expect("a file");
    let export = || home.oauth(["export", "-r", &public, "-o", "backup.age"]);
    export().run().fails(2).stderr_has("--force");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "precious");
    export().args(["--force"]).run().success();
    assert_private(&path);
    let target = home.path().join("target");
    fs::remove_file(&path).expect("a file");
    std::os::unix::fs::symlink(&target, &path).expect("a link");
    export().run().fails(2);
    assert!(!target.exists(), "a link is not followed");
    home.oauth(["export", "-r", &public, "-o", "nowhere/backup.age"]).run().fails(2).stderr_has("cannot write");
}

#[test]
fn an_export_that_is_killed_leaves_a_whole_file_or_none() {
    let (_server, home) = DemoServer::connected();
    let (_, public) = key_pair(&home);
    let path = home.path().join("backup.age");
    // It dies before the first, the second, … of the calls that write, name or make durable, until it lives through all.
    for count in 1..500 {
        let inject = format!("--inject=write,fsync,renameat2:signal=SIGKILL:when={count}");
        let run = home.oauth(["export", "-r", &public, "-o", "backup.age"]);
        let output = run.through(["strace", "-f", "-qq", "-o", "/dev/null", &inject]).run();
        let lived = output.code == Some(0);
        assert!(lived || output.signal == Some(Signal::KILL.as_raw()), "{output}");
        assert!(path.exists() || !lived);
        if path.exists() {
            home.command("age").args(["--decrypt", "-i", "key.txt", "backup.age"]).run().success().stdout_has(ALICE);
            fs::remove_file(&path).expect("a file");
        }
        if lived {
            assert!(count > 3, "it was never killed");
            return;
        }
    }
    panic!("it never lived through all of its calls");
}

#[test]
fn a_backup_is_not_shown_on_a_terminal() {
    let (_server, home) = DemoServer::connected();
    let (_, public) = key_pair(&home);
    let oauth = env!("CARGO_BIN_EXE_oauth");
    let script = format!("{oauth} export -r {public}");
    let output = home.command("script").args(["-qec", &script, "/dev/null"]).run();
    output.fails(2).stdout_has("--output FILE").says_nothing_of("age-encryption.org/v1");
    let piped = home.oauth(["export", "-r", &public]).through(["sh", "-c", "\"$@\" | head -c 21", "sh"]).run();
    piped.success().stdout_is("age-encryption.org/v1");
}

#[test]
fn a_passphrase_is_never_taken_from_the_arguments_and_never_guessed() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["export", "-o", "backup.age"]).run().fails(2).stderr_has("--passphrase-file");
    home.oauth(["export", "-o", "backup.age", "--passphrase=x"]).run().fails(2);
    home.oauth(["export", "-o", "backup.age", "--passphrase"]).stdin("\n").run().fails(2);
    let open = passphrase_file(&home, PASSPHRASE);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("a mode");
    home.oauth(["export", "-o", "backup.age", "--passphrase-file"])
        .args([&open])
        .run()
        .fails(7)
        .stderr_has("chmod 600");
    assert!(!home.path().join("backup.age").exists());
    home.oauth(["export", "-o", "backup.age", "-r", "age1qqq"]).run().fails(2).stderr_has("not an age recipient");
}

#[test]
fn a_damaged_or_foreign_file_changes_nothing() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let whole = fs::read(&made.file).expect("a backup");
    let there = Home::new();
    let mut flipped = whole.clone();
    let last = flipped.len() - 40;
    flipped[last] ^= 1;
    let cases: [(&[u8], i32); 6] = [
        (&flipped, 7),
        (&whole[..whole.len() - 1], 7),
        (&whole[..100], 7),
        (&[&whole[..], b"x"].concat(), 7),
        (b"PK\x03\x04", 2),
        (b"", 2),
    ];
    for (bytes, code) in cases {
        fs::write(&made.file, bytes).expect("a file");
        import(&there, &made, &["--json"]).fails(code).stdout_is("");
        assert!(!there.oauth_home().join("credentials.db").exists());
    }
}

#[test]
fn one_wrong_credential_keeps_the_whole_backup_out() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", "bob@example.test");
    let made = export(&home, &[]);
    let changes: [fn(&mut Value); 5] = [
        |document| document["version"] = 2.into(),
        |document| document["credentials"][1]["surprise"] = true.into(),
        |document| document["credentials"][1]["account"] = "\u{1b}[2J".into(),
        |document| document["credentials"][1]["refresh_token"] = "a\r\nHost: evil".into(),
        |document| document["credentials"][1]["account"] = document["credentials"][0]["account"].clone(),
    ];
    for change in changes {
        let forged = forged(&home, &made, change);
        let there = Home::new();
        import(&there, &forged, &["--json"]).fails(2).says_nothing_of("\u{1b}");
        assert!(!there.oauth_home().join("credentials.db").exists());
    }
}

#[test]
fn exports_and_imports_stand_in_the_history() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    import(&there, &made, &[]).success();
    let events = |home: &Home, event: &str| {
        let sql = "select count(*) from events where event = ?1 and account = ?2";
        store(home).query_row(sql, [event, ALICE], |row| row.get::<_, i64>(0)).expect("a count")
    };
    assert_eq!((events(&home, "exported"), events(&there, "imported")), (1, 1));
}

#[test]
fn a_key_rotation_forgets_no_doubt() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let there = Home::new();
    let key = secret_file(&there, "master-key", &format!("{}\n", crate::support::sandbox::MASTER_KEY));
    let with_key = |run: crate::support::sandbox::Run| run.without_key().env("OAUTH_MASTER_KEY_FILE", &key);
    let import = there.oauth(["import"]).args([&made.file]).args(["--identity"]).args([&made.key]);
    with_key(import).run().success();
    with_key(there.oauth(["key", "rotate"])).run().success();
    assert_eq!(credentials(&there, &[])[0]["status"], "stale");
}

#[test]
fn a_backup_is_told_from_a_provider_by_its_name() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let bare = home.path().join("saved");
    fs::copy(&made.file, &bare).expect("a copy");
    let import = |file: &str| home.oauth(["import", file, "--force", "--identity", "key.txt"]).run();
    for file in ["backup.age", "./saved", "saved"] {
        import(file).success();
    }
    import("elsewhere.age").fails(2).stderr_has("cannot read elsewhere.age");
    import("demo").fails(2).stderr_has("no backup file");
    fs::copy(&made.file, home.path().join("demo")).expect("a copy");
    import("demo").fails(2).stderr_has("no backup file");
}

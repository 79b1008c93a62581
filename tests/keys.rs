//! The master key replaced: everything opens under the new one, at every moment under one of the two.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::demo::{ALICE, DemoServer, age, store, visit};
use crate::support::files::private_file;
use crate::support::sandbox::{Background, Home, MASTER_KEY, Output, Run};
use crate::support::wait_for;

const BOB: &str = "bob@example.test";

/// A home whose key lies in a file, with two accounts.
fn with_key_file() -> (DemoServer, Home, PathBuf) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let file = home.path().join("key");
    fs::write(&file, format!("{MASTER_KEY}\n")).expect("a key file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a private file");
    for account in [ALICE, BOB] {
        let init = filed(&home, &file, &["init", "demo", "--client-id", "demo"]);
        server.sign_in(init, account).success();
    }
    (server, home, file)
}

fn filed(home: &Home, file: &PathBuf, args: &[&str]) -> Run {
    home.oauth(args.iter().copied()).without_key().env("OAUTH_MASTER_KEY_FILE", file)
}

/// A login that waits for the browser, and the address it is to visit.
#[track_caller]
fn begun(server: &DemoServer, run: impl Fn(&[&str]) -> Run, account: &str) -> (Background, String) {
    let mut init = run(&["init", "demo", account, "--client-id", "demo", "--no-browser"]).spawn();
    let url = server.authorization_url(&mut init);
    (init, url)
}

#[track_caller]
fn tokens(run: impl Fn(&[&str]) -> Run) -> [String; 2] {
    [ALICE, BOB].map(|account| run(&["token", "demo", account]).run().success().stdout.clone())
}

#[test]
fn a_key_file_gets_the_new_key_and_the_old_one_opens_nothing_any_more() {
    let (server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let status = run(&["key", "status", "--json"]).run().success().json();
    let rotated = run(&["key", "rotate", "--json"]).run();
    let told = rotated.success().json();
    assert_eq!((&told["former_key_id"], &told["sealed"]), (&status["key_id"], &json!(2)));
    assert!(fs::read_to_string(&file).expect("the key file").trim() != MASTER_KEY);
    assert_eq!(fs::metadata(&file).expect("the key file").permissions().mode() & 0o777, 0o600);
    assert!(!home.path().join("key.new").exists());
    assert_eq!(run(&["key", "status", "--json"]).run().success().json()["key_id"], told["key_id"]);

    assert_eq!(tokens(run), before);
    for account in [ALICE, BOB] {
        run(&["token", "demo", account, "--refresh"]).run().success();
    }
    let old = home.oauth(["token", "demo", "--json"]).run();
    assert_eq!(old.fails(6).error()["code"], "wrong_master_key");
    // The secret of the registration was sealed anew too: a new login needs nothing that was given before.
    server.sign_in(run(&["init", "demo", "carol"]), "carol@example.test").success();

    // What was wiped holds nothing that could be sealed.
    run(&["revoke", "demo", BOB]).run().success();
    let told = run(&["key", "rotate", "--json"]).run().success().json();
    assert_eq!(run(&["key", "status", "--json"]).run().success().json()["sealed"], told["sealed"]);
}

#[test]
fn a_key_that_lives_with_the_caller_is_printed_before_it_is_used() {
    let (_server, home) = DemoServer::connected();
    let token = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let nowhere = |into: &str| {
        let script = format!("exec {} key rotate {into}", env!("CARGO_BIN_EXE_oauth"));
        home.command("sh")
            .args(["-c", &script])
            .run()
            .fails(2)
            .stderr_has("standard output is closed or goes to nowhere");
        home.oauth(["token", "demo", "--offline"]).run().success();
    };
    nowhere(">&-");
    nowhere("> /dev/null");
    let new = home.oauth(["key", "rotate"]).run().success().stdout.trim_end().to_owned();
    assert_eq!(home.oauth(["token", "demo"]).run().code, Some(6));
    home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY", &new).run().success().stdout_is(&token);
    // One that cannot be printed is not used.
    let full = home.command("sh").args(["-c", "exec \"$0\" key rotate > /dev/full", env!("CARGO_BIN_EXE_oauth")]);
    full.env("OAUTH_MASTER_KEY", &new).run().fails(1);
    home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY", &new).run().success().stdout_is(&token);
}

#[test]
fn a_rotation_that_ended_half_way_is_finished_by_the_next_one() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let (old, aside) = (fs::read(&file).expect("the key file"), home.path().join("key.new"));
    run(&["key", "rotate"]).run().success();
    // As if it had died before the new file took the place of the old one.
    fs::rename(&file, &aside).expect("one file system");
    fs::write(&file, &old).expect("the key file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a private file");
    assert_eq!(tokens(run), before);
    run(&["key", "rotate"]).run().success();
    assert_eq!(tokens(run), before);
    assert!(!aside.exists());

    // As if it had died before anything was sealed.
    let unused = home.oauth(["key", "generate"]).run().success().stdout.clone();
    fs::write(&aside, unused).expect("a key beside");
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).expect("a private file");
    assert_eq!(tokens(run), before);
    run(&["key", "rotate"]).run().success();
    assert_eq!(tokens(run), before);
}

/// Another file that holds the key is not where the store looks for it when no variable is set.
#[test]
fn a_key_file_that_is_not_the_store_s_own_gets_no_new_key() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let copy = home.path().join("copy of the key");
    fs::copy(&file, &copy).expect("a copy");
    let copied = |args: &[&str]| filed(&home, &copy, args);
    let refused = copied(&["key", "rotate"]).run();
    refused.fails(2).stderr_has(&format!("comes from the file {}, and this run takes it from", file.display()));
    let record = format!("oauth key move --to file --path '{}'", copy.display());
    refused.stderr_has(&record);
    let bare = |args: &[&str]| home.oauth(args.iter().copied()).without_key();
    assert_eq!(tokens(bare), before);

    // What the hint says makes it the place.
    let moved = format!("exec {} {}", env!("CARGO_BIN_EXE_oauth"), record.strip_prefix("oauth ").expect("a command"));
    home.command("sh").args(["-c", &moved]).without_key().env("OAUTH_MASTER_KEY_FILE", &copy).run().success();
    copied(&["key", "rotate"]).run().success();
    assert_eq!(tokens(bare), before);

    // Another name of it is the same file.
    let link = home.path().join("link");
    std::os::unix::fs::symlink(&copy, &link).expect("a link");
    filed(&home, &link, &["key", "rotate"]).run().success();
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(tokens(bare), before);
}

#[test]
fn a_row_that_does_not_open_stops_the_rotation_and_is_named() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = run(&["token", "demo", ALICE]).run().success().stdout.clone();
    let sql = format!("update credentials set refresh_token = access_token where account = '{BOB}'");
    store(&home).execute(&sql, []).expect("a change of the store");
    let stopped = run(&["key", "rotate", "--json"]).run();
    let error = &stopped.fails(7).error();
    assert!(error["code"] == "tampered" && error["message"].to_string().contains(BOB), "{stopped}");
    assert_eq!(fs::read_to_string(&file).expect("the key file").trim(), MASTER_KEY);
    assert!(!home.path().join("key.new").exists());
    run(&["token", "demo", ALICE]).run().success().stdout_is(&before);
}

#[test]
fn a_key_is_replaced_where_it_lives_and_nowhere_else() {
    let (_server, home, _) = with_key_file();
    let elsewhere = home.oauth(["key", "rotate", "--json"]).run();
    assert_eq!(elsewhere.fails(2).error()["code"], "bad_config");
    let empty = Home::new();
    assert_eq!(empty.oauth(["key", "rotate", "--json"]).run().fails(2).error()["code"], "usage");
}

/// Tokens are asked for, and refreshed, while the key is replaced again and again.
#[test]
fn nothing_is_lost_when_keys_are_replaced_while_tokens_are_refreshed() {
    let (server, home, file) = with_key_file();
    let rotations: Vec<_> = (0..3).map(|_| filed(&home, &file, &["key", "rotate"]).spawn()).collect();
    let refreshes: Vec<_> =
        (0..12).map(|at| filed(&home, &file, &["token", "demo", [ALICE, BOB][at % 2], "--refresh"]).spawn()).collect();
    let outputs: Vec<Output> = rotations.into_iter().chain(refreshes).map(|process| process.finish()).collect();
    for output in &outputs {
        output.success();
    }
    assert_eq!(server.count("reuse_detections"), 0);
    for account in [ALICE, BOB] {
        filed(&home, &file, &["token", "demo", account, "--refresh"]).run().success();
    }
    assert_eq!(server.count("reuse_detections"), 0);
}

#[test]
fn a_key_that_is_replaced_meanwhile_fails_no_test() {
    let (server, home, file) = with_key_file();
    age(&home, 0);
    server.behave(&json!({"latency_ms": {"userinfo": 3000}}));
    let test = filed(&home, &file, &["test", "--jobs", "1"]).spawn();
    // Each login asked once.
    wait_for("the first account's question", || (server.count("requests/userinfo") == 3).then_some(()));
    filed(&home, &file, &["key", "rotate"]).run().success();
    test.finish().success().stderr_has("2 of 2 usable");
    assert_eq!(server.count("grants/refresh_token"), 2);
}

#[test]
fn a_key_that_is_replaced_while_somebody_logs_in_loses_no_login() {
    let (server, home, file) = with_key_file();
    let filed = |args: &[&str]| filed(&home, &file, args);
    for account in [BOB, "carol@example.test"] {
        let (init, url) = begun(&server, filed, account);
        filed(&["key", "rotate"]).run().success();
        visit(&server.redirect(&url, account, true));
        init.finish().success();
        filed(&["token", "demo", account, "--refresh"]).run().success();
    }
}

#[test]
fn a_login_that_ends_while_the_key_is_being_replaced_is_kept() {
    let (server, home, file) = with_key_file();
    let filed = |args: &[&str]| filed(&home, &file, args);
    let locks = home.oauth_home().join("locks");
    for account in [BOB, "carol@example.test"] {
        let (init, url) = begun(&server, filed, account);
        // The rotation stops half-way, as it cannot write.
        let store = store(&home);
        store.execute_batch("begin immediate").expect("nobody else writes");
        let rotation = filed(&["key", "rotate"]).spawn();
        let seal = fs::File::open(locks.join("seal")).expect("the lock of the key");
        wait_for("the rotation", || {
            let free = seal.try_lock_shared().is_ok();
            seal.unlock().expect("it is ours");
            (!free).then_some(())
        });
        let asked = server.count("requests/token");
        let redirect = server.redirect(&url, account, true);
        thread::scope(|scope| {
            scope.spawn(|| visit(&redirect));
            wait_for("the answer to the login", || (server.count("requests/token") > asked).then_some(()));
            thread::sleep(Duration::from_millis(100)); // in which the login gets to the store
            store.execute_batch("commit").expect("nothing was written");
        });
        rotation.finish().success();
        init.finish().success();
        filed(&["token", "demo", account, "--refresh"]).run().success();
    }
}

#[test]
fn a_key_that_is_replaced_while_a_login_fails_hides_neither_why_nor_its_client() {
    let (server, home, file) = with_key_file();
    let filed = |args: &[&str]| filed(&home, &file, args);
    filed(&["client", "remove", "demo"]).run().success();
    let (init, url) = begun(&server, filed, "carol@example.test");
    filed(&["key", "rotate"]).run().success();
    visit(&server.redirect(&url, "carol@example.test", false));
    init.finish().fails(4).stderr_has("What was given of the client is kept");
    let clients = filed(&["client", "list", "--json"]).run().success().json();
    assert_eq!(clients[0]["client_id"], "demo", "{clients}");
}

#[test]
fn a_file_of_a_token_is_kept_fresh_although_the_key_is_replaced() {
    let (_server, home, file) = with_key_file();
    let oauth = format!("OAUTH_MASTER_KEY_FILE='{}' {}", file.display(), env!("CARGO_BIN_EXE_oauth"));
    let script = format!(
        "{oauth} key rotate >&2 && new=$({oauth} token demo --refresh)\n\
         until test \"$(cat \"$DEMO_TOKEN_FILE\")\" = \"$new\"; do sleep 0.05; done; echo fresh"
    );
    let output = filed(&home, &file, &["exec", "demo", "--token-file", "--", "sh", "-c", &script]).run();
    output.success().stdout_is("fresh\n").says_nothing_of("error");
}

#[test]
fn a_file_of_a_token_is_kept_fresh_although_the_key_is_moved_and_replaced() {
    let (_server, home, file) = with_key_file();
    let [one, other] = ["one", "other"].map(|name| home.path().join(name).display().to_string());
    filed(&home, &file, &["key", "move", "--to", "file", "--path", &one]).run().success();
    let oauth = env!("CARGO_BIN_EXE_oauth");
    let script = format!(
        "{oauth} key move --to file --path '{other}' >&2 && rm '{one}' && {oauth} key rotate >&2\n\
         new=$({oauth} token demo --refresh)\n\
         until test \"$(cat \"$DEMO_TOKEN_FILE\")\" = \"$new\"; do sleep 0.05; done; echo fresh"
    );
    let exec = home.oauth(["exec", "demo", "--token-file", "--", "sh", "-c", &script]).without_key();
    exec.run().success().stdout_is("fresh\n").says_nothing_of("not kept fresh");
}

#[test]
fn a_key_is_moved_from_place_to_place_and_opens_the_store_from_each() {
    let (_server, home, file) = with_key_file();
    let filed = |args: &[&str]| filed(&home, &file, args);
    let plain = |args: &[&str]| home.oauth(args.iter().copied()).without_key();
    let before = tokens(filed);
    let id = filed(&["key", "status", "--json"]).run().success().json()["key_id"].clone();

    // To another file: the old one is the person's own, and stays.
    let other = home.path().join("other-key").display().to_string();
    let moved = filed(&["key", "move", "--to", "file", "--path", &other, "--json"]).run();
    let told = moved.success().stderr_has("remove it there").json();
    assert!(told["to"].as_str().is_some_and(|to| to.contains("other-key")), "{told:#}");
    assert_eq!(fs::metadata(&other).expect("the key file").permissions().mode() & 0o777, 0o600);
    fs::remove_file(&file).expect("the old key file");
    assert_eq!(tokens(plain), before);

    // To a command, which has to print this very key.
    let command = format!("cat '{other}'");
    let wrong =
        plain(&["key", "move", "--to", "command", "--json"]).env("OAUTH_MASTER_KEY_COMMAND", "oauth key generate");
    assert_eq!(wrong.run().fails(6).stdout, "");
    let given = |args: &[&str]| plain(args).env("OAUTH_MASTER_KEY_COMMAND", &command);
    given(&["key", "move", "--to", "command"]).run().success();
    assert_eq!(tokens(given), before);
    assert_eq!(plain(&["token", "demo"]).run().fails(6).stdout, "");
    assert_eq!(given(&["key", "status", "--json"]).run().success().json()["key_id"], id);
    // A file that has another key is left as it is.
    let another = home.oauth(["key", "generate"]).run().success().stdout.clone();
    private_file(&file, &another);
    let path = file.display().to_string();
    let taken = given(&["key", "move", "--to", "file", "--path", &path]).run();
    taken.fails(6).stderr_has(&format!("error: {path} holds another master key")).stderr_has(&format!("rm {path}"));
    assert_eq!(fs::read_to_string(&file).expect("the file"), another);
    private_file(&file, &format!("{MASTER_KEY}\n"));
    given(&["key", "rotate"]).run().success();
}

#[test]
fn a_recovery_code_brings_the_key_back() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let code = run(&["key", "recovery"]).run().success().stdout.trim_end().to_owned();
    assert_eq!((code.len(), code.split('-').count()), (69, 14), "{code}");
    assert_eq!(run(&["key", "recovery", "--raw"]).run().success().stdout.trim_end(), MASTER_KEY);
    fs::remove_file(&file).expect("the key file");
    assert_eq!(run(&["token", "demo"]).run().fails(6).stdout, "");

    let new = home.path().join("new-key").display().to_string();
    let restore = |code: &str| {
        let args = ["key", "recovery", "--restore", "--to", "file", "--path", &new, "--json"];
        home.oauth(args).without_key().stdin(format!("{code}\n")).run()
    };
    let wrong = format!("{}{}", if code.starts_with('0') { "1" } else { "0" }, &code[1..]);
    assert_eq!(restore(&wrong).fails(2).error()["code"], "usage");
    assert!(!std::path::Path::new(&new).exists());
    restore(&code.to_lowercase()).success();
    assert_eq!(tokens(|args| home.oauth(args.iter().copied()).without_key()), before);
    // That it was given out is known.
    let events = home.oauth(["audit", "--json"]).run().success().json();
    let kinds: Vec<_> = events.as_array().expect("a list").iter().map(|event| event["event"].clone()).collect();
    assert!(kinds.contains(&json!("key_exported")) && kinds.contains(&json!("key_moved")), "{kinds:?}");
}

#[test]
fn a_variable_that_is_to_give_the_key_and_is_not_set_is_the_one_that_is_named() {
    let (_server, home, file) = with_key_file();
    let to = |run: Run, place: &str| run.args(["key", "move", "--to", place]).run();
    let (value, command) = ("OAUTH_MASTER_KEY", "OAUTH_MASTER_KEY_COMMAND");
    let none: [&str; 0] = [];
    let with = |name: &str, text: &str| home.oauth(none).without_key().env(name, text);
    let told = to(with(command, &format!("cat '{}'", file.display())), "environment");
    told.fails(2).stderr_has("OAUTH_MASTER_KEY, which is not set");
    told.stderr_has("set OAUTH_MASTER_KEY to this store's key, unset OAUTH_MASTER_KEY_COMMAND, and try again");
    let told = to(with(value, MASTER_KEY), "command");
    told.fails(2).stderr_has("OAUTH_MASTER_KEY_COMMAND, which is not set");
    told.stderr_has("to a command that prints this store's key, unset OAUTH_MASTER_KEY, and try again");
    let told = to(home.oauth(none).without_key(), "environment");
    told.fails(2).stderr_has("set OAUTH_MASTER_KEY to this store's key, and try again");
}

#[test]
fn without_a_place_a_recovery_code_puts_the_key_back_where_it_lived() {
    let (_server, home, file) = with_key_file();
    let run = |args: &[&str]| filed(&home, &file, args);
    let before = tokens(run);
    let code = run(&["key", "recovery"]).run().success().stdout.clone();
    fs::remove_file(&file).expect("the key file");
    let restore = |args: &[&str]| {
        let run = home.oauth(["key", "recovery", "--restore", "--json"]).args(args.iter().copied());
        run.without_key().stdin(code.clone()).run()
    };
    let told = restore(&[]);
    assert_eq!(told.success().json()["to"], format!("the file {}", file.display()), "{told}");
    assert_eq!(tokens(|args| home.oauth(args.iter().copied()).without_key()), before);

    // A variable is its owner's to set: another place is proposed, and no new key.
    let (_server, home) = DemoServer::connected();
    let code = home.oauth(["key", "recovery"]).run().success().stdout.clone();
    let restore = |args: &[&str]| {
        let run = home.oauth(["key", "recovery", "--restore", "--json"]).args(args.iter().copied());
        run.without_key().stdin(code.clone()).run()
    };
    let refused = restore(&[]);
    let error = refused.fails(2).says_nothing_of("key generate").error();
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--restore --to file")), "{error}");
    restore(&["--to", "keyring"]).fails(6).says_nothing_of("key generate").stderr_has("--to file");
    restore(&["--to", "file"]).success();
    home.oauth(["token", "demo"]).without_key().run().success();
}

/// Runs a command in a terminal of its own, in which somebody types.
#[track_caller]
fn typed(run: Run, lines: &[&str]) -> Output {
    const TERMINAL: &str = r"
import os, pty, select, sys
lines = sys.argv[1].split('|') if sys.argv[1] else []
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b''
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if lines and seen.rstrip().endswith(b':'):
        seen = b''
        os.write(fd, lines.pop(0).encode() + b'\n')
        continue
    sys.stdout.buffer.write(data)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    run.env("NO_COLOR", "1").through(["python3", "-c", TERMINAL, &lines.join("|")]).run()
}

#[test]
fn a_passphrase_opens_the_store_and_the_file_that_held_the_key_can_go() {
    let (_server, home, file) = with_key_file();
    let before = tokens(|args| filed(&home, &file, args));
    let plain = |args: &[&str]| home.oauth(args.iter().copied()).without_key();
    let differing = typed(filed(&home, &file, &["key", "move", "--to", "passphrase"]), &["one", "other"]);
    assert_eq!(differing.code, Some(2), "{differing}");
    assert_eq!(
        filed(&home, &file, &["key", "move", "--to", "passphrase", "--json"]).run().fails(2).error()["code"],
        "usage"
    );
    typed(filed(&home, &file, &["key", "move", "--to", "passphrase"]), &["correct horse", "correct horse"]).success();
    fs::remove_file(&file).expect("the key file");

    let opened = typed(plain(&["token", "demo", ALICE]), &["correct horse"]);
    assert!(opened.success().stdout.contains(before[0].trim_end()), "{opened}");
    assert_eq!(typed(plain(&["token", "demo", ALICE]), &["wrong"]).code, Some(6));
    // Where nobody can be asked, that is said.
    assert_eq!(plain(&["token", "demo", "--json"]).run().fails(6).error()["code"], "passphrase_required");
    // The passphrase stays the same when the key is replaced.
    typed(plain(&["key", "rotate"]), &["correct horse", "correct horse"]).success();
    let opened = typed(plain(&["token", "demo", ALICE]), &["correct horse"]);
    assert!(opened.success().stdout.contains(before[0].trim_end()), "{opened}");
}

/// The keys of a store that the kernel's keyring keeps, by their ids.
#[cfg(target_os = "linux")]
fn kept_keys(home: &Home) -> Vec<String> {
    let sql = "select id from store";
    let id: String = store(home).query_row(sql, [], |row| row.get(0)).expect("the store has an id");
    let keys = fs::read_to_string("/proc/keys").expect("the kernel's keys can be listed");
    // One that was dropped may still be listed, with an `i` as the last of its flags.
    let live = keys.lines().filter(|line| !line.split_whitespace().nth(1).is_some_and(|flags| flags.ends_with('i')));
    let ids = live.filter_map(|line| line.split_once(&format!("oauth-cli:{id}/"))?.1.split(':').next());
    ids.map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_key_that_a_passphrase_opened_is_kept_for_a_while_and_no_longer_than_it_is_of_use() {
    let (_server, home, file) = with_key_file();
    typed(filed(&home, &file, &["key", "move", "--to", "passphrase"]), &["correct horse", "correct horse"]).success();
    fs::remove_file(&file).expect("the key file");
    let keeping = |args: &[&str]| home.oauth(args.iter().copied()).without_key().env("OAUTH_KEY_CACHE", "900");
    let key_id = || keeping(&["key", "status", "--json"]).run().success().json()["key_id"].clone();
    typed(keeping(&["token", "demo", ALICE]), &["correct horse"]).success();
    let old = key_id();
    assert_eq!(json!(kept_keys(&home)), json!([old]));
    // A key that was replaced is not kept either, and one that moves away is not asked for here.
    typed(keeping(&["key", "rotate"]), &["correct horse"]).success();
    assert!(kept_keys(&home).is_empty(), "{:?} without {old}", kept_keys(&home));
    typed(keeping(&["token", "demo", ALICE]), &["correct horse"]).success();
    assert_eq!(json!(kept_keys(&home)), json!([key_id()]));
    keeping(&["key", "forget"]).run().success().stderr_has("the kept key is dropped");
    assert!(kept_keys(&home).is_empty());
    typed(keeping(&["token", "demo", ALICE]), &["correct horse"]).success();
    let to = home.path().join("elsewhere").display().to_string();
    keeping(&["key", "move", "--to", "file", "--path", &to]).run().success();
    assert!(kept_keys(&home).is_empty());
}

#[test]
fn a_rotation_says_that_the_recovery_code_of_the_old_key_is_void() {
    const VOID: &str = "recovery code that was printed before opens nothing";
    let (_server, home, file) = with_key_file();
    let key = |args: &[&str]| filed(&home, &file, &["key"]).args(args.iter().copied()).run();
    key(&["recovery"]).success();
    key(&["rotate"]).success().stderr_has(VOID).stderr_has("oauth key recovery");
    key(&["rotate"]).success().says_nothing_of(VOID);
    key(&["recovery"]).success();
    assert_eq!(key(&["rotate", "--json"]).success().json()["recovery_code_void"], true);
}

#[test]
fn an_empty_passphrase_is_told_from_nobody_who_could_type_one() {
    let (_server, home, file) = with_key_file();
    let command = || filed(&home, &file, &["key", "move", "--to", "passphrase"]);
    typed(command(), &["", ""]).fails(2).stdout_has("a passphrase that is empty protects nothing");
    command().run().fails(2).stderr_has("nobody can be asked here");
}

#[test]
fn the_status_tells_where_the_key_comes_from_now() {
    let (_server, home) = DemoServer::connected();
    let file = home.path().join("key");
    fs::write(&file, format!("{MASTER_KEY}\n")).expect("a key file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a private file");
    let words = format!("source              the file {}, for this command", file.display());
    filed(&home, &file, &["key", "status"]).run().success().stdout_has(&words);
    let told = filed(&home, &file, &["key", "status", "--json"]).run().success().json();
    assert_eq!(
        (&told["source"], &told["given"]),
        (&json!("OAUTH_MASTER_KEY"), &json!(format!("the file {}", file.display())))
    );
    home.oauth(["key", "status"]).run().success().stdout_has("source              OAUTH_MASTER_KEY\n");
}

#[test]
fn what_helps_to_a_key_that_is_lost_or_another_one_is_said() {
    const CODE: &str = "oauth key recovery --restore --to file";
    let (_server, home, file) = with_key_file();
    let kept = home.path().join("kept");
    fs::rename(&file, &kept).expect("the key file is lost");
    let token = || home.oauth(["token", "demo", ALICE]).without_key();
    token().run().fails(6).stderr_has("cannot read the key file").stderr_has(CODE);
    filed(&home, &file, &["token", "demo", ALICE]).run().fails(6).stderr_has(CODE);
    let other = home.oauth(["key", "generate"]).run().success().stdout.clone();
    token().env("OAUTH_MASTER_KEY", other.trim()).run().fails(6).stderr_has("not the master key").stderr_has(CODE);
    fs::rename(&kept, &file).expect("the key file is back");
    token().run().success();
}

#[test]
fn a_key_that_is_put_back_is_not_said_to_be_where_it_was_lost() {
    let home = Home::new();
    home.oauth(["import", "github", "me", "--token-stdin"]).stdin("canary").run().success();
    let code = home.oauth(["key", "recovery"]).run().success().stdout.clone();
    let restore = |path: &str| {
        let run = home.oauth(["key", "recovery", "--restore", "--to", "file", "--path"]).args([path]);
        run.without_key().stdin(code.clone()).run()
    };
    let at = |name: &str| home.oauth_home().join(name).display().to_string();
    restore(&at("one")).success().stderr_is(&format!("the master key lives in the file {} now\n", at("one")));
    let moved = home.oauth(["key", "move", "--to", "file", "--path", &at("two")]).without_key().run();
    moved.success().stderr_has(&format!("it is still in the file {} too", at("one"))).says_nothing_of("unset");
    std::fs::remove_file(at("two")).unwrap();
    // A variable that goes on naming the lost file would win.
    let run = home.oauth(["key", "recovery", "--restore", "--to", "file", "--path", &at("two")]).without_key();
    let told = run.env("OAUTH_MASTER_KEY_FILE", at("lost")).stdin(code.clone()).run();
    told.success().stderr_has("goes before this one: unset OAUTH_MASTER_KEY_FILE");
    restore(&at("three")).success().says_nothing_of("unset");
    let named = home.oauth(["key", "move", "--to", "file", "--path", &at("four")]).without_key();
    named.env("OAUTH_MASTER_KEY_FILE", at("three")).run().success().stderr_has("and unset OAUTH_MASTER_KEY_FILE");
}

#[test]
fn a_key_file_that_went_along_with_its_home_is_found_and_its_new_place_can_be_recorded() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["key", "move", "--to", "file"]).run().success();
    let moved = Home::new();
    fs::rename(home.oauth_home(), moved.oauth_home()).expect("one file system");
    let key = moved.oauth_home().join("master-key").display().to_string();
    let told = moved.oauth(["token", "demo"]).without_key().run();
    told.fails(6).stderr_has(&format!("export OAUTH_MASTER_KEY_FILE={key}\n"));
    let record = format!("OAUTH_MASTER_KEY_FILE={key} oauth key move --to file --path {key}");
    told.stderr_has(&format!("record where it is now: {record}\n"));
    let run = moved.oauth(["key", "move", "--to", "file", "--path", &key]).without_key();
    run.env("OAUTH_MASTER_KEY_FILE", &key).run().success();
    moved.oauth(["token", "demo"]).without_key().run().success();
}

#[test]
fn the_key_that_is_wanted_is_named_and_one_that_is_another_is_told_apart_from_it() {
    let (_server, home) = DemoServer::connected();
    let former = home.oauth(["key", "recovery"]).run().success().stdout.clone();
    let new = home.oauth(["key", "rotate"]).run().success().stdout.trim().to_owned();
    let status = home.oauth(["key", "status", "--json"]).env("OAUTH_MASTER_KEY", &new).run().success().json();
    let id = status["key_id"].as_str().expect("an id");
    assert_eq!(status["given_key_id"], json!(null));
    let told = home.oauth(["token", "demo"]).without_key().run();
    told.fails(6).stderr_has(&format!("set OAUTH_MASTER_KEY to this store's key (ID {id})"));
    // The one before.
    let told = home.oauth(["key", "status"]).run();
    told.fails(6).stdout_has(&format!("the store's key id  {id}\n")).stdout_has("its key id  ");
    assert!(!told.stderr.contains("oauth key status"), "{told}");
    let told = home.oauth(["key", "recovery", "--restore", "--to", "file"]).without_key().stdin(former).run();
    told.fails(6).stderr_has("of another master key").stderr_has("an older one").says_nothing_of("hint: oauth");
    assert!(!told.stderr.contains("--restore"), "{told}");
}

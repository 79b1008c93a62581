//! `doctor` against homes that are broken, each in another way: the finding is at its place, has its code and its exit
//! code, and says what mends it. Where that is a command that a test can run, it is run, and the finding is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::clock::later;
use crate::support::demo::{ALICE, CLIENT, DemoServer, age, store};
use crate::support::files::private;
use crate::support::sandbox::{Home, Output, Run};

/// A connected home to break.
struct Broken {
    server: DemoServer,
    home: Home,
}

/// What is expected of the only finding that is not `ok` at its check.
struct Wanted<'a> {
    check: &'a str,
    /// `notice`, or the code of what is wrong.
    code: &'a str,
    exit: i32,
    /// Parts of what is said and hinted.
    says: &'a [&'a str],
    /// A part of the command that mends it.
    mend: &'a str,
}

impl Broken {
    fn new() -> Self {
        let (server, home) = DemoServer::connected();
        Self { server, home }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.oauth_home().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.file(name);
        private(
            path.parent().expect("a directory"),
            path.file_name().and_then(|name| name.to_str()).expect("a name"),
            text,
        );
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn doctor(&self) -> Run {
        self.home.oauth(["doctor", "--json"])
    }

    /// The store, changed by hand.
    fn sql(&self, sql: &str) {
        store(&self.home).execute_batch(sql).expect("a change of the store");
    }

    #[track_caller]
    fn told(&self, wanted: &Wanted<'_>) -> String {
        finding(&self.doctor().run(), wanted)
    }

    /// The same, and after the command that was hinted all is well.
    #[track_caller]
    fn mended(&self, wanted: &Wanted<'_>) {
        let hint = self.told(wanted);
        let oauth = env!("CARGO_BIN_EXE_oauth");
        let command = hint.lines().next().expect("a command").replace("oauth doctor", &format!("{oauth} doctor"));
        let _ = self.home.command("sh").args(["-c", &command]).run();
        let after = self.doctor().run();
        assert!(of(after.success(), wanted.check).iter().all(|own| own["result"] == "ok"), "{command}: {after}");
    }
}

fn of(output: &Output, check: &str) -> Vec<Value> {
    let all = output.json();
    all.as_array().expect("a list").iter().filter(|finding| finding["check"] == check).cloned().collect()
}

/// Holds the finding to what is expected, and gives its hint.
#[track_caller]
fn finding(output: &Output, wanted: &Wanted<'_>) -> String {
    let Wanted { check, code, exit, says, mend } = wanted;
    let bad: Vec<_> = of(output.fails(*exit), check).into_iter().filter(|own| own["result"] != "ok").collect();
    assert_eq!(bad.len(), 1, "{check}: {output}");
    let (found, hint) = (&bad[0], bad[0]["hint"].as_str().unwrap_or_default().to_owned());
    let told = if found["result"] == "notice" { "notice" } else { found["error"]["code"].as_str().unwrap_or_default() };
    assert_eq!(told, *code, "{found:#}");
    let words = format!("{}\n{hint}", found["detail"].as_str().unwrap_or_default());
    assert!(says.iter().all(|part| words.contains(part)), "{says:?}: {found:#}");
    assert!(!mend.is_empty() && hint.contains(mend), "{mend}: {found:#}");
    hint
}

#[test]
fn modes_that_let_others_read_or_write_are_mended_by_the_command_that_is_told() {
    for (name, mode) in [("credentials.db", 0o644), ("locks", 0o777), ("uses", 0o666), ("marks", 0o622)] {
        let broken = Broken::new();
        broken.home.oauth(["token", "demo"]).run().success();
        broken.mode(name, mode);
        let (says, mend) = ([name], format!("chmod {}", if name == "locks" { "700" } else { "600" }));
        broken.mended(&Wanted { check: "files", code: "insecure_permissions", exit: 7, says: &says, mend: &mend });
    }
}

#[test]
fn what_sqlite_keeps_beside_the_store_is_held_to_the_same_modes() {
    for end in ["-wal", "-shm"] {
        let broken = Broken::new();
        // As long as somebody has the store open, it is there.
        let open = store(&broken.home);
        open.execute_batch("begin immediate; update store set id = id; commit").expect("a write");
        let name = format!("credentials.db{end}");
        broken.mode(&name, 0o640);
        let fixed = broken.home.oauth(["doctor", "--json", "--fix"]).run();
        assert_eq!(of(fixed.success(), "files")[0]["result"], "mended", "{fixed}");
        broken.mode(&name, 0o640);
        let (says, mend) = ([end, "can be read"], format!("chmod 600 {}", broken.file(&name).display()));
        let _ =
            broken.told(&Wanted { check: "files", code: "insecure_permissions", exit: 7, says: &says, mend: &mend });
    }
}

#[test]
fn a_second_name_of_the_store_is_told_and_not_mended_by_itself() {
    let broken = Broken::new();
    fs::hard_link(broken.file("credentials.db"), broken.file("other")).expect("a link");
    let wanted = Wanted {
        check: "files",
        code: "insecure_permissions",
        exit: 7,
        says: &["second name"],
        mend: "find / -xdev -samefile",
    };
    let _ = broken.told(&wanted);
    let _ = finding(&broken.home.oauth(["doctor", "--json", "--fix"]).run(), &wanted);
}

#[test]
fn a_store_that_is_empty_cut_off_or_no_store_is_put_aside() {
    for what in ["empty", "text", "half"] {
        let broken = Broken::new();
        let path = broken.file("credentials.db");
        let whole = fs::read(&path).expect("the store");
        let cut = match what {
            "empty" => vec![],
            "text" => b"no database\n".repeat(1000),
            _ => whole[..whole.len() / 2].to_vec(),
        };
        fs::write(&path, cut).expect("a file");
        let output = broken.doctor().run();
        let bad: Vec<_> = of(output.fails(6), "store").into_iter().filter(|own| own["result"] == "wrong").collect();
        assert!(!bad.is_empty(), "{what}: {output}");
        for own in &bad {
            assert_eq!(own["error"]["code"], "store_unavailable", "{what}: {output}");
        }
        let hint = bad[0]["hint"].as_str().expect("a hint");
        let command = hint.lines().next().and_then(|line| line.strip_prefix("put it aside: ")).expect("a command");
        broken.home.command("sh").args(["-c", command]).run().success();
        broken.doctor().run().success();
        let server = &broken.server;
        server.sign_in(broken.home.oauth(["init", "demo", "--client-id", CLIENT]), ALICE).success();
    }
}

#[test]
fn a_log_that_is_left_of_a_store_which_is_gone_is_not_taken_for_the_next_one_s() {
    let broken = Broken::new();
    let (path, log) = (broken.file("credentials.db"), broken.file("credentials.db-wal"));
    let open = store(&broken.home);
    open.execute_batch("update credentials set account = 'from the old log'").expect("a write");
    let left = fs::read(&log).expect("a log");
    assert!(!left.is_empty());
    drop(open);
    fs::remove_file(&path).expect("the store");
    fs::write(&log, &left).expect("a log");
    broken.mode("credentials.db-wal", 0o600);
    let server = &broken.server;
    server.sign_in(broken.home.oauth(["init", "demo", "--client-id", CLIENT]), ALICE).success();
    broken.home.oauth(["list"]).run().success().stdout_has(ALICE).says_nothing_of("from the old log");
    broken.doctor().run().success();
    assert_eq!(fs::read(broken.file("credentials.db.lost-wal")).expect("the old log"), left);
}

#[test]
fn a_store_of_a_later_version_is_left_alone() {
    let broken = Broken::new();
    broken.sql("pragma user_version = 4711");
    let before = fs::read(broken.file("credentials.db")).expect("the store");
    let says = ["schema 4711"];
    let mend = "use the newer version";
    let _ = broken.told(&Wanted { check: "store", code: "store_unavailable", exit: 6, says: &says, mend });
    assert_eq!(fs::read(broken.file("credentials.db")).expect("the store"), before);
}

#[test]
fn a_row_that_cannot_be_read_or_opened_is_named_with_the_login_that_replaces_it() {
    let broken = Broken::new();
    broken.sql("update credentials set server = '{'");
    let mend = "oauth init demo alice@example.test";
    let _ = broken.told(&Wanted { check: "store", code: "store_unavailable", exit: 6, says: &[ALICE], mend });
    let broken = Broken::new();
    broken.sql("update credentials set refresh_token = access_token");
    let says = [ALICE, "refresh token"];
    let _ = broken.told(&Wanted { check: "seal", code: "tampered", exit: 7, says: &says, mend });
}

#[test]
fn a_record_that_was_rewritten_is_told_with_the_way_on() {
    let broken = Broken::new();
    broken.sql("update events set outcome = 'x' where event = 'created'");
    let mend = "oauth audit verify --accept";
    let _ = broken.told(&Wanted { check: "audit", code: "tampered", exit: 7, says: &["record was changed"], mend });
}

#[test]
fn a_key_that_is_missing_or_another_is_told_with_the_way_to_give_it() {
    let broken = Broken::new();
    let output = broken.doctor().without_key().run();
    let wanted = Wanted { check: "key", code: "keyring_unavailable", exit: 6, says: &[], mend: "OAUTH_MASTER_KEY" };
    let _ = finding(&output, &wanted);
    let other = broken.home.oauth(["key", "generate"]).run().success().stdout.trim().to_owned();
    let output = broken.doctor().env("OAUTH_MASTER_KEY", other).run();
    let wanted = Wanted { check: "key", code: "wrong_master_key", exit: 6, says: &[], mend: "oauth key status" };
    let _ = finding(&output, &wanted);
}

#[test]
fn proxies_and_certificates_that_point_nowhere_are_told_variable_by_variable() {
    let broken = Broken::new();
    let nowhere = broken.home.path().join("nowhere");
    let nowhere = nowhere.to_str().expect("a path");
    let empty = private(broken.home.path(), "empty.pem", "nothing");
    let empty = empty.to_str().expect("a path");
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|held| held.local_addr()).expect("a port");
    let proxy = format!("http://user:hush@{free}");
    for (name, value, check, says) in [
        ("HTTPS_PROXY", "gopher://x", "proxy", "HTTPS_PROXY is no URL"),
        ("ALL_PROXY", &proxy, "proxy", "where nothing listens"),
        ("SSL_CERT_FILE", nowhere, "certificates", "cannot be read"),
        ("SSL_CERT_FILE", empty, "certificates", "holds no certificate"),
        ("SSL_CERT_DIR", nowhere, "certificates", "SSL_CERT_DIR"),
    ] {
        let output = broken.doctor().args(["--online"]).env(name, value).run();
        output.says_nothing_of("hush");
        let mend = format!("unset {name}");
        let _ = finding(&output, &Wanted { check, code: "notice", exit: 0, says: &[says], mend: &mend });
    }
    // Nothing is sent, nor tried, without a word.
    let output = broken.doctor().env("ALL_PROXY", &proxy).run();
    assert_eq!(of(output.success(), "proxy")[0]["result"], "ok", "{output}");
}

#[test]
fn a_browser_that_is_not_there_and_a_clock_that_is_off_are_told() {
    let broken = Broken::new();
    let output = broken.doctor().env("BROWSER", "no-such-browser").run();
    let wanted = Wanted { check: "browser", code: "notice", exit: 0, says: &["BROWSER"], mend: "unset BROWSER" };
    let _ = finding(&output, &wanted);
    let output = later(broken.home.oauth(["doctor", "--json", "--online"]), 600).run();
    let wanted = Wanted { check: "clock", code: "notice", exit: 0, says: &["ahead of"], mend: "timedatectl" };
    let _ = finding(&output, &wanted);
}

#[test]
fn a_disk_that_is_full_and_one_that_takes_no_writing_are_told_before_a_token_is_spent() {
    let broken = Broken::new();
    // What the kernel answers is replaced: blocks of 4 KiB, of which none is left.
    let blocks = ["0", "1000", "100000", "0", "0"].map(|number| {
        let number = u64::from_str_radix(number, 16).expect("a number");
        number.to_le_bytes().map(|byte| format!("{byte:02x}")).concat()
    });
    let inject = format!("inject=statfs:poke_exit=@arg2={}", blocks.concat());
    let output = broken.doctor().through(["strace", "-qq", "-o", "/dev/null", "-e", &inject]).run();
    let wanted = Wanted { check: "store", code: "notice", exit: 0, says: &["disk that is full: 0 KiB"], mend: "df -h" };
    let _ = finding(&output, &wanted);

    broken.mode("credentials.db", 0o400);
    let mut run = broken.doctor();
    if rustix::process::geteuid().is_root() {
        // Without its capabilities, root is held to the modes of files as anybody is.
        run = run.through(["setpriv", "--bounding-set", "-all"]);
    }
    let wanted = Wanted { check: "store", code: "notice", exit: 0, says: &["cannot be written"], mend: "chmod u+w" };
    let _ = finding(&run.run(), &wanted);
}

#[test]
fn what_processes_that_died_have_left_is_swept_away_by_the_command_that_is_told() {
    for name in [
        "landing/0123456789abcdef0123456789abcdef",
        "providers.d/mine.toml.4194303.tmp",
        "credentials.db.marks.4194303.tmp",
    ] {
        let broken = Broken::new();
        broken.write(name, "");
        let says = [name];
        broken.mended(&Wanted { check: "leftovers", code: "notice", exit: 0, says: &says, mend: "oauth doctor --fix" });
        assert!(!broken.file(name).exists());
    }
    // What a living process is writing is left alone.
    let broken = Broken::new();
    broken.write(&format!("marks.{}.tmp", std::process::id()), "");
    assert_eq!(of(broken.doctor().run().success(), "leftovers")[0]["result"], "ok");
}

#[test]
fn a_refresh_whose_answer_is_lost_and_a_login_that_has_ended_are_told() {
    let broken = Broken::new();
    broken.server.break_token_endpoint(&json!("lose"));
    broken.home.oauth(["token", "demo", "--refresh"]).run().fails(5);
    let wanted =
        Wanted { check: "refreshes", code: "notice", exit: 0, says: &["was interrupted"], mend: "oauth token" };
    let _ = broken.told(&wanted);
    let broken = Broken::new();
    age(&broken.home, 0);
    broken.server.revoke_all();
    broken.home.oauth(["token", "demo"]).run().fails(4);
    let wanted = Wanted { check: "credentials", code: "notice", exit: 0, says: &["likely"], mend: "oauth init demo" };
    let _ = broken.told(&wanted);
}

#[test]
fn a_restored_copy_whose_tokens_were_spent_since_is_told_with_the_way_on() {
    let broken = Broken::new();
    let (path, kept) = (broken.file("credentials.db"), broken.file("kept"));
    fs::copy(&path, &kept).expect("a copy");
    broken.home.oauth(["token", "demo", "--refresh"]).run().success();
    fs::remove_file(&path).and_then(|()| fs::rename(&kept, &path)).expect("a restored copy");
    for end in ["-wal", "-shm"] {
        // There may be none.
        let _ = fs::remove_file(broken.file(&format!("credentials.db{end}")));
    }
    let mend = "oauth init demo";
    let _ = broken.told(&Wanted { check: "copies", code: "notice", exit: 0, says: &[ALICE], mend });
}

#[test]
fn marks_that_are_lost_are_made_anew_and_where_all_are_lost_a_person_is_asked() {
    for lost in ["marks", "credentials.db.marks"] {
        let broken = Broken::new();
        fs::remove_file(broken.file(lost)).expect("marks");
        let says = [lost, "gone or spoilt"];
        broken.mended(&Wanted { check: "copies", code: "notice", exit: 0, says: &says, mend: "oauth doctor --fix" });
    }
    let broken = Broken::new();
    for lost in ["marks", "credentials.db.marks"] {
        fs::write(broken.file(lost), "").expect("marks");
    }
    let mend = "oauth doctor --take-over";
    let _ = broken.told(&Wanted { check: "copies", code: "notice", exit: 0, says: &["1 credential"], mend });
    broken.home.oauth(["doctor", "--take-over"]).run().success();
    assert_eq!(of(broken.doctor().run().success(), "copies")[0]["result"], "ok");
}

#[test]
fn a_config_and_a_provider_file_that_are_broken_are_named_line_by_line_and_stop_nothing_else() {
    let broken = Broken::new();
    broken.write("config.toml", "tenant = 'default'\ntennant = 'x'\n");
    let says = ["config.toml:2", "tennant"];
    let wanted = Wanted { check: "config", code: "bad_config", exit: 2, says: &says, mend: "oauth --help" };
    let _ = broken.told(&wanted);

    let broken = Broken::new();
    broken.write("providers.d/mine.toml", "name = 'x'\ntoken_end = 1\n");
    let says = ["mine.toml:2", "token_end", "oauth provider check"];
    let wanted =
        Wanted { check: "providers", code: "bad_config", exit: 2, says: &says, mend: "oauth provider remove mine" };
    let _ = broken.told(&wanted);
    for words in [&["list"][..], &["token", "demo"], &["list", "--provider", "demo"], &["test"]] {
        broken.home.oauth(words.iter().copied()).run().success().says_nothing_of("mine.toml");
    }
    let listed = broken.home.oauth(["provider", "list"]).run();
    listed.fails(2).stdout_has("  github ").stderr_has("mine.toml:2");
    broken.home.oauth(["request", &format!("{}/api/echo", broken.server.issuer())]).run().success();
    // The name may be an alias in the file that cannot be read.
    broken.home.oauth(["token", "unheard-of"]).run().fails(2).stderr_has("mine.toml:2");
    broken.home.oauth(["provider", "remove", "mine"]).run().success();
    broken.doctor().run().success();
}

#[test]
fn a_client_without_its_secret_and_a_port_that_is_taken_are_told() {
    let broken = Broken::new();
    broken.home.oauth(["client", "set", "google", "--client-id", "id.example"]).run().success();
    let mend = "oauth client set google --client-id id.example --client-secret-stdin";
    let _ = broken.told(&Wanted { check: "clients", code: "notice", exit: 0, says: &["google"], mend });
    let secret = broken.home.oauth(["client", "set", "google", "--client-id", "id.example", "--client-secret-stdin"]);
    secret.stdin("hush").run().success();
    assert_eq!(of(&broken.doctor().run(), "clients")[0]["result"], "ok");
    let entry = broken.file("providers.d/demo.toml");
    let text = fs::read_to_string(&entry).expect("the entry");
    fs::write(&entry, format!("{text}\n[redirect]\nport = 'exact'\n")).expect("an entry");
    // Whoever holds it: it is taken.
    let _held = std::net::TcpListener::bind("127.0.0.1:17171");
    let _ = broken.told(&Wanted { check: "port", code: "notice", exit: 0, says: &["17171"], mend: "ss -ltnp" });
}

//! A fault at every call that a command makes to the disk: killed there, or told that the disk is full or broken. The
//! store is then as it was before, or as the command was about to make it, and never in between.
//!
//! A plain run under `strace` counts the calls; then each is hit in a run of its own. `strace` counts for each process
//! by itself, so a number hits the command, or its worker where the command makes fewer calls of that kind before. In a
//! second round another program has the store open: then the command writes nothing before its worker does.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use super::{assert_orderly, assert_whole, connected, go_to, living_token, member};
use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, age, store};
use crate::support::files::private_file;
use crate::support::length::{Chance, Length, figures};
use crate::support::sandbox::{Home, Output, Run};

/// The calls that reach the disk.
const CALLS: &str =
    "open,openat,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,unlink,unlinkat,mkdir,mkdirat";

/// What happens at a call, as `strace` is told. With a `+` it happens at all later ones of the kind too.
const FAULTS: [(&str, &str, &str); 5] = [
    ("killed", "signal=KILL", ""),
    ("ENOSPC", "error=ENOSPC", ""),
    ("ENOSPC from there on", "error=ENOSPC", "+"),
    ("EIO", "error=EIO", ""),
    ("EDQUOT", "error=EDQUOT", ""),
];

/// A call by its name, and its number among those of its name in its process.
type Point = (String, usize);

/// What a login writes by `write` in its home. Its threads wake each other by writing to memory, which can fail in no real
/// way, and wait for each other for ever then: so its writes are hit, and counted, in these files only.
const WRITTEN: [&str; 3] = ["marks", "credentials.db.marks", "uses"];

/// A command, and the state it is run in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Subject {
    FreshToken,
    Refresh,
    Test,
    FirstLogin,
    Login,
    Revoke,
    RotateKey,
    AddProvider,
}

impl Subject {
    fn is_login(self) -> bool {
        matches!(self, Self::FirstLogin | Self::Login)
    }
}

struct Scene {
    server: DemoServer,
    home: Home,
    /// Another program that has the store open all the time.
    other: Option<rusqlite::Connection>,
    key: Option<PathBuf>,
}

impl Scene {
    fn new(with_other: bool) -> Self {
        let (server, home) = connected(0);
        let other = with_other.then(|| store(&home));
        if let Some(other) = &other {
            // It is open once something was read.
            other.query_row("select count(*) from credentials", [], |_| Ok(())).expect("a store");
        }
        Self { server, home, other, key: None }
    }

    fn prepare(&mut self, subject: Subject) {
        match subject {
            Subject::FirstLogin => {
                self.home = Home::new();
                self.server.add(&self.home, "demo");
            }
            Subject::Revoke if member(&self.home, "status") == "revoked" => {
                self.server.login(&self.home, "demo", ALICE);
            }
            Subject::Test => age(&self.home, 0),
            Subject::AddProvider => drop(self.home.oauth(["provider", "remove", "other"]).run()),
            Subject::RotateKey if self.key.is_none() => self.move_to_key_file(),
            _ => {}
        }
    }

    /// A home whose master key lies in a file of its own, where it can be replaced.
    fn move_to_key_file(&mut self) {
        self.home = Home::new();
        let file = self.home.path().join("master-key");
        let key = self.home.oauth(["key", "generate"]).run().success().stdout.clone();
        private_file(&file, &key);
        self.key = Some(file);
        self.server.add(&self.home, "demo");
        let init = self.filed(&["init", "demo", "--client-id", CLIENT]);
        self.server.sign_in(init, ALICE).success();
    }

    /// With the key in the file, where there is one.
    fn filed(&self, words: &[&str]) -> Run {
        let run = self.home.oauth(words.iter().copied());
        match &self.key {
            Some(file) => run.without_key().env("OAUTH_MASTER_KEY_FILE", file),
            None => run,
        }
    }

    /// Runs the command, with whatever `through` puts before it.
    fn run(&self, subject: Subject, through: Vec<String>) -> Output {
        let issuer = self.server.issuer();
        let words: &[&str] = match subject {
            Subject::FreshToken => &["token", "demo"],
            Subject::Refresh => &["token", "demo", "--refresh"],
            Subject::Test => &["test", "demo"],
            // A fault can come before the address: then nobody comes.
            Subject::FirstLogin | Subject::Login => {
                &["init", "demo", "--client-id", CLIENT, "--no-browser", "--timeout", "30s"]
            }
            Subject::Revoke => &["revoke", "demo", ALICE],
            Subject::RotateKey => &["key", "rotate"],
            Subject::AddProvider => &["provider", "add", "other", "--issuer", issuer],
        };
        let run = self.filed(words).through(through);
        if !subject.is_login() {
            return run.run();
        }
        let mut init = run.spawn();
        if let Some(url) = self.server.authorization_url_if_asked(&mut init) {
            let redirect = self.server.redirect(&url, ALICE, true);
            go_to(&redirect);
        }
        init.finish()
    }

    /// Runs the command with a fault at one of its calls.
    fn hit(&self, subject: Subject, call: &str, fault: &str) -> Output {
        let mut through = strace("/dev/null", Some(&format!("{call}:{fault}")));
        if subject.is_login() && call == "write" {
            let only = self.written().into_iter().flat_map(|path| ["-P".to_owned(), path]);
            through.splice(1..1, only);
        }
        self.run(subject, through)
    }

    fn written(&self) -> [String; 3] {
        WRITTEN.map(|name| self.home.oauth_home().join(name).to_string_lossy().into_owned())
    }

    /// What must hold afterwards, whatever happened. False: a person has to log in again.
    #[track_caller]
    fn holds(&self, subject: Subject) -> bool {
        match subject {
            Subject::FirstLogin => {
                self.server.login(&self.home, "demo", ALICE);
                assert!(living_token(&self.server, &self.home, &["--refresh"]).is_some(), "the next login works");
                true
            }
            Subject::Revoke => {
                self.home.oauth(["revoke", "demo", ALICE]).run().success();
                member(&self.home, "status") == "revoked"
            }
            Subject::RotateKey => {
                self.filed(&["token", "demo", "--offline"]).run().success();
                self.filed(&["token", "demo", "--refresh"]).run().code == Some(0)
            }
            Subject::AddProvider => {
                let there = self.home.oauth(["provider", "show", "other"]).run();
                assert!(matches!(there.code, Some(0 | 3)), "{there}");
                living_token(&self.server, &self.home, &[]).is_some()
            }
            _ => living_token(&self.server, &self.home, &["--refresh"]).is_some(),
        }
    }
}

fn strace(log: &str, inject: Option<&str>) -> Vec<String> {
    let fixed = ["strace", "-f", "-y", "-qq", "-o", log, "-e"];
    let what = inject.map_or_else(|| format!("trace={CALLS}"), |inject| format!("inject={inject}"));
    fixed.iter().map(|word| (*word).to_owned()).chain([what, "--".into()]).collect()
}

/// The calls of a plain run that concern the home, whichever process made them.
#[track_caller]
fn points(scene: &mut Scene, subject: Subject) -> Vec<Point> {
    scene.prepare(subject);
    let log = scene.home.path().join("tmp/strace");
    let _ = scene.run(subject, strace(&log.to_string_lossy(), None));
    let text = String::from_utf8_lossy(&fs::read(&log).expect("a trace")).into_owned();
    fs::remove_file(&log).expect("the trace can be removed");
    let ours = scene.home.oauth_home().to_string_lossy().into_owned();
    let written = scene.written().map(|path| format!("<{path}>"));
    let mut made = std::collections::BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let Some((process, rest)) = line.split_once(' ') else { continue };
        let Some((call, arguments)) = rest.trim_start().split_once('(') else { continue };
        if call.contains(' ') || call.contains('+') || call.contains('<') {
            continue;
        }
        if subject.is_login() && call == "write" && !written.iter().any(|path| arguments.contains(path)) {
            continue;
        }
        let number: &mut usize = made.entry((process.to_owned(), call.to_owned())).or_default();
        *number += 1;
        if arguments.contains(&ours) {
            found.insert((call.to_owned(), *number));
        }
    }
    assert!(!found.is_empty(), "no call was seen in\n{text}");
    found.into_iter().collect()
}

/// The fault met no disk of ours: a library that could not be loaded, or a thread's wake-up call, which is written to
/// memory and can fail in no real way.
fn missed_the_disk(output: &Output) -> bool {
    output.code == Some(127) && output.stderr.contains("error while loading shared libraries")
        || output.stderr.contains("failed to wake I/O driver")
        // The same, told to a stderr that takes nothing either.
        || output.code == Some(101) && !output.stderr.contains("panicked")
}

/// Hits the calls of one command with every fault. At most `sample` of all, by chance.
#[track_caller]
fn inject(subject: Subject, with_other: bool, sample: usize) {
    let mut chance = Chance::new();
    let mut scene = Scene::new(with_other);
    let points = points(&mut scene, subject);
    scene.holds(subject);
    let mut all: Vec<_> = FAULTS.iter().flat_map(|fault| points.iter().map(move |point| (fault, point))).collect();
    while all.len() > sample {
        let at = usize::try_from(chance.within(0..all.len() as u64)).expect("an index");
        all.swap_remove(at);
    }
    let (mut failed, mut lost_killed, mut lost) = (0, 0, 0);
    for ((name, what, on), (call, number)) in &all {
        scene.prepare(subject);
        println!("{subject:?}: {name} at {call} {number}");
        let output = scene.hit(subject, call, &format!("{what}:when={number}{on}"));
        if subject != Subject::Test && !missed_the_disk(&output) {
            assert_orderly(&output);
        }
        failed += usize::from(output.code != Some(0));
        if !scene.holds(subject) {
            *(if *name == "killed" { &mut lost_killed } else { &mut lost }) += 1;
            println!("lost: {}\n{output}", member(&scene.home, "reason"));
            scene.server.login(&scene.home, "demo", ALICE);
        }
    }
    // A command that comes to its end sweeps up behind those that did not.
    scene.server.sign_in(scene.filed(&["init", "demo", "--client-id", CLIENT]), ALICE).success();
    assert_whole(&scene.home);
    figures(
        &format!("{subject:?}, {} calls{}", points.len(), if with_other { ", store open elsewhere" } else { "" }),
        &[
            ("faults", &all.len()),
            ("commands failed", &failed),
            ("lost to an error", &lost),
            ("lost to a kill", &lost_killed),
            ("seed", &chance.seed()),
        ],
    );
    assert_eq!(lost, 0, "a disk that is full or broken loses nothing");
    // The one moment that no client has in its hands: the server has answered, and the answer is nowhere yet.
    let excusable = usize::from(matches!(subject, Subject::Refresh | Subject::Test)) * 3;
    assert!(lost_killed <= excusable, "{lost_killed} lost to kills");
    drop(scene.other);
}

/// Space for the attempt and for the answer is there before the request leaves.
#[test]
fn a_full_disk_is_noticed_before_a_token_is_spent() {
    let mut scene = Scene::new(true);
    let points = points(&mut scene, Subject::Refresh);
    scene.holds(Subject::Refresh);
    assert!(points.iter().any(|(call, _)| call == "pwrite64"), "{points:?}");
    let old = scene.home.oauth(["token", "demo"]).run().success().stdout.clone();
    for fault in ["pwrite64:error=ENOSPC:when=1+", "fsync,fdatasync:error=EIO:when=1+"] {
        let before = scene.server.count("grants/refresh_token");
        let output = scene.run(Subject::Refresh, strace("/dev/null", Some(fault)));
        assert_orderly(&output);
        assert_ne!(output.code, Some(0), "{output}");
        age(&scene.home, 200);
        let due = scene.home.oauth(["token", "demo"]).through(strace("/dev/null", Some(fault))).run();
        due.success().stdout_is(&old).stderr_has("warning: ");
        assert_eq!(scene.server.count("grants/refresh_token"), before, "{fault}: nothing was sent");
    }
    assert!(scene.holds(Subject::Refresh), "nothing was lost");
}

/// Most of these make some hundred runs at full length.
fn sample() -> usize {
    Length::of(12, usize::MAX)
}

#[test]
fn a_token_is_served_or_not_and_the_store_stays_whole() {
    inject(Subject::FreshToken, false, sample());
}

#[test]
fn a_refresh_is_done_or_not_and_never_half() {
    inject(Subject::Refresh, false, sample());
    inject(Subject::Refresh, true, sample());
}

#[test]
fn a_test_loses_nothing_whatever_the_disk_does() {
    inject(Subject::Test, true, sample());
}

#[test]
fn the_first_login_makes_a_store_or_none() {
    inject(Subject::FirstLogin, false, sample());
}

#[test]
fn a_login_leaves_the_old_one_or_the_new_one() {
    inject(Subject::Login, false, sample());
    inject(Subject::Login, true, sample());
}

#[test]
fn a_revocation_can_be_done_again_whatever_the_disk_did() {
    inject(Subject::Revoke, false, sample());
}

#[test]
fn a_master_key_is_replaced_or_not() {
    inject(Subject::RotateKey, false, sample());
}

#[test]
fn a_provider_is_added_or_not() {
    inject(Subject::AddProvider, false, sample());
}

/// A disk of its own to which the store has moved, and not a byte left, as long as the command runs.
const FULL_DISK: &str = r#"
dir=$1; shift
cp -a "$dir" "$dir.kept"
mount -t tmpfs -o size=1m,mode=700 none "$dir"
cp -a "$dir.kept/." "$dir"
rm -r "$dir.kept"
"$1" doctor --take-over 2>/dev/null
dd if=/dev/zero of="$dir/fill" bs=4k 2>/dev/null || true # until it is full
exec "$@"
"#;

#[track_caller]
fn on_a_full_disk(home: &Home, args: &[&str]) -> Output {
    let outer = ["unshare", "--map-root-user", "--mount", "sh", "-euc", FULL_DISK, "sh"].map(OsString::from);
    let outer = outer.into_iter().chain([home.oauth_home().into_os_string()]);
    home.oauth(args.iter().copied()).through(outer).run()
}

#[test]
fn what_a_full_disk_keeps_from_being_wiped_is_revoked_and_told() {
    let (server, home) = DemoServer::connected();
    let output = on_a_full_disk(&home, &["panic", "--yes"]);
    output.fails(6).stderr_has("1 of 1 credential is ended at the provider; 0 of 1 is wiped here");
    output.stderr_has("error: demo alice@example.test is ended at the provider, and not wiped here");
    output.stderr_has("error: the client registrations are not wiped here").stderr_has("the disk is full");
    assert_eq!(server.count("revocations"), 2);
}

#[test]
fn a_disk_without_a_byte_left_is_named_and_what_is_stored_can_be_read() {
    let (server, home) = DemoServer::connected();
    let machine = ["init", "demo", "ci", "--flow", "client-credentials", "--client-id", CONFIDENTIAL_CLIENT];
    home.oauth(machine).args(["--client-secret-stdin"]).stdin(CONFIDENTIAL_SECRET).run().success();
    let token = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let before = server.requests();
    let on_it = |args: &[&str]| on_a_full_disk(&home, args);
    on_it(&["token", "demo"]).success().stdout_is(&token);
    on_it(&["list"]).success().stdout_has(ALICE).stdout_has("valid");
    let refused = on_it(&["token", "demo", "--refresh"]);
    refused.fails(6).stderr_has("the disk is full").stderr_has("df -h");
    let minted = on_it(&["token", "demo", "ci", "--refresh"]);
    minted.fails(6).stderr_has("the disk is full").stderr_has("df -h");
    // What was ended there and is not wiped here would be handed out on.
    let revoked = on_it(&["revoke", "demo", ALICE]);
    revoked.fails(6).stderr_has("the disk is full").stderr_has("df -h");
    on_it(&["token", "demo"]).success().stdout_is(&token);
    // Whoever keeps the key is given none that would open nothing.
    let rotated = on_it(&["key", "rotate"]);
    rotated.fails(6).stdout_is("").stderr_has("the disk is full");
    let looked = on_it(&["doctor"]);
    looked.success().stdout_has("lies on a disk that is full").stdout_has("every sealed value opens in its place");
    assert_eq!(server.requests(), before, "nothing was sent");
}

//! The power goes: at any moment of a command, with any part of what was not synchronised on the disk. What was
//! acknowledged is there, and no store is unreadable.

use std::fs;
use std::path::PathBuf;

use super::{assert_whole, connected, go_to};
use crate::support::demo::{ALICE, CLIENT, DemoServer, store};
use crate::support::disk::{Recording, Survives, recorder};
use crate::support::files::private_file;
use crate::support::length::{Chance, Length, figures};
use crate::support::sandbox::{Home, Output, Run};

/// A command, and the state it is run in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Subject {
    Refresh,
    FirstLogin,
    Login,
    Revoke,
    RotateKey,
    AddProvider,
    Upgrade,
}

/// What was recorded of one command.
struct Scene {
    subject: Subject,
    recording: Recording,
    /// The token before and after it; the same where it changes none.
    tokens: [String; 2],
    /// The moment from which on the new state is there, whatever is lost.
    acknowledged: usize,
    /// The moment at which the refresh token leaves the machine.
    sent: usize,
    /// Kept, as the images ask nobody but could.
    _server: DemoServer,
}

/// With the key in a file of the home, where it is replaced.
fn keyed(home: &Home, subject: Subject, words: &[&str]) -> Run {
    let run = home.oauth(words.iter().copied());
    if subject != Subject::RotateKey {
        return run;
    }
    run.without_key().env("OAUTH_MASTER_KEY_FILE", home.oauth_home().join("master-key"))
}

fn token(home: &Home, subject: Subject) -> Output {
    keyed(home, subject, &["token", "demo", ALICE]).run()
}

fn prepared(subject: Subject) -> (DemoServer, Home) {
    let (server, mut home) = connected(0);
    match subject {
        Subject::FirstLogin => {
            home = Home::new();
            server.add(&home, "demo");
        }
        Subject::RotateKey => {
            home = Home::new();
            server.add(&home, "demo");
            let key = home.oauth(["key", "generate"]).run().success().stdout.clone();
            private_file(&home.oauth_home().join("master-key"), &key);
            server.sign_in(keyed(&home, subject, &["init", "demo", "--client-id", CLIENT]), ALICE).success();
        }
        Subject::Upgrade => crate::upgrade::make_old(&home),
        _ => {}
    }
    (server, home)
}

fn record(subject: Subject) -> Scene {
    let (server, home) = prepared(subject);
    let before = if subject == Subject::Upgrade || subject == Subject::FirstLogin {
        String::new()
    } else {
        token(&home, subject).success().stdout.clone()
    };
    let log: PathBuf = home.path().join("tmp/strace");
    let mut recording = Recording::of(&home.oauth_home());
    let issuer = server.issuer();
    let words: &[&str] = match subject {
        Subject::Refresh => &["token", "demo", "--refresh"],
        Subject::FirstLogin | Subject::Login => &["init", "demo", "--client-id", CLIENT, "--no-browser"],
        Subject::Revoke => &["revoke", "demo", ALICE],
        Subject::RotateKey => &["key", "rotate"],
        Subject::AddProvider => &["provider", "add", "other", "--issuer", issuer],
        Subject::Upgrade => &["token", "demo", ALICE],
    };
    let run = keyed(&home, subject, words).through(recorder(&log));
    if matches!(subject, Subject::FirstLogin | Subject::Login) {
        let mut init = run.spawn();
        let url = server.authorization_url(&mut init);
        go_to(&server.redirect(&url, ALICE, true));
        init.finish().success();
    } else {
        run.run().success();
    }
    recording.read(&log);
    let after = if subject == Subject::Revoke { String::new() } else { token(&home, subject).success().stdout.clone() };
    let sent = recording.first_connection().unwrap_or(0);
    let landed = (subject == Subject::Refresh).then(|| recording.first_sync_below("landing", sent)).flatten();
    let acknowledged = landed.unwrap_or(recording.len());
    let before = if subject == Subject::Upgrade { after.clone() } else { before };
    Scene { subject, recording, tokens: [before, after], acknowledged, sent, _server: server }
}

impl Scene {
    /// What must hold of an image of the first `count` things.
    #[track_caller]
    fn holds(&self, home: &Home, count: usize) {
        let [before, after] = &self.tokens;
        let acknowledged = count >= self.acknowledged;
        let there = home.oauth_home().join("credentials.db").exists();
        if there {
            assert_whole(home);
        }
        match self.subject {
            Subject::Refresh => {
                let attempt: Option<String> =
                    store(home).query_row("select attempt from credentials", [], |row| row.get(0)).expect("the row");
                let printed = token(home, self.subject).success().stdout.clone();
                assert!(printed == *after || !acknowledged && printed == *before, "{printed:?}, not {after:?}");
                // Whoever finds the old token knows that its refresh token may be spent.
                assert!(count < self.sent || printed == *after || attempt.is_some(), "the attempt is lost");
            }
            Subject::FirstLogin => {
                let rows = home.oauth(["list", "--json"]).run().success().json();
                let count = rows.as_array().map_or(0, Vec::len);
                assert!(count == 1 || !acknowledged && count == 0, "{rows:#}");
                if count == 1 {
                    token(home, self.subject).success().stdout_is(after);
                }
            }
            Subject::Login => {
                let printed = token(home, self.subject).success().stdout.clone();
                assert!(printed == *after || !acknowledged && printed == *before, "{printed:?}, not {after:?}");
            }
            Subject::Revoke => {
                let status = home.oauth(["list", "--json"]).run().success().json()[0]["status"].clone();
                if status == "revoked" {
                    return;
                }
                assert!(!acknowledged, "the revocation is lost");
                token(home, self.subject).success().stdout_is(before);
            }
            Subject::RotateKey | Subject::Upgrade => {
                token(home, self.subject).success().stdout_is(after);
            }
            Subject::AddProvider => {
                let shown = home.oauth(["provider", "show", "other"]).run();
                assert!(shown.code == Some(0) || !acknowledged && shown.code == Some(3), "{shown}");
                token(home, self.subject).success();
            }
        }
    }
}

/// Looks at every moment of a command at full length, with nothing, with everything and with parts of what is in doubt;
/// at some of them otherwise.
fn lose_power(subject: Subject) {
    let scene = record(subject);
    let mut chance = Chance::new();
    let moments = scene.recording.len();
    let wanted = Length::of(24, 1000);
    let exhaustive = wanted > 2 * (moments + 1);
    for image in 0..wanted {
        let (count, survives) = match image {
            // The end, and the moment of the answer, always.
            0 => (moments, Survives::Nothing),
            1 => (scene.acknowledged, Survives::Nothing),
            _ if exhaustive && image <= moments + 1 => (image - 1, Survives::Nothing),
            _ if exhaustive && image <= 2 * moments => (image - moments, Survives::Everything),
            _ => {
                let count = usize::try_from(chance.within(0..moments as u64 + 1)).expect("a count");
                (count, *chance.choose(&[Survives::Something, Survives::Something, Survives::Nothing]))
            }
        };
        println!("{subject:?}: image {image}: {count} of {moments}, {survives:?} survives");
        let home = Home::new();
        scene.recording.image(count, survives, &mut chance, &home.oauth_home());
        scene.holds(&home, count);
        drop(fs::remove_dir_all(home.oauth_home()));
    }
    figures(
        &format!("{subject:?}, power lost"),
        &[("moments", &moments), ("images", &wanted), ("lost", &0), ("unreadable", &0), ("seed", &chance.seed())],
    );
}

#[test]
fn a_power_loss_takes_no_token_that_has_landed_and_no_attempt() {
    lose_power(Subject::Refresh);
}

#[test]
fn a_power_loss_leaves_a_store_or_none() {
    lose_power(Subject::FirstLogin);
}

#[test]
fn a_power_loss_leaves_the_old_login_or_the_new_one() {
    lose_power(Subject::Login);
}

#[test]
fn a_power_loss_undoes_no_revocation() {
    lose_power(Subject::Revoke);
}

#[test]
fn a_power_loss_leaves_a_key_that_opens() {
    lose_power(Subject::RotateKey);
}

#[test]
fn a_power_loss_leaves_whole_files_of_providers() {
    lose_power(Subject::AddProvider);
}

#[test]
fn a_power_loss_leaves_a_store_of_the_old_schema_or_of_the_new_one() {
    lose_power(Subject::Upgrade);
}

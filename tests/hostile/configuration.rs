//! G, J: names, scopes and files that a person, or a repository, gets wrong.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::support::sandbox::Background;

fn entry(home: &Home, name: &str) -> std::path::PathBuf {
    home.oauth_home().join(format!("providers.d/{name}.toml"))
}

/// G4: RFC 6749 §3.3 says what a scope is made of.
#[test]
fn a_scope_that_cannot_be_one_is_refused_before_anything_happens() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    for scope in ["a\"b", "a\\b", "a\u{1b}[2Jb", "é", "\u{7f}"] {
        let output = init(&home).args(["--no-browser", "--timeout", "2s", "--scope", scope]).run();
        refused(&format!("G4 {scope:?}"), &output, 2, &["usage"]);
        assert!(!acts(&output.stderr), "{output:?}");
    }
    nothing_connected(&home);
    assert_eq!(server.count("requests/authorize"), 0);
}

/// G3: what is built in cannot be redefined by a file.
#[test]
fn a_file_does_not_stand_in_for_what_is_built_in() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let ours = fs::read_to_string(entry(&home, "demo")).expect("an entry");
    for name in ["google", "github"] {
        let add = home.oauth(["provider", "add", name, "--issuer", server.issuer(), "--json"]);
        refused(&format!("G3 {name}"), &add.run(), 2, &["usage"]);
        fs::write(entry(&home, name), &ours).expect("a file");
        let shown = home.oauth(["provider", "show", name]).run();
        assert!(!shown.stdout.contains(server.issuer()), "the file stands in for {name}: {shown}");
        fs::remove_file(entry(&home, name)).expect("the file can be removed");
    }
}

/// J2, J5, J1: a file that is not what it should be is named with its line, and is not half believed.
#[test]
fn an_entry_that_is_wrong_is_named_with_its_line_and_never_half_believed() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let path = entry(&home, "demo");
    let right = fs::read_to_string(&path).expect("an entry");
    let with = |line: &str| format!("{line}\n{right}").into_bytes();
    for (what, content) in [
        ("J2 no TOML", b"{]".to_vec()),
        ("J2 nothing", vec![]),
        ("J2 a key twice", with("issuer = \"https://evil.example\"\nissuer = \"https://evil.example\"")),
        ("J2 an unknown key", with("token_endpiont = \"https://evil.example\"")),
        ("J2 a wrong type", with("early_refresh = \"yes\"")),
        ("J2 a wrong type", with("identity_scopes = 7")),
        ("J2 a key below nought", with("refresh_grace = -1")),
        ("J2 not UTF-8", b"name = \"\xff\"".to_vec()),
        ("J2 UTF-16", right.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("J2 deep", with(&format!("notes = {}{}", "[".repeat(5000), "]".repeat(5000)))),
        ("J1 a secret in a file that is no place for one", with("client_secret = \"canary-secret\"")),
        ("J5 an include", with("include = \"../../other.toml\"")),
        ("J2 a command", with("command = \"touch pwned\"")),
    ] {
        fs::write(&path, content).expect("a file");
        for args in [
            &["init", "demo", "--client-id", CLIENT, "--no-browser", "--timeout", "2s", "--json"][..],
            &["provider", "show", "demo", "--json"],
        ] {
            let output = home.oauth(args.iter().copied()).run();
            refused(what, &output, 2, &["bad_config", "usage"]);
            output.stderr_has("demo.toml").says_nothing_of("canary-secret");
            assert!(!acts(&output.stderr), "{output:?}");
        }
    }
    // A mark of byte order and ends of line of another system are no mistakes.
    for content in [format!("\u{feff}{right}"), right.replace('\n', "\r\n")] {
        fs::write(&path, content).expect("a file");
        home.oauth(["provider", "show", "demo"]).run().success();
    }
    assert!(!home.path().join("pwned").exists());
    // The environment is no part of it.
    let words = right.replace("name = \"", "name = \"${HOME} $HOME ~ ");
    fs::write(&path, words).expect("a file");
    home.oauth(["provider", "show", "demo"]).run().success().stdout_has("${HOME} $HOME ~ ");
}

/// J3: what others may write decides nothing.
#[test]
fn an_entry_that_others_may_write_is_refused() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let path = entry(&home, "demo");
    for mode in [0o666, 0o620, 0o602] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
        refused(&format!("J3 {mode:o}"), &init(&home).args(["--no-browser"]).run(), 7, &["insecure_permissions"]);
    }
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
    let aside = home.path().join("aside.toml");
    fs::rename(&path, &aside).expect("a file");
    symlink(&aside, &path).expect("a link");
    refused("J3 a link", &init(&home).args(["--no-browser"]).run(), 7, &["insecure_permissions"]);
}

/// J4: the file of a repository chooses no endpoint, host, command or browser.
#[test]
fn a_repository_decides_nothing() {
    let (server, home) = DemoServer::connected();
    let repository = home.path().join("repository");
    fs::create_dir(&repository).expect("a directory");
    let evil = "provider = \"demo\"\ntoken_endpoint = \"https://evil.example/\"\nissuer = \"https://evil.example\"\n\
                command = \"touch pwned\"\nbrowser = \"touch pwned\"\nhosts = [\"evil.example\"]\n";
    for name in [".oauth.toml", "oauth.toml", "config.toml", ".env", "credentials.db"] {
        fs::write(repository.join(name), evil).expect("a file");
    }
    fs::create_dir_all(repository.join("providers.d")).expect("a directory");
    fs::write(repository.join("providers.d/demo.toml"), evil).expect("a file");
    let old = token(&home);
    for args in [&["token", "demo"][..], &["token", "demo", "--refresh"], &["test", "demo"], &["list"]] {
        home.oauth(args.iter().copied()).current_dir(&repository).run().success();
    }
    assert_ne!(token(&home), old);
    assert_eq!(server.count("refreshes"), 1);
    assert!(!repository.join("pwned").exists());
}

/// J6: several that add at once are all there; of several that add the same one, one does.
#[test]
fn entries_that_are_added_at_once_are_whole() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = Home::new();
    let add = |name: &str| home.oauth(["provider", "add", name, "--issuer", server.issuer()]).spawn();
    let names = ["a", "b", "c", "d", "same", "same", "same", "same"];
    let outputs: Vec<_> = names.map(add).into_iter().map(Background::finish).collect();
    assert!(outputs[..4].iter().all(|output| output.code == Some(0)), "{outputs:?}");
    assert!(outputs[4..].iter().any(|output| output.code == Some(0)), "{outputs:?}");
    for name in ["a", "b", "c", "d", "same"] {
        home.oauth(["provider", "show", name]).run().success();
    }
    let left = fs::read_dir(home.oauth_home().join("providers.d")).expect("the entries").count();
    assert_eq!(left, 5, "nothing half-made is left");
}

//! Backups that somebody else has made, for whoever opens them with the key that they were made for.

use serde_json::{Value, json};

use crate::backup::{credentials, export, forged, import, token};
use crate::support::demo::DemoServer;
use crate::support::sandbox::Home;

const LATER: &str = "2099-01-01T00:00:00Z";

#[test]
fn a_backup_says_nothing_that_an_entry_could_not_say() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let cases: [(&str, Value); 9] = [
        ("/server/token_env", json!("X;touch /tmp/x;")),
        ("/server/token_env", json!("LD_PRELOAD")),
        ("/server/token_endpoint", json!("file:///etc/passwd")),
        ("/server/token_endpoint", json!("http://169.254.169.254/x")),
        ("/server/api_hosts", json!(["*"])),
        ("/provider", json!("x;touch /tmp/x;$(id)")),
        ("/provider", json!("--yes")),
        ("/provider", json!("../../x")),
        ("/generation", json!(i64::MAX)),
    ];
    for (member, value) in cases {
        let forged = forged(&home, &made, |document| {
            let (inside, name) = member.rsplit_once('/').expect("a pointer");
            document["credentials"][0].pointer_mut(inside).expect("an object")[name] = value.clone();
        });
        let there = Home::new();
        let refused = import(&there, &forged, &["--json"]);
        assert_eq!(refused.fails(2).error()["code"], "bad_backup", "{member}: {value}");
        assert!(!there.oauth_home().join("credentials.db").exists(), "{member}: {value}");
    }
}

#[test]
fn an_import_without_force_replaces_no_login_by_one_of_another_server_or_of_nobody() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    let before = token(&home, &[]);
    let changes: [fn(&mut Value); 3] = [
        |own| own["subject"] = Value::Null,
        |own| own["server"]["token_endpoint"] = "https://evil.example/token".into(),
        |own| own["server"]["issuer"] = "https://evil.example".into(),
    ];
    for change in changes {
        let forged = forged(&home, &made, |document| {
            let own = &mut document["credentials"][0];
            own["authorized_at"] = LATER.into();
            own["access_token"] = "a-strangers-token".into();
            change(own);
        });
        import(&home, &forged, &[]).success().stderr_has("another identity");
        assert_eq!(token(&home, &[]), before);
    }
    let forged = forged(&home, &made, |document| {
        document["credentials"][0]["subject"] = Value::Null;
        document["credentials"][0]["access_token"] = "a-strangers-token".into();
    });
    import(&home, &forged, &["--force"]).success().stderr_has("is replaced");
    assert_eq!(token(&home, &[]), "a-strangers-token\n");
}

#[test]
fn words_of_a_backup_turn_no_line_of_the_terminal_around() {
    let (_server, home) = DemoServer::connected();
    let forged = forged(&home, &export(&home, &[]), |document| {
        for member in ["reauth", "created_by"] {
            document["credentials"][0][member] = "a\u{202e}b\u{1b}[2Jc".into();
        }
        document["made_by"] = "a\u{202e}b\u{1b}[2Jc".into();
    });
    let there = Home::new();
    import(&there, &forged, &["--take-over"]).success().says_nothing_of("\u{202e}");
    assert_eq!(credentials(&there, &[])[0]["reason"], r"a\u{202e}b\x1b[2Jc");
    let commands: [&[&str]; 4] = [&["list"], &["token", "demo", "--refresh"], &["test", "--offline"], &["doctor"]];
    for command in commands {
        let shown = there.oauth(command.iter().copied()).run();
        shown.says_nothing_of("\u{202e}").says_nothing_of("\u{1b}");
    }
}

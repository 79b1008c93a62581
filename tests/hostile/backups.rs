//! Backups that somebody else has made, for whoever opens them with the key that they were made for.

use serde_json::{Value, json};

use crate::backup::{credentials, export, forged, import, token};
use crate::support::demo::{ALICE, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, age};
use crate::support::files::private;
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

#[test]
fn a_backup_that_reads_files_or_variables_of_this_machine_says_so_and_wants_a_word() {
    let (server, home) = DemoServer::connected();
    let canary = private(home.path(), "canary", "canary-of-a-file\n");
    let made = export(&home, &[]);
    let sources = [json!({"file": canary}), json!({"environment": "MY_TOKEN"}), json!("github-actions")];
    for (source, named) in sources.into_iter().zip([&format!("the file {}", canary.display()), "MY_TOKEN", "GitHub"]) {
        let source = if source.is_string() { json!({"github-actions": null}) } else { source };
        let forged = forged(&home, &made, |document| {
            let own = &mut document["credentials"][0];
            (own["kind"], own["account"]) = ("machine".into(), "ci".into());
            own["expires_at"] = "2020-01-01T00:00:00Z".into();
            own["server"]["mint"] = json!({"grant": "token-exchange", "subject_token": source});
        });
        let there = Home::new();
        let refused = import(&there, &forged, &[]);
        refused.fails(7).stderr_has(named).stderr_has(&format!("{}/token", server.issuer())).stderr_has("--yes");
        assert_eq!(import(&there, &forged, &["--json"]).fails(7).error()["code"], "consent_required");
        assert!(!there.oauth_home().join("credentials.db").exists(), "nothing was brought in");
        // A dry run tells it too.
        let told = import(&there, &forged, &["--dry-run"]);
        told.success().stderr_has(named).stderr_has(&format!("{}/token", server.issuer()));
        let told = import(&there, &forged, &["--dry-run", "--json"]).success().json();
        let reads = &told["credentials"][0]["reads"];
        assert_eq!(reads["sent_to"], json!([format!("{}/token", server.issuer())]), "{told}");
        import(&there, &forged, &["--yes"]).success().stderr_has(named);
        assert_eq!(credentials(&there, &[])[0]["account"], "ci");
        // What is here just so asks nobody again.
        import(&there, &forged, &[]).success().stderr_has("is here already, the same");
    }
}

#[test]
fn no_backup_names_the_master_key_as_a_token() {
    let (_server, home) = DemoServer::connected();
    let made = export(&home, &[]);
    for name in ["OAUTH_MASTER_KEY", "OAUTH_CLIENT_SECRET_GITHUB", "OAUTH_TOKEN_GITHUB"] {
        let forged = forged(&home, &made, |document| {
            let own = &mut document["credentials"][0];
            own["kind"] = "machine".into();
            own["server"]["mint"] = json!({"grant": "token-exchange", "subject_token": {"environment": name}});
        });
        assert_eq!(import(&Home::new(), &forged, &["--yes", "--json"]).fails(2).error()["code"], "bad_backup");
    }
}

#[test]
fn a_client_registration_that_is_here_is_replaced_by_another_one_with_force_only() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = home.oauth(["init", "demo", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    server.sign_in(init.stdin(CONFIDENTIAL_SECRET), ALICE).success();
    let made = export(&home, &[]);
    let own = || home.oauth(["client", "list", "--json"]).run().success().json();
    let before = own();
    import(&home, &made, &[]).success().says_nothing_of("registration");
    let changes: [fn(&mut Value); 3] = [
        |client| client["client_secret"] = "a-strangers-secret".into(),
        |client| client["server"]["token_endpoint"] = "https://evil.example/token".into(),
        |client| client["client_secret"] = Value::Null,
    ];
    for change in changes {
        let forged = forged(&home, &made, |document| {
            document["clients"][0]["updated_at"] = LATER.into();
            change(&mut document["clients"][0]);
        });
        let kept = format!("the client registration {CONFIDENTIAL_CLIENT} of demo is another one here");
        import(&home, &forged, &["--dry-run"]).success().stderr_has(&kept);
        import(&home, &forged, &[]).success().stderr_has(&kept).stderr_has("--force replaces it");
        let told = import(&home, &forged, &["--json"]).success().json();
        let wanted = json!([{"tenant": "default", "provider": "demo", "client_id": CONFIDENTIAL_CLIENT}]);
        assert_eq!((&told["clients"], &told["kept_clients"]), (&json!(0), &wanted));
        assert_eq!(own(), before);
        server.sign_in(home.oauth(["init", "demo", "bob@example.test"]), "bob@example.test").success();
    }
    // The same one, said later, is no other.
    let later = forged(&home, &made, |document| document["clients"][0]["updated_at"] = LATER.into());
    import(&home, &later, &[]).success().says_nothing_of("registration");
    let forged = forged(&home, &made, |document| document["clients"][0]["client_secret"] = "another".into());
    import(&home, &forged, &["--force", "--take-over"]).success().stderr_has("1 client registration is brought in");
    age(&home, 0);
    server.refuse(home.oauth(["init", "demo", "carol@example.test"])).fails(4);
}

#[test]
fn a_machine_is_replaced_by_no_other_client_unasked() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let machine = ["init", "demo", "ci", "--flow", "client-credentials", "--client-id", CONFIDENTIAL_CLIENT];
    home.oauth(machine).args(["--client-secret-stdin"]).stdin(CONFIDENTIAL_SECRET).run().success();
    let forged = forged(&home, &export(&home, &[]), |document| {
        let own = &mut document["credentials"][0];
        own["authorized_at"] = LATER.into();
        own["client_id"] = "a-strangers-client".into();
    });
    import(&home, &forged, &[]).success().stderr_has("another identity");
    assert_eq!(credentials(&home, &[])[0]["client_id"], CONFIDENTIAL_CLIENT);
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

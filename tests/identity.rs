//! Whose tokens they are, and what they may do: what the login established is held to, also by later answers.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::demo::{ALICE, DemoServer, age};
use crate::support::sandbox::Home;

const MALLORY: &str = "mallory@example.test";

#[track_caller]
fn credential(home: &Home) -> Value {
    home.oauth(["list", "--json"]).run().success().json()[0].clone()
}

#[track_caller]
fn token(home: &Home) -> String {
    home.oauth(["token", "demo"]).run().success().stdout.clone()
}

/// An ID token for alice with one claim changed, as a member of a token answer.
fn id_token(server: &DemoServer, home: &Home, claim: &str, value: Value) -> Value {
    let own = credential(home);
    let mut claims = json!({"iss": server.issuer(), "aud": "demo", "sub": own["subject"], "exp": 1});
    claims[claim] = value;
    let text = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
    json!({"members": {"id_token": json!(text).to_string()}})
}

#[test]
fn tokens_of_another_account_that_a_refresh_brings_are_not_served_and_nothing_is_lost() {
    let (server, home) = DemoServer::connected();
    let own = token(&home);
    server.behave(&json!({"refresh_account": MALLORY}));
    let refused = home.oauth(["token", "demo", "--refresh", "--json"]).run();
    refused.fails(7).stdout_is("").stderr_has(MALLORY);
    assert_eq!(refused.error()["code"], "wrong_account");
    // The token of the account that was connected is served as long as it lives, due or not.
    assert_eq!(token(&home), own);
    age(&home, 100);
    let served = home.oauth(["token", "demo"]).run();
    served.success().stdout_is(&own).stderr_has("warning: the token still lives, but could not be refreshed");
    // Nothing more is sent before a person decides.
    let held = credential(&home);
    assert_eq!(held["status"], "stale");
    assert!(held["reason"].as_str().is_some_and(|reason| reason.contains(MALLORY)), "{held:#}");
    age(&home, 0);
    home.oauth(["token", "demo", "--json"]).run().fails(4).stdout_is("").says_nothing_of("take-over");
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
    // A new login is one way out.
    server.behave(&json!({"refresh_account": null}));
    server.login(&home, "demo", ALICE);
    assert_eq!(credential(&home)["status"], "valid");
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

#[test]
fn the_refresh_token_of_an_answer_that_does_not_fit_is_never_sent_and_only_a_new_login_goes_on() {
    let (server, home) = DemoServer::connected();
    for (claim, value, code) in [
        ("sub", json!("somebody"), "wrong_account"),
        ("iss", json!("https://evil.example"), "issuer_mismatch"),
        ("aud", json!("other"), "id_token_rejected"),
    ] {
        let own = token(&home);
        let refreshes = server.count("refreshes");
        server.behave(&id_token(&server, &home, claim, value));
        let refused = home.oauth(["token", "demo", "--refresh", "--json"]).run();
        assert_eq!(refused.fails(7).stdout_is("").error()["code"], code, "{refused}");
        server.behave(&json!({"members": {}}));
        assert_eq!(token(&home), own);
        // It is no copy that could be taken into use again, and nothing says so.
        let told = home.oauth(["doctor", "--take-over", "--json"]).run();
        assert_eq!(told.success().json(), json!({"taken_over": []}));
        home.oauth(["list"]).run().success().says_nothing_of("take-over").stderr_has("oauth init demo");
        let held = home.oauth(["token", "demo", "--refresh"]).run();
        held.fails(4).stderr_has("is in doubt, and is not sent").says_nothing_of("take-over");
        assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (refreshes + 1, 0), "{claim}");
        server.login(&home, "demo", ALICE);
        home.oauth(["token", "demo", "--refresh"]).run().success();
    }
}

#[test]
fn of_a_herd_that_forces_a_refresh_nobody_is_served_another_accounts_token() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"refresh_account": MALLORY, "latency_ms": {"token": 300}}));
    let running: Vec<_> = (0..10).map(|_| home.oauth(["token", "demo", "--refresh"]).spawn()).collect();
    for process in running {
        let output = process.finish();
        output.stdout_is("").says_nothing_of("panicked");
        assert!(matches!(output.code, Some(4 | 7)), "{output}");
    }
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (1, 0));
}

#[test]
fn where_refresh_tokens_stay_the_next_answer_that_fits_is_taken() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"rotate": false}));
    home.oauth(["token", "demo", "--refresh"]).run().success();
    server.behave(&id_token(&server, &home, "sub", json!("somebody")));
    home.oauth(["token", "demo", "--refresh"]).run().fails(7).stdout_is("");
    assert_eq!(credential(&home)["status"], "valid");
    server.behave(&json!({"members": {}}));
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

#[test]
fn a_refresh_need_not_bring_an_id_token() {
    let (server, home) = DemoServer::connected();
    server.behave(&json!({"members": {"id_token": null}}));
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(credential(&home)["status"], "valid");
}

#[test]
fn a_login_at_an_openid_provider_brings_an_id_token_or_is_refused() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.behave(&json!({"members": {"id_token": null}}));
    let init = |args: &[&str]| {
        let run = home.oauth(["init", "demo", "--client-id", "demo", "--json"]).args(args.iter().copied());
        server.sign_in(run, ALICE)
    };
    let refused = init(&[]);
    assert_eq!(refused.fails(7).stdout_is("").error()["code"], "id_token_rejected", "{refused}");
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
    // It was not granted: then there is nothing to prove it by.
    server.behave(&json!({"scope": "email"}));
    init(&[]).success();
}

#[test]
fn a_plain_oauth_server_that_takes_the_scope_owes_no_id_token() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let at = |path: &str| format!("{}{path}", server.issuer());
    let (authorize, redeem) = (at("/authorize"), at("/token"));
    let endpoints = ["--authorization-endpoint", &authorize, "--token-endpoint", &redeem, "--scope", "openid"];
    home.oauth(["provider", "add", "plain"]).args(endpoints).run().success();
    server.behave(&json!({"members": {"id_token": null}}));
    server.sign_in(home.oauth(["init", "plain", "me", "--client-id", "demo"]), ALICE).success();
    let entry = format!(
        "name = \"Lax\"\ncategory = \"other\"\nsources = [\"https://lax.example\"]\nissuer = \"{0}\"\nauthorization_endpoint = \
         \"{0}/authorize\"\ntoken_endpoint = \"{0}/token\"\nuserinfo_endpoint = \"{0}/userinfo\"\nidentity_scopes = \
         [\"openid\", \"email\"]\nid_token_optional = true\npublic_client = true\ntoken_endpoint_auth_method = \"none\"\n",
        server.issuer()
    );
    let file = home.path().join("lax.toml");
    std::fs::write(&file, entry).expect("a file");
    home.oauth(["provider".into(), "add".into(), "lax".into(), "--file".into(), file.into_os_string()]).run().success();
    server.sign_in(home.oauth(["init", "lax", "--client-id", "demo"]), ALICE).success();
}

#[test]
fn scopes_other_than_those_asked_for_are_said_once_and_kept_as_granted() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.behave(&json!({"scope": "openid read"}));
    let init = home.oauth(["init", "demo", "--client-id", "demo", "--scope", "openid,email,write"]);
    let said = server.sign_in(init, ALICE);
    said.success()
        .stderr_has("warning: asked for and not granted: email write")
        .stderr_has("warning: granted, though not asked for: read");
    assert_eq!(credential(&home)["scopes"], json!(["openid", "read"]));
    let refresh = || home.oauth(["token", "demo", "--refresh"]).run();
    refresh().success().says_nothing_of("warning");
    // Narrowed and widened by a refresh: told by the one that met it, and by no later one.
    server.behave(&json!({"scope": "openid admin"}));
    refresh().success().stderr_has("warning: no longer granted: read").stderr_has("granted now, and not before: admin");
    refresh().success().says_nothing_of("warning");
    assert_eq!(credential(&home)["scopes"], json!(["openid", "admin"]));
    let tested = home.oauth(["test", "--json"]).run().success().json();
    assert_eq!(tested[0]["credential"]["scopes"], json!(["openid", "admin"]));
    // An answer that names none grants what was granted.
    server.behave(&json!({"scope": null, "members": {"scope": null}}));
    refresh().success().says_nothing_of("warning");
    assert_eq!(credential(&home)["scopes"], json!(["openid", "admin"]));
}

#[test]
fn the_refresh_token_of_an_answer_that_gives_no_access_token_is_the_next_one_to_be_sent() {
    let (server, home) = DemoServer::connected();
    let own = token(&home);
    for (at, members) in [
        json!({"token_type": "\"mac\""}),
        json!({"token_type": "\"DPoP\""}),
        json!({"access_token": "5"}),
        json!({"access_token": "\"a b\""}),
        json!({"id_token": "5"}),
    ]
    .into_iter()
    .enumerate()
    {
        server.behave(&json!({"members": members}));
        home.oauth(["token", "demo", "--refresh"]).run().fails(5).stdout_is("").stderr_has("is malformed");
        assert_eq!(token(&home), own, "{members}");
        assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (at as u64 + 1, 0), "{members}");
    }
    server.behave(&json!({"members": {}}));
    assert_ne!(home.oauth(["token", "demo", "--refresh"]).run().success().stdout, own);
    assert_eq!(server.count("reuse_detections"), 0);
}

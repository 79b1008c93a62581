//! Every way in for a person: the device flow, a pasted address, and an address that is asked for its authorization server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, DemoServer, age, parameter, visit};
use crate::support::origin::{Origin, answer};
use crate::support::sandbox::{Background, Home, Output, Run, Signal};
use crate::support::wait_for;

/// A server, and a home that knows it as `demo`.
fn known() -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    (server, home)
}

/// `oauth init demo ARGS…` with the public client.
fn init(home: &Home, args: &[&str]) -> Run {
    home.oauth(["init", "demo", "--client-id", CLIENT]).args(args)
}

/// The `error` object that `--json` tells, and that it ended with this exit code.
#[track_caller]
fn error(output: &Output, exit: i32, code: &str) -> Value {
    output.fails(exit).stdout_is("");
    let line = output.stderr.lines().rfind(|line| line.starts_with("{\"error\"")).unwrap_or_else(|| panic!("{output}"));
    let told = crate::support::json(line);
    assert_eq!(told["error"]["code"], code, "{output}");
    assert_eq!(told["error"]["exit"], exit, "{output}");
    told["error"].clone()
}

/// What `provider discover --json` says of a clause.
#[track_caller]
fn find(told: &Value, clause: &str) -> Value {
    let all = told["findings"].as_array().unwrap().clone();
    all.into_iter().find(|finding| finding["clause"] == clause).unwrap_or_else(|| panic!("{clause} in {told:#}"))
}

#[track_caller]
fn is_empty(home: &Home) {
    assert_eq!(home.oauth(["list", "--json"]).run().success().json(), json!([]));
}

/// Starts a device flow and gives the code it asks for.
#[track_caller]
fn device(server: &DemoServer, home: &Home, args: &[&str]) -> (Background, String) {
    let mut running = init(home, args).spawn();
    let code = server.user_code(&mut running);
    (running, code)
}

// --- The device flow --------------------------------------------------------------------------------------------------

#[test]
fn without_a_browser_a_code_connects_an_account() {
    let (server, home) = known();
    let (running, code) = device(&server, &home, &[]);
    server.decide_device(&code, ALICE, true);
    let output = running.finish();
    output.success().stdout_is("");
    output
        .stderr_has("/device\n")
        .stderr_has(&code)
        .stderr_has("only if you asked for it")
        .says_nothing_of("/authorize?");
    assert_eq!(home.oauth(["list", "--json"]).run().json()[0]["account"], ALICE);
    let before = home.oauth(["token", "demo"]).run().success().stdout.clone();
    age(&home, 0);
    let after = home.oauth(["token", "demo"]).run().success().stdout.clone();
    assert_ne!(before, after, "it renews itself");
}

#[test]
fn over_ssh_a_code_is_shown_although_there_is_a_display() {
    let (server, home) = known();
    let ssh = init(&home, &[]).env("DISPLAY", ":0").env("SSH_CONNECTION", "10.0.0.1 5 10.0.0.9 22");
    let mut running = ssh.spawn();
    server.user_code(&mut running);
    running.signal(Signal::INT);
    running.finish().fails(130).stderr_has("nothing was stored");
    is_empty(&home);
}

#[test]
fn a_program_that_reads_along_is_told_the_code_as_json() {
    let (server, home) = known();
    let (running, code) = device(&server, &home, &["--flow", "device", "--json"]);
    server.decide_device(&code, ALICE, true);
    let output = running.finish();
    assert_eq!(output.success().json()["account"], ALICE);
    let told = crate::support::json(output.stderr.lines().next().expect("a line"));
    assert_eq!(told["device"]["user_code"], code.as_str());
    assert_eq!(told["device"]["verification_uri"], format!("{}/device", server.issuer()));
    assert_eq!(told["device"]["expires_in"], 300);
}

#[test]
fn a_refused_code_connects_nothing() {
    let (server, home) = known();
    let (running, code) = device(&server, &home, &["--json"]);
    server.decide_device(&code, ALICE, false);
    error(&running.finish(), 4, "access_denied");
    is_empty(&home);
}

#[test]
fn a_code_that_nobody_types_ends_the_login() {
    let (server, home) = known();
    for (knobs, args) in
        [(json!({"device_ttl": 1}), &["--json"][..]), (json!({"device_ttl": 300}), &["--json", "--timeout", "1s"])]
    {
        server.behave(&knobs);
        error(&init(&home, args).run(), 4, "authorization_timeout");
    }
    is_empty(&home);
}

#[test]
fn a_server_that_asks_for_patience_is_asked_less_often() {
    let (server, home) = known();
    server.behave(&json!({"device_slow_downs": 1}));
    let (running, code) = device(&server, &home, &[]);
    server.decide_device(&code, ALICE, true);
    running.finish().success();
    let polls = server.log();
    let times: Vec<_> =
        polls.iter().filter(|entry| entry["path"] == "/token").map(|entry| entry["at"].as_u64().unwrap()).collect();
    assert_eq!(times.len(), 2, "{times:?}");
    // The interval of one second and the five that `slow_down` adds; the server says no to whoever comes earlier.
    assert!(times[1] - times[0] >= 6000, "{times:?}");
}

#[test]
fn a_poll_that_fails_on_the_way_is_made_again() {
    let (server, home) = known();
    server.behave(&json!({"faults": [{"endpoint": "token", "next": 1, "do": {"answer": {"status": 502}}}]}));
    let (running, code) = device(&server, &home, &[]);
    server.decide_device(&code, ALICE, true);
    running.finish().success();
}

#[test]
fn a_store_that_cannot_be_written_is_told_before_anybody_is_asked_to_type_a_code() {
    let (server, home) = DemoServer::connected();
    let asked = server.log().len();
    let output = init(&home, &["--flow", "device"]).read_only(&home.oauth_home()).run();
    output.fails(6).stderr_has("readonly").says_nothing_of("/device");
    assert_eq!(server.log().len(), asked, "{output}");
}

#[test]
fn whoever_sets_a_limit_is_told_that_it_ended_the_login_and_not_the_code() {
    let (server, home) = known();
    let output = init(&home, &["--flow", "device", "--timeout", "1s"]).run();
    output.fails(4).stderr_has("cause: --timeout has ended this login after 1 s").stderr_has("--timeout 15m");
    server.behave(&json!({"device_members": {"expires_in": 1}}));
    let output = init(&home, &["--flow", "device"]).run();
    output.fails(4).stderr_has("cause: the code is over").says_nothing_of("--timeout");
}

#[test]
fn a_page_that_is_not_to_be_opened_is_not_shown() {
    let (server, home) = known();
    for page in ["javascript:alert(1)", "http://evil.example/device", "file:///etc/passwd"] {
        server.behave(&json!({"device_members": {"verification_uri": page}}));
        let output = init(&home, &["--flow", "device", "--json"]).run();
        error(&output, 7, "wrong_host");
        assert!(!output.stderr.contains("user_code"), "{output}");
    }
    server.behave(&json!({"device_members": {"verification_uri_complete": "javascript:alert(1)", "interval": 1}}));
    let (running, _) = device(&server, &home, &["--flow", "device"]);
    drop(running);
}

#[test]
fn where_no_code_is_given_the_login_goes_through_a_browser() {
    let (server, home) = known();
    let refusal = json!({"status": 400, "body": r#"{"error":"unauthorized_client"}"#});
    server.behave(&json!({"faults": [{"endpoint": "device_authorization", "do": {"answer": refusal}}]}));
    let mut running = init(&home, &[]).spawn();
    let url = server.authorization_url(&mut running);
    visit(&server.redirect(&url, ALICE, true));
    running.finish().success().stderr_has("gives no device code to this client");
    error(&init(&home, &["--flow", "device", "--json"]).run(), 2, "invalid_client");
}

#[test]
fn a_device_flow_that_the_provider_does_not_have_is_refused() {
    let home = Home::new();
    let add = ["provider", "add", "plain", "--authorization-endpoint", "https://a.example/a"];
    home.oauth(add).args(["--token-endpoint", "https://a.example/t"]).run().success();
    let output = home.oauth(["init", "plain", "--client-id", "x", "--flow", "device", "--json"]).run();
    error(&output, 2, "usage");
}

// --- A pasted address -------------------------------------------------------------------------------------------------

/// A login that waits for an address, and the address that ends it.
#[track_caller]
fn pasting(server: &DemoServer, home: &Home, args: &[&str]) -> (Background, String) {
    let mut running = init(home, &["--flow", "paste"]).args(args.iter().copied()).stdin_open().spawn();
    let url = server.authorization_url(&mut running);
    let answer = server.redirect(&url, ALICE, true);
    (running, answer)
}

#[test]
fn a_pasted_address_ends_the_login() {
    let (server, home) = known();
    let (mut running, answer) = pasting(&server, &home, &[]);
    running.wait_for_stderr("Ctrl-C stops");
    running.write(&format!("{answer}\n"));
    running.finish().success().stderr_has("Never paste it into a web page");
    assert_eq!(home.oauth(["list", "--json"]).run().json()[0]["account"], ALICE);
}

#[test]
fn a_browser_that_reaches_the_port_is_as_good() {
    let (server, home) = known();
    let (running, answer) = pasting(&server, &home, &[]);
    visit(&answer);
    running.finish().success();
}

#[test]
fn what_is_not_the_answer_is_refused_and_the_login_goes_on() {
    let (server, home) = known();
    let (mut running, answer) = pasting(&server, &home, &[]);
    let code = parameter(&answer, "code").expect("a code");
    let state = parameter(&answer, "state").expect("a state");
    for (wrong, why) in [
        (code.clone(), "a code alone is not taken"),
        (answer.replace(&state, "another"), "not the answer to this login"),
        (answer.replace("127.0.0.1", "localhost"), "this is another one"),
        (answer.replace("http://127.0.0.1", "https://evil.example"), "this is another one"),
        (format!("{answer}&state=another"), "damaged"),
        ("nonsense".to_owned(), "a code alone is not taken"),
    ] {
        let before = running.wait_for_stderr("").matches("that was not taken").count();
        running.write(&format!("{wrong}\n"));
        let said = wait_for("a refusal", || {
            let said = running.wait_for_stderr("");
            (said.matches("that was not taken").count() > before).then_some(said)
        });
        let last = said.lines().rfind(|line| line.contains("that was not taken")).expect("a line");
        assert!(last.contains(why), "{wrong}: {last}");
        assert!(!last.contains(&code), "nothing of it is repeated: {last}");
    }
    assert_eq!(server.count("grants/authorization_code"), 0);
    running.write(&format!("{answer}\n"));
    running.finish().success();
    assert_eq!(server.count("grants/authorization_code"), 1);
}

#[test]
fn the_way_for_a_browser_at_the_other_end_is_shown() {
    let (server, home) = known();
    let run = init(&home, &["--flow", "paste"]).env("SSH_CONNECTION", "10.0.0.1 5 10.0.0.9 2222").env("USER", "joe");
    let mut running = run.stdin_open().spawn();
    let url = server.authorization_url(&mut running);
    let redirect = parameter(&url, "redirect_uri").expect("a redirect URI");
    let port = redirect.trim_start_matches("http://127.0.0.1:").trim_end_matches("/callback");
    running.wait_for_stderr(&format!("ssh -N -L {port}:127.0.0.1:{port} -p 2222 joe@10.0.0.9"));
}

#[test]
fn an_https_page_of_ones_own_is_pasted_from() {
    let (server, home) = known();
    // The server takes loopback redirects only; what matters here is what is asked of it.
    let run = init(&home, &["--redirect-uri", "https://me.example/cb", "--no-browser", "--timeout", "1s"]);
    let mut running = run.spawn();
    let url = server.authorization_url(&mut running);
    assert_eq!(parameter(&url, "redirect_uri").as_deref(), Some("https://me.example/cb"));
    running.finish().fails(4);
}

#[test]
fn a_code_is_taken_where_the_providers_page_shows_one() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let issuer = server.issuer();
    let entry = format!(
        "name = \"Shows\"\nauthorization_endpoint = \"{issuer}/authorize\"\ntoken_endpoint = \"{issuer}/token\"\n\
         [redirect]\nrule = \"none\"\npaste = \"\"\n"
    );
    crate::support::files::private(&home.oauth_home().join("providers.d"), "shows.toml", &entry);
    let run = home.oauth(["init", "shows", "--client-id", CLIENT, "--flow", "paste", "--json"]);
    let mut running = run.stdin_open().spawn();
    let url = server.authorization_url(&mut running);
    assert_eq!(parameter(&url, "redirect_uri"), None);
    running.write("demo_code_that_nobody_gave\n");
    // The server has never seen it: what matters is that it was asked, and how.
    error(&running.finish(), 4, "access_denied");
    let log = server.log();
    let asked = log.iter().find(|entry| entry["path"] == "/token").expect("a token request");
    assert!(asked["parameters"].get("redirect_uri").is_none(), "{asked:#}");
}

// --- An address instead of a name -------------------------------------------------------------------------------------

#[test]
fn an_issuer_is_connected_by_its_address() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let issuer = server.issuer();
    let output = server.sign_in(home.oauth(["init", issuer, "--json"]), ALICE);
    let own = output.success().json();
    assert_eq!((&own["provider"], &own["issuer"]), (&json!(issuer), &json!(issuer)));
    assert_eq!((&own["account"], &own["client_id"]), (&json!(ALICE), &json!(CLIENT)));
    home.oauth(["token", issuer]).run().success();
    age(&home, 0);
    home.oauth(["token", issuer, ALICE]).run().success();
    let asked = server.log().into_iter().find(|entry| entry["path"] == "/register").expect("a registration");
    assert_eq!(asked["asked"]["application_type"], "native");
    assert_eq!(asked["asked"]["token_endpoint_auth_method"], "none");
    // The second login needs no second registration.
    server.sign_in(home.oauth(["init", issuer]), ALICE).success();
    assert_eq!(server.log().iter().filter(|entry| entry["path"] == "/register").count(), 1);
}

#[test]
fn a_registration_of_ones_own_is_deleted_at_its_server_too() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let issuer = server.issuer();
    let deleted = || server.log().iter().filter(|entry| entry["path"] == "/register/demo").count();
    let connect = || {
        server.sign_in(home.oauth(["init", issuer]), ALICE).success();
    };
    connect();
    // A login that lives would end with it.
    let removed = home.oauth(["client", "remove", issuer, "--json"]).run();
    removed.success().stderr_has("stays registered at its server");
    assert_eq!((&removed.json()["unregistered"], deleted()), (&json!(false), 0));
    home.oauth(["token", issuer, "--refresh"]).run().success();
    connect();
    home.oauth(["revoke", issuer]).run().success();
    // A server in trouble: nothing is forgotten.
    server.behave(&json!({"faults": [{"endpoint": "register", "do": {"answer": {"status": 503}}}]}));
    home.oauth(["client", "remove", issuer]).run().fails(5).stderr_has("--local");
    assert_eq!(home.oauth(["client", "list", "--json"]).run().json().as_array().map(Vec::len), Some(1));
    server.mend();
    let before = deleted();
    let removed = home.oauth(["client", "remove", issuer, "--json"]).run();
    assert_eq!((&removed.success().json()["unregistered"], deleted()), (&json!(true), before + 1));
    assert_eq!(home.oauth(["client", "list", "--json"]).run().json(), json!([]));
}

#[test]
fn a_resource_says_whom_to_ask_and_gets_tokens_for_itself_only() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let url = format!("{}/mcp", server.issuer());
    let own = server.sign_in(home.oauth(["init", &url, "--json"]), ALICE).success().json();
    assert_eq!((&own["provider"], &own["account"]), (&json!(url), &json!("default")));
    assert_eq!(own["scopes"], json!(["offline_access", "read"]), "what the challenge wants, and a refresh token");
    age(&home, 0);
    home.oauth(["token", &url]).run().success();
    let log = server.log();
    let asked: Vec<_> = log
        .iter()
        .filter(|entry| ["/authorize/decision", "/token"].contains(&entry["path"].as_str().unwrap()))
        .collect();
    assert_eq!(asked.len(), 3, "authorization, code, refresh");
    assert!(asked.iter().all(|entry| entry["parameters"]["resource"] == url.as_str()), "{asked:#?}");
    home.oauth(["token", &format!("{url}/")]).run().fails(3);
}

#[test]
fn a_document_that_cannot_be_trusted_connects_nothing() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let (issuer, url) = (server.issuer().to_owned(), format!("{}/mcp", server.issuer()));
    for (metadata, resource, exit, code) in [
        (json!({"issuer": format!("{issuer}/")}), json!({}), 7, "issuer_mismatch"),
        (json!({"code_challenge_methods_supported": null}), json!({}), 7, "pkce_unsupported"),
        (json!({"code_challenge_methods_supported": ["plain"]}), json!({}), 7, "pkce_unsupported"),
        (json!({"token_endpoint": "https://elsewhere.example/token"}), json!({}), 7, "wrong_host"),
        (json!({"token_endpoint": "http://as.example/token"}), json!({}), 7, "wrong_host"),
        (json!({"authorization_endpoint": "javascript:alert(1)"}), json!({}), 7, "wrong_host"),
        (json!({}), json!({"resource": format!("{url}/")}), 7, "resource_mismatch"),
        (json!({}), json!({"resource": "https://other.example/mcp"}), 7, "resource_mismatch"),
        (json!({}), json!({"authorization_servers": ["http://10.0.0.1"]}), 7, "wrong_host"),
        (json!({}), json!({"authorization_servers": ["http://localhost:1"]}), 7, "wrong_host"),
        (json!({}), json!({"authorization_servers": []}), 5, "provider_error"),
        (json!({}), json!({"resource": null}), 5, "provider_error"),
        (json!({}), json!({"resource": ""}), 5, "provider_error"),
    ] {
        server.behave(&json!({"metadata": metadata, "protected_resource": resource}));
        let output = home.oauth(["init", &url, "--json", "--no-browser"]).run();
        error(&output, exit, code);
        assert!(!output.stderr.contains("``") && !output.stderr.contains("''"), "nobody is named by nothing: {output}");
    }
    assert_eq!(
        server.count("requests/token") + server.count("requests/authorize") + server.count("requests/register"),
        0
    );
    is_empty(&home);
}

#[test]
fn a_server_that_says_the_same_at_every_place_is_an_authorization_server() {
    let origin = Origin::start(|seen| {
        if !seen.path.contains(".well-known") {
            return answer(404, &[], "");
        }
        let issuer = format!("http://{}", seen.header("host").unwrap());
        let document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "code_challenge_methods_supported": ["S256"],
        });
        answer(200, &[("Content-Type", "application/json")], &document.to_string())
    });
    let home = Home::new();
    let url = format!("http://{}", origin.authority());
    let told = home.oauth(["provider", "discover", &url, "--json"]).run();
    told.success();
    assert_eq!(find(&told.json(), "RFC 9728 3.1")["verdict"], "absent");
    let mut running = home.oauth(["init", &url, "--client-id", "c", "--no-browser"]).spawn();
    running.wait_for_stderr(&format!("{url}/authorize?"));
}

#[test]
fn a_registration_that_is_refused_is_explained() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let refusal =
        json!({"status": 400, "body": r#"{"error":"invalid_redirect_uri","error_description":"no loopback"}"#});
    server.behave(&json!({"faults": [{"endpoint": "register", "do": {"answer": refusal}}]}));
    let told = error(&home.oauth(["init", server.issuer(), "--json", "--no-browser"]).run(), 2, "client_required");
    assert!(told["message"].as_str().unwrap().contains("no loopback"), "{told}");
    assert_eq!(told["action"], format!("oauth init {} --client-id ID", server.issuer()));
    server.behave(&json!({"faults": [], "metadata": {"registration_endpoint": null}}));
    error(&home.oauth(["init", server.issuer(), "--json", "--no-browser"]).run(), 2, "client_required");
}

/// B12: the code would go there.
#[test]
fn a_registration_for_other_places_is_refused() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let other =
        json!({"status": 201, "body": r#"{"client_id":"c","redirect_uris":["https://evil.example/callback"]}"#});
    server.behave(&json!({"faults": [{"endpoint": "register", "do": {"answer": other}}]}));
    let told = error(&home.oauth(["init", server.issuer(), "--json", "--no-browser"]).run(), 7, "wrong_host");
    assert!(told["message"].as_str().unwrap().contains("redirect URIs"), "{told}");
    is_empty(&home);
}

#[test]
fn a_client_that_is_held_for_an_issuer_serves_no_resource_that_names_it_unasked() {
    let (server, home) = DemoServer::connected();
    let url = format!("{}/mcp", server.issuer());
    let before = server.requests();
    let told = error(&home.oauth(["init", &url, "--json", "--no-browser"]).run(), 7, "consent_required");
    assert!(told["message"].as_str().unwrap().contains("demo"), "{told}");
    assert_eq!(server.count("requests/register"), 0);
    // Two documents about the server were read, and nothing else was asked.
    assert_eq!(server.requests() - before, 3, "{:#}", server.counters());
    // A client that is named by the user is the user's decision.
    server.sign_in(home.oauth(["init", &url, "--client-id", CLIENT]), ALICE).success();
}

#[test]
fn the_report_names_the_clause() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let url = format!("{}/mcp", server.issuer());
    let told = home.oauth(["provider", "discover", &url, "--json"]).run().success().json();
    assert_eq!((&told["resource"], &told["issuer"]), (&json!(url), &json!(server.issuer())));
    for clause in
        ["RFC 9728 5.1", "RFC 9728 3.3", "RFC 8414 3.1", "RFC 7636 4.2", "RFC 9207 3", "RFC 7591 3", "RFC 8628 4"]
    {
        assert_eq!(find(&told, clause)["verdict"], "kept", "{clause}");
    }
    assert_eq!(find(&told, "RFC 9126 5")["verdict"], "absent");
    home.oauth(["provider", "discover", &url, "--write", "mine"]).run().success().stdout_has("RFC 9728");
    let entry = home.oauth(["provider", "show", "mine", "--json"]).run().json();
    assert_eq!((&entry["issuer"], &entry["resource"]), (&json!(server.issuer()), &json!([url])));
    server.behave(&json!({"metadata": {"code_challenge_methods_supported": null}}));
    let output = home.oauth(["provider", "discover", &url, "--json"]).run();
    output.fails(7);
    assert_eq!(find(&output.json(), "RFC 7636 4.2")["verdict"], "broken");
}

#[test]
fn an_address_that_no_secret_may_go_to_is_refused_before_anything_is_asked() {
    let home = Home::new();
    for (url, exit) in [
        ("http://as.example/mcp", 7),
        ("https://169.254.169.254/mcp", 7),
        ("https://user@as.example/", 7),
        ("ftp://as.example/", 7),
        ("https://", 2),
    ] {
        let start = Instant::now();
        home.oauth(["init", url, "--no-browser"]).run().fails(exit).stdout_is("");
        assert!(start.elapsed() < Duration::from_secs(60), "{url}");
    }
    is_empty(&home);
}

#[test]
fn a_server_that_is_never_satisfied_with_a_nonce_is_asked_twice() {
    let (server, home) = known();
    let body = r#"{"error":"use_dpop_nonce"}"#;
    server.break_token_endpoint(&json!({"answer": {"status": 400, "headers": {"DPoP-Nonce": "n"}, "body": body}}));
    let output = server.sign_in(init(&home, &["--dpop", "--json"]), ALICE);
    error(&output, 5, "provider_error");
    assert_eq!(server.count("requests/token"), 2);
    is_empty(&home);
}

#[test]
fn a_document_about_the_client_names_it_where_the_server_reads_one() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let document = "https://me.example/oauth/client.json";
    let config = format!("client_id_metadata_document = \"{document}\"\n");
    crate::support::files::private(&home.oauth_home(), "config.toml", &config);
    let client = || {
        let mut running = home.oauth(["init", server.issuer(), "--no-browser"]).spawn();
        parameter(&server.authorization_url(&mut running), "client_id")
    };
    assert_eq!(client().as_deref(), Some(CLIENT), "the server does not read documents, and registers");
    let home = Home::new();
    crate::support::files::private(&home.oauth_home(), "config.toml", &config);
    server.behave(&json!({"metadata": {"client_id_metadata_document_supported": true}}));
    let mut running = home.oauth(["init", server.issuer(), "--no-browser"]).spawn();
    let url = server.authorization_url(&mut running);
    assert_eq!(parameter(&url, "client_id").as_deref(), Some(document));
    drop(running);
    crate::support::files::private(
        &home.oauth_home(),
        "config.toml",
        "client_id_metadata_document = \"http://me.example/\"\n",
    );
    home.oauth(["list"]).run().fails(2).stderr_has("config.toml");
}

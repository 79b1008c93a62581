//! The sandbox over its socket: the flows as a client sees them, and one test for every knob.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::form::{Form, encode};
use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:1/callback";

pub(super) fn settings() -> Settings {
    Settings { port: 0, access_ttl: 3600, refresh_ttl: None, rotate: true, grace_ms: 0, control: true }
}

fn start() -> Sandbox {
    Sandbox::start(settings()).unwrap()
}

fn connect(sandbox: &Sandbox) -> TcpStream {
    TcpStream::connect(sandbox.issuer().trim_start_matches("http://")).unwrap()
}

fn request(sandbox: &Sandbox, line: &str, headers: &str, body: &str) -> String {
    let host = sandbox.issuer().trim_start_matches("http://");
    let form = "Content-Type: application/x-www-form-urlencoded";
    let length = body.len();
    format!("{line} HTTP/1.1\r\nHost: {host}\r\n{form}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// Everything the server sends until it closes.
fn raw(sandbox: &Sandbox, request: &str) -> String {
    let mut stream = connect(sandbox);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
}

fn send(sandbox: &Sandbox, line: &str, headers: &str, body: &str) -> Got {
    let answer = raw(sandbox, &request(sandbox, line, headers, body));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {line}: {answer:?}"));
    Got { status: head[9..12].parse().unwrap(), head: head.to_lowercase(), body: body.to_owned() }
}

fn post(sandbox: &Sandbox, path: &str, form: &[(&str, &str)]) -> Got {
    send(sandbox, &format!("POST {path}"), "", &encode(form.iter().copied()))
}

fn get(sandbox: &Sandbox, path: &str, token: &str) -> Got {
    send(sandbox, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), "")
}

fn turn(sandbox: &Sandbox, knobs: &Value) {
    let got = send(sandbox, "POST /sandbox/behaviour", "", &knobs.to_string());
    assert_eq!(got.status, 200, "{}", got.body);
}

fn control(sandbox: &Sandbox, what: &str) -> Value {
    send(sandbox, what, "", "").json()
}

/// Asks for the counters until they are as expected, which they must become within many askings.
fn until(sandbox: &Sandbox, expected: impl Fn(&Value) -> bool) {
    let asked = (0..50_000).map(|_| control(sandbox, "GET /sandbox/counters"));
    assert!(asked.into_iter().any(|counters| expected(&counters)));
}

fn authorization_url(sandbox: &Sandbox, change: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", "demo"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid read"),
        ("state", "s t&\"'<"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.retain(|(name, _)| change.iter().all(|(changed, _)| changed != name));
    pairs.extend(change.iter().filter(|(_, value)| !value.is_empty()));
    format!("{}/authorize?{}", sandbox.issuer(), encode(pairs))
}

/// The parameters of a redirect to the client.
fn returned(redirect: &str) -> Form {
    let (uri, query) = redirect.split_once('?').unwrap();
    assert_eq!(uri, REDIRECT);
    Form::parse(query)
}

fn redeem(sandbox: &Sandbox, code: &str, verifier: &str) -> Got {
    let grant = ("grant_type", "authorization_code");
    let form = [grant, ("code", code), ("client_id", "demo"), ("redirect_uri", REDIRECT), ("code_verifier", verifier)];
    post(sandbox, "/token", &form)
}

fn code(sandbox: &Sandbox) -> String {
    let redirect = sign_in(&authorization_url(sandbox, &[]), "alice@example.test", true).unwrap();
    returned(&redirect).get("code").unwrap().to_owned()
}

fn login(sandbox: &Sandbox) -> Value {
    redeem(sandbox, &code(sandbox), VERIFIER).json()
}

fn refresh(sandbox: &Sandbox, token: &Value) -> Got {
    let token = token["refresh_token"].as_str().unwrap();
    post(sandbox, "/token", &[("grant_type", "refresh_token"), ("client_id", "demo"), ("refresh_token", token)])
}

fn userinfo(sandbox: &Sandbox, token: &Value) -> Got {
    get(sandbox, "/userinfo", token["access_token"].as_str().unwrap())
}

fn claims(tokens: &Value) -> Value {
    let payload = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn a_person_signs_in_and_the_client_gets_tokens() {
    let sandbox = start();
    let redirect = sign_in(&authorization_url(&sandbox, &[]), "zoë <z>@example.test", true).unwrap();
    let form = returned(&redirect);
    assert_eq!((form.get("state"), form.get("iss")), (Some("s t&\"'<"), Some(sandbox.issuer())));
    let got = redeem(&sandbox, form.get("code").unwrap(), VERIFIER);
    assert!(got.head.contains("cache-control: no-store") && got.head.contains("content-type: application/json"));
    let tokens = got.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"], &tokens["scope"]),
        (&json!("Bearer"), &json!(3600), &json!("openid read"))
    );
    let claims = claims(&tokens);
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["nonce"]),
        (&json!(sandbox.issuer()), &json!("demo"), &json!("n-1"))
    );
    let who = userinfo(&sandbox, &tokens).json();
    assert_eq!((&who["email"], &who["sub"]), (&json!("zoë <z>@example.test"), &claims["sub"]));
    assert_eq!(refresh(&sandbox, &tokens).status, 200);
}

#[test]
fn a_refusal_comes_back_with_state_and_issuer() {
    let sandbox = start();
    let redirect = sign_in(&authorization_url(&sandbox, &[]), "alice@example.test", false).unwrap();
    let form = returned(&redirect);
    assert_eq!((form.get("error"), form.get("iss")), (Some("access_denied"), Some(sandbox.issuer())));
    assert!(form.get("state").is_some() && form.get("code").is_none());
}

#[test]
fn nobody_is_redirected_to_an_address_that_is_not_trusted() {
    let sandbox = start();
    let evil = [
        "https://127.0.0.1/callback",
        "http://127.0.0.1.evil.test/callback",
        "http://127.0.0.1:1/callback?x",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:+80/callback",
        "http://user@127.0.0.1/callback",
        "http://127.0.0.1/other",
        "",
    ];
    for uri in evil {
        let url = authorization_url(&sandbox, &[("redirect_uri", uri)]);
        assert!(matches!(sign_in(&url, "alice", true), Err(Error::NoRedirect { status: 400, .. })), "{uri}");
    }
    for uri in ["http://127.0.0.1/callback", "http://[::1]:8080/callback", "http://localhost:1/callback"] {
        let url = authorization_url(&sandbox, &[("redirect_uri", uri)]);
        assert!(sign_in(&url, "alice", true).unwrap().starts_with(&format!("{uri}?code=")));
    }
    let stranger = authorization_url(&sandbox, &[("client_id", "stranger")]);
    let twice = format!("{}&client_id=demo", authorization_url(&sandbox, &[]));
    for url in [stranger, twice] {
        assert!(matches!(sign_in(&url, "alice", true), Err(Error::NoRedirect { status: 400, .. })));
    }
}

#[test]
fn a_request_that_breaks_a_rule_is_told_to_the_client() {
    let sandbox = start();
    let cases = [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("state", "", "invalid_request"),
        ("scope", "a\"b", "invalid_scope"),
        ("prompt", "none", "login_required"),
        ("response_mode", "fragment", "invalid_request"),
    ];
    for (name, value, error) in cases {
        let redirect = sign_in(&authorization_url(&sandbox, &[(name, value)]), "alice", true).unwrap();
        assert_eq!(returned(&redirect).get("error"), Some(error), "{name}");
    }
    let twice = format!("{}&scope=x", authorization_url(&sandbox, &[]));
    assert_eq!(returned(&sign_in(&twice, "alice", true).unwrap()).get("error"), Some("invalid_request"));
}

#[test]
fn the_page_escapes_what_the_request_brings_and_preselects_the_hint() {
    let sandbox = start();
    let url = authorization_url(&sandbox, &[("scope", "<script>"), ("login_hint", "bob@example.test")]);
    let page = send(&sandbox, &format!("GET {}", url.trim_start_matches(sandbox.issuer())), "", "");
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script"));
    assert!(page.body.contains(r#"value="bob@example.test" checked"#));
    assert!(page.head.contains("default-src 'none'"));
}

#[test]
fn a_typed_account_counts_and_a_hint_only_where_it_is_marked() {
    let sandbox = start();
    let signed_in = |change: &[(&str, &str)]| {
        let url = authorization_url(&sandbox, &[("login_hint", "carol@example.test")]);
        let form = format!("{}&{}", url.split_once('?').unwrap().1, encode(change.iter().copied()));
        let got = send(&sandbox, "POST /authorize/decision", "", &format!("{form}&decision=allow"));
        let log = control(&sandbox, "GET /sandbox/log");
        (got.status, log.as_array().unwrap().last().map(|entry| entry["account"].clone()).unwrap_or_default())
    };
    let (hint, alice) = (("other", "carol@example.test"), ("account", "alice@example.test"));
    assert_eq!(signed_in(&[hint]), (303, json!("carol@example.test")));
    assert_eq!(signed_in(&[alice, hint]), (303, json!("alice@example.test")));
    assert_eq!(signed_in(&[alice, ("other", "dave")]), (303, json!("dave")));
    assert_eq!(signed_in(&[("account", "")]).0, 400);
}

#[test]
fn a_wrong_verifier_redirect_or_client_gets_no_tokens() {
    let sandbox = start();
    let code_of = || code(&sandbox);
    assert_eq!(redeem(&sandbox, &code_of(), &VERIFIER.replace('d', "e")).error(), "invalid_grant");
    assert_eq!(redeem(&sandbox, &code_of(), "").error(), "invalid_grant");
    let (code, grant) = (code_of(), ("grant_type", "authorization_code"));
    let form = [grant, ("code", &code), ("client_id", "demo"), ("code_verifier", VERIFIER)];
    assert_eq!(post(&sandbox, "/token", &form).error(), "invalid_grant", "no redirect_uri");
    let short = [("code_challenge", mint::s256("short"))];
    let url = authorization_url(&sandbox, &[(short[0].0, &short[0].1)]);
    let code = returned(&sign_in(&url, "alice", true).unwrap()).get("code").unwrap().to_owned();
    assert_eq!(redeem(&sandbox, &code, "short").error(), "invalid_grant", "a verifier has 43 characters or more");
    let log = control(&sandbox, "GET /sandbox/log");
    let rights: Vec<_> = log.as_array().unwrap().iter().filter_map(|entry| entry["verifier_right"].as_bool()).collect();
    assert_eq!(rights, [false, false, true, false]);
}

#[test]
fn confidential_clients_authenticate_in_the_head_or_in_the_body() {
    let sandbox = start();
    let grant = encode([("grant_type", "client_credentials"), ("scope", "read")]);
    let with = |pair: &str, body: &str| {
        send(&sandbox, "POST /token", &format!("Authorization: Basic {}\r\n", STANDARD.encode(pair)), body)
    };
    let coded = encode([(CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET)]).replace('=', ":");
    let tokens = with(&coded, &grant).json();
    assert!(tokens["access_token"].is_string() && tokens["refresh_token"].is_null());
    assert_eq!(userinfo(&sandbox, &tokens).status, 403, "no person took part");
    let plain = with(&format!("{CONFIDENTIAL_CLIENT}:{CONFIDENTIAL_SECRET}"), &grant);
    assert_eq!((plain.status, plain.error().as_str()), (401, "invalid_client"), "not form-encoded");
    assert!(plain.head.contains("www-authenticate: basic"));
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", CONFIDENTIAL_CLIENT)];
    assert_eq!(post(&sandbox, "/token", &form).status, 401, "no secret");
    form.push(("client_secret", CONFIDENTIAL_SECRET));
    assert_eq!(post(&sandbox, "/token", &form).status, 200);
    assert_eq!(with(&coded, &encode(form)).error(), "invalid_request", "two ways at once");
    let public = [("grant_type", "client_credentials"), ("client_id", "demo")];
    assert_eq!(post(&sandbox, "/token", &public).error(), "unauthorized_client");
}

#[test]
fn a_client_gets_nothing_with_what_was_given_to_another() {
    let sandbox = start();
    let (tokens, code) = (login(&sandbox), code(&sandbox));
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let other = [("client_id", CONFIDENTIAL_CLIENT), ("client_secret", CONFIDENTIAL_SECRET)];
    let by_other = |path: &str, form: &[(&str, &str)]| post(&sandbox, path, &[&other, form].concat());
    let redirect = [("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    let redeemed = [&[("grant_type", "authorization_code"), ("code", &*code)], &redirect[..]].concat();
    assert_eq!(by_other("/token", &redeemed).error(), "invalid_grant");
    let refreshed = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    assert_eq!(by_other("/token", &refreshed).error(), "invalid_grant");
    assert_eq!(by_other("/revoke", &[("token", refresh_token)]).error(), "unauthorized_client");
    let own = by_other("/token", &[("grant_type", "client_credentials")]).json();
    let own = own["access_token"].as_str().unwrap();
    assert_eq!(by_other("/introspect", &[("token", own)]).json()["active"], true);
    assert_eq!(post(&sandbox, "/introspect", &[("client_id", "demo"), ("token", own)]).json()["active"], false);
}

#[test]
fn malformed_token_requests_are_refused() {
    let sandbox = start();
    let form = |pairs: &[(&str, &str)]| post(&sandbox, "/token", pairs).error();
    assert_eq!(form(&[("client_id", "demo")]), "invalid_request");
    assert_eq!(form(&[("client_id", "demo"), ("grant_type", "password")]), "unsupported_grant_type");
    assert_eq!(form(&[("client_id", "demo"), ("client_id", "demo")]), "invalid_request");
    assert_eq!(send(&sandbox, "GET /token", "", "").status, 405);
    let json =
        raw(&sandbox, &request(&sandbox, "POST /token", "", "client_id=demo").replace("x-www-form-urlencoded", "json"));
    assert!(json.contains("401"), "a body that is no form says nothing");
}

#[test]
fn a_device_gets_tokens_once_a_person_agrees() {
    let sandbox = start();
    turn(&sandbox, &json!({"device_interval": 0}));
    let device = post(&sandbox, "/device_authorization", &[("client_id", "demo"), ("scope", "read")]).json();
    let code = device["device_code"].as_str().unwrap();
    let poll = || {
        post(&sandbox, "/token", &[("grant_type", grants::DEVICE_GRANT), ("client_id", "demo"), ("device_code", code)])
    };
    assert_eq!(poll().error(), "authorization_pending");
    let done = sign_in(device["verification_uri_complete"].as_str().unwrap(), "bob@example.test", true).unwrap();
    assert_eq!(visit(&done).unwrap(), 200);
    assert_eq!(userinfo(&sandbox, &poll().json()).json()["email"], "bob@example.test");
    turn(&sandbox, &json!({"device_interval": 600}));
    let slow = post(&sandbox, "/device_authorization", &[("client_id", "demo")]).json();
    let form = [
        ("grant_type", grants::DEVICE_GRANT),
        ("client_id", "demo"),
        ("device_code", slow["device_code"].as_str().unwrap()),
    ];
    assert_eq!(post(&sandbox, "/token", &form).error(), "authorization_pending");
    assert_eq!(post(&sandbox, "/token", &form).error(), "slow_down");
}

#[test]
fn tokens_are_introspected_and_revoked() {
    let sandbox = start();
    let tokens = login(&sandbox);
    let of = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let ask = |path: &str, token: &str| post(&sandbox, path, &[("client_id", "demo"), ("token", token)]);
    assert_eq!(ask("/introspect", &of("access_token")).json()["username"], "alice@example.test");
    assert_eq!(ask("/introspect", &of("refresh_token")).json()["active"], true);
    assert_eq!(ask("/revoke", &of("refresh_token")).status, 200);
    assert_eq!(ask("/introspect", &of("access_token")).json(), json!({"active": false}));
    assert_eq!(ask("/revoke", "unknown").status, 200);
    let refused = userinfo(&sandbox, &tokens);
    assert!(refused.status == 401 && refused.head.contains(r#"error="invalid_token""#));
}

#[test]
fn the_protected_resource_tells_the_request_and_wants_the_scope() {
    let sandbox = start();
    let token = login(&sandbox)["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let got = send(&sandbox, "PUT /api/echo?need=read", &bearer, "12345").json();
    assert_eq!((&got["method"], &got["content_length"]), (&json!("PUT"), &json!(5)));
    let refused = get(&sandbox, "/api/echo?need=admin", &token);
    assert!(refused.status == 403 && refused.head.contains(r#"error="insufficient_scope", scope="admin""#));
    assert!(
        !send(&sandbox, "GET /api/echo", "", "").head.contains("error="),
        "no token, no error code (RFC 6750 §3.1)"
    );
}

#[test]
fn metadata_is_the_same_at_both_addresses() {
    let sandbox = start();
    let metadata = control(&sandbox, "GET /.well-known/oauth-authorization-server");
    assert_eq!(metadata, control(&sandbox, "GET /.well-known/openid-configuration"));
    assert_eq!(metadata["issuer"], sandbox.issuer());
    assert!(send(&sandbox, "GET /", "", "").head.contains("connection: close"));
    assert!(metadata.get("jwks_uri").is_none());
}

#[test]
fn control_is_closed_unless_it_was_asked_for() {
    let sandbox = Sandbox::start(Settings { control: false, ..settings() }).unwrap();
    for line in ["GET /sandbox/counters", "POST /sandbox/behaviour", "POST /sandbox/login"] {
        assert_eq!(send(&sandbox, line, "", "{}").status, 403);
    }
}

#[test]
fn requests_for_another_host_and_broken_ones_are_refused() {
    let sandbox = start();
    let sent = |text: &str| raw(&sandbox, text)[9..12].to_owned();
    assert_eq!(sent("GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n"), "421");
    assert_eq!(sent("nonsense\r\n\r\n"), "400");
    assert_eq!(sent("POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
    assert_eq!(sent("POST /token HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n"), "413");
    assert_eq!(sent(&format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(40 * 1024))), "431");
}

#[test]
fn the_log_tells_tokens_apart_and_never_shows_them() {
    let sandbox = start();
    let tokens = login(&sandbox);
    let new = refresh(&sandbox, &tokens).json();
    let log = control(&sandbox, "GET /sandbox/log");
    let all = log.as_array().unwrap();
    let (login, refresh) = (&all[all.len() - 2], &all[all.len() - 1]);
    assert_eq!(login["parameters"]["redirect_uri"], REDIRECT);
    assert_eq!(login["parameters"]["code_verifier"], Value::Null);
    assert_eq!(refresh["refresh_token"], login["issued_refresh_token"]);
    assert_ne!(refresh["refresh_token"], refresh["issued_refresh_token"]);
    for secret in [&tokens["refresh_token"], &new["access_token"]] {
        assert!(!log.to_string().contains(secret.as_str().unwrap()));
    }
    assert!(!log.to_string().contains(VERIFIER));
    let counters = control(&sandbox, "GET /sandbox/counters");
    assert_eq!(
        (&counters["grants"]["refresh_token"], &counters["refreshes"], &counters["logins"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(counters["requests"]["token"], 2);
}

#[test]
fn control_ends_tokens_families_and_everything() {
    let sandbox = start();
    let tokens = login(&sandbox);
    control(&sandbox, "POST /sandbox/expire");
    assert_eq!(userinfo(&sandbox, &tokens).status, 401);
    let tokens = refresh(&sandbox, &tokens).json();
    assert_eq!(userinfo(&sandbox, &tokens).status, 200);
    control(&sandbox, "POST /sandbox/revoke-all");
    assert_eq!(refresh(&sandbox, &tokens).error(), "invalid_grant");
    turn(&sandbox, &json!({"rotate": false}));
    control(&sandbox, "POST /sandbox/reset");
    assert_eq!(control(&sandbox, "GET /sandbox/behaviour")["rotate"], true);
    assert_eq!(control(&sandbox, "GET /sandbox/counters")["logins"], 0);
}

#[test]
fn control_signs_in_without_a_page() {
    let sandbox = start();
    let login = |url: &str, allow: bool| {
        let body = json!({"authorization_url": url, "account": "bob@example.test", "allow": allow});
        send(&sandbox, "POST /sandbox/login", "", &body.to_string())
    };
    let url = authorization_url(&sandbox, &[]);
    let redirect = login(&url, true).json()["redirect"].as_str().unwrap().to_owned();
    let tokens = redeem(&sandbox, returned(&redirect).get("code").unwrap(), VERIFIER).json();
    assert_eq!(userinfo(&sandbox, &tokens).json()["name"], "Bob");
    assert!(login(&url, false).body.contains("access_denied"));
    assert_eq!(login(&url.replacen("127.0.0.1", "localhost", 1), true).status, 400, "another origin");
}

#[test]
fn unknown_knobs_are_refused_and_the_others_stay() {
    let sandbox = start();
    turn(&sandbox, &json!({"grace_ms": 7}));
    let coded = r#"{"faults": [{"endpoint": "token", "do": {"answer": {"body_base64": "%"}}}]}"#;
    for wrong in [r#"{"gracems": 1}"#, r#"{"grace_ms": -1}"#, coded, "nonsense"] {
        assert_eq!(send(&sandbox, "POST /sandbox/behaviour", "", wrong).status, 400, "{wrong}");
    }
    turn(&sandbox, &json!({"reuse": "refuse"}));
    assert_eq!(control(&sandbox, "GET /sandbox/behaviour")["grace_ms"], 7);
}

#[test]
fn knobs_for_lifetimes() {
    let sandbox = start();
    turn(&sandbox, &json!({"access_ttl": null, "refresh_ttl": 9}));
    let tokens = login(&sandbox);
    assert_eq!((&tokens["expires_in"], &tokens["refresh_expires_in"]), (&Value::Null, &json!(9)));
    turn(&sandbox, &json!({"access_ttl": 0, "refresh_ttl": 0}));
    let tokens = refresh(&sandbox, &tokens).json();
    assert_eq!(userinfo(&sandbox, &tokens).status, 401);
    assert_eq!(refresh(&sandbox, &tokens).error(), "invalid_grant");
}

#[test]
fn knobs_for_rotation_and_reuse() {
    let sandbox = start();
    let first = login(&sandbox);
    turn(&sandbox, &json!({"rotate": false}));
    assert_eq!(refresh(&sandbox, &first).json()["refresh_token"], first["refresh_token"]);
    turn(&sandbox, &json!({"rotate": true, "omit_refresh_token": true}));
    assert_eq!(refresh(&sandbox, &first).json()["refresh_token"], Value::Null);
    turn(&sandbox, &json!({"omit_refresh_token": false, "reuse": "refuse"}));
    let second = refresh(&sandbox, &first).json();
    assert_eq!(refresh(&sandbox, &first).error(), "invalid_grant");
    assert_eq!(userinfo(&sandbox, &second).status, 200, "refused, and nothing revoked");
    turn(&sandbox, &json!({"reuse": "accept"}));
    assert_eq!(refresh(&sandbox, &first).status, 200);
    turn(&sandbox, &json!({"reuse": "revoke", "grace_ms": 600_000}));
    assert_eq!(refresh(&sandbox, &first).status, 200);
    turn(&sandbox, &json!({"grace_ms": 0}));
    assert_eq!(refresh(&sandbox, &first).status, 400);
    assert_eq!(userinfo(&sandbox, &second).status, 401);
}

#[test]
fn knobs_for_what_an_answer_says() {
    let sandbox = start();
    let members = json!({"expires_in": "\"3600\"", "token_type": null, "scope": "[1]", "ok": "true", "big": "1e999"});
    turn(&sandbox, &json!({"members": members}));
    let got = redeem(&sandbox, &code(&sandbox), VERIFIER);
    assert!(
        got.body.contains(r#""expires_in":"3600""#) && got.body.contains(r#""ok":true"#) && got.body.contains("1e999")
    );
    assert!(!got.body.contains("token_type") && got.body.contains(r#""scope":[1]"#));
    turn(&sandbox, &json!({"members": {}, "scope": "read admin", "refresh_account": "mallory@example.test"}));
    let tokens = refresh(&sandbox, &login(&sandbox)).json();
    assert_eq!(tokens["scope"], "read admin");
    assert_eq!(get(&sandbox, "/api/echo?need=admin", tokens["access_token"].as_str().unwrap()).status, 200);
    assert_eq!(userinfo(&sandbox, &tokens).json()["email"], "mallory@example.test");
}

#[test]
fn the_knob_for_the_issuer_in_the_redirect() {
    let sandbox = start();
    let iss =
        || returned(&sign_in(&authorization_url(&sandbox, &[]), "alice", true).unwrap()).get("iss").map(str::to_owned);
    turn(&sandbox, &json!({"redirect_iss": "https://evil.test"}));
    assert_eq!(iss().as_deref(), Some("https://evil.test"));
    turn(&sandbox, &json!({"redirect_iss": ""}));
    assert_eq!(iss(), None);
}

#[test]
fn the_knob_for_the_clock() {
    let sandbox = start();
    turn(&sandbox, &json!({"clock_offset": -3_000_000_000_i64}));
    let head = get(&sandbox, "/userinfo", "").head;
    assert!(head.contains(" 19"), "sometime before the year 2000: {head}");
    assert!(claims(&login(&sandbox))["iat"].as_u64().unwrap() < 900_000_000);
}

#[test]
fn faults_that_answer() {
    let sandbox = start();
    let tokens = login(&sandbox);
    let answer = json!({"status": 429, "content_type": "text/html", "headers": {"Retry-After": "7"}, "body": "<p>", "repeat": 100_000});
    turn(&sandbox, &json!({"faults": [{"endpoint": "userinfo", "next": 2, "do": {"answer": answer}}]}));
    for _ in 0..2 {
        let got = userinfo(&sandbox, &tokens);
        assert_eq!((got.status, got.body.len()), (429, 300_000));
        assert!(got.head.contains("retry-after: 7") && got.head.contains("content-type: text/html"));
    }
    assert_eq!(userinfo(&sandbox, &tokens).status, 200);
    let zipped =
        json!({"status": 200, "content_type": "", "headers": {"Content-Encoding": "gzip"}, "body_base64": "H4sI"});
    turn(&sandbox, &json!({"faults": [{"endpoint": "userinfo", "every": 2, "do": {"answer": zipped}}]}));
    let seen: Vec<_> = (0..4).map(|_| userinfo(&sandbox, &tokens).head.contains("gzip")).collect();
    assert_eq!(seen, [false, true, false, true]);
    assert_eq!(control(&sandbox, "GET /sandbox/counters")["faults"], 4);
}

#[test]
fn a_false_answer_can_come_before_or_after_the_effect() {
    let sandbox = start();
    let tokens = login(&sandbox);
    let fault = |handled: bool| json!({"faults": [{"endpoint": "token", "next": 1, "do": {"answer": {"status": 502, "handled": handled}}}]});
    turn(&sandbox, &fault(false));
    assert_eq!(refresh(&sandbox, &tokens).status, 502);
    let tokens = refresh(&sandbox, &tokens).json();
    turn(&sandbox, &fault(true));
    assert_eq!(refresh(&sandbox, &tokens).status, 502);
    assert_eq!(refresh(&sandbox, &tokens).error(), "invalid_grant", "it was spent by the failed request");
}

#[test]
fn faults_on_the_wire() {
    let sandbox = start();
    let fault = |act: &Value| turn(&sandbox, &json!({"faults": [{"endpoint": "token", "next": 1, "do": act}]}));
    let first = login(&sandbox);
    let form = |tokens: &Value| {
        let token = tokens["refresh_token"].as_str().unwrap();
        let body = encode([("grant_type", "refresh_token"), ("client_id", "demo"), ("refresh_token", token)]);
        request(&sandbox, "POST /token", "", &body)
    };
    fault(&json!("drop"));
    assert_eq!(raw(&sandbox, &form(&first)), "");
    assert_eq!(control(&sandbox, "GET /sandbox/counters")["refreshes"], 0);
    fault(&json!({"drip": {"pause_ms": 0}}));
    let second = refresh(&sandbox, &first).json();
    turn(&sandbox, &json!({"grace_ms": 600_000}));
    fault(&json!({"drip": {"pause_ms": 3_600_000}}));
    let mut dripping = connect(&sandbox);
    dripping.write_all(form(&second).as_bytes()).unwrap();
    assert_eq!(dripping.read(&mut [0; 100]).unwrap(), 1, "one byte, and then the pause");
    fault(&json!({"cut": {"at": 20}}));
    assert_eq!(raw(&sandbox, &form(&second)).len(), 20);
    fault(&json!({"cut": {"at": null}}));
    let half = raw(&sandbox, &form(&second));
    assert!(half.starts_with("HTTP/1.1 200") && half.len() > 100 && !half.ends_with('}'));
    fault(&json!("lose"));
    let before = control(&sandbox, "GET /sandbox/counters")["refreshes"].as_u64().unwrap();
    assert_eq!(raw(&sandbox, &form(&second)), "");
    assert_eq!(control(&sandbox, "GET /sandbox/counters")["refreshes"], before + 1);
}

/// Rotation happens on the side of the latency that the knob says. The waits end with the sandbox, not in time.
#[test]
fn the_knobs_for_latency() {
    for (rotate_at, at_once) in [("arrival", 1), ("answer", 0)] {
        let sandbox = start();
        let tokens = login(&sandbox);
        turn(&sandbox, &json!({"latency_ms": {"token": 3_600_000}, "rotate_at": rotate_at}));
        let body = encode([
            ("grant_type", "refresh_token"),
            ("client_id", "demo"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ]);
        let mut waiting = connect(&sandbox);
        waiting.write_all(request(&sandbox, "POST /token", "", &body).as_bytes()).unwrap();
        until(&sandbox, |counters| counters["grants"]["refresh_token"] == 1);
        until(&sandbox, |counters| counters["refreshes"] == at_once);
        for _ in 0..50 {
            assert_eq!(control(&sandbox, "GET /sandbox/counters")["refreshes"], at_once);
        }
        drop(sandbox);
        assert_eq!(waiting.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}

#[test]
fn a_thousand_waiting_clients_keep_nobody_else_waiting() {
    let sandbox = start();
    let tokens = login(&sandbox);
    turn(&sandbox, &json!({"latency_ms": {"token": 3_600_000}}));
    let asked = request(&sandbox, "POST /token", "", "grant_type=refresh_token&client_id=demo&refresh_token=x");
    let mut herd: Vec<_> = (0..1000).map(|_| connect(&sandbox)).collect();
    for client in &mut herd {
        client.write_all(asked.as_bytes()).unwrap();
    }
    until(&sandbox, |counters| counters["grants"]["refresh_token"] == 1000);
    assert_eq!(userinfo(&sandbox, &tokens).status, 200);
    drop(sandbox);
    for mut client in herd {
        assert_eq!(client.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}

#[test]
fn a_dropped_sandbox_has_left_its_port() {
    let sandbox = start();
    let port = sandbox.address.port();
    assert!(matches!(Sandbox::start(Settings { port, ..settings() }), Err(Error::Bind { .. })));
    let mut silent = connect(&sandbox);
    drop(sandbox);
    assert!(!matches!(silent.read(&mut [0]), Ok(1)), "closed, or reset where it was never taken");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_visit_stays_on_its_origin_and_on_this_machine() {
    let sandbox = start();
    let away = authorization_url(&sandbox, &[("response_type", "token")]);
    assert_eq!(visit(&away).unwrap(), 303, "the client's address was not called");
    for url in ["http://example.test/callback", "https://127.0.0.1/callback", "http://127.0.0.1.evil.test/", "no url"] {
        assert!(matches!(visit(url), Err(Error::NotLoopback)), "{url}");
    }
}

//! Documents that are read, and those that are refused.

use serde_json::json;

use super::*;

fn document(change: impl FnOnce(&mut Value)) -> Result<Backup, Malformed> {
    let server = json!({"name": "Demo", "issuer": "https://as.example", "authorization_endpoint":
        "https://as.example/authorize", "token_endpoint": "https://as.example/token",
        "token_endpoint_auth_method": "none"});
    let time = "2026-01-01T00:00:00Z";
    let mut text = json!({"format": "oauth-backup", "version": 1, "store": "s", "made_by": "a@b",
        "made_at": time, "credentials": [{"tenant": "default", "provider": "demo", "account": "alice",
        "kind": "oauth", "server": server, "subject": null, "client_id": "c", "client_secret": null,
        "requested": ["x"], "scopes": ["x", "y"], "token_type": "Bearer", "access_token": "at",
        "refresh_token": "rt", "proof_key": null, "issued_at": time, "expires_at": null, "refresh_expires_at": null,
        "default": true, "parameters": {}, "variables": {}, "metadata": {}, "reauth": null, "created_by": "a@b",
        "authorized_at": time, "created_at": time, "updated_at": time, "last_refreshed_at": null,
        "last_used_at": null, "generation": 3, "rotates": null}], "clients": []});
    change(&mut text);
    Backup::parse(text.to_string().as_bytes())
}

#[test]
fn what_was_written_is_read_again() {
    let backup = document(|_| ()).unwrap();
    let again = Backup::parse(backup.to_json().expose().as_bytes()).unwrap();
    assert_eq!(again.to_json().expose(), backup.to_json().expose());
    assert_eq!((again.size(), again.shared()), ((1, 0), vec!["demo alice".to_owned()]));
    assert!(!format!("{backup:?}").contains("\"rt\""));
}

#[test]
fn a_document_that_is_not_quite_right_is_refused_whole() {
    type Change = fn(&mut Value);
    let wrong: [(&str, Change); 9] = [
        ("another format", |text| text["format"] = "other".into()),
        ("newer version", |text| text["version"] = 2.into()),
        ("no backup", |text| text["surprise"] = 1.into()),
        ("no backup", |text| text["credentials"][0]["surprise"] = 1.into()),
        ("no backup", |text| text["credentials"][0]["issued_at"] = "yesterday".into()),
        ("cannot be the name", |text| text["credentials"][0]["account"] = "a\u{1b}[2J".into()),
        ("cannot be the name", |text| text["credentials"][0]["tenant"] = "".into()),
        ("cannot be one", |text| text["credentials"][0]["refresh_token"] = "a\r\nb".into()),
        ("twice", |text| {
            let mut second = text["credentials"][0].clone();
            second["account"] = "ALICE".into();
            text["credentials"].as_array_mut().unwrap().push(second);
        }),
    ];
    for (words, change) in wrong {
        let error = document(change).unwrap_err().to_string();
        assert!(error.contains(words), "{error}: {words}");
    }
    assert!(Backup::parse(b"{\"format\": \"oauth-backup\"").is_err());
}

/// One member of the credential, or of a client registration beside it, changed.
fn with(pointer: &str, value: Value) -> Result<Backup, Malformed> {
    document(|text| {
        let own = &text["credentials"][0];
        let client = json!({"tenant": "default", "provider": "demo", "name": "default",
            "client_id": "c", "client_secret": null, "registration": null, "registration_access_token": null,
            "server": own["server"], "variables": {}, "default": true, "updated_at": own["updated_at"]});
        text["clients"] = Value::Array(vec![client]);
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        text.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    })
}

/// What a terminal would act on.
const ACT: &str = "a\u{1b}]0;x\u{7}";

/// Members of a server's record, each with values that none of them has.
fn wrong_servers() -> Vec<(&'static str, Value)> {
    vec![
        ("server/issuer", json!(["", "x", "http://as.example"])),
        (
            "server/authorization_endpoint",
            json!(["javascript:alert(1)", "http://as.example/", "https://169.254.169.254/"]),
        ),
        (
            "server/token_endpoint",
            json!([
                "file:///etc/passwd",
                "http://169.254.169.254/x",
                "https://u@as.example/",
                "x",
                "https://as.example/#x"
            ]),
        ),
        ("server/refresh_endpoint", json!(["http://as.example/"])),
        ("server/device_authorization_endpoint", json!(["http://as.example/"])),
        ("server/revocation_endpoint", json!(["gopher://x"])),
        ("server/introspection_endpoint", json!(["http://as.example/"])),
        ("server/pushed_authorization_request_endpoint", json!(["http://as.example/"])),
        ("server/userinfo_endpoint", json!(["javascript:alert(1)", "{x}/y"])),
        ("server/resources_endpoint", json!(["http://as.example/"])),
        ("server/api_base", json!(["http://as.example/"])),
        ("server/applications_url", json!(["javascript:alert(1)", "http://as.example/"])),
        ("server/mtls_endpoint_aliases", json!([{"token_endpoint": "http://as.example/"}])),
        ("server/api_hosts", json!([["*"], [""], ["*."], ["*.com"], ["a b"], [ACT], ["a/b"]])),
        ("server/git_hosts", json!([["*"]])),
        ("server/registry_hosts", json!([["*"]])),
        ("server/git_username", json!(["a\nb"])),
        ("server/registry_username", json!([ACT])),
        ("server/token_env", json!(["X;touch /tmp/x;", "LD_PRELOAD", "PROMPT_COMMAND", "x", "", ACT])),
        ("server/token_parameters", json!([{"client_secret": "x"}, {"a": ACT}])),
        ("server/refresh_parameters", json!([{"refresh_token": "x"}])),
        ("server/refresh_redirect_uri", json!([ACT])),
        ("server/refresh_grace", json!([u64::MAX])),
        ("server/resource", json!([[ACT]])),
        ("server/account_field", json!(["email", ACT])),
        ("server/subject_field", json!(["/refresh_token"])),
        ("server/metadata", json!([{"x": "token:/refresh_token"}, {"x": "y"}])),
        ("server/identity_scopes", json!([[ACT]])),
        (
            "server/quirks",
            json!([{"headers": {"Host": "x"}}, {"headers": {"X": "a\r\nb"}}, {"token_header": "X-Token"},
            {"error_codes": {"x": "gone"}}, {"answer_at": "x"}]),
        ),
        (
            "server/mint",
            json!([{"grant": "installation", "access_tokens_url": "http://as.example/"},
            {"grant": "token-exchange", "subject_token": {"file": "../x"}},
            {"grant": "token-exchange", "subject_token": {"environment": ""}}]),
        ),
    ]
}

/// The same of a credential.
fn wrong_credentials() -> Vec<(&'static str, Value)> {
    vec![
        ("tenant", json!(["", "--yes", " a", ACT, "a\u{202e}", "x".repeat(129)])),
        (
            "provider",
            json!([
                "",
                "--yes",
                "../../x",
                "x;touch /tmp/x;$(id)",
                "a b",
                "X",
                "demo@x",
                ACT,
                "file:///etc/passwd",
                "http://as.example/",
                "https://u:p@as.example/",
                "https://as.example/ x",
                "https://as.example/\u{202e}"
            ]),
        ),
        ("account", json!(["", " a", ACT, "ali\u{200b}ce", "a\nb"])),
        ("kind", json!(["machine", "other"])),
        ("client_id", json!([ACT])),
        ("client_secret", json!(["", ACT])),
        ("proof_key", json!(["", "a b", ACT])),
        ("access_token", json!(["", "a b", "a\r\nb", ACT])),
        ("requested", json!([[ACT], ["a b"], ["a\nb"]])),
        ("token_type", json!(["Bearer\r\nX: y"])),
        ("parameters", json!([{"client_secret": "x"}, {"a": ACT}, {ACT: "a"}])),
        ("variables", json!([{"a": ACT}, {"A b": "x"}])),
        ("metadata", json!([{"imported_from": ACT}, {"imported_from": 1}])),
        ("generation", json!([0, -1, i64::MAX, 1_i64 << 41])),
        ("issued_at", json!(["-9999-01-01T00:00:00Z", i64::MAX.to_string()])),
        ("authorized_at", json!([i64::MAX.to_string()])),
        ("created_at", json!([i64::MIN.to_string()])),
        ("updated_at", json!([i64::MAX.to_string()])),
        ("last_refreshed_at", json!([i64::MAX.to_string()])),
        ("last_used_at", json!([i64::MAX.to_string()])),
        ("expires_at", json!([i64::MIN.to_string()])),
        ("refresh_expires_at", json!([i64::MIN.to_string()])),
    ]
}

/// The same of a client registration.
fn wrong_clients() -> Vec<(&'static str, Value)> {
    vec![
        ("tenant", json!(["--yes", ACT])),
        ("provider", json!(["--yes", "../../x", "x;id", ACT])),
        ("name", json!(["", "a\nb", ACT])),
        ("client_id", json!([ACT])),
        ("client_secret", json!(["", ACT])),
        ("registration_access_token", json!([ACT])),
        (
            "registration",
            json!([{"redirect_uri": ACT}, {"redirect_uri": "http://127.0.0.1/", "client_uri": "file:///x"}]),
        ),
        ("server/token_endpoint", json!(["file:///etc/passwd"])),
        ("server/token_env", json!(["LD_PRELOAD"])),
        ("variables", json!([{"a": ACT}])),
        ("updated_at", json!([i64::MAX.to_string()])),
    ]
}

#[test]
fn of_every_member_that_leaves_the_store_what_no_entry_and_no_login_could_say_is_refused() {
    with("/credentials/0/generation", 3.into()).unwrap();
    let (own, client) = ("/credentials/0", "/clients/0");
    for (of, cases) in [(own, wrong_servers()), (own, wrong_credentials()), (client, wrong_clients())] {
        for (member, values) in cases {
            for value in values.as_array().unwrap() {
                let pointer = format!("{of}/{member}");
                let Err(error) = with(&pointer, value.clone()) else { panic!("{pointer}: {value}") };
                let told = error.to_string();
                assert!(crate::model::text::is_plain(&told), "{pointer}: {told}");
            }
        }
    }
}

#[test]
fn what_a_store_can_hold_is_taken() {
    let cases = [
        ("tenant", json!(["a b"])),
        ("provider", json!(["https://mcp.example/mcp?x=1", "http://127.0.0.1:8080/mcp", "my-server.v2_x"])),
        ("account", json!(["--yes", "it's; rm -rf /", "zoë 東京"])),
        ("server/token_endpoint", json!(["", "http://127.0.0.1:1/t", "https://10.0.0.7/t"])),
        ("server/api_hosts", json!([["*.a.example", "a.example:8443", "[::1]:1"]])),
        ("server/applications_url", json!(["https://as.example/apps"])),
        ("client_secret", json!(["-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "it's a secret"])),
        ("expires_at", json!([i64::MAX.to_string()])),
        ("subject", json!(["a\u{202e}b\nc"])),
        ("scopes", json!([["a\u{202e}"]])),
        ("metadata", json!([{"x": "a\u{202e}b\nc"}, {"cloudid": "x", "sites": [{"name": "zoë"}]}])),
    ];
    for (member, values) in cases {
        for value in values.as_array().unwrap() {
            let taken = with(&format!("/credentials/0/{member}"), value.clone());
            assert!(taken.is_ok(), "{member}: {value}: {}", taken.unwrap_err());
        }
    }
    let open = |api_base: &str| {
        document(|text| {
            let server = text["credentials"][0]["server"].as_object_mut().unwrap();
            let facts = json!({"api_base": api_base, "metadata": {"site": "token:/site"}});
            server.extend(facts.as_object().unwrap().clone());
        })
    };
    for api_base in ["{site}", "https://api.as.example/ex/{site}", "https://{site}.as.example"] {
        open(api_base).unwrap();
    }
    for api_base in ["javascript:{site}", "https://as.example/{other}", "http://{site}.as.example/"] {
        assert!(open(api_base).is_err(), "{api_base}");
    }
}

#[test]
fn what_is_only_shown_is_made_harmless() {
    let act = "a\u{1b}[2J\u{202e}b";
    let backup = document(|text| {
        text["made_by"] = act.into();
        for member in ["reauth", "created_by"] {
            text["credentials"][0][member] = act.into();
        }
        text["credentials"][0]["server"]["name"] = act.into();
    });
    let (backup, plain) = (backup.unwrap(), "a\\x1b[2J\\u{202e}b");
    let own = &backup.credentials[0];
    assert_eq!([&backup.made_by, &own.created_by, &own.server.name, own.reauth.as_ref().unwrap()], [plain; 4]);
}

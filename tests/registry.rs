//! The registry, its clients and its scopes, as a user meets them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::demo::{ALICE, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, parameter, visit};
use crate::support::double::Double;
use crate::support::sandbox::{Home, Output};
use crate::support::wait_for;

const ENDPOINTS: &str =
    "authorization_endpoint = \"https://as.example/a\"\ntoken_endpoint = \"https://as.example/t\"\n";

fn oauth(home: &Home, args: &[&str]) -> Output {
    let output = home.oauth(args.iter().copied()).run();
    output.success();
    output
}

/// The same, where what it says does not matter.
fn done(home: &Home, args: &[&str]) {
    let _ = oauth(home, args);
}

/// Writes a file of the user's own, as private as the program wants it.
fn write(home: &Home, name: &str, text: &str) -> String {
    let path = home.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn at_least_150_providers_are_listed_by_category_and_found_by_words() {
    let home = Home::new();
    let all = oauth(&home, &["provider", "list", "--json"]).json();
    assert!(all.as_array().unwrap().len() >= 150);
    for one in all.as_array().unwrap() {
        for key in ["id", "name", "category", "sources", "confidence", "setup"] {
            assert!(one.get(key).is_some(), "{key} of {}", one["id"]);
        }
    }
    let text = oauth(&home, &["provider", "list"]);
    text.stdout_has("\nmail\n").stdout_has("  github ").stderr_is("");
    let mail = oauth(&home, &["provider", "list", "GMAIL"]);
    mail.stdout_has("google").stderr_is("");
    assert!(!mail.stdout.contains("github"), "{mail}");
    assert_eq!(oauth(&home, &["provider", "list", "no such word", "--json"]).json(), json!([]));
    home.oauth(["provider", "show", "gihtub"]).run().fails(3).stderr_has("did you mean: github");
    assert!(!home.oauth_home().exists(), "looking at what is built in writes nothing");
}

#[test]
fn a_provider_tells_what_it_demands() {
    let home = Home::new();
    oauth(&home, &["provider", "show", "slack"]).stdout_has("http://localhost:17171/callback").stdout_has("user_scope");
    oauth(&home, &["provider", "show", "figma"]).stdout_has("https://api.figma.com/v1/oauth/refresh");
    oauth(&home, &["provider", "show", "okta"]).stdout_has("--set domain=").stdout_has("needed, such as");
    oauth(&home, &["provider", "show", "yahoo"]).stdout_has("oob  (a page that shows a code)");
    oauth(&home, &["provider", "show", "jira"]).stdout_has("cloud_id").stdout_has("read:jira-work");
    oauth(&home, &["provider", "show", "trakt"]).stdout_has("low confidence");
}

#[test]
fn every_built_in_entry_keeps_to_the_form() {
    let home = Home::new();
    let checked = oauth(&home, &["provider", "check", "--json"]).json();
    let checked = checked.as_array().unwrap();
    assert!(checked.len() >= 150 && checked.iter().all(|one| one["ok"] == true), "{checked:#?}");
}

#[test]
fn a_bad_entry_is_refused_with_its_file_line_and_key() {
    let home = Home::new();
    let cases = [
        ("token_endpoint = \"https://as.example/t\"\n", "`authorization_endpoint`: it is missing"),
        (
            "authorization_endpoint = \"https://as.example/a\"\ntoken_endpoint = \"http://as.example/t\"\n",
            ":3: `token_endpoint`: http is taken",
        ),
        (&format!("tokn_env = \"X\"\n{ENDPOINTS}"), ":2: unknown field `tokn_env`; did you mean `token_env`?"),
        (&format!("aliases = [\"gmail\"]\n{ENDPOINTS}"), "`gmail` is built in, as a name of google"),
        (&format!("aliases = [\"a\", \"a\"]\n{ENDPOINTS}"), ":2: `aliases`: `a` is there twice"),
        (&format!("notes = [\"\\u001b]0;x\\u0007\"]\n{ENDPOINTS}"), ":2: `notes`: it holds control characters"),
        (&format!("{ENDPOINTS}api_hosts = [\"*\"]\n"), ":4: `api_hosts`: `*` is no host"),
        ("authorization_endpoint = \n", ":2: "),
    ];
    for (text, said) in cases {
        let file = write(&home, "mine.toml", &format!("name = \"Mine\"\n{text}"));
        for args in [&["provider", "check", &file][..], &["provider", "add", "mine", "--file", &file]] {
            let output = home.oauth(args.iter().copied()).run();
            output.fails(2).stdout_is("").stderr_has(said).stderr_has(&file).says_nothing_of("\u{1b}]");
        }
    }
    let good = write(&home, "good.toml", &format!("name = \"Mine\"\n{ENDPOINTS}"));
    oauth(&home, &["provider", "check", &good]).stdout_has("ok");
    // A pipe does not tell how long it is.
    let piped = format!("head -c 300000 /dev/zero | {} provider check /dev/stdin", env!("CARGO_BIN_EXE_oauth"));
    home.command("sh").args(["-c", &piped]).run().fails(2).stderr_has("larger than 256 KiB");
    for name in ["../mine", "a/b", "", "MINE", "mi ne", "x\u{1b}[2J"] {
        home.oauth(["provider", "add", name, "--file", &good]).run().fails(2).says_nothing_of("\u{1b}");
    }
    oauth(&home, &["provider", "add", "mine", "--file", &good]).stdout_is("");
    assert_eq!(oauth(&home, &["provider", "show", "mine", "--json"]).json()["built_in"], false);
    oauth(&home, &["provider", "add", "mine", "--file", &good]).stderr_has("nothing is changed");
    let other = write(&home, "other.toml", &format!("name = \"Other\"\n{ENDPOINTS}"));
    home.oauth(["provider", "add", "mine", "--file", &other]).run().fails(2).stderr_has("oauth provider remove mine");
}

#[test]
fn a_file_of_the_users_own_never_stands_in_front_of_what_is_built_in_and_that_is_said() {
    let home = Home::new();
    write(&home, "oauth/providers.d/google.toml", &format!("name = \"Evil\"\n{ENDPOINTS}"));
    let list = home.oauth(["provider", "list", "google", "--json"]).run();
    list.success().stderr_has("google.toml is not read");
    assert_eq!(list.json()[0]["built_in"], true);
    assert_eq!(oauth(&home, &["provider", "show", "google", "--json"]).json()["name"], "Google");
}

#[test]
fn a_file_whose_name_is_no_providers_is_named_with_the_reason() {
    let home = Home::new();
    let files = [
        ("Bad Name.toml", "`Bad Name` cannot be a provider's name"),
        ("UPPER.toml", "`UPPER` cannot be a provider's name"),
        ("x.TOML", "its name does not end in `.toml`"),
        ("e\u{1b}[2J.toml", "cannot be a provider's name"),
    ];
    for (file, _) in files {
        write(&home, &format!("oauth/providers.d/{file}"), &format!("name = \"Mine\"\n{ENDPOINTS}"));
    }
    for other in ["mine.toml", "mine.toml.bak", ".toml", ".#mine.toml", "README"] {
        write(&home, &format!("oauth/providers.d/{other}"), &format!("name = \"Mine\"\n{ENDPOINTS}"));
    }
    let list = home.oauth(["provider", "list", "mine"]).run();
    list.success().stdout_has("  mine  ").says_nothing_of("\u{1b}");
    assert_eq!(list.stderr.lines().count(), files.len(), "{list}");
    let doctor = home.oauth(["doctor"]).run();
    doctor.success().stderr_has("oauth/providers.d/UPPER.toml ").stderr_has("oauth/providers.d/NAME.toml\n");
    let told = home.oauth(["doctor", "--json"]).run().json();
    let told: Vec<_> = told.as_array().unwrap().iter().filter(|one| one["check"] == "providers").collect();
    assert_eq!(told.len(), files.len(), "{told:#?}");
    for (file, why) in files {
        let file = file.replace('\u{1b}', "\\x1b");
        list.stderr_has(&format!("oauth/providers.d/{file} is not read: ")).stderr_has(why);
        let of_file = |one: &&&Value| one["detail"].as_str().unwrap().contains(&format!("{file} is not read: "));
        let one = told.iter().find(of_file).unwrap_or_else(|| panic!("{file}: {told:#?}"));
        assert!(one["result"] == "notice" && one["detail"].as_str().unwrap().ends_with(why), "{one:#}");
    }
    // What the hint says makes an entry of it.
    let from = home.oauth_home().join("providers.d");
    fs::rename(from.join("UPPER.toml"), from.join("upper.toml")).unwrap();
    oauth(&home, &["provider", "show", "upper"]).stdout_has("as.example");
}

#[test]
fn an_entry_is_held_to_what_its_server_says() {
    let (server, home) = (DemoServer::start(["--expire", "60"]), Home::new());
    server.add(&home, "mine");
    oauth(&home, &["provider", "check", "mine", "--live"]).stdout_is("mine  ok\n");
    let wrong = format!(
        "name = \"Wrong\"\nissuer = \"{0}\"\nauthorization_endpoint = \"{0}/authorize\"\ntoken_endpoint = \"{0}/tokens\"\n",
        server.issuer()
    );
    let file = write(&home, "wrong.toml", &wrong);
    home.oauth(["provider", "check", &file, "--live"])
        .run()
        .fails(2)
        .stderr_has("`token_endpoint`")
        .stderr_has("/token");
    home.oauth(["provider", "check", "github", "--live"]).run().fails(2).stderr_has("names no issuer");
}

#[test]
fn an_entry_without_endpoints_asks_the_issuer_for_them() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let text = format!(
        "name = \"Mine\"\ndiscovery = true\nissuer = \"{}\"\nidentity_scopes = [\"openid\", \"email\"]\n",
        server.issuer()
    );
    let file = write(&home, "mine.toml", &text);
    done(&home, &["provider", "add", "mine", "--file", &file]);
    assert_eq!(server.login(&home, "mine", ALICE)["account"], ALICE);
    done(&home, &["token", "mine"]);
}

#[test]
fn registrations_are_kept_listed_used_by_name_and_removed() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "mine");
    oauth(&home, &["client", "list"]).stdout_is("").stderr_has("oauth client set");
    oauth(&home, &["client", "set", "mine", "--client-id", "other"]).stdout_is("");
    // The same registration has one name at a time.
    oauth(&home, &["client", "set", "mine", "spare", "--client-id", "other"])
        .stderr_has("It was called default until now.");
    oauth(&home, &["client", "set", "mine", "default", "--client-id", "other"])
        .stderr_has("It was called spare until now.");
    oauth(&home, &["client", "set", "mine", "--client-id", "other"]).says_nothing_of("until now");
    let none = home.oauth(["init", "mine", "--client", "spare"]).run();
    none.fails(3).stderr_has("there are: default");
    let secret = home.oauth([
        "client",
        "set",
        "mine",
        "work",
        "--client-id",
        CONFIDENTIAL_CLIENT,
        "--client-secret-stdin",
        "--json",
    ]);
    let kept = secret.stdin(CONFIDENTIAL_SECRET).run();
    kept.success().says_nothing_of(CONFIDENTIAL_SECRET);
    assert_eq!((&kept.json()["name"], &kept.json()["has_secret"]), (&json!("work"), &json!(true)));

    // No key is needed to list, and no secret is in it.
    let list = home.oauth(["client", "list", "mine", "--json"]).without_key().run();
    list.success().says_nothing_of(CONFIDENTIAL_SECRET);
    let names: Vec<_> = list.json().as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["default", "work"]);
    assert_eq!(list.json()[0]["default"], true);

    server.sign_in(home.oauth(["init", "mine", "--client", "work", "--json"]), ALICE).success();
    let own = oauth(&home, &["list", "--json"]).json();
    assert_eq!(own[0]["client_id"], CONFIDENTIAL_CLIENT);
    let nobody = home.oauth(["init", "mine", "--client", "nobody", "--no-browser"]).run();
    nobody.fails(3).stderr_has("default, work").stderr_has("hint: oauth client list mine\n");

    let unclear = home.oauth(["client", "remove", "mine"]).run();
    unclear.fails(3).stderr_has("several").stderr_has("hint: name one, as in: oauth client remove mine work\n");
    oauth(&home, &["client", "remove", "mine", "default"]).stdout_is("");
    assert_eq!(oauth(&home, &["client", "list", "--json"]).json()[0]["default"], true);
    done(&home, &["client", "remove", "mine", CONFIDENTIAL_CLIENT]);
    assert_eq!(oauth(&home, &["client", "list", "--json"]).json(), json!([]));
    // What is connected has a copy of its own.
    done(&home, &["token", "mine", "--refresh"]);
}

#[test]
fn a_registration_is_never_used_at_another_server() {
    let (one, other, home) =
        (DemoServer::start(["--expire", "60"]), DemoServer::start(["--expire", "60"]), Home::new());
    one.add(&home, "mine");
    let set = home.oauth(["client", "set", "mine", "--client-id", CONFIDENTIAL_CLIENT, "--client-secret-stdin"]);
    set.stdin(CONFIDENTIAL_SECRET).run().success();
    done(&home, &["provider", "remove", "mine"]);
    other.add(&home, "mine");
    let before = other.requests();
    let named = home.oauth(["init", "mine", "--client", "default", "--no-browser"]).run();
    named.fails(7).stderr_has(one.issuer());
    assert_eq!(other.requests(), before, "nothing was sent");
}

#[test]
fn downloaded_files_are_read() {
    let home = Home::new();
    let uri = "https://oauth2.googleapis.com/token";
    let installed = json!({"installed": {"client_id": "me", "client_secret": "s3cret-of-file", "token_uri": uri}});
    let file = write(&home, "client_secret.json", &installed.to_string());
    oauth(&home, &["client", "set", "google", "--client-file", &file]).says_nothing_of("s3cret-of-file");
    let kept = oauth(&home, &["client", "list", "google", "--json"]).json();
    assert_eq!((&kept[0]["client_id"], &kept[0]["has_secret"]), (&json!("me"), &json!(true)));
    let other = home.oauth(["client", "set", "github", "--client-file", &file]).run();
    other.fails(2).stderr_has("googleapis.com").says_nothing_of("s3cret-of-file");
    let web = write(&home, "web.json", &json!({"web": {"client_id": "w", "client_secret": "s"}}).to_string());
    oauth(&home, &["client", "set", "google", "web", "--client-file", &web]).stderr_has("redirect URI");
    let key = write(&home, "key.json", &json!({"type": "service_account", "client_id": "7"}).to_string());
    home.oauth(["client", "set", "google", "--client-file", &key]).run().fails(2).stderr_has("service account");
}

/// The address of a login that is begun and not ended.
fn begin(home: &Home, double: &Double, args: &[&str]) -> String {
    let mut running = home.oauth(["init"]).args(args.iter().copied()).args(["--no-browser"]).spawn();
    let start = format!("{}/", double.origin());
    wait_for("the whole address", || {
        let said = running.wait_for_stderr(&start);
        let (_, rest) = said.split_once(&start)?;
        Some(format!("{start}{}", rest.split_once('\n')?.0))
    })
}

#[test]
fn variables_are_asked_for_checked_and_remembered_with_the_registration() {
    let (home, double) = (Home::new(), Double::start());
    let (file, _) = double.entry("keycloak", home.path());
    done(&home, &["provider", "add", "kc", "--file", file.to_str().unwrap()]);
    home.oauth(["init", "kc", "--client-id", "me"]).run().fails(2).stderr_has("--set host=VALUE");
    home.oauth(["init", "kc", "--client-id", "me", "--set", "hots=x"]).run().fails(2).stderr_has("host");
    for hostile in ["evil.example/../x", "a@b", "a?b", "a b", "a#b"] {
        home.oauth(["init", "kc", "--client-id", "me", "--set", &format!("host={hostile}")]).run().fails(2);
    }
    done(&home, &["client", "set", "kc", "--client-id", "me", "--set", "host=sso.example/auth", "--set", "realm=acme"]);
    let url = begin(&home, &double, &["kc", "--port", "17000-17100"]);
    assert!(url.contains("/sso.example/auth/realms/acme/protocol/openid-connect/auth?"), "{url}");
    // Another realm is another issuer, at which this registration is not known.
    home.oauth(["init", "kc", "--set", "realm=other"]).run().fails(2).stderr_has("client registration");
}

#[test]
fn scopes_are_named_shortly_and_what_was_not_granted_is_said() {
    let (home, double) = (Home::new(), Double::start());
    let (file, _) = double.entry("google", home.path());
    done(&home, &["provider", "add", "g", "--file", file.to_str().unwrap()]);
    let granted =
        "https://www.googleapis.com/auth/userinfo.email openid https://www.googleapis.com/auth/drive.readonly";
    double.answers(
        "https://openidconnect.googleapis.com/v1/userinfo",
        &[(200, r#"{"sub":"7","email":"a@example.test"}"#)],
    );
    let init = home.oauth([
        "init",
        "g",
        "--client-id",
        "me",
        "--client-secret-stdin",
        "--scope",
        "drive.readonly,tasks,email",
    ]);
    let mut running = init.args(["--no-browser"]).stdin("secret").spawn();
    let start = format!("{}/accounts", double.origin());
    let url = wait_for("the whole address", || {
        let said = running.wait_for_stderr(&start);
        Some(format!("{start}{}", said.split_once(&start)?.1.split_once('\n')?.0))
    });
    let asked = parameter(&url, "scope").unwrap();
    for whole in
        ["openid", "email", "https://www.googleapis.com/auth/drive.readonly", "https://www.googleapis.com/auth/tasks"]
    {
        assert!(asked.split(' ').any(|scope| scope == whole), "{asked}");
    }
    let issuer = format!("{}/accounts.google.com", double.origin());
    let claims = json!({"iss": issuer, "aud": "me", "sub": "7", "exp": 4e9, "nonce": parameter(&url, "nonce")});
    let id_token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let code = json!({"access_token": "at", "expires_in": 3599, "token_type": "Bearer", "scope": granted,
                      "refresh_token": "rt", "id_token": id_token});
    double.answers("https://oauth2.googleapis.com/token", &[(200, &code.to_string())]);
    let state = parameter(&url, "state").unwrap();
    let _ = visit(&format!("{}?code=c&state={state}", parameter(&url, "redirect_uri").unwrap()));
    let output = running.finish();
    output.success().stderr_has("read every Drive file");
    output.stderr_has("not granted: https://www.googleapis.com/auth/tasks\n").stderr_has("ends after 7 days");
    let scopes: Value = oauth(&home, &["list", "--json"]).json()[0]["scopes"].clone();
    assert_eq!(scopes.as_array().unwrap().len(), 3);
}

#[test]
fn the_steps_of_an_entry_name_the_redirect_uri_that_a_login_arrives_at() {
    // The first takes a host only; the second is registered by each server as it likes.
    const OTHERWISE: [&str; 2] = ["strava", "mcp"];
    let all = Home::new().oauth(["provider", "list", "--json"]).run().success().json();
    for entry in all.as_array().expect("a list") {
        let name = entry["id"].as_str().expect("a name");
        let rule = |key: &str, usual: &str| entry["redirect"][key].as_str().unwrap_or(usual).to_owned();
        if rule("rule", "loopback") != "loopback" || OTHERWISE.contains(&name) {
            continue;
        }
        let port = if rule("port", "any") == "exact" { ":17171" } else { "" };
        let uri = format!("http://{}{port}{}", rule("host", "127.0.0.1"), rule("path", "/callback"));
        let steps = entry["setup"].to_string();
        let wanted = entry["redirect"]["register"] != false;
        assert_eq!(steps.contains(&uri), wanted, "{name}: {uri} and {steps}");
        assert!(wanted || !steps.contains("http://"), "{name}: {steps}");
    }
}

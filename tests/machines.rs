//! Every way in without a person: each token is minted anew, and none needs anybody.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, DemoServer, age};
use crate::support::files::{assert_no_canary, private};
use crate::support::keys::{ec, rsa};
use crate::support::sandbox::{Home, Run};

const SERVICE: &str = "svc@project.example.test";

/// A server, and a home that knows it as `demo`.
fn known() -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    (server, home)
}

/// A private file of the home.
fn file(home: &Home, name: &str, text: &str) -> PathBuf {
    private(home.path(), name, text)
}

/// Runs an `init` of a machine, and holds the credential to what every such one is.
#[track_caller]
fn connected(server: &DemoServer, home: &Home, init: Run, grant: &str) -> Value {
    let own = init.args(["--json"]).run().success().json();
    assert_eq!(own["kind"], "machine");
    assert_eq!((&own["refreshable"], &own["status"]), (&json!(true), &json!("valid")));
    let account = own["account"].as_str().expect("an account");
    let first = home.oauth(["token", "demo", account]).run().success().stdout.clone();
    let before = server.count(&format!("grants/{grant}"));
    assert_eq!(home.oauth(["token", "demo", account]).run().success().stdout, first, "it is kept while it lives");
    age(home, 0);
    let second = home.oauth(["token", "demo", account]).run().success().stdout.clone();
    assert_ne!(first, second);
    assert_eq!(server.count(&format!("grants/{grant}")), before + 1);
    own
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

// --- Client credentials -----------------------------------------------------------------------------------------------

fn client_credentials(home: &Home) -> Run {
    let words = ["init", "demo", "--flow", "client-credentials", "--client-id", CONFIDENTIAL_CLIENT];
    home.oauth(words).args(["--client-secret-stdin", "--scope", "read"]).stdin(CONFIDENTIAL_SECRET)
}

#[test]
fn a_client_gets_tokens_for_itself() {
    let (server, home) = known();
    let own = connected(&server, &home, client_credentials(&home), "client_credentials");
    assert_eq!((&own["account"], &own["scopes"]), (&json!(CONFIDENTIAL_CLIENT), &json!(["read"])));
    home.oauth(["test", "demo"]).run().success();
    home.oauth(["revoke", "demo"]).run().success();
    home.oauth(["token", "demo"]).run().fails(3);
    // A client that was revoked says nothing of how a person connects; by its name it is connected as it was.
    server.sign_in(home.oauth(["init", "demo", "--client-id", CLIENT]), ALICE).success();
    client_credentials(&home).run().success();
}

#[test]
fn it_needs_nothing_of_its_surroundings_but_a_home_and_a_key() {
    let (server, home) = known();
    client_credentials(&home).run().success();
    let bare = home.command("env").args(["-i".to_owned(), format!("OAUTH_HOME={}", home.oauth_home().display())]);
    let key = format!("OAUTH_MASTER_KEY={}", crate::support::sandbox::MASTER_KEY);
    bare.args([key.as_str(), env!("CARGO_BIN_EXE_oauth"), "token", "demo", "--refresh"]).run().success().stderr_is("");
    assert_eq!(server.count("grants/client_credentials"), 2);
}

#[test]
fn however_many_ask_one_token_is_minted() {
    let (server, home) = known();
    client_credentials(&home).run().success();
    age(&home, 0);
    let running: Vec<_> = (0..12).map(|_| home.oauth(["token", "demo"]).spawn()).collect();
    let mut tokens: Vec<_> = running.into_iter().map(|one| one.finish().success().stdout.clone()).collect();
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(server.count("grants/client_credentials"), 2);
}

#[test]
fn a_machine_is_renewed_with_what_is_known_of_it() {
    let (server, home) = known();
    client_credentials(&home).run().success();
    home.oauth(["init", "demo"]).run().success().stderr_has("Renewed");
    assert_eq!(server.count("grants/client_credentials"), 2);
    assert_eq!(home.oauth(["list", "--json"]).run().json().as_array().map(Vec::len), Some(1));
}

#[test]
fn a_wrong_secret_is_told_before_anything_is_stored() {
    let (_server, home) = known();
    let words = ["init", "demo", "--flow", "client-credentials", "--client-id", CONFIDENTIAL_CLIENT, "--json"];
    home.oauth(words).args(["--client-secret-stdin"]).stdin("canary-wrong").run().fails(2).stderr_has("invalid_client");
    assert_eq!(home.oauth(["list", "--json"]).run().json(), json!([]));
    home.oauth(words).run().fails(2).stderr_has("client_required");
    let bot = [&words[..2], &["ci bot"], &words[2..6], &["--client-secret-stdin"]].concat();
    let told = home.oauth(bot).stdin("canary-wrong").run();
    told.fails(2).stderr_has("nothing is changed here");
    told.stderr_has("then: oauth init demo 'ci bot' --flow client-credentials --client-id ID --client-secret-stdin");
}

#[test]
fn a_server_in_trouble_leaves_the_credential_as_it_was() {
    let (server, home) = known();
    client_credentials(&home).run().success();
    age(&home, 0);
    server.break_token_endpoint(&json!({"answer": {"status": 503}}));
    home.oauth(["token", "demo"]).run().fails(5).stdout_is("");
    server.mend();
    home.oauth(["token", "demo"]).run().success();
}

#[test]
fn a_server_that_says_how_long_to_wait_is_not_asked_for_a_token_before() {
    let (server, home) = known();
    client_credentials(&home).run().success();
    age(&home, 0);
    server.break_token_endpoint(&json!({"answer": {"status": 429, "headers": {"Retry-After": "300"}}}));
    home.oauth(["token", "demo"]).run().fails(5).stdout_is("");
    let before = server.count("requests/token");
    home.oauth(["token", "demo"]).run().fails(5).stderr_has("asked not to be asked again so soon");
    assert_eq!(server.count("requests/token"), before);
    client_credentials(&home).run().fails(5);
    server.mend();
    client_credentials(&home).run().success();
    home.oauth(["token", "demo"]).run().success();
}

// --- Keys -------------------------------------------------------------------------------------------------------------

#[test]
fn a_private_key_stands_for_the_clients_secret() {
    let (server, home) = known();
    server.behave(&json!({"keys": {"demo-key": ec().public}}));
    let key = file(&home, "client.pem", &ec().private);
    let init = home.oauth(["init", "demo", "--flow", "client-credentials", "--client-id", "demo-key", "--key-file"]);
    connected(&server, &home, init.args([key]), "client_credentials");
    let line = ec().private.lines().nth(1).expect("a line of the key").to_owned();
    fs::remove_file(home.path().join("client.pem")).expect("it is there");
    assert_no_canary(home.path(), &[line]);
}

#[test]
fn a_service_account_signs_for_its_tokens() {
    let (server, home) = known();
    server.behave(&json!({"keys": {SERVICE: rsa().public}}));
    let account = json!({
        "type": "service_account", "client_email": SERVICE, "private_key": rsa().private, "private_key_id": "k1",
        "client_id": "1234", "token_uri": format!("{}/token", server.issuer()),
    });
    let key = file(&home, "sa.json", &account.to_string());
    let init = home.oauth(["init", "demo", "--scope", "read", "--client-file"]).args([key]);
    let own = connected(&server, &home, init, JWT_BEARER);
    assert_eq!((&own["account"], &own["scopes"]), (&json!(SERVICE), &json!(["read"])));
    let line = rsa().private.lines().nth(1).expect("a line of the key").to_owned();
    fs::remove_file(home.path().join("sa.json")).expect("it is there");
    assert_no_canary(home.path(), &[line]);
}

#[test]
fn a_key_of_somebody_else_gets_nothing() {
    let (server, home) = known();
    let key = file(&home, "key.pem", &ec().private);
    server.behave(&json!({"keys": {SERVICE: rsa().public}}));
    let words = ["init", "demo", "--flow", "jwt-bearer", "--client-id", SERVICE, "--json", "--key-file"];
    home.oauth(words).args([key]).run().fails(4).stderr_has("invalid_grant");
    assert_eq!(home.oauth(["list", "--json"]).run().json(), json!([]));
}

#[test]
fn a_file_that_is_no_key_is_named_with_what_helps() {
    let (_server, home) = known();
    let sec1 = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
    for (text, cause) in [("nothing", "no private key"), (sec1, "openssl pkcs8 -topk8"), ("", "no private key")] {
        let key = file(&home, "key.pem", text);
        let words = ["init", "demo", "--flow", "jwt-bearer", "--client-id", "x", "--key-file"];
        home.oauth(words).args([key]).run().fails(2).stderr_has(cause);
    }
    let open = file(&home, "open.pem", &ec().private);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("its mode");
    let words = ["init", "demo", "--flow", "jwt-bearer", "--client-id", "x", "--key-file"];
    home.oauth(words).args([open]).run().fails(7).stderr_has("chmod");
}

// --- The token of a job -----------------------------------------------------------------------------------------------

#[test]
fn a_ci_job_exchanges_the_token_that_its_service_gives() {
    let (server, home) = known();
    let job = |run: Run| {
        let url = format!("{}/job/token?api-version=2", server.issuer());
        run.env("ACTIONS_ID_TOKEN_REQUEST_URL", url).env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "demo-job-token")
    };
    let init = home.oauth([
        "init",
        "demo",
        "ci",
        "--flow",
        "token-exchange",
        "--scope",
        "read",
        "--audience",
        server.issuer(),
    ]);
    let own = job(init).args(["--json"]).run().success().json();
    assert_eq!((&own["account"], &own["kind"]), (&json!("ci"), &json!("machine")));
    age(&home, 0);
    job(home.oauth(["token", "demo"])).run().success();
    assert_eq!(server.count(&format!("grants/{TOKEN_EXCHANGE}")), 2);
    age(&home, 0);
    home.oauth(["token", "demo"]).run().fails(2).stderr_has("id-token: write");
}

#[test]
fn the_token_of_a_job_is_read_anew_from_its_variable_or_file() {
    let (server, home) = known();
    let token = crate::support::http::send(
        "GET",
        &format!("{}/job/token?audience={}", server.issuer(), server.issuer()),
        &[("Authorization", "bearer demo-job-token")],
        "",
    );
    let token = token.body;
    let token = crate::support::json(&token)["value"].as_str().expect("a token").to_owned();
    let path = file(&home, "projected", &format!("{token}\n"));
    let source = format!("file:{}", path.display());
    let exchange = |account: &str, source: &str| {
        home.oauth(["init", "demo", account, "--flow", "token-exchange", "--subject-token", source])
    };
    exchange("pod", &source).run().success();
    exchange("job", "env:MY_ID_TOKEN").env("MY_ID_TOKEN", &token).run().success();
    exchange("azure", "env:X").without_env("X").run().fails(2).stderr_has("X is not set");
    let found = home.oauth(["init", "demo", "found", "--flow", "token-exchange"]);
    found.env("AZURE_FEDERATED_TOKEN_FILE", &path).run().success();
    home.oauth(["init", "demo", "none", "--flow", "token-exchange"]).run().fails(2).stderr_has("--subject-token");
    // Nothing of the job's own token is kept.
    fs::remove_file(&path).expect("it is there");
    assert_no_canary(home.path(), &[token]);
    age(&home, 0);
    home.oauth(["token", "demo", "pod"]).run().fails(2);
}

// --- An App that is installed -----------------------------------------------------------------------------------------

/// A home that knows the server as `app`, with an API.
fn app() -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.behave(&json!({"keys": {"4711": rsa().public}}));
    let issuer = server.issuer();
    let entry = format!(
        "name = \"App\"\nauthorization_endpoint = \"{issuer}/authorize\"\ntoken_endpoint = \"{issuer}/token\"\napi_base = \"{issuer}\"\n"
    );
    private(&home.oauth_home().join("providers.d"), "app.toml", &entry);
    (server, home)
}

#[test]
fn an_app_acts_as_the_installation_that_is_named() {
    let (_server, home) = app();
    let key = file(&home, "app.pem", &rsa().private);
    let init = |account: &[&str]| {
        let words = ["init", "app"].iter().chain(account).copied().collect::<Vec<_>>();
        home.oauth(words).args(["--flow", "installation", "--client-id", "4711", "--json", "--key-file"]).args([&key])
    };
    let own = init(&["octo-org"]).run().success().json();
    assert_eq!((&own["kind"], &own["account"]), (&json!("machine"), &json!("octo-org")));
    assert_eq!(own["scopes"], json!(["contents:read"]));
    let first = home.oauth(["token", "app"]).run().success().stdout.clone();
    age(&home, 0);
    assert_ne!(home.oauth(["token", "app"]).run().success().stdout, first);
    init(&["stranger"]).run().fails(3).stderr_has("octo-org, hubber");
    init(&[]).run().fails(3).stderr_has("octo-org, hubber");
}

#[test]
fn an_app_with_another_key_is_refused() {
    let (server, home) = app();
    server.behave(&json!({"keys": {"4711": ec().public}}));
    let key = file(&home, "app.pem", &rsa().private);
    let words = ["init", "app", "octo-org", "--flow", "installation", "--client-id", "4711", "--key-file"];
    home.oauth(words).args([key]).run().fails(2).stderr_has("algorithm");
}

//! What is told when something fails: exit code, error code, cause, hint; as text and as JSON. And what must not happen
//! along with it: a token lost, a secret sent elsewhere, a file touched.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::clock::later;
use crate::support::demo::{ALICE, CLIENT, DemoServer, age, store};
use crate::support::sandbox::{Home, Output, Run, Signal};
use crate::support::wait_for;

const BOB: &str = "bob@example.test";

/// An error as it was told, the same in both forms.
#[derive(Debug, PartialEq)]
struct Complaint {
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    action: Option<String>,
}

impl Complaint {
    #[track_caller]
    fn says(&self, message: &str) -> &Self {
        assert_eq!(self.message, message, "{self:?}");
        self
    }

    #[track_caller]
    fn begins(&self, message: &str) -> &Self {
        assert!(self.message.starts_with(message), "{self:?}");
        self
    }

    #[track_caller]
    fn because(&self, cause: &str) -> &Self {
        assert!(self.causes.iter().any(|own| own.contains(cause)), "no cause has {cause:?}: {self:?}");
        self
    }

    /// These are all of its hints.
    #[track_caller]
    fn hints(&self, hints: &[&str]) -> &Self {
        assert_eq!(self.hints, hints, "{self:?}");
        self
    }

    #[track_caller]
    fn hint_has(&self, text: &str) -> &Self {
        assert!(self.hints.iter().any(|own| own.contains(text)), "no hint has {text:?}: {self:?}");
        self
    }

    /// The command to run, which stands among the hints too.
    #[track_caller]
    fn action(&self, command: &str) -> &Self {
        assert_eq!(self.action.as_deref(), Some(command), "{self:?}");
        assert!(self.hints.iter().any(|hint| hint == command), "the action is no hint: {self:?}");
        self
    }

    #[track_caller]
    fn no_action(&self) -> &Self {
        assert_eq!(self.action, None, "{self:?}");
        self
    }
}

/// Makes `attempt` fail twice, without and with the options it is given, which ask for JSON. Both must tell the same,
/// in exactly the form that is promised, and nothing on stdout.
#[track_caller]
fn complains(exit: i32, code: &str, attempt: impl Fn(&[&str]) -> Output) -> Complaint {
    let (text, form) = (attempt(&[]), attempt(&["--json"]));
    text.fails(exit).stdout_is("");
    let said = any_port(&text.stderr);
    let mut lines = said.lines().skip_while(|line| !line.starts_with("error: "));
    let message = lines.next().and_then(|line| line.strip_prefix("error: "));
    let message = message.unwrap_or_else(|| panic!("no error is told\n{text}")).to_owned();
    let (mut causes, mut hints) = (vec![], vec![]);
    for line in lines {
        match (line.strip_prefix("  cause: "), line.strip_prefix("  hint: ")) {
            (Some(cause), _) if hints.is_empty() => causes.push(cause.to_owned()),
            (_, Some(hint)) => hints.push(hint.to_owned()),
            _ => panic!("{line:?} is neither a cause nor a hint\n{text}"),
        }
    }
    form.fails(exit).stdout_is("");
    let told = crate::support::json(any_port(&form.stderr).lines().last().unwrap_or_default());
    let action = told["error"]["action"].as_str().map(str::to_owned);
    let whole = causes.iter().fold(message.clone(), |whole, cause| format!("{whole}: {cause}"));
    let hint = (!hints.is_empty()).then(|| hints.join("\n"));
    let wanted = json!({"code": code, "message": whole, "hint": hint, "action": action, "exit": exit});
    assert_eq!(told, json!({"error": wanted}), "{text}\n{form}");
    assert!(!message.is_empty() && !message.ends_with('.') && !whole.contains("::"), "{text}\n{form}");
    Complaint { message, causes, hints, action }
}

/// Two runs listen on two ports; they need not be told apart.
fn any_port(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + "127.0.0.1:PORT" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// The same for a command that needs no more than its arguments.
#[track_caller]
fn fails(home: &Home, exit: i32, code: &str, args: &[&str]) -> Complaint {
    complains(exit, code, |json| home.oauth(args.iter().copied()).args(json.iter().copied()).run())
}

/// The only credential, as `list --json` tells it; without `last_used_at`, which every use changes.
#[track_caller]
fn credential(home: &Home) -> Value {
    let list = home.oauth(["list", "--json"]).run();
    list.success();
    let all = list.json();
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all:#}");
    let mut own = all[0].clone();
    own.as_object_mut().expect("an object").remove("last_used_at");
    own
}

#[track_caller]
fn token(home: &Home) -> String {
    let output = home.oauth(["token", "demo"]).run();
    output.success();
    output.stdout.clone()
}

/// What the token endpoint was asked last.
#[track_caller]
fn last_token_request(server: &DemoServer) -> Value {
    let log = server.log();
    log.iter().rfind(|entry| entry["path"] == "/token").expect("a request to the token endpoint").clone()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(since.as_secs()).expect("seconds")
}

// --- Wrong usage ------------------------------------------------------------------------------------------------------

#[test]
fn wrong_options_are_usage_errors_in_json_too() {
    let home = Home::new();
    let cases: &[&[&str]] = &[
        &["nonsense"],
        &["token"],
        &["token", "demo", "--nope"],
        &["token", "demo", "--refresh", "--offline"],
        &["token", "demo", "--login", "--offline"],
        &["token", "demo", "--min-ttl", "5w"],
        &["token", "demo", "--format", "yaml"],
        &["token", "demo", "a", "b"],
        &["list", "--color", "purple"],
        &["list", "--status", "odd"],
        &["init", "demo", "--port", "0"],
        &["init", "demo", "--port", "9-1"],
        &["init", "demo", "--port", "65536"],
        &["init", "demo", "--port", "1", "--redirect-uri", "http://127.0.0.1/callback"],
        &["init", "demo", "--scope", "a", "--add-scope", "b"],
        &["init", "demo", "--param", "novalue"],
        &["init", "demo", "--flow", "odd"],
        &["init", "demo", "--client-secret", "canary", "--client-secret-stdin"],
        &["test", "--jobs", "0"],
        &["test", "demo", "--all"],
        &["test", "--format", "yaml"],
        &["revoke"],
        &["revoke", "demo", "--all"],
        &["demo", "--port", "5"],
        &["completions", "tcl"],
    ];
    for args in cases {
        let text = home.oauth(args.iter().copied()).run();
        text.fails(2).stdout_is("").says_nothing_of("canary");
        assert!(text.stderr.starts_with("error: "), "{text}");
        let form = home.oauth(args.iter().copied()).args(["--json"]).run();
        form.fails(2).stdout_is("").says_nothing_of("canary");
        let told = crate::support::json(&form.stderr);
        let message = told["error"]["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty() && !message.contains('\n') && !message.starts_with("error:"), "{form}");
        assert!(!message.contains("--help"), "what to do stands in the hint: {form}");
        let hint = told["error"]["hint"].as_str().unwrap_or_default();
        assert_eq!(hint.lines().last(), Some("oauth --help"), "{form}");
        let wanted = json!({"code": "usage", "message": message, "hint": hint, "action": null, "exit": 2});
        assert_eq!(told, json!({"error": wanted}), "{form}");
    }
    for args in [&[][..], &["provider"], &["key"]] {
        home.oauth(args.iter().copied()).run().fails(2).stdout_is("").stderr_has("Usage: oauth");
    }
    assert!(!home.oauth_home().exists(), "wrong usage leaves nothing behind");
}

#[test]
fn a_name_that_cannot_be_one_is_refused_before_anything_happens() {
    let home = Home::new();
    let long = "x".repeat(65);
    let wanted = "a name is made of a-z, 0-9, `.`, `_` and `-`, and begins with a letter or digit";
    for name in ["", ".", "..", "../x", "a/b", "a\\b", "g\u{456}thub", "a b", "a.", "con", &long] {
        for command in [&["init"][..], &["token"], &["provider", "show"], &["provider", "remove"]] {
            let args: Vec<_> = command.iter().copied().chain([name]).collect();
            fails(&home, 2, "usage", &args).says(&format!("`{name}` cannot be a provider's name")).hints(&[wanted]);
        }
    }
    let shown = fails(&home, 2, "usage", &["init", "a\u{1b}[2J\n\u{202e}x"]);
    shown.says("`a\\x1b[2j\\n\\u{202e}x` cannot be a provider's name");
    assert!(!home.oauth_home().exists(), "a wrong name leaves nothing behind");
}

#[test]
fn an_account_that_cannot_be_one_is_refused() {
    let home = Home::new();
    let cases = [
        ("", ""),
        (" ", " "),
        ("a ", "a "),
        ("a\nb", "a\\nb"),
        ("\u{1b}[2J", "\\x1b[2J"),
        ("a\u{202e}b", "a\\u{202e}b"),
    ];
    for (account, shown) in cases {
        for command in ["init", "token", "test", "revoke", "default"] {
            let complaint = fails(&home, 2, "usage", &[command, "github", account]);
            complaint.says(&format!("`{shown}` cannot be the name of an account"));
        }
    }
    fails(&home, 2, "usage", &["token", "github@"]).says("`` cannot be the name of an account");
    fails(&home, 2, "usage", &["token", "github@a", "b"]).says("`github@a` and `b` both name an account");
    fails(&home, 2, "usage", &["default", "github"]).says("name the account that shall be the default");
}

#[test]
fn a_set_up_that_contradicts_itself_is_exit_2() {
    let (_server, home) = DemoServer::connected();
    let both = |json: &[&str]| {
        home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY_FILE", "/nowhere").args(json.iter().copied()).run()
    };
    complains(2, "bad_config", both)
        .says("OAUTH_MASTER_KEY and OAUTH_MASTER_KEY_FILE are both set; only one may be")
        .hints(&["keep one, such as by: unset OAUTH_MASTER_KEY_FILE"]);
    let shared = |json: &[&str]| {
        let run = home.oauth(["token", "demo"]).env("OAUTH_STORE", "postgres://me:canary@db.example/oauth");
        let output = run.args(json.iter().copied()).run();
        output.stdout_is("").says_nothing_of("canary");
        output
    };
    complains(2, "bad_config", shared)
        .says("OAUTH_STORE names a shared store, and this version keeps its store on this machine only");
    let two = |json: &[&str]| {
        let run = home.oauth(["token", "demo"]).without_key().env("OAUTH_MASTER_KEY_FILE", "/nowhere");
        run.env("OAUTH_MASTER_KEY_COMMAND", "true").args(json.iter().copied()).run()
    };
    complains(2, "bad_config", two)
        .says("OAUTH_MASTER_KEY_FILE and OAUTH_MASTER_KEY_COMMAND are both set; only one may be");
    for wrong in ["canary!canary!", "Y2FuYXJ5", &"A".repeat(43), &"A".repeat(100)] {
        let malformed = |json: &[&str]| {
            let run = home.oauth(["token", "demo"]).env("OAUTH_MASTER_KEY", wrong);
            let output = run.args(json.iter().copied()).run();
            output.says_nothing_of(wrong);
            output
        };
        let complaint = complains(2, "bad_config", malformed);
        complaint.action("oauth key generate");
        assert!(complaint.message.starts_with("OAUTH_MASTER_KEY: "), "{complaint:?}");
    }
    let relative = |json: &[&str]| home.oauth(["list"]).env("OAUTH_HOME", "here").args(json.iter().copied()).run();
    complains(2, "bad_config", relative).says("OAUTH_HOME must be an absolute path, and is `here`");
}

#[test]
fn a_client_registration_that_is_missing_or_refused_is_exit_2() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    fails(&home, 2, "client_required", &["init", "demo"])
        .says("demo needs a client registration")
        .because("there is no client id")
        .hint_has("the redirect URI is http://127.0.0.1/callback")
        .action("oauth init demo --client-id ID");
    fails(&home, 2, "client_required", &["init", "github", "--client-id", "x"])
        .says("GitHub needs a client registration")
        .because("there is no client secret for the client id x")
        .hint_has("register at https://github.com/settings/applications/new")
        .action("oauth init github --client-id x --client-secret-stdin");
    home.oauth(["client", "set", "github", "--client-id", "kept"]).run().success();
    fails(&home, 2, "client_required", &["init", "github"])
        .because("there is no client secret for the client id kept")
        .action("oauth init github --client-id kept --client-secret-stdin");
    assert_eq!(server.requests() - server.count("requests/metadata"), 0, "nothing but the metadata was asked for");
    server.break_token_endpoint(&json!({"answer": {"status": 401, "body": r#"{"error":"invalid_client"}"#}}));
    let refused = |json: &[&str]| {
        server.sign_in(home.oauth(["init", "demo", "--client-id", CLIENT]).args(json.iter().copied()), ALICE)
    };
    complains(2, "invalid_client", refused)
        .says("demo refuses the client registration")
        .because("the provider answered invalid_client; nothing is changed here")
        .hint_has("then: oauth init demo --client-id ID --client-secret-stdin");
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
    let empty = |json: &[&str]| {
        let run = home.oauth(["init", "demo", "--client-id", CLIENT, "--client-secret-stdin"]);
        run.args(json.iter().copied()).run()
    };
    complains(2, "usage", empty).says("there is no secret on standard input");
}

#[test]
fn what_is_not_quite_the_way_to_say_it_is_answered_with_the_way_to_say_it() {
    let home = Home::new();
    let cases: &[(&[&str], &str)] = &[
        (&["list", "github"], "oauth list --provider github"),
        (&["list", "github", "--tenant", "a b"], "oauth --tenant 'a b' list --provider github"),
        (&["--tenant", "work", "list", "github"], "oauth --tenant work list --provider github"),
        (&["exec", "--token-file", "demo", "--", "true"], "oauth exec PROVIDER --token-file -- COMMAND"),
        (&["list", "--forecast", "7"], "7d for days"),
        (&["test", "--min-valid", "3"], "3d for days"),
        (&["schedule", "--print", "--min-valid", "3"], "3d for days"),
        (&["provider", "discover", "127.0.0.1:8720"], "https://127.0.0.1:8720"),
        (&["provider", "remove", "github"], "`github` is built in, and cannot be removed"),
        (&["provider", "check", "nofile.toml"], "nofile.toml: there is no such file"),
    ];
    for (words, told) in cases {
        home.oauth(words.iter().copied()).run().fails(2).stdout_is("").stderr_has(told);
        home.oauth(words.iter().copied()).args(["--json"]).run().fails(2);
    }
    let listed = home.oauth(["--json", "list", "github"]).run();
    assert!(listed.error()["hint"].as_str().is_some_and(|hint| hint.contains("--provider github")), "{listed}");
}

// --- No such thing ----------------------------------------------------------------------------------------------------

#[test]
fn what_is_not_there_is_exit_3() {
    let home = Home::new();
    fails(&home, 3, "not_connected", &["revoke", "github"]).hints(&["oauth list"]).action("oauth list");
    for command in ["token", "test"] {
        fails(&home, 3, "not_connected", &[command, "github"])
            .says("github is not connected")
            .action("oauth init github");
        fails(&home, 3, "not_connected", &[command, "gh", "work it"])
            .says("github work it is not connected")
            .action("oauth init github 'work it'");
    }
    fails(&home, 3, "not_connected", &["default", "github", "work"]).action("oauth init github work");
    fails(&home, 3, "not_connected", &["test"]).says("nothing is connected yet").hint_has("oauth init");
    fails(&home, 3, "not_connected", &["revoke", "--all"]).says("nothing is connected yet");
    for command in [&["token"][..], &["test"], &["revoke"], &["init"], &["provider", "show"]] {
        let args: Vec<_> = command.iter().copied().chain(["githb"]).collect();
        fails(&home, 3, "unknown_provider", &args)
            .says("there is no provider named `githb`")
            .hint_has("did you mean: github");
    }
    fails(&home, 3, "unknown_provider", &["token", "zzzzzzzz"]).hint_has("oauth provider list").no_action();
    assert!(!home.oauth_home().exists(), "asking makes no store");
}

#[test]
fn with_several_accounts_and_no_default_the_choice_is_not_guessed() {
    let (server, home) = DemoServer::connected();
    for account in [BOB, "carol's work"] {
        server.sign_in(home.oauth(["init", "demo", account]), account).success();
    }
    fails(&home, 3, "not_connected", &["token", "demo", "dave"])
        .says("demo dave is not connected")
        .because("connected are: alice@example.test, bob@example.test, carol's work")
        .action("oauth init demo dave");
    home.oauth(["revoke", "demo", ALICE, "--local"]).run().success();
    let before = server.requests();
    for command in ["token", "test", "revoke"] {
        fails(&home, 3, "ambiguous_account", &[command, "demo"])
            .says("demo has several accounts and no default")
            .because("connected are: bob@example.test, carol's work")
            .hints(&["name one, or choose a default: oauth default demo bob@example.test"]);
    }
    assert_eq!(server.requests(), before);
    home.oauth(["default", "demo", "CAROL'S WORK"]).run().success();
    home.oauth(["token", "demo"]).run().success();
}

// --- A human is needed ------------------------------------------------------------------------------------------------

#[test]
fn a_login_that_is_refused_or_never_comes_is_exit_4() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = |json: &[&str]| home.oauth(["init", "demo", "--client-id", CLIENT]).args(json.iter().copied());
    complains(4, "access_denied", |json| server.refuse(init(json)))
        .says("the login at demo was refused")
        .because("access_denied")
        .hint_has("try again");
    complains(4, "authorization_timeout", |json| init(json).args(["--no-browser", "--timeout", "1s"]).run())
        .says("no answer came from the browser within 1 s")
        .because("http://127.0.0.1:PORT/callback is not registered there")
        .hint_has("register http://127.0.0.1/callback (any port is taken then)")
        .hint_has("--timeout");
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
    assert_eq!(server.count("requests/token"), 0);
}

#[test]
fn a_revoked_credential_is_not_selected_and_its_name_leads_to_a_new_login() {
    let (_server, home) = DemoServer::connected();
    home.oauth(["revoke", "demo"]).run().success();
    fails(&home, 3, "not_connected", &["token", "demo"]).action("oauth init demo");
    fails(&home, 4, "reauthorization_required", &["token", "demo", ALICE])
        .says("demo needs to be authorized again")
        .because("it was revoked")
        .hint_has("oauth init demo");
}

/// Each of these answers says that the grant is at an end.
fn endings() -> [(&'static str, Value); 4] {
    let answer = |status: u16, body: &str| json!({"answer": {"status": status, "body": body}});
    [
        ("invalid_grant", answer(400, r#"{"error":"invalid_grant","error_description":"gone"}"#)),
        ("invalid_grant", answer(401, r#"{"error":"invalid_grant"}"#)),
        ("bad_refresh_token", answer(200, r#"{"error":"bad_refresh_token"}"#)),
        ("bad_refresh_token", answer(200, r#"{"error":["bad_refresh_token"]}"#)),
    ]
}

#[test]
fn a_refused_refresh_token_needs_a_human_and_the_living_token_serves_until_it_ends() {
    for (code, ending) in endings() {
        let (server, home) = DemoServer::connected();
        let old = token(&home);
        let reason = format!("the provider refused the refresh token ({code})");
        server.break_token_endpoint(&ending);
        age(&home, 200);
        let served = home.oauth(["token", "demo"]).run();
        served.success().stdout_is(&old).stderr_has("warning: ").stderr_has(code).stderr_has("oauth init demo");
        let own = credential(&home);
        assert_eq!((&own["status"], &own["reason"]), (&json!("reauth"), &json!(reason)), "{own:#}");
        assert_eq!(own["refreshable"], true, "the tokens are kept");

        // The refusal is remembered, not provoked again.
        let before = server.requests();
        home.oauth(["token", "demo"]).run().success().stdout_is(&old).stderr_has("oauth init demo");
        let complaint = fails(&home, 4, "reauthorization_required", &["token", "demo", "--refresh"]);
        complaint.says("demo needs to be authorized again").because(&reason).hints(&["oauth init demo"]);
        complaint.action("oauth init demo");
        age(&home, 0);
        assert_eq!(fails(&home, 4, "reauthorization_required", &["token", "demo"]), complaint);
        let listed = home.oauth(["list"]).run();
        listed.success().stdout_has("reauth").stderr_has(&reason).stderr_has("oauth init demo");
        assert_eq!(server.requests(), before, "nothing is sent in vain");

        server.mend();
        server.login(&home, "demo", ALICE);
        assert_eq!(credential(&home)["status"], "valid");
        assert_ne!(token(&home), old);
    }
}

#[test]
fn an_expired_token_whose_refresh_is_refused_is_exit_4_at_once() {
    let (server, home) = DemoServer::connected();
    server.revoke_all();
    age(&home, 0);
    fails(&home, 4, "reauthorization_required", &["token", "demo"]).action("oauth init demo");
    assert_eq!(server.count("grants/refresh_token"), 1);
}

#[test]
fn the_action_of_a_second_account_names_it() {
    let (server, home) = DemoServer::connected();
    server.sign_in(home.oauth(["init", "demo", "second one"]), BOB).success();
    server.revoke_all();
    age(&home, 0);
    fails(&home, 4, "reauthorization_required", &["token", "demo", "second one"])
        .action("oauth init demo 'second one'");
    fails(&home, 4, "reauthorization_required", &["token", "demo"]).action("oauth init demo");
}

#[test]
fn a_token_that_cannot_be_refreshed_serves_until_it_ends() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    server.behave(&json!({"members": {"refresh_token": null}}));
    server.login(&home, "demo", ALICE);
    let old = token(&home);
    age(&home, 60);
    home.oauth(["token", "demo"]).run().success().stdout_is(&old).stderr_is("");
    fails(&home, 4, "reauthorization_required", &["token", "demo", "--refresh"])
        .because("there is no refresh token")
        .action("oauth init demo");
    age(&home, 0);
    fails(&home, 4, "reauthorization_required", &["token", "demo"]).because("the access token has expired");
    assert_eq!(credential(&home)["reason"], "the access token has expired and there is no refresh token");
    assert_eq!(server.count("grants/refresh_token"), 0);
}

// --- Answers to a refresh ---------------------------------------------------------------------------------------------

/// What a broken answer must lead to, apart from keeping the credential.
struct Broken {
    /// The same words tell which case failed.
    what: &'static str,
    act: Value,
    exit: i32,
    code: &'static str,
    cause: &'static str,
    hint: &'static str,
}

const LATER: &str = "try again later";

/// An answer with `status` and a JSON body.
fn answer(what: &'static str, status: u16, body: &str) -> Broken {
    let act = json!({"answer": {"status": status, "body": body}});
    Broken { what, act, exit: 5, code: "provider_error", cause: "", hint: "" }
}

fn page(what: &'static str, status: u16) -> Broken {
    let body = "<!DOCTYPE html><html><title>Sign in to the network</title><script>x</script></html>";
    let act = json!({"answer": {"status": status, "body": body, "content_type": "text/html"}});
    Broken { act, hint: LATER, ..answer(what, status, "") }
}

/// What was told of each answer, and what its hint must have.
type Told = Vec<(Complaint, &'static str)>;

/// Puts one credential through the answers, one after the other. It must come out of each as it was: the refresh token
/// kept, and good for the next refresh, the old token served while it lives.
#[track_caller]
fn nothing_is_lost(server: &DemoServer, home: &Home, answers: impl IntoIterator<Item = Broken>) {
    hints_help(&survives(server, home, answers));
}

#[track_caller]
fn hints_help(told: &Told) {
    for (complaint, hint) in told {
        complaint.hint_has(hint);
    }
}

#[track_caller]
#[expect(clippy::print_stdout, reason = "tells which case has failed")]
fn survives(server: &DemoServer, home: &Home, answers: impl IntoIterator<Item = Broken>) -> Told {
    let mut told = vec![];
    for Broken { what, act, exit, code, cause, hint } in answers {
        println!("{what}");
        let (before, old) = (credential(home), token(home));
        server.break_token_endpoint(&act);

        let complaint = fails(home, exit, code, &["token", "demo", "--refresh"]);
        complaint.says_of_demo().because(cause);
        assert_eq!(credential(home), before, "{what}");

        age(home, 200);
        let served = home.oauth(["token", "demo"]).run();
        served.success().stdout_is(&old);
        let wanted = format!("warning: the token still lives, but could not be refreshed: {}", complaint.message);
        served.stderr_has(&wanted);
        age(home, 0);
        assert_eq!(fails(home, exit, code, &["token", "demo"]), complaint, "{what}");
        let own = credential(home);
        assert_eq!((&own["status"], &own["reason"]), (&json!("due"), &Value::Null), "{what}");

        server.mend();
        let new = token(home);
        assert_ne!(new, old, "{what}");
        assert_eq!(last_token_request(server)["outcome"], "ok", "{what}");
        assert_eq!(credential(home)["status"], "valid", "{what}");
        told.push((complaint, hint));
    }
    assert_eq!(server.count("reuse_detections"), 0);
    told
}

impl Complaint {
    /// It names what it is about.
    #[track_caller]
    fn says_of_demo(&self) -> &Self {
        assert!(self.message.contains("demo"), "{self:?}");
        self
    }
}

#[test]
fn an_answer_that_is_no_oauth_answer_may_pass() {
    let (server, home) = DemoServer::connected();
    let hint = LATER;
    nothing_is_lost(
        &server,
        &home,
        [
            Broken { cause: "a web page", ..page("a portal's page", 200) },
            Broken { cause: "a web page", ..page("a page with 403", 403) },
            page("a page with 404", 404),
            page("a page with 502", 502),
            page("a page with 520", 520),
            Broken { hint, ..answer("503 without a body", 503, "") },
            Broken { hint, ..answer("JSON that ends early", 200, r#"{"access_token":"canary"#) },
            Broken { hint, ..answer("JSON that is no object", 200, r#"["access_token"]"#) },
            Broken { hint, ..answer("an empty body", 200, "") },
            Broken { hint, ..answer("400 without an error", 400, "{}") },
            Broken { hint, ..answer("invalid_grant under 500", 500, r#"{"error":"invalid_grant"}"#) },
        ],
    );
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let (server, home) = DemoServer::connected();
    let patience = |what, retry_after: Option<&str>, hint| {
        let headers = retry_after.map_or(json!({}), |value| json!({"Retry-After": value}));
        let act = json!({"answer": {"status": 429, "body": r#"{"error":"invalid_grant"}"#, "headers": headers}});
        Broken { act, code: "rate_limited", cause: "429", hint, ..answer(what, 429, "") }
    };
    nothing_is_lost(
        &server,
        &home,
        [
            patience("429 without a time", None, LATER),
            patience("429 with nonsense", Some("soon"), LATER),
            patience("429 with a negative time", Some("-5"), LATER),
            Broken { code: "rate_limited", hint: LATER, ..answer("slow_down", 400, r#"{"error":"slow_down"}"#) },
        ],
    );
}

#[test]
fn a_server_in_trouble_is_told_from_one_that_is_asked_too_often() {
    let (server, home) = DemoServer::connected();
    let hint = LATER;
    nothing_is_lost(
        &server,
        &home,
        [
            Broken { hint, ..answer("server_error", 400, r#"{"error":"server_error"}"#) },
            Broken { hint, ..answer("temporarily_unavailable", 400, r#"{"error":"temporarily_unavailable"}"#) },
        ],
    );
}

#[test]
fn a_refusal_that_is_not_about_the_grant_ends_nothing() {
    let (server, home) = DemoServer::connected();
    let client = |what, status, body| {
        let hint = "oauth init demo --client-id ID";
        Broken { exit: 2, code: "invalid_client", cause: what, hint, ..answer(what, status, body) }
    };
    let request = |what, status, body| Broken {
        exit: 4,
        code: "request_refused",
        cause: what,
        hint: "oauth init demo",
        ..answer(what, status, body)
    };
    nothing_is_lost(
        &server,
        &home,
        [
            client("invalid_client", 401, r#"{"error":"invalid_client"}"#),
            client("unauthorized_client", 400, r#"{"error":"unauthorized_client"}"#),
            client("incorrect_client_credentials", 200, r#"{"error":"incorrect_client_credentials"}"#),
            request("invalid_scope", 400, r#"{"error":"invalid_scope"}"#),
            request("invalid_request", 400, r#"{"error":"invalid_request"}"#),
            request("unsupported_grant_type", 400, r#"{"error":"unsupported_grant_type"}"#),
        ],
    );
}

#[test]
fn a_malformed_token_answer_is_never_stored() {
    let (server, home) = DemoServer::connected();
    let long = json!({"access_token": "x".repeat(70_000)}).to_string();
    let token = |what, cause, body: &str| Broken { cause, hint: LATER, ..answer(what, 200, body) };
    nothing_is_lost(
        &server,
        &home,
        [
            token("no access token", "access_token", r#"{"token_type":"Bearer"}"#),
            token("an empty access token", "access_token", r#"{"access_token":""}"#),
            token("null as access token", "access_token", r#"{"access_token":null}"#),
            token("a number as access token", "access_token", r#"{"access_token":7}"#),
            token("an access token with a line end", "access_token", r#"{"access_token":"canary\nX-Evil: 1"}"#),
            token("an access token with NUL", "access_token", r#"{"access_token":"a\u0000b"}"#),
            token("an access token with a blank", "access_token", r#"{"access_token":"a b"}"#),
            token("an access token that is not ASCII", "access_token", r#"{"access_token":"tökén"}"#),
            token("an access token of 70 kB", "access_token", &long),
            token("two access tokens", "access_token", r#"{"access_token":"a","access_token":"b"}"#),
            token("a token type of another kind", "token_type", r#"{"access_token":"a","token_type":"mac"}"#),
            token("DPoP, not asked for", "token_type", r#"{"access_token":"a","token_type":"DPoP"}"#),
            token("a number as refresh token", "refresh_token", r#"{"access_token":"a","refresh_token":7}"#),
        ],
    );
}

#[test]
fn bodies_that_are_too_large_or_encoded_are_not_taken() {
    let (server, home) = DemoServer::connected();
    // {"access_token":"canary"}, through gzip.
    let packed = "H4sIAAAAAAACA6tWSkxOTi0uji/Jz07NU7JSSk7MSyyqVKoFAEZW+/wZAAAA";
    assert!(STANDARD.decode(packed).is_ok());
    let large = json!({"status": 200, "body": " ", "repeat": 10_000_000});
    let head = json!({"status": 200, "headers": {"X-Long": "x".repeat(70_000)}});
    let encoded = |coding: &str| json!({"status": 200, "headers": {"Content-Encoding": coding}, "body_base64": packed});
    let broken =
        |what, canned: Value, cause| Broken { act: json!({"answer": canned}), cause, hint: LATER, ..page(what, 0) };
    nothing_is_lost(
        &server,
        &home,
        [
            broken("10 MB", large, "it is larger than 1024 KiB"),
            broken("a head of 70 kB", head, "its head is larger than 64 KiB"),
            broken("gzip", encoded("gzip"), "it is encoded (gzip)"),
            broken("br", encoded("br"), "it is encoded (br)"),
        ],
    );
}

#[test]
fn a_redirect_is_never_followed() {
    let (server, home) = DemoServer::connected();
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a listener that does not wait");
    let target = format!("http://{}/token", elsewhere.local_addr().expect("an address"));
    let own = format!("{}/token", server.issuer());
    let redirect = |what, status: u16, to: &str| {
        let act = json!({"answer": {"status": status, "headers": {"Location": to}}});
        Broken { act, exit: 7, code: "wrong_host", cause: "redirects", ..answer(what, status, "") }
    };
    let before = server.requests();
    let told = survives(
        &server,
        &home,
        [
            redirect("301", 301, &target),
            redirect("302", 302, &target),
            redirect("303", 303, &target),
            redirect("307", 307, &target),
            redirect("308", 308, &target),
            redirect("307 to the same host", 307, &own),
        ],
    );
    let refused = elsewhere.accept().map(|_| ()).expect_err("nobody comes there");
    assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock);
    // Each case: two requests for each error, one for the old token, one for the new.
    assert_eq!(server.requests() - before, 6 * 6, "no redirect led back here either");
    hints_help(&told);
}

#[test]
fn a_new_login_is_spoken_of_only_where_the_answer_to_a_refresh_is_lost() {
    let (server, home) = DemoServer::connected();
    let lost = "should the provider have answered, and its answer be lost, it may want a new login";
    let network = "check the network, and try again; what is connected stays as it is";
    let dropped = ["metadata", "token"].map(|endpoint| json!({"endpoint": endpoint, "do": "drop"}));
    server.behave(&json!({"faults": dropped}));
    fails(&home, 5, "unreachable", &["provider", "discover", server.issuer()]).hints(&[network]);
    fails(&home, 5, "unreachable", &["token", "demo", "--refresh"]).hints(&[network, lost]);
    let mut login = home.oauth(["init", "demo", "bob", "--client-id", "demo", "--no-browser", "--json"]).spawn();
    let url = server.authorization_url(&mut login);
    let _page = crate::support::demo::visit(&server.redirect(&url, "bob@example.test", true));
    let output = login.finish();
    assert!(output.code == Some(5) && output.stderr.contains(network) && !output.stderr.contains(lost), "{output}");
}

#[test]
fn a_connection_that_breaks_loses_nothing() {
    // What was cut off may have taken effect; this server forgives the second use of a refresh token.
    let (server, home) = (DemoServer::start(["--expire", "3600", "--grace", "3600000"]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    let hint = "what is connected stays as it is";
    let broken = |what, act| Broken { act, code: "unreachable", hint, ..answer(what, 0, "") };
    nothing_is_lost(
        &server,
        &home,
        [
            broken("dropped before its effect", json!("drop")),
            broken("dropped after its effect", json!("lose")),
            broken("cut in the head", json!({"cut": {"at": 9}})),
            broken("cut in the body", json!({"cut": {"at": 300}})),
        ],
    );
}

#[test]
fn a_server_that_is_gone_is_unreachable() {
    let (server, home) = DemoServer::connected();
    let issuer = server.issuer().to_owned();
    let old = token(&home);
    drop(server);
    fails(&home, 5, "unreachable", &["token", "demo", "--refresh"])
        .says(&format!("cannot refresh demo {ALICE}"))
        .because("cannot reach 127.0.0.1")
        .hints(&["check the network, and try again; what is connected stays as it is"]);
    fails(&home, 5, "unreachable", &["revoke", "demo"]);
    assert_eq!(credential(&home)["status"], "valid", "nothing is changed here");
    fails(&home, 5, "unreachable", &["provider", "add", "other", "--issuer", &issuer]);
    age(&home, 200);
    home.oauth(["token", "demo"]).run().success().stdout_is(&old).stderr_has("warning: the token still lives");
    home.oauth(["token", "demo", "--offline"]).run().success().stdout_is(&old);
    age(&home, 0);
    fails(&home, 5, "offline", &["token", "demo", "--offline"]).hints(&["run it again without --offline"]);
}

#[test]
fn a_living_token_that_is_too_short_for_min_ttl_does_not_hide_the_failure() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!("drop"));
    age(&home, 1000);
    home.oauth(["token", "demo", "--min-ttl", "5m"]).run().success().stderr_is("");
    fails(&home, 5, "unreachable", &["token", "demo", "--min-ttl", "30m"]);
    age(&home, 200);
    home.oauth(["token", "demo", "--min-ttl", "1m"]).run().success().stderr_has("warning: ");
    fails(&home, 5, "unreachable", &["token", "demo", "--min-ttl", "1m", "--refresh"]);
}

#[test]
fn a_lost_answer_is_asked_for_once_more_and_told_where_it_cost_the_refresh_token() {
    let lose = json!({"faults": [{"endpoint": "token", "next": 1, "do": "lose"}]});
    let grace = DemoServer::start(["--expire", "3600", "--grace", "3600000"]);
    let home = Home::new();
    grace.add(&home, "demo");
    grace.login(&home, "demo", ALICE);
    grace.behave(&lose);
    home.oauth(["token", "demo", "--refresh"]).run().success().stderr_is("");
    assert_eq!((grace.count("grants/refresh_token"), grace.count("spent_accepted")), (2, 1));

    let (server, home) = DemoServer::connected();
    server.behave(&lose);
    fails(&home, 4, "reauthorization_required", &["token", "demo", "--refresh"])
        .because("was lost, and the provider may have replaced the token then")
        .action("oauth init demo");
    assert_eq!((server.count("grants/refresh_token"), server.count("reuse_detections")), (2, 1));
}

#[test]
fn where_a_second_try_would_end_the_login_the_living_token_is_kept() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let entry = home.oauth_home().join("providers.d/demo.toml");
    let text = fs::read_to_string(&entry).expect("an entry");
    fs::write(&entry, format!("refresh_grace = 0\n{text}")).expect("an entry");
    server.login(&home, "demo", ALICE);
    let old = token(&home);
    server.behave(&json!({"faults": [{"endpoint": "token", "next": 1, "do": "lose"}]}));
    age(&home, 200);
    home.oauth(["token", "demo"]).run().success().stdout_is(&old).stderr_has("warning: ");
    assert_eq!(server.count("grants/refresh_token"), 1);
    assert_eq!(server.count("families_revoked"), 0, "the token that was served is good");
    // Until it ends, and with it what there was to lose.
    age(&home, 0);
    fails(&home, 4, "reauthorization_required", &["token", "demo"])
        .because("the answer to a refresh begun at ")
        .because("was lost, and the provider may have replaced the token then")
        .action("oauth init demo");
}

// --- Answers that are taken -------------------------------------------------------------------------------------------

#[test]
fn lifetimes_are_believed_within_reason() {
    let (server, home) = DemoServer::connected();
    let hour = Some(3600);
    let cases = [
        ("3600", hour),
        ("\"3600\"", hour),
        ("3600.0", hour),
        ("3.6e3", hour),
        ("0", Some(0)),
        ("-1", Some(0)),
        ("\"-1\"", Some(0)),
        ("\"never\"", None),
        ("\"NaN\"", None),
        ("1e308", None),
        ("9223372036854775808", None),
        ("34560001", None),
        ("null", None),
        ("[3600]", None),
    ];
    for (raw, seconds) in cases {
        server.behave(&json!({"members": {"expires_in": raw}}));
        let before = now();
        home.oauth(["token", "demo", "--refresh"]).run().success();
        let (own, after) = (credential(&home), now());
        match (seconds, own["expires_at"].as_str()) {
            (None, told) => assert_eq!(told, None, "{raw}"),
            (Some(_), None) => panic!("{raw}: no end is told"),
            (Some(seconds), Some(told)) => {
                let end = told.parse::<jiff::Timestamp>().expect("RFC 3339").as_second();
                assert!((before + seconds..=after + seconds).contains(&end), "{raw}: {told}");
            }
        }
    }
    // An unknown end: served as it is, until somebody says that it is over.
    let refreshes = server.count("refreshes");
    home.oauth(["token", "demo"]).run().success();
    assert_eq!(server.count("refreshes"), refreshes);
    assert_eq!(refreshes, cases.len() as u64);
}

#[test]
fn a_refresh_answer_without_a_refresh_token_keeps_the_old_one() {
    let (server, home) = (DemoServer::start(["--expire", "3600", "--no-rotate"]), Home::new());
    server.add(&home, "demo");
    server.login(&home, "demo", ALICE);
    let first = last_token_request(&server)["issued_refresh_token"].clone();
    for member in [Value::Null, json!("\"\""), json!("null")] {
        server.behave(&json!({"members": {"refresh_token": member}}));
        home.oauth(["token", "demo", "--refresh"]).run().success();
        assert_eq!(last_token_request(&server)["refresh_token"], first, "{member}");
        assert_eq!(credential(&home)["refreshable"], true, "{member}");
    }
    // One that comes takes its place.
    server.behave(&json!({"members": {}, "rotate": true}));
    home.oauth(["token", "demo", "--refresh"]).run().success();
    let second = last_token_request(&server)["issued_refresh_token"].clone();
    assert_ne!(second, first);
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(last_token_request(&server)["refresh_token"], second);
}

#[test]
fn answers_in_other_clothes_are_read() {
    let (server, home) = DemoServer::connected();
    let form = "access_token=form-token%2B1&expires_in=3600&token_type=bearer";
    let plain = r#"{"access_token":"plain-token","token_type":"BEARER","expires_in":3600}"#;
    for (kind, body, wanted) in [
        ("application/x-www-form-urlencoded", form, "form-token+1\n"),
        ("text/plain", plain, "plain-token\n"),
        ("", plain, "plain-token\n"),
        ("application/json", r#"{"access_token":"bare-token"}"#, "bare-token\n"),
    ] {
        server.break_token_endpoint(&json!({"answer": {"status": 200, "content_type": kind, "body": body}}));
        home.oauth(["token", "demo", "--refresh"]).run().success().stdout_is(wanted);
        home.oauth(["token", "demo"]).run().success().stdout_is(wanted);
        assert_eq!(credential(&home)["token_type"], "Bearer");
    }
}

#[test]
fn words_of_a_provider_cannot_act_on_the_terminal() {
    let (server, home) = DemoServer::connected();
    let words = format!("x\u{1b}[2J\u{1b}]52;c;AAAA\u{7}\r\n\u{9b}31m\u{202e}{}", "y".repeat(100_000));
    let body = json!({"error": "invalid_request", "error_description": words}).to_string();
    server.break_token_endpoint(&json!({"answer": {"status": 400, "body": body}}));
    let complaint = fails(&home, 4, "request_refused", &["token", "demo", "--refresh"]);
    complaint.because(r"x\x1b[2J\x1b]52;c;AAAA\x07\r\n\x9b31m\u{202e}yyy");
    assert!(complaint.causes.iter().all(|cause| cause.chars().count() < 400), "{complaint:?}");
    let body = json!({"error": words}).to_string();
    server.break_token_endpoint(&json!({"answer": {"status": 400, "body": body}}));
    let output = home.oauth(["token", "demo", "--refresh"]).run();
    output.fails(4);
    let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!output.stderr.contains(acts), "{:?}", output.stderr);
}

// --- Vault and master key ---------------------------------------------------------------------------------------------

#[test]
fn a_master_key_that_is_missing_or_wrong_is_exit_6() {
    let (server, home) = DemoServer::connected();
    let before = server.requests();
    let without = |json: &[&str]| home.oauth(["token", "demo"]).without_key().args(json.iter().copied()).run();
    complains(6, "keyring_unavailable", without)
        .says("the master key is not available")
        .because("this store's key comes from OAUTH_MASTER_KEY, which is not set")
        .hint_has("set OAUTH_MASTER_KEY to this store's key (ID ");
    let other = home.oauth(["key", "generate"]).run().stdout.trim().to_owned();
    let key = |args: &[&str], json: &[&str]| {
        let run = home.oauth(args.iter().copied()).env("OAUTH_MASTER_KEY", &other);
        let output = run.args(json.iter().copied()).run();
        output.says_nothing_of(&other);
        output
    };
    for command in [&["token", "demo"][..], &["token", "demo", "--refresh"], &["test"], &["revoke", "demo"]] {
        complains(6, "wrong_master_key", |json| key(command, json))
            .begins("this is not the master key of this store")
            .hint_has("oauth key status");
    }
    complains(6, "wrong_master_key", |json| key(&["init", "demo", "--client-id", CLIENT, "--no-browser"], json));
    assert_eq!(server.requests(), before, "nothing is sent without the key");
    token(&home);
}

#[test]
fn without_a_keyring_nothing_is_made_and_the_ways_out_are_named() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = |json: &[&str]| {
        let run = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]).without_key();
        let output = run.args(json.iter().copied()).run();
        output.says_nothing_of("/authorize?");
        output
    };
    complains(6, "keyring_unavailable", init)
        .says("the master key is not available")
        .hint_has("OAUTH_MASTER_KEY_FILE")
        .hint_has("OAUTH_MASTER_KEY_COMMAND");
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
    // The same home takes the way out.
    server.login(&home, "demo", ALICE);
}

#[test]
fn a_key_file_or_command_that_does_not_give_the_key_is_named() {
    let (_server, home) = DemoServer::connected();
    let with = |variable: &str, value: &str, json: &[&str]| {
        let run = home.oauth(["token", "demo"]).without_key().env(variable, value);
        run.args(json.iter().copied()).run()
    };
    let path = home.path().join("key");
    let file = path.to_str().expect("UTF-8").to_owned();
    complains(6, "keyring_unavailable", |json| with("OAUTH_MASTER_KEY_FILE", &file, json))
        .because(&format!(
            "OAUTH_MASTER_KEY_FILE names {file}, which cannot be read: No such file or directory (os error 2)"
        ))
        .hint_has("OAUTH_MASTER_KEY_FILE");
    fs::write(&path, crate::support::sandbox::MASTER_KEY).expect("a key file");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("a mode");
    let mend = complains(7, "insecure_permissions", |json| with("OAUTH_MASTER_KEY_FILE", &file, json));
    mend.action(&format!("chmod 600 {file}"));
    mended(&home, &mend);
    with("OAUTH_MASTER_KEY_FILE", &file, &[]).success();
    complains(6, "keyring_unavailable", |json| with("OAUTH_MASTER_KEY_COMMAND", "echo canary >&2; exit 3", json))
        .because("the key command failed (exit status: 3)");
    let said = with("OAUTH_MASTER_KEY_COMMAND", "echo canary-canary", &[]);
    said.fails(6).says_nothing_of("canary");
    with("OAUTH_MASTER_KEY_COMMAND", &format!("cat '{file}'"), &[]).success();
}

/// Runs the command that an error proposes.
#[track_caller]
fn mended(home: &Home, complaint: &Complaint) {
    let command = complaint.action.as_deref().unwrap_or_else(|| panic!("no command mends this: {complaint:?}"));
    home.command("sh").args(["-c", command]).run().success();
}

/// Everything that needs the store, each of which must find the same thing wrong with it.
const ALL: [&[&str]; 5] = [
    &["list"],
    &["token", "demo"],
    &["test"],
    &["revoke", "demo"],
    &["init", "demo", "--client-id", CLIENT, "--no-browser"],
];

#[test]
fn a_store_of_a_newer_version_is_refused_and_not_touched() {
    let (server, home) = DemoServer::connected();
    store(&home).pragma_update(None, "user_version", 99).expect("a version");
    let path = home.oauth_home().join("credentials.db");
    let (bytes, before) = (fs::read(&path).expect("a store"), server.requests());
    for command in ALL {
        let complaint = fails(&home, 6, "store_unavailable", command);
        complaint.hints(&["use the newer version of this program"]);
        assert!(complaint.message.contains("was made by a newer version of this program"), "{complaint:?}");
    }
    assert!(fs::read(&path).expect("a store") == bytes, "the file has changed");
    assert_eq!(server.requests(), before);
}

#[test]
fn what_is_no_store_is_never_taken_for_a_new_one() {
    let (server, home) = DemoServer::connected();
    let path = home.oauth_home().join("credentials.db");
    let whole = fs::read(&path).expect("a store");
    let before = server.requests();
    let garbage = b"not a database, but long enough to be one\n".repeat(200);
    for content in [&b""[..], b"x", &garbage, &whole[..100], &whole[..whole.len() / 2]] {
        fs::write(&path, content).expect("another content");
        for command in ALL {
            fails(&home, 6, "store_unavailable", command);
        }
        assert!(fs::read(&path).expect("a file") == content, "the file of {} bytes has changed", content.len());
    }
    fs::write(&path, &whole).expect("the old content");
    token(&home);
    assert_eq!(server.requests(), before);
}

#[test]
fn files_that_others_could_read_or_write_are_refused_with_the_command_that_mends_them() {
    let (server, home) = DemoServer::connected();
    let (directory, path) = (home.oauth_home(), home.oauth_home().join("credentials.db"));
    let before = server.requests();
    for (path, wrong, problem, mend) in [
        (&path, 0o644, "can be read by other users", "chmod 600"),
        (&path, 0o640, "can be read by other users", "chmod 600"),
        (&path, 0o602, "can be written by other users", "chmod 600"),
        (&directory, 0o777, "can be written by other users", "chmod 700"),
        (&directory, 0o770, "can be written by other users", "chmod 700"),
    ] {
        fs::set_permissions(path, Permissions::from_mode(wrong)).expect("a mode");
        for command in ALL {
            fails(&home, 7, "insecure_permissions", command)
                .says(&format!("{} {problem}", path.display()))
                .action(&format!("{mend} {}", path.display()));
        }
        mended(&home, &fails(&home, 7, "insecure_permissions", &["list"]));
        token(&home);
    }
    assert_eq!(server.requests(), before);
}

#[test]
fn a_store_behind_a_link_is_refused() {
    let (_server, home) = DemoServer::connected();
    let (path, aside) = (home.oauth_home().join("credentials.db"), home.path().join("aside.db"));
    fs::rename(&path, &aside).expect("the store can be moved");
    symlink(&aside, &path).expect("a link");
    for command in ALL {
        let complaint = fails(&home, 7, "insecure_permissions", command);
        complaint.says(&format!("{} is not a regular file", path.display()));
    }
    fs::remove_file(&path).expect("the link can be removed");
    symlink(home.path().join("nowhere"), &path).expect("a link");
    fails(&home, 7, "insecure_permissions", &["list"]);
    fs::remove_file(&path).expect("the link can be removed");
    fs::hard_link(&aside, &path).expect("a second name");
    fails(&home, 7, "insecure_permissions", &["list"])
        .says(&format!("{} has a second name (a hard link)", path.display()));
    fs::remove_file(&path).expect("the link can be removed");
    fs::create_dir(&path).expect("a directory");
    fails(&home, 7, "insecure_permissions", &["list"]);
    fs::remove_dir(&path).expect("the directory can be removed");
    fs::rename(&aside, &path).expect("the store can be moved");
    token(&home);
}

#[test]
fn a_lock_that_is_no_plain_file_of_ours_is_refused() {
    let (server, home) = DemoServer::connected();
    let id = credential(&home)["id"].as_str().expect("an id").to_owned();
    let (lock, victim) = (home.oauth_home().join("locks").join(id), home.path().join("victim"));
    let refreshes = server.count("grants/refresh_token");
    let make: [&dyn Fn(); 3] =
        [&|| symlink(&victim, &lock).expect("a link"), &|| fs::create_dir(&lock).expect("a directory"), &|| {
            fs::write(&lock, "").expect("a file");
            fs::set_permissions(&lock, Permissions::from_mode(0o666)).expect("a mode");
        }];
    for make in make {
        make();
        fails(&home, 7, "insecure_permissions", &["token", "demo", "--refresh"]);
        let removed = if lock.is_dir() { fs::remove_dir(&lock) } else { fs::remove_file(&lock) };
        removed.expect("the lock can be removed");
    }
    assert!(!victim.exists(), "the link was followed");
    assert_eq!(server.count("grants/refresh_token"), refreshes);
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

// --- Refused for safety -----------------------------------------------------------------------------------------------

#[test]
fn a_provider_that_says_how_long_to_wait_is_not_asked_before() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!({"answer": {"status": 429, "body": "", "headers": {"Retry-After": "35000"}}}));
    let (before, asked) = (credential(&home), server.requests());
    let refused = home.oauth(["token", "demo", "--refresh", "--json"]).run();
    let error = refused.fails(5).stdout_is("").error();
    assert_eq!((&error["code"], &error["hint"]), (&json!("rate_limited"), &json!("try again in 9 h")), "{refused}");
    server.mend();
    // No other process asks either, and the living token is served.
    let waits = fails(&home, 5, "rate_limited", &["token", "demo", "--refresh"]);
    waits.because("not to be asked again so soon");
    age(&home, 200);
    home.oauth(["token", "demo"]).run().success().stderr_has("warning: the token still lives");
    assert_eq!((credential(&home)["status"].clone(), server.requests()), (json!("due"), asked + 1));
    assert_eq!(credential(&home)["authorized_at"], before["authorized_at"]);
    // The time has passed.
    store(&home).execute("update credentials set retry_at = unixepoch() - 1", []).expect("a change of the store");
    home.oauth(["token", "demo", "--refresh"]).run().success();
    let left: Option<i64> =
        store(&home).query_row("select retry_at from credentials", [], |row| row.get(0)).expect("a row");
    assert_eq!(left, None);
}

#[test]
fn a_token_that_lives_is_served_where_a_refresh_that_was_begun_cannot_be_finished() {
    let (server, home) = DemoServer::connected();
    let token = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let begun = r#"update credentials set attempt = '{"generation":1,"begun_at":1700000000}'"#;
    assert_eq!(store(&home).execute(begun, []).expect("a change of the store"), 1);
    let asked = server.requests();
    let served = home.oauth(["token", "demo"]).read_only(&home.oauth_home()).run();
    served.success().stdout_is(&token).stderr_has("warning: the token still lives").stderr_has("Read-only file system");
    assert_eq!(server.requests(), asked);
    home.oauth(["token", "demo"]).run().success().stderr_is("");
}

/// It may have replaced the token all the same: that stays in doubt, and is not asked about before its time (RFC 9110
/// §10.2.3).
#[test]
fn a_server_in_trouble_that_says_how_long_is_not_asked_before() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!({"answer": {"status": 503, "body": "", "headers": {"Retry-After": "120"}}}));
    age(&home, 0);
    let asked = server.requests();
    let refused = home.oauth(["token", "demo", "--json"]).run();
    let error = refused.fails(5).stdout_is("").error();
    assert_eq!((&error["code"], &error["hint"]), (&json!("provider_error"), &json!("try again in 2 min")), "{refused}");
    for _ in 0..2 {
        fails(&home, 5, "rate_limited", &["token", "demo"]).because("not to be asked again so soon");
    }
    assert_eq!(server.requests(), asked + 1, "asked once, by one");
    server.mend();
    store(&home).execute("update credentials set retry_at = unixepoch() - 1", []).expect("a change of the store");
    home.oauth(["token", "demo"]).run().success();
}

#[test]
fn a_wait_that_was_noted_by_a_wrong_clock_is_none() {
    let (server, home) = DemoServer::connected();
    server.break_token_endpoint(&json!({"answer": {"status": 429, "body": "", "headers": {"Retry-After": "120"}}}));
    later(home.oauth(["token", "demo", "--refresh"]), 7200).run().fails(5).stderr_has("try again in");
    server.mend();
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

#[test]
fn sealed_values_open_only_where_they_were_sealed() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let path = home.oauth_home().join("credentials.db");
    drop(store(&home));
    let whole = fs::read(&path).expect("a store");
    let swap = |field: &str| {
        format!(
            "update credentials set {field} = (select other.{field} from credentials as other where other.id <> credentials.id)"
        )
    };
    let ours = |change: &str| format!("update credentials set {change} where account = '{ALICE}'");
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    elsewhere.set_nonblocking(true).expect("a listener that does not wait");
    let evil = format!("http://{}", elsewhere.local_addr().expect("an address"));
    let moved = format!("server = replace(server, '{}', '{evil}')", server.issuer());
    let before = server.requests();
    let cases: [(String, &[&[&str]]); 11] = [
        (swap("access_token"), &[&["token", "demo"], &["test", "demo"], &["revoke", "demo"]]),
        (swap("refresh_token"), &[&["token", "demo", "--refresh"], &["revoke", "demo"]]),
        (ours("access_token = refresh_token"), &[&["token", "demo"], &["test", "demo"], &["revoke", "demo"]]),
        (ours("refresh_token = access_token"), &[&["token", "demo", "--refresh"], &["revoke", "demo"]]),
        (ours(&moved), &[&["token", "demo"], &["token", "demo", "--refresh"], &["test", "demo"], &["revoke", "demo"]]),
        (ours("generation = generation - 1"), &[&["token", "demo"], &["token", "demo", "--refresh"]]),
        (ours("client_id = 'demo-confidential'"), &[&["token", "demo"], &["token", "demo", "--refresh"]]),
        (ours("account = 'mallory'"), &[&["token", "demo", "mallory"], &["token", "demo", "mallory", "--refresh"]]),
        (ours("tenant = 'work'"), &[&["token", "demo", "--tenant", "work"]]),
        (ours("access_token = substr(access_token, 1, 40)"), &[&["token", "demo"]]),
        (ours("access_token = x''"), &[&["token", "demo"]]),
    ];
    for (sql, commands) in cases {
        println!("{sql}");
        let changed = store(&home).execute(&sql, []).expect("a change of the store");
        assert!(changed > 0, "{sql}");
        for command in commands {
            if command[0] == "test" {
                let output = home.oauth(command.iter().copied()).args(["--json"]).run();
                output.fails(7);
                assert_eq!(output.json()[0]["error"]["code"], "tampered", "{output}");
                continue;
            }
            let complaint = fails(&home, 7, "tampered", command);
            complaint.because("nothing was sent");
            assert!(complaint.message.contains("was altered, or moved from elsewhere"), "{complaint:?}");
        }
        // Even while the stored token lives, a refresh token that does not open is not passed over.
        if sql.contains("set refresh_token") {
            age(&home, 200);
            fails(&home, 7, "tampered", &["token", "demo"]);
        }
        fs::write(&path, &whole).expect("the store as it was");
    }
    assert_eq!(server.requests(), before, "nothing was sent");
    assert!(elsewhere.accept().is_err(), "nobody came to the other address");
    token(&home);
}

#[test]
fn a_damaged_row_does_not_hide_the_others() {
    let (server, home) = DemoServer::connected();
    server.login(&home, "demo", BOB);
    let sql = "update credentials set server = 'no JSON' where account = ?1";
    assert_eq!(store(&home).execute(sql, [BOB]).expect("a change of the store"), 1);
    token(&home);
    let damaged = home.oauth(["token", "demo", BOB]).run();
    assert!(matches!(damaged.code, Some(6 | 7)), "{damaged}");
    damaged.stdout_is("");
}

#[test]
fn what_a_failure_says_of_tampering_can_be_acted_on() {
    let (_server, home) = DemoServer::connected();
    let sql = "update credentials set access_token = refresh_token";
    store(&home).execute(sql, []).expect("a change of the store");
    fails(&home, 7, "tampered", &["token", "demo"]).hint_has("oauth ");
}

#[test]
fn a_login_that_does_not_fit_is_exit_7_and_stores_nothing() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let init = |account: &[&str], json: &[&str]| {
        let run = home.oauth(["init", "demo", "--client-id", CLIENT]).args(account.iter().copied());
        server.sign_in(run.args(json.iter().copied()), BOB)
    };
    complains(7, "wrong_account", |json| init(&[ALICE], json))
        .says("another account signed in than the one asked for")
        .because("`alice@example.test` was asked for, and `bob@example.test` signed in; no credential was stored")
        .hint_has("sign out in the browser");
    let redeemed = server.count("grants/authorization_code");
    let other = format!("{}/", server.issuer());
    for (iss, hint) in
        [("https://evil.example", "nothing was stored"), ("", "nothing was stored"), (&other, "calls itself")]
    {
        server.behave(&json!({"redirect_iss": iss}));
        complains(7, "issuer_mismatch", |json| init(&[], json)).hint_has(hint);
    }
    assert_eq!(server.count("grants/authorization_code"), redeemed, "the code was not given away");
    server.behave(&json!({"redirect_iss": null}));
    for (claim, value, code) in [
        ("iss", json!("https://evil.example"), "issuer_mismatch"),
        ("aud", json!("other"), "id_token_rejected"),
        ("exp", json!(now() - 7200), "id_token_rejected"),
        ("nonce", json!("other"), "id_token_rejected"),
    ] {
        let payload = id_token(server.issuer(), claim, value);
        server.behave(&json!({"members": {"id_token": json!(payload).to_string()}}));
        complains(7, code, |json| init(&[], json)).says("the identity cannot be trusted");
    }
    server.behave(&json!({"members": {}}));
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
    init(&[], &[]).success();
}

/// A look-alike of an ID token without a nonce, in which another claim may be wrong too.
fn id_token(issuer: &str, claim: &str, value: Value) -> String {
    let mut claims = json!({"iss": issuer, "aud": CLIENT, "sub": "x", "exp": now() + 600, "iat": now()});
    claims[claim] = value;
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(r#"{"alg":"HS256"}"#), encode(&claims.to_string()), encode("signature"))
}

#[test]
fn a_port_that_another_program_holds_is_refused() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let arg = port.to_string();
    fails(&home, 7, "port_busy", &["init", "demo", "--client-id", CLIENT, "--no-browser", "--port", &arg])
        .says(&format!("port {port} is in use by another program"))
        .hint_has("--port");
    let range = format!("{port}-{port}");
    fails(&home, 7, "port_busy", &["init", "demo", "--client-id", CLIENT, "--no-browser", "--port", &range]);
}

#[test]
fn a_server_that_calls_itself_otherwise_is_not_added() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let metadata = json!({
        "issuer": "https://evil.example",
        "authorization_endpoint": format!("{}/authorize", server.issuer()),
        "token_endpoint": format!("{}/token", server.issuer()),
    });
    let canned = json!({"answer": {"status": 200, "body": metadata.to_string()}});
    server.behave(&json!({"faults": [{"endpoint": "metadata", "do": canned}]}));
    fails(&home, 7, "issuer_mismatch", &["provider", "add", "demo", "--issuer", server.issuer()]);
    assert!(!home.oauth_home().join("providers.d/demo.toml").exists());
    let plain = fails(&home, 7, "wrong_host", &["provider", "add", "demo", "--issuer", "http://192.0.2.1"]);
    plain.because("http is taken on this machine's loopback address only, not on 192.0.2.1");
}

// --- The rest ---------------------------------------------------------------------------------------------------------

#[test]
fn a_revocation_that_fails_or_is_refused_changes_nothing_here() {
    let (server, home) = DemoServer::connected();
    let (own, old) = (credential(&home), token(&home));
    let fault = |status: u16, body: &str| {
        let act = json!({"answer": {"status": status, "body": body}});
        server.behave(&json!({"faults": [{"endpoint": "revoke", "do": act}]}));
    };
    for (status, body, exit, code) in [
        (503, "", 5, "provider_error"),
        (429, "", 5, "rate_limited"),
        (400, r#"{"error":"invalid_request"}"#, 1, "request_refused"),
        (401, r#"{"error":"invalid_client"}"#, 1, "request_refused"),
    ] {
        fault(status, body);
        fails(&home, exit, code, &["revoke", "demo"]).says_of_demo();
        assert_eq!(credential(&home), own, "{status} {body}");
    }
    assert_eq!(token(&home), old);
    home.oauth(["revoke", "demo", "--local"]).run().success();
    assert_eq!(credential(&home)["status"], "revoked");
}

#[test]
fn a_login_that_is_interrupted_stores_nothing() {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    server.add(&home, "demo");
    for (signal, exit) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        complains(exit, "interrupted", |json| {
            let run = home.oauth(["init", "demo", "--client-id", CLIENT, "--no-browser"]);
            let mut running = run.args(json.iter().copied()).spawn();
            server.authorization_url(&mut running);
            wait_for("the listener", || catches(running.id(), signal).then_some(()));
            running.signal(signal);
            running.finish()
        })
        .says("interrupted; nothing was stored");
    }
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
}

/// Whether a process has a handler for a signal.
fn catches(process: u32, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask >> (signal.as_raw() - 1) & 1 == 1
}

#[test]
fn a_full_disk_behind_stdout_is_told_and_costs_no_token() {
    let (server, home) = DemoServer::connected();
    let full = |args: &[&str], json: &[&str]| {
        let run = home.oauth(args.iter().copied()).args(json.iter().copied());
        run.through(["sh", "-c", "exec \"$@\" >/dev/full", "sh"]).run()
    };
    for command in
        [&["token", "demo"][..], &["token", "demo", "--refresh"], &["list"], &["test"], &["provider", "list"], &["man"]]
    {
        complains(1, "output", |json| full(command, json))
            .says("cannot write to standard output: No space left on device (os error 28)");
    }
    let refreshes = server.count("refreshes");
    assert_eq!(refreshes, 2);
    token(&home);
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(server.count("reuse_detections"), 0, "what was refreshed was stored");
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let (server, home) = DemoServer::connected();
    // Its reader has gone before it starts.
    let script = "import os, subprocess, sys; r, w = os.pipe(); os.close(r); sys.exit(subprocess.run(sys.argv[1:], stdout=w).returncode)";
    for command in
        [&["token", "demo", "--refresh"][..], &["list"], &["list", "--json"], &["test"], &["--help"], &["man"]]
    {
        let run = home.oauth(command.iter().copied()).through(["python3", "-c", script]).run();
        run.fails(if command[0] == "--help" { 0 } else { 141 }).stderr_is("");
    }
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!((server.count("refreshes"), server.count("reuse_detections")), (2, 0));
}

#[test]
fn a_closed_stdout_costs_no_token() {
    let (server, home) = DemoServer::connected();
    let closed =
        |args: &[&str]| -> Run { home.oauth(args.iter().copied()).through(["sh", "-c", "exec \"$@\" >&-", "sh"]) };
    let output = closed(&["token", "demo", "--refresh"]).run();
    assert_eq!(server.count("refreshes"), 1, "{output}");
    home.oauth(["token", "demo", "--refresh"]).run().success();
    assert_eq!(server.count("reuse_detections"), 0, "what was refreshed was stored");
    // Rust opens /dev/null in the place of a closed stdout before the program begins, so it cannot be told from one.
    output.success();
}

#[test]
fn a_token_of_another_account_is_told_by_the_test() {
    let (server, home) = DemoServer::connected();
    // No ID token comes with the refresh, so that only userinfo tells.
    server.behave(&json!({"refresh_account": "mallory@example.test", "members": {"id_token": null}}));
    home.oauth(["token", "demo", "--refresh"]).run().success();
    let tested = home.oauth(["test", "--json"]).run();
    assert_eq!(tested.fails(7).json()[0]["error"]["code"], "wrong_account", "{tested}");
}

#[test]
fn a_living_token_of_an_ended_login_is_served_with_a_warning_and_fails_the_test() {
    let (server, home) = DemoServer::connected();
    server.revoke_all();
    home.oauth(["token", "demo", "--refresh"]).run().fails(4);
    home.oauth(["token", "demo"]).run().success().stderr_has("warning: the token still lives");
    home.oauth(["test", "--offline"]).run().fails(4);
}

#[test]
fn a_copy_is_not_revoked_but_wiped() {
    let (server, home) = DemoServer::connected();
    let copy = Home::new();
    let words = ["-a".into(), home.oauth_home().into_os_string(), copy.oauth_home().into_os_string()];
    copy.command("cp").args(words).run().success();
    let requests = server.requests();
    copy.oauth(["revoke", "demo"]).run().fails(4);
    copy.oauth(["revoke", "demo", "--local"]).run().success();
    assert_eq!(server.requests(), requests);
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

#[test]
fn a_static_token_that_is_no_token_is_not_printed() {
    for text in ["a\r\nX-Evil: y", "\u{1b}[2J", "a b"] {
        let run = Home::new().oauth(["token", "github", "--json"]).env("OAUTH_TOKEN_GITHUB", text).run();
        assert_eq!(run.fails(2).stdout_is("").error()["code"], "usage", "{run}");
    }
}

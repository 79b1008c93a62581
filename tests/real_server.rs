//! The life of a credential against a certified authorization server, from the first login to its end.
//!
//! Nothing here is a stand-in: the person at the browser is a script that follows the pages of the server, every token is
//! held against the server's own userinfo, and its counters say what was sent. A server notices at once when a spent
//! refresh token is presented again; it is asked for that wherever tokens are refreshed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use crate::support::clock::later;
use crate::support::files::{assert_no_canary, assert_private};
use crate::support::http;
use crate::support::real::{Server, login};
use crate::support::sandbox::{Background, Home, Output, Run, Signal};
use crate::support::{json, wait_for, wait_for_file};

const ALICE: &str = "alice@example.test";
const BOB: &str = "bob@example.test";
/// The public client of the server.
pub(crate) const NATIVE: [&str; 2] = ["--client-id", "cli-native"];
/// Every member of a credential, in the order of the alphabet.
const MEMBERS: [&str; 24] = [
    "account",
    "authorized_at",
    "client_id",
    "created_at",
    "created_by",
    "default",
    "expires_at",
    "id",
    "issuer",
    "kind",
    "last_refreshed_at",
    "last_used_at",
    "metadata",
    "provider",
    "reason",
    "refresh_expires_at",
    "refreshable",
    "revoked_at",
    "scopes",
    "status",
    "subject",
    "tenant",
    "token_type",
    "updated_at",
];
/// How long an access token of the server lives, in seconds.
const LIFETIME: u32 = 3600;
/// Late enough that a token is refreshed ahead of its end, which is another 200 seconds away.
const DUE: u32 = LIFETIME - 200;
/// Late enough that a token has ended.
const EXPIRED: u32 = LIFETIME + 100;

// --- What the tests say -----------------------------------------------------------------------------------------------

/// A server for tests that neither count what it is asked nor give it orders.
pub(crate) fn shared() -> &'static Server {
    static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
    &SERVER
}

/// A home that knows the server as `op`, and nothing else.
#[track_caller]
pub(crate) fn home_at(server: &Server) -> Home {
    let home = Home::new();
    add(&home, server, &["--scope", "openid,email"]).run().success().stdout_is("");
    home
}

/// The same with alice connected.
#[track_caller]
pub(crate) fn connected(server: &Server) -> Home {
    let home = home_at(server);
    init(&home, &NATIVE).run().success().stdout_is("");
    home
}

/// `oauth provider add op --issuer ISSUER ARGS…`
fn add(home: &Home, server: &Server, args: &[&str]) -> Run {
    home.oauth(["provider", "add", "op", "--issuer", server.issuer()]).args(args)
}

/// `oauth init op ARGS…`, and alice at the browser.
pub(crate) fn init(home: &Home, args: &[&str]) -> Run {
    home.oauth(["init", "op"]).args(args).env("BROWSER", login())
}

/// The token that `oauth token op ARGS…` prints, and nothing else is said.
#[track_caller]
pub(crate) fn token(home: &Home, args: &[&str]) -> String {
    printed(&home.oauth(["token", "op"]).args(args).run())
}

/// The one line that was printed, and nothing else was said.
#[track_caller]
fn printed(output: &Output) -> String {
    output.success().stderr_is("");
    let line = output.stdout.strip_suffix('\n').unwrap_or_default();
    assert!(!line.is_empty() && !line.contains(char::is_whitespace), "not one word on one line\n{output}");
    line.to_owned()
}

/// What `oauth list --json` says.
#[track_caller]
pub(crate) fn list(home: &Home) -> Value {
    let output = home.oauth(["list", "--json"]).run();
    output.success().stderr_is("").json()
}

/// The same without the times of use, for what may be used but not changed.
#[track_caller]
fn rows(home: &Home) -> Value {
    let mut rows = list(home);
    for row in rows.as_array_mut().expect("an array") {
        row["last_used_at"].take();
    }
    rows
}

/// The one credential there is.
#[track_caller]
fn only(home: &Home) -> Value {
    let rows = list(home);
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows:#}");
    rows[0].clone()
}

/// The credential with this account.
#[track_caller]
fn row(home: &Home, account: &str) -> Value {
    let rows = list(home);
    let found = rows.as_array().expect("an array").iter().find(|row| row["account"] == account);
    found.unwrap_or_else(|| panic!("no {account} in {rows:#}")).clone()
}

/// The error of a command that ran with `--json` and ended like this. It printed nothing.
#[track_caller]
pub(crate) fn error(output: &Output, exit: i32, code: &str) -> Value {
    output.fails(exit).stdout_is("");
    let error = json(output.stderr.lines().last().unwrap_or_default())["error"].clone();
    assert_eq!((&error["code"], &error["exit"]), (&json!(code), &json!(exit)), "{output}");
    error
}

/// The words of a member.
#[track_caller]
fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {value:#}"))
}

/// Whose token it is, as the server sees it; nobody's when the server does not take it.
#[track_caller]
pub(crate) fn owner(server: &Server, token: &str) -> Option<String> {
    let answer = userinfo(server, token);
    match answer.status {
        200 => Some(text(&json(&answer.body), "sub").to_owned()),
        401 => None,
        _ => panic!("{answer:?}"),
    }
}

#[track_caller]
fn userinfo(server: &Server, token: &str) -> http::Response {
    let bearer = format!("Bearer {token}");
    http::send("GET", &format!("{}/me", server.issuer()), &[("Authorization", &bearer)], "")
}

/// How often a token was refreshed. Each time it worked, and no spent refresh token was ever sent.
#[track_caller]
fn refreshes(server: &Server) -> u64 {
    assert_eq!((server.count("refresh_reuse"), server.count("token_errors/invalid_grant")), (0, 0));
    let done = server.count("token_successes/refresh_token");
    assert_eq!(server.count("token_requests/refresh_token"), done);
    done
}

/// A login that waits for its answer. Its address was printed; no browser was opened.
struct Waiting {
    process: Background,
    url: Url,
}

impl Waiting {
    #[track_caller]
    fn start(home: &Home, args: &[&str]) -> Self {
        Self::of(init(home, &NATIVE).args(["--no-browser", "--json"]).args(args))
    }

    #[track_caller]
    fn of(run: Run) -> Self {
        let mut process = run.spawn();
        let line = wait_for("the whole address", || {
            let said = process.wait_for_stderr("/auth?");
            let mut lines = said.split_inclusive('\n').filter(|line| line.contains("/auth?"));
            lines.next()?.strip_suffix('\n').map(str::to_owned)
        });
        assert!(line.starts_with("http://127.0.0.1:") && !line.contains(' '), "not alone on its line: {line}");
        Self { process, url: Url::parse(&line).expect("an address") }
    }

    #[track_caller]
    fn parameter(&self, name: &str) -> String {
        let mut found = self.url.query_pairs().filter(|(own, _)| own == name);
        let value = found.next().unwrap_or_else(|| panic!("no {name} in {}", self.url)).1.into_owned();
        assert!(found.next().is_none(), "{name} twice in {}", self.url);
        value
    }

    /// `HOST:PORT` of the redirect URI.
    fn authority(&self) -> String {
        let redirect = self.parameter("redirect_uri");
        let rest = redirect.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/callback"));
        rest.expect("http://HOST:PORT/callback").to_owned()
    }

    /// The redirect URI with this query.
    fn callback(&self, query: &str) -> String {
        format!("{}?{query}", self.parameter("redirect_uri"))
    }

    /// The person goes to the address now.
    #[track_caller]
    fn visit(&self, home: &Home) {
        home.command(login()).args([self.url.as_str()]).run().success();
    }
}

/// Nobody listens there any more.
#[track_caller]
fn assert_closed(authority: &str) {
    assert!(TcpStream::connect(authority).is_err(), "{authority} is still open");
}

// --- The first login --------------------------------------------------------------------------------------------------

#[test]
fn the_first_login_prints_the_whole_credential_and_nothing_else() {
    let home = home_at(shared());
    let output = init(&home, &NATIVE).args(["--json"]).run();
    let own = output.success().json();
    let members: Vec<_> = own.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(MEMBERS));
    let wanted = json!({
        "provider": "op", "account": ALICE, "tenant": "default", "kind": "oauth", "status": "valid", "reason": null,
        "issuer": shared().issuer(), "subject": "alice", "scopes": ["openid", "email"], "token_type": "Bearer",
        "refreshable": true, "default": true, "client_id": "cli-native", "metadata": {}, "refresh_expires_at": null,
        "last_refreshed_at": null, "last_used_at": null, "revoked_at": null,
    });
    for (member, value) in wanted.as_object().expect("an object") {
        assert_eq!(&own[member], value, "{member}");
    }
    assert_eq!(only(&home), own);
}

#[test]
fn the_times_of_a_credential_are_utc_and_tell_when_its_token_ends() {
    let own = only(&connected(shared()));
    let time = |member: &str| {
        let text = text(&own, member);
        assert!(text.len() == 20 && text.ends_with('Z'), "{member}: {text}");
        text.parse::<jiff::Timestamp>().expect("RFC 3339").as_second()
    };
    let created = time("created_at");
    assert_eq!((time("authorized_at"), time("updated_at")), (created, created));
    // Counted from when the token was asked for, a little before it was there.
    let lives = time("expires_at") - created;
    assert!((i64::from(LIFETIME) - 180..=i64::from(LIFETIME)).contains(&lives), "{lives}");
}

#[test]
fn the_token_is_printed_alone_and_the_server_takes_it() {
    let home = connected(shared());
    let token = token(&home, &[]);
    assert_eq!(owner(shared(), &token).as_deref(), Some("alice"));
    let header = home.oauth(["token", "op", "--format", "header"]).run();
    header.success().stdout_is(&format!("Authorization: Bearer {token}\n")).stderr_is("");
    let object = home.oauth(["token", "op", "--json"]).run().success().json();
    assert_eq!((&object["access_token"], &object["source"]), (&json!(token), &json!("store")));
    assert_eq!(object.as_object().map(serde_json::Map::len), Some(MEMBERS.len() + 2));
    let same = home.oauth(["token", "op", "--format", "json"]).run().success().json();
    // A second may have passed since.
    let others = |object: &Value| {
        let members = object.as_object().into_iter().flatten();
        members.filter(|(name, _)| *name != "last_used_at").map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let [same, object]: [Vec<_>; 2] = [others(&same), others(&object)];
    assert_eq!(same, object);
}

#[test]
fn what_is_left_on_the_disk_is_private_and_shows_no_token() {
    let server = shared();
    let home = connected(server);
    let mut tokens = vec![token(&home, &[]), token(&home, &["--refresh"])];
    assert_private(&home.oauth_home());
    assert_no_canary(home.path(), &tokens);
    init(&home, &[]).run().success();
    tokens.push(token(&home, &[]));
    home.oauth(["test"]).run().success().says_nothing_of(&tokens[2]);
    home.oauth(["list"]).run().success().says_nothing_of(&tokens[2]);
    home.oauth(["revoke", "op"]).run().success();
    assert_private(&home.oauth_home());
    assert_no_canary(home.path(), &tokens);
}

#[test]
fn the_last_page_in_the_browser_says_that_it_worked() {
    let home = home_at(shared());
    let page = home.path().join("page");
    let output = init(&home, &NATIVE).env("LOGIN_PAGE", &page).run();
    output.success().stdout_is("").stderr_has("Connected op alice@example.test");
    assert_eq!(wait_for_file(&page), "Connected\nYou can close this tab and go back to the terminal.\n");
}

#[test]
fn a_credential_is_the_same_object_in_list_and_test() {
    let home = connected(shared());
    token(&home, &[]);
    let listed = only(&home);
    assert_ne!(listed["last_used_at"], Value::Null);
    let tested = home.oauth(["test", "op", "--json"]).run().success().json()[0]["credential"].clone();
    assert_ne!(tested["last_used_at"], Value::Null, "it was used, and `list` knows it");
    assert_eq!(rows(&home)[0]["id"], tested["id"]);
}

#[test]
fn nothing_is_connected_before_the_first_login() {
    let home = home_at(shared());
    assert_eq!(list(&home), json!([]));
    error(&home.oauth(["token", "op", "--json"]).run(), 3, "not_connected");
    error(&home.oauth(["test", "--json"]).run(), 3, "not_connected");
    assert!(!home.oauth_home().join("credentials.db").exists(), "asking has made a store");
}

// --- Providers --------------------------------------------------------------------------------------------------------

#[test]
fn an_issuer_that_differs_by_a_slash_is_refused() {
    let home = Home::new();
    let issuer = format!("{}/", shared().issuer());
    let output = home.oauth(["provider", "add", "op", "--issuer", &issuer, "--json"]).run();
    error(&output, 7, "issuer_mismatch");
    error(&home.oauth(["provider", "show", "op", "--json"]).run(), 3, "unknown_provider");
}

#[test]
fn plain_http_is_taken_on_loopback_only() {
    let home = Home::new();
    let output = home.oauth(["provider", "add", "op", "--issuer", "http://op.example.test", "--json"]).run();
    error(&output, 7, "wrong_host");
    let endpoints = ["--authorization-endpoint", "https://op.example.test/a", "--token-endpoint"];
    let output = home.oauth(["provider", "add", "op"]).args(endpoints).args(["http://op.example.test/t", "--json"]);
    assert_ne!(output.run().code, Some(0));
    error(&home.oauth(["provider", "show", "op", "--json"]).run(), 3, "unknown_provider");
}

#[test]
fn a_provider_shows_what_the_server_says_of_itself() {
    let home = home_at(shared());
    let shown = home.oauth(["provider", "show", "op", "--json"]).run().success().json();
    let issuer = shared().issuer();
    assert_eq!(shown["issuer"], issuer);
    assert_eq!(shown["authorization_endpoint"], format!("{issuer}/auth"));
    assert_eq!(shown["token_endpoint"], format!("{issuer}/token"));
    assert_eq!(shown["userinfo_endpoint"], format!("{issuer}/me"));
    assert_eq!(shown["revocation_endpoint"], format!("{issuer}/token/revocation"));
    assert_eq!(shown["identity_scopes"], json!(["openid", "email"]));
}

// --- Accounts and tenants ---------------------------------------------------------------------------------------------

/// Alice and bob at `op`, alice first.
fn alice_and_bob() -> Home {
    let home = connected(shared());
    init(&home, &[]).env("LOGIN_USER", "bob").run().success();
    home
}

#[test]
fn a_second_account_is_a_row_of_its_own_and_the_first_stays_the_default() {
    let home = connected(shared());
    let alice = only(&home);
    let output = init(&home, &["--json"]).env("LOGIN_USER", "bob").run();
    let bob = output.success().json();
    assert_eq!((&bob["account"], &bob["subject"], &bob["default"]), (&json!(BOB), &json!("bob"), &json!(false)));
    assert_eq!(bob["client_id"], "cli-native", "the registration is used again");
    assert_ne!(bob["id"], alice["id"]);
    assert_eq!(list(&home), json!([alice, bob]));
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("alice"));
}

#[test]
fn an_account_is_named_in_one_word_or_in_two_and_in_any_case() {
    let home = alice_and_bob();
    let named = token(&home, &[BOB]);
    assert_eq!(owner(shared(), &named).as_deref(), Some("bob"));
    assert_eq!(token(&home, &["BOB@Example.Test"]), named);
    assert_eq!(printed(&home.oauth(["token", "op@bob@example.test"]).run()), named);
    error(&home.oauth(["token", "op@alice@example.test", BOB, "--json"]).run(), 2, "usage");
    let unknown = error(&home.oauth(["token", "op", "carol@example.test", "--json"]).run(), 3, "not_connected");
    assert_eq!(unknown["action"], "oauth init op carol@example.test");
}

#[test]
fn the_default_account_is_the_one_that_was_chosen() {
    let home = alice_and_bob();
    let chosen = home.oauth(["default", "op", BOB, "--json"]).run().success().json();
    assert_eq!((&chosen["account"], &chosen["default"]), (&json!(BOB), &json!(true)));
    assert_eq!((&row(&home, ALICE)["default"], &row(&home, BOB)["default"]), (&json!(false), &json!(true)));
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("bob"));
    error(&home.oauth(["default", "op", "carol@example.test", "--json"]).run(), 3, "not_connected");
    home.oauth(["default", "op@alice@example.test"]).run().success();
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("alice"));
    init(&home, &["--default"]).env("LOGIN_USER", "bob").run().success();
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("bob"));
}

#[test]
fn without_a_default_several_accounts_are_ambiguous() {
    let home = alice_and_bob();
    home.oauth(["revoke", "op", ALICE]).run().success();
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("bob"), "the only one that is left");
    init(&home, &[]).env("LOGIN_USER", "carol").run().success();
    let output = home.oauth(["token", "op", "--json"]).run();
    let message = error(&output, 3, "ambiguous_account");
    let message = text(&message, "message");
    assert!(message.contains(BOB) && message.contains("carol@example.test") && !message.contains(ALICE), "{message}");
}

#[test]
fn the_same_account_can_be_in_two_tenants() {
    let home = connected(shared());
    let need = error(&init(&home, &["--tenant", "work", "--json"]).run(), 2, "client_required");
    assert_eq!(need["action"], "oauth --tenant work init op --client-id ID", "a client belongs to its tenant");
    init(&home, &NATIVE).args(["--tenant", "work"]).run().success();
    assert_eq!(only(&home)["tenant"], "default");
    let both = home.oauth(["list", "--all-tenants", "--json"]).run().success().json();
    let [one, other] = &both.as_array().expect("an array")[..] else { panic!("{both:#}") };
    assert_eq!([&one["tenant"], &other["tenant"]], ["default", "work"]);
    assert_eq!([&one["account"], &other["account"]], [ALICE, ALICE]);
    assert_eq!([&one["default"], &other["default"]], [true, true]);
    assert_ne!(one["id"], other["id"]);
    let (here, there) = (token(&home, &[]), token(&home, &["--tenant", "work"]));
    assert_ne!(here, there);
    assert_eq!(printed(&home.oauth(["token", "op"]).env("OAUTH_TENANT", "work").run()), there);
    home.oauth(["revoke", "op", "--tenant-id", "work"]).run().success();
    assert_eq!((owner(shared(), &there), token(&home, &[])), (None, here));
}

#[test]
fn connecting_the_same_account_again_renews_its_row() {
    let server = shared();
    let home = alice_and_bob();
    let (before, old) = (row(&home, ALICE), token(&home, &[]));
    init(&home, &[]).run().success().stdout_is("").stderr_has("Renewed op alice@example.test");
    let after = row(&home, ALICE);
    for member in ["id", "account", "created_at", "client_id", "scopes", "default", "subject"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    assert!(text(&after, "authorized_at") >= text(&before, "authorized_at"));
    assert_eq!(list(&home).as_array().map(Vec::len), Some(2));
    let new = token(&home, &[]);
    assert_ne!(new, old);
    assert_eq!(owner(server, &new).as_deref(), Some("alice"));
}

#[test]
fn scopes_are_added_and_replaced_and_the_identity_is_always_asked_for() {
    let home = connected(shared());
    let scopes = |args: &[&str]| init(&home, args).args(["--json"]).run().success().json()["scopes"].clone();
    assert_eq!(scopes(&["--add-scope", "profile"]), json!(["openid", "email", "profile"]));
    assert_eq!(scopes(&[]), json!(["openid", "email", "profile"]));
    assert_eq!(scopes(&["--scope", "openid"]), json!(["openid", "email"]));
    assert_eq!(scopes(&["--scope", "profile"]), json!(["openid", "email", "profile"]));
}

#[test]
fn a_name_of_ones_own_stays_with_the_account() {
    let home = home_at(shared());
    let work = init(&home, &["work", "--json"]).args(NATIVE).run().success().json();
    assert_eq!((&work["account"], &work["subject"]), (&json!("work"), &json!("alice")));
    let again = init(&home, &["--json"]).run().success().json();
    assert_eq!((&again["account"], &again["id"]), (&work["account"], &work["id"]), "the same person, unnamed");
    error(&init(&home, &["work", "--json"]).env("LOGIN_USER", "bob").run(), 7, "wrong_account");
    assert_eq!(only(&home)["subject"], "alice");
}

#[test]
fn an_address_is_a_hint_for_the_server_and_a_name_is_none() {
    let home = home_at(shared());
    assert_eq!(Waiting::start(&home, &[ALICE]).parameter("login_hint"), ALICE);
    let named = Waiting::start(&home, &["work"]);
    assert!(!named.url.as_str().contains("login_hint"), "{}", named.url);
}

#[test]
fn another_person_than_the_one_asked_for_is_not_stored() {
    let server = shared();
    let home = connected(server);
    let (before, old) = (list(&home), token(&home, &["--offline"]));
    let page = home.path().join("page");
    for asked in [ALICE, BOB] {
        let run = init(&home, &[asked, "--json"]).env("LOGIN_USER", "carol").env("LOGIN_PAGE", &page);
        let refused = error(&run.run(), 7, "wrong_account");
        let message = text(&refused, "message");
        assert!(message.contains(asked) && message.contains("carol@example.test"), "{message}");
        assert_eq!(
            wait_for_file(&page),
            "The login did not work\nThe terminal says why. You can close this tab and go back there.\n"
        );
        fs::remove_file(&page).expect("the page");
    }
    assert_eq!(rows(&home)[0]["id"], before[0]["id"]);
    assert_eq!(only(&home)["updated_at"], before[0]["updated_at"]);
    assert_eq!(token(&home, &[]), old);
    assert_eq!(owner(server, &old).as_deref(), Some("alice"));
}

// --- Refresh ----------------------------------------------------------------------------------------------------------

#[test]
fn a_token_is_refreshed_ahead_of_its_end_and_not_before() {
    let server = Server::start();
    let home = connected(&server);
    let first = token(&home, &[]);
    let at = |seconds| printed(&later(home.oauth(["token", "op"]), seconds).run());
    let status = |seconds| later(home.oauth(["list", "--json"]), seconds).run().success().json()[0]["status"].clone();
    let early = LIFETIME - 600;
    assert_eq!((at(early), status(early), refreshes(&server)), (first.clone(), json!("valid"), 0));
    assert_eq!(status(DUE), "due");
    let second = at(DUE);
    assert_ne!(second, first);
    assert_eq!((status(DUE), refreshes(&server)), (json!("valid"), 1));
    assert_eq!((at(DUE), refreshes(&server)), (second.clone(), 1));
    assert_eq!(owner(&server, &second).as_deref(), Some("alice"));
}

#[test]
fn rotated_refresh_tokens_are_never_spent_twice() {
    let server = Server::start();
    let home = connected(&server);
    let mut tokens = BTreeSet::from([token(&home, &[])]);
    for round in 1..=6 {
        let new = if round % 2 == 0 {
            token(&home, &["--refresh"])
        } else {
            printed(&later(home.oauth(["token", "op"]), round * (EXPIRED + LIFETIME)).run())
        };
        assert_eq!(owner(&server, &new).as_deref(), Some("alice"));
        assert!(tokens.insert(new), "a token of before, in round {round}");
        assert_eq!(refreshes(&server), u64::from(round));
    }
    let own = only(&home);
    assert_ne!(own["last_refreshed_at"], Value::Null);
    assert_eq!((&own["refreshable"], &own["scopes"]), (&json!(true), &json!(["openid", "email"])));
    assert_eq!(server.count("logins"), 1);
}

#[test]
fn a_token_lives_at_least_as_long_as_was_asked() {
    let server = Server::start();
    let home = connected(&server);
    let first = token(&home, &["--min-ttl", "30m"]);
    assert_eq!(refreshes(&server), 0);
    let at = |args: [&str; 2]| later(home.oauth(["token", "op"]).args(args), LIFETIME - 600).run();
    assert_eq!((printed(&at(["--min-ttl", "5m"])), refreshes(&server)), (first.clone(), 0));
    let second = printed(&at(["--min-ttl", "15m"]));
    assert_ne!(second, first);
    assert_eq!((printed(&at(["--min-ttl", "15m"])), refreshes(&server)), (second, 1));
}

#[test]
fn a_server_that_does_not_rotate_keeps_its_refresh_token() {
    let server = Server::start_with([("OIDC_ROTATE", "0")]);
    let home = connected(&server);
    for done in 1..=3 {
        let new = token(&home, &["--refresh"]);
        assert_eq!((owner(&server, &new).as_deref(), refreshes(&server)), (Some("alice"), done));
    }
    assert_eq!(only(&home)["refreshable"], true);
}

#[test]
fn offline_sends_nothing() {
    let server = Server::start();
    let home = connected(&server);
    let stored = token(&home, &[]);
    let (before, asked) = (rows(&home), server.counters());
    assert_eq!(token(&home, &["--offline"]), stored);
    let offline = ["token", "op", "--offline", "--json"];
    assert_eq!(later(home.oauth(offline), DUE).run().success().json()["access_token"], stored);
    error(&later(home.oauth(offline), EXPIRED).run(), 5, "offline");
    error(&home.oauth(offline).args(["--min-ttl", "2h"]).run(), 5, "offline");
    home.oauth(["test", "op", "--offline"]).run().success();
    assert_eq!(server.counters(), asked);
    assert_eq!(rows(&home), before);
}

/// So many processes at once that ask for the token of `op`, in this way. What they print, each token once.
#[track_caller]
fn herd(many: usize, ask: impl Fn() -> Run) -> BTreeSet<String> {
    let started: Vec<_> = (0..many).map(|_| ask().spawn()).collect();
    started.into_iter().map(|one| printed(&one.finish())).collect()
}

#[test]
fn fifty_processes_that_want_an_expired_token_make_one_refresh() {
    let server = Server::start();
    let home = connected(&server);
    let mut seen = BTreeSet::from([token(&home, &[])]);
    // In the first round, all of them come while the first one waits for its answer. In the others it gets it at once,
    // and some have just found the token expired then.
    for (round, hang) in [(1, 1500), (2, 0), (3, 0)] {
        server.hang(Duration::from_millis(hang));
        let tokens = herd(50, || later(home.oauth(["token", "op"]), round * EXPIRED));
        assert_eq!((tokens.len(), refreshes(&server)), (1, u64::from(round)), "round {round}: {tokens:?}");
        let new = tokens.first().expect("one");
        assert_eq!(owner(&server, new).as_deref(), Some("alice"));
        assert!(seen.insert(new.clone()), "a token of before");
    }
}

#[test]
fn twenty_processes_that_force_a_refresh_each_get_a_newer_token() {
    let server = Server::start();
    let home = connected(&server);
    let old = token(&home, &[]);
    server.hang(Duration::from_millis(300));
    let tokens = herd(20, || home.oauth(["token", "op", "--refresh"]));
    assert!(!tokens.contains(&old));
    // Who refreshes gets the token of its own, and who waited for it the same one.
    assert_eq!(refreshes(&server), tokens.len() as u64);
    assert!(tokens.len() < 20, "nobody took the token of another");
    assert!(tokens.contains(&token(&home, &[])));
    for token in &tokens {
        assert_eq!(owner(&server, token).as_deref(), Some("alice"));
    }
}

/// Ends a grant at the provider: this server ends the refresh token along with the access token.
#[track_caller]
fn end_grant(server: &Server, access_token: &str) {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("client_id=cli-native&token={access_token}");
    assert_eq!(http::post(&format!("{}/token/revocation", server.issuer()), &headers, &body).status, 200);
}

#[test]
fn a_grant_that_was_ended_at_the_provider_needs_a_person() {
    let server = Server::start();
    let home = connected(&server);
    let (before, dead) = (only(&home), token(&home, &[]));
    end_grant(&server, &dead);
    let logins = server.count("requests/authorization");
    let output = home.oauth(["token", "op", "--refresh"]).env("BROWSER", login()).run();
    output.fails(4).stdout_is("").stderr_is(
        "error: op needs to be authorized again\n  \
         cause: the provider refused the refresh token (invalid_grant)\n  \
         cause: likely it was revoked at the provider, by you, by an administrator or by the app's owner\n  \
         hint: oauth init op\n",
    );
    let row = only(&home);
    assert_eq!((&row["status"], &row["id"]), (&json!("reauth"), &before["id"]));
    assert_eq!(row["reason"], "the provider refused the refresh token (invalid_grant)");
    assert_eq!(server.count("requests/authorization"), logins, "a browser is opened by `init` alone");
    let asked = server.count("requests/token");
    let output = later(home.oauth(["test", "op", "--json"]), EXPIRED).run();
    assert_eq!(tested(output.fails(4))["error"]["code"], "reauthorization_required");
    let again = error(&later(home.oauth(["token", "op", "--json"]), EXPIRED).run(), 4, "reauthorization_required");
    assert_eq!(again["action"], "oauth init op");
    assert_eq!(server.count("requests/token"), asked, "a token that is known to be dead is not sent");
    let renewed = init(&home, &["--json"]).run().success().json();
    assert_eq!(
        (&renewed["id"], &renewed["status"], &renewed["reason"]),
        (&before["id"], &json!("valid"), &Value::Null)
    );
    assert_eq!(owner(&server, &token(&home, &["--refresh"])).as_deref(), Some("alice"));
}

#[test]
fn with_login_the_person_is_asked_at_once() {
    let home = connected(shared());
    let before = only(&home);
    end_grant(shared(), &token(&home, &[]));
    let output = home.oauth(["token", "op", "--refresh", "--login"]).env("BROWSER", login()).run();
    let new = output.success().stdout.strip_suffix('\n').expect("a line");
    assert_eq!(owner(shared(), new).as_deref(), Some("alice"));
    assert_eq!((&only(&home)["id"], &only(&home)["status"]), (&before["id"], &json!("valid")));
}

#[test]
fn without_a_refresh_token_a_person_is_needed_when_the_token_ends() {
    let server = Server::start_with([("OIDC_REFRESH", "offline")]);
    let home = home_at(&server);
    let output = init(&home, &NATIVE).args(["--json"]).run();
    let own = output.success().stderr_has("no refresh token").json();
    assert_eq!((&own["refreshable"], &own["status"]), (&json!(false), &json!("expiring")));
    let stored = token(&home, &[]);
    assert_eq!(printed(&later(home.oauth(["token", "op"]), DUE).run()), stored, "it lives until its end");
    error(&later(home.oauth(["token", "op", "--json"]), EXPIRED).run(), 4, "reauthorization_required");
    error(&home.oauth(["token", "op", "--refresh", "--json"]).run(), 4, "reauthorization_required");
    assert_eq!(server.count("token_requests/refresh_token"), 0);
    let asked = ["--add-scope", "offline_access", "--param", "prompt=consent", "--json"];
    let renewed = init(&home, &asked).run().success().json();
    assert_eq!((&renewed["refreshable"], &renewed["id"]), (&json!(true), &own["id"]));
    token(&home, &["--refresh"]);
    assert_eq!(refreshes(&server), 1);
}

// --- Test -------------------------------------------------------------------------------------------------------------

/// The only element of what `oauth test op --json ARGS…` prints.
#[track_caller]
fn tested(output: &Output) -> Value {
    let outcomes = output.json();
    let [outcome] = &outcomes.as_array().expect("an array")[..] else { panic!("{outcomes:#}") };
    let members: Vec<_> = outcome.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(BTreeSet::from_iter(members), BTreeSet::from(["credential", "ok", "checks", "error"]));
    outcome.clone()
}

/// The names of the checks with their results.
fn checks(outcome: &Value) -> Vec<(&str, &str)> {
    outcome["checks"].as_array().expect("an array").iter().map(|one| (text(one, "name"), text(one, "result"))).collect()
}

#[test]
fn a_good_credential_passes_and_the_server_was_asked() {
    let server = Server::start();
    let home = connected(&server);
    let asked = server.count("requests/userinfo");
    let output = home.oauth(["test", "op", "--json"]).run();
    let outcome = tested(output.success().stderr_is(""));
    assert_eq!((&outcome["ok"], &outcome["error"]), (&json!(true), &Value::Null));
    assert_eq!(outcome["credential"]["account"], ALICE);
    assert_eq!(checks(&outcome), [("token", "passed"), ("userinfo", "passed")]);
    assert_eq!((server.count("requests/userinfo"), refreshes(&server)), (asked + 1, 0));
    let output = home.oauth(["test"]).run();
    output.success().stdout_has("ok").stdout_has("op alice@example.test").stderr_is("1 of 1 usable\n");
}

#[test]
fn a_token_that_the_provider_rejects_is_refreshed_and_tested_again() {
    let server = Server::start();
    let home = connected(&server);
    let (before, dead) = (rows(&home), token(&home, &[]));
    server.expire();
    assert_eq!(owner(&server, &dead), None);
    let output = home.oauth(["test", "op", "--no-refresh", "--json"]).run();
    output.fails(5);
    let outcome = tested(&output);
    assert_eq!((&outcome["ok"], &outcome["error"]["code"]), (&json!(false), &json!("token_rejected")));
    assert_eq!((rows(&home), refreshes(&server)), (before, 0), "a 401 alone ends nothing");
    let outcome = tested(home.oauth(["test", "op", "--json"]).run().success());
    assert_eq!((&outcome["ok"], &outcome["credential"]["status"]), (&json!(true), &json!("valid")));
    assert_eq!(checks(&outcome), [("token", "passed"), ("refresh", "passed"), ("userinfo", "passed")]);
    assert_eq!(refreshes(&server), 1);
    assert_eq!(owner(&server, &token(&home, &[])).as_deref(), Some("alice"));
}

#[test]
fn a_due_token_is_refreshed_by_the_test_unless_it_may_not() {
    let server = Server::start();
    let home = connected(&server);
    later(home.oauth(["test", "op", "--no-refresh"]), DUE).run().success();
    assert_eq!(refreshes(&server), 0);
    later(home.oauth(["test", "op"]), DUE).run().success();
    assert_eq!(refreshes(&server), 1);
}

#[test]
fn a_token_that_may_not_ask_for_userinfo_passes() {
    let home = Home::new();
    add(&home, shared(), &[]).run().success();
    let own = init(&home, &NATIVE).args(["--scope", "email", "--json"]).run().success().json();
    assert_eq!((&own["account"], &own["subject"]), (&json!("default"), &Value::Null));
    let token = token(&home, &[]);
    assert_eq!(userinfo(shared(), &token).status, 403);
    let outcome = tested(home.oauth(["test", "op", "--json"]).run().success());
    assert_eq!(checks(&outcome), [("token", "passed"), ("userinfo", "passed")]);
    let output = init(&home, &["--json"]).env("LOGIN_USER", "bob").run();
    error(&output, 2, "usage");
    assert_eq!(only(&home)["id"], own["id"], "whose it is cannot be known, so it needs a name");
}

#[test]
fn without_anything_to_ask_the_provider_the_test_says_so() {
    let home = Home::new();
    let (issuer, add) = (shared().issuer(), ["provider", "add", "op", "--authorization-endpoint"]);
    let (authorization, token) = (format!("{issuer}/auth"), format!("{issuer}/token"));
    home.oauth(add).args([&authorization, "--token-endpoint", &token]).run().success();
    init(&home, &NATIVE).args(["--scope", "openid"]).run().success();
    let outcome = tested(home.oauth(["test", "op", "--json"]).run().success());
    assert_eq!(outcome["ok"], true);
    assert_eq!(checks(&outcome), [("token", "passed"), ("userinfo", "skipped")]);
}

#[test]
fn a_server_that_cannot_be_reached_changes_nothing() {
    let server = Server::start();
    let home = connected(&server);
    let (before, stored) = (rows(&home), token(&home, &[]));
    drop(server);
    let output = home.oauth(["test", "op", "--json"]).run();
    output.fails(5);
    let outcome = tested(&output);
    assert_eq!((&outcome["ok"], &outcome["error"]["code"]), (&json!(false), &json!("unreachable")));
    error(&home.oauth(["token", "op", "--refresh", "--json"]).run(), 5, "unreachable");
    error(&later(home.oauth(["token", "op", "--json"]), EXPIRED).run(), 5, "unreachable");
    let output = later(home.oauth(["test", "op", "--json"]), EXPIRED).run();
    assert_eq!(tested(output.fails(5))["error"]["code"], "unreachable");
    assert_eq!(rows(&home), before);
    assert_eq!(token(&home, &[]), stored);
}

#[test]
fn a_token_that_still_lives_is_served_while_the_server_is_down() {
    let server = Server::start();
    let home = connected(&server);
    let (before, stored) = (rows(&home), token(&home, &[]));
    drop(server);
    let output = later(home.oauth(["token", "op"]), DUE).run();
    output.success().stdout_is(&format!("{stored}\n"));
    assert!(output.stderr.starts_with("warning: the token still lives, but could not be refreshed: "), "{output}");
    let asked = |args: [&str; 2]| later(home.oauth(["token", "op", "--json"]).args(args), DUE).run();
    error(&asked(["--min-ttl", "10m"]), 5, "unreachable");
    assert_eq!(asked(["--min-ttl", "1m"]).success().json()["access_token"], stored);
    assert_eq!(rows(&home), before);
}

// --- Revoke -----------------------------------------------------------------------------------------------------------

/// A copy of everything the program has kept, as it is now.
#[track_caller]
fn copy(home: &Home) -> Home {
    let copy = Home::new();
    let words: [OsString; 3] = ["-a".into(), home.oauth_home().into(), copy.oauth_home().into()];
    copy.command("cp").args(words).run().success();
    copy
}

#[test]
fn revoking_ends_both_tokens_at_the_provider_and_here() {
    let server = Server::start();
    let home = connected(&server);
    let (before, dead) = (only(&home), token(&home, &[]));
    let copy = copy(&home);
    let done = home.oauth(["revoke", "op", "--json"]).run().success().json();
    let fates = ["access", "refresh", "local"].map(|member| text(&done, member));
    assert_eq!(fates, ["revoked", "revoked", "wiped"]);
    assert_eq!(done.as_object().map(serde_json::Map::len), Some(4), "{done:#}");
    assert_eq!(done["credential"]["id"], before["id"]);
    assert_eq!((server.count("revocations"), owner(&server, &dead)), (2, None));
    copy.oauth(["doctor", "--take-over"]).run().success();
    error(&copy.oauth(["token", "op", "--refresh", "--json"]).run(), 4, "reauthorization_required");
    assert_eq!((server.count("token_errors/invalid_grant"), server.count("token_successes/refresh_token")), (1, 0));

    let row = only(&home);
    assert_eq!((&row["id"], &row["status"], &row["refreshable"]), (&before["id"], &json!("revoked"), &json!(false)));
    assert_ne!(row["revoked_at"], Value::Null);
    error(&home.oauth(["token", "op", "--json"]).run(), 3, "not_connected");
    error(&home.oauth(["token", "op", ALICE, "--json"]).run(), 4, "reauthorization_required");
    error(&home.oauth(["test", "--json"]).run(), 3, "not_connected");
}

#[test]
fn the_revoked_credential_is_told_as_it_stands_afterwards() {
    let home = connected(shared());
    token(&home, &[]);
    let done = home.oauth(["revoke", "op", "--json"]).run().success().json();
    assert_eq!(done["credential"], only(&home));
}

#[test]
fn revoking_again_is_no_error_and_asks_nobody() {
    let server = Server::start();
    let home = connected(&server);
    home.oauth(["revoke", "op"]).run().success().stdout_is("").stderr_has("op alice@example.test");
    let (after, asked) = (list(&home), server.counters());
    for named in [&["revoke", "op", "--json"][..], &["revoke", "op", ALICE, "--json"]] {
        let again = home.oauth(named).run().success().json();
        let fates = ["access", "refresh", "local"].map(|member| text(&again, member));
        assert_eq!(fates, ["skipped", "skipped", "wiped"]);
    }
    assert_eq!((list(&home), server.counters()), (after, asked));
}

#[test]
fn a_revoked_account_can_be_connected_again() {
    let home = connected(shared());
    let before = only(&home);
    home.oauth(["revoke", "op"]).run().success();
    let renewed = init(&home, &NATIVE).args(["--json"]).run().success().json();
    assert_eq!((&renewed["id"], &renewed["status"]), (&before["id"], &json!("valid")));
    assert_eq!(renewed["revoked_at"], Value::Null);
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("alice"));
}

#[test]
fn while_the_server_is_down_nothing_is_revoked() {
    let server = Server::start();
    let home = connected(&server);
    let (before, stored) = (rows(&home), token(&home, &[]));
    drop(server);
    for args in [&["revoke", "op", "--json"][..], &["revoke", "op", "--forget", "--json"]] {
        error(&home.oauth(args).run(), 5, "unreachable");
    }
    let all = home.oauth(["revoke", "--all", "--yes", "--json"]).run();
    assert_eq!(all.fails(5).json()[0]["error"]["code"], "unreachable");
    assert_eq!((rows(&home), token(&home, &[])), (before, stored));
    let done = home.oauth(["revoke", "op", "--local", "--json"]).run().success().json();
    let fates = ["access", "refresh", "local"].map(|member| text(&done, member));
    assert_eq!(fates, ["skipped", "skipped", "wiped"]);
    assert_eq!(only(&home)["status"], "revoked");
}

#[test]
fn local_asks_nobody_and_forget_deletes_the_row() {
    let server = Server::start();
    let home = connected(&server);
    let stored = token(&home, &[]);
    let done = home.oauth(["revoke", "op", "--local", "--forget", "--json"]).run().success().json();
    let fates = ["access", "refresh", "local"].map(|member| text(&done, member));
    assert_eq!(fates, ["skipped", "skipped", "forgotten"]);
    assert_eq!(list(&home), json!([]));
    assert_eq!((server.count("requests/revocation"), owner(&server, &stored).as_deref()), (0, Some("alice")));
    error(&home.oauth(["token", "op", ALICE, "--json"]).run(), 3, "not_connected");
    init(&home, &[]).run().success();
    home.oauth(["revoke", "op"]).run().success();
    assert_eq!(server.count("revocations"), 2);
    home.oauth(["revoke", "op", "--forget"]).run().success();
    assert_eq!((list(&home), server.count("revocations")), (json!([]), 2));
}

#[test]
fn all_accounts_of_the_tenant_are_revoked_at_once() {
    let home = alice_and_bob();
    init(&home, &NATIVE).args(["--tenant", "work"]).run().success();
    let tokens = [token(&home, &[ALICE]), token(&home, &[BOB])];
    let all = home.oauth(["revoke", "--all", "--yes", "--json"]).run().success().json();
    let all = all.as_array().expect("an array");
    assert_eq!(all.iter().map(|one| text(&one["credential"], "account")).collect::<Vec<_>>(), [ALICE, BOB]);
    assert!(all.iter().all(|one| one["refresh"] == "revoked" && one["access"] == "revoked"), "{all:#?}");
    assert_eq!(tokens.map(|token| owner(shared(), &token)), [None, None]);
    assert!(owner(shared(), &token(&home, &["--tenant", "work"])).is_some());
}

#[test]
fn a_provider_without_revocation_is_warned_of() {
    let home = Home::new();
    let (issuer, add) = (shared().issuer(), ["provider", "add", "op", "--authorization-endpoint"]);
    let (authorization, endpoint) = (format!("{issuer}/auth"), format!("{issuer}/token"));
    home.oauth(add).args([&authorization, "--token-endpoint", &endpoint]).run().success();
    init(&home, &NATIVE).args(["--scope", "openid"]).run().success();
    let stored = token(&home, &[]);
    let output = home.oauth(["revoke", "op", "--json"]).run();
    let done = output.success().stderr_has("warning: op has no way to revoke").json();
    let fates = ["access", "refresh", "local"].map(|member| text(&done, member));
    assert_eq!(fates, ["unsupported", "unsupported", "wiped"]);
    assert!(owner(shared(), &stored).is_some());
    assert_eq!(only(&home)["status"], "revoked");
}

// --- Logins that do not come to a good end ----------------------------------------------------------------------------

#[test]
fn a_refused_login_stores_nothing() {
    let home = home_at(shared());
    let page = home.path().join("page");
    let deny = |args: &[&str]| init(&home, &NATIVE).args(args).env("LOGIN_DENY", "1").env("LOGIN_PAGE", &page).run();
    error(&deny(&["--json"]), 4, "access_denied");
    let said = "The login was refused\nNothing was connected. You can close this tab and go back to the terminal.\n";
    assert_eq!(wait_for_file(&page), said);
    assert_eq!(list(&home), json!([]));
    init(&home, &NATIVE).run().success();
    let before = rows(&home);
    deny(&[]).fails(4).stdout_is("").stderr_has("error: the login at op was refused\n").stderr_has("access_denied");
    assert_eq!(rows(&home), before);
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("alice"));
}

#[test]
fn answers_that_are_not_ours_do_not_end_the_login() {
    let server = Server::start();
    let home = home_at(&server);
    let mut login = Waiting::start(&home, &[]);
    let (state, authority) = (login.parameter("state"), login.authority());
    let right = login.callback(&format!("code=canary-code&state={state}"));
    let get = |url: &str, headers: &[(&str, &str)]| http::send("GET", url, headers, "");
    let queries = [
        "code=canary-code".to_owned(),
        "code=canary-code&state=wrong".to_owned(),
        format!("code=canary-code&state={}", state.to_ascii_lowercase()),
        format!("code=canary-code&state={state}&state=wrong"),
        format!("code=canary-code&code=other&state={state}"),
        format!("code=&state={state}"),
        "error=access_denied".to_owned(),
        "error=access_denied&state=wrong".to_owned(),
    ];
    let port = authority.rsplit(':').next().expect("a port");
    let localhost = format!("localhost:{port}");
    let mut answers: Vec<_> =
        queries.iter().map(|query| (get(&login.callback(query), &[]), 400, query.as_str())).collect();
    for host in ["evil.example", &localhost, "127.0.0.1"] {
        answers.push((get(&right, &[("Host", host)]), 421, host));
    }
    answers.push((get(&right, &[("Sec-Fetch-Mode", "no-cors")]), 400, "an image"));
    answers.push((get(&right, &[("Sec-Fetch-Mode", "navigate"), ("Sec-Purpose", "prefetch")]), 503, "a prefetch"));
    answers.push((http::post(&right, &[], ""), 405, "POST"));
    answers.push((get(&format!("http://{authority}/"), &[]), 404, "/"));
    answers.push((get(&format!("http://{authority}/favicon.ico"), &[]), 404, "/favicon.ico"));
    for (answer, status, what) in answers {
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert!(!answer.body.contains(&state) && !answer.body.contains("canary"), "{what}: {answer:?}");
    }
    assert!(login.process.is_running());
    assert_eq!((list(&home), server.count("requests/token")), (json!([]), 0));
    login.visit(&home);
    let own = login.process.finish().success().json();
    assert_eq!((&own["account"], server.count("token_requests/authorization_code")), (&json!(ALICE), 1));
    assert_closed(&authority);
}

#[test]
fn the_right_answer_is_led_away_from_its_address() {
    let home = home_at(shared());
    let login = Waiting::start(&home, &[]);
    let (state, authority) = (login.parameter("state"), login.authority());
    let iss = shared().issuer().replace(':', "%3A").replace('/', "%2F");
    let answer = http::get(&login.callback(&format!("error=access_denied&state={state}&iss={iss}")));
    assert_eq!((answer.status, answer.header("Location")), (303, Some("/done")), "{answer:?}");
    let page = http::get(&format!("http://{authority}/done"));
    assert!(page.status == 200 && page.body.contains("The login was refused"), "{page:?}");
    error(&login.process.finish(), 4, "access_denied");
    assert_closed(&authority);
}

#[test]
fn an_answer_of_another_issuer_is_refused_and_its_code_is_not_sent() {
    let server = Server::start();
    for iss in ["", "&iss=http%3A%2F%2F127.0.0.1%3A1", &format!("&iss={}%2F", server.issuer())] {
        let home = home_at(&server);
        let login = Waiting::start(&home, &[]);
        let state = login.parameter("state");
        http::get(&login.callback(&format!("code=canary&state={state}{iss}")));
        let page = http::get(&format!("http://{}/done", login.authority()));
        assert!(page.body.contains("The login did not work"), "{page:?}");
        error(&login.process.finish(), 7, "issuer_mismatch");
        assert_eq!(list(&home), json!([]), "{iss}");
    }
    assert_eq!(server.count("requests/token"), 0);
}

#[test]
fn without_a_browser_the_address_stands_alone_and_nothing_is_opened() {
    let server = Server::start();
    let home = home_at(&server);
    let asked = |run: Run| run.args(["--no-browser"]);
    let nothing_there = |run: Run| run.without_env("BROWSER");
    for how in [asked, nothing_there] {
        let before = server.count("requests/authorization");
        let login = Waiting::of(how(init(&home, &NATIVE)));
        assert_eq!(server.count("requests/authorization"), before);
        login.visit(&home);
        login.process.finish().success().stdout_is("");
        assert_eq!(only(&home)["account"], ALICE);
        home.oauth(["revoke", "op", "--forget"]).run().success();
    }
    let mut said = init(&home, &NATIVE).args(["--no-browser", "--quiet"]).spawn();
    let line = said.wait_for_stderr("\n");
    assert!(line.starts_with(server.issuer()) && line.lines().count() == 1, "quiet leaves the address: {line}");
}

#[test]
fn the_request_has_what_the_standards_ask_for() {
    let home = home_at(shared());
    let (one, other) = (Waiting::start(&home, &[]), Waiting::start(&home, &["--port", "17300-17399"]));
    assert_eq!(one.parameter("response_type"), "code");
    assert_eq!(one.parameter("client_id"), "cli-native");
    assert_eq!(one.parameter("scope"), "openid email");
    assert_eq!(one.parameter("code_challenge_method"), "S256");
    for fresh in ["state", "nonce", "code_challenge"] {
        assert!(one.parameter(fresh).len() >= 43, "{fresh}");
        assert_ne!(one.parameter(fresh), other.parameter(fresh), "{fresh}");
    }
    let port = other.authority().strip_prefix("127.0.0.1:").and_then(|port| port.parse::<u16>().ok());
    assert!(port.is_some_and(|port| (17300..17400).contains(&port)), "{port:?}");
}

#[test]
fn a_login_that_nobody_answers_ends_and_names_the_redirect_uri() {
    let home = home_at(shared());
    let login = Waiting::start(&home, &["--timeout", "1s"]);
    let (redirect, authority) = (login.parameter("redirect_uri"), login.authority());
    let ended = error(&login.process.finish(), 4, "authorization_timeout");
    assert!(text(&ended, "message").contains(&redirect), "{ended}");
    assert_eq!(list(&home), json!([]));
    assert_closed(&authority);
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_named() {
    let home = home_at(shared());
    let page = home.path().join("page");
    let args = ["--redirect-uri", "http://127.0.0.1/elsewhere", "--timeout", "2s", "--json"];
    let output = init(&home, &NATIVE).args(args).env("LOGIN_PAGE", &page).run();
    let ended = error(&output, 4, "authorization_timeout");
    let message = text(&ended, "message");
    assert!(message.contains("http://127.0.0.1:") && message.contains("/elsewhere"), "{message}");
    assert!(wait_for_file(&page).contains("redirect_uri"), "the server says why in the browser");
}

#[test]
fn the_redirect_can_go_to_any_name_of_loopback() {
    for host in ["localhost", "[::1]", "127.0.0.1"] {
        let home = home_at(shared());
        let redirect = format!("http://{host}/callback");
        let own = init(&home, &NATIVE).args(["--redirect-uri", &redirect, "--json"]).run().success().json();
        assert_eq!(own["account"], ALICE, "{host}");
    }
}

#[test]
fn a_port_that_another_program_has_is_not_shared() {
    let server = Server::start();
    let home = home_at(&server);
    let squatter = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = squatter.local_addr().expect("its address").port().to_string();
    error(&init(&home, &NATIVE).args(["--port", &port, "--json"]).run(), 7, "port_busy");
    assert_eq!(server.count("requests/authorization"), 0);
    drop(squatter);
    init(&home, &NATIVE).args(["--port", &port]).run().success();
}

#[test]
fn an_interrupted_login_leaves_nothing() {
    let home = home_at(shared());
    for (signal, exit) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let login = Waiting::start(&home, &[]);
        let authority = login.authority();
        // What answers there has begun to wait.
        assert_eq!(http::get(&format!("http://{authority}/")).status, 404);
        login.process.signal(signal);
        error(&login.process.finish(), exit, "interrupted");
        assert_eq!(list(&home), json!([]));
        assert_closed(&authority);
    }
    init(&home, &NATIVE).run().success();
}

#[test]
fn an_interrupt_is_heeded_from_the_moment_the_address_is_shown() {
    const TERMINATE: &str = r#"
        mkfifo "$TMPDIR/said"
        for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            "$@" 2>"$TMPDIR/said" &
            read -r address <"$TMPDIR/said"
            kill -TERM $!
            wait $!
            echo "$? ${address%%\?*}"
        done"#;
    let home = home_at(shared());
    let login = init(&home, &NATIVE).args(["--no-browser", "--json"]);
    let output = login.through(["sh", "-c", TERMINATE, "sh"]).run();
    output.success().stdout_is(&format!("143 {}/auth\n", shared().issuer()).repeat(20));
    // One that was killed unprepared leaves its socket behind.
    let left: Vec<_> = fs::read_dir(home.oauth_home().join("run")).expect("a directory").collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(list(&home), json!([]));
}

// --- Clients with a secret --------------------------------------------------------------------------------------------

const BASIC: (&str, &str) = ("cli-basic", "basic-secret-4f7c1d9a2be86053");
const POST: (&str, &str) = ("cli-post", "post-secret-90b3e6f1c85d274a");
const ODD: (&str, &str) = ("cli:odd client", "s+cret %41nd=more/of:it&so?on");
/// The same after form-encoding (RFC 6749 section 2.3.1).
const ODD_ENCODED: &str = "cli%3Aodd+client:s%2Bcret+%2541nd%3Dmore%2Fof%3Ait%26so%3Fon";

/// A port in front of the token endpoint. It notes what is sent there, and passes it on as it is.
struct Wire {
    url: String,
    noted: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/token", listener.local_addr().expect("its address"));
        let target = server.issuer().strip_prefix("http://").expect("plain HTTP").to_owned();
        let noted = Arc::<Mutex<Vec<_>>>::default();
        let ours = Arc::clone(&noted);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let request = read_request(&stream);
                let answer = http::exchange(&target, request.as_bytes());
                ours.lock().expect("nobody panicked").push(request);
                // The program may have given up; the test then fails by itself.
                let _ = stream.write_all(&answer);
            }
        });
        Self { url, noted }
    }

    /// The requests so far: each the `Authorization` header, if it had one, and the parameters in the body.
    fn requests(&self) -> Vec<(Option<String>, BTreeMap<String, String>)> {
        let noted = self.noted.lock().expect("nobody panicked");
        let parted = noted.iter().map(|request| request.split_once("\r\n\r\n").expect("a head and a body"));
        parted.map(|(head, body)| (authorization(head), form(body))).collect()
    }
}

/// A whole request that has a length. The connection is asked to end with its answer.
fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line of a head");
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        }
        if line.trim().is_empty() {
            break;
        }
        if !name.eq_ignore_ascii_case("connection") {
            request.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    format!("{request}Connection: close\r\n\r\n{}", String::from_utf8(body).expect("text"))
}

fn authorization(head: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(name, _)| name.eq_ignore_ascii_case("authorization")).map(|(_, value)| value.to_owned())
}

fn form(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

/// `oauth init op` with this registration.
fn init_as(home: &Home, (id, secret): (&str, &str)) -> Run {
    init(home, &["--client-id", id, "--client-secret-stdin", "--json"]).stdin(format!("{secret}\n"))
}

/// The whole life of a credential of this client. Every token request has this `Authorization`, and these parameters
/// besides what the grant needs.
#[track_caller]
fn lives(client: (&str, &str), more: &[&str], basic: Option<&str>, parameters: &[(&str, &str)]) {
    let server = Server::start();
    let (home, wire) = (Home::new(), Wire::before(&server));
    add(&home, &server, &["--scope", "openid,email", "--token-endpoint", &wire.url]).args(more).run().success();
    let own = init_as(&home, client).run().success().json();
    assert_eq!(own["client_id"], client.0);
    let token = token(&home, &["--refresh"]);
    assert_eq!((owner(&server, &token).as_deref(), refreshes(&server)), (Some("alice"), 1));
    let wanted: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let requests = wire.requests();
    assert_eq!(requests.len(), 2, "the code, and one refresh");
    for (authorization, mut form) in requests {
        assert_eq!(authorization, basic.map(|pair| format!("Basic {}", STANDARD.encode(pair))));
        form.retain(|name, _| name.starts_with("client"));
        assert_eq!(form, wanted);
    }
    home.oauth(["test", "op"]).run().success();
    assert_no_canary(home.path(), &[client.1, &token]);
    home.oauth(["revoke", "op"]).run().success();
    assert_eq!((owner(&server, &token), server.count("revocations")), (None, 2));
}

#[test]
fn a_secret_goes_in_the_authorization_header() {
    lives(BASIC, &[], Some("cli-basic:basic-secret-4f7c1d9a2be86053"), &[]);
}

#[test]
fn a_secret_goes_in_the_body_where_the_provider_wants_it() {
    let parameters = [("client_id", POST.0), ("client_secret", POST.1)];
    lives(POST, &["--token-endpoint-auth-method", "client_secret_post"], None, &parameters);
}

#[test]
fn odd_characters_in_id_and_secret_arrive_as_they_are() {
    lives(ODD, &[], Some(ODD_ENCODED), &[]);
}

#[test]
fn a_public_client_only_tells_its_name() {
    let server = Server::start();
    let (home, wire) = (Home::new(), Wire::before(&server));
    add(&home, &server, &["--scope", "openid,email", "--token-endpoint", &wire.url]).run().success();
    init(&home, &NATIVE).run().success();
    token(&home, &["--refresh"]);
    let [(none, code), (no_more, refresh)] = &wire.requests()[..] else { panic!("not two requests") };
    assert_eq!((none, no_more), (&None, &None));
    let names = |form: &BTreeMap<String, String>| form.keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(code), "client_id code code_verifier grant_type redirect_uri");
    assert_eq!((code["client_id"].as_str(), code["grant_type"].as_str()), ("cli-native", "authorization_code"));
    assert!(code["code_verifier"].len() >= 43);
    assert_eq!(names(refresh), "client_id grant_type refresh_token");
    assert_eq!((refresh["client_id"].as_str(), refresh["grant_type"].as_str()), ("cli-native", "refresh_token"));
    assert_no_canary(home.path(), &[&code["code"], &code["code_verifier"], &refresh["refresh_token"]]);
}

#[test]
fn a_wrong_secret_is_wrong_set_up_and_nothing_is_stored() {
    let home = home_at(shared());
    let page = home.path().join("page");
    let wrong = init_as(&home, (BASIC.0, "not-the-secret-4f7c1d9a2be8")).env("LOGIN_PAGE", &page).run();
    error(&wrong, 2, "invalid_client");
    assert!(wait_for_file(&page).starts_with("The login did not work\n"));
    assert_eq!(list(&home), json!([]));
    error(&init(&home, &["--json"]).run(), 2, "client_required");
    init_as(&home, BASIC).run().success();
    let before = rows(&home);
    error(&init_as(&home, (BASIC.0, "not-the-secret-4f7c1d9a2be8")).run(), 2, "invalid_client");
    assert_eq!(rows(&home), before);
    token(&home, &["--refresh"]);
}

#[test]
fn a_registration_given_once_is_used_again() {
    let home = home_at(shared());
    init_as(&home, BASIC).run().success();
    let again = |args: &[&str], user: &str| {
        let output = init(&home, args).args(["--json"]).env("LOGIN_USER", user).run();
        output.success().json()["client_id"].clone()
    };
    assert_eq!(again(&[], "alice"), BASIC.0);
    assert_eq!(again(&[], "bob"), BASIC.0);
    assert_eq!(again(&["--client-id", BASIC.0], "carol"), BASIC.0);
    home.oauth(["revoke", "--all", "--yes", "--forget"]).run().success();
    assert_eq!(again(&[], "alice"), BASIC.0, "it outlives its credentials");
    token(&home, &["--refresh"]);
}

#[test]
fn a_registration_from_the_environment_is_not_needed_again_for_the_credential() {
    let home = home_at(shared());
    let with = |run: Run| run.env("OAUTH_CLIENT_ID_OP", BASIC.0).env("OAUTH_CLIENT_SECRET_OP", BASIC.1);
    let own = with(init(&home, &["--json"])).run().success().json();
    assert_eq!(own["client_id"], BASIC.0);
    let new = token(&home, &["--refresh"]);
    assert_eq!(owner(shared(), &new).as_deref(), Some("alice"));
    assert_eq!(init(&home, &["--json"]).run().success().json()["client_id"], BASIC.0);
    let flag = with(init(&home, &NATIVE)).args(["--json"]).run().success().json();
    assert_eq!(flag["client_id"], "cli-native", "an option counts more than the environment");
    assert_no_canary(home.path(), &[BASIC.1]);
}

#[test]
fn a_registration_is_read_from_the_file_that_was_downloaded() {
    let home = home_at(shared());
    let file = home.path().join("client.json");
    let content = json!({"installed": {"client_id": BASIC.0, "client_secret": BASIC.1, "auth_uri": "https://a.test"}});
    fs::write(&file, content.to_string()).expect("a file");
    let with_file = || init(&home, &["--json", "--client-file"]).args([&file]).run();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    let open = error(&with_file(), 7, "insecure_permissions");
    assert_eq!(open["action"], format!("chmod 600 {}", file.display()));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    assert_eq!(with_file().success().json()["client_id"], BASIC.0);
    token(&home, &["--refresh"]);
}

#[test]
fn a_secret_on_the_command_line_is_taken_and_warned_of() {
    let home = home_at(shared());
    let output = init(&home, &["--client-id", BASIC.0, "--client-secret", BASIC.1]).run();
    output.success().stderr_has("warning: ").stderr_has("process list").says_nothing_of(BASIC.1);
}

#[test]
fn without_a_registration_the_way_to_one_is_told() {
    let home = home_at(shared());
    let output = init(&home, &["--json"]).run();
    let need = error(&output, 2, "client_required");
    assert_eq!(need["action"], "oauth init op --client-id ID");
    assert!(text(&need, "hint").contains("http://127.0.0.1/callback"), "{need}");
    assert!(!home.oauth_home().join("credentials.db").exists(), "nothing is made before the registration is whole");
}

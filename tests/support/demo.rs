//! The program's own authorization server, `oauth demo --serve --control`, as a process of its own; and a person who
//! signs in there without a browser.
//!
//! It is strict where a real server may be strict (rotation with reuse detection), and wrong only where a test says so
//! with [`behave`](DemoServer::behave). The knobs and their JSON names stand in `src/sandbox/knobs.rs`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rusqlite::Connection;
use rustix::process::Pid;
use serde_json::{Value, json};

use super::sandbox::{Background, Home, Output, Run};
use super::{http, wait_for};

/// The server's client without a secret.
pub(crate) const CLIENT: &str = "demo";
/// The server's client with [`CONFIDENTIAL_SECRET`].
pub(crate) const CONFIDENTIAL_CLIENT: &str = "demo-confidential";
pub(crate) const CONFIDENTIAL_SECRET: &str = "demo+secret/100%";

/// The account that the short forms sign in.
pub(crate) const ALICE: &str = "alice@example.test";

/// A running server; it ends when this is dropped.
pub(crate) struct DemoServer {
    child: Child,
    issuer: String,
}

impl DemoServer {
    /// With options of `demo --serve`, such as `["--expire", "3600"]`.
    pub(crate) fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oauth"));
        command.args(["demo", "--serve", "--control", "--json"]).args(args).env_clear();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the server starts");
        let stdout = child.stdout.take().expect("stdout was asked for");
        let mut server = Self { child, issuer: String::new() };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the server says something readable");
        let told = super::json(&line);
        assert_eq!(told["client_id"], CLIENT, "{line}");
        told["issuer"].as_str().unwrap_or_else(|| panic!("no issuer in {line}")).clone_into(&mut server.issuer);
        server
    }

    /// A server whose access tokens live an hour, and a home in which ALICE is connected to it as `demo`.
    pub(crate) fn connected() -> (Self, Home) {
        let (server, home) = (Self::start(["--expire", "3600"]), Home::new());
        server.add(&home, "demo");
        server.login(&home, "demo", ALICE);
        (server, home)
    }

    /// `http://127.0.0.1:PORT`, no slash at the end.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes the server a provider of this home, with the scopes that name the account.
    #[track_caller]
    pub(crate) fn add(&self, home: &Home, name: &str) {
        home.oauth(["provider", "add", name, "--issuer", &self.issuer, "--scope", "openid,email"]).run().success();
    }

    /// Connects an account of a provider that was added. Gives the credential as `init --json` tells it.
    #[track_caller]
    pub(crate) fn login(&self, home: &Home, name: &str, account: &str) -> Value {
        let output = self.sign_in(home.oauth(["init", name, "--client-id", CLIENT, "--json"]), account);
        output.success();
        output.json()
    }

    /// Runs an `init` to its end, with a person who signs in as `account` and agrees.
    #[track_caller]
    pub(crate) fn sign_in(&self, init: Run, account: &str) -> Output {
        self.decide(init, account, true)
    }

    /// The same with a person who refuses.
    #[track_caller]
    pub(crate) fn refuse(&self, init: Run) -> Output {
        self.decide(init, ALICE, false)
    }

    #[track_caller]
    fn decide(&self, init: Run, account: &str, allow: bool) -> Output {
        let mut running = init.args(["--no-browser"]).spawn();
        let url = self.authorization_url(&mut running);
        // How the browser's page ends is for the tests of the listener.
        let _ = visit(&self.redirect(&url, account, allow));
        running.finish()
    }

    /// The address that a running `init --no-browser` asks a person to visit.
    #[track_caller]
    pub(crate) fn authorization_url(&self, init: &mut Background) -> String {
        let start = format!("{}/authorize?", self.issuer);
        wait_for("the whole address", || {
            let said = init.wait_for_stderr(&start);
            let (_, rest) = said.split_once(&start)?;
            let (query, _) = rest.split_once('\n')?;
            Some(format!("{start}{query}"))
        })
    }

    /// The same for a command that may end before it asks.
    pub(crate) fn authorization_url_if_asked(&self, init: &mut Background) -> Option<String> {
        init.hear(&format!("{}/authorize?", self.issuer))?;
        // The rest of its line is on the way, unless the command died over it.
        let start = format!("{}/authorize?", self.issuer);
        wait_for("the whole address", || {
            let whole = init.hear("\n")?;
            let (_, rest) = whole.split_once(&start)?;
            Some(rest.split_once('\n').map(|(query, _)| format!("{start}{query}")))
        })
    }

    /// The code that a running device flow asks a person to type, in the form of `BCDF-GHJK`.
    #[track_caller]
    pub(crate) fn user_code(&self, init: &mut Background) -> String {
        let is_code = |word: &&str| {
            let letters = |half: &str| half.len() == 4 && half.bytes().all(|b| b.is_ascii_uppercase());
            word.split_once('-').is_some_and(|(one, other)| letters(one) && letters(other))
        };
        wait_for("the code", || {
            let said = init.wait_for_stderr("/device");
            let words = said.split(|c: char| c.is_whitespace() || c == '"').map(str::to_owned).collect::<Vec<_>>();
            words.iter().map(String::as_str).find(is_code).map(str::to_owned)
        })
    }

    /// Types a code, and agrees or refuses as `account`.
    #[track_caller]
    pub(crate) fn decide_device(&self, user_code: &str, account: &str, allow: bool) {
        self.redirect(&format!("{}/device?user_code={user_code}", self.issuer), account, allow);
    }

    /// What the browser is sent to once `account` has agreed or refused at an authorization URL. Nothing is sent there.
    #[track_caller]
    pub(crate) fn redirect(&self, authorization_url: &str, account: &str, allow: bool) -> String {
        let login = json!({"authorization_url": authorization_url, "account": account, "allow": allow});
        let answer = self.order("login", &login.to_string());
        let redirect = answer["redirect"].as_str().map(str::to_owned);
        redirect.unwrap_or_else(|| panic!("nobody can sign in at {authorization_url}"))
    }

    /// Turns knobs; those that are not named stay as they are.
    #[track_caller]
    pub(crate) fn behave(&self, knobs: &Value) {
        self.order("behaviour", &knobs.to_string());
    }

    /// Every request to the token endpoint meets this fault, such as `{"answer": {"status": 502}}`.
    #[track_caller]
    pub(crate) fn break_token_endpoint(&self, act: &Value) {
        self.behave(&json!({"faults": [{"endpoint": "token", "do": act}]}));
    }

    /// No faults any more.
    #[track_caller]
    pub(crate) fn mend(&self) {
        self.behave(&json!({"faults": []}));
    }

    /// Tokens given from now on have ended already; with `false`, they live as they did at the start.
    #[track_caller]
    pub(crate) fn give_expired(&self, expired: bool) {
        self.behave(&json!({"members": if expired { json!({"expires_in": "0"}) } else { json!({}) }}));
    }

    /// Every access token is invalid from now on; the refresh tokens are not.
    #[track_caller]
    pub(crate) fn expire(&self) {
        self.order("expire", "");
    }

    /// Every grant is at an end.
    #[track_caller]
    pub(crate) fn revoke_all(&self) {
        self.order("revoke-all", "");
    }

    #[track_caller]
    pub(crate) fn counters(&self) -> Value {
        self.ask("counters")
    }

    /// One of the counters, by its JSON pointer without the first slash: `requests/token`. One that has not counted yet
    /// is nought, but for a wrong name of the first part.
    #[track_caller]
    pub(crate) fn count(&self, counter: &str) -> u64 {
        let counters = self.counters();
        let first = counter.split('/').next().unwrap_or_default();
        assert!(counters.get(first).is_some(), "there is no counter {counter} in {counters:#}");
        counters.pointer(&format!("/{counter}")).map_or(0, |count| count.as_u64().expect("a counter is a number"))
    }

    /// Requests of any kind so far.
    #[track_caller]
    pub(crate) fn requests(&self) -> u64 {
        let counters = self.counters();
        let all = counters["requests"].as_object().expect("requests by endpoint");
        all.values().map(|count| count.as_u64().expect("a counter is a number")).sum()
    }

    /// What was asked so far, the oldest first: names, fingerprints, and values that are no secret.
    #[track_caller]
    pub(crate) fn log(&self) -> Vec<Value> {
        self.ask("log").as_array().expect("a list").clone()
    }

    #[track_caller]
    fn ask(&self, what: &str) -> Value {
        let answer = http::get(&format!("{}/sandbox/{what}", self.issuer));
        assert_eq!(answer.status, 200, "{what}: {answer:?}");
        super::json(&answer.body)
    }

    #[track_caller]
    fn order(&self, order: &str, body: &str) -> Value {
        let answer = http::post(&format!("{}/sandbox/{order}", self.issuer), &[], body);
        assert_eq!(answer.status, 200, "{order} {body}: {answer:?}");
        super::json(&answer.body)
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        // Neither can fail in a way that matters: the process is ours and is not waited for elsewhere.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Fetches a redirect as a browser does, and the page it is sent on to. Gives that page.
#[track_caller]
pub(crate) fn visit(redirect: &str) -> http::Response {
    let answer = http::get(redirect);
    let Some(place) = answer.header("location").filter(|_| answer.status == 303) else { return answer };
    let origin = redirect.match_indices('/').nth(2).map_or(redirect, |(at, _)| &redirect[..at]);
    http::get(&format!("{origin}{place}"))
}

/// The value of a parameter in the query of a URL.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let value = values.next();
    assert!(values.next().is_none(), "{name} stands twice in {url}");
    value
}

/// The store of a home, for what only time or an attacker could do to it.
#[track_caller]
pub(crate) fn store(home: &Home) -> Connection {
    let path = home.oauth_home().join("credentials.db");
    assert!(path.is_file(), "there is no store yet");
    Connection::open(path).expect("the store opens")
}

/// Lets the time of every token pass until `left` seconds of an hour remain: with less than 300, it is due.
#[track_caller]
pub(crate) fn age(home: &Home, left: u32) {
    let sql = "update credentials set issued_at = unixepoch() + ?1 - 3600, expires_at = unixepoch() + ?1";
    let rows = store(home).execute(sql, [left]).expect("the rows can be written");
    assert!(rows > 0, "there is no row to age");
}

/// The process that refreshes for the command with this id, once it is there.
#[track_caller]
pub(crate) fn worker_of(command: u32) -> Pid {
    wait_for("the worker", || {
        let children = std::fs::read_to_string(format!("/proc/{command}/task/{command}/children")).ok()?;
        Pid::from_raw(children.split_whitespace().next()?.parse().ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_connected_without_a_browser() {
        let (server, home) = DemoServer::connected();
        let list = home.oauth(["list", "--json"]).run();
        list.success();
        assert_eq!(list.json()[0]["account"], ALICE);
        assert_eq!(server.count("logins"), 1);
        assert_eq!(server.count("grants/refresh_token"), 0);
        assert_eq!(server.log()[0]["path"], "/authorize/decision");
    }

    #[test]
    #[should_panic(expected = "there is no counter request/token")]
    fn a_counter_that_is_not_there_is_not_nought() {
        DemoServer::start(["--expire", "60"]).count("request/token");
    }

    #[test]
    fn the_server_ends_with_its_value() {
        let server = DemoServer::start::<&str>([]);
        let authority = server.issuer().strip_prefix("http://").expect("plain HTTP").to_owned();
        drop(server);
        assert!(std::net::TcpStream::connect(authority).is_err());
    }
}

//! The real parts: a certified authorization server, a person with a browser or without one, the Secret Service.
//!
//! `tests/run` installs what they need. Without it they fail; they are never passed over.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{http, json, wait_for};

/// Plays the person at an authorization URL, in plain HTTP. To be `$BROWSER`; `LOGIN_USER`, `LOGIN_DENY` and
/// `LOGIN_PAGE` say what the person does and where the text of the last page goes.
pub(crate) fn login() -> PathBuf {
    part("oidc-provider/login.mjs")
}

/// The same with headless Chromium; `LOGIN_SCREENSHOT` is where a picture of the last page goes.
pub(crate) fn login_browser() -> PathBuf {
    installed();
    part("oidc-provider/login-browser.mjs")
}

/// The command `session SITUATION COMMAND…`, which runs a command with the Secret Service in a situation.
pub(crate) fn keyring_session() -> PathBuf {
    part("keyring/session")
}

fn part(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(path)
}

/// Where `tests/run` has put the parts from npm; where it always puts them, when the tests were started without it.
fn installed() -> PathBuf {
    let real = std::env::var_os("OAUTH_TEST_REAL")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/real"), PathBuf::from);
    let modules = real.join("oidc-provider/node_modules");
    assert!(modules.is_dir(), "{} is not there: tests/run installs it", modules.display());
    real
}

/// A running authorization server, npm `oidc-provider`; it ends when this is dropped. What it knows and what the
/// settings (`OIDC_…`) mean is said in `tests/real/oidc-provider/server.mjs`.
pub(crate) struct Server {
    child: Child,
    issuer: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with::<&str>([])
    }

    /// With settings, such as `("OIDC_ACCESS_TTL", "2")`.
    pub(crate) fn start_with<V: AsRef<OsStr>>(settings: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        Self::run("oidc-provider/server.mjs", settings)
    }

    /// An MCP server made with the official SDK, whose address is its `issuer()` here; see `mcp.mjs`.
    pub(crate) fn start_mcp() -> Self {
        Self::run::<&str>("oidc-provider/mcp.mjs", [])
    }

    fn run<V: AsRef<OsStr>>(script: &str, settings: impl IntoIterator<Item = (&'static str, V)>) -> Self {
        let mut command = Command::new("node");
        command.arg(part(script)).env_clear().env("OAUTH_TEST_REAL", installed());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path))).envs(settings);
        // It ends when its stdin closes, which the death of this process brings about too.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node starts");
        let stdout = child.stdout.take().expect("stdout was asked for");
        let mut server = Self { child, issuer: String::new() };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the server says something readable");
        let Some(issuer) = line.trim_end().strip_prefix("READY ") else { panic!("the server said {line:?}") };
        issuer.clone_into(&mut server.issuer);
        server
    }

    /// `http://127.0.0.1:PORT`, no slash at the end.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What has been asked of the server so far.
    #[track_caller]
    pub(crate) fn counters(&self) -> Value {
        let answer = http::get(&format!("{}/counters", self.issuer));
        assert_eq!(answer.status, 200, "{answer:?}");
        json(&answer.body)
    }

    /// One of the counters, by its JSON pointer without the first slash: `token_requests/refresh_token`.
    #[track_caller]
    pub(crate) fn count(&self, counter: &str) -> u64 {
        let counters = self.counters();
        let found = counters.pointer(&format!("/{counter}")).and_then(Value::as_u64);
        found.unwrap_or_else(|| panic!("there is no counter {counter} in {counters:#}"))
    }

    /// Waits until this counter is at least `least`.
    #[track_caller]
    pub(crate) fn wait_for_count(&self, counter: &str, least: u64) {
        wait_for(&format!("{counter} to be {least}"), || (self.count(counter) >= least).then_some(()));
    }

    /// Every access token is invalid from now on; the refresh tokens are not.
    #[track_caller]
    pub(crate) fn expire(&self) {
        self.order("expire");
    }

    /// The token endpoint does its work and counts it at once, but answers this much later. Zero ends that.
    #[track_caller]
    pub(crate) fn hang(&self, delay: Duration) {
        self.order(&format!("hang?ms={}", delay.as_millis()));
    }

    #[track_caller]
    fn order(&self, order: &str) {
        let answer = http::post(&format!("{}/{order}", self.issuer), &[], "");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Neither can fail in a way that matters: the process is ours and is not waited for elsewhere.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::sandbox::Home;

    #[test]
    fn the_server_counts_what_is_asked_of_it() {
        let server = Server::start();
        assert_eq!(server.count("token_requests/other"), 0);
        let answer = http::post(&format!("{}/token", server.issuer()), &[], "");
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(server.count("token_requests/other"), 1);
        assert_eq!(server.count("requests/token"), 1);
    }

    #[test]
    #[should_panic(expected = "there is no counter token_request/other")]
    fn a_counter_that_is_not_there_is_not_nought() {
        Server::start().count("token_request/other");
    }

    #[test]
    fn the_keyring_can_be_used_from_a_sandbox() {
        let home = Home::new();
        let session = keyring_session();
        let store = "secret-tool store --label=x service test; secret-tool lookup service test";
        let run = |situation: &str| home.command(&session).args([situation, "sh", "-c", store]).stdin("canary").run();
        run("unlocked").success().stdout_is("canary");
        run("locked").fails(1).stderr_has("locked");
        run("no-service").fails(1).stderr_has("org.freedesktop.secrets");
    }
}

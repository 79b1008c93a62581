//! Providers as they are: the built-in entry drives the real program through login, refresh and revocation, against a
//! stand-in that answers exactly as that provider is documented to.

mod cases;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::demo::{age, parameter, visit};
use crate::support::double::{Asked, Double};
use crate::support::sandbox::{Home, Output};
use crate::support::wait_for;
use cases::CASES;

const CLIENT: &str = "my client";
const SECRET: &str = "se:cret/+";

/// One provider, and what is documented of it.
struct Case {
    provider: &'static str,
    /// Connected without a secret.
    public: bool,
    set: &'static [&'static str],
    /// The account is given, because nobody tells it.
    named: bool,
    /// What the token endpoint says to the code.
    code: &'static str,
    /// Issuer and subject of the ID token in it, which stands there as `{id_token}`.
    id_token: Option<(&'static str, &'static str)>,
    /// What it says to the refresh token, with its status; empty where there is none.
    refresh: (u16, &'static str),
    /// Other addresses, and what they say.
    says: &'static [(&'static str, u16, &'static str)],
    /// Parameters of the authorization request.
    url: &'static [(&'static str, &'static str)],
    /// What requests must have been, by their address.
    asked: &'static [(&'static str, Want)],
    /// The credential, by JSON pointer.
    credential: &'static [(&'static str, &'static str)],
    /// The header line of the first token, when it is not the usual one.
    header: Option<&'static str>,
    /// What becomes of access and refresh token when it is revoked.
    revoked: (&'static str, &'static str),
}

/// What a request must have been.
#[derive(Clone, Copy, Debug)]
enum Want {
    Method(&'static str),
    Header(&'static str, &'static str),
    NoHeader(&'static str),
    Form(&'static str, &'static str),
    NoForm(&'static str),
    Json(&'static str, &'static str),
    Body(&'static str),
}

impl Want {
    fn fits(self, asked: &Asked) -> bool {
        match self {
            Self::Method(method) => asked.method == method,
            Self::Header(name, value) => asked.headers.get(name).is_some_and(|own| own == value),
            Self::NoHeader(name) => !asked.headers.contains_key(name),
            Self::Form(name, value) => asked.form(name).as_deref() == Some(value),
            Self::NoForm(name) => asked.form(name).is_none(),
            Self::Json(name, value) => asked.json(name).as_deref() == Some(value),
            Self::Body(body) => asked.body == body,
        }
    }
}

#[test]
fn providers_are_spoken_to_the_way_they_are_documented() {
    for case in CASES {
        println!("{}", case.provider);
        connect_refresh_revoke(case);
    }
}

/// A home in which the case's account is connected, and what became of it.
struct Connected {
    home: Home,
    double: Double,
    name: String,
    token_endpoint: String,
    credential: Value,
    url: String,
    asked: Vec<Asked>,
}

fn connected(case: &Case) -> Connected {
    let (home, double) = (Home::new(), Double::start());
    let (file, entry) = double.entry(case.provider, home.path());
    let text = |key: &str| entry.get(key).and_then(toml::Value::as_str).map(|url| filled(url, case.set));
    let token_endpoint = text("token_endpoint").unwrap();
    match text("refresh_endpoint") {
        Some(refresh) => {
            double.answers(&token_endpoint, &[(200, case.code)]);
            double.answers(&refresh, &[case.refresh]);
        }
        None => double.answers(&token_endpoint, &[(200, case.code), case.refresh]),
    }
    // Where revocation or another call has the token endpoint's address, it comes after the code.
    for (address, status, body) in case.says {
        let answers = [(200, case.code), (*status, *body)];
        double.answers(address, if *address == token_endpoint { &answers } else { &answers[1..] });
    }
    let name = format!("{}-double", case.provider);
    home.oauth(["provider", "add", &name, "--file", file.to_str().unwrap()]).run().success();
    let (credential, url, asked) = connect(&home, &double, &name, case);
    Connected { home, double, name, token_endpoint, credential, url, asked }
}

fn connect_refresh_revoke(case: &Case) {
    let Connected { home, double, name, credential, url, mut asked, .. } = connected(case);
    for (parameter_name, value) in case.url {
        assert_eq!(parameter(&url, parameter_name).as_deref(), Some(*value), "{name}: {url}");
    }
    for (pointer, value) in case.credential {
        let value: Value = serde_json::from_str(&value.replace("{origin}", double.origin())).unwrap();
        assert_eq!(credential.pointer(pointer), Some(&value), "{name}: {pointer} of {credential}");
    }
    if let Some(line) = case.header {
        home.oauth(["token", &name, "--format", "header"]).run().success().stdout_is(&format!("{line}\n"));
    }
    refresh(&home, &name, case);
    if case.revoked.0.is_empty() {
        return;
    }
    let revoked = home.oauth(["revoke", &name, "--json"]).run();
    let revoked = revoked.success().json();
    assert_eq!((&revoked["access"], &revoked["refresh"]), (&json!(case.revoked.0), &json!(case.revoked.1)), "{name}");
    asked.extend(double.take());
    for (address, want) in case.asked {
        let path = address.trim_start_matches("https:/");
        let mut there = asked.iter().filter(|asked| asked.path == path).peekable();
        assert!(there.peek().is_some(), "{name}: nobody asked {path}: {asked:#?}");
        let every = matches!(want, Want::NoForm(_) | Want::NoHeader(_));
        let fits = if every { there.all(|asked| want.fits(asked)) } else { there.any(|asked| want.fits(asked)) };
        assert!(fits, "{name}: {path}: {want:?}: {asked:#?}");
    }
}

fn filled(url: &str, set: &[&str]) -> String {
    let mut url = url.to_owned();
    for pair in set {
        let (name, value) = pair.split_once('=').unwrap();
        url = url.replace(&format!("{{{name}}}"), value);
    }
    // The defaults of the entries that are used here.
    url.replace("{tld}", "com").replace("{login_host}", "login.salesforce.com")
}

fn connect(home: &Home, double: &Double, name: &str, case: &Case) -> (Value, String, Vec<Asked>) {
    let redirect = ["--redirect-uri", "http://127.0.0.1/callback"];
    let mut init = home.oauth(["init", name]).args(case.named.then_some("mine"));
    init = init.args(["--client-id", CLIENT, "--no-browser", "--json", "--add-scope", "chat:write"]).args(redirect);
    init = if case.public { init } else { init.args(["--client-secret-stdin"]).stdin(SECRET) };
    for pair in case.set {
        init = init.args(["--set", pair]);
    }
    let mut running = init.spawn();
    let start = format!("{}/", double.origin());
    let url = wait_for("the whole address", || {
        let said = running.wait_for_stderr(&start);
        let (_, rest) = said.split_once(&start)?;
        Some(format!("{start}{}", rest.split_once('\n')?.0))
    });
    if let Some((issuer, subject)) = case.id_token {
        let (issuer, nonce) = (issuer.replace("{origin}", double.origin()), parameter(&url, "nonce"));
        let claims = json!({"iss": issuer, "aud": CLIENT, "sub": subject, "exp": 4e9, "nonce": nonce});
        double.fill("{id_token}", &format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())));
    }
    let (redirect, state) = (parameter(&url, "redirect_uri").unwrap(), parameter(&url, "state").unwrap());
    let _ = visit(&format!("{redirect}?code=the%2Fcode&state={state}"));
    let output = running.finish();
    output.success();
    (output.json(), url, double.take())
}

/// The first token, then the one after a refresh. A refusal is definite, and keeps nothing a secret.
fn refresh(home: &Home, name: &str, case: &Case) {
    let first = home.oauth(["token", name]).run();
    let ask = || home.oauth(["token", name, "--refresh"]).run();
    match case.refresh {
        (0, _) => {}
        (200, _) => {
            let second: Output = ask();
            assert_ne!(first.success().stdout, second.success().stdout, "{name}");
        }
        _ => {
            ask().fails(4).stderr_has("invalid_grant").says_nothing_of("rt-1");
        }
    }
}

fn case(provider: &str) -> &'static Case {
    CASES.iter().find(|case| case.provider == provider).unwrap()
}

#[test]
fn a_refusal_is_definite_however_a_provider_words_it() {
    let words = [
        ("slack", 200, r#"{"ok":false,"error":"invalid_refresh_token"}"#),
        ("zoho", 200, r#"{"error":"invalid_code"}"#),
        ("bitbucket", 200, r#"{"error":"bad_refresh_token","error_description":"x"}"#),
        ("trakt", 401, r#"{"error":"invalid_grant"}"#),
        ("withings", 200, r#"{"status":401,"body":{},"error":"XRequestID: Not provided invalid refresh_token"}"#),
        ("twitch", 400, r#"{"error":["bad_refresh_token"]}"#),
    ];
    for (provider, status, body) in words {
        let Connected { home, double, name, token_endpoint, .. } = connected(case(provider));
        double.answers(&token_endpoint, &[(status, body)]);
        home.oauth(["token", &name, "--refresh"]).run().fails(4).stdout_is("").says_nothing_of("rt-1");
        assert_eq!(home.oauth(["list", "--json"]).run().json()[0]["status"], "reauth", "{provider}");
    }
}

#[test]
fn what_may_pass_ends_nothing_however_a_provider_words_it() {
    let words = [
        ("withings", 200, r#"{"status":601,"error":"Too Many Requests"}"#),
        ("slack", 200, r#"{"ok":false,"error":"internal_failure"}"#),
        ("linear", 503, r#"{"errors":[{"message":"down"}]}"#),
        ("square", 200, "<html>Sign in to the network</html>"),
    ];
    for (provider, status, body) in words {
        let Connected { home, double, name, token_endpoint, .. } = connected(case(provider));
        double.answers(&token_endpoint, &[(status, body)]);
        home.oauth(["token", &name, "--refresh"]).run().fails(5).stdout_is("");
        assert_ne!(home.oauth(["list", "--json"]).run().json()[0]["status"], "reauth", "{provider}");
    }
}

#[test]
fn a_token_that_a_refresh_would_kill_is_not_refreshed_before_its_end() {
    let says: &[_] = &[("https://api.github.com/user", 200, r#"{"login":"octocat","id":7}"#)];
    let github_app = Case { provider: "github-app", says, ..*case("bitbucket") };
    for (case, refreshed) in [(&github_app, false), (case("bitbucket"), true)] {
        let Connected { home, name, double, .. } = connected(case);
        age(&home, 100);
        home.oauth(["token", &name]).run().success().stdout_is(if refreshed { "at-2\n" } else { "at-1\n" });
        assert_eq!(double.take().len(), usize::from(refreshed), "{name}");
    }
}

#[test]
fn a_token_that_is_itself_the_leave_to_revoke_is_renewed_first() {
    let Connected { home, name, double, .. } = connected(case("dropbox"));
    age(&home, 0);
    home.oauth(["revoke", &name]).run().success();
    let revoked = double.take().into_iter().find(|asked| asked.path.ends_with("/token/revoke")).unwrap();
    assert_eq!(revoked.headers["authorization"], "Bearer at-2");
}

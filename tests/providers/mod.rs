//! Providers as they are: the built-in entry drives the real program through login, refresh and revocation, against a
//! stand-in that answers exactly as that provider is documented to.

mod cases;

use serde_json::{Value, json};

use crate::support::demo::{parameter, visit};
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

fn connect_refresh_revoke(case: &Case) {
    let (home, double) = (Home::new(), Double::start());
    let (file, entry) = double.entry(case.provider, home.path());
    let text = |key: &str| entry.get(key).and_then(toml::Value::as_str).map(|url| filled(url, case.set));
    let token = text("token_endpoint").unwrap();
    match text("refresh_endpoint") {
        Some(refresh) => {
            double.answers(&token, &[(200, case.code)]);
            double.answers(&refresh, &[case.refresh]);
        }
        None => double.answers(&token, &[(200, case.code), case.refresh]),
    }
    // Where revocation or another call has the token endpoint's address, it comes after the code.
    for (address, status, body) in case.says {
        let same = *address == token;
        let answers = [(200, case.code), (*status, *body)];
        double.answers(address, if same { &answers } else { &answers[1..] });
    }

    let name = format!("{}-double", case.provider);
    let file = file.to_str().unwrap();
    home.oauth(["provider", "add", &name, "--file", file]).run().success();
    let (credential, url, mut asked) = connect(&home, &double, &name, case);
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

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::person::AtTerminal;
use super::terminal::{Terminal, Tone};
use super::{credential, list, revoke, when};
use crate::app::{App, Checking, Demand, Demo, DemoServer, DemoSettings, Error, Selector, Warning};
use crate::model::text::shown;
use crate::model::{AccessToken, Credential, Timestamp};

/// Askers at once, to show that one refresh serves them all.
const HERD: usize = 20;

/// See the whole life of a credential in seconds, against a built-in server
///
/// Nothing of yours is touched: the demo has a home and a key of its own, and deletes both. With --serve the server
/// stays up, to try commands and scripts against.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth demo
  oauth demo --serve --expire 60
  oauth demo --serve --port 8710 --control
  curl http://127.0.0.1:8710/sandbox/behaviour \\
    -d '{\"latency_ms\": {\"token\": 3000}}'")]
pub(super) struct DemoArgs {
    /// Keep the server up, and print what to type
    #[arg(long)]
    serve: bool,
    /// Sign in without a browser, also where there is one
    #[arg(long, conflicts_with = "serve")]
    no_browser: bool,
    /// The port to serve on [default: any]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true, requires = "serve")]
    port: u16,
    /// Seconds an access token lives
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "serve")]
    expire: u64,
    /// Let a refresh token be used again and again
    #[arg(long, requires = "serve")]
    no_rotate: bool,
    /// Milliseconds for which a spent refresh token is still taken
    #[arg(long, value_name = "MS", default_value_t = 0, requires = "serve")]
    grace: u64,
    /// Let the server's behaviour be changed and watched under /sandbox/ (docs/recipes.md says how)
    #[arg(long, requires = "serve")]
    control: bool,
}

pub(super) fn run(args: &DemoArgs, context: &Context) -> Result<u8, Failure> {
    if args.serve {
        return serve(args, context);
    }
    let home = context.environment.temporary("demo");
    let demo = Demo::start(&home, Timestamp::now, context.environment.person())
        .map_err(|error| Failure::from(error).of_temporary_home())?;
    let mut story = Story { terminal: &context.terminal, steps: vec![] };
    tell(&demo, args, context, &mut story)?;
    if context.terminal.json {
        context.terminal.data_json(&json!({"ok": true, "steps": story.steps}))?;
    }
    Ok(0)
}

/// What is told: as text while it happens, or as JSON at the end.
struct Story<'a> {
    terminal: &'a Terminal,
    steps: Vec<Value>,
}

impl Story<'_> {
    /// A thought for the reader.
    fn say(&self, text: &str) -> Result<(), Failure> {
        self.line(&self.terminal.tint_out(text, Tone::Faint))
    }

    /// A command, as one would type it.
    fn command(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("\n{}", self.terminal.tint_out(&format!("$ {text}"), Tone::Strong)))
    }

    fn line(&self, text: &str) -> Result<(), Failure> {
        if self.terminal.json { Ok(()) } else { self.terminal.data_line(text) }
    }

    fn step(&mut self, name: &str, facts: &Value) {
        self.steps.push(json!({"step": name, "facts": facts}));
    }
}

fn tell(demo: &Demo, args: &DemoArgs, context: &Context, story: &mut Story<'_>) -> Result<(), Failure> {
    let now = || context.now();
    let issuer = demo.server().issuer();
    story.say(&format!("A provider is running at {issuer}.\nIts tokens live for 4 seconds only."))?;
    demo.add_provider()?;
    story.command(&format!("oauth provider add demo --issuer {issuer} --scope openid,email"))?;

    story.command("oauth init demo --client-id demo")?;
    let watched = context.environment.has_display() && context.terminal.can_ask() && !args.no_browser;
    if !watched {
        story.say("(This program signs in as alice@example.test; with a browser, you would.)")?;
    }
    let mut person = AtTerminal::new(context, false);
    let connected = demo.connect("alice@example.test", if watched { Some(&mut person) } else { None });
    context.terminal.end_progress();
    let connected = connected?;
    let own = connected.credential;
    story.line(&format!("Connected {}, valid {}, and it renews itself", shown(&own.label()), expiry(&own, now())))?;
    story.step("connected", &credential::json(&own, now()));
    story.say("Its tokens lie in a database, sealed under a key that is not in it.")?;

    story.command("oauth list")?;
    let (rows, _) = demo.app.list(false)?;
    story.line(list::rendered(&rows, false, now(), &context.terminal).trim_end())?;

    story.command("oauth token demo")?;
    let selector = Selector::parse("demo", None)?;
    let first = token(&demo.app, &selector)?;
    story.line(first.0.expose())?;

    story.say("\nNow wait until it is due …")?;
    wait_until_due(demo, &own)?;
    story.command("oauth token demo")?;
    let second = token(&demo.app, &selector)?;
    story.line(second.0.expose())?;
    story.say("Another token: it was refreshed on the way, and nobody noticed.")?;
    let renewed = first.0.expose() != second.0.expose();
    story.step("refreshed", &json!({"new_token": renewed}));

    herd(demo, &selector, story)?;
    examine(demo, &selector, story)?;
    end(demo, &selector, story)
}

/// A token that is as new as it shall be: the old one, given because a refresh failed, is no part of the story.
fn token(app: &App, selector: &Selector) -> Result<AccessToken, Error> {
    let access = app.token(selector, Demand::default(), None)?;
    let failed = access.warnings.into_iter().find_map(|warning| match warning {
        Warning::NotRefreshed(error) => Some(error),
        _ => None,
    });
    failed.map_or(Ok(access.token), Err)
}

fn wait_until_due(demo: &Demo, own: &Credential) -> Result<(), Failure> {
    loop {
        demo.go_on()?;
        let now = Timestamp::now();
        let current = demo.app.list(false)?.0.into_iter().find(|row| row.id == own.id);
        if current.is_none_or(|row| row.is_due(now)) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Many ask at once for a token that has to be refreshed.
fn herd(demo: &Demo, selector: &Selector, story: &mut Story<'_>) -> Result<(), Failure> {
    let Some(before) = demo.app.list(false)?.0.pop() else { return Ok(()) };
    story.say(&format!("\nWhen it is due again, {HERD} ask at the same moment …"))?;
    wait_until_due(demo, &before)?;
    let app = &demo.app;
    let mut tokens = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..HERD).map(|_| scope.spawn(|| token(app, selector))).collect();
        let answers = asking.into_iter().filter_map(|asking| asking.join().ok());
        answers.map(|token| token.map(|token| token.0.expose().to_owned())).collect::<Result<Vec<_>, Error>>()
    })?;
    let given = tokens.len();
    tokens.sort();
    tokens.dedup();
    let after = demo.app.list(false)?.0.pop().map_or(before.generation, |own| own.generation);
    let refreshes = after - before.generation;
    let (many, one) = (if refreshes == 1 { "refresh" } else { "refreshes" }, tokens.len());
    story.line(&format!("{given} asked, {refreshes} {many}, {one} token for all"))?;
    story.step("herd", &json!({"asked": given, "refreshes": refreshes, "tokens": one}));
    Ok(())
}

fn examine(demo: &Demo, selector: &Selector, story: &mut Story<'_>) -> Result<(), Failure> {
    demo.go_on()?;
    story.command("oauth test demo")?;
    let checking = Checking { selector: Some(selector.clone()), jobs: 1, ..Checking::default() };
    for outcome in demo.app.check(&checking, &mut |_, _| {})? {
        let words = outcome.checks.last().map_or_else(String::new, |check| check.detail.clone());
        let mark = if outcome.error.is_none() { "ok" } else { "FAILED" };
        story.line(&format!("{mark}  {}  {}", shown(&outcome.credential.label()), shown(&words)))?;
        story.step("tested", &json!({"ok": outcome.error.is_none(), "detail": words}));
    }
    Ok(())
}

fn end(demo: &Demo, selector: &Selector, story: &mut Story<'_>) -> Result<(), Failure> {
    demo.go_on()?;
    story.command("oauth revoke demo")?;
    let revoked = demo.app.revoke(selector, false, false)?;
    story.line(&story.terminal.fitted(&revoke::sentence(&revoked), 2))?;
    story.step("revoked", &json!({"status": revoked.credential.status(Timestamp::now()).as_str()}));

    story.command("oauth token demo")?;
    if let Err(error) = demo.app.token(selector, Demand::default(), None) {
        let failure = Failure::from(error);
        story.line(&format!("error: {}", failure.summary()))?;
        for hint in &failure.hints {
            story.line(&format!("  hint: {hint}"))?;
        }
        story.step("refused", &failure.json()["error"].clone());
    }
    story.say("\nThat was its whole life. The demo's home is deleted now; nothing of yours was\ntouched.")?;
    story.line("Connect a real account:  oauth provider list, then oauth init PROVIDER")
}

fn expiry(own: &Credential, now: Timestamp) -> String {
    own.expires_at
        .map_or_else(|| "without end".into(), |at| format!("for {}", when::length(at.since(now).unsigned_abs())))
}

fn serve(args: &DemoArgs, context: &Context) -> Result<u8, Failure> {
    let settings = DemoSettings {
        port: args.port,
        access_ttl: args.expire,
        rotate: !args.no_rotate,
        grace_ms: args.grace,
        control: args.control,
    };
    let server = DemoServer::start(&settings)?;
    let (issuer, client) = (server.issuer(), server.client_id());
    if context.terminal.json {
        // One line, so that a program that started the server can read it at once.
        context.terminal.data_line(&json!({"issuer": issuer, "client_id": client}).to_string())?;
    } else {
        let lines = [
            format!("An authorization server is running at {issuer}."),
            "In another terminal, type:".into(),
            String::new(),
            "  export OAUTH_HOME=$(mktemp -d) OAUTH_MASTER_KEY=$(oauth key generate)".into(),
            format!("  oauth provider add demo --issuer {issuer} --scope openid,email \\"),
            "    --capability 'write=GET /api/echo?need=write'".into(),
            format!("  oauth init demo --client-id {client}"),
            "  oauth token demo".into(),
            "  oauth test demo --capabilities".into(),
            String::new(),
            format!("Access tokens live for {} s. Ctrl-C stops.", args.expire),
        ];
        context.terminal.data_line(&lines.join("\n"))?;
    }
    loop {
        std::thread::park();
    }
}

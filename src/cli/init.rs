use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::failure::Failure;
use super::terminal::{Terminal, Tone};
use super::{credential, pairs, parse_pair, when};
use crate::app::{
    ClientFile, ClientNeed, Connected, GivenClient, KeySource, Login, Person, RedirectChoice, Selector, Visit,
};
use crate::model::text::shown;
use crate::model::time::parse_duration;
use crate::model::{Scopes, Secret};

/// Connect an account in your browser
///
/// Connecting the same account again renews it. The client registration given once is kept, its secret sealed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth init google                                    the account that signs in names the credential
  oauth init github work --scope repo,read:org         name it `work`
  oauth init gitlab --set host=gitlab.example.org
  pass show google/secret | oauth init google --client-id ID --client-secret-stdin")]
pub(super) struct InitArgs {
    /// The provider (see `oauth provider list`), or PROVIDER@ACCOUNT
    provider: String,
    /// The name the credential will bear; an e-mail address must be the one that signs in
    account: Option<String>,
    /// The client id of your registration at the provider
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The client secret; other users can read it in the process list, so prefer --client-secret-stdin
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["client_secret_stdin", "client_file"])]
    client_secret: Option<String>,
    /// Read the client secret from standard input
    #[arg(long, conflicts_with = "client_file")]
    client_secret_stdin: bool,
    /// Read client id and secret from the JSON file the provider lets one download
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    client_file: Option<PathBuf>,
    /// Use a client registration that is kept under this name (see `oauth client list`)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["client_id", "client_secret", "client_secret_stdin", "client_file"])]
    client: Option<String>,
    /// Scopes to ask for instead of those asked for before (repeatable; comma or space separated)
    #[arg(long = "scope", short = 's', visible_alias = "scopes", value_name = "SCOPES")]
    scope: Vec<String>,
    /// Scopes to ask for in addition to what is granted
    #[arg(long, value_name = "SCOPES", conflicts_with = "scope")]
    add_scope: Vec<String>,
    /// How to authorize
    #[arg(long, value_name = "FLOW")]
    flow: Option<Flow>,
    /// Print the address instead of opening a browser
    #[arg(long)]
    no_browser: bool,
    /// The loopback port to listen on, or a range to choose from
    #[arg(long, value_name = "N|A-B", value_parser = parse_ports, conflicts_with = "redirect_uri")]
    port: Option<(u16, u16)>,
    /// The loopback redirect URI as it is registered
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// How long to wait for the browser
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "5m")]
    timeout: Duration,
    /// An extra parameter of the authorization request (repeatable)
    #[arg(long, value_name = "K=V", value_parser = parse_pair)]
    param: Vec<(String, String)>,
    /// A template variable of the provider, such as `host` or `tenant` (repeatable)
    #[arg(long, value_name = "VAR=VALUE", value_parser = parse_pair)]
    set: Vec<(String, String)>,
    /// Make this account the provider's default
    #[arg(long)]
    default: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Flow {
    /// Authorization code through a browser on this machine
    Browser,
}

pub(super) fn run(args: InitArgs, context: &Context) -> Result<u8, Failure> {
    let (Some(Flow::Browser) | None) = args.flow;
    let selector = Selector::parse(&args.provider, args.account.as_deref())?;
    let login = Login {
        client: client(&args, &selector.provider, context)?,
        provider: selector.provider,
        account: selector.account,
        scopes: (!args.scope.is_empty()).then(|| Scopes::parse(&args.scope.join(" "))),
        add_scopes: Scopes::parse(&args.add_scope.join(" ")),
        parameters: pairs(args.param)?,
        variables: pairs(args.set)?,
        redirect: match (args.port, args.redirect_uri) {
            (_, Some(uri)) => RedirectChoice::Uri(uri),
            (Some((first, last)), None) => RedirectChoice::Ports(first, last),
            (None, None) => RedirectChoice::Usual,
        },
        limit: args.timeout,
        make_default: args.default,
        browser: !args.no_browser && context.environment.has_display(),
    };
    connect(login, context)
}

/// Connects a credential again, the way it was connected before.
pub(super) fn again(provider: &str, account: &str, context: &Context) -> Result<(), Failure> {
    let login = Login {
        client: client_of_environment(provider, context),
        provider: provider.to_owned(),
        account: Some(account.to_owned()),
        limit: Duration::from_secs(300),
        browser: context.environment.has_display(),
        ..Login::default()
    };
    let connected = context.app()?.authorize(login, &mut AtTerminal::new(&context.terminal))?;
    tell(&connected, context);
    Ok(())
}

fn connect(login: Login, context: &Context) -> Result<u8, Failure> {
    let mut person = AtTerminal::new(&context.terminal);
    let connected = context.app()?.authorize(login, &mut person);
    context.terminal.end_progress();
    let connected = connected?;
    tell(&connected, context);
    if context.terminal.json {
        context.terminal.data_json(&credential::json(&connected.credential, context.now()))?;
    }
    Ok(0)
}

/// The person at this terminal.
pub(super) struct AtTerminal<'a> {
    terminal: &'a Terminal,
}

impl<'a> AtTerminal<'a> {
    pub(super) fn new(terminal: &'a Terminal) -> Self {
        Self { terminal }
    }
}

impl Person for AtTerminal<'_> {
    fn client(&mut self, need: &ClientNeed) -> Option<GivenClient> {
        if !self.terminal.can_ask() {
            return None;
        }
        let name = shown(&need.name);
        self.terminal.say(&format!("{name} wants every program to be registered once, by you:"));
        for (at, step) in need.setup.iter().enumerate() {
            self.terminal.say(&format!("  {}. {}", at + 1, shown(step)));
        }
        if let Some(url) = &need.console_url {
            self.terminal.say(&format!("  {} {url}", self.terminal.tint_err("register at", Tone::Faint)));
        }
        self.terminal.say(&format!("  {} {}", self.terminal.tint_err("redirect URI", Tone::Faint), need.redirect_uri));
        let id = if need.id { Some(self.terminal.ask("Client id:")?) } else { None };
        let secret = if need.secret { Some(self.terminal.ask_secret("Client secret (not shown):")?) } else { None };
        Some(GivenClient { id, secret, keep: true, ..GivenClient::default() })
    }

    fn key_was_chosen(&mut self, source: &KeySource, kept: Option<Duration>) {
        self.terminal.say(&format!("The master key of your new store lives in {}.", source.words()));
        if let Some(kept) = kept {
            let length = when::length(kept.as_secs());
            self.terminal.say(&format!(
                "Once it was asked for, the kernel keeps it for {length}; `export OAUTH_KEY_CACHE=off` forbids that."
            ));
        }
    }

    fn visit(&mut self, visit: &Visit<'_>) {
        let name = shown(visit.name);
        if !visit.scopes.is_empty() {
            self.terminal.say(&format!("{name} will ask you to agree to:"));
        }
        for (scope, meaning) in &visit.scopes {
            let meaning = meaning
                .map_or(String::new(), |words| self.terminal.tint_err(&format!("  {}", shown(words)), Tone::Faint));
            self.terminal.say(&format!("  {}{meaning}", shown(scope)));
        }
        if visit.browser {
            self.terminal.say("Opening your browser. If nothing opens there, visit this address:");
            self.terminal.say("");
            self.terminal.say(visit.url);
            if !open_browser(visit.url) {
                self.terminal.warn("no browser could be started; visit the address yourself");
            }
        } else {
            self.terminal.say("Visit this address in a browser on this machine:");
            self.terminal.say("");
            self.terminal.insist(visit.url);
        }
        let limit = when::length(visit.limit.as_secs());
        self.terminal.say("");
        self.terminal.say(&format!("Waiting for {name} to send your browser back, for up to {limit}. Ctrl-C stops."));
    }

    fn waiting(&mut self, left: Duration) {
        self.terminal.progress(&format!("{} left", when::countdown(left.as_secs())));
    }
}

/// Opens the browser from a thread of its own: some browsers only come back when they are closed. False when none could
/// be started; the address is printed in any case.
fn open_browser(url: &str) -> bool {
    let url = url.to_owned();
    let (sender, opened) = mpsc::channel();
    std::thread::spawn(move || {
        let mut options = webbrowser::BrowserOptions::new();
        options.with_suppress_output(true);
        let result = webbrowser::open_browser_with_options(webbrowser::Browser::Default, &url, &options);
        let _ = sender.send(result.is_ok()); // nobody may be listening any more
    });
    opened.recv_timeout(Duration::from_millis(500)).unwrap_or(true)
}

fn tell(connected: &Connected, context: &Context) {
    let (own, terminal, now) = (&connected.credential, &context.terminal, context.now());
    let verb = if connected.renewed { "Renewed" } else { "Connected" };
    let name = terminal.tint_err(&shown(&own.label()), Tone::Strong);
    let mark = if own.default { "" } else { " (not the default account)" };
    terminal.say(&format!("{} {verb} {name}{mark}", terminal.tint_err("✓", Tone::Good)));
    if let Some(before) = &connected.renamed_from {
        terminal.say(&format!("  its name was {} before", shown(before)));
    }
    if !own.scopes.is_empty() {
        terminal.say(&format!("  scopes: {}", shown(&own.scopes.to_string())));
    }
    let renews = if own.refreshable { ", and renews itself" } else { "" };
    match own.expires_at {
        Some(at) => {
            terminal.say(&format!("  valid until {} ({}){renews}", when::local(at, now), when::relative(at, now)));
        }
        None => terminal.say(&format!("  valid until it is revoked: the provider tells no end{renews}")),
    }
    if own.expires_at.is_some() && !own.refreshable {
        terminal.warn("the provider gave no refresh token: a human will be needed then");
    }
    if !connected.missing.is_empty() {
        terminal.warn(&format!("asked for and not granted: {}", shown(&connected.missing.to_string())));
    }
    if !connected.unlearnt.is_empty() {
        terminal.warn(&format!("the provider did not tell: {}", connected.unlearnt.join(", ")));
    }
    for advice in &connected.advice {
        terminal.say(&format!("  {} {}", terminal.tint_err("know:", Tone::Faint), shown(advice)));
    }
}

/// The registration from the options, else from the environment.
fn client(args: &InitArgs, provider: &str, context: &Context) -> Result<GivenClient, Failure> {
    if let Some(path) = &args.client_file {
        return of_file(path, provider, context);
    }
    if let Some(name) = &args.client {
        return Ok(GivenClient { name: Some(name.clone()), ..GivenClient::default() });
    }
    let mut given = client_of_environment(provider, context);
    if let Some(id) = &args.client_id {
        // The environment's secret belongs to the environment's id.
        given = GivenClient {
            secret: given.secret.filter(|_| given.id.is_none() || given.id.as_ref() == Some(id)),
            id: Some(id.clone()),
            keep: true,
            ..given
        };
    }
    if let Some(secret) = &args.client_secret {
        context.terminal.warn("other users can read --client-secret in the process list; use --client-secret-stdin");
        given = GivenClient { secret: Some(Secret::new(secret.as_str())), keep: true, ..given };
    }
    if args.client_secret_stdin {
        given = GivenClient { secret: Some(context.terminal.read_secret()?), keep: true, ..given };
    }
    Ok(given)
}

/// The registration of a downloaded file.
pub(super) fn of_file(path: &Path, provider: &str, context: &Context) -> Result<GivenClient, Failure> {
    let file = ClientFile::read(path)?;
    if file.web {
        context.terminal.note(
            "note: this client was made for a web server; the redirect URI has to be registered whole, so choose a port \
             with --port, or make a client of type Desktop app",
        );
    }
    Ok(context.app()?.client_of_file(provider, file)?)
}

fn client_of_environment(provider: &str, context: &Context) -> GivenClient {
    let get = |what: &str| context.of_provider(what, provider).map(|(_, value)| value);
    let id = get("CLIENT_ID").map(|id| id.expose().to_owned());
    GivenClient { id, secret: get("CLIENT_SECRET"), ..GivenClient::default() }
}

fn parse_ports(text: &str) -> Result<(u16, u16), String> {
    let port =
        |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or("a port is a number from 1 to 65535");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    if first <= last { Ok((first, last)) } else { Err("a range goes from a lower to a higher port".into()) }
}

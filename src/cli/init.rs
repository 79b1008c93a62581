use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::failure::{Failure, named, oauth, oauth_in, option_value, word};
use super::person::AtTerminal;
use super::registration::{self, RegistrationArgs};
use super::terminal::Tone;
use super::{credential, pairs, parse_pair, when};
use crate::app::{Connected, Error, Flow, GivenClient, Login, Machine, RedirectChoice, Selector, ServiceAccount};
use crate::model::text::shown;
use crate::model::time::parse_duration;
use crate::model::{Kind, Scopes, TokenSource};

/// Connect an account: in your browser, by a code on another device, or without a person
///
/// Connecting the same account again renews it. The client registration given once is kept, its secret sealed.
///
/// Without a browser (no display and no $BROWSER, or over SSH) a code is shown that is typed on any other device, where
/// the provider has that. Else the address is printed, and the one that the browser ends at can be pasted back.
///
/// An address in the provider's place, such as that of an MCP server or of an issuer, is asked for its authorization
/// server, and this program registers itself there. `client_id_metadata_document` in config.toml names a document about
/// your client, for servers that read one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth init google                             whoever signs in names it
  oauth init github work --scope repo,read:org  name it `work`
  oauth init github --flow device               with a browser on another device
  oauth init https://mcp.example.com/mcp        an MCP server, or an issuer
  oauth init gitlab --set host=gitlab.example.org
  pass show google/secret |
    oauth init google --client-id ID --client-secret-stdin
  oauth init google --client-file service-account.json --scope drive
  oauth init github my-org --flow installation \\
    --client-id APP --key-file app.pem
  oauth init bank --flow client-credentials \\
    --client-id ID --client-cert client.pem --key-file client.key
  oauth init work ci --flow token-exchange --audience https://sts.example.com")]
pub(super) struct InitArgs {
    /// The provider (see `oauth provider list`), PROVIDER@ACCOUNT, or an address
    provider: String,
    /// The name the credential will bear; an e-mail address must be the one that signs in, and for a GitHub App it is
    /// whose installation is meant
    account: Option<String>,
    #[command(flatten)]
    registration: RegistrationArgs,
    /// A client certificate (PEM) that authenticates, with the chain above it (RFC 8705); its key is given by --key-file
    #[arg(long, value_name = "FILE", requires = "key_file", conflicts_with_all = ["client_file", "client"])]
    client_cert: Option<PathBuf>,
    /// Use a client registration that is kept under this name (see `oauth client list`)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["client_id", "client_secret", "client_secret_stdin", "client_file"])]
    client: Option<String>,
    /// Scopes to ask for instead of those asked for before (repeatable; comma or space separated)
    #[arg(long = "scope", short = 's', visible_alias = "scopes", value_name = "SCOPES")]
    scope: Vec<String>,
    /// Scopes to ask for in addition to what is granted
    #[arg(long, value_name = "SCOPES", conflicts_with = "scope")]
    add_scope: Vec<String>,
    /// How to authorize [default: browser; without one, device where the provider has it, else paste]
    #[arg(long, value_name = "FLOW")]
    flow: Option<FlowName>,
    /// Print the address instead of opening a browser
    #[arg(long)]
    no_browser: bool,
    /// The loopback port to listen on, or a range to choose from
    #[arg(long, value_name = "N|A-B", value_parser = parse_ports, conflicts_with = "redirect_uri")]
    port: Option<(u16, u16)>,
    /// The redirect URI as it is registered: on this machine, or an https page of yours to paste the address of
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// How long to wait for you [default: 5m; in the device flow, as long as the code lives]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// An extra parameter of the authorization request; without a person, of the token request (repeatable)
    #[arg(long, value_name = "K=V", value_parser = parse_pair)]
    param: Vec<(String, String)>,
    /// A template variable of the provider, such as `host` or `tenant` (repeatable)
    #[arg(long, value_name = "VAR=VALUE", value_parser = parse_pair)]
    set: Vec<(String, String)>,
    /// What the tokens shall be for (RFC 8707; repeatable)
    #[arg(long, value_name = "URI")]
    resource: Vec<String>,
    /// Bind the tokens to a key of this credential (RFC 9449)
    #[arg(long)]
    dpop: bool,
    /// Make this account the provider's default
    #[arg(long)]
    default: bool,
    #[command(flatten)]
    machine: MachineArgs,
}

/// What the flows without a person take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Without a person")]
struct MachineArgs {
    /// A private key (PEM) that signs: the client's own, its certificate's, or that of a GitHub App
    #[arg(long, value_name = "FILE", conflicts_with_all = ["client_secret", "client_secret_stdin"])]
    key_file: Option<PathBuf>,
    /// The key's name at the provider
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// Whom an assertion speaks for [default: its issuer]
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// Whom an assertion, or an exchanged token, is for
    #[arg(long, value_name = "NAME")]
    audience: Option<String>,
    /// Where the job's own token is: `env:NAME`, `file:PATH` or `github-actions[:AUDIENCE]`
    #[arg(long, value_name = "SOURCE")]
    subject_token: Option<TokenSource>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FlowName {
    /// Authorization code through a browser on this machine
    Browser,
    /// A code that you type on any device (RFC 8628)
    Device,
    /// Authorization code through a browser anywhere: paste the address it ends at
    Paste,
    /// The client for itself (RFC 6749, section 4.4)
    ClientCredentials,
    /// A signed assertion, such as that of a Google service account (RFC 7523)
    JwtBearer,
    /// The token of the CI job or pod this runs in (RFC 8693)
    TokenExchange,
    /// A GitHub App as one of its installations
    Installation,
}

impl FlowName {
    fn flow(self) -> Flow {
        match self {
            Self::Browser => Flow::Browser,
            Self::Device => Flow::Device,
            Self::Paste => Flow::Paste,
            Self::ClientCredentials => Flow::ClientCredentials,
            Self::JwtBearer => Flow::JwtBearer,
            Self::TokenExchange => Flow::TokenExchange,
            Self::Installation => Flow::Installation,
        }
    }
}

pub(super) fn run(args: InitArgs, context: &Context) -> Result<u8, Failure> {
    let selector = Selector::parse(&args.provider, args.account.as_deref())?;
    let mut flow = args.flow.map(FlowName::flow);
    let mut machine = machine(&args)?;
    let service_account =
        args.registration.client_file.as_deref().map(ServiceAccount::from_file).transpose()?.flatten();
    let client = match service_account {
        Some(account) => {
            flow = flow.or(Some(Flow::JwtBearer));
            of_service_account(account, &mut machine)
        }
        None => client(&args, &selector.provider, context)?,
    };
    let has_browser = context.environment.has_display();
    let login = Login {
        client,
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
        browser: !args.no_browser && has_browser,
        headless: !args.no_browser && !has_browser,
        flow,
        resources: args.resource,
        dpop: args.dpop,
        machine,
    };
    connect(&login, context)
}

/// Connects a credential again, the way it was connected before.
pub(super) fn again(provider: &str, account: &str, context: &Context) -> Result<(), Failure> {
    let login = Login {
        client: client_of_environment(provider, context),
        provider: provider.to_owned(),
        account: Some(account.to_owned()),
        browser: context.environment.has_display(),
        headless: !context.environment.has_display(),
        ..Login::default()
    };
    let connected = context.app()?.authorize(&login, &mut AtTerminal::new(context, false));
    let connected = connected.map_err(|error| failed(error, &login))?;
    tell(&connected, context);
    Ok(())
}

/// A client that is missing or refused is given with all that was said besides.
fn failed(error: Error, login: &Login) -> Failure {
    let key = login.machine.key.is_some();
    match &error {
        Error::ClientRequired { need, .. } => {
            // What was given this time is wanted the next time too; the environment gives its own again.
            let proves = need.secret || key || login.client.secret.is_some() && login.client.keep;
            let proof = proves.then_some(if key || need.signs { "--key-file FILE" } else { "--client-secret-stdin" });
            Failure::client_required(&error, need, &said(login, need.id.as_deref(), proof))
        }
        Error::ClientRefused { response, .. } => {
            let proof = if key { "--key-file FILE" } else { "--client-secret-stdin" };
            Failure::client_refused(&error, &response.to_string(), &said(login, None, Some(proof)))
        }
        _ => error.into(),
    }
}

/// The command line of a login with this client or another one, which proves itself by these options.
fn said(login: &Login, client: Option<&str>, proof: Option<&str>) -> String {
    let mut line = String::from("init ");
    line += &login.account.as_ref().map_or_else(|| word(&login.provider), |own| named(&login.provider, own));
    let mut option = |name: &str, value: &str| line += &format!(" {name}{}", option_value(value));
    let flow = FlowName::value_variants().iter().find(|name| login.flow == Some(name.flow()));
    if let Some(name) = flow.and_then(ValueEnum::to_possible_value) {
        option("--flow", name.get_name());
    }
    let list = |scopes: &Scopes| scopes.iter().collect::<Vec<_>>().join(",");
    login.scopes.iter().for_each(|scopes| option("--scope", &list(scopes)));
    if !login.add_scopes.is_empty() {
        option("--add-scope", &list(&login.add_scopes));
    }
    match &login.redirect {
        RedirectChoice::Usual => {}
        RedirectChoice::Uri(uri) => option("--redirect-uri", uri),
        RedirectChoice::Ports(first, last) if first == last => option("--port", &first.to_string()),
        RedirectChoice::Ports(first, last) => option("--port", &format!("{first}-{last}")),
    }
    login.parameters.iter().for_each(|(name, value)| option("--param", &format!("{name}={value}")));
    login.variables.iter().for_each(|(name, value)| option("--set", &format!("{name}={value}")));
    login.resources.iter().for_each(|resource| option("--resource", resource));
    let Machine { key_id, subject, audience, subject_token, .. } = &login.machine;
    let subject_token = subject_token.as_ref().map(ToString::to_string);
    let given =
        [("--key-id", key_id), ("--subject", subject), ("--audience", audience), ("--subject-token", &subject_token)];
    for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))) {
        option(name, value);
    }
    line += if login.dpop { " --dpop" } else { "" };
    line += if login.make_default { " --default" } else { "" };
    line += &format!(" --client-id{}", option_value(client.unwrap_or("ID")));
    if let Some(proof) = proof {
        line += &format!(" {proof}");
    }
    oauth(line)
}

fn connect(login: &Login, context: &Context) -> Result<u8, Failure> {
    let mut person = AtTerminal::new(context, login.flow == Some(Flow::Paste));
    let connected = context.app()?.authorize(login, &mut person);
    context.terminal.end_progress();
    let connected = connected.map_err(|error| failed(error, login))?;
    tell(&connected, context);
    if login.dpop && !connected.credential.token_type.eq_ignore_ascii_case("DPoP") {
        context.terminal.warn("the server binds no tokens to a key (--dpop): whoever holds this one can use it");
    }
    if context.terminal.json {
        context.terminal.data_json(&credential::json(&connected.credential, context.now()))?;
    }
    Ok(0)
}

fn tell(connected: &Connected, context: &Context) {
    let (own, terminal, now) = (&connected.credential, &context.terminal, context.now());
    let verb = if connected.renewed { "Renewed" } else { "Connected" };
    let name = terminal.tint_err(&shown(&own.label()), Tone::Strong);
    let mark = if own.default { "" } else { " (not the default account)" };
    terminal.say(&format!("{} {verb} {name}{mark}", terminal.tint_err("✓", Tone::Good)));
    if let Some(before) = &connected.renamed_from {
        let (before, name) = (shown(before), shown(&own.account));
        let again = oauth_in(&own.tenant, format_args!("init {} NAME", word(&own.provider)));
        terminal
            .warn(&format!("it is the account that was named `{before}`, and is `{name}` now: there is no second one"));
        terminal.say(&format!("  hint: another account? sign out in the browser first, then: {again}"));
    }
    if !own.scopes.is_empty() {
        terminal.say(&format!("  scopes: {}", shown(&own.scopes.to_string())));
    }
    let renews = if own.kind == Kind::Machine {
        ", and is minted anew then"
    } else if own.refreshable {
        ", and renews itself"
    } else {
        ""
    };
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
    if !connected.unasked.is_empty() {
        terminal.warn(&format!("granted, though not asked for: {}", shown(&connected.unasked.to_string())));
    }
    if !connected.unlearnt.is_empty() {
        terminal.warn(&format!("the provider did not tell: {}", connected.unlearnt.join(", ")));
    }
    for advice in &connected.advice {
        terminal.say(&format!("  {} {}", terminal.tint_err("know:", Tone::Faint), shown(advice)));
    }
}

/// What the options say of a machine.
fn machine(args: &InitArgs) -> Result<Machine, Failure> {
    let given = &args.machine;
    let key = given.key_file.as_deref().map(|key| match &args.client_cert {
        Some(certificate) => Machine::read_certificate(certificate, key),
        None => Machine::read_key(key),
    });
    let key = key.transpose()?;
    let MachineArgs { key_id, subject, audience, subject_token, .. } = given;
    Ok(Machine {
        key,
        key_id: key_id.clone(),
        subject: subject.clone(),
        audience: audience.clone(),
        subject_token: subject_token.clone(),
    })
}

/// A service account is its own client: the key is its secret.
fn of_service_account(account: ServiceAccount, machine: &mut Machine) -> GivenClient {
    machine.key_id = machine.key_id.take().or(account.key_id);
    machine.audience = machine.audience.take().or(account.token_uri);
    GivenClient { id: Some(account.email), secret: Some(account.key), ..GivenClient::default() }
}

/// The registration from the options, else from the environment.
fn client(args: &InitArgs, provider: &str, context: &Context) -> Result<GivenClient, Failure> {
    if let Some(path) = &args.registration.client_file {
        return registration::of_file(path, provider, context);
    }
    if let Some(name) = &args.client {
        return Ok(GivenClient { name: Some(name.clone()), ..GivenClient::default() });
    }
    let mut given = client_of_environment(provider, context);
    if let Some(id) = &args.registration.client_id {
        // The environment's secret belongs to the environment's id.
        given = GivenClient {
            secret: given.secret.filter(|_| given.id.is_none() || given.id.as_ref() == Some(id)),
            id: Some(id.clone()),
            keep: true,
            ..given
        };
    }
    if let Some(secret) = args.registration.secret(context)? {
        given = GivenClient { secret: Some(secret), keep: true, ..given };
    }
    Ok(given)
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

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use url::Url;

use super::context::Context;
use super::failure::Failure;
use super::{credential, init, when};
use crate::app::{Access, Demand, Error, Selector, Warning};
use crate::model::server::Service;
use crate::model::text::{shown, variable_part};
use crate::model::time::parse_duration;
use crate::model::{Credential, rules};

/// Print a token that is valid now
///
/// It is refreshed first when it has to be; however many processes ask, one refresh is sent. It never opens a browser
/// unless --login is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  curl -H \"$(oauth token github --format header)\" https://api.github.com/user
  oauth token google alice@example.com --min-ttl 10m
  eval \"$(oauth token gitlab --format env)\"")]
pub(super) struct TokenArgs {
    /// The provider, or PROVIDER@ACCOUNT
    provider: String,
    /// The account [default: the provider's default account]
    account: Option<String>,
    /// The token shall live at least this long (30s, 10m, 1h)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "0s", hide_default_value = true)]
    min_ttl: Duration,
    /// Get a newer token than the one stored now
    #[arg(long, conflicts_with = "offline")]
    refresh: bool,
    /// Send nothing: the stored token, or an error
    #[arg(long)]
    offline: bool,
    /// Connect the account anew when a human has to authorize again, as `oauth init` does
    #[arg(long, conflicts_with = "offline")]
    login: bool,
    /// What to print [default: token]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The method of the request that `--format header` is for, when the token is bound to a key (RFC 9449)
    #[arg(long, value_name = "METHOD", default_value = "GET", hide_default_value = true)]
    method: String,
    /// The address of that request
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The nonce that the server has asked for
    #[arg(long, value_name = "NONCE", allow_hyphen_values = true)]
    nonce: Option<String>,
    /// The user name for xoauth2 and netrc [default: the account]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

impl TokenArgs {
    /// What a line without options means.
    pub(super) fn plain(provider: String, account: Option<String>) -> Self {
        Self {
            provider,
            account,
            min_ttl: Duration::ZERO,
            refresh: false,
            offline: false,
            login: false,
            format: None,
            method: "GET".into(),
            url: None,
            nonce: None,
            user: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token alone
    Token,
    /// An HTTP header line: `Authorization: Bearer …`
    Header,
    /// The credential with `access_token` and `source`
    Json,
    /// A line for the shell: `export NAME=…`
    Env,
    /// The initial response of SASL XOAUTH2, for IMAP and SMTP
    Xoauth2,
    /// A line for a .netrc file
    Netrc,
}

pub(super) fn run(args: &TokenArgs, context: &Context) -> Result<u8, Failure> {
    let format = format(args, context)?;
    let selector = Selector::parse(&args.provider, args.account.as_deref())?;
    let demand = Demand { min_ttl: args.min_ttl, refresh: args.refresh, offline: args.offline };
    let fallback = context.of_provider("TOKEN", &selector.provider);
    let app = context.app()?;
    let access = match app.token(&selector, demand, fallback.clone()) {
        Err(Error::ReauthorizationRequired { provider, account, .. }) if args.login => {
            init::again(&provider, &account, context)?;
            app.token(&selector, Demand { refresh: false, ..demand }, fallback)?
        }
        access => access?,
    };
    tell(&access, &selector.provider, context);
    print(args, format, &selector, &access, context)?;
    Ok(0)
}

/// `--json` is a format too.
fn format(args: &TokenArgs, context: &Context) -> Result<Format, Failure> {
    match args.format {
        None | Some(Format::Json) if context.terminal.json => Ok(Format::Json),
        Some(_) if context.terminal.json => Err(Failure::usage("--json and --format say two things".into())),
        format => Ok(format.unwrap_or(Format::Token)),
    }
}

/// What there is to say of a token besides itself: warnings, and that it comes from a variable.
pub(super) fn tell(access: &Access, provider: &str, context: &Context) {
    for warning in &access.warnings {
        warn(warning, context);
    }
    if let Some(variable) = &access.variable {
        let note = format!("note: the token comes from {variable}; nothing is connected for {}", shown(provider));
        context.terminal.note(&note);
    }
}

fn warn(warning: &Warning, context: &Context) {
    let terminal = &context.terminal;
    match warning {
        Warning::NotRefreshed(error) => {
            let failure = Failure::from_error(error);
            terminal.warn(&format!("the token still lives, but could not be refreshed: {}", failure.summary()));
            for hint in failure.hints {
                terminal.say(&format!("  hint: {hint}"));
            }
        }
        Warning::ShortLived { seconds } => {
            let life = when::length(seconds.unsigned_abs());
            terminal.warn(&format!("the provider gives tokens for {life} only, less than --min-ttl"));
        }
        Warning::OtherScopes { taken, added } => {
            for (scopes, what) in [(taken, "no longer granted"), (added, "granted now, and not before")] {
                if !scopes.is_empty() {
                    terminal.warn(&format!("{what}: {}", shown(&scopes.to_string())));
                }
            }
        }
        Warning::NotRecorded(error) => terminal.warn(&format!("this use was not recorded: {error}")),
    }
}

fn print(
    args: &TokenArgs,
    format: Format,
    selector: &Selector,
    access: &Access,
    context: &Context,
) -> Result<(), Failure> {
    let token = access.token.0.expose();
    let own = access.credential.as_ref();
    let user = || {
        let named = args.user.clone().or_else(|| own.map(|own| own.account.clone()));
        named.ok_or_else(|| Failure::usage("this token has no account; name one with --user".into()))
    };
    let text = match format {
        Format::Token => token.to_owned(),
        Format::Header => header(args, access, context)?,
        Format::Env => {
            let name = variable(&selector.provider, own)?;
            format!("export {name}='{}'", token.replace('\'', r"'\''"))
        }
        Format::Xoauth2 => STANDARD.encode(format!("user={}\x01auth=Bearer {token}\x01\x01", sasl_word(&user()?)?)),
        Format::Netrc => {
            let host = own
                .and_then(api_host)
                .ok_or_else(|| Failure::usage("the host of this provider's API is not known".into()))?;
            if !token.chars().all(fits_netrc) {
                let what =
                    "a quote, a backslash or a `#` in this token would be read as another token in a .netrc file";
                return Err(Failure::usage(what.into()));
            }
            format!("machine {host} login {} password {token}", netrc_word(&user()?)?)
        }
        Format::Json => {
            let mut object =
                own.map_or_else(|| credential::none(&selector.provider), |own| credential::json(own, context.now()));
            object["access_token"] = token.into();
            object["source"] = if own.is_some() { "store".into() } else { "env".into() };
            return context.terminal.data_json(&object);
        }
    };
    context.terminal.data_line(&text)
}

/// One header line, or two for a token that goes with a proof.
fn header(args: &TokenArgs, access: &Access, context: &Context) -> Result<String, Failure> {
    let url = match &args.url {
        None if access.proof.is_some() => {
            let what = "this token is bound to a key, and each request needs a proof of its own";
            return Err(Failure::usage(format!("{what}: say which request with --method and --url")));
        }
        url => url.as_deref().unwrap_or_default(),
    };
    let headers = access.headers(&args.method, url, args.nonce.as_deref(), context.now());
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    Ok(lines.join("\n"))
}

/// The variable in which other tools look for this provider's token. What it is called may have come from elsewhere, and
/// a shell is about to read it.
pub(super) fn variable(provider: &str, own: Option<&Credential>) -> Result<String, Failure> {
    if let Some(name) = own.and_then(|own| own.server.token_env.as_ref()) {
        return if rules::is_variable(name) { Ok(name.clone()) } else { Err(Failure::no_variable(name)) };
    }
    let name = format!("{}_TOKEN", variable_part(provider));
    Ok(if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name })
}

/// The host that the provider's API is found at. A .netrc file knows no ports.
fn api_host(own: &Credential) -> Option<String> {
    let hosts = own.server.hosts(Service::Api);
    let urls = own.server.api_base.iter().filter_map(|base| Url::parse(base).ok()?.host_str().map(str::to_owned));
    let named = hosts.iter().filter(|host| !host.contains('*'));
    let named = named.filter_map(|host| Url::parse(&format!("https://{host}")).ok()?.host_str().map(str::to_owned));
    urls.chain(named).next()
}

/// A .netrc file knows no way to write a blank or a quote inside a word that all its readers take alike.
fn fits_netrc(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"\"'\\#".contains(c)
}

fn netrc_word(text: &str) -> Result<&str, Failure> {
    user_name(text, fits_netrc, "a .netrc file")
}

/// In XOAUTH2 a control character ends a field and begins the next.
fn sasl_word(text: &str) -> Result<&str, Failure> {
    user_name(text, |c| !c.is_control(), "an XOAUTH2 response")
}

fn user_name<'a>(text: &'a str, fits: fn(char) -> bool, place: &str) -> Result<&'a str, Failure> {
    if !text.is_empty() && text.chars().all(fits) {
        return Ok(text);
    }
    Err(Failure::usage(format!("`{}` cannot be the user name in {place}; give one with --user", shown(text))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Timestamp};

    #[test]
    fn a_line_for_the_shell_names_no_variable_that_something_acts_on() {
        let of = |name: &str| {
            let server = serde_json::json!({"name": "X", "authorization_endpoint": "", "token_endpoint": "",
                "token_endpoint_auth_method": "none", "token_env": name});
            let server = serde_json::from_value(server).unwrap();
            let [tenant, provider, account] = ["t", "x", "a"].map(str::to_owned);
            variable("x", Some(&Credential::new(tenant, provider, account, Kind::Oauth, server, Timestamp(1))))
        };
        assert_eq!(of("X_TOKEN").unwrap(), "X_TOKEN");
        for name in ["X;touch /tmp/x;", "LD_PRELOAD", "PROMPT_COMMAND", "x", ""] {
            assert_eq!(of(name).unwrap_err().exit, 2, "{name}");
        }
        assert_eq!(variable("x;id", None).unwrap(), "X_ID_TOKEN");
    }
}

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::context::Context;
use super::failure::{AnswerFacts, Failure, broken_off, of_answer};
use super::token;
use crate::app::{Answer, App, Body, Outgoing, Selector};
use crate::model::endpoint;
use crate::model::text::{shown, whole};
use crate::model::time::parse_duration;

/// How much is copied at once, in bytes.
const PART: usize = 64 << 10;
/// A body from standard input that is shorter than this is not streamed, in bytes.
const SHORT: u64 = 1 << 20;
/// The largest JSON body that is looked at, in bytes.
const LARGEST_JSON: u64 = 64 << 20;
/// More pages than this are no list but a loop.
const PAGES: usize = 10_000;
/// How often --retry tries again when it does not say.
const RETRIES: &str = "3";
/// Methods that are recognised where a provider or an account could stand, too.
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Send an authenticated HTTP request; the token is never shown
///
/// The token goes to the provider's own hosts only, and is refreshed once when the server does not take it. A URL alone
/// chooses the provider by its host; a path alone is taken on the provider's API base. The body of the answer is printed
/// as it comes, whatever the status; the exit code is 0 below 400, 4 for 401 and a missing scope, 5 for 429 and 5xx, and
/// 1 for the rest.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth request github GET /user
  oauth request https://api.github.com/user
  oauth request github POST /user/repos --json-body '{\"name\":\"demo\"}'
  oauth request google@work https://www.googleapis.com/drive/v3/files -o x.json
  oauth request github GET '/user/repos?per_page=100' --paginate
  tar c . | oauth request dropbox POST \\
    https://content.dropboxapi.com/2/files/upload -d -")]
pub(super) struct RequestArgs {
    /// [PROVIDER[@ACCOUNT] [ACCOUNT]] [METHOD] URL|PATH [default method: GET, or POST with a body]
    #[arg(required = true, num_args = 1..=4, value_name = "WORD")]
    words: Vec<String>,
    /// A header of the request (repeatable)
    #[arg(long, short = 'H', value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The body: text, @FILE, or - for standard input
    #[arg(long, short, value_name = "TEXT|@FILE|-", allow_hyphen_values = true)]
    data: Option<String>,
    /// The body is JSON: given here like with --data, or there
    #[arg(long, value_name = "JSON|@FILE|-", num_args = 0..=1, allow_hyphen_values = true, default_missing_value = "")]
    json_body: Option<String>,
    /// Write the body of the answer to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print the status line and the headers before the body
    #[arg(long, short)]
    include: bool,
    /// Follow redirects; to another origin without the token and without your headers
    #[arg(long, short = 'L')]
    follow: bool,
    /// Fetch the next pages too, as the Link header tells them (RFC 8288)
    #[arg(long)]
    paginate: bool,
    /// Wait and try again when the server asks for patience, N times [default: 3]
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = RETRIES)]
    retry: Option<u32>,
    /// How long the server may say nothing
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "60s")]
    timeout: Duration,
    /// Let this credential's token go to one more host, for good; you are asked first
    #[arg(long, value_name = "HOST")]
    allow_host: Option<String>,
}

/// What the words mean.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    provider: Option<String>,
    account: Option<String>,
    method: Option<String>,
    target: String,
}

pub(super) fn run(args: RequestArgs, context: &Context) -> Result<u8, Failure> {
    let words = words(args.words)?;
    let app = context.app_with_limit(args.timeout)?;
    let tokens = |provider: &str| context.of_provider("TOKEN", provider);
    let provider = words.provider.map_or_else(|| app.provider_of_url(&words.target, &tokens), Ok)?;
    let selector = Selector::parse(&provider, words.account.as_deref())?;
    let mut headers = args.header.iter().map(|line| header(line)).collect::<Result<Vec<_>, _>>()?;
    let (body, kind) = body(args.data.as_deref(), args.json_body.as_deref())?;
    let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    if let Some(kind) = kind.filter(|_| !has(&headers, "content-type")) {
        headers.push(("content-type".into(), kind.into()));
    }
    let usual = if matches!(body, Body::None) { "GET" } else { "POST" };
    let method = words.method.unwrap_or_else(|| usual.into());
    if args.paginate && method != "GET" {
        return Err(Failure::usage("--paginate is for GET".into()));
    }
    if let Some(host) = &args.allow_host {
        allow(host, &selector, &app, context)?;
    }
    let outgoing =
        Outgoing { method, target: words.target, headers, body, follow: args.follow, retries: args.retry.unwrap_or(0) };
    let fallback = context.of_provider("TOKEN", &selector.provider);
    let mut exchange = app.exchange(&selector, outgoing, fallback)?;
    token::tell(exchange.access(), &selector.provider, context);
    let mut out = Out { file: args.output, open: None, include: args.include, context };
    for _ in 0..PAGES {
        let mut answer = exchange.send(&mut |status, seconds| waiting(status, seconds, context))?;
        context.terminal.end_progress();
        out.answer(&mut answer)?;
        note_redirect(&answer, context);
        let host = endpoint::authority(&answer.url);
        let facts = AnswerFacts {
            host: &host,
            status: &answer.response.status().to_string(),
            verdict: &answer.verdict,
            provider: &selector.provider,
            credential: exchange.credential(),
            body_spent: answer.body_spent,
        };
        if let Some(failure) = of_answer(&facts) {
            return Err(failure);
        }
        if !args.paginate || !exchange.turn(&answer)? {
            return Ok(0);
        }
    }
    Err(Failure::internal(format!("after {PAGES} pages there is still a next one")))
}

/// One word is a URL; the method is where it stands, or what looks like one.
fn words(mut words: Vec<String>) -> Result<Words, Failure> {
    let target = words.pop().unwrap_or_default();
    let is_method = |word: &String| METHODS.contains(&word.to_ascii_uppercase().as_str());
    let method = match words.as_slice() {
        [.., last] if is_method(last) => words.pop(),
        // A method that is not of the usual ones is known by its place and its capitals.
        [_, last] | [_, _, last] if last.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') => words.pop(),
        _ => None,
    };
    let mut words = words.into_iter();
    let (provider, account) = (words.next(), words.next());
    match words.next() {
        None => Ok(Words { provider, account, method: method.map(|word| word.to_ascii_uppercase()), target }),
        Some(_) => Err(Failure::usage("write it as PROVIDER [ACCOUNT] METHOD URL".into())),
    }
}

fn header(line: &str) -> Result<(String, String), Failure> {
    let pair = line
        .split_once(':')
        .ok_or_else(|| Failure::usage(format!("`{}` is no header; write NAME: VALUE", shown(line))))?;
    Ok((pair.0.to_owned(), pair.1.trim_matches([' ', '\t']).to_owned()))
}

/// The body, and its type where the user does not say. JSON that is empty is what --data gives.
fn body(data: Option<&str>, json: Option<&str>) -> Result<(Body, Option<&'static str>), Failure> {
    const JSON: Option<&str> = Some("application/json");
    match (data, json) {
        (None, None) => Ok((Body::None, None)),
        (Some(data), None) => Ok((source(data)?, Some("application/x-www-form-urlencoded"))),
        (Some(data), Some("")) => Ok((checked_json(source(data)?)?, JSON)),
        (Some(_), Some(_)) => Err(Failure::usage("--data and --json-body both give a body".into())),
        (None, Some("")) => Err(Failure::usage("--json-body needs a body: --json-body JSON, or --data with it".into())),
        (None, Some(json)) => Ok((checked_json(source(json)?)?, JSON)),
    }
}

fn source(text: &str) -> Result<Body, Failure> {
    match text.strip_prefix('@') {
        Some("-") => standard_input(),
        Some(file) => Ok(Body::File(file.into())),
        None if text == "-" => standard_input(),
        None => Ok(Body::Bytes(text.into())),
    }
}

/// A short body is read whole: it can be sent again then, and its length be told, which some servers insist on.
fn standard_input() -> Result<Body, Failure> {
    let mut start = Vec::new();
    let read = io::stdin().take(SHORT).read_to_end(&mut start);
    let read = read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    if u64::try_from(read).is_ok_and(|read| read < SHORT) {
        return Ok(Body::Bytes(start));
    }
    Ok(Body::Stream(Some(Box::new(io::Cursor::new(start).chain(io::stdin())))))
}

/// JSON is read whole and looked at, so that a slip is told here and not by the server.
fn checked_json(body: Body) -> Result<Body, Failure> {
    let mut bytes = Vec::new();
    let read = match body {
        Body::Bytes(text) => {
            bytes = text;
            Ok(0)
        }
        Body::File(path) => File::open(path).and_then(|file| file.take(LARGEST_JSON).read_to_end(&mut bytes)),
        Body::Stream(Some(reader)) => reader.take(LARGEST_JSON).read_to_end(&mut bytes),
        Body::Stream(None) | Body::None => Ok(0),
    };
    read.map_err(|error| Failure::usage(format!("the body cannot be read: {error}")))?;
    let checked = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes);
    checked.map_err(|error| Failure::usage(format!("the body is no JSON: {error}")))?;
    Ok(Body::Bytes(bytes))
}

fn allow(host: &str, selector: &Selector, app: &App, context: &Context) -> Result<(), Failure> {
    let question = format!("Send the token of {} to {} from now on?", shown(&selector.label()), shown(host));
    if !context.terminal.can_ask() {
        return Err(Failure::host_needs_person());
    }
    if !context.terminal.agrees(&question) {
        return Err(Failure::host_not_allowed(host));
    }
    app.allow_host(selector, &host.to_ascii_lowercase())?;
    Ok(())
}

fn waiting(status: u16, seconds: u64, context: &Context) {
    context
        .terminal
        .note(&format!("note: the server answered {status}; trying again in {}", super::when::length(seconds)));
}

fn note_redirect(answer: &Answer, context: &Context) {
    if let Some(place) = answer.location() {
        let goes = if endpoint::check(place.as_str()).is_ok() { "; --follow goes there" } else { "" };
        context.terminal.note(&format!("note: redirected to {}{goes}", shown(place.as_str())));
    }
}

/// Where answers go.
struct Out<'a> {
    file: Option<PathBuf>,
    open: Option<File>,
    include: bool,
    context: &'a Context,
}

impl Out<'_> {
    fn answer(&mut self, answer: &mut Answer) -> Result<(), Failure> {
        // Only now: what is there stays when no answer comes.
        if let Some(path) = self.file.take().filter(|path| path.as_os_str() != "-") {
            let failed = |error| Failure::usage(format!("cannot write {}: {error}", path.display()));
            self.open = Some(File::create(&path).map_err(failed)?);
        }
        if self.include {
            self.write(head(answer).as_bytes())?;
        }
        let host = endpoint::authority(&answer.url);
        let mut part = vec![0; PART];
        loop {
            match answer.response.body_mut().read(&mut part) {
                Ok(0) => return Ok(()),
                Ok(length) => self.write(&part[..length])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken_off(&host, &error)),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.open {
            Some(file) => file.write_all(bytes).map_err(|error| Failure::of_file(&error)),
            None => self.context.terminal.data_bytes(bytes),
        }
    }
}

fn head(answer: &Answer) -> String {
    let response = &answer.response;
    let mut text = format!("{:?} {}\r\n", response.version(), response.status());
    for (name, value) in response.headers() {
        text.push_str(&format!("{name}: {}\r\n", whole(&String::from_utf8_lossy(value.as_bytes()))));
    }
    text + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words as `provider account method target`, with `-` for what is not there.
    fn read(line: &str) -> Option<String> {
        let words = words(line.split(' ').map(str::to_owned).collect()).ok()?;
        let maybe = |word: Option<String>| word.unwrap_or_else(|| "-".into());
        Some([maybe(words.provider), maybe(words.account), maybe(words.method), words.target].join(" "))
    }

    #[test]
    fn provider_account_and_method_may_be_left_out() {
        for (line, meaning) in [
            ("https://a/x", "- - - https://a/x"),
            ("POST https://a/x", "- - POST https://a/x"),
            ("github /x", "github - - /x"),
            ("github get /x", "github - GET /x"),
            ("github@a@b PROPFIND /x", "github@a@b - PROPFIND /x"),
            ("github me@x.org /x", "github me@x.org - /x"),
            ("https://i work PUT /x", "https://i work PUT /x"),
        ] {
            assert_eq!(read(line).as_deref(), Some(meaning), "{line}");
        }
        assert_eq!(read("a b c /x"), None);
    }
}

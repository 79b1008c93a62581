use std::fmt::Write;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Failure, gravest};
use super::terminal::{Terminal, Tone};
use super::{capabilities, credential, table};
use crate::app::{CheckOutcome, CheckResult, Checking, Selector};
use crate::model::text::{markup, shown};
use crate::model::time::{parse_duration, parse_with_unit};

/// Progress is shown from this many credentials on.
const MANY: usize = 4;

/// Is each credential usable? Refreshes where due, then asks the provider
///
/// The exit code is that of the worst outcome.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth test
  oauth test google --min-valid 24h
  oauth test --json > result.json       a gate for CI
  oauth test --offline                  send and spend nothing
  oauth test github --capabilities      what may this token do?")]
pub(super) struct TestArgs {
    /// The provider, or PROVIDER@ACCOUNT [default: every credential of the tenant]
    provider: Option<String>,
    /// The account [default: the provider's default account, where a provider is named]
    account: Option<String>,
    /// Every credential of the tenant, said aloud
    #[arg(long, conflicts_with = "provider")]
    all: bool,
    /// Never refresh
    #[arg(long)]
    no_refresh: bool,
    /// Send nothing and spend nothing
    #[arg(long)]
    offline: bool,
    /// Fail when a human is needed before this has passed (24h, 7d)
    #[arg(long, value_name = "DURATION", value_parser = parse_with_unit)]
    min_valid: Option<Duration>,
    /// Try the harmless requests that the provider's entry lists, and show which the token is allowed
    #[arg(long, conflicts_with = "offline")]
    capabilities: bool,
    /// How many to test at once
    #[arg(long, short, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// How long one request may take
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "30s")]
    timeout: Duration,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Junit,
}

pub(super) fn run(args: &TestArgs, context: &Context) -> Result<u8, Failure> {
    let selector = match &args.provider {
        Some(provider) => Some(Selector::parse(provider, args.account.as_deref())?),
        None => None,
    };
    let checking = Checking {
        selector,
        no_refresh: args.no_refresh,
        offline: args.offline,
        min_valid: args.min_valid,
        capabilities: args.capabilities,
        jobs: usize::from(args.jobs),
    };
    let app = context.app_with_limit(args.timeout.max(Duration::from_secs(1)))?;
    let outcomes = app.check(&checking, &mut |done, all| show_progress(done, all, context));
    context.terminal.end_progress();
    let tested: Vec<Tested> = outcomes?.into_iter().map(Tested::from).collect();
    let format = if context.terminal.json { Format::Json } else { args.format };
    match format {
        Format::Json => context.terminal.data_json_array(tested.iter().map(|tested| tested.json(context)))?,
        Format::Junit => context.terminal.data(&junit(&tested))?,
        Format::Table => print_table(&tested, context)?,
    }
    Ok(gravest(&tested.iter().map(Tested::exit).collect::<Vec<_>>()))
}

struct Tested {
    outcome: CheckOutcome,
    failure: Option<Failure>,
}

impl From<CheckOutcome> for Tested {
    fn from(outcome: CheckOutcome) -> Self {
        Self { failure: outcome.error.as_ref().map(Failure::from_error), outcome }
    }
}

impl Tested {
    /// That of its failure, and of what could not be tried with it.
    fn exit(&self) -> u8 {
        let own = self.failure.iter().map(|failure| failure.exit);
        let tried = self.outcome.capabilities.iter().flat_map(|tried| capabilities::exits(tried));
        gravest(&own.chain(tried).collect::<Vec<_>>())
    }

    fn json(&self, context: &Context) -> Value {
        let own = &self.outcome.credential;
        let checks = self.outcome.checks.iter();
        let checks =
            checks.map(|check| json!({"name": check.name, "result": word(check.result), "detail": check.detail}));
        let mut object = json!({
            "credential": credential::json(own, context.now()),
            "ok": self.failure.is_none(),
            "checks": checks.collect::<Vec<_>>(),
            "error": self.failure.as_ref().map(|failure| failure.json()["error"].clone()),
        });
        if let Some(tried) = &self.outcome.capabilities {
            (object["scopes"], object["capabilities"]) = capabilities::json(own, tried);
        }
        object
    }

    /// What to say of it in a line.
    fn words(&self) -> String {
        match (&self.failure, self.outcome.checks.last()) {
            (Some(failure), _) => failure.summary(),
            (None, Some(check)) => shown(&check.detail),
            (None, None) => String::new(),
        }
    }
}

fn word(result: CheckResult) -> &'static str {
    match result {
        CheckResult::Passed => "passed",
        CheckResult::Failed => "failed",
        CheckResult::Skipped => "skipped",
    }
}

fn show_progress(done: usize, all: usize, context: &Context) {
    if all < MANY {
        return;
    }
    let filled = done * 24 / all;
    context.terminal.progress(&format!("[{}{}] {done} of {all} tested", "#".repeat(filled), "-".repeat(24 - filled)));
}

fn print_table(tested: &[Tested], context: &Context) -> Result<(), Failure> {
    let terminal = &context.terminal;
    let rows = tested.iter().map(|tested| {
        let mark = match (&tested.failure, tested.outcome.checks.last()) {
            (Some(_), _) => "FAILED",
            (None, Some(check)) if check.result == CheckResult::Skipped => "not asked",
            _ => "ok",
        };
        vec![mark.to_owned(), shown(&tested.outcome.credential.label()), tested.words()]
    });
    let tone = |mark: &str| match mark {
        "ok" => Tone::Good,
        "FAILED" => Tone::Bad,
        _ => Tone::Warning,
    };
    let mut text = String::new();
    for line in table::marked(rows, terminal.width(), |mark| terminal.tint_out(mark, tone(mark))) {
        let _ = writeln!(text, "{line}");
    }
    if tested.iter().any(|tested| tested.outcome.capabilities.is_some()) {
        text.push('\n');
    }
    terminal.data(&text)?;
    let hints = capabilities::print(tested.iter().map(|tested| &tested.outcome), context)?;
    if terminal.verbose {
        tell_checks(tested, terminal);
    }
    let failed: Vec<_> = tested.iter().filter_map(|tested| tested.failure.as_ref()).collect();
    terminal.say(&format!("{} of {} usable", tested.len() - failed.len(), tested.len()));
    terminal.hint(failed.iter().flat_map(|failure| &failure.hints).chain(&hints));
    Ok(())
}

fn tell_checks(tested: &[Tested], terminal: &Terminal) {
    for outcome in tested.iter().map(|tested| &tested.outcome) {
        for check in &outcome.checks {
            let (name, detail) = (shown(&outcome.credential.label()), shown(&check.detail));
            terminal.say(&format!("  {name}: {} {}: {detail}", check.name, word(check.result)));
        }
    }
}

/// The XML that CI systems read as a test report.
fn junit(tested: &[Tested]) -> String {
    let failures = tested.iter().filter(|tested| tested.failure.is_some()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites tests=\"{0}\" failures=\"{failures}\">", tested.len());
    let _ = writeln!(xml, "  <testsuite name=\"oauth\" tests=\"{0}\" failures=\"{failures}\">", tested.len());
    for tested in tested {
        let own = &tested.outcome.credential;
        let _ =
            write!(xml, "    <testcase classname=\"{}\" name=\"{}\"", escaped(&own.provider), escaped(&own.account));
        match &tested.failure {
            None => xml.push_str("/>\n"),
            Some(failure) => {
                let (kind, words) = (failure.code, escaped(&failure.summary()));
                let _ = write!(xml, ">\n      <failure type=\"{kind}\" message=\"{words}\">");
                let _ = writeln!(xml, "{}</failure>\n    </testcase>", escaped(&failure.hints.join("\n")));
            }
        }
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// XML takes no control characters, however they are written.
fn escaped(text: &str) -> String {
    let taken = |c: char| c == '\n' || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    markup(text).chars().map(|c| if taken(c) { c } else { '\u{fffd}' }).collect()
}

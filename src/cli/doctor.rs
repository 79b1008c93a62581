use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{
    AUTHORITIES, Failure, SET_CLOCK, gravest, init_command, init_labelled_in, next_step, oauth, oauth_in, room_command,
    shown_long, word,
};
use super::table;
use super::terminal::Tone;
use crate::app::{Finding, Looking, Mend, Outcome};
use crate::model::credential::may_be_taken_over;
use crate::model::text::{counted, shown};

/// Find what is wrong, and say what mends it
///
/// Looks at config.toml, files and their permissions, the store, the keyring and the master key, every sealed value,
/// interrupted refreshes, copies, leftovers, providers and clients, and at what is around: the disk, proxies, certificates,
/// the browser, the fixed port. Sends nothing without --online, and changes nothing without --fix.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  oauth doctor
  oauth doctor --fix
  oauth doctor --online                compare the clock with a server's
  oauth doctor --json | jq '.[] | select(.result == \"wrong\")'")]
pub(super) struct DoctorArgs {
    /// Mend what can be mended without loss: permissions, leftovers, interrupted refreshes whose answer is here
    #[arg(long)]
    fix: bool,
    /// Ask the server of a connected provider for its time, and whether the proxy answers; nothing of a credential is sent
    #[arg(long)]
    online: bool,
    /// This copy of the store is the only one in use from now on: its refresh tokens are sent again
    ///
    /// Refresh tokens of a copied or restored store are held back, because most providers end the whole login when one
    /// is used from two places. Say this after a move to another machine, when the other copy is gone.
    #[arg(long, conflicts_with_all = ["fix", "online"])]
    take_over: bool,
}

pub(super) fn run(args: &DoctorArgs, context: &Context) -> Result<u8, Failure> {
    if args.take_over {
        return take_over(context);
    }
    // What is wrong with config.toml hides nothing else.
    let config = context
        .pass_over_config()
        .map_or_else(|| Told::good("config", "nothing wrong in it"), |failure| Told::wrong("config", failure));
    let looking = Looking { fix: args.fix, online: args.online, display: context.environment.has_display() };
    let app = context.app()?;
    let found = app.doctor(looking).into_iter().map(|finding| Told::of(finding, &app.tenant, context));
    let told: Vec<_> = std::iter::once(config).chain(found).collect();
    if context.terminal.json {
        context.terminal.data_json_array(told.iter().map(Told::json))?;
    } else {
        print(&told, context)?;
    }
    Ok(gravest(&told.iter().map(|told| told.exit).collect::<Vec<_>>()))
}

fn take_over(context: &Context) -> Result<u8, Failure> {
    let app = context.app()?;
    let freed = app.take_over()?;
    if context.terminal.json {
        let labels: Vec<_> =
            freed.iter().map(|own| json!({"provider": own.provider, "account": own.account})).collect();
        context.terminal.data_json(&json!({"taken_over": labels}))?;
    }
    for own in &freed {
        let label = shown(&own.label_from(&app.tenant));
        match &own.stale {
            Some(reason) if !may_be_taken_over(reason) => {
                context.terminal.warn(&format!(
                    "{label} is refreshed from here again, with a refresh token that was spent since: a provider that \
                     replaces refresh tokens refuses it"
                ));
                context.terminal.hint(&[init_command(own)]);
            }
            _ => context.terminal.say(&format!("{label} is refreshed from here again")),
        }
    }
    let count = freed.len();
    context.terminal.say(&format!(
        "this copy of the store is the one in use now; held back until now: {}",
        counted(count, "credential")
    ));
    Ok(0)
}

/// A finding in words.
struct Told {
    check: &'static str,
    result: &'static str,
    tone: Tone,
    words: String,
    hints: Vec<String>,
    error: Option<Value>,
    exit: u8,
}

impl Told {
    fn good(check: &'static str, words: &str) -> Self {
        let (hints, words) = (vec![], words.to_owned());
        Self { check, result: "ok", tone: Tone::Good, words, hints, error: None, exit: 0 }
    }

    fn wrong(check: &'static str, failure: Failure) -> Self {
        let error = Some(failure.json()["error"].clone());
        let (words, exit) = (failure.summary(), failure.exit);
        Self { check, result: "wrong", tone: Tone::Bad, words, hints: failure.hints, error, exit }
    }

    fn of(finding: Finding, tenant: &str, context: &Context) -> Self {
        let check = finding.check;
        let told = |result, tone, words: String, hint: Option<String>| Self {
            check,
            result,
            tone,
            words,
            hints: hint.into_iter().collect(),
            error: None,
            exit: 0,
        };
        match finding.outcome {
            Outcome::Fine(words) => told("ok", Tone::Good, words, None),
            Outcome::Mended(words) => told("mended", Tone::Good, shown(&words), None),
            Outcome::Notice(words, mend) => told("notice", Tone::Warning, shown(&words), Some(command(&mend))),
            Outcome::NeedsPerson(own, why) => {
                let mut words =
                    format!("{}: {}", own.label_from(tenant), own.reason(context.now()).unwrap_or_default());
                words.extend(why.iter().map(|why| format!("; likely {}", why.cause)));
                let mut told = told("notice", Tone::Warning, shown_long(&words), Some(init_command(&own)));
                told.hints.extend(why.and_then(|why| why.next).map(|next| next_step(&own.tenant, &next)));
                told
            }
            Outcome::Wrong(error) => Self::wrong(check, Failure::from(error)),
        }
    }

    fn json(&self) -> Value {
        let hint = (!self.hints.is_empty()).then(|| self.hints.join("\n"));
        json!({"check": self.check, "result": self.result, "detail": self.words, "hint": hint, "error": self.error})
    }
}

fn command(mend: &Mend) -> String {
    match mend {
        Mend::Fix => "oauth doctor --fix".into(),
        Mend::Login { tenant, label } => init_labelled_in(tenant, label),
        Mend::TakeOver => {
            format!("{}; or, where no other copy is in use: oauth doctor --take-over", oauth("init PROVIDER ACCOUNT"))
        }
        Mend::NextUse => "nothing to do: the next `oauth token` takes it up".into(),
        Mend::Backup => format!("{}, for a backup; or connect anew: {}", oauth("import FILE"), oauth("init PROVIDER")),
        Mend::Proxy(name) => format!("export {name}=http://HOST:PORT; or: unset {name}"),
        Mend::Certificates(name) => format!("unset {name}; or let it name certificates (PEM)"),
        Mend::Authorities => AUTHORITIES.into(),
        Mend::Browser => format!("unset BROWSER; or: {}", oauth("init PROVIDER --no-browser")),
        Mend::Clock => SET_CLOCK.into(),
        Mend::Port(port) => format!("end the program that listens there; see which one: ss -ltnp 'sport = :{port}'"),
        Mend::Rename(path) => {
            let named = |path: &Path| word(&path.display().to_string());
            format!("give it a name of its own: mv {} {}", named(path), named(&path.with_file_name("NAME.toml")))
        }
        Mend::Writable(path) => format!(
            "chmod u+w {}; or, where the whole file system is read-only, have it mounted writable",
            word(&path.display().to_string())
        ),
        Mend::Room(path) => room_command(path),
        Mend::Secret { tenant, provider, client } => oauth_in(
            tenant,
            format_args!("client set {} --client-id {} --client-secret-stdin", word(provider), word(client)),
        ),
    }
}

fn print(told: &[Told], context: &Context) -> Result<(), Failure> {
    let rows = told.iter().map(|told| vec![told.result.to_owned(), told.check.to_owned(), told.words.clone()]);
    let mut text = String::new();
    let tone = |mark: &str| told.iter().find(|told| told.result == mark).map_or(Tone::Good, |told| told.tone);
    let terminal = &context.terminal;
    for line in table::marked(rows, terminal.width(), |mark| terminal.tint_out(mark, tone(mark))) {
        let _ = writeln!(text, "{line}");
    }
    context.terminal.data(&text)?;
    terminal.hint(told.iter().flat_map(|told| &told.hints));
    Ok(())
}

//! What a token may do, as `test --capabilities` shows it.

use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Failure, init_command, word};
use super::table;
use super::terminal::{Terminal, Tone};
use crate::app::{CheckOutcome, Permission, Tried};
use crate::model::text::shown;
use crate::model::{Credential, Scopes};

/// The exit codes of what could not be tried.
pub(super) fn exits(tried: &[Tried]) -> impl Iterator<Item = u8> {
    tried.iter().filter_map(|tried| tried.answer.as_ref().err()).map(|error| Failure::from_error(error).exit)
}

/// The members of a credential's JSON object.
pub(super) fn json(own: &Credential, tried: &[Tried]) -> (Value, Value) {
    let scopes = json!({"granted": own.scopes, "asked": own.requested});
    (scopes, tried.iter().map(object).collect())
}

fn object(tried: &Tried) -> Value {
    let (result, scopes, code) = match &tried.answer {
        Ok((_, Permission::Allowed)) => ("allowed", None, None),
        Ok((_, Permission::MissingScope(scopes))) => ("missing_scope", Some(scopes), None),
        Ok((_, Permission::Forbidden(code))) => ("forbidden", None, code.as_ref().map(|said| &said.code)),
        Ok((_, Permission::Unauthorized)) => ("unauthorized", None, None),
        Ok((_, Permission::NotFound)) => ("not_found", None, None),
        Ok((_, Permission::Unclear)) => ("unclear", None, None),
        Err(_) => ("failed", None, None),
    };
    json!({
        "name": tried.capability.name,
        "method": tried.capability.method,
        "target": tried.capability.target,
        "status": tried.answer.as_ref().ok().map(|(status, _)| status),
        "result": result,
        "missing_scopes": scopes,
        "code": code,
        "error": tried.answer.as_ref().err().map(|error| Failure::from_error(error).json()["error"].clone()),
    })
}

/// One paragraph a credential: its scopes, and what each request was answered. Gives the commands that get what is missing.
pub(super) fn print<'a>(
    outcomes: impl Iterator<Item = &'a CheckOutcome>,
    context: &Context,
) -> Result<Vec<String>, Failure> {
    let (terminal, mut hints) = (&context.terminal, vec![]);
    for outcome in outcomes {
        let Some(tried) = &outcome.capabilities else { continue };
        let own = &outcome.credential;
        terminal.data(&paragraph(own, tried, terminal))?;
        hints.extend(hint(own, tried));
    }
    Ok(hints)
}

fn paragraph(own: &Credential, tried: &[Tried], terminal: &Terminal) -> String {
    let width = terminal.width().map(|width| width.saturating_sub(2));
    let scopes = |scopes: &Scopes| if scopes.is_empty() { "not told".into() } else { shown(&scopes.to_string()) };
    let mut facts = vec![vec!["granted".to_owned(), scopes(&own.scopes)]];
    if own.requested != own.scopes {
        facts.push(vec!["asked for".into(), scopes(&own.requested)]);
    }
    let mut text = format!("{}\n", terminal.tint_out(&shown(&own.label()), Tone::Strong));
    for line in table::lines(None, facts, width) {
        text.push_str(&format!("  {line}\n"));
    }
    if tried.is_empty() {
        return text + "  the entry of its provider lists nothing to try\n";
    }
    let rows = tried.iter().map(|tried| {
        let (mark, words) = words(tried);
        vec![mark.to_owned(), shown(&tried.capability.name), words]
    });
    let tone = |mark: &str| match mark {
        "yes" => Tone::Good,
        "no" => Tone::Bad,
        _ => Tone::Warning,
    };
    text.push('\n');
    for line in table::marked(rows, width, |mark| terminal.tint_out(mark, tone(mark))) {
        text.push_str(&format!("  {line}\n"));
    }
    // What is said next stands apart.
    if width.is_some() { text + "\n" } else { text }
}

fn words(tried: &Tried) -> (&'static str, String) {
    let (status, permission) = match &tried.answer {
        Ok(answer) => answer,
        Err(error) => return ("?", Failure::from_error(error).summary()),
    };
    let (mark, words) = match permission {
        Permission::Allowed => ("yes", String::new()),
        Permission::MissingScope(scopes) if scopes.is_empty() => ("no", "a scope is missing".into()),
        Permission::MissingScope(scopes) => ("no", format!("wants {}", shown(&scopes.to_string()))),
        Permission::Forbidden(None) => ("no", "not for want of a scope".into()),
        Permission::Forbidden(Some(said)) => ("no", said.to_string()),
        Permission::Unauthorized => ("no", "the token is not taken here".into()),
        Permission::NotFound => ("?", "not there, or hidden from this token".into()),
        Permission::Unclear => ("?", "this says nothing of the token".into()),
    };
    let blank = if words.is_empty() { "" } else { "  " };
    (mark, format!("{status}{blank}{words}"))
}

/// The command that gets what is missing. A server that names several scopes may want all of them or any: that is left to
/// the person.
fn hint(own: &Credential, tried: &[Tried]) -> Option<String> {
    let missing = tried.iter().filter_map(|tried| match &tried.answer {
        Ok((_, Permission::MissingScope(scopes))) if !scopes.is_empty() => Some(scopes),
        _ => None,
    });
    let (one, several): (Vec<_>, Vec<_>) = missing.partition(|scopes| scopes.iter().count() == 1);
    let wanted: Scopes = one.iter().flat_map(|scopes| scopes.iter()).collect();
    let list = if wanted.is_empty() { "SCOPE".into() } else { word(&wanted.iter().collect::<Vec<_>>().join(",")) };
    (!wanted.is_empty() || !several.is_empty()).then(|| format!("{} --add-scope {list}", init_command(own)))
}

//! One provider, whole: what is known of it, and what it demands.

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::terminal::Tone;
use super::describe;
use crate::app::{PortRule, Provider, RedirectRule};
use crate::model::text::shown;
use crate::model::{Encoding, Pkce, Scopes};

pub(super) fn run(provider: &Provider, context: &Context) -> Result<u8, Failure> {
    if context.terminal.json {
        return context.terminal.data_json(&describe(provider)).map(|()| 0);
    }
    let entry = &provider.entry;
    let terminal = &context.terminal;
    let mut text = format!("{} ({})\n", terminal.tint_out(&shown(&entry.name), Tone::Strong), provider.id);
    for (name, value) in facts(provider) {
        text.push_str(&format!("{}\n", terminal.fitted(&format!("  {name:<15}{value}"), 17)));
    }
    for (name, variable) in &entry.variables {
        let value = match (&variable.default, &variable.example) {
            (Some(default), _) => format!(" [default: {}]", shown(default)),
            (None, Some(example)) => format!(" [needed, such as {}]", shown(example)),
            (None, None) => " [needed]".into(),
        };
        let line = format!("  --set {name}=…  {}{value}", shown(&variable.about));
        text.push_str(&format!("{}\n", terminal.fitted(&line, 4)));
    }
    if let Some(confidence) = entry.confidence.as_ref().filter(|sure| *sure != "high") {
        text.push_str(&format!(
            "  {} its facts are of {} confidence, and were not all checked again\n",
            terminal.tint_out("note:", Tone::Warning),
            shown(confidence)
        ));
    }
    let mut steps = entry.setup.iter().enumerate().map(|(at, step)| format!("{}. {}", at + 1, shown(step)));
    let mut section = |title: &str, margin: usize, lines: &mut dyn Iterator<Item = String>| {
        let lines: Vec<_> = lines.map(|line| terminal.fitted(&format!("  {line}"), margin) + "\n").collect();
        let title = if title.is_empty() { String::new() } else { format!("\n{title}\n") };
        if !lines.is_empty() {
            text.push_str(&(title + &lines.concat()));
        }
    };
    section("How to register a client", 5, &mut steps);
    section("", 4, &mut entry.console_url.iter().map(|url| shown(url)));
    let unusual = entry.notes.iter().chain(&entry.advice).map(|note| shown(note)).chain(quirks(provider));
    section("What is unusual", 4, &mut unusual.map(|note| format!("- {note}")));
    let short = |scope: &String| scope.strip_prefix(entry.scope_prefix.as_deref().unwrap_or("\0")).map(str::to_owned);
    let scopes: Vec<_> = entry
        .scopes
        .iter()
        .map(|(scope, words)| (shown(&short(scope).unwrap_or(scope.clone())), shown(words)))
        .collect();
    let widest = scopes.iter().map(|(scope, _)| scope.len()).max().unwrap_or(0).min(60);
    let mut scopes = scopes.iter().map(|(scope, words)| format!("{scope:<widest$}  {words}"));
    section("Scopes", widest + 4, &mut scopes);
    let widest = entry.capabilities.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut tried = entry.capabilities.iter().map(|(name, line)| format!("{:<widest$}  {}", shown(name), shown(line)));
    section("What `oauth test --capabilities` tries", widest + 4, &mut tried);
    section("Sources", 4, &mut entry.sources.iter().map(|source| shown(source)));
    terminal.data(&text)?;
    Ok(0)
}

fn facts(provider: &Provider) -> Vec<(&'static str, String)> {
    let entry = &provider.entry;
    let scopes = entry.identity_scopes.iter().chain(&entry.offline_scopes).collect::<Scopes>();
    let or_none = |text: Option<&str>| text.filter(|text| !text.is_empty()).map_or_else(|| "-".into(), shown);
    let found = |url: &str| if url.is_empty() { "from the issuer's metadata".into() } else { shown(url) };
    let client = if let Some(id) = &entry.open_client_id {
        format!("none has to be registered: {} is taken from anybody", shown(id))
    } else if entry.public_client {
        "id alone, or with a secret".into()
    } else {
        "id and secret".into()
    };
    let mut facts = vec![
        ("issuer", or_none(entry.issuer.as_deref())),
        ("authorization", found(&entry.authorization_endpoint)),
        ("token", found(&entry.token_endpoint)),
    ];
    facts.extend(entry.refresh_endpoint.as_ref().map(|url| ("refresh", shown(url))));
    facts.extend([
        ("device", or_none(entry.device_authorization_endpoint.as_deref())),
        ("userinfo", or_none(entry.userinfo_endpoint.as_deref())),
        ("introspection", or_none(entry.introspection_endpoint.as_deref())),
        ("revocation", or_none(entry.revocation_endpoint.as_deref())),
        ("client", client),
        ("redirect URI", redirect(provider)),
        ("always asked", or_none(Some(&scopes.to_string()))),
    ]);
    facts.extend(entry.refresh_policy.map(|policy| ("refresh token", policy.words().into())));
    facts
}

/// What can be registered as redirect URI, and how a login goes where nothing can be listened on.
pub(super) fn redirect(provider: &Provider) -> String {
    let (entry, rule) = (&provider.entry, &provider.entry.redirect);
    let paste = rule.paste.is_some();
    match rule.rule {
        RedirectRule::Loopback => {
            let note = if rule.register { "  (any port)" } else { "  (any port; not to be registered)" };
            let (port, note) = if rule.port == PortRule::Exact { (":17171", "") } else { ("", note) };
            format!("http://{}{port}{}{note}", rule.host, rule.path)
        }
        _ if entry.device_authorization_endpoint.is_some() => "none needed: the device flow is used".into(),
        _ if paste => format!("{}  (a page that shows a code)", shown(rule.paste.as_deref().unwrap_or_default())),
        RedirectRule::Https => "an https address of your own, with --redirect-uri".into(),
        RedirectRule::None => "none".into(),
    }
}

/// The mechanisms in use, in words.
fn quirks(provider: &Provider) -> Vec<String> {
    let (entry, quirks) = (&provider.entry, &provider.entry.quirks);
    let with = |place: &Option<String>, words: &str| place.as_ref().map(|value| format!("{words} {}", shown(value)));
    let when = |holds: bool, words: &str| holds.then(|| words.to_owned());
    [
        with(&quirks.token_header, "a token is carried as"),
        when(!quirks.headers.is_empty(), "every request carries headers of its own"),
        with(&quirks.answer_at, "the token stands inside the answer, at"),
        with(&quirks.scope_separator, "scopes are separated by"),
        with(&quirks.scope_parameter, "scopes are asked for as"),
        with(&quirks.client_id_parameter, "the client id is sent as"),
        when(quirks.request_encoding == Encoding::Json, "requests to the token endpoint are JSON"),
        when(entry.pkce == Pkce::Plain, "only the plain code challenge is taken"),
        when(!entry.early_refresh, "a token is refreshed when it has ended, not before"),
        with(&entry.resources_endpoint, "after a login it is asked what the token reaches:"),
        when(!entry.metadata.is_empty(), &format!("kept in metadata: {}", names(entry.metadata.keys()))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(|name| shown(name)).collect::<Vec<_>>().join(", ")
}

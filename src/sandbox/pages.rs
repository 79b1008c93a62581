//! The HTML a person sees: one shell, four contents, no script.

use super::form::Form;
use crate::model::Scopes;
use crate::model::text::markup;

const SHELL: &str = include_str!("page.html");
const ACCOUNTS: [&str; 2] = ["alice@example.test", "bob@example.test"];

/// `title` must be text of our own; `content` is HTML and goes in last, so that nothing in it is replaced.
fn page(title: &str, content: &str) -> String {
    SHELL.replace("{{title}}", title).replace("{{content}}", content)
}

pub(super) fn message(title: &str, text: &str) -> String {
    page(title, &format!("<p>{}</p>", markup(text)))
}

/// The sign-in page. Its form carries the request's parameters along.
pub(super) fn sign_in(request: &Form, client: &str, scope: &Scopes) -> String {
    let hidden = |(name, value)| format!(r#"<input type="hidden" name="{}" value="{}">"#, markup(name), markup(value));
    let carried = request.iter().filter(|(name, _)| !["account", "other", "decision"].contains(name));
    let scopes: Vec<_> = scope.iter().map(|token| format!("<li>{}</li>", markup(token))).collect();
    let content = format!(
        r#"<p><b>{}</b> asks for access to your account{}</p><ul>{}</ul>
<form method="post" action="/authorize/decision">{}{}</form>"#,
        markup(client),
        if scope.is_empty() { "." } else { ":" },
        scopes.concat(),
        carried.map(hidden).collect::<String>(),
        choice(request.get("login_hint").unwrap_or(ACCOUNTS[0])),
    );
    page("Sign in", &content)
}

/// The page for a user code (RFC 8628 §3.3).
pub(super) fn device(user_code: &str) -> String {
    let content = format!(
        r#"<p>Type the code that your device shows. Go on only if you started this yourself.</p>
<form method="post" action="/device/decision">
<input name="user_code" value="{}" placeholder="XXXX-XXXX" autocomplete="off" required>{}</form>"#,
        markup(user_code),
        choice(ACCOUNTS[0]),
    );
    page("Connect a device", &content)
}

/// The accounts to choose from, with `picked` preselected, and the two buttons.
fn choice(picked: &str) -> String {
    let known = ACCOUNTS.contains(&picked);
    let checked = |yes: bool| if yes { " checked" } else { "" };
    let radio = |name: &&str| {
        let mark = checked(*name == picked);
        format!(r#"<label><input type="radio" name="account" value="{name}"{mark}> {name}</label>"#)
    };
    format!(
        r#"<fieldset><legend>Account</legend>{}
<label><input type="radio" name="account" value=""{}> <input name="other" value="{}" placeholder="another account"></label></fieldset>
<p class="buttons"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny" class="quiet">Refuse</button></p>"#,
        ACCOUNTS.iter().map(radio).collect::<String>(),
        checked(!known),
        if known { String::new() } else { markup(picked) },
    )
}

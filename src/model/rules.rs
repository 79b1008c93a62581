//! What names and texts of others must be like before they reach a shell, a header line or a request. Entries of
//! providers are held to it, and so are the records that a backup brings along.

use std::collections::BTreeMap;

use super::{endpoint, text};

/// What holds a text, by its key, and what is wrong with it.
pub(crate) type Mistake = (String, String);

/// The longest name of a tenant, in bytes.
const LONGEST_TENANT: usize = 128;
/// More seconds than this no server takes a refresh token that it has replaced: a year.
const LONGEST_GRACE: u64 = 366 * 86_400;
/// Headers that belong to the connection, or carry a secret of ours.
const OWN_HEADERS: [&str; 8] =
    ["authorization", "connection", "content-length", "content-type", "cookie", "host", "transfer-encoding", "upgrade"];
/// Parameters of a token request that no entry can set.
const PROTOCOL_PARAMETERS: [&str; 11] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "nonce",
    "redirect_uri",
    "refresh_token",
    "response_type",
    "state",
];
/// Variables whose values are secrets of this program's, by the start of their names.
pub(crate) const OWN_SECRETS: [&str; 3] = ["OAUTH_MASTER_KEY", "OAUTH_CLIENT_SECRET_", "OAUTH_TOKEN_"];
/// Variables whose value a shell, a loader or an everyday tool acts on, and which are not called a token.
const ACTED_ON: [&str; 24] = [
    "BROWSER",
    "CDPATH",
    "EDITOR",
    "ENV",
    "FPATH",
    "HOME",
    "IFS",
    "LESSCLOSE",
    "LESSOPEN",
    "MANPAGER",
    "OAUTH_MASTER_KEY",
    "PAGER",
    "PATH",
    "PERL5LIB",
    "PERL5OPT",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "RUBYOPT",
    "SHELL",
    "TMPDIR",
    "VISUAL",
];
/// How the names of such variables begin, or end.
const ACTED_ON_FIRST: [&str; 6] = ["LD_", "DYLD_", "BASH_", "GIT_CONFIG_", "GIT_SSH", "PYTHON"];
const ACTED_ON_LAST: [&str; 8] = ["PATH", "_ASKPASS", "_COMMAND", "_EDITOR", "_OPTIONS", "_OPTS", "_PAGER", "_PROXY"];

/// The name of a provider: lower case, `[a-z0-9][a-z0-9._-]*`, and the name of a file everywhere.
pub(crate) fn is_provider(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let rest = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    let reserved = ["con", "prn", "aux", "nul"].contains(&name.split('.').next().unwrap_or_default());
    first && rest && name.len() <= 64 && !reserved && !name.ends_with('.')
}

/// What a credential is of: an entry, or an address that can be read in one way only.
pub(crate) fn is_provider_or_address(word: &str) -> bool {
    let plain = text::is_plain(word) && !word.contains(char::is_whitespace);
    is_provider(word) || word.contains("://") && plain && endpoint::check_written(word).is_ok()
}

/// The name of an account, a tenant or a registration: any printable text of one line.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.trim() == name && text::shown(name) == name
}

/// A tenant stands after an option on command lines, and is never taken for one.
pub(crate) fn is_tenant(name: &str) -> bool {
    is_name(name) && !name.starts_with('-') && name.len() <= LONGEST_TENANT
}

/// A token is one word of visible ASCII: it goes into headers, variables and lines of other tools' files (RFC 6750 §2.1
/// takes less).
pub(crate) fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The secret of a client: a word, or the lines of a key.
pub(crate) fn is_client_secret(secret: &str) -> bool {
    !secret.is_empty() && is_lines(secret)
}

/// Text that may have several lines, and has nothing else that a terminal would act on as a control.
fn is_lines(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// A variable that a token may be put into: a name of capitals, on which no loader, shell or everyday tool acts.
pub(crate) fn is_variable(name: &str) -> bool {
    let fits = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    fits && !is_acted_on(name) && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
}

/// A variable that a loader, a shell, an everyday tool or this program acts on. Some tell what they hold when it is not what
/// they want.
pub(crate) fn is_acted_on(name: &str) -> bool {
    ACTED_ON.contains(&name)
        || ACTED_ON_FIRST.iter().any(|start| name.starts_with(start))
        || ACTED_ON_LAST.iter().any(|end| name.ends_with(end))
}

/// A host, with a port or not, or `*.` and at least two labels. `completed`: no part of it is still to be filled in.
pub(crate) fn is_host(pattern: &str, completed: bool) -> bool {
    let name = pattern.strip_prefix("*.").unwrap_or(pattern);
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b);
    let wide = completed && pattern.starts_with("*.") && !name.contains('.');
    !name.is_empty() && name.bytes().all(fits) && !wide
}

/// A pointer (RFC 6901) that cannot lead to a secret.
pub(crate) fn is_pointer(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    text.starts_with('/') && !["token", "secret", "password"].iter().any(|word| last.contains(word))
}

/// The name of a variable of an entry, or of a fact that is kept.
pub(crate) fn is_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A header that may be set beside ours.
pub(super) fn is_header(name: &str, value: &str) -> bool {
    is_header_name(name) && value.is_ascii() && !OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str())
}

pub(super) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The hosts of a list that are none. `completed` says of each whether no part of it is still to be filled in.
pub(crate) fn host_mistakes(key: &str, hosts: &[String], form: impl Fn(&str) -> (String, bool)) -> Vec<Mistake> {
    let wrong = hosts.iter().filter(|host| {
        let (plain, completed) = form(host);
        !is_host(&plain, completed)
    });
    wrong.map(|host| (key.to_owned(), format!("`{}` is no host", text::shown(host)))).collect()
}

/// A parameter of token requests that belongs to the protocol.
pub(crate) fn parameter_mistake<'a>(key: &str, mut names: impl Iterator<Item = &'a String>) -> Option<Mistake> {
    let name = names.find(|name| PROTOCOL_PARAMETERS.contains(&name.as_str()))?;
    Some((format!("{key}.{name}"), "it belongs to the protocol".into()))
}

/// A parameter that a person adds to a request. It is sent encoded and shown nowhere, so that its value may be JSON of
/// several lines.
pub(crate) fn added_parameter_mistake(key: &str, parameters: &BTreeMap<String, String>) -> Option<Mistake> {
    let strange = parameters.keys().find(|name| !text::is_plain(name));
    let wrong = parameters.iter().find(|(_, value)| !is_lines(value)).map(|(name, _)| name);
    let mistake = |what: &'static str| move |name: &String| (format!("{key}.{}", text::shown(name)), what.to_owned());
    parameter_mistake(key, parameters.keys())
        .or_else(|| strange.map(mistake("it is no name of a parameter")))
        .or_else(|| wrong.map(mistake("its value holds control characters")))
}

/// How long a server takes a refresh token that it has replaced, in seconds.
pub(crate) fn grace_mistake(grace: Option<u64>) -> Option<Mistake> {
    let long = grace.is_some_and(|grace| grace > LONGEST_GRACE);
    long.then(|| ("refresh_grace".into(), format!("it is longer than a year ({LONGEST_GRACE} seconds)")))
}

/// Where the account's label or identifier stands: a pointer, after `token:` or not.
pub(crate) fn field_mistake(key: &str, pointer: Option<&String>) -> Option<Mistake> {
    let bare = pointer.map(|pointer| pointer.strip_prefix("token:").unwrap_or(pointer));
    let wrong = bare.is_some_and(|pointer| !is_pointer(pointer));
    wrong.then(|| (key.to_owned(), "it is a JSON pointer, which begins with `/`".into()))
}

/// Where a fact stands that is kept.
pub(crate) fn fact_mistake(name: &str, source: &str) -> Option<Mistake> {
    let pointer = ["token:", "userinfo:", "resources:"].iter().find_map(|from| source.strip_prefix(from));
    let what = "it is `token:`, `userinfo:` or `resources:`, and a JSON pointer that leads to no token";
    (!pointer.is_some_and(is_pointer)).then(|| (format!("metadata.{name}"), what.into()))
}

/// What is wrong with the URL of an endpoint.
pub(crate) fn endpoint_mistake(key: &str, url: &str) -> Option<Mistake> {
    endpoint::check_named(key, url).err().map(|refused| (key.to_owned(), refused.to_string()))
}

/// What is wrong with the address of a page that a person is sent to.
pub(crate) fn page_mistake(key: &str, url: Option<&String>) -> Option<Mistake> {
    let wrong = url.is_some_and(|url| !url.starts_with("https://"));
    wrong.then(|| (key.to_owned(), "it is an https address".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_into_no_variable_that_something_acts_on() {
        for name in ["GITHUB_TOKEN", "HEROKU_API_KEY", "OTHER_NAME", "_X", "GIT_TOKEN", "OAUTH_TOKEN", "PAT"] {
            assert!(is_variable(name), "{name}");
        }
        for name in [
            "",
            "x",
            "1X",
            "X Y",
            "X;touch /tmp/x;",
            "X=1",
            "X\n",
            "LD_PRELOAD",
            "LD_TOKEN",
            "DYLD_INSERT_LIBRARIES",
            "PATH",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "IFS",
            "PS4",
            "PROMPT_COMMAND",
            "BASH_ENV",
            "GIT_SSH_COMMAND",
            "GIT_ASKPASS",
            "NODE_OPTIONS",
            "HTTPS_PROXY",
            "OAUTH_MASTER_KEY",
        ] {
            assert!(!is_variable(name), "{name}");
        }
    }

    #[test]
    fn a_provider_has_the_name_of_a_plain_file() {
        for name in ["github", "my-server.v2_x", "1x"] {
            assert!(is_provider(name), "{name}");
        }
        for name in
            ["", "--yes", "../../x", "x;id", "$(id)", "X", "a b", "con", "nul.x", "x.", "x\u{202e}", &"x".repeat(65)]
        {
            assert!(!is_provider(name), "{name}");
        }
    }
}

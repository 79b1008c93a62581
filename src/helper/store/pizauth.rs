//! `pizauth.conf` (pizauth.conf(5)): accounts with their clients. Its tokens live in its process, and not in the file.

use super::{Found, Whose, not_empty, secret};
use crate::model::Scopes;

pub(crate) fn read(text: &str) -> Vec<Found> {
    let text: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let text = text.join("\n");
    let blocks = text.split("account ").skip(1).filter_map(|block| {
        let (head, rest) = block.split_once('{')?;
        let (body, _) = rest.split_once('}')?;
        let token_uri = value(body, "token_uri")?;
        Some(Found {
            account: not_empty(Some(head.trim().trim_matches('"'))),
            client_id: value(body, "client_id"),
            client_secret: secret(value(body, "client_secret").as_deref()),
            scopes: list(body, "scopes"),
            ..Found::of(Whose::TokenEndpoint(token_uri))
        })
    });
    blocks.collect()
}

/// What stands after `key =`, up to the semicolon that ends it.
fn after<'a>(body: &'a str, key: &str) -> Option<&'a str> {
    let statements = body.split(';').filter_map(|statement| statement.trim().split_once('='));
    statements.into_iter().find(|(own, _)| own.trim() == key).map(|(_, value)| value.trim())
}

fn value(body: &str, key: &str) -> Option<String> {
    not_empty(Some(after(body, key)?.trim_matches('"')))
}

fn list(body: &str, key: &str) -> Scopes {
    let inner = after(body, key).unwrap_or_default().trim_matches(['[', ']']);
    inner.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_of_accounts_are_found() {
        let text = "// x\nauth_notify_cmd = \"a\";\naccount \"work\" {\n  auth_uri = \"https://a/auth?x=1\";\n  token_uri = \"https://a/token\";\n  \
                    client_id = \"i\";\n  client_secret = \"s\";\n  scopes = [\n \"one\",\n \"two\"\n ];\n}\naccount \"x\" { client_id = \"i\"; }";
        let found = read(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].whose, Whose::TokenEndpoint("https://a/token".into()));
        assert_eq!((found[0].account.as_deref(), found[0].client_id.as_deref()), (Some("work"), Some("i")));
        assert_eq!(found[0].scopes.to_string(), "one two");
    }
}

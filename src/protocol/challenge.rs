//! What a resource server says of a token it does not take: `WWW-Authenticate` (RFC 9110 §11.6.1) with the parameters of
//! RFC 6750 §3.

use std::collections::BTreeMap;

use crate::http::{HeaderMap, header};
use crate::model::Scopes;

/// The challenge to a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// `invalid_token`, `insufficient_scope`, …
    pub(crate) error: Option<String>,
    /// The scope that is needed.
    pub(crate) scope: Scopes,
}

impl Challenge {
    /// The first challenge for `Bearer` or `DPoP`; where there is none, nothing is known.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let fields = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut challenges = fields.flat_map(challenges);
        let ours = challenges.find(|(scheme, _)| ["bearer", "dpop"].contains(&scheme.to_ascii_lowercase().as_str()));
        let mut parameters = ours.map(|(_, parameters)| parameters).unwrap_or_default();
        let scope = parameters.remove("scope").map(|scope| Scopes::parse(&scope)).unwrap_or_default();
        Self { error: parameters.remove("error"), scope }
    }

    pub(crate) fn is_insufficient_scope(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }
}

/// The schemes of one field, each with its parameters (names in lower case).
pub(super) fn challenges(field: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for item in items(field) {
        let (first, value) = item.split_once('=').unwrap_or((&item, ""));
        // A scheme stands before the first parameter of its challenge, divided from it by a blank.
        let name = match first.trim().rsplit_once(' ') {
            Some((scheme, name)) => {
                found.push((scheme.trim().to_owned(), BTreeMap::new()));
                name
            }
            None if !item.contains('=') => {
                found.push((first.trim().to_owned(), BTreeMap::new()));
                continue;
            }
            None => first.trim(),
        };
        if let Some((_, parameters)) = found.last_mut() {
            parameters.entry(name.to_ascii_lowercase()).or_insert_with(|| unquoted(value.trim()));
        }
    }
    found
}

/// The members of a list, divided by commas that stand in no quotes.
pub(super) fn items(field: &str) -> Vec<String> {
    let (mut items, mut item, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in field.chars() {
        if c == ',' && !quoted {
            items.push(std::mem::take(&mut item));
            continue;
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        item.push(c);
    }
    items.push(item);
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// A token as it stands, or what a quoted string holds (RFC 9110 §5.6.4).
pub(super) fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let (mut text, mut escaped) = (String::new(), false);
    for c in inner.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => break,
            c => {
                escaped = false;
                text.push(c);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(fields: &[&str]) -> Challenge {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::WWW_AUTHENTICATE, field.parse().unwrap());
        }
        Challenge::of(&headers)
    }

    #[test]
    fn the_missing_scope_is_found_among_other_challenges() {
        let wanted = Challenge { error: Some("insufficient_scope".into()), scope: Scopes::parse("repo gist") };
        for fields in [
            &[r#"Bearer realm="x", error="insufficient_scope", scope="repo gist""#][..],
            &["Basic realm=\"a, b=c\"", r#"bearer error=insufficient_scope,scope="repo gist""#],
            &[
                r#"Negotiate, Basic realm="x, \"Bearer", Bearer  realm="y" , Error="insufficient_scope", scope="repo gist""#,
            ],
            &[r#"DPoP algs="ES256", error="insufficient_scope", scope="repo gist""#],
        ] {
            assert_eq!(challenge(fields), wanted, "{fields:?}");
        }
    }

    #[test]
    fn what_is_no_challenge_says_nothing() {
        for field in ["", "Bearer", "Basic error=\"insufficient_scope\"", ", ,", "=", "\"", "Bearer \"", "a b c d"] {
            assert_eq!(challenge(&[field]), Challenge::default(), "{field:?}");
        }
    }
}

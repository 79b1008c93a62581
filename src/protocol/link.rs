//! The next page of an answer, as `Link` tells it (RFC 8288 §3).

use url::Url;

use super::challenge::{items, unquoted};
use crate::http::{HeaderMap, header};

/// The target of the first link with the relation `next`, resolved against the page it stands on.
pub(crate) fn next_page(page: &Url, headers: &HeaderMap) -> Option<Url> {
    let fields = headers.get_all(header::LINK).iter().filter_map(|value| value.to_str().ok());
    let target = fields.flat_map(links).find(|(_, relation)| is_next(relation))?.0;
    page.join(&target).ok()
}

fn is_next(relation: &str) -> bool {
    relation.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case("next"))
}

/// Each link of a field: its target and its relation. A comma may stand inside the brackets of a target.
fn links(field: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = field;
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) {
        let parameters = items(after).into_iter().next().unwrap_or_default();
        let relation = parameters.split(';').find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("rel").then(|| unquoted(value.trim()))
        });
        found.push((target.to_owned(), relation.unwrap_or_default()));
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(fields: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::LINK, field.parse().unwrap());
        }
        next_page(&"https://api.example/items?page=1".parse().unwrap(), &headers).map(Into::into)
    }

    #[test]
    fn the_next_page_is_found_and_resolved() {
        let two = Some("https://api.example/items?page=2".to_owned());
        let both = r#"<https://api.example/items?page=9>; rel="last", <https://api.example/items?page=2>; rel="next""#;
        assert_eq!(next(&[both]), two);
        assert_eq!(next(&["<?page=2>;title=x; REL=Next"]), two);
        assert_eq!(next(&["<a,b>; rel=prev", "</items?page=2>; rel=\"last next\""]), two);
    }

    #[test]
    fn without_one_there_is_none() {
        for field in ["", "<x", "<x>; rel=prev", "<x>; title=next", "next", "<https://[>; rel=next"] {
            assert_eq!(next(&[field]), None, "{field}");
        }
    }
}

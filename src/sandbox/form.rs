//! `application/x-www-form-urlencoded`: bodies, queries and the two halves of HTTP Basic.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

/// Decoded parameters in the order they came.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The parameter's value. One sent without a value counts as omitted (RFC 6749 §3.1).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(own, _)| own == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Whether `name` came more than once, which RFC 6749 §3.1 forbids.
    pub(super) fn repeats(&self, name: &str) -> bool {
        self.0.iter().filter(|(own, _)| own == name).count() > 1
    }

    pub(super) fn any_repeated(&self) -> bool {
        self.0.iter().any(|(name, _)| self.repeats(name))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// `pairs` as a query or a body.
pub(super) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// User and password of an `Authorization: Basic` value, both form-decoded (RFC 6749 §2.3.1).
pub(super) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, coded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((decode_half(user)?, decode_half(password)?))
}

/// A single encoded value. `&` and `=` never stand in one, so a half that holds them was not encoded.
fn decode_half(half: &str) -> Option<String> {
    if half.contains(['&', '=']) {
        return None;
    }
    Some(form_urlencoded::parse(half.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[test]
    fn both_halves_of_basic_are_form_decoded() {
        let decoded = basic(&header("odd%3Aid+1:p%3a%2B%25%C3%AB"));
        assert_eq!(decoded, Some(("odd:id 1".into(), "p:+%ë".into())));
        assert_eq!(basic(&header("demo:")), Some(("demo".into(), String::new())));
    }

    #[test]
    fn a_basic_header_that_was_not_encoded_is_no_pair() {
        for wrong in ["a:b&c", "a:b=c", "no colon"] {
            assert_eq!(basic(&header(wrong)), None, "{wrong}");
        }
        assert_eq!(basic("Basic %%%"), None);
        assert_eq!(basic("Bearer YTpi"), None);
    }

    #[test]
    fn empty_parameters_count_as_omitted_and_repeats_are_seen() {
        let form = Form::parse("a=1&b=&c=x+y%21&a=2");
        assert_eq!((form.get("a"), form.get("b"), form.get("c")), (Some("1"), None, Some("x y!")));
        assert!(form.repeats("a") && !form.repeats("c") && form.any_repeated());
    }
}

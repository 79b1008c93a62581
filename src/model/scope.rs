//! Access token scope (RFC 6749 §3.3): an unordered set of case-sensitive strings, kept in the order they came.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of scope tokens, without repeats. Thousands of credentials may have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(Arc<[String]>);

impl Scopes {
    /// Scope tokens separated by blanks or commas, as a user types them or a server sends them.
    pub(crate) fn parse(text: &str) -> Self {
        text.split([' ', ',', '\t', '\n', '\r']).filter(|token| !token.is_empty()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, token: &str) -> bool {
        self.0.iter().any(|own| own == token)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Everything in this set or in `other`.
    pub(crate) fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).collect()
    }

    /// What is in this set and in `other`.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let other: HashSet<&str> = other.iter().collect();
        self.iter().filter(|token| other.contains(token)).collect()
    }

    /// What is in this set and not in `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let other: HashSet<&str> = other.iter().collect();
        self.iter().filter(|token| !other.contains(token)).collect()
    }

    /// The first token with a character outside NQCHAR (RFC 6749 Appendix A.4), if there is one.
    pub(crate) fn malformed(&self) -> Option<&str> {
        let fits = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        self.iter().find(|token| token.len() > 1024 || !token.bytes().all(fits))
    }
}

impl<S: AsRef<str>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(tokens: I) -> Self {
        // A server may send a hundred thousand of them.
        let mut seen = HashSet::new();
        Self(
            tokens
                .into_iter()
                .map(|token| token.as_ref().to_owned())
                .filter(|token| seen.insert(token.clone()))
                .collect(),
        )
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<String>::deserialize(deserializer).map(|tokens| tokens.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Scopes;

    #[test]
    fn blanks_and_commas_separate_and_repeats_vanish() {
        assert_eq!(Scopes::parse("repo,  read:user repo\tgist").to_string(), "repo read:user gist");
        assert!(Scopes::parse(" , ").is_empty());
    }

    #[test]
    fn characters_outside_nqchar_are_found() {
        assert_eq!(Scopes::parse("ok sco\"pe").malformed(), Some("sco\"pe"));
        assert_eq!(Scopes::parse("back\\slash").malformed(), Some("back\\slash"));
        assert_eq!(Scopes::parse("zoë").malformed(), Some("zoë"));
        assert_eq!(Scopes::parse("https://www.googleapis.com/auth/drive.file").malformed(), None);
    }

    #[test]
    fn sets_are_joined_and_subtracted() {
        let (a, b) = (Scopes::parse("x y"), Scopes::parse("y z"));
        assert_eq!(a.union(&b).to_string(), "x y z");
        assert_eq!(a.without(&b).to_string(), "x");
        assert_eq!(a.common(&b).to_string(), "y");
    }
}

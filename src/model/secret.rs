//! A secret is a type: it has no `Display`, no `Serialize`, a redacted `Debug`, and its memory is wiped.

use std::fmt;

use zeroize::Zeroizing;

/// A value that must never be shown, logged or passed in an argument list: a token, a client secret, a key.
///
/// [`Secret::expose`] is the only way to the text, so that searching for `expose` finds every place where one leaves.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. The caller answers for where it goes.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_output_does_not_hold_the_secret() {
        assert_eq!(format!("{:?}", Some(Secret::new("canary"))), "Some([secret])");
    }
}

//! What ends a login at a provider, so that a refusal can be explained afterwards.

use serde::{Deserialize, Serialize};

/// The table `[login_ends]` of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginEnds {
    /// So many days after the login, however often it is refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after_days: Option<u32>,
    /// `after_days` holds only in this case, in words that complete "if …".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<String>,
    /// What a person does against `after_days`, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// So many days after the last refresh; without refresh tokens, after the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unused_days: Option<u32>,
    /// So many logins of one account and client live at once: the next one ends the oldest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) logins: Option<u32>,
    /// When the account's password is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) password_change: bool,
    /// `password_change` holds only for a login with a scope that begins like one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) password_change_scopes: Vec<String>,
}

impl LoginEnds {
    pub(crate) fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// What does not fit together: the key, and what is wrong with it.
    pub(super) fn mistakes(&self) -> Vec<(String, String)> {
        let mut found = vec![];
        let numbers = [
            ("after_days", self.after_days, "of days"),
            ("unused_days", self.unused_days, "of days"),
            ("logins", self.logins, "of logins"),
        ];
        for (key, number, what) in numbers {
            if number == Some(0) {
                found.push((format!("login_ends.{key}"), format!("it is a number {what}")));
            }
        }
        for (key, words) in [("when", &self.when), ("next", &self.next)] {
            if words.is_some() && self.after_days.is_none() {
                found.push((format!("login_ends.{key}"), "it speaks of `after_days`, which is missing".into()));
            }
        }
        if !self.password_change_scopes.is_empty() && !self.password_change {
            let what = "it speaks of `password_change`, which is not true";
            found.push(("login_ends.password_change_scopes".into(), what.into()));
        }
        found
    }
}

//! What Google's `gcloud` keeps of a person's login: `application_default_credentials.json`, and a JSON value of the same
//! form for each account in `credentials.db`. Keys of service accounts are no logins.

use serde_json::Value;

use super::{Found, Whose, not_empty, secret};
use crate::model::Scopes;

/// What the defaults are called, of which the file does not say whose they are.
const DEFAULTS: &str = "application-default";

pub(crate) fn of_defaults(text: &str) -> Option<Found> {
    let value: Value = serde_json::from_str(text).ok()?;
    let account = not_empty(value["account"].as_str()).unwrap_or_else(|| DEFAULTS.into());
    Some(Found { account: Some(account), ..login(&value)? })
}

pub(crate) fn of_account(account: &str, text: &str) -> Option<Found> {
    Some(Found { account: Some(account.to_owned()), ..login(&serde_json::from_str(text).ok()?)? })
}

fn login(value: &Value) -> Option<Found> {
    if value["type"].as_str() != Some("authorized_user") {
        return None;
    }
    let scopes = value["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Scopes>();
    Some(Found {
        refresh_token: secret(value["refresh_token"].as_str()),
        client_id: not_empty(value["client_id"].as_str()),
        client_secret: secret(value["client_secret"].as_str()),
        scopes,
        ..Found::of(Whose::Provider("google".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_found_and_a_service_account_is_not() {
        let text = r#"{"client_id":"i","client_secret":"s","refresh_token":"r","type":"authorized_user"}"#;
        let found = of_account("a@example.com", text).unwrap();
        assert_eq!((found.account.as_deref(), found.client_id.as_deref()), (Some("a@example.com"), Some("i")));
        assert_eq!(found.refresh_token.unwrap().expose(), "r");
        assert_eq!(of_defaults(text).unwrap().account.as_deref(), Some(DEFAULTS));
        assert!(of_defaults(r#"{"type":"service_account"}"#).is_none() && of_defaults("x").is_none());
    }
}

//! An account of oidc-agent as `oidc-gen --print` shows it, decrypted: JSON with the client and its refresh token.

use serde_json::Value;

use super::{Found, Whose, not_empty, secret};
use crate::model::Scopes;

pub(crate) fn read(text: &str) -> Option<Found> {
    let value: Value = serde_json::from_str(text).ok()?;
    let issuer = value["issuer_url"].as_str().or_else(|| value["issuer"].as_str())?;
    Some(Found {
        account: not_empty(value["name"].as_str()),
        refresh_token: secret(value["refresh_token"].as_str()),
        client_id: not_empty(value["client_id"].as_str()),
        client_secret: secret(value["client_secret"].as_str()),
        scopes: Scopes::parse(value["scope"].as_str().unwrap_or_default()),
        ..Found::of(Whose::Issuer(issuer.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read() {
        let text = r#"{"name":"egi","issuer_url":"https://a.example/","client_id":"i","client_secret":"s","refresh_token":"r","scope":"openid x"}"#;
        let found = read(text).unwrap();
        assert_eq!((found.whose, found.account.as_deref()), (Whose::Issuer("https://a.example/".into()), Some("egi")));
        assert_eq!(found.scopes.to_string(), "openid x");
        assert!(read("{}").is_none() && read("x").is_none());
    }
}

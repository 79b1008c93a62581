//! What a token opens: userinfo, and a protected resource that tells what it was asked.

use serde_json::{Value, json};

use super::message::{Answer, Request};
use super::mint::fingerprint;
use super::shared::{Shared, now};
use crate::model::Scopes;

/// The claims about an account (OIDC Core §5.1). The subject depends on the name alone.
pub(super) fn claims(account: &str) -> Value {
    let (user, domain) = account.split_once('@').unwrap_or((account, ""));
    let mut name = user.to_owned();
    name.get_mut(..1).map(str::make_ascii_uppercase);
    let mut claims = json!({"sub": fingerprint(account), "name": name, "preferred_username": user});
    if !domain.is_empty() {
        claims["email"] = account.into();
        claims["email_verified"] = true.into();
    }
    claims
}

/// A refusal in the words of RFC 6750 §3, without a body.
fn challenge(status: u16, words: &str) -> Answer {
    Answer::empty(status).with("WWW-Authenticate", format!("Bearer realm=\"sandbox\"{words}"))
}

/// `answer` to a good Bearer token's scope and account, 401 to anything else.
fn guarded(shared: &Shared, request: &Request, answer: impl FnOnce(&Scopes, Option<&str>) -> Answer) -> Answer {
    let Some(token) = request.bearer() else {
        return challenge(401, "");
    };
    let state = shared.state();
    let Some((access, family)) = state.access(token, now()) else {
        return challenge(401, ", error=\"invalid_token\"");
    };
    answer(&access.scope, family.account.as_deref())
}

/// `GET /userinfo` (OIDC Core §5.3).
pub(super) fn userinfo(shared: &Shared, request: &Request) -> Answer {
    guarded(shared, request, |_, account| match account {
        Some(account) => Answer::json(200, &claims(account)),
        None => challenge(403, ", error=\"insufficient_scope\""),
    })
}

/// `/api/echo`: method, path and length of the request. `?need=SCOPE` wants that scope.
pub(super) fn echo(shared: &Shared, request: &Request) -> Answer {
    guarded(shared, request, |scope, account| {
        if let Some(need) = request.query.get("need").filter(|need| !scope.contains(need)) {
            let need = need.replace(['"', '\\'], "");
            return challenge(403, &format!(", error=\"insufficient_scope\", scope=\"{need}\""));
        }
        Answer::json(
            200,
            &json!({
                "method": request.method,
                "path": request.path,
                "content_length": request.body.len(),
                "account": account,
            }),
        )
    })
}

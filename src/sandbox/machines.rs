//! Grants without a person, the token service of a CI job, and the API of an App that is installed for accounts.

use serde_json::{Value, json};

use super::assertion::Claims;
use super::form::Form;
use super::log;
use super::message::{Answer, Refusal, Request, scope};
use super::shared::{Shared, now};
use super::state::{Issued, State};
use crate::model::Scopes;

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub(super) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The Bearer token of the job's token service, as a runner would put it into the environment.
const JOB: &str = "demo-job-token";
/// Accounts that have installed the App, by the number of the installation.
const INSTALLATIONS: [(u64, &str); 2] = [(1, "octo-org"), (2, "hubber")];

fn refused(why: &'static str) -> Refusal {
    Refusal("invalid_grant", why)
}

/// RFC 7523 §2.1: the assertion alone says who asks.
pub(super) fn by_assertion(
    state: &mut State,
    issuer: &str,
    form: &Form,
    now: u64,
) -> Result<(String, Issued), Refusal> {
    let assertion = form.get("assertion").ok_or(Refusal("invalid_request", "the assertion is missing"))?;
    let claims = Claims::read(assertion, &state.knobs.keys).map_err(refused)?;
    claims.judge(&[&format!("{issuer}/token"), issuer], now).map_err(refused)?;
    if !state.first_use(claims.text("jti")) {
        return Err(refused("the assertion was used before"));
    }
    let wanted = match scope(form)? {
        Some(scope) => scope,
        None => Scopes::parse(claims.text("scope")),
    };
    let client = claims.text("iss").to_owned();
    let issued = state.client_tokens(&client, &wanted, now);
    Ok((client, issued))
}

/// RFC 8693 §2.1: a token of a job that we vouch for, or of somebody whose key is known.
pub(super) fn by_exchange(state: &mut State, issuer: &str, form: &Form, now: u64) -> Result<(String, Issued), Refusal> {
    let token = form.get("subject_token").ok_or(Refusal("invalid_request", "subject_token is missing"))?;
    if form.get("subject_token_type") != Some("urn:ietf:params:oauth:token-type:jwt") {
        return Err(Refusal("invalid_request", "only a JWT is exchanged"));
    }
    let claims = match state.mint.verified(token) {
        Some(claims) => Claims(claims),
        None => Claims::read(token, &state.knobs.keys).map_err(refused)?,
    };
    claims.judge(&[issuer], now).map_err(refused)?;
    let wanted = scope(form)?.unwrap_or_default();
    let subject = claims.text("sub").to_owned();
    let issued = state.client_tokens(&subject, &wanted, now);
    Ok((subject, issued))
}

/// `GET /job/token`: what a runner's token service answers (GitHub's documents, "OpenID Connect").
pub(super) fn job_token(shared: &Shared, request: &Request) -> Answer {
    if request.header("Authorization").is_none_or(|value| !value.eq_ignore_ascii_case(&format!("bearer {JOB}"))) {
        return Answer::json(401, &json!({"message": "no such job"}));
    }
    let (state, seconds) = (shared.state(), now() / 1000);
    let audience = request.query.get("audience").unwrap_or("https://github.example/octo-org");
    let claims = json!({
        "iss": format!("{}/job", shared.issuer), "sub": "repo:octo-org/octo-repo:ref:refs/heads/main",
        "aud": audience, "iat": seconds, "exp": seconds + 300,
    });
    Answer::json(200, &json!({"count": 1, "value": state.mint.id_token(&claims, None)}))
}

/// `/app/installations…`, for an App that signs with its key (GitHub's documents, "Authenticating with a GitHub App").
pub(super) fn installations(shared: &Shared, request: &Request) -> Answer {
    let mut state = shared.state();
    let seconds = i64::try_from(now() / 1000).unwrap_or(i64::MAX);
    let claims = request.bearer().ok_or("a JWT is missing").and_then(|jwt| Claims::read(jwt, &state.knobs.keys));
    let app = match claims.and_then(|claims| claims.judge_time(seconds).map(|()| claims)) {
        Ok(claims) => claims.text("iss").to_owned(),
        Err(why) => return Answer::json(401, &json!({"message": why})),
    };
    let mut entry = log::entry(&request.path, &Form::parse(""), now());
    entry["app"] = app.as_str().into();
    state.record(entry);
    let rest = request.path.trim_start_matches("/app/installations").trim_matches('/');
    match (request.method.as_str(), rest.split_once('/')) {
        ("GET", None) if rest.is_empty() => {
            let one = |(id, login): &(u64, &str)| json!({"id": id, "account": {"login": login}});
            Answer::json(200, &Value::Array(INSTALLATIONS.iter().map(one).collect()))
        }
        ("POST", Some((id, "access_tokens"))) if INSTALLATIONS.iter().any(|(own, _)| own.to_string() == id) => {
            let issued = state.client_tokens(&app, &Scopes::default(), now());
            let end = seconds.saturating_add(i64::try_from(state.knobs.access_ttl.unwrap_or(3600)).unwrap_or(3600));
            let end = jiff::Timestamp::from_second(end).map(|end| end.to_string()).unwrap_or_default();
            Answer::json(
                201,
                &json!({"token": issued.access_token, "expires_at": end, "permissions": {"contents": "read"}}),
            )
        }
        _ => Answer::json(404, &json!({"message": "Not Found"})),
    }
}

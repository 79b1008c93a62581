//! `/sandbox/…`: how a test watches the server and makes it misbehave. Closed unless it was started with control on.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::authorize::{decide, decide_device};
use super::form::Form;
use super::knobs::Knobs;
use super::message::{Answer, Request};
use super::shared::Shared;
use super::state::State;

pub(super) fn route(shared: &Shared, request: &Request) -> Answer {
    if !shared.settings.control {
        return Answer::json(403, &json!({"error": "the server was started without control"}));
    }
    let mut state = shared.state();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/sandbox/counters") => Answer::json(200, &json!(state.counters)),
        ("GET", "/sandbox/log") => Answer::json(200, &json!(state.log)),
        ("GET", "/sandbox/behaviour") => Answer::json(200, &json!(state.knobs)),
        ("POST", "/sandbox/behaviour") => match state.knobs.turn(&request.body) {
            Ok(()) => Answer::json(200, &json!(state.knobs)),
            Err(error) => Answer::json(400, &json!({"error": error.to_string()})),
        },
        ("POST", "/sandbox/expire") => {
            state.expire_access();
            done()
        }
        ("POST", "/sandbox/revoke-all") => {
            state.revoke_all();
            done()
        }
        ("POST", "/sandbox/reset") => {
            let mint = state.mint.clone();
            *state = State::new(Knobs::new(&shared.settings), mint);
            done()
        }
        ("POST", "/sandbox/login") => {
            drop(state);
            login(shared, &request.body)
        }
        _ => Answer::json(404, &json!({"error": "no such control"})),
    }
}

fn done() -> Answer {
    Answer::json(200, &json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    authorization_url: String,
    account: String,
    allow: bool,
}

/// Signs in without pages: a worker that called its own server would wait for itself.
fn login(shared: &Shared, body: &[u8]) -> Answer {
    let asked = serde_json::from_slice::<Login>(body).ok();
    let Some((url, Login { account, allow, .. })) =
        asked.and_then(|login| Some((Url::parse(&login.authorization_url).ok()?, login)))
    else {
        return Answer::json(400, &json!({"error": "wanted: authorization_url, account and allow"}));
    };
    let form = Form::parse(url.query().unwrap_or_default());
    let redirect = match url.path() {
        _ if url.origin().ascii_serialization() != shared.issuer => None,
        "/authorize" => match decide(shared, &form, &account, allow) {
            Ok(redirect) => Some(redirect),
            Err(answer) => answer.headers.into_iter().find_map(|(name, value)| (name == "Location").then_some(value)),
        },
        "/device" => decide_device(shared, form.get("user_code").unwrap_or_default(), &account, allow),
        _ => None,
    };
    let status = if redirect.is_some() { 200 } else { 400 };
    Answer::json(status, &json!({"redirect": redirect.map(Value::from)}))
}

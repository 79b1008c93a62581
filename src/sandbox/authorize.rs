//! The pages a person sees: the authorization endpoint and the device page.
//!
//! Nothing is remembered between a page and its form: the form carries the request, and it is judged anew.

use serde_json::json;

use super::form::{Form, encode};
use super::grants::registered;
use super::log;
use super::message::{Answer, Refusal, Request, scope};
use super::pages;
use super::shared::{Shared, now};
use super::state::{Code, State};

/// Why an authorization request is not followed (RFC 6749 §4.1.2.1).
enum Wrong {
    /// The redirect URI cannot be trusted: the person is told, and nobody is redirected.
    Untrusted(&'static str),
    Refused(Refusal),
}

/// `GET /authorize`.
pub(super) fn page(shared: &Shared, request: &Request) -> Answer {
    let (form, now) = (&request.query, now());
    let mut state = shared.state();
    let judged = judge(form, now);
    let outcome = match &judged {
        Ok(_) => "page",
        Err(Wrong::Untrusted(why)) => why,
        Err(Wrong::Refused(refusal)) => refusal.0,
    };
    let mut entry = log::entry(&request.path, form, now);
    entry["outcome"] = outcome.into();
    state.record(entry);
    match judged {
        Ok(code) => Answer::html(200, pages::sign_in(form, &code.client, &code.scope)),
        Err(wrong) => explain(&shared.issuer, &state, form, &wrong),
    }
}

/// `POST /authorize/decision`: what the sign-in page's form sends.
pub(super) fn decision(shared: &Shared, request: &Request) -> Answer {
    let form = request.form();
    let (account, allow) = chosen(&form);
    match decide(shared, &form, account, allow) {
        Ok(redirect) => Answer::see_other(redirect),
        Err(answer) => answer,
    }
}

/// The account and the decision of a form. A name that was typed counts even where a listed one is still marked; the
/// hint that stood in the field already counts only where it is.
fn chosen(form: &Form) -> (&str, bool) {
    let other = form.get("other");
    let typed = other.filter(|name| form.get("login_hint") != Some(name));
    let account = typed.or(form.get("account")).or(other).unwrap_or_default().trim();
    (account, form.get("decision") == Some("allow"))
}

/// The redirect that follows when `account` agrees or refuses, or the page that explains why there is none.
pub(super) fn decide(shared: &Shared, form: &Form, account: &str, allow: bool) -> Result<String, Answer> {
    let now = now();
    let mut state = shared.state();
    let mut code = judge(form, now).map_err(|wrong| explain(&shared.issuer, &state, form, &wrong))?;
    if allow && account.is_empty() {
        return Err(Answer::html(400, pages::message("Who are you?", "Choose an account, or type one.")));
    }
    let mut entry = log::entry("/authorize/decision", form, now);
    entry["allow"] = allow.into();
    entry["account"] = json!(account);
    state.record(entry);
    if !allow {
        state.counters.denials += 1;
        return Ok(redirect(&shared.issuer, &state, form, &[("error", "access_denied")]));
    }
    state.counters.logins += 1;
    account.clone_into(&mut code.account);
    let code = state.new_code(code);
    Ok(redirect(&shared.issuer, &state, form, &[("code", &code)]))
}

/// The authorization request as the code it would be given, without its account.
fn judge(form: &Form, now: u64) -> Result<Code, Wrong> {
    let client = form.get("client_id").and_then(registered).ok_or(Wrong::Untrusted("unknown client_id"))?;
    let trusted = form.get("redirect_uri").filter(|uri| is_loopback_callback(uri));
    let redirect_uri =
        trusted.ok_or(Wrong::Untrusted("redirect_uri is not a loopback address with the path /callback"))?;
    if form.repeats("client_id") || form.repeats("redirect_uri") {
        return Err(Wrong::Untrusted("client_id or redirect_uri came twice"));
    }
    let no = |error, why| Err(Wrong::Refused(Refusal(error, why)));
    let challenge = form.get("code_challenge").unwrap_or_default();
    if form.any_repeated() {
        return no("invalid_request", "a parameter came twice");
    }
    if form.get("response_type") != Some("code") {
        return no("unsupported_response_type", "only response_type=code");
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return no("invalid_request", "only response_mode=query");
    }
    if form.get("code_challenge_method") != Some("S256") || challenge.len() != 43 {
        return no("invalid_request", "PKCE with S256 is required");
    }
    if form.get("state").is_none() {
        return no("invalid_request", "state is required");
    }
    if form.get("prompt") == Some("none") {
        return no("login_required", "nobody is signed in");
    }
    Ok(Code {
        client: client.id.into(),
        redirect_uri: redirect_uri.into(),
        challenge: challenge.into(),
        scope: scope(form).map_err(Wrong::Refused)?.unwrap_or_default(),
        nonce: form.get("nonce").map(str::to_owned),
        account: String::new(),
        issued: now,
    })
}

/// `http`, a loopback host, any port, `/callback` and nothing after it (RFC 8252 §7.3).
fn is_loopback_callback(uri: &str) -> bool {
    let Some(authority) = uri.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/callback")) else {
        return false;
    };
    let port = ["127.0.0.1", "[::1]", "localhost"].iter().find_map(|host| authority.strip_prefix(host));
    port.is_some_and(|port| port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn explain(issuer: &str, state: &State, form: &Form, wrong: &Wrong) -> Answer {
    match *wrong {
        Wrong::Untrusted(why) => Answer::html(400, pages::message("This request cannot be followed", why)),
        Wrong::Refused(Refusal(error, why)) => {
            let pairs = [("error", error), ("error_description", why)];
            Answer::see_other(redirect(issuer, state, form, &pairs))
        }
    }
}

/// The redirect URI with `pairs`, `state` and `iss` (RFC 9207). The caller has found the URI trustworthy.
fn redirect(issuer: &str, state: &State, form: &Form, pairs: &[(&str, &str)]) -> String {
    let iss = Some(state.knobs.redirect_iss.as_deref().unwrap_or(issuer)).filter(|iss| !iss.is_empty());
    let own = [("state", form.get("state")), ("iss", iss)];
    let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query = encode(pairs.iter().copied().chain(own));
    format!("{}?{query}", form.get("redirect_uri").unwrap_or_default())
}

/// `POST /device/decision`: what the device page's form sends.
pub(super) fn device_decision(shared: &Shared, request: &Request) -> Answer {
    let form = request.form();
    let (account, allow) = chosen(&form);
    match decide_device(shared, form.get("user_code").unwrap_or_default(), account, allow) {
        Some(done) => Answer::see_other(done),
        None => Answer::html(400, pages::message("No such code", "It is wrong, over, or was used before.")),
    }
}

/// Decides on a user code; the address of the page that says so, none for a code nobody waits with.
pub(super) fn decide_device(shared: &Shared, user_code: &str, account: &str, allow: bool) -> Option<String> {
    let mut state = shared.state();
    let account = Some(account).filter(|name| allow && !name.is_empty());
    if !state.decide_device(user_code, account, now()) {
        return None;
    }
    state.counters.logins += u64::from(account.is_some());
    state.counters.denials += u64::from(account.is_none());
    Some(format!("{}/device/done", shared.issuer))
}

//! The endpoints a client authenticates at: token, revocation, introspection, device authorization.

use serde_json::{Value, json};

use super::assertion::Claims;
use super::form::{Form, basic};
use super::knobs::Knobs;
use super::log;
use super::message::{Answer, Refusal, Request, scope};
use super::mint::{fingerprint, s256};
use super::resource::claims;
use super::shared::{Shared, now};
use super::state::{Code, Issued, State};
use super::{CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, KEY_CLIENT, PUBLIC_CLIENT, machines};

pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A registered client (RFC 6749 §2).
pub(super) struct Client {
    pub(super) id: &'static str,
    secret: Option<&'static str>,
    /// It authenticates with a private key, whose public one is told by the knob `keys`.
    key: bool,
}

impl Client {
    fn is_confidential(&self) -> bool {
        self.key || self.secret.is_some()
    }
}

const CLIENTS: [Client; 3] = [
    Client { id: PUBLIC_CLIENT, secret: None, key: false },
    Client { id: CONFIDENTIAL_CLIENT, secret: Some(CONFIDENTIAL_SECRET), key: false },
    Client { id: KEY_CLIENT, secret: None, key: true },
];

pub(super) fn registered(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

/// The client a request comes from: Basic, secret in the body, or a public client's bare id (RFC 6749 §2.3.1).
fn authenticate(
    state: &mut State,
    shared: &Shared,
    request: &Request,
    form: &Form,
) -> Result<&'static Client, Refusal> {
    let wrong = Refusal("invalid_client", "unknown client, or a wrong way to authenticate it");
    let named = form.get("client_id");
    if let Some(assertion) = form.get("client_assertion") {
        return by_key(state, &shared.issuer, assertion, form);
    }
    let (id, secret) = match request.header("Authorization") {
        None => (named.unwrap_or_default().to_owned(), form.get("client_secret").map(str::to_owned)),
        Some(header) => {
            let (id, secret) = basic(header).ok_or(wrong)?;
            if form.get("client_secret").is_some() || named.is_some_and(|named| named != id) {
                return Err(Refusal("invalid_request", "the client authenticates in two ways"));
            }
            (id, Some(secret))
        }
    };
    registered(&id).filter(|client| !client.key && client.secret == secret.as_deref()).ok_or(wrong)
}

/// `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9).
fn by_key(state: &mut State, issuer: &str, assertion: &str, form: &Form) -> Result<&'static Client, Refusal> {
    let wrong = |why| Refusal("invalid_client", why);
    if form.get("client_assertion_type") != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
        return Err(wrong("the assertion is of another type"));
    }
    let claims = Claims::read(assertion, &state.knobs.keys).map_err(wrong)?;
    claims.judge(&[issuer, &format!("{issuer}/token")], now()).map_err(wrong)?;
    if claims.text("iss") != claims.text("sub") || !state.first_use(claims.text("jti")) {
        return Err(wrong("the assertion speaks for another, or was used before"));
    }
    CLIENTS.iter().find(|client| client.key && client.id == claims.text("sub")).ok_or(wrong("no client with a key"))
}

fn required<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    form.get(name).ok_or(Refusal("invalid_request", "a required parameter is missing"))
}

/// What `answer` makes of a request, logged, with the challenge RFC 6749 §5.2 wants beside a refused `Authorization`.
fn answered(
    shared: &Shared,
    request: &Request,
    answer: impl FnOnce(&mut State, &Form, u64, &mut Value) -> Result<Answer, Refusal>,
) -> Answer {
    let (form, now) = (request.form(), now());
    let mut entry = log::entry(&request.path, &form, now);
    let mut state = shared.state();
    let repeated = Refusal("invalid_request", "a parameter came twice");
    let outcome = if form.any_repeated() { Err(repeated) } else { answer(&mut state, &form, now, &mut entry) };
    let told = outcome.as_ref().map_or_else(|refusal| refusal.0, |_| "ok");
    entry["outcome"] = told.into();
    entry["basic"] = request.header("Authorization").is_some().into();
    state.record(entry);
    let answer = outcome.unwrap_or_else(Answer::refused);
    if answer.status == 401 && request.header("Authorization").is_some() {
        return answer.with("WWW-Authenticate", "Basic realm=\"sandbox\"");
    }
    answer
}

/// `POST /token` (RFC 6749 §3.2).
pub(super) fn token(shared: &Shared, request: &Request) -> Answer {
    answered(shared, request, |state, form, now, entry| {
        let without_client = match form.get("grant_type").unwrap_or_default() {
            machines::JWT_BEARER => Some(machines::by_assertion(state, &shared.issuer, form, now)?),
            machines::TOKEN_EXCHANGE => Some(machines::by_exchange(state, &shared.issuer, form, now)?),
            _ => None,
        };
        if let Some((subject, issued)) = without_client {
            entry["subject"] = subject.into();
            return Ok(token_response(&shared.issuer, state, &CLIENTS[0], issued, now));
        }
        let client = authenticate(state, shared, request, form)?;
        let issued = match required(form, "grant_type")? {
            "authorization_code" => {
                let right = |code: &Code| {
                    entry["verifier_right"] = verifies(code, form).into();
                    fits(code, client, form)
                };
                state.redeem_code(required(form, "code")?, right, now)?
            }
            "refresh_token" => state.refresh(required(form, "refresh_token")?, client.id, scope(form)?, now)?,
            "client_credentials" if client.is_confidential() => {
                state.client_tokens(client.id, &scope(form)?.unwrap_or_default(), now)
            }
            "client_credentials" => return Err(Refusal("unauthorized_client", "only for a client with a secret")),
            DEVICE_GRANT => state.redeem_device(required(form, "device_code")?, client.id, now)?,
            _ => return Err(Refusal("unsupported_grant_type", "no such grant here")),
        };
        entry["issued_refresh_token"] = issued.refresh_token.as_deref().map(fingerprint).into();
        Ok(token_response(&shared.issuer, state, client, issued, now))
    })
}

/// Whether a token request is the continuation of the authorization request (RFC 6749 §4.1.3, RFC 7636 §4.6).
fn fits(code: &Code, client: &Client, form: &Form) -> Result<(), Refusal> {
    let wrong = |why| Err(Refusal("invalid_grant", why));
    if code.client != client.id {
        return wrong("the code was given to another client");
    }
    if form.get("redirect_uri") != Some(&code.redirect_uri) {
        return wrong("redirect_uri is not that of the authorization request");
    }
    if !verifies(code, form) {
        return wrong("code_verifier does not fit the challenge");
    }
    Ok(())
}

/// RFC 7636 §4.1 and §4.6.
fn verifies(code: &Code, form: &Form) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let well_formed = |text: &&str| (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
    form.get("code_verifier").filter(well_formed).is_some_and(|verifier| s256(verifier) == code.challenge)
}

/// A successful token response (RFC 6749 §5.1), with what the knobs do to its members.
fn token_response(issuer: &str, state: &State, client: &Client, tokens: Issued, now: u64) -> Answer {
    let Knobs { access_ttl, refresh_ttl, members: overrides, .. } = &state.knobs;
    let mut members = vec![
        ("access_token".to_owned(), json!(tokens.access_token).to_string()),
        ("token_type".to_owned(), json!("Bearer").to_string()),
    ];
    let mut tell = |name: &str, value: Option<Value>| {
        members.extend(value.map(|value| (name.to_owned(), value.to_string())));
    };
    let refresh_ends = tokens.refresh_token.as_ref().and(*refresh_ttl);
    tell("expires_in", access_ttl.map(Into::into));
    tell("refresh_token", tokens.refresh_token.map(Into::into));
    tell("refresh_expires_in", refresh_ends.map(Into::into));
    tell("scope", Some(tokens.scope.to_string().into()).filter(|_| !tokens.scope.is_empty()));
    let family = state.family(tokens.family);
    let signed_in = family.account.as_ref().filter(|_| tokens.scope.contains("openid"));
    tell(
        "id_token",
        signed_in.map(|account| {
            let seconds = (now / 1000).saturating_add_signed(state.knobs.clock_offset);
            let mut all = claims(account);
            all["iss"] = issuer.into();
            all["aud"] = client.id.into();
            all["iat"] = seconds.into();
            all["exp"] = (seconds.saturating_add(access_ttl.unwrap_or(3600))).into();
            if let Some(nonce) = &family.nonce {
                all["nonce"] = nonce.as_str().into();
            }
            state.mint.id_token(&all, client.secret).into()
        }),
    );
    members.retain(|(name, _)| !overrides.contains_key(name));
    members.extend(overrides.iter().filter_map(|(name, raw)| Some((name.clone(), raw.clone()?))));
    let members: Vec<_> = members.iter().map(|(name, raw)| format!("{}:{raw}", json!(name))).collect();
    Answer::raw_json(200, format!("{{{}}}", members.join(",")))
}

/// `POST /revoke` (RFC 7009).
pub(super) fn revoke(shared: &Shared, request: &Request) -> Answer {
    answered(shared, request, |state, form, _, _| {
        let client = authenticate(state, shared, request, form)?;
        state.revoke(required(form, "token")?, client.id)?;
        Ok(Answer::empty(200))
    })
}

/// `POST /introspect` (RFC 7662). A public client sees its own tokens only.
pub(super) fn introspect(shared: &Shared, request: &Request) -> Answer {
    answered(shared, request, |state, form, now, _| {
        let client = authenticate(state, shared, request, form)?;
        let token = required(form, "token")?;
        let access = state.access(token, now).map(|(access, family)| (family, &access.scope, access.expires));
        let refresh = || state.refresh_token(token, now).map(|(token, family, scope)| (family, scope, token.expires));
        let seen = |family: &str| client.secret.is_some() || family == client.id;
        let Some((family, scope, expires)) = access.or_else(refresh).filter(|found| seen(&found.0.client)) else {
            return Ok(Answer::json(200, &json!({"active": false})));
        };
        Ok(Answer::json(
            200,
            &json!({
                "active": true,
                "client_id": family.client,
                "username": family.account,
                "sub": family.account.as_deref().map_or(json!(family.client), |account| claims(account)["sub"].clone()),
                "scope": scope.to_string(),
                "exp": expires.map(|end| end / 1000),
                "iss": shared.issuer,
            }),
        ))
    })
}

/// `POST /device_authorization` (RFC 8628 §3.1).
pub(super) fn device_authorization(shared: &Shared, request: &Request) -> Answer {
    answered(shared, request, |state, form, now, _| {
        let client = authenticate(state, shared, request, form)?;
        let (device_code, user_code) = state.new_device(client.id, scope(form)?.unwrap_or_default(), now);
        let page = format!("{}/device", shared.issuer);
        let mut members = json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": state.knobs.device_ttl,
            "interval": state.knobs.device_interval,
        });
        for (name, value) in &state.knobs.device_members {
            members[name] = value.clone();
        }
        Ok(Answer::json(200, &members))
    })
}

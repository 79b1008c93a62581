//! What the server says of itself, of a protected resource that it guards, and to a client that registers itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::form::Form;
use super::message::{Answer, Request};
use super::shared::{Shared, now};
use super::{PUBLIC_CLIENT, grants, log, machines};

/// A document with members set, added or, with null, left out.
fn changed(mut document: Value, changes: &BTreeMap<String, Value>) -> Value {
    let members = document.as_object_mut().expect("it is an object");
    for (name, value) in changes {
        match value {
            Value::Null => _ = members.remove(name),
            value => _ = members.insert(name.clone(), value.clone()),
        }
    }
    document
}

/// `/mcp`: a protected resource that wants a token with the scope `read` (RFC 9728 §5.1).
pub(super) fn mcp(shared: &Shared, request: &Request) -> Answer {
    let state = shared.state();
    let good = request.bearer().is_some_and(|token| state.access(token, now()).is_some());
    if good {
        return Answer::json(200, &json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
    }
    let place = format!("{}/.well-known/oauth-protected-resource/mcp", shared.issuer);
    Answer::empty(401).with("WWW-Authenticate", format!("Bearer scope=\"read\", resource_metadata=\"{place}\""))
}

/// Protected resource metadata (RFC 9728 §2).
pub(super) fn protected_resource(shared: &Shared) -> Answer {
    let issuer = &shared.issuer;
    let document = json!({
        "resource": format!("{issuer}/mcp"), "authorization_servers": [issuer], "scopes_supported": ["read", "write"],
    });
    Answer::json(200, &changed(document, &shared.state().knobs.protected_resource))
}

/// Deletes the registration of everybody who asks for one.
const REGISTRATION_TOKEN: &str = "demo-registration-token";

/// `POST /register` (RFC 7591). Whoever asks becomes the public client.
pub(super) fn register(shared: &Shared, request: &Request) -> Answer {
    let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let mut entry = log::entry(&request.path, &Form::parse(""), now());
    entry["asked"] = asked.clone();
    shared.state().record(entry);
    if asked["redirect_uris"].as_array().is_none_or(Vec::is_empty) {
        let error = json!({"error": "invalid_redirect_uri", "error_description": "redirect_uris is missing"});
        return Answer::json(400, &error);
    }
    let mut answer = asked;
    answer["client_id"] = PUBLIC_CLIENT.into();
    answer["token_endpoint_auth_method"] = "none".into();
    answer["registration_client_uri"] = format!("{}/register/{PUBLIC_CLIENT}", shared.issuer).into();
    answer["registration_access_token"] = REGISTRATION_TOKEN.into();
    Answer::json(201, &answer)
}

/// `DELETE /register/demo` (RFC 7592 §2.3). The client goes on, since it is everybody's.
pub(super) fn unregister(shared: &Shared, request: &Request) -> Answer {
    if request.bearer() != Some(REGISTRATION_TOKEN) {
        return Answer::json(401, &json!({"error": "invalid_token"}));
    }
    shared.state().record(log::entry(&request.path, &Form::parse(""), now()));
    Answer::empty(204)
}

/// Authorization server metadata (RFC 8414 §2, OIDC Discovery §3). Without `jwks_uri`: ID tokens are signed
/// with a shared key, there is no public one to show.
pub(super) fn metadata(shared: &Shared) -> Answer {
    let issuer = &shared.issuer;
    let at = |path: &str| format!("{issuer}{path}");
    let methods = json!(["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]);
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "registration_endpoint": at("/register"),
        "device_authorization_endpoint": at("/device_authorization"),
        "userinfo_endpoint": at("/userinfo"),
        "scopes_supported": ["openid", "profile", "email", "offline_access", "read", "write"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code", "refresh_token", "client_credentials", grants::DEVICE_GRANT, machines::JWT_BEARER,
            machines::TOKEN_EXCHANGE,
        ],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["HS256"],
    });
    Answer::json(200, &changed(document, &shared.state().knobs.metadata))
}

//! Who signed in: from the ID token and from userinfo (OpenID Connect Core §5.3, or the provider's own).

use serde_json::{Map, Value};

use super::channel::Channel;
use super::error::host_of;
use super::{Claims, Error, answer, dpop, quirks};
use crate::http::{Request, Response, header};
use crate::model::{AccessToken, Server, text};

/// Where a label for the account may stand, best first, when the entry does not say.
const LABELS: [&str; 6] = ["/email", "/preferred_username", "/username", "/login", "/name", "/sub"];
/// Where an unchanging identifier may stand.
const SUBJECTS: [&str; 2] = ["/sub", "/id"];
/// The longest label, in characters.
const LONGEST: usize = 200;

/// What asking userinfo gave.
#[derive(Debug)]
pub(crate) enum Userinfo {
    /// The provider knows the token, and tells whose it is.
    Known(Map<String, Value>),
    /// 401: the provider does not take the token.
    Unauthorized,
    /// 403: the token is good, and may not be used for this.
    Forbidden,
}

/// An account as the provider names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The unchanging identifier; unique at its issuer.
    pub(crate) subject: Option<String>,
    /// What people call the account.
    pub(crate) label: Option<String>,
    /// Every e-mail address that was told, to compare with one that was asked for.
    pub(crate) emails: Vec<String>,
}

/// Asks userinfo with a token. `None` where the provider has no such endpoint.
pub(crate) fn userinfo(channel: &Channel<'_>, token: &AccessToken) -> Result<Option<Userinfo>, Error> {
    let server = channel.server;
    let Some(endpoint) = &server.userinfo_endpoint else { return Ok(None) };
    let request = match &server.quirks.userinfo_post {
        None => Request::get(endpoint).body(vec![]),
        Some(body) if body.is_empty() => Request::post(endpoint).body(vec![]),
        Some(body) => {
            Request::post(endpoint).header(header::CONTENT_TYPE, "application/json").body(body.clone().into_bytes())
        }
    };
    let request = request.map_err(|_| Error::Request(format!("the userinfo endpoint of {} is no URL", server.name)))?;
    ask(channel, endpoint, request, token).map(Some)
}

/// Asks with a token what it reaches. `None` where the provider has no such endpoint.
pub(crate) fn resources(channel: &Channel<'_>, token: &AccessToken) -> Result<Option<Userinfo>, Error> {
    let server = channel.server;
    let Some(endpoint) = &server.resources_endpoint else { return Ok(None) };
    let request = Request::get(endpoint).body(vec![]);
    let request =
        request.map_err(|_| Error::Request(format!("the resources endpoint of {} is no URL", server.name)))?;
    ask(channel, endpoint, request, token).map(Some)
}

fn ask(
    channel: &Channel<'_>,
    endpoint: &str,
    request: Request<Vec<u8>>,
    token: &AccessToken,
) -> Result<Userinfo, Error> {
    let server = channel.server;
    let response = send(channel, request, token)?;
    match response.status().as_u16() {
        401 => Ok(Userinfo::Unauthorized),
        403 => Ok(Userinfo::Forbidden),
        _ => {
            match answer::object(&host_of(endpoint), &response, (channel.clock)(), &server.quirks) {
                Ok(members) => Ok(Userinfo::Known(members)),
                // RFC 6750 §3.1, where it comes with another status than 401.
                Err(Error::Refused { response, .. }) if response.code == "invalid_token" => Ok(Userinfo::Unauthorized),
                Err(error) => Err(error.without(&[&token.0])),
            }
        }
    }
}

/// Sends a request for JSON with the token, and a proof where it needs one.
pub(super) fn send(
    channel: &Channel<'_>,
    mut request: Request<Vec<u8>>,
    token: &AccessToken,
) -> Result<Response<Vec<u8>>, Error> {
    request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    quirks::add_headers(channel.server, &mut request)?;
    match channel.proof {
        None => quirks::add_token(channel.server, &mut request, token.0.expose())?,
        Some(_) => dpop::add_token(&mut request, &token.0)?,
    }
    channel.send(&request, Some(&token.0))
}

impl Identity {
    /// Puts together what the ID token, userinfo and the token answer say. The first two must speak of the same subject (§5.3.2).
    pub(crate) fn of(
        server: &Server,
        claims: Option<&Claims>,
        userinfo: Option<&Map<String, Value>>,
        learnt: &Map<String, Value>,
    ) -> Result<Self, Error> {
        let claims = claims.map(|claims| Value::Object(claims.0.clone()));
        let userinfo = userinfo.map(|members| Value::Object(members.clone()));
        if let (Some(claims), Some(userinfo)) = (&claims, &userinfo)
            && let (Some(a), Some(b)) = (claims.pointer("/sub"), userinfo.pointer("/sub"))
            && a != b
        {
            return Err(Error::IdToken("userinfo speaks of another subject".into()));
        }
        let sources: Vec<&Value> = userinfo.iter().chain(&claims).collect();
        let find = |own: Option<&String>, usual: &[&str]| {
            let pointers: Vec<&str> = own.map(String::as_str).into_iter().chain(usual.iter().copied()).collect();
            pointers.iter().find_map(|pointer| match pointer.strip_prefix("token:") {
                Some(pointer) => word(learnt.get(pointer)?),
                None => sources.iter().find_map(|source| word(source.pointer(pointer)?)),
            })
        };
        // An ID token's `sub` is the subject wherever there is one; userinfo may be another API with other numbers.
        let subject = claims.as_ref().and_then(|claims| word(claims.pointer("/sub")?));
        let emails = sources.iter().filter_map(|source| word(source.pointer("/email")?)).collect();
        Ok(Self {
            subject: subject.or_else(|| find(server.subject_field.as_ref(), &SUBJECTS)),
            label: find(server.account_field.as_ref(), &LABELS).map(|label| printable(&label)),
            emails,
        })
    }
}

/// Text that is not empty, or a number as text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A label that can be typed and shown: no control characters, not too long.
fn printable(label: &str) -> String {
    text::shown(label).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(account: Option<&str>, subject: Option<&str>) -> Server {
        let mut server: Server = serde_json::from_value(json!({
            "name": "X", "authorization_endpoint": "", "token_endpoint": "", "token_endpoint_auth_method": "none"
        }))
        .unwrap();
        server.account_field = account.map(str::to_owned);
        server.subject_field = subject.map(str::to_owned);
        server
    }

    fn members(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_entry_says_where_the_label_stands() {
        let github =
            members(&json!({"login": "octocat", "id": 583_231, "email": "o@example.test", "name": "The Octocat"}));
        let found = Identity::of(&server(Some("/login"), Some("/id")), None, Some(&github), &Map::new()).unwrap();
        assert_eq!((found.label.as_deref(), found.subject.as_deref()), (Some("octocat"), Some("583231")));
        assert_eq!(found.emails, ["o@example.test"]);
    }

    #[test]
    fn without_a_word_of_the_entry_the_usual_places_are_looked_at() {
        let claims = Claims(members(&json!({"sub": "7", "email": "a@example.test"})));
        let found = Identity::of(&server(None, None), Some(&claims), None, &Map::new()).unwrap();
        assert_eq!((found.label.as_deref(), found.subject.as_deref()), (Some("a@example.test"), Some("7")));
        let bare =
            Identity::of(&server(None, None), None, Some(&members(&json!({"sub": "7", "email": ""}))), &Map::new())
                .unwrap();
        assert_eq!(bare.label.as_deref(), Some("7"));
        assert_eq!(Identity::of(&server(None, None), None, None, &Map::new()).unwrap(), Identity::default());
    }

    #[test]
    fn the_token_answer_can_name_the_account() {
        let learnt = members(&json!({"/user/email": "a@example.test", "/account_id": 7}));
        let own = server(Some("token:/user/email"), Some("token:/account_id"));
        let found = Identity::of(&own, None, None, &learnt).unwrap();
        assert_eq!((found.label.as_deref(), found.subject.as_deref()), (Some("a@example.test"), Some("7")));
    }

    #[test]
    fn two_sources_that_disagree_are_refused() {
        let claims = Claims(members(&json!({"sub": "7"})));
        assert!(
            Identity::of(&server(None, None), Some(&claims), Some(&members(&json!({"sub": "8"}))), &Map::new())
                .is_err()
        );
    }

    #[test]
    fn a_hostile_label_is_made_harmless() {
        let members = members(&json!({"email": "a\u{1b}[2J\nb"}));
        let found = Identity::of(&server(None, None), None, Some(&members), &Map::new()).unwrap();
        assert_eq!(found.label.unwrap(), "a\\x1b[2J\\nb");
    }
}

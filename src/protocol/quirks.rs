//! Requests the way a provider wants them, rewritten at the edge from the RFC's form.

use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::parse;

use super::Error;
use crate::http::{Request, header};
use crate::model::{Encoding, Quirks, Server};

/// An authorization request's address, with the provider's names for its parameters.
pub(super) fn authorization_url(url: &mut Url, quirks: &Quirks) {
    if quirks.scope_separator.is_none() && quirks.scope_parameter.is_none() && quirks.client_id_parameter.is_none() {
        return;
    }
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let mut query = url.query_pairs_mut();
    query.clear();
    for (name, value) in pairs {
        match name.as_str() {
            "scope" => {
                let value = quirks.scope_separator.as_ref().map_or(value.clone(), |with| value.replace(' ', with));
                query.append_pair(quirks.scope_parameter.as_deref().unwrap_or("scope"), &value);
            }
            "client_id" => {
                query.append_pair(quirks.client_id_parameter.as_deref().unwrap_or("client_id"), &value);
            }
            _ => {
                query.append_pair(&name, &value);
            }
        }
    }
}

/// A request of client and secret to one of the server's endpoints, its body in form encoding until now.
pub(super) fn client_request(server: &Server, mut request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, Error> {
    add_headers(server, &mut request)?;
    let quirks = &server.quirks;
    let renamed = |name: &str| match (&quirks.client_id_parameter, name) {
        (Some(own), "client_id") => own.clone(),
        _ => name.to_owned(),
    };
    if quirks.request_encoding == Encoding::Json {
        return as_json(request);
    }
    if quirks.client_id_parameter.is_some() {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(parse(request.body()).map(|(name, value)| (renamed(&name), value)));
        *request.body_mut() = body.finish().into_bytes();
    }
    Ok(request)
}

/// The same parameters as the members of a JSON object.
pub(super) fn as_json(mut request: Request<Vec<u8>>) -> Result<Request<Vec<u8>>, Error> {
    let members: Map<String, Value> =
        parse(request.body()).map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    *request.body_mut() = Value::Object(members).to_string().into_bytes();
    request.headers_mut().insert(header::CONTENT_TYPE, value("application/json")?);
    Ok(request)
}

/// Headers that the provider wants in every request; they replace our own.
pub(crate) fn add_headers<B>(server: &Server, request: &mut Request<B>) -> Result<(), Error> {
    for (name, text) in &server.quirks.headers {
        let name = header::HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit(name))?;
        request.headers_mut().insert(name, value(text)?);
    }
    Ok(())
}

/// The access token where the provider wants it.
pub(crate) fn add_token<B>(server: &Server, request: &mut Request<B>, token: &str) -> Result<(), Error> {
    let (name, text) = server.quirks.token_header(token);
    add_secret(request, &name, &text)
}

/// A header whose value is not shown.
pub(crate) fn add_secret<B>(request: &mut Request<B>, name: &str, text: &str) -> Result<(), Error> {
    let name = header::HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit(name))?;
    let mut value = value(text)?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

fn value(text: &str) -> Result<header::HeaderValue, Error> {
    header::HeaderValue::from_str(text).map_err(|_| Error::Request("a value does not fit into a header".into()))
}

fn unfit(name: &str) -> Error {
    Error::Request(format!("`{name}` is no header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(quirks: &str) -> Server {
        let text = format!(
            r#"{{"name":"X","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t",
                "token_endpoint_auth_method":"none","quirks":{quirks}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn sent(quirks: &str, body: &str) -> Request<Vec<u8>> {
        let request =
            Request::post("https://as.example/t").header(header::CONTENT_TYPE, "x-form").header("accept", "a");
        client_request(&server(quirks), request.body(body.as_bytes().to_vec()).unwrap()).unwrap()
    }

    #[test]
    fn scopes_are_named_and_separated_as_the_provider_has_it() {
        let mut url = Url::parse("https://as.example/a?client_id=me&scope=a%3Ab+c&state=s%26").unwrap();
        authorization_url(
            &mut url,
            &server(r#"{"scope_separator":",","scope_parameter":"user_scope","client_id_parameter":"client_key"}"#)
                .quirks,
        );
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let wanted = [("client_key", "me"), ("user_scope", "a:b,c"), ("state", "s&")];
        assert_eq!(pairs, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_body_is_json_where_the_provider_wants_that() {
        let request = sent(r#"{"request_encoding":"json"}"#, "grant_type=refresh_token&refresh_token=a%2Bb");
        assert_eq!(request.headers()["content-type"], "application/json");
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body, serde_json::json!({"grant_type": "refresh_token", "refresh_token": "a+b"}));
    }

    #[test]
    fn headers_are_added_and_names_changed() {
        let request = sent(
            r#"{"headers":{"Accept":"b","X-Version":"1"},"client_id_parameter":"client_key"}"#,
            "client_id=m+e&x=1",
        );
        assert_eq!(
            (&request.headers()["accept"], &request.headers()["x-version"]),
            (&value("b").unwrap(), &value("1").unwrap())
        );
        assert_eq!(request.body(), b"client_key=m+e&x=1");
    }

    #[test]
    fn the_token_stands_where_the_provider_wants_it() {
        let header = |quirks: &str, name: &str| {
            let mut request = Request::get("https://as.example/u").body(Vec::<u8>::new()).unwrap();
            add_token(&server(quirks), &mut request, "t").unwrap();
            request.headers()[name].to_str().unwrap().to_owned()
        };
        assert_eq!(header("{}", "authorization"), "Bearer t");
        assert_eq!(header(r#"{"token_header":"Authorization: OAuth {token}"}"#, "authorization"), "OAuth t");
        assert_eq!(header(r#"{"token_header":"X-Shopify-Access-Token: {token}"}"#, "x-shopify-access-token"), "t");
    }
}

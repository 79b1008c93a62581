//! Redirects (RFC 9110 §15.4): where the next request goes, and what it may carry there.

use url::Url;

use super::super::Error;
use super::Body;
use crate::http::{Download, Method, Response, header};
use crate::model::endpoint;
use crate::model::text::shown;

/// One request of several that redirects make.
pub(super) struct Hop {
    pub(super) url: Url,
    pub(super) method: Method,
    /// It goes to the origin that the user named, and only there did every hop before it go: it carries the token and
    /// the user's headers.
    pub(super) ours: bool,
}

impl Hop {
    /// The request that a redirect asks for (RFC 9110 §15.4).
    pub(super) fn next(&self, target: Url, status: u16, body: &Body) -> Result<Self, Error> {
        let same = self.url.origin() == target.origin();
        let to_get =
            status == 303 && self.method != Method::HEAD || [301, 302].contains(&status) && self.method == Method::POST;
        let method = if to_get { Method::GET } else { self.method.clone() };
        let next = Self { url: target, method, ours: self.ours && same };
        if let Err(cause) = endpoint::check(next.url.as_str()) {
            return Err(next.refused(&cause.to_string()));
        }
        if self.url.scheme() == "https" && next.url.scheme() != "https" {
            return Err(next.refused("it leads from https to http"));
        }
        let has_body = !matches!(body, Body::None) && !to_get;
        if !same && has_body {
            return Err(next.refused("it leads to another origin, and the body would go there"));
        }
        Ok(next)
    }

    pub(super) fn refused(&self, cause: &str) -> Error {
        let host = endpoint::authority(&self.url);
        // `javascript:` and its like lead to no host.
        let place = if host.is_empty() { format!("{}:", self.url.scheme()) } else { host };
        Error::RedirectRefused { host: shown(&place), cause: cause.to_owned() }
    }

    /// A redirect that changed the method has left the body behind.
    pub(super) fn carries_body(&self, first: &Method) -> bool {
        self.method == *first
    }
}

/// Where an answer sends its client on to.
pub(super) fn redirect_target(from: &Url, response: &Response<Download>) -> Option<Url> {
    let redirects = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let place = response.headers().get(header::LOCATION).filter(|_| redirects)?;
    let mut target = from.join(place.to_str().ok()?).ok()?;
    target.set_fragment(None);
    Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(method: Method) -> Hop {
        Hop { url: "https://api.example/v1".parse().unwrap(), method, ours: true }
    }

    fn next(method: Method, status: u16, target: &str, body: &Body) -> Option<(Method, bool)> {
        let next = hop(method).next(target.parse().unwrap(), status, body).ok()?;
        Some((next.method, next.ours))
    }

    #[test]
    fn a_method_changes_as_the_rfc_says_and_the_body_stays_behind_with_it() {
        let text = Body::Bytes(vec![1]);
        for (status, method, then) in [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (303, Method::DELETE, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (301, Method::PUT, Method::PUT),
            (302, Method::DELETE, Method::DELETE),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
        ] {
            let same = next(method.clone(), status, "https://api.example/v2", &text);
            assert_eq!(same, Some((then.clone(), true)), "{status} {method}");
            let elsewhere = next(method.clone(), status, "https://other.example/", &text);
            let left_behind = then == Method::GET;
            assert_eq!(elsewhere.is_some(), left_behind, "{status} {method} takes its body to another origin");
            assert_eq!(hop(then.clone()).carries_body(&method), method == then);
        }
    }

    #[test]
    fn what_left_the_origin_once_is_not_ours_any_more() {
        for target in ["https://other.example/", "https://api.example:8443/", "https://api.example.evil.example/"] {
            assert_eq!(next(Method::GET, 302, target, &Body::None), Some((Method::GET, false)), "{target}");
        }
        let away = Hop { ours: false, ..hop(Method::GET) };
        let back = away.next("https://api.example/v1".parse().unwrap(), 302, &Body::None).unwrap();
        assert!(!back.ours);
        for target in ["http://api.example/", "http://127.0.0.1:1/", "https://u@api.example/", "ftp://api.example/"] {
            assert!(next(Method::GET, 302, target, &Body::None).is_none(), "{target}");
        }
    }

    #[test]
    fn a_redirect_has_a_status_of_its_own_and_a_place() {
        let of = |status: u16, place: Option<&str>| {
            let mut response = Response::builder().status(status);
            if let Some(place) = place {
                response = response.header(header::LOCATION, place);
            }
            let body: Download = Box::new(std::io::empty());
            redirect_target(&hop(Method::GET).url, &response.body(body).unwrap()).map(String::from)
        };
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(of(status, Some("v2#part")).as_deref(), Some("https://api.example/v2"), "{status}");
            assert_eq!(of(status, None), None);
        }
        for status in [200, 300, 304, 305, 401] {
            assert_eq!(of(status, Some("/v2")), None, "{status}");
        }
    }
}

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
        Error::RedirectRefused { host: shown(&endpoint::authority(&self.url)), cause: cause.to_owned() }
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

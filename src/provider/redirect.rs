//! What a provider takes as redirect URI (RFC 6749 §3.1.2), and so which flows can end there.

use serde::{Deserialize, Serialize};

/// The `[redirect]` table of an entry. Without it: any port of `http://127.0.0.1/callback`, as RFC 8252 §7.3 has it.
///
/// Where no loopback redirect is taken, a login goes, in this order: by the device flow, where the entry has a
/// `device_authorization_endpoint`; by the code that the provider's own page shows ([`Redirect::paste`]); by an https URL
/// of the user's own ([`RedirectRule::Https`]), from whose address bar the callback is pasted back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Redirect {
    /// Which kind of redirect URI can be registered.
    pub(crate) rule: RedirectRule,
    /// The spelling of the loopback host, which many providers compare: `127.0.0.1`, `[::1]` or `localhost`.
    pub(crate) host: String,
    /// Whether the port of a loopback redirect URI is compared.
    pub(crate) port: PortRule,
    /// The path of a loopback redirect URI, from its `/` on.
    pub(crate) path: String,
    /// The value of `redirect_uri` that makes the provider show the code on a page of its own, to be pasted:
    /// `urn:ietf:wg:oauth:2.0:oob`, `oob`, or that page's https URL. The empty string: the page is shown when
    /// `redirect_uri` is left out of both requests (Dropbox). Absent: the provider has no such page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) paste: Option<String>,
    /// Whether a loopback redirect URI has to be registered; some providers take every one from such a client.
    pub(crate) register: bool,
}

/// Which kind of redirect URI a provider lets one register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RedirectRule {
    /// `http` on the loopback interface, spelled as `host`, `port` and `path` say.
    #[default]
    Loopback,
    /// `https` only, on a host of the user's own. Nothing can be listened on.
    Https,
    /// No redirect URI at all: the device flow, a pasted code, or a grant without a person.
    None,
}

/// Whether the port of a loopback redirect URI is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PortRule {
    /// Any port is taken, as RFC 8252 §7.3 demands. Registered without a port.
    Any,
    /// The port is compared with the registered one: always 17171, unless the user says another.
    Exact,
}

impl Default for Redirect {
    fn default() -> Self {
        Self {
            rule: RedirectRule::Loopback,
            host: "127.0.0.1".into(),
            port: PortRule::Any,
            path: "/callback".into(),
            paste: None,
            register: true,
        }
    }
}

impl Redirect {
    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// What is wrong with it, by key.
    pub(super) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if !["127.0.0.1", "[::1]", "localhost"].contains(&self.host.as_str()) {
            found.push(("redirect.host", "it is 127.0.0.1, [::1] or localhost".into()));
        }
        if !self.path.starts_with('/') || self.path.contains(['?', '#', ' ']) {
            found.push(("redirect.path", "it is a path, from its `/` on".into()));
        }
        if self.paste.as_ref().is_some_and(|uri| uri.contains(|c: char| c.is_control() || c == ' ')) {
            found.push(("redirect.paste", "it is a URI, `oob`, or empty".into()));
        }
        found
    }
}

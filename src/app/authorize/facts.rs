//! What a login learns besides its tokens: the API's address, sites, organizations. It is kept in the credential.

use serde_json::{Map, Value};

use crate::model::{AccessToken, Server, endpoint, host};
use crate::protocol::{self, Channel, Userinfo};
use crate::provider::filled;

/// A longer fact than this is not kept, in bytes of its JSON.
const LONGEST: usize = 2048;

/// What is known so far, and the server with the places filled in that wait for it.
pub(super) struct Facts {
    pub(super) server: Server,
    pub(super) metadata: Map<String, Value>,
}

impl Facts {
    /// What the token answer told, by JSON pointer.
    pub(super) fn of_answer(server: &Server, learnt: &Map<String, Value>) -> Self {
        let mut facts = Self { server: server.clone(), metadata: Map::new() };
        facts.keep("token:", |pointer| learnt.get(pointer).cloned());
        facts
    }

    pub(super) fn of_userinfo(&mut self, userinfo: Option<&Map<String, Value>>) {
        let Some(members) = userinfo else { return };
        let whole = Value::Object(members.clone());
        self.keep("userinfo:", |pointer| whole.pointer(pointer).cloned());
    }

    /// Asks what the token reaches. An answer that does not come is told by what is [`Self::unlearnt`]: the login itself
    /// is good.
    pub(super) fn of_resources(&mut self, channel: &Channel<'_>, token: &AccessToken) {
        let server = self.server.clone();
        let channel = Channel { server: &server, ..*channel };
        if let Ok(Some(Userinfo::Known(members))) = protocol::resources(&channel, token) {
            let whole = Value::Object(members);
            self.keep("resources:", |pointer| whole.pointer(pointer).cloned());
        }
        // What still has a gap leads nowhere.
        for place in
            [&mut self.server.api_base, &mut self.server.userinfo_endpoint, &mut self.server.resources_endpoint]
        {
            *place = place.take().filter(|url| !url.contains('{'));
        }
    }

    /// The names of facts that the entry promises and that nobody told.
    pub(super) fn unlearnt(&self) -> Vec<String> {
        self.server.metadata.keys().filter(|name| !self.metadata.contains_key(*name)).cloned().collect()
    }

    fn keep(&mut self, source: &str, get: impl Fn(&str) -> Option<Value>) {
        let wanted = self.server.metadata.iter().filter_map(|(name, place)| Some((name, place.strip_prefix(source)?)));
        let found = wanted.filter_map(|(name, pointer)| Some((name.clone(), get(pointer)?)));
        self.metadata.extend(found.filter(|(_, value)| !value.is_null() && value.to_string().len() <= LONGEST));
        let server = &mut self.server;
        for place in [&mut server.api_base, &mut server.userinfo_endpoint, &mut server.resources_endpoint] {
            *place = place.take().map(|url| completed(&url, &self.metadata, &server.api_hosts));
        }
    }
}

/// The address with its gaps filled, where all of them are known and it leads to a host that tokens may be sent to.
fn completed(url: &str, metadata: &Map<String, Value>, hosts: &[String]) -> String {
    if !url.contains('{') {
        return url.to_owned();
    }
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let whole = filled(url, &metadata.iter().map(|(name, value)| (name.clone(), word(value))).collect());
    let leads = endpoint::check_written(&whole).is_ok_and(|url| hosts.iter().any(|own| host::names(own, &url)));
    if leads && !whole.contains('{') { whole } else { url.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server() -> Server {
        serde_json::from_value(json!({
            "name": "X", "authorization_endpoint": "", "token_endpoint": "", "token_endpoint_auth_method": "none",
            "api_base": "{instance_url}", "api_hosts": ["*.salesforce.example"],
            "metadata": {"instance_url": "token:/instance_url", "dc": "userinfo:/dc"}
        }))
        .unwrap()
    }

    fn learnt(url: &str) -> Facts {
        Facts::of_answer(&server(), json!({"/instance_url": url}).as_object().unwrap())
    }

    #[test]
    fn the_api_is_where_the_answer_says_on_the_providers_own_hosts_only() {
        let facts = learnt("https://acme.my.salesforce.example");
        assert_eq!(facts.server.api_base.as_deref(), Some("https://acme.my.salesforce.example"));
        assert_eq!(facts.metadata["instance_url"], "https://acme.my.salesforce.example");
        for hostile in [
            "https://evil.example",
            "https://salesforce.example.evil.example",
            "https://evilsalesforce.example",
            "http://a.salesforce.example",
            "https://u:p@a.salesforce.example",
            "https://.salesforce.example",
            "https://a.salesforce.example:8443",
        ] {
            assert_eq!(learnt(hostile).server.api_base.as_deref(), Some("{instance_url}"), "{hostile}");
        }
    }

    #[test]
    fn what_nobody_told_is_named() {
        let mut facts = learnt("https://acme.salesforce.example");
        assert_eq!(facts.unlearnt(), ["dc"]);
        facts.of_userinfo(json!({"dc": "us6"}).as_object());
        assert!(facts.unlearnt().is_empty());
    }
}

//! What is wrong with a record of a server that somebody else has written: it is held to what an entry is held to, with
//! every template filled in.

use serde_json::Value;

use super::Server;
use crate::model::Mint;
use crate::model::rules::{self, Mistake};

impl Server {
    /// The first thing that is wrong: the key, and what it is.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        let mistakes = [
            Self::text_mistake,
            Self::endpoint_mistake,
            Self::host_mistake,
            Self::name_mistake,
            Self::fact_mistake,
            Self::mint_mistake,
        ];
        mistakes.iter().find_map(|mistake| mistake(self)).or_else(|| self.quirks.mistakes().into_iter().next())
    }

    /// No text holds anything that a header line would act on.
    fn text_mistake(&self) -> Option<Mistake> {
        let record = serde_json::to_value(self).expect("a server's record is JSON");
        let Value::Object(members) = record else { return None };
        let wrong = members.iter().find(|(_, value)| has_control(value));
        wrong.map(|(key, _)| (key.clone(), "it holds control characters".into()))
    }

    fn endpoint_mistake(&self) -> Option<Mistake> {
        let always = [
            // A grant without a browser has no use for the first, a static token none for either.
            ("authorization_endpoint", Some(&self.authorization_endpoint).filter(|url| !url.is_empty())),
            ("token_endpoint", Some(&self.token_endpoint).filter(|url| !url.is_empty())),
            ("issuer", self.issuer.as_ref()),
            ("refresh_endpoint", self.refresh_endpoint.as_ref()),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("introspection_endpoint", self.introspection_endpoint.as_ref()),
            ("pushed_authorization_request_endpoint", self.pushed_authorization_request_endpoint.as_ref()),
        ];
        let learnt = [
            ("userinfo_endpoint", &self.userinfo_endpoint),
            ("resources_endpoint", &self.resources_endpoint),
            ("api_base", &self.api_base),
        ];
        let learnt = learnt.into_iter().filter_map(|(key, url)| Some((key, self.as_far_as_known(url.as_ref()?)?)));
        let aliases = self.mtls_endpoint_aliases.values().map(|url| ("mtls_endpoint_aliases", url));
        let urls = always.into_iter().filter_map(|(key, url)| Some((key, url?)));
        urls.chain(aliases)
            .map(|(key, url)| (key, url.clone()))
            .chain(learnt)
            .find_map(|(key, url)| rules::endpoint_mistake(key, &url))
            .or_else(|| rules::page_mistake("applications_url", self.applications_url.as_ref()))
    }

    /// An address of which an answer has still to tell a part, with a harmless word in its place. One of which nothing is
    /// known before is no address yet, and used as none.
    fn as_far_as_known(&self, url: &str) -> Option<String> {
        let open: Vec<_> = self.metadata.keys().map(|name| format!("{{{name}}}")).collect();
        let is_unknown = open.iter().any(|part| url.starts_with(part));
        (!is_unknown).then(|| open.iter().fold(url.to_owned(), |url, part| url.replace(part, "x")))
    }

    fn host_mistake(&self) -> Option<Mistake> {
        let lists =
            [("api_hosts", &self.api_hosts), ("git_hosts", &self.git_hosts), ("registry_hosts", &self.registry_hosts)];
        let mut wrong =
            lists.into_iter().flat_map(|(key, hosts)| rules::host_mistakes(key, hosts, |host| (host.to_owned(), true)));
        wrong.next()
    }

    fn name_mistake(&self) -> Option<Mistake> {
        let tables = [("token_parameters", &self.token_parameters), ("refresh_parameters", &self.refresh_parameters)];
        let wrong = self.token_env.as_ref().filter(|name| !rules::is_variable(name));
        let variable = wrong.map(|_| ("token_env".to_owned(), "it is no name of a variable for a token".to_owned()));
        variable
            .or_else(|| tables.into_iter().find_map(|(key, table)| rules::parameter_mistake(key, table.keys())))
            .or_else(|| rules::grace_mistake(self.refresh_grace))
    }

    fn fact_mistake(&self) -> Option<Mistake> {
        rules::field_mistake("account_field", self.account_field.as_ref())
            .or_else(|| rules::field_mistake("subject_field", self.subject_field.as_ref()))
            .or_else(|| self.metadata.iter().find_map(|(name, source)| rules::fact_mistake(name, source)))
    }

    fn mint_mistake(&self) -> Option<Mistake> {
        let wrong = match self.mint.as_ref()? {
            Mint::Installation { access_tokens_url } => {
                return rules::endpoint_mistake("mint.access_tokens_url", access_tokens_url);
            }
            Mint::TokenExchange { subject_token, .. } => subject_token.mistake(),
            _ => None,
        };
        wrong.map(|what| ("mint.subject_token".into(), what.into()))
    }
}

fn has_control(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(char::is_control),
        Value::Array(values) => values.iter().any(has_control),
        Value::Object(members) => {
            members.iter().any(|(name, value)| name.contains(char::is_control) || has_control(value))
        }
        _ => false,
    }
}

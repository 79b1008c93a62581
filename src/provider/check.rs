//! What a parser cannot see: whether an entry makes sense, and sends no secret astray. Every mistake is found at once.

use std::collections::BTreeSet;

use super::definition::{Entry, RefreshPolicy};
use super::{Error, check_name};
use crate::model::rules::{self, Mistake};
use crate::model::{Scopes, text};

impl Entry {
    /// Holds the entry to its form. `text` is what it was read from, to name the lines of its mistakes.
    pub(crate) fn check(&self, origin: &str, text: Option<&str>) -> Result<(), Error> {
        let mistakes: Vec<String> = self
            .mistakes()
            .into_iter()
            .map(|(key, what)| match text.and_then(|text| line_of(text, &key)) {
                Some(line) => format!("{origin}:{line}: `{key}`: {what}"),
                None => format!("{origin}: `{key}`: {what}"),
            })
            .collect();
        if mistakes.is_empty() { Ok(()) } else { Err(Error::Invalid { origin: origin.to_owned(), mistakes }) }
    }

    fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        self.check_text(&mut found);
        self.check_endpoints(&mut found);
        self.check_hosts(&mut found);
        self.check_names(&mut found);
        self.check_facts(&mut found);
        found.extend(self.quirks.mistakes());
        found.extend(self.capability_mistakes());
        found.extend(self.login_ends.mistakes());
        found.extend(self.redirect.mistakes().into_iter().map(|(key, what)| (key.to_owned(), what)));
        found
    }

    /// No text holds anything that a terminal or a header line would act on.
    fn check_text(&self, found: &mut Vec<Mistake>) {
        let Ok(table) = toml::Table::try_from(self) else { return };
        walk(&toml::Value::Table(table), "", &mut |key, words| {
            if words.chars().any(char::is_control) {
                found.push((key.to_owned(), "it holds control characters".into()));
            }
        });
        if self.name.trim().is_empty() {
            found.push(("name".into(), "it is empty".into()));
        }
    }

    fn check_endpoints(&self, found: &mut Vec<Mistake>) {
        for (key, url) in self.urls() {
            let learnt =
                url.starts_with('{') && templates(url).first().is_some_and(|name| self.metadata.contains_key(*name));
            // One is found when an account is connected, the other is judged then.
            if url.is_empty() && self.discovery && self.issuer.is_some() || learnt {
                continue;
            }
            if url.is_empty() {
                found.push((key.into(), "it is missing".into()));
            } else {
                found.extend(rules::endpoint_mistake(key, &without_templates(url)));
            }
        }
        if self.discovery && self.issuer.is_none() {
            found.push(("issuer".into(), "it is missing, and `discovery` needs it".into()));
        }
        let pages = [
            ("console_url", &self.console_url),
            ("applications_url", &self.applications_url),
            ("tokens_url", &self.tokens_url),
        ];
        for (key, url) in pages {
            found.extend(rules::page_mistake(key, url.as_ref()));
        }
        let learnt = ["api_base", "userinfo_endpoint", "resources_endpoint"];
        for (key, url) in self.urls() {
            for name in templates(url) {
                let known = self.variables.contains_key(name)
                    || name == "client_id"
                    || self.metadata.contains_key(name) && learnt.contains(&key);
                if !known {
                    found.push((key.into(), format!("`{{{name}}}` is no variable of this entry")));
                }
            }
        }
    }

    fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let always = [
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("issuer", self.issuer.as_ref()),
            ("refresh_endpoint", self.refresh_endpoint.as_ref()),
            ("device_authorization_endpoint", self.device_authorization_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("introspection_endpoint", self.introspection_endpoint.as_ref()),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
            ("pushed_authorization_request_endpoint", self.pushed_authorization_request_endpoint.as_ref()),
            ("registration_endpoint", self.registration_endpoint.as_ref()),
            ("resources_endpoint", self.resources_endpoint.as_ref()),
            ("api_base", self.api_base.as_ref()),
        ];
        let aliases = self.mtls_endpoint_aliases.values().map(|url| ("mtls_endpoint_aliases", url.as_str()));
        always.into_iter().filter_map(|(key, url)| Some((key, url?.as_str()))).chain(aliases)
    }

    fn check_hosts(&self, found: &mut Vec<Mistake>) {
        let lists =
            [("api_hosts", &self.api_hosts), ("git_hosts", &self.git_hosts), ("registry_hosts", &self.registry_hosts)];
        for (key, hosts) in lists {
            found.extend(rules::host_mistakes(key, hosts, |host| (without_templates(host), !host.contains('{'))));
        }
    }

    fn check_names(&self, found: &mut Vec<Mistake>) {
        let mut seen = BTreeSet::new();
        for alias in &self.aliases {
            if check_name(alias).is_err() {
                found.push(("aliases".into(), format!("`{}` cannot be a name", text::shown(alias))));
            } else if !seen.insert(alias) {
                found.push(("aliases".into(), format!("`{alias}` is there twice")));
            }
        }
        let scopes: Scopes =
            self.identity_scopes.iter().chain(&self.offline_scopes).chain(self.scopes.keys()).collect();
        if let Some(scope) = scopes.malformed() {
            found.push(("scopes".into(), format!("`{}` is no scope", text::shown(scope))));
        }
        if self.token_env.as_ref().is_some_and(|name| !rules::is_variable(name)) {
            found.push(("token_env".into(), "it is no name of a variable".into()));
        }
        for name in self.variables.keys().chain(self.metadata.keys()) {
            if !rules::is_key(name) {
                found.push(("variables".into(), format!("`{}` is no name", text::shown(name))));
            }
        }
        let tables = [
            ("authorization_parameters", &self.authorization_parameters),
            ("token_parameters", &self.token_parameters),
            ("refresh_parameters", &self.refresh_parameters),
        ];
        for (key, table) in tables {
            found.extend(rules::parameter_mistake(key, table.keys()));
        }
    }

    fn check_facts(&self, found: &mut Vec<Mistake>) {
        for (key, pointer) in [("account_field", &self.account_field), ("subject_field", &self.subject_field)] {
            found.extend(rules::field_mistake(key, pointer.as_ref()));
        }
        found.extend(self.metadata.iter().filter_map(|(name, source)| rules::fact_mistake(name, source)));
        found.extend(rules::grace_mistake(self.refresh_grace));
        if self.refresh_policy == Some(RefreshPolicy::Window) && self.refresh_grace.is_none() {
            found.push(("refresh_policy".into(), "`window` needs `refresh_grace`".into()));
        }
        let confidences = ["high", "medium", "low"];
        if self.confidence.as_ref().is_some_and(|sure| !confidences.contains(&sure.as_str())) {
            found.push(("confidence".into(), "it is high, medium or low".into()));
        }
    }
}

fn walk(value: &toml::Value, key: &str, see: &mut impl FnMut(&str, &str)) {
    match value {
        toml::Value::String(words) => see(key, words),
        toml::Value::Array(list) => list.iter().for_each(|value| walk(value, key, see)),
        toml::Value::Table(table) => {
            for (name, value) in table {
                let inner = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                see(key, name);
                walk(value, &inner, see);
            }
        }
        _ => {}
    }
}

/// The line, from 1, on which a key stands: `key = …`, or `[table]` for what stands nowhere by itself.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let (table, last) = key.rsplit_once('.').unwrap_or(("", key));
    let mut inside = String::new();
    let mut heading = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.clone_into(&mut inside);
            if inside == key || inside == table || inside.starts_with(&format!("{key}.")) {
                heading = heading.or(Some(at + 1));
            }
        }
        let found = line.split_once('=').map(|(name, _)| name.trim().trim_matches('"'));
        if inside == table && found == Some(last) {
            return Some(at + 1);
        }
    }
    heading
}

/// The names between braces.
fn templates(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

/// The text with a harmless word in every template's place, so that it can be held to the rules for URLs.
fn without_templates(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        plain.push('x');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "X"
authorization_endpoint = "https://{domain}/authorize"
token_endpoint = "https://{domain}/token"
[variables.domain]
about = "your domain"
"#;

    const HOST: &str = "api_hosts = [\"api.x.example\"]";

    /// The mistakes of the good entry with more lines before or after it.
    fn mistakes(before: &str, after: &str) -> Vec<String> {
        let text = format!("{before}\n{GOOD}\n{after}");
        let checked = Entry::parse(&text, "mine").and_then(|entry| entry.check("mine", Some(&text)));
        match checked {
            Ok(()) => vec![],
            Err(Error::Invalid { mistakes, .. }) => mistakes,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_good_entry_has_no_mistakes() {
        assert!(mistakes("", "").is_empty());
        assert!(mistakes("api_hosts = [\"*.{domain}\", \"api.x.example\"]", "").is_empty());
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_key() {
        let cases = [
            ("token_end = 1", "", "mine:1: unknown field `token_end`"),
            ("refresh_endpoint = \"http://a.example/x\"", "", "mine:1: `refresh_endpoint`: http is taken"),
            ("refresh_endpoint = \"https://u:p@a.example/x\"", "", "mine:1: `refresh_endpoint`: it holds a user"),
            ("userinfo_endpoint = \"ftp://a.example\"", "", "mine:1: `userinfo_endpoint`: its scheme"),
            ("userinfo_endpoint = \"https://{doman}/x\"", "", "mine:1: `userinfo_endpoint`: `{doman}` is no variable"),
            ("notes = [\"a\\u001b[2J\"]", "", "mine:1: `notes`: it holds control characters"),
            ("api_hosts = [\"*\"]", "", "mine:1: `api_hosts`: `*` is no host"),
            ("api_hosts = [\"*.com\"]", "", "mine:1: `api_hosts`: `*.com` is no host"),
            ("aliases = [\"a\", \"a\"]", "", "mine:1: `aliases`: `a` is there twice"),
            ("aliases = [\"../a\"]", "", "mine:1: `aliases`: `../a` cannot be a name"),
            ("token_env = \"LD_PRELOAD\"", "", "mine:1: `token_env`"),
            ("account_field = \"email\"", "", "mine:1: `account_field`"),
            ("refresh_policy = \"window\"", "", "mine:1: `refresh_policy`"),
            ("", "[metadata]\nx = \"token:/refresh_token\"", "mine:10: `metadata.x`"),
            ("", "[token_parameters]\nclient_secret = \"x\"", "mine:10: `token_parameters.client_secret`"),
            ("", "[login_ends]\nwhen = \"x\"", "mine:10: `login_ends.when`"),
            ("", "[login_ends]\nunused_days = 0", "mine:10: `login_ends.unused_days`"),
            ("", "[capabilities]\nx = \"DELETE https://x.example/\"", "mine:10: `capabilities.x`: it is `GET`"),
            ("", "[capabilities]\nx = \"GET /a\"", "mine:10: `capabilities.x`: a path needs"),
            (
                HOST,
                "[capabilities]\n\"read mail\" = \"GET https://evil.example/\"",
                "mine:10: `capabilities.read mail`: `evil",
            ),
            (HOST, "[capabilities]\nx = \"GET http://api.x.example/\"", "mine:10: `capabilities.x`: http is"),
            (HOST, "[capabilities]\nx = \"GET /{domain}\"", "mine:10: `capabilities.x`: it holds a variable"),
            ("", "[redirect]\nhost = \"0.0.0.0\"", "mine:10: `redirect.host`"),
            ("", "[quirks]\ntoken_header = \"X-Token\"", "mine:10: `quirks.token_header`"),
            ("", "[quirks.headers]\nHost = \"x\"", "mine:10: `quirks.headers.Host`"),
            ("", "[quirks.error_codes]\nBAD = \"gone\"", "mine:10: `quirks.error_codes.BAD`"),
        ];
        for (before, after, start) in cases {
            let found = mistakes(before, after);
            assert!(found.len() == 1 && found[0].starts_with(start), "{start}: {found:?}");
        }
    }

    #[test]
    fn a_missing_endpoint_is_named_and_all_mistakes_are_told_at_once() {
        let text = "name = \" \"\ntoken_endpoint = \"x\"\n";
        let Err(Error::Invalid { mistakes, .. }) = Entry::parse(text, "mine").unwrap().check("mine", Some(text)) else {
            panic!()
        };
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert!(mistakes.iter().any(|line| line == "mine: `authorization_endpoint`: it is missing"), "{mistakes:?}");
        assert!(mistakes.iter().any(|line| line.starts_with("mine:2: `token_endpoint`")), "{mistakes:?}");
    }
}

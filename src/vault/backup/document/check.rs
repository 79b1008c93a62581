//! Whether a backup holds what this program can have written. Whoever knows a public key can make one: nothing of it may
//! reach a shell, a terminal, an environment or a server that an entry could not send there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Backup, Malformed, Plain, SavedClient, SavedCredential};
use crate::model::credential::IMPORTED_FROM;
use crate::model::text::{is_plain, shown, whole};
use crate::model::{Kind, Scopes, Server, Timestamp, endpoint, rules};

/// More tokens than this nobody stores one after the other.
const MOST_GENERATIONS: i64 = 1 << 40;
/// The longest name of a tenant, in bytes.
const LONGEST_TENANT: usize = 128;

/// The member that is wrong, and what is.
type Wrong = (String, String);

impl Backup {
    /// Makes harmless what is only shown, and refuses what else cannot be right.
    pub(super) fn held_to_its_form(mut self) -> Result<Self, Malformed> {
        self.made_by = whole(&self.made_by);
        for own in &mut self.credentials {
            own.created_by = whole(&own.created_by);
            own.reauth = own.reauth.take().map(|reason| whole(&reason));
            own.server.name = whole(&own.server.name);
        }
        for own in &mut self.clients {
            own.server.name = whole(&own.server.name);
        }
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<(), Malformed> {
        check_time("made_at", self.made_at).map_err(|wrong| Malformed::wrong("the backup", wrong))?;
        let mut seen = BTreeSet::new();
        for own in &self.credentials {
            check_names(&own.tenant, &own.provider)?;
            check_name(&own.account)?;
            let label = || format!("{} {}", own.provider, own.account);
            if !seen.insert((&own.tenant, &own.provider, own.account.to_ascii_lowercase())) {
                return Err(Malformed::Twice(label()));
            }
            own.check_secrets().map_err(|()| Malformed::NoSecret(label()))?;
            own.check().map_err(|wrong| Malformed::wrong(&label(), wrong))?;
        }
        let mut seen = BTreeSet::new();
        for own in &self.clients {
            check_names(&own.tenant, &own.provider)?;
            check_name(&own.name)?;
            let label = || format!("the client registered for {}", own.provider);
            if !seen.insert((&own.tenant, &own.provider, &own.client_id)) {
                return Err(Malformed::Twice(label()));
            }
            own.check().map_err(|wrong| Malformed::wrong(&label(), wrong))?;
        }
        Ok(())
    }
}

impl SavedCredential {
    fn check_secrets(&self) -> Result<(), ()> {
        let words = [&self.access_token, &self.refresh_token, &self.proof_key];
        let fit = words.into_iter().flatten().all(Plain::is_a_token)
            && self.client_secret.as_ref().is_none_or(Plain::is_a_secret);
        if fit { Ok(()) } else { Err(()) }
    }

    fn check(&self) -> Result<(), Wrong> {
        check_server(&self.server)?;
        if self.kind == Kind::Machine && self.server.mint.is_none() {
            return wrong("server.mint", "it is missing, and `machine` needs it");
        }
        let texts = [("client_id", &self.client_id), ("token_type", &self.token_type)];
        check_texts(texts.into_iter())?;
        check_scopes("requested", &self.requested)?;
        check_pairs("parameters", &self.parameters)?;
        if let Some(mistake) = rules::parameter_mistake("parameters", self.parameters.keys()) {
            return Err(mistake);
        }
        check_variables(&self.variables)?;
        // What a provider said freely (subject, granted scopes, the other facts) keeps no backup out, and is escaped
        // wherever it is shown.
        let tool = self.metadata.get(IMPORTED_FROM);
        if tool.is_some_and(|tool| !tool.as_str().is_some_and(is_plain)) {
            return wrong("metadata.imported_from", "it is no name of a tool");
        }
        self.check_numbers()
    }

    fn check_numbers(&self) -> Result<(), Wrong> {
        if !(1..=MOST_GENERATIONS).contains(&self.generation) {
            return wrong("generation", "no store counts so");
        }
        let always = [
            ("issued_at", Some(self.issued_at)),
            ("authorized_at", Some(self.authorized_at)),
            ("created_at", Some(self.created_at)),
            ("updated_at", Some(self.updated_at)),
            ("last_refreshed_at", self.last_refreshed_at),
            ("last_used_at", self.last_used_at),
        ];
        always.into_iter().try_for_each(|(member, time)| time.map_or(Ok(()), |time| check_time(member, time)))?;
        // A server may name a time that no calendar has.
        let ends = [("expires_at", self.expires_at), ("refresh_expires_at", self.refresh_expires_at)];
        let early = ends.into_iter().find(|(_, end)| end.is_some_and(|end| end.0 < 0));
        early.map_or(Ok(()), |(member, _)| wrong(member, "no store has this time"))
    }
}

impl SavedClient {
    fn check(&self) -> Result<(), Wrong> {
        check_server(&self.server)?;
        check_texts([("client_id", &self.client_id)].into_iter())?;
        check_variables(&self.variables)?;
        check_time("updated_at", self.updated_at)?;
        let secrets = [&self.client_secret, &self.registration_access_token];
        if !secrets.into_iter().flatten().all(Plain::is_a_secret) {
            return wrong("client_secret", "it cannot be one");
        }
        let Some(own) = &self.registration else { return Ok(()) };
        check_texts([("registration.redirect_uri", &own.redirect_uri)].into_iter())?;
        let mistake = own.client_uri.as_ref().and_then(|url| rules::endpoint_mistake("registration.client_uri", url));
        mistake.map_or(Ok(()), Err)
    }
}

impl Plain {
    /// Nothing that could break a header or a line (RFC 6750 §2.1 takes less).
    fn is_a_token(&self) -> bool {
        let text = self.0.expose();
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// A word, or the lines of a key.
    fn is_a_secret(&self) -> bool {
        let text = self.0.expose();
        !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
    }
}

impl Malformed {
    fn wrong(of: &str, (member, what): Wrong) -> Self {
        Self::Member { of: shown(of), member: shown(&member), what }
    }
}

fn wrong<T>(member: &str, what: &str) -> Result<T, Wrong> {
    Err((member.to_owned(), what.to_owned()))
}

/// Tenants go into commands after an option, providers as a word of their own and into names of variables.
fn check_names(tenant: &str, provider: &str) -> Result<(), Malformed> {
    check_name(tenant)?;
    if tenant.starts_with('-') || tenant.len() > LONGEST_TENANT {
        return Err(Malformed::Name(shown(tenant)));
    }
    let address = || provider.contains("://") && endpoint::check(provider).is_ok();
    let plain = provider.bytes().all(|byte| byte.is_ascii_graphic());
    if rules::is_provider(provider) || plain && address() {
        return Ok(());
    }
    Err(Malformed::Name(shown(provider)))
}

fn check_name(name: &str) -> Result<(), Malformed> {
    let plain = !name.is_empty() && name.trim() == name && shown(name) == name;
    if plain { Ok(()) } else { Err(Malformed::Name(shown(name))) }
}

fn check_server(server: &Server) -> Result<(), Wrong> {
    server.mistake().map_or(Ok(()), |(key, what)| Err((format!("server.{key}"), what)))
}

fn check_texts<'a>(mut texts: impl Iterator<Item = (&'a str, &'a String)>) -> Result<(), Wrong> {
    let found = texts.find(|(_, text)| text.contains(char::is_control));
    found.map_or(Ok(()), |(member, _)| wrong(member, "it holds control characters"))
}

fn check_scopes(member: &str, scopes: &Scopes) -> Result<(), Wrong> {
    let fit = scopes.iter().all(|scope| is_plain(scope) && !scope.contains(char::is_whitespace));
    if fit { Ok(()) } else { wrong(member, "it holds what is no scope") }
}

fn check_pairs(member: &str, pairs: &BTreeMap<String, String>) -> Result<(), Wrong> {
    let fit = pairs.iter().all(|(name, value)| is_plain(name) && is_plain(value));
    if fit { Ok(()) } else { wrong(member, "it holds control characters") }
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Wrong> {
    check_pairs("variables", variables)?;
    let strange = variables.keys().find(|name| !rules::is_key(name));
    strange.map_or(Ok(()), |_| wrong("variables", "it holds a name that is none"))
}

fn check_time(member: &str, time: Timestamp) -> Result<(), Wrong> {
    if (0..=Timestamp::END.0).contains(&time.0) { Ok(()) } else { wrong(member, "no store has this time") }
}

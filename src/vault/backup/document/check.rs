//! What a store may hold: a backup is held to it before it is brought in, a credential and a registration before they are
//! kept, so that whatever is kept comes back out of a backup. Whoever knows a public key can make one: nothing of it may
//! reach a shell, a terminal, an environment or a server that an entry could not send there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Backup, Malformed, Plain, SavedClient, SavedCredential, Unfit};
use crate::model::credential::IMPORTED_FROM;
use crate::model::text::{is_plain, shown, whole};
use crate::model::{Kind, Scopes, Server, Timestamp, rules};

/// More tokens than this nobody stores one after the other.
const MOST_GENERATIONS: i64 = 1 << 40;

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
        check_time("made_at", self.made_at).map_err(|wrong| Unfit::member("the backup", wrong))?;
        let mut seen = BTreeSet::new();
        for own in &self.credentials {
            own.check()?;
            if !seen.insert((&own.tenant, &own.provider, own.account.to_ascii_lowercase())) {
                return Err(Malformed::Twice(own.label()));
            }
        }
        let mut seen = BTreeSet::new();
        for own in &self.clients {
            own.check()?;
            if !seen.insert((&own.tenant, &own.provider, &own.client_id)) {
                return Err(Malformed::Twice(own.label()));
            }
        }
        Ok(())
    }
}

impl SavedCredential {
    /// Whether a store may hold it.
    pub(in crate::vault::backup) fn check(&self) -> Result<(), Unfit> {
        check_names(&self.tenant, &self.provider)?;
        check_name(&self.account)?;
        self.check_secrets().map_err(|()| Unfit::Secret(shown(&self.label())))?;
        self.check_members().map_err(|wrong| Unfit::member(&self.label(), wrong))
    }

    fn label(&self) -> String {
        format!("{} {}", self.provider, self.account)
    }

    fn check_secrets(&self) -> Result<(), ()> {
        let words = [&self.access_token, &self.refresh_token, &self.proof_key];
        let fit = words.into_iter().flatten().all(Plain::is_a_token)
            && self.client_secret.as_ref().is_none_or(Plain::is_a_secret);
        if fit { Ok(()) } else { Err(()) }
    }

    fn check_members(&self) -> Result<(), Wrong> {
        check_server(&self.server)?;
        if self.kind == Kind::Machine && self.server.mint.is_none() {
            return wrong("server.mint", "it is missing, and `machine` needs it");
        }
        let texts = [("client_id", &self.client_id), ("token_type", &self.token_type)];
        check_texts(texts.into_iter())?;
        check_scopes("requested", &self.requested)?;
        if let Some(mistake) = rules::added_parameter_mistake("parameters", &self.parameters) {
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
    /// Whether a store may hold it.
    pub(in crate::vault::backup) fn check(&self) -> Result<(), Unfit> {
        check_names(&self.tenant, &self.provider)?;
        check_name(&self.name)?;
        self.check_members().map_err(|wrong| Unfit::member(&self.label(), wrong))
    }

    fn label(&self) -> String {
        format!("the client registered for {}", self.provider)
    }

    /// Without the way to delete it at its server, where there is none: it is for tidying up only.
    pub(in crate::vault::backup) fn tidied(mut self) -> Self {
        if let Some(own) = &mut self.registration {
            own.client_uri = own.client_uri.take().filter(|url| rules::endpoint_mistake("", url).is_none());
        }
        self.registration_access_token = self.registration_access_token.filter(Plain::is_a_token);
        self
    }

    fn check_members(&self) -> Result<(), Wrong> {
        check_server(&self.server)?;
        check_texts([("client_id", &self.client_id)].into_iter())?;
        check_variables(&self.variables)?;
        check_time("updated_at", self.updated_at)?;
        if !self.client_secret.as_ref().is_none_or(Plain::is_a_secret) {
            return wrong("client_secret", "it cannot be one");
        }
        if !self.registration_access_token.as_ref().is_none_or(Plain::is_a_token) {
            return wrong("registration_access_token", "it cannot be one");
        }
        let Some(own) = &self.registration else { return Ok(()) };
        check_texts([("registration.redirect_uri", &own.redirect_uri)].into_iter())?;
        let mistake = own.client_uri.as_ref().and_then(|url| rules::endpoint_mistake("registration.client_uri", url));
        mistake.map_or(Ok(()), Err)
    }
}

impl Plain {
    fn is_a_token(&self) -> bool {
        rules::is_token(self.0.expose())
    }

    fn is_a_secret(&self) -> bool {
        rules::is_client_secret(self.0.expose())
    }
}

impl Unfit {
    fn member(of: &str, (member, what): Wrong) -> Self {
        Self::Member { of: shown(of), member: shown(&member), what }
    }
}

fn wrong<T>(member: &str, what: &str) -> Result<T, Wrong> {
    Err((member.to_owned(), what.to_owned()))
}

/// Tenants go into commands after an option, providers as a word of their own and into names of variables.
fn check_names(tenant: &str, provider: &str) -> Result<(), Unfit> {
    let names = [(tenant, rules::is_tenant(tenant)), (provider, rules::is_provider_or_address(provider))];
    names.into_iter().try_for_each(|(name, fits)| if fits { Ok(()) } else { Err(Unfit::Name(shown(name))) })
}

fn check_name(name: &str) -> Result<(), Unfit> {
    if rules::is_name(name) { Ok(()) } else { Err(Unfit::Name(shown(name))) }
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

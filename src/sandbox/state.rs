//! Everything the server remembers: codes, tokens, device grants, what was counted and what was logged.
//!
//! Every token belongs to a family, the one authorization it descends from. What a family's end means is decided in
//! one place, [`State::access`] and [`State::refresh`] ask for it. Times are milliseconds of the Unix epoch and come
//! from the caller.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::Serialize;
use serde_json::Value;

use super::knobs::{Endpoint, Knobs, Reuse};
use super::message::Refusal;
use super::mint::Mint;
use crate::model::Scopes;

/// Requests the log keeps; the oldest leave first.
const LOGGED: usize = 10_000;
/// Milliseconds an authorization code lives (RFC 6749 §4.1.2 allows ten minutes at most).
const CODE_LIFE: u64 = 60_000;

pub(super) struct State {
    pub(super) knobs: Knobs,
    pub(super) counters: Counters,
    pub(super) log: VecDeque<Value>,
    pub(super) mint: Mint,
    codes: HashMap<String, (Code, Option<usize>)>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    /// A family's number is its place.
    families: Vec<Family>,
    devices: HashMap<String, Device>,
    /// Assertions that were used (`jti`).
    used: HashSet<String>,
}

#[derive(Default, Serialize)]
pub(super) struct Counters {
    /// Requests that arrived, the failed and the dropped among them.
    pub(super) requests: BTreeMap<Endpoint, u64>,
    /// The same at the token endpoint, by grant type.
    pub(super) grants: BTreeMap<String, u64>,
    /// Requests that met a fault.
    pub(super) faults: u64,
    pub(super) logins: u64,
    pub(super) denials: u64,
    /// Refresh requests granted.
    pub(super) refreshes: u64,
    /// Those of them with a spent token, within the grace time or where reuse is accepted.
    pub(super) spent_accepted: u64,
    pub(super) reuse_detections: u64,
    pub(super) families_revoked: u64,
    /// Revocation requests that ended something.
    pub(super) revocations: u64,
}

/// What an authorization code stands for (RFC 6749 §4.1.2).
#[derive(Clone)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) scope: Scopes,
    pub(super) nonce: Option<String>,
    pub(super) account: String,
    pub(super) issued: u64,
}

pub(super) struct Family {
    pub(super) client: String,
    /// None where no person took part.
    pub(super) account: Option<String>,
    pub(super) nonce: Option<String>,
    scope: Scopes,
    revoked: bool,
}

pub(super) struct Access {
    family: usize,
    pub(super) scope: Scopes,
    pub(super) expires: Option<u64>,
}

pub(super) struct Refresh {
    family: usize,
    pub(super) expires: Option<u64>,
    spent: Option<u64>,
}

struct Device {
    user_code: String,
    client: String,
    scope: Scopes,
    expires: u64,
    interval: u64,
    polled: Option<u64>,
    decision: Decision,
}

enum Decision {
    Pending,
    Denied,
    Allowed(String),
}

/// Fresh tokens and what their answer says of them.
pub(super) struct Issued {
    pub(super) family: usize,
    pub(super) access_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) scope: Scopes,
}

fn invalid_grant(why: &'static str) -> Refusal {
    Refusal("invalid_grant", why)
}

fn over(expires: Option<u64>, now: u64) -> bool {
    expires.is_some_and(|end| end <= now)
}

impl State {
    pub(super) fn new(knobs: Knobs, mint: Mint) -> Self {
        Self {
            knobs,
            mint,
            counters: Counters::default(),
            log: VecDeque::new(),
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            families: Vec::new(),
            devices: HashMap::new(),
            used: HashSet::new(),
        }
    }

    pub(super) fn record(&mut self, entry: Value) {
        if self.log.len() == LOGGED {
            self.log.pop_front();
        }
        self.log.push_back(entry);
    }

    pub(super) fn new_code(&mut self, code: Code) -> String {
        let text = self.mint.token("demo_code_");
        self.codes.insert(text.clone(), (code, None));
        text
    }

    /// Spends an authorization code. A second use ends what the first one gave (RFC 6749 §4.1.2). `right` says
    /// whether the request fits the code; one that does not spends it too.
    pub(super) fn redeem_code(
        &mut self,
        text: &str,
        right: impl FnOnce(&Code) -> Result<(), Refusal>,
        now: u64,
    ) -> Result<Issued, Refusal> {
        let Some((code, used)) = self.codes.get(text).cloned() else {
            return Err(invalid_grant("the code is unknown, or was used with a wrong request"));
        };
        if let Some(family) = used {
            self.counters.reuse_detections += 1;
            self.revoke_family(family);
            return Err(invalid_grant("the code was used before; its tokens are revoked"));
        }
        self.codes.remove(text);
        if code.issued + CODE_LIFE <= now {
            return Err(invalid_grant("the code is over"));
        }
        right(&code)?;
        let family = self.new_family(&code.client, Some(&code.account), &code.scope);
        self.families[family].nonce.clone_from(&code.nonce);
        self.codes.insert(text.to_owned(), (code, Some(family)));
        Ok(self.issue(family, None, true, now))
    }

    /// Whether an assertion of this name was not used before. One without a name never is.
    pub(super) fn first_use(&mut self, jti: &str) -> bool {
        !jti.is_empty() && self.used.insert(jti.to_owned())
    }

    /// Tokens without a code: for a client that acts for itself, which gets no refresh token (RFC 6749 §4.4.3).
    pub(super) fn client_tokens(&mut self, client: &str, scope: &Scopes, now: u64) -> Issued {
        let family = self.new_family(client, None, scope);
        self.issue(family, None, false, now)
    }

    /// Spends a refresh token (RFC 6749 §6; rotation: RFC 9700 §4.14.2). `scope` may only narrow what was granted.
    pub(super) fn refresh(
        &mut self,
        presented: &str,
        client: &str,
        scope: Option<Scopes>,
        now: u64,
    ) -> Result<Issued, Refusal> {
        let grace = self.knobs.grace_ms;
        let Some(token) = self.refresh.get_mut(presented) else {
            return Err(invalid_grant("the refresh token is unknown"));
        };
        let number = token.family;
        let family = &mut self.families[number];
        if family.client != client {
            return Err(invalid_grant("the refresh token belongs to another client"));
        }
        if family.revoked {
            return Err(invalid_grant("the refresh token is revoked"));
        }
        if over(token.expires, now) {
            return Err(invalid_grant("the refresh token is over"));
        }
        let reused = token.spent.is_some_and(|spent| now.saturating_sub(spent) >= grace);
        if reused && self.knobs.reuse != Reuse::Accept {
            return Err(self.reused(number));
        }
        if scope.as_ref().is_some_and(|wanted| !wanted.without(&family.scope).is_empty()) {
            return Err(Refusal("invalid_scope", "more than was granted"));
        }
        if let Some(account) = &self.knobs.refresh_account {
            family.account = Some(account.clone());
        }
        self.counters.spent_accepted += u64::from(token.spent.is_some());
        self.counters.refreshes += 1;
        let rotates = self.knobs.rotate && !self.knobs.omit_refresh_token;
        if rotates {
            token.spent.get_or_insert(now);
        }
        let mut issued = self.issue(number, scope, rotates, now);
        if !rotates && !self.knobs.omit_refresh_token {
            issued.refresh_token = Some(presented.to_owned());
        }
        Ok(issued)
    }

    fn reused(&mut self, family: usize) -> Refusal {
        self.counters.reuse_detections += 1;
        if self.knobs.reuse == Reuse::Refuse {
            return invalid_grant("the refresh token was spent before");
        }
        self.revoke_family(family);
        invalid_grant("the refresh token was spent before; the whole family is revoked")
    }

    fn new_family(&mut self, client: &str, account: Option<&str>, scope: &Scopes) -> usize {
        let scope = self.knobs.scope.as_deref().map_or_else(|| scope.clone(), Scopes::parse);
        let account = account.map(str::to_owned);
        self.families.push(Family { client: client.into(), account, scope, nonce: None, revoked: false });
        self.families.len() - 1
    }

    fn issue(&mut self, family: usize, scope: Option<Scopes>, refreshable: bool, now: u64) -> Issued {
        let granted = || self.families[family].scope.clone();
        let changed = self.knobs.scope.as_deref().map(Scopes::parse);
        let scope = changed.or(scope).unwrap_or_else(granted);
        let end = |ttl: Option<u64>| ttl.map(|seconds| now.saturating_add(seconds.saturating_mul(1000)));
        let (access_end, refresh_end) = (end(self.knobs.access_ttl), end(self.knobs.refresh_ttl));
        let access_token = self.mint.token("demo_at_");
        let access = Access { family, scope: scope.clone(), expires: access_end };
        self.access.insert(access_token.clone(), access);
        let refresh_token = refreshable.then(|| self.mint.token("demo_rt_"));
        if let Some(text) = &refresh_token {
            self.refresh.insert(text.clone(), Refresh { family, expires: refresh_end, spent: None });
        }
        Issued { family, access_token, refresh_token, scope }
    }

    pub(super) fn family(&self, number: usize) -> &Family {
        &self.families[number]
    }

    /// An access token that is good now.
    pub(super) fn access(&self, text: &str, now: u64) -> Option<(&Access, &Family)> {
        let access = self.access.get(text)?;
        let family = &self.families[access.family];
        (!family.revoked && !over(access.expires, now)).then_some((access, family))
    }

    /// A refresh token that would be taken now.
    pub(super) fn refresh_token(&self, text: &str, now: u64) -> Option<(&Refresh, &Family, &Scopes)> {
        let token = self.refresh.get(text)?;
        let family = &self.families[token.family];
        let good = !family.revoked && !over(token.expires, now) && token.spent.is_none();
        good.then_some((token, family, &family.scope))
    }

    fn revoke_family(&mut self, number: usize) {
        let family = &mut self.families[number];
        self.counters.families_revoked += u64::from(!family.revoked);
        family.revoked = true;
    }

    /// Revokes a token of `client` (RFC 7009 §2.1): a refresh token with its family, an access token alone. An
    /// unknown one is no error.
    pub(super) fn revoke(&mut self, text: &str, client: &str) -> Result<(), Refusal> {
        let owner = self.refresh.get(text).map(|token| token.family);
        let Some(number) = owner.or_else(|| self.access.get(text).map(|token| token.family)) else {
            return Ok(());
        };
        if self.families[number].client != client {
            return Err(Refusal("unauthorized_client", "the token was issued to another client"));
        }
        self.counters.revocations += 1;
        if self.access.remove(text).is_none() {
            self.revoke_family(number);
        }
        Ok(())
    }

    pub(super) fn revoke_all(&mut self) {
        (0..self.families.len()).for_each(|number| self.revoke_family(number));
    }

    /// Every access token given so far is over.
    pub(super) fn expire_access(&mut self) {
        self.access.clear();
    }

    /// Device and user code (RFC 8628 §3.2).
    pub(super) fn new_device(&mut self, client: &str, scope: Scopes, now: u64) -> (String, String) {
        let (device_code, user_code) = (self.mint.token("demo_dc_"), self.mint.user_code());
        let device = Device {
            user_code: user_code.clone(),
            client: client.into(),
            scope,
            expires: now.saturating_add(self.knobs.device_ttl.saturating_mul(1000)),
            interval: self.knobs.device_interval.saturating_mul(1000),
            polled: None,
            decision: Decision::Pending,
        };
        self.devices.insert(device_code.clone(), device);
        (device_code, user_code)
    }

    /// The person's word on a user code, `None` being a refusal. False when no such code waits.
    pub(super) fn decide_device(&mut self, user_code: &str, account: Option<&str>, now: u64) -> bool {
        let plain = |code: &str| code.replace(['-', ' '], "").to_ascii_uppercase();
        let waits = |device: &&mut Device| {
            plain(&device.user_code) == plain(user_code)
                && device.expires > now
                && matches!(device.decision, Decision::Pending)
        };
        let Some(device) = self.devices.values_mut().find(waits) else {
            return false;
        };
        device.decision = account.map_or(Decision::Denied, |name| Decision::Allowed(name.into()));
        true
    }

    /// One poll of the device grant (RFC 8628 §3.5).
    pub(super) fn redeem_device(&mut self, code: &str, client: &str, now: u64) -> Result<Issued, Refusal> {
        let Some(device) = self.devices.get_mut(code).filter(|device| device.client == client) else {
            return Err(invalid_grant("the device code is unknown"));
        };
        if device.expires <= now {
            return Err(Refusal("expired_token", "the device code is over"));
        }
        let hasty = device.polled.is_some_and(|last| now.saturating_sub(last) < device.interval);
        device.polled = Some(now);
        if hasty {
            device.interval = device.interval.saturating_add(5000);
            return Err(Refusal("slow_down", "polled before the interval had passed"));
        }
        if self.knobs.device_slow_downs > 0 {
            self.knobs.device_slow_downs -= 1;
            device.interval = device.interval.saturating_add(5000);
            return Err(Refusal("slow_down", "as it was told to"));
        }
        match &device.decision {
            Decision::Pending => Err(Refusal("authorization_pending", "nobody has decided yet")),
            Decision::Denied => Err(Refusal("access_denied", "the request was refused")),
            Decision::Allowed(account) => {
                let (account, scope) = (account.clone(), device.scope.clone());
                self.devices.remove(code);
                let family = self.new_family(client, Some(&account), &scope);
                Ok(self.issue(family, None, true, now))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::knobs::DEVICE_LIFE;
    use super::*;

    /// A family with its first tokens, given at time 0 to `demo`.
    fn granted(change: impl FnOnce(&mut Knobs)) -> (State, Issued) {
        let settings = crate::sandbox::tests::settings();
        let mut knobs = Knobs::new(&settings);
        change(&mut knobs);
        let mut state = State::new(knobs, Mint::new([1; 32]));
        let (code, _) = state.new_device("demo", Scopes::parse("read write"), 0);
        let (user_code, no_one) = (state.devices[&code].user_code.clone(), "demo");
        assert!(state.decide_device(&user_code, Some("alice"), 0));
        let issued = state.redeem_device(&code, no_one, 0).unwrap();
        (state, issued)
    }

    fn refreshed(state: &mut State, token: &str, now: u64) -> Result<String, &'static str> {
        state.refresh(token, "demo", None, now).map(|issued| issued.refresh_token.unwrap()).map_err(|refusal| refusal.0)
    }

    #[test]
    fn a_spent_refresh_token_ends_its_whole_family() {
        let (mut state, first) = granted(|_| {});
        let old = first.refresh_token.unwrap();
        let new = refreshed(&mut state, &old, 1).unwrap();
        assert_ne!(old, new);
        assert!(state.access(&first.access_token, 2).is_some());
        assert_eq!(refreshed(&mut state, &old, 2), Err("invalid_grant"));
        assert_eq!(refreshed(&mut state, &new, 3), Err("invalid_grant"), "its successor is dead too");
        assert!(state.access(&first.access_token, 3).is_none());
        assert_eq!((state.counters.reuse_detections, state.counters.families_revoked), (1, 1));
    }

    #[test]
    fn the_grace_time_counts_from_the_first_use() {
        let (mut state, first) = granted(|knobs| knobs.grace_ms = 100);
        let old = first.refresh_token.unwrap();
        refreshed(&mut state, &old, 1000).unwrap();
        assert!(refreshed(&mut state, &old, 1099).is_ok());
        assert_eq!(state.counters.spent_accepted, 1);
        assert_eq!(refreshed(&mut state, &old, 1100), Err("invalid_grant"));
    }

    #[test]
    fn a_refresh_may_narrow_the_scope_and_not_widen_it() {
        let (mut state, first) = granted(|_| {});
        let token = first.refresh_token.unwrap();
        let wider = state.refresh(&token, "demo", Some(Scopes::parse("read admin")), 1);
        assert_eq!(wider.map(|_| ()).unwrap_err().0, "invalid_scope");
        let narrow = state.refresh(&token, "demo", Some(Scopes::parse("read")), 1).unwrap();
        assert_eq!(narrow.scope.to_string(), "read");
        let next = state.refresh(&narrow.refresh_token.unwrap(), "demo", None, 1).unwrap();
        assert_eq!(next.scope.to_string(), "read write");
    }

    #[test]
    fn a_code_used_twice_ends_what_it_gave() {
        let (mut state, _) = granted(|_| {});
        let code = Code {
            client: "demo".into(),
            redirect_uri: String::new(),
            challenge: String::new(),
            scope: Scopes::default(),
            nonce: None,
            account: "alice".into(),
            issued: 0,
        };
        let (text, late) = (state.new_code(code.clone()), state.new_code(code));
        let issued = state.redeem_code(&text, |_| Ok(()), 1).unwrap();
        assert!(state.access(&issued.access_token, 1).is_some());
        assert!(state.redeem_code(&text, |_| Ok(()), 2).is_err());
        assert!(state.access(&issued.access_token, 2).is_none());
        assert!(state.redeem_code(&late, |_| Ok(()), CODE_LIFE).is_err(), "a code lives a minute");
    }

    #[test]
    fn revoking_an_access_token_spares_its_family_and_revoking_a_refresh_token_does_not() {
        let (mut state, first) = granted(|_| {});
        let token = first.refresh_token.unwrap();
        let second = state.refresh(&token, "demo", None, 1).unwrap();
        assert_eq!(state.revoke(&first.access_token, "demo-confidential").unwrap_err().0, "unauthorized_client");
        state.revoke(&first.access_token, "demo").unwrap();
        assert!(state.access(&first.access_token, 2).is_none() && state.access(&second.access_token, 2).is_some());
        state.revoke(&second.refresh_token.unwrap(), "demo").unwrap();
        assert!(state.access(&second.access_token, 3).is_none());
        state.revoke("unknown", "demo").unwrap();
        assert_eq!(state.counters.revocations, 2);
    }

    #[test]
    fn a_device_that_polls_too_fast_is_slowed_down() {
        let (mut state, _) = granted(|knobs| knobs.device_interval = 5);
        let (code, user_code) = state.new_device("demo", Scopes::default(), 0);
        let poll = |state: &mut State, now| state.redeem_device(&code, "demo", now).map_or_else(|no| no.0, |_| "ok");
        assert_eq!(poll(&mut state, 1000), "authorization_pending");
        assert_eq!(poll(&mut state, 5999), "slow_down");
        assert_eq!(poll(&mut state, 11_000), "slow_down", "the interval has grown to ten seconds");
        assert_eq!(poll(&mut state, 26_000), "authorization_pending");
        assert!(state.decide_device(&user_code.to_lowercase().replace('-', " "), Some("bob"), 26_000));
        assert!(!state.decide_device(&user_code, None, 26_000), "a decision is final");
        assert_eq!(poll(&mut state, 41_000), "ok");
        assert_eq!(poll(&mut state, 56_000), "invalid_grant");
    }

    #[test]
    fn a_device_learns_that_it_was_refused_or_forgotten() {
        let (mut state, _) = granted(|_| {});
        let (code, user_code) = state.new_device("demo", Scopes::default(), 0);
        let (forgotten, _) = state.new_device("demo", Scopes::default(), 0);
        assert!(state.decide_device(&user_code, None, 1));
        assert_eq!(state.redeem_device(&code, "demo", 1).map(|_| ()).unwrap_err().0, "access_denied");
        let late = DEVICE_LIFE * 1000;
        assert_eq!(state.redeem_device(&forgotten, "demo", late).map(|_| ()).unwrap_err().0, "expired_token");
    }
}

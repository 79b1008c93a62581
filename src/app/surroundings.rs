//! What `doctor` sees around the store: the environment, the keyring, the port, and the clock of a server.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::authorize::FIXED_PORT;
use super::doctor::{Findings, Looking, Mend, Outcome};
use super::{App, Error};
use crate::files;
use crate::http::{self, Request, header};
use crate::model::{Secret, Server, Timestamp};
use crate::provider::PortRule;
use crate::vault::{self, KeyError, Row, Source, Vault};

/// More seconds than this between two clocks make servers refuse what is signed here.
const DRIFT: i64 = 60;
/// With fewer bytes than this, a refresh may find no room for its answer.
const LEAST_ROOM: u64 = 4 << 20;
/// Variables that name a proxy.
pub(crate) const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The variable that names a proxy in a form that is not understood: it is passed over, and nothing goes through it.
pub(crate) fn unusable_proxy(variable: impl Fn(&str) -> Option<Secret>) -> Option<&'static str> {
    let is_odd = |name: &&str| variable(name).is_some_and(|value| http::proxy_address(value.expose()).is_none());
    PROXIES.into_iter().find(is_odd)
}

impl App {
    /// What needs no store.
    pub(super) fn look_around(&self, looking: Looking, found: &mut Findings) {
        self.look_at_proxies(looking.online, found);
        self.look_at_certificates(found);
        self.look_at_browser(looking.display, found);
    }

    /// Whether what the environment names is a proxy, and, where something may be sent, whether anything listens there.
    fn look_at_proxies(&self, online: bool, found: &mut Findings) {
        let set: Vec<_> = PROXIES.iter().filter_map(|name| Some((*name, (self.variables)(name)?))).collect();
        for (name, value) in &set {
            // Its value may hold a password.
            let trouble = match http::proxy_address(value.expose()) {
                None => "is no URL of a proxy".to_owned(),
                Some((host, port)) if online && !http::answers(&host, port) => {
                    format!("names {host}:{port}, where nothing listens")
                }
                Some(_) => continue,
            };
            found.add("proxy", Outcome::Notice(format!("{name} {trouble}"), Mend::Proxy(name)));
        }
        let words = match (set.is_empty(), online) {
            (true, _) => "none",
            (false, true) => "the environment names one, and something listens there",
            (false, false) => "the environment names one, in a form that is understood",
        };
        found.fine("proxy", words);
    }

    fn look_at_certificates(&self, found: &mut Findings) {
        let named = |name| Some((name, PathBuf::from((self.variables)(name)?.expose())));
        let file = named("SSL_CERT_FILE").map(|(name, path)| (name, no_certificates(&path), path));
        let dir = (self.variables)("SSL_CERT_DIR");
        let dirs = dir.iter().flat_map(|dirs| std::env::split_paths(dirs.expose()));
        let dirs = dirs.map(|path| ("SSL_CERT_DIR", fs::read_dir(&path).err().map(|error| error.to_string()), path));
        let all: Vec<_> = file.into_iter().chain(dirs).collect();
        for (name, trouble, path) in &all {
            if let Some(trouble) = trouble {
                let what = format!("{name}: {} {trouble}", path.display());
                found.add("certificates", Outcome::Notice(what, Mend::Certificates(name)));
            }
        }
        if all.iter().all(|(_, trouble, _)| trouble.is_none()) && !http::has_authorities() {
            let what = "none are there, so that no server beyond this machine can be known".to_owned();
            found.add("certificates", Outcome::Notice(what, Mend::Authorities));
        }
        let places: Vec<_> = all.iter().map(|(_, _, path)| path.display().to_string()).collect();
        let words =
            if places.is_empty() { "those of the system".into() } else { format!("those of {}", places.join(", ")) };
        found.fine("certificates", words);
    }

    fn look_at_browser(&self, display: bool, found: &mut Findings) {
        let Some(line) = (self.variables)("BROWSER") else {
            let words = if display { "one can be opened" } else { "none here: a login shows a code or an address" };
            return found.fine("browser", words);
        };
        let path = (self.variables)("PATH");
        let dirs: Vec<_> = path.iter().flat_map(|path| std::env::split_paths(path.expose())).collect();
        // A list, tried in this order; an absolute name replaces the directory it is joined to.
        let programs = line.expose().split(':').filter_map(|one| one.split_whitespace().next());
        let there = |program: &str| dirs.iter().any(|dir| dir.join(program).is_file());
        if programs.into_iter().any(there) {
            found.fine("browser", "the one that BROWSER names");
        } else {
            let what = "BROWSER names no program that is there".to_owned();
            found.add("browser", Outcome::Notice(what, Mend::Browser));
        }
    }

    /// Whether the keyring answers, and in what time, where the key is, or would be, in it.
    pub(super) fn look_at_keyring(&self, vault: Option<&Vault>, found: &mut Findings) -> Result<(), Error> {
        let recorded = vault.map(Vault::key_status).transpose()?.and_then(|status| status.source);
        if self.keys.given.is_some() || recorded.is_some_and(|source| source != Source::Keyring) {
            found.fine("keyring", "not needed: the key comes from elsewhere");
            return Ok(());
        }
        let begun = Instant::now();
        // A store that has its key needs that one, and no other place for a new one.
        let has_key = vault.is_some_and(Vault::has_key);
        let probed = self.keys.probe().map_err(|error| match error {
            vault::Error::NoKey(KeyError::NoPlace(error)) if has_key => vault::Error::NoKey(KeyError::Keyring(error)),
            error => error,
        });
        match probed {
            Ok(_) => {
                let took = begun.elapsed().as_millis();
                found.fine("keyring", format!("present and unlocked; one read took {took} ms"));
            }
            Err(error) => found.add("keyring", Outcome::Wrong(error.into())),
        }
        Ok(())
    }

    /// A store that can be read and not written gives tokens, until the first refresh; one that is not there yet could not be
    /// made.
    pub(super) fn look_for_room(&self, found: &mut Findings) {
        let above = self.home.database.ancestors().skip(1);
        let dir = above.into_iter().find(|dir| dir.exists()).unwrap_or(Path::new("/"));
        let places = [dir, &self.home.database].into_iter().filter(|path| path.exists());
        if let Some(path) = places.into_iter().find(|path| !files::can_be_written(path)) {
            let what = format!("{} cannot be written: no token can be refreshed or recorded", path.display());
            found.add("store", Outcome::Notice(what, Mend::Writable(path.to_owned())));
        }
        if let Some(left) = files::room(dir).filter(|left| *left < LEAST_ROOM) {
            let what = format!("{} lies on a disk that is full: {} KiB are left", dir.display(), left >> 10);
            found.add("store", Outcome::Notice(what, Mend::Room(dir.to_owned())));
        }
    }

    /// Clients without the secret that their provider demands.
    pub(super) fn look_at_clients(&self, vault: &Vault, rows: &[Row], found: &mut Findings) -> Result<(), Error> {
        let mut tenants: Vec<&str> = rows.iter().map(|row| row.credential.tenant.as_str()).collect();
        tenants.push(&self.tenant);
        tenants.sort_unstable();
        tenants.dedup();
        for tenant in tenants {
            for client in vault.clients(tenant, None)? {
                let entry = self.registry.find(&client.provider).ok().map(|provider| provider.entry);
                if !client.has_secret() && entry.is_some_and(|entry| !entry.public_client) {
                    let what = format!("{} wants a secret, and client {} has none", client.provider, client.name);
                    let (tenant, provider, client) = (tenant.to_owned(), client.provider, client.client_id);
                    found.add("clients", Outcome::Notice(what, Mend::Secret { tenant, provider, client }));
                }
            }
        }
        found.fine("clients", "each has the secret that its provider demands");
        Ok(())
    }

    /// The port that some providers compare exactly, where one of them is connected.
    pub(super) fn look_at_port(&self, rows: &[Row], found: &mut Findings) {
        let exact = |row: &&Row| {
            let provider = self.registry.find(&row.credential.provider);
            provider.is_ok_and(|provider| provider.entry.redirect.port == PortRule::Exact)
        };
        let Some(row) = rows.iter().find(exact) else {
            return found.fine("port", "no connected provider wants a fixed one");
        };
        match TcpListener::bind((Ipv4Addr::LOCALHOST, FIXED_PORT)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                let what =
                    format!("{FIXED_PORT} is taken, and {} lets no other serve a login", row.credential.provider);
                found.add("port", Outcome::Notice(what, Mend::Port(FIXED_PORT)));
            }
            // Another trouble is the login's to tell; it does not come from a neighbour.
            _ => found.fine("port", format!("{FIXED_PORT} is free")),
        }
    }

    /// The machine's clock against the `Date` of the first server that answers. Nothing of a credential is sent.
    pub(super) fn look_at_clock(&self, rows: &[Row], found: &mut Findings) {
        let mut asked: Vec<&str> = vec![];
        for row in rows.iter().filter(|row| row.credential.revoked_at.is_none()) {
            let url = row.credential.server.token_endpoint.as_str();
            if asked.contains(&url) {
                continue;
            }
            asked.push(url);
            let Some(theirs) = self.date_of(&row.credential.server) else { continue };
            let (ahead, name) = ((self.clock)().since(theirs), &row.credential.provider);
            if ahead.abs() <= DRIFT {
                return found.fine("clock", format!("right, by the server of {name}"));
            }
            let way = if ahead > 0 { "ahead of" } else { "behind" };
            let what = format!("{} s {way} the server of {name}", ahead.abs());
            return found.add("clock", Outcome::Notice(what, Mend::Clock));
        }
        let words =
            if asked.is_empty() { "not compared: nothing is connected" } else { "not compared: no server told" };
        found.fine("clock", words);
    }

    fn date_of(&self, server: &Server) -> Option<Timestamp> {
        let request = Request::get(&server.token_endpoint).body(vec![]).ok()?;
        let answer = self.http.send(request).ok()?;
        Timestamp::from_http_date(answer.headers().get(header::DATE)?.to_str().ok()?)
    }
}

/// Why a file holds no certificates.
fn no_certificates(path: &Path) -> Option<String> {
    match fs::read(path) {
        Err(error) => Some(format!("cannot be read: {error}")),
        Ok(text) if !text.windows(27).any(|part| part == b"-----BEGIN CERTIFICATE-----") => {
            Some("holds no certificate in PEM form".into())
        }
        Ok(_) => None,
    }
}

//! `demo`: the built-in authorization server, and a home of its own that goes with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{
    Agreement, App, ClientNeed, Connected, DevicePrompt, Error, GivenClient, KeySource, Login, NewProvider, Person,
    Typist, Visit,
};
use crate::callback::Signals;
use crate::files;
use crate::http::Http;
use crate::model::{Caller, Clock, Scopes};
use crate::provider::Registry;
use crate::sandbox::{self, Sandbox, Settings};
use crate::vault::{Given, Home, KeyAccess, KeyCache, Keyring, MasterKey};

/// The provider's name in the demo.
const NAME: &str = "demo";
/// Seconds a token lives in the demo: long enough to be read, short enough to be waited for.
const SHORT_LIFE: u64 = 4;
/// How long the demo waits for a person in a browser.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the server behaves.
#[derive(Clone, Debug)]
pub(crate) struct DemoSettings {
    /// 0: any.
    pub(crate) port: u16,
    /// Seconds an access token lives.
    pub(crate) access_ttl: u64,
    pub(crate) rotate: bool,
    /// Milliseconds for which a spent refresh token is still taken.
    pub(crate) grace_ms: u64,
    /// Whether its behaviour can be changed and watched over HTTP.
    pub(crate) control: bool,
}

/// The server alone, as long as this value lives.
pub(crate) struct DemoServer {
    sandbox: Sandbox,
}

/// The server, a home with a key of its own, and the use cases over both. Dropping it deletes the home.
pub(crate) struct Demo {
    pub(crate) app: App,
    server: DemoServer,
    home: PathBuf,
    /// Hears of a signal that would end the program, so that the home can be deleted first.
    signals: mpsc::Receiver<i32>,
}

impl DemoServer {
    pub(crate) fn start(settings: &DemoSettings) -> Result<Self, Error> {
        let DemoSettings { port, access_ttl, rotate, grace_ms, control } = *settings;
        let settings = Settings { port, access_ttl, refresh_ttl: None, rotate, grace_ms, control };
        Ok(Self { sandbox: Sandbox::start(settings)? })
    }

    pub(crate) fn issuer(&self) -> &str {
        self.sandbox.issuer()
    }

    /// The client that has no secret.
    pub(crate) fn client_id(&self) -> &'static str {
        sandbox::PUBLIC_CLIENT
    }
}

impl Demo {
    /// Starts the server and makes a home in `home`, which does not exist yet.
    pub(crate) fn start(home: &Path, clock: Clock, person: String) -> Result<Self, Error> {
        let settings = DemoSettings { port: 0, access_ttl: SHORT_LIFE, rotate: true, grace_ms: 0, control: false };
        let server = DemoServer::start(&settings)?;
        files::new_private_dir(home)?;
        let key = Given::Value(MasterKey::generate().encode());
        let app = App {
            home: Home {
                database: home.join("credentials.db"),
                locks: home.join("locks"),
                landing: home.join("landing"),
                uses: home.join("uses"),
                marks: home.join("marks"),
            },
            run_dir: home.join("run"),
            caller: Caller::default(),
            alarms: super::Alarms::default(),
            registry: Registry::new(&home.join("providers.d")),
            keys: KeyAccess {
                given: Some(key),
                cache: KeyCache::new(None),
                ask: |_| None,
                keyring: Keyring::new(None, Duration::ZERO),
            },
            tenant: "default".into(),
            clock,
            http: Http::new(Duration::from_secs(10)),
            person,
            variables: Box::new(|_| None),
            client_metadata_url: None,
        };
        Ok(Self { app, server, home: home.to_owned(), signals: Signals::watch() })
    }

    /// Ends the demo, with its home, when Ctrl-C or the like has come.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        self.signals.try_recv().map_or(Ok(()), |signal| Err(Error::Interrupted(signal)))
    }

    pub(crate) fn server(&self) -> &DemoServer {
        &self.server
    }

    /// Makes the server a provider of this home.
    pub(crate) fn add_provider(&self) -> Result<(), Error> {
        let new = NewProvider {
            name: NAME.into(),
            issuer: Some(self.server.issuer().to_owned()),
            identity_scopes: Scopes::parse("openid email"),
            ..NewProvider::default()
        };
        self.app.add_provider(&new).map(|_| ())
    }

    /// Connects an account: `person` visits the page, or the program does it as `account`.
    pub(crate) fn connect(&self, account: &str, person: Option<&mut dyn Person>) -> Result<Connected, Error> {
        let client = GivenClient { id: Some(self.server.client_id().into()), keep: true, ..GivenClient::default() };
        let browser = person.is_some();
        let login = Login { provider: NAME.into(), client, limit: Some(PATIENCE), browser, ..Login::default() };
        match person {
            Some(person) => self.app.authorize(&login, person),
            None => self.app.authorize(&login, &mut Itself { account: account.to_owned() }),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // A home that cannot be deleted holds nothing but demo tokens under a key that is gone.
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// The program as its own browser.
struct Itself {
    account: String,
}

impl Person for Itself {
    fn client(&mut self, _: &ClientNeed) -> Option<GivenClient> {
        None
    }

    fn key_was_chosen(&mut self, _: &KeySource, _: Option<Duration>) {}

    fn visit(&mut self, visit: &Visit<'_>, _: Typist) {
        let (url, account) = (visit.url.to_owned(), self.account.clone());
        let _ = thread::Builder::new().spawn(move || {
            // When the page does not answer, the login's own time limit says so.
            let _ = sandbox::sign_in(&url, &account, true).and_then(|redirect| sandbox::visit(&redirect));
        });
    }

    fn agree(&mut self, _: &Agreement<'_>) -> Option<bool> {
        None
    }

    fn not_the_answer(&mut self, _: &str) {}

    fn device(&mut self, _: &DevicePrompt<'_>) {}

    fn client_was_kept(&mut self) {}

    fn no_device(&mut self, _: &str) {}

    fn waiting(&mut self, _: Duration) {}
}

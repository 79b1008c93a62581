//! A credential store of keyring-core over the Secret Service: gnome-keyring, KDE Wallet, `KeePassXC` (Secret Service API
//! Draft, freedesktop.org).
//!
//! Nobody is asked: what is locked is an error, and a prompt that the service offers is not shown. The session is plain. A
//! key exchange would cost more than all the rest, and hide nothing from a process that may ask the service itself.
//!
//! "There is no such item" is said only when that is certain. Services hide what is locked, so the default collection
//! has to be there and open.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{Entry, Error as CoreError, Result as CoreResult};

use super::bus::{Connection, Deadline};
use super::wire::{Call, Malformed, Message, Reader, Writer};
use super::{APPLICATION, Error, Keyring, Place};

const BUS_NAME: &str = "org.freedesktop.secrets";
const SERVICE_PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// Stands for "no object" where a path is wanted.
const NOTHING: &str = "/";
/// The longest secret this store takes.
const MAX_SECRET: u16 = 4096;

/// The entry of `place`. What is done with it has to be done within the time limit that begins now.
pub(super) fn entry(keyring: &Keyring, place: &Place<'_>) -> Result<Entry, Error> {
    let Some(bus) = &keyring.bus else {
        return Err(Error::NoBus { cause: "there is none".to_owned() });
    };
    let store = Store::new(bus, Deadline::after(keyring.limit));
    Ok(store.build(APPLICATION, &place.user(), None)?)
}

/// The entry keeps the limit by itself.
pub(super) fn in_time<T>(_: Duration, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    work()
}

/// The Secret Service of one session bus.
#[derive(Debug)]
struct Store {
    bus: Arc<str>,
    deadline: Deadline,
}

impl Store {
    /// `bus` is a list of addresses (D-Bus Specification, "Server Addresses"). All that is done through this store has
    /// to be done by `deadline`.
    fn new(bus: &str, deadline: Deadline) -> Self {
        Self { bus: bus.into(), deadline }
    }
}

impl CredentialStoreApi for Store {
    fn vendor(&self) -> String {
        "Secret Service".to_owned()
    }

    fn id(&self) -> String {
        self.bus.to_string()
    }

    /// `user` is the id of a store and the id of a key, with a `/` between them. There are no modifiers.
    fn build(&self, service: &str, user: &str, modifiers: Option<&HashMap<&str, &str>>) -> CoreResult<Entry> {
        if modifiers.is_some_and(|modifiers| !modifiers.is_empty()) {
            return Err(CoreError::Invalid("modifiers".to_owned(), "this store has none".to_owned()));
        }
        let Some((store, key)) = user.split_once('/') else {
            return Err(CoreError::Invalid("user".to_owned(), "a store and a key are needed".to_owned()));
        };
        Ok(Entry::new_with_credential(Arc::new(Item {
            bus: Arc::clone(&self.bus),
            deadline: self.deadline,
            application: service.to_owned(),
            store: store.to_owned(),
            key: key.to_owned(),
        })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// What a master key is found by. Its attributes name it, so that it is specifier and wrapper in one.
#[derive(Debug)]
struct Item {
    bus: Arc<str>,
    deadline: Deadline,
    application: String,
    store: String,
    key: String,
}

impl CredentialApi for Item {
    fn set_secret(&self, secret: &[u8]) -> CoreResult<()> {
        if secret.len() > MAX_SECRET.into() {
            return Err(CoreError::TooLong("secret".to_owned(), MAX_SECRET.into()));
        }
        Ok(self.write(secret)?)
    }

    fn get_secret(&self) -> CoreResult<Vec<u8>> {
        self.read()?.ok_or(CoreError::NoEntry)
    }

    fn delete_credential(&self) -> CoreResult<()> {
        if self.delete()? { Ok(()) } else { Err(CoreError::NoEntry) }
    }

    fn get_credential(&self) -> CoreResult<Option<Arc<Credential>>> {
        let (_, item) = self.locate()?;
        item.map(|_| None).ok_or(CoreError::NoEntry)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        Some((self.application.clone(), format!("{}/{}", self.store, self.key)))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Item {
    /// Three waits: for the service to know us, for session and search, for the secret.
    fn read(&self) -> Result<Option<Vec<u8>>, Error> {
        let mut service = Service::open(&self.bus, self.deadline)?;
        let (session, found) = service.open_session(self)?;
        match service.single(found)? {
            Some(item) => service.secret(&item, &session).map(Some),
            None => Ok(None),
        }
    }

    fn write(&self, secret: &[u8]) -> Result<(), Error> {
        let mut service = Service::open(&self.bus, self.deadline)?;
        let (session, found) = service.open_session(self)?;
        match service.single(found)? {
            Some(item) => service.replace(&item, &session, secret),
            None => service.create(self, &session, secret),
        }
    }

    /// Whether there was anything to delete.
    fn delete(&self) -> Result<bool, Error> {
        let (mut service, item) = self.locate()?;
        let Some(item) = item else { return Ok(false) };
        service.delete(&item)?;
        Ok(true)
    }

    /// Finds the item without its secret, for which a session would be needed.
    fn locate(&self) -> Result<(Service, Option<String>), Error> {
        let mut service = Service::open(&self.bus, self.deadline)?;
        let [found] = service.connection.call([&self.search()])?;
        let item = service.single(Found::in_answer(&found)?)?;
        Ok((service, item))
    }

    fn attributes(&self, writer: &mut Writer) {
        let attributes = [("application", &self.application), ("store", &self.store), ("key", &self.key)];
        writer.array(8, |entries| {
            for (name, value) in attributes {
                entries.align(8);
                entries.text(name);
                entries.text(value);
            }
        });
    }

    /// What a person sees in the keyring's own program.
    fn label(&self) -> String {
        format!("oauth master key {}", self.key.get(..8).unwrap_or(&self.key))
    }

    fn search(&self) -> Call<'static> {
        let mut body = Writer::new();
        self.attributes(&mut body);
        call(SERVICE_PATH, SERVICE, "SearchItems", "a{ss}", body)
    }
}

/// The items that a search has found, by whether their secrets can be had.
struct Found {
    unlocked: Vec<String>,
    locked: Vec<String>,
}

impl Found {
    fn in_answer(answer: &Message) -> Result<Self, Error> {
        let mut body = body(answer, "aoao")?;
        Ok(Self { unlocked: body.paths()?, locked: body.paths()? })
    }
}

/// A service that knows us.
struct Service {
    connection: Connection,
    default_collection: Option<String>,
}

impl Service {
    /// The first call has to be one that needs nothing of us. gnome-keyring 42 breaks down over a session, and now and then,
    /// when many come at once, does not know of a search (`UnknownMethod`).
    fn open(bus: &str, deadline: Deadline) -> Result<Self, Error> {
        let mut alias = Writer::new();
        alias.text("default");
        let read_alias = call(SERVICE_PATH, SERVICE, "ReadAlias", "s", alias);
        let (connection, answer) = Connection::open(bus, deadline, &read_alias)?;
        let collection = body(&answer, "o")?.path()?;
        Ok(Self { connection, default_collection: (collection != NOTHING).then(|| collection.to_owned()) })
    }

    /// Opens a plain session, and searches at the same time.
    fn open_session(&mut self, item: &Item) -> Result<(String, Found), Error> {
        let mut input = Writer::new();
        input.text("plain");
        input.signature("s");
        input.text("");
        let open = call(SERVICE_PATH, SERVICE, "OpenSession", "sv", input);
        let [opened, found] = self.connection.call([&open, &item.search()])?;
        let mut opened = body(&opened, "vo")?;
        match opened.signature()? {
            "s" => drop(opened.text()?),
            "ay" => drop(opened.bytes()?),
            _ => return Err(Malformed.into()),
        }
        Ok((opened.path()?.to_owned(), Found::in_answer(&found)?))
    }

    /// The one item that was found; none only when it is certain that there is none.
    fn single(&mut self, found: Found) -> Result<Option<String>, Error> {
        let Found { mut unlocked, locked } = found;
        match (unlocked.len(), locked.len()) {
            (0, 0) => self.require_open_collection().map(|()| None),
            (1, 0) => Ok(unlocked.pop()),
            (0, 1) => Err(Error::Locked),
            _ => {
                unlocked.extend(locked);
                Err(Error::Ambiguous { items: unlocked })
            }
        }
    }

    fn require_open_collection(&mut self) -> Result<(), Error> {
        let collection = self.default_collection.as_deref().ok_or(Error::NoCollection)?;
        let mut property = Writer::new();
        property.text(COLLECTION);
        property.text("Locked");
        let [answer] = self.connection.call([&call(collection, PROPERTIES, "Get", "ss", property)])?;
        let mut answer = body(&answer, "v")?;
        if answer.signature()? != "b" {
            return Err(Malformed.into());
        }
        if answer.boolean()? { Err(Error::Locked) } else { Ok(()) }
    }

    fn secret(&mut self, item: &str, session: &str) -> Result<Vec<u8>, Error> {
        let mut argument = Writer::new();
        argument.text(session);
        let [answer] = self.connection.call([&call(item, ITEM, "GetSecret", "o", argument)])?;
        let mut secret = body(&answer, "(oayays)")?;
        secret.structure()?;
        secret.path()?;
        let _parameters = secret.bytes()?;
        Ok(secret.bytes()?.to_vec())
    }

    fn replace(&mut self, item: &str, session: &str, secret: &[u8]) -> Result<(), Error> {
        let mut argument = Writer::new();
        write_secret(&mut argument, session, secret);
        let [answer] = self.connection.call([&call(item, ITEM, "SetSecret", "(oayays)", argument)])?;
        body(&answer, "").map(drop)
    }

    fn create(&mut self, item: &Item, session: &str, secret: &[u8]) -> Result<(), Error> {
        let collection = self.default_collection.as_deref().ok_or(Error::NoCollection)?;
        let mut arguments = Writer::new();
        arguments.array(8, |properties| {
            properties.align(8);
            properties.text("org.freedesktop.Secret.Item.Label");
            properties.signature("s");
            properties.text(&item.label());
            properties.align(8);
            properties.text("org.freedesktop.Secret.Item.Attributes");
            properties.signature("a{ss}");
            item.attributes(properties);
        });
        write_secret(&mut arguments, session, secret);
        let replace = true;
        arguments.boolean(replace);
        let create = call(collection, COLLECTION, "CreateItem", "a{sv}(oayays)b", arguments);
        let [answer] = self.connection.call([&create])?;
        let mut created = body(&answer, "oo")?;
        created.path()?;
        without_prompt(created.path()?)
    }

    fn delete(&mut self, item: &str) -> Result<(), Error> {
        let [answer] = self.connection.call([&call(item, ITEM, "Delete", "", Writer::new())])?;
        without_prompt(body(&answer, "o")?.path()?)
    }
}

/// A prompt that is not shown leaves undone what was asked for: the service wants to unlock first.
fn without_prompt(prompt: &str) -> Result<(), Error> {
    if prompt == NOTHING { Ok(()) } else { Err(Error::Locked) }
}

/// The structure `Secret`: session, parameters of the encryption, value, content type.
fn write_secret(writer: &mut Writer, session: &str, secret: &[u8]) {
    writer.make_room(secret.len());
    writer.align(8);
    writer.text(session);
    writer.bytes(&[]);
    writer.bytes(secret);
    writer.text("text/plain");
}

fn call<'a>(path: &'a str, interface: &'a str, member: &'a str, signature: &'static str, body: Writer) -> Call<'a> {
    Call { destination: BUS_NAME, path, interface, member, signature, body }
}

/// What the call has given, or the error that it has given instead.
fn body<'a>(answer: &'a Message, signature: &str) -> Result<Reader<'a>, Error> {
    match answer.error() {
        Some(name) => Err(refusal(&name)),
        None => Ok(answer.body(signature)?),
    }
}

fn refusal(name: &str) -> Error {
    match name {
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => Error::NoService,
        "org.freedesktop.DBus.Error.AccessDenied" | "org.freedesktop.DBus.Error.AuthFailed" => Error::Denied,
        "org.freedesktop.Secret.Error.IsLocked" => Error::Locked,
        _ if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => Error::NoService,
        _ => Error::Failed { what: format!("it answered {name}") },
    }
}

/// Our own errors travel through keyring-core as they are.
impl From<Error> for CoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Locked | Error::Denied => Self::NoStorageAccess(Box::new(error)),
            _ => Self::PlatformFailure(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::sync::Mutex;

    use super::*;
    use crate::model::Secret;
    use crate::vault::keyring::bus::fake;
    use crate::vault::keyring::wire::{HEAD, forged, size};

    const LONG: Duration = Duration::from_secs(600);
    const PLACE: Place<'static> = Place { store_id: "5707e", key_id: "0123456789abcdef" };
    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const OTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const DEFAULT: &str = "/org/freedesktop/secrets/collection/login";
    const MEMBERS: [&str; 9] =
        ["Hello", "ReadAlias", "OpenSession", "SearchItems", "GetSecret", "SetSecret", "CreateItem", "Delete", "Get"];

    /// What a service has, and what it says.
    #[derive(Clone)]
    struct Fake {
        alias: &'static str,
        alias_is_locked: bool,
        unlocked: &'static [&'static str],
        locked: &'static [&'static str],
        secret: Vec<u8>,
        prompt: &'static str,
        /// The member that fails, and the name of its error.
        fails: (&'static str, &'static str),
    }

    impl Default for Fake {
        fn default() -> Self {
            Self {
                alias: DEFAULT,
                alias_is_locked: false,
                unlocked: &[],
                locked: &[],
                secret: KEY.into(),
                prompt: NOTHING,
                fails: ("", ""),
            }
        }
    }

    impl Fake {
        fn answer(&self, member: &str, serial: u32) -> Vec<u8> {
            if member == self.fails.0 {
                return forged::error(serial, self.fails.1);
            }
            let paths =
                |body: &mut Writer, paths: &[&str]| body.array(4, |body| paths.iter().for_each(|p| body.text(p)));
            let signature = match member {
                "Hello" => "s",
                "ReadAlias" | "Delete" => "o",
                "OpenSession" => "vo",
                "SearchItems" => "aoao",
                "GetSecret" => "(oayays)",
                "CreateItem" => "oo",
                "Get" => "v",
                _ => "",
            };
            forged::answer(serial, signature, |body| match member {
                "Hello" => body.text(":1.7"),
                "ReadAlias" => body.text(self.alias),
                "Delete" => body.text(self.prompt),
                "OpenSession" => {
                    body.signature("s");
                    body.text("");
                    body.text("/session");
                }
                "SearchItems" => {
                    paths(body, self.unlocked);
                    paths(body, self.locked);
                }
                "GetSecret" => {
                    body.align(8);
                    body.text("/session");
                    body.bytes(&[]);
                    body.bytes(&self.secret);
                    body.text("text/plain");
                }
                "CreateItem" => {
                    body.text("/made");
                    body.text(self.prompt);
                }
                "Get" => {
                    body.signature("b");
                    body.boolean(self.alias_is_locked);
                }
                _ => {}
            })
        }

        /// Answers calls until the client hangs up, and notes them. `|` stands for an answer that the client awaited.
        fn serve(&self, mut stream: UnixStream, calls: &Mutex<Vec<String>>) {
            fake::authenticate(&mut stream);
            let mut received = Vec::new();
            while let Some((member, serial)) = next_call(&mut stream, &mut received) {
                calls.lock().unwrap().push(member.to_owned());
                if received.is_empty() && is_quiet(&mut stream) {
                    calls.lock().unwrap().push("|".to_owned());
                }
                let _ = stream.write_all(&self.answer(member, serial));
            }
        }

        /// Does `work` with this service, and gives its result and the calls that it made.
        fn with<T>(self, work: impl FnOnce(&Keyring) -> T) -> (T, String) {
            let calls = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&calls);
            let (_socket, address) = fake::bus(move |stream| self.serve(stream, &noted));
            let done = work(&Keyring::new(Some(address), LONG));
            let calls = calls.lock().unwrap().join(" ");
            (done, calls)
        }

        fn read(self) -> Result<Option<String>, Error> {
            self.with(|keyring| keyring.read(&PLACE)).0.map(|key| key.map(|key| key.expose().to_owned()))
        }

        fn write(self) -> Result<(), Error> {
            self.with(|keyring| keyring.write(&PLACE, &Secret::new(KEY))).0
        }

        fn delete(self) -> Result<(), Error> {
            self.with(|keyring| keyring.delete(&PLACE)).0
        }
    }

    fn next_call(stream: &mut UnixStream, received: &mut Vec<u8>) -> Option<(&'static str, u32)> {
        let length = loop {
            let length = received.first_chunk::<HEAD>().map(|head| size(head).unwrap());
            match length.filter(|&length| length <= received.len()) {
                Some(length) => break length,
                None => read_some(stream, received)?,
            }
        };
        let message = received.drain(..length).collect::<Vec<_>>();
        let serial = u32::from_le_bytes(message[8..12].try_into().unwrap());
        let calls = |member: &str| {
            let name = format!("\0{member}\0");
            message.windows(name.len()).any(|bytes| bytes == name.as_bytes())
        };
        Some((MEMBERS.into_iter().find(|member| calls(member)).unwrap(), serial))
    }

    fn read_some(stream: &mut UnixStream, received: &mut Vec<u8>) -> Option<()> {
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).ok().filter(|&count| count > 0)?;
        received.extend_from_slice(&chunk[..count]);
        Some(())
    }

    /// Whether the client has nothing more to say before it is answered.
    fn is_quiet(stream: &mut UnixStream) -> bool {
        stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let mut received = Vec::new();
        let quiet = read_some(stream, &mut received).is_none();
        stream.set_read_timeout(None).unwrap();
        assert!(received.is_empty(), "the client spoke out of turn");
        quiet
    }

    #[test]
    fn a_session_is_opened_only_after_another_call_was_answered() {
        let (key, calls) = Fake { unlocked: &["/item"], ..Fake::default() }.with(|keyring| keyring.read(&PLACE));
        assert_eq!(key.unwrap().unwrap().expose(), KEY);
        assert_eq!(calls, "Hello ReadAlias | OpenSession SearchItems | GetSecret |");
    }

    #[test]
    fn there_is_no_item_only_where_the_default_collection_is_open() {
        assert_eq!(Fake::default().read().unwrap(), None);
        let locked = Fake { alias_is_locked: true, ..Fake::default() };
        let without = Fake { alias: NOTHING, ..Fake::default() };
        assert!(matches!(locked.clone().read(), Err(Error::Locked)));
        assert!(matches!(locked.clone().write(), Err(Error::Locked)));
        assert!(matches!(locked.delete(), Err(Error::Locked)));
        assert!(matches!(without.clone().read(), Err(Error::NoCollection)));
        assert!(matches!(without.clone().write(), Err(Error::NoCollection)));
        assert!(matches!(without.delete(), Err(Error::NoCollection)));
    }

    #[test]
    fn a_locked_item_is_not_a_missing_one() {
        let fake = Fake { locked: &["/item"], ..Fake::default() };
        assert!(matches!(fake.clone().read(), Err(Error::Locked)));
        assert!(matches!(fake.clone().write(), Err(Error::Locked)));
        assert!(matches!(fake.delete(), Err(Error::Locked)));
    }

    #[test]
    fn of_several_items_none_is_taken_and_all_are_named() {
        let unlocked = Fake { unlocked: &["/a", "/b"], ..Fake::default() };
        let mixed = Fake { unlocked: &["/a"], locked: &["/b"], ..Fake::default() };
        let locked = Fake { locked: &["/a", "/b"], ..Fake::default() };
        for fake in [unlocked, mixed, locked] {
            let errors = [fake.clone().read().err(), fake.clone().write().err(), fake.delete().err()];
            for error in errors {
                assert!(matches!(error, Some(Error::Ambiguous { items }) if items == ["/a", "/b"]));
            }
        }
    }

    #[test]
    fn what_is_no_key_is_not_taken_for_one() {
        let huge = vec![b'A'; 1_000_000];
        let cut = &KEY.as_bytes()[..40];
        for secret in [b"", cut, &[KEY.as_bytes(), b"AAAA"].concat(), b"\xff\xfe", b"hunter2", &huge] {
            let fake = Fake { unlocked: &["/item"], secret: secret.into(), ..Fake::default() };
            assert!(matches!(fake.read(), Err(Error::Garbage)));
        }
    }

    #[test]
    fn a_key_is_written_and_read_back() {
        let fake = Fake { unlocked: &["/item"], ..Fake::default() };
        let (written, calls) = fake.clone().with(|keyring| keyring.write(&PLACE, &Secret::new(KEY)));
        assert!(written.is_ok());
        let write = "Hello ReadAlias | OpenSession SearchItems | SetSecret |";
        let read = "Hello ReadAlias | OpenSession SearchItems | GetSecret |";
        assert_eq!(calls, format!("{write} {read}"));
        let other = Fake { secret: OTHER_KEY.into(), ..fake };
        assert!(matches!(other.write(), Err(Error::NotKept)));
    }

    #[test]
    fn a_new_item_that_cannot_be_found_again_was_not_kept() {
        let (written, calls) = Fake::default().with(|keyring| keyring.write(&PLACE, &Secret::new(KEY)));
        assert!(matches!(written, Err(Error::NotKept)));
        assert!(calls.contains("Get | CreateItem |"), "{calls}");
    }

    #[test]
    fn a_prompt_is_not_shown() {
        let fake = Fake { prompt: "/prompt", ..Fake::default() };
        assert!(matches!(fake.clone().write(), Err(Error::Locked)));
        assert!(matches!(Fake { unlocked: &["/item"], ..fake }.delete(), Err(Error::Locked)));
    }

    #[test]
    fn to_delete_what_is_not_there_is_no_error() {
        let (deleted, calls) = Fake::default().with(|keyring| keyring.delete(&PLACE));
        assert!(deleted.is_ok());
        assert_eq!(calls, "Hello ReadAlias | SearchItems | Get |");
        let (deleted, calls) = Fake { unlocked: &["/item"], ..Fake::default() }.with(|keyring| keyring.delete(&PLACE));
        assert!(deleted.is_ok());
        assert_eq!(calls, "Hello ReadAlias | SearchItems | Delete |");
    }

    #[test]
    fn failures_are_told_apart() {
        let told = |member, name| {
            let fake = Fake { unlocked: &["/item"], fails: (member, name), ..Fake::default() };
            fake.read().unwrap_err()
        };
        let absent = told("ReadAlias", "org.freedesktop.DBus.Error.ServiceUnknown");
        assert!(matches!(absent, Error::NoService), "{absent:?}");
        let broken = told("ReadAlias", "org.freedesktop.DBus.Error.Spawn.ExecFailed");
        assert!(matches!(broken, Error::NoService), "{broken:?}");
        let denied = told("GetSecret", "org.freedesktop.DBus.Error.AccessDenied");
        assert!(matches!(denied, Error::Denied), "{denied:?}");
        let locked = told("GetSecret", "org.freedesktop.Secret.Error.IsLocked");
        assert!(matches!(locked, Error::Locked), "{locked:?}");
        let refused = told("Hello", "org.freedesktop.DBus.Error.LimitsExceeded");
        assert!(matches!(refused, Error::NoBus { .. }), "{refused:?}");
        for member in ["OpenSession", "SearchItems", "GetSecret"] {
            let other = told(member, "org.freedesktop.DBus.Error.NoReply");
            assert_eq!(other.to_string(), "the keyring failed: it answered org.freedesktop.DBus.Error.NoReply");
        }
    }

    #[test]
    fn a_secret_that_is_no_key_by_its_size_is_not_sent() {
        let item = Store::new("unix:path=/nowhere", Deadline::after(LONG)).build("a", "store/key", None).unwrap();
        let error = item.set_secret(&vec![0; 5000]).unwrap_err();
        assert!(matches!(error, CoreError::TooLong(..)), "{error}");
    }

    #[test]
    fn a_credential_is_looked_up_without_its_secret() {
        let fake = Fake { unlocked: &["/item"], ..Fake::default() };
        let look = |keyring: &Keyring| entry(keyring, &PLACE).unwrap().get_credential();
        let (found, calls) = fake.with(look);
        assert!(found.is_ok());
        assert_eq!(calls, "Hello ReadAlias | SearchItems |");
        let (missing, _) = Fake::default().with(look);
        assert!(matches!(missing, Err(CoreError::NoEntry)));
    }

    #[test]
    fn an_entry_names_a_store_and_a_key() {
        let store = Store::new("", Deadline::after(LONG));
        let entry = store.build("oauth-cli", "a/b", None).unwrap();
        assert_eq!(entry.get_specifiers(), Some(("oauth-cli".to_owned(), "a/b".to_owned())));
        assert!(matches!(store.build("oauth-cli", "a", None), Err(CoreError::Invalid(..))));
        let modifiers = HashMap::from([("collection", "x")]);
        assert!(matches!(store.build("oauth-cli", "a/b", Some(&modifiers)), Err(CoreError::Invalid(..))));
    }
}

//! The only reader of the environment: it is read once, at the start, into an [`Environment`] that is passed on.
//!
//! Variables that hold secrets leave the process's own environment then and there, so that no child inherits them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy;

use crate::model::rules::OWN_SECRETS;
use crate::model::{Caller, Secret};

/// What the environment says, as far as it concerns this program.
#[derive(Debug)]
pub(crate) struct Environment {
    variables: Arc<BTreeMap<OsString, Secret>>,
    /// One of our own variables whose value is no text.
    garbled: Option<OsString>,
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The settings, should the user have any.
    pub(crate) config: PathBuf,
    /// The user's own provider entries.
    pub(crate) providers: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) locks: PathBuf,
    pub(crate) landing: PathBuf,
    pub(crate) uses: PathBuf,
    pub(crate) marks: PathBuf,
    /// Where a key file is put when no other place is named.
    pub(crate) key_file: PathBuf,
    /// What was told by hooks, and when.
    pub(crate) hooks: PathBuf,
    /// For sockets that live as long as one command.
    pub(crate) run: PathBuf,
}

/// The environment does not say where things are, or says it wrongly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the home directory is not known")]
    NoHome,
    #[error("OAUTH_HOME must be an absolute path, and is `{0}`")]
    RelativeHome(String),
    #[error("the value of {0} is no UTF-8 text")]
    Garbled(String),
    #[error("{0} and {1} are both set; only one may be")]
    Both(&'static str, &'static str),
    /// The one on this machine would be another store than the one that was meant.
    #[error("OAUTH_STORE names a shared store, and this version keeps its store on this machine only")]
    SharedStore,
}

/// A key source named in the environment.
#[derive(Debug)]
pub(crate) enum MasterKeySource {
    Value(Secret),
    File(PathBuf),
    Command(OsString),
}

impl Environment {
    /// Reads the environment and removes what is secret from it.
    ///
    /// To be called first in `main`, before any thread exists.
    pub(crate) fn take() -> Self {
        let (mut variables, mut garbled) = (BTreeMap::new(), None);
        for (name, value) in std::env::vars_os() {
            let (is_own, is_secret) = name.to_str().map_or((false, false), |name| {
                (name.starts_with("OAUTH_"), OWN_SECRETS.iter().any(|start| name.starts_with(start)))
            });
            if is_secret {
                // SAFETY: no other thread exists yet; see above.
                #[expect(unsafe_code, reason = "the only way to keep a secret from children that do not ask for it")]
                unsafe {
                    std::env::remove_var(&name);
                }
            }
            match value.into_string() {
                // The text itself is kept, and no copy of it is left behind.
                Ok(value) => _ = variables.insert(name, Secret::new(value)),
                Err(_) if is_own => garbled = Some(name),
                Err(_) => {}
            }
        }
        Self { variables: Arc::new(variables), garbled }
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.secret(name).map(Secret::expose)
    }

    /// The same for a variable that may hold a secret.
    pub(crate) fn secret(&self, name: &str) -> Option<&Secret> {
        self.variables.get(OsStr::new(name)).filter(|value| !value.expose().is_empty())
    }

    /// A way to ask for variables later, by whoever may not know this type.
    pub(crate) fn lookup(&self) -> impl Fn(&str) -> Option<Secret> + Send + Sync + 'static {
        let variables = Arc::clone(&self.variables);
        move |name| variables.get(OsStr::new(name)).filter(|value| !value.expose().is_empty()).cloned()
    }

    /// Whether any variable's name begins like this.
    pub(crate) fn has_any(&self, start: &str) -> bool {
        self.variables.keys().any(|name| name.to_str().is_some_and(|name| name.starts_with(start)))
    }

    /// The key source of this run. Two of them at once is an error.
    pub(crate) fn master_key(&self) -> Result<Option<MasterKeySource>, Error> {
        let names = ["OAUTH_MASTER_KEY", "OAUTH_MASTER_KEY_FILE", "OAUTH_MASTER_KEY_COMMAND"];
        let mut given = names.into_iter().filter_map(|name| Some((name, self.secret(name)?)));
        let Some((name, value)) = given.next() else { return Ok(None) };
        if let Some((other, _)) = given.next() {
            return Err(Error::Both(name, other));
        }
        Ok(Some(match name {
            "OAUTH_MASTER_KEY" => MasterKeySource::Value(value.clone()),
            "OAUTH_MASTER_KEY_FILE" => MasterKeySource::File(value.expose().into()),
            _ => MasterKeySource::Command(value.expose().into()),
        }))
    }

    /// Whether a browser can be expected to open in front of the user.
    pub(crate) fn has_display(&self) -> bool {
        if self.get("BROWSER").is_some() {
            return true;
        }
        let remote = self.get("SSH_CONNECTION").is_some() || self.get("SSH_TTY").is_some();
        let display = cfg!(any(windows, target_os = "macos"))
            || self.get("DISPLAY").is_some()
            || self.get("WAYLAND_DISPLAY").is_some()
            || self.get("WSL_DISTRO_NAME").is_some();
        display && !remote
    }

    /// The command that lets a browser at the other end of this SSH session reach a port here; `None` without one.
    pub(crate) fn tunnel(&self, port: u16) -> Option<String> {
        let mut parts = self.get("SSH_CONNECTION")?.split(' ').skip(2);
        let (server, at) = (parts.next()?, parts.next()?);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b".:%-_".contains(&b));
        let user = self.get("USER").or(self.get("LOGNAME")).filter(|user| plain(user))?;
        if !plain(server) || at.parse::<u16>().is_err() {
            return None;
        }
        let at = if at == "22" { String::new() } else { format!(" -p {at}") };
        Some(format!("ssh -N -L {port}:127.0.0.1:{port}{at} {user}@{server}"))
    }

    /// Whether what is written may be more than ASCII.
    pub(crate) fn is_unicode(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.get(name)).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        cfg!(any(windows, target_os = "macos")) || locale.contains("utf-8") || locale.contains("utf8")
    }

    /// D-Bus addresses of the session bus, the usual place last.
    pub(crate) fn session_bus(&self) -> Option<String> {
        let given = self.get("DBUS_SESSION_BUS_ADDRESS").map(str::to_owned);
        given.or_else(|| {
            let usual = Path::new(self.get("XDG_RUNTIME_DIR")?).join("bus");
            usual.exists().then(|| format!("unix:path={}", usual.display()))
        })
    }

    /// Who runs the program, as `user@host`.
    pub(crate) fn person(&self) -> String {
        let user = self.get("USER").or(self.get("LOGNAME")).or(self.get("USERNAME"));
        format!("{}@{}", user.map_or_else(user_number, str::to_owned), host_name())
    }

    /// A new directory for what lives no longer than this process. It is not made yet.
    pub(crate) fn temporary(&self, name: &str) -> PathBuf {
        let usual = if cfg!(windows) { self.get("TEMP") } else { self.get("TMPDIR") };
        let mut random = [0; 8];
        // A name that can be foreseen fails when the directory is made, as it must not exist.
        let _ = getrandom::fill(&mut random);
        let random = u64::from_ne_bytes(random);
        Path::new(usual.unwrap_or("/tmp")).join(format!("oauth-{name}-{random:016x}"))
    }

    /// A path in the user's home directory; none where that is not known.
    pub(crate) fn in_home(&self, path: &str) -> Option<PathBuf> {
        Some(Path::new(self.get(if cfg!(windows) { "USERPROFILE" } else { "HOME" })?).join(path))
    }

    /// A path in the directory in which other programs keep their settings.
    pub(crate) fn in_config(&self, path: &str) -> Option<PathBuf> {
        let given = self.get("XDG_CONFIG_HOME").map(|dir| Path::new(dir).join(path));
        given.or_else(|| self.in_home(&format!(".config/{path}")))
    }

    pub(crate) fn paths(&self) -> Result<Paths, Error> {
        if let Some(name) = &self.garbled {
            return Err(Error::Garbled(name.to_string_lossy().into_owned()));
        }
        if self.get("OAUTH_STORE").is_some() {
            return Err(Error::SharedStore);
        }
        if let Some(home) = self.get("OAUTH_HOME") {
            let home = Path::new(home);
            if !home.is_absolute() {
                return Err(Error::RelativeHome(home.display().to_string()));
            }
            return Ok(Paths::under(home, home, home));
        }
        let platform = etcetera::base_strategy::choose_native_strategy().map_err(|_| Error::NoHome)?;
        let data = platform.data_dir().join("oauth-cli");
        let state = platform.state_dir().map_or_else(|| data.clone(), |dir| dir.join("oauth-cli"));
        Ok(Paths::under(&platform.config_dir().join("oauth-cli"), &data, &state))
    }
}

/// This very program's file.
pub(crate) fn program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

impl Paths {
    fn under(config: &Path, data: &Path, state: &Path) -> Self {
        Self {
            config: config.join("config.toml"),
            providers: config.join("providers.d"),
            key_file: config.join("master-key"),
            database: data.join("credentials.db"),
            locks: state.join("locks"),
            landing: data.join("landing"),
            uses: state.join("uses"),
            marks: state.join("marks"),
            hooks: state.join("hooks"),
            run: state.join("run"),
        }
    }
}

/// The program that started this one, as far as the system tells. Its arguments are not looked at: they may hold
/// secrets.
#[cfg(unix)]
pub(crate) fn caller() -> Caller {
    let Some(parent) = rustix::process::getppid() else { return Caller::default() };
    let pid = parent.as_raw_nonzero().get().unsigned_abs();
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    Caller { pid, program: program.map(|path| path.display().to_string()).unwrap_or_default() }
}

#[cfg(not(unix))]
pub(crate) fn caller() -> Caller {
    Caller::default()
}

/// What is known of a user whom the environment does not name, as in a container.
#[cfg(unix)]
fn user_number() -> String {
    match rustix::process::geteuid().as_raw() {
        0 => "root".into(),
        number => format!("uid-{number}"),
    }
}

#[cfg(not(unix))]
fn user_number() -> String {
    "unknown".into()
}

#[cfg(unix)]
fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "localhost".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| (OsString::from(name), Secret::new(*value)));
        Environment { variables: Arc::new(variables.collect()), garbled: None }
    }

    #[test]
    fn an_empty_variable_is_none() {
        let own = environment(&[("OAUTH_TOKEN_GITHUB_APP", "t"), ("OAUTH_CLIENT_ID_X", "")]);
        assert_eq!(own.get("OAUTH_TOKEN_GITHUB_APP"), Some("t"));
        assert!(own.get("OAUTH_CLIENT_ID_X").is_none());
        assert!(own.has_any("OAUTH_TOKEN_") && !own.has_any("OAUTH_CLIENT_SECRET_"));
    }

    #[test]
    fn two_key_sources_at_once_are_refused() {
        let both = environment(&[("OAUTH_MASTER_KEY", "a"), ("OAUTH_MASTER_KEY_FILE", "b")]);
        assert!(matches!(both.master_key(), Err(Error::Both("OAUTH_MASTER_KEY", "OAUTH_MASTER_KEY_FILE"))));
        assert!(environment(&[]).master_key().unwrap().is_none());
    }

    #[test]
    fn one_directory_can_hold_everything() {
        let paths = environment(&[("OAUTH_HOME", "/tmp/x")]).paths().unwrap();
        assert_eq!(paths.database, Path::new("/tmp/x/credentials.db"));
        assert_eq!(paths.providers, Path::new("/tmp/x/providers.d"));
        assert!(environment(&[("OAUTH_HOME", "x")]).paths().is_err());
    }

    #[test]
    fn a_browser_is_expected_with_a_display_and_not_over_ssh() {
        if cfg!(target_os = "linux") {
            assert!(!environment(&[]).has_display());
            assert!(environment(&[("DISPLAY", ":0")]).has_display());
            assert!(!environment(&[("DISPLAY", ":0"), ("SSH_CONNECTION", "1")]).has_display());
            assert!(environment(&[("BROWSER", "w3m"), ("SSH_CONNECTION", "1")]).has_display());
        }
    }
}

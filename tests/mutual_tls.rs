//! Clients that prove themselves by a certificate (RFC 8705), against a server that takes nothing else.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::support::demo::{age, store};
use crate::support::files::assert_no_canary;
use crate::support::sandbox::{Home, Run};

/// The server, and where its certificates and the clients' are.
struct Server {
    process: Child,
    issuer: String,
    /// Where a certificate is asked for.
    mutual: String,
    directory: tempfile::TempDir,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        certify(path, "ca", None, "basicConstraints=critical,CA:TRUE");
        certify(path, "strange-ca", None, "basicConstraints=critical,CA:TRUE");
        certify(path, "server", Some("ca"), "subjectAltName=IP:127.0.0.1");
        certify(path, "client", Some("ca"), "extendedKeyUsage=clientAuth");
        certify(path, "stranger", Some("strange-ca"), "extendedKeyUsage=clientAuth");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutual_tls/server.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("python3 runs");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let first = crate::support::json(&lines.next().expect("a line").expect("text"));
        let seen = Arc::new(Mutex::new(vec![]));
        let kept = Arc::clone(&seen);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().expect("nobody panicked").push(crate::support::json(&line));
            }
        });
        let address = |name: &str| first[name].as_str().expect("an address").to_owned();
        Self { process, issuer: address("issuer"), mutual: address("mutual"), directory, seen }
    }

    /// Makes it a provider of a new home, by nothing but its metadata.
    fn known(&self) -> Home {
        let home = Home::new();
        let host = self.mutual.trim_start_matches("https://");
        let add = ["provider", "add", "bank", "--issuer", &self.issuer, "--api-host", host, "--scope", "email"];
        self.trusted(home.oauth(add)).run().success();
        home
    }

    /// The command trusts the server's certificate.
    fn trusted(&self, run: Run) -> Run {
        run.env("SSL_CERT_FILE", self.file("ca.pem"))
    }

    fn oauth<const N: usize>(&self, home: &Home, args: [&str; N]) -> Run {
        self.trusted(home.oauth(args))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `init` with the certificate of that name.
    fn init<const N: usize>(&self, home: &Home, name: &str, args: [&str; N]) -> Run {
        let (certificate, key) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        let init = self.oauth(home, ["init", "bank", "--client-id", "me"]).args(args);
        init.args(["--client-cert".into(), certificate, "--key-file".into(), key])
    }

    /// How often an address was asked with the client's certificate.
    fn count(&self, path: &str) -> usize {
        // A line is written before its answer leaves, and read by a thread of ours a moment later.
        self.oauth_probe();
        let seen = self.seen.lock().expect("nobody panicked");
        seen.iter().filter(|one| one["path"] == path && one["client"] == "client").count()
    }

    /// Asks for an address of its own and waits until that was seen: then everything before it was seen too.
    fn oauth_probe(&self) {
        let name = format!("/probe-{}", self.seen.lock().expect("nobody panicked").len());
        let url = format!("{}{name}", self.mutual);
        let mut curl = Command::new("curl");
        curl.args(["-s", "-o", "/dev/null", "--cacert"]).arg(self.file("ca.pem"));
        curl.arg("--cert").arg(self.file("client.pem")).arg("--key").arg(self.file("client.key")).arg(&url);
        assert!(curl.status().expect("curl runs").success());
        crate::support::wait_for("the probe", || {
            self.seen.lock().expect("nobody panicked").iter().any(|one| one["path"] == *name).then_some(())
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a key and a certificate, signed by `authority` or by itself.
fn certify(directory: &Path, name: &str, authority: Option<&str>, extension: &str) {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(directory).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-nodes", "-days", "2", "-subj", &format!("/CN={name}"), "-addext", extension]);
    openssl.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]);
    if let Some(authority) = authority {
        openssl.args(["-CA", &format!("{authority}.pem"), "-CAkey", &format!("{authority}.key")]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    }
    let made = openssl.output().expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key = directory.join(format!("{name}.key"));
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).expect("its mode");
}

#[test]
fn a_machine_proves_itself_by_its_certificate_at_the_aliases() {
    let server = Server::start();
    let home = server.known();
    let own = server.init(&home, "client", ["--flow", "client-credentials", "--json"]).run().success().json();
    assert_eq!((&own["kind"], &own["status"]), (&json!("machine"), &json!("valid")));
    let line = fs::read_to_string(server.file("client.key")).expect("a key").lines().nth(1).expect("a line").to_owned();
    for name in ["client.pem", "client.key"] {
        fs::rename(server.file(name), server.file(&format!("moved-{name}"))).expect("it is there");
    }
    age(&home, 0);
    let token = server.oauth(&home, ["token", "bank"]).run().success().stdout.clone();
    assert_eq!(token, "access-2\n");
    for name in ["client.pem", "client.key"] {
        fs::rename(server.file(&format!("moved-{name}")), server.file(name)).expect("it is there");
    }
    assert_eq!(server.count("/token"), 2);
    assert_no_canary(home.path(), &[line]);
}

#[test]
fn a_person_is_connected_refreshed_tested_and_revoked_with_the_certificate() {
    let server = Server::start();
    let home = server.known();
    let own = server.init(&home, "client", ["--flow", "device", "--json"]).run().success().json();
    assert_eq!(own["account"], "ann@bank.example", "userinfo is asked with the certificate the token is bound to");
    age(&home, 0);
    assert_eq!(server.oauth(&home, ["token", "bank"]).run().success().stdout, "access-2\n");
    server.oauth(&home, ["test", "bank"]).run().success();
    server.oauth(&home, ["revoke", "bank"]).run().success();
    for (path, times) in [("/device", 1), ("/token", 2), ("/userinfo", 2), ("/revoke", 2)] {
        assert_eq!(server.count(path), times, "{path}");
    }
}

/// Until the handshake is done nothing of a request has left, and no refresh token is in doubt.
#[test]
fn a_handshake_that_breaks_leaves_nothing_in_doubt() {
    let mut server = Server::start();
    let home = server.known();
    server.init(&home, "client", ["--flow", "device"]).run().success();
    server.process.kill().and_then(|()| server.process.wait()).expect("the server ends");
    let hang_up = |url: &str| {
        let listener = TcpListener::bind(url.trim_start_matches("https://")).expect("the port is free again");
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let _ = client.read(&mut [0; 1]); // the first of the greeting, and then the end
            }
        });
    };
    hang_up(&server.issuer);
    hang_up(&server.mutual);
    let output = server.oauth(&home, ["token", "bank", "--refresh", "--json"]).run();
    assert_eq!((output.code, &*output.stdout), (Some(5), ""), "{output}");
    let error = &crate::support::json(&output.stderr)["error"];
    assert!(error["message"].to_string().contains("cannot reach 127.0.0.1"), "{output}");
    assert!(!error["hint"].to_string().contains("lost"), "{output}");
    let attempt = store(&home).query_row("select attempt from credentials", (), |row| row.get::<_, Option<String>>(0));
    assert_eq!(attempt, Ok(None), "it was withdrawn");
    let url = format!("{}/accounts", server.mutual);
    let posted = server.oauth(&home, ["request", "bank", "POST", &url, "--json"]).run();
    assert_eq!(posted.code, Some(5), "{posted}");
    assert!(posted.stderr.contains("cannot reach 127.0.0.1") && !posted.stderr.contains("may have"), "{posted}");
}

#[test]
fn an_authorization_request_is_pushed_and_its_code_redeemed_with_the_certificate() {
    let server = Server::start();
    let home = server.known();
    let browser = home.path().join("browser");
    fs::write(&browser, "#!/bin/sh\nexec curl -ksL -o /dev/null \"$1\"\n").expect("a script");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).expect("its mode");
    server.init(&home, "client", ["--json"]).env("BROWSER", &browser).run().success();
    assert_eq!((server.count("/par"), server.count("/token")), (1, 1));
    // The registration is kept with its certificate.
    server.oauth(&home, ["init", "bank", "--flow", "device"]).run().success().stderr_has("Renewed");
}

#[test]
fn a_request_shows_the_certificate_to_the_api_that_asks_for_it() {
    let server = Server::start();
    let home = server.known();
    server.init(&home, "client", ["--flow", "client-credentials", "--scope", "read"]).run().success();
    let url = format!("{}/accounts", server.mutual);
    server.oauth(&home, ["request", "bank", &url]).run().success().stdout_has("\"balance\": 5");
    assert_eq!(server.count("/accounts"), 1);
    // Without the scopes of an identity there is only introspection to ask.
    server.oauth(&home, ["test", "bank"]).run().success();
    assert_eq!(server.count("/introspect"), 1);
}

#[test]
fn a_certificate_that_is_not_taken_is_told_and_nothing_is_stored() {
    let server = Server::start();
    let home = server.known();
    let run = server.init(&home, "stranger", ["--flow", "client-credentials"]).run();
    run.fails(5).stdout_is("").stderr_has("it does not take the client certificate");
    assert_eq!(home.oauth(["list", "--json"]).run().json(), json!([]));
}

#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_refused_before_anything_is_sent() {
    let server = Server::start();
    let home = server.known();
    let with = |certificate: &str, key: &str| {
        let init = server.oauth(&home, ["init", "bank", "--client-id", "me", "--flow", "client-credentials"]);
        init.args(["--client-cert".into(), server.file(certificate), "--key-file".into(), server.file(key)]).run()
    };
    with("client.pem", "stranger.key").fails(2).stderr_has("does not belong to the certificate");
    with("client.key", "client.key").fails(2).stderr_has("there is no certificate");
    server.oauth(&home, ["init", "bank", "--client-cert", "x"]).run().fails(2).stderr_has("--key-file");
    let run = server.oauth(&home, ["init", "bank", "--client-id", "me", "--client-secret-stdin"]);
    run.stdin("canary-secret").run().fails(2).stderr_has("give --client-cert FILE and --key-file FILE");
    assert_eq!(server.count("/token"), 0);
}

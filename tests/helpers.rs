//! `oauth helper`: other tools get their tokens in their own words, for the places that are theirs. With the tools
//! themselves.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::demo::{ALICE, CLIENT, DemoServer, age, store};
use crate::support::entry::{self, connected, token};
use crate::support::json;
use crate::support::origin::{Origin, answer};
use crate::support::sandbox::{Home, Output, Run};

const OAUTH: &str = env!("CARGO_BIN_EXE_oauth");
const BOB: &str = "bob@example.test";

fn git(home: &Home, operation: &str, input: &str) -> Output {
    home.oauth(["helper", "git", operation]).stdin(input).run()
}

fn docker(home: &Home, operation: &str, input: &str) -> Output {
    home.oauth(["helper", "docker", operation]).stdin(input).run()
}

/// The program under another name, first on `PATH`.
fn named(home: &Home, name: &str) -> String {
    let bin = home.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    symlink(OAUTH, bin.join(name)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

#[test]
fn git_gets_the_token_of_its_host_and_its_end() {
    let (_server, home) = connected("git_hosts = [\"github.example\", \"git.example:8443\"]");
    let token = token(&home);
    for place in ["host=github.example", "host=GitHub.Example", "host=github.example:443", "host=git.example:8443"] {
        let output = git(
            &home,
            "get",
            &format!("capability[]=authtype\nprotocol=https\n{place}\nwwwauth[]=Basic realm=\"x\"\n\n"),
        );
        output.success();
        let lines: Vec<_> = output.stdout.lines().collect();
        assert_eq!(lines[..2], ["username=oauth2", &*format!("password={token}")], "{place}");
        assert!(lines[2].starts_with("password_expiry_utc="), "{place}");
        assert!(!output.stdout.contains("oauth_refresh_token"));
    }
}

#[test]
fn git_gets_nothing_for_a_place_that_is_not_exactly_ours() {
    let (_server, home) = connected("git_hosts = [\"github.example\"]");
    let token = token(&home);
    for input in [
        "protocol=https\nhost=github.example.evil.com\n",
        "protocol=https\nhost=evilgithub.example\n",
        "protocol=https\nhost=github.example:8443\n",
        "protocol=https\nhost=github.example.\n",
        "protocol=https\nhost=xn--gthub-cua.example\n",
        "protocol=https\nhost=user@github.example\n",
        "protocol=https\nhost=[::1]\n",
        "protocol=https\nhost=evil.example\nwwwauth[]=Basic realm=\"github.example\"\n",
        "protocol=http\nhost=github.example\n",
        "protocol=ssh\nhost=github.example\n",
        "protocol=ftp\nhost=github.example\n",
        "protocol=HTTPS \nhost=github.example\n",
        "protocol=https\n",
        "protocol=https\nhost=\n",
        "host=github.example\n",
        "",
    ] {
        git(&home, "get", input).success().stdout_is("").says_nothing_of(&token);
    }
}

#[test]
fn what_git_could_not_have_meant_is_refused() {
    let (_server, home) = connected("git_hosts = [\"github.example\"]");
    for input in [
        "protocol=https\nhost=github.example\rhost=evil\n",
        "protocol=https\r\nhost=github.example\r\n",
        "protocol=https\nhost=github.example\0\n",
        "protocol=https\nhost=github.example\nhost=github.example\n",
        "protocol=https\nprotocol=https\nhost=github.example\n",
        "protocol=https\nhost=github.example\nnonsense\n",
        "protocol=https\nhost=github.example",
        "url=https://github.example.evil.example/\nprotocol=https\nhost=github.example\n",
    ] {
        git(&home, "get", input).fails(1).stdout_is("").stderr_has("no request of git's");
    }
    home.oauth(["helper", "git", "get"]).run().success().stdout_is("");
    home.command("sh").args(["-c", &format!("{OAUTH} helper git get < /")]).run().fails(2);
}

#[test]
fn a_question_that_is_too_long_is_refused_wherever_it_would_be_cut() {
    let (_server, home) = connected("git_hosts = [\"github.example\"]\nregistry_hosts = [\"github.example\"]");
    let token = token(&home);
    // Whatever is read of them, they would end where they ask for what is ours.
    for read in [8 << 10, 64 << 10, (64 << 10) + 1] {
        let question = "path=\nprotocol=https\nhost=github.example";
        let path = format!("path={}", "a".repeat(read - question.len()));
        let whole = format!("{}.evil.example\n", question.replacen("path=", &path, 1));
        assert!(whole[..read].ends_with("host=github.example"));
        git(&home, "get", &whole).says_nothing_of(&token).stdout_is("");
        let line = "{\"v\":1,\"kind\":\"get\",\"operation\":\"read\",\"registry\":{\"index-url\":\
            \"sparse+https://github.example/\",\"name\":\"x\"},\"args\":[]}";
        let line = format!("{}{line}nonsense\n", " ".repeat(read - line.len()));
        home.oauth(["helper", "cargo"]).stdin(line).run().says_nothing_of(&token);
    }
}

#[test]
fn git_keeps_nothing_here_and_deletes_nothing() {
    let (server, home) = connected("git_hosts = [\"github.example\"]");
    let place = "protocol=https\nhost=github.example\n";
    git(&home, "store", &format!("{place}username=me\npassword=somebodys\n")).success().stdout_is("");
    git(&home, "capability", "").success().stdout_is("");
    git(&home, "some-new-operation", place).success().stdout_is("");
    let before = token(&home);
    // Somebody's password was not taken: that is not our token.
    git(&home, "erase", &format!("{place}username=me\npassword=somebodys\n")).success();
    assert_eq!(token(&home), before);
    git(&home, "erase", &format!("{place}username=oauth2\npassword={before}\n")).success().stdout_is("");
    assert_eq!(server.count("grants/refresh_token"), 0, "a helper's call sends nothing");
    let list = home.oauth(["list", "--json"]).run();
    assert_eq!(list.json()[0]["status"], "due");
    assert_ne!(token(&home), before);
    assert_eq!(server.count("grants/refresh_token"), 1);
}

#[test]
fn a_user_name_chooses_its_account_and_nobody_elses() {
    let (server, home) = connected("git_hosts = [\"github.example\"]");
    server.login(&home, "demo", BOB);
    let of = |account: &str| home.oauth(["token", "demo", account]).run().success().stdout.trim().to_owned();
    let place = "protocol=https\nhost=github.example\n";
    git(&home, "get", place).stdout_has(&of(ALICE));
    git(&home, "get", &format!("{place}username={BOB}\n")).stdout_has(&of(BOB));
    for anybody in ["", "git", "oauth2", "x-access-token"] {
        git(&home, "get", &format!("{place}username={anybody}\n")).stdout_has(&of(ALICE));
    }
    let asked = git(&home, "get", &format!("{place}username=whoever\n"));
    asked.success().stdout_is("").stderr_has("demo whoever is not connected").stderr_has("connected are: ");
    let given = home.oauth(["helper", "git", "get"]).stdin("protocol=https\nhost=github.com\nusername=whoever\n\n");
    given.env("OAUTH_TOKEN_GITHUB", "static").run().success().stdout_is("");
}

#[test]
fn a_host_of_a_provider_that_is_not_connected_is_left_to_others() {
    let home = Home::new();
    let place = "protocol=https\nhost=github.com\n";
    git(&home, "get", place).success().stdout_is("").stderr_has("not connected");
    let run = home.oauth(["helper", "git", "get"]).stdin(place).env("OAUTH_TOKEN_GITHUB", "static").without_key();
    run.run().success().stdout_is("username=oauth2\npassword=static\n");
}

#[test]
fn of_two_providers_at_one_host_the_one_that_is_connected_or_given_serves() {
    let (server, home) = connected("git_hosts = [\"github.example\"]");
    entry::write(&home, "another", &server, "git_hosts = [\"github.example\", \"git.example\"]");
    entry::write(&home, "third", &server, "git_hosts = [\"git.example\"]");
    git(&home, "get", "protocol=https\nhost=github.example\n").success().stdout_has(&token(&home));
    let place = "protocol=https\nhost=git.example\n";
    git(&home, "get", place).success().stdout_is("").stderr_has("another is not connected");
    let given = home.oauth(["helper", "git", "get"]).stdin(place).env("OAUTH_TOKEN_THIRD", "given").run();
    given.success().stdout_has("password=given\n");
    server.login(&home, "another", ALICE);
    let place = "protocol=https\nhost=github.example\n";
    let unclear = git(&home, "get", place);
    unclear.fails(3).stdout_is("").stderr_has("several providers").says_nothing_of("oauth request");
    // What the hint says settles it.
    unclear.stderr_has("oauth revoke another\n").stderr_has("oauth --tenant NAME init another\n");
    home.oauth(["revoke", "another"]).run().success();
    git(&home, "get", place).success().stdout_has(&token(&home));
}

#[test]
fn a_host_that_the_entry_names_since_the_login_is_served_after_a_new_one() {
    let (server, home) = connected("");
    entry::write(&home, "demo", &server, "git_hosts = [\"github.example\"]");
    let place = "protocol=https\nhost=github.example\n";
    git(&home, "get", place)
        .fails(7)
        .stdout_is("")
        .stderr_has("by now: oauth init demo\n")
        .says_nothing_of("--allow-host");
    server.login(&home, "demo", ALICE);
    git(&home, "get", place).success().stdout_has(&token(&home));
}

#[test]
fn of_two_accounts_on_two_hosts_the_one_whose_host_it_is_serves() {
    let home = Home::new();
    let import = |words: &[&str], token: &str| {
        let run = home.oauth(["import", "gitlab", "--token-stdin"]).args(words.iter().copied());
        run.stdin(token).run().success();
    };
    import(&["main"], "at-com");
    import(&["self", "--set", "host=gitlab.example.org"], "at-org");
    let place = |host: &str| format!("protocol=https\nhost={host}\n");
    git(&home, "get", &place("gitlab.com")).success().stdout_has("password=at-com\n");
    git(&home, "get", &place("gitlab.example.org")).success().stdout_has("password=at-org\n");
    assert_eq!(json(&docker(&home, "list", "").success().stdout)["registry.gitlab.example.org"], "self");
    let told = docker(&home, "get", "registry.gitlab.example.org").success().json();
    assert_eq!((&told["Secret"], &told["Username"]), (&"at-org".into(), &"self".into()));
    // Whoever is named is taken at their word.
    let asked = git(&home, "get", &format!("{}username=main\n", place("gitlab.example.org")));
    asked.fails(7).stdout_is("").stderr_has("of another account: self").says_nothing_of("oauth request");
    asked.stderr_has("hint: ask with that user name, or with none\n");
    // Of two at one host neither is guessed.
    import(&["other", "--set", "host=gitlab.example.org"], "other");
    let unclear = git(&home, "get", &place("gitlab.example.org"));
    unclear.fails(3).stdout_is("").stderr_has("they are: other, self").stderr_has("oauth default gitlab");
    let named = git(&home, "get", &format!("{}username=other\n", place("gitlab.example.org")));
    named.success().stdout_has("password=other\n");
    home.oauth(["default", "gitlab", "other"]).run().success();
    git(&home, "get", &place("gitlab.example.org")).success().stdout_has("password=other\n");
    git(&home, "get", &place("gitlab.com")).success().stdout_has("password=at-com\n");
}

/// A git server for the repositories of a directory.
struct GitServer {
    child: Child,
    authority: String,
}

impl GitServer {
    fn start(root: &std::path::Path, server: &DemoServer) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/git/server.py");
        let userinfo = format!("{}/userinfo", server.issuer());
        let mut command = Command::new("python3");
        command.arg(script).arg(root).arg(userinfo).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 runs");
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, authority: format!("127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn git_clones_and_pushes_with_the_helper_that_was_installed() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = Home::new();
    let run = |words: &[&str]| -> Run {
        let run = home.command("git").args(words.iter().copied()).env("GIT_TERMINAL_PROMPT", "0");
        run.env("GIT_AUTHOR_NAME", "t")
            .env("GIT_AUTHOR_EMAIL", "t@t")
            .env("GIT_COMMITTER_NAME", "t")
            .env("GIT_COMMITTER_EMAIL", "t@t")
    };
    let repositories = home.path().join("repositories");
    let bare = repositories.join("x.git");
    run(&["init", "--bare", "-b", "main", bare.to_str().unwrap()]).run().success();
    run(&["-C", bare.to_str().unwrap(), "config", "http.receivepack", "true"]).run().success();
    let git_server = GitServer::start(&repositories, &server);
    entry::write(&home, "demo", &server, &format!("git_hosts = [\"{}\"]", git_server.authority));
    home.oauth(["helper", "git", "--install"]).run().fails(3);
    server.login(&home, "demo", ALICE);

    let url = format!("http://{}/x.git", git_server.authority);
    run(&["ls-remote", &url]).run().fails(128);
    for _ in 0..2 {
        home.oauth(["helper", "git", "--install"]).run().success().stdout_is("").stderr_has(&git_server.authority);
    }
    let key = format!("credential.http://{}.helper", git_server.authority);
    let helpers = run(&["config", "--global", "--get-all", &key]).run();
    let here = home.oauth_home().display().to_string();
    helpers.success().stdout_is(&format!("\n!OAUTH_HOME='{here}' '{OAUTH}' helper git\n"));

    run(&["clone", &url, "copy"]).run().success();
    let copy = home.path().join("copy");
    fs::write(copy.join("file"), "text").unwrap();
    let here = copy.to_str().unwrap();
    run(&["-C", here, "add", "."]).run().success();
    run(&["-C", here, "commit", "-m", "one"]).run().success();
    let pushed = run(&["-C", here, "push", "origin", "HEAD:main"]).run();
    pushed.success().says_nothing_of(&token(&home));

    // The provider ends the token: git says so, and the next one is new.
    server.expire();
    run(&["-C", here, "fetch"]).run().fails(128);
    run(&["-C", here, "fetch"]).run().success();
    assert_eq!(server.count("grants/refresh_token"), 1);
}

#[test]
fn what_was_told_to_git_can_be_undone_and_nothing_else_is() {
    let (_server, home) = connected("git_hosts = [\"github.example\", \"gist.example\"]");
    let config = |words: &[&str]| home.command("git").args(["config", "--global"]).args(words.iter().copied()).run();
    let uninstall = || home.oauth(["helper", "git", "--uninstall"]).without_key().run();
    uninstall().success().stderr_is("git did not ask oauth (git config --global)\n");
    config(&["user.name", "me"]).success();
    config(&["credential.helper", "cache"]).success();
    let before = config(&["--list"]).stdout;
    home.oauth(["helper", "git", "--install"]).run().success();
    uninstall().success().stderr_is(
        "git asks oauth no more about https://gist.example (git config --global)\n\
         git asks oauth no more about https://github.example (git config --global)\n",
    );
    assert_eq!(config(&["--list"]).stdout, before);
    // A helper that somebody has added for the same place stays, and what a copy elsewhere had told goes.
    home.oauth(["helper", "git", "--install"]).run().success();
    config(&["--add", "credential.https://github.example.helper", "store"]).success();
    config(&["credential.https://other.example.helper", "!'/usr/local/bin/oauth' helper git"]).success();
    uninstall().success().stderr_has("https://other.example");
    config(&["--get-all", "credential.https://github.example.helper"]).success().stdout_is("\nstore\n");
    config(&["--get-all", "credential.https://other.example.helper"]).fails(1);
}

#[test]
fn git_asks_in_the_tenant_that_it_was_told_of() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = Home::new();
    entry::write(&home, "demo", &server, "git_hosts = [\"github.example\"]");
    let within = |words: &[&str]| home.oauth(["--tenant", "a b"]).args(words.iter().copied());
    server.sign_in(within(&["init", "demo", "--client-id", CLIENT]), ALICE).success();
    within(&["helper", "git", "--install"]).run().success();
    let git = |words: &[&str]| home.command("git").args(words.iter().copied()).env("GIT_TERMINAL_PROMPT", "0");
    let token = within(&["token", "demo"]).run().success().stdout.clone();
    // The tenant that a variable names is kept, as git may run without it.
    let again = || home.oauth(["helper", "git", "--install"]).env("OAUTH_TENANT", "a b").run();
    again().success().says_nothing_of("instead of");
    server.login(&home, "demo", ALICE);
    let other = home.oauth(["helper", "git", "--install"]).run().success().stderr.clone();
    assert!(other.contains("from now on instead of `oauth --tenant 'a b' helper git`,"), "{other}");
    again().success().stderr_has("from now on instead of `oauth helper git`,");
    let filled = git(&["credential", "fill"]).stdin("protocol=https\nhost=github.example\n\n").run();
    filled.success().stdout_has(&format!("password={token}"));
    home.oauth(["helper", "git", "--uninstall"]).without_key().run().success().stderr_has("https://github.example");
    git(&["config", "--global", "--get-all", "credential.https://github.example.helper"]).run().fails(1);
}

#[test]
fn git_asks_in_the_home_that_it_was_told_of() {
    let (_server, home) = connected("git_hosts = [\"github.example\"]");
    let token = token(&home);
    let place = home.path().join("it's ' my home");
    fs::rename(home.oauth_home(), &place).unwrap();
    let oauth = |words: &[&str]| home.oauth(words.iter().copied()).env("OAUTH_HOME", &place).run();
    let fill = || {
        let run = home.command("git").args(["credential", "fill"]).env("GIT_TERMINAL_PROMPT", "0");
        run.without_env("OAUTH_HOME").stdin("protocol=https\nhost=github.example\n\n").run()
    };
    oauth(&["helper", "git", "--install"]).success();
    fill().success().stdout_has(&format!("password={token}\n"));
    // Beside another one it is found as well.
    let add = ["config", "--global", "--add", "credential.https://github.example.helper", "store"];
    home.command("git").args(add).run().success();
    oauth(&["helper", "git", "--uninstall"]).success().stderr_has("https://github.example");
    let left = home.command("git").args(["config", "--global", "--get-all", add[3]]).run();
    left.success().stdout_is("\nstore\n");
    // Without a home of its own, git asks where it would have asked.
    fs::rename(&place, home.path().join("xdg/data/oauth-cli")).unwrap();
    home.oauth(["helper", "git", "--install"]).without_env("OAUTH_HOME").run().success();
    let told = home.command("git").args(["config", "--global", "--get-all", add[3]]).run();
    told.success().stdout_has(&format!("\n!'{OAUTH}' helper git\n"));
}

#[test]
fn git_finds_the_helper_by_its_name() {
    let (_server, home) = connected("git_hosts = [\"github.example\"]");
    let path = named(&home, "git-credential-oauth-cli");
    let fill = home.command("git").args(["-c", "credential.helper=oauth-cli", "credential", "fill"]);
    let output =
        fill.env("PATH", path).env("GIT_TERMINAL_PROMPT", "0").stdin("protocol=https\nhost=github.example\n\n").run();
    output.success().stdout_has(&format!("password={}\n", token(&home)));
}

#[test]
fn docker_gets_the_token_of_a_registry_that_is_ours() {
    let (_server, home) = connected("registry_hosts = [\"ghcr.example\"]");
    let token = token(&home);
    for input in ["ghcr.example", "ghcr.example\n", "https://ghcr.example/v2/", "ghcr.example:443", "ghcr.example/"] {
        let told = docker(&home, "get", input).success().json();
        assert_eq!(told, serde_json::json!({"ServerURL": input.trim(), "Username": ALICE, "Secret": token}));
    }
    for input in
        ["http://ghcr.example", "evil.example", "ghcr.example.evil.com", "ghcr.example:8443", "", "ghcr.example/x"]
    {
        docker(&home, "get", input).fails(1).stdout_is("credentials not found in native keychain\n").stderr_is("");
    }
    for input in ["ghcr.example\nevil.example\n", "gh\rcr.example", &"a".repeat(1 << 20)] {
        let output = docker(&home, "get", input);
        output.fails(1).stderr_has("no request of docker's").says_nothing_of(&token);
    }
    docker(&home, "list", "")
        .success()
        .stdout_is(&format!("{{\"ghcr.example\":\"{ALICE}\"}}\n"))
        .says_nothing_of(&token);
    docker(&home, "store", "{\"ServerURL\":\"ghcr.example\",\"Username\":\"a\",\"Secret\":\"canary-1\"}").fails(1);
    docker(&home, "erase", "ghcr.example").success();
    docker(&home, "get", "ghcr.example").success();
    crate::support::files::assert_no_canary(&home.oauth_home(), &["canary-1"]);
}

#[test]
fn a_registry_takes_what_docker_was_given() {
    let registry = Origin::start(|seen| {
        let manifest = "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\",\
            \"config\":{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"size\":2,\"digest\":\
            \"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"},\"layers\":[]}";
        let kind = [("Content-Type", "application/vnd.docker.distribution.manifest.v2+json")];
        match seen.header("authorization") {
            None => answer(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], ""),
            Some(_) if seen.path.contains("/manifests/") => answer(200, &kind, manifest),
            Some(_) if seen.path.contains("/blobs/") => answer(200, &[], "{}"),
            Some(_) => answer(200, &[], "{}"),
        }
    });
    let (_server, home) = connected(&format!("registry_hosts = [\"{}\"]", registry.authority()));
    let path = named(&home, "docker-credential-oauth");
    let config = home.path().join("docker");
    fs::create_dir(&config).unwrap();
    fs::write(config.join("config.json"), format!("{{\"credHelpers\": {{\"{}\": \"oauth\"}}}}", registry.authority()))
        .unwrap();
    let image = format!("{}/x:latest", registry.authority());
    let run = home.command("docker").args(["manifest", "inspect", "--insecure", &image]);
    run.env("PATH", path).env("DOCKER_CONFIG", config).run().success().stdout_has("schemaVersion");
    let basic = format!("Basic {}", STANDARD.encode(format!("{ALICE}:{}", token(&home))));
    assert!(registry.seen().iter().any(|seen| seen.header("authorization") == Some(&basic)));
}

#[test]
fn kubectl_gets_an_exec_credential_of_the_version_it_asks_for() {
    let (_server, home) = connected("");
    let told = |info: Option<&str>| {
        let run = home.oauth(["helper", "kubectl", "demo"]);
        let run = if let Some(info) = info { run.env("KUBERNETES_EXEC_INFO", info) } else { run };
        run.run()
    };
    let object = told(None).success().json();
    assert_eq!(object["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(
        (object["kind"].as_str(), object["status"]["token"].as_str()),
        (Some("ExecCredential"), Some(&*token(&home)))
    );
    assert!(object["status"]["expirationTimestamp"].as_str().unwrap().ends_with('Z'));
    let beta = "{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"spec\":{}}";
    assert_eq!(told(Some(beta)).success().json()["apiVersion"], "client.authentication.k8s.io/v1beta1");
    told(Some("{\"apiVersion\":\"client.authentication.k8s.io/v9\"}")).fails(1).stdout_is("");
}

#[test]
fn a_cluster_takes_what_kubectl_was_given() {
    let (_server, home) = connected("");
    let (directory, bearer) = (home.path().join("api"), token(&home));
    fs::create_dir(&directory).unwrap();
    let api = ApiServer::start(&directory, &bearer);
    let client = home.command("kubectl").args(["version", "--client", "-o", "json"]).run().success().json();
    let minor = client["clientVersion"]["minor"].as_str().unwrap().trim_end_matches('+').parse::<u32>().unwrap();
    // Debian 12 has a kubectl that is older than v1.
    let versions = if minor >= 22 { &["v1", "v1beta1"][..] } else { &["v1beta1"] };
    for version in versions {
        let exec = serde_json::json!({"apiVersion": format!("client.authentication.k8s.io/{version}"), "command": OAUTH,
            "args": ["helper", "kubectl", "demo"], "interactiveMode": "Never"});
        let config = serde_json::json!({"apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": format!("https://{}", api.authority), "insecure-skip-tls-verify": true}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"exec": exec}}]});
        let file = home.path().join("kubeconfig");
        fs::write(&file, config.to_string()).unwrap();
        let run = home.command("kubectl").args(["get", "--raw", "/version"]).env("KUBECONFIG", &file);
        run.run().success().stdout_has("welcome");
    }
}

#[test]
fn the_recipe_for_kubectl_is_taken_by_kubectl() {
    let (_server, home) = connected("");
    let (directory, bearer) = (home.path().join("api"), token(&home));
    fs::create_dir(&directory).unwrap();
    let api = ApiServer::start(&directory, &bearer);
    let recipes = include_str!("../docs/recipes.md");
    let recipe = recipes.split("```").find_map(|part| part.strip_prefix("sh\nkubectl config set-credentials")).unwrap();
    let own = ["config", "set-credentials", "--help"];
    let knows = home.command("kubectl").args(own).run().success().stdout.contains("--exec-interactive-mode");
    let recipe = recipe.replace("google", "demo");
    // As the recipe says of one that is older.
    let older = recipe.replace(" --exec-interactive-mode=Never", "").replace("k8s.io/v1 ", "k8s.io/v1beta1 ");
    let recipe = if knows { recipe } else { older };
    let (path, file) = (named(&home, "oauth"), home.path().join("kubeconfig"));
    let script = format!(
        "set -e\nkubectl config set-credentials{recipe}\n\
         kubectl config set-cluster c --server=https://{} --insecure-skip-tls-verify=true\n\
         kubectl config set-context c --cluster=c --user=me\nkubectl --context=c get --raw /version",
        api.authority
    );
    let run = home.command("bash").args(["-c", &script]).env("PATH", path).env("KUBECONFIG", file);
    run.run().success().stdout_has("welcome");
}

/// An API server over TLS that welcomes one bearer.
struct ApiServer {
    child: Child,
    authority: String,
}

impl ApiServer {
    fn start(directory: &std::path::Path, bearer: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/kubectl/server.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(directory).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3 runs");
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), bearer.as_bytes()).unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, authority: format!("127.0.0.1:{}", port.trim()) }
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn cargo_is_answered_in_its_protocol() {
    let (_server, home) = connected("registry_hosts = [\"cargo.example\"]");
    let ask = |kind: &str, index: &str| {
        let line = format!(
            "{{\"v\":1,\"kind\":\"{kind}\",\"operation\":\"read\",\"registry\":{{\"index-url\":\"{index}\",\"name\":\"x\"}},\"args\":[]}}\n"
        );
        let output = home.oauth(["helper", "cargo"]).stdin(line).run();
        output.success();
        let lines: Vec<_> = output.stdout.lines().map(json).collect();
        assert_eq!(lines[0], json("{\"v\":[1]}"));
        lines[1].clone()
    };
    let told = ask("get", "sparse+https://cargo.example/index/");
    assert_eq!(told["Ok"]["token"], format!("Bearer {}", token(&home)));
    assert_eq!((told["Ok"]["kind"].as_str(), told["Ok"]["cache"].as_str()), (Some("get"), Some("expires")));
    assert!(told["Ok"]["expiration"].is_i64());
    for other in
        ["sparse+https://cargo.example.evil.com/", "sparse+http://cargo.example/", "sparse+https://cargo.example:1/"]
    {
        assert_eq!(ask("get", other)["Err"]["kind"], "url-not-supported", "{other}");
    }
    assert_eq!(ask("login", "sparse+https://cargo.example/")["Err"]["kind"], "operation-not-supported");
    home.oauth(["helper", "cargo"]).run().success().stdout_is("{\"v\":[1]}\n");
}

#[test]
fn a_registry_takes_what_cargo_was_given() {
    let bearer = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let wanted = std::sync::Arc::clone(&bearer);
    let registry = Origin::start(move |seen| {
        let host = seen.header("host").unwrap();
        let config = format!("{{\"dl\":\"http://{host}/dl\",\"api\":\"http://{host}\",\"auth-required\":true}}");
        match seen.header("authorization") {
            Some(given) if given == *wanted.lock().unwrap() => match seen.path.as_str() {
                "/index/config.json" => answer(200, &[], &config),
                path if path.starts_with("/api/v1/crates") => answer(
                    200,
                    &[],
                    "{\"crates\":[{\"name\":\"found-it\",\"max_version\":\"1.0.0\",\"description\":\"\"}],\"meta\":{\"total\":1}}",
                ),
                _ => answer(404, &[], ""),
            },
            _ => answer(401, &[("WWW-Authenticate", "Cargo login_url=\"https://login.example/\"")], ""),
        }
    });
    let (_server, home) = connected(&format!("registry_hosts = [\"{}\"]", registry.authority()));
    *bearer.lock().unwrap() = format!("Bearer {}", token(&home));
    let path = named(&home, "cargo-credential-oauth");
    let cargo_home = home.path().join("cargo");
    fs::create_dir(&cargo_home).unwrap();
    let search = |provider: &str| {
        let config = format!(
            "[registries.local]\nindex = \"sparse+http://{}/index/\"\ncredential-provider = {provider}\n",
            registry.authority()
        );
        fs::write(cargo_home.join("config.toml"), config).unwrap();
        let cargo = PathBuf::from(env!("CARGO"));
        let run = home.command(cargo).args(["search", "--registry", "local", "found"]).env("CARGO_HOME", &cargo_home);
        run.env("PATH", &path).run()
    };
    search("[\"cargo-credential-oauth\"]").success().stdout_has("found-it");
    // Under its own name, cargo's mark tells.
    search(&format!("[\"{OAUTH}\"]")).success().stdout_has("found-it");
    assert!(search("[\"cargo:token\"]").code != Some(0), "the registry takes nothing else");
}

#[test]
fn a_helper_that_cannot_have_a_token_prints_none() {
    let (server, home) = connected("git_hosts = [\"github.example\"]\nregistry_hosts = [\"github.example\"]");
    server.revoke_all();
    age(&home, 0);
    git(&home, "get", "protocol=https\nhost=github.example\n").fails(4).stdout_is("").stderr_has("oauth init demo");
    home.oauth(["helper", "kubectl", "demo"]).run().fails(4).stdout_is("");
    docker(&home, "get", "github.example").fails(4).stderr_has("oauth init demo");
    let rows: u32 = store(&home)
        .query_row("select count(*) from credentials where refresh_token is not null", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 1, "nothing was deleted");
}

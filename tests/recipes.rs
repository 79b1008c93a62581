//! The recipes of docs/recipes.md, with the programs they are for.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::demo::ALICE;
use crate::support::entry::{connected, token};
use crate::support::origin::{Origin, answer};
use crate::support::sandbox::{Home, Run};

const OAUTH: &str = env!("CARGO_BIN_EXE_oauth");

/// A line of a recipe, with this program on `PATH`.
fn shell(home: &Home, line: &str) -> Run {
    let bin = home.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let link = bin.join("oauth");
    if !link.exists() {
        std::os::unix::fs::symlink(OAUTH, link).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    home.command("bash").args(["-c", line]).env("PATH", path)
}

fn bearer(home: &Home) -> String {
    format!("Bearer {}", token(home))
}

#[test]
fn curl_gets_the_header_through_a_pipe() {
    let api = Origin::saying("ok");
    let (_server, home) = connected("");
    shell(&home, &format!("curl -sS -H @<(oauth token demo --format header) {}", api.url("/"))).run().success();
    assert_eq!(api.seen()[0].header("authorization"), Some(&*bearer(&home)));
}

#[test]
fn npm_fills_the_variable_in() {
    let registry = Origin::saying("{\"name\":\"left-pad\",\"versions\":{},\"dist-tags\":{}}");
    let (_server, home) = connected("");
    let project = home.path().join("project");
    fs::create_dir(&project).unwrap();
    let authority = registry.authority();
    let settings = format!("registry=http://{authority}/\n//{authority}/:_authToken=${{DEMO_TOKEN}}\n");
    fs::write(project.join(".npmrc"), settings).unwrap();
    let _ = shell(&home, "oauth exec demo -- npm view left-pad").current_dir(project).run();
    assert_eq!(registry.seen()[0].header("authorization"), Some(&*bearer(&home)));
}

#[test]
fn pip_fills_the_variable_in() {
    let index = Origin::saying("<!DOCTYPE html><html></html>");
    let (_server, home) = connected("");
    let file = home.path().join("requirements.txt");
    let authority = index.authority();
    fs::write(&file, format!("--index-url http://oauth2:${{DEMO_TOKEN}}@{authority}/simple\nnothing-of-the-kind\n"))
        .unwrap();
    let line = "oauth exec demo -- python3 -m pip download --no-deps --disable-pip-version-check -r requirements.txt";
    let output = shell(&home, line).run();
    output.fails(1).says_nothing_of(&token(&home));
    let basic = format!("Basic {}", STANDARD.encode(format!("oauth2:{}", token(&home))));
    assert!(index.seen().iter().any(|seen| seen.header("authorization") == Some(&basic)), "{output}");
}

#[test]
fn rclone_asks_for_the_token() {
    let page = "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\"><d:response><d:href>/</d:href><d:propstat><d:prop>\
        <d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>\
        <d:response><d:href>/f.txt</d:href><d:propstat><d:prop><d:getcontentlength>3</d:getcontentlength><d:resourcetype/>\
        </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>";
    let cloud = Origin::start(move |_| answer(207, &[("Content-Type", "application/xml")], page));
    let (_server, home) = connected("");
    let remote = format!(
        "[cloud]\ntype = webdav\nurl = {}\nvendor = other\nbearer_token_command = oauth token demo\n",
        cloud.url("/")
    );
    fs::write(home.path().join("rclone.conf"), remote).unwrap();
    shell(&home, "rclone --config rclone.conf lsf cloud:").run().success().stdout_is("f.txt\n");
    assert_eq!(cloud.seen()[0].header("authorization"), Some(&*bearer(&home)));
}

#[test]
fn msmtp_signs_in_with_what_it_asks_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || talk_smtp(&listener));
    let (_demo, home) = connected("");
    let file = home.path().join("msmtprc");
    let settings = format!(
        "account default\nhost 127.0.0.1\nport {port}\ntls off\nauth xoauth2\nuser {ALICE}\nfrom {ALICE}\n\
         passwordeval \"oauth token demo\"\n"
    );
    fs::write(&file, settings).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    shell(&home, "msmtp -C msmtprc bob@example.test").stdin("Subject: x\n\ntext\n").run().success();
    let told = home.oauth(["token", "demo", "--format", "xoauth2"]).run().success().stdout.trim_end().to_owned();
    assert_eq!(server.join().unwrap(), told, "both mean the same by XOAUTH2");
}

/// Takes one mail. Gives what the client said to AUTH.
fn talk_smtp(listener: &TcpListener) -> String {
    let (stream, _) = listener.accept().unwrap();
    let (mut lines, mut out) = (BufReader::new(stream.try_clone().unwrap()).lines(), stream);
    let mut said = String::new();
    let mut say = move |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    say("220 here ESMTP");
    while let Some(Ok(line)) = lines.next() {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["EHLO", ..] => say("250-here\r\n250 AUTH XOAUTH2"),
            ["AUTH", "XOAUTH2", initial @ ..] => {
                said = initial.first().map_or_else(
                    || {
                        say("334 ");
                        lines.next().unwrap().unwrap()
                    },
                    |initial| (*initial).to_owned(),
                );
                say("235 welcome");
            }
            ["DATA"] => {
                say("354 go on");
                while lines.next().unwrap().unwrap() != "." {}
                say("250 taken");
            }
            ["QUIT"] => {
                say("221 bye");
                break;
            }
            _ => say("250 fine"),
        }
    }
    said
}

#[test]
fn netrc_names_the_host_of_the_api() {
    let (_server, home) = connected("api_hosts = [\"*.example.com\", \"api.example.com:8443\"]");
    let output = home.oauth(["token", "demo", "--format", "netrc"]).run();
    output.success().stdout_is(&format!("machine api.example.com login {ALICE} password {}\n", token(&home)));
}

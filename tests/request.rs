//! `oauth request`: the token goes where it belongs, and nowhere else.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::support::demo::{ALICE, CLIENT, DemoServer};
use crate::support::entry;
use crate::support::origin::{Origin, answer};
use crate::support::sandbox::{Home, Run};

/// ALICE at `demo`, whose API is the server itself and the hosts besides.
fn connected(hosts: &[&str]) -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let mut add = home.oauth(["provider", "add", "demo", "--issuer", server.issuer(), "--scope", "openid,email"]);
    for host in hosts {
        add = add.args(["--api-host", host]);
    }
    add.run().success();
    server.login(&home, "demo", ALICE);
    (server, home)
}

fn request(home: &Home, words: &[&str]) -> Run {
    home.oauth(["request"]).args(words.iter().copied())
}

fn token(home: &Home) -> String {
    home.oauth(["token", "demo"]).run().success().stdout.trim_end().to_owned()
}

#[test]
fn the_answer_is_printed_and_the_token_is_not() {
    let (server, home) = connected(&[]);
    let url = format!("{}/api/echo?x=1", server.issuer());
    let token = token(&home);
    for words in [
        vec!["demo", "GET", &url],
        vec!["demo", &url],
        vec!["demo", ALICE, "GET", "/api/echo"],
        vec!["demo", "/api/echo"],
        vec![url.as_str()],
        vec!["GET", &url],
    ] {
        let output = request(&home, &words).run();
        output.success().says_nothing_of(&token);
        assert_eq!(output.json()["account"], ALICE, "{words:?}");
        assert_eq!(output.stderr, "", "{words:?}");
    }
}

#[test]
fn a_body_goes_out_from_text_file_and_standard_input() {
    let (server, home) = connected(&[]);
    let file = home.path().join("body");
    fs::write(&file, "from a file\n").unwrap();
    let at_file = format!("@{}", file.display());
    let sent = |words: &[&str]| {
        let output = request(&home, words).args(["demo", "/api/echo"]).stdin("from a pipe").run();
        output.success();
        (output.json()["method"].clone(), output.json()["content_length"].clone())
    };
    assert_eq!(sent(&["-d", "a=b"]), (json!("POST"), json!(3)));
    assert_eq!(sent(&["-d", &at_file]), (json!("POST"), json!(12)));
    assert_eq!(sent(&["-d", "-"]), (json!("POST"), json!(11)));
    assert_eq!(sent(&["-d", "@-"]), (json!("POST"), json!(11)));
    assert_eq!(sent(&["--json-body={}"]), (json!("POST"), json!(2)));
    drop(server);
}

#[test]
fn what_may_have_been_done_is_not_advised_to_be_done_again() {
    let api = Origin::start(|_| String::new());
    let (_server, home) = connected(&[api.authority()]);
    let lost = |method: &str| request(&home, &["demo", method, &api.url("/orders")]).run();
    for (method, advice) in [
        ("GET", "and try again"),
        ("PUT", "and try again"),
        ("POST", "look there before"),
        ("PATCH", "look there before"),
    ] {
        lost(method).fails(5).stderr_has("no answer from").stderr_has(advice).says_nothing_of("login");
    }
}

#[test]
fn what_is_sent_is_what_was_asked_for() {
    let api = Origin::saying("ok");
    let (_server, home) = connected(&[api.authority()]);
    let token = token(&home);
    request(
        &home,
        &["-H", "X-One: 1", "-H", "x-two:  2 ", "demo", "PATCH", &api.url("/p?q=1"), "--json-body", "{\"a\":1}"],
    )
    .run()
    .success()
    .stdout_is("ok");
    request(&home, &["demo", "PUT", &api.url("/piped"), "-d", "-"]).stdin("piped").run().success();
    request(&home, &["demo", "PROPFIND", &api.url("/dav")]).run().success();
    let seen = api.seen();
    let first = &seen[0];
    assert_eq!((first.method.as_str(), first.path.as_str(), first.body.as_str()), ("PATCH", "/p?q=1", "{\"a\":1}"));
    assert_eq!(first.header("authorization"), Some(format!("Bearer {token}").as_str()));
    assert_eq!((first.header("x-one"), first.header("x-two")), (Some("1"), Some("2")));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert!(first.header("user-agent").is_some_and(|name| name.starts_with("oauth-cli/")));
    assert_eq!(seen[1].header("content-length"), Some("5"));
    assert_eq!(seen[1].body, "piped");
    assert_eq!(seen[2].method, "PROPFIND");
}

#[test]
fn an_answer_is_written_to_a_file_with_its_head_where_that_is_wanted() {
    let api = Origin::start(|_| answer(200, &[("X-Kind", "plain"), ("X-Turned", "a\u{202e}b\u{9b}2Jc")], "body"));
    let (_server, home) = connected(&[api.authority()]);
    let file = home.path().join("out");
    request(&home, &["demo", &api.url("/"), "-o", file.to_str().unwrap()]).run().success().stdout_is("");
    assert_eq!(fs::read_to_string(&file).unwrap(), "body");
    let output = request(&home, &["demo", &api.url("/"), "--include"]).run();
    output.success().stdout_has("HTTP/1.1 200").stdout_has("x-kind: plain\r\n");
    output.stdout_has(r"x-turned: a\u{202e}b\x9b2Jc");
    assert!(output.stdout.ends_with("\r\n\r\nbody"), "{output}");
}

#[test]
fn an_answer_comes_through_while_it_is_being_sent() {
    let (server, home) = connected(&[]);
    server.behave(&json!({"faults": [{"endpoint": "echo", "do": {"answer": {
        "status": 200, "body": "0123456789abcdef", "repeat": 200_000, "content_type": "text/plain"}}}]}));
    // More than the program would ever keep of an answer of its own.
    let output = request(&home, &["demo", "/api/echo"]).run();
    output.success();
    assert_eq!(output.stdout.len(), 16 * 200_000);
    let cut = json!({"faults": [{"endpoint": "echo", "do": {"cut": {"at": null}}}]});
    server.behave(&cut);
    request(&home, &["demo", "/api/echo"]).run().fails(5);
}

#[test]
fn the_exit_code_is_of_the_class_of_the_status() {
    let api = Origin::start(|seen| {
        let status = seen.path.trim_start_matches('/').parse().unwrap();
        answer(status, &[("Retry-After", "7")], "said")
    });
    let (_server, home) = connected(&[api.authority()]);
    for (status, exit, code) in [
        ("204", 0, ""),
        ("304", 0, ""),
        ("400", 1, "http_error"),
        ("403", 1, "http_error"),
        ("404", 1, "http_error"),
        ("429", 5, "rate_limited"),
        ("500", 5, "rate_limited"),
        ("503", 5, "rate_limited"),
    ] {
        let output = request(&home, &["demo", &api.url(&format!("/{status}")), "--json"]).run();
        output.fails(exit);
        if exit != 0 {
            assert_eq!(output.stdout, "said", "the body is printed all the same");
            let error = crate::support::json(&output.stderr);
            assert_eq!(
                (error["error"]["code"].as_str(), error["error"]["exit"].as_i64()),
                (Some(code), Some(exit.into()))
            );
        }
    }
    request(&home, &["demo", &api.url("/429")]).run().fails(5).stderr_has("7 s");
}

#[test]
fn a_token_that_is_not_taken_is_refreshed_once_and_the_request_sent_again() {
    let (server, home) = connected(&[]);
    let before = token(&home);
    server.expire();
    request(&home, &["demo", "/api/echo", "-d", "text"]).run().success();
    assert_eq!(server.count("grants/refresh_token"), 1);
    assert_ne!(token(&home), before);
}

#[test]
fn a_body_that_is_gone_is_not_sent_half_again() {
    let api = Origin::start(|_| answer(401, &[], ""));
    let (server, home) = connected(&[api.authority()]);
    let long = "0123456789abcdef".repeat(80_000);
    let output = request(&home, &["demo", &api.url("/"), "-d", "-"]).stdin(long.clone()).run();
    output.fails(4).stderr_has("run it again");
    assert_eq!(api.seen().len(), 1);
    assert_eq!(api.seen()[0].header("transfer-encoding"), Some("chunked"), "what is long is streamed");
    assert!(api.seen()[0].body == long);
    assert_eq!(server.count("grants/refresh_token"), 1);
}

#[test]
fn a_server_that_takes_no_token_at_all_is_asked_twice_and_no_more() {
    let api = Origin::start(|_| answer(401, &[], ""));
    let (server, home) = connected(&[api.authority()]);
    request(&home, &["demo", &api.url("/")]).run().fails(4).stderr_has("does not take the token");
    assert_eq!(api.seen().len(), 2);
    assert_eq!(server.count("grants/refresh_token"), 1);
    home.oauth(["token", "demo", "--offline"]).run().success();
}

#[test]
fn many_that_meet_a_401_at_once_make_one_refresh() {
    let (server, home) = connected(&[]);
    server.expire();
    let running: Vec<_> = (0..8).map(|_| request(&home, &["demo", "/api/echo"]).spawn()).collect();
    for one in running {
        one.finish().success();
    }
    assert_eq!(server.count("grants/refresh_token"), 1);
}

#[test]
fn a_missing_scope_is_named_with_the_command_that_gets_it() {
    let (_server, home) = connected(&[]);
    let output = request(&home, &["demo", "/api/echo?need=write"]).run();
    output.fails(4).stderr_has("hint: oauth init demo --add-scope write").stderr_has("lacks a scope");
    let output = request(&home, &["demo", "/api/echo?need=write", "--json"]).run();
    let error = crate::support::json(&output.stderr);
    assert_eq!(error["error"]["code"], "insufficient_scope");
    assert_eq!(error["error"]["action"], "oauth init demo --add-scope write");
    let summary = home.oauth(["audit", "--summary"]).run();
    summary.success().stdout_has("lacked a scope 2 times").stdout_has("--add-scope write");
}

#[test]
fn what_was_asked_for_and_is_not_connected_is_remembered() {
    let (_server, home) = connected(&[]);
    request(&home, &["github", "GET", "/user"]).run().fails(3);
    request(&home, &["https://api.github.com/user"]).run().fails(3);
    let summary = home.oauth(["audit", "--summary"]).run();
    summary.success().stdout_has("asked for 2 times: github (oauth init github)");
}

#[test]
fn patience_that_is_asked_for_is_had_with_retry() {
    let (server, home) = connected(&[]);
    let busy = json!({"faults": [{"endpoint": "echo", "next": 2, "do": {"answer": {
        "status": 429, "headers": {"Retry-After": "0"}}}}]});
    server.behave(&busy);
    request(&home, &["demo", "/api/echo"]).run().fails(5);
    server.behave(&busy);
    request(&home, &["demo", "/api/echo", "--retry"]).run().success().stderr_has("429");
    server.behave(&busy);
    request(&home, &["demo", "/api/echo", "--retry=1"]).run().fails(5);
    // Half an hour is not waited for.
    server.behave(&json!({"faults": [{"endpoint": "echo", "do": {"answer": {
        "status": 429, "headers": {"Retry-After": "1800"}}}}]}));
    request(&home, &["demo", "/api/echo", "--retry"]).run().fails(5).stderr_has("30 min");
}

#[test]
fn another_host_is_refused_before_anything_is_sent() {
    let stranger = Origin::saying("mine");
    let (_server, home) = connected(&[]);
    let output = request(&home, &["demo", &stranger.url("/")]).run();
    output.fails(7).stderr_has("is not sent to").stderr_has(stranger.authority());
    for url in
        ["https://127.0.0.1.evil.example/", "https://evil.example/", "http://example.com/", "https://169.254.169.254/"]
    {
        request(&home, &["demo", url]).run().fails(7);
    }
    request(&home, &[&stranger.url("/")]).run().fails(3).stderr_has("no provider is known");
    assert!(stranger.seen().is_empty());
    // Where nothing is connected, there is no list to hold a host to.
    request(&home, &["github", "https://evil.example/"]).run().fails(3).stderr_has("github is not connected");
}

#[test]
fn where_no_account_is_named_the_one_whose_host_it_is_is_taken() {
    let (one, two, home) = (Origin::saying("one"), Origin::saying("two"), Home::new());
    let server = DemoServer::start(["--expire", "3600"]);
    let variable = format!("[variables.host]\nabout = \"its host\"\ndefault = \"{}\"", one.authority());
    entry::write(&home, "forge", &server, &format!("api_hosts = [\"{{host}}\"]\n{variable}"));
    let import = |words: &[&str], token: &str| {
        let run = home.oauth(["import", "forge", "--token-stdin"]).args(words.iter().copied());
        run.stdin(token).run().success();
    };
    import(&["main"], "of-one");
    import(&["self", "--set", &format!("host={}", two.authority())], "of-two");
    for words in [vec![two.url("/x")], vec!["forge".into(), "GET".into(), two.url("/x")]] {
        home.oauth(["request"]).args(words).run().success().stdout_is("two");
    }
    request(&home, &[&one.url("/x")]).run().success().stdout_is("one");
    assert!(two.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer of-two")));
    assert_eq!(one.seen()[0].header("authorization"), Some("Bearer of-one"));
    let refused = request(&home, &["forge", "main", &two.url("/x"), "--json"]).run();
    let error = refused.fails(7).error();
    assert!(error["message"].as_str().is_some_and(|text| text.contains("of another account: self")), "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("oauth request forge self")), "{error}");
    assert_eq!(two.seen().len(), 2);
}

#[test]
fn a_host_is_allowed_by_a_person_only() {
    let stranger = Origin::saying("mine");
    let (_server, home) = connected(&[]);
    request(&home, &["demo", &stranger.url("/"), "--allow-host", stranger.authority()]).run().fails(7);
    let script = |stranger: &Origin, answer: &str| {
        let (oauth, authority, url) = (env!("CARGO_BIN_EXE_oauth"), stranger.authority(), stranger.url("/"));
        let line = format!("{oauth} request --allow-host {authority} demo {url}");
        let mut run = home.command("script").args(["-qec", &line, "/dev/null"]).stdin_open().spawn();
        run.wait_for_stdout("[y/N]");
        run.write(&format!("{answer}\n"));
        run.finish()
    };
    script(&stranger, "n").fails(7);
    assert!(stranger.seen().is_empty());
    // Who was named is named again, in the command that would let the token go there too.
    let refused = request(&home, &["demo", ALICE, &stranger.url("/")]).run();
    refused.fails(7).stderr_has(&format!("error: the token of demo {ALICE} is not sent to {}", stranger.authority()));
    let hint = format!("oauth request --allow-host {} demo {ALICE} METHOD URL", stranger.authority());
    refused.stderr_has(&hint);
    script(&stranger, "y").success();
    assert_eq!(stranger.seen().len(), 1);
    // It stands on the credential's own list from now on, also beside another, and the tokens are whole.
    let second = Origin::saying("theirs");
    script(&second, "y").success();
    request(&home, &["demo", &stranger.url("/")]).run().success().stdout_is("mine");
    request(&home, &["demo", &second.url("/")]).run().success().stdout_is("theirs");
    home.oauth(["token", "demo", "--refresh"]).run().success();
}

#[test]
fn a_redirect_is_followed_when_asked_and_loses_everything_at_another_origin() {
    let other = Origin::saying("elsewhere");
    let place = other.url("/landed");
    let api = Origin::start(move |seen| match seen.path.as_str() {
        "/away" => answer(302, &[("Location", &place)], ""),
        "/post" => answer(307, &[("Location", &place)], ""),
        "/here" => answer(303, &[("Location", "/there#x")], ""),
        "/loop" => answer(302, &[("Location", "/loop")], ""),
        "/file" => answer(302, &[("Location", "file:///etc/passwd")], ""),
        _ => answer(200, &[], "there"),
    });
    let (_server, home) = connected(&[api.authority()]);
    let follow = |path: &str, more: &[&str]| request(&home, &["demo", &api.url(path)]).args(more.iter().copied()).run();

    follow("/away", &[]).success().stdout_is("").stderr_has("--follow");
    assert!(other.seen().is_empty(), "without --follow nobody goes anywhere");
    follow("/away", &["--follow", "-H", "X-Secret: s", "-H", "Cookie: c=1"]).success().stdout_is("elsewhere");
    let seen = &other.seen()[0];
    for name in ["authorization", "x-secret", "cookie"] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    follow("/here", &["--follow", "-H", "X-Kept: s", "-d", "x"]).success().stdout_is("there");
    let last = api.seen().last().unwrap().clone();
    assert_eq!((last.method.as_str(), last.path.as_str(), last.body.as_str()), ("GET", "/there", ""));
    assert!(last.header("authorization").is_some() && last.header("x-kept").is_some());

    follow("/post", &["--follow", "-d", "x"]).fails(7).stderr_has("the body would go there");
    assert_eq!(other.seen().len(), 1);
    follow("/loop", &["--follow"]).fails(7).stderr_has("too many redirects");
    follow("/file", &["--follow"]).fails(7).stderr_has("a redirect to file: is not followed");
    let told = follow("/file", &[]);
    told.success().stderr_has("redirected to file:///etc/passwd").says_nothing_of("--follow");
}

#[test]
fn every_page_is_fetched_and_none_from_elsewhere() {
    let stranger = Origin::saying("stranger");
    let away = format!("<{}>; rel=\"next\"", stranger.url("/"));
    let api = Origin::start(move |seen| match seen.path.as_str() {
        "/items" => answer(200, &[("Link", "</items?page=2>; rel=\"next\", </items?page=3>; rel=\"last\"")], "[1]\n"),
        "/items?page=2" => answer(200, &[("Link", "<?page=3>; rel=next")], "[2]\n"),
        "/away" => answer(200, &[("Link", &away)], "[1]\n"),
        _ => answer(200, &[("Link", "</items>; rel=\"first\"")], "[3]\n"),
    });
    let (_server, home) = connected(&[api.authority()]);
    request(&home, &["demo", &api.url("/items")]).run().success().stdout_is("[1]\n");
    request(&home, &["demo", &api.url("/items"), "--paginate"]).run().success().stdout_is("[1]\n[2]\n[3]\n");
    request(&home, &["demo", &api.url("/away"), "--paginate"]).run().fails(7);
    assert!(stranger.seen().is_empty());
}

#[test]
fn headers_that_would_deceive_are_refused() {
    let api = Origin::saying("ok");
    let (_server, home) = connected(&[api.authority()]);
    for header in [
        "X: a\r\nAuthorization: Bearer stolen",
        "X: a\nY: b",
        "Authorization: Bearer other",
        "aUTHORIZATION: x",
        "Host: evil.example",
        "Content-Length: 0",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "no colon",
        ": empty",
        "a b: c",
        "X\r\nY: z",
    ] {
        request(&home, &["demo", &api.url("/"), "-H", header]).run().fails(2).stdout_is("");
    }
    assert!(api.seen().is_empty());
}

#[test]
fn urls_that_would_deceive_are_refused() {
    let api = Origin::saying("ok");
    let (_server, home) = connected(&[api.authority()]);
    for (url, exit) in [
        (format!("http://user@{}/", api.authority()), 7),
        (format!("http://user:pw@{}/", api.authority()), 7),
        (api.url("/#fragment"), 7),
        (api.url("/\\@evil.example"), 2),
        (format!("http://{}\\@evil.example/", api.authority()), 2),
        (api.url("/a\tb"), 2),
        (api.url("/a\nb"), 2),
        (format!(" {}", api.url("/")), 2),
        (api.authority().to_owned(), 2),
        ("https://gіthub.com/".to_owned(), 7),
    ] {
        let output = request(&home, &["demo", &url]).run();
        output.fails(exit).stdout_is("");
        assert!(!output.stderr.contains('і'), "a look-alike is shown as what it is: {output}");
    }
    // A path stays one.
    request(&home, &["demo", "GET", "//evil.example/x"]).run().fails(2);
    assert!(api.seen().is_empty());
}

#[test]
fn a_token_in_the_query_is_not_to_be_had() {
    let home = Home::new();
    let help = home.oauth(["request", "--help"]).run().success().stdout.clone();
    assert!(!help.contains("access_token") && !help.contains("query"));
}

#[test]
fn a_token_of_the_environment_serves_where_nothing_is_connected() {
    let api = Origin::saying("ok");
    let home = Home::new();
    let provider = home.oauth(["provider", "add", "mine", "--authorization-endpoint", "https://as.example/authorize"]);
    let provider = provider.args(["--token-endpoint", "https://as.example/token", "--api-host", api.authority()]);
    provider.run().success();
    for words in [vec!["mine", "GET", "/x"], vec![&*api.url("/x")]] {
        let run = request(&home, &words).env("OAUTH_TOKEN_MINE", "static-canary").without_key();
        run.run().success().stdout_is("ok").stderr_has("OAUTH_TOKEN_MINE").says_nothing_of("static-canary");
    }
    assert_eq!(api.seen()[1].header("authorization"), Some("Bearer static-canary"));
    request(&home, &["mine", "/x"]).run().fails(3);
    request(&home, &[&*api.url("/x")]).run().fails(3).stderr_has("oauth init mine");
    let stranger = Origin::saying("mine");
    let run = request(&home, &["mine", &stranger.url("/")]).env("OAUTH_TOKEN_MINE", "static-canary");
    run.run().fails(7);
    assert!(stranger.seen().is_empty());
}

#[test]
fn a_reader_that_has_gone_away_ends_it_quietly() {
    let (server, home) = connected(&[]);
    server.behave(&json!({"faults": [{"endpoint": "echo", "do": {"answer": {
        "status": 200, "body": "0123456789abcdef", "repeat": 200_000}}}]}));
    let line =
        format!("{} request demo /api/echo | head -c 5; echo \" ${{PIPESTATUS[0]}}\"", env!("CARGO_BIN_EXE_oauth"));
    let output = home.command("bash").args(["-c", &line]).run();
    output.success().stdout_is("01234 141\n").stderr_is("");
}

#[test]
fn a_full_disk_is_told() {
    let (_server, home) = connected(&[]);
    let line = format!("{} request demo /api/echo > /dev/full", env!("CARGO_BIN_EXE_oauth"));
    home.command("sh").args(["-c", &line]).run().fails(1).stderr_has("cannot write");
    request(&home, &["demo", "/api/echo", "-o", "/dev/full"]).run().fails(1).stderr_has("cannot write");
    request(&home, &["demo", "/api/echo", "-o", "/nonexistent/x"]).run().fails(2);
}

#[test]
fn an_unreachable_host_is_no_loss_of_anything() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let (_server, home) = connected(&[&closed]);
    request(&home, &["demo", &format!("http://{closed}/")]).run().fails(5).stderr_has("cannot reach");
    home.oauth(["token", "demo"]).run().success();
}

#[test]
fn the_token_goes_out_in_the_header_that_the_provider_wants() {
    let api = Origin::saying("ok");
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    let quirks = format!(
        "api_hosts = [\"{}\"]\n[quirks]\ntoken_header = \"X-Token: tok {{token}}\"\n[quirks.headers]\nX-Version = \"1\"\nX-Kind = \"theirs\"",
        api.authority()
    );
    entry::write(&home, "demo", &server, &quirks);
    server.login(&home, "demo", ALICE);
    request(&home, &["demo", &api.url("/"), "-H", "X-Kind: mine", "-H", "X-Token: stolen"]).run().success();
    let seen = &api.seen()[0];
    assert_eq!(seen.header("x-token"), Some(&*format!("tok {}", token(&home))));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!((seen.header("x-version"), seen.header("x-kind")), (Some("1"), Some("mine")));
}

#[test]
fn a_server_that_wants_another_nonce_with_every_answer_is_not_asked_for_ever() {
    for (challenge, most) in [("DPoP error=\"use_dpop_nonce\"", 4), ("DPoP error=\"invalid_token\"", 2), ("DPoP", 2)] {
        let count = AtomicU64::new(0);
        let api = Origin::start(move |_| {
            let nonce = count.fetch_add(1, Ordering::Relaxed).to_string();
            answer(401, &[("DPoP-Nonce", &nonce), ("WWW-Authenticate", challenge)], "")
        });
        let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
        let add = home.oauth(["provider", "add", "demo", "--issuer", server.issuer(), "--scope", "openid,email"]);
        add.args(["--api-host", api.authority()]).run().success();
        server.behave(&json!({"members": {"token_type": "\"DPoP\""}}));
        server.sign_in(home.oauth(["init", "demo", "--client-id", CLIENT, "--dpop"]), ALICE).success();
        // Once more after each nonce that is asked for, of the token as it was and of the one that took its place.
        request(&home, &["demo", &api.url("/")]).run().fails(4);
        let proofs: Vec<_> = api.seen().iter().map(|seen| seen.header("dpop").map(str::to_owned)).collect();
        assert!(proofs.iter().all(Option::is_some), "{proofs:?}");
        assert_eq!(proofs.len(), most, "{challenge}");
    }
}

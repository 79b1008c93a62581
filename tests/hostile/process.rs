//! D, G: the process itself: what it inherits, what it hands on, and what it is started with.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::support::demo::age;
use crate::support::sandbox::Signal;
use crate::support::wait_for_file;

/// D7, D16: what a child of ours inherits is what it is meant to have.
#[test]
fn a_child_inherits_no_file_of_ours() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let (script, dump) = (home.path().join("tell"), home.path().join("dump"));
    let tell = format!("#!/bin/sh\nls -l /proc/$$/fd >{0}.part; mv {0}.part {0}\n", dump.display());
    fs::write(&script, format!("{tell}echo {}\n", crate::support::sandbox::MASTER_KEY)).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("a mode");
    let clean = |who: &str| {
        let told = wait_for_file(&dump);
        fs::remove_file(&dump).expect("the dump can be removed");
        let ours = home.oauth_home().to_string_lossy().into_owned();
        assert!(!told.contains(&ours) && !told.contains("socket:"), "{who} inherits\n{told}");
    };
    let key = |run: Run| run.without_key().env("OAUTH_MASTER_KEY_COMMAND", &script);
    let running = key(init(&home)).env("BROWSER", &script).spawn();
    clean("the key command");
    clean("the browser");
    drop(running);
    let mut init = key(init(&home)).args(["--no-browser"]).spawn();
    let url = server.authorization_url(&mut init);
    fs::remove_file(&dump).expect("the key command has told");
    crate::support::demo::visit(&server.redirect(&url, ALICE, true));
    init.finish().success();
    age(&home, 0);
    key(home.oauth(["token", "demo"])).run().success();
    clean("the key command of a refresh");
}

/// G7: what is to be read from stdin may be nothing, or anything.
#[test]
fn a_secret_from_a_stdin_that_is_none_is_refused() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let secret = || init(&home).args(["--client-secret-stdin", "--no-browser", "--timeout", "2s"]);
    let through = |how: &str| secret().through(["sh", "-c", how, "sh"]).run();
    refused("G7 nothing", &secret().run(), 2, &["usage"]);
    refused("G7 only an end of line", &secret().stdin("\n\n").run(), 2, &["usage"]);
    refused("G7 closed", &through("exec \"$@\" <&-"), 2, &["usage", "bad_config"]);
    refused("G7 a directory", &through("exec \"$@\" </"), 2, &["usage", "bad_config"]);
    refused("G7 10 MB", &secret().stdin("x".repeat(10_000_000)).run(), 2, &["usage", "bad_config"]);
    nothing_connected(&home);
}

/// G11: plain where nothing else is wanted.
#[test]
fn output_is_plain_where_colour_is_not_wanted() {
    let (_server, home) = DemoServer::connected();
    for args in [&["list"][..], &["test"], &["provider", "list"], &["key", "status"], &["token", "nope"]] {
        for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "1"), ("COLUMNS", "0"), ("COLUMNS", "x")]
        {
            let output = home.oauth(args.iter().copied()).env(name, value).run();
            assert!(
                !output.stdout.contains('\u{1b}') && !output.stderr.contains('\u{1b}'),
                "{name}={value} {output:?}"
            );
        }
    }
}

/// G16: a process that holds keys writes no core file.
#[test]
fn a_process_that_dies_writes_no_core_file() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let run = init(&home).args(["--no-browser"]).through(["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"]);
    let mut running = run.spawn();
    server.authorization_url(&mut running);
    let limits = fs::read_to_string(format!("/proc/{}/limits", running.id())).expect("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // The first one is taken for an overflow of the stack, which it is not.
    running.signal(Signal::SEGV);
    running.signal(Signal::ABORT);
    let _ = running.finish().killed_by(Signal::ABORT);
    let left: Vec<_> =
        fs::read_dir(home.path()).expect("a directory").flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("core")), "{left:?}");
}

/// G19: the environment of other programs changes nothing here.
#[test]
fn the_environment_of_other_programs_changes_nothing() {
    let (server, home) = DemoServer::connected();
    let log = home.path().join("tls-keys");
    let netrc = home.path().join("netrc");
    fs::write(&netrc, "default login mallory password canary\n").expect("a file");
    let nowhere = "http://127.0.0.1:1";
    let run = home.oauth(["token", "demo", "--refresh"]).env("SSLKEYLOGFILE", &log).env("NETRC", &netrc);
    let run =
        run.env("HTTPS_PROXY", nowhere).env("HTTP_PROXY", nowhere).env("http_proxy", nowhere).env("ALL_PROXY", nowhere);
    run.run().success();
    assert!(!log.exists(), "TLS keys were written");
    assert!(server.log().iter().all(|entry| !entry.to_string().contains("mallory")));
    assert_eq!(server.count("refreshes"), 1);
}

/// G21: long words are refused or taken, without a panic and without taking for ever.
#[test]
fn very_long_words_are_refused_or_taken() {
    let (_server, home) = DemoServer::connected();
    let long = "x".repeat(100_000);
    let spaced = "x ".repeat(50_000);
    for args in [
        vec!["token", &long],
        vec!["token", "demo", &long],
        vec!["init", "demo", "--client-id", &long, "--no-browser", "--timeout", "1s"],
        vec!["init", "demo", "--scope", &spaced, "--no-browser", "--timeout", "1s"],
        vec!["list", "--tenant", &long],
        vec!["list", "--provider", &long],
        vec!["provider", "show", &long],
        vec!["token", "demo", "--min-ttl", &long],
        vec![&long],
    ] {
        let output = home.oauth(args.iter().copied()).run();
        assert!(output.code.is_some_and(|code| (0..=7).contains(&code)), "{:.200}: {:?}", args.join(" "), output.code);
        assert!(!output.stderr.contains("panicked"), "{:.500}", output.stderr);
    }
}

/// G22: a clock that is wrong beyond reason.
#[test]
fn a_clock_beyond_reason_is_survived() {
    let (_server, home) = DemoServer::connected();
    let store = crate::support::demo::store(&home);
    for seconds in ["0", "-1", "4294967296", "253402300800", "9223372036854775807", "-9223372036854775808"] {
        let sql =
            format!("update credentials set issued_at = {seconds}, expires_at = {seconds}, created_at = {seconds}");
        store.execute(&sql, []).expect("the rows can be written");
        for args in [
            &["list"][..],
            &["list", "--json"],
            &["test", "--offline"],
            &["token", "demo", "--offline"],
            &["token", "demo"],
        ] {
            let output = home.oauth(args.iter().copied()).run();
            assert!(output.code.is_some_and(|code| (0..=7).contains(&code)), "{seconds}: {output}");
            assert!(!output.stderr.contains("panicked"), "{seconds}: {output}");
        }
    }
}

/// D4: one that holds a lease and is stopped is not robbed of it; those that wait can be ended.
#[test]
fn a_stopped_holder_keeps_its_lease() {
    let (server, home) = DemoServer::connected();
    age(&home, 0);
    server.behave(&json!({"latency_ms": {"token": 500}}));
    let holder = home.oauth(["token", "demo"]).spawn();
    let worker = crate::support::demo::worker_of(holder.id());
    rustix::process::kill_process(worker, Signal::STOP).expect("the worker is there");
    holder.signal(Signal::STOP);
    let asked = server.count("grants/refresh_token");
    let mut waiting = home.oauth(["token", "demo"]).spawn();
    // However long it takes to come to the lock, it does not get past it.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(waiting.is_running());
    rustix::process::kill_process(worker, Signal::CONT).expect("the worker is there");
    holder.signal(Signal::CONT);
    let (first, second) = (holder.finish(), waiting.finish());
    first.success();
    second.success();
    assert_eq!(first.stdout, second.stdout);
    assert!(server.count("grants/refresh_token") <= asked + 1, "nobody refreshed without the lease");
    assert_eq!(server.count("reuse_detections"), 0);
}

/// G31: the loader, and what is in the program besides us, may speak on the worker's stderr too.
#[test]
fn a_refresh_ends_well_whatever_else_its_worker_says() {
    let (server, home) = DemoServer::connected();
    let old = home.oauth(["token", "demo"]).run().success().stdout.clone();
    let noisy = home.oauth(["token", "demo", "--refresh"]).env("LD_PRELOAD", "/nowhere/libnone.so");
    // An allocator speaks where the program is built with it, and the loader where it is not linked into the program.
    let output = noisy.env("MIMALLOC_VERBOSE", "1").env("MIMALLOC_SHOW_STATS", "1").run();
    assert_eq!(output.code, Some(0), "{output}");
    assert_ne!(output.stdout, old);
    assert_eq!(server.count("grants/refresh_token"), 1);
}

//! The listener of a login under siege, from outside: a thousand connections of junk, two hundred that are slow, wrong
//! requests as fast as they go. The login comes through, in bounded memory and with bounded descriptors.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::*;
use crate::support::demo::parameter;
use crate::support::length::{Length, figures};

/// 64 connections, each with the gate's half of it and the server's; the rest is the program's own.
const DESCRIPTORS: usize = 256;
/// Kilobytes of memory that a login may come to need, debug build and all.
const MEMORY: u64 = 50 << 10;

/// Threads that go on until they are told to stop, and what they have sent.
#[derive(Default)]
struct Siege {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Siege {
    fn join(&mut self, attack: impl Fn() -> u64 + Send + 'static) {
        let (over, sent) = (Arc::clone(&self.over), Arc::clone(&self.sent));
        self.threads.push(thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                sent.fetch_add(attack(), Ordering::Relaxed);
            }
        }));
    }

    fn end(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("an attacker ends"));
        self.sent.load(Ordering::Relaxed)
    }
}

/// One wrong request, answered or not.
fn wrong_request(authority: &str, target: &str) -> u64 {
    let Ok(mut stream) = TcpStream::connect(authority) else { return 0 };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let request = format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut Vec::new()));
    1
}

/// Connections that are held open: some silent, some with half a head, some with rubbish.
fn junk(authority: &str, many: usize) -> Vec<TcpStream> {
    let open = |number: usize| {
        let mut stream = TcpStream::connect(authority).ok()?;
        let bytes: &[u8] = match number % 4 {
            0 => b"",
            1 => b"GET /callback?state=",
            2 => &[0; 4096],
            _ => b"POST /callback HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n",
        };
        let _ = stream.write_all(bytes);
        Some(stream)
    };
    (0..many).filter_map(open).collect()
}

/// As a browser asks: again, when it was turned away before it was heard.
fn get_stubbornly(authority: &str, target: &str) -> String {
    let ask = |_| {
        let Ok(mut stream) = TcpStream::connect(authority) else { return String::new() };
        let request = format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        let mut answer = Vec::new();
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut answer));
        String::from_utf8_lossy(&answer).into_owned()
    };
    (0..200).map(ask).find(|answer| !answer.is_empty()).unwrap_or_default()
}

fn status_of(process: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a living process");
    let line = status.lines().find(|line| line.starts_with(name)).expect("a line of it");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// A28 to A31.
#[test]
#[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
fn a_login_comes_through_a_siege_in_bounded_memory() {
    let server = DemoServer::start(["--expire", "3600"]);
    let home = acquainted(&server);
    let mut running = init(&home).args(["--no-browser"]).spawn();
    let url = server.authorization_url(&mut running);
    let redirect = server.redirect(&url, ALICE, true);
    let to = parameter(&url, "redirect_uri").expect("a redirect URI");
    let authority = to.trim_start_matches("http://").split('/').next().expect("an authority").to_owned();

    let mut siege = Siege::default();
    for at in 0..3 {
        let (authority, target) = (authority.clone(), format!("/callback?code=x&state=wrong{at}"));
        siege.join(move || wrong_request(&authority, &target));
    }
    let (place, slow) = (authority.clone(), Arc::new(std::sync::Mutex::new(junk(&authority, 200))));
    siege.join(move || {
        let mut slow = slow.lock().expect("one attacker");
        for stream in slow.iter_mut() {
            if stream.write_all(b"x").is_err() {
                junk(&place, 1).pop().into_iter().for_each(|next| *stream = next);
            }
        }
        thread::sleep(Duration::from_millis(100));
        0
    });
    let held = junk(&authority, 1000);
    let (begun, enough) = (Instant::now(), Length::of(2000, 100_000) as u64);
    crate::support::wait_for("enough wrong requests", || (siege.sent.load(Ordering::Relaxed) >= enough).then_some(()));
    let rate = siege.sent.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    // Looked at while it certainly lives.
    let descriptors = fs::read_dir(format!("/proc/{}/fd", running.id())).expect("its descriptors").count();
    let memory = status_of(running.id(), "VmHWM:");

    let start = Instant::now();
    let taken = get_stubbornly(&authority, &redirect[redirect.find("/callback").expect("a path")..]);
    let page = get_stubbornly(&authority, "/done");
    let took = start.elapsed();
    assert!(taken.starts_with("HTTP/1.1 303 "), "{taken:?}");
    assert!(page.is_empty() || page.starts_with("HTTP/1.1 200 "), "{page:?}");
    let wrong = siege.end();
    drop(held);
    running.finish().success();
    figures(
        "a login under siege",
        &[
            ("wrong requests", &wrong),
            ("a second", &format!("{rate:.0}")),
            ("junk connections", &1000),
            ("slow ones", &200),
            ("seconds", &format!("{:.2}", took.as_secs_f64())),
            ("descriptors", &descriptors),
            ("memory, KiB", &memory),
        ],
    );
    assert!(descriptors <= DESCRIPTORS, "{descriptors} descriptors");
    assert!(memory <= MEMORY, "{memory} KiB");
    assert_eq!(server.count("grants/authorization_code"), 1);
}

//! Whole logins over real sockets.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;

use super::gate::LINGER_LIMIT;
use super::head::HEAD_LIMIT;
use super::page::Answer;
use super::serve::LONGEST;
use super::{Address, Error, Event, FAREWELL, Host, Listener, Page, Port, Query, Verdict, typing};

/// Far longer than anything here takes; a test that fails does not hang.
const FOREVER: Duration = Duration::from_secs(60);

/// A login that waits for `state=right`. Its work is to give back what the callback said.
struct Login {
    port: u16,
    directory: TempDir,
    served: JoinHandle<Result<String, Error>>,
    worked: Arc<AtomicUsize>,
}

fn address(port: Port) -> Address {
    Address { host: Host::Ipv4, port, path: "/callback".to_owned() }
}

fn private() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o700)).unwrap();
    }
    directory
}

fn bound() -> (Listener, TempDir) {
    let directory = private();
    let mut listener = Listener::bind(&address(Port::Any), directory.path()).unwrap();
    listener.farewell = FOREVER;
    (listener, directory)
}

fn port_of(listener: &Listener) -> u16 {
    let (_, rest) = listener.redirect_uri().rsplit_once(':').unwrap();
    rest.split_once('/').unwrap().0.parse().unwrap()
}

fn judge(query: &Query) -> Verdict<String> {
    match (query.get("state"), query.get("code"), query.get("error")) {
        (Some("right"), Some(code), None) => Verdict::Ours(code.to_owned()),
        (Some("right"), None, Some(_)) => Verdict::Ours("refused".to_owned()),
        _ => Verdict::Stranger,
    }
}

#[allow(clippy::ptr_arg, reason = "what `serve` wants of it")]
fn page(result: &String) -> Page {
    match result.as_str() {
        "refused" => Page::Refused,
        "failed" => Page::Failed,
        _ => Page::Connected,
    }
}

impl Login {
    fn start() -> Self {
        Self::start_with(bound(), || {})
    }

    fn start_with((listener, directory): (Listener, TempDir), before_work: impl FnOnce() + Send + 'static) -> Self {
        let port = port_of(&listener);
        let worked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&worked);
        let work = move |said: String| {
            count.fetch_add(1, Ordering::SeqCst);
            before_work();
            said
        };
        let served = thread::spawn(move || listener.serve(typing().1, FOREVER, &mut |_| {}, judge, work, page));
        Self { port, directory, served, worked }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(FOREVER)).unwrap();
        stream
    }

    /// Sends these bytes and gives everything that comes back.
    #[track_caller]
    fn send(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes.as_ref()).unwrap();
        answer(stream)
    }

    #[track_caller]
    fn get(&self, target: &str) -> String {
        self.send(self.request(target, ""))
    }

    fn host(&self) -> String {
        format!("Host: 127.0.0.1:{}\r\n", self.port)
    }

    fn request(&self, target: &str, fields: &str) -> String {
        format!("GET {target} HTTP/1.1\r\n{}{fields}\r\n", self.host())
    }

    fn working(&self) -> usize {
        self.worked.load(Ordering::SeqCst)
    }

    /// Ends a login that nothing has ended yet.
    fn finish(self) {
        assert_eq!(self.working(), 0, "the login was ended before");
        assert_same(&self.get("/callback?state=right&code=genuine"), Answer::Taken("/done"));
        assert_eq!(self.fetch_end().unwrap(), "genuine");
    }

    /// Fetches the last page as a browser does, and ends.
    fn fetch_end(self) -> Result<String, Error> {
        assert_same(&self.get("/done"), Answer::Ended(Page::Connected));
        self.end()
    }

    fn end(self) -> Result<String, Error> {
        let result = self.served.join().unwrap();
        assert_closed(self.port);
        assert_eq!(self.directory.path().read_dir().unwrap().count(), 0, "the socket is left behind");
        result
    }
}

/// What arrives until the other side closes in good order.
#[track_caller]
fn answer(stream: TcpStream) -> String {
    let (text, end) = read(stream);
    end.unwrap();
    text
}

/// What arrives until the other side closes or breaks off.
fn read(mut stream: TcpStream) -> (String, std::io::Result<usize>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes);
    (String::from_utf8(bytes).unwrap(), end)
}

/// Nobody listens. A process that another test is just starting holds a copy of the socket until it runs its own
/// program.
#[track_caller]
fn assert_closed(port: u16) {
    let closed = (0..600).any(|_| {
        let refused = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err();
        if !refused {
            thread::sleep(FOREVER / 600);
        }
        refused
    });
    assert!(closed, "port {port} is still open");
}

/// The fixed answer, byte for byte but for the date.
#[track_caller]
fn assert_same(text: &str, answer: Answer) {
    let dateless =
        |text: &str| -> String { text.split_inclusive('\n').filter(|line| !line.starts_with("Date: ")).collect() };
    assert_eq!(dateless(text), dateless(&String::from_utf8(answer.bytes()).unwrap()));
}

#[test]
fn the_right_callback_leads_to_the_page_and_the_result() {
    Login::start().finish();
}

/// A target that is right, for requests that are wrong elsewhere.
const RIGHT: &str = "/callback?state=right&code=x";

#[test]
fn a_target_that_is_not_the_right_one_is_answered_and_the_login_keeps_waiting() {
    use Answer::{NotFound, Unexpected};
    let login = Login::start();
    for (target, answer) in [
        // Nothing, or a wrong state; an error counts no more than a code.
        ("/callback", Unexpected),
        ("/callback?", Unexpected),
        ("/callback?code=x", Unexpected),
        ("/callback?code=x&state=", Unexpected),
        ("/callback?code=x&state=wrong", Unexpected),
        ("/callback?code=x&state=righ", Unexpected),
        ("/callback?code=x&state=RIGHT", Unexpected),
        ("/callback?code=x&state=right%20", Unexpected),
        ("/callback?code=x&state=%2572ight", Unexpected),
        ("/callback?error=access_denied", Unexpected),
        ("/callback?error=access_denied&state=wrong", Unexpected),
        // The right state in a malformed answer.
        ("/callback?state=right&code=x&state=wrong", Unexpected),
        ("/callback?state=wrong&code=x&state=right", Unexpected),
        ("/callback?state=right&code=x&code=y", Unexpected),
        ("/callback?state=right&code=x&iss=a&iss=b", Unexpected),
        ("/callback?state=right&error=a&error=b", Unexpected),
        ("/callback?state=right&code=x&error=access_denied", Unexpected),
        ("/callback?state=right&code=", Unexpected),
        ("/callback?state=right&code=%ff", Unexpected),
        ("/callback?state=right&code=%zz", Unexpected),
        ("/callback?state=right&code=%00", Unexpected),
        ("/callback?state=right&code=a%0d%0a", Unexpected),
        ("/callback?state=right&code=%7f", Unexpected),
        ("/callback?state=right&code=%C3%A9", Unexpected),
        ("/callback?state=right&code=x#fragment", Unexpected),
        ("/callback?state=right&code=\u{e9}", Unexpected),
        // Another path.
        ("/", NotFound),
        ("/?state=right&code=x", NotFound),
        ("/callback/?state=right&code=x", NotFound),
        ("/callback/../callback?state=right&code=x", NotFound),
        ("/CALLBACK?state=right&code=x", NotFound),
        ("//callback?state=right&code=x", NotFound),
        ("/callback%00?state=right&code=x", NotFound),
        ("/%63allback?state=right&code=x", NotFound),
        ("/favicon.ico", NotFound),
        ("/robots.txt", NotFound),
        ("/.well-known/appspecific/com.chrome.devtools.json", NotFound),
        ("/apple-touch-icon.png", NotFound),
        ("/done", NotFound),
        ("/done?x", NotFound),
        // Another form of target.
        ("http://127.0.0.1/callback?state=right&code=x", Unexpected),
        ("http://evil.example/callback?state=right&code=x", Unexpected),
        ("callback?state=right&code=x", Unexpected),
        ("*", Unexpected),
    ] {
        assert_same(&login.get(target), answer);
        assert_eq!(login.working(), 0, "{target}");
    }
    login.finish();
}

#[test]
fn fields_that_are_not_those_of_the_redirect_are_answered_and_the_login_keeps_waiting() {
    use Answer::{NotNow, TooLarge, Unexpected, WrongHost};
    let login = Login::start();
    let host = login.host();
    for (fields, answer) in [
        // The name the browser came by.
        (String::new(), Unexpected),
        ("Host: 127.0.0.1\r\n".to_owned(), WrongHost),
        ("Host:\r\n".to_owned(), WrongHost),
        (format!("Host: localhost:{}\r\n", login.port), WrongHost),
        (format!("Host: evil.example:{}\r\n", login.port), WrongHost),
        (format!("Host: 127.0.0.1:{}.evil.example\r\n", login.port), WrongHost),
        (format!("Host: 127.0.0.1:{}0\r\n", login.port), WrongHost),
        (format!("Host: 127.1:{}\r\n", login.port), WrongHost),
        (format!("{host}{host}"), Unexpected),
        (format!("{host}host: evil.example\r\n"), Unexpected),
        // The way the browser came.
        (format!("{host}Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n"), Unexpected),
        (format!("{host}Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n"), Unexpected),
        (format!("{host}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"), Unexpected),
        (format!("{host}Sec-Fetch-Dest: image\r\n"), Unexpected),
        (format!("{host}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Mode: cors\r\n"), Unexpected),
        (format!("{host}Sec-Purpose: prefetch;prerender\r\n"), NotNow),
        (format!("{host}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Purpose: Prefetch\r\n"), NotNow),
        (format!("{host}Purpose: prefetch\r\n"), NotNow),
        (format!("{host}X-Moz: prefetch\r\n"), NotNow),
        // Too much, or not HTTP.
        (format!("{host}X: {}\r\n", "x".repeat(32 * 1024)), TooLarge),
        (format!("{host}{}", "x: y\r\n".repeat(1000)), TooLarge),
        (format!("{host} folded: x\r\n"), Unexpected),
        (format!("{host}X: y\n"), Unexpected),
        (format!("{host}Content-Length: 5\r\n"), Unexpected),
        (format!("{host}Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), Unexpected),
    ] {
        assert_same(&login.send(format!("GET {RIGHT} HTTP/1.1\r\n{fields}\r\n")), answer);
        assert_eq!(login.working(), 0, "{fields}");
    }
    login.finish();
}

#[test]
fn only_get_is_served_and_the_login_keeps_waiting() {
    use Answer::MethodNotAllowed;
    let login = Login::start();
    let host = login.host();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get"] {
        assert_same(
            &login.send(format!("{method} {RIGHT} HTTP/1.1\r\n{host}Origin: https://evil.example\r\n\r\n")),
            MethodNotAllowed,
        );
        let form = format!("{method} /callback HTTP/1.1\r\n{host}Content-Length: 18\r\n\r\nstate=right&code=x");
        assert_same(&login.send(form), MethodNotAllowed);
    }
    assert_same(&login.send("CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n"), MethodNotAllowed);
    let head = login.send(format!("HEAD {RIGHT} HTTP/1.1\r\n{host}\r\n"));
    assert!(
        head.starts_with("HTTP/1.1 405 ") && head.contains("\r\nAllow: GET\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    login.finish();
}

#[test]
fn what_is_not_http_is_answered_and_the_login_keeps_waiting() {
    use Answer::{TooLarge, Unexpected};
    let login = Login::start();
    for (bytes, answer) in [
        (&b"GET /callback?state=right&code=x\r\n"[..], Unexpected),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Unexpected),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Unexpected),
        (&vec![0; 64 * 1024], Unexpected),
        (&vec![b'x'; 16 * 1024 + 1], TooLarge),
    ] {
        assert_same(&login.send(bytes), answer);
    }
    login.finish();
}

#[test]
fn nothing_of_a_request_is_ever_echoed() {
    let login = Login::start();
    for canary in [
        "<script>canary</script>",
        "\"><img%20onerror=canary>",
        "%3Cscript%3Ecanary",
        "{{7*7}}canary",
        "%1b[2Jcanary",
        "canary%0d%0aX:%20y",
    ] {
        assert_same(
            &login.get(&format!("/callback?state=wrong&error={canary}&error_description={canary}")),
            Answer::Unexpected,
        );
        assert_same(&login.get(&format!("/{canary}")), Answer::NotFound);
    }
    let refusal = "/callback?state=right&error=canary&error_description=<b>canary</b>&error_uri=javascript:canary";
    assert_same(&login.get(refusal), Answer::Taken("/done"));
    assert_same(&login.get(refusal), Answer::Used);
    assert_same(&login.get("/done"), Answer::Ended(Page::Refused));
    assert_eq!(login.end().unwrap(), "refused");
}

#[test]
fn a_code_passes_byte_for_byte_and_what_is_unknown_is_ignored() {
    let login = Login::start();
    let code = format!("0.AX+/={}", "y".repeat(8 * 1024));
    let target = format!(
        "/callback?authuser=0&code={}&hd=example.com&prompt=none&scope=a+b&scope=c&session_state=%2B&state=right",
        code.replace('+', "%2B").replace('=', "%3D")
    );
    let fields = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-User: ?1\r\n\
                  Cookie: other=\u{e9}\r\nConnection: keep-alive\r\nTE: trailers\r\nUpgrade-Insecure-Requests: 1\r\n";
    assert_same(&login.send(login.request(&target, fields)), Answer::Taken("/done"));
    assert_eq!(login.fetch_end().unwrap(), code);
}

#[test]
fn a_head_may_come_in_pieces() {
    let login = Login::start();
    let mut stream = login.connect();
    for byte in login.request("/callback?state=right&code=x", "").bytes() {
        stream.write_all(&[byte]).unwrap();
    }
    assert_same(&answer(stream), Answer::Taken("/done"));
    assert_eq!(login.fetch_end().unwrap(), "x");
}

#[test]
fn of_callbacks_in_the_same_moment_exactly_one_wins() {
    for _ in 0..20 {
        let login = Login::start();
        let barrier = Barrier::new(8);
        let answers: Vec<_> = thread::scope(|scope| {
            let one = |code: usize| {
                let (login, barrier) = (&login, &barrier);
                move || {
                    let mut stream = login.connect();
                    barrier.wait();
                    stream
                        .write_all(login.request(&format!("/callback?state=right&code={code}"), "").as_bytes())
                        .unwrap();
                    answer(stream)
                }
            };
            let threads: Vec<_> = (0..8).map(|code| scope.spawn(one(code))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<_> = (0..8).filter(|code| answers[*code].starts_with("HTTP/1.1 303 ")).collect();
        assert_eq!(winners.len(), 1);
        for (_, loser) in answers.iter().enumerate().filter(|(code, _)| *code != winners[0]) {
            assert_same(loser, Answer::Used);
        }
        let worked = Arc::clone(&login.worked);
        assert_eq!(login.fetch_end().unwrap(), winners[0].to_string());
        assert_eq!(worked.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_browser_that_hangs_up_before_the_answer_has_still_delivered() {
    let (started, has_started) = mpsc::channel();
    let login = Login::start_with(bound(), move || started.send(()).unwrap());
    let mut stream = login.connect();
    stream.write_all(login.request("/callback?state=right&code=x", "").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);
    has_started.recv_timeout(FOREVER).unwrap();
    assert_eq!(login.fetch_end().unwrap(), "x");
}

#[test]
fn the_last_page_waits_for_the_work_and_tells_the_truth() {
    for (callback, result, page) in [
        ("code=x", "x", Page::Connected),
        ("error=access_denied", "refused", Page::Refused),
        ("code=failed", "failed", Page::Failed),
    ] {
        let (release, released) = mpsc::channel::<()>();
        let login = Login::start_with(bound(), move || released.recv_timeout(FOREVER).unwrap());
        assert_same(&login.get(&format!("/callback?state=right&{callback}")), Answer::Taken("/done"));
        let mut early = login.connect();
        early.write_all(login.request("/done", "").as_bytes()).unwrap();
        assert_same(&login.get(&format!("/callback?state=right&{callback}")), Answer::Used);
        assert_same(&login.get("/callback?state=wrong"), Answer::Used);
        assert_same(&login.get("/else"), Answer::NotFound);
        early.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        assert!(early.read(&mut [0]).is_err(), "the page came before the work had ended");
        early.set_read_timeout(Some(FOREVER)).unwrap();
        release.send(()).unwrap();
        assert_same(&answer(early), Answer::Ended(page));
        assert_eq!(login.end().unwrap(), result);
    }
}

#[test]
fn a_browser_that_never_fetches_the_last_page_is_not_waited_for() {
    let (mut listener, directory) = bound();
    listener.farewell = Duration::from_millis(100);
    let login = Login::start_with((listener, directory), || {});
    assert_same(&login.get("/callback?state=right&code=x"), Answer::Taken("/done"));
    assert_eq!(login.end().unwrap(), "x");
}

#[test]
fn the_last_page_moves_when_the_redirect_uri_has_its_path() {
    let directory = private();
    let address = Address { path: "/done".to_owned(), ..address(Port::Any) };
    let listener = Listener::bind(&address, directory.path()).unwrap();
    let login = Login::start_with((listener, directory), || {});
    assert_same(&login.get("/done?state=right&code=x"), Answer::Taken("/finished"));
    assert_same(&login.get("/finished"), Answer::Ended(Page::Connected));
    assert_eq!(login.end().unwrap(), "x");
}

#[test]
fn two_logins_at_once_do_not_take_each_others_callbacks() {
    let ((first, second), directory) = {
        let directory = private();
        let bind = || Listener::bind(&address(Port::Any), directory.path()).unwrap();
        ((bind(), bind()), directory)
    };
    let (one, other) = (port_of(&first), port_of(&second));
    let serve = |listener: Listener, state: &'static str| {
        thread::spawn(move || {
            let judge =
                |query: &Query| if query.get("state") == Some(state) { Verdict::Ours(()) } else { Verdict::Stranger };
            listener.serve(typing().1, FOREVER, &mut |_| {}, judge, move |()| state, |_| Page::Connected)
        })
    };
    let (first, second) = (serve(first, "one"), serve(second, "other"));
    let ask = |port: u16, target: &str| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes()).unwrap();
        answer(stream)
    };
    assert_same(&ask(other, "/callback?state=one"), Answer::Unexpected);
    assert_same(&ask(one, "/callback?state=one"), Answer::Taken("/done"));
    assert_same(&ask(one, "/done"), Answer::Ended(Page::Connected));
    assert_eq!(first.join().unwrap().unwrap(), "one");
    assert_same(&ask(other, "/callback?state=other"), Answer::Taken("/done"));
    assert_same(&ask(other, "/done"), Answer::Ended(Page::Connected));
    assert_eq!(second.join().unwrap().unwrap(), "other");
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn the_limit_of_time_ends_the_waiting_and_is_counted_down() {
    let (listener, directory) = bound();
    let port = port_of(&listener);
    let limit = Duration::from_millis(1500);
    let left = |event| if let Event::Left(left) = event { Some(left) } else { None };
    let mut ticks = Vec::new();
    let result = listener.serve(typing().1, limit, &mut |event| ticks.extend(left(event)), judge, |said| said, page);
    assert!(matches!(result, Err(Error::TimedOut { limit: told }) if told == limit));
    assert!(ticks.len() >= 2 && ticks[0] <= limit && ticks.is_sorted_by(|one, next| one > next), "{ticks:?}");
    assert_closed(port);
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_panic_in_the_work_goes_on_in_the_caller() {
    let login = Login::start_with(bound(), || panic!("on purpose"));
    assert_same(&login.get("/callback?state=right&code=x"), Answer::Taken("/done"));
    assert_same(&login.get("/done"), Answer::Ended(Page::Failed));
    let panic = login.served.join().unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
}

#[test]
fn a_listener_that_is_dropped_unserved_leaves_nothing() {
    let (listener, directory) = bound();
    let port = port_of(&listener);
    assert_eq!(directory.path().read_dir().unwrap().count(), 1);
    drop(listener);
    assert_closed(port);
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_port_of_another_is_refused_and_a_range_goes_round_it() {
    let directory = private();
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let busy = Listener::bind(&address(Port::Exact(port)), directory.path());
    assert!(matches!(busy, Err(Error::PortBusy { port: told }) if told == port));
    let wild = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = wild.local_addr().unwrap().port();
    let busy = Listener::bind(&address(Port::Exact(port)), directory.path());
    assert!(matches!(busy, Err(Error::PortBusy { port: told }) if told == port));
    let last = port.saturating_add(20);
    let listener = Listener::bind(&address(Port::Range(port, last)), directory.path()).unwrap();
    assert!((port + 1..=last).contains(&port_of(&listener)));
}

#[test]
fn our_own_port_is_shared_with_nobody_and_free_again_afterwards() {
    let (listener, directory) = bound();
    let port = port_of(&listener);
    assert_eq!(listener.port(), Some(port));
    let again = Listener::bind(&address(Port::Exact(port)), directory.path());
    assert!(matches!(again, Err(Error::PortBusy { .. })));
    let login = Login::start_with((listener, private()), || {});
    assert_same(&login.get("/callback?state=right&code=x"), Answer::Taken("/done"));
    login.fetch_end().unwrap();
    Listener::bind(&address(Port::Exact(port)), directory.path()).unwrap();
}

#[test]
fn localhost_is_served_on_both_families_under_its_own_name_only() {
    let directory = private();
    let address = Address { host: Host::Localhost, ..address(Port::Any) };
    let mut listener = Listener::bind(&address, directory.path()).unwrap();
    listener.farewell = Duration::from_millis(100);
    let port = port_of(&listener);
    assert_eq!(listener.redirect_uri(), format!("http://localhost:{port}/callback"));
    let login = Login::start_with((listener, directory), || {});
    assert_same(&login.get("/callback?state=right&code=x"), Answer::WrongHost);
    let six = TcpStream::connect(("::1", port));
    let mut streams = vec![login.connect()];
    if TcpListener::bind(("::1", 0)).is_ok() {
        streams.push(six.unwrap());
    }
    for mut stream in streams {
        stream.write_all(format!("GET /else HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes()).unwrap();
        assert_same(&answer(stream), Answer::NotFound);
    }
    let taken = login.send(format!("GET /callback?state=right&code=x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"));
    assert_same(&taken, Answer::Taken("/done"));
    assert_eq!(login.end().unwrap(), "x");
}

#[cfg(unix)]
#[test]
fn what_a_killed_login_left_is_swept_and_a_living_one_is_left_alone() {
    use std::os::unix::net::UnixListener;
    let (living, directory) = bound();
    // A listener that is closed leaves its file, as a killed program does.
    drop(UnixListener::bind(directory.path().join("callback4-1-0.sock")).unwrap());
    let second = Listener::bind(&address(Port::Any), directory.path()).unwrap();
    assert!(!directory.path().join("callback4-1-0.sock").exists());
    assert_eq!(directory.path().read_dir().unwrap().count(), 2);
    drop((living, second));
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_directory_that_others_can_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = private();
    for mode in [0o755, 0o710, 0o701, 0o770] {
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(mode)).unwrap();
        let result = Listener::bind(&address(Port::Any), directory.path());
        assert!(matches!(result, Err(Error::OpenDirectory { .. })), "{mode:o}");
    }
    let absent = Listener::bind(&address(Port::Any), Path::new("/nonexistent"));
    assert!(matches!(absent, Err(Error::PrivateSocket { .. })));
}

#[cfg(unix)]
#[test]
fn a_server_that_died_is_started_anew_and_the_request_still_answered() {
    let login = Login::start();
    for _ in 0..3 {
        for entry in login.directory.path().read_dir().unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        assert_same(&login.get("/else"), Answer::NotFound);
    }
    login.finish();
}

#[test]
fn a_head_that_does_not_come_to_its_end_in_time_is_hung_up_on() {
    let (mut listener, directory) = bound();
    listener.limits.head_time = Duration::from_millis(200);
    let login = Login::start_with((listener, directory), || {});
    let silent = login.connect();
    let mut slow = login.connect();
    let mut endless = slow.try_clone().unwrap();
    slow.write_all(b"GET /callback").unwrap();
    assert_eq!(answer(silent), "");
    // Every byte is in time, the head is not.
    let writer = thread::spawn(move || {
        while endless.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(read(slow).0, "");
    writer.join().unwrap();
    login.finish();
}

#[test]
fn who_still_sends_after_the_answer_is_not_reset() {
    let (mut listener, directory) = bound();
    listener.limits.linger_time = FOREVER;
    let login = Login::start_with((listener, directory), || {});
    let mut stream = login.connect();
    let mut sender = stream.try_clone().unwrap();
    stream.write_all(login.request("/else", "").as_bytes()).unwrap();
    assert_same(&answer(stream), Answer::NotFound);
    for _ in 0..100 {
        sender.write_all(b"x").unwrap();
        thread::sleep(Duration::from_millis(1));
    }
    login.finish();
}

#[test]
fn the_bounds_are_those_that_were_promised() {
    let (listener, _directory) = bound();
    assert_eq!((listener.limits.connections, listener.limits.head_time), (64, Duration::from_secs(5)));
    assert_eq!((HEAD_LIMIT, FAREWELL), (16 * 1024, Duration::from_secs(1)));
    assert_eq!((LINGER_LIMIT, LONGEST.as_secs()), (262_144, 31_536_000));
}

#[test]
fn the_oldest_without_a_whole_head_makes_room_and_those_with_one_stay() {
    let (mut listener, directory) = bound();
    listener.limits.connections = 4;
    listener.limits.head_time = FOREVER;
    let (release, released) = mpsc::channel::<()>();
    let login = Login::start_with((listener, directory), move || released.recv_timeout(FOREVER).unwrap());
    assert_same(&login.get("/callback?state=right&code=x"), Answer::Taken("/done"));
    let mut done = login.connect();
    done.write_all(login.request("/done", "").as_bytes()).unwrap();
    let silent: Vec<_> = (0..20).map(|_| login.connect()).collect();
    let mut silent = silent.into_iter();
    for stream in silent.by_ref().take(17) {
        assert_eq!(answer(stream), "", "an old one is turned out");
    }
    for mut stream in silent {
        stream.write_all(login.request("/else", "").as_bytes()).unwrap();
        assert_same(&answer(stream), Answer::NotFound);
    }
    release.send(()).unwrap();
    assert_same(&answer(done), Answer::Ended(Page::Connected));
    assert_eq!(login.end().unwrap(), "x");
}

/// Junk of every kind on `streams` connections, kept open.
fn siege(port: u16, streams: usize) -> Vec<TcpStream> {
    let open = |number: usize| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
        let junk: &[u8] = match number % 6 {
            0 | 1 => b"",
            2 | 3 => b"GET /callback?state=",
            4 => b"GET /callback?state=wrong HTTP/1.1\r\n\r\n",
            _ => &[0; 4096],
        };
        // A client that was turned out already notices here.
        let _ = stream.write_all(junk);
        Some(stream)
    };
    (0..streams).filter_map(open).collect()
}

/// A request in the midst of a siege: the connection may be turned out before it is written; a person would reload.
fn get_stubbornly(port: u16, target: &str) -> String {
    let ask = |_| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(FOREVER)).unwrap();
        let _ = stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes());
        read(stream).0
    };
    (0..100).map(ask).find(|answer| !answer.is_empty()).unwrap_or_default()
}

#[test]
fn a_callback_comes_through_a_siege() {
    let login = Login::start();
    let port = login.port;
    let before = siege(port, 300);
    let (stop, stopped) = mpsc::channel::<()>();
    let attacker = thread::spawn(move || {
        let mut slow = siege(port, 100);
        while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
            for (number, stream) in slow.iter_mut().enumerate() {
                if stream.write_all(b"x").is_err()
                    && let Some(next) = siege(port, number % 6 + 1).pop()
                {
                    *stream = next;
                }
            }
        }
    });
    assert_same(&get_stubbornly(port, RIGHT), Answer::Taken("/done"));
    assert_same(&get_stubbornly(port, "/done"), Answer::Ended(Page::Connected));
    stop.send(()).unwrap();
    attacker.join().unwrap();
    drop(before);
    assert_eq!(login.end().unwrap(), "x");
}

/// What needs a process of its own: signals and a want of descriptors.
#[cfg(unix)]
mod process {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, ChildStdout, Command, Stdio};

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    const MARK: &str = "a-child-of-a-test";

    /// This test binary again, running only [`child`], under a limit of descriptors.
    fn spawn(descriptors: u16) -> (Child, BufReader<ChildStdout>, u16) {
        let (_, room) = module_path!().split_once("::").unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -n $1 && shift && exec \"$@\"", "sh", &descriptors.to_string()])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                &format!("{room}::child"),
                "--ignored",
                "--nocapture",
                "--test-threads=1",
                "--skip",
                MARK,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let port = line_after(&mut lines, "serving ").parse().unwrap();
        (child, lines, port)
    }

    fn line_after(lines: &mut BufReader<ChildStdout>, word: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the child ended before it said {word:?}");
            if let Some((_, rest)) = line.split_once(word) {
                return rest.trim_end().to_owned();
            }
        }
    }

    fn say(words: &str) {
        writeln!(std::io::stdout(), "{words}").unwrap();
    }

    /// Serves one login and says how far it is. A code of `slow` makes work that does not end.
    #[test]
    #[ignore = "not a test: other tests run it as a process of its own"]
    fn child() {
        if !std::env::args().any(|argument| argument == MARK) {
            return;
        }
        let (listener, directory) = bound();
        let port = port_of(&listener);
        let mut said = false;
        let mut tick = |_: Event| {
            if !std::mem::replace(&mut said, true) {
                say(&format!("serving {port}"));
            }
        };
        let work = |code: String| {
            say("working");
            if code == "slow" {
                thread::sleep(FOREVER);
            }
            code
        };
        let result = listener.serve(typing().1, FOREVER, &mut tick, judge, work, page);
        let left = directory.path().read_dir().unwrap().count();
        let open = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        match result {
            Err(Error::Interrupted { signal }) => say(&format!("ended signal {signal} left {left} open {open}")),
            other => say(&format!("ended {} left {left} open {open}", other.unwrap())),
        }
    }

    #[test]
    fn a_signal_ends_the_waiting_and_the_work_and_closes_the_port() {
        for (signal, number) in [(Signal::INT, 2), (Signal::TERM, 15), (Signal::HUP, 1)] {
            for working in [false, true] {
                let (mut child, mut lines, port) = spawn(256);
                if working {
                    assert_same(&get_stubbornly(port, "/callback?state=right&code=slow"), Answer::Taken("/done"));
                    line_after(&mut lines, "working");
                }
                kill_process(Pid::from_child(&child), signal).unwrap();
                assert_eq!(line_after(&mut lines, "ended "), format!("signal {number} left 0 open false"));
                child.wait().unwrap();
            }
        }
    }

    #[test]
    fn a_callback_comes_through_when_descriptors_have_run_out() {
        for descriptors in [32, 48, 64] {
            let (mut child, mut lines, port) = spawn(descriptors);
            let junk = siege(port, 200);
            assert_same(&get_stubbornly(port, RIGHT), Answer::Taken("/done"));
            assert_same(&get_stubbornly(port, "/done"), Answer::Ended(Page::Connected));
            drop(junk);
            assert_eq!(line_after(&mut lines, "ended "), "x left 0 open false", "with {descriptors} descriptors");
            child.wait().unwrap();
        }
    }
}

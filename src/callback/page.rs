//! What the listener answers: a closed list of fixed answers.
//!
//! Nothing of a request ever reaches an answer, so each is the same byte for byte whoever asked (only the `Date`
//! differs). Every answer carries the same protective headers, needs no other resource and runs no script.

use std::io::Cursor;

use tiny_http::{HTTPVersion, Header, Response, StatusCode};

/// What the last page says: how the login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The account is connected.
    Connected,
    /// The authorization server, or the person at it, refused (RFC 6749 §4.1.2.1).
    Refused,
    /// The login ended otherwise without success.
    Failed,
}

/// Every answer there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// 200: how the login ended.
    Ended(Page),
    /// 303 to this path: the callback was taken, and its code leaves the address bar.
    Taken(&'static str),
    /// 400: not the callback that is waited for, or not a request one can read.
    Unexpected,
    /// 404.
    NotFound,
    /// 405: only GET is served.
    MethodNotAllowed,
    /// 410: the callback was taken before.
    Used,
    /// 421: asked for under another host (DNS rebinding).
    WrongHost,
    /// 431: a head over the limit.
    TooLarge,
    /// 503: not now; a prefetch must not spend the code.
    NotNow,
}

/// The hash of [`STYLE`], the only thing on a page that the policy lets through.
const POLICY: &str = "default-src 'none'; style-src 'sha256-FDFiKN0Rzw0wojgG2X51z+Quad6fDHe6n74Kln9bs9M='; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --ground: #f4f5f7; --card: #ffffff; --line: #e2e5ea; --ink: #1b1f24; --soft: #59616b;
  --good: #18794e; --bad: #b42318; --calm: #475f7b }
@media (prefers-color-scheme: dark) { :root { --ground: #111316; --card: #1a1d21; --line: #2c3138; --ink: #eef0f3;
  --soft: #a6aeb8; --good: #5fd39a; --bad: #ff9183; --calm: #9fb9d8 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; padding: 1.5rem; display: grid; place-items: center; background: var(--ground);
  color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", sans-serif }
main { width: 100%; max-width: 30rem; padding: 2.75rem 2.25rem 2.25rem; text-align: center; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem }
svg { width: 3.5rem; height: 3.5rem; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round }
.good { color: var(--good) } .bad { color: var(--bad) } .calm { color: var(--calm) }
h1 { margin: 1.25rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; text-wrap: balance }
p { margin: 0; color: var(--soft); text-wrap: balance }
";

/// The sign above the words: its class and its strokes inside the circle.
struct Sign(&'static str, &'static str);

const TICK: Sign = Sign("good", "M7.5 12.4l3 3 6-6.6");
const CROSS: Sign = Sign("bad", "M8.8 8.8l6.4 6.4M15.2 8.8l-6.4 6.4");
const NOTE: Sign = Sign("calm", "M12 11.2v5M12 7.6v.01");

impl Answer {
    /// The answer as `tiny_http` sends it. `Connection: close` is missing: `tiny_http` lets nobody set it, see
    /// [`closing`].
    pub(super) fn response(self) -> Response<Cursor<Vec<u8>>> {
        let body = self.words().into_bytes();
        let length = body.len();
        let headers = self.headers().into_iter().map(|(name, value)| header(name, value)).collect();
        Response::new(StatusCode(self.status()), headers, Cursor::new(body), Some(length), None)
    }

    /// The same answer as bytes, for those whom the gate sends away before `tiny_http` sees them.
    pub(super) fn bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing into memory does not fail.
        let _ = self.response().raw_print(&mut bytes, HTTPVersion(1, 1), &[], false, None);
        closing(bytes)
    }

    fn status(self) -> u16 {
        match self {
            Self::Ended(_) => 200,
            Self::Taken(_) => 303,
            Self::Unexpected => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Used => 410,
            Self::WrongHost => 421,
            Self::TooLarge => 431,
            Self::NotNow => 503,
        }
    }

    fn headers(self) -> Vec<(&'static str, &'static str)> {
        let mut headers = vec![
            ("Server", "oauth"),
            ("Content-Type", self.words().media_type()),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ];
        match self {
            Self::Taken(path) => headers.push(("Location", path)),
            Self::MethodNotAllowed => headers.push(("Allow", "GET")),
            _ => {}
        }
        headers
    }

    /// Pages for what a person may meet, one line for what only machines ask for.
    fn words(self) -> Words {
        match self {
            Self::Ended(Page::Connected) => {
                Words::Page(&TICK, "Connected", "You can close this tab and go back to the terminal.")
            }
            Self::Ended(Page::Refused) => Words::Page(
                &CROSS,
                "The login was refused",
                "Nothing was connected. You can close this tab and go back to the terminal.",
            ),
            Self::Ended(Page::Failed) => Words::Page(
                &CROSS,
                "The login did not work",
                "The terminal says why. You can close this tab and go back there.",
            ),
            Self::Taken(_) => Words::Page(&NOTE, "One moment", "The login is being completed."),
            Self::Unexpected => Words::Page(
                &NOTE,
                "This is not part of the login",
                "Nothing was changed. Go back to the terminal and open the address it shows there.",
            ),
            Self::Used => Words::Page(
                &NOTE,
                "This address was already used",
                "It works only once. You can close this tab and go back to the terminal.",
            ),
            Self::NotFound => Words::Line("Not found\n"),
            Self::MethodNotAllowed => Words::Line("Only GET is served here\n"),
            Self::WrongHost => Words::Line("This host is not served here\n"),
            Self::TooLarge => Words::Line("The request is too large\n"),
            Self::NotNow => Words::Line("Not now\n"),
        }
    }
}

/// The body of an answer.
enum Words {
    /// A page: sign, heading, one or two sentences.
    Page(&'static Sign, &'static str, &'static str),
    /// A line of plain text.
    Line(&'static str),
}

impl Words {
    fn media_type(&self) -> &'static str {
        match self {
            Self::Page(..) => "text/html; charset=utf-8",
            Self::Line(_) => "text/plain; charset=utf-8",
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Page(sign, title, text) => html(sign, title, text).into_bytes(),
            Self::Line(line) => line.into(),
        }
    }
}

/// Puts `Connection: close` under the status line of a whole answer.
pub(super) fn closing(mut answer: Vec<u8>) -> Vec<u8> {
    if let Some(end) = answer.windows(2).position(|pair| pair == b"\r\n") {
        answer.splice(end..end, *b"\r\nConnection: close");
    }
    answer
}

fn header(name: &str, value: &str) -> Header {
    #[allow(clippy::expect_used, reason = "fails on text that is not ASCII only, and all of ours is")]
    Header::from_bytes(name, value).expect("ASCII")
}

fn html(Sign(class, strokes): &Sign, title: &str, text: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · oauth</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <svg class=\"{class}\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"10\"/>\
         <path d=\"{strokes}\"/></svg>\n<h1>{title}</h1>\n<p>{text}</p>\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::{Answer, POLICY, Page};

    const ALL: [Answer; 11] = [
        Answer::Ended(Page::Connected),
        Answer::Ended(Page::Refused),
        Answer::Ended(Page::Failed),
        Answer::Taken("/done"),
        Answer::Unexpected,
        Answer::NotFound,
        Answer::MethodNotAllowed,
        Answer::Used,
        Answer::WrongHost,
        Answer::TooLarge,
        Answer::NotNow,
    ];

    fn text(answer: Answer) -> String {
        String::from_utf8(answer.bytes()).unwrap()
    }

    #[test]
    fn the_policy_lets_the_real_style_through_and_nothing_else() {
        let page = text(Answer::Ended(Page::Connected));
        let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = STANDARD.encode(Sha256::digest(style));
        assert_eq!(
            POLICY,
            format!(
                "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
            )
        );
    }

    #[test]
    fn every_answer_carries_the_protective_headers_and_no_other_kind() {
        for answer in ALL {
            let text = text(answer);
            let head = text.split_once("\r\n\r\n").unwrap().0;
            for line in [
                "Connection: close",
                "Cache-Control: no-store",
                "Referrer-Policy: no-referrer",
                &format!("Content-Security-Policy: {POLICY}"),
                "X-Content-Type-Options: nosniff",
                "Cross-Origin-Opener-Policy: same-origin",
            ] {
                assert_eq!(head.lines().filter(|have| *have == line).count(), 1, "{answer:?}: {line}");
            }
            let lower = head.to_ascii_lowercase();
            assert!(!lower.contains("access-control"), "{answer:?}");
            assert!(!lower.contains("tiny"), "{answer:?}");
            assert!(!lower.contains("set-cookie"), "{answer:?}");
        }
    }

    #[test]
    fn no_page_reaches_for_anything_outside_itself() {
        for answer in ALL {
            let text = text(answer);
            let body = text.split_once("\r\n\r\n").unwrap().1;
            for reach in [
                "http:", "https:", "//", "<script", "url(", "@import", "<form", "style=", " onload", " onerror",
                " onclick",
            ] {
                assert!(!body.contains(reach), "{answer:?} has {reach}");
            }
        }
    }

    /// An answer is written by the thread that also reads it back, so it must fit into the smallest socket buffer in
    /// use (8 KiB, macOS).
    #[test]
    fn every_answer_fits_into_a_socket_buffer() {
        for answer in ALL {
            assert!(answer.bytes().len() < 6 * 1024, "{answer:?}");
        }
    }

    #[test]
    fn only_the_redirect_has_a_location_and_only_405_names_the_method() {
        for answer in ALL {
            let text = text(answer);
            let taken = matches!(answer, Answer::Taken(_));
            assert_eq!(text.contains("\r\nLocation: /done\r\n"), taken, "{answer:?}");
            assert_eq!(text.contains("\r\nAllow: GET\r\n"), answer == Answer::MethodNotAllowed, "{answer:?}");
        }
    }
}

//! The person at this terminal, while an account is connected.

use std::io::{self, BufRead};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::terminal::{Terminal, Tone};
use super::{large, when};
use crate::app::{Agreement, ClientNeed, DevicePrompt, GivenClient, KeySource, Paste, Person, Typist, Visit};
use crate::model::text::shown;
use crate::paths::Environment;

/// How long a browser may take to say that it cannot be started.
const BROWSER: Duration = Duration::from_millis(500);

/// The person at this terminal.
pub(super) struct AtTerminal<'a> {
    terminal: &'a Terminal,
    environment: &'a Environment,
    /// What is on standard input is the pasted answer, also where it is no terminal.
    pastes: bool,
    /// What is asked for at the end of the screen, while it is listened there.
    asks: Option<&'static str>,
}

impl<'a> AtTerminal<'a> {
    pub(super) fn new(context: &'a Context, pastes: bool) -> Self {
        Self { terminal: &context.terminal, environment: &context.environment, pastes, asks: None }
    }

    fn scopes(&self, visit: &Visit<'_>) {
        if !visit.scopes.is_empty() {
            self.terminal.say(&format!("{} will ask you to agree to:", shown(visit.name)));
        }
        for (scope, meaning) in &visit.scopes {
            let meaning = meaning
                .map_or(String::new(), |words| self.terminal.tint_err(&format!("  {}", shown(words)), Tone::Faint));
            self.terminal.say(&format!("  {}{meaning}", shown(scope)));
        }
    }

    /// What to do when the browser cannot reach the port of this machine.
    fn explain_paste(&self, visit: &Visit<'_>) {
        self.terminal.say("");
        match (visit.paste, visit.port) {
            (Paste::Code, _) => self.terminal.say("Paste the code that the page shows, and press Enter."),
            (Paste::Address, None) => {
                self.terminal.say("When the browser has come to its last page, paste the address of that page here.");
            }
            (Paste::Address, Some(port)) => {
                self.terminal.say(
                    "If the browser is on another machine, it will end at a page that it cannot load. Copy the address \
                     of that page and paste it here. Never paste it into a web page or a chat.",
                );
                if let Some(command) = self.environment.tunnel(port) {
                    self.terminal.say("Or let that page find its way; in a second terminal over there, first:");
                    self.terminal.say(&format!("  {command}"));
                }
            }
        }
    }

    fn prompt(&self) {
        if let Some(question) = self.asks {
            self.terminal.prompt(question);
        }
    }

    /// Whether the answer may be typed at this terminal.
    fn may_type(&self) -> bool {
        self.terminal.can_ask() && self.terminal.is_in_front()
    }

    /// Hands on what is typed, from a thread of its own: it waits as long as the program lives.
    fn listen(&mut self, visit: &Visit<'_>, typist: Typist) {
        let here = self.may_type();
        if visit.browser || !(self.pastes || here) {
            return;
        }
        self.explain_paste(visit);
        self.asks = here.then_some(if matches!(visit.paste, Paste::Code) { "Code:" } else { "Address:" });
        self.terminal.leave_lines_whole();
        // Without a thread nothing is typed, and the browser's own way is left.
        let _ = thread::Builder::new().spawn(move || {
            for line in io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if !line.trim().is_empty() && !typist.enter(&line) {
                    return;
                }
            }
        });
    }
}

impl Drop for AtTerminal<'_> {
    fn drop(&mut self) {
        self.terminal.restore_lines();
    }
}

impl Person for AtTerminal<'_> {
    fn client(&mut self, need: &ClientNeed) -> Option<GivenClient> {
        if !self.terminal.can_ask() || need.secret && need.signs {
            return None;
        }
        let name = shown(&need.name);
        self.terminal.say(&format!("{name} wants every program to be registered once, by you:"));
        for (at, step) in need.setup.iter().enumerate() {
            self.terminal.say(&format!("  {}. {}", at + 1, shown(step)));
        }
        if let Some(url) = &need.console_url {
            self.terminal.say(&format!("  {} {url}", self.terminal.tint_err("register at", Tone::Faint)));
        }
        if !need.redirect_uri.is_empty() {
            let label = self.terminal.tint_err("redirect URI", Tone::Faint);
            self.terminal.say(&format!("  {label} {}", need.redirect_uri));
        }
        let id = if need.id.is_none() { Some(self.terminal.ask("Client id:")?) } else { None };
        let secret =
            if need.secret { Some(self.terminal.ask_secret("Client secret (not shown):").ok()??) } else { None };
        Some(GivenClient { id, secret, keep: true, ..GivenClient::default() })
    }

    fn key_was_chosen(&mut self, source: &KeySource, kept: Option<Duration>) {
        self.terminal.say(&format!("The master key of your new store lives in {}.", source.words()));
        if let Some(kept) = kept {
            let length = when::length(kept.as_secs());
            self.terminal.say(&format!(
                "Once it was asked for, the kernel keeps it for {length}; `export OAUTH_KEY_CACHE=off` forbids that."
            ));
        }
    }

    fn visit(&mut self, visit: &Visit<'_>, typist: Typist) {
        self.scopes(visit);
        let name = shown(visit.name);
        if visit.browser {
            self.terminal.say("Opening your browser. If nothing opens there, visit this address:");
            self.terminal.say("");
            // A program that reads along has nothing else to show its person, should no browser open.
            if self.terminal.json && !self.terminal.quiet {
                self.terminal.insist(visit.url);
            } else {
                self.terminal.say(visit.url);
            }
            if !open_browser(visit.url) {
                self.terminal.warn("no browser could be started; visit the address yourself");
            }
        } else {
            // From elsewhere an answer comes by paste only.
            let anywhere = visit.port.is_none() || self.pastes || self.may_type();
            let place = if anywhere { "" } else { " on this machine" };
            self.terminal.say(&format!("Visit this address in a browser{place}:"));
            self.terminal.say("");
            self.terminal.insist(visit.url);
        }
        self.listen(visit, typist);
        let limit = when::length(visit.limit.as_secs());
        self.terminal.say("");
        let what = if visit.port.is_some() { "to send your browser back" } else { "and you" };
        self.terminal.say(&format!("Waiting for {name} {what}, for up to {limit}. Ctrl-C stops."));
        self.prompt();
    }

    fn agree(&mut self, agreement: &Agreement<'_>) -> Option<bool> {
        if !self.terminal.can_ask() {
            return None;
        }
        let question = match *agreement {
            Agreement::Client { resource, issuer, provider } => {
                self.terminal.say(&format!("{} wants tokens from {}.", shown(resource), shown(issuer)));
                self.terminal.say(&format!(
                    "That server knows you through the client of {}. Whatever you agree to there, {} will be able to do.",
                    shown(provider),
                    shown(resource)
                ));
                format!("Let {} have tokens from {}?", shown(resource), shown(issuer))
            }
            Agreement::Hosts { issuer, hosts } => {
                let hosts = hosts.iter().map(|host| shown(host)).collect::<Vec<_>>().join(", ");
                self.terminal.say(&format!("{} sends logins and tokens to other sites: {hosts}", shown(issuer)));
                format!("Do they belong to {}?", shown(issuer))
            }
        };
        Some(self.terminal.agrees(&question))
    }

    fn not_the_answer(&mut self, why: &str) {
        self.terminal.end_progress();
        self.terminal.warn(&format!("that was not taken: {why}"));
        self.prompt();
    }

    fn device(&mut self, prompt: &DevicePrompt<'_>) {
        let terminal = self.terminal;
        if terminal.json {
            let told = json!({"device": {
                "user_code": prompt.user_code,
                "verification_uri": prompt.verification_uri,
                "verification_uri_complete": prompt.verification_uri_complete,
                "expires_in": prompt.limit.as_secs(),
            }});
            terminal.insist_json(&told);
            return;
        }
        let name = shown(prompt.name);
        terminal.say(&format!("To connect {name}, visit this address on any device, and type the code:"));
        let Screen { letters, qr } = Screen::of(prompt, terminal);
        let gap = || {
            if qr.is_empty() || !letters.is_empty() {
                terminal.say("");
            }
        };
        terminal.say("");
        terminal.insist(&format!("  {}", prompt.verification_uri));
        gap();
        for line in &letters {
            terminal.insist(&format!("    {}", terminal.tint_err(line, Tone::Strong)));
        }
        if !letters.is_empty() {
            terminal.say("");
        }
        terminal.insist(&format!("  {}", terminal.tint_err(prompt.user_code, Tone::Strong)));
        gap();
        for line in &qr {
            terminal.say(line);
        }
        if !qr.is_empty() {
            gap();
        }
        let limit = when::length(prompt.limit.as_secs());
        terminal.say(&format!(
            "Type it only if you asked for it here: whoever sends you such a code gets into your account. Waiting for \
             {name}, for up to {limit}. Ctrl-C stops."
        ));
    }

    fn client_was_kept(&mut self) {
        self.terminal.end_progress();
        self.terminal.say("What was given of the client is kept; to give another one: --client-id ID");
    }

    fn no_device(&mut self, name: &str) {
        self.terminal
            .say(&format!("{} gives no device code to this client, so it goes through a browser.", shown(name)));
    }

    fn waiting(&mut self, left: Duration) {
        // Where somebody may be typing, the line is theirs.
        if self.asks.is_some() {
            return;
        }
        self.terminal.progress(&format!("{} left", when::countdown(left.as_secs())));
    }
}

/// What is to be seen from across the room, as far as the terminal has room for it. A picture to be scanned spares
/// the typing, so it comes before large letters.
#[derive(Default)]
struct Screen {
    letters: Vec<String>,
    qr: Vec<String>,
}

impl Screen {
    /// Rows of the other lines when they stand close: three before the picture, three after it, one between.
    const CLOSE: usize = 7;
    /// The same with gaps between them, and with the code in large letters.
    const WIDE: usize = 14;

    fn of(prompt: &DevicePrompt<'_>, terminal: &Terminal) -> Self {
        let Some((columns, rows)) = terminal.blocks() else { return Self::default() };
        let letters = large::letters(prompt.user_code, columns.saturating_sub(4)).unwrap_or_default();
        let scanned = prompt.verification_uri_complete.unwrap_or(prompt.verification_uri);
        let qr =
            |around: usize| large::qr(scanned, columns, rows.saturating_sub(around)).filter(|_| terminal.has_color());
        match (qr(Self::WIDE), qr(Self::CLOSE)) {
            (Some(qr), _) => Self { letters, qr },
            (None, Some(qr)) => Self { letters: vec![], qr },
            (None, None) => Self { letters, qr: vec![] },
        }
    }
}

/// Opens the browser from a thread of its own: some browsers only come back when they are closed. False when none could
/// be started; the address is printed in any case.
fn open_browser(url: &str) -> bool {
    let url = url.to_owned();
    let (sender, opened) = mpsc::channel();
    let started = thread::Builder::new().spawn(move || {
        let mut options = webbrowser::BrowserOptions::new();
        options.with_suppress_output(true);
        let result = webbrowser::open_browser_with_options(webbrowser::Browser::Default, &url, &options);
        let _ = sender.send(result.is_ok()); // nobody may be listening any more
    });
    started.is_ok() && opened.recv_timeout(BROWSER).unwrap_or(true)
}

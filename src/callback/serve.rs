//! The course of one login: wait for the right callback, let the caller work, show how it ended.
//!
//! Invariants: everything is judged on one thread, so of any number of right callbacks exactly one is taken; a request
//! alone never ends the login; the last page tells the truth, since it is held back until the work has ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tiny_http::Request;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::gate::Gate;
use super::page::{Answer, Page};
use super::request::{Query, Site, Wanted, examine};
use super::signals::Signals;
use super::typed::{self, Slip, Typed};
use super::{Error, Event, Verdict};

/// A limit beyond this is none, and clocks cannot count to every [`Duration`].
pub(super) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Takes requests and gives each its answer, depending on how far the login is.
pub(super) struct Desk {
    site: Site,
    stage: Stage,
    /// Browsers that wait for the last page.
    held: Vec<Request>,
    /// The last page was given to somebody.
    shown: bool,
}

enum Stage {
    Waiting,
    Working,
    Ended(Page),
}

impl Desk {
    pub(super) fn new(site: Site) -> Self {
        Self { site, stage: Stage::Waiting, held: Vec::new(), shown: false }
    }

    /// Answers a request, or holds it. `Some`: it was the right callback.
    fn receive<A>(&mut self, request: Request, judge: &mut impl FnMut(&Query) -> Verdict<A>) -> Option<A> {
        match examine(&self.site, &request) {
            Err(answer) => reply(request, answer),
            Ok(Wanted::Done) => self.show(request),
            Ok(Wanted::Callback(query)) => return self.consider(request, &query, judge),
        }
        None
    }

    fn consider<A>(
        &mut self,
        request: Request,
        query: &Query,
        judge: &mut impl FnMut(&Query) -> Verdict<A>,
    ) -> Option<A> {
        if !matches!(self.stage, Stage::Waiting) {
            reply(request, Answer::Used);
            return None;
        }
        let ours = self.take(query, judge);
        // Taken before it is answered: a browser that hangs up now does not undo it.
        reply(request, if ours.is_some() { Answer::Taken(self.site.done()) } else { Answer::Unexpected });
        ours
    }

    /// The one way out of the waiting, whatever brought the query here.
    fn take<A>(&mut self, query: &Query, judge: &mut impl FnMut(&Query) -> Verdict<A>) -> Option<A> {
        let Verdict::Ours(ours) = judge(query) else { return None };
        self.stage = Stage::Working;
        Some(ours)
    }

    fn show(&mut self, request: Request) {
        match self.stage {
            Stage::Waiting => reply(request, Answer::NotFound),
            Stage::Working => self.held.push(request),
            Stage::Ended(page) => {
                self.shown = true;
                reply(request, Answer::Ended(page));
            }
        }
    }

    fn end(&mut self, page: Page) {
        self.stage = Stage::Ended(page);
        for request in std::mem::take(&mut self.held) {
            self.show(request);
        }
    }
}

/// Every answer fits into the buffer of the socket, and the gate reads it: this does not wait.
fn reply(request: Request, answer: Answer) {
    // A client that is gone has no use for its answer.
    let _ = request.respond(answer.response());
}

/// One open listener at work.
pub(super) struct Course {
    pub(super) gate: Arc<Gate>,
    pub(super) requests: UnboundedReceiver<Request>,
    pub(super) signals: Signals,
    pub(super) desk: Desk,
    pub(super) typed: Typed,
    pub(super) slip: Slip,
}

impl Course {
    /// Until the right callback has come, from the browser or typed at the terminal: both end in [`Desk::take`].
    pub(super) async fn wait<A>(
        &mut self,
        limit: Duration,
        tell: &mut dyn FnMut(Event),
        judge: &mut impl FnMut(&Query) -> Verdict<A>,
    ) -> Result<A, Error> {
        let deadline = Instant::now() + limit.min(LONGEST);
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(request) = self.requests.recv() => {
                    if let Some(ours) = self.desk.receive(request, judge) {
                        return Ok(ours);
                    }
                }
                Some(line) = self.typed.next() => {
                    let read = self.slip.read(&line);
                    match read.and_then(|query| self.desk.take(&query, judge).ok_or(typed::OTHER_LOGIN)) {
                        Ok(ours) => return Ok(ours),
                        Err(why) => tell(Event::NotTheAnswer(why)),
                    }
                }
                now = seconds.tick() => tell(Event::Left(deadline.saturating_duration_since(now))),
                () = sleep_until(deadline) => return Err(Error::TimedOut { limit }),
                signal = self.signals.next() => return Err(Error::Interrupted { signal }),
            }
        }
    }

    /// Until the work has ended, on a thread of its own. The inner error is a panic in it.
    pub(super) async fn work<R: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<thread::Result<R>, Error> {
        let (sender, mut result) = oneshot::channel();
        let work = move || {
            let result = catch_unwind(AssertUnwindSafe(work));
            // Nobody to tell: a signal has ended the login.
            let _ = sender.send(result);
        };
        thread::Builder::new().name("callback-work".to_owned()).spawn(work).map_err(Error::Start)?;
        loop {
            tokio::select! {
                Ok(result) = &mut result => return Ok(result),
                Some(request) = self.requests.recv() => {
                    self.desk.receive(request, &mut stranger);
                }
                signal = self.signals.next() => return Err(Error::Interrupted { signal }),
            }
        }
    }

    /// Shows the last page until a browser has it, for at most `farewell`. A signal only ends the showing: the login is
    /// over.
    pub(super) async fn show(&mut self, page: Page, farewell: Duration) {
        self.desk.end(page);
        let showing = async {
            loop {
                tokio::select! {
                    Some(request) = self.requests.recv() => self.desk.receive(request, &mut stranger),
                    () = self.gate.all_answered(), if self.desk.shown => return,
                    _ = self.signals.next() => return,
                };
            }
        };
        let _ = timeout(farewell, showing).await;
    }
}

/// After the right callback none is judged any more.
fn stranger(_: &Query) -> Verdict<()> {
    Verdict::Stranger
}

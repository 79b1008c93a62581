//! The signals that end a login: Ctrl-C, a request to terminate, a closed terminal.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::Builder;

/// Listens from its creation on. The program's own default for these signals does not come back afterwards: `tokio`
/// keeps its handlers until the process ends.
#[cfg(unix)]
pub(crate) struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
const KINDS: [tokio::signal::unix::SignalKind; 3] = {
    use tokio::signal::unix::SignalKind;
    [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()]
};

#[cfg(unix)]
impl Signals {
    /// Must be called inside a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::signal;
        let [interrupt, terminate, hangup] = KINDS;
        Ok(Self([signal(interrupt)?, signal(terminate)?, signal(hangup)?]))
    }

    /// The number of the next signal.
    pub(crate) async fn next(&mut self) -> i32 {
        let [interrupt, terminate, hangup] = &mut self.0;
        let kind = tokio::select! {
            _ = interrupt.recv() => 0,
            _ = terminate.recv() => 1,
            _ = hangup.recv() => 2,
        };
        KINDS[kind].as_raw_value()
    }
}

/// Windows knows Ctrl-C, told as the number that Unix has for it.
#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    pub(crate) async fn next(&mut self) -> i32 {
        self.0.recv().await;
        2
    }
}

impl Signals {
    /// Watches from a thread of its own, for whoever waits without a runtime. The receiver hears of the first signal; it
    /// hears nothing when no watch could be set up, and the signals end the program as they always do.
    pub(crate) fn watch() -> mpsc::Receiver<i32> {
        let (ready, listening) = mpsc::channel();
        let (sender, heard) = mpsc::channel();
        // Without a thread there is no watch either.
        let _ = thread::Builder::new().spawn(move || {
            let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
            runtime.block_on(async {
                let Ok(mut signals) = Self::listen() else { return };
                let _ = ready.send(()); // whoever waits waits for this only
                let _ = sender.send(signals.next().await);
            });
        });
        let _ = listening.recv();
        heard
    }
}

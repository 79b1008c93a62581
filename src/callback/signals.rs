//! The signals that end a login: Ctrl-C, a request to terminate, a closed terminal.

use std::io;

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

//! The device flow: show a code, and ask until somebody has decided.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::super::Error;
use super::{Connected, Login, Person, Plan};
use crate::callback::Signals;
use crate::model::{Timestamp, TokenResponse};
use crate::protocol::{self, DeviceAuthorization, Poll};

/// A code to be typed, and what to say of it.
pub(crate) struct DevicePrompt<'a> {
    pub(crate) name: &'a str,
    pub(crate) user_code: &'a str,
    pub(crate) verification_uri: &'a str,
    pub(crate) verification_uri_complete: Option<&'a str>,
    pub(crate) limit: Duration,
}

impl Plan {
    /// Asks for a code. `None`: the server does not give one to this client, and another flow was not ruled out.
    pub(super) fn device_code(&self, login: &Login) -> Result<Option<DeviceAuthorization>, Error> {
        let own = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        match protocol::authorize_device(&self.channel(), &self.scopes, own) {
            Ok(given) => Ok(Some(given)),
            Err(protocol::Error::Refused { .. } | protocol::Error::NotOauth { .. }) if login.flow.is_none() => Ok(None),
            Err(error) => Err(self.refused(error)),
        }
    }

    /// Shows the code and polls until there are tokens.
    pub(super) fn by_device(
        self,
        mut code: DeviceAuthorization,
        login: &Login,
        person: &mut dyn Person,
    ) -> Result<Connected, Error> {
        let life = Duration::from_secs(code.expires_in);
        let sooner = login.limit.filter(|limit| *limit < life);
        let limit = sooner.unwrap_or(life);
        // Whoever is shown the code may stop at once.
        let signals = Signals::watch();
        person.device(&DevicePrompt {
            name: &self.resolved.server.name,
            user_code: &code.user_code,
            verification_uri: &code.verification_uri,
            verification_uri_complete: code.verification_uri_complete.as_deref(),
            limit,
        });
        let timed_out = Error::DeviceTimedOut { provider: self.provider.clone(), limit: sooner };
        let deadline = Instant::now() + limit;
        let polled = self.poll(&mut code, deadline, &signals, person)?;
        let (response, sent_at) = polled.ok_or(timed_out)?;
        self.connect(response, None, sent_at)
    }

    /// `None`: the deadline has come first.
    fn poll(
        &self,
        code: &mut DeviceAuthorization,
        deadline: Instant,
        signals: &mpsc::Receiver<i32>,
        person: &mut dyn Person,
    ) -> Result<Option<(TokenResponse, Timestamp)>, Error> {
        loop {
            let next = Instant::now() + Duration::from_secs(code.interval);
            while Instant::now() < next {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(None);
                }
                person.waiting(left);
                wait_a_second(signals, next)?;
            }
            let sent_at = (self.clock)();
            match code.poll(&self.channel()) {
                Ok(Poll::Granted(response)) => return Ok(Some((*response, sent_at))),
                Ok(Poll::Pending) => {}
                Ok(Poll::SlowDown) => code.slow_down(),
                Err(protocol::Error::Refused { response, .. }) if response.code == "expired_token" => {
                    return Err(Error::DeviceTimedOut { provider: self.provider.clone(), limit: None });
                }
                Err(error) => return Err(self.refused(error)),
            }
        }
    }
}

/// Until `next`, for a second at most. A signal ends the login.
fn wait_a_second(signals: &mpsc::Receiver<i32>, next: Instant) -> Result<(), Error> {
    let left = next.saturating_duration_since(Instant::now()).min(Duration::from_secs(1));
    match signals.recv_timeout(left) {
        Ok(signal) => Err(Error::Interrupted(signal)),
        Err(RecvTimeoutError::Timeout) => Ok(()),
        // Nobody watches: the signals end the program as they always do.
        Err(RecvTimeoutError::Disconnected) => {
            std::thread::sleep(left);
            Ok(())
        }
    }
}

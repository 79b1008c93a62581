//! A line that is typed at the terminal and not shown.

use std::io;

use crate::model::Secret;

/// Asks at the terminal of this process, wherever stdin and stdout go. An interrupt ends the process as it would
/// otherwise, with the terminal as it was before.
#[cfg(unix)]
pub(super) fn ask(question: &str) -> io::Result<Secret> {
    let terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let line = {
        let _quiet = Quiet::begin(&terminal)?;
        (&terminal).write_all(format!("{question} ").as_bytes())?;
        line_of(&terminal)
    };
    (&terminal).write_all(b"\n")?;
    match line? {
        Line::Typed(secret) => Ok(secret),
        Line::Interrupted => {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::INT)?;
            Err(io::ErrorKind::Interrupted.into())
        }
    }
}

#[cfg(not(unix))]
pub(super) fn ask(question: &str) -> io::Result<Secret> {
    rpassword::prompt_password(format!("{question} ")).map(Secret::new)
}

#[cfg(unix)]
use unix::{Line, Quiet, line_of};

#[cfg(unix)]
use std::io::Write;

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read};

    use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
    use zeroize::Zeroizing;

    use crate::model::Secret;

    /// No secret is longer, in bytes.
    const LONGEST: usize = 64 << 10;

    const INTERRUPT: u8 = 0x03;
    const END: u8 = 0x04;
    const KILL: u8 = 0x15;

    /// What came from the terminal.
    #[derive(Debug)]
    pub(super) enum Line {
        Typed(Secret),
        Interrupted,
    }

    /// A terminal that shows nothing of what is typed, and hands it on key by key: a line it collects itself ends after
    /// 4,095 bytes. An interrupt is a key as well, so that it ends nothing before the terminal is as it was.
    pub(super) struct Quiet<'a> {
        terminal: &'a File,
        before: Termios,
    }

    impl<'a> Quiet<'a> {
        pub(super) fn begin(terminal: &'a File) -> io::Result<Self> {
            let before = tcgetattr(terminal)?;
            let mut quiet = before.clone();
            quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
            quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
            quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
            tcsetattr(terminal, OptionalActions::Now, &quiet)?;
            Ok(Self { terminal, before })
        }
    }

    impl Drop for Quiet<'_> {
        fn drop(&mut self) {
            let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before); // it is gone, then
        }
    }

    /// Reads up to the end of a line, as a terminal would: with its keys to take back a letter or all of them.
    pub(super) fn line_of(mut keys: impl Read) -> io::Result<Line> {
        let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
        let mut key = Zeroizing::new([0]);
        loop {
            match keys.read(&mut *key) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            match key[0] {
                b'\n' | b'\r' => break,
                INTERRUPT => return Ok(Line::Interrupted),
                END if typed.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
                END => break,
                KILL => typed.clear(),
                0x08 | 0x7f => {
                    // The bytes of a letter that is longer than one follow its first.
                    while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                }
                _ if typed.len() == LONGEST => return Err(io::Error::other("it is too long for a secret")),
                other => typed.push(other),
            }
        }
        let text = str::from_utf8(&typed).map_err(|_| io::Error::other("it is no text (UTF-8)"))?;
        Ok(Line::Typed(Secret::new(text)))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn typed(keys: &[u8]) -> Option<String> {
            match line_of(keys) {
                Ok(Line::Typed(secret)) => Some(secret.expose().to_owned()),
                _ => None,
            }
        }

        #[test]
        fn keys_do_what_they_do_at_a_terminal() {
            assert_eq!(typed(b"abc\r").as_deref(), Some("abc"));
            assert_eq!(typed(b"abx\x7fc\n").as_deref(), Some("abc"));
            assert_eq!(typed("a\u{e9}\u{8}b\n".as_bytes()).as_deref(), Some("ab"));
            assert_eq!(typed(b"\x7f\x08wrong\x15right\n").as_deref(), Some("right"));
            assert_eq!(typed(b"abc\x04").as_deref(), Some("abc"));
            assert_eq!(typed(b"\x04"), None);
            assert_eq!(typed(b"abc"), None);
            assert_eq!(typed(b"\xff\n"), None);
            assert!(matches!(line_of(&b"ab\x03\n"[..]), Ok(Line::Interrupted)));
        }

        #[test]
        fn a_secret_may_be_longer_than_what_a_terminal_collects() {
            let long = [vec![b'x'; LONGEST], vec![b'\n']].concat();
            assert_eq!(typed(&long).map(|text| text.len()), Some(LONGEST));
            assert_eq!(typed(&[b"x", long.as_slice()].concat()), None);
        }
    }
}

//! The program on a terminal of 80 columns and 24 rows.

use unicode_width::UnicodeWidthStr as _;

use super::sandbox::Run;

/// Gives a terminal to the streams that are named, out of `in`, `out` and `err`; the others stay what they are. What is
/// shown there goes to stderr when `err` is among them, and else to stdout. Once the second word was shown, `TYPED` is
/// typed; for a prompt whose answer is not shown, when the terminal has stopped to show what is typed.
const SCRIPT: &str = "\
import ctypes, fcntl, os, pty, struct, subprocess, sys, termios, time
streams, prompt, typed = sys.argv[1].split(','), sys.argv[2].encode(), os.environ.pop('TYPED').encode()
outer, inner = os.openpty()
fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
foreign = os.environ.pop('FOREIGN', '')
def lead():
    os.setsid()
    if foreign:
        ctypes.CDLL(None).prctl(1, 15)
    else:
        fcntl.ioctl(inner, termios.TIOCSCTTY, 0)
chosen = {'std' + name: inner for name in streams}
child = subprocess.Popen(sys.argv[3:], preexec_fn=lead, **chosen)
os.close(inner)
shown = sys.stderr if 'err' in streams else sys.stdout
said = b''
try:
    while part := os.read(outer, 4096):
        said += part
        shown.buffer.write(part.replace(b'\\r\\n', b'\\n'))
        shown.flush()
        if typed and prompt in said:
            while b'(not shown)' in prompt and termios.tcgetattr(outer)[3] & termios.ECHO:
                time.sleep(0.005)
            os.write(outer, typed)
            typed = b''
except OSError:
    pass
code = child.wait()
if not termios.tcgetattr(outer)[3] & termios.ECHO:
    sys.exit('the terminal was left as one that shows nothing')
sys.exit(code if code >= 0 else 128 - code)
";

/// A command whose `streams`, such as `out` or `in,err`, are a terminal's.
pub(crate) fn on_terminal(run: Run, streams: &str) -> Run {
    typing(run, streams, "", "")
}

/// The same with a person who types `typed` once `prompt` was shown.
pub(crate) fn typing(run: Run, streams: &str, prompt: &str, typed: &str) -> Run {
    run.env("TYPED", typed).through(["python3", "-c", SCRIPT, streams, prompt])
}

/// The same at a terminal that is not the one which the command belongs to, as programs hand on that drive others. No such
/// terminal tells it of its end, so that it ends with the script (`PR_SET_PDEATHSIG`).
pub(crate) fn typing_from_elsewhere(run: Run, streams: &str, prompt: &str, typed: &str) -> Run {
    typing(run.env("FOREIGN", "1"), streams, prompt, typed)
}

/// The lines that are wider than that terminal, colours not counted.
pub(crate) fn too_wide(shown: &str) -> Vec<&str> {
    let plain = |line: &str| {
        let mut parts = line.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |line, part| line + part.split_once('m').map_or(part, |(_, rest)| rest))
    };
    shown.lines().filter(|line| plain(line).width() > 80).collect()
}

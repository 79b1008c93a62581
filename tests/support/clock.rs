//! A clock that is wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::sandbox::Run;

/// Runs a command with a clock that is so many seconds ahead. A server of another process is not.
pub(crate) fn later(run: Run, seconds: u32) -> Run {
    run.env("LD_PRELOAD", clock()).env("CLOCK_AHEAD", seconds.to_string())
}

/// A library that puts the clock of a program ahead.
fn clock() -> &'static Path {
    const SOURCE: &str = r#"
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <time.h>
        int clock_gettime(clockid_t id, struct timespec *now) {
            int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
            int result = real(id, now);
            const char *ahead = getenv("CLOCK_AHEAD");
            if (result == 0 && id == CLOCK_REALTIME && ahead) now->tv_sec += atol(ahead);
            return result;
        }"#;
    static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
        // Every test run has its own, and puts it in place whole.
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (source, part) = (place.join("clock.c"), place.join(format!("clock.{}", std::process::id())));
        fs::write(&source, SOURCE).expect("the source of the clock");
        let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&part, &source]).arg("-ldl").status();
        assert!(made.expect("cc runs").success(), "cc fails");
        let library = place.join("clock.so");
        fs::rename(part, &library).expect("the library is in place");
        library
    });
    &LIBRARY
}

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oauth_cli::fuzzing::config(data));

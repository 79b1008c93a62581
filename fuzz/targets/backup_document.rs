#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| oauth_cli::fuzzing::backup_document(data));

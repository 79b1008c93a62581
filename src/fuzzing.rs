//! The door for fuzzing: what reads bytes from strangers, each with what must hold of any bytes at all.
//!
//! Not part of the program: it is there in tests, and with the feature `fuzzing`, which only `fuzz/` turns on. The
//! corpora of `fuzz/corpus/` are run through it by the tests too.

/// A fuzzing target.
pub type Target = fn(&[u8]);

/// Every target by the name of its corpus.
pub const TARGETS: [(&str, Target); 12] = [
    ("callback_request", callback_request),
    ("callback_query", callback_query),
    ("token_answer", token_answer),
    ("metadata", metadata),
    ("provider_toml", provider_toml),
    ("sealed_blob", sealed_blob),
    ("landing_record", landing_record),
    ("www_authenticate", www_authenticate),
    ("config", config),
    ("helper_question", helper_question),
    ("age_file", age_file),
    ("backup_document", backup_document),
];

/// Bytes at the port of a login.
pub fn callback_request(data: &[u8]) {
    crate::callback::fuzzing::request(data);
}

/// The query of an authorization response.
pub fn callback_query(data: &[u8]) {
    crate::callback::fuzzing::query(data);
}

/// An answer of a token endpoint: the first byte chooses status and type, the rest is the body.
pub fn token_answer(data: &[u8]) {
    crate::protocol::fuzzing::token_answer(data);
}

/// A metadata document of `https://as.example`.
pub fn metadata(data: &[u8]) {
    crate::protocol::fuzzing::metadata(data);
}

/// A provider entry of the user's.
pub fn provider_toml(data: &[u8]) {
    crate::provider::fuzzing::entry(data);
}

/// A sealed value, and one that differs from a good one by these bytes.
pub fn sealed_blob(data: &[u8]) {
    crate::vault::fuzzing::sealed_blob(data);
}

/// A landing record that was unsealed.
pub fn landing_record(data: &[u8]) {
    crate::vault::fuzzing::landing_record(data);
}

/// The challenges of a resource server, a field a line.
pub fn www_authenticate(data: &[u8]) {
    crate::protocol::fuzzing::www_authenticate(data);
}

/// The user's `config.toml`.
pub fn config(data: &[u8]) {
    crate::config::fuzzing::file(data);
}

/// What git, docker, cargo or kubectl ask a helper.
pub fn helper_question(data: &[u8]) {
    crate::helper::fuzzing::question(data);
}

/// A file in the age format, and one that differs from a good one by these bytes.
pub fn age_file(data: &[u8]) {
    crate::age::fuzzing::file(data);
}

/// A backup that was decrypted.
pub fn backup_document(data: &[u8]) {
    crate::vault::fuzzing::backup_document(data);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::TARGETS;

    fn inputs(name: &str) -> Vec<PathBuf> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let entries = fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Blind mutations: bytes altered, cut out, doubled, and taken from another input. No match for real fuzzing, but
    /// there in every run; `OAUTH_TEST_LENGTH` is how many a target gets.
    #[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
    #[test]
    fn mutations_of_the_corpora_hold_as_well() {
        let rounds = std::env::var("OAUTH_TEST_LENGTH").ok().and_then(|length| length.parse().ok()).unwrap_or(500);
        let mut state = 1_u64;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % end.max(1)
        };
        for (name, target) in TARGETS {
            let corpus: Vec<_> = inputs(name).iter().map(|path| fs::read(path).unwrap()).collect();
            for _ in 0..rounds {
                let mut bytes = corpus[below(corpus.len())].clone();
                for _ in 0..=below(4) {
                    let (at, other) = (below(bytes.len()), &corpus[below(corpus.len())]);
                    let until = (at + 1 + below(16)).min(bytes.len());
                    match below(5) {
                        0 if at < bytes.len() => bytes[at] ^= 1 << below(8),
                        1 if at < bytes.len() => bytes[at] = u8::try_from(below(256)).unwrap(),
                        2 => drop(bytes.drain(at.min(until)..until)),
                        3 => bytes.extend_from_within(at.min(until)..until),
                        _ => bytes.extend_from_slice(&other[below(other.len())..]),
                    }
                }
                target(&bytes);
            }
        }
    }

    #[test]
    fn every_corpus_runs_through_its_target() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        for (name, target) in TARGETS {
            let inputs = inputs(name);
            assert!(inputs.len() >= 3, "{name} has {} inputs", inputs.len());
            for path in inputs {
                println!("{}", path.display());
                target(&fs::read(&path).unwrap());
            }
            target(&[]);
        }
        let known = fs::read_dir(&corpora).unwrap().count();
        assert_eq!(known, TARGETS.len(), "a corpus without a target");
    }
}

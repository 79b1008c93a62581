//! What must hold of any text in a file of the user's.

use super::definition::Entry;

/// An entry that is taken can be written, and is the same when it is read again.
pub(crate) fn entry(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(entry) = Entry::parse(text, "fuzzed") else { return };
    if entry.check("fuzzed", Some(text)).is_err() {
        return;
    }
    let written = toml::to_string(&entry).expect("an entry can be written");
    assert_eq!(Entry::parse(&written, "written").expect("what was written can be read"), entry);
}

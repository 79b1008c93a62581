//! The entries that are part of the program: the files of `providers/`, as text. Each is parsed when it is needed, and no
//! other with it; `build.rs` makes the tables.

mod tables {
    include!(concat!(env!("OUT_DIR"), "/providers.rs"));
}

use tables::{ALIASES, ENTRIES};

/// Name and text of the entry with this name or alias.
pub(super) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    let id = ALIASES.binary_search_by(|(alias, _)| (*alias).cmp(name)).map_or(name, |at| ALIASES[at].1);
    ENTRIES.binary_search_by(|(own, _)| (*own).cmp(id)).ok().map(|at| ENTRIES[at])
}

pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENTRIES.iter().copied()
}

/// Every name and alias.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().chain(ALIASES).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;

    #[test]
    fn the_tables_are_what_the_entries_say() {
        let mut aliases = Vec::new();
        for (id, text) in all() {
            assert_eq!(find(id), Some((id, text)));
            let entry = Entry::parse(text, id).unwrap();
            aliases.extend(entry.aliases.into_iter().map(|alias| (alias, id)));
        }
        aliases.sort();
        assert!(ALIASES.iter().map(|(alias, id)| ((*alias).to_owned(), *id)).eq(aliases.iter().cloned()));
        for (alias, id) in &aliases {
            assert_eq!(find(alias).unwrap().0, *id, "{alias} is there twice");
        }
        assert!(find("no such").is_none());
    }
}

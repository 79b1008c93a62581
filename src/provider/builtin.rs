//! The entries that are part of the program: the files of `providers/`, as text. They are parsed when they are needed.

macro_rules! entries {
    ($($id:literal),* $(,)?) => {
        /// Name and text of each entry, by name.
        const ENTRIES: &[(&str, &str)] = &[$(($id, include_str!(concat!("../../providers/", $id, ".toml")))),*];
    };
}

entries!["discord", "github", "gitlab", "google", "microsoft", "spotify"];

pub(super) fn text(id: &str) -> Option<&'static str> {
    ENTRIES.binary_search_by(|(name, _)| name.cmp(&id)).ok().map(|at| ENTRIES[at].1)
}

pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    ENTRIES.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_part_of_the_program_in_order() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("providers");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<_> = files.map(|name| name.trim_end_matches(".toml").to_owned()).collect();
        files.sort();
        assert_eq!(files, all().map(|(id, _)| id).collect::<Vec<_>>());
        assert!(all().all(|(id, _)| text(id).is_some()));
    }
}

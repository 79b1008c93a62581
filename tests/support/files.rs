//! What must hold of every file the program leaves behind: it is the user's alone, and holds no secret in the open.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A private file in a private directory, both made where they are not there.
#[track_caller]
pub(crate) fn private(directory: &Path, name: &str, text: &str) -> PathBuf {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).expect("a directory");
    let path = directory.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
    path
}

/// Fails unless this directory and all below it belong to the user alone: directories 0700, everything else 0600, and
/// no symbolic links, which would lead out of it.
#[track_caller]
pub(crate) fn assert_private(directory: &Path) {
    let mut wrong = Vec::new();
    walk(directory, &mut |path, metadata| {
        let (mode, wanted) = (metadata.mode() & 0o7777, if metadata.is_dir() { 0o700 } else { 0o600 });
        if metadata.is_symlink() {
            wrong.push(format!("{} is a symbolic link", path.display()));
        } else if mode != wanted {
            wrong.push(format!("{} is {mode:04o}, not {wanted:04o}", path.display()));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Makes a directory that nobody else can look into, and those above it.
#[track_caller]
pub(crate) fn private_directory(path: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).expect("a directory");
}

/// Writes a file that nobody else can read.
#[track_caller]
pub(crate) fn private_file(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("the file can be written");
}

/// Fails when one of the secrets stands in a file under this directory, or in a name there, byte for byte.
#[track_caller]
pub(crate) fn assert_no_canary<S: AsRef<[u8]>>(directory: &Path, secrets: &[S]) {
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| secret.as_ref().len() >= 8), "no secrets to look for");
    let (mut files, mut found) = (0, Vec::new());
    walk(directory, &mut |path, metadata| {
        let mut bytes = path.as_os_str().as_bytes().to_vec();
        if metadata.is_file() {
            files += 1;
            bytes.push(b'\n');
            bytes.extend(fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
        let holds = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        let seen = secrets.iter().map(AsRef::as_ref).filter(|secret| holds(secret));
        found.extend(seen.map(|secret| format!("{} has {}", path.display(), String::from_utf8_lossy(secret))));
    });
    assert!(files > 0, "there is no file under {}, so nothing was looked at", directory.display());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Shows `path` and everything below it to `visit`, links themselves and not what they lead to.
#[track_caller]
fn walk(path: &Path, visit: &mut impl FnMut(&Path, &Metadata)) {
    let metadata = fs::symlink_metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    visit(path, &metadata);
    if !metadata.is_dir() {
        return;
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for entry in entries {
        walk(&entry.expect("an entry of the directory").path(), visit);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::panic::catch_unwind;

    use super::*;
    use crate::support::sandbox::Home;

    #[test]
    fn private_is_0600_and_0700() {
        let home = Home::new();
        let (directory, file) = (home.path().join("tmp"), home.path().join("tmp/file"));
        fs::write(&file, "x").expect("a file");
        let complaint = |path: &Path, mode: u32| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
            catch_unwind(|| assert_private(&directory)).is_err()
        };
        assert!(complaint(&file, 0o640));
        assert!(complaint(&file, 0o400));
        assert!(!complaint(&file, 0o600));
        assert!(complaint(&directory, 0o750));
        assert!(!complaint(&directory, 0o700));
        symlink(&file, directory.join("link")).expect("a link");
        assert!(complaint(&file, 0o600));
    }

    #[test]
    fn a_canary_is_found_in_bytes_and_in_names() {
        let home = Home::new();
        let complaint = |secret: &str| catch_unwind(|| assert_no_canary(home.path(), &[secret])).is_err();
        assert!(complaint("canary-1"), "without a file nothing was looked at");
        fs::write(home.path().join("tmp/a-canary-2"), b"\xff\0canary-1\xff").expect("a file");
        assert!(complaint("canary-1"));
        assert!(complaint("canary-2"));
        assert!(!complaint("canary-3"));
        assert!(complaint("short"), "too short to be looked for");
    }
}

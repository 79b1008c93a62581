//! Private files: made with mode 0600 in directories of mode 0700 whatever the umask, and refused where others could
//! read a secret of ours or write anything of ours.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a lock that is held is tried.
const LOCK_PACE: Duration = Duration::from_millis(5);

/// A disk with fewer bytes left than this is full: SQLite asks for half of it at once.
const FULL: u64 = 64 << 10;

/// A file or directory of ours that cannot be trusted or reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Others can read or write it, or it is not what it should be. `mend` is a command to paste, where one helps.
    #[error("{} {problem}", path.display())]
    Insecure { path: PathBuf, problem: String, mend: Option<String> },
    #[error("cannot {what} {}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    /// What happened to a path. A link or a directory where none may be is no failure of the machine, but refused.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.raw_os_error() {
            #[cfg(unix)]
            Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => insecure(path, "is a symbolic link", None),
            #[cfg(unix)]
            Some(code) if code == rustix::io::Errno::ISDIR.raw_os_error() => {
                insecure(path, "is not a regular file", None)
            }
            _ => Self::Io { what, path: path.to_owned(), source },
        }
    }
}

/// What others may not do with a file of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// It holds secrets, sealed or not: nobody else reads or writes it.
    Secret,
    /// It decides what we do: nobody else writes it.
    Trusted,
}

/// What an [`Error::Io`] says that it cannot do where a directory of ours cannot be made.
pub(crate) const CREATE_DIR: &str = "create the directory";

/// Makes `path` and what is missing above it, each with mode 0700, and checks that nobody else may write there.
pub(crate) fn private_dir(path: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io(CREATE_DIR, path))?;
    check_dir(path)
}

/// Makes a directory that did not exist, with mode 0700.
pub(crate) fn new_private_dir(path: &Path) -> Result<(), Error> {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "there is no mode to set"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io(CREATE_DIR, path))
}

/// Refuses a directory that another user owns or may write to.
pub(crate) fn check_dir(path: &Path) -> Result<(), Error> {
    let found = fs::metadata(path).map_err(Error::io("read the directory", path))?;
    if !found.is_dir() {
        return Err(insecure(path, "is not a directory", None));
    }
    check_owner_and_mode(path, &found, 0o022)
}

/// Refuses a file that is a symbolic or hard link, is no regular file, belongs to another user, or is open to others.
pub(crate) fn check_file(path: &Path, guard: Guard) -> Result<(), Error> {
    let found = fs::symlink_metadata(path).map_err(Error::io("read", path))?;
    if !found.is_file() {
        return Err(insecure(path, "is not a regular file", None));
    }
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&found) > 1 {
        let mend = format!("find / -xdev -samefile {}; then delete the other name", quoted(path));
        return Err(insecure(path, "has a second name (a hard link)", Some(mend)));
    }
    check_owner_and_mode(path, &found, if guard == Guard::Secret { 0o077 } else { 0o022 })
}

/// Takes from others what they may not do with a file or directory of ours. A file with a second name may be another's, too,
/// and stays as it is; a directory may be reached through a link.
#[cfg(unix)]
pub(crate) fn tighten(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = fs::metadata(path).map_err(Error::io("read", path))?;
    if !found.is_dir() && found.nlink() > 1 {
        return Err(insecure(path, "has a second name (a hard link)", None));
    }
    let mode = if found.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::io("change the mode of", path))
}

/// On Windows the user's profile directory keeps others out.
#[cfg(not(unix))]
pub(crate) fn tighten(_: &Path) -> Result<(), Error> {
    Ok(())
}

/// Refuses an open file with a secret of the user's own, such as a key file, which others can read or write. It may
/// belong to root (a container's secrets do), be reached through a link, or be a pipe.
#[cfg(unix)]
pub(crate) fn check_secret(file: &File, path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata().map_err(Error::io("read", path))?;
    if !found.is_file() || found.uid() == 0 && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    check_owner_and_mode(path, &found, 0o077)
}

/// On Windows the user's profile directory keeps others out.
#[cfg(not(unix))]
pub(crate) fn check_secret(_: &File, _: &Path) -> Result<(), Error> {
    Ok(())
}

/// Whether files can be made in a directory: neither its mode nor a read-only file system forbids it.
#[cfg(unix)]
pub(crate) fn can_be_written(dir: &Path) -> bool {
    rustix::fs::access(dir, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
pub(crate) fn can_be_written(_: &Path) -> bool {
    true
}

/// Bytes that a user may still write where this is; `None` where that is not known.
#[cfg(unix)]
pub(crate) fn room(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    // A file system without blocks is none of a disk's.
    (found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
pub(crate) fn room(_: &Path) -> Option<u64> {
    None
}

/// Whether there is hardly any room left on the disk on which a file lies.
pub(crate) fn is_full(path: &Path) -> bool {
    room(path.parent().unwrap_or(path)).is_some_and(|left| left < FULL)
}

/// Files in a directory that were being written [`aside`] when their process died.
#[cfg(unix)]
pub(crate) fn abandoned(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let writer = |path: &PathBuf| {
        let (_, number) = path.file_name()?.to_str()?.strip_suffix(".tmp")?.rsplit_once('.')?;
        rustix::process::Pid::from_raw(number.parse().ok()?)
    };
    let lives = |pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH);
    paths.filter(|path| writer(path).is_some_and(|pid| !lives(pid))).collect()
}

#[cfg(not(unix))]
pub(crate) fn abandoned(_: &Path) -> Vec<PathBuf> {
    vec![]
}

/// Creates a file that did not exist, with mode 0600 from its birth.
pub(crate) fn create_new(path: &Path) -> Result<File, Error> {
    private_options().write(true).create_new(true).open(path).map_err(Error::io("create", path))
}

/// Options that create with mode 0600 and never follow a symbolic link.
pub(crate) fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut, reason = "there is no mode to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

/// Writes a whole file in one step: a reader sees the old text or the new one, and a crash leaves one of the two.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Error> {
    replace_whole(path, text.as_bytes())
}

/// The same for what is no text.
pub(crate) fn replace_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_whole(path, bytes, |aside| rename(aside, path))
}

/// The same for a file that did not exist, and must not have come into being in the meantime.
pub(crate) fn create_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_whole(path, bytes, |aside| rename_to_new(aside, path).and_then(|()| sync_names(path)))
}

/// Renames unless the new name is taken.
#[cfg(target_os = "linux")]
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system knows it.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => link_to_new(from, to),
        renamed => Ok(renamed?),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    link_to_new(from, to)
}

fn link_to_new(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

fn write_whole(path: &Path, bytes: &[u8], name: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Error> {
    use std::io::Write;
    let aside = aside(path);
    let _ = fs::remove_file(&aside); // a leftover of an earlier process with our number
    let mut file = create_new(&aside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| name(&aside));
    written.map_err(|source| {
        let _ = fs::remove_file(&aside); // the failure that counts is the one above
        Error::Io { what: "write", path: path.to_owned(), source }
    })
}

/// Renames, and waits until the new name would outlast a loss of power.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_names(to)
}

/// Waits until the name of a file would outlast a loss of power, where its directory can be read and waited for.
#[cfg(unix)]
fn sync_names(path: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Windows has no such call; its file systems keep a journal of names.
#[cfg(not(unix))]
fn sync_names(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Where this process writes what is to be `path` when it is whole.
pub(crate) fn aside(path: &Path) -> PathBuf {
    with_end(path, &format!(".{}.tmp", std::process::id()))
}

/// Locks a file by `how`, and waits for as long as `limit`. Who holds it may be stopped, and would be waited for without
/// an end.
pub(crate) fn lock_within(file: &File, how: fn(&File) -> Result<(), TryLockError>, limit: Duration) -> io::Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        match how(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process holds it, and does not let go"));
            }
            Err(TryLockError::WouldBlock) => sleep(LOCK_PACE),
        }
    }
}

/// The path of a file whose name goes on with `end`.
pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Which file this is: a copy of it is another one, also one that was restored into its place. A file that is renamed
/// stays what it is. Where a file system does not know when a file was born, less is told apart.
#[cfg(target_os = "linux")]
pub(crate) fn identity(file: &File) -> io::Result<String> {
    use rustix::fs::{AtFlags, statx};
    told_by(&statx(file, "", AtFlags::EMPTY_PATH, NUMBER_AND_BIRTH), || file.metadata())
}

/// The same of a file that is not opened for it: to close it would give up the locks that this process has on it.
#[cfg(target_os = "linux")]
pub(crate) fn identity_at(path: &Path) -> io::Result<String> {
    use rustix::fs::{AtFlags, CWD, statx};
    told_by(&statx(CWD, path, AtFlags::empty(), NUMBER_AND_BIRTH), || fs::metadata(path))
}

#[cfg(target_os = "linux")]
const NUMBER_AND_BIRTH: rustix::fs::StatxFlags = rustix::fs::StatxFlags::INO.union(rustix::fs::StatxFlags::BTIME);

/// Asked of the kernel itself: the standard library learns of a birth with some C libraries only, and a store is the same
/// one to each build of this program. `otherwise`, where the kernel does not take the question.
#[cfg(target_os = "linux")]
fn told_by(
    asked: &rustix::io::Result<rustix::fs::Statx>,
    otherwise: impl FnOnce() -> io::Result<fs::Metadata>,
) -> io::Result<String> {
    let Ok(found) = asked else { return Ok(number_and_birth(std::os::unix::fs::MetadataExt::ino(&otherwise()?), 0)) };
    let known = found.stx_mask & rustix::fs::StatxFlags::BTIME.bits() != 0;
    let seconds = u128::try_from(found.stx_btime.tv_sec).ok().filter(|_| known);
    let born = seconds.map_or(0, |seconds| seconds * 1_000_000_000 + u128::from(found.stx_btime.tv_nsec));
    Ok(number_and_birth(found.stx_ino, born))
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn identity(file: &File) -> io::Result<String> {
    file.metadata().map(|found| told_by(&found))
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn identity_at(path: &Path) -> io::Result<String> {
    fs::metadata(path).map(|found| told_by(&found))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn told_by(found: &fs::Metadata) -> String {
    let born = found.created().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    number_and_birth(std::os::unix::fs::MetadataExt::ino(found), born.map_or(0, |since| since.as_nanos()))
}

/// `born` in nanoseconds of the Unix epoch.
#[cfg(unix)]
fn number_and_birth(number: u64, born: u128) -> String {
    format!("{number}-{born}")
}

/// By its number, which NTFS does not use twice. When it was born tells nothing there: a file that takes the name of one
/// that was just removed inherits that.
#[cfg(not(unix))]
pub(crate) fn identity(file: &File) -> io::Result<String> {
    winapi_util::file::information(file).map(|found| told_by(&found))
}

#[cfg(not(unix))]
pub(crate) fn identity_at(path: &Path) -> io::Result<String> {
    winapi_util::file::information(winapi_util::Handle::from_path(path)?).map(|found| told_by(&found))
}

#[cfg(not(unix))]
fn told_by(found: &winapi_util::file::Information) -> String {
    format!("{}-{}", found.volume_serial_number(), found.file_index())
}

/// Whether two open or named files are the same one.
#[cfg(unix)]
pub(crate) fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, named) = (file.metadata()?, fs::symlink_metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

#[cfg(not(unix))]
pub(crate) fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    Ok(identity(file)? == identity_at(path)?)
}

#[cfg(unix)]
fn check_owner_and_mode(path: &Path, found: &fs::Metadata, forbidden: u32) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;
    if found.uid() != rustix::process::geteuid().as_raw() {
        let mend = format!("sudo chown \"$(id -un)\" {}", quoted(path));
        return Err(insecure(path, "belongs to another user", Some(mend)));
    }
    if found.mode() & forbidden == 0 {
        return Ok(());
    }
    let problem =
        if found.mode() & 0o022 != 0 { "can be written by other users" } else { "can be read by other users" };
    let mode = if found.is_dir() { "700" } else { "600" };
    Err(insecure(path, problem, Some(format!("chmod {mode} {}", quoted(path)))))
}

/// On Windows the user's profile directory keeps others out.
#[cfg(not(unix))]
fn check_owner_and_mode(_: &Path, _: &fs::Metadata, _: u32) -> Result<(), Error> {
    Ok(())
}

fn insecure(path: &Path, problem: &str, mend: Option<String>) -> Error {
    Error::Insecure { path: path.to_owned(), problem: problem.to_owned(), mend }
}

/// A path as a shell takes it.
#[cfg(unix)]
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_lock_that_is_never_let_go_is_not_waited_for_without_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let open = || File::create(dir.path().join("file")).unwrap();
        let (holder, other) = (open(), open());
        let wait = |how| lock_within(&other, how, Duration::from_millis(20)).map_err(|error| error.kind());
        holder.lock_shared().unwrap();
        assert_eq!(wait(File::try_lock), Err(io::ErrorKind::WouldBlock));
        assert_eq!(wait(File::try_lock_shared), Ok(()));
        holder.unlock().unwrap();
        assert_eq!(wait(File::try_lock), Ok(()));
    }

    /// What is told without `std`, which knows of no birth with other libraries, is what `std` tells.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_file_is_the_same_to_programs_of_every_c_library() {
        use std::os::unix::fs::MetadataExt;
        let named = tempfile::NamedTempFile::new().unwrap();
        let found = named.as_file().metadata().unwrap();
        let born = found.created().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let told = format!("{}-{born}", found.ino());
        assert_eq!([identity(named.as_file()).unwrap(), identity_at(named.path()).unwrap()], [told.clone(), told]);
    }

    #[test]
    fn files_and_directories_are_private_from_birth() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        private_dir(&inner).unwrap();
        create_new(&inner.join("new")).unwrap();
        replace(&inner.join("text"), "one").unwrap();
        replace(&inner.join("text"), "two").unwrap();
        assert_eq!((mode(&inner), mode(&inner.join("new")), mode(&inner.join("text"))), (0o700, 0o600, 0o600));
        assert_eq!(fs::read_to_string(inner.join("text")).unwrap(), "two");
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 2);
    }

    #[test]
    fn what_others_can_read_or_write_is_refused_with_the_mending_command() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("it's");
        create_new(&file).unwrap();
        for (bits, secret, trusted) in
            [(0o600, true, true), (0o640, false, true), (0o604, false, true), (0o620, false, false)]
        {
            fs::set_permissions(&file, fs::Permissions::from_mode(bits)).unwrap();
            assert_eq!(check_file(&file, Guard::Secret).is_ok(), secret, "{bits:o} as a secret");
            assert_eq!(check_file(&file, Guard::Trusted).is_ok(), trusted, "{bits:o} as trusted");
        }
        let Err(Error::Insecure { mend: Some(mend), .. }) = check_file(&file, Guard::Trusted) else { panic!() };
        assert!(mend.starts_with("chmod 600 '/") && mend.ends_with(r"/it'\''s'"), "{mend}");
    }

    #[test]
    fn what_is_tightened_is_ours_alone_and_a_directory_can_be_entered_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::create_dir(at("elsewhere")).unwrap();
        fs::set_permissions(at("elsewhere"), fs::Permissions::from_mode(0o777)).unwrap();
        symlink(at("elsewhere"), at("linked")).unwrap();
        tighten(&at("linked")).unwrap();
        assert_eq!(mode(&at("elsewhere")), 0o700);
        create_new(&at("file")).unwrap();
        fs::set_permissions(at("file"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::hard_link(at("file"), at("second")).unwrap();
        assert!(tighten(&at("file")).is_err());
        assert_eq!(mode(&at("file")), 0o644);
        fs::remove_file(at("second")).unwrap();
        tighten(&at("file")).unwrap();
        assert_eq!(mode(&at("file")), 0o600);
    }

    #[test]
    fn links_and_directories_are_no_files_of_ours() {
        let dir = tempfile::tempdir().unwrap();
        let (file, soft, hard) = (dir.path().join("file"), dir.path().join("soft"), dir.path().join("hard"));
        create_new(&file).unwrap();
        symlink(&file, &soft).unwrap();
        assert!(check_file(&file, Guard::Secret).is_ok());
        assert!(check_file(&soft, Guard::Secret).is_err());
        assert!(check_file(dir.path(), Guard::Secret).is_err());
        fs::hard_link(&file, &hard).unwrap();
        assert!(check_file(&file, Guard::Secret).is_err());
        assert!(private_options().read(true).open(&soft).is_err());
    }
}

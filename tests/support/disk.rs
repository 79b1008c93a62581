//! A disk that loses power: what commands write below a directory is recorded with `strace`, and images are made of what
//! can be there afterwards.
//!
//! What counts as there: what a file held when it was last synchronised. Of what was written to it later, any part: each
//! write whole, up to one of its sectors, or not at all, and in any choice. Names (files made, renamed, deleted) come to
//! the disk in their order, and at the latest with the next synchronising of anything, as on ext4 and XFS.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::files::private_file;
use super::length::Chance;

/// The calls that change a directory, or make a change last; and the one that shows when something leaves the machine.
const CALLS: &str = "open,openat,lseek,write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,\
                     mkdir,mkdirat,connect";
/// What a disk writes in one piece, in bytes.
const SECTOR: usize = 512;

/// A number for each file that ever was.
type Inode = usize;

/// One thing that happened to the directory.
#[derive(Debug)]
enum Event {
    Make {
        path: PathBuf,
        inode: Inode,
    },
    MakeDirectory(PathBuf),
    Rename(PathBuf, PathBuf),
    Delete(PathBuf),
    Write {
        inode: Inode,
        at: usize,
        bytes: Vec<u8>,
    },
    Cut {
        inode: Inode,
        length: usize,
    },
    Sync(Inode),
    /// A directory was synchronised.
    SyncNames,
    /// A connection to a server began.
    Connect,
}

/// How much of what was not synchronised is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Survives {
    Nothing,
    Everything,
    /// Any part, by chance.
    Something,
}

/// A recording: the directory as it was before, and what happened to it.
pub(crate) struct Recording {
    root: PathBuf,
    before: Tree,
    events: Vec<Event>,
}

/// Directories and files by their path below the root.
#[derive(Clone, Default)]
struct Tree {
    directories: Vec<PathBuf>,
    names: BTreeMap<PathBuf, Inode>,
    contents: Vec<Vec<u8>>,
}

/// The words that go before a command to record it into `log`.
pub(crate) fn recorder(log: &Path) -> Vec<String> {
    let fixed = ["strace", "-f", "-y", "-qq", "-xx", "-s", "100000000", "-e", "signal=none", "-o"];
    let trace = format!("trace={CALLS}");
    fixed
        .iter()
        .map(|word| (*word).to_owned())
        .chain([log.to_string_lossy().into_owned(), "-e".into(), trace, "--".into()])
        .collect()
}

impl Recording {
    /// The directory as it is now, with nothing that happened yet.
    pub(crate) fn of(root: &Path) -> Self {
        let mut before = Tree::default();
        if root.exists() {
            before.read(root, Path::new(""));
        }
        Self { root: root.to_owned(), before, events: vec![] }
    }

    /// Reads the log of a command that has ended. What it says must lead to the very files that lie there now.
    #[track_caller]
    pub(crate) fn read(&mut self, log: &Path) {
        let text = String::from_utf8_lossy(&fs::read(log).expect("a trace")).into_owned();
        fs::remove_file(log).expect("the trace can be removed");
        let mut reader =
            Reader { root: self.root.clone(), tree: self.before.clone(), offsets: BTreeMap::new(), events: vec![] };
        let mut unfinished: BTreeMap<&str, &str> = BTreeMap::new();
        for line in text.lines() {
            let Some((process, rest)) = line.split_once(' ') else { continue };
            let rest = rest.trim_start();
            if let Some(start) = rest.strip_suffix("<unfinished ...>") {
                unfinished.insert(process, start);
            } else if let Some((_, end)) = rest.strip_prefix("<... ").and_then(|rest| rest.split_once("resumed>")) {
                let start = unfinished.remove(process).unwrap_or_default();
                reader.call(&format!("{start}{end}"));
            } else {
                reader.call(rest);
            }
        }
        self.events = reader.events;
        let mut there = Tree::default();
        there.read(&self.root, Path::new(""));
        let mut told = self.survivors(self.events.len(), Survives::Everything, &mut Chance::new());
        assert_eq!(told.named(), there.named(), "the recording does not lead to what lies there");
    }

    /// How many things happened.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The moment after which something has left the machine.
    pub(crate) fn first_connection(&self) -> Option<usize> {
        self.events.iter().position(|event| matches!(event, Event::Connect)).map(|at| at + 1)
    }

    /// The moment after which what was written into a file below `directory` since `start` is synchronised.
    pub(crate) fn first_sync_below(&self, directory: &str, start: usize) -> Option<usize> {
        let mut inodes = vec![];
        inodes
            .extend(self.before.names.iter().filter(|(path, _)| path.starts_with(directory)).map(|(_, inode)| *inode));
        inodes.extend(self.events.iter().filter_map(|event| match event {
            Event::Make { path, inode } if path.starts_with(directory) => Some(*inode),
            _ => None,
        }));
        let later = self.events.iter().enumerate().skip(start);
        let mut syncs = later.filter(|(_, event)| matches!(event, Event::Sync(inode) if inodes.contains(inode)));
        syncs.next().map(|(at, _)| at + 1)
    }

    /// Writes what is there, in `into`, when the power goes after the first `count` things.
    pub(crate) fn image(&self, count: usize, survives: Survives, chance: &mut Chance, into: &Path) {
        let tree = self.survivors(count, survives, chance);
        if tree.names.is_empty() && tree.directories.is_empty() {
            return;
        }
        super::files::private_directory(into);
        tree.directories.iter().for_each(|path| super::files::private_directory(&into.join(path)));
        for (path, inode) in &tree.names {
            private_file(&into.join(path), "");
            fs::write(into.join(path), &tree.contents[*inode]).expect("a file of the image");
        }
    }

    fn survivors(&self, count: usize, survives: Survives, chance: &mut Chance) -> Tree {
        let done = &self.events[..count];
        let synced = |wanted: &dyn Fn(&Event) -> bool| done.iter().rposition(wanted).map_or(0, |at| at + 1);
        let names_until = synced(&|event| matches!(event, Event::Sync(_) | Event::SyncNames));
        let names_until = match survives {
            Survives::Nothing => names_until,
            Survives::Everything => count,
            Survives::Something => {
                names_until + usize::try_from(chance.within(0..(count - names_until) as u64 + 1)).expect("a count")
            }
        };
        let mut tree = self.before.clone();
        for (at, event) in done.iter().enumerate() {
            match event {
                Event::Write { inode, .. } | Event::Cut { inode, .. } => {
                    let is_synced = synced(&|event| matches!(event, Event::Sync(own) if own == inode)) > at;
                    let how = if is_synced { Survives::Everything } else { survives };
                    tree.change(event, how, chance);
                }
                Event::Make { inode, .. } => {
                    tree.contents.resize(tree.contents.len().max(inode + 1), vec![]);
                    if at < names_until {
                        tree.rename(event);
                    }
                }
                _ if at < names_until => tree.rename(event),
                _ => {}
            }
        }
        tree
    }
}

impl Tree {
    fn read(&mut self, root: &Path, below: &Path) {
        for entry in fs::read_dir(root.join(below)).expect("a directory") {
            let path = below.join(entry.expect("an entry").file_name());
            if root.join(&path).is_dir() {
                self.directories.push(path.clone());
                self.read(root, &path);
            } else if !is_shared_memory(&path) {
                self.names.insert(path.clone(), self.contents.len());
                self.contents.push(fs::read(root.join(&path)).expect("a file"));
            }
        }
    }

    /// Every file with what it holds.
    fn named(&mut self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.names.iter().map(|(path, inode)| (path.clone(), self.contents[*inode].clone())).collect()
    }

    fn rename(&mut self, event: &Event) {
        match event {
            Event::Make { path, inode } => drop(self.names.insert(path.clone(), *inode)),
            Event::MakeDirectory(path) => self.directories.push(path.clone()),
            Event::Rename(from, to) => {
                if let Some(inode) = self.names.remove(from) {
                    self.names.insert(to.clone(), inode);
                }
            }
            Event::Delete(path) => drop(self.names.remove(path)),
            _ => {}
        }
    }

    fn change(&mut self, event: &Event, survives: Survives, chance: &mut Chance) {
        match event {
            Event::Write { inode, at, bytes } => {
                let sectors = bytes.len().div_ceil(SECTOR) as u64;
                let length = match survives {
                    Survives::Everything => bytes.len(),
                    Survives::Nothing => 0,
                    // Nothing and everything are as likely as all in between.
                    Survives::Something => match chance.within(0..3) {
                        0 => 0,
                        1 => bytes.len(),
                        _ => usize::try_from(chance.within(0..sectors + 1)).expect("a length") * SECTOR,
                    },
                };
                let part = &bytes[..length.min(bytes.len())];
                if !part.is_empty() {
                    let file = &mut self.contents[*inode];
                    file.resize(file.len().max(at + part.len()), 0);
                    file[*at..at + part.len()].copy_from_slice(part);
                }
            }
            Event::Cut { inode, length } => {
                let happens = match survives {
                    Survives::Everything => true,
                    Survives::Nothing => false,
                    Survives::Something => chance.within(0..2) == 1,
                };
                if happens {
                    self.contents[*inode].resize(*length, 0);
                }
            }
            _ => {}
        }
    }
}

/// SQLite's index of the log lies in memory that processes share, and is made anew after a crash.
fn is_shared_memory(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}

/// Follows the calls, to know which file each is about.
struct Reader {
    root: PathBuf,
    tree: Tree,
    /// Where the next `write` to an open file goes, by its descriptor and path; `None` at the end.
    offsets: BTreeMap<String, Option<usize>>,
    events: Vec<Event>,
}

impl Reader {
    fn call(&mut self, line: &str) {
        let Some((call, rest)) = line.split_once('(') else { return };
        let Some((arguments, result)) = rest.rsplit_once(" = ") else { return };
        if result.starts_with('-') && call != "connect" {
            return;
        }
        let texts: Vec<Vec<u8>> = arguments.split('"').skip(1).step_by(2).map(decoded).collect();
        let paths: Vec<PathBuf> =
            texts.iter().map(|text| PathBuf::from(String::from_utf8_lossy(text).into_owned())).collect();
        let numbers: Vec<usize> =
            arguments.trim_end_matches([')', ' ']).rsplit(", ").map_while(|word| word.parse().ok()).collect();
        match call {
            "connect" if arguments.contains("AF_INET") => self.events.push(Event::Connect),
            "open" | "openat" => self.open(&paths[0], arguments, result),
            "lseek" => {
                if let Some((key, _)) = descriptor(arguments) {
                    self.offsets.insert(key, result.trim().parse().ok());
                }
            }
            "write" | "pwrite64" => {
                self.write(call, arguments, result, texts.into_iter().next().unwrap_or_default(), &numbers);
            }
            "fsync" | "fdatasync" => {
                if let Some(path) = descriptor(arguments).and_then(|(_, path)| self.below(&path)) {
                    let event = self.tree.names.get(&path).map_or(Event::SyncNames, |inode| Event::Sync(*inode));
                    self.events.push(event);
                }
            }
            "ftruncate" => {
                let inode = descriptor(arguments).and_then(|(_, path)| self.inode(&path));
                if let Some(inode) = inode {
                    self.happens(Event::Cut { inode, length: numbers[0] });
                }
            }
            "rename" | "renameat" | "renameat2" => {
                if let (Some(from), Some(to)) = (self.below(&paths[0]), self.below(&paths[1])) {
                    self.happens(Event::Rename(from, to));
                }
            }
            "unlink" | "unlinkat" => {
                if let Some(path) = self.below(&paths[0]) {
                    self.happens(Event::Delete(path));
                }
            }
            "mkdir" | "mkdirat" => {
                if let Some(path) = self.below(&paths[0]) {
                    self.happens(Event::MakeDirectory(path));
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, path: &Path, arguments: &str, result: &str) {
        let Some(below) = self.below(path) else { return };
        if let Some((key, _)) = descriptor(result) {
            self.offsets.insert(key, (!arguments.contains("O_APPEND")).then_some(0));
        }
        match self.tree.names.get(&below) {
            None if arguments.contains("O_CREAT") => {
                let inode = self.tree.contents.len();
                self.happens(Event::Make { path: below, inode });
            }
            Some(inode) if arguments.contains("O_TRUNC") => {
                let inode = *inode;
                self.happens(Event::Cut { inode, length: 0 });
            }
            _ => {}
        }
    }

    fn write(&mut self, call: &str, arguments: &str, result: &str, mut bytes: Vec<u8>, numbers: &[usize]) {
        let Some((key, path)) = descriptor(arguments) else { return };
        let Some(inode) = self.inode(&path) else { return };
        bytes.truncate(result.trim().parse().unwrap_or(0));
        let at = if call == "pwrite64" {
            numbers[0]
        } else {
            let offset = self.offsets.entry(key).or_insert(None);
            let at = offset.unwrap_or(self.tree.contents[inode].len());
            *offset = offset.map(|_| at + bytes.len());
            at
        };
        self.happens(Event::Write { inode, at, bytes });
    }

    fn happens(&mut self, event: Event) {
        if let Event::Make { inode, .. } = &event {
            self.tree.contents.resize(inode + 1, vec![]);
        }
        self.tree.rename(&event);
        self.tree.change(&event, Survives::Everything, &mut Chance::from(0));
        self.events.push(event);
    }

    fn inode(&self, path: &Path) -> Option<Inode> {
        self.tree.names.get(&self.below(path)?).copied()
    }

    fn below(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().filter(|path| !is_shared_memory(path)).map(Path::to_owned)
    }
}

/// The first descriptor of some arguments, and the path that strace gives with it.
fn descriptor(text: &str) -> Option<(String, PathBuf)> {
    let (number, rest) = text.trim().split_once('<')?;
    let (path, _) = rest.split_once('>')?;
    let path = String::from_utf8_lossy(&decoded(path)).into_owned();
    Some((format!("{number} {path}"), path.into()))
}

/// Text in which every byte is written as `\xNN`, or stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend(rest[..at].bytes());
        bytes.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).expect("two digits"));
        rest = &rest[at + 4..];
    }
    bytes.extend(rest.bytes());
    bytes
}

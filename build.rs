//! Makes the files of `providers/` a part of the program: a table of their names and texts, and one of their aliases, both
//! sorted, so that a name is found without parsing any of them.

#![expect(clippy::disallowed_methods, reason = "how cargo tells a build script its folders")]
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "how a build script fails and speaks")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=providers");
    // The linker reads it in the static release, of which cargo knows nothing.
    println!("cargo::rerun-if-changed=.cargo/order");
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("providers");
    let mut entries = Vec::new();
    for file in fs::read_dir(&folder).expect("the folder is part of the package") {
        let path = file.expect("it can be listed").path();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("names are ASCII").to_owned();
        entries.push((id, path, text));
    }
    entries.sort();
    let mut aliases: Vec<_> =
        entries.iter().flat_map(|(id, _, text)| aliases(text).into_iter().map(move |alias| (alias, id))).collect();
    aliases.sort();
    let mut code = String::from("pub(super) const ENTRIES: &[(&str, &str)] = &[\n");
    for (id, path, _) in &entries {
        writeln!(code, "    ({id:?}, include_str!({:?})),", path.display().to_string()).expect("memory");
    }
    code.push_str("];\n\npub(super) const ALIASES: &[(&str, &str)] = &[\n");
    for (alias, id) in aliases {
        writeln!(code, "    ({alias:?}, {id:?}),").expect("memory");
    }
    code.push_str("];\n");
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("providers.rs"), code).expect("cargo's own folder can be written");
}

/// The words of `aliases = […]`. A test of the registry holds them to what the parser reads.
fn aliases(text: &str) -> Vec<String> {
    let list = text.split_once("\naliases = [").and_then(|(_, rest)| rest.split_once(']'));
    list.map_or(vec![], |(list, _)| list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

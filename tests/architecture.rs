//! The house rules that no compiler knows: who may import whom, and what may not be left lying about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Files that may see every room: they put the parts together, or name their errors, family by family.
const LEAVE: [&str; 5] = [
    "src/cli/context.rs",
    "src/cli/failure.rs",
    "src/cli/failure/login.rs",
    "src/cli/failure/server.rs",
    "src/cli/failure/store.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(dir)];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("node_modules") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|own| own == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no files in {dir}");
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// `room → rooms it may import`, from the table in ARCHITECTURE.md.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').collect();
        (names(cells[0])[0].clone(), names(cells[2]).into_iter().collect())
    })
    .collect()
}

/// The rooms that a source text names after `crate::`, in groups too.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        // `pub(crate)` and a longer name that ends in `crate` are something else.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(first_words(group)),
            None => found.extend(word(rest)),
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The first word of each member of a group, whatever is nested in them.
fn first_words(group: &str) -> Vec<String> {
    let (mut depth, mut member, mut members) = (0, String::new(), vec![]);
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(std::mem::take(&mut member)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                member.push(c);
            }
        }
    }
    members.push(member);
    members.iter().filter_map(|member| word(member.trim())).collect()
}

/// `src/vault/seal.rs` is in `vault`; `src/http.rs` is the room `http`; the root is none.
fn room(path: &Path) -> Option<String> {
    let inner = path.strip_prefix(root().join("src")).unwrap();
    let first = inner.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (!["lib", "main"].contains(&first.as_str())).then_some(first)
}

#[test]
fn every_room_imports_what_the_table_allows_and_nothing_else() {
    let table = table();
    let mut wrong = Vec::new();
    for path in sources("src", "rs") {
        let Some(own) = room(&path) else { continue };
        let allowed = table.get(&own).unwrap_or_else(|| panic!("ARCHITECTURE.md does not know the room `{own}`"));
        for other in imports(&fs::read_to_string(&path).unwrap()) {
            let fine = other == own || allowed.contains(&other) || LEAVE.contains(&relative(&path).as_str());
            if !fine {
                wrong.push(format!("{} imports {other}", relative(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_room_and_runs_downwards() {
    let table = table();
    let rooms: BTreeSet<_> = sources("src", "rs").iter().filter_map(|path| room(path)).collect();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), rooms);
    // No room reaches itself again, however long the way.
    for start in table.keys() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(next) = open.pop() {
            for other in &table[next] {
                assert_ne!(other, start, "{start} imports itself by way of {next}");
                if seen.insert(other) {
                    open.push(other);
                }
            }
        }
    }
}

#[test]
fn nobody_leaves_a_room_through_super() {
    for path in sources("src", "rs") {
        let inner = path.strip_prefix(root().join("src")).unwrap().with_extension("");
        let parts = inner.components().filter(|part| part.as_os_str() != "mod").count();
        let chain = "super::".repeat(parts);
        let text = fs::read_to_string(&path).unwrap();
        // The tests at the bottom of a file are one module deeper.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(!code.contains(&chain), "{} leaves its room with {chain}", relative(&path));
    }
}

#[test]
fn the_guard_sees_what_it_guards_against() {
    let seen = |text: &str| imports(text).into_iter().collect::<Vec<_>>();
    assert_eq!(seen("use crate::vault::Seal;"), ["vault"]);
    assert_eq!(seen("use crate::{app::{self, Error}, http, model::Secret};"), ["app", "http", "model"]);
    assert_eq!(seen("fn f(x: crate::paths::Paths) -> Vec<crate::http::Error> {}"), ["http", "paths"]);
    assert!(seen("pub(crate) fn f() {} // crate::vault").is_empty());
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|own| own == "rs") && name != "main" {
            assert!(main.contains(&format!("mod {name};")), "tests/{name}.rs is in no `mod` of tests/main.rs");
        }
    }
}

#[test]
fn nothing_unfinished_lies_about() {
    let marks = ["todo!(", "unimplemented!(", "dbg!(", concat!("FIX", "ME"), concat!("XX", "X:")];
    for path in sources("src", "rs").into_iter().chain(sources("tests", "rs")) {
        let text = fs::read_to_string(&path).unwrap();
        let own = path.ends_with("tests/architecture.rs");
        for mark in marks.iter().filter(|_| !own) {
            assert!(!text.contains(mark), "{} holds {mark}", relative(&path));
        }
    }
}

#[test]
fn every_permitted_lint_has_its_reason() {
    for path in sources("src", "rs") {
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("#[allow(").chain(text.match_indices("#[expect(")) {
            let attribute = &text[at..at + text[at..].find(")]").unwrap_or(0)];
            assert!(attribute.contains("reason"), "{}: {attribute}", relative(&path));
        }
    }
}

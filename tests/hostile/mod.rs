//! Bad input and faults, by the numbers of the catalogue in `docs/faults.md`: what other tests do not show already.
//!
//! Of every command, whatever it meets: it ends by itself and without a panic, prints nothing on stdout unless it
//! succeeded, and leaves a refresh token that still is one.

mod answers;
mod backups;
mod callback;
mod configuration;
mod metadata;
mod process;
mod siege;
mod store;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::demo::{ALICE, CLIENT, DemoServer};
use crate::support::sandbox::{Home, Output, Run};

/// It failed as a command of this program fails, for one of these reasons.
#[track_caller]
fn refused(what: &str, output: &Output, exit: i32, codes: &[&str]) {
    println!("{what}");
    output.fails(exit).stdout_is("");
    assert!(!output.stderr.contains("panicked"), "{what}: {output}");
    let told = crate::support::json(output.stderr.lines().last().unwrap_or_default());
    let code = told["error"]["code"].as_str().unwrap_or_default();
    assert!(codes.contains(&code), "{what}: {code} is none of {codes:?}\n{output}");
}

/// A home that knows the server as `demo`, and is not connected to it.
fn acquainted(server: &DemoServer) -> Home {
    let home = Home::new();
    server.add(&home, "demo");
    home
}

fn init(home: &Home) -> Run {
    home.oauth(["init", "demo", "--client-id", CLIENT, "--json"])
}

#[track_caller]
fn token(home: &Home) -> String {
    home.oauth(["token", "demo"]).run().success().stdout.clone()
}

/// The only credential.
#[track_caller]
fn credential(home: &Home) -> Value {
    home.oauth(["list", "--json"]).run().success().json()[0].clone()
}

#[track_caller]
fn nothing_connected(home: &Home) {
    home.oauth(["list", "--json"]).run().success().stdout_is("[]\n");
}

/// Whether something in here would act on a terminal.
fn acts(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c))
}

/// Every test that the catalogue names is there, and every case that a test here is about is in the catalogue.
#[test]
fn the_catalogue_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/faults.md")).expect("the catalogue");
    let mut code = String::new();
    let mut open = vec![root.join("src"), root.join("tests")];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|own| own == "rs") {
                code.push_str(&fs::read_to_string(path).expect("a source file"));
            }
        }
    }
    let mut rows = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 4, "a row has four cells: {row}");
        rows += 1;
        for name in cells[3].split('`').skip(1).step_by(2) {
            assert!(code.contains(&format!("fn {name}(")), "{}: there is no test {name}", cells[0]);
        }
    }
    assert!(rows > 100, "{rows} rows");
}

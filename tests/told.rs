//! What a person is told, before something goes wrong and when it has: names that are taken or mistyped, values that
//! cannot be, and screens that fit a terminal.

use crate::support::demo::{ALICE, DemoServer};

const BOB: &str = "bob@example.test";

#[test]
fn a_login_that_gives_a_connected_account_another_name_says_so_even_to_a_program() {
    let (server, home) = DemoServer::connected();
    let renamed = server.sign_in(home.oauth(["init", "demo", "work", "--json"]), ALICE);
    renamed.success().stderr_has("warning: it is the account that was named `alice@example.test`, and is `work` now");
    let again = server.sign_in(home.oauth(["init", "demo", "work"]), ALICE);
    again.success().says_nothing_of("warning:");
}

#[test]
fn a_name_that_another_account_bears_in_whatever_case_is_told_as_such() {
    let (server, home) = DemoServer::connected();
    server.sign_in(home.oauth(["init", "demo", "Work"]), ALICE).success();
    let taken = server.sign_in(home.oauth(["init", "demo", "wORK"]), BOB);
    taken
        .fails(7)
        .stderr_has("`Work` is the name of another account that is connected, and `bob@example.test` signed in");
    taken.stderr_has("under a name that is free: oauth init demo NAME");
}

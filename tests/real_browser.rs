//! The login in a real browser: what a person sees, and that their browser makes nothing of it that the program refuses.

use crate::real_server::{NATIVE, error, home_at, init, list, owner, shared, token};
use crate::support::real::login_browser;
use crate::support::sandbox::{Home, Run};
use crate::support::wait_for_file;

/// `oauth init op` with Chromium as the browser, which writes what it shows at the end to the file `page` of the home.
fn init_in_chromium(home: &Home) -> Run {
    let run = init(home, &NATIVE).args(["--json"]).env("BROWSER", login_browser());
    // Where the driver of the browser is found, if not at its usual place.
    let run = match std::env::var_os("OAUTH_TEST_REAL") {
        Some(place) => run.env("OAUTH_TEST_REAL", place),
        None => run,
    };
    run.env("LOGIN_PAGE", home.path().join("page"))
}

#[test]
fn an_account_is_connected_in_a_real_browser() {
    let home = home_at(shared());
    let own = init_in_chromium(&home).run().success().json();
    assert_eq!(own["account"], "alice@example.test");
    assert_eq!(owner(shared(), &token(&home, &[])).as_deref(), Some("alice"));
    let page = wait_for_file(&home.path().join("page"));
    assert_eq!(page, "Connected\n\nYou can close this tab and go back to the terminal.\n");
}

#[test]
fn a_login_is_refused_in_a_real_browser() {
    let home = home_at(shared());
    error(&init_in_chromium(&home).env("LOGIN_DENY", "1").run(), 4, "access_denied");
    assert_eq!(list(&home), serde_json::json!([]));
    let page = wait_for_file(&home.path().join("page"));
    assert!(page.starts_with("The login was refused\n\nNothing was connected."), "{page}");
}

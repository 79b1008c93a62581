//! Provider entries of the user's own, written as files: for what `provider add` has no options for.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::demo::{ALICE, DemoServer};
use super::sandbox::Home;

/// Makes the server a provider of this home by its endpoints, with `more` keys of an entry besides.
#[track_caller]
pub(crate) fn write(home: &Home, name: &str, server: &DemoServer, more: &str) {
    let issuer = server.issuer();
    let text = format!(
        "name = \"{name}\"\nissuer = \"{issuer}\"\nauthorization_endpoint = \"{issuer}/authorize\"\n\
         token_endpoint = \"{issuer}/token\"\nuserinfo_endpoint = \"{issuer}/userinfo\"\n\
         revocation_endpoint = \"{issuer}/revoke\"\nidentity_scopes = [\"openid\", \"email\"]\n{more}\n"
    );
    let directory = home.oauth_home().join("providers.d");
    fs::create_dir_all(&directory).expect("a directory");
    for own in [home.oauth_home(), directory.clone()] {
        fs::set_permissions(own, fs::Permissions::from_mode(0o700)).expect("a mode");
    }
    let file = directory.join(format!("{name}.toml"));
    fs::write(&file, text).expect("a file");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("a mode");
}

/// ALICE at `demo`, whose entry has `more` keys, such as the places it serves besides its API.
#[track_caller]
pub(crate) fn connected(more: &str) -> (DemoServer, Home) {
    let (server, home) = (DemoServer::start(["--expire", "3600"]), Home::new());
    write(&home, "demo", &server, more);
    server.login(&home, "demo", ALICE);
    (server, home)
}

/// The token that `demo` has now.
#[track_caller]
pub(crate) fn token(home: &Home) -> String {
    home.oauth(["token", "demo"]).run().success().stdout.trim_end().to_owned()
}

//! Stores as released versions wrote them. Every later version opens them, and loses nothing in them.
//!
//! `tests/golden/schema-N/credentials.db` was written by the last version whose schema was N, under
//! [`MASTER_KEY`](crate::support::sandbox::MASTER_KEY), against a server that is long gone. Its tokens have no end. A
//! release with a new schema comes with a store of the schema before it, which its last version wrote.

use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::support::sandbox::Home;

/// What the stores hold: their schema, and the access tokens of three accounts as they were printed when the store was
/// made. The second one's client has a secret. A fourth one, of another tenant, is revoked.
const STORES: [(i64, [&str; 3]); 7] = [
    (
        1,
        [
            "demo_at_HxqIFnBNSpozQOv99r1CoHKZ6Vxjlb9quMbIDv9xMNA",
            "demo_at_DJ0idxOT3pk4Ma1sDvxDpgc-op9XppuoR3F3NkwlS2I",
            "demo_at_dYnFhEBYh7o5LNrw7gTqPRCVemrP1sE6lYsNFCgUE34",
        ],
    ),
    (
        2,
        [
            "demo_at_FANjzHvVICOoS6Tv9BYzmmLixoMqddOhKD5rsWfB5LI",
            "demo_at_M3qP_4rnB9vNZx4qZo21aaa4iOZBRsT21OOKozzaqIk",
            "demo_at_1H5LCYc8qEB-q-L7YFFdTvOaF-lkV1V8STps-OIX3oI",
        ],
    ),
    (
        3,
        [
            "demo_at_EiVOCwu3DI01D2u-TQmDTRURbOxsR3KQhkZN9xvCZiU",
            "demo_at_Wm69TRUaOypL2Cv--9HecEg4_IQZnTwEzmYCWPjz1wc",
            "demo_at_LrdxP-6hnLmN0lmhwHXp7py6QZyO3goc9Eqg-8Qnthg",
        ],
    ),
    (
        4,
        [
            "demo_at_OesZua5vvD8U4znYu2hcoijOsy0Xx20GROOWH5x--mw",
            "demo_at_JU4qHb7zzMR7yWHEXQRziFjgtbhQlqX2QuomwmWFx70",
            "demo_at_u14e8Q1YF9uNMZ3R2bSzo55v9UISvvtXwfwzmY2YR0M",
        ],
    ),
    (
        5,
        [
            "demo_at_yepZEL3TTG-7FMoYxMqLCYQkoLaxuJpacPbGmSPfs0o",
            "demo_at_ZnBk8PjmkAsoAq0HOfQg1jpoquxKgle7A4ihtuPwYhw",
            "demo_at_LxdnGk8zmJdv_STdQKH7aWxU6r2OGXSDpdZhjMER84Y",
        ],
    ),
    (
        6,
        [
            "demo_at_W_WYuVSI5rd3j6wQxPctQ2oqginwaa9fE4rQtUB4dus",
            "demo_at__hykoNVDM8iMaLHeJrAPqXTJvq9HdQVniO7Lg-u4sks",
            "demo_at_pKr_hcmdqOqb42f1FtwhcJlsXddwMe_cuYp-jCPWOAg",
        ],
    ),
    (
        7,
        [
            "demo_at_1J10L1egckx9GWiBCcLJ4bPSwVHXWw8Li_Xq_SPPEnk",
            "demo_at_A1IQ_7t5PbRUSW3Baf1i9ZvOcLKninXHyK48l01BFP4",
            "demo_at_wJ_vAFrC1h5qMwzstmbyfoFkCbJAON_jnToUjoqJoMA",
        ],
    ),
];

const ACCOUNTS: [&str; 3] = ["alice@example.test", "bob@example.test", "dora@example.test"];

fn golden(schema: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/schema-{schema}/credentials.db"))
}

/// A home with a copy of a golden store, and an entry for its provider.
#[track_caller]
fn home_with(schema: i64) -> Home {
    let home = Home::new();
    fs::DirBuilder::new().mode(0o700).create(home.oauth_home()).expect("a directory");
    let store = home.oauth_home().join("credentials.db");
    fs::copy(golden(schema), &store).expect("the golden store");
    fs::set_permissions(&store, Permissions::from_mode(0o600)).expect("a mode");
    let endpoints = ["--authorization-endpoint", "http://127.0.0.1:1/a", "--token-endpoint", "http://127.0.0.1:1/t"];
    home.oauth(["provider", "add", "demo"]).args(endpoints).run().success();
    home
}

#[test]
fn a_store_of_an_earlier_schema_opens_with_all_that_is_in_it() {
    for (schema, tokens) in STORES {
        let home = home_with(schema);
        for (account, token) in ACCOUNTS.iter().zip(tokens) {
            let run = home.oauth(["token", "demo", account, "--offline"]).run();
            run.success().stdout_is(&format!("{token}\n"));
        }
        let rows = home.oauth(["list", "--all-tenants", "--json"]).run();
        let told: Vec<_> = rows.success().json().as_array().expect("rows").iter().map(told).collect();
        assert_eq!(
            told,
            [
                "default alice@example.test demo true null",
                "default bob@example.test demo-confidential true null",
                "default dora@example.test demo true null",
                "team work demo false revoked",
            ]
        );
        // Each event vouches for the one before, from the schema on that knows of it. What nothing vouches for is accepted once.
        if schema < 3 {
            assert_eq!(home.oauth(["audit", "verify", "--json"]).run().fails(7).error()["code"], "tampered");
            home.oauth(["audit", "verify", "--accept"]).run().success();
        }
        let verified = home.oauth(["audit", "verify", "--json"]).run();
        assert!(verified.success().json()["events"].as_u64().is_some_and(|events| events > 0), "{verified}");
        // What is there is whole, and its refresh tokens are held back: the file was copied here.
        let found = home.oauth(["doctor", "--json"]).run().success().json();
        assert!(found.as_array().expect("findings").iter().all(|one| one["result"] != "wrong"), "{schema}: {found:#}");
        // Every sealed value opens, the refresh tokens and the client's secret too: else no new key could be had.
        let key = home.oauth(["key", "rotate"]).run().success().stdout.trim().to_owned();
        for (account, token) in ACCOUNTS.iter().zip(tokens) {
            let run = home.oauth(["token", "demo", account, "--offline"]).env("OAUTH_MASTER_KEY", &key);
            run.run().success().stdout_is(&format!("{token}\n"));
        }
    }
}

/// What a row says of itself, and whether it was revoked. From the second schema on it knows that it was copied here.
fn told(row: &serde_json::Value) -> String {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let revoked = if row["revoked_at"].is_null() { "null" } else { "revoked" };
    format!("{} {} {} {} {revoked}", text("tenant"), text("account"), text("client_id"), row["refreshable"])
}

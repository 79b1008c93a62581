//! The one integration binary. What the tests stand on is in `support`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(
    clippy::print_stdout,
    clippy::needless_for_each,
    clippy::format_collect,
    reason = "a test tells what it is at"
)]
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment")]

mod architecture;
mod audit;
mod backup;
mod bare_systems;
mod broken_homes;
mod capabilities;
mod commands;
mod completions;
mod config;
mod copies;
mod cost;
mod doctor;
mod documentation;
mod exec;
mod failures;
mod flows;
mod golden;
mod helpers;
mod herd;
mod hints;
mod hostile;
mod identity;
mod import;
mod kept;
mod keys;
mod leaks;
mod machines;
mod mutual_tls;
mod panic;
mod providers;
mod real_browser;
mod real_flows;
mod real_keyring;
mod real_server;
mod recipes;
mod registry;
mod reliability;
mod request;
mod schedule;
mod support;
mod tenants;
mod told;
mod upgrade;
mod ways_in;
mod why;

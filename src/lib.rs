//! `oauth`, a local-first credential manager for the command line.
//!
//! The rooms, and their one direction of imports, are drawn in ARCHITECTURE.md: [`cli`] speaks to the person, [`app`]
//! holds the use cases, and under it lie `protocol` (the wire), `callback` (the loopback listener), `vault` (sealed
//! tokens at rest), `provider` (what is known of authorization servers) and `model` (the nouns).
//!
//! [`run`] is the whole public surface; the feature `fuzzing` opens a second door for `fuzz/`.

mod age;
mod app;
mod callback;
mod cli;
mod config;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod helper;
mod http;
mod model;
mod paths;
mod protocol;
mod provider;
mod sandbox;
mod vault;

pub use cli::run;

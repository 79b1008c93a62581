//! `oauth`, a local-first credential manager for the command line.
//!
//! The rooms, and their one direction of imports, are drawn in ARCHITECTURE.md: [`cli`] speaks to the person, [`app`]
//! holds the use cases, and under it lie `protocol` (the wire), `callback` (the loopback listener), `vault` (sealed
//! tokens at rest), `provider` (what is known of authorization servers) and `model` (the nouns).
//!
//! [`run`] is the whole public surface.

mod app;
mod callback;
mod cli;
mod files;
mod helper;
mod http;
mod model;
mod paths;
mod protocol;
mod provider;
mod sandbox;
mod vault;

pub use cli::run;

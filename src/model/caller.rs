//! Who asked: the program that started this one.

use serde::{Deserialize, Serialize};

/// A process that calls this program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Caller {
    pub(crate) pid: u32,
    /// The path of its executable; empty where the system does not tell.
    pub(crate) program: String,
}

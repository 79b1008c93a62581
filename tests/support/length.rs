//! How long the long tests run, chance that can be repeated, and the table they print.

use std::fmt::Display;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

/// `OAUTH_TEST_LENGTH`: `short`, which is the default, `full`, or a number.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    Short,
    Full,
    Number(usize),
}

impl Length {
    pub(crate) fn wanted() -> Self {
        match std::env::var("OAUTH_TEST_LENGTH").as_deref() {
            Err(_) | Ok("" | "short") => Self::Short,
            Ok("full") => Self::Full,
            Ok(number) => Self::Number(number.parse().expect("OAUTH_TEST_LENGTH is `short`, `full` or a number")),
        }
    }

    /// How many: these, those, or as many as were asked for.
    pub(crate) fn of(short: usize, full: usize) -> usize {
        match Self::wanted() {
            Self::Short => short,
            Self::Full => full,
            Self::Number(number) => number,
        }
    }
}

/// Chance from a seed (splitmix64). The seed is printed, and `OAUTH_TEST_SEED` brings it back.
pub(crate) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    pub(crate) fn new() -> Self {
        let wanted = std::env::var("OAUTH_TEST_SEED").ok();
        let seed = wanted.map_or_else(any_seed, |wanted| wanted.parse().expect("OAUTH_TEST_SEED is a number"));
        println!("OAUTH_TEST_SEED={seed}");
        Self { seed, state: seed }
    }

    /// The chance of this seed, whatever was asked for.
    pub(crate) fn from(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of a range that is not empty.
    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    pub(crate) fn choose<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        let at = self.within(0..among.len() as u64);
        &among[usize::try_from(at).expect("an index")]
    }
}

fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    u64::from(since.subsec_nanos()) ^ since.as_secs()
}

/// One line of the table that a run prints: what was done, and what was counted.
pub(crate) fn figures(what: &str, counted: &[(&str, &dyn Display)]) {
    let cells: Vec<_> = counted.iter().map(|(name, value)| format!("{name} {value}")).collect();
    println!("| {what:<44} | {} |", cells.join(" | "));
}

//! How many cases a property is tried on, and which: the same in every run, so that what passes
//! on one machine passes on another. `BILAG_SEED` tries others.

use proptest::test_runner::{Config, RngSeed};

/// A configuration for `count` cases.
pub(crate) fn cases(count: u32) -> Config {
    let seed = std::env::var("BILAG_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    Config {
        cases: count,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed.unwrap_or(2026)),
        ..Config::default()
    }
}

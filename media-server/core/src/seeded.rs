//! The seed of all property tests here. A run is repeatable; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` ask for others.

use proptest::test_runner::{Config, RngSeed};

/// As it comes; one that finds something becomes a test of its own.
const SEED: u64 = 3550;
/// What proptest takes when nobody asks for another number.
const CASES_DEFAULT: u32 = 256;

/// A written seed, and so many cases, unless the environment asks for others.
pub(crate) fn config(cases: u32) -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    let cases = if config.cases == CASES_DEFAULT { cases } else { config.cases };
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(SEED),
        written @ RngSeed::Fixed(_) => written,
    };
    Config { cases, rng_seed, ..config }
}

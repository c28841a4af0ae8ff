//! libFuzzer's entry: one binary for every target, which `BEDSIDE_FUZZ` names. Linking it once costs less than eight
//! times. `fuzz/run` builds and starts it.
#![no_main]

use std::sync::LazyLock;

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("BEDSIDE_FUZZ").unwrap_or_default();
    let target = fuzz::TARGETS.iter().find(|target| target.name == name);
    target.expect("BEDSIDE_FUZZ names a target").run
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| RUN(bytes));

//! It should take the whole corpus: what a person thought of (`seed-…`) and what fuzzing found. One test a target, so
//! that they run side by side.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the last line before a failure names the file")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::{TARGETS, seeds};

/// Bytes of one target's corpus. All of it is read on every run of the tests.
const CORPUS_BYTES_MAX: u64 = 256 * 1024;

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn corpus(target: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(home().join("corpus").join(target)).unwrap();
    let read =
        |path: PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap());
    files.map(|file| read(file.unwrap().path())).collect()
}

/// The target takes every file; what is printed last says which one, when one fails.
fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    replay_with(name, target.run);
}

fn replay_with(name: &str, mut run: impl FnMut(&[u8])) {
    let corpus = corpus(name);
    for (seed, bytes) in seeds::of(name) {
        let committed = corpus.get(&seeds::file_name(seed));
        assert!(
            committed == Some(&bytes),
            "seed {seed} is not as committed: cargo run -p fuzz --example seeds"
        );
    }
    let bytes: u64 = corpus.values().map(|file| file.len() as u64).sum();
    assert!(bytes <= CORPUS_BYTES_MAX, "{bytes} bytes: leave out what another file shows too (README)");

    for (file, bytes) in &corpus {
        println!("{name}/{file}");
        run(bytes);
    }
}

#[test]
fn control() {
    replay("control");
}

/// A target whose inputs all end at the first check finds nothing: another server's fuzzer, which had no keys, missed a
/// crash behind them for months.
#[test]
fn datagrams_reach_behind_the_keys() {
    let mut reached: BTreeMap<&str, u64> = BTreeMap::new();
    replay_with("datagrams", |bytes| {
        for (name, count) in fuzz::datagrams::play(bytes).named() {
            *reached.entry(name).or_default() += count;
        }
    });

    // Full arenas, a shell that does not poll and signalling are not what datagrams can reach. What takes seconds of a slow or
    // lossy path is left to the simulations.
    let beyond = [
        "forward_overflowed",
        "transmits_dropped",
        "outputs_dropped",
        "reattached",
        "messages_repeated",
        "forward_late",
        "forwarded_redundant",
        "pictures_held_up",
        // A publisher above what the node takes has its budget for a second.
        "dropped_over_limit",
        "peers_overdrawn",
        // Nothing panics.
        "dropped_condemned",
        "connections_condemned",
        "rooms_condemned",
    ];
    let missed: Vec<_> =
        reached.iter().filter(|(name, count)| **count == 0 && !beyond.contains(name)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn dependency() {
    replay("dependency");
}

#[test]
fn dtls() {
    replay("dtls");
}

#[test]
fn red() {
    replay("red");
}

#[test]
fn rtcp() {
    replay("rtcp");
}

#[test]
fn rtp() {
    replay("rtp");
}

#[test]
fn sctp() {
    replay("sctp");
}

#[test]
fn sdp() {
    replay("sdp");
}

#[test]
fn signalling() {
    replay("signalling");
}

#[test]
fn token() {
    replay("token");
}

/// A target without a corpus begins with nothing, and a folder without a target is read by nobody.
#[test]
fn every_target_has_its_corpus() {
    let folders = fs::read_dir(home().join("corpus")).unwrap();
    let mut folders: Vec<_> = folders.map(|folder| folder.unwrap().file_name()).collect();
    folders.sort();
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();

    assert_eq!(folders, names);
    for name in names {
        assert!(!seeds::of(name).is_empty(), "{name}");
    }
}

#[test]
fn offers_messages_and_handshakes_reach_their_end() {
    let seed = |target: &str, name: &str| {
        let found = seeds::of(target).into_iter().find(|(seed, _)| *seed == name);
        found.unwrap_or_else(|| panic!("{target} has no seed {name}")).1
    };

    assert_eq!(fuzz::sdp::play(&seed("sdp", "chromium")), 1);
    assert_eq!(fuzz::sdp::play(&seed("sdp", "more")), 3);
    assert_eq!(fuzz::sdp::play(&seed("sdp", "weak")), 0);
    assert_eq!(fuzz::signalling::play(&seed("signalling", "mute")), 4);
    assert_eq!(fuzz::signalling::play(&seed("signalling", "unknown-field")), 0);
    assert!(fuzz::dtls::play(&seed("dtls", "whole")));
    assert!(!fuzz::dtls::play(&seed("dtls", "too-late")));
    assert_eq!(fuzz::sctp::play(&seed("sctp", "whole")), 4);
    assert_eq!(fuzz::sctp::play(&seed("sctp", "piece")), 1);
}

//! A part under a supervisor ends with it: when its standard input ends, it gets the signal a person would send.

use std::io::Read;

use rustix::process::{Signal, getpid, kill_process};

/// Set by `bedside serve` for its children.
pub(crate) const VARIABLE: &str = "BEDSIDE_SUPERVISED";

/// Watches standard input if a supervisor started us. The watching thread ends with the process.
pub(crate) fn stop_with_supervisor() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    std::thread::spawn(|| {
        let mut nothing = [0u8; 64];
        // The supervisor never writes; any end, error included, means that it is gone.
        while matches!(std::io::stdin().read(&mut nothing), Ok(read) if read > 0) {}
        if kill_process(getpid(), Signal::TERM).is_err() {
            std::process::exit(1);
        }
    });
}

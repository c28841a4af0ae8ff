//! How many descriptors the process may have, so that as many sockets as configured can be open at once.
//!
//! A process starts with a soft limit of 1024 on most systems, kept for programs that use `select`; it may raise it to the hard
//! limit by itself. Where that is too low for the configuration, fewer sockets are taken: a node that refuses the last ones
//! goes on, one that has no descriptor left can open neither its spool nor its connection to the control plane.

use rustix::process::{Resource, getrlimit, setrlimit};
use tracing::warn;

/// Descriptors for all but signalling: standard streams, UDP sockets and wakers of the workers, the spool, the control connection,
/// 32 probes, files read at start.
const OTHERS: usize = 192;

/// Raises the soft limit to the hard one and returns how many signalling sockets fit, at most `wanted`.
#[must_use]
pub(crate) fn sockets_within_limit(wanted: usize) -> usize {
    let allowed = raise();
    let fitting = fitting(wanted, allowed);
    if fitting < wanted {
        warn!(
            signal.sockets_max = wanted,
            taken = fitting,
            descriptors = allowed,
            "the limit of open files is too low for signal.sockets_max; raise it (LimitNOFILE), or fewer can connect"
        );
    }
    fitting
}

/// The limit after raising it; `None` is none.
fn raise() -> Option<u64> {
    let mut limits = getrlimit(Resource::Nofile);
    let before = limits.current;
    limits.current = limits.maximum;
    // A system that does not let us keeps what it had.
    if setrlimit(Resource::Nofile, limits).is_ok() { limits.maximum } else { before }
}

fn fitting(wanted: usize, allowed: Option<u64>) -> usize {
    let Some(allowed) = allowed else { return wanted };
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
    // Something is always taken, or the node would be of no use.
    wanted.min(allowed.saturating_sub(OTHERS)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        let mut low = getrlimit(Resource::Nofile);
        low.current = Some(256);
        setrlimit(Resource::Nofile, low).unwrap();

        let taken = sockets_within_limit(64);

        assert_eq!(getrlimit(Resource::Nofile).current, low.maximum);
        assert_eq!(taken, 64);
    }

    #[test]
    fn a_low_hard_limit_takes_fewer_sockets() {
        assert_eq!(fitting(4096, Some(1024)), 1024 - OTHERS);
        assert_eq!(fitting(4096, Some(20_000)), 4096);
        assert_eq!(fitting(4096, Some(10)), 1);
        assert_eq!(fitting(4096, None), 4096);
    }
}

//! How many descriptors the process may have, so that as many sockets as configured can be open at once.
//!
//! The soft limit is raised to the hard one. Where that is too low for the configuration, fewer sockets are taken: a node that refuses the last ones
//! goes on, one that has no descriptor left can open neither its spool nor its connection to the control plane.

use telemetry::descriptors;
use tracing::warn;

/// Descriptors for all but signalling: standard streams, UDP sockets and wakers of the workers, the spool, the control connection,
/// 32 probes, files read at start.
const OTHERS: usize = 192;

/// Of all descriptors, at most one in this many is for media connections by TCP: few need them, everybody signals.
const TCP_SHARE: usize = 4;

/// How many connections by TCP each of so many workers may have.
#[must_use]
pub(crate) fn connections_of_a_worker(workers: usize) -> usize {
    share_of_tcp(descriptors::raise()) / workers.max(1)
}

fn share_of_tcp(allowed: Option<u64>) -> usize {
    allowed.map_or(usize::MAX, |allowed| usize::try_from(allowed).unwrap_or(usize::MAX) / TCP_SHARE)
}

/// Raises the soft limit to the hard one and returns how many signalling sockets fit, at most `wanted`.
#[must_use]
pub(crate) fn sockets_within_limit(wanted: usize) -> usize {
    let allowed = descriptors::raise();
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

fn fitting(wanted: usize, allowed: Option<u64>) -> usize {
    let Some(allowed) = allowed else { return wanted };
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
    // Something is always taken, or the node would be of no use.
    wanted.min(allowed.saturating_sub(OTHERS + allowed / TCP_SHARE)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_hard_limit_takes_fewer_sockets() {
        assert_eq!(fitting(4096, Some(1024)), 1024 - OTHERS - 256);
        assert_eq!(share_of_tcp(Some(1024)), 256);
        assert_eq!(fitting(4096, Some(20_000)), 4096);
        assert_eq!(fitting(4096, Some(10)), 1);
        assert_eq!(fitting(4096, None), 4096);
    }
}

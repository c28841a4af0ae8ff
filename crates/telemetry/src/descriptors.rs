//! How many descriptors a process may have. Here because every program with sockets asks, and programs do not depend on
//! each other.
//!
//! A process starts with a soft limit of 1024 on most systems, kept for programs that use `select`; it may raise it to the
//! hard limit by itself.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the soft limit to the hard one and returns what holds then; `None` is no limit.
#[must_use]
pub fn raise() -> Option<u64> {
    let mut limits = getrlimit(Resource::Nofile);
    let before = limits.current;
    limits.current = limits.maximum;
    // A system that does not let us keeps what it had.
    if setrlimit(Resource::Nofile, limits).is_ok() { limits.maximum } else { before }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        let mut low = getrlimit(Resource::Nofile);
        low.current = Some(256);
        setrlimit(Resource::Nofile, low).unwrap();

        let allowed = raise();

        assert_eq!(getrlimit(Resource::Nofile).current, low.maximum);
        assert_eq!(allowed, low.maximum);
    }
}

//! Datagrams on their way out: neighbours of one path and one length leave as one run (GSO).

use crate::ice::Path;
use crate::participant::Transmit;

/// What the kernel takes as one: 64 segments, in less than the longest UDP datagram.
const SEGMENTS_MAX: usize = 64;
const BYTES_MAX: usize = 65_000;

/// Datagrams that leave together.
#[derive(Default)]
pub(super) struct Run {
    path: Option<Path>,
    bytes: Vec<u8>,
    /// The length of each but the last, which may be shorter.
    segment: usize,
}

impl Run {
    /// Takes a datagram, unless it cannot leave together with those that are there.
    pub(super) fn push(&mut self, transmit: &Transmit) -> bool {
        let (path, len) = (transmit.path, transmit.bytes.len());
        let Some(first) = self.path else {
            (self.path, self.segment) = (Some(path), len);
            self.bytes.extend_from_slice(&transmit.bytes);
            return true;
        };
        let is_open = self.bytes.len().is_multiple_of(self.segment.max(1));
        let fits =
            self.bytes.len() / self.segment.max(1) < SEGMENTS_MAX && self.bytes.len() + len <= BYTES_MAX;
        let goes_along = first == path && is_open && fits && (1..=self.segment).contains(&len);
        if goes_along {
            self.bytes.extend_from_slice(&transmit.bytes);
        }
        goes_along
    }

    /// What is there, with the length of a segment; `None` of nothing.
    pub(super) fn whole(&self) -> Option<(Path, &[u8], usize)> {
        Some((self.path?, &self.bytes, self.segment))
    }

    pub(super) fn clear(&mut self) {
        self.path = None;
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(port: u16) -> Path {
        let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        Path { local: at(1), remote: at(port) }
    }

    fn runs(datagrams: &[(u16, usize)]) -> Vec<(u16, usize, usize)> {
        let (mut run, mut runs) = (Run::default(), Vec::new());
        let mut end = |run: &mut Run| {
            runs.extend(run.whole().map(|(path, bytes, segment)| (path.remote.port(), bytes.len(), segment)));
            run.clear();
        };
        for &(port, len) in datagrams {
            let transmit = Transmit { path: path(port), bytes: vec![7; len] };
            if !run.push(&transmit) {
                end(&mut run);
                assert!(run.push(&transmit));
            }
        }
        end(&mut run);
        runs
    }

    #[test]
    fn equal_lengths_leave_together_and_a_shorter_one_ends_the_run() {
        assert_eq!(runs(&[(5, 100), (5, 100), (5, 40), (5, 40)]), [(5, 240, 100), (5, 40, 40)]);
        assert_eq!(runs(&[(5, 100), (5, 101)]), [(5, 100, 100), (5, 101, 101)]);
    }

    #[test]
    fn another_path_is_another_run_and_a_run_has_an_end() {
        assert_eq!(runs(&[(5, 100), (6, 100)]), [(5, 100, 100), (6, 100, 100)]);
        assert_eq!(runs(&[(5, 10); 65]), [(5, 640, 10), (5, 10, 10)]);
        assert_eq!(runs(&[(5, 1200); 55]), [(5, 64_800, 1200), (5, 1200, 1200)]);
    }
}

//! Runs: datagrams for one destination back to back in one arena, so that one system call and one walk through the
//! kernel send them all (UDP generic segmentation offload).
//!
//! ```text
//!  arena  │ a a a a' │ a a │ b b b' │ c │ free …
//!          run         run   run      run          ' shorter than the others of its run: the last one may be
//!          └ full: 64 segments, or a larger packet came
//! ```

/// Longest datagram: an Ethernet frame less IPv4 and UDP headers. Nothing longer is forwarded.
pub const DATAGRAM_LEN_MAX: usize = 1472;
/// Datagrams of one run: what the kernel takes (`UDP_MAX_SEGMENTS`).
pub const SEGMENTS_MAX: usize = 64;
/// Bytes of one run: the longest UDP payload over IPv4.
pub const RUN_LEN_MAX: usize = 65_507;
/// The arena at the start: a receive batch of 16 packets to 50 subscribers.
const ARENA_LEN: usize = 1 << 20;
/// The arena at most. A batch that fans out to more than 50,000 packets is cut there; nothing else bounds what one
/// thread may put into memory between two sends.
const ARENA_LEN_MAX: usize = 64 << 20;
/// Padding that makes packets equal: libwebrtc cuts a frame into pieces one byte apart, other encoders two.
pub const PADDING_MAX: u8 = 2;

/// Datagrams of equal length, of which the last may be shorter, for one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run<D> {
    /// Where to.
    pub to: D,
    /// Where it starts in the arena.
    start: usize,
    /// Bytes.
    len: usize,
    /// Bytes of each datagram but the last.
    pub segment_len: usize,
    /// Datagrams.
    pub segments: usize,
}

/// The runs of one batch.
#[derive(Debug)]
pub struct Runs<D> {
    arena: Vec<u8>,
    used: usize,
    runs: Vec<Run<D>>,
    /// Where the next datagram goes.
    to: Option<D>,
    /// And the last run.
    is_same: bool,
}

impl<D: Copy + PartialEq> Default for Runs<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Copy + PartialEq> Runs<D> {
    /// No datagrams. Memory grows to what the largest batch needs, and stays.
    #[must_use]
    pub fn new() -> Self {
        Self { arena: vec![0; ARENA_LEN], used: 0, runs: Vec::new(), to: None, is_same: false }
    }

    /// The datagrams from now on go there.
    #[inline]
    pub fn turn_to(&mut self, to: D) {
        self.is_same = self.runs.last().is_some_and(|run| run.to == to);
        self.to = Some(to);
    }

    /// Room for one datagram of at most [`DATAGRAM_LEN_MAX`] bytes behind what is there; what is written to it counts
    /// with [`Runs::commit`]. `None` when the arena is as large as it may be, and full.
    #[inline]
    pub fn space(&mut self) -> Option<&mut [u8]> {
        let end = self.used + DATAGRAM_LEN_MAX;
        if end > self.arena.len() {
            let grown = (self.arena.len() * 2).min(ARENA_LEN_MAX);
            if end > grown {
                return None;
            }
            self.arena.resize(grown, 0);
        }
        self.arena.get_mut(self.used..end)
    }

    /// Takes the first `len` bytes of the last [`Runs::space`] as a datagram to where the runs were turned to last: into the
    /// run before it when it fits there. Turned nowhere, it goes nowhere.
    #[inline]
    pub fn commit(&mut self, len: usize) {
        let len = len.min(DATAGRAM_LEN_MAX);
        match self.runs.last_mut() {
            Some(run) if self.is_same && run.takes(len) => {
                run.len += len;
                run.segments += 1;
            }
            _ => {
                let Some(to) = self.to else { return };
                self.runs.push(Run { to, start: self.used, len, segment_len: len, segments: 1 });
                self.is_same = true;
            }
        }
        self.used += len;
    }

    /// As [`Runs::commit`], to there.
    pub fn commit_to(&mut self, to: D, len: usize) {
        self.turn_to(to);
        self.commit(len);
    }

    /// The runs, in the order of their first datagrams, with their bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&Run<D>, &[u8])> {
        self.runs.iter().map(|run| (run, self.arena.get(run.start..run.start + run.len).unwrap_or_default()))
    }

    /// Forgets the runs; the memory stays.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.is_same = false;
        self.used = 0;
    }
}

impl<D> Run<D> {
    /// Whether a datagram of this length can be the run's next: none may follow a shorter one, none may be longer.
    const fn takes(&self, len: usize) -> bool {
        let is_open = self.len == self.segment_len * self.segments;
        is_open && len <= self.segment_len && self.segments < SEGMENTS_MAX && self.len + len <= RUN_LEN_MAX
    }
}

/// Finds how much padding makes neighbouring packets of one track equal, so that they form one run: `padding[i]` for a
/// payload of `lens[i]` bytes, at most [`PADDING_MAX`]. Computed once for a batch, not for each subscriber.
///
/// The last of a group is left as it is: a run may end in a shorter datagram. With slices of different lengths the
/// shorter counts.
pub fn equalise(lens: &[usize], padding: &mut [u8]) {
    let count = lens.len().min(padding.len());
    let (lens, padding) = (&lens[..count], &mut padding[..count]);
    let mut start = 0;
    while start < count {
        let (mut low, mut high) = (lens[start], lens[start]);
        let mut end = start + 1;
        while end < count {
            let (next_low, next_high) = (low.min(lens[end]), high.max(lens[end]));
            if next_high - next_low > usize::from(PADDING_MAX) {
                break;
            }
            (low, high) = (next_low, next_high);
            end += 1;
        }
        for (len, padding) in lens[start..end].iter().zip(&mut padding[start..end]) {
            *padding = (high - len) as u8;
        }
        padding[end - 1] = 0;
        start = end;
    }
}

#[cfg(test)]
mod tests;

//! Sending: runs of equal datagrams to one peer, many runs a system call.
//!
//! ```text
//! runs          A: 1200 1200 1200 640      B: 1180 1180      C: 96
//!                    │                          │               │
//! with GSO      one message of 4 segments   one of 2        one of 1      → one sendmmsg, three walks through the stack
//! without       4 messages                  2               1             → one sendmmsg, seven walks
//! ```

use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::ptr;

use socket2::SockAddr;

use super::control::Space;
use super::socket::UdpSocket;

/// Messages a call: one per subscriber of a large room, and the gain of batching ends long before.
const MESSAGES: usize = 64;
/// `UDP_MAX_SEGMENTS` of the kernels we run on (raised to 128 in 6.9; 64 gains nearly all).
const SEGMENTS_MAX: usize = 64;
/// The largest payload of an IPv4 datagram: 65535 − 20 − 8.
const MESSAGE_BYTES_MAX: usize = 65_507;

/// Datagrams to one peer: equal in size, only the last may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// Where to.
    pub to: SocketAddr,
    /// Which local address to leave from, on a socket bound to a wildcard.
    pub from: Option<IpAddr>,
    /// All datagrams, one after the other.
    pub bytes: &'a [u8],
    /// The size of each but the last.
    pub segment_bytes: usize,
}

/// Upper ends of the classes in which runs are counted by their number of datagrams.
pub const RUN_BUCKETS: [u64; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What happened on the sending side since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendCounts {
    /// Datagrams the kernel took.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// System calls.
    pub calls: u64,
    /// Messages the kernel took, by number of datagrams, in the classes of [`RUN_BUCKETS`].
    pub runs: [u64; RUN_BUCKETS.len()],
    /// Datagrams dropped because the socket's queue was full. Media does not wait.
    pub queue_full: u64,
    /// Datagrams the kernel refused for their target.
    pub refused: u64,
    /// Runs that the kernel refused as such, and that were sent one datagram at a time.
    pub segmentation_refused: u64,
}

/// Messages prepared for the kernel.
struct Messages {
    headers: Box<[libc::mmsghdr; MESSAGES]>,
    iovecs: Box<[libc::iovec; MESSAGES]>,
    names: Vec<SockAddr>,
    spaces: Box<[Space; MESSAGES]>,
    /// Bytes and segment size of each message, to count.
    sizes: Box<[(usize, usize); MESSAGES]>,
    used: usize,
}

/// What the kernel did with the next messages.
enum Taken {
    /// It took so many.
    Some(usize),
    /// It refuses the next one.
    Refused(io::Error),
}

impl Messages {
    fn new() -> Self {
        Self {
            // SAFETY: `mmsghdr` is plain C data; all zeros means no name, no buffers, no control.
            headers: Box::new(unsafe { mem::zeroed() }),
            iovecs: Box::new([libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 }; MESSAGES]),
            names: Vec::with_capacity(MESSAGES),
            spaces: Box::new([Space::EMPTY; MESSAGES]),
            sizes: Box::new([(0, 0); MESSAGES]),
            used: 0,
        }
    }

    /// Prepares one message. Its bytes must stay borrowed until [`Messages::clear`].
    fn push(&mut self, message: &Run<'_>) {
        let at = self.used;
        let segmented = message.bytes.len() > message.segment_bytes;
        let segment = segmented.then(|| u16::try_from(message.segment_bytes).unwrap_or(u16::MAX));
        let control = self.spaces[at].write(segment, message.from);
        self.names.push(SockAddr::from(message.to));
        self.iovecs[at] =
            libc::iovec { iov_base: message.bytes.as_ptr().cast_mut().cast(), iov_len: message.bytes.len() };
        self.sizes[at] = (message.bytes.len(), message.segment_bytes);
        self.headers[at].msg_hdr.msg_controllen = control as _;
        self.used += 1;
    }

    /// Points each header at what belongs to it. Nothing moves between this and [`Messages::clear`].
    fn link(&mut self) {
        for at in 0..self.used {
            let header = &mut self.headers[at].msg_hdr;
            header.msg_name = self.names[at].as_ptr().cast_mut().cast();
            header.msg_namelen = self.names[at].len();
            header.msg_iov = &raw mut self.iovecs[at];
            header.msg_iovlen = 1;
            header.msg_control =
                if header.msg_controllen == 0 { ptr::null_mut() } else { self.spaces[at].as_mut_ptr() };
        }
    }

    /// One system call for the messages after the first `done`. They are linked, and their bytes still borrowed.
    fn submit(&mut self, socket: &UdpSocket, done: usize) -> Taken {
        // SAFETY: the descriptor is open while `socket` is borrowed. Headers `done..used` were pointed by `link` at names,
        // iovecs and control spaces owned by `self`; the iovecs point at bytes that `send` still borrows. The kernel
        // only reads them.
        let sent = unsafe {
            libc::sendmmsg(
                socket.as_raw_fd(),
                self.headers[done..self.used].as_mut_ptr(),
                (self.used - done) as libc::c_uint,
                libc::MSG_DONTWAIT,
            )
        };
        // The error belongs to the first message that is left; those before it were taken by the last call.
        usize::try_from(sent).map_or_else(|_| Taken::Refused(io::Error::last_os_error()), Taken::Some)
    }

    fn clear(&mut self) {
        self.used = 0;
        self.names.clear();
    }

    fn is_segmented(&self, at: usize) -> bool {
        let (bytes, segment) = self.sizes[at];
        bytes > segment
    }

    fn datagrams(&self, range: Range<usize>) -> u64 {
        self.sizes[range].iter().map(|(bytes, segment)| bytes.div_ceil(*segment) as u64).sum()
    }
}

/// The message headers of one worker, allocated once.
pub struct SendBatch {
    messages: Messages,
    /// The datagrams of a refused run.
    singles: Messages,
    counts: SendCounts,
}

impl Default for SendBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl SendBatch {
    /// Allocates the headers.
    #[must_use]
    pub fn new() -> Self {
        Self { messages: Messages::new(), singles: Messages::new(), counts: SendCounts::default() }
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> SendCounts {
        self.counts
    }

    /// Sends all runs. Never waits: what the kernel does not take is counted and gone.
    pub fn send<'a>(&mut self, socket: &mut UdpSocket, runs: impl IntoIterator<Item = Run<'a>>) {
        // The runs of the current batch, so that a refused one can be split.
        let mut batch: [Option<Run<'a>>; MESSAGES] = [None; MESSAGES];
        for run in runs {
            let segment = run.segment_bytes.clamp(1, MESSAGE_BYTES_MAX);
            let message = if socket.sends_runs() {
                segment * SEGMENTS_MAX.min(MESSAGE_BYTES_MAX / segment)
            } else {
                segment
            };
            for bytes in run.bytes.chunks(message) {
                if self.messages.used == MESSAGES {
                    self.flush(socket, &batch);
                }
                let part = Run { bytes, segment_bytes: segment, ..run };
                batch[self.messages.used] = Some(part);
                self.messages.push(&part);
            }
        }
        self.flush(socket, &batch);
    }

    /// Hands the prepared messages to the kernel and forgets them.
    fn flush(&mut self, socket: &mut UdpSocket, batch: &[Option<Run<'_>>; MESSAGES]) {
        self.messages.link();
        let mut done = 0;
        while done < self.messages.used {
            self.counts.calls += 1;
            let error = match self.messages.submit(socket, done) {
                Taken::Some(sent) => {
                    self.counts.note(&self.messages, done..done + sent);
                    done += sent;
                    continue;
                }
                Taken::Refused(error) => error,
            };
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) => {
                    self.counts.queue_full += self.messages.datagrams(done..self.messages.used);
                    break;
                }
                Some(code) if self.messages.is_segmented(done) && refuses_segments(code) => {
                    self.counts.segmentation_refused += 1;
                    if is_lasting(code) {
                        socket.send_plainly();
                    }
                    if let Some(run) = &batch[done] {
                        self.send_singly(socket, run);
                    }
                    done += 1;
                }
                _ => {
                    self.counts.refused += self.messages.datagrams(done..done + 1);
                    done += 1;
                }
            }
        }
        self.messages.clear();
    }

    /// Sends each datagram of a refused run as a message of its own.
    fn send_singly(&mut self, socket: &UdpSocket, run: &Run<'_>) {
        // A run has at most SEGMENTS_MAX datagrams, as many as there are places.
        for bytes in run.bytes.chunks(run.segment_bytes).take(MESSAGES) {
            self.singles.push(&Run { bytes, ..*run });
        }
        self.singles.link();
        let mut done = 0;
        while done < self.singles.used {
            self.counts.calls += 1;
            match self.singles.submit(socket, done) {
                Taken::Some(sent) => {
                    self.counts.note(&self.singles, done..done + sent);
                    done += sent;
                }
                Taken::Refused(error) => match error.raw_os_error() {
                    Some(libc::EINTR) => {}
                    Some(libc::EAGAIN | libc::ENOBUFS) => {
                        self.counts.queue_full += self.singles.datagrams(done..self.singles.used);
                        break;
                    }
                    _ => {
                        self.counts.refused += 1;
                        done += 1;
                    }
                },
            }
        }
        self.singles.clear();
    }
}

/// Whether the kernel may take the datagrams of a run that it refuses with this error one by one.
///
/// `EMSGSIZE`, and `EINVAL` before Linux 6.9: the datagrams are longer than the path carries; alone, the kernel cuts them
/// into fragments. `EIO`: the device cannot sum segments.
const fn refuses_segments(code: libc::c_int) -> bool {
    matches!(code, libc::EMSGSIZE | libc::EINVAL | libc::EIO)
}

/// Whether the next run will be refused, too: `EIO` is about the device, the others about one path or run.
const fn is_lasting(code: libc::c_int) -> bool {
    code == libc::EIO
}

impl SendCounts {
    fn note(&mut self, messages: &Messages, taken: Range<usize>) {
        for (bytes, segment) in &messages.sizes[taken] {
            let datagrams = bytes.div_ceil(*segment) as u64;
            self.datagrams += datagrams;
            self.bytes += *bytes as u64;
            let class = RUN_BUCKETS.iter().position(|end| datagrams <= *end).unwrap_or(RUN_BUCKETS.len() - 1);
            self.runs[class] += 1;
        }
    }
}

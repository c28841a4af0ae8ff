//! One accepted connection: what was read of its next frame, what waits to be written, since when.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use rtp::framing::{self, BadFrame, LENGTH_LEN};

use super::super::receive::DATAGRAM_BYTES_MAX;
use crate::neighbourhood::Prefix;

/// Bytes that wait behind a slow reader: 350 ms of 1.5 Mbit/s. What is older is of no use to a call.
const WAITING_BYTES_MAX: usize = 64 * 1024;
/// From here on only short datagrams are taken, which are sound and control: video is given up first.
const WAITING_BYTES_LONG: usize = 48 * 1024;
/// Opus at 32 kbit/s is 80 bytes a packet, 200 with its repetition.
const SHORT_BYTES: usize = 300;
/// Written bytes are cut off the front from here on.
const CUT_BYTES: usize = 32 * 1024;

/// Both ends.
pub(super) type Ends = (SocketAddr, SocketAddr);

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) ends: Ends,
    pub(super) prefix: Prefix,
    /// The core has answered on it, which it does to nobody whose check it did not find authentic.
    pub(super) is_validated: bool,
    pub(super) accepted: Instant,
    pub(super) heard: Instant,
    /// When bytes last left, or nothing waited.
    pub(super) progressed: Instant,
    /// The kernel is asked to say when it takes more.
    pub(super) waits_to_write: bool,
    /// Less than a frame.
    partial: Vec<u8>,
    waiting: Vec<u8>,
    written: usize,
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The peer has closed it, or it broke.
    Gone,
    /// It speaks something else.
    Malformed,
}

impl From<BadFrame> for End {
    fn from(_: BadFrame) -> Self {
        Self::Malformed
    }
}

impl Connection {
    pub(super) fn new(stream: TcpStream, ends: Ends, now: Instant) -> Self {
        Self {
            stream,
            ends,
            prefix: Prefix::of(ends.1.ip()),
            is_validated: false,
            accepted: now,
            heard: now,
            progressed: now,
            waits_to_write: false,
            partial: Vec::new(),
            waiting: Vec::new(),
            written: 0,
        }
    }

    /// Reads once, into `scratch`, and hands on each whole datagram.
    pub(super) fn read(
        &mut self,
        now: Instant,
        scratch: &mut [u8],
        each: impl FnMut(&mut [u8]),
    ) -> Result<(), End> {
        let before = self.partial.len();
        scratch[..before].copy_from_slice(&self.partial);
        let read = match self.stream.read(&mut scratch[before..]) {
            Ok(0) => return Err(End::Gone),
            Ok(read) => read,
            Err(error) if is_for_later(&error) => return Ok(()),
            Err(_) => return Err(End::Gone),
        };
        self.heard = now;
        let bytes = &mut scratch[..before + read];
        let used = framing::split(bytes, DATAGRAM_BYTES_MAX, !self.is_validated, each)?;
        self.partial.clear();
        self.partial.extend_from_slice(&bytes[used..]);
        debug_assert!(self.partial.len() < LENGTH_LEN + DATAGRAM_BYTES_MAX, "a whole frame is never left");
        Ok(())
    }

    /// Takes a datagram, or not, when too much waits.
    pub(super) fn push(&mut self, datagram: &[u8]) -> bool {
        let waits = self.waiting.len() - self.written;
        let max = if datagram.len() <= SHORT_BYTES { WAITING_BYTES_MAX } else { WAITING_BYTES_LONG };
        let Ok(length) = u16::try_from(datagram.len()) else { return false };
        if waits + LENGTH_LEN + datagram.len() > max {
            return false;
        }
        self.waiting.extend_from_slice(&length.to_be_bytes());
        self.waiting.extend_from_slice(datagram);
        true
    }

    /// Writes what the kernel takes now. Whether all is written.
    pub(super) fn write(&mut self, now: Instant) -> Result<bool, End> {
        while self.written < self.waiting.len() {
            match self.stream.write(&self.waiting[self.written..]) {
                Ok(0) => return Err(End::Gone),
                Ok(written) => {
                    self.written += written;
                    self.progressed = now;
                }
                Err(error) if is_for_later(&error) => {
                    if self.written >= CUT_BYTES {
                        self.waiting.drain(..self.written);
                        self.written = 0;
                    }
                    return Ok(false);
                }
                Err(_) => return Err(End::Gone),
            }
        }
        self.waiting.clear();
        (self.written, self.progressed) = (0, now);
        Ok(true)
    }

    pub(super) fn has_waiting(&self) -> bool {
        self.written < self.waiting.len()
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

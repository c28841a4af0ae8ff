//! What stands before the library: each packet is read and cut down to the chunks that one reliable channel needs, and what the
//! peer makes us hold is counted (RFC 9260).
//!
//! | chunk | what becomes of it |
//! |---|---|
//! | INIT | without its parameters, so that nothing beyond plain SCTP is agreed on; once: a repetition gets the same answer again |
//! | INIT ACK | with its cookie only |
//! | DATA | of our stream, ordered, with content, within the window and what may be held |
//! | SACK, COOKIE ECHO, COOKIE ACK, HEARTBEAT | when well formed |
//! | ABORT, SHUTDOWN…, RE-CONFIG | the peer is done: the channel closes |
//! | all others | left out (ERROR: the library would end the association; FORWARD TSN: it would count up to the number given) |

mod packet;
mod window;

use std::time::{Duration, Instant};

use packet::{Chunk, Packet};
use window::{Seen, Window};

use crate::channel::CloseReason;

pub(crate) use packet::HEADER_LEN;

/// The one stream of the channel, agreed on beforehand.
pub(crate) const STREAM: u16 = 0;
/// Chunks of a packet: small messages bundled together have twenty bytes each.
const MAX_CHUNKS: usize = 64;
/// Bytes of an incomplete message, or of messages behind a gap, with [`CHUNK_COST`]: the receive window that the peer is told, and
/// room for what was on its way.
pub(crate) const MAX_HELD: usize = RECEIVE_WINDOW + 32 * 1024;
/// What the peer may have on its way to us: four of the longest messages.
pub(crate) const RECEIVE_WINDOW: usize = 64 * 1024;
/// What a chunk costs the library beside its bytes, so that many small ones count.
const CHUNK_COST: usize = 64;
/// Chunks that a SACK may say have arrived, block by block: more than can be on their way when each message is short.
const MAX_ACKED: usize = 4096;
/// Associations that the peer may begin before one is established: each only by an INIT of another tag.
const MAX_BEGINNINGS: u8 = 8;
/// Packets that may come at once, as after a pause of the network: what fills the receive window, twice.
const BURST: f64 = 256.0;
/// Packets a second: the longest messages at the pace that is allowed need twenty.
const PER_SECOND: f64 = 100.0;

/// What to do with a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Drop,
    /// Give this to the library.
    Admit(Vec<u8>),
    /// Give this to a new association; the one before it, if any, is forgotten.
    Begin(Vec<u8>),
    /// Send the answer to the INIT once more.
    Repeat,
    /// Nothing more is taken of this peer.
    Close(CloseReason),
}

/// The count of one association.
pub(crate) struct Guard {
    is_server: bool,
    is_established: bool,
    window: Option<Window>,
    /// The tag and number of the INIT that began the association.
    begun: Option<(u32, u32)>,
    beginnings: u8,
    held: usize,
    tokens: f64,
    refilled: Instant,
}

impl Guard {
    pub(crate) const fn new(is_server: bool, now: Instant) -> Self {
        Self {
            is_server,
            is_established: false,
            window: None,
            begun: None,
            beginnings: 0,
            held: 0,
            tokens: BURST,
            refilled: now,
        }
    }

    /// Both ends have agreed: no other association may begin.
    pub(crate) const fn establish(&mut self) {
        self.is_established = true;
    }

    /// A message of so many bytes in so many chunks was taken.
    pub(crate) const fn release(&mut self, bytes: usize, chunks: usize) {
        self.held = self.held.saturating_sub(bytes + chunks * CHUNK_COST);
    }

    /// Judges a packet.
    pub(crate) fn judge(&mut self, now: Instant, bytes: &[u8]) -> Verdict {
        if !self.take_token(now) {
            return Verdict::Drop;
        }
        let Some(packet) = Packet::parse(bytes) else { return Verdict::Drop };
        let mut chunks = packet.chunks();
        let mut admitted = packet.begin();
        let mut taken = 0;
        while let Some(chunk) = chunks.next_chunk() {
            let Ok(chunk) = chunk else { return Verdict::Drop };
            taken += 1;
            if taken > MAX_CHUNKS {
                return Verdict::Close(CloseReason::Flood);
            }
            match self.judge_chunk(&packet, &chunk) {
                One::Admit => admitted.push(chunk.bytes),
                One::Cut(bytes) => admitted.push(&bytes),
                One::LeaveOut => {}
                One::Begin(bytes) => {
                    admitted.push(&bytes);
                    return Verdict::Begin(admitted.seal());
                }
                One::Repeat => return Verdict::Repeat,
                One::Close(reason) => return Verdict::Close(reason),
            }
        }
        if admitted.is_empty() { Verdict::Drop } else { Verdict::Admit(admitted.seal()) }
    }

    fn judge_chunk(&mut self, packet: &Packet<'_>, chunk: &Chunk<'_>) -> One {
        match chunk.kind {
            packet::DATA => self.judge_data(chunk),
            packet::INIT => self.judge_init(packet, chunk),
            packet::INIT_ACK => self.judge_init_ack(chunk),
            packet::SACK => match chunk.acked() {
                Some(acked) if acked <= MAX_ACKED => One::Admit,
                Some(_) => One::Close(CloseReason::Flood),
                None => One::Close(CloseReason::Protocol),
            },
            packet::HEARTBEAT if chunk.is_heartbeat() => One::Admit,
            packet::COOKIE_ECHO if self.is_server && self.begun.is_some() => One::Admit,
            packet::COOKIE_ACK if !self.is_server => One::Admit,
            packet::ABORT
            | packet::SHUTDOWN
            | packet::SHUTDOWN_ACK
            | packet::SHUTDOWN_COMPLETE
            | packet::RE_CONFIG => One::Close(CloseReason::Peer),
            _ => One::LeaveOut,
        }
    }

    fn judge_init(&mut self, packet: &Packet<'_>, chunk: &Chunk<'_>) -> One {
        let Some(init) = chunk.init() else { return One::LeaveOut };
        // A late repetition would end what is established; the peer has its answer.
        if !self.is_server || self.is_established || !packet.is_only(chunk) || packet.tag != 0 {
            return One::LeaveOut;
        }
        if self.begun == Some((init.tag, init.first)) {
            return One::Repeat;
        }
        if self.beginnings == MAX_BEGINNINGS {
            return One::Close(CloseReason::Flood);
        }
        self.beginnings += 1;
        self.begun = Some((init.tag, init.first));
        self.window = Some(Window::before(init.first));
        self.held = 0;
        One::Begin(init.without_parameters())
    }

    fn judge_init_ack(&mut self, chunk: &Chunk<'_>) -> One {
        let Some(init) = chunk.init() else { return One::LeaveOut };
        if self.is_server || self.is_established || self.window.is_some() {
            return One::LeaveOut;
        }
        let Some(cut) = init.with_cookie_only() else { return One::LeaveOut };
        self.window = Some(Window::before(init.first));
        One::Cut(cut)
    }

    fn judge_data(&mut self, chunk: &Chunk<'_>) -> One {
        let Some(data) = chunk.data() else { return One::Close(CloseReason::Protocol) };
        let Some(window) = &mut self.window else { return One::LeaveOut };
        if data.stream != STREAM || data.is_unordered {
            return One::Close(CloseReason::Protocol);
        }
        match window.note(data.number) {
            // The library acknowledges it again, or has dropped it before.
            Seen::Before => One::Admit,
            Seen::Beyond => One::LeaveOut,
            Seen::New => {
                self.held += data.len + CHUNK_COST;
                if self.held > MAX_HELD { One::Close(CloseReason::Flood) } else { One::Admit }
            }
        }
    }

    fn take_token(&mut self, now: Instant) -> bool {
        let since: Duration = now.saturating_duration_since(self.refilled);
        self.refilled = now;
        self.tokens = BURST.min(PER_SECOND.mul_add(since.as_secs_f64(), self.tokens));
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

/// What becomes of one chunk.
enum One {
    Admit,
    Cut(Vec<u8>),
    LeaveOut,
    Begin(Vec<u8>),
    Repeat,
    Close(CloseReason),
}

#[cfg(test)]
mod tests;

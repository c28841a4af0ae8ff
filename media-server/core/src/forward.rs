//! Forwarding: from a track's normalised packets to the RTP of one subscriber's lane.
//!
//! ```text
//!  Packet ─▶ select ─▶ rewrite ─▶ header ─▶ picture ─▶ plain RTP in the caller's buffer, then sealed
//!            which      sequence,  SSRC, PT,  VP8 ids
//!            layer      timestamp  extensions  frame numbers
//! ```
//!
//! Audio may leave with the packets before it (`redundancy`). A lane is a receiving m-line of a subscriber. Its SSRC,
//! payload types and extension numbers are settled when it is made and never change; tracks and their layers are switched
//! into it. Nothing here is shared between lanes, allocates, or knows a key.

mod header;
mod picture;
mod redundancy;
mod rewrite;
mod scalable;
mod select;

use std::time::Instant;

use protocol::TrackId;
use protocol::signal::Kind;
use rtp::extension::dependency::{DESCRIPTOR_LEN_MAX, overwrite_frame_number, write_with_active};
use rtp::{ClockRate, ExtSeqNo, MediaTime, PayloadType, RtpTimestamp, SeqNo, Ssrc};

use header::Written;
pub use header::{LaneExtensions, LaneHeader, TransportSequence};
pub use rewrite::{Original, Rewriter, Rewritten, SEGMENTS_MAX, Skip};
pub use select::{Change, Choice, Selector};

use crate::packet::{Codec, LAYERS_MAX, Layer, Packet};
use crate::receive::Anchor;

/// The payload type for each codec, as one transport numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayloadTypes {
    codecs: [Option<PayloadType>; Codec::COUNT],
    red: Option<PayloadType>,
}

impl PayloadTypes {
    /// The same with this codec's number set.
    #[must_use]
    pub const fn with(mut self, codec: Codec, payload_type: PayloadType) -> Self {
        self.codecs[codec as usize] = Some(payload_type);
        self
    }

    /// The same with the number set of Opus packets that hold earlier ones too (RFC 2198).
    #[must_use]
    pub const fn with_red(mut self, payload_type: PayloadType) -> Self {
        self.red = Some(payload_type);
        self
    }

    /// Any number that there is.
    #[must_use]
    pub fn any(&self) -> Option<PayloadType> {
        self.codecs.iter().copied().flatten().next()
    }

    /// The codec's number; `None` when the transport cannot carry it.
    #[must_use]
    pub const fn of(&self, codec: Codec) -> Option<PayloadType> {
        self.codecs[codec as usize]
    }

    /// The number of Opus packets that hold earlier ones too; `None` for who has not offered it.
    #[must_use]
    pub const fn red(&self) -> Option<PayloadType> {
        self.red
    }
}

/// What a lane is made of.
#[derive(Debug, Clone, Copy)]
pub struct LaneConfig {
    /// Audio or video: sets clock rate and whether a switch waits for a key frame.
    pub kind: Kind,
    /// The stream it sends, for its whole life.
    pub ssrc: Ssrc,
    /// How codecs are numbered.
    pub payload_types: PayloadTypes,
    /// How header extensions are numbered, and the m-line's name.
    pub extensions: LaneExtensions,
    /// The first sequence number; random (RFC 3550 §5.1) and below 2^15, so that loss at the start cannot make the two
    /// ends disagree about the rollover (RFC 3711 §3.3.1).
    pub first_sequence: SeqNo,
    /// The first timestamp; random (RFC 3550 §5.1).
    pub first_timestamp: RtpTimestamp,
}

/// A packet as it lies in the caller's buffer, ready to be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarded {
    /// Bytes of the whole packet.
    pub len: usize,
    /// Bytes before its payload.
    pub header_len: usize,
    /// Its index under the lane's SSRC. Each is handed out once.
    pub sequence: ExtSeqNo,
    /// It holds earlier packets too.
    pub is_redundant: bool,
}

/// What a lane has sent, as sender reports count it (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Packets. Wraps.
    pub packets: u32,
    /// Payload bytes, without header and padding. Wraps.
    pub octets: u32,
}

/// A subscriber's receiving m-line.
#[derive(Debug)]
pub struct Lane {
    ssrc: Ssrc,
    payload_types: PayloadTypes,
    selector: Selector,
    rewriter: Rewriter,
    header: LaneHeader,
    sent: Sent,
    /// How many earlier packets go with each.
    depth: usize,
    /// What the track's dependency structure comes to, where it has one.
    targets: Targets,
}

/// The decode targets of a track's dependency structure, by the size that a lane shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Targets {
    /// How many there are.
    pub count: u8,
    /// Those that a lane that shows this size still gives, a bit each.
    pub up_to: [u32; LAYERS_MAX],
}

impl Lane {
    /// An empty lane. `None` when the m-line's name or an extension's number does not fit its element.
    #[must_use]
    pub fn new(config: &LaneConfig) -> Option<Self> {
        let rate = match config.kind {
            Kind::Audio => ClockRate::OPUS,
            Kind::Video => ClockRate::VIDEO,
        };
        Some(Self {
            ssrc: config.ssrc,
            payload_types: config.payload_types,
            selector: Selector::new(),
            rewriter: Rewriter::new(rate, config.first_sequence, config.first_timestamp),
            header: LaneHeader::new(config.ssrc, config.kind, &config.extensions)?,
            sent: Sent::default(),
            depth: 0,
            targets: Targets::default(),
        })
    }

    /// The lane's stream.
    #[must_use]
    pub const fn ssrc(&self) -> Ssrc {
        self.ssrc
    }

    /// What was sent so far.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        self.sent
    }

    /// Puts a track on the lane, or none. What was on it stops at once, and its lowest layer is the target.
    pub fn set_track(&mut self, track: Option<TrackId>) {
        if self.selector.set_track(track) {
            self.rewriter.forget_clocks();
        }
    }

    /// Sets the layer that the lane is to show; with `None` it pauses.
    pub fn set_target(&mut self, target: Option<Layer>, change: Change) {
        self.selector.set_target(target, change);
    }

    /// The layer that goes out now.
    #[must_use]
    pub fn current_layer(&self) -> Option<Layer> {
        self.selector.current()
    }

    /// The layer whose key frame the lane needs: to begin, or to change to it.
    #[must_use]
    pub fn wanted_key_frame(&self) -> Option<Layer> {
        self.selector.wanted_key_frame()
    }

    /// Whether a packet of this layer could go out. Asked once for many packets, with what is known of the layer's clock.
    #[inline]
    pub fn begin(&mut self, track: TrackId, layer: Layer, clock: Option<Anchor>) -> bool {
        let looks = self.selector.looks_at(track, layer);
        if looks {
            self.rewriter.set_clock(layer, clock);
        }
        looks
    }

    /// The dependency structure of the track on it, as it is now.
    #[inline]
    pub fn set_targets(&mut self, targets: Option<Targets>) {
        if let Some(targets) = targets {
            self.targets = targets;
        }
    }

    /// Passes over a packet that need not wait for its turn: it is of a larger size than may go out. Its number is closed up.
    pub fn pass_over(&mut self, packet: &Packet<'_>) -> bool {
        self.selector.passes_over(packet.facts) && self.rewriter.skip(packet.facts.sequence) == Skip::Closed
    }

    /// Writes the lane's version of a packet to `out`, with `padding` bytes of RTP padding at its end
    /// (see [`crate::send::equalise`]). `None` when the lane does not send it: another track or layer, no key frame
    /// yet, a codec that the subscriber does not know, too late, or no room in `out`.
    ///
    /// `out` wants [`LaneHeader::LEN_MAX`] bytes beyond payload and padding.
    #[inline]
    pub fn forward(
        &mut self,
        packet: &Packet<'_>,
        padding: u8,
        transport: &mut TransportSequence,
        now: Instant,
        out: &mut [u8],
    ) -> Option<Forwarded> {
        let payload_type = self.payload_types.of(packet.facts.codec)?;
        let rewritten = self.rewrite(packet, now)?;
        let written = Written::of(&rewritten, packet.facts, payload_type);
        if packet.facts.codec.is_scalable() {
            return self.forward_scalable(packet, &rewritten, &written, (padding, transport), out);
        }
        let header_len = self.header.write(packet.facts, &written, transport, out)?;
        let end = header_len + packet.payload.len();
        let payload = out.get_mut(header_len..end)?;
        payload.copy_from_slice(packet.payload);
        picture::patch(packet.facts.vp8, &rewritten, payload);
        if padding > 0 {
            pad(out, end, padding)?;
        }
        self.note_sent(packet.payload.len());
        let len = end + usize::from(padding);
        Some(Forwarded { len, header_len, sequence: rewritten.sequence, is_redundant: false })
    }

    /// The packet's numbers on the lane, where the lane sends it.
    #[inline]
    fn rewrite(&mut self, packet: &Packet<'_>, now: Instant) -> Option<Rewritten> {
        match self.selector.select(packet.facts) {
            Choice::Drop => return None,
            // Where others are on their way behind it, its place is filled with nothing.
            Choice::Skip if self.rewriter.skip(packet.facts.sequence) == Skip::Closed => return None,
            Choice::Skip => {}
            Choice::Switch => self.rewriter.switch(packet.facts, now),
            Choice::Forward => {}
        }
        self.rewriter.rewrite(packet.facts, now)
    }

    #[inline]
    const fn note_sent(&mut self, octets: usize) {
        self.sent.packets = self.sent.packets.wrapping_add(1);
        self.sent.octets = self.sent.octets.wrapping_add(octets as u32);
    }

    /// Says that a packet of the lane's track will not be forwarded on purpose (see [`Rewriter::skip`]).
    pub fn skip(&mut self, packet: &Packet<'_>) -> Skip {
        let facts = packet.facts;
        if self.selector.scalable().is_some() && self.selector.track() == Some(facts.track) {
            return self.rewriter.skip(facts.sequence);
        }
        match self.selector.current() {
            Some(layer) if self.selector.track() == Some(facts.track) && layer == facts.layer => {
                self.rewriter.skip(facts.sequence)
            }
            // Of the layer before, its number may be free.
            Some(_) => Skip::TooLate,
            None => Skip::Closed,
        }
    }

    /// Which packet of which track went out under this number of the lane, for an answer to a NACK.
    #[must_use]
    pub fn original(&self, sequence: SeqNo) -> Option<Original> {
        self.rewriter.original(sequence)
    }

    /// The timestamp of the lane that stands for a moment of its track, for sender reports. `None` while nothing is
    /// being sent.
    #[must_use]
    pub fn timestamp_of(&self, time: MediaTime) -> Option<RtpTimestamp> {
        self.selector.current().and_then(|_| self.rewriter.timestamp_of(time))
    }

    /// Writes a packet again as an RTX packet (RFC 4588 §4) of the given stream: own SSRC and sequence, the lane's
    /// timestamp, the original sequence number before the payload.
    #[must_use]
    pub fn write_rtx(
        &self,
        packet: &Packet<'_>,
        original: &Original,
        rtx: &RtxHeader,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let rewritten = Rewritten { sequence: rtx.sequence, ..original.rewritten(packet.facts) };
        let written = Written::of(&rewritten, packet.facts, rtx.payload_type);
        let mut descriptor = [0; DESCRIPTOR_LEN_MAX];
        let (len, payload) = match self.describe(packet, &rewritten, &mut descriptor) {
            Some(Described { len, marker, is_sent: true }) => {
                let written = written.described(descriptor.get(..len)?, marker);
                (self.header.write(packet.facts, &written, transport, out)?, packet.payload)
            }
            // What was lost was not for this lane: it hears so.
            Some(_) => {
                (self.header.write_empty(&Written { marker: false, ..written }, transport, out)?, &[][..])
            }
            None => (self.header.write(packet.facts, &written, transport, out)?, packet.payload),
        };
        rtp::HeaderMut::new(out).ok()?.set_ssrc(rtx.ssrc);
        let at = len + rtp::codec::rtx::write(out.get_mut(len..)?, original.sent_as.seq()).ok()?;
        let end = at + payload.len();
        let copy = out.get_mut(at..end)?;
        copy.copy_from_slice(payload);
        picture::patch(packet.facts.vp8, &rewritten, copy);
        Some(end)
    }

    /// Writes a packet of the RTX stream that holds nothing but padding (RFC 3550 §5.1), at least a byte of it: it fills a
    /// probe, and a receiver counts it as arrived and drops it.
    #[must_use]
    pub fn write_padding(
        &self,
        rtx: &RtxHeader,
        padding: u8,
        transport: &mut TransportSequence,
        out: &mut [u8],
    ) -> Option<usize> {
        let written = Written {
            sequence: rtx.sequence.seq(),
            timestamp: self.rewriter.newest_timestamp(),
            marker: false,
            payload_type: rtx.payload_type,
            descriptor: &[],
        };
        let len = self.header.write_empty(&written, transport, out)?;
        rtp::HeaderMut::new(out).ok()?.set_ssrc(rtx.ssrc);
        pad(out, len, padding)?;
        Some(len + usize::from(padding))
    }

    /// Nothing more of what is shown goes out until a key frame: packets of it are missing for good.
    pub fn interrupt(&mut self) {
        self.selector.interrupt();
    }
}

/// What the lane says of a packet of a stream of several sizes.
struct Described {
    /// Of the descriptor.
    len: usize,
    marker: bool,
    /// The lane gives it to its subscriber, and not only its number.
    is_sent: bool,
}

impl Lane {
    /// A packet of a stream of several sizes, whose descriptor goes with it; or a number without anything.
    fn forward_scalable(
        &mut self,
        packet: &Packet<'_>,
        rewritten: &Rewritten,
        written: &Written<'_>,
        (padding, transport): (u8, &mut TransportSequence),
        out: &mut [u8],
    ) -> Option<Forwarded> {
        let mut descriptor = [0; DESCRIPTOR_LEN_MAX];
        let described = self.describe(packet, rewritten, &mut descriptor).filter(|one| one.is_sent);
        let Some(Described { len, marker, .. }) = described else {
            let len = self.header.write_empty(&Written { marker: false, ..*written }, transport, out)?;
            self.note_sent(0);
            let sequence = rewritten.sequence;
            return Some(Forwarded { len, header_len: len, sequence, is_redundant: false });
        };
        let written = written.described(descriptor.get(..len)?, marker);
        let header_len = self.header.write(packet.facts, &written, transport, out)?;
        let end = header_len + packet.payload.len();
        out.get_mut(header_len..end)?.copy_from_slice(packet.payload);
        if padding > 0 {
            pad(out, end, padding)?;
        }
        self.note_sent(packet.payload.len());
        let len = end + usize::from(padding);
        Some(Forwarded { len, header_len, sequence: rewritten.sequence, is_redundant: false })
    }

    /// Writes the lane's version of a packet's descriptor. `None` for a packet that has none.
    fn describe(&self, packet: &Packet<'_>, rewritten: &Rewritten, out: &mut [u8]) -> Option<Described> {
        let frame = packet.facts.dependency.as_ref()?;
        let scalable = self.selector.scalable()?;
        let (is_sent, is_last) = scalable.sent(frame);
        // A unit ends with the largest size that is shown; or where its publisher has ended it.
        let marker = packet.facts.marker || (is_last && packet.facts.frame.end);
        let from = packet.descriptor;
        let says = from.get(3).is_some_and(|flags| flags & SAYS_TARGETS != 0) || scalable.is_changed();
        let active = scalable.current().and_then(|size| self.targets.up_to.get(size.index()).copied());
        // What was made by another structure, and is late or repeated, is left as it is: it says so of another number of targets.
        let active = active.filter(|_| frame.targets == self.targets.count);
        let with = active
            .filter(|_| says && is_sent)
            .and_then(|active| write_with_active(from, (usize::from(self.targets.count), active), out).ok());
        let len = match with {
            Some(len) => len,
            None => {
                out.get_mut(..from.len())?.copy_from_slice(from);
                from.len()
            }
        };
        overwrite_frame_number(out, frame.frame.wrapping_add(rewritten.frame_shift));
        Some(Described { len, marker, is_sent })
    }
}

/// In the fourth byte of a descriptor: a structure comes with it, or what is active.
const SAYS_TARGETS: u8 = 0xc0;

/// What one packet can hold of padding: its count is a byte.
pub const PADDING_LEN_MAX: u8 = 255;

/// What distinguishes an RTX packet from the packet it repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtxHeader {
    /// The RTX stream.
    pub ssrc: Ssrc,
    /// The RTX payload type that belongs to the packet's codec (`apt`).
    pub payload_type: PayloadType,
    /// The packet's index in the RTX stream.
    pub sequence: ExtSeqNo,
}

/// Adds `padding` bytes after `end`, the last of which is their count, and sets the P bit (RFC 3550 §5.1).
fn pad(out: &mut [u8], end: usize, padding: u8) -> Option<()> {
    let tail = out.get_mut(end..end + usize::from(padding))?;
    tail.fill(0);
    *tail.last_mut()? = padding;
    rtp::HeaderMut::new(out).ok()?.set_padding(true);
    Some(())
}

#[cfg(test)]
mod tests;

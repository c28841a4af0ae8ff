//! Payload formats, as far as a forwarder may look: their clear headers, never the media.
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`vp8`] | payload descriptor; rewriting its counters in place | RFC 7741 |
//! | [`h264`] | NAL units, alone, aggregated, fragmented | RFC 6184 |
//! | [`opus`] | table-of-contents byte | RFC 6716, RFC 7587 |
//! | [`red`] | redundant audio | RFC 2198 |
//! | [`rtx`] | retransmission | RFC 4588 |
//!
//! End-to-end encrypted media passes through: where a header does not parse, the packet is forwarded without facts.

pub mod h264;
pub mod opus;
pub mod red;
pub mod rtx;
pub mod vp8;

/// What one packet says about the video frame it belongs to. All a forwarder knows of a codec.
///
/// ```text
///  packet    start  ·  ·  end     start  end      start  ·  end
///  frame    [     key frame  ]   [ delta  ]      [   delta    ]
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameFacts {
    /// The frame begins here. In H264 the parameter sets and the slice after them may each say so: packets of one
    /// frame share its timestamp.
    pub start: bool,
    /// The frame ends here.
    pub end: bool,
    /// The frame begins here and needs no other. Set on the packets that show it, the first one at least.
    pub key: bool,
    /// The frame begins here, and a receiver of a lower temporal layer may go on to this one. A key frame always is.
    pub switch_point: bool,
    /// The temporal layer, 0 the lowest; 0 too when the codec does not say.
    pub temporal_layer: u8,
}

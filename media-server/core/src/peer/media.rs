//! What a peer has once its handshake is through.

use std::time::Instant;

use srtp::{DtlsRole, KeyingMaterial, SrtpOpener, SrtpSealer};

use crate::api::CoreLimits;
use crate::forward::TransportSequence;
use crate::machine::allocating::Decided;
use crate::machine::heartbeat::Heartbeat;
use crate::receive::allowance::Allowance;
use crate::receive::clock::SourceClock;
use crate::receive::round_trips::RoundTrips;
use crate::receive::twcc::TwccRecorder;
use crate::receive::uplink::Uplink;
use crate::send::report::REPORT_INTERVAL;
use crate::send::{Downlink, RtxBudget};

pub(crate) struct Media {
    pub(crate) opener: SrtpOpener,
    /// How much more may come.
    pub(crate) allowance: Allowance,
    pub(crate) sealer: SrtpSealer,
    /// Counts what is sent.
    pub(crate) transport: TransportSequence,
    /// What is sent goes this way.
    pub(crate) downlink: Downlink,
    /// Whether the way from it carries pictures.
    pub(crate) uplink: Uplink,
    pub(crate) round_trips: RoundTrips,
    /// What its lanes were given.
    pub(crate) decided: Decided,
    pub(crate) rtx_budget: RtxBudget,
    /// Counts what is received.
    pub(crate) twcc: TwccRecorder,
    /// The publisher's wall clock.
    pub(crate) clock: SourceClock,
    pub(crate) report_due: Instant,
    pub(crate) heartbeat: Heartbeat,
}

impl Media {
    /// From the keys of a handshake in which the node was the server. Made once for a handshake.
    /// `tells`: the client tells what arrives (transport-wide feedback).
    pub(crate) fn new(keys: &KeyingMaterial, tells: bool, limits: &CoreLimits, now: Instant) -> Self {
        let (sealer, opener) = keys.contexts(DtlsRole::Server);
        Self {
            opener,
            allowance: Allowance::new(limits.peer_bps_max, limits.peer_packets_per_second_max, now),
            sealer,
            transport: TransportSequence::default(),
            downlink: Downlink::new(tells, now),
            uplink: Uplink::default(),
            round_trips: RoundTrips::default(),
            decided: Decided::default(),
            rtx_budget: RtxBudget::new(now),
            twcc: TwccRecorder::new(now),
            clock: SourceClock::new(),
            report_due: now + REPORT_INTERVAL,
            heartbeat: Heartbeat::new(now),
        }
    }
}

//! What a peer has once its handshake is through.

use std::time::Instant;

use srtp::{DtlsRole, KeyingMaterial, SrtpOpener, SrtpSealer};

use crate::forward::TransportSequence;
use crate::machine::heartbeat::Heartbeat;
use crate::receive::clock::SourceClock;
use crate::receive::twcc::TwccRecorder;
use crate::send::report::REPORT_INTERVAL;
use crate::send::{Pacer, RtxBudget};

pub(crate) struct Media {
    pub(crate) opener: SrtpOpener,
    pub(crate) sealer: SrtpSealer,
    /// Counts what is sent.
    pub(crate) transport: TransportSequence,
    pub(crate) pacer: Pacer,
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
    pub(crate) fn new(keys: &KeyingMaterial, now: Instant) -> Self {
        let (sealer, opener) = keys.contexts(DtlsRole::Server);
        Self {
            opener,
            sealer,
            transport: TransportSequence::default(),
            pacer: Pacer::new(now),
            rtx_budget: RtxBudget::new(now),
            twcc: TwccRecorder::new(now),
            clock: SourceClock::new(),
            report_due: now + REPORT_INTERVAL,
            heartbeat: Heartbeat::new(now),
        }
    }
}

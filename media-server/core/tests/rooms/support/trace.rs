//! A fingerprint of everything that happened, to compare two runs by.

use std::net::SocketAddr;
use std::time::Duration;

use rtp::RtpHeader;
use rtp::demux::{Protocol, classify};

/// FNV-1a over 64 bits: enough to tell runs apart, and the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// A datagram: when, between whom, of which protocol; of media also the length and the header, which is clear.
    /// The rest is sealed with keys that no seed gives.
    pub(super) fn datagram(&mut self, at: Duration, (from, to): (SocketAddr, SocketAddr), bytes: &[u8]) {
        self.note(&at.as_nanos().to_be_bytes());
        self.text(&format!("{from}{to}{:?}", classify(bytes)));
        match classify(bytes) {
            Some(Protocol::Rtp) => {
                self.note(&bytes.len().to_be_bytes());
                if let Ok(header) = RtpHeader::parse(bytes) {
                    self.note(header.as_bytes());
                }
            }
            Some(Protocol::Rtcp) => self.note(&bytes.len().to_be_bytes()),
            _ => {}
        }
    }

    /// A message, or whatever else has a text.
    pub(super) fn text(&mut self, text: &str) {
        self.note(text.as_bytes());
    }
}

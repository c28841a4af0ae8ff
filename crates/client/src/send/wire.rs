//! The last step of every packet: the numbers that only the moment of sending knows, the seal, the path.

use std::collections::VecDeque;
use std::time::Instant;

use rtp::extension::{AbsSendTime, ExtensionKind, ExtensionMap, overwrite};
use rtp::{NtpTime, SeqNo};
use srtp::{MAX_RTCP_OVERHEAD, MAX_RTP_OVERHEAD, SrtpSealer};

use crate::Transmit;
use crate::ice::Path;

/// Packets whose send time is remembered for feedback: five seconds of 8 Mbit/s.
const SENT_MAX: usize = 4096;
/// Datagrams that wait to be polled. The owner polls after each call; a key frame has about a hundred.
const OUTGOING_MAX: usize = 4096;

/// A packet that carried a transport-wide number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SentPacket {
    pub(crate) at: Instant,
    pub(crate) bytes: usize,
}

/// The sealed way to the node.
pub(crate) struct Wire {
    sealer: SrtpSealer,
    extensions: ExtensionMap,
    path: Option<Path>,
    /// The next transport-wide number.
    next: u64,
    /// The newest packets, ending before `next`.
    sent: VecDeque<SentPacket>,
    out: VecDeque<Transmit>,
}

impl Wire {
    pub(crate) fn new(sealer: SrtpSealer, extensions: ExtensionMap) -> Self {
        // Numbers from 1, so that one before the first has an index too.
        Self { sealer, extensions, path: None, next: 1, sent: VecDeque::new(), out: VecDeque::new() }
    }

    pub(crate) fn set_path(&mut self, path: Option<Path>) {
        self.path = path;
    }

    pub(crate) const fn extensions(&self) -> &ExtensionMap {
        &self.extensions
    }

    /// Seals and sends an RTP packet. Without a path, or if its index was sealed before, it is lost here, as on a
    /// network.
    pub(crate) fn send_rtp(&mut self, mut packet: Vec<u8>, ntp: NtpTime, now: Instant) {
        let (Some(path), true) = (self.path, self.out.len() < OUTGOING_MAX) else { return };
        let is_numbered = self.extensions.id(ExtensionKind::TransportSequence).is_some_and(|id| {
            let number = SeqNo(self.next as u16);
            overwrite(&mut packet, id, &number.0.to_be_bytes())
        });
        if let Some(id) = self.extensions.id(ExtensionKind::AbsSendTime) {
            overwrite(&mut packet, id, &AbsSendTime::from_ntp(ntp).to_bytes());
        }
        let len = packet.len();
        packet.resize(len + MAX_RTP_OVERHEAD, 0);
        let Ok(sealed) = self.sealer.seal_rtp(&mut packet, len) else { return };
        packet.truncate(sealed);
        if is_numbered {
            self.next += 1;
            if self.sent.len() == SENT_MAX {
                self.sent.pop_front();
            }
            self.sent.push_back(SentPacket { at: now, bytes: packet.len() });
        }
        self.out.push_back(Transmit { path, bytes: packet });
    }

    /// Seals and sends a compound RTCP packet.
    pub(crate) fn send_rtcp(&mut self, mut packet: Vec<u8>) {
        let (Some(path), true) = (self.path, self.out.len() < OUTGOING_MAX) else { return };
        let len = packet.len();
        packet.resize(len + MAX_RTCP_OVERHEAD, 0);
        let Ok(sealed) = self.sealer.seal_rtcp(&mut packet, len) else { return };
        packet.truncate(sealed);
        self.out.push_back(Transmit { path, bytes: packet });
    }

    pub(crate) fn poll(&mut self) -> Option<Transmit> {
        self.out.pop_front()
    }

    /// The packet of a transport-wide number, as far as it is remembered.
    pub(crate) fn sent(&self, number: SeqNo) -> Option<SentPacket> {
        let behind = (self.next as u16).wrapping_sub(number.0);
        let at = self.sent.len().checked_sub(usize::from(behind))?;
        self.sent.get(at).copied()
    }
}

//! Packets that wait for a subscriber's pacer. They lie in their tracks' caches; what waits here is where.

use std::collections::VecDeque;

use rtp::{DataSize, ExtSeqNo};

use crate::keys::TrackKey;
use crate::packet::Layer;

/// Packets that wait for one subscriber at most: a key frame of 300 KB, or what the caches of a few cameras hold.
const WAITING_MAX: usize = 256;

/// A packet of a track that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) track: TrackKey,
    pub(crate) layer: Layer,
    pub(crate) sequence: ExtSeqNo,
    /// Bytes of RTP padding that make it as long as its neighbours.
    pub(crate) padding: u8,
    /// Its payload, and its dependency descriptor.
    pub(crate) len: u16,
}

/// What waits for one subscriber, in the order of arrival.
#[derive(Debug, Default)]
pub(crate) struct WaitingPackets {
    packets: VecDeque<Waiting>,
    size: DataSize,
}

impl WaitingPackets {
    /// Makes room for all that may ever wait.
    pub(crate) fn reserve(&mut self) {
        self.packets.reserve_exact(WAITING_MAX - self.packets.len());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.packets.len()
    }

    pub(crate) const fn size(&self) -> DataSize {
        self.size
    }

    /// Adds a packet; `false` when there is no room.
    pub(crate) fn push(&mut self, packet: Waiting) -> bool {
        if self.packets.len() >= WAITING_MAX {
            return false;
        }
        self.size += DataSize::from_bytes(u64::from(packet.len));
        self.packets.push_back(packet);
        true
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let packet = self.packets.pop_front()?;
        self.size -= DataSize::from_bytes(u64::from(packet.len));
        Some(packet)
    }

    /// Takes everything out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Waiting> {
        self.size = DataSize::ZERO;
        self.packets.drain(..)
    }
}

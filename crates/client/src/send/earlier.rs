//! Earlier packets of sound that go out again with later ones, as browsers send them when told to (RFC 2198).

use std::collections::VecDeque;

use rtp::codec::red::{self, Block, OFFSET_MAX, REDUNDANT_BLOCKS_MAX, REDUNDANT_LEN_MAX};
use rtp::{PayloadType, RtpTimestamp};

/// A RED payload is no longer than this, as in browsers.
const PAYLOAD_LEN_MAX: usize = 1024;

/// The last packets of a microphone.
#[derive(Debug)]
pub(super) struct Earlier {
    depth: usize,
    /// Of RED and of Opus, where the node takes RED.
    payload_types: Option<(PayloadType, PayloadType)>,
    /// Oldest first.
    last: VecDeque<(RtpTimestamp, Vec<u8>)>,
}

impl Earlier {
    /// As many go with each packet.
    pub(super) fn new(depth: usize) -> Self {
        Self { depth: depth.min(REDUNDANT_BLOCKS_MAX), payload_types: None, last: VecDeque::new() }
    }

    /// What the node agreed to: the numbers of RED and of Opus.
    pub(super) fn set_payload_type(&mut self, payload_types: Option<(PayloadType, PayloadType)>) {
        self.payload_types = payload_types;
        self.last.clear();
    }

    /// What to send in place of a packet, with the number of RED; `None` where it goes alone. Packets from so long before
    /// that their age does not fit are left out, as everything before a silence is.
    pub(super) fn payload(
        &mut self,
        timestamp: RtpTimestamp,
        primary: &[u8],
    ) -> Option<(PayloadType, Vec<u8>)> {
        let (red, opus) = self.payload_types.filter(|_| self.depth > 0)?;
        let mut blocks = Vec::new();
        let mut len = primary.len() + 1;
        for (at, data) in self.last.iter().rev() {
            let age = u16::try_from(timestamp.offset_from(*at)).ok().filter(|age| *age <= OFFSET_MAX);
            len += data.len() + 4;
            let (Some(timestamp_offset), true) =
                (age, data.len() <= REDUNDANT_LEN_MAX && len <= PAYLOAD_LEN_MAX)
            else {
                break;
            };
            blocks.push(Block { payload_type: opus, timestamp_offset, data });
        }
        blocks.reverse();
        let mut payload = vec![0; PAYLOAD_LEN_MAX.max(primary.len() + 1)];
        let written = red::write(&mut payload, &blocks, (opus, primary)).ok();
        if self.last.len() == self.depth {
            self.last.pop_front();
        }
        self.last.push_back((timestamp, primary.to_vec()));
        payload.truncate(written?);
        Some((red, payload))
    }
}

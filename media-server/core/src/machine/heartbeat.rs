//! A sign of life for every peer, so that a client can tell a broken path from a quiet room: in a room in which nobody
//! speaks or moves there would be nothing but a report a second.
//!
//! An empty receiver report (RFC 3550 §6.4.2), 28 bytes when sealed, and only where nothing else goes to the peer: at most
//! 6 kbit/s with its headers.

use std::time::{Duration, Instant};

use rtp::rtcp::Writer;

use super::Core;
use crate::keys::PeerKey;

/// A client that hears nothing for half a second takes the path for broken: then four in a row are missing, which one in
/// twenty lost makes once in hours.
pub(crate) const HEARTBEAT_EVERY: Duration = Duration::from_millis(100);
/// An empty receiver report, and what seals it.
const BEAT_LEN_MAX: usize = 64;

/// When something has gone to a peer last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heartbeat {
    last: Instant,
    /// Feedback or a report has gone out in this look.
    has_reported: bool,
}

impl Heartbeat {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { last: now, has_reported: false }
    }

    /// Media goes out.
    #[inline]
    pub(crate) const fn handle_media(&mut self, now: Instant) {
        self.last = now;
    }

    /// Feedback or a report goes out.
    pub(crate) const fn handle_report(&mut self) {
        self.has_reported = true;
    }

    /// When nothing will have gone out for too long.
    pub(crate) fn due(&self) -> Instant {
        self.last + HEARTBEAT_EVERY
    }

    /// Whether nothing has gone out for too long. Begins the next interval.
    fn poll(&mut self, now: Instant) -> bool {
        if std::mem::take(&mut self.has_reported) {
            self.last = now;
        }
        let is_due = self.due() <= now;
        if is_due {
            self.last = now;
        }
        is_due
    }
}

impl Core {
    /// Says that the node is there, if it is due and nothing else has said so.
    pub(super) fn send_heartbeat(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key.0) else { return };
        let Some(media) = &mut peer.media else { return };
        if !media.heartbeat.poll(now) {
            return;
        }
        let mut buffer = [0; BEAT_LEN_MAX];
        let mut writer = Writer::new(&mut buffer);
        let _ = writer.receiver_report(peer.node_ssrc, &[]);
        if !peer.reduced_size {
            let _ = writer.cname(peer.node_ssrc, crate::sdp::CNAME.as_bytes());
        }
        let len = writer.finish();
        self.counters.heartbeats_sent += 1;
        self.send_rtcp(key, &buffer, len);
        // It is no report that the next look would have to find.
        if let Some(media) = self.peers.get_mut(key.0).and_then(|peer| peer.media.as_mut()) {
            media.heartbeat.has_reported = false;
        }
    }
}

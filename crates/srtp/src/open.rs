//! Opening what is received: SRTP to RTP and SRTCP to RTCP, in place (RFC 3711 §3.3, §3.4).
//!
//! ```text
//!  datagram ─▶ header ─▶ SSRC known, or room ─▶ index guessed ─▶ not replayed ─▶ tag verified ─▶ committed
//!                 │              │                                    │               │
//!             Malformed     TooManySsrcs                      Replayed, TooOld      BadTag
//!            Unencrypted
//! ```
//!
//! Everything left of "committed" changes no state, so that a stranger's packet costs one look at the tag and no
//! memory, and cannot make a genuine packet look old.

use rtp::{ExtSeqNo, RtpHeader, Ssrc};

use crate::cipher::{self, Clear, PacketCipher, PacketId, RTCP_CLEAR_LEN};
use crate::error::OpenError;
use crate::kdf::KeyDerivation;
use crate::keying::MasterKey;
use crate::profile::{INDEX_WORD_LEN, SrtpProfile};
use crate::seal::{E_BIT, RTCP_INDEX_MAX, rtcp_sender};
use crate::streams::{Full, Streams};
use crate::window::{IndexWindow, RTCP_WORDS, RTP_WORDS, Stale};

/// How many SSRCs a peer may use in one association. A publisher has three simulcast layers with RTX of camera and
/// of screen, and audio: 13. The rest is for renegotiation. 12 KiB when full.
pub const MAX_OPENED_SSRCS: usize = 64;

/// An RTP packet that was opened in place: the plain packet is `packet[..len]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedRtp {
    /// Header and plain payload, without the tag.
    pub len: usize,
    /// Header with CSRCs and extensions; the payload follows.
    pub header_len: usize,
    /// The stream.
    pub ssrc: Ssrc,
    /// The sequence number with the rollover counter that the tag has proved.
    pub sequence: ExtSeqNo,
}

/// One direction of an association: opens what the other end sends.
pub struct SrtpOpener {
    profile: SrtpProfile,
    rtp: Box<dyn PacketCipher>,
    rtcp: Box<dyn PacketCipher>,
    streams: Streams<Stream>,
}

/// What is known of one SSRC, by authentic packets only. RTP and RTCP have keys and indexes of their own.
#[derive(Default)]
struct Stream {
    rtp: Option<IndexWindow<RTP_WORDS>>,
    rtcp: Option<IndexWindow<RTCP_WORDS>>,
}

impl SrtpOpener {
    /// Derives the session keys.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        let profile = master.profile();
        let kdf = KeyDerivation::new(master);
        Self::with_ciphers(profile, cipher::for_rtp(profile, &kdf), cipher::for_rtcp(profile, &kdf))
    }

    pub(crate) fn with_ciphers(
        profile: SrtpProfile,
        rtp: Box<dyn PacketCipher>,
        rtcp: Box<dyn PacketCipher>,
    ) -> Self {
        Self { profile, rtp, rtcp, streams: Streams::new(MAX_OPENED_SSRCS) }
    }

    /// The profile.
    #[must_use]
    pub const fn profile(&self) -> SrtpProfile {
        self.profile
    }

    /// How many SSRCs the peer uses, of [`MAX_OPENED_SSRCS`].
    #[must_use]
    pub const fn ssrcs(&self) -> usize {
        self.streams.len()
    }

    /// Verifies and decrypts an SRTP packet in place.
    ///
    /// # Errors
    /// Any [`OpenError`] but `Unencrypted`. Nothing has changed then, except that the bytes of `packet` may be garbage.
    #[inline]
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<OpenedRtp, OpenError> {
        let header = RtpHeader::parse(packet).map_err(|_| OpenError::Malformed)?;
        let (ssrc, wire_sequence, header_len) = (header.ssrc(), header.sequence(), header.wire_len());
        let len = packet.len().checked_sub(self.profile.rtp_overhead()).ok_or(OpenError::Malformed)?;
        if len < header_len {
            return Err(OpenError::Malformed);
        }

        let place = self.streams.find(ssrc)?;
        let window = self.streams.state(place).and_then(|stream| stream.rtp.as_ref());
        let first = ExtSeqNo::new(0, wire_sequence);
        let sequence = match window {
            None => first,
            // Nothing lies before index 0, so a number beyond half the circle is a jump forward until the first wrap.
            Some(window) if window.rollover() == 0 => window.estimate(wire_sequence).unwrap_or(first),
            // No packet has an index after the last, so no tag can verify.
            Some(window) => window.estimate(wire_sequence).ok_or(OpenError::BadTag)?,
        };
        let index = sequence.index();
        window.map_or(Ok(()), |window| window.check(index))?;

        let (plain, tag) = packet.split_at_mut(len);
        let (header, body) = plain.split_at_mut(header_len);
        let id = PacketId { ssrc: ssrc.0, index };
        self.rtp.open(id, Clear::Rtp { header }, body, tag).map_err(|_| OpenError::BadTag)?;

        let stream = self.streams.state_or_default(place, ssrc);
        match &mut stream.rtp {
            Some(window) => window.accept(index),
            first @ None => *first = Some(IndexWindow::starting_at(index)),
        }
        Ok(OpenedRtp { len, header_len, ssrc, sequence })
    }

    /// Verifies and decrypts an SRTCP packet in place; the plain compound packet is `packet[..returned]`.
    ///
    /// # Errors
    /// Any [`OpenError`]. Nothing has changed then, except that the bytes of `packet` may be garbage.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, OpenError> {
        let len = packet.len().checked_sub(self.profile.rtcp_overhead()).ok_or(OpenError::Malformed)?;
        let (plain, trailer) = packet.split_at_mut(len);
        let (header, body) = plain.split_first_chunk_mut::<RTCP_CLEAR_LEN>().ok_or(OpenError::Malformed)?;
        let ssrc = rtcp_sender(header).ok_or(OpenError::Malformed)?;
        let (tag, index_word) = split_trailer(self.profile, trailer).ok_or(OpenError::Malformed)?;
        let word = u32::from_be_bytes(index_word);
        if word & E_BIT == 0 {
            return Err(OpenError::Unencrypted);
        }
        let index = u64::from(word & RTCP_INDEX_MAX);

        let place = self.streams.find(ssrc)?;
        let window = self.streams.state(place).and_then(|stream| stream.rtcp.as_ref());
        window.map_or(Ok(()), |window| window.check(index))?;

        let id = PacketId { ssrc: ssrc.0, index };
        self.rtcp.open(id, Clear::Rtcp { header, index_word }, body, tag).map_err(|_| OpenError::BadTag)?;

        let stream = self.streams.state_or_default(place, ssrc);
        match &mut stream.rtcp {
            Some(window) => window.accept(index),
            first @ None => *first = Some(IndexWindow::starting_at(index)),
        }
        Ok(len)
    }
}

impl From<Full> for OpenError {
    fn from(_: Full) -> Self {
        Self::TooManySsrcs
    }
}

impl From<Stale> for OpenError {
    fn from(stale: Stale) -> Self {
        match stale {
            Stale::Seen => Self::Replayed,
            Stale::TooOld => Self::TooOld,
        }
    }
}

/// What is behind the encrypted part: AEAD puts the tag before the index word, AES-CM behind it
/// (RFC 7714 §9.2, RFC 3711 §3.4).
fn split_trailer(profile: SrtpProfile, trailer: &[u8]) -> Option<(&[u8], [u8; INDEX_WORD_LEN])> {
    if profile.is_aead() {
        trailer.split_last_chunk::<INDEX_WORD_LEN>().map(|(tag, word)| (tag, *word))
    } else {
        trailer.split_first_chunk::<INDEX_WORD_LEN>().map(|(word, tag)| (tag, *word))
    }
}

#[cfg(test)]
mod tests;

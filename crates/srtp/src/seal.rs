//! Sealing what is sent: RTP to SRTP and RTCP to SRTCP, in place, each index once (RFC 3711 §3.3, §3.4).
//!
//! The sealer finds a packet's 48-bit index itself, from the sequence number in the header and the highest index that
//! it has sealed of that SSRC, since the receiver will find it in the same way. It remembers which of the newest
//! indexes are used: a late packet is sealed if its index never was, and everything else is refused.

use rtp::header::FIXED_HEADER_LEN;
use rtp::{ExtSeqNo, RtpHeader, SeqNo, Ssrc};

use crate::cipher::{self, Clear, PacketCipher, PacketId, RTCP_CLEAR_LEN};
use crate::error::SealError;
use crate::kdf::KeyDerivation;
use crate::keying::MasterKey;
use crate::profile::{INDEX_WORD_LEN, SrtpProfile};
use crate::streams::Streams;
use crate::window::{IndexWindow, RTP_WORDS, Stale};

/// How many SSRCs one association seals at most. A subscriber has a lane and its RTX for each of some fifty
/// videos, and a few for audio; lanes keep their SSRC, so this is not used up over time. 36 KiB when full.
pub const MAX_SEALED_SSRCS: usize = 256;

/// No datagram is longer. It also keeps AES-CM's key stream within one packet's share of 1 MiB.
const PACKET_LEN_MAX: usize = u16::MAX as usize;
/// The first bit of the word behind an SRTCP packet: it is encrypted (RFC 3711 §3.4).
pub(crate) const E_BIT: u32 = 1 << 31;
/// The SRTCP index has the other 31 bits.
pub(crate) const RTCP_INDEX_MAX: u32 = E_BIT - 1;

/// One direction of an association: seals what this end sends.
pub struct SrtpSealer {
    profile: SrtpProfile,
    rtp: Box<dyn PacketCipher>,
    rtcp: Box<dyn PacketCipher>,
    sealed: Streams<Option<IndexWindow<RTP_WORDS>>>,
    next_rtcp_index: u32,
}

impl SrtpSealer {
    /// Derives the session keys. Make only one sealer of a master key: a second would seal the same indexes again.
    #[must_use]
    pub fn new(master: &MasterKey) -> Self {
        let profile = master.profile();
        let kdf = KeyDerivation::new(master);
        Self::with_ciphers(profile, cipher::for_rtp(profile, &kdf), cipher::for_rtcp(profile, &kdf))
    }

    fn with_ciphers(profile: SrtpProfile, rtp: Box<dyn PacketCipher>, rtcp: Box<dyn PacketCipher>) -> Self {
        Self { profile, rtp, rtcp, sealed: Streams::new(MAX_SEALED_SSRCS), next_rtcp_index: 0 }
    }

    /// The profile, which says how much room a tag takes.
    #[must_use]
    pub const fn profile(&self) -> SrtpProfile {
        self.profile
    }

    /// How many SSRCs have been sealed, of [`MAX_SEALED_SSRCS`].
    #[must_use]
    pub const fn ssrcs(&self) -> usize {
        self.sealed.len()
    }

    /// Seals the RTP packet in `buf[..len]` and returns the new length. What is behind that in `buf` stays.
    ///
    /// An SSRC's first packet has rollover counter 0; its sequence number should be below 2^15, or a receiver that
    /// misses the packets before the first wrap never finds the index (RFC 3711 §3.3.1).
    ///
    /// # Errors
    /// Any [`SealError`]; the packet is then as it was.
    #[inline]
    pub fn seal_rtp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SealError> {
        let sealed_len = self.sealed_len(len, self.profile.rtp_overhead())?;
        let packet = buf.get(..sealed_len).ok_or(SealError::NoRoom)?;
        let header = RtpHeader::parse(&packet[..len]).map_err(|_| SealError::Malformed)?;
        self.seal_rtp_after(header.wire_len(), buf, len)
    }

    /// As [`SrtpSealer::seal_rtp`], for who has written the header and knows its length, CSRCs and extensions included: it is
    /// not parsed again. With another length nobody could open the packet.
    ///
    /// # Errors
    /// As there; [`SealError::Malformed`] too when `header_len` is no length of a header in `buf[..len]`.
    #[inline]
    pub fn seal_rtp_after(
        &mut self,
        header_len: usize,
        buf: &mut [u8],
        len: usize,
    ) -> Result<usize, SealError> {
        let sealed_len = self.sealed_len(len, self.profile.rtp_overhead())?;
        let packet = buf.get_mut(..sealed_len).ok_or(SealError::NoRoom)?;
        let (plain, tag) = packet.split_at_mut(len);
        let (header, body) = plain.split_at_mut_checked(header_len).ok_or(SealError::Malformed)?;
        let fixed = header.first_chunk::<FIXED_HEADER_LEN>().ok_or(SealError::Malformed)?;
        let [_, _, high, low, _, _, _, _, ssrc @ ..] = *fixed;
        let ssrc = Ssrc(u32::from_be_bytes(ssrc));

        let index = self.claim(ssrc, SeqNo(u16::from_be_bytes([high, low])))?;

        let id = PacketId { ssrc: ssrc.0, index: index.index() };
        self.rtp.seal(id, Clear::Rtp { header }, body, tag).map_err(|_| SealError::Malformed)?;
        Ok(sealed_len)
    }

    /// Seals the compound RTCP packet in `buf[..len]` and returns the new length.
    ///
    /// All SSRCs share one count of indexes. Each still has its own ascending ones, as RFC 3711 §3.4 asks for.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::NoRoom`], [`SealError::KeyExhausted`]; the packet is then as it was.
    pub fn seal_rtcp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SealError> {
        let sealed_len = self.sealed_len(len, self.profile.rtcp_overhead())?;
        let packet = buf.get_mut(..sealed_len).ok_or(SealError::NoRoom)?;
        let (plain, trailer) = packet.split_at_mut(len);
        let (header, body) = plain.split_first_chunk_mut::<RTCP_CLEAR_LEN>().ok_or(SealError::Malformed)?;
        let ssrc = rtcp_sender(header).ok_or(SealError::Malformed)?;

        let index = self.next_rtcp_index;
        if index > RTCP_INDEX_MAX {
            return Err(SealError::KeyExhausted);
        }
        self.next_rtcp_index = index + 1;

        let index_word = (E_BIT | index).to_be_bytes();
        let (tag, word) = if self.profile.is_aead() {
            trailer.split_at_mut(self.profile.tag_len())
        } else {
            let (word, tag) = trailer.split_at_mut(INDEX_WORD_LEN);
            (tag, word)
        };
        word.copy_from_slice(&index_word);
        let id = PacketId { ssrc: ssrc.0, index: u64::from(index) };
        self.rtcp
            .seal(id, Clear::Rtcp { header, index_word }, body, tag)
            .map_err(|_| SealError::Malformed)?;
        Ok(sealed_len)
    }

    const fn sealed_len(&self, len: usize, overhead: usize) -> Result<usize, SealError> {
        if len > PACKET_LEN_MAX - overhead {
            return Err(SealError::Malformed);
        }
        Ok(len + overhead)
    }

    /// Finds a packet's index and marks it used, before anything is encrypted under it.
    #[inline]
    fn claim(&mut self, ssrc: Ssrc, sequence: SeqNo) -> Result<ExtSeqNo, SealError> {
        let place = self.sealed.find(ssrc).map_err(|_| SealError::TooManySsrcs)?;
        let sealed = self.sealed.state_or_default(place, ssrc);
        let Some(window) = sealed else {
            let first = ExtSeqNo::new(0, sequence);
            *sealed = Some(IndexWindow::starting_at(first.index()));
            return Ok(first);
        };
        // Nearly every packet is the next one, which is new.
        if let Some(next) = window.next(sequence) {
            window.accept(next.index());
            return Ok(next);
        }
        let index = window.estimate(sequence).ok_or(match window.rollover() {
            0 => SealError::TooOld,
            _ => SealError::KeyExhausted,
        })?;
        window.check(index.index())?;
        window.accept(index.index());
        Ok(index)
    }
}

impl From<Stale> for SealError {
    fn from(stale: Stale) -> Self {
        match stale {
            Stale::Seen => Self::IndexReused,
            Stale::TooOld => Self::TooOld,
        }
    }
}

/// The SSRC of an RTCP packet's sender; `None` without version 2.
pub(crate) const fn rtcp_sender(header: &[u8; RTCP_CLEAR_LEN]) -> Option<Ssrc> {
    let [first, _, _, _, ssrc @ ..] = *header;
    if first >> 6 == rtp::header::VERSION { Some(Ssrc(u32::from_be_bytes(ssrc))) } else { None }
}

#[cfg(test)]
mod tests;

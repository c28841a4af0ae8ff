//! All the randomness of a core: a ChaCha20 stream from one seed, so that a simulation repeats and a node does not.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;
use protocol::{LogId, TrackId};
use rtp::{RtpTimestamp, SeqNo, Ssrc};

/// The letters of ICE credentials (`ice-char`, RFC 8839 §5.4): 64, so that six random bits choose one evenly.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A hash function for look-ups by what strangers choose: seeded, so that they cannot aim at one bucket. Maps that use
/// it are never iterated, so their order does not show.
pub(crate) type Hasher = SeedableRandomState;

/// The generator.
pub(crate) struct Random(ChaCha20Rng);

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    /// Bytes for a secret.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// `len` random `ice-char`s: six bits each.
    pub(crate) fn ice_chars(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(ICE_CHARS[(self.0.next_u32() & 63) as usize])).collect()
    }

    pub(crate) fn log_id(&mut self) -> LogId {
        LogId(self.0.next_u64())
    }

    pub(crate) fn track_id(&mut self) -> TrackId {
        TrackId(self.0.next_u64())
    }

    pub(crate) fn ssrc(&mut self) -> Ssrc {
        Ssrc(self.0.next_u32())
    }

    /// A first sequence number below 2^15, so that loss at the start cannot make the two ends disagree about the
    /// rollover (RFC 3711 §3.3.1).
    pub(crate) fn first_sequence(&mut self) -> SeqNo {
        SeqNo((self.0.next_u32() & 0x7fff) as u16)
    }

    pub(crate) fn first_timestamp(&mut self) -> RtpTimestamp {
        RtpTimestamp(self.0.next_u32())
    }

    /// A number for `o=`: 62 bits, so that it stays positive wherever it is read.
    pub(crate) fn session_id(&mut self) -> u64 {
        self.0.next_u64() >> 2
    }

    /// A hash function that nobody outside can predict.
    pub(crate) fn hasher(&mut self) -> Hasher {
        SeedableRandomState::with_seed(self.0.next_u64(), SharedSeed::global_fixed())
    }
}

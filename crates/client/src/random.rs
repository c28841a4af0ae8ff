//! All the randomness of a participant, from one seed: the same seed gives the same packets.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// `ice-char` (RFC 8839 §5.4): 64 letters, so that six random bits choose one evenly.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The generator.
pub(crate) struct Random(ChaCha20Rng);

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha20Rng::from_seed(seed))
    }

    pub(crate) fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    pub(crate) fn ice_chars(&mut self, len: usize) -> String {
        (0..len).map(|_| char::from(ICE_CHARS[(self.next_u32() & 63) as usize])).collect()
    }

    /// Evenly from `from` up to but not `to`.
    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        let unit = f64::from(self.next_u32()) / (f64::from(u32::MAX) + 1.0);
        from + (to - from) * unit
    }
}

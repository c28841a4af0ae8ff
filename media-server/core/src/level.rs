//! Who speaks: the ordered list of a room's speakers, from the levels that clients measure (RFC 6464).
//!
//! ```text
//!  level   ▁▁▇▇▇▅▇▁▁▁▁▁▁▁▁▂▁▁     loudness of the packets
//!  smooth  ▁▂▅▆▇▆▇▅▃▂▁▁▁▁▁▁▁▁     rises and falls over SMOOTHING packets
//!  speaks     ├──────────┤         above ON, until below OFF for HOLD
//! ```
//!
//! A lie about a level moves its sender in this list and nothing else. No clock and no randomness: the same levels at
//! the same times give the same lists.

use std::time::{Duration, Instant};

use rtp::extension::AudioLevel;

/// Above this a voice counts as speaking, in dB over silence (-127 dBov): -45 dBov. Speech lies around -20 to -35.
const ON: u32 = 82;
/// Below this it has stopped: -55 dBov. Ten dB lower, so that the end of a word does not toggle.
const OFF: u32 = 72;
/// How long a pause between words may be.
const HOLD: Duration = Duration::from_millis(600);
/// Packets that one packet is smoothed over: 160 ms of 20 ms packets, so a cough of one packet does not speak.
const SMOOTHING: u32 = 8;
/// Without packets for this long a voice is silent: muted, gone, or sending nothing while it is quiet.
const SILENT_AFTER: Duration = Duration::from_millis(300);
/// The list is looked at this often; a faster change cannot be followed by eye.
pub const INTERVAL: Duration = Duration::from_millis(200);
/// Somebody takes the place before them when this much louder, in dB.
const OVERTAKE: u32 = 6;
/// Voices of one room. A seat has one, whatever it publishes; this is well above [`protocol::limits::ROOM_SEATS_MAX`].
pub const VOICES_MAX: usize = 64;
/// Smoothed levels are kept in 1/256 dB.
const FRACTION: u32 = 256;

#[derive(Debug, Clone, Copy)]
struct Voice<K> {
    key: K,
    loudness: u32,
    heard: Instant,
    loud: Instant,
    speaks: bool,
}

/// The speakers of one room, each known by a `K`.
#[derive(Debug)]
pub struct Speakers<K> {
    voices: Vec<Voice<K>>,
    /// As last told, loudest first.
    speaking: Vec<K>,
    next: Option<Instant>,
}

impl<K: Copy + PartialEq> Default for Speakers<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Copy + PartialEq> Speakers<K> {
    /// Nobody speaks.
    #[must_use]
    pub const fn new() -> Self {
        Self { voices: Vec::new(), speaking: Vec::new(), next: None }
    }

    /// Takes the level of a packet.
    pub fn handle_level(&mut self, key: K, level: AudioLevel, now: Instant) {
        let loudness = u32::from(AudioLevel::SILENCE.saturating_sub(level.attenuation)) * FRACTION;
        self.next.get_or_insert(now + INTERVAL);
        let known = self.voices.iter().position(|voice| voice.key == key);
        if known.is_none() && self.voices.len() < VOICES_MAX {
            self.voices.push(Voice { key, loudness: 0, heard: now, loud: now, speaks: false });
        }
        let at = known.unwrap_or(self.voices.len().saturating_sub(1));
        let Some(voice) = self.voices.get_mut(at).filter(|voice| voice.key == key) else { return };
        voice.loudness = (voice.loudness * (SMOOTHING - 1) + loudness) / SMOOTHING;
        voice.heard = now;
        if voice.loudness >= OFF * FRACTION {
            voice.loud = now;
        }
    }

    /// Forgets a voice: its seat is empty.
    pub fn remove(&mut self, key: K) {
        self.voices.retain(|voice| voice.key != key);
    }

    /// The speakers as they were last told, loudest first.
    #[must_use]
    pub fn told(&self) -> &[K] {
        &self.speaking
    }

    /// When [`Speakers::poll`] is due; `None` while there is nobody to hear.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.next
    }

    /// The speakers, loudest first, if that has changed since it was last told.
    pub fn poll(&mut self, now: Instant) -> Option<&[K]> {
        if self.next.is_none_or(|next| now < next) {
            return None;
        }
        for voice in &mut self.voices {
            if now.saturating_duration_since(voice.heard) >= SILENT_AFTER {
                voice.loudness = 0;
            }
            voice.speaks = if voice.speaks {
                now.saturating_duration_since(voice.loud) < HOLD
            } else {
                voice.loudness >= ON * FRACTION
            };
        }
        let order = self.order();
        let is_quiet = order.is_empty() && self.voices.iter().all(|voice| voice.loudness == 0);
        self.next = (!is_quiet).then(|| now + INTERVAL);
        if order == self.speaking {
            return None;
        }
        self.speaking = order;
        Some(&self.speaking)
    }

    /// Those who speak: first as last told, newcomers behind them, then each who is clearly louder than the one before
    /// moves up.
    fn order(&self) -> Vec<K> {
        let mut order: Vec<Voice<K>> = Vec::new();
        let told = self.speaking.iter().filter_map(|key| self.voices.iter().find(|voice| voice.key == *key));
        let new = self.voices.iter().filter(|voice| !self.speaking.contains(&voice.key));
        for voice in told.chain(new).filter(|voice| voice.speaks) {
            let louder = |before: &&Voice<K>| voice.loudness > before.loudness + OVERTAKE * FRACTION;
            let passed = order.iter().rev().take_while(louder).count();
            order.insert(order.len() - passed, *voice);
        }
        order.iter().map(|voice| voice.key).collect()
    }
}

#[cfg(test)]
mod tests;

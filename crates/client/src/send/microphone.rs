//! A synthetic Opus encoder: 50 packets a second of the size that the bit rate asks for, or DTX while nobody speaks.

use std::time::Duration;

use rtp::extension::AudioLevel;

use crate::config::{MicrophoneConfig, Voice};
use crate::stamp::{STAMP_LEN, SeatTag, Stamp};

/// One packet plays this long, in browsers as here.
pub(super) const PACKET_EVERY: Duration = Duration::from_millis(20);
/// With DTX a silent encoder sends one packet in so many (RFC 6716 §2.1.9: every 400 ms).
const DTX_EVERY: u32 = 20;
/// SILK wideband, 20 ms, mono, one frame (RFC 6716 §3.1): config 9.
const TOC: u8 = 9 << 3;
/// `protocol::signal::Source` and everything else of a stamp that stays the same.
const SOURCE: protocol::signal::Source = protocol::signal::Source::Microphone;

/// One packet's worth.
pub(super) struct AudioPacket {
    pub(super) payload: Vec<u8>,
    pub(super) level: AudioLevel,
    /// A talk spurt begins (RFC 3551 §4.1).
    pub(super) marker: bool,
    /// It has sound, and so a stamp.
    pub(super) has_sound: bool,
}

/// The encoder.
pub(super) struct Microphone {
    config: MicrophoneConfig,
    voice: Voice,
    frame: u32,
    /// Packets since it fell silent; 0 while it does not.
    silent_for: u32,
    begins: bool,
}

impl Microphone {
    pub(super) const fn new(config: MicrophoneConfig) -> Self {
        Self { voice: config.voice, config, frame: 0, silent_for: 0, begins: true }
    }

    pub(super) const fn set_voice(&mut self, voice: Voice) {
        self.voice = voice;
    }

    /// The packet of the next 20 ms; `None` when DTX leaves it out.
    pub(super) fn next(&mut self, seat: SeatTag, sent_micros: u64) -> Option<AudioPacket> {
        let level = AudioLevel { voice: self.voice.speaks(), attenuation: self.voice.attenuation() };
        if self.config.dtx && !self.voice.speaks() {
            self.silent_for += 1;
            self.begins = true;
            // The first silent packets go out, so that the decoder hears the end.
            let is_sent = self.silent_for % DTX_EVERY == 1;
            let payload = vec![TOC, 0];
            return is_sent.then_some(AudioPacket { payload, level, marker: false, has_sound: false });
        }
        self.silent_for = 0;
        let len = self.config.bitrate.size_in(PACKET_EVERY).bytes();
        let len = usize::try_from(len).unwrap_or(usize::MAX).clamp(1 + STAMP_LEN, 1200);
        let mut payload = vec![0; len];
        payload[0] = TOC;
        let stamp =
            Stamp { seat, source: SOURCE, layer: 0, frame: self.frame, index: 0, count: 1, sent_micros };
        stamp.write(&mut payload[1..]);
        self.frame += 1;
        let marker = std::mem::take(&mut self.begins);
        Some(AudioPacket { payload, level, marker, has_sound: true })
    }
}

#[cfg(test)]
mod tests {
    use rtp::Bitrate;
    use rtp::codec::opus::PacketFacts;

    use super::*;

    const SEAT: SeatTag = SeatTag(7);

    fn second(microphone: &mut Microphone) -> Vec<AudioPacket> {
        (0..50).filter_map(|tick| microphone.next(SEAT, tick * 20_000)).collect()
    }

    #[test]
    fn speech_is_fifty_stamped_packets_a_second_at_the_bit_rate() {
        let mut microphone = Microphone::new(MicrophoneConfig::default());

        let packets = second(&mut microphone);

        assert_eq!(packets.len(), 50);
        let bytes: usize = packets.iter().map(|packet| packet.payload.len()).sum();
        assert_eq!(Bitrate::from_bps(bytes as u64 * 8), Bitrate::from_kbps(32));
        let facts = PacketFacts::parse(&packets[0].payload).unwrap();
        assert_eq!((facts.duration(), facts.silence), (PACKET_EVERY, false));
        let frames: Vec<_> =
            packets.iter().map(|one| Stamp::read(&one.payload[1..]).unwrap().frame).collect();
        assert_eq!(frames, (0..50).collect::<Vec<_>>());
        assert_eq!(packets.iter().filter(|packet| packet.marker).count(), 1);
    }

    #[test]
    fn silence_with_dtx_is_a_short_packet_every_400_ms_and_speech_begins_with_a_marker() {
        let mut microphone = Microphone::new(MicrophoneConfig {
            dtx: true,
            voice: Voice::Silent,
            ..MicrophoneConfig::default()
        });

        let silent = second(&mut microphone);
        microphone.set_voice(Voice::SPEECH);
        let speech = second(&mut microphone);

        assert_eq!(silent.len(), 3);
        assert!(silent.iter().all(|packet| PacketFacts::parse(&packet.payload).unwrap().silence));
        assert!(silent.iter().all(|packet| !packet.level.voice));
        assert!(speech[0].marker && speech[0].level.voice);
    }

    #[test]
    fn silence_without_dtx_keeps_the_packets() {
        let config = MicrophoneConfig { voice: Voice::Silent, ..MicrophoneConfig::default() };

        assert_eq!(second(&mut Microphone::new(config)).len(), 50);
    }
}

//! What a participant publishes and receives.

use rtp::Bitrate;

/// One participant.
#[derive(Clone, Debug)]
pub struct ParticipantConfig {
    /// All its randomness: SSRCs, ICE credentials, frame sizes. From the operating system on a real network, since
    /// the ICE password comes from it; written down in a test.
    pub seed: [u8; 32],
    /// The microphone, if it publishes one.
    pub microphone: Option<MicrophoneConfig>,
    /// The camera, if it publishes one.
    pub camera: Option<VideoConfig>,
    /// The screen, if it offers one. It starts off.
    pub screen: Option<VideoConfig>,
    /// m-lines to receive audio on.
    pub audio_lanes: usize,
    /// m-lines to receive video on.
    pub video_lanes: usize,
    /// Offers NACK and RTX for Opus too. Browsers do not by themselves; an application that edits the description can.
    pub audio_repair: bool,
    /// Offers Opus with earlier packets in each (RED, RFC 2198), as Chromium does and Firefox does not.
    pub audio_redundancy: bool,
    /// Offers lanes that show VP9 in several sizes of one stream, too, as browsers do that tell them apart.
    pub shows_sizes: bool,
    /// Offers a data channel, to write and read during the call.
    pub chat: bool,
    /// Of so many packets of media one is opened, and 1 opens all. The others are counted by their headers, and told of in
    /// feedback; pictures are not put together then. It makes many receivers cheap.
    pub opens_one_in: u32,
}

impl ParticipantConfig {
    /// Microphone, camera, and lanes for `others` people's: what the web page offers.
    #[must_use]
    pub fn call(seed: [u8; 32], others: usize) -> Self {
        Self {
            seed,
            microphone: Some(MicrophoneConfig::default()),
            camera: Some(VideoConfig::default()),
            screen: None,
            audio_lanes: others,
            video_lanes: others,
            audio_repair: false,
            audio_redundancy: true,
            shows_sizes: false,
            chat: false,
            opens_one_in: 1,
        }
    }
}

/// A synthetic microphone: Opus, 20 ms a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MicrophoneConfig {
    /// Of speech.
    pub bitrate: Bitrate,
    /// Sends two bytes every 400 ms while silent (RFC 6716 §2.1.9), as Opus with `usedtx=1`.
    pub dtx: bool,
    /// What is heard at the start.
    pub voice: Voice,
    /// How many earlier packets it sends with each, where the node takes RED. A browser that is told to sends one.
    pub redundancy: usize,
}

impl Default for MicrophoneConfig {
    /// What browsers do: 32 kbit/s, no DTX, no redundancy; somebody talks.
    fn default() -> Self {
        Self { bitrate: Bitrate::from_kbps(32), dtx: false, voice: Voice::SPEECH, redundancy: 0 }
    }
}

/// What a microphone hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// A steady voice of this attenuation, in -dBov (RFC 6464): 0 the loudest, 127 silence.
    Speaks {
        /// In -dBov.
        attenuation: u8,
    },
    /// Room noise, 70 dB down.
    Silent,
}

impl Voice {
    /// Speech as microphones hear it: -25 dBov.
    pub const SPEECH: Self = Self::Speaks { attenuation: 25 };
    /// What [`Voice::Silent`] reports.
    const NOISE: u8 = 70;

    pub(crate) const fn attenuation(self) -> u8 {
        match self {
            Self::Speaks { attenuation } => attenuation,
            Self::Silent => Self::NOISE,
        }
    }

    pub(crate) const fn speaks(self) -> bool {
        matches!(self, Self::Speaks { .. })
    }
}

/// A synthetic camera or screen: VP8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoConfig {
    /// Frames a second.
    pub frames_per_second: u32,
    /// Where the bit rate starts, before any feedback.
    pub start: Bitrate,
    /// Where it ends, however good the network is.
    pub max: Bitrate,
    /// Sends the layers of [`SIMULCAST`] instead of one.
    pub simulcast: bool,
    /// Sends all of [`SIMULCAST`]'s sizes in one stream, as VP9, where the node takes that; else nothing.
    pub scalable: bool,
}

/// One simulcast layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerConfig {
    /// Its name, `a=rid`.
    pub rid: &'static str,
    /// Its bit rate at most.
    pub max: Bitrate,
    /// With less it is not sent at all, unless it is the lowest that is wanted.
    pub min: Bitrate,
    /// Its width and height.
    pub size: (u16, u16),
}

/// The layers of a browser's 720p camera, lowest first.
pub const SIMULCAST: [LayerConfig; 3] = [
    LayerConfig { rid: "l", max: Bitrate::from_kbps(150), min: Bitrate::from_kbps(50), size: (320, 180) },
    LayerConfig { rid: "m", max: Bitrate::from_kbps(500), min: Bitrate::from_kbps(150), size: (640, 360) },
    LayerConfig { rid: "h", max: Bitrate::from_kbps(1500), min: Bitrate::from_kbps(600), size: (1280, 720) },
];

impl VideoConfig {
    /// A browser's 720p camera in three layers, from 300 kbit/s for all of them up to what they take together.
    #[must_use]
    pub fn simulcast() -> Self {
        Self { max: SIMULCAST.iter().map(|layer| layer.max).sum(), simulcast: true, ..Self::default() }
    }

    /// The same camera in three sizes of one stream.
    #[must_use]
    pub fn scalable() -> Self {
        Self { simulcast: false, scalable: true, ..Self::simulcast() }
    }

    pub(crate) const fn layers(&self) -> &'static [LayerConfig] {
        if self.simulcast { &SIMULCAST } else { &[] }
    }
}

impl Default for VideoConfig {
    /// A browser's 720p camera: 30 frames a second, from 300 kbit/s up to 1.5 Mbit/s.
    fn default() -> Self {
        Self {
            frames_per_second: 30,
            start: Bitrate::from_kbps(300),
            max: Bitrate::from_kbps(1500),
            simulcast: false,
            scalable: false,
        }
    }
}

//! Elements that tell a receiver how to show video.

use core::time::Duration;

/// How long a receiver may, and should at least, hold frames back (webrtc.org, playout-delay).
///
/// ```text
///  0                   1                   2
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |       minimum         |        maximum        |   each in 10 ms
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlayoutDelay {
    /// At least this long, in 10 ms.
    min: u16,
    /// At most this long, in 10 ms.
    max: u16,
}

impl PlayoutDelay {
    const STEP_MS: u64 = 10;
    const FIELD_MAX: u16 = 0xfff;

    /// From two durations, each cut to whole steps and to 40.95 s; `None` when they are in the wrong order.
    #[must_use]
    pub fn new(min: Duration, max: Duration) -> Option<Self> {
        let steps = |time: Duration| {
            let steps = time.as_millis() / u128::from(Self::STEP_MS);
            u16::try_from(steps).unwrap_or(Self::FIELD_MAX).min(Self::FIELD_MAX)
        };
        (min <= max).then(|| Self { min: steps(min), max: steps(max) })
    }

    /// Reads three bytes; `None` too when the minimum exceeds the maximum.
    #[must_use]
    pub fn parse(data: &[u8]) -> Option<Self> {
        let &[a, b, c] = data else { return None };
        let (a, b, c) = (u16::from(a), u16::from(b), u16::from(c));
        let (min, max) = ((a << 4) | (b >> 4), ((b & 0xf) << 8) | c);
        (min <= max).then_some(Self { min, max })
    }

    /// The wire form.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 3] {
        [(self.min >> 4) as u8, ((self.min << 4) as u8 & 0xf0) | (self.max >> 8) as u8, self.max as u8]
    }

    /// At least this long.
    #[must_use]
    pub const fn min(self) -> Duration {
        Duration::from_millis(self.min as u64 * Self::STEP_MS)
    }

    /// At most this long.
    #[must_use]
    pub const fn max(self) -> Duration {
        Duration::from_millis(self.max as u64 * Self::STEP_MS)
    }
}

/// How the camera was held (3GPP TS 26.114 §7.4.5).
///
/// ```text
///  0 1 2 3 4 5 6 7
/// +-+-+-+-+-+-+-+-+
/// |0 0 0 0 C F R R|
/// +-+-+-+-+-+-+-+-+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoOrientation {
    /// The camera that looks away from the user.
    pub back_camera: bool,
    /// Mirrored left to right.
    pub flipped: bool,
    /// What a receiver turns the picture by to show it upright.
    pub rotation: Rotation,
}

/// A quarter turn or several, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Rotation {
    /// Upright.
    None = 0,
    /// 90 degrees.
    Quarter = 1,
    /// 180 degrees.
    Half = 2,
    /// 270 degrees.
    ThreeQuarters = 3,
}

impl VideoOrientation {
    /// Reads one byte.
    #[must_use]
    pub const fn parse(data: &[u8]) -> Option<Self> {
        let &[byte] = data else { return None };
        let rotation = match byte & 3 {
            0 => Rotation::None,
            1 => Rotation::Quarter,
            2 => Rotation::Half,
            _ => Rotation::ThreeQuarters,
        };
        Some(Self { back_camera: byte & 8 != 0, flipped: byte & 4 != 0, rotation })
    }

    /// The wire form.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 1] {
        let back_camera = if self.back_camera { 8 } else { 0 };
        let flipped = if self.flipped { 4 } else { 0 };
        [back_camera | flipped | self.rotation as u8]
    }
}

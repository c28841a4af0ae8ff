//! Amounts of data, and how fast they flow. Arithmetic saturates: an estimate that runs away stops at the end of the
//! scale instead of starting again at zero.

use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign, Sub, SubAssign};
use core::time::Duration;

const NANOS_PER_SEC: u128 = 1_000_000_000;

/// Bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bitrate(u64);

impl Bitrate {
    /// Nothing flows.
    pub const ZERO: Self = Self(0);
    /// No limit.
    pub const MAX: Self = Self(u64::MAX);

    /// From bits per second.
    #[must_use]
    pub const fn from_bps(bps: u64) -> Self {
        Self(bps)
    }

    /// From 1000 bits per second.
    #[must_use]
    pub const fn from_kbps(kbps: u64) -> Self {
        Self(kbps.saturating_mul(1000))
    }

    /// Bits per second.
    #[must_use]
    pub const fn bps(self) -> u64 {
        self.0
    }

    /// The whole bytes that flow in `time`.
    #[must_use]
    pub const fn size_in(self, time: Duration) -> DataSize {
        let bits = (self.0 as u128).saturating_mul(time.as_nanos()) / NANOS_PER_SEC;
        DataSize(saturate(bits / 8))
    }

    /// How long `size` takes. At [`Bitrate::ZERO`] it takes for ever: [`Duration::MAX`].
    #[must_use]
    pub const fn time_for(self, size: DataSize) -> Duration {
        if self.0 == 0 {
            return Duration::MAX;
        }
        // At most 2^67 * 10^9 < 2^97.
        let nanos = size.0 as u128 * 8 * NANOS_PER_SEC / self.0 as u128;
        Duration::new(saturate(nanos / NANOS_PER_SEC), (nanos % NANOS_PER_SEC) as u32)
    }

    /// `numerator / denominator` of it, rounded down; itself when the denominator is 0.
    #[must_use]
    pub const fn scaled(self, numerator: u32, denominator: u32) -> Self {
        if denominator == 0 {
            return self;
        }
        Self(saturate(self.0 as u128 * numerator as u128 / denominator as u128))
    }
}

/// Bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DataSize(u64);

impl DataSize {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a count of bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Of a packet or buffer.
    #[must_use]
    pub const fn of(bytes: &[u8]) -> Self {
        Self(bytes.len() as u64)
    }

    /// Bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The rate at which this much flows in `time`; `None` for no time at all.
    #[must_use]
    pub const fn per(self, time: Duration) -> Option<Bitrate> {
        let nanos = time.as_nanos();
        if nanos == 0 {
            return None;
        }
        Some(Bitrate(saturate(self.0 as u128 * 8 * NANOS_PER_SEC / nanos)))
    }
}

macro_rules! saturating_arithmetic {
    ($unit:ident) => {
        impl Add for $unit {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $unit {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl AddAssign for $unit {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $unit {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl Sum for $unit {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self(0), Self::add)
            }
        }
    };
}

saturating_arithmetic!(Bitrate);
saturating_arithmetic!(DataSize);

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bit/s", self.0)
    }
}

impl fmt::Display for DataSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0)
    }
}

const fn saturate(wide: u128) -> u64 {
    if wide > u64::MAX as u128 { u64::MAX } else { wide as u64 }
}

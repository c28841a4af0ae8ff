//! The clocks of RTP: the media clock of a stream, and the wall clock of its sender (RFC 3550 §4, §6.4.1).

use core::num::NonZeroU32;
use core::time::Duration;

const NANOS_PER_SEC: u128 = 1_000_000_000;

/// Ticks per second of a payload type's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClockRate(NonZeroU32);

impl ClockRate {
    /// All video (RFC 3551 §5).
    pub const VIDEO: Self = Self::of(90_000);
    /// Opus, whatever it samples at (RFC 7587 §4.1).
    pub const OPUS: Self = Self::of(48_000);
    /// G.711 and telephone events.
    pub const TELEPHONE: Self = Self::of(8_000);

    const fn of(hz: u32) -> Self {
        match NonZeroU32::new(hz) {
            Some(hz) => Self(hz),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// `None` for a clock that stands still.
    #[must_use]
    pub const fn new(hz: u32) -> Option<Self> {
        match NonZeroU32::new(hz) {
            Some(hz) => Some(Self(hz)),
            None => None,
        }
    }

    /// Ticks per second.
    #[must_use]
    pub const fn hz(self) -> u32 {
        self.0.get()
    }

    /// Whole ticks within `duration`, rounded to the nearest. Saturates.
    #[must_use]
    pub const fn ticks_in(self, duration: Duration) -> u64 {
        let scaled = duration.as_nanos().saturating_mul(self.hz() as u128);
        saturate(scaled.saturating_add(NANOS_PER_SEC / 2) / NANOS_PER_SEC)
    }

    /// How long `ticks` last, to the nanosecond below.
    #[must_use]
    pub const fn duration_of(self, ticks: u64) -> Duration {
        let hz = self.hz() as u64;
        // Below one second's worth of ticks, so the product stays below 2^32 * 10^9 < 2^62.
        let nanos = (ticks % hz) * NANOS_PER_SEC as u64 / hz;
        Duration::new(ticks / hz, nanos as u32)
    }
}

/// A timestamp as it is on the wire: 32 bits of the media clock from a random start. It has no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RtpTimestamp(pub u32);

impl RtpTimestamp {
    /// `ticks` later.
    #[must_use]
    pub const fn wrapping_add(self, ticks: u32) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// `ticks` earlier.
    #[must_use]
    pub const fn wrapping_sub(self, ticks: u32) -> Self {
        Self(self.0.wrapping_sub(ticks))
    }

    /// How many ticks `self` is after `other` on the shorter way round; negative when before.
    #[must_use]
    pub const fn offset_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// Whether `self` comes after `other` on the shorter way round.
    #[must_use]
    pub const fn is_newer_than(self, other: Self) -> bool {
        self.offset_from(other) > 0
    }
}

/// A point on a stream's media clock that never wraps, with the clock's rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MediaTime {
    ticks: u64,
    rate: ClockRate,
}

impl MediaTime {
    /// `ticks` of a clock of this rate.
    #[must_use]
    pub const fn new(ticks: u64, rate: ClockRate) -> Self {
        Self { ticks, rate }
    }

    /// Ticks since the clock's zero, which means nothing outside its stream.
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.ticks
    }

    /// Ticks per second.
    #[must_use]
    pub const fn rate(self) -> ClockRate {
        self.rate
    }

    /// What goes on the wire.
    #[must_use]
    pub const fn timestamp(self) -> RtpTimestamp {
        RtpTimestamp(self.ticks as u32)
    }

    /// Time since the clock's zero.
    #[must_use]
    pub const fn since_zero(self) -> Duration {
        self.rate.duration_of(self.ticks)
    }

    /// How long after `earlier` this is; zero when it is not. Times of different rates compare by their durations.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        if self.rate == earlier.rate {
            self.rate.duration_of(self.ticks.saturating_sub(earlier.ticks))
        } else {
            self.since_zero().saturating_sub(earlier.since_zero())
        }
    }

    /// This long later, to the nearest tick.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self { ticks: self.ticks.saturating_add(self.rate.ticks_in(duration)), rate: self.rate }
    }

    /// This long earlier, to the nearest tick.
    #[must_use]
    pub const fn saturating_sub(self, duration: Duration) -> Self {
        Self { ticks: self.ticks.saturating_sub(self.rate.ticks_in(duration)), rate: self.rate }
    }
}

/// Extends the timestamps of one stream to [`MediaTime`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaTimeUnwrapper {
    rate: ClockRate,
    highest: Option<u64>,
}

impl MediaTimeUnwrapper {
    /// The first timestamp gets this many wraps, so that a late packet from before it still lies after zero.
    const FIRST_WRAPS: u64 = 1;

    /// For a stream of this clock rate.
    #[must_use]
    pub const fn new(rate: ClockRate) -> Self {
        Self { rate, highest: None }
    }

    /// Where `timestamp` lies: within half the 32-bit circle of the highest so far (6.6 hours of video clock).
    pub const fn extend(&mut self, timestamp: RtpTimestamp) -> MediaTime {
        let ticks = match self.highest {
            None => (Self::FIRST_WRAPS << 32) | timestamp.0 as u64,
            Some(highest) => {
                let offset = timestamp.offset_from(RtpTimestamp(highest as u32));
                highest.saturating_add_signed(offset as i64)
            }
        };
        match self.highest {
            Some(highest) if highest >= ticks => {}
            _ => self.highest = Some(ticks),
        }
        MediaTime::new(ticks, self.rate)
    }
}

/// Wall-clock time in the format of sender reports: seconds since 1900 in the upper 32 bits, their fraction in the
/// lower (RFC 3550 §4). Wraps in 2036.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// Seconds from 1900 to 1970: 70 years with 17 leap days.
    pub const UNIX_EPOCH_SECS: u64 = 2_208_988_800;

    /// From the time since 1970. The seconds wrap as the format does.
    #[must_use]
    pub const fn from_unix(since_1970: Duration) -> Self {
        let secs = since_1970.as_secs().wrapping_add(Self::UNIX_EPOCH_SECS);
        let fraction = ((since_1970.subsec_nanos() as u64) << 32) / NANOS_PER_SEC as u64;
        Self((secs << 32) | fraction)
    }

    /// The time since 1970, when the seconds are read as of the era that began in 1900.
    #[must_use]
    pub const fn to_unix(self) -> Option<Duration> {
        let nanos = (self.0 & 0xffff_ffff) * NANOS_PER_SEC as u64;
        match (self.0 >> 32).checked_sub(Self::UNIX_EPOCH_SECS) {
            Some(secs) => Some(Duration::new(secs, (nanos >> 32) as u32)),
            None => None,
        }
    }

    /// The middle 32 bits: what reception reports quote (RFC 3550 §6.4.1, LSR).
    #[must_use]
    pub const fn middle(self) -> NtpShort {
        NtpShort((self.0 >> 16) as u32)
    }
}

/// A time or a span in units of 1/65536 second, as LSR and DLSR are (RFC 3550 §6.4.1). Wraps after 18 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NtpShort(pub u32);

impl NtpShort {
    /// A span, to the nearest unit. Saturates.
    #[must_use]
    pub const fn from_duration(span: Duration) -> Self {
        let units = ((span.as_nanos() << 16) + NANOS_PER_SEC / 2) / NANOS_PER_SEC;
        Self(if units > u32::MAX as u128 { u32::MAX } else { units as u32 })
    }

    /// As a span, to the nanosecond below.
    #[must_use]
    pub const fn to_duration(self) -> Duration {
        let nanos = (self.0 as u64 & 0xffff) * NANOS_PER_SEC as u64;
        Duration::new(self.0 as u64 >> 16, (nanos >> 16) as u32)
    }

    /// The round trip by a report block: `now - lsr - dlsr` (RFC 3550 §6.4.1). `None` when the peer has seen no
    /// sender report yet (`lsr` is 0), or when the two clocks' granularity or a lie makes it negative.
    #[must_use]
    pub const fn round_trip(now: Self, lsr: Self, dlsr: Self) -> Option<Duration> {
        let trip = now.0.wrapping_sub(lsr.0).wrapping_sub(dlsr.0);
        if lsr.0 == 0 || trip > u32::MAX / 2 { None } else { Some(Self(trip).to_duration()) }
    }
}

const fn saturate(wide: u128) -> u64 {
    if wide > u64::MAX as u128 { u64::MAX } else { wide as u64 }
}

//! How speech sounds, by the E-model (ITU-T G.107) in the reduced form that is usual for packet networks: everything that a
//! node cannot see (rooms, echo, microphones) is at its default, so that what is left is delay and loss.
//!
//! ```text
//!  R = 93.2 − Id(delay) − Ie,eff(loss)          R  93   80     70    60    50
//!  MOS = f(R)                                  MOS 4.4  4.0    3.6   3.1   2.6
//! ```
//!
//! | part | from |
//! |---|---|
//! | 93.2 | G.107 with all its defaults |
//! | Id | the fit of G.107's curve by Cole and Rosenbluth, "Voice over IP performance monitoring" (2001): a kink at 177.3 ms |
//! | Ie,eff | G.107 §7.5, with the burst ratio |
//! | MOS | G.107 Annex B |
//!
//! It tells how one direction over one participant's connection sounds, as if whoever is at the other end stood beside the node.

use std::time::Duration;

use protocol::signal::Mos;

/// With nothing impaired: all defaults of G.107.
const BEST: f32 = 93.2;
/// Each millisecond of delay costs this,
const PER_MS: f32 = 0.024;
/// and each beyond the kink this much more: there people begin to fall into each other's words.
const PER_MS_BEYOND: f32 = 0.11;
const KINK_MS: f32 = 177.3;
/// Opus as browsers send it impairs nothing on the scale of telephony, but G.113 has no figures for it.
const CODEC_IMPAIRMENT: f32 = 0.0;
/// How well losses are concealed: what G.113 Appendix I gives for G.711 with concealment. That of Opus is no worse.
const LOSS_ROBUSTNESS: f32 = 25.1;
/// Ie,eff can take no more than this (G.107 §7.5).
const IMPAIRMENT_MAX: f32 = 95.0;
/// Opus in packets of 20 ms, with its look-ahead of 6.5 ms (RFC 6716 §2).
const CODEC_DELAY: Duration = Duration::from_micros(26_500);
/// A jitter buffer holds about this many times the jitter.
const JITTER_BUFFER: u32 = 2;

/// The transmission rating R, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Rating(f32);

/// What becomes of packets of speech in the end, recovery included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeechLoss {
    /// The part of them that is not there when it is to be heard, 0 to 1.
    pub lost: f32,
    /// How many are lost in a row, against what chance would make it: 1 for chance (G.107 §7.5, BurstR).
    pub burst_ratio: f32,
}

impl SpeechLoss {
    /// Nothing is lost.
    pub const NONE: Self = Self { lost: 0.0, burst_ratio: 1.0 };

    /// So many of so many, in so many bursts. `None` for none of none.
    #[must_use]
    pub fn of(lost: u32, expected: u32, bursts: u32) -> Option<Self> {
        if expected == 0 {
            return None;
        }
        let share = (lost as f32 / expected as f32).min(1.0);
        let in_a_row = lost as f32 / bursts.max(1) as f32;
        Some(Self { lost: share, burst_ratio: (in_a_row * (1.0 - share)).max(1.0) })
    }
}

impl Rating {
    /// Of a mean opinion of 4.0: below it some are dissatisfied (G.107 Annex B).
    pub const SATISFIED: Self = Self(80.0);
    /// Of 3.1: below it nearly all are.
    pub const ACCEPTABLE: Self = Self(60.0);

    /// Of speech that takes so long from mouth to ear.
    #[must_use]
    pub fn new(delay: Duration, loss: SpeechLoss) -> Self {
        let ms = delay.as_secs_f32() * 1000.0;
        let delayed = PER_MS * ms + PER_MS_BEYOND * (ms - KINK_MS).max(0.0);
        let percent = loss.lost.clamp(0.0, 1.0) * 100.0;
        let robust = percent / loss.burst_ratio.max(1.0) + LOSS_ROBUSTNESS;
        let lossy = CODEC_IMPAIRMENT + (IMPAIRMENT_MAX - CODEC_IMPAIRMENT) * percent / robust;
        Self((BEST - delayed - lossy).clamp(0.0, 100.0))
    }

    /// Over a connection with this round trip and jitter. Half a round trip is taken for the way.
    #[must_use]
    pub fn of_connection(rtt: Duration, jitter: Duration, loss: SpeechLoss) -> Self {
        Self::new(rtt / 2 + jitter * JITTER_BUFFER + CODEC_DELAY, loss)
    }

    /// The worse of two; what is not known is not bad.
    #[must_use]
    pub fn worse(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(Self(one)), Some(Self(other))) => Some(Self(one.min(other))),
            (one, other) => one.or(other),
        }
    }

    /// A step from here to `to`, of this part of the way.
    #[must_use]
    pub fn towards(self, to: Self, part: f32) -> Self {
        Self(self.0 + (to.0 - self.0) * part)
    }

    /// The mean opinion (G.107 Annex B).
    #[must_use]
    pub fn mos(self) -> Mos {
        let r = self.0;
        let mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
        // The curve dips below 1 at its lower end, where the scale does not.
        Mos::from_tenths((mos.max(1.0) * 10.0).round() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mos(ms: u64, lost: f32, burst_ratio: f32) -> f32 {
        Rating::new(Duration::from_millis(ms), SpeechLoss { lost, burst_ratio }).mos().into()
    }

    #[test]
    fn it_is_what_the_e_model_says_at_known_points() {
        // By hand from the formulae of the table above.
        assert_eq!(mos(20, 0.0, 1.0), 4.4);
        assert_eq!(mos(150, 0.0, 1.0), 4.3);
        assert_eq!(mos(300, 0.0, 1.0), 3.7);
        assert_eq!(mos(400, 0.0, 1.0), 3.1);
        assert_eq!(mos(20, 0.01, 1.0), 4.3);
        assert_eq!(mos(20, 0.05, 1.0), 3.9);
        assert_eq!(mos(20, 0.10, 1.0), 3.4);
        assert_eq!(mos(20, 1.0, 1.0), 1.2);
        // Annex B: R of 80, 70, 60 and 50 is 4.03, 3.60, 3.10 and 2.58.
        assert_eq!([80.0, 70.0, 60.0, 50.0].map(|r| Rating(r).mos().tenths()), [40, 36, 31, 26]);
    }

    #[test]
    fn delay_and_loss_only_ever_make_it_worse() {
        let rating = |ms, permille: u16, burst_ratio| {
            let loss = SpeechLoss { lost: f32::from(permille) / 1000.0, burst_ratio };
            Rating::new(Duration::from_millis(ms), loss)
        };
        for ms in (0..2000).step_by(10) {
            for permille in (0..=990).step_by(10) {
                for burst_ratio in [1.0, 2.0, 5.0] {
                    let here = rating(ms, permille, burst_ratio);
                    assert!(rating(ms + 10, permille, burst_ratio) <= here);
                    assert!(rating(ms, permille + 10, burst_ratio) <= here);
                    assert!(rating(ms, permille, burst_ratio + 1.0) <= here);
                    assert!(here.mos() >= rating(ms + 10, permille, burst_ratio).mos());
                }
            }
        }
    }

    #[test]
    fn losses_in_bursts_are_worse_than_by_chance() {
        let (by_chance, in_bursts) = (mos(50, 0.1, 1.0), mos(50, 0.1, 4.0));

        assert!(in_bursts < by_chance - 0.3 && in_bursts < 3.1, "{in_bursts} and {by_chance}");
    }

    #[test]
    fn a_burst_ratio_is_one_for_chance() {
        // 100 of 1000 lost: by chance 1.11 in a row, so in 90 bursts.
        let by_chance = SpeechLoss::of(100, 1000, 90).unwrap();
        let in_bursts = SpeechLoss::of(100, 1000, 25).unwrap();

        assert!((by_chance.burst_ratio - 1.0).abs() < 0.01, "{by_chance:?}");
        assert!((in_bursts.burst_ratio - 3.6).abs() < 0.01, "{in_bursts:?}");
        assert_eq!(SpeechLoss::of(0, 50, 0), Some(SpeechLoss::NONE));
        assert_eq!(SpeechLoss::of(0, 0, 0), None);
    }
}

//! What one second of one direction of a connection was like, and what it is read from.
//!
//! | | from a participant | to a participant |
//! |---|---|---|
//! | bit rate | what their layers bring | what their lanes sent |
//! | loss | numbers that nothing has filled a second later | what they tell, less what earlier packets in later ones mend |
//! | jitter | of their streams | as they report it |
//! | freeze | no packet of a camera that is on and watched | no packet to a lane that shows one, or a pause |
//!
//! Everything is read once a second from what is counted anyway; a packet costs nothing here.

use std::time::{Duration, Instant};

use protocol::signal::Kind;
use rtp::Bitrate;

use super::mos::{Rating, SpeechLoss};
use crate::layers::Layer;
use crate::receive::stream::Missing;
use crate::send::bandwidth::Losses;
use crate::send::redundancy::Loss;

/// A second of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    /// Of media, without headers.
    pub bitrate: Bitrate,
    /// What was missing after all recovery, in thousandths: of sound, and where there was none of pictures. `None` where nothing
    /// was to come.
    pub loss_permille: Option<u16>,
    /// How unevenly it came (RFC 3550 §6.4.1).
    pub jitter: Duration,
    /// To the participant and back; `None` while it is not measured.
    pub rtt: Option<Duration>,
    /// How much of the second a camera's picture stood.
    pub frozen: Duration,
    /// The highest layer of a camera.
    pub layer: Option<Layer>,
    /// How speech sounds.
    pub rating: Option<Rating>,
}

impl Sample {
    /// With the loss and the rating that follow from it.
    pub(crate) fn with_loss(self, loss: Option<SpeechLoss>) -> Self {
        let loss_permille = loss.map(|loss| (loss.lost * 1000.0).round() as u16);
        let rating = loss.zip(self.rtt).map(|(loss, rtt)| Rating::of_connection(rtt, self.jitter, loss));
        Self { loss_permille, rating, ..self }
    }
}

/// What has been missing of the streams of one kind.
impl Missing {
    /// As the E-model reads it.
    pub(crate) fn speech_loss(self) -> Option<SpeechLoss> {
        SpeechLoss::of(self.lost, self.expected, self.bursts)
    }
}

/// A report counts for this long: browsers make one a second, or every five.
const REPORT_VALID: Duration = Duration::from_secs(6);
/// What is known of bursts halves with this many seconds.
const BURSTS_KEPT: (u32, u32) = (7, 8);
/// In sixteenths of packets, so that what is kept does not round away.
const SCALE: u32 = 16;

/// What a subscriber tells of what it gets, gathered from second to second.
///
/// Loss is by transport-wide feedback where there is any. A reception report cannot tell what was lost on the way to the
/// participant from what its publisher lost: a lane leaves free the numbers of what never came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reported {
    fresh: [Loss; 2],
    fresh_jitter: [Duration; 2],
    /// The loss and the jitter of the last that was told.
    loss: Option<(f32, Instant)>,
    jitter: Option<(Duration, Instant)>,
    /// Packets lost, and in how many bursts. Kept for some seconds.
    lost: u32,
    bursts: u32,
    before: Losses,
}

impl Reported {
    /// Takes what a report says of one lane.
    pub(crate) fn handle_report(&mut self, kind: Kind, loss: Loss, jitter: Duration) {
        if loss.expected == 0 {
            return;
        }
        let at = usize::from(kind == Kind::Video);
        self.fresh[at].expected = self.fresh[at].expected.saturating_add(loss.expected);
        self.fresh[at].lost = self.fresh[at].lost.saturating_add(loss.lost);
        self.fresh_jitter[at] = self.fresh_jitter[at].max(jitter);
    }

    /// Takes what transport-wide feedback has told since the beginning, and gives what it has since the last time.
    pub(crate) fn handle_feedback(&mut self, losses: Losses, now: Instant) -> Losses {
        let fresh = losses.since(std::mem::replace(&mut self.before, losses));
        let keep = |kept: u32, fresh: u32| {
            (kept * BURSTS_KEPT.0 / BURSTS_KEPT.1).saturating_add(fresh.min(u32::from(u16::MAX)) * SCALE)
        };
        self.lost = keep(self.lost, fresh.lost);
        self.bursts = keep(self.bursts, fresh.bursts);
        if fresh.told > 0 {
            self.loss = Some(((fresh.lost as f32 / fresh.told as f32).min(1.0), now));
        }
        fresh
    }

    /// What is known of the last second: the part that is missing in the end, and the jitter. `redundancy`: how many earlier
    /// packets go with each of sound; `repeats`: lost sound is asked for again.
    pub(crate) fn take(
        &mut self,
        redundancy: usize,
        repeats: bool,
        now: Instant,
    ) -> Option<(SpeechLoss, Duration)> {
        let fresh = std::mem::take(&mut self.fresh);
        let jitters = std::mem::take(&mut self.fresh_jitter);
        if let Some(at) = fresh.iter().position(|loss| loss.expected > 0) {
            self.jitter = Some((jitters[at], now));
            if self.before == Losses::default() {
                self.loss = Some(((fresh[at].lost as f32 / fresh[at].expected as f32).min(1.0), now));
            }
        }
        let is_valid = |at: Instant| now.saturating_duration_since(at) < REPORT_VALID;
        self.loss = self.loss.filter(|(_, at)| is_valid(*at));
        self.jitter = self.jitter.filter(|(_, at)| is_valid(*at));
        let (share, _) = self.loss?;
        let in_a_row = (self.lost as f32 / self.bursts.max(1) as f32).max(1.0);
        let lost = mended(share, in_a_row, redundancy, repeats);
        let burst_ratio = (in_a_row * (1.0 - share)).max(1.0);
        let jitter = self.jitter.map_or(Duration::ZERO, |(jitter, _)| jitter);
        Some((SpeechLoss { lost, burst_ratio }, jitter))
    }
}

/// What is left of a loss where each packet brings so many earlier ones (RFC 2198): those whose next ones are lost too. Where so
/// many are lost in a row on average, the next is with a chance of 1 − 1 / `in_a_row`; by chance that is the loss itself.
fn mended(share: f32, in_a_row: f32, redundancy: usize, repeats: bool) -> f32 {
    let next_too = (1.0 - 1.0 / in_a_row).max(share);
    let depth = i32::try_from(redundancy).unwrap_or(i32::MAX);
    let left = share * next_too.powi(depth);
    // Asked for again, it is lost again by chance.
    if repeats { left * share } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::fixtures::start;

    const SECOND: Duration = Duration::from_secs(1);

    fn loss(expected: u32, lost: u32) -> Loss {
        Loss { expected, lost }
    }

    fn permille(loss: SpeechLoss) -> u32 {
        (loss.lost * 1000.0).round() as u32
    }

    #[test]
    fn sound_counts_before_pictures() {
        let mut reported = Reported::default();
        reported.handle_report(Kind::Video, loss(100, 50), SECOND);
        reported.handle_report(Kind::Audio, loss(50, 1), Duration::from_millis(7));

        let (told, jitter) = reported.take(0, false, start()).unwrap();

        assert_eq!((permille(told), jitter), (20, Duration::from_millis(7)));
    }

    #[test]
    fn who_tells_what_arrives_is_not_blamed_for_what_a_publisher_loses() {
        let mut reported = Reported::default();
        reported.handle_report(Kind::Audio, loss(50, 10), Duration::ZERO);
        reported.handle_feedback(Losses { told: 50, lost: 0, bursts: 0 }, start());

        assert_eq!(reported.take(0, false, start()), Some((SpeechLoss::NONE, Duration::ZERO)));
    }

    #[test]
    fn a_report_counts_until_the_next_and_not_for_ever() {
        let mut reported = Reported::default();
        let now = start();
        assert_eq!(reported.take(0, false, now), None, "nothing is known");
        reported.handle_report(Kind::Audio, loss(250, 25), Duration::ZERO);

        let at = |reported: &mut Reported, secs| {
            reported.take(0, false, now + SECOND * secs).map(|(loss, _)| permille(loss))
        };

        assert_eq!([0, 1, 5, 6].map(|secs| at(&mut reported, secs)), [Some(100), Some(100), Some(100), None]);
    }

    #[test]
    fn what_redundancy_mends_is_not_counted() {
        let left = |bursts, redundancy, repeats| {
            let mut reported = Reported::default();
            reported.handle_feedback(Losses { told: 1000, lost: 50, bursts }, start());
            permille(reported.take(redundancy, repeats, start()).unwrap().0)
        };
        // Of 5 % by chance, in 47 bursts; and in bursts of five.
        let (by_chance, in_bursts) = (47, 10);

        assert_eq!(left(by_chance, 0, false), 50);
        assert_eq!(left(by_chance, 1, false), 3);
        assert_eq!(left(in_bursts, 1, false), 40, "the next is lost as well, most often");
        assert_eq!(left(in_bursts, 7, false), 10);
        assert_eq!(left(by_chance, 0, true), 3);
    }
}

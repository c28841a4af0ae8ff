//! What it is due to that something is amiss: one rule for everybody, in the order of what can be told for sure.
//!
//! ```text
//!  the worker leaves a picture out ──────────────────────▶ server
//!  nothing amiss on either way: the browser has no time ─▶ device, else nothing
//!  most of the node's participants at once ──────────────▶ server
//!  pictures stand, nothing is lost, no time ─────────────▶ device
//!  else the worse way ───────────────────────────────────▶ uplink, downlink
//! ```

use std::time::Duration;

use protocol::signal::Cause;

use super::mos::Rating;

/// More loss than this on the way, in thousandths, is amiss even where it is recovered: it costs delay, and a little more is not.
const LOST: u16 = 30;
/// And this much is worse than that.
const LOST_MUCH: u16 = 100;
/// A longer round trip is felt (ITU-T G.114: 150 ms one way).
const RTT: Duration = Duration::from_millis(300);

/// How one direction was in the last second.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Condition {
    /// How speech sounds.
    pub rating: Option<Rating>,
    /// What the network lost, before any recovery, in thousandths.
    pub lost_permille: u16,
    /// How unevenly packets came.
    pub jitter: Duration,
    /// A picture stood.
    pub is_frozen: bool,
    /// The way is too thin for pictures, or nothing comes at all.
    pub is_held: bool,
}

/// What there is to judge by, of one participant.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signs {
    /// From the participant.
    pub receive: Condition,
    /// To the participant.
    pub send: Condition,
    /// There and back.
    pub rtt: Duration,
    /// The worker leaves out a picture of theirs, or one for them, because it has too much to do.
    pub is_shed: bool,
    /// Most participants of this worker are badly off at once, whatever their networks.
    pub is_common: bool,
    /// Their browser says that their device has too much to do.
    pub is_device: bool,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    None,
    Some,
    Much,
    Held,
}

impl Condition {
    fn trouble(&self) -> Trouble {
        let is_below = |least: Rating| self.rating.is_some_and(|rating| rating < least);
        if self.is_held {
            Trouble::Held
        } else if is_below(Rating::ACCEPTABLE) || self.lost_permille >= LOST_MUCH {
            Trouble::Much
        } else if is_below(Rating::SATISFIED) || self.lost_permille >= LOST || self.is_frozen {
            Trouble::Some
        } else {
            Trouble::None
        }
    }

    /// Whether a picture stands though its way is as good as it can be.
    fn stands_by_itself(&self) -> bool {
        self.is_frozen && !self.is_held && self.lost_permille < LOST
    }
}

impl Signs {
    /// Whether something is amiss that can be theirs.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.worst() > Trouble::None
    }

    fn worst(&self) -> Trouble {
        let late = if self.rtt > RTT { Trouble::Some } else { Trouble::None };
        self.receive.trouble().max(self.send.trouble()).max(late)
    }
}

/// What it is due to; `None` while nothing is amiss.
#[must_use]
pub fn cause(signs: &Signs) -> Option<Cause> {
    let Signs { receive, send, is_shed, is_common, is_device, .. } = signs;
    if *is_shed {
        return Some(Cause::Server);
    }
    if !signs.is_bad() {
        return is_device.then_some(Cause::Device);
    }
    if *is_common {
        return Some(Cause::Server);
    }
    if *is_device && receive.stands_by_itself() && send.trouble() == Trouble::None {
        return Some(Cause::Device);
    }
    // What is late both ways is on the way where packets come less evenly: there it queues.
    let rank = |way: &Condition| (way.trouble(), way.lost_permille, way.jitter);
    Some(if rank(send) > rank(receive) { Cause::Downlink } else { Cause::Uplink })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::mos::SpeechLoss;

    fn good() -> Condition {
        Condition { rating: rated(20, 0.0), ..Condition::default() }
    }

    fn rated(ms: u64, lost: f32) -> Option<Rating> {
        Some(Rating::new(Duration::from_millis(ms), SpeechLoss { lost, burst_ratio: 1.0 }))
    }

    fn lossy(permille: u16, left: f32) -> Condition {
        Condition { rating: rated(20, left), lost_permille: permille, ..Condition::default() }
    }

    const FROZEN: Condition =
        Condition { rating: None, lost_permille: 0, jitter: Duration::ZERO, is_frozen: true, is_held: false };
    const HELD: Condition = Condition { is_held: true, is_frozen: false, ..FROZEN };

    #[test]
    fn each_sign_has_its_cause() {
        let signs = Signs { receive: good(), send: good(), ..Signs::default() };
        let uneven = Condition { jitter: Duration::from_millis(80), ..good() };
        let late = Duration::from_millis(400);
        let table = [
            ("nothing", signs, None),
            ("nothing known", Signs::default(), None),
            ("loss up", Signs { receive: lossy(50, 0.05), ..signs }, Some(Cause::Uplink)),
            ("loss up, recovered", Signs { receive: lossy(50, 0.0), ..signs }, Some(Cause::Uplink)),
            ("a little loss", Signs { receive: lossy(20, 0.005), ..signs }, None),
            ("held up", Signs { receive: HELD, ..signs }, Some(Cause::Uplink)),
            ("stands", Signs { receive: FROZEN, ..signs }, Some(Cause::Uplink)),
            ("loss down", Signs { send: lossy(50, 0.05), ..signs }, Some(Cause::Downlink)),
            ("paused", Signs { send: HELD, ..signs }, Some(Cause::Downlink)),
            (
                "both, worse down",
                Signs { receive: lossy(40, 0.01), send: lossy(150, 0.1), ..signs },
                Some(Cause::Downlink),
            ),
            ("both, worse up", Signs { receive: HELD, send: lossy(150, 0.1), ..signs }, Some(Cause::Uplink)),
            ("late", Signs { rtt: late, ..signs }, Some(Cause::Uplink)),
            ("late, queues down", Signs { rtt: late, send: uneven, ..signs }, Some(Cause::Downlink)),
            ("shed", Signs { is_shed: true, ..signs }, Some(Cause::Server)),
            ("shed, and a thin way", Signs { is_shed: true, send: HELD, ..signs }, Some(Cause::Server)),
            ("common, not theirs", Signs { is_common: true, ..signs }, None),
            ("common", Signs { is_common: true, receive: lossy(50, 0.05), ..signs }, Some(Cause::Server)),
            ("device", Signs { is_device: true, ..signs }, Some(Cause::Device)),
            ("device, stands", Signs { is_device: true, receive: FROZEN, ..signs }, Some(Cause::Device)),
            (
                "device, and loss up",
                Signs { is_device: true, receive: lossy(50, 0.05), ..signs },
                Some(Cause::Uplink),
            ),
            (
                "device, and loss down",
                Signs { is_device: true, send: lossy(50, 0.05), ..signs },
                Some(Cause::Downlink),
            ),
        ];

        for (what, signs, expected) in table {
            assert_eq!(cause(&signs), expected, "{what}");
        }
    }
}

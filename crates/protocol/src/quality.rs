//! How good a participant's connection is, as everybody in the room is told: a grade, an opinion score, and what it is due to.

use serde::{Deserialize, Serialize};

use crate::ids::SeatId;

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatQuality {
    /// Whose.
    pub seat: SeatId,
    /// The grade.
    pub grade: Grade,
    /// Their connection is too slow for some picture that they would see.
    pub video_paused: bool,
    /// How speech sounds over it, of both directions the worse; none while nothing has shown it. A grade without it is no more
    /// than that nothing speaks against it.
    #[serde(default)]
    pub mos: Option<Mos>,
    /// What it is due to that something is amiss; none while nothing is.
    #[serde(default)]
    pub cause: Option<Cause>,
}

/// How good a connection is, by loss and round trip of the last seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Grade {
    Lost,
    Poor,
    Fair,
    Good,
}

/// What it is due to that something is amiss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Their way to the node.
    Uplink,
    /// The node's way to them.
    Downlink,
    /// The node, or the network that it stands in.
    Server,
    /// Their device, which has too much to do.
    Device,
}

impl Cause {
    /// Every cause, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Uplink, Self::Downlink, Self::Server, Self::Device];
}

/// A mean opinion score (ITU-T P.800.1), from 1.0 to 5.0 in tenths. In JSON a number with one decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "f32", try_from = "f32")]
pub struct Mos(u8);

impl Mos {
    /// In tenths, held to the scale.
    #[must_use]
    pub const fn from_tenths(tenths: u8) -> Self {
        match tenths {
            0..=9 => Self(10),
            51.. => Self(50),
            _ => Self(tenths),
        }
    }

    /// In tenths.
    #[must_use]
    pub const fn tenths(self) -> u8 {
        self.0
    }
}

impl From<Mos> for f32 {
    fn from(mos: Mos) -> Self {
        Self::from(mos.0) / 10.0
    }
}

/// No score: outside 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a mean opinion score lies between 1 and 5")]
pub struct NoScore;

impl TryFrom<f32> for Mos {
    type Error = NoScore;

    fn try_from(score: f32) -> Result<Self, NoScore> {
        // Not so for NaN either.
        if (1.0..=5.0).contains(&score) { Ok(Self((score * 10.0).round() as u8)) } else { Err(NoScore) }
    }
}

/// What holds a client's device up, by its browser's own word (W3C webrtc-stats `qualityLimitationReason`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceLimit {
    /// Nothing.
    #[default]
    None,
    /// It cannot encode as much as the path would carry.
    Cpu,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_has_one_decimal_in_json() {
        let json = |tenths| serde_json::to_string(&Mos::from_tenths(tenths)).unwrap();

        assert_eq!([10, 37, 43, 45, 50].map(json), ["1.0", "3.7", "4.3", "4.5", "5.0"]);
        for tenths in 10..=50 {
            assert_eq!(serde_json::from_str::<Mos>(&json(tenths)).unwrap().tenths(), tenths);
        }
    }

    #[test]
    fn what_is_no_score_is_refused() {
        for text in ["0.9", "5.1", "-4", "1e300", "\"4\"", "null"] {
            assert!(serde_json::from_str::<Mos>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_older_node_tells_neither_score_nor_cause() {
        let told = r#"{"seat":"00000000-0000-0000-0000-000000000001","grade":"good","video_paused":false}"#;

        let read: SeatQuality = serde_json::from_str(told).unwrap();

        assert_eq!((read.mos, read.cause), (None, None));
    }
}

//! How a participant's connection was, as their node tells it of a consultation: stretches of ten seconds, both ways. Figures
//! only; whose they are is a seat.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::quality::{Cause, Mos};

/// The length of a stretch: trouble that is shorter is over before somebody has said what they hear.
pub const STRETCH: Duration = Duration::from_secs(10);
/// Stretches that are told at once: a minute. A node that dies takes no more with it.
pub const STRETCHES_MAX: usize = 6;

/// A stretch of one participant's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// Seconds of it that there was a connection to look at; none where somebody was away.
    pub seconds: u8,
    /// What it was due to, most of the time, that something was amiss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// From the participant.
    pub receive: Way,
    /// To the participant.
    pub forward: Way,
}

/// One direction of a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Of media, on average.
    pub bitrate_bps: u32,
    /// What was missing after all recovery, on average; none where nothing was to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_permille: Option<u16>,
    /// How unevenly it came, at worst.
    pub jitter_ms_max: u16,
    /// There and back, on average; none where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<u16>,
    /// How long a camera's picture stood.
    pub frozen_ms: u16,
    /// The lowest of the second's highest layers; none where no camera was on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer_min: Option<u8>,
    /// How speech sounded, at worst; none where nothing showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mos_min: Option<Mos>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_read_as_it_was_written_and_what_is_unknown_is_left_out() {
        let way = Way { bitrate_bps: 1_200_000, mos_min: Some(Mos::from_tenths(43)), ..Way::default() };
        let forward = Way { loss_permille: Some(12), rtt_ms: Some(48), layer_min: Some(2), ..way };
        let stretch = Stretch { seconds: 10, cause: Some(Cause::Downlink), receive: way, forward };

        let json = serde_json::to_string(&stretch).unwrap();

        assert_eq!(serde_json::from_str::<Stretch>(&json).unwrap(), stretch);
        let receive = r#""receive":{"bitrate_bps":1200000,"jitter_ms_max":0,"frozen_ms":0,"mos_min":4.3}"#;
        assert!(json.contains(receive), "{json}");
        assert!(json.len() < 270, "{} bytes: six of them a minute lie in a node's spool", json.len());
    }
}

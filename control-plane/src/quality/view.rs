//! A visit's timeline as it is shown: figures by seat and role, no names.

use std::collections::BTreeMap;

use protocol::SeatId;
use protocol::quality::Cause;
use protocol::timeline::{STRETCH, Stretch, Way};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::packed;
use super::store::MinuteRow;
use crate::db::text::text_enum;
use crate::rooms::people::SeatRole;
use crate::time::Timestamp;

text_enum! {
    /// What it was due to that something was amiss.
    pub enum QualityCause {
        /// Their way to the node.
        Uplink = "uplink",
        /// The node's way to them.
        Downlink = "downlink",
        /// The node, or the network that it stands in.
        Server = "server",
        /// Their device.
        Device = "device",
    }
}

impl From<Cause> for QualityCause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Uplink => Self::Uplink,
            Cause::Downlink => Self::Downlink,
            Cause::Server => Self::Server,
            Cause::Device => Self::Device,
        }
    }
}

/// How the connections of a visit were.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct VisitQuality {
    /// How long a stretch is.
    pub stretch_secs: u64,
    /// Everybody of whom something is known, the first first.
    pub people: Vec<PersonQuality>,
}

/// How somebody's connection was.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PersonQuality {
    /// Their seat.
    #[schema(value_type = String, format = "uuid")]
    pub seat: SeatId,
    /// Their role.
    pub role: SeatRole,
    /// In order; none for the time in which they were not there.
    pub stretches: Vec<QualityStretch>,
}

/// A stretch of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QualityStretch {
    /// First instant.
    pub at: Timestamp,
    /// Seconds of it in which they were there.
    pub seconds: u8,
    /// What it was due to, most of the time, that something was amiss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<QualityCause>,
    /// From them to the clinic.
    pub receive: QualityWay,
    /// From the clinic to them.
    pub forward: QualityWay,
}

/// One direction of a stretch.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct QualityWay {
    /// Of media, on average.
    pub bitrate_bps: u32,
    /// What was missing after all recovery, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_permille: Option<u16>,
    /// How unevenly it came, at worst.
    pub jitter_ms_max: u16,
    /// There and back, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<u16>,
    /// How long a camera's picture stood.
    pub frozen_ms: u16,
    /// The lowest layer of a camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_min: Option<u8>,
    /// How speech sounded, at worst: a mean opinion score from 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mos_min: Option<f32>,
}

impl From<Way> for QualityWay {
    fn from(way: Way) -> Self {
        Self {
            bitrate_bps: way.bitrate_bps,
            loss_permille: way.loss_permille,
            jitter_ms_max: way.jitter_ms_max,
            rtt_ms: way.rtt_ms,
            frozen_ms: way.frozen_ms,
            layer_min: way.layer_min,
            mos_min: way.mos_min.map(f32::from),
        }
    }
}

/// The rows of a visit, in the order of time, as its timeline.
pub(super) fn visit(rows: Vec<MinuteRow>) -> VisitQuality {
    let mut places: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut people: Vec<PersonQuality> = Vec::new();
    for row in rows {
        let place = *places.entry(row.seat).or_insert_with(|| {
            people.push(PersonQuality { seat: SeatId(row.seat), role: row.role, stretches: Vec::new() });
            people.len() - 1
        });
        let stretches = (0..).zip(packed::unpack(&row.stretches));
        let there = stretches.filter(|(_, stretch)| stretch.seconds > 0);
        people[place].stretches.extend(there.map(|(nth, one)| shown(row.from_us + STRETCH * nth, &one)));
    }
    VisitQuality { stretch_secs: STRETCH.as_secs(), people }
}

fn shown(at: Timestamp, stretch: &Stretch) -> QualityStretch {
    QualityStretch {
        at,
        seconds: stretch.seconds,
        cause: stretch.cause.map(QualityCause::from),
        receive: stretch.receive.into(),
        forward: stretch.forward.into(),
    }
}

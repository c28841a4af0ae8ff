//! Values that cannot work, each with its key and what would be right.

use super::{Load, NetworkConfig, Scenario};
use crate::figures;

/// People of one consultation, and of a round.
const PARTICIPANTS_MAX: u32 = 16;
const ROUND_MAX: u32 = 5000;
/// Bots that one scenario may bring; each has a socket, and one machine has 65,536 ports.
const BOTS_MAX: u32 = 20_000;
/// A day, in seconds: longer is a mistake.
const SECONDS_MAX: u32 = 24 * 3600;
/// As the node takes from one participant.
const CAMERA_KBPS_MAX: u32 = 8000;

type Checked = Result<(), (String, String)>;

impl Scenario {
    pub(super) fn check(&self) -> Checked {
        self.check_load()?;
        self.check_networks()?;
        within("media.camera_kbps", self.media.camera_kbps, 0, CAMERA_KBPS_MAX)?;
        within("media.sinks_share", self.media.sinks_share, 0.0, 1.0)?;
        for (name, bound) in &self.thresholds {
            let key = || format!("thresholds.{name}");
            if !figures::is_known(name) {
                return Err((key(), format!("no figure has this name; there are {}", figures::names())));
            }
            bound.check().map_err(|problem| (key(), problem))?;
        }
        Ok(())
    }

    fn check_load(&self) -> Checked {
        match self.load {
            Load::Consultations { consultations, participants: [least, most], ramp_s, hold_s, visit_s } => {
                within("load.consultations", consultations, 1, BOTS_MAX)?;
                within("load.participants", least, 1, PARTICIPANTS_MAX)?;
                within("load.participants", most, least, PARTICIPANTS_MAX)?;
                within("load.consultations", consultations.saturating_mul(most), 1, BOTS_MAX)?;
                within("load.ramp_s", ramp_s, 0, SECONDS_MAX)?;
                within("load.hold_s", hold_s, 1, SECONDS_MAX)?;
                within("load.visit_s", visit_s, 0, SECONDS_MAX)
            }
            Load::Round { publishers, subscribers, ramp_s, hold_s } => {
                within("load.publishers", publishers, 1, PARTICIPANTS_MAX)?;
                within("load.subscribers", subscribers, 0, ROUND_MAX)?;
                within("load.ramp_s", ramp_s, 0, SECONDS_MAX)?;
                within("load.hold_s", hold_s, 1, SECONDS_MAX)
            }
            Load::ClinicDay { day_s, visits_per_minute, visit_s, no_show_share, reconnect_share } => {
                within("load.day_s", day_s, 1, SECONDS_MAX)?;
                within("load.visits_per_minute", visits_per_minute, 0.1, 10_000.0)?;
                within("load.visit_s", visit_s, 1.0, f64::from(SECONDS_MAX))?;
                within("load.no_show_share", no_show_share, 0.0, 1.0)?;
                within("load.reconnect_share", reconnect_share, 0.0, 1.0)?;
                let bots = f64::from(day_s) / 60.0 * visits_per_minute * 2.0;
                within("load.visits_per_minute", bots, 0.0, f64::from(BOTS_MAX))
                    .map_err(|(key, _)| (key, format!("{bots:.0} people in all; at most {BOTS_MAX}")))
            }
        }
    }

    fn check_networks(&self) -> Checked {
        for (at, network) in self.networks.iter().enumerate() {
            let NetworkConfig { share, loss_pct, loss_burst, rate_kbps, .. } = *network;
            let key = |name: &str| format!("network[{at}].{name}");
            within(&key("share"), share, 0.0, 1.0)?;
            within(&key("loss_pct"), loss_pct, 0.0, 90.0)?;
            within(&key("loss_burst"), loss_burst, 1.0, 100.0)?;
            within(&key("rate_kbps"), rate_kbps.unwrap_or(1), 1, 10_000_000)?;
        }
        let shares: f64 = self.networks.iter().map(|network| network.share).sum();
        within("network.share", shares, 0.0, 1.0 + 1e-9)
            .map_err(|(key, _)| (key, format!("the shares come to {shares}; at most 1 together")))
    }
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(key: &str, value: T, least: T, most: T) -> Checked {
    // Not a number is in no range.
    if value >= least && value <= most {
        return Ok(());
    }
    Err((key.to_owned(), format!("{value} is not between {least} and {most}")))
}

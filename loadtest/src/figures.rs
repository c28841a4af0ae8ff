//! The figures of a report: their names, which carry the unit, and what they mean. The JSON report has them under these names,
//! thresholds are written with them, and `docs/LOADTEST.md` lists them from here.

use std::collections::BTreeMap;

/// Every figure.
pub const FIGURES: &[(&str, &str)] = &[
    ("bots", "Participants that the schedule has"),
    ("joined", "Joins that ended with media keys, reconnects not counted"),
    ("join_failures", "Joins that did not, by whatever cause"),
    ("reconnects", "Times that somebody lost everything and came back to their seat"),
    ("reconnect_failures", "Times that they did not"),
    ("ended_early", "Participants whose call ended before they meant to leave"),
    ("join_ms_p50", "From the first step of a join to media keys at both ends"),
    ("join_ms_p95", "Likewise"),
    ("join_ms_p99", "Likewise"),
    ("join_ticket_ms_p95", "Of a join: until a token was there"),
    ("join_signal_ms_p95", "Of a join: from the token to the node's answer"),
    ("join_media_ms_p95", "Of a join: from the answer to keys (ICE and DTLS)"),
    (
        "first_frame_ms_p50",
        "From the first step of a join to the first whole picture, where somebody in the room already sent one",
    ),
    ("first_frame_ms_p95", "Likewise"),
    ("reconnect_ms_p95", "From the beginning of a reconnect to keys on the new transport"),
    (
        "transit_ms_p50",
        "From the making of a frame or a sound to its whole arrival; only where both ends are of one tester",
    ),
    ("transit_ms_p95", "Likewise"),
    ("transit_ms_p99", "Likewise"),
    ("transit_audio_ms_p99", "Likewise, of sound"),
    ("transit_video_ms_p99", "Likewise, of pictures"),
    ("rtt_ms_p50", "Round trips between bots and node, by RTCP"),
    ("rtt_ms_p95", "Likewise"),
    ("loss_pct", "Of a hundred packets that were to come, those that never did"),
    ("recovered_pct", "Of a hundred that came, those that came by retransmission or inside another"),
    ("concealed_pct", "Of a hundred packets of sound, those that were not there when they were to be heard"),
    ("corrupt", "Packets whose content was changed on the way"),
    ("freezes_per_minute", "How often a picture stood for 200 ms or longer, in a minute of a picture on"),
    ("frozen_ms_max", "The longest"),
    ("layer_switches_per_minute", "Changes of a picture's layer in a minute"),
    ("receive_kbps_mean", "Media that one participant received, on average"),
    (
        "mos_p5",
        "Speech as it sounded, as a mean opinion score (E-model): 19 of 20 reports of the node were at least this",
    ),
    ("mos_p50", "Likewise: half of the reports"),
    (
        "packets_out_per_second",
        "Datagrams that the node sent in the steady part of the run, by its own counters",
    ),
    ("mbit_out_per_second", "Likewise, 10^6 bits of datagrams"),
    ("packets_in_per_second", "Datagrams that it received"),
    ("server_cpu_pct", "Processor time of the whole node process; 100 is one core"),
    ("server_cpu_ns_per_packet", "The same over the datagrams that it sent"),
    ("server_rss_mib_max", "Memory of the process, at most"),
    (
        "server_rss_kib_per_participant",
        "Memory that it grew by, over the participants that were there at most",
    ),
    ("server_busy_pct_max", "The busiest worker's busy share in a second, at most"),
    ("packets_per_send_call", "Datagrams that one send call carried"),
    ("segments_per_run", "Datagrams of one message to the kernel (GSO)"),
    ("packets_per_receive_call", "Datagrams that one receive call brought"),
    ("server_dropped", "Datagrams that the node dropped, or the kernel did not take"),
    ("tester_cpu_pct", "The tester's own processor time; 100 is one core"),
    (
        "tester_late_ms_p99",
        "How late the tester was with what it had meant to do: with much of it, it measures itself",
    ),
];

/// Figures by name.
pub type Figures = BTreeMap<&'static str, f64>;

/// Whether there is a figure of this name.
#[must_use]
pub fn is_known(name: &str) -> bool {
    FIGURES.iter().any(|(known, _)| *known == name)
}

/// All names, for a sentence.
pub(crate) fn names() -> String {
    FIGURES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_documented_as_it_is_explained() {
        let page = include_str!("../../docs/LOADTEST.md");

        for (name, what) in FIGURES {
            assert!(page.contains(&format!("| `{name}` | {what} |")), "{name}");
        }
    }
}

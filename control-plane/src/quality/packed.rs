//! A minute of a connection as bytes: 181 of them, where JSON takes 1500. Two people fill 22 KB an hour.
//!
//! ```text
//! version 1 │ stretch (30 bytes)                                                                      │ stretch …
//!           │ seconds u8 │ cause u8 │ receive (14 bytes)                                   │ forward (14)
//!                                   │ bit rate u32 │ loss, jitter, rtt, frozen u16 │ layer, score u8
//! big-endian; what is not known is the highest value, a cause or score that is not known 0
//! ```

use protocol::quality::{Cause, Mos};
use protocol::timeline::{STRETCHES_MAX, Stretch, Way};

const VERSION: u8 = 1;
const WAY_BYTES: usize = 14;
const STRETCH_BYTES: usize = 2 + 2 * WAY_BYTES;

/// The first of them, as many as are told at once.
pub(super) fn pack(stretches: &[Stretch]) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    for stretch in stretches.iter().take(STRETCHES_MAX) {
        let cause = stretch.cause.and_then(|cause| Cause::ALL.iter().position(|one| *one == cause));
        bytes.push(stretch.seconds);
        bytes.push(cause.map_or(0, |at| at as u8 + 1));
        for way in [stretch.receive, stretch.forward] {
            let known = |value: Option<u16>| value.map_or(u16::MAX, |value| value.min(u16::MAX - 1));
            bytes.extend(way.bitrate_bps.to_be_bytes());
            for value in [known(way.loss_permille), way.jitter_ms_max, known(way.rtt_ms), way.frozen_ms] {
                bytes.extend(value.to_be_bytes());
            }
            bytes.push(way.layer_min.map_or(u8::MAX, |layer| layer.min(u8::MAX - 1)));
            bytes.push(way.mos_min.map_or(0, Mos::tenths));
        }
    }
    bytes
}

/// What was packed. Of another version, nothing: it was written by a newer program.
pub(super) fn unpack(bytes: &[u8]) -> Vec<Stretch> {
    match bytes.split_first() {
        Some((&VERSION, stretches)) => {
            stretches.as_chunks::<STRETCH_BYTES>().0.iter().take(STRETCHES_MAX).map(stretch).collect()
        }
        _ => Vec::new(),
    }
}

fn stretch(bytes: &[u8; STRETCH_BYTES]) -> Stretch {
    let cause = usize::from(bytes[1]).checked_sub(1).and_then(|at| Cause::ALL.get(at)).copied();
    let [receive, forward] = [2, 2 + WAY_BYTES].map(|at| way(&bytes[at..at + WAY_BYTES]));
    Stretch { seconds: bytes[0], cause, receive, forward }
}

fn way(bytes: &[u8]) -> Way {
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| bytes[at]);
    let [loss, jitter, rtt, frozen] = [4, 6, 8, 10].map(|at| u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let known = |value: u16| (value != u16::MAX).then_some(value);
    Way {
        bitrate_bps: u32::from_be_bytes([a, b, c, d]),
        loss_permille: known(loss),
        jitter_ms_max: jitter,
        rtt_ms: known(rtt),
        frozen_ms: frozen,
        layer_min: (bytes[12] != u8::MAX).then_some(bytes[12]),
        mos_min: (bytes[13] != 0).then(|| Mos::from_tenths(bytes[13])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches() -> Vec<Stretch> {
        let known = Way {
            bitrate_bps: 1_234_567,
            loss_permille: Some(0),
            jitter_ms_max: 300,
            rtt_ms: Some(258),
            frozen_ms: 10_000,
            layer_min: Some(0),
            mos_min: Some(Mos::from_tenths(10)),
        };
        let causes = Cause::ALL.map(Some).into_iter().chain([None, None]);
        let of = |cause| Stretch { seconds: 10, cause, receive: known, forward: Way::default() };
        causes.map(of).collect()
    }

    #[test]
    fn a_minute_comes_back_as_it_was() {
        let bytes = pack(&stretches());

        assert_eq!(unpack(&bytes), stretches());
        assert_eq!(bytes.len(), 181);
    }

    #[test]
    fn more_than_a_minute_is_cut_and_what_a_node_makes_up_stays_in_its_place() {
        let mut long = stretches();
        long[0].receive.rtt_ms = Some(u16::MAX);
        long[0].receive.layer_min = Some(u8::MAX);
        long.extend(stretches());

        let read = unpack(&pack(&long));

        assert_eq!(read.len(), STRETCHES_MAX);
        assert_eq!((read[0].receive.rtt_ms, read[0].receive.layer_min), (Some(65_534), Some(254)));
        assert_eq!(read[1..], stretches()[1..]);
    }

    #[test]
    fn bytes_of_any_shape_are_read_without_harm() {
        let whole = pack(&stretches());
        for length in 0..whole.len() {
            assert_eq!(unpack(&whole[..length]).len(), length.saturating_sub(1) / STRETCH_BYTES);
        }
        assert_eq!(unpack(&[2; 181]), []);
        assert_eq!(unpack(&[1; 400]).len(), STRETCHES_MAX);
    }
}

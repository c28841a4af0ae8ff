//! What need not wait with others is passed over; what anybody may want is not.

use protocol::TrackId;

use super::*;
use crate::packet::fixtures::video;

/// A frame of a size that needs those below it only in key frames, in a unit of three.
fn packet(frame: u16, spatial: u8, is_key: bool) -> PacketFacts {
    let mut facts = video(TrackId(1), u64::from(frame));
    facts.time = video(TrackId(1), u64::from(frame / 3)).time;
    facts.codec = crate::packet::Codec::Vp9;
    (facts.frame.start, facts.frame.end) = (true, true);
    facts.frame.key = is_key && spatial == 0;
    let wanted_by = if is_key { (0b111 << spatial) & 0b111 } else { bit(spatial) };
    let chains = if is_key { [spatial; 3] } else { [3; 3] };
    facts.dependency = Some(Dependency { frame, spatial, wanted_by, active: 0b111, targets: 3, chains });
    facts
}

#[test]
fn only_what_is_larger_than_anything_that_may_go_out_is_passed_over() {
    let mut lane = Scalable::default();
    let target = Some(Layer(0));
    for spatial in 0..3 {
        let facts = packet(u16::from(spatial), spatial, true);
        let frame = facts.dependency.unwrap();
        lane.select(&facts, &frame, (target, false));
    }

    assert_eq!(lane.current(), target);
    assert!(!lane.passes_over(&packet(3, 0, false), target), "it is shown");
    assert!(lane.passes_over(&packet(5, 2, false), target), "nobody may want it");
    assert!(!lane.passes_over(&packet(5, 2, false), Some(Layer(2))), "it is what is to be shown next");
    assert!(!lane.passes_over(&packet(6, 0, true), target), "everything begins with it");
    assert!(!lane.passes_over(&packet(5, 2, false), None), "a lane that pauses decides nothing");
}

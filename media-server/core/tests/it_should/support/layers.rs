//! A camera in layers, as a browser sends it: each layer counts and clocks by itself.

use super::{Browser, Outgoing, REPAIRED_RID_ID, RID_ID};

/// The layers of [`super::World::layered`], lowest first.
pub(crate) const RIDS: [&str; 3] = ["l", "m", "h"];

/// The stream of a layer; that of its retransmissions is 50 higher.
pub(crate) const fn ssrc(layer: usize) -> u32 {
    9000 + layer as u32
}

/// What the layer's clock shows at frame 0.
pub(crate) const fn offset(layer: usize) -> u32 {
    [5_000, 4_000_000_000, 77][layer]
}

/// A frame of a layer in one packet, named.
pub(crate) fn frame(browser: &mut Browser, layer: usize, number: u16, payload: &[u8]) -> Vec<u8> {
    named(browser, (ssrc(layer), RIDS[layer]), (number, offset(layer)), payload)
}

/// The same in H264.
pub(crate) fn h264_frame(browser: &mut Browser, layer: usize, number: u16, payload: &[u8]) -> Vec<u8> {
    let outgoing = Outgoing {
        ssrc: ssrc(layer),
        payload_type: 109,
        sequence: number,
        timestamp: offset(layer).wrapping_add(u32::from(number) * 3000),
        marker: true,
        level: None,
        mid: Some("c"),
        payload,
    };
    browser.packet_of(&outgoing, Some((RID_ID, RIDS[layer])))
}

/// A frame of any stream under any name.
pub(crate) fn named(
    browser: &mut Browser,
    (ssrc, rid): (u32, &str),
    (number, offset): (u16, u32),
    payload: &[u8],
) -> Vec<u8> {
    let timestamp = offset.wrapping_add(u32::from(number) * 3000);
    let outgoing = Outgoing {
        ssrc,
        payload_type: 96,
        sequence: number,
        timestamp,
        marker: true,
        level: None,
        mid: Some("c"),
        payload,
    };
    browser.packet_of(&outgoing, Some((RID_ID, rid)))
}

/// A frame of a layer once more, by RTX.
pub(crate) fn again(
    browser: &mut Browser,
    (layer, rid): (usize, Option<&str>),
    (rtx, number): (u16, u16),
    payload: &[u8],
) -> Vec<u8> {
    let outgoing = Outgoing {
        ssrc: ssrc(layer) + 50,
        payload_type: 97,
        sequence: rtx,
        timestamp: offset(layer).wrapping_add(u32::from(number) * 3000),
        marker: true,
        level: None,
        mid: Some("c"),
        payload: &[&number.to_be_bytes(), payload].concat(),
    };
    browser.packet_of(&outgoing, rid.map(|rid| (REPAIRED_RID_ID, rid)))
}

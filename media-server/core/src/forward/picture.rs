//! VP8 picture numbers over a switch of tracks (RFC 7741 §4.2).
//!
//! A receiver orders frames by PictureID and TL0PICIDX. Each publisher counts from its own start, so after a switch a
//! lane shifts both by a constant, in place. Only a payload whose descriptor is in the clear has these facts; an
//! encrypted one has none and passes untouched.

use rtp::codec::vp8::Descriptor;

use super::rewrite::Rewritten;

/// Shifts the picture numbers in `payload` as the lane's segment says.
#[inline]
pub(super) fn patch(descriptor: Option<Descriptor>, rewritten: &Rewritten, payload: &mut [u8]) {
    let Some(descriptor) = descriptor else { return };
    if rewritten.picture_shift != 0
        && let Some(id) = descriptor.picture_id
    {
        descriptor.overwrite_picture_id(payload, id.value().wrapping_add(rewritten.picture_shift));
    }
    if rewritten.tl0_shift != 0
        && let Some(index) = descriptor.tl0_pic_idx
    {
        descriptor.overwrite_tl0_pic_idx(payload, index.wrapping_add(rewritten.tl0_shift));
    }
}

#[cfg(test)]
mod tests {
    use rtp::{ExtSeqNo, RtpTimestamp};

    use super::*;

    fn shifted(picture_shift: u16, tl0_shift: u8) -> Rewritten {
        Rewritten {
            sequence: ExtSeqNo::default(),
            timestamp: RtpTimestamp(0),
            picture_shift,
            tl0_shift,
            frame_shift: 0,
        }
    }

    /// X=1, I=1, L=1; 15-bit id 0x7fff; TL0PICIDX 255; then a payload header that must stay.
    const WIDE: [u8; 6] = [0x90, 0xc0, 0xff, 0xff, 0xff, 0xaa];
    /// X=1, I=1; 7-bit id 0x7f.
    const NARROW: [u8; 4] = [0x90, 0x80, 0x7f, 0xaa];

    fn patched<const LEN: usize>(mut payload: [u8; LEN], shift: &Rewritten) -> [u8; LEN] {
        let (descriptor, _) = Descriptor::parse(&payload).unwrap();
        patch(Some(descriptor), shift, &mut payload);
        payload
    }

    #[test]
    fn wide_ids_wrap_at_fifteen_bits_and_keep_their_mark() {
        assert_eq!(patched(WIDE, &shifted(2, 3)), [0x90, 0xc0, 0x80, 0x01, 0x02, 0xaa]);
    }

    #[test]
    fn narrow_ids_wrap_at_seven_bits() {
        assert_eq!(patched(NARROW, &shifted(2, 3)), [0x90, 0x80, 0x01, 0xaa]);
    }

    #[test]
    fn a_payload_without_readable_numbers_is_untouched() {
        let mut payload = WIDE;

        patch(None, &shifted(9, 9), &mut payload);

        assert_eq!(payload, WIDE);
    }
}

//! Datagrams in a stream: two bytes of length before each (RFC 4571 §2), as ICE-TCP has them (RFC 6544 §3).
//!
//! ```text
//!  0                   1                   2
//!  +---------------+---------------+------------ - -
//!  |            length             |  datagram …
//!  +---------------+---------------+------------ - -
//! ```

/// Before each datagram.
pub const LENGTH_LEN: usize = 2;

/// What no peer sends that speaks this: the stream is of no further use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFrame {
    /// Longer than any datagram may be.
    TooLong,
    /// Not STUN, before ICE has validated the connection.
    NotStun,
}

/// Hands each whole datagram to `each`, in order; returns how many bytes were used. What is left is less than a frame.
///
/// `datagram_max` is the longest datagram, in bytes. With `stun_only` each has to begin as STUN does (RFC 7983: first
/// byte 0 to 3).
///
/// # Errors
/// [`BadFrame`], as soon as its bytes are there; the frames before it were handed on.
pub fn split(
    bytes: &mut [u8],
    datagram_max: usize,
    stun_only: bool,
    mut each: impl FnMut(&mut [u8]),
) -> Result<usize, BadFrame> {
    let mut used = 0;
    while let Some(length) = bytes.get(used..).and_then(<[u8]>::first_chunk::<LENGTH_LEN>) {
        let length = usize::from(u16::from_be_bytes(*length));
        if length > datagram_max {
            return Err(BadFrame::TooLong);
        }
        let start = used + LENGTH_LEN;
        // Seen as soon as it is there, not when the frame is whole.
        if stun_only && length > 0 && bytes.get(start).is_some_and(|first| *first > 3) {
            return Err(BadFrame::NotStun);
        }
        let Some(datagram) = bytes.get_mut(start..start + length) else { break };
        if !datagram.is_empty() {
            each(datagram);
        }
        used = start + length;
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    const MAX: usize = 1500;

    fn frame(datagram: &[u8]) -> Vec<u8> {
        let length = u16::try_from(datagram.len()).unwrap().to_be_bytes();
        [length.as_slice(), datagram].concat()
    }

    fn parts(bytes: &[u8], stun_only: bool) -> (Vec<Vec<u8>>, Result<usize, BadFrame>) {
        let mut found = Vec::new();
        let used = split(&mut bytes.to_vec(), MAX, stun_only, |datagram| found.push(datagram.to_vec()));
        (found, used)
    }

    #[test]
    fn datagrams_come_out_as_they_went_in_wherever_the_stream_is_cut() {
        let datagrams = [vec![0x80; 1], vec![1; 1500], vec![2; 20], vec![0x90; 700]];
        let stream: Vec<u8> = datagrams.iter().flat_map(|datagram| frame(datagram)).collect();

        for cut in 0..=stream.len() {
            let (mut found, used) = parts(&stream[..cut], false);
            let (rest, all) = parts(&stream[used.unwrap()..], false);
            found.extend(rest);
            assert_eq!(found, datagrams, "cut at {cut}");
            assert_eq!(used.unwrap() + all.unwrap(), stream.len());
        }
    }

    #[test]
    fn what_is_left_is_less_than_a_frame() {
        let (found, used) = parts(&frame(&[1; 1500])[..1501], false);

        assert_eq!((found.len(), used), (0, Ok(0)));
    }

    #[test]
    fn a_longer_frame_is_refused_by_its_length_alone() {
        assert_eq!(parts(&1501_u16.to_be_bytes(), false).1, Err(BadFrame::TooLong));
        assert_eq!(parts(b"GET / HTTP/1.1", false).1, Err(BadFrame::TooLong));
        assert_eq!(parts(&[22, 3, 1, 0], false).1, Err(BadFrame::TooLong), "a TLS handshake");
    }

    #[test]
    fn before_ice_only_stun_is_read() {
        assert_eq!(parts(&frame(&[0, 1, 0, 0]), true).0.len(), 1);
        assert_eq!(parts(&frame(&[0x80; 12]), true).1, Err(BadFrame::NotStun));
        assert_eq!(parts(&frame(&[22; 100])[..3], true).1, Err(BadFrame::NotStun));
        assert_eq!(parts(&frame(&[]), true), (vec![], Ok(LENGTH_LEN)), "an empty one is passed over");
    }
}

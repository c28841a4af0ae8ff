//! What is counted before a parser sees the text (abuse 7): a description beyond these bounds is no call of ours.

use protocol::limits::{SDP_BYTES_MAX, SDP_CANDIDATES_MAX, SDP_MEDIA_MAX};

use super::OfferError;

/// Lines of a description: an m-line of Chromium has about 110, most of them codecs; 64 of them are 7000.
const LINES_MAX: usize = 8192;
/// Bytes of one line: the longest are those of candidates and fmtp, about 200.
const LINE_BYTES_MAX: usize = 1024;
/// An m-line's name is an element of every packet, of at most 16 bytes there (RFC 8285 §4.2).
pub(super) const MID_BYTES_MAX: usize = 16;

/// Checks the text, line by line.
pub(super) fn check(text: &str) -> Result<(), OfferError> {
    if text.len() > SDP_BYTES_MAX {
        return Err(OfferError::TooMany("bytes"));
    }
    let (mut lines, mut media, mut candidates) = (0, 0, 0);
    let mut mids: Vec<&str> = Vec::new();
    for line in text.lines() {
        lines += 1;
        if lines > LINES_MAX || line.len() > LINE_BYTES_MAX {
            return Err(OfferError::TooMany("lines, or bytes in one"));
        }
        if line.bytes().any(|byte| byte < b' ' && byte != b'\t') {
            return Err(OfferError::Syntax);
        }
        if line.starts_with("m=") {
            media += 1;
            check_formats(line)?;
        } else if line.starts_with("a=candidate:") {
            candidates += 1;
        } else if let Some(mid) = line.strip_prefix("a=mid:") {
            if mid.is_empty() || mid.len() > MID_BYTES_MAX || !mid.bytes().all(is_token) {
                return Err(OfferError::Invalid("a mid"));
            }
            if mids.contains(&mid) {
                return Err(OfferError::DuplicateMid);
            }
            mids.push(mid);
        } else if let Some(rest) = ["a=rtpmap:", "a=fmtp:"].iter().find_map(|key| line.strip_prefix(key)) {
            check_payload_type(rest.split_ascii_whitespace().next().unwrap_or_default())?;
        }
        if media > SDP_MEDIA_MAX || mids.len() > SDP_MEDIA_MAX {
            return Err(OfferError::TooMany("m-lines"));
        }
        if candidates > SDP_CANDIDATES_MAX {
            return Err(OfferError::TooMany("candidates"));
        }
    }
    Ok(())
}

/// The payload types of an m-line over RTP.
fn check_formats(line: &str) -> Result<(), OfferError> {
    let mut words = line.split_ascii_whitespace();
    let is_rtp = words.nth(2).is_some_and(|protocol| protocol.contains("RTP/"));
    if is_rtp { words.try_for_each(check_payload_type) } else { Ok(()) }
}

fn check_payload_type(text: &str) -> Result<(), OfferError> {
    match text.parse::<u8>() {
        Ok(0..=127) => Ok(()),
        _ => Err(OfferError::PayloadType),
    }
}

/// `token-char` of RFC 8866 §9.
const fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'~')
}

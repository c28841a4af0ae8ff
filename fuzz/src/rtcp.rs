//! RTCP: compound packets and every packet inside.

use crate::rtp::every::every_rtcp_parser;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    every_rtcp_parser(bytes);
}

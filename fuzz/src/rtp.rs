//! RTP: the header, its extensions and their values, and what codecs show in the clear.

#[path = "../../crates/rtp/tests/parsers/every.rs"]
pub(crate) mod every;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    every::every_rtp_parser(bytes);
    every::every_value_parser(bytes);
    every::every_codec_parser(bytes);
}

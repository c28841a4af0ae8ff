//! Dependency descriptors of one stream, each by the structure before it, written again and rewritten.

use crate::rtp::every::every_descriptor_of;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    every_descriptor_of(bytes);
}

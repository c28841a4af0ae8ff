//! Both directions of an association over a wire that a test can cut, reorder, replay and forge.

mod abuse;
mod findings;
mod interop;
mod packets;
mod rollover;

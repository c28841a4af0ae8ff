//! Both directions of an association over a wire that a test can cut, reorder, replay and forge.
//!
//! The modules say `cfg(test)` so that the lint which keeps `unwrap` out of the program knows them as tests.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod packets;
#[cfg(test)]
mod rollover;

//! Sending: what a subscriber gets beside the forwarding itself, and how packets become datagrams.
//!
//! | file | what | specification |
//! |---|---|---|
//! | [`run`] | packets of one destination in one piece, for one GSO send | |
//! | [`rtx`] | answers to NACKs, each sealed under an index of its own | RFC 4588, RFC 4585 §6.2.1 |
//! | [`pacer`] | when a packet may leave | |

pub mod pacer;
pub mod rtx;
pub mod run;

pub use pacer::Pacer;
pub use rtx::{RtxBudget, RtxResponder};
pub use run::{DATAGRAM_LEN_MAX, Run, Runs, equalise};

//! Sending: what a subscriber gets beside the forwarding itself, and how packets become datagrams.
//!
//! | file | what | specification |
//! |---|---|---|
//! | [`run`] | packets of one destination in one piece, for one GSO send | |
//! | [`rtx`] | answers to NACKs, each sealed under an index of its own | RFC 4588, RFC 4585 §6.2.1 |
//! | [`redundancy`] | how much audio is sent twice | RFC 2198 |
//! | [`report`] | sender and receiver reports | RFC 3550 §6.4 |
//! | [`allocate`] | which layer each lane gets out of the budget | |
//! | [`pacer`] | when a packet may leave | |
//! | `waiting` | packets that may not leave yet | |
//! | `downlink` | the way to one subscriber: the estimate, obeyed | |
//! | [`bandwidth`] | how much the subscriber's path carries | draft-ietf-rmcat-gcc-02 |

pub mod allocate;
pub mod bandwidth;
pub(crate) mod downlink;
pub mod pacer;
pub mod redundancy;
pub mod report;
pub mod rtx;
pub mod run;
pub(crate) mod waiting;

pub use bandwidth::BandwidthEstimator;
pub(crate) use downlink::Downlink;
pub use pacer::Pacer;
pub use report::NodeClock;
pub use rtx::{Asker, RtxBudget, RtxResponder};
pub use run::{DATAGRAM_LEN_MAX, Run, Runs, equalise};

//! ICE as the controlling full agent opposite an ICE-lite node (RFC 8445).
//!
//! ```text
//!  pairs: own addresses × the node's candidates of the same family, preferred ones first
//!
//!  check ──▶ answered ──▶ selected (USE-CANDIDATE) ──every 5 s a check──▶ 30 s without an answer: consent lost
//!    │ unanswered: again, doubling               │ three unanswered, or a preferred pair answers: another is selected
//! ```
//!
//! The node checks nothing itself, so there is no request to answer, no role conflict and no reflexive candidate.

mod agent;
mod stun;

pub(crate) use agent::Agent;

use std::net::SocketAddr;

/// Where an own candidate for active TCP says it is: the port is not known before it connects (RFC 6544 §4.5).
pub(crate) const TCP_ACTIVE_PORT: u16 = 9;

/// One of the node's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) address: SocketAddr,
    /// Reached by a stream.
    pub(crate) is_tcp: bool,
}

impl Candidate {
    /// Whether an own address can talk to it.
    fn pairs_with(self, local: SocketAddr) -> bool {
        self.address.is_ipv4() == local.is_ipv4() && self.is_tcp == (local.port() == TCP_ACTIVE_PORT)
    }
}

/// A 4-tuple seen from the participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The own end.
    pub local: SocketAddr,
    /// The node's end.
    pub remote: SocketAddr,
}

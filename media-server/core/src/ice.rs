//! ICE-lite (RFC 8445 §2.5): the node has public addresses, never checks, and answers checks.
//!
//! ```text
//!  Binding request ─▶ well formed, FINGERPRINT ─▶ user fragment known ─▶ rate of its source ─▶ MESSAGE-INTEGRITY
//!        │ dropped, counted, no answer: whatever fails before here                                   │
//!        ▼                                                                                           ▼
//!     silence                                          path validated; with USE-CANDIDATE selected; answered
//! ```
//!
//! | file | what | specification |
//! |---|---|---|
//! | `stun` | a Binding request read, its answer written | RFC 8489 |
//! | `agent` | a peer's credentials, validated paths, selection, consent | RFC 8445, RFC 7675 |
//! | `rate` | how often a source may ask | |
//!
//! Candidates of clients are not even read: the node never sends to an address that did not send first (abuse 56).

mod agent;
mod rate;
pub(crate) mod stun;

pub(crate) use agent::{CONSENT_FOR, Credentials, IceAgent};
pub(crate) use rate::SourceRates;

//! DTLS for WebRTC: one handshake with one peer, without sockets, threads or a clock.
//!
//! ```text
//!  datagram of an          Guard                Engine                Endpoint
//!  ICE-validated ─▶ bounds, reassembly, ─▶ the DTLS library ─▶ fingerprint, deadline ─▶ Event
//!  tuple            order of messages      (DTLS 1.2)          one outcome
//! ```
//!
//! What a newcomer reads, in this order:
//!
//! | file | what | specification |
//! |---|---|---|
//! | `endpoint.rs` | the object that node and client hold, and its calling contract | RFC 5764, RFC 8827 §6.5 |
//! | `event.rs` | what comes out of it, and why it closes | |
//! | `fingerprint.rs` | `a=fingerprint`: which certificate the peer promised | RFC 8122 §5 |
//! | `identity.rs` | the own certificate and key | RFC 8827 §6.5 |
//! | `certificate.rs` | what else a peer's certificate must be | |
//! | `guard.rs`, `guard/` | what reaches the library, and how often | RFC 6347 §4.1, §4.2 |
//! | `engine.rs`, `engine/` | the narrow seam to the library | RFC 6347 |
//!
//! Three rules hold everywhere, each with tests:
//!
//! 1. **Only datagrams of an ICE-validated tuple are given to it.** Everything before that is the caller's.
//! 2. **It fails closed.** Keys come out once, and only after the peer proved the certificate it had promised.
//! 3. **Everything is bounded**: records, fragments, bytes, messages and time. The library gets whole handshake
//!    messages, each once and in order, so that its own reassembly has nothing to do.
//!
//! Randomness is drawn here, from the operating system, and nowhere above. Left out on purpose: DTLS 1.3,
//! renegotiation, resumption, pre-shared keys, and the cookie exchange (ICE has proven the address already).
#![forbid(unsafe_code)]

mod certificate;
mod endpoint;
mod engine;
mod event;
mod fingerprint;
mod guard;
mod identity;

pub use certificate::CertificateProblem;
pub use endpoint::{Endpoint, HANDSHAKE_DEADLINE, MAX_DATA_LEN, SendError};
pub use event::{CloseReason, Established, Event};
pub use fingerprint::{Fingerprint, FingerprintError, Fingerprints, HashFunction, MAX_FINGERPRINTS};
pub use guard::{GuardCounts, MAX_FRAGMENTS, MAX_HANDSHAKE_RECORDS, MAX_MESSAGE_LEN, MIN_FRAGMENT_LEN};
pub use identity::{Identity, IdentityError};

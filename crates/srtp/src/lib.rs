//! SRTP and SRTCP: sealing and opening media packets in place, for the node and for a client.
//!
//! ```text
//!  DTLS exporter ─▶ KeyingMaterial ─▶ MasterKey ─▶ (kdf) ─▶ session keys and salts
//!                    RFC 5764 §4.2      one per          RFC 3711 §4.3
//!                                       direction              │
//!        plain packet ──▶ SrtpSealer ◀────────────────────────┤
//!        sealed packet ─▶ SrtpOpener ◀────────────────────────┘
//! ```
//!
//! What a newcomer reads, in this order:
//!
//! | file | what | specification |
//! |---|---|---|
//! | `profile.rs` | the three protection profiles and their lengths | RFC 5764 §4.1.2, RFC 7714 §14.2 |
//! | `keying.rs` | the DTLS exporter's output, cut into two master keys | RFC 5764 §4.2 |
//! | `kdf.rs` | from a master key to the session keys | RFC 3711 §4.3, RFC 6188 §3 |
//! | `cipher.rs`, `cipher/` | one packet, one key: AES-GCM, AES-CM with HMAC-SHA1 | RFC 7714, RFC 3711 §4 |
//! | `window.rs` | which indexes below the highest were seen | RFC 3711 §3.3.2, RFC 6479 |
//! | `streams.rs` | the bounded table of a peer's SSRCs | |
//! | `seal.rs`, `open.rs` | the two directions | RFC 3711 §3.3, §3.4 |
//!
//! Three rules hold everywhere, each with tests:
//!
//! 1. **A (key, SSRC, index) is sealed once.** Under AES-GCM a second packet with the same nonce gives the
//!    authentication key away. A changed packet cannot be sent again; it goes by RTX with a sequence of its own.
//! 2. **Nothing is believed before the tag.** An unauthentic packet makes no state and moves no window, whatever its
//!    SSRC, its sequence number or its SRTCP index say.
//! 3. **No packet panics, allocates or waits.** The only allocation is the first authentic packet of a new SSRC.
//!
//! Left out on purpose: the handshake (`dtls`), what a packet means (`rtp`), which SSRC is whose (`media-core`),
//! re-keying (WebRTC keys a new association instead), MKI, and encrypted header extensions (RFC 6904, RFC 9335).
#![forbid(unsafe_code)]

mod cipher;
mod error;
mod kdf;
mod keying;
mod open;
mod profile;
mod seal;
mod streams;
#[cfg(test)]
mod test_vectors;
mod window;

pub use error::{KeyingError, OpenError, SealError};
pub use keying::{DtlsRole, KeyingMaterial, MasterKey};
pub use open::{MAX_OPENED_SSRCS, OpenedRtp, SrtpOpener};
pub use profile::{MAX_RTCP_OVERHEAD, MAX_RTP_OVERHEAD, SrtpProfile};
pub use seal::{MAX_SEALED_SSRCS, SrtpSealer};
pub use window::{RTCP_WINDOW, RTP_WINDOW};

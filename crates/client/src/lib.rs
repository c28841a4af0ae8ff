//! A headless participant of a consultation: it joins, sends synthetic media, receives everybody else's, and measures.
//!
//! Tests use it; a person does not. It is written apart from the node, against the same
//! specifications, so that a misreading on one side shows on the other.
//!
//! ```text
//!  ┌──────────── driver (tokio) ───────────┐   WebSocket, UDP sockets, the clock
//!  │   ┌──────── Participant ──────────┐   │   no socket, no clock, no thread
//!  │   │ sdp   session: who, which lane │   │   handle_signal, poll_signal
//!  │   │ ice ▶ dtls ▶ srtp              │   │   handle_datagram, poll_datagram
//!  │   │ send: microphone, camera, rate │   │   handle_timeout, poll_timeout
//!  │   │ receive: lanes, frames, NACK   │   │   poll_event, statistics
//!  │   └────────────────────────────────┘   │
//!  └────────────────────────────────────────┘
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`Participant`] | the state machine, and where to start reading |
//! | `sdp` | the offer written, the answer read |
//! | `ice` | the controlling full agent |
//! | `send`, `receive` | media out and in |
//! | `chat` | what is written, over a data channel |
//! | `stamp` | what the media carries, so that receivers can check and measure it |
//! | [`turn`] | a client of a TURN relay |
//! | [`driver`] | the same over real sockets: [`connect`] |
#![forbid(unsafe_code)]

mod chat;
mod clock;
mod config;
pub mod driver;
mod event;
mod ice;
mod participant;
mod random;
mod receive;
mod sdp;
mod send;
mod stamp;
mod statistics;
mod transport;
pub mod turn;

pub use config::{LayerConfig, MicrophoneConfig, ParticipantConfig, SIMULCAST, VideoConfig, Voice};
pub use driver::{Client, ConnectError, Network, Options, Relay, Route, Snapshot, connect};
pub use event::{Event, LostReason};
pub use ice::Path;
pub use participant::{Moderation, Participant, Transmit};
pub use receive::{Histogram, LaneStatistics, PLAYOUT_DELAY, Sender, SenderStatistics};
pub use sdp::AnswerError;
pub use send::{SentLayer, SentStatistics};
pub use stamp::{STAMP_LEN, SeatTag, Stamp};
pub use statistics::{LaneReport, Statistics, TrackReport, TransportStatistics};

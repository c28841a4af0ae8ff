//! The bounds both ends of a connection know. Each has its reason; exceeding one closes the connection, or for
//! an offer of a running session is refused, and harms nobody else.

use std::time::Duration;

/// A signalling frame: a join offer with 64 m-lines is about 40 KB. Abuse sentence 2.
pub const SIGNAL_FRAME_BYTES_MAX: usize = 64 * 1024;
/// An SDP inside a frame.
pub const SDP_BYTES_MAX: usize = 60 * 1024;
/// m-lines of an offer: 8 participants × (audio, video) and screens leave room. Abuse sentence 7.
pub const SDP_MEDIA_MAX: usize = 64;
/// Candidates in an offer. The node ignores them (ICE-lite), but must not be made to read millions.
pub const SDP_CANDIDATES_MAX: usize = 256;
/// Sustained signalling messages a second of one socket; a person causes a few.
pub const SIGNAL_MESSAGES_PER_SECOND: u32 = 20;
/// Burst above the sustained rate: what a page sends when it comes back from the background.
pub const SIGNAL_MESSAGES_BURST: u32 = 60;
/// Sustained signalling bytes a second of one socket: a renegotiation each second.
pub const SIGNAL_BYTES_PER_SECOND: u32 = 64 * 1024;
/// A socket without a valid first message is closed after this. Abuse sentence 5.
pub const FIRST_MESSAGE_WITHIN: Duration = Duration::from_secs(5);
/// The node sends a WebSocket ping this often, which a browser answers even in a background tab; a page sends its own `ping` as
/// often, to see that the node is there.
pub const SIGNAL_PING_EVERY: Duration = Duration::from_secs(5);
/// A signalling socket from which nothing came for this long, two answers missed, is closed; the media goes on.
pub const SIGNAL_IDLE_MAX: Duration = Duration::from_secs(15);
/// Messages to a peer that are kept until its client confirms them, so that another connection can bring them: what a
/// full room says in minutes. A ping confirms every five seconds.
pub const SIGNAL_KEPT_MAX: usize = 256;
/// Bytes of session descriptions among them: three answers with forty m-lines. All but these are small.
pub const SIGNAL_KEPT_BYTES_MAX: usize = 128 * 1024;
/// A seat without a connection, and the resume secret that opens it, is kept this long.
pub const SEAT_HELD: Duration = Duration::from_secs(120);
/// A join token lives at most this long.
pub const JOIN_TOKEN_LIFE_MAX: Duration = Duration::from_secs(300);
/// Clock difference tolerated between the control plane that signs and the node that verifies.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(10);
/// Participants of one room unless a clinic lowers it (eight people: the largest visits seen in telehealth).
pub const ROOM_SEATS_MAX: usize = 8;
/// People who wait to be let into one room, beside those inside: as many as could be let in, so that who knocks takes no
/// seat from anybody.
pub const ROOM_WAITING_MAX: usize = ROOM_SEATS_MAX;
/// Tracks one seat publishes: microphone, camera, screen, screen audio, and one spare exam camera.
pub const SEAT_TRACKS_MAX: usize = 5;
/// The node's heartbeat.
pub const NODE_BEAT_EVERY: Duration = Duration::from_secs(2);
/// A node is lost three beats after its last.
pub const NODE_LEASE: Duration = Duration::from_secs(6);
/// A frame of the node's control connection.
pub const NODE_FRAME_BYTES_MAX: usize = 256 * 1024;

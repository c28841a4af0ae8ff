//! The core's contract: what enters ([`Command`], datagrams, time), what leaves ([`Output`], [`Transmit`]), and the
//! configuration. Plain data only; tests compare it.
//!
//! ```text
//!  shell                                            core
//!    │ handle_datagram(now, path, bytes)  × batch     │   opened, noted, put aside
//!    │ flush(now)                                     │   for subscriber { for packet of the batch }
//!    │ transmits() … clear_transmits()                │   GSO runs in the core's own arena
//!    │ while let Some(output) = poll_output()         │   the rare ones
//!    │                                                │
//!    │ handle_command(now, command)                   │   then flush, transmits and outputs as above
//!    │ poll_timeout() … handle_timeout(now)           │   likewise
//! ```

use std::fmt;
use std::net::SocketAddr;

use protocol::chat::{ClientChat, NodeChat};
use protocol::moderation::Moderation;
use protocol::node::RoomEventKind;
use protocol::signal::{DeviceLimit, EndReason, LaneView, PublishTrack, ServerMessage, Source};
use protocol::{ClinicId, Generation, NodeId, Permissions, Role, RoomId, SeatId, limits};
use srtp::KeyingMaterial;

/// One transport of a seat, by the signalling connection that opened it; or one of the connections that were attached to
/// it later. Given by the shell to each connection, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What carries the datagrams of a path. The core treats both alike; the shell finds the right socket by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// A connection that the peer has opened (RFC 6544), each datagram in a frame of its own (RFC 4571).
    Tcp,
}

/// A 5-tuple, seen from the node. The core returns it as it got it, so a shell with several sockets finds the right one
/// by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// UDP and TCP may have the same addresses and ports.
    pub transport: Transport,
    /// The node's end.
    pub local: SocketAddr,
    /// The peer's end.
    pub remote: SocketAddr,
}

impl Path {
    /// By datagrams.
    #[must_use]
    pub const fn udp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { transport: Transport::Udp, local, remote }
    }

    /// By a connection.
    #[must_use]
    pub const fn tcp(local: SocketAddr, remote: SocketAddr) -> Self {
        Self { transport: Transport::Tcp, local, remote }
    }
}

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    /// As in `a=fingerprint:sha-256` (RFC 8122 §5): upper-case hex bytes between colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A hash function of RFC 8122 that is strong enough to bind a certificate. SHA-1 and MD5 are not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FingerprintHash {
    /// `sha-256`
    Sha256,
    /// `sha-384`
    Sha384,
    /// `sha-512`
    Sha512,
}

impl FingerprintHash {
    /// Bytes of the digest.
    #[must_use]
    pub const fn digest_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// One `a=fingerprint` of an offer. A certificate is the peer's when it matches any of them (RFC 8122 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerFingerprint {
    /// How it was made.
    pub hash: FingerprintHash,
    /// The digest, as long as the hash says.
    pub digest: Vec<u8>,
}

/// What one core is told once.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// Which worker this is. ICE user fragments and resume secrets begin with it, as two hex digits.
    pub worker: u8,
    /// The node, named in the session description.
    pub node: NodeId,
    /// Where peers send to: every reachable address of the worker's port, configured public addresses included, IPv4
    /// and IPv6. Written into answers as host candidates, preferred ones first.
    pub candidates: Vec<SocketAddr>,
    /// Likewise by TCP, written as passive candidates below all others; empty where none is listened at.
    pub tcp_candidates: Vec<SocketAddr>,
    /// The certificate that the handshake shows.
    pub fingerprint: Fingerprint,
    /// How much one worker takes.
    pub limits: CoreLimits,
}

/// How much one worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoreLimits {
    /// Rooms, living ones.
    pub rooms_max: usize,
    /// Peers of all rooms together.
    pub peers_max: usize,
    /// Seats of one room.
    pub room_seats_max: usize,
    /// Bits of media and feedback a second that are taken from one peer.
    pub peer_bps_max: u32,
    /// Likewise datagrams.
    pub peer_packets_per_second_max: u32,
}

impl Default for CoreLimits {
    /// More than a core of the reference machine carries, so that memory stays bounded:
    /// 2000 peers × 400 KiB is 800 MB.
    ///
    /// What comes from one peer: a camera in three layers is 2.2 Mbit/s, a shared screen 2.5 Mbit/s, sound 0.1 Mbit/s; 8 Mbit/s leaves
    /// room for probes and for a fifth sent again. That is 900 packets of 1100 bytes; 1500 with sound, feedback, and small last
    /// packets of frames.
    fn default() -> Self {
        Self {
            rooms_max: 1000,
            peers_max: 2000,
            room_seats_max: limits::ROOM_SEATS_MAX,
            peer_bps_max: 8_000_000,
            peer_packets_per_second_max: 1500,
        }
    }
}

/// A seat that a verified join token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatGrant {
    /// The tenant.
    pub clinic: ClinicId,
    /// The room.
    pub room: RoomId,
    /// The room's placement.
    pub generation: Generation,
    /// The seat.
    pub seat: SeatId,
    /// Who sits there.
    pub role: Role,
    /// What they may do.
    pub permissions: Permissions,
}

/// What the shell asks of the core.
pub enum Command {
    /// `join` with a token that the shell has verified. Answered by `Joined`, or `Refused` and [`Output::Close`].
    Join {
        /// The new peer.
        peer: PeerId,
        /// What the token says.
        grant: SeatGrant,
        /// SDP.
        offer: String,
        /// What the offer's publishing m-lines carry.
        tracks: Vec<PublishTrack>,
    },
    /// `resume`, on the worker that [`crate::resume_worker`] reads from the secret. Answered as `Join` is.
    Resume {
        /// The new peer.
        peer: PeerId,
        /// The secret.
        secret: String,
        /// SDP.
        offer: String,
        /// What the offer's publishing m-lines carry.
        tracks: Vec<PublishTrack>,
    },
    /// `reattach`, on the worker that [`crate::resume_worker`] reads from the secret: another signalling connection for the
    /// peer that the secret was given to, whose media goes on. What it sends from then on comes with its own id, and what
    /// it is told goes to that id. Answered by `Reattached` and what was missed, or `Refused` and [`Output::Close`].
    Reattach {
        /// The new connection.
        peer: PeerId,
        /// The secret.
        secret: String,
        /// The highest number that the client has taken.
        seen: u64,
    },
    /// A message with its number: `command` is done unless it was done before.
    Numbered {
        /// Whose; the command's own.
        peer: PeerId,
        /// From 1, rising by one across the connections of the peer.
        seq: u64,
        /// What: `Offer`, `Track`, `View`, `Moderate`, `Decline`, `Device`, `Leave`, `End`.
        command: Box<Command>,
    },
    /// `ping`: what the client confirms to have taken.
    Seen {
        /// Whose.
        peer: PeerId,
        /// The highest number.
        seen: u64,
    },
    /// `offer`: another session description for the same peer. Answered by `Answer` or `Refused`.
    Offer {
        /// Whose.
        peer: PeerId,
        /// SDP.
        offer: String,
        /// What the offer's publishing m-lines carry, complete.
        tracks: Vec<PublishTrack>,
    },
    /// `track`: muted, unmuted, switched on or off.
    Track {
        /// Whose.
        peer: PeerId,
        /// The m-line.
        mid: String,
        /// Whether it is on.
        active: bool,
    },
    /// `view`: at what size lanes are shown.
    View {
        /// Whose.
        peer: PeerId,
        /// Those that change.
        lanes: Vec<LaneView>,
    },
    /// `moderate`: acts on others or on the room, where the seat may do so.
    Moderate {
        /// Who.
        peer: PeerId,
        /// What.
        order: Moderation,
    },
    /// `decline`: no to what a moderator asked for.
    Decline {
        /// Who.
        peer: PeerId,
        /// What was asked for.
        source: Source,
    },
    /// `device`: what holds the client's device up now.
    Device {
        /// Whose.
        peer: PeerId,
        /// What.
        limited: DeviceLimit,
    },
    /// `leave`: the seat is free at once.
    Leave {
        /// Who.
        peer: PeerId,
    },
    /// `end`: the consultation is over for all, where the seat may do so.
    End {
        /// Who.
        peer: PeerId,
    },
    /// The signalling connection is gone. The media goes on, and what is to be told waits for the next connection.
    SignalLost {
        /// Whose.
        peer: PeerId,
    },
    /// The control plane ends a room. Ignored when the generation is not the room's.
    EndRoom {
        /// Which.
        room: RoomId,
        /// Its placement.
        generation: Generation,
        /// Why.
        reason: EndReason,
    },
    /// The control plane takes somebody out; their resume secret dies. Ignored when the generation is not the room's.
    Remove {
        /// Where.
        room: RoomId,
        /// Its placement.
        generation: Generation,
        /// Who.
        seat: SeatId,
    },
    /// The peer's DTLS handshake has come to its end.
    Handshaken {
        /// Whose.
        peer: PeerId,
        /// The keys, the certificate having matched a fingerprint of [`HandshakeOrder::Start`]; or nothing, which
        /// ends the peer.
        result: Result<KeyingMaterial, HandshakeFailed>,
    },
    /// A DTLS datagram of the node, for the peer's selected path.
    HandshakeDatagram {
        /// Whose.
        peer: PeerId,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// A message on the peer's data channel.
    Chat {
        /// Whose.
        peer: PeerId,
        /// When it came: milliseconds since 1970, UTC.
        at_ms: u64,
        /// What.
        message: ClientChat,
    },
    /// The peer's data channel is closed. The call goes on.
    ChatClosed {
        /// Whose.
        peer: PeerId,
    },
}

impl fmt::Debug for Command {
    /// The kind and who: descriptions and secrets stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join { peer, grant, .. } => write!(f, "Join({peer}, {grant:?})"),
            Self::Resume { peer, .. } => write!(f, "Resume({peer})"),
            Self::Reattach { peer, seen, .. } => write!(f, "Reattach({peer}, {seen})"),
            Self::Numbered { seq, command, .. } => write!(f, "Numbered({seq}, {command:?})"),
            Self::Seen { peer, seen } => write!(f, "Seen({peer}, {seen})"),
            Self::Offer { peer, .. } => write!(f, "Offer({peer})"),
            Self::Track { peer, active, .. } => write!(f, "Track({peer}, {active})"),
            Self::View { peer, lanes } => write!(f, "View({peer}, {lanes:?})"),
            Self::Moderate { peer, order } => write!(f, "Moderate({peer}, {order:?})"),
            Self::Decline { peer, source } => write!(f, "Decline({peer}, {source:?})"),
            Self::Device { peer, limited } => write!(f, "Device({peer}, {limited:?})"),
            Self::Leave { peer } => write!(f, "Leave({peer})"),
            Self::End { peer } => write!(f, "End({peer})"),
            Self::SignalLost { peer } => write!(f, "SignalLost({peer})"),
            Self::EndRoom { room, generation, reason } => {
                write!(f, "EndRoom({room}, {generation}, {reason:?})")
            }
            Self::Remove { room, generation, seat } => write!(f, "Remove({room}, {generation}, {seat})"),
            Self::Handshaken { peer, result } => write!(f, "Handshaken({peer}, {result:?})"),
            Self::HandshakeDatagram { peer, bytes } => {
                write!(f, "HandshakeDatagram({peer}, {} bytes)", bytes.len())
            }
            Self::Chat { peer, message, .. } => write!(f, "Chat({peer}, {message:?})"),
            Self::ChatClosed { peer } => write!(f, "ChatClosed({peer})"),
        }
    }
}

/// The handshake ended without keys. Why is logged and counted where it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the DTLS handshake failed")]
pub struct HandshakeFailed;

/// What leaves the core beside datagrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A signalling message for the peer's connection.
    Signal {
        /// Which connection's.
        peer: PeerId,
        /// Its number, if it may be said again.
        seq: Option<u64>,
        /// What.
        message: ServerMessage,
    },
    /// Close this signalling connection, after what was sent before: its peer is gone from the core, or has another.
    Close {
        /// Which.
        peer: PeerId,
        /// The WebSocket close code, of [`protocol::close`]; 1000 after `leave`.
        code: u16,
    },
    /// Something for the handshake thread.
    Handshake {
        /// Whose.
        peer: PeerId,
        /// What.
        order: HandshakeOrder,
    },
    /// Something to tell the control plane.
    Event {
        /// The tenant.
        clinic: ClinicId,
        /// The room.
        room: RoomId,
        /// Its placement.
        generation: Generation,
        /// What.
        kind: RoomEventKind,
    },
    /// A panic has cost something. It was a fault of the node, and somebody must look at it.
    Condemned(Condemned),
    /// The room holds nobody and nothing any more: what the shell keeps for it can go.
    RoomClosed {
        /// Which.
        room: RoomId,
        /// Its placement.
        generation: Generation,
    },
}

/// What a panic has cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condemned {
    /// A datagram.
    Datagram,
    /// A signalling connection. It is closed, and may join anew.
    Connection(PeerId),
    /// A room. Its connections are closed, and may join anew.
    Room(RoomId),
}

/// What the handshake thread is to do for a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeOrder {
    /// Begin as DTLS server; accept only a certificate that matches one of these. Comes once, before any datagram.
    Start {
        /// At least one.
        fingerprints: Vec<PeerFingerprint>,
    },
    /// A DTLS datagram from a path that ICE has validated.
    Datagram(Vec<u8>),
    /// A message for the peer's data channel, after those before.
    Tell(NodeChat),
    /// Forget the peer.
    Stop,
}

/// Datagrams for one path: a run of `segment_size` bytes each, of which only the last may be shorter. One GSO send.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Transmit<'a> {
    /// Where to.
    pub path: Path,
    /// Bytes of each datagram but the last.
    pub segment_size: usize,
    /// All of them, back to back.
    pub data: &'a [u8],
}

impl<'a> Transmit<'a> {
    /// The single datagrams.
    pub fn datagrams(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.data.chunks(self.segment_size.max(1))
    }
}

impl fmt::Debug for Transmit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Transmit({} → {}, {} × {})",
            self.path.local,
            self.path.remote,
            self.data.len(),
            self.segment_size
        )
    }
}

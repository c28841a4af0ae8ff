//! A live room with keys: two witnesses who talk, and members whose every byte is a program's.
//!
//! What must stay true whatever the others do is checked after every step:
//!
//! - nothing sent is larger than the datagram of an unproved sender that it answers;
//! - what goes to a witness opens with the witness's keys, each packet once, on a lane of theirs, and what is on the
//!   first witness's lane came from the first witness;
//! - what goes to anybody else was sealed for somebody;
//! - no witness is refused or closed, and the room does not end;
//! - timeouts come to an end, every datagram is counted once, and nothing due is lost without a cause.
//!
//! Over 400 lines: the checks belong to where the bytes pass, and read best beside what passes them.

mod member;
mod offer;
mod stun;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use media_core::{Command, Core, CoreConfig, CoreLimits, Counters, Fingerprint, Output, Path, PeerId};
use netsim::Timeline;
use protocol::NodeId;
use protocol::signal::{LaneState, Numbered, PublishTrack, ServerMessage};
use rtp::demux::{Protocol, classify};
use srtp::SrtpOpener;
use uuid::Uuid;

pub(crate) use member::{Arrived, GENERATION, Member, Packet, ROOM, grant, keying, path};
pub(crate) use offer::{REPAIRED_RID_ID, RID_ID, Shape};
pub(crate) use stun::unproved;

/// Where the node is.
pub(crate) const NODE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9000);
/// Members before this one are witnesses.
pub(crate) const WITNESSES: usize = 2;
/// Timeouts within one step of time: a handful of reports and feedback for each of eight members.
const TIMEOUTS_MAX: usize = 4000;
/// Witnesses check their paths this often; also the longest step of time.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// Outputs of one input of the core: a few for each pair of members.
const OUTPUTS_MAX: usize = 1000;
/// What the first witness says: nobody else does.
/// Its first byte says 20 ms of Opus.
const VOICE: &[u8] = b"Listen: the first witness speaks";
/// A VP8 key frame in one packet: picture id 1, no other fields.
const KEY_FRAME: &[u8] = &[0x90, 0x80, 1, 0x00, 0x9d, 0x01, 0x2a, 7, 7];

pub(crate) struct Room {
    core: Core,
    time: Timeline,
    pub(crate) members: Vec<Member>,
    /// Keys of peers that were replaced: what is on its way may still be theirs.
    retired: Vec<SrtpOpener>,
    next_peer: u64,
    /// RTP that came to the second witness since somebody looked.
    arrived: Vec<Arrived>,
    /// Messages to peers since somebody looked.
    pub(crate) messages: Vec<(PeerId, ServerMessage)>,
}

impl Room {
    /// Two witnesses, and `others` members, joined and with keys.
    pub(crate) fn new(others: usize) -> Self {
        let time = Timeline::new();
        let config = CoreConfig {
            worker: 0x1f,
            node: NodeId(Uuid::from_u128(9)),
            candidates: vec![NODE, SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9000))],
            tcp_candidates: Vec::new(),
            fingerprint: Fingerprint([0xab; 32]),
            limits: CoreLimits { rooms_max: 4, peers_max: 24, ..CoreLimits::default() },
        };
        let core = Core::new(config, [42; 32], time.now());
        let mut room = Self {
            core,
            time,
            members: Vec::new(),
            retired: Vec::new(),
            next_peer: 1,
            arrived: Vec::new(),
            messages: Vec::new(),
        };
        for number in 1..=(WITNESSES + others) as u32 {
            let at = room.join(Shape::visitor(number));
            room.connect(at);
        }
        room
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.core.counters()
    }

    pub(crate) fn next_peer(&mut self) -> PeerId {
        self.next_peer += 1;
        PeerId(self.next_peer)
    }

    /// Joins as a new member.
    pub(crate) fn join(&mut self, shape: Shape) -> usize {
        self.join_with(shape, shape.text(), shape.tracks())
    }

    /// Joins as a new member with an offer of any kind.
    pub(crate) fn join_with(&mut self, shape: Shape, offer: String, tracks: Vec<PublishTrack>) -> usize {
        let peer = self.next_peer();
        self.members.push(Member::new(shape, peer));
        self.command(Command::Join { peer, grant: grant(shape.number), offer, tracks });
        self.members.len() - 1
    }

    /// Comes back to a member's seat as another peer.
    pub(crate) fn resume(&mut self, at: usize) {
        let Member { shape, resume, .. } = &self.members[at];
        let (shape, secret) = (*shape, resume.clone());
        self.resume_with(at, secret, shape.text(), shape.tracks());
    }

    /// The same, with a secret and an offer of any kind. The member is somebody new if the secret is good.
    pub(crate) fn resume_with(
        &mut self,
        at: usize,
        secret: String,
        offer: String,
        tracks: Vec<PublishTrack>,
    ) {
        let peer = self.next_peer();
        let mut member = Member::new(self.members[at].shape, peer);
        member.resume.clone_from(&self.members[at].resume);
        let before = std::mem::replace(&mut self.members[at], member);
        self.command(Command::Resume { peer, secret, offer, tracks });
        if self.members[at].is_here {
            self.retired.extend(before.keys.map(|keys| keys.opener));
        } else {
            self.members[at] = before;
        }
    }

    /// Another connection for a member, with a secret and a number of any kind.
    pub(crate) fn reattach_with(&mut self, at: usize, secret: String, seen: u64) {
        let connection = self.next_peer();
        let before = std::mem::replace(&mut self.members[at].connection, connection);
        let attached = self.core.counters().reattached;
        self.command(Command::Reattach { peer: connection, secret, seen });
        if self.core.counters().reattached == attached {
            self.members[at].connection = before;
        }
    }

    /// A check that nominates, and keys.
    pub(crate) fn connect(&mut self, at: usize) {
        if !self.members[at].is_here {
            return;
        }
        let (path, check) = (self.members[at].path, self.members[at].check(true, &[]));
        self.datagram(path, &check, Proof::None);
        self.flush();
        self.install_keys(at);
    }

    /// The end of a handshake.
    pub(crate) fn install_keys(&mut self, at: usize) {
        let before = self.members[at].start_media();
        self.retired.extend(before.map(|keys| keys.opener));
        let peer = self.members[at].peer;
        self.command(Command::Handshaken { peer, result: Ok(keying(peer)) });
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.core.handle_command(self.time.now(), command);
        self.drain();
        self.flush();
    }

    /// Gives the core a datagram, without the end of the batch.
    pub(crate) fn datagram(&mut self, from: Path, bytes: &[u8], proof: Proof) {
        let before: usize = self.core.transmits().map(|transmit| transmit.data.len()).sum();
        let mut copy = bytes.to_vec();
        self.core.handle_datagram(self.time.now(), from, &mut copy);
        let after: usize = self.core.transmits().map(|transmit| transmit.data.len()).sum();
        assert!(
            proof == Proof::Sealed || after - before <= bytes.len(),
            "{} bytes answer {}",
            after - before,
            bytes.len()
        );
        self.drain();
    }

    /// The end of a batch.
    pub(crate) fn flush(&mut self) {
        self.core.flush(self.time.now());
        self.drain();
    }

    /// Moves time on, with every timeout in its place; the witnesses keep their paths.
    pub(crate) fn advance(&mut self, by: Duration) {
        let end = self.time.now() + by;
        while self.time.now() < end {
            self.run_until(end.min(self.time.now() + CHECK_EVERY));
            for at in 0..WITNESSES {
                let (path, check) = (self.members[at].path, self.members[at].check(false, &[]));
                self.datagram(path, &check, Proof::None);
            }
            self.flush();
        }
    }

    fn run_until(&mut self, end: Instant) {
        let mut timeouts = 0;
        while let Some(due) = self.core.poll_timeout().filter(|due| *due <= end) {
            self.time.advance_to(due);
            self.core.handle_timeout(self.time.now());
            self.drain();
            timeouts += 1;
            assert!(timeouts < TIMEOUTS_MAX, "timeouts do not end");
        }
        self.time.advance_to(end);
    }

    /// The first witness speaks and is seen.
    pub(crate) fn talk(&mut self) {
        let witness = &mut self.members[0];
        let (from, microphone, camera) =
            (witness.path, witness.shape.number * 100 + 1, witness.shape.number * 100 + 2);
        let (voice, picture) = (witness.sequence(microphone, 0), witness.sequence(camera, 0));
        let audio = Packet {
            ssrc: microphone,
            payload_type: 111,
            sequence: voice,
            timestamp: u32::from(voice) * 960,
            marker: false,
            is_two_byte: false,
            level: Some(0x80 | 30),
            orientation: None,
            mid: None,
            rid: None,
            dependency: None,
            payload: VOICE,
        };
        let video = Packet {
            ssrc: camera,
            payload_type: 96,
            sequence: picture,
            timestamp: u32::from(picture) * 3000,
            marker: true,
            level: None,
            payload: KEY_FRAME,
            ..audio
        };
        for packet in [audio, video] {
            let sealed = self.members[0].seal(&packet).expect("a witness has keys and counts up");
            self.datagram(from, &sealed, Proof::Sealed);
        }
        self.flush();
    }

    /// What must hold at the end: the witnesses still see and hear each other, and the books are right.
    pub(crate) fn check(&mut self) {
        self.flush();
        self.advance(Duration::from_millis(500));
        self.arrived.clear();
        self.talk();
        self.advance(Duration::from_millis(100));

        let lanes = self.lanes_of_first_witness();
        assert_eq!(
            lanes.len(),
            2,
            "a lane shows each track of the first witness: {:?}",
            self.members[1].told
        );
        for mid in &lanes {
            let shown =
                |packet: &&Arrived| self.members[1].lane_of(packet.ssrc).is_some_and(|lane| lane.mid == *mid);
            assert!(self.arrived.iter().any(|packet| shown(&packet)), "nothing comes on {mid}");
        }
        self.check_books();
    }

    /// Every datagram is counted once, everything due has its end, and nothing has grown without bound.
    fn check_books(&self) {
        let counters = self.core.counters();
        let taken =
            counters.stun_answered + counters.dtls_received + counters.rtp_received + counters.rtcp_received;
        let unread = counters.dropped_unknown_kind
            + counters.dropped_unvalidated
            + counters.dropped_stun_malformed
            + counters.dropped_stun_unknown
            + counters.dropped_stun_unauthentic
            + counters.dropped_stun_rate
            + counters.dropped_stun_taken
            + counters.dropped_dtls_rate
            + counters.dropped_over_limit
            + counters.dropped_unkeyed;
        // Some causes are also counted behind the tag, for packets that are in `rtp_received` already.
        let late = counters.dropped_unauthentic
            + counters.dropped_replayed
            + counters.dropped_malformed
            + counters.dropped_unknown_stream;
        assert!(taken + unread <= counters.received, "{counters:?}");
        assert!(counters.received <= taken + unread + late, "{counters:?}");
        let ends = counters.forwarded
            + counters.forward_held_back
            + counters.forward_failed
            + counters.forward_overflowed;
        assert_eq!(counters.forward_due, ends, "{counters:?}");
        assert_eq!(counters.outputs_dropped, 0);

        let load = self.core.load();
        assert!((1..=4).contains(&load.rooms) && load.peers <= 24 && load.seats <= 4 * 8, "{load:?}");
    }

    /// The second witness's lanes that show the first.
    fn lanes_of_first_witness(&self) -> Vec<String> {
        let seat = self.members[0].seat();
        let told = self.members[1].told.iter();
        told.filter(|lane| lane.seat == Some(seat)).map(|lane| lane.mid.clone()).collect()
    }

    fn drain(&mut self) {
        let sent: Vec<(Path, Vec<u8>)> = self
            .core
            .transmits()
            .flat_map(|transmit| transmit.datagrams().map(move |bytes| (transmit.path, bytes.to_vec())))
            .collect();
        self.core.clear_transmits();
        for (to, datagram) in sent {
            self.take_datagram(to, &datagram);
        }
        let mut outputs = 0;
        while let Some(output) = self.core.poll_output() {
            outputs += 1;
            assert!(outputs < OUTPUTS_MAX, "outputs do not end");
            self.take_output(output);
        }
    }

    fn take_datagram(&mut self, to: Path, datagram: &[u8]) {
        let Some(kind @ (Protocol::Rtp | Protocol::Rtcp)) = classify(datagram) else { return };
        let witness = self.members[..self.members.len().min(WITNESSES)].iter().position(|one| one.path == to);
        if let Some(at) = witness {
            let keys = self.members[at].keys.as_mut().expect("nothing is sealed before there are keys");
            let arrived =
                member::open(&mut keys.opener, datagram, kind).expect("sealed for this witness, once");
            if let (Some(arrived), 1) = (arrived, at) {
                self.witness(arrived);
            }
            return;
        }
        let others = self.members.iter_mut().skip(WITNESSES);
        for member in others {
            let Some(keys) = &mut member.keys else { continue };
            if let Ok(arrived) = member::open(&mut keys.opener, datagram, kind) {
                if let Some(arrived) = arrived {
                    let sequence = u16::from_be_bytes([datagram[2], datagram[3]]);
                    member.came.insert(arrived.ssrc, sequence);
                }
                return;
            }
        }
        let mut retired = self.retired.iter_mut();
        assert!(
            retired.any(|opener| member::open(opener, datagram, kind).is_ok()),
            "sealed for nobody, or twice"
        );
    }

    /// What comes to the second witness is on one of their lanes, and on those of the first witness only the first speaks.
    fn witness(&mut self, arrived: Arrived) {
        let lane = self.members[1].lane_of(arrived.ssrc).expect("of a lane of this witness");
        let is_voice = lane.mid.starts_with('a') && self.lanes_of_first_witness().contains(&lane.mid);
        let is_retransmission = lane.ssrcs.first() != Some(&arrived.ssrc);
        assert!(
            !is_voice || is_retransmission || arrived.payload == VOICE,
            "somebody else speaks as the first witness"
        );
        self.arrived.push(arrived);
    }

    fn take_output(&mut self, output: Output) {
        let is_witness =
            |room: &Self, peer| room.members.iter().take(WITNESSES).any(|one| one.connection == peer);
        match output {
            Output::Signal { peer, seq, message } => {
                check_message(seq, &message);
                if is_witness(self, peer) {
                    let is_bad =
                        matches!(message, ServerMessage::Refused { .. } | ServerMessage::Ended { .. });
                    assert!(!is_bad, "a witness hears {message:?}");
                }
                self.take_message(peer, &message);
                self.messages.push((peer, message));
            }
            Output::Close { peer, code } => {
                assert!(!is_witness(self, peer), "a witness is closed: {code}");
                let core = &self.core;
                for member in self.members.iter_mut().filter(|member| member.connection == peer) {
                    member.is_here = core.has_peer(member.peer);
                }
            }
            Output::RoomClosed { room, .. } => assert_ne!(room, ROOM, "the room has ended"),
            Output::Handshake { .. } | Output::Event { .. } | Output::Condemned(_) => {}
        }
    }

    fn take_message(&mut self, peer: PeerId, message: &ServerMessage) {
        let Some(member) = self.members.iter_mut().find(|member| member.connection == peer) else { return };
        let told = |member: &mut Member, lanes: &[LaneState]| lanes.clone_into(&mut member.told);
        match message {
            ServerMessage::Joined { answer, resume, lanes, .. } => {
                member.is_here = true;
                member.handle_answer(answer);
                resume.clone_into(&mut member.resume);
                told(member, lanes);
            }
            ServerMessage::Reattached { resume, .. } => resume.clone_into(&mut member.resume),
            ServerMessage::Answer { answer } => member.handle_answer(answer),
            ServerMessage::Lanes { lanes } => told(member, lanes),
            _ => {}
        }
    }
}

/// What the sender of a datagram has proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing, or a password: answers are no larger than questions.
    None,
    /// It is sealed with a member's keys.
    Sealed,
}

/// Every message is JSON that a client reads back.
fn check_message(seq: Option<u64>, message: &ServerMessage) {
    let numbered = Numbered { seq, message: message.clone() };
    let text = serde_json::to_string(&numbered).expect("messages are JSON");
    let read: Numbered<ServerMessage> = serde_json::from_str(&text).expect("and read back");
    assert_eq!(read, numbered);
}

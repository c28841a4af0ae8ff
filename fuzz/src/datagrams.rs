//! Datagrams into a live room with keys: what strangers, and members with the genuine keys, can do to the others.
//!
//! The bytes are a program, one step after the other; see [`Step`]. A target without keys would end at the first tag,
//! so steps seal what they send, and reach RTP, header extensions, codecs, RTX and RTCP behind it.

use std::net::SocketAddr;
use std::time::Duration;

use media_core::{Command, Counters, HandshakeFailed, Path};
use protocol::signal::{EndReason, LaneView, ViewSize};
use protocol::{Generation, RoomId};
use uuid::Uuid;

use crate::input::Input;
use crate::room::{
    GENERATION, Packet, Proof, REPAIRED_RID_ID, RID_ID, ROOM, Room, Shape, WITNESSES, keying, path, unproved,
};

/// Steps of one program: a second or two of a busy call, so that an input stays quick.
const STEPS_MAX: usize = 200;
/// Time that one program may take: past every deadline of the core (a seat is held for 120 s).
const TIME_MAX: Duration = Duration::from_secs(200);
/// Datagrams that a program can send again.
const REMEMBERED_MAX: usize = 32;
/// Members that a program can add, beside the two it begins with: one more than the room has seats for.
const ADDED_MAX: usize = 5;
/// Payload types of what holds several sizes: its packets have a dependency descriptor.
const VP9: u8 = 98;
const VP9_RTX: u8 = 99;
/// Set in what the shell does: a new member joins without a check and without keys.
pub(crate) const NOT_CONNECTED: u8 = 8;
/// Set in a step's first byte: the batch goes on with the next step.
pub(crate) const GOES_ON: u8 = 0x80;

/// What a step does. The first byte of each chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Any bytes from any path, witnesses' included.
    Raw,
    /// Attributes behind a STUN header, with a right fingerprint.
    Unproved,
    /// Any bytes sealed as RTP by a member.
    SealedRtp,
    /// A media packet with any payload and extensions, on any of a member's streams.
    Media,
    /// Many packets of a stream in one batch.
    Burst,
    /// Any bytes sealed as RTCP by a member.
    SealedRtcp,
    /// One RTCP packet about a lane.
    Feedback,
    /// A NACK of what came last on a lane.
    Nack,
    /// A connectivity check with a member's credentials, from any path.
    Check,
    /// Time.
    Wait,
    /// A datagram of before again: bent, cut, or from another path.
    Again,
    /// A member's message: mute, view, another offer, leave, resume.
    Member,
    /// What the shell or the control plane does: handshakes, stale commands, a new member.
    Shell,
    /// The first witness speaks.
    Talk,
}

/// All of them, by their number.
pub(crate) const STEPS: [Step; 14] = [
    Step::Raw,
    Step::Unproved,
    Step::SealedRtp,
    Step::Media,
    Step::Burst,
    Step::SealedRtcp,
    Step::Feedback,
    Step::Nack,
    Step::Check,
    Step::Wait,
    Step::Again,
    Step::Member,
    Step::Shell,
    Step::Talk,
];

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    play(bytes);
}

/// The same, with what the core counted: the corpus must reach behind the keys.
pub fn play(bytes: &[u8]) -> Counters {
    let mut program = Program {
        input: Input::new(bytes),
        room: Room::new(2),
        waited: Duration::ZERO,
        sent: Vec::new(),
        turn: 0,
        is_new_moment: true,
    };
    for _ in 0..STEPS_MAX {
        if program.input.is_empty() {
            break;
        }
        program.step();
    }
    program.room.check();
    *program.room.counters()
}

struct Program<'a> {
    input: Input<'a>,
    room: Room,
    waited: Duration,
    /// What was sent last, for [`Step::Again`].
    sent: Vec<(Path, Vec<u8>, Proof)>,
    turn: u32,
    is_new_moment: bool,
}

impl Program<'_> {
    fn step(&mut self) {
        let first = self.input.byte();
        match STEPS[usize::from(first & !GOES_ON) % STEPS.len()] {
            Step::Raw => {
                let (from, bytes) = (self.path(), self.input.bytes());
                self.send(from, bytes, Proof::None);
            }
            Step::Unproved => {
                let (from, bytes) = (self.path(), unproved(self.input.bytes()));
                self.send(from, &bytes, Proof::None);
            }
            Step::SealedRtp => {
                let (who, bytes) = (self.member(), self.input.bytes());
                let sealed = self.room.members[who].seal_rtp(bytes);
                self.send_sealed(who, sealed);
            }
            Step::Media => self.media(),
            Step::Burst => self.burst(),
            Step::SealedRtcp => {
                let (who, bytes) = (self.member(), self.input.bytes());
                let sealed = self.room.members[who].seal_rtcp(bytes);
                self.send_sealed(who, sealed);
            }
            Step::Feedback => self.feedback(),
            Step::Nack => self.nack(),
            Step::Check => self.check(),
            Step::Wait => self.wait(),
            Step::Again => self.again(),
            Step::Member => self.member_says(),
            Step::Shell => self.shell(),
            Step::Talk => self.room.talk(),
        }
        if first & GOES_ON == 0 {
            self.room.flush();
        }
    }

    /// A member who is not a witness.
    fn member(&mut self) -> usize {
        WITNESSES + self.input.choice(self.room.members.len() - WITNESSES)
    }

    /// Any path: of a member, a witness, or a stranger.
    fn path(&mut self) -> Path {
        let choice = self.input.byte();
        let at = usize::from(choice & 0x0f);
        match choice >> 4 {
            0..8 => self.room.members[at % self.room.members.len()].path,
            8..12 => path(SocketAddr::from(([203, 0, 113, 1], 1000 + at as u16))),
            _ => path(SocketAddr::from(([0x2001, 0xdb8, 0, at as u16, 0, 0, 0, 7], 1000))),
        }
    }

    fn send(&mut self, from: Path, bytes: &[u8], proof: Proof) {
        if self.sent.len() == REMEMBERED_MAX {
            self.sent.remove(0);
        }
        self.sent.push((from, bytes.to_vec(), proof));
        self.room.datagram(from, bytes, proof);
    }

    fn send_sealed(&mut self, who: usize, sealed: Option<Vec<u8>>) {
        if let Some(sealed) = sealed {
            self.send(self.room.members[who].path, &sealed, Proof::Sealed);
        }
    }

    /// The SSRC and payload type of one of a member's streams, or of what is none of theirs.
    fn stream(&mut self, who: usize) -> (u32, u8) {
        let base = self.room.members[who].shape.number * 100;
        match self.input.byte() & 0x0f {
            0 => (base + 1, 111),
            1 => (base + 1, 63),
            2 | 3 => (base + 2, 96),
            4 | 5 => (base + 52, 97),
            6 => (base + 2, 109),
            7 => (base + 52, 114),
            8 => (base + 3, 96),
            9 => (base + 53, 97),
            10 => (base + 9, 111),
            11 => (base + 9, 96),
            // The first witness's microphone.
            12 => (101, 111),
            // A camera in several sizes.
            15 => (base + 2, VP9),
            other => (u32::from(other) * 7919 + u32::from(self.input.byte()), self.input.byte() & 0x7f),
        }
    }

    fn media(&mut self) {
        let who = self.member();
        let (ssrc, payload_type) = self.stream(who);
        let (skip, flags) = (self.input.byte().cast_signed(), self.input.byte());
        let level = (flags & 2 != 0).then(|| self.input.byte());
        let orientation = (flags & 4 != 0).then(|| self.input.byte());
        // From 8 on: a layer, or what repairs one.
        let rid = (flags & 0x80 != 0).then(|| {
            let number = if flags & 0x40 == 0 { RID_ID } else { REPAIRED_RID_ID };
            (number, ["l", "m", "h", "x"][usize::from(flags >> 4) & 3])
        });
        let mid = match flags >> 4 {
            1 => Some("m"),
            2 => Some("c"),
            3 => Some("s"),
            4 => Some("a0"),
            5 => Some("nobody"),
            8.. => Some("c"),
            _ => None,
        };
        let has_sizes = payload_type == VP9 || payload_type == VP9_RTX;
        let dependency = has_sizes.then(|| self.input.bytes()).filter(|descriptor| !descriptor.is_empty());
        let payload = self.input.bytes();
        let sequence = self.room.members[who].sequence(ssrc, skip);
        // The packets of a moment have its time: the next begins behind the marker.
        self.turn += u32::from(!has_sizes || self.is_new_moment);
        self.is_new_moment = flags & 1 != 0;
        let sealed = self.room.members[who].seal(&Packet {
            ssrc,
            payload_type,
            sequence,
            timestamp: self.turn * 960,
            marker: flags & 1 != 0,
            is_two_byte: flags & 8 != 0,
            level,
            orientation,
            mid,
            rid,
            dependency,
            payload,
        });
        self.send_sealed(who, sealed);
    }

    fn burst(&mut self) {
        let who = self.member();
        let (ssrc, payload_type) = self.stream(who);
        let (count, skip) = (self.input.byte() & 63, self.input.byte().cast_signed());
        let payload = self.input.bytes();
        for _ in 0..count {
            let sequence = self.room.members[who].sequence(ssrc, skip);
            self.turn += 1;
            let sealed = self.room.members[who].seal(&Packet {
                ssrc,
                payload_type,
                sequence,
                timestamp: self.turn * 960,
                marker: true,
                is_two_byte: false,
                level: None,
                orientation: None,
                mid: None,
                rid: None,
                dependency: None,
                payload,
            });
            self.send_sealed(who, sealed);
        }
    }

    fn feedback(&mut self) {
        let who = self.member();
        let (kind, count) = (200 + self.input.byte() % 8, self.input.byte() & 0x1f);
        let (sender, _) = self.stream(who);
        let lane = self.input.byte();
        let media = self.room.members[who].lane_ssrc(usize::from(lane));
        let body = self.input.bytes();
        let mut packet = vec![0x80 | count, kind, 0, 0];
        packet.extend(sender.to_be_bytes());
        packet.extend(media.to_be_bytes());
        packet.extend(body);
        packet.resize(packet.len().next_multiple_of(4), 0);
        let words = (packet.len() / 4 - 1) as u16;
        packet[2..4].copy_from_slice(&words.to_be_bytes());
        let sealed = self.room.members[who].seal_rtcp(&packet);
        self.send_sealed(who, sealed);
    }

    fn nack(&mut self) {
        let who = self.member();
        let (lane, back, mask) = (self.input.byte(), self.input.byte(), self.input.word());
        let member = &mut self.room.members[who];
        // A lane on which something came; any other when none did.
        let came: Vec<u32> = member.came.keys().copied().collect();
        let media = if came.is_empty() {
            member.lane_ssrc(usize::from(lane))
        } else {
            came[usize::from(lane) % came.len()]
        };
        let last = member.came.get(&media).copied().unwrap_or_default();
        let mut packet = vec![0x81, 205, 0, 3, 0, 0, 0, 1];
        packet.extend(media.to_be_bytes());
        packet.extend(last.wrapping_sub(u16::from(back)).to_be_bytes());
        packet.extend(mask.to_be_bytes());
        let sealed = member.seal_rtcp(&packet);
        self.send_sealed(who, sealed);
    }

    fn check(&mut self) {
        let (who, flags) = (self.member(), self.input.byte());
        let from = if flags & 1 == 0 { self.room.members[who].path } else { self.path() };
        let extra = if flags & 4 == 0 { &[] } else { self.input.bytes() };
        let mut check = self.room.members[who].check(flags & 2 != 0, extra);
        if flags & 8 != 0 {
            let at = usize::from(self.input.byte()) % check.len();
            check[at] ^= 1 << (flags >> 5);
        }
        self.send(from, &check, Proof::None);
    }

    fn wait(&mut self) {
        // From 1 ms to 32 s.
        let by = Duration::from_millis(1 << (self.input.byte() & 0x0f));
        self.room.flush();
        if self.waited + by <= TIME_MAX {
            self.waited += by;
            self.room.advance(by);
        }
    }

    fn again(&mut self) {
        let (back, how) = (self.input.choice(REMEMBERED_MAX), self.input.byte());
        let Some((mut from, mut bytes, mut proof)) = self.sent.iter().rev().nth(back).cloned() else {
            return;
        };
        if how & 1 != 0 {
            from = self.path();
        }
        if how & 2 != 0 && !bytes.is_empty() {
            let (at, by) = (usize::from(self.input.word()) % bytes.len(), self.input.byte());
            bytes[at] ^= by;
            proof = if by == 0 { proof } else { Proof::None };
        }
        if how & 4 != 0 {
            bytes.truncate(usize::from(self.input.word()));
            proof = Proof::None;
        }
        self.room.datagram(from, &bytes, proof);
    }

    fn member_says(&mut self) {
        let (who, what, argument) = (self.member(), self.input.byte(), self.input.byte());
        let peer = self.room.members[who].peer;
        match what % 8 {
            1 if argument & 0x80 != 0 => {
                let mid = ["v0", "v1", "a0", "c"][usize::from(argument >> 2) & 3].to_owned();
                let size = [ViewSize::Hidden, ViewSize::Thumbnail, ViewSize::Medium, ViewSize::Full];
                let lanes = vec![LaneView { mid, size: size[usize::from(argument & 3)] }];
                self.room.command(Command::View { peer, lanes });
            }
            0 | 1 => {
                let mid = ["m", "c", "s", "a0"][usize::from(argument >> 1) & 3].to_owned();
                self.room.command(Command::Track { peer, mid, active: argument & 1 != 0 });
            }
            2 | 3 => {
                let shape = self.room.members[who].shape.bent(argument);
                self.room.members[who].shape = shape;
                self.room.command(Command::Offer { peer, offer: shape.text(), tracks: shape.tracks() });
            }
            4 => self.room.command(Command::SignalLost { peer }),
            5 => self.room.command(Command::Leave { peer }),
            6 => self.room.command(Command::End { peer }),
            _ => {
                self.room.resume(who);
                if argument & 1 != 0 {
                    self.room.connect(who);
                }
            }
        }
    }

    fn shell(&mut self) {
        let (what, argument) = (self.input.byte(), self.input.byte());
        let who = self.member();
        let peer = self.room.members[who].peer;
        match what % 8 {
            0 if self.room.members.len() < WITNESSES + 2 + ADDED_MAX => {
                let number = self.room.members.len() as u32 + 1;
                let at = self.room.join(Shape::visitor(number).bent(argument));
                if what & NOT_CONNECTED == 0 {
                    self.room.connect(at);
                }
            }
            // The handshake thread sends DTLS records and nothing else (RFC 7983: 20 to 63).
            1 => {
                let mut bytes = self.input.bytes().to_vec();
                if let Some(first) = bytes.first_mut() {
                    *first = 20 + *first % 44;
                }
                self.room.command(Command::HandshakeDatagram { peer, bytes });
            }
            2 => self.room.command(Command::Handshaken { peer, result: Err(HandshakeFailed) }),
            3 => {
                let generation = Generation(u64::from(argument % u8::try_from(GENERATION.0).unwrap_or(1)));
                let reason = EndReason::EndedByClinic;
                self.room.command(Command::EndRoom { room: ROOM, generation, reason });
            }
            4 => {
                let seat = self.room.members[who].seat();
                self.room.command(Command::Remove { room: ROOM, generation: GENERATION, seat });
            }
            5 => {
                let (room, reason) = (RoomId(Uuid::from_u128(77)), EndReason::EndedByClinic);
                self.room.command(Command::EndRoom { room, generation: GENERATION, reason });
            }
            // The handshake thread answers for a peer that has keys already, or is not there.
            6 => {
                let peer = media_core::PeerId(u64::from(argument));
                if !self.room.members.iter().any(|member| member.peer == peer) {
                    self.room.command(Command::Handshaken { peer, result: Ok(keying(peer)) });
                }
            }
            _ => self.room.connect(who),
        }
    }
}

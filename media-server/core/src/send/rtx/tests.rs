use std::collections::BTreeSet;

use proptest::prelude::*;
use protocol::TrackId;
use protocol::signal::Kind;
use rtp::codec::rtx;
use rtp::{PayloadType, RtpPacket, RtpTimestamp};
use srtp::{MasterKey, SealError, SrtpProfile, SrtpSealer};

use super::*;
use crate::cache::{Cache, CacheSize};
use crate::forward::{LaneConfig, LaneExtensions};
use crate::packet::Codec;
use crate::packet::fixtures::{start, video};

const TRACK: TrackId = TrackId(1);
const LANE: Ssrc = Ssrc(10);
const RTX: Ssrc = Ssrc(11);
const RTT: Duration = Duration::from_millis(50);

fn payload_types(number: u8) -> PayloadTypes {
    PayloadTypes::default().with(Codec::Vp8, PayloadType::new(number).unwrap())
}

/// A subscriber with one lane that shows one track, and the track's cache.
struct Subscriber {
    lane: Lane,
    rtx: RtxResponder,
    cache: Cache,
    budget: RtxBudget,
    transport: TransportSequence,
    now: Instant,
}

impl Subscriber {
    fn new() -> Self {
        let config = LaneConfig {
            kind: Kind::Video,
            ssrc: LANE,
            payload_types: payload_types(96),
            extensions: LaneExtensions::default(),
            first_sequence: SeqNo(500),
            first_timestamp: RtpTimestamp(70),
        };
        let mut lane = Lane::new(&config).unwrap();
        lane.set_track(Some(TRACK));
        let now = start();
        Self {
            lane,
            rtx: RtxResponder::new(RTX, payload_types(97), SeqNo(900)),
            cache: Cache::new(CacheSize::VIDEO),
            budget: RtxBudget::new(now),
            transport: TransportSequence::default(),
            now,
        }
    }

    /// The publisher's packet goes out; the first is a key frame.
    fn forward(&mut self, sequence: u64) -> Vec<u8> {
        let facts = video(TRACK, sequence).key_frame();
        let payload = sequence.to_be_bytes();
        self.cache.insert(&facts, &payload);
        let mut out = [0; 1500];
        let packet = Packet { facts: &facts, descriptor: &[], payload: &payload };
        let sent = self.lane.forward(&packet, 0, &mut self.transport, self.now, &mut out).unwrap();
        out[..sent.len].to_vec()
    }

    fn nack(&mut self, wanted: u16) -> Option<Vec<u8>> {
        let mut asker =
            Asker { budget: &mut self.budget, rate: Bitrate::MAX, transport: &mut self.transport, rtt: RTT };
        let cache = &self.cache;
        let find = |original: &Original| cache.packet(original.sequence);
        let mut out = [0; 1500];
        let len = self.rtx.answer(&self.lane, SeqNo(wanted), find, &mut asker, self.now, &mut out)?;
        Some(out[..len].to_vec())
    }
}

#[test]
fn an_answer_restores_the_packet_under_its_own_ssrc_and_sequence() {
    let mut subscriber = Subscriber::new();
    let sent = [9, 10].map(|sequence| subscriber.forward(sequence));

    let answers = [501, 500].map(|wanted| subscriber.nack(wanted).unwrap());

    let original = RtpPacket::parse(&sent[1]).unwrap();
    let answer = RtpPacket::parse(&answers[0]).unwrap();
    let header = answer.header();
    assert_eq!((header.ssrc(), header.sequence(), header.payload_type().get()), (RTX, SeqNo(900), 97));
    assert_eq!(header.timestamp(), original.header().timestamp());
    assert_eq!(header.marker(), original.header().marker());
    assert_eq!(rtx::parse(answer.payload()).unwrap(), (SeqNo(501), original.payload()));
    assert_eq!(RtpPacket::parse(&answers[1]).unwrap().header().sequence(), SeqNo(901));
}

#[test]
fn what_was_never_sent_or_is_no_longer_cached_is_not_answered() {
    let mut subscriber = Subscriber::new();
    for sequence in 9..9 + 520 {
        subscriber.forward(sequence);
    }

    assert!(subscriber.nack(499).is_none());
    assert!(subscriber.nack(500).is_none(), "older than the ring");
    assert!(subscriber.nack(500 + 519).is_some());
    assert!(subscriber.nack(500 + 520).is_none());
}

#[test]
fn a_number_is_answered_once_a_round_trip() {
    let mut subscriber = Subscriber::new();
    subscriber.forward(9);

    let mut answers = Vec::new();
    for at in 0..100 {
        if subscriber.nack(500).is_some() {
            answers.push(at);
        }
        subscriber.now += Duration::from_millis(1);
    }

    assert_eq!(answers, [0, 50]);
}

#[test]
fn a_codec_without_rtx_is_not_answered() {
    let mut subscriber = Subscriber::new();
    subscriber.rtx = RtxResponder::new(RTX, PayloadTypes::default(), SeqNo(900));
    subscriber.forward(9);

    assert!(subscriber.nack(500).is_none());
}

#[test]
fn abuse_54_a_nack_storm_gets_no_more_than_its_rate() {
    let mut subscriber = Subscriber::new();
    subscriber.cache = Cache::new(CacheSize { packets: 1024, bytes: 2 << 20 });
    let begin = subscriber.now;
    let facts = |sequence| video(TRACK, sequence).key_frame();
    for sequence in 0..1000 {
        let payload = [0; 1200];
        subscriber.cache.insert(&facts(sequence), &payload);
        let packet = Packet { facts: &facts(sequence), descriptor: &[], payload: &payload };
        subscriber.lane.forward(&packet, 0, &mut subscriber.transport, begin, &mut [0; 1500]).unwrap();
    }

    let mut bytes = 0;
    for ms in 0..2000 {
        subscriber.now = begin + Duration::from_millis(ms);
        for wanted in 500..1500 {
            bytes += subscriber.nack(wanted).map_or(0, |_| 1200);
        }
    }

    let allowed = RTX_RATE.size_in(Duration::from_secs(2)) + RTX_BURST;
    assert!(bytes <= allowed.bytes(), "{bytes} of {allowed}");
    assert!(bytes > allowed.bytes() * 9 / 10, "{bytes} of {allowed}");
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Forward(u64),
    Nack(u16),
    Wait(u64),
    Switch,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1u64..4).prop_map(Step::Forward),
        4 => (0u16..40).prop_map(Step::Nack),
        2 => (0u64..100).prop_map(Step::Wait),
        1 => Just(Step::Switch),
    ]
}

proptest! {
    #![proptest_config(crate::seeded::config(100))]

    /// Invariant 10: whatever is asked for, however often, no SSRC's index is sealed twice.
    #[test]
    fn no_index_is_sealed_twice(steps in prop::collection::vec(step(), 1..200)) {
        let mut subscriber = Subscriber::new();
        let master = MasterKey::new(SrtpProfile::AeadAes128Gcm, &[1; 16], &[2; 12]).unwrap();
        let mut sealer = SrtpSealer::new(&master);
        let mut sealed = BTreeSet::new();
        let mut newest = 100;
        let mut answers = 0;
        let mut seal = |packet: &[u8]| {
            let header = *RtpPacket::parse(packet).unwrap().header();
            let is_new = sealed.insert((header.ssrc(), header.sequence().0));
            let mut buffer = [0; 1600];
            buffer[..packet.len()].copy_from_slice(packet);
            let result = sealer.seal_rtp(&mut buffer, packet.len());
            (is_new, !matches!(result, Err(SealError::IndexReused)))
        };
        prop_assert_eq!(seal(&subscriber.forward(newest)), (true, true));
        for step in steps {
            match step {
                Step::Forward(ahead) => {
                    newest += ahead;
                    prop_assert_eq!(seal(&subscriber.forward(newest)), (true, true));
                }
                Step::Nack(back) => {
                    let wanted = SeqNo(500 + subscriber.lane.sent().packets as u16).wrapping_add(back.wrapping_neg());
                    if let Some(answer) = subscriber.nack(wanted.0) {
                        answers += 1;
                        prop_assert_eq!(seal(&answer), (true, true));
                    }
                }
                Step::Wait(ms) => subscriber.now += Duration::from_millis(ms),
                Step::Switch => {
                    subscriber.lane.set_track(None);
                    subscriber.lane.set_track(Some(TRACK));
                }
            }
        }
        prop_assert_eq!(subscriber.rtx.next.index(), 900 + answers);
    }
}

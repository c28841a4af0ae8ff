//! It should speak with an implementation that shares no line with ours: `webrtc` as both participants, one with AES-GCM, one
//! with AES-CM, so that every packet is opened under one profile and sealed under the other. What they write goes over data channels, one
//! agreed on beforehand as pages of ours do, one opened in band.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use protocol::RoomId;
use protocol::chat::{CHANNEL_STREAM, ClientChat, NodeChat, Text};
use protocol::signal::{ClientMessage, PublishTrack, ServerMessage, Source};
use rtc::data_channel::RTCDataChannelInit;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MIME_TYPE_OPUS;
use rtc::rtp::header::Header;
use rtc::rtp::packet::Packet;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, timeout};
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, Registry, SettingEngineBuilder, SrtpProtectionProfile,
    register_default_interceptors,
};

use crate::support::{DEADLINE, Participant, World};

/// Packets that each has to hear of the other.
const PACKETS: usize = 100;
/// As Opus is sent.
const EVERY: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn gcm_and_cm_peers_of_another_implementation_hear_each_other() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let mut gcm = join(&world, room, 1, SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm).await;
    let mut cm = join(&world, room, 2, SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80).await;

    let (by_gcm, by_cm) = tokio::join!(gcm.hears(), cm.hears());

    assert!(by_gcm.iter().all(|payload| is_of(payload, 2)), "whole and unchanged: {by_gcm:?}");
    assert!(by_cm.iter().all(|payload| is_of(payload, 1)), "whole and unchanged: {by_cm:?}");
    assert_eq!(world.metric("bedside_handshakes_total{outcome=\"established\"}").await, 2.0);
    assert_eq!(world.metric("bedside_core_total{count=\"dropped_unauthentic\"}").await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_writes_another_reads_over_channels_of_another_implementation() {
    let world = World::start().await;
    let room = RoomId::new_v7();
    let mut agreed = join(&world, room, 1, SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm).await;
    let mut in_band = join(&world, room, 2, SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm).await;
    let long = "ü".repeat(2000);

    for peer in [&mut agreed, &mut in_band] {
        peer.chats(&ClientChat::Hear { log: None, after: 0 }).await;
        assert!(matches!(peer.reads().await, NodeChat::Hearing { .. }));
    }
    for (id, text) in [(1, "hello"), (2, long.as_str()), (3, "third")] {
        agreed.chats(&ClientChat::Say { id, text: Text::new(text).unwrap() }).await;
    }
    in_band.chats(&ClientChat::Say { id: 1, text: Text::new("good morning").unwrap() }).await;

    for peer in [&mut agreed, &mut in_band] {
        let mut read = Vec::new();
        for number in 1..=4 {
            match peer.reads().await {
                NodeChat::Said { number: told, text, .. } if told == number => {
                    read.push(text.as_str().to_owned());
                }
                other => panic!("{other:?}"),
            }
        }
        read.retain(|text| text != "good morning");
        assert_eq!(read, ["hello", long.as_str(), "third"]);
    }
}

/// What `number` says in its `count`th packet.
fn payload(number: u8, count: u32) -> Bytes {
    let mut payload = vec![number; 80];
    payload[..4].copy_from_slice(&count.to_be_bytes());
    payload.into()
}

fn is_of(heard: &Bytes, number: u8) -> bool {
    let count = heard.first_chunk().map_or(u32::MAX, |count| u32::from_be_bytes(*count));
    *heard == payload(number, count)
}

/// Somebody in a room, by `webrtc`.
struct Peer {
    heard: mpsc::Receiver<Bytes>,
    channel: Arc<dyn DataChannel>,
    _connection: Arc<dyn PeerConnection>,
    /// Signalling stays open as long as the peer.
    _signalling: Participant,
}

impl Peer {
    /// Different payloads of others, until there are enough.
    async fn hears(&mut self) -> BTreeSet<Bytes> {
        let mut heard = BTreeSet::new();
        while heard.len() < PACKETS {
            let next = timeout(DEADLINE, self.heard.recv()).await;
            heard.insert(next.expect("media comes in time").expect("the connection lives"));
        }
        heard
    }

    async fn chats(&self, message: &ClientChat) {
        self.channel.send_text(&serde_json::to_string(message).unwrap()).await.unwrap();
    }

    async fn reads(&mut self) -> NodeChat {
        loop {
            let event = timeout(DEADLINE, self.channel.poll()).await.expect("something comes in time");
            if let DataChannelEvent::OnMessage(message) = event.expect("the channel lives") {
                return serde_json::from_slice(&message.data).unwrap();
            }
        }
    }

    async fn is_open(&mut self) {
        loop {
            let event = timeout(DEADLINE, self.channel.poll()).await.expect("it opens in time");
            if matches!(event.expect("the channel lives"), DataChannelEvent::OnOpen) {
                return;
            }
        }
    }
}

async fn join(world: &World, room: RoomId, number: u8, profile: SrtpProtectionProfile) -> Peer {
    let (handler, mut gathered, mut connected, heard) = Handler::new();
    let connection = connection(profile, handler).await;
    let track = microphone(number);
    let send = Some(RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Sendonly,
        ..RTCRtpTransceiverInit::default()
    });
    connection.add_transceiver_from_track(Arc::clone(&track) as Arc<dyn TrackLocal>, send).await.unwrap();
    let lane = Some(RTCRtpTransceiverInit {
        direction: RTCRtpTransceiverDirection::Recvonly,
        ..RTCRtpTransceiverInit::default()
    });
    connection.add_transceiver_from_kind(RtpCodecKind::Audio, lane).await.unwrap();
    let agreed = (number == 1).then_some(CHANNEL_STREAM);
    let init = RTCDataChannelInit { negotiated: agreed, ..RTCDataChannelInit::default() };
    let channel = connection.create_data_channel("chat", Some(init)).await.unwrap();
    let offer = connection.create_offer(None).await.unwrap();
    connection.set_local_description(offer).await.unwrap();
    timeout(DEADLINE, gathered.wait_for(|done| *done)).await.unwrap().unwrap();
    let offer = connection.local_description().await.unwrap().sdp;

    let mut signalling = world.participant().await;
    let tracks = vec![PublishTrack { mid: "0".to_owned(), source: Source::Microphone, active: true }];
    signalling.send(&ClientMessage::Join { token: world.issuer.token(room), offer, tracks }).await;
    let answer = match signalling.next().await.unwrap() {
        ServerMessage::Joined { answer, .. } => answer,
        other => panic!("{other:?}"),
    };
    connection.set_remote_description(RTCSessionDescription::answer(answer).unwrap()).await.unwrap();
    timeout(DEADLINE, connected.wait_for(|done| *done)).await.expect("it connects in time").unwrap();

    tokio::spawn(speak(track, number));
    let mut peer = Peer { heard, channel, _connection: connection, _signalling: signalling };
    peer.is_open().await;
    peer
}

/// Sends until the connection is gone.
async fn speak(track: Arc<TrackLocalStaticRTP>, number: u8) {
    let mut ticks = interval(EVERY);
    for count in 0_u32.. {
        ticks.tick().await;
        let header = Header {
            version: 2,
            payload_type: 111,
            sequence_number: count as u16,
            timestamp: count.wrapping_mul(960),
            ssrc: u32::from(number),
            ..Header::default()
        };
        if track.write_rtp(Packet { header, payload: payload(number, count) }).await.is_err() {
            return;
        }
    }
}

fn microphone(number: u8) -> Arc<TrackLocalStaticRTP> {
    let coding = RTCRtpCodingParameters { ssrc: Some(number.into()), ..RTCRtpCodingParameters::default() };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: coding,
        codec: opus(),
        ..RTCRtpEncodingParameters::default()
    };
    let name = || format!("microphone-{number}");
    let track = MediaStreamTrack::new(name(), name(), name(), RtpCodecKind::Audio, vec![encoding]);
    Arc::new(TrackLocalStaticRTP::new(track))
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".to_owned(),
        rtcp_feedback: Vec::new(),
    }
}

async fn connection(profile: SrtpProtectionProfile, handler: Handler) -> Arc<dyn PeerConnection> {
    let mut engine = MediaEngine::default();
    let codec = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: 111 };
    engine.register_codec(codec, RtpCodecKind::Audio).unwrap();
    let registry = register_default_interceptors(Registry::new(), &mut engine).unwrap();
    let settings = SettingEngineBuilder::new().with_srtp_protection_profiles(vec![profile]).build();
    let connection = PeerConnectionBuilder::new()
        .with_media_engine(engine)
        .with_interceptor_registry(registry)
        .with_setting_engine(settings)
        .with_handler(Arc::new(handler))
        .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
        .build()
        .await
        .unwrap();
    Arc::new(connection)
}

struct Handler {
    gathered: watch::Sender<bool>,
    connected: watch::Sender<bool>,
    heard: mpsc::Sender<Bytes>,
}

impl Handler {
    fn new() -> (Self, watch::Receiver<bool>, watch::Receiver<bool>, mpsc::Receiver<Bytes>) {
        let (gathered, is_gathered) = watch::channel(false);
        let (connected, is_connected) = watch::channel(false);
        let (heard, hearing) = mpsc::channel(1024);
        (Self { gathered, connected, heard }, is_gathered, is_connected, hearing)
    }
}

#[async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.gathered.send_replace(true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        if state == RTCPeerConnectionState::Connected {
            self.connected.send_replace(true);
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let heard = self.heard.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event
                    && heard.send(packet.payload).await.is_err()
                {
                    return;
                }
            }
        });
    }
}

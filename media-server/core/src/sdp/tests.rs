//! On an offer with the lines that Chromium writes: microphone, camera, a lane of each, and a data channel.

use std::time::{Duration, Instant};

use protocol::signal::Kind;
use rtp::extension::ExtensionKind;
use rtp::{PayloadType, Ssrc};

use super::*;
use crate::api::{Fingerprint, FingerprintHash};
use crate::ice::Credentials;
use crate::packet::Codec;
use crate::random::Random;

fn text() -> String {
    include_str!("tests/offer.sdp").replace('\n', "\r\n")
}

fn parse(text: &str) -> Result<Offer, OfferError> {
    Offer::parse(text)
}

fn pt(number: u8) -> PayloadType {
    PayloadType::new(number).unwrap()
}

#[test]
fn a_browsers_offer_is_read_whole() {
    let offer = parse(&text()).unwrap();

    assert_eq!(offer.ufrag, "x9Zq");
    assert_eq!(offer.fingerprints.len(), 1);
    assert_eq!(offer.fingerprints[0].hash, FingerprintHash::Sha256);
    assert!(offer.allows_mixed_extensions);
    assert_eq!(offer.extensions.id(ExtensionKind::Mid).unwrap().get(), 4);
    assert_eq!(offer.extensions.id(ExtensionKind::VideoOrientation).unwrap().get(), 13);
    let usable: Vec<_> = offer.media.iter().map(|media| media.usable.as_ref()).collect();
    let directions: Vec<_> = usable
        .iter()
        .flatten()
        .map(|media| (media.kind, media.client_sends, media.client_receives))
        .collect();
    assert_eq!(
        directions,
        [
            (Kind::Audio, true, false),
            (Kind::Video, true, false),
            (Kind::Audio, false, true),
            (Kind::Video, false, true)
        ]
    );
    assert!(usable[4].is_none(), "data channels are rejected");
}

#[test]
fn streams_codecs_and_feedback_are_found() {
    let offer = parse(&text()).unwrap();

    let audio = offer.media[0].usable.as_ref().unwrap();
    let video = offer.media[1].usable.as_ref().unwrap();

    assert_eq!((audio.ssrc, audio.rtx_ssrc), (Some(Ssrc(1111)), None));
    assert_eq!((video.ssrc, video.rtx_ssrc), (Some(Ssrc(2222)), Some(Ssrc(3333))));
    let codecs: Vec<_> = video.codecs.iter().map(|one| (one.codec, one.payload_type, one.rtx)).collect();
    assert_eq!(
        codecs,
        [
            (Codec::Vp8, pt(96), Some(pt(97))),
            (Codec::H264, pt(109), Some(pt(114))),
            (Codec::Av1, pt(45), Some(pt(46)))
        ]
    );
    let feedback = video.codecs[0].feedback;
    assert!(feedback.nack && feedback.pli && feedback.fir && feedback.transport_cc);
    assert_eq!(audio.codecs.len(), 1, "Opus alone");
    assert!(!audio.codecs[0].feedback.nack);
}

#[test]
fn a_codec_name_with_other_letters_is_none_of_ours() {
    let text = text();

    // A letter of two bytes where a name of ours would end.
    for (name, other) in [("opus/48000/2", "opus/48000/\u{e9}"), ("rtx/90000", "rtx\u{e9}90000")] {
        let bent = text.replace(name, other);
        assert_ne!(bent, text);

        let offer = parse(&bent).unwrap();

        let codecs =
            offer.media.iter().filter_map(|media| media.usable.as_ref()).flat_map(|media| &media.codecs);
        assert!(codecs.clone().all(|codec| codec.codec != Codec::Opus || name.starts_with("rtx")));
        assert!(codecs.clone().all(|codec| codec.rtx.is_none() || name.starts_with("opus")));
    }
}

fn answer_to(offer: &Offer) -> String {
    let mut random = Random::new([7; 32]);
    let credentials = Credentials::new(3, &mut random);
    let lane = LaneStreams { ssrc: Ssrc(4444), rtx: Some(Ssrc(5555)) };
    let accepted = |media: &OfferedMedia| {
        let usable = media.usable.as_ref()?;
        Some(Accepted {
            node_receives: usable.client_sends,
            lane: usable.client_receives.then_some(lane),
            codecs: usable.codecs.clone(),
            layers: usable.layers.iter().map(|layer| layer.rid).collect(),
        })
    };
    write_answer(&Answer {
        session_id: 77,
        version: 1,
        credentials: &credentials,
        fingerprint: Fingerprint([0xab; 32]),
        candidates: &["192.0.2.1:9000".parse().unwrap(), "[2001:db8::1]:9000".parse().unwrap()],
        tcp_candidates: &["192.0.2.1:9001".parse().unwrap(), "[2001:db8::1]:9001".parse().unwrap()],
        allows_mixed_extensions: offer.allows_mixed_extensions,
        extensions: &offer.extensions,
        media: offer.media.iter().map(|media| (media, accepted(media))).collect(),
    })
}

#[test]
fn data_channels_of_another_kind_are_rejected() {
    let line = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";
    for (from, to) in [
        (line, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"),
        (line, "m=application 9 TCP/DTLS/SCTP webrtc-datachannel"),
        (line, "m=application 9 UDP/DTLS/SCTP something-else"),
        ("a=max-message-size:262144", "a=max-message-size:1000"),
        ("a=max-message-size:262144", "a=max-message-size:much"),
        ("BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2 3"),
    ] {
        let answer = answer_to(&parse(&text().replace(from, to)).unwrap());

        assert!(answer.contains("m=application 0 "), "{to}");
        assert!(answer.contains("a=group:BUNDLE 0 1 2 3\r\n") && !answer.contains("sctp-port"), "{to}");
    }
}

#[test]
fn the_answer_mirrors_the_offer() {
    let answer = answer_to(&parse(&text()).unwrap());

    let has = |line: &str| assert!(answer.contains(&format!("{line}\r\n")), "{line} in\n{answer}");
    has("a=group:BUNDLE 0 1 2 3 4");
    has("a=ice-lite");
    has("m=audio 9 UDP/TLS/RTP/SAVPF 111 63");
    has("a=rtpmap:63 red/48000/2");
    has("a=fmtp:63 111/111");
    has("m=video 9 UDP/TLS/RTP/SAVPF 96 97 109 114 45 46");
    has("m=application 9 UDP/DTLS/SCTP webrtc-datachannel");
    has("a=sctp-port:5000");
    has("a=max-message-size:16384");
    has("a=setup:passive");
    has("a=ssrc-group:FID 4444 5555");
    has("a=msid:lane-3 track-3");
    has("a=extmap:13 urn:3gpp:video-orientation");
    has("a=candidate:1 1 udp 2130706431 192.0.2.1 9000 typ host");
    has("a=candidate:2 1 udp 2130706175 2001:db8::1 9000 typ host");
    has("a=candidate:3 1 tcp 2124414975 192.0.2.1 9001 typ host tcptype passive");
    has("a=candidate:4 1 tcp 2124414719 2001:db8::1 9001 typ host tcptype passive");
    assert_eq!(answer.matches("a=recvonly").count(), 2);
    assert_eq!(answer.matches("a=sendonly").count(), 2);
    assert!(!answer.contains("goog-remb"));
    assert!(!answer.contains("192.168"), "no candidate of the client comes back");
}

#[test]
fn redundancy_is_accepted_where_it_is_offered_around_opus_and_in_the_clients_order() {
    let answer = |offer: &str| answer_to(&parse(offer).unwrap());
    let offer = text();

    let first = answer(&offer.replace("SAVPF 111 63", "SAVPF 63 111"));
    assert_eq!(first.matches("m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n").count(), 2, "{first}");
    for other in [
        offer.replace("111 63", "111"),
        offer.replace("a=fmtp:63 111/111\r\n", ""),
        offer.replace("a=fmtp:63 111/111", "a=fmtp:63 111/0"),
        offer.replace("a=rtpmap:63 red/48000/2", "a=rtpmap:63 red/8000"),
    ] {
        assert!(!answer(&other).contains("red/"), "{other}");
    }
}

#[test]
fn the_answer_is_sdp_itself() {
    let answer = answer_to(&parse(&text()).unwrap());

    let read = rtc_sdp::SessionDescription::unmarshal(&mut std::io::Cursor::new(&answer)).unwrap();

    assert_eq!(read.media_descriptions.len(), 5);
}

#[test]
fn abuse_07_what_is_too_large_or_contradicts_itself_is_refused() {
    let good = text();
    let long = format!("{good}a=x:{}\r\n", "y".repeat(70_000));
    let media = good.clone() + &"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n".repeat(64);
    let candidates = good.replace(
        "a=setup:actpass\r\na=mid:0\r\n",
        &format!("a=mid:0\r\n{}", "a=candidate:1 1 udp 1 192.0.2.9 9 typ host\r\n".repeat(257)),
    );
    let cases = [
        (long, OfferError::TooMany("bytes")),
        (media, OfferError::TooMany("m-lines")),
        (candidates, OfferError::TooMany("candidates")),
        (good.replace("a=mid:1", "a=mid:0"), OfferError::DuplicateMid),
        (good.replace("a=rtpmap:96 VP8", "a=rtpmap:196 VP8"), OfferError::PayloadType),
        (good.replace("SAVPF 96 97 103", "SAVPF 128 97 103"), OfferError::PayloadType),
        (good.replace("SAVPF 96 97 103", "SAVPF -1 97 103"), OfferError::PayloadType),
        (good.replace("a=mid:1", "a=mid:01234567890123456"), OfferError::Invalid("a mid")),
        (good.replace("v=0", "v=zero"), OfferError::Syntax),
        (String::new(), OfferError::Syntax),
        (good.replace("a=mid:1", "a=mid:\u{0}"), OfferError::Syntax),
    ];

    for (text, expected) in cases {
        let refused = parse(&text).unwrap_err();

        assert_eq!(refused, expected);
        assert_eq!(refused.problem(), Problem::BadSdp);
    }
}

#[test]
fn what_a_call_needs_must_be_there() {
    let good = text();
    let cases = [
        ("a=ice-ufrag:x9Zq\r\n", ""),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1"),
        ("a=rtcp-mux\r\n", ""),
        ("a=group:BUNDLE 0 1 2 3 4\r\n", ""),
        ("a=setup:actpass", "a=setup:passive"),
        ("a=mid:0\r\n", ""),
    ];

    for (line, instead) in cases {
        let refused = parse(&good.replace(line, instead)).unwrap_err();

        assert_eq!(refused.problem(), Problem::UnsupportedSdp, "{line}: {refused}");
    }
}

#[test]
fn every_strong_fingerprint_counts_wherever_it_stands() {
    let strong = format!("a=fingerprint:SHA-512 {}\r\n", ["0f"; 64].join(":"));
    let weak = "a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\r\n";
    let text = text().replacen("a=extmap-allow-mixed\r\n", &format!("{weak}{strong}"), 1);

    let offer = parse(&text).unwrap();

    let hashes: Vec<_> = offer.fingerprints.iter().map(|one| one.hash).collect();
    assert_eq!(hashes, [FingerprintHash::Sha512, FingerprintHash::Sha256]);
    assert!(!offer.allows_mixed_extensions);
}

#[test]
fn a_fingerprint_of_the_wrong_length_is_refused() {
    let text = text().replace(":EE:FF\r\n", ":EE\r\n");

    assert_eq!(parse(&text).unwrap_err(), OfferError::Invalid("a fingerprint"));
}

#[test]
fn a_fingerprint_is_written_in_hexadecimal_digits() {
    let text = text().replace(":EE:FF\r\n", ":EE:+F\r\n");

    assert_eq!(parse(&text).unwrap_err(), OfferError::Invalid("a fingerprint"));
}

#[test]
fn a_codec_with_a_name_beyond_ascii_is_none_of_ours() {
    let text = text().replace("VP8/90000", "VP8/9000\u{e9}");

    let codecs = parse(&text).unwrap().media[1].usable.as_ref().unwrap().codecs.len();

    assert_eq!(codecs, 2, "H264 and AV1");
}

/// The shortest of five, so that a busy machine does not count.
#[expect(clippy::disallowed_methods, reason = "what reading costs is what this is about")]
fn cost(text: &str) -> Duration {
    let once = |_| {
        let began = Instant::now();
        std::hint::black_box(parse(text).is_ok());
        began.elapsed()
    };
    (0..5).map(once).min().unwrap()
}

#[test]
fn abuse_07_no_offer_costs_much_more_than_another_of_its_size() {
    let head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
    let media =
        "c=IN IP4 0.0.0.0\r\na=ice-ufrag:peer\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\n";
    let names: String = (0..60).map(|mid| format!(" {mid}")).collect();
    let numbers: String =
        (0..128).filter(|number| *number != 96).map(|number| format!(" {number}")).collect();
    let line =
        |mid: usize, formats: &str| format!("m=video 9 UDP/TLS/RTP/SAVPF{formats}\r\na=mid:{mid}\r\n{media}");
    let padded = |mut text: String, with: &str| {
        text.push_str(&with.repeat((50_000 - text.len()) / with.len()));
        text
    };
    let plain = padded(format!("{head}a=group:BUNDLE 0\r\n{}", line(0, " 96")), "a=x:0 0\r\n");

    let formats =
        padded(format!("{head}a=group:BUNDLE 0\r\n{}", line(0, &(numbers + " 96"))), "a=rtpmap:96 x\r\n");
    let lines: String = (0..60).map(|mid| line(mid, " 96")).collect();
    let before = padded(format!("{head}a=group:BUNDLE{names}\r\n"), "a=x:0 0\r\n");
    let session = before[..50_000 - lines.len() - 50_000 % 9].to_owned();
    let session = format!("{}\r\n{lines}", &session[..session.rfind("\r\n").unwrap()]);

    let plain = cost(&plain);
    for hostile in [formats, session] {
        let hostile = cost(&hostile);
        assert!(hostile < 8 * plain, "{hostile:?} where another costs {plain:?}");
    }
}

#[test]
fn one_number_has_one_meaning_in_the_whole_transport() {
    let text = text().replace("a=extmap:13 urn:3gpp", "a=extmap:1 urn:3gpp");

    assert_eq!(parse(&text).unwrap_err(), OfferError::Invalid("the numbering of header extensions"));
}

#[test]
fn an_m_line_outside_the_bundle_is_rejected() {
    let offer = parse(&text().replace("BUNDLE 0 1 2 3 4", "BUNDLE 0 1 2")).unwrap();

    assert!(offer.media[2].usable.is_some() && offer.media[3].usable.is_none());
}

proptest::proptest! {
    #![proptest_config(crate::seeded::config(256))]

    /// Bytes of strangers never panic: lines of a real offer, cut, repeated and overwritten.
    #[test]
    fn abuse_07_no_text_panics(
        cuts in proptest::collection::vec((0usize..6000, 0usize..200, "[ -~\r\n]{0,40}"), 0..8)
    ) {
        let mut text = text();
        for (at, len, insert) in cuts {
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            text.replace_range(at..end, &insert);
        }
        if let Ok(offer) = parse(&text) {
            answer_to(&offer);
        }
    }
}

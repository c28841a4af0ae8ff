use super::*;

#[test]
fn an_audio_level_is_a_bit_and_an_attenuation() {
    let level = AudioLevel::parse(&[0x80 | 30]).unwrap();

    assert_eq!(level, AudioLevel { voice: true, attenuation: 30 });
    assert_eq!(level.to_bytes(), [0x9e]);
    assert_eq!(AudioLevel { voice: false, attenuation: 200 }.to_bytes(), [127]);
    assert_eq!(AudioLevel::parse(&[]), None);
    assert_eq!(AudioLevel::parse(&[1, 2]), None);
}

#[test]
fn names_are_short_and_of_their_grammar() {
    let rid = Rid::parse(b"hi-res_1").unwrap();
    assert_eq!(rid.as_str(), "hi-res_1");
    assert_eq!(rid.as_bytes(), b"hi-res_1");
    assert_eq!(std::format!("{rid:?} {rid}"), "Rid(hi-res_1) hi-res_1");

    for bad in [&b""[..], b"a b", b"a\0", b"a;b", b"seventeen-letters", b"\xff"] {
        assert_eq!(Rid::parse(bad), None, "{bad:?}");
        assert_eq!(Mid::parse(bad), None, "{bad:?}");
    }
    assert!(Mid::parse(b"audio+1.2~").is_some());
    assert!(Rid::parse(b"audio+1.2~").is_none());
    assert!(Mid::parse(b"sixteen-letters!").is_some());
}

#[test]
fn abs_send_time_counts_on_over_its_wrap() {
    let before = AbsSendTime::from_ntp(NtpTime((63 << 32) | (1 << 31)));
    let after = AbsSendTime::from_ntp(NtpTime((64 << 32) | (1 << 30)));

    assert_eq!(before.to_bytes(), [0xfe, 0, 0]);
    assert_eq!(AbsSendTime::parse(&[0xfe, 0, 0]), Some(before));
    assert_eq!(after.since(before), Duration::from_millis(750));
    assert_eq!(AbsSendTime::parse(&[0; 4]), None);
}

#[test]
fn abs_capture_time_has_a_short_and_a_long_form() {
    let short = AbsCaptureTime { capture: NtpTime(0x0102_0304_0506_0708), clock_offset: None };
    let long = AbsCaptureTime { clock_offset: Some(-2), ..short };

    for (value, len) in [(short, 8), (long, 16)] {
        let (bytes, used) = value.to_bytes();
        assert_eq!(used, len);
        assert_eq!(AbsCaptureTime::parse(&bytes[..used]), Some(value));
    }
    for len in (0..20).filter(|len| ![8, 16].contains(len)) {
        assert_eq!(AbsCaptureTime::parse(&std::vec![0; len]), None, "{len}");
    }
}

#[test]
fn playout_delay_packs_two_twelve_bit_fields() {
    let delay = PlayoutDelay::new(Duration::from_millis(100), Duration::from_secs(60)).unwrap();

    assert_eq!(delay.to_bytes(), [0x00, 0xaf, 0xff]);
    assert_eq!(PlayoutDelay::parse(&[0x00, 0xaf, 0xff]), Some(delay));
    assert_eq!((delay.min(), delay.max()), (Duration::from_millis(100), Duration::from_millis(40_950)));
    assert_eq!(PlayoutDelay::parse(&[0xff, 0xf0, 0x00]), None);
    assert_eq!(PlayoutDelay::new(Duration::from_secs(1), Duration::ZERO), None);
}

#[test]
fn video_orientation_reads_every_byte_and_writes_the_four_low_bits() {
    for byte in 0..=255u8 {
        assert_eq!(VideoOrientation::parse(&[byte]).unwrap().to_bytes(), [byte & 0x0f]);
    }
    let turned = VideoOrientation::parse(&[0b1001]).unwrap();
    assert!(turned.back_camera && !turned.flipped && turned.rotation == Rotation::Quarter);
}

#[test]
fn a_transport_sequence_number_is_two_bytes() {
    assert_eq!(parse_transport_sequence(&[0x12, 0x34]), Some(SeqNo(0x1234)));
    assert_eq!(parse_transport_sequence(&[1]), None);
    assert_eq!(parse_transport_sequence(&[1, 2, 3, 4]), None);
}

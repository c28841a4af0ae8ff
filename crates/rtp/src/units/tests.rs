use core::time::Duration;

use super::*;

#[test]
fn a_video_clock_counts_90_ticks_a_millisecond() {
    assert_eq!(ClockRate::VIDEO.ticks_in(Duration::from_millis(33)), 2970);
    assert_eq!(ClockRate::VIDEO.duration_of(2970), Duration::from_millis(33));
    assert_eq!(ClockRate::new(0), None);
}

#[test]
fn ticks_round_to_the_nearest_and_saturate() {
    let third = ClockRate::new(3).unwrap();

    assert_eq!(third.ticks_in(Duration::from_millis(166)), 0);
    assert_eq!(third.ticks_in(Duration::from_millis(167)), 1);
    assert_eq!(ClockRate::new(u32::MAX).unwrap().ticks_in(Duration::MAX), u64::MAX);
    assert_eq!(ClockRate::VIDEO.duration_of(u64::MAX).as_secs(), u64::MAX / 90_000);
}

#[test]
fn media_time_goes_on_where_the_timestamp_wraps() {
    let mut clock = MediaTimeUnwrapper::new(ClockRate::VIDEO);

    let before = clock.extend(RtpTimestamp(u32::MAX - 899));
    let after = clock.extend(RtpTimestamp(0));
    let late = clock.extend(RtpTimestamp(u32::MAX - 449));

    assert_eq!(after.saturating_since(before), Duration::from_millis(10));
    assert_eq!(after.saturating_since(late), Duration::from_millis(5));
    assert_eq!(before.saturating_since(after), Duration::ZERO);
    assert_eq!(late.timestamp(), RtpTimestamp(u32::MAX - 449));
}

#[test]
fn media_time_keeps_a_packet_from_before_the_first() {
    let mut clock = MediaTimeUnwrapper::new(ClockRate::OPUS);

    let first = clock.extend(RtpTimestamp(0));
    let earlier = clock.extend(RtpTimestamp(0u32.wrapping_sub(960)));

    assert_eq!(first.saturating_since(earlier), Duration::from_millis(20));
}

#[test]
fn media_times_of_two_rates_compare_by_duration() {
    let audio = MediaTime::new(48_000, ClockRate::OPUS);
    let video = MediaTime::new(180_000, ClockRate::VIDEO);

    assert_eq!(video.saturating_since(audio), Duration::from_secs(1));
    assert_eq!(audio.saturating_add(Duration::from_millis(20)).ticks(), 48_960);
    assert_eq!(audio.saturating_sub(Duration::from_secs(9)).ticks(), 0);
}

#[test]
fn ntp_time_converts_both_ways() {
    let time = Duration::new(1_763_775_000, 250_000_000);

    let ntp = NtpTime::from_unix(time);

    assert_eq!(ntp.0 >> 32, 1_763_775_000 + 2_208_988_800);
    assert_eq!(ntp.0 as u32, 1 << 30);
    assert_eq!(ntp.to_unix(), Some(time));
    assert_eq!(NtpTime(0).to_unix(), None);
    assert_eq!(ntp.middle().0, ((1_763_775_000u64 + 2_208_988_800) as u32) << 16 | 0x4000);
}

#[test]
fn round_trip_is_what_the_report_did_not_wait() {
    let lsr = NtpTime::from_unix(Duration::from_secs(100)).middle();
    let now = NtpTime::from_unix(Duration::from_millis(101_500)).middle();
    let dlsr = NtpShort::from_duration(Duration::from_millis(1_250));

    assert_eq!(NtpShort::round_trip(now, lsr, dlsr), Some(Duration::from_millis(250)));
    assert_eq!(NtpShort::round_trip(now, NtpShort(0), dlsr), None);
    assert_eq!(NtpShort::round_trip(lsr, lsr, dlsr), None, "a delay longer than the trip is a lie");
    assert_eq!(NtpShort::from_duration(Duration::MAX), NtpShort(u32::MAX));
}

#[test]
fn rates_and_sizes_meet_in_time() {
    let rate = Bitrate::from_kbps(1200);

    assert_eq!(rate.size_in(Duration::from_millis(5)), DataSize::from_bytes(750));
    assert_eq!(rate.time_for(DataSize::from_bytes(1200)), Duration::from_millis(8));
    assert_eq!(DataSize::from_bytes(1200).per(Duration::from_millis(8)), Some(rate));
    assert_eq!(rate.scaled(85, 100), Bitrate::from_bps(1_020_000));
}

#[test]
fn rates_and_sizes_end_at_their_ends() {
    assert_eq!(Bitrate::MAX + Bitrate::from_bps(1), Bitrate::MAX);
    assert_eq!(Bitrate::ZERO - Bitrate::from_bps(1), Bitrate::ZERO);
    assert_eq!(Bitrate::MAX.scaled(3, 2), Bitrate::MAX);
    assert_eq!(Bitrate::MAX.size_in(Duration::MAX), DataSize::from_bytes(u64::MAX));
    assert_eq!(Bitrate::ZERO.time_for(DataSize::from_bytes(1)), Duration::MAX);
    assert_eq!(Bitrate::from_bps(1).time_for(DataSize::from_bytes(u64::MAX)).subsec_nanos(), 0);
    assert_eq!(DataSize::from_bytes(u64::MAX).per(Duration::from_nanos(1)), Some(Bitrate::MAX));
    assert_eq!(DataSize::ZERO.per(Duration::ZERO), None);
    assert_eq!([DataSize::from_bytes(1), DataSize::from_bytes(2)].into_iter().sum::<DataSize>().bytes(), 3);
}

#[test]
fn payload_types_that_look_like_rtcp_are_not_muxable() {
    assert_eq!(PayloadType::new(128), None);
    assert_eq!(PayloadType::from_low_bits(0xe0).get(), 96);
    let muxable = |n| PayloadType::new(n).unwrap().is_muxable();
    assert!(muxable(63) && !muxable(64) && !muxable(95) && muxable(96));
}

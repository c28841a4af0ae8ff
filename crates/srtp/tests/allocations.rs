//! It should allocate nothing for a packet of a known SSRC.

use srtp::{DtlsRole, KeyingMaterial, SrtpProfile};

/// Half a second of 24 streams.
const PACKETS: u32 = 2_400;
const SSRCS: u32 = 24;

#[test]
fn a_packet_of_a_known_ssrc_allocates_nothing() {
    for profile in SrtpProfile::ALL {
        let exported = vec![7; profile.keying_material_len()];
        let material = KeyingMaterial::from_exporter(profile, &exported).unwrap();
        let (mut sealer, _) = material.contexts(DtlsRole::Server);
        let (_, mut opener) = material.contexts(DtlsRole::Client);
        let mut buf = [0; 1300];
        let mut round_trip = |number: u32| {
            buf[..12].copy_from_slice(&[0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            buf[2..4].copy_from_slice(&((number / SSRCS) as u16).to_be_bytes());
            buf[8..12].copy_from_slice(&(number % SSRCS).to_be_bytes());
            let len = sealer.seal_rtp(&mut buf, 1220).unwrap();
            opener.open_rtp(&mut buf[..len]).unwrap();

            buf[..8].copy_from_slice(&[0x80, 201, 0, 1, 0, 0, 0, 0]);
            buf[4..8].copy_from_slice(&(number % SSRCS).to_be_bytes());
            let len = sealer.seal_rtcp(&mut buf, 64).unwrap();
            opener.open_rtcp(&mut buf[..len]).unwrap();
        };
        (0..SSRCS).for_each(&mut round_trip);

        let counted = allocation_counter::measure(|| (SSRCS..PACKETS).for_each(&mut round_trip));

        assert_eq!(counted.count_total, 0, "{profile:?}");
    }
}

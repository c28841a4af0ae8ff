//! Keys and packets for the other files: everything is made from written numbers, nothing from randomness.

use srtp::{DtlsRole, KeyingMaterial, OpenError, OpenedRtp, SealError, SrtpOpener, SrtpProfile, SrtpSealer};

/// The SSRC of the packets below, unless they say another.
pub(crate) const SSRC: u32 = 0xfeed_0001;
/// More than any profile adds to a packet.
const ROOM: usize = 32;

/// What a DTLS exporter could have given.
pub(crate) fn exported(profile: SrtpProfile) -> Vec<u8> {
    (0..profile.keying_material_len()).map(|at| (at * 37 + 11) as u8).collect()
}

/// The client's direction: what seals there, and what opens it on the node.
pub(crate) fn client_to_node(profile: SrtpProfile) -> (SrtpSealer, SrtpOpener) {
    let material = KeyingMaterial::from_exporter(profile, &exported(profile)).unwrap();
    let (sealer, _) = material.contexts(DtlsRole::Client);
    let (_, opener) = material.contexts(DtlsRole::Server);
    (sealer, opener)
}

/// An RTP packet with a twelve-byte header.
pub(crate) fn rtp(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend(sequence.to_be_bytes());
    packet.extend(0x0102_0304_u32.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

/// A picture loss indication (RFC 4585 §6.3.1).
pub(crate) fn pli(sender: u32, media: u32) -> Vec<u8> {
    let mut packet = vec![0x81, 206, 0, 2];
    packet.extend(sender.to_be_bytes());
    packet.extend(media.to_be_bytes());
    packet
}

pub(crate) fn seal_rtp(sealer: &mut SrtpSealer, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut buf = [plain, &[0; ROOM]].concat();
    let len = sealer.seal_rtp(&mut buf, plain.len())?;
    buf.truncate(len);
    Ok(buf)
}

pub(crate) fn seal_rtcp(sealer: &mut SrtpSealer, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut buf = [plain, &[0; ROOM]].concat();
    let len = sealer.seal_rtcp(&mut buf, plain.len())?;
    buf.truncate(len);
    Ok(buf)
}

/// Opens a copy and returns the plain packet.
pub(crate) fn open_rtp(opener: &mut SrtpOpener, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut packet = sealed.to_vec();
    let OpenedRtp { len, .. } = opener.open_rtp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

/// Opens a copy and returns the plain compound packet.
pub(crate) fn open_rtcp(opener: &mut SrtpOpener, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut packet = sealed.to_vec();
    let len = opener.open_rtcp(&mut packet)?;
    packet.truncate(len);
    Ok(packet)
}

/// The packet with its last byte changed: a part of the tag or, in AEAD's SRTCP, of the index.
pub(crate) fn with_last_bit_changed(sealed: &[u8]) -> Vec<u8> {
    let mut forged = sealed.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    forged
}

//! What sealing and opening one packet costs, next to the least that it can cost: `cargo bench -p srtp`.
//!
//! A packet is 20 bytes of header and 1200 of payload. The floor of AES-GCM is a copy of the packet and one call of
//! `ring` with a ready key and nonce; own figures include the copy too, since a forwarder copies each packet for each
//! subscriber. Floor and own run in turns, batch by batch, so that a busy host slows both; medians of all batches are shown.
#![expect(clippy::print_stdout, reason = "a benchmark's output is what it is for")]

use std::hint::black_box;
use std::time::Instant;

use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, Tag, UnboundKey};
use srtp::{DtlsRole, KeyingMaterial, MAX_RTP_OVERHEAD, SrtpOpener, SrtpProfile, SrtpSealer};

const HEADER_LEN: usize = 20;
const PLAIN_LEN: usize = HEADER_LEN + 1200;
const SLOT_LEN: usize = PLAIN_LEN + MAX_RTP_OVERHEAD;
/// Packets between two looks at the clock: enough to make the clock's 25 ns vanish, few enough to stay in the cache.
const BATCH: usize = 16;
/// Batches of each kind. Medians are stable to 1 % from about a thousand.
const ROUNDS: usize = 6_001;

type Slots = [[u8; SLOT_LEN]; BATCH];

fn main() {
    println!("20 + 1200 bytes, ns per packet, medians of {ROUNDS} batches of {BATCH}; copy included");
    println!("{:<22} {:>8} {:>8} {:>7} {:>8} {:>8} {:>7}", "", "floor", "seal", "", "floor", "open", "");
    for profile in SrtpProfile::ALL {
        measure(profile);
    }
}

fn measure(profile: SrtpProfile) {
    let mut own = Own::new(profile);
    let mut floor = Floor::new(profile);
    let mut slots = [[0; SLOT_LEN]; BATCH];
    let mut times: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        if let Some(floor) = &mut floor {
            times[0].push(timed(|| floor.seal(&mut slots)));
            times[1].push(timed(|| floor.open(&mut slots)));
        }
        let first = own.sequence;
        times[2].push(timed(|| own.seal(&mut slots)));
        times[3].push(timed(|| own.open(&mut slots, first)));
        black_box(&slots);
    }
    let [floor_seal, floor_open, seal, open] = times.map(median);
    print!("{:<22}", format!("{profile:?}"));
    for (floor, own) in [(floor_seal, seal), (floor_open, open)] {
        let own = own.expect("own figures are always taken");
        match floor {
            Some(floor) => print!(" {floor:>8.0} {own:>8.0} {:>+6.1}%", (own / floor - 1.0) * 100.0),
            None => print!(" {:>8} {own:>8.0} {:>7}", "-", ""),
        }
    }
    println!();
}

/// Nanoseconds per packet.
fn timed(batch: impl FnOnce()) -> f64 {
    let start = Instant::now();
    batch();
    start.elapsed().as_secs_f64() * 1e9 / BATCH as f64
}

/// `None` of nothing.
fn median(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// What a publisher's packet looks like: an extension block of eight bytes, and noise.
fn template() -> [u8; PLAIN_LEN] {
    let mut packet = core::array::from_fn(|at| (at * 31) as u8);
    packet[..HEADER_LEN]
        .copy_from_slice(&[0x90, 96, 0, 0, 0, 0, 0, 0, 0xfe, 0xed, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]);
    packet
}

struct Own {
    sealer: SrtpSealer,
    opener: SrtpOpener,
    template: [u8; PLAIN_LEN],
    sequence: u16,
    overhead: usize,
    received: Slots,
}

impl Own {
    fn new(profile: SrtpProfile) -> Self {
        let exported = vec![0x42; profile.keying_material_len()];
        let material = KeyingMaterial::from_exporter(profile, &exported).expect("the profile's own length");
        let (sealer, _) = material.contexts(DtlsRole::Server);
        let (_, opener) = material.contexts(DtlsRole::Client);
        let received = [[0; SLOT_LEN]; BATCH];
        let overhead = profile.rtp_overhead();
        Self { sealer, opener, template: template(), sequence: 0, overhead, received }
    }

    fn seal(&mut self, slots: &mut Slots) {
        for slot in slots {
            slot[..PLAIN_LEN].copy_from_slice(&self.template);
            slot[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
            self.sealer.seal_rtp(slot, PLAIN_LEN).expect("each sequence number comes once");
        }
    }

    fn open(&mut self, slots: &mut Slots, first: u16) {
        for (slot, received) in slots.iter().zip(&mut self.received) {
            received.copy_from_slice(slot);
            let opened = self.opener.open_rtp(&mut received[..PLAIN_LEN + self.overhead]);
            black_box(opened.expect("what was sealed opens"));
        }
        debug_assert_eq!(first.wrapping_add(BATCH as u16), self.sequence);
    }
}

/// Nothing but a copy and the cipher; only AES-GCM has one, since `ring` does not offer AES counter mode.
struct Floor {
    key: LessSafeKey,
    template: [u8; PLAIN_LEN],
    counter: u64,
    received: Slots,
}

impl Floor {
    fn new(profile: SrtpProfile) -> Option<Self> {
        let algorithm: &'static Algorithm = match profile {
            SrtpProfile::AeadAes128Gcm => &AES_128_GCM,
            SrtpProfile::AeadAes256Gcm => &AES_256_GCM,
            SrtpProfile::AesCm128HmacSha1_80 => return None,
        };
        let key =
            UnboundKey::new(algorithm, &vec![0x42; profile.key_len()]).expect("the profile's key length");
        let received = [[0; SLOT_LEN]; BATCH];
        Some(Self { key: LessSafeKey::new(key), template: template(), counter: 0, received })
    }

    fn nonce(counter: u64) -> Nonce {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&counter.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&mut self, slots: &mut Slots) {
        for slot in slots {
            slot[..PLAIN_LEN].copy_from_slice(&self.template);
            self.counter += 1;
            let (packet, room) = slot.split_at_mut(PLAIN_LEN);
            let (header, body) = packet.split_at_mut(HEADER_LEN);
            let nonce = Self::nonce(self.counter);
            let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(&*header), body);
            room.copy_from_slice(tag.expect("a packet is short").as_ref());
        }
    }

    fn open(&mut self, slots: &mut Slots) {
        let first = self.counter + 1 - BATCH as u64;
        for ((slot, received), counter) in slots.iter().zip(&mut self.received).zip(first..) {
            received.copy_from_slice(slot);
            let (packet, tag) = received.split_at_mut(PLAIN_LEN);
            let (header, body) = packet.split_at_mut(HEADER_LEN);
            let tag = Tag::try_from(&*tag).expect("sixteen bytes");
            let (nonce, aad) = (Self::nonce(counter), Aad::from(&*header));
            let opened = self.key.open_in_place_separate_tag(nonce, aad, tag, body, 0..);
            black_box(opened.expect("what was sealed opens"));
        }
    }
}

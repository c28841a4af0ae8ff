//! It should refuse a second handshake inside the encrypted connection.
//!
//! No library sends one, so the records are made by hand, with the keys of the other side: its master secret is in
//! its serialised state, and is recognised by giving the exported keys again.

use dtls::CloseReason;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use srtp::{DtlsRole, KeyingMaterial};

use crate::hello::Hello;
use crate::interop::{Mixed, Setting};

const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
const MASTER_SECRET_LEN: usize = 48;

/// P_SHA256 (RFC 5246 §5).
fn prf(secret: &[u8], label: &str, seeds: [&[u8]; 2], len: usize) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let seed = [label.as_bytes(), seeds[0], seeds[1]].concat();
    let mut a = hmac::sign(&key, &seed);
    let mut out = Vec::new();
    while out.len() < len {
        out.extend_from_slice(hmac::sign(&key, &[a.as_ref(), &seed].concat()).as_ref());
        a = hmac::sign(&key, a.as_ref());
    }
    out.truncate(len);
    out
}

/// Seals records as the foreign client does, with TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.
struct Forger {
    key: LessSafeKey,
    iv: [u8; 4],
    sequence: u64,
}

impl Forger {
    fn new(mixed: &Mixed) -> Self {
        // Both hellos begin, behind record and handshake headers, with version and random.
        let random = |sent: &[Vec<u8>], kind: u8| {
            let hello = sent.iter().rfind(|d| d[0] == HANDSHAKE && d[13] == kind).expect("a hello was sent");
            hello[27..59].to_vec()
        };
        let (client, server) = (random(&mixed.foreign_sent, 1), random(&mixed.ours.sent, 2));
        let state = mixed.foreign_state();
        let label = KeyingMaterial::EXPORTER_LABEL;
        let exported = state.export_keying_material(label, &[], 56).unwrap();
        let serialised = state.marshal_binary().unwrap();
        let secret = serialised
            .windows(MASTER_SECRET_LEN)
            .find(|secret| prf(secret, label, [&client, &server], 56) == exported.as_ref())
            .expect("the master secret is part of the state");

        // client key 16, server key 16, client iv 4, server iv 4 (RFC 5246 §6.3, RFC 5288 §3)
        let block = prf(secret, "key expansion", [&server, &client], 40);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &block[..16]).unwrap());
        Self { key, iv: block[32..36].try_into().unwrap(), sequence: 1 << 20 }
    }

    fn record(&mut self, content: u8, plain: &[u8]) -> Vec<u8> {
        self.sequence += 1;
        let number = (1_u64 << 48 | self.sequence).to_be_bytes();
        let nonce = [self.iv.as_slice(), &number].concat().try_into().unwrap();
        let len = (plain.len() as u16).to_be_bytes();
        let aad = [number.as_slice(), &[content, 0xfe, 0xfd], &len].concat();
        let mut sealed = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed)
            .unwrap();
        let body = [number.as_slice(), &sealed].concat();
        crate::hello::record(content, 1, self.sequence, &body)
    }
}

fn established() -> (Mixed, Forger) {
    let profiles = [SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm];
    let mut mixed = Mixed::new(&Setting::new(DtlsRole::Client, &profiles));
    mixed.run();
    assert!(mixed.ours.established.is_some());
    let forger = Forger::new(&mixed);
    (mixed, forger)
}

#[test]
fn the_forger_speaks_with_the_clients_voice() {
    let (mut mixed, mut forger) = established();

    mixed.ours.endpoint.handle_datagram(mixed.now, &forger.record(DATA, b"forged"));
    mixed.ours.poll();

    assert_eq!(mixed.ours.data, [b"forged"]);
}

#[test]
fn abuse_49_renegotiation_is_refused() {
    for message_seq in [5, 6, 7, 100] {
        let (mut mixed, mut forger) = established();
        let hello = Hello { message_seq, ..Hello::default() }.message();

        mixed.ours.endpoint.handle_datagram(mixed.now, &forger.record(HANDSHAKE, &hello));
        mixed.ours.poll();

        assert_eq!(mixed.ours.closed, Some(CloseReason::Renegotiation), "{message_seq}");
    }
}

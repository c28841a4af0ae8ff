//! The endpoint alone, over an engine that says what the test wants: what it must not believe, and how often it
//! calls the library.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
use zeroize::Zeroizing;

use super::*;
use crate::fingerprint::{Fingerprint, HashFunction};

/// Gives out what it was told to once the first record came, and counts calls.
struct ScriptedEngine {
    is_started: bool,
    script: VecDeque<EngineOutput>,
    records: Arc<AtomicUsize>,
}

impl Engine for ScriptedEngine {
    fn handle_record(&mut self, _: &[u8]) -> Result<(), CloseReason> {
        self.is_started = true;
        self.records.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn handle_timeout(&mut self, _: Instant) -> Result<(), CloseReason> {
        Ok(())
    }

    fn poll(&mut self) -> EngineOutput {
        let next = self.is_started.then(|| self.script.pop_front()).flatten();
        next.unwrap_or(EngineOutput::Wait(None))
    }

    fn send(&mut self, data: &[u8]) -> Result<(), CloseReason> {
        self.script.push_back(EngineOutput::Datagram(data.to_vec()));
        Ok(())
    }

    fn close(&mut self) {}
}

struct Fixture {
    endpoint: Endpoint,
    now: Instant,
    records: Arc<AtomicUsize>,
}

fn fixture(expected: Fingerprints, script: impl IntoIterator<Item = EngineOutput>) -> Fixture {
    let now = Instant::now();
    let records = Arc::new(AtomicUsize::new(0));
    let engine = ScriptedEngine {
        is_started: false,
        script: script.into_iter().collect(),
        records: Arc::clone(&records),
    };
    let endpoint = Endpoint::new(DtlsRole::Server, Box::new(engine), expected, now, SystemTime::now());
    Fixture { endpoint, now, records }
}

impl Fixture {
    /// A datagram that the guard lets through: a whole message.
    fn start(&mut self) -> Vec<String> {
        let fragment = record::Fragment { kind: 1, message_len: 3, message_seq: 0, offset: 0, body: b"abc" };
        self.endpoint.handle_datagram(self.now, &record::plain_handshake(0, &fragment));
        std::iter::from_fn(|| self.endpoint.poll_event())
            .map(|event| match event {
                Event::Established(_) => "established".to_owned(),
                Event::Data(data) => format!("{} bytes", data.len()),
                Event::Closed(reason) => reason.to_string(),
            })
            .collect()
    }
}

fn certificate(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
    let key = KeyPair::generate_for(algorithm).unwrap();
    CertificateParams::default().self_signed(&key).unwrap().der().to_vec()
}

fn promised(certificate: &[u8]) -> Fingerprints {
    Fingerprints::from(Fingerprint::of(HashFunction::Sha256, certificate))
}

fn exported() -> EngineOutput {
    let profile = SrtpProfile::AeadAes128Gcm;
    EngineOutput::Exported(profile, Zeroizing::new(vec![1; profile.keying_material_len()]))
}

#[test]
fn establishes_with_the_promised_certificate() {
    let certificate = certificate(&PKCS_ECDSA_P384_SHA384);
    let script = [EngineOutput::Certificate(certificate.clone()), EngineOutput::Finished, exported()];

    let events = fixture(promised(&certificate), script).start();

    assert_eq!(events, ["established"]);
}

#[test]
fn gives_no_keys_without_a_certificate() {
    let script = [EngineOutput::Finished, exported(), EngineOutput::Data(b"early".to_vec())];

    let events = fixture(promised(b"any"), script).start();

    assert_eq!(events, [CloseReason::FingerprintMismatch.to_string()]);
}

#[test]
fn gives_no_keys_without_an_srtp_profile() {
    let certificate = certificate(&PKCS_ECDSA_P384_SHA384);
    let script = [EngineOutput::Certificate(certificate.clone()), EngineOutput::Finished];

    let events = fixture(promised(&certificate), script).start();

    assert_eq!(events, [CloseReason::NoSrtpProfile.to_string()]);
}

#[test]
fn abuse_49_weak_certificate_fails_closed() {
    // A kind of key that no browser makes and the library cannot verify.
    let other_key = certificate(&PKCS_ED25519);
    // ecdsa-with-SHA224 instead of -SHA384, in both places where the algorithm is named.
    let strong = certificate(&PKCS_ECDSA_P384_SHA384);
    let name = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
    let mut weak_hash = strong.clone();
    for at in 0..strong.len() - name.len() {
        if strong[at..].starts_with(&name) {
            weak_hash[at + name.len()] = 1;
        }
    }
    let unreadable = strong[..strong.len() - 1].to_vec();

    for (bad, problem) in [
        (other_key, CertificateProblem::WeakKey),
        (weak_hash, CertificateProblem::WeakSignature),
        (unreadable, CertificateProblem::Unreadable),
    ] {
        let script = [EngineOutput::Certificate(bad.clone()), EngineOutput::Finished, exported()];
        let mut fixture = fixture(promised(&bad), script);

        assert_eq!(fixture.start(), [CloseReason::Certificate(problem).to_string()]);
        let told = fixture.endpoint.poll_datagram().expect("an alert");
        // unsupported_certificate(43), fatal
        assert_eq!(told[13..], [2, 43]);
        assert_eq!(fixture.endpoint.poll_datagram(), None);
    }
}

#[test]
fn nothing_that_waited_goes_out_once_the_handshake_failed() {
    let script = [
        EngineOutput::Datagram(b"our flight".to_vec()),
        EngineOutput::Certificate(b"another".to_vec()),
        EngineOutput::Datagram(b"our Finished".to_vec()),
    ];
    let mut fixture = fixture(promised(b"promised"), script);

    fixture.start();

    let told = fixture.endpoint.poll_datagram().expect("an alert");
    assert_eq!(told[13..], [2, 42]);
    assert_eq!(fixture.endpoint.poll_datagram(), None);
}

#[test]
fn finding_3_the_library_is_called_once_for_a_message_in_sixteen_fragments() {
    let mut fixture = fixture(promised(b"any"), []);
    let body = vec![7; 16 * 64];

    for offset in (0..body.len()).step_by(64) {
        let fragment = record::Fragment {
            kind: 1,
            message_len: body.len(),
            message_seq: 0,
            offset,
            body: &body[offset..offset + 64],
        };
        let datagram = record::plain_handshake(0, &fragment);
        for _ in 0..3 {
            fixture.endpoint.handle_datagram(fixture.now, &datagram);
        }
    }

    // The last fragment completes it; its two repetitions do not begin it anew.
    assert_eq!(fixture.records.load(Ordering::Relaxed), 1);
}

#[test]
fn what_waits_to_be_polled_is_bounded() {
    let certificate = certificate(&PKCS_ECDSA_P384_SHA384);
    let established = [EngineOutput::Certificate(certificate.clone()), EngineOutput::Finished, exported()];
    let data = (0..10_000).map(|_| EngineOutput::Data(vec![1; 10]));
    let datagrams = (0..10_000).map(|_| EngineOutput::Datagram(vec![1; 10]));
    let script = established.into_iter().chain(data).chain(datagrams);
    let mut fixture = fixture(promised(&certificate), script);

    let events = fixture.start();
    let datagrams = std::iter::from_fn(|| fixture.endpoint.poll_datagram()).count();

    assert_eq!((events.len(), datagrams), (MAX_WAITING_DATA, MAX_OUTGOING));
}

#[test]
fn sends_no_more_records_than_the_keys_allow() {
    let certificate = certificate(&PKCS_ECDSA_P384_SHA384);
    let script = [EngineOutput::Certificate(certificate.clone()), EngineOutput::Finished, exported()];
    let mut fixture = fixture(promised(&certificate), script);
    fixture.start();
    fixture.endpoint.sent = MAX_SENT_RECORDS - 1;

    let last = fixture.endpoint.send(b"last");
    let beyond = fixture.endpoint.send(b"beyond");

    assert_eq!((last, beyond), (Ok(()), Err(SendError::Exhausted)));
}

#[test]
fn the_deadline_holds_whatever_the_engine_says() {
    let mut fixture = fixture(promised(b"any"), []);
    let deadline = fixture.now + HANDSHAKE_DEADLINE;

    assert_eq!(fixture.endpoint.poll_timeout(), Some(deadline));
    fixture.endpoint.handle_timeout(deadline - Duration::from_millis(1));
    assert!(!fixture.endpoint.is_closed());
    fixture.endpoint.handle_timeout(deadline);

    assert!(matches!(fixture.endpoint.poll_event(), Some(Event::Closed(CloseReason::Timeout))));
}

//! Against `rtc-stun`: what it writes is read, and what is answered it accepts.

use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_LIFETIME, ATTR_NETWORK_COST, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
    AttrType,
};
use rtc_stun::error_code::ErrorCodeAttribute;
use rtc_stun::fingerprint::FINGERPRINT as FINGERPRINT_SETTER;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST as REQUEST_TYPE, Getter, Message, Setter, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;

use super::*;

const PASSWORD: &str = "the-password-of-the-node";
const NAME: &[u8] = b"00abcdefghij:peer";

/// What a browser sends.
fn browser_attributes() -> Vec<(AttrType, Vec<u8>)> {
    vec![
        (ATTR_USERNAME, NAME.to_vec()),
        (ATTR_NETWORK_COST, vec![0, 1, 3, 231]),
        (ATTR_ICE_CONTROLLING, vec![7; 8]),
        (ATTR_USE_CANDIDATE, vec![]),
        (ATTR_PRIORITY, vec![0x6e, 0, 0x1e, 0xff]),
    ]
}

fn request(attributes: &[(AttrType, Vec<u8>)], password: &str) -> Vec<u8> {
    let provider = rtc_stun::crypto::default_provider().unwrap();
    let mut message = Message::new();
    TransactionId::new().add_to(&mut message).unwrap();
    REQUEST_TYPE.add_to(&mut message).unwrap();
    message.write_header();
    for (kind, value) in attributes {
        message.add(*kind, value);
    }
    MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), provider.crypto())
        .add_to(&mut message)
        .unwrap();
    FINGERPRINT_SETTER.add_to(&mut message).unwrap();
    message.raw
}

fn answer(bytes: &[u8], remote: SocketAddr) -> Vec<u8> {
    let parsed = BindingRequest::parse(bytes).unwrap();
    let mut out = [0; RESPONSE_LEN_MAX];
    let len = parsed.answer(&key(PASSWORD), remote, &mut out);
    out[..len].to_vec()
}

fn decode_and_verify(answer: &[u8]) -> Message {
    let provider = rtc_stun::crypto::default_provider().unwrap();
    let mut message = Message::new();
    message.unmarshal_binary(answer).unwrap();
    FINGERPRINT_SETTER.check(&message).unwrap();
    MessageIntegrity::check(&mut message, PASSWORD.as_bytes(), provider.crypto()).unwrap();
    message
}

#[test]
fn a_check_of_a_browser_is_read() {
    let bytes = request(&browser_attributes(), PASSWORD);

    let parsed = BindingRequest::parse(&bytes).unwrap();

    assert_eq!(parsed.fragments(), Some(("00abcdefghij", "peer")));
    assert!(parsed.nominates);
    assert!(parsed.is_authentic(&key(PASSWORD)));
    assert!(!parsed.is_authentic(&key("another password")));
}

#[test]
fn the_answer_names_the_address_and_is_no_larger_than_the_request() {
    for remote in ["198.51.100.7:40000", "[2001:db8::7]:40001", "[::ffff:198.51.100.7]:40002"] {
        let remote: SocketAddr = remote.parse().unwrap();
        let bytes = request(&browser_attributes(), PASSWORD);

        let answer = answer(&bytes, remote);

        let message = decode_and_verify(&answer);
        let mut mapped = XorMappedAddress::default();
        mapped.get_from(&message).unwrap();
        assert_eq!((mapped.ip, mapped.port), (remote.ip().to_canonical(), remote.port()));
        assert_eq!(message.transaction_id.0, bytes[8..20]);
        assert!(answer.len() <= bytes.len());
    }
}

#[test]
fn the_smallest_request_still_outweighs_the_largest_answer() {
    let smallest = [(ATTR_USERNAME, NAME.to_vec()), (ATTR_PRIORITY, vec![0; 4])];
    let bytes = request(&smallest, PASSWORD);

    let answer = answer(&bytes, "[2001:db8::7]:1".parse().unwrap());

    assert_eq!((bytes.len(), answer.len()), (84, 76));
}

#[test]
fn an_attribute_that_must_be_understood_gives_error_420() {
    let mut attributes = browser_attributes();
    attributes.push((ATTR_LIFETIME, vec![0; 4]));
    let bytes = request(&attributes, PASSWORD);

    let answer = answer(&bytes, "198.51.100.7:1".parse().unwrap());

    let message = decode_and_verify(&answer);
    let mut code = ErrorCodeAttribute::default();
    code.get_from(&message).unwrap();
    assert_eq!(code.code.0, 420);
}

#[test]
fn a_request_without_username_or_priority_is_malformed() {
    for missing in [ATTR_USERNAME, ATTR_PRIORITY] {
        let attributes: Vec<_> =
            browser_attributes().into_iter().filter(|(kind, _)| *kind != missing).collect();

        assert_eq!(BindingRequest::parse(&request(&attributes, PASSWORD)), Err(StunError::Malformed));
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let bytes = request(&browser_attributes(), PASSWORD);

    for at in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;

            let believed =
                BindingRequest::parse(&changed).is_ok_and(|request| request.is_authentic(&key(PASSWORD)));

            assert!(!believed, "byte {at}");
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    let bytes = request(&browser_attributes(), PASSWORD);

    for len in 0..bytes.len() {
        assert!(BindingRequest::parse(&bytes[..len]).is_err(), "{len}");
    }
}

#[test]
fn without_fingerprint_or_integrity_it_is_not_authentic() {
    let whole = request(&browser_attributes(), PASSWORD);
    let mut without_fingerprint = whole[..whole.len() - 8].to_vec();
    let end = without_fingerprint.len();
    set_length(&mut without_fingerprint, end);
    let mut without_integrity = whole[..whole.len() - 32].to_vec();
    set_length(&mut without_integrity, whole.len() - 32 + 8);
    let crc = crc32fast::hash(&without_integrity) ^ FINGERPRINT_XOR;
    without_integrity.extend([0x80, 0x28, 0, 4]);
    without_integrity.extend(crc.to_be_bytes());

    assert_eq!(BindingRequest::parse(&without_fingerprint), Err(StunError::Unauthentic));
    assert_eq!(BindingRequest::parse(&without_integrity), Err(StunError::Unauthentic));
}

#[test]
fn what_follows_the_integrity_is_not_believed() {
    // A nomination put behind MESSAGE-INTEGRITY by somebody on the way, with a new FINGERPRINT.
    let attributes: Vec<_> =
        browser_attributes().into_iter().filter(|(kind, _)| *kind != ATTR_USE_CANDIDATE).collect();
    let mut bytes = request(&attributes, PASSWORD);
    bytes.truncate(bytes.len() - 8);
    bytes.extend([0, 0x25, 0, 0]);
    let end = bytes.len() + 8;
    set_length(&mut bytes, end);
    let crc = crc32fast::hash(&bytes) ^ FINGERPRINT_XOR;
    bytes.extend([0x80, 0x28, 0, 4]);
    bytes.extend(crc.to_be_bytes());

    let parsed = BindingRequest::parse(&bytes).unwrap();

    assert!(parsed.is_authentic(&key(PASSWORD)));
    assert!(!parsed.nominates);
}

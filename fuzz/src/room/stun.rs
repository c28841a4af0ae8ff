//! Connectivity checks (RFC 8489, RFC 8445 §7.1), proved with a password, and with whatever else a program puts in.

use ring::hmac;

const BINDING_REQUEST: u16 = 0x0001;
const MAGIC_COOKIE: u32 = 0x2112_a442;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// A check. `extra` is put before the integrity, as it is: attributes, or what looks like some.
pub(crate) fn check(username: &str, password: &str, nominates: bool, extra: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(128);
    message.extend(BINDING_REQUEST.to_be_bytes());
    message.extend([0, 0]);
    message.extend(MAGIC_COOKIE.to_be_bytes());
    message.extend(*b"twelve bytes");
    put(&mut message, USERNAME, username.as_bytes());
    put(&mut message, PRIORITY, &[0x6e, 0, 0x1e, 0xff]);
    if nominates {
        put(&mut message, USE_CANDIDATE, &[]);
    }
    message.extend(extra);
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(&mut message, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, &message);
    put(&mut message, MESSAGE_INTEGRITY, tag.as_ref());
    finish(message)
}

/// Bytes as they are, behind a STUN header and before a right fingerprint: no password is needed for that.
pub(crate) fn unproved(attributes: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend(*b"twelve bytes");
    message.extend(attributes);
    message.resize(message.len().next_multiple_of(4), 0);
    finish(message)
}

fn finish(mut message: Vec<u8>) -> Vec<u8> {
    set_length(&mut message, 8);
    let crc = crc32fast::hash(&message) ^ FINGERPRINT_XOR;
    put(&mut message, FINGERPRINT, &crc.to_be_bytes());
    message
}

fn put(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// The length after `more` further bytes.
fn set_length(message: &mut [u8], more: usize) {
    let length = (message.len() + more - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

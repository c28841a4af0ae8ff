//! The client's half of STUN: a connectivity check written, its answer read (RFC 8489, RFC 8445 §7.1).
//!
//! ```text
//!  check:  header | USERNAME | PRIORITY | ICE-CONTROLLING | [USE-CANDIDATE] | MESSAGE-INTEGRITY | FINGERPRINT
//!  answer: header | XOR-MAPPED-ADDRESS | MESSAGE-INTEGRITY | FINGERPRINT
//! ```
//!
//! Both are proved with the node's password, which came over signalling.

use ring::hmac;

const HEADER_LEN: usize = 20;
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLING: u16 = 0x802a;

const ATTRIBUTE_HEADER_LEN: usize = 4;
const INTEGRITY_LEN: usize = 20;
const FINGERPRINT_LEN: usize = 4;
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// An answer has two or three attributes; bounds the walk.
const ATTRIBUTES_MAX: usize = 16;

/// What an answer repeats: 96 random bits.
pub(super) type Transaction = [u8; 12];

/// The key of short-term credentials is the password itself (RFC 8489 §9.1.1).
pub(super) fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

/// A connectivity check.
pub(super) struct Check<'a> {
    pub(super) transaction: Transaction,
    /// `<node's fragment>:<own fragment>` (RFC 8445 §7.2.2).
    pub(super) username: &'a str,
    pub(super) priority: u32,
    pub(super) tie_breaker: u64,
    /// The own choice of a path, which as the controlling agent's counts.
    pub(super) nominates: bool,
}

impl Check<'_> {
    pub(super) fn to_bytes(&self, key: &hmac::Key) -> Vec<u8> {
        let mut message = Vec::with_capacity(128);
        message.extend_from_slice(&BINDING_REQUEST.to_be_bytes());
        message.extend_from_slice(&[0, 0]);
        message.extend_from_slice(&MAGIC_COOKIE);
        message.extend_from_slice(&self.transaction);
        put(&mut message, USERNAME, self.username.as_bytes());
        put(&mut message, PRIORITY, &self.priority.to_be_bytes());
        put(&mut message, ICE_CONTROLLING, &self.tie_breaker.to_be_bytes());
        if self.nominates {
            put(&mut message, USE_CANDIDATE, &[]);
        }
        set_length(&mut message, ATTRIBUTE_HEADER_LEN + INTEGRITY_LEN);
        let tag = hmac::sign(key, &message);
        put(&mut message, MESSAGE_INTEGRITY, tag.as_ref());
        set_length(&mut message, ATTRIBUTE_HEADER_LEN + FINGERPRINT_LEN);
        let crc = crc32fast::hash(&message) ^ FINGERPRINT_XOR;
        put(&mut message, FINGERPRINT, &crc.to_be_bytes());
        message
    }
}

/// The transaction of a success answer that this key has proved; `None` for anything else.
pub(super) fn read_success(bytes: &[u8], key: &hmac::Key) -> Option<Transaction> {
    let (header, body) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let kind = u16::from_be_bytes([header[0], header[1]]);
    if kind != BINDING_SUCCESS || header[4..8] != MAGIC_COOKIE || length != body.len() {
        return None;
    }
    let mut integrity_at = None;
    let mut at = HEADER_LEN;
    for _ in 0..ATTRIBUTES_MAX {
        let head = bytes.get(at..at + ATTRIBUTE_HEADER_LEN)?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = bytes.get(at + ATTRIBUTE_HEADER_LEN..at + ATTRIBUTE_HEADER_LEN + len)?;
        match kind {
            MESSAGE_INTEGRITY if len == INTEGRITY_LEN && integrity_at.is_none() => integrity_at = Some(at),
            FINGERPRINT => {
                let crc = crc32fast::hash(&bytes[..at]) ^ FINGERPRINT_XOR;
                let is_right = value == crc.to_be_bytes() && is_authentic(bytes, integrity_at?, key);
                return if is_right { header[8..].try_into().ok() } else { None };
            }
            _ => {}
        }
        at += ATTRIBUTE_HEADER_LEN + len.next_multiple_of(4);
    }
    None
}

fn is_authentic(bytes: &[u8], at: usize, key: &hmac::Key) -> bool {
    // The length counts up to and including MESSAGE-INTEGRITY (RFC 8489 §14.5).
    let mut signed = bytes[..at].to_vec();
    set_length(&mut signed, ATTRIBUTE_HEADER_LEN + INTEGRITY_LEN);
    let tag = at + ATTRIBUTE_HEADER_LEN;
    bytes.get(tag..tag + INTEGRITY_LEN).is_some_and(|tag| hmac::verify(key, &signed, tag).is_ok())
}

fn put(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&(value.len() as u16).to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// The length after `more` further bytes.
fn set_length(message: &mut [u8], more: usize) {
    let length = (message.len() + more - HEADER_LEN) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    //! Against `rtc-stun`: it accepts what is written, and what it answers is read.

    use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
    use rtc_stun::fingerprint::FINGERPRINT as FINGERPRINT_SETTER;
    use rtc_stun::integrity::MessageIntegrity;
    use rtc_stun::message::{BINDING_SUCCESS as SUCCESS_TYPE, Message, Setter, TransactionId};
    use rtc_stun::xoraddr::XorMappedAddress;

    use super::*;

    const PASSWORD: &str = "the-password-of-the-node";

    fn check(nominates: bool) -> Vec<u8> {
        let check = Check {
            transaction: *b"twelve bytes",
            username: "00node:peer",
            priority: 0x6e00_1eff,
            tie_breaker: 7,
            nominates,
        };
        check.to_bytes(&key(PASSWORD))
    }

    fn answer(password: &str) -> Vec<u8> {
        let provider = rtc_stun::crypto::default_provider().unwrap();
        let mut message = Message::new();
        message.transaction_id = TransactionId(*b"twelve bytes");
        SUCCESS_TYPE.add_to(&mut message).unwrap();
        message.write_header();
        XorMappedAddress { ip: [192, 0, 2, 1].into(), port: 5000 }.add_to(&mut message).unwrap();
        MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), provider.crypto())
            .add_to(&mut message)
            .unwrap();
        FINGERPRINT_SETTER.add_to(&mut message).unwrap();
        message.raw
    }

    #[test]
    fn a_check_is_accepted_with_all_that_ice_asks_for() {
        let provider = rtc_stun::crypto::default_provider().unwrap();
        let mut message = Message::new();

        message.unmarshal_binary(&check(true)).unwrap();

        FINGERPRINT_SETTER.check(&message).unwrap();
        MessageIntegrity::check(&mut message, PASSWORD.as_bytes(), provider.crypto()).unwrap();
        assert_eq!(message.get(ATTR_USERNAME).unwrap(), b"00node:peer");
        assert_eq!(message.get(ATTR_PRIORITY).unwrap(), [0x6e, 0, 0x1e, 0xff]);
        assert_eq!(message.get(ATTR_ICE_CONTROLLING).unwrap(), 7u64.to_be_bytes());
        assert!(message.get(ATTR_USE_CANDIDATE).is_ok());
    }

    #[test]
    fn only_a_nominating_check_says_so() {
        let mut message = Message::new();

        message.unmarshal_binary(&check(false)).unwrap();

        assert!(message.get(ATTR_USE_CANDIDATE).is_err());
    }

    #[test]
    fn an_answer_is_believed_with_the_right_key_only() {
        assert_eq!(read_success(&answer(PASSWORD), &key(PASSWORD)), Some(*b"twelve bytes"));
        assert_eq!(read_success(&answer("another"), &key(PASSWORD)), None);
    }

    #[test]
    fn any_changed_bit_and_any_cut_of_an_answer_is_noticed() {
        let good = answer(PASSWORD);

        for bit in 0..good.len() * 8 {
            let mut changed = good.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_success(&changed, &key(PASSWORD)), None, "bit {bit}");
        }
        for len in 0..good.len() {
            assert_eq!(read_success(&good[..len], &key(PASSWORD)), None, "{len} bytes");
        }
    }

    #[test]
    fn a_request_is_no_answer() {
        assert_eq!(read_success(&check(true), &key(PASSWORD)), None);
    }
}

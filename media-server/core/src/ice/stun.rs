//! STUN Binding requests read and answered (RFC 8489), as far as an ICE-lite agent meets them.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |0 0|     STUN message type     |         message length        |  0
//! |                   magic cookie 0x2112A442                     |  4
//! |                     transaction id, 96 bits                   |  8
//! +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//! |   type        |    length     |   value, padded to 4 bytes    | 20 …
//! ```
//!
//! A request is `USERNAME`, `PRIORITY`, perhaps others, `MESSAGE-INTEGRITY`, `FINGERPRINT`, in this order where order
//! counts. Anything else is not answered. The answer is never larger than the request: 76 bytes at most, where the
//! smallest request that is believed has 84.

use std::net::{IpAddr, SocketAddr};

use ring::hmac;

const HEADER_LEN: usize = 20;
const MAGIC_COOKIE: u32 = 0x2112_a442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
/// Attributes below this must be understood (RFC 8489 §14).
const COMPREHENSION_OPTIONAL: u16 = 0x8000;

const INTEGRITY_LEN: usize = 20;
const FINGERPRINT_LEN: usize = 4;
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// A check of a browser has about 120 bytes. Longer ones than this are not read.
pub(crate) const REQUEST_LEN_MAX: usize = 512;
/// More attributes than a check has; bounds the walk.
const ATTRIBUTES_MAX: usize = 24;
/// Room for the largest answer: a success over IPv6.
pub(crate) const RESPONSE_LEN_MAX: usize = 76;

/// A well-formed Binding request with a right FINGERPRINT. Who sent it is not proved yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BindingRequest<'a> {
    bytes: &'a [u8],
    /// Where MESSAGE-INTEGRITY begins.
    integrity_at: usize,
    transaction: &'a [u8],
    username: &'a str,
    /// `USE-CANDIDATE`: the peer nominates this path (RFC 8445 §7.1.2).
    pub(crate) nominates: bool,
    /// The first attribute that must be understood and is not.
    unknown: Option<u16>,
}

/// Why a datagram is no Binding request that could be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StunError {
    /// Not a Binding request, cut short, or lacking USERNAME or PRIORITY.
    Malformed,
    /// MESSAGE-INTEGRITY or FINGERPRINT missing or wrong.
    Unauthentic,
}

impl<'a> BindingRequest<'a> {
    /// Reads a datagram.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, StunError> {
        if bytes.len() > REQUEST_LEN_MAX {
            return Err(StunError::Malformed);
        }
        let (header, body) = bytes.split_first_chunk::<HEADER_LEN>().ok_or(StunError::Malformed)?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let cookie = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let kind = u16::from_be_bytes([header[0], header[1]]);
        if kind != BINDING_REQUEST || cookie != MAGIC_COOKIE || length != body.len() || length % 4 != 0 {
            return Err(StunError::Malformed);
        }
        let found = Found::walk(bytes)?;
        let integrity_at = found.integrity_at.ok_or(StunError::Unauthentic)?;
        let fingerprint_at = found.fingerprint_at.ok_or(StunError::Unauthentic)?;
        if !is_fingerprint_right(bytes, fingerprint_at) {
            return Err(StunError::Unauthentic);
        }
        let username = found.username.and_then(|name| std::str::from_utf8(name).ok());
        let (Some(username), true) = (username, found.has_priority) else {
            return Err(StunError::Malformed);
        };
        Ok(Self {
            bytes,
            integrity_at,
            transaction: &bytes[8..HEADER_LEN],
            username,
            nominates: found.nominates,
            unknown: found.unknown,
        })
    }

    /// The node's user fragment and the peer's: `USERNAME` is `<to>:<from>` (RFC 8445 §7.2.2).
    pub(crate) fn fragments(&self) -> Option<(&'a str, &'a str)> {
        self.username.split_once(':')
    }

    /// Whether MESSAGE-INTEGRITY is of this key; compared in constant time.
    pub(crate) fn is_authentic(&self, key: &hmac::Key) -> bool {
        let mut signed = [0; REQUEST_LEN_MAX];
        let Some(signed) = signed.get_mut(..self.integrity_at) else { return false };
        signed.copy_from_slice(&self.bytes[..self.integrity_at]);
        // The length counts up to and including MESSAGE-INTEGRITY (RFC 8489 §14.5).
        set_length(signed, self.integrity_at + 4 + INTEGRITY_LEN);
        let tag = self.integrity_at + 4;
        hmac::verify(key, signed, &self.bytes[tag..tag + INTEGRITY_LEN]).is_ok()
    }

    /// Writes the answer to `out`: the address that the request came from, or error 420 when the request holds an
    /// attribute that must be understood and is not (RFC 8489 §6.3.1).
    pub(crate) fn answer(
        &self,
        key: &hmac::Key,
        remote: SocketAddr,
        out: &mut [u8; RESPONSE_LEN_MAX],
    ) -> usize {
        let kind = if self.unknown.is_some() { BINDING_ERROR } else { BINDING_SUCCESS };
        let mut writer = Writer { out, len: 0 };
        writer.put(&kind.to_be_bytes());
        writer.put(&[0, 0]);
        writer.put(&MAGIC_COOKIE.to_be_bytes());
        writer.put(self.transaction);
        if let Some(unknown) = self.unknown {
            writer.attribute(ERROR_CODE, &[0, 0, 4, 20]);
            writer.attribute(UNKNOWN_ATTRIBUTES, &unknown.to_be_bytes());
        } else {
            writer.xor_mapped_address(remote, self.transaction);
        }
        writer.seal(key)
    }
}

/// What a walk over the attributes found.
#[derive(Default)]
struct Found<'a> {
    username: Option<&'a [u8]>,
    has_priority: bool,
    nominates: bool,
    unknown: Option<u16>,
    integrity_at: Option<usize>,
    fingerprint_at: Option<usize>,
}

impl<'a> Found<'a> {
    fn walk(bytes: &'a [u8]) -> Result<Self, StunError> {
        let mut found = Self::default();
        let mut at = HEADER_LEN;
        for _ in 0..ATTRIBUTES_MAX {
            if at == bytes.len() {
                return Ok(found);
            }
            let head = bytes.get(at..at + 4).ok_or(StunError::Malformed)?;
            let kind = u16::from_be_bytes([head[0], head[1]]);
            let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let value = bytes.get(at + 4..at + 4 + len).ok_or(StunError::Malformed)?;
            found.note(kind, value, at)?;
            at += 4 + len.next_multiple_of(4);
        }
        Err(StunError::Malformed)
    }

    fn note(&mut self, kind: u16, value: &'a [u8], at: usize) -> Result<(), StunError> {
        if self.fingerprint_at.is_some() {
            // FINGERPRINT is the last attribute (RFC 8489 §14.7).
            return Err(StunError::Malformed);
        }
        if kind == FINGERPRINT {
            if value.len() != FINGERPRINT_LEN {
                return Err(StunError::Unauthentic);
            }
            self.fingerprint_at = Some(at);
            return Ok(());
        }
        if self.integrity_at.is_some() {
            // What follows MESSAGE-INTEGRITY is not proved by it, and so not read (RFC 8489 §14.5).
            return Ok(());
        }
        match kind {
            MESSAGE_INTEGRITY if value.len() == INTEGRITY_LEN => self.integrity_at = Some(at),
            MESSAGE_INTEGRITY => return Err(StunError::Unauthentic),
            USERNAME if self.username.is_none() => self.username = Some(value),
            PRIORITY if value.len() == 4 => self.has_priority = true,
            USE_CANDIDATE => self.nominates = true,
            kind if kind < COMPREHENSION_OPTIONAL && kind != USERNAME && kind != PRIORITY => {
                self.unknown = self.unknown.or(Some(kind));
            }
            _ => {}
        }
        Ok(())
    }
}

fn is_fingerprint_right(bytes: &[u8], at: usize) -> bool {
    let expected = crc32fast::hash(&bytes[..at]) ^ FINGERPRINT_XOR;
    bytes[at + 4..] == expected.to_be_bytes()
}

fn set_length(message: &mut [u8], end: usize) {
    let length = (end - HEADER_LEN) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

/// Writes an answer front to back. The answers above fit by construction, so writing cannot fail.
struct Writer<'a> {
    out: &'a mut [u8; RESPONSE_LEN_MAX],
    len: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if let Some(to) = self.out.get_mut(self.len..self.len + bytes.len()) {
            to.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    fn attribute(&mut self, kind: u16, value: &[u8]) {
        self.put(&kind.to_be_bytes());
        self.put(&(value.len() as u16).to_be_bytes());
        self.put(value);
        self.put(&[0; 3][..value.len().next_multiple_of(4) - value.len()]);
    }

    /// RFC 8489 §14.2: the port XOR the cookie's upper half, the address XOR cookie and transaction id.
    fn xor_mapped_address(&mut self, remote: SocketAddr, transaction: &[u8]) {
        let mut mask = [0; 16];
        mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
        mask[4..].copy_from_slice(transaction);
        let port = remote.port() ^ (MAGIC_COOKIE >> 16) as u16;
        let [high, low] = port.to_be_bytes();
        match remote.ip().to_canonical() {
            IpAddr::V4(address) => {
                let mut value = [0, 1, high, low, 0, 0, 0, 0];
                xor(&mut value[4..], &address.octets(), &mask);
                self.attribute(XOR_MAPPED_ADDRESS, &value);
            }
            IpAddr::V6(address) => {
                let mut value = [0; 20];
                value[..4].copy_from_slice(&[0, 2, high, low]);
                xor(&mut value[4..], &address.octets(), &mask);
                self.attribute(XOR_MAPPED_ADDRESS, &value);
            }
        }
    }

    /// Adds MESSAGE-INTEGRITY and FINGERPRINT and returns the length.
    fn seal(mut self, key: &hmac::Key) -> usize {
        set_length(self.out, self.len + 4 + INTEGRITY_LEN);
        let tag = hmac::sign(key, &self.out[..self.len]);
        self.attribute(MESSAGE_INTEGRITY, tag.as_ref());
        set_length(self.out, self.len + 4 + FINGERPRINT_LEN);
        let crc = crc32fast::hash(&self.out[..self.len]) ^ FINGERPRINT_XOR;
        self.attribute(FINGERPRINT, &crc.to_be_bytes());
        self.len
    }
}

fn xor(to: &mut [u8], value: &[u8], mask: &[u8]) {
    for ((to, value), mask) in to.iter_mut().zip(value).zip(mask) {
        *to = value ^ mask;
    }
}

/// The key of short-term credentials is the password itself (RFC 8489 §9.1.1).
pub(crate) fn key(password: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes())
}

#[cfg(test)]
mod tests;

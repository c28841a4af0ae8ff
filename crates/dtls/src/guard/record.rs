//! Records and handshake fragments as they lie on the wire (RFC 6347 §4.1, §4.2.2).
//!
//! ```text
//!   0       1       3       5            11      13
//!  +-------+-------+-------+------------+-------+----------
//!  | type  |version| epoch |  sequence  | length| body …        a record; several may share a datagram
//!  +-------+-------+-------+------------+-------+----------
//!   0       1       4       6       9       12
//!  +-------+-------+-------+-------+-------+---------
//!  | type  |length | seq   |offset |length | bytes …            a handshake fragment; several may share a record
//!  +-------+-------+-------+-------+-------+---------
//!           message         fragment
//! ```

/// Bytes of a record's header.
pub(crate) const RECORD_HEADER_LEN: usize = 13;
/// Bytes of a handshake fragment's header.
pub(crate) const FRAGMENT_HEADER_LEN: usize = 12;

/// The version in what we write: DTLS 1.2.
const DTLS_1_2: [u8; 2] = [0xfe, 0xfd];
/// The version in a first ClientHello's record, for the sake of old servers (RFC 6347 §4.2.1).
const DTLS_1_0: [u8; 2] = [0xfe, 0xff];

/// What a record carries (RFC 5246 §6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    ChangeCipherSpec,
    Alert,
    Handshake,
    Data,
}

/// Handshake message types that matter to their order (RFC 5246 §7.4).
pub(crate) mod kind {
    /// Asks for renegotiation.
    pub(crate) const HELLO_REQUEST: u8 = 0;
    /// The last that a server sends before it waits for the client's keys.
    pub(crate) const SERVER_HELLO_DONE: u8 = 14;
    /// The last that a client sends before its ChangeCipherSpec.
    pub(crate) const CERTIFICATE_VERIFY: u8 = 15;
}

/// The bytes do not form records or fragments from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One record of a datagram.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) content: Content,
    pub(crate) epoch: u16,
    pub(crate) body: &'a [u8],
    /// Header and body, as received.
    pub(crate) bytes: &'a [u8],
}

/// The records of a datagram. Ends behind the first one that is malformed.
pub(crate) struct Records<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let parsed = parse_record(self.0);
        self.0 = parsed.map_or(&[], |(_, rest)| rest);
        Some(parsed.map(|(record, _)| record))
    }
}

fn parse_record(bytes: &[u8]) -> Result<(Record<'_>, &[u8]), Malformed> {
    let (&[first, v0, v1, e0, e1, _, _, _, _, _, _, l0, l1], rest) =
        bytes.split_first_chunk::<RECORD_HEADER_LEN>().ok_or(Malformed)?;
    let content = match first {
        20 => Content::ChangeCipherSpec,
        21 => Content::Alert,
        22 => Content::Handshake,
        23 => Content::Data,
        _ => return Err(Malformed),
    };
    if ![DTLS_1_2, DTLS_1_0].contains(&[v0, v1]) {
        return Err(Malformed);
    }
    let len = usize::from(u16::from_be_bytes([l0, l1]));
    let (body, rest) = rest.split_at_checked(len).ok_or(Malformed)?;
    let bytes = &bytes[..RECORD_HEADER_LEN + len];
    Ok((Record { content, epoch: u16::from_be_bytes([e0, e1]), body, bytes }, rest))
}

/// One fragment of a handshake message; a whole message is its own only fragment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fragment<'a> {
    pub(crate) kind: u8,
    pub(crate) message_len: usize,
    pub(crate) message_seq: u16,
    pub(crate) offset: usize,
    pub(crate) body: &'a [u8],
}

impl Fragment<'_> {
    /// Where it ends in its message. At most `message_len`.
    pub(crate) const fn end(&self) -> usize {
        self.offset + self.body.len()
    }

    /// Header and body, as they lie in a record.
    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.kind);
        out.extend_from_slice(&u24(self.message_len));
        out.extend_from_slice(&self.message_seq.to_be_bytes());
        out.extend_from_slice(&u24(self.offset));
        out.extend_from_slice(&u24(self.body.len()));
        out.extend_from_slice(self.body);
    }
}

/// The fragments of a handshake record. Ends behind the first one that is malformed.
pub(crate) struct Fragments<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Fragments<'a> {
    type Item = Result<Fragment<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let parsed = parse_fragment(self.0);
        self.0 = parsed.map_or(&[], |(_, rest)| rest);
        Some(parsed.map(|(fragment, _)| fragment))
    }
}

fn parse_fragment(bytes: &[u8]) -> Result<(Fragment<'_>, &[u8]), Malformed> {
    let (&[kind, m0, m1, m2, s0, s1, o0, o1, o2, l0, l1, l2], rest) =
        bytes.split_first_chunk::<FRAGMENT_HEADER_LEN>().ok_or(Malformed)?;
    let (body, rest) = rest.split_at_checked(usize_from_u24([l0, l1, l2])).ok_or(Malformed)?;
    let fragment = Fragment {
        kind,
        message_len: usize_from_u24([m0, m1, m2]),
        message_seq: u16::from_be_bytes([s0, s1]),
        offset: usize_from_u24([o0, o1, o2]),
        body,
    };
    if fragment.end() > fragment.message_len { Err(Malformed) } else { Ok((fragment, rest)) }
}

/// A record in the clear (epoch 0) with one handshake fragment in it.
pub(crate) fn plain_handshake(sequence: u64, fragment: &Fragment<'_>) -> Vec<u8> {
    let mut body = Vec::with_capacity(FRAGMENT_HEADER_LEN + fragment.body.len());
    fragment.write(&mut body);
    plain_record(22, sequence, &body)
}

/// A ChangeCipherSpec record. It has one byte, and that is 1.
pub(crate) fn plain_change_cipher_spec(sequence: u64) -> Vec<u8> {
    plain_record(20, sequence, &[1])
}

/// A fatal alert in the clear (RFC 5246 §7.2).
pub(crate) fn plain_fatal_alert(sequence: u64, description: u8) -> Vec<u8> {
    plain_record(21, sequence, &[2, description])
}

/// `body` is at most a handshake message of the guard's limit, which fits a record.
fn plain_record(content: u8, sequence: u64, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("a handshake message within the limit fits a record");
    let mut record = Vec::with_capacity(RECORD_HEADER_LEN + body.len());
    record.push(content);
    record.extend_from_slice(&DTLS_1_2);
    record.extend_from_slice(&[0, 0]);
    record.extend_from_slice(&sequence.to_be_bytes()[2..]);
    record.extend_from_slice(&len.to_be_bytes());
    record.extend_from_slice(body);
    record
}

fn usize_from_u24(bytes: [u8; 3]) -> usize {
    bytes.into_iter().fold(0, |value, byte| value << 8 | usize::from(byte))
}

/// The low 24 bits, big-endian. Callers stay far below 2^24.
fn u24(value: usize) -> [u8; 3] {
    let bytes = (value as u64).to_be_bytes();
    [bytes[5], bytes[6], bytes[7]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(body: &[u8]) -> Fragment<'_> {
        Fragment { kind: 11, message_len: 0x01_02_03, message_seq: 0x0405, offset: 0x01_00_00, body }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = plain_handshake(0x0102_0304_0506, &fragment(b"abc"));

        let records: Vec<_> = Records(&bytes).collect::<Result<_, _>>().unwrap();
        let fragments: Vec<_> = Fragments(records[0].body).collect::<Result<_, _>>().unwrap();

        assert_eq!((records.len(), records[0].epoch, records[0].content), (1, 0, Content::Handshake));
        assert_eq!(&bytes[5..11], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(fragments.len(), 1);
        let read = fragments[0];
        assert_eq!((read.kind, read.message_len, read.message_seq), (11, 0x01_02_03, 0x0405));
        assert_eq!((read.offset, read.body), (0x01_00_00, b"abc".as_slice()));
    }

    #[test]
    fn several_records_share_a_datagram() {
        let mut bytes = plain_handshake(1, &fragment(b"abc"));
        bytes.extend(plain_change_cipher_spec(2));

        let contents: Vec<_> = Records(&bytes).map(|record| record.unwrap().content).collect();

        assert_eq!(contents, [Content::Handshake, Content::ChangeCipherSpec]);
    }

    #[test]
    fn every_cut_of_a_record_is_malformed() {
        let bytes = plain_handshake(1, &fragment(b"abc"));

        for len in 1..bytes.len() {
            let read: Vec<_> = Records(&bytes[..len]).map(|record| record.is_ok()).collect();

            assert_eq!(read, [false], "{len}");
        }
    }

    #[test]
    fn a_fragment_beyond_its_message_is_malformed() {
        let mut beyond = fragment(b"abc");
        beyond.offset = beyond.message_len - 2;
        let bytes = plain_handshake(1, &beyond);

        let read: Vec<_> = Fragments(&bytes[RECORD_HEADER_LEN..]).map(|f| f.is_ok()).collect();

        assert_eq!(read, [false]);
    }
}

//! What reaches the DTLS library, in which order, and how often.
//!
//! A handshake library must reassemble fragments and sort messages that a stranger may cut, repeat and shuffle at
//! will. Here that is done in front of it with a bound on everything, so that the library gets each message of the
//! handshake whole, once and in order, one record per call:
//!
//! ```text
//!   records ─▶ epoch 0 ─ handshake ─▶ Message per number ─▶ in order ─────▶ library
//!                      ─ ChangeCipherSpec ─ held until the peer's last plain message
//!                      ─ alert ────────────────────────────────────────────▶ library, before establishment
//!              epoch 1 ─ held (few) until the ChangeCipherSpec went through ▶ library
//! ```
//!
//! A handshake message that has been delivered before is passed on again by its first fragment only: the library
//! never queues it, but learns that the peer lacks our last flight (RFC 6347 §4.2.4).
//!
//! Work is counted in steps (a record, a fragment, a delivery), so that tests bound it without a clock.

mod message;
pub(crate) mod record;
#[cfg(test)]
mod tests;

use arrayvec::ArrayVec;
use srtp::DtlsRole;

pub use message::{MAX_FRAGMENTS, MIN_FRAGMENT_LEN};
use message::{Message, Refused};
use record::{Content, Fragment, Fragments, RECORD_HEADER_LEN, Record, Records, kind};

/// The longest handshake message: a certificate with a long chain is 4 KB, a ClientHello with post-quantum keys 2.
/// With its header it still fits a record of the largest size (2^14, RFC 5246 §6.2.1).
pub const MAX_MESSAGE_LEN: usize = (1 << 14) - record::FRAGMENT_HEADER_LEN;
/// Records taken from a peer before the handshake is done. A handshake has about 10; ten repetitions of all of it,
/// each datagram doubled by the network, stay below this.
pub const MAX_HANDSHAKE_RECORDS: u32 = 256;
/// Plain records looked at after the handshake: repetitions of the peer's last flight when ours got lost, 4 records
/// each. Whoever needs more than 16 repetitions has given up.
const MAX_LATE_RECORDS: u32 = 64;
/// Records of one datagram. The longest flight that shares a datagram has 5.
const MAX_RECORDS_PER_DATAGRAM: usize = 16;
/// Messages of one handshake. The longest variant of DTLS 1.2 has 7 from one side, with a cookie.
const MAX_MESSAGES: u16 = 16;
/// Messages that may be incomplete or waiting for an earlier one: a flight has at most 5.
const MAX_PENDING: usize = 6;
/// Bytes of all of those but the next one.
const MAX_PENDING_BYTES: usize = 2 * MAX_MESSAGE_LEN;
/// Encrypted records that arrived ahead of what makes them readable: the Finished and its repetition.
const MAX_EARLY_RECORDS: usize = 4;
/// Bytes of an early record; a Finished has about 60.
const MAX_EARLY_LEN: usize = 2048;

/// What the guard saw, let through and dropped, by cause. Totals of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuardCounts {
    /// Records looked at.
    pub records: u64,
    /// Units of work: records, fragments, deliveries.
    pub steps: u64,
    /// Records handed to the DTLS library.
    pub delivered: u64,
    /// No record or fragment, or one that has no place in a handshake.
    pub malformed: u64,
    /// Messages longer than [`MAX_MESSAGE_LEN`], or more bytes waiting than allowed.
    pub oversized: u64,
    /// Fragments shorter than [`MIN_FRAGMENT_LEN`].
    pub small_fragments: u64,
    /// Fragments beyond [`MAX_FRAGMENTS`] of a message.
    pub many_fragments: u64,
    /// Fragments and messages that were there already.
    pub duplicates: u64,
    /// Messages too far ahead of the next one.
    pub ahead: u64,
    /// Encrypted records that came before they could be read and found no place to wait.
    pub early: u64,
    /// Plain records after the handshake that serve nothing.
    pub late: u64,
    /// Records beyond [`MAX_HANDSHAKE_RECORDS`] or beyond the limit of a datagram.
    pub over_budget: u64,
}

/// The peer spent its records before the handshake was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BudgetSpent;

/// Stands between the datagrams of one peer and the library.
pub(crate) struct Guard {
    /// The type of the peer's last message before its ChangeCipherSpec.
    last_plain: u8,
    is_established: bool,
    budget: u32,
    /// The number of the next message to deliver.
    next: u16,
    /// Messages from `next` on, found by number.
    pending: ArrayVec<(u16, Message), MAX_PENDING>,
    /// Whether the peer's last plain message was delivered.
    is_plain_done: bool,
    has_change_cipher_spec: bool,
    is_cipher_changed: bool,
    early: ArrayVec<Vec<u8>, MAX_EARLY_RECORDS>,
    /// Sequence number of the next plain record for the library.
    sequence: u64,
    counts: GuardCounts,
}

impl Guard {
    /// For an endpoint that plays `role` itself.
    pub(crate) fn new(role: DtlsRole) -> Self {
        Self {
            last_plain: match role {
                DtlsRole::Server => kind::CERTIFICATE_VERIFY,
                DtlsRole::Client => kind::SERVER_HELLO_DONE,
            },
            is_established: false,
            budget: MAX_HANDSHAKE_RECORDS,
            next: 0,
            pending: ArrayVec::new(),
            is_plain_done: false,
            has_change_cipher_spec: false,
            is_cipher_changed: false,
            early: ArrayVec::new(),
            sequence: 0,
            counts: GuardCounts::default(),
        }
    }

    pub(crate) const fn counts(&self) -> GuardCounts {
        self.counts
    }

    /// The handshake is done: from now on little is taken in the clear.
    pub(crate) fn establish(&mut self) {
        self.is_established = true;
        self.budget = MAX_LATE_RECORDS;
        self.pending.clear();
        self.early.clear();
    }

    /// Takes a datagram and appends the records for the library to `admitted`.
    pub(crate) fn admit(&mut self, datagram: &[u8], admitted: &mut Vec<Vec<u8>>) -> Result<(), BudgetSpent> {
        for (index, record) in Records(datagram).enumerate() {
            if index == MAX_RECORDS_PER_DATAGRAM {
                self.counts.over_budget += 1;
                break;
            }
            self.counts.records += 1;
            self.counts.steps += 1;
            let record = record.ok();
            let is_protected = record.is_some_and(|r| r.epoch > 0);
            if !(self.is_established && is_protected) {
                let Some(rest) = self.budget.checked_sub(1) else {
                    self.counts.over_budget += 1;
                    return if self.is_established { Ok(()) } else { Err(BudgetSpent) };
                };
                self.budget = rest;
            }
            match record {
                Some(record) => self.take_record(&record, admitted),
                None => self.counts.malformed += 1,
            }
        }
        Ok(())
    }

    fn take_record(&mut self, record: &Record<'_>, admitted: &mut Vec<Vec<u8>>) {
        match (record.epoch, record.content) {
            (0, Content::Handshake) => self.take_handshake(record.body, admitted),
            (0, Content::ChangeCipherSpec) if self.has_change_cipher_spec => self.counts.duplicates += 1,
            (0, Content::ChangeCipherSpec) if record.body == [1] => {
                self.has_change_cipher_spec = true;
                self.release(admitted);
            }
            (0, Content::Alert) if self.is_established => self.counts.late += 1,
            (0, Content::Alert) if record.body.len() == 2 => self.deliver(record.bytes.to_vec(), admitted),
            (1, Content::Alert | Content::Handshake | Content::Data) if self.is_cipher_changed => {
                self.deliver(record.bytes.to_vec(), admitted);
            }
            (1, Content::Alert | Content::Handshake | Content::Data) => {
                let fits = record.bytes.len() <= MAX_EARLY_LEN;
                if !fits || self.early.try_push(record.bytes.to_vec()).is_err() {
                    self.counts.early += 1;
                }
            }
            _ => self.counts.malformed += 1,
        }
    }

    fn take_handshake(&mut self, body: &[u8], admitted: &mut Vec<Vec<u8>>) {
        for fragment in Fragments(body) {
            self.counts.steps += 1;
            match fragment {
                Ok(fragment) => self.take_fragment(&fragment, admitted),
                Err(record::Malformed) => self.counts.malformed += 1,
            }
        }
    }

    fn take_fragment(&mut self, fragment: &Fragment<'_>, admitted: &mut Vec<Vec<u8>>) {
        if fragment.message_seq < self.next {
            self.counts.duplicates += 1;
            if fragment.offset == 0 && fragment.message_len <= MAX_MESSAGE_LEN {
                self.deliver_plain(fragment, admitted);
            }
        } else if self.is_established || fragment.kind == kind::HELLO_REQUEST {
            // A new handshake, or the wish for one: renegotiation is not spoken here.
            self.counts.late += 1;
        } else if let Some(message) = self.pending_message(fragment) {
            match message.add(fragment) {
                Ok(()) => self.deliver_whole(admitted),
                Err(Refused::Inconsistent) => self.counts.malformed += 1,
                Err(Refused::TooSmall) => self.counts.small_fragments += 1,
                Err(Refused::TooMany) => self.counts.many_fragments += 1,
                Err(Refused::Duplicate) => self.counts.duplicates += 1,
            }
        }
    }

    /// The message that a fragment belongs to, made when there is room for it.
    fn pending_message(&mut self, fragment: &Fragment<'_>) -> Option<&mut Message> {
        let number = fragment.message_seq;
        if let Some(index) = self.pending.iter().position(|(n, _)| *n == number) {
            return Some(&mut self.pending[index].1);
        }
        // The next message always finds a place, or the handshake could not go on: it is not held to the bytes of
        // those that wait for it, and there are as many places as numbers within reach.
        let waiting: usize = self.pending.iter().map(|(_, message)| message.len()).sum();
        let is_crowded = number != self.next && waiting + fragment.message_len > MAX_PENDING_BYTES;
        if fragment.message_len > MAX_MESSAGE_LEN || is_crowded {
            self.counts.oversized += 1;
            return None;
        }
        let reach = self.next + MAX_PENDING as u16;
        if number >= reach.min(MAX_MESSAGES) || self.pending.is_full() {
            self.counts.ahead += 1;
            return None;
        }
        self.pending.push((number, Message::new(fragment.kind, fragment.message_len)));
        self.pending.last_mut().map(|(_, message)| message)
    }

    /// Delivers the messages that are whole and next.
    fn deliver_whole(&mut self, admitted: &mut Vec<Vec<u8>>) {
        while let Some(index) = self.pending.iter().position(|(n, m)| *n == self.next && m.whole().is_some())
        {
            let (number, message) = self.pending.swap_remove(index);
            let body = message.whole().unwrap_or_default();
            let whole = Fragment {
                kind: message.kind,
                message_len: body.len(),
                message_seq: number,
                offset: 0,
                body,
            };
            self.deliver_plain(&whole, admitted);
            self.next = number + 1;
            self.is_plain_done |= message.kind == self.last_plain;
            self.release(admitted);
        }
    }

    /// Delivers the ChangeCipherSpec once it can be understood, and the encrypted records that waited for it.
    fn release(&mut self, admitted: &mut Vec<Vec<u8>>) {
        if self.is_cipher_changed || !self.is_plain_done || !self.has_change_cipher_spec {
            return;
        }
        self.is_cipher_changed = true;
        let sequence = self.take_sequence();
        self.deliver(record::plain_change_cipher_spec(sequence), admitted);
        for record in std::mem::take(&mut self.early) {
            self.deliver(record, admitted);
        }
    }

    fn deliver_plain(&mut self, fragment: &Fragment<'_>, admitted: &mut Vec<Vec<u8>>) {
        let sequence = self.take_sequence();
        self.deliver(record::plain_handshake(sequence, fragment), admitted);
    }

    fn deliver(&mut self, record: Vec<u8>, admitted: &mut Vec<Vec<u8>>) {
        debug_assert!(record.len() >= RECORD_HEADER_LEN, "a record has a header");
        self.counts.steps += 1;
        self.counts.delivered += 1;
        admitted.push(record);
    }

    const fn take_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence - 1
    }
}

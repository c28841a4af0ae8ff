//! What the core counts, by cause. Plain numbers that only rise; the shell reads them for its metrics.

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Totals since the core began. Datagrams in: `received` is the sum of what was taken and what was dropped.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            /// Every counter with its name, in the order of the path.
            #[must_use]
            pub fn named(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

counters! {
    /// Datagrams given to the core.
    received,
    /// Dropped: of a kind that RFC 7983 does not know, or empty.
    dropped_unknown_kind,
    /// Dropped: not STUN, from a path that ICE has not validated.
    dropped_unvalidated,
    /// Binding requests answered.
    stun_answered,
    /// Dropped: not a well-formed Binding request with the attributes that ICE asks for.
    dropped_stun_malformed,
    /// Dropped: no peer has this user fragment.
    dropped_stun_unknown,
    /// Dropped: MESSAGE-INTEGRITY or FINGERPRINT wrong or missing.
    dropped_stun_unauthentic,
    /// Dropped: this source sends too many.
    dropped_stun_rate,
    /// Dropped: authentic, from a path that somebody else is using.
    dropped_stun_taken,
    /// Handed to the handshake thread.
    dtls_received,
    /// Dropped: above the bound of a flush.
    dropped_dtls_rate,
    /// Dropped: media before the handshake's end.
    dropped_unkeyed,
    /// Dropped: a fault of the node, found by a datagram of a stranger.
    dropped_condemned,
    /// Dropped: above what one peer may send.
    dropped_over_limit,
    /// RTP packets that authenticated.
    rtp_received,
    /// RTCP packets that authenticated.
    rtcp_received,
    /// Dropped: no valid tag.
    dropped_unauthentic,
    /// Dropped: seen before, or older than the replay window.
    dropped_replayed,
    /// Dropped: authentic, but not RTP or RTCP inside.
    dropped_malformed,
    /// Dropped: authentic, of a stream that was never negotiated, or one more than a peer may have.
    dropped_unknown_stream,
    /// Dropped: padding only, or of a track that is not allowed.
    dropped_no_media,
    /// Media packets taken into a room: each goes to every subscriber that has a lane for its track.
    media_taken,
    /// Of these: lost on the way from the publisher, and recovered from a later packet that held them too (RED).
    recovered_redundant,
    /// Packets that were due to a subscriber: media packets times lanes that show their layer, or wait for it.
    forward_due,
    /// Of these: written for sending.
    forwarded,
    /// Of these: not sent on purpose. The lane waits for a key frame (of another layer too), does not know the codec, or
    /// has no number for it (padding, or late from before a switch or a jump).
    forward_held_back,
    /// Of these: dropped because the subscriber is not connected or has gone, or sealing failed.
    forward_failed,
    /// Of these: dropped because the arena of one flush was full.
    forward_overflowed,
    /// Of these: dropped because they waited too long for the subscriber's budget. What is neither here nor above waits
    /// still ([`crate::Load`]).
    forward_late,
    /// Datagrams of nothing but padding, to learn what a path carries.
    padding_sent,
    /// Pictures paused because a subscriber's path is too slow for them.
    pictures_paused,
    /// Pictures that nobody is shown because their publisher's path is too slow for them.
    pictures_held_up,
    /// Of those written for sending: with earlier packets before them, for a subscriber that loses some (RED).
    forwarded_redundant,
    /// Retransmissions written for sending.
    retransmitted,
    /// Retransmissions asked for and not given: too old, too often, or the peer has no RTX.
    retransmit_refused,
    /// Sequence numbers asked of publishers.
    nacks_sent,
    /// Sequence numbers that subscribers asked for.
    nacks_received,
    /// Key frame requests from subscribers.
    key_frame_requests_received,
    /// Key frame requests to publishers.
    key_frame_requests_sent,
    /// Signs of life to peers to whom nothing else was due.
    heartbeats_sent,
    /// Bytes of all datagrams written for sending.
    bytes_sent,
    /// Datagrams written for sending.
    datagrams_sent,
    /// Joins, resumes and reattachments that were refused.
    refused,
    /// Signalling connections attached to a peer that had media already.
    reattached,
    /// Messages of clients that were done before, and said again on another connection.
    messages_repeated,
    /// Rooms ended by a fault of the node.
    rooms_condemned,
    /// Connections without a seat closed by a fault of the node.
    connections_condemned,
    /// Peers that were lost: no consent, or never connected.
    peers_lost,
    /// Peers that were removed: they went on sending more than they may.
    peers_overdrawn,
    /// Handshakes that failed.
    handshakes_failed,
    /// Answers and reports dropped because the arena was full.
    transmits_dropped,
    /// Outputs dropped because the shell does not poll.
    outputs_dropped,
}

//! One transport to the node: ICE, then DTLS on the selected path, then keys for media.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use dtls::{Endpoint, Event as DtlsEvent, Fingerprints, Identity};
use rtp::demux::{Protocol, classify};
use rtp::extension::ExtensionMap;
use sctp::Channel;
use srtp::{DtlsRole, OpenError, SrtpOpener};

use crate::event::{Event, LostReason};
use crate::ice::{Agent, Path};
use crate::participant::Transmit;
use crate::random::Random;
use crate::receive::Arrivals;
use crate::sdp::{Answer, DATA_MID};
use crate::send::Wire;
use crate::statistics::TransportStatistics;

/// What is there once both ends have keys.
pub(crate) struct Media {
    pub(crate) wire: Wire,
    pub(crate) opener: SrtpOpener,
    pub(crate) arrivals: Arrivals,
}

/// What was agreed on.
struct Remote {
    fingerprints: Fingerprints,
    extensions: ExtensionMap,
    /// Data channels too.
    has_data: bool,
}

/// One transport.
pub(crate) struct Transport {
    pub(crate) ice: Agent,
    remote: Option<Remote>,
    dtls: Option<Endpoint>,
    pub(crate) media: Option<Media>,
    /// Once there are keys, where data channels were agreed on.
    pub(crate) channel: Option<Channel>,
    selected: Option<Path>,
    is_lost: bool,
    out: VecDeque<Transmit>,
}

/// Media inside a datagram.
pub(crate) enum Inside {
    Rtp { len: usize, sequence: rtp::ExtSeqNo },
    Rtcp { len: usize },
}

impl Transport {
    pub(crate) fn new(random: Random, locals: &[SocketAddr], now: Instant) -> Self {
        Self {
            ice: Agent::new(random, locals, now),
            remote: None,
            dtls: None,
            media: None,
            channel: None,
            selected: None,
            is_lost: false,
            out: VecDeque::new(),
        }
    }

    /// The node's answer. A second one on the same transport changes nothing of it but, after a restart, where ICE looks.
    pub(crate) fn set_answer(&mut self, answer: &Answer, now: Instant) {
        if self.remote.is_none() {
            self.ice.set_remote(&answer.ufrag, &answer.password, &answer.candidates, now);
            self.remote = Some(Remote {
                fingerprints: answer.fingerprints.clone(),
                extensions: answer.extensions,
                has_data: answer.media_of(DATA_MID).is_some_and(|media| media.is_accepted),
            });
        } else if self.ice.is_restarting() {
            self.ice.set_remote(&answer.ufrag, &answer.password, &answer.candidates, now);
        }
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.ice.round_trip()
    }

    /// Takes a datagram; media in it is opened in place and given back.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &mut [u8],
        counted: &mut TransportStatistics,
    ) -> Option<Inside> {
        counted.datagrams_received += 1;
        counted.bytes_received += datagram.len() as u64;
        let protocol = classify(datagram);
        match (protocol, &mut self.media) {
            (Some(Protocol::Stun), _) => {
                self.ice.handle_datagram(path, datagram, now);
                None
            }
            (Some(Protocol::Dtls), _) => {
                if let Some(dtls) = &mut self.dtls {
                    dtls.handle_datagram(now, datagram);
                }
                None
            }
            (Some(Protocol::Rtp), Some(media)) => match media.opener.open_rtp(datagram) {
                Ok(opened) => {
                    counted.rtp_received += 1;
                    Some(Inside::Rtp { len: opened.len, sequence: opened.sequence })
                }
                Err(error) => count_refused(error, counted),
            },
            (Some(Protocol::Rtcp), Some(media)) => match media.opener.open_rtcp(datagram) {
                Ok(len) => {
                    counted.rtcp_received += 1;
                    Some(Inside::Rtcp { len })
                }
                Err(error) => count_refused(error, counted),
            },
            (Some(Protocol::Rtp | Protocol::Rtcp), None) => {
                counted.unkeyed += 1;
                None
            }
            (Some(Protocol::TurnChannel) | None, _) => {
                counted.malformed += 1;
                None
            }
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.ice.handle_timeout(now);
        if let Some(dtls) = &mut self.dtls
            && dtls.poll_timeout().is_some_and(|due| due <= now)
        {
            dtls.handle_timeout(now);
        }
        if let Some(channel) = &mut self.channel
            && channel.poll_timeout().is_some_and(|due| due <= now)
        {
            channel.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.is_lost {
            return None;
        }
        let dtls = self.dtls.as_ref().and_then(Endpoint::poll_timeout);
        let arrivals = self.media.as_ref().and_then(|media| media.arrivals.poll_timeout());
        let channel = self.channel.as_ref().and_then(Channel::poll_timeout);
        self.ice.poll_timeout().into_iter().chain(dtls).chain(arrivals).chain(channel).min()
    }

    /// Moves on what the last call has made possible. Called after each of them.
    pub(crate) fn advance(
        &mut self,
        now: Instant,
        (identity, wall): (&Identity, SystemTime),
        events: &mut VecDeque<Event>,
    ) {
        while let Some((path, bytes)) = self.ice.poll_transmit() {
            self.out.push_back(Transmit { path, bytes });
        }
        if self.ice.selected() != self.selected {
            self.selected = self.ice.selected();
            events.extend(self.selected.map(Event::PathSelected));
            if let Some(media) = &mut self.media {
                media.wire.set_path(self.selected);
            }
        }
        if let (None, Some(_), Some(remote)) = (&self.dtls, self.selected, &self.remote) {
            self.dtls = Some(Endpoint::client(identity, remote.fingerprints.clone(), now, wall));
        }
        self.advance_dtls(now, events);
        if !self.is_lost && self.ice.is_lost(now) {
            self.lose(LostReason::Consent, events);
        }
    }

    fn advance_dtls(&mut self, now: Instant, events: &mut VecDeque<Event>) {
        let (Some(dtls), Some(remote)) = (&mut self.dtls, &self.remote) else { return };
        if let Some(path) = self.selected {
            while let Some(bytes) = dtls.poll_datagram() {
                self.out.push_back(Transmit { path, bytes });
            }
        }
        let mut closed = None;
        while let Some(event) = dtls.poll_event() {
            match event {
                DtlsEvent::Established(established) => {
                    let (sealer, opener) = established.keys.contexts(DtlsRole::Client);
                    let mut wire = Wire::new(sealer, remote.extensions);
                    wire.set_path(self.selected);
                    self.media = Some(Media { wire, opener, arrivals: Arrivals::new(now) });
                    self.channel = remote.has_data.then(|| Channel::client(now));
                    events.push_back(Event::Connected);
                }
                DtlsEvent::Data(packet) => {
                    if let Some(channel) = &mut self.channel {
                        channel.handle_packet(now, &packet);
                    }
                }
                DtlsEvent::Closed(reason) => closed = Some(reason),
            }
        }
        if let Some(reason) = closed {
            self.lose(LostReason::Dtls(reason), events);
        }
    }

    /// Sends what the data channel has to say.
    pub(crate) fn advance_channel(&mut self) {
        let (Some(dtls), Some(channel), Some(path)) = (&mut self.dtls, &mut self.channel, self.selected)
        else {
            return;
        };
        while let Some(packet) = channel.poll_packet() {
            // Without DTLS the transport is lost anyway.
            let _ = dtls.send(&packet);
            while let Some(bytes) = dtls.poll_datagram() {
                self.out.push_back(Transmit { path, bytes });
            }
        }
    }

    fn lose(&mut self, reason: LostReason, events: &mut VecDeque<Event>) {
        if !std::mem::replace(&mut self.is_lost, true) {
            self.media = None;
            self.channel = None;
            events.push_back(Event::Lost(reason));
        }
    }

    pub(crate) fn poll_datagram(&mut self) -> Option<Transmit> {
        self.out.pop_front().or_else(|| self.media.as_mut()?.wire.poll())
    }
}

fn count_refused(error: OpenError, counted: &mut TransportStatistics) -> Option<Inside> {
    match error {
        OpenError::Replayed | OpenError::TooOld => counted.replayed += 1,
        OpenError::Malformed => counted.malformed += 1,
        OpenError::BadTag | OpenError::Unencrypted | OpenError::TooManySsrcs => counted.unauthentic += 1,
    }
    None
}

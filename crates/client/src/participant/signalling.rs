//! Joining, coming back, leaving, and what the node says.

use std::net::SocketAddr;
use std::time::Instant;

use protocol::signal::{
    ClientMessage, DeviceLimit, Kind, LaneState, LaneView, Numbered, PublishTrack, ServerMessage, ViewSize,
};

use super::{PING_EVERY, Participant, fresh_streams};
use crate::event::{Event, LostReason};
use crate::random::Random;
use crate::receive::LaneStreams;
use crate::sdp::{Answer, LineRole, OfferTransport, write_offer};
use crate::stamp::SeatTag;
use crate::transport::Transport;

impl Participant {
    /// Asks for a seat with a join token.
    pub fn join(&mut self, token: String) {
        let (offer, tracks) = self.offer();
        self.dialogue.begin(ClientMessage::Join { token, offer, tracks });
    }

    /// Says what holds the own device up, as a page does when it changes.
    pub fn tell_device(&mut self, limited: DeviceLimit) {
        self.dialogue.say(ClientMessage::Device { limited });
    }

    /// Comes back to the seat with a new transport from these own addresses, as a page does whose connection broke.
    /// They should be new ones: what the node still sends to the old transport would come to the new one. `false`
    /// without a secret: never joined, or used already.
    pub fn resume(&mut self, now: Instant, locals: &[SocketAddr]) -> bool {
        let Some(resume) = self.resume_secret.take() else { return false };
        self.locals = locals.to_vec();
        self.transport = Transport::new(Random::new(self.random.bytes()), &self.locals, now);
        self.is_new_transport = true;
        self.reported_round_trip = None;
        for (at, line) in self.lines.iter_mut().filter(|line| line.role != LineRole::Receive).enumerate() {
            let (source, layers) = match line.role {
                LineRole::Publish { source, .. } => (source, &[][..]),
                LineRole::Simulcast { source, layers } => (source, layers),
                LineRole::Receive => continue,
            };
            (line.role, self.numbers[at]) = fresh_streams(source, layers, &mut self.random);
        }
        let (offer, tracks) = self.offer();
        self.dialogue.begin(ClientMessage::Resume { resume, offer, tracks });
        true
    }

    /// The WebSocket is gone. What is said from now on waits for [`Self::reattach`].
    pub fn handle_signal_lost(&mut self) {
        self.dialogue.detach();
    }

    /// Goes on over another WebSocket, with the transport as it is. The secret stays until the node gives the next, since
    /// its answer may get lost. `false` without one.
    pub fn reattach(&mut self) -> bool {
        let Some(resume) = self.resume_secret.clone() else { return false };
        self.dialogue.reattach(resume);
        true
    }

    /// Looks for another path from these own addresses, with new credentials (RFC 8445 §9): the transport goes on, over the
    /// old path until the new one answers. `false` while an answer is awaited.
    pub fn restart_ice(&mut self, locals: &[SocketAddr]) -> bool {
        if self.is_new_transport || !self.transport.ice.restart(locals) {
            return false;
        }
        self.locals = locals.to_vec();
        let (offer, tracks) = self.offer();
        self.dialogue.say(ClientMessage::Offer { offer, tracks });
        true
    }

    /// Offers more lanes on the same transport.
    pub fn add_lanes(&mut self, kind: Kind, count: usize) {
        for _ in 0..count {
            self.lay_lane(kind);
        }
        let (offer, tracks) = self.offer();
        self.dialogue.say(ClientMessage::Offer { offer, tracks });
    }

    /// Gives up the seat.
    pub fn leave(&mut self) {
        self.dialogue.say(ClientMessage::Leave);
        self.is_over = true;
    }

    /// Ends the consultation for all, where the seat may.
    pub fn end(&mut self) {
        self.dialogue.say(ClientMessage::End);
    }

    fn offer(&mut self) -> (String, Vec<PublishTrack>) {
        self.version += 1;
        let fingerprint = self.identity.fingerprint().to_string();
        let transport = OfferTransport {
            session_id: self.session_id,
            version: self.version,
            ufrag: self.transport.ice.offered().0,
            password: self.transport.ice.offered().1,
            fingerprint: &fingerprint,
            cname: &self.cname,
            audio_repair: self.config.audio_repair,
            audio_redundancy: self.config.audio_redundancy,
            data: self.config.chat,
        };
        let track = |publisher: &crate::send::Publisher| PublishTrack {
            mid: publisher.mid().to_owned(),
            source: publisher.source(),
            active: publisher.is_active(),
        };
        (write_offer(&transport, &self.lines), self.publishers.iter().map(track).collect())
    }

    /// A new connection begins with every lane at full size.
    fn send_views(&mut self) {
        let other = self.lanes.iter().filter(|lane| lane.view != ViewSize::Full);
        let lanes: Vec<_> =
            other.map(|lane| LaneView { mid: lane.mid().to_owned(), size: lane.view }).collect();
        if !lanes.is_empty() {
            self.dialogue.say(ClientMessage::View { lanes });
        }
    }

    /// Takes a message of the node.
    pub fn handle_signal(&mut self, now: Instant, frame: Numbered<ServerMessage>) {
        if !self.dialogue.hear(frame.seq) {
            return self.events.push_back(Event::Lost(LostReason::Number(frame.seq.unwrap_or_default())));
        }
        self.note_moderation(now, &frame.message);
        match frame.message {
            ServerMessage::Joined { seat, answer, resume, participants, lanes, .. } => {
                self.seat = Some(seat);
                self.tag = SeatTag::from(seat);
                self.resume_secret = Some(resume);
                self.room = participants.into_iter().map(|one| (one.seat, one)).collect();
                self.next_ping = Some(now + PING_EVERY);
                self.events.push_back(Event::Joined { seat });
                self.handle_answer(&answer, now);
                self.set_lanes(&lanes);
                self.send_views();
            }
            ServerMessage::Reattached { resume, heard } => {
                self.resume_secret = Some(resume);
                self.dialogue.confirm(heard);
                self.ping_now(now);
                self.events.push_back(Event::Reattached);
            }
            ServerMessage::Pong { heard, .. } => self.dialogue.confirm(heard),
            ServerMessage::Answer { ref answer } => self.handle_answer(answer, now),
            other => {
                self.note(&other);
                self.events.push_back(Event::Message(other));
            }
        }
        self.advance(now);
    }

    /// Keeps what a message says of the room.
    fn note(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Participant { participant } => {
                self.room.insert(participant.seat, participant.clone());
                let is_off = |track| {
                    let is_active = participant.tracks.iter().any(|one| Some(one.id) == track && one.active);
                    !(is_active && participant.connected)
                };
                for lane in self.lanes.iter_mut().filter(|lane| lane.seat == Some(participant.seat)) {
                    if is_off(lane.track) {
                        lane.pause();
                    }
                }
            }
            ServerMessage::ParticipantLeft { seat, .. } => {
                self.room.remove(seat);
            }
            ServerMessage::Lanes { lanes } => self.set_lanes(lanes),
            ServerMessage::Layers { mid, rids, sizes, .. } => {
                for publisher in self.publishers.iter_mut().filter(|publisher| publisher.mid() == mid) {
                    publisher.set_wanted(rids, *sizes);
                }
            }
            ServerMessage::Speakers { speakers } => self.speakers.clone_from(speakers),
            ServerMessage::Ended { .. } => self.is_over = true,
            ServerMessage::Joined { .. }
            | ServerMessage::Reattached { .. }
            | ServerMessage::Answer { .. }
            | ServerMessage::Admitted { .. }
            | ServerMessage::Room { .. }
            | ServerMessage::Moderation { .. }
            | ServerMessage::Muted { .. }
            | ServerMessage::Asked { .. }
            | ServerMessage::Declined { .. }
            | ServerMessage::Permissions { .. }
            | ServerMessage::Quality { .. }
            | ServerMessage::Pong { .. }
            | ServerMessage::Refused { .. } => {}
        }
    }

    fn set_lanes(&mut self, lanes: &[LaneState]) {
        for lane in &mut self.lanes {
            let state = lanes.iter().find(|state| state.mid == lane.mid());
            lane.set_track(state.and_then(|state| state.track), state.and_then(|state| state.seat));
        }
    }

    fn handle_answer(&mut self, text: &str, now: Instant) {
        let answer = match Answer::parse(text) {
            Ok(answer) => answer,
            Err(error) => return self.events.push_back(Event::Lost(LostReason::Answer(error))),
        };
        let is_new = std::mem::take(&mut self.is_new_transport);
        self.transport.set_answer(&answer, now);
        for (publisher, numbers) in self.publishers.iter_mut().zip(&self.numbers) {
            publisher.set_answer(answer.media_of(publisher.mid()), numbers, is_new);
        }
        for lane in &mut self.lanes {
            lane.set_streams(answer.media_of(lane.mid()).and_then(LaneStreams::of), is_new);
        }
        self.reduced_size = answer
            .media
            .iter()
            .filter(|media| media.is_accepted && media.payload_type.is_some())
            .all(|media| media.reduced_size);
        self.next_report = now;
    }
}

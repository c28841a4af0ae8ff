//! Signalling: JSON text frames of a participant, one a line, and messages on their data channel among them; each read as the
//! node reads it and then done in a live room. `$resume` as a secret is the member's genuine one, since no program could guess it.

use media_core::Command;
use protocol::chat::{ClientChat, MESSAGE_BYTES_MAX};
use protocol::limits::{SDP_BYTES_MAX, SDP_MEDIA_MAX, SIGNAL_FRAME_BYTES_MAX};
use protocol::signal::{ClientMessage, Numbered, PublishTrack};

use crate::control::round_trip;
use crate::room::{Room, Shape, WITNESSES};

/// Messages of one input: a socket's burst.
const MESSAGES_MAX: usize = 60;
/// Members of one input: one more than the room has seats for.
const MEMBERS_MAX: usize = 9;
/// Stands for the member's genuine secret.
pub(crate) const RESUME: &str = "$resume";

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    play(bytes);
}

/// The same, with the number of messages that were understood.
pub fn play(bytes: &[u8]) -> usize {
    let mut understood = 0;
    let mut room: Option<Room> = None;
    for frame in bytes.split(|byte| *byte == b'\n').take(MESSAGES_MAX) {
        if frame.len() > SIGNAL_FRAME_BYTES_MAX {
            continue;
        }
        let Ok(text) = std::str::from_utf8(frame) else { continue };
        if let Some(frame) = round_trip::<Numbered<ClientMessage>>(text) {
            understood += 1;
            obey(room.get_or_insert_with(|| Room::new(1)), frame);
        } else if text.len() <= MESSAGE_BYTES_MAX
            && let Some(message) = round_trip::<ClientChat>(text)
        {
            understood += 1;
            let room = room.get_or_insert_with(|| Room::new(1));
            let peer = room.members[WITNESSES].connection;
            room.command(Command::Chat { peer, at_ms: 1_700_000_000_000, message });
        }
    }
    if let Some(mut room) = room {
        room.check();
    }
    understood
}

/// As the node's WebSocket does for a seated participant, and for a new one.
fn obey(room: &mut Room, frame: Numbered<ClientMessage>) {
    let peer = room.members[WITNESSES].connection;
    // Without a number it comes as the next.
    let number = |command| match frame.seq {
        Some(seq) => Command::Numbered { peer, seq, command: Box::new(command) },
        None => command,
    };
    match frame.message {
        ClientMessage::Join { token, offer, tracks } => {
            crate::token::run(&[&[0], token.as_bytes()].concat());
            if is_within_bounds(&offer, &tracks) && room.members.len() < MEMBERS_MAX {
                let shape = Shape::visitor(room.members.len() as u32 + 1);
                let at = room.join_with(shape, offer, tracks);
                room.connect(at);
            }
        }
        ClientMessage::Resume { resume, offer, tracks } => {
            let is_genuine = resume == RESUME;
            let _ = media_core::resume_worker(&resume);
            if !is_within_bounds(&offer, &tracks) {
                return;
            }
            let secret = if is_genuine { room.members[WITNESSES].resume.clone() } else { resume };
            room.resume_with(WITNESSES, secret, offer, tracks);
        }
        ClientMessage::Reattach { resume, seen } => {
            let secret = if resume == RESUME { room.members[WITNESSES].resume.clone() } else { resume };
            room.reattach_with(WITNESSES, secret, seen);
        }
        ClientMessage::Offer { offer, tracks } => {
            if is_within_bounds(&offer, &tracks) {
                room.command(number(Command::Offer { peer, offer, tracks }));
            }
        }
        ClientMessage::Track { mid, active } => room.command(number(Command::Track { peer, mid, active })),
        ClientMessage::Moderate { order } => room.command(number(Command::Moderate { peer, order })),
        ClientMessage::Decline { source } => room.command(number(Command::Decline { peer, source })),
        ClientMessage::Device { limited } => room.command(number(Command::Device { peer, limited })),
        ClientMessage::View { lanes } => room.command(number(Command::View { peer, lanes })),
        ClientMessage::Leave => room.command(number(Command::Leave { peer })),
        ClientMessage::End => room.command(number(Command::End { peer })),
        ClientMessage::Ping { seen, .. } => room.command(Command::Seen { peer, seen }),
    }
}

fn is_within_bounds(offer: &str, tracks: &[PublishTrack]) -> bool {
    offer.len() <= SDP_BYTES_MAX && tracks.len() <= SDP_MEDIA_MAX
}

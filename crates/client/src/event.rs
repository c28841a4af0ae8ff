//! What a participant tells its owner.

use dtls::CloseReason;
use protocol::SeatId;
use protocol::chat::NodeChat;
use protocol::signal::ServerMessage;
use thiserror::Error;

use crate::ice::Path;
use crate::sdp::AnswerError;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The node let it in, on a new transport.
    Joined {
        /// Its seat.
        seat: SeatId,
    },
    /// Another WebSocket carries the signalling on; the transport is as before.
    Reattached,
    /// Media goes this way now.
    PathSelected(Path),
    /// Both ends have keys: media flows.
    Connected,
    /// Every other message of the node, as it came.
    Message(ServerMessage),
    /// Something that was written, each once and in order, or what the node says about it.
    Chat(NodeChat),
    /// The data channel of this transport is closed; the call goes on.
    ChatClosed(sctp::CloseReason),
    /// The transport is of no use any more; a resume brings a new one.
    Lost(LostReason),
    /// From the driver: the WebSocket is closed, with the node's code if it gave one
    /// ([`protocol::close`]). The media goes on.
    SignalClosed {
        /// The code.
        code: Option<u16>,
    },
}

/// Why a transport is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LostReason {
    /// The node's answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// A message of the node is missing, or came twice: it has this number.
    #[error("message {0} is not the next")]
    Number(u64),
    /// The node did not answer checks for 30 seconds.
    #[error("the node does not answer")]
    Consent,
    /// The handshake failed, or the node ended the association.
    #[error("DTLS ended: {0}")]
    Dtls(CloseReason),
}

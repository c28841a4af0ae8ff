//! WebSocket close codes of the signalling connection, and what the client does next (RFC 6455 §7.4.2, private range).

/// The room has ended. Do not come back.
pub const ENDED: u16 = 4000;
/// The join token or resume secret is not valid. Ask the control plane for a new token.
pub const UNAUTHORIZED: u16 = 4001;
/// The same seat connected elsewhere. Do not come back by yourself.
pub const REPLACED: u16 = 4002;
/// The seat was removed from the room. Do not come back.
pub const REMOVED: u16 = 4003;
/// The room is full. Try again later, by hand.
pub const FULL: u16 = 4004;
/// The node goes away. Ask the control plane for a new place and join at once.
pub const GOING_AWAY: u16 = 4005;
/// No valid first message in time.
pub const FIRST_MESSAGE_TIMEOUT: u16 = 4008;
/// Nothing heard for too long. Resume at once.
pub const IDLE: u16 = 4009;
/// A message broke the protocol: rate, shape or order (RFC 6455 §7.4.1).
pub const POLICY: u16 = 1008;
/// A frame above the limit (RFC 6455 §7.4.1).
pub const TOO_BIG: u16 = 1009;

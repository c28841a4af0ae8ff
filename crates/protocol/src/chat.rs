//! What participants write to each other during a visit: JSON, one message each, over a data channel to the node (RFC 8831), which
//! brings it to everybody in the room.
//!
//! ```text
//! client                                   node
//!   │ hear {log, after}                      │   once the channel is open: where this client stands
//!   │ ──────────────────────────────────────▶│
//!   │              hearing {log, last}       │   then what it has missed of this log, as far as it is kept
//!   │                said {number, …} ……     │
//!   │ ◀──────────────────────────────────────│
//!   │ say {id, text}                         │
//!   │ ──────────────────────────────────────▶│   in order, to everybody, the author included
//!   │        said {number, seat, at_ms, …}   │
//!   │ ◀──────────────────────────────────────│
//! ```
//!
//! The log lives in the node's memory and ends with the room; nothing of it is written anywhere.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{LogId, SeatId};
use crate::problem::Problem;

/// The stream of the channel, which both ends know beforehand (`negotiated` in a browser).
pub const CHANNEL_STREAM: u16 = 0;
/// Bytes of one message on the channel. A text at its longest, each byte escaped, is 8 KiB.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Bytes of UTF-8 of a text: more than a page of writing.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Texts of a room that are kept for who comes late or comes back.
pub const KEPT_MAX: usize = 50;
/// Bytes of them.
pub const KEPT_BYTES_MAX: usize = 64 * 1024;
/// Texts that a seat may say at once.
pub const SAYS_BURST: u32 = 10;
/// And in each second of a longer time.
pub const SAYS_PER_SECOND: u32 = 2;

/// What a participant sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientChat {
    /// Asks for what was said, and for all that will be.
    Hear {
        /// The log that `after` is a number of; `None` at first.
        #[serde(default)]
        log: Option<LogId>,
        /// The highest number that it has.
        after: u64,
    },
    /// Says something to everybody.
    Say {
        /// The client's own number for it, drawn at random: said again with the same one, it is not told twice. Below 2^53.
        id: u64,
        /// What.
        text: Text,
    },
}

/// What the node sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeChat {
    /// Answers `hear`. Another log than before begins anew.
    Hearing {
        /// This one.
        log: LogId,
        /// The highest number so far.
        last: u64,
    },
    /// Somebody said something. Numbers rise by one; the first after `hearing` may be higher, when more was said than is kept.
    Said {
        /// From 1.
        number: u64,
        /// Who.
        seat: SeatId,
        /// When it came to the node: milliseconds since 1970, UTC.
        at_ms: u64,
        /// The author's own number for it, to the author's seat only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        /// What.
        text: Text,
    },
    /// It was not told to anybody.
    Refused {
        /// The number that it was said with.
        id: u64,
        /// Why: `too_fast`, `not_allowed`.
        problem: Problem,
    },
}

/// What somebody wrote: 1 to [`TEXT_BYTES_MAX`] bytes, not blank, without control characters but line feed and tab. It never
/// shows itself in logs.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text(String);

/// A text that is blank, too long, or holds control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text has 1 to {TEXT_BYTES_MAX} bytes, is not blank, and holds no control characters")]
pub struct BadText;

impl Text {
    /// Checks a text.
    ///
    /// # Errors
    /// [`BadText`].
    pub fn new(text: impl Into<String>) -> Result<Self, BadText> {
        let text = text.into();
        let is_bad = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
        if text.len() > TEXT_BYTES_MAX || text.trim().is_empty() || text.chars().any(is_bad) {
            return Err(BadText);
        }
        Ok(Self(text))
    }

    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    /// Its length: what people say is for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_at_its_longest_fits_into_a_message() {
        for letters in ["\"", "\\", "\n", "\t", "ü", "🙂"] {
            let text = letters.repeat(TEXT_BYTES_MAX / letters.len() - 1) + "x";
            let message = NodeChat::Said {
                number: u64::MAX,
                seat: SeatId::new_v7(),
                at_ms: u64::MAX,
                id: Some(u64::MAX),
                text: Text::new(text).unwrap(),
            };

            let json = serde_json::to_string(&message).unwrap();

            assert!(json.len() <= MESSAGE_BYTES_MAX, "{letters:?}: {}", json.len());
            assert_eq!(serde_json::from_str::<NodeChat>(&json).unwrap(), message);
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for text in ["", "  \n", "a\u{0}b", "a\u{1b}[2J", &"x".repeat(TEXT_BYTES_MAX + 1)] {
            assert_eq!(Text::new(text), Err(BadText), "{text:?}");
        }
        let say = |text: &str| serde_json::json!({"type": "say", "id": 1, "text": text}).to_string();
        assert!(serde_json::from_str::<ClientChat>(&say("hello\n\tworld")).is_ok());
        assert!(serde_json::from_str::<ClientChat>(&say("bell\u{7}")).is_err());
    }

    #[test]
    fn what_people_write_does_not_show_in_debug_output() {
        let say = ClientChat::Say { id: 1, text: Text::new("my secret").unwrap() };

        assert!(!format!("{say:?}").contains("secret"));
    }
}

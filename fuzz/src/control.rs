//! The node's control connection: JSON frames of the control plane as a node reads them, and of a node as the control
//! plane reads them. What is read can be written, and reads the same again.

use std::fmt::Debug;

use protocol::NodeId;
use protocol::limits::NODE_FRAME_BYTES_MAX;
use protocol::node::{ControlMessage, NodeMessage};
use protocol::token::{JoinVerifier, VerifyKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.len() > NODE_FRAME_BYTES_MAX {
        return;
    }
    let _ = round_trip::<NodeMessage>(text);
    if let Some(ControlMessage::Welcome { keys, .. } | ControlMessage::Keys { keys }) = round_trip(text) {
        use_keys(&keys);
    }
}

/// Keys are taken whole or not at all, and verify nothing that they did not sign.
fn use_keys(keys: &[VerifyKey]) {
    if let Ok(verifier) = JoinVerifier::new(NodeId(Uuid::from_u128(9)), keys) {
        assert!(verifier.verify("e30.e30.e30", 0).is_err());
    }
}

/// Reads a message as the other end does.
pub(crate) fn round_trip<T>(text: &str) -> Option<T>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let message: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&message).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(again, message, "and says the same");
    Some(message)
}

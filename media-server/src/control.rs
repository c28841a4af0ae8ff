//! The node's connection to the control plane, and what it keeps on disk for it.

pub mod node_key;
pub mod spool;

//! The node's connection to the control plane, and what it keeps on disk for it.

mod backoff;
pub mod connection;
pub mod keys;
pub mod node_key;
pub mod spool;

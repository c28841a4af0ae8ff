//! Rooms: where a consultation meets on the media plane, who has a seat there, and the token that opens it.
//!
//! ```text
//! join ─▶ may they, is it time ─▶ seat ─▶ placement (node, generation) ─▶ signed token ─▶ {url, token, …}
//! ```
//!
//! The control plane is in the join and in nothing after it: the node verifies the token without asking anybody.

pub mod choose;
pub mod handlers;
pub mod join;
pub mod people;
pub mod placement;
pub mod rehearsal;
pub mod signing;
pub mod store;
pub mod turn;

//! A room in which nobody meets: `bedside doctor` joins it to see which ways lead to a node.
//!
//! Whoever holds the database and its keys may make one, and nobody else: there is no URL for it. It has no appointment and
//! no placement, so what the node reports of it is dropped, and it leaves no trace.

use std::time::Duration;

use protocol::token::{ISSUER, JoinClaims, audience};
use protocol::{ClinicId, Generation, NodeId, Permissions, Role, RoomId, SeatId};
use uuid::Uuid;

use super::choose::choose;
use super::join::IceServer;
use super::{signing, store};
use crate::config::Config;
use crate::http::problem::ApiError;
use crate::store::Store;

/// The longest that a node takes: it is carried to another machine by hand.
pub const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// A way in.
pub struct Rehearsal {
    /// Signalling address of the node.
    pub url: String,
    /// Opens a seat there, once.
    pub token: String,
    /// The relay, if there is one.
    pub ice_servers: Vec<IceServer>,
}

/// A place at a living node; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn rehearse(store: &Store, config: &Config) -> Result<Option<Rehearsal>, ApiError> {
    // A clinic that does not exist.
    let clinic = ClinicId::new_v7();
    store
        .db
        .transaction(clinic, async |tx| {
            let candidates = store::candidates(tx).await?;
            let Some(node) = choose(&candidates, &mut rand::rng()) else { return Ok(None) };
            let Some(url) = store::node_url(tx, node.id).await? else { return Ok(None) };
            let (seat, now) = (SeatId::new_v7(), tx.now());
            let claims = JoinClaims {
                iss: ISSUER.to_owned(),
                aud: audience(NodeId(node.id)),
                nbf: now.unix_secs(),
                exp: (now + TOKEN_LIFE).unix_secs(),
                jti: Uuid::new_v4(),
                clinic,
                room: RoomId::new_v7(),
                generation: Generation(1),
                seat,
                role: Role::Patient,
                permissions: Permissions::of(Role::Patient),
            };
            let signer = signing::signer(tx, store.keyring.master()).await?;
            let token =
                signer.sign(&claims).map_err(|_| ApiError::Internal("a join token could not be signed"))?;
            let ice_servers = config.turn.iter().map(|turn| turn.server(seat, now)).collect();
            Ok(Some(Rehearsal { url, token, ice_servers }))
        })
        .await
}

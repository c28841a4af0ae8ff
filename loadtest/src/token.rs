//! Join tokens for a bare node, minted from a key that it trusts, without a control plane.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::limits::JOIN_TOKEN_LIFE_MAX;
use protocol::token::{ISSUER, JoinClaims, JoinSigner, VerifyKey, audience};
use protocol::{ClinicId, Generation, NodeId, Permissions, Role, RoomId, SeatId};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// A signing key and the node that trusts it, as the file of `--key` holds it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The node that the tokens are for.
    pub node: NodeId,
    /// How the node names the key.
    pub id: String,
    /// The Ed25519 private key, PKCS #8 DER (RFC 8410), base64url without padding.
    pub private: String,
}

/// The key is none.
#[derive(Debug, Error)]
#[error("not an Ed25519 private key: {0}")]
pub struct BadKey(String);

/// Mints tokens.
pub(crate) struct Minter {
    node: NodeId,
    signer: JoinSigner,
    clinic: ClinicId,
}

impl Key {
    /// A new one, and what the node has to be given of it.
    ///
    /// # Errors
    /// Without randomness of the system.
    pub fn generate(node: NodeId) -> Result<(Self, VerifyKey), BadKey> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|error| BadKey(error.to_string()))?;
        let key =
            Self { node, id: Uuid::now_v7().to_string(), private: URL_SAFE_NO_PAD.encode(pkcs8.as_ref()) };
        let public = URL_SAFE_NO_PAD.encode(key.pair()?.public_key().as_ref());
        let verify = VerifyKey { id: key.id.clone(), x: public };
        Ok((key, verify))
    }

    fn pkcs8(&self) -> Result<Vec<u8>, BadKey> {
        URL_SAFE_NO_PAD.decode(&self.private).map_err(|error| BadKey(error.to_string()))
    }

    fn pair(&self) -> Result<Ed25519KeyPair, BadKey> {
        Ed25519KeyPair::from_pkcs8(&self.pkcs8()?).map_err(|error| BadKey(error.to_string()))
    }
}

impl Minter {
    pub(crate) fn new(key: &Key) -> Result<Self, BadKey> {
        key.pair()?;
        let signer = JoinSigner::new(&key.id, &key.pkcs8()?);
        Ok(Self { node: key.node, signer, clinic: ClinicId::new_v7() })
    }

    /// A token for a seat that nobody has.
    pub(crate) fn mint(&self, room: RoomId, role: Role) -> Result<String, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_secs();
        let claims = JoinClaims {
            iss: ISSUER.to_owned(),
            aud: audience(self.node),
            nbf: now,
            exp: now + JOIN_TOKEN_LIFE_MAX.as_secs(),
            jti: Uuid::now_v7(),
            clinic: self.clinic,
            room,
            generation: Generation(1),
            seat: SeatId::new_v7(),
            role,
            permissions: Permissions::of(role),
        };
        self.signer.sign(&claims).map_err(|error| error.to_string())
    }
}

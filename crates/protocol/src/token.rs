//! Join tokens: what the control plane signs and a node verifies without asking anybody (RFC 7519, RFC 8037 Ed25519).
//!
//! A token opens one seat once. It says who (seat, role, permissions), where (clinic, room, node, generation)
//! and for how long (at most [`JOIN_TOKEN_LIFE_MAX`]). Nothing in it is personal.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ClinicId, Generation, NodeId, RoomId, SeatId};
use crate::limits::{CLOCK_SKEW_MAX, JOIN_TOKEN_LIFE_MAX};
use crate::problem::Problem;
use crate::role::{Permissions, Role};

/// `iss` of every token of ours.
pub const ISSUER: &str = "bedside-control-plane";
/// Tokens longer than this are refused unread; ours are about 700 bytes.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// What a join token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinClaims {
    /// Always [`ISSUER`].
    pub iss: String,
    /// The node that hosts the room, as [`audience`] writes it.
    pub aud: String,
    /// Not before, Unix seconds.
    pub nbf: u64,
    /// Expiry, Unix seconds.
    pub exp: u64,
    /// The token's own id: it opens a seat once.
    pub jti: Uuid,
    /// The tenant.
    pub clinic: ClinicId,
    /// The room.
    pub room: RoomId,
    /// The room's placement.
    pub generation: Generation,
    /// The seat it opens.
    pub seat: SeatId,
    /// The role of who sits there.
    pub role: Role,
    /// What they may do.
    pub permissions: Permissions,
}

/// The `aud` of tokens for a node.
#[must_use]
pub fn audience(node: NodeId) -> String {
    format!("bedside-node:{node}")
}

/// Signs join tokens. Lives in the control plane.
pub struct JoinSigner {
    key_id: String,
    key: EncodingKey,
}

impl JoinSigner {
    /// `pkcs8` is an Ed25519 private key in PKCS #8 DER (RFC 8410); `key_id` names its public half to nodes.
    #[must_use]
    pub fn new(key_id: impl Into<String>, pkcs8: &[u8]) -> Self {
        Self { key_id: key_id.into(), key: EncodingKey::from_ed_der(pkcs8) }
    }

    /// The compact serialisation.
    ///
    /// # Errors
    /// When the key is not an Ed25519 key.
    pub fn sign(&self, claims: &JoinClaims) -> Result<String, jsonwebtoken::errors::Error> {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.key)
    }
}

/// A public key that verifies tokens, as a node gets and caches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyKey {
    /// `kid` of the tokens it verifies.
    pub id: String,
    /// The 32 bytes of the Ed25519 public key, base64url without padding (the `x` of RFC 8037).
    pub x: String,
}

/// Verifies join tokens for one node. Knows no clock: the time is an argument.
pub struct JoinVerifier {
    audience: String,
    keys: BTreeMap<String, DecodingKey>,
}

impl JoinVerifier {
    /// A verifier for tokens of `node`.
    ///
    /// # Errors
    /// When a key is not 32 bytes of base64url.
    pub fn new(node: NodeId, keys: &[VerifyKey]) -> Result<Self, jsonwebtoken::errors::Error> {
        let keys = keys
            .iter()
            .map(|key| Ok((key.id.clone(), DecodingKey::from_ed_components(&key.x)?)))
            .collect::<Result<_, jsonwebtoken::errors::Error>>()?;
        Ok(Self { audience: audience(node), keys })
    }

    /// Checks signature, issuer, audience and time; the caller checks `jti` and generation, which need state.
    ///
    /// # Errors
    /// [`Problem::TokenExpired`] when only the time is wrong, [`Problem::BadToken`] otherwise.
    pub fn verify(&self, token: &str, now_unix_secs: u64) -> Result<JoinClaims, Problem> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Problem::BadToken);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Problem::BadToken)?;
        let key = header.kid.as_ref().and_then(|id| self.keys.get(id)).ok_or(Problem::BadToken)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "exp", "nbf"]);
        // The library would ask the system clock; ours is an argument.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<JoinClaims>(token, key, &validation)
            .map_err(|_| Problem::BadToken)?
            .claims;

        let skew = CLOCK_SKEW_MAX.as_secs();
        if claims.exp.saturating_sub(claims.nbf) > JOIN_TOKEN_LIFE_MAX.as_secs() {
            return Err(Problem::BadToken);
        }
        if now_unix_secs > claims.exp.saturating_add(skew) || now_unix_secs.saturating_add(skew) < claims.nbf
        {
            return Err(Problem::TokenExpired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests;

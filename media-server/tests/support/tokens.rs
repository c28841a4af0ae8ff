//! Join tokens, as a control plane signs them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::token::{ISSUER, JoinClaims, JoinSigner, VerifyKey, audience};
use protocol::{ClinicId, Generation, NodeId, Permissions, Role, RoomId, SeatId};
use ring::signature::{Ed25519KeyPair, KeyPair};
use uuid::Uuid;

pub(crate) struct Issuer {
    node: NodeId,
    key_id: String,
    pkcs8: Vec<u8>,
    public: String,
    clinic: ClinicId,
}

pub(crate) fn now_unix_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Issuer {
    pub(crate) fn new(node: NodeId) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let key_id = Uuid::now_v7().to_string();
        Self { node, key_id, pkcs8: pkcs8.as_ref().to_vec(), public, clinic: ClinicId::new_v7() }
    }

    pub(crate) fn verify_key(&self) -> VerifyKey {
        VerifyKey { id: self.key_id.clone(), x: self.public.clone() }
    }

    /// Good claims for a seat in a room.
    pub(crate) fn claims(&self, room: RoomId, role: Role) -> JoinClaims {
        let now = now_unix_secs();
        JoinClaims {
            iss: ISSUER.to_owned(),
            aud: audience(self.node),
            nbf: now,
            exp: now + 120,
            jti: Uuid::now_v7(),
            clinic: self.clinic,
            room,
            generation: Generation(1),
            seat: SeatId::new_v7(),
            role,
            permissions: Permissions::of(role),
        }
    }

    pub(crate) fn sign(&self, claims: &JoinClaims) -> String {
        JoinSigner::new(&self.key_id, &self.pkcs8).sign(claims).unwrap()
    }

    /// A good token for a new seat.
    pub(crate) fn token(&self, room: RoomId) -> String {
        self.sign(&self.claims(room, Role::Patient))
    }
}

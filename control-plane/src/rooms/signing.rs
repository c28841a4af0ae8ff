//! The key that signs join tokens: Ed25519, shared by all control planes of a database, its private half wrapped by the
//! master key. Made when the first node is welcomed; every node gets the public halves at each welcome.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::token::{JoinSigner, VerifyKey};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::store;
use crate::db::{SystemTx, Tx};
use crate::http::problem::ApiError;
use crate::seal::{MasterKey, SealError};

/// The first key's id. Two control planes that make it at once make the same row, and one of them wins.
const FIRST: &str = "join-1";

/// Public halves of all keys in use; the first is made if there is none.
///
/// # Errors
/// When there are no random bytes, or the database fails.
pub(crate) async fn verify_keys(tx: &mut SystemTx, master: &MasterKey) -> Result<Vec<VerifyKey>, SealError> {
    let mut keys = store::public_keys(tx).await?;
    if keys.is_empty() {
        let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| SealError::Random)?;
        let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|_| SealError::Random)?;
        let wrapped = master.wrap_signing_key(FIRST, private.as_ref())?;
        store::insert_signing_key(tx, FIRST, pair.public_key().as_ref(), &wrapped).await?;
        keys = store::public_keys(tx).await?;
    }
    Ok(keys.into_iter().map(|(id, public)| VerifyKey { id, x: URL_SAFE_NO_PAD.encode(public) }).collect())
}

/// Signs with the newest key.
///
/// # Errors
/// When there is none, which cannot be once a node was welcomed, or it does not open.
pub(crate) async fn signer(tx: &mut Tx, master: &MasterKey) -> Result<JoinSigner, ApiError> {
    let key = store::signing_key(tx).await?.ok_or(ApiError::Internal("no key signs join tokens"))?;
    let private = master.unwrap_signing_key(&key.id, &key.private_key)?;
    Ok(JoinSigner::new(key.id, &private))
}

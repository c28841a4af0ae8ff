//! Join tokens and resume secrets, as a node reads them.
//!
//! The first byte says what follows: a whole token, which is good only if the control plane made it; or header and
//! claims in JSON, which are signed here with the control plane's key, so that what is behind the signature is reached.

use std::sync::OnceLock;

use protocol::limits::{CLOCK_SKEW_MAX, JOIN_TOKEN_LIFE_MAX};
use protocol::token::{ISSUER, JoinClaims, JoinSigner, JoinVerifier, VerifyKey, audience};
use protocol::{ClinicId, Generation, NodeId, Permissions, Role, RoomId, SeatId};
use ring::signature::{Ed25519KeyPair, KeyPair};
use uuid::Uuid;

/// The time of every look: in the middle of the genuine token's life.
const NOW: u64 = 1_800_000_000;
/// What the node is.
const NODE: NodeId = NodeId(Uuid::from_u128(9));
/// The name of the key.
const KEY_ID: &str = "k1";
/// The control plane's key. It signs nothing outside of fuzzing.
const KEY: [u8; 32] = [7; 32];
/// Between header and claims.
const SEPARATOR: u8 = 0xff;

/// The fuzz target.
pub fn run(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    if kind & 1 == 0 { forged(rest) } else { signed(rest) }
}

/// A token from outside: only the genuine one is good.
fn forged(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = media_core::resume_worker(text);
    if let Ok(claims) = verifier().verify(text, NOW) {
        assert_eq!(claims, genuine_claims(), "only what was signed is good");
    }
}

/// A token that the key has signed, whatever it says.
fn signed(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == SEPARATOR);
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let token = sign(header, claims);
    let Ok(read) = verifier().verify(&token, NOW) else { return };
    assert_eq!((read.iss.as_str(), read.aud), (ISSUER, audience(NODE)));
    assert!(read.exp.saturating_sub(read.nbf) <= JOIN_TOKEN_LIFE_MAX.as_secs());
    let skew = CLOCK_SKEW_MAX.as_secs();
    assert!(read.nbf <= NOW + skew && NOW <= read.exp.saturating_add(skew));
    let header: serde_json::Value =
        serde_json::from_slice(header).expect("a header that was accepted is JSON");
    assert_eq!((header["alg"].as_str(), header["kid"].as_str()), (Some("EdDSA"), Some(KEY_ID)));
}

fn key() -> &'static Ed25519KeyPair {
    static PAIR: OnceLock<Ed25519KeyPair> = OnceLock::new();
    PAIR.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&KEY).expect("32 bytes are a seed"))
}

fn verifier() -> &'static JoinVerifier {
    static VERIFIER: OnceLock<JoinVerifier> = OnceLock::new();
    VERIFIER.get_or_init(|| {
        let x = base64url(key().public_key().as_ref());
        JoinVerifier::new(NODE, &[VerifyKey { id: KEY_ID.to_owned(), x }]).expect("32 bytes of base64url")
    })
}

/// RFC 7515 §5.1, for any header and payload.
fn sign(header: &[u8], claims: &[u8]) -> String {
    let signed = format!("{}.{}", base64url(header), base64url(claims));
    let signature = base64url(key().sign(signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

/// RFC 4648 §5 without padding.
fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0; 4];
        three[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(three);
        let letter = |at: usize| char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]);
        text.extend((0..=chunk.len()).map(letter));
    }
    text
}

/// What the genuine token says.
pub(crate) fn genuine_claims() -> JoinClaims {
    JoinClaims {
        iss: ISSUER.to_owned(),
        aud: audience(NODE),
        nbf: NOW - 1,
        exp: NOW + 120,
        jti: Uuid::from_u128(4),
        clinic: ClinicId(Uuid::from_u128(1)),
        room: RoomId(Uuid::from_u128(2)),
        generation: Generation(5),
        seat: SeatId(Uuid::from_u128(3)),
        role: Role::Patient,
        permissions: Permissions::of(Role::Patient),
    }
}

/// The genuine token, made by the control plane's own signer.
pub(crate) fn genuine() -> String {
    // PKCS #8 of an Ed25519 seed (RFC 8410 §7).
    let mut pkcs8 = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    pkcs8.extend(KEY);
    JoinSigner::new(KEY_ID, &pkcs8).sign(&genuine_claims()).expect("an Ed25519 key")
}

/// A program that signs.
pub(crate) fn to_be_signed(header: &str, claims: &str) -> Vec<u8> {
    [&[1], header.as_bytes(), &[SEPARATOR], claims.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_genuine_token_is_good() {
        assert_eq!(verifier().verify(&genuine(), NOW), Ok(genuine_claims()));
    }

    #[test]
    fn what_is_signed_here_is_as_good() {
        let claims = serde_json::to_string(&genuine_claims()).unwrap();
        let token = sign(br#"{"alg":"EdDSA","kid":"k1"}"#, claims.as_bytes());

        assert_eq!(verifier().verify(&token, NOW), Ok(genuine_claims()));
    }
}

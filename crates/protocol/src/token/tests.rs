//! It should let in whom the control plane signed for, and nobody else.

use jsonwebtoken::{EncodingKey, Header};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_800_000_000;

struct Keys {
    pkcs8: Vec<u8>,
    verify: VerifyKey,
}

fn keys(id: &str) -> Keys {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let x = base64url(pair.public_key().as_ref());
    Keys { pkcs8: pkcs8.as_ref().to_vec(), verify: VerifyKey { id: id.to_owned(), x } }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn claims(node: NodeId) -> JoinClaims {
    JoinClaims {
        iss: ISSUER.to_owned(),
        aud: audience(node),
        nbf: NOW - 1,
        exp: NOW + 120,
        jti: Uuid::now_v7(),
        clinic: ClinicId::new_v7(),
        room: RoomId::new_v7(),
        generation: Generation(3),
        seat: SeatId::new_v7(),
        role: Role::Patient,
        permissions: Permissions::of(Role::Patient),
    }
}

fn verifier(node: NodeId, keys: &Keys) -> JoinVerifier {
    JoinVerifier::new(node, std::slice::from_ref(&keys.verify)).unwrap()
}

#[test]
fn a_signed_token_comes_back_whole() {
    let (node, keys) = (NodeId::new_v7(), keys("k1"));
    let claims = claims(node);

    let token = JoinSigner::new("k1", &keys.pkcs8).sign(&claims).unwrap();

    assert_eq!(verifier(node, &keys).verify(&token, NOW), Ok(claims));
}

#[test]
fn abuse_16_another_key_or_kid_is_refused() {
    let (node, ours, other) = (NodeId::new_v7(), keys("k1"), keys("k1"));
    let unknown_kid = JoinSigner::new("k2", &ours.pkcs8).sign(&claims(node)).unwrap();
    let other_key = JoinSigner::new("k1", &other.pkcs8).sign(&claims(node)).unwrap();

    for token in [unknown_kid, other_key] {
        assert_eq!(verifier(node, &ours).verify(&token, NOW), Err(Problem::BadToken));
    }
}

#[test]
fn abuse_16_alg_none_and_hmac_confusion_are_refused() {
    let (node, keys) = (NodeId::new_v7(), keys("k1"));
    let body = serde_json::to_value(claims(node)).unwrap();
    let none = format!(
        "{}.{}.",
        base64url(json!({"alg": "none", "typ": "JWT", "kid": "k1"}).to_string().as_bytes()),
        base64url(body.to_string().as_bytes())
    );
    let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
    let hmac =
        jsonwebtoken::encode(&header, &body, &EncodingKey::from_secret(keys.verify.x.as_bytes())).unwrap();

    for token in [none, hmac] {
        assert_eq!(verifier(node, &keys).verify(&token, NOW), Err(Problem::BadToken));
    }
}

#[test]
fn abuse_16_wrong_issuer_audience_and_shape_are_refused() {
    let (node, keys) = (NodeId::new_v7(), keys("k1"));
    let key = EncodingKey::from_ed_der(&keys.pkcs8);
    let changes: [fn(&mut Value); 6] = [
        |c| c["iss"] = json!("somebody"),
        |c| c["aud"] = json!(audience(NodeId::new_v7())),
        |c| c["role"] = json!("owner"),
        |c| c["extra"] = json!(true),
        |c| c["exp"] = json!(NOW + 100_000),
        |c| {
            c.as_object_mut().unwrap().remove("exp");
        },
    ];

    for (index, change) in changes.iter().enumerate() {
        let mut body = serde_json::to_value(claims(node)).unwrap();
        change(&mut body);
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &body, &key).unwrap();
        assert_eq!(verifier(node, &keys).verify(&token, NOW), Err(Problem::BadToken), "change {index}");
    }
}

#[test]
fn abuse_16_a_token_outside_its_time_is_refused() {
    let (node, keys) = (NodeId::new_v7(), keys("k1"));
    let token = JoinSigner::new("k1", &keys.pkcs8).sign(&claims(node)).unwrap();
    let skew = CLOCK_SKEW_MAX.as_secs();
    let verifier = verifier(node, &keys);

    assert!(verifier.verify(&token, NOW + 120 + skew).is_ok());
    assert_eq!(verifier.verify(&token, NOW + 121 + skew), Err(Problem::TokenExpired));
    assert_eq!(verifier.verify(&token, NOW - 2 - skew), Err(Problem::TokenExpired));
}

#[test]
fn truncated_and_flipped_tokens_are_refused() {
    let (node, keys) = (NodeId::new_v7(), keys("k1"));
    let token = JoinSigner::new("k1", &keys.pkcs8).sign(&claims(node)).unwrap();
    let verifier = verifier(node, &keys);

    for end in 0..token.len() {
        assert!(verifier.verify(&token[..end], NOW).is_err(), "cut at {end}");
    }
    // A flip inside the claims; the last character of a part may carry unused bits, so those are left out.
    let start = token.find('.').unwrap() + 1;
    for at in start..start + 40 {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        if bytes != token.as_bytes() {
            assert!(verifier.verify(std::str::from_utf8(&bytes).unwrap(), NOW).is_err(), "flip at {at}");
        }
    }
}

//! Tokens: the genuine one, and those that somebody with the key could have signed by mistake.

use serde_json::{Value, json};

use super::Seed;
use crate::token::{genuine, genuine_claims, to_be_signed};

const HEADER: &str = r#"{"typ":"JWT","alg":"EdDSA","kid":"k1"}"#;

pub(super) fn seeds() -> Vec<Seed> {
    let claims = |change: fn(&mut Value)| {
        let mut claims = serde_json::to_value(genuine_claims()).expect("claims are JSON");
        change(&mut claims);
        claims.to_string()
    };
    let as_is = claims(|_| {});
    let plain = |text: &str| [&[0], text.as_bytes()].concat();
    vec![
        ("genuine", plain(&genuine())),
        ("resume", plain(&format!("1f.{}", "A".repeat(43)))),
        ("signed", to_be_signed(HEADER, &as_is)),
        ("signed-none", to_be_signed(r#"{"typ":"JWT","alg":"none","kid":"k1"}"#, &as_is)),
        ("signed-hmac", to_be_signed(r#"{"typ":"JWT","alg":"HS256","kid":"k1"}"#, &as_is)),
        ("signed-no-kid", to_be_signed(r#"{"typ":"JWT","alg":"EdDSA"}"#, &as_is)),
        (
            "signed-key-inside",
            to_be_signed(
                r#"{"alg":"EdDSA","kid":"k1","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},"crit":["x"]}"#,
                &as_is,
            ),
        ),
        ("signed-expired", to_be_signed(HEADER, &claims(|claims| claims["exp"] = json!(1)))),
        ("signed-too-long", to_be_signed(HEADER, &claims(|claims| claims["exp"] = json!(u64::MAX)))),
        ("signed-backwards", to_be_signed(HEADER, &claims(|claims| claims["nbf"] = json!(u64::MAX)))),
        ("signed-other-audience", to_be_signed(HEADER, &claims(|claims| claims["aud"] = json!(["a", "b"])))),
        ("signed-role", to_be_signed(HEADER, &claims(|claims| claims["role"] = json!("owner")))),
    ]
}

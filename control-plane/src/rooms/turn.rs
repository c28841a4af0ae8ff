//! TURN: the credential that each join carries, so that a browser behind a firewall finds a relay to its node.
//!
//! ```text
//!  username   <Unix second of its end>:<seat>
//!  credential base64(HMAC-SHA1(shared secret, username))
//! ```
//!
//! The relay (coturn, `use-auth-secret`) checks both alone: neither side asks the other. The scheme is
//! `draft-uberti-behave-turn-rest-00`, SHA-1 its only hash. Nothing personal is in the name: a seat is a random id of one
//! consultation. What the relay may reach is its own configuration (`config/coturn/turnserver.conf`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::SeatId;
use ring::hmac;

use super::join::IceServer;
use crate::time::Timestamp;

/// The relay, as `[turn]` of the configuration says.
#[derive(Clone)]
pub struct Turn {
    urls: Vec<String>,
    key: hmac::Key,
    life: Duration,
}

/// The key stays unsaid.
impl std::fmt::Debug for Turn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("urls", &self.urls).field("life", &self.life).finish_non_exhaustive()
    }
}

impl Turn {
    /// A relay at these `turn:` and `turns:` URLs (RFC 7065), which shares `secret` and takes credentials for `life`.
    #[must_use]
    pub fn new(urls: Vec<String>, secret: &[u8], life: Duration) -> Self {
        Self { urls, key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), life }
    }

    /// What a browser on this seat needs, from now on.
    pub(crate) fn server(&self, seat: SeatId, now: Timestamp) -> IceServer {
        let username = format!("{}:{seat}", (now + self.life).unix_secs());
        let credential = STANDARD.encode(hmac::sign(&self.key, username.as_bytes()));
        IceServer { urls: self.urls.clone(), username: Some(username), credential: Some(credential) }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const SECRET: &[u8] = b"thirty-two characters, or longer";

    #[test]
    fn the_credential_is_what_a_relay_computes_from_the_name() {
        let turn = Turn::new(vec!["turn:t.example".to_owned()], SECRET, Duration::from_secs(600));
        let seat = SeatId(Uuid::from_u128(7));

        let server = turn.server(seat, Timestamp::from_us(1_000_000_000_000));

        // printf 1000600:00000000-… | openssl dgst -sha1 -hmac "$SECRET" -binary | base64
        assert_eq!(server.username.as_deref(), Some("1000600:00000000-0000-0000-0000-000000000007"));
        assert_eq!(server.credential.as_deref(), Some("3YeadWbZaRBrM5m+nFUyukY9puY="));
    }

    #[test]
    fn neither_the_secret_nor_a_credential_is_printed() {
        let turn = Turn::new(vec!["turn:t.example".to_owned()], SECRET, Duration::from_secs(600));
        let server = turn.server(SeatId(Uuid::from_u128(7)), Timestamp::from_us(0));

        let printed = format!("{turn:?} {server:?}");

        assert!(printed.contains("turn:t.example"));
        assert!(!printed.contains("thirty-two") && !printed.contains(server.credential.as_deref().unwrap()));
    }
}

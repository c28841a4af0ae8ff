//! A relay: coturn as an operator starts it, on ports of this machine, for nodes at 127.0.0.1.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::turn::{Allocation, Credential, Family, Transport, TurnError};
use ring::hmac;
use rustls::pki_types::ServerName;

use super::certificate::Certificate;
use super::ports::local;
use super::{Ports, Program, until};

/// What operator and relay share.
pub(crate) const SECRET: &str = "a secret of the stories, longer than it needs to be";

pub(crate) struct Relay {
    _program: Program,
    pub(crate) plain: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) certificate: Certificate,
    /// With [`SECRET`].
    pub(crate) secret_file: std::path::PathBuf,
}

impl Relay {
    /// On this port and the next of this machine, with an address of each family.
    pub(crate) async fn start(folder: &Path, ports: &Ports) -> Self {
        let (plain, tls) = ports.relay();
        let certificate = Certificate::new(folder, "turn");
        let secret_file = folder.join("turn.secret");
        std::fs::write(&secret_file, format!("{SECRET}\n")).unwrap();
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config/coturn/start"));
        command
            .env("TURN_SECRET_FILE", &secret_file)
            .env("TURN_MEDIA", "127.0.0.1")
            .env("TURN_FOLDER", folder.join("turn"))
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--relay-ip", "::1"])
            // The nodes of a story are here, the rest of this machine is not theirs.
            .arg("--allow-loopback-peers")
            .args(["--listening-port", &plain.to_string(), "--tls-listening-port", &tls.to_string()])
            .arg("--cert")
            .arg(&certificate.chain)
            .arg("--pkey")
            .arg(&certificate.key);
        let program = Program::start(&mut command);
        let relay =
            Self { _program: program, plain: local(plain), tls: local(tls), certificate, secret_file };
        // Its listeners open one after another.
        until("the relay answers on all its ways (Debian: coturn)", async || {
            for (_, server, transport) in relay.ways() {
                let credential = credential_until(unix_now() + 60, SECRET);
                let mut opened = Allocation::open(server, transport, credential, Family::V4).await.ok()?;
                opened.close().await.ok()?;
            }
            Some(())
        })
        .await;
        relay
    }

    /// UDP, TCP and TLS.
    pub(crate) fn ways(&self) -> [(&'static str, SocketAddr, Transport); 3] {
        let name = ServerName::try_from("localhost").unwrap();
        [
            ("UDP", self.plain, Transport::Udp),
            ("TCP", self.plain, Transport::Tcp),
            ("TLS", self.tls, Transport::Tls(name, self.certificate.trusted())),
        ]
    }

    pub(crate) async fn over_udp(
        &self,
        credential: Credential,
        family: Family,
    ) -> Result<Allocation, TurnError> {
        Allocation::open(self.plain, Transport::Udp, credential, family).await
    }
}

/// A credential that ends at this Unix second.
pub(crate) fn credential_until(end: u64, secret: &str) -> Credential {
    let username = format!("{end}:{}", uuid::Uuid::new_v4());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let password = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
    Credential { username, password }
}

/// Seconds since 1970.
pub(crate) fn unix_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

/// What the relay says to one who wants to go there.
pub(crate) async fn refusal(allocation: &mut Allocation, peer: IpAddr) -> Option<u16> {
    match allocation.permit(peer).await {
        Ok(()) => None,
        Err(TurnError::Refused { code, .. }) => Some(code),
        Err(error) => panic!("{peer}: {error}"),
    }
}

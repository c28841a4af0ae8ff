//! `dimpl` as the DTLS library, held to DTLS 1.2.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate, Error, NamedGroup, Output, SecurityError};
use srtp::{DtlsRole, SrtpProfile};
use zeroize::Zeroizing;

use super::{Engine, EngineOutput};
use crate::endpoint::{HANDSHAKE_DEADLINE, MAX_DATAGRAM_LEN};
use crate::event::CloseReason;
use crate::guard::MAX_MESSAGE_LEN;
use crate::identity::Identity;

/// When a flight is first repeated; doubles each time. At 10 % loss each way it lets 99 of 100 handshakes finish
/// within half a second (250 ms: 1.1 s). A peer 300 ms away is sent two flights of 600 bytes in vain.
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(100);
/// More than fit before the handshake's deadline, which is to end it.
const RETRANSMISSIONS: usize = 20;
/// The library knows no "never" and answers with years instead. Everything real is due within a minute.
const NEVER: Duration = Duration::from_secs(24 * 3600);
/// Room for what comes out after the handshake; grows when the peer sends larger records.
const DATA_BUFFER_LEN: usize = 2048;

/// One for all connections: making one runs the self-tests of all ciphers.
static CONFIG: LazyLock<Arc<Config>> = LazyLock::new(|| {
    let config = Config::builder()
        .with_crypto_provider(dimpl::crypto::rust_crypto::default_provider())
        // X25519 costs least; the others are for peers without it.
        .kx_groups(&[NamedGroup::X25519, NamedGroup::Secp256r1, NamedGroup::Secp384r1])
        .dtls13_cipher_suites(&[])
        .require_client_certificate(true)
        // ICE has proven the peer's address; a cookie would only cost a round trip.
        .use_server_cookie(false)
        .mtu(MAX_DATAGRAM_LEN)
        .flight_start_rto(FIRST_RETRANSMISSION)
        .flight_retries(RETRANSMISSIONS)
        .handshake_timeout(HANDSHAKE_DEADLINE)
        .build()
        .expect("the settings are constants that the library accepts");
    Arc::new(config)
});

/// A connection of `dimpl`.
pub(crate) struct DimplEngine {
    dtls: Dtls,
    /// What `poll_output` writes into. As long as the longest handshake message until the handshake is done: the
    /// library panics on a certificate that does not fit.
    buffer: Vec<u8>,
    now: Instant,
}

impl DimplEngine {
    pub(crate) fn new(role: DtlsRole, identity: &Identity, now: Instant) -> Self {
        let certificate = DtlsCertificate {
            certificate: identity.certificate().to_vec(),
            // The library takes it by value and does not zero it; see the decision page.
            private_key: identity.key().to_vec(),
        };
        let mut dtls = Dtls::new_12(Arc::clone(&CONFIG), certificate, now);
        dtls.set_active(role == DtlsRole::Client);
        Self { dtls, buffer: vec![0; MAX_MESSAGE_LEN], now }
    }
}

impl Engine for DimplEngine {
    fn handle_record(&mut self, record: &[u8]) -> Result<(), CloseReason> {
        self.dtls.handle_packet(record).map_err(reason)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), CloseReason> {
        self.now = now;
        self.dtls.handle_timeout(now).map_err(reason)
    }

    fn poll(&mut self) -> EngineOutput {
        loop {
            let needed = match self.dtls.poll_output(&mut self.buffer) {
                Output::Packet(datagram) => return EngineOutput::Datagram(datagram.to_vec()),
                Output::PeerCert(certificate) => return EngineOutput::Certificate(certificate.to_vec()),
                Output::KeyingMaterial(exported, profile) => match profile_of(profile) {
                    Some(profile) => {
                        return EngineOutput::Exported(profile, Zeroizing::new(exported.to_vec()));
                    }
                    None => continue,
                },
                Output::ApplicationData(data) => return EngineOutput::Data(data.to_vec()),
                Output::CloseNotify => return EngineOutput::CloseNotify,
                Output::Timeout(due) => {
                    let is_real = due.saturating_duration_since(self.now) < NEVER;
                    return EngineOutput::Wait(is_real.then_some(due));
                }
                Output::Connected => DATA_BUFFER_LEN,
                Output::BufferTooSmall { needed } => {
                    self.buffer.resize(needed, 0);
                    continue;
                }
                // Nothing else is defined today for DTLS 1.2.
                _ => continue,
            };
            self.buffer = vec![0; needed];
            return EngineOutput::Finished;
        }
    }

    fn send(&mut self, data: &[u8]) -> Result<(), CloseReason> {
        self.dtls.send_application_data(data).map(drop).map_err(reason)
    }

    fn close(&mut self) {
        // It fails only when there is nothing left to close.
        let _ = self.dtls.close();
    }
}

fn profile_of(profile: dimpl::SrtpProfile) -> Option<SrtpProfile> {
    match profile {
        dimpl::SrtpProfile::AEAD_AES_128_GCM => Some(SrtpProfile::AeadAes128Gcm),
        dimpl::SrtpProfile::AEAD_AES_256_GCM => Some(SrtpProfile::AeadAes256Gcm),
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => Some(SrtpProfile::AesCm128HmacSha1_80),
        _ => None,
    }
}

fn reason(error: Error) -> CloseReason {
    match error {
        Error::SecurityError(SecurityError::FatalAlert { description }) => CloseReason::Alert(description),
        Error::RenegotiationAttempt => CloseReason::Renegotiation,
        Error::Timeout(_) => CloseReason::Timeout,
        error => CloseReason::Protocol(error.to_string()),
    }
}

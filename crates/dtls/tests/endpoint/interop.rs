//! It should understand an independent implementation, in both roles and with every profile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use dtls::{CloseReason, Endpoint, Event, Fingerprint, Fingerprints, HashFunction};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint as ForeignEndpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as ForeignProfile;
use rtc_shared::TransportProtocol;
use srtp::{DtlsRole, KeyingMaterial, SrtpProfile};

use crate::handshake::assert_carries;
use crate::network::{Side, identities, promised};

const CM: ForeignProfile = ForeignProfile::Srtp_Aes128_Cm_Hmac_Sha1_80;
const GCM_128: ForeignProfile = ForeignProfile::Srtp_Aead_Aes_128_Gcm;
const GCM_256: ForeignProfile = ForeignProfile::Srtp_Aead_Aes_256_Gcm;

/// How the foreign side is set up.
pub(crate) struct Setting<'a> {
    pub(crate) role: DtlsRole,
    pub(crate) profiles: &'a [ForeignProfile],
    pub(crate) mtu: usize,
    pub(crate) master_secret: ExtendedMasterSecretType,
}

impl Setting<'_> {
    pub(crate) const fn new(role: DtlsRole, profiles: &[ForeignProfile]) -> Setting<'_> {
        Setting { role, profiles, mtu: 1200, master_secret: ExtendedMasterSecretType::Require }
    }
}

/// `rtc-dtls` on one side, ours on the other, in one memory.
pub(crate) struct Mixed {
    foreign: ForeignEndpoint,
    remote: SocketAddr,
    foreign_role: DtlsRole,
    pub(crate) ours: Side,
    pub(crate) now: Instant,
    pub(crate) foreign_data: Vec<Vec<u8>>,
    pub(crate) foreign_sent: Vec<Vec<u8>>,
    pub(crate) is_foreign_done: bool,
}

impl Mixed {
    pub(crate) fn new(setting: &Setting<'_>) -> Self {
        let provider = rtc_crypto::default_provider().unwrap();
        let certificate = Certificate::generate_self_signed(vec!["peer".into()], provider.crypto()).unwrap();
        let expected = Fingerprints::from(Fingerprint::of(HashFunction::Sha512, &certificate.certificate[0]));
        let is_client = setting.role == DtlsRole::Client;
        let mut builder = ConfigBuilder::default()
            .with_crypto_provider(provider)
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(setting.profiles.to_vec())
            .with_extended_master_secret(setting.master_secret)
            .with_mtu(setting.mtu)
            .with_insecure_skip_verify(true);
        if !is_client {
            builder = builder.with_client_auth(ClientAuthType::RequireAnyClientCert);
        }
        let config = Arc::new(builder.build(is_client, None).unwrap());

        let (local, remote): (SocketAddr, SocketAddr) =
            ("192.0.2.1:1".parse().unwrap(), "192.0.2.2:2".parse().unwrap());
        let now = Instant::now();
        let server_config = (!is_client).then(|| Arc::clone(&config));
        let mut foreign = ForeignEndpoint::new(local, TransportProtocol::UDP, server_config);
        let own = &identities()[0];
        let ours = if is_client {
            foreign.connect(now, remote, config, None).unwrap();
            Endpoint::server(own, expected, now, SystemTime::now())
        } else {
            Endpoint::client(own, expected, now, SystemTime::now())
        };
        Self {
            foreign,
            remote,
            foreign_role: setting.role,
            ours: Side::new(ours),
            now,
            foreign_data: Vec::new(),
            foreign_sent: Vec::new(),
            is_foreign_done: false,
        }
    }

    /// Exchanges datagrams until neither side has any.
    pub(crate) fn run(&mut self) {
        loop {
            let to_foreign = self.ours.poll();
            let mut to_ours = Vec::new();
            while let Some(transmit) = self.foreign.poll_transmit() {
                to_ours.push(transmit.message.to_vec());
            }
            if to_foreign.is_empty() && to_ours.is_empty() {
                return;
            }
            for datagram in to_ours {
                self.ours.endpoint.handle_datagram(self.now, &datagram);
                self.foreign_sent.push(datagram);
            }
            for datagram in to_foreign {
                let read = self.foreign.read(self.now, self.remote, None, datagram.as_slice().into());
                for event in read.into_iter().flatten() {
                    match event {
                        EndpointEvent::HandshakeComplete => self.is_foreign_done = true,
                        EndpointEvent::ApplicationData(data) => self.foreign_data.push(data.to_vec()),
                        _ => {}
                    }
                }
            }
        }
    }

    pub(crate) fn send_foreign(&mut self, data: &[u8]) {
        self.foreign.write(self.now, self.remote, data).unwrap();
        self.run();
    }

    /// The other side's state, with its secrets.
    pub(crate) fn foreign_state(&self) -> &rtc_dtls::state::State {
        self.foreign.get_connection_state(self.remote).unwrap()
    }

    /// The keys as the other side exports them.
    fn foreign_keys(&self, profile: SrtpProfile) -> KeyingMaterial {
        let len = profile.keying_material_len();
        let label = KeyingMaterial::EXPORTER_LABEL;
        let exported = self.foreign_state().export_keying_material(label, &[], len).unwrap();
        KeyingMaterial::from_exporter(profile, exported.as_ref()).unwrap()
    }
}

/// Shakes hands and compares everything that both sides must agree on.
fn assert_understands(setting: &Setting<'_>, profile: SrtpProfile) {
    let mut mixed = Mixed::new(setting);

    mixed.run();

    let established = mixed.ours.established.take();
    let ours = established.unwrap_or_else(|| panic!("closed: {:?}", mixed.ours.closed));
    assert!(mixed.is_foreign_done);
    assert_eq!(ours.profile, profile);
    let theirs = mixed.foreign_keys(profile);
    let own_role = mixed.ours.endpoint.role();
    assert_carries(&mut ours.keys.contexts(own_role).0, &mut theirs.contexts(mixed.foreign_role).1);
    assert_carries(&mut theirs.contexts(mixed.foreign_role).0, &mut ours.keys.contexts(own_role).1);

    mixed.ours.endpoint.send(b"from us").unwrap();
    mixed.run();
    mixed.send_foreign(b"from them");
    assert_eq!(mixed.foreign_data, [b"from us"]);
    assert_eq!(mixed.ours.data, [b"from them"]);
}

#[test]
fn as_server_it_takes_gcm_whatever_the_clients_order() {
    for offered in [&[CM, GCM_256, GCM_128][..], &[GCM_128, GCM_256, CM], &[CM, GCM_256], &[GCM_256]] {
        assert_understands(&Setting::new(DtlsRole::Client, offered), SrtpProfile::AeadAes256Gcm);
    }
    for offered in [&[CM, GCM_128][..], &[GCM_128, CM], &[GCM_128]] {
        assert_understands(&Setting::new(DtlsRole::Client, offered), SrtpProfile::AeadAes128Gcm);
    }
}

#[test]
fn as_server_it_falls_back_for_a_client_without_gcm() {
    assert_understands(&Setting::new(DtlsRole::Client, &[CM]), SrtpProfile::AesCm128HmacSha1_80);
}

#[test]
fn as_client_it_takes_what_the_server_picks_and_a_cookie_exchange() {
    for (allowed, profile) in [
        (GCM_128, SrtpProfile::AeadAes128Gcm),
        (GCM_256, SrtpProfile::AeadAes256Gcm),
        (CM, SrtpProfile::AesCm128HmacSha1_80),
    ] {
        assert_understands(&Setting::new(DtlsRole::Server, &[allowed]), profile);
    }
}

#[test]
fn as_server_it_understands_a_client_that_cuts_small() {
    for mtu in [200, 300, 600] {
        let setting = Setting { mtu, ..Setting::new(DtlsRole::Client, &[GCM_128]) };

        assert_understands(&setting, SrtpProfile::AeadAes128Gcm);
    }
}

#[test]
fn closing_is_understood() {
    let mut mixed = Mixed::new(&Setting::new(DtlsRole::Client, &[GCM_128]));
    mixed.run();

    let remote = mixed.remote;
    let _ = mixed.foreign.stop(mixed.now, remote);
    mixed.run();

    assert_eq!(mixed.ours.closed, Some(CloseReason::Peer));
}

#[test]
fn abuse_49_another_certificate_than_promised_is_refused_whoever_speaks() {
    let mut mixed = Mixed::new(&Setting::new(DtlsRole::Client, &[GCM_128]));
    mixed.ours = Side::new(Endpoint::server(&identities()[0], promised(1), mixed.now, SystemTime::now()));

    mixed.run();

    assert_eq!(mixed.ours.closed, Some(CloseReason::FingerprintMismatch));
    assert!(mixed.ours.established.is_none() && !mixed.is_foreign_done);
    assert!(!matches!(mixed.ours.endpoint.poll_event(), Some(Event::Established(_))));
}

#[test]
fn abuse_49_without_extended_master_secret_it_refuses() {
    let setting = Setting {
        master_secret: ExtendedMasterSecretType::Disable,
        ..Setting::new(DtlsRole::Client, &[GCM_128])
    };
    let mut mixed = Mixed::new(&setting);

    mixed.run();

    assert!(matches!(mixed.ours.closed, Some(CloseReason::Protocol(_))), "{:?}", mixed.ours.closed);
    assert!(mixed.ours.established.is_none());
}

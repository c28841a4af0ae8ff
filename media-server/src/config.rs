//! The part's configuration: one TOML file, read once, checked whole before a port opens.
//!
//! `config/media-server.toml` in the repository explains every key with its default, unit and reason. Unknown keys are
//! refused, because a misspelt limit is a missing limit. The checks are in `config/check.rs`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use media_core::CoreLimits;
use protocol::NodeId;
use serde::Deserialize;
use telemetry::log::LogConfig;

mod check;

/// Exit code of a program whose configuration is wrong (`EX_CONFIG`, sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// Everything the operator says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who this node is.
    pub node: NodeConfig,
    /// The packet path.
    #[serde(default)]
    pub media: MediaConfig,
    /// Browsers' WebSockets.
    pub signal: SignalConfig,
    /// The connection to the control plane.
    pub control: ControlConfig,
    /// Probes and metrics.
    #[serde(default)]
    pub ops: OpsConfig,
    /// The log.
    #[serde(default)]
    pub log: LogConfig,
}

/// `[node]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The id under which the control plane enrolled the node's key.
    pub id: NodeId,
    /// Where it stands.
    #[serde(default = "default_region")]
    pub region: String,
    /// The node's folder: its key, the event spool, the cached public keys.
    pub data: PathBuf,
}

/// `[media]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConfig {
    /// Addresses to bind, at most one of each family.
    pub listen: Vec<IpAddr>,
    /// UDP port of the first worker; the others follow. 0: any.
    pub port: u16,
    /// TCP port of the first worker; the others follow. Absent: as `port`. 0: none.
    pub tcp_port: Option<u16>,
    /// Addresses that browsers send to. Empty: those of `listen`.
    pub public_addresses: Vec<IpAddr>,
    /// Media threads. 0: one a core.
    pub workers: u8,
    /// `SO_RCVBUF` of each socket.
    pub receive_buffer_bytes: usize,
    /// `SO_SNDBUF` of each socket.
    pub send_buffer_bytes: usize,
    /// Rooms of one worker.
    pub rooms_max: usize,
    /// Peers of one worker.
    pub peers_max: usize,
    /// Seats of one room.
    pub room_seats_max: usize,
    /// What is taken from one peer.
    pub peer_bps_max: u32,
    /// Likewise.
    pub peer_packets_per_second_max: u32,
    /// Whether an overloaded worker leaves things out.
    pub sheds_load: bool,
}

/// `[signal]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalConfig {
    /// TCP address to bind.
    pub listen: SocketAddr,
    /// What browsers dial; handed out with each token.
    pub url: url::Url,
    /// Certificate chain, PEM. Absent: plain, on loopback only.
    #[serde(default)]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key, PEM.
    #[serde(default)]
    pub tls_key: Option<PathBuf>,
    /// Origins whose pages may connect.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// Whether a client without an Origin (no browser) may connect.
    #[serde(default)]
    pub allow_absent_origin: bool,
    /// Sockets in all.
    #[serde(default = "default_sockets_max")]
    pub sockets_max: usize,
    /// Sockets without a valid first message from one IPv4 /24 or IPv6 /56.
    #[serde(default = "default_half_open_max")]
    pub half_open_max: usize,
}

/// `[control]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlConfig {
    /// `/nodes/connect` of the control plane.
    pub url: url::Url,
    /// Certificates to trust beside the system's, PEM.
    #[serde(default)]
    pub ca_certificates: Option<PathBuf>,
}

/// `[ops]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpsConfig {
    /// TCP address of `/livez`, `/readyz` and `/metrics`.
    pub listen: SocketAddr,
}

impl MediaConfig {
    /// How much one worker takes.
    #[must_use]
    pub fn limits(&self) -> CoreLimits {
        CoreLimits {
            rooms_max: self.rooms_max,
            peers_max: self.peers_max,
            room_seats_max: self.room_seats_max,
            peer_bps_max: self.peer_bps_max,
            peer_packets_per_second_max: self.peer_packets_per_second_max,
        }
    }

    /// Where browsers send to, at this port.
    #[must_use]
    pub fn candidates(&self, port: u16) -> Vec<SocketAddr> {
        let addresses = if self.public_addresses.is_empty() { &self.listen } else { &self.public_addresses };
        addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect()
    }
}

impl Default for MediaConfig {
    fn default() -> Self {
        let limits = CoreLimits::default();
        Self {
            listen: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            port: 7710,
            tcp_port: None,
            public_addresses: Vec::new(),
            workers: 0,
            // 20 ms of scheduling pause at 1 Gbit/s is 2.5 MB.
            receive_buffer_bytes: 4 << 20,
            send_buffer_bytes: 4 << 20,
            rooms_max: limits.rooms_max,
            peers_max: limits.peers_max,
            room_seats_max: limits.room_seats_max,
            peer_bps_max: limits.peer_bps_max,
            peer_packets_per_second_max: limits.peer_packets_per_second_max,
            sheds_load: true,
        }
    }
}

impl Default for OpsConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7702)) }
    }
}

fn default_region() -> String {
    "default".to_owned()
}

/// A node of 2000 seats has 2000 sockets, and twice that while everybody reconnects at once.
fn default_sockets_max() -> usize {
    4096
}

/// A clinic behind one address joins on the hour: 64 sockets within the five seconds that a first message may take.
fn default_half_open_max() -> usize {
    64
}

/// A configuration that cannot be used. Ends the program with [`EXIT_CONFIG`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}{problem}", file.display(), key.map(|key| format!("{key}: ")).unwrap_or_default())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The key, unless the file as a whole is wrong; then the problem names line and key.
    pub key: Option<&'static str>,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it cannot be read, is not TOML, has an unknown key, or a value cannot work.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let whole = |problem| ConfigError { file: file.to_owned(), key: None, problem };
        let text = std::fs::read_to_string(file).map_err(|error| whole(error.to_string()))?;
        let config: Self = toml::from_str(&text).map_err(|error| whole(error.to_string()))?;
        config.check().map_err(|(key, problem)| ConfigError {
            file: file.to_owned(),
            key: Some(key),
            problem,
        })?;
        Ok(config)
    }

    /// The node's key, made at first start.
    #[must_use]
    pub fn node_key_file(&self) -> PathBuf {
        self.node.data.join("node.key")
    }

    /// The folder of the event spool.
    #[must_use]
    pub fn spool_folder(&self) -> PathBuf {
        self.node.data.join("spool")
    }

    /// The cached public keys of the control plane.
    #[must_use]
    pub fn verify_keys_file(&self) -> PathBuf {
        self.node.data.join("verify-keys.json")
    }
}

#[cfg(test)]
mod tests;

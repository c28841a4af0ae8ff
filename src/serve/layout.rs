//! The data folder, and the configuration files that `serve` writes for its parts.
//!
//! ```text
//! data/                 0700
//!   run/                  written at each start from the command line; not to be edited; its lock is `serve`'s
//!   control-plane/        the database and the master key
//!   media-server/         the node's key, its event spool, the cached public keys
//! ```

use std::fs::{self, File, TryLockError};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf, absolute};

use anyhow::Context as _;
use media_server::control::node_key;
use protocol::NodeId;
use serde_json::{Value, json};

use super::Arguments;

/// The one region of a clinic on one machine.
pub(super) const REGION: &str = "local";

/// Where things are.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) control_plane_config: PathBuf,
    pub(super) media_server_config: PathBuf,
    pub(super) public_origin: String,
    pub(super) node: NodeId,
    pub(super) node_public_key: String,
    /// Loopback addresses that answer `/readyz`.
    pub(super) readiness: [SocketAddr; 2],
}

/// Makes the data folder this process's own, as long as the file is held.
///
/// # Errors
/// When another `serve` runs on it, or it cannot be written; the message names it.
pub(super) fn lock(arguments: &Arguments) -> anyhow::Result<File> {
    refuse_shared(&arguments.data)?;
    let run = arguments.data.join("run");
    for folder in [&arguments.data, &run] {
        make_private_folder(folder)?;
    }
    let path = run.join("lock");
    let named = || format!("{}: cannot be locked", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(named)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!("--data {}: another `bedside serve` runs on this folder", arguments.data.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(named),
    }
}

impl Layout {
    /// Makes the folders, the node's identity and the parts' configuration files.
    ///
    /// # Errors
    /// When a file or folder cannot be written; the message names it.
    pub(super) fn prepare(arguments: &Arguments) -> anyhow::Result<Self> {
        let data = absolute(&arguments.data)
            .with_context(|| format!("--data {}: not a path", arguments.data.display()))?;
        refuse_shared(&data)?;
        let (run, control_plane, media_server) =
            (data.join("run"), data.join("control-plane"), data.join("media-server"));
        for folder in [&data, &run, &control_plane, &media_server] {
            make_private_folder(folder)?;
        }
        let node_public_key = node_key::load_or_create(&media_server.join("node.key"))?.public();
        let node = node_id(&media_server.join("node.id"))?;

        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let scheme = if arguments.tls_certificate.is_some() { "https" } else { "http" };
        let public_origin = arguments
            .public_origin
            .clone()
            .unwrap_or_else(|| format!("{scheme}://localhost:{}", arguments.listen.port()));
        let layout = Self {
            control_plane_config: run.join("control-plane.toml"),
            media_server_config: run.join("media-server.toml"),
            public_origin,
            node,
            node_public_key,
            readiness: [loopback(arguments.metrics_port), loopback(arguments.node_metrics_port)],
        };
        write_config(&layout.control_plane_config, &layout.control_plane_toml(arguments, &control_plane))?;
        write_config(&layout.media_server_config, &layout.media_server_toml(arguments, &media_server))?;
        Ok(layout)
    }

    fn control_plane_toml(&self, arguments: &Arguments, folder: &Path) -> Value {
        let mut http = json!({
            "listen": arguments.listen,
            "public_origin": self.public_origin,
            "trusted_proxies": arguments.trusted_proxy,
        });
        add_tls(&mut http, arguments);
        let mut turn = json!({ "urls": arguments.turn_url });
        if let Some(file) = &arguments.turn_secret_file {
            turn["secret_file"] = json!(file);
        }
        json!({
            "turn": turn,
            "http": http,
            "metrics": { "listen": self.readiness[0] },
            "database": { "url": format!("sqlite:{}", folder.join("bedside.sqlite").display()) },
            "keys": { "master_key": folder.join("master.key") },
        })
    }

    fn media_server_toml(&self, arguments: &Arguments, folder: &Path) -> Value {
        let has_tls = arguments.tls_certificate.is_some();
        let url = arguments.signal_url.clone().unwrap_or_else(|| {
            format!(
                "{}://localhost:{}/signal",
                if has_tls { "wss" } else { "ws" },
                arguments.signal_listen.port()
            )
        });
        let addresses = if arguments.media_address.is_empty() {
            machine_addresses()
        } else {
            arguments.media_address.clone()
        };
        let mut signal = json!({
            "listen": arguments.signal_listen,
            "url": url,
            "allowed_origins": [self.public_origin],
        });
        add_tls(&mut signal, arguments);
        json!({
            "node": { "id": self.node, "region": REGION, "data": folder },
            "media": {
                "listen": listens(&addresses),
                "port": arguments.media_port,
                "public_addresses": addresses,
            },
            "signal": signal,
            // The loopback listener, whose name no certificate has to prove.
            "control": { "url": format!("ws://{}/nodes/connect", self.readiness[0]) },
            "ops": { "listen": self.readiness[1] },
        })
    }
}

fn add_tls(table: &mut Value, arguments: &Arguments) {
    if let (Some(certificate), Some(key)) = (&arguments.tls_certificate, &arguments.tls_key) {
        table["tls_certificate"] = json!(certificate);
        table["tls_key"] = json!(key);
    }
}

/// Where media listens: on loopback when nobody else is told to come, else on everything, because the addresses that
/// browsers send to may be a router's.
fn listens(addresses: &[IpAddr]) -> Vec<IpAddr> {
    if addresses.iter().all(IpAddr::is_loopback) { addresses.to_vec() } else { wildcards(addresses) }
}

/// Every address of this machine that a browser may reach: loopback last, for a machine without a network.
fn machine_addresses() -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .iter()
        .map(if_addrs::Interface::ip)
        .filter(|address| !address.is_loopback() && !is_link_local(*address))
        .collect();
    addresses.sort_by_key(|address| (address.is_ipv6(), *address));
    addresses.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    addresses
}

/// Link-local addresses need a zone that a candidate cannot carry.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn wildcards(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut listen = Vec::new();
    if addresses.iter().any(IpAddr::is_ipv4) {
        listen.push(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    }
    if addresses.iter().any(IpAddr::is_ipv6) {
        listen.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    }
    listen
}

fn node_id(file: &Path) -> anyhow::Result<NodeId> {
    let named = || format!("{}", file.display());
    if file.exists() {
        let text = fs::read_to_string(file).with_context(named)?;
        return text.trim().parse().with_context(|| format!("{}: not a node id", file.display()));
    }
    let node = NodeId::new_v7();
    fs::write(file, format!("{node}\n")).with_context(named)?;
    Ok(node)
}

/// A folder that others may use is not ours to close, and what we put into it must not stand open: its owner decides. An
/// empty one has no users yet, and is closed ([`make_private_folder`]): a service manager or a volume makes such ones.
fn refuse_shared(data: &Path) -> anyhow::Result<()> {
    let Ok(found) = fs::metadata(data) else { return Ok(()) };
    let mode = found.permissions().mode() & 0o7777;
    let is_empty = || fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_none());
    if found.is_dir() && mode & 0o077 != 0 && !is_empty() {
        anyhow::bail!(
            "--data {}: the folder is open to other users (mode {mode:04o}) and holds something already, and it is to hold \
             keys and patients' data: name a new or empty one, or close it with `chmod 700`",
            data.display()
        );
    }
    Ok(())
}

fn make_private_folder(folder: &Path) -> anyhow::Result<()> {
    let named = || format!("{}: the folder cannot be made or used", folder.display());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(named)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).with_context(named)
}

fn write_config(file: &Path, content: &Value) -> anyhow::Result<()> {
    let text = toml::to_string(content).context("the configuration cannot be written as TOML")?;
    let header =
        "# Written by `bedside serve` at each start from its command line: changes here are lost.\n\n";
    fs::write(file, format!("{header}{text}"))
        .with_context(|| format!("{}: cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_listens_on_loopback_alone_when_only_this_machine_is_to_come() {
        let listens = |addresses: &[&str]| {
            let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
            super::listens(&addresses).iter().map(ToString::to_string).collect::<Vec<_>>()
        };

        assert_eq!(listens(&["127.0.0.1"]), ["127.0.0.1"]);
        assert_eq!(listens(&["127.0.0.1", "::1"]), ["127.0.0.1", "::1"]);
        assert_eq!(listens(&["203.0.113.7", "127.0.0.1"]), ["0.0.0.0"]);
        assert_eq!(listens(&["2001:db8::7"]), ["::"]);
    }
}

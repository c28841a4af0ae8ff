//! A node of our own, for runs without a target: a process beside us, in a scratch folder, gone with us.
//!
//! It is `bedside media-server` as an operator runs it, with a configuration file. It has no control plane: it trusts the one key
//! that it finds among its cached keys, as a node does whose control plane is away.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use protocol::NodeId;
use serde_json::json;
use tempfile::TempDir;
use thiserror::Error;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::metrics;
use crate::scenario::ServerConfig;
use crate::target::Target;
use crate::token::{BadKey, Key};

/// A node takes a moment to make its keys and open its ports; on a busy machine, a long one.
const READY_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// It tells its participants where to go, and ends; then it is ended.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Tells a part that it ends with its standard input, as under `bedside serve`.
const SUPERVISED: &str = "BEDSIDE_SUPERVISED";
/// What a test is to bring to the limit is the worker, not a number.
const SEATS_MAX: usize = 64;
const PEERS_MAX: usize = 20_000;

/// Why there is no node.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Its folder or files.
    #[error("the node's scratch folder: {0}")]
    Folder(#[from] std::io::Error),
    /// Its key.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// The program.
    #[error("{}: cannot be started: {error}", program.display())]
    Program {
        /// Which.
        program: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It ended, or did not answer.
    #[error("the node did not start ({ended}); its log:\n{log}")]
    NotReady {
        /// How it ended, if it did.
        ended: String,
        /// The end of its log.
        log: String,
    },
}

/// A node that runs.
pub(crate) struct OwnNode {
    child: Child,
    folder: TempDir,
    pub(crate) target: Target,
}

impl OwnNode {
    /// Starts `program media-server`, and returns when it answers.
    pub(crate) async fn start(program: &Path, config: &ServerConfig) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new().prefix("bedside-loadtest-").tempdir()?;
        let (node, ports) = (NodeId::new_v7(), free_ports()?);
        let (key, verify) = Key::generate(node)?;
        let data = folder.path().join("node");
        fs::create_dir(&data)?;
        fs::write(
            data.join("verify-keys.json"),
            serde_json::to_vec(&[verify]).map_err(std::io::Error::other)?,
        )?;
        let file = folder.path().join("media-server.toml");
        let text =
            toml::to_string(&configuration(node, &data, ports, config)).map_err(std::io::Error::other)?;
        fs::write(&file, text)?;
        let log = fs::File::create(folder.path().join("node.log"))?;
        let child = Command::new(program)
            .args(["media-server".as_ref(), "--config".as_ref(), file.as_os_str()])
            .env(SUPERVISED, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            // An interrupt at the terminal ends the bots first.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| ServerError::Program { program: program.to_owned(), error })?;
        let [signal, ops] = ports;
        let signal = Url::parse(&format!("ws://{signal}/signal")).map_err(std::io::Error::other)?;
        let target = Target { signal, metrics: Some(ops.to_string()), key };
        let mut own = Self { child, folder, target };
        own.wait(&ops.to_string()).await?;
        Ok(own)
    }

    async fn wait(&mut self, ops: &str) -> Result<(), ServerError> {
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Err(self.not_ready(Some(status)));
            }
            if metrics::get(ops, "/livez").await.is_ok() {
                return Ok(());
            }
            sleep(LOOK_EVERY).await;
        }
        Err(self.not_ready(None))
    }

    fn not_ready(&self, status: Option<ExitStatus>) -> ServerError {
        let log = fs::read_to_string(self.folder.path().join("node.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let ended = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        ServerError::NotReady { ended, log: lines[lines.len().saturating_sub(20)..].join("\n") }
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(STOP_WITHIN, self.child.wait()).await.is_err() {
            // Dropped, it is killed.
            tracing::warn!("the node did not end by itself and is killed");
        }
    }
}

fn configuration(
    node: NodeId,
    data: &Path,
    [signal, ops]: [SocketAddr; 2],
    config: &ServerConfig,
) -> serde_json::Value {
    json!({
        "node": { "id": node, "data": data },
        "media": {
            "listen": [Ipv4Addr::LOCALHOST],
            "port": 0,
            "workers": config.workers,
            "rooms_max": PEERS_MAX,
            "peers_max": PEERS_MAX,
            "room_seats_max": SEATS_MAX,
            "sheds_load": config.sheds_load,
        },
        "signal": {
            "listen": signal,
            "url": format!("ws://{signal}/signal"),
            "allow_absent_origin": true,
            "sockets_max": PEERS_MAX,
            // Everybody comes from one address.
            "half_open_max": PEERS_MAX,
        },
        // There is none: nothing listens on this port.
        "control": { "url": "ws://127.0.0.1:9/nodes/connect" },
        "ops": { "listen": ops },
        "log": { "filter": "warn" },
    })
}

/// Two that are free now.
fn free_ports() -> std::io::Result<[SocketAddr; 2]> {
    let any = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (one, other) = (any()?, any()?);
    Ok([one.local_addr()?, other.local_addr()?])
}

//! A node with a fake control plane, tokens, and a participant's WebSocket.

use std::path::Path;
use std::time::Duration;

use media_server::{Config, Server};
use protocol::NodeId;
use tokio::time::{Instant, sleep};

pub(crate) mod call;
pub(crate) mod control_plane;
pub(crate) mod lines;
pub(crate) mod participant;
pub(crate) mod tokens;

pub(crate) use control_plane::ControlPlane;
pub(crate) use participant::Participant;
pub(crate) use tokens::Issuer;

/// Longer than anything takes on a busy machine; a test that waits this long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// The page that may connect.
pub(crate) const ORIGIN: &str = "https://clinic.example";

/// Waits until `done`, looking often. Nothing is assumed about how long it takes.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A running node and what it talks to.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) id: NodeId,
    pub(crate) issuer: Issuer,
    pub(crate) control_plane: ControlPlane,
    pub(crate) node: Server,
    /// Over what the node logs.
    _watch: lines::Watch,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a node whose configuration is changed by `change`.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let watch = lines::Watch::begin();
        let folder = tempfile::tempdir().unwrap();
        let id = NodeId::new_v7();
        let issuer = Issuer::new(id);
        let control_plane = ControlPlane::start(vec![issuer.verify_key()]).await;
        let mut config = config(folder.path(), id, &control_plane.url());
        change(&mut config);
        let node = Server::start(config).await.unwrap();
        let world = Self { folder, id, issuer, control_plane, node, _watch: watch };
        until("the node is welcomed", || world.control_plane.beats() > 0).await;
        world
    }

    pub(crate) async fn participant(&self) -> Participant {
        Participant::connect(self.node.signal_address(), Some(ORIGIN)).await.unwrap()
    }

    /// The body and status of an operations page.
    pub(crate) async fn ops(&self, path: &str) -> (u16, String) {
        http_get(self.node.ops_address(), path).await
    }

    /// One number of `/metrics`, 0 if it is not there.
    pub(crate) async fn metric(&self, line: &str) -> f64 {
        let (_, text) = self.ops("/metrics").await;
        let value = text.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }
}

pub(crate) fn config(folder: &Path, id: NodeId, control: &str) -> Config {
    let file = folder.join("media-server.toml");
    let data = folder.join("data");
    let text = format!(
        r#"
[node]
id = "{id}"
data = "{}"
[media]
port = 0
workers = 2
[signal]
listen = "127.0.0.1:0"
url = "ws://127.0.0.1:0/signal"
allowed_origins = ["{ORIGIN}"]
[control]
url = "{control}"
[ops]
listen = "127.0.0.1:0"
"#,
        data.display()
    );
    std::fs::write(&file, text).unwrap();
    Config::load(&file).unwrap()
}

/// A plain GET, as a probe does it.
pub(crate) async fn http_get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

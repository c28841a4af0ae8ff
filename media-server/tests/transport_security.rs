//! It should speak TLS where it is told to, trust only whom it is told to, and say which file is wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use media_server::{Server, tls};
use protocol::NodeId;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::{ORIGIN, World, config};

/// A self-signed certificate for `localhost`, and its key.
fn certificate(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (chain_file, key_file) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&chain_file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    (chain_file, key_file)
}

#[tokio::test(flavor = "multi_thread")]
async fn signalling_speaks_tls_with_the_configured_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = certificate(folder.path(), "node");
    let (other, _) = certificate(folder.path(), "other");
    let world = World::start_with(|config| {
        config.signal.tls_certificate = Some(chain.clone());
        config.signal.tls_key = Some(key);
    })
    .await;
    let name = ServerName::try_from("localhost").unwrap();
    let connect = async |trusted: &Path| {
        let connector = TlsConnector::from(tls::client(Some(trusted)).unwrap());
        let stream = TcpStream::connect(world.node.signal_address()).await.unwrap();
        connector.connect(name.clone(), stream).await
    };

    let trusted = connect(&chain).await.unwrap();
    let refused = connect(&other).await;

    let mut request = "wss://localhost/signal".into_client_request().unwrap();
    request.headers_mut().insert("origin", ORIGIN.parse().unwrap());
    assert!(client_async(request, trusted).await.is_ok());
    assert!(refused.is_err());
    // Operations stay plain on loopback: probes and scrapers of this machine.
    assert_eq!(world.ops("/livez").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_text_on_a_tls_port_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = certificate(folder.path(), "node");
    let world = World::start_with(|config| {
        config.signal.tls_certificate = Some(chain);
        config.signal.tls_key = Some(key);
    })
    .await;

    let plain = crate::support::Participant::connect(world.node.signal_address(), Some(ORIGIN)).await;

    assert!(plain.is_err());
    assert!(world.metric("bedside_signal_connections_refused_total{reason=\"tls\"}").await >= 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_certificate_and_a_file_of_something_else_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = certificate(folder.path(), "node");
    let (_, other_key) = certificate(folder.path(), "other");
    let nonsense = folder.path().join("nonsense.pem");
    std::fs::write(&nonsense, "hello").unwrap();

    for (chain, key, named) in [
        (&chain, &other_key, "node.pem"),
        (&nonsense, &key, "nonsense.pem"),
        (&chain, &nonsense, "nonsense.pem"),
    ] {
        let mut config = config(folder.path(), NodeId::new_v7(), "ws://127.0.0.1:1/nodes/connect");
        config.signal.tls_certificate = Some(chain.clone());
        config.signal.tls_key = Some(key.clone());
        let error = Server::start(config).await.err().unwrap().to_string();
        assert!(error.contains(named), "{error}");
    }
    assert!(Arc::strong_count(&tls::client(None).unwrap()) == 1, "the system's authorities alone are enough");
}

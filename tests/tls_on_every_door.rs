//! It should speak TLS on every door that is open to the network, with the operator's certificate, and nothing else there.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::certificate::Certificate;
use crate::support::ports::local;
use crate::support::{DEADLINE, Setup, Visit, gets, join, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_over_https_and_wss_with_a_certificate_that_its_browsers_trust() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::new(folder.path(), "clinic");
    let serve = Setup::on(&folder.path().join("data")).demo().with_tls(certificate).start().await;
    serve.node_is_welcomed().await;

    let mut visit = Visit::now(&serve).await;
    assert!(visit.patient.origin.starts_with("https://"));
    let patient = join(&mut visit.patient, &visit.path, serve.tls.clone()).await;
    let practitioner = join(&mut visit.practitioner, &visit.path, serve.tls.clone()).await;

    gets(&patient, practitioner.seat(), 20).await;
    gets(&practitioner, patient.seat(), 20).await;
    until("it is reported", async || (visit.state().await == "in_progress").then_some(())).await;
    for port in [serve.ports.web(), serve.ports.signal()] {
        assert!(!spoken_in_plain(port).await.starts_with("HTTP/"), "{port} answers in plain text");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_not_trust_the_certificate_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let other = Certificate::new(folder.path(), "other");
    let certificate = Certificate::new(folder.path(), "clinic");
    let mut serve = Setup::on(&folder.path().join("data")).demo().with_tls(certificate).start().await;
    assert_eq!(serve.browser().get("/readyz").await.status, 200);

    serve.tls = Some(other.trusted());

    let refused = serve.browser().send(hyper::Method::GET, "/readyz", None).await;
    assert!(refused.is_err(), "{refused:?}");
}

/// What the port answers to a browser that speaks plain HTTP.
async fn spoken_in_plain(port: u16) -> String {
    let mut stream = TcpStream::connect(local(port)).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good an end as any.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("the connection ends");
    String::from_utf8_lossy(&answer).into_owned()
}

//! What the node says of itself: its `/metrics` in the text format of Prometheus, looked at once a second.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// An answer takes this long at most; a node that does not answer within it is not measured in this second.
const WITHIN: Duration = Duration::from_secs(2);
/// A node's page is some 20 KiB.
const PAGE_MAX: usize = 1 << 20;

/// Why there is no page.
pub(crate) type NoPage = Box<dyn std::error::Error + Send + Sync>;

/// Counters and gauges of a node at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct NodeSample {
    pub(crate) packets_out: f64,
    pub(crate) bytes_out: f64,
    pub(crate) packets_in: f64,
    pub(crate) runs: f64,
    pub(crate) send_calls: f64,
    pub(crate) receive_calls: f64,
    pub(crate) dropped: f64,
    pub(crate) peers: f64,
    pub(crate) busy: f64,
    pub(crate) cpu_s: f64,
    pub(crate) rss_bytes: f64,
}

impl NodeSample {
    fn parse(text: &str) -> Self {
        let sum = |family: &str| -> f64 {
            let of_family = |line: &&str| line.split([' ', '{']).next() == Some(family);
            let values = text
                .lines()
                .filter(of_family)
                .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
            values.sum()
        };
        Self {
            packets_out: sum("bedside_send_datagrams_total") + sum("bedside_tcp_sent_total"),
            bytes_out: sum("bedside_send_bytes_total"),
            packets_in: sum("bedside_receive_datagrams_total"),
            runs: sum("bedside_send_runs_total"),
            send_calls: sum("bedside_send_calls_total"),
            receive_calls: sum("bedside_receive_calls_total"),
            dropped: sum("bedside_receive_dropped_total") + sum("bedside_send_dropped_total"),
            peers: sum("bedside_peers"),
            busy: sum("bedside_worker_busy_ratio"),
            cpu_s: sum("process_cpu_seconds_total"),
            rss_bytes: sum("process_resident_memory_bytes"),
        }
    }
}

/// The node's numbers now.
pub(crate) async fn sample(at: &str) -> Result<NodeSample, NoPage> {
    Ok(NodeSample::parse(&get(at, "/metrics").await?))
}

/// The body of a page that answers 200; `at` is a host and a port.
pub(crate) async fn get(at: &str, path: &str) -> Result<String, NoPage> {
    timeout(WITHIN, fetch(at, path)).await?
}

async fn fetch(at: &str, path: &str) -> Result<String, NoPage> {
    let stream = TcpStream::connect(at).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::get(path).header(header::HOST, at).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    if !response.status().is_success() {
        return Err(format!("{path}: {}", response.status()).into());
    }
    let body = Limited::new(response.into_body(), PAGE_MAX).collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_summed_over_their_labels_and_not_taken_for_each_other() {
        let text = "# HELP bedside_send_runs_total Messages\nbedside_send_runs_total{datagrams_max=\"1\"} 3\n\
                    bedside_send_runs_total{datagrams_max=\"2\"} 4\nbedside_peers 5\nbedside_peers_other 7\n\
                    process_cpu_seconds_total 1.25\n";

        let sample = NodeSample::parse(text);

        assert_eq!((sample.runs, sample.peers, sample.cpu_s), (7.0, 5.0, 1.25));
    }
}

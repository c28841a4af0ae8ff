//! The web app's door: its name, its certificate, its clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::header::{DATE, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp, Zoned};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use super::report::{Check, Finding, Report};
use super::trust;

/// Whatever has not answered by then does not.
const WITHIN: Duration = Duration::from_secs(10);
/// What nodes tolerate in a token; a relay's credential and a certificate's dates suffer later.
const SKEW_MAX: SignedDuration = SignedDuration::from_secs(10);
/// A certificate that ends sooner is worth a word.
const DAYS_MIN: i64 = 14;

pub(super) async fn examine(url: &Url, trust: &Arc<ClientConfig>, report: &mut Report) {
    let Some(address) = name(url, report).await else { return };
    let stream = match timeout(WITHIN, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        outcome => {
            let why = outcome.map_or_else(|_| "no answer".to_owned(), |failed| reason(&failed));
            let says = format!("{address} cannot be reached: {why}");
            report.add(Finding::fails(Check::Tls, says, "is `bedside serve` running, and TCP to it open?"));
            return;
        }
    };
    if url.scheme() == "http" {
        report.add(Finding::not_tried(Check::Tls, "plain http://, as on this machine only"));
        clock(ask(stream, url).await, report);
        return;
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let Ok(server) = ServerName::try_from(host) else { return };
    match timeout(WITHIN, TlsConnector::from(Arc::clone(trust)).connect(server, stream)).await {
        Ok(Ok(stream)) => {
            let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            report.add(certificate(leaf.map_or(&[], |leaf| leaf.as_ref())));
            clock(ask(stream, url).await, report);
        }
        Ok(Err(error)) => {
            let (says, advice) = trust::explain(&error);
            report.add(Finding::fails(Check::Tls, says, advice));
        }
        Err(_) => report.add(Finding::fails(Check::Tls, "no answer", "is a filter in between?")),
    }
}

fn reason(outcome: &std::io::Result<TcpStream>) -> String {
    outcome.as_ref().map_or_else(ToString::to_string, |_| "connected".to_owned())
}

async fn name(url: &Url, report: &mut Report) -> Option<SocketAddr> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let found: Vec<SocketAddr> = match timeout(WITHIN, lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    let Some(first) = found.first().copied() else {
        let says = format!("{host} has no address here");
        report.add(Finding::fails(
            Check::Dns,
            says,
            "is the name right, and does this network's DNS know it?",
        ));
        return None;
    };
    let all: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
    report.add(Finding::works(Check::Dns, format!("{host} is {}", all.join(", "))));
    Some(first)
}

/// One request; the time at which its answer was made, and the time here.
async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
) -> anyhow::Result<(Timestamp, Timestamp)> {
    let request = Request::get("/livez").header(HOST, url.authority()).body(Empty::<Bytes>::new())?;
    let exchange = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let before = Timestamp::now();
        let answer = sender.send_request(request).await?;
        let here = before + before.duration_until(Timestamp::now()) / 2;
        driver.abort();
        anyhow::Ok((date(&answer)?, here))
    };
    timeout(WITHIN, exchange).await.context("no answer")?
}

/// RFC 9110 §6.6.1: to the second.
fn date<B>(answer: &Response<B>) -> anyhow::Result<Timestamp> {
    let date = answer.headers().get(DATE).context("no Date")?.to_str()?;
    let date: Zoned = jiff::fmt::rfc2822::parse(date)?;
    Ok(date.timestamp())
}

fn clock(asked: anyhow::Result<(Timestamp, Timestamp)>, report: &mut Report) {
    report.add(match asked {
        Err(error) => Finding::fails(
            Check::Clock,
            format!("no answer from the web app: {error:#}"),
            "is this Bedside's address? Is a proxy or filter in between?",
        ),
        Ok((there, here)) => {
            // The Date was cut to its second.
            let skew = here.duration_since(there) - SignedDuration::from_millis(500);
            let (secs, way) = (skew.abs().as_secs(), if skew.is_negative() { "behind" } else { "ahead of" });
            if skew.abs() > SKEW_MAX {
                let says = format!("this machine's clock is {secs} s {way} the server's");
                Finding::fails(Check::Clock, says, "let both keep time by NTP: one of them is wrong")
            } else {
                Finding::works(
                    Check::Clock,
                    format!("this machine's clock is within {} s of the server's", secs + 1),
                )
            }
        }
    });
}

fn certificate(leaf: &[u8]) -> Finding {
    let Ok(certificate) = Certificate::from_der(leaf) else {
        return Finding::works(Check::Tls, "the certificate is believed");
    };
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    let now = Timestamp::now().as_second();
    let days = (i64::try_from(end.as_secs()).unwrap_or(i64::MAX) - now) / (24 * 3600);
    if days < DAYS_MIN {
        let says = format!("the certificate is believed, but ends in {days} days: renew it");
        return Finding::works(Check::Tls, says);
    }
    Finding::works(Check::Tls, format!("the certificate is believed, for {days} more days"))
}

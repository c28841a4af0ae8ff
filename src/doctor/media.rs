//! The way into a room and those of its media, each tried as a participant.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use client::turn::{Credential, Transport, TurnError};
use client::{Client, ConnectError, Options, ParticipantConfig, Route};
use dtls::Identity;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::lookup_host;
use url::Url;

use super::report::{Check, Finding, Report};
use super::ticket::{Relay, Ticket};
use super::trust;

/// A check of a path is repeated for this long; browsers give up later, people sooner.
const WITHIN: Duration = Duration::from_secs(6);

pub(super) async fn examine(ticket: Ticket, origin: &Url, trust: &Arc<ClientConfig>, report: &mut Report) {
    let mut client = match enter(&ticket, origin, trust).await {
        Ok(client) => client,
        Err(error) => {
            let (says, advice) = explain(&error);
            report.add(Finding::fails(Check::WebSocket, format!("{}: {says}", ticket.signal), advice));
            for check in [Check::Udp, Check::IceTcp, Check::Turn] {
                report.add(Finding::not_tried(check, "nobody is let in without a WebSocket"));
            }
            return;
        }
    };
    report.add(Finding::works(Check::WebSocket, format!("{} lets in", ticket.signal)));
    let is_there = client.connected(WITHIN).await.is_ok();
    report.add(verdict(
        Check::Udp,
        is_there,
        "open the node's UDP ports (media.port and up) on the way from here",
    ));
    report.add(tried(&mut client, Check::IceTcp, Route::Tcp).await);
    if ticket.relays.is_empty() {
        report.add(Finding::not_tried(Check::Turn, "none is configured ([turn] of the control plane)"));
    }
    for relay in &ticket.relays {
        for url in &relay.urls {
            let finding = through(&mut client, relay, url, trust).await;
            report.add(finding);
        }
    }
    client.leave().await;
}

async fn enter(ticket: &Ticket, origin: &Url, trust: &Arc<ClientConfig>) -> Result<Client, ConnectError> {
    let identity = Identity::generate(SystemTime::now())
        .map_err(|error| std::io::Error::other(format!("no certificate of the own: {error}")))?;
    let mut options = Options::new(ParticipantConfig::call(rand::random(), 0), Arc::new(identity));
    options.origin = Some(origin.origin().ascii_serialization());
    options.tls = Some(Arc::clone(trust));
    client::connect(&ticket.signal, ticket.token.clone(), options).await
}

/// Comes back to the seat by this way.
async fn tried(client: &mut Client, check: Check, route: Route) -> Finding {
    client.set_route(route);
    let advice = match check {
        Check::IceTcp => "open the node's TCP ports (the numbers of its UDP ports) on the way from here",
        _ => {
            "the relay answers, but does not reach the node: is the node's address in TURN_MEDIA, its UDP open to it?"
        }
    };
    match client.resume().await {
        Ok(()) => verdict(check, client.connected(WITHIN).await.is_ok(), advice),
        Err(ConnectError::Relay(error)) => {
            let (says, advice) = explain_relay(&error);
            Finding::fails(check, says, advice)
        }
        Err(error) => {
            let (says, advice) = explain(&error);
            Finding::fails(check, says, advice)
        }
    }
}

fn verdict(check: Check, is_there: bool, advice: &str) -> Finding {
    if is_there {
        Finding::works(check, "reaches the node, and comes back")
    } else {
        Finding::fails(check, format!("no answer from the node within {} s", WITHIN.as_secs()), advice)
    }
}

async fn through(client: &mut Client, relay: &Relay, url: &str, trust: &Arc<ClientConfig>) -> Finding {
    let is_tls = url.starts_with("turns:");
    let rest = url.split_once(':').map_or("", |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let by_udp = query == "transport=udp" || (query.is_empty() && !is_tls);
    let check = match (is_tls, by_udp) {
        (true, false) => Check::TurnTls,
        (false, false) => Check::TurnTcp,
        (false, true) => Check::TurnUdp,
        (true, true) => {
            return Finding::not_tried(Check::Turn, format!("{url}: DTLS, which no browser uses"));
        }
    };
    // Host and port as any URL has them; RFC 7065 §3.2 says which port if none.
    let Ok(parsed) = Url::parse(&format!("stun://{place}")) else {
        return Finding::fails(check, format!("{url} is not understood"), "see [turn] of the control plane");
    };
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = parsed.port().unwrap_or(if is_tls { 5349 } else { 3478 });
    let found = lookup_host((host.as_str(), port)).await.ok().and_then(|mut found| found.find(|_| true));
    let Some(server) = found else {
        return Finding::fails(
            check,
            format!("{host} has no address here"),
            "does this network's DNS know it?",
        );
    };
    let transport = match (check, ServerName::try_from(host)) {
        (Check::TurnTls, Ok(name)) => Transport::Tls(name, Arc::clone(trust)),
        (Check::TurnTls, Err(_)) => {
            return Finding::fails(
                check,
                format!("{url}: no name that a certificate can have"),
                "see [turn] urls",
            );
        }
        (Check::TurnUdp, _) => Transport::Udp,
        _ => Transport::Tcp,
    };
    let credential = Credential { username: relay.username.clone(), password: relay.credential.clone() };
    let mut finding =
        tried(client, check, Route::Relay(client::Relay { server, transport, credential })).await;
    finding.of(url);
    finding
}

/// Why nobody is let in.
fn explain(error: &ConnectError) -> (String, &'static str) {
    match error {
        ConnectError::Refused { .. } | ConnectError::Closed(Some(4001)) => (
            error.to_string(),
            "a ticket is good once, for five minutes; else: do the node's and the server's clocks agree?",
        ),
        ConnectError::WebSocket(_) => (
            error.to_string(),
            "is the address right ([signal] url), its certificate good, and no proxy in between that does not pass on \
             WebSockets?",
        ),
        ConnectError::Io(_) | ConnectError::Timeout => (
            error.to_string(),
            "is the node running, and TCP to its signalling port open on the way from here?",
        ),
        error => (error.to_string(), "see the node's log"),
    }
}

/// Why there is no relay.
fn explain_relay(error: &TurnError) -> (String, &'static str) {
    match error {
        TurnError::Refused { code: 401, .. } => (
            "the relay does not take the credential".to_owned(),
            "are the secrets the same, and do the clocks of relay and server agree?",
        ),
        TurnError::Refused { code: 486 | 508, .. } => (
            "the relay is full".to_owned(),
            "raise total-quota or user-quota of config/coturn/turnserver.conf",
        ),
        TurnError::Io(error) if trust::is_about(error) => trust::explain(error),
        TurnError::Io(error) => {
            (format!("the relay cannot be reached: {error}"), "is it running, and its port open?")
        }
        TurnError::Timeout => {
            ("no answer from the relay".to_owned(), "is its port open on the way from here?")
        }
        error => (error.to_string(), "is that coturn, started by config/coturn/start?"),
    }
}

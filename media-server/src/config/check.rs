//! Whether a configuration can work, as far as that can be told without opening a port.

use std::net::IpAddr;
use std::path::Path;

use url::{Host, Url};

use super::Config;

/// Workers are named by two hex digits in user fragments and resume secrets; more threads than this no machine has.
const WORKERS_MAX: u8 = 128;
/// Seats of one room: a lane's place in a subscriber's table is a byte, and the loudest are told among this many.
const ROOM_SEATS_CEILING: usize = 64;
/// Speech with earlier packets in it, and feedback: below, nobody would be heard.
const PEER_BPS_FLOOR: u32 = 128_000;
const PEER_PACKETS_PER_SECOND_FLOOR: u32 = 100;
/// The kernel's smallest useful socket buffer: a few dozen datagrams.
const BUFFER_BYTES_MIN: usize = 64 * 1024;
/// More than this per socket is a slip of the pen.
const BUFFER_BYTES_MAX: usize = 1 << 30;

/// The key at fault, and the problem.
type Problem = (&'static str, String);

impl Config {
    /// All checks, in the order of the file; the first that fails is reported.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.node.region.is_empty() || self.node.region.len() > 64 {
            return Err(("node.region", "must have 1 to 64 characters".to_owned()));
        }
        self.check_media()?;
        self.check_signal()?;
        check_url("control.url", &self.control.url)?;
        if let Some(file) = &self.control.ca_certificates {
            check_file("control.ca_certificates", file)?;
        }
        if !self.ops.listen.ip().is_loopback() && self.signal.tls_certificate.is_none() {
            return Err((
                "ops.listen",
                "is not a loopback address, so signal.tls_certificate and signal.tls_key must be set"
                    .to_owned(),
            ));
        }
        telemetry::log::check(&self.log).map_err(|error| ("log.filter", error.to_string()))
    }

    fn check_media(&self) -> Result<(), Problem> {
        let media = &self.media;
        let fail = |key, problem: &str| Err((key, problem.to_owned()));
        let v4 = media.listen.iter().filter(|ip| ip.is_ipv4()).count();
        if media.listen.is_empty() || v4 > 1 || media.listen.len() - v4 > 1 {
            return fail("media.listen", "must name one IPv4 address, one IPv6 address, or one of each");
        }
        if media.public_addresses.is_empty() && media.listen.iter().any(IpAddr::is_unspecified) {
            return fail(
                "media.public_addresses",
                "must say where browsers send to, because media.listen is a wildcard",
            );
        }
        if media.public_addresses.iter().any(IpAddr::is_unspecified) {
            return fail("media.public_addresses", "cannot be a wildcard: browsers send there");
        }
        for address in &media.public_addresses {
            if !media.listen.iter().any(|listen| listen.is_ipv4() == address.is_ipv4()) {
                let problem = format!("{address}: media.listen has no address of this family");
                return Err(("media.public_addresses", problem));
            }
        }
        if media.workers > WORKERS_MAX {
            return Err(("media.workers", format!("{} is above {WORKERS_MAX}", media.workers)));
        }
        if media.port != 0 && media.port.checked_add(u16::from(media.workers.max(1)) - 1).is_none() {
            return fail("media.port", "the ports of all workers must lie below 65536");
        }
        let last = u16::from(media.workers.max(1)) - 1;
        if media.tcp_port.is_some_and(|first| first != 0 && first.checked_add(last).is_none()) {
            return fail("media.tcp_port", "the ports of all workers must lie below 65536");
        }
        for (key, bytes) in [
            ("media.receive_buffer_bytes", media.receive_buffer_bytes),
            ("media.send_buffer_bytes", media.send_buffer_bytes),
        ] {
            if !(BUFFER_BYTES_MIN..=BUFFER_BYTES_MAX).contains(&bytes) {
                let problem = format!("{bytes} is not between {BUFFER_BYTES_MIN} and {BUFFER_BYTES_MAX}");
                return Err((key, problem));
            }
        }
        for (key, count, max) in [
            ("media.rooms_max", media.rooms_max, 100_000),
            ("media.peers_max", media.peers_max, 100_000),
            ("media.room_seats_max", media.room_seats_max, ROOM_SEATS_CEILING),
        ] {
            if count == 0 || count > max {
                return Err((key, format!("{count} is not between 1 and {max}")));
            }
        }
        for (key, count, min) in [
            ("media.peer_bps_max", media.peer_bps_max, PEER_BPS_FLOOR),
            (
                "media.peer_packets_per_second_max",
                media.peer_packets_per_second_max,
                PEER_PACKETS_PER_SECOND_FLOOR,
            ),
        ] {
            if count < min {
                return Err((key, format!("{count} is below {min}, which a call without pictures needs")));
            }
        }
        Ok(())
    }

    fn check_signal(&self) -> Result<(), Problem> {
        let signal = &self.signal;
        check_url("signal.url", &signal.url)?;
        match (&signal.tls_certificate, &signal.tls_key) {
            (Some(certificate), Some(key)) => {
                check_file("signal.tls_certificate", certificate)?;
                check_file("signal.tls_key", key)?;
            }
            (None, None) if signal.listen.ip().is_loopback() => {}
            (None, None) => {
                let problem =
                    "is not a loopback address, so signal.tls_certificate and signal.tls_key must be set";
                return Err(("signal.listen", problem.to_owned()));
            }
            (Some(_), None) => return Err(("signal.tls_key", "is missing".to_owned())),
            (None, Some(_)) => return Err(("signal.tls_certificate", "is missing".to_owned())),
        }
        if signal.allowed_origins.is_empty() && !signal.allow_absent_origin {
            let problem = "is empty, so no page could connect: name the web app's origin";
            return Err(("signal.allowed_origins", problem.to_owned()));
        }
        for origin in &signal.allowed_origins {
            let parsed = Url::parse(origin)
                .map_err(|error| ("signal.allowed_origins", format!("{origin}: {error}")))?;
            let right = parsed.origin().ascii_serialization();
            if !parsed.origin().is_tuple() || right != *origin {
                let problem =
                    format!("{origin}: an origin is scheme, host and port without a path, like {right}");
                return Err(("signal.allowed_origins", problem));
            }
        }
        for (key, count) in
            [("signal.sockets_max", signal.sockets_max), ("signal.half_open_max", signal.half_open_max)]
        {
            if count == 0 || count > 1_000_000 {
                return Err((key, format!("{count} is not between 1 and 1000000")));
            }
        }
        Ok(())
    }
}

/// `wss:`, or `ws:` to this machine.
fn check_url(key: &'static str, url: &Url) -> Result<(), Problem> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err((key, format!("{url}: has no host"))),
    };
    match url.scheme() {
        "wss" => Ok(()),
        "ws" if loopback => Ok(()),
        "ws" => Err((key, format!("{url}: plain ws: is for loopback only, use wss:"))),
        _ => Err((key, format!("{url}: must begin with wss:"))),
    }
}

fn check_file(key: &'static str, file: &Path) -> Result<(), Problem> {
    std::fs::File::open(file).map(drop).map_err(|error| (key, format!("{}: {error}", file.display())))
}

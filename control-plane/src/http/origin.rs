//! Where a request comes from: its own id, and the address that is rate-limited and put into classes for the audit.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::db::text::text_enum;
use crate::ids::RequestId;

use super::problem::ApiError;

text_enum! {
    /// What kind of address: enough to see an attack from outside, too little to follow a person.
    pub enum AddressClass {
        /// This machine.
        Loopback = "loopback",
        /// A private network (RFC 1918, RFC 4193, link-local).
        Private = "private",
        /// The internet.
        Public = "public",
        /// No network: a command line.
        None = "none",
    }
}

/// A request's own id and its sender's address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Given by us, never taken from the request: in the answer's `X-Request-Id`, in logs and in the audit.
    pub request: RequestId,
    /// After trusted proxies. Never logged.
    pub address: Option<IpAddr>,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Origin({})", self.request)
    }
}

impl Origin {
    /// Work that no request asked for.
    #[must_use]
    pub fn local() -> Self {
        Self { request: RequestId::new_v7(), address: None }
    }

    pub(super) fn of(request: &ServiceRequest, trusted: &[Network]) -> Self {
        let forwarded = request
            .headers()
            .get_all(header::X_FORWARDED_FOR)
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(','));
        let peer = request.peer_addr().map(|peer| peer.ip());
        Self { request: RequestId::new_v7(), address: sender(peer, forwarded, trusted) }
    }

    /// The address's class.
    #[must_use]
    pub fn class(&self) -> AddressClass {
        match self.address.map(|address| address.to_canonical()) {
            None => AddressClass::None,
            Some(address) if address.is_loopback() => AddressClass::Loopback,
            Some(IpAddr::V4(v4)) if v4.is_private() || v4.is_link_local() => AddressClass::Private,
            Some(IpAddr::V6(v6)) if v6.is_unique_local() || v6.is_unicast_link_local() => {
                AddressClass::Private
            }
            Some(_) => AddressClass::Public,
        }
    }

    /// The address as a key of rate limits: IPv6 by /56, which is what one household is given.
    #[must_use]
    pub fn limit_key(&self) -> IpAddr {
        match self.address.map(|address| address.to_canonical()) {
            None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Some(v6 @ IpAddr::V6(_)) => neighbourhood(v6),
            Some(v4) => v4,
        }
    }

    /// The network around the address, as a key of rate limits: IPv4 /24, IPv6 /48. What one organisation is given.
    #[must_use]
    pub fn network_key(&self) -> IpAddr {
        match self.limit_key() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 80))),
            v4 => neighbourhood(v4),
        }
    }
}

/// The sender: the peer itself, unless it is a trusted proxy; then the last address of `X-Forwarded-For` that is no
/// trusted proxy either. What stands before it was written by the sender and proves nothing (abuse sentence 13).
fn sender<'a>(
    peer: Option<IpAddr>,
    forwarded: impl Iterator<Item = &'a str>,
    trusted: &[Network],
) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut sender = peer?;
    let hops: Vec<&str> = forwarded.collect();
    for hop in hops.iter().rev() {
        if !is_trusted(sender) {
            break;
        }
        let Ok(address) = hop.trim().parse() else { break };
        sender = address;
    }
    Some(sender)
}

/// The neighbourhood of an address, as its network address: IPv4 /24, IPv6 /56. What one customer of a provider usually has
/// at most, so that a machine with a million IPv6 addresses counts as one. Signalling at the nodes counts alike.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 72))),
    }
}

/// A network in CIDR notation; a bare address is itself alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(v4) => (32, u128::from(v4.to_bits()) << 96),
            IpAddr::V6(v6) => (128, v6.to_bits()),
        };
        let ((width, ours), (other_width, theirs)) = (bits(self.address), bits(address));
        let mask = if self.prefix == 0 { 0 } else { u128::MAX << (128 - self.prefix.min(128)) };
        width == other_width && ours & mask == theirs & mask
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr =
            address.parse().map_err(|_| format!("{text:?} is not an address or network"))?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(digits) => digits
                .parse()
                .ok()
                .filter(|prefix| *prefix <= width)
                .ok_or_else(|| format!("{text:?}: the prefix is a number up to {width}"))?,
        };
        Ok(Self { address, prefix })
    }
}

/// Put there by the edge before anything else sees the request.
impl FromRequest for Origin {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.extensions().get::<Self>().copied().unwrap_or_else(Self::local)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn from(peer: &str, forwarded: &str, trusted: &[&str]) -> Option<IpAddr> {
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        sender(address(peer), forwarded.split(',').filter(|hop| !hop.is_empty()), &trusted)
    }

    #[test]
    fn abuse_13_a_forged_forwarded_header_does_not_change_the_address() {
        assert_eq!(from("203.0.113.9", "198.51.100.1", &[]), address("203.0.113.9"));
        assert_eq!(from("203.0.113.9", "198.51.100.1", &["10.0.0.0/8"]), address("203.0.113.9"));
    }

    #[test]
    fn abuse_13_behind_a_trusted_proxy_the_last_untrusted_hop_counts() {
        let trusted = ["10.0.0.0/8"];

        assert_eq!(from("10.0.0.2", "203.0.113.9", &trusted), address("203.0.113.9"));
        assert_eq!(from("10.0.0.2", "1.2.3.4, 203.0.113.9", &trusted), address("203.0.113.9"));
        assert_eq!(from("10.0.0.2", "1.2.3.4, 203.0.113.9, 10.0.0.7", &trusted), address("203.0.113.9"));
        assert_eq!(from("10.0.0.2", "203.0.113.9, nonsense", &trusted), address("10.0.0.2"));
        assert_eq!(from("10.0.0.2", "", &trusted), address("10.0.0.2"));
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        let holds =
            |network: &str, ip: &str| network.parse::<Network>().unwrap().contains(ip.parse().unwrap());

        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1"), "an IPv4 address seen through an IPv6 socket");
        assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!("10.0.0.0/33".parse::<Network>().is_err() && "ten".parse::<Network>().is_err());
    }
}

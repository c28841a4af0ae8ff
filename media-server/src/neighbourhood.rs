//! The network part of an address: an IPv4 /24 or an IPv6 /56, what one customer of a provider usually has, so that a machine
//! with a million IPv6 addresses counts as one.

use std::net::{IpAddr, Ipv6Addr};

/// The network part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Prefix {
    V4([u8; 3]),
    V6([u8; 7]),
}

impl Prefix {
    pub(crate) fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(v6) => Self::v6(v6),
        }
    }

    fn v6(ip: Ipv6Addr) -> Self {
        let [a, b, c, d, e, f, g, ..] = ip.octets();
        Self::V6([a, b, c, d, e, f, g])
    }
}

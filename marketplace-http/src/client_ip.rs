//! Which client a request comes from.
//!
//! Guarantees: `X-Forwarded-For` counts only as far as configured proxies vouch for it: read from the right,
//! the first hop that is no proxy is the client. A client cannot choose its own address.
//!
//! Called by: the dispatch, for limits and for the scope of idempotency keys.

use crate::headers::Headers;
use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// A network of proxies: `10.0.0.0/8`, `::1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

/// The text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network in CIDR form")]
pub struct ParseNetworkError;

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ParseNetworkError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| ParseNetworkError)?,
            None => most,
        };
        if prefix <= most { Ok(Self { address, prefix }) } else { Err(ParseNetworkError) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The client's address, if the connection has one.
pub(crate) fn client_ip(peer: Option<IpAddr>, headers: &Headers, proxies: &[Network]) -> Option<IpAddr> {
    let trusted = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut client = peer?.to_canonical();
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while trusted(client) {
        // A hop that cannot be read was written by somebody whom no proxy vouches for.
        let Some(hop) = hops.next().and_then(|hop| read_hop(hop.trim())) else { break };
        client = hop;
    }
    Some(client)
}

/// An address, perhaps in brackets and with a port.
fn read_hop(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    bare.or_else(with_port).or_else(bracketed).map(|address| address.to_canonical())
}

/// What is counted together: an IPv4 address, or the /64 of an IPv6 address, which one customer holds whole.
pub(crate) fn limit_key(client: Option<IpAddr>) -> String {
    match client {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
            format!("{network}/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let headers: Headers = forwarded.iter().map(|line| ("x-forwarded-for", *line)).collect();
        let proxies: Vec<Network> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        client_ip(Some(peer.parse().unwrap()), &headers, &proxies).unwrap().to_string()
    }

    #[test]
    fn only_proxies_are_believed() {
        let proxies = ["10.0.0.0/8", "::1"];
        for (peer, forwarded, expected) in [
            ("1.2.3.4", vec!["9.9.9.9"], "1.2.3.4"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["9.9.9.9"], "9.9.9.9"),
            ("10.0.0.1", vec!["6.6.6.6, 9.9.9.9"], "9.9.9.9"),
            ("10.0.0.1", vec!["6.6.6.6", "9.9.9.9, 10.1.1.1"], "9.9.9.9"),
            ("10.0.0.1", vec!["6.6.6.6, nonsense, 10.1.1.1"], "10.1.1.1"),
            ("::ffff:10.0.0.1", vec!["9.9.9.9:1234"], "9.9.9.9"),
            ("::1", vec!["[2001:db8::1]:80"], "2001:db8::1"),
            ("::1", vec!["[2001:db8::1]"], "2001:db8::1"),
        ] {
            assert_eq!(client(peer, &forwarded, &proxies), expected, "{peer} {forwarded:?}");
        }
        assert_eq!(client("10.0.0.1", &["9.9.9.9"], &[]), "10.0.0.1");
    }

    #[test]
    fn an_ipv6_customer_counts_once() {
        let key = |text: &str| limit_key(Some(text.parse().unwrap()));
        assert_eq!(key("2001:db8:1:2:3::4"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("1.2.3.4"), "1.2.3.4");
    }

    #[test]
    fn networks_are_strict() {
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("8.8.8.8".parse().unwrap()));
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "x/8"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}

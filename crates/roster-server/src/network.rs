//! What counts as one network address.

use std::net::{IpAddr, Ipv6Addr};

const FIRST_HALF: u128 = !(u64::MAX as u128);

/// The address that stands for all that count as one: an IPv4 address itself, also where it is written as an IPv6 one
/// (`::ffff:192.0.2.1`), and the first 64 bits of an IPv6 address, since whoever has one has all that begin alike.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & FIRST_HALF).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_is_one_address() {
        let check = |one: &str, other: &str, same: bool| {
            let network = |text: &str| network(text.parse().unwrap());
            assert_eq!(network(one) == network(other), same, "{one} and {other}");
        };
        check("192.0.2.1", "192.0.2.1", true);
        check("192.0.2.1", "192.0.2.2", false);
        check("192.0.2.1", "::ffff:192.0.2.1", true);
        check("::ffff:192.0.2.1", "::ffff:192.0.2.2", false);
        check("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true);
        check("2001:db8::1", "2001:db8:0:1::1", false);
    }
}

//! What counts as one network address, and places by where peers are.

use std::net::{IpAddr, Ipv6Addr};

use crate::places::{Caps, Place, Places};

const FIRST_HALF: u128 = !(u64::MAX as u128);

/// The address that stands for all that count as one: an IPv4 address itself, also where it is written as an IPv6 one
/// (`::ffff:192.0.2.1`), and the first 64 bits of an IPv6 address, since whoever has one has all that begin alike.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & FIRST_HALF).into(),
    }
}

/// Places by where peers are: so many altogether and of one address, and half of all of one network, so that whoever has
/// a network full of addresses leaves room for others. A network is not one peer: a cluster may have all of its pods in
/// one. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    addresses: Places<IpAddr>,
    networks: Places<IpAddr>,
}

/// A place, free again when this is dropped.
pub(crate) type SourcePlace = (Place<IpAddr>, Place<IpAddr>);

impl Sources {
    /// Places for so many.
    pub(crate) fn new(caps: Caps) -> Self {
        // Where an address may have more than half, as one that stands for many behind it, so may its network.
        let networks = Caps { all: u32::MAX, each: caps.all.div_ceil(2).max(caps.each) };
        Self { addresses: Places::new(caps), networks: Places::new(networks) }
    }

    /// A place for a peer with that address, if there is one.
    pub(crate) fn take(&self, address: IpAddr) -> Option<SourcePlace> {
        Some((self.addresses.take(&address.to_canonical())?, self.networks.take(&network(address))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_a_network_and_all_have_their_bounds() {
        let sources = Sources::new(Caps { all: 4, each: 1 });
        let take = |text: &str| sources.take(text.parse().unwrap());
        let one = take("2001:db8::1").expect("the first");
        assert!(take("2001:db8::1").is_none(), "it has one");
        let _two = take("2001:db8::2").expect("another address");
        assert!(take("2001:db8::3").is_none(), "its network has half");
        let _three = take("192.0.2.1").expect("another network");
        assert!(take("::ffff:192.0.2.1").is_none(), "the same address");
        let _four = take("192.0.2.2").expect("another address");
        assert!(take("192.0.2.3").is_none(), "all are taken");
        drop(one);
        assert!(take("2001:db8::3").is_some(), "one is free again");

        let behind_a_proxy = Sources::new(Caps { all: 4, each: 4 });
        let places: Vec<_> =
            (0..5).filter_map(|_| behind_a_proxy.take("192.0.2.1".parse().unwrap())).collect();
        assert_eq!(places.len(), 4, "one address may have all");
    }

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

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

/// Places by where peers are, so that one address, or whoever has a network full of them, leaves room for others. Clones
/// count together.
#[derive(Clone, Debug)]
pub(crate) struct Sources(Places<IpAddr>);

/// What a peer takes of its address' places, free again when this is dropped.
pub(crate) type SourcePlace = Place<IpAddr>;

impl Sources {
    /// Places for so many.
    pub(crate) fn new(caps: Caps) -> Self {
        Self(Places::new(caps))
    }

    /// A place for a peer with that address, if there is one.
    pub(crate) fn take(&self, address: IpAddr) -> Option<SourcePlace> {
        self.take_many(address, 1)
    }

    /// That many places for a peer with that address, or none of them.
    pub(crate) fn take_many(&self, address: IpAddr, count: u32) -> Option<SourcePlace> {
        self.0.take(&network(address), count)
    }

    /// How many there are.
    pub(crate) fn caps(&self) -> Caps {
        self.0.caps()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_all_have_their_bounds() {
        let sources = Sources::new(Caps { all: 3, each: 2 });
        let take = |text: &str| sources.take(text.parse().unwrap());
        let one = take("2001:db8::1").expect("the first");
        let _two = take("2001:db8::2").expect("the second of that network");
        assert!(take("2001:db8::3").is_none(), "a network counts as one address");
        let _three = take("192.0.2.1").expect("another address");
        assert!(take("192.0.2.2").is_none(), "all are taken");
        drop(one);
        assert!(take("::ffff:192.0.2.1").is_some(), "one is free again");
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

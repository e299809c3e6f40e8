//! What is written under a digest, as text: `v1|<team>|<link>|<expiry in microseconds>`.

use roster_domain::{LinkId, TeamId, Timestamp};
use roster_store::LinkPlace;
use uuid::Uuid;

/// Writes a link.
pub(super) fn write(link: &LinkPlace) -> String {
    let (team, id) = (link.team.uuid(), link.link.uuid());
    format!("v1|{}|{}|{}", team.simple(), id.simple(), link.expires_at.micros())
}

/// Reads an entry. One of a later version or that anything else wrote says nothing: the database is asked.
pub(super) fn read(value: &[u8]) -> Option<LinkPlace> {
    let mut fields = std::str::from_utf8(value).ok()?.strip_prefix("v1|")?.split('|');
    let link = LinkPlace {
        team: TeamId::from_uuid(Uuid::try_parse(fields.next()?).ok()?),
        link: LinkId::from_uuid(Uuid::try_parse(fields.next()?).ok()?),
        expires_at: Timestamp::from_micros(fields.next()?.parse().ok()?),
    };
    fields.next().is_none().then_some(link)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn anything_else_says_nothing() {
        let good = "v1|00000000000000000000000000000001|00000000000000000000000000000002|3";
        assert!(read(good.as_bytes()).is_some());
        for bad in [
            "",
            "v1",
            "v1|",
            "v1|absent",
            "v1|||",
            "v2|00000000000000000000000000000001|00000000000000000000000000000002|3",
            "v1|00000000000000000000000000000001|00000000000000000000000000000002",
            "v1|00000000000000000000000000000001|00000000000000000000000000000002|",
            "v1|00000000000000000000000000000001|00000000000000000000000000000002|3|",
            "v1|00000000000000000000000000000001|00000000000000000000000000000002|9223372036854775808",
            "v1|0000000000000000000000000000001|00000000000000000000000000000002|3",
        ] {
            assert_eq!(read(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(read(&[0xff, b'v', b'1']), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(team: u128, link: u128, expires_at: i64) {
            let link = LinkPlace {
                team: TeamId::from_uuid(Uuid::from_u128(team)),
                link: LinkId::from_uuid(Uuid::from_u128(link)),
                expires_at: Timestamp::from_micros(expires_at),
            };
            prop_assert_eq!(read(write(&link).as_bytes()), Some(link));
        }

        #[test]
        fn nothing_panics(value: Vec<u8>) {
            prop_assert_eq!(read(&value), None);
        }
    }
}

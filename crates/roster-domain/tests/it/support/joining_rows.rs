//! Somebody who wants to join, for rows of tables.

use roster_domain::facts::{Holder, JoinFacts, Occupancy, TeamFacts};
use roster_domain::{Access, DisplayName, Revision};

use super::rows::{VERSION, member};

/// Who made the way in.
pub(crate) const MAKER: i64 = 3;

/// A team of the default tier that is nobody's own.
pub(crate) fn team() -> TeamFacts {
    let display_name = DisplayName::parse("Team").expect("a name");
    TeamFacts { display_name, tier: None, personal: None, version: VERSION }
}

/// Whoever made the way in, who was granted nothing.
pub(crate) fn maker_in_words(words: &str) -> Option<Holder> {
    member(MAKER, words).map(|membership| Holder { membership, access: Access::default() })
}

/// Who comes to a team with so many active members, when it was removed, and who made the way in, in words.
pub(crate) fn joining(
    person: i64,
    (who, removed_at, maker): (&str, Option<Revision>, &str),
    active: u64,
) -> JoinFacts {
    JoinFacts {
        team: team(),
        membership: member(person, who),
        removed_at,
        maker: maker_in_words(maker),
        occupancy: Occupancy { active, suspended: 0, pending: 0 },
    }
}

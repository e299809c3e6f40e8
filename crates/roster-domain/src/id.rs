//! Identifiers: `TypeID`s over `UUIDv7` for what Roster makes, and the internal key of a person.

use type_safe_id::{StaticType, TypeSafeId};

/// A team's id: `team_…`.
pub type TeamId = TypeSafeId<TeamTag>;
/// An invite link's id: `link_…`.
pub type LinkId = TypeSafeId<LinkTag>;
/// An e-mail invitation's id: `inv_…`.
pub type InvitationId = TypeSafeId<InvitationTag>;
/// A team code's id: `code_…`.
pub type CodeId = TypeSafeId<CodeTag>;
/// An event's id: `evt_…`.
pub type EventId = TypeSafeId<EventTag>;

/// What stands in place of the user id of a person whose data was erased: `erased_…`. No user id looks so. Unlike the ids
/// it is of random bytes alone, since its time would be that of the erasure.
pub type Pseudonym = TypeSafeId<PseudonymTag>;

/// Marks the ids of teams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TeamTag;

/// Marks the ids of invite links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkTag;

/// Marks the ids of e-mail invitations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InvitationTag;

/// Marks the ids of team codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CodeTag;

/// Marks the ids of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventTag;

/// Marks pseudonyms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PseudonymTag;

impl StaticType for TeamTag {
    const TYPE: &'static str = "team";
}

impl StaticType for LinkTag {
    const TYPE: &'static str = "link";
}

impl StaticType for InvitationTag {
    const TYPE: &'static str = "inv";
}

impl StaticType for CodeTag {
    const TYPE: &'static str = "code";
}

impl StaticType for EventTag {
    const TYPE: &'static str = "evt";
}

impl StaticType for PseudonymTag {
    const TYPE: &'static str = "erased";
}

/// The internal key of a person. Only one erasable table maps it to a user id, so that everything else, the event log
/// above all, can outlive an erasure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(pub i64);

/// Counts the commits that changed a team, from 1: the per-team cursor of the event log.
pub type Revision = i64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let team = TeamId::from_uuid(uuid::Uuid::from_u128(1));
        assert_eq!(team.to_string(), "team_00000000000000000000000001");
        assert_eq!(team.to_string().parse::<TeamId>().ok(), Some(team));
        assert!(team.to_string().parse::<LinkId>().is_err());
        assert!("team_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<TeamId>().is_err(), "more than 128 bits");
        assert!("TEAM_00000000000000000000000001".parse::<TeamId>().is_err());
    }
}

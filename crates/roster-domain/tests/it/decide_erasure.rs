//! What ends with a person, and what must not end unasked.

use roster_domain::decide::{Dependence, Obstacle, Resolution, erase_member};
use roster_domain::facts::{ErasureFacts, Invitation, InvitationState, MemberState, Membership, TeamFacts};
use roster_domain::policy::{Policy, presets};
use roster_domain::{
    Access, Change, DisplayName, EmailAddress, Grant, GrantTarget, Holder, InvitationId, PersonKey,
    ResourceId, RoleName, Timestamp,
};

const NOW: Timestamp = Timestamp::from_micros(1_000);
const PERSON: i64 = 1;
const OTHER: i64 = 2;

#[test]
fn whoever_is_not_needed_simply_goes() {
    for (policy, role, state, holders) in [
        ("studio", "viewer", MemberState::Active, 1),
        ("studio", "owner", MemberState::Active, 2),
        ("studio", "owner", MemberState::Suspended, 0),
        ("organization", "admin", MemberState::Active, 2),
        ("account", "editor", MemberState::Active, 1),
        ("workspace", "admin", MemberState::Active, 1),
        // A role that the policy has no more.
        ("studio", "ghost", MemberState::Active, 1),
    ] {
        let mut facts = facts(role, holders);
        let member = facts.member.as_mut().expect("a member");
        member.membership.state = state;
        member.access = granted("one", "viewer");
        let expected = Change::MemberRemoved {
            person: PersonKey(PERSON),
            state,
            role: self::role(role),
            access: granted("one", "viewer"),
        };
        assert_eq!(erase_member(&preset(policy), &facts, None, NOW), Ok(vec![expected]), "{policy} {role}");
        for resolution in [Resolution::Transfer, Resolution::Delete] {
            let outcome = erase_member(&preset(policy), &facts, Some(resolution), NOW);
            assert_eq!(outcome, Err(Obstacle::NothingToResolve), "{policy} {role}");
        }
    }
}

#[test]
fn a_team_that_depends_on_the_person_says_so() {
    let last = |name: &str| Dependence::LastHolder(role(name));
    let sole = |name: &str| Dependence::SoleRole(role(name));
    for (policy, role, expected) in [
        ("studio", "owner", last("owner")),
        ("organization", "admin", last("admin")),
        ("account", "owner", sole("owner")),
        ("brand", "owner", sole("owner")),
        ("workspace", "creator", sole("creator")),
    ] {
        let facts = facts(role, 1);
        let outcome = erase_member(&preset(policy), &facts, None, NOW);
        assert_eq!(outcome, Err(Obstacle::Depends(expected)), "{policy}");
        let changes = erase_member(&preset(policy), &facts, Some(Resolution::Delete), NOW);
        let changes = changes.expect("a team can be deleted");
        assert!(matches!(changes[..], [Change::MemberRemoved { .. }, Change::TeamDeleted]), "{changes:?}");
    }
}

#[test]
fn a_personal_team_of_one_ends_with_its_person_and_another_only_if_that_is_said() {
    let policy = preset("studio");
    let mut facts = facts("owner", 1);
    facts.team.personal = Some(PersonKey(PERSON));
    facts.successor = Some(holder(OTHER, "viewer"));
    let is_deleted = |facts: &ErasureFacts, resolution| {
        let changes = erase_member(&policy, facts, resolution, NOW)?;
        Ok(matches!(changes[..], [Change::MemberRemoved { .. }, Change::TeamDeleted]))
    };
    facts.members = 1;
    assert_eq!(is_deleted(&facts, None), Ok(true));
    assert_eq!(is_deleted(&facts, Some(Resolution::Delete)), Ok(true), "it may be said");
    facts.members = 2;
    assert_eq!(is_deleted(&facts, None), Err(Obstacle::Depends(Dependence::PersonalTeam)));
    assert_eq!(is_deleted(&facts, Some(Resolution::Delete)), Ok(true));
    for members in [1, 2] {
        facts.members = members;
        let outcome = is_deleted(&facts, Some(Resolution::Transfer));
        assert!(matches!(outcome, Err(Obstacle::Successor(_))), "{outcome:?}");
    }
    // In somebody else's it is a member like any other.
    facts.team.personal = Some(PersonKey(OTHER));
    facts.member = Some(holder(PERSON, "editor"));
    assert_eq!(is_deleted(&facts, None), Ok(false));
}

#[test]
fn a_role_of_one_goes_to_the_successor_before_the_person_goes() {
    let mut facts = facts("owner", 1);
    facts.successor = Some(holder(OTHER, "admin"));
    let changes = erase_member(&preset("brand"), &facts, Some(Resolution::Transfer), NOW).unwrap();
    let transferred = Change::OwnershipTransferred {
        role: role("owner"),
        from: PersonKey(PERSON),
        from_state: MemberState::Active,
        from_becomes: role("admin"),
        from_lowered: true,
        to: PersonKey(OTHER),
        to_was: role("admin"),
        to_lowered: false,
    };
    let removed = Change::MemberRemoved {
        person: PersonKey(PERSON),
        state: MemberState::Active,
        role: role("admin"),
        access: Access::default(),
    };
    assert_eq!(changes, [transferred, removed], "with the role that is left to it");
}

#[test]
fn a_role_that_must_be_held_goes_to_the_successor_too() {
    let mut facts = facts("owner", 1);
    facts.successor = Some(holder(OTHER, "viewer"));
    let changes = erase_member(&preset("studio"), &facts, Some(Resolution::Transfer), NOW).unwrap();
    let given = Change::MemberRoleChanged {
        person: PersonKey(OTHER),
        state: MemberState::Active,
        old_role: role("viewer"),
        new_role: role("owner"),
        lowered: false,
    };
    assert_eq!(changes[0], given);
    assert!(matches!(changes[1..], [Change::MemberRemoved { .. }]), "{changes:?}");
}

#[test]
fn not_everybody_can_be_a_successor() {
    for (policy, kept) in [("studio", "owner"), ("brand", "owner"), ("workspace", "creator")] {
        let policy = preset(policy);
        let check = |successor: Option<Holder>, personal: Option<i64>| {
            let mut facts = facts(kept, 1);
            facts.successor = successor;
            facts.team.personal = personal.map(PersonKey);
            let outcome = erase_member(&policy, &facts, Some(Resolution::Transfer), NOW);
            assert!(matches!(outcome, Err(Obstacle::Successor(_))), "{outcome:?}");
        };
        check(None, None);
        check(Some(holder(PERSON, kept)), None);
        let mut suspended = holder(OTHER, &policy.roles[1].name.to_string());
        suspended.membership.state = MemberState::Suspended;
        check(Some(suspended), None);
        if kept == "owner" && policy.personal_team {
            // Whose team it is has a place that nobody changes.
            check(Some(holder(OTHER, "viewer")), Some(OTHER));
        }
    }
}

#[test]
fn invitations_to_the_person_end_each_in_its_own_way() {
    let ended = |changes: &[Change]| {
        let of = |change: &Change| match change {
            Change::InvitationCancelled { invitation } => Some((*invitation, true)),
            Change::InvitationExpired { invitation } => Some((*invitation, false)),
            _ => None,
        };
        changes.iter().filter_map(of).collect::<Vec<_>>()
    };
    let invitations = vec![invitation(1, 1_001), invitation(2, 1_000), invitation(3, 999)];
    let expected = [(id(1), true), (id(2), false), (id(3), false)];
    let mut facts = ErasureFacts { invitations, ..facts("viewer", 1) };
    let changes = erase_member(&preset("studio"), &facts, None, NOW).unwrap();
    assert_eq!((changes.len(), ended(&changes)), (4, expected.to_vec()));
    facts.successor = Some(holder(OTHER, "viewer"));
    facts.member = Some(holder(PERSON, "owner"));
    let changes = erase_member(&preset("studio"), &facts, Some(Resolution::Transfer), NOW).unwrap();
    assert_eq!(ended(&changes), expected);
    // Whoever is no member has nothing else there, and nothing to be resolved.
    facts.member = None;
    let changes = erase_member(&preset("studio"), &facts, None, NOW).unwrap();
    assert_eq!((changes.len(), ended(&changes)), (3, expected.to_vec()));
    let outcome = erase_member(&preset("studio"), &facts, Some(Resolution::Delete), NOW);
    assert_eq!(outcome, Err(Obstacle::NothingToResolve));
}

fn preset(name: &str) -> Policy {
    presets().into_iter().find(|policy| policy.name.as_str() == name).expect("a preset")
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).expect("a name")
}

fn holder(person: i64, name: &str) -> Holder {
    let membership = Membership {
        person: PersonKey(person),
        role: role(name),
        state: MemberState::Active,
        email: None,
        version: 1,
    };
    Holder { membership, access: Access::default() }
}

fn granted(resource: &str, name: &str) -> Access {
    let kind = preset("brand").kinds[0].name.clone();
    let target = GrantTarget::One(ResourceId::parse(resource).expect("an id"));
    Access { grants: vec![Grant { kind, target, role: role(name) }], restricted: Vec::new() }
}

/// A team of two in which the person has that role.
fn facts(role: &str, holders_of_role: i64) -> ErasureFacts {
    ErasureFacts {
        team: TeamFacts {
            display_name: DisplayName::parse("Team").expect("a name"),
            tier: None,
            personal: None,
            version: 1,
        },
        member: Some(holder(PERSON, role)),
        holders_of_role,
        members: 2,
        invitations: Vec::new(),
        successor: None,
    }
}

fn id(number: u128) -> InvitationId {
    InvitationId::from_uuid(uuid::Uuid::from_u128(number))
}

fn invitation(number: u128, expires_at: i64) -> Invitation {
    Invitation {
        id: id(number),
        email: EmailAddress::parse("ada@example.org").expect("an address"),
        role: role("viewer"),
        access: Access::default(),
        maker: PersonKey(OTHER),
        revision: 1,
        version: 1,
        generation: 0,
        expires_at: Timestamp::from_micros(expires_at),
        state: InvitationState::Pending,
        answered_by: None,
    }
}

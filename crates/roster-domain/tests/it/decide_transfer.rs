//! Who moves the role of one holder, and that nobody gains by handing it on.

use roster_domain::decide::{TransferBy, transfer_ownership};
use roster_domain::facts::{MemberState, Membership, TransferFacts};
use roster_domain::policy::{KindName, Policy, parse};
use roster_domain::{Access, Grant, GrantTarget, PersonKey, Refusal, ResourceId, RoleName};

/// A captain sees every ship, and a mate what it was granted; so a captain's own grants lie dormant.
const CREW: &str = r#"
name = "crew"
title = "Crew"

[[roles]]
name = "captain"
founder = true
sole = { transferable = true, former_holder_becomes = "mate" }
permissions = ["*"]
assigns = ["mate"]
manages = ["mate"]

[[roles]]
name = "mate"
permissions = ["team.read"]

[[kinds]]
name = "ship"
dormant_grants = true

[[kinds.roles]]
name = "pilot"
permissions = ["ships.see", "ships.steer"]

[[kinds.roles]]
name = "lookout"
permissions = ["ships.see"]

[kinds.reach]
captain = { all = "lookout" }
mate = "granted"
"#;

#[test]
fn whoever_hands_its_role_on_does_not_wake_grants_above_it() {
    let check = |granted: &str, by: TransferBy, refused: bool| {
        let holder = member(1, "captain");
        let facts = TransferFacts {
            actor: Some(holder.clone()),
            holder: Some(holder),
            holder_access: granted_on_a_ship(granted),
            target: Some(member(2, "mate")),
            target_access: Access::default(),
        };
        let outcome = transfer_ownership(&crew(), &facts, by);
        let beyond = matches!(outcome, Err(Refusal::BeyondOwnAccess { .. }));
        assert_eq!((beyond, outcome.is_ok()), (refused, !refused), "{granted} {by:?}: {outcome:?}");
    };
    check("pilot", TransferBy::Member, true);
    check("lookout", TransferBy::Member, false);
    check("pilot", TransferBy::Service, false);
}

/// A policy whose role became one of one holder may find two of them in a team.
#[test]
fn nobody_moves_the_role_of_another_holder() {
    let facts = TransferFacts {
        actor: Some(member(1, "captain")),
        holder: Some(member(2, "captain")),
        holder_access: Access::default(),
        target: Some(member(3, "mate")),
        target_access: Access::default(),
    };
    let refused = Refusal::NotTheHolder { role: role("captain") };
    assert_eq!(transfer_ownership(&crew(), &facts, TransferBy::Member), Err(refused));
    assert!(transfer_ownership(&crew(), &facts, TransferBy::Service).is_ok());
}

fn crew() -> Policy {
    parse("crew.toml", CREW).expect("a good file")
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).expect("a well-shaped name")
}

fn member(person: i64, name: &str) -> Membership {
    Membership {
        person: PersonKey(person),
        role: role(name),
        state: MemberState::Active,
        email: None,
        version: 1,
    }
}

fn granted_on_a_ship(name: &str) -> Access {
    let grant = Grant {
        kind: KindName::parse("ship").expect("a well-shaped name"),
        target: GrantTarget::One(ResourceId::parse("beagle").expect("a well-shaped id")),
        role: role(name),
    };
    Access { grants: vec![grant], restricted: Vec::new() }
}

//! Who acts in the tables, upon whom and upon which link.

use roster_domain::decide::{
    InviteLinkState, change_role, could_make, create_link, link_state, remove_member, standing,
};
use roster_domain::facts::{LinkCreationFacts, MemberFacts};
use roster_domain::policy::{InviteLinkRules, Policy, Role};
use roster_domain::{
    Change, InviteLink, LinkId, MemberState, Membership, PersonKey, Refusal, RoleName, SecretRecord,
    Timestamp,
};

use super::golden_page::Cell;

/// Who acts.
pub(crate) const ACTOR: PersonKey = PersonKey(1);
/// Who is acted upon.
pub(crate) const TARGET: PersonKey = PersonKey(2);
/// Who made the link.
pub(crate) const MAKER: PersonKey = PersonKey(3);
/// 1 March 2026, 12:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_772_366_400_000_000);
/// How many live links a team may have if nothing else is configured.
pub(crate) const CAP: u64 = 20;
/// The revision at which the link was made.
pub(crate) const LINK_MADE: i64 = 10;

/// An outsider, a holder of each role, and a suspended one of the strongest.
pub(crate) fn actors(policy: &Policy) -> Vec<(String, Option<Membership>)> {
    let mut actors = vec![("outsider".to_owned(), None)];
    for role in &policy.roles {
        actors.push((format!("`{}`", role.name), Some(member(ACTOR, role))));
    }
    let suspended = Membership { state: MemberState::Suspended, ..member(ACTOR, policy.founder()) };
    actors.push((format!("suspended `{}`", suspended.role), Some(suspended)));
    actors
}

/// What is tried with another member or with oneself.
pub(crate) fn columns(policy: &Policy) -> Vec<String> {
    let mut columns: Vec<_> = policy.roles.iter().map(|role| format!("make it `{}`", role.name)).collect();
    columns.push("make it what is no role".to_owned());
    columns.push("remove".to_owned());
    columns
}

/// What comes of each of [`columns`].
pub(crate) fn act_on(
    policy: &Policy,
    actor: Option<Membership>,
    target: Option<Membership>,
    holders: i64,
) -> Vec<Cell> {
    let facts = MemberFacts { actor, target, holders_of_target_role: holders };
    let unknown = RoleName::parse("no-such-role").expect("a well-shaped name");
    let roles = policy.roles.iter().map(|role| &role.name).chain([&unknown]);
    let mut cells: Vec<Cell> = roles.map(|role| change_role(policy, &facts, role, None).into()).collect();
    cells.push(remove_member(policy, &facts, None).into());
    cells
}

/// Making a link where so many live.
pub(crate) fn create(
    policy: &Policy,
    actor: Option<Membership>,
    live_links: u64,
) -> Result<Vec<Change>, Refusal> {
    let secret = SecretRecord { digest: [0; 32], salt: [0; 16], generation: 0, key_id: "key".to_owned() };
    create_link(policy, &LinkCreationFacts { actor, live_links }, (link_id(), secret), NOW, CAP)
}

/// Asking for a link with its token, as the calls that give it do.
pub(crate) fn copy(policy: &Policy, actor: Option<&Membership>, link: &InviteLink) -> Cell {
    if let Err(refusal) = standing(policy, actor).and_then(|standing| standing.require("links.manage")) {
        return Cell::No(refusal);
    }
    let maker = member(MAKER, policy.founder());
    let live = link_state(policy, link, Some(&maker), NOW) == InviteLinkState::Live;
    if live && could_make(policy, actor, &link.role) { Cell::Yes } else { Cell::Only("without its secret") }
}

/// An active member.
pub(crate) fn member(person: PersonKey, role: &Role) -> Membership {
    Membership { person, role: role.name.clone(), state: MemberState::Active, email: None, version: 1 }
}

/// A live link.
pub(crate) fn link(rules: &InviteLinkRules) -> InviteLink {
    InviteLink {
        id: link_id(),
        role: rules.role.clone(),
        maker: MAKER,
        revision: LINK_MADE,
        created_at: NOW,
        expires_at: Timestamp::from_micros(rules.lifetime.end(NOW.micros())),
        revoked_at: None,
        uses: 0,
    }
}

fn link_id() -> LinkId {
    LinkId::from_uuid(uuid::Uuid::from_u128(1))
}

//! What people try to do to a team, and the faults that show that each rule can be broken.

use std::borrow::Cow;

use proptest::prelude::*;
use roster_domain::decide::{change_role, create_link, redeem_link, remove_member, revoke_link};
use roster_domain::facts::{LinkCreationFacts, LinkFacts, MemberFacts, RedemptionFacts};
use roster_domain::policy::{Permissions, Policy, SelfRule};
use roster_domain::{
    Change, InviteLink, LinkId, MemberState, Membership, PersonKey, Refusal, Revision, RoleName,
    SecretRecord, Timestamp,
};

use super::team::{FOUNDER, Team, World};

/// How many live links a team may have here.
pub(crate) const CAP: u64 = 3;
const PEOPLE: i64 = 6;

/// What comes of an act.
pub(crate) type Outcome = Result<Vec<Change>, Refusal>;

/// One step of a walk.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Somebody acts.
    Act(PersonKey, Act),
    /// Something happens.
    World(World),
}

/// What somebody tries. Links are counted backwards from the last; roles within the policy, and one further.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    CreateLink,
    RevokeLink(usize),
    ChangeRole { target: PersonKey, role: usize, etag: Etag },
    Remove { target: PersonKey, etag: Etag },
    Redeem(usize),
}

/// Which version the caller has read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Etag {
    None,
    Current,
    Stale,
}

/// A fault, planted between the team and the decisions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sabotage {
    OneHolderTooMany,
    SoleRolesForgotten,
    EveryRoleAssignsAll,
    EveryRoleManagesAll,
    EveryRoleIsPermittedAll,
    OwnRoleFree,
    EtagUnread,
    SuspensionUnseen,
    MembershipUnseen,
    StateMistaken,
    RevocationUnseen,
    ExpiryUnseen,
    ExpiryLateByAMicrosecond,
    TombstoneUnseen,
    TombstoneForEver,
    MakerTakenForTheFounder,
    LinksUncounted,
    EveryRedemptionCounts,
    RefusalsBumpTheRevision,
}

/// Everything that is loaded for an act, and so everything that a fault can falsify.
pub(crate) struct Scene<'a> {
    policy: Cow<'a, Policy>,
    now: Timestamp,
    actor: Option<Membership>,
    target: Option<Membership>,
    holders: i64,
    expected: Option<Revision>,
    live_links: u64,
    link: Option<InviteLink>,
    maker: Option<Membership>,
    removed_at: Option<Revision>,
}

/// The role of that place in the policy, or one that the policy lacks.
pub(crate) fn role_at(policy: &Policy, place: usize) -> RoleName {
    match policy.roles.get(place % (policy.roles.len() + 1)) {
        Some(role) => role.name.clone(),
        None => RoleName::parse("no-such-role").expect("a well-shaped name"),
    }
}

/// Asks the decision that serves such a call.
pub(crate) fn decide(team: &Team<'_>, sabotage: Option<Sabotage>, actor: PersonKey, act: &Act) -> Outcome {
    let mut scene = load(team, actor, act);
    if let Some(sabotage) = sabotage {
        falsify(sabotage, &mut scene, act);
    }
    let policy = scene.policy.as_ref();
    let member_facts = MemberFacts {
        actor: scene.actor.clone(),
        target: scene.target,
        holders_of_target_role: scene.holders,
    };
    match act {
        Act::CreateLink => {
            let facts = LinkCreationFacts { actor: scene.actor, live_links: scene.live_links };
            create_link(policy, &facts, (next_link(team), secret()), scene.now, CAP)
        }
        Act::RevokeLink(_) => {
            let facts = LinkFacts { actor: scene.actor, link: scene.link };
            revoke_link(policy, &facts)
        }
        Act::ChangeRole { role, .. } => {
            change_role(policy, &member_facts, &role_at(team.policy, *role), scene.expected)
        }
        Act::Remove { .. } => remove_member(policy, &member_facts, scene.expected),
        Act::Redeem(_) => {
            let facts = RedemptionFacts {
                membership: scene.actor,
                removed_at: scene.removed_at,
                // A token that leads nowhere is answered before any decision.
                link: scene.link.ok_or(Refusal::InviteLinkNotFound)?,
                maker: scene.maker,
            };
            redeem_link(policy, &facts, actor, None, scene.now)
        }
    }
}

fn load<'a>(team: &Team<'a>, actor: PersonKey, act: &Act) -> Scene<'a> {
    let (target, etag) = match act {
        Act::ChangeRole { target, etag, .. } | Act::Remove { target, etag } => (team.member(*target), *etag),
        _ => (None, Etag::None),
    };
    let link = match act {
        Act::RevokeLink(back) | Act::Redeem(back) => team.link(*back),
        _ => None,
    };
    Scene {
        policy: Cow::Borrowed(team.policy),
        now: team.now,
        actor: team.member(actor).cloned(),
        target: target.cloned(),
        holders: target.map_or(0, |target| team.holders(&target.role)),
        expected: match etag {
            Etag::None => None,
            Etag::Current => target.map(|target| target.version),
            Etag::Stale => target.map(|target| target.version - 1),
        },
        live_links: team.live_links(),
        link: link.cloned(),
        maker: link.and_then(|link| team.member(link.maker)).cloned(),
        removed_at: team.removals.get(&actor).copied(),
    }
}

fn falsify(sabotage: Sabotage, scene: &mut Scene<'_>, act: &Act) {
    let all: Vec<_> = scene.policy.roles.iter().map(|role| role.name.clone()).collect();
    match sabotage {
        Sabotage::OneHolderTooMany => scene.holders += 1,
        Sabotage::SoleRolesForgotten => {
            for role in &mut scene.policy.to_mut().roles {
                role.sole = None;
                role.assigns.clone_from(&all);
                role.manages.clone_from(&all);
            }
        }
        Sabotage::EveryRoleAssignsAll => {
            for role in &mut scene.policy.to_mut().roles {
                role.assigns.clone_from(&all);
            }
        }
        Sabotage::EveryRoleManagesAll => {
            for role in &mut scene.policy.to_mut().roles {
                role.manages.clone_from(&all);
            }
        }
        Sabotage::EveryRoleIsPermittedAll => {
            for role in &mut scene.policy.to_mut().roles {
                role.permissions = Permissions::All;
            }
        }
        Sabotage::OwnRoleFree => scene.policy.to_mut().self_role = SelfRule::UnlessLast,
        Sabotage::EtagUnread => scene.expected = None,
        Sabotage::SuspensionUnseen => {
            if let Some(actor) = &mut scene.actor {
                actor.state = MemberState::Active;
            }
        }
        Sabotage::MembershipUnseen if matches!(act, Act::Redeem(_)) => scene.actor = None,
        Sabotage::StateMistaken => scene.target.iter_mut().for_each(|target| {
            target.state = match target.state {
                MemberState::Active => MemberState::Suspended,
                MemberState::Suspended => MemberState::Active,
            };
        }),
        Sabotage::RevocationUnseen => scene.link.iter_mut().for_each(|link| link.revoked_at = None),
        Sabotage::ExpiryUnseen => move_end(scene, i64::MAX / 2),
        Sabotage::ExpiryLateByAMicrosecond => move_end(scene, 1),
        Sabotage::TombstoneUnseen => scene.removed_at = None,
        Sabotage::TombstoneForEver => scene.removed_at = scene.removed_at.map(|_| Revision::MAX),
        Sabotage::MakerTakenForTheFounder => {
            let role = scene.policy.founder().name.clone();
            let founder =
                |person| Membership { person, role, state: MemberState::Active, email: None, version: 1 };
            scene.maker = scene.link.as_ref().map(|link| founder(link.maker));
        }
        Sabotage::LinksUncounted => scene.live_links = 0,
        // These are no matter of what is loaded; the walk plants them.
        Sabotage::MembershipUnseen | Sabotage::EveryRedemptionCounts | Sabotage::RefusalsBumpTheRevision => {}
    }
}

fn move_end(scene: &mut Scene<'_>, micros: i64) {
    if let Some(link) = &mut scene.link {
        link.expires_at = Timestamp::from_micros(link.expires_at.micros() + micros);
    }
}

fn next_link(team: &Team<'_>) -> LinkId {
    LinkId::from_uuid(uuid::Uuid::from_u128(team.links.len() as u128 + 1))
}

fn secret() -> SecretRecord {
    SecretRecord { digest: [7; 32], salt: [7; 16], generation: 0, key_id: "key".to_owned() }
}

/// Steps that a walk may take.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (somebody(), act()).prop_map(|(actor, act)| Step::Act(actor, act)),
        1 => world().prop_map(Step::World),
    ];
    // A team of one would refuse most acts for want of anybody to act or be acted upon.
    let joined = prop::collection::vec(enrolment().prop_map(Step::World), 0..6);
    (joined, prop::collection::vec(step, 1..50)).prop_map(|(joined, steps)| [joined, steps].concat())
}

fn enrolment() -> impl Strategy<Value = World> {
    (person(), 0..5_usize).prop_map(|(person, role)| World::Enrol { person, role })
}

/// Whoever created the team more often than others: it can do most, and must not be lost.
fn somebody() -> impl Strategy<Value = PersonKey> {
    prop_oneof![1 => Just(FOUNDER), 2 => person()]
}

fn person() -> impl Strategy<Value = PersonKey> {
    (0..PEOPLE).prop_map(PersonKey)
}

fn act() -> impl Strategy<Value = Act> {
    let etag = prop_oneof![4 => Just(Etag::None), 2 => Just(Etag::Current), 1 => Just(Etag::Stale)];
    let change = (somebody(), 0..6_usize, etag.clone());
    prop_oneof![
        3 => Just(Act::CreateLink),
        1 => (0..4_usize).prop_map(Act::RevokeLink),
        4 => change.prop_map(|(target, role, etag)| Act::ChangeRole { target, role, etag }),
        2 => (somebody(), etag).prop_map(|(target, etag)| Act::Remove { target, etag }),
        5 => (0..4_usize).prop_map(Act::Redeem),
    ]
}

fn world() -> impl Strategy<Value = World> {
    let hours = (1..30_i64).prop_map(|hours| World::Wait(hours * 3_600_000_000));
    prop_oneof![
        hours,
        Just(World::Wait(1)),
        (0..3_usize, 0..2_i64).prop_map(|(link, before)| World::WaitForEnd { link, before }),
        person().prop_map(World::Suspend),
        person().prop_map(World::Restore),
        enrolment(),
        person().prop_map(World::Leave),
    ]
}

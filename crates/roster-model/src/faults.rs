//! Faults, planted between the team and the decisions, that show that each rule can be broken.

use roster_domain::facts::{Holder, InvitationState, Membership, Occupancy};
use roster_domain::policy::{Permissions, Policy, Reach, SelfRule};
use roster_domain::{Access, Change, Grant, GrantTarget, MemberState, Refusal, Revision, Timestamp};

use super::acts::{Act, Outcome};
use super::load::Scene;
use super::team::{Team, nth_last};

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sabotage {
    OneHolderTooMany,
    SoleRolesForgotten,
    EveryRoleAssignsAll,
    EveryRoleManagesAll,
    EveryRoleIsPermittedAll,
    LockedRolesForgotten,
    OwnRoleFree,
    LeavingFree,
    EtagUnread,
    SuspensionUnseen,
    TargetSuspensionUnseen,
    MembershipUnseen,
    StateMistaken,
    PersonalTeamUnseen,
    ActorsGrantsOverstated,
    TargetsGrantsOverstated,
    RestrictionsUnseen,
    SeatsUncounted,
    SuspendedUncounted,
    PendingUncounted,
    RevocationUnseen,
    ExpiryUnseen,
    ExpiryLateByAMicrosecond,
    TombstoneUnseen,
    TombstoneForEver,
    MakerTakenForTheFounder,
    MakersReachOverstated,
    AddressUnchecked,
    PendingUnseen,
    EndsUnseen,
    LinksUncounted,
    CodesUncounted,
    InvitationsUncounted,
    UsesUnseen,
    RestoreLosesGrants,
    FormerHolderKeepsTheRole,
    LoweringForgotten,
    LoweringOfRolesAlone,
    EveryChangeLowers,
    RefusalsCalledNoChange,
    EveryRedemptionCounts,
    UsesUncounted,
    PurgeLiftsRestrictions,
    RefusalsBumpTheRevision,
}

/// Falsifies what is loaded.
pub(crate) fn falsify(sabotage: Sabotage, scene: &mut Scene<'_>, act: &Act) {
    match sabotage {
        Sabotage::OneHolderTooMany => scene.holders += 1,
        Sabotage::EtagUnread => scene.expected = None,
        Sabotage::SuspensionUnseen => scene.actor.0.iter_mut().for_each(activate),
        Sabotage::TargetSuspensionUnseen => scene.target.0.iter_mut().for_each(activate),
        Sabotage::MembershipUnseen if act.is_joining() => scene.actor.0 = None,
        Sabotage::MembershipUnseen => scene.members.clear(),
        Sabotage::StateMistaken => scene.target.0.iter_mut().for_each(|target| {
            target.state = match target.state {
                MemberState::Active => MemberState::Suspended,
                MemberState::Suspended => MemberState::Active,
            };
        }),
        Sabotage::PersonalTeamUnseen => scene.team.personal = None,
        Sabotage::ActorsGrantsOverstated => scene.actor.1 = everything(&scene.policy),
        Sabotage::TargetsGrantsOverstated => scene.target.1 = everything(&scene.policy),
        Sabotage::RestrictionsUnseen => scene.target.1.restricted.clear(),
        Sabotage::SeatsUncounted => scene.occupancy = Occupancy::default(),
        Sabotage::SuspendedUncounted => scene.occupancy.suspended = 0,
        Sabotage::PendingUncounted => scene.occupancy.pending = 0,
        Sabotage::RevocationUnseen => {
            scene.link.iter_mut().for_each(|link| link.revoked_at = None);
            scene.code.iter_mut().for_each(|code| code.revoked_at = None);
        }
        Sabotage::ExpiryUnseen => move_ends(scene, i64::MAX / 2),
        Sabotage::ExpiryLateByAMicrosecond => move_ends(scene, 1),
        Sabotage::TombstoneUnseen => scene.removed_at = None,
        Sabotage::TombstoneForEver => scene.removed_at = scene.removed_at.map(|_| Revision::MAX),
        Sabotage::MakerTakenForTheFounder => take_maker_for_founder(scene),
        Sabotage::MakersReachOverstated => {
            scene.maker.iter_mut().for_each(|maker| maker.access = everything(&scene.policy));
        }
        Sabotage::AddressUnchecked => scene.shown = scene.invitation.as_ref().map(|one| one.email.clone()),
        Sabotage::PendingUnseen => scene.pending = None,
        Sabotage::EndsUnseen => {
            scene.invitation.iter_mut().for_each(|one| one.state = InvitationState::Pending);
        }
        Sabotage::LinksUncounted => scene.live_links = 0,
        Sabotage::CodesUncounted => scene.live_codes = 0,
        Sabotage::InvitationsUncounted => scene.live_invitations = 0,
        Sabotage::UsesUnseen => scene.code.iter_mut().for_each(|code| code.uses = 0),
        Sabotage::SoleRolesForgotten
        | Sabotage::EveryRoleAssignsAll
        | Sabotage::EveryRoleManagesAll
        | Sabotage::EveryRoleIsPermittedAll
        | Sabotage::LockedRolesForgotten
        | Sabotage::OwnRoleFree
        | Sabotage::LeavingFree => misread(sabotage, scene.policy.to_mut()),
        // These are no matter of what is loaded; the walk plants them.
        Sabotage::RestoreLosesGrants
        | Sabotage::FormerHolderKeepsTheRole
        | Sabotage::LoweringForgotten
        | Sabotage::LoweringOfRolesAlone
        | Sabotage::EveryChangeLowers
        | Sabotage::RefusalsCalledNoChange
        | Sabotage::EveryRedemptionCounts
        | Sabotage::UsesUncounted
        | Sabotage::PurgeLiftsRestrictions
        | Sabotage::RefusalsBumpTheRevision => {}
    }
}

/// Falsifies the policy.
fn misread(sabotage: Sabotage, policy: &mut Policy) {
    let all: Vec<_> = policy.roles.iter().map(|role| role.name.clone()).collect();
    match sabotage {
        Sabotage::OwnRoleFree => policy.self_role = SelfRule::UnlessLast,
        Sabotage::LeavingFree => policy.self_leave = SelfRule::UnlessLast,
        Sabotage::LockedRolesForgotten => {
            for (_, reach) in policy.kinds.iter_mut().flat_map(|kind| &mut kind.reach) {
                if matches!(reach, Reach::GrantedAs(_)) {
                    *reach = Reach::Granted;
                }
            }
        }
        _ => {
            for role in &mut policy.roles {
                let sole = sabotage == Sabotage::SoleRolesForgotten;
                if sole {
                    role.sole = None;
                }
                if sole || sabotage == Sabotage::EveryRoleAssignsAll {
                    role.assigns.clone_from(&all);
                }
                if sole || sabotage == Sabotage::EveryRoleManagesAll {
                    role.manages.clone_from(&all);
                }
                if sabotage == Sabotage::EveryRoleIsPermittedAll {
                    role.permissions = Permissions::All;
                }
            }
        }
    }
}

fn activate(member: &mut Membership) {
    member.state = MemberState::Active;
}

fn everything(policy: &Policy) -> Access {
    let grants = policy.kinds.iter().map(|kind| Grant {
        kind: kind.name.clone(),
        target: GrantTarget::All,
        role: kind.roles[0].name.clone(),
    });
    Access { grants: grants.collect(), restricted: vec![] }
}

fn move_ends(scene: &mut Scene<'_>, micros: i64) {
    let later = |end: Timestamp| Timestamp::from_micros(end.micros() + micros);
    scene.link.iter_mut().for_each(|link| link.expires_at = later(link.expires_at));
    scene.code.iter_mut().for_each(|code| code.expires_at = code.expires_at.map(later));
    let invitations = scene.invitation.iter_mut().chain(&mut scene.invitations);
    invitations.for_each(|one| one.expires_at = later(one.expires_at));
}

fn take_maker_for_founder(scene: &mut Scene<'_>) {
    let makers = [
        scene.link.as_ref().map(|link| link.maker),
        scene.code.as_ref().map(|code| code.maker),
        scene.invitation.as_ref().map(|one| one.maker),
    ];
    let role = scene.policy.founder().name.clone();
    scene.maker = makers.into_iter().flatten().next().map(|person| Holder {
        membership: Membership { person, role, state: MemberState::Active, email: None, version: 1 },
        access: Access::default(),
    });
}

/// The faults of a decision that answers with the wrong changes.
pub(crate) fn tamper(sabotage: Option<Sabotage>, team: &Team<'_>, outcome: &mut Outcome) {
    match (sabotage, outcome.as_deref_mut()) {
        (Some(Sabotage::RestoreLosesGrants), Ok([Change::MemberRestored { person, .. }])) => {
            let (person, before) = (*person, team.access(*person));
            let after = Access::default();
            let lost = Change::MemberAccessChanged { person, before, after, lowered: true };
            *outcome = outcome.clone().map(|changes| [changes, vec![lost]].concat());
        }
        (
            Some(Sabotage::FormerHolderKeepsTheRole),
            Ok([Change::OwnershipTransferred { role, from_becomes, .. }, ..]),
        ) => from_becomes.clone_from(role),
        (Some(Sabotage::RefusalsCalledNoChange), Err(refusal)) if *refusal != Refusal::TeamNotAccessible => {
            *outcome = Ok(vec![]);
        }
        (Some(Sabotage::LoweringForgotten), Ok(changes)) => {
            changes.iter_mut().flat_map(lowered_in).for_each(|lowered| *lowered = false);
        }
        (Some(Sabotage::LoweringOfRolesAlone), Ok([change @ Change::MemberAccessChanged { .. }])) => {
            lowered_in(change).for_each(|lowered| *lowered = false);
        }
        (Some(Sabotage::EveryChangeLowers), Ok(changes)) => {
            changes.iter_mut().flat_map(lowered_in).for_each(|lowered| *lowered = true);
        }
        _ => {}
    }
}

/// What a change says of whether it lowers.
fn lowered_in(change: &mut Change) -> impl Iterator<Item = &mut bool> {
    let (one, other) = match change {
        Change::MemberRoleChanged { lowered, .. } | Change::MemberAccessChanged { lowered, .. } => {
            (Some(lowered), None)
        }
        Change::OwnershipTransferred { from_lowered, to_lowered, .. } => {
            (Some(from_lowered), Some(to_lowered))
        }
        _ => (None, None),
    };
    one.into_iter().chain(other)
}

/// The faults of whoever carries out what was decided.
pub(crate) fn plant(team: &mut Team<'_>, sabotage: Option<Sabotage>, act: &Act, outcome: &Outcome) {
    let link = match act {
        Act::Redeem(back) => nth_last(&team.links, *back).map(|link| link.id),
        _ => None,
    };
    let code = match act {
        Act::RedeemCode(back) => nth_last(&team.codes, *back).map(|code| code.id),
        _ => None,
    };
    let mut count = |more: i64| {
        team.links.iter_mut().filter(|one| Some(one.id) == link).for_each(|one| one.uses += more);
        team.codes.iter_mut().filter(|one| Some(one.id) == code).for_each(|one| one.uses += more);
    };
    match (sabotage, outcome.as_deref()) {
        (Some(Sabotage::EveryRedemptionCounts), Ok([])) => count(1),
        (Some(Sabotage::UsesUncounted), Ok([_, ..])) => count(-1),
        (Some(Sabotage::RefusalsBumpTheRevision), Err(_)) => team.revision += 1,
        (Some(Sabotage::PurgeLiftsRestrictions), Ok([Change::ResourcePurged { .. }])) => {
            let bare = team.members.iter_mut().filter(|one| one.access.grants.is_empty());
            bare.for_each(|one| one.access.restricted.clear());
        }
        _ => {}
    }
}

//! Asks the decision that serves an act.

use roster_domain::decide::{
    Addition, Answerer, CodeRequest, InvitationRequest, NewRole, Presented, ResendRequest, TransferBy,
    accept_invitation, add_members, cancel_invitation, change_role, create_code, create_invitation,
    create_link, decline_invitation, delete_code, delete_team, leave_team, purge_resource, redeem_code,
    redeem_link, remove_member, rename_team, resend_invitation, restore_member, revoke_code, revoke_link,
    set_access, set_tier, suspend_member, transfer_ownership,
};
use roster_domain::facts::{
    ActorFacts, AdditionFacts, AnswerFacts, CodeCreationFacts, CodeFacts, CodeRedemptionFacts,
    InvitationFacts, JoinFacts, LinkCreationFacts, LinkFacts, MemberFacts, PurgeFacts, RedemptionFacts,
    RemovalFacts, RestorationFacts, TransferFacts,
};
use roster_domain::policy::Policy;
use roster_domain::{
    CodeId, CodeText, Delivery, InvitationId, LinkId, PersonKey, Refusal, SecretRecord, Timestamp,
};

use super::acts::{
    ADDRESSES, Act, Added, Answer, CAP, Outcome, grants_of, kind_at, life_at, name_at, request_of,
    resource_at, role_at, tier_at,
};
use super::faults::{Sabotage, falsify};
use super::load::{Scene, load};
use super::team::Team;

/// Asks the decision that serves such a call.
pub(crate) fn decide(team: &Team<'_>, sabotage: Option<Sabotage>, actor: PersonKey, act: &Act) -> Outcome {
    let mut scene = load(team, actor, act);
    if let Some(sabotage) = sabotage {
        falsify(sabotage, &mut scene, act);
    }
    match act {
        Act::Rename { .. }
        | Act::Delete { .. }
        | Act::SetTier(_)
        | Act::Transfer { .. }
        | Act::Purge { .. }
        | Act::AddMembers(_) => decide_team(team.policy, scene, act),
        Act::ChangeRole { .. }
        | Act::SetAccess { .. }
        | Act::Suspend { .. }
        | Act::Restore { .. }
        | Act::Remove { .. }
        | Act::Leave => decide_member(team.policy, scene, act),
        Act::Redeem(_) | Act::RedeemCode(_) | Act::Accept(_) | Act::Decline(_) => {
            decide_joining(scene, actor, act)
        }
        _ => decide_offer(team, scene, act),
    }
}

fn decide_team(asked: &Policy, scene: Scene<'_>, act: &Act) -> Outcome {
    let policy = scene.policy.as_ref();
    match act {
        Act::Rename { name, .. } => {
            let facts = ActorFacts { team: scene.team, actor: scene.actor.0 };
            rename_team(policy, &facts, &name_at(*name), scene.expected)
        }
        Act::Delete { .. } => {
            delete_team(policy, &ActorFacts { team: scene.team, actor: scene.actor.0 }, scene.expected)
        }
        Act::SetTier(tier) => set_tier(policy, &scene.team, tier_at(asked, *tier)),
        Act::Transfer { service, .. } => {
            let by = if *service { TransferBy::Service } else { TransferBy::Member };
            let (holder, holder_access) = scene.holder;
            let (target, target_access) = scene.target;
            let actor = scene.actor.0;
            let facts = TransferFacts { actor, holder, holder_access, target, target_access };
            transfer_ownership(policy, &facts, by)
        }
        Act::Purge { kind, resource } => {
            let (members, offers) = scene.purged;
            let facts = PurgeFacts { actor: scene.actor.0, members, offers };
            purge_resource(policy, &facts, (&kind_at(asked, *kind), resource_at(*resource)))
        }
        Act::AddMembers(added) => {
            let facts =
                AdditionFacts { team: scene.team, members: scene.members, occupancy: scene.occupancy };
            let added: Vec<_> = added.iter().map(|one| addition(asked, scene.now, one)).collect();
            one_by_one(add_members(policy, &facts, &added, CAP, scene.now))
        }
        _ => unreachable!("decided elsewhere"),
    }
}

/// Each row stands by itself: a refusal comes of the act only where nobody was added.
fn one_by_one(rows: Vec<Result<Option<roster_domain::Change>, Refusal>>) -> Outcome {
    let refused = rows.iter().find_map(|row| row.as_ref().err().cloned());
    let changes: Vec<_> = rows.into_iter().filter_map(|row| row.ok().flatten()).collect();
    match refused {
        Some(refusal) if changes.is_empty() => Err(refusal),
        _ => Ok(changes),
    }
}

fn addition(policy: &Policy, now: Timestamp, one: &Added) -> Addition {
    Addition {
        person: one.person,
        role: role_at(policy, one.role),
        grants: grants_of(policy, &one.grants),
        email: Some(super::acts::address_of(one.person)),
        joined_at: one.ahead.map(|ahead| Timestamp::from_micros(now.micros() + ahead * 1_000_000)),
    }
}

fn decide_member(asked: &Policy, scene: Scene<'_>, act: &Act) -> Outcome {
    let policy = scene.policy.as_ref();
    let ((actor, actor_access), (target, target_access)) = (scene.actor, scene.target);
    let (team, expected, occupancy) = (scene.team, scene.expected, scene.occupancy);
    let holders_of_target_role = scene.holders;
    let member = MemberFacts { team, actor, actor_access, target, target_access, holders_of_target_role };
    match act {
        Act::ChangeRole { role, access, .. } => {
            let (role, access) = (role_at(asked, *role), access.as_ref().map(|one| request_of(asked, one)));
            let new = NewRole { role: &role, access: access.as_ref(), grant_cap: CAP };
            change_role(policy, &member, &new, expected)
        }
        Act::SetAccess { access, .. } => {
            set_access(policy, &member, &request_of(asked, access), expected, CAP)
        }
        Act::Suspend { .. } => suspend_member(policy, &member, expected),
        Act::Restore { .. } => restore_member(policy, &RestorationFacts { member, occupancy }, expected),
        Act::Remove { adopt, .. } => {
            let (invitations, links, codes) = (scene.invitations, scene.links, scene.codes);
            let facts = RemovalFacts { member, invitations, links, codes };
            remove_member(policy, &facts, *adopt, expected, scene.now)
        }
        Act::Leave => leave_team(policy, &member),
        _ => unreachable!("decided elsewhere"),
    }
}

fn decide_joining(scene: Scene<'_>, person: PersonKey, act: &Act) -> Outcome {
    let (policy, now) = (scene.policy.as_ref(), scene.now);
    let joining = JoinFacts {
        team: scene.team,
        membership: scene.actor.0,
        removed_at: scene.removed_at,
        maker: scene.maker,
        occupancy: scene.occupancy,
    };
    // A token that leads nowhere is answered before any decision.
    match act {
        Act::Redeem(_) => {
            let link = scene.link.ok_or(Refusal::InviteLinkNotFound)?;
            redeem_link(policy, &RedemptionFacts { link, joining }, person, scene.shown, now)
        }
        Act::RedeemCode(_) => {
            let code = scene.code.ok_or(Refusal::TeamCodeNotFound)?;
            redeem_code(policy, &CodeRedemptionFacts { code, joining }, person, scene.shown, now)
        }
        Act::Accept(Answer { by_token, .. }) | Act::Decline(Answer { by_token, .. }) => {
            let invitation = scene.invitation.ok_or(Refusal::InvitationNotFound)?;
            let facts = AnswerFacts { invitation, joining };
            let presented = if *by_token { Presented::ByToken } else { Presented::ById };
            let answerer = Answerer { person, email: scene.shown.as_ref(), presented };
            match act {
                Act::Accept(_) => accept_invitation(policy, &facts, answerer, now),
                _ => decline_invitation(policy, &facts, answerer, now),
            }
        }
        _ => unreachable!("decided elsewhere"),
    }
}

fn decide_offer(team: &Team<'_>, scene: Scene<'_>, act: &Act) -> Outcome {
    let (policy, asked, now) = (scene.policy.as_ref(), team.policy, scene.now);
    let (actor, actor_access) = scene.actor;
    let id = uuid::Uuid::from_u128(team.made + 1);
    match act {
        Act::CreateLink => {
            let facts = LinkCreationFacts { actor, actor_access, live_links: scene.live_links };
            create_link(policy, &facts, (LinkId::from_uuid(id), secret()), now, CAP)
        }
        Act::RevokeLink(_) => revoke_link(policy, &LinkFacts { actor, link: scene.link }),
        Act::CreateCode { role, grants, life, max_uses } => {
            let facts = CodeCreationFacts { actor, actor_access, live_codes: scene.live_codes };
            let request = CodeRequest {
                role: &role_at(asked, *role),
                grants: &grants_of(asked, grants),
                lifetime: life_at(asked, *life),
                max_uses: *max_uses,
                grant_cap: CAP,
                code_cap: CAP,
            };
            let text = CodeText::new("SK-ABCDEF".to_owned());
            create_code(policy, &facts, &request, (CodeId::from_uuid(id), text), now)
        }
        Act::RevokeCode(_) => revoke_code(policy, &CodeFacts { actor, code: scene.code, maker: scene.maker }),
        Act::DeleteCode(_) => {
            delete_code(policy, &CodeFacts { actor, code: scene.code, maker: scene.maker }, now)
        }
        Act::Invite { .. } | Act::Resend(..) | Act::Cancel(..) => {
            let facts = InvitationFacts {
                team: scene.team,
                actor,
                actor_access,
                invitation: scene.invitation,
                pending: scene.pending,
                is_member: scene.is_member,
                occupancy: scene.occupancy,
                live_invitations: scene.live_invitations,
            };
            match act {
                Act::Invite { address, role, grants } => {
                    let request = InvitationRequest {
                        email: &ADDRESSES[*address],
                        role: &role_at(asked, *role),
                        grants: &grants_of(asked, grants),
                        delivery: Delivery::Token,
                        grant_cap: CAP,
                        pending_cap: CAP,
                    };
                    create_invitation(policy, &facts, &request, (InvitationId::from_uuid(id), secret()), now)
                }
                Act::Resend(..) => {
                    let expected = scene.expected;
                    let request = ResendRequest { expected, delivery: Delivery::Token, pending_cap: CAP };
                    resend_invitation(policy, &facts, &request, secret(), now)
                }
                _ => cancel_invitation(policy, &facts, scene.expected, now),
            }
        }
        _ => unreachable!("decided elsewhere"),
    }
}

pub(crate) fn secret() -> SecretRecord {
    SecretRecord { digest: [7; 32], salt: [7; 16], generation: 0, key_id: "key".to_owned() }
}

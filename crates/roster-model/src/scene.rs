//! Asks the decision that serves an act.

use roster_domain::decide::{
    Addition, Answerer, CodeRequest, InvitationRequest, NewRole, Presented, ResendRequest, TransferBy,
    accept_invitation, add_members, cancel_invitation, change_role, create_code, create_invitation,
    create_link, decline_invitation, delete_code, delete_team, leave_team, purge_resource, redeem_code,
    redeem_link, remove_member, rename_team, resend_invitation, restore_member, revoke_code, revoke_link,
    set_access, set_tier, suspend_member, transfer_ownership,
};
use roster_domain::policy::Policy;
use roster_domain::{
    CodeId, CodeText, Delivery, EmailAddress, InvitationId, LinkId, Locale, PersonKey, Refusal, Revision,
    SecretRecord, Timestamp,
};
use uuid::Uuid;

use super::acts::{
    ADDRESSES, Act, Added, Answer, CAP, Outcome, grants_of, kind_at, life_at, name_at, request_of,
    resource_at, role_at, tier_at,
};
use super::facts::Facts;
#[cfg(test)]
use super::{
    facts::facts,
    faults::{Sabotage, falsify},
    load::load,
    team::Team,
};

/// What a call brings with it beside the act, and the moment that it is decided at.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances<'p> {
    pub(crate) actor: PersonKey,
    /// The policy by whose places the act names roles and the like.
    pub(crate) asked: &'p Policy,
    pub(crate) now: Timestamp,
    /// The version that the caller has read.
    pub(crate) expected: Option<Revision>,
    /// The verified address.
    pub(crate) shown: Option<EmailAddress>,
    /// How many ids and secrets were made before.
    pub(crate) made: u128,
    /// The text for a code.
    pub(crate) text: CodeText,
}

/// Asks the decision that serves such a call.
#[cfg(test)]
pub(crate) fn decide(team: &Team<'_>, sabotage: Option<Sabotage>, actor: PersonKey, act: &Act) -> Outcome {
    let mut scene = load(team, actor, act);
    if let Some(sabotage) = sabotage {
        falsify(sabotage, &mut scene, act);
    }
    let circumstances = Circumstances {
        actor,
        asked: team.policy,
        now: team.now,
        expected: scene.expected,
        shown: scene.shown.clone(),
        made: team.made,
        text: CodeText::new(format!("SK-{:06}", team.made % 1_000_000)),
    };
    let policy = scene.policy.clone();
    decide_by(&policy, facts(scene, act), act, &circumstances)
}

/// Asks it by facts from wherever.
pub(crate) fn decide_by(policy: &Policy, facts: Facts, act: &Act, by: &Circumstances<'_>) -> Outcome {
    let (asked, now, expected) = (by.asked, by.now, by.expected);
    match (facts, act) {
        (Facts::Actor(facts), Act::Rename { name, .. }) => {
            rename_team(policy, &facts, &name_at(*name), expected)
        }
        (Facts::Actor(facts), Act::Delete { .. }) => delete_team(policy, &facts, expected),
        (Facts::Team(facts), Act::SetTier(tier)) => set_tier(policy, &facts, tier_at(asked, *tier)),
        (Facts::Transfer(facts), Act::Transfer { service, .. }) => {
            let by = if *service { TransferBy::Service } else { TransferBy::Member };
            transfer_ownership(policy, &facts, by)
        }
        (Facts::Purge(facts), Act::Purge { kind, resource }) => {
            purge_resource(policy, &facts, (&kind_at(asked, *kind), resource_at(*resource)))
        }
        (Facts::Addition(facts), Act::AddMembers(added)) => {
            let added: Vec<_> = added.iter().map(|one| addition(asked, now, one)).collect();
            one_by_one(add_members(policy, &facts, &added, CAP, now))
        }
        (Facts::Member(facts), Act::ChangeRole { role, access, .. }) => {
            let (role, access) = (role_at(asked, *role), access.as_ref().map(|one| request_of(asked, one)));
            let new = NewRole { role: &role, access: access.as_ref(), grant_cap: CAP };
            change_role(policy, &facts, &new, expected)
        }
        (Facts::Member(facts), Act::SetAccess { access, .. }) => {
            set_access(policy, &facts, &request_of(asked, access), expected, CAP)
        }
        (Facts::Member(facts), Act::Suspend { .. }) => suspend_member(policy, &facts, expected),
        (Facts::Member(facts), Act::Leave) => leave_team(policy, &facts),
        (Facts::Restoration(facts), Act::Restore { .. }) => restore_member(policy, &facts, expected),
        (Facts::Removal(facts), Act::Remove { adopt, .. }) => {
            remove_member(policy, &facts, *adopt, expected, now)
        }
        (facts @ (Facts::Redemption(_) | Facts::CodeRedemption(_) | Facts::Answer(_)), act) => {
            decide_joining(policy, facts, act, by)
        }
        (facts, act) => decide_offer(policy, facts, act, by),
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

/// A token that names nothing is answered before any decision.
fn decide_joining(policy: &Policy, facts: Facts, act: &Act, by: &Circumstances<'_>) -> Outcome {
    let (person, now, shown) = (by.actor, by.now, by.shown.clone());
    match (facts, act) {
        (Facts::Redemption(facts), _) => {
            redeem_link(policy, &facts.ok_or(Refusal::InviteLinkNotFound)?, person, shown, now)
        }
        (Facts::CodeRedemption(facts), _) => {
            redeem_code(policy, &facts.ok_or(Refusal::TeamCodeNotFound)?, person, shown, now)
        }
        (
            Facts::Answer(facts),
            Act::Accept(Answer { by_token, .. }) | Act::Decline(Answer { by_token, .. }),
        ) => {
            let facts = facts.ok_or(Refusal::InvitationNotFound)?;
            let presented = if *by_token { Presented::ByToken } else { Presented::ById };
            let answerer = Answerer { person, email: shown.as_ref(), presented };
            match act {
                Act::Accept(_) => accept_invitation(policy, &facts, answerer, now),
                _ => decline_invitation(policy, &facts, answerer, now),
            }
        }
        (facts, act) => panic!("{act:?} is not decided by {facts:?}"),
    }
}

fn decide_offer(policy: &Policy, facts: Facts, act: &Act, by: &Circumstances<'_>) -> Outcome {
    let (asked, now) = (by.asked, by.now);
    let id = Uuid::from_u128(by.made + 1);
    match (facts, act) {
        (Facts::LinkCreation(facts), Act::CreateLink) => {
            create_link(policy, &facts, (LinkId::from_uuid(id), secret(by.made)), now, CAP)
        }
        (Facts::Link(facts), Act::RevokeLink(_)) => revoke_link(policy, &facts),
        (Facts::CodeCreation(facts), Act::CreateCode { role, grants, life, max_uses }) => {
            let request = CodeRequest {
                role: &role_at(asked, *role),
                grants: &grants_of(asked, grants),
                lifetime: life_at(asked, *life),
                max_uses: *max_uses,
                grant_cap: CAP,
                code_cap: CAP,
            };
            create_code(policy, &facts, &request, (CodeId::from_uuid(id), by.text.clone()), now)
        }
        (Facts::Code(facts), Act::RevokeCode(_)) => revoke_code(policy, &facts),
        (Facts::Code(facts), Act::DeleteCode(_)) => delete_code(policy, &facts, now),
        (Facts::Inviting(facts), Act::Invite { address, role, grants }) => {
            let email = &ADDRESSES[*address];
            let request = InvitationRequest {
                email,
                role: &role_at(asked, *role),
                grants: &grants_of(asked, grants),
                delivery: delivery(by.made),
                grant_cap: CAP,
                pending_cap: CAP,
            };
            let new = (InvitationId::from_uuid(id), secret(by.made));
            create_invitation(policy, &facts.of(email), &request, new, now)
        }
        (Facts::Invitation(facts), Act::Resend(..)) => {
            let (expected, delivery) = (by.expected, delivery(by.made));
            let request = ResendRequest { expected, delivery, pending_cap: CAP };
            resend_invitation(policy, &facts, &request, secret(by.made), now)
        }
        (Facts::Invitation(facts), Act::Cancel(..)) => cancel_invitation(policy, &facts, by.expected, now),
        (facts, act) => panic!("{act:?} is not decided by {facts:?}"),
    }
}

/// A secret like no other of the team.
pub(crate) fn secret(made: u128) -> SecretRecord {
    let mut digest = [7; 32];
    digest[..16].copy_from_slice(&made.to_be_bytes());
    let generation = u32::try_from(made % 1_000_000).expect("below a million");
    SecretRecord { digest, salt: [7; 16], generation, key_id: "key".to_owned() }
}

/// One in three is not mailed.
pub(crate) fn delivery(made: u128) -> Delivery {
    match made % 3 {
        0 => Delivery::Token,
        by => Delivery::Mail { locale: (by == 1).then(|| Locale::parse("de-CH").expect("a locale")) },
    }
}

//! Turns what was drawn into what makes sense as things stand, so that walks get somewhere; a few acts stay as they are.

use roster_domain::policy::{Policy, Reach};
use roster_domain::{MemberState, PersonKey, RoleName};

use super::acts::{ADDRESSES, Act, Answer, Etag, Named, Shows, UNKNOWN, Who, kind_at, role_at};
use super::team::{FOUNDER, Team};

/// Who acts, and what it does.
pub(crate) fn settle(team: &Team<'_>, who: Who, stubborn: bool, act: &Act) -> (PersonKey, Act) {
    let (person, mut act) = (who.person(team), act.clone());
    if stubborn {
        return (person, act);
    }
    let joins = act.is_joining();
    act = of_the_policy(team, act);
    act = of_what_there_is(team, act);
    within_what_there_is(team, &mut act);
    of_whom_it_is_about(team, &mut act);
    if let Some(target) = act.target_mut()
        && team.member(*target).is_none()
        && let Some(there) = usize::try_from(target.0).ok().map(|place| place % team.members.len().max(1))
    {
        *target = team.members.get(there).map_or(*target, |one| one.place.person);
    }
    fit_grants(team, &mut act);
    // Whoever found no way in cannot make one; whoever leads the team can.
    let person = if joins && !act.is_joining() { Who::Founder.person(team) } else { person };
    (person, act)
}

/// Replaces what the policy lacks by what is next to it.
fn of_the_policy(team: &Team<'_>, act: Act) -> Act {
    let policy = team.policy;
    match act {
        Act::Suspend { target, etag } | Act::Restore { target, etag } if !policy.suspension => {
            Act::ChangeRole { target, role: 0, access: None, etag }
        }
        Act::Transfer { target, .. } if policy.sole().is_none() => Act::Suspend { target, etag: Etag::None },
        Act::Purge { .. } if policy.kinds.is_empty() => Act::CreateLink,
        Act::SetAccess { target, etag, .. } if policy.kinds.is_empty() => {
            Act::ChangeRole { target, role: 1, access: None, etag }
        }
        act => act,
    }
}

/// Replaces ways in that the policy lacks, and such that nobody has made yet.
fn of_what_there_is(team: &Team<'_>, act: Act) -> Act {
    let (links, codes, invitations) =
        (!team.links.is_empty(), !team.codes.is_empty(), !team.invitations.is_empty());
    match act {
        Act::Redeem(_) | Act::RedeemCode(_) | Act::Accept(_) | Act::Decline(_) => {
            let there = |act: &Act| match act {
                Act::Redeem(_) => links,
                Act::RedeemCode(_) => codes,
                _ => invitations,
            };
            let others = [
                Act::Redeem(0),
                Act::RedeemCode(0),
                Act::Accept(Answer { back: 0, shows: Shows::Invited, by_token: true }),
            ];
            let mut all = std::iter::once(act.clone()).chain(others);
            all.find(there).unwrap_or_else(|| of_ways(team, act))
        }
        Act::RevokeLink(_) if !links => of_ways(team, act),
        Act::RevokeCode(_) | Act::DeleteCode(_) if !codes => of_ways(team, act),
        Act::Resend(..) | Act::Cancel(..) if !invitations => of_ways(team, act),
        Act::CreateLink | Act::CreateCode { .. } | Act::Invite { .. } => of_ways(team, act),
        act => act,
    }
}

/// Counts backwards no further than there are any.
fn within_what_there_is(team: &Team<'_>, act: &mut Act) {
    match act {
        Act::RevokeLink(back) | Act::Redeem(back) => *back %= team.links.len().max(1),
        Act::RevokeCode(back) | Act::DeleteCode(back) | Act::RedeemCode(back) => {
            *back %= team.codes.len().max(1);
        }
        Act::Resend(back, _) | Act::Cancel(back, _) => *back %= team.invitations.len().max(1),
        Act::Accept(Answer { back, .. }) | Act::Decline(Answer { back, .. }) => {
            *back %= team.invitations.len().max(1);
        }
        _ => {}
    }
}

/// Restores who is suspended, transfers to such now and then, suspends those whose grants could get lost, changes what
/// those were granted whose ways in are open, and adopts from those who leave codes behind.
fn of_whom_it_is_about(team: &Team<'_>, act: &mut Act) {
    let (target, there) = match act {
        Act::Restore { target, .. } | Act::Transfer { target, service: true } => {
            (target, team.members.iter().find(|one| one.place.state == MemberState::Suspended))
        }
        Act::Suspend { target, etag: Etag::Current } => {
            (target, team.members.iter().rfind(|one| !one.access.grants.is_empty()))
        }
        Act::SetAccess { target, etag: Etag::Current, .. } => {
            let makers = team.links.iter().map(|one| one.maker).chain(team.codes.iter().map(|one| one.maker));
            let makers = makers.chain(team.invitations.iter().map(|one| one.maker));
            (target, makers.rev().filter(|maker| *maker != FOUNDER).find_map(|maker| team.member(maker)))
        }
        Act::Remove { target, adopt: true, etag: Etag::Current } => {
            let makers = team.codes.iter().map(|code| code.maker);
            (target, makers.rev().find_map(|maker| team.member(maker)))
        }
        _ => return,
    };
    *target = there.map_or(*target, |one| one.place.person);
}

/// Asks for grants that the role which they are for can have.
fn fit_grants(team: &Team<'_>, act: &mut Act) {
    let policy = team.policy;
    match act {
        Act::Invite { role, grants, .. } | Act::CreateCode { role, grants, .. } => {
            fit(policy, &role_at(policy, *role), grants);
        }
        Act::ChangeRole { role, access: Some(access), .. } => {
            fit(policy, &role_at(policy, *role), &mut access.grants);
        }
        Act::SetAccess { target, access, .. } => {
            if let Some(place) = team.place(*target) {
                fit(policy, &place.role, &mut access.grants);
            }
        }
        Act::AddMembers(added) => {
            for one in added {
                fit(policy, &role_at(policy, one.role), &mut one.grants);
            }
        }
        _ => {}
    }
}

fn fit(policy: &Policy, role: &RoleName, grants: &mut Vec<Named>) {
    for grant in grants.iter_mut().filter(|grant| grant.role != UNKNOWN) {
        let kind = policy.kind(&kind_at(policy, grant.kind));
        if let Some((kind, Reach::GrantedAs(with) | Reach::Scoped(with))) =
            kind.and_then(|kind| Some((kind, kind.reach_of(role)?)))
        {
            grant.role = kind.rank(with).unwrap_or(grant.role);
        }
    }
    let all = |grant: &Named| {
        let kind = policy.kind(&kind_at(policy, grant.kind)).filter(|kind| !kind.dormant_grants);
        matches!(kind.and_then(|kind| kind.reach_of(role)), Some(Reach::All(_)))
    };
    grants.retain(|grant| !all(grant));
}

/// The same way in where the policy has it, else another one that it has; made, as none of them was yet.
fn of_ways(team: &Team<'_>, act: Act) -> Act {
    let policy = team.policy;
    let (links, codes, invitations) =
        (policy.invite_links.is_some(), policy.team_codes.is_some(), policy.invitations.is_some());
    let address = usize::try_from(team.made % 1_000).expect("few") % ADDRESSES.len();
    match act {
        Act::CreateLink if links => act,
        Act::CreateCode { .. } if codes => act,
        Act::Invite { .. } if invitations => act,
        Act::RedeemCode(_) | Act::RevokeCode(_) | Act::DeleteCode(_) | Act::CreateCode { .. } if codes => {
            Act::CreateCode { role: 0, grants: vec![], life: 0, max_uses: None }
        }
        Act::Redeem(_) | Act::RevokeLink(_) | Act::CreateLink if links => Act::CreateLink,
        Act::CreateCode { role, grants, .. } if invitations => Act::Invite { address, role, grants },
        Act::Invite { role, grants, .. } if codes => {
            Act::CreateCode { role, grants, life: 0, max_uses: Some(2) }
        }
        _ if invitations => Act::Invite { address, role: 0, grants: vec![] },
        _ if codes => Act::CreateCode { role: 1, grants: vec![], life: 1, max_uses: Some(1) },
        _ if links => Act::CreateLink,
        act => act,
    }
}

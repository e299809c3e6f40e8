//! Who gets a seat, at each tier.

use roster_domain::decide::{Addition, add_members, seats};
use roster_domain::facts::{AdditionFacts, InvitationState, JoinFacts, Occupancy, TeamFacts};
use roster_domain::policy::Policy;
use roster_domain::{Change, PersonKey, Refusal};

use super::golden_page::{Cell, Column, Page, column};
use super::golden_people::{GRANT_CAP, MAKER, NOW, joining, member, team};
use super::golden_ways::given;
use super::{golden_codes, golden_links, golden_mail};

/// A team with its tier, and what holds seats in it.
type Full = (TeamFacts, Occupancy);

pub(crate) fn taken(policy: &Policy, page: &mut Page) {
    page.heading(2, "Seats");
    let Some(rules) = &policy.seats else {
        page.paragraph("This policy does not count seats: any number of people may join.");
        return;
    };
    let pending = if rules.pending_invitations_hold {
        "and so do pending invitations that have not expired"
    } else {
        "and pending invitations hold none"
    };
    page.paragraph(&format!(
        "Active members hold seats, {pending}. An invitation that is accepted is one of those that are pending."
    ));
    let free = |(team, occupancy): &Full| {
        let seats = seats(policy, team.tier.as_ref(), *occupancy).expect("a policy with seats");
        seats.available.to_string()
    };
    let mut columns: Vec<Column<'_, Full>> = vec![column("free seats", free)];
    if policy.invitations.is_some() {
        columns.push(column("somebody is invited", |(team, occupancy): &Full| {
            golden_mail::invite_into(policy, team.clone(), *occupancy)
        }));
        for (title, state) in
            [("a pending", InvitationState::Pending), ("an expired", InvitationState::Expired)]
        {
            columns.push(column(format!("{title} one is sent again"), move |(team, occupancy): &Full| {
                if state == InvitationState::Expired || occupancy.pending > 0 {
                    golden_mail::resend_into(policy, team.clone(), *occupancy, state).into()
                } else {
                    Cell::Never
                }
            }));
        }
        columns.push(column("an invitation is accepted", |full: &Full| {
            if full.1.pending > 0 {
                golden_mail::accept_into(policy, newcomer(policy, full)).into()
            } else {
                Cell::Never
            }
        }));
    }
    if policy.invite_links.is_some() {
        columns.push(column("somebody comes by a link", |full: &Full| {
            golden_links::come_into(policy, newcomer(policy, full))
        }));
    }
    if policy.team_codes.is_some() {
        columns.push(column("somebody comes by a code", |full: &Full| {
            golden_codes::come_into(policy, newcomer(policy, full))
        }));
    }
    columns.push(column("a calling service adds somebody", |full: &Full| add(policy, full)));
    let rows = rules.by_tier.iter().flat_map(|(tier, limit)| {
        let limit = u64::from(*limit);
        let numbers = [limit.saturating_sub(1), limit, limit + 1].into_iter().filter(|members| *members > 0);
        let numbers = numbers.flat_map(|active| [0, 1, 2].map(|pending| (active, pending)));
        numbers.map(move |(active, pending)| {
            let label = format!("`{tier}` ({limit}): {active} in, {pending} pending");
            let team = TeamFacts { tier: Some(tier.clone()), ..team() };
            (label, (team, Occupancy { active, suspended: 0, pending }))
        })
    });
    page.table("the tier (its seats): who is there", &columns, rows);
}

fn newcomer(policy: &Policy, (team, occupancy): &Full) -> JoinFacts {
    let joining = joining(None, Some(member(MAKER, policy.founder())));
    JoinFacts { team: team.clone(), occupancy: *occupancy, ..joining }
}

fn add(policy: &Policy, (team, occupancy): &Full) -> Result<Vec<Change>, Refusal> {
    let facts = AdditionFacts { team: team.clone(), members: vec![], occupancy: *occupancy };
    let role = given(policy).clone();
    let addition = Addition { person: PersonKey(9), role, grants: vec![], email: None, joined_at: None };
    let answers = add_members(policy, &facts, &[addition], GRANT_CAP, NOW);
    answers.into_iter().map(|answer| answer.map(|change| change.expect("it is no member"))).collect()
}

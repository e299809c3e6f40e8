//! Joining a team: what links, codes and invitations have in common.

use roster_domain::decide::Redemption;
use roster_domain::facts::{JoinFacts, Occupancy};
use roster_domain::policy::Policy;
use roster_domain::{Change, Membership, Refusal, RoleName};

use super::golden_page::{Cell, Column, Page, column};
use super::golden_people::{ACTOR, MADE, MAKER, actors, joining, member, suspended};

/// Somebody who comes by a way in.
pub(crate) struct Comer {
    membership: Option<Membership>,
    removed_at: Option<i64>,
}

/// A way in, in some state, with its maker and the team's room as they are given.
pub(crate) type Way<'a> = Box<dyn Fn(JoinFacts) -> Result<Vec<Change>, Refusal> + 'a>;

/// The role whose ways in the tables are about: the highest that the founder gives.
pub(crate) fn given(policy: &Policy) -> &RoleName {
    policy.founder().assigns.first().expect("the founder of these policies gives a role")
}

/// A table of who joins by a way in that is in each of these states; the first is a live one.
pub(crate) fn joins(policy: &Policy, what: &str, states: &[(&str, Way<'_>)], page: &mut Page) {
    let founder = member(MAKER, policy.founder());
    let live = &states[0].1;
    let mut columns: Vec<Column<'_, Comer>> = vec![];
    for (title, way) in states {
        columns.push(column(*title, |comer: &Comer| cell(way, comer, Some(&founder), false)));
    }
    for (title, maker) in makers(policy) {
        columns.push(column(title, move |comer: &Comer| cell(live, comer, maker.as_ref(), false)));
    }
    if policy.seats.is_some() {
        columns.push(column(format!("{}, and no seat free", states[0].0), |comer: &Comer| {
            cell(live, comer, Some(&founder), true)
        }));
    }
    page.table(&format!("who comes by {what} that is"), &columns, comers(policy, what));
}

/// Holds that a look says what the act does. To a member already it says just that.
pub(crate) fn assert_alike(looked: Result<Redemption, Refusal>, outcome: &Result<Vec<Change>, Refusal>) {
    let joins = |change: &Change| matches!(change, Change::MemberJoined(_));
    match (looked, outcome) {
        (Ok(Redemption::Joins), Ok(changes)) => assert!(changes.iter().any(joins)),
        (Ok(Redemption::AlreadyMember), outcome) => assert!(!outcome.iter().flatten().any(joins)),
        (Err(looked), Err(refusal)) => assert_eq!(looked, *refusal),
        (looked, outcome) => panic!("a look says {looked:?}, and then: {outcome:?}"),
    }
}

fn cell(way: &Way<'_>, comer: &Comer, maker: Option<&Membership>, full: bool) -> Cell {
    let occupancy = Occupancy { active: if full { u64::MAX } else { 0 }, ..Occupancy::default() };
    let joining = joining(comer.membership.clone(), maker.cloned());
    let outcome = way(JoinFacts { removed_at: comer.removed_at, occupancy, ..joining });
    match outcome.as_deref() {
        Ok([Change::InvitationAccepted { .. }]) => Cell::Says("settled; stays as it is".to_owned()),
        _ => outcome.into(),
    }
}

fn makers(policy: &Policy) -> Vec<(String, Option<Membership>)> {
    let founder = member(MAKER, policy.founder());
    let mut makers = vec![("its maker gone".to_owned(), None)];
    makers.push(("its maker suspended".to_owned(), Some(suspended(founder))));
    for role in &policy.roles {
        makers.push((format!("its maker now `{}`", role.name), Some(member(MAKER, role))));
    }
    makers
}

fn comers(policy: &Policy, what: &str) -> Vec<(String, Comer)> {
    let came = |membership, removed_at| Comer { membership, removed_at };
    let mut comers = vec![
        ("outsider".to_owned(), came(None, None)),
        (format!("removed before {what} was made"), came(None, Some(MADE - 1))),
        (format!("removed after {what} was made"), came(None, Some(MADE + 1))),
    ];
    for (label, membership) in actors(policy).into_iter().skip(1) {
        let membership = membership.map(|member| Membership { person: ACTOR, ..member });
        comers.push((label, came(membership, None)));
    }
    comers
}

//! What members do to each other and to themselves.

use roster_domain::decide::{
    NewRole, change_role, create_personal_team, delete_team, leave_team, remove_member, restore_member,
    set_access, suspend_member,
};
use roster_domain::facts::{ActorFacts, MemberFacts, Occupancy, RemovalFacts, RestorationFacts, TeamFacts};
use roster_domain::policy::{Policy, Role};
use roster_domain::{AccessRequest, Change, MemberState, Membership, Refusal};

use super::golden_page::{Cell, Column, MEMBER, Page, column};
use super::golden_people::{
    ACTOR, GRANT_CAP, NOW, TARGET, actors, facts, grant, member, members, no_role, suspended, team,
};

pub(crate) fn others(policy: &Policy, page: &mut Page) {
    page.heading(2, "Another member");
    if !policy.suspension {
        let attempts = members(policy).flat_map(|actor| {
            let facts = facts(Some(actor), Some(member(TARGET, policy.founder())), 2);
            [suspend_member(policy, &facts, None), restore(policy, &facts)]
        });
        page.absent("suspension", MEMBER, attempts.collect::<Vec<_>>());
    }
    let columns = columns(policy);
    for target in &policy.roles {
        page.heading(3, &format!("The other is `{}`", target.name));
        let holders = if target.sole.is_some() { 1 } else { 2 };
        let mut rows = rows(policy, Some(target), holders);
        // Who has a role that only one member has is not acted upon by another holder.
        rows.retain(|(_, facts)| {
            let role = |one: &Option<Membership>| one.as_ref().map(|one| one.role.clone());
            target.sole.is_none() || role(&facts.actor) != role(&facts.target)
        });
        page.table("who does", &columns, rows);
    }
    page.heading(3, "The other is no member");
    page.table("who does", &columns, rows(policy, None, 0));
}

pub(crate) fn oneself(policy: &Policy, page: &mut Page) {
    page.heading(2, "Oneself");
    let rows = actors(policy).into_iter().map(|(label, actor)| {
        let role = actor.as_ref().and_then(|actor| policy.role(&actor.role));
        let sole = role.is_some_and(|role| role.sole.is_some());
        (label, facts(actor.clone(), actor, if sole { 1 } else { 2 }))
    });
    page.table("who does to itself", &own_columns(policy), rows);
}

pub(crate) fn kept(policy: &Policy, page: &mut Page) {
    for role in policy.roles.iter().filter(|role| role.at_least_one) {
        let name = &role.name;
        page.heading(2, &format!("The only `{name}`"));
        let only = member(TARGET, role);
        let other = suspended(member(ACTOR, role));
        let beside = "the only active one, to itself, beside a suspended one";
        let mut rows = vec![
            ("the only one, to itself".to_owned(), alone(&only, &only)),
            (beside.to_owned(), alone(&only, &only)),
            ("the only active one, to a suspended one".to_owned(), alone(&only, &other)),
            (format!("a suspended `{name}`, to the only active one"), alone(&other, &only)),
        ];
        for other in policy.roles.iter().filter(|other| other.name != *name) {
            rows.push((format!("`{}`, to the only one", other.name), alone(&member(ACTOR, other), &only)));
        }
        page.table("who does", &own_columns(policy), rows);
    }
}

pub(crate) fn personal(policy: &Policy, page: &mut Page) {
    page.heading(2, "A personal team");
    if !policy.personal_team {
        let attempt = create_personal_team(policy, team().display_name, ACTOR, None);
        page.absent("personal teams", "a person", [attempt]);
        return;
    }
    let founder = policy.founder();
    page.paragraph(&format!(
        "Every user has a team of one, whose `{}` it is for good. Others may be invited to it, also to that role; here \
         another one has it too.",
        founder.name,
    ));
    let person = member(TARGET, founder);
    let other = member(ACTOR, founder);
    let mut rows = vec![
        ("its person, to itself".to_owned(), (&person, &person)),
        (format!("another `{}`, to its person", founder.name), (&other, &person)),
        (format!("another `{}`, to itself", founder.name), (&other, &other)),
        (format!("its person, to another `{}`", founder.name), (&person, &other)),
    ];
    let lesser: Vec<_> = policy.roles.iter().skip(1).map(|role| member(ACTOR, role)).collect();
    for role in &lesser {
        rows.push((format!("`{}`, to its person", role.role), (role, &person)));
        rows.push((format!("`{}`, to itself", role.role), (role, role)));
    }
    let rows = rows.into_iter().map(|(label, (actor, target))| {
        let facts = facts(Some(actor.clone()), Some(target.clone()), 2);
        (label, MemberFacts { team: TeamFacts { personal: Some(TARGET), ..team() }, ..facts })
    });
    let mut columns = own_columns(policy);
    columns.push(column("delete the team", |facts: &MemberFacts| {
        delete_team(policy, &ActorFacts { team: facts.team.clone(), actor: facts.actor.clone() }, None)
    }));
    page.table("who does", &columns, rows);
}

fn rows(policy: &Policy, target: Option<&Role>, holders: i64) -> Vec<(String, MemberFacts)> {
    let target = target.map(|role| member(TARGET, role));
    let row = |(label, actor)| (label, facts(actor, target.clone(), holders));
    actors(policy).into_iter().map(row).collect()
}

fn alone(actor: &Membership, target: &Membership) -> MemberFacts {
    facts(Some(actor.clone()), Some(target.clone()), 1)
}

/// What is tried with another member.
fn columns(policy: &Policy) -> Vec<Column<'_, MemberFacts>> {
    let mut columns: Vec<Column<'_, MemberFacts>> = vec![];
    for role in policy.roles.iter().map(|role| role.name.clone()).chain([no_role()]) {
        let title = if role == no_role() {
            "make it what is no role".to_owned()
        } else {
            format!("make it `{role}`")
        };
        columns.push(column(title, move |facts: &MemberFacts| {
            let new = NewRole { role: &role, access: None, grant_cap: GRANT_CAP };
            change_role(policy, facts, &new, None)
        }));
    }
    // Which roles may be granted to whom is a table of its own.
    for (kind, role) in policy.kinds.iter().filter_map(|kind| Some((kind, kind.roles.last()?))) {
        let request = AccessRequest { grants: vec![grant(kind, role, false)], unrestrict: vec![] };
        let title = format!("grant it `{}` on a {}", role.name, kind.name);
        columns.push(column(title, move |facts: &MemberFacts| {
            set_access(policy, facts, &request, None, GRANT_CAP)
        }));
    }
    if policy.suspension {
        columns.push(column("suspend", |facts: &MemberFacts| suspend_member(policy, facts, None)));
        columns.push(column("restore, once suspended", |facts: &MemberFacts| restore(policy, facts)));
    }
    columns.push(column("remove", |facts: &MemberFacts| {
        let member = facts.clone();
        let facts = RemovalFacts { member, invitations: vec![], links: vec![], codes: vec![] };
        remove_member(policy, &facts, false, None, NOW)
    }));
    columns
}

/// What is tried with oneself, where one acts upon oneself.
fn own_columns(policy: &Policy) -> Vec<Column<'_, MemberFacts>> {
    let mut columns = columns(policy);
    columns.push(column("leave", |facts: &MemberFacts| {
        if facts.actor == facts.target { leave_team(policy, facts).into() } else { Cell::Never }
    }));
    columns
}

/// Restores the target, which is suspended for that if it is another than the actor.
fn restore(policy: &Policy, facts: &MemberFacts) -> Result<Vec<Change>, Refusal> {
    let mut member = facts.clone();
    if let Some(target) = member.target.as_mut().filter(|_| facts.actor != facts.target) {
        target.state = MemberState::Suspended;
    }
    restore_member(policy, &RestorationFacts { member, occupancy: Occupancy::default() }, None)
}

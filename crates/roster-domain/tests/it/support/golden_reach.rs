//! What members reach among the product's resources, what may be granted to them, and what a change of role leaves.

use roster_domain::decide::{NewRole, TransferBy, change_role, role_on, set_access, transfer_ownership};
use roster_domain::facts::{MemberFacts, TransferFacts};
use roster_domain::policy::{Kind, KindRole, Policy, Reach, Role};
use roster_domain::{Access, AccessRequest, Change, Grant, Membership, Refusal, RoleName};

use super::golden_page::{Cell, Column, MEMBER, Page, column};
use super::golden_people::{ACTOR, GRANT_CAP, TARGET, facts, grant, member, members, resource};
use super::{golden_codes, golden_mail, golden_scoped};

pub(crate) fn reach(policy: &Policy, page: &mut Page) {
    if policy.kinds.is_empty() {
        page.heading(2, "Resources");
        let nothing = AccessRequest::default();
        let attempts = members(policy).map(|actor| {
            let facts = facts(Some(actor), Some(member(TARGET, policy.founder())), 2);
            set_access(policy, &facts, &nothing, None, GRANT_CAP)
        });
        page.absent("kinds of resources", MEMBER, attempts);
    }
    for kind in &policy.kinds {
        page.heading(2, &format!("Resources of kind `{}`", kind.name));
        for role in &kind.roles {
            let permissions: Vec<_> = role.permissions.iter().map(ToString::to_string).collect();
            page.paragraph(&format!("`{}` there allows {}.", role.name, permissions.join(", ")));
        }
        page.heading(3, &format!("What may be granted on a {}", kind.name));
        page.paragraph(&format!("Whoever grants it is `{}`.", policy.founder().name));
        page.table("to whom", &grantable_columns(policy, kind), grantees(policy));
        page.heading(3, &format!("What a member reaches of kind `{}`", kind.name));
        page.paragraph(&format!(
            "A cell says the member's role on that {} and elsewhere, present or future. A grant that the table above \
             does not allow may still be there from before a change of role.",
            kind.name,
        ));
        page.table("an active member", &reached_columns(kind), holders(policy, kind));
        golden_scoped::restricting(policy, kind, page);
        page.heading(3, "What a change of role does to a grant");
        page.paragraph(&format!(
            "The member was granted that role on one {}. A cell says what is stored afterwards, and what is reached by \
             it.",
            kind.name,
        ));
        page.table("a change of role", &changed_columns(policy, kind), changes(policy));
    }
}

/// How a grant is given.
#[derive(Clone, Copy)]
enum Way {
    Set,
    Invitation,
    Code,
}

fn grantees(policy: &Policy) -> Vec<(String, (RoleName, Way))> {
    let mut ways = vec![(Way::Set, "a member who is")];
    ways.extend(policy.invitations.is_some().then_some((Way::Invitation, "by an invitation to")));
    ways.extend(policy.team_codes.is_some().then_some((Way::Code, "by a code to")));
    let rows = ways.into_iter().flat_map(|(way, words)| {
        let offered = move |role: &&Role| matches!(way, Way::Set) || role.sole.is_none();
        let roles = policy.roles.iter().filter(offered);
        roles.map(move |role| (format!("{words} `{}`", role.name), (role.name.clone(), way)))
    });
    rows.collect()
}

fn grantable_columns<'a>(policy: &'a Policy, kind: &'a Kind) -> Vec<Column<'a, (RoleName, Way)>> {
    let columns = kind.roles.iter().flat_map(|role| [(role, false), (role, true)]);
    let columns = columns.map(|(role, all)| {
        let title = format!("`{}` on {}", role.name, if all { "all" } else { "one" });
        column(title, move |(to, way): &(RoleName, Way)| give(policy, to, *way, grant(kind, role, all)))
    });
    columns.collect()
}

fn give(policy: &Policy, to: &RoleName, way: Way, grant: Grant) -> Result<Vec<Change>, Refusal> {
    match way {
        Way::Set => {
            let target = policy.role(to).map(|role| member(TARGET, role));
            let facts = facts(Some(member(ACTOR, policy.founder())), target, 2);
            let request = AccessRequest { grants: vec![grant], unrestrict: vec![] };
            set_access(policy, &facts, &request, None, GRANT_CAP)
        }
        Way::Invitation => golden_mail::invite_with(policy, to, grant),
        Way::Code => golden_codes::make_with(policy, to, grant),
    }
}

/// A member's role, and whether it is restricted.
fn holders(policy: &Policy, kind: &Kind) -> Vec<(String, (RoleName, bool))> {
    let mut rows = vec![];
    for role in &policy.roles {
        rows.push((format!("`{}`", role.name), (role.name.clone(), false)));
        if kind.is_scoped() {
            rows.push((format!("`{}`, restricted", role.name), (role.name.clone(), true)));
        }
    }
    rows
}

fn reached_columns(kind: &Kind) -> Vec<Column<'_, (RoleName, bool)>> {
    let mut columns = vec![column("nothing granted", |row: &(RoleName, bool)| reached(kind, row, vec![]))];
    for (all, on) in [(false, "one"), (true, "all")] {
        for role in &kind.roles {
            columns
                .push(column(format!("granted `{}` on {on}", role.name), move |row: &(RoleName, bool)| {
                    reached(kind, row, vec![grant(kind, role, all)])
                }));
        }
    }
    columns
}

fn reached(kind: &Kind, (role, restricted): &(RoleName, bool), grants: Vec<Grant>) -> String {
    let restricted = if *restricted { vec![kind.name.clone()] } else { vec![] };
    in_words(kind, role, &Access { grants, restricted })
}

/// What is reached of the one that grants name, and of the others.
pub(crate) fn in_words(kind: &Kind, role: &RoleName, access: &Access) -> String {
    let on = |id: Option<&str>| {
        let role = role_on(kind, role, access, id.map(resource).as_ref());
        role.map_or("nothing", |role| role.name.as_str())
    };
    assert_eq!(on(Some("another")), on(None), "what no grant names is reached like what is to come");
    match (on(Some("one")), on(None)) {
        ("nothing", "nothing") => "nothing".to_owned(),
        (here, there) if here == there => format!("{here} everywhere"),
        (here, there) => format!("{here}, elsewhere {there}"),
    }
}

/// Each change from one role to another, and the transfer of a role with one holder.
fn changes(policy: &Policy) -> Vec<(String, (&Role, &Role))> {
    let mut rows = vec![];
    for from in &policy.roles {
        for to in policy.roles.iter().filter(|to| to.name != from.name) {
            let label = format!("`{}` to `{}`", from.name, to.name);
            match (&from.sole, &to.sole) {
                (None, None) => rows.push((label, (from, to))),
                (Some(sole), _) if sole.former_holder_becomes != to.name => {}
                _ => rows.push((format!("{label}, by transfer"), (from, to))),
            }
        }
    }
    rows
}

fn changed_columns<'a>(policy: &'a Policy, kind: &'a Kind) -> Vec<Column<'a, (&'a Role, &'a Role)>> {
    // A role that nobody can be granted is in no grant.
    let granted = kind.roles.iter().filter(move |role| {
        let accepts = |to| give(policy, to, Way::Set, grant(kind, role, false)).is_ok();
        policy.roles.iter().map(|to| &to.name).any(accepts)
    });
    let columns = granted.map(|role| {
        column(format!("granted `{}`", role.name), move |(from, to): &(&Role, &Role)| {
            changed(policy, kind, role, (from, to))
        })
    });
    columns.collect()
}

fn changed(policy: &Policy, kind: &Kind, granted: &KindRole, (from, to): (&Role, &Role)) -> Cell {
    if matches!(kind.reach_of(&from.name), Some(Reach::GrantedAs(locked)) if *locked != granted.name) {
        return Cell::Never;
    }
    let restricted = if kind.is_scoped() { vec![kind.name.clone()] } else { vec![] };
    let before = Access { grants: vec![grant(kind, granted, false)], restricted };
    let changes = if from.sole.is_some() || to.sole.is_some() {
        moved(policy, from, to, &before)
    } else {
        let actor = Some(member(ACTOR, policy.founder()));
        let target = Some(member(TARGET, from));
        let facts = MemberFacts { target_access: before.clone(), ..facts(actor, target, 2) };
        let new = NewRole { role: &to.name, access: None, grant_cap: GRANT_CAP };
        change_role(policy, &facts, &new, None)
    };
    let changes = match changes {
        Ok(changes) => changes,
        Err(refusal) => return Cell::No(refusal),
    };
    let after = changes.iter().find_map(|change| match change {
        Change::MemberAccessChanged { after, .. } => Some(after),
        _ => None,
    });
    let after = after.unwrap_or(&before);
    let stored: Vec<_> = after.grants.iter().map(|grant| grant.role.as_str()).collect();
    Cell::Says(format!("{} stored; {}", stored.join(", "), in_words(kind, &to.name, after)))
}

/// The transfer by which somebody with that access goes from one role to the other.
fn moved(policy: &Policy, from: &Role, to: &Role, access: &Access) -> Result<Vec<Change>, Refusal> {
    let somebody = |role: &Role, person| -> Option<Membership> { Some(member(person, role)) };
    let other = Access::default();
    let (holder, target, holder_access, target_access) = if from.sole.is_some() {
        (somebody(from, ACTOR), somebody(to, TARGET), access.clone(), other)
    } else {
        (somebody(to, ACTOR), somebody(from, TARGET), other, access.clone())
    };
    let facts = TransferFacts { actor: None, holder, holder_access, target, target_access };
    transfer_ownership(policy, &facts, TransferBy::Service)
}

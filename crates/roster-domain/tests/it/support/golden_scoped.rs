//! How a member is restricted to some resources of a kind, and how that ends.

use roster_domain::decide::set_access;
use roster_domain::facts::MemberFacts;
use roster_domain::policy::{Kind, Policy, Reach, Role};
use roster_domain::{Access, AccessRequest, Change, Grant};

use super::golden_page::{Cell, Column, Page, column};
use super::golden_people::{ACTOR, GRANT_CAP, TARGET, facts, grant, member};
use super::golden_reach::in_words;

pub(crate) fn restricting(policy: &Policy, kind: &Kind, page: &mut Page) {
    if !kind.is_scoped() {
        return;
    }
    page.heading(3, &format!("What restricts a member to some of kind `{}`", kind.name));
    page.paragraph(&format!(
        "`{}` replaces what the member was granted. A cell says whether the member is restricted then, and what it \
         reaches.",
        policy.founder().name,
    ));
    let lowest = kind.roles.last().expect("a kind has roles");
    let named = |all| vec![grant(kind, lowest, all)];
    let lift = vec![kind.name.clone()];
    let requests = [
        ("naming none", AccessRequest::default()),
        ("naming one", AccessRequest { grants: named(false), unrestrict: vec![] }),
        ("naming all", AccessRequest { grants: named(true), unrestrict: vec![] }),
        ("lifting it", AccessRequest { grants: vec![], unrestrict: lift.clone() }),
        ("lifting it and naming one", AccessRequest { grants: named(false), unrestrict: lift }),
    ];
    let columns = requests.map(|(title, request)| -> Column<'_, (&Role, Access)> {
        column(title, move |(role, before): &(&Role, Access)| replaced(policy, kind, role, before, &request))
    });
    page.table("a member who is", &columns, before(policy, kind, &named(false)));
}

/// Holders of each role that can be restricted, in each state.
fn before<'p>(policy: &'p Policy, kind: &Kind, one: &[Grant]) -> Vec<(String, (&'p Role, Access))> {
    let scoped = |role: &&Role| matches!(kind.reach_of(&role.name), Some(Reach::Scoped(_)));
    let restricted = vec![kind.name.clone()];
    let rows = policy.roles.iter().filter(scoped).flat_map(|role| {
        let to_one = Access { grants: one.to_vec(), restricted: restricted.clone() };
        let to_nothing = Access { grants: vec![], restricted: restricted.clone() };
        [
            (format!("`{}`", role.name), (role, Access::default())),
            (format!("`{}`, restricted to one", role.name), (role, to_one)),
            (format!("`{}`, restricted to nothing", role.name), (role, to_nothing)),
        ]
    });
    rows.collect()
}

fn replaced(policy: &Policy, kind: &Kind, role: &Role, before: &Access, request: &AccessRequest) -> Cell {
    let facts = facts(Some(member(ACTOR, policy.founder())), Some(member(TARGET, role)), 2);
    let facts = MemberFacts { target_access: before.clone(), ..facts };
    let changes = match set_access(policy, &facts, request, None, GRANT_CAP) {
        Ok(changes) => changes,
        Err(refusal) => return Cell::No(refusal),
    };
    let after = match changes.as_slice() {
        [Change::MemberAccessChanged { after, .. }] => after,
        _ => before,
    };
    let restricted = if after.is_restricted(&kind.name) { "restricted" } else { "not restricted" };
    Cell::Says(format!("{restricted}; {}", in_words(kind, &role.name, after)))
}

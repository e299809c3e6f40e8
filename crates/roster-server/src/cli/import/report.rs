//! What the command says.

use std::collections::BTreeMap;

use super::carry_out::Outcome;
use super::plan::{Change, Place, Plan, What};

/// A line for each change that the plan has.
pub(super) fn changes(changes: &[Change]) -> Vec<String> {
    changes.iter().map(change).collect()
}

fn change(change: &Change) -> String {
    let id = &change.user_id;
    match &change.what {
        What::Add(place) => format!("+ {id}: {}, {}", place.role, counted(place.grants.len(), "grant")),
        What::Change { before, after } => format!("~ {id}: {}", differences(before, after).join(", ")),
        What::Remove => format!("- {id}: removed"),
    }
}

/// Lines about members who are left as they are though the file says otherwise.
pub(super) fn left(plan: &Plan, prune: bool) -> Vec<String> {
    let why = if prune { "" } else { ", since --prune is not given" };
    let extra = plan.extra.iter().map(|id| format!("- {id}: not in the file; stays{why}"));
    let suspended = plan.suspended.iter().map(|id| format!("! {id}: suspended; left as it is"));
    let dormant = plan.dormant.iter().map(|id| {
        format!("! {id}: its grants, which count for nothing now, are left as they are: nobody else could give them")
    });
    extra.chain(suspended).chain(dormant).collect()
}

/// What a dry run comes to.
pub(super) fn dry_summary(plan: &Plan) -> String {
    let count = |wanted: fn(&What) -> bool| plan.changes.iter().filter(|change| wanted(&change.what)).count();
    format!(
        "{} to add, {} to change, {} to remove; = {} unchanged; this was a dry run, and nothing was changed",
        count(|what| matches!(what, What::Add(_))),
        count(|what| matches!(what, What::Change { .. })),
        count(|what| matches!(what, What::Remove)),
        plan.unchanged
    )
}

/// What an import came to.
pub(super) fn summary(plan: &Plan, outcome: &Outcome) -> String {
    let unchanged = plan.unchanged + outcome.there_already;
    let Outcome { added, changed, removed, .. } = outcome;
    if added + changed + removed == 0 {
        return format!("nothing changed; {} as the file records", counted(unchanged, "member"));
    }
    format!("{added} added, {changed} changed, {removed} removed, {unchanged} unchanged")
}

/// A number with its word, in the plural where that is due.
pub(super) fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn differences(before: &Place, after: &Place) -> Vec<String> {
    let mut found = Vec::new();
    if before.role != after.role {
        found.push(format!("{} -> {}", before.role, after.role));
    }
    let mut roles: BTreeMap<_, [Option<&str>; 2]> = BTreeMap::new();
    for (place, side) in [(before, 0), (after, 1)] {
        for grant in &place.grants {
            let target = grant.resource.as_deref().unwrap_or("*");
            roles.entry((&grant.kind, target)).or_default()[side] = Some(&grant.role);
        }
    }
    for ((_, target), roles) in roles {
        match roles {
            [None, Some(new)] => found.push(format!("+{new} on {target}")),
            [Some(old), None] => found.push(format!("-{old} on {target}")),
            [Some(old), Some(new)] if old != new => found.push(format!("{old} -> {new} on {target}")),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::plan::Grant;
    use super::*;

    fn place(role: &str, grants: &[(Option<&str>, &str)]) -> Place {
        let grant = |(resource, role): &(Option<&str>, &str)| Grant {
            kind: "repository".into(),
            resource: resource.map(str::to_owned),
            role: (*role).into(),
        };
        Place { role: role.into(), grants: grants.iter().map(grant).collect() }
    }

    #[test]
    fn changes_in_a_line_each() {
        let check = |what, expected: &str| {
            let etag = String::new();
            assert_eq!(change(&Change { user_id: "ada".into(), line: None, etag, by: None, what }), expected);
        };
        check(What::Add(place("member", &[(Some("a"), "write")])), "+ ada: member, 1 grant");
        check(What::Add(place("owner", &[])), "+ ada: owner, 0 grants");
        check(What::Remove, "- ada: removed");
        let before = place("member", &[(None, "read"), (Some("a"), "write"), (Some("c"), "read")]);
        let after = place("owner", &[(Some("a"), "admin"), (Some("b"), "triage"), (Some("c"), "read")]);
        check(
            What::Change { before, after },
            "~ ada: member -> owner, -read on *, write -> admin on a, +triage on b",
        );
    }

    #[test]
    fn summaries() {
        let plan = Plan { unchanged: 3, ..Plan::default() };
        let nothing = Outcome { there_already: 1, ..Outcome::default() };
        assert_eq!(summary(&plan, &nothing), "nothing changed; 4 members as the file records");
        let some = Outcome { added: 2, removed: 1, ..Outcome::default() };
        assert_eq!(summary(&plan, &some), "2 added, 0 changed, 1 removed, 3 unchanged");
        let dry =
            "0 to add, 0 to change, 0 to remove; = 3 unchanged; this was a dry run, and nothing was changed";
        assert_eq!(dry_summary(&plan), dry);
    }
}

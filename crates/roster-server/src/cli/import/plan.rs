//! What has to change so that a team is what the file records.
//!
//! Pure: the desired and the present in, changes out, in an order in which they can be made.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::desired::{Desired, Person, key};
use super::rows::BadRow;
use super::rules::Rules;

/// A member as the service lists it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) user_id: String,
    pub(super) place: Place,
    pub(super) suspended: bool,
    /// Whether it created the team.
    pub(super) founded: bool,
    pub(super) etag: String,
}

/// A role in the team, and what is granted beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) role: String,
    pub(super) grants: BTreeSet<Grant>,
}

/// A role on a resource of a kind, or on all of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub(super) kind: String,
    /// None is all resources.
    pub(super) resource: Option<String>,
    pub(super) role: String,
}

/// What is to be done, and what is not.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// In this order: newcomers, higher roles, grants, lower roles, removals; so that a team that must keep a holder
    /// of a role has the new one before it loses the old one. What the actor itself loses comes last.
    pub(super) changes: Vec<Change>,
    /// Members whom the file does not name, and who stay.
    pub(super) extra: Vec<String>,
    /// Members who are suspended, and are left as they are.
    pub(super) suspended: Vec<String>,
    /// Who acts, if its own grants differ, there is nobody else to give them, and they count for nothing now.
    pub(super) dormant: Option<String>,
    /// How many are as the file records.
    pub(super) unchanged: usize,
    pub(super) bad: Vec<BadRow>,
}

/// A change of one person's membership.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) user_id: String,
    /// Where the file names the person.
    pub(super) line: Option<usize>,
    /// The member's as last read; empty for a newcomer.
    pub(super) etag: String,
    /// Who makes it in the actor's place, since nobody raises its own access.
    pub(super) by: Option<String>,
    pub(super) what: What,
}

/// What becomes of the membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Add(Place),
    Change { before: Place, after: Place },
    Remove,
}

/// What the file does not say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    /// Whether those whom it does not name are removed.
    pub(super) prune: bool,
    /// Who makes the changes, and may be able to make none once its own role is lowered.
    pub(super) actor: &'a str,
}

/// Compares the two.
pub(super) fn plan(desired: &Desired, present: &[Member], rules: &Rules, wish: Wish<'_>) -> Plan {
    let mut plan = Plan::default();
    let mut by_key: HashMap<String, Vec<&Member>> = HashMap::new();
    for member in present {
        by_key.entry(key(&member.user_id)).or_default().push(member);
    }
    let mut named: HashSet<String> = desired.strangers.iter().cloned().collect();
    for person in &desired.people {
        let key = key(&person.login);
        match by_key.get(&key).map(Vec::as_slice) {
            // What its resources are cannot be read, and without any it would reach them all: it is told of, and waits.
            None if person.grants.is_empty() && !person.unclear.is_empty() && is_scoped(person, rules) => {}
            None => plan.changes.push(add(person, rules)),
            Some([member]) => compare(person, member, rules, &mut plan),
            Some(several) => {
                let ids: Vec<&str> = several.iter().map(|member| member.user_id.as_str()).collect();
                let what = format!("{} may be any of the members {}", person.login, ids.join(", "));
                plan.bad.push(BadRow::at(person.line, what));
            }
        }
        named.insert(key);
    }
    let prune = wish.prune && !desired.incomplete;
    if wish.prune && !prune {
        let what = "nobody is removed while the lists of admins and members cannot be read whole";
        plan.bad.push(BadRow::anywhere(what));
    }
    for member in present.iter().filter(|member| !named.contains(&key(&member.user_id))) {
        if prune {
            plan.changes.push(change(member, None, What::Remove));
        } else {
            plan.extra.push(member.user_id.clone());
        }
    }
    plan.changes.sort_by_key(|change| {
        let phase = phase(&change.what, rules);
        (phase >= LOWER && change.user_id == wish.actor, phase)
    });
    hand_over(&mut plan, desired, &by_key, rules, wish.actor);
    plan
}

/// Lets another admin make the changes of the actor's own membership, one who is there already if possible.
fn hand_over(
    plan: &mut Plan,
    desired: &Desired,
    by_key: &HashMap<String, Vec<&Member>>,
    rules: &Rules,
    actor: &str,
) {
    let others = desired.people.iter().filter(|person| person.is_admin && key(&person.login) != key(actor));
    let deputies = others.filter_map(|person| match by_key.get(&key(&person.login)).map(Vec::as_slice) {
        None => Some((2, person.login.clone())),
        Some([member]) if member.suspended => None,
        Some([member]) if rules.rank(&member.place.role) <= rules.rank(&person.role) => {
            Some((0, member.user_id.clone()))
        }
        Some([member]) => Some((1, member.user_id.clone())),
        Some(_) => None,
    });
    let deputy = deputies.min_by_key(|(order, _)| *order).map(|(_, id)| id);
    for change in plan.changes.iter_mut().filter(|change| change.user_id == actor) {
        change.by.clone_from(&deputy);
    }
    if deputy.is_none() {
        let counts = |role: &str| rules.kind.as_ref().is_none_or(|kind| !kind.reaches_all(role));
        let hopeless = |change: &mut Change| match &change.what {
            What::Change { before, after } => before.role == after.role && !counts(&after.role),
            What::Add(_) | What::Remove => false,
        };
        let dormant = plan.changes.extract_if(.., |change| change.user_id == actor && hopeless(change));
        plan.dormant = dormant.map(|change| change.user_id).next();
    }
}

/// Whether naming no resource for the person leaves it every one.
fn is_scoped(person: &Person, rules: &Rules) -> bool {
    rules.kind.as_ref().is_some_and(|kind| kind.scoping.contains(&person.role))
}

fn add(person: &Person, rules: &Rules) -> Change {
    let place = Place { role: person.role.clone(), grants: grants(person, &BTreeSet::new(), rules) };
    Change {
        user_id: person.login.clone(),
        line: Some(person.line),
        etag: String::new(),
        by: None,
        what: What::Add(place),
    }
}

fn compare(person: &Person, member: &Member, rules: &Rules, plan: &mut Plan) {
    if member.suspended {
        plan.suspended.push(member.user_id.clone());
        return;
    }
    let before = &member.place;
    // Whoever holds the founder's role has all that another role for admins could give, and cannot always lose it.
    let role = if person.is_admin && before.role == rules.founder_role { &before.role } else { &person.role };
    let after = Place { role: role.clone(), grants: grants(person, &before.grants, rules) };
    if after == *before {
        plan.unchanged += 1;
    } else {
        let what = What::Change { before: before.clone(), after };
        plan.changes.push(change(member, Some(person.line), what));
    }
}

fn change(member: &Member, line: Option<usize>, what: What) -> Change {
    Change { user_id: member.user_id.clone(), line, etag: member.etag.clone(), by: None, what }
}

/// What the person shall be granted: what the file gives, and what there is of other kinds, of which it says nothing.
fn grants(person: &Person, before: &BTreeSet<Grant>, rules: &Rules) -> BTreeSet<Grant> {
    let Some(kind) = &rules.kind else { return before.clone() };
    let mut wanted = person.grants.clone();
    let of_kind = |grant: &&Grant| grant.kind == kind.name;
    for grant in before.iter().filter(of_kind) {
        let unclear = grant.resource.as_ref().filter(|resource| person.unclear.contains(*resource));
        if let Some(resource) = unclear {
            let wanted = wanted.entry(resource.clone()).or_insert_with(|| grant.role.clone());
            if kind.rank(&grant.role) < kind.rank(wanted) {
                wanted.clone_from(&grant.role);
            }
        }
    }
    let wanted = wanted.into_iter().map(|(resource, role)| Grant {
        kind: kind.name.clone(),
        resource: Some(resource),
        role,
    });
    before.iter().filter(|grant| !of_kind(grant)).cloned().chain(wanted).collect()
}

/// The first phase in which somebody loses a role.
const LOWER: u8 = 3;

fn phase(what: &What, rules: &Rules) -> u8 {
    match what {
        What::Add(_) => 0,
        What::Change { before, after } => match rules.rank(&after.role).cmp(&rules.rank(&before.role)) {
            Ordering::Less => 1,
            Ordering::Equal => 2,
            Ordering::Greater => LOWER,
        },
        What::Remove => 4,
    }
}

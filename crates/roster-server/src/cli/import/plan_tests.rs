//! What has to change, and that it is enough.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::desired::{Desired, Person, key};
use super::plan::{Change, Grant, Member, Place, Plan, What, Wish, plan};
use super::rules::{KindRules, Rules};

const WISH: Wish<'_> = Wish { prune: false, actor: "ada" };
const PRUNE: Wish<'_> = Wish { prune: true, actor: "ada" };

const KIND: &str = "repository";
const ROLES: [&str; 3] = ["founder", "owner", "member"];
const KIND_ROLES: [&str; 3] = ["admin", "write", "read"];

fn rules() -> Rules {
    Rules {
        roles: ROLES.map(str::to_owned).into(),
        founder_role: "founder".into(),
        admin_role: "owner".into(),
        member_role: "member".into(),
        kind: Some(KindRules {
            name: KIND.into(),
            roles: KIND_ROLES.map(str::to_owned).into(),
            reaching_all: Vec::new(),
            scoping: Vec::new(),
            dormant_grants: true,
        }),
    }
}

fn person(login: &str, role: &str, grants: &[(&str, &str)]) -> Person {
    Person {
        login: login.into(),
        line: 1,
        is_admin: role == "owner",
        role: role.into(),
        grants: grants.iter().map(|(repo, role)| ((*repo).to_owned(), (*role).to_owned())).collect(),
        unclear: BTreeSet::new(),
    }
}

fn place(role: &str, grants: &[(&str, &str)]) -> Place {
    let grant = |(resource, role): &(&str, &str)| Grant {
        kind: KIND.into(),
        resource: Some((*resource).into()),
        role: (*role).into(),
    };
    Place { role: role.into(), grants: grants.iter().map(grant).collect() }
}

fn member(user_id: &str, place: Place) -> Member {
    Member { user_id: user_id.into(), place, suspended: false, founded: false, etag: "1".into() }
}

fn desired(people: Vec<Person>) -> Desired {
    Desired { people, ..Desired::default() }
}

/// The changes in their order, each as a sign and the person.
fn signs(plan: &Plan) -> Vec<String> {
    let sign = |change: &Change| match change.what {
        What::Add(_) => format!("+{}", change.user_id),
        What::Change { .. } => format!("~{}", change.user_id),
        What::Remove => format!("-{}", change.user_id),
    };
    plan.changes.iter().map(sign).collect()
}

#[test]
fn new_owners_come_before_old_ones_go_and_the_actor_is_lowered_last() {
    let people = vec![
        person("new", "owner", &[]),
        person("up", "owner", &[]),
        person("granted", "member", &[("x", "read")]),
        person("ada", "member", &[]),
        person("down", "member", &[]),
    ];
    let present = [
        member("gone", place("owner", &[])),
        member("down", place("owner", &[])),
        member("ada", place("owner", &[])),
        member("granted", place("member", &[])),
        member("up", place("member", &[])),
    ];
    let plan = plan(&desired(people), &present, &rules(), PRUNE);
    assert_eq!(signs(&plan), ["+new", "~up", "~granted", "~down", "-gone", "~ada"]);
}

#[test]
fn ids_stay_as_they_are_in_the_team() {
    let people = vec![person("ADA", "owner", &[]), person("bOb", "owner", &[])];
    let present = [member("Ada", place("owner", &[])), member("Bob", place("member", &[]))];
    let plan = plan(&desired(people), &present, &rules(), WISH);
    assert_eq!((signs(&plan), plan.unchanged), (vec!["~Bob".to_owned()], 1));
}

#[test]
fn who_may_be_several_members_is_bad_and_nobody_is_touched() {
    let present = [member("Ada", place("owner", &[])), member("ada", place("member", &[]))];
    let plan = plan(&desired(vec![person("ADA", "owner", &[])]), &present, &rules(), PRUNE);
    assert_eq!(signs(&plan), Vec::<String>::new());
    assert_eq!(plan.bad[0].what, "ADA may be any of the members Ada, ada");
}

#[test]
fn nobody_is_removed_unless_it_is_asked_for_and_the_lists_are_whole() {
    let present = [member("gone", place("member", &[])), member("Dan", place("member", &[]))];
    let mut wanted = desired(vec![]);
    wanted.strangers = BTreeSet::from(["dan".to_owned()]);
    let kept = plan(&wanted, &present, &rules(), WISH);
    assert_eq!((signs(&kept), kept.extra), (vec![], vec!["gone".to_owned()]));
    assert_eq!(signs(&plan(&wanted, &present, &rules(), PRUNE)), ["-gone"]);
    wanted.incomplete = true;
    let kept = plan(&wanted, &present, &rules(), PRUNE);
    assert_eq!((signs(&kept), kept.extra, kept.bad.len()), (vec![], vec!["gone".to_owned()], 1));
}

#[test]
fn suspended_members_are_left() {
    let mut ada = member("ada", place("member", &[]));
    ada.suspended = true;
    let plan = plan(&desired(vec![person("ada", "owner", &[])]), &[ada], &rules(), WISH);
    assert_eq!((signs(&plan), plan.suspended), (vec![], vec!["ada".to_owned()]));
}

#[test]
fn an_admin_keeps_the_founders_role_and_a_member_does_not() {
    let present = [member("ada", place("founder", &[]))];
    let as_admin = plan(&desired(vec![person("ada", "owner", &[])]), &present, &rules(), WISH);
    assert_eq!((signs(&as_admin), as_admin.unchanged), (vec![], 1));
    let as_member = plan(&desired(vec![person("ada", "member", &[])]), &present, &rules(), WISH);
    assert_eq!(signs(&as_member), ["~ada"]);
}

#[test]
fn grants_become_those_of_the_file_and_others_stay() {
    let mut before = place("member", &[("lower", "admin"), ("end", "read"), ("same", "read")]);
    let all = Grant { kind: KIND.into(), resource: None, role: "write".into() };
    let other = Grant { kind: "board".into(), resource: None, role: "write".into() };
    before.grants.extend([all, other.clone()]);
    let wanted = person("ada", "member", &[("lower", "read"), ("new", "write"), ("same", "read")]);
    let plan = plan(&desired(vec![wanted]), &[member("ada", before)], &rules(), WISH);
    let [Change { what: What::Change { after, .. }, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    let mut expected = place("member", &[("lower", "read"), ("new", "write"), ("same", "read")]);
    expected.grants.insert(other);
    assert_eq!(*after, expected);
}

#[test]
fn what_the_file_leaves_unclear_is_not_lowered() {
    let check = |before: &[(&str, &str)], file: &[(&str, &str)], expected: &[(&str, &str)]| {
        let mut wanted = person("ada", "member", file);
        wanted.unclear = BTreeSet::from(["x".to_owned()]);
        let present = [member("ada", place("member", before))];
        let after = applied(&present, &plan(&desired(vec![wanted]), &present, &rules(), WISH));
        assert_eq!(after[0].place, place("member", expected), "{before:?} {file:?}");
    };
    check(&[("x", "write")], &[], &[("x", "write")]);
    check(&[("x", "write")], &[("x", "read")], &[("x", "write")]);
    check(&[("x", "write")], &[("x", "admin")], &[("x", "admin")]);
    check(&[], &[], &[]);
}

#[test]
fn a_newcomer_whose_resources_are_unclear_is_not_let_in_to_all_of_them() {
    let check = |scoping: &[&str], file: &[(&str, &str)], added: bool| {
        let mut rules = rules();
        rules.kind.as_mut().unwrap().scoping = scoping.iter().map(|role| (*role).to_owned()).collect();
        let mut wanted = person("ada", "member", file);
        wanted.unclear = BTreeSet::from(["x".to_owned()]);
        let plan = plan(&desired(vec![wanted]), &[], &rules, WISH);
        assert_eq!(!plan.changes.is_empty(), added, "{scoping:?} {file:?}");
    };
    check(&["member"], &[], false);
    check(&["member"], &[("y", "read")], true);
    check(&["owner"], &[], true);
    check(&[], &[], true);
}

#[test]
fn another_admin_gives_the_actor_its_grants() {
    let granted = |login| person(login, "owner", &[("x", "read")]);
    let owner = |id| member(id, place("owner", &[]));
    let check = |people: Vec<Person>, present: &[Member], expected: Option<&str>| {
        let plan = plan(&desired(people), present, &rules(), WISH);
        let own = plan.changes.iter().find(|change| change.user_id == "ada").unwrap();
        assert_eq!(own.by.as_deref(), expected, "{plan:?}");
        assert!(plan.changes.iter().all(|change| change.user_id == "ada" || change.by.is_none()));
    };
    let eve = || person("eve", "owner", &[]);
    check(vec![granted("ada"), eve(), granted("Bob")], &[owner("ada"), owner("bob")], Some("bob"));
    check(vec![granted("ada"), eve()], &[owner("ada"), member("Eve", place("member", &[]))], Some("Eve"));
    check(vec![granted("ada"), eve()], &[owner("ada")], Some("eve"));
    check(vec![granted("ada"), eve()], &[owner("ada"), Member { suspended: true, ..owner("eve") }], None);
}

#[test]
fn dormant_grants_that_nobody_can_give_are_told_and_left() {
    let mut rules = rules();
    let present = [member("ada", place("owner", &[]))];
    let wanted = desired(vec![person("ada", "owner", &[("x", "read")])]);
    assert_eq!(signs(&plan(&wanted, &present, &rules, WISH)), ["~ada"]);
    rules.kind.as_mut().unwrap().reaching_all = vec!["owner".into()];
    let plan = plan(&wanted, &present, &rules, WISH);
    assert_eq!((signs(&plan), plan.dormant.as_deref()), (vec![], Some("ada")));
}

/// The members after the changes.
fn applied(present: &[Member], plan: &Plan) -> Vec<Member> {
    let mut members = present.to_vec();
    for change in &plan.changes {
        match &change.what {
            What::Add(place) => members.push(member(&change.user_id, place.clone())),
            What::Remove => members.retain(|member| member.user_id != change.user_id),
            What::Change { before, after } => {
                let member = members.iter_mut().find(|member| member.user_id == change.user_id).unwrap();
                assert_eq!(member.place, *before);
                member.place = after.clone();
            }
        }
    }
    members
}

fn a_login() -> impl Strategy<Value = String> {
    "[a-dA-D]{1,2}"
}

fn a_person() -> impl Strategy<Value = Person> {
    let grants = btree_map("[xyz]", prop::sample::select(&KIND_ROLES[..]).prop_map(str::to_owned), 0..3);
    let unclear = prop::collection::btree_set("[xyz]", 0..2);
    (a_login(), any::<bool>(), grants, unclear).prop_map(|(login, is_admin, grants, unclear)| {
        let role = if is_admin { "owner" } else { "member" };
        Person { grants, unclear, ..person(&login, role, &[]) }
    })
}

fn a_member() -> impl Strategy<Value = Member> {
    let kind = prop::sample::select(&[KIND, "board"][..]);
    let grants = btree_map((kind, option::of("[xyz]")), prop::sample::select(&KIND_ROLES[..]), 0..4);
    let role = prop::sample::select(&ROLES[..]);
    (a_login(), role, grants, prop::bool::weighted(0.1)).prop_map(|(user_id, role, grants, suspended)| {
        let grant = |((kind, resource), role): ((&str, Option<String>), &str)| Grant {
            kind: kind.into(),
            resource,
            role: role.into(),
        };
        let place = Place { role: role.into(), grants: grants.into_iter().map(grant).collect() };
        Member { suspended, ..member(&user_id, place) }
    })
}

/// The grants of a place that the file speaks of, by resource.
fn of_kind(place: &Place) -> BTreeMap<Option<&str>, &str> {
    let of_kind = place.grants.iter().filter(|grant| grant.kind == KIND);
    of_kind.map(|grant| (grant.resource.as_deref(), grant.role.as_str())).collect()
}

proptest! {
    #[test]
    fn a_plan_makes_the_team_what_the_file_records(
        mut people in vec(a_person(), 0..8),
        mut present in vec(a_member(), 0..8),
        prune: bool,
    ) {
        let mut seen = BTreeSet::new();
        people.retain(|person| seen.insert(key(&person.login)));
        let mut seen = BTreeSet::new();
        present.retain(|member| seen.insert(member.user_id.clone()));
        let wanted = desired(people);
        let wish = Wish { prune, actor: "a" };
        let plan_made = plan(&wanted, &present, &rules(), wish);
        let after = applied(&present, &plan_made);

        for person in &wanted.people {
            let same = |member: &&Member| key(&member.user_id) == key(&person.login);
            let found: Vec<&Member> = after.iter().filter(same).collect();
            let before = present.iter().find(same);
            let [member] = found[..] else {
                // Several were there, and are still.
                prop_assert_eq!(found.len(), present.iter().filter(same).count());
                continue;
            };
            if member.suspended {
                prop_assert_eq!(&member.place, &before.unwrap().place);
                continue;
            }
            let kept_founder = person.is_admin && member.place.role == "founder";
            prop_assert!(kept_founder || member.place.role == person.role);
            let grants = of_kind(&member.place);
            for (resource, role) in &person.grants {
                let has = grants.get(&Some(resource.as_str()));
                prop_assert!(has == Some(&role.as_str()) || person.unclear.contains(resource));
            }
            for resource in grants.keys() {
                let named = |resource: &&str| person.grants.contains_key(*resource) || person.unclear.contains(*resource);
                prop_assert!(resource.as_ref().is_some_and(named), "{:?} is not in the file", resource);
            }
            let others = |place: &Place| place.grants.iter().filter(|grant| grant.kind != KIND).cloned().collect::<Vec<_>>();
            prop_assert_eq!(others(&member.place), before.map_or(vec![], |before| others(&before.place)));
        }
        for member in &present {
            let named = wanted.people.iter().any(|person| key(&person.login) == key(&member.user_id));
            let stays = after.iter().any(|after| after.user_id == member.user_id);
            prop_assert_eq!(stays, named || !prune);
        }
        // Twice changes nothing.
        prop_assert_eq!(signs(&plan(&wanted, &after, &rules(), wish)), Vec::<String>::new());
    }
}

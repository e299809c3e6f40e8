//! The counts of members stand in a table of their own; they must always be what counting would give.

use roster_domain::{Access, Change, MemberState, PersonKey, TeamId};
use roster_store::{Locked, Store};

use crate::asks::Asks;
use crate::database::{Database, on_both};
use crate::scene::{club, context, finish, joined, left, lock, person, role, suspended, team, user};

const ROLES: [&str; 3] = ["owner", "steward", "guest"];

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// A member as the case remembers it.
#[derive(Clone, Copy)]
struct Known {
    person: PersonKey,
    role: &'static str,
    state: MemberState,
}

async fn check(db: &Database, team: TeamId, members: &[Known], step: &str) {
    let counted =
        "SELECT role || ' ' || state || ' ' || count(*) FROM members GROUP BY role, state ORDER BY 1";
    let stored = "SELECT role || ' ' || state || ' ' || count FROM member_counts WHERE count <> 0 ORDER BY 1";
    assert_eq!(db.texts(stored).await, db.texts(counted).await, "{step}");
    for state in [MemberState::Active, MemberState::Suspended] {
        for name in [None, Some("owner"), Some("steward"), Some("guest")] {
            let matches = |m: &&Known| m.state == state && name.is_none_or(|name| m.role == name);
            let known = i64::try_from(members.iter().filter(matches).count()).unwrap();
            let count = db.store.count_members(team, state, name.map(role).as_ref()).await.unwrap();
            assert_eq!(count, known, "{step}: {name:?}, {state:?}");
        }
    }
    let seen = db.store.see(team, &user("p0"), |_| true).await.unwrap().unwrap();
    let active = members.iter().filter(|member| member.state == MemberState::Active).count();
    assert_eq!(seen.team.member_count, i64::try_from(active).unwrap(), "{step}");
}

/// One random change of the team.
fn step(random: &mut Random, people: &[PersonKey], members: &mut Vec<Known>) -> Change {
    let outsiders: Vec<_> = people.iter().filter(|p| members.iter().all(|m| m.person != **p)).collect();
    let choice = random.below(10);
    if members.is_empty() || (choice < 4 && !outsiders.is_empty()) {
        let known = Known {
            person: *outsiders[random.below(outsiders.len())],
            role: ROLES[random.below(3)],
            state: MemberState::Active,
        };
        members.push(known);
        return joined(known.person, known.role);
    }
    let at = random.below(members.len());
    let Known { person, role: old, state } = members[at];
    let active = state == MemberState::Active;
    match random.below(6) {
        0 if active => {
            members.swap_remove(at);
            left(person, old)
        }
        0 | 1 => {
            members.swap_remove(at);
            Change::MemberRemoved { person, state, role: role(old), access: Access::default() }
        }
        2 if active => {
            members[at].state = MemberState::Suspended;
            suspended(person, old)
        }
        2 | 3 if !active => {
            members[at].state = MemberState::Active;
            Change::MemberRestored { person, role: role(old) }
        }
        4 => transfer(random, members, at),
        _ => {
            let new = ROLES[random.below(3)];
            members[at].role = new;
            let (old_role, new_role, lowered) = (role(old), role(new), random.below(2) == 0);
            Change::MemberRoleChanged { person, state, old_role, new_role, lowered }
        }
    }
}

/// The role of a member moves to another active one, if there is one.
fn transfer(random: &mut Random, members: &mut [Known], from: usize) -> Change {
    let others: Vec<_> =
        (0..members.len()).filter(|at| *at != from && members[*at].state == MemberState::Active).collect();
    let Known { person, role: moves, state } = members[from];
    if others.is_empty() {
        let (old_role, new_role) = (role(moves), role(moves));
        return Change::MemberRoleChanged { person, state, old_role, new_role, lowered: false };
    }
    let to = others[random.below(others.len())];
    let becomes = ROLES[random.below(3)];
    let to_was = std::mem::replace(&mut members[to].role, moves);
    members[from].role = becomes;
    Change::OwnershipTransferred {
        role: role(moves),
        from: person,
        from_state: state,
        from_becomes: role(becomes),
        from_lowered: true,
        to: members[to].person,
        to_was: role(to_was),
        to_lowered: false,
    }
}

async fn commit(store: &Store, team: TeamId, changes: &[Change], keep: bool) {
    let Locked { mut tx, .. } = lock(store, team).await;
    tx.apply(&context(PersonKey(1)), team, changes).await.unwrap();
    if keep { finish(tx, b"").await } else { tx.undo().await.unwrap() }
}

#[tokio::test]
async fn counts_are_what_counting_gives() {
    on_both(async |db| {
        let team = team(&db.store, &club(), "p0").await;
        let mut people = Vec::new();
        for n in 0..12 {
            people.push(person(&db.store, &format!("p{n}")).await);
        }
        let mut members = vec![Known { person: people[0], role: "owner", state: MemberState::Active }];
        let mut random = Random(20_240_617);
        for round in 0..90 {
            let before = members.clone();
            let changes: Vec<_> =
                (0..=random.below(4)).map(|_| step(&mut random, &people, &mut members)).collect();
            let keep = random.below(6) > 0;
            commit(&db.store, team, &changes, keep).await;
            if !keep {
                members = before;
            }
            check(db, team, &members, &format!("round {round}: {changes:?}")).await;
        }
    })
    .await;
}

//! The counts of members stand in a table of their own; they must always be what counting would give.

use roster_domain::{Change, MemberState, PersonKey, TeamId};
use roster_store::{Locked, Store};

use crate::database::{Database, on_both};
use crate::scene::{club, context, joined, lock, person, role, team, user};

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
    let active = |name: Option<&str>| {
        let matches = |m: &&Known| m.state == MemberState::Active && name.is_none_or(|name| m.role == name);
        i64::try_from(members.iter().filter(matches).count()).unwrap()
    };
    assert_eq!(db.store.count_members(team, None).await.unwrap(), active(None), "{step}");
    for name in ROLES {
        let count = db.store.count_members(team, Some(&role(name))).await.unwrap();
        assert_eq!(count, active(Some(name)), "{step}: {name}");
    }
    let seen = db.store.see(team, &user("p0"), |_| true).await.unwrap().unwrap();
    assert_eq!(seen.team.member_count, active(None), "{step}");
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
    if choice < 7 {
        members.swap_remove(at);
        return Change::MemberRemoved { person, state, role: role(old) };
    }
    let new = ROLES[random.below(3)];
    members[at].role = new;
    Change::MemberRoleChanged { person, state, old_role: role(old), new_role: role(new) }
}

/// Suspends a member as a later version of the service does.
async fn suspend(db: &Database, member: &mut Known) {
    member.state = MemberState::Suspended;
    let Known { person, role, .. } = member;
    db.execute(&format!("UPDATE members SET state = 2 WHERE person = {}", person.0)).await;
    let less = format!("UPDATE member_counts SET count = count - 1 WHERE role = '{role}' AND state = 1");
    db.execute(&less).await;
    db.execute(&format!(
        "INSERT INTO member_counts (team_id, role, state, count) SELECT id, '{role}', 2, 1 FROM teams WHERE TRUE
         ON CONFLICT (team_id, role, state) DO UPDATE SET count = member_counts.count + 1"
    ))
    .await;
}

async fn commit(store: &Store, team: TeamId, changes: &[Change], keep: bool) {
    let Locked { mut tx, .. } = lock(store, team).await;
    tx.apply(&context(PersonKey(1)), team, changes).await.unwrap();
    if keep { tx.finish(b"").await.unwrap() } else { tx.undo().await.unwrap() }
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
        for round in 0..80 {
            let before = members.clone();
            let changes: Vec<_> =
                (0..=random.below(4)).map(|_| step(&mut random, &people, &mut members)).collect();
            let keep = random.below(6) > 0;
            commit(&db.store, team, &changes, keep).await;
            if !keep {
                members = before;
            } else if random.below(5) == 0 {
                let active = members.iter_mut().find(|member| member.state == MemberState::Active);
                if let Some(member) = active {
                    suspend(db, member).await;
                }
            }
            check(db, team, &members, &format!("round {round}: {changes:?}")).await;
        }
    })
    .await;
}

//! How many statements a call sends: as many in a team of 100,000 as in one of ten.

use roster_domain::decide::{NewRole, change_role, redeem_link};
use roster_domain::{MemberState, NewInviteLink, PersonKey, Policy, TeamId};
use roster_store::{Claim, Joining, LinkInvite, Locked, MemberChange, MemberQuery, Store};
use uuid::Uuid;

use crate::asks::Asks;
use crate::database::{Database, on_both};
use crate::listen::Listening;
use crate::scene::{HOUR, after, club, context, finish, fresh, guild, link, person, role, set, user};

const SMALL: u32 = 10;
const LARGE: u32 = 100_000;

/// A team with so many members, who are `user-1` and so on, its first two owners; a few have grants, which count where
/// the policy has kinds.
pub(crate) async fn crowd(db: &Database, members: u32) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let id = db.uuid(team.uuid());
    let numbers = format!(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {members})"
    );
    for sql in [
        // From those that are there already, the smaller crowd.
        format!(
            "{numbers} INSERT INTO people (user_id, created_at) SELECT 'user-' || n, 0 FROM numbers
             WHERE n > (SELECT count(*) FROM people)"
        ),
        format!(
            "INSERT INTO teams (id, policy, display_name, tier, caller, creator, revision, version, created_at)
             VALUES ({id}, 'club', 'Crowd', 'large', 'front-end', 1, 1, 1, 0)"
        ),
        format!(
            "INSERT INTO members (team_id, person, role, state, restricted, joined_at, join_method, version)
             SELECT {id}, id, CASE WHEN user_id IN ('user-1', 'user-2') THEN 'owner' ELSE 'guest' END, 1, '', id, 1, 1
             FROM people WHERE id <= {members}"
        ),
        format!(
            "INSERT INTO member_counts (team_id, role, state, count)
             SELECT team_id, role, state, count(*) FROM members WHERE team_id = {id} GROUP BY team_id, role, state"
        ),
    ] {
        db.execute(&sql).await;
    }
    team
}

/// Joins by a link as the service does.
async fn join(store: &Store, policy: &Policy, team: TeamId, (link, name): (&NewInviteLink, &str)) {
    let (user, policies) = (&user(name), std::slice::from_ref(policy));
    let question = Joining { invite: LinkInvite { link: link.id, digest: link.secret.digest }, user };
    let claim = Claim { key: link.secret.digest, request: [1; 32] };
    let loaded = store.lock_and_load(team, Some(claim), &set(policies), |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let found = facts.unwrap();
    // The crowd is larger than any tier.
    let unlimited = Policy { seats: None, ..policy.clone() };
    let changes = redeem_link(&unlimited, &found.facts, found.person().unwrap(), None, tx.now()).unwrap();
    tx.apply(&context(found.person().unwrap()), team, &changes).await.unwrap();
    finish(tx, b"").await;
}

/// An owner makes the other a guest, which asks whether it is the last one, and thinks better of it.
async fn demote(store: &Store, policy: &Policy, team: TeamId) {
    let policies = std::slice::from_ref(policy);
    let question = MemberChange { actor: &user("user-1"), target: &user("user-2") };
    let Locked { mut tx, facts, .. } =
        fresh(store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap());
    let guest = NewRole { role: &role("guest"), access: None, grant_cap: 0 };
    let changes = change_role(policy, &facts, &guest, None).unwrap();
    tx.apply(&context(PersonKey(1)), team, &changes).await.unwrap();
    tx.flush().await.unwrap();
    tx.undo().await.unwrap();
}

/// How many statements each of these sends.
#[derive(Debug, PartialEq)]
struct Sent {
    joining: usize,
    page: usize,
    demotion: usize,
}

async fn sent(db: &Database, policy: &Policy, team: TeamId) -> Sent {
    let store = &db.store;
    let name = Uuid::now_v7().to_string();
    person(store, &name).await;
    let link = link(store, team, PersonKey(1), after(store.now().await.unwrap(), HOUR)).await;
    let listening = Listening::begin();
    join(store, policy, team, (&link, &name)).await;
    let joining = listening.take().statements;
    let query = MemberQuery {
        state: MemberState::Active,
        role: None,
        resource: None,
        email_prefix: None,
        after: None,
        descending: false,
        limit: 10,
    };
    assert_eq!(store.members(team, &query).await.unwrap().len(), 10);
    let page = listening.take().statements;
    demote(store, policy, team).await;
    Sent { joining, page, demotion: listening.take().statements }
}

#[tokio::test]
async fn a_call_sends_as_many_whatever_the_size_of_the_team() {
    on_both(async |db| {
        let small = crowd(db, SMALL).await;
        let large = crowd(db, LARGE).await;
        for policy in [club(), guild()] {
            db.execute(&format!("UPDATE teams SET policy = '{}'", policy.name)).await;
            let few = sent(db, &policy, small).await;
            let many = sent(db, &policy, large).await;
            println!("{}, {}: in a team of {SMALL} {few:?}, of {LARGE} {many:?}", db.kind, policy.name);
            assert_eq!(few, many, "{} on {}", policy.name, db.kind);
        }
        // Grants come with the page.
        db.execute("INSERT INTO grants SELECT team_id, person, 'brand', 'acme', 'viewer' FROM members WHERE person < 8")
            .await;
        let (few, many) = (sent(db, &guild(), small).await, sent(db, &guild(), large).await);
        println!("{}, guild with grants: in a team of {SMALL} {few:?}, of {LARGE} {many:?}", db.kind);
        assert_eq!(few, many, "with grants on {}", db.kind);
    })
    .await;
}

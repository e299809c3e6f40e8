//! How many statements a call sends: as many in a team of 100,000 as in one of ten.

use roster_domain::decide::{NewRole, change_role, redeem_link};
use roster_domain::{MemberState, NewInviteLink, PersonKey, Policy, TeamId};
use roster_store::{Claim, Locked, MemberChange, MemberQuery, Redemption, Store};
use uuid::Uuid;

use crate::database::{Database, Kind, on_both};
use crate::listen::Listening;
use crate::scene::{HOUR, after, club, context, fresh, guild, link, person, role, user};

const SMALL: u32 = 10;
const LARGE: u32 = 100_000;

/// What joining by a link sends in a team whose rules have neither seats nor grants, to somebody who is known: the
/// claim, the lock, the team, the link, the person, its membership, its removal, the link's maker; the revision, the
/// member, the count, the link's use, the event; the member, the team, the answer. It was so before there were seats
/// and grants.
const JOINING: usize = 16;

/// How many of those write: the revision, the member, the count, the link's use, the event. Postgres gets them as one.
const JOINING_WRITES: usize = 5;

/// What a page of members sends.
const PAGE: usize = 1;

/// What a demotion sends without a claim: the lock, the team, the actor, the target, the count of holders; the
/// revision, the member, two counts, what older ways in are refused by, the event; the member.
const DEMOTION: usize = 12;

/// How many of those write.
const DEMOTION_WRITES: usize = 6;

/// What seats add to joining: the counts, and the pending invitations.
const SEATS: usize = 2;

/// What kinds add to joining: what the link's maker was granted, without which nobody knows whether it could make the
/// link now.
const MAKERS_GRANTS: usize = 1;

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
    let question = Redemption { user, link: link.id, digest: link.secret.digest, policies };
    let claim = Claim { key: link.secret.digest, request: [1; 32] };
    let loaded = store.lock_and_load(team, Some(claim), |_| true, question).await.unwrap();
    let Locked { mut tx, facts, .. } = fresh(loaded);
    let found = facts.unwrap();
    // The crowd is larger than any tier.
    let unlimited = Policy { seats: None, ..policy.clone() };
    let changes = redeem_link(&unlimited, &found.facts, found.person, None, tx.now()).unwrap();
    tx.apply(&context(found.person), team, &changes).await.unwrap();
    tx.member(team, found.person).await.unwrap().unwrap();
    tx.team(team).await.unwrap().unwrap();
    tx.finish(b"").await.unwrap();
}

/// An owner makes the other a guest, which asks whether it is the last one, and thinks better of it.
async fn demote(store: &Store, policy: &Policy, team: TeamId) {
    let policies = std::slice::from_ref(policy);
    let question = MemberChange { actor: &user("user-1"), target: &user("user-2"), policies };
    let Locked { mut tx, facts, .. } =
        fresh(store.lock_and_load(team, None, |_| true, question).await.unwrap());
    let guest = NewRole { role: &role("guest"), access: None, grant_cap: 0 };
    let changes = change_role(policy, &facts, &guest, None).unwrap();
    tx.apply(&context(PersonKey(1)), team, &changes).await.unwrap();
    tx.member(team, PersonKey(2)).await.unwrap().unwrap();
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

/// What joining and a demotion send without seats and grants.
fn bare(db: &Database) -> (usize, usize) {
    match db.kind {
        Kind::Sqlite => (JOINING, DEMOTION),
        Kind::Postgres => (JOINING - JOINING_WRITES + 1, DEMOTION - DEMOTION_WRITES + 1),
    }
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
            let seats = if policy.seats.is_some() { SEATS } else { 0 };
            let (of_maker, grants) = if policy.kinds.is_empty() { (0, 0) } else { (MAKERS_GRANTS, 2) };
            let (joining, demotion) = bare(db);
            assert_eq!(few.joining, joining + seats + of_maker, "{} on {}", policy.name, db.kind);
            assert_eq!((few.page, few.demotion), (PAGE, demotion + grants), "{} on {}", policy.name, db.kind);
        }
        // Where a page has grants, they are one statement for all of it.
        db.execute("INSERT INTO grants SELECT team_id, person, 'brand', 'acme', 'viewer' FROM members WHERE person < 8")
            .await;
        let (few, many) = (sent(db, &guild(), small).await, sent(db, &guild(), large).await);
        println!("{}, guild with grants: in a team of {SMALL} {few:?}, of {LARGE} {many:?}", db.kind);
        assert_eq!(few, many, "with grants on {}", db.kind);
        let joining = bare(db).0 + SEATS + MAKERS_GRANTS;
        assert_eq!((few.joining, few.page), (joining, PAGE + 1), "with grants on {}", db.kind);
    })
    .await;
}

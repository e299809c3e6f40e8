//! What a call costs does not grow with the team.

use roster_domain::decide::InviteLinkState;
use roster_domain::{LinkId, PersonKey, TeamId, Timestamp};
use roster_store::{
    EventFilter, EventType, LinkCreation, LinkPlace, LinkQuery, MemberChange, MemberQuery, Redemption, Store,
    TeamQuery,
};
use uuid::Uuid;

use crate::database::{Database, on_postgres};
use crate::plan::{Plans, tell_plans};
use crate::scene::{Nothing, club, fresh, policy_name, role, user};

/// How many rows one step of a plan may handle for a page of 50: a few for each, and none for the rest of the team.
const MOST: f64 = 400.0;

/// A team of 20,000 with 3,000 links and 60,000 events, and 20,000 small ones, of which `user-7` is in 2,000.
async fn large(db: &Database) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let id = db.uuid(team.uuid());
    let teams = "INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)";
    let members = "INSERT INTO members
        (team_id, person, role, state, email, email_key, joined_at, join_method, version)";
    for sql in [
        "INSERT INTO people (user_id, created_at) SELECT 'user-' || n, 0 FROM generate_series(1, 40000) n".into(),
        format!("{teams} VALUES ({id}, 'club', 'Large', 'front-end', 1, 20000, 1, 0)"),
        format!(
            "{teams} SELECT gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 'choir' ELSE 'club' END, 'Small',
               'front-end', n, 1, 1, 0 FROM generate_series(1, 20000) n"
        ),
        format!(
            "{members} SELECT {id}, n, CASE WHEN n <= 3 THEN 'owner' WHEN n % 2 = 0 THEN 'steward' ELSE 'guest' END,
               1, 'User-' || n || '@example.org', 'user-' || n || '@example.org', n * 1000, 1, 1
             FROM generate_series(1, 20000) n"
        ),
        format!("{members} SELECT id, creator, 'owner', 1, NULL, NULL, 0, 1, 1 FROM teams WHERE id <> {id}"),
        format!(
            "{members} SELECT id, 7, 'guest', 1, NULL, NULL, 1, 2, 1 FROM teams
               WHERE creator % 10 = 0 AND id <> {id}"
        ),
        "INSERT INTO member_counts (team_id, role, state, count)
           SELECT team_id, role, state, count(*) FROM members GROUP BY 1, 2, 3"
            .into(),
        format!(
            "INSERT INTO invite_links (id, team_id, role, maker, revision, digest, salt, generation, key_id,
               created_at, expires_at, revoked_at, uses)
             SELECT gen_random_uuid(), {id}, 'guest', 2 * n, 1, sha256(n::text::bytea), '\\x00', 0, 'first', 0,
               CASE WHEN n > 2990 THEN 9000000000000000 ELSE n END, NULL, 0 FROM generate_series(1, 3000) n"
        ),
        format!(
            "INSERT INTO events (id, team_id, revision, position, type, at, actor, target, caller, payload)
             SELECT gen_random_uuid(), {id}, n / 3 + 1, n % 3, 'member_removed', n, n % 1000 + 1, n, 'front-end',
               '{{\"type\": \"member_removed\", \"role\": \"guest\"}}' FROM generate_series(0, 59999) n"
        ),
        "INSERT INTO removals (team_id, person, revision) SELECT team_id, person, 1 FROM members".into(),
    ] {
        db.execute(&sql).await;
    }
    db.execute("VACUUM ANALYZE").await;
    team
}

/// Runs one thing that the store does and fails where any of its statements reads too much.
struct Watch<'a> {
    plans: &'a Plans,
}

impl Watch<'_> {
    async fn cheap<T>(&self, what: &str, done: impl Future<Output = T>) -> T {
        self.plans.take();
        let done = done.await;
        let plans = self.plans.take();
        assert!(!plans.is_empty(), "{what}: no plan was told");
        for plan in plans {
            if let Some(problem) = plan.too_much(MOST) {
                panic!("{what}: {problem}:\n{plan}");
            }
        }
        done
    }

    /// The same, and by that index.
    async fn by<T>(&self, what: &str, index: &str, done: impl Future<Output = T>) -> T {
        self.plans.take();
        let done = done.await;
        let plans = self.plans.take();
        let used: Vec<_> = plans.iter().flat_map(crate::plan::Plan::indexes).collect();
        let all: String = plans.iter().map(ToString::to_string).collect();
        assert!(used.iter().any(|used| used == index), "{what}: not by {index}:\n{all}");
        for plan in plans {
            if let Some(problem) = plan.too_much(MOST) {
                panic!("{what}: {problem}:\n{plan}");
            }
        }
        done
    }
}

fn page(after: Option<i64>) -> MemberQuery {
    MemberQuery {
        role: None,
        email_prefix: None,
        after: after.map(|n| (Timestamp::from_micros(n * 1000), PersonKey(n))),
        descending: false,
        limit: 51,
    }
}

#[tokio::test]
async fn nothing_reads_the_whole_team() {
    on_postgres(async |db| {
        tell_plans(db).await;
        let team = large(db).await;
        let store = db.another_store().await;
        let plans = Plans::listen();
        let watch = Watch { plans: &plans };
        members(&watch, &store, team).await;
        teams(&watch, &store, team).await;
        links(&watch, &store, team).await;
        events(&watch, &store, team).await;
        mutations(&watch, &store, team).await;
    })
    .await;
}

async fn members(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let list = async |query: MemberQuery| {
        let page = store.members(team, &query).await.unwrap();
        page.into_iter().map(|member| member.person.0).collect::<Vec<_>>()
    };
    for (after, first) in [(None, 1), (Some(15_000), 15_001)] {
        let found = watch.by("members", "members_joined", list(page(after))).await;
        assert_eq!((found.len(), found[0]), (51, first));
        let query = MemberQuery { descending: true, ..page(after) };
        let found = watch.by("members, the last first", "members_joined", list(query)).await;
        assert_eq!((found.len(), found[0]), (51, after.map_or(20_000, |n| n - 1)));
        let query = MemberQuery { role: Some(role("steward")), ..page(after) };
        assert_eq!(watch.by("members of a role", "members_role", list(query)).await.len(), 51);
    }
    let query = MemberQuery { role: Some(role("owner")), ..page(None) };
    assert_eq!(watch.by("members of a rare role", "members_role", list(query)).await, [1, 2, 3]);
    for (prefix, found) in [("user-1234", 11), ("user-12345@example.org", 1), ("zed", 0), ("user-123", 51)] {
        let query = MemberQuery { email_prefix: Some(prefix.into()), ..page(None) };
        let what = format!("members whose address begins with {prefix}");
        assert_eq!(watch.by(&what, "members_email", list(query)).await.len(), found, "{what}");
    }
    // Where all match, the order of the list serves better.
    for after in [None, Some(15_000)] {
        let query = MemberQuery { email_prefix: Some("user".into()), ..page(after) };
        assert_eq!(watch.cheap("members of a common prefix", list(query)).await.len(), 51);
    }
    watch.cheap("a member", store.member(team, &user("user-500"))).await.unwrap().unwrap();
    watch.cheap("the number of members", store.count_members(team, None)).await.unwrap();
}

async fn teams(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let list = async |name: &str, role_name: &str, after: Option<TeamId>| {
        let roles = vec![(policy_name("club"), role(role_name)), (policy_name("choir"), role(role_name))];
        let query = TeamQuery { roles, after, limit: 51 };
        store.teams_of(&user(name), &query).await.unwrap()
    };
    let first = watch.by("teams of a person", "members_person", list("user-7", "guest", None)).await;
    assert_eq!(first.len(), 51);
    let last = first.last().map(|team| team.id);
    let next = watch.by("teams of a person, on", "members_person", list("user-7", "guest", last)).await;
    assert_eq!(next.len(), 51);
    assert_eq!(watch.cheap("teams of a person in one", list("user-9", "owner", None)).await.len(), 1);
    let seen = watch.cheap("a team", store.see(team, &user("user-7"), |_| true)).await.unwrap().unwrap();
    assert_eq!(seen.team.member_count, 20_000);
}

async fn links(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let digest = sha256_of_2995(store, team).await;
    let (place, _) = watch.cheap("a link by its digest", store.find_link(digest)).await.unwrap().unwrap();
    watch.cheap("a preview", store.preview(place, digest, &user("user-9"), |_| true)).await.unwrap().unwrap();
    watch.cheap("a link", store.link(team, place.link)).await.unwrap().unwrap();
    let policy = club();
    for (state, after) in [(None, None), (None, Some(place.link)), (Some(InviteLinkState::Expired), None)] {
        let now = Timestamp::from_micros(1_000_000);
        let query = LinkQuery { policy: &policy, state, now, after, limit: 51 };
        watch.cheap("links", store.links(team, &query)).await.unwrap();
    }
}

/// The digest of a link that is live, as it stands in the list.
async fn sha256_of_2995(store: &Store, team: TeamId) -> [u8; 32] {
    let policy = club();
    let now = Timestamp::from_micros(1_000_000);
    let query = LinkQuery { policy: &policy, state: Some(InviteLinkState::Live), now, after: None, limit: 1 };
    store.links(team, &query).await.unwrap().remove(0).secret.digest
}

async fn events(watch: &Watch<'_>, store: &Store, team: TeamId) {
    for after in [None, Some((9_000, 1))] {
        let filter = EventFilter { after, limit: 51, ..Default::default() };
        assert_eq!(watch.by("events", "events_team", store.events(team, &filter)).await.unwrap().len(), 51);
        let types = vec![EventType::MemberRemoved];
        let filter = EventFilter { types, after, limit: 51, ..Default::default() };
        assert_eq!(watch.cheap("events of a kind", store.events(team, &filter)).await.unwrap().len(), 51);
    }
}

async fn mutations(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let lock = store.lock_and_load(team, None, |_| true, Nothing);
    fresh(watch.cheap("a lock", lock).await.unwrap()).tx.undo().await.unwrap();

    let (actor, target) = (&user("user-1"), &user("user-500"));
    let question = MemberChange { actor, target };
    let lock = store.lock_and_load(team, None, |_| true, question);
    let locked = fresh(watch.cheap("facts of a change of a member", lock).await.unwrap());
    assert!(locked.facts.holders_of_target_role > 9_000);
    locked.tx.undo().await.unwrap();

    let policies = [club()];
    let lock = store.lock_and_load(team, None, |_| true, LinkCreation { actor, policies: &policies });
    let locked = fresh(watch.cheap("facts of making a link", lock).await.unwrap());
    assert_eq!(locked.facts.live_links, 10);
    locked.tx.undo().await.unwrap();

    let digest = sha256_of_2995(store, team).await;
    let (LinkPlace { link, .. }, _) = store.find_link(digest).await.unwrap().unwrap();
    let question = Redemption { user: &user("user-30000"), link, digest };
    let lock = store.lock_and_load(team, None, |_| true, question);
    let locked = fresh(watch.cheap("facts of redeeming a link", lock).await.unwrap());
    let person = locked.facts.unwrap().person;
    let mut tx = locked.tx;
    let joined = [crate::scene::joined(person, "guest")];
    watch.cheap("joining", tx.apply(&crate::scene::context(person), team, &joined)).await.unwrap();
    watch.cheap("the new member", tx.member(team, person)).await.unwrap().unwrap();
    watch.cheap("a link inside", tx.link(team, LinkId::from_uuid(Uuid::now_v7()))).await.unwrap();
    tx.undo().await.unwrap();

    let creation = store.lock_creator(target, None);
    fresh(watch.cheap("facts of creating a team", creation).await.unwrap()).tx.undo().await.unwrap();
}

//! What a call costs does not grow with the team.

use roster_domain::decide::InviteLinkState;
use roster_domain::{PersonKey, TeamId, Timestamp};
use roster_store::{
    EventFilter, EventType, LinkCreation, LinkPlace, LinkQuery, MemberChange, MemberQuery, Redemption, Store,
    TeamQuery,
};
use uuid::Uuid;

use crate::database::{Database, on_postgres};
use crate::plan::{Plan, Plans, tell_plans};
use crate::scene::{club, context, fresh, joined, policy_name, role, user};

/// How many rows one step of a plan may handle for a page of 50: a few for each, and none for the rest of the team.
const MOST: f64 = 400.0;

/// A team of 20,000 with 3,000 links and 60,000 events, and 20,000 small ones, of which `user-7` is in 2,000.
async fn large(db: &Database) -> TeamId {
    let team = TeamId::from_uuid(Uuid::now_v7());
    let id = db.uuid(team.uuid());
    let teams =
        "INSERT INTO teams (id, policy, display_name, caller, creator, revision, version, created_at)";
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
             SELECT gen_random_uuid(), {id}, 'guest', 2 * n, n, sha256(n::text::bytea), decode(repeat('00', 16), 'hex'), 0, 'first', 0,
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

/// How often each thing is done: from the sixth time on Postgres may take one plan for all parameters, made without
/// knowing which team is meant, and a plan that suits small teams must suit the large one too.
const TIMES: usize = 8;

impl Watch<'_> {
    /// Every statement reads little, every time.
    async fn cheap<T>(&self, what: &str, action: impl AsyncFn() -> T) -> T {
        self.indexes(what, action).await.1
    }

    /// The same, and by that index.
    async fn by<T>(&self, what: &str, index: &str, action: impl AsyncFn() -> T) -> T {
        let (used, done) = self.indexes(what, action).await;
        assert!(used.iter().any(|used| used == index), "{what}: not by {index} but by {used:?}");
        done
    }

    async fn indexes<T>(&self, what: &str, action: impl AsyncFn() -> T) -> (Vec<String>, T) {
        for _ in 1..TIMES {
            self.once(what, &action).await;
        }
        self.once(what, &action).await
    }

    async fn once<T>(&self, what: &str, action: &impl AsyncFn() -> T) -> (Vec<String>, T) {
        self.plans.take();
        let done = action().await;
        let plans = self.plans.take();
        assert!(!plans.is_empty(), "{what}: no plan was told");
        for plan in &plans {
            if let Some(problem) = plan.too_much(MOST) {
                panic!("{what}: {problem}:\n{plan}");
            }
        }
        (plans.iter().flat_map(Plan::indexes).collect(), done)
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
    let by = async |index: &str, query: MemberQuery| {
        let what = format!("members, {query:?}");
        let page = watch.by(&what, index, async || store.members(team, &query).await.unwrap()).await;
        page.into_iter().map(|member| member.person.0).collect::<Vec<_>>()
    };
    for (after, first) in [(None, 1), (Some(15_000), 15_001)] {
        let found = by("members_joined", page(after)).await;
        assert_eq!((found.len(), found[0]), (51, first));
        let found = by("members_joined", MemberQuery { descending: true, ..page(after) }).await;
        assert_eq!((found.len(), found[0]), (51, after.map_or(20_000, |n| n - 1)));
        let query = MemberQuery { role: Some(role("steward")), ..page(after) };
        assert_eq!(by("members_role", query).await.len(), 51);
    }
    let query = MemberQuery { role: Some(role("owner")), ..page(None) };
    assert_eq!(by("members_role", query).await, [1, 2, 3]);
    // Where all match, the order of the list serves better. Only a plan for this very prefix can know that, so this is
    // asked before Postgres may take one for all prefixes.
    for after in [None, Some(15_000)] {
        let query = MemberQuery { email_prefix: Some("user".into()), ..page(after) };
        let (used, page) =
            watch.once("a common prefix", &async || store.members(team, &query).await.unwrap()).await;
        assert!(used.contains(&"members_joined".to_owned()) && page.len() == 51, "{used:?}");
    }
    for (prefix, found) in [("user-1234", 11), ("user-12345@example.org", 1), ("zed", 0), ("user-123", 51)] {
        let query = MemberQuery { email_prefix: Some(prefix.into()), ..page(None) };
        assert_eq!(by("members_email", query).await.len(), found, "{prefix}");
    }
    watch.cheap("a member", async || store.member(team, &user("user-15000")).await.unwrap().unwrap()).await;
    watch.cheap("the number of members", async || store.count_members(team, None).await.unwrap()).await;
}

async fn teams(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let list = async |name: &str, role_name: &str, after: Option<TeamId>| {
        let roles = vec![(policy_name("club"), role(role_name)), (policy_name("choir"), role(role_name))];
        let query = TeamQuery { roles, after, limit: 51 };
        let teams = async || store.teams_of(&user(name), &query).await.unwrap();
        watch.by(&format!("teams of {name} as {role_name}"), "members_person", teams).await
    };
    let first = list("user-7", "guest", None).await;
    assert_eq!(first.len(), 51);
    assert_eq!(list("user-7", "guest", first.last().map(|team| team.id)).await.len(), 51);
    assert_eq!(list("user-9", "owner", None).await.len(), 1);
    let see = async || store.see(team, &user("user-15000"), |_| true).await.unwrap().unwrap();
    assert_eq!(watch.cheap("a team", see).await.team.member_count, 20_000);
}

async fn links(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let digest = digest_of_a_live_link(store, team).await;
    let (place, _) = watch.cheap("a digest", async || store.find_link(digest).await.unwrap().unwrap()).await;
    let look = async || store.preview(place, digest, &user("user-9"), |_| true).await.unwrap().unwrap();
    watch.cheap("a preview", look).await;
    watch.cheap("a link", async || store.link(team, place.link).await.unwrap().unwrap()).await;
    let policy = club();
    let (live, gone) = (Some(InviteLinkState::Live), Some(InviteLinkState::MakerGone));
    let expired = Some(InviteLinkState::Expired);
    for (state, after, found) in
        [(None, None, 51), (None, Some(1_500), 51), (expired, None, 51), (live, None, 10), (gone, None, 0)]
    {
        let now = Timestamp::from_micros(1_000_000);
        let query = LinkQuery { policy: &policy, state, now, after, limit: 51 };
        let list = async || store.links(team, &query).await.unwrap();
        let page = watch.cheap(&format!("links, {state:?}"), list).await;
        assert!(page.len() == found || after.is_some(), "{state:?}");
    }
}

/// The digest of a link that is live, as it stands in the list.
async fn digest_of_a_live_link(store: &Store, team: TeamId) -> [u8; 32] {
    let policy = club();
    let now = Timestamp::from_micros(1_000_000);
    let query = LinkQuery { policy: &policy, state: Some(InviteLinkState::Live), now, after: None, limit: 1 };
    store.links(team, &query).await.unwrap().remove(0).secret.digest
}

async fn events(watch: &Watch<'_>, store: &Store, team: TeamId) {
    for after in [None, Some((9_000, 1))] {
        for types in [vec![], vec![EventType::MemberRemoved]] {
            let filter = EventFilter { types, after, limit: 51, ..Default::default() };
            let list = async || store.events(team, &filter).await.unwrap();
            assert_eq!(watch.by("events", "events_team", list).await.len(), 51);
        }
    }
}

async fn mutations(watch: &Watch<'_>, store: &Store, team: TeamId) {
    let (actor, target) = (&user("user-1"), &user("user-15000"));
    let ask = async || {
        let question = MemberChange { actor, target };
        let locked = fresh(store.lock_and_load(team, None, |_| true, question).await.unwrap());
        locked.tx.undo().await.unwrap();
        locked.facts
    };
    assert!(watch.cheap("facts of a change of a member", ask).await.holders_of_target_role > 9_000);

    let policies = [club()];
    let ask = async || {
        let question = LinkCreation { actor, policies: &policies };
        let locked = fresh(store.lock_and_load(team, None, |_| true, question).await.unwrap());
        locked.tx.undo().await.unwrap();
        locked.facts
    };
    assert_eq!(watch.cheap("facts of making a link", ask).await.live_links, 10);

    let digest = digest_of_a_live_link(store, team).await;
    let (LinkPlace { link, .. }, _) = store.find_link(digest).await.unwrap().unwrap();
    let join = async || {
        let question = Redemption { user: &user("user-30000"), link, digest };
        let locked = fresh(store.lock_and_load(team, None, |_| true, question).await.unwrap());
        let person = locked.facts.unwrap().person;
        let mut tx = locked.tx;
        tx.apply(&context(person), team, &[joined(person, "guest")]).await.unwrap();
        tx.member(team, person).await.unwrap().unwrap();
        tx.link(team, link).await.unwrap().unwrap();
        tx.undo().await.unwrap();
    };
    watch.cheap("joining by a link", join).await;

    let create = async || fresh(store.lock_creator(target, None).await.unwrap()).tx.undo().await.unwrap();
    watch.cheap("facts of creating a team", create).await;
}

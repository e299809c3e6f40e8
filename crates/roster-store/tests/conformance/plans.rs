//! What a call costs does not grow with the team.
//!
//! The plans of what has to do with grants and seats are in `plans_access`, those of invitations, codes and mails in
//! `plans_ways_in`.

use std::rc::Rc;

use roster_domain::decide::InviteLinkState;
use roster_domain::{
    Change, EmailAddress, InvitationId, MemberState, PersonKey, PolicyName, TeamId, Timestamp,
};
use roster_store::{
    EventFilter, EventType, Inviting, Joining, LinkCreation, LinkInvite, LinkPlace, LinkQuery, MemberChange,
    MemberQuery, Store, TeamQuery,
};

use crate::asks::{Asks, Invites, Onlooker};
use crate::database::on_postgres;
use crate::large::large;
use crate::listen::Listening;
use crate::plan::{Plan, plans, tell_plans};
use crate::plans_access;
use crate::plans_ways_in;
use crate::scene::{self, ask, begin, club, context, fresh, joined, policy_name, role, set, user};

/// How many rows one step of a plan may handle for a page of 50: a few for each, and none for the rest of the team.
const MOST: f64 = 400.0;

/// Listens to a store of a database with the large team, and fails where any statement reads too much.
pub(crate) struct Watch {
    plans: Rc<Listening>,
    /// How many rows a step may handle.
    most: f64,
}

impl Watch {
    pub(crate) fn begin() -> Self {
        Self { plans: Rc::new(Listening::begin()), most: MOST }
    }

    /// The same, where each step may handle so many rows.
    fn reading(&self, most: f64) -> Self {
        Self { plans: Rc::clone(&self.plans), most }
    }

    /// Every statement reads little.
    pub(crate) async fn cheap<T>(&self, what: &str, action: impl AsyncFn() -> T) -> T {
        self.once(what, &action).await.1
    }

    /// The same, and by that index.
    pub(crate) async fn by<T>(&self, what: &str, index: &str, action: impl AsyncFn() -> T) -> T {
        let (used, done) = self.once(what, &action).await;
        assert!(used.iter().any(|used| used == index), "{what}: not by {index} but by {used:?}");
        done
    }

    pub(crate) async fn once<T>(&self, what: &str, action: &impl AsyncFn() -> T) -> (Vec<String>, T) {
        self.plans.take();
        let done = action().await;
        let plans = plans(&self.plans.take());
        assert!(!plans.is_empty(), "{what}: no plan was told");
        for plan in &plans {
            assert!(!plan.is_for_one_call(), "{what}: planned for the values of one call:\n{plan}");
            if let Some(problem) = plan.too_much(self.most) {
                panic!("{what}: {problem}:\n{plan}");
            }
        }
        (plans.iter().flat_map(Plan::indexes).collect(), done)
    }
}

/// A page of the large team's members.
pub(crate) fn page(after: Option<i64>) -> MemberQuery {
    MemberQuery {
        state: MemberState::Active,
        role: None,
        resource: None,
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
        let watch = Watch::begin();
        members(&watch, &store, team).await;
        teams(&watch, &store, team).await;
        links(&watch, &store, team).await;
        events(&watch, &store, team).await;
        mutations(&watch, &store, team).await;
        plans_access::run(&watch, &store, team).await;
        plans_ways_in::run(&watch, &store, team).await;
    })
    .await;
}

/// Postgres takes an index for empty that was so when its statistics were made, whatever has come into it since.
#[tokio::test]
async fn an_invitation_ends_by_its_id_while_statistics_know_of_none() {
    on_postgres(async |db| {
        db.execute("VACUUM ANALYZE").await;
        tell_plans(db).await;
        let store = db.another_store().await;
        let team = scene::team(&store, &club(), "ada").await;
        let ada = scene::person(&store, "ada").await;
        db.execute(&format!(
            "INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker, revision, version,
               digest, salt, generation, key_id, created_at, expires_at)
             SELECT gen_random_uuid(), {}, n || '@example.org', n || '@example.org', 'guest', '', 1, {}, 1, 1,
               sha256(n::text::bytea), '', 0, 'first', n, 9000000000000000 FROM generate_series(1, 5000) n",
            db.uuid(team.uuid()),
            ada.0,
        ))
        .await;
        let id = db.texts("SELECT id::text FROM invitations WHERE email_key = '7@example.org'").await.remove(0);
        let invitation = InvitationId::from_uuid(id.parse().unwrap());
        let end = async || {
            let locked =
                fresh(store.lock_and_load(team, None, &set(&[club()]), |_| true, ()).await.unwrap());
            let mut tx = locked.tx;
            tx.apply(&context(ada), team, &[Change::InvitationCancelled { invitation }]).await.unwrap();
            tx.flush().await.unwrap();
            tx.undo().await.unwrap();
        };
        Watch::begin().cheap("the end of an invitation", end).await;
    })
    .await;
}

/// A plan that was made while tables were empty may be used for minutes, and by then other teams have much.
#[tokio::test]
async fn what_other_teams_have_is_not_read_while_statistics_know_of_none() {
    on_postgres(async |db| {
        db.execute("VACUUM ANALYZE").await;
        tell_plans(db).await;
        let store = db.another_store().await;
        let team = scene::team(&store, &club(), "ada").await;
        let other = scene::team(&store, &club(), "bob").await;
        let bob = scene::person(&store, "bob").await;
        let actor = &user("ada");
        let policies = &[club()];
        let watch = Watch::begin();
        let ask_all = async || {
            let making = async || ask(&store, team, policies, LinkCreation { actor }).await;
            assert_eq!(watch.cheap("facts of making a link", making).await.live_links, 0);
            let emails = &[EmailAddress::parse("new@example.org").unwrap()];
            let inviting = async || ask(&store, team, policies, Inviting { actor, emails, pending_cap: 1 }).await;
            assert_eq!(watch.cheap("facts of inviting", inviting).await.live_invitations, 0);
        };
        // Plans for all teams are made now, and go on to be used.
        ask_all().await;
        for sql in [
            "INSERT INTO invite_links (id, team_id, role, maker, revision, digest, salt, generation, key_id, created_at,
               expires_at, uses)
             SELECT gen_random_uuid(), TEAM, 'guest', MAKER, n, sha256(n::text::bytea), '', 0, 'first', n,
               9000000000000000, 0 FROM generate_series(1, 5000) n",
            "INSERT INTO invitations (id, team_id, email, email_key, role, restricted, state, maker, revision, version,
               digest, salt, generation, key_id, created_at, expires_at)
             SELECT gen_random_uuid(), TEAM, n || '@example.org', n || '@example.org', 'guest', '', 1, MAKER, 1, 1,
               sha256(n::text::bytea), '', 0, 'first', n, 9000000000000000 FROM generate_series(1, 5000) n",
        ] {
            db.execute(&sql.replace("TEAM", &db.uuid(other.uuid())).replace("MAKER", &bob.0.to_string())).await;
        }
        ask_all().await;
    })
    .await;
}

async fn members(watch: &Watch, store: &Store, team: TeamId) {
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
    // A prefix reads and sorts those that it matches, however many, and nobody else.
    for after in [None, Some(15_000)] {
        let query = MemberQuery { email_prefix: Some("user".into()), ..page(after) };
        let list = async || store.members(team, &query).await.unwrap();
        assert_eq!(watch.reading(20_000.0).by("a common prefix", "members_email", list).await.len(), 51);
    }
    for (after, found, guests) in [(None, 11, 5), (Some(12_342), 7, 4)] {
        let query = MemberQuery { email_prefix: Some("user-1234".into()), ..page(after) };
        assert_eq!(by("members_email", query.clone()).await.len(), found);
        let query = MemberQuery { role: Some(role("guest")), ..query };
        assert_eq!(by("members_email", query).await.len(), guests);
    }
    for (prefix, found) in [("user-1234", 11), ("user-12345@example.org", 1), ("zed", 0), ("user-123", 51)] {
        let query = MemberQuery { email_prefix: Some(prefix.into()), ..page(None) };
        assert_eq!(by("members_email", query).await.len(), found, "{prefix}");
    }
    watch.cheap("a member", async || store.member(team, &user("user-15000")).await.unwrap().unwrap()).await;
    let count = async || store.count_members(team, MemberState::Active, None).await.unwrap();
    watch.cheap("the number of members", count).await;
}

async fn teams(watch: &Watch, store: &Store, team: TeamId) {
    let list = async |name: &str, role_name: &str, after: Option<TeamId>| {
        let roles = vec![(policy_name("club"), role(role_name)), (policy_name("choir"), role(role_name))];
        let query = TeamQuery { roles, external_id: None, after, limit: 51 };
        let teams = async || store.list_teams(&user(name), &query).await.unwrap();
        watch.by(&format!("teams of {name} as {role_name}"), "members_person", teams).await
    };
    let first = list("user-7", "guest", None).await;
    assert_eq!(first.len(), 51);
    assert_eq!(list("user-7", "guest", first.last().map(|team| team.id)).await.len(), 51);
    assert_eq!(list("user-9", "owner", None).await.len(), 1);
    let see = async || store.see(team, &user("user-15000"), |_| true).await.unwrap().unwrap();
    assert_eq!(watch.cheap("a team", see).await.team.member_count, 19_800);
}

async fn links(watch: &Watch, store: &Store, team: TeamId) {
    let digest = digest_of_a_live_link(store, team).await;
    let (place, _) = watch.cheap("a digest", async || store.find_link(digest).await.unwrap().unwrap()).await;
    let look = async || {
        let onlooker =
            Onlooker { user: &user("user-9"), policies: &set(&[club()]), visible: |_: &PolicyName| true };
        store.preview_link(place, digest, onlooker).await.unwrap().unwrap()
    };
    watch.cheap("a preview", look).await;
    watch.cheap("a link", async || store.link(team, &club(), place.link).await.unwrap().unwrap()).await;
    let policy = club();
    let (live, gone) = (Some(InviteLinkState::Live), Some(InviteLinkState::MakerGone));
    let expired = Some(InviteLinkState::Expired);
    for (state, after, found) in
        [(None, None, 51), (None, Some(1_500), 51), (expired, None, 51), (live, None, 10), (gone, None, 0)]
    {
        let query = LinkQuery { state, after, limit: 51 };
        let list = async || store.links(team, &policy, &query).await.unwrap();
        let page = watch.cheap(&format!("links, {state:?}"), list).await;
        assert!(page.len() == found || after.is_some(), "{state:?}");
    }
}

/// The digest of a link that is live, as it stands in the list.
pub(crate) async fn digest_of_a_live_link(store: &Store, team: TeamId) -> [u8; 32] {
    let query = LinkQuery { state: Some(InviteLinkState::Live), after: None, limit: 1 };
    store.links(team, &club(), &query).await.unwrap().remove(0).secret.digest
}

async fn events(watch: &Watch, store: &Store, team: TeamId) {
    for after in [None, Some((9_000, 1))] {
        for types in [vec![], vec![EventType::MemberSuspended]] {
            let filter = EventFilter { types, after, limit: 51, ..Default::default() };
            let list = async || store.events(team, &filter).await.unwrap();
            assert_eq!(watch.by("events", "events_team", list).await.len(), 51);
        }
    }
}

async fn mutations(watch: &Watch, store: &Store, team: TeamId) {
    let (actor, target) = (&user("user-1"), &user("user-15000"));
    let policies = &[club()];
    let facts = async || ask(store, team, policies, MemberChange { actor, target }).await;
    assert!(watch.cheap("facts of a change of a member", facts).await.holders_of_target_role > 9_000);

    let facts = async || ask(store, team, policies, LinkCreation { actor }).await;
    assert_eq!(watch.cheap("facts of making a link", facts).await.live_links, 10);

    let digest = digest_of_a_live_link(store, team).await;
    let (LinkPlace { link, .. }, _) = store.find_link(digest).await.unwrap().unwrap();
    let join = async || {
        let question = Joining { invite: LinkInvite { link, digest }, user: &user("user-30000") };
        let locked =
            fresh(store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap());
        let person = locked.facts.unwrap().person().unwrap();
        let mut tx = locked.tx;
        tx.apply(&context(person), team, &[joined(person, "guest")]).await.unwrap();
        tx.flush().await.unwrap();
        tx.undo().await.unwrap();
    };
    watch.cheap("joining by a link", join).await;

    let create = async || fresh(begin(store, "user-15000", None).await.unwrap()).tx.undo().await.unwrap();
    watch.cheap("facts of creating a team", create).await;
}

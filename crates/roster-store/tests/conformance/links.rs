//! Invite links: found, listed by their state, judged as the rules judge them.

use roster_domain::decide::{InviteLinkState, link_state};
use roster_domain::{Change, LinkId, PersonKey, Policy, TeamId, Timestamp};
use roster_store::{LinkChange, LinkCreation, LinkQuery, Locked, Store};

use crate::asks::Invites;
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, after, change, club, fresh, link, member, person, removed, role_changed, set, team, user,
};

const STATES: [InviteLinkState; 4] =
    [InviteLinkState::Live, InviteLinkState::Expired, InviteLinkState::Revoked, InviteLinkState::MakerGone];

/// The ids of a team's links, page by page.
async fn pages(store: &Store, (team, policy): (TeamId, &Policy), query: &LinkQuery) -> Vec<LinkId> {
    let mut query = query.clone();
    let now = store.now().await.unwrap();
    let mut ids = Vec::new();
    loop {
        let page = store.links(team, policy, &query).await.unwrap();
        let full = u64::try_from(page.len()).unwrap() == query.limit;
        query.after = page.last().map(|stored| stored.link.revision);
        for stored in page {
            let maker = stored.maker.as_ref();
            let state = link_state(policy, &stored.link, maker, now);
            assert!(
                query.state.is_none_or(|asked| asked == state),
                "{state:?} in a list of {:?}",
                query.state
            );
            ids.push(stored.link.id);
        }
        if !full {
            return ids;
        }
    }
}

/// Links of every state by makers of every standing, newest first.
async fn collection(db: &Database, team: TeamId, now: Timestamp) -> Vec<LinkId> {
    let ada = person(&db.store, "ada").await;
    let steward = member(&db.store, team, "steward", "steward").await;
    let demoted = member(&db.store, team, "demoted", "steward").await;
    let gone = member(&db.store, team, "gone", "steward").await;
    let suspended = member(&db.store, team, "suspended", "steward").await;
    let guest = member(&db.store, team, "guest", "guest").await;
    let mut links = Vec::new();
    for maker in [ada, steward, demoted, gone, suspended, guest, PersonKey(999)] {
        for expires_at in [after(now, HOUR), now, after(now, 1), after(now, -HOUR)] {
            links.push(link(&db.store, team, maker, expires_at).await.id);
            let revoked = link(&db.store, team, maker, expires_at).await.id;
            change(&db.store, team, ada, &[Change::InviteLinkRevoked { link: revoked }]).await;
            links.push(revoked);
        }
    }
    change(&db.store, team, ada, &[role_changed(demoted, "steward", "guest"), removed(gone, "steward")])
        .await;
    db.execute(&format!("UPDATE members SET state = 2 WHERE person = {}", suspended.0)).await;
    links.reverse();
    links
}

#[tokio::test]
async fn states_are_those_of_the_rules() {
    on_both(async |db| {
        let policy = club();
        let team = team(&db.store, &policy, "ada").await;
        let other = crate::scene::team(&db.store, &policy, "ada").await;
        let now = db.store.now().await.unwrap();
        let all = collection(db, team, now).await;
        collection_elsewhere(db, other, now).await;

        let (query, of) = (LinkQuery { state: None, after: None, limit: 100 }, (team, &policy));
        assert_eq!(pages(&db.store, of, &query).await, all);
        let mut sizes = Vec::new();
        for state in STATES {
            let query = LinkQuery { state: Some(state), ..query.clone() };
            let whole = pages(&db.store, of, &query).await;
            for limit in [1, 3, 7] {
                let query = LinkQuery { limit, ..query.clone() };
                assert_eq!(pages(&db.store, of, &query).await, whole, "{state:?}, pages of {limit}");
            }
            // Every link is in exactly one list, in the order of the list of all.
            let place = |id: &LinkId| all.iter().position(|one| one == id).unwrap();
            assert!(whole.iter().map(place).is_sorted(), "{state:?}");
            sizes.push(whole.len());
        }
        // A microsecond has passed since: what was to end then has expired.
        assert_eq!(sizes, [2, 21, 28, 5]);
        assert_eq!(sizes.iter().sum::<usize>(), all.len());
    })
    .await;
}

async fn collection_elsewhere(db: &Database, team: TeamId, now: Timestamp) {
    let ada = person(&db.store, "ada").await;
    link(&db.store, team, ada, after(now, HOUR)).await;
    // A guest of the first team who may make links here.
    let guest = person(&db.store, "guest").await;
    change(&db.store, team, guest, &[crate::scene::joined(guest, "owner")]).await;
}

#[tokio::test]
async fn without_links_in_the_policy_no_maker_is_there() {
    on_both(async |db| {
        let without = Policy { invite_links: None, ..club() };
        let team = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let now = db.store.now().await.unwrap();
        let id = link(&db.store, team, ada, after(now, HOUR)).await.id;
        for (state, expected) in STATES.into_iter().zip([vec![], vec![], vec![], vec![id]]) {
            let query = LinkQuery { state: Some(state), after: None, limit: 5 };
            assert_eq!(pages(&db.store, (team, &without), &query).await, expected, "{state:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn facts_of_making_a_link_count_the_live_ones() {
    on_both(async |db| {
        let policies = [crate::scene::choir(), club()];
        let team = team(&db.store, &club(), "ada").await;
        let now = db.store.now().await.unwrap();
        collection(db, team, now).await;
        let ask = async |name: &str, policies: &[Policy]| {
            let question = LinkCreation { actor: &user(name) };
            let Locked { tx, facts, .. } =
                fresh(db.store.lock_and_load(team, None, &set(policies), |_| true, question).await.unwrap());
            tx.undo().await.unwrap();
            facts
        };
        // A microsecond has passed since: what was to end then has ended.
        let facts = ask("ada", &policies).await;
        assert_eq!((facts.live_links, facts.actor.unwrap().role.as_str()), (2, "owner"));
        assert_eq!(ask("stranger", &policies).await.actor, None);
        assert_eq!(ask("ada", &policies[..1]).await.live_links, 0);
    })
    .await;
}

#[tokio::test]
async fn a_link_is_found_in_its_own_team_only() {
    on_both(async |db| {
        let one = team(&db.store, &club(), "ada").await;
        let two = team(&db.store, &club(), "ada").await;
        let ada = person(&db.store, "ada").await;
        let expires_at = after(db.store.now().await.unwrap(), HOUR);
        let id = link(&db.store, one, ada, expires_at).await.id;
        let ask = async |team, id, name: &str| {
            let question = LinkChange { actor: &user(name), link: id };
            let locked =
                fresh(db.store.lock_and_load(team, None, &set(&[]), |_| true, question).await.unwrap());
            locked.tx.undo().await.unwrap();
            let (facts, stored) = locked.facts;
            assert_eq!(facts.link, stored.map(|stored| stored.link));
            (facts.actor.is_some(), facts.link.map(|link| link.id))
        };
        assert_eq!(ask(one, id, "ada").await, (true, Some(id)));
        assert_eq!(ask(one, id, "bob").await, (false, Some(id)));
        assert_eq!(ask(two, id, "ada").await, (true, None));
        assert_eq!(db.store.link(two, &club(), id).await.unwrap(), None);
    })
    .await;
}

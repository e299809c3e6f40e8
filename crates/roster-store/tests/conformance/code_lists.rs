//! A team's codes, by state, page by page.

use roster_domain::decide::{TeamCodeState, code_state};
use roster_domain::{Change, CodeId, NewTeamCode, PersonKey, Policy, TeamId, Timestamp};
use roster_store::{CodeChange, CodeQuery, Store, StoredCode};

use crate::asks::Invites;
use crate::database::{Database, on_both};
use crate::scene::{
    HOUR, access, after, ask, change, code, guild, member, new_code, person, removed, role_changed,
    suspended, team, user,
};

const STATES: [TeamCodeState; 5] = [
    TeamCodeState::Live,
    TeamCodeState::Revoked,
    TeamCodeState::Expired,
    TeamCodeState::Exhausted,
    TeamCodeState::MakerGone,
];

async fn pages(store: &Store, (team, policy): (TeamId, &Policy), query: &CodeQuery) -> Vec<StoredCode> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = store.codes(team, policy, &query).await.unwrap();
        let full = u64::try_from(page.len()).unwrap() == query.limit;
        query.after = page.last().map(|one| one.code.revision);
        found.extend(page);
        if !full {
            return found;
        }
    }
}

/// Codes of every state by makers of every standing, the newest first.
async fn collection(db: &Database, team: TeamId, now: Timestamp) -> Vec<CodeId> {
    let store = &db.store;
    let ada = person(store, "ada").await;
    let mut makers = vec![ada, PersonKey(999)];
    for name in ["demoted", "gone", "away"] {
        makers.push(member(store, team, name, "owner").await);
    }
    let mut ids = Vec::new();
    for maker in &makers {
        for expires_at in [None, Some(HOUR), Some(1), Some(0), Some(-HOUR)] {
            for (uses, max_uses) in [(0, None), (9, None), (1, Some(2)), (2, Some(2))] {
                for revoked in [false, true] {
                    let text = format!("GD-{:05}", ids.len());
                    let expires_at = expires_at.map(|micros| after(now, micros));
                    let new = NewTeamCode { expires_at, max_uses, ..new_code(*maker, &text) };
                    let id = code(store, team, new).await.id;
                    ids.insert(0, id);
                    if revoked {
                        change(store, team, ada, &[Change::TeamCodeRevoked { code: id }]).await;
                    }
                    let row = db.uuid(id.uuid());
                    db.execute(&format!("UPDATE team_codes SET uses = {uses} WHERE id = {row}")).await;
                }
            }
        }
    }
    let ends = [
        role_changed(makers[2], "owner", "steward"),
        removed(makers[3], "owner"),
        suspended(makers[4], "owner"),
    ];
    change(store, team, ada, &ends).await;
    ids
}

#[tokio::test]
async fn states_are_those_of_the_rules() {
    on_both(async |db| {
        let store = &db.store;
        let (policy, without) = (guild(), Policy { team_codes: None, ..guild() });
        let team = team(store, &policy, "ada").await;
        let other = crate::scene::team(store, &policy, "ada").await;
        let now = store.now().await.unwrap();
        let whole = collection(db, team, now).await;
        let ada = person(store, "ada").await;
        code(store, other, new_code(ada, "GD-ELSE")).await;
        let ids = |list: &[StoredCode]| list.iter().map(|one| one.code.id).collect::<Vec<_>>();

        let all = CodeQuery { state: None, after: None, limit: 300 };
        assert_eq!(ids(&pages(store, (team, &policy), &all).await), whole);
        // A microsecond has passed since: what was to end then has expired.
        let now = store.now().await.unwrap();
        for (policy, expected) in [(&policy, [6, 100, 60, 10, 24]), (&without, [0, 100, 60, 10, 30])] {
            let mut sizes = Vec::new();
            for state in STATES {
                let query = CodeQuery { state: Some(state), ..all.clone() };
                let list = pages(store, (team, policy), &query).await;
                for one in &list {
                    assert_eq!(code_state(policy, &one.code, one.maker.as_ref(), now), state);
                }
                let place = |id: &CodeId| whole.iter().position(|one| one == id).unwrap();
                assert!(ids(&list).iter().map(place).is_sorted(), "{state:?}");
                for limit in [4, 9] {
                    let query = CodeQuery { limit, ..query.clone() };
                    let paged = pages(store, (team, policy), &query).await;
                    assert_eq!(paged, list, "{state:?}, pages of {limit}");
                }
                sizes.push(list.len());
            }
            assert_eq!(sizes, expected);
            assert_eq!(sizes.iter().sum::<usize>(), whole.len());
        }
    })
    .await;
}

#[tokio::test]
async fn one_is_shown_in_its_own_team_only() {
    on_both(async |db| {
        let store = &db.store;
        let (policy, other) = (guild(), team(store, &guild(), "ada").await);
        let team = team(store, &policy, "ada").await;
        let ada = person(store, "ada").await;
        let given = access(&[("brand", "acme", "viewer"), ("shelf", "*", "reader")], &["brand"]);
        let made = code(store, team, NewTeamCode { access: given.clone(), ..new_code(ada, "GD-0A1B") }).await;
        let found = store.code(team, &policy, made.id).await.unwrap().unwrap();
        assert_eq!((found.text.reveal(), found.code.access.clone()), ("GD-0A1B", given));
        assert_eq!((found.maker_user_id.as_deref(), found.code.revision), (Some("ada"), 2));
        assert_eq!(found.maker.as_ref().unwrap().membership.person, ada);
        assert_eq!(found.created_at.micros(), db.number("SELECT created_at FROM team_codes").await);
        assert_eq!(store.code(other, &policy, made.id).await.unwrap(), None);
        let question = CodeChange { actor: &user("ada"), code: made.id };
        assert_eq!(ask(store, team, &[policy], question).await.1, Some(found), "under the lock");
    })
    .await;
}

//! A person's teams.

use roster_domain::{PolicyName, RoleName, TeamId};
use roster_store::{Store, TeamQuery};

use crate::asks::Asks;
use crate::database::on_both;
use crate::scene::{change, choir, club, member, person, policy_name, removed, role, team, user};

fn places(places: &[(&str, &str)]) -> Vec<(PolicyName, RoleName)> {
    places.iter().map(|(policy, name)| (policy_name(policy), role(name))).collect()
}

/// The ids of a person's teams, page by page.
async fn pages(store: &Store, name: &str, roles: &[(&str, &str)], limit: u64) -> Vec<TeamId> {
    let mut query = TeamQuery { roles: places(roles), external_id: None, after: None, limit };
    let mut ids = Vec::new();
    loop {
        let page = store.list_teams(&user(name), &query).await.unwrap();
        let full = u64::try_from(page.len()).unwrap() == limit;
        query.after = page.last().map(|team| team.id);
        ids.extend(page.into_iter().map(|team| team.id));
        if !full {
            return ids;
        }
    }
}

const ANY: [(&str, &str); 4] =
    [("club", "owner"), ("club", "guest"), ("club", "steward"), ("choir", "owner")];

#[tokio::test]
async fn in_the_order_of_their_ids_whatever_the_page() {
    on_both(async |db| {
        let mut teams = Vec::new();
        for n in 0..7 {
            teams.push(team(&db.store, &club(), if n == 3 { "bob" } else { "ada" }).await);
        }
        let bobs = teams.remove(3);
        for limit in 1..9 {
            assert_eq!(pages(&db.store, "ada", &ANY, limit).await, teams, "pages of {limit}");
        }
        assert_eq!(pages(&db.store, "bob", &ANY, 50).await, [bobs]);
        assert_eq!(pages(&db.store, "cleo", &ANY, 50).await, []);
    })
    .await;
}

#[tokio::test]
async fn where_the_person_has_one_of_these_roles() {
    on_both(async |db| {
        let founded = team(&db.store, &club(), "ada").await;
        let guest = team(&db.store, &club(), "bob").await;
        member(&db.store, guest, "ada", "guest").await;
        let choir = team(&db.store, &choir(), "ada").await;
        for (roles, expected) in [
            (&ANY[..], &[founded, guest, choir][..]),
            (&[("club", "owner")], &[founded]),
            (&[("club", "guest")], &[guest]),
            (&[("choir", "owner"), ("club", "guest")], &[guest, choir]),
            (&[("choir", "guest"), ("club", "steward")], &[]),
            (&[("chess", "owner")], &[]),
            (&[], &[]),
        ] {
            assert_eq!(pages(&db.store, "ada", roles, 1).await, expected, "{roles:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_teams_that_are_and_where_the_person_is_active() {
    on_both(async |db| {
        let kept = team(&db.store, &club(), "ada").await;
        let deleted = team(&db.store, &club(), "ada").await;
        let suspended = team(&db.store, &club(), "ada").await;
        let left = team(&db.store, &club(), "bob").await;
        let ada = member(&db.store, left, "ada", "guest").await;
        change(&db.store, left, ada, &[removed(ada, "guest")]).await;
        db.execute(&format!("UPDATE teams SET deleted_at = 1 WHERE id = {}", db.uuid(deleted.uuid()))).await;
        db.execute(&format!("UPDATE members SET state = 2 WHERE team_id = {}", db.uuid(suspended.uuid())))
            .await;
        assert_eq!(pages(&db.store, "ada", &ANY, 50).await, [kept]);
    })
    .await;
}

#[tokio::test]
async fn a_listed_team_is_the_team_that_is_seen() {
    on_both(async |db| {
        let id = team(&db.store, &choir(), "ada").await;
        member(&db.store, id, "bob", "guest").await;
        member(&db.store, id, "cleo", "guest").await;
        person(&db.store, "dora").await;
        let query =
            TeamQuery { roles: places(&[("choir", "guest")]), external_id: None, after: None, limit: 5 };
        let mut listed = db.store.list_teams(&user("bob"), &query).await.unwrap();
        let listed = listed.remove(0);
        assert_eq!((listed.member_count, listed.revision), (3, 3));
        let seen = db.store.see(id, &user("dora"), |_| true).await.unwrap().unwrap();
        assert_eq!((listed, None), (seen.team, seen.membership));
    })
    .await;
}

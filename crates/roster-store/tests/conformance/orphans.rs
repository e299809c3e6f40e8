//! What stored teams have that a policy must not lose.

use roster_domain::TeamId;
use roster_domain::policy::TierName;
use roster_store::{InUse, RoleInUse, TierInUse};

use crate::database::{Database, on_both};
use crate::scene::{change, choir, club, member, policy_name, removed, role, team};

fn held(policy: &str, name: &str, members: i64, teams: i64) -> RoleInUse {
    RoleInUse { policy: policy_name(policy), role: role(name), members, teams }
}

fn tier(policy: &str, tier: Option<&str>, teams: i64) -> TierInUse {
    let tier = tier.map(|name| TierName::parse(name).unwrap());
    TierInUse { policy: policy_name(policy), tier, teams }
}

async fn set(db: &Database, team: TeamId, assignment: &str) {
    db.execute(&format!("UPDATE teams SET {assignment} WHERE id = {}", db.uuid(team.uuid()))).await;
}

#[tokio::test]
async fn an_empty_database_needs_nothing() {
    on_both(async |db| assert_eq!(db.store.in_use().await.unwrap(), InUse::default())).await;
}

#[tokio::test]
async fn roles_are_counted_over_all_teams_of_a_policy() {
    on_both(async |db| {
        let first = team(&db.store, &club(), "ada").await;
        let second = team(&db.store, &club(), "bob").await;
        team(&db.store, &choir(), "ada").await;
        for name in ["cleo", "dora", "eve"] {
            member(&db.store, first, name, "guest").await;
        }
        member(&db.store, second, "cleo", "guest").await;
        // The last holder of a role that is gone leaves a count of none behind.
        let steward = member(&db.store, second, "dora", "steward").await;
        change(&db.store, second, steward, &[removed(steward, "steward")]).await;
        assert_eq!(db.number("SELECT count(*) FROM member_counts WHERE count = 0").await, 1);
        let expected =
            [held("choir", "owner", 1, 1), held("club", "guest", 4, 2), held("club", "owner", 2, 2)];
        assert_eq!(db.store.in_use().await.unwrap().roles, expected);
    })
    .await;
}

#[tokio::test]
async fn suspended_members_count_and_their_team_only_once() {
    on_both(async |db| {
        let id = team(&db.store, &club(), "ada").await;
        member(&db.store, id, "bob", "guest").await;
        db.execute(&format!(
            "INSERT INTO member_counts (team_id, role, state, count) VALUES ({0}, 'guest', 2, 2), ({0}, 'steward', 2, 1)",
            db.uuid(id.uuid())
        ))
        .await;
        let expected =
            [held("club", "guest", 3, 1), held("club", "owner", 1, 1), held("club", "steward", 1, 1)];
        assert_eq!(db.store.in_use().await.unwrap().roles, expected);
    })
    .await;
}

#[tokio::test]
async fn deleted_teams_need_nothing() {
    on_both(async |db| {
        let deleted = team(&db.store, &club(), "ada").await;
        set(db, deleted, "deleted_at = 1").await;
        team(&db.store, &choir(), "ada").await;
        let found = db.store.in_use().await.unwrap();
        assert_eq!(found.roles, [held("choir", "owner", 1, 1)]);
        assert_eq!(found.tiers, [tier("choir", None, 1)]);
    })
    .await;
}

#[tokio::test]
async fn tiers_are_counted_and_teams_without_one() {
    on_both(async |db| {
        let mut teams = vec![team(&db.store, &choir(), "ada").await];
        for _ in 0..4 {
            teams.push(team(&db.store, &club(), "ada").await);
        }
        for (team, tier) in [(0, "large"), (1, "large"), (2, "small"), (3, "large")] {
            set(db, teams[team], &format!("tier = '{tier}'")).await;
        }
        let expected = [
            tier("choir", Some("large"), 1),
            tier("club", None, 1),
            tier("club", Some("large"), 2),
            tier("club", Some("small"), 1),
        ];
        assert_eq!(db.store.in_use().await.unwrap().tiers, expected);
    })
    .await;
}

#[tokio::test]
async fn members_are_not_walked() {
    on_both(async |db| {
        team(&db.store, &club(), "ada").await;
        db.execute("ALTER TABLE members RENAME TO elsewhere").await;
        assert_eq!(db.store.in_use().await.unwrap().roles, [held("club", "owner", 1, 1)]);
    })
    .await;
}

//! What stored teams have that a policy must not lose: whether they do, and for an error's text how many.

use roster_domain::Policy;
use roster_domain::TeamId;
use roster_domain::policy::TierName;
use roster_store::{InUse, PolicyNeeds, RoleInUse, TierInUse};

use crate::database::{Database, on_both};
use crate::scene::{change, choir, club, guild, member, policy_name, removed, role, team};

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

/// The policy without that role.
fn without(mut policy: Policy, name: &str) -> Policy {
    policy.roles.retain(|role| role.name.as_str() != name);
    policy
}

fn absent(names: &[&str]) -> PolicyNeeds {
    PolicyNeeds { absent: names.iter().map(|name| policy_name(name)).collect(), lacking: false }
}

#[tokio::test]
async fn policies_of_teams_are_needed_until_the_last_is_deleted() {
    on_both(async |db| {
        let needs = async |policies: &[Policy]| db.store.policy_needs(policies).await.unwrap();
        assert_eq!(needs(&[]).await, PolicyNeeds::default());
        let only = team(&db.store, &choir(), "ada").await;
        for _ in 0..2 {
            team(&db.store, &club(), "ada").await;
        }
        assert_eq!(needs(&[]).await, absent(&["choir", "club"]));
        assert_eq!(needs(&[club()]).await, absent(&["choir"]));
        assert_eq!(needs(&[club(), choir()]).await, PolicyNeeds::default());
        set(db, only, "deleted_at = 1").await;
        assert_eq!(needs(&[]).await, absent(&["club"]));
    })
    .await;
}

#[tokio::test]
async fn a_tier_of_any_team_is_needed() {
    on_both(async |db| {
        let mut teams = Vec::new();
        for _ in 0..3 {
            teams.push(team(&db.store, &guild(), "ada").await);
        }
        let lacking = async || db.store.policy_needs(&[guild()]).await.unwrap().lacking;
        let [first, ..] = &guild().tiers.expect("it has tiers").names[..] else { panic!("it has no tier") };
        set(db, teams[0], &format!("tier = '{first}'")).await;
        assert!(!lacking().await);
        // The last in order of names, after one that the policy has.
        set(db, teams[1], "tier = 'zzz'").await;
        assert!(lacking().await);
        set(db, teams[1], "deleted_at = 1").await;
        assert!(!lacking().await);
    })
    .await;
}

#[tokio::test]
async fn a_role_is_needed_while_somebody_holds_it() {
    on_both(async |db| {
        let lacking = async || db.store.policy_needs(&[without(club(), "steward")]).await.unwrap().lacking;
        db.store.register_policies(&[club(), choir()]).await.unwrap();
        let id = team(&db.store, &club(), "ada").await;
        assert!(!lacking().await);
        let steward = member(&db.store, id, "dora", "steward").await;
        assert!(lacking().await);
        assert!(!db.store.policy_needs(&[club()]).await.unwrap().lacking);
        // Registering a policy without it forgets nothing.
        db.store.register_policies(&[without(club(), "steward")]).await.unwrap();
        assert!(lacking().await);
        change(&db.store, id, steward, &[removed(steward, "steward")]).await;
        assert!(!lacking().await);
    })
    .await;
}

/// Roles that were assigned before the table of roles was there: the migration that makes it looks for them.
#[tokio::test]
async fn roles_of_earlier_releases_are_known() {
    on_both(async |db| {
        let id = team(&db.store, &club(), "ada").await;
        member(&db.store, id, "dora", "steward").await;
        for sql in [
            "DROP TABLE policy_roles",
            "DROP INDEX invite_links_signed",
            "DELETE FROM seaql_migrations WHERE version = 'm0005_links_key'",
            "DROP INDEX invitations_key",
            "DROP INDEX teams_tier",
            "DELETE FROM seaql_migrations WHERE version = 'm0004_start'",
        ] {
            db.execute(sql).await;
        }
        assert_eq!(db.store.migrate_up().await.unwrap(), ["m0004_start", "m0005_links_key"]);
        let needs = db.store.policy_needs(&[without(club(), "steward")]).await.unwrap();
        assert_eq!(needs, PolicyNeeds { absent: vec![], lacking: true });
    })
    .await;
}

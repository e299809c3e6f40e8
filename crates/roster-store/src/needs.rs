//! What stored teams need of the policies and keys of a service that starts: asked from value to value along an index,
//! so that a start takes as long with a million teams as with one.

use roster_domain::policy::PolicyName;
use roster_domain::{Policy, Timestamp};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, RelationTrait, Set,
    Statement,
};

use crate::convert::policy_name;
use crate::entity::{member_count, policy_role, team};
use crate::error::{Error, Result};
use crate::open::Store;

/// What stored teams need that some policies lack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyNeeds {
    /// The policies of teams that are not among them, in the order of their names.
    pub absent: Vec<PolicyName>,
    /// Whether members hold roles, or teams have tiers, that those which are lack. [`Store::in_use`] tells which.
    pub lacking: bool,
}

/// The policies of teams that were not deleted, each once with none and then with each of its tiers.
const TIERS: &str = "
    WITH RECURSIVE policies (policy) AS (
        SELECT min(policy) FROM teams WHERE deleted_at IS NULL
        UNION ALL
        SELECT (SELECT min(teams.policy) FROM teams WHERE deleted_at IS NULL AND teams.policy > policies.policy)
        FROM policies WHERE policies.policy IS NOT NULL
    ),
    tiers (policy, tier) AS (
        SELECT policy, (SELECT min(teams.tier) FROM teams WHERE deleted_at IS NULL AND teams.policy = policies.policy)
        FROM policies WHERE policy IS NOT NULL
        UNION ALL
        SELECT policy, (SELECT min(teams.tier) FROM teams
            WHERE deleted_at IS NULL AND teams.policy = tiers.policy AND teams.tier > tiers.tier)
        FROM tiers WHERE tiers.tier IS NOT NULL
    )
    SELECT policy, tier FROM tiers";

/// The ids of the keys that live links and pending invitations were derived with.
const KEYS: &str = "
    WITH RECURSIVE of_links (id) AS (
        SELECT min(key_id) FROM invite_links WHERE revoked_at IS NULL AND uses >= 0
        UNION ALL
        SELECT (SELECT min(key_id) FROM invite_links WHERE revoked_at IS NULL AND uses >= 0 AND key_id > of_links.id)
        FROM of_links WHERE of_links.id IS NOT NULL
    ),
    of_invitations (id) AS (
        SELECT min(key_id) FROM invitations WHERE state = 1 AND answered_at IS NULL
        UNION ALL
        SELECT (SELECT min(key_id) FROM invitations WHERE state = 1 AND answered_at IS NULL AND key_id > of_invitations.id)
        FROM of_invitations WHERE of_invitations.id IS NOT NULL
    )
    SELECT id FROM of_links WHERE EXISTS (
        SELECT 1 FROM invite_links WHERE revoked_at IS NULL AND uses >= 0 AND key_id = of_links.id AND expires_at > $1)
    UNION
    SELECT id FROM of_invitations WHERE EXISTS (
        SELECT 1 FROM invitations WHERE state = 1 AND answered_at IS NULL AND key_id = of_invitations.id AND expires_at > $1)
    ORDER BY 1";

impl Store {
    /// Compares what stored teams need with those policies, and counts nothing.
    pub async fn policy_needs(&self, policies: &[Policy]) -> Result<PolicyNeeds> {
        let find = |name: &str| policies.iter().find(|policy| policy.name.as_str() == name);
        let db = self.statements("list policies in use");
        let mut needs = PolicyNeeds::default();
        for row in db.query_all_raw(Statement::from_string(self.backend(), TIERS)).await? {
            let (name, tier): (String, Option<String>) =
                (row.try_get("", "policy")?, row.try_get("", "tier")?);
            match (find(&name), tier) {
                (None, None) => needs.absent.push(policy_name(&name, format!("of policy {name}"))?),
                (Some(policy), Some(tier)) => needs.lacking |= !has_tier(policy, &tier),
                _ => {}
            }
        }
        for known in policy_role::Entity::find().all(&db).await? {
            let lacks = find(&known.policy)
                .is_some_and(|policy| policy.roles.iter().all(|role| role.name.as_str() != known.role));
            needs.lacking |= lacks && self.is_held(&known).await?;
        }
        needs.absent.sort();
        Ok(needs)
    }

    /// Tells the database the roles of the policies that are served from now on: what members come to hold is looked for
    /// among these. Safe at any number of starts at once.
    pub async fn register_policies(&self, policies: &[Policy]) -> Result<()> {
        let db = self.statements("register roles");
        let known = policy_role::Entity::find().all(&db).await?;
        let is_known =
            |policy: &str, role: &str| known.iter().any(|row| row.policy == policy && row.role == role);
        let rows: Vec<_> = policies
            .iter()
            .flat_map(|policy| policy.roles.iter().map(|role| (policy.name.as_str(), role.name.as_str())))
            .filter(|(policy, role)| !is_known(policy, role))
            .map(|(policy, role)| policy_role::ActiveModel {
                policy: Set(policy.to_owned()),
                role: Set(role.to_owned()),
            })
            .collect();
        if !rows.is_empty() {
            policy_role::Entity::insert_many(rows)
                .on_conflict(
                    OnConflict::columns([policy_role::Column::Policy, policy_role::Column::Role])
                        .do_nothing()
                        .to_owned(),
                )
                .exec_without_returning(&db)
                .await?;
        }
        Ok(())
    }

    /// The ids of the keys that live links and pending invitations were derived with, in their order.
    pub(crate) async fn used_keys(&self, now: Timestamp) -> Result<Vec<String>> {
        let statement = Statement::from_sql_and_values(self.backend(), KEYS, [now.micros().into()]);
        let rows = self.statements("list keys in use").query_all_raw(statement).await?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(Error::from)).collect()
    }

    /// Whether any member of a team that was not deleted holds the role.
    async fn is_held(&self, role: &policy_role::Model) -> Result<bool> {
        let held = member_count::Entity::find()
            .select_only()
            .column(member_count::Column::TeamId)
            .join(JoinType::InnerJoin, member_count::Relation::Team.def())
            .filter(team::Column::Policy.eq(&role.policy))
            .filter(team::Column::DeletedAt.is_null())
            .filter(member_count::Column::Role.eq(&role.role))
            .filter(member_count::Column::Count.gt(0))
            .limit(1)
            .into_tuple::<uuid::Uuid>()
            .one(&self.statements("find holder of role"))
            .await?;
        Ok(held.is_some())
    }
}

fn has_tier(policy: &Policy, tier: &str) -> bool {
    policy.tiers.as_ref().is_some_and(|tiers| tiers.names.iter().any(|name| name.as_str() == tier))
}

//! What stored teams have that a policy must not lose: the roles that members hold, and the tiers of teams.
//!
//! Read once a start has been refused, for the error's text. It counts over `member_counts`, which has a few rows a team
//! however many members that has.

use roster_domain::policy::{PolicyName, RoleName, TierName};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait};

use crate::convert::{policy_name, role_name};
use crate::entity::{member_count, team};
use crate::error::{Error, Result};
use crate::open::Store;

/// Everything of policies that is in use, by teams that were not deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    /// Roles, by policy and role.
    pub roles: Vec<RoleInUse>,
    /// Tiers, by policy and tier; all teams of a policy together are all teams that follow it.
    pub tiers: Vec<TierInUse>,
}

/// A role that members hold, active or suspended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleInUse {
    /// The policy of their teams.
    pub policy: PolicyName,
    /// The role.
    pub role: RoleName,
    /// How many members hold it.
    pub members: i64,
    /// In how many teams.
    pub teams: i64,
}

/// A tier that teams have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TierInUse {
    /// Their policy.
    pub policy: PolicyName,
    /// The tier; none where none was set.
    pub tier: Option<TierName>,
    /// How many teams have it.
    pub teams: i64,
}

#[derive(FromQueryResult)]
struct RoleRow {
    policy: String,
    role: String,
    members: i64,
    teams: i64,
}

#[derive(FromQueryResult)]
struct TierRow {
    policy: String,
    tier: Option<String>,
    teams: i64,
}

impl Store {
    /// Which policies, roles and tiers stored teams need.
    pub async fn in_use(&self) -> Result<InUse> {
        let roles = member_count::Entity::find()
            .select_only()
            .column(team::Column::Policy)
            .column(member_count::Column::Role)
            .column_as(Expr::cust("CAST(SUM(count) AS BIGINT)"), "members")
            .column_as(Expr::cust("COUNT(DISTINCT team_id)"), "teams")
            .join(JoinType::InnerJoin, member_count::Relation::Team.def())
            .filter(team::Column::DeletedAt.is_null())
            // A row stays when the last holder is gone.
            .filter(member_count::Column::Count.gt(0))
            .group_by(team::Column::Policy)
            .group_by(member_count::Column::Role)
            .into_model::<RoleRow>()
            .all(&self.statements("count policy uses"))
            .await?;
        let tiers = team::Entity::find()
            .select_only()
            .column(team::Column::Policy)
            .column(team::Column::Tier)
            .column_as(Expr::cust("COUNT(*)"), "teams")
            .filter(team::Column::DeletedAt.is_null())
            .group_by(team::Column::Policy)
            .group_by(team::Column::Tier)
            .into_model::<TierRow>()
            .all(&self.statements("count policy uses"))
            .await?;
        let mut in_use = InUse {
            roles: roles.iter().map(role_in_use).collect::<Result<_>>()?,
            tiers: tiers.iter().map(tier_in_use).collect::<Result<_>>()?,
        };
        // Here, since databases differ in where they sort what is absent.
        in_use.roles.sort();
        in_use.tiers.sort();
        Ok(in_use)
    }
}

fn role_in_use(row: &RoleRow) -> Result<RoleInUse> {
    let any = || format!("of policy {}", row.policy);
    Ok(RoleInUse {
        policy: policy_name(&row.policy, any())?,
        role: role_name(&row.role, "member_counts", any())?,
        members: row.members,
        teams: row.teams,
    })
}

fn tier_in_use(row: &TierRow) -> Result<TierInUse> {
    let any = || format!("of policy {}", row.policy);
    let tier = row
        .tier
        .as_deref()
        .map(|tier| TierName::parse(tier).ok_or_else(|| Error::corrupt("teams", "tier", any())));
    Ok(TierInUse { policy: policy_name(&row.policy, any())?, tier: tier.transpose()?, teams: row.teams })
}

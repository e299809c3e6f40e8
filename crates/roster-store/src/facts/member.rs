//! What changes of members need.

use roster_domain::facts::{MemberFacts, Occupancy, RestorationFacts};
use roster_domain::{Access, Membership, PersonKey, Policy, RoleName, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Question;
use crate::convert::{ACTIVE, membership};
use crate::entity::{member, member_count};
use crate::error::Result;
use crate::people;
use crate::read::access::access_of;
use crate::read::occupancy::occupancy;
use crate::read::team::Team;

/// Asks about an actor and the member it acts upon, who may be the same.
pub struct MemberChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// Who is acted upon.
    pub target: &'a UserId,
}

impl Question for MemberChange<'_> {
    type Facts = MemberFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<MemberFacts> {
        let grants = grants_count(policy);
        let (actor, actor_access) = place(conn, team.id, self.actor, grants).await?;
        let (target, target_access) = if self.target == self.actor {
            (actor.clone(), actor_access.clone())
        } else {
            place(conn, team.id, self.target, grants).await?
        };
        let holders_of_target_role = match &target {
            Some(target) => active_holders(conn, team.id, &target.role).await?,
            None => 0,
        };
        let team = team.facts.clone();
        Ok(MemberFacts { team, actor, actor_access, target, target_access, holders_of_target_role })
    }
}

/// Asks about an actor and the member that it restores.
pub struct Restoration<'a>(pub MemberChange<'a>);

impl Question for Restoration<'_> {
    type Facts = RestorationFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<RestorationFacts> {
        let member = self.0.load(conn, team, policy, now).await?;
        Ok(RestorationFacts { member, occupancy: seats_taken(conn, policy, team, now).await? })
    }
}

/// Whether what members were granted counts for anything: under a policy without kinds it is not looked up.
pub(crate) fn grants_count(policy: Option<&Policy>) -> bool {
    policy.is_none_or(|policy| !policy.kinds.is_empty())
}

/// What holds the team's seats. Under a policy that does not count them it is not looked up.
pub(crate) async fn seats_taken(
    conn: &impl ConnectionTrait,
    policy: Option<&Policy>,
    team: &Team,
    now: Timestamp,
) -> Result<Occupancy> {
    if policy.is_some_and(|policy| policy.seats.is_none()) {
        return Ok(Occupancy::default());
    }
    occupancy(conn, team.id, now).await
}

/// A person's membership, by its user id.
pub(crate) async fn by_user(
    conn: &impl ConnectionTrait,
    team: TeamId,
    user: &UserId,
) -> Result<Option<Membership>> {
    row_of(conn, team, user).await?.as_ref().map(membership).transpose()
}

/// A person's membership by its user id, and what it was granted if that counts.
pub(crate) async fn place(
    conn: &impl ConnectionTrait,
    team: TeamId,
    user: &UserId,
    grants: bool,
) -> Result<(Option<Membership>, Access)> {
    with_access(conn, team, row_of(conn, team, user).await?, grants).await
}

/// A membership, and what it was granted if that counts.
pub(crate) async fn with_access(
    conn: &impl ConnectionTrait,
    team: TeamId,
    row: Option<member::Model>,
    grants: bool,
) -> Result<(Option<Membership>, Access)> {
    let access = if grants { access_of(conn, team, row.as_ref()).await? } else { Access::default() };
    Ok((row.as_ref().map(membership).transpose()?, access))
}

/// A person's membership, by its key.
pub(crate) async fn by_person(
    conn: &impl ConnectionTrait,
    team: TeamId,
    person: PersonKey,
) -> Result<Option<Membership>> {
    let row = member::Entity::find_by_id((team.uuid(), person.0)).one(conn).await?;
    row.as_ref().map(membership).transpose()
}

async fn row_of(conn: &impl ConnectionTrait, team: TeamId, user: &UserId) -> Result<Option<member::Model>> {
    Ok(member::Entity::find()
        .filter(member::Column::TeamId.eq(team.uuid()))
        .filter(Expr::col((member::Entity, member::Column::Person)).eq(people::key_of(user)))
        .one(conn)
        .await?)
}

async fn active_holders(conn: &impl ConnectionTrait, team: TeamId, role: &RoleName) -> Result<i64> {
    let row =
        member_count::Entity::find_by_id((team.uuid(), role.as_str().to_owned(), ACTIVE)).one(conn).await?;
    Ok(row.map_or(0, |row| row.count))
}

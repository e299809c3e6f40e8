//! What a change of one member by another needs.

use roster_domain::facts::MemberFacts;
use roster_domain::{Membership, PersonKey, RoleName, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Question;
use crate::convert::{ACTIVE, membership};
use crate::entity::{member, member_count};
use crate::error::Result;
use crate::people;
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

    async fn load<C: ConnectionTrait>(&self, conn: &C, team: &Team, _now: Timestamp) -> Result<MemberFacts> {
        let actor = by_user(conn, team.id, self.actor).await?;
        let target = if self.target == self.actor {
            actor.clone()
        } else {
            by_user(conn, team.id, self.target).await?
        };
        let holders_of_target_role = match &target {
            Some(target) => active_holders(conn, team.id, &target.role).await?,
            None => 0,
        };
        Ok(MemberFacts { actor, target, holders_of_target_role })
    }
}

/// A person's membership, by its user id.
pub(crate) async fn by_user(
    conn: &impl ConnectionTrait,
    team: TeamId,
    user: &UserId,
) -> Result<Option<Membership>> {
    let row = member::Entity::find()
        .filter(member::Column::TeamId.eq(team.uuid()))
        .filter(Expr::col((member::Entity, member::Column::Person)).eq(people::key_of(user)))
        .one(conn)
        .await?;
    row.as_ref().map(membership).transpose()
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

async fn active_holders(conn: &impl ConnectionTrait, team: TeamId, role: &RoleName) -> Result<i64> {
    let row =
        member_count::Entity::find_by_id((team.uuid(), role.as_str().to_owned(), ACTIVE)).one(conn).await?;
    Ok(row.map_or(0, |row| row.count))
}

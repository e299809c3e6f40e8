//! What changes of a member need.

use roster_domain::facts::{Holder, MemberFacts, RestorationFacts};
use roster_domain::{Access, Membership, PersonKey, TeamId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::ask::{Question, Rows, SeatsTaken, Sql, Values, membership};
use crate::convert;
use crate::entity::member;
use crate::error::Result;
use crate::people;
use crate::read::access::access_of;
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

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::holder_columns(sql, "a");
        membership::holder_columns(sql, "b");
        sql.add(", (SELECT count FROM member_counts WHERE team_id = t.id AND role = b.role AND state = 1)");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
        membership::join(sql, "b", self.target);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<MemberFacts> {
        let (actor, actor_access) = membership::read_holder(team, rows)?;
        let (target, target_access) = membership::read_holder(team, rows)?;
        let holders_of_target_role = rows.one().next::<Option<i64>>()?.unwrap_or_default();
        let team = team.facts.clone();
        Ok(MemberFacts { team, actor, actor_access, target, target_access, holders_of_target_role })
    }
}

/// Asks about an actor and the member that it restores.
pub struct Restoration<'a>(pub MemberChange<'a>);

impl Question for Restoration<'_> {
    type Facts = RestorationFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        self.0.columns(sql);
        SeatsTaken.columns(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        self.0.joins(sql);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<RestorationFacts> {
        Ok(RestorationFacts { member: self.0.facts(team, rows)?, occupancy: SeatsTaken.facts(team, rows)? })
    }
}

/// A person's membership by its user id, and what it was granted if that counts.
pub(crate) async fn place(
    conn: &impl ConnectionTrait,
    team: TeamId,
    user: &UserId,
    grants: bool,
) -> Result<(Option<Membership>, Access)> {
    let row = member::Entity::find()
        .filter(member::Column::TeamId.eq(team.uuid()))
        .filter(Expr::col((member::Entity, member::Column::Person)).eq(people::key_of(user)))
        .one(conn)
        .await?;
    with_access(conn, team, row, grants).await
}

/// A member by its key, and what it was granted.
pub(crate) async fn holder(
    conn: &impl ConnectionTrait,
    team: TeamId,
    person: PersonKey,
) -> Result<Option<Holder>> {
    let row = member::Entity::find_by_id((team.uuid(), person.0)).one(conn).await?;
    let (membership, access) = with_access(conn, team, row, true).await?;
    Ok(membership.map(|membership| Holder { membership, access }))
}

async fn with_access(
    conn: &impl ConnectionTrait,
    team: TeamId,
    row: Option<member::Model>,
    grants: bool,
) -> Result<(Option<Membership>, Access)> {
    let access = if grants { access_of(conn, team, row.as_ref()).await? } else { Access::default() };
    Ok((row.as_ref().map(convert::membership).transpose()?, access))
}

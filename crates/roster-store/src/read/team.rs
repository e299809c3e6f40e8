//! Teams, and a person's place in one.

use roster_domain::facts::{Occupancy, TeamFacts};
use roster_domain::policy::{PolicyName, RoleName};
use roster_domain::{CallerName, ExternalId, PolicySet, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::ask::{self, Columns, Known, Policies, Question, SeatsTaken, Sql, Values};
use crate::clock::Clock;
use crate::convert::{ACTIVE, policy_name, team_facts};
use crate::entity::{member_count, person, team};
use crate::error::Result;
use crate::open::Store;

/// A team as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// The policy that it follows.
    pub policy: PolicyName,
    /// Its name, its tier, whose it is, its version.
    pub facts: TeamFacts,
    /// The product's own key of it.
    pub external_id: Option<String>,
    /// The user id of whoever's personal team it is; none for an ordinary one, or if that person's data was erased.
    pub personal_user_id: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// How many commits have changed it.
    pub revision: i64,
    /// How many active members it has.
    pub member_count: i64,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// Which of a person's teams to list.
#[derive(Clone, Debug)]
pub struct TeamQuery {
    /// Only teams under these policies, where the person has one of these roles.
    pub roles: Vec<(PolicyName, RoleName)>,
    /// Only the team that this calling service keeps under this key.
    pub external_id: Option<(CallerName, ExternalId)>,
    /// Only teams after this one.
    pub after: Option<TeamId>,
    /// How many at most.
    pub limit: u64,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    policy: String,
    display_name: String,
    tier: Option<String>,
    external_id: Option<String>,
    personal_person: Option<i64>,
    personal_user_id: Option<String>,
    created_at: i64,
    revision: i64,
    version: i64,
    deleted_at: Option<i64>,
    member_count: i64,
}

#[derive(FromQueryResult)]
struct RowNow {
    #[sea_orm(nested)]
    row: Row,
    now: i64,
}

impl Store {
    /// The team that the calling service keeps under that key.
    pub async fn team_of_external_id(&self, caller: &CallerName, id: &ExternalId) -> Result<Option<TeamId>> {
        find_external(&self.statements("find team"), caller, id).await
    }

    /// A person's teams in the order of their ids, which is that of their creation, each with what holds its seats.
    pub async fn teams_of(
        &self,
        user: &UserId,
        query: &TeamQuery,
        policies: &PolicySet,
    ) -> Result<Vec<(Team, Occupancy)>> {
        if query.roles.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new(self.backend(), Policies::Served(policies), Known::Nobody);
        sql.add("SELECT 1");
        ask::team::columns(&mut sql);
        SeatsTaken.columns(&mut sql);
        ask::from(&mut sql, self.clock);
        sql.add(" CROSS JOIN members m JOIN teams t ON t.id = m.team_id WHERE m.person = ");
        sql.person(user);
        let roles = query.roles.iter().map(|(policy, role)| format!("{policy}/{role}"));
        let roles = sql.list(roles);
        sql.add(" AND m.state = 1 AND t.deleted_at IS NULL AND ").among(roles, "t.policy || '/' || m.role");
        if let Some((caller, id)) = &query.external_id {
            sql.add(" AND t.caller = ").bind(caller.as_str()).add(" AND t.external_id = ").bind(id.as_str());
        }
        if let Some(after) = query.after {
            sql.add(" AND m.team_id > ").bind(after.uuid());
        }
        sql.add(" ORDER BY m.team_id LIMIT ").bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
        let rows = self.statements("list teams").query_all_raw(sql.statement()).await?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::of(row);
                let _: i32 = columns.next()?;
                let team = ask::team::read(&mut columns)?;
                let occupancy = ask::seats::read(&team, &mut columns)?;
                Ok((team, occupancy))
            })
            .collect()
    }
}

/// A team and the time at which it was read; deleted ones and those of any policy too.
pub(crate) async fn find_team(
    conn: &impl ConnectionTrait,
    clock: Clock,
    team: TeamId,
) -> Result<Option<(Team, Timestamp)>> {
    let row = select()
        .filter(team::Column::Id.eq(team.uuid()))
        .column_as(clock.expression(conn.get_database_backend()), "now")
        .into_model::<RowNow>()
        .one(conn)
        .await?;
    row.map(|row| Ok((team_of(row.row)?, clock.time(row.now)))).transpose()
}

/// Those of these teams that are there, deleted ones too, in the order of their ids.
pub(crate) async fn find_teams(conn: &impl ConnectionTrait, teams: &[Uuid]) -> Result<Vec<Team>> {
    if teams.is_empty() {
        return Ok(Vec::new());
    }
    let rows = select()
        .filter(team::Column::Id.is_in(teams.iter().copied()))
        .order_by_asc(team::Column::Id)
        .into_model::<Row>()
        .all(conn)
        .await?;
    rows.into_iter().map(team_of).collect()
}

/// The team that a calling service keeps under a key of its own.
pub(crate) async fn find_external(
    conn: &impl ConnectionTrait,
    caller: &CallerName,
    id: &ExternalId,
) -> Result<Option<TeamId>> {
    let found = team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(keyed(caller, id))
        .into_tuple::<Uuid>()
        .one(conn)
        .await?;
    Ok(found.map(TeamId::from_uuid))
}

fn keyed(caller: &CallerName, id: &ExternalId) -> Condition {
    Condition::all()
        .add(team::Column::Caller.eq(caller.as_str()))
        .add(team::Column::ExternalId.eq(id.as_str()))
        .add(team::Column::DeletedAt.is_null())
}

fn select() -> sea_orm::Select<team::Entity> {
    let members = Query::select()
        .expr(Expr::cust("CAST(COALESCE(SUM(count), 0) AS BIGINT)"))
        .from(member_count::Entity)
        .and_where(
            Expr::col((member_count::Entity, member_count::Column::TeamId))
                .equals((team::Entity, team::Column::Id)),
        )
        .and_where(Expr::col((member_count::Entity, member_count::Column::State)).eq(ACTIVE))
        .to_owned();
    let owner = Query::select()
        .column(person::Column::UserId)
        .from(person::Entity)
        .and_where(
            Expr::col((person::Entity, person::Column::Id))
                .equals((team::Entity, team::Column::PersonalPerson)),
        )
        .to_owned();
    team::Entity::find()
        .select_only()
        .columns([
            team::Column::Id,
            team::Column::Policy,
            team::Column::DisplayName,
            team::Column::Tier,
            team::Column::ExternalId,
            team::Column::PersonalPerson,
            team::Column::CreatedAt,
            team::Column::Revision,
            team::Column::Version,
            team::Column::DeletedAt,
        ])
        .column_as(Expr::SubQuery(None, Box::new(owner.into())), "personal_user_id")
        .column_as(Expr::SubQuery(None, Box::new(members.into())), "member_count")
}

fn team_of(row: Row) -> Result<Team> {
    Ok(Team {
        policy: policy_name(&row.policy, row.id)?,
        id: TeamId::from_uuid(row.id),
        facts: team_facts(
            row.id,
            (&row.display_name, row.tier.as_deref()),
            row.personal_person,
            row.version,
        )?,
        external_id: row.external_id,
        personal_user_id: row.personal_user_id,
        created_at: Timestamp::from_micros(row.created_at),
        revision: row.revision,
        member_count: row.member_count,
        deleted: row.deleted_at.is_some(),
    })
}

//! Teams, and a person's place in one.

use roster_domain::facts::TeamFacts;
use roster_domain::policy::{PolicyName, RoleName};
use roster_domain::{
    CallerName, ExternalId, Holder, Membership, PersonKey, Policy, TeamId, Timestamp, UserId,
};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
};
use uuid::Uuid;

use crate::clock::Clock;
use crate::convert::{ACTIVE, policy_name, team_facts};
use crate::entity::{member, member_count, person, team};
use crate::error::Result;
use crate::facts::{by_user, place};
use crate::open::Store;
use crate::people;
use crate::tx::Tx;

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

/// A team as one person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The team.
    pub team: Team,
    /// The person's place in it, if it has one.
    pub membership: Option<Membership>,
    /// The time of the reading.
    pub now: Timestamp,
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
    /// Finds a team for somebody who may be a member of it. None where there is no such team, it was deleted, or
    /// `visible` says that its policy is not one of the calling service's.
    pub async fn see(
        &self,
        team: TeamId,
        user: &UserId,
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<Seen>> {
        let db = &self.statements("load team");
        match find_team(db, self.clock, team).await? {
            Some((team, now)) if !team.deleted && visible(&team.policy) => {
                let membership = by_user(db, team.id, user).await?;
                Ok(Some(Seen { team, membership, now }))
            }
            _ => Ok(None),
        }
    }

    /// The place of a person in a team under that policy, and what it was granted, if that counts.
    pub async fn holder(&self, team: TeamId, policy: &Policy, user: &UserId) -> Result<Option<Holder>> {
        let grants = !policy.kinds.is_empty();
        let (membership, access) = place(&self.statements("load member"), team, user, grants).await?;
        Ok(membership.map(|membership| Holder { membership, access }))
    }

    /// A team with the time of the reading, for a calling service that needs no person. Deleted ones are found too.
    pub async fn team(
        &self,
        team: TeamId,
        visible: impl Fn(&PolicyName) -> bool,
    ) -> Result<Option<(Team, Timestamp)>> {
        let found = find_team(&self.statements("load team"), self.clock, team).await?;
        Ok(found.filter(|(team, _)| visible(&team.policy)))
    }

    /// The team that the calling service keeps under that key.
    pub async fn team_of_external_id(&self, caller: &CallerName, id: &ExternalId) -> Result<Option<TeamId>> {
        find_external(&self.statements("find team"), caller, id).await
    }

    /// A person's teams in the order of their ids, which is that of their creation, and the time of the reading.
    pub async fn teams_of(&self, user: &UserId, query: &TeamQuery) -> Result<(Vec<Team>, Timestamp)> {
        if query.roles.is_empty() {
            return Ok((Vec::new(), self.now().await?));
        }
        let roles =
            query.roles.iter().map(|(policy, role)| (policy.as_str().to_owned(), role.as_str().to_owned()));
        let policy_and_role = Expr::tuple([
            Expr::col((team::Entity, team::Column::Policy)),
            Expr::col((member::Entity, member::Column::Role)),
        ]);
        let mut select = select()
            .join(JoinType::InnerJoin, member::Relation::Team.def().rev())
            .filter(Expr::col((member::Entity, member::Column::Person)).eq(people::key_of(user)))
            .filter(member::Column::State.eq(ACTIVE))
            .filter(team::Column::DeletedAt.is_null())
            .filter(policy_and_role.in_tuples(roles))
            .order_by_asc(member::Column::TeamId)
            .limit(query.limit);
        if let Some((caller, id)) = &query.external_id {
            select = select.filter(keyed(caller, id));
        }
        if let Some(after) = query.after {
            select = select.filter(member::Column::TeamId.gt(after.uuid()));
        }
        let now = Clock::expression(self.backend());
        let rows =
            select.column_as(now, "now").into_model::<RowNow>().all(&self.statements("list teams")).await?;
        let now = match rows.first() {
            Some(row) => self.clock.time(row.now),
            None => self.now().await?,
        };
        Ok((rows.into_iter().map(|row| team_of(row.row)).collect::<Result<_>>()?, now))
    }
}

impl Tx {
    /// A team as this transaction has left it.
    pub async fn team(&self, team: TeamId) -> Result<Option<Team>> {
        // The clock plays no part: what it reads is dropped.
        let found = find_team(self.changed().await?, Clock::new(std::time::Duration::ZERO), team).await?;
        Ok(found.map(|(team, _)| team))
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
        .column_as(Clock::expression(conn.get_database_backend()), "now")
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

/// A person's personal team under a policy.
pub(crate) async fn find_personal(
    conn: &impl ConnectionTrait,
    policy: &PolicyName,
    person: PersonKey,
) -> Result<Option<TeamId>> {
    let found = team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(team::Column::Policy.eq(policy.as_str()))
        .filter(team::Column::PersonalPerson.eq(person.0))
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

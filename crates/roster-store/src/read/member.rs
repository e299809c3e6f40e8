//! Members, one or a page of them.

use roster_domain::policy::KindName;
use roster_domain::{Access, Grant, MemberState, PersonKey, ResourceId, RoleName, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, Order, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait, Select,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::convert::{restricted, role_name, state, state_number};
use crate::entity::{grant, member, member_count, person};
use crate::error::{Error, Result};
use crate::open::Store;
use crate::people;
use crate::read::access::{grants_at, grants_of};
use crate::tx::Tx;

/// A member as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The internal key; goes on with a list.
    pub person: PersonKey,
    /// The user id; none if the person's data was erased.
    pub user_id: Option<String>,
    /// The address as typed, if one is known.
    pub email: Option<String>,
    /// The role.
    pub role: RoleName,
    /// Whether the membership gives access.
    pub state: MemberState,
    /// What it was granted.
    pub access: Access,
    /// When the person joined.
    pub joined_at: Timestamp,
    /// How it came to join.
    pub join_method: JoinMethod,
    /// The user id of whoever let it in, if anybody did whose data was not erased.
    pub invited_by: Option<String>,
    /// The team's revision at the membership's last change.
    pub version: i64,
}

/// How a person came to be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinMethod {
    /// Created the team.
    Founder,
    /// Redeemed an invite link.
    InviteLink,
    /// Accepted an e-mail invitation.
    Invitation,
    /// Redeemed a team code.
    TeamCode,
    /// Was added by a calling service.
    Import,
}

impl JoinMethod {
    const ALL: [Self; 5] = [Self::Founder, Self::InviteLink, Self::Invitation, Self::TeamCode, Self::Import];

    /// How it is stored.
    pub(crate) fn number(self) -> i16 {
        match self {
            Self::Founder => 1,
            Self::InviteLink => 2,
            Self::Invitation => 3,
            Self::TeamCode => 4,
            Self::Import => 5,
        }
    }

    /// What is stored so.
    pub(crate) fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.number() == number)
    }
}

/// Which members to list.
#[derive(Clone, Debug)]
pub struct MemberQuery {
    /// Only members in this state.
    pub state: MemberState,
    /// Only holders of this role.
    pub role: Option<RoleName>,
    /// Only members with a grant of this very resource.
    pub resource: Option<(KindName, ResourceId)>,
    /// Only members whose canonical address begins so.
    pub email_prefix: Option<String>,
    /// Only members after this one in the list's order.
    pub after: Option<(Timestamp, PersonKey)>,
    /// Whether the last to join come first.
    pub descending: bool,
    /// How many at most.
    pub limit: u64,
}

#[derive(FromQueryResult)]
struct Row {
    person: i64,
    user_id: Option<String>,
    email: Option<String>,
    role: String,
    state: i16,
    restricted: String,
    joined_at: i64,
    join_method: i16,
    inviter: Option<String>,
    version: i64,
    granted: Option<i32>,
}

#[derive(FromQueryResult)]
struct Placed {
    #[sea_orm(nested)]
    row: Row,
    team_id: Uuid,
}

impl Store {
    /// A member of a team, active or suspended.
    pub async fn member(&self, team: TeamId, user: &UserId) -> Result<Option<Member>> {
        let person = Expr::col((member::Entity, member::Column::Person)).eq(people::key_of(user));
        let filter = member::Column::TeamId.eq(team.uuid()).and(person);
        Ok(some(&self.statements("load member"), team, filter).await?.pop())
    }

    /// A page of a team's members.
    pub async fn members(&self, team: TeamId, query: &MemberQuery) -> Result<Vec<Member>> {
        let order = if query.descending { Order::Desc } else { Order::Asc };
        let mut select = select()
            .filter(match &query.resource {
                Some((kind, resource)) => granted(team, kind, resource),
                None => member::Column::TeamId.eq(team.uuid()),
            })
            .filter(Expr::col((member::Entity, member::Column::State)).eq(literal(query.state)))
            .order_by(member::Column::JoinedAt, order.clone())
            .order_by(member::Column::Person, order)
            .limit(query.limit);
        if let Some(role) = &query.role {
            select = select.filter(member::Column::Role.eq(role.as_str()));
        }
        if let Some(prefix) = &query.email_prefix {
            select = select.filter(begins_with(prefix));
        }
        if let Some((joined_at, person)) = query.after {
            select = select.filter(after(joined_at.micros(), person.0, query.descending));
        }
        let rows = select.into_model::<Row>().all(&self.statements("list members")).await?;
        with_grants(&self.statements("list members"), team, rows).await
    }

    /// How many members a team has in that state, or how many with that role.
    pub async fn count_members(
        &self,
        team: TeamId,
        state: MemberState,
        role: Option<&RoleName>,
    ) -> Result<i64> {
        let mut select = member_count::Entity::find()
            .filter(member_count::Column::TeamId.eq(team.uuid()))
            .filter(member_count::Column::State.eq(state_number(state)));
        if let Some(role) = role {
            select = select.filter(member_count::Column::Role.eq(role.as_str()));
        }
        Ok(select.all(&self.statements("count members")).await?.iter().map(|row| row.count).sum())
    }
}

impl Tx {
    /// A member of the team, as this transaction has left it.
    pub async fn member(&self, team: TeamId, person: PersonKey) -> Result<Option<Member>> {
        Ok(self.members(team, &[person]).await?.pop())
    }

    /// Members of the team, as this transaction has left them, in no order. Whoever is no member is left out.
    pub async fn members(&self, team: TeamId, people: &[PersonKey]) -> Result<Vec<Member>> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let key = Expr::tuple([member::Column::TeamId.into_expr(), member::Column::Person.into_expr()]);
        // In pairs: a team beside a list would let a plan that is made for all teams walk all members of a large one.
        some(self.changed().await?, team, key.in_tuples(people.iter().map(|person| (team.uuid(), person.0))))
            .await
    }
}

/// A person's places in teams, deleted ones included, in the order of the teams' ids. `of_team` says which teams count.
pub(crate) async fn places_of(
    conn: &impl ConnectionTrait,
    person: PersonKey,
    of_team: Condition,
    (after, limit): (Option<Uuid>, u64),
) -> Result<Vec<(TeamId, Member)>> {
    let mut select = select()
        .column(member::Column::TeamId)
        .filter(member::Column::Person.eq(person.0))
        .filter(of_team)
        .order_by_asc(member::Column::TeamId)
        .limit(limit);
    if let Some(after) = after {
        select = select.filter(member::Column::TeamId.gt(after));
    }
    let rows = select.into_model::<Placed>().all(conn).await?;
    let mut grants = grants_at(conn, rows.iter().map(|placed| (placed.team_id, person.0)).collect()).await?;
    rows.into_iter()
        .map(|placed| {
            let granted = grants.remove(&(placed.team_id, person.0)).unwrap_or_default();
            Ok((TeamId::from_uuid(placed.team_id), member_of(placed.row, granted)?))
        })
        .collect()
}

/// The members of the team by that filter, which names it.
async fn some(conn: &impl ConnectionTrait, team: TeamId, filter: Expr) -> Result<Vec<Member>> {
    let rows = select().filter(filter).into_model::<Row>().all(conn).await?;
    with_grants(conn, team, rows).await
}

/// Adds what the members were granted, in one statement for a whole page; in none where nobody was granted anything.
async fn with_grants(conn: &impl ConnectionTrait, team: TeamId, rows: Vec<Row>) -> Result<Vec<Member>> {
    let granted = rows.iter().filter(|row| row.granted.is_some()).map(|row| PersonKey(row.person));
    let mut grants = grants_of(conn, team, granted).await?;
    rows.into_iter()
        .map(|row| {
            let grants = grants.remove(&PersonKey(row.person)).unwrap_or_default();
            member_of(row, grants)
        })
        .collect()
}

/// A state as a part of the statement's text: nearly all members are active, and Postgres, once it plans for any
/// parameters, would take half of them for suspended and find no reason to begin with the few of a prefix.
fn literal(state: MemberState) -> Expr {
    Expr::Constant(state_number(state).into())
}

/// The team's members with a grant of a resource. As pairs out of a subquery that is bounded, though by nothing: so
/// Postgres cannot tell that they are of one team, and begins with the grants instead of the team's members.
fn granted(team: TeamId, kind: &KindName, resource: &ResourceId) -> Expr {
    let pairs = Query::select()
        .columns([grant::Column::TeamId, grant::Column::Person])
        .from(grant::Entity)
        .and_where(Expr::col(grant::Column::TeamId).eq(team.uuid()))
        .and_where(Expr::col(grant::Column::Kind).eq(kind.as_str()))
        .and_where(Expr::col(grant::Column::Resource).eq(resource.as_str()))
        .limit(i64::MAX.unsigned_abs())
        .to_owned();
    let member = [member::Column::TeamId, member::Column::Person];
    Expr::tuple(member.map(|column| Expr::col((member::Entity, column)))).in_subquery(pairs)
}

fn select() -> Select<member::Entity> {
    let inviter = Alias::new("inviter");
    let column = |column: member::Column| Expr::col((member::Entity, column));
    // No EXISTS, for which Postgres may read the grants of all teams at once.
    let grants = Query::select()
        .expr(Expr::Constant(1.into()))
        .from(grant::Entity)
        .and_where(Expr::col((grant::Entity, grant::Column::TeamId)).eq(column(member::Column::TeamId)))
        .and_where(Expr::col((grant::Entity, grant::Column::Person)).eq(column(member::Column::Person)))
        .limit(1)
        .to_owned();
    member::Entity::find()
        .select_only()
        .columns([
            member::Column::Person,
            member::Column::Email,
            member::Column::Role,
            member::Column::State,
            member::Column::Restricted,
            member::Column::JoinedAt,
            member::Column::JoinMethod,
            member::Column::Version,
        ])
        .column(person::Column::UserId)
        .column_as(Expr::col((inviter.clone(), person::Column::UserId)), "inviter")
        .column_as(Expr::SubQuery(None, Box::new(grants.into())), "granted")
        .join(JoinType::LeftJoin, member::Relation::Person.def())
        .join_as(JoinType::LeftJoin, member::Relation::Inviter.def(), inviter)
}

/// The rows that follow a key in a list, as a row comparison that an index on both columns serves.
fn after(joined_at: i64, person: i64, descending: bool) -> Expr {
    let key = Expr::tuple([
        Expr::col((member::Entity, member::Column::JoinedAt)),
        Expr::col((member::Entity, member::Column::Person)),
    ]);
    let last = Expr::tuple([Expr::val(joined_at), Expr::val(person)]);
    if descending { key.lt(last) } else { key.gt(last) }
}

/// Texts that begin with a prefix, as a range of their order: the prefix itself up to, not including, the next text
/// of its length. LIKE would take signs in the prefix for wildcards.
fn begins_with(prefix: &str) -> Condition {
    let mut condition = Condition::all().add(member::Column::EmailKey.gte(prefix));
    if let Some(end) = following(prefix) {
        condition = condition.add(member::Column::EmailKey.lt(end));
    }
    condition
}

/// The first text, by code points, that no longer begins with the prefix.
fn following(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

fn member_of(row: Row, grants: Vec<Grant>) -> Result<Member> {
    Ok(Member {
        person: PersonKey(row.person),
        role: role_name(&row.role, "members", row.person)?,
        state: state(row.state).ok_or_else(|| Error::corrupt("members", "state", row.person))?,
        access: Access { grants, restricted: restricted(&row.restricted, "members", row.person)? },
        join_method: JoinMethod::from_number(row.join_method)
            .ok_or_else(|| Error::corrupt("members", "join_method", row.person))?,
        user_id: row.user_id,
        email: row.email,
        joined_at: Timestamp::from_micros(row.joined_at),
        invited_by: row.inviter,
        version: row.version,
    })
}

#[cfg(test)]
mod tests {
    use super::following;

    #[test]
    fn the_end_of_a_range_of_texts() {
        let check =
            |prefix: &str, end: Option<&str>| assert_eq!(following(prefix).as_deref(), end, "{prefix:?}");
        check("ada", Some("adb"));
        check("a_%", Some("a_&"));
        check("z", Some("{"));
        check("\u{d7ff}", Some("\u{e000}"));
        check("a\u{10ffff}", Some("b"));
        check("\u{10ffff}", None);
        check("", None);
    }
}

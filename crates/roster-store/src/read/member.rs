//! Members, one or a page of them.

use roster_domain::policy::KindName;
use roster_domain::{
    Access, Grant, MemberState, Membership, PersonKey, ResourceId, RoleName, TeamId, Timestamp, UserId,
};
use sea_orm::sea_query::{Alias, Expr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait, Select,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ask::{Columns, Question, Rows, Sql, Values, grants, json, membership};
use crate::convert::{restricted, role_name, state, state_number};
use crate::entity::{member, person};
use crate::error::{Error, Result};
use crate::read::access::grants_at;
use crate::read::team::Team;

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
}

#[derive(FromQueryResult)]
struct Placed {
    #[sea_orm(nested)]
    row: Row,
    team_id: Uuid,
}

/// Asks for a member, active or suspended, as they are shown.
pub struct MemberOf<'a>(pub &'a UserId);

impl Question for MemberOf<'_> {
    type Facts = Option<Member>;

    fn columns(&self, sql: &mut Sql<'_>) {
        columns(sql, "m");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "m", self.0);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        Ok(read_one(team, rows.one())?.map(|(_, member)| member))
    }
}

/// Asks for a page of the team's members.
impl Question for MemberQuery {
    type Facts = Vec<Member>;

    fn columns(&self, sql: &mut Sql<'_>) {
        let columns = |sql: &mut Sql<'_>| {
            membership::columns(sql, "m");
            sql.add(", m.restricted");
            grants::column_of_members(sql);
            shown_columns(sql, "m");
        };
        json::rows(sql, columns, |sql| self.members(sql));
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let members = json::read_rows(rows.one(), "members", |mut row| read(team, &mut row))?;
        Ok(members.into_iter().flatten().map(|(_, member)| member).collect())
    }
}

impl MemberQuery {
    /// Adds the members of the page, in their order, as `m`.
    fn members(&self, sql: &mut Sql<'_>) {
        sql.add(
            "(SELECT team_id, person, email, role, state, restricted, joined_at, join_method, version, invited_by \
             FROM members WHERE ",
        );
        let team = Sql::TEAM;
        match &self.resource {
            // As pairs out of a subquery that is bounded, though by nothing: so Postgres cannot tell that they are of one
            // team, and begins with the grants instead of the team's members.
            Some((kind, resource)) => {
                sql.add("(team_id, person) IN (SELECT team_id, person FROM grants WHERE team_id = ")
                    .name(team);
                sql.add(" AND kind = ").bind(kind.as_str());
                sql.add(" AND resource = ").bind(resource.as_str());
                sql.add(" LIMIT 9223372036854775807)");
            }
            None => {
                sql.add("team_id = ").name(team);
            }
        }
        // A literal: nearly all members are active, and Postgres, once it plans for any state, would take half of them
        // for suspended and find no reason to begin with the few of a prefix.
        sql.add(match self.state {
            MemberState::Active => " AND state = 1",
            MemberState::Suspended => " AND state = 2",
        });
        if let Some(role) = &self.role {
            sql.add(" AND role = ").bind(role.as_str());
        }
        // A range of texts: LIKE would take signs in the prefix for wildcards.
        if let Some(prefix) = &self.email_prefix {
            sql.add(" AND email_key >= ").bind(prefix.as_str());
            if let Some(end) = following(prefix) {
                sql.add(" AND email_key < ").bind(end);
            }
        }
        // With a prefix an expression, so that no plan walks the list's order through the whole team for a few members.
        let order = if self.email_prefix.is_some() { "joined_at + 0" } else { "joined_at" };
        if let Some((joined_at, person)) = self.after {
            let direction = if self.descending { "<" } else { ">" };
            sql.add(" AND (").add(order).add(", person) ").add(direction).add(" (");
            sql.bind(joined_at.micros()).add(", ").bind(person.0).add(")");
        }
        let direction = if self.descending { " DESC" } else { "" };
        sql.add(" ORDER BY ").add(order).add(direction).add(", person").add(direction);
        sql.add(" LIMIT ").bind(i64::try_from(self.limit).unwrap_or(i64::MAX)).add(") m");
    }
}

/// Asks how many members the team has in that state, or how many with that role.
pub struct MemberCount<'a> {
    /// The state.
    pub state: MemberState,
    /// The role; any where it is none.
    pub role: Option<&'a RoleName>,
}

impl Question for MemberCount<'_> {
    type Facts = i64;

    fn columns(&self, sql: &mut Sql<'_>) {
        sql.add(
            ", (SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM member_counts WHERE team_id = t.id AND state = ",
        );
        sql.bind(state_number(self.state));
        if let Some(role) = self.role {
            sql.add(" AND role = ").bind(role.as_str());
        }
        sql.add(")");
    }

    fn facts(&self, _: &Team, rows: &mut Rows<'_>) -> Result<i64> {
        rows.one().next()
    }
}

/// Adds what is shown of a member beside membership and access.
fn shown_columns(sql: &mut Sql<'_>, alias: &str) {
    sql.add(", (SELECT user_id FROM people WHERE id = ")
        .add(alias)
        .add(".person), ")
        .add(alias)
        .add(".joined_at, ");
    sql.add(alias)
        .add(".join_method, (SELECT user_id FROM people WHERE id = ")
        .add(alias)
        .add(".invited_by)");
}

/// Adds the columns of a member as they are shown.
pub(crate) fn columns(sql: &mut Sql<'_>, alias: &str) {
    membership::columns(sql, alias);
    membership::access_columns(sql, alias);
    shown_columns(sql, alias);
}

/// Reads a member. Whether what they were granted counts plays no part: it is shown.
pub(crate) fn read_one(team: &Team, columns: &mut Columns<'_>) -> Result<Option<(Membership, Member)>> {
    let found = read(team, columns)?;
    if found.is_none() {
        columns.skip(6);
    }
    Ok(found)
}

fn read(team: &Team, values: &mut impl Values) -> Result<Option<(Membership, Member)>> {
    let Some(membership) = membership::of(team.id.uuid(), values)? else { return Ok(None) };
    let access = membership::read_access(values, Some(membership.person))?;
    let member = shown(&membership, access, values)?;
    Ok(Some((membership, member)))
}

/// Reads what is shown of a member beside membership and access.
pub(crate) fn shown(membership: &Membership, access: Access, values: &mut impl Values) -> Result<Member> {
    let person = membership.person;
    let (user_id, joined_at) = (values.next()?, Timestamp::from_micros(values.next()?));
    let method: i16 = values.next()?;
    Ok(Member {
        person,
        user_id,
        email: membership.email.as_ref().map(|email| email.as_typed().to_owned()),
        role: membership.role.clone(),
        state: membership.state,
        access,
        joined_at,
        join_method: JoinMethod::from_number(method)
            .ok_or_else(|| Error::corrupt("members", "join_method", person.0))?,
        invited_by: values.next()?,
        version: membership.version,
    })
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

fn select() -> Select<member::Entity> {
    let inviter = Alias::new("inviter");
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
        .join(JoinType::LeftJoin, member::Relation::Person.def())
        .join_as(JoinType::LeftJoin, member::Relation::Inviter.def(), inviter)
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

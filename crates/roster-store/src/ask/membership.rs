//! Memberships that are read beside a team.

use roster_domain::{Access, EmailAddress, Holder, Membership, PersonKey, UserId};
use uuid::Uuid;

use super::{Question, Rows, Sql, Values, grants};
use crate::convert::{restricted, role_name, state};
use crate::error::{Error, Result};
use crate::read::team::Team;

/// Asks for a person's membership of the team; none where they are no member. Suspended ones are members.
pub struct MembershipOf<'a>(pub &'a UserId);

impl Question for MembershipOf<'_> {
    type Facts = Option<Membership>;

    fn columns(&self, sql: &mut Sql<'_>) {
        columns(sql, "a");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        join(sql, "a", self.0);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        read(team, rows)
    }
}

/// Asks for the membership of the person who acts. To a person who is no member the team is absent: nothing else of it is
/// read, so that not even the time that it takes tells whether there is such a team.
pub struct ActorIn<'a>(pub &'a UserId);

impl Question for ActorIn<'_> {
    type Facts = Membership;

    fn columns(&self, sql: &mut Sql<'_>) {
        columns(sql, "a");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        join(sql, "a", self.0);
    }

    fn condition(&self, sql: &mut Sql<'_>) {
        sql.add(" AND a.person IS NOT NULL");
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        read(team, rows)?.ok_or_else(|| Error::internal("a member's row is empty"))
    }
}

/// Asks for a person's membership of the team and what they were granted in it; none where they are no member.
pub struct HolderOf<'a>(pub &'a UserId);

impl Question for HolderOf<'_> {
    type Facts = Option<Holder>;

    fn columns(&self, sql: &mut Sql<'_>) {
        holder_columns(sql, "h");
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        join(sql, "h", self.0);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let (membership, access) = read_holder(team, rows)?;
        Ok(membership.map(|membership| Holder { membership, access }))
    }
}

/// Adds the columns of a membership, which may be absent.
pub(crate) fn columns(sql: &mut Sql<'_>, alias: &str) {
    for column in ["person", "role", "state", "email", "version"] {
        sql.add(", ").add(alias).add(".").add(column);
    }
}

/// Joins the membership of a person.
pub(crate) fn join(sql: &mut Sql<'_>, alias: &str, user: &UserId) {
    sql.add(" LEFT JOIN members ").add(alias).add(" ON ").add(alias).add(".team_id = t.id AND ");
    sql.add(alias).add(".person = ").person(user);
}

/// Reads a membership.
pub(crate) fn read(team: &Team, rows: &mut Rows<'_>) -> Result<Option<Membership>> {
    of(team.id.uuid(), rows.one())
}

/// Reads a membership of that team out of wherever its columns are.
pub(crate) fn of(team: Uuid, values: &mut impl Values) -> Result<Option<Membership>> {
    let person: Option<i64> = values.next()?;
    let role: Option<String> = values.next()?;
    let number: Option<i16> = values.next()?;
    let email: Option<String> = values.next()?;
    let version: Option<i64> = values.next()?;
    let (Some(person), Some(role), Some(number), Some(version)) = (person, role, number, version) else {
        return Ok(None);
    };
    let key = || format!("{team}/{person}");
    let email = email.as_deref().map(EmailAddress::parse).transpose();
    Ok(Some(Membership {
        person: PersonKey(person),
        role: role_name(&role, "members", key())?,
        state: state(number).ok_or_else(|| Error::corrupt("members", "state", key()))?,
        email: email.map_err(|_| Error::corrupt("members", "email", key()))?,
        version,
    }))
}

/// Adds the columns of a membership with what the member was granted.
pub(crate) fn holder_columns(sql: &mut Sql<'_>, alias: &str) {
    columns(sql, alias);
    access_columns(sql, alias);
}

/// Reads a membership and what the member was granted, if that counts; nothing for somebody who is no member.
pub(crate) fn read_holder(team: &Team, rows: &mut Rows<'_>) -> Result<(Option<Membership>, Access)> {
    let membership = read(team, rows)?;
    let access = read_access(rows.one(), membership.as_ref().map(|membership| membership.person))?;
    Ok((membership, if rows.grants_count() { access } else { Access::default() }))
}

/// Adds the columns of what a member was granted, and in what they are restricted.
pub(crate) fn access_columns(sql: &mut Sql<'_>, alias: &str) {
    sql.add(", ").add(alias).add(".restricted");
    grants::column(sql, "grants", &format!("team_id = {alias}.team_id AND person = {alias}.person"));
}

/// Reads what a member was granted, whether it counts or not.
pub(crate) fn read_access(values: &mut impl Values, person: Option<PersonKey>) -> Result<Access> {
    let person = person.map_or(0, |person| person.0);
    let kinds: Option<String> = values.next()?;
    let grants = grants::read(values, "grants", person)?;
    Ok(Access { grants, restricted: restricted(kinds.as_deref().unwrap_or_default(), "members", person)? })
}

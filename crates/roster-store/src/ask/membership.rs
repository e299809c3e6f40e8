//! Memberships that are read beside a team.

use roster_domain::{Access, EmailAddress, Holder, Membership, PersonKey, UserId};

use super::{Columns, Question, Rows, Sql, grants};
use crate::convert::{restricted, role_name, state};
use crate::error::{Error, Result};
use crate::read::team::Team;

/// Asks for a person's membership of the team; none where they are no member. Suspended ones are members.
pub struct MembershipOf<'a>(pub &'a UserId);

impl Question for MembershipOf<'_> {
    type Answer = Option<Membership>;

    fn columns(&self, sql: &mut Sql) {
        columns(sql, "a");
    }

    fn joins(&self, sql: &mut Sql) {
        join(sql, "a", self.0);
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer> {
        read(rows.one(), team)
    }
}

/// Asks for a person's membership of the team and what they were granted in it; none where they are no member.
pub struct HolderOf<'a>(pub &'a UserId);

impl Question for HolderOf<'_> {
    type Answer = Option<Holder>;

    fn columns(&self, sql: &mut Sql) {
        columns(sql, "h");
        access_columns(sql, "h");
    }

    fn joins(&self, sql: &mut Sql) {
        join(sql, "h", self.0);
    }

    fn answer(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Answer> {
        let membership = read(rows.one(), team)?;
        let access = read_access(rows.one(), membership.as_ref().map(|membership| membership.person))?;
        Ok(membership.map(|membership| Holder { membership, access }))
    }
}

/// Adds the columns of a membership, which may be absent.
pub(crate) fn columns(sql: &mut Sql, alias: &str) {
    for column in ["person", "role", "state", "email", "version"] {
        sql.add(", ").add(alias).add(".").add(column);
    }
}

/// Joins the membership of a person. By the person's key out of a subquery: a join of `people` would let a plan that is
/// made for all teams walk the members of a large one.
pub(crate) fn join(sql: &mut Sql, alias: &str, user: &UserId) {
    sql.add(" LEFT JOIN members ").add(alias).add(" ON ").add(alias).add(".team_id = t.id AND ");
    sql.add(alias).add(".person = (SELECT id FROM people WHERE user_id = ").bind(user.as_str()).add(")");
}

/// Reads a membership.
pub(crate) fn read(columns: &mut Columns<'_>, team: &Team) -> Result<Option<Membership>> {
    let person: Option<i64> = columns.next()?;
    let role: Option<String> = columns.next()?;
    let number: Option<i16> = columns.next()?;
    let email: Option<String> = columns.next()?;
    let version: Option<i64> = columns.next()?;
    let (Some(person), Some(role), Some(number), Some(version)) = (person, role, number, version) else {
        return Ok(None);
    };
    let key = || format!("{}/{person}", team.id.uuid());
    let email = email.as_deref().map(EmailAddress::parse).transpose();
    Ok(Some(Membership {
        person: PersonKey(person),
        role: role_name(&role, "members", key())?,
        state: state(number).ok_or_else(|| Error::corrupt("members", "state", key()))?,
        email: email.map_err(|_| Error::corrupt("members", "email", key()))?,
        version,
    }))
}

/// Adds the columns of what a member was granted, and in what they are restricted.
pub(crate) fn access_columns(sql: &mut Sql, alias: &str) {
    sql.add(", ").add(alias).add(".restricted");
    grants::column(sql, "grants", &format!("team_id = {alias}.team_id AND person = {alias}.person"));
}

/// Reads what a member was granted; nothing for somebody who is no member.
pub(crate) fn read_access(columns: &mut Columns<'_>, person: Option<PersonKey>) -> Result<Access> {
    let person = person.map_or(0, |person| person.0);
    let kinds: Option<String> = columns.next()?;
    let grants = grants::read(columns, "grants", person)?;
    Ok(Access { grants, restricted: restricted(kinds.as_deref().unwrap_or_default(), "members", person)? })
}

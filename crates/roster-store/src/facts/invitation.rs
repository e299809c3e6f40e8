//! What making, sending again and cancelling invitations need, and what marks them as expired.

use std::collections::BTreeSet;

use roster_domain::facts::{Invitation, InvitationFacts, InvitingFacts};
use roster_domain::{EmailAddress, InvitationId, UserId};

use crate::ask::invites::{self, Invitations};
use crate::ask::{Question, Rows, SeatsTaken, Sql, json, membership, seats, shown};
use crate::error::Result;
use crate::read::invitation::StoredInvitation;
use crate::read::team::Team;

/// Asks about somebody who wants to invite addresses.
pub struct Inviting<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The addresses.
    pub emails: &'a [EmailAddress],
    /// How many pending invitations a team may have. Whose inviters could make them now is looked at only where these would
    /// be more: otherwise all that are pending count.
    pub pending_cap: u64,
}

impl Question for Inviting<'_> {
    type Facts = InvitingFacts;

    fn columns(&self, sql: &mut Sql<'_>) {
        membership::holder_columns(sql, "a");
        let keys: BTreeSet<&str> = self.emails.iter().map(EmailAddress::key).collect();
        let keys = sql.hold(json::list(keys));
        invites::pending_to(sql, keys);
        sql.add(", (SELECT ").group().either("(k.value)::text", "(k.value)").add(" FROM ");
        json::elements(sql, keys);
        let team = Sql::TEAM;
        sql.add(" WHERE (SELECT 1 FROM members WHERE team_id = ").name(team);
        sql.add(" AND email_key = k.value LIMIT 1) = 1)");
        let few = self.pending_cap.saturating_sub(self.emails.len() as u64);
        let few = i64::try_from(few).unwrap_or(i64::MAX);
        invites::count_beyond::<Invitations>(sql, few, " AND state = 1 AND expires_at > c.now");
        seats::columns_but_pending(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<InvitingFacts> {
        let (actor, actor_access) = membership::read_holder(team, rows)?;
        let pending = invites::read_some::<Invitations>(rows.one())?;
        let member_addresses = json::read(rows.one(), "the addresses of members")?;
        let policy = rows.policy();
        let (live_invitations, all) = invites::read_count_beyond::<Invitations>(rows.one(), policy)?;
        let occupancy = seats::read_with_pending(team, rows.one(), all)?;
        let team = team.facts.clone();
        Ok(InvitingFacts {
            team,
            actor,
            actor_access,
            pending,
            member_addresses,
            occupancy,
            live_invitations,
        })
    }
}

/// Asks about somebody who wants to send an invitation again, or to take it back.
pub struct InvitationChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The invitation.
    pub invitation: InvitationId,
}

/// The invitation as it is shown comes with the facts.
impl Question for InvitationChange<'_> {
    type Facts = (InvitationFacts, Option<StoredInvitation>);

    fn columns(&self, sql: &mut Sql<'_>) {
        let team = Sql::TEAM;
        membership::holder_columns(sql, "a");
        invites::some::<Invitations>(sql, |sql| {
            sql.add(" AND email_key = i.email_key AND state = 1");
        });
        sql.add(", (SELECT 1 FROM members WHERE team_id = ").name(team);
        sql.add(" AND email_key = i.email_key LIMIT 1)");
        SeatsTaken.columns(sql);
        invites::count::<Invitations>(sql, |sql| {
            sql.add(" AND state = 1 AND expires_at > c.now AND id <> ").bind(self.invitation.uuid());
        });
        shown::one::<Invitations>(sql);
    }

    fn joins(&self, sql: &mut Sql<'_>) {
        membership::join(sql, "a", self.actor);
        shown::join::<Invitations>(sql, self.invitation.uuid());
    }

    fn facts(&self, team: &Team, rows: &mut Rows<'_>) -> Result<Self::Facts> {
        let (actor, actor_access) = membership::read_holder(team, rows)?;
        let pending = invites::read_some::<Invitations>(rows.one())?.pop();
        let is_member = crate::ask::Values::next::<Option<i32>>(rows.one())?.is_some();
        let occupancy = SeatsTaken.facts(team, rows)?;
        let policy = rows.policy();
        let live_invitations = invites::read_count::<Invitations>(rows.one(), policy)?;
        let stored = shown::read_one::<Invitations>(team, rows)?;
        let facts = InvitationFacts {
            team: team.facts.clone(),
            actor,
            actor_access,
            invitation: stored.as_ref().map(|stored| stored.invitation.clone()),
            pending,
            is_member,
            occupancy,
            live_invitations,
        };
        Ok((facts, stored))
    }
}

/// Asks which of a team's invitations ran out unnoticed.
pub struct Overdue {
    /// How many at most, those first that ran out first.
    pub limit: u64,
}

impl Question for Overdue {
    type Facts = Vec<Invitation>;

    fn columns(&self, sql: &mut Sql<'_>) {
        invites::some::<Invitations>(sql, |sql| {
            sql.add(" AND state = 1 AND expires_at <= c.now ORDER BY expires_at LIMIT ");
            sql.bind(i64::try_from(self.limit).unwrap_or(i64::MAX));
        });
    }

    fn facts(&self, _: &Team, rows: &mut Rows<'_>) -> Result<Vec<Invitation>> {
        invites::read_some::<Invitations>(rows.one())
    }
}

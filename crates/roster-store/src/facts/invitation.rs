//! What making, sending again and cancelling invitations need, and what marks them as expired.

use std::collections::BTreeSet;

use roster_domain::facts::{Invitation, InvitationFacts, InvitingFacts};
use roster_domain::{EmailAddress, InvitationId, Policy, TeamId, Timestamp, UserId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::Question;
use super::member::{grants_count, place, seats_taken};
use crate::convert::{self, PENDING, is_literally, is_of_team};
use crate::entity::{invitation, member};
use crate::error::Result;
use crate::read::access::offers_of;
use crate::read::maker::maker_present;
use crate::read::team::Team;

/// Asks about somebody who wants to invite addresses.
pub struct Inviting<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The addresses: few enough for one statement.
    pub emails: &'a [EmailAddress],
}

impl Question for Inviting<'_> {
    type Facts = InvitingFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<InvitingFacts> {
        self.load_beside(conn, (team, policy), None, now).await
    }
}

impl Inviting<'_> {
    /// The same, with one invitation that counts for nothing.
    async fn load_beside(
        &self,
        conn: &impl ConnectionTrait,
        (team, policy): (&Team, Option<&Policy>),
        beside: Option<InvitationId>,
        now: Timestamp,
    ) -> Result<InvitingFacts> {
        let grants = grants_count(policy);
        let (actor, actor_access) = place(conn, team.id, self.actor, grants).await?;
        let keys: BTreeSet<&str> = self.emails.iter().map(EmailAddress::key).collect();
        Ok(InvitingFacts {
            team: team.facts.clone(),
            actor,
            actor_access,
            pending: pending_of(conn, team.id, &keys).await?,
            member_addresses: member_addresses(conn, team.id, &keys).await?,
            occupancy: seats_taken(conn, policy, team, now).await?,
            live_invitations: live(conn, (team, policy), beside, now).await?,
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

impl Question for InvitationChange<'_> {
    type Facts = InvitationFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<InvitationFacts> {
        let row = invitation::Entity::find_by_id(self.invitation.uuid())
            .filter(is_of_team(invitation::Column::TeamId, team.id.uuid()))
            .one(conn)
            .await?;
        let found = with_offers(conn, row.into_iter().collect()).await?.pop();
        let emails: Vec<EmailAddress> = found.iter().map(|found| found.email.clone()).collect();
        let inviting = Inviting { actor: self.actor, emails: &emails };
        let InvitingFacts {
            team,
            actor,
            actor_access,
            mut pending,
            member_addresses,
            occupancy,
            live_invitations,
        } = inviting.load_beside(conn, (team, policy), Some(self.invitation), now).await?;
        Ok(InvitationFacts {
            team,
            actor,
            actor_access,
            invitation: found,
            pending: pending.pop(),
            is_member: !member_addresses.is_empty(),
            occupancy,
            live_invitations,
        })
    }
}

/// Asks which of a team's invitations ran out unnoticed.
pub struct Overdue {
    /// How many at most, those first that ran out first.
    pub limit: u64,
}

impl Question for Overdue {
    type Facts = Vec<Invitation>;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        _policy: Option<&Policy>,
        now: Timestamp,
    ) -> Result<Vec<Invitation>> {
        let rows = invitation::Entity::find()
            .filter(invitation::Column::TeamId.eq(team.id.uuid()))
            .filter(invitation::Column::State.eq(PENDING))
            .filter(invitation::Column::ExpiresAt.lte(now.micros()))
            .order_by_asc(invitation::Column::ExpiresAt)
            .limit(self.limit)
            .all(conn)
            .await?;
        // What they bring plays no part in their end.
        rows.iter().map(|row| convert::invitation(row, Vec::new())).collect()
    }
}

/// The pending invitations of those addresses; one an address at most.
async fn pending_of(
    conn: &impl ConnectionTrait,
    team: TeamId,
    keys: &BTreeSet<&str>,
) -> Result<Vec<Invitation>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = invitation::Entity::find()
        .filter(of_team((invitation::Column::TeamId, invitation::Column::EmailKey), team, keys))
        .filter(is_literally(invitation::Column::State, PENDING))
        .all(conn)
        .await?;
    with_offers(conn, rows).await
}

async fn with_offers(conn: &impl ConnectionTrait, rows: Vec<invitation::Model>) -> Result<Vec<Invitation>> {
    let mut offers = offers_of(conn, rows.iter().map(|row| row.id)).await?;
    rows.iter().map(|row| convert::invitation(row, offers.remove(&row.id).unwrap_or_default())).collect()
}

/// Those of the addresses that members have.
async fn member_addresses(
    conn: &impl ConnectionTrait,
    team: TeamId,
    keys: &BTreeSet<&str>,
) -> Result<BTreeSet<String>> {
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found: Vec<String> = member::Entity::find()
        .select_only()
        .column(member::Column::EmailKey)
        .filter(of_team((member::Column::TeamId, member::Column::EmailKey), team, keys))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// The rows of a team with one of those addresses. In pairs, each of which one look into the index of both columns finds:
/// a team beside a list would let a plan that is made for all teams walk all rows of a large one.
fn of_team<C: ColumnTrait>((team_id, email_key): (C, C), team: TeamId, keys: &BTreeSet<&str>) -> Expr {
    let pairs = keys.iter().map(|key| (team.uuid(), (*key).to_owned()));
    Expr::tuple([team_id.into_expr(), email_key.into_expr()]).in_tuples(pairs)
}

/// How many invitations beside that one are pending whose maker could make them now.
async fn live(
    conn: &impl ConnectionTrait,
    (team, policy): (&Team, Option<&Policy>),
    beside: Option<InvitationId>,
    now: Timestamp,
) -> Result<u64> {
    let Some(policy) = policy else { return Ok(0) };
    let mut select = invitation::Entity::find()
        .filter(invitation::Column::TeamId.eq(team.id.uuid()))
        .filter(invitation::Column::State.eq(PENDING))
        .filter(invitation::Column::ExpiresAt.gt(now.micros()))
        .filter(maker_present::<invitation::Entity>(policy, team.id));
    if let Some(beside) = beside {
        select = select.filter(invitation::Column::Id.ne(beside.uuid()));
    }
    Ok(select.count(conn).await?)
}

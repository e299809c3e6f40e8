//! What erasing a person needs: every team that holds something of it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use roster_domain::facts::{ErasureFacts, Invitation};
use roster_domain::{EmailAddress, Holder, PersonKey, Policy, TeamId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::place;
use crate::convert::{self, ACTIVE, PENDING, membership};
use crate::entity::{invitation, member, member_count, team};
use crate::error::Result;
use crate::read::access::{access, grants_at};
use crate::read::team::Team;

/// Asks about a person who is to be erased.
pub struct ErasureQuestion<'a> {
    /// The person.
    pub user: &'a UserId,
    /// Addresses that are said to be the person's.
    pub emails: &'a [EmailAddress],
    /// Who is named as a successor in which team.
    pub successors: &'a [(TeamId, UserId)],
    /// In how many teams at most.
    pub most_teams: usize,
}

/// The person as it is known, and by which addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    /// The person's key, if it is known.
    pub(crate) person: Option<PersonKey>,
    /// The keys of its addresses.
    pub(crate) addresses: BTreeSet<String>,
    /// The teams that it is in, or has a pending invitation of, and that were not deleted; one more than the most, if
    /// there are more. Anybody can make any number of invitations to anybody: those that have ended need no team.
    pub(crate) teams: BTreeSet<Uuid>,
}

impl ErasureQuestion<'_> {
    /// Where the person has left traces.
    pub(crate) async fn traces(
        &self,
        conn: &impl ConnectionTrait,
        person: Option<PersonKey>,
    ) -> Result<Traces> {
        let mut addresses: BTreeSet<String> =
            self.emails.iter().map(EmailAddress::key).map(str::to_owned).collect();
        if let Some(person) = person {
            addresses.extend(addresses_of(conn, person).await?);
        }
        let limit = self.most_teams as u64 + 1;
        let mut teams = BTreeSet::new();
        if let Some(person) = person {
            let places: Vec<Uuid> = member::Entity::find()
                .select_only()
                .column(member::Column::TeamId)
                .filter(member::Column::Person.eq(person.0))
                .filter(member::Column::TeamId.in_subquery(alive()))
                .limit(limit)
                .into_tuple()
                .all(conn)
                .await?;
            teams.extend(places);
        }
        if !addresses.is_empty() {
            let invited: Vec<Uuid> = invitation::Entity::find()
                .select_only()
                .column(invitation::Column::TeamId)
                .distinct()
                .filter(invitation::Column::EmailKey.is_in(addresses.iter().cloned()))
                .filter(invitation::Column::State.eq(PENDING))
                .filter(invitation::Column::TeamId.in_subquery(alive()))
                .limit(limit)
                .into_tuple()
                .all(conn)
                .await?;
            teams.extend(invited);
        }
        Ok(Traces { person, addresses, teams })
    }

    /// The facts of these teams, which must be locked, each with its policy if that is served, in the order of the teams: as many statements for many teams as
    /// for one, but for successors.
    pub(crate) async fn facts(
        &self,
        conn: &impl ConnectionTrait,
        traces: &Traces,
        teams: &[(Team, Option<Arc<Policy>>)],
    ) -> Result<Vec<ErasureFacts>> {
        let ids: Vec<Uuid> = teams.iter().map(|(team, _)| team.id.uuid()).collect();
        let holders = holders_in(conn, traces.person, &ids).await?;
        let counts = member_count::Entity::find()
            .filter(member_count::Column::TeamId.is_in(ids.iter().copied()))
            .all(conn)
            .await?;
        let mut invitations = pending_in(conn, &traces.addresses, &ids).await?;
        let mut facts = Vec::with_capacity(teams.len());
        for (team, policy) in teams {
            let id = team.id.uuid();
            let member = holders.get(&id).cloned();
            let of_team = || counts.iter().filter(|row| row.team_id == id);
            let role = member.as_ref().map(|holder| holder.membership.role.as_str());
            let holding = of_team().filter(|row| row.state == ACTIVE && Some(row.role.as_str()) == role);
            facts.push(ErasureFacts {
                team: team.facts.clone(),
                holders_of_role: holding.map(|row| row.count).sum(),
                members: of_team().map(|row| row.count).sum(),
                invitations: invitations.remove(&id).unwrap_or_default(),
                successor: self.successor(conn, team, policy.as_deref()).await?,
                member,
            });
        }
        Ok(facts)
    }

    async fn successor(
        &self,
        conn: &impl ConnectionTrait,
        team: &Team,
        policy: Option<&Policy>,
    ) -> Result<Option<Holder>> {
        let Some((_, user)) = self.successors.iter().find(|(id, _)| *id == team.id) else {
            return Ok(None);
        };
        let (membership, access) =
            place(conn, team.id, user, policy.is_none_or(|policy| !policy.kinds.is_empty())).await?;
        Ok(membership.map(|membership| Holder { membership, access }))
    }
}

/// The invitations to these addresses, and those that the person answered; none where neither is known.
pub(crate) fn concerning(person: Option<PersonKey>, addresses: &BTreeSet<String>) -> Option<Condition> {
    let mut condition = Condition::any();
    if let Some(person) = person {
        condition = condition.add(invitation::Column::AnsweredBy.eq(person.0));
    }
    if !addresses.is_empty() {
        condition = condition.add(invitation::Column::EmailKey.is_in(addresses.iter().cloned()));
    }
    (!condition.is_empty()).then_some(condition)
}

/// The keys of the addresses that a person's memberships have, those in deleted teams included.
pub(crate) async fn addresses_of(conn: &impl ConnectionTrait, person: PersonKey) -> Result<Vec<String>> {
    Ok(member::Entity::find()
        .select_only()
        .column(member::Column::EmailKey)
        .distinct()
        .filter(member::Column::Person.eq(person.0))
        .filter(member::Column::EmailKey.is_not_null())
        .into_tuple()
        .all(conn)
        .await?)
}

fn alive() -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(team::Column::Id)
        .from(team::Entity)
        .and_where(Expr::col(team::Column::DeletedAt).is_null())
        .to_owned()
}

async fn holders_in(
    conn: &impl ConnectionTrait,
    person: Option<PersonKey>,
    teams: &[Uuid],
) -> Result<HashMap<Uuid, Holder>> {
    let Some(person) = person else { return Ok(HashMap::new()) };
    let rows = member::Entity::find()
        .filter(member::Column::Person.eq(person.0))
        .filter(member::Column::TeamId.is_in(teams.iter().copied()))
        .all(conn)
        .await?;
    let mut grants = grants_at(conn, rows.iter().map(|row| (row.team_id, row.person)).collect()).await?;
    rows.iter()
        .map(|row| {
            let granted = grants.remove(&(row.team_id, row.person)).unwrap_or_default();
            Ok((row.team_id, Holder { membership: membership(row)?, access: access(row, granted)? }))
        })
        .collect()
}

/// The pending invitations to these addresses, by team, those first that were made first.
async fn pending_in(
    conn: &impl ConnectionTrait,
    addresses: &BTreeSet<String>,
    teams: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Invitation>>> {
    if addresses.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = invitation::Entity::find()
        .filter(invitation::Column::EmailKey.is_in(addresses.iter().cloned()))
        .filter(invitation::Column::State.eq(PENDING))
        .filter(invitation::Column::TeamId.is_in(teams.iter().copied()))
        .order_by_asc(invitation::Column::Id)
        .all(conn)
        .await?;
    let mut by_team: HashMap<Uuid, Vec<Invitation>> = HashMap::new();
    for row in &rows {
        // What they bring plays no part in their end.
        by_team.entry(row.team_id).or_default().push(convert::invitation(row, Vec::new())?);
    }
    Ok(by_team)
}

//! What changes of a team itself need.

use roster_domain::facts::{ActorFacts, PurgeFacts, TransferFacts};
use roster_domain::policy::KindName;
use roster_domain::{Policy, ResourceId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use super::Question;
use super::member::{by_user, grants_count, place, with_access};
use crate::convert::ACTIVE;
use crate::entity::{grant, member, offered_grant};
use crate::error::Result;
use crate::read::team::Team;

/// Asks nothing: the team itself is enough.
pub struct TeamAlone;

impl Question for TeamAlone {
    type Facts = ();

    async fn load<C: ConnectionTrait>(
        &self,
        _conn: &C,
        _team: &Team,
        _policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<()> {
        Ok(())
    }
}

/// Asks about a member who changes the team itself.
pub struct TeamChange<'a> {
    /// Who acts.
    pub actor: &'a UserId,
}

impl Question for TeamChange<'_> {
    type Facts = ActorFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        _policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<ActorFacts> {
        Ok(ActorFacts { team: team.facts.clone(), actor: by_user(conn, team.id, self.actor).await? })
    }
}

/// Asks about a member who ends every grant of a resource.
pub struct Purge<'a> {
    /// Who acts.
    pub actor: &'a UserId,
    /// The kind.
    pub kind: &'a KindName,
    /// The resource.
    pub resource: &'a ResourceId,
}

impl Question for Purge<'_> {
    type Facts = PurgeFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        _policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<PurgeFacts> {
        let actor = by_user(conn, team.id, self.actor).await?;
        let members = grant::Entity::find()
            .filter(grant::Column::TeamId.eq(team.id.uuid()))
            .filter(grant::Column::Kind.eq(self.kind.as_str()))
            .filter(grant::Column::Resource.eq(self.resource.as_str()))
            .count(conn)
            .await?;
        let offers = offered_grant::Entity::find()
            .filter(offered_grant::Column::TeamId.eq(team.id.uuid()))
            .filter(offered_grant::Column::Kind.eq(self.kind.as_str()))
            .filter(offered_grant::Column::Resource.eq(self.resource.as_str()))
            .count(conn)
            .await?;
        Ok(PurgeFacts { actor, members, offers })
    }
}

/// Asks about the move of the role with exactly one holder.
pub struct Transfer<'a> {
    /// Who acts; none where a calling service acts by itself.
    pub actor: Option<&'a UserId>,
    /// Who is to get the role.
    pub target: &'a UserId,
}

impl Question for Transfer<'_> {
    type Facts = TransferFacts;

    async fn load<C: ConnectionTrait>(
        &self,
        conn: &C,
        team: &Team,
        policy: Option<&Policy>,
        _now: Timestamp,
    ) -> Result<TransferFacts> {
        let grants = grants_count(policy);
        let actor = match self.actor {
            Some(actor) => by_user(conn, team.id, actor).await?,
            None => None,
        };
        let sole = policy.and_then(Policy::sole);
        let row = match sole {
            Some((role, _)) => {
                member::Entity::find()
                    .filter(member::Column::TeamId.eq(team.id.uuid()))
                    // Who has it is active. State and order are those of the index that leads to a role's holders:
                    // without them Postgres may walk the team, or all teams, to find the one.
                    .filter(member::Column::State.eq(ACTIVE))
                    .filter(member::Column::Role.eq(role.name.as_str()))
                    .order_by_asc(member::Column::JoinedAt)
                    .order_by_asc(member::Column::Person)
                    .one(conn)
                    .await?
            }
            None => None,
        };
        let (holder, holder_access) = with_access(conn, team.id, row, grants).await?;
        let (target, target_access) = place(conn, team.id, self.target, grants).await?;
        Ok(TransferFacts { actor, holder, holder_access, target, target_access })
    }
}

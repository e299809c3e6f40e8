//! What redeeming an invite link needs.

use roster_domain::facts::RedemptionFacts;
use roster_domain::{LinkId, PersonKey, TeamId, Timestamp, UserId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{Question, by_person};
use crate::convert::invite_link;
use crate::entity::{invite_link, removal};
use crate::error::Result;
use crate::people;
use crate::read::team::Team;

/// Asks about somebody who wants to join by a link.
pub struct Redemption<'a> {
    /// Who wants to join.
    pub user: &'a UserId,
    /// The link that the token is said to belong to.
    pub link: LinkId,
    /// The token's digest. The link is found only if both belong together.
    pub digest: [u8; 32],
}

/// A person who is about to join.
pub struct Redeeming {
    /// The person, made known now if it was not.
    pub person: PersonKey,
    /// What the decision needs.
    pub facts: RedemptionFacts,
}

impl Question for Redemption<'_> {
    /// None where the team has no such link.
    type Facts = Option<Redeeming>;

    async fn load<C: ConnectionTrait>(&self, conn: &C, team: &Team, now: Timestamp) -> Result<Self::Facts> {
        let Some(row) = find_link(conn, team.id, self.link, self.digest).await? else {
            return Ok(None);
        };
        let person = people::ensure(conn, self.user, now).await?;
        let facts = load(conn, team.id, &row, Some(person)).await?;
        Ok(Some(Redeeming { person, facts }))
    }
}

/// The link of that team, id and digest, if the three belong together.
pub(crate) async fn find_link(
    conn: &impl ConnectionTrait,
    team: TeamId,
    link: LinkId,
    digest: [u8; 32],
) -> Result<Option<invite_link::Model>> {
    Ok(invite_link::Entity::find_by_id(link.uuid())
        .filter(invite_link::Column::TeamId.eq(team.uuid()))
        .filter(invite_link::Column::Digest.eq(digest.to_vec()))
        .one(conn)
        .await?)
}

/// The facts about a link and a person who may be unknown yet.
pub(crate) async fn load(
    conn: &impl ConnectionTrait,
    team: TeamId,
    row: &invite_link::Model,
    person: Option<PersonKey>,
) -> Result<RedemptionFacts> {
    let link = invite_link(row)?;
    let (membership, removed_at) = match person {
        Some(person) => (
            by_person(conn, team, person).await?,
            removal::Entity::find_by_id((team.uuid(), person.0)).one(conn).await?.map(|row| row.revision),
        ),
        None => (None, None),
    };
    let maker = by_person(conn, team, link.maker).await?;
    Ok(RedemptionFacts { membership, removed_at, link, maker })
}
